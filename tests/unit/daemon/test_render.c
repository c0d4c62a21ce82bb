/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../cmocka_first.h"
#include "daemon/render.h"

static char *rendered_in(enum words_language language, const char *json, enum render_format format,
                         bool is_color)
{
    const struct render_options options = {.format = format, .is_color = is_color, .language = language};
    json_error_t why;
    json_t *reply = json_loads(json, 0, &why);
    char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);

    if (reply == NULL)
        fail_msg("%s", why.text);
    assert_true(render(out, reply, &options));
    fclose(out);
    json_decref(reply);
    return text;
}

static char *rendered(const char *json, enum render_format format, bool is_color)
{
    return rendered_in(WORDS_EN, json, format, is_color);
}

static void check(const char *json, enum render_format format, const char *expected)
{
    char *text = rendered(json, format, false);

    assert_string_equal(text, expected);
    free(text);
}

static void says(const char *json, const char *part)
{
    char *text = rendered(json, RENDER_TEXT, false);

    if (strstr(text, part) == NULL)
        fail_msg("this does not say \"%s\":\n%s", part, text);
    free(text);
}

#define EMPTY_RATE "{\"n\":0,\"value\":null,\"low\":null,\"high\":null,\"too_few\":false}"
#define SUMMARY                                                                                            \
    "{\"kind\":\"summary\",\"store\":\"Test Street\",\"timezone\":\"Europe/Berlin\",\"period\":{\"from\":" \
    "\"2026-11-02T00:00:00+01:00\",\"to\":\"2026-11-09T14:00:00+01:00\"},\"visits\":100,\"ratings\":{"     \
    "\"1\":2,\"2\":3,\"3\":5,\"4\":30,\"5\":60},\"csat\":{\"n\":100,\"value\":0.9,\"low\":0.825622,"       \
    "\"high\":0.944785},\"csat_with_left_out\":{\"n\":103,\"value\":0.9,\"low\":0.82,\"high\":0.94},"      \
    "\"mean\":4.43,\"causes\":{\"process\":2,\"rules\":1,\"presentation\":0,\"product\":0,\"people\":0},"  \
    "\"left_out\":{\"withdrawn\":1,\"burst\":2,\"mash\":5}}"

static void test_summary_states_value_interval_n_and_what_was_left_out(void **state)
{
    (void)state;
    says(SUMMARY, "Test Street - summary, from 2026-11-02 until 2026-11-09 14:00 (Europe/Berlin)\n");
    says(SUMMARY, "Satisfied  90 %  83 to 94 %   90 of 100 rated 4 or 5   mean 4.4\n");
    says(SUMMARY, "  5  very happy         ██████████████████████▊                   60   60 %\n");
    says(SUMMARY, "  2                     █▏                                         3    3 %\n");
    says(SUMMARY, "What let people down  (3 answers, too few for shares)\n");
    says(SUMMARY, "Left out, visits: 1 withdrawn, 2 in bursts, 5 mashed.\n");
}

#define HIDDEN_RATE "{\"n\":null,\"value\":null,\"low\":null,\"high\":null,\"too_few\":true}"

static void test_too_few_is_said_and_nothing_else(void **state)
{
    (void)state;
    check("{\"kind\":\"summary\",\"store\":\"S\",\"visits\":2,\"ratings\":{\"4\":null,\"5\":null},"
          "\"mean\":null,\"csat\":{\"n\":2,\"value\":null,\"too_few\":true},\"left_out\":{}}",
          RENDER_TEXT, "S - summary\n\n2 visits: too few to show more.\n\nNo visit was left out.\n");
    says(
        "{\"kind\":\"staff\",\"store\":\"S\",\"visits\":2,\"staff\":[{\"id\":1,\"name\":\"Dan\",\"visits\":2,"
        "\"csat\":{\"n\":2,\"value\":null,\"too_few\":true},\"mentions\":{\"asked\":null,\"will_ask\":null,"
        "\"no\":null,\"asked_rate\":" HIDDEN_RATE "}}]}",
        "Dan                    2   too few            too few         too few\n");
}

static void test_no_data_is_said_in_words(void **state)
{
    (void)state;
    says("{\"kind\":\"summary\",\"store\":\"S\",\"visits\":0,\"csat\":" EMPTY_RATE "}", "No visits to count");
    says("{\"kind\":\"staff_list\",\"staff\":[]}", "byname staff add");
    says("{\"kind\":\"kiosk_list\",\"kiosks\":[]}", "plug one in");
    says("{\"kind\":\"kiosks\",\"kiosks\":[]}", "byname kiosk list");
}

