/* SPDX-License-Identifier: MIT
 *
 * serial.h - real serial lines, through libserialport: which there are, and opening one. Knows no other library.
 */
#ifndef BYNAME_SERIAL_H
#define BYNAME_SERIAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum serial_status {
    SERIAL_OPEN,
    SERIAL_ABSENT, /* there is no such device */
    SERIAL_FAILED, /* errno says why */
};

/* Open `device` (a resolved path) for `baud` bits a second, 8N1, raw, no flow control. On SERIAL_OPEN *fd is
 * non-blocking and close-on-exec and belongs to the caller. */
enum serial_status serial_open(const char *device, uint32_t baud, int *fd);

/* The path of the device that is number `nth` (from 0) among those with these USB ids; serial "" is any. False
 * when there is none. */
bool serial_find_usb(uint16_t vendor, uint16_t product, const char *serial, unsigned nth, char *device,
                     size_t capacity);

#endif
