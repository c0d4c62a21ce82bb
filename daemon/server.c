/* SPDX-License-Identifier: MIT */
#include "server.h"

#include <event2/event.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <systemd/sd-daemon.h>

#include "daemon/announce.h"
#include "daemon/api.h"
#include "daemon/clock.h"
#include "daemon/compact.h"
#include "daemon/csv.h"
#include "daemon/events.h"
#include "daemon/front.h"
#include "daemon/http.h"
#include "daemon/hub.h"
#include "daemon/metrics.h"
#include "daemon/ods.h"
#include "daemon/ports.h"
#include "daemon/reader.h"
#include "daemon/report.h"
#include "daemon/store_privacy.h"
#include "daemon/tls.h"
#include "daemon/writer.h"

#define TICK_MS 100  /* while something is under way ... */
#define REST_MS 1000 /* ... and while nothing is: kiosks may fall silent, and answers turn too old */
#define PURGE_CHECK_MS 3600000 /* by the next hour what turned too old at midnight begins to go */
#define PURGE_QUEUE_MAX 4      /* more requests than that go first */
#define PURGE_PIECE_MS 100     /* between two pieces */
#define STATUS_PATH "/api/v1/status"
#define MIGRATION_TOLD_MS 10000 /* how often it is said that it goes on */
#define MIGRATION_ALLOWANCE_MS \
    300000               /* systemd waits so much longer each time, also for the writing at its end */
#define WATCHDOG_SHARE 4 /* so often in systemd's time do loop and writer say that they live */

enum event_index { ON_TICK, ON_WRITTEN, ON_READ, ON_VERIFIED, ON_TERM, ON_INT, ON_HUP, EVENT_COUNT };

struct server {
    const struct config *config;
    const char *config_path;
    struct event_base *base;
    struct clock_watch watch;
    uint64_t started_ms;
    uint64_t migration_begun_ms, migration_told_ms;
    uint64_t watchdog_every_ms, watchdog_fed_ms; /* every 0: nobody watches */

    struct http *http; /* the unix socket */
    struct http *tcp;  /* NULL: off */
    struct tls *tls;
    struct front *front;
    struct events_kiosks kiosks;
    struct metrics_counters counters;
    struct store *store; /* the writer's once it runs */
    struct reader *reader, *verifier;
    struct writer *writer;
    struct ports *ports;
    struct hub *hub;
    struct calls *calls;
    struct announce *announce;
    bool is_resume_due; /* the store is to say which calls are still to be raised */
    bool is_purging;    /* the writer has a piece of it */
    uint64_t purge_ms;  /* when it is asked again what is too old (monotonic) */

    struct event *events[EVENT_COUNT];
    bool is_tick_quick;
    bool is_stopping;
    uint64_t stop_by_ms;
    int exit_status;
};

/* A request of byname under way. */
struct exchange {
    struct http_request *request;
    struct api_call *call;
    bool is_metrics; /* the call is status; its reply is said as metrics */
    bool is_logging; /* the call has run, and is on its way to the log of reads */
};

/* How long a tick may wait while nothing is under way. */
static uint64_t rest_ms(const struct server *server)
{
    bool is_watched_closely = server->watchdog_every_ms != 0 && server->watchdog_every_ms < REST_MS;

    return is_watched_closely ? server->watchdog_every_ms : REST_MS;
}

/* Quick from when something begins that ticks go on with, until a tick finds nothing under way. */
static void set_tick(struct server *server, bool is_quick)
{
    uint64_t ms = is_quick ? TICK_MS : rest_ms(server);

    if (server->is_tick_quick == is_quick)
        return;
    const struct timeval pause = {(time_t)(ms / 1000), (suseconds_t)(ms % 1000 * 1000)};
    event_add(server->events[ON_TICK], &pause); /* from then on as often */
    server->is_tick_quick = is_quick;
}

/* Requests of byname ---------------------------------------------------------------------------------------------- */

