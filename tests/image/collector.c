/* SPDX-License-Identifier: MIT */
#include "collector.h"

#include <string.h>

#include "protocol/link.h"

#define KIOSK_ID 0xA1A2A3A4A5A6A7A8u
#define JOURNAL_ID 0x1122334455667788u
#define MIDNIGHT_IN_S 43200
#define TELL_AGAIN_MS 300
#define TELL_LATER_MS 1000
#define RENEW_MS 1000

static const uint8_t database_id[DATABASE_ID_SIZE] = "a database's id";
static const uint8_t key[SEAL_KEY_SIZE] = "sixteen byte key";

static const struct staff_entry staff[COLLECTOR_STAFF_COUNT] = {
    {COLLECTOR_STAFF_ID_MIN, STAFF_ON_DUTY, PIN_NONE, 3, "Dan"},
    {COLLECTOR_STAFF_ID_MIN + 1, STAFF_ON_DUTY, PIN_NONE, 4, "Zo\xC3\xAB"},
    {COLLECTOR_STAFF_ID_MIN + 2, STAFF_ON_DUTY, PIN_NONE, 7, "\xC5\x81ukasz"},
};

static uint32_t staff_version(void)
{
    uint32_t version = 0;

    for (unsigned i = 0; i < COLLECTOR_STAFF_COUNT; i++)
        version = message_roster_version(version, &staff[i]);
    return version;
}

static void blame(struct collector *collector, const char *wrong)
{
    if (collector->wrong == NULL)
        collector->wrong = wrong;
}

void collector_init(struct collector *collector, uint64_t seed)
{
    memset(collector, 0, sizeof *collector);
    collector->nonce = seed;
    frame_decoder_init(&collector->decoder, collector->decoded, sizeof collector->decoded);
}

/* Sending ------------------------------------------------------------------------------------------------ */

static void send(struct collector *collector, enum message_type type, uint8_t *body, size_t size,
                 bool is_sealed)
{
    struct collector_frame *frame = &collector->out[collector->out_count];
    uint8_t flags = is_sealed ? SEAL_FLAG : 0;

    if (collector->out_count == COLLECTOR_OUT_MAX) {
        blame(collector, "the proof's own queue is full");
        return;
    }
    if (is_sealed)
        size = seal_append(&collector->seal, (uint8_t)type, body, size, FRAME_TO_KIOSK_SIZE_MAX);
    frame->type = (uint8_t)type;
    frame->size = frame_encode((uint8_t)type, flags, body, size, frame->bytes, sizeof frame->bytes);
    collector->out_count++;
}

#define SEND(collector, NAME, name, message, is_sealed)                                               \
    do {                                                                                              \
        uint8_t body_[FRAME_TO_KIOSK_SIZE_MAX];                                                       \
        send(collector, MESSAGE_##NAME, body_, message_##name##_encode(message, body_, sizeof body_), \
             is_sealed);                                                                              \
    } while (0)

static void send_ack(struct collector *collector)
{
    const struct message_ack ack = {JOURNAL_ID, collector->through};

    SEND(collector, ACK, ack, &ack, true);
}

static void send_adopt(struct collector *collector)
{
    struct message_adopt adopt = {.kiosk_id = KIOSK_ID, .journal_id = JOURNAL_ID, .has_key = true};

    memcpy(adopt.database_id, database_id, sizeof database_id);
    memcpy(adopt.key, key, sizeof key);
    SEND(collector, ADOPT, adopt, &adopt, false);
}

static void send_welcome(struct collector *collector)
{
    struct message_welcome welcome = {.major = PROTOCOL_MAJOR,
                                      .minor = PROTOCOL_MINOR,
                                      .kiosk_id = KIOSK_ID,
                                      .journal_id = JOURNAL_ID,
                                      .through = collector->through,
                                      .midnight_in_s = MIDNIGHT_IN_S};

    collector->nonce = collector->nonce * 0x5851F42D4C957F2Du + 0x14057B7EF767814Fu;
    welcome.nonce = collector->nonce;
    memcpy(welcome.database_id, database_id, sizeof database_id);
    seal_open(&collector->seal, welcome.nonce);
    SEND(collector, WELCOME, welcome, &welcome, true);
}

