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
