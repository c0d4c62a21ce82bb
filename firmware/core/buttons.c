/* SPDX-License-Identifier: MIT */
#include "firmware/core/buttons.h"

#include <string.h>

/* Each button, on its own:
 *
 *   state        sample                             becomes
 *   up, unarmed  up for BUTTONS_RELEASE_MS          armed
 *   up           down for BUTTONS_PRESS_MS          down, unarmed; pressed if it was armed
 *   down         up for BUTTONS_RELEASE_MS          up, armed
 *
 * "For" means that all samples agree, each counted with the time since the one before, at most
 * BUTTONS_SAMPLE_MS_MAX. A bounce, at press or at release, holds the contact open for less than 160 ms at a
 * time: it can delay the first press but never re-arm the button for a second one.
 */
_Static_assert(BUTTONS_RELEASE_MS + BUTTONS_SAMPLE_MS_MAX <= UINT8_MAX, "steady_ms counts up to here");

void buttons_init(struct buttons *buttons, uint32_t now_ms)
{
    memset(buttons, 0, sizeof *buttons);
    buttons->sampled_ms = now_ms;
    buttons->unsettled = (1u << PORT_BUTTON_COUNT) - 1;
}

static void settle_down(struct buttons *buttons, uint8_t button, uint8_t mask, uint32_t now_ms)
{
    buttons->down |= mask;
    buttons->pressed |= buttons->armed & mask;
    buttons->armed &= (uint8_t)~mask;
    buttons->down_since_ms[button] = now_ms - BUTTONS_PRESS_MS;
}

static void settle_up(struct buttons *buttons, uint8_t mask)
{
    buttons->down &= (uint8_t)~mask;
    buttons->stuck &= (uint8_t)~mask;
    buttons->armed |= mask;
}

/* Count how long the contact has been steady, and act when that is long enough. */
static void step_button(struct buttons *buttons, uint8_t button, uint8_t elapsed_ms, uint32_t now_ms)
{
    uint8_t mask = (uint8_t)(1u << button);
    uint8_t *steady_ms = &buttons->steady_ms[button];
    uint8_t enough_ms = buttons->raw & mask ? BUTTONS_PRESS_MS : BUTTONS_RELEASE_MS;

    *steady_ms = (uint8_t)(*steady_ms + elapsed_ms);
    if (*steady_ms < enough_ms)
        return;
    buttons->unsettled &= (uint8_t)~mask;
    if (!(buttons->raw & mask))
        settle_up(buttons, mask);
    else if (!(buttons->down & mask))
        settle_down(buttons, button, mask, now_ms);
}

static void find_stuck(struct buttons *buttons, uint32_t now_ms)
{
    for (uint8_t button = 0; button < PORT_BUTTON_COUNT; button++)
        if (buttons_down_ms(buttons, button, now_ms) >= BUTTONS_STUCK_MS)
            buttons->stuck |= (uint8_t)(1u << button);
}

void buttons_step(struct buttons *buttons, uint8_t raw, uint32_t now_ms)
{
    uint32_t pause_ms = now_ms - buttons->sampled_ms;
    uint8_t elapsed_ms = pause_ms < BUTTONS_SAMPLE_MS_MAX ? (uint8_t)pause_ms : BUTTONS_SAMPLE_MS_MAX;
    uint8_t changed = raw ^ buttons->raw;

    buttons->sampled_ms = now_ms;
    buttons->pressed = 0;
    buttons->raw = raw;
    buttons->unsettled |= changed;
    for (uint8_t button = 0; buttons->unsettled >> button; button++) {
        if (changed >> button & 1)
            buttons->steady_ms[button] = 0;
        else if (buttons->unsettled >> button & 1)
            step_button(buttons, button, elapsed_ms, now_ms);
    }
    if (buttons->down)
        find_stuck(buttons, now_ms);
}

bool buttons_is_press_coming(const struct buttons *buttons)
{
    return (buttons->raw & buttons->armed) != 0;
}

bool buttons_is_press_new(const struct buttons *buttons, uint8_t raw)
{
    return (raw & buttons->armed & ~buttons->raw) != 0;
}

uint32_t buttons_down_ms(const struct buttons *buttons, uint8_t button, uint32_t now_ms)
{
    uint8_t mask = (uint8_t)(1u << button);

    if (!(buttons->down & mask))
        return 0;
    uint32_t down_ms = now_ms - buttons->down_since_ms[button];
    return buttons->raw & mask ? down_ms : down_ms - buttons->steady_ms[button];
}

bool buttons_is_going_down(const struct buttons *buttons, uint8_t button, uint32_t less_than_ms,
                           uint32_t now_ms)
{
    uint8_t mask = (uint8_t)(1u << button);

    if (!(buttons->raw & mask) || (buttons->stuck & mask))
        return false;
    if (buttons->armed & mask)
        return true;
    return (buttons->down & mask) && buttons_down_ms(buttons, button, now_ms) < less_than_ms;
}
