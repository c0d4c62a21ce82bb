/* SPDX-License-Identifier: MIT */
#include "fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/api.h"

struct answer_to {
    int code;
    json_t *json;
};

/* A request as the daemon would serve it, inline. */
static struct answer_to ask_as(struct fixture *fixture, enum token_scope scope, bool is_post,
                               const char *path, const char *body)
{
    char copy[512];
    char *query;
    struct store_error error = {""};
    enum store_status status = STORE_OK;
    json_t *json;

    snprintf(copy, sizeof copy, "%s", path);
    query = strchr(copy, '?');
    if (query != NULL)
        *query++ = '\0';
    const struct api_request request = {
        .is_post = is_post,
        .path = copy,
        .query = query == NULL ? "" : query,
        .body = body,
        .now_ms = FIXTURE_NOON_MS,
        .scope = scope,
        .staff = scope == TOKEN_STAFF ? 1 : 0,
    };
    struct api_call *call = api_call_create(&request);
    assert_non_null(call);
    if (api_call_where(call) == API_WRITER) {
        assert_int_equal(store_begin(fixture->store, &error), STORE_OK);
        status = api_call_run(fixture->store, call, &error);
        struct store_error commit_error;
        assert_int_equal(store_commit(fixture->store, &commit_error), STORE_OK);
    } else if (api_call_where(call) != API_NOWHERE) {
        status = api_call_run(fixture->store, call, &error);
    }
    struct answer_to answer = {api_call_finish(call, status, &error, NULL, &json), NULL};
    answer.json = json_deep_copy(json);
    api_call_destroy(call);
    return answer;
}

static struct answer_to ask(struct fixture *fixture, bool is_post, const char *path, const char *body)
{
    return ask_as(fixture, TOKEN_LOCAL, is_post, path, body);
}

static void expect_as(struct fixture *fixture, enum token_scope scope, bool is_post, const char *path,
                      const char *body, int code, const char *part)
{
    struct answer_to answer = ask_as(fixture, scope, is_post, path, body);
    char *text = json_dumps(answer.json, JSON_COMPACT);

    if (text == NULL || answer.code != code || strstr(text, part) == NULL)
        fail_msg("%s %s: %d %s", path, body, answer.code, text == NULL ? "no reply" : text);
    free(text);
    json_decref(answer.json);
}

static void expect(struct fixture *fixture, bool is_post, const char *path, const char *body, int code,
                   const char *part)
{
    expect_as(fixture, TOKEN_LOCAL, is_post, path, body, code, part);
}

static void test_staff_are_added_listed_and_changed(void **state)
{
    struct fixture *fixture = *state;

    expect(fixture, true, "/api/v1/staff", "{\"name\":\"Zo\\u00eb\",\"pin\":\"1234\"}", 200, "done");
    expect(fixture, false, "/api/v1/staff", "", 200, "Zoë");
    expect(fixture, true, "/api/v1/staff/Zo%C3%AB/rename", "{\"name\":\"Ann\"}", 200, "Ann");
    expect(fixture, true, "/api/v1/staff/Ann/off-duty", "", 200, "off duty");
    expect(fixture, true, "/api/v1/staff/Ann/pin", "{\"pin\":null}", 200, "no PIN");
    expect(fixture, true, "/api/v1/staff/1/retire", "{}", 200, "retired");
}

static void test_help_calls_are_listed_acknowledged_and_closed(void **state)
{
    struct fixture *fixture = *state;

    expect(fixture, false, "/api/v1/help-calls", "", 200, "\"help_calls\":[]");
    fixture_press(fixture, QUESTION_RATING, 1);
    fixture_press(fixture, QUESTION_HELP, HELP_YES);
    expect(fixture, false, "/api/v1/help-calls", "", 200,
           "\"event\":\"help\",\"kiosk\":\"" FIXTURE_KIOSK
           "\",\"visit\":1,\"called\":\"2026-11-02T12:00:00+01:00\","
           "\"state\":\"open\",\"acknowledged\":null");
    expect(fixture, true, "/api/v1/help-calls/1/close", "{}", 400, "outcome is missing");
    expect(fixture, true, "/api/v1/help-calls/2/acknowledge", "", 422, "no help call");
    expect(fixture, true, "/api/v1/help-calls/1/acknowledge", "{\"staff\":null}", 200,
           "somebody is on the way");
    expect(fixture, true, "/api/v1/help-calls/1/close", "{\"outcome\":\"could-not\",\"remark\":\"left\"}",
           200, "closed");
    expect(fixture, false, "/api/v1/help-calls", "", 200,
           "\"recovery_s\":0,\"outcome\":\"could_not\",\"remark\":\"left\"");
}

