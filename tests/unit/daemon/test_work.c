/* SPDX-License-Identifier: MIT */
#include "fixture.h"

#include <sqlite3.h>
#include <stdio.h>
#include <string.h>

#include "daemon/store_privacy.h"
#include "daemon/store_retention.h"
#include "daemon/work.h"

static enum store_status fill_the_disk(struct store *store, void *context, struct store_error *error)
{
    (void)store, (void)context;
    snprintf(error->text, sizeof error->text, "the disk is full");
    return STORE_FULL;
}

static enum store_status refuse(struct store *store, void *context, struct store_error *error)
{
    (void)store, (void)context;
    snprintf(error->text, sizeof error->text, "no");
    return STORE_REFUSED;
}

static struct work make_answers(const struct fixture *fixture, uint32_t seq, uint32_t epoch)
{
    struct work work = {.kind = WORK_ANSWERS,
                        .session = 4,
                        .epoch = epoch,
                        .now_ms = FIXTURE_NOON_MS,
                        .origin = fixture->origin};

    work.ask.answers.first_seq = seq;
    work.ask.answers.count = 1;
    work.ask.answers.answers[0] = (struct answer){.seq = seq,
                                                  .question = QUESTION_RATING,
                                                  .value = 5,
                                                  .boot = fixture->origin.boot,
                                                  .uptime_s = 60 + seq};
    return work;
}

static enum store_status fail_to_sync(struct store *store, void *context, struct store_error *error)
{
    (void)store, (void)context;
    snprintf(error->text, sizeof error->text, "the disk did not take it");
    return STORE_BROKEN;
}

static void test_nothing_is_tried_after_the_database_broke(void **state)
{
    struct fixture *fixture = *state;
    struct work_runner runner;
    struct work answers = make_answers(fixture, 1, 1);
    struct work broken = {.kind = WORK_CALL, .session = WORK_NO_SESSION, .ask.call = {fail_to_sync, NULL}};
    struct work *const first[] = {&broken};
    struct work *const second[] = {&answers};
    struct work_roster roster;
    bool is_more;
    struct store_error error;

    work_runner_init(&runner, fixture->store);
    assert_int_equal(work_run(&runner, first, 1, &error), STORE_BROKEN);
    assert_int_equal(work_run(&runner, second, 1, &error), STORE_BROKEN);
    assert_int_equal(answers.status, STORE_BROKEN);
    assert_string_equal(answers.error.text, "the disk did not take it");
    assert_int_equal(fixture_integer(fixture, "SELECT count(*) FROM answer"), 0);
    assert_int_equal(work_roster_make(&runner, FIXTURE_NOON_MS, &roster, &is_more, &error), STORE_BROKEN);
}

static void test_batch_is_one_transaction_and_refusals_stay_single(void **state)
{
    struct fixture *fixture = *state;
    struct work_runner runner;
    struct work answers = make_answers(fixture, 1, 1);
    struct work refused = {.kind = WORK_CALL, .session = WORK_NO_SESSION, .ask.call = {refuse, NULL}};
    struct work *const items[] = {&refused, &answers};
    struct store_error error;

    work_runner_init(&runner, fixture->store);
    assert_int_equal(work_run(&runner, items, 2, &error), STORE_OK);
    assert_int_equal(refused.status, STORE_REFUSED);
    assert_int_equal(answers.status, STORE_OK);
    assert_int_equal(answers.result.ingested.through, 1);
    assert_int_equal(fixture_integer(fixture, "SELECT count(*) FROM answer"), 1);
}

