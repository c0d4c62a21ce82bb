/* SPDX-License-Identifier: MIT */
#include "fixture.h"

#include <errno.h>
#include <sqlite3.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "daemon/store_help.h"
#include "daemon/store_internal.h"

static struct store_help_call calls[STORE_HELP_NEWS_MAX];

/* How many calls changed since the last time; they are in `calls`. */
static size_t take(struct fixture *fixture)
{
    size_t count;
    bool is_more;

    assert_int_equal(store_help_take(fixture->store, calls, &count, &is_more, &fixture->error), STORE_OK);
    assert_false(is_more);
    return count;
}

static void call_for_help(struct fixture *fixture)
{
    fixture_press(fixture, QUESTION_RATING, 1);
    fixture_press(fixture, QUESTION_HELP, HELP_YES);
}

/* One call of the store in a transaction of its own. */
#define COMMITTED(fixture, call)                                                       \
    do {                                                                               \
        assert_int_equal(store_begin((fixture)->store, &(fixture)->error), STORE_OK);  \
        if ((call) != STORE_OK)                                                        \
            fail_msg("%s", (fixture)->error.text);                                     \
        assert_int_equal(store_commit((fixture)->store, &(fixture)->error), STORE_OK); \
    } while (0)

#define REFUSED(fixture, call, because)                                               \
    do {                                                                              \
        assert_int_equal(store_begin((fixture)->store, &(fixture)->error), STORE_OK); \
        assert_int_equal(call, STORE_REFUSED);                                        \
        assert_non_null(strstr((fixture)->error.text, because));                      \
        store_rollback((fixture)->store);                                             \
    } while (0)

static void test_answer_makes_one_call_in_its_own_transaction(void **state)
{
    struct fixture *fixture = *state;
    struct answer answer = {.seq = 1, .question = QUESTION_RATING, .value = 1, .boot = 1, .uptime_s = 3600};

    assert_int_equal(fixture_send(fixture, &answer, 1), STORE_OK);
    answer = (struct answer){
        .seq = 2, .visit_back = 1, .question = QUESTION_HELP, .value = HELP_YES, .boot = 1, .uptime_s = 3590};
    assert_int_equal(store_begin(fixture->store, &fixture->error), STORE_OK);
    assert_int_equal(
        store_answers(fixture->store, &fixture->origin, &answer, 1, &fixture->ingested, &fixture->error),
        STORE_OK);
    assert_int_equal(take(fixture), 0); /* not committed yet ... */
    store_rollback(fixture->store);
    assert_int_equal(take(fixture), 0); /* ... and never */
    assert_int_equal(fixture_integer(fixture, "SELECT count(*) FROM help_call"), 0);
    assert_int_equal(fixture_send(fixture, &answer, 1), STORE_OK);
    assert_int_equal(fixture_send(fixture, &answer, 1), STORE_OK); /* it comes again: a duplicate */
    assert_int_equal(take(fixture), 1);
    assert_true(calls[0].kind == CALL_KIND_HELP && calls[0].state == CALL_OPEN && !calls[0].is_raised);
    assert_true(calls[0].kiosk_id == fixture->admitted.kiosk_id);
    assert_string_equal(calls[0].kiosk, FIXTURE_KIOSK);
    assert_int_equal(calls[0].visit, 1);
    assert_int_equal(calls[0].called_ms, FIXTURE_NOON_MS - 10000);
    assert_int_equal(take(fixture), 0);
}

static void test_no_and_silence_call_nobody(void **state)
{
    struct fixture *fixture = *state;

    fixture_press(fixture, QUESTION_RATING, 1);
    fixture_press(fixture, QUESTION_HELP, HELP_NO);
    fixture_press(fixture, QUESTION_RATING, 1);
    fixture_press(fixture, QUESTION_HELP, ANSWER_NONE);
    assert_int_equal(take(fixture), 0);
}

static void test_call_that_comes_too_late_is_missed(void **state)
{
    struct fixture *fixture = *state;
    struct answer answers[] = {
        {.seq = 1, .question = QUESTION_RATING, .value = 1, .boot = 1, .uptime_s = 3600 - 121},
        {.seq = 2,
         .visit_back = 1,
         .question = QUESTION_HELP,
         .value = HELP_YES,
         .boot = 1,
         .uptime_s = 3600 - 121},
        {.seq = 3, .question = QUESTION_RATING, .value = 1, .boot = 1, .uptime_s = 3600 - 120},
        {.seq = 4,
         .visit_back = 1,
         .question = QUESTION_HELP,
         .value = HELP_YES,
         .boot = 1,
         .uptime_s = 3600 - 120},
    };

    assert_int_equal(fixture_send(fixture, answers, 4), STORE_OK);
    assert_int_equal(take(fixture), 2);
    assert_int_equal(calls[0].state, CALL_MISSED);
    assert_int_equal(calls[1].state, CALL_OPEN);
}

static void test_lateness_does_not_depend_on_the_hosts_clock(void **state)
{
    struct fixture *fixture = *state;

    fixture->origin.is_clock_good = false; /* times are five minutes vague */
    call_for_help(fixture);
    assert_int_equal(take(fixture), 1);
    assert_int_equal(calls[0].state, CALL_OPEN);
    assert_int_equal(calls[0].called_ms, FIXTURE_NOON_MS);
}

static void test_call_of_a_boot_that_nobody_knows_is_missed(void **state)
{
    struct fixture *fixture = *state;
    struct answer answers[] = {
        {.seq = 1, .question = QUESTION_RATING, .value = 1, .boot = 1, .uptime_s = 3590},
        {.seq = 2,
         .visit_back = 1,
         .question = QUESTION_HELP,
         .value = HELP_YES,
         .boot = 1,
         .uptime_s = 3590},
    };

    fixture_wait(fixture, HOUR_MS);
    fixture->origin.boot = 2; /* it lost power, for who knows how long */
    fixture->origin.boot_started_ms = fixture_now(fixture) - 5000;
    assert_int_equal(fixture_send(fixture, answers, 2), STORE_OK);
    assert_int_equal(take(fixture), 1);
    assert_int_equal(calls[0].state, CALL_MISSED);
}

