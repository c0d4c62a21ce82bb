/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * browser.h - the kiosk in a browser: a page with its display live and its buttons to press.
 *
 * The page and what it is told come from here alone; what may be asked, and by whom, are the daemon's rules
 * (daemon/http.h, daemon/access.h) without tokens: an emulated kiosk has no secrets, but a page of another
 * site shall not press its buttons. The kiosk is borrowed. One thread; nothing blocks.
 *
 *   GET /                        the page, and its files
 *   GET /events                  server-sent events:
 *                                  picture  64 rows of 128 pixels in hexadecimal, most significant bit leftmost
 *                                  state    {"power": "on", "off" or "crashed", "cable": "in use", "in" or
 *                                            "unplugged", "pressed": buttons, bit 0 is button 1}
 *   POST /button/N/down, up      N is 1 to 5, or several of them at once: 15
 *   POST /power/on, off, /cable/in, out
 * A POST says its Origin, as browsers do: another's, or none, is refused.
 */
#ifndef KIOSK_EMULATOR_BROWSER_H
#define KIOSK_EMULATOR_BROWSER_H

#include <stddef.h>
#include <stdint.h>
#include "daemon/config.h"
#include "kiosk.h"

enum {
    BROWSER_NEWS_MS_MIN = 33, /* between two events of a kind: at most 30 a second */
    BROWSER_LEASE_MS =
        3000, /* a button that is not pressed again for so long is released: its page is gone */
    BROWSER_TAP_MS_MIN =
        60, /* of kiosk time; a shorter tap is made so long, or the contact would not be heard */
};

struct browser;

/* Listen at place->address and place->port (0: any that is free). On failure returns NULL with a sentence in
 * error. `place` is borrowed until browser_close. */
struct browser *browser_open(struct kiosk *kiosk, const struct config_http *place, char *error,
                             size_t error_size);
void browser_close(struct browser *browser); /* may be NULL */

/* "http://127.0.0.1:8080" */
const char *browser_origin(const struct browser *browser);

/* Answer who has asked and tell viewers what is new. Call often; now_ns is real time. */
void browser_step(struct browser *browser, uint64_t now_ns);

#endif
