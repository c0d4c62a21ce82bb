/* SPDX-License-Identifier: MIT
 *
 * store.c - the connection: opening, migrating, transactions, statements.
 */
#include "store_internal.h"
#include "daemon/utf8.h"
#include "store_retention.h"

#include <assert.h>
#include <errno.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>

#define BUSY_MS 5000 /* a reader may be in the way of the checkpoint at open */
#define SQL_SIZE_MAX 8192
/* Of SQLite's machine: few, since a cold disk may take its time for each. */
#define OPERATIONS_A_TELLING 10000

#define VERSION_WITH_MASH 4
#define VERSION_WITH_YEARS 8
#define VERSION_WITH_RETENTION 9
#define VERSION_WITH_SILENCES 11
#define VERSION_WITH_RETIRED_KIOSKS 12
#define VERSION_WITH_TOTALS 13
#define VERSION_WITH_CALL_TALLIES 14

#define STATEMENT_SQL(NAME, sql) sql,
static const char *const statement_sql[] = {STORE_STATEMENTS(STATEMENT_SQL)};

enum store_status store_refuse(struct store_error *error, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(error->text, sizeof error->text, format, arguments);
    va_end(arguments);
    return STORE_REFUSED;
}

/* A quota is a full disk to whoever has it; SQLite knows ENOSPC alone. file: what was written to. */
static bool is_over_quota(int code, sqlite3_file *file)
{
    int reason = 0;

    return code == SQLITE_IOERR_WRITE && file != NULL && file->pMethods != NULL &&
           file->pMethods->xFileControl(file, SQLITE_FCNTL_LAST_ERRNO, &reason) == SQLITE_OK &&
           reason == EDQUOT;
}

static sqlite3_file *file_of(struct store *store, int which)
{
    sqlite3_file *file = NULL;

    if (store->db == NULL) /* there was no memory for a connection */
        return NULL;
    return sqlite3_file_control(store->db, "main", which, &file) == SQLITE_OK ? file : NULL;
}

enum store_status store_sql_failed(struct store *store, int code, struct store_error *error)
{
    bool is_full = is_over_quota(code, file_of(store, SQLITE_FCNTL_JOURNAL_POINTER));

    switch (is_full ? SQLITE_FULL : code & 0xFF) {
    case SQLITE_FULL:
        snprintf(error->text, sizeof error->text,
                 "no space left for %.150s: free some; kiosks hold their answers", store->path);
        return STORE_FULL;
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
        snprintf(error->text, sizeof error->text,
                 "another program has locked %.150s: close it; kiosks hold their answers", store->path);
        return STORE_FULL;
    case SQLITE_INTERRUPT:
        return store_refuse(error, "it took too long: ask for a shorter period");
    default:
        snprintf(error->text, sizeof error->text, "database %.100s: %.80s (%d)", store->path,
                 sqlite3_errmsg(store->db), sqlite3_extended_errcode(store->db));
        store->is_broken = true;
        return STORE_BROKEN;
    }
}

sqlite3_stmt *store_statement(struct store *store, enum store_statement which)
{
    sqlite3_stmt *statement = store->statements[which];

    sqlite3_reset(statement);
    sqlite3_clear_bindings(statement);
    return statement;
}

void store_bind_integers(sqlite3_stmt *statement, const int64_t *values, int count)
{
    for (int i = 0; i < count; i++)
        sqlite3_bind_int64(statement, i + 1, values[i]);
}

void store_bind_text(sqlite3_stmt *statement, int parameter, const char *text)
{
    sqlite3_bind_text(statement, parameter, text, -1, SQLITE_STATIC);
}

enum store_status store_run(struct store *store, sqlite3_stmt *statement, struct store_error *error)
{
    int code;

    do {
        code = sqlite3_step(statement);
    } while (code == SQLITE_ROW);
    sqlite3_reset(statement);
    return code == SQLITE_DONE ? STORE_OK : store_sql_failed(store, code, error);
}

enum store_status store_row(struct store *store, sqlite3_stmt *statement, bool *has_row,
                            struct store_error *error)
{
    int code = sqlite3_step(statement);

    *has_row = code == SQLITE_ROW;
    if (code == SQLITE_ROW)
        return STORE_OK;
    sqlite3_reset(statement);
    return code == SQLITE_DONE ? STORE_OK : store_sql_failed(store, code, error);
}

/* Run one statement that is not kept; the first column of its first row goes to text when that is not NULL. To its
 * end: a pragma may say its row first and commit then. */
static enum store_status once(struct store *store, const char *sql, char *text, size_t text_size,
                              struct store_error *error)
{
    sqlite3_stmt *statement = NULL;
    int code = sqlite3_prepare_v2(store->db, sql, -1, &statement, NULL);

    if (text != NULL)
        text[0] = '\0';
    if (code == SQLITE_OK) {
        code = sqlite3_step(statement);
        if (code == SQLITE_ROW && text != NULL && sqlite3_column_text(statement, 0) != NULL)
            snprintf(text, text_size, "%s", (const char *)sqlite3_column_text(statement, 0));
        while (code == SQLITE_ROW)
            code = sqlite3_step(statement);
    }
    sqlite3_finalize(statement);
    return code == SQLITE_DONE || code == SQLITE_OK ? STORE_OK : store_sql_failed(store, code, error);
}

