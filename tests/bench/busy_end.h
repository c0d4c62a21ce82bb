/* SPDX-License-Identifier: MIT
 *
 * busy_end.h - a daemon that keeps its kiosk's line busy in both directions: it wants answers again that it has, and asks
 * the next thing as soon as it is answered. All of it is sealed and follows PROTOCOL.md.
 *
 * Nothing is stored; what is acknowledged is forgotten. The caller owns struct busy_end. One thread.
 */
#ifndef BYNAME_BENCH_BUSY_END_H
#define BYNAME_BENCH_BUSY_END_H

#include "protocol/message.h"
#include "protocol/seal.h"

#define BUSY_END_KEPT 40 /* the newest answers, which go over the line again and again */

struct busy_end {
    struct frame_decoder decoder;
    uint8_t decoded[FRAME_TO_DAEMON_SIZE_MAX];
    struct seal seal;
    bool is_welcomed;
    uint64_t nonce;
    uint32_t through, newest; /* acknowledged; seen */
    uint8_t token;
    uint32_t asked_ms;
    uint32_t answers_frames, received_frames, refused_frames;
    void (*send)(void *user, uint16_t port, const uint8_t *bytes, size_t size); /* to the kiosk, now */
    void *user;
};

void busy_end_init(struct busy_end *end);
void busy_end_take(struct busy_end *end, uint8_t byte, uint32_t now_ms);

/* To be called at least each 100 ms. */
void busy_end_step(struct busy_end *end, uint32_t now_ms);

#endif
