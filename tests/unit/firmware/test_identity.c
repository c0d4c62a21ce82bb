/* SPDX-License-Identifier: MIT */
#include "firmware/core/identity.h"

#include <string.h>

#include "fake_port.h"
#include "firmware/core/storage.h"
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
    return identity;
}

static void assert_is(uint64_t kiosk_id)
{
    struct identity identity;

    identity_load(&identity);
    assert_true(identity.kiosk_id == kiosk_id);
    assert_true(identity.journal_id == (kiosk_id ? kiosk_id + 1 : 0));
}

static void test_a_blank_kiosk_belongs_to_nobody(void **state)
{
    (void)state;
    assert_is(0);
}

static void test_the_newest_identity_survives_power_loss(void **state)
{
    (void)state;
    for (uint64_t id = 1; id <= 300; id++) {
        struct identity identity = make_identity(id);
        assert_true(identity_store(&identity));
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
            assert_true(identity_store(&old));
            new = make_identity(2);
            fake_port.write_count = 0;
            fake_port.cut_at = cut_at;
            fake_port.tear = (enum fake_tear)tear;
            fake_port.noise = 0x3C;
            if (setjmp(fake_port.power_cut) == 0)
                assert_false(identity_store(&new));
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
    assert_true(identity_store(&identity));
    identity = make_identity(2);
    assert_true(identity_store(&identity));
    fake_port.eeprom[STORAGE_IDENTITY + (identity.serial & 1) * STORAGE_IDENTITY_SIZE + 3] ^= 1;
    assert_is(1);
}

static void test_dead_cells_are_noticed(void **state)
{
    struct identity identity = make_identity(1);

    (void)state;
    fake_port.dead_from = STORAGE_IDENTITY;
    fake_port.dead_to = STORAGE_SPARE;
    assert_false(identity_store(&identity));
}

static void test_forgetting_is_durable(void **state)
{
    struct identity identity = make_identity(5);

    (void)state;
    assert_true(identity_store(&identity));
    assert_true(identity_forget(&identity));
    fake_port_reboot();
    assert_is(0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_a_blank_kiosk_belongs_to_nobody, reset),
        cmocka_unit_test_setup(test_the_newest_identity_survives_power_loss, reset),
        cmocka_unit_test_setup(test_a_cut_while_writing_leaves_the_old_or_the_new_identity, reset),
        cmocka_unit_test_setup(test_a_damaged_copy_gives_way_to_the_other, reset),
        cmocka_unit_test_setup(test_dead_cells_are_noticed, reset),
        cmocka_unit_test_setup(test_forgetting_is_durable, reset),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
