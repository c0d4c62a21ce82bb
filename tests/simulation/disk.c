/* SPDX-License-Identifier: MIT */
#include "disk.h"

#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SHM_REGION_SIZE 32768

/* What SQLite holds of an open file. */
struct handle {
    sqlite3_file base;
    struct disk_file *file;
};

static struct disk *installed; /* SQLite's VFS is one for the process */

/* Files
 * ---------------------------------------------------------------------------------------------------------
 */

static void must(bool is_had)
{
    if (!is_had) {
        fprintf(stderr, "out of memory\n");
        abort();
    }
}

static void reserve(struct disk_file *file, size_t size)
{
    size_t capacity = file->capacity == 0 ? 262144 : file->capacity;

    if (size <= file->capacity)
        return;
    while (capacity < size)
        capacity *= 2;
    file->bytes = realloc(file->bytes, capacity);
    file->synced = realloc(file->synced, capacity);
    file->state = realloc(file->state, capacity / DISK_SECTOR_SIZE);
    must(file->bytes != NULL && file->synced != NULL && file->state != NULL);
    memset(file->bytes + file->capacity, 0, capacity - file->capacity);
    memset(file->synced + file->capacity, 0, capacity - file->capacity);
    memset(file->state + file->capacity / DISK_SECTOR_SIZE, DISK_CLEAN,
           (capacity - file->capacity) / DISK_SECTOR_SIZE);
    file->capacity = capacity;
}

static void forget(struct disk_file *file)
{
    size_t used = file->size > file->synced_size ? file->size : file->synced_size;

    free(file->name);
    file->name = NULL;
    if (file->capacity > 0) {
        used = (used + DISK_SECTOR_SIZE - 1) / DISK_SECTOR_SIZE * DISK_SECTOR_SIZE;
        memset(file->bytes, 0, used);
        memset(file->synced, 0, used);
        memset(file->state, DISK_CLEAN, used / DISK_SECTOR_SIZE);
    }
    file->size = file->synced_size = 0;
    file->is_truncated = false;
}

static struct disk_file *find(struct disk *disk, const char *name, bool is_made)
{
    struct disk_file *unused = NULL;

    for (size_t i = 0; i < DISK_FILE_COUNT; i++) {
        struct disk_file *file = &disk->files[i];
        if (file->name == NULL)
            unused = file;
        else if (strcmp(file->name, name) == 0)
            return file;
    }
    if (!is_made)
        return NULL;
    must(unused != NULL);
    unused->name = strdup(name);
    must(unused->name != NULL);
    return unused;
}

static void mark(struct disk_file *file, size_t from, size_t to)
{
    for (size_t i = from / DISK_SECTOR_SIZE; i * DISK_SECTOR_SIZE < to; i++)
        file->state[i] = DISK_DIRTY;
}

static void settle_sector(struct disk_file *file, size_t sector, bool is_kept)
{
    size_t at = sector * DISK_SECTOR_SIZE;

    if (is_kept)
        memcpy(file->synced + at, file->bytes + at, DISK_SECTOR_SIZE);
    else
        memcpy(file->bytes + at, file->synced + at, DISK_SECTOR_SIZE);
    file->state[sector] = DISK_CLEAN;
}

static size_t sector_count(const struct disk_file *file)
{
    size_t size = file->size > file->synced_size ? file->size : file->synced_size;

    return (size + DISK_SECTOR_SIZE - 1) / DISK_SECTOR_SIZE;
}

static void sync_file(struct disk_file *file)
{
    for (size_t i = 0; i < sector_count(file); i++) {
        if (file->state[i] == DISK_DIRTY)
            settle_sector(file, i, true);
    }
    file->synced_size = file->size;
    file->is_truncated = false;
}

/* Shorter or not: a file system's journal does not do it by halves, nor keeps what was written after without it. */
static bool undo_truncation(struct disk *disk, struct disk_file *file)
{
    size_t count = sector_count(file);
    bool is_undone = file->is_truncated && bench_is(disk->bench, 500000);

    for (size_t i = 0; file->is_truncated && i < count; i++) {
        if (is_undone)
            settle_sector(file, i, false);
        else if (i * DISK_SECTOR_SIZE >= file->size)
            settle_sector(file, i, true);
    }
    if (is_undone)
        file->size = file->synced_size;
    else if (file->is_truncated && file->synced_size > file->size)
        file->synced_size = file->size;
    file->is_truncated = false;
    return is_undone;
}

