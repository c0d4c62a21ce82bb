/* SPDX-License-Identifier: MIT */
#include "fault_vfs.h"

#include <assert.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NAME_SIZE 64
#define FILES_MAX 16 /* names in the folder */
#define MAPS_MAX 8
#define SECTOR_SIZE 512

struct bytes {
    unsigned char *data;
    size_t size, capacity;
};

/* A change since the last sync: `size` bytes at `offset`, or with data NULL a truncation to `offset`. */
struct change {
    unsigned char *data;
    size_t offset, size;
};

struct node {
    struct bytes cache, disk;
    struct change *changes;
    size_t change_count, change_capacity;
};

struct name {
    char text[NAME_SIZE];
    struct node *cached, *durable; /* NULL: there is no such file */
};

struct fault_vfs {
    sqlite3_vfs base;
    struct name names[FILES_MAX];
    void *maps[MAPS_MAX]; /* of the one -shm */
    unsigned process;     /* files opened in an earlier one are dead */
    bool is_off, is_full;
    fault_hook *hook;
    void *context;
};

struct file {
    sqlite3_file base;
    struct fault_vfs *vfs;
    struct node *node;
    char name[NAME_SIZE];
    unsigned process;
    bool is_temporary, is_folder_synced;
};

static void *insist(void *memory)
{
    if (memory == NULL) {
        fputs("fault_vfs: out of memory\n", stderr);
        abort();
    }
    return memory;
}

/* Contents -------------------------------------------------------------------------------------------------------- */

static void bytes_resize(struct bytes *bytes, size_t size)
{
    if (size > bytes->capacity) {
        bytes->capacity = size * 2;
        bytes->data = insist(realloc(bytes->data, bytes->capacity));
    }
    if (size > bytes->size)
        memset(bytes->data + bytes->size, 0, size - bytes->size);
    bytes->size = size;
}

static void bytes_write(struct bytes *bytes, size_t offset, const void *data, size_t size)
{
    if (offset + size > bytes->size)
        bytes_resize(bytes, offset + size);
    if (size > 0)
        memcpy(bytes->data + offset, data, size);
}

static void bytes_apply(struct bytes *bytes, const struct change *change)
{
    if (change->data == NULL)
        bytes_resize(bytes, change->offset);
    else
        bytes_write(bytes, change->offset, change->data, change->size);
}

static void node_change(struct node *node, size_t offset, const void *data, size_t size)
{
    struct change change = {NULL, offset, size};

    if (data != NULL) {
        change.data = insist(malloc(size + 1));
        memcpy(change.data, data, size);
    }
    if (node->change_count == node->change_capacity) {
        node->change_capacity = node->change_capacity * 2 + 8;
        node->changes = insist(realloc(node->changes, node->change_capacity * sizeof *node->changes));
    }
    node->changes[node->change_count++] = change;
    bytes_apply(&node->cache, &change);
}

static void node_forget_changes(struct node *node)
{
    for (size_t i = 0; i < node->change_count; i++)
        free(node->changes[i].data);
    node->change_count = 0;
}

static void node_sync(struct node *node)
{
    for (size_t i = 0; i < node->change_count; i++)
        bytes_apply(&node->disk, &node->changes[i]);
    node_forget_changes(node);
}

static void node_destroy(struct node *node)
{
    if (node == NULL)
        return;
    node_forget_changes(node);
    free(node->changes);
    free(node->cache.data);
    free(node->disk.data);
    free(node);
}

/* The folder ------------------------------------------------------------------------------------------------------ */

static const char *last_part(const char *path)
{
    const char *slash = strrchr(path, '/');

    return slash == NULL ? path : slash + 1;
}

static struct name *name_find(struct fault_vfs *vfs, const char *path, bool is_made)
{
    const char *text = last_part(path);

    for (size_t i = 0; i < FILES_MAX; i++)
        if (strcmp(vfs->names[i].text, text) == 0)
            return &vfs->names[i];
    for (size_t i = 0; is_made && i < FILES_MAX; i++) {
        if (vfs->names[i].text[0] != '\0')
            continue;
        snprintf(vfs->names[i].text, NAME_SIZE, "%s", text);
        return &vfs->names[i];
    }
    assert(!is_made);
    return NULL;
}

/* A node without a name lives on until the machine does: an open file may hold it. */
static void folder_sync(struct fault_vfs *vfs)
{
    for (size_t i = 0; i < FILES_MAX; i++)
        vfs->names[i].durable = vfs->names[i].cached;
}

/* Operations ------------------------------------------------------------------------------------------------------ */

