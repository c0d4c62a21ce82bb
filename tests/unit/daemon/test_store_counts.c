/* SPDX-License-Identifier: MIT */
#include <sqlite3.h>
#include <stdio.h>
#include <string.h>

#include "daemon/period.h"
#include "daemon/store_privacy.h"
#include "daemon/store_retention.h"
#include "daemon/work.h"
#include "fixture.h"
#include "seed.h"

static void begin(struct fixture *fixture)
{
    assert_int_equal(store_begin(fixture->store, &fixture->error), STORE_OK);
}

static void commit(struct fixture *fixture)
{
    assert_int_equal(store_commit(fixture->store, &fixture->error), STORE_OK);
}

static uint16_t add(struct fixture *fixture, const char *name)
{
    uint16_t id = 0;

    begin(fixture);
    assert_int_equal(store_staff_add(fixture->store, name, 0, &id, &fixture->error), STORE_OK);
    commit(fixture);
    return id;
}

static void mention(struct fixture *fixture, uint16_t staff, uint16_t value)
{
    fixture_wait(fixture, 60000);
    fixture_press(fixture, QUESTION_RATING, 5);
    fixture_press(fixture, QUESTION_STAFF, staff);
    fixture_press(fixture, QUESTION_MENTION, value);
}

static struct message_counts counts(struct fixture *fixture, uint16_t staff)
{
    struct message_counts counts;

    assert_int_equal(store_counts(fixture->store, staff, fixture_now(fixture), &counts, &fixture->error),
                     STORE_OK);
    return counts;
}

/* The fixture begins on a Monday at noon. */
static void test_own_counts_of_today_the_week_and_the_best_week(void **state)
{
    struct fixture *fixture = *state;
    uint16_t dan = add(fixture, "Dan");
    uint64_t generation = store_counts_generation(fixture->store);

    for (int i = 0; i < 10; i++)
        mention(fixture, dan, i < 6 ? MENTION_ASKED : MENTION_NO); /* the first week: 6 of 10 */
    assert_true(store_counts_generation(fixture->store) > generation);
    assert_int_equal(counts(fixture, dan).asked_today, 6);
    assert_int_equal(counts(fixture, dan).answered_best, 0); /* not complete yet */
    fixture_wait(fixture, 7 * DAY_MS);
    for (int i = 0; i < 9; i++)
        mention(fixture, dan, MENTION_ASKED); /* the second: 9 of 9, too few to be a best */
    fixture_wait(fixture, 7 * DAY_MS);
    mention(fixture, dan, MENTION_ASKED);
    mention(fixture, dan, ANSWER_NONE);
    fixture_wait(fixture, DAY_MS);
    mention(fixture, dan, MENTION_WILL_ASK);
    assert_int_equal(counts(fixture, dan).asked_today, 0);
    assert_int_equal(counts(fixture, dan).answered_today, 1);
    assert_int_equal(counts(fixture, dan).asked_week, 1);
    assert_int_equal(counts(fixture, dan).answered_week, 2);
    assert_int_equal(counts(fixture, dan).asked_best, 6);
    assert_int_equal(counts(fixture, dan).answered_best, 10);
    fixture_verify(fixture);
}

/* It is of this week for certain, as in the reports, though nobody knows on which day it was. */
static void test_a_mention_of_an_uncertain_day_counts_in_its_week(void **state)
{
    struct fixture *fixture = *state;
    uint16_t dan = add(fixture, "Dan");
    struct answer answers[3];

    for (int i = 0; i < 9; i++)
        mention(fixture, dan, MENTION_ASKED);
    fixture_wait(fixture, 2 * DAY_MS); /* boot 2 was pressed somewhen in between, without a connection */
    fixture->origin.boot = 3;
    fixture->origin.boot_started_ms = fixture_now(fixture) - 60000;
    for (uint32_t i = 0; i < 3; i++)
        answers[i] =
            (struct answer){.seq = fixture->seq + 1 + i, .boot = 2, .uptime_s = 90, .visit_back = (uint8_t)i};
    answers[0].question = QUESTION_RATING;
    answers[0].value = 5;
    answers[1].question = QUESTION_STAFF;
    answers[1].value = dan;
    answers[2].question = QUESTION_MENTION;
    answers[2].value = MENTION_NO;
    assert_int_equal(fixture_send(fixture, answers, 3), STORE_OK);
    assert_int_equal(counts(fixture, dan).answered_today, 0);
    assert_int_equal(counts(fixture, dan).asked_week, 9);
    assert_int_equal(counts(fixture, dan).answered_week, 10);
    fixture_wait(fixture, 7 * DAY_MS);
    assert_int_equal(counts(fixture, dan).asked_best, 9);
    assert_int_equal(counts(fixture, dan).answered_best, 10);
    fixture_verify(fixture);
}

