/* SPDX-License-Identifier: MIT
 *
 * fuzz_session.c - a session between any line and a store that answers when and as it likes.
 *
 * Nothing leaves before a good frame came in; no ACK goes beyond what the store committed; no request leaves a gap; what
 * is sent can be read by a kiosk. The input is a list of operations; frames get a right CRC here. One kiosk has a key: what it
 * is told is sealed so that it can verify it, and nothing but a frame that it has sealed itself, and that comes for the
 * first time, makes the session ask the store for more than a look.
 */
#include "daemon/session.h"
#include "fuzz.h"

#define OPERATIONS_MAX 400
#define JOURNAL 2
#define KEYED_KIOSK_ID 2
#define BODY_SIZE_MAX (FRAME_TO_DAEMON_SIZE_MAX - FRAME_HEADER_SIZE - FRAME_CRC_SIZE)

static const uint8_t key[SEAL_KEY_SIZE] = {1, 2, 3}, other_key[SEAL_KEY_SIZE] = {1, 2, 4};

/* How frames to a session that expects them sealed are said. */
enum manner { GENUINE, PLAIN, WITH_ANOTHER_KEY, SAID_BEFORE, MANNER_COUNT };

enum operation {
    RAW_BYTES,
    FRAME,
    HELLO,
    ANSWERS,
    LOST,
    RECEIVED,
    TIME,
    STORE_ANSWER,
    STORE_ANSWER_WELL,
    ROSTER,
    CONGESTION,
    RENEW,
    DISPLACE,
    RESTART,
    MANNER,
    OPERATION_COUNT
};

struct world {
    struct session session;
    struct session_clock clock;
    struct work asked[SESSION_REQUESTS_MAX];
    size_t asked_count;
    uint32_t mark; /* committed: all that a restart of the store would remember */
    /* The store refused something of `failed_epoch`: what was queued behind it has a gap before it. */
    bool has_failed;
    uint32_t failed_epoch;
    bool is_line_congested, is_store_congested, is_in_use;

    uint64_t nonce;
    struct seal kiosk;    /* of whoever said the present HELLO and has the key */
    uint64_t kiosk_nonce; /* the daemon's, of that conversation */
    enum manner manner;
    bool is_genuine; /* what the session is being told now */
    struct {
        uint8_t type, body[FRAME_SIZE_MAX];
        size_t size;
    } before; /* the last genuine frame, sealed */
};

/* What leaves ----------------------------------------------------------------------------------------------------- */

#define KNOWN_TYPE(NAME, code, name) case MESSAGE_##NAME:
static bool is_known(uint8_t type)
{
    switch (type) {
        MESSAGES(KNOWN_TYPE)
        return true;
    default:
        return false;
    }
}

static void check_sent(const struct world *world, const struct frame *frame)
{
    struct message_ack ack;
    struct message_nak nak;
    struct message_welcome welcome;
    struct message_hold hold;
    struct message_time time;
    struct message_roster roster;
    struct message_presence presence;

    switch (frame->type) {
    case MESSAGE_ACK:
        FUZZ_MUST(message_ack_decode(frame->body, frame->body_size, &ack));
        FUZZ_MUST(ack.through <= world->mark && ack.through <= world->session.compared);
        FUZZ_MUST(ack.journal_id == world->session.admitted.journal_id);
        break;
    case MESSAGE_NAK:
        FUZZ_MUST(message_nak_decode(frame->body, frame->body_size, &nak));
        FUZZ_MUST(nak.expected == world->session.expected ||
                  (nak.expected == world->session.compared + 1 && nak.expected < world->session.expected));
        break;
    case MESSAGE_WELCOME:
        FUZZ_MUST(message_welcome_decode(frame->body, frame->body_size, &welcome));
        FUZZ_MUST(welcome.through <= world->mark);
        FUZZ_MUST(welcome.midnight_in_s >= 1);
        break;
    case MESSAGE_HOLD:
        FUZZ_MUST(message_hold_decode(frame->body, frame->body_size, &hold));
        FUZZ_MUST(hold.seconds >= SESSION_HOLD_S_MIN && hold.seconds <= SESSION_HOLD_S_MAX);
        break;
    case MESSAGE_TIME:
        FUZZ_MUST(message_time_decode(frame->body, frame->body_size, &time));
        FUZZ_MUST(time.midnight_in_s >= 1);
        break;
    case MESSAGE_ROSTER:
        FUZZ_MUST(message_roster_decode(frame->body, frame->body_size, &roster));
        break;
    case MESSAGE_PRESENCE:
        FUZZ_MUST(message_presence_decode(frame->body, frame->body_size, &presence));
        break;
    default:
        FUZZ_MUST((frame->type & 0x40) != 0);
        FUZZ_MUST(is_known(frame->type));
    }
}

