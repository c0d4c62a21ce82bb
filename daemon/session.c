/* SPDX-License-Identifier: MIT */
#include "session.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "protocol/link.h"

#define TO_KIOSK_BIT 0x40 /* of a message's type: not for us; an echo, perhaps */
#define BODY_TO_KIOSK_MAX (FRAME_TO_KIOSK_SIZE_MAX - FRAME_HEADER_SIZE - FRAME_CRC_SIZE)
#define BOOT_WINDOW_MS 60000
#define DAY_MS 86400000
#define VISITOR_DRIFT_MS 2000 /* uptime comes in whole seconds, and the line delays */

void session_init(struct session *session, const struct session_options *options,
                  const struct session_outputs *outputs)
{
    memset(session, 0, sizeof *session);
    session->options = *options;
    session->outputs = *outputs;
    frame_decoder_init(&session->decoder, session->buffer, sizeof session->buffer);
}

/* What is with the store is of the one before: its results move nothing. */
static void begin_epoch(struct session *session)
{
    session->epoch++;
    session->is_noting = false;
}

static void forget_kiosk(struct session *session)
{
    struct session_downlink *downlink = &session->downlink;

    session->state = SESSION_SILENT;
    session->is_keyed = false;
    session->is_verified = false;
    session->has_dropped = false;
    session->kept_count = 0;
    session->has_noted = false;
    begin_epoch(session);
    session->is_held = false;
    session->naked = 0;
    downlink->kind = 0;
    downlink->is_settings_due = false;
    downlink->is_presence_wanted = false;
    downlink->is_presence_due = false;
    downlink->is_help_due = false;
    downlink->is_note_due = false;
    downlink->help.visit = 0;
    downlink->next_piece = 0;
    memset(downlink->told, 0, sizeof downlink->told);
}

void session_restart(struct session *session)
{
    struct frame_counters counters = session->decoder.counters;

    forget_kiosk(session);
    frame_decoder_init(&session->decoder, session->buffer, sizeof session->buffer);
    session->decoder.counters = counters;
    session->wait_reason = 0;
    session->has_heard = false;
    session->has_renewed = false;
    session->is_opened = false;
    session->boot.is_known = false;
    session->offered = 0;
}

void session_open(struct session *session, const struct session_clock *clock)
{
    session_restart(session);
    session->is_opened = true;
    session->opened_ms = clock->now_ms;
}

void session_displace(struct session *session)
{
    forget_kiosk(session);
}

uint64_t session_kiosk_id(const struct session *session)
{
    return session->state == SESSION_UP ? session->admitted.kiosk_id : 0;
}

bool session_is_verified(const struct session *session)
{
    return session->is_verified;
}

bool session_is_heard(const struct session *session, uint64_t now_ms)
{
    return session->has_heard && now_ms - session->heard_ms < SESSION_AWAY_MS;
}

/* Sending ---------------------------------------------------------------------------------------------------- */

/* WAIT and RENEW are for whoever is there. Everything else to a kiosk with a key is sealed; body has room for it.
 * Returns the bytes encoded, 0: none. */
static size_t encode_frame(struct session *session, uint8_t type, uint8_t *body, size_t body_size,
                           uint8_t *bytes, size_t capacity)
{
    bool is_sealed = session->is_keyed && type != MESSAGE_WAIT && type != MESSAGE_RENEW;

    if (is_sealed)
        body_size = seal_append(&session->seal, type, body, body_size, BODY_TO_KIOSK_MAX);
    if (is_sealed && body_size == 0)
        return 0;
    return frame_encode(type, is_sealed ? SEAL_FLAG : 0, body, body_size, bytes, capacity);
}

static bool send_frame(struct session *session, uint8_t type, uint8_t *body, size_t body_size)
{
    uint8_t bytes[FRAME_ENCODED_SIZE(FRAME_TO_KIOSK_SIZE_MAX)];
    size_t size = encode_frame(session, type, body, body_size, bytes, sizeof bytes);

    if (size > 0 && session->outputs.send(session->outputs.context, bytes, size))
        return true;
    session->counters.congested++;
    return false;
}

static void send_wait(struct session *session, enum wait_reason reason, const char *why)
{
    const struct message_wait wait = {PROTOCOL_MAJOR, PROTOCOL_MINOR, (uint8_t)reason};
    uint8_t body[BODY_TO_KIOSK_MAX];
    bool is_new = session->wait_reason != reason;

    session->state = SESSION_WAITING;
    session->wait_reason = (uint8_t)reason;
    send_frame(session, MESSAGE_WAIT, body, message_wait_encode(&wait, body, sizeof body));
    if (is_new)
        session->outputs.note(session->outputs.context, SESSION_NOTE_WAITING, why);
}

static void send_in_use(struct session *session)
{
    send_wait(session, WAIT_IN_USE, "a kiosk with the same id is connected at another port");
}

static void send_ack(struct session *session)
{
    uint32_t through = session->compared < session->through ? session->compared : session->through;
    const struct message_ack ack = {session->admitted.journal_id, through};
    uint8_t body[BODY_TO_KIOSK_MAX];

    send_frame(session, MESSAGE_ACK, body, message_ack_encode(&ack, body, sizeof body));
}

