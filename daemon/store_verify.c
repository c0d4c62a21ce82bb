/* SPDX-License-Identifier: MIT
 *
 * store_verify.c - everything counted again from the raw answers: to check the visits and tallies, or to make
 * the tallies anew for another time zone. The answers of a kiosk are read once, in their order; memory holds
 * the tallies of one kiosk at a time.
 */
#include "store_internal.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define PROGRESS_ROWS 20000
#define PROGRESS_RECOUNTED 900 /* of 1000; the rest is SQLite's own check */
#define PROGRESS_OPERATIONS 1000000

enum recount_statement {
    RECOUNT_KIOSKS,
    RECOUNT_JOURNALS,
    RECOUNT_ANSWERS,
    RECOUNT_VISIT,
    RECOUNT_TALLIES,
    RECOUNT_TALLY,
    RECOUNT_LOST,
    RECOUNT_VISIT_SURPLUS,
    RECOUNT_STATEMENTS,
};

static const char *const recount_sql[RECOUNT_STATEMENTS] = {
    [RECOUNT_KIOSKS] = "SELECT id, (SELECT sum(through) FROM journal) FROM kiosk ORDER BY id",
    [RECOUNT_JOURNALS] = "SELECT id, begins_after, through FROM journal WHERE kiosk = ?1 ORDER BY id",
    [RECOUNT_ANSWERS] =
        "SELECT seq, visit_back, question, value, boot, uptime_s, instant_ms, span_ms FROM answer"
        " WHERE journal = ?1 ORDER BY seq",
    [RECOUNT_VISIT] = "SELECT * FROM visit WHERE journal = ?1 AND seq = ?2",
    [RECOUNT_TALLIES] = "SELECT * FROM tally WHERE kiosk = ?1",
    [RECOUNT_TALLY] = "SELECT 1 FROM tally WHERE level = ?1 AND start_ms = ?2 AND kiosk = ?3 AND staff = ?4",
    [RECOUNT_LOST] = "SELECT ifnull(sum(last - first + 1), 0) FROM lost WHERE journal = ?1",
    [RECOUNT_VISIT_SURPLUS] =
        "SELECT seq FROM visit v WHERE journal = ?1 AND NOT EXISTS (SELECT 1 FROM answer a"
        " WHERE a.journal = v.journal AND a.seq = v.seq AND a.question = 2)",
};

struct recount {
    struct store *store;
    struct tally_book *book;
    sqlite3_stmt *statements[RECOUNT_STATEMENTS];
    struct store_verified *verified; /* NULL: make, do not compare */
    bool (*progress)(void *context, unsigned done);
    void *context;
    int64_t kiosk, journal;
    uint64_t answers, answers_expected;
    struct visit_window window;
    enum store_status callback_status;
    struct store_error *error;
};

