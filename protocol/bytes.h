/* SPDX-License-Identifier: MIT
 *
 * bytes.h - integers as explicit little-endian bytes, and cursors that cannot run over their buffer.
 *
 * The caller owns the buffer; a cursor borrows it. A put or get beyond the end sets `failed`, touches
 * nothing, and a failed get returns 0: check once, at the end. No alignment is assumed. Any context.
 */
#ifndef BYNAME_BYTES_H
#define BYNAME_BYTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct bytes_writer {
    uint8_t *data;
    size_t capacity;
    size_t size; /* bytes written */
    bool failed;
};

struct bytes_reader {
    const uint8_t *data;
    size_t size;
    size_t position;
    bool failed;
};

void bytes_put_u8(struct bytes_writer *writer, uint8_t value);
void bytes_put_u16(struct bytes_writer *writer, uint16_t value);
void bytes_put_u32(struct bytes_writer *writer, uint32_t value);
void bytes_put_u64(struct bytes_writer *writer, uint64_t value);
void bytes_put(struct bytes_writer *writer, const void *data, size_t size);

uint8_t bytes_get_u8(struct bytes_reader *reader);
uint16_t bytes_get_u16(struct bytes_reader *reader);
uint32_t bytes_get_u32(struct bytes_reader *reader);
uint64_t bytes_get_u64(struct bytes_reader *reader);
void bytes_get(struct bytes_reader *reader, void *data, size_t size);

#endif
