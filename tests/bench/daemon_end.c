/* SPDX-License-Identifier: MIT */
#include "daemon_end.h"

#include <stdio.h>
#include <string.h>

#define START_UTC_MS INT64_C(1793617200000) /* Monday 2026-11-02 12:00 in Berlin */
#define START_MS 1000000
#define TICK_MS 100

static struct session_clock clock_of(const struct daemon_end *end)
{
    return (struct session_clock){START_MS + end->now_ms, START_UTC_MS + (int64_t)end->now_ms, true};
}

static bool on_send(void *context, uint16_t index, const uint8_t *bytes, size_t size)
{
    struct daemon_end *end = context;

    end->send(end->user, index, bytes, size);
    return true;
}

/* Where several answers end is the session's business: it asks to store what follows on what it has. */
static bool on_request(void *context, const struct work *work)
{
    struct daemon_end *end = context;

    if (end->asked_count == DAEMON_END_ASKED_MAX)
        return false;
    if (work->kind == WORK_ANSWERS && work->session == 0)
        end->through = work->ask.answers.answers[work->ask.answers.count - 1].seq;
    end->asked[end->asked_count++] = *work;
    return true;
}

static uint64_t on_nonce(void *context)
{
    struct daemon_end *end = context;

    return ++end->drawn * 0x9E3779B97F4A7C15u;
}

static void on_log(void *context, enum log_level level, uint16_t index, const char *text)
{
    (void)context, (void)level, (void)index, (void)text;
}

bool daemon_end_open(struct daemon_end *end, const char *path, uint16_t port_count)
{
    static char names[WORK_SESSIONS_MAX][8];
    struct session_options lines[WORK_SESSIONS_MAX] = {0};
    const struct store_options store = {
        .path = path, .store_name = "Test Street", .timezone = "Europe/Berlin"};
    const struct hub_outputs outputs = {end, on_send, on_request, on_nonce, on_log};
    struct session_clock clock = clock_of(end);
    struct store_error error;

    if (store_open(&store, &end->store, &error) != STORE_OK) {
        fprintf(stderr, "%s\n", error.text);
        return false;
    }
    work_runner_init(&end->runner, end->store);
    for (uint16_t i = 0; i < port_count; i++) {
        snprintf(names[i], sizeof names[i], "Door %u", i % 100);
        lines[i] = (struct session_options){.port = names[i], .is_auto_adopt = true, .is_help_on = true};
    }
    end->hub = hub_create(lines, port_count, &outputs, &clock);
    if (end->hub == NULL)
        return false;
    for (uint16_t i = 0; i < port_count; i++)
        hub_on_open(end->hub, i, &clock);
    return true;
}

void daemon_end_close(struct daemon_end *end)
{
    hub_destroy(end->hub);
    store_close(end->store);
}

void daemon_end_plug(struct daemon_end *end, uint16_t port)
{
    struct session_clock clock = clock_of(end);

    hub_on_closed(end->hub, port, HUB_LINE_ABSENT, "", &clock);
    hub_on_open(end->hub, port, &clock);
}

void daemon_end_take(struct daemon_end *end, uint16_t port, const uint8_t *bytes, size_t size)
{
    struct session_clock clock = clock_of(end);

    hub_receive(end->hub, port, bytes, size, &clock);
}

static void run_batch(struct daemon_end *end)
{
    struct work *items[DAEMON_END_ASKED_MAX];
    struct store_error error;

    end->done_count = end->asked_count;
    end->asked_count = 0;
    memcpy(end->done, end->asked, end->done_count * sizeof end->done[0]);
    for (unsigned i = 0; i < end->done_count; i++)
        items[i] = &end->done[i];
    if (work_run(&end->runner, items, end->done_count, &error) != STORE_OK)
        fprintf(stderr, "%s\n", error.text); /* the kiosk waits in vain, and its caller says so */
    end->committed_ms = end->done_ms = end->now_ms + DAEMON_END_COMMIT_MS;
}

static void take_done(struct daemon_end *end)
{
    struct session_clock clock = clock_of(end);

    for (unsigned i = 0; i < end->done_count; i++)
        hub_result(end->hub, &end->done[i], &clock);
    end->done_count = 0;
}

static void tell_roster(struct daemon_end *end)
{
    struct session_clock clock = clock_of(end);
    struct work_roster roster;
    struct store_error error;
    bool is_more;

    if (work_is_roster_stale(&end->runner, clock.utc_ms) &&
        work_roster_make(&end->runner, clock.utc_ms, &roster, &is_more, &error) == STORE_OK && !is_more)
        hub_roster(end->hub, &roster, &clock);
}

void daemon_end_step(struct daemon_end *end, uint64_t now_ms)
{
    end->now_ms = now_ms;
    if (end->done_count > 0 && now_ms >= end->done_ms)
        take_done(end);
    if (end->done_count == 0 && end->asked_count > 0 && now_ms >= end->committed_ms + DAEMON_END_GROUP_MS)
        run_batch(end);
    if (now_ms >= end->ticked_ms + TICK_MS) {
        struct session_clock clock = clock_of(end);
        end->ticked_ms = now_ms;
        hub_tick(end->hub, &clock);
        tell_roster(end);
    }
}

const struct session *daemon_end_session(const struct daemon_end *end, uint16_t port)
{
    return hub_kiosk(end->hub, port).session;
}
