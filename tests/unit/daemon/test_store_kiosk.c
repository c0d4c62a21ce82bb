/* SPDX-License-Identifier: MIT */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "fixture.h"

static struct store_admitted hello_of(struct fixture *fixture, const struct store_visitor *visitor)
{
    struct store_admitted admitted;

    assert_int_equal(store_begin(fixture->store, &fixture->error), STORE_OK);
    if (store_hello(fixture->store, visitor, &admitted, &fixture->error) != STORE_OK)
        fail_msg("%s", fixture->error.text);
    assert_int_equal(store_commit(fixture->store, &fixture->error), STORE_OK);
    return admitted;
}

/* A HELLO at any port, of a kiosk that was offered nothing yet, or has lost power since. */
static struct store_admitted hello_at(struct fixture *fixture, const struct message_hello *hello,
                                      const char *port, bool is_auto_adopt)
{
    return hello_of(fixture, &(struct store_visitor){.hello = hello,
                                                     .port = port,
                                                     .is_auto_adopt = is_auto_adopt,
                                                     .now_ms = fixture_now(fixture)});
}

/* A HELLO of one that was offered these ids in this boot. */
static struct store_admitted hello_again(struct fixture *fixture, const struct message_hello *hello,
                                         const char *port, const struct store_admitted *offered)
{
    return hello_of(fixture, &(struct store_visitor){.hello = hello,
                                                     .port = port,
                                                     .is_auto_adopt = true,
                                                     .offered = offered->kiosk,
                                                     .now_ms = fixture_now(fixture)});
}

static const struct message_hello blank = {.oldest = 1, .next = 1, .boot = 1, .firmware = "0.1.0"};

static void test_blank_kiosk_gets_the_same_ids_until_it_uses_them(void **state)
{
    struct fixture *fixture = *state;
    struct store_admitted first = hello_at(fixture, &blank, "till", true);
    struct store_admitted second = hello_again(fixture, &blank, "till", &first);
    struct message_hello hello = blank;

    assert_int_equal(first.admission, STORE_ADOPT);
    assert_true(first.kiosk_id != 0 && first.journal_id != 0);
    assert_true(first.kiosk_id == second.kiosk_id && first.journal_id == second.journal_id);
    hello.kiosk_id = first.kiosk_id;
    hello.journal_id = first.journal_id;
    assert_int_equal(hello_at(fixture, &hello, "till", true).admission, STORE_ADMITTED);
    second = hello_again(fixture, &blank, "till", &first); /* blank again: what was used is not offered */
    assert_int_equal(second.admission, STORE_ADOPT);
    assert_true(first.kiosk_id != second.kiosk_id);
}

static void test_two_blank_kiosks_at_one_port_never_get_the_same_ids(void **state)
{
    struct fixture *fixture = *state;
    struct store_admitted first = hello_at(fixture, &blank, "till", true);
    struct store_admitted second = hello_at(fixture, &blank, "till", true);
    struct message_hello hello = blank;

    assert_int_equal(second.admission, STORE_ADOPT);
    assert_true(first.kiosk_id != second.kiosk_id && first.journal_id != second.journal_id);
    hello.kiosk_id = first.kiosk_id; /* both may have kept theirs, and both are ours */
    hello.journal_id = first.journal_id;
    assert_int_equal(hello_at(fixture, &hello, "till", true).admission, STORE_ADMITTED);
    hello.kiosk_id = second.kiosk_id;
    hello.journal_id = second.journal_id;
    assert_int_equal(hello_at(fixture, &hello, "window", true).admission, STORE_ADMITTED);
}

static void test_what_a_manager_adopted_is_offered_to_one_kiosk_only(void **state)
{
    struct fixture *fixture = *state;

    hello_at(fixture, &blank, "till", false);
    store_begin(fixture->store, &fixture->error);
    assert_int_equal(store_kiosk_adopt(fixture->store, "till", "Front", 0, &fixture->error), STORE_OK);
    store_commit(fixture->store, &fixture->error);
    struct store_admitted first = hello_at(fixture, &blank, "till", false);
    assert_int_equal(first.admission, STORE_ADOPT);
    assert_int_equal(hello_at(fixture, &blank, "till", false).admission, STORE_PENDING);
    assert_true(hello_again(fixture, &blank, "till", &first).kiosk_id == first.kiosk_id);
}

static void test_ids_that_were_never_used_keep_no_name(void **state)
{
    struct fixture *fixture = *state;
    struct store_admitted first = hello_at(fixture, &blank, "till", true);
    struct message_hello hello = blank;

    assert_int_equal(fixture_integer(fixture, "SELECT count(*) FROM kiosk WHERE name = 'till'"), 1);
    struct store_admitted second = hello_at(fixture, &blank, "till", true);
    assert_int_equal(fixture_integer(fixture, "SELECT max(id) FROM kiosk WHERE name = 'till'"), second.kiosk);
    hello.kiosk_id = first.kiosk_id; /* after all */
    hello.journal_id = first.journal_id;
    assert_int_equal(hello_at(fixture, &hello, "till", true).admission, STORE_ADMITTED);
    assert_int_equal(fixture_integer(fixture, "SELECT id FROM kiosk WHERE name = 'kiosk 1'"), first.kiosk);
    store_begin(fixture->store, &fixture->error);
    assert_int_equal(store_kiosk_rename(fixture->store, "kiosk 1", "till", &fixture->error), STORE_OK);
    assert_int_equal(store_kiosk_rename(fixture->store, "kiosk 1", "till", &fixture->error), STORE_REFUSED);
    store_commit(fixture->store, &fixture->error);
}

