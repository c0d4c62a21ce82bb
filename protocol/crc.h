/* SPDX-License-Identifier: MIT
 *
 * crc.h - the two checksums of byname. Pure functions, any context.
 */
#ifndef BYNAME_CRC_H
#define BYNAME_CRC_H

#include <stddef.h>
#include <stdint.h>

/* CRC-32/ISO-HDLC (ITU-T V.42): polynomial 0x04C11DB7 reflected, initial and final XOR 0xFFFFFFFF.
 * Start with crc = 0; feed the result back in to go on. "123456789" gives 0xCBF43926. */
uint32_t crc32_update(uint32_t crc, const void *data, size_t size);

/* CRC-16/IBM-3740: polynomial 0x1021, initial 0xFFFF, not reflected, no final XOR. For EEPROM records: short
 * enough for a slot of 15 bytes, and neither all 0x00 nor all 0xFF is its own check there.
 * "123456789" gives 0x29B1. */
uint16_t crc16(const void *data, size_t size);

#endif
