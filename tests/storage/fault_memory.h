/* SPDX-License-Identifier: MIT
 *
 * fault_memory.h - takes the place of malloc, calloc and realloc in this program and the libraries it is linked with,
 * and can refuse. For glibc; not under a sanitizer, which has an allocator of its own. One thread.
 */
#ifndef BYNAME_TEST_FAULT_MEMORY_H
#define BYNAME_TEST_FAULT_MEMORY_H

#include <stdbool.h>

/* Asked before each allocation that it does not make itself; true: give NULL. NULL: none. */
void fault_memory_set_hook(bool (*hook)(void *context), void *context);

/* Refuse the nth allocation from now, from 0, and no other. False under a sanitizer, where none can be refused. */
bool fault_memory_refuse_nth(unsigned nth);
/* No more of that. True when there was an nth, and it was refused. */
bool fault_memory_stop(void);

#endif
