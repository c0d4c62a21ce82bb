/* SPDX-License-Identifier: MIT */
#include "crc.h"

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
