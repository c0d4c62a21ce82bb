/* SPDX-License-Identifier: MIT */
#include "firmware/core/journal.h"

#include <string.h>

#include "fake_port.h"
#include "protocol/crc.h"
#include "tests/unit/cmocka_first.h"

#define RING 5 /* slots; the capacity is two less */
#define STATE_AT (STORAGE_SLOT_SIZE - 1)
#define COMMITTED 0x5A

static int reset(void **state)
{
    (void)state;
    fake_port_reset();
    return 0;
}

static enum journal_status append(struct journal *journal, uint16_t value)
{
    struct answer answer = {.question = QUESTION_RATING, .value = value, .uptime_s = 7};

    return journal_append(journal, &answer, 0);
}

static void settle(struct journal *journal)
{
    for (int i = 0; i < 10000; i++) {
        if (!journal_step(journal))
            return;
    }
    fail_msg("housekeeping never ends");
}

static uint16_t value_at(const struct journal *journal, uint32_t seq)
{
    struct answer answer;

    assert_int_equal(journal_read(journal, seq, &answer), JOURNAL_ANSWER);
    assert_int_equal(answer.seq, seq);
    return answer.value;
}

static void assert_same(const struct answer *a, const struct answer *b)
{
    assert_int_equal(a->seq, b->seq);
    assert_int_equal(a->visit_back, b->visit_back);
    assert_int_equal(a->question, b->question);
    assert_int_equal(a->value, b->value);
    assert_int_equal(a->boot, b->boot);
    assert_int_equal(a->uptime_s, b->uptime_s);
}

static void test_a_blank_eeprom_is_an_empty_journal(void **state)
{
    struct journal journal;

    (void)state;
    journal_init(&journal);
    assert_int_equal(journal_oldest(&journal), 1);
    assert_int_equal(journal_next(&journal), 1);
    assert_int_equal(journal.boot, 1);
    assert_int_equal(journal_free(&journal), JOURNAL_CAPACITY);
    assert_int_equal(fake_port.write_count, 0);
}

static void test_answers_come_back_whole_after_a_power_cycle(void **state)
{
    struct journal journal;
    struct answer rating = {.question = QUESTION_RATING, .value = 5, .uptime_s = 0x12345678};
    struct answer staff = {.question = QUESTION_STAFF, .value = 0xFFFE, .uptime_s = 0x12345679};
    struct answer back;

    (void)state;
    journal_init(&journal);
    assert_int_equal(journal_append(&journal, &rating, 0), JOURNAL_OK);
    assert_int_equal(journal_append(&journal, &staff, rating.seq), JOURNAL_OK);
    fake_port_reboot();
    journal_init(&journal);
    assert_int_equal(journal_pending(&journal), 2);
    assert_int_equal(journal.boot, 2);
    assert_int_equal(journal_read(&journal, 1, &back), JOURNAL_ANSWER);
    assert_same(&back, &rating);
    assert_int_equal(journal_read(&journal, 2, &back), JOURNAL_ANSWER);
    assert_same(&back, &staff);
    assert_int_equal(back.visit_back, 1);
}

/* In every lap of a small ring, whichever part of it is waiting. */
static void test_what_is_copied_is_the_answer_as_it_stands_on_the_line(void **state)
{
    struct journal journal;
    uint8_t wire[ANSWER_WIRE_SIZE];

    (void)state;
    journal_init_ring(&journal, RING);
    for (uint32_t seq = 1; seq <= 4 * RING; seq++) {
        struct answer answer = {
            .question = QUESTION_STAFF, .value = (uint16_t)(0xA1B0 + seq), .uptime_s = 0x04030201};
        const uint8_t wanted[] = {seq > 1, QUESTION_STAFF, (uint8_t)answer.value, 0xA1, 1, 0, 1, 2, 3, 4};
        assert_int_equal(journal_append(&journal, &answer, seq > 1 ? seq - 1 : 0), JOURNAL_OK);
        assert_int_equal(journal_copy(&journal, seq, wire), JOURNAL_ANSWER);
        assert_memory_equal(wire, wanted, sizeof wanted);
        if (seq > 2) {
            assert_int_equal(value_at(&journal, seq - 2), 0xA1B0 + seq - 2);
            journal_ack(&journal, seq - 2);
        }
        settle(&journal);
    }
}

/* What the memory of another sketch may hold, CRC and all. */
static void test_a_blank_payload_is_no_answer_whatever_its_crc(void **state)
{
    struct journal journal;
    uint8_t *slot = fake_port.eeprom + STORAGE_JOURNAL + 2 * STORAGE_SLOT_SIZE;
    uint16_t crc = crc16(slot, 12);

    (void)state;
    slot[12] = (uint8_t)crc;
    slot[13] = (uint8_t)(crc >> 8);
    slot[14] = 0x5A; /* committed */
    journal_init_ring(&journal, RING);
    assert_int_equal(journal_pending(&journal), 0);
    assert_int_equal(journal_next(&journal), 1);
}

static void test_a_boot_without_answers_takes_no_number(void **state)
{
    struct journal journal;

    (void)state;
    journal_init(&journal);
    assert_int_equal(append(&journal, 1), JOURNAL_OK);
    for (int i = 0; i < 3; i++) {
        fake_port_reboot();
        journal_init(&journal);
        assert_int_equal(journal.boot, 2);
        assert_false(journal.is_boot_claimed);
    }
}

static void test_a_full_journal_refuses_and_keeps_the_oldest(void **state)
{
    struct journal journal;

    (void)state;
    journal_init(&journal);
    for (uint16_t i = 1; i <= JOURNAL_CAPACITY; i++) {
        assert_int_equal(append(&journal, i), JOURNAL_OK);
        settle(&journal);
    }
    assert_int_equal(append(&journal, 999), JOURNAL_FULL);
    fake_port_reboot();
    journal_init(&journal);
    assert_int_equal(append(&journal, 999), JOURNAL_FULL);
    for (uint16_t i = 1; i <= JOURNAL_CAPACITY; i++)
        assert_int_equal(value_at(&journal, i), i);
    journal_ack(&journal, 1);
    assert_int_equal(append(&journal, 999), JOURNAL_OK);
}

static void test_acknowledged_answers_do_not_come_back(void **state)
{
    struct journal journal;

    (void)state;
    journal_init(&journal);
    for (uint16_t i = 1; i <= 10; i++)
        assert_int_equal(append(&journal, i), JOURNAL_OK);
    journal_ack(&journal, 7);
    settle(&journal);
    fake_port_reboot();
    journal_init(&journal);
    assert_int_equal(journal_oldest(&journal), 8);
    assert_int_equal(journal_next(&journal), 11);
}

