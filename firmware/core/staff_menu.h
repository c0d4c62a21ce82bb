/* SPDX-License-Identifier: MIT
 *
 * staff_menu.h - what a staff member does at the kiosk: answer a help call, own counts, sign on and off.
 *
 * Opens when the two outer buttons are held for two seconds: a name, then the PIN where one is set. Counts
 * are shown only behind a PIN. Main loop only. The caller owns struct staff_menu and the parts it points to.
 *
 *   closed ── outer buttons 2 s ──► WHO ──► PIN ──► HELP ──► MENU ──► DONE ──► closed
 *                                    │       │         └─ if a call is open; "I am here": CALLING ──► closed
 *                                    │       │ wrong: WRONG, third time: LOCKED 60 s
 *                                    └───────┴── no press for 15 s, or button 5 ──► closed
 */
#ifndef BYNAME_STAFF_MENU_H
#define BYNAME_STAFF_MENU_H

#include <stdbool.h>
#include <stdint.h>

#include "firmware/core/journal.h"
#include "firmware/core/roster.h"
#include "firmware/core/screen.h"
#include "firmware/core/uplink.h"

#define STAFF_MENU_HOLD_MS 2000
#define STAFF_MENU_IDLE_MS 15000
#define STAFF_MENU_NOTICE_MS 2000 /* WRONG, DONE and CALLING */
#define STAFF_MENU_LOCK_MS 60000ul
#define STAFF_MENU_TRIES 3
/* Wrong PINs count together unless so long apart; a right one forgives none. */
#define STAFF_MENU_FORGET_MS 600000ul
#define STAFF_MENU_BUTTONS 0x11 /* the outer two */

struct staff_menu {
    struct journal *journal;
    struct roster *roster;
    struct uplink *uplink; /* what it knows of help calls */
    uint8_t screen; /* enum screen_kind on show; SCREEN_IDLE: closed */
    uint8_t staff;  /* roster index */
    uint8_t page_start;
    uint8_t digits; /* of the PIN, entered so far */
    uint16_t pin;
    uint8_t tries_left;
    bool is_locked;
    uint32_t wrong_ms; /* when the last wrong PIN was entered */
    uint32_t since_ms; /* of the last press or change of screen */
};

void staff_menu_init(struct staff_menu *menu, struct journal *journal, struct roster *roster,
                     struct uplink *uplink);
bool staff_menu_is_open(const struct staff_menu *menu);

/* Nothing happens without a roster. */
void staff_menu_open(struct staff_menu *menu, uint32_t now_ms);

/* pressed: bit 0 = button 1. Up to 60 ms when it stores an answer. */
void staff_menu_step(struct staff_menu *menu, uint8_t pressed, uint32_t now_ms, uint32_t uptime_s);

void staff_menu_screen(const struct staff_menu *menu, uint32_t now_ms, struct screen *screen);

#endif
