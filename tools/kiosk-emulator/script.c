/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "script.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "buttons_model.h"
#include "picture.h"

enum { WORDS_MAX = BUTTONS_COUNT + 3 };

/* A line taken apart. rest is all that follows the verb, without white space at its ends. */
struct words {
    char buffer[SCRIPT_LINE_SIZE];
    const char *word[WORDS_MAX];
    size_t count;
    bool are_too_many;
    char rest[SCRIPT_LINE_SIZE];
};

/* Each returns NULL, or what is wrong. words->word[0] is the verb. */
typedef const char *parser(struct script_command *command, const struct words *words);

static const char *const tear_names[EEPROM_TEAR_COUNT] = {
    [EEPROM_TEAR_OLD] = "old", [EEPROM_TEAR_NEW] = "new",     [EEPROM_TEAR_ERASED] = "erased",
    [EEPROM_TEAR_AND] = "and", [EEPROM_TEAR_NOISE] = "noise", [EEPROM_TEAR_UNSTABLE] = "unstable",
};

static bool parse_number(const char *text, uint32_t min, uint32_t max, uint32_t *number)
{
    char *end = NULL;
    if (text[0] < '0' || text[0] > '9') {
        return false;
    }
    errno = 0;
    const unsigned long value = strtoul(text, &end, 10);
    if (errno != 0 || *end != '\0' || value < min || value > max) {
        return false;
    }
    *number = (uint32_t)value;
    return true;
}

static bool add_button(struct script_command *command, const char *text)
{
    uint32_t number = 0;
    if (!parse_number(text, 1, BUTTONS_COUNT, &number)) {
        return false;
    }
    command->buttons = (uint8_t)(command->buttons | 1U << (number - 1));
    return true;
}

static const char *parse_ms(struct script_command *command, const char *text)
{
    return parse_number(text, 0, SCRIPT_MS_MAX, &command->ms) ? NULL
                                                              : "MS is a number of milliseconds up to a week";
}

static const char *parse_press(struct script_command *command, const struct words *words)
{
    command->verb = SCRIPT_PRESS;
    command->ms = SCRIPT_PRESS_MS;
    if (words->count < 2 || words->count > 3) {
        return "it takes one button (hold takes several) and perhaps a duration";
    }
    if (!add_button(command, words->word[1])) {
        return "BUTTON is 1 to 5";
    }
    return words->count == 3 ? parse_ms(command, words->word[2]) : NULL;
}

static const char *parse_hold(struct script_command *command, const struct words *words)
{
    command->verb = SCRIPT_PRESS;
    if (words->count < 3) {
        return "it takes one button or several, and a duration";
    }
    for (size_t i = 1; i + 1 < words->count; i++) {
        if (!add_button(command, words->word[i])) {
            return "BUTTON is 1 to 5";
        }
    }
    return parse_ms(command, words->word[words->count - 1]);
}

static const char *parse_down_or_up(struct script_command *command, const struct words *words)
{
    command->verb = strcmp(words->word[0], "down") == 0 ? SCRIPT_DOWN : SCRIPT_UP;
    for (size_t i = 1; i < words->count; i++) {
        if (!add_button(command, words->word[i])) {
            return "BUTTON is 1 to 5";
        }
    }
    return words->count < 2 ? "it takes one button or several" : NULL;
}

static const char *parse_bounce(struct script_command *command, const struct words *words)
{
    command->verb = SCRIPT_BOUNCE;
    if (words->count != 3) {
        return "it takes a button and a duration";
    }
    return add_button(command, words->word[1]) ? parse_ms(command, words->word[2]) : "BUTTON is 1 to 5";
}

static const char *parse_wait(struct script_command *command, const struct words *words)
{
    command->verb = SCRIPT_WAIT;
    return words->count == 2 ? parse_ms(command, words->word[1]) : "it takes a duration";
}

static const char *parse_wait_quiet(struct script_command *command, const struct words *words)
{
    command->verb = SCRIPT_WAIT_QUIET;
    return words->count == 2 ? parse_ms(command, words->word[1]) : "it takes a longest duration";
}

static const char *parse_wait_screen(struct script_command *command, const struct words *words)
{
    command->verb = SCRIPT_WAIT_SCREEN;
    if (words->count != 3) {
        return "it takes a PBM file (a name without spaces) and a longest duration";
    }
    snprintf(command->text, sizeof command->text, "%s", words->word[1]);
    return parse_ms(command, words->word[2]);
}

