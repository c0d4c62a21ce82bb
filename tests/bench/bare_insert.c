/* SPDX-License-Identifier: MIT
 *
 * bare_insert.c - the limit of ingest: the rows of a database written again by nothing but SQLite.
 *
 *   bare_insert SOURCE FOLDER BATCH
 *
 * The answers of SOURCE, in the order in which they arrived, go through the store's own code into a copy without them, BATCH
 * to a transaction, while each statement that writes is noted with what is bound to it. The notes are then played into
 * another such copy through statements that were prepared before: the same rows, indexes and tallies, transactions and
 * checkpoints on the same disk, and no code of ours in between. That is what is timed, and beside it the store's own code
 * on a third copy. FOLDER is to be on the disk that is meant. Prints one object of JSON; times are in seconds.
 *
 * The linker puts __wrap_NAME in the place of what the store calls of SQLite.
 */
#include <inttypes.h>
#include <limits.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include "daemon/store.h"

#define STATEMENTS_MAX 64

enum note_kind { NOTE_CLEAR, NOTE_INTEGER, NOTE_RUN, NOTE_CHECKPOINT };

struct note {
    uint8_t kind, statement;
    int16_t parameter;
    int64_t value;
};

struct arrived {
    struct store_origin origin;
    struct answer answer;
};

/* The wrapped calls have no context. */
static struct {
    bool is_on;
    sqlite3_stmt *statements[STATEMENTS_MAX];
    char *sql[STATEMENTS_MAX];
    uint8_t statement_count;
    struct note *notes;
    size_t count, capacity;
} notebook;

static _Noreturn void fail(const char *what, const char *why)
{
    fprintf(stderr, "bare_insert: %s: %s\n", what, why);
    exit(EXIT_FAILURE);
}

/* Noting ---------------------------------------------------------------------------------------------------------- */

int __real_sqlite3_step(sqlite3_stmt *statement);
int __real_sqlite3_clear_bindings(sqlite3_stmt *statement);
int __real_sqlite3_bind_int64(sqlite3_stmt *statement, int parameter, sqlite3_int64 value);
int __real_sqlite3_bind_int(sqlite3_stmt *statement, int parameter, int value);
int __real_sqlite3_bind_text(sqlite3_stmt *statement, int parameter, const char *text, int size,
                             void (*free)(void *));
int __real_sqlite3_wal_checkpoint_v2(sqlite3 *db, const char *schema, int mode, int *in_log, int *done);
int __wrap_sqlite3_step(sqlite3_stmt *statement);
int __wrap_sqlite3_clear_bindings(sqlite3_stmt *statement);
int __wrap_sqlite3_bind_int64(sqlite3_stmt *statement, int parameter, sqlite3_int64 value);
int __wrap_sqlite3_bind_int(sqlite3_stmt *statement, int parameter, int value);
int __wrap_sqlite3_bind_text(sqlite3_stmt *statement, int parameter, const char *text, int size,
                             void (*free)(void *));
int __wrap_sqlite3_wal_checkpoint_v2(sqlite3 *db, const char *schema, int mode, int *in_log, int *done);

static uint8_t number_of(sqlite3_stmt *statement)
{
    for (uint8_t i = 0; i < notebook.statement_count; i++) {
        if (notebook.statements[i] == statement)
            return i;
    }
    if (notebook.statement_count == STATEMENTS_MAX)
        fail("too many statements", sqlite3_sql(statement));
    notebook.statements[notebook.statement_count] = statement;
    notebook.sql[notebook.statement_count] = strdup(sqlite3_sql(statement));
    return notebook.statement_count++;
}

static void write_note(enum note_kind kind, sqlite3_stmt *statement, int parameter, int64_t value)
{
    if (!notebook.is_on || (statement != NULL && strncasecmp(sqlite3_sql(statement), "SELECT", 6) == 0))
        return;
    if (notebook.count == notebook.capacity) {
        notebook.capacity = notebook.capacity == 0 ? 65536 : notebook.capacity * 2;
        notebook.notes = realloc(notebook.notes, notebook.capacity * sizeof *notebook.notes);
        if (notebook.notes == NULL)
            fail("notes", "out of memory");
    }
    notebook.notes[notebook.count++] =
        (struct note){(uint8_t)kind, statement == NULL ? 0 : number_of(statement), (int16_t)parameter, value};
}

