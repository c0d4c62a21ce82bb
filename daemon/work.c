/* SPDX-License-Identifier: MIT */
#include "work.h"

#include <string.h>

#include "daemon/store_privacy.h"
#include "daemon/store_retention.h"

void work_runner_init(struct work_runner *runner, struct store *store)
{
    memset(runner, 0, sizeof *runner);
    runner->store = store;
}

static enum store_status run_presence(struct store *store, struct work *work, int64_t kiosk)
{
    if (!work->asks_presence)
        return STORE_OK;
    return store_presence(store, kiosk, work->now_ms, work->present, &work->present_count, &work->error);
}

/* It comes soon after the start and by the hour, when the clock is good: so it also says that the daemon listens. */
static enum store_status run_purge(struct store *store, struct work *work)
{
    enum store_status status = store_listen(store, work->now_ms, &work->error);

    return status == STORE_OK ? store_retention_step(store, work->now_ms, &work->result.is_more, &work->error)
                              : status;
}

static enum store_status run_hello(struct store *store, struct work *work)
{
    struct work_admitted *result = &work->result.hello;
    const struct store_visitor visitor = {
        .hello = &work->ask.hello.hello,
        .port = work->ask.hello.port,
        .is_auto_adopt = work->ask.hello.is_auto_adopt,
        .offered = work->ask.hello.offered,
        .now_ms = work->now_ms,
    };

    memset(result, 0, sizeof *result);
    enum store_status status = work->kind == WORK_CONFIRM
                                   ? store_confirm(store, &visitor, &result->admitted, &work->error)
                                   : store_hello(store, &visitor, &result->admitted, &work->error);
    if (status != STORE_OK)
        return status;
    memcpy(result->database_id, store_database_id(store), DATABASE_ID_SIZE);
    if (result->admitted.admission != STORE_ADMITTED)
        return STORE_OK;
    status =
        store_heard(store, result->admitted.kiosk, work->now_ms, work->origin.is_clock_good, &work->error);
    if (status == STORE_OK)
        status = run_presence(store, work, result->admitted.kiosk);
    if (status == STORE_OK)
        status = store_help_newest(store, result->admitted.kiosk, &result->help_visit, &result->help_state,
                                   &work->error);
    return status;
}

static enum store_status run_health(struct store *store, struct work *work)
{
    enum store_status status =
        store_health(store, work->origin.kiosk, &work->ask.health, work->now_ms, &work->error);

    if (status == STORE_OK)
        status =
            store_heard(store, work->origin.kiosk, work->now_ms, work->origin.is_clock_good, &work->error);
    return status == STORE_OK ? run_presence(store, work, work->origin.kiosk) : status;
}

static enum store_status run_help(struct store *store, struct work *work)
{
    const struct work_help *help = &work->ask.help;

    if (help->what == WORK_HELP_RESUME)
        return store_help_resume(store, work->now_ms, &work->error);
    if (help->what == WORK_HELP_RAISED)
        return store_help_raised(store, help->call, work->now_ms, &work->error);
    return store_help_told(store, help->call, help->channel, &work->error);
}

static bool carries_answers(const struct work *work)
{
    return (work->kind == WORK_ANSWERS || work->kind == WORK_LOST) && work->session < WORK_SESSIONS_MAX;
}

static bool has_failed_before(const struct work_runner *runner, const struct work *work)
{
    return carries_answers(work) && runner->failed[work->session].is_set &&
           runner->failed[work->session].epoch == work->epoch;
}

static enum store_status run_one(struct work_runner *runner, struct work *work)
{
    struct store *store = runner->store;

    work->error.text[0] = '\0';
    switch (work->kind) {
    case WORK_HELLO:
    case WORK_CONFIRM:
        work->midnight_in_s = store_midnight_in_s(store, work->now_ms);
        return run_hello(store, work);
    case WORK_ANSWERS:
        return store_answers(store, &work->origin, work->ask.answers.answers, work->ask.answers.count,
                             &work->result.ingested, &work->error);
    case WORK_LOST:
        return store_lost(store, &work->origin, &work->ask.lost, &work->result.ingested, &work->error);
    case WORK_HEALTH:
        work->midnight_in_s = store_midnight_in_s(store, work->now_ms);
        return run_health(store, work);
    case WORK_CALL:
        return work->ask.call.function(store, work->ask.call.context, &work->error);
    case WORK_HELP:
        return run_help(store, work);
    case WORK_PURGE:
        return run_purge(store, work);
    }
    return STORE_BROKEN;
}

/* The first status that ended the transaction, or STORE_OK. */
static enum store_status run_all(struct work_runner *runner, struct work *const items[], size_t count,
                                 struct store_error *error)
{
    for (size_t i = 0; i < count; i++) {
        if (has_failed_before(runner, items[i])) {
            items[i]->status = STORE_FULL;
            continue;
        }
        uint64_t alarms = store_alarm_generation(runner->store);
        items[i]->status = run_one(runner, items[i]);
        items[i]->alarms = (uint32_t)(store_alarm_generation(runner->store) - alarms);
        if (items[i]->status == STORE_FULL || items[i]->status == STORE_BROKEN) {
            *error = items[i]->error;
            return items[i]->status;
        }
    }
    return STORE_OK;
}

