/* SPDX-License-Identifier: MIT */
#include "api.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/report.h"
#include "daemon/store_help.h"
#include "daemon/store_privacy.h"
#include "daemon/store_retention.h"
#include "daemon/utf8.h"

#define PREFIX "/api/v1/"
#define PARTS_MAX 3
#define TEXT_SIZE_MAX 256
#define DAYS_DIGITS_MAX 6
#define MINUTE_MS 60000
#define LEFT_OUT_NAMED_MAX 5 /* of those who are not on the kiosks; then only how many more */

enum status_code {
    CODE_OK = 200,
    CODE_BAD_REQUEST = 400,
    CODE_FORBIDDEN = 403,
    CODE_NOT_FOUND = 404,
    CODE_WRONG_METHOD = 405,
    CODE_REFUSED = 422,
    CODE_BROKEN = 500,
    CODE_UNAVAILABLE = 503,
};

/* The texts of a call, all optional. which is the middle part of the path. */
enum text {
    TEXT_WHICH,
    TEXT_NAME,
    TEXT_PIN,
    TEXT_SINCE,
    TEXT_FROM,
    TEXT_TO,
    TEXT_KIOSK,
    TEXT_STAFF,
    TEXT_FILE,
    TEXT_SCOPE,
    TEXT_LABEL,
    TEXT_ATTRIBUTE,
    TEXT_AUDIENCE,
    TEXT_WEEK_START,
    TEXT_FORMAT,
    TEXT_OUTCOME,
    TEXT_REMARK,
    TEXT_TEXT,
    TEXT_SHOW,
    TEXT_DAYS,
    TEXT_COUNT
};

static const char *const text_names[TEXT_COUNT] = {
    [TEXT_NAME] = "name",
    [TEXT_PIN] = "pin",
    [TEXT_SINCE] = "since",
    [TEXT_FROM] = "from",
    [TEXT_TO] = "to",
    [TEXT_KIOSK] = "kiosk",
    [TEXT_STAFF] = "staff",
    [TEXT_FILE] = "file",
    [TEXT_SCOPE] = "scope",
    [TEXT_LABEL] = "label",
    [TEXT_ATTRIBUTE] = "attribute",
    [TEXT_AUDIENCE] = "audience",
    [TEXT_OUTCOME] = "outcome",
    [TEXT_REMARK] = "remark",
    [TEXT_TEXT] = "text",
    [TEXT_SHOW] = "show",
    [TEXT_DAYS] = "days",
    [TEXT_WEEK_START] = "week_start",
    [TEXT_FORMAT] = "format",
};

struct route;

struct api_call {
    const struct route *route; /* NULL: a mistake */
    int64_t now_ms;
    enum token_scope scope; /* who asks */
    uint16_t staff;
    char reader[STORE_READER_SIZE_MAX]; /* "": not logged */
    struct token_list *tokens;          /* NULL: not changed */
    bool has_text[TEXT_COUNT];
    bool is_given[TEXT_COUNT]; /* in the body, be it null */
    char texts[TEXT_COUNT][TEXT_SIZE_MAX];
    void (*on_progress)(void *context, unsigned done);
    void *progress_context;

    int mistake_code;
    char mistake[TEXT_SIZE_MAX * 2];
    char left_out[TEXT_SIZE_MAX]; /* who is not on the kiosks, for status */
    struct store_help_waiting waiting;
    json_t *reply;
    bool is_done_well;
};

struct route {
    bool is_post;
    const char *parts[PARTS_MAX]; /* after /api/v1/; "*" is TEXT_WHICH; NULL ends */
    enum api_where where;
    unsigned scopes; /* who may: bits 1 << enum token_scope */
    enum store_status (*run)(struct store *store, struct api_call *call, struct store_error *error);
    /* May add to the reply; NULL: nothing to add. */
    void (*finish)(struct api_call *call, const struct api_live *live);
    uint64_t takes; /* in the body, as bits of enum text: NEEDS, where null will do NEEDS_OR_NULL, and MAY */
};

static const char *text_in(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));

    return text == NULL ? "" : text;
}

static const char *text_of(const struct api_call *call, enum text text)
{
    return call->has_text[text] ? call->texts[text] : NULL;
}

