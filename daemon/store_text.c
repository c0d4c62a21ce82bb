/* SPDX-License-Identifier: MIT
 *
 * store_text.c - names of people and kiosks: what a kiosk's display can show.
 */
#include "store_internal.h"

#include <string.h>

#include "daemon/utf8.h"

#define CODE_MIN 0x20
#define CODE_MAX 0x17E

static bool is_printable(uint32_t code)
{
    return code >= CODE_MIN && code <= CODE_MAX && !(code >= 0x7F && code <= 0xA0) && code != 0xAD;
}

enum store_status store_check_name(const char *name, const char *what, struct store_error *error)
{
    return store_check_shown(name, what, STAFF_NAME_CHARACTERS_MAX, error);
}

enum store_status store_check_shown(const char *name, const char *what, size_t characters_max,
                                    struct store_error *error)
{
    size_t characters = 0, size;
    uint32_t code = 0;

    if (name == NULL || name[0] == '\0')
        return store_refuse(error, "a %s has at least one character", what);
    for (const char *at = name; *at != '\0'; at += size, characters++) {
        size = utf8_character(at, &code);
        if (size == 0)
            return store_refuse(error, "the text of a %s is UTF-8: byte 0x%02X at character %zu is not", what,
                                (unsigned)(unsigned char)*at, characters + 1);
        if (!is_printable(code))
            return store_refuse(error,
                                "\"%.*s\" (U+%04X) at character %zu cannot be displayed by a kiosk: use Latin"
                                " letters, digits and marks",
                                utf8_is_hidden(code) ? 0 : (int)size, at, (unsigned)code, characters + 1);
    }
    if (characters > characters_max)
        return store_refuse(error, "a %s has at most %zu characters: \"%.64s\" has %zu", what, characters_max,
                            name, characters);
    if (name[0] == ' ' || name[strlen(name) - 1] == ' ')
        return store_refuse(error, "a %s neither begins nor ends with a space: \"%.40s\"", what, name);
    return STORE_OK;
}

enum store_status store_check_line(const char *text, const char *what, struct store_error *error)
{
    if (!utf8_is_plain(text))
        return store_refuse(error, "a %s is one line of UTF-8, without control characters", what);
    return STORE_OK;
}
