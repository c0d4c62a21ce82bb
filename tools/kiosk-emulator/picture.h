/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * picture.h - the display's picture as a file.
 *
 * NAME.pbm is a plain (P1) bitmap of 128x64, 1 for a lit pixel: small and readable in a diff. NAME.png looks
 * like the display. Both depend on the picture only, byte for byte.
 */
#ifndef KIOSK_EMULATOR_PICTURE_H
#define KIOSK_EMULATOR_PICTURE_H

#include "ssd1306_model.h"

enum { PICTURE_SCALE_DEFAULT = 5, PICTURE_SCALE_MAX = 16 };

/* Whether the name ends in .pbm or .png. */
bool picture_is_name_known(const char *path);

/* `scale` is the width of a pixel in a PNG, gap included: 1 to PICTURE_SCALE_MAX. Returns NULL, or why it
 * failed (static text); a file may then be incomplete.
 */
const char *picture_save(const struct ssd1306_picture *picture, const char *path, unsigned scale);

/* Read a plain PBM of 128x64. Returns NULL, or why it failed (static text). */
const char *picture_load(struct ssd1306_picture *picture, const char *path);

#endif
