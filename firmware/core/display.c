/* SPDX-License-Identifier: MIT */
#include "firmware/core/display.h"

#include <string.h>

#include "firmware/core/flash.h"
#include "firmware/port/port.h"

#define CONTROL_COMMANDS 0x00
#define CONTROL_PIXELS 0x40
#define ALL_PAGES 0xFFu

/* SSD1306 datasheet, section 9 and the application note at its end. Shared with the SSD1309, which has no
 * charge pump and ignores 0x8D. Page addressing (0x20 0x02) is what all look-alikes understand. */
static const uint8_t setup[] FLASH = {
    0xD5, 0x80, /* clock: default */
    0xA8, 0x3F, /* 64 rows */
    0xD3, 0x00, /* no offset */
    0x40,       /* the first row is row 0 */
    0x8D, 0x14, /* charge pump on */
    0x20, 0x02, /* page addressing */
    0xA1, 0xC8, /* connector at the top */
    0xDA, 0x12, /* alternating row pins */
    0x81, 0x8F, /* contrast */
    0xD9, 0xF1, /* pre-charge */
    0xDB, 0x40, /* deselect level */
    0xA4, 0xA6, /* show the memory, not inverse */
    0x2E,       /* no scrolling */
};
#define DISPLAY_ON 0xAF
#define NO_OPERATION 0xE3
#define PAGE_START 0xB0
#define COLUMN_LOW 0x00
#define COLUMN_HIGH 0x10

void display_init(struct display *display, uint32_t now_ms)
{
    memset(display, 0, sizeof *display);
    display->pending = ALL_PAGES;
    display->unsent = ALL_PAGES;
    display->tried_ms = now_ms - DISPLAY_RETRY_MS;
}

/* CRC-16, polynomial 0x1021, as in _crc_ccitt_update of avr-libc's documentation. */
static uint16_t check_add(uint16_t check, uint8_t byte)
{
    byte ^= (uint8_t)check;
    byte ^= (uint8_t)(byte << 4);
    return (uint16_t)(((uint16_t)byte << 8 | check >> 8) ^ (uint8_t)(byte >> 4) ^ (uint16_t)(byte * 8));
}

static uint8_t count_bits(uint8_t byte)
{
    byte = (uint8_t)(byte - (byte >> 1 & 0x55));
    byte = (uint8_t)((byte & 0x33) + (byte >> 2 & 0x33));
    return (byte + (byte >> 4)) & 0x0F;
}

static void measure(const uint8_t page[CANVAS_WIDTH], uint16_t *check, uint16_t *lit)
{
    uint16_t sum = 0xFFFF, bits = 0;

    for (uint8_t x = 0; x < CANVAS_WIDTH; x++) {
        sum = check_add(sum, page[x]);
        if (page[x] != 0) /* most are */
            bits = (uint16_t)(bits + count_bits(page[x]));
    }
    *check = sum;
    *lit = bits;
}

/* How visibly the page would change: by how much light, in steps of eight pixels. A page never sent counts as
 * dark. */
static uint8_t find_distance(const struct display *display, uint8_t page, uint16_t lit)
{
    uint16_t sent_lit = display->unsent >> page & 1 ? 0 : display->sent_lit[page];
    uint16_t difference = lit > sent_lit ? (uint16_t)(lit - sent_lit) : (uint16_t)(sent_lit - lit);
    return (uint8_t)(difference / 8);
}

void display_show(struct display *display, struct canvas *canvas)
{
    display->drawn |= canvas->changed;
    canvas->changed = 0;
}

static void measure_drawn(struct display *display, const struct canvas *canvas)
{
    for (uint8_t page = 0; page < CANVAS_PAGE_COUNT; page++) {
        uint8_t mask = (uint8_t)(1u << page);
        uint16_t check, lit;

        if (!(display->drawn & mask))
            continue;
        measure(canvas->pages[page], &check, &lit);
        display->distance[page] = find_distance(display, page, lit);
        if (!(display->unsent & mask) && check == display->sent_check[page] && lit == display->sent_lit[page])
            display->pending &= (uint8_t)~mask;
        else
            display->pending |= mask;
    }
    display->drawn = 0;
}

