/* SPDX-License-Identifier: MIT
 *
 * store_retention.c - raw answers end: which are due, what stays of them, and one piece of them a transaction.
 *
 * A piece is a run of a journal's oldest answers that nothing behind it changes any more. It is replayed through visit.h,
 * as it was when it arrived; where that gives the visits as they are stored, the run may end: nothing that came later
 * reached back over that point, and a recount can begin there with those visits.
 */
#include "store_retention.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "store_internal.h"
#include "store_privacy.h"

#define ANSWERS_MAX (STORE_RETENTION_PIECE + VISIT_WINDOW_CAPACITY)
#define STORED_MAX (STORE_RETENTION_PIECE + VISIT_WINDOW_CAPACITY)
#define SQL_SIZE_MAX 4096

_Static_assert(STORE_KEPT_BACK >= 2 * VISIT_WINDOW_CAPACITY,
               "what remembers recent visits looks at none that went");

struct piece_answer {
    struct answer answer;
    struct visit_time time;
};

/* A journal, and the next answers of it that are due. On the heap. */
struct piece {
    struct store *store;
    int64_t journal, kiosk, before_ms;
    int64_t purged, through, limit;     /* sequence numbers: gone up to here; stored; not to go beyond */
    size_t count, loaded, stored_count; /* due; with those behind that may refer to them; of visits */
    struct piece_answer answers[ANSWERS_MAX];
    struct visit stored[STORED_MAX]; /* by seq: of those answers, and as many as they can refer to */
    struct visit_window window;
    struct tally_book *book; /* NULL: nothing is counted */
};

static enum store_status prepare(struct store *store, const char *sql, const int64_t *values, int count,
                                 sqlite3_stmt **statement, struct store_error *error)
{
    int code = sqlite3_prepare_v2(store->db, sql, -1, statement, NULL);

    if (code != SQLITE_OK)
        return store_sql_failed(store, code, error);
    store_bind_integers(*statement, values, count);
    return STORE_OK;
}

static enum store_status run(struct store *store, const char *sql, const int64_t *values, int count,
                             struct store_error *error)
{
    sqlite3_stmt *statement = NULL;
    enum store_status status = prepare(store, sql, values, count, &statement, error);

    if (status == STORE_OK)
        status = store_run(store, statement, error);
    sqlite3_finalize(statement);
    return status;
}

/* The first row's integers; those of NULL, or without a row, are `missing`. */
static enum store_status integers_read(struct store *store, const char *sql, const int64_t *values, int count,
                                       int64_t *results, int result_count, int64_t missing,
                                       struct store_error *error)
{
    sqlite3_stmt *statement = NULL;
    bool has_row = false;
    enum store_status status = prepare(store, sql, values, count, &statement, error);

    if (status == STORE_OK)
        status = store_row(store, statement, &has_row, error);
    for (int i = 0; i < result_count; i++)
        results[i] = has_row && sqlite3_column_type(statement, i) != SQLITE_NULL
                         ? sqlite3_column_int64(statement, i)
                         : missing;
    sqlite3_finalize(statement);
    return status;
}

/* What is set ---------------------------------------------------------------------------------------------------- */

static enum store_status days_read(struct store *store, int64_t *days, struct store_error *error)
{
    return integers_read(store, "SELECT days FROM retention ORDER BY since_ms DESC LIMIT 1", NULL, 0, days, 1,
                         0, error);
}

static enum store_status days_check(int64_t days, struct store_error *error)
{
    if (days >= STORE_RETENTION_DAYS_MIN && days <= STORE_RETENTION_DAYS_MAX)
        return STORE_OK;
    return store_refuse(
        error, "raw answers are kept for %d to %d days, or \"none\" of them goes: reports need a month",
        STORE_RETENTION_DAYS_MIN, STORE_RETENTION_DAYS_MAX);
}

enum store_status store_retention_set(struct store *store, int64_t days, int64_t now_ms,
                                      struct store_error *error)
{
    int64_t present = 0;

    error->text[0] = '\0';
    enum store_status status = days == 0 ? STORE_OK : days_check(days, error);
    if (status == STORE_OK)
        status = days_read(store, &present, error);
    if (status == STORE_OK && present == days)
        return store_refuse(error, "the policy is that already");
    if (status != STORE_OK)
        return status;
    return run(store, "INSERT OR REPLACE INTO retention VALUES (?1, ?2)", (int64_t[]){now_ms, days}, 2,
               error);
}

