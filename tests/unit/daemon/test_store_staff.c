/* SPDX-License-Identifier: MIT */
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

#define WITH_STORE(test) cmocka_unit_test_setup_teardown(test, fixture_setup, fixture_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_STORE(test_names_are_what_a_kiosk_can_display),
        WITH_STORE(test_numbers_are_never_given_again),
        WITH_STORE(test_roster_has_those_on_duty_first),
    };

    return cmocka_run_group_tests_name("store_staff", tests, NULL, NULL);
}