static struct api_live look(struct server *server, struct store_error *writer_error)
{
    return (struct api_live){
        .hub = server->hub,
        .calls = server->calls,
        .devices = ports_devices(server->ports),
        .clock = clock_read(&server->watch),
        .is_synchronised = server->watch.is_synchronised,
        .has_stepped = server->watch.has_stepped,
        .writer_status = writer_status(server->writer, writer_error),
        .writer_error = writer_error->text,
        .database = server->config->database,
        .store_name = server->config->store,
        .origin = server->front == NULL ? NULL : front_origin(server->front),
        .certificate_problem = tls_problem(server->tls),
        .certificate_dates = tls_dates(server->tls),
        .certificate_sentence = tls_dates_sentence(server->tls),
        .started_ms = server->started_ms,
    };
}

static void reply(struct http_request *request, int status, const json_t *json)
{
    char *text = compact_text(json);

    http_reply_json(request, text == NULL ? 500 : status,
                    text == NULL ? "{\"error\":\"out of memory\"}" : text);
    free(text);
}

static void reply_metrics(struct server *server, struct http_request *request, const json_t *status)
{
    char *text = metrics_text(status, &server->counters);
    const struct http_answer answer = {
        .status = 200, .type = METRICS_TYPE, .body = text, .size = text == NULL ? 0 : strlen(text)};

    if (text == NULL)
        http_reply_json(request, 503, "{\"error\":\"out of memory\"}");
    else
        http_reply(request, &answer);
    free(text);
}

/* A report for a spreadsheet, as a file. */
static void reply_file(struct http_request *request, const json_t *report, enum render_format format)
{
    const struct render_options options = {.format = format};
    const char *kind = json_string_value(json_object_get(report, "kind"));
    char name[HTTP_FILE_SIZE_MAX], *bytes = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&bytes, &size);
    bool is_whole = out != NULL && render(out, report, &options);

    is_whole = out != NULL && fclose(out) == 0 && is_whole;
    snprintf(name, sizeof name, "byname-%s.%s", kind, format == RENDER_ODS ? "ods" : "csv");
    const struct http_answer answer = {
        .status = 200,
        .type = format == RENDER_ODS ? ODS_TYPE : CSV_TYPE,
        .body = bytes,
        .size = size,
        .file = name,
    };
    if (is_whole)
        http_reply(request, &answer);
    else
        http_reply_json(request, 503, "{\"error\":\"out of memory\"}");
    free(bytes);
}

static void free_exchange(void *context)
{
    struct exchange *exchange = context;

    api_call_destroy(exchange->call);
    free(exchange);
}

static bool is_token_good(void *context, int64_t token)
{
    struct server *server = context;

    return front_knows_token(server->front, token);
}

static void log_read(struct server *server, struct exchange *exchange);

static void finish_exchange(struct server *server, struct exchange *exchange, enum store_status status,
                            const struct store_error *error)
{
    struct store_error writer_error;
    const struct api_live live = look(server, &writer_error);
    json_t *json;

    if (status == STORE_OK && !exchange->is_logging && api_call_is_to_be_logged(exchange->call)) {
        log_read(server, exchange);
        return;
    }
    int code = api_call_finish(exchange->call, status, error, &live, &json);
    if (exchange->is_metrics && code == 200)
        reply_metrics(server, exchange->request, json);
    else if (code == 200 && api_call_format(exchange->call) != RENDER_JSON)
        reply_file(exchange->request, json, api_call_format(exchange->call));
    else
        reply(exchange->request, code, json);
    const char *port = api_call_adopted_port(exchange->call);
    if (port != NULL)
        hub_renew(server->hub, port, &live.clock);
    const struct token_list *tokens = api_call_tokens(exchange->call);
    if (tokens != NULL && server->front != NULL) {
        front_set_tokens(server->front, tokens);
        http_stream_end(server->tcp, is_token_good, server);
    }
    free_exchange(exchange);
}

static enum store_status run_log(struct store *store, void *context, struct store_error *error)
{
    struct exchange *exchange = context;

    return api_call_log(store, exchange->call, error);
}

/* The reply waits for the commit: what nobody could look up afterwards is not shown. */
static void log_read(struct server *server, struct exchange *exchange)
{
    const struct store_error busy = {"the log of reads takes nothing now; try again in a moment"};
    const struct work work = {
        .kind = WORK_CALL,
        .session = WORK_NO_SESSION,
        .now_ms = clock_utc_ms(),
        .ask.call = {run_log, exchange},
    };

    exchange->is_logging = true;
    if (server->is_stopping || !writer_submit(server->writer, &work))
        finish_exchange(server, exchange, STORE_FULL, &busy);
}

