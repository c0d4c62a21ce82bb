/* SPDX-License-Identifier: MIT */
#include "tests/unit/cmocka_first.h"

#include "daemon/tally.h"
#include "daemon/zone.h"
#include "tests/storage/fault_memory.h"

#define NOON_MS INT64_C(1793617200000) /* Monday 2026-11-02 12:00:00 in Berlin */
#define HOUR_MS INT64_C(3600000)
#define KIOSKS 200 /* more rows than a book begins with */

static const struct visit_time noon = {.instant_ms = NOON_MS};

static int open_zone(void **state)
{
    char why[128];

    *state = zone_create("Europe/Berlin", why, sizeof why);
    return *state == NULL ? -1 : 0;
}

static int close_zone(void **state)
{
    zone_destroy(*state);
    return 0;
}

static void fill(struct tally_book *book)
{
    for (int64_t kiosk = 1; kiosk <= KIOSKS; kiosk++)
        tally_book_add_stray(book, kiosk, VISIT_STRAY_INVALID, &noon);
}

/* As the recount adds what was counted before. */
static void fill_with_rows(struct tally_book *book)
{
    struct tally_row row = {.key = {.level = PERIOD_ALL}, .n = {[TALLY_INVALID] = 1}};

    for (row.key.kiosk = 1; row.key.kiosk <= KIOSKS; row.key.kiosk++)
        tally_book_add_row(book, &row);
}

static void assert_filled(const struct tally_book *book)
{
    for (int64_t kiosk = 1; kiosk <= KIOSKS; kiosk++) {
        const struct tally_row *row =
            tally_book_find(book, &(struct tally_key){.kiosk = kiosk, .level = PERIOD_ALL});
        assert_non_null(row);
        assert_int_equal(row->n[TALLY_INVALID], 1);
    }
}

static void test_a_book_for_which_there_is_no_memory_is_not_made(void **state)
{
    unsigned refused = 0;

    if (!fault_memory_refuse_nth(0))
        skip();
    for (;; refused++) {
        fault_memory_refuse_nth(refused);
        struct tally_book *book = tally_book_create(*state);
        bool was_refused = fault_memory_stop();
        assert_true(was_refused == (book == NULL));
        tally_book_destroy(book);
        if (!was_refused)
            break;
    }
    assert_true(refused > 0);
}

static void expect_failure_until_cleared(const struct zone *zone, void (*fill_book)(struct tally_book *book))
{
    unsigned refused = 0;

    for (;; refused++) {
        fault_memory_stop();
        struct tally_book *book = tally_book_create(zone);
        fault_memory_refuse_nth(refused);
        fill_book(book);
        bool was_refused = fault_memory_stop();
        assert_true(tally_book_failed(book) == was_refused);
        tally_book_clear(book);
        assert_false(tally_book_failed(book));
        assert_int_equal(tally_book_count(book), 0);
        fill_book(book);
        assert_false(tally_book_failed(book));
        assert_filled(book);
        tally_book_destroy(book);
        if (!was_refused)
            break;
    }
    assert_true(refused > 0);
}

static void test_a_book_that_cannot_grow_says_so_until_it_is_cleared(void **state)
{
    if (!fault_memory_refuse_nth(0))
        skip();
    expect_failure_until_cleared(*state, fill);
    expect_failure_until_cleared(*state, fill_with_rows);
}

static void test_a_row_is_found_by_its_whole_key_only(void **state)
{
    struct tally_book *book = tally_book_create(*state);

    fill(book);
    const struct tally_key key = tally_book_row(book, 0)->key;
    const struct tally_key others[] = {
        {key.start_ms + HOUR_MS, key.kiosk, key.staff, key.level},
        {key.start_ms, KIOSKS + 1, key.staff, key.level},
        {key.start_ms, key.kiosk, (uint16_t)(key.staff + 1), key.level},
        {key.start_ms, key.kiosk, key.staff, 99},
    };
    assert_ptr_equal(tally_book_find(book, &key), tally_book_row(book, 0));
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        assert_null(tally_book_find(book, &others[i]));
    tally_book_destroy(book);
}

static void test_a_time_is_certain_when_both_ends_lie_in_one_period(void **state)
{
    static const struct {
        enum period_level level;
        int64_t span_ms;
        bool is_certain;
    } cases[] = {
        {PERIOD_HOUR, HOUR_MS - 1, true},      {PERIOD_HOUR, HOUR_MS, false},
        {PERIOD_DAY, 12 * HOUR_MS - 1, true},  {PERIOD_DAY, 12 * HOUR_MS, false},
        {PERIOD_ALL, 1000000 * HOUR_MS, true},
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const struct visit_time time = {.instant_ms = NOON_MS, .span_ms = cases[i].span_ms};
        assert_true(tally_is_certain(*state, cases[i].level, &time) == cases[i].is_certain);
    }
}

static void test_the_store_is_the_sum_of_its_kiosks(void **state)
{
    struct tally_book *book = tally_book_create(*state), *whole = tally_book_create(*state);
    const struct tally_key month = {.start_ms = NOON_MS - 36 * HOUR_MS, .level = TALLY_MONTH_OF_STORE};

    fill(book);
    for (int i = 0; i < 2; i++)
        tally_book_add_store(whole, book);
    assert_int_equal(tally_book_count(whole), 6); /* hour, day, slot, slot of the year, month, year */
    assert_int_equal(tally_book_find(whole, &month)->n[TALLY_INVALID], 2 * KIOSKS);
    tally_book_add_store(book, book);
    assert_int_equal(tally_book_find(book, &month)->n[TALLY_INVALID], KIOSKS);
    assert_int_equal(tally_level_of_store(PERIOD_WEEK), 0);
    assert_int_equal(tally_level_of_store(TALLY_YEAR_OF_STORE), 0);
    tally_book_destroy(whole);
    tally_book_destroy(book);
}

static void test_a_sum_for_which_there_was_no_memory_has_failed(void **state)
{
    unsigned refused = 0;

    if (!fault_memory_refuse_nth(0))
        skip();
    for (;; refused++) {
        fault_memory_stop();
        struct tally_book *book = tally_book_create(*state), *whole = tally_book_create(*state);
        fault_memory_refuse_nth(refused);
        fill(book);
        tally_book_add_store(whole, book);
        bool was_refused = fault_memory_stop();
        assert_true(tally_book_failed(whole) == was_refused);
        tally_book_destroy(whole);
        tally_book_destroy(book);
        if (!was_refused)
            break;
    }
    assert_true(refused > 0);
}

#define WITH_ZONE(test) cmocka_unit_test_setup_teardown(test, open_zone, close_zone)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_ZONE(test_a_book_for_which_there_is_no_memory_is_not_made),
        WITH_ZONE(test_a_book_that_cannot_grow_says_so_until_it_is_cleared),
        WITH_ZONE(test_a_row_is_found_by_its_whole_key_only),
        WITH_ZONE(test_the_store_is_the_sum_of_its_kiosks),
        WITH_ZONE(test_a_sum_for_which_there_was_no_memory_has_failed),
        WITH_ZONE(test_a_time_is_certain_when_both_ends_lie_in_one_period),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
