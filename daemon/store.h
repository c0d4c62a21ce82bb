/* SPDX-License-Identifier: MIT
 *
 * store.h - everything bynamed keeps: kiosks, journals, answers, visits, tallies, staff. The only door to
 * SQLite.
 *
 * A struct store is one connection: exactly one read-write connection exists (the writer thread's), any
 * number of read-only ones. A connection belongs to one thread at a time. No function blocks but on the disk.
 * Times are UTC milliseconds since 1970 and are always an argument. Texts are UTF-8 and NUL-terminated.
 *
 * Durability: nothing is durable before store_commit returned STORE_OK. An ACK may leave only after that.
 */
#ifndef BYNAME_STORE_H
#define BYNAME_STORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "daemon/token.h"
#include "protocol/message.h"

struct store;
struct sqlite3;
struct zone;

#define STORE_APPLICATION_ID 0x62796E6D /* "bynm" */
#define STORE_BACKUP_ID 0x62796E62      /* "bynb": a copy that no daemon has opened yet, so that no -wal can be its own */
#define STORE_TEXT_MAX 256
#define STORE_CHECKPOINT_PAGES 1000
#define STORE_SIGNED_ON_MS_MAX (10 * 3600 * 1000) /* a sign-on ends by then, or at local midnight */
#define STORE_BEST_WEEK_ANSWERS_MIN 10 /* to "asked for by name?", for a week to be somebody's best */
#define STORE_PENDING_CAPACITY 64 /* kiosks waiting for adoption; the longest unseen gives way */
#define STORE_UNUSED_MAX 16 /* ids offered at a port and never used, beyond which a manager must adopt there */
/* Gaps, conflicts and new journals a day of a kiosk without a key: more can anybody make up. */
#define STORE_TROUBLE_MAX 256
#define STORE_UNKEYED_MAX 64 /* kiosks without a key, beyond which a manager must adopt: anybody can claim to be one */

enum store_status {
    STORE_OK,
    /* The request is at fault: unknown or duplicate name, bad character; the text says what to do. */
    STORE_REFUSED,
    /* The disk is full, or another program holds the file: the transaction was rolled back, nothing of it
     * happened, try again later. */
    STORE_FULL,
    /* I/O, sync or corruption: trust nothing in memory, end the process, start clean. */
    STORE_BROKEN,
};

struct store_error {
    char text[STORE_TEXT_MAX]; /* one line, what happened and what to do next; "" on STORE_OK */
};

