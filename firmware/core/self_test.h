/* SPDX-License-Identifier: MIT
 *
 * self_test.h - buttons, display, memory and line, tried by whoever mounts or mends a kiosk.
 *
 * Runs when button 3 is held at power-up, beside everything else: no rating is taken meanwhile. Ends when all
 * five buttons have been seen and one more is pressed, or a minute after the last press. Main loop only.
 */
#ifndef BYNAME_SELF_TEST_H
#define BYNAME_SELF_TEST_H

#include <stdbool.h>
#include <stdint.h>

#include "firmware/core/screen.h"

#define SELF_TEST_LINE_MS 10000 /* the daemon has this long to answer */
#define SELF_TEST_IDLE_MS 60000ul

struct self_test {
    bool is_running;
    uint8_t buttons_seen;
    bool is_memory_good;
    uint32_t started_ms;
    uint32_t pressed_ms;
};

/* Try the memory (takes about 15 ms) and start to show. */
void self_test_start(struct self_test *test, uint32_t now_ms);
void self_test_step(struct self_test *test, uint8_t pressed, uint32_t now_ms);
void self_test_screen(const struct self_test *test, bool is_line_up, uint16_t bad_slots, uint32_t now_ms,
                      struct screen *screen);

#endif
