/* SPDX-License-Identifier: MIT
 *
 * store_token.c - who may look over TCP. Tokens are never deleted: the log of reads names them by number.
 */
#include "store_internal.h"

#include <stdlib.h>
#include <string.h>

enum store_status store_token_create(struct store *store, const struct token *token, const char *label,
                                     int64_t now_ms, int64_t *id, struct store_error *error)
{
    sqlite3_stmt *statement = store_statement(store, STATEMENT_TOKEN_INSERT);
    struct token_list list;
    enum store_status status = store_check_line(label, "label", error);

    if (status == STORE_OK)
        status = store_tokens(store, &list, error);
    if (status == STORE_OK && list.count == TOKENS_MAX)
        return store_refuse(error, "there are %d tokens already: revoke those that nobody uses", TOKENS_MAX);
    if (status != STORE_OK)
        return status;
    sqlite3_bind_blob(statement, 1, token->hash, sizeof token->hash, SQLITE_STATIC);
    sqlite3_bind_int(statement, 2, (int)token->scope);
    if (token->scope == TOKEN_STAFF)
        sqlite3_bind_int(statement, 3, token->staff);
    store_bind_text(statement, 4, label);
    sqlite3_bind_int64(statement, 5, now_ms);
    status = store_run(store, statement, error);
    *id = sqlite3_last_insert_rowid(store->db);
    return status;
}

enum store_status store_token_revoke(struct store *store, const char *which, int64_t now_ms,
                                     struct store_error *error)
{
    sqlite3_stmt *statement = store_statement(store, STATEMENT_TOKEN_REVOKE);
    char *end;
    long long id = strtoll(which, &end, 10);

    error->text[0] = '\0';
    store_bind_integers(statement, (int64_t[]){end == which || *end != '\0' ? 0 : id, now_ms}, 2);
    enum store_status status = store_run(store, statement, error);
    if (status == STORE_OK && sqlite3_changes(store->db) == 0)
        return store_refuse(error, "there is no token %.32s to revoke: \"byname token list\" shows them",
                            which);
    return status;
}

enum store_status store_token_revoke_staff(struct store *store, int64_t staff, int64_t now_ms,
                                           struct store_error *error)
{
    sqlite3_stmt *statement = store_statement(store, STATEMENT_TOKEN_REVOKE_STAFF);

    store_bind_integers(statement, (int64_t[]){staff, now_ms}, 2);
    return store_run(store, statement, error);
}

enum store_status store_tokens(struct store *store, struct token_list *list, struct store_error *error)
{
    sqlite3_stmt *statement = store_statement(store, STATEMENT_TOKENS);
    enum store_status status = STORE_OK;
    bool has_row = true;

    error->text[0] = '\0';
    list->count = 0;
    while (status == STORE_OK && has_row && list->count < TOKENS_MAX) {
        status = store_row(store, statement, &has_row, error);
        if (status != STORE_OK || !has_row)
            break;
        struct token *token = &list->tokens[list->count];
        const void *hash = sqlite3_column_blob(statement, 3);
        token->id = sqlite3_column_int64(statement, 0);
        token->scope = (enum token_scope)sqlite3_column_int(statement, 1);
        token->staff = (uint16_t)sqlite3_column_int(statement, 2);
        if (hash == NULL || token->scope <= TOKEN_LOCAL || token->scope >= TOKEN_SCOPE_COUNT)
            continue;
        memcpy(token->hash, hash, sizeof token->hash);
        list->count++;
    }
    sqlite3_reset(statement);
    return status;
}
