/* SPDX-License-Identifier: MIT */
#include "fixture.h"

#include <sqlite3.h>
#include <string.h>

#include "daemon/store_privacy.h"

static void set_policy(struct fixture *fixture, enum store_attribute attribute, enum store_status expected)
{
    assert_int_equal(store_begin(fixture->store, &fixture->error), STORE_OK);
    assert_int_equal(store_policy_set(fixture->store, attribute, fixture_now(fixture), &fixture->error),
                     expected);
    assert_int_equal(store_commit(fixture->store, &(struct store_error){""}), STORE_OK);
}

static void add_staff(struct fixture *fixture, const char *name)
{
    uint16_t id;

    assert_int_equal(store_begin(fixture->store, &fixture->error), STORE_OK);
    assert_int_equal(store_staff_add(fixture->store, name, fixture_now(fixture), &id, &fixture->error),
                     STORE_OK);
    assert_int_equal(store_commit(fixture->store, &fixture->error), STORE_OK);
}

static void erase(struct fixture *fixture, const char *which, enum store_status expected)
{
    struct store_error error;

    assert_int_equal(store_begin(fixture->store, &fixture->error), STORE_OK);
    assert_int_equal(store_staff_erase(fixture->store, which, fixture_now(fixture), &fixture->error),
                     expected);
    assert_int_equal(store_commit(fixture->store, &error), STORE_OK);
}

static void visit(struct fixture *fixture, uint16_t rating, uint16_t staff)
{
    fixture_press(fixture, QUESTION_RATING, rating);
    fixture_press(fixture, QUESTION_STAFF, staff);
    fixture_press(fixture, QUESTION_MENTION, MENTION_ASKED);
    fixture_wait(fixture, MINUTE_MS);
}

static void test_policy_positive_keeps_names_of_happy_visits_only(void **state)
{
    struct fixture *fixture = *state;

    add_staff(fixture, "Dan");
    set_policy(fixture, ATTRIBUTE_POSITIVE, STORE_OK);
    fixture_wait(fixture, MINUTE_MS);
    for (uint16_t rating = 1; rating <= 5; rating++)
        visit(fixture, rating, 1);
    assert_int_equal(fixture_integer(fixture, "SELECT count(*) FROM answer WHERE question IN (4, 5)"), 4);
    assert_int_equal(fixture_integer(fixture, "SELECT min(rating) FROM visit WHERE staff IS NOT NULL"), 4);
    assert_int_equal(fixture_integer(fixture, "SELECT count(*) FROM visit WHERE staff = 1"), 2);
    assert_int_equal(fixture_integer(fixture, "SELECT count(*) FROM answer WHERE question = 0 AND value = 2"),
                     6);
    fixture_verify(fixture);
}

static void test_policy_positive_keeps_sign_ons_and_no_name_of_a_visit_whose_rating_is_lost(void **state)
{
    struct fixture *fixture = *state;
    const struct message_lost lost = {.first = 3, .last = 3, .cause = LOST_DAMAGED};

    add_staff(fixture, "Dan");
    set_policy(fixture, ATTRIBUTE_POSITIVE, STORE_OK);
    fixture_wait(fixture, MINUTE_MS);
    fixture_press(fixture, QUESTION_SIGN_ON, 1);
    assert_int_equal(fixture_integer(fixture, "SELECT count(*) FROM presence"), 1);
    fixture_press(fixture, QUESTION_SIGN_OFF, 1);
    assert_int_equal(fixture_integer(fixture, "SELECT count(*) FROM presence"), 0);
    assert_int_equal(store_begin(fixture->store, &fixture->error), STORE_OK);
    assert_int_equal(store_lost(fixture->store, &fixture->origin, &lost, &fixture->ingested, &fixture->error),
                     STORE_OK);
    assert_int_equal(store_commit(fixture->store, &fixture->error), STORE_OK);
    fixture->seq = fixture->rating_seq = 3;
    fixture_press(fixture, QUESTION_STAFF, 1);
    assert_int_equal(fixture_integer(fixture, "SELECT count(*) FROM answer WHERE question = 0"), 1);
    assert_int_equal(fixture_integer(fixture, "SELECT value FROM answer WHERE seq = 4"), STORE_VOID_WITHHELD);
    fixture_verify(fixture);
}

static int count_down(void *context)
{
    int *left = context;

    return (*left)-- <= 0;
}