/* What waits is for somebody to see, and needs no technician: status stays well. */
static void test_status_names_the_help_call_that_has_waited_longest(void **state)
{
    struct fixture *fixture = *state;

    fixture_press(fixture, QUESTION_RATING, 1);
    fixture_press(fixture, QUESTION_HELP, HELP_YES);
    fixture_run(fixture, "UPDATE help_call SET called_ms = called_ms - 250000");
    expect(
        fixture, false, "/api/v1/status", "", 200,
        "\"is_well\":true,\"problems\":[],\"warnings\":[\"nobody has answered help call 1 at " FIXTURE_KIOSK
        ", 4 min old: byname help-calls\"]");
    fixture_press(fixture, QUESTION_RATING, 1);
    fixture_press(fixture, QUESTION_HELP, HELP_YES);
    expect(fixture, false, "/api/v1/status", "", 200,
           "nobody has answered help call 1 at " FIXTURE_KIOSK ", 4 min old, and 1 more: byname help-calls");
    expect(fixture, true, "/api/v1/help-calls/1/acknowledge", "", 200, "somebody is on the way");
    expect(fixture, false, "/api/v1/status", "", 200,
           "nobody has answered help call 2 at " FIXTURE_KIOSK ", 0 min old: byname help-calls");
    expect(fixture, true, "/api/v1/help-calls/2/close", "{\"outcome\":\"solved\"}", 200, "closed");
    expect(fixture, false, "/api/v1/status", "", 200, "\"warnings\":[]");
    fixture_run(fixture, "UPDATE help_call SET state = 4");
    expect(fixture, false, "/api/v1/status", "", 200, "\"warnings\":[]");
}

static void test_a_kiosk_is_retired_and_missed_by_nobody(void **state)
{
    struct fixture *fixture = *state;
    const char *name = "\"name\":\"" FIXTURE_KIOSK "\"";

    fixture_run(fixture, "UPDATE kiosk SET heard_ms = heard_ms - 7200000, refused = 3");
    expect(fixture, false, "/api/v1/report/overview", "", 200, "\"reasons\":[\"silent\",\"refused\"]");
    expect(fixture, false, "/api/v1/status", "", 200, "refused 3 presses");
    expect(fixture, true, "/api/v1/kiosks/nowhere/retire", "", 422, "no kiosk");
    expect(fixture, true, "/api/v1/kiosks/" FIXTURE_KIOSK "/retire", "", 200, "is retired");
    expect(fixture, false, "/api/v1/kiosks", "", 200, "\"state\":\"retired\"");
    expect(fixture, false, "/api/v1/report/overview", "", 200, "\"count\":0,\"unwell\":[]");
    expect(fixture, false, "/api/v1/status", "", 200, "\"warnings\":[]");
    expect(fixture, false, "/api/v1/report/kiosks?since=7d", "", 200, name);
    fixture_run(fixture, "UPDATE kiosk SET retired_ms = retired_ms - 864000000");
    expect(fixture, false, "/api/v1/report/kiosks?since=7d", "", 200, "\"kiosks\":[]");
    expect(fixture, false, "/api/v1/report/kiosks?since=7d&kiosk=" FIXTURE_KIOSK, "", 200, name);
    fixture_press(fixture, QUESTION_RATING, 5);
    expect(fixture, false, "/api/v1/report/kiosks?since=7d", "", 200, name);
}

static void test_notes_are_added_listed_and_removed(void **state)
{
    struct fixture *fixture = *state;

    expect(fixture, true, "/api/v1/notes", "{\"text\":\"New queue signs\",\"show\":\"yes\"}", 200,
           "shown on the kiosks");
    expect(fixture, true, "/api/v1/notes", "{\"text\":\"x\",\"show\":\"perhaps\"}", 422, "left out");
    expect(fixture, true, "/api/v1/notes", "{}", 400, "text is missing");
    expect(fixture, false, "/api/v1/notes", "", 200, "\"text\":\"New queue signs\",\"shown\":true");
    expect(fixture, true, "/api/v1/notes/1/remove", "", 200, "removed");
    expect(fixture, false, "/api/v1/notes", "", 200, "\"notes\":[]");
}

static void test_refusals_carry_the_reason(void **state)
{
    struct fixture *fixture = *state;

    expect(fixture, true, "/api/v1/staff", "{\"name\":\"Dan\",\"pin\":\"6666\"}", 422, "1 to 5");
    expect(fixture, true, "/api/v1/staff/Nobody/retire", "", 422, "Nobody");
    expect(fixture, true, "/api/v1/kiosks/Nowhere/adopt", "", 422, "Nowhere");
    expect(fixture, false, "/api/v1/report/horoscope", "", 422, "horoscope");
    expect(fixture, false, "/api/v1/report/staff_list", "", 422, "staff_list is no report");
    expect(fixture, false, "/api/v1/report/kiosk_list", "", 422, "kiosk_list is no report");
    expect(fixture, false, "/api/v1/staff", "", 200, "\"staff\":[]"); /* the wrong PIN added nobody */
}

