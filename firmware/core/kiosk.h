/* SPDX-License-Identifier: MIT
 *
 * kiosk.h - the whole kiosk, one pass of its main loop at a time.
 *
 * Owns every part and decides whose turn it is: self-test, staff menu or customer. Calls the hardware through
 * port.h only, so that a host test can run it against memory. Main loop only.
 */
#ifndef BYNAME_KIOSK_H
#define BYNAME_KIOSK_H

#include "firmware/core/buttons.h"
#include "firmware/core/canvas.h"
#include "firmware/core/display.h"
#include "firmware/core/identity.h"
#include "firmware/core/journal.h"
#include "firmware/core/roster.h"
#include "firmware/core/self_test.h"
#include "firmware/core/staff_menu.h"
#include "firmware/core/uplink.h"
#include "firmware/core/visit.h"

/* Held together from power-up for a second. */
#define KIOSK_GESTURE_MS 1000
#define KIOSK_GESTURE_SELF_TEST 0x04 /* button 3 */
#define KIOSK_GESTURE_FORGET 0x0A    /* buttons 2 and 4: leave the database; the journal stays */

struct kiosk {
    struct buttons buttons;
    struct journal journal;
    struct identity identity;
    struct roster roster;
    struct uplink uplink;
    struct visit visit;
    struct staff_menu menu;
    struct self_test self_test;
    struct display display;
    struct canvas canvas;
    struct screen shown;
    uint8_t shown_generation; /* of the roster whose names are in `shown` */
    uint8_t gesture;          /* buttons down since power-up; 0: none, or over */
    uint32_t tick_ms;         /* the tick in which the buttons were looked at */
    uint8_t looked_ms;        /* when, of that the lowest byte */
    uint32_t second_ms;       /* when the present second of uptime began */
    uint32_t uptime_s;
};

/* port_init has been called. Reads the EEPROM; takes up to 100 ms. */
void kiosk_init(struct kiosk *kiosk);

/* One pass. False when nothing is left to do before the next tick or byte, so that the caller may sleep.
 * Takes up to 70 ms when an answer is stored, at most 10 ms else, but 350 ms to forget the database. */
bool kiosk_step(struct kiosk *kiosk);

#endif
