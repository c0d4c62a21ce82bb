/* SPDX-License-Identifier: MIT
 *
 * bynamed.c - the collector daemon's command line. Runs in the foreground and logs to stderr.
 */
#include <getopt.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

#include "daemon/config.h"
#include "daemon/log.h"
#include "daemon/server.h"

#define EXIT_USAGE 2

static const char usage[] =
    "Usage: bynamed [--config FILE]           collect answers, in the foreground\n"
    "       bynamed --check [--config FILE]   say what is wrong with the file, and do nothing else\n"
    "       bynamed --help-config             print every key that the file may hold\n"
    "       bynamed --help | --version\n"
    "\n"
    "The file is " CONFIG_PATH_DEFAULT " unless --config names another.\n"
    "SIGTERM and SIGINT: commit, acknowledge, end. Exit status: 0 ended by a signal (or --check found\n"
    "nothing), 1 could not start or had to stop, 2 a mistake on the command line or in the file.\n";

enum option_code { OPTION_CONFIG = 256, OPTION_CHECK, OPTION_HELP, OPTION_HELP_CONFIG, OPTION_VERSION };

static const struct option options[] = {
    {"config", required_argument, NULL, OPTION_CONFIG},
    {"check", no_argument, NULL, OPTION_CHECK},
    {"help", no_argument, NULL, OPTION_HELP},
    {"help-config", no_argument, NULL, OPTION_HELP_CONFIG},
    {"version", no_argument, NULL, OPTION_VERSION},
    {NULL, 0, NULL, 0},
};

static int run(const char *path, bool is_check)
{
    static struct config config;
    unsigned mistakes = config_load(path, &config, stderr);

    if (mistakes == CONFIG_UNREAD) {
        fprintf(stderr, "bynamed: %s: there is not enough memory to read it\n", path);
        return EXIT_FAILURE; /* not EXIT_USAGE, after which nobody starts us again */
    }
    if (mistakes > 0) {
        fprintf(stderr, "bynamed: %s: %u mistake%s\n", path, mistakes, mistakes == 1 ? "" : "s");
        return EXIT_USAGE;
    }
    if (is_check) {
        printf("%s: good, %u kiosk%s\n", path, (unsigned)config.kiosk_count, config.kiosk_count == 1 ? "" : "s");
        return 0;
    }
    log_open("bynamed", config.log_level);
    return server_run(&config, path);
}

int main(int argument_count, char **arguments)
{
    const char *path = CONFIG_PATH_DEFAULT;
    bool is_check = false;
    int option;

    while ((option = getopt_long(argument_count, arguments, "", options, NULL)) != -1) {
        switch (option) {
        case OPTION_CONFIG:
            path = optarg;
            break;
        case OPTION_CHECK:
            is_check = true;
            break;
        case OPTION_HELP:
            fputs(usage, stdout);
            return 0;
        case OPTION_HELP_CONFIG:
            config_describe(stdout);
            return 0;
        case OPTION_VERSION:
            puts("bynamed " BYNAME_VERSION);
            return 0;
        default:
            fputs("bynamed: see bynamed --help\n", stderr);
            return EXIT_USAGE;
        }
    }
    if (optind < argument_count) {
        fprintf(stderr, "bynamed: '%s' is not understood; see bynamed --help\n", arguments[optind]);
        return EXIT_USAGE;
    }
    return run(path, is_check);
}