static void test_an_ack_of_what_is_not_there_changes_nothing(void **state)
{
    struct journal journal;

    (void)state;
    journal_init(&journal);
    assert_int_equal(append(&journal, 1), JOURNAL_OK);
    journal_ack(&journal, 2);
    journal_ack(&journal, 0);
    assert_int_equal(journal_pending(&journal), 1);
}

static void test_the_next_slot_is_erased_ahead_so_that_an_append_only_programs(void **state)
{
    struct journal journal;

    (void)state;
    journal_init_ring(&journal, RING);
    assert_int_equal(append(&journal, 100), JOURNAL_OK); /* the first after power-up trusts no state byte */
    for (uint16_t i = 2; i <= 3 * RING; i++) {
        settle(&journal);
        uint32_t wear_before = 0, wear_after = 0;
        for (int cell = 0; cell < RING * STORAGE_SLOT_SIZE; cell++)
            wear_before += fake_port.wear[cell];
        assert_int_equal(append(&journal, i), JOURNAL_OK);
        for (int cell = 0; cell < RING * STORAGE_SLOT_SIZE; cell++)
            wear_after += fake_port.wear[cell];
        assert_int_equal(wear_after, wear_before);
        journal_ack(&journal, i);
    }
}

static void test_wear_is_one_erase_a_lap_and_even(void **state)
{
    struct journal journal;
    uint32_t least = UINT32_MAX, most = 0;

    (void)state;
    journal_init(&journal);
    for (uint32_t i = 1; i <= 100ul * STORAGE_SLOT_COUNT; i++) {
        assert_int_equal(append(&journal, 5), JOURNAL_OK);
        journal_ack(&journal, i);
        settle(&journal);
    }
    for (int slot = 0; slot < STORAGE_SLOT_COUNT; slot++) {
        uint32_t wear = fake_port.wear[STORAGE_JOURNAL + slot * STORAGE_SLOT_SIZE + STATE_AT];
        least = wear < least ? wear : least;
        most = wear > most ? wear : most;
    }
    assert_in_range(most, 1, 102);
    assert_true(most <= least + 2); /* the first append after power-up erases its state byte once more */
}

static void test_a_dead_slot_is_passed_over_and_counted(void **state)
{
    struct journal journal;
    struct answer answer;

    (void)state;
    fake_port.dead_from = 3 * STORAGE_SLOT_SIZE + 4;
    fake_port.dead_to = fake_port.dead_from + 1;
    journal_init(&journal);
    assert_int_equal(append(&journal, 1), JOURNAL_OK);
    assert_int_equal(append(&journal, 2), JOURNAL_OK);
    assert_int_equal(append(&journal, 3), JOURNAL_OK);
    assert_int_equal(journal_next(&journal), 5);
    assert_int_equal(journal.bad_slots, 1);
    fake_port_reboot();
    journal_init(&journal);
    assert_int_equal(value_at(&journal, 2), 2);
    assert_int_equal(journal_read(&journal, 3, &answer), JOURNAL_DEAD);
    assert_int_equal(value_at(&journal, 4), 3);
}

/* The daemon has not heard of it yet: a HELLO that began behind it would look as if a database had been restored. */
static void test_a_dead_slot_below_the_oldest_answer_is_still_to_be_reported(void **state)
{
    struct journal journal;
    struct answer answer;

    (void)state;
    fake_port.dead_from = 2 * STORAGE_SLOT_SIZE + 4;
    fake_port.dead_to = fake_port.dead_from + 1;
    journal_init(&journal);
    assert_int_equal(append(&journal, 1), JOURNAL_OK);
    assert_int_equal(append(&journal, 2), JOURNAL_OK); /* 2 is dead: it is 3 */
    journal_ack(&journal, 1);
    settle(&journal);
    fake_port_reboot();
    journal_init(&journal);
    assert_int_equal(journal_oldest(&journal), 2);
    assert_int_equal(journal_read(&journal, 2, &answer), JOURNAL_DEAD);
    journal_ack(&journal, 2);
    assert_int_equal(journal_oldest(&journal), 3);
    settle(&journal);
    fake_port_reboot();
    journal_init(&journal); /* nothing says that it was reported: WELCOME will */
    assert_int_equal(journal_oldest(&journal), 2);
    assert_int_equal(value_at(&journal, 3), 2);
}

/* Its slot still says that the answer of the lap before was acknowledged: that proves nothing about its own number. */
static void test_a_slot_that_wear_froze_in_the_lap_before_is_still_to_be_reported(void **state)
{
    struct journal journal;
    struct answer answer;

    (void)state;
    journal_init_ring(&journal, RING);
    for (uint16_t i = 1; i <= RING + 1; i++) {
        assert_int_equal(append(&journal, i), JOURNAL_OK);
        journal_ack(&journal, i);
        if (i <= RING)
            settle(&journal); /* the last leaves the next slot unerased */
    }
    fake_port.dead_from = 2 * STORAGE_SLOT_SIZE;
    fake_port.dead_to = 3 * STORAGE_SLOT_SIZE;
    fake_port.is_dead_frozen = true;
    assert_int_equal(append(&journal, RING + 2), JOURNAL_OK); /* number RING + 2 is dead: it is the next */
    assert_int_equal(journal.bad_slots, 1);
    settle(&journal);
    fake_port_reboot();
    journal_init_ring(&journal, RING);
    assert_int_equal(journal_oldest(&journal), RING + 2);
    assert_int_equal(journal_read(&journal, RING + 2, &answer), JOURNAL_DAMAGED);
    assert_int_equal(value_at(&journal, RING + 3), RING + 2);
}

static void test_visit_back_counts_passed_over_slots(void **state)
{
    struct journal journal;
    struct answer rating = {.question = QUESTION_RATING, .value = 4};
    struct answer staff = {.question = QUESTION_STAFF, .value = 9};

    (void)state;
    fake_port.dead_from = 2 * STORAGE_SLOT_SIZE + 4;
    fake_port.dead_to = fake_port.dead_from + 1;
    journal_init(&journal);
    assert_int_equal(journal_append(&journal, &rating, 0), JOURNAL_OK);
    assert_int_equal(journal_append(&journal, &staff, rating.seq), JOURNAL_OK);
    assert_int_equal(staff.seq, 3);
    assert_int_equal(staff.visit_back, 2);
}