static const char other_file_system[] = "use another file system";

/* Run a pragma and insist on its answer: a VFS or a file system may say yes to another. */
static enum store_status insist(struct store *store, const char *pragma, const char *expected,
                                const char *advice, struct store_error *error)
{
    char text[32];
    enum store_status status = once(store, pragma, text, sizeof text, error);

    if (status != STORE_OK || strcmp(text, expected) == 0)
        return status;
    snprintf(error->text, sizeof error->text, "database %.100s: \"%s\" gave %.20s instead of %s: %s",
             store->path, pragma, text, expected, advice);
    return STORE_BROKEN;
}

static enum store_status tally_upsert_prepare(struct store *store, struct store_error *error)
{
    char sql[SQL_SIZE_MAX];
    int size = snprintf(sql, sizeof sql, "INSERT INTO tally VALUES (?1, ?2, ?3, ?4");
    int code;

    for (unsigned i = 0; i < TALLY_MEASURE_COUNT; i++)
        size += snprintf(sql + size, sizeof sql - (size_t)size, ", ?%u", i + 5);
    size += snprintf(sql + size, sizeof sql - (size_t)size, ") ON CONFLICT DO UPDATE SET ");
    for (unsigned i = 0; i < TALLY_MEASURE_COUNT; i++)
        size += snprintf(sql + size, sizeof sql - (size_t)size, "%s%s = %s + ?%u", i == 0 ? "" : ", ",
                         tally_column(i), tally_column(i), i + 5);
    assert((size_t)size < sizeof sql);
    code = sqlite3_prepare_v3(store->db, sql, -1, SQLITE_PREPARE_PERSISTENT,
                              &store->statements[STATEMENT_TALLY_UPSERT], NULL);
    return code == SQLITE_OK ? STORE_OK : store_sql_failed(store, code, error);
}

/* What an archived file of an older version does not have is nothing that a reader asks for, or archive_complete's. */
static bool is_for_writer(enum store_statement which)
{
    return (which >= STATEMENT_HELP_INSERT && which <= STATEMENT_NOTE_SHOWN) ||
           (which >= STATEMENT_TOKEN_INSERT && which <= STATEMENT_ERASED_FIND) ||
           (which >= STATEMENT_KIOSK_BY_ID && which <= STATEMENT_SILENCE_KEEP) ||
           which == STATEMENT_STAFF_NEXT || which == STATEMENT_VISIT_UPSERT;
}

static enum store_status statements_prepare(struct store *store, struct store_error *error)
{
    for (unsigned i = 0; i < sizeof statement_sql / sizeof statement_sql[0]; i++) {
        if (store->is_read_only && is_for_writer((enum store_statement)i))
            continue;
        int code = sqlite3_prepare_v3(store->db, statement_sql[i], -1, SQLITE_PREPARE_PERSISTENT,
                                      &store->statements[i], NULL);

        if (code != SQLITE_OK)
            return store_sql_failed(store, code, error);
    }
    return store->is_read_only ? STORE_OK : tally_upsert_prepare(store, error);
}

/* The application id comes first and alone, in one write of one sector: a creation that was interrupted is still
 * known as ours, or is blank. A journal beside it would have to be played back before anybody could tell. */
static enum store_status claim(struct store *store, struct store_error *error)
{
    char sql[64];
    enum store_status status = insist(store, "PRAGMA journal_mode = OFF", "off", other_file_system, error);

    snprintf(sql, sizeof sql, "PRAGMA application_id = %d", STORE_APPLICATION_ID);
    return status == STORE_OK ? once(store, sql, NULL, 0, error) : status;
}

/* From now on a -wal beside the file may be its own. There is none yet, so that this is on the disk before any. */
static enum store_status backup_take(struct store *store, struct store_error *error)
{
    char sql[64], application[16] = "";
    enum store_status status = once(store, "PRAGMA application_id", application, sizeof application, error);

    snprintf(sql, sizeof sql, "PRAGMA application_id = %d", STORE_APPLICATION_ID);
    if (status == STORE_OK && strtol(application, NULL, 10) == STORE_BACKUP_ID)
        status = once(store, sql, NULL, 0, error);
    return status;
}

/* The checkpoint syncs the database, but not the emptying of the -wal. After a failed sync the old -wal on the disk may
 * end before what the checkpoint has just saved: played back after a power failure it would undo that, and a commit that
 * changes nothing syncs nothing. */
static enum store_status wal_sync(struct store *store, struct store_error *error)
{
    sqlite3_file *wal = file_of(store, SQLITE_FCNTL_JOURNAL_POINTER);
    int code = wal == NULL ? SQLITE_ERROR : SQLITE_OK;

    if (code == SQLITE_OK && wal != NULL && wal->pMethods != NULL)
        code = wal->pMethods->xSync(wal, SQLITE_SYNC_NORMAL);
    if (code == SQLITE_OK)
        return STORE_OK;
    snprintf(error->text, sizeof error->text, "database %.150s: cannot sync its -wal: %.40s (%d)",
             store->path, sqlite3_errstr(code), code);
    store->is_broken = true;
    return STORE_BROKEN;
}

