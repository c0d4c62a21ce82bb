/* SPDX-License-Identifier: MIT
 *
 * figures.h - tallies added up over a period, in groups; and the rates made of them. For daemon/report*.c.
 *
 * A period is covered by as few tallies as there can be: hours up to the first midnight, days up to the first
 * of a month, months up to the first of a year, years, and back down; of the whole store by its own tallies, which do not
 * know kiosks and people. What lies in the period for certain but has no certain hour or day of
 * its own is added from the visits themselves, which are looked for at the edges of those tallies; what straddles an edge of
 * the period is counted as time unknown.
 */
#ifndef BYNAME_FIGURES_H
#define BYNAME_FIGURES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "daemon/store.h"
#include "daemon/tally.h"

#define FIGURES_SMALL_GROUP 5   /* below this a breakdown says "too few" */
#define FIGURES_ROWS_MAX 100000 /* tally rows that one report may read */

/* A set of measures, from the first to the last; | joins two. */
#define FIGURES_MEASURES(first, last) (~UINT64_C(0) >> (63 - (last)) & ~UINT64_C(0) << (first))

struct figures {
    int64_t n[TALLY_MEASURE_COUNT];
    int64_t time_unknown; /* visits that straddle an edge of the period */
};

enum figures_grouping { FIGURES_TOGETHER, FIGURES_BY_KIOSK, FIGURES_BY_STAFF, FIGURES_BY_CELL };

struct figures_query {
    int64_t from_ms, to_ms; /* INT64_MIN, INT64_MAX: open; otherwise beginnings of hours */
    int64_t kiosk;          /* row number; 0: all */
    int32_t staff;          /* number, 0 for no name; FIGURES_ALL_STAFF */
    enum figures_grouping grouping;
    /* Who is of no interest: a cell is of staff 0. Not with staff, nor FIGURES_BY_STAFF. */
    bool is_of_all_staff;
    const int64_t *among; /* row numbers of the kiosks that count at all; NULL: every one */
    size_t among_count;
    uint64_t measures; /* FIGURES_MEASURES that are read, the others are not to be looked at; 0: all */
    size_t *rows_left; /* tally rows that may still be read, counted down; beyond them STORE_REFUSED */
};

#define FIGURES_ALL_STAFF (-1)

struct figures_group {
    int64_t id; /* kiosk, staff number, cell (one of these at one of those), or 0 */
    struct figures figures;
};

struct figures_groups {
    struct figures_group *groups; /* in no order; owned, free with figures_groups_free */
    size_t count, capacity;
    uint32_t *slots; /* twice the capacity: index + 1 in groups, by the id's hash */
};

/* Fill *groups; FIGURES_TOGETHER has always exactly one. On failure *groups is empty. */
enum store_status figures_read(struct store *store, const struct figures_query *query,
                               struct figures_groups *groups, struct store_error *error);
void figures_groups_free(struct figures_groups *groups);
void figures_groups_sort(struct figures_groups *groups); /* by id */
/* Group cells (a reading by FIGURES_BY_CELL) as a reading of the same period with this query would be. */
enum store_status figures_fold(const struct figures_groups *cells, const struct figures_query *query,
                               struct figures_groups *groups, struct store_error *error);
int64_t figures_cell(int64_t kiosk, int32_t staff); /* the id of a cell */
int64_t figures_cell_kiosk(int64_t id);
int32_t figures_cell_staff(int64_t id); /* 0: no name */
/* A visit of the store, selected by these columns and the kiosk's number, from visit JOIN journal. */
#define FIGURES_VISIT_COLUMNS                                                                              \
    "instant_ms, span_ms, rating, flag, is_burst, journal.kiosk, served, staff, mention, cause, strength," \
    " \"returning\", help, is_mash"
#define FIGURES_VISIT_COLUMN_KIOSK 5
#define FIGURES_VISIT_COLUMN_COUNT 14
struct sqlite3_stmt;
void figures_visit_read(struct sqlite3_stmt *row,
                        struct visit *visit); /* its seq, boot and uptime_s stay 0 */

/* The level of everybody whose rows that query takes: this one, of each kiosk, or the store's, which has fewer. */
unsigned figures_level(const struct store *store, const struct figures_query *query, enum tally_level level);

/* Hand each tally of one level in the period to on_row, in the order of their beginnings. Levels of everybody
 * know no staff: for query->staff take PERIOD_HOUR or PERIOD_DAY. Nothing of uncertain time is among them. */
struct figures_row {
    int64_t start_ms, kiosk;
    int32_t staff;
    int64_t n[TALLY_MEASURE_COUNT];
};
typedef void figures_row_function(void *context, const struct figures_row *row);
enum store_status figures_each(struct store *store, const struct figures_query *query, unsigned level,
                               figures_row_function *on_row, void *context, struct store_error *error);

/* The tallies that cover a period, in the order of time: hours, days, months, years and back. PERIOD_ALL alone for what is
 * open at both ends. Of hours a stretch may begin and end anywhere. */
struct figures_stretch {
    enum period_level level;
    int64_t from_ms, to_ms;
};
struct figures_cover {
    struct figures_stretch stretches[7];
    size_t count;
};
void figures_cover(const struct store *store, int64_t from_ms, int64_t to_ms, struct figures_cover *cover);

/* The first beginning of a period at or after at_ms, and the last at or before it; an open end stays open. */
int64_t figures_round_up(const struct zone *zone, enum period_level level, int64_t at_ms);
int64_t figures_round_down(const struct zone *zone, enum period_level level, int64_t at_ms);

void figures_add(struct figures *sum, const struct figures *figures);
/* NULL when nothing was counted for that id. */
const struct figures *figures_groups_find(const struct figures_groups *groups, int64_t id);

int64_t figures_sum(const struct figures *figures, enum tally_measure first, enum tally_measure last);
int64_t figures_visits(const struct figures *figures);
int64_t figures_happy(const struct figures *figures);
int64_t figures_left_out(const struct figures *figures); /* visits, time unknown not among them */

#endif
