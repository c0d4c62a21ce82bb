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
#define BOTTOM_HEIGHT 8
_Static_assert(FONT_SMALL_WIDTH <= FONT_WIDTH_MAX && FONT_LARGE_WIDTH <= FONT_WIDTH_MAX, "columns have room");
_Static_assert(FONT_SMALL_HEIGHT < 16 && FONT_LARGE_HEIGHT < 16, "a top is less than 8 pixels high");

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

/* tools/font/make-font describes the tables: where the part with that number begins. */
static uint16_t offset_of(const uint8_t *number, uint8_t size)
{
    return (uint16_t)(flash_read_byte(number) * size);
}

/* The rows of tops follow each other bit by bit, a column's topmost first. */
static inline void read(const uint8_t *top, uint8_t top_height, const uint8_t *bottom, uint8_t width,
                        struct font_columns *columns)
{
    uint16_t bits = 0;
    uint8_t count = 0;

    for (uint8_t x = 0; x < width; x++) {
        if (count < top_height) {
            bits |= (uint16_t)(flash_read_byte(top++) * (uint8_t)(1u << count));
            count = (uint8_t)(count + 8);
        }
        uint16_t below = (uint16_t)(flash_read_byte(bottom++) * (uint8_t)(1u << top_height));
        columns->upper[x] = (uint8_t)((bits & ((1u << top_height) - 1)) | below);
        columns->lower[x] = (uint8_t)(below >> 8);
        bits >>= top_height;
        count = (uint8_t)(count - top_height);
    }
}

void font_read(enum font font, uint16_t glyph, struct font_columns *columns)
{
    const uint8_t *numbers = (font == FONT_LARGE ? font_large_glyphs : font_small_glyphs) + 2 * glyph;

    if (font == FONT_LARGE)
        read(font_large_tops + offset_of(numbers, FONT_LARGE_TOP_SIZE), FONT_LARGE_HEIGHT - BOTTOM_HEIGHT,
             font_large_bottoms + offset_of(numbers + 1, FONT_LARGE_WIDTH), FONT_LARGE_WIDTH, columns);
    else
        read(font_small_tops + offset_of(numbers, FONT_SMALL_TOP_SIZE), FONT_SMALL_HEIGHT - BOTTOM_HEIGHT,
             font_small_bottoms + offset_of(numbers + 1, FONT_SMALL_WIDTH), FONT_SMALL_WIDTH, columns);
}
