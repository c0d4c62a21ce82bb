/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core.h"

#include <stddef.h>

void core_take_write(struct avr_t *avr, uint16_t address, avr_io_write_t handler, void *param)
{
    avr->io[AVR_DATA_TO_IO(address)].w.c = handler;
    avr->io[AVR_DATA_TO_IO(address)].w.param = param;
}

void core_take_read(struct avr_t *avr, uint16_t address, avr_io_read_t handler, void *param)
{
    avr->io[AVR_DATA_TO_IO(address)].r.c = handler;
    avr->io[AVR_DATA_TO_IO(address)].r.param = param;
}

struct avr_int_vector_t *core_vector(struct avr_t *avr, uint8_t number)
{
    for (int i = 0; i < avr->interrupts.vector_count; i++) {
        if (avr->interrupts.vector[i]->vector == number) {
            return avr->interrupts.vector[i];
        }
    }
    return NULL;
}

void core_on_routine(struct avr_t *avr, const struct avr_int_vector_t *vector, avr_irq_notify_t handler,
                     void *param)
{
    avr_irq_t *irq = avr_get_interrupt_irq(avr, vector->vector);
    avr_irq_register_notify(irq + AVR_INT_IRQ_RUNNING, handler, param);
}