static void send_renew(struct collector *collector, uint32_t now_ms)
{
    uint8_t nothing[SEAL_SIZE];

    if (now_ms - collector->renewed_ms < RENEW_MS)
        return;
    collector->renewed_ms = now_ms;
    send(collector, MESSAGE_RENEW, nothing, 0, false);
}

/* The reliable messages: the settings, then the roster's pieces if the kiosk holds another roster. */
static void tell(struct collector *collector, uint32_t now_ms)
{
    uint8_t token = (uint8_t)(collector->telling + 1);

    if (collector->telling == 0) {
        const struct message_settings settings = {token, 1};
        SEND(collector, SETTINGS, settings, &settings, true);
    } else {
        struct message_roster piece = {
            .token = token, .version = staff_version(), .count = COLLECTOR_STAFF_COUNT};
        piece.index = (uint8_t)(collector->telling - 1);
        piece.entry = staff[piece.index];
        SEND(collector, ROSTER, roster, &piece, true);
    }
    collector->is_told = true;
    collector->told_ms = now_ms;
    collector->tell_again_ms = TELL_AGAIN_MS;
}

void collector_step(struct collector *collector, uint32_t now_ms)
{
    if (collector->is_away || !collector->is_proven || collector->telling == collector->tell_count)
        return;
    if (!collector->is_told || now_ms - collector->told_ms >= collector->tell_again_ms)
        tell(collector, now_ms);
}

/* Receiving ---------------------------------------------------------------------------------------------- */

static void on_hello(struct collector *collector, const struct frame *frame)
{
    struct message_hello *hello = &collector->hello;

    if (frame->flags != 0 || !message_hello_decode(frame->body, frame->body_size, hello)) {
        blame(collector, "a HELLO that is none");
        return;
    }
    collector->hellos++;
    collector->has_hello = true;
    collector->is_proven = false;
    if (hello->kiosk_id == 0) {
        if (collector->is_confirmed)
            blame(collector, "the kiosk has forgotten who it is");
        collector->first = hello->oldest;
        collector->through = hello->oldest - 1;
        collector->has_hello = false;
        send_adopt(collector);
        return;
    }
    if (hello->kiosk_id != KIOSK_ID || hello->journal_id != JOURNAL_ID)
        blame(collector, "the kiosk has ids that nobody gave it");
    if (hello->next <= collector->through)
        blame(collector, "numbers that are stored would be given again");
    if (hello->oldest > collector->through + 1)
        blame(collector, "the kiosk has dropped answers that are not stored");
    seal_begin(&collector->seal, SEAL_DAEMON, key, frame->body, frame->body_size);
    send_welcome(collector);
}

static void store(struct collector *collector, const struct collector_row *row)
{
    uint32_t at = row->answer.seq - collector->first;

    if (at >= COLLECTOR_ROWS_MAX) {
        blame(collector, "more answers than were ever given");
        return;
    }
    collector->rows[at] = *row;
    collector->through = row->answer.seq;
}

/* What comes again must be what came before; a void never contradicts. */
static void compare(struct collector *collector, const struct collector_row *row)
{
    if (row->answer.seq < collector->first)
        return; /* of before the adoption */
    const struct collector_row *before = &collector->rows[row->answer.seq - collector->first];
    const struct answer *a = &row->answer, *b = &before->answer;

    if (row->is_lost || a->question == QUESTION_VOID)
        return;
    if (before->is_lost || a->visit_back != b->visit_back || a->question != b->question ||
        a->value != b->value || a->boot != b->boot || a->uptime_s != b->uptime_s)
        blame(collector, "a number was given twice: its answer has changed");
}

