/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "options.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "daemon/config.h"
#include "tools/kiosk-swarm/customer.h"

#define TAP_MS_MAX 60000
#define SECONDS_MAX 86400
#define ROUNDS_MAX 10000

static const char usage_text[] =
    "usage: kiosk-swarm [option...]\n"
    "\n"
    "Many kiosks with customers at one bynamed; then the database is compared with\n"
    "what was tapped.\n"
    "\n"
    "  --kiosks N     how many (8, or as many as the file of --config names)\n"
    "  --real N|auto  so many run the firmware image on a simulated ATmega2560, the\n"
    "                 others the firmware's core in memory (auto: as many as keep\n"
    "                 real time on half a processor)\n"
    "  --elf FILE     that image (build/mega2560/kiosk.elf of the same checkout)\n"
    "  --seconds N    how long customers come (10)\n"
    "  --tap-ms N     from a customer's tap to the next, 1500 or more (2000)\n"
    "  --drain N      instead: N times, all cables are cut until the journals are\n"
    "                 well filled, and mended\n"
    "  --flood        instead: journals are kept full for so many seconds, by kiosks\n"
    "                 whose memory takes no time: as much as their lines carry\n"
    "  --idle         instead: nobody comes for so many seconds\n"
    "  --seed N       of all customers (1)\n"
    "  --config FILE  take the bynamed that runs with this file: its ports are links\n"
    "                 that are made here, and its database is compared. Otherwise\n"
    "                 one is started in a folder of its own\n"
    "  --keep         do not remove that folder\n"
    "  --json         print the figures as JSON\n"
    "  --help         print this\n"
    "\n"
    "Exit status: 0 when the database has each tap once, nothing else, and figures\n"
    "that agree with it; 1 when not or when something failed; 2 for a wrong command\n"
    "line.\n";

enum {
    OPTION_KIOSKS = 1,
    OPTION_REAL,
    OPTION_ELF,
    OPTION_SECONDS,
    OPTION_TAP_MS,
    OPTION_DRAIN,
    OPTION_SEED,
    OPTION_FLOOD,
    OPTION_IDLE,
    OPTION_CONFIG,
    OPTION_KEEP,
    OPTION_JSON,
    OPTION_HELP
};

static const struct option table[] = {
    {"kiosks", required_argument, NULL, OPTION_KIOSKS}, {"real", required_argument, NULL, OPTION_REAL},
    {"elf", required_argument, NULL, OPTION_ELF},       {"seconds", required_argument, NULL, OPTION_SECONDS},
    {"tap-ms", required_argument, NULL, OPTION_TAP_MS}, {"drain", required_argument, NULL, OPTION_DRAIN},
    {"flood", no_argument, NULL, OPTION_FLOOD},         {"idle", no_argument, NULL, OPTION_IDLE},
    {"seed", required_argument, NULL, OPTION_SEED},     {"config", required_argument, NULL, OPTION_CONFIG},
    {"keep", no_argument, NULL, OPTION_KEEP},           {"json", no_argument, NULL, OPTION_JSON},
    {"help", no_argument, NULL, OPTION_HELP},           {NULL, 0, NULL, 0},
};

static bool parse_number(const char *name, uint64_t least, uint64_t most, uint64_t *number)
{
    char *end = NULL;

    errno = 0;
    *number = strtoull(optarg, &end, 10);
    if (optarg[0] >= '0' && optarg[0] <= '9' && *end == '\0' && errno == 0 && *number >= least &&
        *number <= most)
        return true;
    fprintf(stderr, "kiosk-swarm: --%s takes a number from %llu to %llu, not \"%s\"\n", name,
            (unsigned long long)least, (unsigned long long)most, optarg);
    return false;
}

