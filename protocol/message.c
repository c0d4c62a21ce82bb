/* SPDX-License-Identifier: MIT */
#include "message.h"

#include <string.h>

#include "bytes.h"
#include "crc.h"

#define STAFF_ENTRY_SIZE_MAX (2 + 1 + 2 + 1 + STAFF_NAME_SIZE_MAX)

_Static_assert(FRAME_HEADER_SIZE + ANSWERS_HEAD_SIZE + ANSWERS_CAPACITY * ANSWER_WIRE_SIZE + FRAME_CRC_SIZE +
                       SEAL_SIZE <=
                   FRAME_TO_DAEMON_SIZE_MAX,
               "a full ANSWERS fits a frame, sealed, too");
_Static_assert(FRAME_HEADER_SIZE + 7 + STAFF_ENTRY_SIZE_MAX + FRAME_CRC_SIZE + SEAL_SIZE <=
                   FRAME_TO_KIOSK_SIZE_MAX,
               "a roster piece fits a frame, sealed, too");

#define WRITER(bytes_, size_)                 \
    {                                         \
        .data = (bytes_), .capacity = (size_) \
    }
#define READER(bytes_, size_)             \
    {                                     \
        .data = (bytes_), .size = (size_) \
    }

static size_t finish(const struct bytes_writer *writer)
{
    return writer->failed ? 0 : writer->size;
}

/* A size byte and that many bytes; the copy in memory gets a NUL. */
static void get_text(struct bytes_reader *reader, char *text, uint8_t *size, uint8_t size_max)
{
    *size = bytes_get_u8(reader);
    if (*size > size_max) {
        reader->failed = true;
        *size = 0;
    }
    bytes_get(reader, text, *size);
    text[*size] = '\0';
}

size_t message_hello_encode(const struct message_hello *message, uint8_t *body, size_t capacity)
{
    struct bytes_writer writer = WRITER(body, capacity);

    bytes_put_u8(&writer, message->major);
    bytes_put_u8(&writer, message->minor);
    bytes_put_u64(&writer, message->kiosk_id);
    bytes_put_u64(&writer, message->journal_id);
    bytes_put_u32(&writer, message->oldest);
    bytes_put_u32(&writer, message->next);
    bytes_put_u16(&writer, message->boot);
    bytes_put_u32(&writer, message->uptime_s);
    bytes_put_u32(&writer, message->roster_version);
    bytes_put_u64(&writer, message->nonce);
    bytes_put_u8(&writer, message->reset_causes);
    bytes_put_u8(&writer, message->needs_presence);
    bytes_put_u8(&writer, message->capacity);
    bytes_put_u8(&writer, message->firmware_size);
    bytes_put(&writer, message->firmware, message->firmware_size);
    return finish(&writer);
}

/* What goes to logs and terminals as it is. */
static bool is_printable_ascii(const char *text, uint8_t size)
{
    for (uint8_t i = 0; i < size; i++) {
        if (text[i] < 0x20 || text[i] > 0x7E)
            return false;
    }
    return true;
}

bool message_hello_decode(const uint8_t *body, size_t size, struct message_hello *message)
{
    struct bytes_reader reader = READER(body, size);

    message->major = bytes_get_u8(&reader);
    message->minor = bytes_get_u8(&reader);
    message->kiosk_id = bytes_get_u64(&reader);
    message->journal_id = bytes_get_u64(&reader);
    message->oldest = bytes_get_u32(&reader);
    message->next = bytes_get_u32(&reader);
    message->boot = bytes_get_u16(&reader);
    message->uptime_s = bytes_get_u32(&reader);
    message->roster_version = bytes_get_u32(&reader);
    message->nonce = bytes_get_u64(&reader);
    message->reset_causes = bytes_get_u8(&reader);
    message->needs_presence = bytes_get_u8(&reader);
    message->capacity = bytes_get_u8(&reader);
    get_text(&reader, message->firmware, &message->firmware_size, FIRMWARE_NAME_SIZE_MAX);
    return !reader.failed && message->next >= 1 && message->oldest >= 1 && message->oldest <= message->next &&
           is_printable_ascii(message->firmware, message->firmware_size);
}