static void test_late_answers_can_change_the_best_week(void **state)
{
    struct fixture *fixture = *state;
    uint16_t dan = add(fixture, "Dan");
    struct answer late = {.visit_back = 2, .question = QUESTION_STAFF, .boot = 1};

    for (int i = 0; i < 9; i++)
        mention(fixture, dan, MENTION_ASKED);
    fixture_wait(fixture, 60000);
    fixture_press(fixture, QUESTION_RATING, 5);
    fixture_press(fixture, QUESTION_MENTION, MENTION_ASKED); /* of whom is not known yet */
    fixture_wait(fixture, 7 * DAY_MS);
    assert_int_equal(counts(fixture, dan).answered_best, 0);
    late.seq = fixture->seq + 1;
    late.value = dan;
    assert_int_equal(fixture_send(fixture, &late, 1), STORE_OK);
    assert_int_equal(counts(fixture, dan).answered_best, 10);
}

/* How much it takes ------------------------------------------------------------------------------------------------ */

/* Instructions of SQLite's machine since the last time. */
static int instructions(struct fixture *fixture)
{
    int sum = 0;

    for (sqlite3_stmt *at = sqlite3_next_stmt(store_connection(fixture->store), NULL); at != NULL;
         at = sqlite3_next_stmt(store_connection(fixture->store), at))
        sum += sqlite3_stmt_status(at, SQLITE_STMTSTATUS_VM_STEP, 1);
    return sum;
}

#define INSTRUCTIONS_MAX 60000 /* of one transaction: some 3 ms */

/* Make it, each piece a transaction. Returns how many. */
static int make_roster(struct fixture *fixture, struct work_runner *runner, struct work_roster *roster)
{
    bool is_more = true;
    int pieces = 0;

    while (is_more) {
        (void)instructions(fixture);
        assert_true(work_is_roster_stale(runner, fixture_now(fixture)));
        assert_int_equal(work_roster_make(runner, fixture_now(fixture), roster, &is_more, &fixture->error),
                         STORE_OK);
        assert_in_range(instructions(fixture), 1, INSTRUCTIONS_MAX);
        pieces++;
    }
    assert_false(work_is_roster_stale(runner, fixture_now(fixture)));
    return pieces;
}

/* Answers wait for it: no piece may take long, and most changes take one. */
static void test_best_weeks_of_ten_years_hold_up_no_answer(void **state)
{
    struct fixture *fixture = *state;
    uint16_t dan = add(fixture, "Dan");
    struct work_runner runner;
    struct work_roster roster;

    fixture_fill_ten_years(fixture, dan);
    work_runner_init(&runner, fixture->store);
    assert_true(make_roster(fixture, &runner, &roster) > 3); /* the daemon has started */
    assert_int_equal(roster.counts[0].answered_best, FIXTURE_WEEK_ANSWERS);
    mention(fixture, dan, MENTION_ASKED);
    assert_int_equal(make_roster(fixture, &runner, &roster), 1);
    fixture_wait(fixture, 7 * DAY_MS);
    (void)instructions(fixture);
    assert_int_equal(make_roster(fixture, &runner, &roster), 1); /* it is Monday */
    assert_int_equal(roster.counts[0].answered_best, 13);
    assert_int_equal(roster.counts[0].asked_best, 1);
    fixture_press(fixture, QUESTION_MENTION, ANSWER_NONE);   /* of the last visit there was */
    assert_true(make_roster(fixture, &runner, &roster) > 3); /* the best week was worse: any may be that */
    assert_int_equal(roster.counts[0].asked_best, 0);
    fixture_press(fixture, QUESTION_MENTION, MENTION_ASKED);
    assert_true(make_roster(fixture, &runner, &roster) > 3); /* ... it was the latest of equal ones */
    assert_int_equal(roster.counts[0].asked_best, 1);
    fixture_wait(fixture, -7 * DAY_MS);
    add(fixture, "Eva");
    assert_true(make_roster(fixture, &runner, &roster) > 3); /* the clock went back: that week is not over */
    assert_int_equal(roster.counts[0].answered_best, FIXTURE_WEEK_ANSWERS);
}

