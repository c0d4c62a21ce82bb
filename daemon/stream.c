/* SPDX-License-Identifier: MIT */
#include "stream.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>

#include "daemon/config.h"
#include "daemon/serial.h"

#define PTY_FOLDER "/dev/pts/"

static bool is_pty(const char *device)
{
    return strncmp(device, PTY_FOLDER, strlen(PTY_FOLDER)) == 0;
}

static enum stream_status refuse(struct stream *stream, const char *port)
{
    int error = errno;

    stream_close(stream);
    switch (error) {
    case ENOENT:
    case ENXIO:
    case ENODEV:
    case EIO: /* a pty whose other side is gone */
        return STREAM_ABSENT;
    case EACCES:
    case EPERM:
        snprintf(stream->reason, sizeof stream->reason,
                 "no permission for %s (%s): install byname's udev rule or add the daemon's user to the group "
                 "dialout; trying on",
                 port, stream->device);
        return STREAM_REFUSED;
    case EBUSY:
    case EWOULDBLOCK:
        snprintf(stream->reason, sizeof stream->reason,
                 "%s (%s) is in use by another program: end that one (fuser -v %s); trying on", port,
                 stream->device, stream->device);
        return STREAM_REFUSED;
    default:
        snprintf(stream->reason, sizeof stream->reason, "cannot open %s (%s): %s; trying on", port, stream->device,
                 strerror(error));
        return STREAM_REFUSED;
    }
}

/* What libserialport leaves as the port had it, and what a pty needs: raw; a read of 0 bytes means hung up and
 * nothing else (VMIN 1); closing does not drop DTR, which would reset an Arduino at every restart of the daemon. */
static bool set_line(int fd)
{
    struct termios line;

    if (tcgetattr(fd, &line) != 0)
        return false;
    cfmakeraw(&line);
    line.c_cflag |= CLOCAL | CREAD;
    line.c_cflag &= ~(tcflag_t)HUPCL;
    line.c_cc[VMIN] = 1;
    line.c_cc[VTIME] = 0;
    return tcsetattr(fd, TCSANOW, &line) == 0;
}

static bool open_descriptor(struct stream *stream, uint32_t baud)
{
    if (is_pty(stream->device)) {
        stream->fd = open(stream->device, O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
        return stream->fd >= 0;
    }
    switch (serial_open(stream->device, baud, &stream->fd)) {
    case SERIAL_OPEN:
        return true;
    case SERIAL_ABSENT:
        errno = ENOENT;
        return false;
    case SERIAL_FAILED:
        break;
    }
    return false;
}

static enum stream_status open_device(struct stream *stream, const char *port, uint32_t baud)
{
    if (!open_descriptor(stream, baud) || flock(stream->fd, LOCK_EX | LOCK_NB) != 0 || !set_line(stream->fd))
        return refuse(stream, port);
    /* Keeps out those who do not ask for the lock. Not on a pty, where it would outlive a daemon that was killed
     * for as long as the other side is open. */
    if (!is_pty(stream->device))
        (void)ioctl(stream->fd, TIOCEXCL);
    return STREAM_OPEN;
}

/* Several kiosks may have the same ids: the first that nobody holds is the one. */
static enum stream_status open_usb(struct stream *stream, const char *port, uint32_t baud, uint16_t vendor,
                                   uint16_t product, const char *serial)
{
    enum stream_status status = STREAM_ABSENT;

    for (unsigned nth = 0; serial_find_usb(vendor, product, serial, nth, stream->device, sizeof stream->device);
         nth++) {
        status = open_device(stream, port, baud);
        if (status == STREAM_OPEN)
            return status;
    }
    return status;
}

static enum stream_status open_path(struct stream *stream, const char *port, uint32_t baud)
{
    char resolved[PATH_MAX];
    struct stat status;

    snprintf(stream->device, sizeof stream->device, "%s", port);
    if (realpath(port, resolved) == NULL)
        return refuse(stream, port);
    if (strlen(resolved) >= sizeof stream->device) {
        errno = ENAMETOOLONG;
        return refuse(stream, port);
    }
    memcpy(stream->device, resolved, strlen(resolved) + 1);
    if (stat(resolved, &status) == 0 && !S_ISCHR(status.st_mode)) {
        snprintf(stream->reason, sizeof stream->reason, "%s (%s) is not a serial device: correct port=", port,
                 stream->device);
        return STREAM_REFUSED;
    }
    return open_device(stream, port, baud);
}

enum stream_status stream_open(struct stream *stream, const char *port, uint32_t baud)
{
    uint16_t vendor, product;
    const char *serial;

    *stream = (struct stream){.fd = -1};
    enum stream_status status = config_parse_usb(port, &vendor, &product, &serial)
                                    ? open_usb(stream, port, baud, vendor, product, serial)
                                    : open_path(stream, port, baud);
    if (status != STREAM_REFUSED)
        stream->reason[0] = '\0';
    return status;
}

void stream_close(struct stream *stream)
{
    if (stream->fd >= 0)
        close(stream->fd);
    stream->fd = -1;
}

static enum stream_io outcome(ssize_t moved, size_t *size)
{
    *size = moved > 0 ? (size_t)moved : 0;
    if (moved > 0)
        return STREAM_IO_DONE;
    if (moved < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR))
        return STREAM_IO_LATER;
    return STREAM_IO_CLOSED;
}

enum stream_io stream_read(struct stream *stream, void *bytes, size_t capacity, size_t *size)
{
    return outcome(read(stream->fd, bytes, capacity), size);
}

enum stream_io stream_write(struct stream *stream, const void *bytes, size_t capacity, size_t *size)
{
    return outcome(write(stream->fd, bytes, capacity), size);
}