void message_answers_begin(struct bytes_writer *writer, uint32_t first_seq)
{
    bytes_put_u32(writer, first_seq);
    bytes_put_u8(writer, 0);
}

void message_answers_add(struct bytes_writer *writer, const struct answer *answer)
{
    const uint8_t bytes[ANSWER_WIRE_SIZE] = {
        answer->visit_back,
        answer->question,
        (uint8_t)answer->value,
        (uint8_t)(answer->value >> 8),
        (uint8_t)answer->boot,
        (uint8_t)(answer->boot >> 8),
        (uint8_t)answer->uptime_s,
        (uint8_t)(answer->uptime_s >> 8),
        (uint8_t)(answer->uptime_s >> 16),
        (uint8_t)(answer->uptime_s >> 24),
    };

    bytes_put(writer, bytes, sizeof bytes);
    if (!writer->failed)
        writer->data[ANSWERS_COUNT_AT]++;
}

size_t message_answers_encode(const struct message_answers *message, uint8_t *body, size_t capacity)
{
    struct bytes_writer writer = WRITER(body, capacity);

    message_answers_begin(&writer, message->first_seq);
    for (uint8_t i = 0; i < message->count; i++)
        message_answers_add(&writer, &message->answers[i]);
    return finish(&writer);
}

bool message_answers_decode(const uint8_t *body, size_t size, struct message_answers *message)
{
    struct bytes_reader reader = READER(body, size);

    message->first_seq = bytes_get_u32(&reader);
    message->count = bytes_get_u8(&reader);
    if (reader.failed || message->first_seq == 0 || message->count == 0 ||
        message->count > ANSWERS_CAPACITY || message->first_seq > UINT32_MAX - message->count)
        return false;
    for (uint8_t i = 0; i < message->count; i++) {
        struct answer *answer = &message->answers[i];
        answer->seq = message->first_seq + i;
        answer->visit_back = bytes_get_u8(&reader);
        answer->question = bytes_get_u8(&reader);
        answer->value = bytes_get_u16(&reader);
        answer->boot = bytes_get_u16(&reader);
        answer->uptime_s = bytes_get_u32(&reader);
        if (answer->visit_back >= answer->seq)
            return false;
    }
    return !reader.failed;
}

size_t message_lost_encode(const struct message_lost *message, uint8_t *body, size_t capacity)
{
    struct bytes_writer writer = WRITER(body, capacity);

    bytes_put_u32(&writer, message->first);
    bytes_put_u32(&writer, message->last);
    bytes_put_u8(&writer, message->cause);
    return finish(&writer);
}

bool message_lost_decode(const uint8_t *body, size_t size, struct message_lost *message)
{
    struct bytes_reader reader = READER(body, size);

    message->first = bytes_get_u32(&reader);
    message->last = bytes_get_u32(&reader);
    message->cause = bytes_get_u8(&reader);
    return !reader.failed && message->first >= 1 && message->first <= message->last &&
           message->last < UINT32_MAX;
}

size_t message_health_encode(const struct message_health *message, uint8_t *body, size_t capacity)
{
    struct bytes_writer writer = WRITER(body, capacity);

    bytes_put_u32(&writer, message->uptime_s);
    bytes_put_u32(&writer, message->refused);
    bytes_put_u32(&writer, message->bad_frames);
    bytes_put_u32(&writer, message->resent);
    bytes_put_u16(&writer, message->pending);
    bytes_put_u16(&writer, message->bad_slots);
    bytes_put_u16(&writer, message->display_faults);
    bytes_put_u8(&writer, message->stuck_buttons);
    if (message->has_forged)
        bytes_put_u32(&writer, message->forged);
    return finish(&writer);
}

bool message_health_decode(const uint8_t *body, size_t size, struct message_health *message)
{
    struct bytes_reader reader = READER(body, size);

    message->uptime_s = bytes_get_u32(&reader);
    message->refused = bytes_get_u32(&reader);
    message->bad_frames = bytes_get_u32(&reader);
    message->resent = bytes_get_u32(&reader);
    message->pending = bytes_get_u16(&reader);
    message->bad_slots = bytes_get_u16(&reader);
    message->display_faults = bytes_get_u16(&reader);
    message->stuck_buttons = bytes_get_u8(&reader);
    message->has_forged = reader.size - reader.position >= 4;
    message->forged = message->has_forged ? bytes_get_u32(&reader) : 0;
    return !reader.failed;
}