static int wal_copy_onto_itself(sqlite3_file *wal)
{
    static unsigned char bytes[65536]; /* by the writer's thread, at its start */
    sqlite3_int64 size = 0, at = 0;
    int code = wal->pMethods->xFileSize(wal, &size);

    for (; code == SQLITE_OK && at < size; at += (sqlite3_int64)sizeof bytes) {
        int piece = size - at < (sqlite3_int64)sizeof bytes ? (int)(size - at) : (int)sizeof bytes;
        code = wal->pMethods->xRead(wal, bytes, piece, at);
        if (code == SQLITE_OK)
            code = wal->pMethods->xWrite(wal, bytes, piece, at);
    }
    return code == SQLITE_OK && size > 0 ? wal->pMethods->xSync(wal, SQLITE_SYNC_NORMAL) : code;
}

/* After a failed sync the kernel shows a -wal that is not on the disk and holds it for clean: one more sync would write
 * nothing. A checkpoint that power failure cuts in half would then have nothing beside it to be made whole from. What is
 * written again reaches the disk. */
static enum store_status wal_settle(struct store *store, struct store_error *error)
{
    enum store_status status =
        once(store, "BEGIN IMMEDIATE", NULL, 0, error); /* nobody else writes meanwhile */
    sqlite3_file *wal = file_of(store, SQLITE_FCNTL_JOURNAL_POINTER);
    int code = SQLITE_OK;

    if (status == STORE_OK && wal != NULL && wal->pMethods != NULL)
        code = wal_copy_onto_itself(wal);
    if (code != SQLITE_OK) {
        snprintf(error->text, sizeof error->text, "database %.120s: cannot write its -wal again: %.40s (%d)",
                 store->path, sqlite3_errstr(code), code);
        store->is_broken = true;
        return STORE_BROKEN;
    }
    return status == STORE_OK ? once(store, "ROLLBACK", NULL, 0, error) : status;
}

static enum store_status connection_setup(struct store *store, struct store_error *error)
{
    static const struct setting {
        const char *sql, *answer, *advice;
    } settings[] = {
        {"PRAGMA journal_mode = WAL", "wal", other_file_system},
        /* Who is erased is not left in free pages. */
        {"PRAGMA secure_delete = ON", "1", other_file_system},
        /* A commit is on the disk when it returns, and setting it says nothing. */
        {"PRAGMA synchronous = FULL", "", other_file_system},
        {"PRAGMA synchronous", "2", other_file_system},
        {"PRAGMA wal_checkpoint(TRUNCATE)", "0",
         "another program reads it, as \"byname --database\" does: let that end"},
    };
    enum store_status status = STORE_OK;

    for (size_t i = 0; status == STORE_OK && i < sizeof settings / sizeof settings[0]; i++)
        status = insist(store, settings[i].sql, settings[i].answer, settings[i].advice, error);
    return status == STORE_OK ? wal_sync(store, error) : status;
}

static enum store_status store_row_create(struct store *store, const struct store_options *options,
                                          struct store_error *error)
{
    static const char sql[] = "INSERT INTO store VALUES (1, ?1, ?2, ?3, ?4, NULL, NULL, NULL)";
    uint8_t id[DATABASE_ID_SIZE];
    sqlite3_stmt *statement = NULL;
    enum store_status status;
    int code;

    if (getrandom(id, sizeof id, 0) != (ssize_t)sizeof id)
        return store_refuse(error, "the system has no random numbers");
    code = sqlite3_prepare_v2(store->db, sql, -1, &statement, NULL);
    if (code != SQLITE_OK)
        return store_sql_failed(store, code, error);
    sqlite3_bind_blob(statement, 1, id, sizeof id, SQLITE_STATIC);
    store_bind_text(statement, 2, options->store_name);
    store_bind_text(statement, 3, options->timezone);
    sqlite3_bind_int64(statement, 4,
                       (int64_t)time(NULL) * 1000); /* for people; nothing is computed from it */
    status = store_run(store, statement, error);
    sqlite3_finalize(statement);
    return status;
}

static enum store_status execute(struct store *store, const char *sql, struct store_error *error)
{
    int code = sqlite3_exec(store->db, sql, NULL, NULL, NULL);

    return code == SQLITE_OK ? STORE_OK : store_sql_failed(store, code, error);
}

/* NULL when out of memory: SQLite's own text may be missing, too. */
static char *copy_text(sqlite3_stmt *statement, int column)
{
    const unsigned char *text = sqlite3_column_text(statement, column);

    return text == NULL ? NULL : strdup((const char *)text);
}

static enum store_status store_row_load(struct store *store, struct store_error *error)
{
    static const char sql[] = "SELECT database_id, name, timezone, newest_commit_ms FROM store";
    sqlite3_stmt *statement = NULL;
    enum store_status status = STORE_OK;
    int code = sqlite3_prepare_v2(store->db, sql, -1, &statement, NULL);

