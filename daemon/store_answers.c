/* SPDX-License-Identifier: MIT
 *
 * store_answers.c - answers in: each stored once, mapped to real time, and counted in the same transaction.
 */
#include "store_internal.h"
#include "store_privacy.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define COLUMN_VISIT_REPLIES 9 /* of SELECT * FROM visit */
#define COLUMN_VISIT_MASH (COLUMN_VISIT_REPLIES + VISIT_REPLY_COUNT)

/* Where a callback of visit.h finds what it needs. */
struct sink {
    struct store *store;
    struct store_journal *journal;
};

void store_forget(struct store *store)
{
    store_remember_nothing(store);
    tally_book_clear(store->book);
    store_help_forget(store);
    store->newest_commit_ms = store->newest_commit_stored_ms;
    store->callback_status = STORE_OK;
}

void store_remember_nothing(struct store *store)
{
    for (size_t i = 0; i < STORE_JOURNALS_REMEMBERED; i++) {
        if (store->journals[i].id != 0)
            store->journals[i].id = 0;
    }
    memset(store->bests, 0, sizeof store->bests);
}

void store_visit_read(sqlite3_stmt *row, int first, struct visit *visit)
{
    memset(visit, 0, sizeof *visit);
    visit->seq = (uint32_t)sqlite3_column_int64(row, first + 1);
    visit->time.instant_ms = sqlite3_column_int64(row, first + 2);
    visit->time.span_ms = sqlite3_column_int64(row, first + 3);
    visit->boot = (uint16_t)sqlite3_column_int(row, first + 4);
    visit->uptime_s = (uint32_t)sqlite3_column_int64(row, first + 5);
    visit->rating = (uint8_t)sqlite3_column_int(row, first + 6);
    visit->flag = (uint16_t)sqlite3_column_int(row, first + 7);
    visit->is_burst = sqlite3_column_int(row, first + 8) != 0;
    visit->is_mash = sqlite3_column_int(row, first + COLUMN_VISIT_MASH) != 0;
    for (int i = 0; i < VISIT_REPLY_COUNT; i++)
        visit->replies[i] = sqlite3_column_type(row, first + COLUMN_VISIT_REPLIES + i) == SQLITE_NULL
                                ? VISIT_NOT_SHOWN
                                : sqlite3_column_int(row, first + COLUMN_VISIT_REPLIES + i);
}

enum store_status store_visit_write(struct store *store, int64_t journal, const struct visit *visit,
                                    struct store_error *error)
{
    sqlite3_stmt *statement = store_statement(store, STATEMENT_VISIT_UPSERT);

    store_bind_integers(statement,
                        (int64_t[]){journal, visit->seq, visit->time.instant_ms, visit->time.span_ms,
                                    visit->boot, visit->uptime_s, visit->rating, visit->flag,
                                    visit->is_burst},
                        COLUMN_VISIT_REPLIES);
    for (int i = 0; i < VISIT_REPLY_COUNT; i++)
        if (visit->replies[i] != VISIT_NOT_SHOWN)
            sqlite3_bind_int(statement, COLUMN_VISIT_REPLIES + i + 1, visit->replies[i]);
    sqlite3_bind_int(statement, COLUMN_VISIT_MASH + 1, visit->is_mash);
    enum store_status status = store_run(store, statement, error);
    return status == STORE_OK ? store_help_visit(store, journal, visit, error) : status;
}

static enum store_status visits_write(struct store *store, struct store_journal *journal,
                                      struct store_error *error)
{
    enum store_status status = STORE_OK;

    for (size_t i = 0; status == STORE_OK && i < VISIT_WINDOW_CAPACITY; i++) {
        struct visit *visit = &journal->window.visits[i];

        if (visit->seq == 0 || !visit->is_changed)
            continue;
        status = store_visit_write(store, journal->id, visit, error);
        visit->is_changed = false;
    }
    return status;
}

static enum store_status journal_write(struct store *store, struct store_journal *journal,
                                       struct store_error *error)
{
    sqlite3_stmt *statement;
    enum store_status status = STORE_OK;

