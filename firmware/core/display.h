/* SPDX-License-Identifier: MIT
 *
 * display.h - bring a canvas onto an SSD1306 or SSD1309, a little at a time.
 *
 * Keeps no second picture: what was sent is remembered as a check and a count of lit pixels for each page. A
 * display that is absent is tried again every second and blocks nothing. The caller owns struct display; its
 * fields are private to display.c, but for faults.
 */
#ifndef BYNAME_DISPLAY_H
#define BYNAME_DISPLAY_H

#include <stdbool.h>
#include <stdint.h>

#include "firmware/core/canvas.h"

/* Between tries while it does not answer, and between looks when all is sent. */
#define DISPLAY_RETRY_MS 1000
/* All is set up and sent again: it may have lost power between two looks. */
#define DISPLAY_REFRESH_MS 20000

struct display {
    uint16_t faults; /* times it stopped answering, or did not answer at power-up; stays at 65535 */
    bool is_ready;   /* it answers */
    bool is_absent;
    uint8_t pending; /* bits of pages to send */
    uint8_t drawn;   /* bits of pages that may have to be sent: they are measured first */
    uint8_t unsent;  /* bits of pages whose sent_ fields say nothing */
    uint16_t sent_check[CANVAS_PAGE_COUNT];
    uint16_t sent_lit[CANVAS_PAGE_COUNT];
    uint8_t distance[CANVAS_PAGE_COUNT]; /* how visibly each page changes */
    uint32_t tried_ms;
    uint32_t refreshed_ms;
};

void display_init(struct display *display, uint32_t now_ms);

/* Find the pages to send, at the next step, among those that were drawn on since the last call. */
void display_show(struct display *display, struct canvas *canvas);

/* The same for a small change that shall be seen at once: all that was drawn on is sent, unmeasured, and what this change
 * is about before all else. */
void display_show_at_once(struct display *display, struct canvas *canvas);

/* Measure what was drawn on (0.4 ms a page on an AVR), or send one page, that which differs most (about 3 ms), or try to find
 * the display. To be called from the main loop until it returns false, and then at least once a second. True while pages wait
 * for a display that answers. */
bool display_step(struct display *display, const struct canvas *canvas, uint32_t now_ms);

#endif