/* The same as ever -------------------------------------------------------------------------------------------------- */

#define PEOPLE 70 /* more than are on the roster, and than are remembered */
#define STEPS 500

struct player {
    struct fixture *fixture;
    struct seed seed;
    struct store_origin origins[2]; /* the second kiosk sends what it kept for weeks */
    uint32_t seqs[2], ratings[2];
    int64_t clocks_ms[2];
    uint16_t people[PEOPLE];
    unsigned compared, with_best;
};

static struct answer answer_at(struct player *player, int which, uint8_t question, uint16_t value)
{
    struct answer answer = {.seq = ++player->seqs[which], .question = question, .value = value, .boot = 1};

    answer.uptime_s = (uint32_t)((player->clocks_ms[which] - player->origins[which].boot_started_ms) / 1000);
    if (question == QUESTION_RATING)
        player->ratings[which] = answer.seq;
    else
        answer.visit_back = (uint8_t)(answer.seq - player->ratings[which]);
    return answer;
}

static void send(struct player *player, int which, const struct answer *answers, size_t count)
{
    struct fixture *fixture = player->fixture;
    struct store_origin own = fixture->origin;

    player->origins[which].arrived_ms = fixture_now(fixture);
    fixture->origin = player->origins[which];
    if (fixture_send(fixture, answers, count) != STORE_OK)
        fail_msg("%s", fixture->error.text);
    fixture->origin = own;
}

static uint16_t anybody(struct player *player)
{
    uint32_t among = seed_below(&player->seed, 3) == 0 ? PEOPLE : 5; /* some have many answers */

    return player->people[seed_below(&player->seed, among)];
}

static uint16_t any_mention(struct player *player)
{
    static const uint16_t values[] = {MENTION_ASKED, MENTION_ASKED, MENTION_WILL_ASK, MENTION_NO,
                                      ANSWER_NONE};

    return values[seed_below(&player->seed, 5)];
}

/* Up to 16 visits of one person, a minute after each other. */
static void play_visits(struct player *player, int which)
{
    struct answer answers[48];
    uint16_t staff = anybody(player);
    size_t count = 0, visits = 1 + seed_below(&player->seed, 16);

    for (size_t i = 0; i < visits && player->clocks_ms[which] < fixture_now(player->fixture) - MINUTE_MS;
         i++) {
        player->clocks_ms[which] += MINUTE_MS;
        answers[count++] = answer_at(player, which, QUESTION_RATING, 5);
        answers[count++] = answer_at(player, which, QUESTION_STAFF, staff);
        answers[count++] = answer_at(player, which, QUESTION_MENTION, any_mention(player));
    }
    if (count > 0)
        send(player, which, answers, count);
}

/* What was said last is said otherwise, whenever that was. */
static void play_change(struct player *player, int which)
{
    uint32_t what = seed_below(&player->seed, 4);
    struct answer answer;

    if (player->seqs[which] == 0 || player->seqs[which] - player->ratings[which] >= 14)
        return;
    answer = what == 0   ? answer_at(player, which, QUESTION_FLAG, FLAG_WITHDRAWN)
             : what == 1 ? answer_at(player, which, QUESTION_STAFF, anybody(player))
                         : answer_at(player, which, QUESTION_MENTION, any_mention(player));
    send(player, which, &answer, 1);
}

