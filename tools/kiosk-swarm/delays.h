/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * delays.h - how long something took, each time, for its median, its 99th percentile and its worst.
 *
 * Every single one is kept. The caller owns struct delays; delays_free gives back what it allocated.
 */
#ifndef KIOSK_SWARM_DELAYS_H
#define KIOSK_SWARM_DELAYS_H

#include <stddef.h>
#include <stdint.h>

struct delays {
    uint32_t *each_us;
    size_t count, capacity;
};

void delays_add(struct delays *delays, uint64_t delay_us); /* more than an hour counts as an hour */

/* In milliseconds: the least within which that share, 0 to 1, of all was done. 0 when there were none. Sorts them. */
double delays_share_ms(struct delays *delays, double share);

void delays_free(struct delays *delays);

#endif
