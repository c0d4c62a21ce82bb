/* SPDX-License-Identifier: MIT
 *
 * world.h - one run: kiosks, cables, a daemon, customers, a manager, and all that goes wrong between them.
 *
 * First faults and customers for a while; then all faults cease and everything gets time to settle; then one
 * more visit at each kiosk; then everything that was acknowledged must be stored. The caller owns struct
 * world, which is large.
 */
#ifndef BYNAME_SIMULATION_WORLD_H
#define BYNAME_SIMULATION_WORLD_H

#include "tests/simulation/collector.h"
#include "tests/simulation/customer.h"

struct world_kiosk {
    struct board board;
    struct line up, down;
    struct customer customer;
    int port;                          /* where it is plugged in; -1: nowhere */
    uint64_t power_us;                 /* when power returns; NEVER_US: it is there */
    uint64_t cable_us;                 /* when the cable returns; NEVER_US: it is there */
    bool is_to_be_wiped, is_to_forget; /* when power returns */
};

struct world {
    struct bench bench;
    struct disk disk;
    struct fault_copy *backup;        /* NULL: none */
    struct fault_copy *ours, *others; /* while another database stands in its place; that one, while not */
    bool is_swapped;
    uint64_t swap_us; /* when ours returns */
    struct collector collector;
    struct ledger ledger;
    unsigned kiosk_count;
    struct world_kiosk kiosks[LEDGER_BOARDS_MAX];

    uint32_t appetite;             /* bits of enum trouble: what this run may meet */
    uint64_t trouble_us, pause_us; /* when the next one comes; how far apart they are */
    uint64_t full_until_us;
    uint64_t manager_us;
    unsigned change_count; /* of the manager's */
    bool is_by_hand;       /* a manager adopts */
};

/* For the process: SQLite's VFS. path: where the store may keep its lock file. */
void world_install(struct world *world);

/* One run. False when something did not hold; world->ledger says what. */
bool world_run(struct world *world, uint64_t seed, const char *path);

void world_free(struct world *world);

#endif