static void test_bad_requests_never_reach_the_store(void **state)
{
    struct fixture *fixture = *state;

    expect(fixture, false, "/", "", 404, "error");
    expect(fixture, false, "/api/v1/", "", 404, "error");
    expect(fixture, false, "/api/v1/staff/", "", 404, "error");
    expect(fixture, false, "/api/v1/report/a/b", "", 404, "error");
    expect(fixture, true, "/api/v1/staff/%00/retire", "", 404, "error");
    expect(fixture, true, "/api/v1/staff/%4/retire", "", 404, "error");
    expect(fixture, true, "/api/v1/status", "", 405, "GET");
    expect(fixture, false, "/api/v1/verify", "", 405, "POST");
    expect(fixture, true, "/api/v1/staff", "", 400, "name is missing");
    expect(fixture, true, "/api/v1/staff", "{\"name\":null}", 400, "name is missing");
    expect(fixture, true, "/api/v1/staff/Dan/pin", "", 400, "pin is missing");
    expect(fixture, true, "/api/v1/staff/Dan/pin", "{}", 400, "pin is missing");
    expect(fixture, true, "/api/v1/staff/Dan/pin", "{\"name\":\"x\"}", 400,
           "the body of this call has no 'name'");
    expect(fixture, true, "/api/v1/staff/Dan/retire", "{\"staff\":null}", 400, "has no 'staff'");
    expect(fixture, true, "/api/v1/notes", "{\"text\":\"New signs\",\"remark\":\"x\"}", 400,
           "has no 'remark'");
    expect(fixture, true, "/api/v1/staff", "{\"name\":\"Dan\",\"which\":\"x\"}", 400, "has no 'which'");
    expect(fixture, true, "/api/v1/staff", "{", 400, "no JSON object");
    expect(fixture, true, "/api/v1/staff", "[1]", 400, "no JSON object\"");
    expect(fixture, true, "/api/v1/staff", "{\"nam\":\"Dan\"}", 400, "a body has no 'nam'");
    expect(fixture, false, "/api/v1/report/summary?sinse=7d", "", 400, "a query has no 'sinse'");
    expect(fixture, false, "/api/v1/report/summary?since", "", 400, "percent-encoded");
    expect(fixture, true, "/api/v1/staff", "{\"name\":7}", 400, "texts and null only");
    expect(fixture, true, "/api/v1/staff", "{\"nmae\":\"x\"}", 400, "nmae");
    expect(fixture, false, "/api/v1/report/summary?since", "", 400, "since");
    expect(fixture, false, "/api/v1/report/summary?when=7d", "", 400, "a query has no 'when'");
    expect(fixture, false, "/api/v1/report/summary?since=%zz", "", 400, "since=%zz");
}

/* What each kind of token may call; everything else is closed to it, whether it exists or not. */
static void test_each_scope_opens_its_own_paths_only(void **state)
{
    struct fixture *fixture = *state;
    static const struct {
        bool is_post;
        const char *path, *body;
        int codes[TOKEN_SCOPE_COUNT]; /* local, manager, staff, board */
    } cases[] = {
        {false, "/api/v1/report/summary", "", {200, 200, 403, 403}},
        {false, "/api/v1/report/staff?staff=Dan", "", {200, 200, 403, 403}},
        {false, "/api/v1/staff", "", {200, 200, 403, 403}},
        {false, "/api/v1/kiosks", "", {200, 200, 403, 403}},
        {false, "/api/v1/status", "", {200, 200, 403, 403}},
        {true, "/api/v1/staff/Dan/off-duty", "", {200, 200, 403, 403}},
        {true, "/api/v1/kiosks/counter/adopt", "", {422, 403, 403, 403}},
        {true, "/api/v1/verify", "", {200, 403, 403, 403}},
        {true, "/api/v1/backup", "{\"file\":\"relative\"}", {422, 403, 403, 403}},
        {false, "/api/v1/tokens", "", {200, 403, 403, 403}},
        {true, "/api/v1/tokens", "{\"scope\":\"board\"}", {200, 403, 403, 403}},
        {true, "/api/v1/tokens/99/revoke", "", {422, 403, 403, 403}},
        {false, "/api/v1/me", "", {403, 200, 200, 200}},
        {false, "/api/v1/me/report", "", {403, 403, 200, 403}},
        {false, "/api/v1/board", "", {403, 200, 403, 200}},
        {false, "/api/v1/me/export", "", {403, 403, 200, 403}},
        {false, "/api/v1/me/moments", "", {403, 403, 200, 403}},
        {false, "/api/v1/report/moments?staff=Dan", "", {422, 422, 403, 403}},
        {false, "/api/v1/staff/Dan/export", "", {200, 200, 403, 403}},
        {false, "/api/v1/report/export?staff=Dan", "", {422, 422, 403, 403}},
        {true, "/api/v1/staff/Nobody/erase", "", {422, 403, 403, 403}},
        {false, "/api/v1/policy", "", {200, 200, 200, 403}},
        {true, "/api/v1/policy", "{\"attribute\":\"some\"}", {422, 403, 403, 403}},
        {true, "/api/v1/policy/retention", "{\"days\":\"3\"}", {422, 403, 403, 403}},
        {false, "/api/v1/policy/retention?days=365", "", {200, 403, 403, 403}},
        {false, "/api/v1/access-log", "", {200, 200, 403, 403}},
        {false, "/api/v1/nothing", "", {404, 404, 403, 403}},
        {true, "/api/v1/status", "", {405, 405, 403, 403}},
        {true, "/api/v1/me", "", {405, 405, 403, 403}},
    };

    expect(fixture, true, "/api/v1/staff", "{\"name\":\"Dan\"}", 200, "done");
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        for (int scope = TOKEN_LOCAL; scope < TOKEN_SCOPE_COUNT; scope++)
            expect_as(fixture, (enum token_scope)scope, cases[i].is_post, cases[i].path, cases[i].body,
                      cases[i].codes[scope], "{");
    }
}

