/* SPDX-License-Identifier: MIT */
#include "tests/unit/cmocka_first.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/cli.h"
#include "daemon/config.h"

#define WORDS_MAX 12

static char copies[WORDS_MAX][600];

static void parse(struct cli *cli, const char *const words[])
{
    char *arguments[WORDS_MAX + 1] = {copies[0]};
    int count = 1;

    snprintf(copies[0], sizeof copies[0], "byname");
    for (; words[count - 1] != NULL; count++) {
        snprintf(copies[count], sizeof copies[count], "%s", words[count - 1]);
        arguments[count] = copies[count];
    }
    cli_parse(cli, count, arguments, NULL);
}

static void expect_request(const char *const words[], bool is_post, const char *path, const char *body)
{
    struct cli cli;

    parse(&cli, words);
    if (cli.action == CLI_MISTAKE)
        fail_msg("%s", cli.mistake);
    assert_int_equal(cli.action, CLI_RUN);
    assert_string_equal(cli.path, path);
    assert_int_equal(cli.is_post, is_post);
    char *text = cli.body == NULL ? NULL : json_dumps(cli.body, JSON_COMPACT);
    if (body == NULL)
        assert_null(text);
    else
        assert_string_equal(text, body);
    free(text);
    cli_close(&cli);
}

#define WORDS(...) ((const char *const[]){__VA_ARGS__, NULL})

static void test_commands_become_requests(void **state)
{
    (void)state;
    expect_request(WORDS("report"), false, "/api/v1/report/overview", NULL);
    expect_request(WORDS("report", "hours", "--audience", "internal", "--week-start", "sunday"), false,
                   "/api/v1/report/hours?audience=internal&week_start=sunday", NULL);
    expect_request(WORDS("report", "staff", "--since", "7d", "--kiosk", "Counter 1"), false,
                   "/api/v1/report/staff?since=7d&kiosk=Counter%201", NULL);
    expect_request(WORDS("report", "--from", "2026-11-02", "--to", "2026-11-02T14:00"), false,
                   "/api/v1/report/overview?from=2026-11-02&to=2026-11-02T14%3A00", NULL);
    expect_request(WORDS("help-calls"), false, "/api/v1/help-calls", NULL);
    expect_request(WORDS("help-calls", "list"), false, "/api/v1/help-calls", NULL);
    expect_request(WORDS("help-calls", "acknowledge", "7", "--staff", "Zoë"), true,
                   "/api/v1/help-calls/7/acknowledge", "{\"staff\":\"Zoë\"}");
    expect_request(WORDS("help-calls", "close", "7", "handed-on", "--remark", "to the till"), true,
                   "/api/v1/help-calls/7/close", "{\"outcome\":\"handed-on\",\"remark\":\"to the till\"}");
    expect_request(WORDS("note", "new queue signs"), true, "/api/v1/notes", "{\"text\":\"new queue signs\"}");
    expect_request(WORDS("note", "add", "New signs", "--show"), true, "/api/v1/notes",
                   "{\"text\":\"New signs\",\"show\":\"yes\"}");
    expect_request(WORDS("note", "list"), false, "/api/v1/notes", NULL);
    expect_request(WORDS("note", "remove", "3"), true, "/api/v1/notes/3/remove", "{}");
    expect_request(WORDS("staff", "list"), false, "/api/v1/staff", NULL);
    expect_request(WORDS("staff", "add", "Zoë", "--pin", "1234"), true, "/api/v1/staff",
                   "{\"name\":\"Zoë\",\"pin\":\"1234\"}");
    expect_request(WORDS("staff", "rename", "Zoë", "Ann/B"), true, "/api/v1/staff/Zo%C3%AB/rename",
                   "{\"name\":\"Ann/B\"}");
    expect_request(WORDS("staff", "retire", "a/b"), true, "/api/v1/staff/a%2Fb/retire", "{}");
    expect_request(WORDS("staff", "pin", "Dan", "none"), true, "/api/v1/staff/Dan/pin", "{\"pin\":null}");
    expect_request(WORDS("kiosk", "adopt", "Counter", "--name", "Front"), true,
                   "/api/v1/kiosks/Counter/adopt", "{\"name\":\"Front\"}");
    expect_request(WORDS("kiosk", "name", "Front", "Back"), true, "/api/v1/kiosks/Front/rename",
                   "{\"name\":\"Back\"}");
    expect_request(WORDS("kiosk", "audience", "Front", "internal"), true, "/api/v1/kiosks/Front/audience",
                   "{\"audience\":\"internal\"}");
    expect_request(WORDS("kiosk", "retire", "Front"), true, "/api/v1/kiosks/Front/retire", "{}");
    expect_request(WORDS("token", "create", "staff:Dan", "--label", "phone"), true, "/api/v1/tokens",
                   "{\"scope\":\"staff:Dan\",\"label\":\"phone\"}");
    expect_request(WORDS("token", "revoke", "3"), true, "/api/v1/tokens/3/revoke", "{}");
    expect_request(WORDS("staff", "export", "Dan"), false, "/api/v1/staff/Dan/export", NULL);
    expect_request(WORDS("staff", "erase", "Dan"), true, "/api/v1/staff/Dan/erase", "{}");
    expect_request(WORDS("policy", "attribute", "none"), true, "/api/v1/policy", "{\"attribute\":\"none\"}");
    expect_request(WORDS("policy", "retention", "365"), true, "/api/v1/policy/retention",
                   "{\"days\":\"365\"}");
    expect_request(WORDS("policy", "retention", "365", "--dry-run"), false,
                   "/api/v1/policy/retention?days=365", NULL);
    expect_request(WORDS("access-log"), false, "/api/v1/access-log", NULL);
    expect_request(WORDS("status"), false, "/api/v1/status", NULL);
    expect_request(WORDS("verify"), true, "/api/v1/verify", "{}");
    expect_request(WORDS("backup", "/b/x.db"), true, "/api/v1/backup", "{\"file\":\"/b/x.db\"}");
}