    if (journal->id == 0 || !journal->is_changed)
        return STORE_OK;
    status = visits_write(store, journal, error);
    if (status != STORE_OK)
        return status;
    statement = store_statement(store, STATEMENT_JOURNAL_UPDATE);
    store_bind_integers(
        statement, (int64_t[]){journal->id, journal->begins_after, journal->through, journal->duplicates}, 4);
    if (journal->floor_ms != INSTANT_UNKNOWN) {
        sqlite3_bind_int64(statement, 5, journal->floor_ms);
        sqlite3_bind_int64(statement, 6, journal->floor_boot);
        sqlite3_bind_int64(statement, 7, journal->floor_uptime_s);
    }
    journal->is_changed = false;
    status = store_run(store, statement, error);
    return status == STORE_OK ? store_help_judge(store, journal, error) : status;
}

enum store_status store_tally_write(struct store *store, const struct tally_row *row,
                                    struct store_error *error)
{
    sqlite3_stmt *statement = store_statement(store, STATEMENT_TALLY_UPSERT);

    store_bind_integers(statement,
                        (int64_t[]){row->key.level, row->key.start_ms, row->key.kiosk, row->key.staff}, 4);
    for (int i = 0; i < TALLY_MEASURE_COUNT; i++)
        sqlite3_bind_int64(statement, 5 + i, row->n[i]);
    return store_run(store, statement, error);
}

/* A week that changes behind what is known of the best one is looked at again; where it was the best itself, any other may
 * be that now. */
static void bests_check(struct store *store, const struct tally_row *row)
{
    struct store_best *best;

    if (row->n[TALLY_MENTION_ASKED] == 0 && row->n[TALLY_MENTION_WILL_ASK] == 0 &&
        row->n[TALLY_MENTION_NO] == 0)
        return;
    store->counts_generation++;
    best = row->key.level == PERIOD_WEEK ? store_best_of(store, row->key.staff) : NULL;
    if (best != NULL && best->answered != 0 && best->week_ms == row->key.start_ms)
        best->staff = 0;
    else if (best != NULL && row->key.start_ms < best->until_ms)
        best->until_ms = row->key.start_ms;
}

static enum store_status book_write(struct store *store, struct store_error *error)
{
    enum store_status status = STORE_OK;

    tally_book_add_store(store->book, store->book);
    if (tally_book_failed(store->book)) {
        snprintf(error->text, sizeof error->text, "out of memory");
        store->is_broken = true;
        return STORE_BROKEN;
    }
    for (size_t i = 0; status == STORE_OK && i < tally_book_count(store->book); i++) {
        const struct tally_row *row = tally_book_row(store->book, i);

        if (tally_is_nothing(row->n))
            continue;
        bests_check(store, row);
        status = store_tally_write(store, row, error);
    }
    if (tally_book_count(store->book) > 0)
        tally_book_clear(store->book);
    return status;
}

enum store_status store_flush(struct store *store, struct store_error *error)
{
    enum store_status status = STORE_OK;

    for (size_t i = 0; status == STORE_OK && i < STORE_JOURNALS_REMEMBERED; i++)
        status = journal_write(store, &store->journals[i], error);
    if (status == STORE_OK)
        status = book_write(store, error);
    if (status == STORE_OK && store->newest_commit_ms != store->newest_commit_stored_ms) {
        sqlite3_stmt *statement = store_statement(store, STATEMENT_STORE_COMMITTED);

        sqlite3_bind_int64(statement, 1, store->newest_commit_ms);
        status = store_run(store, statement, error);
    }
    return status;
}

static enum store_status window_load(struct store *store, struct store_journal *journal,
                                     struct store_error *error)
{
    sqlite3_stmt *statement = store_statement(store, STATEMENT_VISITS_RECENT);
    int64_t after = (int64_t)journal->through - VISIT_WINDOW_CAPACITY;
    enum store_status status;
    bool has_row;

