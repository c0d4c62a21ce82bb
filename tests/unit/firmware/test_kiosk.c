/* SPDX-License-Identifier: MIT
 *
 * The whole kiosk on the host: fingers on its buttons, a scripted daemon on its line.
 */
#include "firmware/core/kiosk.h"
#include "firmware/core/storage.h"

#include <stdio.h>
#include <string.h>

#include "fake_port.h"
#include "tests/unit/cmocka_first.h"

#define JOURNAL_ID 0x1122334455667788
#define KIOSK_ID 0xA1A2A3A4A5A6A7A8

static struct kiosk kiosk;

/* What the daemon of a test has seen and says. */
static struct {
    struct frame_decoder decoder;
    uint8_t buffer[FRAME_SIZE_MAX];
    size_t tx_read;
    bool is_silent;
    bool is_acking;
    bool is_keyless; /* of the time before there were keys */
    struct seal seal;
    uint64_t nonce;
    uint64_t journal_id;
    bool is_journal_due; /* when the kiosk has proved itself */
    unsigned unsealed;   /* frames of a kiosk with a key that were not sealed for us */
    struct message_health health;
    uint8_t database;
    uint32_t through;
    uint32_t received; /* highest seq */
    unsigned hellos, healths, losts;
    struct message_hello hello;
    struct message_lost lost;
    struct message_received reply;
    unsigned replies;
    struct answer answers[512]; /* by seq */
    uint8_t token;
} collector;

static const uint8_t line_key[SEAL_KEY_SIZE] = {7, 7, 7, 1};

/* Anybody's frame. */
static void say_plainly(uint8_t type, uint8_t flags, const uint8_t *body, size_t size)
{
    if (fake_port.rx_at == fake_port.rx_size)
        fake_port.rx_at = fake_port.rx_size = 0;
    fake_port.rx_size += frame_encode(type, flags, body, size, fake_port.rx + fake_port.rx_size,
                                      sizeof fake_port.rx - fake_port.rx_size);
}

/* The daemon's: sealed when a conversation with a key is open. */
static void say(uint8_t type, const uint8_t *body, size_t size)
{
    uint8_t sealed[FRAME_TO_KIOSK_SIZE_MAX];

    if (!collector.seal.is_open || type == MESSAGE_WAIT || type == MESSAGE_RENEW) {
        say_plainly(type, 0, body, size);
        return;
    }
    if (size > 0)
        memcpy(sealed, body, size);
    say_plainly(type, SEAL_FLAG, sealed, seal_append(&collector.seal, type, sealed, size, sizeof sealed));
}

#define SAY(TYPE, name, ...)                                                                 \
    do {                                                                                     \
        struct message_##name message_ = {__VA_ARGS__};                                      \
        uint8_t body_[FRAME_SIZE_MAX];                                                       \
        say(MESSAGE_##TYPE, body_, message_##name##_encode(&message_, body_, sizeof body_)); \
    } while (0)

#define ADOPTION_MS 500 /* a byte of the identity is written each tick here, and another ADOPT may come */

static void fill_database(uint8_t id[DATABASE_ID_SIZE])
{
    memset(id, collector.database, DATABASE_ID_SIZE);
}

static void adopt(void)
{
    struct message_adopt adopt = {.kiosk_id = KIOSK_ID, .journal_id = collector.journal_id};
    uint8_t body[64];

    adopt.has_key = !collector.is_keyless && !collector.seal.is_open;
    memcpy(adopt.key, line_key, SEAL_KEY_SIZE);
    fill_database(adopt.database_id);
    say(MESSAGE_ADOPT, body, message_adopt_encode(&adopt, body, sizeof body));
}

static void on_hello(const struct message_hello *hello, const struct frame *frame)
{
    bool is_past_ours = hello->journal_id == collector.journal_id && hello->next > collector.through;

    collector.hello = *hello;
    collector.hellos++;
    collector.seal.is_open = false;
    collector.is_journal_due = false;
    if (hello->kiosk_id == 0 || (hello->journal_id == 0 && collector.is_keyless)) {
        adopt();
        return;
    }
    if (!collector.is_keyless) {
        seal_begin(&collector.seal, SEAL_DAEMON, line_key, frame->body, frame->body_size);
        seal_open(&collector.seal, ++collector.nonce);
        collector.is_journal_due = !is_past_ours;
    }
    struct message_welcome welcome = {.major = PROTOCOL_MAJOR,
                                      .kiosk_id = hello->kiosk_id,
                                      .journal_id = hello->journal_id,
                                      .through = collector.through,
                                      .midnight_in_s = 40000,
                                      .nonce = collector.nonce};
    uint8_t body[64];
    fill_database(welcome.database_id);
    say(MESSAGE_WELCOME, body, message_welcome_encode(&welcome, body, sizeof body));
}

static void on_answers(const struct message_answers *message)
{
    for (uint8_t i = 0; i < message->count; i++) {
        collector.answers[message->answers[i].seq] = message->answers[i];
        if (message->answers[i].seq > collector.received)
            collector.received = message->answers[i].seq;
    }
    if (!collector.is_acking)
        return;
    collector.through = collector.received;
    SAY(ACK, ack, .journal_id = collector.journal_id, .through = collector.through);
}

static void on_frame(const struct frame *frame)
{
    struct message_answers answers;
    struct message_hello hello;

    switch (frame->type) {
    case MESSAGE_HELLO:
        assert_true(message_hello_decode(frame->body, frame->body_size, &hello));
        on_hello(&hello, frame);
        break;
    case MESSAGE_ANSWERS:
        assert_true(message_answers_decode(frame->body, frame->body_size, &answers));
        on_answers(&answers);
        break;
    case MESSAGE_LOST:
        assert_true(message_lost_decode(frame->body, frame->body_size, &collector.lost));
        collector.losts++;
        break;
    case MESSAGE_HEALTH:
        assert_true(message_health_decode(frame->body, frame->body_size, &collector.health));
        collector.healths++;
        SAY(TIME, time, .midnight_in_s = 40000);
        break;
    case MESSAGE_RECEIVED:
        assert_true(message_received_decode(frame->body, frame->body_size, &collector.reply));
        collector.replies++;
        break;
    default:
        fail_msg("a kiosk does not say %u", frame->type);
    }
}

/* A kiosk with a key seals all it says but HELLO. */
static void on_any_frame(struct frame *frame)
{
    if (frame->type != MESSAGE_HELLO && !collector.is_keyless) {
        if (frame->flags != SEAL_FLAG ||
            !seal_verify(&collector.seal, frame->type, frame->body, frame->body_size, &frame->body_size)) {
            collector.unsealed++;
            return;
        }
        if (collector.is_journal_due) {
            collector.is_journal_due = false;
            collector.journal_id++;
            collector.through = 0;
            adopt();
        }
    }
    on_frame(frame);
}

static void listen_to_kiosk(void)
{
    struct frame frame;

    for (; collector.tx_read < fake_port.tx_size; collector.tx_read++) {
        if (frame_decoder_push(&collector.decoder, fake_port.tx[collector.tx_read], &frame) &&
            !collector.is_silent)
            on_any_frame(&frame);
    }
    fake_port.tx_size = collector.tx_read = 0;
}

static void run(uint32_t ms)
{
    for (uint32_t i = 0; i < ms; i += PORT_TICK_MS) {
        fake_port.now_ms += PORT_TICK_MS;
        kiosk_step(&kiosk);
        listen_to_kiosk();
    }
}

static void hold(uint8_t buttons, uint32_t ms)
{
    fake_port.buttons = buttons;
    run(ms);
    fake_port.buttons = 0;
}

static void press(uint8_t button)
{
    hold((uint8_t)(1 << (button - 1)), 120);
    run(1300); /* beyond every guard */
}

static void boot(void)
{
    fake_port_reboot();
    collector.tx_read = 0;
    kiosk_init(&kiosk);
}

static void give_names(uint8_t count)
{
    for (uint8_t i = 0; i < count; i++) {
        struct message_roster piece = {.token = ++collector.token, .index = i, .count = count};
        uint8_t body[80];
        piece.entry.id = (uint16_t)(11 + i);
        piece.entry.flags = STAFF_ON_DUTY;
        piece.entry.pin = i == 0 ? 0 : PIN_NONE; /* the first one's is 1111 */
        piece.entry.name_size =
            (uint8_t)snprintf(piece.entry.name, sizeof piece.entry.name, "Name %c", 'A' + i);
        say(MESSAGE_ROSTER, body, message_roster_encode(&piece, body, sizeof body));
        run(20);
    }
}

static int reset(void **state)
{
    (void)state;
    fake_port_reset();
    memset(&collector, 0, sizeof collector);
    collector.is_acking = true;
    collector.database = 0xDB;
    collector.journal_id = JOURNAL_ID;
    frame_decoder_init(&collector.decoder, collector.buffer, sizeof collector.buffer);
    kiosk_init(&kiosk);
    return 0;
}

/* Connected, adopted, with names. */
static int reset_ready(void **state)
{
    reset(state);
    run(500);
    give_names(3);
    SAY(SETTINGS, settings, .token = 200, .is_help_on = 1);
    run(100);
    assert_true(uplink_is_up(&kiosk.uplink));
    return 0;
}

/* The answers from `first` on must be exactly these questions and values, all of one visit. */
static void assert_visit(uint32_t first, const uint16_t wanted[][2], size_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        const struct answer *answer = &collector.answers[first + i];
        assert_int_equal(answer->seq, first + i);
        assert_int_equal(answer->question, wanted[i][0]);
        assert_int_equal(answer->value, wanted[i][1]);
        assert_int_equal(answer->visit_back, i);
    }
    assert_int_equal(collector.received, first + count - 1);
}

#define ASSERT_VISIT(first, ...)                                          \
    do {                                                                  \
        const uint16_t wanted_[][2] = {__VA_ARGS__};                      \
        assert_visit(first, wanted_, sizeof wanted_ / sizeof wanted_[0]); \
    } while (0)

static uint32_t next_seq(void)
{
    return journal_next(&kiosk.journal);
}

static void finish_visit(void)
{
    run(20000);
    assert_int_equal(kiosk.shown.kind, SCREEN_IDLE);
}

/* Adoption and link -------------------------------------------------------------------------------------- */

static void test_a_blank_kiosk_is_adopted_and_stays_so(void **state)
{
    (void)state;
    run(ADOPTION_MS);
    assert_true(uplink_is_up(&kiosk.uplink));
    assert_int_equal(collector.hellos, 2);
    assert_int_equal(collector.answers[1].question, QUESTION_BOOT);
    boot();
    run(200);
    assert_int_equal(collector.hellos, 3);
    assert_true(collector.hello.kiosk_id == KIOSK_ID);
}

static void test_a_kiosk_sends_nothing_to_another_database(void **state)
{
    (void)state;
    run(ADOPTION_MS);
    collector.database = 0xEE;
    boot();
    collector.received = 0;
    press(5);
    finish_visit();
    assert_int_equal(collector.received, 0);
    assert_int_equal(kiosk.uplink.wait_reason, WAIT_OTHER_DATABASE);
    assert_true(kiosk.shown.marks & SCREEN_MARK_REFUSED);
}