static void test_ids_offered_without_end_need_a_manager(void **state)
{
    struct fixture *fixture = *state;

    for (int i = 0; i < STORE_UNUSED_MAX; i++)
        assert_int_equal(hello_at(fixture, &blank, "till", true).admission, STORE_ADOPT);
    assert_int_equal(hello_at(fixture, &blank, "till", true).admission, STORE_PENDING);
    assert_int_equal(hello_at(fixture, &blank, "window", true).admission, STORE_ADOPT);
}

static void test_kiosk_waits_until_a_manager_adopts_it(void **state)
{
    struct fixture *fixture = *state;
    struct store_admitted admitted = hello_at(fixture, &blank, "till", false);

    assert_int_equal(admitted.admission, STORE_PENDING);
    assert_int_equal(admitted.kiosk, 0);
    store_begin(fixture->store, &fixture->error);
    assert_int_equal(store_kiosk_adopt(fixture->store, "window", "Front", 0, &fixture->error), STORE_REFUSED);
    assert_non_null(strstr(fixture->error.text, "one waits at: till"));
    assert_int_equal(store_kiosk_adopt(fixture->store, "till", FIXTURE_KIOSK, 0, &fixture->error),
                     STORE_REFUSED);
    assert_int_equal(store_kiosk_adopt(fixture->store, "till", "Front", 0, &fixture->error), STORE_OK);
    store_commit(fixture->store, &fixture->error);
    assert_int_equal(hello_at(fixture, &blank, "till", false).admission, STORE_ADOPT);
    assert_int_equal(fixture_integer(fixture, "SELECT count(*) FROM pending"), 0);
    assert_int_equal(fixture_integer(fixture, "SELECT count(*) FROM kiosk WHERE name = 'Front'"), 1);
}

static void test_kiosk_of_another_database_is_adopted_by_hand_only(void **state)
{
    struct fixture *fixture = *state;
    struct message_hello hello = {.kiosk_id = 77, .journal_id = 78, .oldest = 40, .next = 42, .boot = 9};
    struct store_admitted admitted = hello_at(fixture, &hello, "till", true);

    assert_int_equal(admitted.admission, STORE_OTHER_DATABASE);
    store_begin(fixture->store, &fixture->error);
    assert_int_equal(store_kiosk_adopt(fixture->store, "till", "Front", 0, &fixture->error), STORE_OK);
    store_commit(fixture->store, &fixture->error);
    admitted = hello_at(fixture, &hello, "till", true);
    assert_int_equal(admitted.admission, STORE_ADOPT);
    assert_int_equal(admitted.through, 39); /* what it had acknowledged elsewhere is not lost here */
    hello.kiosk_id = admitted.kiosk_id;
    hello.journal_id = admitted.journal_id;
    admitted = hello_at(fixture, &hello, "till", true);
    assert_int_equal(admitted.admission, STORE_ADMITTED);
    assert_int_equal(admitted.lost_last, 0);
    fixture_verify(fixture);
}

static void test_only_so_many_wait(void **state)
{
    struct fixture *fixture = *state;
    char port[16];

    for (int i = 0; i < STORE_PENDING_CAPACITY + 10; i++) {
        snprintf(port, sizeof port, "p%d", i);
        fixture_wait(fixture, 1000);
        hello_at(fixture, &blank, port, false);
    }
    assert_int_equal(fixture_integer(fixture, "SELECT count(*) FROM pending"), STORE_PENDING_CAPACITY);
    assert_int_equal(fixture_integer(fixture, "SELECT count(*) FROM pending WHERE port = 'p9'"), 0);
}

static void test_formatted_journal_is_replaced(void **state)
{
    struct fixture *fixture = *state;
    struct message_hello hello = fixture_hello(fixture);
    struct store_admitted first, second;

    hello.journal_id = 0;
    first = hello_at(fixture, &hello, FIXTURE_PORT, true);
    second = hello_at(fixture, &hello, FIXTURE_PORT, true);
    assert_int_equal(first.admission, STORE_ADOPT);
    assert_true(first.journal_id != fixture->admitted.journal_id);
    assert_true(first.journal_id == second.journal_id && first.kiosk_id == fixture->admitted.kiosk_id);
}

static void test_journal_whose_past_is_not_ours_is_replaced(void **state)
{
    struct fixture *fixture = *state;
    struct message_hello hello;
    struct store_admitted admitted;

    for (int i = 0; i < 5; i++)
        fixture_press(fixture, QUESTION_BOOT, 1);
    hello = fixture_hello(fixture);
    hello.oldest = 3;
    hello.next = 5; /* but 5 is stored already */
    admitted = hello_at(fixture, &hello, FIXTURE_PORT, true);
    assert_int_equal(admitted.admission, STORE_ADOPT);
    assert_int_equal(admitted.through, 2);
    assert_int_equal(fixture_integer(fixture, "SELECT count(*) FROM alarm WHERE kind = 'journal_replaced'"),
                     1);
    hello.journal_id = admitted.journal_id;
    admitted = hello_at(fixture, &hello, FIXTURE_PORT, true);
    assert_int_equal(admitted.admission, STORE_ADMITTED);
    assert_int_equal(admitted.lost_last, 0);
}

