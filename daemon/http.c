/* SPDX-License-Identifier: MIT */
#include "http.h"

#include <arpa/inet.h>
#include <errno.h>
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/bufferevent_ssl.h>
#include <event2/event.h>
#include <event2/http.h>
#include <event2/keyvalq_struct.h>
#include <event2/listener.h>
#include <netinet/in.h>
#include <openssl/ssl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/queue.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "daemon/clock.h"
#include "daemon/tls.h"

#define BACKLOG 128
#define SOCKET_CONNECTIONS_MAX 32 /* of the unix socket: its clients are few, and ask once */
#define SEND_BUFFER 32768 /* of the kernel, for one who does not read; by itself it would grow to megabytes */
#define WATCH_MS 100      /* so often connections are looked after ... */
#define WATCH_REST_S 1    /* ... where all of them wait for us, as streams do */
/* Bytes that a client may send before they are read; above both limits of a request. */
#define READ_AHEAD_MAX 65536
/* Bytes of a reply in one write, if the kernel takes them: by itself libevent writes 16 KiB in a turn of the loop, of which the
 * days of ten years would need 70. */
#define WRITE_MAX 262144

/* What a browser is told with every answer: ask nobody but this host, run and show nothing that another host sent, and
 * tell nobody where you come from. Pages keep scripts and styles in files of their own. */
static const char *const security_headers[][2] = {
    {"Content-Security-Policy",
     "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
     "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"},
    {"X-Content-Type-Options", "nosniff"},
    {"Referrer-Policy", "no-referrer"},
    {"Cross-Origin-Resource-Policy", "same-origin"},
    {"Cross-Origin-Opener-Policy", "same-origin"},
};

/* A connection, known from its accept: evhttp has neither a cap nor a deadline of its own. We hold a reference of
 * the bufferevent; evhttp clears its callbacks when it is done with it, and then we let go. */
struct connection {
    struct bufferevent *bufferevent; /* NULL: free place */
    bool is_working;                 /* the request is complete and the reply is not: no deadline */
    uint64_t since_ms;
};

struct http_request {
    struct http_request *next;
    struct http *http;
    struct evhttp_request *request; /* NULL: the client went away */
    struct evhttp_connection *connection;
    unsigned audience; /* a stream's */
    int64_t key;
};

struct http {
    struct event_base *base;
    struct evhttp *evhttp;
    struct evconnlistener *listener;
    char path[sizeof((struct sockaddr_un *)0)->sun_path]; /* or the address, for messages */
    ino_t inode;                                          /* of our socket file; 0 over TCP */
    uint16_t port;
    const struct tls *tls; /* borrowed; NULL: none */
    struct http_handler handler;
    struct connection connections[HTTP_CONNECTIONS_MAX];
    size_t capacity; /* of them */
    struct http_request *requests;
    struct http_request *streams; /* replies that never end */
    uint64_t beat_ms;             /* when all streams were sent something */
    struct event *watch;          /* a timer; runs while anybody is connected */
    bool is_watch_quick;
};

/* Somebody is connected: look after all of them in a moment. */
static void watch_soon(struct http *http)
{
    static const struct timeval pause = {0, WATCH_MS * 1000};

    if (http->is_watch_quick)
        return;
    http->is_watch_quick = true;
    event_add(http->watch, &pause);
}

/* Connections ---------------------------------------------------------------------------------------------------- */

static struct connection *find_connection(struct http *http, const struct bufferevent *bufferevent)
{
    for (size_t i = 0; i < http->capacity; i++) {
        if (http->connections[i].bufferevent == bufferevent)
            return &http->connections[i];
    }
    return NULL;
}