static void test_columns_align_with_names_of_any_letters(void **state)
{
    (void)state;
    check("{\"kind\":\"staff_list\",\"staff\":[{\"id\":2,\"name\":\"Dan\",\"on_duty\":true,\"has_pin\":true,"
          "\"retired\":false},{\"id\":11,\"name\":\"Łukasz Ściegień!\",\"on_duty\":false,\"has_pin\":false,"
          "\"retired\":true}]}",
          RENDER_TEXT,
          "number  name             on duty   PIN\n"
          "     2  Dan              yes       set\n"
          "    11  Łukasz Ściegień! retired   -\n");
}

/* As much as there can be, of everything: six digits, sixteen letters, every phrase. */
#define FULL_RATE "{\"n\":100000,\"value\":1.0,\"low\":0.9999,\"high\":1.0}"
#define CHANGE(verdict)                                                                           \
    "{\"verdict\":\"" verdict "\",\"difference\":{\"value\":-0.42,\"low\":-0.48,\"high\":-0.36}," \
    "\"before\":{\"n\":100000,\"value\":1.0}}"
#define LONG_NAME "\"Łukasz Ściegień!\""
#define HEAD                                                                                               \
    "\"store\":\"Księgarnia pod Złotym "                                                                 \
    "Lwem\",\"timezone\":\"America/Argentina/ComodRivadavia\",\"period\":{"                                \
    "\"from\":\"2026-11-02T10:00:00+01:00\",\"to\":\"2026-11-09T14:00:00+01:00\"},\"before\":{\"from\":"   \
    "\"2026-10-26T10:00:00+01:00\",\"to\":\"2026-11-02T14:00:00+01:00\"},\"filter\":{\"kiosk\":" LONG_NAME \
    ",\"staff\":" LONG_NAME ",\"audience\":\"internal\"},\"visits\":100000,\"csat\":" FULL_RATE            \
    ",\"ratings\":{\"1\":0,\"2\":0,\"3\":0,\"4\":99999,\"5\":1},\"mean\":4.5,\"comparison\":" CHANGE(      \
        "better") ",\"csat_with_left_out\":" FULL_RATE                                                     \
                  ",\"left_out\":{\"withdrawn\":10001,\"burst\":10002,\"mash\":10003,"                     \
                  "\"stuck\":10004,\"other\":10005,\"time_unknown\":10007,"                                \
                  "\"invalid_answers\":10008,"                                                             \
                  "\"answers_without_rating\":10009},\"lost\":{\"damaged\":10010,\"restored\":10011},"     \
                  "\"policy\":{\"attribute\":"                                                             \
                  "\"positive\",\"changes\":[{\"since\":\"2026-11-02T10:00:00+01:00\",\"attribute\":"      \
                  "\"none\"},{\"since\":"                                                                  \
                  "\"2026-11-02T10:00:00+01:00\",\"attribute\":\"all\"}]}"
#define MENTIONS_FULL                                                                                        \
    "{\"shown\":100000,\"asked\":50000,\"will_ask\":49999,\"no\":1,\"asked_rate\":" FULL_RATE                \
    ",\"intent_rate\":" FULL_RATE ",\"asked_comparison\":" CHANGE("worse") ",\"intent_comparison\":" CHANGE( \
        "unclear") ",\"loyal\":40000,\"word_of_mouth\":10000}"
#define PEAK_FULL "{\"hour\":23,\"count\":99999,\"rate\":" FULL_RATE "}"
#define CHOICE(list, key, name)                                                     \
    "\"" list "\":[{\"" key "\":\"" name "\",\"count\":100000,\"share\":" FULL_RATE \
    ",\"comparison\":" CHANGE("unclear") ",\"peak\":" PEAK_FULL                     \
                                         "}],\"answers\":100000,\"skipped\":10000,\"none\":10000"
#define CALL(cause) CALL_IN("acknowledged", "null", cause)
#define CALL_IN(state, outcome, cause)                                                                 \
    "{\"at\":\"2026-11-02T10:00:00+01:00\",\"is_certain\":false,\"kiosk\":" LONG_NAME ",\"rating\":1," \
    "\"state\":\"" state "\",\"outcome\":" outcome ",\"cause\":\"" cause "\",\"left_out\":\"mash\","   \
    "\"acknowledged_s\":59940,\"recovery_s\":59940}"