static enum store_status run_exchange(struct store *store, void *context, struct store_error *error)
{
    struct exchange *exchange = context;

    return api_call_run(store, exchange->call, error);
}

static bool submit(struct server *server, struct exchange *exchange)
{
    struct work work = {
        .kind = WORK_CALL,
        .session = WORK_NO_SESSION,
        .now_ms = clock_utc_ms(),
        .ask.call = {run_exchange, exchange},
    };

    switch (api_call_where(exchange->call)) {
    case API_READER:
        set_tick(server, true);
        return reader_submit(server->reader, run_exchange, exchange);
    case API_VERIFIER:
        return reader_submit(server->verifier, run_exchange, exchange);
    case API_WRITER:
        return !server->is_stopping && writer_submit(server->writer, &work);
    case API_NOWHERE:
        break;
    }
    return false;
}

static void call(struct server *server, struct http_request *request, const struct api_request *api_request,
                 bool is_metrics)
{
    const struct store_error busy = {"too many requests at once; try again in a moment"};
    struct exchange *exchange;

    exchange = calloc(1, sizeof *exchange);
    if (exchange == NULL || (exchange->call = api_call_create(api_request)) == NULL) {
        free(exchange);
        http_reply_json(request, 503, "{\"error\":\"out of memory\"}");
        return;
    }
    exchange->request = request;
    exchange->is_metrics = is_metrics;
    if (api_call_where(exchange->call) == API_NOWHERE)
        finish_exchange(server, exchange, STORE_OK, &busy);
    else if (!submit(server, exchange))
        finish_exchange(server, exchange, STORE_FULL, &busy);
    /* What was submitted comes back, and is freed then. NOLINTNEXTLINE(clang-analyzer-unix.Malloc) */
}

static void on_event(void *context, unsigned audience, const char *text)
{
    struct server *server = context;

    http_stream_send(server->http, audience, text);
    http_stream_send(server->tcp, audience, text);
}

static void serve_call(struct server *server, struct http_request *request,
                       const struct http_message *message, const struct access_who *who)
{
    char reader[STORE_READER_SIZE_MAX];
    const struct api_request api_request = {
        .is_post = message->method == HTTP_METHOD_POST,
        .path = message->path,
        .query = message->query,
        .body = message->body,
        .now_ms = clock_utc_ms(),
        .scope = who->scope,
        .staff = who->staff,
        .reader = reader,
    };

    if (who->scope == TOKEN_LOCAL)
        snprintf(reader, sizeof reader, "uid %u", message->uid);
    else
        snprintf(reader, sizeof reader, "token %" PRId64, who->token);

    call(server, request, &api_request, false);
}

static void serve_events(struct server *server, struct http_request *request, const struct access_who *who)
{
    if (server->is_stopping || !http_stream_begin(request, EVENTS_FOR(who->scope), who->token))
        http_reply_json(request, 503, "{\"error\":\"too many listen already; try again in a moment\"}");
}

/* Made of what status says, for whoever may see a board: of both, what is nobody's. */
static void serve_metrics(struct server *server, struct http_request *request, const struct access_who *who)
{
    const struct api_request api_request = {
        .path = STATUS_PATH, .query = "", .body = "", .now_ms = clock_utc_ms()};

    if (who->scope == TOKEN_STAFF)
        http_reply_json(request, 403, "{\"error\":\"your token does not open this\"}");
    else
        call(server, request, &api_request, true);
}

static void serve(struct server *server, struct http_request *request, const struct http_message *message,
                  const struct access_who *who)
{
    bool is_get = message->method == HTTP_METHOD_GET;

    if (message->method == HTTP_METHOD_OTHER)
        http_reply_json(request, 405, "{\"error\":\"paths take GET or POST\"}");
    else if (is_get && strcmp(message->path, EVENTS_PATH) == 0)
        serve_events(server, request, who);
    else if (is_get && strcmp(message->path, FRONT_METRICS_PATH) == 0)
        serve_metrics(server, request, who);
    else
        serve_call(server, request, message, who);
}