/* What the kiosk that has the key does with it; WAIT and RENEW are for everybody. */
static void check_sealed(struct world *world, struct frame *frame)
{
    const struct session *session = &world->session;
    struct message_welcome welcome;

    if (!session->is_keyed || frame->type == MESSAGE_WAIT || frame->type == MESSAGE_RENEW) {
        FUZZ_MUST(frame->flags == 0);
        return;
    }
    FUZZ_MUST(frame->flags == SEAL_FLAG);
    if (frame->type == MESSAGE_WELCOME) {
        FUZZ_MUST(message_welcome_decode(frame->body, frame->body_size, &welcome));
        seal_begin(&world->kiosk, SEAL_KIOSK, key, session->hello_body, session->hello_size);
        world->kiosk_nonce = welcome.nonce;
        seal_open(&world->kiosk, world->kiosk_nonce);
    } else {
        FUZZ_MUST(session->is_verified);
    }
    FUZZ_MUST(seal_verify(&world->kiosk, frame->type, frame->body, frame->body_size, &frame->body_size));
}

static bool on_send(void *context, const uint8_t *bytes, size_t size)
{
    struct world *world = context;
    uint8_t buffer[FRAME_TO_KIOSK_SIZE_MAX];
    struct frame_decoder decoder;
    struct frame frame;
    unsigned count = 0;

    FUZZ_MUST(world->session.has_heard);
    frame_decoder_init(&decoder, buffer, sizeof buffer);
    for (size_t i = 0; i < size; i++) {
        if (!frame_decoder_push(&decoder, bytes[i], &frame))
            continue;
        check_sealed(world, &frame);
        check_sent(world, &frame);
        count++;
    }
    FUZZ_MUST(count == 1 && decoder.counters.bad + decoder.counters.oversize == 0);
    return !world->is_line_congested;
}

static bool on_request(void *context, const struct work *work)
{
    struct world *world = context;

    if (world->is_store_congested)
        return false;
    FUZZ_MUST(world->asked_count < SESSION_REQUESTS_MAX);
    FUZZ_MUST(work->kind != WORK_CALL);
    FUZZ_MUST(work->kind == WORK_HELLO || !world->session.is_keyed || world->is_genuine ||
              (work->kind == WORK_ANSWERS && world->session.kept_count > 0));
    world->asked[world->asked_count++] = *work;
    return true;
}

static bool on_is_in_use(void *context, uint64_t kiosk_id)
{
    (void)kiosk_id;
    return ((struct world *)context)->is_in_use;
}

static uint64_t on_nonce(void *context)
{
    return ++((struct world *)context)->nonce;
}

static void on_note(void *context, enum session_note note, const char *text)
{
    (void)context;
    (void)note;
    FUZZ_MUST(text != NULL);
}

/* The store --------------------------------------------------------------------------------------------------------- */

static enum store_status take_answers(struct world *world, struct work *work, uint32_t first, uint32_t last)
{
    bool is_behind_failure = world->has_failed && world->failed_epoch == work->epoch;

    if (is_behind_failure && first > world->mark + 1)
        return STORE_FULL;
    FUZZ_MUST(first <= world->mark + 1);
    if (last > world->mark)
        world->mark = last;
    memset(&work->result, 0, sizeof work->result);
    work->result.ingested.through = world->mark;
    return STORE_OK;
}

static void admit(struct world *world, struct work *work, enum store_admission admission)
{
    const struct message_hello *hello = &work->ask.hello.hello;

    memset(&work->result, 0, sizeof work->result);
    work->result.hello.admitted = (struct store_admitted){
        .admission = admission,
        .kiosk = 1,
        .journal = JOURNAL,
        .kiosk_id = hello->kiosk_id,
        .journal_id = hello->journal_id,
        .through = world->mark,
    };
    if (work->kind == WORK_HELLO && hello->kiosk_id == KEYED_KIOSK_ID) {
        work->result.hello.admitted.admission = STORE_UNPROVEN;
        memcpy(work->result.hello.admitted.key, key, SEAL_KEY_SIZE);
    }
}

