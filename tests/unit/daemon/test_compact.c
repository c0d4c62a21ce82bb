/* SPDX-License-Identifier: MIT
 *
 * Whatever is written, it is byte for byte what jansson writes.
 */
#include "../cmocka_first.h"

#include <float.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/compact.h"
#include "seed.h"

#define RANDOM_VALUES 20000
#define DEPTH_MAX 4

/* Takes json over. */
static void is_as_jansson(json_t *json)
{
    char *text = compact_text(json);
    char *theirs = json_dumps(json, JSON_COMPACT | JSON_ENCODE_ANY | JSON_REAL_PRECISION(15));

    assert_non_null(text);
    assert_non_null(theirs);
    assert_string_equal(text, theirs);
    free(theirs);
    free(text);
    json_decref(json);
}

static void test_values_are_what_jansson_writes(void **state)
{
    static const char *const texts[] = {
        "",   "Dan", "Zoë Łukasz", "a \"b\" \\ /",    "\b\f\n\r\t\x01\x1f\x7f",
        "\\", "\"x", "end\n",      "\xF4\x8F\xBF\xBF"};

    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        is_as_jansson(json_string(texts[i]));
    is_as_jansson(json_stringn("a\0b", 3));
    is_as_jansson(json_object());
    is_as_jansson(json_array());
    is_as_jansson(json_pack("{s:[i, n, b, b], s:{s:[]}, s:s}", "list", 1, 1, 0, "k\"y", "", "z", "end"));
}

static void test_integers_are_what_jansson_writes(void **state)
{
    static const json_int_t integers[] = {0, 1, -1, 9, 10, -10, 99, 100, INT32_MIN, INT64_MAX, INT64_MIN};

    (void)state;
    for (size_t i = 0; i < sizeof integers / sizeof integers[0]; i++)
        is_as_jansson(json_integer(integers[i]));
}

static void test_reals_are_what_jansson_writes(void **state)
{
    static const double reals[] = {0,          -0.0,
                                   1,          -1,
                                   0.5,        -0.5,
                                   0.000001,   0.000099,
                                   0.0001,     -0.0001,
                                   0.1 + 0.2,  1.0 / 3,
                                   2e-6,       -2e-6,
                                   1e15,       999999999.999999,
                                   1e9,        -1e9,
                                   1e22,       DBL_MAX,
                                   DBL_MIN,    -4294967296,
                                   12.340000,  0.999999,
                                   -0.05025,   999999999,
                                   1e-7,       0.1000001,
                                   33.3333335, 123456789.000001};

    (void)state;
    for (size_t i = 0; i < sizeof reals / sizeof reals[0]; i++)
        is_as_jansson(json_real(reals[i]));
}

/* Of every size, rounded as those of reports are, and their neighbours, which are not. */
static void test_random_reals_are_what_jansson_writes(void **state)
{
    struct seed seed = seed_init("reals as text");

    (void)state;
    for (int i = 0; i < RANDOM_VALUES; i++) {
        double size = pow(10, (double)(seed_next(&seed) % 24) - 8);
        double value = size * ((double)(seed_next(&seed) % 2000001) / 1e6 - 1);
        double rounded = round(value * 1e6) / 1e6;

        is_as_jansson(json_real(value));
        is_as_jansson(json_real(rounded));
        is_as_jansson(json_real(nextafter(rounded, value)));
    }
}

static json_t *random_value(struct seed *seed, int depth)
{
    json_t *list = json_array(), *object = json_object();
    char key[8];

    for (uint64_t i = seed_next(seed) % 12; depth < DEPTH_MAX && i > 0; i--) {
        snprintf(key, sizeof key, "%u", (unsigned)(seed_next(seed) % 1000));
        json_array_append_new(list, random_value(seed, depth + 1));
        json_object_set_new(object, key, random_value(seed, depth + 1));
    }
    if (seed_next(seed) % 2 == 0)
        json_array_append_new(list, json_integer((json_int_t)seed_next(seed)));
    return json_pack("{s:o, s:o}", "list", list, "object", object);
}

static void test_whatever_is_nested_is_what_jansson_writes(void **state)
{
    struct seed seed = seed_init("nested as text");

    (void)state;
    for (int i = 0; i < 20; i++)
        is_as_jansson(random_value(&seed, 0));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_values_are_what_jansson_writes),
        cmocka_unit_test(test_integers_are_what_jansson_writes),
        cmocka_unit_test(test_reals_are_what_jansson_writes),
        cmocka_unit_test(test_random_reals_are_what_jansson_writes),
        cmocka_unit_test(test_whatever_is_nested_is_what_jansson_writes),
    };

    return cmocka_run_group_tests_name("compact", tests, NULL, NULL);
}
