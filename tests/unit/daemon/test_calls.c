/* SPDX-License-Identifier: MIT */
#include "tests/unit/cmocka_first.h"

#include <stdio.h>
#include <string.h>

#include "daemon/calls.h"

#define NOON_MS INT64_C(1793617200000)
#define SEEN_MAX 128
#define BOTH (STORE_HELP_COMMAND | STORE_HELP_WEBHOOK)
#define ALL (BOTH | STORE_HELP_SECOND_COMMAND | STORE_HELP_SECOND_WEBHOOK)

/* What the calls did to their surroundings. */
struct world {
    struct calls *calls;
    struct session_clock clock;
    bool is_full; /* nothing more can be announced now */
    unsigned announced[SEEN_MAX], kept[SEEN_MAX];
    int64_t announced_at_ms[SEEN_MAX];
    size_t announced_count, kept_count, resume_count, told_count, event_count, log_count;
    enum call_state told, event;
    enum log_level level;
    char text[512];
};

static bool on_announce(void *context, const struct store_help_call *call, enum store_help_channel channel,
                        const struct session_clock *clock)
{
    struct world *world = context;

    (void)call;
    if (world->is_full)
        return false;
    assert_true(world->announced_count < SEEN_MAX);
    world->announced_at_ms[world->announced_count] = clock->utc_ms - NOON_MS;
    world->announced[world->announced_count++] = channel;
    return true;
}

static void on_keep(void *context, int64_t call, unsigned channel)
{
    struct world *world = context;

    (void)call;
    assert_true(world->kept_count < SEEN_MAX);
    world->kept[world->kept_count++] = channel;
}

static void on_resume(void *context)
{
    struct world *world = context;

    world->resume_count++;
}

static void on_tell_kiosk(void *context, const struct store_help_call *call,
                          const struct session_clock *clock)
{
    struct world *world = context;

    (void)clock;
    world->told = call->state;
    world->told_count++;
}

static void on_event(void *context, const struct calls_event *event)
{
    struct world *world = context;

    world->event = event->state;
    world->event_count++;
}

static void on_log(void *context, enum log_level level, const char *text)
{
    struct world *world = context;

    world->level = level;
    world->log_count++;
    snprintf(world->text, sizeof world->text, "%s", text);
}

/* The host has been up for a second: due times may lie before its start. */
static void open_world(struct world *world, unsigned channels)
{
    const struct calls_outputs outputs = {world,         on_announce, on_keep, on_resume,
                                          on_tell_kiosk, on_event,    on_log};

    memset(world, 0, sizeof *world);
    world->clock = (struct session_clock){.now_ms = 1000, .utc_ms = NOON_MS, .is_good = true};
    world->calls = calls_create(channels, &outputs);
    assert_non_null(world->calls);
}

static void pass(struct world *world, uint64_t ms)
{
    for (; ms > 0; ms -= 100) {
        world->clock.now_ms += 100;
        world->clock.utc_ms += 100;
        calls_tick(world->calls, &world->clock);
    }
}

static struct store_help_call call_of(int64_t id, int64_t called_ms)
{
    return (struct store_help_call){.id = id,
                                    .kind = CALL_KIND_HELP,
                                    .state = CALL_OPEN,
                                    .kiosk = "Counter",
                                    .visit = 9,
                                    .called_ms = called_ms};
}

static void change(struct world *world, struct store_help_call call, enum call_state state)
{
    call.state = state;
    calls_on_call(world->calls, &call, &world->clock);
}

static void test_open_call_is_raised_once_and_announced_everywhere(void **state)
{
    struct world world = {.calls = NULL};
    struct store_help_call call = call_of(7, NOON_MS - 1000);

    (void)state;
    open_world(&world, ALL);
    calls_on_call(world.calls, &call, &world.clock);
    assert_true(world.told_count == 1 && world.told == CALL_OPEN);
    assert_true(world.event_count == 1 && world.event == CALL_OPEN);
    assert_non_null(strstr(world.text, "help call 7 at Counter"));
    assert_true(world.kept_count == 1 && world.kept[0] == 0);
    assert_true(world.announced_count == 2 && world.announced[0] == STORE_HELP_COMMAND);
    assert_int_equal(world.announced[1], STORE_HELP_WEBHOOK);
    calls_on_call(world.calls, &call, &world.clock); /* told again: nothing new */
    assert_int_equal(world.event_count, 1);
    calls_on_announced(world.calls, 7, STORE_HELP_COMMAND, "", &world.clock);
    assert_true(world.kept_count == 2 && world.kept[1] == STORE_HELP_COMMAND);
    pass(&world, 60000);
    assert_int_equal(world.announced_count, 2);
    calls_destroy(world.calls);
}

