/* SPDX-License-Identifier: MIT */
#include "ods.h"

#include <ctype.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/rows.h"
#include "protocol/crc.h"

#define COLUMNS_MAX 256 /* of which the width is known; those beyond have a spreadsheet's own */
#define WIDTH_MIN 6     /* in characters */
#define WIDTH_MAX 60
#define MM_PER_CHARACTER 2.3 /* of the 10 points that spreadsheets write in */
#define MM_OF_MARGIN 3.0

/* Cells -------------------------------------------------------------------------------------------------------- */

struct sheet {
    FILE *out;
    bool is_header;
    size_t column, column_count;
    unsigned widths[COLUMNS_MAX]; /* in characters */
};

static bool is_character_of_xml(const unsigned char *at) /* XML 1.0, 2.2; the text is UTF-8 */
{
    bool is_not_a_character = at[0] == 0xEF && at[1] == 0xBF && (at[2] == 0xBE || at[2] == 0xBF);

    return at[0] >= 0x20 && !is_not_a_character;
}

/* A space behind a space, or at an end, would be lost: OpenDocument 1.2, 6.1.2. */
static void put_character(FILE *out, const char *text, const char *at)
{
    switch (*at) {
    case '&':
        fputs("&amp;", out);
        break;
    case '<':
        fputs("&lt;", out);
        break;
    case '>':
        fputs("&gt;", out);
        break;
    case '\t':
        fputs("<text:tab/>", out);
        break;
    case '\n':
        fputs("</text:p><text:p>", out);
        break;
    case ' ':
        fputs(at == text || at[-1] == ' ' || at[1] == '\0' || at[1] == '\n' ? "<text:s/>" : " ", out);
        break;
    default:
        fputc(*at, out);
    }
}

static unsigned put_text(FILE *out, const char *text, bool is_header)
{
    unsigned width = 0;

    fprintf(out, "<table:table-cell%s office:value-type=\"string\"><text:p>",
            is_header ? " table:style-name=\"head\"" : "");
    for (const char *at = text; *at != '\0'; at++) {
        if (*at == '\t' || *at == '\n' || is_character_of_xml((const unsigned char *)at)) {
            put_character(out, text, at);
        } else {
            fputs("\xEF\xBF\xBD", out); /* U+FFFD */
            at += (unsigned char)*at == 0xEF ? 2 : 0;
        }
        width += ((unsigned char)*at & 0xC0) != 0x80;
    }
    fputs("</text:p></table:table-cell>", out);
    return width;
}

/* Digits where the pattern has '0', else the same. */
static bool has_form(const char *text, const char *pattern)
{
    for (; *pattern != '\0'; pattern++, text++)
        if (*pattern == '0' ? !isdigit((unsigned char)*text) : *text != *pattern)
            return false;
    return true;
}

static int two_digits(const char *at)
{
    return 10 * (at[0] - '0') + at[1] - '0';
}

/* The size of "2026-11-02" or "2026-11-02T14:00" (":00") at the beginning of a text that is a day or a time; else 0. */
static size_t moment_size(const char *text)
{
    size_t size = !has_form(text, "0000-00-00")      ? 0
                  : text[10] == '\0'                 ? 10
                  : has_form(text + 10, "T00:00:00") ? 19
                  : has_form(text + 10, "T00:00")    ? 16
                                                     : 0;
    const char *zone = text + size;

    if (size == 0 || two_digits(text + 5) < 1 || two_digits(text + 5) > 12 || two_digits(text + 8) < 1 ||
        two_digits(text + 8) > 31 ||
        (size > 10 && (two_digits(text + 11) > 23 || two_digits(text + 14) > 59)))
        return 0;
    if (zone[0] == '\0' || (size > 10 && strcmp(zone, "Z") == 0) ||
        (size > 10 && (zone[0] == '+' || zone[0] == '-') && has_form(zone + 1, "00:00") && zone[6] == '\0'))
        return size;
    return 0;
}