static void test_a_strangers_adoption_is_ignored(void **state)
{
    struct message_adopt adopt = {.kiosk_id = 1, .journal_id = 2};
    uint8_t body[64];

    (void)state;
    run(ADOPTION_MS);
    say(MESSAGE_ADOPT, body, message_adopt_encode(&adopt, body, sizeof body));
    run(100);
    assert_true(kiosk.identity.kiosk_id == KIOSK_ID);
}

static void test_a_kiosk_at_rest_says_a_heartbeat_every_five_seconds(void **state)
{
    (void)state;
    run(ADOPTION_MS + 3 * LINK_HEARTBEAT_MS);
    collector.healths = 0;
    run(60000);
    assert_int_equal(collector.healths, 60000 / LINK_REST_MS);
    collector.is_silent = true;
    run(LINK_TIMEOUT_MS - LINK_REST_MS - 100);
    assert_true(uplink_is_up(&kiosk.uplink));
    run(LINK_REST_MS + 200);
    assert_false(uplink_is_up(&kiosk.uplink));
}

/* It says no midnight, and answers no heartbeat. */
static void test_a_time_that_cannot_be_read_is_none(void **state)
{
    (void)state;
    run(ADOPTION_MS + 3 * LINK_HEARTBEAT_MS);
    struct roster roster = kiosk.roster;
    uint32_t due_ms = kiosk.uplink.link.health_due_ms;
    collector.is_silent = true;
    run(due_ms - fake_port.now_ms + 100); /* a heartbeat that waits for its TIME */
    assert_true(kiosk.uplink.link.may_rest);
    say(MESSAGE_TIME, (const uint8_t[]){1}, 1);
    run(100);
    assert_true(kiosk.uplink.link.may_rest);
    assert_memory_equal(&kiosk.roster, &roster, sizeof roster);
}

static void test_answers_given_offline_arrive_later_once(void **state)
{
    (void)state;
    run(ADOPTION_MS);
    collector.is_silent = true;
    run(LINK_TIMEOUT_MS + 100);
    for (uint8_t i = 1; i <= 5; i++) {
        press(i);
        finish_visit();
    }
    boot();
    collector.is_silent = false;
    run(1500);
    assert_int_equal(journal_pending(&kiosk.journal), 0);
    assert_int_equal(collector.answers[2].value, 1);
    assert_int_equal(collector.answers[collector.received].question, QUESTION_BOOT);
}

static void test_an_ack_for_another_journal_is_ignored(void **state)
{
    uint8_t body[FRAME_TO_KIOSK_SIZE_MAX];

    (void)state;
    run(ADOPTION_MS);
    collector.is_acking = false;
    press(3);
    run(100);
    uint32_t oldest = journal_oldest(&kiosk.journal);
    const struct message_ack ack = {.journal_id = kiosk.identity.journal_id + 1, .through = next_seq() - 1};
    assert_true(ack.through >= oldest);
    say(MESSAGE_ACK, body, message_ack_encode(&ack, body, sizeof body));
    run(100);
    assert_int_equal(journal_oldest(&kiosk.journal), oldest);
}

static void test_an_unacknowledged_answer_is_sent_again(void **state)
{
    (void)state;
    run(ADOPTION_MS);
    collector.is_acking = false;
    press(3);
    uint32_t rating = next_seq() - 1;
    memset(&collector.answers, 0, sizeof collector.answers);
    run(3000);
    assert_int_equal(collector.answers[rating].value, 3);
    assert_true(kiosk.uplink.link.resent > 0);
}

static void test_a_journal_without_its_past_gets_a_new_id(void **state)
{
    (void)state;
    run(ADOPTION_MS);
    collector.through = 500;
    boot();
    run(ADOPTION_MS);
    assert_true(kiosk.identity.journal_id == JOURNAL_ID + 1);
    assert_true(uplink_is_up(&kiosk.uplink));
}

static void test_a_journal_without_its_past_gets_a_new_id_without_a_key_too(void **state)
{
    (void)state;
    collector.is_keyless = true;
    run(ADOPTION_MS);
    assert_false(seal_is_key(kiosk.identity.key));
    assert_true(uplink_is_up(&kiosk.uplink));
    collector.through = 500;
    boot();
    run(ADOPTION_MS);
    assert_true(collector.hello.journal_id == 0);
}

static void test_damaged_answers_are_reported_lost(void **state)
{
    (void)state;
    run(ADOPTION_MS);
    collector.is_silent = true;
    press(1);
    finish_visit();
    press(2);
    finish_visit();
    uint32_t victim = collector.received + 1;
    fake_port.eeprom[STORAGE_JOURNAL + victim * STORAGE_SLOT_SIZE + 4] ^= 1;
    boot();
    collector.is_silent = false;
    run(1500);
    assert_int_equal(collector.losts, 1);
    assert_int_equal(collector.lost.first, victim);
    assert_int_equal(collector.lost.last, victim);
    assert_int_equal(collector.lost.cause, LOST_DAMAGED);
}

/* An acknowledged slot whose state decays is an answer again, and all that follow it are acknowledged; a database that
 * is older than they are wants them all. */
static void test_answers_acknowledged_before_are_sent_to_an_older_database(void **state)
{
    (void)state;
    run(ADOPTION_MS);
    press(1);
    finish_visit();
    press(2);
    finish_visit();
    uint32_t newest = next_seq() - 1;
    fake_port.eeprom[STORAGE_JOURNAL + 1 * STORAGE_SLOT_SIZE + STORAGE_SLOT_SIZE - 1] ^= 1;
    memset(&collector.answers, 0, sizeof collector.answers);
    collector.received = collector.through = 0;
    boot();
    run(1500);
    assert_int_equal(collector.answers[2].value, 1);
    assert_true(collector.received >= newest);
    assert_int_equal(journal_pending(&kiosk.journal), 0);
}

static void test_a_roster_is_not_taken_during_a_visit(void **state)
{
    struct message_roster piece = {.token = 77, .count = 1, .entry = {.id = 99, .name_size = 1, .name = "X"}};
    uint8_t body[80];

    (void)state;
    hold(0x10, 120);
    run(1000);
    size_t size = message_roster_encode(&piece, body, sizeof body);
    say(MESSAGE_ROSTER, body, size);
    run(50);
    assert_int_equal(collector.reply.token, 77);
    assert_int_equal(collector.reply.is_taken, 0);
    finish_visit();
    say(MESSAGE_ROSTER, body, size);
    run(50);
    assert_int_equal(collector.reply.is_taken, 1);
    assert_int_equal(kiosk.roster.entries[0].id, 99);
}

/* The keyed line ----------------------------------------------------------------------------------------- */

