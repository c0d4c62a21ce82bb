/* SPDX-License-Identifier: MIT
 *
 * line.h - the serial line of the Mega 2560's port, inside the port only.
 */
#ifndef BYNAME_MEGA2560_LINE_H
#define BYNAME_MEGA2560_LINE_H

#include <stdbool.h>

void line_init(void);

/* True when a received byte waits. */
bool line_has_input(void);

#endif