/* Where the policy cannot be read, the name is not kept for want of it: the answer comes again. */
static void test_answer_whose_policy_cannot_be_read_is_not_stored(void **state)
{
    struct fixture *fixture = *state;
    enum store_status status = STORE_REFUSED;
    int instructions = 0;

    add_staff(fixture, "Dan");
    set_policy(fixture, ATTRIBUTE_NONE, STORE_OK);
    fixture_wait(fixture, MINUTE_MS);
    fixture_press(fixture, QUESTION_RATING, 5);
    const struct answer staff = {
        .seq = 2, .visit_back = 1, .question = QUESTION_STAFF, .value = 1, .boot = 1, .uptime_s = 61};
    for (; status != STORE_OK; instructions++) {
        int left = instructions;
        fixture_reopen(fixture); /* without what is remembered of the journal */
        assert_int_equal(store_begin(fixture->store, &fixture->error), STORE_OK);
        sqlite3_progress_handler(store_connection(fixture->store), 1, count_down, &left);
        status =
            store_answers(fixture->store, &fixture->origin, &staff, 1, &fixture->ingested, &fixture->error);
        sqlite3_progress_handler(store_connection(fixture->store), 0, NULL, NULL);
        if (status == STORE_OK)
            assert_int_equal(store_commit(fixture->store, &fixture->error), STORE_OK);
        else
            store_rollback(fixture->store);
        assert_true(status == STORE_OK || status == STORE_REFUSED);
        assert_int_equal(fixture_integer(fixture, "SELECT count(*) FROM answer"), status == STORE_OK ? 2 : 1);
    }
    assert_true(instructions > 50);
    assert_int_equal(fixture_integer(fixture, "SELECT value FROM answer WHERE seq = 2 AND question = 0"),
                     STORE_VOID_WITHHELD);
    fixture_verify(fixture);
}

static void test_policy_none_keeps_no_name_and_no_sign_on(void **state)
{
    struct fixture *fixture = *state;

    add_staff(fixture, "Dan");
    fixture_press(fixture, QUESTION_SIGN_ON, 1);
    assert_int_equal(fixture_integer(fixture, "SELECT count(*) FROM presence"), 1);
    set_policy(fixture, ATTRIBUTE_NONE, STORE_OK);
    fixture_wait(fixture, MINUTE_MS);
    assert_int_equal(fixture_integer(fixture, "SELECT count(*) FROM presence"), 0);
    fixture_press(fixture, QUESTION_SIGN_ON, 1);
    fixture_press(fixture, QUESTION_RATING, 5);
    fixture_press(fixture, QUESTION_SERVED, 1);
    fixture_press(fixture, QUESTION_STAFF, 1);
    fixture_press(fixture, QUESTION_MENTION, MENTION_ASKED);
    fixture_press(fixture, QUESTION_STRENGTH, STRENGTH_EMPATHY);
    assert_int_equal(fixture_integer(fixture, "SELECT count(*) FROM presence"), 0);
    assert_int_equal(
        fixture_integer(fixture, "SELECT count(*) FROM visit WHERE staff IS NOT NULL OR served IS NOT NULL"
                                 " OR mention IS NOT NULL"),
        0);
    assert_int_equal(fixture_integer(fixture, "SELECT count(*) FROM visit WHERE rating = 5 AND strength = 1"),
                     1);
    assert_int_equal(fixture_integer(fixture, "SELECT count(*) FROM tally WHERE staff = 1"), 0);
    fixture_verify(fixture);
}

static void test_policy_is_dated_and_changes_nothing_that_was_before(void **state)
{
    struct fixture *fixture = *state;

    add_staff(fixture, "Dan");
    visit(fixture, 1, 1);
    set_policy(fixture, ATTRIBUTE_ALL, STORE_REFUSED);
    set_policy(fixture, ATTRIBUTE_NONE, STORE_OK);
    fixture_wait(fixture, MINUTE_MS);
    visit(fixture, 1, 1);
    set_policy(fixture, ATTRIBUTE_ALL, STORE_OK);
    fixture_wait(fixture, MINUTE_MS);
    visit(fixture, 1, 1);
    assert_int_equal(fixture_integer(fixture, "SELECT count(*) FROM visit WHERE staff = 1"), 2);
    assert_int_equal(fixture_integer(fixture, "SELECT count(*) FROM policy"), 2);
    fixture_verify(fixture);
}