    visit_window_init(&journal->window);
    store_bind_integers(statement, (int64_t[]){journal->id, after}, 2);
    while ((status = store_row(store, statement, &has_row, error)) == STORE_OK && has_row) {
        struct visit visit;

        store_visit_read(statement, 0, &visit);
        visit_window_restore(&journal->window, &visit);
    }
    return status;
}

static enum store_status journal_load(struct store *store, int64_t id, struct store_journal *journal,
                                      struct store_error *error)
{
    sqlite3_stmt *statement = store_statement(store, STATEMENT_JOURNAL_SELECT);
    enum store_status status;
    bool has_row;

    sqlite3_bind_int64(statement, 1, id);
    status = store_row(store, statement, &has_row, error);
    if (status != STORE_OK)
        return status;
    if (!has_row)
        return store_refuse(error, "there is no journal %" PRId64, id);
    journal->kiosk = sqlite3_column_int64(statement, 0);
    journal->begins_after = (uint32_t)sqlite3_column_int64(statement, 1);
    journal->through = (uint32_t)sqlite3_column_int64(statement, 2);
    journal->floor_ms = sqlite3_column_type(statement, 3) == SQLITE_NULL ? INSTANT_UNKNOWN
                                                                         : sqlite3_column_int64(statement, 3);
    journal->floor_boot = (uint16_t)sqlite3_column_int(statement, 4);
    journal->floor_uptime_s = (uint32_t)sqlite3_column_int64(statement, 5);
    journal->duplicates = sqlite3_column_int64(statement, 6);
    journal->is_over = sqlite3_column_int(statement, 7) != 0;
    journal->is_changed = false;
    journal->newest.seq = 0;
    journal->id = id;
    sqlite3_reset(statement);
    status = window_load(store, journal, error);
    if (status != STORE_OK)
        journal->id = 0;
    return status;
}

enum store_status store_journal_get(struct store *store, int64_t id, struct store_journal **journal,
                                    struct store_error *error)
{
    enum store_status status;

    *journal = &store->journals[(uint64_t)id % STORE_JOURNALS_REMEMBERED];
    if ((*journal)->id == id)
        return STORE_OK;
    status = journal_write(store, *journal, error);
    (*journal)->id = 0;
    return status == STORE_OK ? journal_load(store, id, *journal, error) : status;
}

enum store_status store_journal_skip(struct store *store, struct store_journal *journal, uint32_t last,
                                     enum lost_cause cause, int64_t now_ms, struct store_error *error)
{
    sqlite3_stmt *statement = store_statement(store, STATEMENT_LOST_INSERT);
    uint32_t first = journal->through + 1;
    enum store_status status = store_trouble_check(store, journal->kiosk, now_ms, error);

    assert(last > journal->through);
    if (status != STORE_OK)
        return status;
    store_bind_integers(statement, (int64_t[]){journal->id, first, last, cause, now_ms}, 5);
    status = store_run(store, statement, error);
    if (status != STORE_OK)
        return status;
    journal->through = last;
    journal->is_changed = true;
    return store_alarm(store, cause == LOST_RESTORED ? "restored" : "lost", journal->kiosk, now_ms, error,
                       "answers %" PRIu32 " to %" PRIu32 " are gone: %s", first, last,
                       cause == LOST_RESTORED ? "this database is older than what the kiosk had acknowledged"
                       : cause == LOST_DEAD_SLOT ? "worn-out memory in the kiosk, which never held them"
                                                 : "damaged in the kiosk's memory");
}

static void on_change(void *context, const struct visit *visit, int sign)
{
    struct sink *sink = context;

    tally_book_add_visit(sink->store->book, sink->journal->kiosk, visit, sign);
}

static void on_stray(void *context, enum visit_stray reason, const struct visit_time *time)
{
    struct sink *sink = context;

    tally_book_add_stray(sink->store->book, sink->journal->kiosk, reason, time);
}

