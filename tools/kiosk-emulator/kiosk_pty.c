/* SPDX-License-Identifier: GPL-3.0-or-later */
#define _GNU_SOURCE
#include "kiosk_pty.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>

/* Opening and closing the other end once makes it raw for whoever comes, and lets poll report a hang-up until
 * then. */
static int make_raw(const char *name)
{
    struct termios settings;
    const int fd = open(name, O_RDWR | O_NOCTTY | O_CLOEXEC);
    if (fd < 0) {
        return -1;
    }
    int result = tcgetattr(fd, &settings);
    if (result == 0) {
        cfmakeraw(&settings);
        cfsetspeed(&settings, B115200);
        result = tcsetattr(fd, TCSANOW, &settings);
    }
    close(fd);
    return result;
}

static const char *make_link(const char *target, const char *link)
{
    struct stat status;
    char temporary[PATH_MAX];
    if (lstat(link, &status) == 0 && !S_ISLNK(status.st_mode)) {
        return "exists and is not a symbolic link";
    }
    if (snprintf(temporary, sizeof temporary, "%s.%ld", link, (long)getpid()) >= (int)sizeof temporary) {
        return "has too long a name";
    }
    unlink(temporary);
    if (symlink(target, temporary) != 0) {
        return strerror(errno);
    }
    if (rename(temporary, link) != 0) {
        const char *reason = strerror(errno);
        unlink(temporary);
        return reason;
    }
    return NULL;
}

static const char *make_pty(struct kiosk_pty *pty)
{
    pty->master = posix_openpt(O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
    if (pty->master < 0) {
        return "cannot have a pseudo-terminal";
    }
    if (grantpt(pty->master) == 0 && unlockpt(pty->master) == 0 &&
        ptsname_r(pty->master, pty->name, sizeof pty->name) == 0 && make_raw(pty->name) == 0) {
        return NULL;
    }
    close(pty->master);
    return "cannot set up a pseudo-terminal";
}

int kiosk_pty_open(struct kiosk_pty *pty, const char *link, const char **error)
{
    memset(pty, 0, sizeof *pty);
    *error = make_pty(pty);
    if (*error != NULL) {
        return -1;
    }
    *error = link == NULL ? NULL : make_link(pty->name, link);
    if (*error != NULL) {
        close(pty->master);
        return -1;
    }
    pty->link = link;
    pty->is_open = true;
    return 0;
}

static void remove_own_link(const struct kiosk_pty *pty)
{
    char target[KIOSK_PTY_NAME_SIZE];
    const ssize_t length = readlink(pty->link, target, sizeof target);
    if (length == (ssize_t)strlen(pty->name) && memcmp(target, pty->name, (size_t)length) == 0) {
        unlink(pty->link);
    }
}

void kiosk_pty_close(struct kiosk_pty *pty)
{
    if (!pty->is_open) {
        return;
    }
    if (pty->link != NULL) {
        remove_own_link(pty);
    }
    close(pty->master);
    pty->is_open = false;
}

bool kiosk_pty_has_peer(const struct kiosk_pty *pty)
{
    struct pollfd poll_fd = {.fd = pty->master, .events = POLLOUT};
    return pty->is_open && poll(&poll_fd, 1, 0) >= 0 && !(poll_fd.revents & POLLHUP);
}

size_t kiosk_pty_read(struct kiosk_pty *pty, uint8_t *bytes, size_t size)
{
    const ssize_t count = pty->is_open ? read(pty->master, bytes, size) : 0;
    return count > 0 ? (size_t)count : 0;
}

size_t kiosk_pty_write(struct kiosk_pty *pty, const uint8_t *bytes, size_t size)
{
    const ssize_t count = pty->is_open ? write(pty->master, bytes, size) : 0;
    return count > 0 ? (size_t)count : 0;
}
