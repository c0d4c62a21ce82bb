/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * eeprom_file.h - the kiosk's EEPROM cells as a file of 4096 bytes.
 *
 * The file is mapped and shared, so that a byte whose write has completed survives whatever happens to the
 * emulator, SIGKILL included. One process at a time: the file is locked while open.
 */
#ifndef KIOSK_EMULATOR_EEPROM_FILE_H
#define KIOSK_EMULATOR_EEPROM_FILE_H

#include <stdint.h>

struct eeprom_file {
    int fd;
    uint8_t *cells;
};

/* A missing or empty file becomes a blank EEPROM (all 0xFF). On failure nothing is open and *error says why
 * (static text); an existing file of another size is refused untouched.
 */
int eeprom_file_open(struct eeprom_file *file, const char *path, const char **error);

/* Legal on a zeroed struct. */
void eeprom_file_close(struct eeprom_file *file);

#endif
