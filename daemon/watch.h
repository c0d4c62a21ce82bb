/* SPDX-License-Identifier: MIT
 *
 * watch.h - help calls in words, and which of them are news since the list before. Pure.
 */
#ifndef BYNAME_WATCH_H
#define BYNAME_WATCH_H

#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>

#define WATCH_LINE_SIZE_MAX 512

/* "#7  Counter 1  a customer asks somebody to come: nobody has answered for 40 s" */
void watch_describe(const json_t *call, char line[WATCH_LINE_SIZE_MAX]);

/* Write what changed from `before` (a reply to GET help-calls; NULL: the first, of which those that are not over are news)
 * to `reply`, a line each: text, or with is_json the call's object. True when a call is new and open. */
bool watch_news(FILE *out, const json_t *before, const json_t *reply, bool is_json);

#endif
