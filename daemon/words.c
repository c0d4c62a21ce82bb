/* SPDX-License-Identifier: MIT */
#include "words.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "protocol/vocabulary.h"
#include "words_data.h"

struct name {
    const char *name;
    enum word word;
};

/* In the order of the buttons, as the kiosk's texts are numbered. */
#define CAUSE_NAME(NAME, code, name) {name, WORD_CAUSE_##code},
#define STRENGTH_NAME(NAME, code, name) {name, WORD_STRENGTH_##code},
static const struct name causes[] = {CAUSES(CAUSE_NAME)};
static const struct name strengths[] = {STRENGTHS(STRENGTH_NAME)};

const char *words_text(enum words_language language, enum word word)
{
    return language < WORDS_LANGUAGE_COUNT && word < WORD_COUNT ? texts[language][word] : "?";
}

/* Filling -------------------------------------------------------------------------------------------------------- */

struct filling {
    char *out;
    size_t used, size;
    bool is_full;
};

static void put(struct filling *filling, const char *text, size_t size)
{
    size_t room = filling->size - 1 - filling->used;

    if (filling->is_full || size > room) {
        size = filling->is_full ? 0 : room;
        while (size > 0 && (text[size] & 0xC0) == 0x80)
            size--;
        filling->is_full = true;
    }
    memcpy(filling->out + filling->used, text, size);
    filling->used += size;
}

/* The form-th of "visit|visits"; the last where there are not so many. */
static void put_form(struct filling *filling, const char *forms, const char *end, unsigned form)
{
    const char *bar;

    for (; form > 0 && (bar = memchr(forms, '|', (size_t)(end - forms))) != NULL; form--)
        forms = bar + 1;
    bar = memchr(forms, '|', (size_t)(end - forms));
    put(filling, forms, (size_t)((bar == NULL ? end : bar) - forms));
}

static unsigned form_of(enum words_language language, const char *number)
{
    return plural_of(language, strtoul(number + strcspn(number, "0123456789"), NULL, 10));
}

void words_fill(char *out, size_t size, enum words_language language, const char *text,
                const char *const *parts)
{
    struct filling filling = {.out = out, .size = size};
    size_t count = 0;

    while (parts[count] != NULL)
        count++;
    while (*text != '\0') {
        const char *end = text[0] == '{' && isdigit((unsigned char)text[1]) ? strchr(text, '}') : NULL;
        size_t which = end == NULL ? 0 : (size_t)(text[1] - '1');
        const char *part = which < count ? parts[which] : "";
        size_t run = 1 + strcspn(text + 1, "{");

        if (end == NULL)
            put(&filling, text, run);
        else if (text[2] == '|')
            put_form(&filling, text + 3, end, form_of(language, part));
        else
            put(&filling, part, strlen(part));
        text = end == NULL ? text + run : end + 1;
    }
    filling.out[filling.used] = '\0';
}

/* Names ---------------------------------------------------------------------------------------------------------- */

enum words_language words_language(const char *name)
{
    enum words_language language = 0;

    while (language < WORDS_LANGUAGE_COUNT && strcmp(language_names[language], name) != 0)
        language++;
    return language;
}

enum words_language words_locale(const char *locale)
{
    char name[8] = "";
    size_t size = locale == NULL ? 0 : strcspn(locale, "_.@");

    if (size > 0 && size < sizeof name)
        memcpy(name, locale, size);
    return words_language(name) < WORDS_LANGUAGE_COUNT ? words_language(name) : 0;
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
