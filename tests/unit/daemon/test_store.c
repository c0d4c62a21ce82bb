/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "daemon/store_internal.h"
#include "fixture.h"
#include "protocol/crc.h"
#include "tests/storage/fault_vfs.h"

#define NOBODY 65534

/* Checksum and size of the file; 0 when there is none. */
static uint64_t fingerprint(const char *path)
{
    unsigned char buffer[4096];
    uint64_t size = 0;
    uint32_t crc = 0;
    size_t count;
    FILE *file = fopen(path, "rb");

    if (file == NULL)
        return 0;
    while ((count = fread(buffer, 1, sizeof buffer, file)) > 0) {
        crc = crc32_update(crc, buffer, count);
        size += count;
    }
    fclose(file);
    return size << 32 | crc;
}

/* Run in a child process that is not root; its result. (In this process a change of user would stop the leak
 * sanitizer.) */
static int unprivileged(int (*run)(struct fixture *fixture), struct fixture *fixture)
{
    int status;
    pid_t child = fork();

    assert_true(child >= 0);
    if (child == 0) {
        if (geteuid() == 0 && seteuid(NOBODY) != 0)
            _exit(100);
        _exit(run(fixture));
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    return WEXITSTATUS(status);
}

static bool has_neighbour(const struct fixture *fixture, const char *suffix)
{
    char name[FIXTURE_PATH_SIZE + 16];

    snprintf(name, sizeof name, "%s%s", fixture->path, suffix);
    return access(name, F_OK) == 0;
}

/* The store is closed and its file replaced by `write`; opening must refuse, say `reason` and change nothing.
 */
static void foreign_check(struct fixture *fixture, void (*write)(const char *path), const char *reason)
{
    uint64_t before;

    fixture_close(fixture);
    assert_int_equal(mkdir(fixture->folder, 0700), 0);
    write(fixture->path);
    before = fingerprint(fixture->path);
    assert_int_equal(fixture_try_open(fixture), STORE_REFUSED);
    assert_null(fixture->store);
    if (strstr(fixture->error.text, reason) == NULL)
        fail_msg("\"%s\" does not say \"%s\"", fixture->error.text, reason);
    assert_true(before == fingerprint(fixture->path));
    assert_false(has_neighbour(fixture, ".lock") || has_neighbour(fixture, "-wal") ||
                 has_neighbour(fixture, "-shm") || has_neighbour(fixture, "-journal"));
}

static void write_text(const char *path)
{
    FILE *file = fopen(path, "w");

    assert_non_null(file);
    for (int i = 0; i < 2000; i++)
        fputs("Dear diary, this is no database.\n", file);
    fclose(file);
}

static void write_sql(const char *path, const char *sql)
{
    sqlite3 *db;

    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
    sqlite3_close(db);
}

static void write_other_program(const char *path)
{
    write_sql(
        path,
        "PRAGMA application_id = 42; CREATE TABLE recipes (name); INSERT INTO recipes VALUES ('soup');");
}

static void write_other_program_in_wal(const char *path)
{
    write_sql(path,
              "PRAGMA journal_mode = WAL; CREATE TABLE recipes (name); INSERT INTO recipes VALUES ('soup');");
}

static void write_newer(const char *path)
{
    write_sql(path, "PRAGMA application_id = 0x62796E6D; PRAGMA user_version = 99; CREATE TABLE future (x);");
}

static void write_ours(const char *path)
{
    const struct store_options options = {
        .path = path, .store_name = "Test Street", .timezone = "Europe/Berlin"};
    struct store_error error;
    struct store *store;
    char name[FIXTURE_PATH_SIZE + 16];

    assert_int_equal(store_open(&options, &store, &error), STORE_OK);
    store_close(store);
    snprintf(name, sizeof name, "%s.lock", path);
    remove(name);
}

static void write_corrupt(const char *path)
{
    FILE *file;

    write_ours(path);
    file = fopen(path, "r+b");
    assert_non_null(file);
    fseek(file, 100, SEEK_SET); /* the b-tree of the schema */
    for (int i = 0; i < 3000; i++)
        fputc(0xA5, file);
    fclose(file);
}

static void write_truncated(const char *path)
{
    write_ours(path);
    assert_int_equal(truncate(path, 3000), 0);
}

static void write_damaged_magic(const char *path)
{
    FILE *file;

    write_ours(path);
    file = fopen(path, "r+b");
    assert_non_null(file);
    fputs("SQlite", file);
    fclose(file);
}

static void write_cut_to_a_page(const char *path)
{
    write_ours(path);
    assert_int_equal(truncate(path, 4096), 0);
}

/* A -wal that holds committed pages, as a crash leaves it: `sql` is in there and not in the file. */
static void write_beside(const char *path, const char *sql)
{
    char name[FIXTURE_PATH_SIZE + 16], copy[FIXTURE_PATH_SIZE + 32], command[4 * FIXTURE_PATH_SIZE];
    sqlite3 *db;

    write_ours(path);
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
    snprintf(name, sizeof name, "%s-wal", path);
    snprintf(copy, sizeof copy, "%s-wal.copy", path);
    snprintf(command, sizeof command, "cp %s %s && cp %s %s.copy", name, copy, path, path);
    assert_int_equal(system(command), 0);
    sqlite3_close(db);
    snprintf(command, sizeof command, "mv %s %s && mv %s.copy %s", copy, name, path, path);
    assert_int_equal(system(command), 0);
}

static void write_newer_beside(const char *path)
{
    write_beside(path, "PRAGMA user_version = 99");
}

static void write_broken_beside(const char *path)
{
    write_beside(
        path, "PRAGMA writable_schema = 1; UPDATE sqlite_schema SET rootpage = 99999 WHERE name = 'store'");
}

/* What waits in a -wal is part of the database: refused for it, both files stay. */
static void beside_check(struct fixture *fixture, void (*write)(const char *path), const char *reason)
{
    char name[FIXTURE_PATH_SIZE + 16];
    uint64_t before, wal_before;

    fixture_close(fixture);
    assert_int_equal(mkdir(fixture->folder, 0700), 0);
    write(fixture->path);
    snprintf(name, sizeof name, "%s-wal", fixture->path);
    before = fingerprint(fixture->path);
    wal_before = fingerprint(name);
    assert_true(wal_before != 0);
    assert_int_not_equal(fixture_try_open(fixture), STORE_OK);
    if (strstr(fixture->error.text, reason) == NULL)
        fail_msg("\"%s\" does not say \"%s\"", fixture->error.text, reason);
    assert_true(before == fingerprint(fixture->path));
    assert_true(wal_before == fingerprint(name));
}

static void test_what_waits_beside_the_file_is_left_as_it_is(void **state)
{
    beside_check(*state, write_newer_beside, "newer byname");
    beside_check(*state, write_broken_beside, "is corrupt");
}

static void test_garbage_beside_the_file_is_ignored(void **state)
{
    struct fixture *fixture = *state;
    char name[FIXTURE_PATH_SIZE + 16];
    FILE *file;

    fixture_press(fixture, QUESTION_RATING, 5);
    store_close(fixture->store);
    snprintf(name, sizeof name, "%s-wal", fixture->path);
    file = fopen(name, "wb");
    assert_non_null(file);
    for (int i = 0; i < 9000; i++)
        fputc(i * 7 & 0xFF, file);
    fclose(file);
    assert_int_equal(fixture_try_open(fixture), STORE_OK);
    assert_int_equal(fixture_integer(fixture, "SELECT count(*) FROM answer"), 1);
    fixture_verify(fixture);
}

static void test_folder_in_the_place_of_a_database_is_refused(void **state)
{
    struct fixture *fixture = *state;
    struct stat about;

    fixture_close(fixture);
    assert_int_equal(mkdir(fixture->folder, 0700), 0);
    assert_int_equal(mkdir(fixture->path, 0700), 0);
    assert_int_equal(fixture_try_open(fixture), STORE_REFUSED);
    assert_non_null(strstr(fixture->error.text, "is not a file"));
    assert_int_equal(stat(fixture->path, &about), 0);
    assert_false(has_neighbour(fixture, ".lock"));
}

static void test_empty_file_becomes_a_database(void **state)
{
    struct fixture *fixture = *state;

    fixture_close(fixture);
    assert_int_equal(mkdir(fixture->folder, 0700), 0);
    fclose(fopen(fixture->path, "wb"));
    assert_int_equal(fixture_try_open(fixture), STORE_OK);
    fixture_verify(fixture);
}

/* A page that nothing reads at the start is found by verify, and by the first who needs it. */
static void test_damaged_page_in_the_middle_is_told_and_nothing_is_written(void **state)
{
    static const unsigned char garbage[4096] = {0xA5, 0x5A, 0xFF};
    struct fixture *fixture = *state;
    const struct store_options options = {.path = fixture->path, .is_read_only = true};
    struct store_verified verified;
    struct store *reader;
    uint64_t before;
    int64_t page;
    FILE *file;

    for (int i = 0; i < 40; i++) {
        fixture_wait(fixture, MINUTE_MS);
        fixture_press(fixture, QUESTION_RATING, 4);
    }
    page = fixture_integer(fixture, "SELECT rootpage FROM sqlite_schema WHERE name = 'answer'");
    store_close(fixture->store);
    fixture->store = NULL;
    file = fopen(fixture->path, "r+b");
    assert_non_null(file);
    fseek(file, (page - 1) * 4096, SEEK_SET);
    assert_int_equal(fwrite(garbage, 1, sizeof garbage, file), sizeof garbage);
    fclose(file);
    before = fingerprint(fixture->path);
    assert_int_equal(store_open(&options, &reader, &fixture->error), STORE_OK);
    assert_int_equal(store_verify(reader, &verified, NULL, NULL, &fixture->error), STORE_BROKEN);
    if (strstr(fixture->error.text, "malformed") == NULL && strstr(fixture->error.text, "damaged") == NULL)
        fail_msg("%s",
                 fixture->error.text); /* the recount or SQLite's own check, whichever came upon it first */
    store_close(reader);
    assert_int_equal(fixture_try_open(fixture), STORE_OK);
    assert_int_equal(
        fixture_send(
            fixture,
            &(struct answer){.seq = 41, .question = QUESTION_RATING, .value = 5, .boot = 1, .uptime_s = 9999},
            1),
        STORE_BROKEN);
    assert_int_equal(store_begin(fixture->store, &fixture->error), STORE_BROKEN);
    store_close(fixture->store);
    fixture->store = NULL;
    assert_true(before == fingerprint(fixture->path));
}

static void test_files_that_are_not_ours_are_left_as_they_are(void **state)
{
    foreign_check(*state, write_text, "is not a database");
    foreign_check(*state, write_other_program, "another program's database");
    foreign_check(*state, write_other_program_in_wal, "another program's database");
    foreign_check(*state, write_newer, "newer byname");
    foreign_check(*state, write_corrupt, "is corrupt");
    foreign_check(*state, write_truncated, "");
    foreign_check(*state, write_damaged_magic, "is not a database");
    foreign_check(*state, write_cut_to_a_page, "is corrupt");
}

static void test_folder_that_is_missing_is_named(void **state)
{
    struct fixture *fixture = *state;
    char folder[FIXTURE_PATH_SIZE];

    store_close(fixture->store);
    memcpy(folder, fixture->path, sizeof folder);
    snprintf(fixture->path, sizeof fixture->path, "%.60s/no/such/byname.db", fixture->folder);
    assert_int_equal(fixture_try_open(fixture), STORE_REFUSED);
    assert_non_null(strstr(fixture->error.text, "there is no folder"));
    assert_non_null(strstr(fixture->error.text, "/no/such"));
    memcpy(fixture->path, folder, sizeof folder);
}

static int open_refused(struct fixture *fixture)
{
    enum store_status status = fixture_try_open(fixture);

    return status == STORE_REFUSED && strstr(fixture->error.text, "cannot write in") != NULL ? 0 : 1;
}

static void test_folder_that_is_not_writable_is_named(void **state)
{
    struct fixture *fixture = *state;

    fixture_close(fixture);
    assert_int_equal(mkdir(fixture->folder, 0555), 0);
    assert_int_equal(chmod(fixture->folder, 0555), 0);
    assert_int_equal(unprivileged(open_refused, fixture), 0);
}

static void test_bad_settings_are_refused(void **state)
{
    struct fixture *fixture = *state;

    store_close(fixture->store);
    fixture->timezone = "Europe/Atlantis";
    assert_int_equal(fixture_try_open(fixture), STORE_REFUSED);
    assert_non_null(strstr(fixture->error.text, "Europe/Atlantis"));
}

static void test_second_writer_is_refused(void **state)
{
    struct fixture *fixture = *state;
    struct store *first = fixture->store;

    assert_int_equal(fixture_try_open(fixture), STORE_REFUSED);
    assert_null(fixture->store);
    assert_non_null(strstr(fixture->error.text, "another bynamed"));
    fixture->store = first;
    fixture_press(fixture, QUESTION_RATING, 5);
}

static void test_reader_sees_what_is_committed(void **state)
{
    struct fixture *fixture = *state;
    const struct store_options options = {.path = fixture->path, .is_read_only = true};
    struct store_verified verified;
    struct store *reader;

    fixture_press(fixture, QUESTION_RATING, 5);
    assert_int_equal(store_open(&options, &reader, &fixture->error), STORE_OK);
    assert_string_equal(store_name(reader), "Test Street");
    assert_string_equal(store_timezone(reader), "Europe/Berlin");
    fixture_press(fixture, QUESTION_STRENGTH, STRENGTH_RESPECT);
    assert_int_equal(store_verify(reader, &verified, NULL, NULL, &fixture->error), STORE_OK);
    assert_int_equal(verified.answers, 2);
    assert_int_equal(sqlite3_exec(store_connection(reader), "DELETE FROM answer", NULL, NULL, NULL),
                     SQLITE_READONLY);
    store_close(reader);
}

static int archive_read(struct fixture *fixture)
{
    const struct store_options options = {.path = fixture->path, .is_read_only = true};
    struct store_verified verified;
    struct store *reader = NULL;
    int code = 1;

    if (store_open(&options, &reader, &fixture->error) == STORE_OK &&
        store_verify(reader, &verified, NULL, NULL, &fixture->error) == STORE_OK)
        code = verified.answers == 1 ? 0 : 2;
    store_close(reader);
    return code;
}

static void test_archived_file_in_a_read_only_folder_can_be_read(void **state)
{
    struct fixture *fixture = *state;

    fixture_press(fixture, QUESTION_RATING, 5);
    store_close(fixture->store);
    fixture->store = NULL;
    assert_int_equal(chmod(fixture->path, 0444), 0);
    assert_int_equal(chmod(fixture->folder, 0555), 0);
    assert_int_equal(unprivileged(archive_read, fixture), 0);
    assert_int_equal(chmod(fixture->folder, 0755), 0);
}

static void test_durability_is_set(void **state)
{
    struct fixture *fixture = *state;
    struct stat about;

    assert_int_equal(fixture_integer(fixture, "PRAGMA synchronous"), 2);
    assert_int_equal(fixture_integer(fixture, "SELECT journal_mode = 'wal' FROM pragma_journal_mode"), 1);
    assert_int_equal(fixture_integer(fixture, "PRAGMA application_id"), STORE_APPLICATION_ID);
    assert_int_equal(fixture_integer(fixture,
                                     "SELECT count(*) FROM pragma_table_list WHERE schema = 'main' AND"
                                     " type = 'table' AND NOT strict AND name NOT LIKE 'sqlite%'"),
                     0);
    assert_int_equal(stat(fixture->path, &about), 0);
    assert_int_equal(about.st_mode & 07137, 0); /* at most 0640 */
}

static void test_full_disk_rolls_back_and_recovers(void **state)
{
    struct fixture *fixture = *state;
    struct answer answer = {.question = QUESTION_RATING, .value = 5, .boot = 1};
    enum store_status status = STORE_OK;
    char sql[64];

    fixture_press(fixture, QUESTION_RATING, 4);
    snprintf(sql, sizeof sql, "PRAGMA max_page_count = %d",
             (int)fixture_integer(fixture, "PRAGMA page_count") + 2);
    fixture_run(fixture, sql);
    for (answer.seq = 2; status == STORE_OK; answer.seq++) {
        answer.uptime_s = answer.seq * 100;
        status = fixture_send(fixture, &answer, 1);
    }
    answer.seq--;
    assert_int_equal(status, STORE_FULL);
    assert_non_null(strstr(fixture->error.text, "no space left"));
    assert_int_equal(fixture_integer(fixture, "SELECT max(seq) FROM answer"), answer.seq - 1);
    assert_int_equal(fixture_integer(fixture, "SELECT through FROM journal"), answer.seq - 1);
    fixture_verify(fixture);
    fixture_run(fixture, "PRAGMA max_page_count = 1000000");
    assert_int_equal(fixture_send(fixture, &answer, 1), STORE_OK);
    assert_int_equal(fixture->ingested.through, answer.seq);
    fixture_verify(fixture);
}

static void test_rollback_forgets(void **state)
{
    struct fixture *fixture = *state;
    const struct answer answer = {
        .seq = 2, .question = QUESTION_RATING, .value = 5, .boot = 1, .uptime_s = 100};

    fixture_press(fixture, QUESTION_RATING, 4);
    assert_int_equal(store_begin(fixture->store, &fixture->error), STORE_OK);
    assert_int_equal(
        store_answers(fixture->store, &fixture->origin, &answer, 1, &fixture->ingested, &fixture->error),
        STORE_OK);
    store_rollback(fixture->store);
    fixture_verify(fixture);
    assert_int_equal(fixture_integer(fixture, "SELECT count(*) FROM answer"), 1);
    assert_int_equal(fixture_send(fixture, &answer, 1), STORE_OK);
    assert_int_equal(fixture->ingested.stored, 1);
    fixture_verify(fixture);
}

static void test_identity_survives_and_the_name_follows_the_settings(void **state)
{
    struct fixture *fixture = *state;
    const struct store_options options = {
        .path = fixture->path, .store_name = "New Street", .timezone = "Europe/Berlin"};
    uint8_t id[DATABASE_ID_SIZE];

    memcpy(id, store_database_id(fixture->store), sizeof id);
    store_close(fixture->store);
    assert_int_equal(store_open(&options, &fixture->store, &fixture->error), STORE_OK);
    assert_memory_equal(store_database_id(fixture->store), id, sizeof id);
    assert_string_equal(store_name(fixture->store), "New Street");
    assert_int_equal(fixture_integer(fixture, "SELECT name = 'New Street' FROM store"), 1);
}

static void test_midnight_is_local(void **state)
{
    struct fixture *fixture = *state;

    assert_int_equal(store_midnight_in_s(fixture->store, FIXTURE_NOON_MS), 12 * 3600);
    assert_int_equal(store_midnight_in_s(fixture->store, INT64_C(1792879200000)),
                     25 * 3600); /* 2026-10-25 00:00 */
}

static void test_what_sqlite_says_is_told_as_what_can_be_done(void **state)
{
    static const struct {
        int code;
        enum store_status status;
    } cases[] = {
        {SQLITE_FULL, STORE_FULL},         {SQLITE_BUSY, STORE_FULL},    {SQLITE_BUSY_SNAPSHOT, STORE_FULL},
        {SQLITE_LOCKED, STORE_FULL},       {SQLITE_IOERR, STORE_BROKEN}, {SQLITE_IOERR_FSYNC, STORE_BROKEN},
        {SQLITE_INTERRUPT, STORE_REFUSED}, {SQLITE_NOMEM, STORE_BROKEN}, {SQLITE_CORRUPT, STORE_BROKEN},
    };
    struct fixture *fixture = *state;

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        fixture_reopen(fixture);
        assert_int_equal(store_sql_failed(fixture->store, cases[i].code, &fixture->error), cases[i].status);
        assert_string_not_equal(fixture->error.text, "");
        enum store_status next = store_begin(fixture->store, &fixture->error);
        assert_int_equal(next, cases[i].status == STORE_BROKEN ? STORE_BROKEN : STORE_OK);
        store_rollback(fixture->store);
    }
}

