/* SPDX-License-Identifier: MIT */
#include "prepare.h"

#include <string.h>

#include "firmware/core/journal.h"
#include "firmware/core/roster.h"

/* The cells that the kiosk's code below works on. Nothing of it runs afterwards: the image has its own. */
static uint8_t *eeprom;

void port_eeprom_read(uint16_t address, void *data, size_t size)
{
    memcpy(data, eeprom + address, size);
}

bool port_eeprom_is_ready(void)
{
    return true;
}

void port_eeprom_start(uint16_t address, uint8_t value, enum port_eeprom_mode mode)
{
    if (mode == PORT_EEPROM_CLEAR)
        value &= eeprom[address];
    eeprom[address] = value;
}

void prepare_used_kiosk(uint8_t *cells, uint32_t next)
{
    struct journal journal;
    struct roster roster;

    eeprom = cells;
    memset(cells, 0xFF, PORT_EEPROM_SIZE);
    journal_init(&journal);
    while (journal_next(&journal) < next) {
        struct answer answer = {.question = QUESTION_RATING, .uptime_s = journal_next(&journal) * 37};
        answer.value = (uint16_t)(1 + journal_next(&journal) % RATING_MAX);
        if (journal_append(&journal, &answer, 0) != JOURNAL_OK)
            break;
        journal_ack(&journal, answer.seq);
        while (journal_step(&journal)) {
            /* until it is at rest: bounded by the slot's size */
        }
    }
    roster_load(&roster);
    roster_forget(&roster);
    while (roster_step(&roster, 0)) {
        /* until the EEPROM is in line: bounded by the roster's size */
    }
}

uint32_t prepare_full_journal(uint8_t *cells)
{
    static const struct answer visit[] = {{.question = QUESTION_RATING, .value = 5},
                                          {.question = QUESTION_STAFF, .value = 1},
                                          {.question = QUESTION_MENTION, .value = 1},
                                          {.question = QUESTION_STRENGTH, .value = 3}};
    struct journal journal;
    uint32_t rating = 0, count = 0;

    eeprom = cells;
    journal_init(&journal);
    while (journal_free(&journal) > 0) {
        struct answer answer = visit[count % 4];
        answer.uptime_s = 60 + count * 7;
        if (journal_append(&journal, &answer, count % 4 == 0 ? 0 : rating) != JOURNAL_OK)
            break;
        if (count++ % 4 == 0)
            rating = answer.seq;
        while (journal_step(&journal)) {
            /* until it is at rest: bounded by the slot's size */
        }
    }
    return count;
}
