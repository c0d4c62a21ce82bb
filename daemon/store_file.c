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
#define HEADER_SIZE 100
#define HEADER_VERSION 60     /* user_version */
#define HEADER_APPLICATION 68 /* application_id */

#define PAGE_SIZE 4096 /* of a database that is being made */

struct file_header {
    unsigned char bytes[HEADER_SIZE];
    sqlite3_int64 size; /* of the file */
};

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

bool store_file_has_wal(const char *path, const char *vfs_name)
{
    sqlite3_vfs *vfs = sqlite3_vfs_find(vfs_name);
    char name[PATH_MAX];
    int has_file = 0; /* and something in it */

    snprintf(name, sizeof name, "%s-wal", path);
    return vfs->xAccess(vfs, name, SQLITE_ACCESS_EXISTS, &has_file) == SQLITE_OK && has_file;
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

/* The application's id and the version of the tables, from the first 100 bytes (SQLite's file format, 1.3). Read through
 * SQLite's VFS: it knows which descriptors it may close without dropping its locks. */
static int header_read(const char *path, const char *vfs_name, struct file_header *header)
{
    sqlite3_vfs *vfs = sqlite3_vfs_find(vfs_name);
    sqlite3_file *file = calloc(1, (size_t)vfs->szOsFile);
    sqlite3_filename name = sqlite3_create_filename(path, "", "", 0, NULL);
    int code = SQLITE_NOMEM;

    if (file != NULL && name != NULL)
        code = vfs->xOpen(vfs, name, file, SQLITE_OPEN_READONLY | SQLITE_OPEN_MAIN_DB, NULL);
    if (code == SQLITE_OK)
        code = file->pMethods->xFileSize(file, &header->size);
    if (code == SQLITE_OK)
        code = file->pMethods->xRead(file, header->bytes, sizeof header->bytes, 0);
    if (file != NULL && file->pMethods != NULL)
        file->pMethods->xClose(file);
    sqlite3_free_filename(name);
    free(file);
    return code == SQLITE_IOERR_SHORT_READ ? SQLITE_OK : code; /* the rest is zeros */
}

static bool is_blank(const struct file_header *header)
{
    for (size_t i = 0; i < sizeof header->bytes; i++)
        if (header->bytes[i] != 0)
            return false;
    return true;
}

static uint32_t big_endian(const unsigned char *bytes)
{
    return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 | bytes[3];
}

static enum store_status header_check(const char *path, const struct file_header *header,
                                      struct store_error *error)
{
    uint32_t version = big_endian(header->bytes + HEADER_VERSION);
    uint32_t application = big_endian(header->bytes + HEADER_APPLICATION);

    if (memcmp(header->bytes, "SQLite format 3", 16) != 0)
        return store_refuse(
            error, "%.150s is not a database: it was left as it is; set another database path", path);
    if (application != STORE_APPLICATION_ID && application != STORE_BACKUP_ID)
        return store_refuse(error,
                            "%.120s is another program's database: it was left as it is; set another database"
                            " path",
                            path);
    if (version > STORE_VERSION)
        return store_refuse(error,
                            "%.120s was written by a newer byname (version %u of its tables, this one knows"
                            " %d): upgrade",
                            path, (unsigned)version, STORE_VERSION);
    return STORE_OK;
}

enum store_status store_contents_check(sqlite3 *db, const char *path, struct store_error *error)
{
    int64_t version = 0, stores = 0;
    int code = integer_read(db, "PRAGMA user_version", &version);

    if (code == SQLITE_OK && version == 0)
        return STORE_OK; /* its creation was interrupted before anything was in it */
    if (code == SQLITE_OK && version > STORE_VERSION)
        return store_refuse(error, "%.150s was written by a newer byname: upgrade", path);
    if (code == SQLITE_OK)
        code = integer_read(db, "SELECT count(*) FROM store WHERE id = 1", &stores);
    if (code == SQLITE_OK && stores == 1)
        return STORE_OK;
    return store_refuse(error, "%.120s is corrupt (%s): it was left as it is; restore it from a backup", path,
                        code == SQLITE_OK ? "no store in it" : sqlite3_errstr(code));
}

/* *is_new: there is no file, or none with anything in it. */
static enum store_status file_find(const char *path, bool *is_new, struct store_error *error)
{
    struct stat about;

    *is_new = false;
    if (stat(path, &about) != 0) {
        if (errno != ENOENT)
            return folder_refused(path, errno, error);
        *is_new = true;
        return STORE_OK;
    }
    if (!S_ISREG(about.st_mode))
        return store_refuse(error, "%.150s is not a file: set another database path", path);
    *is_new = about.st_size == 0;
    return STORE_OK;
}

static enum store_status vfs_find(const char *path, const char *name, bool *is_new, struct store_error *error)
{
    sqlite3_vfs *vfs = sqlite3_vfs_find(name);
    int has_file = 0;

    if (vfs == NULL || vfs->xAccess(vfs, path, SQLITE_ACCESS_EXISTS, &has_file) != SQLITE_OK)
        return store_refuse(error, "cannot look for %.120s in %.60s", path, name);
    *is_new = !has_file;
    return STORE_OK;
}

/* Nothing waits beside the file: all of it must be in there. No lock, no -wal, no -shm: nothing is touched. */
static enum store_status whole_check(const char *path, const char *vfs, struct store_error *error)
{
    char *uri = store_file_uri(path, "immutable=1");
    sqlite3 *db = NULL;
    enum store_status status;
    int code;

    if (uri == NULL)
        return store_refuse(error, "out of memory");
    code = sqlite3_open_v2(uri, &db, SQLITE_OPEN_READONLY | SQLITE_OPEN_URI | SQLITE_OPEN_NOMUTEX, vfs);
    if (code != SQLITE_OK)
        status = store_refuse(error, "cannot open %.120s: %s", path, sqlite3_errstr(code));
    else
        status = store_contents_check(db, path, error);
    sqlite3_close(db);
    free(uri);
    return status;
}

enum store_status store_file_check(const char *path, const char *vfs, bool *is_new, struct store_error *error)
{
    struct file_header header = {.size = 0};
    enum store_status status =
        vfs == NULL ? file_find(path, is_new, error) : vfs_find(path, vfs, is_new, error);
    int code;

    if (status != STORE_OK || *is_new)
        return status;
    code = header_read(path, vfs, &header);
    if (code == SQLITE_OK && header.size <= PAGE_SIZE && is_blank(&header)) {
        *is_new = true; /* power failed while it was made */
        return STORE_OK;
    }
    if (code != SQLITE_OK)
        return store_refuse(error, "cannot open %.120s: %s", path,
                            errno == EACCES ? "permission denied" : sqlite3_errstr(code));
    status = header_check(path, &header, error);
    if (status == STORE_OK && big_endian(header.bytes + HEADER_APPLICATION) == STORE_BACKUP_ID &&
        store_file_has_wal(path, vfs))
        return store_refuse(
            error,
            "%.90s is a backup, and %.90s-wal beside it belongs to the database that was there"
            " before: move that away",
            path, path);
    if (status != STORE_OK || store_file_has_wal(path, vfs))
        return status; /* half of a checkpoint may be in the file, and the whole beside it */
    return whole_check(path, vfs, error);
}

/* SQLite would create it readable for everybody; -wal and -shm follow the mode of the file. What is there is empty or
 * blank: see store_file_check. */
enum store_status store_file_create(const char *path, const char *vfs_name, struct store_error *error)
{
    sqlite3_vfs *vfs = sqlite3_vfs_find(vfs_name);
    int has_bytes = 0, fd;
    int code = vfs->xAccess(vfs, path, SQLITE_ACCESS_EXISTS, &has_bytes);

    if (code == SQLITE_OK && has_bytes)
        code = vfs->xDelete(vfs, path, 0);
    if (code != SQLITE_OK)
        return store_refuse(error, "cannot make %.150s anew: %s", path, sqlite3_errstr(code));
    if (vfs_name != NULL)
        return STORE_OK;
    fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0640);
    if (fd < 0)
        return folder_refused(path, errno, error);
    close(fd);
    return STORE_OK;
}
