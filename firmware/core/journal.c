/* SPDX-License-Identifier: MIT */
#include "journal.h"

#include <string.h>

#include "protocol/bytes.h"
#include "protocol/crc.h"

/* A slot, little-endian:
 *
 *   0..2   lap: seq / slot count      (seq = lap * slot count + slot index)
 *   3      visit_back << 4 | question
 *   4..5   value       from here on as in ANSWERS
 *   6..7   boot
 *   8..11  uptime, s
 *   12..13 CRC-16 of bytes 0..11
 *   14     state
 *
 * Life of a slot. Every arrow is one or more byte writes; each write but the erase only clears bits.
 *
 *   blank ──payload, CRC──► torn ──state := COMMITTED──► live ──state := ACKED──► acked
 *     ▲                                                                               │
 *     └──────────────── erase: CRC first, then the payload, the state last ───────────┘
 *
 *   torn ──state := GRAVE──► torn ──erase──► blank
 *   damaged ──state := COMMITTED──► damaged ──erase all but the state──► damaged ──payload, CRC──► live, a void
 *   live (1) ──state := MENDING──► live (1) ──payload and CRC again, state := COMMITTED──► live
 *   acked ──state := COMMITTED──► live, where it goes out again
 *
 * The CRC is never FFFF (crc16 or, in place of FFFF, 0000): it is erased first, so that nothing which an erase leaves
 * half way can pass for an answer.
 *
 * What a reader makes of it, by CRC and state:
 *
 *   payload          state 0xFF     GRAVE     ACKED     COMMITTED    anything else
 *   all 0xFF         blank          blank     blank     damaged      blank (erased again before use)
 *   CRC right        live (1)       torn      acked     live         live (1)
 *   CRC wrong        torn           torn      free      damaged      damaged
 *
 * (1) The commit or the ack was torn. The content is whole, so it is written and committed anew and sent,
 * perhaps again.
 *
 * A torn cell may read differently each time until it is written again. So recovery writes a byte that it is
 * going to rely on, also where the byte reads right: the payload of what it commits anew, and every byte of
 * the next slot unless the whole slot is blank (then only the state, erased last, or the first byte,
 * programmed first, can be torn, and both are written by the append). Before it erases such a slot again it makes it
 * a grave: were the CRC torn in that, beside a torn payload, the two could agree by chance.
 *
 * A torn slot that is next in line was never acknowledged on the display; but a cell that decays looks the
 * same and its number may be known to the daemon. So the number is not used again: the slot becomes a VOID
 * answer, which the daemon takes for a stored one. The same is done for a free slot whose erase had not begun:
 * the newest answer, acknowledged, may have decayed; and, with value VOID_DAMAGED, for a damaged slot. Where several of
 * the newest answers have decayed, only the last of them becomes a void: it proves that there were so many, and the
 * others are found damaged before it.
 */
#define PAYLOAD_SIZE 12
#define CRC_AT PAYLOAD_SIZE
#define CRC_SIZE 2
#define STATE_AT (CRC_AT + CRC_SIZE)
#define BLANK 0xFF
#define BLANK_CRC 0xFFFF
#define COMMITTED 0x5A
#define ACKED 0x00
#define GRAVE 0x3C
#define MENDING 0xA5
#define QUESTION_MAX 15
#define LAP_MAX 0xFFFFFFul
#define APPEND_TRIES 3

_Static_assert(STATE_AT + 1 == STORAGE_SLOT_SIZE, "a slot ends with its state");
_Static_assert(JOURNAL_CAPACITY + 2 == STORAGE_SLOT_COUNT,
               "one slot is erased ahead, one more is never in doubt");

enum slot_kind { SLOT_BLANK, SLOT_TORN, SLOT_FREE, SLOT_DAMAGED, SLOT_ACKED, SLOT_LIVE };

struct slot {
    enum slot_kind kind;
    uint8_t state; /* the byte */
    bool is_clean; /* it is exactly what the kind says */
    bool is_begun; /* its erase was begun: the CRC goes first */
    bool is_right; /* the CRC is right, so answer is set, whatever the state */
    struct answer answer;
};

