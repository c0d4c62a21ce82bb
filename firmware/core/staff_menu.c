/* SPDX-License-Identifier: MIT */
#include "staff_menu.h"

#include <string.h>

#include "firmware/port/port.h"

#define NAMES_A_PAGE (SCREEN_NAME_COUNT - 1)
#define MORE_BUTTON 4
#define LEAVE_BUTTON 5
#define SIGN_BUTTON 1
#define HERE_BUTTON 1
#define PIN_DIGIT_VALUES 5

void staff_menu_init(struct staff_menu *menu, struct journal *journal, struct roster *roster,
                     struct uplink *uplink)
{
    memset(menu, 0, sizeof *menu);
    menu->journal = journal;
    menu->roster = roster;
    menu->uplink = uplink;
    menu->screen = SCREEN_IDLE;
    menu->tries_left = STAFF_MENU_TRIES;
}

bool staff_menu_is_open(const struct staff_menu *menu)
{
    return menu->screen != SCREEN_IDLE;
}

static void show(struct staff_menu *menu, uint8_t screen, uint32_t now_ms)
{
    menu->screen = screen;
    menu->since_ms = now_ms;
}

void staff_menu_open(struct staff_menu *menu, uint32_t now_ms)
{
    if (menu->roster->count == 0)
        return;
    menu->page_start = 0;
    show(menu, SCREEN_STAFF_WHO, now_ms);
}

static bool has_more(const struct staff_menu *menu)
{
    return menu->roster->count > SCREEN_NAME_COUNT;
}

static uint8_t page_count(const struct staff_menu *menu)
{
    uint8_t left = (uint8_t)(menu->roster->count - menu->page_start);
    uint8_t most = has_more(menu) ? NAMES_A_PAGE : SCREEN_NAME_COUNT;

    return left < most ? left : most;
}

static bool is_still_locked(struct staff_menu *menu, uint32_t now_ms)
{
    uint32_t forgiven_ms = menu->is_locked ? STAFF_MENU_LOCK_MS : STAFF_MENU_FORGET_MS;

    if (menu->tries_left < STAFF_MENU_TRIES && now_ms - menu->wrong_ms >= forgiven_ms) {
        menu->is_locked = false;
        menu->tries_left = STAFF_MENU_TRIES;
    }
    return menu->is_locked;
}

/* It is known who it is: a customer who waits comes first. */
static void show_first(struct staff_menu *menu, uint32_t now_ms)
{
    show(menu, menu->uplink->help_state == HELP_STATE_OPEN ? SCREEN_STAFF_HELP : SCREEN_STAFF_MENU, now_ms);
}

static void choose(struct staff_menu *menu, uint8_t index, uint32_t now_ms)
{
    menu->staff = index;
    menu->digits = 0;
    menu->pin = 0;
    if (menu->roster->entries[index].pin == PIN_NONE)
        show_first(menu, now_ms);
    else if (is_still_locked(menu, now_ms))
        show(menu, SCREEN_STAFF_LOCKED, now_ms);
    else
        show(menu, SCREEN_STAFF_PIN, now_ms);
}

static void on_who(struct staff_menu *menu, uint8_t button, uint32_t now_ms)
{
    if (button == LEAVE_BUTTON) {
        show(menu, SCREEN_IDLE, now_ms);
    } else if (button == MORE_BUTTON && has_more(menu)) {
        menu->page_start = (uint8_t)(menu->page_start + NAMES_A_PAGE);
        if (menu->page_start >= menu->roster->count)
            menu->page_start = 0;
        show(menu, SCREEN_STAFF_WHO, now_ms);
    } else if (button <= page_count(menu)) {
        choose(menu, (uint8_t)(menu->page_start + button - 1), now_ms);
    }
}

static void on_digit(struct staff_menu *menu, uint8_t button, uint32_t now_ms)
{
    menu->pin = (uint16_t)(menu->pin * PIN_DIGIT_VALUES + button - 1);
    menu->since_ms = now_ms;
    if (++menu->digits < PIN_DIGITS)
        return;
    if (menu->pin == menu->roster->entries[menu->staff].pin) {
        show_first(menu, now_ms);
        return;
    }
    menu->tries_left--;
    menu->wrong_ms = now_ms;
    menu->is_locked = menu->tries_left == 0;
    show(menu, menu->is_locked ? SCREEN_STAFF_LOCKED : SCREEN_STAFF_WRONG, now_ms);
}

static void sign(struct staff_menu *menu, uint32_t now_ms, uint32_t uptime_s)
{
    uint16_t staff_id = menu->roster->entries[menu->staff].id;
    bool is_on = roster_is_signed_on(menu->roster, staff_id);
    struct answer answer = {
        .question = is_on ? QUESTION_SIGN_OFF : QUESTION_SIGN_ON,
        .value = staff_id,
        .uptime_s = uptime_s,
    };

    if (!is_on && !roster_sign_on(menu->roster, staff_id, uptime_s)) {
        show(menu, SCREEN_FULL, now_ms);
        return;
    }
    if (journal_append(menu->journal, &answer, 0) != JOURNAL_OK) {
        if (!is_on)
            roster_sign_off(menu->roster, staff_id);
        show(menu, SCREEN_FULL, now_ms);
        return;
    }
    if (is_on)
        roster_sign_off(menu->roster, staff_id);
    show(menu, SCREEN_STAFF_DONE, now_ms);
}

