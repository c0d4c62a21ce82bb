/* SPDX-License-Identifier: MIT */
#include "collector.h"

#include <string.h>
#include <sys/types.h>

#define TICK_US 100000
#define GROUP_US 10000
#define ROSTER_US 250000
#define RESTART_US (2 * SECOND_US)
#define CONGESTED_PER_MILLION 1000
#define START_UTC_MS INT64_C(1793617200000) /* Monday 2026-11-02 12:00 in Berlin */

ssize_t __wrap_getrandom(void *buffer, size_t size, unsigned flags);

static struct bench *random_source; /* getrandom has no context */

/* The linker puts it in the place of getrandom(2): ids are drawn from the seed, too. */
ssize_t __wrap_getrandom(void *buffer, size_t size, unsigned flags)
{
    uint8_t *bytes = buffer;

    (void)flags;
    for (size_t i = 0; i < size; i++)
        bytes[i] = (uint8_t)bench_draw(random_source);
    return (ssize_t)size;
}

const char *collector_port_name(uint16_t port)
{
    static const char *const names[COLLECTOR_PORTS_MAX] = {"Door", "Window", "Desk", "Stairs", "Yard"};

    return names[port];
}

struct session_clock collector_clock(const struct collector *collector)
{
    uint64_t ms = collector->bench->now_us / 1000;

    return (struct session_clock){1000000 + ms, START_UTC_MS + (int64_t)ms + collector->skew_ms,
                                  collector->is_clock_good};
}

void collector_init(struct collector *collector, struct bench *bench, struct disk *disk, const char *path)
{
    random_source = bench;
    collector->bench = bench;
    collector->disk = disk;
    collector->path = path;
    collector->start_us = 0;
    collector->asked_count = collector->done_count = 0;
    collector->dies_before_ack = false;
    collector->skew_ms = 0;
    collector->is_clock_good = true;
    memset(collector->down, 0, sizeof collector->down);
}

/* What the hub needs ------------------------------------------------------------------------------------- */

static bool is_congested(struct collector *collector, const char *what)
{
    if (!collector->bench->is_faulty || !bench_is(collector->bench, CONGESTED_PER_MILLION))
        return false;
    bench_fault(collector->bench, FAULT_CONGESTED, "daemon: %s is full", what);
    return true;
}

static bool on_send(void *context, uint16_t index, const uint8_t *bytes, size_t size)
{
    struct collector *collector = context;

    if (collector->down[index] == NULL || is_congested(collector, "a line"))
        return false;
    line_send(collector->down[index], bytes, size, collector->bench->now_us + size * 87);
    return true;
}

static bool on_request(void *context, const struct work *work)
{
    struct collector *collector = context;

    if (collector->asked_count == COLLECTOR_ASKED_MAX || is_congested(collector, "the writer's queue"))
        return false;
    collector->asked[collector->asked_count++] = *work;
    return true;
}

static uint64_t on_nonce(void *context)
{
    return bench_draw(((struct collector *)context)->bench);
}

static void on_log(void *context, enum log_level level, uint16_t index, const char *text)
{
    (void)level;
    bench_trace(((struct collector *)context)->bench, "daemon: %s: %s", collector_port_name(index), text);
}

/* Start and end ------------------------------------------------------------------------------------------ */

static bool open_hub(struct collector *collector)
{
    const struct hub_outputs outputs = {collector, on_send, on_request, on_nonce, on_log};
    struct session_options options[COLLECTOR_PORTS_MAX];
    struct session_clock clock = collector_clock(collector);

    for (uint16_t i = 0; i < collector->port_count; i++)
        options[i] = (struct session_options){i, collector_port_name(i), collector->is_auto_adopt,
                                              collector->is_help_on};
    collector->hub = hub_create(options, collector->port_count, &outputs, &clock);
    if (collector->hub == NULL)
        return false;
    for (uint16_t i = 0; i < collector->port_count; i++) {
        if (collector->down[i] != NULL)
            hub_on_open(collector->hub, i, &clock);
    }
    return true;
}

static void start(struct collector *collector)
{
    const struct store_options options = {
        .path = collector->path, .vfs = DISK_NAME, .store_name = "Test Street", .timezone = "Europe/Berlin"};
    struct store_error error;
    enum store_status status = store_open(&options, &collector->store, &error);

    if (status != STORE_OK || !open_hub(collector)) {
        bench_trace(collector->bench, "daemon: does not start: %s", error.text);
        collector_kill(collector, false, RESTART_US);
        return;
    }
    bench_trace(collector->bench, "daemon: started");
    collector->start_us = NEVER_US;
    collector->tick_us = collector->bench->now_us;
    collector->commit_us = collector->roster_us = 0;
    work_runner_init(&collector->runner, collector->store);
}

static void forget(struct collector *collector, uint64_t pause_us)
{
    store_close(collector->store);
    collector->store = NULL;
    hub_destroy(collector->hub);
    collector->hub = NULL;
    collector->asked_count = collector->done_count = 0;
    collector->dies_before_ack = false;
    collector->start_us = collector->bench->now_us + pause_us;
    disk_revive(collector->disk);
}

void collector_kill(struct collector *collector, bool is_host_cut, uint64_t pause_us)
{
    disk_stop(collector->disk);
    forget(collector, pause_us);
    if (is_host_cut)
        disk_lose_power(collector->disk);
}