static uint16_t slot_address(uint16_t index)
{
    return (uint16_t)(STORAGE_JOURNAL + index * STORAGE_SLOT_SIZE);
}

/* What waits stands in two laps at most; for these, no division of 600 cycles is needed. */
static uint16_t slot_index(const struct journal *journal, uint32_t seq)
{
    uint32_t behind = seq - journal->lap_start;

    if (behind < journal->slot_count)
        return (uint16_t)behind;
    behind -= journal->slot_count;
    if (behind < journal->slot_count)
        return (uint16_t)behind;
    return (uint16_t)(seq % journal->slot_count);
}

static void find_lap(struct journal *journal)
{
    journal->lap_start = journal->oldest - journal->oldest % journal->slot_count;
}

static bool is_blank(const uint8_t *bytes, uint8_t size)
{
    for (uint8_t i = 0; i < size; i++) {
        if (bytes[i] != BLANK)
            return false;
    }
    return true;
}

static uint16_t u16_at(const uint8_t *bytes)
{
    return (uint16_t)(bytes[0] | bytes[1] << 8);
}

static uint32_t seq_of(const struct journal *journal, uint16_t index, const uint8_t *bytes)
{
    return ((uint32_t)bytes[2] << 16 | u16_at(bytes)) * journal->slot_count + index;
}

static void unpack(const struct journal *journal, uint16_t index, const uint8_t *bytes, struct answer *answer)
{
    answer->seq = seq_of(journal, index, bytes);
    answer->visit_back = bytes[3] >> 4;
    answer->question = bytes[3] & 0x0F;
    answer->value = u16_at(bytes + 4);
    answer->boot = u16_at(bytes + 6);
    answer->uptime_s = (uint32_t)u16_at(bytes + 10) << 16 | u16_at(bytes + 8);
}

static uint16_t payload_crc(const uint8_t *payload)
{
    uint16_t crc = crc16(payload, PAYLOAD_SIZE);

    return crc == BLANK_CRC ? 0 : crc;
}

/* Whether an answer can be read from a slot's bytes, whatever the state says of it. */
static bool is_right(const uint8_t bytes[STORAGE_SLOT_SIZE])
{
    return payload_crc(bytes) == u16_at(bytes + CRC_AT) && bytes[STATE_AT] != GRAVE &&
           !is_blank(bytes, PAYLOAD_SIZE);
}

static void pack(const struct journal *journal, const struct answer *answer, uint8_t bytes[STORAGE_SLOT_SIZE])
{
    struct bytes_writer writer = {.data = bytes, .capacity = STATE_AT};
    uint32_t lap = answer->seq / journal->slot_count;

    bytes_put_u16(&writer, (uint16_t)lap);
    bytes_put_u8(&writer, (uint8_t)(lap >> 16));
    bytes_put_u8(&writer, (uint8_t)(answer->visit_back << 4 | answer->question));
    bytes_put_u16(&writer, answer->value);
    bytes_put_u16(&writer, answer->boot);
    bytes_put_u32(&writer, answer->uptime_s);
    bytes_put_u16(&writer, payload_crc(bytes));
}

static void read_slot(const struct journal *journal, uint16_t index, struct slot *slot)
{
    uint8_t bytes[STORAGE_SLOT_SIZE];

    memset(slot, 0, sizeof *slot);
    port_eeprom_read(slot_address(index), bytes, sizeof bytes);
    uint8_t state = slot->state = bytes[STATE_AT];
    slot->is_begun = u16_at(bytes + CRC_AT) == BLANK_CRC;
    slot->is_right = is_right(bytes);
    if (is_blank(bytes, PAYLOAD_SIZE)) {
        slot->kind = state == COMMITTED ? SLOT_DAMAGED : SLOT_BLANK;
        slot->is_clean = is_blank(bytes, sizeof bytes);
        return;
    }
    if (slot->is_right)
        unpack(journal, index, bytes, &slot->answer);
    if (state == ACKED)
        slot->kind = slot->is_right ? SLOT_ACKED : SLOT_FREE;
    else if (state == GRAVE || (state == BLANK && !slot->is_right))
        slot->kind = SLOT_TORN;
    else
        slot->kind = slot->is_right ? SLOT_LIVE : SLOT_DAMAGED;
    slot->is_clean = state == COMMITTED || state == ACKED;
}

