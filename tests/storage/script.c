/* SPDX-License-Identifier: MIT */
#include "script.h"

#include <assert.h>
#include <string.h>

#define NOON_MS INT64_C(1793617200000) /* Monday 2026-11-02 12:00:00 in Berlin */
#define VISIT_EVERY_S 97
#define BURST_EVERY_S 4

/* Where the writing of a script stands. */
struct pen {
    struct script *script;
    uint64_t seed;
    int64_t now_ms, boot_started_ms;
    uint16_t boot;
    uint32_t next, rating;
};

static unsigned draw(struct pen *pen, unsigned below)
{
    pen->seed = pen->seed * 6364136223846793005u + 1442695040888963407u;
    return (unsigned)(pen->seed >> 33) % below;
}

static struct script_batch *batch_begin(struct pen *pen)
{
    assert(pen->script->batch_count < SCRIPT_BATCHES_MAX);
    return &pen->script->batches[pen->script->batch_count++];
}

static struct script_item *item_add(struct pen *pen, struct script_batch *batch, enum work_kind kind)
{
    assert(batch->count < SCRIPT_ITEMS_MAX);
    struct script_item *item = &batch->items[batch->count++];
    item->work.kind = kind;
    item->work.session = kind == WORK_CALL ? WORK_NO_SESSION : 0;
    item->work.now_ms = pen->now_ms;
    item->work.origin = (struct store_origin){.boot = pen->boot,
                                              .boot_started_ms = pen->boot_started_ms,
                                              .arrived_ms = pen->now_ms,
                                              .is_clock_good = true};
    return item;
}

static void answer_add(struct pen *pen, struct message_answers *message, uint8_t question, unsigned value)
{
    struct answer answer = {.seq = pen->next,
                            .question = question,
                            .value = (uint16_t)value,
                            .boot = pen->boot,
                            .uptime_s = (uint32_t)((pen->now_ms - pen->boot_started_ms) / 1000)};

    assert(pen->next < SCRIPT_SEQ_MAX && message->count < ANSWERS_CAPACITY);
    if (question == QUESTION_RATING)
        pen->rating = pen->next;
    else if (question > QUESTION_RATING && question <= QUESTION_FLAG)
        answer.visit_back = (uint8_t)(pen->next - pen->rating);
    if (message->count == 0)
        message->first_seq = pen->next;
    message->answers[message->count++] = answer;
    pen->script->answers[pen->next++] = answer;
}

static unsigned reply(struct pen *pen, unsigned options)
{
    unsigned value = draw(pen, options + 2);

    return value == options + 1 ? ANSWER_NONE : value;
}

static void follow_ups_add(struct pen *pen, struct message_answers *message, unsigned rating)
{
    if (rating >= RATING_HAPPY_MIN) {
        answer_add(pen, message, QUESTION_STAFF, reply(pen, 4));
        answer_add(pen, message, QUESTION_MENTION, reply(pen, 3));
        if (draw(pen, 2) == 0)
            answer_add(pen, message, QUESTION_STRENGTH, reply(pen, 5));
        else
            answer_add(pen, message, QUESTION_RETURNING, reply(pen, 2));
        return;
    }
    if (rating <= RATING_UNHAPPY_MAX)
        answer_add(pen, message, QUESTION_HELP, reply(pen, 2));
    answer_add(pen, message, QUESTION_CAUSE, reply(pen, 5));
    answer_add(pen, message, QUESTION_STAFF, reply(pen, 4));
}

static void visit_add(struct pen *pen, struct message_answers *message, unsigned number)
{
    bool is_burst = number >= 30 && number < 35;
    unsigned rating = is_burst ? 1 : 1 + draw(pen, 5);

    answer_add(pen, message, QUESTION_RATING, rating);
    if (number % 9 == 4)
        answer_add(pen, message, QUESTION_FLAG, FLAG_WITHDRAWN);
    else if (!is_burst && number % 6 != 5)
        follow_ups_add(pen, message, rating);
    pen->now_ms += (is_burst ? BURST_EVERY_S : VISIT_EVERY_S) * 1000;
}

static void hello_add(struct pen *pen, struct script_batch *batch)
{
    struct work_hello *hello = &item_add(pen, batch, WORK_HELLO)->work.ask.hello;

    *hello = (struct work_hello){.is_auto_adopt = true, .port = SCRIPT_PORT};
    hello->hello = (struct message_hello){.major = PROTOCOL_MAJOR,
                                          .oldest = pen->next,
                                          .next = pen->next,
                                          .boot = pen->boot,
                                          .uptime_s = (uint32_t)((pen->now_ms - pen->boot_started_ms) / 1000),
                                          .firmware = "0.1.0"};
}

static void staff_add(struct pen *pen, enum script_staff_action action, const char *name, const char *value)
{
    struct script_item *item = item_add(pen, batch_begin(pen), WORK_CALL);

    item->staff = (struct script_staff){action, name, value};
}