static void test_a_statement_with_rows_is_run_to_its_end(void **state)
{
    struct fixture *fixture = *state;

    fixture_run(fixture,
                "INSERT INTO staff VALUES (1, 'Dan', 1, NULL, 0, NULL), (2, 'Ida', 1, NULL, 0, NULL)");
    sqlite3_stmt *roster = store_statement(fixture->store, STATEMENT_ROSTER);
    store_bind_integers(roster, (int64_t[]){10}, 1);
    assert_int_equal(store_run(fixture->store, roster, &fixture->error), STORE_OK);
    assert_false(sqlite3_stmt_busy(roster));
}

/* The first write into the database file itself is a checkpoint's. */
static enum fault_effect fail_checkpoint(void *context, struct fault_call *call)
{
    const enum fault_effect *effect = context;

    return call->operation == FAULT_WRITE && strchr(call->file, '-') == NULL ? *effect : FAULT_NONE;
}

static void test_a_checkpoint_that_finds_no_room_waits_and_one_that_fails_ends(void **state)
{
    static const struct {
        enum fault_effect effect;
        enum store_status status;
    } cases[] = {{FAULT_NONE, STORE_OK}, {FAULT_FULL, STORE_OK}, {FAULT_ERROR, STORE_BROKEN}};
    const struct store_options options = {
        .path = "/byname.db", .store_name = "Test", .timezone = "UTC", .vfs = "fault", .checkpoint_pages = 1};

    (void)state;
    for (size_t i = 0; i < 2 * (sizeof cases / sizeof *cases); i++) {
        bool is_deferred = i % 2 == 1; /* then the commit is told before */
        enum store_status expected = cases[i / 2].status;
        struct fault_vfs *vfs = fault_vfs_create("fault");
        enum fault_effect effect = cases[i / 2].effect;
        struct store_error error;
        struct store *store;
        uint16_t id;

        assert_int_equal(store_open(&options, &store, &error), STORE_OK);
        if (is_deferred)
            store_defer_checkpoints(store);
        fault_vfs_set_hook(vfs, fail_checkpoint, &effect);
        assert_int_equal(store_begin(store, &error), STORE_OK);
        assert_int_equal(store_staff_add(store, "Dan", FIXTURE_NOON_MS, &id, &error), STORE_OK);
        assert_int_equal(store_commit(store, &error), is_deferred ? STORE_OK : expected);
        if (is_deferred)
            assert_int_equal(store_checkpoint(store, &error), expected);
        assert_true((error.text[0] == '\0') == (expected == STORE_OK));
        fault_vfs_set_hook(vfs, NULL, NULL);
        assert_int_equal(store_begin(store, &error), expected);
        store_rollback(store);
        store_close(store);
        fault_vfs_destroy(vfs);
    }
}