static enum fault_effect ask(struct fault_vfs *vfs, enum fault_operation operation, const char *name)
{
    enum fault_effect effect = FAULT_NONE;

    if (!vfs->is_off && vfs->hook != NULL)
        effect = vfs->hook(vfs->context, operation, name);
    if (effect == FAULT_CRASH)
        vfs->is_off = true;
    return vfs->is_off ? FAULT_CRASH : effect;
}

static bool is_dead(const struct file *file)
{
    return file->process != file->vfs->process || file->vfs->is_off;
}

static int on_close(sqlite3_file *base)
{
    struct file *file = (struct file *)base;

    if (file->is_temporary)
        node_destroy(file->node);
    return SQLITE_OK;
}

static int on_read(sqlite3_file *base, void *out, int size, sqlite3_int64 offset)
{
    struct file *file = (struct file *)base;
    const struct bytes *cache = &file->node->cache;
    size_t from = (size_t)offset, wanted = (size_t)size;
    size_t available = from >= cache->size ? 0 : cache->size - from;

    if (is_dead(file))
        return SQLITE_IOERR_READ;
    if (available >= wanted) {
        memcpy(out, cache->data + from, wanted);
        return SQLITE_OK;
    }
    if (available > 0)
        memcpy(out, cache->data + from, available);
    memset((char *)out + available, 0, wanted - available);
    return SQLITE_IOERR_SHORT_READ;
}

static int on_write(sqlite3_file *base, const void *data, int size, sqlite3_int64 offset)
{
    struct file *file = (struct file *)base;
    size_t from = (size_t)offset, count = (size_t)size;

    if (is_dead(file))
        return SQLITE_IOERR_WRITE;
    enum fault_effect effect = ask(file->vfs, FAULT_WRITE, file->name);
    if (effect == FAULT_CRASH) { /* it was on its way: it may yet be lost, torn or kept */
        node_change(file->node, from, data, count);
        return SQLITE_IOERR_WRITE;
    }
    if (effect == FAULT_NONE && file->vfs->is_full && from + count > file->node->cache.size)
        effect = FAULT_FULL;
    if (effect == FAULT_NONE)
        node_change(file->node, from, data, count);
    if ((effect == FAULT_FULL || effect == FAULT_SHORT) && count > 1)
        node_change(file->node, from, data, count / 2);
    if (effect == FAULT_FULL)
        return SQLITE_FULL;
    return effect == FAULT_NONE ? SQLITE_OK : SQLITE_IOERR_WRITE;
}

static int on_truncate(sqlite3_file *base, sqlite3_int64 size)
{
    struct file *file = (struct file *)base;

    if (is_dead(file))
        return SQLITE_IOERR_TRUNCATE;
    enum fault_effect effect = ask(file->vfs, FAULT_TRUNCATE, file->name);
    if (effect == FAULT_NONE || effect == FAULT_CRASH)
        node_change(file->node, (size_t)size, NULL, 0);
    return effect == FAULT_NONE ? SQLITE_OK : SQLITE_IOERR_TRUNCATE;
}

static int on_sync(sqlite3_file *base, int flags)
{
    struct file *file = (struct file *)base;

    (void)flags;
    if (is_dead(file))
        return SQLITE_IOERR_FSYNC;
    enum fault_effect effect = ask(file->vfs, FAULT_SYNC, file->name);
    if (effect == FAULT_CRASH)
        return SQLITE_IOERR_FSYNC;
    if (effect != FAULT_NONE) {
        node_forget_changes(file->node);
        return SQLITE_IOERR_FSYNC;
    }
    node_sync(file->node);
    if (file->is_folder_synced)
        folder_sync(file->vfs);
    return SQLITE_OK;
}

static int on_size(sqlite3_file *base, sqlite3_int64 *size)
{
    struct file *file = (struct file *)base;

    *size = (sqlite3_int64)file->node->cache.size;
    return is_dead(file) ? SQLITE_IOERR_FSTAT : SQLITE_OK;
}

static int on_lock(sqlite3_file *base, int lock)
{
    (void)base, (void)lock;
    return SQLITE_OK;
}

static int on_check_reserved(sqlite3_file *base, int *is_reserved)
{
    (void)base;
    *is_reserved = 0;
    return SQLITE_OK;
}

static int on_control(sqlite3_file *base, int operation, void *argument)
{
    (void)base, (void)operation, (void)argument;
    return SQLITE_NOTFOUND;
}

static int on_sector_size(sqlite3_file *base)
{
    (void)base;
    return 4096; /* as SQLite's own VFS for Unix says */
}