static sqlite3_stmt *bound(struct recount *recount, enum recount_statement which, const int64_t *values,
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

static bool visits_are_equal(const struct visit *a, const struct visit *b)
{
    return a->seq == b->seq && a->uptime_s == b->uptime_s && a->boot == b->boot && a->flag == b->flag &&
           a->rating == b->rating && a->is_burst == b->is_burst && a->is_mash == b->is_mash &&
           a->time.instant_ms == b->time.instant_ms && a->time.span_ms == b->time.span_ms &&
           memcmp(a->replies, b->replies, sizeof a->replies) == 0;
}

static void visit_compare(struct recount *recount, const struct visit *visit)
{
    sqlite3_stmt *row = bound(recount, RECOUNT_VISIT, (int64_t[]){recount->journal, visit->seq}, 2);
    struct visit stored = {0};
    char text[STORE_TEXT_MAX];
    bool has_row = false;

    if (recount->callback_status != STORE_OK)
        return;
    recount->callback_status = store_row(recount->store, row, &has_row, recount->error);
    if (has_row)
        store_visit_read(row, &stored);
    sqlite3_reset(row);
    recount->verified->visits++;
    if (has_row && visits_are_equal(visit, &stored))
        return;
    recount->verified->visits_wrong++;
    snprintf(text, sizeof text, "visit %" PRIu32 " of journal %" PRId64 " %s", visit->seq, recount->journal,
             has_row ? "differs from its answers" : "is missing");
    difference(recount->verified, text);
}

static void on_change(void *context, const struct visit *visit, int sign)
{
    struct recount *recount = context;

    tally_book_add_visit(recount->book, recount->kiosk, visit, sign);
}

static void on_stray(void *context, enum visit_stray reason, const struct visit_time *time)
{
    struct recount *recount = context;

    tally_book_add_stray(recount->book, recount->kiosk, reason, time);
}

static void on_leave(void *context, struct visit *visit)
{
    struct recount *recount = context;

    if (recount->verified != NULL)
        visit_compare(recount, visit);
    else if (visit->is_mash &&
             recount->callback_status == STORE_OK) /* tables of before version 4 do not say so */
        recount->callback_status = store_visit_write(recount->store, recount->journal, visit, recount->error);
}

static enum store_status answers_replay(struct recount *recount, uint64_t *count, struct store_error *error)
{
    const struct visit_listener listener = {
        .context = recount, .on_change = on_change, .on_stray = on_stray, .on_leave = on_leave};
    sqlite3_stmt *row = bound(recount, RECOUNT_ANSWERS, &recount->journal, 1);
    enum store_status status;
    bool has_row;

    for (*count = 0;; (*count)++) {
        struct answer answer;
        struct visit_time time;

        status = store_row(recount->store, row, &has_row, error);
        if (status != STORE_OK || !has_row)
            return status;
        answer.seq = (uint32_t)sqlite3_column_int64(row, 0);
        answer.visit_back = (uint8_t)sqlite3_column_int(row, 1);
        answer.question = (uint8_t)sqlite3_column_int(row, 2);
        answer.value = (uint16_t)sqlite3_column_int(row, 3);
        answer.boot = (uint16_t)sqlite3_column_int(row, 4);
        answer.uptime_s = (uint32_t)sqlite3_column_int64(row, 5);
        time.instant_ms = sqlite3_column_int64(row, 6);
        time.span_ms = sqlite3_column_int64(row, 7);
        visit_window_apply(&recount->window, &answer, &time, &listener);
        if (++recount->answers % PROGRESS_ROWS == 0 && recount->progress != NULL &&
            !recount->progress(
                recount->context,
                (unsigned)(recount->answers * PROGRESS_RECOUNTED / (recount->answers_expected + 1)) % 1000))
            return store_refuse(error, "the check was ended before it was done");
    }
}

static enum store_status surplus_find(struct recount *recount, struct store_error *error)
{
    sqlite3_stmt *row = bound(recount, RECOUNT_VISIT_SURPLUS, &recount->journal, 1);
    enum store_status status = STORE_OK;
    bool has_row = true;

    while (status == STORE_OK && has_row) {
        char text[STORE_TEXT_MAX];

        status = store_row(recount->store, row, &has_row, error);
        if (status != STORE_OK || !has_row)
            break;
        recount->verified->visits_wrong++;
        snprintf(text, sizeof text, "visit %" PRId64 " of journal %" PRId64 " has no rating",
                 (int64_t)sqlite3_column_int64(row, 0), recount->journal);
        difference(recount->verified, text);
    }
    return status;
}

static enum store_status integer_of(struct recount *recount, enum recount_statement which, int64_t *value,
                                    struct store_error *error)
{
    sqlite3_stmt *row = bound(recount, which, &recount->journal, 1);
    bool has_row;
    enum store_status status = store_row(recount->store, row, &has_row, error);

    *value = status == STORE_OK && has_row ? sqlite3_column_int64(row, 0) : 0;
    sqlite3_reset(row);
    return status;
}

/* What a journal must hold: `due` sequence numbers, each stored or known lost. */
static enum store_status journal_compare(struct recount *recount, int64_t due, uint64_t answers,
                                         struct store_error *error)
{
    struct store_verified *verified = recount->verified;
    char text[STORE_TEXT_MAX];
    int64_t lost = 0, missing;
    enum store_status status;

    verified->answers += answers;
    status = integer_of(recount, RECOUNT_LOST, &lost, error);
    if (status != STORE_OK)
        return status;
    verified->gaps += (uint64_t)lost;
    missing = due - lost - (int64_t)answers;
    if (missing != 0) {
        verified->missing += (uint64_t)(missing < 0 ? -missing : missing);
        snprintf(text, sizeof text, "journal %" PRId64 " should hold %" PRId64 " answers and holds %" PRIu64,
                 recount->journal, due - lost, answers);
        difference(verified, text);
    }
    return surplus_find(recount, error);
}

static enum store_status journals_replay(struct recount *recount, struct store_error *error)
{
    sqlite3_stmt *row = bound(recount, RECOUNT_JOURNALS, &recount->kiosk, 1);
    enum store_status status;
    bool has_row;

    for (;;) {
        uint64_t answers = 0;

        status = store_row(recount->store, row, &has_row, error);
        if (status != STORE_OK || !has_row)
            return status;
        recount->journal = sqlite3_column_int64(row, 0);
        visit_window_init(&recount->window);
        recount->window.is_mash_unknown = recount->store->is_mash_unknown;
        status = answers_replay(recount, &answers, error);
        for (size_t i = 0; status == STORE_OK && i < VISIT_WINDOW_CAPACITY; i++)
            if (recount->window.visits[i].seq != 0)
                on_leave(recount, &recount->window.visits[i]);
        if (status == STORE_OK && recount->verified != NULL)
            status = journal_compare(recount, sqlite3_column_int64(row, 2) - sqlite3_column_int64(row, 1),
                                     answers, error);
        if (status == STORE_OK)
            status = recount->callback_status;
        if (status != STORE_OK) {
            sqlite3_reset(row);
            return status;
        }
    }
}

static void tally_difference(struct recount *recount, const struct tally_key *key, const char *column,
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
                                         "an hour of the week, in the month from "};
    char text[STORE_TEXT_MAX], start[PERIOD_TEXT_SIZE] = "";

    recount->verified->tallies_wrong++;
    if (key->level != PERIOD_ALL)
        period_format(recount->store->zone, key->start_ms, start);
    snprintf(text, sizeof text, "kiosk %" PRId64 ", staff %u, %s%s: %s is %" PRId64 ", recounted %" PRId64,
             key->kiosk, (unsigned)key->staff, key->level <= TALLY_SLOT ? levels[key->level] : "?", start,
             column, stored, counted);
    difference(recount->verified, text);
}