static void test_a_database_that_is_removed_or_replaced_is_not_written_any_more(void **state)
{
    struct fixture *fixture = *state;
    char aside[FIXTURE_PATH_SIZE + 16];

    snprintf(aside, sizeof aside, "%s.aside", fixture->path);
    fixture_press(fixture, QUESTION_RATING, 5);
    assert_int_equal(rename(fixture->path, aside), 0);
    assert_int_equal(store_begin(fixture->store, &fixture->error), STORE_BROKEN);
    assert_non_null(strstr(fixture->error.text, "was removed or replaced"));
    assert_int_equal(rename(aside, fixture->path), 0);
    assert_int_equal(store_begin(fixture->store, &fixture->error), STORE_BROKEN); /* for good */
    fixture_reopen(fixture);
    assert_int_equal(fixture_integer(fixture, "SELECT count(*) FROM answer"), 1);
}

/* Calls of the operating system below SQLite, which can be told to fail. */
static sqlite3_syscall_ptr real_write;
static int write_reason;

static ssize_t refused_write(int fd, const void *bytes, size_t size, off_t at)
{
    (void)fd, (void)bytes, (void)size, (void)at;
    errno = write_reason;
    return -1;
}

static void refuse_writes(int reason)
{
    static const char *const names[] = {"pwrite64", "pwrite"};
    sqlite3_vfs *vfs = sqlite3_vfs_find(NULL);
    const char *name = names[vfs->xGetSystemCall(vfs, names[0]) == NULL];

    if (real_write == NULL)
        real_write = vfs->xGetSystemCall(vfs, name);
    write_reason = reason;
    vfs->xSetSystemCall(vfs, name, reason == 0 ? real_write : (sqlite3_syscall_ptr)refused_write);
}

