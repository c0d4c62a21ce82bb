/* SPDX-License-Identifier: MIT */
#include "firmware/core/identity.h"

#include <string.h>

#include "fake_port.h"
#include "firmware/core/storage.h"
#include "protocol/bytes.h"
#include "protocol/crc.h"
#include "tests/unit/cmocka_first.h"

static int reset(void **state)
{
    (void)state;
    fake_port_reset();
    return 0;
}

static struct identity make_identity(uint64_t kiosk_id)
{
    struct identity identity;

    identity_load(&identity);
    identity.kiosk_id = kiosk_id;
    identity.journal_id = kiosk_id + 1;
    memset(identity.database_id, (int)kiosk_id, DATABASE_ID_SIZE);
    memset(identity.key, (int)(kiosk_id | 0x80), SEAL_KEY_SIZE);
    return identity;
}

/* Whether it became durable. */
static bool store(struct identity *identity)
{
    bool is_stored = false;

    identity_store(identity);
    for (unsigned i = 0; i <= STORAGE_IDENTITY_SIZE && !is_stored; i++) {
        assert_true(identity_is_storing(identity));
        is_stored = identity_step(identity);
    }
    assert_false(identity_is_storing(identity));
    assert_false(identity_step(identity));
    return is_stored;
}

static void assert_is(uint64_t kiosk_id)
{
    struct identity identity;

    identity_load(&identity);
    assert_true(identity.kiosk_id == kiosk_id);
    assert_true(identity.journal_id == (kiosk_id ? kiosk_id + 1 : 0));
    for (uint8_t i = 0; i < SEAL_KEY_SIZE; i++)
        assert_int_equal(identity.key[i], kiosk_id ? (uint8_t)(kiosk_id | 0x80) : 0);
}

static void test_a_blank_kiosk_belongs_to_nobody(void **state)
{
    (void)state;
    assert_is(0);
}

/* A CRC is right by chance once in 65,536 times, and there are more pairs of cells. */
static void
test_a_memory_that_was_never_written_belongs_to_nobody_though_any_two_of_its_bits_decay(void **state)
{
    const unsigned bits = (STORAGE_SPARE - STORAGE_IDENTITY) * 8;
    uint8_t *cells = fake_port.eeprom + STORAGE_IDENTITY;

    (void)state;
    for (unsigned a = 0; a < bits; a++) {
        cells[a / 8] ^= (uint8_t)(1 << a % 8);
        assert_is(0);
        for (unsigned b = 0; b < a; b++) {
            cells[b / 8] ^= (uint8_t)(1 << b % 8);
            assert_is(0);
            cells[b / 8] ^= (uint8_t)(1 << b % 8);
        }
        cells[a / 8] ^= (uint8_t)(1 << a % 8);
    }
}

static void test_the_newest_identity_survives_power_loss(void **state)
{
    (void)state;
    for (uint64_t id = 1; id <= 300; id++) {
        struct identity identity = make_identity(id);
        assert_true(store(&identity));
        fake_port_reboot();
        assert_is(id);
    }
}

static void test_a_cut_while_writing_leaves_the_old_or_the_new_identity(void **state)
{
    for (volatile int tear = 0; tear < TEAR_KIND_COUNT; tear++) {
        for (volatile uint32_t cut_at = 1; cut_at <= STORAGE_IDENTITY_SIZE; cut_at++) {
            struct identity old, new;
            fake_port_reset();
            old = make_identity(1);
            assert_true(store(&old));
            new = make_identity(2);
            fake_port.write_count = 0;
            fake_port.cut_at = cut_at;
            fake_port.tear = (enum fake_tear)tear;
            fake_port.noise = 0x3C;
            if (setjmp(fake_port.power_cut) == 0)
                assert_false(store(&new));
            fake_port_reboot();
            identity_load(&new);
            assert_true(new.kiosk_id == 1 || new.kiosk_id == 2);
            assert_is(new.kiosk_id);
        }
    }
    (void)state;
}

static void test_a_damaged_copy_gives_way_to_the_other(void **state)
{
    struct identity identity;

    (void)state;
    identity = make_identity(1);
    assert_true(store(&identity));
    identity = make_identity(2);
    assert_true(store(&identity));
    fake_port.eeprom[STORAGE_IDENTITY + (identity.serial & 1) * STORAGE_IDENTITY_STRIDE + 3] ^= 1;
    assert_is(1);
}

static void test_dead_cells_are_noticed(void **state)
{
    struct identity identity = make_identity(1);

    (void)state;
    fake_port.dead_from = STORAGE_IDENTITY;
    fake_port.dead_to = STORAGE_SPARE;
    assert_false(store(&identity));
}

