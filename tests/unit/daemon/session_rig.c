/* SPDX-License-Identifier: MIT */
#include "session_rig.h"

#include <stdlib.h>
#include <string.h>

#include "tests/unit/cmocka_first.h"

static bool on_send(void *context, const uint8_t *bytes, size_t size)
{
    struct rig *rig = context;
    struct frame_decoder decoder;
    struct frame frame;
    uint8_t buffer[FRAME_TO_KIOSK_SIZE_MAX];

    if (rig->is_line_congested)
        return false;
    frame_decoder_init(&decoder, buffer, sizeof buffer);
    for (size_t i = 0; i < size; i++) {
        if (!frame_decoder_push(&decoder, bytes[i], &frame))
            continue;
        assert_true(rig->sent_count < RIG_SENT_MAX);
        struct rig_frame *sent = &rig->sent[rig->sent_count++];
        if (frame.flags == SEAL_FLAG) {
            if (frame.type == MESSAGE_WELCOME) {
                struct message_welcome welcome;
                assert_true(message_welcome_decode(frame.body, frame.body_size, &welcome));
                seal_begin(&rig->seal, SEAL_KIOSK, rig_key, rig->hello_body, rig->hello_size);
                rig->nonce = welcome.nonce;
                seal_open(&rig->seal, rig->nonce);
            }
            assert_true(seal_verify(&rig->seal, frame.type, frame.body, frame.body_size, &frame.body_size));
        } else {
            assert_true(!rig->seal.is_open || frame.type == MESSAGE_WAIT || frame.type == MESSAGE_RENEW);
        }
        sent->type = frame.type;
        sent->size = frame.body_size;
        memcpy(sent->body, frame.body, frame.body_size);
    }
    assert_int_equal(decoder.counters.bad, 0);
    return true;
}

static bool on_request(void *context, const struct work *work)
{
    struct rig *rig = context;

    if (rig->is_store_congested)
        return false;
    assert_true(rig->asked_count < RIG_ASKED_MAX);
    rig->asked[rig->asked_count++] = *work;
    return true;
}

static bool on_is_in_use(void *context, uint64_t kiosk_id)
{
    (void)kiosk_id;
    return ((struct rig *)context)->is_in_use;
}

static uint64_t on_nonce(void *context)
{
    const struct rig *rig = context;

    return rig->has_no_nonces ? 0 : 0x0102030405060708 + rig->hello_count - 1;
}

static void on_note(void *context, enum session_note note, const char *text)
{
    struct rig *rig = context;

    assert_non_null(text);
    rig->last_note = note;
    rig->note_count++;
}

void rig_init(struct rig *rig)
{
    const struct session_options options = {.index = 3, .port = "Counter", .is_help_on = true};
    const struct session_outputs outputs = {rig, on_send, on_request, on_is_in_use, on_nonce, on_note};

    memset(rig, 0, sizeof *rig);
    rig->clock = (struct session_clock){1000000, 1700000000000, true};
    session_init(&rig->session, &options, &outputs);
}

int rig_setup(void **state)
{
    struct rig *rig = malloc(sizeof *rig);

    if (rig == NULL)
        return -1;
    rig_init(rig);
    *state = rig;
    return 0;
}

int rig_teardown(void **state)
{
    free(*state);
    return 0;
}

void rig_forget(struct rig *rig)
{
    rig->sent_count = 0;
    rig->note_count = 0;
}

void rig_pass(struct rig *rig, uint64_t ms)
{
    for (; ms > 0; ms -= ms < 100 ? ms : 100) {
        uint64_t step_ms = ms < 100 ? ms : 100;
        rig->clock.now_ms += step_ms;
        rig->clock.utc_ms += (int64_t)step_ms;
        session_tick(&rig->session, &rig->clock);
    }
}

const uint8_t rig_key[SEAL_KEY_SIZE] = {3, 1, 4, 1, 5};

void rig_say(struct rig *rig, uint8_t type, const uint8_t *body, size_t size)
{
    uint8_t sealed[FRAME_SIZE_MAX];

    if (type == MESSAGE_HELLO && size < sizeof rig->hello_body) {
        memcpy(rig->hello_body, body, size);
        rig->hello_size = size;
        rig->seal.is_open = false;
    }
    if (!rig->seal.is_open || type == MESSAGE_HELLO) {
        rig_say_plainly(rig, type, 0, body, size);
        return;
    }
    memcpy(sealed, body, size);
    rig_say_plainly(rig, type, SEAL_FLAG, sealed, seal_append(&rig->seal, type, sealed, size, sizeof sealed));
}

void rig_challenge(struct rig *rig, uint64_t journal_id, uint32_t through)
{
    assert_int_equal(rig->asked_count, 1);
    assert_int_equal(rig->asked[0].kind, WORK_HELLO);
    rig->asked[0].result.hello.admitted = (struct store_admitted){
        .admission = STORE_UNPROVEN,
        .kiosk = 1,
        .journal = 2,
        .kiosk_id = RIG_KIOSK_ID,
        .journal_id = journal_id,
        .through = through,
    };
    memcpy(rig->asked[0].result.hello.admitted.key, rig_key, SEAL_KEY_SIZE);
    rig_answer(rig, STORE_OK);
    assert_int_equal(rig->session.state, SESSION_PROVING);
    assert_true(rig->seal.is_open);
}

