/* SPDX-License-Identifier: MIT
 *
 * Two kiosks at one daemon, inline in virtual time; and the small parts that the hub leans on.
 */
#include "tests/unit/cmocka_first.h"

#include <stdio.h>
#include <string.h>

#include "daemon/clock.h"
#include "daemon/hub.h"
#include "tests/storage/fault_memory.h"

#define KIOSK_ID 0x1122334455667788u

struct world {
    struct hub *hub;
    struct session_clock clock;
    struct work asked[8];
    size_t asked_count;
    uint8_t last_type[2]; /* of what each port was sent */
    uint8_t last_body[2][96];
    size_t log_count;
    enum log_level last_level;
    char last_log[128];
};

static bool on_send(void *context, uint16_t index, const uint8_t *bytes, size_t size)
{
    struct world *world = context;
    struct frame_decoder decoder;
    struct frame frame;
    uint8_t buffer[96];

    frame_decoder_init(&decoder, buffer, sizeof buffer);
    for (size_t i = 0; i < size; i++) {
        if (!frame_decoder_push(&decoder, bytes[i], &frame))
            continue;
        world->last_type[index] = frame.type;
        memcpy(world->last_body[index], frame.body, frame.body_size);
    }
    return true;
}

static bool on_request(void *context, const struct work *work)
{
    struct world *world = context;

    assert_true(world->asked_count < 8);
    world->asked[world->asked_count++] = *work;
    return true;
}

static uint64_t on_nonce(void *context)
{
    (void)context;
    return 1;
}

static void on_log(void *context, enum log_level level, uint16_t index, const char *text)
{
    struct world *world = context;

    (void)index;
    assert_non_null(text);
    world->log_count++;
    world->last_level = level;
    snprintf(world->last_log, sizeof world->last_log, "%s", text);
}

static void open_world(struct world *world)
{
    const struct session_options options[] = {{.port = "One"}, {.port = "Two"}};
    const struct hub_outputs outputs = {world, on_send, on_request, on_nonce, on_log};

    memset(world, 0, sizeof *world);
    world->clock = (struct session_clock){50000, 1700000000000, true};
    world->hub = hub_create(options, 2, &outputs, &world->clock);
    assert_non_null(world->hub);
    hub_on_open(world->hub, 0, &world->clock);
    hub_on_open(world->hub, 1, &world->clock);
}

/* Nobody has spoken since the lines were opened. */
static void wait_for_hello(struct world *world)
{
    assert_true(hub_tick(world->hub, &world->clock));
    world->clock.now_ms += SESSION_OPENED_MS;
    assert_false(hub_tick(world->hub, &world->clock));
    for (size_t i = 0; i < 2; i++) {
        assert_int_equal(world->last_type[i], MESSAGE_RENEW);
        world->last_type[i] = 0;
    }
}

static void say_hello(struct world *world, uint16_t index)
{
    const struct message_hello hello = {
        .major = PROTOCOL_MAJOR, .kiosk_id = KIOSK_ID, .journal_id = 2, .oldest = 1, .next = 1};
    uint8_t body[96], bytes[192];
    size_t size = message_hello_encode(&hello, body, sizeof body);

    size = frame_encode(MESSAGE_HELLO, 0, body, size, bytes, sizeof bytes);
    hub_receive(world->hub, index, bytes, size, &world->clock);
}

static void admit(struct world *world)
{
    assert_int_equal(world->asked_count, 1);
    world->asked[0].midnight_in_s = 100;
    world->asked[0].result.hello.admitted =
        (struct store_admitted){.admission = STORE_ADMITTED, .kiosk_id = KIOSK_ID, .journal_id = 2};
    world->asked_count = 0;
    hub_result(world->hub, &world->asked[0], &world->clock);
}

