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

uint8_t port_buttons(void)
{
    return (uint8_t)(PINA ^ 0xFFu) & BUTTON_PINS;
}

/* The instruction after sei is always executed first (datasheet, section 7.7.1), so that no byte slips in
 * between the look and the sleep. */
void port_sleep(void)
{
    cli();
    if (!line_has_input()) {
        sleep_enable();
        sei();
        sleep_cpu();
        sleep_disable();
    }
    sei();
}

void port_watchdog_kick(void)
{
    wdt_reset();
}
