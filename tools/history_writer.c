/* SPDX-License-Identifier: MIT */
#include "history_writer.h"

#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "daemon/instant.h"
#include "daemon/store_help.h"
#include "daemon/tally.h"
#include "daemon/visit.h"
#include "protocol/vocabulary.h"

#define KIOSKS_MAX 64
#define ROWS_AT_ONCE 32 /* in one INSERT: a cursor that stays where it is finds the next key for nothing */
#define ANSWER_COLUMNS 11
#define VISIT_COLUMNS (9 + VISIT_REPLY_COUNT + 1)
#define COLUMNS_MAX 17
#define SQL_SIZE 8192
#define NOTHING STORE_HELP_NULL /* NULL in a column */

/* Rows of one table that wait for their INSERT. */
struct rows {
    const char *table;
    int columns;
    sqlite3_stmt *many, *one;
    int64_t values[ROWS_AT_ONCE][COLUMNS_MAX];
    size_t count;
};

struct registered {
    int64_t kiosk, journal;
    uint64_t kiosk_id, journal_id;
    char name[STORE_NAME_SIZE_MAX + 1];
    uint16_t boot;
    int64_t heard_ms; /* last */
    uint32_t through;
};

struct silence {
    int64_t kiosk, from_ms, to_ms;
};

struct history_writer {
    const char *path;
    struct store_options options;
    bool is_through_store;
    struct store *store; /* at the beginning and at the end, or all the time */
    struct store_error error;
    struct zone *zone;
    struct registered kiosks[KIOSKS_MAX];
    size_t kiosk_count;
    struct silence *silences; /* written at the end */
    size_t silence_count;
    struct registered *now; /* whose answers come */
    int64_t calls;          /* so far; the number of the newest */
    /* straight into the tables: */
    sqlite3 *db;
    sqlite3_stmt *anchor, *presence_on, *presence_off, *help_call, *help_visit, *fate, *tally, *journal;
    struct rows answers, visits;
    struct tally_book *book, *whole; /* of a kiosk; of all */
    struct visit_window window;
    uint64_t visited; /* visits up to there are written */
    int64_t floor_ms, newest_ms;
    uint16_t floor_boot;
    uint32_t floor_uptime_s;
    int32_t anchored; /* the boot whose beginning is written; -1: none */
    char *indexes;    /* SQL of those that are made at the end */
};

/* What there will be of a database that is not whole: its file and those beside it, but what is there already. */
static char unfinished[4][PATH_MAX];

static void unfinished_name(const char *path)
{
    static const char *const ends[] = {"", "-wal", "-shm", ".lock"};

    for (size_t i = 0; i < sizeof ends / sizeof ends[0]; i++) {
        snprintf(unfinished[i], sizeof unfinished[i], "%s%s", path, ends[i]);
        if (access(unfinished[i], F_OK) == 0)
            unfinished[i][0] = '\0';
    }
}

void history_abandon(void)
{
    for (size_t i = 0; i < sizeof unfinished / sizeof unfinished[0]; i++) {
        if (unfinished[i][0] != '\0')
            unlink(unfinished[i]);
    }
}

_Noreturn void history_fail(const char *text)
{
    fprintf(stderr, "%smake-history: %s\n", isatty(STDERR_FILENO) ? "\r\033[K" : "", text);
    history_abandon();
    exit(1);
}

static void must(struct history_writer *writer, enum store_status status)
{
    if (status != STORE_OK)
        history_fail(writer->error.text);
}

static void sql_must(struct history_writer *writer, bool is_good)
{
    if (is_good)
        return;
    if (sqlite3_errcode(writer->db) == SQLITE_FULL)
        history_fail("no space left: free some, name a file elsewhere, or ask for fewer --answers");
    history_fail(sqlite3_errmsg(writer->db));
}

static void execute(struct history_writer *writer, const char *sql)
{
    sql_must(writer, sqlite3_exec(writer->db, sql, NULL, NULL, NULL) == SQLITE_OK);
}

static sqlite3_stmt *prepare(struct history_writer *writer, const char *sql)
{
    sqlite3_stmt *statement = NULL;

    sql_must(writer, sqlite3_prepare_v3(writer->db, sql, -1, SQLITE_PREPARE_PERSISTENT, &statement, NULL) ==
                         SQLITE_OK);
    return statement;
}

