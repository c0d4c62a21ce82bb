/* SPDX-License-Identifier: MIT
 *
 * fault_vfs.h - a machine with one disk in memory, as an SQLite VFS: it counts what is done to the disk, makes one
 * operation fail, or loses power there.
 *
 * Each file has two contents: what programs read (the page cache) and what is on the disk. A sync carries all changes
 * since the last one to the disk. Of a sync that fails what it has not carried stays readable and never reaches the
 * disk, as on Linux. Names in the folder are durable after the first sync of a -wal or -journal, as SQLite's own
 * VFS does it. Files are known by the last part of their path. One process and one thread; the caller owns the
 * machine; its memory is inherited by fork, which is how one run becomes thousands.
 */
#ifndef BYNAME_TEST_FAULT_VFS_H
#define BYNAME_TEST_FAULT_VFS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct fault_vfs;
struct fault_copy;

#define FAULT_OPERATIONS(X) \
    X(OPEN, "open")         \
    X(WRITE, "write")       \
    X(TRUNCATE, "truncate") \
    X(SYNC, "sync")         \
    X(DELETE, "delete")     \
    X(MAP, "map")
#define FAULT_OPERATION_ENUMERATOR(NAME, name) FAULT_##NAME,
enum fault_operation { FAULT_OPERATIONS(FAULT_OPERATION_ENUMERATOR) FAULT_OPERATION_COUNT };

enum fault_effect {
    FAULT_NONE,
    FAULT_ERROR, /* it fails and changes nothing; a sync that fails forgets what it should have carried */
    FAULT_FULL,  /* no room: it fails, a part of it done */
    FAULT_SHORT, /* an I/O error, a part of it done: of a sync, some sectors, and the rest is forgotten */
    FAULT_CRASH, /* the process ends, or the power, on the way: this and all that follows fails and changes nothing */
};

/* What is about to be done. */
struct fault_call {
    enum fault_operation operation;
    const char *file;
    size_t size;     /* of a write */
    bool is_growing; /* a write that makes its file larger */
    /* For the hook to change: */
    /* How much of a write is done that fails with FAULT_FULL or FAULT_SHORT; at first half of it. */
    size_t part;
    uint64_t seed; /* which sectors are carried by a sync that fails with FAULT_SHORT */
};

enum fault_loss {
    FAULT_LOSE_ALL, /* what was not synced is gone */
    FAULT_KEEP_ALL, /* all of it had reached the disk just in time */
    FAULT_REORDER,  /* some writes had, in any order */
    FAULT_TEAR,     /* some sectors of 512 bytes of some writes had */
    FAULT_LOSS_COUNT,
};

/* Called before each operation. */
typedef enum fault_effect fault_hook(void *context, struct fault_call *call);

/* Registered with SQLite under this name, which outlives it. NULL: out of memory. */
struct fault_vfs *fault_vfs_create(const char *name);
void fault_vfs_destroy(struct fault_vfs *vfs);
void fault_vfs_set_hook(struct fault_vfs *vfs, fault_hook *hook, void *context); /* NULL: none */

/* While it is full, every write that makes a file larger fails. */
void fault_vfs_set_full(struct fault_vfs *vfs, bool is_full);
bool fault_vfs_is_off(const struct fault_vfs *vfs);

/* As FAULT_CRASH, between two operations. */
void fault_vfs_stop(struct fault_vfs *vfs);

/* The process is gone: its open files do nothing any more, and another one finds the page cache as it is. */
void fault_vfs_end_process(struct fault_vfs *vfs);

/* The power comes back, after a FAULT_CRASH or without one: the process is gone, and the page cache. Returns how many
 * changes are lost, or sectors of them. */
unsigned fault_vfs_restart(struct fault_vfs *vfs, enum fault_loss loss, uint64_t seed);

/* All files as a program reads them. The caller destroys it (NULL is legal). */
struct fault_copy *fault_vfs_copy(const struct fault_vfs *vfs);
void fault_copy_destroy(struct fault_copy *copy);

/* On the disk are these files and no others; NULL: none. Of the present process no file may be open. */
void fault_vfs_replace(struct fault_vfs *vfs, const struct fault_copy *copy);

#endif