static void send_nak(struct session *session, uint32_t expected, const struct session_clock *clock)
{
    const struct message_nak nak = {session->admitted.journal_id, expected};
    uint8_t body[BODY_TO_KIOSK_MAX];

    if (session->naked != expected)
        session->nak_count = 0;
    session->naked = expected;
    session->naked_ms = clock->now_ms;
    session->nak_count++;
    session->behind_count = 0;
    send_frame(session, MESSAGE_NAK, body, message_nak_encode(&nak, body, sizeof body));
}

/* Something is to follow from the last NAK. */
static bool is_nak_awaited(const struct session *session)
{
    return session->naked == session->expected && session->nak_count < SESSION_NAKS_MAX;
}

/* Nothing has: the NAK may be lost, or what followed. */
static bool is_nak_due(const struct session *session, const struct session_clock *clock)
{
    return is_nak_awaited(session) && clock->now_ms - session->naked_ms >= SESSION_NAK_MS;
}

/* What comes first after a gap, and again where the kiosk went back for it and it is missing still, or does not go back. */
static void on_gap(struct session *session, uint32_t first, const struct session_clock *clock)
{
    bool is_deaf = is_nak_awaited(session) && ++session->behind_count == SESSION_NAK_FRAMES;

    if (session->naked != session->expected || first <= session->beyond || is_deaf || is_nak_due(session, clock))
        send_nak(session, session->expected, clock);
    session->beyond = first;
}

static uint32_t midnight_in_s(const struct session *session, int64_t utc_ms)
{
    int64_t left_ms = session->midnight_ms - utc_ms;

    while (left_ms <= 0)
        left_ms += DAY_MS;
    return (uint32_t)((left_ms + 999) / 1000);
}

static void send_time(struct session *session, const struct session_clock *clock)
{
    const struct message_time time = {midnight_in_s(session, clock->utc_ms)};
    uint8_t body[BODY_TO_KIOSK_MAX];

    send_frame(session, MESSAGE_TIME, body, message_time_encode(&time, body, sizeof body));
}

static void send_hold(struct session *session, const struct session_clock *clock)
{
    uint8_t body[BODY_TO_KIOSK_MAX];

    session->hold_s = session->hold_s == 0 ? SESSION_HOLD_S_MIN : (uint16_t)(session->hold_s * 2);
    if (session->hold_s > SESSION_HOLD_S_MAX)
        session->hold_s = SESSION_HOLD_S_MAX;
    session->is_held = true;
    session->hold_until_ms = clock->now_ms + session->hold_s * 1000u;
    const struct message_hold hold = {session->hold_s};
    send_frame(session, MESSAGE_HOLD, body, message_hold_encode(&hold, body, sizeof body));
}

static void send_renew(struct session *session, const struct session_clock *clock)
{
    session->has_renewed = true;
    session->renewed_ms = clock->now_ms;
    send_frame(session, MESSAGE_RENEW, NULL, 0);
}

void session_renew(struct session *session, const struct session_clock *clock)
{
    if (session->has_heard &&
        (!session->has_renewed || clock->now_ms - session->renewed_ms >= SESSION_RENEW_MS))
        send_renew(session, clock);
}

/* Reliable messages, one at a time ---------------------------------------------------------------------------- */

static size_t encode_roster_piece(struct session_downlink *downlink, uint8_t *body, size_t capacity)
{
    struct message_roster piece = {
        .token = downlink->token,
        .version = downlink->roster.version,
        .index = downlink->next_piece,
        .count = downlink->roster.count,
    };

    if (piece.count > 0)
        piece.entry = downlink->roster.entries[piece.index];
    downlink->index = piece.index;
    return message_roster_encode(&piece, body, capacity);
}

static bool are_counts_equal(const struct message_counts *a, const struct message_counts *b)
{
    return a->staff_id == b->staff_id && a->asked_today == b->asked_today &&
           a->answered_today == b->answered_today && a->asked_week == b->asked_week &&
           a->answered_week == b->answered_week && a->asked_best == b->asked_best &&
           a->answered_best == b->answered_best;
}

/* The first member whose counts the kiosk does not have; roster.count: it has all. */
static uint8_t untold_index(const struct session_downlink *downlink)
{
    for (uint8_t i = 0; i < downlink->roster.count; i++) {
        if (!are_counts_equal(&downlink->told[i], &downlink->roster.counts[i]))
            return i;
    }
    return downlink->roster.count;
}

static size_t encode_counts(struct session_downlink *downlink, uint8_t *body, size_t capacity)
{
    struct message_counts counts = downlink->roster.counts[downlink->index];

    counts.token = downlink->token;
    return message_counts_encode(&counts, body, capacity);
}

static size_t encode_presence(const struct session_downlink *downlink, uint8_t *body, size_t capacity)
{
    struct message_presence presence = {.token = downlink->token, .count = downlink->present_count};

    memcpy(presence.present, downlink->present, sizeof presence.present);
    return message_presence_encode(&presence, body, capacity);
}

/* What goes out next, by how soon a customer would notice; 0: nothing. */
static uint8_t next_kind(struct session_downlink *downlink)
{
    if (downlink->is_help_due)
        return MESSAGE_HELP;
    if (downlink->is_settings_due)
        return MESSAGE_SETTINGS;
    if (downlink->has_roster && downlink->kiosk_version != downlink->roster.version)
        return MESSAGE_ROSTER;
    if (downlink->is_presence_due)
        return MESSAGE_PRESENCE;
    if (downlink->is_note_due && downlink->has_roster)
        return MESSAGE_NOTE;
    downlink->index = downlink->has_roster ? untold_index(downlink) : 0;
    return downlink->has_roster && downlink->index < downlink->roster.count ? MESSAGE_COUNTS : 0;
}