static void test_full_disk_undoes_the_batch_and_fails_what_was_queued_behind_it(void **state)
{
    struct fixture *fixture = *state;
    struct work_runner runner;
    struct work first = make_answers(fixture, 1, 1), second = make_answers(fixture, 2, 1);
    struct work full = {.kind = WORK_CALL, .session = WORK_NO_SESSION, .ask.call = {fill_the_disk, NULL}};
    struct work *const batch[] = {&first, &full};
    struct work *const behind[] = {&second};
    struct store_error error;

    work_runner_init(&runner, fixture->store);
    assert_int_equal(work_run(&runner, batch, 2, &error), STORE_FULL);
    assert_int_equal(first.status, STORE_FULL);
    assert_int_equal(fixture_integer(fixture, "SELECT count(*) FROM answer"), 0);
    assert_int_equal(work_run(&runner, behind, 1, &error), STORE_OK);
    assert_int_equal(second.status, STORE_FULL);
    first.epoch = second.epoch = 2; /* the session knows, and sends both again */
    struct work *const again[] = {&first, &second};
    assert_int_equal(work_run(&runner, again, 2, &error), STORE_OK);
    assert_int_equal(second.status, STORE_OK);
    assert_int_equal(second.result.ingested.through, 2);
}

static void test_roster_is_made_after_a_change_and_at_midnight(void **state)
{
    struct fixture *fixture = *state;
    struct work_runner runner;
    struct work_roster roster;
    bool is_more;
    struct store_error error;
    uint16_t id;

    work_runner_init(&runner, fixture->store);
    assert_true(work_is_roster_stale(&runner, FIXTURE_NOON_MS));
    assert_int_equal(work_roster_make(&runner, FIXTURE_NOON_MS, &roster, &is_more, &error), STORE_OK);
    assert_true(roster.count == 0 && roster.version == 0);
    assert_false(work_is_roster_stale(&runner, FIXTURE_NOON_MS));
    assert_true(work_is_roster_stale(&runner, FIXTURE_NOON_MS + 12 * HOUR_MS));
    assert_int_equal(store_begin(fixture->store, &error), STORE_OK);
    assert_int_equal(store_staff_add(fixture->store, "Dan", FIXTURE_NOON_MS, &id, &error), STORE_OK);
    assert_int_equal(store_commit(fixture->store, &error), STORE_OK);
    assert_true(work_is_roster_stale(&runner, FIXTURE_NOON_MS));
    assert_int_equal(work_roster_make(&runner, FIXTURE_NOON_MS, &roster, &is_more, &error), STORE_OK);
    assert_int_equal(roster.count, 1);
    assert_int_equal(roster.counts[0].staff_id, id);
    assert_true(roster.version == message_roster_version(0, &roster.entries[0]));
    fixture_press(fixture, QUESTION_RATING, 5);
    assert_false(work_is_roster_stale(&runner, FIXTURE_NOON_MS));
    fixture_press(fixture, QUESTION_STAFF, id);
    fixture_press(fixture, QUESTION_MENTION, MENTION_ASKED);
    assert_true(work_is_roster_stale(&runner, FIXTURE_NOON_MS)); /* their counts are others now */
    assert_int_equal(work_roster_make(&runner, FIXTURE_NOON_MS, &roster, &is_more, &error), STORE_OK);
    assert_int_equal(roster.counts[0].asked_today, 1);
}

static void test_kiosks_know_nobody_to_ask_for_while_no_name_is_kept(void **state)
{
    struct fixture *fixture = *state;
    struct work_runner runner;
    struct work_roster roster;
    bool is_more;
    struct store_error error;
    uint16_t id;

    work_runner_init(&runner, fixture->store);
    assert_int_equal(store_begin(fixture->store, &error), STORE_OK);
    assert_int_equal(store_staff_add(fixture->store, "Dan", FIXTURE_NOON_MS, &id, &error), STORE_OK);
    assert_int_equal(store_commit(fixture->store, &error), STORE_OK);
    assert_int_equal(work_roster_make(&runner, FIXTURE_NOON_MS, &roster, &is_more, &error), STORE_OK);
    assert_int_equal(roster.count, 1);
    assert_int_equal(store_begin(fixture->store, &error), STORE_OK);
    assert_int_equal(store_policy_set(fixture->store, ATTRIBUTE_NONE, FIXTURE_NOON_MS, &error), STORE_OK);
    assert_int_equal(store_commit(fixture->store, &error), STORE_OK);
    assert_true(work_is_roster_stale(&runner, FIXTURE_NOON_MS));
    assert_int_equal(work_roster_make(&runner, FIXTURE_NOON_MS, &roster, &is_more, &error), STORE_OK);
    assert_int_equal(roster.count, 0);
    assert_int_equal(roster.version, 0);
}

