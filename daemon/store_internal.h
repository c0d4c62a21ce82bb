/* SPDX-License-Identifier: MIT
 *
 * store_internal.h - what the files of the store share: the connection, its statements, what it remembers.
 *
 * For daemon/store*.c only. What a transaction changes in memory (the marks and visits of journals, the book
 * of tallies) is written by store_flush, at the latest before COMMIT, and forgotten by a rollback.
 */
#ifndef BYNAME_STORE_INTERNAL_H
#define BYNAME_STORE_INTERNAL_H

#include <sqlite3.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "daemon/instant.h"
#include "daemon/store.h"
#include "daemon/store_help.h"
#include "daemon/tally.h"
#include "daemon/visit.h"

#define STORE_VERSION 14               /* user_version */
#define STORE_JOURNALS_REMEMBERED 1024 /* one for each kiosk of a daemon; those that are never used cost no memory */

extern const char store_schema[]; /* schema.sql, generated into C by the build */

/* X(NAME, "sql"): prepared once, at open, which also proves that the schema has what they name. */
#define STORE_STATEMENTS(X)                                                                                  \
    X(BEGIN, "BEGIN IMMEDIATE")                                                                              \
    X(COMMIT, "COMMIT")                                                                                      \
    X(STORE_COMMITTED, "UPDATE store SET newest_commit_ms = ?1")                                             \
    X(KIOSK_BY_ID, "SELECT id, port, boot, boot_before, heard_ms, heard_before_ms, key FROM kiosk"           \
                   " WHERE kiosk_id = ?1")                                                                   \
    X(KIOSK_OFFERED, "SELECT id, kiosk_id, key FROM kiosk"                                                   \
                     " WHERE is_confirmed = 0 AND port = ?1 AND former_id = ?2 AND (id = ?3 OR NOT EXISTS"   \
                     " (SELECT 1 FROM journal WHERE kiosk = kiosk.id)) AND (?4 OR key IS NULL)"              \
                     " ORDER BY id = ?3 DESC, id DESC LIMIT 1")                                              \
    X(KIOSK_ROOM_AT, "SELECT (SELECT count(*) FROM kiosk WHERE port = ?1 AND is_confirmed = 0) < ?2"         \
                     " AND (SELECT count(*) FROM kiosk WHERE is_confirmed = 1 AND key IS NULL) < ?3")        \
    X(KIOSK_TROUBLE, "SELECT key IS NULL AND ?3 <= (SELECT count(*) FROM (SELECT raised_ms FROM alarm"       \
                     " WHERE kiosk = ?1 ORDER BY id DESC LIMIT ?3) WHERE raised_ms > ?2)"                    \
                     " + (SELECT count(*) FROM journal WHERE kiosk = ?1 AND issued_ms > ?2), name"           \
                     " FROM kiosk WHERE id = ?1")                                                            \
    X(KIOSK_NAMED, "SELECT id, " STORE_KIOSK_IS_SOMEBODY " FROM kiosk WHERE name = ?1")                      \
    X(KIOSK_INSERT, "INSERT INTO kiosk (kiosk_id, name, port, former_id, adopted_ms)"                        \
                    " VALUES (?1, ?2, ?3, ?4, ?5)")                                                          \
    X(KIOSK_KEY, "UPDATE kiosk SET key = ?2 WHERE id = ?1")                                                  \
    X(KIOSK_KEYED_AT, "SELECT 1 FROM kiosk WHERE port = ?1 AND is_confirmed = 1 AND key IS NOT NULL")        \
    X(KIOSK_RENAME, "UPDATE kiosk SET name = ?2 WHERE id = ?1")                                              \
    X(KIOSK_AUDIENCE, "UPDATE kiosk SET audience = ?2 WHERE id = ?1")                                        \
    X(KIOSK_RETIRE, "UPDATE kiosk SET retired_ms = ?2 WHERE id = ?1 AND retired_ms IS NULL"                  \
                    " AND (heard_ms IS NULL OR heard_ms NOT BETWEEN ?2 - ?3 AND ?2)")                        \
    X(KIOSK_RETURN, "UPDATE kiosk SET retired_ms = NULL WHERE id = ?1 AND retired_ms IS NOT NULL")           \
    X(KIOSK_RETIRED, "SELECT retired_ms IS NOT NULL FROM kiosk WHERE id = ?1")                               \
    X(KIOSK_HEARD, "UPDATE kiosk SET port = ?2, is_confirmed = 1, firmware = ?3,"                            \
                   " boot_before = iif(boot <> ?4, boot, boot_before),"                                      \
                   " heard_before_ms = iif(boot <> ?4, heard_ms, heard_before_ms),"                          \
                   " boots = boots + (boot IS NOT ?4), boot = ?4, heard_ms = ?5 WHERE id = ?1")              \
    X(KIOSK_CONTACTS, "SELECT boot, heard_ms, boot_before, heard_before_ms FROM kiosk WHERE id = ?1")        \
    X(HEALTH_SELECT, "SELECT refused, bad_frames, resent, pending, bad_slots, display_faults,"               \
                     " stuck_buttons, health_ms FROM kiosk WHERE id = ?1")                                   \
    X(HEALTH_UPDATE, "UPDATE kiosk SET refused = ?2, bad_frames = ?3, resent = ?4, pending = ?5,"            \
                     " bad_slots = ?6, display_faults = ?7, stuck_buttons = ?8, uptime_s = ?9,"              \
                     " health_ms = ?10, heard_ms = ?10 WHERE id = ?1")                                       \
    X(HEARING_SELECT, "SELECT ifnull(h.until_ms, ?2) FROM kiosk k LEFT JOIN hearing h ON h.kiosk = k.id"     \
                      " WHERE k.id = ?1 AND k.heard_ms = ?2")                                                \
    X(HEARING_NEWEST, "SELECT max(ifnull(listened_ms, until_ms), ifnull(until_ms, listened_ms)) FROM store," \
                      " (SELECT max(until_ms) AS until_ms FROM hearing)")                                    \
    X(LISTENED_KEEP, "UPDATE store SET listened_ms = ?1")                                                    \
    X(HEARING_KEEP, "INSERT INTO hearing VALUES (?1, ?2, ?2) ON CONFLICT DO UPDATE SET until_ms = ?2,"       \
                    " since_ms = min(since_ms, ?2)")                                                         \
    X(SILENCE_KEEP, "INSERT INTO silence VALUES (?1, ?2, ?3)"                                                \
                    " ON CONFLICT DO UPDATE SET to_ms = max(to_ms, ?3)")                                     \
    X(PENDING_UPSERT, "INSERT INTO pending VALUES (?1, ?2, ?3, ?4, ?4) ON CONFLICT DO UPDATE SET"            \
                      " kiosk_id = ?2, firmware = ?3, heard_ms = ?4"                                         \
                      " WHERE heard_ms NOT BETWEEN ?4 - iif(kiosk_id = ?2 AND firmware = ?3, 60000, 999)"    \
                      " AND ?4")                                                                             \
    X(PENDING_TRIM, "DELETE FROM pending WHERE port IN"                                                      \
                    " (SELECT port FROM pending ORDER BY heard_ms DESC, port LIMIT -1 OFFSET ?1)")           \
    X(PENDING_DELETE, "DELETE FROM pending WHERE port = ?1")                                                 \
    X(PENDING_SELECT, "SELECT kiosk_id FROM pending WHERE port = ?1")                                        \
    X(PENDING_PORTS, "SELECT group_concat(port, ', ') FROM pending")                                         \
    X(JOURNAL_BY_ID, "SELECT id FROM journal WHERE journal_id = ?1 AND kiosk = ?2")                          \
    X(JOURNAL_OFFERED, "SELECT id, journal_id FROM journal"                                                  \
                       " WHERE kiosk = ?1 AND is_used = 0 ORDER BY id DESC LIMIT 1")                         \
    X(JOURNAL_INSERT, "INSERT INTO journal (journal_id, kiosk, issued_ms, begins_after, through)"            \
                      " VALUES (?1, ?2, ?3, ?4, ?4)")                                                        \
    X(JOURNAL_REISSUE, "UPDATE journal SET begins_after = ?2, through = ?2 WHERE id = ?1")                   \
    X(JOURNAL_USED, "UPDATE journal SET is_used = 1 WHERE id = ?1 AND is_used = 0")                          \
    X(JOURNAL_SELECT,                                                                                        \
      "SELECT kiosk, begins_after, through, floor_ms, floor_boot, floor_uptime_s, duplicates,"               \
      " EXISTS (SELECT 1 FROM journal newer WHERE newer.kiosk = journal.kiosk"                               \
      " AND newer.id > journal.id) FROM journal WHERE id = ?1")                                              \
    X(JOURNAL_UPDATE, "UPDATE journal SET begins_after = ?2, through = ?3, floor_ms = ?5, floor_boot = ?6,"  \
                      " floor_uptime_s = ?7, duplicates = ?4 WHERE id = ?1")                                 \
    X(JOURNAL_FORMER, "SELECT 1 FROM journal JOIN answer ON answer.journal = journal.id AND seq = ?3"        \
                      " WHERE kiosk = ?1 AND journal.id < ?2 AND (?5 = 0 OR (visit_back = ?4 AND"            \
                      " ((question = ?5 AND value = ?6) OR (question = 0 AND value = 2))" /* withheld */     \
                      " AND boot = ?7 AND uptime_s = ?8))")                                                  \
    X(ANCHOR_SELECT, "SELECT started_ms FROM anchor WHERE journal = ?1 AND boot = ?2")                       \
    X(ANCHOR_UPSERT, "INSERT INTO anchor VALUES (?1, ?2, ?3)"                                                \
                     " ON CONFLICT DO UPDATE SET started_ms = ?3 WHERE started_ms <> ?3")                    \
    X(ANSWER_INSERT, "INSERT INTO answer VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)")             \
    X(ANSWER_SELECT, "SELECT visit_back, question, value, boot, uptime_s FROM answer"                        \
                     " WHERE journal = ?1 AND seq = ?2")                                                     \
    X(LOST_INSERT, "INSERT INTO lost VALUES (?1, ?2, ?3, ?4, ?5)")                                           \
    X(LOST_SELECT, "SELECT 1 FROM lost WHERE journal = ?1 AND first <= ?2 AND last >= ?2")                   \
    X(CONFLICT_INSERT, /* not again what its retention ended: void 2 (store_retention.c) */                  \
      "INSERT OR IGNORE INTO conflict SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8 WHERE NOT EXISTS (SELECT 1 FROM" \
      " conflict WHERE journal = ?1 AND seq = ?2 AND question = 0 AND value = 2)")                           \
    X(ALARM_INSERT, "INSERT INTO alarm (raised_ms, kind, kiosk, text) VALUES (?1, ?2, ?3, ?4)")              \
    X(VISIT_UPSERT, "INSERT OR REPLACE INTO visit VALUES"                                                    \
                    " (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17)")         \
    X(VISITS_RECENT, "SELECT * FROM visit WHERE journal = ?1 AND seq > ?2")                                  \
    X(PRESENCE_ON, "INSERT OR REPLACE INTO presence VALUES (?1, ?2, ?3)")                                    \
    X(PRESENCE_OFF, "DELETE FROM presence WHERE kiosk = ?1 AND staff = ?2")                                  \
    X(PRESENCE_SELECT, "SELECT staff, since_ms FROM presence JOIN staff ON staff.id = presence.staff"        \
                       " WHERE kiosk = ?1 AND since_ms >= ?2 AND retired_ms IS NULL"                         \
                       " ORDER BY since_ms DESC, staff")                                                     \
    X(STAFF_NEXT, "SELECT 1 + max(ifnull((SELECT max(id) FROM staff WHERE id <= 60000), 0),"                 \
                  " ifnull((SELECT max(id) FROM erased), 0), ifnull((SELECT max(staff)"                      \
                  " FROM tally WHERE level = 4 AND staff <= 60000), 0))")                                    \
    X(STAFF_INSERT, "INSERT INTO staff VALUES (?1, ?2, 1, NULL, ?3, NULL)")                                  \
    X(STAFF_ALIKE, "SELECT id, name FROM staff WHERE retired_ms IS NULL AND id <> ?1"                        \
                   " AND name = ?2 COLLATE caseless")                                                        \
    X(STAFF_BY_NAME, "SELECT id, retired_ms FROM staff WHERE name = ?1 ORDER BY retired_ms IS NOT NULL,"     \
                     " id DESC LIMIT 1")                                                                     \
    X(STAFF_BY_ID, "SELECT id, retired_ms FROM staff WHERE id = ?1")                                         \
    X(STAFF_RENAME, "UPDATE staff SET name = ?2 WHERE id = ?1")                                              \
    X(STAFF_ON_DUTY, "UPDATE staff SET is_on_duty = ?2 WHERE id = ?1")                                       \
    X(STAFF_PIN, "UPDATE staff SET pin = ?2 WHERE id = ?1")                                                  \
    X(STAFF_RETIRE, "UPDATE staff SET retired_ms = ?2, is_on_duty = 0, pin = NULL WHERE id = ?1")            \
    X(TOKEN_INSERT, "INSERT INTO token (hash, scope, staff, label, created_ms) VALUES (?1, ?2, ?3, ?4, ?5)") \
    X(TOKEN_REVOKE, "UPDATE token SET revoked_ms = ?2 WHERE id = ?1 AND revoked_ms IS NULL")                 \
    X(TOKEN_REVOKE_STAFF, "UPDATE token SET revoked_ms = ?2 WHERE staff = ?1 AND revoked_ms IS NULL")        \
    X(TOKENS, "SELECT id, scope, staff, hash FROM token WHERE revoked_ms IS NULL ORDER BY id")               \
    X(POLICY_BETWEEN, "SELECT ifnull(max(attribute), 0) FROM policy WHERE since_ms <= ?2 AND since_ms >="    \
                      " ifnull((SELECT max(since_ms) FROM policy WHERE since_ms <= ?1), 0)")                 \
    X(POLICY_SET, "INSERT OR REPLACE INTO policy VALUES (?1, ?2)")                                           \
    X(PRESENCE_CLEAR, "DELETE FROM presence")                                                                \
    X(ACCESS_NOTE, "INSERT INTO access VALUES (?1, ?2, ?3, ?4, ?5, ?5, 1) ON CONFLICT DO UPDATE SET"         \
                   " last_ms = ?5, reads = reads + 1")                                                       \
    X(ERASED_FIND, "SELECT 1 FROM erased WHERE id = ?1")                                                     \
    X(ROSTER, "SELECT id, name, is_on_duty, pin FROM staff WHERE retired_ms IS NULL"                         \
              " ORDER BY is_on_duty DESC, name COLLATE names, id LIMIT ?1")                                  \
    X(HELP_INSERT, "INSERT INTO help_call (kind, journal, seq, visit, kiosk, called_ms, arrived_ms, state,"  \
                   " ratings, unhappy, until_ms) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)")     \
    X(HELP_HERE, "UPDATE help_call SET state = 2, acknowledged_ms = ?2, acknowledged_by = ?3"                \
                 " WHERE kiosk = ?1 AND state = 1 AND kind = 1 RETURNING id")                                \
    X(HELP_STATE, "SELECT state FROM help_call WHERE id = ?1")                                               \
    X(HELP_ACKNOWLEDGE, "UPDATE help_call SET state = 2, acknowledged_ms = ?2, acknowledged_by = ?3"         \
                        " WHERE id = ?1")                                                                    \
    X(HELP_CLOSE,                                                                                            \
      "UPDATE help_call SET state = 3, closed_ms = ?2, closed_by = ?3, outcome = ?4, remark = ?5"            \
      " WHERE id = ?1")                                                                                      \
    X(HELP_VISIT, STORE_HELP_VISIT_SQL)                                                                      \
    X(HELP_VISITS, "SELECT visit.* FROM help_call CROSS JOIN visit ON visit.journal = help_call.journal"     \
                   " AND visit.seq = help_call.visit WHERE kind = 1 AND help = 1")                           \
    X(HELP_RAISED, "UPDATE help_call SET raised_ms = ?2 WHERE id = ?1 AND raised_ms IS NULL")                \
    X(HELP_TOLD, "UPDATE help_call SET told = told | ?2 WHERE id = ?1")                                      \
    X(HELP_MISS, "UPDATE help_call INDEXED BY help_call_open SET state = 4"                                  \
                 " WHERE state = 1 AND raised_ms IS NULL AND called_ms < ?1 RETURNING id")                   \
    X(HELP_RESUME, "SELECT id FROM help_call INDEXED BY help_call_open"                                      \
                   " WHERE state = 1 AND called_ms >= ?1 ORDER BY id DESC LIMIT ?2")                         \
    X(HELP_SELECT,                                                                                           \
      "SELECT help_call.id, kind, state, kiosk_id, name, visit, called_ms, raised_ms IS NOT NULL,"           \
      " told, ratings, unhappy, CASE state WHEN 2 THEN acknowledged_ms WHEN 3 THEN closed_ms"                \
      " ELSE arrived_ms END FROM help_call JOIN kiosk ON kiosk.id = kiosk WHERE help_call.id = ?1")          \
    X(HELP_NEWEST, "SELECT visit, state FROM help_call WHERE kiosk = ?1 AND kind = 1"                        \
                   " ORDER BY called_ms DESC, id DESC LIMIT 1")                                              \
    X(BAD_RUN_COUNT,                                                                                         \
      "SELECT count(*), ifnull(sum(rating <= 2), 0), ifnull(max(newest_ms), 0) FROM (SELECT *,"              \
      " max(instant_ms) OVER () AS newest_ms FROM (SELECT * FROM visit WHERE journal = ?1"                   \
      " AND seq <= ?2 ORDER BY seq DESC LIMIT ?3)) WHERE flag = 0 AND is_burst = 0"                          \
      " AND is_mash = 0"                                                                                     \
      " AND instant_ms > newest_ms - ?4")                                                                    \
    X(BAD_RUN_LAST, "SELECT id, until_ms FROM help_call WHERE kiosk = ?1 AND kind = 2"                       \
                    " ORDER BY called_ms DESC, id DESC LIMIT 1")                                             \
    X(BAD_RUN_GOES_ON, "UPDATE help_call SET until_ms = ?2 WHERE id = ?1")                                   \
    X(NOTE_INSERT, "INSERT INTO note (noted_ms, text, is_shown) VALUES (?1, ?2, ?3)")                        \
    X(NOTE_DELETE, "DELETE FROM note WHERE id = ?1")                                                         \
    X(NOTE_SHOWN, "SELECT text FROM note WHERE is_shown = 1 ORDER BY noted_ms DESC, id DESC LIMIT 1")        \
    X(COUNTS, "SELECT ifnull(sum(mention_asked), 0),"                                                        \
              " ifnull(sum(mention_asked + mention_will_ask + mention_no), 0)"                               \
              " FROM kiosk CROSS JOIN tally WHERE level = ?1 AND start_ms = ?2 AND kiosk = kiosk.id"         \
              " AND staff = ?3")                                                                             \
    X(COUNTS_WEEKS, "SELECT start_ms, staff, mention_asked, mention_asked + mention_will_ask + mention_no"    \
                    " FROM tally WHERE level = 5 AND start_ms >= ?1 AND start_ms < ?2 AND staff > 0"         \
                    " ORDER BY start_ms")

