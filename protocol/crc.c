/* SPDX-License-Identifier: MIT */
#include "crc.h"

/* Remainders of the 16 values of a nibble, polynomial 0xEDB88320 (0x04C11DB7 reflected). */
static const uint32_t nibble_remainder[16] = {
    0x00000000, 0x1DB71064, 0x3B6E20C8, 0x26D930AC, 0x76DC4190, 0x6B6B51F4, 0x4DB26158, 0x5005713C,
    0xEDB88320, 0xF00F9344, 0xD6D6A3E8, 0xCB61B38C, 0x9B64C2B0, 0x86D3D2D4, 0xA00AE278, 0xBDBDF21C,
};

uint32_t crc32_update(uint32_t crc, const void *data, size_t size)
{
    const uint8_t *bytes = data;

    crc = ~crc;
    for (size_t i = 0; i < size; i++) {
        crc = crc >> 4 ^ nibble_remainder[(crc ^ bytes[i]) & 0x0F];
        crc = crc >> 4 ^ nibble_remainder[(crc ^ (uint32_t)(bytes[i] >> 4)) & 0x0F];
    }
    return ~crc;
}

uint16_t crc16(const void *data, size_t size)
{
    const uint8_t *bytes = data;
    uint16_t crc = 0xFFFF;

    for (size_t i = 0; i < size; i++) {
        crc ^= (uint16_t)(bytes[i] << 8);
        for (uint8_t bit = 0; bit < 8; bit++)
            crc = (uint16_t)((crc & 0x8000) ? (uint16_t)(crc << 1) ^ 0x1021 : crc << 1);
    }
    return crc;
}
