/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * script.h - the script language: one command a line. Parsing only; player.h carries commands out.
 *
 * README.md describes the language; the table in script.c is its definition.
 */
#ifndef KIOSK_EMULATOR_SCRIPT_H
#define KIOSK_EMULATOR_SCRIPT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "eeprom_model.h"

enum {
    SCRIPT_LINE_SIZE = 1024, /* the longest line, with its terminating zero */
    SCRIPT_PRESS_MS = 120,
    SCRIPT_MS_MAX = 7 * 24 * 3600 * 1000,
};

enum script_verb {
    SCRIPT_NOTHING,     /* a blank line or a comment */
    SCRIPT_PRESS,       /* buttons, ms */
    SCRIPT_DOWN,        /* buttons, pressed from here on */
    SCRIPT_UP,          /* buttons */
    SCRIPT_BOUNCE,      /* buttons, ms of bouncing, then held SCRIPT_PRESS_MS */
    SCRIPT_WAIT,        /* ms */
    SCRIPT_WAIT_QUIET,  /* ms at most */
    SCRIPT_WAIT_SCREEN, /* text: file name, ms at most */
    SCRIPT_POWER_OFF,
    SCRIPT_POWER_ON,
    SCRIPT_POWER_CUT, /* count, tear */
    SCRIPT_CABLE_OUT,
    SCRIPT_CABLE_IN,
    SCRIPT_DISPLAY_OUT,
    SCRIPT_DISPLAY_IN,
    SCRIPT_BUS_STUCK,
    SCRIPT_BUS_FREE,
    SCRIPT_RESET,
    SCRIPT_SCREENSHOT, /* text: file name */
    SCRIPT_LOG,        /* text */
};

struct script_command {
    enum script_verb verb;
    uint8_t buttons; /* bit 0 is button 1 */
    uint32_t ms;
    uint32_t count;
    enum eeprom_tear tear;
    char text[SCRIPT_LINE_SIZE];
};

/* Parse one line, with or without its newline. On failure returns false with a sentence in error that says
 * what would be right; *command is then undefined.
 */
bool script_parse(struct script_command *command, const char *line, char *error, size_t error_size);

/* A whole script, read and checked at once. */
struct script {
    struct script_line {
        unsigned number; /* from 1 */
        struct script_command command;
    } * lines;
    size_t count;
};

/* Read a script; blank lines are left out. On failure returns false with "FILE:LINE: ..." or "FILE: ..." in
 * error and nothing to free. is_unreadable tells a file that cannot be read from one that is wrong.
 */
bool script_open(struct script *script, const char *path, char *error, size_t error_size,
                 bool *is_unreadable);
void script_close(struct script *script);

#endif