#define STORE_STATEMENT_ENUMERATOR(NAME, sql) STATEMENT_##NAME,
enum store_statement { STORE_STATEMENTS(STORE_STATEMENT_ENUMERATOR) STATEMENT_TALLY_UPSERT, STATEMENT_COUNT };

struct store_newest {
    uint32_t seq;
    int64_t called_ms, arrived_ms;
};

/* Calls that changed in the open transaction, and those of committed ones that nobody took yet behind them. */
struct store_news {
    int64_t ids[STORE_HELP_NEWS_MAX];
    size_t count, committed;
    bool is_more;
};

/* A journal as this transaction sees it. */
struct store_journal {
    int64_t id; /* 0: nothing remembered here */
    int64_t kiosk;
    uint32_t begins_after, through; /* equal: nothing was stored in it, nor lost */
    bool is_over;                   /* its kiosk has been given another: nothing is stored in it any more */
    int64_t floor_ms; /* INSTANT_UNKNOWN: no answer yet */
    uint16_t floor_boot;
    uint32_t floor_uptime_s;
    int64_t duplicates;
    bool is_changed;
    struct store_newest newest; /* the newest rating since store_help_judge looked; seq 0: none */
    struct visit_window window;
};

/* The own best week of a staff member, as far as it is known: among the weeks that began before until_ms. What changes one of
 * those sets until_ms back (store_answers.c), or empties this; store_counts.c brings it up to date. */