enum store_status store_purged_before(struct store *store, int64_t *before_ms, struct store_error *error)
{
    return integers_read(store, "SELECT max(before_ms) FROM purged", NULL, 0, before_ms, 1, INT64_MIN, error);
}

static int64_t before_of(const struct store *store, int64_t days, int64_t now_ms)
{
    return period_day(store->zone, now_ms, -(int)days);
}

/* A piece -------------------------------------------------------------------------------------------------------- */

/* Of a journal that is over nothing comes again once another has begun, nor of a kiosk that is gone: what may be kept back
 * for is over, too. */
static const char journals_sql[] =
    "SELECT j.id, j.kiosk, ifnull(p.through, j.begins_after), j.through, j.through - iif(EXISTS (SELECT 1"
    " FROM journal newer WHERE newer.kiosk = j.kiosk AND newer.id > j.id AND newer.through <> "
    "newer.begins_after) OR (SELECT retired_ms FROM kiosk WHERE id = j.kiosk) IS NOT NULL, 0, ?2)"
    " FROM journal j LEFT JOIN purged p ON p.journal = j.id WHERE j.id > ?1 ORDER BY j.id LIMIT 1";

static enum store_status journal_next(struct piece *piece, bool *has_one, struct store_error *error)
{
    int64_t row[5];
    enum store_status status = integers_read(
        piece->store, journals_sql, (int64_t[]){piece->journal, STORE_KEPT_BACK}, 2, row, 5, 0, error);

    *has_one = status == STORE_OK && row[0] != 0;
    piece->journal = row[0];
    piece->kiosk = row[1];
    piece->purged = row[2];
    piece->through = row[3];
    piece->limit = row[4];
    return status;
}

static void answer_read(sqlite3_stmt *row, struct piece_answer *next)
{
    next->answer = (struct answer){
        .seq = (uint32_t)sqlite3_column_int64(row, 0),
        .visit_back = (uint8_t)sqlite3_column_int(row, 1),
        .question = (uint8_t)sqlite3_column_int(row, 2),
        .value = (uint16_t)sqlite3_column_int(row, 3),
        .boot = (uint16_t)sqlite3_column_int(row, 4),
        .uptime_s = (uint32_t)sqlite3_column_int64(row, 5),
    };
    next->time = (struct visit_time){sqlite3_column_int64(row, 6), sqlite3_column_int64(row, 7)};
}

static bool is_due(const struct piece *piece, const struct piece_answer *next)
{
    return next->answer.seq <= piece->limit && next->time.instant_ms + next->time.span_ms < piece->before_ms;
}

static enum store_status answers_load(struct piece *piece, struct store_error *error)
{
    static const char sql[] =
        "SELECT seq, visit_back, question, value, boot, uptime_s, instant_ms, span_ms FROM answer"
        " WHERE journal = ?1 AND seq > ?2 ORDER BY seq LIMIT ?3";
    sqlite3_stmt *row = NULL;
    bool has_row = true;
    enum store_status status =
        prepare(piece->store, sql, (int64_t[]){piece->journal, piece->purged, ANSWERS_MAX}, 3, &row, error);

    piece->count = piece->loaded = 0;
    while (status == STORE_OK && (status = store_row(piece->store, row, &has_row, error)) == STORE_OK &&
           has_row) {
        struct piece_answer *next = &piece->answers[piece->loaded];

        answer_read(row, next);
        if (piece->count == piece->loaded && piece->count < STORE_RETENTION_PIECE && is_due(piece, next))
            piece->count++;
        else if (piece->count == 0 || piece->loaded >= piece->count + VISIT_WINDOW_CAPACITY)
            break;
        piece->loaded++;
    }
    sqlite3_finalize(row);
    return status;
}

static enum store_status visits_load(struct piece *piece, struct store_error *error)
{
    static const char sql[] =
        "SELECT * FROM visit WHERE journal = ?1 AND seq > ?2 AND seq <= ?3 ORDER BY seq";
    sqlite3_stmt *row = NULL;
    bool has_row = true;
    enum store_status status = prepare(piece->store, sql,
                                       (int64_t[]){piece->journal, piece->purged - VISIT_WINDOW_CAPACITY,
                                                   piece->answers[piece->count - 1].answer.seq},
                                       3, &row, error);

    piece->stored_count = 0;
    while (status == STORE_OK && piece->stored_count < STORED_MAX &&
           (status = store_row(piece->store, row, &has_row, error)) == STORE_OK && has_row)
        store_visit_read(row, 0, &piece->stored[piece->stored_count++]);
    sqlite3_finalize(row);
    return status;
}