static void play_time(struct player *player)
{
    static const int64_t spans[] = {HOUR_MS, DAY_MS, 3 * DAY_MS, 8 * DAY_MS, 21 * DAY_MS};
    uint32_t i = seed_below(&player->seed, 5);
    int64_t now_ms;

    fixture_wait(player->fixture, spans[i]);
    now_ms = fixture_now(player->fixture);
    player->clocks_ms[0] = now_ms - HOUR_MS > player->clocks_ms[0] ? now_ms - HOUR_MS : player->clocks_ms[0];
    if (seed_below(&player->seed, 3) == 0) /* mostly some weeks behind */
        player->clocks_ms[1] += (now_ms - player->clocks_ms[1]) / 2;
}

/* Who is on the roster changes. */
static void play_people(struct player *player)
{
    struct fixture *fixture = player->fixture;
    enum store_status status;
    char id[8];

    for (int i = 0; i < 5; i++) {
        uint32_t what = seed_below(&player->seed, 40);

        snprintf(id, sizeof id, "%u", (unsigned)anybody(player));
        begin(fixture);
        status = what == 0   ? store_staff_retire(fixture->store, id, fixture_now(fixture), &fixture->error)
                 : what == 1 ? store_staff_erase(fixture->store, id, fixture_now(fixture), &fixture->error)
                             : store_staff_on_duty(fixture->store, id, what % 2 == 0, &fixture->error);
        assert_true(status == STORE_OK || status == STORE_REFUSED); /* who is gone is gone */
        commit(fixture);
    }
}

static void play_purge(struct player *player)
{
    struct fixture *fixture = player->fixture;
    bool is_more = true;

    for (int i = 0; is_more && i < 3; i++) {
        begin(fixture);
        assert_int_equal(
            store_retention_step(fixture->store, fixture_now(fixture), &is_more, &fixture->error), STORE_OK);
        commit(fixture);
    }
}

/* All pieces. */
static void prepare(struct fixture *fixture, int64_t now_ms)
{
    struct staff_entry roster[ROSTER_CAPACITY];
    bool is_more = true;
    uint8_t count;

    assert_int_equal(store_roster(fixture->store, roster, &count, &fixture->error), STORE_OK);
    while (is_more)
        assert_int_equal(
            store_counts_prepare(fixture->store, roster, count, now_ms, &is_more, &fixture->error), STORE_OK);
}

/* A transaction that looked at what it then did not keep. */
static void play_rollback(struct player *player)
{
    struct fixture *fixture = player->fixture;
    struct store_ingested ingested;
    uint32_t seq = player->seqs[0];
    struct answer answer;

    if (seq - player->ratings[0] >= 14 || seq == 0)
        return;
    answer = answer_at(player, 0, QUESTION_MENTION, any_mention(player));
    player->origins[0].arrived_ms = fixture_now(fixture);
    begin(fixture);
    assert_int_equal(
        store_answers(fixture->store, &player->origins[0], &answer, 1, &ingested, &fixture->error), STORE_OK);
    prepare(fixture, fixture_now(fixture));
    store_rollback(fixture->store);
    player->seqs[0] = seq;
}

/* From the tallies, by SQL alone: asked * 100000 + answered of the best week; 0: there is none. */
static int64_t best_by_sql(struct fixture *fixture, uint16_t staff, int64_t now_ms)
{
    const struct zone *zone = store_zone(fixture->store);
    int64_t from_ms = fixture_integer(fixture, "SELECT ifnull(max(before_ms), 0) FROM purged"), best;
    char sql[400];

    if (from_ms != 0)
        from_ms = period_week(zone, from_ms - 1, 1);
    snprintf(
        sql, sizeof sql,
        "SELECT asked * 100000 + n FROM (SELECT start_ms, sum(mention_asked) AS asked, sum(mention_asked +"
        " mention_will_ask + mention_no) AS n FROM tally WHERE level = 5 AND staff = %u AND start_ms >= %lld"
        " AND start_ms < %lld GROUP BY start_ms) WHERE n >= 10 ORDER BY 1.0 * asked / n DESC, start_ms DESC"
        " LIMIT 1",
        staff, (long long)from_ms, (long long)period_week(zone, now_ms, 0));
    best = fixture_integer(fixture, sql);
    return best == INT64_MIN ? 0 : best;
}

