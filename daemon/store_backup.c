/* SPDX-License-Identifier: MIT
 *
 * store_backup.c - a copy of the database as it is at one moment, while the writer goes on.
 *
 * The copy grows as FILE.partial and gets its name when it is whole and on the disk: what is called FILE is good.
 */
#include "store_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define PARTIAL_SUFFIX ".partial"
#define STEP_PAGES 256

struct backup {
    struct store *store;
    const char *path;
    char partial[PATH_MAX];
    sqlite3 *db;            /* the copy */
    sqlite3_stmt *snapshot; /* under way as long as it is copied: one picture, and interruptible */
    sqlite3_backup *pages;
    bool (*progress)(void *context, unsigned done);
    void *context;
};

static enum store_status failed(const struct backup *backup, const char *reason, struct store_error *error)
{
    return store_refuse(error, "cannot write the backup %.120s: %.80s", backup->path, reason);
}

/* Never over a file that is there; not readable for everybody, as the database. */
static enum store_status partial_create(struct backup *backup, struct store_error *error)
{
    struct stat about;
    int size = snprintf(backup->partial, sizeof backup->partial, "%s" PARTIAL_SUFFIX, backup->path);
    int fd;

    if (backup->path[0] != '/' || size < 0 || (size_t)size >= sizeof backup->partial)
        return store_refuse(error, "a backup needs an absolute path that is not too long");
    if (lstat(backup->path, &about) == 0)
        return store_refuse(error,
                            "%.120s is there already: a backup never overwrites a file; choose another name",
                            backup->path);
    fd = open(backup->partial, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0640);
    if (fd < 0 && errno == EEXIST)
        return store_refuse(error,
                            "%.150s is there: another backup is under way, or one was cut short; remove it",
                            backup->partial);
    if (fd < 0)
        return failed(backup, strerror(errno), error);
    close(fd);
    return STORE_OK;
}

static enum store_status copy_open(struct backup *backup, struct store_error *error)
{
    char *uri = store_file_uri(backup->partial, "mode=rw");
    int code = uri == NULL
                   ? SQLITE_NOMEM
                   : sqlite3_open_v2(uri, &backup->db,
                                     SQLITE_OPEN_READWRITE | SQLITE_OPEN_URI | SQLITE_OPEN_NOMUTEX, NULL);

    free(uri);
    if (code == SQLITE_OK) /* no second copy beside it; it is synced once, at the end */
        code =
            sqlite3_exec(backup->db, "PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF", NULL, NULL, NULL);
    if (code != SQLITE_OK)
        return failed(backup, sqlite3_errstr(code), error);
    code =
        sqlite3_prepare_v2(backup->store->db, "SELECT name FROM sqlite_schema", -1, &backup->snapshot, NULL);
    if (code == SQLITE_OK)
        code = sqlite3_step(backup->snapshot);
    if (code != SQLITE_ROW)
        return store_sql_failed(backup->store, code, error);
    backup->pages = sqlite3_backup_init(backup->db, "main", backup->store->db, "main");
    return backup->pages == NULL ? failed(backup, sqlite3_errmsg(backup->db), error) : STORE_OK;
}

/* An interrupted connection refuses every statement while one is under way. */
static bool is_interrupted(const struct backup *backup)
{
    return sqlite3_exec(backup->store->db, "SELECT 1", NULL, NULL, NULL) == SQLITE_INTERRUPT;
}

static enum store_status pages_copy(struct backup *backup, struct store_error *error)
{
    char sql[128];
    int code;

    do {
        code = sqlite3_backup_step(backup->pages, STEP_PAGES);
        int count = sqlite3_backup_pagecount(backup->pages);
        int done = count - sqlite3_backup_remaining(backup->pages);
        bool is_wanted = backup->progress == NULL || count == 0 ||
                         backup->progress(backup->context, (unsigned)((int64_t)done * 1000 / count));
        if (code == SQLITE_OK && (!is_wanted || is_interrupted(backup)))
            return store_refuse(error, "the backup was ended before it was done");
    } while (code == SQLITE_OK);
    if (code != SQLITE_DONE)
        return failed(backup, (code & 0xFF) == SQLITE_FULL ? "no space left" : sqlite3_errstr(code), error);
    code = sqlite3_backup_finish(backup->pages);
    backup->pages = NULL;
    /* It says what it is, so that the -wal of another file is not played into it. */
    snprintf(sql, sizeof sql,
             "PRAGMA journal_mode = DELETE; PRAGMA journal_mode = OFF; PRAGMA application_id = %d",
             STORE_BACKUP_ID);
    if (code == SQLITE_OK)
        code = sqlite3_exec(backup->db, sql, NULL, NULL, NULL);
    return code == SQLITE_OK ? STORE_OK : failed(backup, sqlite3_errstr(code), error);
}

static int sync_path(const char *path, int flags)
{
    int fd = open(path, flags | O_CLOEXEC);
    int outcome = fd < 0 ? -1 : fsync(fd);
    int reason = errno;

    if (fd >= 0)
        close(fd);
    errno = reason;
    return outcome;
}

static enum store_status finish(const struct backup *backup, uint64_t *size, struct store_error *error)
{
    char folder[PATH_MAX];
    struct stat about;

    snprintf(folder, sizeof folder, "%s", backup->path);
    if (sync_path(backup->partial, O_RDWR) != 0 || stat(backup->partial, &about) != 0 ||
        renameat2(AT_FDCWD, backup->partial, AT_FDCWD, backup->path, RENAME_NOREPLACE) != 0 ||
        sync_path(dirname(folder), O_RDONLY | O_DIRECTORY) != 0)
        return failed(backup, strerror(errno), error);
    *size = (uint64_t)about.st_size;
    return STORE_OK;
}

enum store_status store_backup(struct store *store, const char *path, uint64_t *size,
                               bool (*progress)(void *context, unsigned done), void *context,
                               struct store_error *error)
{
    struct backup backup = {.store = store, .path = path, .progress = progress, .context = context};
    enum store_status status = partial_create(&backup, error);

    *size = 0;
    if (status != STORE_OK)
        return status;
    status = copy_open(&backup, error);
    if (status == STORE_OK)
        status = pages_copy(&backup, error);
    sqlite3_backup_finish(backup.pages);
    sqlite3_finalize(backup.snapshot);
    sqlite3_close(backup.db);
    if (status == STORE_OK)
        status = finish(&backup, size, error);
    if (status != STORE_OK)
        unlink(backup.partial);
    return status;
}
