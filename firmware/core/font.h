/* SPDX-License-Identifier: MIT
 *
 * font.h - the two fonts, in flash: Latin-1 and Latin Extended-A, made at build time from Debian's
 * xfonts-base.
 */
#ifndef BYNAME_FONT_H
#define BYNAME_FONT_H

#include <stdint.h>

enum font {
    FONT_SMALL, /* 6x10: 21 characters a line */
    FONT_LARGE, /* 8x13 bold: 16 characters a line, for titles and names */
};

uint8_t font_width(enum font font);
uint8_t font_height(enum font font);

/* The glyph of a code point; a box where the fonts have none. */
uint16_t font_glyph(uint16_t code_point);

#define FONT_WIDTH_MAX 8

/* The pixels of a glyph, a byte for eight rows of a column: bit 0 is the topmost. */
struct font_columns {
    uint8_t upper[FONT_WIDTH_MAX];
    uint8_t lower[FONT_WIDTH_MAX];
};

/* Read a glyph that font_glyph returned: as many columns as the font is wide. */
void font_read(enum font font, uint16_t glyph, struct font_columns *columns);

#endif
