/* SPDX-License-Identifier: MIT
 *
 * drawing.h - screens without their pixels: most of a run's time would go into letters nobody looks at.
 *
 * The linker puts __wrap_screen_draw in the place of screen_draw. Every screen still gives a picture of its
 * own, so that the display has as much to send as it would have. What the pixels are is tests/unit/firmware's
 * business.
 */
#ifndef BYNAME_SIMULATED_BOARD_DRAWING_H
#define BYNAME_SIMULATED_BOARD_DRAWING_H

#include "firmware/core/screen.h"

void __wrap_screen_draw(const struct screen *screen, struct canvas *canvas);

#endif
