/* SPDX-License-Identifier: MIT
 *
 * store_kiosk.c - who may speak: HELLO, adoption, names, heartbeats.
 */
#include "store_internal.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#define NAME_SIZE 64
#define HEALTH_EVERY_MS 60000
#define DAY_MS 86400000

static enum store_status id_draw(uint64_t *id, struct store_error *error)
{
    do {
        if (getrandom(id, sizeof *id, 0) != (ssize_t)sizeof *id)
            return store_refuse(error, "the system has no random numbers");
    } while (*id == 0);
    return STORE_OK;
}

/* Who has that name: *kiosk, 0: nobody. It keeps the name (*is_kept) if it is or will be a kiosk; one that was offered
 * its ids and never used them may be nobody. */
static enum store_status name_find(struct store *store, const char *name, int64_t *kiosk, bool *is_kept,
                                   struct store_error *error)
{
    sqlite3_stmt *statement = store_statement(store, STATEMENT_KIOSK_NAMED);
    enum store_status status;
    bool has_row;

    store_bind_text(statement, 1, name);
    status = store_row(store, statement, &has_row, error);
    *kiosk = status == STORE_OK && has_row ? sqlite3_column_int64(statement, 0) : 0;
    *is_kept = *kiosk != 0 && sqlite3_column_int(statement, 1) != 0;
    sqlite3_reset(statement);
    return status;
}

/* "kiosk 1", "kiosk 2": the first that is free. */
static enum store_status name_number(struct store *store, char name[NAME_SIZE], struct store_error *error)
{
    enum store_status status = STORE_OK;
    int64_t kiosk = 1;
    bool is_kept;

    for (unsigned i = 1; status == STORE_OK && kiosk != 0; i++) {
        snprintf(name, NAME_SIZE, "kiosk %u", i);
        status = name_find(store, name, &kiosk, &is_kept, error);
    }
    return status;
}

static enum store_status name_set(struct store *store, int64_t kiosk, const char *name,
                                  struct store_error *error)
{
    sqlite3_stmt *statement = store_statement(store, STATEMENT_KIOSK_RENAME);

    sqlite3_bind_int64(statement, 1, kiosk);
    store_bind_text(statement, 2, name);
    return store_run(store, statement, error);
}

/* Make a name free for another than `kiosk`, if it can be. *holder: who keeps it; 0: it is free. */
static enum store_status name_free(struct store *store, const char *name, int64_t kiosk, int64_t *holder,
                                   struct store_error *error)
{
    char number[NAME_SIZE];
    bool is_kept;
    enum store_status status = name_find(store, name, holder, &is_kept, error);

    if (status != STORE_OK || *holder == 0 || is_kept || *holder == kiosk)
        return status;
    status = name_number(store, number, error);
    if (status == STORE_OK)
        status = name_set(store, *holder, number, error);
    *holder = 0;
    return status;
}

/* The port's name when a kiosk can have it, else a numbered one. */
static enum store_status name_invent(struct store *store, const char *port, char name[NAME_SIZE],
                                     struct store_error *error)
{
    struct store_error refusal;
    enum store_status status = STORE_OK;
    int64_t holder = 1;

    if (store_check_name(port, "kiosk", &refusal) == STORE_OK) {
        snprintf(name, NAME_SIZE, "%s", port);
        status = name_free(store, name, 0, &holder, error);
    }
    return status == STORE_OK && holder != 0 ? name_number(store, name, error) : status;
}

static enum store_status kiosk_insert(struct store *store, const char *port, const char *name,
                                      int64_t former_id, int64_t now_ms, int64_t *kiosk, uint64_t *kiosk_id,
                                      struct store_error *error)
{
    sqlite3_stmt *statement = store_statement(store, STATEMENT_KIOSK_INSERT);
    enum store_status status = id_draw(kiosk_id, error);

    if (status != STORE_OK)
        return status;
    sqlite3_bind_int64(statement, 1, (int64_t)*kiosk_id);
    store_bind_text(statement, 2, name);
    store_bind_text(statement, 3, port);
    sqlite3_bind_int64(statement, 4, former_id);
    sqlite3_bind_int64(statement, 5, now_ms);
    status = store_run(store, statement, error);
    *kiosk = sqlite3_last_insert_rowid(store->db);
    return status;
}

