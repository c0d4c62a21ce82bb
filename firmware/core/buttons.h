/* SPDX-License-Identifier: MIT
 *
 * buttons.h - five switches that bounce, read as presses.
 *
 * Time is passed in; samples may be missed. The caller owns struct buttons and reads its first three fields
 * after each step. Bit 0 is button 1, at the left.
 */
#ifndef BYNAME_BUTTONS_H
#define BYNAME_BUTTONS_H

#include <stdbool.h>
#include <stdint.h>

#include "firmware/port/port.h"

#define BUTTONS_PRESS_MS 25      /* steadily down for so long is a press */
#define BUTTONS_RELEASE_MS 170   /* steadily up for so long re-arms: a switch may bounce for 160 ms */
#define BUTTONS_SAMPLE_MS_MAX 10 /* a pause between samples vouches for no more than this */
#define BUTTONS_STUCK_MS 10000u

struct buttons {
    /* Newly pressed in this step; a button is reported once, when it is BUTTONS_PRESS_MS down. */
    uint8_t pressed;
    uint8_t down;  /* held; lasts until the button re-arms */
    uint8_t stuck; /* held for BUTTONS_STUCK_MS; ends with the release */

    /* Private to buttons.c. */
    uint8_t armed;
    uint8_t raw;
    uint8_t unsettled;
    uint32_t sampled_ms;
    uint8_t steady_ms[PORT_BUTTON_COUNT];
    uint32_t down_since_ms[PORT_BUTTON_COUNT];
};

/* Begin. A button that is down already is no press until it has been released: it may be stuck. */
void buttons_init(struct buttons *buttons, uint32_t now_ms);

/* Take the buttons that are down this instant (port_buttons), about every PORT_TICK_MS. A missed sample
 * delays a press or a re-arming, and never makes one. */
void buttons_step(struct buttons *buttons, uint8_t raw, uint32_t now_ms);

/* Is a press on its way: a button that may be pressed is down, and not yet for BUTTONS_PRESS_MS? */
bool buttons_is_press_coming(const struct buttons *buttons);

/* Has a button that may be pressed gone down since the last sample, `raw` being port_buttons now? */
bool buttons_is_press_new(const struct buttons *buttons, uint8_t raw);

/* How long a button (0 to PORT_BUTTON_COUNT - 1) has been held; 0 when it is up. Stands still while the
 * switch is open but not yet re-armed, so that a release is never counted as holding. */
uint32_t buttons_down_ms(const struct buttons *buttons, uint8_t button, uint32_t now_ms);

/* Is a button (0 to PORT_BUTTON_COUNT - 1) on its way down, or has it been down for less than that? A button that
 * was down at power-up or is stuck is not. */
bool buttons_is_going_down(const struct buttons *buttons, uint8_t button, uint32_t less_than_ms,
                           uint32_t now_ms);

#endif