static int64_t replaced(struct fixture *fixture)
{
    return fixture_integer(fixture, "SELECT count(*) FROM alarm WHERE kind = 'journal_replaced'");
}

/* The journal was offered and never used, and then its kiosk comes with it, and without its past. */
static void test_the_journal_that_a_kiosk_has_is_not_offered_to_it_again(void **state)
{
    struct fixture *fixture = *state;
    struct message_hello hello = {.oldest = 41, .next = 42, .boot = 9};
    struct store_admitted first = hello_at(fixture, &hello, "till", true), second;

    hello = (struct message_hello){
        .kiosk_id = first.kiosk_id, .journal_id = first.journal_id, .oldest = 1, .next = 1, .boot = 1};
    for (int i = 0; i < 3; i++) {
        second = hello_at(fixture, &hello, "till", true);
        assert_int_equal(second.admission, STORE_ADOPT);
        assert_true(second.journal_id != first.journal_id);
        assert_int_equal(second.through, 0);
        assert_int_equal(replaced(fixture), 1); /* said once */
    }
    assert_int_equal(fixture_integer(fixture, "SELECT count(*) FROM journal WHERE is_used = 0"), 1);
    hello.journal_id = second.journal_id;
    assert_int_equal(hello_at(fixture, &hello, "till", true).admission, STORE_ADMITTED);
}

/* ADOPT was lost, and customers went on until the numbers look right again. They are not. */
static void test_a_journal_that_was_replaced_is_not_gone_on_with(void **state)
{
    struct fixture *fixture = *state;
    struct message_hello hello;
    struct store_admitted first, second;

    for (int i = 0; i < 5; i++)
        fixture_press(fixture, QUESTION_BOOT, 1);
    hello = fixture_hello(fixture);
    hello.oldest = hello.next = 4;
    first = hello_at(fixture, &hello, FIXTURE_PORT, true);
    assert_int_equal(first.admission, STORE_ADOPT);
    hello.next = 9;
    second = hello_at(fixture, &hello, FIXTURE_PORT, true);
    assert_int_equal(second.admission, STORE_ADOPT);
    assert_true(first.journal_id == second.journal_id);
    hello.journal_id = second.journal_id;
    assert_int_equal(hello_at(fixture, &hello, FIXTURE_PORT, true).admission, STORE_ADMITTED);
    hello.journal_id = fixture->admitted.journal_id; /* the newer copy of its identity decayed */
    first = hello_at(fixture, &hello, FIXTURE_PORT, true);
    assert_int_equal(first.admission, STORE_ADOPT);
    assert_true(first.journal_id != second.journal_id && first.journal_id != fixture->admitted.journal_id);
    fixture_verify(fixture);
}

static void test_gap_before_the_oldest_is_noticed(void **state)
{
    struct fixture *fixture = *state;
    struct message_hello hello;
    struct store_admitted admitted;

    fixture_press(fixture, QUESTION_RATING, 5);
    hello = fixture_hello(fixture);
    hello.oldest = 8;
    hello.next = 9;
    admitted = hello_at(fixture, &hello, FIXTURE_PORT, true);
    assert_int_equal(admitted.admission, STORE_ADMITTED);
    assert_int_equal(admitted.lost_first, 2);
    assert_int_equal(admitted.lost_last, 7);
    assert_int_equal(admitted.through, 7);
    assert_int_equal(fixture_integer(fixture, "SELECT count(*) FROM alarm WHERE kind = 'restored'"), 1);
    assert_int_equal(hello_at(fixture, &hello, FIXTURE_PORT, true).lost_last, 0); /* said once */
    fixture_verify(fixture);
}

static void test_contradictory_hello_is_refused(void **state)
{
    struct fixture *fixture = *state;
    struct message_hello hello = fixture_hello(fixture);
    struct store_visitor visitor = {.hello = &hello, .port = FIXTURE_PORT, .now_ms = FIXTURE_NOON_MS};

    store_begin(fixture->store, &fixture->error);
    hello.oldest = 0;
    assert_int_equal(store_hello(fixture->store, &visitor, &fixture->admitted, &fixture->error),
                     STORE_REFUSED);
    hello.oldest = 9;
    hello.next = 8;
    assert_int_equal(store_hello(fixture->store, &visitor, &fixture->admitted, &fixture->error),
                     STORE_REFUSED);
    store_rollback(fixture->store);
}

static void test_kiosk_is_renamed_by_name_or_id(void **state)
{
    struct fixture *fixture = *state;
    char id[20];

    snprintf(id, sizeof id, "%016" PRIx64, fixture->admitted.kiosk_id);
    store_begin(fixture->store, &fixture->error);
    assert_int_equal(store_kiosk_rename(fixture->store, FIXTURE_KIOSK, "Front", &fixture->error), STORE_OK);
    assert_int_equal(store_kiosk_rename(fixture->store, id, "Back", &fixture->error), STORE_OK);
    assert_int_equal(store_kiosk_rename(fixture->store, "Front", "Side", &fixture->error), STORE_REFUSED);
    assert_int_equal(store_kiosk_rename(fixture->store, "Back", "", &fixture->error), STORE_REFUSED);
    store_commit(fixture->store, &fixture->error);
    assert_int_equal(fixture_integer(fixture, "SELECT name = 'Back' FROM kiosk"), 1);
}

