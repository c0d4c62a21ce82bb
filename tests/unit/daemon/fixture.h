/* SPDX-License-Identifier: MIT
 *
 * fixture.h - a store in a folder of its own, an adopted kiosk, and short ways to press its buttons.
 *
 * Every call asserts that the store said STORE_OK, unless it returns the status.
 */
#ifndef BYNAME_TEST_FIXTURE_H
#define BYNAME_TEST_FIXTURE_H

#include "../cmocka_first.h"
#include "daemon/report.h"
#include "daemon/store.h"

#define FIXTURE_PORT "counter"
#define FIXTURE_KIOSK FIXTURE_PORT /* adopted by itself: it is named after its port */
#define FIXTURE_PATH_SIZE 128

/* Monday 2026-11-02 12:00:00 in Berlin. */
#define FIXTURE_NOON_MS INT64_C(1793617200000)
#define MINUTE_MS INT64_C(60000)
#define HOUR_MS (60 * MINUTE_MS)
#define DAY_MS (24 * HOUR_MS)

#define FIXTURE_VERSION 14 /* of the tables, as they are made now */

/* Takes out of a database what came after that version of its tables. */
#define FIXTURE_BACK_TO_VERSION_13                                                                            \
    "DROP TRIGGER help_call_inserted; DROP TRIGGER help_call_taken_back; DROP TRIGGER help_call_updated;"     \
    "DROP TRIGGER help_call_deleted; DROP VIEW call_measure; DROP VIEW call_recovery; DROP TABLE call_tally;"                          \
    "DROP INDEX help_call_counted; DROP INDEX help_call_of_staff; DROP INDEX help_call_uncertain;"            \
    "DROP INDEX help_call_recovery; ALTER TABLE help_call DROP COLUMN recovery_step;"                         \
    "ALTER TABLE help_call DROP COLUMN year_ms;"               \
    "ALTER TABLE help_call DROP COLUMN month_ms; ALTER TABLE help_call DROP COLUMN day_ms;"                   \
    "ALTER TABLE help_call DROP COLUMN is_counted; ALTER TABLE help_call DROP COLUMN visit_staff;"            \
    "ALTER TABLE help_call DROP COLUMN visit_span_ms; ALTER TABLE help_call DROP COLUMN visit_ms;"            \
    "ALTER TABLE store DROP COLUMN calls_from_ms; PRAGMA user_version = 13;"
#define FIXTURE_BACK_TO_VERSION_12 \
    FIXTURE_BACK_TO_VERSION_13 \
    "DROP INDEX help_call_acknowledged; DELETE FROM tally WHERE kiosk = 0; PRAGMA user_version = 12;"
#define FIXTURE_BACK_TO_VERSION_11                                                                          \
    FIXTURE_BACK_TO_VERSION_12                                                                              \
        "DROP VIEW v1_silence; DROP VIEW v1_kiosk; ALTER TABLE kiosk DROP COLUMN retired_ms;"               \
        "ALTER TABLE store DROP COLUMN listened_ms; CREATE VIEW v1_kiosk AS SELECT id AS kiosk FROM kiosk;" \
        "PRAGMA user_version = 11;"
#define FIXTURE_BACK_TO_VERSION_10 \
    FIXTURE_BACK_TO_VERSION_11 "DROP TABLE hearing; DROP TABLE silence; PRAGMA user_version = 10;"
#define FIXTURE_BACK_TO_VERSION_9                                                    \
    FIXTURE_BACK_TO_VERSION_10                                                       \
    "DROP VIEW v1_kiosk; DROP VIEW v1_answer; DROP VIEW v1_visit; DROP VIEW v1_day;" \
    "DROP VIEW v1_staff_week; DROP VIEW v1_help_call; PRAGMA user_version = 9;"
#define FIXTURE_BACK_TO_VERSION_8 \
    FIXTURE_BACK_TO_VERSION_9 "DROP TABLE retention; DROP TABLE purged; PRAGMA user_version = 8;"
