/* SPDX-License-Identifier: MIT
 *
 * clock.h - the tick of the Mega 2560's port, inside the port only.
 */
#ifndef BYNAME_MEGA2560_CLOCK_H
#define BYNAME_MEGA2560_CLOCK_H

/* Start timer 3 and the tick interrupt. */
void clock_init(void);

#endif
