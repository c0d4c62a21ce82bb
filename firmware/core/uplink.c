/* SPDX-License-Identifier: MIT */
#include "uplink.h"

#include <string.h>

#include "firmware/port/port.h"
#include "protocol/bytes.h"

#ifndef BYNAME_VERSION
#error "BYNAME_VERSION comes from project() in the top CMakeLists.txt"
#endif

#define RX_BYTES_A_STEP 256 /* leave the loop to the buttons even when the line never falls silent */

#define PIECE_SIZE_MIN 32 /* a quarter of what the line holds, or less */
#define BODY_CAPACITY (UPLINK_FRAME_SIZE_MAX - FRAME_HEADER_SIZE - FRAME_CRC_SIZE)

_Static_assert(sizeof BYNAME_VERSION - 1 <= FIRMWARE_NAME_SIZE_MAX, "the version fits a HELLO");

void uplink_init(struct uplink *uplink, struct journal *journal, struct identity *identity,
                 struct roster *roster, uint32_t now_ms)
{
    memset(uplink, 0, sizeof *uplink);
    uplink->journal = journal;
    uplink->identity = identity;
    uplink->roster = roster;
    link_init(&uplink->link, now_ms);
    frame_decoder_init(&uplink->decoder, uplink->rx, sizeof uplink->rx);
}

bool uplink_is_up(const struct uplink *uplink)
{
    return uplink->link.state == LINK_UP;
}

bool uplink_is_behind(const struct uplink *uplink)
{
    return uplink_is_up(uplink) && !uplink->link.is_held &&
           uplink->link.sent_through + 1 < journal_next(uplink->journal);
}

/* Sending --------------------------------------------------------------------------------------------------- */

static bool is_keyed(const struct uplink *uplink)
{
    return seal_is_key(uplink->identity->key);
}

/* The body is written where frame_encode leaves it. */
static uint8_t *body_of(struct uplink *uplink)
{
    return uplink->tx + FRAME_ENCODED_BODY_AT;
}

static bool is_on_its_way(const struct uplink *uplink)
{
    return uplink->tx_sent < uplink->tx_size;
}

/* The line takes what it has room for, not byte by byte. */
static void pass_on(struct uplink *uplink)
{
    size_t left = (size_t)(uplink->tx_size - uplink->tx_sent);
    size_t room = port_line_writable();

    if (room < left && room < PIECE_SIZE_MIN)
        return;
    if (left > room)
        left = room;
    port_line_write(uplink->tx + uplink->tx_sent, left);
    uplink->tx_sent = (uint8_t)(uplink->tx_sent + left);
}

/* With a key everything but HELLO goes out sealed. Answers that were gathered in the same place are gathered anew. */
static void send(struct uplink *uplink, enum message_type type, size_t body_size)
{
    bool is_sealed = type != MESSAGE_HELLO && is_keyed(uplink);

    uplink->answer_count = 0;
    if (is_sealed)
        body_size = seal_append(&uplink->seal, (uint8_t)type, body_of(uplink), body_size, BODY_CAPACITY);
    if (is_sealed && body_size == 0)
        return; /* no conversation: nobody could verify it */
    uplink->tx_size = (uint8_t)frame_encode((uint8_t)type, is_sealed ? SEAL_FLAG : 0, body_of(uplink),
                                            body_size, uplink->tx, sizeof uplink->tx);
    uplink->tx_sent = 0;
    pass_on(uplink);
}