#define FIXTURE_BACK_TO_VERSION_7 \
    FIXTURE_BACK_TO_VERSION_8     \
    "DROP INDEX visit_vague; DELETE FROM tally WHERE level IN (9, 10); PRAGMA user_version = 7;"
#define FIXTURE_BACK_TO_VERSION_6 \
    FIXTURE_BACK_TO_VERSION_7     \
    "DROP TABLE policy; DROP TABLE access; DROP TABLE erased; PRAGMA user_version = 6;"
#define FIXTURE_BACK_TO_VERSION_5 FIXTURE_BACK_TO_VERSION_6 "DROP TABLE token; PRAGMA user_version = 5;"
#define FIXTURE_BACK_TO_VERSION_4 \
    FIXTURE_BACK_TO_VERSION_5 "DROP TABLE help_call; DROP TABLE note; PRAGMA user_version = 4;"
#define FIXTURE_BACK_TO_VERSION_3                  \
    FIXTURE_BACK_TO_VERSION_4                      \
    "ALTER TABLE visit DROP COLUMN is_mash;"       \
    "ALTER TABLE tally DROP COLUMN left_out_mash;" \
    "PRAGMA user_version = 3;"
#define FIXTURE_BACK_TO_VERSION_2                                                      \
    FIXTURE_BACK_TO_VERSION_3                                                          \
    "DROP INDEX answer_signed; DROP INDEX visit_help; DROP INDEX tally_of_staff_hour;" \
    "ALTER TABLE kiosk DROP COLUMN audience; DELETE FROM tally WHERE level > 4; PRAGMA user_version = 2;"

struct fixture {
    char folder[FIXTURE_PATH_SIZE];
    char path[FIXTURE_PATH_SIZE];
    const char *timezone;
    struct store *store;
    struct store_error error;
    struct store_admitted admitted;
    struct store_origin origin; /* boot_started_ms and arrived_ms follow fixture_wait */
    uint32_t seq;               /* of the newest answer */
    uint32_t rating_seq;        /* of the newest rating */
    struct store_ingested ingested;
};

/* setup and teardown for cmocka_unit_test_setup_teardown: *state is a struct fixture, its store open, one
 * kiosk adopted and admitted at FIXTURE_NOON_MS. */
int fixture_setup(void **state);
int fixture_teardown(void **state);

/* Open another folder's store in that zone, nothing adopted yet. */
void fixture_open(struct fixture *fixture, const char *timezone);
void fixture_close(struct fixture *fixture); /* and remove the folder */
void fixture_reopen(struct fixture *fixture);
enum store_status fixture_try_open(struct fixture *fixture);

struct message_hello fixture_hello(const struct fixture *fixture);
void fixture_say_hello(struct fixture *fixture, const struct message_hello *hello);
void fixture_adopt(struct fixture *fixture);

void fixture_wait(struct fixture *fixture, int64_t ms);
int64_t fixture_now(const struct fixture *fixture);

/* The next answer of the present boot, pressed now, committed. A rating opens a visit. */
void fixture_press(struct fixture *fixture, uint8_t question, uint16_t value);
/* Any answers, in one transaction. */
enum store_status fixture_send(struct fixture *fixture, const struct answer *answers, size_t count);

/* One integer of the database. */
int64_t fixture_integer(struct fixture *fixture, const char *sql);
void fixture_run(struct fixture *fixture, const char *sql);

/* Ten years of weekly tallies before the present week, which each say of the person that FIXTURE_WEEK_ANSWERS said "no".
 * No recount would find them. */
#define FIXTURE_WEEK_ANSWERS 96
void fixture_fill_ten_years(struct fixture *fixture, uint16_t staff);

/* The report as of fixture_now. The caller gives it back (json_decref). */
json_t *fixture_report(struct fixture *fixture, struct report_query query);

/* What a reply has at this path of keys, "csat.value"; borrowed. A key that is missing fails. */
json_t *fixture_at(json_t *reply, const char *path);

/* Asserts that a recount finds no difference. */
void fixture_verify(struct fixture *fixture);

#endif