static void on_socket_request(void *context, struct http_request *request, const struct http_message *message)
{
    const struct access_who who = {.scope = TOKEN_LOCAL};

    serve(context, request, message, &who);
}

static void on_tcp_request(void *context, struct http_request *request, const struct http_message *message)
{
    struct server *server = context;
    struct access_who who;

    if (!front_answer(server->front, request, message, &who))
        serve(server, request, message, &who);
}

static void take_results(struct server *server, struct reader *reader)
{
    struct reader_result result;

    while (reader_take(reader, &result))
        finish_exchange(server, result.context, result.status, &result.error);
}

static void on_read(evutil_socket_t fd, short what, void *context)
{
    struct server *server = context;

    (void)fd, (void)what;
    take_results(server, server->reader);
}

static void on_verified(evutil_socket_t fd, short what, void *context)
{
    struct server *server = context;

    (void)fd, (void)what;
    take_results(server, server->verifier);
}

/* Help calls ------------------------------------------------------------------------------------------------------ */

static bool submit_help(struct server *server, const struct work_help *help)
{
    const struct work work = {
        .kind = WORK_HELP, .session = WORK_NO_SESSION, .now_ms = clock_utc_ms(), .ask.help = *help};

    return !server->is_stopping && writer_submit(server->writer, &work);
}

static bool on_help_announce(void *context, const struct store_help_call *call,
                             enum store_help_channel channel, const struct session_clock *clock)
{
    struct server *server = context;

    set_tick(server, true);
    return !server->is_stopping && announce_start(server->announce, call, channel, clock);
}

/* What could not be kept is announced once more after a restart, if it is not too late then. */
static void on_help_keep(void *context, int64_t call, unsigned channel)
{
    const struct work_help help = {channel == 0 ? WORK_HELP_RAISED : WORK_HELP_TOLD, call,
                                   (enum store_help_channel)channel};

    (void)submit_help(context, &help);
}

static void on_help_resume(void *context)
{
    struct server *server = context;

    server->is_resume_due = true;
}

static void on_help_tell_kiosk(void *context, const struct store_help_call *call,
                               const struct session_clock *clock)
{
    static const enum help_state states[] = {[CALL_OPEN] = HELP_STATE_OPEN,
                                             [CALL_ACKNOWLEDGED] = HELP_STATE_ON_THE_WAY,
                                             [CALL_CLOSED] = HELP_STATE_CLOSED,
                                             [CALL_MISSED] = HELP_STATE_CLOSED};
    struct server *server = context;

    hub_help(server->hub, call->kiosk_id, call->visit, states[call->state], clock);
}

static void on_help_event(void *context, const struct calls_event *event)
{
    const struct events_sink sink = {context, on_event};

    events_say(&sink, "help", EVENTS_FOR_MANAGERS,
               json_pack("{s:I, s:I, s:s, s:s, s:o}", "at_ms", (json_int_t)event->instant_ms, "call",
                         (json_int_t)event->call, "event", calls_kind_name(event->kind), "state",
                         calls_state_name(event->state), "kiosk", report_text(event->kiosk)));
}

static void on_help_log(void *context, enum log_level level, const char *text)
{
    (void)context;
    log_line(level, "%s", text);
}

static void on_announced(void *context, int64_t call, enum store_help_channel channel, const char *reason)
{
    struct server *server = context;
    struct session_clock clock = clock_read(&server->watch);

    calls_on_announced(server->calls, call, channel, reason, &clock);
}

static void take_calls(struct server *server)
{
    struct store_help_call calls[WRITER_CALLS_MAX];
    struct session_clock clock = clock_read(&server->watch);
    bool is_more;
    size_t count = writer_take_calls(server->writer, calls, &is_more);

    for (size_t i = 0; i < count; i++)
        calls_on_call(server->calls, &calls[i], &clock);
    server->is_resume_due = server->is_resume_due || is_more;
    if (count > 0 || server->is_resume_due)
        set_tick(server, true);
}

