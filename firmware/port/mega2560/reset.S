/* SPDX-License-Identifier: MIT
 *
 * The first thing after a reset, before the C start-up: keep the reset's causes, and turn the watchdog off.
 *
 * After a watchdog reset the watchdog stays on at its shortest time, 16 ms, until WDRF is cleared (ATmega2560
 * datasheet, section 12.4). A bootloader may have cleared MCUSR before us; the causes are then unknown, and 0.
 * r1 is 0 already (.init2). In assembly since this runs in line, with neither stack nor return.
 */
#include <avr/io.h>

.section .noinit, "aw", @nobits
.global board_reset_causes
board_reset_causes:
    .skip 1

.section .init3, "ax", @progbits
    in r24, _SFR_IO_ADDR(MCUSR)
    sts board_reset_causes, r24
    out _SFR_IO_ADDR(MCUSR), r1
    wdr
    ldi r24, _BV(WDCE) | _BV(WDE) /* opens four cycles in which WDE may be cleared */
    sts _SFR_MEM_ADDR(WDTCSR), r24
    sts _SFR_MEM_ADDR(WDTCSR), r1
