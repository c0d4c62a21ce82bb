/* SPDX-License-Identifier: MIT
 *
 * cli.h - byname's command line: a table of commands, and what one of them asks of the daemon. No I/O.
 */
#ifndef BYNAME_CLI_H
#define BYNAME_CLI_H

#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>

#include "daemon/render.h"
#include "daemon/words.h"

#define CLI_TEXT_SIZE_MAX 512
#define CLI_PATH_SIZE_MAX 3072

enum cli_exit {
    CLI_EXIT_OK = 0,
    CLI_EXIT_NO = 1,          /* refused, unwell, or a difference was found */
    CLI_EXIT_USAGE = 2,       /* a mistake on the command line */
    CLI_EXIT_UNREACHABLE = 3, /* no daemon, or no readable database */
};

enum cli_action { CLI_RUN, CLI_HELP, CLI_VERSION, CLI_MISTAKE };

struct cli_command;

struct cli {
    enum cli_action action;
    const struct cli_command *command; /* for CLI_RUN */
    const char *help_group;            /* CLI_HELP: what it is about; NULL: everything */
    const char *help_verb;             /* NULL: the whole group */
    const char *socket;
    const char *database; /* NULL: ask the daemon */
    enum render_format format;
    enum words_language language; /* of a report's text; English for all else, and for a digest */
    bool has_language;            /* an option says so */
    bool is_digest;               /* of what would be printed, instead of it */
    bool is_post;
    char path[CLI_PATH_SIZE_MAX]; /* with its query, encoded */
    json_t *body;                 /* NULL for none; cli_close frees it */
    char mistake[CLI_TEXT_SIZE_MAX];
};

/* Understand a command line. environment_socket: BYNAME_SOCKET or NULL. The texts of *cli point into
 * arguments. */
void cli_parse(struct cli *cli, int argument_count, char **arguments, const char *environment_socket);
void cli_close(struct cli *cli);

/* What the terminal's locale says a week starts on ("monday"): of a report for which no option does. */
void cli_set_week_start(struct cli *cli, const char *week_start);

/* What the environment says the user reads, as in "de_AT.UTF-8": for a report for which no option says it. */
void cli_set_language(struct cli *cli, const char *locale);

void cli_help(const struct cli *cli, FILE *out);

/* The exit status that a good reply stands for. */
enum cli_exit cli_judge(const json_t *reply);

/* True for the command that prints changes until it is interrupted. */
bool cli_is_watch(const struct cli *cli);

/* True for the command that may take minutes. */
bool cli_is_long(const struct cli *cli);

#endif