static unsigned put_string(FILE *out, const char *text)
{
    size_t size = moment_size(text);

    if (size == 0)
        return put_text(out, text, false);
    fprintf(
        out,
        "<table:table-cell table:style-name=\"%s\" office:value-type=\"date\" office:date-value=\"%.*s%s\"/>",
        size == 10 ? "day" : "time", (int)size, text, size == 16 ? ":00" : "");
    return (unsigned)size;
}

static bool ends_with(const char *text, const char *end)
{
    size_t size = strlen(text), end_size = strlen(end);

    return size >= end_size && strcmp(text + size - end_size, end) == 0;
}

/* Rates and their intervals, availability, differences of two rates: each is called so in every report. */
static bool is_share(const char *column)
{
    return ends_with(column, "_value") || ends_with(column, "_low") || ends_with(column, "_high");
}

static unsigned put_number(FILE *out, const char *column, const json_t *value)
{
    char text[32];
    bool is_percentage = json_is_real(value) && is_share(column);

    if (json_is_real(value))
        snprintf(text, sizeof text, "%.6g", json_real_value(value));
    else
        snprintf(text, sizeof text, "%" JSON_INTEGER_FORMAT, json_integer_value(value));
    fprintf(out, "<table:table-cell%s office:value-type=\"%s\" office:value=\"%s\"/>",
            is_percentage ? " table:style-name=\"share\"" : "", is_percentage ? "percentage" : "float", text);
    return (unsigned)strlen(text);
}

static unsigned put_value(FILE *out, const char *column, const json_t *value)
{
    char text[ROWS_TEXT_SIZE];

    switch (value == NULL ? JSON_NULL : json_typeof(value)) {
    case JSON_STRING:
        return put_string(out, json_string_value(value));
    case JSON_INTEGER:
    case JSON_REAL:
        return put_number(out, column, value);
    case JSON_TRUE:
    case JSON_FALSE:
        fprintf(out, "<table:table-cell office:value-type=\"boolean\" office:boolean-value=\"%s\"/>",
                json_is_true(value) ? "true" : "false");
        return 5;
    case JSON_ARRAY:
        rows_join(value, text, sizeof text);
        return put_text(out, text, false);
    case JSON_OBJECT:
    case JSON_NULL:
        break;
    }
    fputs("<table:table-cell/>", out);
    return 0;
}

static void on_cell(void *context, const char *column, const json_t *value)
{
    struct sheet *sheet = context;

    if (sheet->column == 0)
        fputs("<table:table-row>", sheet->out);
    unsigned width =
        sheet->is_header ? put_text(sheet->out, column, true) : put_value(sheet->out, column, value);
    if (sheet->column < COLUMNS_MAX && width > sheet->widths[sheet->column])
        sheet->widths[sheet->column] = width;
    sheet->column++;
    if (sheet->column > sheet->column_count)
        sheet->column_count = sheet->column;
}

static void on_line(void *context)
{
    struct sheet *sheet = context;

    fputs(sheet->column == 0 ? "<table:table-row><table:table-cell/></table:table-row>\n"
                             : "</table:table-row>\n",
          sheet->out);
    sheet->column = 0;
    sheet->is_header = false;
}

/* The document ------------------------------------------------------------------------------------------------- */