static void test_an_answer_too_far_from_its_rating_is_refused(void **state)
{
    struct journal journal;
    struct answer staff = {.question = QUESTION_STAFF, .value = 9};

    (void)state;
    journal_init(&journal);
    for (uint16_t i = 1; i <= 16; i++)
        assert_int_equal(append(&journal, i), JOURNAL_OK);
    assert_int_equal(journal_append(&journal, &staff, 1), JOURNAL_FAULT);
    assert_int_equal(journal_next(&journal), 17);
    assert_int_equal(journal_append(&journal, &staff, 2), JOURNAL_OK);
}

static void test_dead_slots_all_round_are_a_fault(void **state)
{
    struct journal journal;

    (void)state;
    fake_port.dead_to = STORAGE_ROSTER;
    journal_init(&journal);
    assert_int_equal(append(&journal, 1), JOURNAL_FAULT);
    assert_int_equal(journal.bad_slots, 3);
}

static void test_a_damaged_answer_is_reported_and_the_rest_stands(void **state)
{
    struct journal journal;
    struct answer answer;

    (void)state;
    journal_init(&journal);
    for (uint16_t i = 1; i <= 5; i++)
        assert_int_equal(append(&journal, i), JOURNAL_OK);
    fake_port.eeprom[3 * STORAGE_SLOT_SIZE + 4] ^= 0x10;
    fake_port.eeprom[1 * STORAGE_SLOT_SIZE + 4] ^= 0x10;
    fake_port_reboot();
    journal_init(&journal);
    assert_int_equal(journal_oldest(&journal), 1);
    assert_int_equal(journal_read(&journal, 1, &answer), JOURNAL_DAMAGED);
    assert_int_equal(value_at(&journal, 2), 2);
    assert_int_equal(journal_read(&journal, 3, &answer), JOURNAL_DAMAGED);
    assert_int_equal(value_at(&journal, 5), 5);
    assert_int_equal(journal_next(&journal), 6);
}

static void test_a_damaged_newest_answer_becomes_a_void_that_says_so(void **state)
{
    struct journal journal;
    struct answer answer;

    (void)state;
    journal_init(&journal);
    assert_int_equal(append(&journal, 1), JOURNAL_OK);
    assert_int_equal(append(&journal, 2), JOURNAL_OK);
    fake_port.eeprom[2 * STORAGE_SLOT_SIZE + 4] ^= 0x10;
    fake_port_reboot();
    journal_init(&journal);
    assert_int_equal(journal_read(&journal, 2, &answer), JOURNAL_ANSWER);
    assert_int_equal(answer.question, QUESTION_VOID);
    assert_int_equal(answer.value, VOID_DAMAGED);
    assert_int_equal(journal_next(&journal), 3);
}

static void decay(uint32_t seq)
{
    fake_port.eeprom[seq * STORAGE_SLOT_SIZE + 4] ^= 0x10;
}

/* Each of them had been acknowledged to a customer: none of their numbers is given to another. */
static void test_when_several_of_the_newest_are_damaged_all_are_reported(void **state)
{
    struct journal journal;
    struct answer answer;

    (void)state;
    journal_init(&journal);
    for (uint16_t i = 1; i <= 4; i++)
        assert_int_equal(append(&journal, i), JOURNAL_OK);
    for (uint32_t seq = 2; seq <= 4; seq++)
        decay(seq);
    fake_port_reboot();
    journal_init(&journal);
    assert_int_equal(journal_next(&journal), 5);
    assert_int_equal(value_at(&journal, 1), 1);
    assert_int_equal(journal_read(&journal, 2, &answer), JOURNAL_DAMAGED);
    assert_int_equal(journal_read(&journal, 3, &answer), JOURNAL_DAMAGED);
    assert_int_equal(value_at(&journal, 4), VOID_DAMAGED);
}

static void test_damaged_answers_before_a_torn_one_are_reported(void **state)
{
    struct journal journal;
    struct answer answer;

    (void)state;
    journal_init(&journal);
    for (uint16_t i = 1; i <= 4; i++)
        assert_int_equal(append(&journal, i), JOURNAL_OK);
    decay(2);
    decay(3);
    fake_port.eeprom[4 * STORAGE_SLOT_SIZE + STORAGE_SLOT_SIZE - 1] = 0xFF; /* never committed, nor whole */
    decay(4);
    fake_port_reboot();
    journal_init(&journal);
    assert_int_equal(journal_next(&journal), 5);
    assert_int_equal(journal_read(&journal, 2, &answer), JOURNAL_DAMAGED);
    assert_int_equal(journal_read(&journal, 3, &answer), JOURNAL_DAMAGED);
    assert_int_equal(value_at(&journal, 4), VOID_TORN);
}

/* One that ran something else before it became a kiosk's. */
static void test_a_memory_full_of_something_else_is_not_full_of_damaged_answers(void **state)
{
    struct journal journal;

    (void)state;
    for (size_t i = 0; i < sizeof fake_port.eeprom; i++)
        fake_port.eeprom[i] = (uint8_t)(i * 7 % 255);
    journal_init(&journal);
    assert_in_range(journal_next(&journal), 1, 4);
    fake_port_reboot();
    journal_init(&journal);
    assert_in_range(journal_next(&journal), 1, 6);
}

/* A slot full of another lap's answer is not taken for a damaged newest one. */
static void test_damaged_answers_end_where_the_lap_before_stands(void **state)
{
    struct journal journal;

    (void)state;
    journal_init_ring(&journal, RING);
    for (uint16_t i = 1; i <= RING + 2; i++) {
        assert_int_equal(append(&journal, i), JOURNAL_OK);
        journal_ack(&journal, i);
        settle(&journal);
    }
    decay(2); /* its slot holds RING + 2, the newest */
    fake_port_reboot();
    journal_init_ring(&journal, RING);
    assert_int_equal(journal_next(&journal), RING + 3);
    assert_int_equal(journal_pending(&journal), 1);
}