static size_t encode_note(const struct session_downlink *downlink, uint8_t *body, size_t capacity)
{
    struct message_note note = {.token = downlink->token, .size = (uint8_t)strlen(downlink->roster.note)};

    memcpy(note.text, downlink->roster.note, sizeof note.text);
    return message_note_encode(&note, body, capacity);
}

static size_t encode_kind(struct session *session, uint8_t kind, uint8_t *body, size_t capacity)
{
    struct session_downlink *downlink = &session->downlink;
    const struct message_settings settings = {downlink->token, session->options.is_help_on};

    switch (kind) {
    case MESSAGE_HELP:
        downlink->help.token = downlink->token;
        return message_help_encode(&downlink->help, body, capacity);
    case MESSAGE_NOTE:
        return encode_note(downlink, body, capacity);
    case MESSAGE_SETTINGS:
        return message_settings_encode(&settings, body, capacity);
    case MESSAGE_ROSTER:
        return encode_roster_piece(downlink, body, capacity);
    case MESSAGE_COUNTS:
        return encode_counts(downlink, body, capacity);
    default:
        return encode_presence(downlink, body, capacity);
    }
}

static void send_outstanding(struct session *session, const struct session_clock *clock)
{
    struct session_downlink *downlink = &session->downlink;
    uint8_t body[BODY_TO_KIOSK_MAX];

    memcpy(body, downlink->body, downlink->size);
    send_frame(session, downlink->kind, body, downlink->size);
    downlink->due_ms = clock->now_ms + SESSION_RESEND_MS;
}

static void start_next(struct session *session, const struct session_clock *clock)
{
    struct session_downlink *downlink = &session->downlink;

    if (session->state != SESSION_UP || downlink->kind != 0)
        return;
    uint8_t kind = next_kind(downlink);
    if (kind == 0)
        return;
    downlink->token = downlink->token == UINT8_MAX ? 1 : (uint8_t)(downlink->token + 1);
    downlink->size = (uint8_t)encode_kind(session, kind, downlink->body, BODY_TO_KIOSK_MAX - SEAL_SIZE);
    downlink->kind = kind;
    send_outstanding(session, clock);
}

static void on_roster_piece_taken(struct session_downlink *downlink)
{
    downlink->next_piece = (uint8_t)(downlink->index + 1);
    if (downlink->next_piece < downlink->roster.count)
        return;
    downlink->next_piece = 0;
    downlink->kiosk_version = downlink->roster.version;
    memset(downlink->told, 0,
           sizeof downlink->told); /* counts stand beside the roster's entries, now others */
}

static void on_received(struct session *session, const struct message_received *received,
                        const struct session_clock *clock)
{
    struct session_downlink *downlink = &session->downlink;
    uint8_t kind = downlink->kind;

    if (kind == 0 || received->token != downlink->token)
        return;
    if (!received->is_taken) {
        downlink->due_ms = clock->now_ms + SESSION_NOT_TAKEN_MS;
        return;
    }
    downlink->kind = 0;
    if (kind == MESSAGE_HELP)
        downlink->is_help_due = false;
    else if (kind == MESSAGE_NOTE)
        downlink->is_note_due = false;
    else if (kind == MESSAGE_SETTINGS)
        downlink->is_settings_due = false;
    else if (kind == MESSAGE_ROSTER)
        on_roster_piece_taken(downlink);
    else if (kind == MESSAGE_COUNTS)
        downlink->told[downlink->index] = downlink->roster.counts[downlink->index];
    else
        downlink->is_presence_due = false;
    start_next(session, clock);
}

void session_help(struct session *session, uint32_t visit, enum help_state state,
                  const struct session_clock *clock)
{
    struct session_downlink *downlink = &session->downlink;

    if (session->state != SESSION_UP || visit < downlink->help.visit)
        return;
    downlink->help = (struct message_help){.visit = visit, .state = (uint8_t)state};
    downlink->is_help_due = true;
    if (downlink->kind == MESSAGE_HELP)
        downlink->kind = 0; /* what is on its way is out of date */
    start_next(session, clock);
}

void session_roster(struct session *session, const struct work_roster *roster,
                    const struct session_clock *clock)
{
    struct session_downlink *downlink = &session->downlink;
    bool is_other_version = !downlink->has_roster || downlink->roster.version != roster->version;

    bool is_other_note = downlink->has_roster && strcmp(downlink->roster.note, roster->note) != 0;

    downlink->roster = *roster;
    downlink->has_roster = true;
    if (is_other_note && session->state == SESSION_UP)
        downlink->is_note_due = session->hello.minor >= PROTOCOL_MINOR_NOTE;
    if (is_other_version) {
        /* A kiosk that took part of the old roster begins again; what it keeps is not the old version either. */
        if (downlink->kind == MESSAGE_ROSTER)
            downlink->kiosk_version = ~roster->version;
        downlink->next_piece = 0;
    }
    /* Built from what is now out of date: a RECEIVED for it would be taken for the new one's. */
    if (downlink->kind == MESSAGE_COUNTS || (downlink->kind == MESSAGE_ROSTER && is_other_version) ||
        (downlink->kind == MESSAGE_NOTE && is_other_note))
        downlink->kind = 0;
    start_next(session, clock);
}

