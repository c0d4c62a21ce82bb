/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "player.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include "picture.h"

enum {
    QUIET_MS = 300,
    BOUNCE_STEP_US_MIN = 100, /* a worn contact opens and closes every 0.1 to 5 ms */
    BOUNCE_STEP_US_SPAN = 4900,
    CYCLES_PER_US = CORE_CYCLES_PER_MS / 1000,
};

static uint64_t cycles(uint32_t ms)
{
    return (uint64_t)ms * CORE_CYCLES_PER_MS;
}

static void start(struct player *player, struct kiosk *kiosk, const char *name, unsigned png_scale)
{
    memset(player, 0, sizeof *player);
    player->kiosk = kiosk;
    player->name = name;
    player->png_scale = png_scale;
    noise_init(&player->noise, ~kiosk->config.seed);
}

void player_init(struct player *player, struct kiosk *kiosk, const struct script *script, const char *name,
                 unsigned png_scale)
{
    start(player, kiosk, name, png_scale);
    player->script = script;
}

void player_init_live(struct player *player, struct kiosk *kiosk, const char *name, unsigned png_scale)
{
    start(player, kiosk, name, png_scale);
}

size_t player_input_room(const struct player *player)
{
    return sizeof player->input - player->input_count;
}

void player_feed(struct player *player, const char *bytes, size_t count)
{
    memcpy(player->input + player->input_count, bytes, count);
    player->input_count += count;
    if (count == 0) {
        player->is_input_ended = true;
    }
}

static bool has_input_line(const struct player *player)
{
    return player->input_count == sizeof player->input ||
           memchr(player->input, '\n', player->input_count) != NULL ||
           (player->is_input_ended && player->input_count > 0);
}

uint64_t player_deadline(const struct player *player)
{
    if (player->is_busy) {
        return player->deadline;
    }
    const bool is_waiting = player->script == NULL && !has_input_line(player) && !player->is_input_ended;
    return is_waiting ? UINT64_MAX : player->kiosk->clock;
}

static enum player_status fail(struct player *player, const char *subject, const char *reason)
{
    snprintf(player->error, sizeof player->error, "%s:%u: %s%s%s", player->name, player->line, subject,
             subject[0] == '\0' ? "" : " ", reason);
    return PLAYER_FAILED;
}

/* The first line of the live input into line, without its newline. */
static void take_line(struct player *player, char *line)
{
    const char *newline = memchr(player->input, '\n', player->input_count);
    const size_t length = newline == NULL ? player->input_count : (size_t)(newline - player->input);
    const size_t kept = length < SCRIPT_LINE_SIZE ? length : SCRIPT_LINE_SIZE - 1;
    const size_t used = newline == NULL ? length : length + 1;
    memcpy(line, player->input, kept);
    line[kept] = '\0';
    player->input_count -= used;
    memmove(player->input, player->input + used, player->input_count);
}

/* The next command into player->command. PLAYER_RUNNING with is_busy unset means that there is none yet. */
static enum player_status fetch(struct player *player)
{
    char line[SCRIPT_LINE_SIZE];
    char fault[SCRIPT_LINE_SIZE];
    if (player->script != NULL) {
        if (player->next == player->script->count) {
            return PLAYER_DONE;
        }
        player->line = player->script->lines[player->next].number;
        player->command = player->script->lines[player->next++].command;
        player->is_busy = true;
        return PLAYER_RUNNING;
    }
    if (!has_input_line(player)) {
        return player->is_input_ended ? PLAYER_DONE : PLAYER_RUNNING;
    }
    take_line(player, line);
    player->line++;
    if (!script_parse(&player->command, line, fault, sizeof fault)) {
        fail(player, "", fault);
        return PLAYER_WRONG;
    }
    player->is_busy = true;
    return PLAYER_RUNNING;
}

static void finish(struct player *player)
{
    player->is_busy = false;
    if (player->script == NULL) {
        printf("ok %" PRIu64 "\n", kiosk_clock_ms(player->kiosk));
        fflush(stdout);
    }
}

static void take_time(struct player *player, uint64_t duration)
{
    player->deadline = player->kiosk->clock + duration;
    player->end = player->deadline;
}

static uint64_t next_bounce(struct player *player)
{
    const uint32_t step_us = BOUNCE_STEP_US_MIN + noise_below(&player->noise, BOUNCE_STEP_US_SPAN);
    const uint64_t next = player->kiosk->clock + (uint64_t)step_us * CYCLES_PER_US;
    return next < player->end ? next : player->end;
}

static enum player_status save_screen(struct player *player)
{
    struct ssd1306_picture picture;
    kiosk_look(player->kiosk, &picture);
    const char *error = picture_save(&picture, player->command.text, player->png_scale);
    return error == NULL ? PLAYER_RUNNING : fail(player, player->command.text, error);
}

static enum player_status begin_screen_wait(struct player *player)
{
    const char *error = picture_load(&player->wanted, player->command.text);
    if (error != NULL) {
        return fail(player, player->command.text, error);
    }
    take_time(player, cycles(player->command.ms));
    player->deadline = player->kiosk->clock;
    return PLAYER_RUNNING;
}

static void hold(struct player *player, const struct script_command *command)
{
    if (command->verb == SCRIPT_DOWN) {
        player->down |= command->buttons;
    } else {
        player->down &= (uint8_t)~command->buttons;
    }
    kiosk_press(player->kiosk, KIOSK_HAND_KEYS, player->down);
}

static enum player_status result(struct player *player, int kiosk_result)
{
    return kiosk_result == 0 ? PLAYER_RUNNING : fail(player, "", player->kiosk->error);
}