/* NULL: evhttp makes a plain one then; over TLS it understands nothing of what comes, and nothing of ours is said. */
static struct bufferevent *make_bufferevent(const struct http *http, struct event_base *base)
{
    if (http->tls == NULL)
        return bufferevent_socket_new(base, -1, BEV_OPT_CLOSE_ON_FREE);
    SSL *ssl = SSL_new(tls_context(http->tls));
    struct bufferevent *bufferevent =
        ssl == NULL
            ? NULL
            : bufferevent_openssl_socket_new(base, -1, ssl, BUFFEREVENT_SSL_ACCEPTING, BEV_OPT_CLOSE_ON_FREE);

    if (bufferevent == NULL)
        SSL_free(ssl);
    else
        bufferevent_openssl_set_allow_dirty_shutdown(bufferevent,
                                                     1); /* a length or a last chunk says what is whole */
    return bufferevent;
}

static struct bufferevent *on_accepted(struct event_base *base, void *context)
{
    struct http *http = context;
    struct connection *connection = find_connection(http, NULL);
    struct bufferevent *bufferevent = make_bufferevent(http, base);

    if (bufferevent == NULL || connection == NULL)
        return bufferevent;
    bufferevent_setwatermark(bufferevent, EV_READ, 0, READ_AHEAD_MAX);
    bufferevent_set_max_single_write(bufferevent, WRITE_MAX);
    bufferevent_incref(bufferevent);
    *connection = (struct connection){bufferevent, false, clock_monotonic_ms()};
    watch_soon(http);
    if (find_connection(http, NULL) == NULL && http->listener != NULL)
        evconnlistener_disable(http->listener); /* the kernel's backlog waits */
    return bufferevent;
}

static bool is_released(struct bufferevent *bufferevent)
{
    bufferevent_data_cb on_read, on_write;
    bufferevent_event_cb on_event;

    bufferevent_getcb(bufferevent, &on_read, &on_write, &on_event, NULL);
    return on_read == NULL && on_write == NULL && on_event == NULL;
}

static void let_go(struct http *http, struct connection *connection)
{
    bufferevent_decref(connection->bufferevent);
    *connection = (struct connection){0};
    if (http->listener != NULL)
        evconnlistener_enable(http->listener);
}

static void set_working(struct http *http, struct evhttp_connection *evhttp_connection, bool is_working)
{
    struct connection *connection =
        find_connection(http, evhttp_connection_get_bufferevent(evhttp_connection));

    if (connection == NULL)
        return;
    connection->is_working = is_working;
    connection->since_ms = clock_monotonic_ms();
    if (!is_working)
        watch_soon(http);
}

/* Requests ------------------------------------------------------------------------------------------------------- */

static void on_client_gone(struct evhttp_connection *connection, void *context)
{
    struct http *http = context;

    for (struct http_request *request = http->requests; request != NULL; request = request->next) {
        if (request->connection == connection)
            request->request = NULL;
    }
}

static void unlink_from(struct http_request **link, struct http_request *request)
{
    while (*link != request)
        link = &(*link)->next;
    *link = request->next;
}

static void forget(struct http_request *request)
{
    unlink_from(&request->http->requests, request);
    free(request);
}

static void add_headers(struct evhttp_request *evhttp_request, const struct http_answer *answer)
{
    struct evkeyvalq *headers = evhttp_request_get_output_headers(evhttp_request);

    for (size_t i = 0; i < sizeof security_headers / sizeof *security_headers; i++)
        evhttp_add_header(headers, security_headers[i][0], security_headers[i][1]);
    evhttp_add_header(headers, "Content-Type", answer->type);
    evhttp_add_header(headers, "Cache-Control", answer->etag == NULL ? "no-store" : "private, no-cache");
    if (answer->etag != NULL)
        evhttp_add_header(headers, "ETag", answer->etag);
    if (answer->cookie != NULL)
        evhttp_add_header(headers, "Set-Cookie", answer->cookie);
    if (answer->file != NULL) {
        char disposition[HTTP_FILE_SIZE_MAX + 32];

        snprintf(disposition, sizeof disposition, "attachment; filename=\"%s\"", answer->file);
        evhttp_add_header(headers, "Content-Disposition", disposition);
    }
    if (answer->status == 401)
        evhttp_add_header(headers, "WWW-Authenticate", "Bearer"); /* RFC 9110, 11.6.1 */
    evhttp_add_header(headers, "Connection", "close");
}