    if (code == SQLITE_OK)
        code = sqlite3_step(statement);
    if (code == SQLITE_ROW && sqlite3_column_bytes(statement, 0) == DATABASE_ID_SIZE) {
        memcpy(store->database_id, sqlite3_column_blob(statement, 0), DATABASE_ID_SIZE);
        store->name = copy_text(statement, 1);
        store->timezone = copy_text(statement, 2);
        store->newest_commit_ms = sqlite3_column_type(statement, 3) == SQLITE_NULL
                                      ? INSTANT_UNKNOWN
                                      : sqlite3_column_int64(statement, 3);
        store->newest_commit_stored_ms = store->newest_commit_ms;
    } else {
        status = store_sql_failed(store, code, error);
    }
    sqlite3_finalize(statement);
    if (status == STORE_OK && (store->name == NULL || store->timezone == NULL))
        return store_refuse(error, "out of memory");
    return status;
}

static enum store_status zone_load(struct store *store, struct store_error *error)
{
    store->zone = zone_create(store->timezone, error->text, sizeof error->text);
    if (store->zone == NULL)
        return STORE_REFUSED;
    store->book = tally_book_create(store->zone);
    return store->book == NULL ? store_refuse(error, "out of memory") : STORE_OK;
}

/* Forget what was read for the use of the tables. */
static void unload(struct store *store)
{
    for (size_t i = 0; i < STATEMENT_COUNT; i++) {
        sqlite3_finalize(store->statements[i]);
        store->statements[i] = NULL;
    }
    tally_book_destroy(store->book);
    zone_destroy(store->zone);
    free(store->timezone);
    free(store->name);
    store->book = NULL;
    store->zone = NULL;
    store->timezone = NULL;
    store->name = NULL;
}

/* What an older version did not tally, or not leave out: make is run on the open transaction. */
static enum store_status
tallies_remake(struct store *store, enum store_status (*make)(struct store *store, struct store_error *error),
               struct store_error *error)
{
    enum store_status status = statements_prepare(store, error);

    if (status == STORE_OK)
        status = store_row_load(store, error);
    if (status == STORE_OK)
        status = zone_load(store, error);
    if (status == STORE_OK)
        status = make(store, error);
    unload(store);
    return status;
}

/* What came later are tables at the end of schema.sql, each version's behind its mark. */
#define VERSION_APPENDED 4

/* What each version added to the one before; all of them, for a new database, are in schema.sql. */
static const char *const migrations[VERSION_APPENDED] = {
    [1] = "ALTER TABLE kiosk ADD COLUMN key BLOB CHECK (key IS NULL OR length(key) = 16)",
    [2] = "ALTER TABLE kiosk ADD COLUMN audience TEXT NOT NULL DEFAULT 'external'"
          " CHECK (audience IN ('external', 'internal'));"
          "CREATE INDEX answer_signed ON answer (instant_ms) WHERE question IN (11, 12);"
          "CREATE INDEX visit_help ON visit (instant_ms) WHERE help = 1;"
          "CREATE INDEX tally_of_staff_hour ON tally (staff, start_ms) WHERE level = 1",
    [3] = "ALTER TABLE visit ADD COLUMN is_mash INTEGER NOT NULL DEFAULT 0;"
          "ALTER TABLE tally ADD COLUMN left_out_mash INTEGER NOT NULL DEFAULT 0",
};

static enum store_status tables_append(struct store *store, long version, struct store_error *error)
{
    char mark[48];

    snprintf(mark, sizeof mark, "-- Since version %ld ", version + 1);
    return execute(store, strstr(store_schema, mark), error);
}

/* What calls keep of their visits; and until when a byname without help calls stored visits that asked for one. */
static enum store_status calls_make(struct store *store, struct store_error *error)
{
    static const char since[] =
        "UPDATE store SET calls_from_ms = (SELECT max(instant_ms) + 1 FROM visit INDEXED BY visit_help"
        " WHERE help = 1 AND NOT EXISTS (SELECT 1 FROM help_call WHERE kind = 1 AND journal = visit.journal"
        " AND seq > visit.seq AND seq <= visit.seq + 15 AND help_call.visit = visit.seq))";
    enum store_status status = execute(store, since, error);

    return status == STORE_OK ? tallies_remake(store, store_help_visits, error) : status;
}

static enum store_status migrate_from(struct store *store, long version, const struct store_options *options,
                                      struct store_error *error)
{
    enum store_status status = STORE_OK;

    if (version == 0) {
        status = execute(store, store_schema, error);
        return status == STORE_OK ? store_row_create(store, options, error) : status;
    }
    for (long from = version; status == STORE_OK && from < VERSION_APPENDED; from++)
        status = execute(store, migrations[from], error);
    if (status == STORE_OK)
        status = tables_append(store, version < VERSION_APPENDED ? VERSION_APPENDED : version, error);
    if (status == STORE_OK && version < VERSION_APPENDED)
        status = tallies_remake(store, store_rebuild, error);
    if (status == STORE_OK && version >= VERSION_APPENDED && version < VERSION_WITH_YEARS)
        status = tallies_remake(store, store_years_make, error);
    if (status == STORE_OK && version >= VERSION_APPENDED && version < VERSION_WITH_TOTALS)
        status = tallies_remake(store, store_totals_make, error);
    if (status == STORE_OK && version < VERSION_WITH_CALL_TALLIES)
        status = calls_make(store, error);
    return status;
}