static enum store_status done(struct api_call *call, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static enum store_status done(struct api_call *call, const char *format, ...)
{
    char text[TEXT_SIZE_MAX * 3];
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    call->reply = json_pack("{s:s, s:o}", "kind", "done", "text", report_text(text));
    return STORE_OK;
}

/* Staff -------------------------------------------------------------------------------------------------- */

static enum store_status run_named(struct store *store, struct api_call *call, const char *report,
                                   json_t **reply, struct store_error *error)
{
    const struct report_query query = {
        .report = report,
        .since = text_of(call, TEXT_SINCE),
        .from = text_of(call, TEXT_FROM),
        .to = text_of(call, TEXT_TO),
        .kiosk = text_of(call, TEXT_KIOSK),
        .staff = text_of(call, TEXT_STAFF),
        .audience = text_of(call, TEXT_AUDIENCE),
        .week_start = text_of(call, TEXT_WEEK_START),
        .now_ms = call->now_ms,
    };

    return report_run(store, &query, reply, error);
}

static enum store_status run_staff_list(struct store *store, struct api_call *call, struct store_error *error)
{
    return run_named(store, call, "staff_list", &call->reply, error);
}

static bool is_pin(const char *digits)
{
    return strlen(digits) == PIN_DIGITS && strspn(digits, "12345") == PIN_DIGITS;
}

static enum store_status refuse_pin(struct store_error *error)
{
    snprintf(error->text, sizeof error->text, "a PIN is four presses: four digits of 1 to 5, such as 3142");
    return STORE_REFUSED;
}

/* A kiosk has room for so many names. Those who are left out, in words; "" when nobody is. */
static enum store_status name_left_out(struct store *store, struct api_call *call, char text[TEXT_SIZE_MAX],
                                       struct store_error *error)
{
    json_t *list = NULL, *person;
    size_t index, used, count = 0, more = 0;
    enum store_status status = run_named(store, call, "staff_list", &list, error);

    text[0] = '\0';
    json_array_foreach(json_object_get(list, "staff"), index, person)
    {
        if (json_is_true(json_object_get(person, "on_kiosks")) ||
            json_is_true(json_object_get(person, "retired")))
            continue;
        used = strlen(text);
        if (count++ >= LEFT_OUT_NAMED_MAX)
            more++;
        else
            snprintf(text + used, TEXT_SIZE_MAX - used, "%s%s", count == 1 ? "" : ", ",
                     text_in(person, "name"));
    }
    used = strlen(text);
    if (more > 0)
        snprintf(text + used, TEXT_SIZE_MAX - used, " and %zu more", more);
    used = strlen(text);
    if (count > 0)
        snprintf(text + used, TEXT_SIZE_MAX - used,
                 " %s not on the kiosks: they have room for %d names, those on duty first",
                 count == 1 ? "is" : "are", ROSTER_CAPACITY);
    json_decref(list);
    return status;
}

/* done, and what else is to be known of the kiosks' rosters now. */
static enum store_status done_on_duty(struct store *store, struct api_call *call, const char *text,
                                      struct store_error *error)
{
    char left_out[TEXT_SIZE_MAX];
    enum store_status status = name_left_out(store, call, left_out, error);

    if (status != STORE_OK)
        return status;
    return done(call, "%s%s%s", text, left_out[0] == '\0' ? "" : "; but ", left_out);
}

static enum store_status run_staff_add(struct store *store, struct api_call *call, struct store_error *error)
{
    const char *name = text_of(call, TEXT_NAME);
    const char *pin = text_of(call, TEXT_PIN);
    char which[8], text[TEXT_SIZE_MAX * 2];
    uint16_t id;

    if (pin != NULL && !is_pin(pin))
        return refuse_pin(error);
    enum store_status status = store_staff_add(store, name, call->now_ms, &id, error);
    if (status != STORE_OK)
        return status;
    snprintf(which, sizeof which, "%u", (unsigned)id);
    if (pin != NULL)
        status = store_staff_pin(store, which, pin, error);
    if (status != STORE_OK)
        return status;
    snprintf(text, sizeof text, "%s is staff member %u, on duty%s", name, (unsigned)id,
             pin == NULL ? ", without a PIN" : "");
    return done_on_duty(store, call, text, error);
}

static enum store_status run_staff_rename(struct store *store, struct api_call *call,
                                          struct store_error *error)
{
    const char *which = text_of(call, TEXT_WHICH);
    const char *name = text_of(call, TEXT_NAME);
    enum store_status status = store_staff_rename(store, which, name, error);

    return status == STORE_OK ? done(call, "%s is now called %s", which, name) : status;
}

static enum store_status run_on_duty(struct store *store, struct api_call *call, struct store_error *error)
{
    const char *which = text_of(call, TEXT_WHICH);
    char text[TEXT_SIZE_MAX * 2];
    enum store_status status = store_staff_on_duty(store, which, true, error);

    snprintf(text, sizeof text, "%s is on duty", which);
    return status == STORE_OK ? done_on_duty(store, call, text, error) : status;
}

static enum store_status run_off_duty(struct store *store, struct api_call *call, struct store_error *error)
{
    const char *which = text_of(call, TEXT_WHICH);
    enum store_status status = store_staff_on_duty(store, which, false, error);

    return status == STORE_OK ? done(call, "%s is off duty", which) : status;
}

static enum store_status note_tokens(struct store *store, struct api_call *call, struct store_error *error);

static enum store_status run_retire(struct store *store, struct api_call *call, struct store_error *error)
{
    const char *which = text_of(call, TEXT_WHICH);
    enum store_status status = store_staff_retire(store, which, call->now_ms, error);

    if (status == STORE_OK)
        status = note_tokens(store, call, error);
    return status == STORE_OK ? done(call, "%s is retired: off the kiosks, kept in the reports", which)
                              : status;
}

static enum store_status run_pin(struct store *store, struct api_call *call, struct store_error *error)
{
    const char *which = text_of(call, TEXT_WHICH);
    const char *pin = text_of(call, TEXT_PIN);

    if (pin != NULL && !is_pin(pin))
        return refuse_pin(error);
    enum store_status status = store_staff_pin(store, which, pin, error);
    if (status != STORE_OK)
        return status;
    return done(call, pin == NULL ? "%s has no PIN now" : "%s has a new PIN", which);
}

/* Kiosks ------------------------------------------------------------------------------------------------- */

/* What the reports know about each kiosk goes into the list: how it does, not only that it is. */
static void add_counters(json_t *list, const json_t *kiosks)
{
    static const char *const keys[] = {"pending", "refused", "lost", "restored", "conflicts", "bad_frames"};
    size_t index, other_index;
    json_t *item, *other;

    json_array_foreach(list, index, item)
    {
        json_array_foreach(kiosks, other_index, other)
        {
            if (strcmp(text_in(item, "id"), text_in(other, "id")) != 0)
                continue;
            for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
                json_t *value = json_object_get(other, keys[i]);
                json_object_set(item, keys[i], value == NULL ? json_null() : value);
            }
        }
    }
}

static enum store_status run_kiosk_list(struct store *store, struct api_call *call, struct store_error *error)
{
    json_t *kiosks = NULL;
    enum store_status status = run_named(store, call, "kiosk_list", &call->reply, error);

    if (status == STORE_OK)
        status = run_named(store, call, "kiosks", &kiosks, error);
    if (status == STORE_OK)
        add_counters(json_object_get(call->reply, "kiosks"), json_object_get(kiosks, "kiosks"));
    json_decref(kiosks);
    return status;
}

static enum store_status run_kiosk_adopt(struct store *store, struct api_call *call,
                                         struct store_error *error)
{
    const char *port = text_of(call, TEXT_WHICH);
    const char *name = text_of(call, TEXT_NAME);
    enum store_status status =
        store_kiosk_adopt(store, port, name == NULL ? port : name, call->now_ms, error);

    return status == STORE_OK
               ? done(call, "the kiosk at port %s is adopted as %s", port, name == NULL ? port : name)
               : status;
}

static enum store_status run_kiosk_rename(struct store *store, struct api_call *call,
                                          struct store_error *error)
{
    const char *which = text_of(call, TEXT_WHICH);
    const char *name = text_of(call, TEXT_NAME);
    enum store_status status = store_kiosk_rename(store, which, name, error);

    return status == STORE_OK ? done(call, "%s is now called %s", which, name) : status;
}

static enum store_status run_kiosk_audience(struct store *store, struct api_call *call,
                                            struct store_error *error)
{
    const char *which = text_of(call, TEXT_WHICH);
    const char *audience = text_of(call, TEXT_AUDIENCE);
    enum store_status status = store_kiosk_audience(store, which, audience, error);

    return status == STORE_OK ? done(call, "%s now serves the %s audience", which, audience) : status;
}

static enum store_status run_kiosk_retire(struct store *store, struct api_call *call,
                                          struct store_error *error)
{
    const char *which = text_of(call, TEXT_WHICH);
    enum store_status status = store_kiosk_retire(store, which, call->now_ms, error);

    return status == STORE_OK ? done(call, "%s is retired: missed no more, kept in the reports", which)
                              : status;
}

static bool is_retired(const json_t *kiosk)
{
    return strcmp(text_in(kiosk, "state"), "retired") == 0;
}

/* The list's entry of the kiosk at a port: by its id when a kiosk is up there, else by the port it was last at.
 * One that is kept waiting is not the adopted one that was at the port before it. */
static json_t *find_kiosk(json_t *list, const struct hub_kiosk *kiosk, const char *port)
{
    uint64_t kiosk_id = session_kiosk_id(kiosk->session);
    char id[17];
    size_t index;
    json_t *item;

    snprintf(id, sizeof id, "%016" PRIx64, kiosk_id);
    json_array_foreach(list, index, item)
    {
        if (kiosk_id != 0 && strcmp(text_in(item, "id"), id) == 0)
            return item;
    }
    bool is_waiting = kiosk->session->wait_reason != 0;
    json_array_foreach(list, index, item)
    {
        bool is_adopted = strcmp(text_in(item, "state"), "adopted") == 0;
        if (!is_retired(item) && strcmp(text_in(item, "port"), port) == 0 && is_adopted != is_waiting)
            return item;
    }
    return NULL;
}

