/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * delays.h - how long something took, each time, for its median, its 99th percentile and its worst.
 *
 * Every single one is kept, and when the longest was. The caller owns struct delays; delays_free gives back what it allocated.
 */
#ifndef KIOSK_SWARM_DELAYS_H
#define KIOSK_SWARM_DELAYS_H

#include <stddef.h>
#include <stdint.h>

struct delays {
    uint32_t *each_us;
    size_t count, capacity;
    uint64_t longest_from_us, longest_to_us; /* by the clock of the caller; both 0: there is none */
};

void delays_add(struct delays *delays, uint64_t from_us,
                uint64_t to_us); /* more than an hour counts as an hour */

/* In milliseconds: the least within which that share, 0 to 1, of all was done. 0 when there were none. Sorts them. */
double delays_share_ms(struct delays *delays, double share);

void delays_free(struct delays *delays);

#endif
