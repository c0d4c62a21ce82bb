/* SPDX-License-Identifier: MIT
 *
 * store_help.c - help calls and bad runs: made with the answers that mean them, changed by people and the daemon.
 */
#include "store_help.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "store_internal.h"

#define MINUTE_MS 60000
#define RESUME_MS 300000 /* nothing is announced of what is older: 3 min unacknowledged, and 2 min late */

/* News ---------------------------------------------------------------------------------------------------------- */

static void news_add(struct store *store, int64_t id)
{
    struct store_news *news = &store->news;

    for (size_t i = 0; i < news->count; i++)
        if (news->ids[i] == id)
            return; /* who takes it sees it as it is then */
    if (news->count == STORE_HELP_NEWS_MAX)
        news->is_more = true;
    else
        news->ids[news->count++] = id;
}

void store_help_committed(struct store *store)
{
    store->news.committed = store->news.count;
}

void store_help_forget(struct store *store)
{
    store->news.count = store->news.committed;
}

static void call_read(sqlite3_stmt *row, struct store_help_call *call)
{
    *call = (struct store_help_call){
        .id = sqlite3_column_int64(row, 0),
        .kind = (enum call_kind)sqlite3_column_int(row, 1),
        .state = (enum call_state)sqlite3_column_int(row, 2),
        .kiosk_id = (uint64_t)sqlite3_column_int64(row, 3),
        .visit = (uint32_t)sqlite3_column_int64(row, 5),
        .called_ms = sqlite3_column_int64(row, 6),
        .is_raised = sqlite3_column_int(row, 7) != 0,
        .told = (uint8_t)sqlite3_column_int(row, 8),
        .ratings = (uint16_t)sqlite3_column_int(row, 9),
        .unhappy = (uint16_t)sqlite3_column_int(row, 10),
        .changed_ms = sqlite3_column_int64(row, 11),
    };
    sqlite3_snprintf(sizeof call->kiosk, call->kiosk, "%s", sqlite3_column_text(row, 4)); /* NULL: "" */
}

enum store_status store_help_take(struct store *store, struct store_help_call calls[STORE_HELP_NEWS_MAX],
                                  size_t *count, bool *is_more, struct store_error *error)
{
    struct store_news *news = &store->news;
    enum store_status status = STORE_OK;
    bool has_row;

    error->text[0] = '\0';
    *count = 0;
    *is_more = news->is_more;
    for (size_t i = 0; status == STORE_OK && i < news->committed; i++) {
        sqlite3_stmt *statement = store_statement(store, STATEMENT_HELP_SELECT);

        sqlite3_bind_int64(statement, 1, news->ids[i]);
        status = store_row(store, statement, &has_row, error);
        if (has_row)
            call_read(statement, &calls[(*count)++]);
        sqlite3_reset(statement);
    }
    if (status == STORE_OK)
        *news = (struct store_news){.count = 0};
    return status;
}

/* The ids that a statement returns are news. */
static enum store_status run_news(struct store *store, sqlite3_stmt *statement, struct store_error *error)
{
    enum store_status status;
    bool has_row;

    do {
        status = store_row(store, statement, &has_row, error);
        if (has_row)
            news_add(store, sqlite3_column_int64(statement, 0));
    } while (has_row);
    sqlite3_reset(statement);
    return status;
}

/* Calls made by answers ------------------------------------------------------------------------------------------ */

struct made {
    enum call_kind kind;
    uint32_t seq, visit;
    int64_t called_ms, arrived_ms;
    int64_t ratings, unhappy, until_ms; /* of a bad run */
};

static enum store_status call_make(struct store *store, const struct store_journal *journal,
                                   const struct made *made, struct store_error *error)
{
    sqlite3_stmt *statement = store_statement(store, STATEMENT_HELP_INSERT);
    bool is_late = made->arrived_ms - made->called_ms > STORE_HELP_LATE_MS;
    enum store_status status;

    store_bind_integers(statement,
                        (int64_t[]){made->kind, journal->id, made->seq, made->visit, journal->kiosk,
                                    made->called_ms, made->arrived_ms, is_late ? CALL_MISSED : CALL_OPEN,
                                    made->ratings, made->unhappy, made->until_ms},
                        made->kind == CALL_KIND_BAD_RUN ? 11 : 8);
    status = store_run(store, statement, error);
    if (status == STORE_OK)
        news_add(store, sqlite3_last_insert_rowid(store->db));
    return status;
}