static const char *wait_note(uint8_t reason)
{
    switch (reason) {
    case WAIT_ADOPTION:
        return "waits for `byname kiosk adopt`";
    case WAIT_OTHER_DATABASE:
        return "belongs to another database";
    case WAIT_VERSION:
        return "speaks another version of the protocol: update the older side";
    default:
        return "the same kiosk is connected at another port";
    }
}

/* Of a line that is heard and has no kiosk. */
static const char *unknown_note(const struct session *session)
{
    if (session->state == SESSION_WAITING)
        return "it was adopted and has not taken its ids: if it was another database's, hold buttons 2 and 4 "
               "while it"
               " starts";
    return session->state == SESSION_SILENT ? "somebody speaks there and does not say who" : "";
}

static void describe_state(const struct hub_kiosk *kiosk, const struct session_clock *clock,
                           const char **state, const char **note)
{
    const struct session *session = kiosk->session;

    *note = "";
    if (kiosk->line == HUB_LINE_REFUSED) {
        *state = "refused";
        *note = kiosk->reason;
    } else if (kiosk->line == HUB_LINE_ABSENT) {
        *state = "absent";
        *note = "";
    } else if (!session_is_heard(session, clock->now_ms)) {
        *state = "away";
        *note = kiosk->heard_ms == 0 ? "connected, nothing heard yet" : "connected, but silent";
    } else if (session->wait_reason != 0) {
        *state = session->wait_reason == WAIT_ADOPTION ? "pending" : "refused";
        *note = wait_note(session->wait_reason);
    } else if (session->state == SESSION_PROVING) {
        *state = "unverified";
        *note = "it names a kiosk that has a key, and has not proved to have it";
    } else if (session->hold_s != 0) {
        *state = "held";
        *note = "the database takes nothing";
    } else {
        *state = session->state == SESSION_UP ? "up" : "away";
        *note = unknown_note(session);
    }
}

void api_kiosk_state(const struct api_live *live, uint16_t index, const char **state, const char **note)
{
    const struct hub_kiosk kiosk = hub_kiosk(live->hub, index);

    describe_state(&kiosk, &live->clock, state, note);
}

static void add_live(json_t *item, const struct hub_kiosk *kiosk, const char *device,
                     const struct session_clock *clock)
{
    const struct session *session = kiosk->session;
    const char *state, *note;
    json_int_t bad_frames = (json_int_t)session->decoder.counters.bad + session->decoder.counters.oversize +
                            session->counters.malformed + session->counters.flagged +
                            session->counters.unknown;

    describe_state(kiosk, clock, &state, &note);
    json_object_set_new(item, "connected", json_boolean(session_is_heard(session, clock->now_ms)));
    json_object_set_new(item, "port", report_text(session->options.port));
    json_object_set_new(item, "device", report_text(device));
    json_object_set_new(item, "state", json_string(state));
    json_object_set_new(item, "note", report_text(note));
    json_object_set_new(item, "bad_frames", json_integer(bad_frames));
    json_object_set_new(item, "refused_frames", json_integer(session->counters.refused));
    json_object_set_new(item, "is_verified", json_boolean(session_is_verified(session)));
    if (kiosk->heard_ms != 0)
        json_object_set_new(item, "heard_ms",
                            json_integer(clock->utc_ms - (json_int_t)(clock->now_ms - kiosk->heard_ms)));
    if (session_kiosk_id(session) == 0)
        return;
    json_object_set_new(item, "firmware", report_text(session->hello.firmware));
    if (!session->has_health)
        return;
    json_object_set_new(item, "pending", json_integer(session->health.pending));
    json_object_set_new(item, "refused", json_integer(session->health.refused));
    json_object_set_new(item, "refused_by_kiosk", json_integer(session->health.forged));
}

/* Lay what the hub sees over what the database knows: a kiosk that is at no configured port is absent, and a
 * configured port without a kiosk gets a line of its own. */
static void merge_live(json_t *list, const struct api_live *live)
{
    size_t index;
    json_t *known;

    for (uint16_t i = 0; i < hub_count(live->hub); i++) {
        const struct hub_kiosk kiosk = hub_kiosk(live->hub, i);
        const char *port = kiosk.session->options.port;
        json_t *item = find_kiosk(list, &kiosk, port);

        if (item == NULL) {
            item = json_pack("{s:n, s:n, s:o}", "name", "id", "port", report_text(port));
            json_array_append_new(list, item);
        }
        add_live(item, &kiosk, live->devices[i], &live->clock);
    }
    json_array_foreach(list, index, known)
    {
        if (json_object_get(known, "device") != NULL)
            continue;
        json_object_set_new(known, "connected", json_false());
        if (strcmp(text_in(known, "state"), "adopted") == 0)
            json_object_set_new(known, "state", json_string("absent"));
    }
}

static void finish_kiosk_list(struct api_call *call, const struct api_live *live)
{
    if (live != NULL)
        merge_live(json_object_get(call->reply, "kiosks"), live);
}

/* Help calls and notes ----------------------------------------------------------------------------------- */

static enum store_status run_help_call_list(struct store *store, struct api_call *call,
                                            struct store_error *error)
{
    return run_named(store, call, "help_call_list", &call->reply, error);
}

static enum store_status run_acknowledge(struct store *store, struct api_call *call,
                                         struct store_error *error)
{
    const char *which = text_of(call, TEXT_WHICH);
    const char *staff = text_of(call, TEXT_STAFF);
    enum store_status status = store_help_acknowledge(store, which, staff, call->now_ms, error);

    return status == STORE_OK
               ? done(call, "help call %s: %s is on the way", which, staff == NULL ? "somebody" : staff)
               : status;
}

static enum store_status run_close(struct store *store, struct api_call *call, struct store_error *error)
{
    const char *which = text_of(call, TEXT_WHICH);
    const char *outcome = text_of(call, TEXT_OUTCOME);
    enum store_status status = store_help_close(store, which, outcome, text_of(call, TEXT_REMARK),
                                                text_of(call, TEXT_STAFF), call->now_ms, error);

    return status == STORE_OK ? done(call, "help call %s is closed: %s", which, outcome) : status;
}

static enum store_status run_note_list(struct store *store, struct api_call *call, struct store_error *error)
{
    return run_named(store, call, "note_list", &call->reply, error);
}

static enum store_status run_note_add(struct store *store, struct api_call *call, struct store_error *error)
{
    const char *show = text_of(call, TEXT_SHOW);
    bool is_shown = show != NULL && strcmp(show, "yes") == 0;
    int64_t id;

    if (show != NULL && !is_shown) {
        snprintf(error->text, sizeof error->text, "\"show\" is \"yes\", or is left out");
        return STORE_REFUSED;
    }
    enum store_status status =
        store_note_add(store, text_of(call, TEXT_TEXT), is_shown, call->now_ms, &id, error);
    return status == STORE_OK ? done(call, "note %" PRId64 " is kept%s; reports show before and after", id,
                                     is_shown ? ", and shown on the kiosks" : "")
                              : status;
}

static enum store_status run_note_remove(struct store *store, struct api_call *call,
                                         struct store_error *error)
{
    const char *which = text_of(call, TEXT_WHICH);
    enum store_status status = store_note_remove(store, which, error);