int __wrap_sqlite3_step(sqlite3_stmt *statement)
{
    write_note(NOTE_RUN, statement, 0, 0);
    return __real_sqlite3_step(statement);
}

int __wrap_sqlite3_clear_bindings(sqlite3_stmt *statement)
{
    write_note(NOTE_CLEAR, statement, 0, 0);
    return __real_sqlite3_clear_bindings(statement);
}

int __wrap_sqlite3_bind_int64(sqlite3_stmt *statement, int parameter, sqlite3_int64 value)
{
    write_note(NOTE_INTEGER, statement, parameter, value);
    return __real_sqlite3_bind_int64(statement, parameter, value);
}

int __wrap_sqlite3_bind_int(sqlite3_stmt *statement, int parameter, int value)
{
    write_note(NOTE_INTEGER, statement, parameter, value);
    return __real_sqlite3_bind_int(statement, parameter, value);
}

int __wrap_sqlite3_bind_text(sqlite3_stmt *statement, int parameter, const char *text, int size,
                             void (*free)(void *))
{
    if (notebook.is_on)
        fail("an answer wrote text", sqlite3_sql(statement));
    return __real_sqlite3_bind_text(statement, parameter, text, size, free);
}

int __wrap_sqlite3_wal_checkpoint_v2(sqlite3 *db, const char *schema, int mode, int *in_log, int *done)
{
    write_note(NOTE_CHECKPOINT, NULL, 0, mode);
    return __real_sqlite3_wal_checkpoint_v2(db, schema, mode, in_log, done);
}

/* Databases ------------------------------------------------------------------------------------------------------- */

static sqlite3 *open_database(const char *path, int flags)
{
    sqlite3 *db;

    if (sqlite3_open_v2(path, &db, flags, NULL) != SQLITE_OK)
        fail(path, sqlite3_errmsg(db));
    return db;
}

static void execute(sqlite3 *db, const char *sql)
{
    char *error;

    if (sqlite3_exec(db, sql, NULL, NULL, &error) != SQLITE_OK)
        fail(sql, error);
}

/* As the daemon opens it (store.c). */
static void execute_settings(sqlite3 *db)
{
    execute(db, "PRAGMA journal_mode = WAL; PRAGMA secure_delete = ON; PRAGMA synchronous = FULL;"
                " PRAGMA wal_autocheckpoint = 0; PRAGMA wal_checkpoint(TRUNCATE)");
}

/* Kiosks and journals as they were before the first answer. */
static void make_copy(sqlite3 *source, const char *path)
{
    char sql[3 * PATH_MAX + 32];

    snprintf(sql, sizeof sql, "VACUUM INTO '%s'", path);
    execute(source, sql);
    sqlite3 *copy = open_database(path, SQLITE_OPEN_READWRITE);
    execute(
        copy,
        "DELETE FROM answer; DELETE FROM visit; DELETE FROM tally; DELETE FROM anchor; DELETE FROM help_call;"
        " UPDATE journal SET through = begins_after, duplicates = 0, floor_ms = NULL, floor_boot = NULL,"
        " floor_uptime_s = NULL; UPDATE store SET newest_commit_ms = NULL; VACUUM");
    sqlite3_close(copy);
}

static struct arrived read_row(sqlite3_stmt *row)
{
    return (struct arrived){
        .origin = {.kiosk = sqlite3_column_int64(row, 0),
                   .journal = sqlite3_column_int64(row, 1),
                   .boot = (uint16_t)sqlite3_column_int(row, 6),
                   .boot_started_ms = sqlite3_column_int64(row, 9),
                   .arrived_ms = sqlite3_column_int64(row, 8),
                   .is_clock_good = true},
        .answer = {.seq = (uint32_t)sqlite3_column_int64(row, 2),
                   .visit_back = (uint8_t)sqlite3_column_int(row, 3),
                   .question = (uint8_t)sqlite3_column_int(row, 4),
                   .value = (uint16_t)sqlite3_column_int(row, 5),
                   .boot = (uint16_t)sqlite3_column_int(row, 6),
                   .uptime_s = (uint32_t)sqlite3_column_int64(row, 7)},
    };
}

