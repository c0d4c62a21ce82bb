/* SPDX-License-Identifier: MIT */
#include "../cmocka_first.h"

#include <stdio.h>
#include <string.h>

#include "daemon/utf8.h"

static void test_characters_are_what_rfc_3629_says(void **state)
{
    static const char *const valid[] = {"", "Dan", "Zoë", "\xE2\x82\xAC", "\xF4\x8F\xBF\xBF", "\xED\x9F\xBF"};
    static const char *const invalid[] = {
        "\xFF",
        "\x80",
        "a\xC3",
        "\xC0\x80",
        "\xE0\x80\x80",
        "\xED\xA0\x80",
        "\xE2\x82",
        "\xF4\x90\x80\x80",
        "\xF0\x80\x80\x80",
        "\xC3(",
    };

    (void)state;
    for (size_t i = 0; i < sizeof valid / sizeof valid[0]; i++)
        assert_true(utf8_is_valid(valid[i]));
    for (size_t i = 0; i < sizeof invalid / sizeof invalid[0]; i++)
        assert_false(utf8_is_valid(invalid[i]));
}

static void test_plain_text_is_one_line_that_can_be_seen(void **state)
{
    static const char *const plain[] = {"", "Dan & Zoë <b>", "\xE6\x96\xB0", "\xC2\xA0", "~"};
    static const char *const others[] = {"\033[m",
                                         "a\nb",
                                         "\x7F",
                                         "\xC2\x9B\062J", /* the 2 is no digit of the 9B */
                                         "\xE2\x80\xAE",
                                         "\xE2\x81\xA6",
                                         "\xEF\xBB\xBF",
                                         "\xE2\x80\xA8",
                                         "\xFF"};

    (void)state;
    for (size_t i = 0; i < sizeof plain / sizeof plain[0]; i++)
        assert_true(utf8_is_plain(plain[i]));
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++)
        assert_false(utf8_is_plain(others[i]));
}

static void test_cut_text_ends_with_a_whole_character(void **state)
{
    char text[16];

    (void)state;
    for (int size = 0; size <= 7; size++) {
        snprintf(text, sizeof text, "%.*s\"", size, "aë\xE2\x82\xAC!");
        utf8_clean(text);
        assert_true(utf8_is_valid(text));
        assert_string_equal(text, size < 1   ? "\""
                                  : size < 3 ? "a\""
                                  : size < 6 ? "aë\""
                                  : size < 7 ? "aë\xE2\x82\xAC\""
                                             : "aë\xE2\x82\xAC!\"");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_characters_are_what_rfc_3629_says),
        cmocka_unit_test(test_plain_text_is_one_line_that_can_be_seen),
        cmocka_unit_test(test_cut_text_ends_with_a_whole_character),
    };

    return cmocka_run_group_tests_name("utf8", tests, NULL, NULL);
}