static void test_a_cut_while_the_damaged_newest_is_made_a_void_gives_its_number_to_nobody(void **state)
{
    static struct journal journal;
    struct answer answer;
    volatile unsigned cases = 0;

    (void)state;
    for (volatile int tear = 0; tear < TEAR_KIND_COUNT; tear++) {
        for (volatile uint32_t cut_at = 1;; cut_at++) {
            fake_port_reset();
            journal_init_ring(&journal, RING);
            for (uint16_t i = 1; i <= 3; i++)
                assert_int_equal(append(&journal, i), JOURNAL_OK);
            decay(2);
            decay(3);
            fake_port_reboot();
            fake_port.cut_at = cut_at;
            fake_port.tear = (enum fake_tear)tear;
            fake_port.noise = 0x5B;
            if (setjmp(fake_port.power_cut) == 0) {
                journal_init_ring(&journal, RING);
                break;
            }
            fake_port_reboot();
            journal_init_ring(&journal, RING);
            assert_int_equal(journal_next(&journal), 4);
            assert_int_equal(value_at(&journal, 1), 1);
            assert_int_equal(journal_read(&journal, 2, &answer), JOURNAL_DAMAGED);
            assert_int_equal(journal_read(&journal, 3, &answer), JOURNAL_ANSWER);
            assert_int_equal(answer.question, QUESTION_VOID);
            cases++;
        }
    }
    assert_true(cases > 100);
}

static void test_housekeeping_waits_for_the_eeprom(void **state)
{
    struct journal journal;

    (void)state;
    journal_init_ring(&journal, RING);
    assert_int_equal(append(&journal, 1), JOURNAL_OK);
    settle(&journal);
    journal_ack(&journal, 1);
    fake_port.is_slow = true;
    fake_port.busy_until_ms = fake_port.now_ms + 4;
    uint32_t writes = fake_port.write_count;
    assert_true(journal_step(&journal));
    assert_int_equal(fake_port.write_count, writes);
    fake_port.now_ms += 4;
    assert_true(journal_step(&journal));
    assert_int_equal(fake_port.write_count, writes + 1);
}

/* Where answers wait that were never sent, reading them is not to wait for marks. */
static void test_erasing_ahead_waits_for_the_eeprom_and_marks_nothing(void **state)
{
    struct journal journal;
    unsigned erased = 0;

    (void)state;
    journal_init_ring(&journal, RING);
    for (uint16_t i = 1; i <= RING; i++) {
        assert_int_equal(append(&journal, i), JOURNAL_OK);
        journal_ack(&journal, i - 1u);
    }
    fake_port.is_slow = true;
    fake_port.busy_until_ms = fake_port.now_ms + 4;
    uint32_t writes = fake_port.write_count;
    assert_true(journal_erase_ahead(&journal));
    assert_int_equal(fake_port.write_count, writes);
    for (fake_port.now_ms += 4; journal_erase_ahead(&journal); fake_port.now_ms += 4)
        assert_true(erased++ < 2 * STORAGE_SLOT_SIZE);
    assert_int_equal(journal.erase_left, 0);
    for (uint16_t i = 0; i < STORAGE_SLOT_SIZE; i++)
        assert_int_equal(fake_port.eeprom[STORAGE_JOURNAL + 1 * STORAGE_SLOT_SIZE + i],
                         0xFF); /* of the sixth */
    for (uint16_t slot = 2; slot < RING; slot++)
        assert_int_equal(fake_port.eeprom[STORAGE_JOURNAL + slot * STORAGE_SLOT_SIZE + STATE_AT], COMMITTED);
}

static void test_an_unknown_question_is_refused(void **state)
{
    struct journal journal;
    struct answer answer = {.question = 16};

    (void)state;
    journal_init(&journal);
    assert_int_equal(journal_append(&journal, &answer, 0), JOURNAL_FAULT);
    assert_int_equal(journal_next(&journal), 1);
}

/* 3,388,997,631 answers: the lap has 24 bits. */
static void test_the_last_number_of_all_is_the_last(void **state)
{
    struct journal journal;
    struct answer answer;

    (void)state;
    journal_init_ring(&journal, RING);
    journal.next = journal.oldest = journal.cleared = 0x1000000u * RING - 2;
    assert_int_equal(append(&journal, 0), JOURNAL_OK);
    journal_ack(&journal, 0x1000000u * RING - 2);
    settle(&journal);
    assert_int_equal(append(&journal, 1), JOURNAL_OK);
    assert_int_equal(append(&journal, 2), JOURNAL_FAULT);
    fake_port_reboot();
    journal_init_ring(&journal, RING);
    assert_int_equal(journal_next(&journal), 0x1000000u * RING);
    assert_int_equal(value_at(&journal, 0x1000000u * RING - 1), 1);
    assert_int_equal(append(&journal, 2), JOURNAL_FAULT);
    assert_int_equal(journal_oldest(&journal), 0x1000000u * RING - 1);
    assert_int_equal(journal_read(&journal, 0x1000000u * RING - 3, &answer), JOURNAL_DEAD);
}

static void test_the_boot_number_wraps_past_zero(void **state)
{
    struct journal journal;

    (void)state;
    journal_init_ring(&journal, RING);
    journal.boot = UINT16_MAX;
    assert_int_equal(append(&journal, 1), JOURNAL_OK);
    fake_port_reboot();
    journal_init_ring(&journal, RING);
    assert_int_equal(journal.boot, 1);
}

/* Its slot holds the answer one lap before or after it. */
static void test_another_laps_answer_is_not_taken_for_it(void **state)
{
    struct journal journal;
    struct answer answer;

    (void)state;
    journal_init_ring(&journal, RING);
    for (uint16_t i = 1; i <= RING + 1; i++) {
        assert_int_equal(append(&journal, i), JOURNAL_OK);
        journal_ack(&journal, i);
        settle(&journal);
    }
    assert_int_equal(journal_read(&journal, RING + 1, &answer), JOURNAL_ANSWER);
    assert_int_equal(journal_read(&journal, 1, &answer), JOURNAL_DAMAGED);
}

/* Another sketch may have left the EEPROM full of zeros. Erased byte by byte from the front, CRC last, such a slot has a
 * right CRC after two bytes, and a number that would make all others old. */
static void test_a_half_erased_slot_never_passes_for_an_answer(void **state)
{
    static struct journal journal;
    volatile uint32_t appended = 0, cuts = 0;

    (void)state;
    for (volatile uint32_t cut_at = 1; cuts + 1 == cut_at; cut_at++) {
        fake_port_reset();
        memset(fake_port.eeprom, 0, sizeof fake_port.eeprom);
        fake_port.cut_at = cut_at;
        appended = 0;
        if (setjmp(fake_port.power_cut) == 0) {
            journal_init_ring(&journal, RING);
            for (uint16_t i = 1; i < RING - 1; i++) {
                assert_int_equal(append(&journal, i), JOURNAL_OK);
                appended = i;
            }
            settle(&journal);
        } else {
            cuts++;
        }
        fake_port_reboot();
        journal_init_ring(&journal, RING);
        assert_in_range(journal_next(&journal), appended + 1,
                        appended + 3); /* one torn, one that nobody erased: voids */
        for (uint16_t i = 1; i <= appended; i++)
            assert_int_equal(value_at(&journal, i), i);
    }
    assert_true(cuts > (RING - 2) * STORAGE_SLOT_SIZE);
}