static void test_own_report_is_of_who_asks_whatever_the_query_says(void **state)
{
    struct fixture *fixture = *state;

    expect(fixture, true, "/api/v1/staff", "{\"name\":\"Dan\"}", 200, "done");
    expect(fixture, true, "/api/v1/staff", "{\"name\":\"Eve\"}", 200, "done");
    for (size_t i = 0; i < 2; i++) {
        static const char *const paths[] = {"/api/v1/me/report", "/api/v1/me/report?staff=Eve"};
        struct answer_to answer = ask_as(fixture, TOKEN_STAFF, false, paths[i], "");
        char *text = json_dumps(answer.json, 0);
        assert_int_equal(answer.code, 200);
        assert_non_null(strstr(text, "Dan"));
        assert_null(strstr(text, "Eve"));
        free(text);
        json_decref(answer.json);
    }
    expect_as(fixture, TOKEN_STAFF, false, "/api/v1/me", "", 200, "\"name\":\"Dan\"");
    expect_as(fixture, TOKEN_MANAGER, false, "/api/v1/me", "", 200, "\"staff\":null");
}

static void test_board_names_nobody(void **state)
{
    struct fixture *fixture = *state;

    expect(fixture, true, "/api/v1/staff", "{\"name\":\"Quirin\"}", 200, "done");
    for (int i = 0; i < 12; i++) {
        fixture_press(fixture, QUESTION_RATING, 5);
        fixture_press(fixture, QUESTION_STAFF, 1);
        fixture_press(fixture, QUESTION_MENTION, 1);
        fixture_wait(fixture, MINUTE_MS);
    }
    struct answer_to answer =
        ask_as(fixture, TOKEN_BOARD, false, "/api/v1/board?from=2026-11-02&to=2026-11-03", "");
    char *text = json_dumps(answer.json, 0);
    assert_int_equal(answer.code, 200);
    assert_int_equal(json_integer_value(json_object_get(answer.json, "visits")), 12);
    assert_null(strstr(text, "Quirin"));
    free(text);
    json_decref(answer.json);
}