static int by_seq(const void *a, const void *b)
{
    const struct visit *first = a, *second = b;

    return (first->seq > second->seq) - (first->seq < second->seq);
}

static bool is_as_stored(const struct piece *piece, const struct visit *visit)
{
    const struct visit *stored = bsearch(visit, piece->stored, piece->stored_count, sizeof *visit, by_seq);

    return stored != NULL && visit_is_equal(stored, visit);
}

/* Behind answer `last` nothing reaches back over it: neither an answer that refers to a visit, even if it says what was
 * said before, nor a rating that makes one part of a burst or of mash. */
static bool may_end_here(const struct piece *piece, size_t last)
{
    uint32_t seq = piece->answers[last].answer.seq;

    for (size_t i = last + 1; i < piece->loaded; i++)
        if (piece->answers[i].answer.visit_back != 0 &&
            piece->answers[i].answer.seq - piece->answers[i].answer.visit_back <= seq)
            return false;
    for (size_t i = 0; i < VISIT_WINDOW_CAPACITY; i++)
        if (piece->window.visits[i].seq != 0 && !is_as_stored(piece, &piece->window.visits[i]))
            return false;
    return true;
}

static void on_change(void *context, const struct visit *visit, int sign)
{
    struct piece *piece = context;

    if (piece->book != NULL)
        tally_book_add_visit(piece->book, piece->kiosk, visit, sign);
}

static void on_stray(void *context, enum visit_stray reason, const struct visit_time *time)
{
    struct piece *piece = context;

    if (piece->book != NULL)
        tally_book_add_stray(piece->book, piece->kiosk, reason, time);
}

static void on_leave(void *context, struct visit *visit)
{
    (void)context, (void)visit;
}

/* Replay the first `count` answers, from the visits that stand before them. Returns how many of them may go. */
static size_t replay(struct piece *piece, size_t count, struct tally_book *book)
{
    const struct visit_listener listener = {
        .context = piece, .on_change = on_change, .on_stray = on_stray, .on_leave = on_leave};
    size_t ends = 0;

    piece->book = book;
    visit_window_init(&piece->window);
    for (size_t i = 0; i < piece->stored_count && piece->stored[i].seq <= piece->purged; i++)
        visit_window_restore(&piece->window, &piece->stored[i]);
    for (size_t i = 0; i < count; i++) {
        bool is_last = i + 1 == count || piece->answers[i + 1].answer.question == QUESTION_RATING;

        visit_window_apply(&piece->window, &piece->answers[i].answer, &piece->answers[i].time, &listener);
        if (is_last && may_end_here(piece, i))
            ends = i + 1;
    }
    return ends;
}

/* What stays of it ----------------------------------------------------------------------------------------------- */

static bool is_of_a_person(const struct tally_key *key)
{
    return key->staff != 0 && key->staff < STORE_FORMER_STAFF;
}

static bool is_by_month(const struct tally_key *key)
{
    return key->level != PERIOD_HOUR && key->level != PERIOD_DAY && key->level != PERIOD_WEEK;
}

static enum store_status nothing_delete(struct store *store, const struct tally_key *key,
                                        struct store_error *error)
{
    char sql[SQL_SIZE_MAX];
    int size = snprintf(sql, sizeof sql,
                        "DELETE FROM tally WHERE level = ?1 AND start_ms = ?2 AND kiosk = ?3"
                        " AND staff = ?4 AND 0");

    for (unsigned i = 0; i < TALLY_MEASURE_COUNT; i++)
        size += snprintf(sql + size, sizeof sql - (size_t)size, " + %s", tally_column(i));
    snprintf(sql + size, sizeof sql - (size_t)size, " = 0");
    return run(store, sql, (int64_t[]){key->level, key->start_ms, key->kiosk, key->staff}, 4, error);
}

/* From the person to nobody in particular. */
static enum store_status share_move(struct store *store, struct tally_row *share, int64_t now_ms,
                                    struct store_error *error)
{
    static const char nobody[] =
        "INSERT OR IGNORE INTO staff VALUES (?1, 'no longer named', 0, NULL, ?2, ?2)";
    struct tally_row taken = *share;
    enum store_status status = run(store, nobody, (int64_t[]){STORE_UNNAMED_STAFF, now_ms}, 2, error);

