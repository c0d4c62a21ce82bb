/* SPDX-License-Identifier: MIT */
#include "piezo.h"

#include <avr/io.h>
#include <util/atomic.h>

#include "firmware/port/port.h"

/* OC1A (PB5, pin 11) toggles on compare match: timer 1 at clk/8 in CTC mode, so a period is two matches
 * (ATmega2560 datasheet, section 17.9.2). 200 Hz is 5000 counts, 5000 Hz is 200. */
#define TIMER_FREQUENCY (F_CPU / 8)
#define FREQUENCY_HZ_MIN 200u
#define FREQUENCY_HZ_MAX 5000u

volatile uint16_t piezo_ticks_left;

void piezo_init(void)
{
    PORTB &= (uint8_t)~_BV(PB5);
    DDRB |= _BV(PB5);
    piezo_silence();
}

void port_beep(uint16_t frequency_hz, uint16_t duration_ms)
{
    if (frequency_hz < FREQUENCY_HZ_MIN)
        frequency_hz = FREQUENCY_HZ_MIN;
    if (frequency_hz > FREQUENCY_HZ_MAX)
        frequency_hz = FREQUENCY_HZ_MAX;
    uint16_t counts = (uint16_t)(TIMER_FREQUENCY / 2 / frequency_hz);

    ATOMIC_BLOCK(ATOMIC_RESTORESTATE)
    {
        piezo_ticks_left = (uint16_t)(duration_ms / PORT_TICK_MS + 1);
        TCNT1 = 0;
        OCR1A = counts - 1;
        TCCR1A = _BV(COM1A0);
        TCCR1B = _BV(WGM12) | _BV(CS11);
    }
}
