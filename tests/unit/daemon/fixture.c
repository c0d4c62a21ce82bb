/* SPDX-License-Identifier: MIT */
#include "fixture.h"

#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum store_status fixture_try_open(struct fixture *fixture)
{
    const struct store_options options = {
        .path = fixture->path, .store_name = "Test Street", .timezone = fixture->timezone};

    return store_open(&options, &fixture->store, &fixture->error);
}

void fixture_open(struct fixture *fixture, const char *timezone)
{
    memset(fixture, 0, sizeof *fixture);
    snprintf(fixture->folder, sizeof fixture->folder, "/tmp/byname-test-XXXXXX");
    assert_non_null(mkdtemp(fixture->folder));
    assert_true(snprintf(fixture->path, sizeof fixture->path, "%s/byname.db", fixture->folder) > 0);
    fixture->timezone = timezone;
    if (fixture_try_open(fixture) != STORE_OK)
        fail_msg("%s", fixture->error.text);
    fixture->origin = (struct store_origin){.boot = 1,
                                            .boot_started_ms = FIXTURE_NOON_MS - HOUR_MS,
                                            .arrived_ms = FIXTURE_NOON_MS,
                                            .is_clock_good = true};
}

void fixture_close(struct fixture *fixture)
{
    static const char *const suffixes[] = {"", "-wal", "-shm", ".lock", "-journal"};
    char name[FIXTURE_PATH_SIZE + 16];

    store_close(fixture->store);
    fixture->store = NULL;
    for (size_t i = 0; i < sizeof suffixes / sizeof suffixes[0]; i++) {
        snprintf(name, sizeof name, "%s%s", fixture->path, suffixes[i]);
        remove(name);
    }
    remove(fixture->folder);
}

void fixture_reopen(struct fixture *fixture)
{
    store_close(fixture->store);
    if (fixture_try_open(fixture) != STORE_OK)
        fail_msg("%s", fixture->error.text);
}

struct message_hello fixture_hello(const struct fixture *fixture)
{
    return (struct message_hello){
        .major = PROTOCOL_MAJOR,
        .kiosk_id = fixture->admitted.kiosk_id,
        .journal_id = fixture->admitted.journal_id,
        .oldest = fixture->seq + 1,
        .next = fixture->seq + 1,
        .boot = fixture->origin.boot,
        .uptime_s = (uint32_t)((fixture->origin.arrived_ms - fixture->origin.boot_started_ms) / 1000),
        .firmware = "0.1.0",
    };
}

void fixture_say_hello(struct fixture *fixture, const struct message_hello *hello)
{
    const struct store_visitor visitor = {
        .hello = hello, .port = FIXTURE_PORT, .is_auto_adopt = true, .now_ms = fixture->origin.arrived_ms};

    assert_int_equal(store_begin(fixture->store, &fixture->error), STORE_OK);
    if (store_hello(fixture->store, &visitor, &fixture->admitted, &fixture->error) != STORE_OK)
        fail_msg("%s", fixture->error.text);
    assert_int_equal(store_commit(fixture->store, &fixture->error), STORE_OK);
    fixture->origin.kiosk = fixture->admitted.kiosk;
    fixture->origin.journal = fixture->admitted.journal;
}

void fixture_adopt(struct fixture *fixture)
{
    struct message_hello hello = fixture_hello(fixture);

    fixture_say_hello(fixture, &hello);
    assert_int_equal(fixture->admitted.admission, STORE_ADOPT);
    hello = fixture_hello(fixture);
    fixture_say_hello(fixture, &hello);
    assert_int_equal(fixture->admitted.admission, STORE_ADMITTED);
}

int fixture_setup(void **state)
{
    struct fixture *fixture = malloc(sizeof *fixture);

    if (fixture == NULL)
        return -1;
    fixture_open(fixture, "Europe/Berlin");
    fixture_adopt(fixture);
    *state = fixture;
    return 0;
}

int fixture_teardown(void **state)
{
    fixture_close(*state);
    free(*state);
    return 0;
}

void fixture_wait(struct fixture *fixture, int64_t ms)
{
    fixture->origin.arrived_ms += ms;
}

int64_t fixture_now(const struct fixture *fixture)
{
    return fixture->origin.arrived_ms;
}

enum store_status fixture_send(struct fixture *fixture, const struct answer *answers, size_t count)
{
    enum store_status status = store_begin(fixture->store, &fixture->error);