static int64_t health_written(struct fixture *fixture, const struct message_health *health)
{
    store_begin(fixture->store, &fixture->error);
    assert_int_equal(
        store_health(fixture->store, fixture->origin.kiosk, health, fixture_now(fixture), &fixture->error),
        STORE_OK);
    store_commit(fixture->store, &fixture->error);
    return fixture_integer(fixture, "SELECT health_ms FROM kiosk");
}

static void test_heartbeats_are_kept_once_a_minute_unless_they_differ(void **state)
{
    struct fixture *fixture = *state;
    struct message_health health = {.uptime_s = 10, .bad_slots = 1};
    int64_t first_ms = health_written(fixture, &health);

    assert_int_equal(first_ms, fixture_now(fixture));
    fixture_wait(fixture, 5000);
    health.uptime_s = 15;
    assert_int_equal(health_written(fixture, &health), first_ms);
    health.refused = 1;
    assert_int_equal(health_written(fixture, &health), fixture_now(fixture));
    fixture_wait(fixture, MINUTE_MS);
    assert_int_equal(health_written(fixture, &health), fixture_now(fixture));
}

/* The keyed line -------------------------------------------------------------------------------------------- */

static const struct message_hello newcomer = {
    .major = 1, .minor = 1, .oldest = 1, .next = 1, .boot = 1, .firmware = "1"};

static struct store_admitted confirm_at(struct fixture *fixture, const struct message_hello *hello,
                                        const char *port)
{
    const struct store_visitor visitor = {.hello = hello, .port = port, .now_ms = fixture_now(fixture)};
    struct store_admitted admitted;

    assert_int_equal(store_begin(fixture->store, &fixture->error), STORE_OK);
    if (store_confirm(fixture->store, &visitor, &admitted, &fixture->error) != STORE_OK)
        fail_msg("%s", fixture->error.text);
    assert_int_equal(store_commit(fixture->store, &fixture->error), STORE_OK);
    return admitted;
}

/* A kiosk with a key at port "till"; its HELLO, and its row number. */
static struct message_hello adopt_keyed(struct fixture *fixture, struct store_admitted *admitted)
{
    struct message_hello hello = newcomer;

    *admitted = hello_at(fixture, &newcomer, "till", true);
    assert_int_equal(admitted->admission, STORE_ADOPT);
    assert_true(seal_is_key(admitted->key));
    hello.kiosk_id = admitted->kiosk_id;
    hello.journal_id = admitted->journal_id;
    return hello;
}

/* Every table but what the daemon itself counts, as one text. */
static int64_t fingerprint(struct fixture *fixture)
{
    return fixture_integer(
        fixture, "SELECT (SELECT count(*) FROM journal) * 1000000 + (SELECT count(*) FROM lost) * 10000 +"
                 " (SELECT count(*) FROM alarm) * 100 + (SELECT sum(is_confirmed) FROM kiosk) * 10 +"
                 " (SELECT count(*) FROM pending) + (SELECT sum(through) FROM journal) * 100000000 +"
                 " (SELECT sum(ifnull(heard_ms, 0)) FROM kiosk) + (SELECT sum(is_used) FROM journal) * 1000");
}

static void test_hello_of_a_kiosk_with_a_key_changes_nothing_before_it_is_confirmed(void **state)
{
    struct fixture *fixture = *state;
    struct store_admitted adopted, seen;
    struct message_hello hello = adopt_keyed(fixture, &adopted);
    int64_t before = fingerprint(fixture);

    seen = hello_at(fixture, &hello, "till", true);
    assert_int_equal(seen.admission, STORE_UNPROVEN);
    assert_memory_equal(seen.key, adopted.key, SEAL_KEY_SIZE);
    assert_true(seen.journal_id == adopted.journal_id && seen.through == 0);
    hello.oldest = hello.next = 40; /* a gap, if it were true */
    seen = hello_at(fixture, &hello, "window", true);
    assert_int_equal(seen.admission, STORE_UNPROVEN);
    hello.journal_id = 0; /* a new journal, if it were true */
    seen = hello_at(fixture, &hello, "window", true);
    assert_int_equal(seen.admission, STORE_UNPROVEN);
    assert_true(seen.journal_id == 0);
    assert_true(fingerprint(fixture) == before);
}

static void test_confirmed_hello_is_what_an_unkeyed_one_is(void **state)
{
    struct fixture *fixture = *state;
    struct store_admitted adopted, seen;
    struct message_hello hello = adopt_keyed(fixture, &adopted);

    seen = confirm_at(fixture, &hello, "till");
    assert_int_equal(seen.admission, STORE_ADMITTED);
    assert_false(seal_is_key(seen.key));
    hello.oldest = hello.next = 7;
    seen = confirm_at(fixture, &hello, "till");
    assert_int_equal(seen.lost_last, 6);
    assert_int_equal(fixture_integer(fixture, "SELECT count(*) FROM alarm WHERE kind = 'restored'"), 1);
    hello.journal_id = 0;
    seen = confirm_at(fixture, &hello, "till");
    assert_int_equal(seen.admission, STORE_ADOPT);
    assert_true(seen.journal_id != adopted.journal_id);
    assert_false(seal_is_key(seen.key)); /* it has its key, and it is never sent again */
    assert_true(confirm_at(fixture, &hello, "till").journal_id == seen.journal_id);
}

