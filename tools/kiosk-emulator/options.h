/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * options.h - the command line.
 */
#ifndef KIOSK_EMULATOR_OPTIONS_H
#define KIOSK_EMULATOR_OPTIONS_H

#include "daemon/config.h"
#include "kiosk.h"

struct options {
    struct kiosk_config kiosk;
    const char *script_path; /* NULL for none, "-" for standard input */
    unsigned png_scale;
    struct config_http http; /* where the page is; address "" for none */
};

enum options_outcome { OPTIONS_RUN, OPTIONS_EXIT, OPTIONS_WRONG };

/* Texts in *options are those of argv. --help and --version print and give OPTIONS_EXIT; a wrong line is
 * explained on standard error and gives OPTIONS_WRONG.
 */
enum options_outcome options_parse(struct options *options, int argc, char **argv);

#endif