static void send_hello(struct uplink *uplink, uint32_t uptime_s)
{
    const struct journal *journal = uplink->journal;
    uint16_t free = journal_free(journal);
    struct message_hello hello = {
        .major = PROTOCOL_MAJOR,
        .minor = PROTOCOL_MINOR,
        .kiosk_id = uplink->identity->kiosk_id,
        .journal_id = uplink->needs_journal ? 0 : uplink->identity->journal_id,
        .oldest = journal_oldest(journal),
        .next = journal_next(journal),
        .boot = journal->boot,
        .uptime_s = uptime_s,
        .roster_version = roster_version(uplink->roster),
        .nonce = (uint64_t)journal->boot << 32 | ++uplink->hello_count,
        .reset_causes = port_reset_causes(),
        .needs_presence = !uplink->roster->is_presence_known,
        .capacity = free > UINT8_MAX ? UINT8_MAX : (uint8_t)free,
        .firmware_size = sizeof BYNAME_VERSION - 1,
        .firmware = BYNAME_VERSION,
    };

    size_t size = message_hello_encode(&hello, body_of(uplink), BODY_CAPACITY);
    seal_begin(&uplink->seal, SEAL_KIOSK, uplink->identity->key, body_of(uplink), size);
    send(uplink, MESSAGE_HELLO, size);
}

static void send_health(struct uplink *uplink, uint32_t uptime_s)
{
    const struct frame_counters *bad = &uplink->decoder.counters;
    struct message_health health = {
        .uptime_s = uptime_s,
        .refused = uplink->status.refused,
        .bad_frames = bad->bad + bad->oversize + uplink->link.refused_acks,
        .resent = uplink->link.resent,
        .pending = journal_pending(uplink->journal),
        .bad_slots = uplink->journal->bad_slots,
        .display_faults = uplink->status.display_faults,
        .stuck_buttons = uplink->status.stuck_buttons,
        .has_forged = true,
        .forged = uplink->forged,
    };

    send(uplink, MESSAGE_HEALTH, message_health_encode(&health, body_of(uplink), BODY_CAPACITY));
}

static void send_received(struct uplink *uplink, uint8_t token, bool is_taken)
{
    struct message_received received = {.token = token, .is_taken = is_taken};

    send(uplink, MESSAGE_RECEIVED, message_received_encode(&received, body_of(uplink), BODY_CAPACITY));
}

/* Say that first.. up to the next readable answer cannot be had. */
static void send_lost(struct uplink *uplink, uint32_t now_ms, uint32_t first, enum journal_entry entry)
{
    struct message_lost lost = {.first = first, .last = first};
    uint8_t answer[ANSWER_WIRE_SIZE];

    lost.cause = entry == JOURNAL_DEAD ? LOST_DEAD_SLOT : LOST_DAMAGED;
    while (lost.last + 1 < journal_next(uplink->journal) &&
           journal_copy(uplink->journal, lost.last + 1, answer) == entry)
        lost.last++;
    send(uplink, MESSAGE_LOST, message_lost_encode(&lost, body_of(uplink), BODY_CAPACITY));
    link_on_sent(&uplink->link, now_ms, lost.first, lost.last);
}

/* A run of answers goes into the frame; or, where it would begin, what is lost goes out. */
static void gather(struct uplink *uplink, uint32_t now_ms)
{
    struct bytes_writer writer = {.data = body_of(uplink), .capacity = BODY_CAPACITY};
    uint32_t first = uplink->link.next_to_send, next = journal_next(uplink->journal);
    uint8_t count = 0;

    message_answers_begin(&writer, first);
    while (count < UPLINK_ANSWERS_MAX && first + count < next) {
        enum journal_entry entry = journal_copy(uplink->journal, first + count, writer.data + writer.size);
        if (entry != JOURNAL_ANSWER && count == 0) {
            send_lost(uplink, now_ms, first, entry);
            return;
        }
        if (entry != JOURNAL_ANSWER)
            break;
        writer.size += ANSWER_WIRE_SIZE;
        count++;
    }
    writer.data[ANSWERS_COUNT_AT] = count;
    uplink->answer_count = count;
}

/* What was gathered goes out. Nothing was heard since, so next_to_send is still where it begins. */
static void send_answers(struct uplink *uplink, uint32_t now_ms)
{
    uint32_t first = uplink->link.next_to_send;
    uint8_t count = uplink->answer_count;

    uplink->answer_count = 0;
    if (!uplink_is_up(uplink))
        return;
    send(uplink, MESSAGE_ANSWERS, ANSWERS_HEAD_SIZE + (size_t)count * ANSWER_WIRE_SIZE);
    link_on_sent(&uplink->link, now_ms, first, first + count - 1);
}