static void test_newer_line_waits_while_the_older_is_heard_and_then_displaces_it(void **state)
{
    struct world world;

    (void)state;
    open_world(&world);
    say_hello(&world, 0);
    admit(&world);
    assert_true(session_kiosk_id(hub_kiosk(world.hub, 0).session) == KIOSK_ID);
    world.clock.now_ms += SESSION_AWAY_MS - 1;
    say_hello(&world, 1);
    assert_int_equal(world.last_type[1], MESSAGE_WAIT);
    assert_int_equal(world.last_body[1][2], WAIT_IN_USE);
    world.clock.now_ms += 1;
    say_hello(&world, 1);
    admit(&world);
    assert_true(session_kiosk_id(hub_kiosk(world.hub, 1).session) == KIOSK_ID);
    assert_true(session_kiosk_id(hub_kiosk(world.hub, 0).session) == 0);
    hub_destroy(world.hub);
}

static void test_closed_line_forgets_its_kiosk_and_says_why_once(void **state)
{
    struct world world;

    (void)state;
    open_world(&world);
    say_hello(&world, 0);
    admit(&world);
    hub_on_closed(world.hub, 0, HUB_LINE_REFUSED, "no permission", &world.clock);
    size_t count = world.log_count;
    for (int i = 0; i < 100; i++)
        hub_on_closed(world.hub, 0, HUB_LINE_REFUSED, "no permission", &world.clock);
    assert_int_equal(world.log_count, count);
    assert_string_equal(hub_kiosk(world.hub, 0).reason, "no permission");
    assert_true(session_kiosk_id(hub_kiosk(world.hub, 0).session) == 0);
    say_hello(&world, 1);
    assert_int_equal(world.asked_count, 1);
    hub_destroy(world.hub);
}

static void test_log_of_a_flapping_kiosk_is_bounded(void **state)
{
    struct world world;

    (void)state;
    open_world(&world);
    for (int i = 0; i < 1000; i++) {
        say_hello(&world, 0);
        admit(&world);
    }
    assert_int_equal(world.log_count, LOG_BUDGET_LINES);
    world.clock.now_ms += LOG_BUDGET_MS;
    say_hello(&world, 0);
    admit(&world);
    assert_int_equal(world.log_count, LOG_BUDGET_LINES + 2);
    hub_destroy(world.hub);
}

/* One whose frames were verified, but has been silent for long: any laptop may wait for that. */
static void test_a_hello_alone_displaces_no_kiosk_that_has_a_key(void **state)
{
    static const uint8_t key[SEAL_KEY_SIZE] = {7};
    struct world world;
    struct seal kiosk;
    struct message_health health = {.uptime_s = 1};
    uint8_t body[96], bytes[192];

    (void)state;
    open_world(&world);
    say_hello(&world, 0);
    seal_begin(&kiosk, SEAL_KIOSK, key, hub_kiosk(world.hub, 0).session->hello_body,
               hub_kiosk(world.hub, 0).session->hello_size);
    seal_open(&kiosk, on_nonce(&world));
    world.asked[0].result.hello.admitted =
        (struct store_admitted){.admission = STORE_UNPROVEN, .kiosk_id = KIOSK_ID, .journal_id = 2};
    memcpy(world.asked[0].result.hello.admitted.key, key, SEAL_KEY_SIZE);
    world.asked_count = 0;
    hub_result(world.hub, &world.asked[0], &world.clock);
    size_t size = message_health_encode(&health, body, sizeof body);
    size = seal_append(&kiosk, MESSAGE_HEALTH, body, size, sizeof body);
    size = frame_encode(MESSAGE_HEALTH, SEAL_FLAG, body, size, bytes, sizeof bytes);
    hub_receive(world.hub, 0, bytes, size, &world.clock);
    admit(&world);
    assert_true(session_kiosk_id(hub_kiosk(world.hub, 0).session) == KIOSK_ID);
    world.clock.now_ms += SESSION_AWAY_MS + 1;
    say_hello(&world, 1);
    assert_int_equal(world.asked_count, 1); /* it is looked at */
    assert_true(session_kiosk_id(hub_kiosk(world.hub, 0).session) == KIOSK_ID);
    hub_destroy(world.hub);
}

