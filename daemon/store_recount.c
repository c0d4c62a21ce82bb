/* SPDX-License-Identifier: MIT
 *
 * store_recount.c - each table is read once, in the order of its keys: the answers of a journal and beside them
 * its visits, which are compared when nothing can change them any more. Memory holds the tallies of one kiosk at
 * a time. Answers and tallies are handed over by SQLite inside of a step, as the arguments of an aggregate
 * function: that takes two thirds of what a step and a call for each column take.
 */
#include "store_recount.h"
#include "store_retention.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ROWS_A_LOOK 20000 /* how often goes_on is asked */
#define TALLIES_SQL_SIZE_MAX 2048

enum recount_statement {
    RECOUNT_KIOSKS,
    RECOUNT_JOURNALS,
    RECOUNT_ANSWERS,
    RECOUNT_VISITS,
    RECOUNT_VISITS_BEFORE,
    RECOUNT_TALLIES,
    RECOUNT_PURGED,
    RECOUNT_TALLY,
    RECOUNT_LOST,
    RECOUNT_STATEMENTS,
};

static const char journals_sql[] =
    "SELECT id, begins_after, journal.through, ifnull(purged.through, 0), ifnull(answers, 0), before_ms"
    " FROM journal LEFT JOIN purged ON purged.journal = journal.id WHERE kiosk = ?1 ORDER BY id";

static const char answers_sql[] =
    "SELECT recount_answer(seq, visit_back, question, value, boot, uptime_s, instant_ms, span_ms) FROM answer"
    " WHERE journal = ?1";

static const char *const recount_sql[RECOUNT_STATEMENTS] = {
    [RECOUNT_KIOSKS] = "SELECT id FROM kiosk ORDER BY id",
    [RECOUNT_JOURNALS] = journals_sql,
    [RECOUNT_ANSWERS] = answers_sql,
    [RECOUNT_VISITS] = "SELECT * FROM visit WHERE journal = ?1 AND seq > ?2 ORDER BY seq",
    [RECOUNT_VISITS_BEFORE] = "SELECT * FROM visit WHERE journal = ?1 AND seq > ?2 AND seq <= ?3",
    [RECOUNT_TALLIES] = "SELECT * FROM tally WHERE kiosk = ?1 AND level < 100",
    [RECOUNT_PURGED] = "SELECT * FROM tally WHERE kiosk = ?1 AND level > 100",
    [RECOUNT_TALLY] = "SELECT 1 FROM tally WHERE level = ?1 AND start_ms = ?2 AND kiosk = ?3 AND staff = ?4",
    [RECOUNT_LOST] = "SELECT ifnull(sum(last - first + 1), 0) FROM lost WHERE journal = ?1",
};

struct store_recount {
    struct store *store;
    struct tally_book *book;  /* of a kiosk */
    struct tally_book *whole; /* of the store: the sum of the kiosks that were counted */
    uint64_t whole_stored;    /* the digest of the store's tallies, if it was read here */
    sqlite3_stmt *statements[RECOUNT_STATEMENTS];
    struct store_verified *verified; /* NULL: make, do not compare */
    bool (*goes_on)(void *context, uint64_t answers);
    void *context;
    int64_t kiosk, journal;
    int64_t purged;   /* of the journal: answers up to here are gone, with what they were counted with */
    uint64_t answers; /* of the journal so far */
    uint32_t newest;  /* the last of them, or of those that are gone */
    uint64_t looked;  /* answers since goes_on was asked */
    struct visit_window window;
    uint64_t settled;    /* visits up to there are counted and compared */
    struct visit stored; /* the next of the journal as it is stored; seq 0: there is none */
    struct store_recount_digest *digests;
    size_t digest_count;
    enum store_status status;  /* what an aggregate function could not return */
    struct store_error *error; /* of the call that runs */
};

static sqlite3_stmt *bound(struct store_recount *recount, enum recount_statement which, const int64_t *values,
                           int count)
{
    sqlite3_reset(recount->statements[which]);
    store_bind_integers(recount->statements[which], values, count);
    return recount->statements[which];
}