struct store_best {
    uint16_t staff;   /* 0: empty */
    int64_t until_ms; /* INT64_MIN: no week was looked at */
    int64_t week_ms;  /* the best, when answered is not 0 */
    uint16_t asked, answered;
};

#define STORE_BESTS_REMEMBERED 64

_Static_assert(STORE_BESTS_REMEMBERED > ROSTER_CAPACITY, "who is on the roster finds room");

struct store {
    sqlite3 *db;
    sqlite3_stmt *statements[STATEMENT_COUNT];
    int lock_fd; /* -1 on a read-only connection */
    char *path;
    char *name;
    char *timezone;
    struct zone *zone;
    uint8_t database_id[DATABASE_ID_SIZE];
    bool is_read_only;
    atomic_uint interrupts; /* how often store_interrupt was called: for who has several connections at work */
    bool is_broken; /* nothing is begun any more, and closing writes nothing */
    bool is_mash_unknown; /* an archive of before version 4: none of its visits is mash */
    bool is_total_unknown; /* an archive of before version 13: it has no tallies of the store */
    bool is_call_unknown; /* an archive of before version 14: it has no tallies of help calls */
    bool is_year_unknown; /* an archive of before version 8: it has no tallies of years */
    bool is_checkpoint_deferred; /* store_checkpoint is called after the commits */
    bool is_listening; /* somebody was heard, with a good clock, and no transaction failed since */
    bool is_ours;   /* looked at and found good: only now may closing write */
    const char *vfs; /* the caller's; lives as long as SQLite knows it */
    int checkpoint_pages, wal_pages; /* when to checkpoint; what the last commit left in the -wal */
    int64_t newest_commit_ms;        /* INSTANT_UNKNOWN: none */
    int64_t newest_commit_stored_ms; /* as in the database */
    struct tally_book *book;
    struct store_journal journals[STORE_JOURNALS_REMEMBERED]; /* at id modulo capacity */
    struct store_best bests[STORE_BESTS_REMEMBERED];
    enum store_status callback_status; /* what a callback of visit.h could not return */
    struct store_error callback_error;
    uint64_t roster_generation, counts_generation;
    uint64_t alarm_generation;
    struct store_bad_run bad_run;
    struct store_news news;
};