static void test_a_quota_is_a_full_disk_and_a_failing_disk_is_not(void **state)
{
    struct fixture *fixture = *state;
    const struct answer answers[] = {
        {.seq = 2, .question = QUESTION_RATING, .value = 4, .boot = 1},
        {.seq = 3, .question = QUESTION_RATING, .value = 3, .boot = 1},
    };

    fixture_press(fixture, QUESTION_RATING, 5);
    refuse_writes(EDQUOT);
    enum store_status status = fixture_send(fixture, answers, 1);
    refuse_writes(0);
    assert_int_equal(status, STORE_FULL);
    assert_int_equal(fixture_send(fixture, answers, 1), STORE_OK);
    fixture_verify(fixture);
    refuse_writes(EIO);
    status = fixture_send(fixture, answers + 1, 1);
    refuse_writes(0);
    assert_int_equal(status, STORE_BROKEN);
    fixture_reopen(fixture);
    assert_int_equal(fixture_integer(fixture, "SELECT count(*) FROM answer"), 2);
}

static void write_file(const char *path, const void *bytes, size_t size)
{
    FILE *file = fopen(path, "wb");

    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, size, file), size);
    fclose(file);
}

static void test_a_backup_is_not_opened_with_the_log_of_another_database_beside_it(void **state)
{
    struct fixture *fixture = *state;
    char backup[FIXTURE_PATH_SIZE + 16], wal[FIXTURE_PATH_SIZE + 16];
    uint64_t size;

    snprintf(backup, sizeof backup, "%s.backup", fixture->path);
    snprintf(wal, sizeof wal, "%s-wal", fixture->path);
    fixture_press(fixture, QUESTION_RATING, 5);
    assert_int_equal(store_backup(fixture->store, backup, &size, NULL, NULL, &fixture->error), STORE_OK);
    store_close(fixture->store);
    fixture->store = NULL;
    assert_int_equal(rename(backup, fixture->path), 0);
    write_file(wal, "left over", 9);
    assert_int_equal(fixture_try_open(fixture), STORE_REFUSED);
    assert_non_null(strstr(fixture->error.text, "-wal beside it"));
    assert_int_equal(access(wal, F_OK), 0);
    assert_int_equal(remove(wal), 0);
    assert_int_equal(fixture_try_open(fixture), STORE_OK);
    assert_int_equal(fixture_integer(fixture, "SELECT count(*) FROM answer"), 1);
}

