/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fixture.h"

#define ALL_TIME " FROM tally WHERE level = 4"

static void test_answers_become_a_visit(void **state)
{
    struct fixture *fixture = *state;

    fixture_press(fixture, QUESTION_RATING, 5);
    fixture_press(fixture, QUESTION_STAFF, 7);
    fixture_press(fixture, QUESTION_MENTION, MENTION_ASKED);
    fixture_press(fixture, QUESTION_RETURNING, RETURNING_NO);
    assert_int_equal(fixture->ingested.stored, 1);
    assert_int_equal(fixture->ingested.through, 4);
    assert_int_equal(fixture_integer(fixture, "SELECT count(*) FROM visit"), 1);
    assert_int_equal(fixture_integer(fixture, "SELECT sum(rating_5)" ALL_TIME " AND staff = 7"), 1);
    assert_int_equal(fixture_integer(fixture, "SELECT sum(rating_5)" ALL_TIME " AND staff = 0"), 0);
    assert_int_equal(fixture_integer(fixture, "SELECT sum(asked_new)" ALL_TIME), 1);
    assert_int_equal(fixture_integer(fixture, "SELECT count(*) FROM tally WHERE staff = 7"), 4);
    fixture_verify(fixture);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_answers_become_a_visit, fixture_setup, fixture_teardown),
    };

    return cmocka_run_group_tests_name("store", tests, NULL, NULL);
}