/* Receiving --------------------------------------------------------------------------------------------------- */

static void learn_boot(struct session *session, uint32_t uptime_s, uint64_t now_ms)
{
    struct session_boot *boot = &session->boot;
    uint16_t number = session->hello.boot;
    int64_t started_ms = (int64_t)now_ms - (int64_t)uptime_s * 1000;
    /* A boot without an answer leaves its number to the next one. */
    bool is_another = boot->boot != number || uptime_s < boot->uptime_s ||
                      boot->kiosk != session->admitted.kiosk || boot->journal != session->admitted.journal;

    if (!boot->is_known || is_another)
        *boot = (struct session_boot){.kiosk = session->admitted.kiosk,
                                      .journal = session->admitted.journal,
                                      .boot = number,
                                      .is_known = true,
                                      .least = {started_ms, started_ms},
                                      .turned_ms = now_ms};
    boot->uptime_s = uptime_s;
    if (now_ms - boot->turned_ms >= BOOT_WINDOW_MS) {
        boot->least[1] = now_ms - boot->turned_ms < 2 * BOOT_WINDOW_MS ? boot->least[0] : started_ms;
        boot->least[0] = started_ms;
        boot->turned_ms = now_ms;
    }
    if (started_ms < boot->least[0])
        boot->least[0] = started_ms;
}

static struct store_origin make_origin(const struct session *session, const struct session_clock *clock)
{
    const struct session_boot *boot = &session->boot;
    int64_t started_ms = boot->least[0] < boot->least[1] ? boot->least[0] : boot->least[1];

    return (struct store_origin){
        .kiosk = session->admitted.kiosk,
        .journal = session->admitted.journal,
        .boot = session->hello.boot,
        .boot_started_ms = clock->utc_ms - ((int64_t)clock->now_ms - started_ms),
        .arrived_ms = clock->utc_ms,
        .is_clock_good = clock->is_good,
    };
}

/* True when it is on its way; the kiosk sends again what is not. */
static bool request(struct session *session, struct work *work, const struct session_clock *clock)
{
    work->session = session->options.index;
    work->epoch = session->epoch;
    work->now_ms = clock->utc_ms;
    work->origin.is_clock_good = clock->is_good;
    if (session->request_count >= SESSION_REQUESTS_MAX ||
        !session->outputs.request(session->outputs.context, work)) {
        session->counters.congested++;
        return false;
    }
    session->request_count++;
    return true;
}

static bool is_repeated_hello(const struct session *session, const struct message_hello *hello)
{
    return session->state == SESSION_ASKING && session->hello.boot == hello->boot &&
           session->hello.kiosk_id == hello->kiosk_id && session->hello.journal_id == hello->journal_id;
}

/* Whether a HELLO can come from the kiosk, in its boot, that said the last one. Ids that were offered to one must not
 * reach another, nor one that has lost power: it may have kept them, and another may stand in its place. */
static bool is_same_visitor(const struct session *session, const struct message_hello *hello, uint64_t now_ms)
{
    const struct message_hello *last = &session->hello;
    int64_t drift_ms =
        (int64_t)(now_ms - session->hello_ms) - ((int64_t)hello->uptime_s - last->uptime_s) * 1000;

    return hello->kiosk_id == last->kiosk_id && hello->boot == last->boot && hello->nonce >= last->nonce &&
           hello->uptime_s >= last->uptime_s && drift_ms <= VISITOR_DRIFT_MS && drift_ms >= -VISITOR_DRIFT_MS;
}

static void keep_hello(struct session *session, const struct message_hello *hello, const struct frame *frame,
                       uint64_t now_ms)
{
    if (!is_same_visitor(session, hello, now_ms))
        session->offered = 0;
    session->hello = *hello;
    session->hello_ms = now_ms;
    session->hello_size = frame->body_size;
    memcpy(session->hello_body, frame->body, frame->body_size);
}

static void fill_hello(const struct session *session, struct work *work)
{
    work->ask.hello.hello = session->hello;
    snprintf(work->ask.hello.port, sizeof work->ask.hello.port, "%s", session->options.port);
    work->ask.hello.is_auto_adopt = session->options.is_auto_adopt;
    work->ask.hello.offered = session->offered;
    work->asks_presence = session->hello.needs_presence != 0 && session->hello.oldest == session->hello.next;
}

static void on_hello(struct session *session, const struct frame *frame, const struct session_clock *clock)
{
    struct work work = {.kind = WORK_HELLO};
    struct message_hello *hello = &work.ask.hello.hello;

    if (frame->body_size >= 2 && frame->body[0] != PROTOCOL_MAJOR) {
        char why[96];
        snprintf(why, sizeof why,
                 "it speaks version %u.%u of the protocol and this daemon %d.%d: update the older",
                 frame->body[0], frame->body[1], PROTOCOL_MAJOR, PROTOCOL_MINOR);
        forget_kiosk(session);
        send_wait(session, WAIT_VERSION, why);
        return;
    }
    if (!message_hello_decode(frame->body, frame->body_size, hello)) {
        session->counters.malformed++;
        return;
    }
    /* A kiosk that says it again while the store is asked knows the last one only: that is what the seal covers. */
    bool is_repeated = is_repeated_hello(session, hello);
    keep_hello(session, hello, frame, clock->now_ms);
    if (is_repeated)
        return;
    forget_kiosk(session);
    if (hello->kiosk_id != 0 && session->outputs.is_in_use(session->outputs.context, hello->kiosk_id)) {
        send_in_use(session);
        return;
    }
    fill_hello(session, &work);
    if (request(session, &work, clock))
        session->state = SESSION_ASKING;
}