static void test_call_is_acknowledged_and_closed_once(void **state)
{
    struct fixture *fixture = *state;
    struct store *store = fixture->store;
    struct store_error *error = &fixture->error;
    uint16_t dan;

    COMMITTED(fixture, store_staff_add(store, "Dan", FIXTURE_NOON_MS, &dan, error));
    call_for_help(fixture);
    take(fixture);
    REFUSED(fixture, store_help_acknowledge(store, "2", NULL, FIXTURE_NOON_MS, error), "no help call \"2\"");
    REFUSED(fixture, store_help_acknowledge(store, "Dan", NULL, FIXTURE_NOON_MS, error), "no help call");
    REFUSED(fixture, store_help_acknowledge(store, "1", "Eve", FIXTURE_NOON_MS, error), "Eve");
    COMMITTED(fixture, store_help_acknowledge(store, "1", "Dan", FIXTURE_NOON_MS + 5000, error));
    assert_int_equal(take(fixture), 1);
    assert_true(calls[0].state == CALL_ACKNOWLEDGED && calls[0].changed_ms == FIXTURE_NOON_MS + 5000);
    assert_int_equal(fixture_integer(fixture, "SELECT acknowledged_by FROM help_call"), dan);
    REFUSED(fixture, store_help_acknowledge(store, "1", NULL, FIXTURE_NOON_MS, error),
            "acknowledged already");
    REFUSED(fixture, store_help_close(store, "1", "gone", NULL, NULL, FIXTURE_NOON_MS, error), "no outcome");
    COMMITTED(fixture,
              store_help_close(store, "1", "handed-on", "to the till", NULL, FIXTURE_NOON_MS + 60000, error));
    assert_int_equal(take(fixture), 1);
    assert_true(calls[0].state == CALL_CLOSED && calls[0].changed_ms == FIXTURE_NOON_MS + 60000);
    assert_int_equal(fixture_integer(fixture,
                                     "SELECT count(*) FROM help_call WHERE outcome = 2 AND closed_by IS NULL"
                                     " AND remark = 'to the till'"),
                     1);
    REFUSED(fixture, store_help_close(store, "1", "solved", NULL, NULL, FIXTURE_NOON_MS, error),
            "closed already");
}

static void test_here_at_the_kiosk_acknowledges_what_was_called_there(void **state)
{
    struct fixture *fixture = *state;

    call_for_help(fixture);
    call_for_help(fixture);
    take(fixture);
    fixture_wait(fixture, 20000);
    fixture_press(fixture, QUESTION_HERE, 7);
    assert_int_equal(take(fixture), 2);
    assert_true(calls[0].state == CALL_ACKNOWLEDGED && calls[1].state == CALL_ACKNOWLEDGED);
    assert_int_equal(calls[1].changed_ms, FIXTURE_NOON_MS + 20000);
    assert_int_equal(fixture_integer(fixture, "SELECT count(*) FROM help_call WHERE acknowledged_by = 7"), 2);
    fixture_press(fixture, QUESTION_HERE, 8);
    assert_int_equal(take(fixture), 0);
    fixture_verify(fixture);
}

static void test_kiosk_is_told_of_its_newest_call_until_that_is_over(void **state)
{
    struct fixture *fixture = *state;
    struct store *store = fixture->store;
    struct store_error *error = &fixture->error;
    int64_t kiosk = fixture->admitted.kiosk;
    enum help_state help_state;
    uint32_t visit;

    assert_int_equal(store_help_newest(store, kiosk, &visit, &help_state, error), STORE_OK);
    assert_int_equal(visit, 0);
    call_for_help(fixture);
    assert_int_equal(store_help_newest(store, kiosk, &visit, &help_state, error), STORE_OK);
    assert_true(visit == 1 && help_state == HELP_STATE_OPEN);
    COMMITTED(fixture, store_help_acknowledge(store, "1", NULL, FIXTURE_NOON_MS, error));
    assert_int_equal(store_help_newest(store, kiosk, &visit, &help_state, error), STORE_OK);
    assert_true(visit == 1 && help_state == HELP_STATE_ON_THE_WAY);
    COMMITTED(fixture, store_help_close(store, "1", "solved", NULL, NULL, FIXTURE_NOON_MS, error));
    assert_int_equal(store_help_newest(store, kiosk, &visit, &help_state, error), STORE_OK);
    assert_int_equal(visit, 0);
}

static void test_restart_tells_young_calls_again_and_misses_those_never_raised(void **state)
{
    struct fixture *fixture = *state;
    struct store_error *error = &fixture->error;

    call_for_help(fixture); /* 1: raised, unacknowledged for long */
    call_for_help(fixture); /* 2: never raised */
    COMMITTED(fixture, store_help_raised(fixture->store, 1, FIXTURE_NOON_MS, error));
    COMMITTED(fixture, store_help_told(fixture->store, 1, STORE_HELP_COMMAND, error));
    fixture_wait(fixture, STORE_HELP_LATE_MS + 1000);
    call_for_help(fixture); /* 3: just now */
    fixture_reopen(fixture);
    COMMITTED(fixture, store_help_resume(fixture->store, fixture_now(fixture), error));
    assert_int_equal(take(fixture), 3);
    assert_true(calls[0].id == 2 && calls[0].state == CALL_MISSED);
    assert_true(calls[1].id == 3 && calls[1].state == CALL_OPEN && !calls[1].is_raised);
    assert_true(calls[2].id == 1 && calls[2].state == CALL_OPEN && calls[2].is_raised);
    assert_int_equal(calls[2].told, STORE_HELP_COMMAND);
    COMMITTED(fixture, store_help_resume(fixture->store, fixture_now(fixture) + HOUR_MS, error));
    assert_int_equal(take(fixture), 1); /* the third was not raised either; the first waits for people */
    assert_true(calls[0].id == 3 && calls[0].state == CALL_MISSED);
}