    return status == STORE_OK ? done(call, "note %s is removed", which) : status;
}

/* Status ------------------------------------------------------------------------------------------------- */

static void say(json_t *list, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void say(json_t *list, const char *format, ...)
{
    char text[HUB_REASON_SIZE_MAX + TEXT_SIZE_MAX];
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    json_array_append_new(list, report_text(text));
}

/* A port whose kiosk was retired, and which has no other yet: nobody is missed there. */
static bool is_given_up(const json_t *list, const char *port)
{
    bool is_any_retired = false;
    size_t index;
    json_t *item;

    json_array_foreach(list, index, item)
    {
        if (strcmp(text_in(item, "port"), port) != 0)
            continue;
        if (is_retired(item))
            is_any_retired = true;
        else if (json_is_string(json_object_get(item, "name")))
            return false;
    }
    return is_any_retired;
}

static void judge_kiosks(json_t *problems, const json_t *list, const struct api_live *live)
{
    for (uint16_t i = 0; i < hub_count(live->hub); i++) {
        const struct hub_kiosk kiosk = hub_kiosk(live->hub, i);
        const char *port = kiosk.session->options.port;
        const char *state, *note;
        uint64_t quiet_ms = live->clock.now_ms - kiosk.quiet_since_ms;

        describe_state(&kiosk, &live->clock, &state, &note);
        if (strcmp(state, "pending") == 0)
            say(problems, "kiosk %s waits for adoption: byname kiosk adopt '%s'", port, port);
        else if (strcmp(state, "unverified") == 0 && kiosk.session->unproven <= SESSION_UNPROVEN_MAX)
            continue; /* it may be on its way */
        else if (strcmp(state, "refused") == 0 || strcmp(state, "held") == 0 ||
                 strcmp(state, "unverified") == 0)
            say(problems, "kiosk %s: %s", port, note);
        else if (quiet_ms >= API_AWAY_UNWELL_MS && !is_given_up(list, port))
            say(problems, "kiosk %s has been away for %" PRIu64 " s: %s", port, quiet_ms / 1000,
                kiosk.line == HUB_LINE_ABSENT ? "not plugged in" : note);
    }
}

/* What the kiosks and the database have lost is for a manager to know; nothing mends it: it is no problem. */
static void judge_losses(json_t *warnings, const json_t *list)
{
    size_t index;
    json_t *item;

    json_array_foreach(list, index, item)
    {
        const char *name = text_in(item, "name");
        json_int_t lost = json_integer_value(json_object_get(item, "lost"));
        json_int_t restored = json_integer_value(json_object_get(item, "restored"));
        json_int_t refused = json_integer_value(json_object_get(item, "refused"));
        json_int_t conflicts = json_integer_value(json_object_get(item, "conflicts"));

        if (is_retired(item))
            continue;
        if (restored > 0)
            say(warnings,
                "kiosk %s: %" JSON_INTEGER_FORMAT " answer%s missing since an older database was restored",
                name, restored, restored == 1 ? " is" : "s are");
        if (lost > restored)
            say(warnings, "kiosk %s: %" JSON_INTEGER_FORMAT " answer%s lost for good", name, lost - restored,
                lost - restored == 1 ? " is" : "s are");
        if (refused > 0)
            say(warnings, "kiosk %s refused %" JSON_INTEGER_FORMAT " press%s because its journal was full",
                name, refused, refused == 1 ? "" : "es");
        if (conflicts > 0)
            say(warnings, "kiosk %s: %" JSON_INTEGER_FORMAT " answer%s came twice with different content",
                name, conflicts, conflicts == 1 ? "" : "s");
    }
}

static enum store_status run_status(struct store *store, struct api_call *call, struct store_error *error)
{
    enum store_status status = run_kiosk_list(store, call, error);

    if (status == STORE_OK)
        status = store_help_waiting(store, &call->waiting, error);
    return status == STORE_OK ? name_left_out(store, call, call->left_out, error) : status;
}

/* Calls are still shown, but nobody who does not look hears of them. */
static void judge_calls(json_t *problems, const struct api_live *live)
{
    for (unsigned i = 0; live->calls != NULL && i < CALLS_CHANNELS; i++) {
        const char *problem = calls_problem(live->calls, (enum store_help_channel)(1u << i));

        if (problem != NULL)
            say(problems, "help calls are not announced by %s", problem);
    }
}

/* A call takes a colleague, not a technician: it is no problem, however long it waits. */
static void judge_waiting(json_t *warnings, const struct store_help_waiting *waiting, int64_t now_ms)
{
    int64_t age_ms = now_ms > waiting->called_ms ? now_ms - waiting->called_ms : 0;
    char more[40] = "";

    if (waiting->count == 0)
        return;
    if (waiting->count > 1)
        snprintf(more, sizeof more, ", and %" PRId64 " more", waiting->count - 1);
    say(warnings, "nobody has answered %s %" PRId64 " at %s, %" PRId64 " min old%s: byname help-calls",
        waiting->kind == CALL_KIND_BAD_RUN ? "bad run" : "help call", waiting->id, waiting->kiosk,
        age_ms / MINUTE_MS, more);
}

static void finish_status(struct api_call *call, const struct api_live *live)
{
    json_t *problems = json_array(), *warnings = json_array();
    json_t *list = json_object_get(call->reply, "kiosks");

    if (live != NULL) {
        merge_live(list, live);
        if (live->writer_status == STORE_FULL)
            say(problems, "the database takes nothing: %s", live->writer_error);
        judge_kiosks(problems, list, live);
        judge_calls(problems, live);
        if (!live->is_synchronised)
            say(warnings, "the clock of this host is not synchronised: times of answers are bounds only");
        if (live->has_stepped)
            say(warnings,
                "the clock of this host was set a short while ago: times of answers are bounds only");
        if (live->certificate_problem != NULL)
            say(warnings,
                "browsers get the certificate of before its renewal: %s; put certificate= and key= right, a "
                "restart "
                "is not needed",
                live->certificate_problem);
        if (live->certificate_dates != TLS_DATES_GOOD)
            say(live->certificate_dates == TLS_DATES_BAD ? problems : warnings, "%s",
                live->certificate_sentence);
        json_object_set_new(call->reply, "store", report_text(live->store_name));
        json_object_set_new(call->reply, "path", report_text(live->database));
        json_object_set_new(call->reply, "uptime_s",
                            json_integer((json_int_t)((live->clock.now_ms - live->started_ms) / 1000)));
    }
    judge_waiting(warnings, &call->waiting, call->now_ms);
    judge_losses(warnings, list);
    if (call->left_out[0] != '\0')
        say(warnings, "%s", call->left_out);
    json_object_set_new(call->reply, "kind", json_string("status"));
    json_object_set_new(call->reply, "version", json_string(BYNAME_VERSION));
    json_object_set_new(call->reply, "is_well", json_boolean(json_array_size(problems) == 0));
    json_object_set_new(call->reply, "problems", problems);
    json_object_set_new(call->reply, "warnings", warnings);
}

/* Reports and verify ------------------------------------------------------------------------------------- */

static enum store_status run_report(struct store *store, struct api_call *call, struct store_error *error)
{
    const char *name = text_of(call, TEXT_WHICH), *format = text_of(call, TEXT_FORMAT);
    enum render_format known;

    if (format != NULL && (!render_format_find(format, &known) || known == RENDER_TEXT)) {
        snprintf(error->text, sizeof error->text, "format is json, csv or ods, not %.64s", format);
        return STORE_REFUSED;
    }
    if (report_is_list(name) || strcmp(name, "export") == 0 || strcmp(name, "moments") == 0) {
        snprintf(error->text, sizeof error->text,
                 "%.64s is no report: GET /api/v1/staff and GET /api/v1/kiosks are the lists", name);
        return STORE_REFUSED;
    }
    return run_named(store, call, name, &call->reply, error);
}

static bool on_run_progress(void *context, unsigned done_parts)
{
    struct api_call *call = context;

    if (call->on_progress != NULL)
        call->on_progress(call->progress_context, done_parts);
    return true;
}

static enum store_status run_verify(struct store *store, struct api_call *call, struct store_error *error)
{
    struct store_verified verified = {0};
    enum store_status status = store_verify(store, &verified, on_run_progress, call, error);

    if (status == STORE_OK)
        call->reply = report_verified(store, &verified);
    return status;
}

static enum store_status run_backup(struct store *store, struct api_call *call, struct store_error *error)
{
    const char *file = text_of(call, TEXT_FILE);
    uint64_t size;
    enum store_status status = store_backup(store, file, &size, on_run_progress, call, error);

    return status == STORE_OK ? done(call, "backed up to %s, %" PRIu64 " bytes", file, size) : status;
}

/* Tokens ------------------------------------------------------------------------------------------------- */

static enum store_status run_token_list(struct store *store, struct api_call *call, struct store_error *error)
{
    return run_named(store, call, "token_list", &call->reply, error);
}

/* What the daemon lets in from now on, once this is committed. */
static enum store_status note_tokens(struct store *store, struct api_call *call, struct store_error *error)
{
    if (call->tokens == NULL)
        call->tokens = malloc(sizeof *call->tokens);
    if (call->tokens == NULL) {
        snprintf(error->text, sizeof error->text, "out of memory");
        return STORE_FULL;
    }
    return store_tokens(store, call->tokens, error);
}

/* "manager", "board" or "staff:WHO". */
static enum store_status parse_scope(struct store *store, const char *text, struct token *token,
                                     struct store_error *error)
{
    static const char staff[] = "staff:";

    token->scope = TOKEN_STAFF;
    if (strncmp(text, staff, strlen(staff)) == 0)
        return store_staff_number(store, text + strlen(staff), &token->staff, error);
    if (strcmp(text, token_scope_name(TOKEN_MANAGER)) == 0)
        token->scope = TOKEN_MANAGER;
    else if (strcmp(text, token_scope_name(TOKEN_BOARD)) == 0)
        token->scope = TOKEN_BOARD;
    else {
        snprintf(error->text, sizeof error->text, "a token is for manager, for staff:WHO or for board");
        return STORE_REFUSED;
    }
    return STORE_OK;
}

static enum store_status run_token_create(struct store *store, struct api_call *call,
                                          struct store_error *error)
{
    const char *label = text_of(call, TEXT_LABEL);
    struct token token = {0};
    char text[TOKEN_TEXT_SIZE + 1];
    enum store_status status = parse_scope(store, text_of(call, TEXT_SCOPE), &token, error);

    if (status != STORE_OK)
        return status;
    if (!token_make(text) || !token_hash(text, TOKEN_TEXT_SIZE, token.hash)) {
        snprintf(error->text, sizeof error->text, "the system has no random numbers");
        return STORE_REFUSED;
    }
    status = store_token_create(store, &token, label == NULL ? "" : label, call->now_ms, &token.id, error);
    if (status != STORE_OK)
        return status;
    call->reply =
        json_pack("{s:s, s:I, s:s, s:s, s:s, s:n}", "kind", "token", "id", (json_int_t)token.id, "scope",
                  token_scope_name(token.scope), "for", text_of(call, TEXT_SCOPE), "token", text, "link");
    return note_tokens(store, call, error);
}

static void finish_token_create(struct api_call *call, const struct api_live *live)
{
    if (live != NULL && live->origin != NULL)
        json_object_set_new(call->reply, "link",
                            json_sprintf("%s/enter?token=%s", live->origin, text_in(call->reply, "token")));
}

static enum store_status run_token_revoke(struct store *store, struct api_call *call,
                                          struct store_error *error)
{
    const char *which = text_of(call, TEXT_WHICH);
    enum store_status status = store_token_revoke(store, which, call->now_ms, error);

    if (status == STORE_OK)
        status = note_tokens(store, call, error);
    return status == STORE_OK ? done(call, "token %s opens nothing any more", which) : status;
}

/* Who asks ----------------------------------------------------------------------------------------------- */

/* The keys of a reply that stand in `keys`, and no others, be there more of them one day. */
static json_t *pick(json_t *reply, const char *kind, const char *const keys[], size_t count)
{
    json_t *picked = json_pack("{s:s}", "kind", kind);

    for (size_t i = 0; i < count; i++) {
        json_t *value = json_object_get(reply, keys[i]);
        if (value != NULL)
            json_object_set(picked, keys[i], value);
    }
    return picked;
}

static enum store_status run_me(struct store *store, struct api_call *call, struct store_error *error)
{
    static const char *const keys[] = {"store", "database", "timezone"};
    json_t *list = NULL, *person;
    size_t index;
    enum store_status status = run_named(store, call, "staff_list", &list, error);

    if (status != STORE_OK)
        return status;
    call->reply = pick(list, "me", keys, sizeof keys / sizeof *keys);
    json_object_set_new(call->reply, "scope", json_string(token_scope_name(call->scope)));
    json_object_set_new(call->reply, "staff", json_null());
    json_array_foreach(json_object_get(list, "staff"), index, person)
    {
        if (call->scope == TOKEN_STAFF && json_integer_value(json_object_get(person, "id")) == call->staff)
            json_object_set(call->reply, "staff", person);
    }
    json_decref(list);
    return STORE_OK;
}

static enum store_status run_my_report(struct store *store, struct api_call *call, struct store_error *error)
{
    snprintf(call->texts[TEXT_STAFF], TEXT_SIZE_MAX, "%u",
             (unsigned)call->staff); /* whatever the query asks for */
    call->has_text[TEXT_STAFF] = true;
    return run_named(store, call, "staff", &call->reply, error);
}

static enum store_status run_my_moments(struct store *store, struct api_call *call, struct store_error *error)
{
    snprintf(call->texts[TEXT_STAFF], TEXT_SIZE_MAX, "%u", (unsigned)call->staff);
    call->has_text[TEXT_STAFF] = true;
    return run_named(store, call, "moments", &call->reply, error);
}

static enum store_status run_board(struct store *store, struct api_call *call, struct store_error *error)
{
    static const char *const keys[] = {"store",     "database",  "timezone",   "period", "visits",
                                       "ratings",   "csat",      "comparison", "mean",   "mentions",
                                       "strengths", "returning", "left_out"};
    json_t *summary = NULL;

    call->has_text[TEXT_STAFF] = false;
    enum store_status status = run_named(store, call, "summary", &summary, error);
    if (status == STORE_OK)
        call->reply = pick(summary, "board", keys, sizeof keys / sizeof *keys);
    json_decref(summary);
    return status;
}

/* Privacy ------------------------------------------------------------------------------------------------ */

static enum store_status run_policy(struct store *store, struct api_call *call, struct store_error *error)
{
    return run_named(store, call, "policy", &call->reply, error);
}

static enum store_status run_policy_set(struct store *store, struct api_call *call, struct store_error *error)
{
    const char *name = text_of(call, TEXT_ATTRIBUTE);
    enum store_attribute attribute;

    if (!store_attribute_parse(name, &attribute)) {
        snprintf(error->text, sizeof error->text, "attribute is all, positive or none");
        return STORE_REFUSED;
    }
    enum store_status status = store_policy_set(store, attribute, call->now_ms, error);
    return status == STORE_OK
               ? done(call, "attribute = %s from now on; what was stored before stays as it is", name)
               : status;
}

/* "365" or "none", which is 0. */
static enum store_status parse_days(const struct api_call *call, int64_t *days, struct store_error *error)
{
    const char *text = text_of(call, TEXT_DAYS);
    size_t size = text == NULL ? 0 : strspn(text, "0123456789");

    *days = 0;
    if (text != NULL && strcmp(text, "none") == 0)
        return STORE_OK;
    if (size == 0 || text[size] != '\0' || size > DAYS_DIGITS_MAX) {
        snprintf(error->text, sizeof error->text, "days is a number, or none");
        return STORE_REFUSED;
    }
    *days = strtol(text, NULL, 10);
    if (*days == 0) {
        snprintf(error->text, sizeof error->text, "raw answers are kept for %d days at least",
                 STORE_RETENTION_DAYS_MIN);
        return STORE_REFUSED;
    }
    return STORE_OK;
}

static enum store_status run_retention_set(struct store *store, struct api_call *call,
                                           struct store_error *error)
{
    int64_t days;
    enum store_status status = parse_days(call, &days, error);

    if (status == STORE_OK)
        status = store_retention_set(store, days, call->now_ms, error);
    if (status != STORE_OK)
        return status;
    if (days == 0)
        return done(call, "raw answers are kept without end from now on; what is gone stays gone");
    return done(call,
                "raw answers are kept for %" PRId64 " days; older ones go from now on, a piece at a time;"
                " backups made before still hold them",
                days);
}

static enum store_status run_retention_preview(struct store *store, struct api_call *call,
                                               struct store_error *error)
{
    struct store_retention_preview preview;
    int64_t days;
    enum store_status status = parse_days(call, &days, error);

    if (status == STORE_OK)
        status = store_retention_preview(store, days, call->now_ms, &preview, error);
    if (status == STORE_OK)
        call->reply = report_retention_preview(store, days, &preview);
    return status;
}

static enum store_status run_access_log(struct store *store, struct api_call *call, struct store_error *error)
{
    return run_named(store, call, "access_log", &call->reply, error);
}

static enum store_status run_export(struct store *store, struct api_call *call, struct store_error *error)
{
    const char *which = text_of(call, TEXT_WHICH);

    snprintf(call->texts[TEXT_STAFF], TEXT_SIZE_MAX, "%s", which == NULL ? "" : which);
    call->has_text[TEXT_STAFF] = true;
    return run_named(store, call, "export", &call->reply, error);
}

static enum store_status run_my_export(struct store *store, struct api_call *call, struct store_error *error)
{
    snprintf(call->texts[TEXT_STAFF], TEXT_SIZE_MAX, "%u", (unsigned)call->staff);
    call->has_text[TEXT_STAFF] = true;
    return run_named(store, call, "export", &call->reply, error);
}

static enum store_status run_erase(struct store *store, struct api_call *call, struct store_error *error)
{
    const char *which = text_of(call, TEXT_WHICH);
    enum store_status status = store_staff_erase(store, which, call->now_ms, error);

    if (status == STORE_OK)
        status = note_tokens(store, call, error);
    return status == STORE_OK
               ? done(call,
                      "%s is erased: what was counted is \"former staff\" now; backups made before"
                      " still hold the name",
                      which)
               : status;
}

/* Reports without anybody's name, unless they are asked for one person. */
static bool is_of_nobody(const struct api_call *call)
{
    static const char *const names[] = {"summary", "causes", "strengths", "hours", "days", "kiosks"};

    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        if (strcmp(names[i], call->texts[TEXT_WHICH]) == 0)
            return !call->has_text[TEXT_STAFF];
    }
    return false;
}

