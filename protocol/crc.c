/* SPDX-License-Identifier: MIT */
#include "crc.h"

/* A byte at once: its remainder is the sum of a few shifts of itself, since 0x1021 is x^12 + x^5 + 1. The two halves stand
 * apart, because an 8-bit processor shifts a byte by four in two instructions and a word in many. */
uint16_t crc16(const void *data, size_t size)
{
    const uint8_t *bytes = data;
    uint8_t high = 0xFF, low = 0xFF;

    for (size_t i = 0; i < size; i++) {
        uint8_t byte = high ^ bytes[i];
        byte ^= byte >> 4;
        high = low ^ (uint8_t)(byte << 4) ^ byte >> 3;
        low = byte ^ (uint8_t)(byte << 5);
    }
    return (uint16_t)(high << 8 | low);
}