static void test_tokens_are_made_listed_and_revoked(void **state)
{
    struct fixture *fixture = *state;
    struct token_list list;

    expect(fixture, true, "/api/v1/tokens", "{\"scope\":\"king\"}", 422, "manager");
    expect(fixture, true, "/api/v1/tokens", "{\"scope\":\"staff:Dan\"}", 422, "Dan");
    expect(fixture, true, "/api/v1/tokens", "{\"scope\":\"board\",\"label\":\"\\u001b[2J\"}", 422, "control");
    expect(fixture, true, "/api/v1/tokens", "{\"scope\":\"board\",\"label\":\"\\u009b2J\"}", 422, "control");
    expect(fixture, true, "/api/v1/tokens", "{\"scope\":\"board\",\"label\":\"\\u202ebal\"}", 422, "control");
    expect(fixture, true, "/api/v1/staff", "{\"name\":\"Dan\"}", 200, "done");
    expect(fixture, true, "/api/v1/tokens", "{\"scope\":\"manager\",\"label\":\"office\"}", 200, "\"id\":1");
    struct answer_to answer = ask(fixture, true, "/api/v1/tokens", "{\"scope\":\"staff:Dan\"}");
    const char *text = json_string_value(json_object_get(answer.json, "token"));
    uint8_t hash[TOKEN_HASH_SIZE];
    assert_int_equal(strlen(text), TOKEN_TEXT_SIZE);
    assert_true(token_hash(text, TOKEN_TEXT_SIZE, hash));
    assert_int_equal(store_begin(fixture->store, &fixture->error), STORE_OK);
    assert_int_equal(store_tokens(fixture->store, &list, &fixture->error), STORE_OK);
    assert_int_equal(store_commit(fixture->store, &fixture->error), STORE_OK);
    assert_int_equal(list.count, 2);
    assert_int_equal(token_find(&list, hash)->scope, TOKEN_STAFF);
    assert_int_equal(token_find(&list, hash)->staff, 1);
    hash[0] ^= 1;
    assert_null(token_find(&list, hash));
    expect(fixture, false, "/api/v1/tokens", "", 200, "office");
    struct answer_to listed = ask(fixture, false, "/api/v1/tokens", "");
    char *all = json_dumps(listed.json, 0);
    assert_null(strstr(all, text));
    free(all);
    json_decref(listed.json);
    json_decref(answer.json);
    expect(fixture, true, "/api/v1/tokens/1/revoke", "", 200, "done");
    expect(fixture, true, "/api/v1/tokens/1/revoke", "", 422, "no token 1");
    expect(fixture, true, "/api/v1/tokens/1x/revoke", "", 422, "no token 1x");
    expect(fixture, true, "/api/v1/staff/Dan/retire", "", 200, "retired");
    assert_int_equal(fixture_integer(fixture, "SELECT count(*) FROM token WHERE revoked_ms IS NULL"), 0);
    for (int i = 0; i < TOKENS_MAX; i++)
        expect(fixture, true, "/api/v1/tokens", "{\"scope\":\"board\"}", 200, "token");
    expect(fixture, true, "/api/v1/tokens", "{\"scope\":\"board\"}", 422, "revoke those");
}

static void test_policy_is_set_and_said(void **state)
{
    struct fixture *fixture = *state;

    expect(fixture, false, "/api/v1/policy", "", 200, "\"attribute\":\"all\"");
    expect(fixture, true, "/api/v1/policy", "{\"attribute\":\"all\"}", 422, "already");
    expect(fixture, true, "/api/v1/policy", "{\"attribute\":\"positive\"}", 200, "done");
    expect(fixture, false, "/api/v1/policy", "", 200,
           "{\"since\":\"2026-11-02T12:00:00+01:00\",\"attribute\":\"positive\"}");
}

static void test_retention_is_set_and_said(void **state)
{
    static const char *const wrong[] = {"0", "29", "36501", "9999999", "-40", "40x", ""};
    struct fixture *fixture = *state;
    char body[64];

    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        snprintf(body, sizeof body, "{\"days\":\"%s\"}", wrong[i]);
        expect(fixture, true, "/api/v1/policy/retention", body, 422, "days");
    }
    expect(fixture, true, "/api/v1/policy/retention", "{}", 400, "days is missing");
    expect(fixture, false, "/api/v1/policy/retention?days=none", "", 422, "days");
    expect(fixture, false, "/api/v1/policy/retention", "", 422, "days is a number");
    expect(fixture, false, "/api/v1/policy/retention?days=30", "", 200,
           "\"before\":\"2026-10-03T00:00:00+02:00\"");
    expect(fixture, false, "/api/v1/policy", "", 200, "\"retention\":{\"days\":null,\"purged_before\":null}");
    expect(fixture, true, "/api/v1/policy/retention", "{\"days\":\"365\"}", 200, "365 days");
    expect(fixture, true, "/api/v1/policy/retention", "{\"days\":\"365\"}", 422, "already");
    expect(fixture, false, "/api/v1/policy", "", 200, "\"retention\":{\"days\":365,\"purged_before\":null}");
    expect(fixture, true, "/api/v1/policy/retention", "{\"days\":\"none\"}", 200, "without end");
}

