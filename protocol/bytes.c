/* SPDX-License-Identifier: MIT */
#include "bytes.h"

#include <string.h>

/* An 8-bit processor stores and loads four bytes in a few instructions, and eight at once in very many. */
static void store_u32(uint8_t bytes[4], uint32_t value)
{
    bytes[0] = (uint8_t)value;
    bytes[1] = (uint8_t)(value >> 8);
    bytes[2] = (uint8_t)(value >> 16);
    bytes[3] = (uint8_t)(value >> 24);
}

static uint32_t load_u32(const uint8_t bytes[4])
{
    return bytes[0] | (uint32_t)bytes[1] << 8 | (uint32_t)bytes[2] << 16 | (uint32_t)bytes[3] << 24;
}

void bytes_put_u8(struct bytes_writer *writer, uint8_t value)
{
    bytes_put(writer, &value, 1);
}

void bytes_put_u16(struct bytes_writer *writer, uint16_t value)
{
    const uint8_t bytes[] = {(uint8_t)value, (uint8_t)(value >> 8)};

    bytes_put(writer, bytes, sizeof bytes);
}

void bytes_put_u32(struct bytes_writer *writer, uint32_t value)
{
    uint8_t bytes[4];

    store_u32(bytes, value);
    bytes_put(writer, bytes, sizeof bytes);
}

void bytes_put_u64(struct bytes_writer *writer, uint64_t value)
{
    uint8_t bytes[8];

    store_u32(bytes, (uint32_t)value);
    store_u32(bytes + 4, (uint32_t)(value >> 32));
    bytes_put(writer, bytes, sizeof bytes);
}

void bytes_put(struct bytes_writer *writer, const void *data, size_t size)
{
    if (writer->failed || size > writer->capacity - writer->size) {
        writer->failed = true;
        return;
    }
    if (size > 0)
        memcpy(writer->data + writer->size, data, size);
    writer->size += size;
}

uint8_t bytes_get_u8(struct bytes_reader *reader)
{
    uint8_t byte;

    bytes_get(reader, &byte, 1);
    return byte;
}

uint16_t bytes_get_u16(struct bytes_reader *reader)
{
    uint8_t bytes[2];

    bytes_get(reader, bytes, sizeof bytes);
    return (uint16_t)(bytes[0] | bytes[1] << 8);
}

uint32_t bytes_get_u32(struct bytes_reader *reader)
{
    uint8_t bytes[4];

    bytes_get(reader, bytes, sizeof bytes);
    return load_u32(bytes);
}

uint64_t bytes_get_u64(struct bytes_reader *reader)
{
    uint8_t bytes[8];

    bytes_get(reader, bytes, sizeof bytes);
    return load_u32(bytes) | (uint64_t)load_u32(bytes + 4) << 32;
}

void bytes_get(struct bytes_reader *reader, void *data, size_t size)
{
    if (reader->failed || size > reader->size - reader->position) {
        reader->failed = true;
        memset(data, 0, size);
        return;
    }
    memcpy(data, reader->data + reader->position, size);
    reader->position += size;
}
