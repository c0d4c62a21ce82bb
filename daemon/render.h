/* SPDX-License-Identifier: MIT
 *
 * render.h - reports as text for a terminal, as CSV and as JSON. Pure: JSON in, bytes out.
 */
#ifndef BYNAME_RENDER_H
#define BYNAME_RENDER_H

#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>

enum render_format { RENDER_TEXT, RENDER_CSV, RENDER_JSON };

struct render_options {
    enum render_format format;
    unsigned columns; /* width of the terminal; 80 when unknown, 0 means 80 */
    bool is_color;    /* a terminal without NO_COLOR */
};

/* Replies that are not reports (texts may be null; times are "…_ms", UTC milliseconds):
 *   {"kind": "staff_list", "staff": [{"id", "name", "on_duty", "pin", "retired"}]}            booleans but id, name
 *   {"kind": "kiosk_list", "kiosks": [{"name", "id", "port", "device", "state", "heard_ms", "pending", "free",
 *     "refused", "lost", "conflicts", "bad_frames", "firmware", "note"}]}
 *       id: 16 hexadecimal digits; state: "up", "away", "absent", "pending", "refused", "held"; note: why, in words
 *   {"kind": "status", "well": true, "store", "database", "version", "uptime_s", "problems": ["…"], "warnings": ["…"],
 *     "kiosks": as above}
 *   {"kind": "verify", "equal": true, "answers", "visits", "tallies_wrong", "visits_wrong", "gaps", "conflicts",
 *     "first_difference"}
 *   {"kind": "done", "text": "…"}                                               one line, for a command that worked
 */

/* Write a report (what report_run returned) or another reply of the daemon (staff list, kiosk list, status: an
 * object whose "kind" says which). False when it is not one of ours or the stream failed. */
bool render(FILE *out, const json_t *report, const struct render_options *options);

#endif
