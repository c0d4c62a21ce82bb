/* SPDX-License-Identifier: GPL-3.0-or-later */
#define _XOPEN_SOURCE 700
#include "terminal.h"

#include <curses.h>
#include <inttypes.h>
#include <langinfo.h>
#include <locale.h>
#include <stdio.h>
#include <string.h>
#include <wchar.h>
#include "picture.h"
#include "script.h"

enum {
    BLOCK_COLUMNS = SSD1306_WIDTH,
    BLOCK_LINES = SSD1306_HEIGHT / 2,
    BRAILLE_COLUMNS = SSD1306_WIDTH / 2,
    BRAILLE_LINES = SSD1306_HEIGHT / 4,
    CASE_COLUMNS = 8, /* what the kiosk's case adds around the display */
    CASE_LINES = 8,
    STATUS_LINES = 2,
    CAP_COLUMNS = 9,
    MESSAGE_SECONDS = 4,
};

static const char help_text[] = "1-5 press  shift holds  p power  c cable  r reset  s picture  q quit";

void terminal_open(struct terminal *terminal, struct kiosk *kiosk, unsigned png_scale)
{
    memset(terminal, 0, sizeof *terminal);
    terminal->kiosk = kiosk;
    terminal->png_scale = png_scale;
    setlocale(LC_CTYPE, "");
    if (strcmp(nl_langinfo(CODESET), "UTF-8") != 0) {
        setlocale(LC_CTYPE, "C.UTF-8");
    }
    initscr();
    cbreak();
    noecho();
    nonl();
    keypad(stdscr, TRUE);
    nodelay(stdscr, TRUE);
    set_escdelay(25);
    curs_set(0);
}

void terminal_close(struct terminal *terminal)
{
    (void)terminal;
    endwin();
}

static void say(struct terminal *terminal, const char *text)
{
    snprintf(terminal->message, sizeof terminal->message, "%s", text);
    terminal->message_until_ns = kiosk_real_ns() + MESSAGE_SECONDS * UINT64_C(1000000000);
}

static uint8_t tapped(const struct terminal *terminal)
{
    uint8_t mask = 0;
    for (unsigned i = 0; i < BUTTONS_COUNT; i++) {
        if (terminal->release_at[i] != 0) {
            mask = (uint8_t)(mask | 1U << i);
        }
    }
    return mask;
}

static void apply_buttons(struct terminal *terminal)
{
    kiosk_press(terminal->kiosk, KIOSK_HAND_KEYS, terminal->held | tapped(terminal));
}

static void tap(struct terminal *terminal, unsigned index)
{
    terminal->release_at[index] = terminal->kiosk->clock + (uint64_t)SCRIPT_PRESS_MS * CORE_CYCLES_PER_MS;
    terminal->held &= (uint8_t) ~(1U << index);
    apply_buttons(terminal);
}

static void toggle_power(struct terminal *terminal)
{
    if (terminal->kiosk->board != NULL) {
        kiosk_power_off(terminal->kiosk);
    } else if (kiosk_power_on(terminal->kiosk) != 0) {
        say(terminal, terminal->kiosk->error);
    }
}

static void toggle_cable(struct terminal *terminal)
{
    if (terminal->kiosk->is_cable_in) {
        kiosk_unplug(terminal->kiosk);
    } else if (kiosk_plug_in(terminal->kiosk) != 0) {
        say(terminal, terminal->kiosk->error);
    }
}

static void save_screenshot(struct terminal *terminal)
{
    char name[64];
    char text[160];
    struct ssd1306_picture picture;
    snprintf(name, sizeof name, "kiosk-%06" PRIu64 "-%u.png", kiosk_clock_ms(terminal->kiosk) / 1000,
             ++terminal->screenshots);
    kiosk_look(terminal->kiosk, &picture);
    const char *error = picture_save(&picture, name, terminal->png_scale);
    snprintf(text, sizeof text, "%s %s", name, error == NULL ? "saved" : error);
    say(terminal, text);
}

