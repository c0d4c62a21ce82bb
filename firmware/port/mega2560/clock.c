/* SPDX-License-Identifier: MIT */
#include "clock.h"

#include <avr/interrupt.h>
#include <avr/io.h>
#include <util/atomic.h>

#include "firmware/port/port.h"
#include "piezo.h"

/* Timer 3 counts 4 us (clk/64) from 0 to 1249 and interrupts every 5 ms: 200 wake-ups a second, where a 1 ms
 * tick would need 1000. The milliseconds between come from the counter (ATmega2560 datasheet, section 17.9.2,
 * CTC). */
#define TIMER_FREQUENCY (F_CPU / 64)
#define COUNTS_PER_MS ((uint16_t)(TIMER_FREQUENCY / 1000))
#define COUNTS_PER_TICK (COUNTS_PER_MS * PORT_TICK_MS)

_Static_assert(COUNTS_PER_MS * 64000UL == F_CPU, "the tick is exact");

static volatile uint32_t tick_ms; /* the time when timer 3 last began at 0 */

volatile uint8_t clock_ticks;
volatile uint8_t clock_settle_ticks;

/* Calls nothing: a call would have the compiler save every register that a function may use. */
ISR(TIMER3_COMPA_vect)
{
    tick_ms += PORT_TICK_MS;
    clock_ticks++;
    if (clock_settle_ticks != 0)
        clock_settle_ticks--;
    piezo_tick_isr();
}

void clock_init(void)
{
    TCCR3A = 0;
    OCR3A = COUNTS_PER_TICK - 1;
    TIMSK3 = _BV(OCIE3A);
    TCCR3B = _BV(WGM32) | _BV(CS31) | _BV(CS30);
}

uint32_t port_now_ms(void)
{
    uint32_t now_ms;
    uint16_t count;

    ATOMIC_BLOCK(ATOMIC_RESTORESTATE)
    {
        now_ms = tick_ms;
        count = TCNT3;
        if (TIFR3 & _BV(OCF3A)) { /* the tick is due, and waits for this block to end */
            now_ms += PORT_TICK_MS;
            count = TCNT3;
        }
    }
    for (uint8_t i = 1; i < PORT_TICK_MS && count >= COUNTS_PER_MS; i++, count -= COUNTS_PER_MS)
        now_ms++;
    return now_ms;
}
