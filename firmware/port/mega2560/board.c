/* SPDX-License-Identifier: MIT
 *
 * What is left of the contract: power-up, buttons, sleep and watchdog.
 */
#include <avr/interrupt.h>
#include <avr/io.h>
#include <avr/power.h>
#include <avr/sleep.h>
#include <avr/wdt.h>

#include "clock.h"
#include "display_bus.h"
#include "firmware/port/port.h"
#include "line.h"
#include "piezo.h"
#include "protocol/vocabulary.h"

#define BUTTON_PINS ((uint8_t)((1u << PORT_BUTTON_COUNT) - 1)) /* PA0 to PA4, pins 22 to 26 */

_Static_assert(RESET_POWER_ON == _BV(PORF) && RESET_EXTERNAL == _BV(EXTRF) && RESET_BROWN_OUT == _BV(BORF) &&
                   RESET_WATCHDOG == _BV(WDRF),
               "MCUSR is in the order of the vocabulary");

extern uint8_t board_reset_causes; /* reset.S */

_Static_assert(PORT_SETTLE_MS / PORT_TICK_MS <= UINT8_MAX, "clock_settle_ticks is a byte");

/* The parts of the chip that the kiosk leaves alone. */
static void save_power(void)
{
    ACSR = _BV(ACD);
    PRR0 = _BV(PRTIM2) | _BV(PRTIM0) | _BV(PRSPI) | _BV(PRADC);
    PRR1 = _BV(PRTIM5) | _BV(PRTIM4) | _BV(PRUSART3) | _BV(PRUSART2) | _BV(PRUSART1);
}

void port_init(void)
{
    wdt_enable(WDTO_2S);
    save_power();
    DDRA &= (uint8_t)~BUTTON_PINS;
    PORTA |= BUTTON_PINS; /* pull-ups: a pressed button is low */
    clock_settle_ticks = PORT_SETTLE_MS / PORT_TICK_MS;
    clock_init();
    line_init();
    display_bus_init();
    piezo_init();
    SMCR = 0; /* idle: timers, line and TWI run on */
    sei();
}

uint8_t port_reset_causes(void)
{
    return board_reset_causes & (RESET_POWER_ON | RESET_EXTERNAL | RESET_BROWN_OUT | RESET_WATCHDOG);
}

static uint8_t read_buttons(void)
{
    return (uint8_t)(PINA ^ 0xFFu) & BUTTON_PINS;
}

static uint8_t buttons_told; /* by port_buttons, the last time */

uint8_t port_buttons(void)
{
    uint8_t down = buttons_told = read_buttons();

    if (down)
        clock_settle_ticks = PORT_SETTLE_MS / PORT_TICK_MS;
    return down;
}

/* Until a tick that was not slept through before: one that came while the main loop was busy is not lost. The instruction
 * after sei is always executed first (datasheet, section 7.7.1), so that no tick slips in between the look and the sleep.
 * What else wakes the chip, the bytes of a busy line, is taken as an occasion to see a button go down. */
static void sleep_through_tick(void)
{
    static uint8_t seen;

    cli();
    while (clock_ticks == seen) {
        if (read_buttons() & ~buttons_told) {
            sei();
            return;
        }
        sleep_enable();
        sei();
        sleep_cpu();
        sleep_disable();
        cli();
    }
    seen = clock_ticks;
    sei();
}

/* Bytes wait for the tick: the main loop looks at them right after the buttons. At rest, the interrupts of most ticks are
 * dealt with here. */
void port_sleep(void)
{
    bool is_at_rest = clock_settle_ticks == 0 && port_eeprom_is_ready();
    uint8_t ticks = is_at_rest ? PORT_REST_MS / PORT_TICK_MS : 1;

    do {
        sleep_through_tick();
    } while (--ticks > 0 && !line_has_input() && read_buttons() == 0);
}

void port_watchdog_kick(void)
{
    wdt_reset();
}