static void test_more_calls_than_there_is_room_for_are_told_by_resuming(void **state)
{
    struct fixture *fixture = *state;
    size_t count;
    bool is_more;

    for (int i = 0; i < STORE_HELP_NEWS_MAX + 5; i++)
        call_for_help(fixture);
    assert_int_equal(store_help_take(fixture->store, calls, &count, &is_more, &fixture->error), STORE_OK);
    assert_true(count == STORE_HELP_NEWS_MAX && is_more);
    for (size_t i = 0; i < count; i++)
        COMMITTED(fixture, store_help_raised(fixture->store, calls[i].id, FIXTURE_NOON_MS, &fixture->error));
    COMMITTED(fixture, store_help_resume(fixture->store, FIXTURE_NOON_MS, &fixture->error));
    count = take(fixture);
    size_t unraised = 0;
    for (size_t i = 0; i < count; i++)
        unraised += !calls[i].is_raised;
    assert_int_equal(unraised, 5);
}

/* Bad runs ------------------------------------------------------------------------------------------------------- */

static void rate(struct fixture *fixture, const char *ratings, int64_t apart_ms)
{
    for (; *ratings != '\0'; ratings++) {
        fixture_press(fixture, QUESTION_RATING, (uint16_t)(*ratings - '0'));
        fixture_wait(fixture, apart_ms);
    }
}

static void open_with_rule(struct fixture *fixture)
{
    const struct store_options options = {.path = fixture->path,
                                          .store_name = "Test Street",
                                          .timezone = "Europe/Berlin",
                                          .bad_run = {.percent = 50, .ratings = 4, .minutes = 15}};

    store_close(fixture->store);
    assert_int_equal(store_open(&options, &fixture->store, &fixture->error), STORE_OK);
}

static void test_half_unhappy_of_four_is_a_bad_run(void **state)
{
    struct fixture *fixture = *state;

    open_with_rule(fixture);
    rate(fixture, "151", MINUTE_MS);
    assert_int_equal(take(fixture), 0); /* of three only */
    rate(fixture, "5", MINUTE_MS);
    assert_int_equal(take(fixture), 1);
    assert_true(calls[0].kind == CALL_KIND_BAD_RUN && calls[0].state == CALL_OPEN);
    assert_true(calls[0].ratings == 4 && calls[0].unhappy == 2);
    rate(fixture, "11", MINUTE_MS);
    assert_int_equal(take(fixture), 0); /* the same run */
}

static void test_less_than_half_and_long_ago_are_no_run(void **state)
{
    struct fixture *fixture = *state;

    open_with_rule(fixture);
    rate(fixture, "15535", MINUTE_MS);
    rate(fixture, "1", 0); /* 2 of 6 */
    assert_int_equal(take(fixture), 0);
    fixture_wait(fixture, 15 * MINUTE_MS);
    rate(fixture, "112", MINUTE_MS); /* three, and nothing else within 15 min */
    assert_int_equal(take(fixture), 0);
    rate(fixture, "3", 0);
    assert_int_equal(take(fixture), 1);
}

static void test_another_run_begins_after_a_quarter_of_an_hour_without(void **state)
{
    struct fixture *fixture = *state;

    open_with_rule(fixture);
    rate(fixture, "1111", MINUTE_MS);
    assert_int_equal(take(fixture), 1);
    rate(fixture, "55555", 0); /* 4 of 9: good again ... */
    rate(fixture, "11", 0);    /* ... and bad: the same run goes on */
    assert_int_equal(take(fixture), 0);
    fixture_wait(fixture, 16 * MINUTE_MS);
    rate(fixture, "1111", MINUTE_MS);
    assert_int_equal(take(fixture), 1);
    assert_int_equal(fixture_integer(fixture, "SELECT count(*) FROM help_call WHERE kind = 2"), 2);
}

static void test_withdrawn_ratings_make_no_run(void **state)
{
    struct fixture *fixture = *state;
    struct answer answers[12];

    open_with_rule(fixture);
    for (uint32_t i = 0; i < 6; i++) {
        answers[2 * i] = (struct answer){
            .seq = 2 * i + 1, .question = QUESTION_RATING, .value = 1, .boot = 1, .uptime_s = 3500 + 10 * i};
        answers[2 * i + 1] = answers[2 * i];
        answers[2 * i + 1].seq++;
        answers[2 * i + 1].visit_back = 1;
        answers[2 * i + 1].question = QUESTION_FLAG;
        answers[2 * i + 1].value = FLAG_WITHDRAWN;
    }
    assert_int_equal(fixture_send(fixture, answers, 12), STORE_OK);
    fixture->seq = 12;
    rate(fixture, "1555", MINUTE_MS);
    assert_int_equal(take(fixture), 0);
}

static void test_no_rule_no_runs(void **state)
{
    struct fixture *fixture = *state;

    rate(fixture, "11111111", MINUTE_MS);
    assert_int_equal(take(fixture), 0);
}

static void test_run_noticed_late_is_missed(void **state)
{
    struct fixture *fixture = *state;
    struct answer answers[4];

    open_with_rule(fixture);
    for (uint32_t i = 0; i < 4; i++)
        answers[i] = (struct answer){
            .seq = i + 1, .question = QUESTION_RATING, .value = 1, .boot = 1, .uptime_s = 3000 + i};
    assert_int_equal(fixture_send(fixture, answers, 4), STORE_OK);
    assert_int_equal(take(fixture), 1);
    assert_int_equal(calls[0].state, CALL_MISSED);
}

/* Refusals --------------------------------------------------------------------------------------------------------- */

