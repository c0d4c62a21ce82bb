/* SPDX-License-Identifier: MIT
 *
 * report_internal.h - what the reports share. For daemon/report*.c only.
 *
 * Builders return a new reference, or NULL when there is no memory; jansson's setters accept NULL and say so,
 * and report_run checks once at the end.
 */
#ifndef BYNAME_REPORT_INTERNAL_H
#define BYNAME_REPORT_INTERNAL_H

#include <sqlite3.h>

#include "daemon/figures.h"
#include "daemon/report.h"

struct report {
    struct store *store;
    struct figures_query figures;
    int64_t now_ms;
    json_t *out;
    struct store_error *error;
};

/* One report: fills report->out. */
typedef enum store_status report_function(struct report *report);
report_function report_summary, report_staff, report_kiosks, report_staff_list, report_kiosk_list,
    report_token_list, report_help_call_list, report_note_list;

/* {"n", "value", "low", "high"}; below n_min value, low and high are null, and "too_few" is true. */
json_t *report_rate(int64_t hits, int64_t n, int64_t n_min);
json_t *report_rate_suppressed(int64_t n);
json_t *report_rate_hidden(void); /* not even n */
json_t *report_ratings(const struct figures *figures, bool is_suppressed);
json_t *report_mean(const struct figures *figures); /* null without visits */
/* Suppressed ones have all their keys, and nothing in them: how many were asked would tell how many rated 4 or 5. */
json_t *report_mentions(const struct figures *figures, int64_t n_min, bool is_suppressed);
json_t *report_strengths(const struct figures *figures, bool is_suppressed);
json_t *report_count(int64_t count, bool is_suppressed);
json_t *report_moment(struct report *report, int64_t at_ms); /* local ISO 8601 */
json_t *report_id(int64_t id);                               /* a 64-bit id in hexadecimal */

/* report_small.c: whether the figures of this kiosk (0: all) and staff member (FIGURES_ALL_STAFF: all) are of too
 * few visits to be shown, or would let such be worked out. cells: the whole period, grouped by FIGURES_BY_CELL. */
bool report_is_small(const struct figures_groups *cells, int64_t kiosk, int32_t staff);

/* Statements of reports are prepared for the one run; NULL leaves the reason in report->error. */
sqlite3_stmt *report_prepare(struct report *report, const char *sql);
/* True with a row; false at the end and on an error, and then *status says which. */
bool report_step(struct report *report, sqlite3_stmt *statement, enum store_status *status);
json_t *report_column_text(sqlite3_stmt *row, int column);    /* null for NULL */
json_t *report_column_integer(sqlite3_stmt *row, int column); /* null for NULL */

#endif
