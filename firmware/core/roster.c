/* SPDX-License-Identifier: MIT */
#include "roster.h"

#include <string.h>

#include "firmware/core/storage.h"
#include "protocol/bytes.h"
#include "protocol/crc.h"

/* An entry: id, PIN (10 bits) and flags (bit 15: on duty), name padded with 00, CRC-16 of what stands before
 * it. The roster ends at the first good entry with id 0. One that is not good was torn: the others stand, and the
 * daemon sends the roster again, because its version differs. */
#define PIN_BITS 0x03FF
#define ON_DUTY_BIT 0x8000
#define CRC_AT (2 + 2 + STAFF_NAME_SIZE_MAX)
#define STORED_SIZE (ROSTER_CAPACITY * STORAGE_ROSTER_ENTRY_SIZE)
#define DAY_S 86400ul

_Static_assert(CRC_AT + 2 == STORAGE_ROSTER_ENTRY_SIZE, "an entry is fields and check");
_Static_assert(PIN_MAX < PIN_BITS, "all ones stand for no PIN");

/* NULL is the end of the roster. */
static void pack(const struct staff_entry *entry, uint8_t bytes[STORAGE_ROSTER_ENTRY_SIZE])
{
    struct bytes_writer writer = {.data = bytes, .capacity = STORAGE_ROSTER_ENTRY_SIZE};

    memset(bytes, 0, STORAGE_ROSTER_ENTRY_SIZE);
    if (entry != NULL) {
        uint16_t packed = entry->pin & PIN_BITS;
        if (entry->flags & STAFF_ON_DUTY)
            packed |= ON_DUTY_BIT;
        bytes_put_u16(&writer, entry->id);
        bytes_put_u16(&writer, packed);
        bytes_put(&writer, entry->name, entry->name_size);
    }
    writer.size = CRC_AT;
    bytes_put_u16(&writer, crc16(bytes, CRC_AT));
}

/* False when the check is wrong; id 0 ends the roster. */
static bool unpack(const uint8_t bytes[STORAGE_ROSTER_ENTRY_SIZE], struct staff_entry *entry)
{
    struct bytes_reader reader = {.data = bytes, .size = STORAGE_ROSTER_ENTRY_SIZE};

    memset(entry, 0, sizeof *entry);
    entry->id = bytes_get_u16(&reader);
    uint16_t packed = bytes_get_u16(&reader);
    bytes_get(&reader, entry->name, STAFF_NAME_SIZE_MAX);
    if (bytes_get_u16(&reader) != crc16(bytes, CRC_AT))
        return false;
    entry->flags = packed & ON_DUTY_BIT ? STAFF_ON_DUTY : 0;
    entry->pin = (packed & PIN_BITS) == PIN_BITS ? PIN_NONE : packed & PIN_BITS;
    entry->name_size = (uint8_t)strlen(entry->name);
    return true;
}

void roster_load(struct roster *roster)
{
    uint8_t bytes[STORAGE_ROSTER_ENTRY_SIZE];
    struct staff_entry entry;

    memset(roster, 0, sizeof *roster);
    roster->write_at = STORED_SIZE;
    for (uint8_t i = 0; i < ROSTER_CAPACITY; i++) {
        port_eeprom_read((uint16_t)(STORAGE_ROSTER + i * STORAGE_ROSTER_ENTRY_SIZE), bytes, sizeof bytes);
        if (!unpack(bytes, &entry))
            continue;
        if (entry.id == 0)
            return;
        if (roster_find(roster, entry.id) == ROSTER_NOBODY)
            roster->entries[roster->count++] = entry;
    }
}

void roster_forget(struct roster *roster)
{
    roster->count = 0;
    roster->signed_on_count = 0;
    roster->signed_off_count = 0;
    roster->is_presence_known = false;
    roster->generation++;
    roster->write_at = 0;
}

uint32_t roster_version(const struct roster *roster)
{
    uint32_t version = 0;

    for (uint8_t i = 0; i < roster->count; i++)
        version = message_roster_version(version, &roster->entries[i]);
    return version;
}