static void answer(struct world *world, enum store_status status, struct fuzz_input *input)
{
    if (world->asked_count == 0)
        return;
    struct work work = world->asked[0];
    world->asked_count--;
    memmove(world->asked, world->asked + 1, world->asked_count * sizeof *world->asked);
    work.midnight_in_s = 1 + fuzz_u8(input) * 300u;
    snprintf(work.error.text, sizeof work.error.text, "%s", status == STORE_OK ? "" : "as it likes");
    if (status == STORE_OK && (work.kind == WORK_HELLO || work.kind == WORK_CONFIRM))
        admit(world, &work,
              (enum store_admission)(fuzz_u8(input) % 8 == 0 ? fuzz_u8(input) % 4 : STORE_ADMITTED));
    else if (status == STORE_OK && work.kind == WORK_ANSWERS)
        status = take_answers(world, &work, work.ask.answers.first_seq,
                              work.ask.answers.first_seq + work.ask.answers.count - 1);
    else if (status == STORE_OK && work.kind == WORK_LOST)
        status = take_answers(world, &work, work.ask.lost.first, work.ask.lost.last);
    if (status != STORE_OK && (work.kind == WORK_ANSWERS || work.kind == WORK_LOST)) {
        world->has_failed = true;
        world->failed_epoch = work.epoch;
    }
    work.status = status;
    session_result(&world->session, &work, &world->clock);
}

/* What comes in ------------------------------------------------------------------------------------------------------ */

static void say_plainly(struct world *world, uint8_t type, uint8_t flags, const uint8_t *body, size_t size)
{
    uint8_t bytes[FRAME_ENCODED_SIZE(FRAME_SIZE_MAX)];
    size_t encoded = frame_encode(type, flags, body, size, bytes, sizeof bytes);

    uint8_t kept = world->session.kept_count;

    session_receive(&world->session, bytes, encoded, &world->clock);
    FUZZ_MUST(world->session.kept_count <= kept || world->is_genuine);
}

static void say_sealed(struct world *world, uint8_t type, const uint8_t *body, size_t size)
{
    struct seal seal = world->kiosk;
    uint8_t sealed[FRAME_SIZE_MAX];

    memcpy(sealed, body, size);
    if (world->manner == WITH_ANOTHER_KEY && seal.is_open) {
        memcpy(seal.key, other_key, SEAL_KEY_SIZE);
        seal_open(&seal, world->kiosk_nonce);
        seal.sent = world->kiosk.sent;
    }
    size = seal_append(&seal, type, sealed, size, BODY_SIZE_MAX);
    if (world->manner == GENUINE && size > 0) {
        world->is_genuine = true;
        world->kiosk = seal;
        world->before.type = type;
        world->before.size = size;
        memcpy(world->before.body, sealed, size);
    }
    say_plainly(world, type, SEAL_FLAG, sealed, size);
    world->is_genuine = false;
}

static void say(struct world *world, uint8_t type, uint8_t flags, const uint8_t *body, size_t size)
{
    bool is_sealed = world->session.is_keyed && type != MESSAGE_HELLO && flags == 0 &&
                     world->manner != PLAIN && size <= BODY_SIZE_MAX;

    if (!is_sealed)
        say_plainly(world, type, flags, body, size);
    else if (world->manner == SAID_BEFORE)
        say_plainly(world, world->before.type, SEAL_FLAG, world->before.body, world->before.size);
    else
        say_sealed(world, type, body, size);
}

static void say_hello(struct world *world, struct fuzz_input *input)
{
    uint8_t body[FRAME_SIZE_MAX];
    struct message_hello hello = {
        .major = PROTOCOL_MAJOR,
        .kiosk_id = fuzz_u8(input) % 3,
        .journal_id = 7,
        .oldest = 1,
        .next = 1 + fuzz_u16(input),
        .boot = fuzz_u8(input),
        .uptime_s = fuzz_u16(input),
        .needs_presence = fuzz_u8(input) & 1,
    };

    say(world, MESSAGE_HELLO, 0, body, message_hello_encode(&hello, body, sizeof body));
}

/* Around what the session expects: before, at, across and behind it. */
static uint32_t near_expected(const struct world *world, struct fuzz_input *input)
{
    uint32_t first = world->session.expected + fuzz_u8(input) % 8 - 4;

    return first == 0 || first > UINT32_MAX - 64 ? 1 : first;
}

static void say_answers(struct world *world, struct fuzz_input *input)
{
    struct message_answers answers = {.first_seq = near_expected(world, input)};
    uint8_t body[FRAME_SIZE_MAX];

    answers.count = (uint8_t)(1 + fuzz_u8(input) % ANSWERS_CAPACITY);
    for (uint8_t i = 0; i < answers.count; i++)
        answers.answers[i] = (struct answer){.question = fuzz_u8(input), .value = i};
    say(world, MESSAGE_ANSWERS, 0, body, message_answers_encode(&answers, body, sizeof body));
}