size_t message_received_encode(const struct message_received *message, uint8_t *body, size_t capacity)
{
    struct bytes_writer writer = WRITER(body, capacity);

    bytes_put_u8(&writer, message->token);
    bytes_put_u8(&writer, message->is_taken);
    return finish(&writer);
}

bool message_received_decode(const uint8_t *body, size_t size, struct message_received *message)
{
    struct bytes_reader reader = READER(body, size);

    message->token = bytes_get_u8(&reader);
    message->is_taken = bytes_get_u8(&reader);
    return !reader.failed && message->is_taken <= 1;
}

size_t message_welcome_encode(const struct message_welcome *message, uint8_t *body, size_t capacity)
{
    struct bytes_writer writer = WRITER(body, capacity);

    bytes_put_u8(&writer, message->major);
    bytes_put_u8(&writer, message->minor);
    bytes_put(&writer, message->database_id, DATABASE_ID_SIZE);
    bytes_put_u64(&writer, message->kiosk_id);
    bytes_put_u64(&writer, message->journal_id);
    bytes_put_u32(&writer, message->through);
    bytes_put_u32(&writer, message->midnight_in_s);
    bytes_put_u64(&writer, message->nonce);
    return finish(&writer);
}

bool message_welcome_decode(const uint8_t *body, size_t size, struct message_welcome *message)
{
    struct bytes_reader reader = READER(body, size);

    message->major = bytes_get_u8(&reader);
    message->minor = bytes_get_u8(&reader);
    bytes_get(&reader, message->database_id, DATABASE_ID_SIZE);
    message->kiosk_id = bytes_get_u64(&reader);
    message->journal_id = bytes_get_u64(&reader);
    message->through = bytes_get_u32(&reader);
    message->midnight_in_s = bytes_get_u32(&reader);
    message->nonce = bytes_get_u64(&reader);
    return !reader.failed;
}

size_t message_wait_encode(const struct message_wait *message, uint8_t *body, size_t capacity)
{
    struct bytes_writer writer = WRITER(body, capacity);

    bytes_put_u8(&writer, message->major);
    bytes_put_u8(&writer, message->minor);
    bytes_put_u8(&writer, message->reason);
    return finish(&writer);
}

bool message_wait_decode(const uint8_t *body, size_t size, struct message_wait *message)
{
    struct bytes_reader reader = READER(body, size);

    message->major = bytes_get_u8(&reader);
    message->minor = bytes_get_u8(&reader);
    message->reason = bytes_get_u8(&reader);
    return !reader.failed;
}

size_t message_adopt_encode(const struct message_adopt *message, uint8_t *body, size_t capacity)
{
    struct bytes_writer writer = WRITER(body, capacity);

    bytes_put(&writer, message->database_id, DATABASE_ID_SIZE);
    bytes_put_u64(&writer, message->kiosk_id);
    bytes_put_u64(&writer, message->journal_id);
    if (message->has_key)
        bytes_put(&writer, message->key, SEAL_KEY_SIZE);
    return finish(&writer);
}

bool message_adopt_decode(const uint8_t *body, size_t size, struct message_adopt *message)
{
    struct bytes_reader reader = READER(body, size);

    bytes_get(&reader, message->database_id, DATABASE_ID_SIZE);
    message->kiosk_id = bytes_get_u64(&reader);
    message->journal_id = bytes_get_u64(&reader);
    memset(message->key, 0, SEAL_KEY_SIZE);
    message->has_key = reader.size - reader.position >= SEAL_KEY_SIZE; /* since minor 1 */
    if (message->has_key)
        bytes_get(&reader, message->key, SEAL_KEY_SIZE);
    return !reader.failed && message->kiosk_id != 0 && message->journal_id != 0;
}

