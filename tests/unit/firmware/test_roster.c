/* SPDX-License-Identifier: MIT */
#include "firmware/core/roster.h"

#include <stdio.h>
#include <string.h>

#include "fake_port.h"
#include "tests/unit/cmocka_first.h"

static int reset(void **state)
{
    (void)state;
    fake_port_reset();
    return 0;
}

static struct staff_entry entry_of(uint16_t id, const char *name)
{
    struct staff_entry entry = {.id = id, .flags = STAFF_ON_DUTY, .pin = PIN_NONE};

    entry.name_size = (uint8_t)snprintf(entry.name, sizeof entry.name, "%s", name);
    return entry;
}

static bool give(struct roster *roster, uint8_t index, uint8_t count, struct staff_entry entry)
{
    struct message_roster piece = {.token = 1, .index = index, .count = count, .entry = entry};

    return roster_on_piece(roster, &piece);
}

static void give_three(struct roster *roster)
{
    assert_true(give(roster, 0, 3, entry_of(7, "Dan")));
    assert_true(give(roster, 1, 3, entry_of(9, "Zo\xC3\xAB")));
    assert_true(give(roster, 2, 3, entry_of(8, "\xC5\x81ukasz")));
}

static void write_out(struct roster *roster)
{
    for (int i = 0; i < 5000; i++) {
        if (!roster_step(roster, 0))
            return;
    }
    fail_msg("the roster is never written");
}

static void test_names_survive_power_loss(void **state)
{
    struct roster roster, back;

    (void)state;
    roster_load(&roster);
    assert_int_equal(roster.count, 0);
    give_three(&roster);
    roster.entries[0].pin = 624;
    roster.entries[1].flags = 0;
    write_out(&roster);
    roster_load(&back);
    assert_int_equal(back.count, 3);
    assert_int_equal(roster_version(&back), roster_version(&roster));
    assert_string_equal(back.entries[2].name, "\xC5\x81ukasz");
    assert_int_equal(back.entries[0].pin, 624);
    assert_int_equal(back.entries[1].pin, PIN_NONE);
}

static void test_a_full_roster_of_the_longest_names_fits(void **state)
{
    struct roster roster, back;
    char name[STAFF_NAME_SIZE_MAX + 1];

    (void)state;
    roster_load(&roster);
    for (uint8_t i = 0; i < ROSTER_CAPACITY; i++) {
        for (int at = 0; at < STAFF_NAME_SIZE_MAX; at += 2) {
            name[at] = '\xC5';
            name[at + 1] = (char)(0x80 + i);
        }
        name[STAFF_NAME_SIZE_MAX] = '\0';
        assert_true(give(&roster, i, ROSTER_CAPACITY, entry_of((uint16_t)(i + 1), name)));
    }
    write_out(&roster);
    roster_load(&back);
    assert_int_equal(back.count, ROSTER_CAPACITY);
    assert_int_equal(roster_version(&back), roster_version(&roster));
}

static void test_nothing_is_written_where_nothing_changed(void **state)
{
    struct roster roster;

    (void)state;
    roster_load(&roster);
    give_three(&roster);
    write_out(&roster);
    uint32_t writes = fake_port.write_count;
    give_three(&roster);
    write_out(&roster);
    assert_int_equal(fake_port.write_count, writes);
    assert_true(give(&roster, 0, 3, entry_of(7, "Den")));
    assert_true(give(&roster, 1, 3, roster.entries[1]));
    assert_true(give(&roster, 2, 3, roster.entries[2]));
    write_out(&roster);
    assert_in_range(fake_port.write_count - writes, 1, 3); /* one letter and the check */
}

static void test_pieces_out_of_turn_are_refused_and_repeats_are_not(void **state)
{
    struct roster roster;

    (void)state;
    roster_load(&roster);
    assert_true(give(&roster, 0, 3, entry_of(1, "A")));
    assert_false(give(&roster, 2, 3, entry_of(3, "C")));
    assert_true(give(&roster, 0, 3, entry_of(1, "A")));
    assert_true(give(&roster, 1, 3, entry_of(2, "B")));
    assert_true(give(&roster, 1, 3, entry_of(2, "B")));
    assert_true(give(&roster, 2, 3, entry_of(3, "C")));
    assert_int_equal(roster.count, 3);
    assert_int_equal(roster.entries[2].id, 3);
}

