/* SPDX-License-Identifier: MIT */
#include "identity.h"

#include <string.h>

#include "firmware/core/storage.h"
#include "protocol/bytes.h"
#include "protocol/crc.h"

/* A copy: serial, kiosk id, journal id, database id, key, CRC-16 of what stands before it. The copy with serial s
 * lives at s % 2; of two good ones the one whose serial follows the other's is the newer.
 *
 * Before there were keys, a copy was the same without one, and the two stood side by side where copy 0 and the gap
 * behind it are now. They are read when no copy with a key is good. Copy 1 touches neither, so it is the first to be
 * written over them; then nothing ever reads them again. */
#define CRC_AT (1 + 8 + 8 + DATABASE_ID_SIZE + SEAL_KEY_SIZE)
#define KEYLESS_SIZE (STORAGE_IDENTITY_SIZE - SEAL_KEY_SIZE)
_Static_assert(CRC_AT + 2 == STORAGE_IDENTITY_SIZE, "a copy is fields and check");
_Static_assert(2 * KEYLESS_SIZE <= STORAGE_IDENTITY_STRIDE, "copy 1 leaves both copies without a key alone");

#define BLANK 0xFF
#define WRITTEN_CELLS_MIN 8 /* a copy has 35 at least, of which one in 256 is as it is when erased */

static uint16_t copy_address(uint8_t copy)
{
    return (uint16_t)(STORAGE_IDENTITY + (copy & 1) * STORAGE_IDENTITY_STRIDE);
}

/* Not a place where nothing ever stood. Two of its cells that decay can make the CRC right. */
static bool is_written(const uint8_t *bytes, uint8_t size)
{
    uint8_t written = 0;

    for (uint8_t i = 0; i < size; i++) {
        if (bytes[i] != BLANK)
            written++;
    }
    return written >= WRITTEN_CELLS_MIN;
}

/* size says which kind of copy it is. */
static bool read_copy(uint16_t address, uint8_t size, struct identity *identity)
{
    uint8_t bytes[STORAGE_IDENTITY_SIZE];
    struct bytes_reader reader = {.data = bytes, .size = size};

    memset(identity, 0, sizeof *identity);
    port_eeprom_read(address, bytes, size);
    identity->serial = bytes_get_u8(&reader);
    identity->kiosk_id = bytes_get_u64(&reader);
    identity->journal_id = bytes_get_u64(&reader);
    bytes_get(&reader, identity->database_id, DATABASE_ID_SIZE);
    if (size == STORAGE_IDENTITY_SIZE)
        bytes_get(&reader, identity->key, SEAL_KEY_SIZE);
    return bytes_get_u16(&reader) == crc16(bytes, size - 2u) && is_written(bytes, size);
}

/* The newer of the good copies at two addresses. */
static bool load_newer(uint16_t stride, uint8_t size, struct identity *identity)
{
    struct identity other;
    bool is_first_good = read_copy(STORAGE_IDENTITY, size, identity);
    bool is_second_good = read_copy((uint16_t)(STORAGE_IDENTITY + stride), size, &other);

    if (is_second_good && (!is_first_good || (int8_t)(other.serial - identity->serial) > 0))
        *identity = other;
    return is_first_good || is_second_good;
}

void identity_load(struct identity *identity)
{
    if (load_newer(STORAGE_IDENTITY_STRIDE, STORAGE_IDENTITY_SIZE, identity))
        return;
    if (load_newer(KEYLESS_SIZE, KEYLESS_SIZE, identity))
        identity->serial &= 0xFE; /* copy 1 comes next */
    else
        memset(identity, 0, sizeof *identity);
}

static void pack(const struct identity *identity, uint8_t bytes[STORAGE_IDENTITY_SIZE])
{
    struct bytes_writer writer = {.data = bytes, .capacity = STORAGE_IDENTITY_SIZE};

    bytes_put_u8(&writer, identity->serial);
    bytes_put_u64(&writer, identity->kiosk_id);
    bytes_put_u64(&writer, identity->journal_id);
    bytes_put(&writer, identity->database_id, DATABASE_ID_SIZE);
    bytes_put(&writer, identity->key, SEAL_KEY_SIZE);
    bytes_put_u16(&writer, crc16(bytes, CRC_AT));
}

void identity_store(struct identity *identity)
{
    identity->serial++;
    identity->is_storing = true;
    identity->written = 0;
}

bool identity_is_storing(const struct identity *identity)
{
    return identity->is_storing;
}

/* One byte or, behind the last of them, the look whether they are there. */
static bool advance(struct identity *identity)
{
    uint8_t bytes[STORAGE_IDENTITY_SIZE], back[STORAGE_IDENTITY_SIZE];
    uint16_t address = copy_address(identity->serial);

    pack(identity, bytes);
    if (identity->written < sizeof bytes) {
        port_eeprom_start((uint16_t)(address + identity->written), bytes[identity->written],
                          PORT_EEPROM_WRITE);
        identity->written++;
        return false;
    }
    port_eeprom_read(address, back, sizeof back);
    identity->is_storing = false;
    if (memcmp(back, bytes, sizeof back) == 0)
        return true;
    identity_load(identity);
    return false;
}

bool identity_step(struct identity *identity)
{
    return identity->is_storing && port_eeprom_is_ready() && advance(identity);
}

static bool store_now(struct identity *identity)
{
    bool is_stored = false;

    identity_store(identity);
    while (identity->is_storing) /* a pass for each byte, and one more */
        is_stored = advance(identity);
    return is_stored;
}

bool identity_forget(struct identity *identity)
{
    struct identity nobody = {.serial = identity->serial};

    if (!store_now(&nobody))
        return false;
    *identity = nobody;
    return store_now(identity); /* over the copy that still has the key */
}