static void test_only_the_digits_of_a_call_name_it(void **state)
{
    static const char *const no_calls[] = {"", "0", "2", "1x", "x1", "-1", " 1", "0000000000000001"};
    struct fixture *fixture = *state;
    struct store *store = fixture->store;
    struct store_error *error = &fixture->error;

    call_for_help(fixture);
    for (size_t i = 0; i < sizeof no_calls / sizeof *no_calls; i++) {
        REFUSED(fixture, store_help_acknowledge(store, no_calls[i], NULL, FIXTURE_NOON_MS, error),
                "there is no help call");
        REFUSED(fixture, store_help_close(store, no_calls[i], "solved", NULL, NULL, FIXTURE_NOON_MS, error),
                "there is no help call");
    }
    COMMITTED(fixture, store_help_acknowledge(store, "000000000000001", NULL, FIXTURE_NOON_MS, error));
    assert_int_equal(fixture_integer(fixture, "SELECT state FROM help_call"), CALL_ACKNOWLEDGED);
}

static void test_missed_call_is_neither_acknowledged_nor_closed(void **state)
{
    struct fixture *fixture = *state;
    struct store *store = fixture->store;
    struct store_error *error = &fixture->error;

    call_for_help(fixture);
    COMMITTED(fixture, store_help_resume(store, FIXTURE_NOON_MS + HOUR_MS, error));
    assert_int_equal(fixture_integer(fixture, "SELECT state FROM help_call"), CALL_MISSED);
    REFUSED(fixture, store_help_acknowledge(store, "1", NULL, FIXTURE_NOON_MS, error), "1 was missed");
    REFUSED(fixture, store_help_close(store, "1", "solved", NULL, NULL, FIXTURE_NOON_MS, error),
            "1 was missed");
    assert_int_equal(fixture_integer(fixture, "SELECT state FROM help_call"), CALL_MISSED);
}

static void test_remark_of_more_than_200_bytes_is_refused(void **state)
{
    struct fixture *fixture = *state;
    struct store *store = fixture->store;
    struct store_error *error = &fixture->error;
    char remark[STORE_HELP_REMARK_SIZE_MAX + 2];

    call_for_help(fixture);
    memset(remark, 'r', sizeof remark - 1);
    remark[sizeof remark - 1] = '\0';
    REFUSED(fixture, store_help_close(store, "1", "could_not", remark, NULL, FIXTURE_NOON_MS, error),
            "at most 200 bytes");
    assert_int_equal(fixture_integer(fixture, "SELECT state FROM help_call"), CALL_OPEN);
    COMMITTED(fixture, store_help_close(store, "1", "could_not", remark + 1, NULL, FIXTURE_NOON_MS, error));
    assert_int_equal(fixture_integer(fixture, "SELECT length(remark) FROM help_call WHERE state = 3"), 200);
}

/* It is printed on the terminals of all who watch: an escape sequence there would be obeyed. */
static void test_remark_that_is_not_one_visible_line_is_refused(void **state)
{
    static const char *const remarks[] = {"\033[2J", "two\nlines",
                                          "\xC2\x9B\062J", /* the 2 is no digit of the 9B */
                                          "\xE2\x80\xAEraw", "\xFF"};
    struct fixture *fixture = *state;
    struct store *store = fixture->store;
    struct store_error *error = &fixture->error;

    call_for_help(fixture);
    for (size_t i = 0; i < sizeof remarks / sizeof remarks[0]; i++)
        REFUSED(fixture, store_help_close(store, "1", "solved", remarks[i], NULL, FIXTURE_NOON_MS, error),
                "a remark is one line");
    assert_int_equal(fixture_integer(fixture, "SELECT state FROM help_call"), CALL_OPEN);
    COMMITTED(fixture, store_help_close(store, "1", "solved", "<Zoë> 新", NULL, FIXTURE_NOON_MS, error));
}

/* Interruptions ---------------------------------------------------------------------------------------------------- */

static int count_down(void *context)
{
    int *left = context;

    return (*left)-- == 0;
}

/* SQLite fails once, after so many instructions; what is asked of it then, it does again. NULL: not at all. */
static void stop_after(struct fixture *fixture, int *instructions)
{
    sqlite3_progress_handler(store_connection(fixture->store), 1, instructions == NULL ? NULL : count_down,
                             instructions);
}

/* All that is known of help calls. */
static void read_calls(struct fixture *fixture, char text[1024])
{
    static const char sql[] = "SELECT json_group_array(json_array(id, kind, visit, called_ms, state, told, "
                              "raised_ms, acknowledged_ms,"
                              " acknowledged_by, closed_ms, closed_by, outcome, remark, ratings, unhappy, "
                              "until_ms)) FROM help_call";
    sqlite3_stmt *statement = NULL;

    assert_int_equal(sqlite3_prepare_v2(store_connection(fixture->store), sql, -1, &statement, NULL),
                     SQLITE_OK);
    assert_int_equal(sqlite3_step(statement), SQLITE_ROW);
    sqlite3_snprintf(1024, text, "%s", sqlite3_column_text(statement, 0));
    sqlite3_finalize(statement);
}

/* The next answer, as far as the commit: that one, stopped at its very end, says no of what is there. */
static enum store_status send_next(struct fixture *fixture, uint8_t question, uint16_t value)
{
    const struct answer answer = {.seq = fixture->seq + 1,
                                  .visit_back = question == QUESTION_HELP ? 1 : 0,
                                  .question = question,
                                  .value = value,
                                  .boot = 1,
                                  .uptime_s =
                                      (uint32_t)((fixture_now(fixture) - FIXTURE_NOON_MS + HOUR_MS) / 1000)};
    enum store_status status =
        store_answers(fixture->store, &fixture->origin, &answer, 1, &fixture->ingested, &fixture->error);

    return status == STORE_OK ? store_flush(fixture->store, &fixture->error) : status;
}

static enum store_status step_call(struct fixture *fixture)
{
    return send_next(fixture, QUESTION_HELP, HELP_YES);
}