/* True while what arrives is to be dropped: it was under way when the kiosk was told to hold. */
static bool is_holding(const struct session *session, uint64_t now_ms)
{
    return session->is_held && now_ms < session->hold_until_ms - session->hold_s * 1000u / 2;
}

static void on_answers(struct session *session, const struct frame *frame, const struct session_clock *clock)
{
    struct work work = {.kind = WORK_ANSWERS};
    struct message_answers *answers = &work.ask.answers;
    uint32_t skip;

    if (!message_answers_decode(frame->body, frame->body_size, answers)) {
        session->counters.malformed++;
        return;
    }
    if (is_holding(session, clock->now_ms))
        return;
    enum link_arrival arrival = link_arrival(session->expected, answers->first_seq, answers->count, &skip);
    if (arrival == LINK_ARRIVAL_GAP) {
        on_gap(session, answers->first_seq, clock);
        return;
    }
    /* What was seen before goes to the store, too: it compares, and the ACK follows. */
    uint32_t next = answers->first_seq + answers->count;
    work.origin = make_origin(session, clock);
    if (!request(session, &work, clock))
        return;
    if (arrival == LINK_ARRIVAL_DUPLICATE) {
        session->counters.duplicates++;
        return;
    }
    session->expected = next;
    session->naked = 0;
}

/* Up to there the kiosk's word and the database's are the same, or their difference is noted: it may forget its own. */
static void on_compared(struct session *session, uint32_t last)
{
    if (last > session->compared)
        session->compared = last;
}

static void on_lost(struct session *session, const struct frame *frame, const struct session_clock *clock)
{
    struct work work = {.kind = WORK_LOST};
    struct message_lost *lost = &work.ask.lost;

    if (!message_lost_decode(frame->body, frame->body_size, lost)) {
        session->counters.malformed++;
        return;
    }
    if (is_holding(session, clock->now_ms))
        return;
    if (lost->first > session->expected) {
        on_gap(session, lost->first, clock);
        return;
    }
    if (lost->last < session->expected) {
        session->counters.duplicates++;
        on_compared(session, lost->last);
        send_ack(session);
        return;
    }
    lost->first = session->expected;
    if (lost->cause != LOST_DEAD_SLOT)
        lost->cause = LOST_DAMAGED; /* a cause that we do not know, or never to come from a kiosk: the worse one */
    work.origin = make_origin(session, clock);
    if (!request(session, &work, clock))
        return;
    session->expected = lost->last + 1;
    session->naked = 0;
}

/* What a kiosk has still to say when it says HELLO may end with a sign-off. Who is signed on is asked once all of it has
 * been said and is stored. */
static bool is_presence_to_ask(const struct session *session)
{
    uint32_t next = session->hello.next;

    return session->downlink.is_presence_wanted && session->compared + 1 >= next &&
           session->through + 1 >= next;
}

/* Else the store would look it up, and leave it as it is. */
static bool is_health_news(const struct session *session)
{
    const struct message_health *noted = &session->noted, *health = &session->health;

    return !session->has_noted || noted->refused != health->refused || noted->bad_frames != health->bad_frames ||
           noted->resent != health->resent || noted->pending != health->pending ||
           noted->bad_slots != health->bad_slots || noted->display_faults != health->display_faults ||
           noted->stuck_buttons != health->stuck_buttons;
}

static void note_health(struct session *session, bool asks_presence, const struct session_clock *clock)
{
    struct work work = {.kind = WORK_HEALTH, .ask.health = session->health, .asks_presence = asks_presence};

    work.origin = make_origin(session, clock);
    session->is_noting = request(session, &work, clock); /* if not, the next one comes soon */
}

static void on_health(struct session *session, const struct frame *frame, const struct session_clock *clock)
{
    struct message_health health;

    if (!message_health_decode(frame->body, frame->body_size, &health)) {
        session->counters.malformed++;
        return;
    }
    session->health = health;
    session->has_health = true;
    learn_boot(session, health.uptime_s, clock->now_ms);
    send_time(session, clock);
    bool asks_presence = is_presence_to_ask(session);
    if (asks_presence || is_health_news(session))
        note_health(session, asks_presence, clock);
}

static bool is_note_due(const struct session *session, const struct session_clock *clock)
{
    return session->has_noted && !session->is_noting &&
           clock->now_ms / SESSION_NOTE_HEALTH_MS != session->noted_ms / SESSION_NOTE_HEALTH_MS;
}

/* When it was heard, not now. */
static void note_heard(struct session *session, const struct session_clock *clock)
{
    const struct session_clock heard = {
        session->heard_ms, clock->utc_ms - (int64_t)(clock->now_ms - session->heard_ms), clock->is_good};

    note_health(session, false, &heard);
}

static void on_received_frame(struct session *session, const struct frame *frame,
                              const struct session_clock *clock)
{
    struct message_received received;

    if (!message_received_decode(frame->body, frame->body_size, &received)) {
        session->counters.malformed++;
        return;
    }
    on_received(session, &received, clock);
}