/* A disk writes in any order, and has written some of it already. */
static void lose_unsynced(struct disk *disk, struct disk_file *file)
{
    uint32_t kept = bench_below(disk->bench, 4) * 333333; /* none, some, most, all */
    uint64_t lost = undo_truncation(disk, file);
    size_t count = sector_count(file);

    for (size_t i = 0; i < count; i++) {
        if (file->state[i] == DISK_CLEAN)
            continue;
        bool is_kept = file->state[i] == DISK_DIRTY && bench_is(disk->bench, kept);
        settle_sector(file, i, is_kept);
        lost += !is_kept;
    }
    if (file->size != file->synced_size && !bench_is(disk->bench, kept)) {
        file->size = file->synced_size;
        lost++;
    }
    memset(file->bytes + file->size, 0,
           count * DISK_SECTOR_SIZE > file->size ? count * DISK_SECTOR_SIZE - file->size : 0);
    file->synced_size = file->size;
    if (lost > 0)
        bench_fault(disk->bench, FAULT_UNSYNCED_LOST, "disk: %u sectors of %s were not synced and are lost",
                    (unsigned)lost, file->name);
}

/* What goes wrong
 * ----------------------------------------------------------------------------------------------- */

/* True when the process ends before this operation. */
static bool is_over(struct disk *disk)
{
    if (!disk->is_dead && disk->dies_after > 0 && --disk->dies_after == 0) {
        disk->is_dead = true;
        bench_trace(disk->bench, "disk: the daemon ends in the middle of its writing");
    }
    return disk->is_dead;
}

static bool is_failing(struct disk *disk)
{
    return disk->fails_one > 0 && --disk->fails_one == 0;
}

/* sqlite3_io_methods
 * -------------------------------------------------------------------------------------------- */

static struct disk_file *file_of(sqlite3_file *base)
{
    return ((struct handle *)base)->file;
}

static int on_close(sqlite3_file *base)
{
    (void)base;
    return SQLITE_OK;
}

static int on_read(sqlite3_file *base, void *out, int size, sqlite3_int64 at)
{
    const struct disk_file *file = file_of(base);
    size_t from = (size_t)at, wanted = (size_t)size;
    size_t had = from < file->size ? file->size - from : 0;

    if (had > wanted)
        had = wanted;
    if (had > 0)
        memcpy(out, file->bytes + from, had);
    if (had == wanted)
        return SQLITE_OK;
    memset((uint8_t *)out + had, 0, wanted - had);
    return SQLITE_IOERR_SHORT_READ;
}

static void write_bytes(struct disk_file *file, const void *bytes, size_t size, size_t at)
{
    reserve(file, at + size + DISK_SECTOR_SIZE);
    memcpy(file->bytes + at, bytes, size);
    mark(file, at, at + size);
    if (at + size > file->size)
        file->size = at + size;
}

static int on_write(sqlite3_file *base, const void *bytes, int size, sqlite3_int64 at)
{
    struct disk *disk = installed;
    struct disk_file *file = file_of(base);
    size_t from = (size_t)at, left = (size_t)size;

    if (is_over(disk))
        return SQLITE_IOERR_WRITE;
    if (disk->is_full && from + left > file->size) {
        if (bench_is(disk->bench, 300000)) {
            write_bytes(file, bytes, bench_below(disk->bench, (uint32_t)left), from);
            bench_fault(disk->bench, FAULT_WRITE_SHORT, "disk: full in the middle of a write to %s",
                        file->name);
        }
        return SQLITE_FULL;
    }
    if (is_failing(disk)) {
        write_bytes(file, bytes, bench_below(disk->bench, (uint32_t)left), from);
        bench_fault(disk->bench, FAULT_WRITE_FAILED, "disk: a write to %s failed", file->name);
        return SQLITE_IOERR_WRITE;
    }
    write_bytes(file, bytes, left, from);
    return SQLITE_OK;
}

static int on_truncate(sqlite3_file *base, sqlite3_int64 size)
{
    struct disk *disk = installed;
    struct disk_file *file = file_of(base);

    if (is_over(disk))
        return SQLITE_IOERR_TRUNCATE;
    if ((size_t)size < file->size) {
        memset(file->bytes + size, 0, file->size - (size_t)size);
        mark(file, (size_t)size, file->size);
        file->size = (size_t)size;
        file->is_truncated = true;
    }
    return SQLITE_OK;
}

/* What was to be written counts as written, and perhaps is not (Rebello and others, "Can Applications Recover
 * from fsync Failures?", 2020). */
