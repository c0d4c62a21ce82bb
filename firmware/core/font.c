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
_Static_assert(FONT_SMALL_HEIGHT <= 16 && FONT_LARGE_HEIGHT <= 16, "a column is 16 bits");

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

/* `height` bits that begin x * height bits into the glyph; the packing is described in tools/font/make-font.
 */
static uint16_t packed_column(const uint8_t *glyph, uint8_t x, uint8_t height, uint8_t glyph_size)
{
    uint8_t first_bit = (uint8_t)(x * height);
    uint8_t first = first_bit / 8;
    uint32_t bits = 0;

    for (uint8_t i = 0; i < 3; i++)
        if (first + i < glyph_size)
            bits |= (uint32_t)flash_read_byte(glyph + first + i) << (8 * i);
    return (uint16_t)((bits >> (first_bit % 8)) & ((1ul << height) - 1));
}

uint16_t font_column(enum font font, uint16_t glyph, uint8_t x)
{
    if (font == FONT_LARGE)
        return packed_column(font_large_bits + glyph * FONT_LARGE_GLYPH_SIZE, x, FONT_LARGE_HEIGHT,
                             FONT_LARGE_GLYPH_SIZE);
    return packed_column(font_small_bits + glyph * FONT_SMALL_GLYPH_SIZE, x, FONT_SMALL_HEIGHT,
                         FONT_SMALL_GLYPH_SIZE);
}
