/* SPDX-License-Identifier: MIT */
#include "ledger.h"

#include <string.h>

/* From the finger to the answer's second: 25 ms until the switch is believed, the answers that are stored
 * before it, and the start of the kiosk's clock after power-up. */
#define UPTIME_EARLY_MS 120
#define UPTIME_LATE_MS 100

/* Where a check has got to. */
struct walk {
    const struct ledger *ledger;
    const struct collector *collector;
    struct ledger_sums *sums;
    uint8_t next;                          /* the entry that may come next */
    uint32_t seqs[LEDGER_ENTRIES_MAX];     /* the row of each entry; 0: none */
    uint32_t boot_rows[LEDGER_POWERS_MAX]; /* boot answers, by power-up */
};

uint8_t ledger_begin(struct ledger *ledger, uint8_t question, uint16_t value, uint32_t now_ms)
{
    uint8_t rating = LEDGER_NONE;

    if (ledger->count == LEDGER_ENTRIES_MAX) {
        ledger->wrong = "the proof's own ledger is full";
        return LEDGER_ENTRIES_MAX - 1;
    }
    if (question != QUESTION_RATING && question != QUESTION_SIGN_ON && question != QUESTION_SIGN_OFF) {
        for (rating = ledger->count; rating > 0 && ledger->entries[rating - 1].question != QUESTION_RATING;)
            rating--;
        rating--;
    }
    ledger->entries[ledger->count] = (struct ledger_entry){.question = question,
                                                           .value = value,
                                                           .power = ledger->power,
                                                           .rating = rating,
                                                           .begun_ms = now_ms,
                                                           .ended_ms = UINT32_MAX};
    return ledger->count++;
}

void ledger_acknowledge(struct ledger *ledger, uint8_t entry, uint32_t now_ms)
{
    ledger->entries[entry].is_acknowledged = true;
    ledger->entries[entry].ended_ms = now_ms;
}

static bool is_in_time(const struct ledger_entry *entry, uint32_t uptime_s)
{
    uint32_t from_ms = entry->begun_ms > UPTIME_EARLY_MS ? entry->begun_ms - UPTIME_EARLY_MS : 0;
    bool is_early = uptime_s < from_ms / 1000;

    return !is_early && (!entry->is_acknowledged || uptime_s <= (entry->ended_ms + UPTIME_LATE_MS) / 1000);
}

static bool is_same(const struct walk *walk, const struct ledger_entry *entry, const struct answer *row)
{
    uint32_t rating_seq = entry->rating == LEDGER_NONE ? row->seq : walk->seqs[entry->rating];

    return row->question == entry->question && row->value == entry->value &&
           row->boot == walk->ledger->boots[entry->power] && row->visit_back == row->seq - rating_seq &&
           is_in_time(entry, row->uptime_s);
}

/* Each boot is told once at most, and no two under one number. */
static const char *on_boot(struct walk *walk, const struct answer *row)
{
    const struct ledger *ledger = walk->ledger;

    if (row->value != RESET_POWER_ON)
        return "a boot has another cause than power";
    for (uint8_t power = 0; power <= ledger->power; power++) {
        if (ledger->boots[power] == row->boot)
            return walk->boot_rows[power]++ == 0 ? NULL : "a boot is told twice";
    }
    return "a boot was invented";
}

static const char *on_answer(struct walk *walk, const struct answer *row)
{
    const struct ledger *ledger = walk->ledger;

    for (; walk->next < ledger->count; walk->next++) {
        const struct ledger_entry *entry = &ledger->entries[walk->next];
        if (is_same(walk, entry, row)) {
            walk->seqs[walk->next++] = row->seq;
            walk->sums->rows++;
            walk->sums->unacknowledged += !entry->is_acknowledged;
            return NULL;
        }
        if (entry->is_acknowledged)
            return "an acknowledged answer is lost, or its content has changed";
    }
    return "an answer was invented, or is there twice";
}

static const char *on_row(struct walk *walk, const struct collector_row *row)
{
    if (row->is_lost)
        return "a number is told as lost";
    switch (row->answer.question) {
    case QUESTION_VOID:
        walk->sums->voids++;
        return NULL;
    case QUESTION_BOOT:
        return on_boot(walk, &row->answer);
    default:
        return on_answer(walk, &row->answer);
    }
}

static const char *check_rest(const struct walk *walk, bool is_drained)
{
    const struct ledger *ledger = walk->ledger;

    for (uint8_t i = walk->next; is_drained && i < ledger->count; i++) {
        if (ledger->entries[i].is_acknowledged)
            return "an acknowledged answer is lost";
    }
    if (walk->sums->unacknowledged > ledger->cuts)
        return "more rows than presses and power cuts explain";
    if (walk->sums->voids > ledger->cuts)
        return "more voids than power cuts explain";
    return NULL;
}

/* Two power-ups may have one boot's number only while no answer of the first is stored. */
static const char *check_boots(const struct walk *walk)
{
    const struct ledger *ledger = walk->ledger;

    for (uint8_t i = 0; i < ledger->count; i++) {
        const struct ledger_entry *entry = &ledger->entries[i];
        for (uint8_t power = 0; power <= ledger->power; power++) {
            if (walk->seqs[i] != 0 && power > entry->power &&
                ledger->boots[power] == ledger->boots[entry->power])
                return "a boot has the number of an earlier one that answers hold";
        }
    }
    return NULL;
}

const char *ledger_check(const struct ledger *ledger, const struct collector *collector, bool is_drained,
                         struct ledger_sums *sums)
{
    struct walk walk = {.ledger = ledger, .collector = collector, .sums = sums};
    const char *wrong = ledger->wrong;

    memset(sums, 0, sizeof *sums);
    for (uint8_t i = 0; i < ledger->count; i++)
        sums->acknowledged += ledger->entries[i].is_acknowledged;
    for (uint32_t seq = collector->first; seq <= collector->through && wrong == NULL; seq++)
        wrong = on_row(&walk, &collector->rows[seq - collector->first]);
    if (wrong == NULL)
        wrong = check_rest(&walk, is_drained);
    return wrong == NULL ? check_boots(&walk) : wrong;
}
