/* SPDX-License-Identifier: MIT
 *
 * figures.h - tallies added up over a period, in groups; and the rates made of them. For daemon/report*.c.
 *
 * A period is covered by as few tallies as there can be: hours up to the first midnight, days up to the first
 * of a month, months, and back down. What lies in the period for certain but has no certain hour or day of
 * its own is added from the visits themselves; what straddles an edge of the period is counted as time
 * unknown.
 */
#ifndef BYNAME_FIGURES_H
#define BYNAME_FIGURES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "daemon/store.h"
#include "daemon/tally.h"

#define FIGURES_SMALL_GROUP 5 /* below this a breakdown says "too few" */

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
};

#define FIGURES_ALL_STAFF (-1)

struct figures_group {
    int64_t id; /* kiosk, staff number, cell (one of these at one of those), or 0 */
    struct figures figures;
};

struct figures_groups {
    struct figures_group *groups; /* in no order; owned, free with figures_groups_free */
    size_t count, capacity;
};

/* Fill *groups; FIGURES_TOGETHER has always exactly one. On failure *groups is empty. */
enum store_status figures_read(struct store *store, const struct figures_query *query,
                               struct figures_groups *groups, struct store_error *error);
void figures_groups_free(struct figures_groups *groups);
/* Group cells (a reading by FIGURES_BY_CELL) as a reading of the same period with this query would be. */
enum store_status figures_fold(const struct figures_groups *cells, const struct figures_query *query,
                               struct figures_groups *groups, struct store_error *error);
int64_t figures_cell_kiosk(int64_t id);
int32_t figures_cell_staff(int64_t id); /* 0: no name */
/* NULL when nothing was counted for that id. */
const struct figures *figures_groups_find(const struct figures_groups *groups, int64_t id);

int64_t figures_sum(const struct figures *figures, enum tally_measure first, enum tally_measure last);
int64_t figures_visits(const struct figures *figures);
int64_t figures_happy(const struct figures *figures);
int64_t figures_left_out(const struct figures *figures); /* visits, time unknown not among them */

#endif