/* True while calls are still to be announced. */
static bool tick_help(struct server *server, const struct session_clock *clock)
{
    const struct work_help resume = {.what = WORK_HELP_RESUME};

    if (server->is_resume_due && submit_help(server, &resume))
        server->is_resume_due = false;
    bool is_announcing = announce_tick(server->announce, clock->now_ms);
    return calls_tick(server->calls, clock) || is_announcing || server->is_resume_due;
}

/* Stopping -------------------------------------------------------------------------------------------------------- */

static void begin_stop(struct server *server, int exit_status)
{
    if (exit_status != 0)
        server->exit_status = exit_status;
    if (server->is_stopping)
        return;
    server->is_stopping = true;
    server->stop_by_ms = clock_monotonic_ms() + SERVER_STOP_MS - 4 * TICK_MS;
    set_tick(server, true);
    (void)sd_notify(0, "STOPPING=1");
    ports_stop_reading(server->ports);
    http_stop_listening(server->http);
    http_stop_listening(server->tcp);
}

static void break_when_done(struct server *server)
{
    bool is_busy = writer_pending(server->writer) > 0 || ports_is_writing(server->ports) ||
                   http_is_busy(server->http) || http_is_busy(server->tcp);

    if (server->is_stopping && (!is_busy || clock_monotonic_ms() >= server->stop_by_ms))
        event_base_loopbreak(server->base);
}

/* The writer ------------------------------------------------------------------------------------------------------ */

/* What did not reach the disk must not be believed by anybody: no ACK, no more writing, a clean start. */
static bool stop_when_broken(struct server *server)
{
    struct store_error error;

    if (writer_status(server->writer, &error) != STORE_BROKEN)
        return false;
    if (!server->is_stopping)
        log_line(LOG_LEVEL_ERROR, "the database cannot be trusted any more, stopping: %s", error.text);
    begin_stop(server, 1);
    return true;
}

static void count_work(struct metrics_counters *counters, const struct work *work)
{
    if (work->status != STORE_OK)
        return;
    counters->alarms += work->alarms;
    if (work->kind != WORK_ANSWERS)
        return;
    counters->answers += work->result.ingested.stored;
    counters->ratings += events_new_ratings(work, NULL);
}

/* A piece at a time, and answers between them. */
static void purged(struct server *server, const struct work *work)
{
    bool is_more = work->status == STORE_OK && work->result.is_more;

    server->is_purging = false;
    server->purge_ms = clock_monotonic_ms() + (is_more ? PURGE_PIECE_MS : PURGE_CHECK_MS);
    if (is_more)
        set_tick(server, true);
}

static void take_work(struct server *server, struct work *work)
{
    const struct events_sink sink = {server, on_event};
    struct session_clock clock = clock_read(&server->watch);

    if (work->kind == WORK_CALL) {
        server->purge_ms = 0; /* it may have changed for how long answers are kept */
        finish_exchange(server, work->ask.call.context, work->status, &work->error);
    } else if (work->kind == WORK_HELP) {
        if (work->ask.help.what == WORK_HELP_RESUME && work->status == STORE_FULL)
            server->is_resume_due = true;
    } else if (work->kind == WORK_PURGE) {
        purged(server, work);
    } else if (work->status != STORE_BROKEN) {
        hub_result(server->hub, work, &clock);
        if (work->session < server->config->kiosk_count)
            events_of_work(&sink, work, server->config->kiosks[work->session].name);
        count_work(&server->counters, work);
    }
}

static void on_written(evutil_socket_t fd, short what, void *context)
{
    struct server *server = context;
    struct work_roster roster;
    struct work *work = writer_take(server->writer);

    (void)fd, (void)what;
    work_mark_followed(work);
    while (work != NULL) {
        struct work *next = work->next;
        take_work(server, work);
        free(work);
        work = next;
    }
    take_calls(server);
    if (!stop_when_broken(server) && writer_take_roster(server->writer, &roster)) {
        struct session_clock clock = clock_read(&server->watch);
        hub_roster(server->hub, &roster, &clock);
    }
    break_when_done(server);
}

/* What the hub needs ---------------------------------------------------------------------------------------------- */

