/* SPDX-License-Identifier: MIT
 *
 * utf8.h - text from outside: is it UTF-8, and what is left of one that was cut. Pure; nothing is kept.
 */
#ifndef BYNAME_UTF8_H
#define BYNAME_UTF8_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define UTF8_SIZE_MAX 4

/* The character at `text`, and its size in bytes; 0 when these bytes are none (RFC 3629: no surrogates, nothing
 * longer than need be, at most U+10FFFF). text is not at its end. */
size_t utf8_character(const char *text, uint32_t *code);

bool utf8_is_valid(const char *text);

/* Controls, marks that turn the rest of a line around, and what has no width: in text that others are shown they
 * move a terminal's cursor, or pretend. */
bool utf8_is_hidden(uint32_t code);

/* True when text is UTF-8 and one line of what can be seen: fit for terminals, logs and pages of others. */
bool utf8_is_plain(const char *text);

/* Takes out what is no character, in place: a text that was cut to a size ends with a whole one. */
void utf8_clean(char *text);

/* The order in which people look for names: small and capital letters and accents make no difference, numbers are compared
 * as such ("Counter 2" before "Counter 10"); of two that differ in nothing else the bytes decide. Texts need not end with
 * a NUL. Less than, equal to or greater than 0. */
int utf8_compare_names(const char *a, size_t a_size, const char *b, size_t b_size);
/* 0: they differ in small and capital letters at most. */
int utf8_compare_caseless(const char *a, size_t a_size, const char *b, size_t b_size);

#endif