static void difference(struct store_verified *verified, const char *text)
{
    if (verified->first_difference[0] == '\0')
        snprintf(verified->first_difference, sizeof verified->first_difference, "%s", text);
}

/* The next stored visit of the journal. */
static enum store_status stored_next(struct store_recount *recount, struct store_error *error)
{
    sqlite3_stmt *row = recount->statements[RECOUNT_VISITS];
    bool has_row;
    enum store_status status = store_row(recount->store, row, &has_row, error);

    recount->stored.seq = 0;
    if (has_row)
        store_visit_read(row, 0, &recount->stored);
    return status;
}

static void visit_differs(struct store_recount *recount, uint32_t seq, const char *how)
{
    char text[STORE_TEXT_MAX];

    recount->verified->visits_wrong++;
    snprintf(text, sizeof text, "visit %" PRIu32 " of journal %" PRId64 " %s", seq, recount->journal, how);
    difference(recount->verified, text);
}

/* Both are told in the order of their numbers. next: of the visit that follows among those recounted. */
static enum store_status surplus_skip(struct store_recount *recount, uint64_t next, struct store_error *error)
{
    enum store_status status = STORE_OK;

    while (status == STORE_OK && recount->stored.seq != 0 && recount->stored.seq < next) {
        visit_differs(recount, recount->stored.seq, "has no rating");
        status = stored_next(recount, error);
    }
    return status;
}

static enum store_status visit_compare(struct store_recount *recount, const struct visit *visit,
                                       struct store_error *error)
{
    enum store_status status = surplus_skip(recount, visit->seq, error);

    recount->verified->visits++;
    if (status != STORE_OK)
        return status;
    if (recount->stored.seq != visit->seq) {
        visit_differs(recount, visit->seq, "is missing");
        return STORE_OK;
    }
    if (!visit_is_equal(visit, &recount->stored))
        visit_differs(recount, visit->seq, "differs from its answers");
    return stored_next(recount, error);
}

/* Visits that nothing changes any more, when the answer `next` is due. */
static enum store_status visits_settle(struct store_recount *recount, uint64_t next,
                                       struct store_error *error)
{
    enum store_status status = STORE_OK;
    const struct visit *visit;

    while (status == STORE_OK &&
           (visit = visit_window_settled(&recount->window, &recount->settled, next)) != NULL) {
        tally_book_add_visit(recount->book, recount->kiosk, visit, 1);
        if (recount->verified != NULL)
            status = visit_compare(recount, visit, error);
        else if (visit->is_mash) /* tables of before version 4 do not say so */
            status = store_visit_write(recount->store, recount->journal, visit, error);
    }
    return status;
}

static void on_change(void *context, const struct visit *visit, int sign)
{
    (void)context, (void)visit, (void)sign; /* counted once, when it is settled */
}

static void on_stray(void *context, enum visit_stray reason, const struct visit_time *time)
{
    struct store_recount *recount = context;

    tally_book_add_stray(recount->book, recount->kiosk, reason, time);
}

static void on_leave(void *context, struct visit *visit)
{
    (void)context, (void)visit; /* it was settled before */
}

static bool is_wanted(struct store_recount *recount)
{
    uint64_t answers = recount->looked;

    recount->looked = 0;
    return recount->goes_on == NULL || recount->goes_on(recount->context, answers);
}

static enum store_status ended(struct store_error *error)
{
    return store_refuse(error, "the check was ended before it was done");
}

static enum store_status answer_apply(struct store_recount *recount, const struct answer *answer,
                                      const struct visit_time *time)
{
    const struct visit_listener listener = {
        .context = recount, .on_change = on_change, .on_stray = on_stray, .on_leave = on_leave};
    enum store_status status;

    if (answer->seq <= recount->newest) {
        snprintf(recount->error->text, sizeof recount->error->text,
                 "the database is damaged: journal %" PRId64 " holds answer %" PRIu32
                 " behind number %" PRIu32 "%s",
                 recount->journal, answer->seq, recount->newest,
                 recount->answers == 0 ? ", up to which its answers are said to be purged" : "");
        return STORE_BROKEN;
    }
    recount->answers++;
    recount->newest = answer->seq;
    status = visits_settle(recount, answer->seq, recount->error);
    visit_window_apply(&recount->window, answer, time, &listener);
    if (++recount->looked >= ROWS_A_LOOK && !is_wanted(recount))
        return ended(recount->error);
    return status;
}

