/* SPDX-License-Identifier: MIT
 *
 * render_internal.h - the pieces that texts share. For daemon/render*.c only.
 *
 * Replies come over a socket: a key that is missing reads as 0, "" or null, and nothing here may crash on it.
 */
#ifndef BYNAME_RENDER_INTERNAL_H
#define BYNAME_RENDER_INTERNAL_H

#include "daemon/render.h"

#define PAGE_SCRATCH_COUNT 16
#define PAGE_TEXT_SIZE 512

struct page {
    FILE *out;
    unsigned columns;
    bool is_color;
    enum words_language language;
    /* Texts that are put into others: each lives until PAGE_SCRATCH_COUNT more were made. */
    unsigned scratch_next;
    char scratch[PAGE_SCRATCH_COUNT][PAGE_TEXT_SIZE];
};

/* One kind of reply as text. */
typedef void render_text_function(struct page *page, const json_t *reply);
render_text_function render_overview, render_summary, render_staff, render_causes, render_strengths,
    render_hours, render_days, render_kiosks, render_help, render_staff_list, render_kiosk_list,
    render_status, render_verify, render_done, render_token, render_token_list, render_help_call_list,
    render_note_list, render_policy, render_retention_preview, render_access_log, render_export;

/* render_page.c: putting ---------------------------------------------------------------------------------------- */

enum style { STYLE_PLAIN, STYLE_STRONG, STYLE_QUIET, STYLE_GOOD, STYLE_BAD };

void page_put(struct page *page, enum style style, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
const char *page_word(const struct page *page, enum word word);
/* A word with what stands for its {1}, {2}, ...; as a text of the page's scratch. */
const char *page_say_list(struct page *page, enum word word, const char *const *parts);
/* "one; other"; either alone when the other is empty. */
const char *page_join(struct page *page, const char *one, const char *other);
#define page_say(page, word, ...) page_say_list(page, word, (const char *const[]){__VA_ARGS__, NULL})
/* Padded with spaces to a width; names are Latin: each character is one column wide. */
void page_put_padded(struct page *page, enum style style, const char *text, unsigned width);
void page_put_right(struct page *page, enum style style, const char *text, unsigned width);
/* Broken between words at the width of the page, each line led by `indent` spaces; ends with a newline. */
void page_put_wrapped(struct page *page, enum style style, unsigned indent, const char *text);
/* How wide a bar may be beside `others` columns. */
unsigned page_bar_columns(const struct page *page, unsigned others);
/* A bar of share * columns, to an eighth of a column; a share that is not zero is never invisible. */
void page_put_bar(struct page *page, double share, unsigned columns);
/* One of " ░▒▓█" for a level of 0 to 4, so many times. */
void page_put_blocks(struct page *page, enum style style, unsigned level, unsigned times);
unsigned page_width(const char *text);

/* render_page.c: reading and wording ---------------------------------------------------------------------------- */

json_t *page_at(const json_t *object, const char *key);
json_int_t page_count_at(const json_t *object, const char *key);
const char *page_text_at(const json_t *object, const char *key);
bool page_is_known(const json_t *rate); /* it has a value */

const char *page_number(struct page *page, json_int_t number);
/* With that many decimals, behind the language's point or comma. */
const char *page_decimal(struct page *page, double number, int decimals);
const char *page_number_at(struct page *page, const json_t *object, const char *key);
const char *page_rate(struct page *page, const json_t *rate);      /* "92 %  86 to 96 %", "too few" or "-" */
const char *page_rate_wide(struct page *page, const json_t *rate); /* the value padded to three digits */
/* "2026-11-02 14:00"; the date alone at midnight, when so wished. */
const char *page_moment(struct page *page, const char *moment, bool is_midnight_bare);
enum word page_verdict(const json_t *comparison, enum style *style);
/* "better: +7 points, +2 to +12; before 80 % of 412"; nothing where there is nothing to compare with. */
void page_put_comparison(struct page *page, const json_t *comparison, unsigned indent);
/* Parts in the order of `phrases`, "3 withdrawn, 5 in bursts", for the counts that are not zero; "" for none. */
struct page_phrase {
    const char *key;
    enum word word;
};
const char *page_phrases(struct page *page, const json_t *counts, const struct page_phrase *phrases,
                         size_t count);

/* render_page.c: head and foot of a report ---------------------------------------------------------------------- */

void page_put_title(struct page *page, enum word report, const json_t *reply);
/* "3 withdrawn, 5 in bursts"; "" when nothing was. */
const char *page_left_out(struct page *page, const json_t *left_out);
void page_put_foot(struct page *page, const json_t *reply); /* what was left out, and the policy */
/* "Satisfied ..." and its comparison; false when there is nothing to show, which is said. */
bool page_put_satisfied(struct page *page, const json_t *reply);
enum word page_weekday(json_int_t weekday);

#endif
