/* SPDX-License-Identifier: MIT
 *
 * clock.h - the tick of the Mega 2560's port, inside the port only.
 */
#ifndef BYNAME_MEGA2560_CLOCK_H
#define BYNAME_MEGA2560_CLOCK_H

#include <stdint.h>

/* Ticks since power-up, modulo 256. */
extern volatile uint8_t clock_ticks;

/* Counted down to 0, one a tick: how long buttons are still watched at every tick. A byte, so that no lock is
 * needed. */
extern volatile uint8_t clock_settle_ticks;

/* Start timer 3 and the tick interrupt. */
void clock_init(void);

#endif
