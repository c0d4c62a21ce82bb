/* SPDX-License-Identifier: MIT
 *
 * render_text.c - the daemon's other replies as a page for a terminal: lists, status, verification.
 */
#include "render_internal.h"

#include <string.h>

#define NAME_COLUMNS 17

/* "1 answer", "2 answers" */
static const char *s_of(json_int_t count)
{
    return count == 1 ? "" : "s";
}

void render_staff_list(struct page *page, const json_t *reply)
{
    const json_t *row;
    size_t index;

    if (json_array_size(page_at(reply, "staff")) == 0) {
        page_put(page, STYLE_PLAIN, "No staff yet: \"byname staff add NAME\" puts a name on the kiosks.\n");
        return;
    }
    page_put(page, STYLE_QUIET, "%6s  %-*s%-10s%s\n", "number", NAME_COLUMNS, "name", "on duty", "PIN");
    json_array_foreach(page_at(reply, "staff"), index, row)
    {
        bool is_retired = json_is_true(page_at(row, "retired"));

        page_put(page, STYLE_PLAIN, "%6" JSON_INTEGER_FORMAT "  ", page_count_at(row, "id"));
        page_put_padded(page, is_retired ? STYLE_QUIET : STYLE_STRONG, page_text_at(row, "name"),
                        NAME_COLUMNS);
        page_put(page, STYLE_PLAIN, "%-10s%s\n",
                 is_retired                                 ? "retired"
                 : json_is_false(page_at(row, "on_kiosks")) ? "no room"
                 : json_is_true(page_at(row, "on_duty"))    ? "yes"
                                                            : "no",
                 json_is_true(page_at(row, "has_pin")) ? "set" : "-");
    }
}

static const char *state_words(const json_t *row)
{
    static const struct {
        const char *state, *words;
    } states[] = {
        {"pending", "waits for adoption"},
        {"other_database", "of another database"},
        {"up", "connected"},
        {"away", "silent"},
        {"absent", "not plugged in"},
        {"refused", "refused"},
        {"held", "on hold"},
        {"unverified", "not verified"},
        {"retired", "retired"},
    };

    for (size_t i = 0; i < sizeof states / sizeof states[0]; i++) {
        if (strcmp(page_text_at(row, "state"), states[i].state) == 0)
            return states[i].words;
    }
    return "adopted";
}

static void put_kiosk_rows(struct page *page, const json_t *rows)
{
    const json_t *row;
    size_t index;

    json_array_foreach(rows, index, row)
    {
        const char *name = page_text_at(row, "name");

        const char *heard = page_moment(page, page_text_at(row, "last_heard"), false);
        page_put_padded(page, STYLE_STRONG, name[0] == '\0' ? "(no name yet)" : name, NAME_COLUMNS);
        page_put_padded(page, STYLE_PLAIN, state_words(row), 20);
        page_put(page, STYLE_PLAIN, "at %s", page_text_at(row, "port"));
        if (!json_is_true(page_at(row, "connected")))
            page_put(page, STYLE_PLAIN, ", heard %s", heard);
        page_put(page, STYLE_QUIET, "  %s %s\n", page_text_at(row, "device"), page_text_at(row, "firmware"));
        if (page_text_at(row, "note")[0] != '\0')
            page_put(page, STYLE_QUIET, "%*s%s\n", NAME_COLUMNS, "", page_text_at(row, "note"));
        if (page_count_at(row, "pending") + page_count_at(row, "refused") + page_count_at(row, "bad_frames") >
            0)
            page_put(page, STYLE_QUIET,
                     "%*s%" JSON_INTEGER_FORMAT " answer%s waiting, %" JSON_INTEGER_FORMAT
                     " press%s refused, %" JSON_INTEGER_FORMAT " bad frame%s\n",
                     NAME_COLUMNS, "", page_count_at(row, "pending"), s_of(page_count_at(row, "pending")),
                     page_count_at(row, "refused"), page_count_at(row, "refused") == 1 ? "" : "es",
                     page_count_at(row, "bad_frames"), s_of(page_count_at(row, "bad_frames")));
        if (page_count_at(row, "refused_frames") + page_count_at(row, "refused_by_kiosk") > 0)
            page_put(page, STYLE_QUIET,
                     "%*snot verified, so refused: %" JSON_INTEGER_FORMAT
                     " frames here, %" JSON_INTEGER_FORMAT " at the kiosk\n",
                     NAME_COLUMNS, "", page_count_at(row, "refused_frames"),
                     page_count_at(row, "refused_by_kiosk"));
    }
}

void render_kiosk_list(struct page *page, const json_t *reply)
{
    const json_t *row;
    size_t index;

    if (json_array_size(page_at(reply, "kiosks")) == 0)
        page_put(page, STYLE_PLAIN,
                 "No kiosk was ever heard: plug one in, and look at the ports in the configuration.\n");
    put_kiosk_rows(page, page_at(reply, "kiosks"));
    json_array_foreach(page_at(reply, "kiosks"), index,
                       row) if (strcmp(page_text_at(row, "state"), "pending") == 0)
        page_put(page, STYLE_PLAIN, "\nTo let it in: byname kiosk adopt '%s' --name NAME\n",
                 page_text_at(row, "port"));
}

void render_done(struct page *page, const json_t *reply)
{
    page_put(page, STYLE_PLAIN, "%s\n", page_text_at(reply, "text"));
}

