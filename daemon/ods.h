/* SPDX-License-Identifier: MIT
 *
 * ods.h - a reply as an OpenDocument spreadsheet (ISO/IEC 26300): the rows of rows.h as cells that know what they are,
 * so that no program has to ask or guess. What is the same in all lines stands behind the rest, since a person opens it.
 * Pure; the same reply gives the same bytes.
 */
#ifndef BYNAME_ODS_H
#define BYNAME_ODS_H

#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>

#define ODS_TYPE "application/vnd.oasis.opendocument.spreadsheet"

/* Texts are texts, whatever stands in them: there is no formula. Shares are percentages; times of reports are local to
 * the store, without their offset. False when the stream failed or memory is short: what was written is no file. */
bool ods_write(FILE *out, const json_t *reply);

#endif