static bool is_staff_id(uint16_t value)
{
    return value >= STAFF_ID_MIN && value <= STAFF_ID_MAX;
}

enum store_status store_help_answer(struct store *store, const struct store_journal *journal,
                                    const struct answer *answer, int64_t pressed_ms, int64_t arrived_ms,
                                    struct store_error *error)
{
    const struct made made = {.kind = CALL_KIND_HELP,
                              .seq = answer->seq,
                              .visit = answer->seq - answer->visit_back,
                              .called_ms = pressed_ms,
                              .arrived_ms = arrived_ms};
    sqlite3_stmt *statement;

    if (answer->question == QUESTION_HELP && answer->value == HELP_YES)
        return call_make(store, journal, &made, error);
    if (answer->question != QUESTION_HERE)
        return STORE_OK;
    statement = store_statement(store, STATEMENT_HELP_HERE);
    store_bind_integers(statement, (int64_t[]){journal->kiosk, pressed_ms, answer->value},
                        is_staff_id(answer->value) ? 3 : 2);
    return run_news(store, statement, error);
}

/* What calls keep of their visits --------------------------------------------------------------------------------- */

_Static_assert(ANSWER_VISIT_BACK_MAX == 15, "STORE_HELP_VISIT_SQL looks as far as answers refer back");

void store_help_visit_values(const struct zone *zone, int64_t journal, const struct visit *visit,
                             int64_t values[STORE_HELP_VISIT_VALUES])
{
    static const enum period_level levels[] = {PERIOD_DAY, PERIOD_MONTH, PERIOD_YEAR};
    int64_t *starts_ms = &values[STORE_HELP_VISIT_VALUES - 3];

    values[0] = journal;
    values[1] = visit->seq;
    for (size_t i = 2; i < STORE_HELP_VISIT_VALUES; i++)
        values[i] = STORE_HELP_NULL;
    if (visit->replies[VISIT_REPLY(QUESTION_HELP)] != HELP_YES)
        return;
    values[2] = visit->time.instant_ms;
    values[3] = visit->time.span_ms;
    values[4] = visit_staff(visit);
    values[5] = visit_left_out(visit) == VISIT_COUNTED;
    for (size_t i = 0; i < 3; i++)
        if (tally_is_certain(zone, levels[i], &visit->time))
            starts_ms[i] = period_start(zone, levels[i], visit->time.instant_ms);
}

enum store_status store_help_visit(struct store *store, int64_t journal, const struct visit *visit,
                                   struct store_error *error)
{
    sqlite3_stmt *statement;
    int64_t values[STORE_HELP_VISIT_VALUES];

    if (visit->replies[VISIT_REPLY(QUESTION_HELP)] == VISIT_NOT_SHOWN)
        return STORE_OK;
    store_help_visit_values(store->zone, journal, visit, values);
    statement = store_statement(store, STATEMENT_HELP_VISIT);
    for (int i = 0; i < STORE_HELP_VISIT_VALUES; i++)
        if (values[i] != STORE_HELP_NULL)
            sqlite3_bind_int64(statement, i + 1, values[i]);
    return store_run(store, statement, error);
}

enum store_status store_help_visits(struct store *store, struct store_error *error)
{
    sqlite3_stmt *row = store_statement(store, STATEMENT_HELP_VISITS);
    enum store_status status;
    struct visit visit;
    bool has_row;

    do {
        status = store_row(store, row, &has_row, error);
        if (has_row) {
            store_visit_read(row, 0, &visit);
            status = store_help_visit(store, sqlite3_column_int64(row, 0), &visit, error);
        }
    } while (status == STORE_OK && has_row);
    sqlite3_reset(row);
    return status;
}

