/* SPDX-License-Identifier: MIT
 *
 * csv.h - a reply as CSV: the rows of rows.h by RFC 4180, in UTF-8 without a byte order mark. Pure.
 */
#ifndef BYNAME_CSV_H
#define BYNAME_CSV_H

#include <jansson.h>
#include <stdio.h>

#define CSV_TYPE "text/csv; charset=utf-8; header=present"

/* What a spreadsheet would take for a formula is led by an apostrophe. Errors are the stream's. */
void csv_write(FILE *out, const json_t *reply);

#endif
