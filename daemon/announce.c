/* SPDX-License-Identifier: MIT */
#include "announce.h"

#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/command.h"
#include "daemon/period.h"
#include "daemon/report.h"
#include "daemon/webhook.h"

#define COMMANDS (STORE_HELP_COMMAND | STORE_HELP_SECOND_COMMAND)
#define FIELD_SIZE_MAX 320
#define ANNOUNCED_PATH "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

enum field { EVENT, CALL, KIOSK, VISIT, TIME, STORE, WAITED, TEXT, FIELD_COUNT };

static const struct {
    const char *key, *variable;
    bool is_number;
} fields[FIELD_COUNT] = {
    [EVENT] = {"event", "BYNAME_EVENT", false},       [CALL] = {"call", "BYNAME_CALL", true},
    [KIOSK] = {"kiosk", "BYNAME_KIOSK", false},       [VISIT] = {"visit", "BYNAME_VISIT", true},
    [TIME] = {"time", "BYNAME_TIME", false},          [STORE] = {"store", "BYNAME_STORE", false},
    [WAITED] = {"waited_s", "BYNAME_WAITED_S", true}, [TEXT] = {"text", "BYNAME_TEXT", false},
};

struct tag {
    int64_t call;
    enum store_help_channel channel;
};

struct announce {
    const struct config *config;
    announce_on_end *on_end;
    void *context;
    struct zone *zone;
    struct command *command;
    struct webhook *webhook;
};

static void on_one_end(void *context, const void *bytes, const char *reason)
{
    struct announce *announce = context;
    struct tag tag;

    memcpy(&tag, bytes, sizeof tag);
    announce->on_end(announce->context, tag.call, tag.channel, reason);
}

struct announce *announce_create(const struct config *config, announce_on_end *on_end, void *context)
{
    struct announce *announce = calloc(1, sizeof *announce);
    char why[STORE_TEXT_MAX];

    if (announce == NULL)
        return NULL;
    announce->config = config;
    announce->on_end = on_end;
    announce->context = context;
    announce->zone = zone_create(config->timezone, why, sizeof why);
    announce->command = command_create(sizeof(struct tag), on_one_end, announce);
    announce->webhook = webhook_create(sizeof(struct tag), on_one_end, announce);
    if (announce->zone != NULL && announce->command != NULL && announce->webhook != NULL)
        return announce;
    announce_destroy(announce);
    return NULL;
}

void announce_destroy(struct announce *announce)
{
    if (announce == NULL)
        return;
    webhook_destroy(announce->webhook);
    command_destroy(announce->command);
    zone_destroy(announce->zone);
    free(announce);
}

unsigned announce_channels(const struct config *config)
{
    unsigned channels = 0;

    for (unsigned i = 0; i < CALLS_CHANNELS; i++)
        channels |= config->announce[i][0] != '\0' ? 1u << i : 0;
    return channels;
}

bool announce_tick(struct announce *announce, uint64_t now_ms)
{
    bool is_running = command_tick(announce->command, now_ms);

    return webhook_tick(announce->webhook) || is_running;
}

/* Texts --------------------------------------------------------------------------------------------------------- */

static void fill_text(const struct store_help_call *call, bool is_second, char text[FIELD_SIZE_MAX])
{
    char what[96];

    if (call->kind == CALL_KIND_BAD_RUN)
        snprintf(what, sizeof what, "%u of %u ratings are unhappy", call->unhappy, call->ratings);
    else
        snprintf(what, sizeof what, "a customer asks somebody to come");
    snprintf(text, FIELD_SIZE_MAX, "%s: %s%s (byname help-calls acknowledge %" PRId64 ")", call->kiosk, what,
             is_second ? ", and nobody has answered" : "", call->id);
}

static void fill(const struct announce *announce, const struct store_help_call *call, bool is_second,
                 int64_t utc_ms, char values[FIELD_COUNT][FIELD_SIZE_MAX])
{
    int64_t waited_ms = utc_ms > call->called_ms ? utc_ms - call->called_ms : 0;

    snprintf(values[EVENT], FIELD_SIZE_MAX, "%s", call->kind == CALL_KIND_BAD_RUN ? "bad_run" : "help");
    snprintf(values[CALL], FIELD_SIZE_MAX, "%" PRId64, call->id);
    snprintf(values[KIOSK], FIELD_SIZE_MAX, "%s", call->kiosk);
    snprintf(values[VISIT], FIELD_SIZE_MAX, "%" PRIu32, call->visit);
    period_format(announce->zone, call->called_ms, values[TIME]);
    snprintf(values[STORE], FIELD_SIZE_MAX, "%s", announce->config->store);
    snprintf(values[WAITED], FIELD_SIZE_MAX, "%" PRId64, waited_ms / 1000);
    fill_text(call, is_second, values[TEXT]);
}

static bool start_command(struct announce *announce, const char *line, const struct tag *tag,
                          char values[FIELD_COUNT][FIELD_SIZE_MAX], uint64_t now_ms)
{
    static char path[] = ANNOUNCED_PATH;
    char texts[FIELD_COUNT][FIELD_SIZE_MAX + 24];
    char *environment[FIELD_COUNT + 2];

    for (size_t i = 0; i < FIELD_COUNT; i++) {
        snprintf(texts[i], sizeof texts[i], "%s=%.*s", fields[i].variable, FIELD_SIZE_MAX - 1, values[i]);
        environment[i] = texts[i];
    }
    environment[FIELD_COUNT] = path;
    environment[FIELD_COUNT + 1] = NULL;
    return command_start(announce->command, line, environment, tag, now_ms);
}

static bool start_webhook(struct announce *announce, const char *url, const struct tag *tag,
                          char values[FIELD_COUNT][FIELD_SIZE_MAX])
{
    json_t *json = json_object();

    for (size_t i = 0; i < FIELD_COUNT; i++)
        json_object_set_new(json, fields[i].key,
                            fields[i].is_number ? json_integer(strtoll(values[i], NULL, 10))
                                                : report_text(values[i]));
    char *text = json_dumps(json, JSON_COMPACT);
    bool is_started = text != NULL && webhook_start(announce->webhook, url, text, tag);
    free(text);
    json_decref(json);
    return is_started;
}

bool announce_start(struct announce *announce, const struct store_help_call *call,
                    enum store_help_channel channel, const struct session_clock *clock)
{
    const struct tag tag = {call->id, channel};
    char values[FIELD_COUNT][FIELD_SIZE_MAX];
    size_t index = 0;

    while ((1u << index) != (unsigned)channel)
        index++;
    const char *target = announce->config->announce[index];
    fill(announce, call, channel >= STORE_HELP_SECOND_COMMAND, clock->utc_ms, values);
    if ((channel & COMMANDS) != 0)
        return start_command(announce, target, &tag, values, clock->now_ms);
    return start_webhook(announce, target, &tag, values);
}