/* recount_answer(): the columns of answers_sql. */
static void on_answer(sqlite3_context *call, int count, sqlite3_value **values)
{
    struct store_recount *recount = sqlite3_user_data(call);
    struct answer answer = {
        .seq = (uint32_t)sqlite3_value_int64(values[0]),
        .visit_back = (uint8_t)sqlite3_value_int(values[1]),
        .question = (uint8_t)sqlite3_value_int(values[2]),
        .value = (uint16_t)sqlite3_value_int(values[3]),
        .boot = (uint16_t)sqlite3_value_int(values[4]),
        .uptime_s = (uint32_t)sqlite3_value_int64(values[5]),
    };
    struct visit_time time = {.instant_ms = sqlite3_value_int64(values[6]),
                              .span_ms = sqlite3_value_int64(values[7])};

    (void)count;
    recount->status = answer_apply(recount, &answer, &time);
    if (recount->status != STORE_OK)
        sqlite3_result_error(call, "", 0); /* ends the statement; recount->error says why */
}

static void on_end(sqlite3_context *call)
{
    sqlite3_result_null(call);
}

/* Run a statement whose rows go to one of the aggregate functions; it is reset. */
static enum store_status rows_take(struct store_recount *recount, sqlite3_stmt *row,
                                   struct store_error *error)
{
    int code;

    recount->status = STORE_OK;
    recount->error = error;
    code = sqlite3_step(row);
    if (recount->status == STORE_OK && code != SQLITE_ROW && (code & 0xFF) == SQLITE_INTERRUPT)
        recount->status = ended(error);
    else if (recount->status == STORE_OK && code != SQLITE_ROW)
        recount->status = store_sql_failed(recount->store, code, error);
    sqlite3_reset(row);
    return recount->status;
}

static enum store_status answers_replay(struct store_recount *recount, struct store_error *error)
{
    enum store_status status;

    recount->answers = 0;
    recount->newest = (uint32_t)recount->purged;
    status = rows_take(recount, bound(recount, RECOUNT_ANSWERS, &recount->journal, 1), error);
    return status == STORE_OK
               ? visits_settle(recount, (uint64_t)recount->newest + VISIT_WINDOW_CAPACITY, error)
               : status;
}

static enum store_status integer_of(struct store_recount *recount, enum recount_statement which,
                                    int64_t *value, struct store_error *error)
{
    sqlite3_stmt *row = bound(recount, which, &recount->journal, 1);
    bool has_row;
    enum store_status status = store_row(recount->store, row, &has_row, error);

    *value = status == STORE_OK && has_row ? sqlite3_column_int64(row, 0) : 0;
    sqlite3_reset(row);
    return status;
}

/* What a journal must hold: `due` sequence numbers, each stored or known lost. */
static enum store_status journal_compare(struct store_recount *recount, int64_t due,
                                         struct store_error *error)
{
    struct store_verified *verified = recount->verified;
    char text[STORE_TEXT_MAX];
    int64_t lost = 0, missing;
    enum store_status status;

    verified->answers += recount->answers;
    status = integer_of(recount, RECOUNT_LOST, &lost, error);
    if (status != STORE_OK)
        return status;
    verified->gaps += (uint64_t)lost;
    missing = due - lost - (int64_t)recount->answers;
    if (missing != 0) {
        verified->missing += (uint64_t)(missing < 0 ? -missing : missing);
        snprintf(text, sizeof text, "journal %" PRId64 " should hold %" PRId64 " answers and holds %" PRIu64,
                 recount->journal, due - lost, recount->answers);
        difference(verified, text);
    }
    return surplus_skip(recount, UINT64_MAX, error);
}

