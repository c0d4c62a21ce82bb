/* SPDX-License-Identifier: MIT */
#include "visit.h"

#include <stddef.h>
#include <string.h>

static bool is_staff_id(int32_t value)
{
    return value >= STAFF_ID_MIN && value <= STAFF_ID_MAX;
}

uint16_t visit_staff(const struct visit *visit)
{
    int32_t named = visit->replies[VISIT_REPLY(QUESTION_STAFF)];
    int32_t served = visit->replies[VISIT_REPLY(QUESTION_SERVED)];

    if (is_staff_id(named))
        return (uint16_t)named;
    return is_staff_id(served) ? (uint16_t)served : 0;
}

enum visit_left_out visit_left_out(const struct visit *visit)
{
    if (visit->flag == FLAG_WITHDRAWN)
        return VISIT_WITHDRAWN;
    if (visit->flag == FLAG_STUCK)
        return VISIT_STUCK;
    if (visit->flag != 0)
        return VISIT_FLAGGED_OTHER;
    if (visit->is_burst)
        return VISIT_BURST;
    return visit->is_mash ? VISIT_MASH : VISIT_COUNTED;
}

bool visit_is_equal(const struct visit *a, const struct visit *b)
{
    return a->seq == b->seq && a->uptime_s == b->uptime_s && a->boot == b->boot && a->flag == b->flag &&
           a->rating == b->rating && a->is_burst == b->is_burst && a->is_mash == b->is_mash &&
           a->time.instant_ms == b->time.instant_ms && a->time.span_ms == b->time.span_ms &&
           memcmp(a->replies, b->replies, sizeof a->replies) == 0;
}

#define LIST_ONE(NAME, code, name) (code),
#define COUNT(LIST) sizeof((const uint8_t[]){LIST(LIST_ONE)})

/* How many codes a question has: they are consecutive from 1 in the vocabulary; 0 is ANSWER_SKIPPED. */
static const size_t code_max[] = {
    [QUESTION_MENTION] = COUNT(MENTIONS),   [QUESTION_CAUSE] = COUNT(CAUSES),
    [QUESTION_STRENGTH] = COUNT(STRENGTHS), [QUESTION_RETURNING] = COUNT(RETURNINGS),
    [QUESTION_HELP] = COUNT(HELPS),
};

/* For the questions from STAFF to HELP. */
static bool code_is_known(uint8_t question, uint16_t value)
{
    if (question == QUESTION_STAFF)
        return is_staff_id(value);
    return value <= code_max[question];
}

static bool value_is_valid(uint8_t question, uint16_t value)
{
    switch (question) {
    case QUESTION_RATING:
        return value >= RATING_MIN && value <= RATING_MAX;
    case QUESTION_SERVED:
        return is_staff_id(value);
    case QUESTION_FLAG:
        return value != ANSWER_SKIPPED && value != ANSWER_NONE;
    default:
        return value == ANSWER_SKIPPED || value == ANSWER_NONE || code_is_known(question, value);
    }
}

void visit_window_init(struct visit_window *window)
{
    memset(window, 0, sizeof *window);
}

static struct visit *slot_of(struct visit_window *window, uint32_t seq)
{
    return &window->visits[seq % VISIT_WINDOW_CAPACITY];
}

void visit_window_restore(struct visit_window *window, const struct visit *visit)
{
    *slot_of(window, visit->seq) = *visit;
}

static struct visit *visit_find(struct visit_window *window, const struct answer *answer)
{
    uint32_t seq = answer->seq - answer->visit_back;
    struct visit *visit = slot_of(window, seq);

    if (answer->visit_back == 0 || answer->visit_back > ANSWER_VISIT_BACK_MAX || seq == 0)
        return NULL;
    return visit->seq == seq ? visit : NULL;
}

/* The visit with the least number above `after`; NULL: there is none. */
static struct visit *visit_after(struct visit_window *window, uint64_t after)
{
    struct visit *least = NULL;

    for (size_t i = 0; i < VISIT_WINDOW_CAPACITY; i++) {
        struct visit *visit = &window->visits[i];

        if (visit->seq > after && (least == NULL || visit->seq < least->seq))
            least = visit;
    }
    return least;
}

struct visit *visit_window_settled(struct visit_window *window, uint64_t *through, uint64_t next)
{
    struct visit *visit;

    if (next - *through > 2 * VISIT_WINDOW_CAPACITY) { /* over a gap, not number by number */
        visit = visit_after(window, *through);
        *through = next - VISIT_WINDOW_CAPACITY;
        if (visit == NULL || visit->seq > *through)
            return NULL;
        *through = visit->seq;
        return visit;
    }
    while (*through + VISIT_WINDOW_CAPACITY < next) {
        *through += 1;
        visit = slot_of(window, (uint32_t)*through);
        if (visit->seq == *through)
            return visit;
    }
    return NULL;
}

/* A rating of the same burst as `newest`: equal, of the same boot, at most VISIT_BURST_S older. */
static bool is_alike(const struct visit *visit, const struct visit *newest)
{
    return visit->seq != 0 && newest->seq - visit->seq < VISIT_WINDOW_CAPACITY &&
           visit->rating == newest->rating && visit->boot == newest->boot &&
           newest->uptime_s - visit->uptime_s <= VISIT_BURST_S;
}

