/* SPDX-License-Identifier: MIT
 *
 * The protocol as compiled for the AVR: decodes each frame that arrives, and its message, and encodes both
 * again. What comes back byte for byte was understood whole. A frame of type 3F, which is no message, is hashed
 * instead: the first 16 bytes of its body are a key; back come the hash and the cycles it took, in eights.
 */
#include <avr/io.h>

#include "protocol/message.h"
#include "protocol/siphash.h"

#define TYPE_HASH 0x3F
#define BAUD_REGISTER 16 /* 115200 with U2X at 16 MHz */

static uint8_t rx[FRAME_SIZE_MAX];
static uint8_t body[FRAME_SIZE_MAX];
static uint8_t encoded[FRAME_ENCODED_SIZE(FRAME_SIZE_MAX)];

static void line_open(void)
{
    UCSR0A = 1 << U2X0;
    UBRR0 = BAUD_REGISTER;
    UCSR0B = 1 << RXEN0 | 1 << TXEN0;
}

static uint8_t line_read(void)
{
    while (!(UCSR0A & 1 << RXC0)) {
    }
    return UDR0;
}

static void line_write(const uint8_t *data, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        while (!(UCSR0A & 1 << UDRE0)) {
        }
        UDR0 = data[i];
    }
}

/* The size of the body encoded anew, or 0 when it was not understood. */
static size_t code_again(const struct frame *frame)
{
    static union {
#define MEMBER(name) struct message_##name name;
        MEMBER(hello)
        MEMBER(answers)
        MEMBER(lost)
        MEMBER(health)
        MEMBER(received)
        MEMBER(welcome)
        MEMBER(wait)
        MEMBER(adopt)
        MEMBER(ack)
        MEMBER(nak)
        MEMBER(hold)
        MEMBER(time)
        MEMBER(settings)
        MEMBER(roster)
        MEMBER(counts)
        MEMBER(presence)
        MEMBER(help)
        MEMBER(note)
    } m;

#define CODE_AGAIN(NAME, name)                                                 \
    case MESSAGE_##NAME:                                                       \
        return message_##name##_decode(frame->body, frame->body_size, &m.name) \
                   ? message_##name##_encode(&m.name, body, sizeof body)       \
                   : 0;
    switch (frame->type) {
        CODE_AGAIN(HELLO, hello)
        CODE_AGAIN(ANSWERS, answers)
        CODE_AGAIN(LOST, lost)
        CODE_AGAIN(HEALTH, health)
        CODE_AGAIN(RECEIVED, received)
        CODE_AGAIN(WELCOME, welcome)
        CODE_AGAIN(WAIT, wait)
        CODE_AGAIN(ADOPT, adopt)
        CODE_AGAIN(ACK, ack)
        CODE_AGAIN(NAK, nak)
        CODE_AGAIN(HOLD, hold)
        CODE_AGAIN(TIME, time)
        CODE_AGAIN(SETTINGS, settings)
        CODE_AGAIN(ROSTER, roster)
        CODE_AGAIN(COUNTS, counts)
        CODE_AGAIN(PRESENCE, presence)
        CODE_AGAIN(HELP, help)
        CODE_AGAIN(NOTE, note)
    default:
        return 0;
    }
}

/* The answer's size. */
static size_t hash_body(const struct frame *frame)
{
    struct bytes_writer writer = {.data = body, .capacity = sizeof body};
    struct siphash hash;

    TCCR1A = 0;
    TCNT1 = 0;
    TCCR1B = 1 << CS11; /* a count every 8 cycles */
    siphash_init(&hash, frame->body);
    siphash_update(&hash, frame->body + SIPHASH_KEY_SIZE, frame->body_size - SIPHASH_KEY_SIZE);
    uint64_t result = siphash_finish(&hash);
    uint16_t eights = TCNT1;
    TCCR1B = 0;
    bytes_put_u64(&writer, result);
    bytes_put_u16(&writer, eights);
    return writer.size;
}

int main(void)
{
    static struct frame_decoder decoder;
    struct frame frame;

    line_open();
    frame_decoder_init(&decoder, rx, sizeof rx);
    for (;;) {
        if (!frame_decoder_push(&decoder, line_read(), &frame))
            continue;
        size_t size = frame.type == TYPE_HASH && frame.body_size >= SIPHASH_KEY_SIZE ? hash_body(&frame)
                                                                                      : code_again(&frame);
        line_write(encoded, frame_encode(frame.type, frame.flags, body, size, encoded, sizeof encoded));
    }
}