/* Who is told of a migration, and what. */
struct telling {
    const struct store_options *options;
    struct store_migration migration;
};

static void tell(struct telling *telling, enum store_migration_moment moment)
{
    telling->migration.moment = moment;
    if (telling->options->on_migration != NULL)
        telling->options->on_migration(telling->options->migration_context, &telling->migration);
}

/* SQLite's progress handler. */
static int on_operations(void *context)
{
    tell(context, STORE_MIGRATION_GOES_ON);
    return 0;
}

/* A new file has no tables yet: nothing is raised, and nobody told. */
static enum store_status migration_begin(struct store *store, struct telling *telling,
                                         struct store_error *error)
{
    static const char answers[] = "SELECT ifnull(sum(through - begins_after), 0) FROM journal";
    char text[32];
    enum store_status status;

    if (telling->migration.from == 0)
        return STORE_OK;
    status = once(store, answers, text, sizeof text, error);
    if (status != STORE_OK)
        return status;
    telling->migration.answers = strtoll(text, NULL, 10);
    tell(telling, STORE_MIGRATION_BEGINS);
    sqlite3_progress_handler(store->db, OPERATIONS_A_TELLING, on_operations, telling);
    return STORE_OK;
}

/* SQLite's own checkpoint after a commit keeps its errors to itself. This one tells: a failed sync must end the
 * process. A reader in the way or a full disk leave the pages in the -wal, where they are as safe; the next commit
 * tries again. *left: so many of them. */
static enum store_status checkpoint(struct store *store, int mode, int *left, struct store_error *error)
{
    int pages = 0, moved = 0;
    int code = sqlite3_wal_checkpoint_v2(store->db, NULL, mode, &pages, &moved);
    enum store_status status;

    *left = pages - moved;
    if (code == SQLITE_OK || is_over_quota(code, file_of(store, SQLITE_FCNTL_FILE_POINTER)))
        return STORE_OK;
    status = store_sql_failed(store, code, error);
    if (status != STORE_FULL)
        return status;
    error->text[0] = '\0';
    return STORE_OK;
}

/* What it wrote may be as large as the file. That is moved there before anybody is told that it is done: left to the first
 * commit it would hold up kiosks, on a slow disk for longer than a watchdog waits. (Whoever reads the file meanwhile is not
 * waited for: then it is left to that.) */
static enum store_status migration_end(struct store *store, struct telling *telling,
                                       struct store_error *error)
{
    int left;
    enum store_status status = checkpoint(store, SQLITE_CHECKPOINT_PASSIVE, &left, error);

    if (status == STORE_OK && left == 0)
        status = checkpoint(store, SQLITE_CHECKPOINT_TRUNCATE, &left, error);
    if (status == STORE_OK)
        status = wal_sync(store, error);
    if (status == STORE_OK)
        tell(telling, STORE_MIGRATION_IS_DONE);
    return status;
}

/* Bring the tables to STORE_VERSION, one version a step, all in one transaction. */
static enum store_status migrate(struct store *store, const struct store_options *options,
                                 struct store_error *error)
{
    struct telling telling = {.options = options, .migration.to = STORE_VERSION};
    char text[32];
    enum store_status status = once(store, "PRAGMA user_version", text, sizeof text, error);
    long version = strtol(text, NULL, 10);

    if (status != STORE_OK || version == STORE_VERSION)
        return status;
    telling.migration.from = (int)version;
    status = once(store, "BEGIN IMMEDIATE", NULL, 0, error);
    if (status == STORE_OK)
        status = migration_begin(store, &telling, error);
    if (status == STORE_OK)
        status = migrate_from(store, version, options, error);
    snprintf(text, sizeof text, "PRAGMA user_version = %d", STORE_VERSION);
    if (status == STORE_OK)
        status = once(store, text, NULL, 0, error);
    if (status == STORE_OK)
        status = once(store, "COMMIT", NULL, 0, error);
    sqlite3_progress_handler(store->db, 0, NULL, NULL);
    return status == STORE_OK && version != 0 ? migration_end(store, &telling, error) : status;
}

/* The configuration rules the name and the zone. Another zone has other hours and days: count again. */
static enum store_status settings_update(struct store *store, const char *name, bool is_new_zone,
                                         struct store_error *error)
{
    static const char sql[] = "UPDATE store SET name = ?1, timezone = ?2";
    sqlite3_stmt *statement = NULL;
    enum store_status status = store_begin(store, error);
    int code = sqlite3_prepare_v2(store->db, sql, -1, &statement, NULL);

