/* SPDX-License-Identifier: MIT */
#include "identity.h"

#include <string.h>

#include "firmware/core/storage.h"
#include "protocol/bytes.h"
#include "protocol/crc.h"

/* A copy: serial, kiosk id, journal id, database id, CRC-16 of what stands before it. The copy with serial s
 * lives at s % 2; of two good ones the one whose serial follows the other's is the newer. */
#define CRC_AT (1 + 8 + 8 + DATABASE_ID_SIZE)
_Static_assert(CRC_AT + 2 == STORAGE_IDENTITY_SIZE, "a copy is fields and check");

static uint16_t copy_address(uint8_t copy)
{
    return (uint16_t)(STORAGE_IDENTITY + (copy & 1) * STORAGE_IDENTITY_SIZE);
}

static bool read_copy(uint8_t copy, struct identity *identity)
{
    uint8_t bytes[STORAGE_IDENTITY_SIZE];
    struct bytes_reader reader = {.data = bytes, .size = sizeof bytes};

    port_eeprom_read(copy_address(copy), bytes, sizeof bytes);
    identity->serial = bytes_get_u8(&reader);
    identity->kiosk_id = bytes_get_u64(&reader);
    identity->journal_id = bytes_get_u64(&reader);
    bytes_get(&reader, identity->database_id, DATABASE_ID_SIZE);
    return bytes_get_u16(&reader) == crc16(bytes, CRC_AT);
}

void identity_load(struct identity *identity)
{
    struct identity other;
    bool is_first_good = read_copy(0, identity);
    bool is_second_good = read_copy(1, &other);

    if (is_second_good && (!is_first_good || (int8_t)(other.serial - identity->serial) > 0))
        *identity = other;
    else if (!is_first_good)
        memset(identity, 0, sizeof *identity);
}

bool identity_store(struct identity *identity)
{
    uint8_t bytes[STORAGE_IDENTITY_SIZE], back[STORAGE_IDENTITY_SIZE];
    struct bytes_writer writer = {.data = bytes, .capacity = sizeof bytes};
    uint16_t address = copy_address(++identity->serial);

    bytes_put_u8(&writer, identity->serial);
    bytes_put_u64(&writer, identity->kiosk_id);
    bytes_put_u64(&writer, identity->journal_id);
    bytes_put(&writer, identity->database_id, DATABASE_ID_SIZE);
    bytes_put_u16(&writer, crc16(bytes, CRC_AT));
    for (uint8_t i = 0; i < sizeof bytes; i++)
        port_eeprom_start((uint16_t)(address + i), bytes[i], PORT_EEPROM_WRITE);
    port_eeprom_read(address, back, sizeof back);
    return memcmp(back, bytes, sizeof back) == 0;
}

bool identity_forget(struct identity *identity)
{
    struct identity nobody = {.serial = identity->serial};

    if (!identity_store(&nobody))
        return false;
    *identity = nobody;
    return true;
}