/* Give the statement these values, from its first parameter, and run it. */
static void run(struct history_writer *writer, sqlite3_stmt *statement, const int64_t *values, int count)
{
    for (int i = 0; i < count; i++) {
        if (values[i] == NOTHING)
            sqlite3_bind_null(statement, i + 1);
        else
            sqlite3_bind_int64(statement, i + 1, values[i]);
    }
    sql_must(writer, sqlite3_step(statement) == SQLITE_DONE);
    sqlite3_reset(statement);
}

/* Rows -------------------------------------------------------------------------------------------------------- */

static sqlite3_stmt *insert_prepare(struct history_writer *writer, const char *table, int columns, int count)
{
    char sql[SQL_SIZE];
    int size = snprintf(sql, sizeof sql, "INSERT INTO %s VALUES ", table);

    for (int i = 0; i < count * columns; i++)
        size += snprintf(sql + size, sizeof sql - (size_t)size, "%s?%s",
                         i % columns != 0 ? ","
                         : i == 0         ? "("
                                          : ",(",
                         i % columns == columns - 1 ? ")" : "");
    return prepare(writer, sql);
}

static void rows_start(struct history_writer *writer, struct rows *rows, const char *table, int columns)
{
    rows->table = table;
    rows->columns = columns;
    rows->many = insert_prepare(writer, table, columns, ROWS_AT_ONCE);
    rows->one = insert_prepare(writer, table, columns, 1);
}

static void rows_flush(struct history_writer *writer, struct rows *rows)
{
    for (size_t i = 0; i < rows->count; i++)
        run(writer, rows->one, rows->values[i], rows->columns);
    rows->count = 0;
}

/* The values of the next row. */
static int64_t *rows_next(struct history_writer *writer, struct rows *rows)
{
    if (rows->count == ROWS_AT_ONCE) {
        for (int i = 0; i < ROWS_AT_ONCE; i++)
            for (int k = 0; k < rows->columns; k++) {
                int parameter = i * rows->columns + k + 1;

                if (rows->values[i][k] == NOTHING)
                    sqlite3_bind_null(rows->many, parameter);
                else
                    sqlite3_bind_int64(rows->many, parameter, rows->values[i][k]);
            }
        run(writer, rows->many, NULL, 0);
        rows->count = 0;
    }
    return rows->values[rows->count++];
}

/* Beginning and end ------------------------------------------------------------------------------------------- */

static void store_start(struct history_writer *writer)
{
    must(writer, store_open(&writer->options, &writer->store, &writer->error));
    must(writer, store_begin(writer->store, &writer->error));
}

static void store_end(struct history_writer *writer)
{
    must(writer, store_commit(writer->store, &writer->error));
    store_close(writer->store);
    writer->store = NULL;
}

/* The indexes of the tallies are made when all of them are there. */
static void indexes_put_off(struct history_writer *writer)
{
    sqlite3_stmt *row =
        prepare(writer, "SELECT group_concat(sql, ';'), group_concat('DROP INDEX ' || name, ';')"
                        " FROM sqlite_schema WHERE type = 'index' AND tbl_name = 'tally'"
                        " AND sql IS NOT NULL");
    char *drop;

    sql_must(writer, sqlite3_step(row) == SQLITE_ROW);
    writer->indexes = strdup((const char *)sqlite3_column_text(row, 0));
    drop = strdup((const char *)sqlite3_column_text(row, 1));
    if (writer->indexes == NULL || drop == NULL)
        history_fail("out of memory");
    sqlite3_finalize(row);
    execute(writer, drop);
    free(drop);
}

