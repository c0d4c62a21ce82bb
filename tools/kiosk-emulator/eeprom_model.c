/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "eeprom_model.h"

#include <string.h>

enum { EECR = 0x3F, EEDR = 0x40, EEARL = 0x41, EEARH = 0x42 };
enum { EERE = 0x01, EEPE = 0x02, EEMPE = 0x04, EERIE = 0x08, EEPM = 0x30, EEPM_SHIFT = 4 };
enum { EE_READY_VECTOR = 30 };
enum {
    ERASE_AND_WRITE_US = 3400,
    HALF_OPERATION_US = 1800,
    /* "within four clock cycles": an instruction that starts four cycles after the one that set EEMPE is in
       time. */
    WINDOW_CYCLES = 5,
    READ_HALT_CYCLES = 4,
    WRITE_HALT_CYCLES = 2,
};

static uint16_t address_register(const struct avr_t *avr)
{
    return (uint16_t)((avr->data[EEARL] | avr->data[EEARH] << 8) & (EEPROM_SIZE - 1));
}

static uint8_t result_of(const struct eeprom_write *write)
{
    switch (write->mode) {
    case EEPROM_ERASE_ONLY:
        return 0xFF;
    case EEPROM_WRITE_ONLY:
        return write->old & write->data;
    default:
        return write->data;
    }
}

static uint64_t duration_cycles(const struct eeprom_model *model)
{
    uint32_t us = model->write.mode == EEPROM_ERASE_AND_WRITE ? ERASE_AND_WRITE_US : HALF_OPERATION_US;
    if (model->write_us != 0) {
        us = model->write_us;
    }
    return (uint64_t)us * (CORE_CYCLES_PER_MS / 1000);
}

/* EE_READY is a level: it stands as long as EERIE is set and no write is under way. */
static void update_ready(struct eeprom_model *model)
{
    if (model->is_busy) {
        avr_clear_interrupt(model->avr, model->ready);
    } else if (model->avr->data[EECR] & EERIE) {
        avr_raise_interrupt(model->avr, model->ready);
    }
}

static void on_ready_routine(struct avr_irq_t *irq, uint32_t is_running, void *param)
{
    (void)irq;
    if (!is_running) {
        update_ready(param);
    }
}

static avr_cycle_count_t on_write_done(struct avr_t *avr, avr_cycle_count_t when, void *param)
{
    (void)when;
    struct eeprom_model *model = param;
    model->cells[model->write.address] = result_of(&model->write);
    model->is_busy = false;
    avr->data[EECR] &= (uint8_t)~EEPE;
    update_ready(model);
    return 0;
}

static avr_cycle_count_t on_window_closed(struct avr_t *avr, avr_cycle_count_t when, void *param)
{
    (void)when;
    (void)param;
    avr->data[EECR] &= (uint8_t)~EEMPE;
    return 0;
}

static avr_cycle_count_t on_cut(struct avr_t *avr, avr_cycle_count_t when, void *param)
{
    (void)avr;
    (void)when;
    struct eeprom_model *model = param;
    model->cut_at_write = 0;
    eeprom_model_lose_power(model, model->cut_tear);
    model->listener.on_cut(model->listener.user);
    return 0;
}

static void begin_write(struct eeprom_model *model, enum eeprom_mode mode)
{
    struct avr_t *avr = model->avr;
    const uint16_t address = address_register(avr);
    model->is_busy = true;
    model->write = (struct eeprom_write){
        .address = address, .old = model->cells[address], .data = avr->data[EEDR], .mode = mode};
    if (model->unstable.is_set && model->unstable.address == address) {
        model->unstable.is_set = false;
    }
    avr->data[EECR] = (uint8_t)((avr->data[EECR] & ~EEMPE) | EEPE);
    avr->cycle += WRITE_HALT_CYCLES;
    const uint64_t duration = duration_cycles(model);
    model->done_cycle = avr->cycle + duration;
    avr_cycle_timer_register(avr, duration, on_write_done, model);
    update_ready(model);
    if (++model->writes_begun == model->cut_at_write) {
        avr_cycle_timer_register(avr, duration / 2, on_cut, model);
    }
    model->listener.on_write(model->listener.user, &model->write);
}

static uint8_t read_cell(struct eeprom_model *model, uint16_t address)
{
    const struct eeprom_unstable *unstable = &model->unstable;
    model->reads++;
    if (unstable->is_set && unstable->address == address) {
        return noise_next(model->noise) & 1 ? unstable->new : unstable->old;
    }
    return model->cells[address];
}