static void test_failures_are_tried_again_less_and_less_often_and_given_up_when_late(void **state)
{
    static const int64_t expected_s[] = {0, 2, 6, 14, 30, 60, 90, 120};
    struct world world = {.calls = NULL};
    struct store_help_call call = call_of(7, NOON_MS);

    (void)state;
    open_world(&world, STORE_HELP_COMMAND);
    calls_on_call(world.calls, &call, &world.clock);
    for (int i = 0; i < 4000; i++) {
        size_t before = world.announced_count;
        if (before > 0)
            calls_on_announced(world.calls, 7, STORE_HELP_COMMAND, "it ended with status 1", &world.clock);
        while (world.announced_count == before && i < 4000) {
            pass(&world, 100);
            i++;
        }
    }
    assert_int_equal(world.announced_count, sizeof expected_s / sizeof expected_s[0]);
    for (size_t i = 0; i < world.announced_count; i++)
        assert_int_equal(world.announced_at_ms[i] / 1000, expected_s[i]);
    assert_non_null(strstr(world.text, "given up"));
    assert_int_equal(world.level, LOG_LEVEL_ERROR);
    assert_int_equal(world.log_count, 3); /* raised, failed once, given up: not a line for each attempt */
    assert_int_equal(world.kept_count, 1);
    calls_destroy(world.calls);
}

static void test_problem_is_known_until_an_announcement_succeeds(void **state)
{
    struct world world = {.calls = NULL};
    struct store_help_call call = call_of(7, NOON_MS);

    (void)state;
    open_world(&world, BOTH);
    calls_on_call(world.calls, &call, &world.clock);
    assert_null(calls_problem(world.calls, STORE_HELP_WEBHOOK));
    calls_on_announced(world.calls, 7, STORE_HELP_WEBHOOK, "the answer was status 500", &world.clock);
    assert_string_equal(calls_problem(world.calls, STORE_HELP_WEBHOOK),
                        "help_webhook: the answer was status 500");
    assert_null(calls_problem(world.calls, STORE_HELP_COMMAND));
    pass(&world, 2000);
    assert_int_equal(world.announced_count, 3);
    calls_on_announced(world.calls, 7, STORE_HELP_WEBHOOK, "", &world.clock);
    assert_null(calls_problem(world.calls, STORE_HELP_WEBHOOK));
    calls_destroy(world.calls);
}

static void test_second_channels_are_due_after_three_minutes_without_an_answer(void **state)
{
    struct world world = {.calls = NULL};
    struct store_help_call first = call_of(1, NOON_MS), second = call_of(2, NOON_MS);

    (void)state;
    open_world(&world, STORE_HELP_SECOND_COMMAND);
    calls_on_call(world.calls, &first, &world.clock);
    calls_on_call(world.calls, &second, &world.clock);
    pass(&world, 100000);
    change(&world, second, CALL_ACKNOWLEDGED);
    assert_true(world.told == CALL_ACKNOWLEDGED && world.event == CALL_ACKNOWLEDGED);
    pass(&world, 79900);
    assert_int_equal(world.announced_count, 0);
    pass(&world, 100);
    assert_int_equal(world.announced_count, 1); /* for the first alone */
    calls_destroy(world.calls);
}

static void test_result_for_a_call_that_is_answered_meanwhile_is_kept_and_no_more(void **state)
{
    struct world world = {.calls = NULL};
    struct store_help_call call = call_of(7, NOON_MS);

    (void)state;
    open_world(&world, BOTH);
    calls_on_call(world.calls, &call, &world.clock);
    change(&world, call, CALL_CLOSED);
    calls_on_announced(world.calls, 7, STORE_HELP_COMMAND, "", &world.clock);
    calls_on_announced(world.calls, 7, STORE_HELP_WEBHOOK, "it timed out", &world.clock);
    assert_int_equal(world.kept_count, 2);
    pass(&world, 60000);
    assert_int_equal(world.announced_count, 2);
    calls_destroy(world.calls);
}

