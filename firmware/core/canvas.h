/* SPDX-License-Identifier: MIT
 *
 * canvas.h - the picture in memory: 128x64 pixels in the page order of an SSD1306.
 *
 * Everything is clipped to the canvas. The caller owns struct canvas; (0, 0) is the top left corner.
 */
#ifndef BYNAME_CANVAS_H
#define BYNAME_CANVAS_H

#include <stdbool.h>
#include <stdint.h>

#include "firmware/core/font.h"
#include "firmware/core/picture.h"

#define CANVAS_WIDTH 128
#define CANVAS_HEIGHT 64
#define CANVAS_PAGE_COUNT (CANVAS_HEIGHT / 8)

/* A page is eight pixel rows; a byte is a column of it, bit 0 topmost (SSD1306 datasheet, section 8.7). */
struct canvas {
    uint8_t pages[CANVAS_PAGE_COUNT][CANVAS_WIDTH];
    uint8_t changed; /* bits of pages that were drawn on; whoever shows them clears it */
};

void canvas_clear(struct canvas *canvas);
bool canvas_is_set(const struct canvas *canvas, uint8_t x, uint8_t y);

/* Light, or darken, or turn over every pixel of a rectangle. */
void canvas_fill(struct canvas *canvas, uint8_t x, uint8_t y, uint8_t width, uint8_t height);
void canvas_erase(struct canvas *canvas, uint8_t x, uint8_t y, uint8_t width, uint8_t height);
void canvas_invert(struct canvas *canvas, uint8_t x, uint8_t y, uint8_t width, uint8_t height);

/* One pixel wide, inside the rectangle. */
void canvas_frame(struct canvas *canvas, uint8_t x, uint8_t y, uint8_t width, uint8_t height);

/* Turn over the pixels of UTF-8 text whose cell's top left corner is (x, y): bright on dark, and dark on a
 * filled ground. A character that would cross the right edge and all after it are left out. Returns the x
 * behind the last character drawn. */
uint8_t canvas_text(struct canvas *canvas, uint8_t x, uint8_t y, enum font font, const char *text);

/* Turn over the pixels of a picture. */
void canvas_picture(struct canvas *canvas, uint8_t x, uint8_t y, enum picture picture);

#endif
