/* SPDX-License-Identifier: MIT
 *
 * stream.h - a kiosk's line as a descriptor, whatever it is: a serial device, a USB device by its ids, a pty.
 *
 * Never blocks. A device that is not there, is not permitted yet or belongs to somebody else is ordinary: the
 * caller tries again.
 */
#ifndef BYNAME_STREAM_H
#define BYNAME_STREAM_H

#include <stddef.h>
#include <stdint.h>

#define STREAM_DEVICE_SIZE_MAX 256
#define STREAM_REASON_SIZE_MAX 1024

enum stream_status {
    STREAM_OPEN,
    STREAM_ABSENT,  /* not plugged in yet */
    STREAM_REFUSED, /* there, but not for us: the reason says why and what to do */
};

struct stream {
    int fd; /* -1 unless open */
    char device[STREAM_DEVICE_SIZE_MAX]; /* what `port` turned out to be */
    char reason[STREAM_REASON_SIZE_MAX]; /* one line; "" when open or absent */
};

/* Open `port` (a path or usb:VID:PID[:SERIAL]) raw and locked: a second opener that locks too is refused. */
enum stream_status stream_open(struct stream *stream, const char *port, uint32_t baud);
void stream_close(struct stream *stream); /* legal on a closed one */

enum stream_io { STREAM_IO_DONE, STREAM_IO_LATER, STREAM_IO_CLOSED };

/* read(2) and write(2), told apart for lines: DONE moved *size > 0 bytes. CLOSED: hung up or unplugged. */
enum stream_io stream_read(struct stream *stream, void *bytes, size_t capacity, size_t *size);
enum stream_io stream_write(struct stream *stream, const void *bytes, size_t capacity, size_t *size);

#endif
