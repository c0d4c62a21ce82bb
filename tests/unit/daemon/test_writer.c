/* SPDX-License-Identifier: MIT
 *
 * The thread between its two queues, with a real store. A call that holds the thread (struct gate) says when it is there,
 * and goes on when the test says so; only what the thread itself does by its clock is looked at by the clock here.
 */
#include "fixture.h"

#include <poll.h>
#include <pthread.h>
#include <semaphore.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "daemon/clock.h"
#include "daemon/store_help.h"
#include "daemon/writer.h"
#include "tests/storage/fault_memory.h"
#include "tests/storage/fault_vfs.h"

#define PATIENCE_MS 20000

struct gate {
    sem_t is_reached, may_pass;
    enum store_status status;
};

struct desk {
    struct fixture *store;
    struct writer *writer;
    struct gate gate;
    struct work *taken[WRITER_CAPACITY];
    unsigned taken_count;
};

static unsigned dropped_count;

static void drop(void *context)
{
    assert_non_null(context);
    dropped_count++;
}

static int open_desk(void **state)
{
    struct desk *desk = calloc(1, sizeof *desk);

    if (desk == NULL || fixture_setup((void **)&desk->store) != 0)
        return -1;
    sem_init(&desk->gate.is_reached, 0, 0);
    sem_init(&desk->gate.may_pass, 0, 0);
    dropped_count = 0;
    *state = desk;
    return 0;
}

static void start(struct desk *desk)
{
    desk->writer = writer_start(desk->store->store, &desk->store->error);
    assert_non_null(desk->writer);
}

static void stop(struct desk *desk)
{
    writer_stop(desk->writer, drop);
    desk->writer = NULL;
}

static int close_desk(void **state)
{
    struct desk *desk = *state;

    sem_post(&desk->gate.may_pass);
    stop(desk); /* where a test has not */
    for (unsigned i = 0; i < desk->taken_count; i++)
        free(desk->taken[i]);
    sem_destroy(&desk->gate.is_reached);
    sem_destroy(&desk->gate.may_pass);
    fixture_teardown((void **)&desk->store);
    free(desk);
    return 0;
}

static enum store_status wait_at_gate(struct store *store, void *context, struct store_error *error)
{
    struct gate *gate = context;

    (void)store;
    sem_post(&gate->is_reached);
    sem_wait(&gate->may_pass);
    snprintf(error->text, sizeof error->text, "the gate");
    return gate->status;
}

static bool submit_call(struct desk *desk, enum store_status status)
{
    desk->gate.status = status;
    return writer_submit(desk->writer, &(struct work){.kind = WORK_CALL,
                                                      .session = WORK_NO_SESSION,
                                                      .ask.call = {wait_at_gate, &desk->gate}});
}

/* The thread is in the middle of a transaction from here to open_gate. */
static void close_gate(struct desk *desk, enum store_status status)
{
    assert_true(submit_call(desk, status));
    sem_wait(&desk->gate.is_reached);
}

static void open_gate(struct desk *desk)
{
    sem_post(&desk->gate.may_pass);
}

static bool submit_answer(struct desk *desk, uint32_t seq)
{
    struct work work = {.kind = WORK_ANSWERS, .epoch = 1, .origin = desk->store->origin};

    work.ask.answers.first_seq = seq;
    work.ask.answers.count = 1;
    work.ask.answers.answers[0] =
        (struct answer){.seq = seq, .question = QUESTION_RATING, .value = 5, .boot = 1, .uptime_s = 60 + seq};
    return writer_submit(desk->writer, &work);
}

static void wait_until_readable(const struct desk *desk)
{
    struct pollfd line = {.fd = writer_fd(desk->writer), .events = POLLIN};

    assert_int_equal(poll(&line, 1, PATIENCE_MS), 1);
}

static void take(struct desk *desk, unsigned count)
{
    while (desk->taken_count < count) {
        wait_until_readable(desk);
        for (struct work *work = writer_take(desk->writer); work != NULL; work = work->next)
            desk->taken[desk->taken_count++] = work;
    }
    assert_int_equal(desk->taken_count, count);
}

static void take_roster(struct desk *desk, struct work_roster *roster)
{
    while (!writer_take_roster(desk->writer, roster)) {
        wait_until_readable(desk);
        assert_null(writer_take(desk->writer));
    }
    assert_false(writer_take_roster(desk->writer, roster));
}

