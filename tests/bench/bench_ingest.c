/* SPDX-License-Identifier: MIT
 *
 * What an answer costs the daemon, for callgrind to count: bytes from many keyed kiosks through hub, sessions, work and
 * store to the commit, and the ACKs back. The kiosks' own part is done before and is not counted:
 * --toggle-collect=ingest.
 *
 *   bench_ingest KIOSKS ROUNDS DATABASE     each kiosk sends one visit of four answers a round; a round is one commit
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon_end.h"
#include "protocol/message.h"
#include "protocol/seal.h"

#define VISIT_SIZE 4
#define STEP_MS 200 /* longer than the writer waits, and than a tick takes */
#define WARM_ROUNDS 3
#define INBOX_SIZE 4096

/* A kiosk that says what it should. */
struct speaker {
    struct message_hello hello;
    uint8_t key[SEAL_KEY_SIZE];
    struct seal seal;
    bool is_welcomed;
    uint32_t next, acknowledged;
    uint8_t frame[FRAME_ENCODED_SIZE(FRAME_TO_DAEMON_SIZE_MAX)];
    size_t frame_size;
    struct frame_decoder decoder;
    uint8_t decoded[FRAME_TO_KIOSK_SIZE_MAX];
    uint8_t inbox[INBOX_SIZE]; /* sent to it, and not looked at yet */
    size_t inbox_size;
};

static struct speaker speakers[WORK_SESSIONS_MAX];
static struct daemon_end daemon_end;
static uint64_t now_ms;

void ingest(uint16_t kiosks);

static void encode(struct speaker *speaker, enum message_type type, uint8_t *body, size_t size,
                   bool is_sealed)
{
    if (is_sealed)
        size = seal_append(&speaker->seal, (uint8_t)type, body, size, FRAME_TO_DAEMON_SIZE_MAX);
    speaker->frame_size = frame_encode((uint8_t)type, is_sealed ? SEAL_FLAG : 0, body, size, speaker->frame,
                                       sizeof speaker->frame);
}

static void say_hello(struct speaker *speaker)
{
    uint8_t body[FRAME_TO_DAEMON_SIZE_MAX];

    speaker->hello.nonce++;
    speaker->hello.oldest = speaker->hello.next = speaker->next;
    size_t size = message_hello_encode(&speaker->hello, body, sizeof body);
    seal_begin(&speaker->seal, SEAL_KIOSK, speaker->key, body, size);
    encode(speaker, MESSAGE_HELLO, body, size, false);
}

static void say_health(struct speaker *speaker)
{
    const struct message_health health = {.uptime_s = (uint32_t)(now_ms / 1000)};
    uint8_t body[FRAME_TO_DAEMON_SIZE_MAX];

    encode(speaker, MESSAGE_HEALTH, body, message_health_encode(&health, body, sizeof body), true);
}

static void say_visit(struct speaker *speaker)
{
    static const struct answer visit[VISIT_SIZE] = {{.question = QUESTION_RATING, .value = 5},
                                                    {.question = QUESTION_STAFF, .value = ANSWER_NONE},
                                                    {.question = QUESTION_STRENGTH, .value = 3},
                                                    {.question = QUESTION_RETURNING, .value = 1}};
    uint8_t body[FRAME_TO_DAEMON_SIZE_MAX];
    struct bytes_writer writer = {.data = body, .capacity = sizeof body};

    message_answers_begin(&writer, speaker->next);
    for (uint8_t i = 0; i < VISIT_SIZE; i++) {
        struct answer answer = visit[i];
        answer.seq = speaker->next++;
        answer.visit_back = i;
        answer.boot = speaker->hello.boot;
        answer.uptime_s = (uint32_t)(now_ms / 1000);
        message_answers_add(&writer, &answer);
    }
    encode(speaker, MESSAGE_ANSWERS, body, writer.size, true);
}

static void on_frame(struct speaker *speaker, struct frame *frame)
{
    struct message_adopt adopt;
    struct message_welcome welcome;
    struct message_ack ack;

    if (frame->type == MESSAGE_ADOPT && message_adopt_decode(frame->body, frame->body_size, &adopt)) {
        speaker->hello.kiosk_id = adopt.kiosk_id;
        speaker->hello.journal_id = adopt.journal_id;
        memcpy(speaker->key, adopt.key, sizeof speaker->key);
        return;
    }
    if (frame->type == MESSAGE_WELCOME && message_welcome_decode(frame->body, frame->body_size, &welcome)) {
        seal_open(&speaker->seal, welcome.nonce);
        speaker->is_welcomed = true;
    }
    if (frame->flags != SEAL_FLAG ||
        !seal_verify(&speaker->seal, frame->type, frame->body, frame->body_size, &frame->body_size))
        return;
    if (frame->type == MESSAGE_ACK && message_ack_decode(frame->body, frame->body_size, &ack))
        speaker->acknowledged = ack.through;
}