    if (status == STORE_OK && code != SQLITE_OK)
        status = store_sql_failed(store, code, error);
    if (status == STORE_OK) {
        store_bind_text(statement, 1, name);
        store_bind_text(statement, 2, store->timezone);
        status = store_run(store, statement, error);
    }
    sqlite3_finalize(statement);
    if (status == STORE_OK && is_new_zone)
        status = store_rebuild(store, error);
    if (status == STORE_OK && is_new_zone)
        status = store_help_visits(store, error);
    if (status == STORE_OK)
        status = store_commit(store, error);
    if (status != STORE_OK)
        store_rollback(store);
    return status;
}

static enum store_status settings_apply(struct store *store, const struct store_options *options,
                                        struct store_error *error)
{
    bool is_new_zone = strcmp(store->timezone, options->timezone) != 0;
    bool is_new_name = strcmp(store->name, options->store_name) != 0;
    char *name, *zone_name;
    int64_t purged_before_ms = INT64_MIN;
    enum store_status status = is_new_zone ? store_purged_before(store, &purged_before_ms, error) : STORE_OK;

    if (status != STORE_OK)
        return status;
    if (purged_before_ms != INT64_MIN)
        return store_refuse(
            error,
            "old answers are purged, so hours and days cannot be counted again in %.60s: the time"
            " zone of this database stays %.60s",
            options->timezone, store->timezone);
    name = strdup(options->store_name);
    zone_name = strdup(options->timezone);
    if (name == NULL || zone_name == NULL) {
        free(name);
        free(zone_name);
        return store_refuse(error, "out of memory");
    }
    free(store->name);
    free(store->timezone);
    store->name = name;
    store->timezone = zone_name;
    status = zone_load(store, error);
    if (status == STORE_OK && (is_new_zone || is_new_name))
        status = settings_update(store, store->name, is_new_zone, error);
    return status;
}

static int names_collate(void *context, int a_size, const void *a, int b_size, const void *b)
{
    (void)context;
    return utf8_compare_names(a, (size_t)a_size, b, (size_t)b_size);
}

static int caseless_collate(void *context, int a_size, const void *a, int b_size, const void *b)
{
    (void)context;
    return utf8_compare_caseless(a, (size_t)a_size, b, (size_t)b_size);
}

/* For queries alone: no table, index or view depends on what other programs do not have. */
static enum store_status collations_add(struct store *store, struct store_error *error)
{
    int code = sqlite3_create_collation(store->db, "names", SQLITE_UTF8, NULL, names_collate);

    if (code == SQLITE_OK)
        code = sqlite3_create_collation(store->db, "caseless", SQLITE_UTF8, NULL, caseless_collate);
    return code == SQLITE_OK ? STORE_OK : store_sql_failed(store, code, error);
}

static enum store_status connect_to(struct store *store, const char *query, int flags,
                                    struct store_error *error)
{
    char *uri = store_file_uri(store->path, query);
    int code;

    if (uri == NULL)
        return store_refuse(error, "out of memory");
    code = sqlite3_open_v2(uri, &store->db, flags | SQLITE_OPEN_URI | SQLITE_OPEN_NOMUTEX, store->vfs);
    free(uri);
    if (code != SQLITE_OK)
        return store_sql_failed(store, code, error);
    sqlite3_extended_result_codes(store->db, 1);
    sqlite3_busy_timeout(store->db, BUSY_MS);
    enum store_status status = collations_add(store, error);
    return status == STORE_OK ? once(store, "PRAGMA trusted_schema = OFF", NULL, 0, error) : status;
}

static int on_wal_commit(void *context, sqlite3 *db, const char *name, int pages)
{
    struct store *store = context;

    (void)db, (void)name;
    store->wal_pages = pages;
    return SQLITE_OK;
}

static enum store_status open_writer(struct store *store, const struct store_options *options, bool is_new,
                                     struct store_error *error)
{
    enum store_status status = is_new ? store_file_create(store->path, store->vfs, error) : STORE_OK;

    if (status == STORE_OK)
        status = connect_to(store, is_new ? "mode=rwc" : "mode=rw",
                            SQLITE_OPEN_READWRITE | (is_new ? SQLITE_OPEN_CREATE : 0), error);
    if (status == STORE_OK)
        sqlite3_wal_hook(store->db, on_wal_commit, store); /* instead of SQLite's automatic checkpoint */
    if (status == STORE_OK)
        status = is_new ? claim(store, error) : store_contents_check(store->db, store->path, error);
    store->is_ours = status == STORE_OK;
    if (status == STORE_OK && !is_new)
        status = wal_settle(store, error);
    if (status == STORE_OK)
        status = backup_take(store, error);
    if (status == STORE_OK)
        status = connection_setup(store, error);
    if (status == STORE_OK)
        status = migrate(store, options, error);
    if (status == STORE_OK)
        status = statements_prepare(store, error);
    if (status == STORE_OK)
        status = store_row_load(store, error);
    return status == STORE_OK ? settings_apply(store, options, error) : status;
}

/* A database in a folder that cannot be written to has no -shm and cannot get one. It may be read as it
 * stands, if everything is in the file itself. */
static bool is_archived(const struct store *store)
{
    int code = sqlite3_errcode(store->db) & 0xFF;

    return (code == SQLITE_CANTOPEN || code == SQLITE_READONLY) &&
           !store_file_has_wal(store->path, store->vfs);
}

