/* SPDX-License-Identifier: MIT
 *
 * What came of help calls: the counts that are kept against the visits and calls themselves, whatever happens to them.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "daemon/report_internal.h"
#include "daemon/store_help.h"
#include "daemon/store_privacy.h"
#include "daemon/store_retention.h"
#include "fixture.h"
#include "seed.h"

#define KIOSKS 3
#define STAFF 4

/* From where on reports look at the tallies of calls; before it at the visits, one by one. */
#define TALLIES "UPDATE store SET calls_from_ms = NULL"
#define VISITS "UPDATE store SET calls_from_ms = 9000000000000000"

#define DONE(fixture, call)                                                \
    do {                                                                   \
        struct store_error *error = &(fixture)->error;                     \
        assert_int_equal(store_begin((fixture)->store, error), STORE_OK);  \
        if ((call) != STORE_OK)                                            \
            fail_msg("%s", error->text);                                   \
        assert_int_equal(store_commit((fixture)->store, error), STORE_OK); \
    } while (false)

static json_t *run(struct fixture *fixture, struct report_query query)
{
    query.report = "help";
    return fixture_report(fixture, query);
}

static json_int_t number(const json_t *result, const char *part, const char *key)
{
    const json_t *value = json_object_get(json_object_get(result, part), key);

    assert_true(json_is_integer(value));
    return json_integer_value(value);
}

/* The same of the tallies as of the visits. Returns how many calls were counted. */
static json_int_t agrees(struct fixture *fixture, struct report_query query)
{
    json_t *kept, *counted;
    json_int_t calls = 0;

    fixture_run(fixture, TALLIES);
    kept = run(fixture, query);
    fixture_run(fixture, VISITS);
    counted = run(fixture, query);
    fixture_run(fixture, TALLIES);
    if (!json_equal(kept, counted)) {
        char *one = json_dumps(json_object_get(kept, "follow_up"), JSON_COMPACT);
        char *other = json_dumps(json_object_get(counted, "follow_up"), JSON_COMPACT);

        fail_msg("%s to %s, kiosk %s, staff %s, audience %s: %s and %lld left out, not %s and %lld",
                 query.from, query.to, query.kiosk, query.staff, query.audience, one,
                 (long long)json_integer_value(json_object_get(kept, "calls_left_out")), other,
                 (long long)json_integer_value(json_object_get(counted, "calls_left_out")));
    }
    if (json_is_object(json_object_get(kept, "follow_up")))
        calls = number(kept, "follow_up", "closed_n");
    json_decref(kept);
    json_decref(counted);
    return calls;
}

static void moment(const struct fixture *fixture, int64_t at_ms, char text[PERIOD_TEXT_SIZE])
{
    const struct zone *zone = store_zone(fixture->store);

    period_format(zone, period_start(zone, PERIOD_HOUR, at_ms), text);
    text[strlen("2026-11-02T14:00")] = '\0';
}

/* Kiosks at the same store: each with its own line of answers. */
struct chain {
    struct fixture *first; /* whose store it is */
    struct fixture kiosks[KIOSKS];
    int64_t began_ms;
    int64_t erased, purged; /* how often */
    bool has_staff[STAFF + 1];
};

static struct fixture *kiosk_of(struct chain *chain, struct seed *seed)
{
    struct fixture *kiosk = &chain->kiosks[seed_below(seed, KIOSKS)];

    kiosk->store = chain->first->store;
    kiosk->origin.arrived_ms = fixture_now(chain->first);
    return kiosk;
}

static void chain_open(struct chain *chain, struct fixture *fixture)
{
    uint16_t id;

    *chain = (struct chain){.first = fixture, .began_ms = fixture_now(fixture)};
    for (int i = 0; i < KIOSKS; i++) {
        chain->kiosks[i] = *fixture;
        if (i > 0) {
            memset(&chain->kiosks[i].admitted, 0, sizeof chain->kiosks[i].admitted);
            fixture_adopt(&chain->kiosks[i]);
        }
    }
    fixture_run(fixture, "UPDATE kiosk SET audience = 'internal' WHERE id = 2");
    for (int i = 1; i <= STAFF; i++) {
        char name[16];

        snprintf(name, sizeof name, "Person %d", i);
        DONE(fixture, store_staff_add(fixture->store, name, fixture_now(fixture), &id, error));
        chain->has_staff[i] = true;
    }
}