    for (size_t i = 0; i < TALLY_MEASURE_COUNT; i++)
        taken.n[i] = -share->n[i];
    if (status == STORE_OK)
        status = store_tally_write(store, &taken, error);
    if (status == STORE_OK)
        status = nothing_delete(store, &taken.key, error);
    share->key.staff = STORE_UNNAMED_STAFF;
    return status == STORE_OK ? store_tally_write(store, share, error) : status;
}

static enum store_status shares_keep(struct store *store, const struct tally_book *book, int64_t now_ms,
                                     struct store_error *error)
{
    enum store_status status = STORE_OK;

    for (size_t i = 0; status == STORE_OK && i < tally_book_count(book); i++) {
        struct tally_row share = *tally_book_row(book, i);

        if (tally_is_nothing(share.n))
            continue;
        if (is_of_a_person(&share.key) && !is_by_month(&share.key))
            status = share_move(store, &share, now_ms, error);
        share.key.level = (uint8_t)(share.key.level + STORE_PURGED_LEVEL);
        if (status == STORE_OK)
            status = store_tally_write(store, &share, error);
    }
    return status;
}

/* Reports look at the row itself: whoever called for help, and a visit that is in no hour's tally. */
static bool is_needed(const struct store *store, const struct visit *visit)
{
    return visit->replies[VISIT_REPLY(QUESTION_HELP)] == HELP_YES ||
           !tally_is_certain(store->zone, PERIOD_HOUR, &visit->time);
}

/* Visits to which the next piece's answers can refer stay until it is gone, too. */
static enum store_status visits_end(struct piece *piece, int64_t last, struct store_error *error)
{
    static const char calls[] =
        "UPDATE help_call SET visit_staff = ?4 WHERE kind = 1 AND journal = ?1 AND seq > ?2"
        " AND seq <= ?3 + 15 AND visit > ?2 AND visit <= ?3 AND visit_staff BETWEEN 1 AND 60000";
    static const char unname[] = "UPDATE visit SET staff = iif(staff BETWEEN 1 AND 60000, ?4, staff), served "
                                 "= iif(served BETWEEN 1 AND 60000, ?4,"
                                 " served) WHERE journal = ?1 AND seq > ?2 AND seq <= ?3";
    int64_t until = last == piece->through ? last : last - VISIT_WINDOW_CAPACITY;
    enum store_status status =
        run(piece->store, unname, (int64_t[]){piece->journal, piece->purged, last, STORE_UNNAMED_STAFF}, 4,
            error);

    if (status == STORE_OK)
        status = run(piece->store, calls,
                     (int64_t[]){piece->journal, piece->purged, last, STORE_UNNAMED_STAFF}, 4, error);
    for (size_t i = 0; status == STORE_OK && i < piece->stored_count && piece->stored[i].seq <= until; i++)
        if (!is_needed(piece->store, &piece->stored[i]))
            status = run(piece->store, "DELETE FROM visit WHERE journal = ?1 AND seq = ?2",
                         (int64_t[]){piece->journal, piece->stored[i].seq}, 2, error);
    return status;
}

_Static_assert(STORE_FORMER_STAFF == 60001, "the statements above name the numbers of people");

static enum store_status answers_end(struct piece *piece, int64_t last, size_t count,
                                     struct store_error *error)
{
    static const char mark[] =
        "INSERT INTO purged VALUES (?1, ?2, ?3, ?4) ON CONFLICT DO UPDATE SET through = ?2,"
        " answers = answers + ?3, before_ms = max(before_ms, ?4)";
    enum store_status status = run(piece->store, "DELETE FROM answer WHERE journal = ?1 AND seq <= ?2",
                                   (int64_t[]){piece->journal, last}, 2, error);

    if (status != STORE_OK)
        return status;
    return run(piece->store, mark, (int64_t[]){piece->journal, last, (int64_t)count, piece->before_ms}, 4,
               error);
}

static enum store_status piece_end(struct piece *piece, size_t count, int64_t now_ms,
                                   struct store_error *error)
{
    int64_t last = piece->answers[count - 1].answer.seq;
    struct tally_book *book = tally_book_create(piece->store->zone);
    enum store_status status = STORE_OK;

    if (book != NULL)
        (void)replay(piece, count, book);
    if (book == NULL || tally_book_failed(book))
        status = store_refuse(error, "out of memory");
    if (status == STORE_OK)
        status = shares_keep(piece->store, book, now_ms, error);
    if (status == STORE_OK)
        status = visits_end(piece, last, error);
    if (status == STORE_OK)
        status = answers_end(piece, last, count, error);
    /* Its newest visits may have gone: they are read again. */
    piece->store->journals[(uint64_t)piece->journal % STORE_JOURNALS_REMEMBERED].id = 0;
    tally_book_destroy(book);
    return status;
}

