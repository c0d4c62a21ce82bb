/* SPDX-License-Identifier: MIT
 *
 * render_calls.c - lists of help calls and notes as text.
 *
 * Replies come over a socket: a key that is missing reads as 0 or "".
 */
#include "render_internal.h"

#include <string.h>

#include "daemon/watch.h"

#define DATE_SIZE 16 /* "2026-11-02T14:05" of a moment */

static const char *text_at(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));

    return text == NULL ? "" : text;
}

/* "2026-11-02 14:05" */
static void put_moment(FILE *out, const char *moment)
{
    const char *hour = strchr(moment, 'T');
    int date_size = hour == NULL ? DATE_SIZE : (int)(hour - moment);

    fprintf(out, "%.*s %.5s  ", date_size, moment, hour == NULL ? "" : hour + 1);
}

void render_help_call_list(struct page *page, const json_t *reply)
{
    const json_t *calls = json_object_get(reply, "help_calls"), *call;
    size_t index;

    if (json_array_size(calls) == 0)
        fputs("No help calls.\n", page->out);
    json_array_foreach(calls, index, call)
    {
        char line[WATCH_LINE_SIZE_MAX];

        put_moment(page->out, text_at(call, "called"));
        watch_describe(call, line);
        fprintf(page->out, "%s\n", line);
    }
}

void render_note_list(struct page *page, const json_t *reply)
{
    const json_t *notes = json_object_get(reply, "notes"), *note;
    size_t index;

    if (json_array_size(notes) == 0)
        fputs("No notes yet: byname note \"new queue signs\" makes one.\n", page->out);
    json_array_foreach(notes, index, note)
    {
        put_moment(page->out, text_at(note, "noted"));
        fprintf(page->out, "#%" JSON_INTEGER_FORMAT "  %s%s\n",
                json_integer_value(json_object_get(note, "id")), text_at(note, "text"),
                json_is_true(json_object_get(note, "shown")) ? "  (on the kiosks)" : "");
    }
}
