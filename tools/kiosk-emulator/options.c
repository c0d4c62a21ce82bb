/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "options.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "picture.h"

enum { PACE_MAX = 10000, BAUD_MIN = 300, BAUD_MAX = 2000000 };

static const char usage_text[] =
    "usage: kiosk-emulator --elf FILE --eeprom FILE [option...]\n"
    "\n"
    "Runs the kiosk's firmware image on simulated hardware.\n"
    "\n"
    "  --elf FILE        firmware image for the ATmega2560\n"
    "  --eeprom FILE     the kiosk's EEPROM, 4096 bytes; made if missing, kept up to date\n"
    "  --link PATH       symbolic link to make to the kiosk's serial port (a pseudo-terminal)\n"
    "  --http ADDRESS:PORT  the kiosk in a browser; PORT alone is one of this machine only, 0 any that is "
    "free\n"
    "  --script FILE     do what the script says, then exit; - reads it live from standard input\n"
    "  --pace N          run up to N times faster than real time while the serial line is idle\n"
    "  --baud N          line rate of the host (115200)\n"
    "  --seed N          power-up noise, bouncing contacts and torn EEPROM bytes (1)\n"
    "  --trace FILE      one line per event, with kiosk time and cycle\n"
    "  --scale N         width of a pixel in PNG screenshots, 1 to 16 (5)\n"
    "  --no-display      the display is absent\n"
    "  --stuck-bus       the display's bus is stuck\n"
    "  --reset-on-open   opening the serial port resets the kiosk, as on an Arduino\n"
    "  --help            print this\n"
    "  --version         print the version\n"
    "\n"
    "On a terminal and without a script the kiosk is drawn and has keys for its buttons.\n"
    "Exit status: 0 at the end, 1 when something failed, 2 for a wrong command line or script.\n";

enum {
    OPTION_ELF = 1,
    OPTION_EEPROM,
    OPTION_LINK,
    OPTION_HTTP,
    OPTION_SCRIPT,
    OPTION_PACE,
    OPTION_BAUD,
    OPTION_SEED,
    OPTION_TRACE,
    OPTION_SCALE,
    OPTION_NO_DISPLAY,
    OPTION_STUCK_BUS,
    OPTION_RESET_ON_OPEN,
    OPTION_HELP,
    OPTION_VERSION,
};

static const struct option table[] = {
    {"elf", required_argument, NULL, OPTION_ELF},
    {"eeprom", required_argument, NULL, OPTION_EEPROM},
    {"link", required_argument, NULL, OPTION_LINK},
    {"http", required_argument, NULL, OPTION_HTTP},
    {"script", required_argument, NULL, OPTION_SCRIPT},
    {"pace", required_argument, NULL, OPTION_PACE},
    {"baud", required_argument, NULL, OPTION_BAUD},
    {"seed", required_argument, NULL, OPTION_SEED},
    {"trace", required_argument, NULL, OPTION_TRACE},
    {"scale", required_argument, NULL, OPTION_SCALE},
    {"no-display", no_argument, NULL, OPTION_NO_DISPLAY},
    {"stuck-bus", no_argument, NULL, OPTION_STUCK_BUS},
    {"reset-on-open", no_argument, NULL, OPTION_RESET_ON_OPEN},
    {"help", no_argument, NULL, OPTION_HELP},
    {"version", no_argument, NULL, OPTION_VERSION},
    {NULL, 0, NULL, 0},
};

static bool parse_number(const char *name, uint64_t min, uint64_t max, uint64_t *number)
{
    char *end = NULL;
    errno = 0;
    *number = strtoull(optarg, &end, 10);
    if (optarg[0] < '0' || optarg[0] > '9' || *end != '\0' || errno != 0 || *number < min || *number > max) {
        fprintf(stderr, "kiosk-emulator: %s takes a number from %llu to %llu, not \"%s\"\n", name,
                (unsigned long long)min, (unsigned long long)max, optarg);
        return false;
    }
    return true;
}