#define BAD_RUN(state)                                                                                   \
    "{\"at\":\"2026-11-02T10:00:00+01:00\",\"is_certain\":true,\"kiosk\":" LONG_NAME ",\"rating\":null," \
    "\"state\":\"" state                                                                                 \
    "\",\"event\":\"bad_run\",\"ratings\":64,\"unhappy\":64,\"acknowledged_s\":9000000}"
#define HELP_COUNTS                                                                                       \
    "{\"offered\":100000,\"yes\":20000,\"no\":20000,\"skipped\":20000,\"none\":20000,\"rate\":" FULL_RATE \
    ",\"comparison\":" CHANGE("higher") "}"

#define ENDED(outcome) "," CALL_IN("closed", outcome, "people")
#define ENDED_ALL \
    ENDED("\"solved\"") ENDED("\"handed_on\"") ENDED("\"could_not\"") ENDED("\"abuse\"") ENDED("null")
#define RUNS_FULL \
    "\"bad_runs\":{\"count\":4010,\"open\":1001,\"acknowledged\":1002,\"closed\":1003,\"missed\":1004}"
#define HELP_APART "{\"kind\":\"help\",\"help\":{\"offered\":0},\"calls_left_out\":1011,"
#define HELP_APART_FULL \
    HELP_APART RUNS_FULL ",\"calls\":[" BAD_RUN("acknowledged") "," BAD_RUN("missed") ENDED_ALL "]}"

static const char *const full_reports[] = {
    "{\"kind\":\"overview\"," HEAD ",\"cause\":{\"cause\":\"people\",\"count\":100000,\"share\":" FULL_RATE
    ",\"peak\":" PEAK_FULL "},\"mentions\":" MENTIONS_FULL ",\"asked_for\":[{\"name\":" LONG_NAME
    ",\"asked\":5000,\"asked_rate\":" FULL_RATE ",\"is_own_best\":true},{\"name\":" LONG_NAME
    ",\"asked\":5000,\"asked_rate\":" FULL_RATE "}],\"help\":" HELP_COUNTS
    ",\"open_calls\":{\"count\":100,\"since\":\"2026-11-02T10:00:00+01:00\"},\"kiosks\":{\"count\":9,"
    "\"unwell\":["
    "{\"name\":" LONG_NAME ",\"last_heard\":\"2026-11-02T10:00:00+01:00\",\"reasons\":[\"silent\",\"lost\"]},"
    "{\"name\":" LONG_NAME ",\"reasons\":[\"refused\",\"lost\"]},{\"name\":" LONG_NAME
    ",\"reasons\":[\"conflicts\"]},{\"name\":\"x\",\"reasons\":[\"bad_slots\"]}]}}",
    "{\"kind\":\"summary\"," HEAD ",\"audiences\":[{\"audience\":\"external\",\"csat\":" FULL_RATE
    ",\"visits\":100000},{\"audience\":\"internal\",\"csat\":" FULL_RATE
    ",\"visits\":1}],\"mentions\":" MENTIONS_FULL
    ",\"strengths\":{\"empathy\":100000},\"causes\":{\"people\":1,\"rules\":2},\"returning\":{\"yes\":100000,"
    "\"no\":1,"
    "\"rate\":" FULL_RATE
    "},\"help_calls\":100000,\"responses\":{\"returning\":{\"shown\":100000,\"answered\":100000,"
    "\"rate\":" FULL_RATE "},\"mention\":{\"shown\":100000,\"answered\":100000,\"rate\":" FULL_RATE
    "}},\"notes\":[{\"noted\":\"2026-11-02T10:00:00+01:00\",\"text\":\"new queue signs all over the shop, "
    "and a bell at "
    "the counter\",\"days\":28,\"after\":" FULL_RATE
    ",\"comparison\":" CHANGE("steady") "},{\"noted\":\"x\"}]}",
    "{\"kind\":\"staff\"," HEAD ",\"staff\":[{\"id\":2,\"name\":" LONG_NAME
    ",\"visits\":100000,\"csat\":" FULL_RATE ",\"comparison\":" CHANGE(
        "unclear") ",\"mentions\":" MENTIONS_FULL ",\"unhappy\":100000,\"unhappy_people\":10000,"
                   "\"last_week\":{\"week\":\"2026-11-02\",\"asked\":1000,\"asked_rate\":" FULL_RATE
                   "},\"own_best\":{\"week\":"
                   "\"2026-11-02\",\"asked\":1000,\"asked_rate\":" FULL_RATE
                   "},\"own_past\":{\"asked_rate\":{\"verdict\":\"unclear\"}}},"
                   "{\"id\":3,\"name\":\"Dan\",\"visits\":7,\"last_week\":{\"week\":\"2026-11-02\",\"asked\":"
                   "1000,\"asked_rate\":" FULL_RATE ",\"is_best\":true}},{\"id\":0,\"visits\":1}]}",
    "{\"kind\":\"causes\"," HEAD "," CHOICE("causes", "cause", "people") "}",
    "{\"kind\":\"causes\"," HEAD ",\"answers\":0}",
    "{\"kind\":\"strengths\"," HEAD "," CHOICE("strengths", "strength", "empathy") "}",
    "{\"kind\":\"hours\"," HEAD
    ",\"week_start\":1,\"without_hour\":100000,\"hours\":[{\"weekday\":3,\"hour\":0,"
    "\"visits\":100000,\"csat\":" FULL_RATE
    "},{\"weekday\":7,\"hour\":23,\"visits\":1}],\"by_hour\":[{\"hour\":0,"
    "\"visits\":100000,\"signed_on\":12.5,\"csat\":" FULL_RATE
    "}],\"by_weekday\":[{\"weekday\":3,\"visits\":100000,"
    "\"csat\":" FULL_RATE "}]}",
    "{\"kind\":\"days\"," HEAD
    ",\"week_start\":1,\"without_day\":100000,\"days\":[{\"date\":\"2026-10-25\",\"weekday\":7,"
    "\"visits\":100000,\"length_h\":24.5,\"csat\":" FULL_RATE "}]}",
    "{\"kind\":\"kiosks\"," HEAD ",\"kiosks\":[{\"name\":" LONG_NAME
    ",\"last_heard\":\"2026-11-02T12:00:00+01:00\","
    "\"availability\":{\"from\":\"2026-10-28T10:00:00+01:00\",\"value\":0.99996,\"silences\":1000,"
    "\"longest_from\":\"2026-10-29T10:00:00+01:00\",\"longest_s\":36000000,\"unknown_s\":360059},"
    "\"audience\":\"internal\",\"visits\":100000,\"csat\":" FULL_RATE
    ",\"comparison\":" CHANGE("unclear") ",\"pending\":200,\"refused\":100,\"lost\":1000,\"boots\":2000,"
                                         "\"conflicts\":10,\"bad_slots\":100,"
                                         "\"display_faults\":100000,\"left_out\":{\"withdrawn\":10001,"
                                         "\"burst\":10002,\"mash\":10003,\"stuck\":10004}}]}",
    "{\"kind\":\"kiosks\"," HEAD ",\"kiosks\":[]}",
    "{\"kind\":\"help\"," HEAD ",\"help\":" HELP_COUNTS ",\"follow_up\":{\"open\":1001,\"acknowledged\":1002,"
    "\"closed\":1003,\"missed\":1004,\"not_followed\":1005,\"solved\":1006,\"handed_on\":1007,\"could_not\":"
    "1008,"
    "\"abuse\":1009,\"closed_n\":1010,\"recovery_median_s\":600000,\"recovery_p90_s\":6000000},\"calls\":"
    "[" CALL("people") "," CALL("presentation") "," CALL("process") "]}",
    HELP_APART_FULL,
    "{\"kind\":\"help\"," HEAD ",\"help\":{\"offered\":0}}",
};

