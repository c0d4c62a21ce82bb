/* SPDX-License-Identifier: MIT
 *
 * scenario.h - a day at the counter in small: a kiosk is adopted, customers come, the daemon goes away and
 * comes back, staff sign on and off; and what follows a power cut.
 */
#ifndef BYNAME_IMAGE_SCENARIO_H
#define BYNAME_IMAGE_SCENARIO_H

#include "tests/image/bench.h"

/* Play all of it on a bench whose power is off. Ends with everything at the collector, or bench->wrong is set. */
void scenario_play(struct bench *bench);

/* Power comes back, and the daemon where it was away: the kiosk must find it, deliver everything, and serve
 * the next customer. `customer` chooses which customer that is. */
void scenario_recover(struct bench *bench, uint64_t seed, unsigned customer);

/* The line was damaged: within seconds everything is delivered and acknowledged all the same. */
void scenario_wait_acknowledged(struct bench *bench);

#endif