static void test_forgetting_is_durable(void **state)
{
    struct identity identity = make_identity(5);

    (void)state;
    assert_true(store(&identity));
    assert_true(identity_forget(&identity));
    fake_port_reboot();
    assert_is(0);
    for (uint16_t at = STORAGE_IDENTITY; at < STORAGE_SPARE; at++)
        assert_int_not_equal(fake_port.eeprom[at], 0x85); /* of the key */
}

static void test_a_cut_while_forgetting_leaves_the_identity_or_none(void **state)
{
    for (volatile int tear = 0; tear < TEAR_KIND_COUNT; tear++) {
        for (volatile uint32_t cut_at = 1; cut_at <= 2 * STORAGE_IDENTITY_SIZE; cut_at++) {
            struct identity identity;
            fake_port_reset();
            identity = make_identity(1);
            assert_true(store(&identity));
            fake_port.write_count = 0;
            fake_port.cut_at = cut_at;
            fake_port.tear = (enum fake_tear)tear;
            fake_port.noise = 0x3C;
            if (setjmp(fake_port.power_cut) == 0)
                assert_false(identity_forget(&identity));
            fake_port_reboot();
            identity_load(&identity);
            assert_true(identity.kiosk_id <= 1);
            assert_is(identity.kiosk_id);
        }
    }
    (void)state;
}

/* A copy as it was before there were keys. */
static void write_keyless(uint8_t copy, uint8_t serial, uint64_t kiosk_id)
{
    uint8_t bytes[35];
    struct bytes_writer writer = {.data = bytes, .capacity = sizeof bytes};

    bytes_put_u8(&writer, serial);
    bytes_put_u64(&writer, kiosk_id);
    bytes_put_u64(&writer, kiosk_id + 1);
    for (uint8_t i = 0; i < DATABASE_ID_SIZE; i++)
        bytes_put_u8(&writer, (uint8_t)kiosk_id);
    bytes_put_u16(&writer, crc16(bytes, 33));
    memcpy(fake_port.eeprom + STORAGE_IDENTITY + copy * sizeof bytes, bytes, sizeof bytes);
}

static void test_copies_of_the_time_before_keys_are_read_as_not_keyed(void **state)
{
    struct identity identity;

    (void)state;
    write_keyless(0, 6, 3);
    write_keyless(1, 7, 4);
    identity_load(&identity);
    assert_true(identity.kiosk_id == 4 && identity.journal_id == 5);
    assert_false(seal_is_key(identity.key));
}

static void test_a_cut_while_the_first_copy_with_a_key_is_written_leaves_one_or_the_other(void **state)
{
    for (volatile int tear = 0; tear < TEAR_KIND_COUNT; tear++) {
        for (volatile uint32_t cut_at = 1; cut_at <= 2 * STORAGE_IDENTITY_SIZE; cut_at++) {
            struct identity identity;
            fake_port_reset();
            write_keyless(0, 6, 3);
            write_keyless(1, 7, 4);
            identity = make_identity(9);
            fake_port.write_count = 0;
            fake_port.cut_at = cut_at;
            fake_port.tear = (enum fake_tear)tear;
            fake_port.noise = 0x3C;
            if (setjmp(fake_port.power_cut) == 0) {
                assert_true(store(&identity));
                store(&identity); /* over the copies without a key */
            }
            fake_port_reboot();
            identity_load(&identity);
            assert_true(identity.kiosk_id == 4 || identity.kiosk_id == 9);
            assert_true(identity.kiosk_id == 9 || cut_at <= STORAGE_IDENTITY_SIZE);
            assert_true(seal_is_key(identity.key) == (identity.kiosk_id == 9));
        }
    }
    (void)state;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_a_blank_kiosk_belongs_to_nobody, reset),
        cmocka_unit_test_setup(
            test_a_memory_that_was_never_written_belongs_to_nobody_though_any_two_of_its_bits_decay, reset),
        cmocka_unit_test_setup(test_the_newest_identity_survives_power_loss, reset),
        cmocka_unit_test_setup(test_a_cut_while_writing_leaves_the_old_or_the_new_identity, reset),
        cmocka_unit_test_setup(test_a_damaged_copy_gives_way_to_the_other, reset),
        cmocka_unit_test_setup(test_dead_cells_are_noticed, reset),
        cmocka_unit_test_setup(test_forgetting_is_durable, reset),
        cmocka_unit_test_setup(test_a_cut_while_forgetting_leaves_the_identity_or_none, reset),
        cmocka_unit_test_setup(test_copies_of_the_time_before_keys_are_read_as_not_keyed, reset),
        cmocka_unit_test_setup(test_a_cut_while_the_first_copy_with_a_key_is_written_leaves_one_or_the_other,
                               reset),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