/* A valid frame where a HELLO should have been: this daemon was restarted, or the kiosk was displaced. */
static void on_early(struct session *session, const struct session_clock *clock)
{
    if (session->state == SESSION_SILENT)
        session_renew(session, clock);
}

static void heard(struct session *session, const struct session_clock *clock)
{
    session->has_heard = true;
    session->is_opened = false;
    session->heard_ms = clock->now_ms;
}

static void count_unproven(struct session *session)
{
    if (session->unproven > SESSION_UNPROVEN_MAX)
        return;
    if (++session->unproven > SESSION_UNPROVEN_MAX)
        session->outputs.note(session->outputs.context, SESSION_NOTE_UNVERIFIED, "");
}

/* Whoever spoke does not have the key. Before the proof it may also be the kiosk, in a conversation that somebody
 * else's HELLO has ended: asked for a HELLO it begins another. Once verified, a stranger's frames change nothing. */
static void on_unverified(struct session *session, const struct session_clock *clock)
{
    session->counters.refused++;
    count_unproven(session);
    if (session->state == SESSION_PROVING)
        session_renew(session, clock);
}

/* Whether a frame may be looked at; a seal is taken off. */
static bool admit(struct session *session, struct frame *frame, const struct session_clock *clock)
{
    if ((frame->type & TO_KIOSK_BIT) != 0) {
        session->counters.unknown++;
        return false;
    }
    if (session->is_keyed && frame->type != MESSAGE_HELLO) {
        if (frame->flags == SEAL_FLAG &&
            seal_verify(&session->seal, frame->type, frame->body, frame->body_size, &frame->body_size))
            return true;
        on_unverified(session, clock);
        return false;
    }
    if (frame->flags == 0)
        return true;
    session->counters.flagged++;
    /* Sealed, but to whom? This daemon was restarted, perhaps. */
    if (frame->flags == SEAL_FLAG && session->state == SESSION_SILENT && frame->type != MESSAGE_HELLO) {
        heard(session, clock);
        on_early(session, clock);
    }
    return false;
}

/* The kiosk has proved that it has the key and that the HELLO was its own: only now does that change anything. */
static void on_proof(struct session *session, const struct session_clock *clock)
{
    struct work work = {.kind = WORK_CONFIRM};

    session->is_verified = true;
    if (session->outputs.is_in_use(session->outputs.context, session->hello.kiosk_id)) {
        send_in_use(session);
        return;
    }
    fill_hello(session, &work);
    if (request(session, &work, clock))
        session->state = SESSION_CONFIRMING;
}

/* The kiosk's own answers, verified, while its proof is being committed: all that come or, where one is dropped, none. */
static bool keep_answers(struct session *session, const struct frame *frame)
{
    if (session->state != SESSION_CONFIRMING || frame->type != MESSAGE_ANSWERS || session->has_dropped ||
        session->kept_count == SESSION_KEPT_MAX)
        return false;
    session->kept[session->kept_count].size = frame->body_size;
    memcpy(session->kept[session->kept_count].body, frame->body, frame->body_size);
    session->kept_count++;
    return true;
}

static void take_kept(struct session *session, const struct session_clock *clock)
{
    for (uint8_t i = 0; i < session->kept_count; i++) {
        const struct frame frame = {
            .type = MESSAGE_ANSWERS, .body = session->kept[i].body, .body_size = session->kept[i].size};
        on_answers(session, &frame, clock);
    }
    session->kept_count = 0;
}

static void on_frame(struct session *session, struct frame *frame, const struct session_clock *clock)
{
    if (!admit(session, frame, clock))
        return;
    heard(session, clock);
    if (frame->type == MESSAGE_HELLO) {
        on_hello(session, frame, clock);
        return;
    }
    if (session->state == SESSION_PROVING)
        on_proof(session, clock);
    if (keep_answers(session, frame))
        return;
    if (session->state != SESSION_UP) {
        if (frame->type == MESSAGE_ANSWERS || frame->type == MESSAGE_LOST) {
            session->has_dropped = true;
            session->kept_count = 0;
        }
        on_early(session, clock);
        return;
    }
    switch (frame->type) {
    case MESSAGE_ANSWERS:
        on_answers(session, frame, clock);
        break;
    case MESSAGE_LOST:
        on_lost(session, frame, clock);
        break;
    case MESSAGE_HEALTH:
        on_health(session, frame, clock);
        break;
    case MESSAGE_RECEIVED:
        on_received_frame(session, frame, clock);
        break;
    default:
        session->counters.unknown++;
    }
}

/* A frame was damaged on its way. If it held answers they are what comes next, and the kiosk need not find that out; if not,
 * it has not sent what is asked for, and takes no notice. */
static void on_damage(struct session *session, const struct session_clock *clock)
{
    if (session->state != SESSION_UP || is_holding(session, clock->now_ms))
        return;
    if (session->naked != session->expected ||
        (is_nak_awaited(session) && clock->now_ms - session->naked_ms >= SESSION_DAMAGE_MS))
        send_nak(session, session->expected, clock);
}