static void press(struct player *player, const struct script_command *command)
{
    kiosk_press(player->kiosk, KIOSK_HAND_KEYS, player->down | command->buttons);
    take_time(player, cycles(command->ms));
}

/* What befalls the kiosk and what it is connected to. It has no duration. */
static enum player_status befall(struct player *player)
{
    struct kiosk *kiosk = player->kiosk;
    const struct script_command *command = &player->command;
    switch (command->verb) {
    case SCRIPT_POWER_OFF:
        kiosk_power_off(kiosk);
        break;
    case SCRIPT_POWER_ON:
        return result(player, kiosk_power_on(kiosk));
    case SCRIPT_POWER_CUT:
        return result(player, kiosk_plan_cut(kiosk, command->count, command->tear));
    case SCRIPT_CABLE_OUT:
        kiosk_unplug(kiosk);
        break;
    case SCRIPT_CABLE_IN:
        return result(player, kiosk_plug_in(kiosk));
    case SCRIPT_DISPLAY_OUT:
    case SCRIPT_DISPLAY_IN:
        kiosk_set_display(kiosk, command->verb == SCRIPT_DISPLAY_IN);
        break;
    case SCRIPT_BUS_STUCK:
    case SCRIPT_BUS_FREE:
        kiosk_set_bus_stuck(kiosk, command->verb == SCRIPT_BUS_STUCK);
        break;
    case SCRIPT_RESET:
        kiosk_reset(kiosk);
        break;
    default:
        break;
    }
    return PLAYER_RUNNING;
}

/* Start the command; it ends when continue_command finds its end reached. */
static enum player_status begin(struct player *player)
{
    struct kiosk *kiosk = player->kiosk;
    const struct script_command *command = &player->command;
    take_time(player, 0);
    switch (command->verb) {
    case SCRIPT_NOTHING:
        break;
    case SCRIPT_DOWN:
    case SCRIPT_UP:
        hold(player, command);
        break;
    case SCRIPT_PRESS:
        press(player, command);
        break;
    case SCRIPT_BOUNCE:
        press(player, command);
        player->deadline = next_bounce(player);
        player->is_bouncing = true;
        break;
    case SCRIPT_WAIT:
        take_time(player, cycles(command->ms));
        break;
    case SCRIPT_WAIT_QUIET:
        take_time(player, cycles(command->ms));
        player->deadline = kiosk->clock;
        break;
    case SCRIPT_WAIT_SCREEN:
        return begin_screen_wait(player);
    case SCRIPT_SCREENSHOT:
        return save_screen(player);
    case SCRIPT_LOG:
        printf("%" PRIu64 " ms %s\n", kiosk_clock_ms(kiosk), command->text);
        fflush(stdout);
        break;
    default:
        return befall(player);
    }
    return PLAYER_RUNNING;
}

/* The contact flickers until `end`, then stays closed like a press. */
static enum player_status continue_bounce(struct player *player)
{
    struct kiosk *kiosk = player->kiosk;
    if (kiosk->clock < player->end) {
        kiosk_press(kiosk, KIOSK_HAND_KEYS, kiosk->hands[KIOSK_HAND_KEYS] ^ player->command.buttons);
        player->deadline = next_bounce(player);
    } else {
        player->is_bouncing = false;
        kiosk_press(kiosk, KIOSK_HAND_KEYS, player->down | player->command.buttons);
        take_time(player, cycles(SCRIPT_PRESS_MS));
    }
    return PLAYER_RUNNING;
}

/* Look once a millisecond until the condition holds. Returns whether the wait is over, in either way. */
static bool is_wait_over(struct player *player, bool is_met)
{
    if (is_met || player->kiosk->clock >= player->end) {
        return true;
    }
    player->deadline = player->kiosk->clock + CORE_CYCLES_PER_MS;
    return false;
}

static enum player_status continue_screen_wait(struct player *player)
{
    struct ssd1306_picture picture;
    kiosk_look(player->kiosk, &picture);
    const bool is_equal = memcmp(&picture, &player->wanted, sizeof picture) == 0;
    if (!is_wait_over(player, is_equal)) {
        return PLAYER_RUNNING;
    }
    finish(player);
    return is_equal ? PLAYER_RUNNING
                    : fail(player, player->command.text, "did not appear on the display in time");
}

static enum player_status continue_command(struct player *player)
{
    struct kiosk *kiosk = player->kiosk;
    switch (player->command.verb) {
    case SCRIPT_BOUNCE:
        if (player->is_bouncing) {
            return continue_bounce(player);
        }
        kiosk_press(kiosk, KIOSK_HAND_KEYS, player->down);
        break;
    case SCRIPT_PRESS:
        kiosk_press(kiosk, KIOSK_HAND_KEYS, player->down);
        break;
    case SCRIPT_WAIT_QUIET:
        if (!is_wait_over(player, kiosk->clock >= kiosk->last_line_clock + cycles(QUIET_MS))) {
            return PLAYER_RUNNING;
        }
        break;
    case SCRIPT_WAIT_SCREEN:
        return continue_screen_wait(player);
    default:
        break;
    }
    finish(player);
    return PLAYER_RUNNING;
}

enum player_status player_step(struct player *player)
{
    enum player_status status = PLAYER_RUNNING;
    while (status == PLAYER_RUNNING && player_deadline(player) <= player->kiosk->clock) {
        if (player->is_busy) {
            status = continue_command(player);
            continue;
        }
        status = fetch(player);
        if (status == PLAYER_RUNNING && player->is_busy) {
            status = begin(player);
        }
    }
    return status;
}