static void say_lost(struct world *world, struct fuzz_input *input)
{
    struct message_lost lost = {.first = near_expected(world, input), .cause = fuzz_u8(input)};
    uint8_t body[FRAME_SIZE_MAX];

    lost.last = lost.first + fuzz_u8(input) % 8;
    say(world, MESSAGE_LOST, 0, body, message_lost_encode(&lost, body, sizeof body));
}

static void change_roster(struct world *world, struct fuzz_input *input)
{
    static struct work_roster roster;

    memset(&roster, 0, sizeof roster);
    roster.version = fuzz_u8(input);
    roster.count = fuzz_u8(input) % (ROSTER_CAPACITY + 1);
    for (uint8_t i = 0; i < roster.count; i++) {
        roster.entries[i] = (struct staff_entry){.id = (uint16_t)(1 + i), .name_size = 1, .name = "A"};
        roster.counts[i] =
            (struct message_counts){.staff_id = (uint16_t)(1 + i), .asked_today = fuzz_u8(input)};
    }
    session_roster(&world->session, &roster, &world->clock);
}

static void pass(struct world *world, struct fuzz_input *input)
{
    uint16_t ms = fuzz_u16(input);

    world->clock.now_ms += ms;
    world->clock.utc_ms += ms + (fuzz_u8(input) == 0 ? -86400000 : 0);
    session_tick(&world->session, &world->clock);
}

static void congest(struct world *world, uint8_t how)
{
    world->is_line_congested = (how & 1) != 0;
    world->is_store_congested = (how & 2) != 0;
    world->is_in_use = (how & 12) == 12;
}

static void say_any(struct world *world, struct fuzz_input *input)
{
    uint8_t type = fuzz_u8(input);
    uint8_t flags = fuzz_u8(input) == 255;
    size_t size = fuzz_u8(input);
    const uint8_t *bytes = fuzz_bytes(input, size, &size);

    say(world, type, flags, bytes, size);
}

static void operate(struct world *world, struct fuzz_input *input)
{
    const uint8_t *bytes;
    size_t size;

    switch ((enum operation)(fuzz_u8(input) % OPERATION_COUNT)) {
    case RAW_BYTES:
        size = fuzz_u8(input);
        bytes = fuzz_bytes(input, size, &size);
        session_receive(&world->session, bytes, size, &world->clock);
        break;
    case FRAME:
        say_any(world, input);
        break;
    case HELLO:
        say_hello(world, input);
        break;
    case ANSWERS:
        say_answers(world, input);
        break;
    case LOST:
        say_lost(world, input);
        break;
    case RECEIVED:
        say(world, MESSAGE_RECEIVED, 0, (uint8_t[]){world->session.downlink.token, fuzz_u8(input) % 4 != 0},
            2);
        break;
    case TIME:
        pass(world, input);
        break;
    case STORE_ANSWER:
        answer(world, (enum store_status)(fuzz_u8(input) % 4), input);
        break;
    case STORE_ANSWER_WELL:
        answer(world, STORE_OK, input);
        break;
    case ROSTER:
        change_roster(world, input);
        break;
    case CONGESTION:
        congest(world, fuzz_u8(input));
        break;
    case RENEW:
        session_renew(&world->session, &world->clock);
        break;
    case DISPLACE:
        session_displace(&world->session);
        break;
    case RESTART:
        session_restart(&world->session);
        break;
    default:
        world->manner = (enum manner)(fuzz_u8(input) % MANNER_COUNT);
        break;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct world world;
    const struct session_options options = {.index = 3, .port = "Counter", .is_help_on = true};
    const struct session_outputs outputs = {&world, on_send, on_request, on_is_in_use, on_nonce, on_note};
    struct fuzz_input input = {data, size};

    memset(&world, 0, sizeof world);
    world.clock = (struct session_clock){1000000, 1700000000000, true};
    session_init(&world.session, &options, &outputs);
    for (unsigned i = 0; i < OPERATIONS_MAX && input.size > 0; i++) {
        operate(&world, &input);
        FUZZ_MUST(world.session.request_count == world.asked_count);
        FUZZ_MUST(world.session.state != SESSION_UP || world.session.expected > world.session.through);
        FUZZ_MUST(world.session.state != SESSION_UP || world.session.through <= world.mark);
        FUZZ_MUST(world.session.state != SESSION_UP || !world.session.is_keyed || world.session.is_verified);
    }
    return 0;
}
