/* SPDX-License-Identifier: MIT
 *
 * daemon_end.h - the far end of kiosks' lines: the daemon's own hub, sessions and store, in emulated time.
 *
 * What the machine would take is fixed, so that a run is the same everywhere: the writer waits DAEMON_END_GROUP_MS
 * between two commits, as the real one does, and a commit takes DAEMON_END_COMMIT_MS. The caller owns struct
 * daemon_end. One thread.
 */
#ifndef BYNAME_BENCH_DAEMON_END_H
#define BYNAME_BENCH_DAEMON_END_H

#include "daemon/hub.h"
#include "daemon/writer.h"

#define DAEMON_END_GROUP_MS WRITER_GROUP_MS
#define DAEMON_END_COMMIT_MS 4
#define DAEMON_END_ASKED_MAX WRITER_BATCH_MAX

struct daemon_end {
    struct store *store;
    struct hub *hub;
    struct work_runner runner;
    struct work asked[DAEMON_END_ASKED_MAX], done[DAEMON_END_ASKED_MAX];
    unsigned asked_count, done_count;
    uint64_t now_ms, done_ms, committed_ms, ticked_ms;
    uint64_t drawn;   /* random bits given out */
    uint32_t through; /* at port 0 all answers up to here have arrived whole and in order */
    void (*send)(void *user, uint16_t port, const uint8_t *bytes, size_t size); /* to the kiosk, now */
    void *user;
};

/* A new database at this path, and so many ports. False, and a sentence on stderr, where that cannot be. send and user are
 * the caller's. */
bool daemon_end_open(struct daemon_end *end, const char *path, uint16_t port_count);
void daemon_end_close(struct daemon_end *end);

/* The port is opened anew: the conversation before is over. */
void daemon_end_plug(struct daemon_end *end, uint16_t port);

/* Bytes from the kiosk. */
void daemon_end_take(struct daemon_end *end, uint16_t port, const uint8_t *bytes, size_t size);

/* To be called at least each millisecond. */
void daemon_end_step(struct daemon_end *end, uint64_t now_ms);

/* As the daemon sees its kiosk; counters and state. */
const struct session *daemon_end_session(const struct daemon_end *end, uint16_t port);

#endif