static void on_leave(void *context, struct visit *visit)
{
    struct sink *sink = context;

    if (visit->is_changed)
        sink->store->callback_status =
            store_visit_write(sink->store, sink->journal->id, visit, &sink->store->callback_error);
}

static bool boot_is_before(uint16_t boot, uint16_t than)
{
    return (int16_t)(uint16_t)(boot - than) < 0;
}

/* The last contact in a boot before the answer's: what it holds was pressed after that. */
static enum store_status heard_before(struct store *store, int64_t kiosk, uint16_t boot, int64_t *heard_ms,
                                      struct store_error *error)
{
    sqlite3_stmt *statement = store_statement(store, STATEMENT_KIOSK_CONTACTS);
    enum store_status status;
    bool has_row;

    *heard_ms = INSTANT_UNKNOWN;
    sqlite3_bind_int64(statement, 1, kiosk);
    status = store_row(store, statement, &has_row, error);
    if (status != STORE_OK || !has_row)
        return status;
    for (int i = 2; i >= 0; i -= 2)
        if (sqlite3_column_type(statement, i + 1) != SQLITE_NULL &&
            boot_is_before((uint16_t)sqlite3_column_int(statement, i), boot))
            *heard_ms = sqlite3_column_int64(statement, i + 1);
    sqlite3_reset(statement);
    return STORE_OK;
}

static enum store_status anchor_find(struct store *store, int64_t journal, uint16_t boot, int64_t *anchor_ms,
                                     struct store_error *error)
{
    sqlite3_stmt *statement = store_statement(store, STATEMENT_ANCHOR_SELECT);
    enum store_status status;
    bool has_row;

    *anchor_ms = INSTANT_UNKNOWN;
    store_bind_integers(statement, (int64_t[]){journal, boot}, 2);
    status = store_row(store, statement, &has_row, error);
    if (status == STORE_OK && has_row)
        *anchor_ms = sqlite3_column_int64(statement, 0);
    sqlite3_reset(statement);
    return status;
}

static enum store_status answer_map(struct store *store, const struct store_journal *journal,
                                    const struct store_origin *origin, const struct answer *answer,
                                    struct instant *instant, struct store_error *error)
{
    struct instant_known known = {
        .boot = origin->boot,
        .boot_started_ms = origin->boot_started_ms,
        .arrived_ms = origin->arrived_ms,
        .is_clock_good = origin->is_clock_good,
        .newest_commit_ms = store->newest_commit_stored_ms,
        .anchor_ms = INSTANT_UNKNOWN,
        .heard_ms = INSTANT_UNKNOWN,
        .floor_ms = journal->floor_ms,
        .floor_boot = journal->floor_boot,
        .floor_uptime_s = journal->floor_uptime_s,
    };
    enum store_status status = STORE_OK;

    if (answer->boot != origin->boot) {
        status = anchor_find(store, journal->id, answer->boot, &known.anchor_ms, error);
        if (status == STORE_OK && known.anchor_ms == INSTANT_UNKNOWN)
            status = heard_before(store, journal->kiosk, answer->boot, &known.heard_ms, error);
    }
    *instant = instant_of(answer, &known);
    return status;
}

static enum store_status answer_insert(struct store *store, const struct store_journal *journal,
                                       const struct answer *answer, const struct instant *instant,
                                       int64_t arrived_ms, struct store_error *error)
{
    sqlite3_stmt *statement = store_statement(store, STATEMENT_ANSWER_INSERT);

    store_bind_integers(statement,
                        (int64_t[]){journal->id, answer->seq, answer->visit_back, answer->question,
                                    answer->value, answer->boot, answer->uptime_s, instant->time.instant_ms,
                                    instant->time.span_ms, instant->quality, arrived_ms},
                        11);
    return store_run(store, statement, error);
}

