/* SPDX-License-Identifier: MIT
 *
 * events.h - what browsers are told as it happens, as server-sent events (WHATWG HTML, "Server-sent events"): something
 * changed, ask again. An event holds no more than who listens may see. Knows no sockets; the loop's thread.
 *
 *   visit  answers were stored: {"at_ms"}, to managers also {"port", "ratings": [5], "answers": 3}
 *   help   a help call or a bad run is raised, acknowledged, closed or missed: {"at_ms", "call": its number, "event",
 *          "state", "kiosk"}, as in /api/v1/help-calls
 *   kiosk  a kiosk came, went or was refused: {"at_ms", "port", "state", "note"}, as in /api/v1/kiosks
 *   alarm  something that a person should know was stored: {"at_ms", "port"}; /api/v1/status says what
 */
#ifndef BYNAME_EVENTS_H
#define BYNAME_EVENTS_H

#include <jansson.h>

#include "daemon/api.h"
#include "daemon/work.h"

#define EVENTS_PATH "/api/v1/events"
#define EVENTS_FOR(scope) (1u << (scope)) /* an audience is the sum of these */
#define EVENTS_FOR_MANAGERS (EVENTS_FOR(TOKEN_LOCAL) | EVENTS_FOR(TOKEN_MANAGER))
#define EVENTS_STATE_SIZE 16

/* `text` is a whole event for everybody of the audience; valid during the call. */
struct events_sink {
    void *context;
    void (*say)(void *context, unsigned audience, const char *text);
};

/* What each kiosk's state was when it was told last. Zeroed to begin; owned by the caller. */
struct events_kiosks {
    char states[WORK_SESSIONS_MAX][EVENTS_STATE_SIZE];
};

/* Takes over `data`. type: one word. Without memory nothing is said: who listens asks again when it reconnects. */
void events_say(const struct events_sink *sink, const char *type, unsigned audience, json_t *data);

/* How many ratings the stored answers of a WORK_ANSWERS hold that were not stored before; their values are appended to
 * `values` unless that is NULL. */
size_t events_new_ratings(const struct work *work, json_t *values);

/* A request of a kiosk that is committed. port: the kiosk's. */
void events_of_work(const struct events_sink *sink, const struct work *work, const char *port);

/* Say which kiosks have another state than the last time. Call several times a second. */
void events_of_kiosks(const struct events_sink *sink, struct events_kiosks *kiosks,
                      const struct api_live *live);

#endif
