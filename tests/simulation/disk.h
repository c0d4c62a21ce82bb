/* SPDX-License-Identifier: MIT
 *
 * disk.h - the disk under the collector's database: when it is full, fails or loses what was not synced is drawn here.
 *
 * What happens then is the business of the one disk in memory that the tests have (tests/storage/fault_vfs.h). The
 * caller owns struct disk; its vfs lasts from disk_install to disk_free.
 */
#ifndef BYNAME_SIMULATION_DISK_H
#define BYNAME_SIMULATION_DISK_H

#include "tests/storage/fault_vfs.h"
#include "tools/simulated-board/bench.h"

#define DISK_NAME "simulated" /* as SQLite knows it */

struct disk {
    struct bench *bench;
    struct fault_vfs *vfs;
    bool is_full;        /* no file can grow */
    uint32_t dies_after; /* the process ends with that change from now; 0: not planned */
    uint32_t fails_one;  /* that write or sync from now fails; 0: not planned */
};

void disk_install(struct disk *disk);
void disk_free(struct disk *disk);

/* Empty, whole. */
void disk_reset(struct disk *disk, struct bench *bench);

/* The process that uses the disk has ended: nothing gets through any more. */
void disk_stop(struct disk *disk);

/* Another may come. What the last one wrote is there, synced or not. */
void disk_revive(struct disk *disk);

/* The machine has lost power, too. */
void disk_lose_power(struct disk *disk);

#endif
