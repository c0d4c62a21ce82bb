/* SPDX-License-Identifier: MIT */
#include "firmware/core/picture.h"

#include "firmware/core/flash.h"
#include "picture_data.h"

/* Where each picture begins in picture_bytes: its width, its height, then its pages from the top. */
#define PICTURE_OFFSET(NAME, file) PICTURE_OFFSET_##file,
static const uint16_t offsets[] FLASH = {PICTURES(PICTURE_OFFSET)};

_Static_assert(PICTURE_WIDEST <= PICTURE_WIDTH_MAX, "columns have room");

static const uint8_t *picture_data(enum picture picture)
{
    return picture_bytes + flash_read_word(&offsets[picture]);
}

uint8_t picture_width(enum picture picture)
{
    return flash_read_byte(picture_data(picture));
}

uint8_t picture_height(enum picture picture)
{
    return flash_read_byte(picture_data(picture) + 1);
}

void picture_read(enum picture picture, uint8_t page, uint8_t columns[PICTURE_WIDTH_MAX])
{
    const uint8_t *data = picture_data(picture);
    uint8_t width = flash_read_byte(data);

    data += 2 + page * width;
    for (uint8_t x = 0; x < width; x++)
        columns[x] = flash_read_byte(data + x);
}
