/* SPDX-License-Identifier: MIT
 *
 * render_privacy.c - the page that a works council can sign, the log of reads, and a person's data, as text.
 */
#include "render_internal.h"

#include "daemon/store_retention.h"

#include <string.h>

/* "2026-11-02T14:05:00+01:00" as "2026-11-02 14:05". */
static void put_moment(FILE *out, const char *moment)
{
    fprintf(out, "%.10s %.5s", moment, strlen(moment) > 11 ? moment + 11 : "");
}

static const char *attribute_words(const char *attribute)
{
    if (strcmp(attribute, "none") == 0)
        return "none: kiosks ask for no name, and none is kept; there is no sign-on.";
    if (strcmp(attribute, "positive") == 0)
        return "positive: names are kept of visits rated 4 or 5 only.";
    return "all: names are kept of every visit in which one was given.";
}

static void put_changes(FILE *out, const json_t *reply)
{
    const json_t *change;
    size_t index;

    fprintf(out, "1. Whose names are kept: attribute = %s\n",
            attribute_words(page_text_at(reply, "attribute")));
    json_array_foreach(json_object_get(reply, "changes"), index, change)
    {
        fputs("     since ", out);
        put_moment(out, page_text_at(change, "since"));
        fprintf(out, "  %s\n", page_text_at(change, "attribute"));
    }
    fputs("   A change is dated, and changes nothing that was stored before.\n", out);
}

static void put_tokens(FILE *out, const json_t *reply)
{
    const json_t *tokens = json_object_get(reply, "tokens"), *token;
    size_t index;

    fprintf(out, "4. Who may look: whoever may use the daemon's socket on this host, and %zu token%s%c\n",
            json_array_size(tokens), json_array_size(tokens) == 1 ? "" : "s",
            json_array_size(tokens) == 0 ? '.' : ':');
    json_array_foreach(tokens, index, token)
    {
        fprintf(out, "     %-8s %-17s made ", page_text_at(token, "scope"), page_text_at(token, "staff"));
        put_moment(out, page_text_at(token, "created"));
        fprintf(out, "  %s\n", page_text_at(token, "label"));
    }
    fputs("   A manager sees all figures, a staff member their own, a board the team's totals.\n"
          "   Reads of figures of staff members are logged: byname access-log.\n",
          out);
}

static void put_retention(FILE *out, const json_t *reply)
{
    const json_t *retention = json_object_get(reply, "retention");
    const json_t *days = json_object_get(retention, "days");

    if (!json_is_integer(days))
        fputs("3. For how long: until it is erased (byname staff erase). Nothing is deleted by itself.\n",
              out);
    else
        fprintf(
            out,
            "3. For how long: answers, sign-ons and the log of reads for %" JSON_INTEGER_FORMAT " days; the"
            " newest %d\n   answers of a kiosk stay until it goes on or is retired. Counts stay, of people\n"
            "   by month; the name until it is erased (byname staff erase).\n",
            json_integer_value(days), STORE_KEPT_BACK);
    if (json_is_string(json_object_get(retention, "purged_before")))
        fprintf(out, "   Answers from before %.10s are gone.\n", page_text_at(retention, "purged_before"));
}

void render_policy(struct page *page, const json_t *reply)
{
    FILE *out = page->out;

    fprintf(out, "What %s keeps about its staff (byname, database %.8s)\n\n", page_text_at(reply, "store"),
            page_text_at(reply, "database"));
    put_changes(out, reply);
    fputs("2. What is kept: the name, its number and a PIN; each answer of a customer that names\n"
          "   the person, with its time and kiosk; sign-on and sign-off; which help calls they answered\n"
          "   and closed; counts by hour, day, week, month and year; who read any of it, and when.\n"
          "   Nothing at all about who a customer is.\n",
          out);
    put_retention(out, reply);
    put_tokens(out, reply);
    fputs("5. What is shown: rates with their number and interval; of fewer than 5 visits no figure.\n"
          "   People are compared with their own past, never ranked. Single visits, with their time:\n"
          "   the person's own, rated 4 or 5, on their own page; all that is held in an export, which\n"
          "   the person, a manager and whoever may use the socket can make, and which is logged.\n"
          "6. What staff can have: all that is held about them (byname staff export, or their own\n"
          "   link), and its end: what was counted with them becomes \"former staff\".\n"
          "\n"
          "   Date, for the store                      Date, for the staff\n"
          "\n"
          "   ____________________________________     ____________________________________\n",
          out);
}