/* Whose picture needs the -wal, which so cannot be emptied. SQLite waits 5 s for that. */
static void test_a_reader_in_the_way_of_opening_is_told_of(void **state)
{
    struct fixture *fixture = *state;
    const struct store_options archived = {.path = fixture->path, .is_read_only = true};
    const struct store_options options = {
        .path = fixture->path, .store_name = "Test Street", .timezone = fixture->timezone};
    struct store *reader = NULL;

    fixture_run(fixture, "UPDATE store SET name = name");
    assert_int_equal(store_open(&archived, &reader, &fixture->error), STORE_OK);
    assert_int_equal(sqlite3_exec(store_connection(reader), "BEGIN; SELECT * FROM store", NULL, NULL, NULL),
                     SQLITE_OK);
    store_close(fixture->store);
    assert_int_equal(store_open(&options, &fixture->store, &fixture->error), STORE_BROKEN);
    assert_null(fixture->store);
    assert_non_null(strstr(fixture->error.text, "another program reads it"));
    store_close(reader);
    assert_int_equal(store_open(&options, &fixture->store, &fixture->error), STORE_OK);
}

#define WITH_STORE(test) cmocka_unit_test_setup_teardown(test, fixture_setup, fixture_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_STORE(test_files_that_are_not_ours_are_left_as_they_are),
        WITH_STORE(test_what_waits_beside_the_file_is_left_as_it_is),
        WITH_STORE(test_garbage_beside_the_file_is_ignored),
        WITH_STORE(test_folder_in_the_place_of_a_database_is_refused),
        WITH_STORE(test_empty_file_becomes_a_database),
        WITH_STORE(test_damaged_page_in_the_middle_is_told_and_nothing_is_written),
        WITH_STORE(test_folder_that_is_missing_is_named),
        WITH_STORE(test_folder_that_is_not_writable_is_named),
        WITH_STORE(test_bad_settings_are_refused),
        WITH_STORE(test_second_writer_is_refused),
        WITH_STORE(test_reader_sees_what_is_committed),
        WITH_STORE(test_archived_file_in_a_read_only_folder_can_be_read),
        WITH_STORE(test_durability_is_set),
        WITH_STORE(test_full_disk_rolls_back_and_recovers),
        WITH_STORE(test_a_database_that_is_removed_or_replaced_is_not_written_any_more),
        WITH_STORE(test_a_quota_is_a_full_disk_and_a_failing_disk_is_not),
        WITH_STORE(test_a_backup_is_not_opened_with_the_log_of_another_database_beside_it),
        WITH_STORE(test_rollback_forgets),
        WITH_STORE(test_identity_survives_and_the_name_follows_the_settings),
        WITH_STORE(test_midnight_is_local),
        WITH_STORE(test_a_reader_in_the_way_of_opening_is_told_of),
        WITH_STORE(test_what_sqlite_says_is_told_as_what_can_be_done),
        WITH_STORE(test_a_statement_with_rows_is_run_to_its_end),
        WITH_STORE(test_a_checkpoint_that_finds_no_room_waits_and_one_that_fails_ends),
    };

    return cmocka_run_group_tests_name("store", tests, NULL, NULL);
}
