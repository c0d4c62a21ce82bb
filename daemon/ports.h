/* SPDX-License-Identifier: MIT
 *
 * ports.h - the lines of all configured kiosks on the event loop: opened, reopened, read and written.
 *
 * Bytes go to and from the hub. A device that is missing, pulled or not permitted is tried again with a growing
 * pause. The loop's thread only.
 */
#ifndef BYNAME_PORTS_H
#define BYNAME_PORTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "daemon/clock.h"
#include "daemon/config.h"
#include "daemon/hub.h"

#define PORTS_RETRY_MS_MIN 100
#define PORTS_RETRY_MS_MAX 2000
#define PORTS_OUT_SIZE_MAX 4096 /* bytes that wait for a slow line; more is not taken */

struct event_base;
struct ports;

/* config and watch are borrowed. NULL when out of memory or events. */
struct ports *ports_create(struct event_base *base, const struct config *config, struct clock_watch *watch);
void ports_destroy(struct ports *ports); /* may be NULL */

/* Begin: open what can be opened. hub is borrowed. */
void ports_start(struct ports *ports, struct hub *hub);

/* As in struct hub_outputs: context is the struct ports. */
bool ports_send(void *context, uint16_t index, const uint8_t *bytes, size_t size);

/* Read nothing more and open nothing more; what waits to be written goes on. */
void ports_stop_reading(struct ports *ports);
bool ports_is_writing(const struct ports *ports);

/* One text a kiosk: what its port turned out to be; "" while closed. */
const char *const *ports_devices(const struct ports *ports);

#endif
