/* SPDX-License-Identifier: MIT
 *
 * log.h - one line a fact, to stderr; with the priority prefixes of sd-daemon(3) when the journal reads it (JOURNAL_STREAM).
 *
 * Any thread: a line is one write. The level is set once, before threads start.
 */
#ifndef BYNAME_LOG_H
#define BYNAME_LOG_H

#include <stdbool.h>
#include <stdint.h>

enum log_level { LOG_LEVEL_ERROR = 3, LOG_LEVEL_WARNING = 4, LOG_LEVEL_NOTICE = 5, LOG_LEVEL_INFO = 6 };

/* Lines above `level` are dropped. program precedes each line on a terminal; borrowed. */
void log_open(const char *program, enum log_level level);

/* False when `name` is none of "error", "warning", "notice", "info". */
bool log_level_parse(const char *name, enum log_level *level);

void log_line(enum log_level level, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* A budget of lines for one talkative source. Zero it to begin. */
struct log_budget {
    uint64_t since_ms;
    uint32_t used, dropped;
};
#define LOG_BUDGET_LINES 10
#define LOG_BUDGET_MS 10000

/* True when the source may write one more line; *dropped is how many were not written before it. */
bool log_budget_take(struct log_budget *budget, uint64_t now_ms, uint32_t *dropped);

#endif