/* A kiosk that was away sends what was pressed under the policy of then. */
static void test_policy_is_that_of_the_press_not_of_the_arrival(void **state)
{
    struct fixture *fixture = *state;
    const struct answer late[] = {
        {.seq = fixture->seq + 1, .question = QUESTION_RATING, .value = 1, .boot = 1, .uptime_s = 100},
        {.seq = fixture->seq + 2,
         .visit_back = 1,
         .question = QUESTION_STAFF,
         .value = 1,
         .boot = 1,
         .uptime_s = 101},
    };

    add_staff(fixture, "Dan");
    fixture->origin.boot_started_ms = fixture_now(fixture);
    fixture_wait(fixture, 10 * MINUTE_MS);
    set_policy(fixture, ATTRIBUTE_NONE, STORE_OK);
    fixture_wait(fixture, MINUTE_MS);
    assert_int_equal(fixture_send(fixture, late, 2), STORE_OK);
    assert_int_equal(fixture_integer(fixture, "SELECT count(*) FROM visit WHERE staff = 1"), 1);
}

static void test_withheld_answer_that_comes_again_is_a_duplicate(void **state)
{
    struct fixture *fixture = *state;
    const uint32_t first = fixture->seq + 1;
    struct answer answers[] = {
        {.seq = first, .question = QUESTION_RATING, .value = 2, .boot = 1, .uptime_s = 1000},
        {.seq = first + 1,
         .visit_back = 1,
         .question = QUESTION_STAFF,
         .value = 1,
         .boot = 1,
         .uptime_s = 1001},
    };

    add_staff(fixture, "Dan");
    set_policy(fixture, ATTRIBUTE_POSITIVE, STORE_OK);
    fixture->origin.boot_started_ms = fixture_now(fixture);
    fixture_wait(fixture, 20 * MINUTE_MS);
    assert_int_equal(fixture_send(fixture, answers, 2), STORE_OK);
    assert_int_equal(fixture_send(fixture, answers, 2), STORE_OK);
    assert_int_equal(fixture_integer(fixture, "SELECT count(*) FROM conflict"), 0);
    assert_int_equal(fixture_integer(fixture, "SELECT sum(duplicates) FROM journal"), 2);
    answers[1].uptime_s++;
    assert_int_equal(fixture_send(fixture, answers, 2), STORE_OK);
    assert_int_equal(fixture_integer(fixture, "SELECT count(*) FROM conflict"), 1);
}

static int64_t sum_of_all(struct fixture *fixture)
{
    return fixture_integer(
        fixture, "SELECT sum(rating_1 + 10 * rating_2 + 100 * rating_5 + 1000 * mention_asked) FROM tally"
                 " WHERE level = 4");
}

static void test_erased_person_is_nowhere_and_sums_stay(void **state)
{
    struct fixture *fixture = *state;

    add_staff(fixture, "Dan");
    add_staff(fixture, "Eve");
    fixture_press(fixture, QUESTION_SIGN_ON, 1);
    for (uint16_t i = 0; i < 6; i++)
        visit(fixture, i % 2 == 0 ? 5 : 1, (uint16_t)(1 + i % 3 / 2));
    int64_t before = sum_of_all(fixture);
    erase(fixture, "Nobody", STORE_REFUSED);
    erase(fixture, "Dan", STORE_OK);
    assert_int_equal(sum_of_all(fixture), before);
    assert_int_equal(fixture_integer(fixture,
                                     "SELECT count(*) FROM answer WHERE question IN (3, 4, 11, 12, 13)"
                                     " AND value = 1"),
                     0);
    assert_int_equal(fixture_integer(fixture, "SELECT count(*) FROM visit WHERE staff = 1 OR served = 1"), 0);
    assert_int_equal(fixture_integer(fixture, "SELECT count(*) FROM tally WHERE staff = 1"), 0);
    assert_int_equal(fixture_integer(fixture, "SELECT count(*) FROM staff WHERE name = 'Dan' OR id = 1"), 0);
    assert_int_equal(fixture_integer(fixture, "SELECT count(*) FROM presence"), 0);
    assert_true(fixture_integer(fixture, "SELECT count(*) FROM visit WHERE staff = 60001") > 0);
    assert_int_equal(fixture_integer(fixture, "SELECT count(*) FROM staff WHERE name = 'former staff'"), 1);
    fixture_verify(fixture);
    visit(fixture, 5, 2); /* what is remembered fits what is stored */
    fixture_verify(fixture);
}

