/* SPDX-License-Identifier: MIT */
#include "protocol/link.h"

#include "tests/unit/cmocka_first.h"

/* Just before the clock wraps, so that every test crosses it. */
#define START_MS 0xFFFFF000u

static struct link link_up(uint32_t oldest)
{
    struct link link;

    link_init(&link, START_MS);
    assert_int_equal(link_step(&link, START_MS, oldest, oldest), LINK_SEND_HELLO);
    link_on_welcome(&link, START_MS, oldest);
    assert_int_equal(link_step(&link, START_MS, oldest, oldest), LINK_SEND_HEALTH);
    assert_int_equal(link_step(&link, START_MS, oldest, oldest), LINK_NOTHING);
    return link;
}

static void test_hello_is_said_at_once_and_then_every_second(void **state)
{
    struct link link;

    (void)state;
    link_init(&link, START_MS);
    assert_int_equal(link_step(&link, START_MS, 1, 9), LINK_SEND_HELLO);
    assert_int_equal(link_step(&link, START_MS + LINK_HELLO_MS - 1, 1, 9), LINK_NOTHING);
    assert_int_equal(link_step(&link, START_MS + LINK_HELLO_MS, 1, 9), LINK_SEND_HELLO);
}

static void test_answers_follow_a_welcome_without_waiting_for_acks(void **state)
{
    struct link link = link_up(5);

    (void)state;
    assert_int_equal(link_step(&link, START_MS, 5, 8), LINK_SEND_ANSWERS);
    assert_int_equal(link.next_to_send, 5);
    link_on_sent(&link, START_MS, 5, 6);
    assert_int_equal(link_step(&link, START_MS, 5, 8), LINK_SEND_ANSWERS);
    assert_int_equal(link.next_to_send, 7);
    link_on_sent(&link, START_MS, 7, 7);
    assert_int_equal(link_step(&link, START_MS, 5, 8), LINK_NOTHING);
    assert_int_equal(link.resent, 0);
}

static void test_silence_is_met_with_more_and_more_patience(void **state)
{
    struct link link = link_up(1);
    uint32_t now_ms = START_MS;
    static const uint16_t waits[] = {200, 400, 800, 1600, 3200, 4000, 4000};

    (void)state;
    assert_int_equal(link_step(&link, now_ms, 1, 2), LINK_SEND_ANSWERS);
    link_on_sent(&link, now_ms, 1, 1);
    for (unsigned i = 0; i < sizeof waits / sizeof waits[0]; i++) {
        link_on_heard(&link, now_ms);
        link.health_due_ms = now_ms + 60000;
        assert_int_equal(link_step(&link, now_ms + waits[i] - 1, 1, 2), LINK_NOTHING);
        now_ms += waits[i];
        assert_int_equal(link_step(&link, now_ms, 1, 2), LINK_SEND_ANSWERS);
        assert_int_equal(link.next_to_send, 1);
        link_on_sent(&link, now_ms, 1, 1);
    }
    assert_int_equal(link.resent, sizeof waits / sizeof waits[0]);
    assert_true(link_on_ack(&link, now_ms, 1, 2));
    assert_int_equal(link.retry_ms, LINK_RETRY_MS);
}

static void test_an_ack_beyond_what_was_sent_is_refused(void **state)
{
    struct link link = link_up(1);

    (void)state;
    link_on_sent(&link, START_MS, 1, 2);
    assert_false(link_on_ack(&link, START_MS, 3, 9));
    assert_false(link_on_ack(&link, START_MS, 9, 9));
    assert_int_equal(link.refused_acks, 2);
    assert_true(link_on_ack(&link, START_MS, 2, 9));
}

static void test_an_ack_of_a_part_keeps_the_retry_running(void **state)
{
    struct link link = link_up(1);

    (void)state;
    link_on_sent(&link, START_MS, 1, 4);
    assert_true(link_on_ack(&link, START_MS + 100, 2, 5));
    assert_int_equal(link_step(&link, START_MS + 299, 3, 5), LINK_NOTHING);
    assert_int_equal(link_step(&link, START_MS + 300, 3, 5), LINK_SEND_ANSWERS);
    assert_int_equal(link.next_to_send, 3);
}

static void test_a_nak_sends_from_the_gap_at_once(void **state)
{
    struct link link = link_up(1);

    (void)state;
    link_on_sent(&link, START_MS, 1, 6);
    assert_int_equal(link_step(&link, START_MS + 1, 1, 7), LINK_NOTHING);
    link_on_nak(&link, START_MS + 1, 4, 1);
    assert_int_equal(link_step(&link, START_MS + 1, 1, 7), LINK_SEND_ANSWERS);
    assert_int_equal(link.next_to_send, 4);
}