/* STORE_REFUSED, with that text. */
enum store_status store_refuse(struct store_error *error, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* When a kiosk's ratings are a bad run; see store_help.h. percent 0: they never are. */
struct store_bad_run {
    uint8_t percent, ratings, minutes;
};

/* The tables of an older file are brought to this version's. */
enum store_migration_moment { STORE_MIGRATION_BEGINS, STORE_MIGRATION_GOES_ON, STORE_MIGRATION_IS_DONE };
struct store_migration {
    enum store_migration_moment moment;
    int from, to;    /* versions of the tables */
    int64_t answers; /* that were stored in the file: about what the time depends on */
};

struct store_options {
    const char *path;
    const char *store_name; /* the site, as in every row and export */
    const char *timezone;   /* IANA name, "Europe/Berlin"; the periods of tallies are local to it */
    /* mode=ro: for reports, and for archived files; name and zone are then the file's own. */
    bool is_read_only;
    /* The SQLite VFS that holds path; NULL: the file system. Another one's files are found by asking it, and no lock is
     * taken beside them. */
    const char *vfs;
    /* A commit that leaves this many pages or more in the -wal moves them into the file; 0: STORE_CHECKPOINT_PAGES. */
    unsigned checkpoint_pages;
    struct store_bad_run bad_run;
    /* Called when a migration begins, again and again while it goes on, and when it is done: that may take minutes,
     * in which store_open does not return. NULL: nobody is told. */
    void (*on_migration)(void *context, const struct store_migration *migration);
    void *migration_context;
};

/* Open, and create or migrate where needed (never when read-only). A read-write connection holds a lock,
 * PATH.lock, so that a second one is refused. Refuses a file that is not ours, is from a newer byname or is
 * corrupt, and leaves it as it was. Before it returns STORE_OK on a read-write connection,
 * wal_checkpoint(TRUNCATE) has succeeded and the emptied -wal is synced: what a restart reads is on the disk. A
 * changed time zone rebuilds the tallies. On failure *store is NULL. */
enum store_status store_open(const struct store_options *options, struct store **store,
                             struct store_error *error);
void store_close(struct store *store); /* store may be NULL */

/* The connection itself, for report.c and verify only: they read, and prepare their own statements. */
struct sqlite3 *store_connection(struct store *store);
const uint8_t *store_database_id(const struct store *store); /* DATABASE_ID_SIZE bytes, random at creation */
bool store_knows_years(const struct store *store); /* false for an archive without tallies of years */
bool store_knows_totals(const struct store *store); /* ... of all kiosks together */
const char *store_name(const struct store *store);
const char *store_timezone(const struct store *store);
const struct zone *store_zone(const struct store *store); /* lives as long as the store */

/* One transaction around any number of the calls below. After STORE_FULL or STORE_BROKEN from any of them the
 * transaction is gone: call store_rollback and start again, or end. After STORE_BROKEN every store_begin of this
 * connection is STORE_BROKEN, and store_close leaves the file and its -wal as they are. store_commit may say
 * STORE_BROKEN of a transaction that is in the database; never STORE_OK of one that is not. Calls outside a
 * transaction are our bug.
 */
enum store_status store_begin(struct store *store, struct store_error *error);
enum store_status store_commit(struct store *store, struct store_error *error);
void store_rollback(struct store *store);

/* From now on store_commit leaves the -wal alone, and store_checkpoint moves its pages into the file when there are enough:
 * for who has something to tell in between. STORE_BROKEN: as of store_begin; what was committed stands in the -wal. */
void store_defer_checkpoints(struct store *store);
enum store_status store_checkpoint(struct store *store, struct store_error *error);

/* Kiosks ---------------------------------------------------------------------------------------------------- */

enum store_admission {
    STORE_ADMITTED,       /* send WELCOME */
    STORE_ADOPT,          /* ids were issued (durable after commit): send ADOPT; the kiosk says HELLO again */
    STORE_PENDING,        /* quarantined until a manager adopts it: send WAIT */
    STORE_OTHER_DATABASE, /* it belongs to another database: send WAIT */
    STORE_UNPROVEN, /* it says it is a kiosk that has a key: send WELCOME sealed; store_confirm when it proved so */
};

struct store_visitor {
    const struct message_hello *hello;
    const char *port;   /* where it is connected: the config's section name; keys a kiosk without an id */
    bool is_auto_adopt; /* adopt=auto */
    int64_t offered;    /* the row of the ids that this kiosk, in this boot, was offered before; 0: none */
    int64_t now_ms;
};

struct store_admitted {
    enum store_admission admission;
    int64_t kiosk; /* row numbers, for the calls below; 0 unless ADMITTED or ADOPT */
    int64_t journal;
    uint64_t kiosk_id; /* as on the wire */
    uint64_t journal_id;
    uint32_t through; /* everything up to here is committed or known lost */
    uint32_t lost_first,
        lost_last; /* a gap that this HELLO revealed (an older database was restored); 0 0: none */
    uint8_t key[SEAL_KEY_SIZE]; /* ADOPT: to be sent; UNPROVEN: to be proven with; zeros: none */
};

/* A kiosk said HELLO. STORE_REFUSED when it contradicts itself (oldest 0, or next before oldest). Idempotent:
 * a kiosk that never got its ADOPT gets the same ids again at the same port; a journal that nobody used yet
 * is offered again. A kiosk whose journal's past is not ours (hello->next <= through) gets a new journal id.
 * Whoever says to be a kiosk that has a key gets STORE_UNPROVEN, and nothing is changed: row numbers, journal_id and
 * through are what stands (journal_id 0: the journal is not ours). At a port whose kiosk has a key a new one waits for
 * a manager, also with is_auto_adopt: whoever can plug something in there shall not become a kiosk by it. */
enum store_status store_hello(struct store *store, const struct store_visitor *visitor,
                              struct store_admitted *admitted, struct store_error *error);

/* The kiosk proved that this HELLO was its own: do what store_hello does for one without a key. ADMITTED, or ADOPT
 * when its journal needs a new id (no key is set then: it has it). Idempotent. */
enum store_status store_confirm(struct store *store, const struct store_visitor *visitor,
                                struct store_admitted *admitted, struct store_error *error);

/* Let the kiosk that waits at a port in, under a name. It gets its ids with its next HELLO. */
enum store_status store_kiosk_adopt(struct store *store, const char *port, const char *name, int64_t now_ms,
                                    struct store_error *error);
/* SQL, of a row of the table kiosk: it is one, or will be with its next HELLO. The others are ids that were offered and that
 * nobody has used: they stay good, for somebody may have kept them, but have no name to keep and are shown to nobody. */
#define STORE_KIOSK_IS_SOMEBODY "(is_confirmed OR NOT EXISTS (SELECT 1 FROM journal WHERE journal.kiosk = kiosk.id))"

/* which: a kiosk's name or its id in hexadecimal. */
enum store_status store_kiosk_rename(struct store *store, const char *which, const char *name,
                                     struct store_error *error);

/* "external" (customers, as it is at first) or "internal" (colleagues): reports keep the two apart. */
enum store_status store_kiosk_audience(struct store *store, const char *which, const char *audience,
                                       struct store_error *error);

/* Taken away for good: no silence of it counts any more, and reports show it where it has figures. Its past stays. Refused
 * when it is that already, or was heard within STORE_SILENCE_MS: it is not gone. One that speaks again is in use again, with
 * an alarm. */
enum store_status store_kiosk_retire(struct store *store, const char *which, int64_t now_ms,
                                     struct store_error *error);

/* Keep the latest heartbeat; at most one write a minute a kiosk unless something but the uptime changed. */
enum store_status store_health(struct store *store, int64_t kiosk, const struct message_health *health,
                               int64_t now_ms, struct store_error *error);

/* The kiosk was heard, by a clock that is good or not: keep its silence, if this ends one, and until when it was heard. To be
 * called behind the call that keeps the contact, in its transaction; writes only where that wrote. */
enum store_status store_heard(struct store *store, int64_t kiosk, int64_t now_ms, bool is_clock_good,
                              struct store_error *error);

/* The daemon listens, by a clock that is good: whoever is silent from now on is so by its own fault, also where nobody is
 * heard. To be called soon after the start, and by the hour: what a daemon that is killed had heard nobody in since is
 * nobody's fault. */
enum store_status store_listen(struct store *store, int64_t now_ms, struct store_error *error);

#define STORE_SILENCE_MS 120000 /* shorter is none: contacts are kept once a minute */

/* Answers --------------------------------------------------------------------------------------------------- */

/* The session that answers arrive in: maps their boot and uptime to real time. */
struct store_origin {
    int64_t kiosk, journal;
    uint16_t boot;           /* the kiosk's present boot, from HELLO */
    int64_t boot_started_ms; /* the session's best estimate: min over its frames of arrival - uptime */
    int64_t arrived_ms;      /* now */
    bool is_clock_good;      /* the daemon's clock is synchronised and has not stepped */
};

struct store_ingested {
    uint32_t stored;    /* new rows */
    uint32_t duplicate; /* seen before, equal */
    uint32_t conflict; /* had been called lost: kept in `conflict`, raises an alarm */
    uint32_t through;  /* the journal's mark after this call (durable after commit) */
    bool is_over;      /* the kiosk has been, or was now, given another journal: of the rest nothing was taken */
};

/* Store consecutive answers. answers[0].seq must not exceed the journal's mark + 1 (the session has NAKed
 * gaps); those at or below the mark are compared, not stored. Updates visits and tallies in the same
 * transaction (they are written by store_commit). STORE_REFUSED for a gap: those before it are stored. */
enum store_status store_answers(struct store *store, const struct store_origin *origin,
                                const struct answer *answers, size_t count, struct store_ingested *ingested,
                                struct store_error *error);

/* Sequence numbers first..last are gone for good: keep the gap and move the mark over it. lost->first must
 * not exceed the mark + 1; what lies at or below the mark is ignored. */
enum store_status store_lost(struct store *store, const struct store_origin *origin,
                             const struct message_lost *lost, struct store_ingested *ingested,
                             struct store_error *error);

/* Staff ----------------------------------------------------------------------------------------------------- */

/* Names: 1 to 16 characters, each printable Latin-1 or Latin Extended-A (what the kiosk can display), no
 * leading or trailing space, distinct among those not retired. The text of a refusal names the offending
 * character. */
enum store_status store_staff_add(struct store *store, const char *name, int64_t now_ms, uint16_t *id,
                                  struct store_error *error);
/* which: a name or a number. */
enum store_status store_staff_rename(struct store *store, const char *which, const char *name,
                                     struct store_error *error);
enum store_status store_staff_on_duty(struct store *store, const char *which, bool is_on_duty,
                                      struct store_error *error);
enum store_status store_staff_retire(struct store *store, const char *which, int64_t now_ms,
                                     struct store_error *error);
/* digits: four of 1 to 5, or NULL for no PIN. */
enum store_status store_staff_pin(struct store *store, const char *which, const char *digits,
                                  struct store_error *error);

/* The number of one who has not retired. */
enum store_status store_staff_number(struct store *store, const char *which, uint16_t *id,
                                     struct store_error *error);

/* Tokens ---------------------------------------------------------------------------------------------------- */

/* token's scope, staff and hash are kept, its id is set. STORE_REFUSED beyond TOKENS_MAX. A retired staff member's
 * tokens are revoked with them. */
enum store_status store_token_create(struct store *store, const struct token *token, const char *label,
                                     int64_t now_ms, int64_t *id, struct store_error *error);
enum store_status store_token_revoke(struct store *store, const char *which, int64_t now_ms,
                                     struct store_error *error); /* which: its number */
/* Those that are good. For the read-write connection. */
enum store_status store_tokens(struct store *store, struct token_list *list, struct store_error *error);

/* What a kiosk is told. The roster: those not retired, on duty first, then by name, at most
 * ROSTER_CAPACITY. */
enum store_status store_roster(struct store *store, struct staff_entry roster[ROSTER_CAPACITY],
                               uint8_t *count, struct store_error *error);
/* A piece of what store_counts needs to know beforehand of those on the roster. *is_more: there is another, and other
 * transactions may come before it. A piece looks at no more than some thousand tallies. */
enum store_status store_counts_prepare(struct store *store, const struct staff_entry *roster, uint8_t count,
                                       int64_t now_ms, bool *is_more, struct store_error *error);
/* Of whoever is not prepared it looks at all weeks. */
enum store_status store_counts(struct store *store, uint16_t staff_id, int64_t now_ms,
                               struct message_counts *counts, struct store_error *error);
/* Who is signed on at a kiosk: until sign-off, for 10 h, or to local midnight. */
enum store_status store_presence(struct store *store, int64_t kiosk, int64_t now_ms,
                                 struct presence present[PRESENCE_CAPACITY], uint8_t *count,
                                 struct store_error *error);

/* Counts every change of what store_roster or store_counts returns, so that a caller asks only when
 * needed. */
uint64_t store_roster_generation(const struct store *store);
uint64_t store_counts_generation(const struct store *store);
/* Counts the alarms that were raised, also by transactions that were rolled back. */
uint64_t store_alarm_generation(const struct store *store);

/* Interruption ---------------------------------------------------------------------------------------------- */

/* Make the statement that runs on this connection end with STORE_REFUSED ("took too long"). The one function
 * that may be called from another thread than the connection's; harmless when nothing runs. */
void store_interrupt(struct store *store);

/* Time ------------------------------------------------------------------------------------------------------ */

/* Seconds from now_ms to the store's next local midnight: 1 to 25 h. */
uint32_t store_midnight_in_s(const struct store *store, int64_t now_ms);

/* Check ----------------------------------------------------------------------------------------------------- */

struct store_verified {
    uint64_t answers, visits; /* recounted */
    uint64_t tallies_wrong;   /* tally rows that differ from the recount, and help calls from their visits */
    uint64_t visits_wrong;    /* visits that differ from their answers */
    uint64_t missing;         /* sequence numbers at or below a mark that are neither stored nor known lost */
    uint64_t gaps, conflicts; /* sequence numbers lost; answers seen with two contents */
    uint64_t purged;          /* answers that are gone by retention: their share is taken as it was counted */
    int64_t purged_before_ms; /* they were pressed before; INT64_MIN: none are gone */
    char first_difference[STORE_TEXT_MAX]; /* "" when none */
};

/* Recount visits and tallies from the raw answers that are kept, and run SQLite's integrity check. Reads
 * only. progress (may be NULL) is called now and then with parts done of 1000; when it returns false the
 * check ends with STORE_REFUSED. */
enum store_status store_verify(struct store *store, struct store_verified *verified,
                               bool (*progress)(void *context, unsigned done), void *context,
                               struct store_error *error);

/* Backup -------------------------------------------------------------------------------------------------- */

/* Copy the database as it is at one moment to the absolute `path`, which must not exist; others may write meanwhile.
 * On STORE_OK the copy is whole and synced, *size bytes; otherwise there is nothing at `path`. progress as above. Any
 * connection outside a transaction. */
enum store_status store_backup(struct store *store, const char *path, uint64_t *size,
                               bool (*progress)(void *context, unsigned done), void *context,
                               struct store_error *error);

#endif
