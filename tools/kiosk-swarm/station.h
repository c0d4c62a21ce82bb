/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * station.h - one kiosk of the swarm: its device, the cable to a pseudo-terminal, its customer and its ledger.
 *
 * Real time is microseconds since the swarm began. A kiosk whose cable is cut may run ahead of it. The caller owns
 * struct station, which does not move while it is open.
 */
#ifndef KIOSK_SWARM_STATION_H
#define KIOSK_SWARM_STATION_H

#include <limits.h>

#include "protocol/frame.h"
#include "tools/kiosk-emulator/eeprom_file.h"
#include "tools/kiosk-emulator/kiosk_pty.h"
#include "tools/kiosk-swarm/customer.h"
#include "tools/kiosk-swarm/delays.h"
#include "tools/kiosk-swarm/device.h"
#include "tools/kiosk-swarm/ledger.h"

#define STATION_RX_SIZE 4096

struct station_options {
    char name[40];       /* of its section in the daemon's file */
    char port[PATH_MAX]; /* where the daemon finds it: a symbolic link to be */
    char eeprom[PATH_MAX + 16];
    struct image *image; /* NULL: the core in memory */
    uint64_t seed;
    uint32_t haste, baud; /* as in device.h */
    /* Of the whole swarm: from the line to the acknowledgement, from the finger to it. */
    struct delays *ack, *tap;
};

struct station {
    struct station_options options;
    struct eeprom_file eeprom;
    struct device *device;
    struct kiosk_pty pty;
    struct customer customer; /* next_us is the kiosk's time */
    bool has_customer;
    struct ledger ledger;
    uint64_t ahead_us;       /* the kiosk's time less real time */
    uint64_t now_us;         /* real, of the call under way */
    uint64_t quiet_since_us; /* nothing but heartbeats on the line since */
    /* Since the cable was mended: the first answer went out, the newest came back; 0: not yet. */
    uint64_t first_sent_us, acked_us;
    struct frame_decoder up, down;
    uint8_t up_bytes[FRAME_TO_DAEMON_SIZE_MAX], down_bytes[FRAME_TO_KIOSK_SIZE_MAX];
    uint8_t rx[STATION_RX_SIZE]; /* come, and not yet taken by the kiosk */
    size_t rx_size;
    uint32_t pending; /* answers that it keeps, it said with its newest heartbeat */
    bool is_readable; /* set from outside: bytes may wait on the pseudo-terminal */
    bool is_flooded;  /* its journal is kept full, without customers */
    uint16_t flood_staff;
    uint32_t flood_uptime_s;
    bool is_cut;         /* nothing passes the cable, though both ends are plugged in */
    bool is_up;          /* its last word was not HELLO */
    bool has_said_hello; /* since it was set to false */
    bool has_roster;     /* it was told a roster, and took it */
    bool is_told_roster;
};

/* Power up, with the cable in. On failure false, with a sentence in `text` and nothing open. */
bool station_open(struct station *station, const struct station_options *options, char *text, size_t size);
void station_close(struct station *station); /* legal when not open */

/* A customer comes, from now on. */
void station_begin(struct station *station, bool has_staff, uint32_t tap_ms);

/* Move bytes and let the kiosk live until now. */
void station_run(struct station *station, uint64_t now_us);

/* When it has something to do next, in real time. */
uint64_t station_wake_us(const struct station *station);

/* Cut the cable, and let customers come in the kiosk's own time until about so many taps wait in its journal. It says HELLO
 * a second after station_mend. */
void station_fill(struct station *station, size_t taps);
void station_mend(struct station *station); /* also: forget when its answers went and came */

/* From now on, until is_leaving of its customer is set: whatever room its journal has is filled at once with visits that the
 * customer would have made, half a minute of the kiosk's time each. */
void station_flood(struct station *station, bool has_staff, uint16_t staff);

/* Nobody is there, every answer is acknowledged, and the kiosk says so itself. */
bool station_is_settled(const struct station *station);

#endif
