/* SPDX-License-Identifier: MIT
 *
 * calls.h - raising calls: who is told of a help call or a bad run, when, and how often that is tried.
 *
 * Knows neither libevent nor SQLite nor a clock: calls come in as the store changed them (store_help.h), time is an
 * argument, and everything that leaves does so through struct calls_outputs. One thread. calls_create allocates.
 *
 * An open call is raised once: kiosk, dashboard and log are told, and it is announced by the configured command and
 * webhook. What fails is tried again after 2 s, 4 s ... 30 s, but nothing is begun more than STORE_HELP_LATE_MS after it
 * was due. CALLS_PATIENCE_MS after the call, if nobody acknowledged it, the second command and webhook are due. What
 * succeeded is kept in the store; after a crash between the two it is announced again, with the same number.
 */
#ifndef BYNAME_CALLS_H
#define BYNAME_CALLS_H

#include <stdbool.h>
#include <stdint.h>

#include "daemon/log.h"
#include "daemon/session.h"
#include "daemon/store_help.h"

#define CALLS_MAX 64     /* of which something may still have to be announced; the oldest gives way */
#define CALLS_CHANNELS 4 /* bit i of enum store_help_channel */
#define CALLS_PATIENCE_MS 180000
#define CALLS_RETRY_MS_MIN 2000
#define CALLS_RETRY_MS_MAX 30000
#define CALLS_REASON_SIZE_MAX 160

/* A call changed, or is new: for whoever shows calls live. `call` is its number, instant_ms when (UTC). */
struct calls_event {
    enum call_kind kind;
    enum call_state state; /* that it has now */
    int64_t call;
    int64_t instant_ms;
    const char *kiosk; /* its name; valid during the call */
};

/* As in vocabulary.h. */
const char *calls_kind_name(enum call_kind kind);
const char *calls_state_name(enum call_state state);

struct calls_outputs {
    void *context;
    /* Begin to announce a call there; calls_on_announced tells the end. False: no room now, it is asked again. */
    bool (*announce)(void *context, const struct store_help_call *call, enum store_help_channel channel,
                     const struct session_clock *clock);
    /* To be kept: raised (channel 0), or announced there. */
    void (*keep)(void *context, int64_t call, unsigned channel);
    /* A call came that is too old to be raised: let the store judge (store_help_resume). */
    void (*resume)(void *context);
    /* What the call's kiosk is to show. */
    void (*tell_kiosk)(void *context, const struct store_help_call *call, const struct session_clock *clock);
    void (*event)(void *context, const struct calls_event *event);
    void (*log)(void *context, enum log_level level, const char *text);
};

struct calls;

/* channels: bits of enum store_help_channel that are configured. NULL when out of memory. */
struct calls *calls_create(unsigned channels, const struct calls_outputs *outputs);
void calls_destroy(struct calls *calls); /* may be NULL */

/* A call as it is now: it changed, or the daemon started. */
void calls_on_call(struct calls *calls, const struct store_help_call *call,
                   const struct session_clock *clock);

/* reason: why it failed, "" when it was announced. */
void calls_on_announced(struct calls *calls, int64_t call, enum store_help_channel channel,
                        const char *reason, const struct session_clock *clock);

/* Call several times a second while it returns true, or anything was begun. True while a call is still to be announced. */
bool calls_tick(struct calls *calls, const struct session_clock *clock);

/* Why a channel does not work: the last attempt there failed. NULL: it did not. */
const char *calls_problem(const struct calls *calls, enum store_help_channel channel);

#endif
