/* SPDX-License-Identifier: MIT */
#include "firmware/core/utf8.h"

#include <stdbool.h>

static bool is_continuation(uint8_t byte)
{
    return (byte & 0xC0) == 0x80;
}

static uint16_t two_bytes(const uint8_t *bytes)
{
    if (!is_continuation(bytes[1]))
        return UTF8_BAD;
    return (uint16_t)((bytes[0] & 0x1Fu) << 6 | (bytes[1] & 0x3Fu));
}

static uint16_t three_bytes(const uint8_t *bytes)
{
    /* bytes[2] is looked at only where bytes[1] is not the final NUL. */
    if (!is_continuation(bytes[1]) || !is_continuation(bytes[2]))
        return UTF8_BAD;
    uint16_t code_point = (uint16_t)((uint32_t)(bytes[0] & 0x0Fu) << 12 | (uint32_t)(bytes[1] & 0x3Fu) << 6 |
                                     (bytes[2] & 0x3Fu));
    bool is_surrogate = (code_point & 0xF800u) == 0xD800u;
    return code_point < 0x800 || is_surrogate ? UTF8_BAD : code_point;
}

uint16_t utf8_next(const char **text)
{
    const uint8_t *bytes = (const uint8_t *)*text;
    uint16_t code_point = UTF8_BAD;
    uint8_t size = 1;

    if (bytes[0] == 0)
        return 0;
    if (bytes[0] < 0x80) {
        code_point = bytes[0];
    } else if (bytes[0] >= 0xC2 && bytes[0] <= 0xDF) {
        code_point = two_bytes(bytes);
        size = 2;
    } else if ((bytes[0] & 0xF0) == 0xE0) {
        code_point = three_bytes(bytes);
        size = 3;
    }
    *text += code_point == UTF8_BAD ? 1 : size;
    return code_point;
}

uint8_t utf8_count(const char *text)
{
    uint8_t count = 0;

    while (count < UINT8_MAX && utf8_next(&text) != 0)
        count++;
    return count;
}
