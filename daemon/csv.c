/* SPDX-License-Identifier: MIT */
#include "csv.h"

#include <stdbool.h>
#include <string.h>

#include "daemon/rows.h"

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
static void text_write(FILE *out, const char *text)
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
static void real_write(FILE *out, double value)
{
    char text[32];
    int size = snprintf(text, sizeof text, "%.6g", value);
    const char *point = strchr(text, '.');

    fprintf(out, "%s%s", text, point != NULL && point + 4 == text + size ? "0" : "");
}

static void value_write(FILE *out, const json_t *value)
{
    char text[ROWS_TEXT_SIZE];

    if (value == NULL)
        return;
    switch (json_typeof(value)) {
    case JSON_STRING:
        text_write(out, json_string_value(value));
        break;
    case JSON_INTEGER:
        fprintf(out, "%" JSON_INTEGER_FORMAT, json_integer_value(value));
        break;
    case JSON_REAL:
        real_write(out, json_real_value(value));
        break;
    case JSON_TRUE:
    case JSON_FALSE:
        fputs(json_is_true(value) ? "true" : "false", out);
        break;
    case JSON_ARRAY:
        rows_join(value, text, sizeof text);
        text_write(out, text);
        break;
    case JSON_OBJECT:
    case JSON_NULL:
        break;
    }
}

struct line {
    FILE *out;
    bool is_header, has_field; /* a comma is due before the next */
};

static void on_cell(void *context, const char *column, const json_t *value)
{
    struct line *line = context;

    if (line->has_field)
        fputc(',', line->out);
    line->has_field = true;
    if (line->is_header)
        text_write(line->out, column);
    else
        value_write(line->out, value);
}

static void on_line(void *context)
{
    struct line *line = context;

    line->is_header = line->has_field = false;
    fputs("\r\n", line->out);
}

void csv_write(FILE *out, const json_t *reply)
{
    struct line line = {.out = out, .is_header = true};
    const struct rows_sink sink = {.on_cell = on_cell, .on_line = on_line, .context = &line};

    rows_each(reply, &sink);
}