/* Statements: store_statement returns it reset and unbound. store_run steps to the end and resets. store_row
 * steps once: *has_row says whether there are columns to read; reset it (sqlite3_reset) when done with them.
 */
sqlite3_stmt *store_statement(struct store *store, enum store_statement which);
void store_bind_integers(sqlite3_stmt *statement, const int64_t *values, int count); /* from parameter 1 */
void store_bind_text(sqlite3_stmt *statement, int parameter, const char *text); /* text outlives the run */
enum store_status store_run(struct store *store, sqlite3_stmt *statement, struct store_error *error);
enum store_status store_row(struct store *store, sqlite3_stmt *statement, bool *has_row,
                            struct store_error *error);

/* Our status for what SQLite just said on this connection, with a line that names the remedy. */
enum store_status store_sql_failed(struct store *store, int code, struct store_error *error);

/* store_file.c: what may be opened, and by whom. */
enum store_status store_file_lock(const char *path, int *lock_fd, bool *is_new_lock,
                                  struct store_error *error);
void store_file_unlock(const char *path, int lock_fd, bool is_unlinked);
/* Look at an existing file without changing it or its neighbours. *is_new: there is nothing yet,
 * or only zeros of a creation that power failure cut short. */
enum store_status store_file_check(const char *path, const char *vfs, bool *is_new,
                                   struct store_error *error);
