/* SPDX-License-Identifier: MIT
 *
 * roster.h - the staff members a customer can name, who is signed on, and their own counts.
 *
 * Names survive power loss: the RAM copy is what is shown, and roster_step brings the EEPROM into line with
 * it byte by byte; an entry that was torn fails its check, the roster's version differs, and the daemon sends
 * it again. Who is signed on and the counts live in RAM only and come from the daemon after a boot. Main loop
 * only.
 */
#ifndef BYNAME_ROSTER_H
#define BYNAME_ROSTER_H

#include <stdbool.h>
#include <stdint.h>

#include "protocol/message.h"

#define ROSTER_NOBODY 0xFF             /* an index that is none */
#define ROSTER_SIGN_ON_S (10 * 3600ul) /* a sign-on ends by itself after this */

struct roster_counts {
    uint16_t asked_today, answered_today;
    uint16_t asked_week, answered_week;
    uint16_t asked_best, answered_best;
};

struct signed_on {
    uint16_t staff_id;
    uint32_t until_s; /* uptime */
};

struct roster {
    struct staff_entry entries[ROSTER_CAPACITY];
    struct roster_counts counts[ROSTER_CAPACITY];
    uint8_t count;
    uint8_t generation;    /* advances whenever a name may have changed */
    uint8_t incoming_next; /* the piece that comes next */
    uint16_t write_at;     /* next byte of the EEPROM copy to compare; STORAGE size when in line */
    struct signed_on signed_on[PRESENCE_CAPACITY];
    uint8_t signed_on_count;
    /* Since boot, while presence is not known: the newest, latest last. */
    uint16_t signed_off[PRESENCE_CAPACITY];
    uint8_t signed_off_count;
    bool is_presence_known; /* the daemon has told since boot who is signed on */
    bool is_midnight_known;
    uint32_t midnight_s; /* uptime of the store's next local midnight */
};

/* Read the names that the EEPROM holds. */
void roster_load(struct roster *roster);

/* Forget all names and who is signed on: the kiosk leaves its database. */
void roster_forget(struct roster *roster);

/* CRC-32 as in message_roster_version. */
uint32_t roster_version(const struct roster *roster);

/* Take one piece; only while no visit is under way. Pieces may repeat; a piece out of turn is refused
 * (false). */
bool roster_on_piece(struct roster *roster, const struct message_roster *piece);
void roster_on_counts(struct roster *roster, const struct message_counts *counts);
void roster_on_presence(struct roster *roster, const struct message_presence *presence, uint32_t uptime_s);
void roster_on_midnight(struct roster *roster, uint32_t uptime_s, uint32_t midnight_in_s);

/* Index of a staff member, or ROSTER_NOBODY. */
uint8_t roster_find(const struct roster *roster, uint16_t staff_id);

bool roster_is_signed_on(const struct roster *roster, uint16_t staff_id);
/* False when PRESENCE_CAPACITY others are signed on. */
bool roster_sign_on(struct roster *roster, uint16_t staff_id, uint32_t uptime_s);
void roster_sign_off(struct roster *roster, uint16_t staff_id);

/* The only one signed on, or ROSTER_NOBODY when there are none or several. */
uint8_t roster_serving(const struct roster *roster);

/* Is entry `index` to be offered to customers? Those signed on if anyone is, else those on duty. */
bool roster_is_offered(const struct roster *roster, uint8_t index);

/* End sign-ons whose time is over, and write one byte of the EEPROM copy if it is ready. True while there is
 * more to write. */
bool roster_step(struct roster *roster, uint32_t uptime_s);

#endif