/* Rows with consecutive numbers. */
static void arrive(struct collector *collector, const struct collector_row *rows, uint32_t count)
{
    uint32_t expected = collector->through + 1;
    uint32_t skip = 0;
    enum link_arrival arrival = link_arrival(expected, rows[0].answer.seq, count, &skip);

    if (arrival == LINK_ARRIVAL_GAP) {
        const struct message_nak nak = {JOURNAL_ID, expected};
        if (collector->naked != expected)
            SEND(collector, NAK, nak, &nak, true);
        collector->naked = expected;
        return;
    }
    if (arrival == LINK_ARRIVAL_DUPLICATE)
        skip = count;
    collector->resent += skip;
    for (uint32_t i = 0; i < count; i++) {
        if (i < skip)
            compare(collector, &rows[i]);
        else
            store(collector, &rows[i]);
    }
    send_ack(collector);
}

static void on_answers(struct collector *collector, const struct message_answers *answers)
{
    struct collector_row rows[ANSWERS_CAPACITY] = {0};

    for (unsigned i = 0; i < answers->count; i++)
        rows[i].answer = answers->answers[i];
    arrive(collector, rows, answers->count);
}

static void on_lost(struct collector *collector, const struct message_lost *lost)
{
    for (uint32_t seq = lost->first; seq <= lost->last && seq - lost->first < COLLECTOR_ROWS_MAX; seq++) {
        const struct collector_row row = {{.seq = seq, .value = lost->cause}, true};
        arrive(collector, &row, 1);
    }
}

static void on_health(struct collector *collector, const struct message_health *health)
{
    const struct message_time time = {MIDNIGHT_IN_S};

    collector->health_count++;
    collector->pending = health->pending;
    if (health->bad_slots > 0)
        blame(collector, "the kiosk takes a good slot for a bad one");
    SEND(collector, TIME, time, &time, true);
}

static void on_received(struct collector *collector, const struct message_received *received)
{
    if (received->token != collector->telling + 1 || !collector->is_told)
        return;
    if (!received->is_taken) {
        collector->tell_again_ms = TELL_LATER_MS;
        return;
    }
    collector->telling++;
    collector->is_told = false;
}

static void on_proof(struct collector *collector)
{
    collector->is_proven = collector->is_confirmed = true;
    collector->telling = 0;
    collector->is_told = false;
    collector->tell_count =
        collector->hello.roster_version == staff_version() ? 1 : 1 + COLLECTOR_STAFF_COUNT;
    collector->naked = 0;
}

static void on_sealed(struct collector *collector, const struct frame *frame)
{
    union {
        struct message_answers answers;
        struct message_lost lost;
        struct message_health health;
        struct message_received received;
    } m;

    if (!collector->is_proven)
        on_proof(collector);
    if (frame->type == MESSAGE_ANSWERS && message_answers_decode(frame->body, frame->body_size, &m.answers))
        on_answers(collector, &m.answers);
    else if (frame->type == MESSAGE_LOST && message_lost_decode(frame->body, frame->body_size, &m.lost))
        on_lost(collector, &m.lost);
    else if (frame->type == MESSAGE_HEALTH && message_health_decode(frame->body, frame->body_size, &m.health))
        on_health(collector, &m.health);
    else if (frame->type == MESSAGE_RECEIVED &&
             message_received_decode(frame->body, frame->body_size, &m.received))
        on_received(collector, &m.received);
    else
        blame(collector, "a frame that cannot be read");
}

void collector_take(struct collector *collector, uint8_t byte, uint32_t now_ms)
{
    struct frame frame;

    if (collector->is_away || !frame_decoder_push(&collector->decoder, byte, &frame))
        return;
    if (frame.type == MESSAGE_HELLO) {
        on_hello(collector, &frame);
    } else if (collector->has_hello && frame.flags == SEAL_FLAG &&
               seal_verify(&collector->seal, frame.type, frame.body, frame.body_size, &frame.body_size)) {
        on_sealed(collector, &frame);
    } else {
        collector->forged++;
        if (!collector->is_proven)
            send_renew(collector, now_ms);
    }
    collector_step(collector, now_ms);
}

void collector_set_away(struct collector *collector, bool is_away)
{
    collector->is_away = is_away;
    collector->has_hello = collector->is_proven = false;
    collector->renewed_ms = 0;
    frame_decoder_init(&collector->decoder, collector->decoded, sizeof collector->decoded);
}

bool collector_is_at_rest(const struct collector *collector)
{
    return collector->is_proven && collector->telling == collector->tell_count;
}
