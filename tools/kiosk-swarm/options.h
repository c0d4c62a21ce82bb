/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * options.h - the command line of kiosk-swarm.
 */
#ifndef KIOSK_SWARM_OPTIONS_H
#define KIOSK_SWARM_OPTIONS_H

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>

#define OPTIONS_REAL_AUTO (-1)

struct options {
    uint16_t kiosks; /* 0: as many as the daemon's file names */
    int real;        /* of them with the firmware image; or OPTIONS_REAL_AUTO */
    uint32_t tap_ms, seconds, rounds;
    bool is_flood, is_idle;
    uint64_t seed;
    bool is_json, is_kept;
    const char *config; /* of a daemon that runs; NULL: one is started */
    char elf[PATH_MAX], bynamed[PATH_MAX], byname[PATH_MAX];
};

enum options_outcome { OPTIONS_RUN, OPTIONS_EXIT, OPTIONS_WRONG };

/* Help and mistakes are printed. */
enum options_outcome options_parse(struct options *options, int argc, char **argv);

#endif
