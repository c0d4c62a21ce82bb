/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * terminal.h - the kiosk on a terminal: the display live, and keys for buttons.
 *
 * ncurses keeps the terminal as process-wide state, so there can be one at a time. The caller owns the
 * struct.
 */
#ifndef KIOSK_EMULATOR_TERMINAL_H
#define KIOSK_EMULATOR_TERMINAL_H

#include <stdbool.h>
#include <stdint.h>
#include "buttons_model.h"
#include "kiosk.h"

struct terminal {
    struct kiosk *kiosk;
    unsigned png_scale;
    const char *page;                   /* where the same kiosk is in a browser; NULL for nowhere */
    uint8_t held;                       /* toggled with shift and the number */
    uint64_t release_at[BUTTONS_COUNT]; /* clock; 0 for a button that is not tapped */
    unsigned screenshots;
    char message[256];
    uint64_t message_until_ns;
};

/* Take the terminal over. */
void terminal_open(struct terminal *terminal, struct kiosk *kiosk, unsigned png_scale);

/* Give it back as it was. */
void terminal_close(struct terminal *terminal);

/* Handle the keys that have come. Returns false when the user wants to quit. */
bool terminal_handle_keys(struct terminal *terminal);

/* Release the buttons whose tap is over. */
void terminal_step(struct terminal *terminal);

void terminal_draw(struct terminal *terminal);

#endif
