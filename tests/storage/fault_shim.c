/* SPDX-License-Identifier: MIT
 *
 * fault_shim.c - preloaded: makes one call of a real program fail.
 *
 * FAULT_SYNC names a file: when it is there, the next fsync or fdatasync removes it and fails with EIO.
 * FAULT_PATHS names a file to which each way to an allocation (malloc, calloc, realloc) is appended when it is first
 * taken, as 8 bytes: a hash of the innermost callers, the same in every run of the same programs.
 * FAULT_PATH is such a hash: the first allocation that is come to in this way gives NULL, once, and its callers are said.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <execinfo.h>
#include <fcntl.h>
#include <link.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* glibc's own, so that nothing here allocates. */
extern void *__libc_malloc(size_t size);
extern void *__libc_calloc(size_t count, size_t size);
extern void *__libc_realloc(void *memory, size_t size);

/* Deep enough to tell one statement of SQL from another, not so deep that each turn of a loop is another way. */
#define CALLER_COUNT 20
#define PATH_COUNT 65536 /* a power of two, several times what a run takes */

static atomic_uint_least64_t paths[PATH_COUNT];
static uint_least64_t failing;
static int paths_fd = -1;
static atomic_bool has_failed;
static _Thread_local bool is_inside; /* the unwinder allocates, too */

static bool takes_fault(void)
{
    const char *path = getenv("FAULT_SYNC");

    return path != NULL && unlink(path) == 0;
}

static int sync_next(const char *name, int fd)
{
    int (*next)(int);
    void *symbol = dlsym(RTLD_NEXT, name);

    if (takes_fault()) {
        errno = EIO;
        return -1;
    }
    memcpy(&next, &symbol, sizeof symbol); /* ISO C has no cast from a data pointer to a function */
    return next(fd);
}

int fsync(int fd)
{
    return sync_next("fsync", fd);
}

int fdatasync(int fd)
{
    return sync_next("fdatasync", fd);
}

__attribute__((constructor)) static void begin(void)
{
    const char *path = getenv("FAULT_PATHS"), *hash = getenv("FAULT_PATH");
    void *callers[2];

    is_inside = true;
    backtrace(callers, 2); /* loads the unwinder */
    is_inside = false;
    if (hash != NULL)
        failing = strtoull(hash, NULL, 16);
    if (path != NULL)
        paths_fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
}

/* Where an address lies in its program or library, wherever that was loaded. */
static uint64_t place(void *address)
{
    struct dl_find_object found;
    const char *name;
    uint64_t hash = 0;

    if (_dl_find_object(address, &found) != 0)
        return 0;
    for (name = found.dlfo_link_map->l_name; *name != '\0'; name++)
        hash = hash * 31 + (unsigned char)*name;
    return hash ^ (uint64_t)((char *)address - (char *)found.dlfo_map_start);
}

static uint64_t path_here(void)
{
    void *callers[CALLER_COUNT];
    int count = backtrace(callers, CALLER_COUNT), i;
    uint64_t hash = 14695981039346656037ULL; /* FNV-1a, by words */

    for (i = 0; i < count; i++)
        hash = (hash ^ place(callers[i])) * 1099511628211ULL;
    return hash | 1;
}

/* True once for each way. */
static bool is_new(uint64_t path)
{
    size_t at;
    uint_least64_t old;

    for (at = path % PATH_COUNT;; at = (at + 1) % PATH_COUNT) {
        old = 0;
        if (atomic_compare_exchange_strong(&paths[at], &old, path))
            return true;
        if (old == path)
            return false;
    }
}

/* For who looks for the cause: the daemon's log has it. */
static void say_callers(void)
{
    void *callers[CALLER_COUNT];

    is_inside = true;
    backtrace_symbols_fd(callers, backtrace(callers, CALLER_COUNT), STDERR_FILENO);
    is_inside = false;
}

static bool is_refused(void)
{
    uint64_t path;

    if (is_inside || (failing == 0 && paths_fd < 0))
        return false;
    is_inside = true;
    path = path_here();
    if (paths_fd >= 0 && is_new(path) && write(paths_fd, &path, sizeof path) != (ssize_t)sizeof path)
        abort();
    is_inside = false;
    if (path != failing || atomic_exchange(&has_failed, true))
        return false;
    say_callers();
    errno = ENOMEM;
    return true;
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
