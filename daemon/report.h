/* SPDX-License-Identifier: MIT
 *
 * report.h - a question in, an answer as JSON out: each figure is computed here and only here.
 *
 * The same JSON travels over HTTP, is printed by --format json, and is what render.h turns into text and CSV.
 * Reads at most 50,000 tally rows whatever the number of answers. Works on any connection of store.h.
 */
#ifndef BYNAME_REPORT_H
#define BYNAME_REPORT_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "daemon/store.h"
#include "daemon/store_retention.h"

#define REPORT_NAMES "summary, staff, causes, strengths, hours, days, kiosks and help"

/* A period is [from_ms, to_ms) in UTC milliseconds; INT64_MIN and INT64_MAX leave an end open. */
struct report_query {
    /* "overview" (by itself of the last full week), one of REPORT_NAMES; the lists "staff_list", "kiosk_list",
     * "token_list", "policy" and "access_log", without a period; "export", of one staff member */
    const char *report;
    /* "7d", "24h", "4w": from local midnight that many days ago (hours: to the hour); or NULL */
    const char *since;
    const char *from;  /* "2026-11-02" or "2026-11-02T14:00", in the store's time zone; or NULL */
    const char *to;    /* exclusive; a bare date means that local midnight; or NULL */
    const char *kiosk; /* a kiosk's name; or NULL for all */
    const char *staff; /* a staff member's name or number; or NULL for all */
    const char *audience;   /* "external" or "internal"; or NULL: that of the kiosk, else external where there is one */
    const char *week_start; /* "monday", "saturday" or "sunday"; or NULL: Monday */
    int64_t now_ms;
};

/* On STORE_OK *result is a new reference. */
enum store_status report_run(struct store *store, const struct report_query *query, json_t **result,
                             struct store_error *error);

/* Whether that name is a list's: it has no period. */
bool report_is_list(const char *name);

/* What a retention of so many days would delete. NULL when there is no memory. */
json_t *report_retention_preview(const struct store *store, int64_t days,
                                 const struct store_retention_preview *preview);
/* The reply to verify: what store_verify found. NULL when there is no memory. */
json_t *report_verified(const struct store *store, const struct store_verified *verified);

/* A text as JSON, which is UTF-8: each byte that is not (of a file's name, a request, a text cut to size) becomes '?'.
 * NULL only when there is no memory. */
json_t *report_text(const char *text);

/* Wilson's 95 % interval of hits/n (Wilson 1927; z = 1.96), in 0..1. n >= 1, 0 <= hits <= n. */
void report_wilson(double hits, double n, double *low, double *high);

#endif