static void check_fits(const char *reply, enum words_language language)
{
    char *text = rendered_in(language, reply, RENDER_TEXT, false);
    unsigned width = 0;

    for (const char *at = text; *at != '\0'; at++) {
        width = *at == '\n' ? 0 : width + ((*at & 0xC0) != 0x80 ? 1 : 0);
        if (width > 80)
            fail_msg("wider than 80 columns:\n%s", text);
    }
    if (strpbrk(text, "{}|~") != NULL)
        fail_msg("something was not put in:\n%s", text);
    free(text);
}

static void test_lines_fit_80_columns_in_every_language(void **state)
{
    (void)state;
    for (enum words_language language = 0; language < WORDS_LANGUAGE_COUNT; language++) {
        check_fits(SUMMARY, language);
        for (size_t i = 0; i < sizeof full_reports / sizeof full_reports[0]; i++)
            check_fits(full_reports[i], language);
    }
}

static void test_reports_speak_their_language(void **state)
{
    char *text = rendered_in(WORDS_DE, full_reports[2], RENDER_TEXT, false);

    (void)state;
    assert_non_null(strstr(text, "100000 unzufrieden, 10000 davon nannten „der Umgang mit mir“"));
    assert_null(strstr(text, "week"));
    free(text);
    text = rendered_in(WORDS_PL, full_reports[4], RENDER_TEXT, false);
    assert_non_null(strstr(text, "10001 wycofanych"));
    free(text);
}