static enum store_status presence_apply(struct store *store, int64_t kiosk, const struct answer *answer,
                                        const struct visit_time *time, struct store_error *error)
{
    bool is_on = answer->question == QUESTION_SIGN_ON;
    sqlite3_stmt *statement;

    if (!is_on && answer->question != QUESTION_SIGN_OFF)
        return STORE_OK;
    statement = store_statement(store, is_on ? STATEMENT_PRESENCE_ON : STATEMENT_PRESENCE_OFF);
    store_bind_integers(statement, (int64_t[]){kiosk, answer->value, time->instant_ms}, is_on ? 3 : 2);
    return store_run(store, statement, error);
}

/* When it was pressed, best known: within a boot the kiosk's own seconds say how long ago, whatever the clocks say. */
static int64_t pressed_ms(const struct store_origin *origin, const struct answer *answer,
                          const struct instant *instant)
{
    int64_t at_ms = instant->time.instant_ms;

    if (answer->boot == origin->boot)
        at_ms = origin->boot_started_ms + (int64_t)answer->uptime_s * 1000;
    return at_ms < origin->arrived_ms ? at_ms : origin->arrived_ms;
}

static enum store_status answer_store(struct store *store, struct store_journal *journal,
                                      const struct store_origin *origin, struct answer *answer,
                                      struct store_error *error)
{
    struct sink sink = {.store = store, .journal = journal};
    const struct visit_listener listener = {
        .context = &sink, .on_change = on_change, .on_stray = on_stray, .on_leave = on_leave};
    struct instant instant;
    enum store_status status = answer_map(store, journal, origin, answer, &instant, error);

    if (status == STORE_OK)
        status = store_privacy_apply(store, journal, &instant.time, answer, error);
    if (status == STORE_OK)
        status = answer_insert(store, journal, answer, &instant, origin->arrived_ms, error);
    if (status == STORE_OK)
        status = presence_apply(store, journal->kiosk, answer, &instant.time, error);
    if (status == STORE_OK)
        status = store_help_answer(store, journal, answer, pressed_ms(origin, answer, &instant),
                                   origin->arrived_ms, error);
    if (status != STORE_OK)
        return status;
    if (answer->question == QUESTION_RATING)
        journal->newest =
            (struct store_newest){answer->seq, pressed_ms(origin, answer, &instant), origin->arrived_ms};
    visit_window_apply(&journal->window, answer, &instant.time, &listener);
    if (store->callback_status != STORE_OK) {
        *error = store->callback_error;
        return store->callback_status;
    }
    journal->through = answer->seq;
    journal->floor_ms = instant.time.instant_ms;
    journal->floor_boot = answer->boot;
    journal->floor_uptime_s = answer->uptime_s;
    journal->is_changed = true;
    return STORE_OK;
}

static enum store_status conflict_keep(struct store *store, const struct store_journal *journal,
                                       const struct store_origin *origin, const struct answer *answer,
                                       const char *what, struct store_error *error)
{
    sqlite3_stmt *statement = store_statement(store, STATEMENT_CONFLICT_INSERT);
    enum store_status status = store_trouble_check(store, journal->kiosk, origin->arrived_ms, error);

    if (status != STORE_OK)
        return status;
    store_bind_integers(statement,
                        (int64_t[]){journal->id, answer->seq, answer->visit_back, answer->question,
                                    answer->value, answer->boot, answer->uptime_s, origin->arrived_ms},
                        8);
    status = store_run(store, statement, error);
    if (status != STORE_OK || sqlite3_changes(store->db) == 0)
        return status; /* known already, alarm and all */
    return store_alarm(store, "conflict", journal->kiosk, origin->arrived_ms, error, "answer %" PRIu32 " %s",
                       answer->seq, what);
}

/* Another answer has the number of one that was stored: the kiosk's memory has lost its newest answers, and begins there
 * again. It goes on with a new journal, in which this one and all that follow are new. */
static enum store_status journal_end(struct store *store, const struct store_journal *journal, uint32_t seq,
                                     int64_t now_ms, struct store_error *error)
{
    int64_t next;
    uint64_t next_id;
    enum store_status status =
        store_journal_issue(store, journal->kiosk, seq - 1, now_ms, &next, &next_id, error);

    if (status != STORE_OK)
        return status;
    return store_alarm(store, "journal_replaced", journal->kiosk, now_ms, error,
                       "answer %" PRIu32
                       " came again with another content: the kiosk's memory has lost the first,"
                       " which stands; it goes on with a new journal",
                       seq);
}

