/* SPDX-License-Identifier: MIT
 *
 * fuzz_message.c - a type and a body: what can be decoded encodes to the same bytes, and never into too little room.
 *
 * Bytes behind the known fields belong to a newer peer: they are skipped, and are not encoded.
 */
#include "fuzz.h"
#include "protocol/message.h"

/* RENEW has no body and no codec; here it gets one, so that MESSAGES can be gone through. */
struct message_renew {
    uint8_t nothing;
};

static bool message_renew_decode(const uint8_t *body, size_t size, struct message_renew *message)
{
    (void)body;
    (void)size;
    message->nothing = 0;
    return true;
}

static size_t message_renew_encode(const struct message_renew *message, uint8_t *body, size_t capacity)
{
    (void)message;
    (void)body;
    (void)capacity;
    return 0;
}

static void check_text(const char *text, size_t size)
{
    FUZZ_MUST(text[size] == '\0');
}

/* How many of a message's last bytes an older peer does not send. */
#define NOTHING_OPTIONAL(name)                                                               \
    static size_t message_##name##_optional(const struct message_##name *message)            \
    {                                                                                        \
        (void)message;                                                                       \
        return 0;                                                                            \
    }
NOTHING_OPTIONAL(hello)
NOTHING_OPTIONAL(answers)
NOTHING_OPTIONAL(lost)
NOTHING_OPTIONAL(received)
NOTHING_OPTIONAL(welcome)
NOTHING_OPTIONAL(wait)
NOTHING_OPTIONAL(ack)
NOTHING_OPTIONAL(nak)
NOTHING_OPTIONAL(hold)
NOTHING_OPTIONAL(renew)
NOTHING_OPTIONAL(time)
NOTHING_OPTIONAL(settings)
NOTHING_OPTIONAL(roster)
NOTHING_OPTIONAL(counts)
NOTHING_OPTIONAL(presence)
NOTHING_OPTIONAL(help)
NOTHING_OPTIONAL(note)

static size_t message_health_optional(const struct message_health *message)
{
    return message->has_forged ? 4 : 0;
}

static size_t message_adopt_optional(const struct message_adopt *message)
{
    return message->has_key ? SEAL_KEY_SIZE : 0;
}

#define ROUND_TRIP(NAME, type, name)                                                         \
    case MESSAGE_##NAME: {                                                                   \
        struct message_##name message;                                                       \
        uint8_t encoded[FRAME_SIZE_MAX];                                                     \
        memset(&message, 0xA5, sizeof message);                                              \
        if (!message_##name##_decode(body, size, &message))                                  \
            return;                                                                          \
        size_t used = message_##name##_encode(&message, encoded, sizeof encoded);            \
        FUZZ_MUST(used <= size);                                                             \
        FUZZ_MUST(used > 0 || MESSAGE_##NAME == MESSAGE_RENEW);                              \
        FUZZ_MUST(memcmp(encoded, body, used) == 0);                                         \
        size_t optional = message_##name##_optional(&message);                               \
        for (size_t less = 0; less < used - optional; less++) {                              \
            memset(&message, 0xA5, sizeof message);                                          \
            FUZZ_MUST(!message_##name##_decode(body, less, &message));                       \
        }                                                                                    \
        FUZZ_MUST(message_##name##_decode(body, used, &message));                            \
        for (size_t less = 0; less < used; less++)                                           \
            FUZZ_MUST(message_##name##_encode(&message, encoded, less) == 0);                \
        return;                                                                              \
    }

static void check_type(uint8_t type, const uint8_t *body, size_t size)
{
    switch (type) {
        MESSAGES(ROUND_TRIP)
    default:
        return;
    }
}

/* Texts end where they should, and a roster's version depends on every byte of an entry. */
static void check_texts(uint8_t type, const uint8_t *body, size_t size)
{
    struct message_hello hello;
    struct message_roster roster;

    if (type == MESSAGE_HELLO && message_hello_decode(body, size, &hello))
        check_text(hello.firmware, hello.firmware_size);
    if (type != MESSAGE_ROSTER || !message_roster_decode(body, size, &roster) || roster.count == 0)
        return;
    check_text(roster.entry.name, roster.entry.name_size);
    uint32_t version = message_roster_version(roster.version, &roster.entry);
    roster.entry.pin ^= 1;
    FUZZ_MUST(message_roster_version(roster.version, &roster.entry) != version);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0 || size - 1 > FRAME_SIZE_MAX)
        return 0;
    check_type(data[0], data + 1, size - 1);
    check_texts(data[0], data + 1, size - 1);
    return 0;
}
