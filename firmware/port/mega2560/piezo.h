/* SPDX-License-Identifier: MIT
 *
 * piezo.h - the tone of the Mega 2560's port, inside the port only.
 */
#ifndef BYNAME_MEGA2560_PIEZO_H
#define BYNAME_MEGA2560_PIEZO_H

void piezo_init(void);

/* From the tick interrupt: ends the tone when its time is over. */
void piezo_tick_isr(void);

#endif