static bool on_hub_send(void *context, uint16_t index, const uint8_t *bytes, size_t size)
{
    struct server *server = context;

    if (hub_is_busy(server->hub, index))
        set_tick(server, true);
    return ports_send(server->ports, index, bytes, size);
}

static bool on_hub_request(void *context, const struct work *work)
{
    struct server *server = context;

    return !server->is_stopping && writer_submit(server->writer, work);
}

static uint64_t on_hub_nonce(void *context)
{
    uint64_t nonce = 0;

    (void)context;
    (void)!getrandom(&nonce, sizeof nonce, 0); /* 8 bytes are never cut short (getrandom(2)) */
    return nonce;
}

static void on_hub_log(void *context, enum log_level level, uint16_t index, const char *text)
{
    struct server *server = context;

    set_tick(server, true); /* who watches is told at once */
    log_line(level, "kiosk %s: %s", server->config->kiosks[index].name, text);
}

/* What is too old goes a piece at a time, when the writer has little else to do and the clock can be trusted: by a clock
 * that is wrong everything would be old. True when a piece is due before the next tick could be. */
static bool tick_purge(struct server *server, const struct session_clock *clock)
{
    const struct work work = {.kind = WORK_PURGE, .session = WORK_NO_SESSION, .now_ms = clock->utc_ms};

    if (server->is_purging || server->is_stopping || !clock->is_good ||
        clock->now_ms + REST_MS < server->purge_ms)
        return false;
    if (clock->now_ms >= server->purge_ms && writer_pending(server->writer) <= PURGE_QUEUE_MAX)
        server->is_purging = writer_submit(server->writer, &work);
    return !server->is_purging;
}

/* Time and signals ------------------------------------------------------------------------------------------------ */

/* The loop speaks, so it lives; the writer lives when it came round since the last time. */
static void feed_watchdog(struct server *server, uint64_t now_ms)
{
    if (server->watchdog_every_ms == 0 || now_ms - server->watchdog_fed_ms < server->watchdog_every_ms)
        return;
    server->watchdog_fed_ms = now_ms;
    if (writer_has_come_round(server->writer))
        (void)sd_notify(0, "WATCHDOG=1");
}

static void tell_kiosks(struct server *server)
{
    const struct events_sink sink = {server, on_event};
    struct store_error writer_error;
    const struct api_live live = look(server, &writer_error);

    events_of_kiosks(&sink, &server->kiosks, &live);
}

static void on_tick(evutil_socket_t fd, short what, void *context)
{
    struct server *server = context;
    struct session_clock clock = clock_read(&server->watch);

    (void)fd, (void)what;
    bool is_quick = hub_tick(server->hub, &clock);
    is_quick = tick_help(server, &clock) || is_quick;
    is_quick = tick_purge(server, &clock) || is_quick;
    is_quick = reader_tick(server->reader, clock.now_ms) || is_quick;
    tell_kiosks(server);
    tls_tick(server->tls, clock.now_ms, clock.utc_ms);
    feed_watchdog(server, clock.now_ms);
    set_tick(server, is_quick || server->is_stopping);
    break_when_done(server);
}

static void on_stop_signal(evutil_socket_t number, short what, void *context)
{
    (void)what;
    log_line(LOG_LEVEL_NOTICE, "stopping (%s)", number == SIGTERM ? "SIGTERM" : "SIGINT");
    begin_stop(context, 0);
    break_when_done(context);
}

static void on_hangup_signal(evutil_socket_t number, short what, void *context)
{
    struct server *server = context;

    (void)number, (void)what;
    log_line(LOG_LEVEL_NOTICE,
             "SIGHUP: nothing is read again; restart bynamed to take over changes of %s (kiosks "
             "keep their answers meanwhile)",
             server->config_path);
}

/* Starting -------------------------------------------------------------------------------------------------------- */