static const char *parse_cut(struct script_command *command, const struct words *words)
{
    command->verb = SCRIPT_POWER_CUT;
    command->tear = EEPROM_TEAR_OLD;
    if (words->count < 3 || words->count > 4 ||
        !parse_number(words->word[2], 1, UINT32_MAX, &command->count)) {
        return "N counts EEPROM writes from now and is at least 1";
    }
    for (size_t i = 0; words->count == 4 && i < EEPROM_TEAR_COUNT; i++) {
        if (strcmp(words->word[3], tear_names[i]) == 0) {
            command->tear = (enum eeprom_tear)i;
            return NULL;
        }
    }
    return words->count == 3 ? NULL : "the torn cell is one of old, new, erased, and, noise, unstable";
}

/* Two-word commands without arguments. */
static const char *parse_switch(struct script_command *command, const struct words *words)
{
    static const struct {
        const char *device, *state;
        enum script_verb verb;
    } switches[] = {
        {"power", "off", SCRIPT_POWER_OFF},     {"power", "on", SCRIPT_POWER_ON},
        {"cable", "out", SCRIPT_CABLE_OUT},     {"cable", "in", SCRIPT_CABLE_IN},
        {"display", "out", SCRIPT_DISPLAY_OUT}, {"display", "in", SCRIPT_DISPLAY_IN},
        {"bus", "stuck", SCRIPT_BUS_STUCK},     {"bus", "free", SCRIPT_BUS_FREE},
    };
    for (size_t i = 0; words->count == 2 && i < sizeof switches / sizeof switches[0]; i++) {
        if (strcmp(words->word[0], switches[i].device) == 0 &&
            strcmp(words->word[1], switches[i].state) == 0) {
            command->verb = switches[i].verb;
            return NULL;
        }
    }
    return "it takes one of the words shown";
}

static const char *parse_power(struct script_command *command, const struct words *words)
{
    const bool is_cut = words->count >= 2 && strcmp(words->word[1], "cut") == 0;
    return is_cut ? parse_cut(command, words) : parse_switch(command, words);
}

static const char *parse_reset(struct script_command *command, const struct words *words)
{
    command->verb = SCRIPT_RESET;
    return words->count == 1 ? NULL : "it takes nothing";
}

static const char *parse_screenshot(struct script_command *command, const struct words *words)
{
    command->verb = SCRIPT_SCREENSHOT;
    snprintf(command->text, sizeof command->text, "%s", words->rest);
    return picture_is_name_known(command->text) ? NULL : "FILE ends in .png or .pbm";
}

static const char *parse_log(struct script_command *command, const struct words *words)
{
    command->verb = SCRIPT_LOG;
    snprintf(command->text, sizeof command->text, "%s", words->rest);
    return NULL;
}

static const struct {
    const char *name;
    parser *parse;
    const char *usage;
} verbs[] = {
    {"press", parse_press, "press BUTTON [MS]"},
    {"hold", parse_hold, "hold BUTTON... MS"},
    {"down", parse_down_or_up, "down BUTTON..."},
    {"up", parse_down_or_up, "up BUTTON..."},
    {"bounce", parse_bounce, "bounce BUTTON MS"},
    {"wait", parse_wait, "wait MS"},
    {"wait-quiet", parse_wait_quiet, "wait-quiet MS"},
    {"wait-screen", parse_wait_screen, "wait-screen FILE.pbm MS"},
    {"power", parse_power, "power off, power on, or power cut N [old|new|erased|and|noise|unstable]"},
    {"cable", parse_switch, "cable out or cable in"},
    {"display", parse_switch, "display out or display in"},
    {"bus", parse_switch, "bus stuck or bus free"},
    {"reset", parse_reset, "reset"},
    {"screenshot", parse_screenshot, "screenshot FILE.png or screenshot FILE.pbm"},
    {"log", parse_log, "log TEXT"},
};

static const char white_space[] = " \t\r\n";