/* Where answers are purged, the recount begins with the visits that stand before its first. */
static enum store_status window_begin(struct store_recount *recount, struct store_error *error)
{
    const int64_t range[] = {recount->journal, recount->purged - VISIT_WINDOW_CAPACITY, recount->purged};
    sqlite3_stmt *row = bound(recount, RECOUNT_VISITS_BEFORE, range, 3);
    enum store_status status;
    bool has_row;

    visit_window_init(&recount->window);
    recount->window.is_mash_unknown = recount->store->is_mash_unknown;
    recount->settled = (uint64_t)recount->purged;
    while ((status = store_row(recount->store, row, &has_row, error)) == STORE_OK && has_row) {
        struct visit visit;

        store_visit_read(row, 0, &visit);
        visit_window_restore(&recount->window, &visit);
    }
    return status;
}

static enum store_status journal_replay(struct store_recount *recount, struct store_error *error)
{
    enum store_status status = window_begin(recount, error);

    bound(recount, RECOUNT_VISITS, (int64_t[]){recount->journal, recount->purged}, 2);
    if (status == STORE_OK && recount->verified != NULL)
        status = stored_next(recount, error);
    return status == STORE_OK ? answers_replay(recount, error) : status;
}

static void purged_note(struct store_recount *recount, sqlite3_stmt *row)
{
    struct store_verified *verified = recount->verified;

    if (verified == NULL || sqlite3_column_type(row, 5) == SQLITE_NULL)
        return;
    verified->purged += (uint64_t)sqlite3_column_int64(row, 4);
    if (sqlite3_column_int64(row, 5) > verified->purged_before_ms)
        verified->purged_before_ms = sqlite3_column_int64(row, 5);
}

static enum store_status journals_replay(struct store_recount *recount, struct store_error *error)
{
    sqlite3_stmt *row = bound(recount, RECOUNT_JOURNALS, &recount->kiosk, 1);
    enum store_status status;
    bool has_row;

    for (;;) {
        status = store_row(recount->store, row, &has_row, error);
        if (status != STORE_OK || !has_row)
            return status;
        recount->journal = sqlite3_column_int64(row, 0);
        recount->purged = sqlite3_column_int64(row, 3);
        purged_note(recount, row);
        status = journal_replay(recount, error);
        if (status == STORE_OK && recount->verified != NULL)
            status = journal_compare(recount,
                                     sqlite3_column_int64(row, 2) - sqlite3_column_int64(row, 1) -
                                         sqlite3_column_int64(row, 4),
                                     error);
        if (status != STORE_OK) {
            sqlite3_reset(row);
            return status;
        }
    }
}

static void tally_difference(struct store_recount *recount, const struct tally_key *key, const char *column,
                             int64_t stored, int64_t counted)
{
    static const char *const levels[] = {"",
                                         "the hour from ",
                                         "the day from ",
                                         "the month from ",
                                         "all time",
                                         "the week from ",
                                         "everybody's hour from ",
                                         "everybody's day from ",
                                         "an hour of the week, in the month from ",
                                         "the year from ",
                                         "an hour of the week, in the year from ",
                                         "the store's hour from ",
                                         "the store's day from ",
                                         "an hour of the store's week, in the month from ",
                                         "an hour of the store's week, in the year from ",
                                         "the store's month from ",
                                         "the store's year from "};
    char text[STORE_TEXT_MAX], start[PERIOD_TEXT_SIZE] = "";

    recount->verified->tallies_wrong++;
    if (key->level != PERIOD_ALL)
        period_format(recount->store->zone, key->start_ms, start);
    snprintf(text, sizeof text, "kiosk %" PRId64 ", staff %u, %s%s: %s is %" PRId64 ", recounted %" PRId64,
             key->kiosk, (unsigned)key->staff, key->level <= TALLY_YEAR_OF_STORE ? levels[key->level] : "?",
             start, column, stored, counted);
    difference(recount->verified, text);
}

