/* SPDX-License-Identifier: MIT */
#include "crc.h"

#define POLYNOMIAL_REFLECTED 0xEDB88320u /* 0x04C11DB7 */

/* Bit by bit: on an 8-bit processor a table of nibbles is a fifth faster, and would stand in its memory. */
uint32_t crc32_update(uint32_t crc, const void *data, size_t size)
{
    const uint8_t *bytes = data;

    crc = ~crc;
    for (size_t i = 0; i < size; i++) {
        crc ^= bytes[i];
        for (uint8_t bit = 0; bit < 8; bit++)
            crc = crc & 1 ? crc >> 1 ^ POLYNOMIAL_REFLECTED : crc >> 1;
    }
    return ~crc;
}

/* A byte at once: its remainder is the sum of a few shifts of itself, since 0x1021 is x^12 + x^5 + 1. */
uint16_t crc16(const void *data, size_t size)
{
    const uint8_t *bytes = data;
    uint16_t crc = 0xFFFF;

    for (size_t i = 0; i < size; i++) {
        uint8_t byte = (uint8_t)(crc >> 8) ^ bytes[i];
        byte ^= byte >> 4;
        crc = (uint16_t)(crc << 8 ^ byte << 12 ^ byte << 5 ^ byte);
    }
    return crc;
}
