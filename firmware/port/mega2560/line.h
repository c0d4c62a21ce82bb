/* SPDX-License-Identifier: MIT
 *
 * line.h - the serial line of the Mega 2560's port, inside the port only. Its interrupts: line.c, line_tx.S.
 */
#ifndef BYNAME_MEGA2560_LINE_H
#define BYNAME_MEGA2560_LINE_H

#define LINE_TX_RING_SIZE 160

#ifndef __ASSEMBLER__
#include <stdbool.h>

void line_init(void);

/* True when a received byte waits. */
bool line_has_input(void);
#endif

#endif
