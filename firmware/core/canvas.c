/* SPDX-License-Identifier: MIT */
#include "firmware/core/canvas.h"

#include <string.h>

#include "firmware/core/utf8.h"

enum change { CHANGE_SET, CHANGE_CLEAR, CHANGE_INVERT };

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

static void change_byte(uint8_t *byte, uint8_t mask, enum change change)
{
    if (change == CHANGE_SET)
        *byte |= mask;
    else if (change == CHANGE_CLEAR)
        *byte &= (uint8_t)~mask;
    else
        *byte ^= mask;
}

/* The rows top to bottom (exclusive) of a page, as bits of its bytes. */
static uint8_t rows_mask(uint8_t page, uint8_t top, uint8_t bottom)
{
    uint8_t first = page * 8 < top ? (uint8_t)(top - page * 8) : 0;
    uint8_t behind = page * 8 + 8 > bottom ? (uint8_t)(bottom - page * 8) : 8;

    return (uint8_t)((0xFFu << first) & (0xFFu >> (8 - behind)));
}

static void change_rectangle(struct canvas *canvas, uint8_t x, uint8_t y, uint8_t width, uint8_t height,
                             enum change change)
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
        canvas->changed |= (uint8_t)(1u << page);
        for (uint8_t i = 0; i < width; i++)
            change_byte(&canvas->pages[page][x + i], mask, change);
    }
}

void canvas_fill(struct canvas *canvas, uint8_t x, uint8_t y, uint8_t width, uint8_t height)
{
    change_rectangle(canvas, x, y, width, height, CHANGE_SET);
}

void canvas_erase(struct canvas *canvas, uint8_t x, uint8_t y, uint8_t width, uint8_t height)
{
    change_rectangle(canvas, x, y, width, height, CHANGE_CLEAR);
}

void canvas_invert(struct canvas *canvas, uint8_t x, uint8_t y, uint8_t width, uint8_t height)
{
    change_rectangle(canvas, x, y, width, height, CHANGE_INVERT);
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

/* Turn over up to 16 pixels below (x, y): bit 0 of bits is the topmost. Multiplies where it means to shift,
 * since an AVR shifts one bit at a time. */
static void invert_column(struct canvas *canvas, uint8_t x, uint8_t y, uint16_t bits)
{
    if (bits == 0 || x >= CANVAS_WIDTH || y >= CANVAS_HEIGHT)
        return;

    uint8_t page = y / 8;
    uint8_t factor = (uint8_t)(1u << (y % 8));
    uint16_t upper = (uint16_t)((uint8_t)bits * factor);
    uint16_t lower = (uint16_t)((uint8_t)(bits >> 8) * factor);
    uint8_t *byte = &canvas->pages[page][x];

    byte[0] ^= (uint8_t)upper;
    if (page + 1 < CANVAS_PAGE_COUNT)
        byte[CANVAS_WIDTH] ^= (uint8_t)(upper >> 8) | (uint8_t)lower;
    if (page + 2 < CANVAS_PAGE_COUNT)
        byte[2 * CANVAS_WIDTH] ^= (uint8_t)(lower >> 8);
}

uint8_t canvas_text(struct canvas *canvas, uint8_t x, uint8_t y, enum font font, const char *text)
{
    uint8_t width = font_width(font);
    uint16_t code_point;

    mark_changed(canvas, y, font_height(font));
    while (x + width <= CANVAS_WIDTH && (code_point = utf8_next(&text)) != 0) {
        uint16_t glyph = font_glyph(code_point);
        for (uint8_t i = 0; i < width; i++)
            invert_column(canvas, (uint8_t)(x + i), y, font_column(font, glyph, i));
        x = (uint8_t)(x + width);
    }
    return x;
}

void canvas_picture(struct canvas *canvas, uint8_t x, uint8_t y, enum picture picture)
{
    uint8_t width = picture_width(picture);
    uint8_t height = picture_height(picture);

    mark_changed(canvas, y, height);
    for (uint8_t row = 0; row < height; row = (uint8_t)(row + 8))
        for (uint8_t i = 0; i < width; i++)
            invert_column(canvas, (uint8_t)(x + i), (uint8_t)(y + row), picture_byte(picture, row / 8, i));
}
