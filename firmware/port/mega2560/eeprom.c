/* SPDX-License-Identifier: MIT */
#include <avr/io.h>
#include <util/atomic.h>

#include "firmware/port/port.h"

/* ATmega2560 datasheet, section 8.3: EEPM chooses erase and write (3.4 ms), erase (1.8 ms) or write (1.8 ms);
 * EEPE starts it when set within four cycles of EEMPE. */
#define WAIT_PASSES_MAX 20000u /* about 10 ms at eight cycles a pass: three times the longest write */

_Static_assert(E2END + 1 == PORT_EEPROM_SIZE, "the contract's EEPROM is the chip's");

static void wait_until_ready(void)
{
    for (uint16_t i = 0; i < WAIT_PASSES_MAX && (EECR & _BV(EEPE)); i++)
        ;
}

void port_eeprom_read(uint16_t address, void *data, size_t size)
{
    uint8_t *bytes = data;

    wait_until_ready();
    for (size_t i = 0; i < size; i++) {
        EEAR = (uint16_t)(address + i);
        EECR |= _BV(EERE);
        bytes[i] = EEDR;
    }
}

bool port_eeprom_is_ready(void)
{
    return !(EECR & _BV(EEPE));
}

static uint8_t mode_bits(enum port_eeprom_mode mode)
{
    switch (mode) {
    case PORT_EEPROM_ERASE:
        return _BV(EEPM0);
    case PORT_EEPROM_CLEAR:
        return _BV(EEPM1);
    default:
        return 0;
    }
}

void port_eeprom_start(uint16_t address, uint8_t value, enum port_eeprom_mode mode)
{
    wait_until_ready();
    EEAR = address;
    EEDR = value;
    EECR = mode_bits(mode);
    ATOMIC_BLOCK(ATOMIC_RESTORESTATE)
    {
        EECR |= _BV(EEMPE);
        EECR |= _BV(EEPE);
    }
}