#define FORGE(TYPE, name, ...)                                                                          \
    do {                                                                                                \
        struct message_##name message_ = {__VA_ARGS__};                                                 \
        uint8_t body_[FRAME_SIZE_MAX];                                                                  \
        say_plainly(MESSAGE_##TYPE, 0, body_, message_##name##_encode(&message_, body_, sizeof body_)); \
    } while (0)

/* Three answers that no daemon has acknowledged, sent. */
static uint32_t leave_answers(void)
{
    run(200);
    collector.is_acking = false;
    press(3);
    run(12000);
    assert_true(uplink_is_up(&kiosk.uplink));
    return journal_oldest(&kiosk.journal);
}

static void test_a_kiosk_with_a_key_says_nothing_unsealed_but_hello(void **state)
{
    (void)state;
    for (int i = 0; i < 3; i++) {
        press(5);
        finish_visit();
        boot();
        run(300);
    }
    assert_true(seal_is_key(kiosk.identity.key));
    assert_int_equal(collector.unsealed, 0);
    assert_int_equal(journal_pending(&kiosk.journal), 0);
    assert_int_equal(kiosk.uplink.forged, 0);
}

static void test_forged_acks_drop_nothing_and_are_counted(void **state)
{
    uint32_t oldest = leave_answers();
    uint16_t pending = journal_pending(&kiosk.journal);
    struct seal stranger = collector.seal;

    (void)state;
    assert_true(pending > 0);
    FORGE(ACK, ack, .journal_id = JOURNAL_ID, .through = next_seq() - 1); /* within what was sent */
    FORGE(ACK, ack, .journal_id = JOURNAL_ID, .through = 5000);           /* and beyond */
    stranger.key[0] ^= 1;
    seal_open(&stranger, collector.nonce);
    stranger.sent = collector.seal.sent;
    for (int i = 0; i < 50; i++) {
        uint8_t body[40];
        struct message_ack ack = {.journal_id = JOURNAL_ID, .through = next_seq() - 1};
        size_t size = message_ack_encode(&ack, body, sizeof body);
        say_plainly(MESSAGE_ACK, SEAL_FLAG, body,
                    seal_append(&stranger, MESSAGE_ACK, body, size, sizeof body));
    }
    run(500);
    assert_int_equal(journal_oldest(&kiosk.journal), oldest);
    assert_int_equal(journal_pending(&kiosk.journal), pending);
    assert_int_equal(kiosk.uplink.forged, 52);
    run(6000);
    assert_int_equal(collector.health.forged, 52);
    collector.is_acking = true;
    run(6000);
    assert_int_equal(journal_pending(&kiosk.journal), 0);
}

static void test_forged_orders_of_every_kind_are_ignored(void **state)
{
    struct message_welcome welcome = {.major = PROTOCOL_MAJOR,
                                      .kiosk_id = KIOSK_ID,
                                      .journal_id = JOURNAL_ID,
                                      .through = UINT32_MAX,
                                      .midnight_in_s = 1,
                                      .nonce = 5};
    struct message_adopt other = {.kiosk_id = KIOSK_ID, .journal_id = 99, .has_key = true, .key = {1}};
    uint8_t body[FRAME_SIZE_MAX];
    struct identity before;

    (void)state;
    leave_answers();
    before = kiosk.identity;
    struct link link = kiosk.uplink.link;
    struct roster roster = kiosk.roster;
    uint16_t pending = journal_pending(&kiosk.journal);
    fill_database(welcome.database_id);
    fill_database(other.database_id);
    for (uint8_t flags = 0; flags <= SEAL_FLAG; flags++) {
        say_plainly(MESSAGE_WELCOME, flags, body, message_welcome_encode(&welcome, body, sizeof body));
        say_plainly(MESSAGE_ADOPT, flags, body, message_adopt_encode(&other, body, sizeof body));
        for (unsigned type = MESSAGE_ACK; type <= MESSAGE_HELP; type++) {
            memset(body, 1, sizeof body);
            if (type != MESSAGE_RENEW)
                say_plainly((uint8_t)type, flags, body, 60);
        }
    }
    for (unsigned i = 0; i < fake_port.rx_size && fake_port.rx_at < fake_port.rx_size; i++)
        uplink_step(&kiosk.uplink, fake_port.now_ms, kiosk.uptime_s);
    assert_int_equal(kiosk.uplink.forged, 2 * 11);
    assert_memory_equal(&kiosk.identity, &before, sizeof before);
    assert_memory_equal(&kiosk.roster, &roster, sizeof roster);
    assert_int_equal(kiosk.uplink.link.heard_ms, link.heard_ms);
    assert_int_equal(kiosk.uplink.link.state, link.state);
    assert_int_equal(journal_pending(&kiosk.journal), pending);
    assert_true(uplink_is_up(&kiosk.uplink));
}

static void test_wait_and_renew_from_anybody_only_delay(void **state)
{
    uint8_t body[8];
    struct message_wait wait = {PROTOCOL_MAJOR, PROTOCOL_MINOR, WAIT_OTHER_DATABASE};

    (void)state;
    leave_answers();
    uint16_t pending = journal_pending(&kiosk.journal);
    for (int i = 0; i < 5; i++) {
        say_plainly(MESSAGE_WAIT, 0, body, message_wait_encode(&wait, body, sizeof body));
        say_plainly(MESSAGE_RENEW, 0, NULL, 0);
        run(1000);
    }
    assert_int_equal(journal_pending(&kiosk.journal), pending);
    collector.is_acking = true;
    run(10000);
    assert_int_equal(journal_pending(&kiosk.journal), 0);
}

static void test_a_conversation_replayed_to_the_kiosk_after_a_reboot_is_ignored(void **state)
{
    static uint8_t tape[sizeof fake_port.rx];
    size_t size = 0;

    (void)state;
    run(ADOPTION_MS);
    boot();
    /* A machine in the middle keeps all that the daemon says: WELCOME, TIME, ACKs. */
    for (int i = 0; i < 400; i++) {
        fake_port.now_ms += PORT_TICK_MS;
        fake_port.buttons = i > 100 && i < 130 ? 0x10 : 0;
        kiosk_step(&kiosk);
        fake_port.rx_at = fake_port.rx_size = 0;
        listen_to_kiosk();
        memcpy(tape + size, fake_port.rx, fake_port.rx_size);
        size += fake_port.rx_size;
    }
    assert_true(size > 100);
    boot();
    collector.is_silent = true;
    run(50);
    press(5);
    uint16_t pending = journal_pending(&kiosk.journal);
    uint32_t forged = kiosk.uplink.forged;
    for (int i = 0; i < 20; i++) {
        memcpy(fake_port.rx, tape, size);
        fake_port.rx_at = 0;
        fake_port.rx_size = size;
        run(500);
    }
    assert_false(uplink_is_up(&kiosk.uplink));
    assert_true(journal_pending(&kiosk.journal) >= pending);
    assert_true(kiosk.uplink.forged > forged);
}

/* A rating that the daemon does not have, and whose newest slot says all the same that it was acknowledged. */
static uint32_t leave_a_torn_mark(void)
{
    collector.is_acking = false;
    press(5);
    uint32_t seq = next_seq() - 1;
    collector.through = seq - 1;
    collector.answers[seq].seq = 0;
    fake_port.eeprom[STORAGE_JOURNAL + seq % STORAGE_SLOT_COUNT * STORAGE_SLOT_SIZE + STORAGE_SLOT_SIZE - 1] =
        0;
    return seq;
}

/* Power failed while the mark that it is whole was written, and what stands there reads as the other mark. */
static void test_a_torn_mark_does_not_make_the_daemon_look_forgetful(void **state)
{
    (void)state;
    uint32_t seq = leave_a_torn_mark();
    boot();
    run(2500);
    assert_int_equal(collector.hello.oldest, seq);
    assert_int_equal(collector.answers[seq].seq, seq);
    assert_int_equal(collector.losts, 0);
    collector.is_acking = true;
    run(5000);
    assert_int_equal(journal_pending(&kiosk.journal), 0);
    unsigned hellos = collector.hellos;
    boot();
    run(2500);
    assert_int_equal(collector.hellos, hellos + 1); /* and that was that */
}

/* An older database: it is to say so. */
static void test_what_an_older_database_lacks_is_not_taken_for_a_torn_mark(void **state)
{
    (void)state;
    uint32_t seq = leave_a_torn_mark();
    collector.through = seq - 2;
    boot();
    run(500);
    assert_int_equal(collector.hello.oldest, seq + 1);
    assert_true(uplink_is_up(&kiosk.uplink));
}

static void test_a_second_welcome_opens_no_second_conversation(void **state)
{
    struct message_welcome welcome = {
        .major = PROTOCOL_MAJOR, .kiosk_id = KIOSK_ID, .journal_id = JOURNAL_ID, .nonce = 1000};
    uint8_t body[FRAME_SIZE_MAX];
    struct seal second;

    (void)state;
    run(ADOPTION_MS);
    second = collector.seal; /* the daemon was shown the same HELLO twice */
    seal_open(&second, welcome.nonce);
    fill_database(welcome.database_id);
    size_t size = message_welcome_encode(&welcome, body, sizeof body);
    size = seal_append(&second, MESSAGE_WELCOME, body, size, sizeof body);
    say_plainly(MESSAGE_WELCOME, SEAL_FLAG, body, size);
    run(50);
    assert_int_equal(kiosk.uplink.forged, 1);
    assert_memory_equal(kiosk.uplink.seal.conversation.v, collector.seal.conversation.v,
                        sizeof collector.seal.conversation.v);
    assert_true(uplink_is_up(&kiosk.uplink));
}

static void test_a_changed_hello_is_answered_in_vain(void **state)
{
    (void)state;
    run(ADOPTION_MS);
    boot();
    collector.is_silent = true;
    run(50);
    /* What the daemon would have got, with another oldest answer in it, and what it would say to that. */
    struct message_hello hello = {0};
    struct frame_decoder decoder;
    uint8_t buffer[FRAME_SIZE_MAX], body[FRAME_SIZE_MAX];
    struct frame frame = {0};
    bool is_frame = false;
    frame_decoder_init(&decoder, buffer, sizeof buffer);
    boot();
    fake_port.now_ms += PORT_TICK_MS;
    kiosk_step(&kiosk);
    for (size_t i = 0; i < fake_port.tx_size && !is_frame; i++)
        is_frame = frame_decoder_push(&decoder, fake_port.tx[i], &frame);
    assert_true(is_frame && message_hello_decode(frame.body, frame.body_size, &hello));
    hello.next += 10;
    hello.oldest = hello.next;
    frame.body_size = message_hello_encode(&hello, body, sizeof body);
    frame.body = body;
    on_hello(&hello, &frame);
    fake_port.now_ms += PORT_TICK_MS;
    kiosk_step(&kiosk);
    assert_false(uplink_is_up(&kiosk.uplink));
    assert_int_equal(kiosk.uplink.forged, 1);
}

static void test_two_daemons_on_one_line_do_not_confuse_a_kiosk(void **state)
{
    uint8_t body[FRAME_SIZE_MAX];
    struct message_adopt adopt = {.kiosk_id = 5, .journal_id = 6, .has_key = true, .key = {5}};
    struct message_wait wait = {PROTOCOL_MAJOR, PROTOCOL_MINOR, WAIT_OTHER_DATABASE};

    (void)state;
    run(ADOPTION_MS);
    collector.is_acking = true;
    for (int i = 0; i < 4; i++) {
        say_plainly(MESSAGE_ADOPT, 0, body, message_adopt_encode(&adopt, body, sizeof body));
        say_plainly(MESSAGE_WAIT, 0, body, message_wait_encode(&wait, body, sizeof body));
        press(5);
        finish_visit();
    }
    assert_int_equal(journal_pending(&kiosk.journal), 0);
    assert_true(kiosk.identity.kiosk_id == KIOSK_ID);
    assert_int_equal(kiosk.uplink.forged, 4);
}

static void test_the_boot_is_claimed_when_an_ack_makes_room_in_a_full_journal(void **state)
{
    (void)state;
    run(ADOPTION_MS);
    collector.is_silent = true;
    run(LINK_TIMEOUT_MS + 100);
    struct answer answer = {.question = QUESTION_SIGN_ON, .value = 1};
    while (journal_append(&kiosk.journal, &answer, 0) == JOURNAL_OK) {
    }
    boot();
    collector.is_silent = false;
    collector.is_acking = false;
    run(1500);
    assert_true(uplink_is_up(&kiosk.uplink));
    assert_false(kiosk.journal.is_boot_claimed);
    collector.is_acking = true;
    run(6000);
    assert_true(kiosk.journal.is_boot_claimed);
    assert_int_equal(journal_pending(&kiosk.journal), 0);
}

/* ADOPT reaches a blank kiosk and power fails in every byte of what it writes, in every way. */
static void test_a_cut_anywhere_in_adoption_ends_in_an_adopted_kiosk(void **state)
{
    for (volatile int tear = 0; tear < TEAR_KIND_COUNT; tear++) {
        for (volatile uint32_t cut_at = 1; cut_at <= STORAGE_IDENTITY_SIZE + 20; cut_at++) {
            reset(state);
            fake_port.cut_at = cut_at;
            fake_port.tear = (enum fake_tear)tear;
            fake_port.noise = 0x69;
            if (setjmp(fake_port.power_cut) == 0)
                run(300);
            boot();
            assert_true(kiosk.identity.kiosk_id == 0 || seal_is_key(kiosk.identity.key));
            run(400);
            assert_true(uplink_is_up(&kiosk.uplink));
            assert_memory_equal(kiosk.identity.key, line_key, SEAL_KEY_SIZE);
            assert_int_equal(journal_pending(&kiosk.journal), 0);
        }
    }
}

/* The same while the kiosk's own database gives it a new journal: the key never changes, nor goes. */
static void test_a_cut_anywhere_in_a_new_journals_adoption_leaves_the_key(void **state)
{
    for (volatile int tear = 0; tear < TEAR_KIND_COUNT; tear++) {
        for (volatile uint32_t cut_at = 1; cut_at <= STORAGE_IDENTITY_SIZE + 20; cut_at++) {
            reset(state);
            run(ADOPTION_MS);
            collector.through = 500;
            boot();
            fake_port.cut_at = cut_at;
            fake_port.tear = (enum fake_tear)tear;
            fake_port.noise = 0x69;
            if (setjmp(fake_port.power_cut) == 0)
                run(300);
            boot();
            assert_true(kiosk.identity.kiosk_id == KIOSK_ID);
            assert_memory_equal(kiosk.identity.key, line_key, SEAL_KEY_SIZE);
            run(2500);
            assert_true(uplink_is_up(&kiosk.uplink));
            assert_true(kiosk.identity.journal_id == collector.journal_id &&
                        kiosk.identity.journal_id != JOURNAL_ID);
        }
    }
}

/* Power fails in every byte of what the gesture writes: the kiosk has its ids and its key or neither, keeps its answers,
 * and delivers them, to the same database when that adopts it again. */
static void test_a_cut_anywhere_in_the_gesture_leaves_the_key_or_none_and_every_answer(void **state)
{
    volatile unsigned kept_count = 0, lost_count = 0;

    for (volatile int tear = 0; tear < TEAR_KIND_COUNT; tear++) {
        for (volatile uint32_t cut_at = 1; cut_at <= 2 * STORAGE_IDENTITY_SIZE + 4; cut_at++) {
            reset(state);
            run(ADOPTION_MS);
            collector.is_silent = true;
            press(5);
            fake_port_reboot();
            kiosk_init(&kiosk);
            fake_port.buttons = 0;
            run(VISIT_LOCKOUT_MS); /* what the journal has to do at a start is done */
            fake_port_reboot();
            fake_port.buttons = 0x0A;
            kiosk_init(&kiosk);
            fake_port.cut_at = cut_at;
            fake_port.tear = (enum fake_tear)tear;
            fake_port.noise = 0x69;
            if (setjmp(fake_port.power_cut) == 0)
                run(1500);
            fake_port.buttons = 0;
            boot();
            bool is_kept = kiosk.identity.kiosk_id == KIOSK_ID;
            kept_count += is_kept;
            lost_count += !is_kept;
            assert_true(is_kept || kiosk.identity.kiosk_id == 0);
            assert_int_equal(seal_is_key(kiosk.identity.key), is_kept);
            assert_int_equal(journal_pending(&kiosk.journal), 1);
            collector.is_silent = false;
            run(2500);
            assert_true(uplink_is_up(&kiosk.uplink));
            assert_memory_equal(kiosk.identity.key, line_key, SEAL_KEY_SIZE);
            assert_int_equal(journal_pending(&kiosk.journal), 0);
        }
    }
    assert_true(kept_count > STORAGE_IDENTITY_SIZE && lost_count > STORAGE_IDENTITY_SIZE);
}

/* The buttons are armed, and ADOPT has just arrived. */
static void begin_adoption(void)
{
    collector.is_silent = true;
    run(300);
    collector.is_silent = false;
    for (unsigned i = 0; i < 300 && !identity_is_storing(&kiosk.identity); i++)
        run(PORT_TICK_MS);
    assert_true(identity_is_storing(&kiosk.identity));
}

static void test_a_press_does_not_wait_for_adoption(void **state)
{
    (void)state;
    begin_adoption();
    unsigned hellos = collector.hellos;
    hold(0x10, 60);
    assert_int_equal(kiosk.shown.chosen, 5);
    assert_int_equal(journal_pending(&kiosk.journal), 1);
    assert_true(identity_is_storing(&kiosk.identity));
    assert_int_equal(collector.hellos, hellos); /* nobody hears of the new ids yet */
    run(ADOPTION_MS);
    assert_true(uplink_is_up(&kiosk.uplink));
    finish_visit();
    assert_int_equal(collector.answers[1].question, QUESTION_RATING);
    assert_int_equal(collector.answers[1].value, 5);
}

static unsigned count_ratings(void)
{
    unsigned count = 0;

    for (uint32_t seq = 1; seq <= collector.received; seq++)
        count += collector.answers[seq].question == QUESTION_RATING;
    return count;
}

/* The bytes of an identity and of a rating come in turns, and power fails in each of them. */
static void test_a_cut_in_adoption_keeps_the_rating_that_was_acknowledged_meanwhile(void **state)
{
    volatile unsigned acknowledged = 0, cases = 0;

    for (volatile int tear = 0; tear < TEAR_KIND_COUNT; tear++) {
        for (volatile uint32_t cut_at = 1; cut_at <= STORAGE_IDENTITY_SIZE + STORAGE_SLOT_SIZE + 5;
             cut_at++) {
            reset(state);
            fake_port.cut_at = cut_at;
            fake_port.tear = (enum fake_tear)tear;
            fake_port.noise = 0x69;
            if (setjmp(fake_port.power_cut) == 0) {
                begin_adoption();
                hold(0x10, 60);
                run(400);
            }
            bool is_acknowledged = kiosk.shown.kind != SCREEN_IDLE || kiosk.shown.chosen == 5;
            acknowledged += is_acknowledged;
            cases++;
            boot();
            run(2 * ADOPTION_MS);
            assert_true(uplink_is_up(&kiosk.uplink));
            assert_memory_equal(kiosk.identity.key, line_key, SEAL_KEY_SIZE);
            assert_in_range(count_ratings(), is_acknowledged, 1);
        }
    }
    assert_in_range(acknowledged, 1, cases - 1);
}

/* A memory that does not hold the identity: the kiosk stays whose it was, and asks again, but not all the time. */
static void test_an_identity_that_cannot_be_kept_is_not_used(void **state)
{
    (void)state;
    fake_port.dead_from = STORAGE_IDENTITY;
    fake_port.dead_to = STORAGE_SPARE;
    run(5000);
    assert_true(kiosk.identity.kiosk_id == 0);
    assert_false(uplink_is_up(&kiosk.uplink));
    assert_in_range(collector.hellos, 3, 6);
}

/* Visits ---------------------------------------------------------------------------------------------- */

static void test_a_happy_visit_asks_who_whether_by_name_and_one_thing_more(void **state)
{
    uint32_t first = next_seq();

    (void)state;
    press(5);
    assert_int_equal(kiosk.shown.kind, SCREEN_WHO);
    press(2);
    assert_int_equal(kiosk.shown.kind, SCREEN_MENTION);
    press(3);
    assert_int_equal(kiosk.shown.kind, SCREEN_RETURNING);
    press(1);
    assert_int_equal(kiosk.shown.kind, SCREEN_THANKS);
    assert_non_null(kiosk.shown.name);
    finish_visit();
    ASSERT_VISIT(first, {QUESTION_RATING, 5}, {QUESTION_STAFF, 13}, {QUESTION_MENTION, MENTION_WILL_ASK},
                 {QUESTION_RETURNING, RETURNING_YES});
}

static void test_the_last_question_alternates_but_asked_today_is_always_followed_by_been_here(void **state)
{
    (void)state;
    static const uint8_t wanted[] = {SCREEN_RETURNING, SCREEN_STRENGTH, SCREEN_RETURNING, SCREEN_STRENGTH};
    for (int i = 0; i < 4; i++) {
        press(4);
        press(1);
        press(5);
        assert_int_equal(kiosk.shown.kind, wanted[i]);
        finish_visit();
        press(4);
        press(1);
        press(1);
        assert_int_equal(kiosk.shown.kind, SCREEN_RETURNING);
        finish_visit();
    }
}

static void test_a_middling_visit_asks_the_cause_then_who_and_thanks_without_a_name(void **state)
{
    uint32_t first = next_seq();

    (void)state;
    press(3);
    assert_int_equal(kiosk.shown.kind, SCREEN_CAUSE);
    press(4);
    assert_int_equal(kiosk.shown.kind, SCREEN_WHO);
    press(1);
    assert_int_equal(kiosk.shown.kind, SCREEN_SORRY);
    finish_visit();
    ASSERT_VISIT(first, {QUESTION_RATING, 3}, {QUESTION_CAUSE, CAUSE_PRODUCT}, {QUESTION_STAFF, 12});
}

static void test_an_unhappy_visit_offers_help_first(void **state)
{
    uint32_t first = next_seq();

    (void)state;
    press(1);
    assert_int_equal(kiosk.shown.kind, SCREEN_HELP);
    press(1);
    assert_int_equal(kiosk.shown.kind, SCREEN_CALLING);
    assert_int_equal(kiosk.shown.number[0], 0);
    run(3000);
    assert_int_equal(kiosk.shown.number[0], 1);
    SAY(HELP, help, .token = 9, .visit = first, .state = HELP_STATE_ON_THE_WAY);
    run(50);
    assert_int_equal(kiosk.shown.number[0], 2);
    press(3);
    assert_int_equal(kiosk.shown.kind, SCREEN_CAUSE);
    press(5);
    assert_int_equal(kiosk.shown.kind, SCREEN_WHO);
    press(5);
    assert_int_equal(kiosk.shown.kind, SCREEN_SORRY);
    finish_visit();
    ASSERT_VISIT(first, {QUESTION_RATING, 1}, {QUESTION_HELP, HELP_YES}, {QUESTION_CAUSE, CAUSE_PEOPLE},
                 {QUESTION_STAFF, ANSWER_SKIPPED});
}

/* A visit that called for help and is over. Its number. */
static uint32_t call_for_help(void)
{
    uint32_t first = next_seq();

    press(1);
    press(1);
    assert_int_equal(kiosk.shown.kind, SCREEN_CALLING);
    finish_visit();
    return first;
}

static void test_who_waits_is_told_at_the_idle_screen_that_somebody_comes(void **state)
{
    uint32_t first = call_for_help();

    (void)state;
    SAY(HELP, help, .token = 9, .visit = first, .state = HELP_STATE_OPEN);
    run(100);
    assert_int_equal(kiosk.shown.kind, SCREEN_IDLE);
    SAY(HELP, help, .token = 10, .visit = first, .state = HELP_STATE_ON_THE_WAY);
    run(100);
    assert_int_equal(kiosk.shown.kind, SCREEN_CALLING);
    assert_int_equal(kiosk.shown.number[0], SCREEN_CALLING_COMING);
    run(7800);
    assert_int_equal(kiosk.shown.kind, SCREEN_CALLING);
    run(300);
    assert_int_equal(kiosk.shown.kind, SCREEN_IDLE);
    SAY(HELP, help, .token = 11, .visit = first, .state = HELP_STATE_ON_THE_WAY);
    run(100);
    assert_int_equal(kiosk.shown.kind, SCREEN_IDLE); /* once */
}

static void test_a_press_turns_the_news_away_and_one_for_the_faces_is_a_rating(void **state)
{
    uint32_t first = call_for_help();

    (void)state;
    SAY(HELP, help, .token = 9, .visit = first, .state = HELP_STATE_ON_THE_WAY);
    run(1000);
    assert_int_equal(kiosk.shown.kind, SCREEN_CALLING);
    uint32_t next = next_seq();
    press(4);
    assert_int_equal(kiosk.shown.kind, SCREEN_IDLE);
    assert_int_equal(next_seq(), next); /* no faces were there to be rated with */
    first = call_for_help();
    next = next_seq();
    SAY(HELP, help, .token = 10, .visit = first, .state = HELP_STATE_ON_THE_WAY);
    run(50);
    assert_int_equal(kiosk.shown.kind, SCREEN_CALLING);
    press(5);
    assert_int_equal(next_seq(), next + 1);
    finish_visit();
    ASSERT_VISIT(next, {QUESTION_RATING, 5}, {QUESTION_STAFF, ANSWER_NONE});
}

static void test_news_of_another_call_or_of_its_end_shows_nothing(void **state)
{
    uint32_t first = call_for_help();

    (void)state;
    SAY(HELP, help, .token = 9, .visit = first - 1, .state = HELP_STATE_ON_THE_WAY);
    run(100);
    assert_int_equal(kiosk.shown.kind, SCREEN_IDLE);
    SAY(HELP, help, .token = 10, .visit = first, .state = HELP_STATE_CLOSED);
    run(100);
    assert_int_equal(kiosk.shown.kind, SCREEN_IDLE);
    SAY(HELP, help, .token = 11, .visit = first, .state = HELP_STATE_ON_THE_WAY);
    run(100);
    assert_int_equal(kiosk.shown.kind, SCREEN_IDLE);
}

static void test_the_managers_note_is_at_the_idle_screen_in_turns_with_who_serves(void **state)
{
    bool is_note_seen = false, is_name_seen = false;

    (void)state;
    SAY(NOTE, note, .token = 9, .size = 9, .text = "New signs");
    run(50);
    assert_string_equal(kiosk.shown.names[0], "New signs");
    SAY(NOTE, note, .token = 10, .size = 9, .text = "New tills");
    run(50);
    assert_string_equal(kiosk.shown.names[0], "New tills");
    SAY(PRESENCE, presence, .token = 11, .count = 1, .present = {{12, 600}});
    for (int i = 0; i < 20; i++) {
        run(1000);
        assert_int_equal(kiosk.shown.kind, SCREEN_IDLE);
        assert_true((kiosk.shown.name == NULL) != (kiosk.shown.names[0] == NULL));
        is_note_seen = is_note_seen || kiosk.shown.name == NULL;
        is_name_seen = is_name_seen || kiosk.shown.name != NULL;
    }
    assert_true(is_note_seen && is_name_seen);
    const char *before = kiosk.shown.names[0];
    hold(0x10, 120);
    assert_int_equal(kiosk.shown.chosen, 5);
    assert_ptr_equal(kiosk.shown.names[0], before); /* the faces stay where they were pressed */
    finish_visit();
    SAY(NOTE, note, .token = 12);
    run(9000);
    assert_null(kiosk.shown.names[0]);
}

static void test_help_is_not_offered_while_the_daemon_is_away_or_help_is_off(void **state)
{
    (void)state;
    SAY(SETTINGS, settings, .token = 9, .is_help_on = 0);
    run(50);
    press(2);
    assert_int_equal(kiosk.shown.kind, SCREEN_CAUSE);
    finish_visit();
    SAY(SETTINGS, settings, .token = 9, .is_help_on = 1);
    run(50);
    collector.is_silent = true;
    run(LINK_TIMEOUT_MS + 100);
    press(2);
    assert_int_equal(kiosk.shown.kind, SCREEN_CAUSE);
}

static void test_silence_is_stored_and_ends_the_visit(void **state)
{
    uint32_t first = next_seq();

    (void)state;
    press(5);
    run(VISIT_QUESTION_MS);
    assert_int_equal(kiosk.shown.kind, SCREEN_THANKS);
    finish_visit();
    ASSERT_VISIT(first, {QUESTION_RATING, 5}, {QUESTION_STAFF, ANSWER_NONE});
}

static void test_the_bar_drains(void **state)
{
    (void)state;
    press(3);
    uint8_t early = kiosk.shown.bar;
    run(4000);
    assert_true(kiosk.shown.bar < early);
    assert_true(kiosk.shown.bar > 0);
}

static void test_without_names_nobody_is_asked_about(void **state)
{
    struct message_roster nobody = {.token = 5};
    uint8_t body[16];
    uint32_t first = next_seq();

    (void)state;
    say(MESSAGE_ROSTER, body, message_roster_encode(&nobody, body, sizeof body));
    run(50);
    press(5);
    assert_int_equal(kiosk.shown.kind, SCREEN_RETURNING);
    press(5);
    finish_visit();
    ASSERT_VISIT(first, {QUESTION_RATING, 5}, {QUESTION_RETURNING, ANSWER_SKIPPED});
}

static void test_more_than_four_names_come_in_pages_from_a_different_start(void **state)
{
    char first_shown[2][STAFF_NAME_SIZE_MAX];

    (void)state;
    give_names(7);
    for (int visit = 0; visit < 2; visit++) {
        press(5);
        assert_true(kiosk.shown.has_more);
        assert_int_equal(kiosk.shown.name_count, 3);
        snprintf(first_shown[visit], sizeof first_shown[visit], "%s", kiosk.shown.names[0]);
        press(4);
        assert_string_not_equal(kiosk.shown.names[0], first_shown[visit]);
        press(4);
        press(5);
        finish_visit();
    }
    assert_string_not_equal(first_shown[0], first_shown[1]);
}

static void test_a_second_button_at_once_withdraws_the_rating(void **state)
{
    uint32_t first = next_seq();

    (void)state;
    hold(0x10, 100);
    hold(0x18, 100);
    run(100);
    assert_int_equal(kiosk.shown.kind, SCREEN_WITHDRAWN);
    finish_visit();
    ASSERT_VISIT(first, {QUESTION_RATING, 5}, {QUESTION_FLAG, FLAG_WITHDRAWN});
}

static void test_two_buttons_in_the_same_instant_are_a_withdrawn_rating(void **state)
{
    uint32_t first = next_seq();

    (void)state;
    hold(0x0A, 100);
    finish_visit();
    ASSERT_VISIT(first, {QUESTION_RATING, 2}, {QUESTION_FLAG, FLAG_WITHDRAWN});
}

static void test_a_new_screen_ignores_presses_for_half_a_second_and_its_opener_for_one(void **state)
{
    (void)state;
    hold(0x10, 120);
    run(400); /* the question has been on for about 200 ms */
    assert_int_equal(kiosk.shown.kind, SCREEN_WHO);
    hold(0x01, 100);
    run(100);
    assert_int_equal(kiosk.shown.kind, SCREEN_WHO);
    hold(0x10, 100); /* the opener: 500 ms are over, 1 s is not */
    run(100);
    assert_int_equal(kiosk.shown.kind, SCREEN_WHO);
    run(400);
    press(1);
    assert_int_equal(kiosk.shown.kind, SCREEN_MENTION);
}

static void test_a_choice_stays_visible_for_a_moment(void **state)
{
    (void)state;
    hold(0x10, 60);
    assert_int_equal(kiosk.shown.chosen, 5);
    run(200);
    assert_int_equal(kiosk.shown.chosen, 5);
    run(100);
    assert_int_equal(kiosk.shown.chosen, 0);
    assert_int_equal(kiosk.shown.kind, SCREEN_WHO);
}

static void test_after_a_visit_presses_are_ignored_for_three_seconds(void **state)
{
    (void)state;
    press(3);
    press(1);
    run(200);
    press(5); /* skip: thanks */
    assert_int_equal(kiosk.shown.kind, SCREEN_SORRY);
    uint32_t next = next_seq();
    hold(0x10, 120);
    run(200);
    assert_int_equal(next_seq(), next);
    finish_visit();
    press(5);
    assert_int_equal(next_seq(), next + 1);
}

static void test_the_answer_is_durable_before_its_screen_shows_it(void **state)
{
    (void)state;
    uint32_t next = next_seq();
    fake_port.buttons = 0x10;
    while (kiosk.shown.chosen == 0) {
        assert_int_equal(next_seq(), next);
        run(PORT_TICK_MS);
    }
    struct answer answer;
    assert_int_equal(journal_read(&kiosk.journal, next, &answer), JOURNAL_ANSWER);
    assert_int_equal(answer.value, 5);
}

static void test_a_press_that_is_taken_sounds_and_no_other_does(void **state)
{
    (void)state;
    assert_int_equal(fake_port.beeps, 0);
    hold(0x10, 120);
    assert_int_equal(fake_port.beeps, 1);
    run(400);
    hold(0x01, 100); /* the question has just come */
    assert_int_equal(fake_port.beeps, 1);
    run(1300);
    press(1);
    assert_int_equal(fake_port.beeps, 2);
    assert_int_equal(kiosk.shown.kind, SCREEN_MENTION);
}

static void test_a_stuck_button_is_flagged_after_ten_seconds(void **state)
{
    (void)state;
    uint32_t first = next_seq();
    hold(0x01, 10500);
    bool is_flagged = false;
    for (uint32_t seq = first; seq <= collector.received; seq++) {
        const struct answer *answer = &collector.answers[seq];
        if (answer->question == QUESTION_FLAG && answer->value == FLAG_STUCK) {
            assert_int_equal(seq - answer->visit_back, first);
            is_flagged = true;
        }
    }
    assert_true(is_flagged);
    assert_true(kiosk.buttons.stuck & 0x01);
}

static void test_a_follow_up_that_could_not_be_stored_is_not_acknowledged(void **state)
{
    (void)state;
    press(5);
    assert_int_equal(kiosk.shown.kind, SCREEN_WHO);
    fake_port.dead_to = STORAGE_ROSTER; /* every cell of the journal dies */
    fake_port.buttons = 0x01;
    for (int i = 0; i < 100; i++) {
        run(PORT_TICK_MS);
        assert_int_equal(kiosk.shown.chosen, 0);
    }
    assert_int_equal(kiosk.shown.kind, SCREEN_THANKS);
    assert_null(kiosk.shown.name);
}

static void test_a_rating_button_held_opens_the_languages(void **state)
{
    uint32_t first = next_seq();

    (void)state;
    hold(0x10, 1200);
    run(100);
    assert_int_equal(kiosk.shown.kind, SCREEN_LANGUAGE);
    run(1000);
    press(2);
    assert_int_equal(kiosk.shown.kind, SCREEN_WHO);
    assert_int_equal(kiosk.shown.language, LANGUAGE_DE);
    press(1);
    finish_visit();
    assert_int_equal(kiosk.shown.language, LANGUAGE_EN);
    assert_int_equal(collector.answers[first].value, 5);
    assert_int_equal(collector.answers[first + 1].question, QUESTION_STAFF);
}

static void test_from_three_quarters_full_only_ratings_are_asked_and_full_refuses_honestly(void **state)
{
    (void)state;
    collector.is_silent = true;
    while (journal_free(&kiosk.journal) >= JOURNAL_RESERVED) {
        press(3);
        assert_int_equal(kiosk.shown.kind,
                         journal_free(&kiosk.journal) >= JOURNAL_RESERVED ? SCREEN_CAUSE : SCREEN_SORRY);
        finish_visit();
    }
    while (journal_free(&kiosk.journal) > 0) {
        press(5);
        assert_int_equal(kiosk.shown.kind, SCREEN_THANKS);
        finish_visit();
    }
    press(5);
    assert_int_equal(kiosk.shown.kind, SCREEN_FULL);
    finish_visit();
    assert_int_equal(kiosk.visit.refused, 1);
    collector.is_silent = false;
    run(8000);
    assert_int_equal(journal_pending(&kiosk.journal), 0);
    press(5);
    assert_int_equal(kiosk.shown.kind, SCREEN_WHO);
}

/* Staff ----------------------------------------------------------------------------------------------- */

static void open_menu(void)
{
    hold(0x11, 2300);
    run(300);
    assert_int_equal(kiosk.shown.kind, SCREEN_STAFF_WHO);
}

static void test_the_outer_buttons_open_the_menu_and_store_no_rating(void **state)
{
    uint32_t next = next_seq();

    (void)state;
    open_menu();
    assert_int_equal(next_seq(), next);
    run(STAFF_MENU_IDLE_MS);
    assert_int_equal(kiosk.shown.kind, SCREEN_IDLE);
}

static void test_outer_buttons_far_apart_leave_a_withdrawn_rating_and_open_the_menu(void **state)
{
    uint32_t next = next_seq();

    (void)state;
    hold(0x01, 80);
    hold(0x11, 2300);
    run(300);
    assert_int_equal(kiosk.shown.kind, SCREEN_STAFF_WHO);
    ASSERT_VISIT(next, {QUESTION_RATING, 1}, {QUESTION_FLAG, FLAG_WITHDRAWN});
}

static void test_signing_on_names_the_server_and_asks_nobody_who(void **state)
{
    uint32_t first = next_seq();

    (void)state;
    open_menu();
    press(2); /* no PIN */
    assert_int_equal(kiosk.shown.kind, SCREEN_STAFF_MENU);
    assert_int_equal(kiosk.shown.number[0], 0); /* so no counts */
    press(1);
    assert_int_equal(kiosk.shown.kind, SCREEN_STAFF_DONE);
    run(3000);
    assert_int_equal(kiosk.shown.kind, SCREEN_IDLE);
    assert_string_equal(kiosk.shown.name, "Name B");
    press(5);
    assert_int_equal(kiosk.shown.kind, SCREEN_MENTION);
    press(1);
    finish_visit();
    assert_int_equal(collector.answers[first].question, QUESTION_SIGN_ON);
    assert_int_equal(collector.answers[first].value, 12);
    assert_int_equal(collector.answers[first + 1].question, QUESTION_RATING);
    assert_int_equal(collector.answers[first + 2].question, QUESTION_SERVED);
    assert_int_equal(collector.answers[first + 2].value, 12);
    assert_int_equal(collector.answers[first + 3].question, QUESTION_MENTION);
    open_menu();
    press(2);
    press(1);
    run(3000);
    assert_null(kiosk.shown.name);
    assert_int_equal(collector.answers[collector.received].question, QUESTION_SIGN_OFF);
}

static void test_an_open_help_call_comes_first_and_is_acknowledged_for_good(void **state)
{
    uint32_t next = next_seq();

    (void)state;
    SAY(HELP, help, .token = 9, .visit = 1, .state = HELP_STATE_OPEN);
    run(50);
    open_menu();
    press(2);
    assert_int_equal(kiosk.shown.kind, SCREEN_STAFF_HELP);
    press(5); /* not now */
    assert_int_equal(kiosk.shown.kind, SCREEN_STAFF_MENU);
    press(5);
    assert_int_equal(next_seq(), next);
    collector.is_silent = true; /* the line may break now */
    open_menu();
    press(2);
    assert_int_equal(kiosk.shown.kind, SCREEN_STAFF_HELP);
    press(3);
    assert_int_equal(kiosk.shown.kind, SCREEN_STAFF_HELP);
    press(1);
    assert_int_equal(kiosk.shown.kind, SCREEN_CALLING);
    assert_int_equal(kiosk.shown.number[0], SCREEN_CALLING_COMING);
    run(2000);
    assert_int_equal(kiosk.shown.kind, SCREEN_IDLE);
    open_menu();
    press(2);
    assert_int_equal(kiosk.shown.kind,
                     SCREEN_STAFF_MENU); /* it is answered, whether the daemon knows or not */
    press(5);
    boot();
    collector.is_silent = false;
    run(3000);
    assert_int_equal(collector.answers[next].question, QUESTION_HERE);
    assert_int_equal(collector.answers[next].value, 12);
    assert_int_equal(collector.answers[next].visit_back, 0);
}

static void test_a_help_call_is_answered_by_whoever_has_the_pin(void **state)
{
    (void)state;
    SAY(HELP, help, .token = 9, .visit = 1, .state = HELP_STATE_OPEN);
    run(50);
    open_menu();
    press(1);
    assert_int_equal(kiosk.shown.kind, SCREEN_STAFF_PIN);
    for (int i = 0; i < 4; i++)
        press(1);
    assert_int_equal(kiosk.shown.kind, SCREEN_STAFF_HELP);
    SAY(HELP, help, .token = 10, .visit = 1, .state = HELP_STATE_CLOSED);
    press(5);
    press(5);
    open_menu();
    press(2);
    assert_int_equal(kiosk.shown.kind, SCREEN_STAFF_MENU);
}

static void test_a_help_call_that_was_over_while_the_line_was_down_is_forgotten(void **state)
{
    (void)state;
    SAY(HELP, help, .token = 9, .visit = 1, .state = HELP_STATE_OPEN);
    run(50);
    assert_int_equal(kiosk.uplink.help_state, HELP_STATE_OPEN);
    collector.is_silent = true;
    run(LINK_TIMEOUT_MS + 100);
    collector.is_silent = false;
    run(3000);
    assert_true(uplink_is_up(&kiosk.uplink));
    open_menu();
    press(2);
    assert_int_equal(kiosk.shown.kind, SCREEN_STAFF_MENU);
}

static void test_a_help_call_that_cannot_be_kept_as_answered_is_not(void **state)
{
    (void)state;
    SAY(HELP, help, .token = 9, .visit = 1, .state = HELP_STATE_OPEN);
    run(50);
    collector.is_acking = false;
    struct answer filler = {.question = QUESTION_BOOT};
    while (journal_append(&kiosk.journal, &filler, 0) == JOURNAL_OK) {
    }
    open_menu();
    press(2);
    press(1);
    assert_int_equal(kiosk.shown.kind, SCREEN_FULL);
    assert_int_equal(kiosk.uplink.help_state, HELP_STATE_OPEN);
}

static void test_counts_show_only_behind_the_right_pin(void **state)
{
    (void)state;
    SAY(COUNTS, counts, .token = 3, .staff_id = 11, .asked_today = 3, .answered_today = 12);
    run(50);
    open_menu();
    press(1);
    assert_int_equal(kiosk.shown.kind, SCREEN_STAFF_PIN);
    for (int i = 0; i < 4; i++) {
        assert_int_equal(kiosk.shown.number[0], i);
        press(1);
    }
    assert_int_equal(kiosk.shown.kind, SCREEN_STAFF_MENU);
    assert_int_equal(kiosk.shown.number[0], 1);
    assert_int_equal(kiosk.shown.number[2], 3);
    assert_int_equal(kiosk.shown.number[3], 12);
}

static void enter_wrong_pin(void)
{
    for (int i = 0; i < 4; i++)
        press(2);
}

static void test_three_wrong_pins_lock_for_a_minute(void **state)
{
    (void)state;
    open_menu();
    press(1);
    enter_wrong_pin();
    assert_int_equal(kiosk.shown.kind, SCREEN_STAFF_WRONG);
    assert_int_equal(kiosk.shown.number[0], 2);
    run(2500);
    enter_wrong_pin();
    run(2500);
    enter_wrong_pin();
    assert_int_equal(kiosk.shown.kind, SCREEN_STAFF_LOCKED);
    run(20000);
    open_menu();
    press(1);
    assert_int_equal(kiosk.shown.kind, SCREEN_STAFF_LOCKED);
    run(60000);
    open_menu();
    press(1);
    assert_int_equal(kiosk.shown.kind, SCREEN_STAFF_PIN);
}

static void test_presence_comes_back_after_a_power_cut(void **state)
{
    (void)state;
    run(6000); /* the names are written in idle moments */
    boot();
    run(300);
    assert_int_equal(collector.hello.needs_presence, 1);
    SAY(PRESENCE, presence, .token = 4, .count = 1, .present = {{.staff_id = 13, .minutes_left = 60}});
    run(50);
    assert_string_equal(kiosk.shown.name, "Name C");
}

/* Awkward fingers ------------------------------------------------------------------------------ */

static void test_a_press_is_seen_without_waiting_for_the_tick(void **state)
{
    (void)state;
    assert_int_equal(kiosk.buttons.raw, 0);
    fake_port.buttons = 4;
    kiosk_step(&kiosk); /* in the same millisecond as the look before */
    assert_int_equal(kiosk.buttons.raw, 4);
    fake_port.now_ms += BUTTONS_PRESS_MS - 1;
    kiosk_step(&kiosk);
    assert_int_equal(kiosk.shown.chosen, 0); /* a pause vouches for a little only */
    for (uint8_t i = 0; i < BUTTONS_PRESS_MS; i++) {
        fake_port.now_ms++;
        kiosk_step(&kiosk);
    }
    assert_int_equal(kiosk.shown.chosen, 3);
}

/* Neither is begun when a button has gone down meanwhile: the next step looks at it. */
static void test_a_press_waits_for_one_page_or_one_step_of_the_line(void **state)
{
    uint32_t written = fake_port.write_count;

    (void)state;
    kiosk.display.pending = 1;
    kiosk.uplink.link.health_due_ms = fake_port.now_ms; /* something to say, and something to write */
    kiosk.journal.erase_left = STORAGE_SLOT_SIZE;
    kiosk.journal.may_be_torn = true;
    fake_port.pressed_by_display = 1;
    assert_true(kiosk_step(&kiosk));
    assert_int_equal(kiosk.buttons.raw, 0);
    assert_int_equal(fake_port.tx_size, 0);
    assert_int_equal(fake_port.write_count, written);
    assert_true(kiosk_step(&kiosk));
    assert_int_equal(kiosk.buttons.raw, 1);
    fake_port.buttons = 0;
    fake_port.now_ms += PORT_TICK_MS;
    fake_port.pressed_by_line = 1;
    assert_true(kiosk_step(&kiosk));
    assert_true(fake_port.tx_size > 0);
    assert_int_equal(kiosk.buttons.raw, 0);
    assert_int_equal(fake_port.write_count, written);
    assert_true(kiosk_step(&kiosk));
    assert_int_equal(kiosk.buttons.raw, 1);
}

/* Nobody looks: answers that were never sent go first, and then the display is brought up to date. */
static void test_the_display_waits_for_a_backlog_unless_somebody_is_there(void **state)
{
    (void)state;
    collector.is_silent = true;
    run(LINK_TIMEOUT_MS + 100);
    for (uint8_t i = 0; i < 4; i++) {
        press(5);
        finish_visit();
    }
    collector.is_silent = false;
    boot();
    for (unsigned i = 0; i < 100 && !uplink_is_behind(&kiosk.uplink); i++)
        run(PORT_TICK_MS);
    assert_true(uplink_is_behind(&kiosk.uplink));
    kiosk.display.pending = 0xFF;
    uint32_t written = fake_port.display_writes;
    fake_port.is_line_full = true;
    run(50);
    assert_int_equal(fake_port.display_writes, written);
    kiosk.visit.rating = 5;
    kiosk.visit.state = VISIT_CHOSEN;
    kiosk.visit.since_ms = fake_port.now_ms;
    run(PORT_TICK_MS);
    assert_true(fake_port.display_writes > written);
    kiosk.visit.state = VISIT_IDLE;
    fake_port.is_line_full = false;
    run(200);
    assert_false(uplink_is_behind(&kiosk.uplink));
    assert_int_equal(kiosk.display.pending, 0);
}

static void test_a_note_told_again_draws_nothing_anew(void **state)
{
    (void)state;
    SAY(NOTE, note, .token = 7, .size = 3, .text = "new");
    run(50);
    uint8_t generation = kiosk.roster.generation;
    unsigned replies = collector.replies;
    SAY(NOTE, note, .token = 8, .size = 3, .text = "new");
    run(50);
    assert_int_equal(collector.replies, replies + 1);
    assert_int_equal(kiosk.roster.generation, generation);
    SAY(NOTE, note, .token = 9, .size = 0, .text = "");
    run(50);
    assert_int_equal(kiosk.roster.generation, generation + 1);
}

/* At the end of a question's time: neither is "nobody pressed" stored, nor another screen drawn, under a finger. */
static void test_what_time_makes_due_waits_for_a_press_on_its_way(void **state)
{
    (void)state;
    press(2);
    assert_int_equal(kiosk.visit.state, VISIT_ASKING);
    uint32_t seq = next_seq();
    uint32_t left_ms = kiosk.visit.since_ms + VISIT_QUESTION_MS - fake_port.now_ms;
    run(left_ms - 10 - left_ms % PORT_TICK_MS);
    enum screen_kind kind = kiosk.shown.kind;
    fake_port.buttons = 1;
    run(20);
    assert_int_equal(next_seq(), seq);
    assert_int_equal(kiosk.shown.kind, kind);
    assert_int_equal(kiosk.shown.chosen, 0);
    run(15);
    assert_int_equal(kiosk.shown.chosen, 1);
    fake_port.buttons = 0;
    finish_visit();
}

static void test_a_double_tap_on_one_button_is_one_rating(void **state)
{
    uint32_t first = next_seq();

    (void)state;
    hold(0x10, 40);
    run(190);
    hold(0x10, 60);
    run(600);
    assert_int_equal(kiosk.shown.kind, SCREEN_WHO);
    assert_int_equal(next_seq(), first + 1);
}

static void test_a_stuck_outer_button_leaves_the_other_four_their_ratings(void **state)
{
    (void)state;
    fake_port.buttons = 0x10; /* stuck */
    run(40000);
    for (uint8_t button = 1; button <= 4; button++) {
        uint32_t next = next_seq();
        fake_port.buttons = (uint8_t)(0x10 | 1 << (button - 1));
        run(120);
        fake_port.buttons = 0x10;
        run(20000);
        assert_true(next_seq() > next);
        assert_int_equal(collector.answers[next].question, QUESTION_RATING);
        assert_int_equal(collector.answers[next].value, button);
    }
}

static void test_a_stuck_inner_button_does_not_lock_staff_out(void **state)
{
    (void)state;
    fake_port.buttons = 0x04;
    run(40000);
    fake_port.buttons = 0x15;
    run(2500);
    assert_int_equal(kiosk.shown.kind, SCREEN_STAFF_WHO);
}

static void test_outer_buttons_further_apart_than_a_choice_still_withdraw_and_open_the_menu(void **state)
{
    uint32_t next = next_seq();

    (void)state;
    hold(0x01, 500);
    hold(0x11, 2300);
    run(300);
    assert_int_equal(kiosk.shown.kind, SCREEN_STAFF_WHO);
    assert_int_equal(collector.answers[next].question, QUESTION_RATING);
    assert_int_equal(collector.answers[next + 1].question, QUESTION_FLAG);
    assert_int_equal(collector.answers[next + 1].value, FLAG_WITHDRAWN);
}

static void test_two_buttons_at_once_show_the_rating_first(void **state)
{
    (void)state;
    fake_port.buttons = 0x0A;
    while (kiosk.shown.chosen == 0)
        run(PORT_TICK_MS);
    fake_port.buttons = 0;
    assert_int_equal(kiosk.shown.kind, SCREEN_IDLE);
    run(20);
    assert_int_equal(kiosk.shown.kind, SCREEN_WITHDRAWN);
}

static void test_calling_guards_the_button_that_leaves_it(void **state)
{
    (void)state;
    press(1);
    press(1);
    assert_int_equal(kiosk.shown.kind, SCREEN_CALLING);
    run(1000);
    hold(0x04, 60);
    assert_int_equal(kiosk.shown.kind, SCREEN_CAUSE);
    run(650);
    hold(0x04, 60);
    run(100);
    assert_int_equal(kiosk.shown.kind, SCREEN_CAUSE);
    assert_int_equal(kiosk.shown.chosen, 0);
}

static void test_languages_come_back_to_the_question_that_was_due(void **state)
{
    struct message_roster nobody = {.token = 5};
    uint8_t body[16];

    (void)state;
    say(MESSAGE_ROSTER, body, message_roster_encode(&nobody, body, sizeof body));
    run(50);
    static const uint8_t wanted[] = {SCREEN_RETURNING, SCREEN_STRENGTH};
    for (int i = 0; i < 4; i++) {
        hold(0x10, 1200);
        run(1200);
        press(2);
        assert_int_equal(kiosk.shown.kind, wanted[i % 2]);
        finish_visit();
    }
}

static void test_a_question_behind_the_languages_is_stored_as_shown(void **state)
{
    uint32_t first = next_seq();

    (void)state;
    hold(0x10, 1200);
    finish_visit();
    ASSERT_VISIT(first, {QUESTION_RATING, 5}, {QUESTION_STAFF, ANSWER_NONE});
}

static void test_who_answered_is_not_asked_for_the_language(void **state)
{
    (void)state;
    fake_port.buttons = 0x04;
    run(950);
    fake_port.buttons = 0x05; /* answers the first question with the rating button still down */
    run(150);
    fake_port.buttons = 0x04;
    run(600);
    assert_int_not_equal(kiosk.shown.kind, SCREEN_LANGUAGE);
}

static void test_a_nearly_full_journal_keeps_ratings_only_also_while_someone_is_signed_on(void **state)
{
    (void)state;
    assert_true(roster_sign_on(&kiosk.roster, 12, kiosk.uptime_s));
    collector.is_silent = true;
    while (journal_free(&kiosk.journal) >= JOURNAL_RESERVED) {
        press(5);
        finish_visit();
    }
    uint32_t next = next_seq();
    press(5);
    finish_visit();
    assert_int_equal(next_seq(), next + 1);
}

static void test_ones_own_pin_does_not_forgive_wrong_ones(void **state)
{
    struct message_roster piece = {.token = 90,
                                   .index = 1,
                                   .count = 3,
                                   .entry = {.id = 12, .flags = 1, .pin = 624, .name_size = 1, .name = "B"}};
    uint8_t body[80];

    (void)state;
    give_names(1);
    give_names(3);
    say(MESSAGE_ROSTER, body, message_roster_encode(&piece, body, sizeof body));
    run(50);
    open_menu();
    press(1);
    enter_wrong_pin();
    run(2500);
    enter_wrong_pin();
    run(20000);
    open_menu();
    press(2);
    for (int i = 0; i < 4; i++)
        press(5);
    assert_int_equal(kiosk.shown.kind, SCREEN_STAFF_MENU);
    press(5);
    run(1000);
    open_menu();
    press(1);
    enter_wrong_pin();
    assert_int_equal(kiosk.shown.kind, SCREEN_STAFF_LOCKED);
}

static void test_a_lock_that_ends_on_the_screen_asks_for_the_pin_again(void **state)
{
    (void)state;
    open_menu();
    press(1);
    for (int i = 0; i < 3; i++) {
        enter_wrong_pin();
        run(2500);
    }
    run(48000);
    open_menu();
    press(1);
    uint16_t last = 60;
    while (kiosk.shown.kind == SCREEN_STAFF_LOCKED) {
        assert_true(kiosk.shown.number[0] <= last);
        last = kiosk.shown.number[0];
        run(100);
    }
    assert_int_equal(kiosk.shown.kind, SCREEN_STAFF_PIN);
}

static void test_presence_joins_those_who_signed_on_meanwhile(void **state)
{
    (void)state;
    run(6000);
    boot();
    collector.is_silent = true;
    run(200);
    assert_true(roster_sign_on(&kiosk.roster, 13, kiosk.uptime_s));
    collector.is_silent = false;
    run(1500);
    assert_int_equal(collector.hello.needs_presence, 1);
    SAY(PRESENCE, presence, .token = 4, .count = 2,
        .present = {{.staff_id = 11, .minutes_left = 60}, {13, 5}});
    run(50);
    assert_true(roster_is_signed_on(&kiosk.roster, 11));
    assert_true(roster_is_signed_on(&kiosk.roster, 13));
    assert_int_equal(kiosk.roster.signed_on_count, 2);
}

static void test_leaving_the_database_forgets_its_names(void **state)
{
    (void)state;
    run(6000);
    collector.is_silent = true;
    fake_port_reboot();
    fake_port.buttons = 0x0A;
    kiosk_init(&kiosk);
    assert_int_equal(kiosk.roster.count, 3);
    run(1200);
    fake_port.buttons = 0;
    assert_int_equal(kiosk.roster.count, 0);
    run(6000);
    boot();
    assert_int_equal(kiosk.roster.count, 0);
}

static void test_no_gesture_is_seen_after_a_watchdog_reset(void **state)
{
    (void)state;
    fake_port_reboot();
    fake_port.reset_causes = RESET_WATCHDOG;
    fake_port.buttons = 0x0A;
    kiosk_init(&kiosk);
    run(1200);
    assert_true(kiosk.identity.kiosk_id == KIOSK_ID);
}

static void test_no_boot_is_claimed_while_a_finger_is_down(void **state)
{
    (void)state;
    fake_port.buttons = 0x10;
    run(15);
    uint32_t next = next_seq();
    run(10);
    assert_int_equal(next_seq(), next);
}

/* Power-up gestures -------------------------------------------------------------------------------------- */

static void test_button_three_at_power_up_runs_the_self_test(void **state)
{
    (void)state;
    fake_port_reboot();
    fake_port.buttons = 0x04;
    kiosk_init(&kiosk);
    uint32_t next = next_seq();
    run(1100);
    assert_int_equal(kiosk.shown.kind, SCREEN_SELF_TEST);
    fake_port.buttons = 0;
    run(500);
    assert_int_equal(kiosk.shown.number[1], SCREEN_TEST_GOOD);
    assert_int_equal(kiosk.shown.number[2], SCREEN_TEST_GOOD);
    for (uint8_t button = 1; button <= 5; button++)
        press(button);
    assert_int_equal(kiosk.shown.number[0], 0x1F);
    press(1);
    assert_int_equal(kiosk.shown.kind, SCREEN_IDLE);
    assert_in_range(next_seq(), next, next + 1); /* nothing but the boot */
}

static void test_buttons_two_and_four_at_power_up_leave_the_database_but_keep_the_journal(void **state)
{
    (void)state;
    collector.is_silent = true;
    press(5);
    uint16_t pending = journal_pending(&kiosk.journal);
    assert_int_equal(pending, 1);
    fake_port_reboot();
    fake_port.buttons = 0x0A;
    kiosk_init(&kiosk);
    run(1200);
    fake_port.buttons = 0;
    assert_true(kiosk.identity.kiosk_id == 0);
    assert_false(seal_is_key(kiosk.identity.key));
    assert_int_equal(journal_pending(&kiosk.journal), pending);
}

static void test_a_missing_display_stops_nothing(void **state)
{
    (void)state;
    fake_port.is_display_absent = true;
    boot();
    fake_port.is_display_absent = true;
    uint32_t first = next_seq();
    run(300);
    press(4);
    finish_visit();
    assert_true(collector.received > first);
    assert_true(kiosk.display.faults > 0);
}

static void test_a_deaf_line_stops_nothing(void **state)
{
    (void)state;
    fake_port.is_line_full = true;
    uint32_t next = next_seq();
    press(4);
    finish_visit();
    assert_true(next_seq() > next);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test_setup(test_a_blank_kiosk_is_adopted_and_stays_so, reset),
    cmocka_unit_test_setup(test_a_kiosk_sends_nothing_to_another_database, reset),
    cmocka_unit_test_setup(test_a_strangers_adoption_is_ignored, reset),
    cmocka_unit_test_setup(test_a_kiosk_at_rest_says_a_heartbeat_every_five_seconds, reset),
    cmocka_unit_test_setup(test_a_time_that_cannot_be_read_is_none, reset),
    cmocka_unit_test_setup(test_answers_given_offline_arrive_later_once, reset),
    cmocka_unit_test_setup(test_an_ack_for_another_journal_is_ignored, reset),
    cmocka_unit_test_setup(test_an_unacknowledged_answer_is_sent_again, reset),
    cmocka_unit_test_setup(test_a_journal_without_its_past_gets_a_new_id, reset),
    cmocka_unit_test_setup(test_a_journal_without_its_past_gets_a_new_id_without_a_key_too, reset),
    cmocka_unit_test_setup(test_damaged_answers_are_reported_lost, reset),
    cmocka_unit_test_setup(test_answers_acknowledged_before_are_sent_to_an_older_database, reset),
    cmocka_unit_test_setup(test_a_kiosk_with_a_key_says_nothing_unsealed_but_hello, reset),
    cmocka_unit_test_setup(test_forged_acks_drop_nothing_and_are_counted, reset),
    cmocka_unit_test_setup(test_forged_orders_of_every_kind_are_ignored, reset),
    cmocka_unit_test_setup(test_wait_and_renew_from_anybody_only_delay, reset),
    cmocka_unit_test_setup(test_a_conversation_replayed_to_the_kiosk_after_a_reboot_is_ignored, reset),
    cmocka_unit_test_setup(test_a_torn_mark_does_not_make_the_daemon_look_forgetful, reset_ready),
    cmocka_unit_test_setup(test_what_an_older_database_lacks_is_not_taken_for_a_torn_mark, reset_ready),
    cmocka_unit_test_setup(test_a_second_welcome_opens_no_second_conversation, reset),
    cmocka_unit_test_setup(test_a_changed_hello_is_answered_in_vain, reset),
    cmocka_unit_test_setup(test_two_daemons_on_one_line_do_not_confuse_a_kiosk, reset),
    cmocka_unit_test_setup(test_the_boot_is_claimed_when_an_ack_makes_room_in_a_full_journal, reset),
    cmocka_unit_test_setup(test_a_cut_anywhere_in_adoption_ends_in_an_adopted_kiosk, reset),
    cmocka_unit_test_setup(test_a_cut_anywhere_in_a_new_journals_adoption_leaves_the_key, reset),
    cmocka_unit_test_setup(test_a_cut_anywhere_in_the_gesture_leaves_the_key_or_none_and_every_answer, reset),
    cmocka_unit_test_setup(test_a_press_does_not_wait_for_adoption, reset),
    cmocka_unit_test_setup(test_a_cut_in_adoption_keeps_the_rating_that_was_acknowledged_meanwhile, reset),
    cmocka_unit_test_setup(test_an_identity_that_cannot_be_kept_is_not_used, reset),
    cmocka_unit_test_setup(test_a_roster_is_not_taken_during_a_visit, reset_ready),
    cmocka_unit_test_setup(test_a_happy_visit_asks_who_whether_by_name_and_one_thing_more, reset_ready),
    cmocka_unit_test_setup(test_the_last_question_alternates_but_asked_today_is_always_followed_by_been_here,
                           reset_ready),
    cmocka_unit_test_setup(test_a_middling_visit_asks_the_cause_then_who_and_thanks_without_a_name,
                           reset_ready),
    cmocka_unit_test_setup(test_an_unhappy_visit_offers_help_first, reset_ready),
    cmocka_unit_test_setup(test_help_is_not_offered_while_the_daemon_is_away_or_help_is_off, reset_ready),
    cmocka_unit_test_setup(test_who_waits_is_told_at_the_idle_screen_that_somebody_comes, reset_ready),
    cmocka_unit_test_setup(test_a_press_turns_the_news_away_and_one_for_the_faces_is_a_rating, reset_ready),
    cmocka_unit_test_setup(test_news_of_another_call_or_of_its_end_shows_nothing, reset_ready),
    cmocka_unit_test_setup(test_the_managers_note_is_at_the_idle_screen_in_turns_with_who_serves,
                           reset_ready),
    cmocka_unit_test_setup(test_an_open_help_call_comes_first_and_is_acknowledged_for_good, reset_ready),
    cmocka_unit_test_setup(test_a_help_call_is_answered_by_whoever_has_the_pin, reset_ready),
    cmocka_unit_test_setup(test_a_help_call_that_was_over_while_the_line_was_down_is_forgotten, reset_ready),
    cmocka_unit_test_setup(test_a_help_call_that_cannot_be_kept_as_answered_is_not, reset_ready),
    cmocka_unit_test_setup(test_silence_is_stored_and_ends_the_visit, reset_ready),
    cmocka_unit_test_setup(test_the_bar_drains, reset_ready),
    cmocka_unit_test_setup(test_without_names_nobody_is_asked_about, reset_ready),
    cmocka_unit_test_setup(test_more_than_four_names_come_in_pages_from_a_different_start, reset_ready),
    cmocka_unit_test_setup(test_a_second_button_at_once_withdraws_the_rating, reset_ready),
    cmocka_unit_test_setup(test_two_buttons_in_the_same_instant_are_a_withdrawn_rating, reset_ready),
    cmocka_unit_test_setup(test_a_new_screen_ignores_presses_for_half_a_second_and_its_opener_for_one,
                           reset_ready),
    cmocka_unit_test_setup(test_a_choice_stays_visible_for_a_moment, reset_ready),
    cmocka_unit_test_setup(test_after_a_visit_presses_are_ignored_for_three_seconds, reset_ready),
    cmocka_unit_test_setup(test_the_answer_is_durable_before_its_screen_shows_it, reset_ready),
    cmocka_unit_test_setup(test_a_press_that_is_taken_sounds_and_no_other_does, reset_ready),
    cmocka_unit_test_setup(test_a_stuck_button_is_flagged_after_ten_seconds, reset_ready),
    cmocka_unit_test_setup(test_a_follow_up_that_could_not_be_stored_is_not_acknowledged, reset_ready),
    cmocka_unit_test_setup(test_a_rating_button_held_opens_the_languages, reset_ready),
    cmocka_unit_test_setup(test_from_three_quarters_full_only_ratings_are_asked_and_full_refuses_honestly,
                           reset_ready),
    cmocka_unit_test_setup(test_the_outer_buttons_open_the_menu_and_store_no_rating, reset_ready),
    cmocka_unit_test_setup(test_outer_buttons_far_apart_leave_a_withdrawn_rating_and_open_the_menu,
                           reset_ready),
    cmocka_unit_test_setup(test_signing_on_names_the_server_and_asks_nobody_who, reset_ready),
    cmocka_unit_test_setup(test_counts_show_only_behind_the_right_pin, reset_ready),
    cmocka_unit_test_setup(test_three_wrong_pins_lock_for_a_minute, reset_ready),
    cmocka_unit_test_setup(test_presence_comes_back_after_a_power_cut, reset_ready),
    cmocka_unit_test_setup(test_button_three_at_power_up_runs_the_self_test, reset_ready),
    cmocka_unit_test_setup(test_buttons_two_and_four_at_power_up_leave_the_database_but_keep_the_journal,
                           reset_ready),
    cmocka_unit_test_setup(test_a_press_is_seen_without_waiting_for_the_tick, reset_ready),
    cmocka_unit_test_setup(test_a_press_waits_for_one_page_or_one_step_of_the_line, reset_ready),
    cmocka_unit_test_setup(test_the_display_waits_for_a_backlog_unless_somebody_is_there, reset_ready),
    cmocka_unit_test_setup(test_a_note_told_again_draws_nothing_anew, reset_ready),
    cmocka_unit_test_setup(test_what_time_makes_due_waits_for_a_press_on_its_way, reset_ready),
    cmocka_unit_test_setup(test_a_double_tap_on_one_button_is_one_rating, reset_ready),
    cmocka_unit_test_setup(test_a_stuck_outer_button_leaves_the_other_four_their_ratings, reset_ready),
    cmocka_unit_test_setup(test_a_stuck_inner_button_does_not_lock_staff_out, reset_ready),
    cmocka_unit_test_setup(test_outer_buttons_further_apart_than_a_choice_still_withdraw_and_open_the_menu,
                           reset_ready),
    cmocka_unit_test_setup(test_two_buttons_at_once_show_the_rating_first, reset_ready),
    cmocka_unit_test_setup(test_calling_guards_the_button_that_leaves_it, reset_ready),
    cmocka_unit_test_setup(test_languages_come_back_to_the_question_that_was_due, reset_ready),
    cmocka_unit_test_setup(test_a_question_behind_the_languages_is_stored_as_shown, reset_ready),
    cmocka_unit_test_setup(test_who_answered_is_not_asked_for_the_language, reset_ready),
    cmocka_unit_test_setup(test_a_nearly_full_journal_keeps_ratings_only_also_while_someone_is_signed_on,
                           reset_ready),
    cmocka_unit_test_setup(test_ones_own_pin_does_not_forgive_wrong_ones, reset_ready),
    cmocka_unit_test_setup(test_a_lock_that_ends_on_the_screen_asks_for_the_pin_again, reset_ready),
    cmocka_unit_test_setup(test_presence_joins_those_who_signed_on_meanwhile, reset_ready),
    cmocka_unit_test_setup(test_leaving_the_database_forgets_its_names, reset_ready),
    cmocka_unit_test_setup(test_no_gesture_is_seen_after_a_watchdog_reset, reset_ready),
    cmocka_unit_test_setup(test_no_boot_is_claimed_while_a_finger_is_down, reset),
    cmocka_unit_test_setup(test_a_missing_display_stops_nothing, reset_ready),
    cmocka_unit_test_setup(test_a_deaf_line_stops_nothing, reset_ready),
};

int main(void)
{
    return cmocka_run_group_tests(tests, NULL, NULL);
}
