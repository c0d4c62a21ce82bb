/* SPDX-License-Identifier: MIT
 *
 * http.h - HTTP/1.1 on a unix socket, with limits. The only file that knows evhttp.
 *
 * One request a connection. Slow, large and too many clients are cut off, not waited for. The loop's thread only.
 */
#ifndef BYNAME_HTTP_H
#define BYNAME_HTTP_H

#include <stdbool.h>
#include <stddef.h>

#include "daemon/store.h"

#define HTTP_CONNECTIONS_MAX 32
#define HTTP_HEADERS_SIZE_MAX 8192
#define HTTP_BODY_SIZE_MAX 16384
#define HTTP_DEADLINE_MS 5000 /* to say the whole request; and again to take the whole reply */

struct event_base;
struct http;
struct http_request; /* lives until http_reply */

struct http_message {
    bool is_post; /* otherwise GET */
    const char *path;
    const char *query; /* after the ?, still encoded; "" for none */
    const char *body;  /* NUL-terminated */
    size_t body_size;
};

/* A whole request arrived. message is valid during the call. The callee owes one http_reply, now or later. */
typedef void http_on_request(void *context, struct http_request *request, const struct http_message *message);

/* Listen at `path`, mode 0660. A socket file that nobody listens at is replaced; a live one is refused. On failure
 * *result is NULL and nothing was made. */
enum store_status http_open(struct event_base *base, const char *path, http_on_request *on_request, void *context,
                            struct http **result, struct store_error *error);
void http_close(struct http *http); /* may be NULL; open requests end without a reply */

/* Accept nobody any more; what is under way goes on. */
void http_stop_listening(struct http *http);

/* True while replies are under way. */
bool http_is_busy(const struct http *http);

/* Answer with a JSON text and free the request; it is copied. Legal when the client went away. */
void http_reply(struct http_request *request, int status, const char *json);

/* Cut off who is too slow. Call several times a second. */
void http_tick(struct http *http);

#endif