static enum store_status step_raised(struct fixture *fixture)
{
    return store_help_raised(fixture->store, 1, FIXTURE_NOON_MS, &fixture->error);
}

static enum store_status step_told(struct fixture *fixture)
{
    return store_help_told(fixture->store, 1, STORE_HELP_WEBHOOK, &fixture->error);
}

static enum store_status step_acknowledge(struct fixture *fixture)
{
    return store_help_acknowledge(fixture->store, "1", "Dan", FIXTURE_NOON_MS, &fixture->error);
}

static enum store_status step_close(struct fixture *fixture)
{
    return store_help_close(fixture->store, "1", "solved", "a tap drips", "Dan", FIXTURE_NOON_MS,
                            &fixture->error);
}

static enum store_status step_here(struct fixture *fixture)
{
    return send_next(fixture, QUESTION_HERE, 7);
}

static enum store_status step_rating(struct fixture *fixture)
{
    return send_next(fixture, QUESTION_RATING, 1);
}

static enum store_status step_resume(struct fixture *fixture)
{
    return store_help_resume(fixture->store, fixture_now(fixture), &fixture->error);
}

/* Stops it after 0, 1, 2 ... instructions, until it goes through; `news` calls have changed then. */
static void stop_everywhere(struct fixture *fixture, enum store_status (*step)(struct fixture *fixture),
                            size_t news)
{
    char before[1024], after[1024];
    enum store_status status = STORE_REFUSED;
    int instructions = 0;

    read_calls(fixture, before);
    for (; status != STORE_OK; instructions++) {
        int left = instructions;
        assert_int_equal(store_begin(fixture->store, &fixture->error), STORE_OK);
        stop_after(fixture, &left);
        status = step(fixture);
        stop_after(fixture, NULL);
        if (status == STORE_OK)
            break;
        assert_int_equal(status, STORE_REFUSED);
        assert_non_null(strstr(fixture->error.text, "took too long"));
        store_rollback(fixture->store);
        read_calls(fixture, after);
        assert_string_equal(after, before);
        COMMITTED(fixture, STORE_OK); /* of nothing: nor does that tell of it */
        assert_int_equal(take(fixture), 0);
    }
    assert_true(instructions > 5);
    assert_int_equal(store_commit(fixture->store, &fixture->error), STORE_OK);
    read_calls(fixture, after);
    assert_string_not_equal(after, before);
    assert_int_equal(take(fixture), news);
}

static void test_what_stops_at_any_instruction_changes_no_call(void **state)
{
    static const struct {
        enum store_status (*step)(struct fixture *fixture);
        uint32_t answers; /* that it stores */
        size_t news;
    } steps[] = {
        {step_call, 1, 1},   {step_raised, 0, 0}, {step_told, 0, 0}, {step_acknowledge, 0, 1},
        {step_close, 0, 1},  {step_call, 1, 1},   {step_here, 1, 1}, {step_rating, 1, 1},
        {step_rating, 1, 0}, {step_resume, 0, 1},
    };
    struct fixture *fixture = *state;
    uint16_t dan;

    open_with_rule(fixture);
    COMMITTED(fixture, store_staff_add(fixture->store, "Dan", FIXTURE_NOON_MS, &dan, &fixture->error));
    rate(fixture, "111", 0);
    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
        fixture_wait(fixture, 3 * MINUTE_MS / 2);
        stop_everywhere(fixture, steps[i].step, steps[i].news);
        fixture->seq += steps[i].answers;
    }
    fixture_verify(fixture);
}

static void test_calls_that_could_not_be_read_are_told_the_next_time(void **state)
{
    struct fixture *fixture = *state;
    enum store_status status = STORE_REFUSED;
    int instructions = 0;
    size_t count;
    bool is_more;

    call_for_help(fixture);
    call_for_help(fixture);
    for (; status != STORE_OK; instructions++) {
        int left = instructions;
        stop_after(fixture, &left);
        status = store_help_take(fixture->store, calls, &count, &is_more, &fixture->error);
        stop_after(fixture, NULL);
        assert_true(status == STORE_OK || status == STORE_REFUSED);
    }
    assert_true(instructions > 5);
    assert_true(count == 2 && calls[0].id == 1 && calls[1].id == 2);
    assert_int_equal(take(fixture), 0);
}

/* Whoever takes the news must still learn that there is more, and resume again. */
static void test_a_resume_that_failed_does_not_forget_that_there_is_more(void **state)
{
    static const int instructions[] = {0, 7, 40};
    struct fixture *fixture = *state;
    size_t count;
    bool is_more;

    for (size_t i = 0; i < sizeof instructions / sizeof *instructions; i++) {
        int left = instructions[i];
        for (int call = 0; call < STORE_HELP_NEWS_MAX + 1; call++)
            call_for_help(fixture);
        assert_int_equal(store_begin(fixture->store, &fixture->error), STORE_OK);
        stop_after(fixture, &left);
        assert_int_equal(step_resume(fixture), STORE_REFUSED);
        stop_after(fixture, NULL);
        store_rollback(fixture->store);
        assert_int_equal(store_help_take(fixture->store, calls, &count, &is_more, &fixture->error), STORE_OK);
        assert_int_equal(count, STORE_HELP_NEWS_MAX);
        assert_true(is_more);
    }
}

static void test_kiosk_is_told_of_no_call_that_could_not_be_read(void **state)
{
    struct fixture *fixture = *state;
    enum store_status status = STORE_REFUSED;
    enum help_state help_state;
    int instructions = 0;
    uint32_t visit;

    call_for_help(fixture);
    for (; status != STORE_OK; instructions++) {
        int left = instructions;
        stop_after(fixture, &left);
        status =
            store_help_newest(fixture->store, fixture->admitted.kiosk, &visit, &help_state, &fixture->error);
        stop_after(fixture, NULL);
        assert_true(status == STORE_OK || status == STORE_REFUSED);
        assert_int_equal(visit, status == STORE_OK ? 1 : 0);
        assert_int_equal(help_state, status == STORE_OK ? HELP_STATE_OPEN : HELP_STATE_CLOSED);
    }
    assert_true(instructions > 5);
}

