/* SPDX-License-Identifier: MIT */
#include "display_bus.h"

#include <avr/io.h>
#include <util/delay.h>
#include <util/twi.h>

#include "firmware/port/port.h"

/* TWI as master at 400 kHz, polled: SCL = F_CPU / (16 + 2 TWBR), ATmega2560 datasheet, section 24.5.2. A byte
 * takes 23 us; a page of 130 bytes takes 3 ms. */
#define DISPLAY_ADDRESS 0x3C
#define SCL_HZ 400000UL
#define SCL PD0
#define SDA PD1
/* A slave in the middle of a byte lets go of SDA within nine clocks (I2C, 3.1.16). */
#define RECOVERY_CLOCKS 9

/* All waits of one port_display_write share these passes of about ten cycles: 7 ms, with the work between
 * them less than 10 ms. */
#define WAIT_PASSES_MAX 11000u

static uint16_t passes_left;

static bool wait_for_flag(void)
{
    while (!(TWCR & _BV(TWINT))) {
        if (passes_left == 0)
            return false;
        passes_left--;
    }
    return true;
}

static bool start(void)
{
    TWCR = _BV(TWINT) | _BV(TWSTA) | _BV(TWEN);
    return wait_for_flag() && (TW_STATUS == TW_START || TW_STATUS == TW_REP_START);
}

static bool send(uint8_t byte, uint8_t expected_status)
{
    TWDR = byte;
    TWCR = _BV(TWINT) | _BV(TWEN);
    return wait_for_flag() && TW_STATUS == expected_status;
}

static bool stop(void)
{
    TWCR = _BV(TWINT) | _BV(TWSTO) | _BV(TWEN);
    while (TWCR & _BV(TWSTO)) {
        if (passes_left == 0)
            return false;
        passes_left--;
    }
    return true;
}

void display_bus_init(void)
{
    PORTD |= _BV(SCL) | _BV(SDA); /* weak pull-ups; the board has 10 kOhm beside them */
    DDRD &= (uint8_t) ~(_BV(SCL) | _BV(SDA));
    TWSR = 0;
    TWBR = (F_CPU / SCL_HZ - 16) / 2;
    TWCR = _BV(TWEN);
}

/* Low is driven, high is let go, as on any open-drain line. */
static void drive_low(uint8_t pin)
{
    PORTD &= (uint8_t)~_BV(pin);
    DDRD |= _BV(pin);
    _delay_us(5);
}

static void let_go(uint8_t pin)
{
    DDRD &= (uint8_t)~_BV(pin);
    PORTD |= _BV(pin);
    _delay_us(5);
}

/* Clock until SDA is free, then make a STOP by hand. About 0.1 ms. */
static void recover(void)
{
    TWCR = 0;
    let_go(SDA);
    for (uint8_t i = 0; i < RECOVERY_CLOCKS && !(PIND & _BV(SDA)); i++) {
        drive_low(SCL);
        let_go(SCL);
    }
    drive_low(SCL);
    drive_low(SDA);
    let_go(SCL);
    let_go(SDA);
    display_bus_init();
}

static bool transfer(uint8_t control, const uint8_t *data, size_t size)
{
    if (!start() || !send(DISPLAY_ADDRESS << 1 | TW_WRITE, TW_MT_SLA_ACK) || !send(control, TW_MT_DATA_ACK))
        return false;
    for (size_t i = 0; i < size; i++)
        if (!send(data[i], TW_MT_DATA_ACK))
            return false;
    return true;
}

bool port_display_write(uint8_t control, const uint8_t *data, size_t size)
{
    passes_left = WAIT_PASSES_MAX;
    bool is_sent = transfer(control, data, size);
    bool is_stopped = passes_left != 0 && stop();

    if (!is_stopped)
        recover();
    return is_sent && is_stopped;
}