static void test_key_is_the_same_until_it_is_confirmed_whatever_is_lost_between(void **state)
{
    struct fixture *fixture = *state;
    struct store_admitted first, again;
    struct message_hello hello = adopt_keyed(fixture, &first);

    for (int i = 0; i < 4; i++) {
        again = hello_again(fixture, &newcomer, "till", &first); /* ADOPT never came */
        assert_int_equal(again.admission, STORE_ADOPT);
        assert_true(again.kiosk_id == first.kiosk_id);
        assert_memory_equal(again.key, first.key, SEAL_KEY_SIZE);
    }
    assert_int_equal(fixture_integer(fixture, "SELECT count(DISTINCT key) FROM kiosk WHERE key IS NOT NULL"),
                     1);
    fixture_reopen(fixture);
    assert_memory_equal(hello_at(fixture, &hello, "till", true).key, first.key, SEAL_KEY_SIZE);
    confirm_at(fixture, &hello, "till");
    fixture_reopen(fixture);
    assert_memory_equal(hello_at(fixture, &hello, "till", true).key, first.key, SEAL_KEY_SIZE);
}

static void test_a_journal_is_offered_again_from_where_the_kiosk_stands_now(void **state)
{
    struct fixture *fixture = *state;
    struct store_admitted adopted;
    struct message_hello blank_again = newcomer, hello = adopt_keyed(fixture, &adopted);

    assert_int_equal(hello_at(fixture, &hello, "till", true).admission, STORE_UNPROVEN); /* looked at */
    blank_again.oldest = blank_again.next = 30;
    adopted = hello_again(fixture, &blank_again, "till", &adopted);
    assert_int_equal(adopted.through, 29);
    hello.oldest = hello.next = 30;
    struct store_admitted seen = confirm_at(fixture, &hello, "till");
    assert_int_equal(seen.admission, STORE_ADMITTED);
    assert_int_equal(seen.through, 29);
    assert_int_equal(seen.lost_last, 0);
}

/* Power failed, the kiosk's or the daemon's: nobody knows which of the offers the kiosk kept. All of them are good. */
static void test_every_key_that_was_offered_stays_good(void **state)
{
    struct fixture *fixture = *state;
    struct store_admitted first, second;
    struct message_hello hello = adopt_keyed(fixture, &first);

    fixture_reopen(fixture);
    second = hello_at(fixture, &newcomer, "till", true);
    assert_memory_not_equal(second.key, first.key, SEAL_KEY_SIZE);
    assert_memory_equal(hello_at(fixture, &hello, "till", true).key, first.key, SEAL_KEY_SIZE);
    assert_int_equal(confirm_at(fixture, &hello, "till").admission, STORE_ADMITTED);
    hello.kiosk_id = second.kiosk_id;
    hello.journal_id = second.journal_id;
    assert_memory_equal(hello_at(fixture, &hello, "till", true).key, second.key, SEAL_KEY_SIZE);
}

static void test_a_key_that_was_not_committed_was_never_issued(void **state)
{
    struct fixture *fixture = *state;
    const struct store_visitor visitor = {
        .hello = &newcomer, .port = "till", .is_auto_adopt = true, .now_ms = 1};
    struct store_admitted admitted;

    store_begin(fixture->store, &fixture->error);
    assert_int_equal(store_hello(fixture->store, &visitor, &admitted, &fixture->error), STORE_OK);
    store_rollback(fixture->store);
    fixture_reopen(fixture);
    assert_int_equal(fixture_integer(fixture, "SELECT count(*) FROM kiosk WHERE key IS NOT NULL"), 0);
}

static void test_where_a_kiosk_with_a_key_was_a_newcomer_waits_for_a_manager(void **state)
{
    struct fixture *fixture = *state;
    struct store_admitted adopted;
    struct message_hello hello = adopt_keyed(fixture, &adopted);

    confirm_at(fixture, &hello, "till");
    assert_int_equal(hello_at(fixture, &newcomer, "till", true).admission, STORE_PENDING);
    assert_int_equal(hello_at(fixture, &blank, "till", true).admission, STORE_PENDING); /* nor an old one */
    store_begin(fixture->store, &fixture->error);
    assert_int_equal(store_kiosk_adopt(fixture->store, "till", "Second", 0, &fixture->error), STORE_OK);
    store_commit(fixture->store, &fixture->error);
    struct store_admitted second = hello_at(fixture, &newcomer, "till", true);
    assert_int_equal(second.admission, STORE_ADOPT);
    assert_memory_not_equal(second.key, adopted.key, SEAL_KEY_SIZE);
}

/* Somebody who says to be of minor 0 must not talk a key away that another kiosk may have kept. */
static void test_kiosk_that_knows_no_keys_gets_none_and_takes_none_away(void **state)
{
    struct fixture *fixture = *state;
    struct store_admitted keyed, admitted;
    struct message_hello hello = adopt_keyed(fixture, &keyed);

    admitted = hello_again(fixture, &blank, "till", &keyed);
    assert_int_equal(admitted.admission, STORE_ADOPT);
    assert_false(seal_is_key(admitted.key));
    assert_true(admitted.kiosk_id != keyed.kiosk_id && admitted.journal_id != keyed.journal_id);
    assert_int_equal(fixture_integer(fixture, "SELECT count(*) FROM kiosk WHERE key IS NOT NULL"), 1);
    admitted = hello_at(fixture, &hello, "till", true);
    assert_int_equal(admitted.admission, STORE_UNPROVEN);
    assert_memory_equal(admitted.key, keyed.key, SEAL_KEY_SIZE);
}

