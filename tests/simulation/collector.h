/* SPDX-License-Identifier: MIT
 *
 * collector.h - the daemon of a run: the real hub, sessions, work and store, driven inline as server.c and
 * writer.c do.
 *
 * Ends at any point a run likes: before, within and after a commit, between a commit and its ACKs. The caller
 * owns struct collector and what it points to.
 */
#ifndef BYNAME_SIMULATION_COLLECTOR_H
#define BYNAME_SIMULATION_COLLECTOR_H

#include "daemon/hub.h"
#include "tests/simulation/disk.h"
#include "tools/simulated-board/line.h"

#define COLLECTOR_PORTS_MAX 5
#define COLLECTOR_ASKED_MAX 256

struct collector {
    struct bench *bench;
    struct disk *disk;
    const char *path;
    uint16_t port_count;
    bool is_auto_adopt;
    bool is_help_on;
    struct line *down[COLLECTOR_PORTS_MAX]; /* what is plugged in at each port; NULL: nothing */

    struct store *store; /* NULL: the daemon does not run */
    struct hub *hub;
    struct work_runner runner;
    uint64_t start_us; /* when it is started again; NEVER_US while it runs */
    uint64_t tick_us, commit_us, roster_us;
    struct work asked[COLLECTOR_ASKED_MAX], done[COLLECTOR_ASKED_MAX];
    unsigned asked_count, done_count;
    uint64_t done_us; /* when the loop takes what is done */
    bool dies_before_ack;

    int64_t skew_ms; /* of the clock on the wall */
    bool is_clock_good;
};

void collector_init(struct collector *collector, struct bench *bench, struct disk *disk, const char *path);

/* Everything of the past; the disk stays. */
void collector_end(struct collector *collector);

void collector_step(struct collector *collector);
uint64_t collector_due_us(const struct collector *collector);

void collector_receive(struct collector *collector, uint16_t port, const uint8_t *bytes, size_t size);
void collector_plug(struct collector *collector, uint16_t port, struct line *down); /* NULL: unplugged */

/* The process ends without a word; with is_host_cut the machine, too. Starts again after pause_us. */
void collector_kill(struct collector *collector, bool is_host_cut, uint64_t pause_us);
void collector_stop(struct collector *collector, uint64_t pause_us); /* in good order */

/* Ask the store for something, as byname would. False while the daemon does not run. */
bool collector_call(struct collector *collector, work_function *function, void *context);

const char *collector_port_name(uint16_t port);
struct session_clock collector_clock(const struct collector *collector);

#endif