static struct store_help_waiting waiting(struct fixture *fixture)
{
    struct store_help_waiting waiting;

    assert_int_equal(store_help_waiting(fixture->store, &waiting, &fixture->error), STORE_OK);
    return waiting;
}

static void test_the_oldest_call_that_nobody_has_answered_is_named_and_the_rest_counted(void **state)
{
    struct fixture *fixture = *state;
    struct store *store = fixture->store;
    struct store_error *error = &fixture->error;

    assert_int_equal(waiting(fixture).count, 0);
    call_for_help(fixture);
    fixture_wait(fixture, MINUTE_MS);
    call_for_help(fixture);
    struct store_help_waiting first = waiting(fixture);
    assert_true(first.count == 2 && first.id == 1 && first.kind == CALL_KIND_HELP);
    assert_int_equal(first.called_ms, FIXTURE_NOON_MS);
    assert_string_equal(first.kiosk, FIXTURE_KIOSK);
    COMMITTED(fixture, store_help_acknowledge(store, "1", NULL, FIXTURE_NOON_MS, error));
    struct store_help_waiting second = waiting(fixture);
    assert_true(second.count == 1 && second.id == 2 && second.called_ms == FIXTURE_NOON_MS + MINUTE_MS);
    COMMITTED(fixture, store_help_close(store, "2", "solved", NULL, NULL, FIXTURE_NOON_MS, error));
    assert_int_equal(waiting(fixture).count, 0);
}

static void test_calls_that_could_not_be_counted_are_not_said_to_be_none(void **state)
{
    struct fixture *fixture = *state;
    struct store_help_waiting waiting;
    enum store_status status = STORE_REFUSED;
    int instructions = 0;

    call_for_help(fixture);
    for (; status != STORE_OK; instructions++) {
        int left = instructions;
        stop_after(fixture, &left);
        status = store_help_waiting(fixture->store, &waiting, &fixture->error);
        stop_after(fixture, NULL);
        assert_true(status == STORE_OK || status == STORE_REFUSED);
    }
    assert_true(instructions > 5);
    assert_int_equal(waiting.count, 1);
    fixture_run(fixture, "DROP INDEX help_call_open"); /* by another program */
    assert_int_equal(store_help_waiting(fixture->store, &waiting, &fixture->error), STORE_BROKEN);
    assert_non_null(strstr(fixture->error.text, "help_call_open"));
}

static unsigned writes_refused;

/* A quota in the way of the database alone: its -wal may grow. */
static ssize_t write_with_quota(int fd, const void *bytes, size_t size, off_t at)
{
    char link[32], path[FIXTURE_PATH_SIZE] = "";

    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    if (readlink(link, path, sizeof path - 1) > 0 && strstr(path, "-wal") != NULL)
        return pwrite(fd, bytes, size, at);
    writes_refused++;
    errno = EDQUOT;
    return -1;
}

static void test_call_is_kept_when_a_quota_is_in_the_way_of_the_checkpoint(void **state)
{
    const struct answer answers[] = {
        {.seq = 1, .question = QUESTION_RATING, .value = 1, .boot = 1, .uptime_s = 3600},
        {.seq = 2,
         .visit_back = 1,
         .question = QUESTION_HELP,
         .value = HELP_YES,
         .boot = 1,
         .uptime_s = 3600}};
    struct fixture *fixture = *state;
    const struct store_options options = {
        .path = fixture->path, .store_name = "Test", .timezone = "Europe/Berlin", .checkpoint_pages = 1};
    sqlite3_vfs *vfs = sqlite3_vfs_find(NULL);
    const char *name = vfs->xGetSystemCall(vfs, "pwrite64") == NULL ? "pwrite" : "pwrite64";
    sqlite3_syscall_ptr real_write = vfs->xGetSystemCall(vfs, name);

    store_close(fixture->store);
    assert_int_equal(store_open(&options, &fixture->store, &fixture->error), STORE_OK);
    writes_refused = 0;
    vfs->xSetSystemCall(vfs, name, (sqlite3_syscall_ptr)write_with_quota);
    enum store_status status = fixture_send(fixture, answers, 2);
    vfs->xSetSystemCall(vfs, name, real_write);
    assert_int_equal(status, STORE_OK);
    assert_string_equal(fixture->error.text, "");
    assert_true(writes_refused > 0);
    assert_int_equal(take(fixture), 1);
    COMMITTED(fixture, store_help_acknowledge(fixture->store, "1", NULL, FIXTURE_NOON_MS, &fixture->error));
    fixture_reopen(fixture);
    assert_int_equal(fixture_integer(fixture, "SELECT state FROM help_call"), CALL_ACKNOWLEDGED);
    fixture_verify(fixture);
}

/* Notes ------------------------------------------------------------------------------------------------------------ */

