/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "twi_model.h"

#include <string.h>

enum { TWBR = 0xB8, TWSR = 0xB9, TWDR = 0xBB, TWCR = 0xBC };
enum { TWIE = 0x01, TWEN = 0x04, TWWC = 0x08, TWSTO = 0x10, TWSTA = 0x20, TWEA = 0x40, TWINT = 0x80 };
enum { TWPS = 0x03, TWS = 0xF8 };
enum { TWI_VECTOR = 39 };
enum {
    STATUS_START = 0x08,
    STATUS_REPEATED_START = 0x10,
    STATUS_WRITE_ADDRESS_ACK = 0x18,
    STATUS_WRITE_ADDRESS_NACK = 0x20,
    STATUS_WRITE_DATA_ACK = 0x28,
    STATUS_WRITE_DATA_NACK = 0x30,
    STATUS_READ_ADDRESS_ACK = 0x40,
    STATUS_READ_ADDRESS_NACK = 0x48,
    STATUS_READ_DATA_ACK = 0x50,
    STATUS_READ_DATA_NACK = 0x58,
    STATUS_IDLE = 0xF8,
};
enum { BITS_OF_BYTE = 9, DISPLAY_BIT_CYCLES_MIN = CORE_CYCLES_PER_SECOND / 400000 };

/* SCL = clock / (16 + 2 * TWBR * 4^TWPS), datasheet 24.5.2. */
static uint32_t bit_cycles(const struct avr_t *avr)
{
    return 16U + (2U * avr->data[TWBR] << 2 * (avr->data[TWSR] & TWPS));
}

static void set_status(struct avr_t *avr, uint8_t status)
{
    avr->data[TWSR] = (uint8_t)((avr->data[TWSR] & TWPS) | status);
}

/* TWINT is a level: the interrupt stands as long as TWINT and TWIE are set. */
static void update_interrupt(struct twi_model *model)
{
    const uint8_t control = model->avr->data[TWCR];
    if ((control & TWINT) && (control & TWIE)) {
        avr_raise_interrupt(model->avr, model->vector);
    }
}

static void on_routine(struct avr_irq_t *irq, uint32_t is_running, void *param)
{
    (void)irq;
    if (!is_running) {
        update_interrupt(param);
    }
}

static avr_cycle_count_t on_done(struct avr_t *avr, avr_cycle_count_t when, void *param)
{
    (void)when;
    struct twi_model *model = param;
    set_status(avr, model->next_status);
    avr->data[TWCR] |= TWINT;
    update_interrupt(model);
    return 0;
}

static avr_cycle_count_t on_stop_done(struct avr_t *avr, avr_cycle_count_t when, void *param)
{
    (void)when;
    (void)param;
    avr->data[TWCR] &= (uint8_t)~TWSTO;
    return 0;
}

static void begin(struct twi_model *model, uint64_t cycles, avr_cycle_timer_t on_end)
{
    if (model->is_stuck) {
        return;
    }
    avr_cycle_timer_register(model->avr, cycles, on_end, model);
}

static void stop(struct twi_model *model)
{
    const uint32_t cycles = bit_cycles(model->avr);
    model->phase = TWI_BUS_FREE;
    set_status(model->avr, STATUS_IDLE);
    model->stop_done_cycle = model->avr->cycle + cycles;
    begin(model, cycles, on_stop_done);
}

static void start(struct twi_model *model)
{
    const uint64_t now = model->avr->cycle;
    const uint64_t wait = model->stop_done_cycle > now ? model->stop_done_cycle - now : 0;
    model->next_status = model->phase == TWI_BUS_FREE ? STATUS_START : STATUS_REPEATED_START;
    model->phase = TWI_STARTED;
    begin(model, wait + bit_cycles(model->avr), on_done);
}

static void count_byte(struct twi_model *model)
{
    model->bytes++;
    if (bit_cycles(model->avr) < DISPLAY_BIT_CYCLES_MIN) {
        model->too_fast_bytes++;
    }
}

static void address(struct twi_model *model)
{
    const uint8_t byte = model->avr->data[TWDR];
    model->is_reading = byte & 1;
    const bool is_acknowledged = model->device.on_address(model->device.user, byte >> 1, model->is_reading);
    model->phase = is_acknowledged ? TWI_ADDRESSED : TWI_REFUSED;
    if (model->is_reading) {
        model->next_status = is_acknowledged ? STATUS_READ_ADDRESS_ACK : STATUS_READ_ADDRESS_NACK;
    } else {
        model->next_status = is_acknowledged ? STATUS_WRITE_ADDRESS_ACK : STATUS_WRITE_ADDRESS_NACK;
    }
    count_byte(model);
    begin(model, BITS_OF_BYTE * (uint64_t)bit_cycles(model->avr), on_done);
}

