/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "ledger.h"

#include <inttypes.h>
#include <sqlite3.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

__attribute__((format(printf, 2, 3))) static void fail(struct ledger *ledger, const char *format, ...)
{
    va_list arguments;

    if (ledger->failure[0] != '\0')
        return;
    va_start(arguments, format);
    vsnprintf(ledger->failure, sizeof ledger->failure, format, arguments);
    va_end(arguments);
}

/* Room for one more; without memory there is nothing left to measure. */
static void *grow(void *array, size_t count, size_t *capacity, size_t size)
{
    if (count < *capacity)
        return array;
    *capacity = *capacity == 0 ? 64 : *capacity * 2;
    void *larger = realloc(array, *capacity * size);
    if (larger == NULL) {
        fprintf(stderr, "kiosk-swarm: out of memory\n");
        exit(EXIT_FAILURE);
    }
    return larger;
}

void ledger_free(struct ledger *ledger)
{
    free(ledger->taps);
    free(ledger->answers);
    memset(ledger, 0, sizeof *ledger);
}

void ledger_on_tap(struct ledger *ledger, const struct ledger_tap *tap)
{
    ledger->taps = grow(ledger->taps, ledger->tap_count, &ledger->tap_capacity, sizeof *ledger->taps);
    ledger->taps[ledger->tap_count++] = *tap;
}

static bool is_meant(const struct ledger_meaning *meaning, const struct answer *answer)
{
    if (meaning->question == 0 || meaning->question != answer->question)
        return false;
    if (meaning->value == LEDGER_ANYBODY)
        return answer->value != ANSWER_SKIPPED && answer->value != ANSWER_NONE;
    return meaning->value == answer->value;
}

/* What the kiosk says by itself. A question that nobody answered is not among it: every one is answered here. */
static bool is_untapped(const struct answer *answer)
{
    return answer->question == QUESTION_BOOT || answer->question == QUESTION_SERVED;
}

static void match_tap(struct ledger *ledger, struct ledger_answer *entry)
{
    const struct answer *answer = &entry->answer;

    if (is_untapped(answer))
        return;
    if (ledger->taps_seen == ledger->tap_count) {
        fail(ledger, "answer %" PRIu32 " (question %u, value %u) was not tapped", answer->seq,
             answer->question, answer->value);
        return;
    }
    const struct ledger_tap *tap = &ledger->taps[ledger->taps_seen];
    if (!is_meant(&tap->meanings[0], answer) && !is_meant(&tap->meanings[1], answer))
        fail(ledger, "answer %" PRIu32 " is question %u, value %u; tap %zu meant question %u, value %u%s",
             answer->seq, answer->question, answer->value, ledger->taps_seen + 1, tap->meanings[0].question,
             tap->meanings[0].value, tap->meanings[1].question == 0 ? "" : " or another");
    entry->tapped_us = tap->at_us;
    ledger->taps_seen++;
}

static bool is_same(const struct answer *a, const struct answer *b)
{
    return a->seq == b->seq && a->visit_back == b->visit_back && a->question == b->question &&
           a->value == b->value && a->boot == b->boot && a->uptime_s == b->uptime_s;
}

static struct ledger_answer *entry_of(struct ledger *ledger, const struct answer *answer)
{
    uint32_t next =
        ledger->answer_count == 0 ? answer->seq : ledger->answers[ledger->answer_count - 1].answer.seq + 1;

    if (answer->seq < next) {
        size_t back = next - answer->seq;
        struct ledger_answer *entry =
            back <= ledger->answer_count ? &ledger->answers[ledger->answer_count - back] : NULL;
        if (entry == NULL || !is_same(&entry->answer, answer))
            fail(ledger, "answer %" PRIu32 " was said a second time, and not the same", answer->seq);
        return entry;
    }
    if (answer->seq > next) {
        fail(ledger, "answers %" PRIu32 " to %" PRIu32 " were never said", next, answer->seq - 1);
        return NULL;
    }
    ledger->answers =
        grow(ledger->answers, ledger->answer_count, &ledger->answer_capacity, sizeof *ledger->answers);
    struct ledger_answer *entry = &ledger->answers[ledger->answer_count++];
    *entry = (struct ledger_answer){.answer = *answer};
    match_tap(ledger, entry);
    return entry;
}

void ledger_on_answers(struct ledger *ledger, const struct message_answers *answers, bool is_heard,
                       uint64_t now_us)
{
    for (unsigned i = 0; i < answers->count; i++) {
        struct ledger_answer *entry = entry_of(ledger, &answers->answers[i]);
        if (entry != NULL && is_heard && entry->sent_us == 0)
            entry->sent_us = now_us;
    }
}

