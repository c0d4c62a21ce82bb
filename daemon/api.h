/* SPDX-License-Identifier: MIT
 *
 * api.h - the requests of byname: what they ask of the store, and what comes back, as JSON.
 *
 * A call is made from a request, run with a connection of the right kind (possibly on another thread), and
 * finished into a status and a body. Knows neither libevent nor threads; the daemon and `byname --database`
 * use the same calls. Not for two threads at a time.
 *
 *   GET  /api/v1/report/NAME?since=&from=&to=&kiosk=&staff=&audience=&week_start=&format=   a report
 *   GET  /api/v1/staff                                        everybody
 *   POST /api/v1/staff                {"name", "pin"?}        add
 *   POST /api/v1/staff/WHO/rename     {"name"}
 *   POST /api/v1/staff/WHO/on-duty | off-duty | retire
 *   POST /api/v1/staff/WHO/pin        {"pin": "1234" or null}
 *   GET  /api/v1/kiosks                                       adopted and waiting
 *   POST /api/v1/kiosks/PORT/adopt    {"name"?}
 *   POST /api/v1/kiosks/WHICH/rename  {"name"}
 *   POST /api/v1/kiosks/WHICH/audience {"audience"}           external or internal
 *   GET  /api/v1/help-calls                                   open ones first
 *   POST /api/v1/help-calls/NUMBER/acknowledge {"staff"?}
 *   POST /api/v1/help-calls/NUMBER/close {"outcome", "remark"?, "staff"?}
 *   GET  /api/v1/notes
 *   POST /api/v1/notes                {"text", "show": "yes"?}
 *   POST /api/v1/notes/NUMBER/remove
 *   GET  /api/v1/status                                       how the daemon and its kiosks are
 *   POST /api/v1/verify                                       recount everything
 *   POST /api/v1/backup               {"file"}                copy the database, while it is written to
 *   GET  /api/v1/tokens                                       every token, not its text
 *   POST /api/v1/tokens               {"scope", "label"?}     "manager", "board" or "staff:WHO"
 *   POST /api/v1/tokens/NUMBER/revoke
 *   GET  /api/v1/me                                           whose token asks
 *   GET  /api/v1/me/report?since=&from=&to=                   a staff member's own row of the report on staff
 *   GET  /api/v1/me/export                                    everything that is held about who asks
 *   GET  /api/v1/staff/WHO/export                             ... about one person
 *   POST /api/v1/staff/WHO/erase                              the person becomes "former staff"
 *   GET  /api/v1/policy                                       whose names are kept, since when, and who may look
 *   POST /api/v1/policy               {"attribute"}           "all", "positive" or "none", from now on
 *   POST /api/v1/policy/retention     {"days"}                for how long raw answers are kept: a number, or "none"
 *   GET  /api/v1/policy/retention?days=                       what would go if that were set
 *   GET  /api/v1/access-log                                   who read per-staff data
 *   GET  /api/v1/me/moments?since=&from=&to=                  happy visits that were theirs, the newest first
 *   GET  /api/v1/board?since=&from=&to=                       the team's totals: nobody's name
 *
 * Who may call what stands in the table of routes in api.c.
 */
#ifndef BYNAME_API_H
#define BYNAME_API_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "daemon/calls.h"
#include "daemon/hub.h"
#include "daemon/render.h"
#include "daemon/store.h"
#include "daemon/tls.h"

#define API_AWAY_UNWELL_MS 60000 /* a configured kiosk that is silent for longer makes the daemon unwell */

enum api_where {
    API_READER,   /* any connection */
    API_WRITER,   /* the read-write connection, inside a transaction */
    API_VERIFIER, /* any connection, and it takes long */
    API_NOWHERE,  /* a mistake in the request: finish it at once */
};

struct api_request {
    bool is_post;
    const char *path;  /* still percent-encoded */
    const char *query; /* likewise; "" for none */
    const char *body;  /* JSON; "" for none */
    int64_t now_ms;    /* UTC */
    enum token_scope scope;
    uint16_t staff;     /* TOKEN_STAFF: who asks */
    const char *reader; /* for the log of reads: "token 3", "uid 1000"; NULL: not logged (an archive) */
};

/* How things are, for status and the list of kiosks. All borrowed. */
struct api_live {
    const struct hub *hub;
    const struct calls *calls;
    const char *const *devices; /* hub_count of them: what each port turned out to be, "" when closed */
    struct session_clock clock;
    bool is_synchronised, has_stepped; /* the host's clock */
    enum store_status writer_status;
    const char *writer_error;
    const char *database; /* the path of its file */
    const char *store_name;
    const char *certificate_problem; /* why a renewed one is not in use; NULL: nothing */
    enum tls_dates certificate_dates;
    const char *certificate_sentence; /* on those; "" or NULL when they are good */
    const char *origin;               /* where browsers find the pages; NULL: nowhere */
    uint64_t started_ms;              /* monotonic */
};

struct api_call;

/* NULL when out of memory. */
struct api_call *api_call_create(const struct api_request *request);
void api_call_destroy(struct api_call *call); /* may be NULL */
enum api_where api_call_where(const struct api_call *call);

/* A work_function: the call is the context. Not for API_NOWHERE. */
enum store_status api_call_run(struct store *store, void *context, struct store_error *error);

/* Told how far a verification or a backup is, of 1000, on the thread that runs it. */
void api_call_on_progress(struct api_call *call, void (*progress)(void *context, unsigned done),
                          void *context);

/* Make the answer from what api_call_run returned. live is NULL without a daemon: then lists show what the file
 * knows. Returns the HTTP status; *json belongs to the call. */
int api_call_finish(struct api_call *call, enum store_status status, const struct store_error *error,
                    const struct api_live *live, json_t **json);

/* Whether the call, which ran well, read per-staff data: nobody sees it before it is in the log of reads. */
bool api_call_is_to_be_logged(const struct api_call *call);
/* A work_function for the writer: the call is the context. */
enum store_status api_call_log(struct store *store, void *context, struct store_error *error);

/* How the answer of this finished call is to be written: never RENDER_TEXT; RENDER_JSON for whatever is no report. */
enum render_format api_call_format(const struct api_call *call);

/* The port that was adopted by this finished call; NULL when it was another call or failed. */
const char *api_call_adopted_port(const struct api_call *call);

/* The tokens that are good after this finished call; NULL when it changed none. They live as long as the call. */
const struct token_list *api_call_tokens(const struct api_call *call);

/* "up", "away", "absent", "pending", ...: as the list of kiosks has it, of the kiosk with this number in the hub. */
void api_kiosk_state(const struct api_live *live, uint16_t index, const char **state, const char **note);

/* The table of routes, to be held against daemon/web/openapi.json: "GET /api/v1/staff/{}/export" and who may call it, bits
 * 1 << enum token_scope. False behind the last. */
#define API_ROUTE_SIZE_MAX 64
bool api_route(size_t index, char text[API_ROUTE_SIZE_MAX], unsigned *scopes);

#endif
