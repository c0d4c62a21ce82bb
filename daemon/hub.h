/* SPDX-License-Identifier: MIT
 *
 * hub.h - all kiosks of one daemon: their sessions, who is connected where, and what they are told about the staff.
 *
 * Knows neither libevent nor SQLite nor threads: bytes and time come in, bytes and store requests go out through
 * struct hub_outputs. One thread. hub_create allocates; everything else uses what it made.
 */
#ifndef BYNAME_HUB_H
#define BYNAME_HUB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "daemon/log.h"
#include "daemon/session.h"

struct hub;

struct hub_outputs {
    void *context;
    /* As in struct session_outputs. */
    bool (*send)(void *context, uint16_t index, const uint8_t *bytes, size_t size);
    bool (*request)(void *context, const struct work *work);
    uint64_t (*nonce)(void *context);
    /* A line for the log about the kiosk at port `index`; within its budget. */
    void (*log)(void *context, enum log_level level, uint16_t index, const char *text);
};

enum hub_line {
    HUB_LINE_ABSENT,  /* no such device: not plugged in yet */
    HUB_LINE_REFUSED, /* there, but it cannot be opened; see the reason */
    HUB_LINE_OPEN,
};

#define HUB_REASON_SIZE_MAX 1024

/* One configured kiosk as status shows it. */
struct hub_kiosk {
    const struct session *session;
    enum hub_line line;
    const char *reason; /* why the line is not open; "" when it is */
    uint64_t heard_ms;  /* monotonic, of the last good frame on this port since the start; 0: never */
    uint64_t quiet_since_ms; /* monotonic, of the last frame of a kiosk that was up; or the start */
};

/* options[i].index is set to i. options are copied, but for the names of ports. NULL when out of memory. */
struct hub *hub_create(const struct session_options *options, uint16_t count, const struct hub_outputs *outputs,
                       const struct session_clock *clock);
void hub_destroy(struct hub *hub); /* hub may be NULL */

void hub_on_open(struct hub *hub, uint16_t index, const struct session_clock *clock);
/* The line is closed or never opened; reason: one line, or "" when the device is simply not there. */
void hub_on_closed(struct hub *hub, uint16_t index, enum hub_line line, const char *reason,
                   const struct session_clock *clock);
void hub_receive(struct hub *hub, uint16_t index, const uint8_t *bytes, size_t size,
                 const struct session_clock *clock);
/* A request of a session came back. */
void hub_result(struct hub *hub, const struct work *work, const struct session_clock *clock);
void hub_roster(struct hub *hub, const struct work_roster *roster, const struct session_clock *clock);
/* What became of a help call of that kiosk. */
void hub_help(struct hub *hub, uint64_t kiosk_id, uint32_t visit, enum help_state state,
              const struct session_clock *clock);
/* A manager adopted what is at this port: do not wait for its next HELLO. */
void hub_renew(struct hub *hub, const char *port, const struct session_clock *clock);
/* Call once a second, and every 100 ms while it returns true or hub_is_busy. */
bool hub_tick(struct hub *hub, const struct session_clock *clock);
/* The kiosk at this port is still to confirm something; also asked from within outputs.send. */
bool hub_is_busy(const struct hub *hub, uint16_t index);

uint16_t hub_count(const struct hub *hub);
struct hub_kiosk hub_kiosk(const struct hub *hub, uint16_t index);

#endif