void session_receive(struct session *session, const uint8_t *bytes, size_t size,
                     const struct session_clock *clock)
{
    const struct frame_counters *counters = &session->decoder.counters;
    struct frame frame;

    for (size_t i = 0; i < size; i++) {
        uint32_t damaged = counters->bad + counters->oversize;
        if (frame_decoder_push(&session->decoder, bytes[i], &frame))
            on_frame(session, &frame, clock);
        else if (damaged != counters->bad + counters->oversize)
            on_damage(session, clock);
    }
}

/* Results ----------------------------------------------------------------------------------------------------- */

static void note_lost(struct session *session, uint32_t first, uint32_t last, const char *why)
{
    char text[128];

    snprintf(text, sizeof text, "answers %" PRIu32 " to %" PRIu32 " are lost: %s", first, last, why);
    session->outputs.note(session->outputs.context, SESSION_NOTE_LOST, text);
}

/* Something was committed: there is room again. */
static void resume(struct session *session)
{
    if (session->hold_s == 0)
        return;
    session->is_held = false;
    session->hold_s = 0;
    session->outputs.note(session->outputs.context, SESSION_NOTE_RESUMED, "");
}

/* What WELCOME covers, a kiosk forgets unseen. So it covers nothing that the kiosk has still to say: an answer that stands
 * here under its number may be another's, of a copy of its memory or of a past that it has lost. */
static uint32_t welcome_through(const struct session *session, uint32_t through)
{
    const struct message_hello *hello = &session->hello;

    return hello->oldest <= through && through < hello->next ? hello->oldest - 1 : through;
}

static void send_welcome(struct session *session, const struct work_admitted *result, uint64_t nonce,
                         const struct session_clock *clock)
{
    struct message_welcome message = {
        .major = PROTOCOL_MAJOR,
        .minor = PROTOCOL_MINOR,
        .kiosk_id = result->admitted.kiosk_id,
        .journal_id = result->admitted.journal_id,
        .through = welcome_through(session, result->admitted.through),
        .midnight_in_s = midnight_in_s(session, clock->utc_ms),
        .nonce = nonce,
    };
    uint8_t body[BODY_TO_KIOSK_MAX];

    memcpy(message.database_id, result->database_id, DATABASE_ID_SIZE);
    send_frame(session, MESSAGE_WELCOME, body, message_welcome_encode(&message, body, sizeof body));
}

/* Say, sealed, what the kiosk would find here, and wait for anything sealed under the nonce that goes with it. */
static void challenge(struct session *session, const struct work_admitted *result,
                      const struct session_clock *clock)
{
    uint64_t nonce = session->outputs.nonce(session->outputs.context);

    if (nonce == 0) {
        session->outputs.note(session->outputs.context, SESSION_NOTE_REFUSED,
                              "the system has no random numbers");
        forget_kiosk(session);
        return;
    }
    session->is_keyed = true;
    session->state = SESSION_PROVING;
    session->wait_reason = 0;
    count_unproven(session);
    seal_begin(&session->seal, SEAL_DAEMON, result->admitted.key, session->hello_body, session->hello_size);
    seal_open(&session->seal, nonce);
    send_welcome(session, result, nonce, clock);
}

static void take_presence(struct session_downlink *downlink, const struct work *work)
{
    if (!work->asks_presence || !downlink->is_presence_wanted)
        return;
    downlink->is_presence_wanted = false;
    downlink->is_presence_due = true;
    downlink->present_count = work->present_count;
    memcpy(downlink->present, work->present, sizeof downlink->present);
}

static void go_up(struct session *session, const struct work *work, const struct session_clock *clock)
{
    struct session_downlink *downlink = &session->downlink;
    const struct work_admitted *result = &work->result.hello;

    learn_boot(session, session->hello.uptime_s, session->hello_ms);
    session->state = SESSION_UP;
    session->wait_reason = 0;
    session->unproven = 0;
    session->through = result->admitted.through;
    session->expected = session->through + 1;
    session->compared = welcome_through(session, session->through);
    downlink->is_settings_due = true;
    downlink->kiosk_version = session->hello.roster_version;
    downlink->is_presence_wanted = session->hello.needs_presence != 0;
    take_presence(downlink, work);
    downlink->is_note_due = session->hello.minor >= PROTOCOL_MINOR_NOTE;
    downlink->is_help_due = result->help_visit != 0;
    downlink->help = (struct message_help){.visit = result->help_visit, .state = (uint8_t)result->help_state};
    if (!session->is_keyed)
        send_welcome(session, result, session->outputs.nonce(session->outputs.context), clock);
    else if (session->has_dropped)
        send_nak(session, session->compared + 1, clock); /* what came before the proof was committed */
    session->outputs.note(session->outputs.context, SESSION_NOTE_UP, session->hello.firmware);
    resume(session);
    take_kept(session, clock);
    start_next(session, clock);
}

static void adopt(struct session *session, const struct work_admitted *result)
{
    struct message_adopt message = {.kiosk_id = result->admitted.kiosk_id,
                                    .journal_id = result->admitted.journal_id};
    uint8_t body[BODY_TO_KIOSK_MAX];

    memcpy(message.database_id, result->database_id, DATABASE_ID_SIZE);
    memcpy(message.key, result->admitted.key, SEAL_KEY_SIZE);
    message.has_key = !session->is_keyed && seal_is_key(message.key);
    session->state = SESSION_WAITING;
    session->wait_reason = 0;
    send_frame(session, MESSAGE_ADOPT, body, message_adopt_encode(&message, body, sizeof body));
    session->outputs.note(session->outputs.context, SESSION_NOTE_ADOPTED, "");
}