size_t ledger_on_ack(struct ledger *ledger, uint64_t journal_id, uint32_t through)
{
    size_t before = ledger->acked_count;

    ledger->journal_id = journal_id;
    while (ledger->acked_count < ledger->answer_count &&
           ledger->answers[ledger->acked_count].answer.seq <= through)
        ledger->acked_count++;
    return ledger->acked_count - before;
}

bool ledger_is_settled(const struct ledger *ledger)
{
    return ledger->taps_seen == ledger->tap_count && ledger->acked_count == ledger->answer_count;
}

/* The database ---------------------------------------------------------------------------------------------------- */

static struct answer read_answer(sqlite3_stmt *row)
{
    return (struct answer){
        .seq = (uint32_t)sqlite3_column_int64(row, 0),
        .visit_back = (uint8_t)sqlite3_column_int(row, 1),
        .question = (uint8_t)sqlite3_column_int(row, 2),
        .value = (uint16_t)sqlite3_column_int(row, 3),
        .boot = (uint16_t)sqlite3_column_int(row, 4),
        .uptime_s = (uint32_t)sqlite3_column_int64(row, 5),
    };
}

static size_t compare_rows(struct ledger *ledger, sqlite3_stmt *rows)
{
    size_t count = 0;
    int code;

    while ((code = sqlite3_step(rows)) == SQLITE_ROW) {
        struct answer stored = read_answer(rows);
        if (count == ledger->answer_count) {
            fail(ledger, "the database has answer %" PRIu32 ", which no kiosk said", stored.seq);
            return count;
        }
        const struct answer *said = &ledger->answers[count].answer;
        if (!is_same(&stored, said)) {
            fail(ledger,
                 "the database has answer %" PRIu32 " (question %u, value %u) where %" PRIu32
                 " (question %u, value %u) was said",
                 stored.seq, stored.question, stored.value, said->seq, said->question, said->value);
            return count;
        }
        count++;
    }
    if (code != SQLITE_DONE)
        fail(ledger, "the database cannot be read: %s", sqlite3_errmsg(sqlite3_db_handle(rows)));
    return count;
}

static sqlite3_stmt *prepare(struct ledger *ledger, sqlite3 *database, const char *sql)
{
    sqlite3_stmt *statement = NULL;

    if (sqlite3_prepare_v2(database, sql, -1, &statement, NULL) != SQLITE_OK) {
        fail(ledger, "the database cannot be read: %s", sqlite3_errmsg(database));
        return NULL;
    }
    sqlite3_bind_int64(statement, 1, (sqlite3_int64)ledger->journal_id);
    return statement;
}

/* Nothing lost, nothing kept aside. */
static void check_aside(struct ledger *ledger, sqlite3 *database)
{
    sqlite3_stmt *statement =
        prepare(ledger, database,
                "SELECT (SELECT count(*) FROM lost WHERE journal = j.id),"
                " (SELECT count(*) FROM conflict WHERE journal = j.id) FROM journal j WHERE journal_id = ?1");

    if (statement == NULL)
        return;
    if (sqlite3_step(statement) != SQLITE_ROW)
        fail(ledger, "the database does not know the journal");
    else if (sqlite3_column_int64(statement, 0) + sqlite3_column_int64(statement, 1) > 0)
        fail(ledger, "the database says that answers were lost, or has some twice");
    sqlite3_finalize(statement);
}

size_t ledger_check(struct ledger *ledger, struct sqlite3 *database)
{
    if (!ledger_is_settled(ledger))
        fail(ledger, "%zu of %zu taps were said, %zu of %zu answers acknowledged", ledger->taps_seen,
             ledger->tap_count, ledger->acked_count, ledger->answer_count);
    if (ledger->answer_count == 0)
        return 0;
    sqlite3_stmt *rows =
        prepare(ledger, database,
                "SELECT seq, visit_back, question, value, a.boot, a.uptime_s FROM answer a JOIN journal j"
                " ON j.id = a.journal WHERE j.journal_id = ?1 AND seq >= ?2 ORDER BY seq");
    if (rows == NULL)
        return 0;
    sqlite3_bind_int64(rows, 2, ledger->answers[0].answer.seq);
    size_t count = compare_rows(ledger, rows);
    sqlite3_finalize(rows);
    if (count < ledger->answer_count)
        fail(ledger, "the database has %zu of %zu answers", count, ledger->answer_count);
    check_aside(ledger, database);
    return count;
}