size_t message_ack_encode(const struct message_ack *message, uint8_t *body, size_t capacity)
{
    struct bytes_writer writer = WRITER(body, capacity);

    bytes_put_u64(&writer, message->journal_id);
    bytes_put_u32(&writer, message->through);
    return finish(&writer);
}

bool message_ack_decode(const uint8_t *body, size_t size, struct message_ack *message)
{
    struct bytes_reader reader = READER(body, size);

    message->journal_id = bytes_get_u64(&reader);
    message->through = bytes_get_u32(&reader);
    return !reader.failed;
}

size_t message_nak_encode(const struct message_nak *message, uint8_t *body, size_t capacity)
{
    struct bytes_writer writer = WRITER(body, capacity);

    bytes_put_u64(&writer, message->journal_id);
    bytes_put_u32(&writer, message->expected);
    return finish(&writer);
}

bool message_nak_decode(const uint8_t *body, size_t size, struct message_nak *message)
{
    struct bytes_reader reader = READER(body, size);

    message->journal_id = bytes_get_u64(&reader);
    message->expected = bytes_get_u32(&reader);
    return !reader.failed;
}

size_t message_hold_encode(const struct message_hold *message, uint8_t *body, size_t capacity)
{
    struct bytes_writer writer = WRITER(body, capacity);

    bytes_put_u16(&writer, message->seconds);
    return finish(&writer);
}

bool message_hold_decode(const uint8_t *body, size_t size, struct message_hold *message)
{
    struct bytes_reader reader = READER(body, size);

    message->seconds = bytes_get_u16(&reader);
    return !reader.failed;
}

size_t message_time_encode(const struct message_time *message, uint8_t *body, size_t capacity)
{
    struct bytes_writer writer = WRITER(body, capacity);

    bytes_put_u32(&writer, message->midnight_in_s);
    return finish(&writer);
}

bool message_time_decode(const uint8_t *body, size_t size, struct message_time *message)
{
    struct bytes_reader reader = READER(body, size);

    message->midnight_in_s = bytes_get_u32(&reader);
    return !reader.failed;
}

size_t message_settings_encode(const struct message_settings *message, uint8_t *body, size_t capacity)
{
    struct bytes_writer writer = WRITER(body, capacity);

    bytes_put_u8(&writer, message->token);
    bytes_put_u8(&writer, message->is_help_on);
    return finish(&writer);
}

bool message_settings_decode(const uint8_t *body, size_t size, struct message_settings *message)
{
    struct bytes_reader reader = READER(body, size);

    message->token = bytes_get_u8(&reader);
    message->is_help_on = bytes_get_u8(&reader);
    return !reader.failed;
}

static void put_staff_entry(struct bytes_writer *writer, const struct staff_entry *entry)
{
    bytes_put_u16(writer, entry->id);
    bytes_put_u8(writer, entry->flags);
    bytes_put_u16(writer, entry->pin);
    bytes_put_u8(writer, entry->name_size);
    bytes_put(writer, entry->name, entry->name_size);
}

static void get_staff_entry(struct bytes_reader *reader, struct staff_entry *entry)
{
    entry->id = bytes_get_u16(reader);
    entry->flags = bytes_get_u8(reader);
    entry->pin = bytes_get_u16(reader);
    get_text(reader, entry->name, &entry->name_size, STAFF_NAME_SIZE_MAX);
    if (entry->id < STAFF_ID_MIN || entry->id > STAFF_ID_MAX || entry->name_size == 0)
        reader->failed = true;
}

size_t message_roster_encode(const struct message_roster *message, uint8_t *body, size_t capacity)
{
    struct bytes_writer writer = WRITER(body, capacity);

    bytes_put_u8(&writer, message->token);
    bytes_put_u32(&writer, message->version);
    bytes_put_u8(&writer, message->index);
    bytes_put_u8(&writer, message->count);
    if (message->count > 0)
        put_staff_entry(&writer, &message->entry);
    return finish(&writer);
}

bool message_roster_decode(const uint8_t *body, size_t size, struct message_roster *message)
{
    struct bytes_reader reader = READER(body, size);

    message->token = bytes_get_u8(&reader);
    message->version = bytes_get_u32(&reader);
    message->index = bytes_get_u8(&reader);
    message->count = bytes_get_u8(&reader);
    memset(&message->entry, 0, sizeof message->entry);
    if (message->count > 0)
        get_staff_entry(&reader, &message->entry);
    return !reader.failed && message->count <= ROSTER_CAPACITY &&
           (message->count == 0 || message->index < message->count);
}