static struct arrived *read_answers(sqlite3 *source, size_t *count)
{
    static const char sql[] = "SELECT j.kiosk, a.journal, seq, visit_back, question, value, a.boot, "
                              "a.uptime_s, arrived_ms, started_ms"
                              " FROM answer a JOIN journal j ON j.id = a.journal JOIN anchor n ON n.journal "
                              "= a.journal AND n.boot = a.boot"
                              " ORDER BY arrived_ms, a.journal, seq";
    struct arrived *answers = NULL;
    size_t capacity = 0;
    sqlite3_stmt *row;

    if (sqlite3_prepare_v2(source, sql, -1, &row, NULL) != SQLITE_OK)
        fail("source", sqlite3_errmsg(source));
    for (*count = 0; sqlite3_step(row) == SQLITE_ROW; (*count)++) {
        if (*count == capacity) {
            capacity = capacity == 0 ? 4096 : capacity * 2;
            answers = realloc(answers, capacity * sizeof *answers);
            if (answers == NULL)
                fail("answers", "out of memory");
        }
        answers[*count] = read_row(row);
    }
    sqlite3_finalize(row);
    return answers;
}

/* The store ------------------------------------------------------------------------------------------------------- */

static void must(enum store_status status, const struct store_error *error)
{
    if (status != STORE_OK)
        fail("store", error->text);
}

/* One frame's worth from here: of one journal, arrived together. */
static size_t send_frame(struct store *store, const struct arrived *arrived, size_t left,
                         struct store_error *error)
{
    struct answer answers[ANSWERS_CAPACITY];
    struct store_ingested ingested;
    size_t count = 0;

    while (count < left && count < ANSWERS_CAPACITY &&
           arrived[count].origin.journal == arrived->origin.journal &&
           arrived[count].origin.arrived_ms == arrived->origin.arrived_ms) {
        answers[count] = arrived[count].answer;
        count++;
    }
    must(store_answers(store, &arrived->origin, answers, count, &ingested, error), error);
    return count;
}

static void run_store(const char *path, const struct arrived *arrived, size_t count, size_t batch)
{
    const struct store_options options = {.path = path, .store_name = "Bench", .timezone = "UTC"};
    struct store_error error;
    struct store *store;

    must(store_open(&options, &store, &error), &error);
    notebook.is_on = notebook.count == 0;
    for (size_t sent = 0; sent < count;) {
        size_t end = sent + batch < count ? sent + batch : count;
        must(store_begin(store, &error), &error);
        while (sent < end)
            sent += send_frame(store, &arrived[sent], count - sent, &error);
        must(store_commit(store, &error), &error);
    }
    notebook.is_on = false;
    store_close(store);
}

/* SQLite alone ---------------------------------------------------------------------------------------------------- */

static void play(sqlite3 *db, sqlite3_stmt *const statements[])
{
    for (size_t i = 0; i < notebook.count; i++) {
        const struct note *note = &notebook.notes[i];
        sqlite3_stmt *statement = statements[note->statement];
        int code;

        switch ((enum note_kind)note->kind) {
        case NOTE_CLEAR:
            sqlite3_clear_bindings(statement);
            break;
        case NOTE_INTEGER:
            sqlite3_bind_int64(statement, note->parameter, note->value);
            break;
        case NOTE_RUN:
            while ((code = sqlite3_step(statement)) == SQLITE_ROW)
                ;
            sqlite3_reset(statement);
            if (code != SQLITE_DONE)
                fail(notebook.sql[note->statement], sqlite3_errmsg(db));
            break;
        case NOTE_CHECKPOINT:
            sqlite3_wal_checkpoint_v2(db, NULL, (int)note->value, NULL, NULL);
            break;
        }
    }
}

