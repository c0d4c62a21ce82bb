/* SPDX-License-Identifier: MIT
 *
 * rows.h - a reply as one table, for what is written for spreadsheets: a line for each element of its list, beside the
 * store, its database, the period and the filters; without a list, one line. Pure.
 */
#ifndef BYNAME_ROWS_H
#define BYNAME_ROWS_H

#include <jansson.h>
#include <stdbool.h>

#define ROWS_COLUMN_SIZE 128
#define ROWS_TEXT_SIZE 1024

/* What becomes of the table: line by line, the headings first, and each line has the same columns. */
struct rows_sink {
    /* value is NULL in the line of headings and where a row has nothing; else borrowed, and no object. */
    void (*on_cell)(void *context, const char *column, const json_t *value);
    void (*on_line)(void *context); /* behind the last cell of each line */
    void *context;
    /* What is the same in all lines (store, period, ...) stands behind the rest, not before. */
    bool is_head_last;
};

void rows_each(const json_t *reply, const struct rows_sink *sink);

/* The texts of an array as one, "a; b", as many as fit whole. */
void rows_join(const json_t *array, char *text, size_t size);

#endif