void rig_connect_keyed(struct rig *rig)
{
    rig_say_hello(rig);
    rig_challenge(rig, RIG_JOURNAL_ID, 0);
    rig_say_health(rig, 10);
    rig_admit(rig, 0);
    assert_int_equal(rig->session.state, SESSION_UP);
    rig_say_received(rig, rig_last(rig, MESSAGE_SETTINGS)->body[0], true);
    rig_forget(rig);
}

void rig_say_plainly(struct rig *rig, uint8_t type, uint8_t flags, const uint8_t *body, size_t size)
{
    uint8_t bytes[FRAME_ENCODED_SIZE(FRAME_SIZE_MAX)];
    size_t encoded = frame_encode(type, flags, body, size, bytes, sizeof bytes);

    assert_int_not_equal(encoded, 0);
    session_receive(&rig->session, bytes, encoded, &rig->clock);
}

void rig_say_hello(struct rig *rig)
{
    const struct message_hello hello = {
        .major = PROTOCOL_MAJOR,
        .minor = rig->minor,
        .kiosk_id = RIG_KIOSK_ID,
        .journal_id = RIG_JOURNAL_ID,
        .oldest = 1,
        .next = 1 + rig->pending,
        .boot = 7,
        .uptime_s = 10,
        .needs_presence = rig->needs_presence,
        .capacity = 200,
        .nonce = ++rig->hello_count,
    };
    uint8_t body[FRAME_SIZE_MAX];

    rig_say(rig, MESSAGE_HELLO, body, message_hello_encode(&hello, body, sizeof body));
}

void rig_say_answers(struct rig *rig, uint32_t first, uint8_t count)
{
    struct message_answers answers = {.first_seq = first, .count = count};
    uint8_t body[FRAME_SIZE_MAX];

    for (uint8_t i = 0; i < count; i++)
        answers.answers[i] =
            (struct answer){.question = QUESTION_RATING, .value = 5, .boot = 7, .uptime_s = 11};
    rig_say(rig, MESSAGE_ANSWERS, body, message_answers_encode(&answers, body, sizeof body));
}

void rig_say_health(struct rig *rig, uint32_t uptime_s)
{
    const struct message_health health = {.uptime_s = uptime_s};
    uint8_t body[FRAME_SIZE_MAX];

    rig_say(rig, MESSAGE_HEALTH, body, message_health_encode(&health, body, sizeof body));
}

void rig_say_received(struct rig *rig, uint8_t token, bool is_taken)
{
    const uint8_t body[] = {token, is_taken};

    rig_say(rig, MESSAGE_RECEIVED, body, sizeof body);
}

/* As the store would: the mark moves over what was asked. */
static void fill_result(struct work *work)
{
    if (work->kind == WORK_ANSWERS)
        work->result.ingested.through = work->ask.answers.first_seq + work->ask.answers.count - 1;
    if (work->kind == WORK_LOST)
        work->result.ingested.through = work->ask.lost.last;
}

void rig_answer(struct rig *rig, enum store_status status)
{
    assert_true(rig->asked_count > 0);
    struct work work = rig->asked[0];
    rig->asked_count--;
    memmove(rig->asked, rig->asked + 1, rig->asked_count * sizeof *rig->asked);
    work.status = status;
    if (status == STORE_OK)
        fill_result(&work);
    session_result(&rig->session, &work, &rig->clock);
}

void rig_admit(struct rig *rig, uint32_t through)
{
    assert_int_equal(rig->asked_count, 1);
    assert_true(rig->asked[0].kind == WORK_HELLO || rig->asked[0].kind == WORK_CONFIRM);
    rig->asked[0].midnight_in_s = 3600;
    rig->asked[0].result.hello.admitted = (struct store_admitted){
        .admission = STORE_ADMITTED,
        .kiosk = 1,
        .journal = 2,
        .kiosk_id = RIG_KIOSK_ID,
        .journal_id = RIG_JOURNAL_ID,
        .through = through,
    };
    rig_answer(rig, STORE_OK);
}

void rig_connect(struct rig *rig)
{
    rig_say_hello(rig);
    rig_admit(rig, 0);
    assert_int_equal(rig_count(rig, MESSAGE_WELCOME), 1);
    rig_say_received(rig, rig_last(rig, MESSAGE_SETTINGS)->body[0], true);
    rig_forget(rig);
}

size_t rig_count(const struct rig *rig, uint8_t type)
{
    size_t count = 0;

    for (size_t i = 0; i < rig->sent_count; i++)
        count += rig->sent[i].type == type;
    return count;
}

const struct rig_frame *rig_last(const struct rig *rig, uint8_t type)
{
    for (size_t i = rig->sent_count; i > 0; i--) {
        if (rig->sent[i - 1].type == type)
            return &rig->sent[i - 1];
    }
    return NULL;
}