/* Obeying --------------------------------------------------------------------------------------------------- */

static void wait_for(struct uplink *uplink, uint32_t now_ms, uint8_t reason)
{
    uplink->wait_reason = reason;
    link_on_wait(&uplink->link, now_ms);
}

/* Without a key a HELLO that says so is enough. With one the daemon wants proof first that it was ours: any sealed
 * frame. Its ADOPT follows; should either be lost, the next HELLO comes in a second. */
static void ask_for_journal(struct uplink *uplink, uint32_t now_ms, uint32_t uptime_s)
{
    link_on_renew(&uplink->link, now_ms);
    if (!is_keyed(uplink))
        return;
    uplink->link.hello_due_ms = now_ms + LINK_HELLO_MS;
    send_health(uplink, uptime_s);
}

static void on_welcome(struct uplink *uplink, const struct message_welcome *welcome, uint32_t now_ms,
                       uint32_t uptime_s)
{
    const struct identity *identity = uplink->identity;

    if (welcome->major != PROTOCOL_MAJOR) {
        wait_for(uplink, now_ms, WAIT_VERSION);
        return;
    }
    if (identity->kiosk_id == 0 || welcome->kiosk_id != identity->kiosk_id ||
        memcmp(welcome->database_id, identity->database_id, DATABASE_ID_SIZE) != 0) {
        wait_for(uplink, now_ms, WAIT_OTHER_DATABASE);
        return;
    }
    uplink->needs_journal =
        welcome->journal_id != identity->journal_id || welcome->through >= journal_next(uplink->journal);
    if (uplink->needs_journal) {
        ask_for_journal(uplink, now_ms, uptime_s);
        return;
    }
    if (journal_doubt(uplink->journal, welcome->through)) {
        link_on_renew(&uplink->link,
                      now_ms); /* before it is proved, and stored, that what HELLO said is lost */
        return;
    }
    journal_ack(uplink->journal, welcome->through);
    roster_on_midnight(uplink->roster, uptime_s, welcome->midnight_in_s);
    uplink->help_state = 0; /* what is not over is told anew */
    link_on_welcome(&uplink->link, now_ms, journal_oldest(uplink->journal));
}

/* Only a kiosk that belongs to nobody may be adopted by anybody; its own database may give it a new journal.
 */
static void on_adopt(struct uplink *uplink, const struct message_adopt *adopt, uint32_t now_ms)
{
    struct identity *identity = uplink->identity;
    bool is_ours = identity->kiosk_id == adopt->kiosk_id &&
                   memcmp(identity->database_id, adopt->database_id, DATABASE_ID_SIZE) == 0;

    if (identity->kiosk_id != 0 && !is_ours) {
        wait_for(uplink, now_ms, WAIT_OTHER_DATABASE);
        return;
    }
    if (is_ours && identity->journal_id == adopt->journal_id) {
        uplink_on_adopted(uplink, now_ms);
        return;
    }
    identity->kiosk_id = adopt->kiosk_id;
    identity->journal_id = adopt->journal_id;
    memcpy(identity->database_id, adopt->database_id, DATABASE_ID_SIZE);
    if (!is_ours)
        memcpy(identity->key, adopt->key, SEAL_KEY_SIZE);
    identity_store(identity);
}

void uplink_on_adopted(struct uplink *uplink, uint32_t now_ms)
{
    uplink->needs_journal = false;
    link_on_renew(&uplink->link, now_ms);
}

static void on_ack(struct uplink *uplink, const struct message_ack *ack, uint32_t now_ms)
{
    if (ack->journal_id == uplink->identity->journal_id &&
        link_on_ack(&uplink->link, now_ms, ack->through, journal_next(uplink->journal)))
        journal_ack(uplink->journal, ack->through);
}

