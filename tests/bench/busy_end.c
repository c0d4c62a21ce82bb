/* SPDX-License-Identifier: MIT */
#include "busy_end.h"

#include <string.h>

#define KIOSK_ID 0xA1A2A3A4A5A6A7A8u
#define JOURNAL_ID 0x1122334455667788u
#define MIDNIGHT_IN_S 43200
#define ASK_AGAIN_MS 300

static const uint8_t database_id[DATABASE_ID_SIZE] = "a database's id";
static const uint8_t key[SEAL_KEY_SIZE] = "sixteen byte key";

void busy_end_init(struct busy_end *end)
{
    frame_decoder_init(&end->decoder, end->decoded, sizeof end->decoded);
}

static void send(struct busy_end *end, enum message_type type, uint8_t body[FRAME_TO_KIOSK_SIZE_MAX],
                 size_t size, bool is_sealed)
{
    uint8_t bytes[FRAME_ENCODED_SIZE(FRAME_TO_KIOSK_SIZE_MAX)];

    if (is_sealed)
        size = seal_append(&end->seal, (uint8_t)type, body, size, FRAME_TO_KIOSK_SIZE_MAX);
    size = frame_encode((uint8_t)type, is_sealed ? SEAL_FLAG : 0, body, size, bytes, sizeof bytes);
    end->send(end->user, 0, bytes, size);
}

static void ask(struct busy_end *end, uint32_t now_ms)
{
    const struct message_counts counts = {++end->token, 1, 1, 2, 3, 4, 5, 6};
    uint8_t body[FRAME_TO_KIOSK_SIZE_MAX];

    end->asked_ms = now_ms;
    send(end, MESSAGE_COUNTS, body, message_counts_encode(&counts, body, sizeof body), true);
}

static void adopt(struct busy_end *end)
{
    struct message_adopt adopt = {.kiosk_id = KIOSK_ID, .journal_id = JOURNAL_ID, .has_key = true};
    uint8_t body[FRAME_TO_KIOSK_SIZE_MAX];

    memcpy(adopt.database_id, database_id, sizeof database_id);
    memcpy(adopt.key, key, sizeof key);
    send(end, MESSAGE_ADOPT, body, message_adopt_encode(&adopt, body, sizeof body), false);
}

static void on_hello(struct busy_end *end, const struct frame *frame)
{
    struct message_welcome welcome = {.major = PROTOCOL_MAJOR,
                                      .minor = PROTOCOL_MINOR,
                                      .kiosk_id = KIOSK_ID,
                                      .journal_id = JOURNAL_ID,
                                      .midnight_in_s = MIDNIGHT_IN_S,
                                      .nonce = ++end->nonce};
    struct message_hello hello;
    uint8_t body[FRAME_TO_KIOSK_SIZE_MAX];

    if (!message_hello_decode(frame->body, frame->body_size, &hello))
        return;
    if (hello.kiosk_id != KIOSK_ID) {
        adopt(end);
        return;
    }
    end->through = welcome.through = hello.oldest - 1;
    end->newest = end->through;
    memcpy(welcome.database_id, database_id, sizeof database_id);
    seal_begin(&end->seal, SEAL_DAEMON, key, frame->body, frame->body_size);
    seal_open(&end->seal, welcome.nonce);
    end->is_welcomed = true;
    send(end, MESSAGE_WELCOME, body, message_welcome_encode(&welcome, body, sizeof body), true);
}

static void on_answers(struct busy_end *end, const struct message_answers *answers)
{
    uint8_t body[FRAME_TO_KIOSK_SIZE_MAX];
    uint32_t last = answers->answers[answers->count - 1].seq;

    end->answers_frames++;
    if (last > end->newest)
        end->newest = last;
    if (end->newest - end->through > BUSY_END_KEPT) {
        end->through = end->newest - BUSY_END_KEPT;
        const struct message_ack ack = {JOURNAL_ID, end->through};
        send(end, MESSAGE_ACK, body, message_ack_encode(&ack, body, sizeof body), true);
    }
    if (last == end->newest) {
        const struct message_nak nak = {JOURNAL_ID, end->through + 1};
        send(end, MESSAGE_NAK, body, message_nak_encode(&nak, body, sizeof body), true);
    }
}

static void on_sealed(struct busy_end *end, const struct frame *frame, uint32_t now_ms)
{
    struct message_answers answers;

    if (frame->type == MESSAGE_ANSWERS && message_answers_decode(frame->body, frame->body_size, &answers))
        on_answers(end, &answers);
    if (frame->type == MESSAGE_RECEIVED)
        end->received_frames++;
    if (frame->type == MESSAGE_RECEIVED || end->asked_ms == 0)
        ask(end, now_ms);
}

void busy_end_take(struct busy_end *end, uint8_t byte, uint32_t now_ms)
{
    struct frame frame;

    if (!frame_decoder_push(&end->decoder, byte, &frame))
        return;
    if (frame.type == MESSAGE_HELLO)
        on_hello(end, &frame);
    else if (end->is_welcomed && frame.flags == SEAL_FLAG &&
             seal_verify(&end->seal, frame.type, frame.body, frame.body_size, &frame.body_size))
        on_sealed(end, &frame, now_ms);
    else
        end->refused_frames++;
}

void busy_end_step(struct busy_end *end, uint32_t now_ms)
{
    if (end->asked_ms != 0 && now_ms - end->asked_ms >= ASK_AGAIN_MS)
        ask(end, now_ms);
}