static bool take_number(struct options *options, int option)
{
    uint64_t number = 0;
    switch (option) {
    case OPTION_PACE:
        if (!parse_number("--pace", 1, PACE_MAX, &number)) {
            return false;
        }
        options->kiosk.pace = (unsigned)number;
        return true;
    case OPTION_BAUD:
        if (!parse_number("--baud", BAUD_MIN, BAUD_MAX, &number)) {
            return false;
        }
        options->kiosk.host_baud = (uint32_t)number;
        return true;
    case OPTION_SEED:
        return parse_number("--seed", 0, UINT64_MAX, &options->kiosk.seed);
    default: /* OPTION_SCALE */
        if (!parse_number("--scale", 1, PICTURE_SCALE_MAX, &number)) {
            return false;
        }
        options->png_scale = (unsigned)number;
        return true;
    }
}

/* An address that stands for all of them is refused: a page is opened at one, and a request for another name
 * is somebody's trick. */
static bool parse_http(struct options *options)
{
    char text[CONFIG_ADDRESS_SIZE_MAX + 16];
    const bool is_port = optarg[0] != '\0' && optarg[strspn(optarg, "0123456789")] == '\0';
    const int size = snprintf(text, sizeof text, is_port ? "127.0.0.1:%s" : "%s", optarg);
    if (size >= (int)sizeof text || !config_parse_address(text, &options->http) ||
        strcmp(options->http.address, "0.0.0.0") == 0 || strcmp(options->http.address, "::") == 0) {
        fprintf(stderr,
                "kiosk-emulator: --http takes a port, or a numeric address of this machine and a port "
                "(8080, 127.0.0.1:8080, [::1]:8080), not \"%s\"\n",
                optarg);
        return false;
    }
    return true;
}

static enum options_outcome take(struct options *options, int option)
{
    switch (option) {
    case OPTION_ELF:
        options->kiosk.elf_path = optarg;
        return OPTIONS_RUN;
    case OPTION_EEPROM:
        options->kiosk.eeprom_path = optarg;
        return OPTIONS_RUN;
    case OPTION_LINK:
        options->kiosk.link_path = optarg;
        return OPTIONS_RUN;
    case OPTION_HTTP:
        return parse_http(options) ? OPTIONS_RUN : OPTIONS_WRONG;
    case OPTION_SCRIPT:
        options->script_path = optarg;
        return OPTIONS_RUN;
    case OPTION_TRACE:
        options->kiosk.trace_path = optarg;
        return OPTIONS_RUN;
    case OPTION_NO_DISPLAY:
        options->kiosk.is_display_absent = true;
        return OPTIONS_RUN;
    case OPTION_STUCK_BUS:
        options->kiosk.is_bus_stuck = true;
        return OPTIONS_RUN;
    case OPTION_RESET_ON_OPEN:
        options->kiosk.resets_on_open = true;
        return OPTIONS_RUN;
    case OPTION_HELP:
        fputs(usage_text, stdout);
        return OPTIONS_EXIT;
    case OPTION_VERSION:
        puts("kiosk-emulator (byname) " BYNAME_VERSION);
        return OPTIONS_EXIT;
    case '?': /* getopt has said what is wrong */
        return OPTIONS_WRONG;
    default:
        return take_number(options, option) ? OPTIONS_RUN : OPTIONS_WRONG;
    }
}

static enum options_outcome check(const struct options *options, int argc, char **argv)
{
    const char *missing = options->kiosk.elf_path == NULL      ? "--elf FILE"
                          : options->kiosk.eeprom_path == NULL ? "--eeprom FILE"
                                                               : NULL;
    if (optind < argc) {
        fprintf(stderr, "kiosk-emulator: \"%s\" is not an option\n", argv[optind]);
        return OPTIONS_WRONG;
    }
    if (missing != NULL) {
        fprintf(stderr, "kiosk-emulator: %s is missing; see kiosk-emulator --help\n", missing);
        return OPTIONS_WRONG;
    }
    return OPTIONS_RUN;
}

enum options_outcome options_parse(struct options *options, int argc, char **argv)
{
    memset(options, 0, sizeof *options);
    options->kiosk.pace = 1;
    options->kiosk.seed = 1;
    options->kiosk.host_baud = UART_BAUD_DEFAULT;
    options->png_scale = PICTURE_SCALE_DEFAULT;
    for (int option = getopt_long(argc, argv, "", table, NULL); option != -1;
         option = getopt_long(argc, argv, "", table, NULL)) {
        const enum options_outcome outcome = take(options, option);
        if (outcome != OPTIONS_RUN) {
            return outcome;
        }
    }
    return check(options, argc, argv);
}
