/* SPDX-License-Identifier: MIT */
#include "drawing.h"

void __wrap_screen_draw(const struct screen *screen, struct canvas *canvas)
{
    canvas_clear(canvas);
    canvas->pages[0][0] = screen->kind;
    canvas->pages[1][0] = screen->language;
    canvas->pages[2][0] = screen->chosen;
    canvas->pages[3][0] = screen->marks;
    canvas->pages[CANVAS_PAGE_COUNT - 1][0] = screen->bar;
    for (unsigned i = 0; i < SCREEN_NUMBER_COUNT; i++)
        canvas->pages[4][i] = (uint8_t)screen->number[i];
}
