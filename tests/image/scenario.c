/* SPDX-License-Identifier: MIT */
#include "scenario.h"

#include "protocol/link.h"

#define BUTTON(number) (1u << ((number)-1))
#define OUTER (BUTTON(1) | BUTTON(5))

#define DAN COLLECTOR_STAFF_ID_MIN
#define ZOE (COLLECTOR_STAFF_ID_MIN + 1)
#define LUKASZ (COLLECTOR_STAFF_ID_MIN + 2)

/* What a customer has to wait for, after the display has acknowledged a press: the choice stays visible for
 * 300 ms, the next screen ignores presses for 500 ms, and the button that opened it for 1,000. */
#define NEXT_MS 860
#define SAME_BUTTON_MS 1360
#define LOCKOUT_MS 3500
#define AT_ONCE_MS 0
#define TURN_MS 60
#define RELEASE_MS 260 /* until the buttons take a press again; a boot answer is stored meanwhile */
#define CHORD_MS 2200
#define SILENCE_MS_MAX 9000
#define SETTLE_MS_MAX 4000
#define ADOPT_MS_MAX 9000
#define REPAIR_MS_MAX 4000
#define QUICK_WRITE_US 200

enum step_kind {
    STEP_ANSWER,  /* press: the answer is acknowledged by the display */
    STEP_SILENCE, /* the answer comes without a press */
    STEP_TURN,    /* press: no answer */
    STEP_CHORD,   /* both outer buttons held */
    STEP_AWAY,    /* the daemon ends */
    STEP_BACK,    /* ... and starts again, and gets all that was stored meanwhile */
};

struct step {
    enum step_kind kind;
    uint8_t button;
    uint8_t question;
    uint16_t value;
    uint16_t wait_ms; /* afterwards */
};

/* The list of names begins with another one each time: with Zoë, Łukasz, Dan, Zoë ... */
static const struct step steps[] = {
    /* Unhappy: help, the cause, a name. */
    {STEP_ANSWER, 1, QUESTION_RATING, 1, SAME_BUTTON_MS},
    {STEP_ANSWER, 1, QUESTION_HELP, HELP_YES, NEXT_MS},
    {STEP_TURN, 2, 0, 0, NEXT_MS},
    {STEP_ANSWER, 5, QUESTION_CAUSE, CAUSE_PEOPLE, NEXT_MS},
    {STEP_ANSWER, 2, QUESTION_STAFF, LUKASZ, LOCKOUT_MS},
    /* Happy: a name, asked for, never been here before. */
    {STEP_ANSWER, 5, QUESTION_RATING, 5, NEXT_MS},
    {STEP_ANSWER, 2, QUESTION_STAFF, DAN, NEXT_MS},
    {STEP_ANSWER, 1, QUESTION_MENTION, MENTION_ASKED, NEXT_MS},
    {STEP_ANSWER, 3, QUESTION_RETURNING, RETURNING_NO, LOCKOUT_MS},
    /* A name is skipped. */
    {STEP_ANSWER, 4, QUESTION_RATING, 4, NEXT_MS},
    {STEP_ANSWER, 5, QUESTION_STAFF, ANSWER_SKIPPED, LOCKOUT_MS},
    /* Withdrawn by a second button. */
    {STEP_ANSWER, 2, QUESTION_RATING, 2, AT_ONCE_MS},
    {STEP_ANSWER, 4, QUESTION_FLAG, FLAG_WITHDRAWN, LOCKOUT_MS},
    /* Rates and walks away. */
    {STEP_ANSWER, 3, QUESTION_RATING, 3, NEXT_MS},
    {STEP_SILENCE, 0, QUESTION_CAUSE, ANSWER_NONE, LOCKOUT_MS},
    /* Nobody listens: Dan signs on, and serves two customers. */
    {STEP_AWAY, 0, 0, 0, AT_ONCE_MS},
    {STEP_CHORD, 0, 0, 0, RELEASE_MS},
    {STEP_TURN, 1, 0, 0, NEXT_MS},
    {STEP_ANSWER, 1, QUESTION_SIGN_ON, DAN, LOCKOUT_MS},
    {STEP_ANSWER, 5, QUESTION_RATING, 5, AT_ONCE_MS},
    {STEP_SILENCE, 0, QUESTION_SERVED, DAN, NEXT_MS},
    {STEP_ANSWER, 3, QUESTION_MENTION, MENTION_WILL_ASK, NEXT_MS},
    {STEP_ANSWER, 1, QUESTION_RETURNING, RETURNING_YES, LOCKOUT_MS},
    {STEP_ANSWER, 3, QUESTION_RATING, 3, AT_ONCE_MS},
    {STEP_SILENCE, 0, QUESTION_SERVED, DAN, NEXT_MS},
    {STEP_ANSWER, 4, QUESTION_CAUSE, CAUSE_PRODUCT, LOCKOUT_MS},
    {STEP_BACK, 0, 0, 0, AT_ONCE_MS},
    /* Dan signs off, and the list of names is back. */
    {STEP_CHORD, 0, 0, 0, RELEASE_MS},
    {STEP_TURN, 1, 0, 0, NEXT_MS},
    {STEP_ANSWER, 1, QUESTION_SIGN_OFF, DAN, LOCKOUT_MS},
    {STEP_ANSWER, 4, QUESTION_RATING, 4, NEXT_MS},
    {STEP_ANSWER, 1, QUESTION_STAFF, ZOE, NEXT_MS},
    {STEP_ANSWER, 5, QUESTION_MENTION, MENTION_NO, NEXT_MS},
    {STEP_ANSWER, 2, QUESTION_STRENGTH, STRENGTH_FOLLOW_THROUGH, LOCKOUT_MS},
};
#define STEP_COUNT (sizeof steps / sizeof steps[0])

