/* SPDX-License-Identifier: MIT
 *
 * store_retention.h - for how long raw answers are kept, and how they go. See store.h for the rules of transactions, errors
 * and threads.
 *
 * An answer is kept for so many days, counted back from now to a local midnight, as `--since 7d` is. Of older ones go: the
 * answers with their visits; who acknowledged and closed a help call, and its remark; the log of reads; stale sign-ons. What
 * was counted stays. Per person it stays by month and for all time: of hours, days and weeks the person becomes
 * STORE_UNNAMED_STAFF. Visits stay as rows, without a name, where figures still need them: those that called for help, and
 * those of which it is not certain in which hour they were.
 *
 * The newest STORE_KEPT_BACK answers of a kiosk's journal stay whatever their age, until it goes on or is retired: it may send
 * them again, and later answers refer to them. A number that is gone is never stored again (journal.through).
 *
 * An answer that goes takes its share along: it is taken from the tallies of the person and added to those of
 * STORE_UNNAMED_STAFF, and added to the tallies at level + STORE_PURGED_LEVEL, in the same transaction. So the recount of
 * what is kept and that part are the tallies at any moment (store_recount.c).
 */
#ifndef BYNAME_STORE_RETENTION_H
#define BYNAME_STORE_RETENTION_H

#include "daemon/store.h"

#define STORE_UNNAMED_STAFF 60002 /* beside STORE_FORMER_STAFF */
#define STORE_PURGED_LEVEL 100
/* A month can be compared with the one before from tallies alone, a week not. */
#define STORE_RETENTION_DAYS_MIN 30
#define STORE_RETENTION_DAYS_MAX 36500
/* What the daemon takes ahead of its acknowledgements, and what a visit's answers refer to. */
#define STORE_KEPT_BACK 192
#define STORE_RETENTION_PIECE 512 /* answers that go in one transaction, at most */

/* days: 0 for without end. Refused when it is that already, or out of range. */
enum store_status store_retention_set(struct store *store, int64_t days, int64_t now_ms,
                                      struct store_error *error);

/* One piece of what is due, in the open transaction. *is_more: there may be more. now_ms is of a clock that is good. */
enum store_status store_retention_step(struct store *store, int64_t now_ms, bool *is_more,
                                       struct store_error *error);

/* What would go now, if that were set. */
struct store_retention_preview {
    int64_t before_ms;         /* a local midnight */
    int64_t first_ms, last_ms; /* of the answers; INT64_MIN when there are none */
    int64_t answers, visits, help_calls, reads;
    int64_t kept_back; /* answers as old that stay, because their kiosk has not gone on */
};

/* days: at least STORE_RETENTION_DAYS_MIN. Reads only; replays what would go, so it may take long. */
enum store_status store_retention_preview(struct store *store, int64_t days, int64_t now_ms,
                                          struct store_retention_preview *preview, struct store_error *error);

/* Raw answers before *before_ms are gone; INT64_MIN: none are. Figures of people by hour, day and week begin after it. */
enum store_status store_purged_before(struct store *store, int64_t *before_ms, struct store_error *error);

#endif
