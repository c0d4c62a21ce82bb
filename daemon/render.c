/* SPDX-License-Identifier: MIT
 *
 * render.c - which reply in which format; JSON and CSV.
 */
#include "render_internal.h"

#include <string.h>

#define CSV_KEY_SIZE 128

/* A kiosk's row has what is known of it, and a running daemon knows more: its columns in CSV are these. */
static const char *const kiosk_columns[] = {
    "name", "id",       "port",       "device",     "state",   "connected",
    "note", "firmware", "last_heard", "heard_ms",   "pending", "refused",
    "lost", "restored", "conflicts",  "bad_frames", NULL,
};

/* `list`: the array whose elements are the rows of the CSV; NULL when the reply itself is the only row.
 * `columns`: the rows' keys in their order, ending in NULL; NULL when each row is made with the same keys. */
static const struct kind {
    const char *kind;
    render_text_function *text;
    const char *list;
    const char *const *columns;
} kinds[] = {
    {"summary", render_summary, NULL, NULL},
    {"staff", render_staff, "staff", NULL},
    {"kiosks", render_kiosks, "kiosks", NULL},
    {"overview", render_overview, NULL, NULL},
    {"causes", render_causes, "causes", NULL},
    {"strengths", render_strengths, "strengths", NULL},
    {"hours", render_hours, "hours", NULL},
    {"days", render_days, "days", NULL},
    {"help", render_help, "calls", NULL},
    {"staff_list", render_staff_list, "staff", NULL},
    {"kiosk_list", render_kiosk_list, "kiosks", kiosk_columns},
    {"help_call_list", render_help_call_list, "help_calls", NULL},
    {"note_list", render_note_list, "notes", NULL},
    {"status", render_status, "kiosks", kiosk_columns},
    {"verify", render_verify, NULL, NULL},
    {"done", render_done, NULL, NULL},
    {"token", render_token, NULL, NULL},
    {"token_list", render_token_list, "tokens", NULL},
    {"policy", render_policy, "changes", NULL},
    {"retention_preview", render_retention_preview, NULL, NULL},
    {"access_log", render_access_log, "reads", NULL},
    {"export", render_export, "visits", NULL},
};

#define KIND_COUNT (sizeof kinds / sizeof kinds[0])

static size_t kind_find(const json_t *reply)
{
    const char *kind = json_string_value(json_object_get(reply, "kind"));
    size_t i = 0;

    while (i < KIND_COUNT && (kind == NULL || strcmp(kinds[i].kind, kind) != 0))
        i++;
    return i;
}

/* Where a field begins: also behind what a spreadsheet may take for the separator, or for the end of a text. */
static bool is_field_start(const char *text, const char *at)
{
    return at == text || strchr(",;|\t\r\n\"", at[-1]) != NULL;
}

static bool is_formula_at(const char *text, const char *at)
{
    return at[0] != '\0' && is_field_start(text, at) && strchr("=+-@\t\r", at[0]) != NULL;
}

static bool is_plain(const char *text)
{
    if (strpbrk(text, "\",\r\n") != NULL)
        return false;
    for (const char *at = text; *at != '\0'; at++)
        if (is_formula_at(text, at))
            return false;
    return true;
}

/* RFC 4180. What a spreadsheet would take for a formula is led by an apostrophe. */
static void csv_text_write(FILE *out, const char *text)
{
    if (is_plain(text)) {
        fputs(text, out);
        return;
    }
    fputc('"', out);
    for (const char *at = text; *at != '\0'; at++) {
        if (is_formula_at(text, at))
            fputc('\'', out);
        if (*at == '"')
            fputc('"', out);
        fputc(*at, out);
    }
    fputc('"', out);
}

/* Six digits. Never three behind the point, which are thousands where the point separates those. */
static void csv_real_write(FILE *out, double value)
{
    char text[32];
    int size = snprintf(text, sizeof text, "%.6g", value);
    const char *point = strchr(text, '.');

    fprintf(out, "%s%s", text, point != NULL && point + 4 == text + size ? "0" : "");
}