void http_reply(struct http_request *request, const struct http_answer *answer)
{
    struct evhttp_request *evhttp_request = request->request;

    if (evhttp_request != NULL) {
        add_headers(evhttp_request, answer);
        evbuffer_add(evhttp_request_get_output_buffer(evhttp_request), answer->body, answer->size);
        set_working(request->http, request->connection, false);
        evhttp_connection_set_closecb(request->connection, NULL, NULL);
        evhttp_send_reply(evhttp_request, answer->status, NULL, NULL);
    }
    forget(request);
}

void http_reply_json(struct http_request *request, int status, const char *json)
{
    const struct http_answer answer = {
        .status = status, .type = "application/json", .body = json, .size = strlen(json)};

    http_reply(request, &answer);
}

/* Streams -------------------------------------------------------------------------------------------------------- */

static void on_listener_gone(struct evhttp_connection *connection, void *context)
{
    struct http *http = context;
    struct http_request **link = &http->streams;

    while (*link != NULL && (*link)->connection != connection)
        link = &(*link)->next;
    struct http_request *stream = *link;
    if (stream == NULL)
        return;
    *link = stream->next;
    free(stream);
}

static size_t count_streams(const struct http *http)
{
    size_t count = 0;

    for (const struct http_request *stream = http->streams; stream != NULL; stream = stream->next)
        count++;
    return count;
}

static void send_chunk(struct http_request *stream, const char *text)
{
    struct evbuffer *chunk = evbuffer_new();

    if (chunk != NULL && evbuffer_add(chunk, text, strlen(text)) == 0)
        evhttp_send_reply_chunk(stream->request, chunk);
    if (chunk != NULL)
        evbuffer_free(chunk);
}

bool http_stream_begin(struct http_request *request, unsigned audience, int64_t key)
{
    const struct http_answer answer = {.status = HTTP_OK, .type = "text/event-stream; charset=utf-8"};
    struct http *http = request->http;

    if (count_streams(http) >= http->capacity / 2) /* who asks once must find room */
        return false;
    unlink_from(&http->requests, request);
    if (request->request == NULL) {
        free(request);
        return true;
    }
    request->audience = audience;
    request->key = key;
    request->next = http->streams;
    http->streams = request;
    evhttp_connection_set_closecb(request->connection, on_listener_gone, http);
    add_headers(request->request, &answer);
    evhttp_send_reply_start(request->request, HTTP_OK, NULL);
    send_chunk(request, "retry: 3000\n\n");
    return true;
}

/* evhttp learns of it by an end of file, and on_listener_gone by evhttp: nothing is freed here. */
static void drop_stream(struct http_request *stream)
{
    struct bufferevent *bufferevent = evhttp_connection_get_bufferevent(stream->connection);

    stream->audience = 0;
    (void)shutdown(bufferevent_getfd(bufferevent), SHUT_RDWR);
}

void http_stream_send(struct http *http, unsigned audience, const char *text)
{
    for (struct http_request *stream = http == NULL ? NULL : http->streams; stream != NULL;
         stream = stream->next) {
        struct bufferevent *bufferevent = evhttp_connection_get_bufferevent(stream->connection);
        if ((stream->audience & audience) == 0)
            continue;
        if (evbuffer_get_length(bufferevent_get_output(bufferevent)) + strlen(text) > HTTP_STREAM_PENDING_MAX)
            drop_stream(stream);
        else
            send_chunk(stream, text);
    }
}

void http_stream_end(struct http *http, bool (*is_good)(void *context, int64_t key), void *context)
{
    for (struct http_request *stream = http == NULL ? NULL : http->streams; stream != NULL;
         stream = stream->next) {
        if (!is_good(context, stream->key))
            drop_stream(stream);
    }
}

