/* SPDX-License-Identifier: MIT
 *
 * pty_shim.c - preloaded: makes the real libserialport take a pty for the serial device /dev/ttyKSK0.
 *
 * The environment's PTY_SHIM_DEVICE is the pty. libserialport asks sysfs whether the device exists, opens it, and
 * reads and sets its modem lines, which a pty does not have: these calls are answered here, all others are passed
 * on. glibc has several symbols for one call, depending on how the caller was compiled.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#define DEVICE "/dev/ttyKSK"
#define SYSFS "/sys/class/tty/ttyKSK"
#define SYSFS_TARGET "../../devices/virtual/tty/ttyKSK0"

int __lxstat(int version, const char *path, struct stat *status);
int __open_2(const char *path, int flags);
int __open64_2(const char *path, int flags);
ssize_t __readlink_chk(const char *path, char *target, size_t size, size_t capacity);
char *__realpath_chk(const char *path, char *resolved, size_t capacity);

static bool begins_with(const char *path, const char *start)
{
    return path != NULL && strncmp(path, start, strlen(start)) == 0;
}

/* The next definition of a symbol. dlsym gives a data pointer: ISO C has no cast from it, memcpy has no objection. */
static void find_next(const char *name, void *function)
{
    void *symbol = dlsym(RTLD_NEXT, name);

    memcpy(function, &symbol, sizeof symbol);
}

static const char *real_path(const char *path)
{
    const char *pty = getenv("PTY_SHIM_DEVICE");

    return begins_with(path, DEVICE) && pty != NULL ? pty : path;
}

static int fake_link(struct stat *status)
{
    memset(status, 0, sizeof *status);
    status->st_mode = S_IFLNK | 0777;
    return 0;
}

static ssize_t fake_target(char *target, size_t size)
{
    size_t length = strlen(SYSFS_TARGET);

    memcpy(target, SYSFS_TARGET, length < size ? length : size);
    return (ssize_t)(length < size ? length : size);
}

int lstat(const char *path, struct stat *status)
{
    int (*next)(const char *, struct stat *);

    if (begins_with(path, SYSFS))
        return fake_link(status);
    find_next("lstat", &next);
    return next(path, status);
}

int lstat64(const char *path, struct stat64 *status)
{
    int (*next)(const char *, struct stat64 *);

    if (begins_with(path, SYSFS)) {
        memset(status, 0, sizeof *status);
        status->st_mode = S_IFLNK | 0777;
        return 0;
    }
    find_next("lstat64", &next);
    return next(path, status);
}

int __lxstat(int version, const char *path, struct stat *status)
{
    int (*next)(int, const char *, struct stat *);

    if (begins_with(path, SYSFS))
        return fake_link(status);
    find_next("__lxstat", &next);
    return next(version, path, status);
}

ssize_t readlink(const char *path, char *target, size_t size)
{
    ssize_t (*next)(const char *, char *, size_t);

    if (begins_with(path, SYSFS))
        return fake_target(target, size);
    find_next("readlink", &next);
    return next(path, target, size);
}

ssize_t __readlink_chk(const char *path, char *target, size_t size, size_t capacity)
{
    ssize_t (*next)(const char *, char *, size_t, size_t);

    if (begins_with(path, SYSFS))
        return fake_target(target, size);
    find_next("__readlink_chk", &next);
    return next(path, target, size, capacity);
}

static char *same_path(const char *path, char *resolved)
{
    return resolved == NULL ? strdup(path) : strcpy(resolved, path);
}

char *realpath(const char *path, char *resolved)
{
    char *(*next)(const char *, char *);

    if (begins_with(path, DEVICE))
        return same_path(path, resolved);
    find_next("realpath", &next);
    return next(path, resolved);
}

char *__realpath_chk(const char *path, char *resolved, size_t capacity)
{
    (void)capacity;
    return realpath(path, resolved);
}

int open(const char *path, int flags, ...)
{
    int (*next)(const char *, int, ...);
    va_list arguments;

    va_start(arguments, flags);
    mode_t mode = va_arg(arguments, mode_t);
    va_end(arguments);
    find_next("open", &next);
    return next(real_path(path), flags, mode);
}

int open64(const char *path, int flags, ...)
{
    int (*next)(const char *, int, ...);
    va_list arguments;

    va_start(arguments, flags);
    mode_t mode = va_arg(arguments, mode_t);
    va_end(arguments);
    find_next("open64", &next);
    return next(real_path(path), flags, mode);
}

int __open_2(const char *path, int flags)
{
    int (*next)(const char *, int);

    find_next("__open_2", &next);
    return next(real_path(path), flags);
}

int __open64_2(const char *path, int flags)
{
    int (*next)(const char *, int);

    find_next("__open64_2", &next);
    return next(real_path(path), flags);
}

int ioctl(int fd, unsigned long request, ...)
{
    int (*next)(int, unsigned long, ...);
    va_list arguments;

    va_start(arguments, request);
    void *argument = va_arg(arguments, void *);
    va_end(arguments);
    if (request == TIOCMGET) {
        memset(argument, 0, sizeof(int));
        return 0;
    }
    if (request == TIOCMSET || request == TIOCMBIS || request == TIOCMBIC)
        return 0;
    find_next("ioctl", &next);
    return next(fd, request, argument);
}
