/* SPDX-License-Identifier: MIT
 *
 * render_internal.h - the pieces that texts share. For daemon/render*.c only.
 */
#ifndef BYNAME_RENDER_INTERNAL_H
#define BYNAME_RENDER_INTERNAL_H

#include "daemon/render.h"

struct page {
    FILE *out;
    unsigned columns;
    bool is_color;
};

/* One kind of reply as text. */
typedef void render_text_function(struct page *page, const json_t *reply);
render_text_function render_summary, render_staff, render_kiosks, render_staff_list, render_kiosk_list,
    render_status, render_verify, render_done, render_token, render_token_list,
    render_help_call_list, render_note_list;

#endif
