/* SPDX-License-Identifier: MIT
 *
 * announce.h - what a call is announced with: the configured commands and webhooks, and what they are told.
 *
 *   environment        JSON         |
 *   BYNAME_EVENT       event        | "help" or "bad_run"
 *   BYNAME_CALL        call         | its number: the same when it is announced again
 *   BYNAME_KIOSK       kiosk        | the kiosk's name
 *   BYNAME_VISIT       visit        | the number of the visit at the kiosk
 *   BYNAME_TIME        time         | when it was pressed, local, ISO 8601
 *   BYNAME_STORE       store        | the site
 *   BYNAME_WAITED_S    waited_s     | seconds since then
 *   BYNAME_TEXT        text         | all of it in words, one line
 *
 * A command also has PATH, and nothing else in its environment. The loop's thread only.
 */
#ifndef BYNAME_ANNOUNCE_H
#define BYNAME_ANNOUNCE_H

#include "daemon/config.h"

struct announce;

/* reason "": it was announced. */
typedef void announce_on_end(void *context, int64_t call, enum store_help_channel channel,
                             const char *reason);

/* config is borrowed. NULL when out of memory. */
struct announce *announce_create(const struct config *config, announce_on_end *on_end, void *context);
void announce_destroy(struct announce *announce); /* may be NULL; what is under way is ended without a word */

/* Bits of enum store_help_channel that are configured. */
unsigned announce_channels(const struct config *config);

/* False: too many are under way. on_end never comes from within. */
bool announce_start(struct announce *announce, const struct store_help_call *call,
                    enum store_help_channel channel, const struct session_clock *clock);

/* Call several times a second while it returns true, or anything was begun. True while something is under way. */
bool announce_tick(struct announce *announce, uint64_t now_ms);

#endif
