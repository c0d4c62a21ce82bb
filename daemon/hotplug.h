/* SPDX-License-Identifier: MIT
 *
 * hotplug.h - told by udev when a serial device comes or goes. Only speeds things up: without it ports are polled.
 */
#ifndef BYNAME_HOTPLUG_H
#define BYNAME_HOTPLUG_H

#include <stdbool.h>

struct hotplug;

/* NULL where there is no udev, as in a container. */
struct hotplug *hotplug_open(void);
void hotplug_close(struct hotplug *hotplug); /* may be NULL */

/* Readable when there is news; belongs to the hotplug. */
int hotplug_fd(const struct hotplug *hotplug);

/* Take all news. True when a serial device appeared or changed. */
bool hotplug_drain(struct hotplug *hotplug);

#endif