/* Whether a journal in which nothing is stored begins with what a former one of its kiosk has already: what was not
 * acknowledged when the journal was replaced comes again under the new one. No answer of the present boot is among
 * those: memory is lost between boots. The answer is the one that is due; NULL: whatever it was. */
static enum store_status is_former(struct store *store, const struct store_journal *journal,
                                   const struct answer *answer, uint16_t boot, bool *is_known,
                                   struct store_error *error)
{
    sqlite3_stmt *statement = store_statement(store, STATEMENT_JOURNAL_FORMER);
    bool is_anything = answer == NULL || answer->question == QUESTION_VOID;
    int64_t seq = (int64_t)journal->through + 1;

    *is_known = false;
    if (journal->through != journal->begins_after || (!is_anything && answer->boot == boot))
        return STORE_OK;
    store_bind_integers(statement, (int64_t[]){journal->kiosk, journal->id, seq, 0, 0}, 5);
    if (!is_anything)
        store_bind_integers(statement,
                            (int64_t[]){journal->kiosk, journal->id, seq, answer->visit_back,
                                        answer->question, answer->value, answer->boot, answer->uptime_s},
                            8);
    enum store_status status = store_row(store, statement, is_known, error);
    sqlite3_reset(statement);
    return status;
}

static void step_over(struct store_journal *journal)
{
    journal->begins_after = ++journal->through;
    journal->duplicates++;
    journal->is_changed = true;
}

/* At or below the mark: the same again, another under the same number, or one that was given up. Without a
 * row and without a gap it is too old to be kept here, and counts as the same. */
static enum store_status answer_compare(struct store *store, struct store_journal *journal,
                                        const struct store_origin *origin, const struct answer *answer,
                                        struct store_ingested *ingested, struct store_error *error)
{
    const int64_t values[] = {answer->visit_back, answer->question, answer->value, answer->boot,
                              answer->uptime_s};
    sqlite3_stmt *statement = store_statement(store, STATEMENT_ANSWER_SELECT);
    bool has_row, has_answer, is_withheld, is_equal = true;
    enum store_status status;

    store_bind_integers(statement, (int64_t[]){journal->id, answer->seq}, 2);
    status = store_row(store, statement, &has_row, error);
    has_answer = has_row && sqlite3_column_int(statement, 1) != QUESTION_VOID;
    /* What was withheld cannot be compared with what it was. */
    is_withheld = has_row && !has_answer && sqlite3_column_int(statement, 2) == STORE_VOID_WITHHELD;
    for (int i = 0; status == STORE_OK && has_row && i < 5; i++)
        is_equal = is_equal &&
                   ((is_withheld && (i == 1 || i == 2)) || sqlite3_column_int64(statement, i) == values[i]);
    sqlite3_reset(statement);
    if (status != STORE_OK)
        return status;
    if (!has_row) {
        statement = store_statement(store, STATEMENT_LOST_SELECT);
        store_bind_integers(statement, (int64_t[]){journal->id, answer->seq}, 2);
        status = store_row(store, statement, &is_equal, error);
        is_equal = !is_equal;
        sqlite3_reset(statement);
    }
    if (status != STORE_OK)
        return status;
    if (is_equal || answer->question == QUESTION_VOID) { /* a void never contradicts (PROTOCOL.md) */
        ingested->duplicate++;
        journal->duplicates++;
        journal->is_changed = true;
        return STORE_OK;
    }
    if (has_answer)
        return journal_end(store, journal, answer->seq, origin->arrived_ms, error);
    ingested->conflict++;
    return conflict_keep(store, journal, origin, answer,
                         "came after it had been called lost: it is kept aside", error);
}

