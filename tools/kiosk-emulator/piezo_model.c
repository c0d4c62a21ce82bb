/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "piezo_model.h"

#include <string.h>
#include <simavr/avr_ioport.h>

enum { PIEZO_PIN = 5 };

static void on_pin(struct avr_irq_t *irq, uint32_t level, void *param)
{
    (void)irq;
    struct piezo_model *model = param;
    /* The library raises the pin twice for one edge of a timer's output. */
    if (model->level != (level & 1)) {
        model->level = level & 1;
        model->edges++;
    }
}

void piezo_model_attach(struct piezo_model *model, struct avr_t *avr)
{
    memset(model, 0, sizeof *model);
    avr_irq_register_notify(avr_io_getirq(avr, AVR_IOCTL_IOPORT_GETIRQ('B'), PIEZO_PIN), on_pin, model);
}