static void test_two_erased_people_are_one_former_staff_and_their_numbers_are_not_given_again(void **state)
{
    struct fixture *fixture = *state;

    add_staff(fixture, "Dan");
    add_staff(fixture, "Eve");
    visit(fixture, 5, 1);
    visit(fixture, 5, 2);
    erase(fixture, "Dan", STORE_OK);
    erase(fixture, "2", STORE_OK);
    erase(fixture, "former staff", STORE_REFUSED);
    assert_int_equal(fixture_integer(fixture, "SELECT rating_5 FROM tally WHERE level = 4 AND staff = 60001"),
                     2);
    add_staff(fixture, "Fay");
    assert_int_equal(fixture_integer(fixture, "SELECT id FROM staff WHERE name = 'Fay'"), 3);
    fixture_verify(fixture);
}

static void test_answer_that_still_names_an_erased_person_is_former_staffs(void **state)
{
    struct fixture *fixture = *state;

    add_staff(fixture, "Dan");
    visit(fixture, 5, 1);
    const struct answer again = {.seq = fixture->seq - 1,
                                 .visit_back = 1,
                                 .question = QUESTION_STAFF,
                                 .value = 1,
                                 .boot = 1,
                                 .uptime_s = (uint32_t)fixture_integer(fixture, "SELECT uptime_s FROM answer"
                                                                                " WHERE question = 4")};
    erase(fixture, "Dan", STORE_OK);
    visit(fixture, 5, 1);
    assert_int_equal(fixture_integer(fixture, "SELECT count(*) FROM visit WHERE staff = 60001"), 2);
    assert_int_equal(fixture_send(fixture, &again, 1), STORE_OK);
    assert_int_equal(fixture_integer(fixture, "SELECT count(*) FROM conflict"), 0);
    fixture_verify(fixture);
}

static void test_reads_of_an_hour_are_one_row(void **state)
{
    struct fixture *fixture = *state;

    add_staff(fixture, "Dan");
    assert_int_equal(store_begin(fixture->store, &fixture->error), STORE_OK);
    for (int64_t i = 0; i < 3; i++)
        assert_int_equal(store_access_note(fixture->store, "token 1", "report staff", "Dan",
                                           FIXTURE_NOON_MS + i * MINUTE_MS, &fixture->error),
                         STORE_OK);
    assert_int_equal(
        store_access_note(fixture->store, "token 1", "report staff", NULL, FIXTURE_NOON_MS, &fixture->error),
        STORE_OK);
    assert_int_equal(store_access_note(fixture->store, "token 1", "report staff", "Dan",
                                       FIXTURE_NOON_MS + HOUR_MS, &fixture->error),
                     STORE_OK);
    assert_int_equal(store_access_note(fixture->store, "token 1", "report staff", "Nobody", FIXTURE_NOON_MS,
                                       &fixture->error),
                     STORE_REFUSED);
    assert_int_equal(store_commit(fixture->store, &fixture->error), STORE_OK);
    assert_int_equal(fixture_integer(fixture, "SELECT count(*) FROM access"), 3);
    assert_int_equal(
        fixture_integer(fixture, "SELECT reads FROM access WHERE staff = 1 ORDER BY hour_ms LIMIT 1"), 3);
    assert_int_equal(fixture_integer(fixture, "SELECT max(last_ms - first_ms) FROM access"), 2 * MINUTE_MS);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_policy_positive_keeps_names_of_happy_visits_only),
        TEST(test_policy_positive_keeps_sign_ons_and_no_name_of_a_visit_whose_rating_is_lost),
        TEST(test_answer_whose_policy_cannot_be_read_is_not_stored),
        TEST(test_policy_none_keeps_no_name_and_no_sign_on),
        TEST(test_policy_is_dated_and_changes_nothing_that_was_before),
        TEST(test_policy_is_that_of_the_press_not_of_the_arrival),
        TEST(test_withheld_answer_that_comes_again_is_a_duplicate),
        TEST(test_erased_person_is_nowhere_and_sums_stay),
        TEST(test_two_erased_people_are_one_former_staff_and_their_numbers_are_not_given_again),
        TEST(test_answer_that_still_names_an_erased_person_is_former_staffs),
        TEST(test_reads_of_an_hour_are_one_row),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
