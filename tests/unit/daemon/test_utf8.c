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
    static const char *const others[] = {
        "\033[m",       "a\nb",         "\x7F",         "\xC2\x9B\062J", /* the 2 is no digit of the 9B */
        "\xE2\x80\xAE", "\xE2\x81\xA6", "\xEF\xBB\xBF", "\xE2\x80\xA8",  "\xFF"};

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

static void test_names_are_sorted_as_people_look_for_them(void **state)
{
    static const char *const sorted[] = {
        "-",         "2",   "10",       "Ab",      "\u0104d",  "Counter 2",   "Counter 10",
        "Counter A", "Dan", "DAN B",    "\u0110o", "\u00e9va", "Lukas",       "\u0141ukasz",
        "\u00d8se",  "Zoe", "Zo\u00eb", "zoe b",   "\u017bz",  "\xE2\x82\xAC"};

    (void)state;
    for (size_t i = 0; i < sizeof sorted / sizeof *sorted; i++) {
        for (size_t j = 0; j < sizeof sorted / sizeof *sorted; j++) {
            int order = utf8_compare_names(sorted[i], strlen(sorted[i]), sorted[j], strlen(sorted[j]));

            if ((order > 0) - (order < 0) != (i > j) - (i < j))
                fail_msg("%s and %s: %d", sorted[i], sorted[j], order);
        }
    }
}

static void assert_caseless(const char *a, const char *b, int expected)
{
    int order = utf8_compare_caseless(a, strlen(a), b, strlen(b));

    if ((order > 0) - (order < 0) != expected)
        fail_msg("%s and %s: %d", a, b, order);
}

static void test_small_and_capital_letters_are_alike_and_accents_are_not(void **state)
{
    static const char *const pairs[][2] = {{"Dan", "dAN"},
                                           {"ZO\u00cb", "zo\u00eb"},
                                           {"\u0141\u00d3D\u0179", "\u0142\u00f3d\u017a"},
                                           {"\u0178", "\u00ff"},
                                           {"\u0136\u0147", "\u0137\u0148"}};

    (void)state;
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++)
        assert_caseless(pairs[i][0], pairs[i][1], 0);
    assert_caseless("Zoe", "Zo\u00eb", -1);
    assert_caseless("Dan", "Dan K", -1);
    assert_caseless("Dan K", "dan", 1);
    assert_caseless("Dao", "dan", 1);
    assert_caseless("\u00d7", "\u00f7", -1); /* marks, not letters */
    assert_caseless("\u0130", "\u0131", -1); /* two letters in Turkish */
    assert_caseless("\xff", "\xfe", 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_characters_are_what_rfc_3629_says),
        cmocka_unit_test(test_plain_text_is_one_line_that_can_be_seen),
        cmocka_unit_test(test_names_are_sorted_as_people_look_for_them),
        cmocka_unit_test(test_small_and_capital_letters_are_alike_and_accents_are_not),
        cmocka_unit_test(test_cut_text_ends_with_a_whole_character),
    };

    return cmocka_run_group_tests_name("utf8", tests, NULL, NULL);
}