static void transfer(struct twi_model *model)
{
    struct avr_t *avr = model->avr;
    const bool is_selected = model->phase == TWI_ADDRESSED;
    if (model->is_reading) {
        /* Nobody pulls the line down: a read from an absent device gives ones. */
        avr->data[TWDR] = is_selected ? model->device.on_read(model->device.user) : 0xFF;
        model->next_status = avr->data[TWCR] & TWEA ? STATUS_READ_DATA_ACK : STATUS_READ_DATA_NACK;
    } else {
        const bool is_acknowledged =
            is_selected && model->device.on_write(model->device.user, avr->data[TWDR]);
        model->next_status = is_acknowledged ? STATUS_WRITE_DATA_ACK : STATUS_WRITE_DATA_NACK;
    }
    count_byte(model);
    begin(model, BITS_OF_BYTE * (uint64_t)bit_cycles(avr), on_done);
}

/* What happens when software writes TWINT as one; `control` is what it wrote. */
static void act(struct twi_model *model, uint8_t control)
{
    if (control & TWSTO) {
        stop(model);
    }
    if (control & TWSTA) {
        start(model);
    } else if (control & TWSTO) {
        return;
    } else if (model->phase == TWI_BUS_FREE) {
        model->violations++;
    } else if (model->phase == TWI_STARTED) {
        address(model);
    } else {
        transfer(model);
    }
}

static void disable(struct twi_model *model)
{
    struct avr_t *avr = model->avr;
    avr_cycle_timer_cancel(avr, on_done, model);
    avr_cycle_timer_cancel(avr, on_stop_done, model);
    avr_clear_interrupt(avr, model->vector);
    model->phase = TWI_BUS_FREE;
    model->stop_done_cycle = 0;
    avr->data[TWCR] = 0;
    set_status(avr, STATUS_IDLE);
}

static void write_control(struct avr_t *avr, avr_io_addr_t register_address, uint8_t value, void *param)
{
    struct twi_model *model = param;
    const uint8_t old = avr->data[register_address];
    if (!(value & TWEN)) {
        disable(model);
        return;
    }
    const uint8_t kept = old & (TWINT | TWWC);
    avr->data[TWCR] = (uint8_t)((value & (TWEA | TWSTA | TWSTO | TWEN | TWIE)) | kept);
    if (!(value & TWINT)) {
        update_interrupt(model);
        return;
    }
    if (avr_cycle_timer_status(avr, on_done, model) != 0) {
        model->violations++;
        return;
    }
    avr_clear_interrupt(avr, model->vector);
    avr->data[TWCR] &= (uint8_t)~TWINT;
    act(model, value);
}

static void write_data(struct avr_t *avr, avr_io_addr_t register_address, uint8_t value, void *param)
{
    struct twi_model *model = param;
    if (avr->data[TWCR] & TWINT) {
        avr->data[TWCR] &= (uint8_t)~TWWC;
        avr->data[register_address] = value;
    } else {
        avr->data[TWCR] |= TWWC;
        model->violations++;
    }
}

/* Only the prescaler bits can be written. */
static void write_status(struct avr_t *avr, avr_io_addr_t register_address, uint8_t value, void *param)
{
    (void)param;
    avr->data[register_address] = (uint8_t)((avr->data[register_address] & TWS) | (value & TWPS));
}

void twi_model_attach(struct twi_model *model, struct avr_t *avr, const struct twi_device *device)
{
    memset(model, 0, sizeof *model);
    model->avr = avr;
    model->device = *device;
    model->vector = core_vector(avr, TWI_VECTOR);
    core_take_write(avr, TWCR, write_control, model);
    core_take_write(avr, TWDR, write_data, model);
    core_take_read(avr, TWDR, NULL, NULL);
    core_take_write(avr, TWSR, write_status, model);
    core_on_routine(avr, model->vector, on_routine, model);
    twi_model_after_reset(model);
}

void twi_model_after_reset(struct twi_model *model)
{
    model->phase = TWI_BUS_FREE;
    model->stop_done_cycle = 0;
    model->avr->data[TWCR] = 0;
    model->avr->data[TWSR] = STATUS_IDLE;
    model->avr->data[TWDR] = 0xFF;
}

void twi_model_set_stuck(struct twi_model *model, bool is_stuck)
{
    model->is_stuck = is_stuck;
    if (is_stuck) {
        avr_cycle_timer_cancel(model->avr, on_done, model);
        avr_cycle_timer_cancel(model->avr, on_stop_done, model);
    }
}