#define HELP_CALLS_ONLY(help)                                                                              \
    "{\"kind\":\"help\",\"store\":\"S\",\"help\":" help ",\"bad_runs\":{\"count\":1,\"acknowledged\":1},"  \
    "\"calls_left_out\":1,\"calls\":["                                                                     \
    "{\"at\":\"2026-11-02T14:05:00+01:00\",\"is_certain\":true,\"kiosk\":\"Till\",\"rating\":null,"        \
    "\"state\":\"acknowledged\",\"event\":\"bad_run\",\"ratings\":6,\"unhappy\":4,\"acknowledged_s\":60}," \
    "{\"at\":\"2026-11-02T14:04:00+01:00\",\"is_certain\":true,\"kiosk\":\"Till\",\"rating\":2,"           \
    "\"state\":\"closed\",\"outcome\":\"handed_on\",\"recovery_s\":240,\"cause\":\"process\","             \
    "\"left_out\":\"mash\",\"event\":\"help\"},"                                                           \
    "{\"at\":\"2026-11-02T14:03:00+01:00\",\"is_certain\":true,\"kiosk\":\"Till\",\"rating\":1,"           \
    "\"state\":\"closed\",\"outcome\":\"solved\",\"acknowledged_s\":60,\"recovery_s\":59970},"             \
    "{\"at\":\"2026-11-02T14:02:00+01:00\",\"is_certain\":true,\"kiosk\":\"Till\",\"rating\":1,"           \
    "\"state\":\"open\",\"outcome\":null,\"acknowledged_s\":null}]}"

static void test_each_call_says_what_came_of_it_and_when(void **state)
{
    static const char *const helps[] = {HELP_CALLS_ONLY("{\"offered\":0}"),
                                        HELP_CALLS_ONLY("{\"offered\":2,\"yes\":2}")};
    char *text;

    (void)state;
    for (size_t i = 0; i < sizeof helps / sizeof helps[0]; i++) {
        says(helps[i], "  2026-11-02 14:05 Till                 acknowledged 1 min   bad run: 4 of 6\n");
        says(helps[i], "× 2026-11-02 14:04 Till             2/5 handed on 4 min      the wait\n");
        says(helps[i], "  2026-11-02 14:03 Till             1/5 solved 17 h\n");
        says(helps[i], "  2026-11-02 14:02 Till             1/5 open\n");
        says(helps[i], "1 call of a visit that is left out");
        says(helps[i], "Bad runs, many unhappy ratings at once: 1 (1 acknowledged).\n");
    }
    text = rendered(helps[0], RENDER_TEXT, false);
    assert_null(strstr(text, "Nobody was asked"));
    free(text);
}

static void test_one_point_is_no_points(void **state)
{
    (void)state;
    says(
        "{\"kind\":\"hours\",\"store\":\"S\",\"visits\":90,\"csat\":{\"n\":90,\"value\":0.5,\"low\":0.4,"
        "\"high\":0.6},"
        "\"comparison\":{\"verdict\":\"steady\",\"difference\":{\"value\":-0.01,\"low\":-0.04,\"high\":0.01},"
        "\"before\":{\"n\":80,\"value\":0.51}}}",
        "steady: -1 point, -4 to +1; before 51 % of 80\n");
}

static void test_csv_is_quoted_and_safe_for_spreadsheets(void **state)
{
    (void)state;
    check("{\"kind\":\"staff_list\",\"store\":\"A, "
          "\\\"B\\\"\",\"database\":\"00ff\",\"staff\":[{\"id\":1,\"name\":"
          "\"=cmd()\",\"rate\":{\"value\":0.5,\"low\":null,\"too_few\":true}},{\"id\":2,\"name\":\"Zoë\","
          "\"rate\":{"
          "\"value\":1.0,\"low\":0.25}}]}",
          RENDER_CSV,
          "store,database,id,name,rate_value,rate_low\r\n"
          "\"A, \"\"B\"\"\",00ff,1,\"'=cmd()\",0.5,\r\n"
          "\"A, \"\"B\"\"\",00ff,2,Zoë,1,0.25\r\n");
    check("{\"kind\":\"verify\",\"store\":\"S\",\"is_well\":true,\"problems\":[\"a\",\"b;\"]}", RENDER_CSV,
          "store,is_well,problems\r\nS,true,a; b;\r\n");
    check("{\"kind\":\"verify\",\"a\":0.125,\"b\":-4.125,\"c\":0.1234567,\"d\":24.5,\"e\":2.0}", RENDER_CSV,
          "a,b,c,d,e\r\n0.1250,-4.1250,0.123457,24.5,2\r\n");
}

