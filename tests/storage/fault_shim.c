/* SPDX-License-Identifier: MIT
 *
 * fault_shim.c - preloaded: makes one call of a real program fail.
 *
 * FAULT_SYNC names a file: when it is there, the next fsync or fdatasync removes it and fails with EIO.
 * FAULT_ALLOCATION is a number: that allocation (malloc, calloc, realloc, strdup; from 1) gives NULL, once.
 * FAULT_ALLOCATION_FILE names a file that the number of allocations is written to at exit, as 8 bytes.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
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

static atomic_ulong allocation_count, failing;

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
    const char *number = getenv("FAULT_ALLOCATION");

    if (number != NULL)
        failing = strtoul(number, NULL, 10);
}

__attribute__((destructor)) static void end(void)
{
    const char *path = getenv("FAULT_ALLOCATION_FILE");
    uint64_t count = allocation_count;
    int fd = path == NULL ? -1 : open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

    if (fd >= 0 && write(fd, &count, sizeof count) > 0)
        close(fd);
}

static bool is_refused(void)
{
    unsigned long number = ++allocation_count;

    if (failing == 0 || number != failing)
        return false;
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
