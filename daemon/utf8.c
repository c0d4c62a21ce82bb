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