/* Five equal ratings within 30 s: none of them counts, not the earlier four either. Which answers came
 * between does not matter. */
static void burst_mark(struct visit_window *window, const struct visit *newest,
                       const struct visit_listener *listener)
{
    unsigned alike = 0;

    for (size_t i = 0; i < VISIT_WINDOW_CAPACITY; i++)
        alike += is_alike(&window->visits[i], newest) ? 1 : 0;
    if (alike < VISIT_BURST_COUNT)
        return;
    for (size_t i = 0; i < VISIT_WINDOW_CAPACITY; i++) {
        struct visit *visit = &window->visits[i];

        if (!is_alike(visit, newest) || visit->is_burst)
            continue;
        listener->on_change(listener->context, visit, -1);
        visit->is_burst = true;
        visit->is_changed = true;
        listener->on_change(listener->context, visit, 1);
    }
}

/* How long the kiosk itself kept the next customer waiting, whoever pressed and however fast. */
static uint32_t own_ms(const struct visit *visit)
{
    uint32_t ms = VISIT_MASH_LOCKOUT_MS;

    for (uint8_t i = VISIT_REPLY(QUESTION_STAFF); i < VISIT_REPLY_COUNT; i++)
        ms += visit->replies[i] == VISIT_NOT_SHOWN || visit->replies[i] == ANSWER_NONE ? 0
                                                                                       : VISIT_MASH_PRESS_MS;
    return ms;
}

/* The last visits of a boot, the newest first; how many there are. */
static unsigned run_find(struct visit_window *window, const struct visit *newest,
                         struct visit *run[VISIT_MASH_COUNT])
{
    unsigned count = 0;

    for (uint32_t back = 0; back < VISIT_WINDOW_CAPACITY && back < newest->seq && count < VISIT_MASH_COUNT;
         back++) {
        struct visit *visit = slot_of(window, newest->seq - back);

        if (visit->seq == newest->seq - back && visit->boot == newest->boot)
            run[count++] = visit;
    }
    return count;
}

static void mash_mark(struct visit_window *window, const struct visit *newest,
                      const struct visit_listener *listener)
{
    struct visit *run[VISIT_MASH_COUNT];
    uint64_t kiosk_ms = 0;

    if (window->is_mash_unknown || run_find(window, newest, run) < VISIT_MASH_COUNT)
        return;
    for (size_t i = 1; i < VISIT_MASH_COUNT; i++)
        kiosk_ms += own_ms(run[i]);
    if (4 * kiosk_ms < 3000 * (uint64_t)(newest->uptime_s - run[VISIT_MASH_COUNT - 1]->uptime_s))
        return;
    for (size_t i = 0; i < VISIT_MASH_COUNT; i++) {
        if (run[i]->is_mash)
            continue;
        listener->on_change(listener->context, run[i], -1);
        run[i]->is_mash = true;
        run[i]->is_changed = true;
        listener->on_change(listener->context, run[i], 1);
    }
}

static void rating_apply(struct visit_window *window, const struct answer *answer,
                         const struct visit_time *time, const struct visit_listener *listener)
{
    struct visit *visit = slot_of(window, answer->seq);

    if (visit->seq != 0)
        listener->on_leave(listener->context, visit);
    memset(visit, 0, sizeof *visit);
    visit->seq = answer->seq;
    visit->boot = answer->boot;
    visit->uptime_s = answer->uptime_s;
    visit->rating = (uint8_t)answer->value;
    visit->time = *time;
    visit->is_changed = true;
    for (size_t i = 0; i < VISIT_REPLY_COUNT; i++)
        visit->replies[i] = VISIT_NOT_SHOWN;
    listener->on_change(listener->context, visit, 1);
    burst_mark(window, visit, listener);
    mash_mark(window, visit, listener);
}

void visit_window_apply(struct visit_window *window, const struct answer *answer,
                        const struct visit_time *time, const struct visit_listener *listener)
{
    struct visit *visit;

    if (answer->question < QUESTION_RATING || answer->question > QUESTION_FLAG)
        return; /* void, boot, sign-on, sign-off, and what a newer kiosk may ask: no part of a visit */
    if (!value_is_valid(answer->question, answer->value)) {
        listener->on_stray(listener->context, VISIT_STRAY_INVALID, time);
        return;
    }
    if (answer->question == QUESTION_RATING) {
        rating_apply(window, answer, time, listener);
        return;
    }
    visit = visit_find(window, answer);
    if (visit == NULL) {
        listener->on_stray(listener->context, VISIT_STRAY_WITHOUT_RATING, time);
        return;
    }
    listener->on_change(listener->context, visit, -1);
    if (answer->question == QUESTION_FLAG)
        visit->flag = answer->value;
    else
        visit->replies[VISIT_REPLY(answer->question)] = answer->value;
    visit->is_changed = true;
    listener->on_change(listener->context, visit, 1);
}
