/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * core.h - what every peripheral model needs from libsimavr's core: registers and interrupt vectors.
 *
 * A model replaces the library's own peripheral by taking over its register handlers. The tables are written
 * directly: avr_register_io_write would chain the library's handler and ours instead of replacing it.
 */
#ifndef KIOSK_EMULATOR_CORE_H
#define KIOSK_EMULATOR_CORE_H

#include <stdint.h>
#include <simavr/sim_avr.h>

enum {
    CORE_CYCLES_PER_SECOND = 16000000,
    CORE_CYCLES_PER_MS = CORE_CYCLES_PER_SECOND / 1000,
};

/* Handle writes to the register at this data address. The handler stores the value itself. */
void core_take_write(struct avr_t *avr, uint16_t address, avr_io_write_t handler, void *param);

/* Handle reads of the register at this data address; handler NULL means a plain read of the register file. */
void core_take_read(struct avr_t *avr, uint16_t address, avr_io_read_t handler, void *param);

/* The vector with this number, or NULL. */
struct avr_int_vector_t *core_vector(struct avr_t *avr, uint8_t number);

/* Call handler with value 1 when the vector's routine is entered and 0 when it returns. libsimavr latches
 * interrupts; a level interrupt is made by raising it again on return while its condition still holds.
 */
void core_on_routine(struct avr_t *avr, const struct avr_int_vector_t *vector, avr_irq_notify_t handler,
                     void *param);

#endif