static void test_what_is_asked_comes_back_in_order_and_committed(void **state)
{
    struct desk *desk = *state;

    start(desk);
    for (uint32_t seq = 1; seq <= 20; seq++)
        assert_true(submit_answer(desk, seq));
    assert_int_equal(writer_pending(desk->writer), 20);
    take(desk, 20);
    assert_int_equal(writer_pending(desk->writer), 0);
    for (uint32_t i = 0; i < 20; i++) {
        assert_int_equal(desk->taken[i]->status, STORE_OK);
        assert_int_equal(desk->taken[i]->result.ingested.through, i + 1);
    }
    assert_int_equal(writer_status(desk->writer, &desk->store->error), STORE_OK);
    stop(desk);
    assert_int_equal(fixture_integer(desk->store, "SELECT count(*) FROM answer"), 20);
}

/* Eight customers who ask for somebody. */
static void submit_calls(struct desk *desk, uint32_t seq)
{
    struct work work = {.kind = WORK_ANSWERS, .epoch = 1, .origin = desk->store->origin};

    work.ask.answers.first_seq = seq;
    work.ask.answers.count = ANSWERS_CAPACITY;
    for (uint32_t i = 0; i < ANSWERS_CAPACITY; i++)
        work.ask.answers.answers[i] =
            (struct answer){.seq = seq + i,
                            .visit_back = i % 2,
                            .question = i % 2 == 0 ? QUESTION_RATING : QUESTION_HELP,
                            .value = 1,
                            .boot = 1,
                            .uptime_s = 3590};
    assert_true(writer_submit(desk->writer, &work));
}

static void test_help_calls_come_back_beside_the_results_and_too_many_are_said_to_be(void **state)
{
    struct desk *desk = *state;
    static struct store_help_call calls[WRITER_CALLS_MAX];
    bool is_more;
    uint32_t seq = 1;

    start(desk);
    submit_calls(desk, seq);
    take(desk, 1);
    assert_int_equal(writer_take_calls(desk->writer, calls, &is_more), 8);
    assert_false(is_more);
    assert_true(calls[0].visit == 1 && calls[7].visit == 15 && calls[7].state == CALL_OPEN);
    for (unsigned round = 0; round < 3; round++) { /* each a transaction with more than are told at once */
        unsigned before = desk->taken_count;
        close_gate(desk, STORE_OK);
        for (unsigned i = 0; i < 10; i++)
            submit_calls(desk, seq += ANSWERS_CAPACITY);
        open_gate(desk);
        take(desk, before + 11);
    }
    assert_int_equal(writer_take_calls(desk->writer, calls, &is_more), WRITER_CALLS_MAX);
    assert_true(is_more);
    assert_int_equal(writer_take_calls(desk->writer, calls, &is_more), 0);
    assert_false(is_more);
}

static void test_a_batch_and_a_queue_have_their_bounds(void **state)
{
    struct desk *desk = *state;
    uint32_t seq = 0;

    start(desk);
    close_gate(desk, STORE_OK);
    while (submit_answer(desk, seq + 1))
        seq++;
    assert_int_equal(seq, WRITER_CAPACITY - 1);
    assert_true(seq > 2 * WRITER_BATCH_MAX);
    open_gate(desk);
    take(desk, WRITER_CAPACITY);
    for (uint32_t i = 1; i <= seq; i++)
        assert_int_equal(desk->taken[i]->result.ingested.through, i);
    desk->taken_count = 0; /* it has room again; what was taken is not looked at any more */
    for (uint32_t i = 0; i <= seq; i++)
        free(desk->taken[i]);
    assert_true(submit_answer(desk, seq + 1));
    take(desk, 1);
}

static enum store_status note_instant(struct store *store, void *context, struct store_error *error)
{
    (void)store, (void)error;
    *(uint64_t *)context = clock_monotonic_ms(); /* read once the call was taken back */
    return STORE_OK;
}

static bool submit_note_of_instant(struct desk *desk, uint64_t *now_ms)
{
    return writer_submit(
        desk->writer,
        &(struct work){.kind = WORK_CALL, .session = WORK_NO_SESSION, .ask.call = {note_instant, now_ms}});
}