static void expect_mistake(const char *const words[], const char *part)
{
    struct cli cli;

    parse(&cli, words);
    assert_int_equal(cli.action, CLI_MISTAKE);
    if (strstr(cli.mistake, part) == NULL)
        fail_msg("'%s' does not say '%s'", cli.mistake, part);
    cli_close(&cli);
}

static void test_mistakes_say_what_would_be_right(void **state)
{
    static char huge[520];

    (void)state;
    memset(huge, 'a', sizeof huge - 1);
    expect_mistake((const char *const[]){NULL}, "see byname --help");
    expect_mistake(WORDS("stuff"), "'stuff'");
    expect_mistake(WORDS("staff"), "byname staff --help");
    expect_mistake(WORDS("staff", "fly"), "'staff fly'");
    expect_mistake(WORDS("staff", "add"), "usage: byname staff add NAME");
    expect_mistake(WORDS("staff", "retire", ""), "empty");
    expect_mistake(WORDS("report", "summary", "now"), "usage: byname report");
    expect_mistake(WORDS("report", "--pin", "1"), "report takes no --pin");
    expect_mistake(WORDS("report", "--since", "7d", "--from", "2026-01-01"), "exclude");
    expect_mistake(WORDS("report", "horoscope"), "there is no report 'horoscope'");
    expect_mistake(WORDS("report", "staff_list"), "there is no report 'staff_list'");
    expect_mistake(WORDS("report", "--since", "yesterday"), "as in 7d");
    expect_mistake(WORDS("report", "--since", ""), "as in 7d");
    expect_mistake(WORDS("report", "--since", "7"), "as in 7d");
    expect_mistake(WORDS("report", "--since", "7days"), "as in 7d");
    expect_mistake(WORDS("report", "--from", "monday"), "give 2026-11-02");
    expect_mistake(WORDS("report", "--to", "2026-11-02T14"), "--to 2026-11-02T14 is not understood");
    expect_mistake(WORDS("report", "--format", "pdf"), "text, csv, ods or json");
    expect_mistake(WORDS("report", "--wrong"), "--wrong");
    expect_mistake(WORDS("report", "--since"), "--since needs a value");
    expect_mistake(WORDS("staff", "add", "\xFF"), "UTF-8");
    expect_mistake(WORDS("staff", "retire", "Zo\xEB"), "'Zo' is not UTF-8");
    expect_mistake(WORDS("report", "--kiosk", "\xC3"), "UTF-8");
    expect_mistake(WORDS("kiosk", "name", "Front", "\xED\xA0\x80"), "UTF-8");
    expect_mistake(WORDS("status", "--database", "/x"), "needs the daemon");
    expect_mistake(WORDS("status", "--database", "/x"),
                   "serves report, staff list, staff export, kiosk list,");
    expect_mistake(WORDS("status", "--database", "/x"), "note list, verify, backup");
    expect_mistake(WORDS("staff", "add", "Dan", "--database", "/x"), "needs the daemon");
}