void display_show_at_once(struct display *display, struct canvas *canvas)
{
    for (uint8_t page = 0; page < CANVAS_PAGE_COUNT; page++) {
        if (canvas->changed & 1u << page)
            display->distance[page] = UINT8_MAX;
    }
    display->pending |= display->drawn | canvas->changed;
    display->drawn = 0;
    canvas->changed = 0;
}

static bool send_command(uint8_t command)
{
    return port_display_write(CONTROL_COMMANDS, &command, 1);
}

static bool set_up(void)
{
    uint8_t commands[sizeof setup];

    for (uint8_t i = 0; i < sizeof setup; i++)
        commands[i] = flash_read_byte(&setup[i]);
    return port_display_write(CONTROL_COMMANDS, commands, sizeof commands);
}

static bool send_page(struct display *display, const uint8_t pixels[CANVAS_WIDTH], uint8_t page)
{
    const uint8_t address[] = {(uint8_t)(PAGE_START | page), COLUMN_LOW, COLUMN_HIGH};
    uint8_t mask = (uint8_t)(1u << page);

    if (!port_display_write(CONTROL_COMMANDS, address, sizeof address) ||
        !port_display_write(CONTROL_PIXELS, pixels, CANVAS_WIDTH))
        return false;
    measure(pixels, &display->sent_check[page], &display->sent_lit[page]);
    display->pending &= (uint8_t)~mask;
    display->unsent &= (uint8_t)~mask;
    return true;
}

static uint8_t most_visible_page(const struct display *display)
{
    uint8_t best = 0;
    bool is_found = false;

    for (uint8_t page = 0; page < CANVAS_PAGE_COUNT; page++) {
        if (!(display->pending >> page & 1))
            continue;
        if (!is_found || display->distance[page] > display->distance[best])
            best = page;
        is_found = true;
    }
    return best;
}

/* Everything it was sent is forgotten: it may have lost power. */
static void lose(struct display *display)
{
    if (!display->is_absent && display->faults < UINT16_MAX)
        display->faults++;
    display->is_absent = true;
    display->is_ready = false;
    display->pending = ALL_PAGES;
    display->unsent = ALL_PAGES;
}

/* Set up, and send all. The display is lit only with the last page, so that it never shows the noise that its
 * memory holds after power-up. */
static bool begin(struct display *display, uint32_t now_ms)
{
    if (!set_up())
        return false;
    display->is_ready = true;
    display->pending = ALL_PAGES;
    display->unsent = ALL_PAGES;
    display->refreshed_ms = now_ms;
    return true;
}

static bool look_after(struct display *display, uint32_t now_ms)
{
    if ((uint32_t)(now_ms - display->refreshed_ms) >= DISPLAY_REFRESH_MS)
        return begin(display, now_ms);
    return send_command(NO_OPERATION);
}

static bool send_next(struct display *display, const struct canvas *canvas)
{
    uint8_t page = most_visible_page(display);

    if (!send_page(display, canvas->pages[page], page))
        return false;
    if (display->pending == 0) {
        display->is_absent = false;
        return send_command(DISPLAY_ON);
    }
    return true;
}

bool display_step(struct display *display, const struct canvas *canvas, uint32_t now_ms)
{
    bool is_due = (uint32_t)(now_ms - display->tried_ms) >= DISPLAY_RETRY_MS;
    bool is_well = true;

    if (display->is_ready && display->drawn) {
        measure_drawn(display, canvas);
    } else if (display->is_ready && display->pending) {
        is_well = send_next(display, canvas);
    } else if (is_due) {
        display->tried_ms = now_ms;
        is_well = display->is_ready ? look_after(display, now_ms) : begin(display, now_ms);
    }
    if (!is_well)
        lose(display);
    return display->is_ready && display->pending;
}
