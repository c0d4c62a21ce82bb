/* SPDX-License-Identifier: MIT
 *
 * pty_shim.c - preloaded: makes the real libserialport take ptys for the serial devices /dev/ttyKSK0, /dev/ttyKSK1 and so on.
 *
 * /sys/class/tty and /dev/ttyKSK* are looked up below the folder that PTY_SHIM_FOLDER names, where a test lets devices
 * come and go (rig.Devices). Modem lines, which a pty does not have, are answered here. glibc has several symbols for
 * one call, depending on how the caller was compiled.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <dlfcn.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#define DEVICE "/dev/ttyKSK"
#define SYSFS "/sys/class/tty"

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

/* Where it is in truth; `room` holds the answer where it differs. */
static const char *real_path(const char *path, char room[PATH_MAX])
{
    const char *folder = getenv("PTY_SHIM_FOLDER");

    if (folder == NULL || !(begins_with(path, DEVICE) || begins_with(path, SYSFS)))
        return path;
    if (snprintf(room, PATH_MAX, "%s%s", folder, path) >= PATH_MAX)
        return path;
    return room;
}

DIR *opendir(const char *path)
{
    char room[PATH_MAX];
    DIR *(*next)(const char *);

    find_next("opendir", &next);
    return next(real_path(path, room));
}

FILE *fopen(const char *path, const char *mode)
{
    char room[PATH_MAX];
    FILE *(*next)(const char *, const char *);

    find_next("fopen", &next);
    return next(real_path(path, room), mode);
}

FILE *fopen64(const char *path, const char *mode)
{
    char room[PATH_MAX];
    FILE *(*next)(const char *, const char *);

    find_next("fopen64", &next);
    return next(real_path(path, room), mode);
}

int lstat(const char *path, struct stat *status)
{
    char room[PATH_MAX];
    int (*next)(const char *, struct stat *);

    find_next("lstat", &next);
    return next(real_path(path, room), status);
}

int lstat64(const char *path, struct stat64 *status)
{
    char room[PATH_MAX];
    int (*next)(const char *, struct stat64 *);

    find_next("lstat64", &next);
    return next(real_path(path, room), status);
}

int __lxstat(int version, const char *path, struct stat *status)
{
    char room[PATH_MAX];
    int (*next)(int, const char *, struct stat *);

    find_next("__lxstat", &next);
    return next(version, real_path(path, room), status);
}

ssize_t readlink(const char *path, char *target, size_t size)
{
    char room[PATH_MAX];
    ssize_t (*next)(const char *, char *, size_t);

    find_next("readlink", &next);
    return next(real_path(path, room), target, size);
}

ssize_t __readlink_chk(const char *path, char *target, size_t size, size_t capacity)
{
    char room[PATH_MAX];
    ssize_t (*next)(const char *, char *, size_t, size_t);

    find_next("__readlink_chk", &next);
    return next(real_path(path, room), target, size, capacity);
}

/* A device is its own real path, as long as it is there. */
char *realpath(const char *path, char *resolved)
{
    char room[PATH_MAX];
    char *(*next)(const char *, char *);

    find_next("realpath", &next);
    if (!begins_with(path, DEVICE))
        return next(path, resolved);
    if (access(real_path(path, room), F_OK) != 0)
        return NULL;
    if (resolved == NULL)
        return strdup(path);
    snprintf(resolved, PATH_MAX, "%s", path);
    return resolved;
}

char *__realpath_chk(const char *path, char *resolved, size_t capacity)
{
    (void)capacity;
    return realpath(path, resolved);
}

int open(const char *path, int flags, ...)
{
    char room[PATH_MAX];
    int (*next)(const char *, int, ...);
    va_list arguments;

    va_start(arguments, flags);
    mode_t mode = va_arg(arguments, mode_t);
    va_end(arguments);
    find_next("open", &next);
    return next(real_path(path, room), flags, mode);
}

int open64(const char *path, int flags, ...)
{
    char room[PATH_MAX];
    int (*next)(const char *, int, ...);
    va_list arguments;

    va_start(arguments, flags);
    mode_t mode = va_arg(arguments, mode_t);
    va_end(arguments);
    find_next("open64", &next);
    return next(real_path(path, room), flags, mode);
}

int __open_2(const char *path, int flags)
{
    char room[PATH_MAX];
    int (*next)(const char *, int);

    find_next("__open_2", &next);
    return next(real_path(path, room), flags);
}

int __open64_2(const char *path, int flags)
{
    char room[PATH_MAX];
    int (*next)(const char *, int);

    find_next("__open64_2", &next);
    return next(real_path(path, room), flags);
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
