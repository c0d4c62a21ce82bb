/* SPDX-License-Identifier: MIT
 *
 * reader.h - a thread with a read-only connection: takes one job after the other, none longer than its limit.
 *
 * Functions are for the loop's thread. A job's context belongs to the reader from submission until it is taken back.
 */
#ifndef BYNAME_READER_H
#define BYNAME_READER_H

#include <stdbool.h>
#include <stdint.h>

#include "daemon/work.h"

#define READER_CAPACITY 32
#define READER_REST_MS 100 /* after each job without a limit */

struct reader;

struct reader_result {
    void *context;
    enum store_status status;
    struct store_error error;
};

/* Opens a connection of its own. limit_ms: a job is interrupted after this; 0: never. */
enum store_status reader_start(const struct store_options *options, unsigned limit_ms, struct reader **result,
                               struct store_error *error);
/* Interrupts what runs; jobs that did not run end with STORE_REFUSED and are handed to `drop`. */
void reader_stop(struct reader *reader, void (*drop)(void *context)); /* reader may be NULL */

bool reader_submit(struct reader *reader, work_function *function, void *context); /* false: too many wait */
int reader_fd(const struct reader *reader); /* readable when there is something to take */
bool reader_take(struct reader *reader, struct reader_result *result);

/* Interrupt what took too long. Call several times a second while it returns true, or a job was submitted. True while one
 * waits or runs. */
bool reader_tick(struct reader *reader, uint64_t now_ms);

#endif
