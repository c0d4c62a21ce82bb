/* SPDX-License-Identifier: MIT */
#include "firmware/core/picture.h"

#include "firmware/core/flash.h"
#include "picture_data.h"

/* Where each picture begins in picture_bytes: its width, its height, then its pages from the top. */
#define PICTURE_OFFSET(NAME, file) PICTURE_OFFSET_##file,
static const uint16_t offsets[] FLASH = {PICTURES(PICTURE_OFFSET)};

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

uint8_t picture_byte(enum picture picture, uint8_t page, uint8_t x)
{
    return flash_read_byte(picture_data(picture) + 2 + page * picture_width(picture) + x);
}
