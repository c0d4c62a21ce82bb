/* SPDX-License-Identifier: MIT
 *
 * ledger.h - what was pressed and what the displays acknowledged, kept apart from the product, and compared
 * with it.
 *
 * An answer is known by its kiosk and sequence number, which are never given twice. The caller owns struct
 * ledger.
 */
#ifndef BYNAME_SIMULATION_LEDGER_H
#define BYNAME_SIMULATION_LEDGER_H

#include "daemon/store.h"
#include "tools/simulated-board/board.h"

#define LEDGER_BOARDS_MAX 4
#define LEDGER_KIOSKS_MAX 24 /* a board whose memory was wiped goes on as another kiosk */
#define LEDGER_NAMES_MAX 128
#define LEDGER_PRESSES_MAX 8192
#define LEDGER_ACKS_MAX 4096
#define LEDGER_BOOTS_MAX 512
#define LEDGER_TEXT_SIZE 200

struct ledger_press {
    uint8_t kiosk, buttons;
    bool is_used;
    uint64_t down_us;
};

struct ledger_ack {
    uint8_t kiosk, question;
    uint16_t value;
    uint32_t seq;
};

struct ledger_boot {
    uint8_t kiosk;
    uint16_t number;
    uint64_t powered_us, off_us;
};

/* What a kiosk may have lost, and by what. */
struct ledger_kiosk {
    struct screen shown; /* before */
    uint32_t cuts;
    uint32_t restored_through;             /* stored when an older database took its place */
    bool is_damaged[STORAGE_SLOT_COUNT];   /* journal slots whose cells were changed */
    uint32_t wiped_from;                   /* from this number on all is gone; 0: nothing */
    uint32_t twice_from, twice_to;         /* waited for an ACK when the ids were given up: may come again under others */
    unsigned unacknowledged, acknowledged; /* found by the check */
};

/* Under which id a kiosk was known. */
struct ledger_name {
    uint64_t kiosk_id;
    uint8_t kiosk;
};

struct ledger {
    struct bench *bench;
    uint8_t now[LEDGER_BOARDS_MAX]; /* which kiosk a board is */
    uint64_t id[LEDGER_BOARDS_MAX]; /* what it calls itself */
    struct ledger_name names[LEDGER_NAMES_MAX];
    unsigned kiosk_count, name_count;
    struct ledger_press presses[LEDGER_PRESSES_MAX];
    struct ledger_ack acks[LEDGER_ACKS_MAX];
    struct ledger_boot boots[LEDGER_BOOTS_MAX];
    unsigned press_count, ack_count, boot_count;
    struct ledger_kiosk kiosks[LEDGER_KIOSKS_MAX];
    unsigned lost, failures;
    char failure[LEDGER_TEXT_SIZE]; /* the first */
};

void ledger_init(struct ledger *ledger, struct bench *bench);
void ledger_on_power(struct ledger *ledger, const struct board *board); /* on, and initialised */
void ledger_on_cut(struct ledger *ledger, const struct board *board);
void ledger_on_press(struct ledger *ledger, const struct board *board, uint8_t buttons);
void ledger_on_shown(struct ledger *ledger, const struct board *board);
void ledger_on_damage(struct ledger *ledger, const struct board *board, uint16_t address);
/* It calls itself something else, or nothing any more. */
void ledger_on_identity(struct ledger *ledger, const struct board *board);
/* Its memory is about to be wiped. False: the ledger has no room for one more. */
bool ledger_on_wipe(struct ledger *ledger, const struct board *board);
/* The database that `store` was opened on gives way to an older one. */
void ledger_on_restore(struct ledger *ledger, struct store *store);

void ledger_fail(struct ledger *ledger, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Compare with what is stored; failures are counted, `lost` among them. */
void ledger_check(struct ledger *ledger, struct store *store);

#endif
