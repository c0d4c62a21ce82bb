/* SPDX-License-Identifier: MIT
 *
 * http.h - HTTP/1.1 on a unix socket or over TCP, with limits. The only file that knows evhttp.
 *
 * One request a connection. Slow, large and too many clients are cut off, not waited for. Every answer carries the
 * headers that keep a browser to this host. The loop's thread only.
 */
#ifndef BYNAME_HTTP_H
#define BYNAME_HTTP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "daemon/store.h"

#define HTTP_CONNECTIONS_MAX 64 /* of a listener */
#define HTTP_HEADERS_SIZE_MAX 8192
#define HTTP_BODY_SIZE_MAX 16384
#define HTTP_FILE_SIZE_MAX 64
#define HTTP_DEADLINE_MS 5000         /* to say the whole request; and again to take the whole reply */
#define HTTP_STREAM_PENDING_MAX 65536 /* bytes that a client has not taken: it is dropped */
/* So often something is sent, or a client that is gone would go unnoticed. */
#define HTTP_STREAM_BEAT_MS 15000
#define HTTP_CROWDED_DEADLINE_MS 1000 /* to say it while all connections are taken */

struct event_base;
struct tls;
struct http;         /* one listener and its connections */
struct http_request; /* lives until http_reply */

enum http_method { HTTP_METHOD_GET, HTTP_METHOD_POST, HTTP_METHOD_OTHER };

/* A request; a header that is missing is "". */
struct http_message {
    enum http_method method;
    const char *path;  /* still encoded */
    const char *query; /* after the ?, still encoded */
    const char *body;  /* NUL-terminated */
    size_t body_size;
    unsigned uid; /* at the unix socket: whose process asks */
    const char *host, *origin, *site, *authorization, *cookie, *if_none_match;
};

/* A whole request arrived. message is valid during the call. The callee owes one http_reply, now or later. */
typedef void http_on_request(void *context, struct http_request *request, const struct http_message *message);

struct http_handler {
    http_on_request *on_request;
    void *context;
};

/* All is copied. */
struct http_answer {
    int status;
    const char *type; /* Content-Type */
    const char *body;
    size_t size;
    const char *etag;   /* quoted; NULL: must not be kept by anybody */
    const char *cookie; /* Set-Cookie; NULL: none */
    const char *file;   /* the name under which a browser keeps it, without quotes; NULL: it shows it */
};

/* Listen at `path`, mode 0660. A socket file that nobody listens at is replaced; a live one is refused. On failure
 * *result is NULL and nothing was made. */
enum store_status http_open(struct event_base *base, const char *path, const struct http_handler *handler,
                            struct http **result, struct store_error *error);

/* Where to listen over TCP. */
struct http_place {
    const char *address;   /* numeric */
    uint16_t port;         /* 0: any that is free */
    const struct tls *tls; /* NULL for none; borrowed */
};

/* On failure *result is NULL and nothing is open. */
enum store_status http_open_tcp(struct event_base *base, const struct http_place *place,
                                const struct http_handler *handler, struct http **result,
                                struct store_error *error);
uint16_t http_port(const struct http *http); /* of TCP */

void http_close(struct http *http); /* may be NULL; open requests end without a reply */

/* Accept nobody any more; what is under way goes on. */
void http_stop_listening(struct http *http); /* may be NULL */

/* True while replies are under way. */
bool http_is_busy(const struct http *http); /* may be NULL: false */

/* Answer and free the request. Legal when the client went away. */
void http_reply(struct http_request *request, const struct http_answer *answer);
void http_reply_json(struct http_request *request, int status, const char *json);

/* Server-sent events. Instead of http_reply: keep the connection, and send it what http_stream_send sends to any bit of
 * `audience` from now on, until one of both goes. key is the caller's, for http_stream_end. False: streams are half of the
 * connections already; the request is still owed a reply. */
bool http_stream_begin(struct http_request *request, unsigned audience, int64_t key);
/* http may be NULL. Who does not take what was sent is dropped. */
void http_stream_send(struct http *http, unsigned audience, const char *text);
/* End those whose key is not good (any more). */
void http_stream_end(struct http *http, bool (*is_good)(void *context, int64_t key), void *context);

#endif
