/* SPDX-License-Identifier: MIT */
#include "watch.h"

#include <string.h>

static const char *text_at(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));

    return text == NULL ? "" : text;
}

static json_int_t count_at(const json_t *object, const char *key)
{
    return json_integer_value(json_object_get(object, key));
}

/* "40 s", "12 min", "3 h" */
static void put_time(char *text, size_t capacity, json_int_t seconds)
{
    if (seconds < 120)
        snprintf(text, capacity, "%" JSON_INTEGER_FORMAT " s", seconds);
    else if (seconds < 7200)
        snprintf(text, capacity, "%" JSON_INTEGER_FORMAT " min", seconds / 60);
    else
        snprintf(text, capacity, "%" JSON_INTEGER_FORMAT " h", seconds / 3600);
}

static void describe_state(const json_t *call, char *text, size_t capacity)
{
    const char *state = text_at(call, "state"), *who = text_at(call, "acknowledged_by");
    const char *remark = text_at(call, "remark");
    char outcome[16], time[24];

    if (strcmp(state, "open") == 0) {
        put_time(time, sizeof time, count_at(call, "waited_s"));
        snprintf(text, capacity, "nobody has answered for %s", time);
    } else if (strcmp(state, "acknowledged") == 0) {
        put_time(time, sizeof time, count_at(call, "acknowledged_s"));
        snprintf(text, capacity, "%s is on the way after %s", who[0] == '\0' ? "somebody" : who, time);
    } else if (strcmp(state, "closed") == 0) {
        put_time(time, sizeof time, count_at(call, "recovery_s"));
        snprintf(outcome, sizeof outcome, "%s", text_at(call, "outcome"));
        for (char *at = strchr(outcome, '_'); at != NULL; at = strchr(at, '_'))
            *at = ' ';
        snprintf(text, capacity, "%s after %s%s%.200s", outcome, time, remark[0] == '\0' ? "" : ": ", remark);
    } else {
        snprintf(text, capacity, "missed, it came too late to be raised");
    }
}

void watch_describe(const json_t *call, char line[WATCH_LINE_SIZE_MAX])
{
    char what[64] = "a customer asks somebody to come", state[320];

    if (strcmp(text_at(call, "event"), "bad_run") == 0)
        snprintf(what, sizeof what,
                 "%" JSON_INTEGER_FORMAT " of %" JSON_INTEGER_FORMAT " ratings are unhappy",
                 count_at(call, "unhappy"), count_at(call, "ratings"));
    describe_state(call, state, sizeof state);
    snprintf(line, WATCH_LINE_SIZE_MAX, "#%" JSON_INTEGER_FORMAT "  %.64s  %s: %s", count_at(call, "id"),
             text_at(call, "kiosk"), what, state);
}

static const json_t *find(const json_t *reply, json_int_t id)
{
    const json_t *calls = json_object_get(reply, "help_calls"), *call;
    size_t index;

    json_array_foreach(calls, index, call)
    {
        if (count_at(call, "id") == id)
            return call;
    }
    return NULL;
}

static bool is_over(const json_t *call)
{
    const char *state = text_at(call, "state");

    return strcmp(state, "open") != 0 && strcmp(state, "acknowledged") != 0;
}

static void put(FILE *out, const json_t *call, bool is_json)
{
    const char *clock = strchr(text_at(call, "called"), 'T');
    char line[WATCH_LINE_SIZE_MAX];

    if (is_json) {
        json_dumpf(call, out, JSON_PRESERVE_ORDER | JSON_COMPACT);
        fputc('\n', out);
        return;
    }
    watch_describe(call, line);
    fprintf(out, "%.8s  %s\n", clock == NULL ? "" : clock + 1, line);
}

bool watch_news(FILE *out, const json_t *before, const json_t *reply, bool is_json)
{
    const json_t *calls = json_object_get(reply, "help_calls");
    bool is_called = false;

    for (size_t i = json_array_size(calls); i > 0; i--) { /* the newest last */
        const json_t *call = json_array_get(calls, i - 1);
        const json_t *was = find(before, count_at(call, "id"));

        if (was == NULL && before == NULL && is_over(call))
            continue;
        if (was != NULL && strcmp(text_at(was, "state"), text_at(call, "state")) == 0)
            continue;
        put(out, call, is_json);
        is_called = is_called || strcmp(text_at(call, "state"), "open") == 0;
    }
    return is_called;
}