static void beat(struct http *http, uint64_t now_ms)
{
    if (now_ms - http->beat_ms < HTTP_STREAM_BEAT_MS)
        return;
    http->beat_ms = now_ms;
    http_stream_send(http, ~0u, ":\n\n"); /* a comment */
}

/* True when it is done with. */
static bool look_after(struct connection *connection, uint64_t now_ms, uint64_t limit_ms)
{
    if (is_released(connection->bufferevent))
        return true;
    if (!connection->is_working && now_ms - connection->since_ms >= limit_ms)
        (void)shutdown(bufferevent_getfd(connection->bufferevent), SHUT_RDWR); /* evhttp frees it on EOF */
    return false;
}

/* Cut off who is too slow, and do so again while anybody is there. */
static void on_watch(evutil_socket_t fd, short what, void *context)
{
    static const struct timeval rest = {WATCH_REST_S, 0};
    struct http *http = context;
    uint64_t now_ms = clock_monotonic_ms();
    bool is_any = false, is_quick = false;

    (void)fd, (void)what;
    beat(http, now_ms);
    uint64_t limit_ms = find_connection(http, NULL) == NULL ? HTTP_CROWDED_DEADLINE_MS : HTTP_DEADLINE_MS;
    for (size_t i = 0; i < http->capacity; i++) {
        struct connection *connection = &http->connections[i];
        if (connection->bufferevent == NULL)
            continue;
        if (look_after(connection, now_ms, limit_ms)) {
            let_go(http, connection);
            continue;
        }
        is_any = true;
        is_quick = is_quick || !connection->is_working;
    }
    http->is_watch_quick = false;
    if (is_quick)
        watch_soon(http);
    else if (is_any)
        event_add(http->watch, &rest);
}

/* Requests, received --------------------------------------------------------------------------------------------- */

static enum http_method method_of(const struct evhttp_request *request)
{
    switch (evhttp_request_get_command(request)) {
    case EVHTTP_REQ_GET:
        return HTTP_METHOD_GET;
    case EVHTTP_REQ_POST:
        return HTTP_METHOD_POST;
    default:
        return HTTP_METHOD_OTHER;
    }
}

static const char *header_of(struct evhttp_request *request, const char *name)
{
    const char *value = evhttp_find_header(evhttp_request_get_input_headers(request), name);

    return value == NULL ? "" : value;
}

static const char *text_or_empty(const char *text)
{
    return text == NULL ? "" : text;
}

static unsigned uid_of(const struct http_request *request)
{
    int fd = bufferevent_getfd(evhttp_connection_get_bufferevent(request->connection));
    struct ucred peer;
    socklen_t size = sizeof peer;

    if (request->http->inode == 0 || getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0)
        return (unsigned)-1;
    return peer.uid;
}

static void hand_over(struct http *http, struct http_request *request, const char *body, size_t body_size)
{
    struct evhttp_request *evhttp_request = request->request;
    const struct evhttp_uri *uri = evhttp_request_get_evhttp_uri(evhttp_request);
    const struct http_message message = {
        .method = method_of(evhttp_request),
        .path = uri == NULL ? "" : text_or_empty(evhttp_uri_get_path(uri)),
        .query = uri == NULL ? "" : text_or_empty(evhttp_uri_get_query(uri)),
        .body = body,
        .body_size = body_size,
        .uid = uid_of(request),
        .host = header_of(evhttp_request, "Host"),
        .origin = header_of(evhttp_request, "Origin"),
        .site = header_of(evhttp_request, "Sec-Fetch-Site"),
        .authorization = header_of(evhttp_request, "Authorization"),
        .cookie = header_of(evhttp_request, "Cookie"),
        .if_none_match = header_of(evhttp_request, "If-None-Match"),
    };

    http->handler.on_request(http->handler.context, request, &message);
}