/* A CRC of FFFF would be one that an erase leaves behind: the few answers that have it get another. */
static void test_answers_of_every_crc_come_back(void **state)
{
    struct journal journal;
    unsigned replaced = 0;

    (void)state;
    journal_init_ring(&journal, RING);
    for (unsigned value = 0; value <= UINT16_MAX; value++) {
        const uint8_t *crc = fake_port.eeprom + journal_next(&journal) % RING * STORAGE_SLOT_SIZE + 12;
        assert_int_equal(append(&journal, (uint16_t)value), JOURNAL_OK);
        assert_int_equal(value_at(&journal, journal_next(&journal) - 1), value);
        assert_false(crc[0] == 0xFF && crc[1] == 0xFF);
        replaced += crc[0] == 0 && crc[1] == 0;
        journal_ack(&journal, journal_next(&journal) - 1);
        settle(&journal);
    }
    assert_true(replaced > 0);
}

/* Doubt ----------------------------------------------------------------------------------------------------------- */

/* 1 and 2 are acknowledged, and the power was off. */
static void start_with_everything_acknowledged(struct journal *journal)
{
    journal_init_ring(journal, RING);
    for (uint16_t i = 1; i <= 2; i++)
        assert_int_equal(append(journal, i), JOURNAL_OK);
    journal_ack(journal, 2);
    settle(journal);
    fake_port_reboot();
    journal_init_ring(journal, RING);
    assert_int_equal(journal_oldest(journal), 3);
    assert_int_equal(journal_next(journal), 3);
}

static void test_the_newest_answer_is_sent_again_when_it_alone_is_missing(void **state)
{
    struct journal journal;

    (void)state;
    start_with_everything_acknowledged(&journal);
    assert_int_equal(append(&journal, 3), JOURNAL_OK);
    assert_true(journal_doubt(&journal, 1));
    assert_int_equal(journal_oldest(&journal), 2);
    assert_int_equal(value_at(&journal, 2), 2);
    assert_int_equal(value_at(&journal, 3), 3);
    assert_false(journal_doubt(&journal, 1)); /* once */
    assert_int_equal(journal_oldest(&journal), 2);
}

static void test_a_daemon_that_has_all_or_lacks_more_casts_no_doubt(void **state)
{
    static const uint32_t throughs[] = {2, 0};
    struct journal journal;

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        fake_port_reset();
        start_with_everything_acknowledged(&journal);
        assert_false(journal_doubt(&journal, throughs[i]));
        assert_false(journal_doubt(&journal, 1)); /* the first WELCOME has settled it */
        assert_int_equal(journal_oldest(&journal), 3);
    }
}

/* What follows it was acknowledged, and its slot may be needed: going back to it would hold more than there is room for. */
static void test_an_answer_before_an_acknowledged_one_is_not_in_doubt(void **state)
{
    struct journal journal;

    (void)state;
    start_with_everything_acknowledged(&journal);
    assert_int_equal(append(&journal, 3), JOURNAL_OK);
    journal_ack(&journal, 3);
    for (uint16_t i = 4; i <= RING; i++)
        assert_int_equal(append(&journal, i), JOURNAL_OK);
    assert_false(journal_doubt(&journal, 1));
    assert_int_equal(journal_oldest(&journal), 4);
    assert_int_equal(journal_free(&journal), 1);
}

static void test_a_full_journal_has_no_room_for_an_answer_in_doubt(void **state)
{
    struct journal journal;

    (void)state;
    start_with_everything_acknowledged(&journal);
    for (uint16_t i = 3; i <= RING; i++)
        assert_int_equal(append(&journal, i), JOURNAL_OK);
    assert_int_equal(journal_free(&journal), 0);
    assert_false(journal_doubt(&journal, 1));
    assert_int_equal(journal_oldest(&journal), 3);
    settle(&journal);
    for (uint16_t i = 3; i <= RING; i++)
        assert_int_equal(value_at(&journal, i), i);
}

static void test_an_answer_in_doubt_that_decayed_meanwhile_is_not_sent(void **state)
{
    struct journal journal;
    struct answer answer;

    (void)state;
    start_with_everything_acknowledged(&journal);
    decay(2);
    assert_int_not_equal(journal_read(&journal, 2, &answer), JOURNAL_ANSWER);
    assert_false(journal_doubt(&journal, 1));
    assert_int_equal(journal_pending(&journal), 0);
}

/* Marks of before ---------------------------------------------------------------------------------------------------- */

/* Nine answers, all acknowledged, of which the mark of the third decays: from there on all go out again. */
static void start_with_the_third_mark_decayed(struct journal *journal)
{
    fake_port_reset();
    journal_init(journal);
    for (uint16_t i = 1; i <= 9; i++)
        assert_int_equal(append(journal, i), JOURNAL_OK);
    journal_ack(journal, 9);
    settle(journal);
    fake_port.eeprom[STORAGE_JOURNAL + 3 * STORAGE_SLOT_SIZE + STATE_AT] ^= 0x10;
    fake_port_reboot();
    journal_init(journal);
    assert_int_equal(journal_oldest(journal), 3);
    assert_int_equal(journal_next(journal), 10);
}

static void boot_and_expect_oldest(struct journal *journal, uint32_t seq)
{
    fake_port_reboot();
    journal_init(journal);
    assert_int_equal(journal_oldest(journal), seq);
}

/* They are marked as acknowledged from the first time. Whoever asks for them again may not have them (a kiosk that lost its
 * ids is another to its daemon), so another boot must not begin behind those marks. */
static void test_what_goes_out_again_does_so_until_it_is_acknowledged_again(void **state)
{
    struct journal journal;

    (void)state;
    start_with_the_third_mark_decayed(&journal);
    journal_ack(&journal, 5);
    settle(&journal);
    boot_and_expect_oldest(&journal, 6);
    for (uint16_t i = 6; i <= 9; i++)
        assert_int_equal(value_at(&journal, i), i);
    assert_int_equal(append(&journal, 10), JOURNAL_OK);
    journal_ack(&journal, 7);
    settle(&journal);
    boot_and_expect_oldest(&journal, 8);
    journal_ack(&journal, 10);
    settle(&journal);
    boot_and_expect_oldest(&journal, 11);
}