/* What is read back is durable: reading waits for the write under way. */
static bool write_state(uint16_t index, uint8_t state, enum port_eeprom_mode mode)
{
    uint16_t address = (uint16_t)(slot_address(index) + STATE_AT);
    uint8_t back;

    port_eeprom_start(address, state, mode);
    port_eeprom_read(address, &back, 1);
    return back == state;
}

/* Where the byte stands that goes when `left` are left, itself included: CRC, payload, state. */
static uint8_t erase_offset(uint8_t left)
{
    uint8_t gone = (uint8_t)(STORAGE_SLOT_SIZE - left);

    if (gone < CRC_SIZE)
        return (uint8_t)(CRC_AT + gone);
    return gone < STATE_AT ? (uint8_t)(gone - CRC_SIZE) : STATE_AT;
}

/* Erase the next byte of a slot, which says ACKED before the first of them goes. Nothing is written where nothing needs
 * to change, unless the cell may be torn. Returns false when nothing was written. */
static bool erase_byte(uint16_t index, uint8_t left, bool may_be_torn)
{
    uint16_t base = slot_address(index);
    uint16_t address = (uint16_t)(base + erase_offset(left));
    uint8_t byte, state;

    port_eeprom_read(address, &byte, 1);
    if (byte == BLANK && !may_be_torn)
        return false;
    port_eeprom_read((uint16_t)(base + STATE_AT), &state, 1);
    if (state != ACKED && state != BLANK && !may_be_torn)
        port_eeprom_start((uint16_t)(base + STATE_AT), ACKED, PORT_EEPROM_CLEAR);
    port_eeprom_start(address, BLANK, PORT_EEPROM_ERASE);
    return true;
}

static void finish_erase(struct journal *journal)
{
    uint16_t index = slot_index(journal, journal->next);

    for (; journal->erase_left > 0; journal->erase_left--)
        erase_byte(index, journal->erase_left, journal->may_be_torn);
}

/* Write payload and CRC into a slot that is blank there, or holds the same, and read them back. */
static bool write_payload(const struct journal *journal, const struct answer *answer)
{
    uint8_t bytes[STORAGE_SLOT_SIZE], back[STATE_AT];
    uint16_t base = slot_address(slot_index(journal, answer->seq));

    pack(journal, answer, bytes);
    for (uint8_t i = 0; i < STATE_AT; i++) {
        if (bytes[i] != BLANK)
            port_eeprom_start((uint16_t)(base + i), bytes[i], PORT_EEPROM_CLEAR);
    }
    port_eeprom_read(base, back, sizeof back);
    return memcmp(back, bytes, sizeof back) == 0;
}

/* Write into a blank slot: payload and CRC first, then, once they are right, the state. */
static bool write_slot(const struct journal *journal, const struct answer *answer)
{
    uint16_t index = slot_index(journal, answer->seq);
    uint8_t state;

    if (!write_payload(journal, answer))
        return false;
    if (journal->may_be_torn)
        return write_state(index, COMMITTED, PORT_EEPROM_WRITE);
    port_eeprom_read((uint16_t)(slot_address(index) + STATE_AT), &state, 1);
    return state == BLANK && write_state(index, COMMITTED, PORT_EEPROM_CLEAR);
}

/* The slot could not be written. Whatever its state byte can still be made to say, what stands in it must not
 * pass for an answer: the same is going to stand in the next slot. */
static void kill_slot(struct journal *journal, uint32_t seq)
{
    uint16_t index = slot_index(journal, seq);
    struct slot slot;

    journal->bad_slots++;
    write_state(index, ACKED, PORT_EEPROM_WRITE);
    read_slot(journal, index, &slot);
    for (uint8_t i = 0; i < STATE_AT && slot.is_right; i++)
        port_eeprom_start((uint16_t)(slot_address(index) + i), BLANK, PORT_EEPROM_ERASE);
}

