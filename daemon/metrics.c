/* SPDX-License-Identifier: MIT */
#include "metrics.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A value of a kiosk's entry in the status. */
static const struct column {
    const char *key, *name, *type, *help;
} columns[] = {
    {"connected", "byname_kiosk_connected", "gauge", "Whether the kiosk is heard."},
    {"pending", "byname_kiosk_pending_answers", "gauge", "Answers in the kiosk's journal that are not acknowledged."},
    {"refused", "byname_kiosk_refused_presses_total", "counter", "Presses refused because the journal was full."},
    {"lost", "byname_kiosk_lost_answers_total", "counter", "Answers that are gone for good."},
    {"conflicts", "byname_kiosk_conflicting_answers_total", "counter", "Answers that came twice with two contents."},
    {"bad_frames", "byname_kiosk_bad_frames_total", "counter", "Frames that were damaged or not understood."},
};

/* Exposition formats, "Comments, help text, and type information". */
static void put_head(FILE *out, const char *name, const char *type, const char *help)
{
    fprintf(out, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, type);
}

static void put_label(FILE *out, const char *label, const char *value)
{
    fprintf(out, "%s=\"", label);
    for (; value != NULL && *value != '\0'; value++) {
        if (*value == '\\' || *value == '"')
            fputc('\\', out);
        if (*value == '\n')
            fputs("\\n", out);
        else
            fputc(*value, out);
    }
    fputc('"', out);
}

static void put_number(FILE *out, const char *name, const char *type, const char *help, json_int_t value)
{
    put_head(out, name, type, help);
    fprintf(out, "%s %" JSON_INTEGER_FORMAT "\n", name, value);
}

static const char *text_at(const json_t *object, const char *key)
{
    return json_string_value(json_object_get(object, key));
}

static void put_column(FILE *out, const struct column *column, const json_t *kiosks)
{
    const json_t *kiosk;
    size_t index;

    put_head(out, column->name, column->type, column->help);
    json_array_foreach(kiosks, index, kiosk)
    {
        const json_t *value = json_object_get(kiosk, column->key);
        if (!json_is_integer(value) && !json_is_boolean(value))
            continue;
        fprintf(out, "%s{", column->name);
        put_label(out, "kiosk", text_at(kiosk, "name"));
        fputc(',', out);
        put_label(out, "port", text_at(kiosk, "port"));
        fprintf(out, "} %" JSON_INTEGER_FORMAT "\n",
                json_is_integer(value) ? json_integer_value(value) : (json_int_t)json_is_true(value));
    }
}

static void put_daemon(FILE *out, const json_t *status, const struct metrics_counters *counters)
{
    put_head(out, "byname_build_info", "gauge", "The version that runs, and the store that it serves.");
    fputs("byname_build_info{", out);
    put_label(out, "version", text_at(status, "version"));
    fputc(',', out);
    put_label(out, "store", text_at(status, "store"));
    fputs("} 1\n", out);
    put_number(out, "byname_uptime_seconds", "gauge", "How long the daemon has been running.",
               json_integer_value(json_object_get(status, "uptime_s")));
    put_number(out, "byname_well", "gauge", "Whether byname status would end with 0.",
               json_is_true(json_object_get(status, "is_well")));
    put_number(out, "byname_problems", "gauge", "What byname status calls a problem.",
               (json_int_t)json_array_size(json_object_get(status, "problems")));
    put_number(out, "byname_warnings", "gauge", "What byname status warns of.",
               (json_int_t)json_array_size(json_object_get(status, "warnings")));
    put_number(out, "byname_answers_stored_total", "counter", "Answers stored since the daemon started.",
               (json_int_t)counters->answers);
    put_number(out, "byname_ratings_stored_total", "counter", "Ratings among them.", (json_int_t)counters->ratings);
    put_number(out, "byname_alarms_total", "counter", "Alarms raised since the daemon started.",
               (json_int_t)counters->alarms);
}

char *metrics_text(const json_t *status, const struct metrics_counters *counters)
{
    const json_t *kiosks = json_object_get(status, "kiosks");
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);

    if (out == NULL)
        return NULL;
    put_daemon(out, status, counters);
    for (size_t i = 0; i < sizeof columns / sizeof *columns; i++)
        put_column(out, &columns[i], kiosks);
    bool is_whole = fflush(out) == 0 && ferror(out) == 0;
    fclose(out);
    if (!is_whole) {
        free(text);
        return NULL;
    }
    return text;
}