static enum store_status key_set(struct store *store, int64_t kiosk, const uint8_t *key,
                                 struct store_error *error)
{
    sqlite3_stmt *statement = store_statement(store, STATEMENT_KIOSK_KEY);

    sqlite3_bind_int64(statement, 1, kiosk);
    sqlite3_bind_blob(statement, 2, key, SEAL_KEY_SIZE, SQLITE_STATIC);
    return store_run(store, statement, error);
}

static void key_read(sqlite3_stmt *row, int column, uint8_t key[SEAL_KEY_SIZE])
{
    memset(key, 0, SEAL_KEY_SIZE);
    if (sqlite3_column_bytes(row, column) == SEAL_KEY_SIZE)
        memcpy(key, sqlite3_column_blob(row, column), SEAL_KEY_SIZE);
}

/* Give the offered kiosk the key that it has been offered before, or a new one; none when it would not know what to do
 * with it. The key is durable with the ids, before ADOPT leaves, and is not changed once the kiosk has proved it. */
static enum store_status key_offer(struct store *store, const struct store_visitor *visitor,
                                   struct store_admitted *admitted, struct store_error *error)
{
    bool has_key = seal_is_key(admitted->key);

    if (has_key || visitor->hello->minor == 0)
        return STORE_OK;
    do {
        if (getrandom(admitted->key, SEAL_KEY_SIZE, 0) != SEAL_KEY_SIZE)
            return store_refuse(error, "the system has no random numbers");
    } while (!seal_is_key(admitted->key));
    return key_set(store, admitted->kiosk, admitted->key, error);
}

static enum store_status pending_delete(struct store *store, const char *port, struct store_error *error)
{
    sqlite3_stmt *statement = store_statement(store, STATEMENT_PENDING_DELETE);

    store_bind_text(statement, 1, port);
    return store_run(store, statement, error);
}

static enum store_status pending_keep(struct store *store, const struct store_visitor *visitor,
                                      struct store_error *error)
{
    sqlite3_stmt *statement = store_statement(store, STATEMENT_PENDING_UPSERT);
    enum store_status status;

    store_bind_text(statement, 1, visitor->port);
    sqlite3_bind_int64(statement, 2, (int64_t)visitor->hello->kiosk_id);
    store_bind_text(statement, 3, visitor->hello->firmware);
    sqlite3_bind_int64(statement, 4, visitor->now_ms);
    status = store_run(store, statement, error);
    if (status != STORE_OK)
        return status;
    statement = store_statement(store, STATEMENT_PENDING_TRIM);
    sqlite3_bind_int64(statement, 1, STORE_PENDING_CAPACITY);
    return store_run(store, statement, error);
}

enum store_status store_trouble_check(struct store *store, int64_t kiosk, int64_t now_ms,
                                      struct store_error *error)
{
    sqlite3_stmt *statement = store_statement(store, STATEMENT_KIOSK_TROUBLE);
    bool has_row;

    store_bind_integers(statement, (int64_t[]){kiosk, now_ms - DAY_MS, STORE_TROUBLE_MAX}, 3);
    enum store_status status = store_row(store, statement, &has_row, error);
    if (status == STORE_OK && has_row && sqlite3_column_int(statement, 0) != 0)
        status = store_refuse(
            error,
            "kiosk \"%.64s\" is without a key and left %d gaps, conflicts or new journals within a"
            " day: look who speaks there, or adopt it anew, with a key",
            (const char *)sqlite3_column_text(statement, 1), STORE_TROUBLE_MAX);
    sqlite3_reset(statement);
    return status;
}

enum store_status store_journal_issue(struct store *store, int64_t kiosk, uint32_t begins_after,
                                      int64_t now_ms, int64_t *journal, uint64_t *journal_id,
                                      struct store_error *error)
{
    sqlite3_stmt *statement = store_statement(store, STATEMENT_JOURNAL_INSERT);
    enum store_status status = store_trouble_check(store, kiosk, now_ms, error);

