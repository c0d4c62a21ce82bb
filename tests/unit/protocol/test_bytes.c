/* SPDX-License-Identifier: MIT */
#include "protocol/bytes.h"

#include <string.h>

#include "tests/unit/cmocka_first.h"

static void test_integers_are_little_endian(void **state)
{
    uint8_t data[15];
    const uint8_t wanted[15] = {0x01, 0x03, 0x02, 0x07, 0x06, 0x05, 0x04, 0x0F,
                                0x0E, 0x0D, 0x0C, 0x0B, 0x0A, 0x09, 0x08};
    struct bytes_writer writer = {.data = data, .capacity = sizeof data};
    struct bytes_reader reader = {.data = data, .size = sizeof data};

    (void)state;
    bytes_put_u8(&writer, 0x01);
    bytes_put_u16(&writer, 0x0203);
    bytes_put_u32(&writer, 0x04050607);
    bytes_put_u64(&writer, 0x08090A0B0C0D0E0F);
    assert_false(writer.failed);
    assert_memory_equal(data, wanted, sizeof wanted);
    assert_int_equal(bytes_get_u8(&reader), 0x01);
    assert_int_equal(bytes_get_u16(&reader), 0x0203);
    assert_int_equal(bytes_get_u32(&reader), 0x04050607);
    assert_true(bytes_get_u64(&reader) == 0x08090A0B0C0D0E0F);
    assert_false(reader.failed);
}

static void test_writing_beyond_the_end_fails_and_touches_nothing(void **state)
{
    uint8_t data[3] = {1, 2, 3};
    struct bytes_writer writer = {.data = data, .capacity = 2};

    (void)state;
    bytes_put_u8(&writer, 9);
    bytes_put_u16(&writer, 0xFFFF);
    assert_true(writer.failed);
    assert_int_equal(writer.size, 1);
    assert_int_equal(data[1], 2);
    bytes_put_u8(&writer, 9);
    assert_int_equal(writer.size, 1);
}

static void test_reading_beyond_the_end_fails_and_gives_zero(void **state)
{
    const uint8_t data[3] = {1, 2, 3};
    struct bytes_reader reader = {.data = data, .size = 3};

    (void)state;
    assert_int_equal(bytes_get_u16(&reader), 0x0201);
    assert_int_equal(bytes_get_u16(&reader), 0);
    assert_true(reader.failed);
    assert_int_equal(bytes_get_u8(&reader), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_integers_are_little_endian),
        cmocka_unit_test(test_writing_beyond_the_end_fails_and_touches_nothing),
        cmocka_unit_test(test_reading_beyond_the_end_fails_and_gives_zero),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