/* Counts stay with their staff member when the order changes. */
static void place_entry(struct roster *roster, uint8_t index, const struct staff_entry *entry)
{
    uint8_t old_index = roster_find(roster, entry->id);
    struct roster_counts counts = {0};

    if (old_index != ROSTER_NOBODY && old_index >= index)
        counts = roster->counts[old_index];
    if (old_index != ROSTER_NOBODY && old_index > index) {
        /* Keep what is displaced where the other was, so that its own piece finds its counts. */
        roster->entries[old_index] = roster->entries[index];
        roster->counts[old_index] = roster->counts[index];
    }
    roster->entries[index] = *entry;
    roster->counts[index] = counts;
}

bool roster_on_piece(struct roster *roster, const struct message_roster *piece)
{
    if (piece->count > ROSTER_CAPACITY || (piece->count > 0 && piece->index >= piece->count))
        return false;
    if (piece->index == 0)
        roster->incoming_next = 0;
    if (piece->index > roster->incoming_next)
        return false;
    roster->write_at = 0;
    roster->generation++;
    if (piece->count > 0) {
        place_entry(roster, piece->index, &piece->entry);
        roster->incoming_next = (uint8_t)(piece->index + 1);
        if (roster->count < roster->incoming_next)
            roster->count = roster->incoming_next;
    }
    if (roster->incoming_next >= piece->count)
        roster->count = piece->count;
    return true;
}

void roster_on_counts(struct roster *roster, const struct message_counts *counts)
{
    uint8_t index = roster_find(roster, counts->staff_id);

    if (index == ROSTER_NOBODY)
        return;
    roster->counts[index] = (struct roster_counts){
        .asked_today = counts->asked_today,
        .answered_today = counts->answered_today,
        .asked_week = counts->asked_week,
        .answered_week = counts->answered_week,
        .asked_best = counts->asked_best,
        .answered_best = counts->answered_best,
    };
}

static bool was_signed_off(const struct roster *roster, uint16_t staff_id)
{
    for (uint8_t i = 0; i < roster->signed_off_count; i++) {
        if (roster->signed_off[i] == staff_id)
            return true;
    }
    return false;
}

/* PRESENCE says what the daemon knew when this kiosk said HELLO, and may be long on its way. */
static void note_sign_off(struct roster *roster, uint16_t staff_id)
{
    uint16_t *list = roster->signed_off;

    if (roster->is_presence_known || was_signed_off(roster, staff_id))
        return;
    if (roster->signed_off_count == PRESENCE_CAPACITY)
        memmove(list, list + 1, --roster->signed_off_count * sizeof *list);
    list[roster->signed_off_count++] = staff_id;
}

void roster_on_presence(struct roster *roster, const struct message_presence *presence, uint32_t uptime_s)
{
    if (roster->is_presence_known)
        return;
    roster->is_presence_known = true;
    for (uint8_t i = 0; i < presence->count && roster->signed_on_count < PRESENCE_CAPACITY; i++) {
        uint16_t staff_id = presence->present[i].staff_id;
        if (roster_is_signed_on(roster, staff_id) || was_signed_off(roster, staff_id))
            continue; /* since this boot, so later than what the daemon knows */
        roster->signed_on[roster->signed_on_count++] = (struct signed_on){
            .staff_id = staff_id,
            .until_s = uptime_s + (uint32_t)presence->present[i].minutes_left * 60,
        };
    }
}

void roster_on_midnight(struct roster *roster, uint32_t uptime_s, uint32_t midnight_in_s)
{
    roster->is_midnight_known = true;
    roster->midnight_s = uptime_s + midnight_in_s;
}

uint8_t roster_find(const struct roster *roster, uint16_t staff_id)
{
    for (uint8_t i = 0; i < roster->count; i++) {
        if (roster->entries[i].id == staff_id)
            return i;
    }
    return ROSTER_NOBODY;
}

