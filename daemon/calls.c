/* SPDX-License-Identifier: MIT */
#include "calls.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SECOND_CHANNELS (STORE_HELP_SECOND_COMMAND | STORE_HELP_SECOND_WEBHOOK)

struct attempt {
    bool is_under_way, is_over; /* over: announced, given up, or not configured */
    unsigned failures;
    int64_t due_ms, again_ms; /* monotonic; below 0 when that was before the host started */
};

struct entry {
    struct store_help_call call; /* id 0: free */
    struct attempt attempts[CALLS_CHANNELS];
};

struct calls {
    struct calls_outputs outputs;
    unsigned channels;
    struct entry entries[CALLS_MAX];
    char problems[CALLS_CHANNELS][CALLS_REASON_SIZE_MAX];
};

static const char *const channel_names[CALLS_CHANNELS] = {"help_command", "help_webhook",
                                                          "help_second_command", "help_second_webhook"};

#define NAME_OF_CODE(NAME, code, name) [code] = (name),

const char *calls_kind_name(enum call_kind kind)
{
    static const char *const names[] = {CALL_KINDS(NAME_OF_CODE)};

    return names[kind];
}

const char *calls_state_name(enum call_state state)
{
    static const char *const names[] = {CALL_STATES(NAME_OF_CODE)};

    return names[state];
}

static size_t index_of(enum store_help_channel channel)
{
    size_t index = 0;

    while ((1u << index) < (unsigned)channel)
        index++;
    return index;
}

struct calls *calls_create(unsigned channels, const struct calls_outputs *outputs)
{
    struct calls *calls = calloc(1, sizeof *calls);

    if (calls == NULL)
        return NULL;
    calls->channels = channels;
    calls->outputs = *outputs;
    return calls;
}

void calls_destroy(struct calls *calls)
{
    free(calls);
}

const char *calls_problem(const struct calls *calls, enum store_help_channel channel)
{
    const char *problem = calls->problems[index_of(channel)];

    return problem[0] == '\0' ? NULL : problem;
}

static void write_log(struct calls *calls, enum log_level level, const struct store_help_call *call,
                      const char *what)
{
    char text[STORE_NAME_SIZE_MAX + CALLS_REASON_SIZE_MAX + 128];

    snprintf(text, sizeof text, "%s %" PRId64 " at %s: %s",
             call->kind == CALL_KIND_HELP ? "help call" : "bad run", call->id, call->kiosk, what);
    calls->outputs.log(calls->outputs.context, level, text);
}

/* Calls --------------------------------------------------------------------------------------------------------- */

static struct entry *find(struct calls *calls, int64_t id)
{
    for (size_t i = 0; i < CALLS_MAX; i++) {
        if (calls->entries[i].call.id == id)
            return &calls->entries[i];
    }
    return NULL;
}

/* A free one, else that of the oldest call. */
static struct entry *find_room(struct calls *calls)
{
    struct entry *oldest = &calls->entries[0];

    for (size_t i = 0; i < CALLS_MAX; i++) {
        if (calls->entries[i].call.id < oldest->call.id)
            oldest = &calls->entries[i];
    }
    return oldest;
}

static int64_t age_ms(const struct store_help_call *call, const struct session_clock *clock)
{
    return clock->utc_ms > call->called_ms ? clock->utc_ms - call->called_ms : 0;
}

static void enter(struct calls *calls, const struct store_help_call *call, const struct session_clock *clock)
{
    struct entry *entry = find_room(calls);

    if (entry->call.id != 0)
        write_log(calls, LOG_LEVEL_ERROR, &entry->call,
                  "there are too many calls, it is not announced any more");
    *entry = (struct entry){.call = *call};
    for (size_t i = 0; i < CALLS_CHANNELS; i++) {
        unsigned channel = 1u << i;
        struct attempt *attempt = &entry->attempts[i];

        attempt->is_over = (calls->channels & channel) == 0 || (call->told & channel) != 0;
        attempt->due_ms = (int64_t)clock->now_ms - age_ms(call, clock);
        if ((channel & SECOND_CHANNELS) != 0)
            attempt->due_ms += CALLS_PATIENCE_MS;
        attempt->again_ms = attempt->due_ms;
    }
}

static void describe(const struct store_help_call *call, char *text, size_t capacity)
{
    switch (call->state) {
    case CALL_OPEN:
        if (call->kind == CALL_KIND_BAD_RUN)
            snprintf(text, capacity, "%u of %u ratings are unhappy", call->unhappy, call->ratings);
        else
            snprintf(text, capacity, "a customer asks somebody to come");
        break;
    case CALL_ACKNOWLEDGED:
        snprintf(text, capacity, "somebody is on the way");
        break;
    case CALL_CLOSED:
        snprintf(text, capacity, "closed");
        break;
    case CALL_MISSED:
        snprintf(text, capacity, "missed: it came too late to be raised");
        break;
    }
}