/* The boot of the session is proven by an answer of it that is stored now. */
static enum store_status anchor_keep(struct store *store, const struct store_journal *journal,
                                     const struct store_origin *origin, struct store_error *error)
{
    sqlite3_stmt *statement = store_statement(store, STATEMENT_ANCHOR_UPSERT);

    store_bind_integers(statement, (int64_t[]){journal->id, origin->boot, origin->boot_started_ms}, 3);
    return store_run(store, statement, error);
}

static bool clock_is_trusted(const struct store *store, const struct store_origin *origin)
{
    return origin->is_clock_good && origin->arrived_ms >= store->newest_commit_stored_ms;
}

static enum store_status answer_take(struct store *store, struct store_journal *journal,
                                     const struct store_origin *origin, struct answer *answer,
                                     struct store_ingested *ingested, struct store_error *error)
{
    bool is_known;

    if (answer->seq <= journal->through)
        return answer_compare(store, journal, origin, answer, ingested, error);
    if (answer->seq != journal->through + 1)
        return store_refuse(error, "answer %" PRIu32 " came where %" PRIu32 " was due", answer->seq,
                            journal->through + 1);
    enum store_status status = is_former(store, journal, answer, origin->boot, &is_known, error);
    if (status != STORE_OK)
        return status;
    if (is_known) {
        step_over(journal);
        ingested->duplicate++;
        return STORE_OK;
    }
    ingested->stored++;
    return answer_store(store, journal, origin, answer, error);
}

enum store_status store_answers(struct store *store, const struct store_origin *origin,
                                const struct answer *answers, size_t count, struct store_ingested *ingested,
                                struct store_error *error)
{
    struct store_journal *journal;
    bool is_boot_proven = false;
    enum store_status status = store_journal_get(store, origin->journal, &journal, error);

    memset(ingested, 0, sizeof *ingested);
    if (status != STORE_OK)
        return status;
    ingested->through = journal->through;
    for (size_t i = 0; status == STORE_OK && i < count && !journal->is_over; i++) {
        uint32_t stored = ingested->stored;
        struct answer answer = answers[i];

        status = store_privacy_replace(store, &answer, error);
        if (status == STORE_OK)
            status = answer_take(store, journal, origin, &answer, ingested, error);
        is_boot_proven = is_boot_proven || (ingested->stored > stored && answers[i].boot == origin->boot);
    }
    ingested->is_over = journal->is_over;
    if (status == STORE_OK && is_boot_proven && clock_is_trusted(store, origin))
        status = anchor_keep(store, journal, origin, error);
    if (status == STORE_OK && ingested->stored > 0 && clock_is_trusted(store, origin) &&
        origin->arrived_ms > store->newest_commit_ms)
        store->newest_commit_ms = origin->arrived_ms;
    ingested->through = journal->through;
    return status;
}

enum store_status store_lost(struct store *store, const struct store_origin *origin,
                             const struct message_lost *lost, struct store_ingested *ingested,
                             struct store_error *error)
{
    struct store_journal *journal;
    enum store_status status = store_journal_get(store, origin->journal, &journal, error);

    memset(ingested, 0, sizeof *ingested);
    if (status != STORE_OK)
        return status;
    ingested->through = journal->through;
    if (lost->first > journal->through + 1 || lost->last < lost->first || lost->last == UINT32_MAX)
        return store_refuse(error, "LOST %" PRIu32 " to %" PRIu32 " came where %" PRIu32 " was due",
                            lost->first, lost->last, journal->through + 1);
    for (bool is_known = !journal->is_over;
         status == STORE_OK && is_known && lost->last > journal->through;) {
        status = is_former(store, journal, NULL, 0, &is_known, error);
        if (is_known)
            step_over(journal);
    }
    if (status == STORE_OK && lost->last > journal->through && !journal->is_over)
        status = store_journal_skip(store, journal, lost->last, (enum lost_cause)lost->cause,
                                    origin->arrived_ms, error);
    ingested->through = journal->through;
    ingested->is_over = journal->is_over;
    return status;
}
