/* SPDX-License-Identifier: MIT
 *
 * fault_memory_none.c - under a sanitizer no allocation fails.
 */
#include <stddef.h>

#include "fault_memory.h"

void fault_memory_set_hook(bool (*hook)(void *context), void *context)
{
    (void)hook, (void)context;
}

bool fault_memory_refuse_nth(unsigned nth)
{
    (void)nth;
    return false;
}

bool fault_memory_stop(void)
{
    return false;
}
