/* SPDX-License-Identifier: MIT
 *
 * render.h - reports as text for a terminal, as CSV, as a spreadsheet and as JSON. Pure: JSON in, bytes out.
 */
#ifndef BYNAME_RENDER_H
#define BYNAME_RENDER_H

#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>

#include "daemon/words.h"

enum render_format { RENDER_TEXT, RENDER_CSV, RENDER_ODS, RENDER_JSON };

struct render_options {
    enum render_format format;
    unsigned columns; /* width of the terminal; 80 when unknown, 0 means 80 */
    bool is_color;    /* a terminal without NO_COLOR */
    /* Of a report's text; other replies are in English. CSV, ODS and JSON know none. */
    enum words_language language;
};

/* "text", "csv", "ods" or "json"; false for anything else. */
bool render_format_find(const char *name, enum render_format *format);

/* Replies that are not reports, beside "verify" (report.h):
 *
 *   kind          other keys
 *   "staff_list"  "staff": report.h's rows
 *   "kiosk_list"  "kiosks": report.h's rows; from a running daemon also, in each:
 *                   "connected"  true or false
 *                   "state"      "up", "away", "absent", "pending", "refused" or "held"
 *                   "note"       why, in words
 *                   "device"     what the port turned out to be
 *                   "heard_ms"   UTC
 *                   "pending", "refused", "lost", "conflicts", "bad_frames"  numbers
 *   "help_call_list"  "help_calls": report.h's rows
 *   "note_list"   "notes": report.h's rows
 *   "status"      "store", "database": its id, "timezone", "path": its file, "version", "uptime_s",
 *                 "is_well": true, "problems": ["..."], "warnings": ["..."], "kiosks": as above
 *   "done"        "text": one line, for a command that worked
 */

/* Write a report (what report_run returned) or another reply of the daemon (staff list, kiosk list, status:
 * an object whose "kind" says which). False when it is not one of ours or the stream failed. */
bool render(FILE *out, const json_t *report, const struct render_options *options);

#endif