static void publish(struct calls *calls, const struct store_help_call *call,
                    const struct session_clock *clock)
{
    const struct calls_event event = {call->kind, call->state, call->id, call->changed_ms, call->kiosk};
    char text[CALLS_REASON_SIZE_MAX];

    describe(call, text, sizeof text);
    write_log(calls, call->state == CALL_MISSED ? LOG_LEVEL_WARNING : LOG_LEVEL_NOTICE, call, text);
    if (call->kind == CALL_KIND_HELP && call->state != CALL_MISSED)
        calls->outputs.tell_kiosk(calls->outputs.context, call, clock);
    calls->outputs.event(calls->outputs.context, &event);
}

void calls_on_call(struct calls *calls, const struct store_help_call *call, const struct session_clock *clock)
{
    struct entry *entry = find(calls, call->id);

    if (call->state != CALL_OPEN) {
        if (entry != NULL)
            *entry = (struct entry){.call = {.id = 0}};
        publish(calls, call, clock);
        return;
    }
    if (entry != NULL)
        return; /* told again */
    if (!call->is_raised && age_ms(call, clock) > STORE_HELP_LATE_MS) {
        calls->outputs.resume(calls->outputs.context);
        return;
    }
    enter(calls, call, clock);
    if (!call->is_raised) {
        publish(calls, call, clock);
        calls->outputs.keep(calls->outputs.context, call->id, 0);
    }
    (void)calls_tick(calls, clock);
}

/* Attempts ------------------------------------------------------------------------------------------------------ */

static void try(struct calls *calls, struct entry *entry, size_t index, const struct session_clock *clock)
{
    struct attempt *attempt = &entry->attempts[index];

    if (attempt->is_over || attempt->is_under_way || (int64_t)clock->now_ms < attempt->again_ms)
        return;
    if ((int64_t)clock->now_ms - attempt->due_ms > STORE_HELP_LATE_MS) {
        char text[CALLS_REASON_SIZE_MAX];
        snprintf(text, sizeof text, "given up by %s: it would come too late", channel_names[index]);
        write_log(calls, LOG_LEVEL_ERROR, &entry->call, text);
        attempt->is_over = true;
        return;
    }
    attempt->is_under_way = calls->outputs.announce(calls->outputs.context, &entry->call,
                                                    (enum store_help_channel)(1u << index), clock);
}

static bool is_over(const struct entry *entry)
{
    for (size_t i = 0; i < CALLS_CHANNELS; i++) {
        if (!entry->attempts[i].is_over)
            return false;
    }
    return true;
}

bool calls_tick(struct calls *calls, const struct session_clock *clock)
{
    bool is_any = false;

    for (size_t i = 0; i < CALLS_MAX; i++) {
        struct entry *entry = &calls->entries[i];

        if (entry->call.id == 0)
            continue;
        for (size_t channel = 0; channel < CALLS_CHANNELS; channel++)
            try(calls, entry, channel, clock);
        if (is_over(entry))
            *entry = (struct entry){.call = {.id = 0}};
        is_any = is_any || entry->call.id != 0;
    }
    return is_any;
}

static int64_t retry_ms(unsigned failures)
{
    int64_t delay_ms = CALLS_RETRY_MS_MIN << (failures - 1);

    return failures > 4 || delay_ms > CALLS_RETRY_MS_MAX ? CALLS_RETRY_MS_MAX : delay_ms;
}

void calls_on_announced(struct calls *calls, int64_t call, enum store_help_channel channel,
                        const char *reason, const struct session_clock *clock)
{
    size_t index = index_of(channel);
    struct entry *entry = find(calls, call);
    char *problem = calls->problems[index];

    if (reason[0] == '\0') {
        problem[0] = '\0';
        calls->outputs.keep(calls->outputs.context, call, channel);
    } else {
        snprintf(problem, CALLS_REASON_SIZE_MAX, "%s: %.120s", channel_names[index], reason);
    }
    if (entry == NULL)
        return; /* somebody is on the way already */
    struct attempt *attempt = &entry->attempts[index];
    attempt->is_under_way = false;
    attempt->is_over = reason[0] == '\0';
    if (attempt->is_over)
        return;
    if (attempt->failures++ == 0)
        write_log(calls, LOG_LEVEL_ERROR, &entry->call, problem);
    attempt->again_ms = (int64_t)clock->now_ms + retry_ms(attempt->failures);
}