static void test_a_power_cut_in_mid_write_costs_one_name_at_most(void **state)
{
    (void)state;
    for (volatile int tear = 0; tear < TEAR_KIND_COUNT; tear++) {
        for (volatile uint32_t cut_at = 1; cut_at < 40; cut_at++) {
            static struct roster roster;
            struct roster back;
            fake_port_reset();
            roster_load(&roster);
            give_three(&roster);
            write_out(&roster);
            assert_true(give(&roster, 0, 3, entry_of(7, "Daniel")));
            assert_true(give(&roster, 1, 3, entry_of(5, "Zara")));
            assert_true(give(&roster, 2, 3, entry_of(8, "\xC5\x81ukasz")));
            fake_port.write_count = 0;
            fake_port.cut_at = cut_at;
            fake_port.tear = (enum fake_tear)tear;
            fake_port.noise = 0x5A;
            if (setjmp(fake_port.power_cut) == 0)
                write_out(&roster);
            roster_load(&back);
            assert_true(back.count >= 2);
            for (uint8_t i = 0; i < back.count; i++) {
                assert_true(back.entries[i].id >= 5 && back.entries[i].id <= 9);
                for (uint8_t k = 0; k < i; k++)
                    assert_int_not_equal(back.entries[i].id, back.entries[k].id);
            }
        }
    }
}

static void test_a_shorter_roster_forgets_the_rest(void **state)
{
    struct roster roster, back;

    (void)state;
    roster_load(&roster);
    give_three(&roster);
    write_out(&roster);
    assert_true(give(&roster, 0, 1, entry_of(9, "Zo\xC3\xAB")));
    write_out(&roster);
    roster_load(&back);
    assert_int_equal(back.count, 1);
    assert_int_equal(back.entries[0].id, 9);
    struct message_roster nobody = {.count = 0};
    assert_true(roster_on_piece(&roster, &nobody));
    assert_int_equal(roster.count, 0);
    write_out(&roster);
    roster_load(&back);
    assert_int_equal(back.count, 0);
}

static void test_counts_stay_with_their_staff_member(void **state)
{
    struct roster roster;
    struct message_counts counts = {.staff_id = 8, .asked_today = 3, .answered_today = 12};

    (void)state;
    roster_load(&roster);
    give_three(&roster);
    roster_on_counts(&roster, &counts);
    assert_true(give(&roster, 0, 2, entry_of(8, "\xC5\x81ukasz")));
    assert_true(give(&roster, 1, 2, entry_of(7, "Dan")));
    assert_int_equal(roster.counts[0].asked_today, 3);
    assert_int_equal(roster.counts[1].asked_today, 0);
}

static void test_one_signed_on_serves_several_are_the_list_none_is_the_duty_list(void **state)
{
    struct roster roster;

    (void)state;
    roster_load(&roster);
    give_three(&roster);
    roster.entries[1].flags = 0;
    assert_int_equal(roster_serving(&roster), ROSTER_NOBODY);
    assert_true(roster_is_offered(&roster, 0));
    assert_false(roster_is_offered(&roster, 1));
    assert_true(roster_sign_on(&roster, 9, 0));
    assert_int_equal(roster_serving(&roster), 1);
    assert_true(roster_sign_on(&roster, 8, 0));
    assert_int_equal(roster_serving(&roster), ROSTER_NOBODY);
    assert_false(roster_is_offered(&roster, 0));
    assert_true(roster_is_offered(&roster, 1));
    roster_sign_off(&roster, 9);
    assert_int_equal(roster_serving(&roster), 2);
}