/* Take the next sequence number for *answer; slots that cannot hold it are killed and passed over. */
static enum journal_status append(struct journal *journal, struct answer *answer, uint32_t visit)
{
    for (uint8_t i = 0; i < APPEND_TRIES; i++) {
        uint32_t back = visit == 0 ? 0 : journal->next - visit;

        if (journal_free(journal) == 0)
            return JOURNAL_FULL;
        if (answer->question > QUESTION_MAX || back > ANSWER_VISIT_BACK_MAX ||
            journal->next / journal->slot_count > LAP_MAX)
            return JOURNAL_FAULT;
        finish_erase(journal);
        answer->seq = journal->next++;
        answer->visit_back = (uint8_t)back;
        answer->boot = journal->boot;
        journal->erase_left = STORAGE_SLOT_SIZE;
        bool is_written = write_slot(journal, answer);
        journal->may_be_torn = false;
        if (is_written) {
            journal->is_boot_claimed = true;
            return JOURNAL_OK;
        }
        kill_slot(journal, answer->seq);
    }
    return JOURNAL_FAULT;
}

/* When the journal is full with slots that were passed over, their numbers are taken back: nothing in the EEPROM
 * proves them used, and the daemon must not hear of a number that another boot would use again. */
enum journal_status journal_append(struct journal *journal, struct answer *answer, uint32_t visit)
{
    uint32_t first = journal->next;
    enum journal_status status = append(journal, answer, visit);

    if (status == JOURNAL_FULL && journal->next != first) {
        journal->next = first;
        journal->erase_left = STORAGE_SLOT_SIZE;
        journal->may_be_torn = true;
    }
    return status;
}

uint32_t journal_oldest(const struct journal *journal)
{
    return journal->oldest;
}

uint32_t journal_next(const struct journal *journal)
{
    return journal->next;
}

uint16_t journal_pending(const struct journal *journal)
{
    return (uint16_t)(journal->next - journal->oldest);
}

uint16_t journal_free(const struct journal *journal)
{
    uint16_t capacity = (uint16_t)(journal->slot_count - 2);
    uint16_t pending = journal_pending(journal);

    return pending < capacity ? (uint16_t)(capacity - pending) : 0;
}

enum journal_entry journal_copy(const struct journal *journal, uint32_t seq, uint8_t wire[ANSWER_WIRE_SIZE])
{
    uint8_t bytes[STORAGE_SLOT_SIZE];
    uint16_t index = slot_index(journal, seq);
    struct slot slot;

    port_eeprom_read(slot_address(index), bytes, sizeof bytes);
    if (is_right(bytes) && seq_of(journal, index, bytes) == seq) {
        wire[0] = bytes[3] >> 4;
        wire[1] = bytes[3] & 0x0F;
        memcpy(wire + 2, bytes + 4, ANSWER_WIRE_SIZE - 2);
        return JOURNAL_ANSWER; /* also if its state says acknowledged: the daemon knows better than a torn byte */
    }
    read_slot(journal, index, &slot);
    return slot.kind == SLOT_FREE || slot.kind == SLOT_BLANK ? JOURNAL_DEAD : JOURNAL_DAMAGED;
}

enum journal_entry journal_read(const struct journal *journal, uint32_t seq, struct answer *answer)
{
    uint8_t wire[ANSWER_WIRE_SIZE];
    enum journal_entry entry = journal_copy(journal, seq, wire);

    if (entry == JOURNAL_ANSWER)
        *answer = (struct answer){
            .seq = seq,
            .visit_back = wire[0],
            .question = wire[1],
            .value = u16_at(wire + 2),
            .boot = u16_at(wire + 4),
            .uptime_s = (uint32_t)u16_at(wire + 8) << 16 | u16_at(wire + 6),
        };
    return entry;
}

void journal_ack(struct journal *journal, uint32_t through)
{
    if (through >= journal->oldest && through < journal->next)
        journal->oldest = through + 1;
    if (journal->oldest - journal->lap_start >= journal->slot_count)
        journal->lap_start += journal->slot_count;
}

/* Where a mark decayed, or is in doubt, the journal goes back to what it says was acknowledged, behind which there may be
 * more that says so. The oldest that can be read must say that it is not, before those below it are marked: else the next
 * boot begins behind what has still to go out. */