/* The reliable messages: each is answered with its token. */
static void on_reliable(struct uplink *uplink, const struct frame *frame, uint32_t uptime_s)
{
    union {
        struct message_settings settings;
        struct message_roster roster;
        struct message_counts counts;
        struct message_presence presence;
        struct message_help help;
        struct message_note note;
    } m;
    bool is_taken = true;

    switch (frame->type) {
    case MESSAGE_SETTINGS:
        if (!message_settings_decode(frame->body, frame->body_size, &m.settings))
            return;
        uplink->is_help_on = m.settings.is_help_on != 0;
        break;
    case MESSAGE_ROSTER:
        if (!message_roster_decode(frame->body, frame->body_size, &m.roster))
            return;
        is_taken = !uplink->status.is_visit_open && roster_on_piece(uplink->roster, &m.roster);
        break;
    case MESSAGE_COUNTS:
        if (!message_counts_decode(frame->body, frame->body_size, &m.counts))
            return;
        roster_on_counts(uplink->roster, &m.counts);
        break;
    case MESSAGE_PRESENCE:
        if (!message_presence_decode(frame->body, frame->body_size, &m.presence))
            return;
        is_taken = !uplink->status.is_visit_open;
        if (is_taken)
            roster_on_presence(uplink->roster, &m.presence, uptime_s);
        break;
    case MESSAGE_HELP:
        if (!message_help_decode(frame->body, frame->body_size, &m.help))
            return;
        uplink->help_visit = m.help.visit;
        uplink->help_state = m.help.state;
        break;
    case MESSAGE_NOTE:
        if (!message_note_decode(frame->body, frame->body_size, &m.note))
            return;
        if (strcmp(uplink->note, m.note.text) == 0)
            break;
        memcpy(uplink->note, m.note.text, sizeof uplink->note);
        uplink->roster->generation++; /* a text on show has changed */
        break;
    default:
        return;
    }
    send_received(uplink, frame->body[0], is_taken);
}

/* One HELLO opens one conversation, by the nonce of the first WELCOME that proves genuine under it. */
static bool verify(struct uplink *uplink, const struct frame *frame, size_t *body_size)
{
    struct seal *seal = &uplink->seal;
    struct message_welcome welcome;

    if (seal->is_open)
        return seal_verify(seal, frame->type, frame->body, frame->body_size, body_size);
    if (frame->type != MESSAGE_WELCOME || !message_welcome_decode(frame->body, frame->body_size, &welcome))
        return false;
    seal_open(seal, welcome.nonce);
    seal->is_open = seal_verify(seal, frame->type, frame->body, frame->body_size, body_size);
    return seal->is_open;
}

/* Whether a frame may be looked at; a seal is taken off. A kiosk with a key obeys what is verified, and WAIT and
 * RENEW: they come from daemons that do not know it, and can do no more than delay. */
static bool admit(struct uplink *uplink, struct frame *frame)
{
    if (!is_keyed(uplink))
        return frame->flags == 0; /* else it is a newer peer's way of framing */
    if (frame->flags == 0 && (frame->type == MESSAGE_WAIT || frame->type == MESSAGE_RENEW))
        return true;
    if (frame->flags == SEAL_FLAG && verify(uplink, frame, &frame->body_size))
        return true;
    uplink->forged++;
    return false;
}

/* What is for the welcomed only. */
static void on_frame_up(struct uplink *uplink, const struct frame *frame, uint32_t now_ms, uint32_t uptime_s)
{
    union {
        struct message_ack ack;
        struct message_nak nak;
        struct message_hold hold;
        struct message_time time;
    } m;

    switch (frame->type) {
    case MESSAGE_ACK:
        if (message_ack_decode(frame->body, frame->body_size, &m.ack))
            on_ack(uplink, &m.ack, now_ms);
        break;
    case MESSAGE_NAK:
        if (message_nak_decode(frame->body, frame->body_size, &m.nak) &&
            m.nak.journal_id == uplink->identity->journal_id) {
            uplink->answer_count = 0;
            link_on_nak(&uplink->link, now_ms, m.nak.expected, journal_oldest(uplink->journal));
        }
        break;
    case MESSAGE_HOLD:
        if (message_hold_decode(frame->body, frame->body_size, &m.hold))
            link_on_hold(&uplink->link, now_ms, m.hold.seconds);
        break;
    case MESSAGE_TIME:
        if (!message_time_decode(frame->body, frame->body_size, &m.time))
            return;
        link_on_time(&uplink->link);
        roster_on_midnight(uplink->roster, uptime_s, m.time.midnight_in_s);
        break;
    default:
        on_reliable(uplink, frame, uptime_s);
        break;
    }
}