static void test_socket_comes_from_option_environment_or_default(void **state)
{
    char *arguments[] = {(char[]){"byname"}, (char[]){"status"}, (char[]){"--socket"}, (char[]){"/a"}, NULL};
    struct cli cli;

    (void)state;
    cli_parse(&cli, 4, arguments, "/b");
    assert_string_equal(cli.socket, "/a");
    cli_close(&cli);
    cli_parse(&cli, 2, arguments, "/b");
    assert_string_equal(cli.socket, "/b");
    cli_close(&cli);
    cli_parse(&cli, 2, arguments, NULL);
    assert_string_equal(cli.socket, CONFIG_SOCKET_DEFAULT);
    cli_close(&cli);
}

static void test_help_fits_a_screen_and_narrows(void **state)
{
    static char text[8192];
    struct cli cli;
    size_t lines = 0;

    (void)state;
    parse(&cli, WORDS("--help"));
    assert_int_equal(cli.action, CLI_HELP);
    FILE *out = fmemopen(text, sizeof text, "w");
    cli_help(&cli, out);
    fclose(out);
    for (const char *at = text; *at != '\0'; at++)
        lines += *at == '\n';
    assert_in_range(lines, 10, 30);
    parse(&cli, WORDS("staff", "add", "--help"));
    assert_int_equal(cli.action, CLI_HELP);
    out = fmemopen(text, sizeof text, "w");
    cli_help(&cli, out);
    fclose(out);
    assert_non_null(strstr(text, "staff add"));
    assert_null(strstr(text, "staff retire"));
    parse(&cli, WORDS("stuff", "--help"));
    assert_int_equal(cli.action, CLI_MISTAKE);
}

static enum words_language language_of(const char *const words[], const char *locale)
{
    struct cli cli;

    parse(&cli, words);
    assert_int_equal(cli.action, CLI_RUN);
    cli_set_language(&cli, locale);
    cli_close(&cli);
    return cli.language;
}

static void test_language_is_of_reports_and_of_no_digest(void **state)
{
    struct cli cli;

    (void)state;
    assert_int_equal(language_of(WORDS("report"), "pl_PL.UTF-8"), WORDS_PL);
    assert_int_equal(language_of(WORDS("report", "staff", "--language", "fr"), "pl_PL.UTF-8"), WORDS_FR);
    assert_int_equal(language_of(WORDS("report", "--language", "en"), "pl_PL.UTF-8"), WORDS_EN);
    assert_int_equal(language_of(WORDS("report", "--language", "de", "--digest"), "pl_PL.UTF-8"), WORDS_EN);
    assert_int_equal(language_of(WORDS("status"), "pl_PL.UTF-8"), WORDS_EN);
    parse(&cli, WORDS("report", "--language", "tlh"));
    assert_int_equal(cli.action, CLI_MISTAKE);
    assert_string_equal(cli.mistake, "--language is en, de, es, fr or pl, not 'tlh'");
    parse(&cli, WORDS("status", "--language", "de"));
    assert_string_equal(cli.mistake, "--language is for reports");
}

static void test_answer_decides_the_exit_status(void **state)
{
    json_t *well = json_pack("{s:b}", "is_well", 1), *unwell = json_pack("{s:b}", "is_well", 0),
           *other = json_object();

    (void)state;
    assert_int_equal(cli_judge(well), CLI_EXIT_OK);
    assert_int_equal(cli_judge(unwell), CLI_EXIT_NO);
    assert_int_equal(cli_judge(other), CLI_EXIT_OK);
    json_decref(well);
    json_decref(unwell);
    json_decref(other);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_commands_become_requests),
        cmocka_unit_test(test_mistakes_say_what_would_be_right),
        cmocka_unit_test(test_socket_comes_from_option_environment_or_default),
        cmocka_unit_test(test_help_fits_a_screen_and_narrows),
        cmocka_unit_test(test_language_is_of_reports_and_of_no_digest),
        cmocka_unit_test(test_answer_decides_the_exit_status),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