bool api_call_is_to_be_logged(const struct api_call *call)
{
    if (call->route == NULL || call->reply == NULL || call->reader[0] == '\0')
        return false;
    if (call->route->run == run_report)
        return !is_of_nobody(call);
    return call->route->run == run_my_report || call->route->run == run_my_moments ||
           call->route->run == run_export || call->route->run == run_my_export;
}

enum store_status api_call_log(struct store *store, void *context, struct store_error *error)
{
    const struct api_call *call = context;
    char what[TEXT_SIZE_MAX + 16];

    if (call->route->run == run_export || call->route->run == run_my_export)
        snprintf(what, sizeof what, "export");
    else if (call->route->run == run_my_moments)
        snprintf(what, sizeof what, "moments");
    else
        snprintf(what, sizeof what, "report %s",
                 call->route->run == run_report ? call->texts[TEXT_WHICH] : "staff");
    return store_access_note(store, call->reader, what, text_of(call, TEXT_STAFF), call->now_ms, error);
}

/* Routes ------------------------------------------------------------------------------------------------- */

#define BIT(scope) (1u << (scope))
/* What changes who may speak or look, and what takes the host's disk or time. */
#define LOCALS BIT(TOKEN_LOCAL)
#define MANAGERS (LOCALS | BIT(TOKEN_MANAGER))

