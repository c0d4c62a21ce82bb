/* SPDX-License-Identifier: MIT
 *
 * disk.h - a disk in memory under SQLite: full, failing, and forgetful of what was not synced.
 *
 * Each file has what a reader sees and what would be there after a power cut. A sync makes them equal; a
 * power cut keeps any choice of the sectors that were not synced. One disk in a process, which is SQLite's
 * default VFS after disk_install: the store opens it without knowing. One thread; one connection at a time.
 */
#ifndef BYNAME_SIMULATION_DISK_H
#define BYNAME_SIMULATION_DISK_H

#include <stddef.h>

#include "tools/simulated-board/bench.h"

#define DISK_SECTOR_SIZE 512
#define DISK_NAME "simulated" /* as SQLite knows it */
#define DISK_FILE_COUNT 3

enum disk_sector {
    DISK_CLEAN,
    DISK_DIRTY,     /* the next sync writes it */
    DISK_FORGOTTEN, /* a sync of it failed: it counts as clean, and is not on the disk */
};

struct disk_file {
    char *name; /* NULL: does not exist */
    uint8_t *bytes, *synced;
    size_t size, synced_size, capacity;
    bool is_truncated; /* since it was synced */
    uint8_t *state;    /* by sector: enum disk_sector */
};

/* A copy of all files, as a backup holds them. */
struct disk_copy {
    bool is_taken;
    struct {
        char *name;
        uint8_t *bytes;
        size_t size;
    } files[DISK_FILE_COUNT];
};

struct disk {
    struct bench *bench;
    struct disk_file files[DISK_FILE_COUNT];
    bool is_full;        /* no file can grow */
    bool is_dead;        /* the process that used it has ended: nothing gets through any more */
    uint32_t dies_after; /* that many writes and syncs; 0: not planned */
    uint32_t fails_one;  /* after that many writes and syncs one fails; 0: not planned */
    uint8_t *shm[8];     /* of SQLite's WAL index */
};

void disk_install(struct disk *disk);

/* Empty, whole. */
void disk_reset(struct disk *disk, struct bench *bench);
void disk_free(struct disk *disk);

/* The process that used the disk has ended; another may come. What it wrote is there, synced or not. */
void disk_revive(struct disk *disk);

/* The machine has lost power, too. */
void disk_lose_power(struct disk *disk);

void disk_copy_take(const struct disk *disk, struct disk_copy *copy);
void disk_copy_restore(struct disk *disk, const struct disk_copy *copy);
void disk_copy_free(struct disk_copy *copy);

#endif