/* A laptop that says to be one new kiosk of minor 0 after the other, and uses all the ids it gets. */
static void test_only_so_many_kiosks_without_a_key_are_adopted_by_themselves(void **state)
{
    struct fixture *fixture = *state;
    int64_t before = fixture_integer(fixture, "SELECT count(*) FROM kiosk WHERE key IS NULL");
    struct message_hello hello;

    for (int i = 0; i < STORE_UNKEYED_MAX + 10; i++) {
        struct store_admitted admitted = hello_at(fixture, &blank, i % 2 == 0 ? "till" : "window", true);
        assert_int_equal(admitted.admission, i + before < STORE_UNKEYED_MAX ? STORE_ADOPT : STORE_PENDING);
        hello = blank;
        hello.kiosk_id = admitted.kiosk_id;
        hello.journal_id = admitted.journal_id;
        if (admitted.admission == STORE_ADOPT)
            hello_at(fixture, &hello, "window", true);
    }
    assert_int_equal(fixture_integer(fixture, "SELECT count(*) FROM kiosk"), STORE_UNKEYED_MAX);
    assert_int_equal(hello_at(fixture, &newcomer, "door", true).admission, STORE_PENDING);
    store_begin(fixture->store, &fixture->error);
    assert_int_equal(store_kiosk_adopt(fixture->store, "door", "Door", 0, &fixture->error), STORE_OK);
    store_commit(fixture->store, &fixture->error);
    assert_int_equal(hello_at(fixture, &newcomer, "door", true).admission, STORE_ADOPT);
}

static void test_a_kiosk_that_waits_is_written_once_a_second_whatever_it_calls_itself(void **state)
{
    struct fixture *fixture = *state;
    struct message_hello hello = blank;

    hello.kiosk_id = 1;
    hello_at(fixture, &hello, "till", false);
    for (int i = 0; i < 9; i++) {
        hello.kiosk_id++;
        fixture_wait(fixture, 100);
        hello_at(fixture, &hello, "till", false);
    }
    assert_int_equal(fixture_integer(fixture, "SELECT kiosk_id FROM pending"), 1);
    fixture_wait(fixture, 100);
    hello_at(fixture, &hello, "till", false);
    assert_int_equal(fixture_integer(fixture, "SELECT kiosk_id FROM pending"), 10);
}

/* Its memory may be worn out: it cannot keep the journal that it is told to take. */
static void test_a_journal_that_is_offered_again_and_again_raises_one_alarm(void **state)
{
    struct fixture *fixture = *state;
    struct message_hello hello;

    fixture_press(fixture, QUESTION_RATING, 5);
    hello = fixture_hello(fixture);
    hello.oldest = hello.next = 1;
    for (int i = 0; i < 20; i++) {
        fixture_wait(fixture, 1000);
        assert_int_equal(hello_at(fixture, &hello, FIXTURE_PORT, true).admission, STORE_ADOPT);
    }
    assert_int_equal(fixture_integer(fixture, "SELECT count(*) FROM alarm WHERE kind = 'journal_replaced'"), 1);
}

/* A kiosk, and what it says next to leave more than answers in the database. Within a transaction. */
struct troublemaker {
    struct fixture *fixture;
    struct message_hello hello;
    struct store_admitted admitted;
    unsigned turn;
};

static enum store_status say_hello(struct troublemaker *maker)
{
    const struct store_visitor visitor = {
        .hello = &maker->hello, .port = FIXTURE_PORT, .now_ms = fixture_now(maker->fixture)};

    return store_hello(maker->fixture->store, &visitor, &maker->admitted, &maker->fixture->error);
}

static enum store_status leave_a_gap(struct troublemaker *maker)
{
    maker->hello.oldest = maker->hello.next += 2;
    return say_hello(maker);
}

static enum store_status lose_one(struct troublemaker *maker)
{
    struct fixture *fixture = maker->fixture;
    const struct message_lost lost = {fixture->ingested.through + 1, fixture->ingested.through + 1,
                                      LOST_DAMAGED};

    return store_lost(fixture->store, &fixture->origin, &lost, &fixture->ingested, &fixture->error);
}

/* What was called lost comes after all, each time as something else. */
static enum store_status contradict(struct troublemaker *maker)
{
    struct fixture *fixture = maker->fixture;
    struct answer answer = {
        .seq = 1, .question = QUESTION_SIGN_OFF, .value = (uint16_t)maker->turn, .boot = 1};

    if (maker->turn == 1)
        return lose_one(maker);
    return store_answers(fixture->store, &fixture->origin, &answer, 1, &fixture->ingested, &fixture->error);
}

/* It asks for a journal, uses it and asks for another. */
static enum store_status use_up_journals(struct troublemaker *maker)
{
    maker->hello.journal_id = maker->turn % 2 == 0 ? maker->admitted.journal_id : 0;
    return say_hello(maker);
}

/* A gap, and then the past is not ours. */
static enum store_status come_without_a_past(struct troublemaker *maker)
{
    if (maker->admitted.journal_id != 0)
        maker->hello.journal_id = maker->admitted.journal_id;
    maker->hello.oldest = maker->hello.next = maker->turn % 2 == 1 ? 100 : 1;
    return say_hello(maker);
}

static const char trouble_rows[] = "SELECT (SELECT count(*) FROM alarm) + (SELECT count(*) FROM lost) +"
                                   " (SELECT count(*) FROM conflict) + (SELECT count(*) FROM journal)";