static void test_nor_does_a_damaged_answer_among_them_go_unreported(void **state)
{
    struct journal journal;
    struct answer answer;

    (void)state;
    start_with_the_third_mark_decayed(&journal);
    fake_port.eeprom[STORAGE_JOURNAL + 6 * STORAGE_SLOT_SIZE + 8] ^= 0x10;
    journal_ack(&journal, 5);
    settle(&journal);
    boot_and_expect_oldest(&journal, 6);
    assert_int_equal(journal_read(&journal, 6, &answer), JOURNAL_DEAD);
    assert_int_equal(value_at(&journal, 7), 7);
}

static void test_a_power_cut_while_they_are_marked_again_passes_none_over(void **state)
{
    static struct journal journal;
    volatile uint32_t cut_at = 0;

    (void)state;
    for (volatile int tear = 0; tear < TEAR_KIND_COUNT; tear++) {
        for (cut_at = 1;; cut_at++) {
            start_with_the_third_mark_decayed(&journal);
            journal_ack(&journal, 5);
            fake_port.tear = (enum fake_tear)tear;
            fake_port.noise = 0x5B;
            fake_port.cut_at = fake_port.write_count + cut_at;
            if (setjmp(fake_port.power_cut) == 0) {
                settle(&journal);
                break;
            }
            fake_port_reboot();
            journal_init(&journal);
            assert_true(journal_oldest(&journal) >= 3 && journal_oldest(&journal) <= 6);
        }
        assert_true(cut_at > 2); /* one mark is taken back, another is set */
    }
}

static void test_an_answer_in_doubt_is_so_after_the_next_boot_too(void **state)
{
    struct journal journal;

    (void)state;
    start_with_everything_acknowledged(&journal);
    assert_int_equal(append(&journal, 3), JOURNAL_OK);
    assert_true(journal_doubt(&journal, 1));
    fake_port_reboot();
    journal_init_ring(&journal, RING);
    assert_int_equal(journal_oldest(&journal), 2);
    assert_int_equal(value_at(&journal, 2), 2);
    assert_int_equal(value_at(&journal, 3), 3);
}

static void test_a_mark_that_cannot_be_taken_back_holds_nothing_up(void **state)
{
    struct journal journal;

    (void)state;
    start_with_the_third_mark_decayed(&journal);
    fake_port.dead_from = STORAGE_JOURNAL + 6 * STORAGE_SLOT_SIZE + STATE_AT;
    fake_port.dead_to = fake_port.dead_from + 1;
    fake_port.is_dead_frozen = true;
    journal_ack(&journal, 5);
    settle(&journal);
    journal_ack(&journal, 9);
    settle(&journal);
    boot_and_expect_oldest(&journal, 10);
}

/* Worn cells ------------------------------------------------------------------------------------------------------ */

/* The payload is right and the commit does not stick: read again after a power cycle it would be a live answer whose
 * commit was torn, beside the same answer in the next slot. */
static void test_a_slot_that_cannot_be_committed_never_passes_for_an_answer(void **state)
{
    struct journal journal;
    struct answer answer;

    (void)state;
    fake_port.dead_from = 2 * STORAGE_SLOT_SIZE + STATE_AT;
    fake_port.dead_to = fake_port.dead_from + 1;
    journal_init_ring(&journal, RING);
    for (uint16_t i = 1; i <= 2 * RING; i++) { /* the second lap erases what the dead cell left */
        assert_int_equal(append(&journal, i), JOURNAL_OK);
        assert_int_not_equal((journal_next(&journal) - 1) % RING, 2);
        journal_ack(&journal, journal_next(&journal) - 2);
        settle(&journal);
    }
    assert_int_equal(journal.bad_slots, 3); /* of the numbers 2, 7 and 12 */
    uint32_t next = journal_next(&journal);
    fake_port_reboot();
    journal_init_ring(&journal, RING);
    assert_int_equal(journal_next(&journal), next);
    assert_int_equal(journal_oldest(&journal), next - 2); /* the dead one before it: was it reported? */
    assert_int_equal(value_at(&journal, next - 1), 2 * RING);
    for (uint32_t seq = next - 2; seq > next - RING; seq--)
        if (seq % RING == 2)
            assert_int_not_equal(journal_read(&journal, seq, &answer), JOURNAL_ANSWER);
}

static void test_a_slot_that_decayed_since_it_was_erased_is_passed_over(void **state)
{
    struct journal journal;
    struct answer answer;

    (void)state;
    journal_init_ring(&journal, RING);
    assert_int_equal(append(&journal, 1), JOURNAL_OK);
    settle(&journal);
    fake_port.eeprom[2 * STORAGE_SLOT_SIZE + STATE_AT] = 0x7F;
    assert_int_equal(append(&journal, 2), JOURNAL_OK);
    assert_int_equal(value_at(&journal, 3), 2);
    assert_int_equal(journal.bad_slots, 1);
    fake_port_reboot();
    journal_init_ring(&journal, RING);
    assert_int_equal(value_at(&journal, 1), 1);
    assert_int_not_equal(journal_read(&journal, 2, &answer), JOURNAL_ANSWER);
    assert_int_equal(value_at(&journal, 3), 2);
    assert_int_equal(journal_next(&journal), 4);
}

static void test_a_journal_that_is_full_with_dead_slots_takes_their_numbers_back(void **state)
{
    struct journal journal;

    (void)state;
    fake_port.dead_from = 3 * STORAGE_SLOT_SIZE + 4;
    fake_port.dead_to = fake_port.dead_from + 1;
    journal_init_ring(&journal, RING);
    assert_int_equal(append(&journal, 1), JOURNAL_OK);
    assert_int_equal(append(&journal, 2), JOURNAL_OK);
    assert_int_equal(append(&journal, 3), JOURNAL_FULL);
    assert_int_equal(journal_next(&journal), 3);
    assert_int_equal(append(&journal, 3), JOURNAL_FULL);
    settle(&journal);
    fake_port_reboot();
    journal_init_ring(&journal, RING); /* another boot knows no other next number */
    assert_int_equal(journal_next(&journal), 3);
    journal_ack(&journal, 1);
    assert_int_equal(append(&journal, 3), JOURNAL_OK);
    assert_int_equal(value_at(&journal, 4), 3);
}