static struct work make_hello(const struct fixture *fixture, enum work_kind kind)
{
    struct work work = {.kind = kind, .session = 4, .now_ms = FIXTURE_NOON_MS};

    work.ask.hello.hello = fixture_hello(fixture);
    snprintf(work.ask.hello.port, sizeof work.ask.hello.port, FIXTURE_PORT);
    return work;
}

static void test_every_kind_is_done_in_its_order(void **state)
{
    struct fixture *fixture = *state;
    struct work_runner runner;
    struct work hello = make_hello(fixture, WORK_HELLO), confirm = make_hello(fixture, WORK_CONFIRM);
    struct work answers = make_answers(fixture, 1, 1);
    struct work lost = {.kind = WORK_LOST, .origin = fixture->origin, .ask.lost = {2, 3, LOST_DAMAGED}};
    struct work health = {.kind = WORK_HEALTH, .origin = fixture->origin, .now_ms = FIXTURE_NOON_MS};
    struct work *const items[] = {&hello, &answers, &lost, &health, &confirm};
    struct store_error error;

    work_runner_init(&runner, fixture->store);
    assert_int_equal(work_run(&runner, items, 5, &error), STORE_OK);
    for (size_t i = 0; i < 5; i++)
        assert_int_equal(items[i]->status, STORE_OK);
    assert_int_equal(answers.result.ingested.through, 1);
    assert_int_equal(lost.result.ingested.through, 3);
    assert_int_equal(hello.midnight_in_s, 12 * 3600);
    assert_int_equal(health.midnight_in_s, 12 * 3600);
    assert_memory_equal(hello.result.hello.database_id, store_database_id(fixture->store), DATABASE_ID_SIZE);
}

static void test_a_hello_that_is_refused_or_unknown_is_told_no_presence(void **state)
{
    struct fixture *fixture = *state;
    struct work_runner runner;
    struct work contradicting = make_hello(fixture, WORK_HELLO), strange = make_hello(fixture, WORK_HELLO);
    struct work *const items[] = {&contradicting, &strange};
    struct store_error error;

    contradicting.ask.hello.hello.oldest = 0;
    strange.ask.hello.hello.kiosk_id++;
    strange.asks_presence = true;
    work_runner_init(&runner, fixture->store);
    assert_int_equal(work_run(&runner, items, 2, &error), STORE_OK);
    assert_int_equal(contradicting.status, STORE_REFUSED);
    assert_string_not_equal(contradicting.error.text, "");
    assert_int_equal(strange.status, STORE_OK);
    assert_int_equal(strange.result.hello.admitted.admission, STORE_OTHER_DATABASE);
    assert_int_equal(strange.present_count, 0);
}

/* A sign-off that the same transaction stores before is in it. */
static void test_who_is_signed_on_is_told_to_who_asks(void **state)
{
    struct fixture *fixture = *state;
    struct work_runner runner;
    struct store_error error;
    uint16_t id;

    assert_int_equal(store_begin(fixture->store, &error), STORE_OK);
    assert_int_equal(store_staff_add(fixture->store, "Dan", FIXTURE_NOON_MS, &id, &error), STORE_OK);
    assert_int_equal(store_commit(fixture->store, &error), STORE_OK);
    struct work on = make_answers(fixture, 1, 1), off = make_answers(fixture, 2, 1);
    on.ask.answers.answers[0].question = QUESTION_SIGN_ON;
    off.ask.answers.answers[0].question = QUESTION_SIGN_OFF;
    on.ask.answers.answers[0].value = off.ask.answers.answers[0].value = id;
    struct work before = {.kind = WORK_HEALTH,
                          .origin = fixture->origin,
                          .now_ms = fixture->origin.arrived_ms,
                          .asks_presence = true};
    struct work silent = before, after = before;
    struct work *const items[] = {&on, &before, &silent, &off, &after};
    silent.asks_presence = false;
    work_runner_init(&runner, fixture->store);
    assert_int_equal(work_run(&runner, items, 5, &error), STORE_OK);
    assert_int_equal(before.present_count, 1);
    assert_int_equal(before.present[0].staff_id, id);
    assert_int_equal(silent.present_count, 0);
    assert_int_equal(after.present_count, 0);
}