static void test_notes_are_kept_with_their_instant_and_the_newest_shown_one_is_for_kiosks(void **state)
{
    struct fixture *fixture = *state;
    struct store *store = fixture->store;
    struct store_error *error = &fixture->error;
    struct store_note notes[8];
    char shown[NOTE_SIZE_MAX + 1];
    size_t count;
    int64_t id;

    COMMITTED(fixture, store_note_add(store, "New queue signs", true, FIXTURE_NOON_MS, &id, error));
    COMMITTED(fixture, store_note_add(store, "another supplier, and a second till in the morning, at last",
                                      false, FIXTURE_NOON_MS + DAY_MS, &id, error));
    assert_int_equal(store_notes(store, INT64_MIN, INT64_MAX, notes, 8, &count, error), STORE_OK);
    assert_int_equal(count, 2);
    assert_true(notes[1].noted_ms == FIXTURE_NOON_MS && notes[1].is_shown && !notes[0].is_shown);
    assert_string_equal(notes[1].text, "New queue signs");
    assert_int_equal(
        store_notes(store, FIXTURE_NOON_MS + 1, FIXTURE_NOON_MS + DAY_MS, notes, 8, &count, error), STORE_OK);
    assert_int_equal(count, 0);
    assert_int_equal(store_note_shown(store, shown, error), STORE_OK);
    assert_string_equal(shown, "New queue signs");
    uint64_t generation = store_roster_generation(store);
    COMMITTED(fixture, store_note_remove(store, "1", error));
    assert_true(store_roster_generation(store) != generation);
    assert_int_equal(store_note_shown(store, shown, error), STORE_OK);
    assert_string_equal(shown, "");
    REFUSED(fixture, store_note_remove(store, "1", error), "no note \"1\"");
}

static void test_note_that_cannot_be_shown_is_refused(void **state)
{
    struct fixture *fixture = *state;
    struct store *store = fixture->store;
    struct store_error *error = &fixture->error;
    int64_t id;

    COMMITTED(fixture, store_note_add(store, "21 characters is more", true, FIXTURE_NOON_MS, &id, error));
    REFUSED(fixture, store_note_add(store, "22 characters are mores", true, FIXTURE_NOON_MS, &id, error),
            "at most 21 characters");
    REFUSED(fixture, store_note_add(store, "新", true, FIXTURE_NOON_MS, &id, error), "cannot be displayed");
    REFUSED(fixture, store_note_add(store, "", false, FIXTURE_NOON_MS, &id, error), "1 to 200 bytes");
    REFUSED(fixture, store_note_add(store, "two\nlines", false, FIXTURE_NOON_MS, &id, error), "one line");
    REFUSED(fixture,
            store_note_add(store,
                           "\xC2\x9B"
                           "2J",
                           false, FIXTURE_NOON_MS, &id, error),
            "one line");
    REFUSED(fixture, store_note_add(store, "\xE2\x80\xAEwen", false, FIXTURE_NOON_MS, &id, error),
            "one line");
    COMMITTED(fixture, store_note_add(store, "新", false, FIXTURE_NOON_MS, &id, error));
}

/* What calls keep of their visits --------------------------------------------------------------------------------- */

static int64_t kept(struct fixture *fixture, const char *column)
{
    char sql[96];

    snprintf(sql, sizeof sql, "SELECT ifnull(%s, -1) FROM help_call", column);
    return fixture_integer(fixture, sql);
}

static void test_call_keeps_what_the_visit_becomes(void **state)
{
    struct fixture *fixture = *state;
    const struct zone *zone = store_zone(fixture->store);

    call_for_help(fixture);
    assert_int_equal(kept(fixture, "visit_ms"), fixture_integer(fixture, "SELECT instant_ms FROM visit"));
    assert_int_equal(kept(fixture, "visit_span_ms"), 0);
    assert_int_equal(kept(fixture, "visit_staff"), 0);
    assert_int_equal(kept(fixture, "is_counted"), 1);
    assert_int_equal(kept(fixture, "day_ms"), period_start(zone, PERIOD_DAY, fixture_now(fixture)));
    assert_int_equal(kept(fixture, "month_ms"), period_start(zone, PERIOD_MONTH, fixture_now(fixture)));
    assert_int_equal(kept(fixture, "year_ms"), period_start(zone, PERIOD_YEAR, fixture_now(fixture)));
    fixture_press(fixture, QUESTION_STAFF, 3);
    assert_int_equal(kept(fixture, "visit_staff"), 3);
    fixture_press(fixture, QUESTION_FLAG, FLAG_WITHDRAWN);
    assert_int_equal(kept(fixture, "is_counted"), 0);
    fixture_verify(fixture);
    fixture_press(fixture, QUESTION_HELP, HELP_NO);
    assert_int_equal(kept(fixture, "visit_ms"), -1);
    assert_int_equal(kept(fixture, "is_counted"), -1);
    fixture_verify(fixture);
}

static void test_call_of_uncertain_time_keeps_the_periods_it_is_certain_of(void **state)
{
    struct fixture *fixture = *state;
    const struct zone *zone = store_zone(fixture->store);
    int64_t seen_ms = fixture_now(fixture);

    fixture_press(fixture, QUESTION_RATING, 5); /* by which the kiosk was heard */
    fixture_wait(fixture, 30 * HOUR_MS);
    fixture->origin.boot = 3;
    fixture->origin.boot_started_ms = fixture_now(fixture);
    const struct answer answers[] = {
        {.seq = 2, .question = QUESTION_RATING, .value = 1, .boot = 2, .uptime_s = 5},
        {.seq = 3, .visit_back = 1, .question = QUESTION_HELP, .value = HELP_YES, .boot = 2, .uptime_s = 9}};
    assert_int_equal(fixture_send(fixture, answers, 2), STORE_OK);
    assert_true(kept(fixture, "visit_span_ms") > 12 * HOUR_MS);
    assert_int_equal(kept(fixture, "day_ms"), -1);
    assert_int_equal(kept(fixture, "month_ms"), period_start(zone, PERIOD_MONTH, seen_ms));
    fixture_verify(fixture);
}

static void test_calls_keep_the_periods_of_a_new_zone(void **state)
{
    struct fixture *fixture = *state;

    call_for_help(fixture);
    call_for_help(fixture);
    fixture->timezone = "Asia/Kathmandu"; /* in which the day begins at another instant */
    fixture_reopen(fixture);
    int64_t day_ms = period_start(store_zone(fixture->store), PERIOD_DAY, fixture_now(fixture));
    assert_int_equal(fixture_integer(fixture, "SELECT count(*) FROM help_call"), 2);
    assert_int_equal(fixture_integer(fixture, "SELECT min(day_ms) FROM help_call"), day_ms);
    assert_int_equal(fixture_integer(fixture, "SELECT max(day_ms) FROM help_call"), day_ms);
    fixture_verify(fixture);
}

