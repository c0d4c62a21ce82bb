/* SPDX-License-Identifier: MIT */
#include "utf8.h"

#include <string.h>

static size_t size_of(unsigned char lead)
{
    if (lead < 0x80)
        return 1;
    if (lead < 0xC2 || lead > 0xF4)
        return 0;
    return lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : UTF8_SIZE_MAX;
}

size_t utf8_character(const char *text, uint32_t *code)
{
    static const uint32_t least[UTF8_SIZE_MAX + 1] = {0, 0, 0x80, 0x800, 0x10000};
    const unsigned char *bytes = (const unsigned char *)text;
    size_t size = size_of(bytes[0]);

    if (size <= 1) {
        *code = bytes[0];
        return size;
    }
    *code = bytes[0] & (0xFFu >> (size + 1));
    for (size_t i = 1; i < size; i++) {
        if ((bytes[i] & 0xC0) != 0x80) /* the end of the text is none either */
            return 0;
        *code = *code << 6 | (bytes[i] & 0x3Fu);
    }
    bool is_surrogate = *code >= 0xD800 && *code <= 0xDFFF;
    return *code < least[size] || *code > 0x10FFFF || is_surrogate ? 0 : size;
}

bool utf8_is_valid(const char *text)
{
    uint32_t code;

    while (*text != '\0') {
        size_t size = utf8_character(text, &code);
        if (size == 0)
            return false;
        text += size;
    }
    return true;
}

bool utf8_is_hidden(uint32_t code)
{
    return code < 0x20 || (code >= 0x7F && code <= 0x9F) || code == 0xAD || code == 0x61C ||
           (code >= 0x200B && code <= 0x200F) || (code >= 0x2028 && code <= 0x202E) ||
           (code >= 0x2060 && code <= 0x206F) || code == 0xFEFF;
}

bool utf8_is_plain(const char *text)
{
    uint32_t code;

    while (*text != '\0') {
        size_t size = utf8_character(text, &code);
        if (size == 0 || utf8_is_hidden(code))
            return false;
        text += size;
    }
    return true;
}

void utf8_clean(char *text)
{
    char *to = text;
    uint32_t code;

    while (*text != '\0') {
        size_t size = utf8_character(text, &code);
        memmove(to, text, size);
        to += size;
        text += size == 0 ? 1 : size;
    }
    *to = '\0';
}

/* The small letter of a capital one, of Latin-1 and Latin Extended-A; any other character is itself. */
static uint32_t lower(uint32_t code)
{
    if ((code >= 'A' && code <= 'Z') || (code >= 0xC0 && code <= 0xDE && code != 0xD7))
        return code + 0x20;
    if (code == 0x178) /* the only one whose small letter is elsewhere */
        return 0xFF;
    bool is_even_capital =
        (code >= 0x100 && code < 0x138 && code != 0x130) || (code >= 0x14A && code < 0x178);
    bool is_odd_capital = (code >= 0x139 && code < 0x149) || (code >= 0x179 && code < 0x17F);

    if ((is_even_capital && code % 2 == 0) || (is_odd_capital && code % 2 == 1))
        return code + 1;
    return code;
}

/* The letter that one is sorted as, for U+00C0 to U+017F; those that are no letters stand for themselves ('.'). */
static const char bases[] = "aaaaaaaceeeeiiiidnooooo.ouuuuyts"
                            "aaaaaaaceeeeiiiidnooooo.ouuuuyty"
                            "aaaaaaccccccccddddeeeeeeeeeegggggggghhhhiiiiiiiiiiiijjkkkllllllllllnnnnnnnnn"
                            "oooooooorrrrrrssssssssttttttuuuuuuuuuuuuwwyyyzzzzzzs";

_Static_assert(sizeof bases == 0x180 - 0xC0 + 1, "one for each code");

static uint32_t base_of(uint32_t code)
{
    if (code >= 0xC0 && code < 0x180 && bases[code - 0xC0] != '.')
        return (uint32_t)bases[code - 0xC0];
    return lower(code);
}

static uint32_t code_next(const char *text, size_t size, size_t *at)
{
    char character[UTF8_SIZE_MAX + 1] = "";
    uint32_t code = 0;
    size_t left = size - *at < UTF8_SIZE_MAX ? size - *at : UTF8_SIZE_MAX;

    memcpy(character, text + *at, left);
    size_t taken = utf8_character(character, &code);
    *at += taken == 0 ? 1 : taken;
    return taken == 0 ? (unsigned char)character[0] : code;
}

/* What is next in a text as it is sorted, which *at moves over: marks, then numbers (nine digits at a time), then letters. */
static uint32_t key_next(const char *text, size_t size, size_t *at)
{
    enum { DIGITS_MAX = 9, NUMBERS = 0x100, LETTERS = 0x40000000 };
    uint32_t number = 0;
    size_t first = *at;

    for (; *at < size && *at - first < DIGITS_MAX && text[*at] >= '0' && text[*at] <= '9'; (*at)++)
        number = number * 10 + (uint32_t)(text[*at] - '0');
    if (*at > first)
        return NUMBERS + number;
    uint32_t code = base_of(code_next(text, size, at));
    return code < '0' ? code : LETTERS + code;
}

static int bytes_compare(const char *a, size_t a_size, const char *b, size_t b_size)
{
    int order = memcmp(a, b, a_size < b_size ? a_size : b_size);

    return order != 0 ? order : (a_size > b_size) - (a_size < b_size);
}

int utf8_compare_names(const char *a, size_t a_size, const char *b, size_t b_size)
{
    size_t a_at = 0, b_at = 0;

    while (a_at < a_size && b_at < b_size) {
        uint32_t a_key = key_next(a, a_size, &a_at), b_key = key_next(b, b_size, &b_at);

        if (a_key != b_key)
            return a_key < b_key ? -1 : 1;
    }
    if (a_at < a_size || b_at < b_size)
        return a_at < a_size ? 1 : -1;
    return bytes_compare(a, a_size, b, b_size);
}

int utf8_compare_caseless(const char *a, size_t a_size, const char *b, size_t b_size)
{
    size_t a_at = 0, b_at = 0;

    while (a_at < a_size && b_at < b_size) {
        uint32_t a_code = lower(code_next(a, a_size, &a_at));
        uint32_t b_code = lower(code_next(b, b_size, &b_at));

        if (a_code != b_code)
            return a_code < b_code ? -1 : 1;
    }
    return (a_at < a_size) - (b_at < b_size);
}