#define NEEDS(text) (UINT64_C(1) << (text))
#define NEEDS_OR_NULL(text) (UINT64_C(1) << ((text) + TEXT_COUNT))
#define MAY(text) (UINT64_C(1) << ((text) + 2 * TEXT_COUNT))

_Static_assert(3 * TEXT_COUNT <= 64, "a bit for each");

static const struct route routes[] = {
    {false, {"report", "*"}, API_READER, MANAGERS, run_report, NULL, 0},
    {false, {"staff"}, API_READER, MANAGERS, run_staff_list, NULL, 0},
    {true, {"staff"}, API_WRITER, MANAGERS, run_staff_add, NULL, NEEDS(TEXT_NAME) | MAY(TEXT_PIN)},
    {true, {"staff", "*", "rename"}, API_WRITER, MANAGERS, run_staff_rename, NULL, NEEDS(TEXT_NAME)},
    {true, {"staff", "*", "on-duty"}, API_WRITER, MANAGERS, run_on_duty, NULL, 0},
    {true, {"staff", "*", "off-duty"}, API_WRITER, MANAGERS, run_off_duty, NULL, 0},
    {true, {"staff", "*", "retire"}, API_WRITER, MANAGERS, run_retire, NULL, 0},
    {true, {"staff", "*", "pin"}, API_WRITER, MANAGERS, run_pin, NULL, NEEDS_OR_NULL(TEXT_PIN)},
    {false, {"kiosks"}, API_READER, MANAGERS, run_kiosk_list, finish_kiosk_list, 0},
    {true, {"kiosks", "*", "adopt"}, API_WRITER, LOCALS, run_kiosk_adopt, NULL, MAY(TEXT_NAME)},
    {true, {"kiosks", "*", "rename"}, API_WRITER, MANAGERS, run_kiosk_rename, NULL, NEEDS(TEXT_NAME)},
    {true, {"kiosks", "*", "audience"}, API_WRITER, MANAGERS, run_kiosk_audience, NULL, NEEDS(TEXT_AUDIENCE)},
    {true, {"kiosks", "*", "retire"}, API_WRITER, MANAGERS, run_kiosk_retire, NULL, 0},
    {false, {"help-calls"}, API_READER, MANAGERS, run_help_call_list, NULL, 0},
    {true, {"help-calls", "*", "acknowledge"}, API_WRITER, MANAGERS, run_acknowledge, NULL, MAY(TEXT_STAFF)},
    {true,
     {"help-calls", "*", "close"},
     API_WRITER,
     MANAGERS,
     run_close,
     NULL,
     NEEDS(TEXT_OUTCOME) | MAY(TEXT_REMARK) | MAY(TEXT_STAFF)},
    {false, {"notes"}, API_READER, MANAGERS, run_note_list, NULL, 0},
    {true, {"notes"}, API_WRITER, MANAGERS, run_note_add, NULL, NEEDS(TEXT_TEXT) | MAY(TEXT_SHOW)},
    {true, {"notes", "*", "remove"}, API_WRITER, MANAGERS, run_note_remove, NULL, 0},
    {false, {"status"}, API_READER, MANAGERS, run_status, finish_status, 0},
    {true, {"verify"}, API_VERIFIER, LOCALS, run_verify, NULL, 0},
    {true, {"backup"}, API_VERIFIER, LOCALS, run_backup, NULL, NEEDS(TEXT_FILE)},
    {false, {"tokens"}, API_READER, LOCALS, run_token_list, NULL, 0},
    {true,
     {"tokens"},
     API_WRITER,
     LOCALS,
     run_token_create,
     finish_token_create,
     NEEDS(TEXT_SCOPE) | MAY(TEXT_LABEL)},
    {true, {"tokens", "*", "revoke"}, API_WRITER, LOCALS, run_token_revoke, NULL, 0},
    {false, {"me"}, API_READER, BIT(TOKEN_MANAGER) | BIT(TOKEN_STAFF) | BIT(TOKEN_BOARD), run_me, NULL, 0},
    {false, {"me", "report"}, API_READER, BIT(TOKEN_STAFF), run_my_report, NULL, 0},
    {false, {"me", "export"}, API_VERIFIER, BIT(TOKEN_STAFF), run_my_export, NULL, 0},
    {false, {"staff", "*", "export"}, API_VERIFIER, MANAGERS, run_export, NULL, 0},
    {true, {"staff", "*", "erase"}, API_WRITER, LOCALS, run_erase, NULL, 0},
    {false, {"policy"}, API_READER, MANAGERS | BIT(TOKEN_STAFF), run_policy, NULL, 0},
    {true, {"policy"}, API_WRITER, LOCALS, run_policy_set, NULL, NEEDS(TEXT_ATTRIBUTE)},
    {true, {"policy", "retention"}, API_WRITER, LOCALS, run_retention_set, NULL, NEEDS(TEXT_DAYS)},
    {false, {"policy", "retention"}, API_VERIFIER, LOCALS, run_retention_preview, NULL, 0},
    {false, {"access-log"}, API_READER, MANAGERS, run_access_log, NULL, 0},
    {false, {"me", "moments"}, API_READER, BIT(TOKEN_STAFF), run_my_moments, NULL, 0},
    {false, {"board"}, API_READER, BIT(TOKEN_MANAGER) | BIT(TOKEN_BOARD), run_board, NULL, 0},
};