void render_retention_preview(struct page *page, const json_t *reply)
{
    FILE *out = page->out;

    fprintf(out, "With %" JSON_INTEGER_FORMAT " days, what is older than %.10s goes; now that is:\n",
            page_count_at(reply, "days"), page_text_at(reply, "before"));
    fprintf(out, "  %9" JSON_INTEGER_FORMAT " answers", page_count_at(reply, "answers"));
    if (page_count_at(reply, "answers") > 0)
        fprintf(out, ", of %.10s to %.10s", page_text_at(reply, "first"), page_text_at(reply, "last"));
    fprintf(out, "\n  %9" JSON_INTEGER_FORMAT " visits they belong to\n", page_count_at(reply, "visits"));
    fprintf(out,
            "  %9" JSON_INTEGER_FORMAT " help calls that say who came, or have a remark: the calls stay\n",
            page_count_at(reply, "help_calls"));
    fprintf(out, "  %9" JSON_INTEGER_FORMAT " rows of the log of reads\n", page_count_at(reply, "reads"));
    if (page_count_at(reply, "kept_back") > 0)
        fprintf(out,
                "As old, and kept until their kiosk goes on or is retired: %" JSON_INTEGER_FORMAT
                " answers.\n",
                page_count_at(reply, "kept_back"));
    fputs("Counts stay; of people they stay by month. Who was signed on is not known any more for\n"
          "that time. Nothing was changed: without --dry-run it is.\n",
          out);
}

void render_access_log(struct page *page, const json_t *reply)
{
    const json_t *reads = json_object_get(reply, "reads"), *row;
    size_t index;

    if (json_array_size(reads) == 0)
        fputs("Nobody has read figures of staff members.\n", page->out);
    json_array_foreach(reads, index, row)
    {
        const char *staff = page_text_at(row, "staff");

        put_moment(page->out, page_text_at(row, "first"));
        fprintf(page->out, "  %-24s %s, %s", page_text_at(row, "reader"), page_text_at(row, "what"),
                staff[0] == '\0' ? "of everybody" : "of ");
        fprintf(page->out, "%s", staff);
        if (json_integer_value(json_object_get(row, "reads")) > 1)
            fprintf(page->out, ", %" JSON_INTEGER_FORMAT " times within the hour",
                    json_integer_value(json_object_get(row, "reads")));
        fputc('\n', page->out);
    }
}

/* All of it is for programs; a person is told how much there is. */
void render_export(struct page *page, const json_t *reply)
{
    static const struct {
        const char *key, *words;
    } parts[] = {
        {"visits", "visits"},
        {"signed", "sign-ons and sign-offs"},
        {"help_calls", "help calls answered"},
        {"months", "monthly counts"},
        {"tokens", "private links"},
        {"reads", "reads of their figures, their own among them"},
    };
    const json_t *person = json_array_get(json_object_get(reply, "person"), 0);

    fprintf(page->out, "Held about %s, number %" JSON_INTEGER_FORMAT ":\n", page_text_at(person, "name"),
            json_integer_value(json_object_get(person, "id")));
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
        fprintf(page->out, "  %6zu %s\n", json_array_size(json_object_get(reply, parts[i].key)),
                parts[i].words);
    fputs("All of it: --format json; the visits: --format csv\n", page->out);
}