/* Only by answers that are stored, too, of the same conversation: nothing else says ACK for them. */
static void test_answers_are_followed_by_stored_ones_of_their_conversation(void **state)
{
    struct work works[] = {
        {.kind = WORK_ANSWERS, .session = 1, .epoch = 1, .status = STORE_OK},
        {.kind = WORK_ANSWERS, .session = 2, .epoch = 1, .status = STORE_OK},
        {.kind = WORK_LOST, .session = 1, .epoch = 1, .status = STORE_OK},
        {.kind = WORK_HEALTH, .session = 1, .epoch = 1, .status = STORE_OK},
        {.kind = WORK_ANSWERS, .session = 1, .epoch = 2, .status = STORE_OK},
        {.kind = WORK_ANSWERS, .session = 2, .epoch = 1, .status = STORE_FULL, .is_followed = true},
        {.kind = WORK_ANSWERS, .session = WORK_NO_SESSION, .status = STORE_OK},
    };
    const bool expected[] = {true, false, false, false, false, false, false};
    size_t count = sizeof works / sizeof works[0];

    (void)state;
    for (size_t i = 0; i + 1 < count; i++)
        works[i].next = &works[i + 1];
    work_mark_followed(works);
    for (size_t i = 0; i < count; i++)
        assert_int_equal(works[i].is_followed, expected[i]);
    work_mark_followed(NULL);
}

static void test_answers_of_no_session_are_tried_again_after_a_full_disk(void **state)
{
    struct fixture *fixture = *state;
    struct work_runner runner;
    struct work answers = make_answers(fixture, 1, 1);
    struct work full = {.kind = WORK_CALL, .session = WORK_NO_SESSION, .ask.call = {fill_the_disk, NULL}};
    struct work *const batch[] = {&answers, &full};
    struct work *const again[] = {&answers};
    struct store_error error;

    answers.session = WORK_NO_SESSION; /* as from a file */
    work_runner_init(&runner, fixture->store);
    assert_int_equal(work_run(&runner, batch, 2, &error), STORE_FULL);
    assert_int_equal(work_run(&runner, again, 1, &error), STORE_OK);
    assert_int_equal(answers.status, STORE_OK);
    assert_int_equal(answers.result.ingested.through, 1);
}

static void test_another_program_that_holds_the_file_is_a_full_disk(void **state)
{
    struct fixture *fixture = *state;
    struct work_runner runner;
    struct work answers = make_answers(fixture, 1, 1);
    struct work *const items[] = {&answers};
    struct work_roster roster;
    bool is_more;
    struct store_error error;
    sqlite3 *other = NULL;

    work_runner_init(&runner, fixture->store);
    sqlite3_busy_timeout(store_connection(fixture->store), 0);
    assert_int_equal(sqlite3_open(fixture->path, &other), SQLITE_OK);
    assert_int_equal(sqlite3_exec(other, "BEGIN IMMEDIATE", NULL, NULL, NULL), SQLITE_OK);
    assert_int_equal(work_run(&runner, items, 1, &error), STORE_FULL);
    assert_int_equal(answers.status, STORE_FULL);
    assert_int_equal(work_roster_make(&runner, FIXTURE_NOON_MS, &roster, &is_more, &error), STORE_FULL);
    assert_true(work_is_roster_stale(&runner, FIXTURE_NOON_MS));
    sqlite3_close(other);
    answers.epoch++;
    assert_int_equal(work_run(&runner, items, 1, &error), STORE_OK);
    assert_int_equal(work_roster_make(&runner, FIXTURE_NOON_MS, &roster, &is_more, &error), STORE_OK);
    assert_false(work_is_roster_stale(&runner, FIXTURE_NOON_MS));
}