static void health_add(struct pen *pen, struct script_batch *batch, unsigned number)
{
    item_add(pen, batch, WORK_HEALTH)->work.ask.health = (struct message_health){
        .uptime_s = number * 100, .pending = (uint16_t)(number % 7), .resent = number};
}

static void lost_add(struct pen *pen, struct script_batch *batch, uint32_t count, enum lost_cause cause)
{
    item_add(pen, batch, WORK_LOST)->work.ask.lost =
        (struct message_lost){.first = pen->next, .last = pen->next + count - 1, .cause = (uint8_t)cause};
    for (uint32_t i = 0; i < count; i++)
        pen->script->is_lost[pen->next++] = true;
}

/* What was sent already comes again. */
static void repeat_add(struct pen *pen, struct script_batch *batch, uint32_t count)
{
    struct script_item *item = item_add(pen, batch, WORK_ANSWERS);
    struct message_answers *message = &item->work.ask.answers;

    item->is_repeat = true;
    message->first_seq = pen->next - count;
    for (uint32_t seq = message->first_seq; seq < pen->next; seq++)
        message->answers[message->count++] = pen->script->answers[seq];
}

/* An answer that had been called lost comes after all. */
static void late_add(struct pen *pen, struct script_batch *batch)
{
    struct script_item *item = item_add(pen, batch, WORK_ANSWERS);
    uint32_t seq = pen->next - 1;

    while (!pen->script->is_lost[seq])
        seq--;
    item->is_repeat = true;
    item->work.ask.answers = (struct message_answers){
        .first_seq = seq,
        .count = 1,
        .answers = {{.seq = seq, .question = QUESTION_RATING, .value = 3, .boot = 1}}};
}

/* Beside the visits, at certain points of the day. */
static void event_add(struct pen *pen, struct script_batch *batch, unsigned number)
{
    if (number % 5 == 0)
        health_add(pen, batch, number);
    if (number == 12)
        repeat_add(pen, batch, 3);
    if (number == 20)
        lost_add(pen, batch, 3, LOST_DAMAGED);
    if (number == 28)
        late_add(pen, batch);
    if (number == 40)
        lost_add(pen, batch, 2, LOST_DEAD_SLOT);
}

static void boot_again(struct pen *pen)
{
    pen->boot++;
    pen->now_ms += 60000;
    pen->boot_started_ms = pen->now_ms - 5000;
    hello_add(pen, batch_begin(pen));
}

static void signs_add(struct pen *pen, uint8_t question, unsigned staff)
{
    answer_add(pen, &item_add(pen, batch_begin(pen), WORK_ANSWERS)->work.ask.answers, question, staff);
}

static void day_event_add(struct pen *pen, unsigned number)
{
    if (number == 8)
        signs_add(pen, QUESTION_SIGN_ON, 2);
    if (number == 15 || number == 38)
        boot_again(pen);
    if (number == 16)
        staff_add(pen, SCRIPT_RENAME, "Dan", "Daniel");
    if (number == 22)
        staff_add(pen, SCRIPT_OFF_DUTY, "Zo\u00eb", NULL);
    if (number == 35)
        signs_add(pen, QUESTION_SIGN_OFF, 2);
    if (number == 42)
        staff_add(pen, SCRIPT_RETIRE, "Ben", NULL);
    if (number == 44)
        staff_add(pen, SCRIPT_ADD, "Ida", NULL);
}

void script_make(struct script *script, uint64_t seed)
{
    static const char *const names[] = {"Dan", "Zo\u00eb", "\u0141ukasz", "Ben"};
    struct pen pen = {.script = script,
                      .seed = seed,
                      .now_ms = NOON_MS,
                      .boot_started_ms = NOON_MS - 60000,
                      .boot = 1,
                      .next = 1};

    memset(script, 0, sizeof *script);
    hello_add(&pen, batch_begin(&pen));
    hello_add(&pen, batch_begin(&pen));
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        staff_add(&pen, SCRIPT_ADD, names[i], NULL);
    staff_add(&pen, SCRIPT_PIN, "Dan", "3142");
    for (unsigned number = 0; number < SCRIPT_RATINGS;) {
        day_event_add(&pen, number);
        struct script_batch *batch = batch_begin(&pen);
        struct message_answers *message = &item_add(&pen, batch, WORK_ANSWERS)->work.ask.answers;
        bool is_busy = number % 4 == 0;

        batch->is_reopened_before = number == 26;
        visit_add(&pen, message, number);
        event_add(&pen, batch, number++);
        if (!is_busy || number >= SCRIPT_RATINGS)
            continue;
        if (batch->count > 1) /* something came between: another frame */
            message = &item_add(&pen, batch, WORK_ANSWERS)->work.ask.answers;
        visit_add(&pen, message, number);
        event_add(&pen, batch, number++);
    }
    script->last_seq = pen.next - 1;
}