static void test_csv_has_no_formula_whatever_stands_between_the_fields(void **state)
{
    static const char *const names[][2] = {
        {"=1+1", "\"'=1+1\""},
        {"+1", "\"'+1\""},
        {"-1", "\"'-1\""},
        {"@SUM(1)", "\"'@SUM(1)\""},
        {"A;=1+1;", "\"A;'=1+1;\""},
        {"a-b", "a-b"},
        {"A;b", "A;b"},
        {"A,@x", "\"A,'@x\""},
        {"'=1+1", "'=1+1"},
        {"=a;=b", "\"'=a;'=b\""},
        {"a=b;c", "a=b;c"},
        {"\"=1", "\"\"\"'=1\""},
    };

    (void)state;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        json_t *reply = json_pack("{s:s, s:[{s:s}]}", "kind", "staff_list", "staff", "name", names[i][0]);
        char *json = json_dumps(reply, 0), expected[64];

        snprintf(expected, sizeof expected, "name\r\n%s\r\n", names[i][1]);
        check(json, RENDER_CSV, expected);
        free(json);
        json_decref(reply);
    }
}

#define KIOSK_COLUMNS                                                                                      \
    "name,id,port,device,state,connected,note,firmware,last_heard,heard_ms,pending,refused,lost,restored," \
    "conflicts,"                                                                                           \
    "bad_frames\r\n"
#define MIXED_KIOSKS                                                                                       \
    "\"kiosks\":[{\"name\":\"Counter\",\"id\":\"0a\",\"state\":\"absent\",\"port\":\"one\",\"connected\":" \
    "false,"                                                                                               \
    "\"lost\":2},{\"port\":\"two\",\"id\":null,\"note\":\"why\",\"device\":\"/dev/"                        \
    "x\",\"state\":\"pending\","                                                                           \
    "\"heard_ms\":5,\"bad_frames\":7,\"new\":1}]"

static void test_csv_rows_with_other_keys_stand_in_the_columns_of_the_header(void **state)
{
    (void)state;
    check("{\"kind\":\"kiosk_list\"," MIXED_KIOSKS "}", RENDER_CSV,
          KIOSK_COLUMNS
          "Counter,0a,one,,absent,false,,,,,,,2,,,\r\n,,two,/dev/x,pending,,why,,,5,,,,,,7\r\n");
    check(
        "{\"kind\":\"status\",\"store\":\"S\",\"database\":\"00ff\",\"path\":\"/a.db\"," MIXED_KIOSKS "}",
        RENDER_CSV,
        "store,database," KIOSK_COLUMNS
        "S,00ff,Counter,0a,one,,absent,false,,,,,,,2,,,\r\nS,00ff,,,two,/dev/x,pending,,why,,,5,,,,,,7\r\n");
    check("{\"kind\":\"kiosk_list\",\"kiosks\":[]}", RENDER_CSV, KIOSK_COLUMNS);
    check("{\"kind\":\"staff\",\"staff\":[{\"id\":1,\"csat\":{\"n\":2,\"low\":null}},"
          "{\"csat\":{\"low\":0.5,\"n\":9},\"id\":2},{\"id\":3,\"csat\":null}]}",
          RENDER_CSV, "id,csat_n,csat_low\r\n1,2,\r\n2,9,0.5\r\n3,,\r\n");
}

/* What stands in the spreadsheet of a list with one column: its parts are stored in the file as they are. */
static void assert_cell(const json_t *value, const char *cell)
{
    const struct render_options options = {.format = RENDER_ODS};
    json_t *reply =
        json_pack("{s:s, s:s, s:[{s:O}]}", "kind", "staff_list", "store", "S", "staff", "csat_value", value);
    char *bytes = NULL, line[512];
    size_t size;
    FILE *out = open_memstream(&bytes, &size);

    assert_true(render(out, reply, &options));
    fclose(out);
    snprintf(line, sizeof line,
             "<table:table-row>%s<table:table-cell office:value-type=\"string\"><text:p>S</text:p>"
             "</table:table-cell></table:table-row>",
             cell);
    if (memmem(bytes, size, line, strlen(line)) == NULL)
        fail_msg("no %s", line);
    assert_null(memmem(bytes, size, "formula", 7));
    free(bytes);
    json_decref(reply);
}

static void assert_text_cell(const char *text, const char *written)
{
    json_t *value = json_string(text);
    char cell[256];

    snprintf(cell, sizeof cell,
             "<table:table-cell office:value-type=\"string\"><text:p>%s</text:p></table:table-cell>",
             written);
    assert_cell(value, cell);
    json_decref(value);
}

