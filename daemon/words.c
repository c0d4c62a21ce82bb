/* SPDX-License-Identifier: MIT */
#include "words.h"

#include <string.h>

#include "protocol/vocabulary.h"

#define WORDS_TEXT(NAME, text) text,
static const char *const texts[] = {WORDS(WORDS_TEXT)};

struct name {
    const char *name;
    enum word word;
};

#define CAUSE_NAME(NAME, code, name) {name, WORD_CAUSE_##NAME},
#define STRENGTH_NAME(NAME, code, name) {name, WORD_STRENGTH_##NAME},
static const struct name causes[] = {CAUSES(CAUSE_NAME)};
static const struct name strengths[] = {STRENGTHS(STRENGTH_NAME)};

const char *words_text(enum word word)
{
    return word < WORD_COUNT ? texts[word] : "?";
}

static enum word find(const struct name *names, size_t count, const char *name)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(names[i].name, name) == 0)
            return names[i].word;
    return WORD_COUNT;
}

enum word words_cause(const char *name)
{
    return find(causes, sizeof causes / sizeof causes[0], name);
}

enum word words_strength(const char *name)
{
    return find(strengths, sizeof strengths / sizeof strengths[0], name);
}