static void answer_add(struct fixture *kiosk, struct answer *answers, size_t *count, uint8_t question,
                       uint16_t value, uint16_t boot)
{
    struct answer *answer = &answers[(*count)++];

    *answer = (struct answer){
        .seq = ++kiosk->seq,
        .question = question,
        .value = value,
        .boot = boot,
        .uptime_s = (uint32_t)((fixture_now(kiosk) - kiosk->origin.boot_started_ms) / 1000),
    };
    if (question == QUESTION_RATING)
        kiosk->rating_seq = answer->seq;
    else
        answer->visit_back = (uint8_t)(answer->seq - kiosk->rating_seq);
}

/* A customer who may call, change their mind, name somebody, walk away; at times seen by nobody before the kiosk restarted. */
static void visit(struct chain *chain, struct seed *seed)
{
    static const uint16_t helps[] = {HELP_YES, HELP_YES, HELP_YES, HELP_NO, ANSWER_SKIPPED, ANSWER_NONE};
    struct fixture *kiosk = kiosk_of(chain, seed);
    struct answer answers[8];
    size_t count = 0;
    uint16_t boot = kiosk->origin.boot;

    if (seed_below(seed, 8) == 0) { /* what was pressed in a boot that is over, at a time that nobody knows */
        kiosk->origin.boot = (uint16_t)(boot + 2);
        kiosk->origin.boot_started_ms = fixture_now(kiosk);
        boot++;
    }
    answer_add(kiosk, answers, &count, QUESTION_RATING, (uint16_t)(1 + seed_below(seed, 5)), boot);
    if (seed_below(seed, 2) == 0)
        answer_add(kiosk, answers, &count, QUESTION_SERVED, (uint16_t)(1 + seed_below(seed, STAFF)), boot);
    answer_add(kiosk, answers, &count, QUESTION_HELP, helps[seed_below(seed, 6)], boot);
    if (seed_below(seed, 2) == 0) { /* the rest in a transaction of its own */
        assert_int_equal(fixture_send(kiosk, answers, count), STORE_OK);
        count = 0;
    }
    if (seed_below(seed, 3) == 0)
        answer_add(kiosk, answers, &count, QUESTION_STAFF, (uint16_t)seed_below(seed, STAFF + 1), boot);
    if (seed_below(seed, 8) == 0)
        answer_add(kiosk, answers, &count, QUESTION_HELP, helps[seed_below(seed, 6)], boot);
    if (seed_below(seed, 12) == 0)
        answer_add(kiosk, answers, &count, QUESTION_FLAG, FLAG_WITHDRAWN, boot);
    assert_int_equal(fixture_send(kiosk, answers, count), STORE_OK);
}

static void burst(struct chain *chain, struct seed *seed)
{
    struct fixture *kiosk = kiosk_of(chain, seed);
    struct answer answers[2 * VISIT_BURST_COUNT];
    size_t count = 0;

    for (int i = 0; i < VISIT_BURST_COUNT; i++) {
        answer_add(kiosk, answers, &count, QUESTION_RATING, 2, kiosk->origin.boot);
        answer_add(kiosk, answers, &count, QUESTION_HELP, HELP_YES, kiosk->origin.boot);
    }
    assert_int_equal(fixture_send(kiosk, answers, count), STORE_OK);
}

/* Somebody goes to a call, or has been there; or nobody did in time. */
static void attend(struct chain *chain, struct seed *seed)
{
    static const char *const outcomes[] = {"solved", "handed-on", "could-not", "abuse"};
    struct fixture *fixture = chain->first;
    int64_t calls = fixture_integer(fixture, "SELECT ifnull(max(id), 0) FROM help_call");
    char id[24];
    struct store_error ignored;

    for (int i = 0; calls > 0 && i < 4; i++) {
        snprintf(id, sizeof id, "%d", 1 + (int)seed_below(seed, (uint32_t)calls));
        assert_int_equal(store_begin(fixture->store, &ignored), STORE_OK);
        if (seed_below(seed, 4) == 0) /* refused where it is that already */
            (void)store_help_acknowledge(fixture->store, id, NULL, fixture_now(fixture), &ignored);
        else
            (void)store_help_close(fixture->store, id, outcomes[seed_below(seed, 4)], NULL, NULL,
                                   fixture_now(fixture) + seed_below(seed, 1000000), &ignored);
        assert_int_equal(store_commit(fixture->store, &ignored), STORE_OK);
    }
    if (seed_below(seed, 10) == 0)
        DONE(fixture, store_help_resume(fixture->store, fixture_now(fixture), error));
}