/* Whoever speaks without ever becoming a kiosk does not hide that the kiosk is away. */
static void test_a_stranger_that_says_no_hello_is_no_sign_of_the_kiosk(void **state)
{
    struct world world;
    uint8_t body[27] = {0}, bytes[64];
    size_t size = frame_encode(MESSAGE_HEALTH, 0, body, sizeof body, bytes, sizeof bytes);

    (void)state;
    open_world(&world);
    say_hello(&world, 0);
    admit(&world);
    uint64_t up_ms = world.clock.now_ms;
    hub_on_open(world.hub, 0, &world.clock); /* pulled, and a laptop plugged in */
    for (int i = 0; i < 100; i++) {
        world.clock.now_ms += 1000;
        hub_receive(world.hub, 0, bytes, size, &world.clock);
    }
    assert_true(hub_kiosk(world.hub, 0).heard_ms == world.clock.now_ms);
    assert_true(hub_kiosk(world.hub, 0).quiet_since_ms == up_ms);
    hub_destroy(world.hub);
}

static void test_adopted_port_is_asked_for_a_hello(void **state)
{
    struct world world;

    (void)state;
    open_world(&world);
    hub_renew(world.hub, "One", &world.clock);
    assert_int_equal(world.last_type[0], 0); /* nothing was heard there yet */
    say_hello(&world, 0);
    hub_renew(world.hub, "One", &world.clock);
    assert_int_equal(world.last_type[0], MESSAGE_RENEW);
    assert_int_equal(world.last_type[1], 0);
    hub_destroy(world.hub);
}

static void test_a_line_that_closes_says_what_is_news(void **state)
{
    static const struct {
        enum hub_line line;
        const char *reason;
        enum log_level level;
        const char *text; /* NULL: nothing */
    } cases[] = {
        {HUB_LINE_ABSENT, "", LOG_LEVEL_NOTICE, "disconnected"},
        {HUB_LINE_ABSENT, "", LOG_LEVEL_NOTICE, NULL},
        {HUB_LINE_REFUSED, "no permission", LOG_LEVEL_WARNING, "no permission"},
        {HUB_LINE_REFUSED, "no permission", LOG_LEVEL_WARNING, NULL},
        {HUB_LINE_ABSENT, "input/output error", LOG_LEVEL_NOTICE, "input/output error"},
    };
    struct world world;

    (void)state;
    open_world(&world);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        size_t count = world.log_count;
        hub_on_closed(world.hub, 0, cases[i].line, cases[i].reason, &world.clock);
        assert_int_equal(world.log_count - count, cases[i].text != NULL);
        assert_int_equal(hub_kiosk(world.hub, 0).line, cases[i].line);
        if (cases[i].text == NULL)
            continue;
        assert_string_equal(world.last_log, cases[i].text);
        assert_int_equal(world.last_level, cases[i].level);
    }
    hub_destroy(world.hub);
}

static void test_noise_is_not_a_kiosk_that_was_heard(void **state)
{
    struct world world;

    (void)state;
    open_world(&world);
    hub_receive(world.hub, 0, (const uint8_t[]){0, 1, 2, 3, 0}, 5, &world.clock);
    assert_true(hub_kiosk(world.hub, 0).heard_ms == 0);
    assert_true(hub_kiosk(world.hub, 0).quiet_since_ms == world.clock.now_ms);
    say_hello(&world, 0);
    assert_true(hub_kiosk(world.hub, 0).heard_ms == world.clock.now_ms);
    hub_destroy(world.hub);
}

static void test_results_without_a_session_are_nobodys(void **state)
{
    const struct work work = {.kind = WORK_CALL, .session = WORK_NO_SESSION};
    struct world world;

    (void)state;
    open_world(&world);
    hub_result(world.hub, &work, &world.clock);
    assert_int_equal(hub_kiosk(world.hub, 0).session->request_count, 0);
    assert_int_equal(hub_kiosk(world.hub, 1).session->request_count, 0);
    hub_destroy(world.hub);
}