static void fail_sync(struct disk *disk, struct disk_file *file)
{
    for (size_t i = 0; i < sector_count(file); i++) {
        if (file->state[i] != DISK_DIRTY)
            continue;
        if (bench_is(disk->bench, 500000))
            settle_sector(file, i, true);
        else
            file->state[i] = DISK_FORGOTTEN;
    }
}

static int on_sync(sqlite3_file *base, int flags)
{
    struct disk *disk = installed;
    struct disk_file *file = file_of(base);

    (void)flags;
    if (is_over(disk))
        return SQLITE_IOERR_FSYNC;
    if (is_failing(disk)) {
        fail_sync(disk, file);
        bench_fault(disk->bench, FAULT_SYNC_FAILED, "disk: a sync of %s failed", file->name);
        return SQLITE_IOERR_FSYNC;
    }
    sync_file(file);
    return SQLITE_OK;
}

static int on_size(sqlite3_file *base, sqlite3_int64 *size)
{
    *size = (sqlite3_int64)file_of(base)->size;
    return SQLITE_OK;
}

static int on_lock(sqlite3_file *base, int level)
{
    (void)base, (void)level;
    return SQLITE_OK;
}

static int on_check_reserved(sqlite3_file *base, int *is_reserved)
{
    (void)base;
    *is_reserved = 0;
    return SQLITE_OK;
}

static int on_control(sqlite3_file *base, int what, void *argument)
{
    (void)base, (void)what, (void)argument;
    return SQLITE_NOTFOUND;
}

static int on_sector_size(sqlite3_file *base)
{
    (void)base;
    return DISK_SECTOR_SIZE;
}

static int on_characteristics(sqlite3_file *base)
{
    (void)base;
    return 0;
}

static int on_shm_map(sqlite3_file *base, int region, int size, int is_extended, void volatile **out)
{
    struct disk *disk = installed;

    (void)base;
    must(size == SHM_REGION_SIZE && region < (int)(sizeof disk->shm / sizeof *disk->shm));
    if (disk->shm[region] == NULL && is_extended) {
        disk->shm[region] = calloc(1, SHM_REGION_SIZE);
        must(disk->shm[region] != NULL);
    }
    *out = disk->shm[region];
    return SQLITE_OK;
}

static int on_shm_lock(sqlite3_file *base, int offset, int count, int flags)
{
    (void)base, (void)offset, (void)count, (void)flags;
    return SQLITE_OK;
}

static void on_shm_barrier(sqlite3_file *base)
{
    (void)base;
}

static void free_shm(struct disk *disk)
{
    for (size_t i = 0; i < sizeof disk->shm / sizeof *disk->shm; i++) {
        free(disk->shm[i]);
        disk->shm[i] = NULL;
    }
}

static int on_shm_unmap(sqlite3_file *base, int is_deleted)
{
    (void)base, (void)is_deleted;
    free_shm(installed); /* the only connection is gone */
    return SQLITE_OK;
}

static const sqlite3_io_methods methods = {
    .iVersion = 2,
    .xClose = on_close,
    .xRead = on_read,
    .xWrite = on_write,
    .xTruncate = on_truncate,
    .xSync = on_sync,
    .xFileSize = on_size,
    .xLock = on_lock,
    .xUnlock = on_lock,
    .xCheckReservedLock = on_check_reserved,
    .xFileControl = on_control,
    .xSectorSize = on_sector_size,
    .xDeviceCharacteristics = on_characteristics,
    .xShmMap = on_shm_map,
    .xShmLock = on_shm_lock,
    .xShmBarrier = on_shm_barrier,
    .xShmUnmap = on_shm_unmap,
};

/* sqlite3_vfs
 * --------------------------------------------------------------------------------------------------- */

static int on_open(sqlite3_vfs *vfs, const char *name, sqlite3_file *base, int flags, int *out_flags)
{
    struct handle *handle = (struct handle *)base;

    (void)vfs;
    base->pMethods = NULL;
    must(name != NULL); /* temporary files would be the disk's, too: there are none */
    if (installed->is_dead)
        return SQLITE_IOERR;
    handle->file = find(installed, name, true);
    reserve(handle->file, DISK_SECTOR_SIZE);
    base->pMethods = &methods;
    if (out_flags != NULL)
        *out_flags = flags;
    return SQLITE_OK;
}

static int on_delete(sqlite3_vfs *vfs, const char *name, int is_synced)
{
    struct disk_file *file = find(installed, name, false);

    (void)vfs, (void)is_synced;
    if (is_over(installed))
        return SQLITE_IOERR_DELETE;
    if (file == NULL)
        return SQLITE_IOERR_DELETE_NOENT;
    forget(file);
    return SQLITE_OK;
}

