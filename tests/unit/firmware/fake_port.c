/* SPDX-License-Identifier: MIT */
#include "fake_port.h"

#include <string.h>

#include "protocol/vocabulary.h"

struct fake_port fake_port;

void fake_port_reset(void)
{
    memset(&fake_port, 0, sizeof fake_port);
    memset(fake_port.eeprom, 0xFF, sizeof fake_port.eeprom);
    fake_port.reset_causes = RESET_POWER_ON;
}

void fake_port_reboot(void)
{
    static struct fake_port old;

    old = fake_port;
    fake_port_reset();
    memcpy(fake_port.eeprom, old.eeprom, sizeof old.eeprom);
    memcpy(fake_port.wear, old.wear, sizeof old.wear);
    fake_port.dead_from = old.dead_from;
    fake_port.dead_to = old.dead_to;
    fake_port.is_dead_frozen = old.is_dead_frozen;
}

void port_init(void)
{
}

uint32_t port_now_ms(void)
{
    return fake_port.now_ms;
}

uint8_t port_reset_causes(void)
{
    return fake_port.reset_causes;
}

uint8_t port_buttons(void)
{
    return fake_port.buttons;
}

void port_sleep(void)
{
}

void port_watchdog_kick(void)
{
}

void port_eeprom_read(uint16_t address, void *data, size_t size)
{
    memcpy(data, fake_port.eeprom + address, size);
}

bool port_eeprom_is_ready(void)
{
    return !fake_port.is_slow || (int32_t)(fake_port.now_ms - fake_port.busy_until_ms) >= 0;
}

static uint8_t torn(uint8_t old, uint8_t new)
{
    switch (fake_port.tear) {
    case TEAR_OLD:
        return old;
    case TEAR_NEW:
        return new;
    case TEAR_ERASED:
        return 0xFF;
    case TEAR_BOTH:
        return old & new;
    default:
        return fake_port.noise;
    }
}

void port_eeprom_start(uint16_t address, uint8_t value, enum port_eeprom_mode mode)
{
    uint8_t *cell = &fake_port.eeprom[address];
    uint8_t new = mode == PORT_EEPROM_WRITE   ? value
                  : mode == PORT_EEPROM_ERASE ? 0xFF
                                              : (uint8_t)(*cell & value);

    if (address >= fake_port.dead_from && address < fake_port.dead_to)
        new = fake_port.is_dead_frozen ? *cell : 0xFF;
    if (mode != PORT_EEPROM_CLEAR)
        fake_port.wear[address]++;
    if (++fake_port.write_count == fake_port.cut_at) {
        *cell = torn(*cell, new);
        longjmp(fake_port.power_cut, 1);
    }
    *cell = new;
    fake_port.busy_until_ms = fake_port.now_ms + 4;
}

bool port_line_read(uint8_t *byte)
{
    if (fake_port.rx_at == fake_port.rx_size)
        return false;
    *byte = fake_port.rx[fake_port.rx_at++];
    return true;
}

size_t port_line_writable(void)
{
    return fake_port.is_line_full ? 0 : PORT_LINE_TX_SIZE_MIN;
}

void port_line_write(const uint8_t *data, size_t size)
{
    memcpy(fake_port.tx + fake_port.tx_size, data, size);
    fake_port.tx_size += size;
    fake_port.buttons |= fake_port.pressed_by_line;
    fake_port.pressed_by_line = 0;
}

bool port_display_write(uint8_t control, const uint8_t *data, size_t size)
{
    (void)control;
    (void)data;
    (void)size;
    fake_port.display_writes++;
    fake_port.buttons |= fake_port.pressed_by_display;
    fake_port.pressed_by_display = 0;
    return !fake_port.is_display_absent;
}

void port_beep(uint16_t frequency_hz, uint16_t duration_ms)
{
    (void)frequency_hz;
    (void)duration_ms;
    fake_port.beeps++;
}