static void forget(struct chain *chain, struct seed *seed)
{
    struct fixture *fixture = chain->first;
    uint32_t staff = 1 + seed_below(seed, STAFF);
    bool is_more = true;
    char which[16];

    if (seed_below(seed, 2) == 0 && chain->has_staff[staff]) {
        snprintf(which, sizeof which, "%u", staff);
        DONE(fixture, store_staff_erase(fixture->store, which, fixture_now(fixture), error));
        chain->has_staff[staff] = false;
        chain->erased++;
        return;
    }
    while (is_more)
        DONE(fixture, store_retention_step(fixture->store, fixture_now(fixture), &is_more, error));
    chain->purged += fixture_integer(fixture, "SELECT ifnull(sum(answers), 0) FROM purged") > 0;
}

static json_int_t look(struct chain *chain, struct seed *seed)
{
    static const char *const staff[] = {NULL, NULL, NULL, "1", "3"};
    static const char *const audiences[] = {NULL, "external", "internal"};
    struct fixture *fixture = chain->first;
    int64_t passed_ms = fixture_now(fixture) - chain->began_ms + DAY_MS;
    int64_t from_ms = chain->began_ms - DAY_MS + (int64_t)(seed_next(seed) % (uint64_t)passed_ms);
    int64_t length_ms = (int64_t)(seed_next(seed) % (uint64_t)(passed_ms + HOUR_MS)) + HOUR_MS;
    char from[PERIOD_TEXT_SIZE], to[PERIOD_TEXT_SIZE];
    struct report_query query = {.from = from, .to = to, .staff = staff[seed_below(seed, 5)]};
    int64_t which = query.staff == NULL ? 0 : atoi(query.staff);

    if (which != 0 && !chain->has_staff[which])
        query.staff = NULL;
    if (seed_below(seed, 4) == 0)
        query.kiosk = FIXTURE_KIOSK;
    else
        query.audience = audiences[seed_below(seed, 3)];
    moment(fixture, from_ms, from);
    moment(fixture, from_ms + length_ms, to);
    if (seed_below(seed, 3) == 0) { /* all there is: years and months, with days and hours at both ends */
        moment(fixture, chain->began_ms - DAY_MS, from);
        moment(fixture, fixture_now(fixture) + HOUR_MS, to);
    }
    return agrees(fixture, query);
}

static void test_kept_counts_agree_with_visits_and_calls_whatever_happens(void **state)
{
    struct fixture *fixture = *state;
    struct seed seed = seed_init("follow-up");
    struct chain chain;
    json_int_t calls = 0;

    fixture_run(fixture, "PRAGMA synchronous = OFF"); /* nothing here is about the disk */
    chain_open(&chain, fixture);
    DONE(fixture, store_retention_set(fixture->store, STORE_RETENTION_DAYS_MIN, fixture_now(fixture), error));
    for (int i = 0; i < 800; i++) {
        uint32_t what = seed_below(&seed, 40);

        fixture_wait(fixture, (int64_t)seed_below(&seed, 100) * (what == 0 ? DAY_MS / 4 : MINUTE_MS * 4));
        if (what < 30)
            visit(&chain, &seed);
        else if (what == 30)
            burst(&chain, &seed);
        else
            attend(&chain, &seed);
        if (i % 150 == 149)
            forget(&chain, &seed);
        if (i % 20 == 0)
            calls += look(&chain, &seed);
        if (i == 500)
            fixture_verify(fixture);
    }
    for (int i = 0; i < 20; i++)
        calls += look(&chain, &seed);
    assert_true(calls > 100);
    fixture_verify(fixture);
    assert_true(fixture_integer(fixture, "SELECT count(*) FROM call_tally") > 100);
}

