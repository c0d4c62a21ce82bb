/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * piezo_model.h - a piezo disc on PB5 (OC1A): only whether, and for how many edges, it sounded.
 *
 * The caller owns the struct, which must outlive the core.
 */
#ifndef KIOSK_EMULATOR_PIEZO_MODEL_H
#define KIOSK_EMULATOR_PIEZO_MODEL_H

#include <stdint.h>
#include "core.h"

struct piezo_model {
    uint32_t level;
    uint64_t edges;
};

void piezo_model_attach(struct piezo_model *model, struct avr_t *avr);

#endif
