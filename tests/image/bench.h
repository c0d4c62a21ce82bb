/* SPDX-License-Identifier: MIT
 *
 * bench.h - a kiosk on its counter: the firmware image on an emulated board, the collector at the other end
 * of its cable, and a ledger of who pressed what and what the display acknowledged.
 *
 * Everything happens in virtual time and is the same each time. A process that forks has two of it. Functions
 * that run the board do nothing once `wrong` is set.
 */
#ifndef BYNAME_IMAGE_BENCH_H
#define BYNAME_IMAGE_BENCH_H

#include "tests/image/ledger.h"
#include "tools/kiosk-emulator/board.h"

#define BENCH_ROWS_WATCHED 62 /* of the display; below them the bar drains */

/* Places at which a proof may step in; all may be NULL. They may not run this bench, but in a fork. */
struct bench_hooks {
    void (*on_write)(void *user); /* an EEPROM write has begun */
    void (*on_frame)(void *user,
                     const struct collector_frame *frame); /* an ACK or WELCOME is about to be sent */
    void (*on_byte)(void *user, const struct collector_frame *frame,
                    size_t index); /* ... one byte has arrived */
    void *user;
};

struct bench {
    struct board *board;
    struct board_config config; /* for the next power-up */
    uint8_t cells[EEPROM_SIZE];
    struct collector collector;
    struct ledger ledger;
    struct bench_hooks hooks;
    bool is_write_begun;
    uint32_t hellos_before; /* those that came before this power-up */

    /* The display is watched for a change: what it showed before, and whose acknowledgement that is. */
    struct ssd1306_picture before;
    uint8_t awaited; /* entry, or LEDGER_NONE */

    /* The frame on its way whose bytes are told to on_byte. */
    struct collector_frame watched;
    uint64_t first_byte; /* the number of its first byte among those the kiosk receives */
    size_t next_byte;    /* == watched.size: none */

    const char *wrong;
};

/* A kiosk that has seen some use and belongs to nobody, without power. The image outlives the bench. */
void bench_init(struct bench *bench, struct image *image, uint64_t seed);

void bench_power_on(struct bench *bench, uint64_t seed);

/* The supply fails. A write that is under way leaves its cell so. */
void bench_cut(struct bench *bench, enum eeprom_tear tear);

void bench_close(struct bench *bench);

/* Run to a cycle since power-up, or milliseconds from now. */
void bench_run_to(struct bench *bench, uint64_t cycle);
void bench_run_ms(struct bench *bench, uint32_t ms);

/* Run until the condition holds; after ms_max in vain say that `complaint` is wrong. */
void bench_run_until(struct bench *bench, bool (*is_met)(const struct bench *bench), uint32_t ms_max,
                     const char *complaint);

/* The customer begins to be silent, and the answer is that; bench_await sees it acknowledged. */
void bench_expect(struct bench *bench, uint8_t question, uint16_t value);

/* Press buttons (bit 0 is button 1) as an answer, see the display change, and let go. */
void bench_answer(struct bench *bench, uint8_t buttons, uint8_t question, uint16_t value);

/* Run until the display acknowledges the entry begun last, at most this long. */
void bench_await(struct bench *bench, uint32_t ms_max);

/* Press buttons that answer nothing, for so long. */
void bench_hold(struct bench *bench, uint8_t buttons, uint32_t ms);

/* Put a frame on the line to the kiosk. */
void bench_send(struct bench *bench, const struct collector_frame *frame);

uint32_t bench_now_ms(const struct bench *bench);

/* Since power came the kiosk has proved itself, heard all there is to tell, and delivered what it had then. */
bool bench_is_settled(const struct bench *bench);

/* The ledger against the rows. Sets wrong, too. */
void bench_check(struct bench *bench, bool is_drained, struct ledger_sums *sums);

#endif
