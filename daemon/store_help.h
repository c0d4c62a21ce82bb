/* SPDX-License-Identifier: MIT
 *
 * store_help.h - help calls, bad runs and the manager's notes, as the store keeps them. See store.h for the rules of
 * transactions, errors and threads.
 *
 * A call is a row from the moment its answer is stored, in the same transaction, so there is exactly one for each
 * answer whatever crashes. Raising it is the running daemon's work (calls.h); what of that has happened is in the row,
 * too, so that a restart neither forgets a call nor raises one late.
 *
 *        answer stored in time             acknowledged               closed
 *   ────────────────────────────► OPEN ────────────────► ACKNOWLEDGED ──────► CLOSED
 *                                  │ └──────────────────── closed ───────────►
 *                                  └─ never raised, and the daemon starts again too late ─► MISSED
 *        answer stored too late ───────────────────────────────────────────────────────────► MISSED
 *
 * A call keeps what reports need of its visit (store_help_visit_values), and call_tally counts the calls by it; schema.sql's
 * triggers do that whoever writes.
 *
 * For reports, on any connection:
 *   SELECT ... FROM help_call WHERE kind = 1 AND called_ms >= FROM AND called_ms < TO
 *   state (CALL_STATES), outcome (OUTCOMES), time to recovery = closed_ms - called_ms, to acknowledgement =
 *   acknowledged_ms - called_ms; kind = 2 are bad runs.
 *   SELECT noted_ms, text FROM note ORDER BY noted_ms
 * A database of version 4 has neither table: store_knows_help says so.
 */
#ifndef BYNAME_STORE_HELP_H
#define BYNAME_STORE_HELP_H

#include "daemon/store.h"

struct visit;

#define STORE_HELP_LATE_MS 120000 /* older than this a call is not raised any more */
#define STORE_HELP_NEWS_MAX 64
#define STORE_HELP_REMARK_SIZE_MAX 200
#define STORE_NOTE_SIZE_MAX 200
#define STORE_NAME_SIZE_MAX 64

/* A bad run: at least `percent` of at least `ratings` ratings of one kiosk within `minutes` are unhappy (1 or 2). A run
 * is over, and another can begin, when that has not been so for as many minutes. At most the newest
 * STORE_BAD_RUN_RATINGS_MAX answers are looked at. */
#define STORE_BAD_RUN_RATINGS_MAX 64

/* Where a call has been announced: bits. */
enum store_help_channel {
    STORE_HELP_COMMAND = 1,
    STORE_HELP_WEBHOOK = 2,
    STORE_HELP_SECOND_COMMAND = 4, /* nobody acknowledged it */
    STORE_HELP_SECOND_WEBHOOK = 8,
};

struct store_help_call {
    int64_t id;
    enum call_kind kind;
    enum call_state state;
    uint64_t kiosk_id; /* as on the wire */
    char kiosk[STORE_NAME_SIZE_MAX + 1];
    uint32_t visit;
    int64_t called_ms;
    int64_t changed_ms; /* when it came into its state */
    bool is_raised;
    uint8_t told;
    uint16_t ratings, unhappy; /* of a bad run */
};

/* The calls that changed state in committed transactions since the last time, oldest change first; at most
 * STORE_HELP_NEWS_MAX. *is_more: there were others, which store_help_resume would tell again. For the read-write
 * connection, outside a transaction. */
enum store_status store_help_take(struct store *store, struct store_help_call calls[STORE_HELP_NEWS_MAX],
                                  size_t *count, bool *is_more, struct store_error *error);

/* The daemon starts: calls that nobody raised are missed when they are too old by now. Those that may still have to be
 * raised or announced are told by store_help_take as if they were new. */
enum store_status store_help_resume(struct store *store, int64_t now_ms, struct store_error *error);

/* The daemon shows the call and begins to announce it. */
enum store_status store_help_raised(struct store *store, int64_t id, int64_t now_ms,
                                    struct store_error *error);
/* It was announced there. */
enum store_status store_help_told(struct store *store, int64_t id, enum store_help_channel channel,
                                  struct store_error *error);

/* Somebody is on the way. which: the number of the call, in digits. staff: a name or number; NULL: not said. Refused
 * unless the call is open. */
enum store_status store_help_acknowledge(struct store *store, const char *which, const char *staff,
                                         int64_t now_ms, struct store_error *error);

/* outcome: a name of OUTCOMES, also with - for _. remark: NULL for none. Refused when the call is closed or missed. */
enum store_status store_help_close(struct store *store, const char *which, const char *outcome,
                                   const char *remark, const char *staff, int64_t now_ms,
                                   struct store_error *error);

/* What a kiosk shall show: its newest help call, unless that is over. *visit 0: none. */
enum store_status store_help_newest(struct store *store, int64_t kiosk, uint32_t *visit,
                                    enum help_state *state, struct store_error *error);

/* The calls that nobody has answered. */
struct store_help_waiting {
    int64_t count;
    int64_t id, called_ms; /* of the oldest; as kind and kiosk they say nothing when count is 0 */
    enum call_kind kind;
    char kiosk[STORE_NAME_SIZE_MAX + 1];
};

/* Any connection. */
enum store_status store_help_waiting(struct store *store, struct store_help_waiting *waiting,
                                     struct store_error *error);

/* False for an archived file of a byname that had no help calls and notes yet. */
bool store_knows_help(struct store *store);
/* False for one whose calls know nothing of their visits. */
bool store_knows_call_tallies(const struct store *store);

/* What the calls of a visit keep of it. The parameters are the values of store_help_visit_values. */
#define STORE_HELP_VISIT_SQL                                                                               \
    "UPDATE help_call SET visit_ms = ?3, visit_span_ms = ?4, visit_staff = ?5, is_counted = ?6, day_ms = " \
    "?7,"                                                                                                  \
    " month_ms = ?8, year_ms = ?9 WHERE kind = 1 AND journal = ?1 AND seq > ?2 AND seq <= ?2 + 15"         \
    " AND visit = ?2 AND (visit_ms IS NOT ?3 OR visit_span_ms IS NOT ?4 OR visit_staff IS NOT ?5"          \
    " OR is_counted IS NOT ?6 OR day_ms IS NOT ?7 OR month_ms IS NOT ?8 OR year_ms IS NOT ?9)"
#define STORE_HELP_VISIT_VALUES 9
#define STORE_HELP_NULL INT64_MIN
void store_help_visit_values(const struct zone *zone, int64_t journal, const struct visit *visit,
                             int64_t values[STORE_HELP_VISIT_VALUES]);

/* Notes ----------------------------------------------------------------------------------------------------- */

struct store_note {
    int64_t id;
    int64_t noted_ms;
    bool is_shown;
    char text[STORE_NOTE_SIZE_MAX + 1];
};

/* 1 to STORE_NOTE_SIZE_MAX bytes without control characters; with is_shown also what NOTE can carry. */
enum store_status store_note_add(struct store *store, const char *text, bool is_shown, int64_t now_ms,
                                 int64_t *id, struct store_error *error);
enum store_status store_note_remove(struct store *store, const char *which, struct store_error *error);

/* Those of [from_ms, to_ms), newest first, at most `capacity`. Any connection. */
enum store_status store_notes(struct store *store, int64_t from_ms, int64_t to_ms, struct store_note *notes,
                              size_t capacity, size_t *count, struct store_error *error);

/* The note that kiosks show; "" for none. */
enum store_status store_note_shown(struct store *store, char text[NOTE_SIZE_MAX + 1],
                                   struct store_error *error);

#endif