void collector_stop(struct collector *collector, uint64_t pause_us)
{
    bench_trace(collector->bench, "daemon: stops");
    forget(collector, pause_us);
}

void collector_end(struct collector *collector)
{
    collector_stop(collector, 0);
}

/* The writer, inline ------------------------------------------------------------------------------------- */

static void on_broken(struct collector *collector, const struct store_error *error)
{
    if (fault_vfs_is_off(collector->disk->vfs)) {
        bench_fault(collector->bench, FAULT_KILLED_IN_COMMIT,
                    "daemon: killed in the middle of a transaction");
        bool is_host_cut = bench_is(collector->bench, 500000);
        if (is_host_cut)
            bench_fault(collector->bench, FAULT_HOST_CUT, "daemon: its machine lost power");
        collector_kill(collector, is_host_cut, bench_between(collector->bench, 100000, 5 * SECOND_US));
        return;
    }
    bench_trace(collector->bench, "daemon: stops: %s", error->text);
    collector_stop(collector, RESTART_US);
}

static void run_batch(struct collector *collector)
{
    struct work *items[COLLECTOR_ASKED_MAX];
    struct store_error error;

    for (unsigned i = 0; i < collector->asked_count; i++) {
        collector->done[i] = collector->asked[i];
        items[i] = &collector->done[i];
    }
    enum store_status status = work_run(&collector->runner, items, collector->asked_count, &error);
    if (status == STORE_BROKEN) {
        on_broken(collector, &error);
        return;
    }
    bench_trace(collector->bench, "daemon: %u requests: %s", collector->asked_count,
                status == STORE_OK ? "committed" : error.text);
    collector->done_count = collector->asked_count;
    collector->asked_count = 0;
    collector->commit_us = collector->bench->now_us;
    collector->done_us = collector->bench->now_us + bench_between(collector->bench, 500, 8000);
}

static void take_done(struct collector *collector)
{
    struct session_clock clock = collector_clock(collector);

    if (collector->dies_before_ack) {
        bench_fault(collector->bench, FAULT_KILLED_BEFORE_ACK, "daemon: killed between a commit and its ACK");
        collector_kill(collector, bench_is(collector->bench, 300000),
                       bench_between(collector->bench, 100000, 5 * SECOND_US));
        return;
    }
    for (unsigned i = 0; i < collector->done_count; i++)
        hub_result(collector->hub, &collector->done[i], &clock);
    collector->done_count = 0;
}

static void make_roster(struct collector *collector)
{
    struct session_clock clock = collector_clock(collector);
    struct work_roster roster;
    struct store_error error;
    bool is_more;

    if (collector->bench->now_us < collector->roster_us + ROSTER_US ||
        !work_is_roster_stale(&collector->runner, clock.utc_ms))
        return;
    enum store_status status = work_roster_make(&collector->runner, clock.utc_ms, &roster, &is_more, &error);
    if (is_more)
        return;
    collector->roster_us = collector->bench->now_us;
    if (status == STORE_OK)
        hub_roster(collector->hub, &roster, &clock);
    else if (status == STORE_BROKEN)
        on_broken(collector, &error);
}

void collector_step(struct collector *collector)
{
    struct bench *bench = collector->bench;

    if (collector->store == NULL) {
        if (bench->now_us >= collector->start_us)
            start(collector);
        return;
    }
    if (collector->done_count > 0 && bench->now_us >= collector->done_us) {
        take_done(collector);
        return;
    }
    if (collector->asked_count > 0 && collector->done_count == 0 &&
        bench->now_us >= collector->commit_us + GROUP_US) {
        run_batch(collector);
        return;
    }
    if (bench->now_us < collector->tick_us)
        return;
    struct session_clock clock = collector_clock(collector);
    hub_tick(collector->hub, &clock);
    collector->tick_us += TICK_US;
    make_roster(collector);
}

uint64_t collector_due_us(const struct collector *collector)
{
    uint64_t due_us = collector->tick_us;

    if (collector->store == NULL)
        return collector->start_us;
    if (collector->done_count > 0)
        return collector->done_us < due_us ? collector->done_us : due_us;
    if (collector->asked_count > 0 && collector->commit_us + GROUP_US < due_us)
        return collector->commit_us + GROUP_US;
    return due_us;
}

/* Lines and requests ------------------------------------------------------------------------------------- */

void collector_receive(struct collector *collector, uint16_t port, const uint8_t *bytes, size_t size)
{
    struct session_clock clock = collector_clock(collector);

    if (collector->store != NULL)
        hub_receive(collector->hub, port, bytes, size, &clock);
}

void collector_plug(struct collector *collector, uint16_t port, struct line *down)
{
    struct session_clock clock = collector_clock(collector);

    collector->down[port] = down;
    if (collector->store == NULL)
        return;
    if (down != NULL)
        hub_on_open(collector->hub, port, &clock);
    else
        hub_on_closed(collector->hub, port, HUB_LINE_ABSENT, "", &clock);
}

bool collector_call(struct collector *collector, work_function *function, void *context)
{
    if (collector->store == NULL || collector->asked_count == COLLECTOR_ASKED_MAX)
        return false;
    collector->asked[collector->asked_count++] = (struct work){
        .kind = WORK_CALL,
        .session = WORK_NO_SESSION,
        .now_ms = collector_clock(collector).utc_ms,
        .ask.call = {function, context},
    };
    return true;
}
