/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * image.h - a firmware image, read once and shared by any number of boards.
 *
 * The flash contents are kept once for all boards, which saves 256 KiB a board; firmware that programs its
 * own flash would therefore change it under every board (the kiosk's does not).
 */
#ifndef KIOSK_EMULATOR_IMAGE_H
#define KIOSK_EMULATOR_IMAGE_H

struct image;

/* Read an ELF file made for the ATmega2560. NULL on failure, with a reason in *error (static text). */
struct image *image_open(const char *path, const char **error);

/* No board may use it any more. NULL is legal. */
void image_close(struct image *image);

struct avr_t;

/* For board.c: load into a core that has just been initialised, and take the flash back before it is
 * terminated. */
void image_attach(struct image *image, struct avr_t *avr);
void image_detach(struct image *image, struct avr_t *avr);

#endif
