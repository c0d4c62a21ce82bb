/* SPDX-License-Identifier: MIT
 *
 * store_privacy.c - the policy, what it leaves of an answer, and the log of reads.
 */
#include "store_privacy.h"

#include <string.h>

#include "store_internal.h"

#define HOUR_MS INT64_C(3600000)
#define HAPPY_MIN 4

static const char *const attribute_names[] = {"all", "positive", "none"};

const char *store_attribute_name(enum store_attribute attribute)
{
    return attribute_names[attribute];
}

bool store_attribute_parse(const char *name, enum store_attribute *attribute)
{
    for (int i = ATTRIBUTE_ALL; i <= ATTRIBUTE_NONE; i++) {
        if (strcmp(attribute_names[i], name) != 0)
            continue;
        *attribute = (enum store_attribute)i;
        return true;
    }
    return false;
}

/* Policy --------------------------------------------------------------------------------------------------------- */

enum store_status store_policy_between(struct store *store, int64_t from_ms, int64_t to_ms,
                                       enum store_attribute *attribute, struct store_error *error)
{
    sqlite3_stmt *statement = store_statement(store, STATEMENT_POLICY_BETWEEN);
    bool has_row;

    store_bind_integers(statement, (int64_t[]){from_ms, to_ms}, 2);
    enum store_status status = store_row(store, statement, &has_row, error);
    *attribute = ATTRIBUTE_ALL;
    if (status == STORE_OK) /* a max has always a row */
        *attribute = (enum store_attribute)sqlite3_column_int(statement, 0);
    sqlite3_reset(statement);
    return status;
}

enum store_status store_policy_set(struct store *store, enum store_attribute attribute, int64_t now_ms,
                                   struct store_error *error)
{
    sqlite3_stmt *statement;
    enum store_attribute present;

    error->text[0] = '\0';
    enum store_status status = store_policy_between(store, now_ms, INT64_MAX, &present, error);
    if (status == STORE_OK && present == attribute)
        return store_refuse(error, "the policy is attribute = %s already", store_attribute_name(attribute));
    if (status != STORE_OK)
        return status;
    statement = store_statement(store, STATEMENT_POLICY_SET);
    store_bind_integers(statement, (int64_t[]){now_ms, attribute}, 2);
    store->roster_generation++; /* with none, kiosks know no names */
    status = store_run(store, statement, error);
    if (status == STORE_OK && attribute == ATTRIBUTE_NONE)
        status = store_run(store, store_statement(store, STATEMENT_PRESENCE_CLEAR), error);
    return status;
}

/* What an answer says about staff, and so what a policy may withhold. */
static bool is_about_staff(const struct answer *answer)
{
    switch (answer->question) {
    case QUESTION_SERVED:
    case QUESTION_STAFF:
    case QUESTION_MENTION:
    case QUESTION_SIGN_ON:
    case QUESTION_SIGN_OFF:
        return true;
    default:
        return false;
    }
}

static bool holds_number(const struct answer *answer)
{
    bool has_one =
        answer->question == QUESTION_HERE || (is_about_staff(answer) && answer->question != QUESTION_MENTION);

    return has_one && answer->value != ANSWER_SKIPPED && answer->value != ANSWER_NONE;
}

/* A kiosk that was out of reach may still name somebody who was erased meanwhile. */
enum store_status store_privacy_replace(struct store *store, struct answer *answer, struct store_error *error)
{
    sqlite3_stmt *statement = store_statement(store, STATEMENT_ERASED_FIND);
    bool has_row;

    if (!holds_number(answer))
        return STORE_OK;
    sqlite3_bind_int(statement, 1, answer->value);
    enum store_status status = store_row(store, statement, &has_row, error);
    if (status == STORE_OK && has_row)
        answer->value = STORE_FORMER_STAFF;
    sqlite3_reset(statement);
    return status;
}

static bool is_of_happy_visit(const struct store_journal *journal, const struct answer *answer)
{
    uint32_t seq = answer->seq - answer->visit_back;
    const struct visit *visit = &journal->window.visits[seq % VISIT_WINDOW_CAPACITY];

    return visit->seq == seq && visit->rating >= HAPPY_MIN;
}

enum store_status store_privacy_apply(struct store *store, const struct store_journal *journal,
                                      const struct visit_time *time, struct answer *answer,
                                      struct store_error *error)
{
    enum store_attribute attribute = ATTRIBUTE_ALL;
    enum store_status status;

    if (!is_about_staff(answer))
        return STORE_OK;
    status =
        store_policy_between(store, time->instant_ms, time->instant_ms + time->span_ms, &attribute, error);
    if (status != STORE_OK || attribute == ATTRIBUTE_ALL)
        return status;
    bool is_sign = answer->question == QUESTION_SIGN_ON || answer->question == QUESTION_SIGN_OFF;
    if (attribute == ATTRIBUTE_POSITIVE && (is_sign || is_of_happy_visit(journal, answer)))
        return STORE_OK;
    answer->question = QUESTION_VOID;
    answer->value = STORE_VOID_WITHHELD;
    return STORE_OK;
}

/* Reads ---------------------------------------------------------------------------------------------------------- */

enum store_status store_access_note(struct store *store, const char *reader, const char *what,
                                    const char *staff, int64_t now_ms, struct store_error *error)
{
    sqlite3_stmt *statement;
    int64_t id = 0;
    enum store_status status = STORE_OK;

    error->text[0] = '\0';
    if (staff != NULL)
        status = store_staff_known(store, staff, &id, error);
    if (status != STORE_OK)
        return status;
    statement = store_statement(store, STATEMENT_ACCESS_NOTE);
    sqlite3_bind_int64(statement, 1, now_ms - now_ms % HOUR_MS);
    store_bind_text(statement, 2, reader);
    store_bind_text(statement, 3, what);
    sqlite3_bind_int64(statement, 4, id);
    sqlite3_bind_int64(statement, 5, now_ms);
    return store_run(store, statement, error);
}