static void test_export_has_what_is_held_and_erase_ends_it(void **state)
{
    struct fixture *fixture = *state;

    expect(fixture, true, "/api/v1/staff", "{\"name\":\"Dan\"}", 200, "done");
    fixture_press(fixture, QUESTION_SIGN_ON, 1);
    fixture_press(fixture, QUESTION_RATING, 5);
    fixture_press(fixture, QUESTION_STAFF, 1);
    fixture_press(fixture, QUESTION_MENTION, MENTION_ASKED);
    fixture_press(fixture, QUESTION_STRENGTH, STRENGTH_LISTENING);
    struct answer_to answer = ask_as(fixture, TOKEN_STAFF, false, "/api/v1/me/export", "");
    const json_t *visit = json_array_get(json_object_get(answer.json, "visits"), 0);
    assert_int_equal(answer.code, 200);
    assert_int_equal(json_array_size(json_object_get(answer.json, "visits")), 1);
    assert_int_equal(json_integer_value(json_object_get(visit, "rating")), 5);
    assert_string_equal(json_string_value(json_object_get(visit, "mention")), "asked");
    assert_string_equal(json_string_value(json_object_get(visit, "strength")), "listening");
    assert_true(json_is_null(json_object_get(visit, "cause")));
    assert_int_equal(json_array_size(json_object_get(answer.json, "signed")), 1);
    assert_int_equal(json_array_size(json_object_get(answer.json, "months")), 1);
    json_decref(answer.json);
    expect(fixture, true, "/api/v1/staff/Dan/erase", "", 200, "former staff");
    expect(fixture, false, "/api/v1/staff/Dan/export", "", 422, "no staff member");
    expect(fixture, false, "/api/v1/report/staff", "", 200, "former staff");
    fixture_verify(fixture);
}

/* "/api/v1/staff/{who}/export" as the table of routes has it. */
static void anonymous(const char *path, char text[API_ROUTE_SIZE_MAX])
{
    size_t size = 0;

    for (; *path != '\0' && size + 3 < API_ROUTE_SIZE_MAX; path++) {
        text[size++] = *path;
        if (*path != '{')
            continue;
        path += strcspn(path, "}");
        text[size++] = '}';
    }
    text[size] = '\0';
}

static json_t *documented(json_t *paths, const char *route)
{
    const char *path;
    json_t *methods;

    json_object_foreach(paths, path, methods)
    {
        char text[API_ROUTE_SIZE_MAX];
        anonymous(path, text);
        if (strcmp(text, strchr(route, ' ') + 1) == 0)
            return json_object_get(methods, route[0] == 'G' ? "get" : "post");
    }
    return NULL;
}

static void test_every_route_is_documented_with_who_may_call_it(void **state)
{
    static const char *const names[TOKEN_SCOPE_COUNT] = {"socket", "manager", "staff", "board"};
    json_t *document = json_load_file(OPENAPI, 0, NULL), *scope;
    json_t *paths = json_object_get(document, "paths");
    char route[API_ROUTE_SIZE_MAX];
    size_t count = 0, operations = 0, index;
    unsigned scopes;
    const char *path, *method;
    json_t *methods, *operation;

    (void)state;
    assert_non_null(document);
    for (; api_route(count, route, &scopes); count++) {
        unsigned said = 0;
        operation = documented(paths, route);
        if (operation == NULL)
            fail_msg("%s is not in daemon/web/openapi.json", route);
        json_array_foreach(json_object_get(operation, "x-scopes"), index, scope)
        {
            for (unsigned i = 0; i < TOKEN_SCOPE_COUNT; i++)
                said |= strcmp(json_string_value(scope), names[i]) == 0 ? 1u << i : 0;
        }
        if (said != scopes)
            fail_msg("%s: x-scopes in daemon/web/openapi.json are not those of the table", route);
    }
    json_object_foreach(paths, path, methods) json_object_foreach(methods, method, operation) operations +=
        strncmp(path, "/api/", 5) == 0 && strcmp(path, "/api/v1/events") != 0;
    assert_int_equal(operations, count); /* and nothing is that is not there */
    json_decref(document);
}

static void press_visit(struct fixture *fixture, uint16_t rating, uint16_t staff, uint16_t mention,
                        uint16_t strength)
{
    fixture_wait(fixture, 61000);
    fixture_press(fixture, QUESTION_RATING, rating);
    fixture_press(fixture, QUESTION_STAFF, staff);
    fixture_press(fixture, QUESTION_MENTION, mention);
    fixture_press(fixture, QUESTION_STRENGTH, strength);
}

static void test_moments_are_happy_visits_of_who_asks_the_newest_first(void **state)
{
    struct fixture *fixture = *state;

    expect(fixture, true, "/api/v1/staff", "{\"name\":\"Dan\"}", 200, "done");
    expect(fixture, true, "/api/v1/staff", "{\"name\":\"Eve\"}", 200, "done");
    press_visit(fixture, 4, 1, MENTION_NO, STRENGTH_LISTENING);
    press_visit(fixture, 5, 2, MENTION_ASKED, STRENGTH_RESPECT); /* Eve's */
    press_visit(fixture, 5, 1, MENTION_NO, ANSWER_NONE);         /* says nothing of Dan */
    press_visit(fixture, 3, 1, MENTION_ASKED, STRENGTH_EMPATHY); /* not happy */
    press_visit(fixture, 5, 1, MENTION_ASKED, ANSWER_SKIPPED);
    press_visit(fixture, 5, 1, MENTION_ASKED, STRENGTH_FLEXIBILITY);
    fixture_press(fixture, QUESTION_FLAG, FLAG_WITHDRAWN); /* left out */
    struct answer_to answer = ask_as(fixture, TOKEN_STAFF, false, "/api/v1/me/moments?staff=Eve", "");
    json_t *moments = json_object_get(answer.json, "moments");
    json_t *newest = json_array_get(moments, 0), *oldest = json_array_get(moments, 1);
    assert_int_equal(answer.code, 200);
    assert_int_equal(json_array_size(moments), 2);
    assert_string_equal(json_string_value(json_object_get(newest, "mention")), "asked");
    assert_true(json_is_null(json_object_get(newest, "strength")));
    assert_true(json_is_null(json_object_get(newest, "returning")));
    assert_null(json_object_get(newest, "rating"));
    assert_string_equal(json_string_value(json_object_get(oldest, "strength")), "listening");
    json_decref(answer.json);
    expect_as(fixture, TOKEN_STAFF, false, "/api/v1/me/moments?to=2026-11-02", "", 200, "\"moments\":[]");
}