enum store_status store_file_create(const char *path, const char *vfs, struct store_error *error);
/* The same through a connection, which sees what waits beside the file: is it whole, and not from a newer byname? */
enum store_status store_contents_check(sqlite3 *db, const char *path, struct store_error *error);
/* Whether committed pages may wait beside the file. */
bool store_file_has_wal(const char *path, const char *vfs);
/* "file:..." with the path escaped; NULL when there is no memory. Free it. */
char *store_file_uri(const char *path, const char *query);

/* store_answers.c: the remembered journal, loaded when it is not. */
enum store_status store_journal_get(struct store *store, int64_t id, struct store_journal **journal,
                                    struct store_error *error);
/* Keep a gap up to `last` and move the mark over it; raises an alarm. last > through. */
enum store_status store_journal_skip(struct store *store, struct store_journal *journal, uint32_t last,
                                     enum lost_cause cause, int64_t now_ms, struct store_error *error);
/* store_kiosk.c: whether a kiosk may leave another gap, conflict or journal here. One without a key, which anybody can claim
 * to be, is refused when it made STORE_TROUBLE_MAX of them within a day. Before anything of it is written. */
enum store_status store_trouble_check(struct store *store, int64_t kiosk, int64_t now_ms,
                                      struct store_error *error);
/* A new journal for a kiosk, to begin after that answer; those it had before are over. */
enum store_status store_journal_issue(struct store *store, int64_t kiosk, uint32_t begins_after, int64_t now_ms,
                                      int64_t *journal, uint64_t *journal_id, struct store_error *error);
