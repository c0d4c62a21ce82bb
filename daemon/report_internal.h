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
    struct figures_query figures; /* of the period, with the filters */
    struct figures_query before;  /* the same of the period before */
    bool has_before;
    int64_t now_ms;
    int week_start;           /* 1 Monday to 7 Sunday */
    int version;              /* of the tables */
    int64_t purged_before_ms; /* raw answers before are gone; INT64_MIN: none are. Set with the policy */
    /* Whether names were kept whatever the rating: in this period and the one before, and at all times before its end. Where
     * not, the ratings that somebody's name stands with are no measure of them. */
    bool is_fully_named, was_always_fully_named;
    const char *audience;
    bool is_audience_given;
    int64_t *among; /* the kiosks of that audience, room for kiosk_count */
    size_t kiosk_count;
    size_t rows_left;
    json_t *out;
    struct store_error *error;
};

/* One report: fills report->out. */
typedef enum store_status report_function(struct report *report);
report_function report_overview, report_summary, report_staff, report_causes, report_strengths, report_hours,
    report_days, report_kiosks, report_help, report_moments, report_staff_list, report_kiosk_list,
    report_token_list, report_help_call_list, report_note_list, report_policy, report_access_log,
    report_export;

/* report_parts.c: rates and comparisons ------------------------------------------------------------------------- */

/* What report_csat_set and report_left_out look at, report_mentions, and report_staff_rows. */
#define REPORT_CSAT_MEASURES                            \
    (FIGURES_MEASURES(TALLY_RATING_1, TALLY_RATING_5) | \
     FIGURES_MEASURES(TALLY_LEFT_OUT_WITHDRAWN, TALLY_LEFT_OUT_MASH))
#define REPORT_MENTION_MEASURES                                  \
    (FIGURES_MEASURES(TALLY_MENTION_ASKED, TALLY_MENTION_NONE) | \
     FIGURES_MEASURES(TALLY_ASKED_RETURNING, TALLY_ASKED_NEW))
#define REPORT_STAFF_MEASURES                                               \
    (REPORT_CSAT_MEASURES | REPORT_MENTION_MEASURES |                       \
     FIGURES_MEASURES(TALLY_STRENGTH_EMPATHY, TALLY_STRENGTH_FLEXIBILITY) | \
     FIGURES_MEASURES(TALLY_UNHAPPY_PEOPLE, TALLY_UNHAPPY_PEOPLE))

/* Let the report read these alone from now on: most of a tally's time goes into its columns. */
void report_measures_set(struct report *report, uint64_t measures);

/* One row of a breakdown, or the whole: what was counted now and before, and what of it may be shown. */
struct report_part {
    int64_t id;
    const struct figures *now, *before;
    bool has_before;
    bool is_hidden, is_before_hidden; /* too few, or would let such be worked out */
    bool is_csat_hidden;              /* of one person, and names were not kept whatever the rating */
    int64_t n_min;                    /* below that a rate is not shown */
};

/* hits of n */
struct report_share {
    int64_t hits, n;
};

struct report_share report_csat_of(const struct figures *figures);
/* The measure `hit` of the sum of the measures first to last. */
struct report_share report_share_of(const struct figures *figures, enum tally_measure hit,
                                    enum tally_measure first, enum tally_measure last);

/* {"n", "value", "low", "high"}; below n_min value, low and high are null, and "too_few" is true. */
json_t *report_rate(int64_t hits, int64_t n, int64_t n_min);
json_t *report_rate_suppressed(int64_t n);
json_t *report_rate_hidden(void); /* not even n */

/* Whether more of it is good, or neither good nor bad. */
enum report_meaning { REPORT_GOOD, REPORT_NEUTRAL };

/* {"before": rate, "difference": {"value", "low", "high"}, "verdict"}: "better" or "worse" ("higher", "lower" when
 * neutral) when Newcombe's interval excludes 0, "steady" when it lies within 10 points, else "cannot_tell". Where
 * either is of too few, all is null. */
json_t *report_compare(struct report_share now, struct report_share before, int64_t n_min,
                       enum report_meaning meaning);
/* The same of a part; null when there is no period before. Of a hidden one "before" has no n. */
json_t *report_part_compare(const struct report_part *part, struct report_share now,
                            struct report_share before, enum report_meaning meaning);