static void unmark_oldest(const struct journal *journal)
{
    struct slot slot;

    for (uint32_t seq = journal->oldest; seq < journal->next; seq++) {
        read_slot(journal, slot_index(journal, seq), &slot);
        if (!slot.is_right || slot.answer.seq != seq)
            continue;
        if (slot.state != COMMITTED)
            port_eeprom_start((uint16_t)(slot_address(slot_index(journal, seq)) + STATE_AT), COMMITTED,
                              PORT_EEPROM_WRITE);
        return;
    }
}

bool journal_doubt(struct journal *journal, uint32_t through)
{
    struct answer answer;
    uint32_t doubtful = journal->doubtful;

    if (doubtful == 0 || journal->oldest != doubtful + 1)
        return false;
    journal->doubtful = 0;
    if (through + 1 != doubtful || journal_free(journal) == 0 ||
        journal_read(journal, doubtful, &answer) != JOURNAL_ANSWER)
        return false;
    journal->oldest = journal->cleared = doubtful;
    find_lap(journal);
    unmark_oldest(journal);
    return true;
}

/* Mark the slot of journal->cleared, unless it has been erased for a newer answer meanwhile. */
static void clear_acked(struct journal *journal)
{
    uint16_t index = slot_index(journal, journal->cleared);
    struct slot slot;

    read_slot(journal, index, &slot);
    if (slot.kind == SLOT_LIVE && slot.answer.seq == journal->cleared)
        port_eeprom_start((uint16_t)(slot_address(index) + STATE_AT), ACKED, PORT_EEPROM_CLEAR);
    journal->cleared++;
}

bool journal_erase_ahead(struct journal *journal)
{
    if (journal->erase_left > 0 && !port_eeprom_is_ready())
        return true;
    while (journal->erase_left > 0) {
        if (erase_byte(slot_index(journal, journal->next), journal->erase_left--, journal->may_be_torn))
            return true;
    }
    return false;
}

bool journal_step(struct journal *journal)
{
    if (journal->cleared == journal->oldest && journal->erase_left == 0)
        return false;
    if (!port_eeprom_is_ready())
        return true;
    if (journal->cleared != journal->oldest) {
        unmark_oldest(journal);
        clear_acked(journal);
        return true;
    }
    return journal_erase_ahead(journal);
}

/* Recovery -------------------------------------------------------------------------------------------------
 */

/* Write again what reads as a live answer without being cleanly committed. In between the state says neither
 * blank nor acknowledged, so that the number stays in use whatever another cut does to the payload. */
static void mend_slot(const struct journal *journal, const struct answer *answer)
{
    uint16_t index = slot_index(journal, answer->seq);

    write_state(index, MENDING, PORT_EEPROM_WRITE);
    if (write_payload(journal, answer))
        write_state(index, COMMITTED, PORT_EEPROM_WRITE);
}

/* The end of the journal: one past the newest number that any slot proves. What a cut left between two states
 * is settled in the same look, so that it cannot read differently the next time. */
static void find_next(struct journal *journal)
{
    struct slot slot;

    journal->next = 1;
    journal->boot = 1;
    for (uint16_t i = 0; i < journal->slot_count; i++) {
        read_slot(journal, i, &slot);
        if (slot.kind == SLOT_LIVE && !slot.is_clean)
            mend_slot(journal, &slot.answer);
        if ((slot.kind == SLOT_LIVE || slot.kind == SLOT_ACKED) && slot.answer.seq >= journal->next) {
            journal->next = slot.answer.seq + 1;
            journal->boot = (uint16_t)(slot.answer.boot + 1);
        }
    }
    if (journal->boot == 0)
        journal->boot = 1;
}

/* The lowest number that can be unacknowledged: append refuses to go further beyond the oldest. */
static uint32_t window_start(const struct journal *journal)
{
    uint16_t capacity = (uint16_t)(journal->slot_count - 2);

    return journal->next > capacity ? journal->next - capacity : 1;
}

/* Find the oldest live answer. A live slot below the window was acknowledged, or nothing could have been
 * appended since. */
static void find_oldest(struct journal *journal)
{
    uint32_t start = window_start(journal);
    struct slot slot;

    journal->oldest = journal->next;
    for (uint16_t i = 0; i < journal->slot_count; i++) {
        read_slot(journal, i, &slot);
        if (slot.kind != SLOT_LIVE)
            continue;
        if (slot.answer.seq < start)
            write_state(i, ACKED, PORT_EEPROM_WRITE);
        else if (slot.answer.seq < journal->oldest)
            journal->oldest = slot.answer.seq;
    }
}

