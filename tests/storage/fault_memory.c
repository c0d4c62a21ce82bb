/* SPDX-License-Identifier: MIT */
#include "fault_memory.h"

#include <errno.h>
#include <stdlib.h>

/* glibc's own. */
extern void *__libc_malloc(size_t size);
extern void *__libc_calloc(size_t count, size_t size);
extern void *__libc_realloc(void *memory, size_t size);

/* malloc has no argument to hand a context to. */
static bool (*ask)(void *context);
static void *asker;
static bool is_asking;

void fault_memory_set_hook(bool (*hook)(void *context), void *context)
{
    ask = hook;
    asker = context;
}

static unsigned wanted, seen;

static bool is_nth(void *context)
{
    (void)context;
    return seen++ == wanted;
}

bool fault_memory_refuse_nth(unsigned nth)
{
    wanted = nth;
    seen = 0;
    fault_memory_set_hook(is_nth, NULL);
    return true;
}

bool fault_memory_stop(void)
{
    fault_memory_set_hook(NULL, NULL);
    return seen > wanted;
}

static bool is_refused(void)
{
    bool is_refused;

    if (ask == NULL || is_asking)
        return false;
    is_asking = true;
    is_refused = ask(asker);
    is_asking = false;
    if (is_refused)
        errno = ENOMEM;
    return is_refused;
}

void *malloc(size_t size)
{
    return is_refused() ? NULL : __libc_malloc(size);
}

void *calloc(size_t count, size_t size)
{
    return is_refused() ? NULL : __libc_calloc(count, size);
}

void *realloc(void *memory, size_t size)
{
    return is_refused() ? NULL : __libc_realloc(memory, size);
}
