/* SPDX-License-Identifier: MIT
 *
 * stuck_disk.c - preloaded: a disk that stops answering. While the file named by STUCK_DISK exists, fsync and fdatasync
 * do not return.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void wait_for_disk(void)
{
    const char *path = getenv("STUCK_DISK");

    while (path != NULL && access(path, F_OK) == 0)
        usleep(10000);
}

/* dlsym gives a data pointer: ISO C has no cast from it, memcpy has no objection. */
static int pass_on(const char *name, int fd)
{
    int (*next)(int);
    void *symbol = dlsym(RTLD_NEXT, name);

    memcpy(&next, &symbol, sizeof next);
    wait_for_disk();
    return next(fd);
}

int fsync(int fd)
{
    return pass_on("fsync", fd);
}

int fdatasync(int fd)
{
    return pass_on("fdatasync", fd);
}