/* Whatever fails, fails the transaction: the database stays as it was. */
static void test_what_cannot_be_kept_of_a_visit_is_not_half_kept(void **state)
{
    static const char *const fails[] = {
        "CREATE TRIGGER meddler BEFORE INSERT ON visit BEGIN SELECT RAISE(ABORT, 'no'); END",
        "CREATE TRIGGER meddler BEFORE UPDATE ON help_call BEGIN SELECT RAISE(ABORT, 'no'); END"};
    struct fixture *fixture = *state;
    const struct answer flag = {
        .seq = 3, .visit_back = 2, .question = QUESTION_FLAG, .value = FLAG_STUCK, .boot = 1};

    call_for_help(fixture);
    for (int i = 0; i < 2; i++) {
        fixture_run(fixture, fails[i]);
        assert_int_equal(fixture_send(fixture, &flag, 1), STORE_BROKEN);
        fixture_reopen(fixture);
        fixture_run(fixture, "DROP TRIGGER meddler");
        fixture_verify(fixture);
    }
    fixture_run(fixture, fails[1]);
    fixture->timezone = "Asia/Kathmandu"; /* in which the day begins at another instant */
    store_close(fixture->store);
    assert_int_equal(fixture_try_open(fixture), STORE_BROKEN);
    fixture->timezone = "Europe/Berlin";
    fixture_try_open(fixture);
    fixture_verify(fixture);
}

/* Versions --------------------------------------------------------------------------------------------------------- */

static void test_database_of_version_4_gets_calls_and_notes(void **state)
{
    struct fixture *fixture = *state;
    struct store_help_waiting waiting;
    struct store_note note;
    size_t count;

    fixture_run(fixture, FIXTURE_BACK_TO_VERSION_4);
    const struct store_options archived = {.path = fixture->path, .is_read_only = true};
    struct store *reader = NULL;
    if (store_open(&archived, &reader, &fixture->error) != STORE_OK)
        fail_msg("%s", fixture->error.text);
    assert_false(store_knows_help(reader));
    assert_int_equal(store_help_waiting(reader, &waiting, &fixture->error), STORE_OK);
    assert_int_equal(waiting.count, 0);
    assert_int_equal(store_notes(reader, INT64_MIN, INT64_MAX, &note, 1, &count, &fixture->error), STORE_OK);
    assert_int_equal(count, 0);
    store_close(reader);
    fixture_reopen(fixture);
    assert_true(store_knows_help(fixture->store));
    assert_int_equal(fixture_integer(fixture, "PRAGMA user_version"), FIXTURE_VERSION);
    call_for_help(fixture);
    assert_int_equal(take(fixture), 1);
}

#define WITH_STORE(test) cmocka_unit_test_setup_teardown(test, fixture_setup, fixture_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_STORE(test_answer_makes_one_call_in_its_own_transaction),
        WITH_STORE(test_no_and_silence_call_nobody),
        WITH_STORE(test_call_that_comes_too_late_is_missed),
        WITH_STORE(test_lateness_does_not_depend_on_the_hosts_clock),
        WITH_STORE(test_call_of_a_boot_that_nobody_knows_is_missed),
        WITH_STORE(test_call_is_acknowledged_and_closed_once),
        WITH_STORE(test_here_at_the_kiosk_acknowledges_what_was_called_there),
        WITH_STORE(test_kiosk_is_told_of_its_newest_call_until_that_is_over),
        WITH_STORE(test_restart_tells_young_calls_again_and_misses_those_never_raised),
        WITH_STORE(test_more_calls_than_there_is_room_for_are_told_by_resuming),
        WITH_STORE(test_half_unhappy_of_four_is_a_bad_run),
        WITH_STORE(test_less_than_half_and_long_ago_are_no_run),
        WITH_STORE(test_another_run_begins_after_a_quarter_of_an_hour_without),
        WITH_STORE(test_withdrawn_ratings_make_no_run),
        WITH_STORE(test_no_rule_no_runs),
        WITH_STORE(test_run_noticed_late_is_missed),
        WITH_STORE(test_only_the_digits_of_a_call_name_it),
        WITH_STORE(test_missed_call_is_neither_acknowledged_nor_closed),
        WITH_STORE(test_remark_of_more_than_200_bytes_is_refused),
        WITH_STORE(test_remark_that_is_not_one_visible_line_is_refused),
        WITH_STORE(test_what_stops_at_any_instruction_changes_no_call),
        WITH_STORE(test_calls_that_could_not_be_read_are_told_the_next_time),
        WITH_STORE(test_a_resume_that_failed_does_not_forget_that_there_is_more),
        WITH_STORE(test_kiosk_is_told_of_no_call_that_could_not_be_read),
        WITH_STORE(test_the_oldest_call_that_nobody_has_answered_is_named_and_the_rest_counted),
        WITH_STORE(test_calls_that_could_not_be_counted_are_not_said_to_be_none),
        WITH_STORE(test_call_is_kept_when_a_quota_is_in_the_way_of_the_checkpoint),
        WITH_STORE(test_notes_are_kept_with_their_instant_and_the_newest_shown_one_is_for_kiosks),
        WITH_STORE(test_note_that_cannot_be_shown_is_refused),
        WITH_STORE(test_call_keeps_what_the_visit_becomes),
        WITH_STORE(test_call_of_uncertain_time_keeps_the_periods_it_is_certain_of),
        WITH_STORE(test_calls_keep_the_periods_of_a_new_zone),
        WITH_STORE(test_what_cannot_be_kept_of_a_visit_is_not_half_kept),
        WITH_STORE(test_database_of_version_4_gets_calls_and_notes),
    };

    return cmocka_run_group_tests_name("store_help", tests, NULL, NULL);
}
