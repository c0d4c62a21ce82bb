/* SPDX-License-Identifier: MIT
 *
 * A miniature kiosk for tests of the whole emulator: shows the pressed buttons as bars, keeps a count of
 * presses in EEPROM byte 0, sends a frame for every press and a heartbeat every 2 s, and echoes each byte
 * plus one. Sleeps in between, as the real firmware does.
 */
#include <avr/interrupt.h>
#include <avr/io.h>
#include <avr/sleep.h>
#include <avr/wdt.h>
#include <stdint.h>

enum { PAGES = 8, COLUMNS = 128, DEBOUNCE_MS = 25, HEARTBEAT_MS = 2000 };

static volatile uint8_t is_tick;
static volatile uint8_t rx_byte;
static volatile uint8_t has_rx;

ISR(TIMER0_COMPA_vect)
{
    is_tick = 1;
}

ISR(USART0_RX_vect)
{
    rx_byte = UDR0;
    has_rx = 1;
}

static void twi_step(uint8_t control)
{
    TWCR = control;
    for (uint16_t i = 0; i < 2000 && !(TWCR & _BV(TWINT)); i++) {
    }
}

static void twi_byte(uint8_t byte)
{
    TWDR = byte;
    twi_step(_BV(TWINT) | _BV(TWEN));
}

static void twi_begin(uint8_t control_byte)
{
    twi_step(_BV(TWINT) | _BV(TWSTA) | _BV(TWEN));
    twi_byte(0x3C << 1);
    twi_byte(control_byte);
}

static void twi_end(void)
{
    TWCR = _BV(TWINT) | _BV(TWSTO) | _BV(TWEN);
}

static void display_init(void)
{
    static const uint8_t commands[] = {0xAE, 0xA8, 0x3F, 0xD3, 0x00, 0x40, 0xA1, 0xC8,
                                       0xDA, 0x12, 0x81, 0x7F, 0xA4, 0xA6, 0x20, 0x00,
                                       0x8D, 0x14, 0x21, 0x00, 0x7F, 0x22, 0x00, 0x07};
    TWBR = 12; /* 400 kHz */
    twi_begin(0x00);
    for (uint8_t i = 0; i < sizeof commands; i++) {
        twi_byte(commands[i]);
    }
    twi_end();
}

static void display_on(void)
{
    twi_begin(0x00);
    twi_byte(0xAF);
    twi_end();
}

/* Five bars, filled where the button is pressed. */
static void draw(uint8_t pressed)
{
    twi_begin(0x40);
    for (uint8_t page = 0; page < PAGES; page++) {
        for (uint8_t column = 0; column < COLUMNS; column++) {
            const uint8_t button = column / 26;
            const uint8_t edge = column % 26;
            uint8_t byte = edge == 0 || edge == 23 ? 0xFF : 0x00;
            if (edge > 1 && edge < 22 && button < 5 && (pressed >> button & 1)) {
                byte = 0x7E;
            }
            twi_byte(edge > 23 || button > 4 ? 0 : byte);
        }
    }
    twi_end();
}

static void send(uint8_t byte)
{
    while (!(UCSR0A & _BV(UDRE0))) {
    }
    UDR0 = byte;
}

static void send_frame(uint8_t kind, uint8_t value)
{
    send(0);
    send(kind);
    send((uint8_t)(value | 0x80));
    send(0);
}

static uint8_t count_press(void)
{
    EEAR = 0;
    EECR |= _BV(EERE);
    const uint8_t count = (uint8_t)(EEDR + 1);
    EEDR = count;
    EECR |= _BV(EEMPE);
    EECR |= _BV(EEPE);
    while (EECR & _BV(EEPE)) {
    }
    return count;
}

static void setup(void)
{
    wdt_disable();
    PORTA = 0x1F;
    UCSR0A = _BV(U2X0);
    UBRR0 = 16;
    UCSR0B = _BV(RXEN0) | _BV(TXEN0) | _BV(RXCIE0);
    display_init();
    draw(0);
    display_on();
    TCCR0A = _BV(WGM01);
    OCR0A = 249;
    TCCR0B = _BV(CS01) | _BV(CS00); /* clock / 64: 1 ms */
    TIMSK0 = _BV(OCIE0A);
    set_sleep_mode(SLEEP_MODE_IDLE);
    wdt_enable(WDTO_500MS);
    sei();
}

static void on_ms(void)
{
    static uint8_t stable, candidate, candidate_ms;
    static uint16_t heartbeat_ms;
    const uint8_t pressed = (uint8_t)(~PINA & 0x1F);
    wdt_reset();
    if (pressed != candidate) {
        candidate = pressed;
        candidate_ms = 0;
    } else if (candidate != stable && ++candidate_ms == DEBOUNCE_MS) {
        const uint8_t is_press = candidate & (uint8_t)~stable;
        stable = candidate;
        draw(stable);
        if (is_press) {
            send_frame('p', count_press());
        }
    }
    if (++heartbeat_ms == HEARTBEAT_MS) {
        heartbeat_ms = 0;
        send_frame('h', 1);
    }
}

int main(void)
{
    setup();
    for (;;) {
        sleep_mode();
        if (is_tick) {
            is_tick = 0;
            on_ms();
        }
        if (has_rx) {
            has_rx = 0;
            send((uint8_t)(rx_byte + 1));
        }
    }
}