static int on_characteristics(sqlite3_file *base)
{
    (void)base;
    return SQLITE_IOCAP_POWERSAFE_OVERWRITE; /* likewise */
}

static int on_map(sqlite3_file *base, int region, int size, int is_extended, void volatile **memory)
{
    struct file *file = (struct file *)base;
    struct fault_vfs *vfs = file->vfs;

    *memory = NULL;
    if (is_dead(file))
        return SQLITE_IOERR_SHMMAP;
    assert(region < MAPS_MAX);
    if (vfs->maps[region] == NULL) {
        if (!is_extended)
            return SQLITE_OK;
        if (ask(vfs, FAULT_MAP, "-shm") != FAULT_NONE)
            return SQLITE_IOERR_SHMSIZE;
        vfs->maps[region] = insist(calloc(1, (size_t)size));
    }
    *memory = vfs->maps[region];
    return SQLITE_OK;
}

static int on_map_lock(sqlite3_file *base, int offset, int count, int flags)
{
    (void)base, (void)offset, (void)count, (void)flags;
    return SQLITE_OK;
}

static void on_barrier(sqlite3_file *base)
{
    (void)base;
}

static int on_unmap(sqlite3_file *base, int is_deleted)
{
    (void)base, (void)is_deleted;
    return SQLITE_OK;
}

static int on_open(sqlite3_vfs *base, const char *path, sqlite3_file *out, int flags, int *flags_out)
{
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
        .xShmMap = on_map,
        .xShmLock = on_map_lock,
        .xShmBarrier = on_barrier,
        .xShmUnmap = on_unmap,
    };
    struct fault_vfs *vfs = (struct fault_vfs *)base;
    struct file *file = (struct file *)out;
    struct name *name = path == NULL ? NULL : name_find(vfs, path, (flags & SQLITE_OPEN_CREATE) != 0);

    memset(file, 0, sizeof *file);
    if (name == NULL && path != NULL)
        return SQLITE_CANTOPEN;
    bool is_made = name != NULL && name->cached == NULL;
    if (is_made && (flags & SQLITE_OPEN_CREATE) == 0)
        return SQLITE_CANTOPEN;
    if ((flags & SQLITE_OPEN_READONLY) == 0 && ask(vfs, FAULT_OPEN, name == NULL ? "" : name->text) != FAULT_NONE)
        return SQLITE_CANTOPEN;
    if (is_made)
        name->cached = insist(calloc(1, sizeof *name->cached));
    file->is_temporary = name == NULL;
    file->node = name == NULL ? insist(calloc(1, sizeof *file->node)) : name->cached;
    file->vfs = vfs;
    file->process = vfs->process;
    file->is_folder_synced = (flags & (SQLITE_OPEN_WAL | SQLITE_OPEN_MAIN_JOURNAL)) != 0;
    snprintf(file->name, sizeof file->name, "%s", name == NULL ? "" : name->text);
    file->base.pMethods = &methods;
    if (flags_out != NULL)
        *flags_out = flags;
    return SQLITE_OK;
}

static int on_delete(sqlite3_vfs *base, const char *path, int is_folder_synced)
{
    struct fault_vfs *vfs = (struct fault_vfs *)base;
    struct name *name = name_find(vfs, path, false);

    if (vfs->is_off)
        return SQLITE_IOERR_DELETE;
    if (name == NULL || name->cached == NULL)
        return SQLITE_IOERR_DELETE_NOENT;
    if (ask(vfs, FAULT_DELETE, name->text) != FAULT_NONE)
        return SQLITE_IOERR_DELETE;
    name->cached = NULL;
    if (is_folder_synced)
        folder_sync(vfs);
    return SQLITE_OK;
}

static int on_access(sqlite3_vfs *base, const char *path, int flags, int *has_file)
{
    const struct name *name = name_find((struct fault_vfs *)base, path, false);

    *has_file = name != NULL && name->cached != NULL;
    if (*has_file && flags == SQLITE_ACCESS_EXISTS) /* SQLite's own VFS does not count an empty file */
        *has_file = name->cached->cache.size > 0;
    return SQLITE_OK;
}

static int on_full_path(sqlite3_vfs *base, const char *path, int size, char *out)
{
    (void)base;
    sqlite3_snprintf(size, out, "%s", path);
    return SQLITE_OK;
}

static int on_randomness(sqlite3_vfs *base, int size, char *out)
{
    sqlite3_vfs *real = base->pAppData;

    return real->xRandomness(real, size, out);
}