/* The daemon acknowledges the call when the answer arrives; here it is so from now on. */
static void come(struct staff_menu *menu, uint32_t now_ms, uint32_t uptime_s)
{
    struct answer answer = {
        .question = QUESTION_HERE,
        .value = menu->roster->entries[menu->staff].id,
        .uptime_s = uptime_s,
    };

    if (journal_append(menu->journal, &answer, 0) != JOURNAL_OK) {
        show(menu, SCREEN_FULL, now_ms);
        return;
    }
    menu->uplink->help_state = HELP_STATE_ON_THE_WAY;
    show(menu, SCREEN_CALLING, now_ms);
}

static void on_press(struct staff_menu *menu, uint8_t button, uint32_t now_ms, uint32_t uptime_s)
{
    switch (menu->screen) {
    case SCREEN_STAFF_WHO:
        on_who(menu, button, now_ms);
        break;
    case SCREEN_STAFF_PIN:
        on_digit(menu, button, now_ms);
        break;
    case SCREEN_STAFF_MENU:
        if (button == SIGN_BUTTON)
            sign(menu, now_ms, uptime_s);
        else if (button == LEAVE_BUTTON)
            show(menu, SCREEN_IDLE, now_ms);
        break;
    case SCREEN_STAFF_HELP:
        if (button == HERE_BUTTON)
            come(menu, now_ms, uptime_s);
        else if (button == LEAVE_BUTTON)
            show(menu, SCREEN_STAFF_MENU, now_ms);
        break;
    case SCREEN_STAFF_LOCKED:
        show(menu, SCREEN_IDLE, now_ms);
        break;
    default:
        break;
    }
}

void staff_menu_step(struct staff_menu *menu, uint8_t pressed, uint32_t now_ms, uint32_t uptime_s)
{
    uint32_t shown_ms = now_ms - menu->since_ms;

    if (!staff_menu_is_open(menu))
        return;
    for (uint8_t button = 1; button <= PORT_BUTTON_COUNT; button++) {
        if (pressed & 1 << (button - 1)) {
            port_beep(1500, 20);
            on_press(menu, button, now_ms, uptime_s);
            return;
        }
    }
    bool is_notice = menu->screen == SCREEN_STAFF_WRONG || menu->screen == SCREEN_STAFF_DONE ||
                     menu->screen == SCREEN_CALLING || menu->screen == SCREEN_FULL;
    if (menu->screen == SCREEN_STAFF_LOCKED && !is_still_locked(menu, now_ms))
        choose(menu, menu->staff, now_ms);
    if (shown_ms < (is_notice ? STAFF_MENU_NOTICE_MS : STAFF_MENU_IDLE_MS))
        return;
    if (menu->screen == SCREEN_STAFF_WRONG)
        choose(menu, menu->staff, now_ms);
    else
        show(menu, SCREEN_IDLE, now_ms);
}

static void fill_counts(const struct staff_menu *menu, struct screen *screen)
{
    const struct staff_entry *entry = &menu->roster->entries[menu->staff];
    const struct roster_counts *counts = &menu->roster->counts[menu->staff];

    screen->number[0] = entry->pin != PIN_NONE;
    screen->number[1] = roster_is_signed_on(menu->roster, entry->id);
    screen->number[2] = counts->asked_today;
    screen->number[3] = counts->answered_today;
    screen->number[4] = counts->asked_week;
    screen->number[5] = counts->answered_week;
    screen->number[6] = counts->asked_best;
    screen->number[7] = counts->answered_best;
}

static void fill_names(const struct staff_menu *menu, struct screen *screen)
{
    screen->has_more = has_more(menu);
    screen->name_count = page_count(menu);
    for (uint8_t i = 0; i < screen->name_count; i++)
        screen->names[i] = menu->roster->entries[menu->page_start + i].name;
}

void staff_menu_screen(const struct staff_menu *menu, uint32_t now_ms, struct screen *screen)
{
    const struct staff_entry *entry = &menu->roster->entries[menu->staff];

    memset(screen, 0, sizeof *screen);
    screen->kind = menu->screen;
    screen->name = entry->name;
    switch (menu->screen) {
    case SCREEN_STAFF_WHO:
        screen->name = NULL;
        fill_names(menu, screen);
        break;
    case SCREEN_STAFF_PIN:
        screen->number[0] = menu->digits;
        break;
    case SCREEN_STAFF_WRONG:
        screen->number[0] = menu->tries_left;
        break;
    case SCREEN_STAFF_LOCKED:
        screen->number[0] = (uint16_t)((STAFF_MENU_LOCK_MS - (now_ms - menu->wrong_ms) + 999) / 1000);
        break;
    case SCREEN_STAFF_MENU:
        fill_counts(menu, screen);
        break;
    case SCREEN_CALLING:
        screen->number[0] = SCREEN_CALLING_COMING;
        break;
    case SCREEN_STAFF_DONE:
        screen->number[0] = roster_is_signed_on(menu->roster, entry->id);
        break;
    default:
        break;
    }
}