bool roster_is_signed_on(const struct roster *roster, uint16_t staff_id)
{
    for (uint8_t i = 0; i < roster->signed_on_count; i++) {
        if (roster->signed_on[i].staff_id == staff_id)
            return true;
    }
    return false;
}

bool roster_sign_on(struct roster *roster, uint16_t staff_id, uint32_t uptime_s)
{
    if (roster_is_signed_on(roster, staff_id))
        return true;
    if (roster->signed_on_count == PRESENCE_CAPACITY)
        return false;
    roster->signed_on[roster->signed_on_count++] =
        (struct signed_on){.staff_id = staff_id, .until_s = uptime_s + ROSTER_SIGN_ON_S};
    return true;
}

void roster_sign_off(struct roster *roster, uint16_t staff_id)
{
    uint8_t kept = 0;

    for (uint8_t i = 0; i < roster->signed_on_count; i++) {
        if (roster->signed_on[i].staff_id != staff_id)
            roster->signed_on[kept++] = roster->signed_on[i];
    }
    roster->signed_on_count = kept;
    note_sign_off(roster, staff_id);
}

/* How many of those signed on are still on the roster, and the last of them. */
static uint8_t count_signed_on(const struct roster *roster, uint8_t *index)
{
    uint8_t count = 0;

    for (uint8_t i = 0; i < roster->signed_on_count; i++) {
        uint8_t found = roster_find(roster, roster->signed_on[i].staff_id);
        if (found != ROSTER_NOBODY) {
            *index = found;
            count++;
        }
    }
    return count;
}

uint8_t roster_serving(const struct roster *roster)
{
    uint8_t index = ROSTER_NOBODY;

    return count_signed_on(roster, &index) == 1 ? index : ROSTER_NOBODY;
}

bool roster_is_offered(const struct roster *roster, uint8_t index)
{
    uint8_t ignored;

    if (count_signed_on(roster, &ignored) > 0)
        return roster_is_signed_on(roster, roster->entries[index].id);
    return roster->entries[index].flags & STAFF_ON_DUTY;
}

static void end_sign_ons(struct roster *roster, uint32_t uptime_s)
{
    if (roster->is_midnight_known && uptime_s >= roster->midnight_s) {
        roster->signed_on_count = 0;
        roster->midnight_s += DAY_S;
    }
    for (uint8_t i = roster->signed_on_count; i > 0; i--) {
        if (uptime_s >= roster->signed_on[i - 1].until_s)
            roster_sign_off(roster, roster->signed_on[i - 1].staff_id);
    }
}

/* Write the first byte at or after write_at that differs. One entry is packed for each byte written: 3.4 ms
 * of writing outlast it by far. */
static bool write_next(struct roster *roster)
{
    uint8_t wanted[STORAGE_ROSTER_ENTRY_SIZE], stored[STORAGE_ROSTER_ENTRY_SIZE];

    uint8_t index = (uint8_t)(roster->write_at / STORAGE_ROSTER_ENTRY_SIZE);
    uint8_t offset = (uint8_t)(roster->write_at % STORAGE_ROSTER_ENTRY_SIZE);
    uint16_t base = (uint16_t)(STORAGE_ROSTER + index * STORAGE_ROSTER_ENTRY_SIZE);
    pack(index < roster->count ? &roster->entries[index] : NULL, wanted);
    port_eeprom_read(base, stored, sizeof stored);
    for (; offset < STORAGE_ROSTER_ENTRY_SIZE; offset++) {
        roster->write_at++;
        if (stored[offset] != wanted[offset]) {
            port_eeprom_start((uint16_t)(base + offset), wanted[offset], PORT_EEPROM_WRITE);
            return true;
        }
    }
    return roster->write_at < STORED_SIZE;
}

bool roster_step(struct roster *roster, uint32_t uptime_s)
{
    end_sign_ons(roster, uptime_s);
    if (roster->write_at >= STORED_SIZE)
        return false;
    if (!port_eeprom_is_ready())
        return true;
    return write_next(roster);
}