/* What a row adds to its kiosk's digest. Nothing for a row of nothing: that may be stored or not. (SplitMix64's mixing.) */
static uint64_t row_digest(const struct tally_key *key, const int64_t *n)
{
    uint64_t hash = (uint64_t)key->start_ms * 0x9E3779B97F4A7C15u + ((uint64_t)key->staff << 8 | key->level);
    bool is_any = false;

    for (uint64_t i = 0; i < TALLY_MEASURE_COUNT; i++) {
        if (n[i] == 0)
            continue;
        is_any = true;
        hash = (hash ^ hash >> 30) * 0xBF58476D1CE4E5B9u + (i + 1) * 0xD1B54A32D192ED03u + (uint64_t)n[i];
    }
    hash = (hash ^ hash >> 30) * 0xBF58476D1CE4E5B9u;
    hash = (hash ^ hash >> 27) * 0x94D049BB133111EBu;
    return is_any ? hash ^ hash >> 31 : 0;
}

static struct tally_key key_read(sqlite3_stmt *row)
{
    return (struct tally_key){
        .level = (uint8_t)sqlite3_column_int(row, 0),
        .start_ms = sqlite3_column_int64(row, 1),
        .kiosk = sqlite3_column_int64(row, 2),
        .staff = (uint16_t)sqlite3_column_int(row, 3),
    };
}

/* What purged answers were counted with; it stands under level + STORE_PURGED_LEVEL. */
static enum store_status purged_add(struct store_recount *recount, struct store_error *error)
{
    sqlite3_stmt *row = bound(recount, RECOUNT_PURGED, &recount->kiosk, 1);
    enum store_status status;
    bool has_row;

    while ((status = store_row(recount->store, row, &has_row, error)) == STORE_OK && has_row) {
        struct tally_row share = {.key = key_read(row)};

        share.key.level = (uint8_t)(share.key.level - STORE_PURGED_LEVEL);
        for (int i = 0; i < TALLY_MEASURE_COUNT; i++)
            share.n[i] = sqlite3_column_int64(row, 4 + i);
        tally_book_add_row(recount->book, &share);
    }
    return status;
}

static int by_kiosk(const void *a, const void *b)
{
    const struct store_recount_digest *first = a, *second = b;

    return (first->kiosk > second->kiosk) - (first->kiosk < second->kiosk);
}

/* NULL when there is no such kiosk. */
static struct store_recount_digest *digest_of(struct store_recount *recount, int64_t kiosk)
{
    const struct store_recount_digest key = {.kiosk = kiosk};

    return recount->digest_count == 0
               ? NULL
               : bsearch(&key, recount->digests, recount->digest_count, sizeof key, by_kiosk);
}

/* recount_tally(): level, start_ms, kiosk, staff and all measures. */
static void on_tally(sqlite3_context *call, int count, sqlite3_value **values)
{
    struct store_recount *recount = sqlite3_user_data(call);
    struct tally_key key = {
        .level = (uint8_t)sqlite3_value_int(values[0]),
        .start_ms = sqlite3_value_int64(values[1]),
        .kiosk = sqlite3_value_int64(values[2]),
        .staff = (uint16_t)sqlite3_value_int(values[3]),
    };
    struct store_recount_digest *digest = digest_of(recount, key.kiosk);
    int64_t n[TALLY_MEASURE_COUNT];

    for (int i = 4; i < count; i++)
        n[i - 4] = sqlite3_value_int64(values[i]);
    if (key.kiosk == 0)
        recount->whole_stored += row_digest(&key, n);
    else if (digest != NULL) /* of no kiosk: nobody is asked about it */
        digest->sum += row_digest(&key, n);
}

/* An archive has not what was not tallied when it was current. */
static bool is_tallied(const struct store_recount *recount, const struct tally_row *row)
{
    if (row->key.level >= TALLY_HOUR_OF_STORE)
        return !recount->store->is_total_unknown;
    return !recount->store->is_year_unknown ||
           (row->key.level != PERIOD_YEAR && row->key.level != TALLY_SLOT_OF_YEAR);
}

/* Of the kiosk's tallies as they were recounted. */
static uint64_t digest_recounted(const struct store_recount *recount)
{
    uint64_t sum = 0;

    for (size_t i = 0; i < tally_book_count(recount->book); i++) {
        const struct tally_row *row = tally_book_row(recount->book, i);

        sum += is_tallied(recount, row) ? row_digest(&row->key, row->n) : 0;
    }
    return sum;
}