/* The line without white space at its ends into buffer. */
static void copy_trimmed(char buffer[SCRIPT_LINE_SIZE], const char *line)
{
    snprintf(buffer, SCRIPT_LINE_SIZE, "%s", line + strspn(line, white_space));
    size_t length = strlen(buffer);
    while (length > 0 && strchr(white_space, buffer[length - 1]) != NULL) {
        buffer[--length] = '\0';
    }
}

/* A word that begins with # starts a comment; not so in rest, which is taken as it stands. */
static void split(struct words *words, const char *line)
{
    copy_trimmed(words->buffer, line);
    copy_trimmed(words->rest, words->buffer + strcspn(words->buffer, white_space));
    words->count = 0;
    words->are_too_many = false;
    char *at = words->buffer;
    while (*at != '\0' && *at != '#') {
        if (words->count == WORDS_MAX) {
            words->are_too_many = true;
            return;
        }
        words->word[words->count++] = at;
        at += strcspn(at, white_space);
        if (*at != '\0') {
            *at++ = '\0';
            at += strspn(at, white_space);
        }
    }
}

static bool fail_unknown(const char *word, char *error, size_t error_size)
{
    int length = snprintf(error, error_size, "\"%.40s\" is not a command; there are", word);
    for (size_t i = 0; i < sizeof verbs / sizeof verbs[0] && length > 0 && (size_t)length < error_size; i++) {
        length += snprintf(error + length, error_size - (size_t)length, " %s", verbs[i].name);
    }
    return false;
}

bool script_parse(struct script_command *command, const char *line, char *error, size_t error_size)
{
    struct words words;
    memset(command, 0, sizeof *command);
    if (strlen(line) >= SCRIPT_LINE_SIZE - 1) {
        snprintf(error, error_size, "the line is longer than %d characters", SCRIPT_LINE_SIZE - 2);
        return false;
    }
    split(&words, line);
    if (words.count == 0) {
        return true;
    }
    for (size_t i = 0; i < sizeof verbs / sizeof verbs[0]; i++) {
        if (strcmp(words.word[0], verbs[i].name) != 0) {
            continue;
        }
        const char *fault = verbs[i].parse(command, &words);
        if (fault == NULL && words.are_too_many && command->verb != SCRIPT_LOG &&
            command->verb != SCRIPT_SCREENSHOT) {
            fault = "there are too many words";
        }
        if (fault != NULL) {
            snprintf(error, error_size, "%s: %s (%s)", verbs[i].name, fault, verbs[i].usage);
        }
        return fault == NULL;
    }
    return fail_unknown(words.word[0], error, error_size);
}

static bool append(struct script *script, unsigned number, const struct script_command *command)
{
    if (command->verb == SCRIPT_NOTHING) {
        return true;
    }
    /* Powers of two: grow when the count is one. */
    if ((script->count & (script->count - 1)) == 0) {
        const size_t capacity = script->count == 0 ? 1 : script->count * 2;
        struct script_line *lines = realloc(script->lines, capacity * sizeof *lines);
        if (lines == NULL) {
            return false;
        }
        script->lines = lines;
    }
    script->lines[script->count].number = number;
    script->lines[script->count].command = *command;
    script->count++;
    return true;
}

static bool read_lines(struct script *script, FILE *file, const char *path, char *error, size_t error_size)
{
    char line[SCRIPT_LINE_SIZE];
    char fault[SCRIPT_LINE_SIZE];
    struct script_command command;
    for (unsigned number = 1; fgets(line, sizeof line, file) != NULL; number++) {
        if (!script_parse(&command, line, fault, sizeof fault)) {
            snprintf(error, error_size, "%s:%u: %s", path, number, fault);
            return false;
        }
        if (!append(script, number, &command)) {
            snprintf(error, error_size, "%s:%u: out of memory", path, number);
            return false;
        }
    }
    return true;
}

bool script_open(struct script *script, const char *path, char *error, size_t error_size, bool *is_unreadable)
{
    memset(script, 0, sizeof *script);
    *is_unreadable = false;
    FILE *file = fopen(path, "re");
    if (file == NULL) {
        snprintf(error, error_size, "%s: %s", path, strerror(errno));
        *is_unreadable = true;
        return false;
    }
    const bool is_read = read_lines(script, file, path, error, error_size);
    fclose(file);
    if (!is_read) {
        script_close(script);
    }
    return is_read;
}

void script_close(struct script *script)
{
    free(script->lines);
    memset(script, 0, sizeof *script);
}
