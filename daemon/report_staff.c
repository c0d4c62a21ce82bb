/* SPDX-License-Identifier: MIT
 *
 * report_staff.c - each person, against nobody but their own past; by name, never by rank.
 */
#include "report_internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct name {
    int32_t id; /* 0: no name */
    bool is_retired;
    json_t *text; /* owned */
};

struct names {
    struct name *names;
    size_t count;
};

static void names_free(struct names *names)
{
    for (size_t i = 0; i < names->count; i++)
        json_decref(names->names[i].text);
    free(names->names);
}

static bool is_named(const struct names *names, int64_t id)
{
    for (size_t i = 0; i < names->count; i++)
        if (names->names[i].id == id)
            return true;
    return false;
}

/* Who is in the table of staff: with figures in this period, or asked for; of a period whose answers are all kept also
 * who works here: that they have none is known then. */
static enum store_status names_known(struct report *report, const struct figures_groups *groups,
                                     struct names *names)
{
    sqlite3_stmt *row = report_prepare(
        report, "SELECT id, name, retired_ms IS NOT NULL FROM staff ORDER BY name COLLATE names, id");
    bool is_purged = report->figures.from_ms < report->purged_before_ms;
    enum store_status status = STORE_BROKEN;

    while (row != NULL && report_step(report, row, &status) && names->count < STAFF_ID_MAX) {
        int32_t id = sqlite3_column_int(row, 0);
        bool is_retired = sqlite3_column_int(row, 2) != 0;

        bool has_figures = figures_groups_find(groups, id) != NULL;

        if (report->figures.staff == FIGURES_ALL_STAFF ? (is_retired || is_purged) && !has_figures
                                                       : report->figures.staff != id)
            continue;
        names->names[names->count++] = (struct name){id, is_retired, report_column_text(row, 1)};
    }
    sqlite3_finalize(row);
    return status;
}

/* Numbers that the table of staff does not know (a restored database) keep their row; "no name" comes
 * last. */
static void names_complete(const struct report *report, const struct figures_groups *groups,
                           struct names *names)
{
    char text[32];

    for (size_t i = 0; i < groups->count; i++) {
        if (groups->groups[i].id == 0 || is_named(names, groups->groups[i].id))
            continue;
        snprintf(text, sizeof text, "number %d", (int)groups->groups[i].id);
        names->names[names->count++] = (struct name){(int32_t)groups->groups[i].id, true, json_string(text)};
    }
    if (report->figures.staff == FIGURES_ALL_STAFF)
        names->names[names->count++] = (struct name){0, false, json_string("no name")};
}

static enum store_status names_make(struct report *report, struct figures_groups *groups, struct names *names)
{
    enum store_status status;

    names->count = 0;
    names->names = calloc((size_t)STAFF_ID_MAX + groups->count + 1, sizeof *names->names);
    if (names->names == NULL)
        return report_no_memory(report);
    figures_groups_sort(groups);
    status = names_known(report, groups, names);
    if (status == STORE_OK)
        names_complete(report, groups, names);
    return status;
}

static json_t *row_make(const struct report_part *part, const struct name *name)
{
    const int64_t *n = part->now->n;
    bool is_csat_hidden = part->is_hidden || part->is_csat_hidden;
    json_t *out =
        json_pack("{s:i, s:O, s:b}", "id", name->id, "name", name->text, "retired", name->is_retired);

    report_csat_set(out, part);
    json_object_set_new(out, "unhappy",
                        report_count(figures_sum(part->now, TALLY_RATING_1, TALLY_RATING_2), is_csat_hidden));
    json_object_set_new(out, "unhappy_people", report_count(n[TALLY_UNHAPPY_PEOPLE], is_csat_hidden));
    json_object_set_new(out, "mentions", report_mentions(part));
    json_object_set_new(out, "strengths", report_strengths_counts(part->now, part->is_hidden));
    json_object_set_new(out, "left_out", json_integer(figures_left_out(part->now)));
    json_object_set_new(out, "time_unknown", json_integer(part->now->time_unknown));
    return out;
}

static json_t *rows_make(struct report *report, const struct report_breakdown *breakdown,
                         const struct names *names, const struct report_past *past)
{
    json_t *list = json_array();

    for (size_t i = 0; i < names->count; i++) {
        struct report_part part = report_staff_part(breakdown, names->names[i].id);
        json_t *row = row_make(&part, &names->names[i]);

        if (past != NULL)
            report_past_set(report, past, names->names[i].id, row);
        json_array_append_new(list, row);
    }
    return list;
}

enum store_status report_staff_rows(struct report *report, struct report_breakdown *breakdown,
                                    const struct report_past *past, json_t **out)
{
    struct names names;
    enum store_status status = names_make(report, &breakdown->groups, &names);

    if (status == STORE_OK)
        *out = rows_make(report, breakdown, &names, past);
    names_free(&names);
    return status;
}

enum store_status report_staff(struct report *report)
{
    struct report_breakdown breakdown;
    struct report_past *past = NULL;
    struct figures total = {0};
    json_t *rows = NULL;
    enum store_status status;

    report_measures_set(report, REPORT_STAFF_MEASURES);
    status = report_breakdown_read(report, FIGURES_BY_STAFF, &breakdown);
    if (status == STORE_OK)
        status = report_past_read(report, &past);
    for (size_t i = 0; i < breakdown.groups.count; i++)
        figures_add(&total, &breakdown.groups.groups[i].figures);
    json_object_set_new(report->out, "visits", json_integer(figures_visits(&total)));
    json_object_set_new(report->out, "left_out", report_left_out(&total));
    if (status == STORE_OK)
        status = report_staff_rows(report, &breakdown, past, &rows);
    json_object_set_new(report->out, "staff", rows);
    report_past_destroy(past);
    report_breakdown_free(&breakdown);
    return status;
}
