/* SPDX-License-Identifier: MIT */
#include "bytes.h"

#include <string.h>

static void put_integer(struct bytes_writer *writer, uint64_t value, uint8_t size)
{
    uint8_t bytes[8];

    for (uint8_t i = 0; i < size; i++) {
        bytes[i] = (uint8_t)value;
        value >>= 8;
    }
    bytes_put(writer, bytes, size);
}

static uint64_t get_integer(struct bytes_reader *reader, uint8_t size)
{
    uint8_t bytes[8] = {0};
    uint64_t value = 0;

    bytes_get(reader, bytes, size);
    for (uint8_t i = size; i > 0; i--)
        value = value << 8 | bytes[i - 1];
    return value;
}

void bytes_put_u8(struct bytes_writer *writer, uint8_t value)
{
    bytes_put(writer, &value, 1);
}

void bytes_put_u16(struct bytes_writer *writer, uint16_t value)
{
    put_integer(writer, value, 2);
}

void bytes_put_u32(struct bytes_writer *writer, uint32_t value)
{
    put_integer(writer, value, 4);
}

void bytes_put_u64(struct bytes_writer *writer, uint64_t value)
{
    put_integer(writer, value, 8);
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
    return (uint8_t)get_integer(reader, 1);
}

uint16_t bytes_get_u16(struct bytes_reader *reader)
{
    return (uint16_t)get_integer(reader, 2);
}

uint32_t bytes_get_u32(struct bytes_reader *reader)
{
    return (uint32_t)get_integer(reader, 4);
}

uint64_t bytes_get_u64(struct bytes_reader *reader)
{
    return get_integer(reader, 8);
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