/* The journal's next answers, and how many of them go as one piece. */
static enum store_status piece_read(struct piece *piece, size_t *count, struct store_error *error)
{
    enum store_status status = answers_load(piece, error);

    *count = 0;
    if (status != STORE_OK || piece->count == 0)
        return status;
    status = visits_load(piece, error);
    if (status == STORE_OK)
        *count = replay(piece, piece->count, NULL);
    return status;
}

/* The next piece of any journal. *is_more: there was one. */
static enum store_status journals_step(struct piece *piece, int64_t now_ms, bool *is_more,
                                       struct store_error *error)
{
    bool has_one = true;
    enum store_status status = STORE_OK;

    *is_more = false;
    while (status == STORE_OK && has_one && !*is_more) {
        size_t count = 0;

        status = journal_next(piece, &has_one, error);
        if (status == STORE_OK && has_one)
            status = piece_read(piece, &count, error);
        if (status == STORE_OK && count > 0)
            status = piece_end(piece, count, now_ms, error);
        *is_more = status == STORE_OK && count > 0;
    }
    return status;
}

/* Beside the answers: ?1 before when, ?2 how many at once, ?3 STORE_UNNAMED_STAFF. */
static const char *const traces[] = {
    "UPDATE help_call SET remark = '', acknowledged_by = iif(acknowledged_by BETWEEN 1 AND 60000, ?3, "
    "acknowledged_by),"
    " closed_by = iif(closed_by BETWEEN 1 AND 60000, ?3, closed_by) WHERE id IN (SELECT id FROM help_call"
    " WHERE called_ms < ?1 AND (remark <> '' OR acknowledged_by BETWEEN 1 AND 60000 OR closed_by BETWEEN 1 "
    "AND 60000)"
    " LIMIT ?2)",
    "DELETE FROM access WHERE (hour_ms, reader, what, staff) IN (SELECT hour_ms, reader, what, staff FROM "
    "access"
    " WHERE last_ms < ?1 LIMIT ?2)",
    "DELETE FROM presence WHERE (kiosk, staff) IN (SELECT kiosk, staff FROM presence WHERE since_ms < ?1 "
    "LIMIT ?2)"
    " AND ?3 > 0",
    /* Kept aside after it had been called lost: that there was one stays, not what it said. */
    "UPDATE OR REPLACE conflict SET visit_back = 0, question = 0, value = 2, uptime_s = 0 WHERE (journal, "
    "seq, visit_back,"
    " question, value, boot, uptime_s) IN (SELECT journal, seq, visit_back, question, value, boot, uptime_s "
    "FROM conflict"
    " WHERE arrived_ms < ?1 AND question <> 0 LIMIT ?2) AND ?3 > 0",
};

_Static_assert(QUESTION_VOID == 0 && STORE_VOID_WITHHELD == 2,
               "the statement above names them by their codes");

static enum store_status traces_end(struct store *store, int64_t before_ms, bool *is_more,
                                    struct store_error *error)
{
    enum store_status status = STORE_OK;

    for (size_t i = 0; status == STORE_OK && i < sizeof traces / sizeof *traces; i++) {
        status = run(store, traces[i], (int64_t[]){before_ms, STORE_RETENTION_PIECE, STORE_UNNAMED_STAFF}, 3,
                     error);
        *is_more = *is_more || (status == STORE_OK && sqlite3_changes(store->db) >= STORE_RETENTION_PIECE);
    }
    return status;
}

enum store_status store_retention_step(struct store *store, int64_t now_ms, bool *is_more,
                                       struct store_error *error)
{
    int64_t days = 0;
    struct piece *piece = NULL;

    error->text[0] = '\0';
    *is_more = false;
    enum store_status status = days_read(store, &days, error);
    if (status != STORE_OK || days == 0)
        return status;
    status = store_flush(store, error);
    if (status != STORE_OK)
        return status;
    piece = calloc(1, sizeof *piece);
    if (piece == NULL)
        return store_refuse(error, "out of memory");
    piece->store = store;
    piece->before_ms = before_of(store, days, now_ms);
    status = journals_step(piece, now_ms, is_more, error);
    if (status == STORE_OK && !*is_more)
        status = traces_end(store, piece->before_ms, is_more, error);
    free(piece);
    if (status != STORE_OK || !*is_more)
        return status;
    store->counts_generation++;
    return store_bests_purged(store, error);
}

