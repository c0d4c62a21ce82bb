/* SPDX-License-Identifier: MIT
 *
 * words.h - every word of the text reports, once in each language.
 *
 * The texts are daemon/texts/LANGUAGE.txt, and for what customers can press the kiosk's own (firmware/texts).
 * tools/texts/make-words makes of them `enum word`, `enum words_language` and the table. What a language lacks is
 * English there.
 */
#ifndef BYNAME_WORDS_H
#define BYNAME_WORDS_H

#include <stddef.h>

#include "words_keys.h"

/* The text as it stands in its file; both within their enum. */
const char *words_text(enum words_language language, enum word word);

/* Put a text into out, cut to size at the end of a character: {1} is parts[0] and so on, and {1|visit|visits} the
 * form for the number that parts[0] is, whatever its sign. parts ends in NULL; what is missing there is "".
 * size >= 1. */
void words_fill(char *out, size_t size, enum words_language language, const char *text,
                const char *const *parts);

/* "de"; WORDS_LANGUAGE_COUNT for a name that is none. */
enum words_language words_language(const char *name);
/* Of "de_AT.UTF-8" or "de", as the environment has it; English where it is another, NULL or "". */
enum words_language words_locale(const char *locale);

/* What customers press for a cause ("process") or a strength ("empathy") of vocabulary.h; WORD_COUNT for a name
 * that is none. */
enum word words_cause(const char *name);
enum word words_strength(const char *name);

#endif