static bool is_nothing(const int64_t *n)
{
    for (size_t i = 0; i < TALLY_MEASURE_COUNT; i++)
        if (n[i] != 0)
            return false;
    return true;
}

static void tally_compare(struct recount *recount, sqlite3_stmt *row)
{
    static const int64_t nothing[TALLY_MEASURE_COUNT];
    struct tally_key key = {
        .level = (uint8_t)sqlite3_column_int(row, 0),
        .start_ms = sqlite3_column_int64(row, 1),
        .kiosk = sqlite3_column_int64(row, 2),
        .staff = (uint16_t)sqlite3_column_int(row, 3),
    };
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
static enum store_status tallies_compare(struct recount *recount, struct store_error *error)
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

        if (is_nothing(counted->n))
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

static enum store_status tallies_make(struct recount *recount, struct store_error *error)
{
    enum store_status status = STORE_OK;

    for (size_t i = 0; status == STORE_OK && i < tally_book_count(recount->book); i++) {
        const struct tally_row *row = tally_book_row(recount->book, i);

        if (!is_nothing(row->n))
            status = store_tally_write(recount->store, row, error);
    }
    return status;
}

static enum store_status kiosks_replay(struct recount *recount, struct store_error *error)
{
    sqlite3_stmt *row = recount->statements[RECOUNT_KIOSKS];
    enum store_status status;
    bool has_row;

    for (;;) {
        status = store_row(recount->store, row, &has_row, error);
        if (status != STORE_OK || !has_row)
            return status;
        recount->kiosk = sqlite3_column_int64(row, 0);
        recount->answers_expected = (uint64_t)sqlite3_column_int64(row, 1);
        tally_book_clear(recount->book);
        status = journals_replay(recount, error);
        if (status == STORE_OK && tally_book_failed(recount->book)) {
            snprintf(error->text, sizeof error->text, "out of memory");
            status = STORE_BROKEN;
        }
        if (status == STORE_OK)
            status =
                recount->verified != NULL ? tallies_compare(recount, error) : tallies_make(recount, error);
        if (status != STORE_OK) {
            sqlite3_reset(row);
            return status;
        }
    }
}

static enum store_status recount_open(struct recount *recount, struct store_error *error)
{
    recount->error = error;
    recount->book = tally_book_create(recount->store->zone);
    if (recount->book == NULL)
        return store_refuse(error, "out of memory");
    for (size_t i = 0; i < RECOUNT_STATEMENTS; i++) {
        int code = sqlite3_prepare_v2(recount->store->db, recount_sql[i], -1, &recount->statements[i], NULL);

        if (code != SQLITE_OK)
            return store_sql_failed(recount->store, code, error);
    }
    return STORE_OK;
}

static void recount_close(struct recount *recount)
{
    for (size_t i = 0; i < RECOUNT_STATEMENTS; i++)
        sqlite3_finalize(recount->statements[i]);
    tally_book_destroy(recount->book);
}

enum store_status store_rebuild(struct store *store, struct store_error *error)
{
    struct recount recount = {.store = store};
    enum store_status status = recount_open(&recount, error);
    int code;

    if (status == STORE_OK) {
        code = sqlite3_exec(store->db, "DELETE FROM tally", NULL, NULL, NULL);
        status = code == SQLITE_OK ? kiosks_replay(&recount, error) : store_sql_failed(store, code, error);
    }
    recount_close(&recount);
    return status;
}

static int on_operations(void *context)
{
    struct recount *recount = context;

    return recount->progress != NULL && !recount->progress(recount->context, PROGRESS_RECOUNTED);
}

static enum store_status integrity_check(struct recount *recount, struct store_error *error)
{
    sqlite3_stmt *row = NULL;
    sqlite3 *db = recount->store->db;
    enum store_status status;
    bool has_row = false;
    int code = sqlite3_prepare_v2(db, "PRAGMA integrity_check(1)", -1, &row, NULL);

    if (code != SQLITE_OK)
        return store_sql_failed(recount->store, code, error);
    sqlite3_progress_handler(db, PROGRESS_OPERATIONS, on_operations, recount);
    status = store_row(recount->store, row, &has_row, error);
    sqlite3_progress_handler(db, 0, NULL, NULL);
    const char *verdict = has_row ? (const char *)sqlite3_column_text(row, 0) : NULL;
    if (status == STORE_OK && (verdict == NULL || strcmp(verdict, "ok") != 0)) {
        snprintf(error->text, sizeof error->text, "the database is damaged: %.180s",
                 verdict == NULL ? "it says nothing" : verdict);
        status = STORE_BROKEN;
    }
    sqlite3_finalize(row);
    return status;
}

static enum store_status conflicts_count(struct store *store, uint64_t *count, struct store_error *error)
{
    sqlite3_stmt *row = NULL;
    enum store_status status;
    bool has_row = false;
    int code = sqlite3_prepare_v2(store->db, "SELECT count(*) FROM conflict", -1, &row, NULL);

    if (code != SQLITE_OK)
        return store_sql_failed(store, code, error);
    status = store_row(store, row, &has_row, error);
    *count = has_row ? (uint64_t)sqlite3_column_int64(row, 0) : 0;
    sqlite3_finalize(row);
    return status;
}

enum store_status store_verify(struct store *store, struct store_verified *verified,
                               bool (*progress)(void *context, unsigned done), void *context,
                               struct store_error *error)
{
    struct recount recount = {.store = store, .verified = verified, .progress = progress, .context = context};
    bool is_own_transaction = sqlite3_get_autocommit(store->db) != 0;
    enum store_status status;

    error->text[0] = '\0';
    memset(verified, 0, sizeof *verified);
    if (is_own_transaction) /* one picture, whatever the writer does meanwhile */
        sqlite3_exec(store->db, "BEGIN", NULL, NULL, NULL);
    status = recount_open(&recount, error);
    if (status == STORE_OK)
        status = kiosks_replay(&recount, error);
    if (status == STORE_OK)
        status = conflicts_count(store, &verified->conflicts, error);
    if (status == STORE_OK)
        status = integrity_check(&recount, error);
    recount_close(&recount);
    if (is_own_transaction)
        sqlite3_exec(store->db, "ROLLBACK", NULL, NULL, NULL);
    return status;
}