static void test_calls_of_purged_answers_and_erased_people_stay_counted(void **state)
{
    struct fixture *fixture = *state;
    struct seed seed = seed_init("follow-up of what is gone");
    struct chain chain;

    fixture_run(fixture, "PRAGMA synchronous = OFF"); /* nothing here is about the disk */
    chain_open(&chain, fixture);
    DONE(fixture, store_retention_set(fixture->store, STORE_RETENTION_DAYS_MIN, fixture_now(fixture), error));
    for (int i = 0; i < 300; i++) {
        fixture_wait(fixture, 20 * MINUTE_MS);
        visit(&chain, &seed);
        attend(&chain, &seed);
    }
    json_t *before = run(fixture, (struct report_query){.from = "2026-11-01", .to = "2026-12-01"});
    fixture_wait(fixture, 400 * DAY_MS);
    for (int i = 0; i < 20; i++) { /* the newest answers are kept back */
        fixture_wait(fixture, HOUR_MS);
        visit(&chain, &seed);
    }
    for (int i = 0; i < 20; i++)
        forget(&chain, &seed);
    assert_true(chain.erased > 0 && chain.purged > 0);
    json_t *after = run(fixture, (struct report_query){.from = "2026-11-01", .to = "2026-12-01"});
    assert_true(json_equal(json_object_get(before, "follow_up"), json_object_get(after, "follow_up")));
    assert_true(number(after, "follow_up", "closed_n") > 10);
    agrees(fixture, (struct report_query){.from = "2026-11-01", .to = "2026-12-01", .staff = "60002"});
    fixture_verify(fixture);
    json_decref(before);
    json_decref(after);
}

/* The calls of a dozen visits on one day, some of them closed, after 1 to 12 minutes. */
static void some_calls(struct fixture *fixture)
{
    for (int i = 0; i < 12; i++) {
        fixture_wait(fixture, HOUR_MS);
        fixture_press(fixture, QUESTION_RATING, (uint16_t)(1 + i % 2));
        fixture_press(fixture, QUESTION_HELP, HELP_YES);
    }
    fixture_run(fixture, "UPDATE help_call SET state = 3, outcome = 1, closed_ms = visit_ms + id * 60000"
                         " WHERE id > 2");
}

static void test_open_period_and_one_without_calls_are_counted(void **state)
{
    struct fixture *fixture = *state;

    some_calls(fixture);
    assert_int_equal(agrees(fixture, (struct report_query){.report = "help"}), 10);
    assert_int_equal(agrees(fixture, (struct report_query){.from = "2025-01-01", .to = "2026-01-01"}), 0);
    json_t *result = run(fixture, (struct report_query){.from = "2026-01-01", .to = "2027-01-01"});
    const json_t *follow_up = json_object_get(result, "follow_up");
    assert_int_equal(json_real_value(json_object_get(follow_up, "recovery_median_s")), 450);
    assert_int_equal(json_real_value(json_object_get(follow_up, "recovery_p90_s")), 660);
    json_decref(result);
}

/* A longer time is never of a lower step, and next to an edge, the times that do not end in 9, none is left out. */
static void test_steps_of_recovery_times_follow_each_other(void **state)
{
    static const int64_t edges_ms[] = {-1,      0,       3999,     4000,     1199999,   1200000,  3599999,
                                       3600000, 3629999, 28799999, 28800000, 604799999, 604800000};
    struct fixture *fixture = *state;
    int64_t last = -1;
    char sql[96];

    some_calls(fixture);
    for (size_t i = 0; i < sizeof edges_ms / sizeof edges_ms[0]; i++) {
        snprintf(sql, sizeof sql, "UPDATE help_call SET closed_ms = visit_ms + %lld WHERE id = 1",
                 (long long)edges_ms[i]);
        fixture_run(fixture, sql);
        int64_t step = fixture_integer(fixture, "SELECT recovery_step FROM help_call WHERE id = 1");
        assert_true(step >= last && (step <= last + 1 || edges_ms[i] % 10 == 9));
        assert_int_equal(agrees(fixture, (struct report_query){.from = "2026-11-01"}), 11);
        last = step;
    }
    assert_int_equal(last, 646);
    fixture_verify(fixture);
}