/* "visits", "ratings", "csat", "csat_with_left_out", "comparison", "mean" */
void report_csat_set(json_t *out, const struct report_part *part);
json_t *report_ratings(const struct figures *figures, bool is_suppressed);
json_t *report_mean(const struct figures *figures); /* null without visits */
/* Suppressed ones have all their keys, and nothing in them: how many were asked would tell how many rated 4 or 5. */
json_t *report_mentions(const struct report_part *part);
json_t *report_causes_counts(const struct figures *figures, bool is_suppressed);
json_t *report_strengths_counts(const struct figures *figures, bool is_suppressed);
json_t *report_left_out(const struct figures *figures);
json_t *report_count(int64_t count, bool is_suppressed);
json_t *report_real(double value);
json_t *report_moment(struct report *report, int64_t at_ms); /* local ISO 8601 */
json_t *report_date(struct report *report, int64_t at_ms);   /* "2026-11-02" */
json_t *report_id(int64_t id);                               /* a 64-bit id in hexadecimal */

/* report_parts.c: reading --------------------------------------------------------------------------------------- */

/* A breakdown of the period and of the one before. Free it with report_breakdown_free, also after a failure. */
struct report_breakdown {
    bool has_before, is_fully_named;
    int64_t kiosk;
    int32_t staff;
    struct figures_groups cells, groups, cells_before, groups_before;
};

enum store_status report_breakdown_read(struct report *report, enum figures_grouping grouping,
                                        struct report_breakdown *breakdown);
void report_breakdown_free(struct report_breakdown *breakdown);
/* The row of a kiosk (staff as filtered) or of a staff member (kiosk as filtered). Points into breakdown. */
struct report_part report_kiosk_part(const struct report_breakdown *breakdown, int64_t kiosk);
struct report_part report_staff_part(const struct report_breakdown *breakdown, int32_t staff);
/* All that the filters leave, as one. breakdown: read with FIGURES_TOGETHER. */
struct report_part report_whole_part(const struct report_breakdown *breakdown);

/* report_policy.c: {"attribute" at the beginning of the period, "changes": [{"since", "attribute"}] within it}; sets
 * is_fully_named and was_always_fully_named. */
enum store_status report_policy_read(struct report *report, json_t **out);
/* ... and for how long raw answers are kept; notes since when there are any. */
enum store_status report_retention_set(struct report *report, json_t *out);

/* report_small.c ------------------------------------------------------------------------------------------------ */

/* How many visits each line of a breakdown has, in the order in which they were added. {0} is empty; free it with
 * report_lines_free. */
struct report_line {
    int64_t id; /* of a kiosk or a staff member */
    int64_t visits;
};

struct report_lines {
    struct report_line *lines;
    size_t count, capacity;
};

/* Add to the line of that id, made when there is none yet, and return its index; SIZE_MAX when there is no memory. */
size_t report_lines_add(struct report_lines *lines, int64_t id, int64_t visits);
void report_lines_free(struct report_lines *lines);
/* Whether that line must be hidden among the others. */
bool report_is_hidden_among(const struct report_lines *lines, int64_t id);

/* Whether the figures of this kiosk (0: all) and staff member (FIGURES_ALL_STAFF: all) are of too few visits to be
 * shown, or would let such be worked out. cells: the whole period, grouped by FIGURES_BY_CELL. */
bool report_is_small(const struct figures_groups *cells, int64_t kiosk, int32_t staff);
/* Mark in is_hidden which of `count` parts of a shown whole must be hidden: those of 1 to 4 visits, and beside a
 * single one the smallest other. stride: from one part to the next. Returns whether a mark was added. */
bool report_hide_small(const int64_t *visits, bool *is_hidden, size_t count, size_t stride);

/* report_hours.c ------------------------------------------------------------------------------------------------ */

#define REPORT_HOURS 24
#define REPORT_WEEKDAYS 7

/* Figures by hour of the week: slot (weekday - 1) * 24 + hour. Ratings and causes alone. */
struct report_slots {
    struct figures slots[TALLY_SLOT_COUNT];
};

enum store_status report_slots_read(struct report *report, const struct figures_query *query,
                                    struct report_slots *slots);
