/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * pace.h - how far the kiosk's time may have run, given real time and what moves on the line.
 *
 * At speed 1 the kiosk keeps real time. At a higher speed it runs ahead only while the line is idle: from the
 * moment the kiosk sends until an answer has come and the line has been quiet for PACE_QUIET_MS, at most
 * PACE_ANSWER_MS, it keeps real time, so that neither end ever times out because of the speed. Pure: time is
 * an argument. The caller owns the struct. Real time in nanoseconds, kiosk time in cycles; neither may run
 * backwards.
 */
#ifndef KIOSK_EMULATOR_PACE_H
#define KIOSK_EMULATOR_PACE_H

#include <stdbool.h>
#include <stdint.h>

enum {
    PACE_QUIET_MS = 20,
    PACE_ANSWER_MS = 300,
    PACE_LAG_MS_MAX = 250, /* a kiosk that falls farther behind (a busy machine) gives up the difference */
};

struct pace {
    unsigned speed;         /* wanted while the line is idle */
    unsigned current_speed; /* since the anchor */
    uint64_t anchor_ns, anchor_cycle;
    bool awaits_answer;
    uint64_t last_tx_ns;
    bool is_line_active; /* a byte has moved and the line has not been quiet since */
    uint64_t last_byte_ns;
};

void pace_init(struct pace *pace, unsigned speed, uint64_t now_ns, uint64_t cycle);

/* The kiosk has sent bytes that somebody listens to. */
void pace_on_tx(struct pace *pace, uint64_t now_ns);

/* Bytes have come for the kiosk. */
void pace_on_rx(struct pace *pace, uint64_t now_ns);

/* Nobody is there to answer (any more). */
void pace_on_hang_up(struct pace *pace);

/* The cycle the kiosk may run to now, at least `cycle`, where it stands. */
uint64_t pace_target(struct pace *pace, uint64_t now_ns, uint64_t cycle);

/* Real time at which pace_target will reach this cycle, if nothing moves on the line. */
uint64_t pace_due_ns(const struct pace *pace, uint64_t cycle);

#endif
