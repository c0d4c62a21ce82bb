/* SPDX-License-Identifier: MIT */
#include "hub.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct slot {
    struct hub *hub;
    struct session session;
    enum hub_line line;
    char reason[HUB_REASON_SIZE_MAX];
    struct log_budget budget;
    uint64_t heard_ms, quiet_since_ms;
};

struct hub {
    struct hub_outputs outputs;
    struct session_clock clock; /* of the call that is under way */
    uint16_t count;
    struct slot slots[];
};

static uint16_t slot_index(const struct slot *slot)
{
    return (uint16_t)(slot - slot->hub->slots);
}

/* What sessions need -------------------------------------------------------------------------------------------- */

static bool on_send(void *context, const uint8_t *bytes, size_t size)
{
    struct slot *slot = context;

    return slot->hub->outputs.send(slot->hub->outputs.context, slot_index(slot), bytes, size);
}

static bool on_request(void *context, const struct work *work)
{
    struct slot *slot = context;

    return slot->hub->outputs.request(slot->hub->outputs.context, work);
}

static uint64_t on_nonce(void *context)
{
    struct slot *slot = context;

    return slot->hub->outputs.nonce(slot->hub->outputs.context);
}

static bool on_is_in_use(void *context, uint64_t kiosk_id)
{
    struct slot *asker = context;
    struct hub *hub = asker->hub;

    for (uint16_t i = 0; i < hub->count; i++) {
        struct slot *slot = &hub->slots[i];
        if (slot == asker || session_kiosk_id(&slot->session) != kiosk_id)
            continue;
        if (session_is_heard(&slot->session, hub->clock.now_ms))
            return true;
        if (session_is_verified(&slot->session) && !session_is_verified(&asker->session))
            continue; /* anybody can say a kiosk's id */
        session_displace(&slot->session);
    }
    return false;
}

static void write_log(struct slot *slot, enum log_level level, const char *text)
{
    struct hub *hub = slot->hub;
    uint32_t dropped;

    if (!log_budget_take(&slot->budget, hub->clock.now_ms, &dropped))
        return;
    if (dropped > 0) {
        char line[64];
        snprintf(line, sizeof line, "%u more lines like these were not written", (unsigned)dropped);
        hub->outputs.log(hub->outputs.context, LOG_LEVEL_WARNING, slot_index(slot), line);
    }
    hub->outputs.log(hub->outputs.context, level, slot_index(slot), text);
}

static void on_note(void *context, enum session_note note, const char *text)
{
    static const struct {
        enum log_level level;
        const char *format;
    } notes[] = {
        [SESSION_NOTE_UP] = {LOG_LEVEL_INFO, "connected, firmware "},
        [SESSION_NOTE_WAITING] = {LOG_LEVEL_WARNING, "kept waiting: "},
        [SESSION_NOTE_ADOPTED] = {LOG_LEVEL_NOTICE, "adopted"},
        [SESSION_NOTE_LOST] = {LOG_LEVEL_ERROR, ""},
        [SESSION_NOTE_HELD] = {LOG_LEVEL_ERROR, "on hold, the database takes nothing: "},
        [SESSION_NOTE_RESUMED] = {LOG_LEVEL_NOTICE, "the database takes answers again"},
        [SESSION_NOTE_REFUSED] = {LOG_LEVEL_ERROR, "the database refused: "},
        [SESSION_NOTE_CONFLICT] = {LOG_LEVEL_ERROR, ""},
        [SESSION_NOTE_UNVERIFIED] = {LOG_LEVEL_WARNING,
                                     "not verified: frames without the key of the kiosk they name are refused"},
    };
    struct slot *slot = context;
    char line[HUB_REASON_SIZE_MAX + 64];

    snprintf(line, sizeof line, "%s%s", notes[note].format, text);
    write_log(slot, notes[note].level, line);
}

/* The daemon's side --------------------------------------------------------------------------------------------- */

