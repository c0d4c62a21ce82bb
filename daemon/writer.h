/* SPDX-License-Identifier: MIT
 *
 * writer.h - the thread that owns the read-write connection, between two bounded queues.
 *
 * Everything that has arrived goes into one transaction: at once when none began within the last WRITER_GROUP_MS, else
 * as soon as that is over and the one under way is committed. Results return in the order of submission. Functions are
 * for the loop's thread; the store belongs to the writer from writer_start to writer_stop.
 */
#ifndef BYNAME_WRITER_H
#define BYNAME_WRITER_H

#include <stdbool.h>

#include "daemon/work.h"

#define WRITER_CAPACITY 1024 /* requests submitted and not taken back */
#define WRITER_BATCH_MAX 256
#define WRITER_GROUP_MS 10
#define WRITER_CALLS_MAX (2 * STORE_HELP_NEWS_MAX) /* changed and not taken */
#define WRITER_ROSTER_MS 250 /* a changed roster is made at most this often */

struct writer;

/* NULL with *error set when a thread or descriptor cannot be had; the store is still the caller's then. */
struct writer *writer_start(struct store *store, struct store_error *error);

/* Do what was submitted and end the thread. The contexts of calls that were not taken back are handed to `drop`. The
 * store is the caller's again. */
void writer_stop(struct writer *writer, void (*drop)(void *context)); /* writer may be NULL */

/* Copies *work. False when the queue is full. */
bool writer_submit(struct writer *writer, const struct work *work);

/* Readable when there is something to take. */
int writer_fd(const struct writer *writer);

/* Results so far, a list in order; free() each. Clears writer_fd. NULL: none. */
struct work *writer_take(struct writer *writer);

/* True when there is a roster newer than the last one taken; it is copied. */
bool writer_take_roster(struct writer *writer, struct work_roster *roster);

/* The help calls that changed since the last time, in order; at most WRITER_CALLS_MAX. *is_more: some were dropped;
 * WORK_HELP_RESUME tells them again. */
size_t writer_take_calls(struct writer *writer, struct store_help_call calls[WRITER_CALLS_MAX],
                         bool *is_more);

/* True when the thread has come round since the last call, idle or after a transaction; asks it to come round again.
 * False for as long as it hangs in the disk. */
bool writer_has_come_round(struct writer *writer);

/* How many requests are submitted and not taken back. */
unsigned writer_pending(const struct writer *writer);

/* The last transaction's outcome: STORE_FULL until one succeeds again, STORE_BROKEN for good. */
enum store_status writer_status(struct writer *writer, struct store_error *error);

#endif