/* An archive is not brought up to date. Views and empty tables of this connection add what it does not have. */
static enum store_status archive_complete(struct store *store, struct store_error *error)
{
    static const char mash[] = "CREATE TEMP VIEW visit AS SELECT *, 0 AS is_mash FROM main.visit;"
                               "CREATE TEMP VIEW tally AS SELECT *, 0 AS left_out_mash FROM main.tally";
    static const char retention[] =
        "CREATE TEMP VIEW retention AS SELECT 0 AS since_ms, 0 AS days WHERE 0;"
        "CREATE TEMP VIEW purged AS SELECT 0 AS journal, 0 AS through, 0 AS answers, 0 AS before_ms WHERE 0";
    static const char silences[] =
        "CREATE TEMP TABLE hearing (kiosk INTEGER PRIMARY KEY, since_ms INTEGER, until_ms INTEGER);"
        "CREATE TEMP TABLE silence (kiosk INTEGER, from_ms INTEGER, to_ms INTEGER, PRIMARY KEY (kiosk, "
        "from_ms))";
    static const char retired[] = "CREATE TEMP VIEW kiosk AS SELECT *, NULL AS retired_ms FROM main.kiosk";
    char text[32];
    enum store_status status = once(store, "PRAGMA user_version", text, sizeof text, error);
    long version = strtol(text, NULL, 10);

    store->is_call_unknown = status == STORE_OK && version < VERSION_WITH_CALL_TALLIES;
    store->is_total_unknown = status == STORE_OK && version < VERSION_WITH_TOTALS;
    store->is_year_unknown = status == STORE_OK && version < VERSION_WITH_YEARS;
    store->is_mash_unknown = status == STORE_OK && version < VERSION_WITH_MASH;
    if (status == STORE_OK && version < VERSION_WITH_RETENTION)
        status = execute(store, retention, error);
    if (status == STORE_OK && version < VERSION_WITH_SILENCES)
        status = execute(store, silences, error);
    if (status == STORE_OK && version < VERSION_WITH_RETIRED_KIOSKS)
        status = execute(store, retired, error);
    return status == STORE_OK && store->is_mash_unknown ? execute(store, mash, error) : status;
}

static enum store_status reader_prepare(struct store *store, struct store_error *error)
{
    enum store_status status = archive_complete(store, error);

    return status == STORE_OK ? statements_prepare(store, error) : status;
}

static enum store_status open_reader(struct store *store, struct store_error *error)
{
    enum store_status status = connect_to(store, "mode=ro", SQLITE_OPEN_READONLY, error);

    if (status == STORE_OK)
        status = reader_prepare(store, error);
    if (status != STORE_OK && is_archived(store)) {
        error->text[0] = '\0';
        sqlite3_close(store->db);
        store->db = NULL;
        status = connect_to(store, "immutable=1", SQLITE_OPEN_READONLY, error);
        if (status == STORE_OK)
            status = reader_prepare(store, error);
    }
    if (status == STORE_OK)
        status = store_row_load(store, error);
    return status == STORE_OK ? zone_load(store, error) : status;
}

static enum store_status options_check(const struct store_options *options, struct store_error *error)
{
    struct zone *zone;

    if (options->path == NULL || options->path[0] == '\0')
        return store_refuse(error, "no database path is set");
    if (options->is_read_only)
        return STORE_OK;
    if (options->store_name == NULL || options->store_name[0] == '\0')
        return store_refuse(error, "no store name is set: it stands in every report");
    zone = zone_create(options->timezone, error->text, sizeof error->text);
    if (zone == NULL)
        return STORE_REFUSED;
    zone_destroy(zone);
    return STORE_OK;
}

static struct store *store_create(const struct store_options *options)
{
    struct store *store = calloc(1, sizeof *store);

    if (store == NULL)
        return NULL;
    store->lock_fd = -1;
    store->is_read_only = options->is_read_only;
    store->vfs = options->vfs;
    store->checkpoint_pages =
        (int)(options->checkpoint_pages == 0 ? STORE_CHECKPOINT_PAGES : options->checkpoint_pages);
    store->bad_run = options->bad_run;
    store->path = strdup(options->path);
    if (store->path == NULL) {
        free(store);
        return NULL;
    }
    return store;
}

static enum store_status store_start(struct store *store, const struct store_options *options,
                                     struct store_error *error)
{
    bool is_new = false, is_new_lock = false;
    enum store_status status = STORE_OK;

    if (!store->is_read_only && store->vfs == NULL)
        status = store_file_lock(store->path, &store->lock_fd, &is_new_lock, error);
    if (status == STORE_OK)
        status = store_file_check(store->path, store->vfs, &is_new, error);
    if (status == STORE_OK && is_new && store->is_read_only)
        status = store_refuse(error, "there is no database %.150s", store->path);
    if (status != STORE_OK) {
        store_file_unlock(store->path, store->lock_fd, is_new_lock); /* a foreign folder is left as it was */
        store->lock_fd = -1;
        return status;
    }
    return store->is_read_only ? open_reader(store, error) : open_writer(store, options, is_new, error);
}

