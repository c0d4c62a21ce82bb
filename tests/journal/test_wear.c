/* SPDX-License-Identifier: MIT
 *
 * Ten years at a busy counter: 400 visits a day of three answers each, the kiosk switched off every night, the
 * daemon away one day in seven. How often is each cell of the journal erased? The datasheet promises 100,000.
 */
#include <inttypes.h>
#include <stdio.h>

#include "cells.h"
#include "firmware/core/journal.h"
#include "options.h"

#define VISITS_A_DAY 400
#define ANSWERS_A_VISIT 3
#define DAYS_A_YEAR 365
#define YEARS 10
#define CELL_ERASES_MAX 100000
#define SPREAD_MAX 2

static uint64_t refused;

static void serve(struct journal *journal, uint32_t uptime_s, bool is_daemon_away)
{
    uint32_t visit = 0;

    for (unsigned i = 0; i < ANSWERS_A_VISIT; i++) {
        struct answer answer = {.question = i == 0 ? QUESTION_RATING : (uint8_t)(QUESTION_STAFF + i),
                                .value = (uint16_t)(1 + (uptime_s + i) % 5),
                                .uptime_s = uptime_s + i};
        if (journal_append(journal, &answer, visit) != JOURNAL_OK)
            refused++;
        visit = i == 0 ? answer.seq : visit;
        while (journal_step(journal)) {
        }
    }
    if (!is_daemon_away)
        journal_ack(journal, journal_next(journal) - 1);
}

static void live(struct cells *cells, unsigned days)
{
    struct journal journal;

    cells_use(cells);
    for (unsigned day = 0; day < days; day++) {
        journal_init(&journal);
        for (unsigned visit = 0; visit < VISITS_A_DAY; visit++)
            serve(&journal, visit * 90, day % 7 == 6);
    }
}

int main(int argc, char **argv)
{
    static struct cells cells;
    static uint32_t erases[CELLS_CAPACITY];
    struct options options;
    uint32_t most = 0, least_of_slots = UINT32_MAX, most_of_slots = 0;

    options_read(&options, argc, argv);
    unsigned days = YEARS * DAYS_A_YEAR / options.every;
    cells_init(&cells, CELLS_CAPACITY, options.seed);
    cells.erases = erases;
    live(&cells, days);
    for (unsigned slot = 0; slot < STORAGE_SLOT_COUNT; slot++) {
        uint32_t of_slot = 0;
        for (unsigned i = 0; i < STORAGE_SLOT_SIZE; i++)
            of_slot = erases[slot * STORAGE_SLOT_SIZE + i] > of_slot ? erases[slot * STORAGE_SLOT_SIZE + i]
                                                                     : of_slot;
        least_of_slots = of_slot < least_of_slots ? of_slot : least_of_slots;
        most_of_slots = of_slot > most_of_slots ? of_slot : most_of_slots;
    }
    most = most_of_slots;
    double years = (double)days / DAYS_A_YEAR;
    bool is_good = most <= CELL_ERASES_MAX && most_of_slots <= SPREAD_MAX * least_of_slots;

    printf(
        "%u visits a day of %u answers, switched off each night, the daemon away one day in seven (%" PRIu64
        " answers refused then)\n",
        VISITS_A_DAY, ANSWERS_A_VISIT, refused);
    printf("the busiest cell is erased %" PRIu32 " times in %.1f years, the least busy slot's %" PRIu32
           "; %u a cell last %.0f years\n",
           most, years, least_of_slots, CELL_ERASES_MAX, CELL_ERASES_MAX / (double)most * years);
    printf("proof: journal wear: %" PRIu64 " cases, answers in %.1f years, %d lost\n",
           (uint64_t)days * VISITS_A_DAY * ANSWERS_A_VISIT, years, is_good ? 0 : 1);
    return is_good ? 0 : 1;
}