static void csv_array_write(FILE *out, const json_t *array)
{
    char text[1024] = "";
    const json_t *element;
    size_t index, size = 0;

    json_array_foreach(array, index, element)
    {
        const char *part = json_string_value(element);

        if (part == NULL || size + strlen(part) + 3 > sizeof text)
            continue;
        size += (size_t)snprintf(text + size, sizeof text - size, "%s%s", size == 0 ? "" : "; ", part);
    }
    csv_text_write(out, text);
}

static void csv_value_write(FILE *out, const json_t *value)
{
    if (value == NULL)
        return;
    switch (json_typeof(value)) {
    case JSON_STRING:
        csv_text_write(out, json_string_value(value));
        break;
    case JSON_INTEGER:
        fprintf(out, "%" JSON_INTEGER_FORMAT, json_integer_value(value));
        break;
    case JSON_REAL:
        csv_real_write(out, json_real_value(value));
        break;
    case JSON_TRUE:
    case JSON_FALSE:
        fputs(json_is_true(value) ? "true" : "false", out);
        break;
    case JSON_ARRAY:
        csv_array_write(out, value);
        break;
    case JSON_OBJECT:
    case JSON_NULL:
        break;
    }
}

struct csv_row {
    FILE *out;
    bool is_header;
    bool has_field;     /* a comma is due before the next */
    const char *except; /* a key of the top level that is not a field */
};

/* The keys of `pattern`, joined with "_" to that of the object, in their order, and what `object` has there.
 * ("too_few" is there or not: the empty value says the same.) */
static void csv_object_write(struct csv_row *row, json_t *pattern, const json_t *object, const char *prefix)
{
    const char *key;
    json_t *part;
    char name[CSV_KEY_SIZE];

    json_object_foreach(pattern, key, part)
    {
        const json_t *value = json_object_get(object, key);

        if ((row->except != NULL && strcmp(key, row->except) == 0) || strcmp(key, "too_few") == 0)
            continue;
        snprintf(name, sizeof name, "%s%s%s", prefix, prefix[0] == '\0' ? "" : "_", key);
        if (json_is_object(part)) {
            csv_object_write(row, part, value, name);
            continue;
        }
        if (row->has_field)
            fputc(',', row->out);
        row->has_field = true;
        if (row->is_header)
            csv_text_write(row->out, name);
        else
            csv_value_write(row->out, value);
    }
}

/* What stands before each row of a list: whose it is and of when. */
static json_t *csv_head(const json_t *reply)
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

static void csv_line_write(FILE *out, json_t *head, json_t *pattern, const json_t *body, bool is_header)
{
    struct csv_row row = {.out = out, .is_header = is_header, .except = "kind"};

    csv_object_write(&row, head, head, "");
    csv_object_write(&row, pattern, body, "");
    fputs("\r\n", out);
}

/* What all rows of a list are written after: a header that says one thing and a row that says another would be
 * worse than an empty field. */
static json_t *csv_pattern(const struct kind *kind, const json_t *rows)
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

static void csv_write(FILE *out, const json_t *reply, const struct kind *kind)
{
    const json_t *rows = kind->list == NULL ? NULL : json_object_get(reply, kind->list);
    json_t *head =
        rows == NULL ? json_deep_copy(reply) : csv_head(reply); /* a copy: jansson iterates no const */
    json_t *pattern = rows == NULL ? json_object() : csv_pattern(kind, rows);
    json_t *row;
    size_t index;

    csv_line_write(out, head, pattern, NULL, true);
    if (rows == NULL)
        csv_line_write(out, head, pattern, NULL, false);
    json_array_foreach(rows, index, row) csv_line_write(out, head, pattern, row, false);
    json_decref(pattern);
    json_decref(head);
}

bool render(FILE *out, const json_t *report, const struct render_options *options)
{
    size_t which = kind_find(report);
    struct page page = {.out = out,
                        .columns = options->columns == 0 ? 80 : options->columns,
                        .is_color = options->is_color,
                        .language = options->language};

    if (which == KIND_COUNT)
        return false;
    switch (options->format) {
    case RENDER_TEXT:
        kinds[which].text(&page, report);
        break;
    case RENDER_CSV:
        csv_write(out, report, &kinds[which]);
        break;
    case RENDER_JSON:
        json_dumpf(report, out, JSON_PRESERVE_ORDER | JSON_INDENT(2) | JSON_REAL_PRECISION(9));
        fputc('\n', out);
        break;
    }
    return fflush(out) == 0 && !ferror(out);
}
