/* SPDX-License-Identifier: MIT
 *
 * The test image: carries out one command at a time from the mailbox of bench.h, on the ATmega2560.
 */
#include <avr/interrupt.h>
#include <avr/io.h>
#include <avr/sleep.h>
#include <avr/wdt.h>
#include <stdint.h>
#include <util/delay.h>
#include "bench.h"

static volatile uint8_t *const mailbox = (volatile uint8_t *)BENCH_MAILBOX;
static volatile uint8_t *const arguments = (volatile uint8_t *)(BENCH_MAILBOX + BENCH_ARGUMENTS);
static volatile uint8_t *const results = (volatile uint8_t *)(BENCH_MAILBOX + BENCH_RESULTS);

static volatile uint8_t stream_idle;
static volatile uint8_t stream_left;
static volatile uint8_t stream_interrupts;
static volatile uint8_t stream_value;
static volatile uint16_t stream_address;

static void start_clock(uint8_t prescaler)
{
    TCCR1A = 0;
    TCCR1B = 0;
    TCNT1 = 0;
    TCCR1B = prescaler;
}

static void put_word(uint8_t index, uint16_t value)
{
    results[index] = (uint8_t)value;
    results[index + 1] = (uint8_t)(value >> 8);
}

static void eeprom_write(void)
{
    const uint8_t control = (uint8_t)(arguments[3] << EEPM0);
    const uint8_t gap = arguments[4];
    EEARL = arguments[0];
    EEARH = arguments[1];
    EEDR = arguments[2];
    EECR = control;
    start_clock(1);
    if (gap == 0) {
        __asm__ volatile("sbi %0, %1\n\tsbi %0, %2" ::"I"(_SFR_IO_ADDR(EECR)), "I"(EEMPE), "I"(EEPE));
    } else if (gap == 2) {
        __asm__ volatile("sbi %0, %1\n\tnop\n\tnop\n\tsbi %0, %2" ::"I"(_SFR_IO_ADDR(EECR)), "I"(EEMPE),
                         "I"(EEPE));
    } else {
        __asm__ volatile(
            "sbi %0, %1\n\tnop\n\tnop\n\tnop\n\tnop\n\tnop\n\tsbi %0, %2" ::"I"(_SFR_IO_ADDR(EECR)),
            "I"(EEMPE), "I"(EEPE));
    }
    TCNT1 = 0;
    const uint8_t is_busy = EECR & _BV(EEPE);
    EEDR = 0x77;
    EECR |= _BV(EERE); /* must do nothing while busy */
    results[2] = EEDR;
    while (EECR & _BV(EEPE)) {
    }
    put_word(0, is_busy ? TCNT1 : 0);
}

static uint8_t eeprom_read(uint16_t address)
{
    EEAR = address;
    EECR |= _BV(EERE);
    return EEDR;
}

ISR(EE_READY_vect)
{
    stream_interrupts++;
    if (stream_idle > 0) {
        stream_idle--;
        return;
    }
    if (stream_left == 0) {
        EECR &= (uint8_t)~_BV(EERIE);
        return;
    }
    stream_left--;
    EEAR = stream_address++;
    EEDR = ++stream_value;
    __asm__ volatile("sbi %0, %1\n\tsbi %0, %2" ::"I"(_SFR_IO_ADDR(EECR)), "I"(EEMPE), "I"(EEPE));
}

static void eeprom_stream(void)
{
    stream_address = (uint16_t)(arguments[0] | arguments[1] << 8);
    stream_left = arguments[2];
    stream_idle = arguments[3];
    stream_interrupts = 0;
    stream_value = 0;
    EECR = 0;
    start_clock(_BV(CS12)); /* clock / 256 */
    EECR |= _BV(EERIE);
    sei();
    set_sleep_mode(SLEEP_MODE_IDLE);
    while (EECR & _BV(EERIE)) {
        sleep_mode();
    }
    cli();
    results[0] = stream_interrupts;
    put_word(1, TCNT1);
}