static void tables_open(struct history_writer *writer)
{
    sql_must(writer, sqlite3_open_v2(writer->path, &writer->db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX,
                                     NULL) == SQLITE_OK);
    execute(writer, "PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA locking_mode = EXCLUSIVE;"
                    "PRAGMA cache_size = -65536; BEGIN");
    indexes_put_off(writer);
    rows_start(writer, &writer->answers, "answer", ANSWER_COLUMNS);
    rows_start(writer, &writer->visits, "visit", VISIT_COLUMNS);
    writer->tally = insert_prepare(writer, "tally", 4 + TALLY_MEASURE_COUNT, 1);
    writer->anchor = prepare(writer, "INSERT OR REPLACE INTO anchor VALUES (?1, ?2, ?3)");
    writer->presence_on = prepare(writer, "INSERT OR REPLACE INTO presence VALUES (?1, ?2, ?3)");
    writer->presence_off = prepare(writer, "DELETE FROM presence WHERE kiosk = ?1 AND staff = ?2");
    writer->help_call =
        prepare(writer, "INSERT INTO help_call (kind, journal, seq, visit, kiosk, called_ms, arrived_ms,"
                        " state) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)");
    writer->help_visit = prepare(writer, STORE_HELP_VISIT_SQL);
    writer->fate =
        prepare(writer, "UPDATE help_call SET state = ?2, raised_ms = ?3, told = ?4,"
                        " acknowledged_ms = ?5, acknowledged_by = ?6, closed_ms = ?7, closed_by = ?8,"
                        " outcome = ?9 WHERE id = ?1");
    writer->journal = prepare(writer, "UPDATE journal SET through = ?2, floor_ms = ?3, floor_boot = ?4,"
                                      " floor_uptime_s = ?5 WHERE id = ?1");
    writer->book = tally_book_create(writer->zone);
    writer->whole = tally_book_create(writer->zone);
    if (writer->book == NULL || writer->whole == NULL)
        history_fail("out of memory");
}

struct place {
    struct tally_key key;
    size_t row; /* of the book */
};

static int places_compare(const void *a, const void *b)
{
    const struct tally_key *left = &((const struct place *)a)->key;
    const struct tally_key *right = &((const struct place *)b)->key;

    if (left->level != right->level)
        return left->level < right->level ? -1 : 1;
    if (left->start_ms != right->start_ms)
        return left->start_ms < right->start_ms ? -1 : 1;
    return (left->staff > right->staff) - (left->staff < right->staff);
}

/* All that was counted of a kiosk, or of the store, in the order of the table's keys. */
static void tallies_write(struct history_writer *writer, struct tally_book *book)
{
    size_t count = tally_book_count(book);
    struct place *places = malloc((count + 1) * sizeof *places);
    int64_t values[4 + TALLY_MEASURE_COUNT];

    if (places == NULL || tally_book_failed(book))
        history_fail("out of memory");
    for (size_t i = 0; i < count; i++)
        places[i] = (struct place){tally_book_row(book, i)->key, i};
    qsort(places, count, sizeof *places, places_compare);
    for (size_t i = 0; i < count; i++) {
        const struct tally_key *key = &places[i].key;

        memcpy(values, (int64_t[]){key->level, key->start_ms, key->kiosk, key->staff}, 4 * sizeof *values);
        memcpy(values + 4, tally_book_row(book, places[i].row)->n, TALLY_MEASURE_COUNT * sizeof *values);
        run(writer, writer->tally, values, 4 + TALLY_MEASURE_COUNT);
    }
    free(places);
    tally_book_clear(book);
}

static void tables_close(struct history_writer *writer)
{
    sqlite3_stmt *newest = prepare(writer, "UPDATE store SET newest_commit_ms = ?1");
    sqlite3_stmt *statements[] = {writer->answers.many,
                                  writer->answers.one,
                                  writer->visits.many,
                                  writer->visits.one,
                                  writer->tally,
                                  writer->anchor,
                                  writer->presence_on,
                                  writer->presence_off,
                                  writer->help_call,
                                  writer->help_visit,
                                  writer->fate,
                                  writer->journal,
                                  newest};
    int fd;

    tallies_write(writer, writer->whole);
    run(writer, newest, &writer->newest_ms, 1);
    execute(writer, writer->indexes);
    free(writer->indexes);
    execute(writer, "COMMIT");
    for (size_t i = 0; i < sizeof statements / sizeof statements[0]; i++)
        sqlite3_finalize(statements[i]);
    tally_book_destroy(writer->book);
    tally_book_destroy(writer->whole);
    sql_must(writer, sqlite3_close(writer->db) == SQLITE_OK);
    fd = open(writer->path, O_RDWR | O_CLOEXEC);
    if (fd < 0 || fsync(fd) != 0)
        history_fail("the file does not reach the disk");
    close(fd);
}

struct history_writer *history_writer_open(const char *path, const char *timezone, bool is_through_store)
{
    struct history_writer *writer = calloc(1, sizeof *writer);

    if (writer == NULL)
        history_fail("out of memory");
    writer->path = path;
    writer->options = (struct store_options){.path = path, .store_name = "Corner shop", .timezone = timezone};
    writer->is_through_store = is_through_store;
    writer->newest_ms = INSTANT_UNKNOWN;
    if (strlen(path) > PATH_MAX - sizeof ".lock")
        history_fail("the file's name is too long");
    if (access(path, F_OK) == 0)
        history_fail("the file exists: name a new one");
    unfinished_name(path);
    store_start(writer);
    writer->zone = zone_create(timezone, writer->error.text, sizeof writer->error.text);
    if (writer->zone == NULL)
        history_fail(writer->error.text);
    return writer;
}

