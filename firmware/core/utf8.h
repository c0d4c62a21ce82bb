/* SPDX-License-Identifier: MIT
 *
 * utf8.h - read UTF-8 that may be damaged.
 *
 * Names come from the line and are data: a bad byte is one U+FFFD, and reading never passes the final NUL.
 */
#ifndef BYNAME_UTF8_H
#define BYNAME_UTF8_H

#include <stdint.h>

#define UTF8_BAD 0xFFFDu

/* The code point at *text, and move *text behind it. 0 at the end, where *text stays. Code points beyond
 * U+FFFF and overlong, truncated or surrogate sequences read as UTF8_BAD, one for each byte that starts none.
 */
uint16_t utf8_next(const char **text);

/* Code points in text, at most 255. */
uint8_t utf8_count(const char *text);

#endif
