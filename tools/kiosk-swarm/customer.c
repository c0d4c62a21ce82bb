/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "customer.h"

#include <string.h>

#define HELD_US 120000
#define LOCKOUT_US 3600000 /* the choice shown for 0.3 s, thanks for 3 s, and some ticks */

/* SplitMix64 (Steele, Lea and Flood, 2014). */
static uint64_t draw(struct customer *customer)
{
    uint64_t z = customer->random += UINT64_C(0x9E3779B97F4A7C15);

    z = (z ^ z >> 30) * UINT64_C(0xBF58476D1CE4E5B9);
    z = (z ^ z >> 27) * UINT64_C(0x94D049BB133111EB);
    return z ^ z >> 31;
}

static uint8_t below(struct customer *customer, uint8_t limit)
{
    return (uint8_t)((draw(customer) >> 32) * limit >> 32);
}

static void add(struct customer *customer, uint8_t button, struct ledger_meaning meaning,
                struct ledger_meaning other)
{
    customer->buttons[customer->tap_count] = (uint8_t)(1u << (button - 1));
    customer->taps[customer->tap_count] = (struct ledger_tap){.meanings = {meaning, other}};
    customer->tap_count++;
}

static const struct ledger_meaning nothing = {0, 0};

/* Who helped you: the first name, or seldom a skip, which ends the visit. Returns whether a name was said. */
static bool say_who(struct customer *customer)
{
    bool is_skipped = below(customer, 10) == 0;
    struct ledger_meaning meaning = {QUESTION_STAFF, is_skipped ? ANSWER_SKIPPED : LEDGER_ANYBODY};

    add(customer, is_skipped ? 5 : 1, meaning, nothing);
    return !is_skipped;
}

/* One of the two in turn, or the latter alone: the buttons at both ends mean something on either screen. */
static void say_strength_or_returning(struct customer *customer, bool is_returning)
{
    bool is_first = below(customer, 2) == 0;
    struct ledger_meaning returning = {QUESTION_RETURNING, is_first ? RETURNING_YES : ANSWER_SKIPPED};
    struct ledger_meaning strength = {QUESTION_STRENGTH, is_first ? STRENGTH_EMPATHY : STRENGTH_FLEXIBILITY};

    add(customer, is_first ? 1 : 5, returning, is_returning ? nothing : strength);
}

static void plan_happy(struct customer *customer)
{
    static const uint8_t buttons[] = {1, 3, 5};
    static const uint16_t values[] = {MENTION_ASKED, MENTION_WILL_ASK, MENTION_NO};

    if (!customer->has_staff) {
        say_strength_or_returning(customer, false);
        return;
    }
    if (!say_who(customer))
        return;
    uint8_t which = below(customer, 3);
    add(customer, buttons[which], (struct ledger_meaning){QUESTION_MENTION, values[which]}, nothing);
    say_strength_or_returning(customer, values[which] == MENTION_ASKED);
}

static void plan_unhappy(struct customer *customer)
{
    uint8_t cause = (uint8_t)(1 + below(customer, 5)); /* CAUSE_ codes are the buttons' numbers */

    add(customer, cause, (struct ledger_meaning){QUESTION_CAUSE, cause}, nothing);
    if (customer->has_staff)
        say_who(customer);
}

void customer_plan(struct customer *customer)
{
    static const uint8_t ratings[] = {1, 2, 3, 4, 4, 5, 5, 5};
    uint8_t rating = ratings[below(customer, sizeof ratings)];

    customer->step = customer->tap_count = 0;
    add(customer, rating, (struct ledger_meaning){QUESTION_RATING, rating}, nothing);
    if (rating >= RATING_HAPPY_MIN)
        plan_happy(customer);
    else
        plan_unhappy(customer);
}

void customer_init(struct customer *customer, bool has_staff, uint64_t seed, uint32_t tap_ms, uint64_t now_us)
{
    memset(customer, 0, sizeof *customer);
    customer->has_staff = has_staff;
    customer->random = seed;
    customer->tap_us = (uint64_t)tap_ms * 1000;
    customer->next_us = now_us + draw(customer) % customer->tap_us; /* not all at once */
}

static uint64_t pause_us(const struct customer *customer)
{
    uint64_t taps =
        customer->step < customer->tap_count ? 1 : (LOCKOUT_US + customer->tap_us - 1) / customer->tap_us;

    return taps * customer->tap_us - HELD_US;
}

uint8_t customer_step(struct customer *customer, const struct ledger_tap **tap)
{
    *tap = NULL;
    if (customer->is_down) {
        customer->is_down = false;
        customer->step++;
        customer->next_us += pause_us(customer);
        return 0;
    }
    if (!customer_is_busy(customer)) {
        if (customer->is_leaving) {
            customer->next_us = UINT64_MAX;
            return 0;
        }
        customer_plan(customer);
    }
    customer->taps[customer->step].at_us = customer->next_us;
    *tap = &customer->taps[customer->step];
    customer->is_down = true;
    customer->next_us += HELD_US;
    return customer->buttons[customer->step];
}

bool customer_is_busy(const struct customer *customer)
{
    return customer->step < customer->tap_count;
}