static void compare(struct player *player, int64_t now_ms)
{
    struct fixture *fixture = player->fixture;
    struct staff_entry roster[ROSTER_CAPACITY];
    struct message_counts counts;
    uint8_t count;

    prepare(fixture, now_ms);
    assert_int_equal(store_roster(fixture->store, roster, &count, &fixture->error), STORE_OK);
    for (uint8_t i = 0; i < count; i++) {
        int64_t best = best_by_sql(fixture, roster[i].id, now_ms);

        assert_int_equal(store_counts(fixture->store, roster[i].id, now_ms, &counts, &fixture->error),
                         STORE_OK);
        assert_int_equal(counts.asked_best * 100000 + counts.answered_best, best);
        player->compared++;
        player->with_best += best != 0;
    }
}

static void play(struct player *player)
{
    int which = (int)seed_below(&player->seed, 2);
    uint32_t what = seed_below(&player->seed, 100);

    if (what < 45)
        play_visits(player, which);
    else if (what < 60)
        play_change(player, which);
    else if (what < 75)
        play_time(player);
    else if (what < 85)
        play_people(player);
    else if (what < 90)
        play_purge(player);
    else if (what < 95)
        play_rollback(player);
    else
        compare(player, fixture_now(player->fixture) - 10 * DAY_MS); /* the clock goes back for a moment */
}

/* A second kiosk, at another port. */
static void adopt_another(struct player *player)
{
    struct fixture *fixture = player->fixture;
    struct message_hello hello = {
        .major = PROTOCOL_MAJOR, .oldest = 1, .next = 1, .boot = 1, .firmware = "1"};
    const struct store_visitor visitor = {
        .hello = &hello, .port = "attic", .is_auto_adopt = true, .now_ms = fixture_now(fixture)};
    struct store_admitted admitted;

    begin(fixture);
    assert_int_equal(store_hello(fixture->store, &visitor, &admitted, &fixture->error), STORE_OK);
    hello.kiosk_id = admitted.kiosk_id;
    hello.journal_id = admitted.journal_id;
    assert_int_equal(store_hello(fixture->store, &visitor, &admitted, &fixture->error), STORE_OK);
    commit(fixture);
    assert_int_equal(admitted.admission, STORE_ADMITTED);
    player->origins[1].kiosk = admitted.kiosk;
    player->origins[1].journal = admitted.journal;
}

static void player_init(struct player *player, struct fixture *fixture)
{
    char name[8];

    memset(player, 0, sizeof *player);
    player->fixture = fixture;
    player->seed = seed_init("best weeks");
    player->origins[0] = player->origins[1] = fixture->origin;
    player->clocks_ms[0] = player->clocks_ms[1] = fixture_now(fixture) - HOUR_MS;
    adopt_another(player);
    for (unsigned i = 0; i < PEOPLE; i++) {
        snprintf(name, sizeof name, "P%02u", i);
        player->people[i] = add(fixture, name);
    }
    begin(fixture);
    assert_int_equal(store_retention_set(fixture->store, 60, fixture_now(fixture), &fixture->error),
                     STORE_OK);
    commit(fixture);
}

static void test_remembered_best_weeks_are_those_of_the_tallies(void **state)
{
    struct fixture *fixture = *state;
    struct player player;

    player_init(&player, fixture);
    for (int i = 0; i < STEPS; i++) {
        play(&player);
        if (seed_below(&player.seed, 3) == 0)
            compare(&player, fixture_now(fixture));
    }
    assert_true(player.compared > 1000 && player.with_best > 50);
    fixture_verify(fixture);
}

/* The first person's mentions, a visit a minute: so many of them "asked". */
static void send_week(struct player *player, int which, int asked, int no)
{
    struct answer answers[48];
    size_t count = 0;

    for (int i = 0; i < asked + no; i++) {
        player->clocks_ms[which] += MINUTE_MS;
        answers[count++] = answer_at(player, which, QUESTION_RATING, 5);
        answers[count++] = answer_at(player, which, QUESTION_STAFF, player->people[0]);
        answers[count++] = answer_at(player, which, QUESTION_MENTION, i < asked ? MENTION_ASKED : MENTION_NO);
    }
    send(player, which, answers, count);
}

static void say_of_last(struct player *player, int which, uint16_t mention)
{
    struct answer answer = answer_at(player, which, QUESTION_MENTION, mention);

    send(player, which, &answer, 1);
}