static void test_a_nak_for_what_was_never_sent_is_ignored(void **state)
{
    struct link link = link_up(3);

    (void)state;
    link_on_sent(&link, START_MS, 3, 4);
    link_on_nak(&link, START_MS, 2, 3);
    link_on_nak(&link, START_MS, 5, 3);
    assert_int_equal(link.next_to_send, 5);
}

static void test_a_hold_stops_answers_but_not_the_heartbeat(void **state)
{
    struct link link = link_up(1);

    (void)state;
    link_on_hold(&link, START_MS, 10);
    assert_int_equal(link_step(&link, START_MS + 100, 1, 3), LINK_NOTHING);
    assert_int_equal(link_step(&link, START_MS + LINK_HEARTBEAT_MS, 1, 3), LINK_SEND_HEALTH);
    link_on_heard(&link, START_MS + LINK_HEARTBEAT_MS);
    assert_int_equal(link_step(&link, START_MS + 9998, 1, 3), LINK_SEND_HEALTH);
    assert_int_equal(link_step(&link, START_MS + 9999, 1, 3), LINK_NOTHING);
    assert_int_equal(link_step(&link, START_MS + 10000, 1, 3), LINK_SEND_ANSWERS);
}

/* Said again soon while something waits, or nobody answers: a daemon that is gone, a line that spoils frames. */
static void test_a_heartbeat_that_was_answered_is_followed_by_a_rest(void **state)
{
    struct link link = link_up(1);
    uint32_t now_ms = START_MS + LINK_HEARTBEAT_MS;

    (void)state;
    assert_int_equal(link_step(&link, now_ms, 1, 1), LINK_SEND_HEALTH); /* TIME was lost */
    link_on_time(&link);
    link_on_time(&link); /* twice on the line */
    assert_int_equal(link_step(&link, now_ms + LINK_REST_MS - 1, 1, 1), LINK_NOTHING);
    now_ms += LINK_REST_MS;
    assert_int_equal(link_step(&link, now_ms, 1, 1), LINK_SEND_HEALTH);
    assert_int_equal(link_step(&link, now_ms + LINK_HEARTBEAT_MS - 1, 1, 1), LINK_NOTHING);
    assert_int_equal(link_step(&link, now_ms + LINK_HEARTBEAT_MS, 1, 1), LINK_SEND_HEALTH);
}

static void test_while_answers_wait_there_is_no_rest(void **state)
{
    struct link link = link_up(1);
    uint32_t now_ms = START_MS + LINK_HEARTBEAT_MS;

    (void)state;
    link_on_hold(&link, START_MS, 60);
    assert_int_equal(link_step(&link, now_ms, 1, 2), LINK_SEND_HEALTH);
    link_on_time(&link);
    now_ms += LINK_HEARTBEAT_MS; /* acknowledged meanwhile: the last one still said that something waits */
    assert_int_equal(link_step(&link, now_ms, 2, 2), LINK_SEND_HEALTH);
    link_on_time(&link);
    assert_int_equal(link_step(&link, now_ms + LINK_REST_MS - 1, 2, 2), LINK_NOTHING);
    assert_int_equal(link_step(&link, now_ms + LINK_REST_MS, 2, 2), LINK_SEND_HEALTH);
}

static void test_a_welcome_ends_the_rest(void **state)
{
    struct link link = link_up(1);

    (void)state;
    link_on_welcome(&link, START_MS + 10, 1);
    link_on_time(&link); /* for the HEALTH of before */
    assert_int_equal(link_step(&link, START_MS + 10, 1, 1), LINK_SEND_HEALTH);
}

static void test_an_endless_hold_is_cut_short(void **state)
{
    struct link link = link_up(1);

    (void)state;
    link_on_hold(&link, START_MS, 65535);
    link_on_heard(&link, START_MS + 59999);
    link.health_due_ms = START_MS + 90000;
    assert_int_equal(link_step(&link, START_MS + 59999, 1, 3), LINK_NOTHING);
    assert_int_equal(link_step(&link, START_MS + 60000, 1, 3), LINK_SEND_ANSWERS);
}