static void test_spreadsheet_texts_are_texts_whatever_stands_in_them(void **state)
{
    static const char *const texts[][2] = {
        {"=1+1", "=1+1"},
        {"'=1+1", "'=1+1"},
        {"12", "12"},
        {"1e5", "1e5"},
        {"<b a=\"1\">&amp;]]>", "&lt;b a=\"1\"&gt;&amp;amp;]]&gt;"},
        {"Zo\u00eb \u0141", "Zo\u00eb \u0141"},
        {" a  b ", "<text:s/>a <text:s/>b<text:s/>"},
        {"a\tb\nc", "a<text:tab/>b</text:p><text:p>c"},
        {"\r\x01\x1f", "\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD"}, /* XML has no such characters */
        {"x\xEF\xBF\xBEy\xEF\xBF\xBFz", "x\xEF\xBF\xBDy\xEF\xBF\xBDz"},
        {"\xEF\xBF\xBD\xEF\xB8\x8F", "\xEF\xBF\xBD\xEF\xB8\x8F"},
        {"2026-13-01", "2026-13-01"},
        {"2026-11-00", "2026-11-00"},
        {"2026-11-02 x", "2026-11-02 x"},
        {"2026-11-02T24:00", "2026-11-02T24:00"},
        {"2026-11-02T14:00+1:00", "2026-11-02T14:00+1:00"},
        {"2026-11-02Z", "2026-11-02Z"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        assert_text_cell(texts[i][0], texts[i][1]);
}

#define DAY_CELL(day) \
    "<table:table-cell table:style-name=\"day\" office:value-type=\"date\" office:date-value=\"" day "\"/>"
#define TIME_CELL(time)                                                                                      \
    "<table:table-cell table:style-name=\"time\" office:value-type=\"date\" office:date-value=\"" time "\"/" \
    ">"

static void test_spreadsheet_cells_know_what_they_are(void **state)
{
    static const struct {
        const char *json, *cell;
    } cells[] = {
        {"3", "<table:table-cell office:value-type=\"float\" office:value=\"3\"/>"},
        {"0.7628871", "<table:table-cell table:style-name=\"share\" office:value-type=\"percentage\""
                      " office:value=\"0.762887\"/>"},
        {"true", "<table:table-cell office:value-type=\"boolean\" office:boolean-value=\"true\"/>"},
        {"null", "<table:table-cell/>"},
        {"\"2026-11-02\"", DAY_CELL("2026-11-02")},
        {"\"2026-11-02T14:05\"", TIME_CELL("2026-11-02T14:05:00")},
        {"\"2026-11-02T14:05:09+01:00\"", TIME_CELL("2026-11-02T14:05:09")},
        {"\"2026-11-02T14:05:09Z\"", TIME_CELL("2026-11-02T14:05:09")},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cells / sizeof cells[0]; i++) {
        json_t *value = json_loads(cells[i].json, JSON_DECODE_ANY, NULL);

        assert_cell(value, cells[i].cell);
        json_decref(value);
    }
}

static void test_json_keeps_its_order_and_ends_with_a_newline(void **state)
{
    (void)state;
    check("{\"kind\":\"verify\",\"b\":0.9,\"a\":[]}", RENDER_JSON,
          "{\n  \"kind\": \"verify\",\n  \"b\": 0.9,\n  \"a\": []\n}\n");
}

static void test_color_only_when_asked_for(void **state)
{
    char *plain = rendered(SUMMARY, RENDER_TEXT, false), *colored = rendered(SUMMARY, RENDER_TEXT, true);

    (void)state;
    assert_null(strchr(plain, '\033'));
    assert_non_null(strchr(colored, '\033'));
    free(plain);
    free(colored);
}

static void test_replies_that_make_no_sense_do_not_crash(void **state)
{
    static const char *const kinds[] = {"summary",    "staff",  "kiosks", "staff_list",
                                        "kiosk_list", "status", "verify"};
    const struct render_options text = {.format = RENDER_TEXT}, csv = {.format = RENDER_CSV},
                                ods = {.format = RENDER_ODS};
    FILE *out = fopen("/dev/null", "w");
    json_t *reply = json_pack("{s:s}", "kind", "weather");

    (void)state;
    assert_non_null(out);
    assert_false(render(out, reply, &text));
    json_decref(reply);
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        reply = json_pack("{s:s, s:i, s:[i], s:[n], s:s, s:s, s:i}", "kind", kinds[i], "period", 7, "staff",
                          1, "kiosks", "visits", "many", "csat", "", "problems", 3);
        assert_true(render(out, reply, &text));
        assert_true(render(out, reply, &csv));
        assert_true(render(out, reply, &ods));
        json_decref(reply);
        reply = json_pack("{s:s}", "kind", kinds[i]);
        assert_true(render(out, reply, &text));
        assert_true(render(out, reply, &csv));
        assert_true(render(out, reply, &ods));
        json_decref(reply);
    }
    fclose(out);
}

static void test_one_is_no_plural(void **state)
{
    (void)state;
    says("{\"kind\":\"kiosk_list\",\"kiosks\":[{\"port\":\"a\",\"pending\":1,\"refused\":1,\"bad_frames\":1}]"
         "}",
         "1 answer waiting, 1 press refused, 1 bad frame\n");
    says("{\"kind\":\"kiosk_list\",\"kiosks\":[{\"port\":\"a\",\"pending\":2,\"refused\":0,\"bad_frames\":3}]"
         "}",
         "2 answers waiting, 0 presses refused, 3 bad frames\n");
    says("{\"kind\":\"verify\",\"is_well\":true,\"answers\":1,\"visits\":1}",
         "1 answer and 1 visit were counted");
    says("{\"kind\":\"status\",\"store\":\"S\",\"is_well\":true,\"uptime_s\":61}", "runs for 1 minute.");
}

static void test_hint_to_add_staff_only_where_there_is_none(void **state)
{
    const char *one =
        "{\"kind\":\"staff\",\"store\":\"S\",\"visits\":0,\"filter\":{\"kiosk\":null,\"staff\":\"Dan\"},"
        "\"staff\":[{\"id\":1,\"name\":\"Dan\",\"visits\":0}]}";
    char *text = rendered(one, RENDER_TEXT, false);

    (void)state;
    assert_null(strstr(text, "No staff"));
    free(text);
    says("{\"kind\":\"staff\",\"store\":\"S\",\"visits\":0,\"filter\":{\"staff\":null},\"staff\":[{\"id\":0}]"
         "}",
         "byname staff add NAME");
}

static void test_status_and_verify_say_how_it_is(void **state)
{
    (void)state;
    says("{\"kind\":\"status\",\"store\":\"S\",\"is_well\":false,\"uptime_s\":7200,\"problems\":[\"no "
         "kiosk\"]}",
         "S is unwell, bynamed runs for 2 hours.\n- no kiosk\n");
    says("{\"kind\":\"verify\",\"is_well\":true,\"answers\":5,\"visits\":2}", "every figure agrees");
    says("{\"kind\":\"verify\",\"is_well\":false,\"first_difference\":\"visit 3 is missing\"}",
         "The first difference: visit 3 is missing.");
    says("{\"kind\":\"kiosk_list\",\"kiosks\":[{\"name\":null,\"state\":\"pending\",\"port\":\"till\"}]}",
         "byname kiosk adopt 'till' --name NAME");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_summary_states_value_interval_n_and_what_was_left_out),
        cmocka_unit_test(test_too_few_is_said_and_nothing_else),
        cmocka_unit_test(test_no_data_is_said_in_words),
        cmocka_unit_test(test_columns_align_with_names_of_any_letters),
        cmocka_unit_test(test_lines_fit_80_columns_in_every_language),
        cmocka_unit_test(test_reports_speak_their_language),
        cmocka_unit_test(test_each_call_says_what_came_of_it_and_when),
        cmocka_unit_test(test_one_point_is_no_points),
        cmocka_unit_test(test_csv_is_quoted_and_safe_for_spreadsheets),
        cmocka_unit_test(test_csv_has_no_formula_whatever_stands_between_the_fields),
        cmocka_unit_test(test_csv_rows_with_other_keys_stand_in_the_columns_of_the_header),
        cmocka_unit_test(test_spreadsheet_texts_are_texts_whatever_stands_in_them),
        cmocka_unit_test(test_spreadsheet_cells_know_what_they_are),
        cmocka_unit_test(test_json_keeps_its_order_and_ends_with_a_newline),
        cmocka_unit_test(test_color_only_when_asked_for),
        cmocka_unit_test(test_replies_that_make_no_sense_do_not_crash),
        cmocka_unit_test(test_one_is_no_plural),
        cmocka_unit_test(test_hint_to_add_staff_only_where_there_is_none),
        cmocka_unit_test(test_status_and_verify_say_how_it_is),
    };

    return cmocka_run_group_tests_name("render", tests, NULL, NULL);
}
