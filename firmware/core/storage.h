/* SPDX-License-Identifier: MIT
 *
 * storage.h - who owns which bytes of the EEPROM. Each owner's file says what they mean.
 *
 *   journal   202 slots of 15 bytes    answers the daemon has not acknowledged, and the newest it has
 *   roster     24 entries of 38 bytes  names that customers can choose
 *   identity    2 copies of 51 bytes   who this kiosk is, whom it belongs to, its key; 19 unused between them
 *   spare      33 bytes                the last of them is the self-test's
 */
#ifndef BYNAME_STORAGE_H
#define BYNAME_STORAGE_H

#include "firmware/port/port.h"
#include "protocol/vocabulary.h"

#define STORAGE_SLOT_COUNT 202
#define STORAGE_SLOT_SIZE 15
#define STORAGE_ROSTER_ENTRY_SIZE 38
#define STORAGE_IDENTITY_SIZE 51
#define STORAGE_IDENTITY_STRIDE 70 /* see identity.c for why they do not touch */

#define STORAGE_JOURNAL 0
#define STORAGE_ROSTER (STORAGE_JOURNAL + STORAGE_SLOT_COUNT * STORAGE_SLOT_SIZE)
#define STORAGE_IDENTITY (STORAGE_ROSTER + ROSTER_CAPACITY * STORAGE_ROSTER_ENTRY_SIZE)
#define STORAGE_SPARE (STORAGE_IDENTITY + STORAGE_IDENTITY_STRIDE + STORAGE_IDENTITY_SIZE)
#define STORAGE_SELF_TEST (PORT_EEPROM_SIZE - 1)

_Static_assert(STORAGE_SPARE <= STORAGE_SELF_TEST, "everything fits the EEPROM");

#endif