struct timing {
    double seconds, cpu_seconds;
};

static double clock_s(clockid_t clock)
{
    struct timespec now;

    clock_gettime(clock, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static struct timing started(void)
{
    return (struct timing){clock_s(CLOCK_MONOTONIC), clock_s(CLOCK_PROCESS_CPUTIME_ID)};
}

static struct timing since(struct timing start)
{
    const struct timing now = started();

    return (struct timing){now.seconds - start.seconds, now.cpu_seconds - start.cpu_seconds};
}

static struct timing time_bare(const char *path)
{
    sqlite3 *db = open_database(path, SQLITE_OPEN_READWRITE);
    sqlite3_stmt *statements[STATEMENTS_MAX];

    execute_settings(db);
    for (uint8_t i = 0; i < notebook.statement_count; i++) {
        if (sqlite3_prepare_v3(db, notebook.sql[i], -1, SQLITE_PREPARE_PERSISTENT, &statements[i], NULL) !=
            SQLITE_OK)
            fail(notebook.sql[i], sqlite3_errmsg(db));
    }
    struct timing start = started();
    play(db, statements);
    struct timing taken = since(start);
    for (uint8_t i = 0; i < notebook.statement_count; i++)
        sqlite3_finalize(statements[i]);
    sqlite3_close(db);
    return taken;
}

static int64_t count_rows(const char *path, const char *sql)
{
    sqlite3 *db = open_database(path, SQLITE_OPEN_READWRITE);
    sqlite3_stmt *row;

    if (sqlite3_prepare_v2(db, sql, -1, &row, NULL) != SQLITE_OK || sqlite3_step(row) != SQLITE_ROW)
        fail(path, sqlite3_errmsg(db));
    int64_t count = sqlite3_column_int64(row, 0);
    sqlite3_finalize(row);
    sqlite3_close(db);
    return count;
}

/* Played right, the copies agree. */
static void compare(const char *path, const char *other)
{
    static const char sql[] =
        "SELECT (SELECT count(*) + total(seq * 7 + value) FROM answer) + (SELECT count(*) + total(seq * 5 + "
        "rating) FROM visit)"
        " + (SELECT count(*) + total(rating_1 + 2 * rating_5 + 3 * staff_named + start_ms % 977) FROM tally)";

    if (count_rows(path, sql) != count_rows(other, sql))
        fail(other, "has other rows than the store made");
}

int main(int argc, char **argv)
{
    char paths[3][PATH_MAX];
    size_t count, batch = argc == 4 ? strtoul(argv[3], NULL, 10) : 0;

    if (batch == 0 || strlen(argv[2]) > PATH_MAX - 16) {
        fprintf(stderr, "usage: bare_insert SOURCE FOLDER BATCH\n");
        return 2;
    }
    sqlite3 *source = open_database(argv[1], SQLITE_OPEN_READWRITE);
    struct arrived *answers = read_answers(source, &count);
    for (int i = 0; i < 3; i++) {
        snprintf(paths[i], sizeof paths[i], "%.4000s/copy-%d.db", argv[2], i);
        make_copy(source, paths[i]);
    }
    sqlite3_close(source);
    run_store(paths[0], answers, count, batch);
    struct timing start = started();
    run_store(paths[1], answers, count, batch);
    struct timing store = since(start);
    struct timing bare = time_bare(paths[2]);
    compare(paths[0], paths[2]);
    printf("{\"answers\": %zu, \"rows\": %" PRId64
           ", \"bare_s\": %.4f, \"bare_cpu_s\": %.4f, \"store_s\": %.4f,"
           " \"store_cpu_s\": %.4f}\n",
           count, count_rows(paths[2], "SELECT count(*) FROM answer"), bare.seconds, bare.cpu_seconds,
           store.seconds, store.cpu_seconds);
    free(answers);
    return EXIT_SUCCESS;
}