static bool has_last_answer(const struct bench *bench)
{
    const struct collector *collector = &bench->collector;
    const struct ledger_entry *last = &bench->ledger.entries[bench->ledger.count - 1];
    const struct answer *answer = &collector->rows[collector->through - collector->first].answer;

    return answer->question == last->question && answer->value == last->value &&
           answer->boot == bench->ledger.boots[last->power];
}

static bool is_acknowledged(const struct bench *bench)
{
    return bench->collector.health_count > 0 && bench->collector.pending == 0;
}

void scenario_wait_acknowledged(struct bench *bench)
{
    bench->collector.health_count = 0; /* an older one does not count */
    if (bench->ledger.count > 0)
        bench_run_until(bench, has_last_answer, REPAIR_MS_MAX,
                        "what a damaged line held up is not delivered");
    /* Only a HEALTH says what the kiosk knows of it, and one may have gone just before. */
    bench_run_until(bench, is_acknowledged, REPAIR_MS_MAX + LINK_REST_MS,
                    "the kiosk does not know that it was delivered");
}

static void take_step(struct bench *bench, const struct step *step)
{
    switch (step->kind) {
    case STEP_ANSWER:
        bench_answer(bench, (uint8_t)BUTTON(step->button), step->question, step->value);
        break;
    case STEP_SILENCE:
        bench_expect(bench, step->question, step->value);
        bench_await(bench, SILENCE_MS_MAX);
        break;
    case STEP_TURN:
        bench_hold(bench, (uint8_t)BUTTON(step->button), TURN_MS);
        break;
    case STEP_CHORD:
        bench_hold(bench, OUTER, CHORD_MS);
        break;
    case STEP_AWAY:
        collector_set_away(&bench->collector, true);
        break;
    case STEP_BACK:
        collector_set_away(&bench->collector, false);
        bench_run_until(bench, bench_is_settled, ADOPT_MS_MAX,
                        "the kiosk does not come back to the collector");
        break;
    }
    bench_run_ms(bench, step->wait_ms);
}

void scenario_play(struct bench *bench)
{
    struct ledger_sums sums;

    bench_power_on(bench, 1);
    bench_run_until(bench, bench_is_settled, ADOPT_MS_MAX, "the kiosk is not adopted");
    bench_run_ms(bench, LOCKOUT_MS); /* the names are written meanwhile */
    for (unsigned i = 0; i < STEP_COUNT && bench->wrong == NULL; i++)
        take_step(bench, &steps[i]);
    scenario_wait_acknowledged(bench);
    bench_check(bench, true, &sums);
}

static void serve_next(struct bench *bench, uint8_t button, uint8_t question, uint16_t value)
{
    bench_answer(bench, (uint8_t)BUTTON(button), question, value);
    bench_run_until(bench, has_last_answer, SETTLE_MS_MAX, "the next customer's answer does not arrive");
}

/* Every eighth customer also says why, every other eighth withdraws; the others tap and go, and meet a quick
 * EEPROM: what can be lost was decided before, and waiting for it takes a third of a case's time. */
void scenario_recover(struct bench *bench, uint64_t seed, unsigned customer)
{
    struct ledger_sums sums;

    collector_set_away(&bench->collector, false);
    bench_power_on(bench, seed);
    if (customer % 4 != 0 && bench->board != NULL)
        board_eeprom(bench->board)->write_us = QUICK_WRITE_US;
    bench_run_until(bench, bench_is_settled, SETTLE_MS_MAX, "the kiosk does not come back");
    bench_run_ms(bench, RELEASE_MS);
    bench_check(bench, true, &sums);
    if (customer % 8 == 0) {
        serve_next(bench, 3, QUESTION_RATING, 3);
        bench_run_ms(bench, NEXT_MS);
        serve_next(bench, 2, QUESTION_CAUSE, CAUSE_RULES);
    } else if (customer % 8 == 4) {
        serve_next(bench, 5, QUESTION_RATING, 5);
        serve_next(bench, 1, QUESTION_FLAG, FLAG_WITHDRAWN);
    } else {
        uint8_t rating = (uint8_t)(1 + customer % RATING_MAX);
        serve_next(bench, rating, QUESTION_RATING, rating);
    }
    bench_check(bench, true, &sums);
}