/* Two that disagree would be judged by one and believed by the other; so would a host in the path. */
static const char *find_contradiction(struct evhttp_request *request)
{
    static const char *const names[] = {"Host", "Origin", "Authorization", "Cookie", "Content-Length"};
    const struct evhttp_uri *uri = evhttp_request_get_evhttp_uri(request);
    const struct evkeyval *header;
    unsigned seen = 0;

    if (uri != NULL && evhttp_uri_get_host(uri) != NULL)
        return "{\"error\":\"the path names a host; begin it with /\"}";
    TAILQ_FOREACH(header, evhttp_request_get_input_headers(request), next)
    {
        for (unsigned i = 0; i < sizeof names / sizeof *names; i++) {
            if (strcasecmp(header->key, names[i]) != 0)
                continue;
            if ((seen & 1u << i) != 0)
                return "{\"error\":\"a header stands there twice\"}";
            seen |= 1u << i;
        }
    }
    return NULL;
}

static void on_evhttp_request(struct evhttp_request *evhttp_request, void *context)
{
    struct http *http = context;
    struct http_request *request = calloc(1, sizeof *request);
    struct evbuffer *input = evhttp_request_get_input_buffer(evhttp_request);
    size_t size = evbuffer_get_length(input);
    char *body = calloc(1, size + 1);

    if (request == NULL || body == NULL) {
        free(request);
        free(body);
        evhttp_send_error(evhttp_request, HTTP_SERVUNAVAIL, NULL);
        return;
    }
    evbuffer_remove(input, body, size);
    *request = (struct http_request){.next = http->requests,
                                     .http = http,
                                     .request = evhttp_request,
                                     .connection = evhttp_request_get_connection(evhttp_request)};
    http->requests = request;
    set_working(http, request->connection, true);
    evhttp_connection_set_closecb(request->connection, on_client_gone, http);
    const char *contradiction = find_contradiction(evhttp_request);
    if (contradiction != NULL)
        http_reply_json(request, HTTP_BADREQUEST, contradiction);
    else if (memchr(body, '\0', size) != NULL) /* what follows it would go unseen */
        http_reply_json(request, HTTP_BADREQUEST, "{\"error\":\"the body has a byte 0, which is no JSON\"}");
    else
        hand_over(http, request, body, size);
    free(body);
}

/* The socket ------------------------------------------------------------------------------------------------------ */

static bool is_anybody_listening(const struct sockaddr_un *address)
{
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    bool is_live = fd >= 0 && connect(fd, (const struct sockaddr *)address, sizeof *address) == 0;

    if (fd >= 0)
        close(fd);
    return is_live;
}

static enum store_status refuse(struct store_error *error, const char *path, const char *what)
{
    snprintf(error->text, sizeof error->text, "%s: %s", path, what);
    return STORE_REFUSED;
}

/* Only a socket that nobody listens at gives way; any other file is somebody's. */
static enum store_status clear_the_way(const struct sockaddr_un *address, struct store_error *error)
{
    const char *path = address->sun_path;
    struct stat status;

    if (lstat(path, &status) != 0)
        return errno == ENOENT ? STORE_OK : refuse(error, path, strerror(errno));
    if (!S_ISSOCK(status.st_mode))
        return refuse(error, path, "there is a file that is no socket; give another socket=");
    if (is_anybody_listening(address))
        return refuse(error, path, "another bynamed listens here; stop it, or give another socket=");
    return unlink(path) == 0 ? STORE_OK : refuse(error, path, strerror(errno));
}

static enum store_status bind_socket(struct http *http, int *fd, struct store_error *error)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    struct stat status;

    memcpy(address.sun_path, http->path, sizeof address.sun_path);
    if (clear_the_way(&address, error) != STORE_OK)
        return STORE_REFUSED;
    *fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (*fd < 0)
        return refuse(error, http->path, strerror(errno));
    mode_t mask = umask(0117);
    bool is_bound = bind(*fd, (const struct sockaddr *)&address, sizeof address) == 0;
    int saved = errno;
    umask(mask);
    if (!is_bound) {
        close(*fd);
        return refuse(error, http->path,
                      saved == ENOENT ? "its folder does not exist; make it, or give another socket="
                                      : strerror(saved));
    }
    if (lstat(http->path, &status) == 0)
        http->inode = status.st_ino;
    return STORE_OK;
}

