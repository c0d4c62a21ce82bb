/* SPDX-License-Identifier: MIT
 *
 * frame.h - messages as frames on a byte stream: 00 COBS(type, flags, body, CRC-32) 00.
 *
 * PROTOCOL.md, "Frames", is normative. The caller owns every buffer; nothing is allocated. Any context, but
 * one decoder must not be fed from two.
 */
#ifndef BYNAME_FRAME_H
#define BYNAME_FRAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FRAME_HEADER_SIZE 2 /* type, flags */
#define FRAME_CRC_SIZE 4
#define FRAME_TYPE_STUCK 0xFF /* no frame has it: PROTOCOL.md, "Frames" */

/* Sizes of a decoded frame: header, body and CRC. The kiosk receives into little memory and may be busy with
 * its EEPROM, so frames to it are the smaller ones. */
#define FRAME_TO_KIOSK_SIZE_MAX 96
#define FRAME_TO_DAEMON_SIZE_MAX 192
#define FRAME_SIZE_MAX FRAME_TO_DAEMON_SIZE_MAX

/* Bytes on the line for a frame of `size` decoded bytes, both delimiters included; size <= 253. */
#define FRAME_ENCODED_SIZE(size) ((size) + 3)
#define FRAME_ENCODED_BODY_AT (2 + FRAME_HEADER_SIZE) /* where its body begins there, stuffed or not */
_Static_assert(FRAME_SIZE_MAX <= 253, "one COBS group is enough, so its overhead is one byte");

/* Encode a frame into `encoded`: type, flags, body and CRC-32, stuffed, with a 00 on both sides.
 * The body may stand at encoded + FRAME_ENCODED_BODY_AT already: one buffer then serves for both.
 * Returns the bytes written, at most FRAME_ENCODED_SIZE(body_size + 6), or 0 when it does not fit `capacity`
 * or the decoded frame would exceed FRAME_SIZE_MAX; then nothing was written. type is not FRAME_TYPE_STUCK. */
size_t frame_encode(uint8_t type, uint8_t flags, const uint8_t *body, size_t body_size, uint8_t *encoded,
                    size_t capacity);

struct frame {
    uint8_t type;
    uint8_t flags;
    const uint8_t *body; /* into the decoder's buffer: valid until its next byte */
    size_t body_size;
};

/* What the decoder threw away, each at most once a frame. */
struct frame_counters {
    uint32_t bad;      /* broken stuffing, wrong CRC, too short, or of a stuck line */
    uint32_t oversize; /* longer than the buffer */
};

struct frame_decoder {
    uint8_t *buffer;
    size_t capacity;
    size_t size;
    uint8_t group_left; /* bytes of the current COBS group still to come */
    bool is_group_full; /* the group had no implied zero (code 0xFF) */
    bool is_started;    /* at least one byte since the last delimiter */
    bool is_dropping;   /* skip to the next delimiter */
    struct frame_counters counters;
};

/* Prepare a decoder over a buffer of at least FRAME_HEADER_SIZE + FRAME_CRC_SIZE bytes, which it borrows for
 * its whole life. capacity is the largest decoded frame that is accepted. */
void frame_decoder_init(struct frame_decoder *decoder, uint8_t *buffer, size_t capacity);

/* Feed one byte. True when it completed a good frame, which is then in *frame. Empty frames (00 00) are idle
 * line, not errors. */
bool frame_decoder_push(struct frame_decoder *decoder, uint8_t byte, struct frame *frame);

#endif
