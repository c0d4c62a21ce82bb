/* SPDX-License-Identifier: MIT
 *
 * store_note.c - what the manager changed, and when; the newest that is to be shown goes to the kiosks.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "store_internal.h"

static enum store_status text_check(const char *text, bool is_shown, struct store_error *error)
{
    if (is_shown)
        return store_check_shown(text, "note that kiosks show", NOTE_CHARACTERS_MAX, error);
    if (text[0] == '\0' || strlen(text) > STORE_NOTE_SIZE_MAX)
        return store_refuse(error, "a note has 1 to %d bytes", STORE_NOTE_SIZE_MAX);
    return store_check_line(text, "note", error);
}

enum store_status store_note_add(struct store *store, const char *text, bool is_shown, int64_t now_ms,
                                 int64_t *id, struct store_error *error)
{
    sqlite3_stmt *statement = store_statement(store, STATEMENT_NOTE_INSERT);
    enum store_status status;

    error->text[0] = '\0';
    status = text_check(text, is_shown, error);
    if (status != STORE_OK)
        return status;
    sqlite3_bind_int64(statement, 1, now_ms);
    store_bind_text(statement, 2, text);
    sqlite3_bind_int(statement, 3, is_shown);
    status = store_run(store, statement, error);
    *id = sqlite3_last_insert_rowid(store->db);
    if (status == STORE_OK && is_shown)
        store->roster_generation++;
    return status;
}

enum store_status store_note_remove(struct store *store, const char *which, struct store_error *error)
{
    sqlite3_stmt *statement = store_statement(store, STATEMENT_NOTE_DELETE);
    bool is_number = which[0] != '\0' && strlen(which) <= 15 && which[strspn(which, "0123456789")] == '\0';
    enum store_status status;

    error->text[0] = '\0';
    sqlite3_bind_int64(statement, 1, is_number ? strtoll(which, NULL, 10) : 0);
    status = store_run(store, statement, error);
    if (status == STORE_OK && sqlite3_changes(store->db) == 0)
        return store_refuse(error, "there is no note \"%.40s\": \"byname note list\" shows them", which);
    store->roster_generation++;
    return status;
}

enum store_status store_note_shown(struct store *store, char text[NOTE_SIZE_MAX + 1],
                                   struct store_error *error)
{
    sqlite3_stmt *statement = store_statement(store, STATEMENT_NOTE_SHOWN);
    bool has_row;
    enum store_status status = store_row(store, statement, &has_row, error);

    text[0] = '\0';
    if (status == STORE_OK && has_row) {
        const unsigned char *found = sqlite3_column_text(statement, 0);
        snprintf(text, NOTE_SIZE_MAX + 1, "%s", found == NULL ? "" : (const char *)found);
    }
    sqlite3_reset(statement);
    return status;
}

enum store_status store_notes(struct store *store, int64_t from_ms, int64_t to_ms, struct store_note *notes,
                              size_t capacity, size_t *count, struct store_error *error)
{
    static const char sql[] =
        "SELECT id, noted_ms, is_shown, text FROM note WHERE noted_ms >= ?1 AND noted_ms < ?2"
        " ORDER BY noted_ms DESC, id DESC LIMIT ?3";
    sqlite3_stmt *statement = NULL;
    enum store_status status = STORE_OK;
    bool has_row = true;

    error->text[0] = '\0';
    *count = 0;
    if (!store_knows_help(store))
        return STORE_OK;
    int code = sqlite3_prepare_v2(store->db, sql, -1, &statement, NULL);
    if (code != SQLITE_OK)
        return store_sql_failed(store, code, error);
    store_bind_integers(statement, (int64_t[]){from_ms, to_ms, (int64_t)capacity}, 3);
    while (status == STORE_OK && has_row && *count < capacity) {
        status = store_row(store, statement, &has_row, error);
        if (status != STORE_OK || !has_row)
            break;
        const unsigned char *text = sqlite3_column_text(statement, 3);
        struct store_note *note = &notes[(*count)++];
        *note = (struct store_note){.id = sqlite3_column_int64(statement, 0),
                                    .noted_ms = sqlite3_column_int64(statement, 1),
                                    .is_shown = sqlite3_column_int(statement, 2) != 0};
        snprintf(note->text, sizeof note->text, "%s", text == NULL ? "" : (const char *)text);
    }
    sqlite3_finalize(statement);
    return status;
}