/* Returns false for quit. */
static bool handle_key(struct terminal *terminal, int key)
{
    static const char shifted[] = "!@#$%";
    const char *hold = key > 0 && key < 128 ? strchr(shifted, key) : NULL;
    if (key >= '1' && key <= '5') {
        tap(terminal, (unsigned)(key - '1'));
    } else if (hold != NULL) {
        terminal->held ^= (uint8_t)(1U << (hold - shifted));
        apply_buttons(terminal);
    } else if (key == 'p') {
        toggle_power(terminal);
    } else if (key == 'c') {
        toggle_cable(terminal);
    } else if (key == 'r') {
        kiosk_reset(terminal->kiosk);
    } else if (key == 's') {
        save_screenshot(terminal);
    } else if (key == KEY_RESIZE) {
        erase();
    }
    return key != 'q';
}

bool terminal_handle_keys(struct terminal *terminal)
{
    for (int key = getch(); key != ERR; key = getch()) {
        if (!handle_key(terminal, key)) {
            return false;
        }
    }
    return true;
}

void terminal_step(struct terminal *terminal)
{
    const uint8_t before = tapped(terminal);
    for (unsigned i = 0; i < BUTTONS_COUNT; i++) {
        if (terminal->release_at[i] <= terminal->kiosk->clock) {
            terminal->release_at[i] = 0;
        }
    }
    if (tapped(terminal) != before) {
        apply_buttons(terminal);
    }
}

static void put(int line, int column, wchar_t character)
{
    const wchar_t text[2] = {character, L'\0'};
    mvaddwstr(line, column, text);
}

static void draw_box(int top, int left, int lines, int columns, const wchar_t *corners)
{
    for (int i = 1; i < columns - 1; i++) {
        put(top, left + i, L'─');
        put(top + lines - 1, left + i, L'─');
    }
    for (int i = 1; i < lines - 1; i++) {
        put(top + i, left, L'│');
        put(top + i, left + columns - 1, L'│');
    }
    put(top, left, corners[0]);
    put(top, left + columns - 1, corners[1]);
    put(top + lines - 1, left, corners[2]);
    put(top + lines - 1, left + columns - 1, corners[3]);
}

static void draw_blocks(const struct ssd1306_picture *picture, int top, int left)
{
    static const wchar_t blocks[4] = {L' ', L'▀', L'▄', L'█'};
    for (int line = 0; line < BLOCK_LINES; line++) {
        for (int column = 0; column < BLOCK_COLUMNS; column++) {
            const unsigned x = (unsigned)column;
            const unsigned y = 2 * (unsigned)line;
            const unsigned lit = (unsigned)ssd1306_picture_is_lit(picture, x, y) |
                                 (unsigned)ssd1306_picture_is_lit(picture, x, y + 1) << 1;
            put(top + line, left + column, blocks[lit]);
        }
    }
}

static void draw_braille(const struct ssd1306_picture *picture, int top, int left)
{
    /* Dots 1 to 8 of Unicode's braille patterns: column, row. */
    static const struct {
        uint8_t x, y;
    } dots[8] = {{0, 0}, {0, 1}, {0, 2}, {1, 0}, {1, 1}, {1, 2}, {0, 3}, {1, 3}};
    for (int line = 0; line < BRAILLE_LINES; line++) {
        for (int column = 0; column < BRAILLE_COLUMNS; column++) {
            unsigned pattern = 0;
            for (unsigned dot = 0; dot < 8; dot++) {
                const unsigned x = 2 * (unsigned)column + dots[dot].x;
                const unsigned y = 4 * (unsigned)line + dots[dot].y;
                pattern |= (unsigned)ssd1306_picture_is_lit(picture, x, y) << dot;
            }
            put(top + line, left + column, pattern == 0 ? L' ' : (wchar_t)(0x2800 + pattern));
        }
    }
}