static void test_a_transaction_waits_for_others_when_one_began_just_before(void **state)
{
    struct desk *desk = *state;
    uint64_t begun_ms;

    start(desk);
    uint64_t asked_ms = clock_monotonic_ms();
    close_gate(desk, STORE_OK);
    open_gate(desk);
    take(desk, 1);
    assert_true(submit_note_of_instant(desk, &begun_ms));
    take(desk, 2);
    assert_true(begun_ms - asked_ms >= WRITER_GROUP_MS);
}

/* What came during a long one has waited enough. On a busy machine that shows in the least of several. */
static void test_after_a_long_transaction_the_next_begins_at_once(void **state)
{
    struct desk *desk = *state;
    uint64_t begun_ms, least_ms = UINT64_MAX;

    start(desk);
    for (unsigned i = 1; i <= 20 && least_ms >= WRITER_GROUP_MS; i++) {
        close_gate(desk, STORE_OK);
        assert_true(submit_note_of_instant(desk, &begun_ms));
        assert_int_equal(poll(NULL, 0, WRITER_GROUP_MS), 0);
        uint64_t opened_ms = clock_monotonic_ms();
        open_gate(desk);
        take(desk, 2 * i);
        if (begun_ms - opened_ms < least_ms)
            least_ms = begun_ms - opened_ms;
    }
    assert_true(least_ms < WRITER_GROUP_MS);
}

static void test_what_was_asked_before_the_end_is_done_and_what_nobody_took_is_dropped(void **state)
{
    struct desk *desk = *state;

    start(desk);
    close_gate(desk, STORE_OK);
    assert_true(submit_answer(desk, 1));
    assert_true(submit_call(desk, STORE_OK));
    open_gate(desk);
    open_gate(desk);
    stop(desk);
    assert_int_equal(dropped_count, 2);
    assert_int_equal(fixture_integer(desk->store, "SELECT count(*) FROM answer"), 1);
    writer_stop(NULL, drop);
}

static void test_a_full_disk_is_told_until_it_has_room(void **state)
{
    struct desk *desk = *state;

    start(desk);
    close_gate(desk, STORE_FULL);
    open_gate(desk);
    take(desk, 1);
    assert_int_equal(writer_status(desk->writer, &desk->store->error), STORE_FULL);
    assert_string_equal(desk->store->error.text, "the gate");
    assert_true(submit_answer(desk, 1));
    take(desk, 2);
    assert_int_equal(desk->taken[1]->status, STORE_OK);
    assert_int_equal(writer_status(desk->writer, &desk->store->error), STORE_OK);
}

static void test_a_broken_database_stays_broken_and_makes_no_roster(void **state)
{
    struct desk *desk = *state;
    struct work_roster roster;

    start(desk);
    take_roster(desk, &roster);
    close_gate(desk, STORE_BROKEN);
    open_gate(desk);
    take(desk, 1);
    assert_true(submit_answer(desk, 1));
    take(desk, 2);
    assert_int_equal(desk->taken[1]->status, STORE_BROKEN);
    assert_int_equal(writer_status(desk->writer, &desk->store->error), STORE_BROKEN);
    assert_string_equal(desk->store->error.text, "the gate");
    assert_false(writer_take_roster(desk->writer, &roster));
    stop(desk);
    assert_int_equal(fixture_integer(desk->store, "SELECT count(*) FROM answer"), 0);
}

static enum store_status add_staff(struct store *store, void *context, struct store_error *error)
{
    uint16_t id;

    return store_staff_add(store, context, FIXTURE_NOON_MS, &id, error);
}

static void submit_staff(struct desk *desk, const char *name)
{
    char text[16];

    snprintf(text, sizeof text, "%s", name);
    assert_true(writer_submit(
        desk->writer,
        &(struct work){.kind = WORK_CALL, .session = WORK_NO_SESSION, .ask.call = {add_staff, text}}));
    take(desk, desk->taken_count + 1);
    assert_int_equal(desk->taken[desk->taken_count - 1]->status, STORE_OK);
}

/* The database file itself is written by checkpoints alone. */
static enum fault_effect fail_checkpoint(void *context, struct fault_call *call)
{
    (void)context;
    return call->operation == FAULT_WRITE && strchr(call->file, '-') == NULL ? FAULT_ERROR : FAULT_NONE;
}

/* No kiosk shows it: no roster follows. */
static enum store_status note_down(struct store *store, void *context, struct store_error *error)
{
    int64_t id;

    (void)context;
    return store_note_add(store, "a failing disk", false, FIXTURE_NOON_MS, &id, error);
}

