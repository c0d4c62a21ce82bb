/* SPDX-License-Identifier: MIT
 *
 * store_erase.c - a person's data ends: what names them goes, and what they were counted with is "former staff".
 */
#include <stdio.h>

#include "store_internal.h"
#include "store_privacy.h"

#define SQL_SIZE_MAX 8192

/* ?1 the person, ?2 STORE_FORMER_STAFF, ?3 now. Each leaves the sums of the store, of kiosks and of periods as they are. */
static const char *const steps[] = {
    "UPDATE answer SET value = ?2 WHERE value = ?1 AND question IN (3, 4, 11, 12, 13)",
    "UPDATE conflict SET value = ?2 WHERE value = ?1 AND question IN (3, 4, 11, 12, 13)",
    "UPDATE visit SET staff = ?2 WHERE staff = ?1",
    "UPDATE visit SET served = ?2 WHERE served = ?1",
    "DELETE FROM tally WHERE staff = ?1",
    "DELETE FROM presence WHERE staff = ?1",
    "UPDATE help_call SET visit_staff = ?2 WHERE visit_staff = ?1 AND visit_ms IS NOT NULL",
    "UPDATE help_call SET acknowledged_by = NULL WHERE acknowledged_by = ?1",
    "UPDATE help_call SET closed_by = NULL WHERE closed_by = ?1",
    "UPDATE token SET staff = ?2, label = '', revoked_ms = ifnull(revoked_ms, ?3) WHERE staff = ?1",
    "DELETE FROM access WHERE staff = ?1",
    "DELETE FROM staff WHERE id = ?1",
    "INSERT INTO erased VALUES (?1, ?3)",
    "INSERT OR IGNORE INTO staff VALUES (?2, 'former staff', 0, NULL, ?3, ?3)",
};

_Static_assert(QUESTION_SERVED == 3 && QUESTION_STAFF == 4 && QUESTION_SIGN_ON == 11 &&
                   QUESTION_SIGN_OFF == 12 && QUESTION_HERE == 13,
               "the steps name them by their codes");

static enum store_status step_run(struct store *store, const char *sql, int64_t id, int64_t now_ms,
                                  struct store_error *error)
{
    const int64_t values[] = {id, STORE_FORMER_STAFF, now_ms};
    sqlite3_stmt *statement = NULL;
    int code = sqlite3_prepare_v2(store->db, sql, -1, &statement, NULL);

    if (code != SQLITE_OK)
        return store_sql_failed(store, code, error);
    store_bind_integers(statement, values, sqlite3_bind_parameter_count(statement));
    enum store_status status = store_run(store, statement, error);
    sqlite3_finalize(statement);
    return status;
}

/* Every level at once: a tally row of the person is added to that of "former staff" with the same key. */
static enum store_status tallies_merge(struct store *store, int64_t id, int64_t now_ms,
                                       struct store_error *error)
{
    char sql[SQL_SIZE_MAX];
    int size = snprintf(sql, sizeof sql, "INSERT INTO tally SELECT level, start_ms, kiosk, ?2");

    for (unsigned i = 0; i < TALLY_MEASURE_COUNT; i++)
        size += snprintf(sql + size, sizeof sql - (size_t)size, ", %s", tally_column(i));
    size += snprintf(sql + size, sizeof sql - (size_t)size,
                     " FROM tally WHERE staff = ?1 ON CONFLICT DO UPDATE SET ");
    for (unsigned i = 0; i < TALLY_MEASURE_COUNT; i++)
        size += snprintf(sql + size, sizeof sql - (size_t)size, "%s%s = %s + excluded.%s", i == 0 ? "" : ", ",
                         tally_column(i), tally_column(i), tally_column(i));
    return step_run(store, sql, id, now_ms, error);
}

enum store_status store_staff_erase(struct store *store, const char *which, int64_t now_ms,
                                    struct store_error *error)
{
    int64_t id = 0;
    enum store_status status;

    error->text[0] = '\0';
    status = store_staff_known(store, which, &id, error);
    if (status == STORE_OK && id >= STORE_FORMER_STAFF)
        return store_refuse(error,
                            "\"%.60s\" is nobody: it is what remains of those who were erased, or of figures"
                            " that no longer name people",
                            which);
    if (status == STORE_OK)
        status = store_flush(store, error);
    if (status == STORE_OK)
        status = tallies_merge(store, id, now_ms, error);
    for (size_t i = 0; status == STORE_OK && i < sizeof steps / sizeof *steps; i++)
        status = step_run(store, steps[i], id, now_ms, error);
    if (status != STORE_OK)
        return status;
    store_remember_nothing(store);
    store->roster_generation++;
    store->counts_generation++;
    return STORE_OK;
}
