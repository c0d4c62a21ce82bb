/* SPDX-License-Identifier: MIT
 *
 * report_small.c - small groups: whose figures are not shown, because so few visits would tell about persons.
 *
 * What counts is always the whole breakdown, never what a filter left of it: a group that its breakdown hides
 * stays hidden when it is asked for alone.
 */
#include "report_internal.h"

#include <stdlib.h>

enum along { ALONG_KIOSKS, ALONG_STAFF };

struct line {
    int64_t id;
    int64_t visits;
};

static void line_add(struct line *lines, size_t *count, int64_t id, int64_t visits)
{
    size_t i = 0;

    while (i < *count && lines[i].id != id)
        i++;
    if (i == *count)
        lines[(*count)++] = (struct line){.id = id};
    lines[i].visits += visits;
}

/* The breakdown along one side, of what the other side's filter leaves. NULL when there is no memory. */
static struct line *lines_make(const struct figures_groups *cells, enum along along, int64_t kiosk,
                               int32_t staff, size_t *count)
{
    struct line *lines = calloc(cells->count + 1, sizeof *lines);

    *count = 0;
    for (size_t i = 0; lines != NULL && i < cells->count; i++) {
        int64_t cell_kiosk = figures_cell_kiosk(cells->groups[i].id);
        int32_t cell_staff = figures_cell_staff(cells->groups[i].id);
        int64_t visits = figures_visits(&cells->groups[i].figures);

        if (along == ALONG_STAFF && (kiosk == 0 || kiosk == cell_kiosk))
            line_add(lines, count, cell_staff, visits);
        if (along == ALONG_KIOSKS && (staff == FIGURES_ALL_STAFF || staff == cell_staff))
            line_add(lines, count, cell_kiosk, visits);
    }
    return lines;
}

/* A single line of fewer than five could be worked out from the total and the other lines: the smallest of
 * those, of equal ones that with the least id, is hidden with it. */
static bool is_hidden_among(const struct line *lines, size_t count, int64_t id)
{
    const struct line *smallest = NULL;
    size_t small_count = 0;

    for (size_t i = 0; i < count; i++) {
        if (lines[i].visits == 0)
            continue;
        if (lines[i].visits < FIGURES_SMALL_GROUP) {
            small_count++;
            if (lines[i].id == id)
                return true;
        } else if (smallest == NULL || lines[i].visits < smallest->visits ||
                   (lines[i].visits == smallest->visits && lines[i].id < smallest->id)) {
            smallest = &lines[i];
        }
    }
    return small_count == 1 && smallest != NULL && smallest->id == id;
}

static bool is_hidden_along(const struct figures_groups *cells, enum along along, int64_t kiosk,
                            int32_t staff)
{
    size_t count;
    struct line *lines = lines_make(cells, along, kiosk, staff, &count);
    bool is_hidden = lines == NULL || is_hidden_among(lines, count, along == ALONG_STAFF ? staff : kiosk);

    free(lines);
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