/* Bad runs --------------------------------------------------------------------------------------------------------- */

struct run {
    int64_t ratings, unhappy, newest_ms;
    int64_t last_id, last_until_ms; /* of the run noticed last; id 0: none */
};

static enum store_status run_count(struct store *store, const struct store_journal *journal, struct run *run,
                                   struct store_error *error)
{
    sqlite3_stmt *statement = store_statement(store, STATEMENT_BAD_RUN_COUNT);
    bool has_row;
    enum store_status status;

    store_bind_integers(statement,
                        (int64_t[]){journal->id, journal->newest.seq, STORE_BAD_RUN_RATINGS_MAX,
                                    (int64_t)store->bad_run.minutes * MINUTE_MS},
                        4);
    status = store_row(store, statement, &has_row, error);
    if (has_row) {
        run->ratings = sqlite3_column_int64(statement, 0);
        run->unhappy = sqlite3_column_int64(statement, 1);
        run->newest_ms = sqlite3_column_int64(statement, 2);
    }
    sqlite3_reset(statement);
    return status;
}

static enum store_status run_last(struct store *store, const struct store_journal *journal, struct run *run,
                                  struct store_error *error)
{
    sqlite3_stmt *statement = store_statement(store, STATEMENT_BAD_RUN_LAST);
    bool has_row;
    enum store_status status;

    sqlite3_bind_int64(statement, 1, journal->kiosk);
    status = store_row(store, statement, &has_row, error);
    if (has_row) {
        run->last_id = sqlite3_column_int64(statement, 0);
        run->last_until_ms = sqlite3_column_int64(statement, 1);
    }
    sqlite3_reset(statement);
    return status;
}

static enum store_status run_goes_on(struct store *store, const struct run *run, struct store_error *error)
{
    sqlite3_stmt *statement = store_statement(store, STATEMENT_BAD_RUN_GOES_ON);

    store_bind_integers(statement, (int64_t[]){run->last_id, run->newest_ms}, 2);
    return run->newest_ms > run->last_until_ms ? store_run(store, statement, error) : STORE_OK;
}

enum store_status store_help_judge(struct store *store, struct store_journal *journal,
                                   struct store_error *error)
{
    const struct store_bad_run *rule = &store->bad_run;
    const struct store_newest newest = journal->newest;
    struct run run = {0};
    enum store_status status;

    if (rule->percent == 0 || newest.seq == 0)
        return STORE_OK;
    status = run_count(store, journal, &run, error);
    journal->newest.seq = 0;
    if (status != STORE_OK || run.ratings < rule->ratings || run.unhappy * 100 < run.ratings * rule->percent)
        return status;
    status = run_last(store, journal, &run, error);
    if (status != STORE_OK)
        return status;
    if (run.last_id != 0 && run.newest_ms - run.last_until_ms <= (int64_t)rule->minutes * MINUTE_MS)
        return run_goes_on(store, &run, error);
    const struct made made = {CALL_KIND_BAD_RUN, newest.seq,  newest.seq,  newest.called_ms,
                              newest.arrived_ms, run.ratings, run.unhappy, run.newest_ms};
    return call_make(store, journal, &made, error);
}

/* What the daemon does --------------------------------------------------------------------------------------------- */

enum store_status store_help_resume(struct store *store, int64_t now_ms, struct store_error *error)
{
    sqlite3_stmt *statement = store_statement(store, STATEMENT_HELP_MISS);
    enum store_status status;

    error->text[0] = '\0';
    sqlite3_bind_int64(statement, 1, now_ms - STORE_HELP_LATE_MS);
    status = run_news(store, statement, error);
    if (status != STORE_OK)
        return status;
    statement = store_statement(store, STATEMENT_HELP_RESUME);
    store_bind_integers(statement, (int64_t[]){now_ms - RESUME_MS, STORE_HELP_NEWS_MAX / 2}, 2);
    return run_news(store, statement, error);
}

