/* SPDX-License-Identifier: MIT
 *
 * store_staff.c - people: their names, what kiosks are told of them.
 */
#include "store_internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* A number is a staff id only when nobody has that name. Id 0: not found. */
static enum store_status staff_read(struct store *store, sqlite3_stmt *statement, int64_t *id,
                                    bool *is_retired, struct store_error *error)
{
    bool has_row;
    enum store_status status = store_row(store, statement, &has_row, error);

    *id = 0;
    *is_retired = false;
    if (status == STORE_OK && has_row) {
        *id = sqlite3_column_int64(statement, 0);
        *is_retired = sqlite3_column_type(statement, 1) != SQLITE_NULL;
    }
    sqlite3_reset(statement);
    return status;
}

static enum store_status staff_find(struct store *store, const char *which, int64_t *id, bool *is_retired,
                                    struct store_error *error)
{
    sqlite3_stmt *statement = store_statement(store, STATEMENT_STAFF_BY_NAME);
    char *end;
    long number;
    enum store_status status;

    store_bind_text(statement, 1, which);
    status = staff_read(store, statement, id, is_retired, error);
    if (status != STORE_OK || *id != 0)
        return status;
    number = strtol(which, &end, 10);
    if (end != which && *end == '\0') {
        statement = store_statement(store, STATEMENT_STAFF_BY_ID);
        sqlite3_bind_int64(statement, 1, number);
        status = staff_read(store, statement, id, is_retired, error);
    }
    if (status == STORE_OK && *id == 0)
        return store_refuse(error, "there is no staff member \"%.64s\": \"byname staff list\" shows them",
                            which);
    return status;
}

static enum store_status active_find(struct store *store, const char *which, int64_t *id,
                                     struct store_error *error)
{
    bool is_retired;
    enum store_status status = staff_find(store, which, id, &is_retired, error);

    if (status == STORE_OK && is_retired)
        return store_refuse(error, "%.64s has retired: add the person again under a new number", which);
    return status;
}

enum store_status store_staff_known(struct store *store, const char *which, int64_t *id,
                                    struct store_error *error)
{
    bool is_retired;

    return staff_find(store, which, id, &is_retired, error);
}

enum store_status store_staff_find(struct store *store, const char *which, int64_t *id,
                                   struct store_error *error)
{
    return active_find(store, which, id, error);
}

/* What else a name may not be: the reports' word for nobody, and what reads as somebody's number. */
static enum store_status name_check_meaning(const char *name, struct store_error *error)
{
    if (strcasecmp(name, "no name") == 0)
        return store_refuse(error, "\"%.64s\" is what reports call visits without a name: take another",
                            name);
    if (strcasecmp(name, "former staff") == 0)
        return store_refuse(error, "\"%.64s\" is what reports call those who were erased: take another",
                            name);
    if (name[strspn(name, "0123456789")] == '\0')
        return store_refuse(error, "\"%.64s\" reads as a staff number: add a letter, as in \"K%.40s\"", name,
                            name);
    return STORE_OK;
}

static enum store_status name_check_free(struct store *store, const char *name, int64_t id,
                                         struct store_error *error)
{
    sqlite3_stmt *statement;
    bool has_row;
    enum store_status status = store_check_name(name, "staff member", error);

    if (status == STORE_OK)
        status = name_check_meaning(name, error);
    if (status != STORE_OK)
        return status;
    statement = store_statement(store, STATEMENT_STAFF_ALIKE);
    sqlite3_bind_int64(statement, 1, id);
    store_bind_text(statement, 2, name);
    status = store_row(store, statement, &has_row, error);
    if (status == STORE_OK && has_row)
        status =
            store_refuse(error,
                         "there is a \"%.64s\" already: customers could not tell them apart; add a letter,"
                         " as in \"%.40s K\"",
                         (const char *)sqlite3_column_text(statement, 1), name);
    sqlite3_reset(statement);
    return status;
}