    if (status == STORE_OK)
        status = id_draw(journal_id, error);
    if (status != STORE_OK)
        return status;
    store_bind_integers(statement, (int64_t[]){(int64_t)*journal_id, kiosk, now_ms, begins_after}, 4);
    status = store_run(store, statement, error);
    *journal = sqlite3_last_insert_rowid(store->db);
    for (size_t i = 0; i < STORE_JOURNALS_REMEMBERED; i++) {
        if (store->journals[i].id != 0 && store->journals[i].kiosk == kiosk)
            store->journals[i].is_over = true;
    }
    return status;
}

/* Offer the kiosk a journal: the newest that it never used, else a new one. What the kiosk has acknowledged
 * under another journal is not ours: the mark starts just below its oldest answer. */
static enum store_status journal_offer(struct store *store, const struct store_visitor *visitor,
                                       struct store_admitted *admitted, struct store_error *error)
{
    sqlite3_stmt *statement = store_statement(store, STATEMENT_JOURNAL_OFFERED);
    enum store_status status;
    bool has_row;

    admitted->admission = STORE_ADOPT;
    admitted->through = visitor->hello->oldest - 1;
    sqlite3_bind_int64(statement, 1, admitted->kiosk);
    status = store_row(store, statement, &has_row, error);
    if (status != STORE_OK)
        return status;
    if (has_row) {
        admitted->journal = sqlite3_column_int64(statement, 0);
        admitted->journal_id = (uint64_t)sqlite3_column_int64(statement, 1);
        sqlite3_reset(statement);
        /* What is remembered of it is what it was when it was offered before; or it is another's. */
        store->journals[(uint64_t)admitted->journal % STORE_JOURNALS_REMEMBERED].id = 0;
        statement = store_statement(store, STATEMENT_JOURNAL_REISSUE);
        store_bind_integers(statement, (int64_t[]){admitted->journal, admitted->through}, 2);
        return store_run(store, statement, error);
    }
    return store_journal_issue(store, admitted->kiosk, admitted->through, visitor->now_ms, &admitted->journal,
                               &admitted->journal_id, error);
}

/* Whether adopt=auto goes on at that port: not where a kiosk with a key was, nor where one after the other is offered
 * ids and never uses them, nor when there are as many kiosks without a key as anybody could have made up. */
static enum store_status port_is_open(struct store *store, const char *port, bool *is_open,
                                      struct store_error *error)
{
    sqlite3_stmt *statement = store_statement(store, STATEMENT_KIOSK_KEYED_AT);
    bool is_keyed, has_row;

    *is_open = false;
    store_bind_text(statement, 1, port);
    enum store_status status = store_row(store, statement, &is_keyed, error);
    sqlite3_reset(statement);
    if (status != STORE_OK || is_keyed)
        return status;
    statement = store_statement(store, STATEMENT_KIOSK_ROOM_AT);
    store_bind_text(statement, 1, port);
    sqlite3_bind_int64(statement, 2, STORE_UNUSED_MAX);
    sqlite3_bind_int64(statement, 3, STORE_UNKEYED_MAX);
    status = store_row(store, statement, &has_row, error);
    *is_open = status == STORE_OK && sqlite3_column_int(statement, 0) != 0;
    sqlite3_reset(statement);
    return status;
}

static enum store_status offer(struct store *store, const struct store_visitor *visitor,
                               struct store_admitted *admitted, struct store_error *error)
{
    enum store_status status = key_offer(store, visitor, admitted, error);

    return status == STORE_OK ? journal_offer(store, visitor, admitted, error) : status;
}

/* A kiosk that is not ours yet: ids wait for it, offered to it before or to nobody, or it waits for a manager. */
static enum store_status stranger(struct store *store, const struct store_visitor *visitor,
                                  struct store_admitted *admitted, struct store_error *error)
{
    sqlite3_stmt *statement = store_statement(store, STATEMENT_KIOSK_OFFERED);
    char name[NAME_SIZE];
    enum store_status status;
    bool has_row, is_open;