/* Write what is only in memory. */
enum store_status store_flush(struct store *store, struct store_error *error);
void store_forget(struct store *store);
enum store_status store_visit_write(struct store *store, int64_t journal, const struct visit *visit,
                                    struct store_error *error);
/* The columns of SELECT * FROM visit, the journal first, which is column `first` of the row. */
void store_visit_read(sqlite3_stmt *row, int first, struct visit *visit);
enum store_status store_tally_write(struct store *store, const struct tally_row *row,
                                    struct store_error *error);

enum store_status store_alarm(struct store *store, const char *kind, int64_t kiosk, int64_t now_ms,
                              struct store_error *error, const char *format, ...)
    __attribute__((format(printf, 6, 7)));

/* store_help.c: what an answer means for help calls; pressed at `pressed_ms` as far as is known. */
enum store_status store_help_answer(struct store *store, const struct store_journal *journal, const struct answer *answer,
                                    int64_t pressed_ms, int64_t arrived_ms, struct store_error *error);
/* Its calls, if there are any, keep what reports need of the visit. Whenever a visit is written. */
enum store_status store_help_visit(struct store *store, int64_t journal, const struct visit *visit, struct store_error *error);
/* The same of all visits: those calls know none yet, or another time zone. */
enum store_status store_help_visits(struct store *store, struct store_error *error);
/* Look whether the journal's newest rating, which is written, is part of a bad run. */
enum store_status store_help_judge(struct store *store, struct store_journal *journal, struct store_error *error);
void store_help_committed(struct store *store);
void store_help_forget(struct store *store);