static void make_trouble(enum store_status (*way)(struct troublemaker *maker))
{
    struct fixture *fixture;
    enum store_status status = STORE_OK;

    assert_int_equal(fixture_setup((void **)&fixture), 0);
    struct troublemaker maker = {
        .fixture = fixture, .hello = fixture_hello(fixture), .admitted = fixture->admitted};
    assert_int_equal(store_begin(fixture->store, &fixture->error), STORE_OK);
    for (maker.turn = 1; maker.turn <= 3 * STORE_TROUBLE_MAX; maker.turn++) {
        enum store_status now = way(&maker);
        assert_true(now == STORE_OK || now == STORE_REFUSED);
        if (now == STORE_REFUSED)
            assert_non_null(strstr(fixture->error.text, "without a key"));
        status = now == STORE_REFUSED ? now : status;
    }
    assert_int_equal(status, STORE_REFUSED);
    int64_t rows = fixture_integer(fixture, trouble_rows);
    assert_in_range(rows, STORE_TROUBLE_MAX, 2 * STORE_TROUBLE_MAX + 2);
    fixture_wait(fixture, DAY_MS + 1); /* it is heard again */
    for (unsigned i = 0; i < 2; i++, maker.turn++)
        assert_int_equal(way(&maker), STORE_OK);
    assert_true(fixture_integer(fixture, trouble_rows) > rows);
    assert_int_equal(store_commit(fixture->store, &fixture->error), STORE_OK);
    fixture_verify(fixture);
    fixture_teardown((void **)&fixture);
}

/* Anybody can claim to be it. */
static void test_a_kiosk_without_a_key_makes_only_so_much_trouble_a_day(void **state)
{
    (void)state;
    make_trouble(leave_a_gap);
    make_trouble(lose_one);
    make_trouble(contradict);
    make_trouble(use_up_journals);
    make_trouble(come_without_a_past);
}

static void test_a_kiosk_that_has_proved_itself_may_lose_more(void **state)
{
    struct fixture *fixture = *state;
    struct store_admitted adopted;
    struct message_hello hello = adopt_keyed(fixture, &adopted);

    for (int i = 0; i < STORE_TROUBLE_MAX + 10; i++) {
        hello.oldest = hello.next += 2;
        assert_int_equal(confirm_at(fixture, &hello, "till").admission, STORE_ADMITTED);
    }
    assert_int_equal(fixture_integer(fixture, "SELECT count(*) FROM lost"), STORE_TROUBLE_MAX + 10);
}

static void test_database_of_version_1_gets_keys(void **state)
{
    struct fixture *fixture = *state;
    int64_t kiosks = fixture_integer(fixture, "SELECT count(*) FROM kiosk");

    fixture_run(fixture,
                FIXTURE_BACK_TO_VERSION_2 "ALTER TABLE kiosk DROP COLUMN key; PRAGMA user_version = 1");
    const struct store_options archived = {.path = fixture->path, .is_read_only = true};
    struct store *reader = NULL;
    if (store_open(&archived, &reader, &fixture->error) != STORE_OK)
        fail_msg("%s", fixture->error.text);
    store_close(reader);
    fixture_reopen(fixture);
    assert_int_equal(fixture_integer(fixture, "PRAGMA user_version"), FIXTURE_VERSION);
    assert_int_equal(fixture_integer(fixture, "SELECT count(*) FROM kiosk WHERE key IS NULL"), kiosks);
    struct message_hello hello = fixture_hello(fixture);
    assert_int_equal(hello_at(fixture, &hello, FIXTURE_PORT, true).admission, STORE_ADMITTED);
}

static void test_audience_of_a_kiosk_is_set_by_name_and_checked(void **state)
{
    struct fixture *fixture = *state;

    assert_int_equal(store_begin(fixture->store, &fixture->error), STORE_OK);
    assert_int_equal(store_kiosk_audience(fixture->store, FIXTURE_KIOSK, "internal", &fixture->error),
                     STORE_OK);
    assert_int_equal(store_kiosk_audience(fixture->store, FIXTURE_KIOSK, "both", &fixture->error),
                     STORE_REFUSED);
    assert_non_null(strstr(fixture->error.text, "external (customers) or internal"));
    assert_int_equal(store_kiosk_audience(fixture->store, "nowhere", "internal", &fixture->error),
                     STORE_REFUSED);
    assert_int_equal(store_commit(fixture->store, &fixture->error), STORE_OK);
    assert_int_equal(fixture_integer(fixture, "SELECT count(*) FROM kiosk WHERE audience = 'internal'"), 1);
}

static enum store_status retire(struct fixture *fixture, const char *which)
{
    assert_int_equal(store_begin(fixture->store, &fixture->error), STORE_OK);
    enum store_status status =
        store_kiosk_retire(fixture->store, which, fixture_now(fixture), &fixture->error);
    struct store_error error;
    assert_int_equal(store_commit(fixture->store, &error), STORE_OK);
    return status;
}

static const char retired_sql[] = "SELECT count(*) FROM kiosk WHERE retired_ms IS NOT NULL";
static const char returned_sql[] = "SELECT count(*) FROM alarm WHERE kind = 'returned'";

