/* SPDX-License-Identifier: MIT
 *
 * store_hearing.c - when each kiosk was heard, kept as its silences.
 *
 * A silence is written when it is over, from the newest contact before to this one, in the transaction that keeps the contact.
 * So nothing has to be done while it lasts, and a crash loses none. What the daemon itself did not hear is one of everybody
 * (kiosk 0): from the newest contact of anybody, or from when it last said that it listens, until it says so again or
 * somebody is heard.
 */
#include "store_internal.h"

static enum store_status silence_keep(struct store *store, int64_t kiosk, int64_t from_ms, int64_t to_ms,
                                      struct store_error *error)
{
    sqlite3_stmt *statement = store_statement(store, STATEMENT_SILENCE_KEEP);

    if (to_ms - from_ms < STORE_SILENCE_MS)
        return STORE_OK;
    store_bind_integers(statement, (int64_t[]){kiosk, from_ms, to_ms}, 3);
    return store_run(store, statement, error);
}

/* Somebody is heard, or could be, for the first time since the start, a failed transaction or a clock that was not good. */
static enum store_status listening_begin(struct store *store, int64_t now_ms, struct store_error *error)
{
    sqlite3_stmt *statement = store_statement(store, STATEMENT_HEARING_NEWEST);
    bool has_row;
    int64_t until_ms = now_ms;
    enum store_status status = store_row(store, statement, &has_row, error);

    if (status == STORE_OK && has_row && sqlite3_column_type(statement, 0) != SQLITE_NULL)
        until_ms = sqlite3_column_int64(statement, 0);
    sqlite3_reset(statement);
    if (status == STORE_OK)
        status = silence_keep(store, 0, until_ms, now_ms, error);
    store->is_listening = status == STORE_OK;
    return status;
}

enum store_status store_listen(struct store *store, int64_t now_ms, struct store_error *error)
{
    sqlite3_stmt *statement;
    enum store_status status = store->is_listening ? STORE_OK : listening_begin(store, now_ms, error);

    if (status != STORE_OK)
        return status;
    statement = store_statement(store, STATEMENT_LISTENED_KEEP);
    sqlite3_bind_int64(statement, 1, now_ms);
    return store_run(store, statement, error);
}

/* A clock that was set back takes the record back with it: what is kept of the time it repeats stays. */
enum store_status store_heard(struct store *store, int64_t kiosk, int64_t now_ms, bool is_clock_good,
                              struct store_error *error)
{
    sqlite3_stmt *statement = store_statement(store, STATEMENT_HEARING_SELECT);
    bool has_row;
    enum store_status status = STORE_OK;

    store->is_listening = store->is_listening && is_clock_good;
    if (!is_clock_good)
        return STORE_OK;
    store_bind_integers(statement, (int64_t[]){kiosk, now_ms}, 2);
    status = store_row(store, statement, &has_row, error);
    int64_t until_ms = status == STORE_OK && has_row ? sqlite3_column_int64(statement, 0) : now_ms;
    sqlite3_reset(statement);
    if (status != STORE_OK || !has_row)
        return status;
    if (!store->is_listening)
        status = listening_begin(store, now_ms, error);
    if (status == STORE_OK)
        status = silence_keep(store, kiosk, until_ms, now_ms, error);
    if (status != STORE_OK)
        return status;
    statement = store_statement(store, STATEMENT_HEARING_KEEP);
    store_bind_integers(statement, (int64_t[]){kiosk, now_ms}, 2);
    return store_run(store, statement, error);
}