static void test_calls_are_counted_by_whoever_writes_them(void **state)
{
    struct fixture *fixture = *state;

    some_calls(fixture);
    fixture_run(fixture, "CREATE TEMP TABLE copy AS SELECT * FROM help_call WHERE id = 3;"
                         "DELETE FROM help_call WHERE id IN (3, 4);");
    fixture_verify(fixture);
    assert_int_equal(fixture_integer(fixture, "SELECT calls FROM call_tally WHERE level = 9 AND measure = 3"),
                     8);
    fixture_run(fixture,
                "INSERT INTO help_call (kind, journal, seq, visit, kiosk, called_ms, arrived_ms, state,"
                " closed_ms, visit_ms, visit_span_ms, visit_staff, is_counted, day_ms, month_ms, year_ms)"
                " SELECT kind, journal, seq, visit, kiosk, called_ms, arrived_ms, state, closed_ms,"
                " visit_ms, visit_span_ms, visit_staff, is_counted, day_ms, month_ms, year_ms FROM copy");
    fixture_verify(fixture);
    assert_int_equal(fixture_integer(fixture, "SELECT calls FROM call_tally WHERE level = 9 AND measure = 3"),
                     9);
    fixture_run(fixture, "UPDATE help_call SET visit_ms = NULL, visit_span_ms = NULL, visit_staff = NULL,"
                         " is_counted = NULL, day_ms = NULL, month_ms = NULL, year_ms = NULL");
    assert_int_equal(fixture_integer(fixture, "SELECT count(*) FROM call_tally"), 0);
}

static void test_another_time_zone_has_other_days_of_calls(void **state)
{
    struct fixture *fixture = *state;
    int64_t rows, days;

    some_calls(fixture);
    days = fixture_integer(fixture, "SELECT min(day_ms) FROM help_call");
    rows = fixture_integer(fixture, "SELECT count(*) FROM call_tally");
    fixture->timezone = "Asia/Kathmandu";
    fixture_reopen(fixture);
    assert_int_not_equal(fixture_integer(fixture, "SELECT min(day_ms) FROM help_call"), days);
    assert_true(fixture_integer(fixture, "SELECT count(*) FROM call_tally") >= rows - 6);
    assert_int_equal(agrees(fixture, (struct report_query){.report = "help"}), 10);
    fixture_verify(fixture);
}

static void test_tallies_that_do_not_fit_the_calls_are_refused(void **state)
{
    struct fixture *fixture = *state;
    const struct report_query query = {
        .report = "help", .from = "2026-01-01", .to = "2027-01-01", .now_ms = fixture_now(fixture)};
    json_t *result = NULL;

    some_calls(fixture);
    fixture_run(fixture, "UPDATE call_tally SET calls = 100 WHERE level = 9 AND measure > 100");
    assert_int_equal(report_run(fixture->store, &query, &result, &fixture->error), STORE_REFUSED);
    assert_non_null(strstr(fixture->error.text, "byname verify"));
}

struct told {
    struct store_migration migration;
    const char *path;
};

static void moments_note(void *context, const struct store_migration *migration)
{
    struct told *told = context;
    char wal[FIXTURE_PATH_SIZE + 8];
    unsigned char header[64];
    struct stat now;

    if (migration->moment == STORE_MIGRATION_BEGINS) {
        assert_int_equal(migration->from, 13);
        assert_int_equal(migration->to, FIXTURE_VERSION);
        told->migration = *migration;
    }
    if (migration->moment != STORE_MIGRATION_IS_DONE)
        return;
    told->migration.moment = migration->moment;
    snprintf(wal, sizeof wal, "%s-wal",
             told->path); /* all it wrote is in the file, and this is not left large */
    assert_int_equal(stat(wal, &now), 0);
    assert_int_equal(now.st_size, 0);
    FILE *file = fopen(told->path, "rb");
    assert_non_null(file);
    assert_int_equal(fread(header, 1, sizeof header, file), sizeof header);
    assert_int_equal(header[sizeof header - 1], FIXTURE_VERSION); /* user_version */
    fclose(file);
}