static void tally_compare(struct store_recount *recount, sqlite3_stmt *row)
{
    static const int64_t nothing[TALLY_MEASURE_COUNT];
    struct tally_key key = key_read(row);
    const struct tally_row *counted = tally_book_find(recount->book, &key);
    const int64_t *n = counted == NULL ? nothing : counted->n;

    for (int i = 0; i < TALLY_MEASURE_COUNT; i++) {
        if (sqlite3_column_int64(row, 4 + i) == n[i])
            continue;
        tally_difference(recount, &key, tally_column((unsigned)i), sqlite3_column_int64(row, 4 + i), n[i]);
        return;
    }
}

/* Both ways: rows that are stored, and rows that should be. */
static enum store_status tallies_compare(struct store_recount *recount, struct store_error *error)
{
    sqlite3_stmt *row = bound(recount, RECOUNT_TALLIES, &recount->kiosk, 1);
    enum store_status status = STORE_OK;
    bool has_row = true;

    while (status == STORE_OK && has_row) {
        status = store_row(recount->store, row, &has_row, error);
        if (status == STORE_OK && has_row)
            tally_compare(recount, row);
    }
    for (size_t i = 0; status == STORE_OK && i < tally_book_count(recount->book); i++) {
        const struct tally_row *counted = tally_book_row(recount->book, i);
        const struct tally_key *key = &counted->key;

        if (tally_is_nothing(counted->n) || !is_tallied(recount, counted))
            continue;
        row =
            bound(recount, RECOUNT_TALLY, (int64_t[]){key->level, key->start_ms, key->kiosk, key->staff}, 4);
        status = store_row(recount->store, row, &has_row, error);
        if (status == STORE_OK && !has_row)
            tally_difference(recount, key, "row", 0, 1);
        sqlite3_reset(row);
    }
    return status;
}

static enum store_status book_failed(struct store_error *error)
{
    snprintf(error->text, sizeof error->text, "out of memory");
    return STORE_BROKEN;
}

static enum store_status tallies_make(struct store *store, const struct tally_book *book,
                                      struct store_error *error)
{
    enum store_status status = tally_book_failed(book) ? book_failed(error) : STORE_OK;

    for (size_t i = 0; status == STORE_OK && i < tally_book_count(book); i++) {
        const struct tally_row *row = tally_book_row(book, i);

        if (!tally_is_nothing(row->n))
            status = store_tally_write(store, row, error);
    }
    return status;
}

enum store_status store_recount_kiosk(struct store_recount *recount, int64_t kiosk,
                                      struct store_verified *verified, struct store_error *error)
{
    enum store_status status;

    recount->kiosk = kiosk;
    recount->verified = verified;
    tally_book_clear(recount->book);
    status = purged_add(recount, error);
    if (status == STORE_OK)
        status = journals_replay(recount, error);
    tally_book_add_store(recount->whole, recount->book);
    return status == STORE_OK && tally_book_failed(recount->whole) ? book_failed(error) : status;
}

static enum store_status functions_create(struct store_recount *recount, struct store_error *error)
{
    sqlite3 *db = recount->store->db;
    int code =
        sqlite3_create_function(db, "recount_answer", 8, SQLITE_UTF8, recount, NULL, on_answer, on_end);

    if (code == SQLITE_OK)
        code = sqlite3_create_function(db, "recount_tally", 4 + TALLY_MEASURE_COUNT, SQLITE_UTF8, recount,
                                       NULL, on_tally, on_end);
    return code == SQLITE_OK ? STORE_OK : store_sql_failed(recount->store, code, error);
}

static enum store_status statements_prepare(struct store_recount *recount, struct store_error *error)
{
    for (size_t i = 0; i < RECOUNT_STATEMENTS; i++) {
        int code = sqlite3_prepare_v2(recount->store->db, recount_sql[i], -1, &recount->statements[i], NULL);

        if (code != SQLITE_OK)
            return store_sql_failed(recount->store, code, error);
    }
    return STORE_OK;
}