static void test_an_answer_whose_cell_dies_while_it_is_mended_is_reported(void **state)
{
    struct journal journal;
    struct answer answer;

    (void)state;
    journal_init_ring(&journal, RING);
    assert_int_equal(append(&journal, 0x1234), JOURNAL_OK);
    fake_port.eeprom[STORAGE_SLOT_SIZE + STATE_AT] = 0x7A; /* a commit that was torn */
    fake_port_reboot();
    fake_port.dead_from = STORAGE_SLOT_SIZE + 4;
    fake_port.dead_to = fake_port.dead_from + 1;
    journal_init_ring(&journal, RING);
    assert_int_equal(journal_next(&journal), 2);
    assert_int_equal(journal_oldest(&journal), 1);
    assert_int_equal(journal_read(&journal, 1, &answer), JOURNAL_DAMAGED);
    fake_port_reboot();
    journal_init_ring(&journal, RING); /* no slot proves its number any more, and it is not used again */
    assert_int_equal(journal_read(&journal, 1, &answer), JOURNAL_DEAD);
    assert_int_equal(journal_read(&journal, 2, &answer), JOURNAL_ANSWER);
    assert_int_equal(answer.question, QUESTION_VOID);
    assert_int_equal(answer.value, VOID_DAMAGED);
}

static void test_a_torn_slot_that_cannot_be_buried_is_counted(void **state)
{
    struct journal journal;
    struct answer answer;

    (void)state;
    journal_init_ring(&journal, RING);
    assert_int_equal(append(&journal, 1), JOURNAL_OK);
    fake_port.eeprom[2 * STORAGE_SLOT_SIZE + 4] = 0x12; /* an append that was torn */
    fake_port_reboot();
    fake_port.dead_from = 2 * STORAGE_SLOT_SIZE;
    fake_port.dead_to = RING * STORAGE_SLOT_SIZE;
    journal_init_ring(&journal, RING);
    assert_true(journal.bad_slots > 0);
    assert_int_equal(value_at(&journal, 1), 1);
    for (uint32_t seq = 2; seq < journal_next(&journal); seq++)
        assert_int_not_equal(journal_read(&journal, seq, &answer), JOURNAL_ANSWER);
}

/* Acknowledged answers are marked while idle; before that, their slots may have been needed again. */
static void test_the_mark_of_an_acknowledged_answer_does_not_hit_its_successor(void **state)
{
    struct journal journal;

    (void)state;
    journal_init_ring(&journal, RING);
    for (uint16_t i = 1; i <= 3; i++)
        assert_int_equal(append(&journal, i), JOURNAL_OK);
    journal_ack(&journal, 3);
    for (uint16_t i = 4; i <= 6; i++)
        assert_int_equal(append(&journal, i), JOURNAL_OK); /* 6 stands where 1 stood */
    settle(&journal);
    fake_port_reboot();
    journal_init_ring(&journal, RING);
    assert_int_equal(journal_oldest(&journal), 4);
    for (uint16_t i = 4; i <= 6; i++)
        assert_int_equal(value_at(&journal, i), i);
}

/* Power cuts --------------------------------------------------------------------------------------------- */

struct history {
    uint32_t acknowledged; /* highest seq whose append returned JOURNAL_OK */
    uint32_t acked;        /* highest seq the daemon acknowledged */
    uint16_t value[64];    /* by seq */
};

/* Appends, acks, fills up, wraps, refuses. Returns early by longjmp when power is cut. */
static void scenario(struct journal *journal, volatile struct history *history)
{
    journal_init_ring(journal, RING);
    for (uint16_t i = 0; i < 14; i++) {
        uint32_t seq = journal_next(journal);
        history->value[seq] = (uint16_t)(100 + i);
        if (append(journal, (uint16_t)(100 + i)) == JOURNAL_OK)
            history->acknowledged = seq;
        if (i % 3 == 2) {
            uint32_t through = history->acknowledged - (i % 2);
            history->acked = through > history->acked ? through : history->acked;
            journal_ack(journal, history->acked);
        }
        for (int step = 0; step < (i % 4) * 9; step++)
            journal_step(journal);
    }
    settle(journal);
}

/* What must hold after any cut: everything acknowledged on the display and not by the daemon is there with
 * its content; nothing is invented; and the journal works on without giving a number twice. */
static void check_after_cut(const volatile struct history *history, unsigned unacknowledged_max)
{
    struct journal journal;
    struct answer answer;
    unsigned extra = 0;

    journal_init_ring(&journal, RING);
    for (uint32_t seq = history->acked + 1; seq <= history->acknowledged; seq++) {
        assert_true(seq >= journal_oldest(&journal) && seq < journal_next(&journal));
        assert_int_equal(journal_read(&journal, seq, &answer), JOURNAL_ANSWER);
        assert_int_equal(answer.question, QUESTION_RATING);
        assert_int_equal(answer.value, history->value[seq]);
    }
    assert_true(journal_next(&journal) > history->acknowledged);
    for (uint32_t seq = journal_oldest(&journal); seq < journal_next(&journal); seq++) {
        if (journal_read(&journal, seq, &answer) != JOURNAL_ANSWER || answer.question == QUESTION_VOID)
            continue;
        assert_int_equal(answer.value, history->value[seq]);
        extra += seq > history->acknowledged;
    }
    assert_true(extra <= unacknowledged_max);

    uint32_t next = journal_next(&journal);
    journal_ack(&journal, next - 1);
    settle(&journal);
    assert_int_equal(append(&journal, 7), JOURNAL_OK);
    assert_int_equal(journal_next(&journal), next + 1);
    assert_int_equal(value_at(&journal, next), 7);
}

static bool run_with_cut(uint32_t cut_at, enum fake_tear tear, uint8_t noise,
                         volatile struct history *history)
{
    static struct journal journal;

    fake_port_reset();
    fake_port.cut_at = cut_at;
    fake_port.tear = tear;
    fake_port.noise = noise;
    if (setjmp(fake_port.power_cut) == 0) {
        scenario(&journal, history);
        return false;
    }
    return true;
}

static void test_a_power_cut_in_any_write_loses_nothing_acknowledged(void **state)
{
    static struct history history;
    unsigned cases = 0;

    (void)state;
    for (int tear = 0; tear < TEAR_KIND_COUNT; tear++) {
        for (unsigned noise = 0; noise < (tear == TEAR_NOISE ? 256u : 1u); noise++) {
            for (uint32_t cut_at = 1;; cut_at++) {
                memset(&history, 0, sizeof history);
                if (!run_with_cut(cut_at, (enum fake_tear)tear, (uint8_t)noise, &history))
                    break;
                fake_port_reboot();
                check_after_cut(&history, 1);
                cases++;
            }
        }
    }
    print_message("%u cuts\n", cases);
    assert_true(cases > 10000);
}