/* Before it goes -------------------------------------------------------------------------------------------------- */

/* Answers that are due up to ?3, none behind the first that is not. */
#define DUE                                                                                                \
    " FROM answer WHERE journal = ?1 AND seq > ?2 AND seq <= ?3 AND seq < ifnull((SELECT seq FROM answer " \
    "WHERE"                                                                                                \
    " journal = ?1 AND seq > ?2 AND instant_ms + span_ms >= ?4 ORDER BY seq LIMIT 1), 4294967296)"

/* What a piece of it would take along. */
static void piece_preview(const struct piece *piece, size_t count, struct store_retention_preview *preview)
{
    uint32_t last = piece->answers[count - 1].answer.seq;

    preview->answers += (int64_t)count;
    for (size_t i = 0; i < piece->stored_count && piece->stored[i].seq <= last; i++)
        preview->visits += piece->stored[i].seq > piece->purged;
    for (size_t i = 0; i < count; i++) {
        const struct visit_time *time = &piece->answers[i].time;

        if (preview->first_ms == INT64_MIN || time->instant_ms < preview->first_ms)
            preview->first_ms = time->instant_ms;
        if (time->instant_ms + time->span_ms > preview->last_ms)
            preview->last_ms = time->instant_ms + time->span_ms;
    }
}

static enum store_status journal_preview(struct piece *piece, struct store_retention_preview *preview,
                                         struct store_error *error)
{
    enum store_status status = STORE_OK;
    int64_t old = 0, due = 0;
    size_t count = 1;

    while (status == STORE_OK && count > 0) {
        status = piece_read(piece, &count, error);
        if (status != STORE_OK || count == 0)
            continue;
        piece_preview(piece, count, preview);
        piece->purged = piece->answers[count - 1].answer.seq;
    }
    if (status == STORE_OK)
        status = integers_read(piece->store, "SELECT count(*)" DUE,
                               (int64_t[]){piece->journal, piece->purged, piece->through, piece->before_ms},
                               4, &old, 1, 0, error);
    if (status == STORE_OK)
        status = integers_read(piece->store, "SELECT count(*)" DUE,
                               (int64_t[]){piece->journal, piece->purged, piece->limit, piece->before_ms}, 4,
                               &due, 1, 0, error);
    preview->kept_back += old - due;
    return status;
}

/* All of it in one view of the file, while it changes; and what is interrupted between two statements is so, too. */
static enum store_status journals_preview(struct piece *piece, struct store_retention_preview *preview,
                                          struct store_error *error)
{
    sqlite3_stmt *view = NULL;
    bool has_one = true;
    enum store_status status = prepare(piece->store, "SELECT 1 FROM store", NULL, 0, &view, error);

    if (status == STORE_OK)
        status = store_row(piece->store, view, &has_one, error);
    while (status == STORE_OK && has_one) {
        status = journal_next(piece, &has_one, error);
        if (status == STORE_OK && has_one)
            status = journal_preview(piece, preview, error);
    }
    sqlite3_finalize(view);
    return status;
}

enum store_status store_retention_preview(struct store *store, int64_t days, int64_t now_ms,
                                          struct store_retention_preview *preview, struct store_error *error)
{
    static const char calls[] = "SELECT count(*) FROM help_call WHERE called_ms < ?1 AND (remark <> '' OR"
                                " acknowledged_by BETWEEN 1 AND 60000 OR closed_by BETWEEN 1 AND 60000)";
    static const char reads[] = "SELECT count(*) FROM access WHERE last_ms < ?1";
    struct piece *piece;

    error->text[0] = '\0';
    *preview = (struct store_retention_preview){.first_ms = INT64_MIN, .last_ms = INT64_MIN};
    enum store_status status = days_check(days, error);
    if (status != STORE_OK)
        return status;
    piece = calloc(1, sizeof *piece);
    if (piece == NULL)
        return store_refuse(error, "out of memory");
    piece->store = store;
    piece->before_ms = preview->before_ms = before_of(store, days, now_ms);
    status = journals_preview(piece, preview, error);
    if (status == STORE_OK)
        status = integers_read(store, calls, &preview->before_ms, 1, &preview->help_calls, 1, 0, error);
    if (status == STORE_OK)
        status = integers_read(store, reads, &preview->before_ms, 1, &preview->reads, 1, 0, error);
    free(piece);
    return status;
}