/* Returns the status, or 0xFF after too long. */
static uint8_t twi_wait(void)
{
    for (uint16_t i = 0; i < 20000; i++) {
        if (TWCR & _BV(TWINT)) {
            return TWSR & 0xF8;
        }
    }
    return 0xFF;
}

static void twi_write(void)
{
    const uint8_t count = arguments[2];
    uint8_t index = 0;
    TWCR = 0;
    TWBR = arguments[0];
    TWSR = arguments[1];
    TWCR = _BV(TWINT) | _BV(TWSTA) | _BV(TWEN);
    results[index++] = twi_wait();
    for (uint8_t i = 0; i < count; i++) {
        TWDR = arguments[3 + i];
        start_clock(1);
        TWCR = _BV(TWINT) | _BV(TWEN);
        results[index++] = twi_wait();
    }
    put_word(index, TCNT1);
    TWCR = _BV(TWINT) | _BV(TWSTO) | _BV(TWEN);
    _delay_us(200);
    results[index + 2] = TWCR;
}

static volatile uint8_t twi_interrupts, twi_sent, twi_is_over;

ISR(TWI_vect)
{
    twi_interrupts++;
    if (twi_sent < arguments[2]) {
        TWDR = arguments[3 + twi_sent++];
        TWCR = _BV(TWINT) | _BV(TWEN) | _BV(TWIE);
    } else {
        results[1] = TWSR & 0xF8;
        TWCR = _BV(TWINT) | _BV(TWSTO) | _BV(TWEN);
        twi_is_over = 1;
    }
}

static void twi_write_by_interrupt(void)
{
    twi_interrupts = 0;
    twi_sent = 0;
    twi_is_over = 0;
    TWCR = 0;
    TWBR = arguments[0];
    TWSR = arguments[1];
    sei();
    TWCR = _BV(TWINT) | _BV(TWSTA) | _BV(TWEN) | _BV(TWIE);
    set_sleep_mode(SLEEP_MODE_IDLE);
    while (!twi_is_over) {
        sleep_mode();
    }
    cli();
    results[0] = twi_interrupts;
}

static void twi_start(void)
{
    TWCR = _BV(TWINT) | _BV(TWSTA) | _BV(TWEN);
    results[0] = twi_wait();
}

static void uart_setup(void)
{
    UCSR0B = 0;
    UCSR0A = arguments[0];
    UBRR0L = arguments[1];
    UBRR0H = arguments[2];
    UCSR0C = arguments[3];
    UCSR0B = _BV(RXEN0) | _BV(TXEN0);
}

static void uart_send(void)
{
    uart_setup();
    start_clock(_BV(CS11)); /* clock / 8 */
    for (uint8_t i = 0; i < arguments[4]; i++) {
        while (!(UCSR0A & _BV(UDRE0))) {
        }
        UCSR0A |= _BV(TXC0);
        UDR0 = (uint8_t)('A' + i);
    }
    while (!(UCSR0A & _BV(TXC0))) {
    }
    put_word(0, TCNT1);
}

static void uart_read_all(void)
{
    uint8_t count = 0;
    uint8_t index = 1;
    while (UCSR0A & _BV(RXC0)) {
        results[index] = UCSR0A & (_BV(FE0) | _BV(DOR0));
        results[index + 1] = UDR0;
        index = (uint8_t)(index + 2);
        count++;
    }
    results[0] = count;
}

enum { ECHO_CAPACITY = 64 };
static volatile uint8_t echo_bytes[ECHO_CAPACITY];
static volatile uint8_t echo_in, echo_out;
static volatile uint8_t echo_is_over, echo_idle, echo_interrupts;

ISR(USART0_RX_vect)
{
    echo_interrupts++;
    if (echo_idle > 0) {
        echo_idle--;
        return;
    }
    echo_bytes[echo_in++ % ECHO_CAPACITY] = UDR0;
    UCSR0B |= _BV(UDRIE0);
}