/* Its commit stands: what it wrote was told. But nothing more is to be stored on such a disk. */
static void test_a_checkpoint_that_fails_breaks_the_database(void **state)
{
    struct desk *desk = *state;
    struct fault_vfs *vfs = fault_vfs_create("fault");
    const struct store_options options = {
        .path = "/byname.db", .store_name = "Test", .timezone = "UTC", .vfs = "fault", .checkpoint_pages = 1};
    struct work_roster roster;

    store_close(desk->store->store);
    assert_int_equal(store_open(&options, &desk->store->store, &desk->store->error), STORE_OK);
    fault_vfs_set_hook(vfs, fail_checkpoint, NULL);
    start(desk);
    take_roster(desk, &roster);
    assert_true(writer_submit(
        desk->writer,
        &(struct work){.kind = WORK_CALL, .session = WORK_NO_SESSION, .ask.call = {note_down, NULL}}));
    take(desk, 1);
    assert_int_equal(desk->taken[0]->status, STORE_OK);
    while (writer_status(desk->writer, &desk->store->error) != STORE_BROKEN) {
        wait_until_readable(desk);
        assert_null(writer_take(desk->writer));
    }
    assert_string_not_equal(desk->store->error.text, "");
    assert_true(submit_answer(desk, 1));
    take(desk, 2);
    assert_int_equal(desk->taken[1]->status, STORE_BROKEN);
    assert_string_equal(desk->taken[1]->error.text, desk->store->error.text);
    stop(desk);
    store_close(desk->store->store);
    desk->store->store = NULL;
    fault_vfs_destroy(vfs);
}

static void test_a_roster_comes_at_the_start_and_after_each_change(void **state)
{
    struct desk *desk = *state;
    struct work_roster roster;

    start(desk);
    take_roster(desk, &roster);
    assert_int_equal(roster.count, 0);
    submit_staff(desk, "Dan");
    take_roster(desk, &roster);
    assert_int_equal(roster.count, 1);
    submit_staff(desk, "Ida"); /* sooner than the next may be made */
    take_roster(desk, &roster);
    assert_int_equal(roster.count, 2);
}

/* It takes several transactions, and nothing else happens meanwhile that would bring the thread round. */
static void test_a_roster_of_ten_years_comes_at_the_start(void **state)
{
    struct desk *desk = *state;
    struct fixture *fixture = desk->store;
    struct work_roster roster;
    uint16_t dan;

    assert_int_equal(store_begin(fixture->store, &fixture->error), STORE_OK);
    assert_int_equal(store_staff_add(fixture->store, "Dan", 0, &dan, &fixture->error), STORE_OK);
    assert_int_equal(store_commit(fixture->store, &fixture->error), STORE_OK);
    fixture_fill_ten_years(fixture, dan);
    start(desk);
    take_roster(desk, &roster);
    assert_int_equal(roster.count, 1);
    assert_int_not_equal(roster.counts[0].answered_best, 0); /* of which week depends on today */
}

/* The thread looks at its own clock here. */
static void test_an_answer_that_changes_no_counts_makes_no_roster(void **state)
{
    struct desk *desk = *state;
    struct work_roster roster;

    start(desk);
    take_roster(desk, &roster);
    close_gate(desk, STORE_OK);
    assert_int_equal(poll(NULL, 0, WRITER_ROSTER_MS), 0);
    assert_true(submit_answer(desk, 1));
    open_gate(desk);
    take(desk, 2);
    close_gate(desk, STORE_OK); /* it has come round */
    assert_false(writer_take_roster(desk->writer, &roster));
    open_gate(desk);
    take(desk, 3);
}

/* Another program holds the file: the roster is tried again. */
static void test_a_roster_that_cannot_be_made_comes_later(void **state)
{
    struct desk *desk = *state;
    struct work_roster roster;
    sqlite3 *other = NULL;

    sqlite3_busy_timeout(store_connection(desk->store->store), 0);
    assert_int_equal(sqlite3_open(desk->store->path, &other), SQLITE_OK);
    assert_int_equal(sqlite3_exec(other, "BEGIN IMMEDIATE", NULL, NULL, NULL), SQLITE_OK);
    start(desk);
    wait_until_readable(desk);
    assert_null(writer_take(desk->writer));
    assert_false(writer_take_roster(desk->writer, &roster));
    sqlite3_close(other);
    take_roster(desk, &roster);
    assert_int_equal(writer_status(desk->writer, &desk->store->error), STORE_OK);
}

