/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * collector.h - a bynamed for the swarm: in a folder of its own, or one that runs already.
 *
 * Every failure is a sentence in `text`.
 */
#ifndef KIOSK_SWARM_COLLECTOR_H
#define KIOSK_SWARM_COLLECTOR_H

#include <stdbool.h>
#include <sys/types.h>

#include "daemon/config.h"
#include "tools/kiosk-swarm/options.h"

#define COLLECTOR_TEXT_SIZE (PATH_MAX + 256)

struct collector {
    char folder[64]; /* "": the daemon is another's */
    char config_path[PATH_MAX];
    struct config config;
    pid_t pid; /* 0: not started, or another's */
    bool is_kept;
    char text[COLLECTOR_TEXT_SIZE];
};

/* Read the file of the running daemon, or write one. */
bool collector_prepare(struct collector *collector, const struct options *options);

/* Start it, unless it runs already, and wait until it is ready: the ports are to be there by then. Somebody is put on
 * duty. */
bool collector_start(struct collector *collector, const struct options *options);

/* Somebody on duty, whom kiosks will name; 0: nobody is. */
bool collector_find_staff(struct collector *collector, uint16_t *staff);

/* Stop it if it is ours. Everything is committed and at rest then. */
bool collector_stop(struct collector *collector);

/* Have byname count visits and tallies again from the answers. */
bool collector_verify(struct collector *collector, const char *byname);

/* After collector_stop: the folder goes; or, where it is kept, stderr says so. */
void collector_remove(struct collector *collector);

#endif