static void test_database_of_version_13_gets_tallies_of_calls_and_says_so(void **state)
{
    struct fixture *fixture = *state;
    const struct store_options archived = {.path = fixture->path, .is_read_only = true};
    struct told told = {.path = fixture->path};
    const struct store_options options = {.path = fixture->path,
                                          .store_name = "Test Street",
                                          .timezone = fixture->timezone,
                                          .on_migration = moments_note,
                                          .migration_context = &told};
    struct store_verified verified;
    struct store *reader = NULL;
    int64_t rows;

    some_calls(fixture);
    rows = fixture_integer(fixture, "SELECT count(*) FROM call_tally");
    json_t *kept = run(fixture, (struct report_query){.from = "2026-11-01"});
    fixture_run(fixture, FIXTURE_BACK_TO_VERSION_13);
    if (store_open(&archived, &reader, &fixture->error) != STORE_OK)
        fail_msg("%s", fixture->error.text);
    assert_false(store_knows_call_tallies(reader));
    assert_int_equal(store_verify(reader, &verified, NULL, NULL, &fixture->error), STORE_OK);
    assert_int_equal(verified.tallies_wrong, 0);
    struct store *writer = fixture->store;
    fixture->store = reader;
    json_t *read = run(fixture, (struct report_query){.from = "2026-11-01"});
    fixture->store = writer;
    assert_true(json_equal(kept, read));
    store_close(reader);
    store_close(fixture->store);
    assert_int_equal(store_open(&options, &fixture->store, &fixture->error), STORE_OK);
    assert_int_equal(told.migration.answers, 24);
    assert_int_equal(told.migration.moment, STORE_MIGRATION_IS_DONE);
    assert_true(store_knows_call_tallies(fixture->store));
    assert_int_equal(fixture_integer(fixture, "SELECT count(*) FROM call_tally"), rows);
    assert_int_equal(fixture_integer(fixture, "SELECT calls_from_ms IS NULL FROM store"), 1);
    assert_int_equal(agrees(fixture, (struct report_query){.from = "2026-11-01"}), 10);
    fixture_verify(fixture);
    json_decref(kept);
    json_decref(read);
}

/* Whoever reads the file meanwhile, as a verify does for minutes, is neither waited for nor in the way. */
static void test_database_of_version_13_is_opened_while_somebody_reads_it(void **state)
{
    struct fixture *fixture = *state;
    const struct store_options archived = {.path = fixture->path, .is_read_only = true};
    struct store *reader = NULL;

    some_calls(fixture);
    fixture_run(fixture, FIXTURE_BACK_TO_VERSION_13);
    fixture_run(fixture, "PRAGMA wal_checkpoint(TRUNCATE)");
    assert_int_equal(store_open(&archived, &reader, &fixture->error), STORE_OK);
    sqlite3 *db = store_connection(reader);
    assert_int_equal(sqlite3_exec(db, "BEGIN; SELECT count(*) FROM help_call", NULL, NULL, NULL), SQLITE_OK);
    store_close(fixture->store);
    const struct store_options options = {
        .path = fixture->path, .store_name = "Test Street", .timezone = fixture->timezone};
    if (store_open(&options, &fixture->store, &fixture->error) != STORE_OK)
        fail_msg("%s", fixture->error.text);
    assert_true(store_knows_call_tallies(fixture->store));
    store_close(reader);
    fixture_verify(fixture);
}

/* They called before there were help calls: what is kept does not know of them. */
static void test_visits_of_version_4_are_still_not_followed(void **state)
{
    struct fixture *fixture = *state;

    some_calls(fixture);
    fixture_run(fixture, FIXTURE_BACK_TO_VERSION_4);
    fixture_reopen(fixture);
    assert_int_equal(fixture_integer(fixture, "SELECT calls_from_ms - max(instant_ms) FROM store, visit"), 1);
    fixture_wait(fixture, 2 * HOUR_MS);
    for (int i = 0; i < 6; i++) {
        fixture_wait(fixture, MINUTE_MS);
        fixture_press(fixture, QUESTION_RATING, (uint16_t)(1 + i % 2));
        fixture_press(fixture, QUESTION_HELP, HELP_YES);
    }
    json_t *all = run(fixture, (struct report_query){.from = "2026-11-01"});
    assert_int_equal(number(all, "follow_up", "not_followed"), 12);
    assert_int_equal(number(all, "follow_up", "open"), 6);
    json_t *newest = run(fixture, (struct report_query){.from = "2026-11-03T02:00"});
    assert_int_equal(number(newest, "follow_up", "not_followed"), 0);
    assert_int_equal(number(newest, "follow_up", "open"), 6);
    fixture_verify(fixture);
    json_decref(all);
    json_decref(newest);
}

