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
    unsigned users; /* names and open files */
    struct bytes cache, disk;
    struct change *changes;
    size_t change_count, change_capacity;
};

/* The one -shm, which goes with the last connection that has it. */
struct maps {
    unsigned users;
    void *regions[MAPS_MAX];
};

struct name {
    char text[NAME_SIZE];
    struct node *cached, *durable; /* NULL: there is no such file */
};

struct fault_vfs {
    sqlite3_vfs base;
    struct name names[FILES_MAX];
    struct maps *maps; /* NULL: nobody has opened it */
    unsigned process;  /* files opened in an earlier one are dead */
    bool is_off, is_full;
    fault_hook *hook;
    void *context;
};

struct file {
    sqlite3_file base;
    struct fault_vfs *vfs;
    struct node *node;
    struct maps *maps; /* NULL: not yet */
    char name[NAME_SIZE];
    unsigned process;
    bool is_folder_synced;
};

struct fault_copy {
    struct {
        char name[NAME_SIZE];
        struct bytes bytes;
    } files[FILES_MAX];
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

static struct node *node_create(void)
{
    return insist(calloc(1, sizeof(struct node)));
}

static struct node *node_take(struct node *node)
{
    if (node != NULL)
        node->users++;
    return node;
}

static void node_release(struct node *node)
{
    if (node == NULL || --node->users > 0)
        return;
    node_forget_changes(node);
    free(node->changes);
    free(node->cache.data);
    free(node->disk.data);
    free(node);
}

/* SplitMix64. */
static uint64_t draw(uint64_t *seed)
{
    uint64_t x = *seed += 0x9E3779B97F4A7C15u;

    x = (x ^ x >> 30) * 0xBF58476D1CE4E5B9u;
    x = (x ^ x >> 27) * 0x94D049BB133111EBu;
    return x ^ x >> 31;
}

/* Some sectors reach the disk. Returns how many do not. */
static size_t tear(struct bytes *disk, const struct change *change, uint64_t *seed)
{
    size_t lost = 0;

    for (size_t from = 0; from < change->size;) {
        size_t size = SECTOR_SIZE - (change->offset + from) % SECTOR_SIZE;
        if (size > change->size - from)
            size = change->size - from;
        if (draw(seed) % 2 == 0)
            bytes_write(disk, change->offset + from, change->data + from, size);
        else
            lost++;
        from += size;
    }
    return lost;
}

/* What reaches the disk of what no sync has carried. Returns how many changes do not, or sectors of them. */
static size_t node_carry(struct node *node, enum fault_loss loss, uint64_t *seed)
{
    size_t lost = 0;

    for (size_t i = 0; i < node->change_count; i++) {
        const struct change *change = &node->changes[i];
        if (loss == FAULT_TEAR && change->data != NULL)
            lost += tear(&node->disk, change, seed);
        else if (loss == FAULT_KEEP_ALL || (loss != FAULT_LOSE_ALL && draw(seed) % 2 == 0))
            bytes_apply(&node->disk, change);
        else
            lost++;
    }
    return lost;
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

/* Let a name's place, cached or durable, hold that node; NULL: none. */
static void node_put(struct node **place, struct node *node)
{
    struct node *old = *place;

    *place = node_take(node);
    node_release(old);
}

static void folder_sync(struct fault_vfs *vfs)
{
    for (size_t i = 0; i < FILES_MAX; i++)
        node_put(&vfs->names[i].durable, vfs->names[i].cached);
}

/* Operations ------------------------------------------------------------------------------------------------------ */

static enum fault_effect ask(struct fault_vfs *vfs, struct fault_call *call)
{
    enum fault_effect effect = FAULT_NONE;

    if (!vfs->is_off && vfs->hook != NULL)
        effect = vfs->hook(vfs->context, call);
    if (effect == FAULT_CRASH)
        vfs->is_off = true;
    return vfs->is_off ? FAULT_CRASH : effect;
}

static enum fault_effect ask_of(struct fault_vfs *vfs, enum fault_operation operation, const char *name)
{
    struct fault_call call = {.operation = operation, .file = name};

    return ask(vfs, &call);
}

static bool is_dead(const struct file *file)
{
    return file->process != file->vfs->process || file->vfs->is_off;
}

static int on_close(sqlite3_file *base)
{
    struct file *file = (struct file *)base;

    node_release(file->node);
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

    struct fault_call call = {.operation = FAULT_WRITE,
                              .file = file->name,
                              .size = count,
                              .is_growing = from + count > file->node->cache.size,
                              .part = count / 2};

    if (is_dead(file))
        return SQLITE_IOERR_WRITE;
    enum fault_effect effect = ask(file->vfs, &call);
    if (effect == FAULT_CRASH) { /* it was on its way: it may yet be lost, torn or kept */
        node_change(file->node, from, data, count);
        return SQLITE_IOERR_WRITE;
    }
    if (effect == FAULT_NONE && file->vfs->is_full && call.is_growing)
        effect = FAULT_FULL;
    if (effect == FAULT_NONE)
        node_change(file->node, from, data, count);
    if ((effect == FAULT_FULL || effect == FAULT_SHORT) && call.part > 0)
        node_change(file->node, from, data, call.part);
    if (effect == FAULT_FULL)
        return SQLITE_FULL;
    return effect == FAULT_NONE ? SQLITE_OK : SQLITE_IOERR_WRITE;
}

static int on_truncate(sqlite3_file *base, sqlite3_int64 size)
{
    struct file *file = (struct file *)base;

    if (is_dead(file))
        return SQLITE_IOERR_TRUNCATE;
    enum fault_effect effect = ask_of(file->vfs, FAULT_TRUNCATE, file->name);
    if (effect == FAULT_NONE || effect == FAULT_CRASH)
        node_change(file->node, (size_t)size, NULL, 0);
    return effect == FAULT_NONE ? SQLITE_OK : SQLITE_IOERR_TRUNCATE;
}

static int on_sync(sqlite3_file *base, int flags)
{
    struct file *file = (struct file *)base;
    struct fault_call call = {.operation = FAULT_SYNC, .file = file->name};

    (void)flags;
    if (is_dead(file))
        return SQLITE_IOERR_FSYNC;
    enum fault_effect effect = ask(file->vfs, &call);
    if (effect == FAULT_CRASH)
        return SQLITE_IOERR_FSYNC;
    if (effect == FAULT_SHORT)
        node_carry(file->node, FAULT_TEAR, &call.seed);
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
    if (vfs->maps == NULL)
        vfs->maps = insist(calloc(1, sizeof *vfs->maps));
    if (file->maps == NULL) {
        file->maps = vfs->maps;
        file->maps->users++;
    }
    void **place = &file->maps->regions[region];
    if (*place == NULL) {
        if (!is_extended)
            return SQLITE_OK;
        if (ask_of(vfs, FAULT_MAP, "-shm") != FAULT_NONE)
            return SQLITE_IOERR_SHMSIZE;
        *place = insist(calloc(1, (size_t)size));
    }
    *memory = *place;
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

static void maps_destroy(struct maps *maps)
{
    for (size_t i = 0; maps != NULL && i < MAPS_MAX; i++)
        free(maps->regions[i]);
    free(maps);
}

static int on_unmap(sqlite3_file *base, int is_deleted)
{
    struct file *file = (struct file *)base;
    struct maps *maps = file->maps;

    (void)is_deleted;
    file->maps = NULL;
    if (maps == NULL || --maps->users > 0)
        return SQLITE_OK;
    if (file->vfs->maps == maps)
        file->vfs->maps = NULL;
    maps_destroy(maps);
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
    if ((flags & SQLITE_OPEN_READONLY) == 0 &&
        ask_of(vfs, FAULT_OPEN, name == NULL ? "" : name->text) != FAULT_NONE)
        return SQLITE_CANTOPEN;
    if (is_made)
        node_put(&name->cached, node_create());
    file->node = node_take(name == NULL ? node_create() : name->cached);
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
    if (ask_of(vfs, FAULT_DELETE, name->text) != FAULT_NONE)
        return SQLITE_IOERR_DELETE;
    node_put(&name->cached, NULL);
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

void fault_vfs_destroy(struct fault_vfs *vfs)
{
    if (vfs == NULL)
        return;
    sqlite3_vfs_unregister(&vfs->base);
    fault_vfs_replace(vfs, NULL);
    maps_destroy(vfs->maps);
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

void fault_vfs_stop(struct fault_vfs *vfs)
{
    vfs->is_off = true;
}

void fault_vfs_end_process(struct fault_vfs *vfs)
{
    vfs->process++;
    vfs->maps = NULL; /* the dead connection still has it */
    vfs->is_off = false;
}

static size_t node_lose(struct node *node, enum fault_loss loss, uint64_t *seed)
{
    size_t lost = node_carry(node, loss, seed);

    node_forget_changes(node);
    node->cache.size = 0;
    bytes_write(&node->cache, 0, node->disk.data == NULL ? (const void *)"" : node->disk.data,
                node->disk.size);
    return lost;
}

unsigned fault_vfs_restart(struct fault_vfs *vfs, enum fault_loss loss, uint64_t seed)
{
    size_t lost = 0;

    fault_vfs_end_process(vfs);
    for (size_t i = 0; i < FILES_MAX; i++) {
        struct name *name = &vfs->names[i];
        bool is_kept = loss == FAULT_KEEP_ALL || (loss != FAULT_LOSE_ALL && draw(&seed) % 2 == 0);
        lost += !is_kept && name->cached != name->durable;
        node_put(is_kept ? &name->durable : &name->cached, is_kept ? name->cached : name->durable);
        if (name->cached != NULL)
            lost += node_lose(name->cached, loss, &seed);
    }
    return (unsigned)lost;
}

struct fault_copy *fault_vfs_copy(const struct fault_vfs *vfs)
{
    struct fault_copy *copy = insist(calloc(1, sizeof *copy));

    for (size_t i = 0; i < FILES_MAX; i++) {
        const struct node *node = vfs->names[i].cached;

        if (node == NULL)
            continue;
        memcpy(copy->files[i].name, vfs->names[i].text, NAME_SIZE);
        bytes_write(&copy->files[i].bytes, 0, node->cache.data, node->cache.size);
    }
    return copy;
}

void fault_copy_destroy(struct fault_copy *copy)
{
    for (size_t i = 0; copy != NULL && i < FILES_MAX; i++)
        free(copy->files[i].bytes.data);
    free(copy);
}

void fault_vfs_replace(struct fault_vfs *vfs, const struct fault_copy *copy)
{
    for (size_t i = 0; i < FILES_MAX; i++) {
        node_put(&vfs->names[i].cached, NULL);
        node_put(&vfs->names[i].durable, NULL);
    }
    memset(vfs->names, 0, sizeof vfs->names);
    for (size_t i = 0; copy != NULL && i < FILES_MAX; i++) {
        if (copy->files[i].name[0] == '\0')
            continue;
        struct node *node = node_create();
        node_put(&name_find(vfs, copy->files[i].name, true)->cached, node);
        node_change(node, 0, copy->files[i].bytes.data, copy->files[i].bytes.size);
        node_sync(node);
    }
    folder_sync(vfs);
}
