/* SPDX-License-Identifier: MIT */
#include "kiosk.h"

#include <string.h>

#include "firmware/port/port.h"

#define CHORD_MS 1000 /* two outer buttons that went down further apart are not meant together */

void kiosk_init(struct kiosk *kiosk)
{
    uint32_t now_ms = port_now_ms();

    memset(kiosk, 0, sizeof *kiosk);
    kiosk->shown.kind = SCREEN_KIND_COUNT; /* nothing yet */
    kiosk->second_ms = now_ms;
    kiosk->tick_ms = now_ms - now_ms % PORT_TICK_MS;
    if (port_reset_causes() & (RESET_POWER_ON | RESET_EXTERNAL))
        kiosk->gesture = port_buttons(); /* after a watchdog it is only whoever happens to press */
    journal_init(&kiosk->journal);
    identity_load(&kiosk->identity);
    roster_load(&kiosk->roster);
    buttons_init(&kiosk->buttons, now_ms);
    uplink_init(&kiosk->uplink, &kiosk->journal, &kiosk->identity, &kiosk->roster, now_ms);
    visit_init(&kiosk->visit, &kiosk->journal, &kiosk->roster, &kiosk->uplink);
    staff_menu_init(&kiosk->menu, &kiosk->journal, &kiosk->roster, &kiosk->uplink);
    display_init(&kiosk->display, now_ms);
}

static void count_uptime(struct kiosk *kiosk, uint32_t now_ms)
{
    while (now_ms - kiosk->second_ms >= 1000) {
        kiosk->second_ms += 1000;
        kiosk->uptime_s++;
    }
}

static void step_gesture(struct kiosk *kiosk, uint8_t raw, uint32_t now_ms)
{
    if (kiosk->gesture == 0)
        return;
    if (raw != kiosk->gesture) {
        kiosk->gesture = 0;
        return;
    }
    if (now_ms < KIOSK_GESTURE_MS)
        return;
    if (raw == KIOSK_GESTURE_SELF_TEST)
        self_test_start(&kiosk->self_test, now_ms);
    if (raw == KIOSK_GESTURE_FORGET && identity_forget(&kiosk->identity)) {
        roster_forget(&kiosk->roster);
        link_on_renew(&kiosk->uplink.link, now_ms);
        port_beep(500, 500);
    }
    kiosk->gesture = 0;
}

/* The outer two together belong to the staff menu: a press of one while the other is going down, too, is no
 * rating. When they come so far apart that the first has become a rating, the second withdraws it. */
static uint8_t without_chord(const struct kiosk *kiosk, uint32_t now_ms)
{
    const struct buttons *buttons = &kiosk->buttons;
    uint8_t pressed = buttons->pressed;

    if (!visit_is_open(&kiosk->visit) && buttons_is_going_down(buttons, 0, CHORD_MS, now_ms) &&
        buttons_is_going_down(buttons, PORT_BUTTON_COUNT - 1, CHORD_MS, now_ms))
        pressed &= (uint8_t)~STAFF_MENU_BUTTONS;
    return pressed;
}

static bool is_menu_called(const struct kiosk *kiosk, uint32_t now_ms)
{
    const struct buttons *buttons = &kiosk->buttons;
    enum visit_state state = kiosk->visit.state;

    return !staff_menu_is_open(&kiosk->menu) &&
           (state == VISIT_IDLE || state == VISIT_COMING || state == VISIT_ENDING) &&
           kiosk->roster.count > 0 && (buttons->down & ~buttons->stuck) == STAFF_MENU_BUTTONS &&
           buttons_down_ms(buttons, 0, now_ms) >= STAFF_MENU_HOLD_MS &&
           buttons_down_ms(buttons, PORT_BUTTON_COUNT - 1, now_ms) >= STAFF_MENU_HOLD_MS;
}

static void step_people(struct kiosk *kiosk, uint32_t now_ms)
{
    if (kiosk->self_test.is_running) {
        self_test_step(&kiosk->self_test, kiosk->buttons.pressed, now_ms);
        return;
    }
    if (is_menu_called(kiosk, now_ms)) {
        visit_abandon(&kiosk->visit);
        staff_menu_open(&kiosk->menu, now_ms);
    }
    if (staff_menu_is_open(&kiosk->menu))
        staff_menu_step(&kiosk->menu, kiosk->buttons.pressed, now_ms, kiosk->uptime_s);
    else
        visit_step(&kiosk->visit, &kiosk->buttons, without_chord(kiosk, now_ms), now_ms, kiosk->uptime_s);
}

static uint8_t idle_marks(const struct kiosk *kiosk)
{
    const struct uplink *uplink = &kiosk->uplink;
    uint8_t marks = 0;

    if (uplink->link.state == LINK_DOWN)
        marks |= SCREEN_MARK_OFFLINE;
    if (uplink->link.state == LINK_WAITING)
        marks |= uplink->wait_reason == WAIT_ADOPTION ? SCREEN_MARK_UNADOPTED : SCREEN_MARK_REFUSED;
    if (kiosk->journal.bad_slots > 0 || kiosk->buttons.stuck != 0)
        marks |= SCREEN_MARK_FAULT;
    return marks;
}