static void test_a_roster_goes_to_every_kiosk_and_is_said_again_in_time(void **state)
{
    struct work_roster roster = {.count = 1, .version = 9};
    struct world world;

    (void)state;
    open_world(&world);
    wait_for_hello(&world);
    hub_roster(world.hub, &roster, &world.clock);
    say_hello(&world, 1);
    admit(&world);
    assert_false(hub_is_busy(world.hub, 0));
    assert_true(hub_is_busy(world.hub, 1));
    assert_int_equal(world.last_type[1], MESSAGE_SETTINGS);
    world.last_type[1] = 0;
    world.clock.now_ms += SESSION_RESEND_MS;
    assert_true(hub_tick(world.hub, &world.clock));
    assert_int_equal(world.last_type[1], MESSAGE_SETTINGS);
    uint8_t bytes[32];
    const uint8_t received[] = {world.last_body[1][0], 1};
    size_t size = frame_encode(MESSAGE_RECEIVED, 0, received, 2, bytes, sizeof bytes);
    hub_receive(world.hub, 1, bytes, size, &world.clock);
    assert_int_equal(world.last_type[1], MESSAGE_ROSTER);
    assert_int_equal(world.last_type[0], 0);
    assert_int_equal(hub_count(world.hub), 2);
    world.clock.now_ms += SESSION_AWAY_MS; /* nobody is there to say it to */
    assert_false(hub_tick(world.hub, &world.clock));
    hub_destroy(world.hub);
}

static void test_what_became_of_a_call_goes_to_its_kiosk_alone(void **state)
{
    struct world world;

    (void)state;
    open_world(&world);
    wait_for_hello(&world);
    say_hello(&world, 1);
    admit(&world);
    uint8_t bytes[32];
    const uint8_t received[] = {world.last_body[1][0], 1};
    size_t size = frame_encode(MESSAGE_RECEIVED, 0, received, 2, bytes, sizeof bytes);
    hub_receive(world.hub, 1, bytes, size, &world.clock);
    assert_false(hub_tick(world.hub, &world.clock)); /* it is heard, and has all */
    world.last_type[1] = 0;
    hub_help(world.hub, KIOSK_ID + 1, 5, HELP_STATE_OPEN, &world.clock);
    assert_int_equal(world.last_type[1], 0);
    hub_help(world.hub, KIOSK_ID, 5, HELP_STATE_ON_THE_WAY, &world.clock);
    assert_int_equal(world.last_type[1], MESSAGE_HELP);
    assert_int_equal(world.last_type[0], 0);
    hub_destroy(world.hub);
}

/* The kiosk at a port says HELLO; the store knows its key; with `has_key` it proves that it has it and is admitted. */
static void say_keyed_hello(struct world *world, uint16_t index, bool has_key)
{
    const struct message_hello hello = {
        .major = PROTOCOL_MAJOR, .kiosk_id = KIOSK_ID, .journal_id = 2, .oldest = 1, .next = 1};
    const uint8_t key[SEAL_KEY_SIZE] = {1};
    uint8_t body[96], health[96] = {0}, bytes[192];
    size_t size = message_hello_encode(&hello, body, sizeof body);
    struct seal seal;

    say_hello(world, index);
    if (world->asked_count == 0)
        return; /* it was told to wait */
    world->asked[0].result.hello.admitted = (struct store_admitted){
        .admission = STORE_UNPROVEN, .kiosk_id = KIOSK_ID, .journal_id = 2, .key = {1}};
    world->asked_count = 0;
    hub_result(world->hub, &world->asked[0], &world->clock);
    if (!has_key)
        return;
    seal_begin(&seal, SEAL_KIOSK, key, body, size);
    seal_open(&seal, 1); /* on_nonce */
    const struct message_health values = {.uptime_s = 5};
    size = message_health_encode(&values, health, sizeof health);
    size = seal_append(&seal, MESSAGE_HEALTH, health, size, sizeof health);
    size = frame_encode(MESSAGE_HEALTH, SEAL_FLAG, health, size, bytes, sizeof bytes);
    hub_receive(world->hub, index, bytes, size, &world->clock);
    admit(world);
}

