/* SPDX-License-Identifier: MIT */
#include "firmware/core/canvas.h"

#include <string.h>

#include "firmware/core/utf8.h"

void canvas_clear(struct canvas *canvas)
{
    memset(canvas->pages, 0, sizeof canvas->pages);
    canvas->changed = 0xFF;
}

bool canvas_is_set(const struct canvas *canvas, uint8_t x, uint8_t y)
{
    if (x >= CANVAS_WIDTH || y >= CANVAS_HEIGHT)
        return false;
    return canvas->pages[y / 8][x] >> (y % 8) & 1;
}

/* The rows top to bottom (exclusive) of a page, as bits of its bytes. */
static uint8_t rows_mask(uint8_t page, uint8_t top, uint8_t bottom)
{
    uint8_t first = page * 8 < top ? (uint8_t)(top - page * 8) : 0;
    uint8_t behind = page * 8 + 8 > bottom ? (uint8_t)(bottom - page * 8) : 8;

    return (uint8_t)((0xFFu << first) & (0xFFu >> (8 - behind)));
}

/* Of each pixel, what `keep` says stays; then `flip` turns it over: bits of a page's bytes, 0x00 or 0xFF. */
static void change_rectangle(struct canvas *canvas, uint8_t x, uint8_t y, uint8_t width, uint8_t height,
                             uint8_t keep, uint8_t flip)
{
    if (x >= CANVAS_WIDTH || y >= CANVAS_HEIGHT || width == 0 || height == 0)
        return;
    if (width > CANVAS_WIDTH - x)
        width = (uint8_t)(CANVAS_WIDTH - x);
    if (height > CANVAS_HEIGHT - y)
        height = (uint8_t)(CANVAS_HEIGHT - y);

    uint8_t bottom = (uint8_t)(y + height);
    for (uint8_t page = y / 8; page * 8 < bottom; page++) {
        uint8_t mask = rows_mask(page, y, bottom);
        uint8_t kept = keep | (uint8_t)~mask, flipped = flip & mask;
        uint8_t *byte = &canvas->pages[page][x];
        canvas->changed |= (uint8_t)(1u << page);
        for (uint8_t left = width; left > 0; left--, byte++)
            *byte = (*byte & kept) ^ flipped;
    }
}

void canvas_fill(struct canvas *canvas, uint8_t x, uint8_t y, uint8_t width, uint8_t height)
{
    change_rectangle(canvas, x, y, width, height, 0x00, 0xFF);
}

void canvas_erase(struct canvas *canvas, uint8_t x, uint8_t y, uint8_t width, uint8_t height)
{
    change_rectangle(canvas, x, y, width, height, 0x00, 0x00);
}

void canvas_invert(struct canvas *canvas, uint8_t x, uint8_t y, uint8_t width, uint8_t height)
{
    change_rectangle(canvas, x, y, width, height, 0xFF, 0xFF);
}

void canvas_frame(struct canvas *canvas, uint8_t x, uint8_t y, uint8_t width, uint8_t height)
{
    if (width < 2 || height < 2)
        return;
    canvas_fill(canvas, x, y, width, 1);
    canvas_fill(canvas, x, (uint8_t)(y + height - 1), width, 1);
    canvas_fill(canvas, x, y, 1, height);
    canvas_fill(canvas, (uint8_t)(x + width - 1), y, 1, height);
}

static void mark_changed(struct canvas *canvas, uint8_t y, uint8_t height)
{
    for (uint8_t page = y / 8; page < CANVAS_PAGE_COUNT && page * 8 < y + height; page++)
        canvas->changed |= (uint8_t)(1u << page);
}

/* Turn over eight rows of `count` columns from (x, y) on: bit 0 of each is the topmost. Multiplies where it means to shift,
 * since an AVR shifts one bit at a time. */
static void invert_strip(struct canvas *canvas, uint8_t x, uint8_t y, const uint8_t *columns, uint8_t count)
{
    if (x >= CANVAS_WIDTH || y >= CANVAS_HEIGHT)
        return;
    if (count > CANVAS_WIDTH - x)
        count = (uint8_t)(CANVAS_WIDTH - x);

    uint8_t factor = (uint8_t)(1u << (y % 8));
    bool has_page_below = y / 8 + 1 < CANVAS_PAGE_COUNT;
    uint8_t *byte = &canvas->pages[y / 8][x];
    for (; count > 0; count--, columns++, byte++) {
        uint16_t bits = (uint16_t)(*columns * factor);
        byte[0] ^= (uint8_t)bits;
        if (has_page_below)
            byte[CANVAS_WIDTH] ^= (uint8_t)(bits >> 8);
    }
}

uint8_t canvas_text(struct canvas *canvas, uint8_t x, uint8_t y, enum font font, const char *text)
{
    uint8_t width = font_width(font);
    struct font_columns columns;
    uint16_t code_point;

    mark_changed(canvas, y, font_height(font));
    while (x + width <= CANVAS_WIDTH && (code_point = utf8_next(&text)) != 0) {
        font_read(font, font_glyph(code_point), &columns);
        invert_strip(canvas, x, y, columns.upper, width);
        invert_strip(canvas, x, (uint8_t)(y + 8), columns.lower, width);
        x = (uint8_t)(x + width);
    }
    return x;
}

void canvas_picture(struct canvas *canvas, uint8_t x, uint8_t y, enum picture picture)
{
    uint8_t columns[PICTURE_WIDTH_MAX];
    uint8_t width = picture_width(picture);
    uint8_t height = picture_height(picture);

    mark_changed(canvas, y, height);
    for (uint8_t row = 0; row < height; row = (uint8_t)(row + 8)) {
        picture_read(picture, row / 8, columns);
        invert_strip(canvas, x, (uint8_t)(y + row), columns, width);
    }
}