static const char content_head[] =
    "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
    "<office:document-content office:version=\"1.2\"\n"
    " xmlns:office=\"urn:oasis:names:tc:opendocument:xmlns:office:1.0\"\n"
    " xmlns:style=\"urn:oasis:names:tc:opendocument:xmlns:style:1.0\"\n"
    " xmlns:text=\"urn:oasis:names:tc:opendocument:xmlns:text:1.0\"\n"
    " xmlns:table=\"urn:oasis:names:tc:opendocument:xmlns:table:1.0\"\n"
    " xmlns:number=\"urn:oasis:names:tc:opendocument:xmlns:datastyle:1.0\"\n"
    " xmlns:fo=\"urn:oasis:names:tc:opendocument:xmlns:xsl-fo-compatible:1.0\">\n"
    "<office:automatic-styles>\n"
    "<number:percentage-style style:name=\"of-share\"><number:number number:decimal-places=\"1\""
    " number:min-integer-digits=\"1\"/><number:text>%</number:text></number:percentage-style>\n"
    "<number:date-style style:name=\"of-day\"><number:year "
    "number:style=\"long\"/><number:text>-</number:text>"
    "<number:month number:style=\"long\"/><number:text>-</number:text><number:day number:style=\"long\"/>"
    "</number:date-style>\n"
    "<number:date-style style:name=\"of-time\"><number:year "
    "number:style=\"long\"/><number:text>-</number:text>"
    "<number:month number:style=\"long\"/><number:text>-</number:text><number:day number:style=\"long\"/>"
    "<number:text> </number:text><number:hours number:style=\"long\"/><number:text>:</number:text>"
    "<number:minutes number:style=\"long\"/><number:text>:</number:text><number:seconds "
    "number:style=\"long\"/>"
    "</number:date-style>\n"
    "<style:style style:name=\"head\" style:family=\"table-cell\"><style:text-properties "
    "fo:font-weight=\"bold\"/>"
    "</style:style>\n"
    "<style:style style:name=\"share\" style:family=\"table-cell\" style:data-style-name=\"of-share\"/>\n"
    "<style:style style:name=\"day\" style:family=\"table-cell\" style:data-style-name=\"of-day\"/>\n"
    "<style:style style:name=\"time\" style:family=\"table-cell\" style:data-style-name=\"of-time\"/>\n";

static const char manifest[] =
    "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
    "<manifest:manifest manifest:version=\"1.2\" "
    "xmlns:manifest=\"urn:oasis:names:tc:opendocument:xmlns:manifest:1.0\">\n"
    "<manifest:file-entry manifest:full-path=\"/\" manifest:version=\"1.2\" manifest:media-type=\"" ODS_TYPE
    "\"/>\n"
    "<manifest:file-entry manifest:full-path=\"content.xml\" manifest:media-type=\"text/xml\"/>\n"
    "</manifest:manifest>\n";

static size_t widths_count(const struct sheet *sheet)
{
    return sheet->column_count < COLUMNS_MAX ? sheet->column_count : COLUMNS_MAX;
}

static void put_column_styles(FILE *out, const struct sheet *sheet)
{
    for (size_t i = 0; i < widths_count(sheet); i++) {
        unsigned width = sheet->widths[i] < WIDTH_MIN   ? WIDTH_MIN
                         : sheet->widths[i] > WIDTH_MAX ? WIDTH_MAX
                                                        : sheet->widths[i];

        fprintf(out,
                "<style:style style:name=\"column-%zu\" style:family=\"table-column\">"
                "<style:table-column-properties style:column-width=\"%.1fmm\"/></style:style>\n",
                i, width * MM_PER_CHARACTER + MM_OF_MARGIN);
    }
}

static void put_content(FILE *out, const struct sheet *sheet, const char *rows, const json_t *reply)
{
    const char *kind = json_string_value(json_object_get(reply, "kind"));

    fputs(content_head, out);
    put_column_styles(out, sheet);
    fprintf(out,
            "</office:automatic-styles>\n<office:body><office:spreadsheet><table:table table:name=\"%s\">\n",
            kind == NULL ? "byname" : kind);
    for (size_t i = 0; i < widths_count(sheet); i++)
        fprintf(out, "<table:table-column table:style-name=\"column-%zu\"/>", i);
    if (sheet->column_count > COLUMNS_MAX || sheet->column_count == 0)
        fputs("<table:table-column/>", out);
    fprintf(out, "\n%s</table:table></office:spreadsheet></office:body></office:document-content>\n", rows);
}

/* The package: a ZIP archive whose entries are stored as they are, APPNOTE.TXT 4.3 -------------------------------- */

#define ENTRY_COUNT 3
#define ZIP_VERSION 20
#define ZIP_FIRST_DAY 0x0021 /* 1980-01-01: the file tells the figures, and nothing of when it was made */

struct entry {
    const char *name, *bytes;
    size_t size;
    uint32_t at, crc;
};

