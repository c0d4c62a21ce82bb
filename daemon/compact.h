/* SPDX-License-Identifier: MIT
 *
 * compact.h - JSON as one line of text, for replies that are long: a report of ten years by days has 90,000 values.
 */
#ifndef BYNAME_COMPACT_H
#define BYNAME_COMPACT_H

#include <jansson.h>

/* The bytes that json_dumps writes with JSON_COMPACT and JSON_REAL_PRECISION(15), in a twentieth of its time: json must be
 * ours, for no array or object is looked for in itself. The caller frees it; NULL when there is no memory. */
char *compact_text(const json_t *json);

#endif