/* Once: the ROLLBACK that follows is not to be stopped, too. */
static int count_down(void *context)
{
    int *left = context;

    return (*left)-- == 0;
}

static void test_a_roster_that_stops_at_any_instruction_is_not_made(void **state)
{
    struct fixture *fixture = *state;
    struct work_runner runner;
    struct work_roster roster;
    bool is_more;
    struct store_error error;
    enum store_status status = STORE_REFUSED;
    uint16_t id;
    int instructions = 0;

    assert_int_equal(store_begin(fixture->store, &error), STORE_OK);
    assert_int_equal(store_staff_add(fixture->store, "Dan", FIXTURE_NOON_MS, &id, &error), STORE_OK);
    assert_int_equal(store_staff_add(fixture->store, "Ida", FIXTURE_NOON_MS, &id, &error), STORE_OK);
    assert_int_equal(store_commit(fixture->store, &error), STORE_OK);
    work_runner_init(&runner, fixture->store);
    for (; status != STORE_OK; instructions++) {
        int left = instructions;
        sqlite3_progress_handler(store_connection(fixture->store), 1, count_down, &left);
        status = work_roster_make(&runner, FIXTURE_NOON_MS, &roster, &is_more, &error);
        sqlite3_progress_handler(store_connection(fixture->store), 0, NULL, NULL);
        assert_true(work_is_roster_stale(&runner, FIXTURE_NOON_MS) == (status != STORE_OK));
        assert_true(status == STORE_OK || status == STORE_REFUSED);
        assert_true(instructions < 100000);
    }
    assert_true(instructions > 20);
    assert_int_equal(roster.count, 2);
}

/* A visit that calls for help, as the store gets it. */
static struct work make_call(const struct fixture *fixture)
{
    struct work work = make_answers(fixture, 1, 1);

    work.ask.answers.count = 2;
    work.ask.answers.answers[0].uptime_s = 3600;
    work.ask.answers.answers[1] = work.ask.answers.answers[0];
    work.ask.answers.answers[1].seq++;
    work.ask.answers.answers[1].visit_back = 1;
    work.ask.answers.answers[1].question = QUESTION_HELP;
    work.ask.answers.answers[1].value = HELP_YES;
    return work;
}

static void test_calls_are_told_after_their_transaction_and_what_was_done_is_kept(void **state)
{
    struct fixture *fixture = *state;
    struct work_runner runner;
    struct store_help_call calls[STORE_HELP_NEWS_MAX];
    struct work answers = make_call(fixture), hello = make_hello(fixture, WORK_HELLO);
    struct work raised = {.kind = WORK_HELP, .now_ms = FIXTURE_NOON_MS, .ask.help = {WORK_HELP_RAISED, 1, 0}};
    struct work told = {.kind = WORK_HELP, .ask.help = {WORK_HELP_TOLD, 1, STORE_HELP_WEBHOOK}};
    struct work resume = {
        .kind = WORK_HELP, .now_ms = FIXTURE_NOON_MS, .ask.help = {.what = WORK_HELP_RESUME}};
    struct work *const first[] = {&answers}, *const second[] = {&raised, &told, &resume, &hello};
    struct store_error error;
    size_t count;
    bool is_more;

    work_runner_init(&runner, fixture->store);
    assert_int_equal(work_run(&runner, first, 1, &error), STORE_OK);
    assert_int_equal(work_take_calls(&runner, calls, &count, &is_more, &error), STORE_OK);
    assert_true(count == 1 && calls[0].id == 1 && !calls[0].is_raised);
    hello.ask.hello.hello.oldest = hello.ask.hello.hello.next = 3;
    assert_int_equal(work_run(&runner, second, 4, &error), STORE_OK);
    for (size_t i = 0; i < 4; i++)
        assert_int_equal(second[i]->status, STORE_OK);
    assert_int_equal(hello.result.hello.help_visit, 1);
    assert_int_equal(hello.result.hello.help_state, HELP_STATE_OPEN);
    assert_int_equal(work_take_calls(&runner, calls, &count, &is_more, &error), STORE_OK);
    assert_true(count == 1 && calls[0].is_raised && calls[0].told == STORE_HELP_WEBHOOK);
}