static void write_control_busy(struct eeprom_model *model, uint8_t value)
{
    struct avr_t *avr = model->avr;
    const uint8_t old = avr->data[EECR];
    if ((value & EERE) || ((value & EEPE) && (old & EEMPE))) {
        model->violations++;
    }
    avr->data[EECR] = (uint8_t)((value & (EERIE | EEMPE)) | EEPE | (old & EEPM));
}

static void write_control_idle(struct eeprom_model *model, uint8_t value)
{
    struct avr_t *avr = model->avr;
    const bool is_window_open = avr->data[EECR] & EEMPE;
    const enum eeprom_mode mode = (value & EEPM) >> EEPM_SHIFT;
    avr->data[EECR] = value & (EEPM | EERIE | EEMPE);
    if ((value & EEPE) && is_window_open && mode != EEPROM_MODE_RESERVED) {
        begin_write(model, mode);
    } else if (value & EEPE) {
        model->violations++;
    } else if (value & EERE) {
        avr->data[EEDR] = read_cell(model, address_register(avr));
        avr->cycle += READ_HALT_CYCLES;
    }
    update_ready(model);
}

static void write_control(struct avr_t *avr, avr_io_addr_t address, uint8_t value, void *param)
{
    struct eeprom_model *model = param;
    const bool was_window_open = avr->data[address] & EEMPE;
    if (model->is_busy) {
        write_control_busy(model, value);
    } else {
        write_control_idle(model, value);
    }
    if ((avr->data[EECR] & EEMPE) && !was_window_open) {
        avr_cycle_timer_register(avr, WINDOW_CYCLES, on_window_closed, model);
    }
}

/* EEAR cannot be changed during a write. */
static void write_address(struct avr_t *avr, avr_io_addr_t address, uint8_t value, void *param)
{
    struct eeprom_model *model = param;
    if (model->is_busy) {
        model->violations++;
    } else {
        avr->data[address] = value;
    }
}

void eeprom_model_attach(struct eeprom_model *model, struct avr_t *avr, uint8_t *cells, struct noise *noise,
                         const struct eeprom_listener *listener)
{
    memset(model, 0, sizeof *model);
    model->avr = avr;
    model->cells = cells;
    model->noise = noise;
    model->listener = *listener;
    model->ready = core_vector(avr, EE_READY_VECTOR);
    core_take_write(avr, EECR, write_control, model);
    core_take_write(avr, EEARL, write_address, model);
    core_take_write(avr, EEARH, write_address, model);
    core_on_routine(avr, model->ready, on_ready_routine, model);
}

void eeprom_model_after_reset(struct eeprom_model *model)
{
    struct avr_t *avr = model->avr;
    if (!model->is_busy) {
        return;
    }
    const uint64_t left = model->done_cycle > avr->cycle ? model->done_cycle - avr->cycle : 1;
    avr->data[EECR] = (uint8_t)(EEPE | (model->write.mode << EEPM_SHIFT));
    avr_cycle_timer_register(avr, left, on_write_done, model);
    if (model->writes_begun == model->cut_at_write) {
        const uint64_t half = duration_cycles(model) / 2;
        avr_cycle_timer_register(avr, left > half ? left - half : 1, on_cut, model);
    }
}

void eeprom_model_plan_cut(struct eeprom_model *model, uint64_t count, enum eeprom_tear tear)
{
    model->cut_at_write = count == 0 ? 0 : model->writes_begun + count;
    model->cut_tear = tear;
}

void eeprom_model_lose_power(struct eeprom_model *model, enum eeprom_tear tear)
{
    if (!model->is_busy) {
        return;
    }
    const uint8_t old = model->write.old;
    const uint8_t new = result_of(&model->write);
    uint8_t *cell = &model->cells[model->write.address];
    model->is_busy = false;
    avr_cycle_timer_cancel(model->avr, on_write_done, model);
    switch (tear) {
    case EEPROM_TEAR_NEW:
        *cell = new;
        break;
    case EEPROM_TEAR_ERASED:
        *cell = 0xFF;
        break;
    case EEPROM_TEAR_AND:
        *cell = old & new;
        break;
    case EEPROM_TEAR_NOISE:
        *cell = (uint8_t)noise_next(model->noise);
        break;
    case EEPROM_TEAR_UNSTABLE:
        model->unstable = (struct eeprom_unstable){true, model->write.address, old, new};
        break;
    default: /* EEPROM_TEAR_OLD: the cell was never touched */
        break;
    }
}