static void fail_all(struct work_runner *runner, struct work *const items[], size_t count,
                     enum store_status status, const struct store_error *error)
{
    for (size_t i = 0; i < count; i++) {
        items[i]->status = status;
        items[i]->error = *error;
        if (!carries_answers(items[i]))
            continue;
        runner->failed[items[i]->session].is_set = true;
        runner->failed[items[i]->session].epoch = items[i]->epoch;
    }
}

static void note_broken(struct work_runner *runner, enum store_status status, const struct store_error *error)
{
    if (status != STORE_BROKEN)
        return;
    runner->is_broken = true;
    runner->broken = *error;
}

enum store_status work_run(struct work_runner *runner, struct work *const items[], size_t count,
                           struct store_error *error)
{
    error->text[0] = '\0';
    if (runner->is_broken) {
        *error = runner->broken;
        fail_all(runner, items, count, STORE_BROKEN, error);
        return STORE_BROKEN;
    }
    enum store_status status = store_begin(runner->store, error);
    if (status == STORE_OK)
        status = run_all(runner, items, count, error);
    if (status == STORE_OK)
        status = store_commit(runner->store, error);
    if (status != STORE_OK) {
        store_rollback(runner->store);
        fail_all(runner, items, count, status, error);
    }
    note_broken(runner, status, error);
    return status;
}

enum store_status work_checkpoint(struct work_runner *runner, struct store_error *error)
{
    if (runner->is_broken) {
        *error = runner->broken;
        return STORE_BROKEN;
    }
    enum store_status status = store_checkpoint(runner->store, error);
    note_broken(runner, status, error);
    return status;
}

void work_mark_followed(struct work *list)
{
    struct work *newest[WORK_SESSIONS_MAX] = {NULL};

    for (struct work *work = list; work != NULL; work = work->next) {
        work->is_followed = false;
        if (!carries_answers(work) || work->status != STORE_OK)
            continue;
        if (newest[work->session] != NULL && newest[work->session]->epoch == work->epoch)
            newest[work->session]->is_followed = true;
        newest[work->session] = work;
    }
}

enum store_status work_take_calls(struct work_runner *runner,
                                  struct store_help_call calls[STORE_HELP_NEWS_MAX], size_t *count,
                                  bool *is_more, struct store_error *error)
{
    enum store_status status = store_help_take(runner->store, calls, count, is_more, error);

    note_broken(runner, status, error);
    return status;
}

bool work_is_roster_stale(const struct work_runner *runner, int64_t now_ms)
{
    return !runner->is_roster_made || now_ms >= runner->roster_until_ms ||
           runner->roster_generation != store_roster_generation(runner->store) ||
           runner->counts_generation != store_counts_generation(runner->store);
}

static enum store_status fill_roster(struct store *store, int64_t now_ms, struct work_roster *roster,
                                     bool *is_more, struct store_error *error)
{
    enum store_attribute attribute;
    enum store_status status = store_note_shown(store, roster->note, error);

    if (status == STORE_OK)
        status = store_policy_between(store, now_ms, now_ms, &attribute, error);
    if (status == STORE_OK && attribute != ATTRIBUTE_NONE) /* with none a kiosk knows nobody to ask for */
        status = store_roster(store, roster->entries, &roster->count, error);
    if (status == STORE_OK)
        status = store_counts_prepare(store, roster->entries, roster->count, now_ms, is_more, error);
    for (uint8_t i = 0; status == STORE_OK && !*is_more && i < roster->count; i++) {
        roster->version = message_roster_version(roster->version, &roster->entries[i]);
        status = store_counts(store, roster->entries[i].id, now_ms, &roster->counts[i], error);
        roster->counts[i].staff_id = roster->entries[i].id;
        roster->counts[i].token = 0;
    }
    return status;
}

enum store_status work_roster_make(struct work_runner *runner, int64_t now_ms, struct work_roster *roster,
                                   bool *is_more, struct store_error *error)
{
    uint64_t roster_generation = store_roster_generation(runner->store);
    uint64_t counts_generation = store_counts_generation(runner->store);

    memset(roster, 0, sizeof *roster);
    *is_more = false;
    if (runner->is_broken) {
        *error = runner->broken;
        return STORE_BROKEN;
    }
    enum store_status status = store_begin(runner->store, error);
    if (status == STORE_OK)
        status = fill_roster(runner->store, now_ms, roster, is_more, error);
    if (status == STORE_OK)
        status = store_commit(runner->store, error);
    if (status != STORE_OK) {
        store_rollback(runner->store);
        note_broken(runner, status, error);
        *is_more = false;
        return status;
    }
    if (*is_more)
        return STORE_OK;
    runner->is_roster_made = true;
    runner->roster_generation = roster_generation;
    runner->counts_generation = counts_generation;
    runner->roster_until_ms = now_ms + (int64_t)store_midnight_in_s(runner->store, now_ms) * 1000;
    return STORE_OK;
}