static void test_only_a_kiosk_that_is_gone_is_retired(void **state)
{
    struct fixture *fixture = *state;

    assert_int_equal(retire(fixture, "nowhere"), STORE_REFUSED);
    assert_int_equal(retire(fixture, FIXTURE_KIOSK), STORE_REFUSED);
    assert_non_null(strstr(fixture->error.text, "was heard just now: unplug it"));
    fixture_wait(fixture, STORE_SILENCE_MS);
    assert_int_equal(retire(fixture, FIXTURE_KIOSK), STORE_REFUSED);
    fixture_wait(fixture, 1);
    assert_int_equal(retire(fixture, FIXTURE_KIOSK), STORE_OK);
    assert_int_equal(fixture_integer(fixture, retired_sql), 1);
    assert_int_equal(retire(fixture, FIXTURE_KIOSK), STORE_REFUSED);
    assert_non_null(strstr(fixture->error.text, "retired already"));
}

/* By a HELLO, or a heartbeat on a line that only hung: it is in use, and its answers are stored. */
static void test_a_retired_kiosk_that_speaks_again_is_in_use(void **state)
{
    const struct message_health health = {.uptime_s = 60};
    struct fixture *fixture = *state;
    struct message_hello hello = fixture_hello(fixture);

    fixture_press(fixture, QUESTION_RATING, 4);
    fixture_wait(fixture, HOUR_MS);
    assert_int_equal(retire(fixture, FIXTURE_KIOSK), STORE_OK);
    assert_int_equal(fixture_integer(fixture, returned_sql), 0);
    hello.oldest = 1;
    hello.next = fixture->seq + 1;
    fixture_say_hello(fixture, &hello);
    assert_int_equal(fixture->admitted.admission, STORE_ADMITTED);
    assert_int_equal(fixture_integer(fixture, retired_sql), 0);
    assert_int_equal(fixture_integer(fixture, returned_sql), 1);
    fixture_press(fixture, QUESTION_RATING, 5);
    assert_int_equal(fixture_integer(fixture, "SELECT count(*) FROM visit"), 2);
    fixture_wait(fixture, HOUR_MS);
    assert_int_equal(retire(fixture, FIXTURE_KIOSK), STORE_OK);
    (void)health_written(fixture, &health);
    assert_int_equal(fixture_integer(fixture, retired_sql), 0);
    assert_int_equal(fixture_integer(fixture, returned_sql), 2);
    fixture_verify(fixture);
}

#define WITH_STORE(test) cmocka_unit_test_setup_teardown(test, fixture_setup, fixture_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_STORE(test_blank_kiosk_gets_the_same_ids_until_it_uses_them),
        WITH_STORE(test_two_blank_kiosks_at_one_port_never_get_the_same_ids),
        WITH_STORE(test_what_a_manager_adopted_is_offered_to_one_kiosk_only),
        WITH_STORE(test_ids_that_were_never_used_keep_no_name),
        WITH_STORE(test_ids_offered_without_end_need_a_manager),
        WITH_STORE(test_kiosk_waits_until_a_manager_adopts_it),
        WITH_STORE(test_kiosk_of_another_database_is_adopted_by_hand_only),
        WITH_STORE(test_only_so_many_wait),
        WITH_STORE(test_formatted_journal_is_replaced),
        WITH_STORE(test_journal_whose_past_is_not_ours_is_replaced),
        WITH_STORE(test_the_journal_that_a_kiosk_has_is_not_offered_to_it_again),
        WITH_STORE(test_a_journal_that_was_replaced_is_not_gone_on_with),
        WITH_STORE(test_a_journal_is_offered_again_from_where_the_kiosk_stands_now),
        WITH_STORE(test_gap_before_the_oldest_is_noticed),
        WITH_STORE(test_contradictory_hello_is_refused),
        WITH_STORE(test_kiosk_is_renamed_by_name_or_id),
        WITH_STORE(test_only_a_kiosk_that_is_gone_is_retired),
        WITH_STORE(test_a_retired_kiosk_that_speaks_again_is_in_use),
        WITH_STORE(test_hello_of_a_kiosk_with_a_key_changes_nothing_before_it_is_confirmed),
        WITH_STORE(test_confirmed_hello_is_what_an_unkeyed_one_is),
        WITH_STORE(test_key_is_the_same_until_it_is_confirmed_whatever_is_lost_between),
        WITH_STORE(test_every_key_that_was_offered_stays_good),
        WITH_STORE(test_a_key_that_was_not_committed_was_never_issued),
        WITH_STORE(test_where_a_kiosk_with_a_key_was_a_newcomer_waits_for_a_manager),
        WITH_STORE(test_kiosk_that_knows_no_keys_gets_none_and_takes_none_away),
        WITH_STORE(test_only_so_many_kiosks_without_a_key_are_adopted_by_themselves),
        WITH_STORE(test_a_kiosk_that_waits_is_written_once_a_second_whatever_it_calls_itself),
        WITH_STORE(test_a_journal_that_is_offered_again_and_again_raises_one_alarm),
        cmocka_unit_test(test_a_kiosk_without_a_key_makes_only_so_much_trouble_a_day),
        WITH_STORE(test_a_kiosk_that_has_proved_itself_may_lose_more),
        WITH_STORE(test_database_of_version_1_gets_keys),
        WITH_STORE(test_audience_of_a_kiosk_is_set_by_name_and_checked),
        WITH_STORE(test_heartbeats_are_kept_once_a_minute_unless_they_differ),
    };

    return cmocka_run_group_tests_name("store_kiosk", tests, NULL, NULL);
}
