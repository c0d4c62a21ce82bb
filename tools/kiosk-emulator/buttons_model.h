/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * buttons_model.h - the kiosk's five buttons on PA0..PA4, closing to ground.
 *
 * A released button reads 1 whether or not the firmware has switched its pull-up on: the board has its own
 * resistors. The caller owns the struct, which must outlive the core.
 */
#ifndef KIOSK_EMULATOR_BUTTONS_MODEL_H
#define KIOSK_EMULATOR_BUTTONS_MODEL_H

#include <stdint.h>
#include "core.h"

enum { BUTTONS_COUNT = 5, BUTTONS_ALL = (1 << BUTTONS_COUNT) - 1 };

struct buttons_model {
    struct avr_t *avr;
    uint8_t pressed; /* bit 0 is button 1 */
};

void buttons_model_attach(struct buttons_model *model, struct avr_t *avr, uint8_t pressed);

/* To be called after every reset of the core, which clears the pins. */
void buttons_model_after_reset(struct buttons_model *model);

/* Bit 0 of pressed is button 1; bits above BUTTONS_ALL are ignored. */
void buttons_model_set(struct buttons_model *model, uint8_t pressed);

#endif