static enum store_status roster_changed(struct store *store, enum store_status status)
{
    if (status == STORE_OK)
        store->roster_generation++;
    return status;
}

/* A restored database may have visits of people whom it does not know: their numbers are not given away
 * either. */
static enum store_status id_next(struct store *store, int64_t *id, struct store_error *error)
{
    sqlite3_stmt *statement;
    bool has_row;
    enum store_status status = store_flush(store, error);

    if (status != STORE_OK)
        return status;
    statement = store_statement(store, STATEMENT_STAFF_NEXT);
    status = store_row(store, statement, &has_row, error);
    *id = status == STORE_OK && has_row ? sqlite3_column_int64(statement, 0) : 0;
    sqlite3_reset(statement);
    if (status == STORE_OK && (*id < STAFF_ID_MIN || *id > STAFF_ID_MAX))
        return store_refuse(error, "all %d staff numbers have been given", STAFF_ID_MAX);
    return status;
}

enum store_status store_staff_add(struct store *store, const char *name, int64_t now_ms, uint16_t *id,
                                  struct store_error *error)
{
    sqlite3_stmt *statement;
    int64_t next = 0;
    enum store_status status;

    error->text[0] = '\0';
    status = name_check_free(store, name, 0, error);
    if (status == STORE_OK)
        status = id_next(store, &next, error);
    if (status != STORE_OK)
        return status;
    statement = store_statement(store, STATEMENT_STAFF_INSERT);
    sqlite3_bind_int64(statement, 1, next);
    store_bind_text(statement, 2, name);
    sqlite3_bind_int64(statement, 3, now_ms);
    *id = (uint16_t)next;
    return roster_changed(store, store_run(store, statement, error));
}

enum store_status store_staff_rename(struct store *store, const char *which, const char *name,
                                     struct store_error *error)
{
    sqlite3_stmt *statement;
    int64_t id = 0;
    enum store_status status;

    error->text[0] = '\0';
    status = active_find(store, which, &id, error);
    if (status == STORE_OK)
        status = name_check_free(store, name, id, error);
    if (status != STORE_OK)
        return status;
    statement = store_statement(store, STATEMENT_STAFF_RENAME);
    sqlite3_bind_int64(statement, 1, id);
    store_bind_text(statement, 2, name);
    return roster_changed(store, store_run(store, statement, error));
}

static enum store_status staff_set(struct store *store, const char *which, enum store_statement update,
                                   const int64_t *value, struct store_error *error)
{
    sqlite3_stmt *statement;
    int64_t id = 0;
    enum store_status status;

    error->text[0] = '\0';
    status = active_find(store, which, &id, error);
    if (status != STORE_OK)
        return status;
    statement = store_statement(store, update);
    sqlite3_bind_int64(statement, 1, id);
    if (value != NULL)
        sqlite3_bind_int64(statement, 2, *value);
    return roster_changed(store, store_run(store, statement, error));
}

enum store_status store_staff_on_duty(struct store *store, const char *which, bool is_on_duty,
                                      struct store_error *error)
{
    return staff_set(store, which, STATEMENT_STAFF_ON_DUTY, &(int64_t){is_on_duty}, error);
}

enum store_status store_staff_retire(struct store *store, const char *which, int64_t now_ms,
                                     struct store_error *error)
{
    int64_t id = 0;
    enum store_status status;

    error->text[0] = '\0';
    status = active_find(store, which, &id, error);
    if (status == STORE_OK)
        status = store_token_revoke_staff(store, id, now_ms, error);
    return status == STORE_OK ? staff_set(store, which, STATEMENT_STAFF_RETIRE, &now_ms, error) : status;
}

enum store_status store_staff_number(struct store *store, const char *which, uint16_t *id,
                                     struct store_error *error)
{
    int64_t found = 0;

    error->text[0] = '\0';
    enum store_status status = active_find(store, which, &found, error);
    *id = (uint16_t)found;
    return status;
}

