/* SPDX-License-Identifier: MIT */
#include "protocol/siphash.h"

#include <stdio.h>
#include <string.h>

#include "tests/unit/cmocka_first.h"

static uint64_t hash_in_pieces(const uint8_t *data, size_t size, size_t piece)
{
    uint8_t key[SIPHASH_KEY_SIZE];
    struct siphash hash;

    for (uint8_t i = 0; i < sizeof key; i++)
        key[i] = i;
    siphash_init(&hash, key);
    for (size_t at = 0; at < size; at += piece)
        siphash_update(&hash, data + at, size - at < piece ? size - at : piece);
    return siphash_finish(&hash);
}

static void test_the_papers_example(void **state)
{
    uint8_t data[15];

    (void)state;
    for (uint8_t i = 0; i < sizeof data; i++)
        data[i] = i;
    assert_true(hash_in_pieces(data, sizeof data, sizeof data) == 0xa129ca6149be45e5);
}

static void test_every_size_of_the_reference_table_in_every_division(void **state)
{
    FILE *file = fopen(VECTORS_DIR "/siphash.txt", "r");
    char line[128];
    uint8_t data[64];
    unsigned vectors = 0;

    (void)state;
    assert_non_null(file);
    for (uint8_t i = 0; i < sizeof data; i++)
        data[i] = i;
    while (fgets(line, sizeof line, file) != NULL) {
        unsigned size, byte;
        int used;
        if (line[0] == '#')
            continue;
        assert_int_equal(sscanf(line, "%u%n", &size, &used), 1);
        const char *at = line + used;
        uint64_t wanted = 0;
        for (int i = 0; i < SIPHASH_SIZE; i++) {
            assert_int_equal(sscanf(at, "%x%n", &byte, &used), 1);
            wanted |= (uint64_t)byte << 8 * i;
            at += used;
        }
        assert_true(size < sizeof data);
        for (size_t piece = 1; piece <= size + 1; piece++)
            assert_true(hash_in_pieces(data, size, piece) == wanted);
        vectors++;
    }
    fclose(file);
    assert_int_equal(vectors, 64);
}

static void test_more_than_255_bytes_count_on(void **state)
{
    static const uint8_t data[600];

    (void)state;
    assert_true(hash_in_pieces(data, 256, 7) != hash_in_pieces(data, 512, 7));
    assert_true(hash_in_pieces(data, 600, 600) == hash_in_pieces(data, 600, 1));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_papers_example),
        cmocka_unit_test(test_every_size_of_the_reference_table_in_every_division),
        cmocka_unit_test(test_more_than_255_bytes_count_on),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