/* store_staff.c: the number of whoever works here under this name or number. */
enum store_status store_staff_find(struct store *store, const char *which, int64_t *id, struct store_error *error);

/* store_staff.c: the number of one who works or worked here. */
enum store_status store_staff_known(struct store *store, const char *which, int64_t *id,
                                    struct store_error *error);

/* store_privacy.c: a number that was erased becomes that of former staff. */
enum store_status store_privacy_replace(struct store *store, struct answer *answer,
                                        struct store_error *error);
/* What the policy does not let be kept becomes a void. journal: with the rating that the answer follows. */
enum store_status store_privacy_apply(struct store *store, const struct store_journal *journal,
                                      const struct visit_time *time, struct answer *answer,
                                      struct store_error *error);

/* store_answers.c: what is remembered of journals and best weeks is read again; all of it is written. */
void store_remember_nothing(struct store *store);

/* store_counts.c: what is remembered of a staff member; NULL: nothing. */
struct store_best *store_best_of(struct store *store, uint16_t staff);
/* After a purge: best weeks that do not name people any more are looked for again. */
enum store_status store_bests_purged(struct store *store, struct store_error *error);

/* store_token.c: all tokens of a staff member. */
enum store_status store_token_revoke_staff(struct store *store, int64_t staff, int64_t now_ms,
                                           struct store_error *error);

/* store_recount.c: count every tally again from the raw answers, and write them, in the open transaction. */
enum store_status store_rebuild(struct store *store, struct store_error *error);
/* store_call_verify.c: add to *verified what differs in help calls and their tallies. */
enum store_status store_call_verify(struct store *store, struct store_verified *verified,
                                    struct store_error *error);
/* The tallies of years, which are not there yet, from those of months. */
enum store_status store_years_make(struct store *store, struct store_error *error);
/* The tallies of all kiosks together, which are not there yet, from those of kiosks. */
enum store_status store_totals_make(struct store *store, struct store_error *error);

/* store_text.c: names and notes. Refuses what a kiosk cannot display, naming the character. */
enum store_status store_check_name(const char *name, const char *what, struct store_error *error);
enum store_status store_check_shown(const char *name, const char *what, size_t characters_max,
                                    struct store_error *error);
/* Notes, remarks and labels: terminals of others show them. Refuses what is not one visible line. */
enum store_status store_check_line(const char *text, const char *what, struct store_error *error);

#endif