static void assert_best(struct player *player, int asked, int answered)
{
    struct fixture *fixture = player->fixture;
    struct message_counts counts;

    prepare(fixture, fixture_now(fixture));
    assert_int_equal(
        store_counts(fixture->store, player->people[0], fixture_now(fixture), &counts, &fixture->error),
        STORE_OK);
    assert_int_equal(counts.asked_best, asked);
    assert_int_equal(counts.answered_best, answered);
}

/* Two weeks that are over, of two kiosks: what changes in either, in which order, and what is taken back. */
static void test_changes_of_several_closed_weeks_are_seen(void **state)
{
    struct fixture *fixture = *state;
    struct player player;
    struct answer answer;
    struct store_ingested ingested;

    player_init(&player, fixture);
    fixture_wait(fixture, HOUR_MS);
    send_week(&player, 1, 7, 4);
    fixture_wait(fixture, 7 * DAY_MS);
    player.clocks_ms[0] += 7 * DAY_MS;
    send_week(&player, 0, 10, 0);
    fixture_wait(fixture, 7 * DAY_MS);
    assert_best(&player, 10, 10);
    say_of_last(&player, 1, MENTION_ASKED); /* the first week: looked at again, and what is behind it */
    say_of_last(&player, 0, ANSWER_NONE);   /* the best: it has too few now */
    assert_best(&player, 8, 11);
    say_of_last(&player, 0, MENTION_NO);
    assert_best(&player, 9, 10); /* a week that was not the best */
    answer = answer_at(&player, 0, QUESTION_MENTION, ANSWER_NONE);
    begin(fixture);
    assert_int_equal(
        store_answers(fixture->store, &player.origins[0], &answer, 1, &ingested, &fixture->error), STORE_OK);
    prepare(fixture, fixture_now(fixture)); /* what was seen of the open transaction goes with it */
    store_rollback(fixture->store);
    assert_best(&player, 9, 10);
    prepare(fixture, fixture_now(fixture) - 8 * DAY_MS); /* the clock goes back, and on */
    assert_best(&player, 9, 10);
}

static void play_until_day(struct player *player, int day)
{
    fixture_wait(player->fixture, FIXTURE_NOON_MS + day * DAY_MS - fixture_now(player->fixture));
    player->clocks_ms[0] = fixture_now(player->fixture) - HOUR_MS;
}

/* Monday's are gone, Thursday's are left. */
static void test_what_a_purge_leaves_of_a_week_is_no_best(void **state)
{
    struct fixture *fixture = *state;
    struct player player;

    player_init(&player, fixture);
    play_until_day(&player, 0);
    send_week(&player, 0, 0, 12);
    play_until_day(&player, 3);
    send_week(&player, 0, 12, 0);
    play_until_day(&player, 50);
    for (int i = 0; i < 5; i++) /* so many that the others are not kept for the kiosk's sake */
        send_week(&player, 0, 0, 14);
    play_until_day(&player, 62);
    assert_best(&player, 12, 24);
    play_purge(&player);
    assert_int_equal(
        fixture_integer(fixture, "SELECT sum(mention_no) FROM tally WHERE level = 5 AND staff = 1"), 70);
    assert_int_equal(
        fixture_integer(fixture, "SELECT sum(mention_asked) FROM tally WHERE level = 5 AND staff = 1"), 12);
    assert_best(&player, 0, 70);
}

#define WITH_STORE(test) cmocka_unit_test_setup_teardown(test, fixture_setup, fixture_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_STORE(test_own_counts_of_today_the_week_and_the_best_week),
        WITH_STORE(test_a_mention_of_an_uncertain_day_counts_in_its_week),
        WITH_STORE(test_late_answers_can_change_the_best_week),
        WITH_STORE(test_best_weeks_of_ten_years_hold_up_no_answer),
        WITH_STORE(test_remembered_best_weeks_are_those_of_the_tallies),
        WITH_STORE(test_changes_of_several_closed_weeks_are_seen),
        WITH_STORE(test_what_a_purge_leaves_of_a_week_is_no_best),
    };

    return cmocka_run_group_tests_name("store_counts", tests, NULL, NULL);
}