const struct zone *history_writer_zone(const struct history_writer *writer)
{
    return writer->zone;
}

static void hello(struct history_writer *writer, struct registered *kiosk, uint16_t boot, int64_t now_ms)
{
    struct message_hello hello = {.major = PROTOCOL_MAJOR,
                                  .firmware = "0.1.0",
                                  .kiosk_id = kiosk->kiosk_id,
                                  .journal_id = kiosk->journal_id,
                                  .oldest = kiosk->through + 1,
                                  .next = kiosk->through + 1,
                                  .boot = boot};
    const struct store_visitor visitor = {
        .hello = &hello, .port = kiosk->name, .is_auto_adopt = true, .now_ms = now_ms};
    struct store_admitted admitted;

    must(writer, store_hello(writer->store, &visitor, &admitted, &writer->error));
    kiosk->kiosk = admitted.kiosk;
    kiosk->journal = admitted.journal;
    kiosk->kiosk_id = admitted.kiosk_id;
    kiosk->journal_id = admitted.journal_id;
}

void history_writer_silence(struct history_writer *writer, bool is_of_everybody, int64_t from_ms,
                            int64_t to_ms)
{
    struct silence *larger =
        realloc(writer->silences, (writer->silence_count + 1) * sizeof *writer->silences);

    if (larger == NULL)
        history_fail("out of memory");
    larger[writer->silence_count++] =
        (struct silence){is_of_everybody ? 0 : writer->now->kiosk, from_ms, to_ms};
    writer->silences = larger;
}

/* Through the store's connection, in its transaction: heartbeats by the minute would take for ever. */
static void hearing_write(struct history_writer *writer)
{
    char sql[128];

    writer->db = store_connection(writer->store);
    for (size_t i = 0; i < writer->silence_count; i++) {
        const struct silence *silence = &writer->silences[i];

        snprintf(sql, sizeof sql, "INSERT INTO silence VALUES (%" PRId64 ", %" PRId64 ", %" PRId64 ")",
                 silence->kiosk, silence->from_ms, silence->to_ms);
        execute(writer, sql);
    }
    for (size_t i = 0; i < writer->kiosk_count; i++) {
        snprintf(sql, sizeof sql,
                 "INSERT INTO hearing SELECT id, adopted_ms, %" PRId64 " FROM kiosk WHERE id = %" PRId64,
                 writer->kiosks[i].heard_ms, writer->kiosks[i].kiosk);
        execute(writer, sql);
    }
    free(writer->silences);
}

void history_writer_close(struct history_writer *writer)
{
    if (writer->db != NULL)
        tables_close(writer);
    if (writer->store == NULL)
        store_start(writer);
    hearing_write(writer);
    for (size_t i = 0; i < writer->kiosk_count; i++)
        hello(writer, &writer->kiosks[i], writer->kiosks[i].boot, writer->kiosks[i].heard_ms);
    store_end(writer);
    memset(unfinished, 0, sizeof unfinished);
    zone_destroy(writer->zone);
    free(writer);
}

void history_writer_staff(struct history_writer *writer, const char *name, int64_t now_ms)
{
    uint16_t id;

    must(writer, store_staff_add(writer->store, name, now_ms, &id, &writer->error));
}

void history_writer_kiosk(struct history_writer *writer, const char *name, int64_t now_ms)
{
    struct registered *kiosk = &writer->kiosks[writer->kiosk_count++];

    if (writer->kiosk_count > KIOSKS_MAX)
        history_fail("too many kiosks");
    snprintf(kiosk->name, sizeof kiosk->name, "%s", name);
    kiosk->heard_ms = now_ms;
    hello(writer, kiosk, 1, now_ms);
    hello(writer, kiosk, 1, now_ms);
}

/* Answers ----------------------------------------------------------------------------------------------------- */

void history_writer_begin(struct history_writer *writer, size_t kiosk)
{
    writer->now = &writer->kiosks[kiosk];
    visit_window_init(&writer->window);
    writer->visited = 0;
    writer->floor_ms = INSTANT_UNKNOWN;
    writer->anchored = -1;
    if (writer->is_through_store || writer->db != NULL)
        return;
    store_end(writer);
    tables_open(writer);
}

