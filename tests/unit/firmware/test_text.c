/* SPDX-License-Identifier: MIT */
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "firmware/core/font.h"
#include "firmware/core/text.h"
#include "firmware/core/utf8.h"
#include "tests/unit/cmocka_first.h"

static void test_every_text_can_be_displayed(void **state)
{
    char copy[TEXT_SIZE_MAX];

    (void)state;
    for (unsigned language = 0; language < LANGUAGE_COUNT; language++) {
        for (unsigned text = 0; text < TEXT_COUNT; text++) {
            text_copy(copy, (enum text)text, (enum language)language);
            assert_in_range(utf8_count(copy), 1, 21);
            const char *next = copy;
            for (uint16_t code; (code = utf8_next(&next)) != 0;)
                if (code != TEXT_NUMBER)
                    assert_int_not_equal(font_glyph(code), font_glyph(UTF8_BAD));
        }
    }
}

/* The next line of a file of firmware/texts that is no comment, cut in two behind its first word. */
static bool next_text(FILE *file, char line[256], char **rest)
{
    while (fgets(line, 256, file) != NULL) {
        line[strcspn(line, "\n")] = '\0';
        if (line[0] == ';' || line[0] == '\0')
            continue;
        char *space = strchr(line, ' ');
        assert_non_null(space);
        *space = '\0';
        *rest = space + 1;
        return true;
    }
    return false;
}

/* "{n}" stands in a file for TEXT_NUMBER. */
static void put_number_mark(char *text)
{
    char *place = strstr(text, "{n}");

    if (place == NULL)
        return;
    *place = TEXT_NUMBER;
    memmove(place + 1, place + 3, strlen(place + 3) + 1);
}

static void test_every_text_is_as_its_file_has_it(void **state)
{
    static const char *const names[LANGUAGE_COUNT] = {"en", "de", "es", "fr", "pl"};
    static char keys[TEXT_COUNT][256];
    char path[512], line[256], copy[TEXT_SIZE_MAX], *rest;
    unsigned key_count = 0;

    (void)state;
    FILE *file = fopen(TEXTS_DIR "/places.txt", "r");
    assert_non_null(file);
    while (key_count < TEXT_COUNT && next_text(file, keys[key_count], &rest))
        key_count++;
    assert_false(next_text(file, line, &rest));
    fclose(file);
    assert_int_equal(key_count, TEXT_COUNT);
    for (unsigned language = 0; language < LANGUAGE_COUNT; language++) {
        snprintf(path, sizeof path, TEXTS_DIR "/%s.txt", names[language]);
        file = fopen(path, "r");
        assert_non_null(file);
        while (next_text(file, line, &rest)) {
            unsigned text = 0;
            while (text < TEXT_COUNT && strcmp(keys[text], line) != 0)
                text++;
            put_number_mark(rest);
            text_copy(copy, (enum text)text, (enum language)language);
            assert_string_equal(copy, rest);
        }
        fclose(file);
    }
}

static void test_languages_are_their_own(void **state)
{
    static const char *const names[LANGUAGE_COUNT] = {"English", "Deutsch", "Espa\u00F1ol", "Fran\u00E7ais",
                                                      "Polski"};
    char copy[TEXT_SIZE_MAX];

    (void)state;
    for (unsigned language = 0; language < LANGUAGE_COUNT; language++) {
        text_copy(copy, TEXT_LANGUAGE_NAME, (enum language)language);
        assert_string_equal(copy, names[language]);
    }
}

static void test_unknown_language_is_english(void **state)
{
    char copy[TEXT_SIZE_MAX];

    (void)state;
    text_copy(copy, TEXT_IDLE_TITLE, (enum language)77);
    assert_string_equal(copy, "How did we do?");
}

static void test_utf8_reads_what_is_well_formed(void **state)
{
    const char *text = "a\u00E9\u017E\u20AC";

    (void)state;
    assert_int_equal(utf8_next(&text), 'a');
    assert_int_equal(utf8_next(&text), 0xE9);
    assert_int_equal(utf8_next(&text), 0x17E);
    assert_int_equal(utf8_next(&text), 0x20AC);
    assert_int_equal(utf8_next(&text), 0);
    assert_int_equal(utf8_next(&text), 0);
}

static void test_utf8_never_reads_past_the_end(void **state)
{
    static const char *const damaged[] = {"\xC3",         "\xE2",         "\xE2\x82",
                                          "\x80",         "\xFF",         "\xC0\x80",
                                          "\xE0\x80\x80", "\xED\xA0\x80", "\xF0\x9F\x98\x80"};

    (void)state;
    for (size_t i = 0; i < sizeof damaged / sizeof damaged[0]; i++) {
        char exact[8]; /* the sanitizer sees a read beyond the NUL through a copy of exactly its size */
        size_t size = strlen(damaged[i]) + 1;
        memcpy(exact + sizeof exact - size, damaged[i], size);
        const char *text = exact + sizeof exact - size;
        size_t count = 0;
        for (uint16_t code; (code = utf8_next(&text)) != 0; count++)
            assert_int_equal(code, UTF8_BAD);
        assert_int_equal(count, size - 1);
        assert_ptr_equal(text, exact + sizeof exact - 1);
    }
}

static void test_utf8_count_ends_at_255(void **state)
{
    char text[400];

    (void)state;
    memset(text, 'x', sizeof text);
    text[sizeof text - 1] = '\0';
    assert_int_equal(utf8_count(text), 255);
    assert_int_equal(utf8_count("Zo\u00EB"), 3);
}

/* 'A' of Debian's 6x10, drawn by hand. */
static void test_font_has_the_glyphs_of_its_face(void **state)
{
    static const char *const rows[10] = {"......", "..#...", ".#.#..", "#...#.", "#...#.",
                                         "#####.", "#...#.", "#...#.", "......", "......"};

    struct font_columns columns;

    (void)state;
    font_read(FONT_SMALL, font_glyph('A'), &columns);
    for (uint8_t x = 0; x < 6; x++) {
        unsigned column = columns.upper[x] | (unsigned)columns.lower[x] << 8;
        for (uint8_t y = 0; y < 10; y++)
            assert_int_equal(column >> y & 1, rows[y][x] == '#');
        assert_int_equal(column >> 10, 0);
    }
}

static void test_all_glyphs_but_spaces_have_ink(void **state)
{
    (void)state;
    for (uint16_t code = 0x21; code < 0x180; code++) {
        if ((code >= 0x7F && code <= 0xA0))
            continue;
        for (unsigned font = FONT_SMALL; font <= FONT_LARGE; font++) {
            struct font_columns columns;
            uint8_t ink = 0;
            font_read((enum font)font, font_glyph(code), &columns);
            for (uint8_t x = 0; x < font_width((enum font)font); x++)
                ink |= columns.upper[x] | columns.lower[x];
            assert_int_not_equal(ink, 0);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_text_can_be_displayed),
        cmocka_unit_test(test_every_text_is_as_its_file_has_it),
        cmocka_unit_test(test_languages_are_their_own),
        cmocka_unit_test(test_unknown_language_is_english),
        cmocka_unit_test(test_utf8_reads_what_is_well_formed),
        cmocka_unit_test(test_utf8_never_reads_past_the_end),
        cmocka_unit_test(test_utf8_count_ends_at_255),
        cmocka_unit_test(test_font_has_the_glyphs_of_its_face),
        cmocka_unit_test(test_all_glyphs_but_spaces_have_ink),
    };

    return cmocka_run_group_tests_name("text", tests, NULL, NULL);
}
