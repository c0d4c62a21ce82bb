/* SPDX-License-Identifier: MIT
 *
 * work.h - what the I/O half asks of the store, as values: asked on the loop, done by whoever owns the connection.
 *
 * A struct work belongs to one side at a time: the asker fills `ask`, hands it over, and gets it back with the
 * result fields set. work_run does a batch in one transaction. It knows neither threads nor libevent, so that a
 * simulation can call it inline. One runner belongs to one read-write connection.
 */
#ifndef BYNAME_WORK_H
#define BYNAME_WORK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "daemon/store.h"
#include "daemon/store_help.h"
#include "protocol/message.h"

#define WORK_SESSIONS_MAX 1024 /* kiosks of one daemon */
#define WORK_PORT_SIZE_MAX 63
#define WORK_NO_SESSION WORK_SESSIONS_MAX

enum work_kind {
    WORK_HELLO,
    WORK_ANSWERS,
    WORK_LOST,
    WORK_HEALTH,
    WORK_CALL,
    WORK_CONFIRM,
    WORK_HELP,
    WORK_PURGE
};

/* Any other use of the store, inside the same transaction: its own arguments and results are behind `context`. */
typedef enum store_status work_function(struct store *store, void *context, struct store_error *error);

struct work_hello {
    struct message_hello hello;
    char port[WORK_PORT_SIZE_MAX + 1];
    bool is_auto_adopt;
    int64_t offered; /* as in struct store_visitor */
};

struct work_call {
    work_function *function;
    void *context;
};

/* What the daemon has done about help calls; see calls.h. */
struct work_help {
    enum { WORK_HELP_RESUME, WORK_HELP_RAISED, WORK_HELP_TOLD } what;
    int64_t call;
    enum store_help_channel channel; /* TOLD */
};

struct work_admitted {
    struct store_admitted admitted;
    uint8_t database_id[DATABASE_ID_SIZE];
    uint32_t help_visit; /* when ADMITTED: what the kiosk shall show of its newest help call; 0: nothing */
    enum help_state help_state;
};

struct work {
    struct work *next; /* for whichever queue holds it */
    enum work_kind kind;
    uint16_t session; /* who asked, below WORK_SESSIONS_MAX; or WORK_NO_SESSION */
    uint32_t epoch;   /* the asker's; see work_run */
    int64_t now_ms;   /* UTC, when it was asked */
    struct store_origin origin; /* ANSWERS, LOST; HEALTH uses its kiosk; all four whether the clock is good */
    union {
        struct work_hello hello; /* HELLO; CONFIRM, once the kiosk has proved that it said it */
        struct message_answers answers;
        struct message_lost lost;
        struct message_health health;
        struct work_call call;
        struct work_help help;
    } ask;
    bool asks_presence; /* HELLO and CONFIRM, when ADMITTED; HEALTH */

    enum store_status status;
    bool is_followed; /* the next answers of the same session came back with it: their ACK is this one's, too */
    struct store_error error;
    uint32_t alarms;        /* raised by it */
    uint32_t midnight_in_s; /* from now_ms; for HELLO, CONFIRM and HEALTH */
    uint8_t present_count;  /* who is signed on at the kiosk, if that was asked */
    struct presence present[PRESENCE_CAPACITY];
    union {
        struct work_admitted hello; /* HELLO, CONFIRM */
        struct store_ingested ingested; /* ANSWERS, LOST */
        bool is_more;                   /* PURGE: another piece of what is due may be left */
    } result;
};

/* What every kiosk is told about the staff, made after a change. */
struct work_roster {
    uint8_t count;
    uint32_t version; /* as in HELLO */
    struct staff_entry entries[ROSTER_CAPACITY];
    struct message_counts counts[ROSTER_CAPACITY]; /* of entries[i]; token unset */
    char note[NOTE_SIZE_MAX + 1];                  /* "": none */
};

struct work_runner {
    struct store *store;
    struct {
        bool is_set;
        uint32_t epoch;
    } failed[WORK_SESSIONS_MAX]; /* what each session queued before it knew that the disk is full */
    bool is_broken; /* a STORE_BROKEN was seen: nothing is tried any more */
    struct store_error broken;
    bool is_roster_made;
    uint64_t roster_generation, counts_generation; /* of the roster made last */
    int64_t roster_until_ms;                       /* UTC: at midnight "today" is another day */
};

void work_runner_init(struct work_runner *runner, struct store *store);

/* Do all in order in one transaction and set their results. Nothing may be told to a kiosk before this returned.
 *
 * STORE_OK: committed; single items may still be STORE_REFUSED. STORE_FULL and STORE_BROKEN: nothing of the batch
 * happened, and every item says so. After STORE_BROKEN every later item of this runner is STORE_BROKEN, too, without
 * being tried: what a failed sync left in the cache may be read, but is not on the disk. After STORE_FULL the answers
 * of a session that carry the same epoch fail without being tried: those that were lost stand before them. The session
 * begins a new epoch when it knows. */
enum store_status work_run(struct work_runner *runner, struct work *const items[], size_t count,
                           struct store_error *error);

/* For a store whose checkpoints are deferred: after the results of work_run were told. As work_run, without items. */
enum store_status work_checkpoint(struct work_runner *runner, struct store_error *error);

/* Set is_followed in a list of results, in order. */
void work_mark_followed(struct work *list);

/* The calls that the last transactions changed, as store_help_take; after work_run returned STORE_OK. */
enum store_status work_take_calls(struct work_runner *runner,
                                  struct store_help_call calls[STORE_HELP_NEWS_MAX], size_t *count,
                                  bool *is_more, struct store_error *error);

/* True when the store's roster or counts changed since work_roster_make, a day began, or it never succeeded. */
bool work_is_roster_stale(const struct work_runner *runner, int64_t now_ms);

/* *is_more, with STORE_OK: that was one piece of what it takes. There is no roster yet, and it stays stale; batches that wait
 * go first. */
enum store_status work_roster_make(struct work_runner *runner, int64_t now_ms, struct work_roster *roster,
                                   bool *is_more, struct store_error *error);

#endif
