/* SPDX-License-Identifier: MIT
 *
 * metrics.h - how the daemon and its kiosks are, in the Prometheus text format 0.0.4. Nobody's name. Pure.
 */
#ifndef BYNAME_METRICS_H
#define BYNAME_METRICS_H

#include <jansson.h>
#include <stdint.h>

#define METRICS_TYPE "text/plain; version=0.0.4; charset=utf-8"

/* Since the daemon started. */
struct metrics_counters {
    uint64_t answers, ratings; /* stored */
    uint64_t alarms;
};

/* status: the reply of GET /api/v1/status of a running daemon. NULL when out of memory; free() the text. */
char *metrics_text(const json_t *status, const struct metrics_counters *counters);

#endif
