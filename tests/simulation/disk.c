/* SPDX-License-Identifier: MIT */
#include "disk.h"

#include <stdio.h>
#include <stdlib.h>

/* True when the process ends with this change. */
static bool is_over(struct disk *disk)
{
    if (disk->dies_after == 0 || --disk->dies_after > 0)
        return false;
    bench_trace(disk->bench, "disk: the daemon ends in the middle of its writing");
    return true;
}

static bool is_failing(struct disk *disk)
{
    return disk->fails_one > 0 && --disk->fails_one == 0;
}

static enum fault_effect write_effect(struct disk *disk, struct fault_call *call)
{
    if (disk->is_full && call->is_growing) {
        call->part = 0;
        if (bench_is(disk->bench, 300000)) {
            call->part = bench_below(disk->bench, (uint32_t)call->size);
            bench_fault(disk->bench, FAULT_WRITE_SHORT, "disk: full in the middle of a write to %s",
                        call->file);
        }
        return FAULT_FULL;
    }
    if (!is_failing(disk))
        return FAULT_NONE;
    call->part = bench_below(disk->bench, (uint32_t)call->size);
    bench_fault(disk->bench, FAULT_WRITE_FAILED, "disk: a write to %s failed", call->file);
    return FAULT_SHORT;
}

/* What was to be written counts as written, and perhaps is not (Rebello and others, "Can Applications Recover
 * from fsync Failures?", 2020). */
static enum fault_effect sync_effect(struct disk *disk, struct fault_call *call)
{
    if (!is_failing(disk))
        return FAULT_NONE;
    call->seed = bench_draw(disk->bench);
    bench_fault(disk->bench, FAULT_SYNC_FAILED, "disk: a sync of %s failed", call->file);
    return FAULT_SHORT;
}

static enum fault_effect on_operation(void *context, struct fault_call *call)
{
    struct disk *disk = context;

    if (call->operation == FAULT_OPEN || call->operation == FAULT_MAP)
        return FAULT_NONE;
    if (is_over(disk))
        return FAULT_CRASH;
    if (call->operation == FAULT_WRITE)
        return write_effect(disk, call);
    return call->operation == FAULT_SYNC ? sync_effect(disk, call) : FAULT_NONE;
}

void disk_install(struct disk *disk)
{
    disk->vfs = fault_vfs_create(DISK_NAME);
    if (disk->vfs == NULL) {
        fprintf(stderr, "out of memory\n");
        abort();
    }
    fault_vfs_set_hook(disk->vfs, on_operation, disk);
}

void disk_free(struct disk *disk)
{
    fault_vfs_destroy(disk->vfs);
    disk->vfs = NULL;
}

void disk_reset(struct disk *disk, struct bench *bench)
{
    disk->bench = bench;
    disk->is_full = false;
    disk_revive(disk);
    fault_vfs_replace(disk->vfs, NULL);
}

void disk_stop(struct disk *disk)
{
    fault_vfs_stop(disk->vfs);
}

void disk_revive(struct disk *disk)
{
    fault_vfs_end_process(disk->vfs);
    disk->dies_after = disk->fails_one = 0;
}

/* A disk writes in any order, and has written some of it already. */
void disk_lose_power(struct disk *disk)
{
    enum fault_loss loss = (enum fault_loss)bench_below(disk->bench, FAULT_LOSS_COUNT);
    unsigned lost = fault_vfs_restart(disk->vfs, loss, bench_draw(disk->bench));

    if (lost > 0)
        bench_fault(disk->bench, FAULT_UNSYNCED_LOST, "disk: %u writes were not synced and are lost", lost);
}