static void mistake(struct api_call *call, int code, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

static void mistake(struct api_call *call, int code, const char *format, ...)
{
    va_list arguments;

    call->mistake_code = code;
    call->route = NULL;
    va_start(arguments, format);
    vsnprintf(call->mistake, sizeof call->mistake, format, arguments);
    va_end(arguments);
}

static int hex_digit(char digit)
{
    if (digit >= '0' && digit <= '9')
        return digit - '0';
    if (digit >= 'a' && digit <= 'f')
        return digit - 'a' + 10;
    return digit >= 'A' && digit <= 'F' ? digit - 'A' + 10 : -1;
}

/* Percent-decoding (RFC 3986, 2.1). False when it is broken, too long, would hide a NUL, or is not UTF-8. */
static bool decode(const char *text, size_t size, char decoded[TEXT_SIZE_MAX])
{
    size_t used = 0;

    for (size_t i = 0; i < size; i++) {
        char byte = text[i];
        if (byte == '%') {
            int high = i + 2 < size ? hex_digit(text[i + 1]) : -1;
            int low = i + 2 < size ? hex_digit(text[i + 2]) : -1;
            if (high < 0 || low < 0 || (high == 0 && low == 0))
                return false;
            byte = (char)(high * 16 + low);
            i += 2;
        }
        if (used + 1 >= TEXT_SIZE_MAX)
            return false;
        decoded[used++] = byte;
    }
    decoded[used] = '\0';
    return utf8_is_valid(decoded);
}

static bool matches(const struct route *route, const char *path, struct api_call *call)
{
    for (size_t i = 0; i < PARTS_MAX && route->parts[i] != NULL; i++) {
        size_t size = strcspn(path, "/");
        if (size == 0)
            return false;
        if (strcmp(route->parts[i], "*") == 0) {
            if (!decode(path, size, call->texts[TEXT_WHICH]))
                return false;
            call->has_text[TEXT_WHICH] = true;
        } else if (strlen(route->parts[i]) != size || memcmp(route->parts[i], path, size) != 0) {
            return false;
        }
        path += size;
        bool is_last = i + 1 == PARTS_MAX || route->parts[i + 1] == NULL;
        if (is_last)
            return *path == '\0';
        if (*path++ != '/')
            return false;
    }
    return false;
}

static void find_route(struct api_call *call, const struct api_request *request)
{
    bool is_path_known = false, is_closed = false;

    if (strncmp(request->path, PREFIX, strlen(PREFIX)) == 0) {
        for (size_t i = 0; i < sizeof routes / sizeof *routes; i++) {
            call->has_text[TEXT_WHICH] = false;
            if (!matches(&routes[i], request->path + strlen(PREFIX), call))
                continue;
            is_path_known = true;
            if (routes[i].is_post != request->is_post)
                continue;
            if ((routes[i].scopes & BIT(request->scope)) != 0) {
                call->route = &routes[i];
                return;
            }
            is_closed = true;
        }
    }
    if (is_closed || request->scope == TOKEN_STAFF ||
        request->scope == TOKEN_BOARD) /* they need not learn which */
        mistake(call, CODE_FORBIDDEN,
                request->scope == TOKEN_LOCAL ? "this is for who has a token"
                                              : "your token does not open this");
    else if (is_path_known)
        mistake(call, CODE_WRONG_METHOD, "this path takes %s", request->is_post ? "GET" : "POST");
    else
        mistake(
            call, CODE_NOT_FOUND,
            "there is nothing at this path: daemon/README.md lists them; names are percent-encoded UTF-8");
}

static void set_text(struct api_call *call, enum text text, const char *value)
{
    if (strlen(value) >= TEXT_SIZE_MAX) {
        mistake(call, CODE_BAD_REQUEST, "%s is longer than %d bytes", text_names[text], TEXT_SIZE_MAX - 1);
        return;
    }
    memcpy(call->texts[text], value, strlen(value) + 1);
    call->has_text[text] = true;
}

static bool find_text(const char *name, size_t size, enum text *text)
{
    for (size_t i = TEXT_NAME; i < TEXT_COUNT; i++) {
        if (strlen(text_names[i]) != size || memcmp(text_names[i], name, size) != 0)
            continue;
        *text = (enum text)i;
        return true;
    }
    return false;
}

static void take_query(struct api_call *call, const char *query)
{
    while (*query != '\0' && call->route != NULL) {
        size_t size = strcspn(query, "&");
        size_t name_size = strcspn(query, "=&");
        char value[TEXT_SIZE_MAX];
        enum text text;

        if (!find_text(query, name_size, &text)) {
            mistake(call, CODE_BAD_REQUEST, "a query has no '%.*s'", (int)(name_size > 60 ? 60 : name_size),
                    query);
            return;
        }
        if (name_size >= size || !decode(query + name_size + 1, size - name_size - 1, value)) {
            mistake(call, CODE_BAD_REQUEST,
                    "cannot understand '%.*s' in the query: names are percent-encoded UTF-8",
                    (int)(size > 60 ? 60 : size), query);
            return;
        }
        set_text(call, text, value);
        query += size + (query[size] == '&');
    }
}

static void take_body(struct api_call *call, const char *body)
{
    json_error_t json_error;
    const char *key;
    json_t *value;
    enum text text;

    if (body[0] == '\0' || call->route == NULL)
        return;
    if (!utf8_is_valid(body)) {
        mistake(call, CODE_BAD_REQUEST, "the body is not UTF-8");
        return;
    }
    json_t *object = json_loads(body, JSON_REJECT_DUPLICATES, &json_error);
    if (!json_is_object(object)) {
        mistake(call, CODE_BAD_REQUEST, "the body is no JSON object%s%.100s", object == NULL ? ": " : "",
                object == NULL ? json_error.text : "");
        json_decref(object);
        return;
    }
    json_object_foreach(object, key, value)
    {
        if (!find_text(key, strlen(key), &text)) {
            mistake(call, CODE_BAD_REQUEST, "a body has no '%.60s'", key);
            break;
        }
        if (!json_is_string(value) && !json_is_null(value)) {
            mistake(call, CODE_BAD_REQUEST, "cannot understand '%.60s' in the body: texts and null only",
                    key);
            break;
        }
        if ((call->route->takes & (NEEDS(text) | NEEDS_OR_NULL(text) | MAY(text))) == 0) {
            mistake(call, CODE_BAD_REQUEST, "the body of this call has no '%.60s'", key);
            break;
        }
        call->is_given[text] = true;
        if (json_is_string(value))
            set_text(call, text, json_string_value(value));
        if (call->route == NULL)
            break;
    }
    json_decref(object);
}

static void check_required(struct api_call *call)
{
    for (size_t i = TEXT_NAME; i < TEXT_COUNT && call->route != NULL; i++) {
        bool is_missing = ((call->route->takes & NEEDS(i)) != 0 && !call->has_text[i]) ||
                          ((call->route->takes & NEEDS_OR_NULL(i)) != 0 && !call->is_given[i]);
        if (is_missing)
            mistake(call, CODE_BAD_REQUEST, "%s is missing in the body", text_names[i]);
    }
}

struct api_call *api_call_create(const struct api_request *request)
{
    struct api_call *call = calloc(1, sizeof *call);

    if (call == NULL)
        return NULL;
    call->now_ms = request->now_ms;
    call->scope = request->scope;
    call->staff = request->staff;
    snprintf(call->reader, sizeof call->reader, "%s", request->reader == NULL ? "" : request->reader);
    find_route(call, request);
    if (call->route != NULL && !request->is_post)
        take_query(call, request->query);
    if (call->route != NULL && request->is_post)
        take_body(call, request->body);
    check_required(call);
    return call;
}

void api_call_destroy(struct api_call *call)
{
    if (call == NULL)
        return;
    json_decref(call->reply);
    free(call->tokens);
    free(call);
}

enum api_where api_call_where(const struct api_call *call)
{
    return call->route == NULL ? API_NOWHERE : call->route->where;
}

enum store_status api_call_run(struct store *store, void *context, struct store_error *error)
{
    struct api_call *call = context;

    return call->route->run(store, call, error);
}

void api_call_on_progress(struct api_call *call, void (*progress)(void *context, unsigned done),
                          void *context)
{
    call->on_progress = progress;
    call->progress_context = context;
}

static int code_of(enum store_status status)
{
    switch (status) {
    case STORE_OK:
        return CODE_OK;
    case STORE_REFUSED:
        return CODE_REFUSED;
    case STORE_FULL:
        return CODE_UNAVAILABLE;
    case STORE_BROKEN:
        break;
    }
    return CODE_BROKEN;
}

int api_call_finish(struct api_call *call, enum store_status status, const struct store_error *error,
                    const struct api_live *live, json_t **json)
{
    int code = call->route == NULL ? call->mistake_code : code_of(status);

    if (call->route != NULL && status == STORE_OK) {
        call->is_done_well = true;
        if (call->route->finish != NULL)
            call->route->finish(call, live);
    } else {
        json_decref(call->reply);
        call->reply =
            json_pack("{s:o}", "error", report_text(call->route == NULL ? call->mistake : error->text));
    }
    *json = call->reply;
    return code;
}

enum render_format api_call_format(const struct api_call *call)
{
    enum render_format format = RENDER_JSON;

    if (call->is_done_well && call->route->run == run_report && call->has_text[TEXT_FORMAT])
        render_format_find(call->texts[TEXT_FORMAT], &format);
    return format;
}

const char *api_call_adopted_port(const struct api_call *call)
{
    return call->is_done_well && call->route->run == run_kiosk_adopt ? call->texts[TEXT_WHICH] : NULL;
}

const struct token_list *api_call_tokens(const struct api_call *call)
{
    return call->is_done_well ? call->tokens : NULL;
}

bool api_route(size_t index, char text[API_ROUTE_SIZE_MAX], unsigned *scopes)
{
    if (index >= sizeof routes / sizeof *routes)
        return false;
    const struct route *route = &routes[index];
    int size = snprintf(text, API_ROUTE_SIZE_MAX, "%s " PREFIX, route->is_post ? "POST" : "GET");

    for (size_t i = 0; i < PARTS_MAX && route->parts[i] != NULL; i++)
        size += snprintf(text + size, API_ROUTE_SIZE_MAX - (size_t)size, "%s%s", i == 0 ? "" : "/",
                         strcmp(route->parts[i], "*") == 0 ? "{}" : route->parts[i]);
    *scopes = route->scopes;
    return true;
}