/* JSON has no room for other bytes, and a reply that cannot be made is worse than a question mark. */
static void test_refusals_of_what_is_not_utf8_still_say_why(void **state)
{
    struct fixture *fixture = *state;

    expect(fixture, false, "/api/v1/report/summary?s\xD2t\xC3\xAB\xC3", "", 400, "s?t\xC3\xAB?");
    expect(fixture, false, "/api/v1/report/summary?\xE2\x82\xAC\xF0\x9F\x98\x80\xFF\xC3", "", 400,
           "\xE2\x82\xAC\xF0\x9F\x98\x80??");
    /* Whole before it was cut to 60 bytes. */
    expect(fixture, false,
           "/api/v1/report/summary?\xC3\xAB\xC3\xAB\xC3\xAB\xC3\xAB\xC3\xAB\xC3\xAB\xC3\xAB\xC3\xAB"
           "\xC3\xAB\xC3\xAB\xC3\xAB\xC3\xAB\xC3\xAB\xC3\xAB\xC3\xAB\xC3\xAB\xC3\xAB\xC3\xAB"
           "\xC3\xAB\xC3\xAB\xC3\xAB\xC3\xAB\xC3\xAB\xC3\xAB\xC3\xAB\xC3\xAB\xC3\xAB\xC3\xAB"
           "\xC3\xAB"
           "x\xC3\xAB",
           "", 400, "x?'");
}

static void test_long_texts_are_refused(void **state)
{
    struct fixture *fixture = *state;
    char body[400];

    snprintf(body, sizeof body, "{\"name\":\"%0300d\"}", 1);
    expect(fixture, true, "/api/v1/staff", body, 400, "longer than");
}

static void test_reports_and_verification_answer(void **state)
{
    struct fixture *fixture = *state;

    fixture_press(fixture, QUESTION_RATING, 5);
    expect(fixture, false, "/api/v1/report/summary?since=7d", "", 200, "\"kind\":\"summary\"");
    expect(fixture, true, "/api/v1/verify", "", 200, "\"is_well\":true");
    expect(fixture, false, "/api/v1/kiosks", "", 200, FIXTURE_PORT);
}

static void test_text_that_is_not_utf_8_is_refused_in_words(void **state)
{
    struct fixture *fixture = *state;

    expect(fixture, true, "/api/v1/staff/%FF/retire", "", 404, "UTF-8");
    expect(fixture, false, "/api/v1/report/summary?staff=%C3", "", 400, "UTF-8");
    expect(fixture, false, "/api/v1/report/summary?staff=%ED%A0%80", "", 400, "UTF-8");
    expect(fixture, true, "/api/v1/staff", "{\"name\":\"\xFF\"}", 400, "UTF-8");
    expect(fixture, true, "/api/v1/staff", "{\"\xC3\":\"\"}", 400, "UTF-8");
}

/* 63 letters and ë: every message that is cut at 64 bytes cuts it in two. */
static void test_long_names_are_cut_between_characters(void **state)
{
    struct fixture *fixture = *state;
    char letters[256], path[512], body[512];

    for (size_t size = 30; size < 200; size++) {
        memset(letters, 'a', size);
        snprintf(letters + size, sizeof letters - size, "%s", "%C3%AB%C3%AB");
        snprintf(path, sizeof path, "/api/v1/staff/%s/retire", letters);
        expect(fixture, true, path, "", 422, "aaa");
        snprintf(path, sizeof path, "/api/v1/report/summary?kiosk=%s", letters);
        expect(fixture, false, path, "", 422, "aaa");
        snprintf(letters + size, sizeof letters - size, "ëë");
        snprintf(body, sizeof body, "{\"name\":\"%s\"}", letters);
        expect(fixture, true, "/api/v1/staff", body, 422, "aaa");
        snprintf(body, sizeof body, "{\"%s\":\"\"}", letters);
        expect(fixture, true, "/api/v1/staff", body, 400, "aaa");
    }
}