/* A file that lost a page. Who is welcomed or heard with half of what belongs to it would be told what is not so. */
static void test_what_cannot_be_read_or_kept_of_a_kiosk_ends_its_transaction(void **state)
{
    static const struct {
        enum work_kind kind;
        const char *loss;
    } cases[] = {
        {WORK_HELLO, "DROP TABLE presence"},
        {WORK_HELLO, "DROP TABLE help_call"},
        {WORK_HELLO, "DROP TABLE hearing"},
        {WORK_HEALTH, "DROP TABLE presence"},
        {WORK_PURGE, "DROP TABLE hearing"},
        {WORK_HEALTH, "DROP TABLE hearing"},
        {WORK_HEALTH, "DROP VIEW v1_kiosk; ALTER TABLE kiosk DROP COLUMN resent"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct fixture *fixture;
        struct work_runner runner;
        struct store_error error;

        assert_int_equal(fixture_setup((void **)&fixture), 0);
        struct work work = make_hello(fixture, WORK_HELLO);
        struct work *const items[] = {&work};
        if (cases[i].kind != WORK_HELLO)
            work = (struct work){.kind = cases[i].kind, .now_ms = FIXTURE_NOON_MS, .origin = fixture->origin};
        if (cases[i].kind == WORK_HEALTH)
            work.ask.health.refused = 3;
        work.origin.is_clock_good = true;
        work.asks_presence = true;
        work_runner_init(&runner, fixture->store);
        fixture_run(fixture, cases[i].loss);
        int64_t refused = fixture_integer(fixture, "SELECT refused FROM kiosk");
        assert_int_equal(work_run(&runner, items, 1, &error), STORE_BROKEN);
        assert_int_equal(work.status, STORE_BROKEN);
        assert_string_not_equal(work.error.text, "");
        assert_int_equal(fixture_integer(fixture, "SELECT refused FROM kiosk"), refused);
        fixture_teardown((void **)&fixture);
    }
}

static void test_what_is_due_to_go_goes_in_the_transaction_of_its_batch(void **state)
{
    struct fixture *fixture = *state;
    struct work_runner runner;
    struct store_error error;
    struct work full = {.kind = WORK_CALL, .session = WORK_NO_SESSION, .ask.call = {fill_the_disk, NULL}};
    struct work purge = {.kind = WORK_PURGE, .session = WORK_NO_SESSION};
    struct work *const undone[] = {&purge, &full}, *const items[] = {&purge};

    for (unsigned i = 0; i <= STORE_KEPT_BACK; i++) {
        fixture_press(fixture, QUESTION_RATING, 5);
        fixture_wait(fixture, MINUTE_MS);
    }
    assert_int_equal(store_begin(fixture->store, &error), STORE_OK);
    assert_int_equal(store_retention_set(fixture->store, STORE_RETENTION_DAYS_MIN, FIXTURE_NOON_MS, &error),
                     STORE_OK);
    assert_int_equal(store_commit(fixture->store, &error), STORE_OK);
    purge.now_ms = FIXTURE_NOON_MS + (STORE_RETENTION_DAYS_MIN + 2) * DAY_MS;
    work_runner_init(&runner, fixture->store);
    assert_int_equal(work_run(&runner, undone, 2, &error), STORE_FULL);
    assert_int_equal(fixture_integer(fixture, "SELECT count(*) FROM answer"), STORE_KEPT_BACK + 1);
    assert_int_equal(work_run(&runner, items, 1, &error), STORE_OK);
    assert_true(purge.result.is_more);
    assert_int_equal(fixture_integer(fixture, "SELECT count(*) FROM answer"), STORE_KEPT_BACK);
    assert_int_equal(work_run(&runner, items, 1, &error), STORE_OK);
    assert_false(purge.result.is_more);
    assert_int_equal(fixture_integer(fixture, "SELECT count(*) FROM answer"), STORE_KEPT_BACK);
    fixture_verify(fixture);
}

/* HELLO and HEALTH are contacts, if the clock was good when they came. */
static void test_who_speaks_is_recorded_as_heard(void **state)
{
    struct fixture *fixture = *state;
    struct work_runner runner;
    struct store_error error;
    struct work health = {.kind = WORK_HEALTH, .now_ms = FIXTURE_NOON_MS, .origin = fixture->origin};
    struct work hello = {.kind = WORK_HELLO, .now_ms = FIXTURE_NOON_MS + HOUR_MS};
    struct work *items[] = {&health};

    work_runner_init(&runner, fixture->store);
    health.origin.is_clock_good = false;
    assert_int_equal(work_run(&runner, items, 1, &error), STORE_OK);
    assert_int_equal(fixture_integer(fixture, "SELECT count(*) FROM hearing"), 0);
    health.now_ms += MINUTE_MS;
    health.origin.is_clock_good = true;
    assert_int_equal(work_run(&runner, items, 1, &error), STORE_OK);
    assert_int_equal(fixture_integer(fixture, "SELECT until_ms FROM hearing"), FIXTURE_NOON_MS + MINUTE_MS);
    hello.ask.hello.hello = fixture_hello(fixture);
    snprintf(hello.ask.hello.port, sizeof hello.ask.hello.port, "%s", FIXTURE_PORT);
    hello.origin.is_clock_good = true;
    items[0] = &hello;
    assert_int_equal(work_run(&runner, items, 1, &error), STORE_OK);
    assert_int_equal(fixture_integer(fixture, "SELECT to_ms - from_ms FROM silence"), HOUR_MS - MINUTE_MS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_nothing_is_tried_after_the_database_broke, fixture_setup,
                                        fixture_teardown),
        cmocka_unit_test_setup_teardown(test_batch_is_one_transaction_and_refusals_stay_single, fixture_setup,
                                        fixture_teardown),
        cmocka_unit_test_setup_teardown(test_full_disk_undoes_the_batch_and_fails_what_was_queued_behind_it,
                                        fixture_setup, fixture_teardown),
        cmocka_unit_test_setup_teardown(test_roster_is_made_after_a_change_and_at_midnight, fixture_setup,
                                        fixture_teardown),
        cmocka_unit_test_setup_teardown(test_kiosks_know_nobody_to_ask_for_while_no_name_is_kept,
                                        fixture_setup, fixture_teardown),
        cmocka_unit_test_setup_teardown(test_every_kind_is_done_in_its_order, fixture_setup,
                                        fixture_teardown),
        cmocka_unit_test_setup_teardown(test_who_is_signed_on_is_told_to_who_asks, fixture_setup,
                                        fixture_teardown),
        cmocka_unit_test_setup_teardown(test_a_hello_that_is_refused_or_unknown_is_told_no_presence,
                                        fixture_setup, fixture_teardown),
        cmocka_unit_test_setup_teardown(test_answers_of_no_session_are_tried_again_after_a_full_disk,
                                        fixture_setup, fixture_teardown),
        cmocka_unit_test_setup_teardown(test_another_program_that_holds_the_file_is_a_full_disk,
                                        fixture_setup, fixture_teardown),
        cmocka_unit_test_setup_teardown(test_calls_are_told_after_their_transaction_and_what_was_done_is_kept,
                                        fixture_setup, fixture_teardown),
        cmocka_unit_test(test_what_cannot_be_read_or_kept_of_a_kiosk_ends_its_transaction),
        cmocka_unit_test_setup_teardown(test_what_is_due_to_go_goes_in_the_transaction_of_its_batch,
                                        fixture_setup, fixture_teardown),
        cmocka_unit_test(test_answers_are_followed_by_stored_ones_of_their_conversation),
        cmocka_unit_test_setup_teardown(test_a_roster_that_stops_at_any_instruction_is_not_made,
                                        fixture_setup, fixture_teardown),
        cmocka_unit_test_setup_teardown(test_who_speaks_is_recorded_as_heard, fixture_setup,
                                        fixture_teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