    if (status == STORE_OK)
        status = store_answers(fixture->store, &fixture->origin, answers, count, &fixture->ingested,
                               &fixture->error);
    if (status == STORE_OK)
        status = store_commit(fixture->store, &fixture->error);
    if (status != STORE_OK)
        store_rollback(fixture->store);
    return status;
}

void fixture_press(struct fixture *fixture, uint8_t question, uint16_t value)
{
    struct answer answer = {
        .seq = ++fixture->seq,
        .question = question,
        .value = value,
        .boot = fixture->origin.boot,
        .uptime_s = (uint32_t)((fixture->origin.arrived_ms - fixture->origin.boot_started_ms) / 1000),
    };

    if (question == QUESTION_RATING)
        fixture->rating_seq = answer.seq;
    else if (question > QUESTION_RATING && question <= QUESTION_FLAG)
        answer.visit_back = (uint8_t)(answer.seq - fixture->rating_seq);
    if (fixture_send(fixture, &answer, 1) != STORE_OK)
        fail_msg("%s", fixture->error.text);
}

int64_t fixture_integer(struct fixture *fixture, const char *sql)
{
    sqlite3_stmt *statement = NULL;
    int64_t value;

    if (sqlite3_prepare_v2(store_connection(fixture->store), sql, -1, &statement, NULL) != SQLITE_OK)
        fail_msg("%s: %s", sql, sqlite3_errmsg(store_connection(fixture->store)));
    value = sqlite3_step(statement) == SQLITE_ROW ? sqlite3_column_int64(statement, 0) : INT64_MIN;
    sqlite3_finalize(statement);
    return value;
}

void fixture_run(struct fixture *fixture, const char *sql)
{
    char *message = NULL;

    if (sqlite3_exec(store_connection(fixture->store), sql, NULL, NULL, &message) != SQLITE_OK)
        fail_msg("%s: %s", sql, message);
}

#define WEEKS 520
#define WEEK_KIOSKS 8
#define WEEK_PEOPLE 5

/* Copies of the present week's row, for each kiosk and person. */
void fixture_fill_ten_years(struct fixture *fixture, uint16_t staff)
{
    char sql[160];

    for (int i = 0; i < FIXTURE_WEEK_ANSWERS / WEEK_KIOSKS; i++) {
        fixture_wait(fixture, MINUTE_MS);
        fixture_press(fixture, QUESTION_RATING, 5);
        fixture_press(fixture, QUESTION_STAFF, staff);
        fixture_press(fixture, QUESTION_MENTION, MENTION_NO);
    }
    fixture_run(fixture, "BEGIN; CREATE TEMP TABLE one AS SELECT * FROM tally WHERE level = 5 AND staff > 0");
    for (int i = 0; i < WEEKS * WEEK_KIOSKS * WEEK_PEOPLE; i++) {
        snprintf(sql, sizeof sql,
                 "UPDATE one SET kiosk = %d, staff = %d, start_ms = start_ms - %lld;"
                 " INSERT INTO tally SELECT * FROM one",
                 1 + i % WEEK_KIOSKS, staff + i / WEEK_KIOSKS % WEEK_PEOPLE,
                 i % (WEEK_KIOSKS * WEEK_PEOPLE) == 0 ? 7LL * DAY_MS : 0LL);
        fixture_run(fixture, sql);
    }
    fixture_run(fixture, "DROP TABLE one; COMMIT");
}

json_t *fixture_report(struct fixture *fixture, struct report_query query)
{
    json_t *reply = NULL;

    query.now_ms = fixture_now(fixture);
    if (report_run(fixture->store, &query, &reply, &fixture->error) != STORE_OK)
        fail_msg("%s", fixture->error.text);
    return reply;
}

json_t *fixture_at(json_t *reply, const char *path)
{
    char key[64];
    size_t size;

    for (; *path != '\0'; path += size + (path[size] == '.' ? 1 : 0)) {
        size = strcspn(path, ".");
        snprintf(key, sizeof key, "%.*s", (int)size, path);
        reply = json_object_get(reply, key);
        if (reply == NULL)
            fail_msg("no \"%s\"", path);
    }
    return reply;
}

void fixture_verify(struct fixture *fixture)
{
    struct store_verified verified;

    if (store_verify(fixture->store, &verified, NULL, NULL, &fixture->error) != STORE_OK)
        fail_msg("%s", fixture->error.text);
    assert_string_equal(verified.first_difference, "");
    assert_int_equal(verified.tallies_wrong + verified.visits_wrong + verified.missing, 0);
}
