/* SPDX-License-Identifier: MIT
 *
 * report_small.c - small groups: whose figures are not shown, because so few visits would tell about persons.
 *
 * What counts is always the whole breakdown, never what a filter left of it: a group that its breakdown hides
 * stays hidden when it is asked for alone.
 */
#include "report_internal.h"

#include <stdlib.h>
#include <string.h>

enum along { ALONG_KIOSKS, ALONG_STAFF };

size_t report_lines_add(struct report_lines *lines, int64_t id, int64_t visits)
{
    size_t i = 0;

    while (i < lines->count && lines->lines[i].id != id)
        i++;
    if (i == lines->capacity) {
        size_t capacity = lines->capacity == 0 ? 16 : 2 * lines->capacity;
        struct report_line *grown = realloc(lines->lines, capacity * sizeof *grown);

        if (grown == NULL)
            return SIZE_MAX;
        lines->lines = grown;
        lines->capacity = capacity;
    }
    if (i == lines->count)
        lines->lines[lines->count++] = (struct report_line){.id = id};
    lines->lines[i].visits += visits;
    return i;
}

void report_lines_free(struct report_lines *lines)
{
    free(lines->lines);
    memset(lines, 0, sizeof *lines);
}

/* The breakdown along one side, of what the other side's filter leaves. False when there is no memory. */
static bool lines_make(const struct figures_groups *cells, enum along along, int64_t kiosk, int32_t staff,
                       struct report_lines *lines)
{
    bool is_whole = true;

    for (size_t i = 0; is_whole && i < cells->count; i++) {
        int64_t cell_kiosk = figures_cell_kiosk(cells->groups[i].id);
        int32_t cell_staff = figures_cell_staff(cells->groups[i].id);
        int64_t visits = figures_visits(&cells->groups[i].figures);

        if (along == ALONG_STAFF && (kiosk == 0 || kiosk == cell_kiosk))
            is_whole = report_lines_add(lines, cell_staff, visits) != SIZE_MAX;
        if (along == ALONG_KIOSKS && (staff == FIGURES_ALL_STAFF || staff == cell_staff))
            is_whole = report_lines_add(lines, cell_kiosk, visits) != SIZE_MAX;
    }
    return is_whole;
}

/* A single line of fewer than five could be worked out from the total and the other lines: the smallest of
 * those, of equal ones that with the least id, is hidden with it. */
bool report_is_hidden_among(const struct report_lines *lines, int64_t id)
{
    const struct report_line *smallest = NULL;
    size_t small_count = 0;

    for (size_t i = 0; i < lines->count; i++) {
        const struct report_line *line = &lines->lines[i];

        if (line->visits == 0)
            continue;
        if (line->visits < FIGURES_SMALL_GROUP) {
            small_count++;
            if (line->id == id)
                return true;
        } else if (smallest == NULL || line->visits < smallest->visits ||
                   (line->visits == smallest->visits && line->id < smallest->id)) {
            smallest = line;
        }
    }
    return small_count == 1 && smallest != NULL && smallest->id == id;
}

static bool is_hidden_along(const struct figures_groups *cells, enum along along, int64_t kiosk,
                            int32_t staff)
{
    struct report_lines lines = {0};
    bool is_hidden = !lines_make(cells, along, kiosk, staff, &lines) ||
                     report_is_hidden_among(&lines, along == ALONG_STAFF ? staff : kiosk);

    report_lines_free(&lines);
    return is_hidden;
}

bool report_is_small(const struct figures_groups *cells, int64_t kiosk, int32_t staff)
{
    return (staff != FIGURES_ALL_STAFF && is_hidden_along(cells, ALONG_STAFF, kiosk, staff)) ||
           (kiosk != 0 && is_hidden_along(cells, ALONG_KIOSKS, kiosk, staff));
}

bool report_hide_small(const int64_t *visits, bool *is_hidden, size_t count, size_t stride)
{
    size_t hidden_count = 0, smallest = count;

    for (size_t i = 0; i < count; i++) {
        size_t at = i * stride;

        is_hidden[at] = is_hidden[at] || (visits[at] > 0 && visits[at] < FIGURES_SMALL_GROUP);
        hidden_count += is_hidden[at] ? 1 : 0;
        if (!is_hidden[at] && visits[at] > 0 && (smallest == count || visits[at] < visits[smallest * stride]))
            smallest = i;
    }
    if (hidden_count != 1 || smallest == count)
        return false;
    is_hidden[smallest * stride] = true;
    return true;
}