static void visit_write(struct history_writer *writer, const struct visit *visit)
{
    int64_t *values = rows_next(writer, &writer->visits);
    const int64_t first[] = {writer->now->journal, visit->seq,  visit->time.instant_ms,
                             visit->time.span_ms,  visit->boot, visit->uptime_s,
                             visit->rating,        visit->flag, visit->is_burst};
    size_t count = sizeof first / sizeof first[0];

    memcpy(values, first, sizeof first);
    for (size_t i = 0; i < VISIT_REPLY_COUNT; i++)
        values[count + i] = visit->replies[i] == VISIT_NOT_SHOWN ? NOTHING : visit->replies[i];
    values[count + VISIT_REPLY_COUNT] = visit->is_mash;
    if (visit->replies[VISIT_REPLY(QUESTION_HELP)] == HELP_YES) {
        int64_t kept[STORE_HELP_VISIT_VALUES];

        store_help_visit_values(writer->zone, writer->now->journal, visit, kept);
        run(writer, writer->help_visit, kept, STORE_HELP_VISIT_VALUES);
    }
    tally_book_add_visit(writer->book, writer->now->kiosk, visit, 1);
}

static void visits_write(struct history_writer *writer, uint64_t next)
{
    const struct visit *visit;

    while ((visit = visit_window_settled(&writer->window, &writer->visited, next)) != NULL)
        visit_write(writer, visit);
}

static void on_change(void *context, const struct visit *visit, int sign)
{
    (void)context, (void)visit, (void)sign; /* it is counted when it is written */
}

static void on_stray(void *context, enum visit_stray reason, const struct visit_time *time)
{
    struct history_writer *writer = context;

    tally_book_add_stray(writer->book, writer->now->kiosk, reason, time);
}

static void on_leave(void *context, struct visit *visit)
{
    (void)context, (void)visit; /* it was written before */
}

static struct instant instant_find(struct history_writer *writer, const struct store_origin *origin,
                                   const struct answer *answer)
{
    const struct instant_known known = {
        .boot = origin->boot,
        .boot_started_ms = origin->boot_started_ms,
        .arrived_ms = origin->arrived_ms,
        .is_clock_good = origin->is_clock_good,
        .newest_commit_ms = INSTANT_UNKNOWN,
        .anchor_ms = INSTANT_UNKNOWN, /* no boot's answers come in two sessions */
        .heard_ms = answer->boot == origin->boot ? INSTANT_UNKNOWN : writer->now->heard_ms,
        .floor_ms = writer->floor_ms,
        .floor_boot = writer->floor_boot,
        .floor_uptime_s = writer->floor_uptime_s,
    };
    return instant_of(answer, &known);
}

/* What else the store does with an answer of these questions. */
static void aside_write(struct history_writer *writer, const struct store_origin *origin,
                        const struct answer *answer, const struct instant *instant)
{
    const struct registered *now = writer->now;
    int64_t pressed_ms = answer->boot == origin->boot
                             ? origin->boot_started_ms + (int64_t)answer->uptime_s * 1000
                             : instant->time.instant_ms;
    bool is_late;

    if (answer->question == QUESTION_SIGN_ON)
        run(writer, writer->presence_on, (int64_t[]){now->kiosk, answer->value, instant->time.instant_ms}, 3);
    if (answer->question == QUESTION_SIGN_OFF)
        run(writer, writer->presence_off, (int64_t[]){now->kiosk, answer->value}, 2);
    if (answer->question != QUESTION_HELP || answer->value != HELP_YES)
        return;
    if (pressed_ms > origin->arrived_ms)
        pressed_ms = origin->arrived_ms;
    is_late = origin->arrived_ms - pressed_ms > STORE_HELP_LATE_MS;
    run(writer, writer->help_call,
        (int64_t[]){CALL_KIND_HELP, now->journal, answer->seq, answer->seq - answer->visit_back, now->kiosk,
                    pressed_ms, origin->arrived_ms, is_late ? CALL_MISSED : CALL_OPEN},
        8);
}