/* Nobody asks how much memory SQLite has, and counting it takes a lock for each piece. */
static void memory_uncount(void)
{
    (void)sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
}

enum store_status store_open(const struct store_options *options, struct store **store,
                             struct store_error *error)
{
    static pthread_once_t is_uncounted = PTHREAD_ONCE_INIT; /* only before SQLite begins */
    enum store_status status;

    *store = NULL;
    error->text[0] = '\0';
    status = options_check(options, error);
    if (status != STORE_OK)
        return status;
    pthread_once(&is_uncounted, memory_uncount);
    if (sqlite3_initialize() != SQLITE_OK) /* without it there is no VFS to look through */
        return store_refuse(error, "out of memory");
    *store = store_create(options);
    if (*store == NULL)
        return store_refuse(error, "out of memory");
    status = store_start(*store, options, error);
    if (status != STORE_OK) {
        store_close(*store);
        *store = NULL;
    }
    return status;
}

void store_close(struct store *store)
{
    if (store == NULL)
        return;
    unload(store);
    if ((store->is_broken || !store->is_ours) && store->db != NULL)
        sqlite3_db_config(store->db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
    sqlite3_close(store->db);
    store_file_unlock(store->path, store->lock_fd, false);
    free(store->path);
    free(store);
}

void store_interrupt(struct store *store)
{
    store->interrupts++;
    sqlite3_interrupt(store->db);
}

struct sqlite3 *store_connection(struct store *store)
{
    return store->db;
}

const struct zone *store_zone(const struct store *store)
{
    return store->zone;
}

const uint8_t *store_database_id(const struct store *store)
{
    return store->database_id;
}

bool store_knows_years(const struct store *store)
{
    return !store->is_year_unknown;
}

bool store_knows_totals(const struct store *store)
{
    return !store->is_total_unknown;
}

const char *store_name(const struct store *store)
{
    return store->name;
}

const char *store_timezone(const struct store *store)
{
    return store->timezone;
}

uint64_t store_roster_generation(const struct store *store)
{
    return store->roster_generation;
}

uint64_t store_counts_generation(const struct store *store)
{
    return store->counts_generation;
}

uint64_t store_alarm_generation(const struct store *store)
{
    return store->alarm_generation;
}

uint32_t store_midnight_in_s(const struct store *store, int64_t now_ms)
{
    return (uint32_t)((period_next(store->zone, PERIOD_DAY, now_ms) - now_ms + 999) / 1000);
}

/* Whether the file is no longer the one that its path leads to: one stat(2). */
static bool has_moved(struct store *store)
{
    int moved = 0;

    return sqlite3_file_control(store->db, "main", SQLITE_FCNTL_HAS_MOVED, &moved) == SQLITE_OK && moved != 0;
}

enum store_status store_begin(struct store *store, struct store_error *error)
{
    error->text[0] = '\0';
    assert(!store->is_read_only);
    if (store->is_broken) {
        snprintf(error->text, sizeof error->text, "database %.150s failed before: start again", store->path);
        return STORE_BROKEN;
    }
    if (has_moved(store)) {
        snprintf(error->text, sizeof error->text,
                 "%.150s was removed or replaced while it was open: what is stored now would be lost with it",
                 store->path);
        store->is_broken = true;
        return STORE_BROKEN;
    }
    return store_run(store, store_statement(store, STATEMENT_BEGIN), error);
}

enum store_status store_checkpoint(struct store *store, struct store_error *error)
{
    int left;

    error->text[0] = '\0';
    if (store->wal_pages < store->checkpoint_pages)
        return STORE_OK;
    return checkpoint(store, SQLITE_CHECKPOINT_PASSIVE, &left, error);
}

void store_defer_checkpoints(struct store *store)
{
    store->is_checkpoint_deferred = true;
}

enum store_status store_commit(struct store *store, struct store_error *error)
{
    enum store_status status = store_flush(store, error);

    if (status == STORE_OK)
        status = store_run(store, store_statement(store, STATEMENT_COMMIT), error);
    if (status != STORE_OK)
        return status;
    store->newest_commit_stored_ms = store->newest_commit_ms;
    store_help_committed(store);
    return store->is_checkpoint_deferred ? STORE_OK : store_checkpoint(store, error);
}

/* After SQLITE_FULL and some I/O errors SQLite has rolled back already. */
void store_rollback(struct store *store)
{
    if (!sqlite3_get_autocommit(store->db))
        sqlite3_exec(store->db, "ROLLBACK", NULL, NULL, NULL);
    store->is_listening = false;
    store_forget(store);
}

enum store_status store_alarm(struct store *store, const char *kind, int64_t kiosk, int64_t now_ms,
                              struct store_error *error, const char *format, ...)
{
    char text[STORE_TEXT_MAX];
    sqlite3_stmt *statement = store_statement(store, STATEMENT_ALARM_INSERT);
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    store->alarm_generation++;
    sqlite3_bind_int64(statement, 1, now_ms);
    store_bind_text(statement, 2, kind);
    sqlite3_bind_int64(statement, 3, kiosk);
    store_bind_text(statement, 4, text);
    return store_run(store, statement, error);
}