static void test_a_silent_daemon_is_gone_after_twelve_seconds(void **state)
{
    struct link link = link_up(1);

    (void)state;
    assert_int_equal(link_step(&link, START_MS + LINK_TIMEOUT_MS - 1, 1, 1), LINK_SEND_HEALTH);
    assert_int_equal(link.state, LINK_UP);
    assert_int_equal(link_step(&link, START_MS + LINK_TIMEOUT_MS, 1, 1), LINK_SEND_HELLO);
    assert_int_equal(link.state, LINK_DOWN);
}

static void test_waiting_asks_again_every_five_seconds(void **state)
{
    struct link link;

    (void)state;
    link_init(&link, START_MS);
    link_on_wait(&link, START_MS);
    assert_int_equal(link_step(&link, START_MS + 4999, 1, 5), LINK_NOTHING);
    assert_int_equal(link_step(&link, START_MS + 5000, 1, 5), LINK_SEND_HELLO);
    assert_int_equal(link.state, LINK_WAITING);
}

static void test_an_ack_before_the_welcome_is_refused(void **state)
{
    struct link link;

    (void)state;
    link_init(&link, START_MS);
    assert_false(link_on_ack(&link, START_MS, 1, 5));
    link = link_up(1);
    link_on_sent(&link, START_MS, 1, 3);
    link_on_renew(&link, START_MS);
    assert_false(link_on_ack(&link, START_MS, 1, 5));
    assert_int_equal(link_step(&link, START_MS, 1, 5), LINK_SEND_HELLO);
}

static void test_arrivals_are_new_duplicate_or_behind_a_gap(void **state)
{
    uint32_t skip;

    (void)state;
    assert_int_equal(link_arrival(5, 5, 3, &skip), LINK_ARRIVAL_NEW);
    assert_int_equal(skip, 0);
    assert_int_equal(link_arrival(5, 3, 4, &skip), LINK_ARRIVAL_NEW);
    assert_int_equal(skip, 2);
    assert_int_equal(link_arrival(5, 3, 2, &skip), LINK_ARRIVAL_DUPLICATE);
    assert_int_equal(link_arrival(5, 6, 1, &skip), LINK_ARRIVAL_GAP);
}

static void test_what_was_acknowledged_meanwhile_is_not_sent_again(void **state)
{
    struct link link = link_up(1);

    (void)state;
    link_on_sent(&link, START_MS, 1, 6);
    link_on_nak(&link, START_MS, 2, 1);
    assert_int_equal(link_step(&link, START_MS, 5, 7), LINK_SEND_ANSWERS); /* 1 to 4 are acknowledged now */
    assert_int_equal(link.next_to_send, 5);
}

static void test_a_nak_before_the_welcome_is_ignored(void **state)
{
    struct link link = link_up(1);

    (void)state;
    link_on_sent(&link, START_MS, 1, 6);
    link_on_wait(&link, START_MS);
    uint32_t next_to_send = link.next_to_send;
    link_on_nak(&link, START_MS, 2, 1);
    assert_int_equal(link.next_to_send, next_to_send);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_hello_is_said_at_once_and_then_every_second),
        cmocka_unit_test(test_answers_follow_a_welcome_without_waiting_for_acks),
        cmocka_unit_test(test_silence_is_met_with_more_and_more_patience),
        cmocka_unit_test(test_an_ack_beyond_what_was_sent_is_refused),
        cmocka_unit_test(test_an_ack_of_a_part_keeps_the_retry_running),
        cmocka_unit_test(test_a_nak_sends_from_the_gap_at_once),
        cmocka_unit_test(test_a_nak_for_what_was_never_sent_is_ignored),
        cmocka_unit_test(test_a_hold_stops_answers_but_not_the_heartbeat),
        cmocka_unit_test(test_a_heartbeat_that_was_answered_is_followed_by_a_rest),
        cmocka_unit_test(test_while_answers_wait_there_is_no_rest),
        cmocka_unit_test(test_a_welcome_ends_the_rest),
        cmocka_unit_test(test_an_endless_hold_is_cut_short),
        cmocka_unit_test(test_a_silent_daemon_is_gone_after_twelve_seconds),
        cmocka_unit_test(test_waiting_asks_again_every_five_seconds),
        cmocka_unit_test(test_an_ack_before_the_welcome_is_refused),
        cmocka_unit_test(test_arrivals_are_new_duplicate_or_behind_a_gap),
        cmocka_unit_test(test_what_was_acknowledged_meanwhile_is_not_sent_again),
        cmocka_unit_test(test_a_nak_before_the_welcome_is_ignored),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