static void answer_write(struct history_writer *writer, const struct store_origin *origin,
                         const struct answer *answer)
{
    static const struct visit_listener quiet = {
        .on_change = on_change, .on_stray = on_stray, .on_leave = on_leave};
    struct visit_listener listener = quiet;
    struct instant instant = instant_find(writer, origin, answer);
    const int64_t values[ANSWER_COLUMNS] = {
        origin->journal,      answer->seq,     answer->visit_back, answer->question,
        answer->value,        answer->boot,    answer->uptime_s,   instant.time.instant_ms,
        instant.time.span_ms, instant.quality, origin->arrived_ms};

    listener.context = writer;
    memcpy(rows_next(writer, &writer->answers), values, sizeof values);
    if (answer->question > QUESTION_FLAG || answer->question == QUESTION_HELP)
        aside_write(writer, origin, answer, &instant);
    visits_write(writer, answer->seq);
    visit_window_apply(&writer->window, answer, &instant.time, &listener);
    if (answer->boot == origin->boot && writer->anchored != answer->boot) {
        run(writer, writer->anchor, (int64_t[]){origin->journal, answer->boot, origin->boot_started_ms}, 3);
        writer->anchored = answer->boot;
    }
    writer->now->through = answer->seq;
    writer->floor_ms = instant.time.instant_ms;
    writer->floor_boot = answer->boot;
    writer->floor_uptime_s = answer->uptime_s;
}

void history_writer_answers(struct history_writer *writer, struct store_origin *origin,
                            const struct answer *answers, size_t count)
{
    struct store_ingested ingested;

    origin->kiosk = writer->now->kiosk;
    origin->journal = writer->now->journal;
    for (size_t i = 0; i < count; i++)
        writer->calls += answers[i].question == QUESTION_HELP && answers[i].value == HELP_YES ? 1 : 0;
    if (origin->arrived_ms > writer->newest_ms)
        writer->newest_ms = origin->arrived_ms;
    if (writer->is_through_store) {
        must(writer, store_answers(writer->store, origin, answers, count, &ingested, &writer->error));
        writer->now->through = ingested.through;
        return;
    }
    for (size_t i = 0; i < count; i++)
        answer_write(writer, origin, &answers[i]);
}

static void call_through_store(struct history_writer *writer, const struct history_call *call)
{
    static const char *const outcomes[] = {"", "solved", "handed_on", "could_not", "abuse"};
    char id[24], staff[8];

    snprintf(id, sizeof id, "%lld", (long long)writer->calls);
    snprintf(staff, sizeof staff, "%u", call->staff);
    must(writer, store_help_raised(writer->store, writer->calls, call->raised_ms, &writer->error));
    must(writer, store_help_told(writer->store, writer->calls, STORE_HELP_COMMAND, &writer->error));
    if (call->acknowledged_ms != 0)
        must(writer, store_help_acknowledge(writer->store, id, staff, call->acknowledged_ms, &writer->error));
    if (call->closed_ms != 0)
        must(writer, store_help_close(writer->store, id, outcomes[call->outcome], NULL, staff,
                                      call->closed_ms, &writer->error));
}

void history_writer_call(struct history_writer *writer, const struct history_call *call)
{
    bool is_acknowledged = call->acknowledged_ms != 0, is_closed = call->closed_ms != 0;

    if (writer->is_through_store) {
        call_through_store(writer, call);
        return;
    }
    run(writer, writer->fate,
        (int64_t[]){writer->calls,
                    is_closed         ? CALL_CLOSED
                    : is_acknowledged ? CALL_ACKNOWLEDGED
                                      : CALL_OPEN,
                    call->raised_ms, STORE_HELP_COMMAND, is_acknowledged ? call->acknowledged_ms : NOTHING,
                    is_acknowledged ? call->staff : NOTHING, is_closed ? call->closed_ms : NOTHING,
                    is_closed ? call->staff : NOTHING, is_closed ? (int64_t)call->outcome : NOTHING},
        9);
}

void history_writer_end(struct history_writer *writer, uint16_t boot, int64_t now_ms)
{
    if (!writer->is_through_store) {
        visits_write(writer, (uint64_t)writer->now->through + VISIT_WINDOW_CAPACITY);
        rows_flush(writer, &writer->answers);
        rows_flush(writer, &writer->visits);
        tally_book_add_store(writer->whole, writer->book);
        tallies_write(writer, writer->book);
        run(writer, writer->journal,
            (int64_t[]){writer->now->journal, writer->now->through, writer->floor_ms, writer->floor_boot,
                        writer->floor_uptime_s},
            5);
    }
    writer->now->boot = boot;
    writer->now->heard_ms = now_ms;
}
