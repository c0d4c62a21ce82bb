/* SPDX-License-Identifier: MIT
 *
 * bench.h - what all parts of a simulated run share: its time, its dice, its count of faults, its trace.
 *
 * Time is virtual, in microseconds since the run began. Every choice of a run is drawn from one seed, so that
 * a run replays from its number. The caller owns struct bench. One thread.
 */
#ifndef BYNAME_SIMULATED_BOARD_BENCH_H
#define BYNAME_SIMULATED_BOARD_BENCH_H

#include <stdbool.h>
#include <stdint.h>

#define SECOND_US UINT64_C(1000000)
#define NEVER_US UINT64_MAX

/* X(NAME, "words"): all that goes wrong on purpose. */
#define FAULTS(X)                                \
    X(BIT_FLIPPED, "bits flipped")               \
    X(BURST, "bursts")                           \
    X(BYTES_DROPPED, "drops")                    \
    X(BYTES_INSERTED, "inserts")                 \
    X(CHUNK_REPEATED, "repeats")                 \
    X(CHUNK_DELAYED, "delays")                   \
    X(CHUNK_SPLIT, "splits")                     \
    X(CONGESTED, "congestions")                  \
    X(UNPLUGGED, "unplugged")                    \
    X(WIRE_CUT, "wires cut")                     \
    X(MOVED, "moves")                            \
    X(POWER_CUT, "power cuts")                   \
    X(TORN_CELL, "torn cells")                   \
    X(WATCHDOG, "watchdogs")                     \
    X(CELL_DAMAGED, "cells damaged")             \
    X(IDENTITY_DAMAGED, "identities damaged")    \
    X(WIPED, "memories wiped")                   \
    X(FORGOTTEN, "ids forgotten")                \
    X(DAEMON_KILLED, "daemons killed")           \
    X(KILLED_IN_COMMIT, "killed in a commit")    \
    X(KILLED_BEFORE_ACK, "killed before an ack") \
    X(HOST_CUT, "hosts cut")                     \
    X(DAEMON_RESTARTED, "restarts")              \
    X(DISK_FULL, "disks full")                   \
    X(WRITE_FAILED, "writes failed")             \
    X(WRITE_SHORT, "writes short")               \
    X(SYNC_FAILED, "syncs failed")               \
    X(UNSYNCED_LOST, "unsynced writes lost")     \
    X(RESTORED, "databases restored")            \
    X(SWAPPED, "databases swapped")              \
    X(CLOCK_STEPPED, "clocks stepped")           \
    X(JOURNAL_FILLED, "journals full")           \
    X(STAFF_CHANGED, "staff changes")

#define FAULT_ENUMERATOR(NAME, words) FAULT_##NAME,
enum fault { FAULTS(FAULT_ENUMERATOR) FAULT_COUNT };

const char *fault_words(enum fault fault);

struct bench {
    uint64_t dice;   /* the generator's state */
    uint64_t now_us; /* of the run */
    bool is_faulty;  /* faults may happen now */
    bool is_traced;
    uint64_t faults[FAULT_COUNT];
};

/* Begin a run from its seed. What is counted in faults stays. */
void bench_start(struct bench *bench, uint64_t seed);

uint64_t bench_draw(struct bench *bench);                                   /* 64 random bits */
uint32_t bench_below(struct bench *bench, uint32_t limit);                  /* 0 to limit - 1; limit > 0 */
uint64_t bench_between(struct bench *bench, uint64_t least, uint64_t most); /* both may come */
bool bench_is(struct bench *bench, uint32_t per_million);                   /* so often true */

/* Count a fault that happens now, and trace it. */
void bench_fault(struct bench *bench, enum fault fault, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
void bench_trace(const struct bench *bench, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