/* Not when somebody else put a file there since. */
static void remove_socket(const struct http *http)
{
    struct stat status;

    if (http->inode != 0 && lstat(http->path, &status) == 0 && status.st_ino == http->inode)
        (void)unlink(http->path);
}

/* Takes fd, also when it fails. */
static bool set_up_evhttp(struct http *http, int fd)
{
    http->evhttp = evhttp_new(http->base);
    if (http->evhttp == NULL) {
        close(fd);
        return false;
    }
    evhttp_set_max_headers_size(http->evhttp, HTTP_HEADERS_SIZE_MAX);
    evhttp_set_max_body_size(http->evhttp, HTTP_BODY_SIZE_MAX);
    evhttp_set_allowed_methods(http->evhttp, EVHTTP_REQ_GET | EVHTTP_REQ_POST | EVHTTP_REQ_HEAD |
                                                 EVHTTP_REQ_PUT | EVHTTP_REQ_DELETE | EVHTTP_REQ_OPTIONS |
                                                 EVHTTP_REQ_PATCH);
    evhttp_set_gencb(http->evhttp, on_evhttp_request, http);
    evhttp_set_bevcb(http->evhttp, on_accepted, http);
    struct evconnlistener *listener = evconnlistener_new(
        http->base, NULL, NULL, LEV_OPT_CLOSE_ON_FREE | LEV_OPT_CLOSE_ON_EXEC, BACKLOG, fd);
    if (listener == NULL) {
        close(fd);
        return false;
    }
    if (evhttp_bind_listener(http->evhttp, listener) == NULL) {
        evconnlistener_free(listener);
        return false;
    }
    http->listener = listener;
    return evconnlistener_enable(listener) == 0; /* evhttp does not look whether it could */
}

static struct http *create(struct event_base *base, const char *where, size_t capacity,
                           const struct http_handler *handler)
{
    struct http *http = calloc(1, sizeof *http);

    if (http == NULL)
        return NULL;
    http->watch = evtimer_new(base, on_watch, http);
    if (http->watch == NULL) {
        free(http);
        return NULL;
    }
    http->base = base;
    http->capacity = capacity;
    http->handler = *handler;
    snprintf(http->path, sizeof http->path, "%s", where);
    return http;
}

/* fd is bound, or -1 when that was refused. */
static enum store_status listen_at(struct http *http, int fd, enum store_status status, struct http **result,
                                   struct store_error *error)
{
    if (status == STORE_OK && !set_up_evhttp(http, fd))
        status = refuse(error, http->path, "cannot listen");
    if (status == STORE_OK) {
        *result = http;
        return STORE_OK;
    }
    if (http->evhttp != NULL)
        evhttp_free(http->evhttp);
    remove_socket(http);
    event_free(http->watch);
    free(http);
    return status;
}

enum store_status http_open(struct event_base *base, const char *path, const struct http_handler *handler,
                            struct http **result, struct store_error *error)
{
    struct http *http = create(base, path, SOCKET_CONNECTIONS_MAX, handler);
    int fd = -1;

    *result = NULL;
    error->text[0] = '\0';
    if (http == NULL)
        return refuse(error, path, "out of memory");
    enum store_status status = bind_socket(http, &fd, error);
    return listen_at(http, fd, status, result, error);
}

/* TCP ------------------------------------------------------------------------------------------------------------- */