static void test_a_second_cut_during_recovery_loses_nothing_either(void **state)
{
    static struct history history;
    static struct journal journal;
    static uint8_t image[PORT_EEPROM_SIZE];
    volatile unsigned cases = 0;

    (void)state;
    for (volatile int tear = 0; tear < TEAR_KIND_COUNT; tear++) {
        for (volatile uint32_t cut_at = 1;; cut_at++) {
            memset(&history, 0, sizeof history);
            if (!run_with_cut(cut_at, (enum fake_tear)tear, 0x5B, &history))
                break;
            memcpy(image, fake_port.eeprom, sizeof image);
            for (volatile uint32_t second = 1;; second++) {
                fake_port_reset();
                memcpy(fake_port.eeprom, image, sizeof image);
                fake_port.cut_at = second;
                fake_port.tear = (enum fake_tear)((tear + (int)second) % TEAR_KIND_COUNT);
                fake_port.noise = 0x1A;
                if (setjmp(fake_port.power_cut) == 0) {
                    journal_init_ring(&journal, RING);
                    break;
                }
                fake_port_reboot();
                check_after_cut(&history, 1);
                cases++;
            }
        }
    }
    print_message("%u pairs of cuts\n", cases);
    assert_true(cases > 100);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_a_blank_eeprom_is_an_empty_journal, reset),
        cmocka_unit_test_setup(test_answers_come_back_whole_after_a_power_cycle, reset),
        cmocka_unit_test_setup(test_what_is_copied_is_the_answer_as_it_stands_on_the_line, reset),
        cmocka_unit_test_setup(test_a_blank_payload_is_no_answer_whatever_its_crc, reset),
        cmocka_unit_test_setup(test_a_boot_without_answers_takes_no_number, reset),
        cmocka_unit_test_setup(test_a_full_journal_refuses_and_keeps_the_oldest, reset),
        cmocka_unit_test_setup(test_acknowledged_answers_do_not_come_back, reset),
        cmocka_unit_test_setup(test_an_ack_of_what_is_not_there_changes_nothing, reset),
        cmocka_unit_test_setup(test_the_next_slot_is_erased_ahead_so_that_an_append_only_programs, reset),
        cmocka_unit_test_setup(test_wear_is_one_erase_a_lap_and_even, reset),
        cmocka_unit_test_setup(test_a_dead_slot_is_passed_over_and_counted, reset),
        cmocka_unit_test_setup(test_a_dead_slot_below_the_oldest_answer_is_still_to_be_reported, reset),
        cmocka_unit_test_setup(test_a_slot_that_wear_froze_in_the_lap_before_is_still_to_be_reported, reset),
        cmocka_unit_test_setup(test_visit_back_counts_passed_over_slots, reset),
        cmocka_unit_test_setup(test_an_answer_too_far_from_its_rating_is_refused, reset),
        cmocka_unit_test_setup(test_dead_slots_all_round_are_a_fault, reset),
        cmocka_unit_test_setup(test_a_damaged_answer_is_reported_and_the_rest_stands, reset),
        cmocka_unit_test_setup(test_a_damaged_newest_answer_becomes_a_void_that_says_so, reset),
        cmocka_unit_test_setup(test_when_several_of_the_newest_are_damaged_all_are_reported, reset),
        cmocka_unit_test_setup(test_damaged_answers_before_a_torn_one_are_reported, reset),
        cmocka_unit_test_setup(test_a_memory_full_of_something_else_is_not_full_of_damaged_answers, reset),
        cmocka_unit_test_setup(test_damaged_answers_end_where_the_lap_before_stands, reset),
        cmocka_unit_test_setup(test_a_cut_while_the_damaged_newest_is_made_a_void_gives_its_number_to_nobody,
                               reset),
        cmocka_unit_test_setup(test_housekeeping_waits_for_the_eeprom, reset),
        cmocka_unit_test_setup(test_erasing_ahead_waits_for_the_eeprom_and_marks_nothing, reset),
        cmocka_unit_test_setup(test_an_unknown_question_is_refused, reset),
        cmocka_unit_test_setup(test_the_last_number_of_all_is_the_last, reset),
        cmocka_unit_test_setup(test_the_boot_number_wraps_past_zero, reset),
        cmocka_unit_test_setup(test_another_laps_answer_is_not_taken_for_it, reset),
        cmocka_unit_test_setup(test_a_half_erased_slot_never_passes_for_an_answer, reset),
        cmocka_unit_test_setup(test_answers_of_every_crc_come_back, reset),
        cmocka_unit_test_setup(test_the_newest_answer_is_sent_again_when_it_alone_is_missing, reset),
        cmocka_unit_test_setup(test_a_daemon_that_has_all_or_lacks_more_casts_no_doubt, reset),
        cmocka_unit_test_setup(test_an_answer_before_an_acknowledged_one_is_not_in_doubt, reset),
        cmocka_unit_test_setup(test_a_full_journal_has_no_room_for_an_answer_in_doubt, reset),
        cmocka_unit_test_setup(test_an_answer_in_doubt_that_decayed_meanwhile_is_not_sent, reset),
        cmocka_unit_test_setup(test_what_goes_out_again_does_so_until_it_is_acknowledged_again, reset),
        cmocka_unit_test_setup(test_nor_does_a_damaged_answer_among_them_go_unreported, reset),
        cmocka_unit_test_setup(test_a_power_cut_while_they_are_marked_again_passes_none_over, reset),
        cmocka_unit_test_setup(test_an_answer_in_doubt_is_so_after_the_next_boot_too, reset),
        cmocka_unit_test_setup(test_a_mark_that_cannot_be_taken_back_holds_nothing_up, reset),
        cmocka_unit_test_setup(test_a_slot_that_cannot_be_committed_never_passes_for_an_answer, reset),
        cmocka_unit_test_setup(test_a_slot_that_decayed_since_it_was_erased_is_passed_over, reset),
        cmocka_unit_test_setup(test_a_journal_that_is_full_with_dead_slots_takes_their_numbers_back, reset),
        cmocka_unit_test_setup(test_an_answer_whose_cell_dies_while_it_is_mended_is_reported, reset),
        cmocka_unit_test_setup(test_a_torn_slot_that_cannot_be_buried_is_counted, reset),
        cmocka_unit_test_setup(test_the_mark_of_an_acknowledged_answer_does_not_hit_its_successor, reset),
        cmocka_unit_test_setup(test_a_power_cut_in_any_write_loses_nothing_acknowledged, reset),
        cmocka_unit_test_setup(test_a_second_cut_during_recovery_loses_nothing_either, reset),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