    store_bind_text(statement, 1, visitor->port);
    sqlite3_bind_int64(statement, 2, (int64_t)visitor->hello->kiosk_id);
    sqlite3_bind_int64(statement, 3, visitor->offered);
    sqlite3_bind_int(statement, 4, visitor->hello->minor >= 1); /* a key that was offered is not taken back */
    status = store_row(store, statement, &has_row, error);
    if (status != STORE_OK)
        return status;
    if (has_row) {
        admitted->kiosk = sqlite3_column_int64(statement, 0);
        admitted->kiosk_id = (uint64_t)sqlite3_column_int64(statement, 1);
        key_read(statement, 2, admitted->key);
        sqlite3_reset(statement);
        return offer(store, visitor, admitted, error);
    }
    status = port_is_open(store, visitor->port, &is_open, error);
    if (status != STORE_OK)
        return status;
    if (visitor->hello->kiosk_id != 0 || !visitor->is_auto_adopt || !is_open) {
        admitted->admission = visitor->hello->kiosk_id != 0 ? STORE_OTHER_DATABASE : STORE_PENDING;
        return pending_keep(store, visitor, error);
    }
    status = name_invent(store, visitor->port, name, error);
    if (status == STORE_OK)
        status = kiosk_insert(store, visitor->port, name, 0, visitor->now_ms, &admitted->kiosk,
                              &admitted->kiosk_id, error);
    if (status == STORE_OK)
        status = pending_delete(store, visitor->port, error);
    return status == STORE_OK ? offer(store, visitor, admitted, error) : status;
}

/* Whoever speaks is in use, whatever was said of it: its answers are taken as those of any other. */
static enum store_status retired_return(struct store *store, int64_t kiosk, int64_t now_ms,
                                        struct store_error *error)
{
    sqlite3_stmt *statement = store_statement(store, STATEMENT_KIOSK_RETURN);

    sqlite3_bind_int64(statement, 1, kiosk);
    enum store_status status = store_run(store, statement, error);
    if (status != STORE_OK || sqlite3_changes(store->db) == 0)
        return status;
    return store_alarm(
        store, "returned", kiosk, now_ms, error,
        "the kiosk was retired and speaks again: it is in use; if it should not be, unplug it and"
        " retire it again");
}

static enum store_status kiosk_heard(struct store *store, const struct store_visitor *visitor, int64_t kiosk,
                                     struct store_error *error)
{
    sqlite3_stmt *statement = store_statement(store, STATEMENT_KIOSK_HEARD);

    sqlite3_bind_int64(statement, 1, kiosk);
    store_bind_text(statement, 2, visitor->port);
    store_bind_text(statement, 3, visitor->hello->firmware);
    sqlite3_bind_int64(statement, 4, visitor->hello->boot);
    sqlite3_bind_int64(statement, 5, visitor->now_ms);
    enum store_status status = store_run(store, statement, error);
    return status == STORE_OK ? retired_return(store, kiosk, visitor->now_ms, error) : status;
}

static enum store_status journal_replace(struct store *store, const struct store_visitor *visitor,
                                         struct store_admitted *admitted, uint32_t through,
                                         struct store_error *error)
{
    enum store_status status = store_trouble_check(store, admitted->kiosk, visitor->now_ms, error);

    if (status == STORE_OK)
        status = journal_offer(store, visitor, admitted, error);
    if (status != STORE_OK)
        return status;
    return store_alarm(store, "journal_replaced", admitted->kiosk, visitor->now_ms, error,
                       "the kiosk is at answer %" PRIu32 " but %" PRIu32
                       " are stored: its memory is not the one"
                       " that was acknowledged; it goes on with a new journal",
                       visitor->hello->next - 1, through);
}

/* The kiosk comes with a journal of ours. It has it: it cannot be the one to offer. */
static enum store_status journal_resume(struct store *store, const struct store_visitor *visitor,
                                        struct store_admitted *admitted, struct store_error *error)
{
    const struct message_hello *hello = visitor->hello;
    sqlite3_stmt *statement = store_statement(store, STATEMENT_JOURNAL_USED);
    struct store_journal *journal;