static int on_sleep(sqlite3_vfs *base, int microseconds)
{
    (void)base;
    return microseconds;
}

static int on_time(sqlite3_vfs *base, double *now)
{
    sqlite3_vfs *real = base->pAppData;

    return real->xCurrentTime(real, now);
}

/* The machine ----------------------------------------------------------------------------------------------------- */

struct fault_vfs *fault_vfs_create(const char *name)
{
    struct fault_vfs *vfs = calloc(1, sizeof *vfs);

    if (vfs == NULL)
        return NULL;
    vfs->base = (sqlite3_vfs){
        .iVersion = 1,
        .szOsFile = sizeof(struct file),
        .mxPathname = 512,
        .zName = name,
        .pAppData = sqlite3_vfs_find(NULL),
        .xOpen = on_open,
        .xDelete = on_delete,
        .xAccess = on_access,
        .xFullPathname = on_full_path,
        .xRandomness = on_randomness,
        .xSleep = on_sleep,
        .xCurrentTime = on_time,
    };
    if (sqlite3_vfs_register(&vfs->base, 0) == SQLITE_OK)
        return vfs;
    free(vfs);
    return NULL;
}

static void maps_free(struct fault_vfs *vfs)
{
    for (size_t i = 0; i < MAPS_MAX; i++) {
        free(vfs->maps[i]);
        vfs->maps[i] = NULL;
    }
}

void fault_vfs_destroy(struct fault_vfs *vfs)
{
    if (vfs == NULL)
        return;
    sqlite3_vfs_unregister(&vfs->base);
    for (size_t i = 0; i < FILES_MAX; i++) {
        if (vfs->names[i].durable != vfs->names[i].cached)
            node_destroy(vfs->names[i].durable);
        node_destroy(vfs->names[i].cached);
    }
    maps_free(vfs);
    free(vfs);
}

void fault_vfs_set_hook(struct fault_vfs *vfs, fault_hook *hook, void *context)
{
    vfs->hook = hook;
    vfs->context = context;
}

void fault_vfs_set_full(struct fault_vfs *vfs, bool is_full)
{
    vfs->is_full = is_full;
}

bool fault_vfs_is_off(const struct fault_vfs *vfs)
{
    return vfs->is_off;
}

void fault_vfs_end_process(struct fault_vfs *vfs)
{
    vfs->process++;
    memset(vfs->maps, 0, sizeof vfs->maps); /* the dead connection may still point there */
}

/* SplitMix64. */
static uint64_t draw(uint64_t *seed)
{
    uint64_t x = *seed += 0x9E3779B97F4A7C15u;

    x = (x ^ x >> 30) * 0xBF58476D1CE4E5B9u;
    x = (x ^ x >> 27) * 0x94D049BB133111EBu;
    return x ^ x >> 31;
}

static void tear(struct bytes *disk, const struct change *change, uint64_t *seed)
{
    for (size_t from = 0; from < change->size;) {
        size_t size = SECTOR_SIZE - (change->offset + from) % SECTOR_SIZE;
        if (size > change->size - from)
            size = change->size - from;
        if (draw(seed) % 2 == 0)
            bytes_write(disk, change->offset + from, change->data + from, size);
        from += size;
    }
}

static void node_lose(struct node *node, enum fault_loss loss, uint64_t *seed)
{
    for (size_t i = 0; i < node->change_count; i++) {
        const struct change *change = &node->changes[i];
        if (loss == FAULT_TEAR && change->data != NULL)
            tear(&node->disk, change, seed);
        else if (loss == FAULT_KEEP_ALL || (loss != FAULT_LOSE_ALL && draw(seed) % 2 == 0))
            bytes_apply(&node->disk, change);
    }
    node_forget_changes(node);
    node->cache.size = 0;
    bytes_write(&node->cache, 0, node->disk.data == NULL ? (const void *)"" : node->disk.data, node->disk.size);
}

void fault_vfs_restart(struct fault_vfs *vfs, enum fault_loss loss, uint64_t seed)
{
    fault_vfs_end_process(vfs);
    for (size_t i = 0; i < FILES_MAX; i++) {
        struct name *name = &vfs->names[i];
        bool is_kept = loss == FAULT_KEEP_ALL || (loss != FAULT_LOSE_ALL && draw(&seed) % 2 == 0);
        if (is_kept)
            name->durable = name->cached;
        name->cached = name->durable;
        if (name->cached != NULL)
            node_lose(name->cached, loss, &seed);
    }
    vfs->is_off = false;
}
