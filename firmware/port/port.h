/* SPDX-License-Identifier: MIT
 *
 * port.h - the whole hardware contract of a kiosk.
 *
 * A board implements these functions in firmware/port/BOARD/, chosen at link time; firmware/core/ calls nothing
 * else of the hardware. A host test implements them over memory. All functions are called from the main loop
 * only, never from an interrupt; an implementation's interrupts move bytes and ticks, nothing more.
 */
#ifndef BYNAME_PORT_H
#define BYNAME_PORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PORT_BUTTON_COUNT 5
#define PORT_TICK_MS 5 /* the clock of port_now_ms advances at least this often, and wakes port_sleep */

#define PORT_EEPROM_SIZE 4096

/* Bring up clock, buttons, EEPROM, line, display bus and watchdog (2 s). Interrupts are on when it returns. */
void port_init(void);

/* Milliseconds since port_init; wraps after 49 days. */
uint32_t port_now_ms(void);

/* Why this boot happened: bits of enum reset_cause (protocol/vocabulary.h). */
uint8_t port_reset_causes(void);

/* The buttons that are down this instant, not debounced: bit 0 is button 1, at the left. */
uint8_t port_buttons(void);

/* Sleep until the next tick; not at all where one came since the last sleep, and less where a button has gone down since
 * port_buttons and a byte on the line wakes the chip. A board may let ticks pass, up to PORT_REST_MS,
 * while no byte has arrived, no button has been down for PORT_SETTLE_MS and no EEPROM write is under way: a pass of the main loop
 * takes longer than a tick's interrupt, and an idle kiosk shall sleep 99 % of its time. */
#define PORT_REST_MS 80
#define PORT_SETTLE_MS 400 /* debouncing wants every tick for some time after a release, and after power-up */
void port_sleep(void);

/* Tell the watchdog that the main loop is alive. Due at least every 2 s. */
void port_watchdog_kick(void);

/* EEPROM. address + size <= PORT_EEPROM_SIZE. Reading waits for a write under way (at most 3.4 ms). */
void port_eeprom_read(uint16_t address, void *data, size_t size);

enum port_eeprom_mode {
    PORT_EEPROM_WRITE, /* the byte becomes value: erase and program, 3.4 ms */
    PORT_EEPROM_ERASE, /* the byte becomes 0xFF, value is ignored, 1.8 ms */
    PORT_EEPROM_CLEAR, /* bits that are 0 in value become 0, others stay: program only, 1.8 ms */
};

/* True when no write is under way, so that port_eeprom_start will not wait. */
bool port_eeprom_is_ready(void);

/* Wait for the write under way, if any, then start one and return. It is durable once port_eeprom_is_ready. */
void port_eeprom_start(uint16_t address, uint8_t value, enum port_eeprom_mode mode);

/* The line. Received bytes wait in a buffer of at least 128; when it overflows, later bytes are dropped (the
 * frame they belong to fails its check). */
bool port_line_read(uint8_t *byte);

/* Bytes that port_line_write would take now. At least PORT_LINE_TX_SIZE_MIN when the line is idle. */
#define PORT_LINE_TX_SIZE_MIN 120
size_t port_line_writable(void);

/* Queue bytes for the line; size <= port_line_writable(). Returns at once. */
void port_line_write(const uint8_t *data, size_t size);

/* One I2C write to the display at 0x3C: `control` (0x00 commands, 0x40 pixels), then size bytes (at most 128,
 * about 3 ms). False when the display does not answer or the bus is stuck; bounded to 10 ms in every case, and
 * the bus is ready for another try. */
bool port_display_write(uint8_t control, const uint8_t *data, size_t size);

/* The optional piezo: a tone for that long; returns at once. frequency_hz 200 to 5000. */
void port_beep(uint16_t frequency_hz, uint16_t duration_ms);

#endif
