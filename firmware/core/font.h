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

/* Column x (< width) of a glyph that font_glyph returned: bit 0 is the topmost pixel. */
uint16_t font_column(enum font font, uint16_t glyph, uint8_t x);

#endif
