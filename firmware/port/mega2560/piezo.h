/* SPDX-License-Identifier: MIT
 *
 * piezo.h - the tone of the Mega 2560's port, inside the port only.
 */
#ifndef BYNAME_MEGA2560_PIEZO_H
#define BYNAME_MEGA2560_PIEZO_H

#include <avr/io.h>
#include <stdint.h>

extern volatile uint16_t piezo_ticks_left;

void piezo_init(void);

static inline void piezo_silence(void)
{
    TCCR1A = 0; /* OC1A is an ordinary pin again, low */
    TCCR1B = 0;
}

/* From the tick interrupt, inline for its sake: ends the tone when its time is over. */
static inline void piezo_tick_isr(void)
{
    uint16_t left = piezo_ticks_left;

    if (left == 0)
        return;
    piezo_ticks_left = --left;
    if (left == 0)
        piezo_silence();
}

#endif