static void test_a_roster_that_breaks_the_database_is_told(void **state)
{
    struct desk *desk = *state;
    struct work_roster roster;

    fixture_run(desk->store, "ALTER TABLE staff RENAME COLUMN pin TO pin_of_another_program");
    start(desk);
    wait_until_readable(desk);
    assert_int_equal(writer_status(desk->writer, &desk->store->error), STORE_BROKEN);
    assert_false(writer_take_roster(desk->writer, &roster));
}

static void test_a_thread_that_hangs_does_not_come_round(void **state)
{
    struct desk *desk = *state;
    struct work_roster roster;

    start(desk);
    take_roster(desk, &roster);
    close_gate(desk, STORE_OK);
    (void)writer_has_come_round(desk->writer); /* since the start it has; from here on it is asked to again */
    assert_false(writer_has_come_round(desk->writer));
    open_gate(desk);
    take(desk, 1);
    while (!writer_has_come_round(desk->writer))
        ;
}

static void test_a_writer_that_cannot_be_had_leaves_the_store_to_its_caller(void **state)
{
    struct desk *desk = *state;
    struct rlimit files, none;
    pthread_attr_t usual, huge;

    getrlimit(RLIMIT_NOFILE, &files);
    none = (struct rlimit){0, files.rlim_max};
    setrlimit(RLIMIT_NOFILE, &none);
    assert_null(writer_start(desk->store->store, &desk->store->error));
    setrlimit(RLIMIT_NOFILE, &files);
    assert_string_not_equal(desk->store->error.text, "");

    pthread_getattr_default_np(&usual);
    huge = usual;
    pthread_attr_setstacksize(&huge, (size_t)1 << 46); /* more than there are addresses */
    pthread_setattr_default_np(&huge);
    assert_null(writer_start(desk->store->store, &desk->store->error));
    pthread_setattr_default_np(&usual);
    fixture_press(desk->store, QUESTION_RATING, 5);
}

static void test_nothing_is_queued_without_memory(void **state)
{
    struct desk *desk = *state;
    struct work_roster roster;

    if (!fault_memory_refuse_nth(0))
        skip();
    assert_null(writer_start(desk->store->store, &desk->store->error));
    assert_true(fault_memory_stop());
    start(desk);
    take_roster(desk, &roster);
    close_gate(desk, STORE_OK); /* so that no other thread allocates */
    fault_memory_refuse_nth(0);
    bool is_submitted = submit_answer(desk, 1);
    assert_true(fault_memory_stop());
    assert_false(is_submitted);
    assert_int_equal(writer_pending(desk->writer), 1);
    open_gate(desk);
    take(desk, 1);
}

#define WITH_DESK(test) cmocka_unit_test_setup_teardown(test, open_desk, close_desk)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_DESK(test_what_is_asked_comes_back_in_order_and_committed),
        WITH_DESK(test_help_calls_come_back_beside_the_results_and_too_many_are_said_to_be),
        WITH_DESK(test_a_batch_and_a_queue_have_their_bounds),
        WITH_DESK(test_a_transaction_waits_for_others_when_one_began_just_before),
        WITH_DESK(test_after_a_long_transaction_the_next_begins_at_once),
        WITH_DESK(test_what_was_asked_before_the_end_is_done_and_what_nobody_took_is_dropped),
        WITH_DESK(test_a_full_disk_is_told_until_it_has_room),
        WITH_DESK(test_a_broken_database_stays_broken_and_makes_no_roster),
        WITH_DESK(test_a_checkpoint_that_fails_breaks_the_database),
        WITH_DESK(test_a_roster_comes_at_the_start_and_after_each_change),
        WITH_DESK(test_a_roster_of_ten_years_comes_at_the_start),
        WITH_DESK(test_an_answer_that_changes_no_counts_makes_no_roster),
        WITH_DESK(test_a_roster_that_cannot_be_made_comes_later),
        WITH_DESK(test_a_roster_that_breaks_the_database_is_told),
        WITH_DESK(test_a_thread_that_hangs_does_not_come_round),
        WITH_DESK(test_a_writer_that_cannot_be_had_leaves_the_store_to_its_caller),
        WITH_DESK(test_nothing_is_queued_without_memory),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