enum store_status store_staff_pin(struct store *store, const char *which, const char *digits,
                                  struct store_error *error)
{
    int64_t pin = 0;

    if (digits == NULL)
        return staff_set(store, which, STATEMENT_STAFF_PIN, NULL, error);
    if (strlen(digits) != PIN_DIGITS || strspn(digits, "12345") != PIN_DIGITS)
        return store_refuse(error, "a PIN is four presses of the buttons 1 to 5, as in 2415");
    for (size_t i = 0; i < PIN_DIGITS; i++)
        pin = pin * 5 + (digits[i] - '1');
    return staff_set(store, which, STATEMENT_STAFF_PIN, &pin, error);
}

/* False when there is no memory for the name. */
static bool entry_read(sqlite3_stmt *row, struct staff_entry *entry)
{
    const unsigned char *name = sqlite3_column_text(row, 1);

    memset(entry, 0, sizeof *entry);
    entry->id = (uint16_t)sqlite3_column_int(row, 0);
    entry->flags = sqlite3_column_int(row, 2) != 0 ? STAFF_ON_DUTY : 0;
    entry->pin = sqlite3_column_type(row, 3) == SQLITE_NULL ? PIN_NONE : (uint16_t)sqlite3_column_int(row, 3);
    snprintf(entry->name, sizeof entry->name, "%s", name == NULL ? "" : (const char *)name);
    entry->name_size = (uint8_t)strlen(entry->name);
    return name != NULL;
}

enum store_status store_roster(struct store *store, struct staff_entry roster[ROSTER_CAPACITY],
                               uint8_t *count, struct store_error *error)
{
    sqlite3_stmt *statement = store_statement(store, STATEMENT_ROSTER);
    enum store_status status = STORE_OK;
    bool has_row = true;

    error->text[0] = '\0';
    sqlite3_bind_int64(statement, 1, ROSTER_CAPACITY);
    *count = 0;
    while (status == STORE_OK && has_row && *count < ROSTER_CAPACITY) {
        status = store_row(store, statement, &has_row, error);
        if (status == STORE_OK && has_row && !entry_read(statement, &roster[(*count)++]))
            status = store_sql_failed(store, SQLITE_NOMEM, error);
    }
    sqlite3_reset(statement);
    return status;
}

static uint16_t u16_of(int64_t value)
{
    return value > UINT16_MAX ? UINT16_MAX : (uint16_t)value;
}

enum store_status store_presence(struct store *store, int64_t kiosk, int64_t now_ms,
                                 struct presence present[PRESENCE_CAPACITY], uint8_t *count,
                                 struct store_error *error)
{
    sqlite3_stmt *statement = store_statement(store, STATEMENT_PRESENCE_SELECT);
    int64_t midnight_ms = period_start(store->zone, PERIOD_DAY, now_ms);
    int64_t end_of_day_ms = period_next(store->zone, PERIOD_DAY, now_ms);
    int64_t oldest_ms = now_ms - STORE_SIGNED_ON_MS_MAX + 1;
    enum store_status status = STORE_OK;
    bool has_row = true;

    error->text[0] = '\0';
    *count = 0;
    store_bind_integers(statement, (int64_t[]){kiosk, midnight_ms > oldest_ms ? midnight_ms : oldest_ms}, 2);
    while (status == STORE_OK && has_row && *count < PRESENCE_CAPACITY) {
        int64_t until_ms;

        status = store_row(store, statement, &has_row, error);
        if (status != STORE_OK || !has_row)
            break;
        until_ms = sqlite3_column_int64(statement, 1) + STORE_SIGNED_ON_MS_MAX;
        until_ms = until_ms < end_of_day_ms ? until_ms : end_of_day_ms;
        present[(*count)++] = (struct presence){
            .staff_id = (uint16_t)sqlite3_column_int(statement, 0),
            .minutes_left = u16_of((until_ms - now_ms + 59999) / 60000),
        };
    }
    sqlite3_reset(statement);
    return status;
}
