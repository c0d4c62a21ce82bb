/* SPDX-License-Identifier: MIT */
#include "self_test.h"

#include <string.h>

#include "firmware/core/storage.h"

#define ALL_BUTTONS ((1 << PORT_BUTTON_COUNT) - 1)

static bool holds(uint8_t pattern)
{
    uint8_t back;

    port_eeprom_start(STORAGE_SELF_TEST, pattern, PORT_EEPROM_WRITE);
    port_eeprom_read(STORAGE_SELF_TEST, &back, 1);
    return back == pattern;
}

void self_test_start(struct self_test *test, uint32_t now_ms)
{
    memset(test, 0, sizeof *test);
    test->is_running = true;
    test->started_ms = now_ms;
    test->pressed_ms = now_ms;
    test->is_memory_good = holds(0x55) && holds(0xAA);
}

void self_test_step(struct self_test *test, uint8_t pressed, uint32_t now_ms)
{
    if (!test->is_running)
        return;
    if (now_ms - test->pressed_ms >= SELF_TEST_IDLE_MS || (pressed != 0 && test->buttons_seen == ALL_BUTTONS))
        test->is_running = false;
    if (pressed != 0) {
        test->buttons_seen |= pressed;
        test->pressed_ms = now_ms;
        port_beep(1000, 50);
    }
}

void self_test_screen(const struct self_test *test, bool is_line_up, uint16_t bad_slots, uint32_t now_ms,
                      struct screen *screen)
{
    bool is_line_late = now_ms - test->started_ms >= SELF_TEST_LINE_MS;

    memset(screen, 0, sizeof *screen);
    screen->kind = SCREEN_SELF_TEST;
    screen->number[0] = test->buttons_seen;
    screen->number[1] = test->is_memory_good ? SCREEN_TEST_GOOD : SCREEN_TEST_BAD;
    screen->number[2] = SCREEN_TEST_RUNNING;
    if (is_line_up)
        screen->number[2] = SCREEN_TEST_GOOD;
    else if (is_line_late)
        screen->number[2] = SCREEN_TEST_BAD;
    screen->number[3] = bad_slots;
}