static void on_hello_result(struct session *session, const struct work *work,
                            const struct session_clock *clock)
{
    const struct store_admitted *admitted = &work->result.hello.admitted;

    session->midnight_ms = work->now_ms + (int64_t)work->midnight_in_s * 1000;
    session->admitted = *admitted;
    /* Asked again: another line's HELLO may have been admitted while this one was with the store. */
    if (admitted->kiosk_id != 0 && session->outputs.is_in_use(session->outputs.context, admitted->kiosk_id)) {
        send_in_use(session);
        return;
    }
    if (admitted->lost_first != 0)
        note_lost(session, admitted->lost_first, admitted->lost_last,
                  "the kiosk had them acknowledged, and this database does not have them");
    switch (admitted->admission) {
    case STORE_ADMITTED:
        go_up(session, work, clock);
        break;
    case STORE_UNPROVEN:
        challenge(session, &work->result.hello, clock);
        break;
    case STORE_ADOPT:
        session->offered = admitted->kiosk;
        adopt(session, &work->result.hello);
        break;
    case STORE_PENDING:
        send_wait(session, WAIT_ADOPTION, "not adopted yet");
        break;
    case STORE_OTHER_DATABASE:
        send_wait(session, WAIT_OTHER_DATABASE, "it belongs to another database");
        break;
    }
}

/* The store has closed this journal: its kiosk is to ask for another. What it was not told, it keeps. */
static void on_over(struct session *session, const struct session_clock *clock)
{
    session->outputs.note(session->outputs.context, SESSION_NOTE_CONFLICT,
                          "numbers that were given before come again: the kiosk goes on with a new journal");
    forget_kiosk(session);
    session_renew(session, clock);
}

static void on_stored(struct session *session, const struct work *work, const struct session_clock *clock)
{
    if (work->result.ingested.is_over) {
        on_over(session, clock);
        return;
    }
    if (work->result.ingested.through > session->through)
        session->through = work->result.ingested.through;
    if (session->expected <= session->through)
        session->expected = session->through + 1;
    on_compared(session, work->kind == WORK_LOST ? work->ask.lost.last
                                                 : work->ask.answers.first_seq + work->ask.answers.count - 1);
    if (work->kind == WORK_LOST)
        note_lost(session, work->ask.lost.first, work->ask.lost.last, "the kiosk could not keep them");
    if (work->result.ingested.conflict > 0)
        session->outputs.note(session->outputs.context, SESSION_NOTE_CONFLICT,
                              "answers came that had been called lost; they are kept aside");
    resume(session);
    if (!work->is_followed)
        send_ack(session);
}

/* The disk is full: what was queued never happened, so it comes next again. */
static void on_full(struct session *session, const struct work *work, const struct session_clock *clock)
{
    if (work->kind == WORK_HELLO || work->kind == WORK_CONFIRM) {
        forget_kiosk(session);
    } else if (work->kind != WORK_HEALTH) {
        if (session->hold_s == 0)
            session->outputs.note(session->outputs.context, SESSION_NOTE_HELD, work->error.text);
        begin_epoch(session);
        session->expected = session->through + 1;
        session->naked = 0;
        send_hold(session, clock);
    }
}

static void on_health_result(struct session *session, const struct work *work,
                             const struct session_clock *clock)
{
    session->midnight_ms = work->now_ms + (int64_t)work->midnight_in_s * 1000;
    session->noted = work->ask.health;
    session->noted_ms = clock->now_ms;
    session->has_noted = true;
    take_presence(&session->downlink, work);
    start_next(session, clock);
}

void session_result(struct session *session, const struct work *work, const struct session_clock *clock)
{
    session->request_count--;
    if (work->epoch != session->epoch)
        return;
    if (work->kind == WORK_HEALTH)
        session->is_noting = false;
    if (work->status == STORE_FULL) {
        on_full(session, work, clock);
        return;
    }
    if (work->status != STORE_OK) {
        session->outputs.note(session->outputs.context, SESSION_NOTE_REFUSED, work->error.text);
        if (work->kind != WORK_HEALTH)
            forget_kiosk(session);
        return;
    }
    if (work->kind == WORK_HELLO || work->kind == WORK_CONFIRM)
        on_hello_result(session, work, clock);
    else if (work->kind == WORK_HEALTH)
        on_health_result(session, work, clock);
    else
        on_stored(session, work, clock);
}

/* Time --------------------------------------------------------------------------------------------------------- */

bool session_is_busy(const struct session *session)
{
    return session->is_opened ||
           (session->state == SESSION_UP && (session->downlink.kind != 0 || is_nak_awaited(session)));
}

void session_tick(struct session *session, const struct session_clock *clock)
{
    if (session->is_opened && clock->now_ms - session->opened_ms >= SESSION_OPENED_MS) {
        session->is_opened = false;
        send_renew(session, clock);
    }
    if (session->state != SESSION_UP || !session_is_heard(session, clock->now_ms))
        return;
    if (is_note_due(session, clock))
        note_heard(session, clock);
    if (is_nak_due(session, clock))
        send_nak(session, session->expected, clock);
    if (session->downlink.kind == 0)
        start_next(session, clock);
    else if (clock->now_ms >= session->downlink.due_ms)
        send_outstanding(session, clock);
}
