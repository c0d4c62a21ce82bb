/* SPDX-License-Identifier: MIT
 *
 * prepare.h - the EEPROM of a kiosk that has seen some use, made by the kiosk's own code on the host.
 */
#ifndef BYNAME_IMAGE_PREPARE_H
#define BYNAME_IMAGE_PREPARE_H

#include <stdint.h>

/* Fill PORT_EEPROM_SIZE cells: a kiosk that belongs to nobody and knows no names, whose journal has been
 * around its ring already. Every answer below `next` is acknowledged; the slot of `next` is erased. */
void prepare_used_kiosk(uint8_t *cells, uint32_t next);

/* The kiosk without power whose cells these are was busy and offline: as many answers wait as its journal takes, in
 * visits of four. Returns how many. */
uint32_t prepare_full_journal(uint8_t *cells);

#endif
