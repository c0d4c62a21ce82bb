/* SPDX-License-Identifier: MIT */
#include "rows.h"

#include <stdio.h>
#include <string.h>

/* A kiosk's row has what is known of it, and a running daemon knows more: its columns are these. */
static const char *const kiosk_columns[] = {
    "name", "id",       "port",       "device",     "state",   "connected",
    "note", "firmware", "last_heard", "heard_ms",   "pending", "refused",
    "lost", "restored", "conflicts",  "bad_frames", NULL,
};

/* `list`: the array whose elements are the rows; NULL when the reply itself is the only row.
 * `columns`: the rows' keys in their order, ending in NULL; NULL when each row is made with the same keys. */
static const struct kind {
    const char *kind;
    const char *list;
    const char *const *columns;
} kinds[] = {
    {"staff", "staff", NULL},
    {"kiosks", "kiosks", NULL},
    {"causes", "causes", NULL},
    {"strengths", "strengths", NULL},
    {"hours", "hours", NULL},
    {"days", "days", NULL},
    {"help", "calls", NULL},
    {"staff_list", "staff", NULL},
    {"kiosk_list", "kiosks", kiosk_columns},
    {"help_call_list", "help_calls", NULL},
    {"note_list", "notes", NULL},
    {"status", "kiosks", kiosk_columns},
    {"token_list", "tokens", NULL},
    {"policy", "changes", NULL},
    {"access_log", "reads", NULL},
    {"export", "visits", NULL},
};

#define KIND_COUNT (sizeof kinds / sizeof kinds[0])

static const struct kind *kind_of(const json_t *reply)
{
    const char *name = json_string_value(json_object_get(reply, "kind"));

    for (size_t i = 0; i < KIND_COUNT; i++)
        if (name != NULL && strcmp(kinds[i].kind, name) == 0)
            return &kinds[i];
    return NULL;
}

/* The keys of `pattern`, joined with "_" to that of the object, in their order, and what `object` has there.
 * "kind" is no column; "too_few" is there or not, and the empty value says the same. */
static void each_cell(const struct rows_sink *sink, json_t *pattern, const json_t *object, const char *prefix)
{
    const char *key;
    json_t *part;
    char name[ROWS_COLUMN_SIZE];

    json_object_foreach(pattern, key, part)
    {
        const json_t *value = json_object_get(object, key);

        if ((prefix[0] == '\0' && strcmp(key, "kind") == 0) || strcmp(key, "too_few") == 0)
            continue;
        snprintf(name, sizeof name, "%s%s%s", prefix, prefix[0] == '\0' ? "" : "_", key);
        if (json_is_object(part))
            each_cell(sink, part, value, name);
        else
            sink->on_cell(sink->context, name, json_is_object(value) ? NULL : value);
    }
}

/* What stands beside each row of a list: whose it is and of when. */
static json_t *head_of(const json_t *reply)
{
    static const char *const keys[] = {"store",  "database", "timezone", "period",
                                       "before", "filter",   "policy"};
    json_t *head = json_object();

    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
        json_t *value = json_object_get(reply, keys[i]);

        if (value != NULL)
            json_object_set(head, keys[i], value);
    }
    return head;
}

/* What all rows of a list are written after: a header that says one thing and a row that says another would be
 * worse than an empty field. */
static json_t *pattern_of(const struct kind *kind, const json_t *rows)
{
    json_t *pattern = json_object(), *row, *value;
    const char *key;
    size_t index;

    if (kind->columns == NULL)
        json_object_update(pattern, json_array_get(rows, 0));
    /* What the first row does not have (null) may be many columns in another. */
    json_array_foreach(rows, index, row)
        json_object_foreach(row, key, value) if (kind->columns == NULL && json_is_object(value) &&
                                                 !json_is_object(json_object_get(pattern, key)))
            json_object_set(pattern, key, value);
    for (size_t i = 0; kind->columns != NULL && kind->columns[i] != NULL; i++)
        json_object_set_new(pattern, kind->columns[i], json_null());
    return pattern;
}

static void each_line(const struct rows_sink *sink, json_t *head, const json_t *head_values, json_t *pattern,
                      const json_t *row)
{
    if (!sink->is_head_last)
        each_cell(sink, head, head_values, "");
    each_cell(sink, pattern, row, "");
    if (sink->is_head_last)
        each_cell(sink, head, head_values, "");
    sink->on_line(sink->context);
}

void rows_each(const json_t *reply, const struct rows_sink *sink)
{
    const struct kind *kind = kind_of(reply);
    const json_t *rows = kind == NULL ? NULL : json_object_get(reply, kind->list);
    json_t *head =
        rows == NULL ? json_deep_copy(reply) : head_of(reply); /* a copy: jansson iterates no const */
    json_t *pattern = rows == NULL ? json_object() : pattern_of(kind, rows);
    json_t *row;
    size_t index;

    each_line(sink, head, NULL, pattern, NULL);
    if (rows == NULL)
        each_line(sink, head, head, pattern, NULL);
    json_array_foreach(rows, index, row) each_line(sink, head, head, pattern, row);
    json_decref(pattern);
    json_decref(head);
}

void rows_join(const json_t *array, char *text, size_t size)
{
    const json_t *element;
    size_t index, used = 0;

    text[0] = '\0';
    json_array_foreach(array, index, element)
    {
        const char *part = json_string_value(element);

        if (part == NULL || used + strlen(part) + 3 > size)
            continue;
        used += (size_t)snprintf(text + used, size - used, "%s%s", used == 0 ? "" : "; ", part);
    }
}
