/* SPDX-License-Identifier: MIT
 *
 * store_file.c - before a database is opened: is it ours, is it free, may we write there.
 */
#include "store_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define LOCK_SUFFIX ".lock"

static bool lock_path(const char *path, char out[PATH_MAX])
{
    int size = snprintf(out, PATH_MAX, "%s" LOCK_SUFFIX, path);

    return size > 0 && size < PATH_MAX;
}

/* Why a file cannot be made or opened in its folder: that one is missing, or not ours to write. */
static enum store_status folder_refused(const char *path, int reason, struct store_error *error)
{
    char copy[PATH_MAX];
    const char *folder;

    snprintf(copy, sizeof copy, "%s", path);
    folder = dirname(copy);
    if (reason == ENOENT || reason == ENOTDIR)
        return store_refuse(error, "there is no folder %.180s: create it, or set another database path",
                            folder);
    if (reason == EACCES || reason == EROFS || reason == EPERM)
        return store_refuse(error, "cannot write in %.150s: make it writable for the user that runs bynamed",
                            folder);
    return store_refuse(error, "cannot open files in %.150s: %s", folder, strerror(reason));
}

/* The lock is a file beside the database, not the database itself: closing any descriptor of a file drops all
 * POSIX locks of the process on it, SQLite's too. It stays in place: to unlink a lock that others may wait
 * for is a race. */
enum store_status store_file_lock(const char *path, int *lock_fd, bool *is_new_lock,
                                  struct store_error *error)
{
    char name[PATH_MAX];
    int fd;

    *lock_fd = -1;
    *is_new_lock = false;
    if (!lock_path(path, name))
        return store_refuse(error, "the database path is too long");
    fd = open(name, O_RDWR | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0 && errno == ENOENT) {
        fd = open(name, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0640);
        *is_new_lock = fd >= 0;
    }
    if (fd < 0)
        return folder_refused(path, errno, error);
    if (flock(fd, LOCK_EX | LOCK_NB) != 0) {
        close(fd);
        return store_refuse(error, "%.150s is in use by another bynamed: end that one first", path);
    }
    *lock_fd = fd;
    return STORE_OK;
}

void store_file_unlock(const char *path, int lock_fd, bool is_unlinked)
{
    char name[PATH_MAX];

    if (lock_fd < 0)
        return;
    if (is_unlinked && lock_path(path, name))
        unlink(name);
    close(lock_fd);
}

bool store_file_has_wal(const char *path)
{
    char name[PATH_MAX];
    struct stat about;

    snprintf(name, sizeof name, "%s-wal", path);
    return stat(name, &about) == 0 && about.st_size > 0;
}

char *store_file_uri(const char *path, const char *query)
{
    static const char hex[] = "0123456789ABCDEF";
    size_t size = strlen(path) * 3 + strlen(query) + sizeof "file:?";
    char *uri = malloc(size), *end = uri;

    if (uri == NULL)
        return NULL;
    end += sprintf(end, "file:");
    for (; *path != '\0'; path++) {
        unsigned char byte = (unsigned char)*path;

        if (byte == '%' || byte == '?' || byte == '#') {
            *end++ = '%';
            *end++ = hex[byte >> 4];
            *end++ = hex[byte & 15];
        } else {
            *end++ = (char)byte;
        }
    }
    snprintf(end, size - (size_t)(end - uri), "?%s", query);
    return uri;
}

static int integer_read(sqlite3 *db, const char *sql, int64_t *value)
{
    sqlite3_stmt *statement = NULL;
    int code = sqlite3_prepare_v2(db, sql, -1, &statement, NULL);

    if (code == SQLITE_OK) {
        code = sqlite3_step(statement);
        if (code == SQLITE_ROW)
            *value = sqlite3_column_int64(statement, 0);
        code = code == SQLITE_ROW ? SQLITE_OK : code;
    }
    sqlite3_finalize(statement);
    return code;
}

static enum store_status contents_check(sqlite3 *db, const char *path, struct store_error *error)
{
    int64_t application = 0, version = 0, stores = 0;
    int code = integer_read(db, "PRAGMA application_id", &application);

    if (code == SQLITE_OK)
        code = integer_read(db, "PRAGMA user_version", &version);
    if (code == SQLITE_NOTADB)
        return store_refuse(
            error, "%.150s is not a database: it was left as it is; set another database path", path);
    if (code != SQLITE_OK)
        return store_refuse(error, "%.120s cannot be read (%s): restore it from a backup", path,
                            sqlite3_errstr(code));
    if (application != STORE_APPLICATION_ID)
        return store_refuse(error,
                            "%.120s is another program's database: it was left as it is; set another database"
                            " path",
                            path);
    if (version > STORE_VERSION)
        return store_refuse(error,
                            "%.120s was written by a newer byname (version %d of its tables, this one knows"
                            " %d): upgrade",
                            path, (int)version, STORE_VERSION);
    if (version == 0)
        return STORE_OK; /* its creation was interrupted before anything was in it */
    code = integer_read(db, "SELECT count(*) FROM store WHERE id = 1", &stores);
    if (code != SQLITE_OK || stores != 1)
        return store_refuse(error, "%.120s is corrupt (%s): it was left as it is; restore it from a backup",
                            path, code == SQLITE_OK ? "no store in it" : sqlite3_errstr(code));
    return STORE_OK;
}

enum store_status store_file_check(const char *path, bool *is_new, struct store_error *error)
{
    struct stat about;
    sqlite3 *db = NULL;
    enum store_status status;
    char *uri;
    int code;

    *is_new = false;
    if (stat(path, &about) != 0) {
        if (errno != ENOENT)
            return folder_refused(path, errno, error);
        *is_new = true;
        return STORE_OK;
    }
    if (!S_ISREG(about.st_mode))
        return store_refuse(error, "%.150s is not a file: set another database path", path);
    if (about.st_size == 0) {
        *is_new = true;
        return STORE_OK;
    }
    uri = store_file_uri(path, "immutable=1"); /* no lock, no -wal, no -shm: nothing is touched */
    if (uri == NULL)
        return store_refuse(error, "out of memory");
    code = sqlite3_open_v2(uri, &db, SQLITE_OPEN_READONLY | SQLITE_OPEN_URI | SQLITE_OPEN_NOMUTEX, NULL);
    if (code != SQLITE_OK)
        status = store_refuse(error, "cannot open %.120s: %s", path,
                              errno == EACCES ? "permission denied" : sqlite3_errstr(code));
    else
        status = contents_check(db, path, error);
    sqlite3_close(db);
    free(uri);
    return status;
}

/* SQLite would create it readable for everybody; -wal and -shm follow the mode of the file. */
enum store_status store_file_create(const char *path, struct store_error *error)
{
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0640);

    if (fd < 0)
        return folder_refused(path, errno, error);
    close(fd);
    return STORE_OK;
}
