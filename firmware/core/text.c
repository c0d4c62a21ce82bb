/* SPDX-License-Identifier: MIT */
#include "firmware/core/text.h"

#include <stdint.h>

#include "firmware/core/flash.h"
#include "text_data.h"

_Static_assert(sizeof text_offsets / sizeof text_offsets[0] == LANGUAGE_COUNT, "a table for each language");

void text_copy(char copy[TEXT_SIZE_MAX], enum text text, enum language language)
{
    if (language >= LANGUAGE_COUNT)
        language = LANGUAGE_EN;

    const uint8_t *bytes = text_bytes + flash_read_word(&text_offsets[language][text]);
    for (uint8_t i = 0; i < TEXT_SIZE_MAX; i++) {
        copy[i] = (char)flash_read_byte(bytes + i);
        if (copy[i] == '\0')
            return;
    }
    copy[TEXT_SIZE_MAX - 1] = '\0';
}