static void step_picture(struct kiosk *kiosk, uint32_t now_ms)
{
    struct screen screen;

    if (kiosk->self_test.is_running)
        self_test_screen(&kiosk->self_test, uplink_is_up(&kiosk->uplink), kiosk->journal.bad_slots, now_ms,
                         &screen);
    else if (staff_menu_is_open(&kiosk->menu))
        staff_menu_screen(&kiosk->menu, now_ms, &screen);
    else
        visit_screen(&kiosk->visit, now_ms, &screen);
    if (screen.kind == SCREEN_IDLE)
        screen.marks = idle_marks(kiosk);
    bool is_small = kiosk->shown_generation == kiosk->roster.generation && /* names stand where they stood */
                    screen_update(&kiosk->shown, &screen, &kiosk->canvas);
    kiosk->shown = screen;
    kiosk->shown_generation = kiosk->roster.generation;
    if (is_small) {
        display_show_at_once(&kiosk->display, &kiosk->canvas);
    } else {
        screen_draw(&screen, &kiosk->canvas);
        display_show(&kiosk->display, &kiosk->canvas);
    }
}

static bool is_anybody_here(const struct kiosk *kiosk)
{
    return visit_is_open(&kiosk->visit) || staff_menu_is_open(&kiosk->menu) || kiosk->self_test.is_running;
}

/* Where answers wait that were never sent, and nobody looks, the display waits until they are out: 0.3 s at most. */
static bool step_display(struct kiosk *kiosk, uint32_t now_ms)
{
    if (uplink_is_behind(&kiosk->uplink) && !is_anybody_here(kiosk))
        return false;
    return display_step(&kiosk->display, &kiosk->canvas, now_ms);
}

static void step_line(struct kiosk *kiosk, uint32_t now_ms)
{
    kiosk->uplink.status = (struct uplink_status){
        .refused = kiosk->visit.refused,
        .display_faults = kiosk->display.faults,
        .stuck_buttons = kiosk->buttons.stuck,
        .is_visit_open = visit_is_open(&kiosk->visit) || staff_menu_is_open(&kiosk->menu),
    };
    uplink_step(&kiosk->uplink, now_ms, kiosk->uptime_s);
}

/* The one EEPROM. While answers wait that were never sent, nothing is written but what the next press needs: reading them
 * would wait for the writes. Then, a byte at a time: the journal first, since it is to be ready for the next press as soon
 * as possible, then the identity, then the roster. True while one of the first two has something to write. */
static bool step_memory(struct kiosk *kiosk, uint32_t now_ms)
{
    if (uplink_is_behind(&kiosk->uplink))
        return journal_erase_ahead(&kiosk->journal);
    if (journal_step(&kiosk->journal))
        return true;
    if (identity_is_storing(&kiosk->identity)) {
        if (identity_step(&kiosk->identity))
            uplink_on_adopted(&kiosk->uplink, now_ms);
        return true;
    }
    if (!visit_is_open(&kiosk->visit) && port_buttons() == 0)
        uplink_claim_boot(&kiosk->uplink, kiosk->uptime_s);
    roster_step(&kiosk->roster, kiosk->uptime_s);
    return false;
}

/* Asked between any two works of the main loop, of which none takes more than 4 ms: so soon is a press noticed. */
static bool is_press_new(const struct kiosk *kiosk)
{
    return buttons_is_press_new(&kiosk->buttons, port_buttons());
}

/* Due every tick and when a press begins, or every millisecond while one is on its way: then it counts as soon as it may. */
static bool is_look_due(const struct kiosk *kiosk, uint32_t now_ms)
{
    if (buttons_is_press_coming(&kiosk->buttons))
        return (uint8_t)now_ms != kiosk->looked_ms;
    return now_ms - kiosk->tick_ms >= PORT_TICK_MS || is_press_new(kiosk);
}

/* While a press is on its way, what only time has made due waits for it, too: to store an answer that nobody gave takes
 * 27 ms, and to draw a screen up to 10. */
static void look(struct kiosk *kiosk)
{
    uint32_t now_ms = port_now_ms();
    uint8_t raw = port_buttons();

    if (!is_look_due(kiosk, now_ms))
        return;
    kiosk->looked_ms = (uint8_t)now_ms;
    if (now_ms - kiosk->tick_ms >= PORT_TICK_MS)
        kiosk->tick_ms += PORT_TICK_MS;
    if (now_ms - kiosk->tick_ms >= PORT_TICK_MS)
        kiosk->tick_ms = now_ms - now_ms % PORT_TICK_MS;
    buttons_step(&kiosk->buttons, raw, now_ms);
    step_gesture(kiosk, raw, now_ms);
    if (kiosk->buttons.pressed == 0 && buttons_is_press_coming(&kiosk->buttons))
        return;
    step_people(kiosk, now_ms);
    step_picture(kiosk, now_ms);
}

/* A look at the buttons, a page of the display, a step of the line, a byte of the memory. While a press is on its way, all
 * but the looks wait for it: 25 ms. */
bool kiosk_step(struct kiosk *kiosk)
{
    uint32_t now_ms = port_now_ms();

    count_uptime(kiosk, now_ms);
    look(kiosk);
    if (buttons_is_press_coming(&kiosk->buttons))
        return true;
    bool is_drawing = step_display(kiosk, now_ms);
    if (is_press_new(kiosk))
        return true;
    step_line(kiosk, port_now_ms());
    if (is_press_new(kiosk))
        return true;
    return step_memory(kiosk, port_now_ms()) || is_drawing || uplink_is_busy(&kiosk->uplink);
}