    sqlite3_bind_int64(statement, 1, admitted->journal);
    enum store_status status = store_run(store, statement, error);
    if (status == STORE_OK)
        status = store_journal_get(store, admitted->journal, &journal, error);
    if (status != STORE_OK)
        return status;
    if (journal->is_over)
        return journal_offer(store, visitor, admitted, error); /* it was said when that was issued */
    if (hello->next <= journal->through)
        return journal_replace(store, visitor, admitted, journal->through, error);
    admitted->admission = STORE_ADMITTED;
    admitted->journal_id = hello->journal_id;
    if (status == STORE_OK && hello->oldest > journal->through + 1) {
        admitted->lost_first = journal->through + 1;
        admitted->lost_last = hello->oldest - 1;
        status =
            store_journal_skip(store, journal, admitted->lost_last, LOST_RESTORED, visitor->now_ms, error);
    }
    admitted->through = journal->through;
    return status;
}

static enum store_status journal_find(struct store *store, const struct message_hello *hello,
                                      struct store_admitted *admitted, struct store_error *error)
{
    sqlite3_stmt *statement = store_statement(store, STATEMENT_JOURNAL_BY_ID);
    bool has_row;

    store_bind_integers(statement, (int64_t[]){(int64_t)hello->journal_id, admitted->kiosk}, 2);
    enum store_status status = store_row(store, statement, &has_row, error);
    if (status != STORE_OK)
        return status;
    admitted->journal = has_row ? sqlite3_column_int64(statement, 0) : 0;
    sqlite3_reset(statement);
    return STORE_OK;
}

/* Look at what a kiosk with that id would find here, and touch nothing: this may be anybody. */
static enum store_status look(struct store *store, const struct message_hello *hello,
                              struct store_admitted *admitted, struct store_error *error)
{
    struct store_journal *journal;

    admitted->admission = STORE_UNPROVEN;
    admitted->kiosk_id = hello->kiosk_id;
    enum store_status status = journal_find(store, hello, admitted, error);
    if (status != STORE_OK || admitted->journal == 0)
        return status;
    status = store_journal_get(store, admitted->journal, &journal, error);
    if (status != STORE_OK || journal->is_over)
        return status;
    admitted->through = journal->through;
    admitted->journal_id = hello->journal_id;
    return STORE_OK;
}

static enum store_status known(struct store *store, const struct store_visitor *visitor,
                               struct store_admitted *admitted, struct store_error *error)
{
    enum store_status status = kiosk_heard(store, visitor, admitted->kiosk, error);

    if (status == STORE_OK)
        status = pending_delete(store, visitor->port, error);
    if (status != STORE_OK)
        return status;
    admitted->kiosk_id = visitor->hello->kiosk_id;
    status = journal_find(store, visitor->hello, admitted, error);
    if (status != STORE_OK)
        return status;
    return admitted->journal != 0 ? journal_resume(store, visitor, admitted, error)
                                  : journal_offer(store, visitor, admitted, error);
}

static enum store_status take_hello(struct store *store, const struct store_visitor *visitor, bool is_proven,
                                    struct store_admitted *admitted, struct store_error *error)
{
    const struct message_hello *hello = visitor->hello;
    sqlite3_stmt *statement;
    enum store_status status;
    bool has_row;

    error->text[0] = '\0';
    memset(admitted, 0, sizeof *admitted);
    if (hello->oldest == 0 || hello->next < hello->oldest)
        return store_refuse(error,
                            "a HELLO at %.60s contradicts itself: oldest answer %" PRIu32 ", next %" PRIu32,
                            visitor->port, hello->oldest, hello->next);
    if (hello->kiosk_id == 0)
        return stranger(store, visitor, admitted, error);
    statement = store_statement(store, STATEMENT_KIOSK_BY_ID);
    sqlite3_bind_int64(statement, 1, (int64_t)hello->kiosk_id);
    status = store_row(store, statement, &has_row, error);
    if (status != STORE_OK)
        return status;
    if (!has_row)
        return stranger(store, visitor, admitted, error);
    admitted->kiosk = sqlite3_column_int64(statement, 0);
    key_read(statement, 6, admitted->key);
    sqlite3_reset(statement);
    if (seal_is_key(admitted->key) && !is_proven)
        return look(store, hello, admitted, error);
    memset(admitted->key, 0, SEAL_KEY_SIZE);
    return known(store, visitor, admitted, error);
}