static void test_a_sign_on_ends_after_ten_hours_or_at_midnight(void **state)
{
    struct roster roster;

    (void)state;
    roster_load(&roster);
    give_three(&roster);
    assert_true(roster_sign_on(&roster, 7, 100));
    roster_step(&roster, 100 + ROSTER_SIGN_ON_S - 1);
    assert_true(roster_is_signed_on(&roster, 7));
    roster_step(&roster, 100 + ROSTER_SIGN_ON_S);
    assert_false(roster_is_signed_on(&roster, 7));
    assert_true(roster_sign_on(&roster, 7, 50000));
    roster_on_midnight(&roster, 50000, 3600);
    roster_step(&roster, 53599);
    assert_true(roster_is_signed_on(&roster, 7));
    roster_step(&roster, 53600);
    assert_false(roster_is_signed_on(&roster, 7));
}

static void test_presence_from_the_daemon_counts_only_until_something_is_known_here(void **state)
{
    struct roster roster;
    struct message_presence presence = {.count = 1, .present = {{.staff_id = 9, .minutes_left = 1092}}};

    (void)state;
    roster_load(&roster);
    give_three(&roster);
    roster_on_presence(&roster, &presence, 1000);
    assert_true(roster_is_signed_on(&roster, 9));
    assert_int_equal(roster.signed_on[0].until_s, 1000 + 1092 * 60);
    presence.count = 0;
    roster_on_presence(&roster, &presence, 1001);
    assert_true(roster_is_signed_on(&roster, 9));
}

/* What the daemon tells was true when the kiosk said HELLO; who signed off here did it after that. */
static void test_presence_that_is_out_of_date_signs_nobody_on_again(void **state)
{
    struct roster roster;
    struct message_presence presence = {
        .count = 2, .present = {{.staff_id = 9, .minutes_left = 60}, {.staff_id = 7, .minutes_left = 60}}};

    (void)state;
    roster_load(&roster);
    give_three(&roster);
    assert_true(roster_sign_on(&roster, 9, 5));
    roster_sign_off(&roster, 9);
    roster_on_presence(&roster, &presence, 1000);
    assert_false(roster_is_signed_on(&roster, 9));
    assert_true(roster_is_signed_on(&roster, 7));
    assert_true(roster_sign_on(&roster, 9, 1001));
    roster_sign_off(&roster, 9);
    assert_true(roster_is_signed_on(&roster, 7));
}

static void test_a_sign_on_after_a_sign_off_counts_although_presence_comes_late(void **state)
{
    struct roster roster;
    struct message_presence presence = {.count = 0};

    (void)state;
    roster_load(&roster);
    give_three(&roster);
    for (uint16_t i = 0; i < 3 * PRESENCE_CAPACITY; i++) { /* more than it can remember */
        assert_true(roster_sign_on(&roster, (uint16_t)(100 + i), 5));
        roster_sign_off(&roster, (uint16_t)(100 + i));
    }
    assert_true(roster_sign_on(&roster, 100, 6));
    presence = (struct message_presence){
        .count = 1, .present = {{.staff_id = 100 + 3 * PRESENCE_CAPACITY - 1, .minutes_left = 60}}};
    roster_on_presence(&roster, &presence, 1000);
    assert_int_equal(roster.signed_on_count, 1);
    assert_true(roster_is_signed_on(&roster, 100));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_names_survive_power_loss, reset),
        cmocka_unit_test_setup(test_a_full_roster_of_the_longest_names_fits, reset),
        cmocka_unit_test_setup(test_nothing_is_written_where_nothing_changed, reset),
        cmocka_unit_test_setup(test_pieces_out_of_turn_are_refused_and_repeats_are_not, reset),
        cmocka_unit_test_setup(test_a_power_cut_in_mid_write_costs_one_name_at_most, reset),
        cmocka_unit_test_setup(test_a_shorter_roster_forgets_the_rest, reset),
        cmocka_unit_test_setup(test_counts_stay_with_their_staff_member, reset),
        cmocka_unit_test_setup(test_one_signed_on_serves_several_are_the_list_none_is_the_duty_list, reset),
        cmocka_unit_test_setup(test_a_sign_on_ends_after_ten_hours_or_at_midnight, reset),
        cmocka_unit_test_setup(test_presence_from_the_daemon_counts_only_until_something_is_known_here,
                               reset),
        cmocka_unit_test_setup(test_presence_that_is_out_of_date_signs_nobody_on_again, reset),
        cmocka_unit_test_setup(test_a_sign_on_after_a_sign_off_counts_although_presence_comes_late, reset),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
