/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "../cmocka_first.h"
#include "daemon/utf8.h"
#include "daemon/words.h"

#define FILLED(size, language, text, ...) \
    filled((char[size]){0}, size, language, text, (const char *const[]){__VA_ARGS__, NULL})

static const char *filled(char *out, size_t size, enum words_language language, const char *text,
                          const char *const *parts)
{
    words_fill(out, size, language, text, parts);
    return out;
}

static void test_parts_stand_where_the_text_wants_them(void **state)
{
    (void)state;
    assert_string_equal(FILLED(64, WORDS_EN, "{2} of {1}, {2}", "b", "a"), "a of b, a");
    assert_string_equal(FILLED(64, WORDS_EN, "{1}{3}.", "one"), "one.");
    assert_string_equal(FILLED(64, WORDS_EN, "", "one"), "");
    assert_string_equal(FILLED(64, WORDS_EN, "{1}", "{2}", "no"), "{2}");
}

static void test_a_number_has_the_form_of_its_language(void **state)
{
    static const struct {
        enum words_language language;
        const char *text;
        const char *number, *expected;
    } cases[] = {
        {WORDS_EN, "{1|point|points}", "1", "point"},
        {WORDS_EN, "{1|point|points}", "-1", "point"},
        {WORDS_EN, "{1|point|points}", "+1", "point"},
        {WORDS_EN, "{1|point|points}", "0", "points"},
        {WORDS_EN, "{1|point|points}", "11", "points"},
        {WORDS_EN, "{1|point|points}", "-2", "points"},
        {WORDS_DE, "{1|Besuch|Besuche}", "1", "Besuch"},
        {WORDS_DE, "{1|Besuch|Besuche}", "0", "Besuche"},
        {WORDS_ES, "{1|día|días}", "1", "día"},
        {WORDS_ES, "{1|día|días}", "21", "días"},
        {WORDS_FR, "{1|jour|jours}", "0", "jour"},
        {WORDS_FR, "{1|jour|jours}", "-1", "jour"},
        {WORDS_FR, "{1|jour|jours}", "2", "jours"},
        {WORDS_PL, "{1|a|b|c}", "1", "a"},
        {WORDS_PL, "{1|a|b|c}", "-3", "b"},
        {WORDS_PL, "{1|a|b|c}", "22", "b"},
        {WORDS_PL, "{1|a|b|c}", "104", "b"},
        {WORDS_PL, "{1|a|b|c}", "0", "c"},
        {WORDS_PL, "{1|a|b|c}", "12", "c"},
        {WORDS_PL, "{1|a|b|c}", "114", "c"},
        {WORDS_PL, "{1|a|b|c}", "21", "c"},
        {WORDS_PL, "{1|a|b|c}", "5", "c"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const char *form = FILLED(64, cases[i].language, cases[i].text, cases[i].number);

        if (strcmp(form, cases[i].expected) != 0)
            fail_msg("%s of %s: %s", cases[i].number, cases[i].text, form);
    }
    assert_string_equal(FILLED(64, WORDS_DE, "{1} {1|Besuch|Besuche}, {2} {2|Tag|Tage}", "1", "2"),
                        "1 Besuch, 2 Tage");
}

static void test_a_text_is_cut_at_the_end_of_a_character(void **state)
{
    (void)state;
    assert_string_equal(FILLED(4, WORDS_EN, "abcdef", ""), "abc");
    assert_string_equal(FILLED(4, WORDS_EN, "abłd", ""), "ab");
    assert_string_equal(FILLED(5, WORDS_EN, "abłd", ""), "abł");
    assert_string_equal(FILLED(4, WORDS_EN, "{1}!", "ażć"), "aż");
    assert_string_equal(FILLED(4, WORDS_EN, "{1}!", "ażć"), "aż");
    assert_string_equal(FILLED(3, WORDS_EN, "aż!", ""), "a");
    assert_string_equal(FILLED(1, WORDS_EN, "ż", ""), "");
}

static void test_the_locale_says_the_language(void **state)
{
    (void)state;
    assert_int_equal(words_locale("de_AT.UTF-8"), WORDS_DE);
    assert_int_equal(words_locale("pl"), WORDS_PL);
    assert_int_equal(words_locale("fr@euro"), WORDS_FR);
    assert_int_equal(words_locale("es.UTF-8"), WORDS_ES);
    assert_int_equal(words_locale("en_GB"), WORDS_EN);
    assert_int_equal(words_locale("it_IT"), WORDS_EN);
    assert_int_equal(words_locale("C.UTF-8"), WORDS_EN);
    assert_int_equal(words_locale("description"), WORDS_EN);
    assert_int_equal(words_locale("deutsch_longer_than_any"), WORDS_EN);
    assert_int_equal(words_locale(""), WORDS_EN);
    assert_int_equal(words_locale(NULL), WORDS_EN);
    assert_int_equal(words_language("de"), WORDS_DE);
    assert_int_equal(words_language("DE"), WORDS_LANGUAGE_COUNT);
    assert_int_equal(words_language(""), WORDS_LANGUAGE_COUNT);
}

static void test_every_language_has_every_word(void **state)
{
    (void)state;
    for (enum words_language language = 0; language < WORDS_LANGUAGE_COUNT; language++) {
        for (enum word word = 0; word < WORD_COUNT; word++) {
            const char *text = words_text(language, word);

            assert_non_null(text);
            assert_true(text[0] != '\0' && utf8_is_valid(text));
        }
    }
    assert_string_equal(words_text(WORDS_EN, WORD_COUNT), "?");
}

static void test_causes_and_strengths_are_called_what_customers_press(void **state)
{
    (void)state;
    assert_string_equal(words_text(WORDS_EN, words_cause("process")), "the wait");
    assert_string_equal(words_text(WORDS_DE, words_cause("people")), "der Umgang mit mir");
    assert_string_equal(words_text(WORDS_PL, words_strength("flexibility")), "elastyczność");
    assert_int_equal(words_cause("empathy"), WORD_COUNT);
    assert_int_equal(words_strength(""), WORD_COUNT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_parts_stand_where_the_text_wants_them),
        cmocka_unit_test(test_a_number_has_the_form_of_its_language),
        cmocka_unit_test(test_a_text_is_cut_at_the_end_of_a_character),
        cmocka_unit_test(test_the_locale_says_the_language),
        cmocka_unit_test(test_every_language_has_every_word),
        cmocka_unit_test(test_causes_and_strengths_are_called_what_customers_press),
    };

    return cmocka_run_group_tests_name("words", tests, NULL, NULL);
}