static bool take_number(struct options *options, int option)
{
    uint64_t number = 0;

    switch (option) {
    case OPTION_KIOSKS:
        if (!parse_number("kiosks", 1, CONFIG_KIOSKS_MAX, &number))
            return false;
        options->kiosks = (uint16_t)number;
        return true;
    case OPTION_REAL:
        if (strcmp(optarg, "auto") == 0)
            return true;
        if (!parse_number("real", 0, CONFIG_KIOSKS_MAX, &number))
            return false;
        options->real = (int)number;
        return true;
    case OPTION_SECONDS:
        if (!parse_number("seconds", 1, SECONDS_MAX, &number))
            return false;
        options->seconds = (uint32_t)number;
        return true;
    case OPTION_TAP_MS:
        if (!parse_number("tap-ms", CUSTOMER_TAP_MS_MIN, TAP_MS_MAX, &number))
            return false;
        options->tap_ms = (uint32_t)number;
        return true;
    case OPTION_DRAIN:
        if (!parse_number("drain", 1, ROUNDS_MAX, &number))
            return false;
        options->rounds = (uint32_t)number;
        return true;
    default: /* OPTION_SEED */
        return parse_number("seed", 0, UINT64_MAX, &options->seed);
    }
}

static enum options_outcome take(struct options *options, int option)
{
    switch (option) {
    case OPTION_ELF:
        snprintf(options->elf, sizeof options->elf, "%s", optarg);
        return OPTIONS_RUN;
    case OPTION_CONFIG:
        options->config = optarg;
        return OPTIONS_RUN;
    case OPTION_FLOOD:
        options->is_flood = true;
        return OPTIONS_RUN;
    case OPTION_IDLE:
        options->is_idle = true;
        return OPTIONS_RUN;
    case OPTION_KEEP:
        options->is_kept = true;
        return OPTIONS_RUN;
    case OPTION_JSON:
        options->is_json = true;
        return OPTIONS_RUN;
    case OPTION_HELP:
        fputs(usage_text, stdout);
        return OPTIONS_EXIT;
    case '?': /* getopt has said what is wrong */
        return OPTIONS_WRONG;
    default:
        return take_number(options, option) ? OPTIONS_RUN : OPTIONS_WRONG;
    }
}

/* What else was built stands where this program stands. */
static void find_others(struct options *options)
{
    char folder[PATH_MAX - 64];
    ssize_t size = readlink("/proc/self/exe", folder, sizeof folder - 1);

    folder[size > 0 ? size : 0] = '\0';
    char *slash = strrchr(folder, '/');
    if (slash != NULL)
        *slash = '\0';
    snprintf(options->elf, sizeof options->elf, "%s/../../mega2560/kiosk.elf", folder);
    snprintf(options->bynamed, sizeof options->bynamed, "%s/bynamed", folder);
    snprintf(options->byname, sizeof options->byname, "%s/byname", folder);
}

enum options_outcome options_parse(struct options *options, int argc, char **argv)
{
    *options = (struct options){.real = OPTIONS_REAL_AUTO, .tap_ms = 2000, .seconds = 10, .seed = 1};
    find_others(options);
    for (int option; (option = getopt_long(argc, argv, "", table, NULL)) != -1;) {
        const enum options_outcome outcome = take(options, option);
        if (outcome != OPTIONS_RUN)
            return outcome;
    }
    if (optind < argc) {
        fprintf(stderr, "kiosk-swarm: \"%s\" is not an option; see kiosk-swarm --help\n", argv[optind]);
        return OPTIONS_WRONG;
    }
    if ((options->rounds > 0 || options->is_flood) && options->real > 0) {
        fprintf(stderr, "kiosk-swarm: --drain and --flood are for kiosks in memory: leave out --real\n");
        return OPTIONS_WRONG;
    }
    if ((options->rounds > 0) + options->is_flood + options->is_idle > 1) {
        fprintf(stderr, "kiosk-swarm: --drain, --flood and --idle exclude each other\n");
        return OPTIONS_WRONG;
    }
    if (options->kiosks == 0 && options->config == NULL)
        options->kiosks = 8;
    return OPTIONS_RUN;
}