size_t message_counts_encode(const struct message_counts *message, uint8_t *body, size_t capacity)
{
    struct bytes_writer writer = WRITER(body, capacity);

    bytes_put_u8(&writer, message->token);
    bytes_put_u16(&writer, message->staff_id);
    bytes_put_u16(&writer, message->asked_today);
    bytes_put_u16(&writer, message->answered_today);
    bytes_put_u16(&writer, message->asked_week);
    bytes_put_u16(&writer, message->answered_week);
    bytes_put_u16(&writer, message->asked_best);
    bytes_put_u16(&writer, message->answered_best);
    return finish(&writer);
}

bool message_counts_decode(const uint8_t *body, size_t size, struct message_counts *message)
{
    struct bytes_reader reader = READER(body, size);

    message->token = bytes_get_u8(&reader);
    message->staff_id = bytes_get_u16(&reader);
    message->asked_today = bytes_get_u16(&reader);
    message->answered_today = bytes_get_u16(&reader);
    message->asked_week = bytes_get_u16(&reader);
    message->answered_week = bytes_get_u16(&reader);
    message->asked_best = bytes_get_u16(&reader);
    message->answered_best = bytes_get_u16(&reader);
    return !reader.failed;
}

size_t message_presence_encode(const struct message_presence *message, uint8_t *body, size_t capacity)
{
    struct bytes_writer writer = WRITER(body, capacity);

    bytes_put_u8(&writer, message->token);
    bytes_put_u8(&writer, message->count);
    for (uint8_t i = 0; i < message->count; i++) {
        bytes_put_u16(&writer, message->present[i].staff_id);
        bytes_put_u16(&writer, message->present[i].minutes_left);
    }
    return finish(&writer);
}

bool message_presence_decode(const uint8_t *body, size_t size, struct message_presence *message)
{
    struct bytes_reader reader = READER(body, size);

    message->token = bytes_get_u8(&reader);
    message->count = bytes_get_u8(&reader);
    if (message->count > PRESENCE_CAPACITY)
        return false;
    for (uint8_t i = 0; i < message->count; i++) {
        message->present[i].staff_id = bytes_get_u16(&reader);
        message->present[i].minutes_left = bytes_get_u16(&reader);
    }
    return !reader.failed;
}

size_t message_help_encode(const struct message_help *message, uint8_t *body, size_t capacity)
{
    struct bytes_writer writer = WRITER(body, capacity);

    bytes_put_u8(&writer, message->token);
    bytes_put_u32(&writer, message->visit);
    bytes_put_u8(&writer, message->state);
    return finish(&writer);
}

bool message_help_decode(const uint8_t *body, size_t size, struct message_help *message)
{
    struct bytes_reader reader = READER(body, size);

    message->token = bytes_get_u8(&reader);
    message->visit = bytes_get_u32(&reader);
    message->state = bytes_get_u8(&reader);
    return !reader.failed;
}

size_t message_note_encode(const struct message_note *message, uint8_t *body, size_t capacity)
{
    struct bytes_writer writer = WRITER(body, capacity);

    bytes_put_u8(&writer, message->token);
    bytes_put_u8(&writer, message->size);
    bytes_put(&writer, message->text, message->size);
    return finish(&writer);
}

bool message_note_decode(const uint8_t *body, size_t size, struct message_note *message)
{
    struct bytes_reader reader = READER(body, size);

    message->token = bytes_get_u8(&reader);
    get_text(&reader, message->text, &message->size, NOTE_SIZE_MAX);
    return !reader.failed;
}

uint32_t message_roster_version(uint32_t version, const struct staff_entry *entry)
{
    uint8_t bytes[STAFF_ENTRY_SIZE_MAX];
    struct bytes_writer writer = WRITER(bytes, sizeof bytes);

    put_staff_entry(&writer, entry);
    return crc32_update(version, bytes, writer.size);
}