enum store_status store_recount_create(struct store *store, bool (*goes_on)(void *context, uint64_t answers),
                                       void *context, struct store_recount **recount,
                                       struct store_error *error)
{
    struct store_recount *made = calloc(1, sizeof *made);
    enum store_status status = STORE_REFUSED;

    *recount = NULL;
    if (made == NULL) {
        store_refuse(error, "out of memory");
        return STORE_REFUSED;
    }
    made->store = store;
    made->goes_on = goes_on;
    made->context = context;
    made->book = tally_book_create(store->zone);
    made->whole = tally_book_create(store->zone);
    if (made->book == NULL || made->whole == NULL)
        store_refuse(error, "out of memory");
    else
        status = functions_create(made, error);
    if (status == STORE_OK)
        status = statements_prepare(made, error);
    if (status == STORE_OK)
        *recount = made;
    else
        store_recount_destroy(made);
    return status;
}

void store_recount_destroy(struct store_recount *recount)
{
    sqlite3 *db;

    if (recount == NULL)
        return;
    db = recount->store->db;
    for (size_t i = 0; i < RECOUNT_STATEMENTS; i++)
        sqlite3_finalize(recount->statements[i]);
    sqlite3_create_function(db, "recount_answer", 8, SQLITE_UTF8, NULL, NULL, NULL, NULL);
    sqlite3_create_function(db, "recount_tally", 4 + TALLY_MEASURE_COUNT, SQLITE_UTF8, NULL, NULL, NULL,
                            NULL);
    tally_book_destroy(recount->book);
    tally_book_destroy(recount->whole);
    free(recount);
}

enum store_status store_recount_kiosks(struct store_recount *recount, struct store_recount_digest **digests,
                                       size_t *count, struct store_error *error)
{
    sqlite3_stmt *row = recount->statements[RECOUNT_KIOSKS];
    enum store_status status;
    bool has_row;

    *digests = NULL;
    *count = 0;
    while ((status = store_row(recount->store, row, &has_row, error)) == STORE_OK && has_row) {
        struct store_recount_digest *grown = realloc(*digests, (*count + 1) * sizeof *grown);

        if (grown == NULL) {
            sqlite3_reset(row);
            return store_refuse(error, "out of memory");
        }
        *digests = grown;
        grown[(*count)++] = (struct store_recount_digest){.kiosk = sqlite3_column_int64(row, 0)};
    }
    return status;
}

enum store_status store_recount_digests(struct store_recount *recount, struct store_recount_digest *digests,
                                        size_t count, struct store_error *error)
{
    char sql[TALLIES_SQL_SIZE_MAX];
    int size = snprintf(sql, sizeof sql, "SELECT recount_tally(level, start_ms, kiosk, staff");
    sqlite3_stmt *row = NULL;
    enum store_status status;
    int code;

    for (unsigned i = 0; i < TALLY_MEASURE_COUNT; i++)
        size += snprintf(sql + size, sizeof sql - (size_t)size, ", %s", tally_column(i));
    snprintf(sql + size, sizeof sql - (size_t)size, ") FROM tally WHERE level < %d", STORE_PURGED_LEVEL);
    code = sqlite3_prepare_v2(recount->store->db, sql, -1, &row, NULL);
    if (code != SQLITE_OK)
        return store_sql_failed(recount->store, code, error);
    recount->digests = digests;
    recount->digest_count = count;
    status = rows_take(recount, row, error);
    sqlite3_finalize(row);
    return status;
}

enum store_status store_recount_tallies(struct store_recount *recount, uint64_t stored,
                                        struct store_verified *verified, struct store_error *error)
{
    recount->verified = verified;
    return digest_recounted(recount) == stored ? STORE_OK : tallies_compare(recount, error);
}

enum store_status store_recount_whole(struct store_recount *const *recounts, size_t count,
                                      struct store_verified *verified, struct store_error *error)
{
    struct store_recount *recount = recounts[0];
    uint64_t stored = 0;

