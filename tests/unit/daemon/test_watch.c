/* SPDX-License-Identifier: MIT */
#include "tests/unit/cmocka_first.h"

#include <stdlib.h>
#include <string.h>

#include "daemon/render.h"
#include "daemon/watch.h"

static json_t *reply_of(const char *text)
{
    json_t *reply = json_loads(text, 0, NULL);

    assert_non_null(reply);
    return reply;
}

static void expect_news(const json_t *before, const json_t *reply, bool is_json, bool is_called,
                        const char *expected)
{
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);

    assert_non_null(out);
    assert_int_equal(watch_news(out, before, reply, is_json), is_called);
    fclose(out);
    assert_string_equal(text, expected);
    free(text);
}

static void test_changes_are_told_once_and_the_first_list_without_what_is_over(void **state)
{
    json_t *first =
        reply_of("{\"help_calls\":[{\"id\":2,\"event\":\"help\",\"kiosk\":\"Till\",\"state\":\"open\","
                 "\"called\":\"2026-11-02T12:00:05+01:00\",\"waited_s\":40},"
                 "{\"id\":1,\"kiosk\":\"Till\",\"state\":\"closed\",\"outcome\":\"solved\"}]}");
    json_t *second = reply_of(
        "{\"help_calls\":[{\"id\":3,\"event\":\"bad_run\",\"kiosk\":\"Till\",\"state\":\"open\","
        "\"called\":\"2026-11-02T12:03:00+01:00\",\"waited_s\":1,\"ratings\":4,\"unhappy\":3},"
        "{\"id\":2,\"event\":\"help\",\"kiosk\":\"Till\",\"state\":\"acknowledged\","
        "\"called\":\"2026-11-02T12:00:05+01:00\",\"acknowledged_s\":130,\"acknowledged_by\":\"Dan\"},"
        "{\"id\":1,\"kiosk\":\"Till\",\"state\":\"closed\",\"outcome\":\"solved\"}]}");
    json_t *third =
        reply_of("{\"help_calls\":[{\"id\":2,\"event\":\"help\",\"kiosk\":\"Till\",\"state\":\"closed\","
                 "\"called\":\"2026-11-02T12:00:05+01:00\",\"recovery_s\":300,\"outcome\":\"handed_on\","
                 "\"remark\":\"to the boss\"},{\"id\":3,\"kiosk\":\"Till\",\"state\":\"missed\"}]}");

    (void)state;
    expect_news(NULL, first, false, true,
                "12:00:05  #2  Till  a customer asks somebody to come: nobody has answered for 40 s\n");
    expect_news(first, first, false, false, "");
    expect_news(first, second, false, true,
                "12:00:05  #2  Till  a customer asks somebody to come: Dan is on the way after 2 min\n"
                "12:03:00  #3  Till  3 of 4 ratings are unhappy: nobody has answered for 1 s\n");
    expect_news(second, third, false, false,
                "  #3  Till  a customer asks somebody to come: missed, it came too late to be raised\n"
                "12:00:05  #2  Till  a customer asks somebody to come: handed on after 5 min: to the boss\n");
    json_decref(first);
    json_decref(second);
    json_decref(third);
}

static void test_json_is_an_object_a_line(void **state)
{
    json_t *reply = reply_of("{\"help_calls\":[{\"id\":2,\"state\":\"open\"}]}");

    (void)state;
    expect_news(NULL, reply, true, true, "{\"id\":2,\"state\":\"open\"}\n");
    json_decref(reply);
}

static void test_what_a_stranger_answers_does_no_harm(void **state)
{
    json_t *reply = reply_of("{\"help_calls\":[7,{\"state\":\"closed\"},null]}");
    json_t *other = reply_of("[]");

    (void)state;
    expect_news(other, other, false, false, "");
    expect_news(NULL, other, false, false, "");
    char line[WATCH_LINE_SIZE_MAX];
    watch_describe(json_array_get(json_object_get(reply, "help_calls"), 0), line);
    assert_non_null(strstr(line, "#0"));
    json_decref(reply);
    json_decref(other);
}

static void expect_page(const char *reply_text, enum render_format format, const char *part)
{
    const struct render_options options = {.format = format};
    json_t *reply = reply_of(reply_text);
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);

    assert_non_null(out);
    assert_true(render(out, reply, &options));
    fclose(out);
    if (strstr(text, part) == NULL)
        fail_msg("%s", text);
    free(text);
    json_decref(reply);
}

static void test_lists_are_text_and_csv(void **state)
{
    static const char calls[] =
        "{\"kind\":\"help_call_list\",\"store\":\"S\",\"help_calls\":[{\"id\":2,\"event\":\"help\","
        "\"kiosk\":\"Till\",\"called\":\"2026-11-02T12:00:05+01:00\",\"state\":\"open\","
        "\"waited_s\":40,\"remark\":\"\"}]}";
    static const char notes[] =
        "{\"kind\":\"note_list\",\"store\":\"S\",\"notes\":[{\"id\":1,\"noted\":"
        "\"2026-11-02T12:00:05+01:00\",\"text\":\"new queue signs\",\"shown\":true}]}";

    (void)state;
    expect_page(calls, RENDER_TEXT, "2026-11-02 12:00  #2  Till  a customer asks somebody to come: nobody");
    expect_page(calls, RENDER_CSV, "S,2,help,Till,2026-11-02T12:00:05+01:00,open,40,\r\n");
    expect_page(notes, RENDER_TEXT, "2026-11-02 12:00  #1  new queue signs  (on the kiosks)\n");
    expect_page(notes, RENDER_CSV, "S,1,2026-11-02T12:00:05+01:00,new queue signs,true\r\n");
    expect_page("{\"kind\":\"note_list\",\"notes\":[]}", RENDER_TEXT, "No notes yet");
    expect_page("{\"kind\":\"help_call_list\",\"help_calls\":[]}", RENDER_TEXT, "No help calls.\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_changes_are_told_once_and_the_first_list_without_what_is_over),
        cmocka_unit_test(test_json_is_an_object_a_line),
        cmocka_unit_test(test_what_a_stranger_answers_does_no_harm),
        cmocka_unit_test(test_lists_are_text_and_csv),
    };

    return cmocka_run_group_tests_name("watch", tests, NULL, NULL);
}