/* The hour of the day in which the cause is the most frequent among visits, by the lower end of its interval, among
 * hours of 5 visits or more: {"hour", "rate"}; null when it never was. */
json_t *report_cause_peak(const struct report_slots *slots, enum tally_measure cause);

/* report_staffing.c: by slot, how long it lasted within the period so far, and the sum of how long each was signed on
 * in it, both in seconds. */
struct report_staffing {
    int64_t signed_on_s[TALLY_SLOT_COUNT], length_s[TALLY_SLOT_COUNT];
    bool is_used; /* somebody signed on at all */
};

enum store_status report_staffing_read(struct report *report, struct report_staffing *staffing);

/* report_past.c: each person's own weeks ----------------------------------------------------------------------- */

struct report_past;

/* Weeks (from Monday) up to the last that is over when the period ends. Free with report_past_destroy. */
enum store_status report_past_read(struct report *report, struct report_past **past);
void report_past_destroy(struct report_past *past); /* past may be NULL */
/* "weeks", "last_week", "own_best", "own_past" of one staff member, into out. */
void report_past_set(struct report *report, const struct report_past *past, int32_t staff, json_t *out);

/* Pieces that the overview shares with other reports ------------------------------------------------------------ */

json_t *report_help_counts(const struct report_part *part);
/* {"count", "since"}: help calls that nobody has closed, whenever they came. */
enum store_status report_open_calls(struct report *report, json_t **out);
/* {"count", "unwell": [{"name", "last_heard", "reasons": ["silent", ...]}]} */
enum store_status report_wellness(struct report *report, json_t **out);
/* The manager's notes of the period, newest first: [{"noted", "text", "days", "after": rate, "comparison"}] */
enum store_status report_notes(struct report *report, json_t **out);
/* Numbers that are gone for good, noticed within the period. */
enum store_status report_lost(struct report *report, json_t **out);

enum store_status report_staff_rows(struct report *report, struct report_breakdown *breakdown,
                                    const struct report_past *past, json_t **out);

/* report_availability.c: how much of the recorded part of the period a kiosk was heard: {"from", "to", "value", "silences",
 * "longest_from", "longest_s", "unknown_s"}; without such a part "from" and "to" are null, and value is. */
struct report_unheard; /* when nobody could have been heard: of all kiosks of a report */
enum store_status report_unheard_read(struct report *report, struct report_unheard **unheard);
void report_unheard_destroy(struct report_unheard *unheard); /* unheard may be NULL */
enum store_status report_availability(struct report *report, const struct report_unheard *unheard,
                                      int64_t kiosk, json_t **out);

/* report_help.c: why no figure has the visit: a key of report_left_out; NULL: it is counted. */
const char *report_call_left_out(const struct report *report, const struct visit *visit);
/* Of one staff member's report, whether it is theirs; of others always. */
bool report_call_is_asked_for(const struct report *report, const struct visit *visit, const char *left_out);
/* ?1 the period's beginning, ?2 its end, ?3 the kiosk (0: all), ?4 the audience. */
void report_calls_bind(const struct report *report, sqlite3_stmt *row);
/* From visit to its call. The answer that called is among the visit's, which lie close behind its rating. */
#define REPORT_CALL_JOIN                                                                                     \
    " LEFT JOIN help_call ON help_call.kind = 1 AND help_call.journal = visit.journal"                       \
    " AND help_call.seq > visit.seq AND help_call.seq <= visit.seq + 15 AND help_call.visit = visit.seq"
/* report_follow_up.c: what came of the calls that are counted, and how many are not. */
enum store_status report_follow_up(struct report *report, json_t *out, int64_t *left_out);

/* Let the report be about the kiosks of one audience. */
enum store_status report_audience_set(struct report *report, const char *audience);

/* Statements of reports are prepared for the one run; NULL leaves the reason in report->error. */
sqlite3_stmt *report_prepare(struct report *report, const char *sql);
/* True with a row; false at the end and on an error, and then *status says which. */
bool report_step(struct report *report, sqlite3_stmt *statement, enum store_status *status);
json_t *report_column_text(sqlite3_stmt *row, int column);    /* null for NULL */
json_t *report_column_integer(sqlite3_stmt *row, int column); /* null for NULL */
enum store_status report_no_memory(struct report *report);

#endif