    recount->kiosk = 0;
    tally_book_clear(recount->book);
    for (size_t i = 0; i < count; i++) {
        const struct tally_book *whole = recounts[i]->whole;

        stored += recounts[i]->whole_stored;
        for (size_t row = 0; row < tally_book_count(whole); row++)
            tally_book_add_row(recount->book, tally_book_row(whole, row));
    }
    return tally_book_failed(recount->book) ? book_failed(error)
                                            : store_recount_tallies(recount, stored, verified, error);
}

static enum store_status kiosks_make(struct store_recount *recount, struct store_error *error)
{
    struct store_recount_digest *kiosks;
    size_t count;
    enum store_status status = store_recount_kiosks(recount, &kiosks, &count, error);

    for (size_t i = 0; status == STORE_OK && i < count; i++) {
        status = store_recount_kiosk(recount, kiosks[i].kiosk, NULL, error);
        if (status == STORE_OK)
            status = tallies_make(recount->store, recount->book, error);
    }
    free(kiosks);
    return status == STORE_OK ? tallies_make(recount->store, recount->whole, error) : status;
}

enum store_status store_rebuild(struct store *store, struct store_error *error)
{
    struct store_recount *recount;
    enum store_status status = store_recount_create(store, NULL, NULL, &recount, error);
    int code;

    if (status == STORE_OK) {
        code = sqlite3_exec(store->db, "DELETE FROM tally", NULL, NULL, NULL);
        status = code == SQLITE_OK ? kiosks_make(recount, error) : store_sql_failed(store, code, error);
    }
    store_recount_destroy(recount);
    return status;
}

/* The year's row to which a month's belongs. */
static enum store_status year_add(struct store *store, sqlite3_stmt *row, struct store_error *error)
{
    struct tally_row year = {.key = key_read(row)};
    int64_t slot = year.key.start_ms % 1000; /* of the week; see tally.h */

    year.key.level = year.key.level == TALLY_SLOT ? TALLY_SLOT_OF_YEAR : PERIOD_YEAR;
    year.key.start_ms = period_start(store->zone, PERIOD_YEAR, year.key.start_ms - slot) + slot;
    for (int i = 0; i < TALLY_MEASURE_COUNT; i++)
        year.n[i] = sqlite3_column_int64(row, 4 + i);
    return store_tally_write(store, &year, error);
}

enum store_status store_years_make(struct store *store, struct store_error *error)
{
    sqlite3_stmt *row = NULL;
    int code = sqlite3_prepare_v2(store->db, "SELECT * FROM tally WHERE level IN (3, 8)", -1, &row, NULL);
    enum store_status status = code == SQLITE_OK ? STORE_OK : store_sql_failed(store, code, error);
    bool has_row = true;

    while (status == STORE_OK && has_row) {
        status = store_row(store, row, &has_row, error);
        if (status == STORE_OK && has_row)
            status = year_add(store, row, error);
    }
    sqlite3_finalize(row);
    return status;
}

static void total_add(struct tally_book *whole, sqlite3_stmt *row)
{
    struct tally_row total = {.key = key_read(row)};

    total.key.level = tally_level_of_store(total.key.level);
    total.key.kiosk = 0;
    total.key.staff = 0;
    for (int i = 0; i < TALLY_MEASURE_COUNT; i++)
        total.n[i] = sqlite3_column_int64(row, 4 + i);
    tally_book_add_row(whole, &total);
}

enum store_status store_totals_make(struct store *store, struct store_error *error)
{
    static const char sql[] = "SELECT * FROM tally WHERE level IN (3, 6, 7, 8, 9, 10)";
    struct tally_book *whole = tally_book_create(store->zone);
    sqlite3_stmt *row = NULL;
    int code = sqlite3_prepare_v2(store->db, sql, -1, &row, NULL);
    enum store_status status = code == SQLITE_OK ? STORE_OK : store_sql_failed(store, code, error);
    bool has_row = true;

    if (whole == NULL)
        status = store_refuse(error, "out of memory");
    while (status == STORE_OK && has_row) {
        status = store_row(store, row, &has_row, error);
        if (status == STORE_OK && has_row)
            total_add(whole, row);
    }
    sqlite3_finalize(row);
    if (status == STORE_OK)
        status = tallies_make(store, whole, error);
    tally_book_destroy(whole);
    return status;
}