static void on_frame(struct uplink *uplink, struct frame *frame, uint32_t now_ms, uint32_t uptime_s)
{
    union {
        struct message_welcome welcome;
        struct message_wait wait;
        struct message_adopt adopt;
    } m;

    if (!admit(uplink, frame))
        return;
    link_on_heard(&uplink->link, now_ms);
    switch (frame->type) {
    case MESSAGE_WELCOME:
        if (message_welcome_decode(frame->body, frame->body_size, &m.welcome))
            on_welcome(uplink, &m.welcome, now_ms, uptime_s);
        break;
    case MESSAGE_WAIT:
        if (message_wait_decode(frame->body, frame->body_size, &m.wait))
            wait_for(uplink, now_ms, m.wait.reason);
        break;
    case MESSAGE_ADOPT:
        if (message_adopt_decode(frame->body, frame->body_size, &m.adopt))
            on_adopt(uplink, &m.adopt, now_ms);
        break;
    case MESSAGE_RENEW:
        link_on_renew(&uplink->link, now_ms);
        break;
    default:
        if (uplink_is_up(uplink))
            on_frame_up(uplink, frame, now_ms, uptime_s);
        break;
    }
}

void uplink_claim_boot(struct uplink *uplink, uint32_t uptime_s)
{
    struct answer boot = {.question = QUESTION_BOOT, .value = port_reset_causes(), .uptime_s = uptime_s};

    if (!uplink_is_up(uplink) || uplink->journal->is_boot_claimed)
        return;
    enum journal_status status = journal_append(uplink->journal, &boot, 0);
    (void)status; /* a full or failing journal leaves the boot unclaimed: its times stay bounded */
}

/* True when a frame was complete. */
static bool listen(struct uplink *uplink, uint32_t now_ms, uint32_t uptime_s)
{
    struct frame frame;
    uint8_t byte;

    for (uint16_t i = 0; i < RX_BYTES_A_STEP && port_line_read(&byte); i++) {
        if (frame_decoder_push(&uplink->decoder, byte, &frame)) {
            on_frame(uplink, &frame, now_ms, uptime_s);
            return true;
        }
    }
    return false;
}

static void send_what_is_due(struct uplink *uplink, uint32_t now_ms, uint32_t uptime_s)
{
    switch (
        link_step(&uplink->link, now_ms, journal_oldest(uplink->journal), journal_next(uplink->journal))) {
    case LINK_SEND_HELLO:
        send_hello(uplink, uptime_s);
        break;
    case LINK_SEND_ANSWERS:
        gather(uplink, now_ms);
        break;
    case LINK_SEND_HEALTH:
        send_health(uplink, uptime_s);
        break;
    case LINK_NOTHING:
        break;
    }
}

/* What is on its way stands in the one buffer that an answer to what arrives would need, too: it goes first. */
void uplink_step(struct uplink *uplink, uint32_t now_ms, uint32_t uptime_s)
{
    if (identity_is_storing(uplink->identity))
        return; /* nobody is told of ids that a power cut could still undo */
    if (is_on_its_way(uplink))
        pass_on(uplink);
    else if (uplink->answer_count > 0) /* or a daemon that asks without pause would hear no answers */
        send_answers(uplink, now_ms);
    else if (!listen(uplink, now_ms, uptime_s))
        send_what_is_due(uplink, now_ms, uptime_s);
}

bool uplink_is_busy(const struct uplink *uplink)
{
    return is_on_its_way(uplink) || uplink->answer_count > 0 ||
           (uplink_is_up(uplink) && !uplink->link.is_held &&
            uplink->link.next_to_send < journal_next(uplink->journal));
}