/* Before the loop starts, so that nothing waits for it but the kiosks and systemd. */
static void on_migration(void *context, const struct store_migration *migration)
{
    struct server *server = context;
    uint64_t now_ms = clock_monotonic_ms();
    const char *path = server->config->database;

    if (migration->moment == STORE_MIGRATION_BEGINS) {
        server->migration_begun_ms = server->migration_told_ms = now_ms;
        log_line(LOG_LEVEL_NOTICE,
                 "raising the tables of %s from version %d to %d: this can take some minutes for %" PRId64
                 " answers (kiosks keep theirs meanwhile)",
                 path, migration->from, migration->to, migration->answers);
    } else if (migration->moment == STORE_MIGRATION_IS_DONE) {
        log_line(LOG_LEVEL_NOTICE, "the tables of %s are raised, after %" PRIu64 " s", path,
                 (now_ms - server->migration_begun_ms) / 1000);
    } else if (now_ms - server->migration_told_ms >= MIGRATION_TOLD_MS) {
        server->migration_told_ms = now_ms;
        (void)sd_notifyf(0, "EXTEND_TIMEOUT_USEC=%" PRIu64, MIGRATION_ALLOWANCE_MS * UINT64_C(1000));
        log_line(LOG_LEVEL_NOTICE, "still raising the tables of %s, for %" PRIu64 " s now", path,
                 (now_ms - server->migration_begun_ms) / 1000);
    }
}

static bool open_stores(struct server *server)
{
    const struct store_options options = {
        .path = server->config->database,
        .store_name = server->config->store,
        .timezone = server->config->timezone,
        .bad_run = server->config->bad_run,
        .on_migration = on_migration,
        .migration_context = server,
    };
    struct store_error error;

    if (store_open(&options, &server->store, &error) != STORE_OK ||
        reader_start(&options, SERVER_READ_LIMIT_MS, &server->reader, &error) != STORE_OK ||
        reader_start(&options, 0, &server->verifier, &error) != STORE_OK) {
        log_line(LOG_LEVEL_ERROR, "database %s: %s", server->config->database, error.text);
        return false;
    }
    return true;
}

static bool start_writer(struct server *server)
{
    struct store_error error;

    server->writer = writer_start(server->store, &error);
    if (server->writer == NULL)
        log_line(LOG_LEVEL_ERROR, "%s", error.text);
    return server->writer != NULL;
}

static bool open_hub(struct server *server)
{
    const struct config *config = server->config;
    const struct hub_outputs outputs = {server, on_hub_send, on_hub_request, on_hub_nonce, on_hub_log};
    struct session_options options[CONFIG_KIOSKS_MAX];
    struct session_clock clock = clock_read(&server->watch);

    for (uint16_t i = 0; i < config->kiosk_count; i++)
        options[i] =
            (struct session_options){i, config->kiosks[i].name, config->is_auto_adopt, config->is_help_on};
    server->hub = hub_create(options, config->kiosk_count, &outputs, &clock);
    server->ports = ports_create(server->base, config, &server->watch);
    return server->hub != NULL && server->ports != NULL;
}

static bool open_help(struct server *server)
{
    const struct calls_outputs outputs = {server,         on_help_announce,   on_help_keep,
                                          on_help_resume, on_help_tell_kiosk, on_help_event,
                                          on_help_log};

    server->calls = calls_create(announce_channels(server->config), &outputs);
    server->announce = announce_create(server->config, on_announced, server);
    server->is_resume_due = true;
    return server->calls != NULL && server->announce != NULL;
}

static bool add_event(struct server *server, struct event **event, int fd, short what,
                      event_callback_fn callback)
{
    *event = event_new(server->base, fd, (short)(what | EV_PERSIST), callback, server);
    return *event != NULL && (fd < 0 || event_add(*event, NULL) == 0);
}

static bool add_events(struct server *server)
{
    if (!add_event(server, &server->events[ON_TICK], -1, 0, on_tick))
        return false;
    set_tick(server, true);
    return add_event(server, &server->events[ON_WRITTEN], writer_fd(server->writer), EV_READ, on_written) &&
           add_event(server, &server->events[ON_READ], reader_fd(server->reader), EV_READ, on_read) &&
           add_event(server, &server->events[ON_VERIFIED], reader_fd(server->verifier), EV_READ,
                     on_verified) &&
           add_event(server, &server->events[ON_TERM], SIGTERM, EV_SIGNAL, on_stop_signal) &&
           add_event(server, &server->events[ON_INT], SIGINT, EV_SIGNAL, on_stop_signal) &&
           add_event(server, &server->events[ON_HUP], SIGHUP, EV_SIGNAL, on_hangup_signal);
}