static struct store_verified verify(struct fixture *fixture)
{
    struct store_verified verified;

    if (store_verify(fixture->store, &verified, NULL, NULL, &fixture->error) != STORE_OK)
        fail_msg("%s", fixture->error.text);
    return verified;
}

static void test_verify_names_a_call_that_differs_from_its_visit(void **state)
{
    static const char *const damages[] = {"UPDATE help_call SET visit_staff = 3 WHERE id = 5",
                                          "UPDATE help_call SET visit_span_ms = 3 WHERE id = 5",
                                          "UPDATE help_call SET is_counted = 0 WHERE id = 5",
                                          "UPDATE help_call SET month_ms = NULL WHERE id = 5",
                                          "UPDATE help_call SET day_ms = day_ms + 1 WHERE id = 5"};
    struct fixture *fixture = *state;

    some_calls(fixture);
    for (size_t i = 0; i < sizeof damages / sizeof damages[0]; i++) {
        fixture_run(fixture, "CREATE TEMP TABLE good AS SELECT * FROM help_call");
        fixture_run(fixture, damages[i]);
        struct store_verified verified = verify(fixture);
        assert_int_equal(verified.tallies_wrong, 1);
        assert_int_equal(verified.visits_wrong, 0);
        assert_string_equal(verified.first_difference, "help call 5 differs from its visit");
        fixture_run(fixture,
                    "UPDATE help_call SET visit_staff = good.visit_staff, visit_span_ms = good.visit_span_ms,"
                    " is_counted = good.is_counted, day_ms = good.day_ms, month_ms = good.month_ms"
                    " FROM good WHERE good.id = help_call.id; DROP TABLE good");
        fixture_verify(fixture);
    }
    fixture_run(fixture,
                "INSERT INTO purged SELECT id, 10, 10, 0 FROM journal; DELETE FROM answer WHERE seq <= 10;"
                "DELETE FROM visit WHERE seq <= 10");
    assert_null(strstr(verify(fixture).first_difference, "help call")); /* its visit went with its answers */
}

static void test_verify_names_wrong_tallies_of_calls(void **state)
{
    struct fixture *fixture = *state;
    struct store_verified verified;

    some_calls(fixture);
    fixture_run(fixture, "UPDATE call_tally SET calls = 7 WHERE level = 3 AND measure = 3");
    verified = verify(fixture);
    assert_int_equal(verified.tallies_wrong, 1);
    assert_string_equal(verified.first_difference, "help calls of the month from 2026-11-01T00:00:00+01:00:"
                                                   " measure 3 is 7, recounted 10");
    fixture_run(fixture, "UPDATE call_tally SET calls = 10 WHERE level = 3 AND measure = 3;"
                         "DELETE FROM call_tally WHERE level = 9 AND measure = 11;"
                         "INSERT INTO call_tally VALUES (2, 0, 14, 1)");
    verified = verify(fixture);
    assert_int_equal(verified.tallies_wrong, 2);
    assert_non_null(strstr(verified.first_difference, "help calls of the day from 1970"));
}

#define WITH_STORE(test) cmocka_unit_test_setup_teardown(test, fixture_setup, fixture_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_STORE(test_kept_counts_agree_with_visits_and_calls_whatever_happens),
        WITH_STORE(test_calls_of_purged_answers_and_erased_people_stay_counted),
        WITH_STORE(test_open_period_and_one_without_calls_are_counted),
        WITH_STORE(test_steps_of_recovery_times_follow_each_other),
        WITH_STORE(test_calls_are_counted_by_whoever_writes_them),
        WITH_STORE(test_another_time_zone_has_other_days_of_calls),
        WITH_STORE(test_tallies_that_do_not_fit_the_calls_are_refused),
        WITH_STORE(test_database_of_version_13_gets_tallies_of_calls_and_says_so),
        WITH_STORE(test_database_of_version_13_is_opened_while_somebody_reads_it),
        WITH_STORE(test_visits_of_version_4_are_still_not_followed),
        WITH_STORE(test_verify_names_a_call_that_differs_from_its_visit),
        WITH_STORE(test_verify_names_wrong_tallies_of_calls),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
