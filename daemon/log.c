/* SPDX-License-Identifier: MIT */
#include "log.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define LINE_SIZE_MAX 1024

static struct {
    const char *program;
    enum log_level level;
    bool is_journal;
} config = {"bynamed", LOG_LEVEL_INFO, false};

/* The variable is inherited by all that the service starts; it is ours only while stderr is what it names
 * (systemd.exec(5), JOURNAL_STREAM). */
static bool is_stderr_the_journal(void)
{
    const char *stream = getenv("JOURNAL_STREAM");
    char own[64];
    struct stat status;

    if (stream == NULL || fstat(STDERR_FILENO, &status) != 0)
        return false;
    snprintf(own, sizeof own, "%ju:%ju", (uintmax_t)status.st_dev, (uintmax_t)status.st_ino);
    return strcmp(own, stream) == 0;
}

void log_open(const char *program, enum log_level level)
{
    config.program = program;
    config.level = level;
    config.is_journal = is_stderr_the_journal();
}

bool log_level_parse(const char *name, enum log_level *level)
{
    static const struct {
        const char *name;
        enum log_level level;
    } levels[] = {
        {"error", LOG_LEVEL_ERROR},
        {"warning", LOG_LEVEL_WARNING},
        {"notice", LOG_LEVEL_NOTICE},
        {"info", LOG_LEVEL_INFO},
    };

    for (size_t i = 0; i < sizeof levels / sizeof *levels; i++) {
        if (strcmp(name, levels[i].name) != 0)
            continue;
        *level = levels[i].level;
        return true;
    }
    return false;
}

/* What came from outside must not write escape sequences or further lines. */
static void make_printable(char *text)
{
    for (; *text != '\0'; text++) {
        if ((unsigned char)*text < 0x20 || *text == 0x7F)
            *text = '?';
    }
}

void log_line(enum log_level level, const char *format, ...)
{
    char line[LINE_SIZE_MAX];
    va_list arguments;
    int used;

    if (level > config.level)
        return;
    if (config.is_journal)
        used = snprintf(line, sizeof line, "<%d>", (int)level);
    else
        used = snprintf(line, sizeof line, "%s: ", config.program);
    va_start(arguments, format);
    vsnprintf(line + used, sizeof line - (size_t)used - 1, format, arguments);
    va_end(arguments);
    make_printable(line + used);
    size_t size = strlen(line);
    line[size++] = '\n';
    (void)!write(STDERR_FILENO, line, size);
}

bool log_budget_take(struct log_budget *budget, uint64_t now_ms, uint32_t *dropped)
{
    *dropped = 0;
    if (budget->used > 0 && now_ms - budget->since_ms >= LOG_BUDGET_MS)
        budget->used = 0;
    if (budget->used == 0) {
        budget->since_ms = now_ms;
        *dropped = budget->dropped;
        budget->dropped = 0;
    }
    if (budget->used >= LOG_BUDGET_LINES) {
        budget->dropped++;
        return false;
    }
    budget->used++;
    return true;
}