/* Five caps, each under its fifth of the display; a pressed one is filled. */
static void draw_caps(const struct terminal *terminal, int top, int left, int columns)
{
    for (int i = 0; i < BUTTONS_COUNT; i++) {
        const bool is_pressed = terminal->kiosk->pressed >> i & 1;
        const int cap = left + (2 * i + 1) * columns / (2 * BUTTONS_COUNT) - CAP_COLUMNS / 2;
        draw_box(top, cap, 3, CAP_COLUMNS, L"╭╮╰╯");
        if (is_pressed) {
            attron(A_REVERSE);
        }
        mvprintw(top + 1, cap + 1, "   %d   ", i + 1);
        attroff(A_REVERSE);
    }
}

static void draw_status(const struct terminal *terminal, int top, int left, int columns)
{
    const struct kiosk *kiosk = terminal->kiosk;
    char text[512];
    const uint64_t seconds = kiosk_clock_ms(kiosk) / 1000;
    const char *line = !kiosk->is_cable_in || kiosk->board == NULL ? "unplugged"
                       : kiosk->has_peer                           ? "in use"
                                                                   : "in";
    snprintf(text, sizeof text,
             "power %s   cable %s   %02" PRIu64 ":%02" PRIu64 ":%02" PRIu64 "   %s%s%s%s%s",
             kiosk->is_broken       ? "on, crashed"
             : kiosk->board != NULL ? "on"
                                    : "off",
             line, seconds / 3600, seconds / 60 % 60, seconds % 60,
             terminal->page != NULL ? terminal->page : "", terminal->page != NULL ? "   " : "",
             kiosk->pty.is_open ? kiosk->pty.name : "no port", kiosk->config.link_path != NULL ? "   " : "",
             kiosk->config.link_path != NULL ? kiosk->config.link_path : "");
    if (kiosk_real_ns() < terminal->message_until_ns) {
        snprintf(text, sizeof text, "%s", terminal->message);
    }
    mvprintw(top, left, "%-*.*s", columns, columns, text);
    attron(A_DIM);
    mvprintw(top + 1, left, "%-*.*s", columns, columns, help_text);
    attroff(A_DIM);
}

static void draw_kiosk(const struct terminal *terminal, bool are_blocks)
{
    struct ssd1306_picture picture;
    const int columns = are_blocks ? BLOCK_COLUMNS : BRAILLE_COLUMNS;
    const int lines = are_blocks ? BLOCK_LINES : BRAILLE_LINES;
    const int top = (LINES - lines - CASE_LINES - STATUS_LINES) / 2;
    const int left = (COLS - columns - CASE_COLUMNS) / 2;
    kiosk_look(terminal->kiosk, &picture);
    draw_box(top, left, lines + CASE_LINES, columns + CASE_COLUMNS, L"╭╮╰╯");
    mvaddstr(top, left + 3, " byname ");
    draw_box(top + 1, left + 3, lines + 2, columns + 2, L"┌┐└┘");
    if (are_blocks) {
        draw_blocks(&picture, top + 2, left + 4);
    } else {
        draw_braille(&picture, top + 2, left + 4);
    }
    draw_caps(terminal, top + lines + 4, left + 4, columns);
    draw_status(terminal, top + lines + CASE_LINES, left, columns + CASE_COLUMNS);
}

void terminal_draw(struct terminal *terminal)
{
    const int extra_lines = CASE_LINES + STATUS_LINES;
    erase();
    if (COLS >= BLOCK_COLUMNS + CASE_COLUMNS && LINES >= BLOCK_LINES + extra_lines) {
        draw_kiosk(terminal, true);
    } else if (COLS >= BRAILLE_COLUMNS + CASE_COLUMNS && LINES >= BRAILLE_LINES + extra_lines) {
        draw_kiosk(terminal, false);
    } else {
        mvprintw(0, 0, "The terminal is too small: the kiosk needs %d x %d,", BRAILLE_COLUMNS + CASE_COLUMNS,
                 BRAILLE_LINES + extra_lines);
        mvprintw(1, 0, "and is at its best from %d x %d. q quits.", BLOCK_COLUMNS + CASE_COLUMNS,
                 BLOCK_LINES + extra_lines);
    }
    refresh();
}
