/* SPDX-License-Identifier: MIT */
#include "compact.h"

#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define REAL_DIGITS 15 /* a real that was rounded to six decimals says no more than those */
#define DECIMALS 6
#define MILLION 1000000
#define PLAIN_MIN 100                         /* millionths: less is written with an exponent */
#define PLAIN_BELOW INT64_C(1000000000000000) /* millionths: so much has more than REAL_DIGITS digits */
#define ESCAPE_SIZE 6                         /* "\\u001F" */
#define INTEGER_SIZE 20                       /* "-9223372036854775808" */

struct text {
    char *bytes;
    size_t size, capacity;
    bool is_failed; /* there is no memory */
};

/* Apart from room_make, so that that is a comparison where it is asked for. */
static __attribute__((noinline)) bool room_grow(struct text *text, size_t size)
{
    size_t capacity = text->capacity == 0 ? 4096 : text->capacity;
    char *grown;

    while (capacity <= text->size + size)
        capacity *= 2;
    grown = text->is_failed ? NULL : realloc(text->bytes, capacity);
    text->is_failed = grown == NULL;
    text->capacity = grown == NULL ? 0 : capacity;
    if (grown != NULL)
        text->bytes = grown;
    return grown != NULL;
}

/* Room for so many bytes more, and for the end. */
static bool room_make(struct text *text, size_t size)
{
    return text->size + size < text->capacity || room_grow(text, size);
}

static void bytes_add(struct text *text, const char *bytes, size_t size)
{
    if (!room_make(text, size))
        return;
    memcpy(text->bytes + text->size, bytes, size);
    text->size += size;
}

static void mark_add(struct text *text, char mark)
{
    if (room_make(text, 1))
        text->bytes[text->size++] = mark;
}

/* Returns the place behind it. */
static char *escape_write(char *to, unsigned char character)
{
    static const char marks[] = "\b\f\n\r\t\"\\", names[] = "bfnrt\"\\", digits[] = "0123456789ABCDEF";
    const char *mark = memchr(marks, character, sizeof marks - 1);

    *to++ = '\\';
    if (mark != NULL) {
        *to++ = names[mark - marks];
        return to;
    }
    *to++ = 'u';
    *to++ = '0';
    *to++ = '0';
    *to++ = digits[character / 16];
    *to++ = digits[character % 16];
    return to;
}

/* There is room for all of it as escapes: most are names of a few letters, and asking for each would take longer. */
static void string_add(struct text *text, const char *string, size_t size)
{
    char *to;

    if (!room_make(text, ESCAPE_SIZE * size + 2))
        return;
    to = text->bytes + text->size;
    *to++ = '"';
    for (size_t i = 0; i < size; i++) {
        if ((unsigned char)string[i] >= ' ' && string[i] != '"' && string[i] != '\\')
            *to++ = string[i];
        else
            to = escape_write(to, (unsigned char)string[i]);
    }
    *to++ = '"';
    text->size = (size_t)(to - text->bytes);
}

static void integer_add(struct text *text, int64_t value)
{
    uint64_t left = value < 0 ? -(uint64_t)value : (uint64_t)value;
    char digits[INTEGER_SIZE];
    size_t at = sizeof digits;

    do {
        digits[--at] = (char)('0' + left % 10);
        left /= 10;
    } while (left > 0);
    if (value < 0)
        digits[--at] = '-';
    bytes_add(text, digits + at, sizeof digits - at);
}

/* At least one decimal, and none that is 0 behind it. */
static void millionths_add(struct text *text, int64_t millionths)
{
    int64_t part = millionths < 0 ? -(millionths % MILLION) : millionths % MILLION;
    char decimals[DECIMALS];
    size_t size = DECIMALS;

    for (size_t i = DECIMALS; i > 0; i--, part /= 10)
        decimals[i - 1] = (char)('0' + part % 10);
    while (size > 1 && decimals[size - 1] == '0')
        size--;
    if (millionths < 0 && millionths > -MILLION)
        mark_add(text, '-');
    integer_add(text, millionths / MILLION);
    mark_add(text, '.');
    bytes_add(text, decimals, size);
}

/* Of a real with six decimals, as nearly all are, the digits are those of an integer. */
static void real_add(struct text *text, const json_t *json)
{
    double value = json_real_value(json), scaled = round(value * MILLION);
    bool is_zero = value == 0 && !signbit(value);
    bool is_plain =
        fabs(scaled) >= PLAIN_MIN && fabs(scaled) < (double)PLAIN_BELOW && scaled / MILLION == value;
    char *written;

    if (is_zero || is_plain) {
        millionths_add(text, (int64_t)scaled);
        return;
    }
    written = json_dumps(json, JSON_ENCODE_ANY | JSON_REAL_PRECISION(REAL_DIGITS));
    text->is_failed = text->is_failed || written == NULL;
    if (written != NULL)
        bytes_add(text, written, strlen(written));
    free(written);
}

static void value_add(struct text *text, const json_t *json);

static void array_add(struct text *text, const json_t *json)
{
    mark_add(text, '[');
    for (size_t i = 0; i < json_array_size(json); i++) {
        if (i > 0)
            mark_add(text, ',');
        value_add(text, json_array_get(json, i));
    }
    mark_add(text, ']');
}

static void object_add(struct text *text, json_t *json)
{
    bool is_first = true;

    mark_add(text, '{');
    for (void *at = json_object_iter(json); at != NULL; at = json_object_iter_next(json, at)) {
        if (!is_first)
            mark_add(text, ',');
        is_first = false;
        string_add(text, json_object_iter_key(at), json_object_iter_key_len(at));
        mark_add(text, ':');
        value_add(text, json_object_iter_value(at));
    }
    mark_add(text, '}');
}

static void value_add(struct text *text, const json_t *json)
{
    switch (json_typeof(json)) {
    case JSON_OBJECT:
        object_add(text, (json_t *)(uintptr_t)json); /* only its iterator wants it without const */
        break;
    case JSON_ARRAY:
        array_add(text, json);
        break;
    case JSON_STRING:
        string_add(text, json_string_value(json), json_string_length(json));
        break;
    case JSON_INTEGER:
        integer_add(text, json_integer_value(json));
        break;
    case JSON_REAL:
        real_add(text, json);
        break;
    case JSON_TRUE:
        bytes_add(text, "true", 4);
        break;
    case JSON_FALSE:
        bytes_add(text, "false", 5);
        break;
    case JSON_NULL:
        bytes_add(text, "null", 4);
        break;
    }
}

char *compact_text(const json_t *json)
{
    struct text text = {0};

    value_add(&text, json);
    mark_add(&text, '\0');
    if (!text.is_failed)
        return text.bytes;
    free(text.bytes);
    return NULL;
}
