/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * player.h - carries a script out on a kiosk, in kiosk time.
 *
 * A file's commands run one after another. A live script's commands come in as lines, and each is answered
 * when it is done. The caller owns the struct; the kiosk and the script must outlive it. The player never
 * blocks.
 */
#ifndef KIOSK_EMULATOR_PLAYER_H
#define KIOSK_EMULATOR_PLAYER_H

#include <stdbool.h>
#include <stdint.h>
#include "kiosk.h"
#include "script.h"

enum player_status {
    PLAYER_RUNNING,
    PLAYER_DONE,
    PLAYER_FAILED, /* a command could not be carried out */
    PLAYER_WRONG,  /* a live line could not be understood */
};

enum { PLAYER_INPUT_SIZE = 8 * SCRIPT_LINE_SIZE };

struct player {
    struct kiosk *kiosk;
    const struct script *script; /* NULL for a live script */
    const char *name;            /* for messages */
    unsigned png_scale;
    size_t next;
    unsigned line; /* of the command under way */
    struct script_command command;
    bool is_busy;
    bool is_bouncing;
    uint8_t down;      /* buttons that stay pressed between commands */
    uint64_t deadline; /* clock at which the command under way needs attention */
    uint64_t end;      /* clock at which it ends, or gives up */
    struct ssd1306_picture wanted;
    struct noise noise;
    char input[PLAYER_INPUT_SIZE];
    size_t input_count;
    bool is_input_ended;
    char error[SCRIPT_LINE_SIZE * 2];
};

/* Play a script that has been read. */
void player_init(struct player *player, struct kiosk *kiosk, const struct script *script, const char *name,
                 unsigned png_scale);

/* Play what player_feed brings. */
void player_init_live(struct player *player, struct kiosk *kiosk, const char *name, unsigned png_scale);

/* A live script's next bytes; 0 bytes is its end. At most player_input_room bytes. */
void player_feed(struct player *player, const char *bytes, size_t count);
size_t player_input_room(const struct player *player);

/* Clock at which player_step must be called next; UINT64_MAX when it waits for input. */
uint64_t player_deadline(const struct player *player);

/* Do what is due at the kiosk's present clock. player->error says what PLAYER_FAILED and PLAYER_WRONG mean.
 */
enum player_status player_step(struct player *player);

#endif
