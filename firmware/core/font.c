/* SPDX-License-Identifier: MIT */
#include "firmware/core/font.h"

#include "firmware/core/flash.h"
#include "font_data.h"

/* The order of the tables: 0x20 to 0x7E, 0xA0 to 0x17F, box. */
#define LATIN_1_FIRST 0xA0u
#define LATIN_1_GLYPH (0x7Fu - 0x20u)
#define GLYPH_BOX (FONT_GLYPH_COUNT - 1)

_Static_assert(LATIN_1_GLYPH + (0x180u - LATIN_1_FIRST) == GLYPH_BOX,
               "the generator's order is font_glyph's");
_Static_assert(FONT_SMALL_HEIGHT < 16 && FONT_LARGE_HEIGHT < 16, "a column is less than 16 bits");
_Static_assert(FONT_SMALL_WIDTH *FONT_SMALL_HEIGHT <= UINT8_MAX &&
                   FONT_LARGE_WIDTH * FONT_LARGE_HEIGHT <= UINT8_MAX,
               "a bit of a glyph is counted in a byte");

uint8_t font_width(enum font font)
{
    return font == FONT_LARGE ? FONT_LARGE_WIDTH : FONT_SMALL_WIDTH;
}

uint8_t font_height(enum font font)
{
    return font == FONT_LARGE ? FONT_LARGE_HEIGHT : FONT_SMALL_HEIGHT;
}

uint16_t font_glyph(uint16_t code_point)
{
    if (code_point >= 0x20 && code_point < 0x7F)
        return (uint16_t)(code_point - 0x20u);
    if (code_point >= LATIN_1_FIRST && code_point < 0x180)
        return (uint16_t)(code_point - LATIN_1_FIRST + LATIN_1_GLYPH);
    return GLYPH_BOX;
}

/* Bits `shift` (1 to 7) and up of two bytes, as one. An AVR multiplies in two cycles, and shifts one bit at a
 * time. */
static uint8_t across(uint8_t low, uint8_t high, uint8_t shift)
{
    uint8_t factor = (uint8_t)(0x100u >> shift);
    return (uint8_t)((uint16_t)(low * factor) >> 8) | (uint8_t)(high * factor);
}

/* 16 bits that begin x * height bits into the glyph; the packing is described in tools/font/make-font, as are
 * the two bytes behind the last glyph that make the reading of three safe. */
static uint16_t packed_column(const uint8_t *glyph, uint8_t x, uint8_t height)
{
    uint8_t first_bit = (uint8_t)(x * height);
    uint8_t shift = first_bit % 8;
    uint8_t bytes[3];

    glyph += first_bit / 8;
    for (uint8_t i = 0; i < sizeof bytes; i++)
        bytes[i] = flash_read_byte(glyph + i);
    if (shift == 0)
        return (uint16_t)(bytes[0] | bytes[1] << 8);
    return (uint16_t)(across(bytes[0], bytes[1], shift) | across(bytes[1], bytes[2], shift) << 8);
}

uint16_t font_column(enum font font, uint16_t glyph, uint8_t x)
{
    if (font == FONT_LARGE)
        return packed_column(font_large_bits + glyph * FONT_LARGE_GLYPH_SIZE, x, FONT_LARGE_HEIGHT) &
               ((1u << FONT_LARGE_HEIGHT) - 1);
    return packed_column(font_small_bits + glyph * FONT_SMALL_GLYPH_SIZE, x, FONT_SMALL_HEIGHT) &
           ((1u << FONT_SMALL_HEIGHT) - 1);
}
