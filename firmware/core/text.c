/* SPDX-License-Identifier: MIT */
#include "firmware/core/text.h"

#include <stdint.h>

#include "firmware/core/flash.h"
#include "text_data.h"

_Static_assert(TEXT_TABLE_COUNT == LANGUAGE_COUNT * TEXT_COUNT, "every text in every language");

/* The codes of a text. tools/texts/make-texts describes the tables. */
static const uint8_t *find(uint16_t number)
{
    const uint8_t *codes = text_codes + flash_read_word(&text_offsets[number / TEXT_OFFSET_STRIDE]);

    for (uint8_t left = number % TEXT_OFFSET_STRIDE; left > 0; codes++) {
        if (flash_read_byte(codes) == 0)
            left--;
    }
    return codes;
}

static uint8_t half_of(uint8_t code, uint8_t half)
{
    return flash_read_byte(&text_pairs[2 * (uint8_t)(code - TEXT_PAIR_CODE_FIRST) + half]);
}

void text_copy(char copy[TEXT_SIZE_MAX], enum text text, enum language language)
{
    uint8_t second_halves[TEXT_NESTING_MAX] = {0}; /* of the pairs whose first half is under way */
    uint8_t depth = 0, size = 0, code;

    if (language >= LANGUAGE_COUNT)
        language = LANGUAGE_EN;
    const uint8_t *next = find((uint16_t)(language * TEXT_COUNT + text));
    do {
        code = depth > 0 ? second_halves[--depth] : flash_read_byte(next++);
        while (code >= TEXT_PAIR_CODE_FIRST + TEXT_CHARACTER_COUNT) {
            second_halves[depth++] = half_of(code, 1);
            code = half_of(code, 0);
        }
        if (code < TEXT_PAIR_CODE_FIRST) {
            copy[size++] = (char)code;
        } else {
            copy[size++] = (char)half_of(code, 0);
            copy[size++] = (char)half_of(code, 1);
        }
    } while (code != 0);
}