static void on_send(void *user, uint16_t port, const uint8_t *bytes, size_t size)
{
    struct speaker *speaker = &speakers[port];

    (void)user;
    if (size > sizeof speaker->inbox - speaker->inbox_size)
        return; /* then an ACK is missing in the end */
    memcpy(speaker->inbox + speaker->inbox_size, bytes, size);
    speaker->inbox_size += size;
}

static void listen_all(uint16_t kiosks)
{
    struct frame frame;

    for (uint16_t i = 0; i < kiosks; i++) {
        struct speaker *speaker = &speakers[i];
        for (size_t at = 0; at < speaker->inbox_size; at++) {
            if (frame_decoder_push(&speaker->decoder, speaker->inbox[at], &frame))
                on_frame(speaker, &frame);
        }
        speaker->inbox_size = 0;
    }
}

/* What is counted: frames in, one commit, its results out. */
__attribute__((noinline)) void ingest(uint16_t kiosks)
{
    for (uint16_t i = 0; i < kiosks; i++)
        daemon_end_take(&daemon_end, i, speakers[i].frame, speakers[i].frame_size);
    now_ms += DAEMON_END_GROUP_MS + DAEMON_END_COMMIT_MS;
    daemon_end_step(&daemon_end, now_ms);
    now_ms += DAEMON_END_COMMIT_MS;
    daemon_end_step(&daemon_end, now_ms);
}

/* Whatever the daemon owes for what was said. */
static void settle(uint16_t kiosks)
{
    for (uint16_t i = 0; i < kiosks; i++)
        daemon_end_take(&daemon_end, i, speakers[i].frame, speakers[i].frame_size);
    for (unsigned i = 0; i < 5; i++) {
        now_ms += STEP_MS;
        daemon_end_step(&daemon_end, now_ms);
    }
    listen_all(kiosks);
}

static void introduce(uint16_t kiosks)
{
    for (uint16_t i = 0; i < kiosks; i++) {
        struct speaker *speaker = &speakers[i];
        speaker->next = 1;
        speaker->hello = (struct message_hello){.major = PROTOCOL_MAJOR,
                                                .minor = PROTOCOL_MINOR,
                                                .boot = 1,
                                                .capacity = 200,
                                                .nonce = (uint64_t)i << 32,
                                                .firmware_size = 5,
                                                .firmware = "0.1.0"};
        frame_decoder_init(&speaker->decoder, speaker->decoded, sizeof speaker->decoded);
        say_hello(speaker);
    }
    settle(kiosks);
    for (uint16_t i = 0; i < kiosks; i++)
        say_hello(&speakers[i]);
    settle(kiosks);
    for (uint16_t i = 0; i < kiosks; i++)
        say_health(&speakers[i]);
    settle(kiosks);
}

static void play(uint16_t kiosks, unsigned rounds, bool is_counted)
{
    for (unsigned round = 0; round < rounds; round++) {
        for (uint16_t i = 0; i < kiosks; i++)
            say_visit(&speakers[i]);
        if (is_counted)
            ingest(kiosks);
        else
            settle(kiosks);
        listen_all(kiosks);
    }
}

static bool is_acknowledged(uint16_t kiosks)
{
    for (uint16_t i = 0; i < kiosks; i++) {
        if (speakers[i].acknowledged + 1 != speakers[i].next)
            return false;
    }
    return true;
}

int main(int count, char **arguments)
{
    uint16_t kiosks = count == 4 ? (uint16_t)strtoul(arguments[1], NULL, 10) : 0;
    unsigned rounds = count == 4 ? (unsigned)strtoul(arguments[2], NULL, 10) : 0;

    if (kiosks == 0 || kiosks > WORK_SESSIONS_MAX || rounds == 0) {
        fprintf(stderr, "usage: bench_ingest KIOSKS ROUNDS DATABASE\n");
        return 2;
    }
    daemon_end.send = on_send;
    if (!daemon_end_open(&daemon_end, arguments[3], kiosks))
        return 1;
    introduce(kiosks);
    play(kiosks, WARM_ROUNDS, false);
    play(kiosks, rounds, true);
    bool is_whole = is_acknowledged(kiosks);
    printf("{\"answers\": %u, \"commits\": %u}\n", kiosks * rounds * VISIT_SIZE, rounds);
    daemon_end_close(&daemon_end);
    if (!is_whole)
        fprintf(stderr, "bench_ingest: not all answers were acknowledged\n");
    return is_whole ? 0 : 1;
}