static void test_a_verified_kiosk_is_displaced_by_one_that_is_verified_only(void **state)
{
    struct world world;

    (void)state;
    open_world(&world);
    say_keyed_hello(&world, 0, true);
    assert_true(session_is_verified(hub_kiosk(world.hub, 0).session));
    world.clock.now_ms += SESSION_AWAY_MS; /* its cable was pulled */
    say_keyed_hello(&world, 1, false);
    assert_true(session_kiosk_id(hub_kiosk(world.hub, 0).session) == KIOSK_ID);
    assert_true(session_kiosk_id(hub_kiosk(world.hub, 1).session) == 0);
    say_keyed_hello(&world, 1, true);
    assert_true(session_kiosk_id(hub_kiosk(world.hub, 0).session) == 0);
    assert_true(session_kiosk_id(hub_kiosk(world.hub, 1).session) == KIOSK_ID);
    hub_destroy(world.hub);
}

static void test_without_memory_there_is_no_hub(void **state)
{
    const struct session_options options[] = {{.port = "One"}};
    const struct hub_outputs outputs = {NULL, on_send, on_request, on_nonce, on_log};
    const struct session_clock clock = {1, 1, true};

    (void)state;
    if (!fault_memory_refuse_nth(0))
        skip();
    struct hub *hub = hub_create(options, 1, &outputs, &clock);
    assert_true(fault_memory_stop());
    assert_null(hub);
    hub_destroy(hub);
}

static void test_clock_is_doubted_after_a_step_and_while_unsynchronised(void **state)
{
    struct clock_watch watch = {0};

    (void)state;
    clock_observe(&watch, 1000, 100000, true);
    assert_true(clock_is_good(&watch));
    clock_observe(&watch, 2000, 101000 + CLOCK_STEP_MS - 1, true); /* slewed */
    assert_true(clock_is_good(&watch));
    clock_observe(&watch, 3000, 102000 + 2 * CLOCK_STEP_MS, true);
    assert_false(clock_is_good(&watch));
    clock_observe(&watch, 3000 + CLOCK_STEP_DOUBT_MS, 102000 + 2 * CLOCK_STEP_MS + CLOCK_STEP_DOUBT_MS, true);
    assert_true(clock_is_good(&watch));
    clock_observe(&watch, 4000 + CLOCK_STEP_DOUBT_MS, 103000 + 2 * CLOCK_STEP_MS + CLOCK_STEP_DOUBT_MS, false);
    assert_false(clock_is_good(&watch));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_newer_line_waits_while_the_older_is_heard_and_then_displaces_it),
        cmocka_unit_test(test_closed_line_forgets_its_kiosk_and_says_why_once),
        cmocka_unit_test(test_log_of_a_flapping_kiosk_is_bounded),
        cmocka_unit_test(test_a_hello_alone_displaces_no_kiosk_that_has_a_key),
        cmocka_unit_test(test_a_stranger_that_says_no_hello_is_no_sign_of_the_kiosk),
        cmocka_unit_test(test_adopted_port_is_asked_for_a_hello),
        cmocka_unit_test(test_a_line_that_closes_says_what_is_news),
        cmocka_unit_test(test_noise_is_not_a_kiosk_that_was_heard),
        cmocka_unit_test(test_results_without_a_session_are_nobodys),
        cmocka_unit_test(test_what_became_of_a_call_goes_to_its_kiosk_alone),
        cmocka_unit_test(test_a_roster_goes_to_every_kiosk_and_is_said_again_in_time),
        cmocka_unit_test(test_a_verified_kiosk_is_displaced_by_one_that_is_verified_only),
        cmocka_unit_test(test_without_memory_there_is_no_hub),
        cmocka_unit_test(test_clock_is_doubted_after_a_step_and_while_unsynchronised),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
