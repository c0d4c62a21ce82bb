/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <string.h>

#include "fixture.h"

static uint16_t add(struct fixture *fixture, const char *name)
{
    uint16_t id = 0;

    store_begin(fixture->store, &fixture->error);
    if (store_staff_add(fixture->store, name, 0, &id, &fixture->error) != STORE_OK)
        fail_msg("%s", fixture->error.text);
    store_commit(fixture->store, &fixture->error);
    return id;
}

static void refused(struct fixture *fixture, const char *name, const char *why)
{
    uint16_t id;

    store_begin(fixture->store, &fixture->error);
    assert_int_equal(store_staff_add(fixture->store, name, 0, &id, &fixture->error), STORE_REFUSED);
    if (strstr(fixture->error.text, why) == NULL)
        fail_msg("\"%s\" does not say \"%s\"", fixture->error.text, why);
    store_rollback(fixture->store);
}

static void test_names_are_what_a_kiosk_can_display(void **state)
{
    struct fixture *fixture = *state;

    add(fixture, "Zoë");
    add(fixture, "7 of 9");
    add(fixture, "Łukasz Ściegien");
    add(fixture, "sixteen letters!");
    refused(fixture, "", "at least one");
    refused(fixture, "seventeen letters", "at most 16");
    refused(fixture, "Zoë", "already");
    refused(fixture, "ZOË", "there is a \"Zoë\" already");
    add(fixture, "Zoe");
    refused(fixture, "no name", "without a name");
    refused(fixture, "No Name", "without a name");
    refused(fixture, "7", "\"7\" reads as a staff number");
    refused(fixture, "0012", "reads as a staff number");
    refused(fixture, " Dan", "space");
    refused(fixture, "Dan ", "space");
    refused(fixture, "Дан", "\"Д\" (U+0414) at character 1");
    refused(fixture, "Dan\xF0\x9F\x98\x80", "U+1F600");
    refused(fixture, "Dan\n", "U+000A");
    refused(fixture, "Dan\xFF", "byte 0xFF at character 4");
    refused(fixture, "Dan\xC5", "byte 0xC5 at character 4");
}

static void test_numbers_are_never_given_again(void **state)
{
    struct fixture *fixture = *state;
    uint16_t first = add(fixture, "Dan");

    store_begin(fixture->store, &fixture->error);
    assert_int_equal(store_staff_retire(fixture->store, "Dan", 5, &fixture->error), STORE_OK);
    assert_int_equal(store_staff_rename(fixture->store, "Dan", "Danny", &fixture->error), STORE_REFUSED);
    store_commit(fixture->store, &fixture->error);
    assert_int_equal(add(fixture, "Dan"), first + 1);
    fixture_press(fixture, QUESTION_RATING, 5);
    fixture_press(fixture, QUESTION_STAFF, 40); /* somebody of a time that this database does not know */
    assert_int_equal(add(fixture, "Eve"), 41);
}

static void test_roster_has_those_on_duty_first(void **state)
{
    struct fixture *fixture = *state;
    struct staff_entry roster[ROSTER_CAPACITY];
    uint64_t generation = store_roster_generation(fixture->store);
    uint8_t count;

    add(fixture, "Anna");
    add(fixture, "Zoë");
    add(fixture, "Ben");
    store_begin(fixture->store, &fixture->error);
    assert_int_equal(store_staff_on_duty(fixture->store, "Anna", false, &fixture->error), STORE_OK);
    assert_int_equal(store_staff_pin(fixture->store, "2", "2415", &fixture->error), STORE_OK);
    assert_int_equal(store_staff_pin(fixture->store, "Ben", "2416", &fixture->error), STORE_REFUSED);
    assert_int_equal(store_staff_pin(fixture->store, "Ben", "24155", &fixture->error), STORE_REFUSED);
    assert_int_equal(store_staff_pin(fixture->store, "Carl", NULL, &fixture->error), STORE_REFUSED);
    store_commit(fixture->store, &fixture->error);
    assert_true(store_roster_generation(fixture->store) > generation);
    assert_int_equal(store_roster(fixture->store, roster, &count, &fixture->error), STORE_OK);
    assert_int_equal(count, 3);
    assert_string_equal(roster[0].name, "Ben");
    assert_string_equal(roster[1].name, "Zoë");
    assert_int_equal(roster[1].name_size, 4);
    assert_int_equal(roster[1].pin, ((1 * 5 + 3) * 5 + 0) * 5 + 4);
    assert_int_equal(roster[0].pin, PIN_NONE);
    assert_int_equal(roster[1].flags, STAFF_ON_DUTY);
    assert_string_equal(roster[2].name, "Anna");
    assert_int_equal(roster[2].flags, 0);
}

static void mention(struct fixture *fixture, uint16_t staff, uint16_t value)
{
    fixture_wait(fixture, 60000);
    fixture_press(fixture, QUESTION_RATING, 5);
    fixture_press(fixture, QUESTION_STAFF, staff);
    fixture_press(fixture, QUESTION_MENTION, value);
}

