/* SPDX-License-Identifier: MIT */
#include "events.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/report.h"

#define EVENT_FORMAT "event: %s\ndata: %s\n\n"

void events_say(const struct events_sink *sink, const char *type, unsigned audience, json_t *data)
{
    char *json = json_dumps(data, JSON_COMPACT); /* one line: jansson escapes all control characters */
    size_t size = json == NULL ? 0 : sizeof EVENT_FORMAT + strlen(type) + strlen(json);
    char *text = json == NULL ? NULL : malloc(size);

    if (text != NULL) {
        snprintf(text, size, EVENT_FORMAT, type, json);
        sink->say(sink->context, audience, text);
    }
    free(text);
    free(json);
    json_decref(data);
}

/* Duplicates come before what is new (store_answers). */
size_t events_new_ratings(const struct work *work, json_t *values)
{
    const struct message_answers *answers = &work->ask.answers;
    uint32_t stored = work->result.ingested.stored;
    size_t count = 0;

    if (stored > answers->count)
        stored = answers->count;
    for (uint32_t i = answers->count - stored; i < answers->count; i++) {
        if (answers->answers[i].question != QUESTION_RATING)
            continue;
        count++;
        if (values != NULL)
            json_array_append_new(values, json_integer(answers->answers[i].value));
    }
    return count;
}

static void say_answers(const struct events_sink *sink, const struct work *work, const char *port)
{
    json_t *ratings = json_array();

    events_new_ratings(work, ratings);
    events_say(sink, "visit", EVENTS_FOR_MANAGERS,
               json_pack("{s:I, s:o, s:I, s:o}", "at_ms", (json_int_t)work->now_ms, "port", report_text(port),
                         "answers", (json_int_t)work->result.ingested.stored, "ratings", ratings));
    /* Who serves at a counter could tell by kiosk and rating which customer it was. */
    events_say(sink, "visit", EVENTS_FOR(TOKEN_STAFF) | EVENTS_FOR(TOKEN_BOARD),
               json_pack("{s:I}", "at_ms", (json_int_t)work->now_ms));
}

void events_of_work(const struct events_sink *sink, const struct work *work, const char *port)
{
    if (work->status != STORE_OK)
        return;
    if (work->kind == WORK_ANSWERS && work->result.ingested.stored > 0)
        say_answers(sink, work, port);
    if (work->alarms > 0)
        events_say(sink, "alarm", EVENTS_FOR_MANAGERS,
                   json_pack("{s:I, s:o}", "at_ms", (json_int_t)work->now_ms, "port", report_text(port)));
}

void events_of_kiosks(const struct events_sink *sink, struct events_kiosks *kiosks, const struct api_live *live)
{
    for (uint16_t i = 0; i < hub_count(live->hub) && i < WORK_SESSIONS_MAX; i++) {
        const char *state, *note, *port = hub_kiosk(live->hub, i).session->options.port;

        api_kiosk_state(live, i, &state, &note);
        if (strcmp(kiosks->states[i], state) == 0)
            continue;
        bool is_first = kiosks->states[i][0] == '\0';
        snprintf(kiosks->states[i], sizeof kiosks->states[i], "%s", state);
        if (!is_first)
            events_say(sink, "kiosk", EVENTS_FOR_MANAGERS,
                       json_pack("{s:I, s:o, s:s, s:o}", "at_ms", (json_int_t)live->clock.utc_ms, "port",
                                 report_text(port), "state", state, "note", report_text(note)));
    }
}