static int on_access(sqlite3_vfs *vfs, const char *name, int flags, int *is_there)
{
    const struct disk_file *file = find(installed, name, false);

    (void)vfs;
    *is_there = file != NULL && (flags != SQLITE_ACCESS_EXISTS || file->size > 0);
    return SQLITE_OK;
}

static int on_full_path(sqlite3_vfs *vfs, const char *name, int size, char *out)
{
    (void)vfs;
    snprintf(out, (size_t)size, "%s", name);
    return SQLITE_OK;
}

static int on_randomness(sqlite3_vfs *vfs, int size, char *out)
{
    (void)vfs;
    for (int i = 0; i < size; i++)
        out[i] = (char)bench_draw(installed->bench);
    return size;
}

static int on_sleep(sqlite3_vfs *vfs, int us)
{
    (void)vfs;
    return us;
}

static int on_time(sqlite3_vfs *vfs, double *julian_day)
{
    (void)vfs;
    *julian_day = 2461000.5;
    return SQLITE_OK;
}

void disk_install(struct disk *disk)
{
    static sqlite3_vfs vfs = {
        .iVersion = 1,
        .szOsFile = (int)sizeof(struct handle),
        .mxPathname = 512,
        .zName = DISK_NAME,
        .xOpen = on_open,
        .xDelete = on_delete,
        .xAccess = on_access,
        .xFullPathname = on_full_path,
        .xRandomness = on_randomness,
        .xSleep = on_sleep,
        .xCurrentTime = on_time,
    };

    installed = disk;
    sqlite3_vfs_register(&vfs, 0);
}

/* The run's side
 * ------------------------------------------------------------------------------------------------ */

void disk_reset(struct disk *disk, struct bench *bench)
{
    disk->bench = bench;
    sqlite3_randomness(0, NULL); /* seeded anew, from the run's dice: SQLite keeps it from run to run */
    for (size_t i = 0; i < DISK_FILE_COUNT; i++)
        forget(&disk->files[i]);
    free_shm(disk);
    disk->is_full = disk->is_dead = false;
    disk->dies_after = disk->fails_one = 0;
}

void disk_free(struct disk *disk)
{
    for (size_t i = 0; i < DISK_FILE_COUNT; i++) {
        free(disk->files[i].name);
        free(disk->files[i].bytes);
        free(disk->files[i].synced);
        free(disk->files[i].state);
    }
    free_shm(disk);
    memset(disk, 0, sizeof *disk);
}

void disk_revive(struct disk *disk)
{
    free_shm(disk); /* the first who opens it anew recovers it from the -wal */
    disk->is_dead = false;
    disk->dies_after = disk->fails_one = 0;
}

void disk_lose_power(struct disk *disk)
{
    for (size_t i = 0; i < DISK_FILE_COUNT; i++) {
        if (disk->files[i].name != NULL)
            lose_unsynced(disk, &disk->files[i]);
    }
}

void disk_copy_take(const struct disk *disk, struct disk_copy *copy)
{
    disk_copy_free(copy);
    copy->is_taken = true;
    for (size_t i = 0; i < DISK_FILE_COUNT; i++) {
        const struct disk_file *file = &disk->files[i];
        if (file->name == NULL)
            continue;
        copy->files[i].name = strdup(file->name);
        copy->files[i].bytes = malloc(file->size + 1);
        must(copy->files[i].name != NULL && copy->files[i].bytes != NULL);
        memcpy(copy->files[i].bytes, file->bytes, file->size);
        copy->files[i].size = file->size;
    }
}

void disk_copy_restore(struct disk *disk, const struct disk_copy *copy)
{
    for (size_t i = 0; i < DISK_FILE_COUNT; i++)
        forget(&disk->files[i]);
    for (size_t i = 0; i < DISK_FILE_COUNT; i++) {
        if (copy->files[i].name == NULL)
            continue;
        struct disk_file *file = find(disk, copy->files[i].name, true);
        write_bytes(file, copy->files[i].bytes, copy->files[i].size, 0);
        sync_file(file);
    }
}

void disk_copy_free(struct disk_copy *copy)
{
    for (size_t i = 0; i < DISK_FILE_COUNT; i++) {
        free(copy->files[i].name);
        free(copy->files[i].bytes);
    }
    memset(copy, 0, sizeof *copy);
}