/* For browsers, when the file says so. The store is open, and its writer does not run yet. */
static bool open_tcp(struct server *server)
{
    const struct config_http *config = &server->config->http;
    const struct http_handler handler = {on_tcp_request, server};
    struct token_list tokens;
    struct store_error error;

    if (config->address[0] == '\0')
        return true;
    if (config->certificate[0] != '\0' &&
        tls_create(config->certificate, config->key, clock_utc_ms(), &server->tls, &error) != STORE_OK) {
        log_line(LOG_LEVEL_ERROR, "%s", error.text);
        return false;
    }
    const struct http_place place = {config->address, config->port, server->tls};
    if (http_open_tcp(server->base, &place, &handler, &server->tcp, &error) != STORE_OK ||
        store_tokens(server->store, &tokens, &error) != STORE_OK) {
        log_line(LOG_LEVEL_ERROR, "%s", error.text);
        return false;
    }
    server->front = front_create(config, http_port(server->tcp));
    if (server->front == NULL) {
        log_line(LOG_LEVEL_ERROR, "out of memory");
        return false;
    }
    front_set_tokens(server->front, &tokens);
    log_line(LOG_LEVEL_NOTICE, "pages at %s, %u token%s", front_origin(server->front), (unsigned)tokens.count,
             tokens.count == 1 ? "" : "s");
    return true;
}

static bool start(struct server *server)
{
    const struct http_handler handler = {on_socket_request, server};
    struct store_error error;

    server->base = event_base_new();
    if (server->base == NULL) {
        log_line(LOG_LEVEL_ERROR, "cannot make an event loop");
        return false;
    }
    /* The socket first: a second bynamed ends here, before it touches a database. */
    if (http_open(server->base, server->config->socket, &handler, &server->http, &error) != STORE_OK) {
        log_line(LOG_LEVEL_ERROR, "%s", error.text);
        return false;
    }
    if (!open_stores(server) || !open_tcp(server) || !start_writer(server))
        return false;
    if (!open_hub(server) || !open_help(server) || !add_events(server)) {
        log_line(LOG_LEVEL_ERROR, "out of memory or descriptors");
        return false;
    }
    return true;
}

static void free_events(struct server *server)
{
    for (size_t i = 0; i < EVENT_COUNT; i++) {
        if (server->events[i] != NULL)
            event_free(server->events[i]);
    }
}

static void finish(struct server *server)
{
    free_events(server);
    http_close(server->http);
    http_close(server->tcp);
    tls_destroy(server->tls);
    front_destroy(server->front);
    reader_stop(server->verifier, free_exchange);
    reader_stop(server->reader, free_exchange);
    writer_stop(server->writer, free_exchange);
    store_close(server->store);
    announce_destroy(server->announce);
    calls_destroy(server->calls);
    ports_destroy(server->ports);
    hub_destroy(server->hub);
    if (server->base != NULL)
        event_base_free(server->base);
}

static uint64_t watchdog_every_ms(void)
{
    uint64_t limit_us;

    return sd_watchdog_enabled(0, &limit_us) > 0 ? limit_us / 1000 / WATCHDOG_SHARE + 1 : 0;
}

int server_run(const struct config *config, const char *config_path)
{
    struct server server = {.config = config, .config_path = config_path};

    server.started_ms = clock_monotonic_ms();
    server.watchdog_every_ms = watchdog_every_ms();
    json_object_seed(0); /* before there are threads (jansson, "Thread safety") */
    signal(SIGPIPE, SIG_IGN);
    server.exit_status = 1;
    if (start(&server)) {
        server.exit_status = 0;
        log_line(LOG_LEVEL_NOTICE, "version " BYNAME_VERSION ", store %s, database %s, %u kiosk%s configured",
                 config->store, config->database, (unsigned)config->kiosk_count,
                 config->kiosk_count == 1 ? "" : "s");
        ports_start(server.ports, server.hub);
        (void)sd_notify(0, "READY=1");
        if (event_base_dispatch(server.base) < 0)
            server.exit_status = 1;
    }
    finish(&server);
    return server.exit_status;
}
