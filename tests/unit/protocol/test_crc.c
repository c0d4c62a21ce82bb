/* SPDX-License-Identifier: MIT */
#include "protocol/crc.h"

#include "tests/unit/cmocka_first.h"

static const char digits[] = "123456789";

static void test_crc32_of_the_catalogue_check_string(void **state)
{
    (void)state;
    assert_int_equal(crc32_update(0, digits, 9), 0xCBF43926);
}

static void test_crc32_goes_on_where_it_stopped(void **state)
{
    (void)state;
    for (size_t cut = 0; cut <= 9; cut++)
        assert_int_equal(crc32_update(crc32_update(0, digits, cut), digits + cut, 9 - cut), 0xCBF43926);
}

static void test_crc16_of_the_catalogue_check_string(void **state)
{
    (void)state;
    assert_int_equal(crc16(digits, 9), 0x29B1);
}

static void test_crc16_of_blank_and_cleared_records_is_not_their_own(void **state)
{
    uint8_t bytes[64];

    (void)state;
    for (size_t size = 1; size <= sizeof bytes; size++) {
        for (size_t i = 0; i < size; i++)
            bytes[i] = 0xFF;
        assert_int_not_equal(crc16(bytes, size), 0xFFFF);
        for (size_t i = 0; i < size; i++)
            bytes[i] = 0x00;
        assert_int_not_equal(crc16(bytes, size), 0x0000);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_crc32_of_the_catalogue_check_string),
        cmocka_unit_test(test_crc32_goes_on_where_it_stopped),
        cmocka_unit_test(test_crc16_of_the_catalogue_check_string),
        cmocka_unit_test(test_crc16_of_blank_and_cleared_records_is_not_their_own),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