enum store_status store_hello(struct store *store, const struct store_visitor *visitor,
                              struct store_admitted *admitted, struct store_error *error)
{
    return take_hello(store, visitor, false, admitted, error);
}

enum store_status store_confirm(struct store *store, const struct store_visitor *visitor,
                                struct store_admitted *admitted, struct store_error *error)
{
    return take_hello(store, visitor, true, admitted, error);
}

static enum store_status name_check_free(struct store *store, const char *name, int64_t kiosk,
                                         struct store_error *error)
{
    int64_t holder = 0;
    enum store_status status = store_check_name(name, "kiosk", error);

    if (status == STORE_OK)
        status = name_free(store, name, kiosk, &holder, error);
    if (status == STORE_OK && holder != 0 && holder != kiosk)
        return store_refuse(error, "there is a kiosk \"%.64s\" already: choose another name", name);
    return status;
}

static enum store_status nobody_waits(struct store *store, const char *port, struct store_error *error)
{
    sqlite3_stmt *statement = store_statement(store, STATEMENT_PENDING_PORTS);
    enum store_status status;
    bool has_row;

    status = store_row(store, statement, &has_row, error);
    if (status != STORE_OK)
        return status;
    if (has_row && sqlite3_column_type(statement, 0) != SQLITE_NULL)
        status = store_refuse(error, "no kiosk waits at \"%.60s\"; one waits at: %.120s", port,
                              (const char *)sqlite3_column_text(statement, 0));
    else
        status =
            store_refuse(error, "no kiosk waits at \"%.60s\", nor anywhere else: is it plugged in?", port);
    sqlite3_reset(statement);
    return status;
}

enum store_status store_kiosk_adopt(struct store *store, const char *port, const char *name, int64_t now_ms,
                                    struct store_error *error)
{
    sqlite3_stmt *statement = store_statement(store, STATEMENT_PENDING_SELECT);
    int64_t former_id, kiosk;
    uint64_t kiosk_id;
    enum store_status status;
    bool has_row;

    error->text[0] = '\0';
    store_bind_text(statement, 1, port);
    status = store_row(store, statement, &has_row, error);
    if (status != STORE_OK)
        return status;
    if (!has_row)
        return nobody_waits(store, port, error);
    former_id = sqlite3_column_int64(statement, 0);
    sqlite3_reset(statement);
    status = name_check_free(store, name, 0, error);
    if (status == STORE_OK)
        status = kiosk_insert(store, port, name, former_id, now_ms, &kiosk, &kiosk_id, error);
    return status == STORE_OK ? pending_delete(store, port, error) : status;
}

static enum store_status kiosk_find(struct store *store, const char *which, int64_t *kiosk,
                                    struct store_error *error)
{
    sqlite3_stmt *statement;
    char *end;
    unsigned long long id;
    bool has_row, is_kept;
    enum store_status status = name_find(store, which, kiosk, &is_kept, error);

    if (status != STORE_OK || *kiosk != 0)
        return status;
    id = strtoull(which, &end, 16);
    if (end != which && *end == '\0') {
        statement = store_statement(store, STATEMENT_KIOSK_BY_ID);
        sqlite3_bind_int64(statement, 1, (int64_t)id);
        status = store_row(store, statement, &has_row, error);
        if (status == STORE_OK && has_row)
            *kiosk = sqlite3_column_int64(statement, 0);
        sqlite3_reset(statement);
    }
    if (status == STORE_OK && *kiosk == 0)
        return store_refuse(error, "there is no kiosk \"%.64s\": \"byname kiosk list\" shows them", which);
    return status;
}

enum store_status store_kiosk_rename(struct store *store, const char *which, const char *name,
                                     struct store_error *error)
{
    int64_t kiosk = 0;
    enum store_status status = kiosk_find(store, which, &kiosk, error);

