/* SPDX-License-Identifier: MIT
 *
 * render.c - which reply in which format.
 */
#include "render_internal.h"

#include <string.h>

#include "daemon/csv.h"
#include "daemon/ods.h"

static const struct kind {
    const char *kind;
    render_text_function *text;
} kinds[] = {
    {"summary", render_summary},
    {"staff", render_staff},
    {"kiosks", render_kiosks},
    {"overview", render_overview},
    {"causes", render_causes},
    {"strengths", render_strengths},
    {"hours", render_hours},
    {"days", render_days},
    {"help", render_help},
    {"staff_list", render_staff_list},
    {"kiosk_list", render_kiosk_list},
    {"help_call_list", render_help_call_list},
    {"note_list", render_note_list},
    {"status", render_status},
    {"verify", render_verify},
    {"done", render_done},
    {"token", render_token},
    {"token_list", render_token_list},
    {"policy", render_policy},
    {"retention_preview", render_retention_preview},
    {"access_log", render_access_log},
    {"export", render_export},
};

#define KIND_COUNT (sizeof kinds / sizeof kinds[0])

static size_t kind_find(const json_t *reply)
{
    const char *kind = json_string_value(json_object_get(reply, "kind"));
    size_t i = 0;

    while (i < KIND_COUNT && (kind == NULL || strcmp(kinds[i].kind, kind) != 0))
        i++;
    return i;
}

bool render_format_find(const char *name, enum render_format *format)
{
    static const char *const names[] = {
        [RENDER_TEXT] = "text", [RENDER_CSV] = "csv", [RENDER_ODS] = "ods", [RENDER_JSON] = "json"};

    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (strcmp(names[i], name) != 0)
            continue;
        *format = (enum render_format)i;
        return true;
    }
    return false;
}

bool render(FILE *out, const json_t *report, const struct render_options *options)
{
    size_t which = kind_find(report);
    struct page page = {.out = out,
                        .columns = options->columns == 0 ? 80 : options->columns,
                        .is_color = options->is_color,
                        .language = options->language};

    if (which == KIND_COUNT)
        return false;
    switch (options->format) {
    case RENDER_TEXT:
        kinds[which].text(&page, report);
        break;
    case RENDER_CSV:
        csv_write(out, report);
        break;
    case RENDER_ODS:
        return ods_write(out, report);
    case RENDER_JSON:
        json_dumpf(report, out, JSON_PRESERVE_ORDER | JSON_INDENT(2) | JSON_REAL_PRECISION(9));
        fputc('\n', out);
        break;
    }
    return fflush(out) == 0 && !ferror(out);
}