void render_token(struct page *page, const json_t *reply)
{
    const char *link = page_text_at(reply, "link");

    page_put(page, STYLE_PLAIN,
        "Token %" JSON_INTEGER_FORMAT " for %s, shown only now. Whoever has it may see what it opens.\n",
        page_count_at(reply, "id"), page_text_at(reply, "for"));
    page_put(page, STYLE_STRONG, "%s\n", link[0] == '\0' ? page_text_at(reply, "token") : link);
    if (link[0] == '\0')
        page_put(page, STYLE_PLAIN, "There is no listen= in [http] of bynamed.conf: nothing takes it yet.\n");
}

void render_token_list(struct page *page, const json_t *reply)
{
    const json_t *row;
    size_t index;

    if (json_array_size(page_at(reply, "tokens")) == 0)
        page_put(page, STYLE_PLAIN,
            "There is no token: byname token create manager, staff:WHO or board makes one.\n");
    else
        page_put(page, STYLE_QUIET, "number  for       whose             made              what for\n");
    json_array_foreach(page_at(reply, "tokens"), index, row)
    {
        page_put(page, STYLE_PLAIN, "%6" JSON_INTEGER_FORMAT "  ", page_count_at(row, "id"));
        page_put_padded(page, STYLE_PLAIN, page_text_at(row, "scope"), 10);
        page_put_padded(page, STYLE_STRONG, page_text_at(row, "staff"), NAME_COLUMNS);
        page_put_padded(page, STYLE_PLAIN, page_moment(page, page_text_at(row, "created"), false), 18);
        page_put(page, STYLE_PLAIN, "%s", page_text_at(row, "label"));
        if (page_text_at(row, "revoked")[0] != '\0')
            page_put(page, STYLE_QUIET, " (revoked %s)",
                     page_moment(page, page_text_at(row, "revoked"), false));
        page_put(page, STYLE_PLAIN, "\n");
    }
}

static void put_uptime(struct page *page, json_int_t seconds)
{
    if (seconds >= 2 * 86400)
        page_put(page, STYLE_PLAIN, "%" JSON_INTEGER_FORMAT " days", seconds / 86400);
    else if (seconds >= 2 * 3600)
        page_put(page, STYLE_PLAIN, "%" JSON_INTEGER_FORMAT " hours", seconds / 3600);
    else
        page_put(page, STYLE_PLAIN, "%" JSON_INTEGER_FORMAT " minute%s", seconds / 60, s_of(seconds / 60));
}

void render_status(struct page *page, const json_t *reply)
{
    bool is_well = json_is_true(page_at(reply, "is_well"));
    const json_t *problem;
    size_t index;

    page_put(page, STYLE_STRONG, "%s ", page_text_at(reply, "store"));
    page_put(page, is_well ? STYLE_GOOD : STYLE_BAD, "%s", is_well ? "is well" : "is unwell");
    page_put(page, STYLE_PLAIN, ", bynamed runs for ");
    put_uptime(page, page_count_at(reply, "uptime_s"));
    page_put(page, STYLE_PLAIN, ".\n");
    json_array_foreach(page_at(reply, "problems"), index, problem)
        page_put(page, STYLE_BAD, "- %s\n", json_is_string(problem) ? json_string_value(problem) : "?");
    json_array_foreach(page_at(reply, "warnings"), index, problem)
        page_put(page, STYLE_PLAIN, "- %s\n", json_is_string(problem) ? json_string_value(problem) : "?");
    if (json_array_size(page_at(reply, "kiosks")) > 0)
        page_put(page, STYLE_PLAIN, "\n");
    put_kiosk_rows(page, page_at(reply, "kiosks"));
    page_put(page, STYLE_QUIET, "\ndatabase %s\n", page_text_at(reply, "path"));
}

void render_verify(struct page *page, const json_t *reply)
{
    bool is_well = json_is_true(page_at(reply, "is_well"));

    page_put(page, STYLE_STRONG,
             "%" JSON_INTEGER_FORMAT " answer%s and %" JSON_INTEGER_FORMAT " visit%s were counted again: ",
             page_count_at(reply, "answers"), s_of(page_count_at(reply, "answers")),
             page_count_at(reply, "visits"), s_of(page_count_at(reply, "visits")));
    page_put(page, is_well ? STYLE_GOOD : STYLE_BAD, "%s\n",
             is_well ? "every figure agrees." : "there are differences.");
    if (!is_well) {
        page_put(page, STYLE_PLAIN,
                 "%" JSON_INTEGER_FORMAT " visits and %" JSON_INTEGER_FORMAT
                 " tallies are wrong, %" JSON_INTEGER_FORMAT " answers are missing.\n",
                 page_count_at(reply, "visits_wrong"), page_count_at(reply, "tallies_wrong"),
                 page_count_at(reply, "missing"));
        page_put(page, STYLE_PLAIN, "The first difference: %s.\n", page_text_at(reply, "first_difference"));
    }
    if (page_count_at(reply, "purged") > 0)
        page_put(page, STYLE_PLAIN,
                 "%" JSON_INTEGER_FORMAT " answers from before %.10s are gone (policy retention):\n"
                 "what they were counted with is taken as it was kept, and cannot be counted again.\n",
                 page_count_at(reply, "purged"), page_text_at(reply, "purged_before"));
    if (page_count_at(reply, "lost") + page_count_at(reply, "conflicts") > 0)
        page_put(page, STYLE_PLAIN,
                 "Known to be lost: %" JSON_INTEGER_FORMAT
                 " answers. Came with two contents: %" JSON_INTEGER_FORMAT ".\n",
                 page_count_at(reply, "lost"), page_count_at(reply, "conflicts"));
}
