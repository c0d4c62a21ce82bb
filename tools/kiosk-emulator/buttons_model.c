/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "buttons_model.h"

#include <simavr/avr_ioport.h>

static struct avr_irq_t *pin(const struct buttons_model *model, int index)
{
    return avr_io_getirq(model->avr, AVR_IOCTL_IOPORT_GETIRQ('A'), index);
}

/* The library recomputes its pins from PORTA whenever the firmware writes PORTA or DDRA, and would read a
 * held button as released once its pull-up is on, unless it knows of the external level.
 */
static void set_external_level(struct buttons_model *model)
{
    avr_ioport_external_t external = {
        .name = 'A', .mask = BUTTONS_ALL, .value = (uint8_t)(~model->pressed & BUTTONS_ALL)};
    avr_ioctl(model->avr, AVR_IOCTL_IOPORT_SET_EXTERNAL('A'), &external);
}

void buttons_model_set(struct buttons_model *model, uint8_t pressed)
{
    model->pressed = pressed & BUTTONS_ALL;
    set_external_level(model);
    for (int i = 0; i < BUTTONS_COUNT; i++) {
        avr_raise_irq(pin(model, i), !(model->pressed >> i & 1));
    }
}

void buttons_model_attach(struct buttons_model *model, struct avr_t *avr, uint8_t pressed)
{
    model->avr = avr;
    model->pressed = pressed & BUTTONS_ALL;
    buttons_model_after_reset(model);
}

void buttons_model_after_reset(struct buttons_model *model)
{
    for (int i = 0; i < BUTTONS_COUNT; i++) {
        pin(model, i)->flags |= IRQ_FLAG_INIT; /* or raising an unchanged level would be filtered out */
    }
    buttons_model_set(model, model->pressed);
}
