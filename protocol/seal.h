/* SPDX-License-Identifier: MIT
 *
 * seal.h - frames that prove who sent them: a counter and a MAC behind the body, under a key both ends have.
 *
 * PROTOCOL.md, "Who may speak", is normative. struct seal is one end of one conversation: it begins with a
 * HELLO, opens with the daemon's nonce from WELCOME, and ends with the next HELLO. The caller owns it. No
 * allocation, no clock; one thread.
 */
#ifndef BYNAME_SEAL_H
#define BYNAME_SEAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "protocol/siphash.h"

#define SEAL_KEY_SIZE SIPHASH_KEY_SIZE
#define SEAL_COUNTER_SIZE 4
#define SEAL_SIZE (SEAL_COUNTER_SIZE + SIPHASH_SIZE) /* what it adds to a frame */
#define SEAL_FLAG 0x01                               /* of a frame that carries it */

enum seal_end { SEAL_KIOSK, SEAL_DAEMON };

struct seal {
    uint8_t key[SEAL_KEY_SIZE];
    uint64_t hello; /* the keyed hash of the HELLO that began the conversation, its nonce included */
    struct siphash conversation; /* of what every MAC of it begins with: hello, the daemon's nonce */
    uint32_t sent;               /* counter of the last frame sealed here; 0: none */
    uint32_t taken;              /* highest counter of the other end's; 0: none */
    uint8_t end;                 /* enum seal_end: this one */
    bool is_open;                /* the nonce is known */
};

/* A HELLO with this body went out (kiosk) or came in (daemon). Nothing can be sealed before seal_open. */
void seal_begin(struct seal *seal, enum seal_end end, const uint8_t key[SEAL_KEY_SIZE], const uint8_t *hello,
                size_t hello_size);

/* The daemon's 64 random bits: drawn (daemon) or read from a WELCOME that seal_verify is about to judge. */
void seal_open(struct seal *seal, uint64_t nonce);

/* Append counter and MAC to the body of a frame that will have SEAL_FLAG. Returns the new size, or 0 when it
 * exceeds capacity, the conversation is not open or its counter is used up; then nothing was written. */
size_t seal_append(struct seal *seal, uint8_t type, uint8_t *body, size_t size, size_t capacity);

/* Judge the body of a frame with SEAL_FLAG from the other end. When its MAC is right and its counter higher
 * than any before, take the counter, set *body_size to the size without the seal and return true. Otherwise
 * nothing changes. */
bool seal_verify(struct seal *seal, uint8_t type, const uint8_t *body, size_t size, size_t *body_size);

/* Sixteen zeros stand for "no key". */
bool seal_is_key(const uint8_t key[SEAL_KEY_SIZE]);

#endif