static bool fill_address(const char *text, uint16_t port, struct sockaddr_storage *address, socklen_t *size)
{
    struct sockaddr_in *ipv4 = (struct sockaddr_in *)address;
    struct sockaddr_in6 *ipv6 = (struct sockaddr_in6 *)address;

    memset(address, 0, sizeof *address);
    if (inet_pton(AF_INET, text, &ipv4->sin_addr) == 1) {
        ipv4->sin_family = AF_INET;
        ipv4->sin_port = htons(port);
        *size = sizeof *ipv4;
        return true;
    }
    ipv6->sin6_family = AF_INET6;
    ipv6->sin6_port = htons(port);
    *size = sizeof *ipv6;
    return inet_pton(AF_INET6, text, &ipv6->sin6_addr) == 1;
}

static uint16_t port_of(const struct sockaddr_storage *address)
{
    return ntohs(address->ss_family == AF_INET ? ((const struct sockaddr_in *)address)->sin_port
                                               : ((const struct sockaddr_in6 *)address)->sin6_port);
}

static enum store_status bind_tcp(struct http *http, uint16_t port, int *fd, struct store_error *error)
{
    struct sockaddr_storage address;
    socklen_t size;
    const int yes = 1, send_buffer = SEND_BUFFER;

    if (!fill_address(http->path, port, &address, &size))
        return refuse(error, http->path, "is no address");
    *fd = socket(address.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (*fd < 0)
        return refuse(error, http->path,
                      errno == EAFNOSUPPORT || errno == EPERM
                          ? "this service may not use the network; see daemon/dist/http.conf"
                          : strerror(errno));
    (void)setsockopt(*fd, SOL_SOCKET, SO_REUSEADDR, &yes,
                     sizeof yes); /* a restart need not wait for old connections */
    (void)setsockopt(*fd, SOL_SOCKET, SO_SNDBUF, &send_buffer,
                     sizeof send_buffer); /* connections inherit it (tcp(7)) */
    if (bind(*fd, (struct sockaddr *)&address, size) != 0 ||
        getsockname(*fd, (struct sockaddr *)&address, &size) != 0) {
        int saved = errno;
        close(*fd);
        return refuse(error, http->path,
                      saved == EADDRINUSE ? "another program listens at this port; give another"
                                          : strerror(saved));
    }
    http->port = port_of(&address);
    return STORE_OK;
}

enum store_status http_open_tcp(struct event_base *base, const struct http_place *place,
                                const struct http_handler *handler, struct http **result,
                                struct store_error *error)
{
    struct http *http = create(base, place->address, HTTP_CONNECTIONS_MAX, handler);
    int fd = -1;

    *result = NULL;
    error->text[0] = '\0';
    if (http == NULL)
        return refuse(error, place->address, "out of memory");
    http->tls = place->tls;
    enum store_status status = bind_tcp(http, place->port, &fd, error);
    return listen_at(http, fd, status, result, error);
}

uint16_t http_port(const struct http *http)
{
    return http->port;
}

/* Ending ---------------------------------------------------------------------------------------------------------- */

void http_stop_listening(struct http *http)
{
    if (http == NULL || http->listener == NULL)
        return;
    evconnlistener_disable(http->listener);
    http->listener = NULL;
    remove_socket(http);
    http->inode = 0;
}

bool http_is_busy(const struct http *http)
{
    return http != NULL && http->requests != NULL;
}

void http_close(struct http *http)
{
    if (http == NULL)
        return;
    http_stop_listening(http);
    for (struct http_request *request = http->requests, *next; request != NULL; request = next) {
        next = request->next;
        if (request->request != NULL)
            evhttp_connection_set_closecb(request->connection, NULL, NULL);
        free(request);
    }
    for (struct http_request *stream = http->streams, *next; stream != NULL; stream = next) {
        next = stream->next;
        evhttp_connection_set_closecb(stream->connection, NULL, NULL);
        free(stream);
    }
    evhttp_free(http->evhttp);
    for (size_t i = 0; i < http->capacity; i++) {
        if (http->connections[i].bufferevent != NULL)
            bufferevent_decref(http->connections[i].bufferevent);
    }
    event_free(http->watch);
    free(http);
}
