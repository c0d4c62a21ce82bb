/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "picture.h"

#include <errno.h>
#include <png.h>
#include <stdio.h>
#include <string.h>

enum { COLOUR_BEZEL, COLOUR_DARK, COLOUR_GLOW, COLOUR_LIT, COLOUR_COUNT };
enum { PNG_ROW_BYTES_MAX = (SSD1306_WIDTH + 4) * PICTURE_SCALE_MAX, MARGIN_PIXELS = 2 };

static bool has_ending(const char *path, const char *ending)
{
    const size_t length = strlen(path);
    return length > strlen(ending) && strcmp(path + length - strlen(ending), ending) == 0;
}

bool picture_is_name_known(const char *path)
{
    return has_ending(path, ".pbm") || has_ending(path, ".png");
}

static void write_pbm(const struct ssd1306_picture *picture, FILE *file)
{
    fprintf(file, "P1\n%d %d\n", SSD1306_WIDTH, SSD1306_HEIGHT);
    for (unsigned y = 0; y < SSD1306_HEIGHT; y++) {
        for (unsigned x = 0; x < SSD1306_WIDTH; x++) {
            fputc(ssd1306_picture_is_lit(picture, x, y) ? '1' : '0', file);
        }
        fputc('\n', file);
    }
}

/* One row of the image, in palette indices. A pixel is scale - 1 wide and followed by a gap, unless that
 * leaves nothing; the gap beside a lit pixel glows a little.
 */
static void fill_row(const struct ssd1306_picture *picture, unsigned image_y, unsigned scale, png_byte *row)
{
    const unsigned gap = scale > 2 ? 1 : 0;
    const unsigned width = (SSD1306_WIDTH + 2 * MARGIN_PIXELS) * scale;
    const unsigned margin = MARGIN_PIXELS * scale;
    memset(row, COLOUR_BEZEL, width);
    if (image_y < margin || image_y >= margin + SSD1306_HEIGHT * scale) {
        return;
    }
    const unsigned y = (image_y - margin) / scale;
    const bool is_gap_row = (image_y - margin) % scale >= scale - gap;
    for (unsigned i = 0; i < SSD1306_WIDTH * scale; i++) {
        const bool is_gap = is_gap_row || i % scale >= scale - gap;
        const bool is_lit = ssd1306_picture_is_lit(picture, i / scale, y);
        row[margin + i] =
            !is_lit ? (is_gap ? COLOUR_BEZEL : COLOUR_DARK) : (is_gap ? COLOUR_GLOW : COLOUR_LIT);
    }
}

static void write_rows(const struct ssd1306_picture *picture, unsigned scale, png_structp png)
{
    png_byte row[PNG_ROW_BYTES_MAX];
    for (unsigned y = 0; y < (SSD1306_HEIGHT + 2 * MARGIN_PIXELS) * scale; y++) {
        fill_row(picture, y, scale, row);
        png_write_row(png, row);
    }
}

/* Returns false if libpng gave up. */
static bool write_png(const struct ssd1306_picture *picture, unsigned scale, FILE *file)
{
    static const png_color palette[COLOUR_COUNT] = {
        {6, 8, 12}, {12, 16, 24}, {70, 110, 140}, {196, 232, 255}};
    png_structp png = png_create_write_struct(PNG_LIBPNG_VER_STRING, NULL, NULL, NULL);
    png_infop info = png == NULL ? NULL : png_create_info_struct(png);
    bool is_written = false;
    if (info != NULL && setjmp(png_jmpbuf(png)) == 0) {
        png_init_io(png, file);
        png_set_IHDR(png, info, (SSD1306_WIDTH + 2 * MARGIN_PIXELS) * scale,
                     (SSD1306_HEIGHT + 2 * MARGIN_PIXELS) * scale, 8, PNG_COLOR_TYPE_PALETTE,
                     PNG_INTERLACE_NONE, PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
        png_set_PLTE(png, info, palette, COLOUR_COUNT);
        png_write_info(png, info);
        write_rows(picture, scale, png);
        png_write_end(png, info);
        is_written = true;
    }
    png_destroy_write_struct(&png, &info);
    return is_written;
}

const char *picture_save(const struct ssd1306_picture *picture, const char *path, unsigned scale)
{
    FILE *file = fopen(path, "wbe");
    bool is_written = true;
    if (file == NULL) {
        return strerror(errno);
    }
    if (has_ending(path, ".png")) {
        is_written = write_png(picture, scale, file);
    } else {
        write_pbm(picture, file);
    }
    is_written = is_written && !ferror(file);
    return fclose(file) == 0 && is_written ? NULL : "cannot be written completely";
}

/* The next character that is neither white space nor in a comment. */
static int next_character(FILE *file)
{
    int c = fgetc(file);
    while (c == ' ' || c == '\n' || c == '\r' || c == '\t' || c == '#') {
        while (c == '#' && (c = fgetc(file)) != '\n' && c != EOF) {
            c = '#';
        }
        c = fgetc(file);
    }
    return c;
}

static const char *read_pbm(struct ssd1306_picture *picture, FILE *file)
{
    int width = 0;
    int height = 0;
    if (fscanf(file, "P1 %d %d", &width, &height) != 2) {
        return "is not a plain PBM (P1)";
    }
    if (width != SSD1306_WIDTH || height != SSD1306_HEIGHT) {
        return "is not 128x64";
    }
    memset(picture, 0, sizeof *picture);
    for (unsigned i = 0; i < SSD1306_WIDTH * SSD1306_HEIGHT; i++) {
        const int c = next_character(file);
        if (c != '0' && c != '1') {
            return "ends early or holds something other than 0 and 1";
        }
        if (c == '1') {
            uint8_t *cell = &picture->rows[i / SSD1306_WIDTH][i % SSD1306_WIDTH / 8];
            *cell = (uint8_t)(*cell | 0x80 >> (i & 7));
        }
    }
    return NULL;
}

const char *picture_load(struct ssd1306_picture *picture, const char *path)
{
    FILE *file = fopen(path, "re");
    if (file == NULL) {
        return strerror(errno);
    }
    const char *error = read_pbm(picture, file);
    fclose(file);
    return error;
}