static void test_nothing_is_raised_late(void **state)
{
    struct world world = {.calls = NULL};
    struct store_help_call late = call_of(7, NOON_MS - STORE_HELP_LATE_MS - 1);

    (void)state;
    open_world(&world, ALL);
    calls_on_call(world.calls, &late, &world.clock);
    assert_int_equal(world.resume_count, 1); /* the store says that it is missed */
    assert_int_equal(world.announced_count + world.event_count + world.kept_count, 0);
    change(&world, late, CALL_MISSED);
    assert_true(world.event == CALL_MISSED && world.told_count == 0);
    pass(&world, 200000);
    assert_int_equal(world.announced_count, 0);
    calls_destroy(world.calls);
}

static void test_after_a_restart_what_was_announced_is_not_announced_again(void **state)
{
    struct world world = {.calls = NULL};
    struct store_help_call call = call_of(7, NOON_MS - 60000);

    (void)state;
    open_world(&world, ALL);
    call.is_raised = true;
    call.told = STORE_HELP_COMMAND;
    calls_on_call(world.calls, &call, &world.clock);
    assert_int_equal(world.event_count + world.kept_count, 0);
    assert_true(world.announced_count == 1 && world.announced[0] == STORE_HELP_WEBHOOK);
    pass(&world, 120000);
    assert_int_equal(world.announced_count, 3); /* and the second two, 3 min after the call */
    calls_destroy(world.calls);
}

static void test_what_finds_no_room_is_asked_again(void **state)
{
    struct world world = {.calls = NULL};
    struct store_help_call call = call_of(7, NOON_MS);

    (void)state;
    open_world(&world, STORE_HELP_COMMAND);
    world.is_full = true;
    calls_on_call(world.calls, &call, &world.clock);
    pass(&world, 1000);
    world.is_full = false;
    pass(&world, 100);
    assert_int_equal(world.announced_count, 1);
    calls_destroy(world.calls);
}

static void test_bad_run_is_announced_but_not_told_to_kiosks(void **state)
{
    struct world world = {.calls = NULL};
    struct store_help_call run = call_of(3, NOON_MS);

    (void)state;
    open_world(&world, STORE_HELP_COMMAND);
    run.kind = CALL_KIND_BAD_RUN;
    run.ratings = 4;
    run.unhappy = 3;
    calls_on_call(world.calls, &run, &world.clock);
    assert_non_null(strstr(world.text, "bad run 3 at Counter: 3 of 4 ratings are unhappy"));
    assert_true(world.announced_count == 1 && world.told_count == 0 && world.event_count == 1);
    calls_destroy(world.calls);
}

static void test_oldest_of_too_many_gives_way(void **state)
{
    struct world world = {.calls = NULL};

    (void)state;
    open_world(&world, STORE_HELP_SECOND_COMMAND);
    for (int64_t id = 1; id <= CALLS_MAX + 1; id++) {
        struct store_help_call call = call_of(id, NOON_MS);
        calls_on_call(world.calls, &call, &world.clock);
    }
    assert_non_null(strstr(world.text, "help call 65"));
    assert_int_equal(world.log_count, CALLS_MAX + 2);
    pass(&world, CALLS_PATIENCE_MS);
    assert_int_equal(world.announced_count, CALLS_MAX);
    calls_destroy(world.calls);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_open_call_is_raised_once_and_announced_everywhere),
        cmocka_unit_test(test_failures_are_tried_again_less_and_less_often_and_given_up_when_late),
        cmocka_unit_test(test_problem_is_known_until_an_announcement_succeeds),
        cmocka_unit_test(test_second_channels_are_due_after_three_minutes_without_an_answer),
        cmocka_unit_test(test_result_for_a_call_that_is_answered_meanwhile_is_kept_and_no_more),
        cmocka_unit_test(test_nothing_is_raised_late),
        cmocka_unit_test(test_after_a_restart_what_was_announced_is_not_announced_again),
        cmocka_unit_test(test_what_finds_no_room_is_asked_again),
        cmocka_unit_test(test_bad_run_is_announced_but_not_told_to_kiosks),
        cmocka_unit_test(test_oldest_of_too_many_gives_way),
    };

    return cmocka_run_group_tests_name("calls", tests, NULL, NULL);
}
