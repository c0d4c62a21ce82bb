/* SPDX-License-Identifier: MIT
 *
 * history_writer.h - where make-history puts what it makes up: a new database, one kiosk after another.
 *
 * Straight into the tables, in the order of their keys, with the tallies of a kiosk added up in memory and written once: a
 * hundred million answers in minutes. What visits, times and tallies come of answers is said by the daemon's own visit.h,
 * instant.h and tally.h. Or through the store, as a daemon would, which takes several times as long; a test holds the two
 * against each other. Whatever goes wrong ends the program with a line on stderr, and a file that is not whole goes.
 */
#ifndef BYNAME_HISTORY_WRITER_H
#define BYNAME_HISTORY_WRITER_H

#include "daemon/store.h"

/* What became of a help call; times in UTC milliseconds, 0: that never happened. */
struct history_call {
    int64_t raised_ms; /* and announced; 0: it came too late */
    int64_t acknowledged_ms, closed_ms;
    uint16_t staff; /* who went */
    enum outcome outcome;
};

struct history_writer;

_Noreturn void history_fail(const char *text);

/* Remove what is made so far, if it is not whole. May be called in a signal's handler; the program is to end then. */
void history_abandon(void);

/* path: of no file yet. */
struct history_writer *history_writer_open(const char *path, const char *timezone, bool is_through_store);
/* Frees writer; the database is as a daemon leaves it when it has ended. */
void history_writer_close(struct history_writer *writer);
const struct zone *history_writer_zone(const struct history_writer *writer);

/* First of all staff, who get the numbers 1, 2, ..., and kiosks, which get the indexes 0, 1, ... */
void history_writer_staff(struct history_writer *writer, const char *name, int64_t now_ms);
void history_writer_kiosk(struct history_writer *writer, const char *name, int64_t now_ms);

/* Then the answers of one kiosk after another, each in an order of time. */
void history_writer_begin(struct history_writer *writer, size_t kiosk);
/* What arrives together. origin: its kiosk and journal are filled in here. */
void history_writer_answers(struct history_writer *writer, struct store_origin *origin,
                            const struct answer *answers, size_t count);
/* Of the help call among the answers given last. */
void history_writer_call(struct history_writer *writer, const struct history_call *call);
/* Nothing was heard of the kiosk; or of everybody, because nobody listened. */
void history_writer_silence(struct history_writer *writer, bool is_of_everybody, int64_t from_ms,
                            int64_t to_ms);
/* The kiosk is heard once more, and done with. */
void history_writer_end(struct history_writer *writer, uint16_t boot, int64_t now_ms);

#endif