static void test_who_has_no_room_on_the_kiosks_is_told(void **state)
{
    struct fixture *fixture = *state;
    char body[64];

    for (int i = 1; i <= ROSTER_CAPACITY; i++) {
        snprintf(body, sizeof body, "{\"name\":\"M%02d\"}", i);
        expect(fixture, true, "/api/v1/staff", body, 200, "without a PIN\"}");
    }
    expect(fixture, false, "/api/v1/status", "", 200, "\"warnings\":[]");
    expect(fixture, true, "/api/v1/staff", "{\"name\":\"Zed\"}", 200,
           "on duty, without a PIN; but Zed is not on the kiosks: they have room for 24 names");
    expect(fixture, true, "/api/v1/staff", "{\"name\":\"Ann\"}", 200, "but M24, Zed are not on the kiosks");
    expect(fixture, false, "/api/v1/status", "", 200, "\"warnings\":[\"M24, Zed are not on the kiosks");
    expect(fixture, false, "/api/v1/staff", "", 200, "\"on_kiosks\":false");
    expect(fixture, true, "/api/v1/staff/M01/off-duty", "", 200, "off duty");
    expect(fixture, true, "/api/v1/staff/Zed/on-duty", "", 200, "Zed is on duty; but M01, Zed are");
    expect(fixture, true, "/api/v1/staff/M02/retire", "", 200, "retired");
    expect(fixture, true, "/api/v1/staff/M03/retire", "", 200, "retired");
    expect(fixture, true, "/api/v1/staff/M01/on-duty", "", 200, "M01 is on duty\"}");
    expect(fixture, false, "/api/v1/status", "", 200, "\"warnings\":[]");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_each_scope_opens_its_own_paths_only, fixture_setup,
                                        fixture_teardown),
        cmocka_unit_test_setup_teardown(test_own_report_is_of_who_asks_whatever_the_query_says, fixture_setup,
                                        fixture_teardown),
        cmocka_unit_test_setup_teardown(test_board_names_nobody, fixture_setup, fixture_teardown),
        cmocka_unit_test_setup_teardown(test_tokens_are_made_listed_and_revoked, fixture_setup,
                                        fixture_teardown),
        cmocka_unit_test_setup_teardown(test_policy_is_set_and_said, fixture_setup, fixture_teardown),
        cmocka_unit_test_setup_teardown(test_retention_is_set_and_said, fixture_setup, fixture_teardown),
        cmocka_unit_test_setup_teardown(test_export_has_what_is_held_and_erase_ends_it, fixture_setup,
                                        fixture_teardown),
        cmocka_unit_test(test_every_route_is_documented_with_who_may_call_it),
        cmocka_unit_test_setup_teardown(test_moments_are_happy_visits_of_who_asks_the_newest_first,
                                        fixture_setup, fixture_teardown),
        cmocka_unit_test_setup_teardown(test_staff_are_added_listed_and_changed, fixture_setup,
                                        fixture_teardown),
        cmocka_unit_test_setup_teardown(test_help_calls_are_listed_acknowledged_and_closed, fixture_setup,
                                        fixture_teardown),
        cmocka_unit_test_setup_teardown(test_status_names_the_help_call_that_has_waited_longest,
                                        fixture_setup, fixture_teardown),
        cmocka_unit_test_setup_teardown(test_a_kiosk_is_retired_and_missed_by_nobody, fixture_setup,
                                        fixture_teardown),
        cmocka_unit_test_setup_teardown(test_notes_are_added_listed_and_removed, fixture_setup,
                                        fixture_teardown),
        cmocka_unit_test_setup_teardown(test_refusals_carry_the_reason, fixture_setup, fixture_teardown),
        cmocka_unit_test_setup_teardown(test_bad_requests_never_reach_the_store, fixture_setup,
                                        fixture_teardown),
        cmocka_unit_test_setup_teardown(test_refusals_of_what_is_not_utf8_still_say_why, fixture_setup,
                                        fixture_teardown),
        cmocka_unit_test_setup_teardown(test_text_that_is_not_utf_8_is_refused_in_words, fixture_setup,
                                        fixture_teardown),
        cmocka_unit_test_setup_teardown(test_long_names_are_cut_between_characters, fixture_setup,
                                        fixture_teardown),
        cmocka_unit_test_setup_teardown(test_long_texts_are_refused, fixture_setup, fixture_teardown),
        cmocka_unit_test_setup_teardown(test_who_has_no_room_on_the_kiosks_is_told, fixture_setup,
                                        fixture_teardown),
        cmocka_unit_test_setup_teardown(test_reports_and_verification_answer, fixture_setup,
                                        fixture_teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
