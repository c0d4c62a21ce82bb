/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * swarm.h - all kiosks on one loop, in real time.
 *
 * One thread. swarm_open allocates; swarm_close gives everything back.
 */
#ifndef KIOSK_SWARM_SWARM_H
#define KIOSK_SWARM_SWARM_H

#include "daemon/config.h"
#include "tools/kiosk-swarm/options.h"
#include "tools/kiosk-swarm/station.h"

#define SWARM_TEXT_SIZE 512

struct swarm {
    struct station *stations;
    uint16_t count, real_count;
    struct image *image;
    struct delays ack, tap;
    int epoll;
    uint64_t began_ns;
    uint64_t lag_us; /* the most by which a kiosk was behind its own time */
    bool is_stopped; /* by a signal */
    /* Of visits until the last is over; of rounds from the first answer out to the last one acknowledged. */
    double measured_s;
    char text[SWARM_TEXT_SIZE];
};

/* Kiosks for the ports of the file. False with a sentence in `text`; swarm_close is legal then. */
bool swarm_open(struct swarm *swarm, const struct options *options, const struct config *config);
void swarm_close(struct swarm *swarm);

/* Until every kiosk is connected and knows the staff. */
bool swarm_connect(struct swarm *swarm, bool has_staff);

/* Customers come and go; and every answer is acknowledged at the end. */
bool swarm_visit(struct swarm *swarm, const struct options *options, bool has_staff);

/* Journals are kept full with visits at which that staff member helped; 0: nobody is on duty. */
bool swarm_flood(struct swarm *swarm, const struct options *options, uint16_t staff);

/* Journals are filled behind cut cables, and drained. */
bool swarm_drain(struct swarm *swarm, const struct options *options, bool has_staff);

#endif