enum store_status store_help_raised(struct store *store, int64_t id, int64_t now_ms,
                                    struct store_error *error)
{
    sqlite3_stmt *statement = store_statement(store, STATEMENT_HELP_RAISED);

    error->text[0] = '\0';
    store_bind_integers(statement, (int64_t[]){id, now_ms}, 2);
    return store_run(store, statement, error);
}

enum store_status store_help_told(struct store *store, int64_t id, enum store_help_channel channel,
                                  struct store_error *error)
{
    sqlite3_stmt *statement = store_statement(store, STATEMENT_HELP_TOLD);

    error->text[0] = '\0';
    store_bind_integers(statement, (int64_t[]){id, channel}, 2);
    return store_run(store, statement, error);
}

enum store_status store_help_newest(struct store *store, int64_t kiosk, uint32_t *visit,
                                    enum help_state *state, struct store_error *error)
{
    sqlite3_stmt *statement = store_statement(store, STATEMENT_HELP_NEWEST);
    bool has_row;
    enum store_status status;

    error->text[0] = '\0';
    *visit = 0;
    *state = HELP_STATE_CLOSED;
    sqlite3_bind_int64(statement, 1, kiosk);
    status = store_row(store, statement, &has_row, error);
    if (has_row) {
        int call_state = sqlite3_column_int(statement, 1);

        if (call_state == CALL_OPEN || call_state == CALL_ACKNOWLEDGED) {
            *visit = (uint32_t)sqlite3_column_int64(statement, 0);
            *state = call_state == CALL_OPEN ? HELP_STATE_OPEN : HELP_STATE_ON_THE_WAY;
        }
    }
    sqlite3_reset(statement);
    return status;
}

bool store_knows_help(struct store *store)
{
    return sqlite3_table_column_metadata(store->db, "main", "help_call", NULL, NULL, NULL, NULL, NULL,
                                         NULL) == SQLITE_OK;
}

bool store_knows_call_tallies(const struct store *store)
{
    return !store->is_call_unknown;
}

enum store_status store_help_waiting(struct store *store, struct store_help_waiting *waiting,
                                     struct store_error *error)
{
    static const char sql[] =
        "SELECT help_call.id, called_ms, kind, kiosk.name, (SELECT count(*) FROM help_call WHERE state = 1)"
        " FROM help_call INDEXED BY help_call_open JOIN kiosk ON kiosk.id = kiosk WHERE state = 1"
        " ORDER BY called_ms, help_call.id LIMIT 1";
    sqlite3_stmt *statement = NULL;
    bool has_row;

    error->text[0] = '\0';
    *waiting = (struct store_help_waiting){0};
    if (!store_knows_help(store))
        return STORE_OK;
    int code = sqlite3_prepare_v2(store->db, sql, -1, &statement, NULL);
    if (code != SQLITE_OK)
        return store_sql_failed(store, code, error);
    enum store_status status = store_row(store, statement, &has_row, error);
    if (status == STORE_OK && has_row) {
        waiting->id = sqlite3_column_int64(statement, 0);
        waiting->called_ms = sqlite3_column_int64(statement, 1);
        waiting->kind = (enum call_kind)sqlite3_column_int(statement, 2);
        sqlite3_snprintf(sizeof waiting->kiosk, waiting->kiosk, "%s", sqlite3_column_text(statement, 3));
        waiting->count = sqlite3_column_int64(statement, 4);
    }
    sqlite3_finalize(statement);
    return status;
}

/* What people do --------------------------------------------------------------------------------------------------- */

/* The number and state of the call that `which` names. */
static enum store_status call_find(struct store *store, const char *which, int64_t *id,
                                   enum call_state *state, struct store_error *error)
{
    sqlite3_stmt *statement = store_statement(store, STATEMENT_HELP_STATE);
    bool is_number = which[0] != '\0' && strlen(which) <= 15 && which[strspn(which, "0123456789")] == '\0';
    bool has_row;
    enum store_status status;