static struct message_counts counts(struct fixture *fixture, uint16_t staff)
{
    struct message_counts counts;

    assert_int_equal(store_counts(fixture->store, staff, fixture_now(fixture), &counts, &fixture->error),
                     STORE_OK);
    return counts;
}

/* The fixture begins on a Monday at noon. */
static void test_own_counts_of_today_the_week_and_the_best_week(void **state)
{
    struct fixture *fixture = *state;
    uint16_t dan = add(fixture, "Dan");
    uint64_t generation = store_counts_generation(fixture->store);

    for (int i = 0; i < 10; i++)
        mention(fixture, dan, i < 6 ? MENTION_ASKED : MENTION_NO); /* the first week: 6 of 10 */
    assert_true(store_counts_generation(fixture->store) > generation);
    assert_int_equal(counts(fixture, dan).asked_today, 6);
    assert_int_equal(counts(fixture, dan).answered_best, 0); /* not complete yet */
    fixture_wait(fixture, 7 * DAY_MS);
    for (int i = 0; i < 9; i++)
        mention(fixture, dan, MENTION_ASKED); /* the second: 9 of 9, too few to be a best */
    fixture_wait(fixture, 7 * DAY_MS);
    mention(fixture, dan, MENTION_ASKED);
    mention(fixture, dan, ANSWER_NONE);
    fixture_wait(fixture, DAY_MS);
    mention(fixture, dan, MENTION_WILL_ASK);
    assert_int_equal(counts(fixture, dan).asked_today, 0);
    assert_int_equal(counts(fixture, dan).answered_today, 1);
    assert_int_equal(counts(fixture, dan).asked_week, 1);
    assert_int_equal(counts(fixture, dan).answered_week, 2);
    assert_int_equal(counts(fixture, dan).asked_best, 6);
    assert_int_equal(counts(fixture, dan).answered_best, 10);
    fixture_verify(fixture);
}

/* It is of this week for certain, as in the reports, though nobody knows on which day it was. */
static void test_a_mention_of_an_uncertain_day_counts_in_its_week(void **state)
{
    struct fixture *fixture = *state;
    uint16_t dan = add(fixture, "Dan");
    struct answer answers[3];

    for (int i = 0; i < 9; i++)
        mention(fixture, dan, MENTION_ASKED);
    fixture_wait(fixture, 2 * DAY_MS); /* boot 2 was pressed somewhen in between, without a connection */
    fixture->origin.boot = 3;
    fixture->origin.boot_started_ms = fixture_now(fixture) - 60000;
    for (uint32_t i = 0; i < 3; i++)
        answers[i] =
            (struct answer){.seq = fixture->seq + 1 + i, .boot = 2, .uptime_s = 90, .visit_back = (uint8_t)i};
    answers[0].question = QUESTION_RATING;
    answers[0].value = 5;
    answers[1].question = QUESTION_STAFF;
    answers[1].value = dan;
    answers[2].question = QUESTION_MENTION;
    answers[2].value = MENTION_NO;
    assert_int_equal(fixture_send(fixture, answers, 3), STORE_OK);
    assert_int_equal(counts(fixture, dan).answered_today, 0);
    assert_int_equal(counts(fixture, dan).asked_week, 9);
    assert_int_equal(counts(fixture, dan).answered_week, 10);
    fixture_wait(fixture, 7 * DAY_MS);
    assert_int_equal(counts(fixture, dan).asked_best, 9);
    assert_int_equal(counts(fixture, dan).answered_best, 10);
    fixture_verify(fixture);
}

static void test_late_answers_can_change_the_best_week(void **state)
{
    struct fixture *fixture = *state;
    uint16_t dan = add(fixture, "Dan");
    struct answer late = {.visit_back = 2, .question = QUESTION_STAFF, .boot = 1};

    for (int i = 0; i < 9; i++)
        mention(fixture, dan, MENTION_ASKED);
    fixture_wait(fixture, 60000);
    fixture_press(fixture, QUESTION_RATING, 5);
    fixture_press(fixture, QUESTION_MENTION, MENTION_ASKED); /* of whom is not known yet */
    fixture_wait(fixture, 7 * DAY_MS);
    assert_int_equal(counts(fixture, dan).answered_best, 0);
    late.seq = fixture->seq + 1;
    late.value = dan;
    assert_int_equal(fixture_send(fixture, &late, 1), STORE_OK);
    assert_int_equal(counts(fixture, dan).answered_best, 10);
}

#define WITH_STORE(test) cmocka_unit_test_setup_teardown(test, fixture_setup, fixture_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_STORE(test_names_are_what_a_kiosk_can_display),
        WITH_STORE(test_numbers_are_never_given_again),
        WITH_STORE(test_roster_has_those_on_duty_first),
        WITH_STORE(test_own_counts_of_today_the_week_and_the_best_week),
        WITH_STORE(test_a_mention_of_an_uncertain_day_counts_in_its_week),
        WITH_STORE(test_late_answers_can_change_the_best_week),
    };

    return cmocka_run_group_tests_name("store_staff", tests, NULL, NULL);
}