/* Damaged and dead slots right below the oldest live one may not have been reported yet. Only a slot that says itself
 * that it was acknowledged proves that everything before is done with. */
static void include_doubtful(struct journal *journal)
{
    uint32_t start = window_start(journal);
    struct slot slot;

    while (journal->oldest > start) {
        read_slot(journal, slot_index(journal, journal->oldest - 1), &slot);
        if (slot.kind == SLOT_ACKED && slot.answer.seq == journal->oldest - 1)
            return;
        journal->oldest--;
    }
}

/* Whether the slot of a number at or beyond the end holds neither nothing nor an answer of the lap before. A live one
 * is torn: find_next did not see it live. */
static bool is_begun_here(const struct journal *journal, uint32_t seq, struct slot *slot)
{
    read_slot(journal, slot_index(journal, seq), slot);
    if (slot->is_right)
        return slot->answer.seq >= seq;
    return slot->kind != SLOT_BLANK && !(slot->kind == SLOT_FREE && (slot->is_begun || seq == 1));
}

/* What is torn is the newest of all; but behind what decayed, more may have, or it is torn. Nothing else is believed: a
 * memory that somebody else used is not full of our answers. */
static void pass_over_damaged(struct journal *journal, struct slot *slot)
{
    while (slot->kind != SLOT_TORN && journal_free(journal) > 1) {
        struct slot behind;
        bool is_begun = is_begun_here(journal, journal->next + 1, &behind);
        if (!is_begun ||
            !(behind.kind == SLOT_TORN || (behind.kind == SLOT_DAMAGED && behind.state == COMMITTED)))
            return;
        journal->next++;
        *slot = behind;
    }
}

/* Whatever a cut leaves of it, it reads as damaged until the void stands in it. */
static void clear_damaged(struct journal *journal, const struct slot *slot)
{
    uint16_t index = slot_index(journal, journal->next);

    if (slot->state != COMMITTED)
        write_state(index, COMMITTED, PORT_EEPROM_WRITE);
    for (; journal->erase_left > 1; journal->erase_left--)
        erase_byte(index, journal->erase_left, true);
    journal->erase_left = 0; /* the state is written whatever it was */
}

/* Use up the number of the slot next in line when something was begun in it. A full journal has no room for a grave,
 * and needs none: the number had no room either. */
static void bury_torn(struct journal *journal)
{
    struct answer grave = {.question = QUESTION_VOID, .value = VOID_TORN};
    struct slot slot;
    bool is_begun = is_begun_here(journal, journal->next, &slot);

    if (is_begun)
        pass_over_damaged(journal, &slot);
    journal->may_be_torn = true;
    journal->erase_left = slot.kind == SLOT_BLANK && slot.is_clean ? 0 : STORAGE_SLOT_SIZE;
    if (!is_begun && !slot.is_right && journal->erase_left > 0)
        write_state(slot_index(journal, journal->next), GRAVE, PORT_EEPROM_WRITE);
    if (!is_begun)
        return;
    if (slot.kind == SLOT_DAMAGED) {
        grave.value = VOID_DAMAGED;
        clear_damaged(journal, &slot);
    } else {
        write_state(slot_index(journal, journal->next), GRAVE, PORT_EEPROM_WRITE);
    }
    if (journal_free(journal) > 0 && append(journal, &grave, 0) != JOURNAL_OK)
        journal->bad_slots++;
}

void journal_init_ring(struct journal *journal, uint16_t slot_count)
{
    memset(journal, 0, sizeof *journal);
    journal->slot_count = slot_count;
    find_next(journal);
    find_oldest(journal);
    include_doubtful(journal);
    find_lap(journal);
    journal->cleared = journal->oldest;
    journal->doubtful = journal->oldest == journal->next ? journal->next - 1 : 0;
    bury_torn(journal);
}

void journal_init(struct journal *journal)
{
    journal_init_ring(journal, STORAGE_SLOT_COUNT);
}