    *id = is_number ? strtoll(which, NULL, 10) : 0; /* 0 is no call */
    sqlite3_bind_int64(statement, 1, *id);
    status = store_row(store, statement, &has_row, error);
    if (status != STORE_OK)
        return status;
    *state = has_row ? (enum call_state)sqlite3_column_int(statement, 0) : CALL_MISSED;
    sqlite3_reset(statement);
    if (!has_row)
        return store_refuse(error, "there is no help call \"%.40s\": \"byname help-calls\" shows them",
                            which);
    if (*state == CALL_MISSED)
        return store_refuse(error, "help call %" PRId64 " was missed: it came too late, and was never raised",
                            *id);
    if (*state == CALL_CLOSED)
        return store_refuse(error, "help call %" PRId64 " is closed already", *id);
    return STORE_OK;
}

/* The third parameter: who it was. */
static enum store_status staff_bind(struct store *store, sqlite3_stmt *statement, const char *staff,
                                    struct store_error *error)
{
    int64_t id;
    enum store_status status;

    if (staff == NULL)
        return STORE_OK;
    status = store_staff_find(store, staff, &id, error);
    if (status == STORE_OK)
        sqlite3_bind_int64(statement, 3, id);
    return status;
}

enum store_status store_help_acknowledge(struct store *store, const char *which, const char *staff,
                                         int64_t now_ms, struct store_error *error)
{
    sqlite3_stmt *statement = store_statement(store, STATEMENT_HELP_ACKNOWLEDGE);
    enum call_state state;
    int64_t id;
    enum store_status status;

    error->text[0] = '\0';
    status = call_find(store, which, &id, &state, error);
    if (status == STORE_OK && state == CALL_ACKNOWLEDGED)
        return store_refuse(error, "help call %" PRId64 " is acknowledged already: somebody is on the way",
                            id);
    if (status == STORE_OK)
        status = staff_bind(store, statement, staff, error);
    if (status != STORE_OK)
        return status;
    store_bind_integers(statement, (int64_t[]){id, now_ms}, 2);
    status = store_run(store, statement, error);
    if (status == STORE_OK)
        news_add(store, id);
    return status;
}

#define OUTCOME_NAME(NAME, code, name) {OUTCOME_##NAME, name},

/* 0: none of ours. */
static int outcome_find(const char *text)
{
    static const struct {
        int code;
        const char *name;
    } outcomes[] = {OUTCOMES(OUTCOME_NAME)};
    char name[16];

    snprintf(name, sizeof name, "%s", text);
    for (char *at = strchr(name, '-'); at != NULL; at = strchr(at, '-'))
        *at = '_';
    for (size_t i = 0; i < sizeof outcomes / sizeof outcomes[0]; i++)
        if (strcmp(outcomes[i].name, name) == 0)
            return outcomes[i].code;
    return 0;
}

enum store_status store_help_close(struct store *store, const char *which, const char *outcome,
                                   const char *remark, const char *staff, int64_t now_ms,
                                   struct store_error *error)
{
    sqlite3_stmt *statement = store_statement(store, STATEMENT_HELP_CLOSE);
    int code = outcome_find(outcome);
    enum call_state state;
    int64_t id;
    enum store_status status;

    error->text[0] = '\0';
    if (code == 0)
        return store_refuse(error, "\"%.40s\" is no outcome: solved, handed-on, could-not or abuse", outcome);
    if (remark != NULL && strlen(remark) > STORE_HELP_REMARK_SIZE_MAX)
        return store_refuse(error, "a remark has at most %d bytes", STORE_HELP_REMARK_SIZE_MAX);
    status = store_check_line(remark == NULL ? "" : remark, "remark", error);
    if (status == STORE_OK)
        status = call_find(store, which, &id, &state, error);
    if (status == STORE_OK)
        status = staff_bind(store, statement, staff, error);
    if (status != STORE_OK)
        return status;
    store_bind_integers(statement, (int64_t[]){id, now_ms}, 2);
    sqlite3_bind_int(statement, 4, code);
    store_bind_text(statement, 5, remark == NULL ? "" : remark);
    status = store_run(store, statement, error);
    if (status == STORE_OK)
        news_add(store, id);
    return status;
}