struct hub *hub_create(const struct session_options *options, uint16_t count, const struct hub_outputs *outputs,
                       const struct session_clock *clock)
{
    struct hub *hub = calloc(1, sizeof *hub + count * sizeof hub->slots[0]);

    if (hub == NULL)
        return NULL;
    hub->outputs = *outputs;
    hub->count = count;
    hub->clock = *clock;
    for (uint16_t i = 0; i < count; i++) {
        struct session_options mine = options[i];
        const struct session_outputs session_outputs = {
            .context = &hub->slots[i],
            .send = on_send,
            .request = on_request,
            .is_in_use = on_is_in_use,
            .nonce = on_nonce,
            .note = on_note,
        };
        mine.index = i;
        hub->slots[i].hub = hub;
        hub->slots[i].quiet_since_ms = clock->now_ms;
        session_init(&hub->slots[i].session, &mine, &session_outputs);
    }
    return hub;
}

void hub_destroy(struct hub *hub)
{
    free(hub);
}

void hub_on_open(struct hub *hub, uint16_t index, const struct session_clock *clock)
{
    struct slot *slot = &hub->slots[index];

    hub->clock = *clock;
    session_open(&slot->session, clock);
    slot->line = HUB_LINE_OPEN;
    slot->reason[0] = '\0';
}

void hub_on_closed(struct hub *hub, uint16_t index, enum hub_line line, const char *reason,
                   const struct session_clock *clock)
{
    struct slot *slot = &hub->slots[index];
    bool was_open = slot->line == HUB_LINE_OPEN;
    bool is_news = reason[0] != '\0' && strcmp(slot->reason, reason) != 0;

    hub->clock = *clock;
    session_restart(&slot->session);
    slot->line = line;
    snprintf(slot->reason, sizeof slot->reason, "%s", reason);
    if (is_news)
        write_log(slot, line == HUB_LINE_REFUSED ? LOG_LEVEL_WARNING : LOG_LEVEL_NOTICE, reason);
    else if (was_open)
        write_log(slot, LOG_LEVEL_NOTICE, "disconnected");
}

void hub_receive(struct hub *hub, uint16_t index, const uint8_t *bytes, size_t size,
                 const struct session_clock *clock)
{
    struct slot *slot = &hub->slots[index];

    hub->clock = *clock;
    session_receive(&slot->session, bytes, size, clock);
    if (slot->session.has_heard) {
        slot->heard_ms = slot->session.heard_ms;
        if (session_kiosk_id(&slot->session) != 0)
            slot->quiet_since_ms = slot->heard_ms;
    }
}

void hub_result(struct hub *hub, const struct work *work, const struct session_clock *clock)
{
    hub->clock = *clock;
    if (work->session < hub->count)
        session_result(&hub->slots[work->session].session, work, clock);
}

void hub_roster(struct hub *hub, const struct work_roster *roster, const struct session_clock *clock)
{
    hub->clock = *clock;
    for (uint16_t i = 0; i < hub->count; i++)
        session_roster(&hub->slots[i].session, roster, clock);
}

void hub_help(struct hub *hub, uint64_t kiosk_id, uint32_t visit, enum help_state state,
              const struct session_clock *clock)
{
    hub->clock = *clock;
    for (uint16_t i = 0; i < hub->count; i++) {
        if (session_kiosk_id(&hub->slots[i].session) == kiosk_id)
            session_help(&hub->slots[i].session, visit, state, clock);
    }
}

void hub_renew(struct hub *hub, const char *port, const struct session_clock *clock)
{
    hub->clock = *clock;
    for (uint16_t i = 0; i < hub->count; i++) {
        if (strcmp(hub->slots[i].session.options.port, port) == 0)
            session_renew(&hub->slots[i].session, clock);
    }
}

bool hub_tick(struct hub *hub, const struct session_clock *clock)
{
    bool is_busy = false;

    hub->clock = *clock;
    for (uint16_t i = 0; i < hub->count; i++) {
        struct session *session = &hub->slots[i].session;
        session_tick(session, clock);
        if (session_is_busy(session) && (session->is_opened || session_is_heard(session, clock->now_ms)))
            is_busy = true;
    }
    return is_busy;
}

bool hub_is_busy(const struct hub *hub, uint16_t index)
{
    return session_is_busy(&hub->slots[index].session);
}

uint16_t hub_count(const struct hub *hub)
{
    return hub->count;
}

struct hub_kiosk hub_kiosk(const struct hub *hub, uint16_t index)
{
    const struct slot *slot = &hub->slots[index];

    return (struct hub_kiosk){&slot->session, slot->line, slot->reason, slot->heard_ms, slot->quiet_since_ms};
}