static void put_u16(FILE *out, unsigned value)
{
    fputc((int)(value & 0xFF), out);
    fputc((int)(value >> 8 & 0xFF), out);
}

static void put_u32(FILE *out, uint32_t value)
{
    put_u16(out, value & 0xFFFF);
    put_u16(out, value >> 16);
}

/* What the header of an entry and its line in the directory have in common. Returns how many bytes those are. */
static uint32_t put_entry(FILE *out, const struct entry *entry)
{
    put_u16(out, ZIP_VERSION);
    put_u16(out, 0); /* flags */
    put_u16(out, 0); /* stored */
    put_u16(out, 0); /* midnight */
    put_u16(out, ZIP_FIRST_DAY);
    put_u32(out, entry->crc);
    put_u32(out, (uint32_t)entry->size);
    put_u32(out, (uint32_t)entry->size);
    put_u16(out, (unsigned)strlen(entry->name));
    put_u16(out, 0); /* extra field */
    return 26;
}

static void put_archive(FILE *out, struct entry *entries)
{
    uint32_t at = 0, directory_size = 0;

    for (struct entry *entry = entries; entry < entries + ENTRY_COUNT; entry++) {
        entry->at = at;
        entry->crc = crc32_update(0, entry->bytes, entry->size);
        fwrite("PK\3\4", 1, 4, out);
        at += 4 + put_entry(out, entry) + (uint32_t)(strlen(entry->name) + entry->size);
        fputs(entry->name, out);
        fwrite(entry->bytes, 1, entry->size, out);
    }
    for (const struct entry *entry = entries; entry < entries + ENTRY_COUNT; entry++) {
        fwrite("PK\1\2", 1, 4, out);
        put_u16(out, ZIP_VERSION); /* made by */
        directory_size += 6 + put_entry(out, entry) + 14 + (uint32_t)strlen(entry->name);
        put_u16(out, 0); /* comment */
        put_u16(out, 0); /* disk */
        put_u16(out, 0); /* internal attributes */
        put_u32(out, 0); /* external ones */
        put_u32(out, entry->at);
        fputs(entry->name, out);
    }
    fwrite("PK\5\6\0\0\0\0", 1, 8, out);
    put_u16(out, ENTRY_COUNT);
    put_u16(out, ENTRY_COUNT);
    put_u32(out, directory_size);
    put_u32(out, at);
    put_u16(out, 0); /* comment */
}

/* The whole of content.xml, malloc'ed; NULL when memory is short. */
static char *make_content(const json_t *reply, size_t *size)
{
    struct sheet sheet = {.is_header = true};
    const struct rows_sink sink = {
        .on_cell = on_cell, .on_line = on_line, .context = &sheet, .is_head_last = true};
    char *rows = NULL, *text = NULL;
    size_t rows_size;
    FILE *out;

    sheet.out = open_memstream(&rows, &rows_size);
    if (sheet.out == NULL)
        return NULL;
    rows_each(reply, &sink);
    bool is_whole = !ferror(sheet.out);
    is_whole = fclose(sheet.out) == 0 && is_whole;
    out = is_whole ? open_memstream(&text, size) : NULL;
    if (out != NULL) {
        put_content(out, &sheet, rows, reply);
        is_whole = !ferror(out);
        is_whole = fclose(out) == 0 && is_whole;
    }
    free(rows);
    if (!is_whole) {
        free(text);
        return NULL;
    }
    return text;
}

bool ods_write(FILE *out, const json_t *reply)
{
    size_t size = 0;
    char *content = make_content(reply, &size);
    struct entry entries[ENTRY_COUNT] = {
        {.name = "mimetype", .bytes = ODS_TYPE, .size = strlen(ODS_TYPE)},
        {.name = "META-INF/manifest.xml", .bytes = manifest, .size = strlen(manifest)},
        {.name = "content.xml", .bytes = content, .size = size},
    };
    bool is_possible = content != NULL && size < UINT32_MAX / 2;

    if (is_possible)
        put_archive(out, entries);
    free(content);
    return is_possible && fflush(out) == 0 && !ferror(out);
}