ISR(USART0_UDRE_vect)
{
    if (echo_in == echo_out) {
        UCSR0B &= (uint8_t)~_BV(UDRIE0);
        return;
    }
    const uint8_t byte = echo_bytes[echo_out++ % ECHO_CAPACITY];
    UDR0 = byte;
    echo_is_over |= byte == 'q';
}

static void uart_echo(void)
{
    echo_in = 0;
    echo_out = 0;
    echo_is_over = 0;
    echo_interrupts = 0;
    echo_idle = arguments[0];
    UCSR0B |= _BV(RXCIE0);
    sei();
    set_sleep_mode(SLEEP_MODE_IDLE);
    while (!echo_is_over) {
        sleep_mode();
    }
    cli();
    UCSR0B = _BV(RXEN0) | _BV(TXEN0);
    results[0] = echo_out;
    results[1] = echo_interrupts;
}

static void read_pins(void)
{
    DDRA = 0;
    PORTA = 0x1F;
    _delay_us(5);
    results[0] = PINA & 0x1F;
}

static void hang(void)
{
    wdt_enable(WDTO_15MS);
    for (;;) {
    }
}

/* The watchdog bites 16 ms after it is enabled: begin the write just before. */
static void hang_in_write(void)
{
    wdt_enable(WDTO_15MS);
    EEARL = arguments[0];
    EEARH = arguments[1];
    EEDR = arguments[2];
    EECR = 0;
    _delay_ms(14);
    __asm__ volatile("sbi %0, %1\n\tsbi %0, %2" ::"I"(_SFR_IO_ADDR(EECR)), "I"(EEMPE), "I"(EEPE));
    for (;;) {
    }
}

static void piezo(void)
{
    DDRB |= _BV(PB5);
    TCCR1A = _BV(COM1A0);
    TCNT1 = 0;
    OCR1A = 249;
    TCCR1B = _BV(WGM12) | _BV(CS11); /* clock / 8: an edge every 125 us */
    _delay_ms(20);
    TCCR1A = 0;
    TCCR1B = 0;
}

static void run(uint8_t command)
{
    switch (command) {
    case BENCH_EEPROM_WRITE:
        eeprom_write();
        break;
    case BENCH_EEPROM_READ:
        results[0] = eeprom_read((uint16_t)(arguments[0] | arguments[1] << 8));
        break;
    case BENCH_EEPROM_STREAM:
        eeprom_stream();
        break;
    case BENCH_TWI_WRITE:
        twi_write();
        break;
    case BENCH_TWI_WRITE_BY_INTERRUPT:
        twi_write_by_interrupt();
        break;
    case BENCH_TWI_START:
        twi_start();
        break;
    case BENCH_UART_SEND:
        uart_send();
        break;
    case BENCH_UART_SETUP:
        uart_setup();
        break;
    case BENCH_UART_READ_ALL:
        uart_read_all();
        break;
    case BENCH_UART_ECHO:
        uart_echo();
        break;
    case BENCH_READ_PINS:
        read_pins();
        break;
    case BENCH_WATCHDOG:
        hang();
        break;
    case BENCH_WATCHDOG_IN_WRITE:
        hang_in_write();
        break;
    case BENCH_PIEZO:
        piezo();
        break;
    case BENCH_SLEEP_FOREVER:
        cli();
        set_sleep_mode(SLEEP_MODE_PWR_DOWN);
        sleep_mode();
        break;
    default:
        break;
    }
}

int main(void)
{
    mailbox[BENCH_RESET_CAUSE] = MCUSR;
    MCUSR = 0;
    wdt_disable();
    mailbox[BENCH_BOOTS]++;
    mailbox[BENCH_COMMAND] = BENCH_NONE;
    mailbox[BENCH_ALIVE] = BENCH_ALIVE_MARK;
    for (;;) {
        const uint8_t command = mailbox[BENCH_COMMAND];
        if (command != BENCH_NONE) {
            run(command);
            mailbox[BENCH_COMMAND] = BENCH_NONE;
        }
    }
}