    if (status == STORE_OK)
        status = name_check_free(store, name, kiosk, error);
    return status == STORE_OK ? name_set(store, kiosk, name, error) : status;
}

enum store_status store_kiosk_audience(struct store *store, const char *which, const char *audience,
                                       struct store_error *error)
{
    sqlite3_stmt *statement;
    int64_t kiosk = 0;
    enum store_status status = kiosk_find(store, which, &kiosk, error);

    if (status != STORE_OK)
        return status;
    if (strcmp(audience, "external") != 0 && strcmp(audience, "internal") != 0)
        return store_refuse(
            error, "an audience is external (customers) or internal (colleagues), not \"%.40s\"", audience);
    statement = store_statement(store, STATEMENT_KIOSK_AUDIENCE);
    sqlite3_bind_int64(statement, 1, kiosk);
    store_bind_text(statement, 2, audience);
    return store_run(store, statement, error);
}

enum store_status store_kiosk_retire(struct store *store, const char *which, int64_t now_ms,
                                     struct store_error *error)
{
    sqlite3_stmt *statement = store_statement(store, STATEMENT_KIOSK_RETIRE);
    int64_t kiosk = 0;
    bool has_row;
    enum store_status status = kiosk_find(store, which, &kiosk, error);

    if (status != STORE_OK)
        return status;
    store_bind_integers(statement, (int64_t[]){kiosk, now_ms, STORE_SILENCE_MS}, 3);
    status = store_run(store, statement, error);
    if (status != STORE_OK || sqlite3_changes(store->db) != 0)
        return status;
    statement = store_statement(store, STATEMENT_KIOSK_RETIRED);
    sqlite3_bind_int64(statement, 1, kiosk);
    status = store_row(store, statement, &has_row, error);
    if (status == STORE_OK)
        status =
            store_refuse(error,
                         has_row && sqlite3_column_int(statement, 0) != 0
                             ? "%.64s is retired already"
                             : "%.64s was heard just now: unplug it, wait two minutes, and retire it then",
                         which);
    sqlite3_reset(statement);
    return status;
}

/* Whether the stored heartbeat says the same, but for the uptime, and is not a minute old. */
static enum store_status health_is_known(struct store *store, int64_t kiosk, const int64_t *values, int count,
                                         int64_t now_ms, bool *is_known, struct store_error *error)
{
    sqlite3_stmt *statement = store_statement(store, STATEMENT_HEALTH_SELECT);
    enum store_status status;
    bool has_row;
    int64_t age_ms;

    sqlite3_bind_int64(statement, 1, kiosk);
    status = store_row(store, statement, &has_row, error);
    *is_known = false;
    if (status != STORE_OK || !has_row)
        return status;
    age_ms = now_ms - sqlite3_column_int64(statement, count);
    *is_known =
        sqlite3_column_type(statement, count) != SQLITE_NULL && age_ms >= 0 && age_ms < HEALTH_EVERY_MS;
    for (int i = 0; i < count; i++)
        *is_known = *is_known && sqlite3_column_int64(statement, i) == values[i];
    sqlite3_reset(statement);
    return STORE_OK;
}

enum store_status store_health(struct store *store, int64_t kiosk, const struct message_health *health,
                               int64_t now_ms, struct store_error *error)
{
    const int64_t values[] = {kiosk,
                              health->refused,
                              health->bad_frames,
                              health->resent,
                              health->pending,
                              health->bad_slots,
                              health->display_faults,
                              health->stuck_buttons,
                              health->uptime_s,
                              now_ms};
    sqlite3_stmt *statement;
    bool is_known;
    enum store_status status;

    error->text[0] = '\0';
    status = health_is_known(store, kiosk, values + 1, 7, now_ms, &is_known, error);
    if (status != STORE_OK || is_known)
        return status;
    statement = store_statement(store, STATEMENT_HEALTH_UPDATE);
    store_bind_integers(statement, values, 10);
    status = store_run(store, statement, error);
    return status == STORE_OK ? retired_return(store, kiosk, now_ms, error) : status;
}
