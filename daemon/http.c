/* SPDX-License-Identifier: MIT */
#include "http.h"

#include <errno.h>
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <event2/http.h>
#include <event2/keyvalq_struct.h>
#include <event2/listener.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "daemon/clock.h"

#define BACKLOG 64

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
};

struct http {
    struct event_base *base;
    struct evhttp *evhttp;
    struct evconnlistener *listener;
    char path[sizeof ((struct sockaddr_un *)0)->sun_path];
    ino_t inode; /* of our socket file */
    http_on_request *on_request;
    void *context;
    struct connection connections[HTTP_CONNECTIONS_MAX];
    struct http_request *requests;
};

/* Connections ---------------------------------------------------------------------------------------------------- */

static struct connection *find_connection(struct http *http, const struct bufferevent *bufferevent)
{
    for (size_t i = 0; i < HTTP_CONNECTIONS_MAX; i++) {
        if (http->connections[i].bufferevent == bufferevent)
            return &http->connections[i];
    }
    return NULL;
}

static struct bufferevent *on_accepted(struct event_base *base, void *context)
{
    struct http *http = context;
    struct connection *connection = find_connection(http, NULL);
    struct bufferevent *bufferevent = bufferevent_socket_new(base, -1, BEV_OPT_CLOSE_ON_FREE);

    if (bufferevent == NULL || connection == NULL)
        return bufferevent;
    bufferevent_incref(bufferevent);
    *connection = (struct connection){bufferevent, false, clock_monotonic_ms()};
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

void http_tick(struct http *http)
{
    uint64_t now_ms = clock_monotonic_ms();

    for (size_t i = 0; i < HTTP_CONNECTIONS_MAX; i++) {
        struct connection *connection = &http->connections[i];
        if (connection->bufferevent == NULL)
            continue;
        if (is_released(connection->bufferevent)) {
            bufferevent_decref(connection->bufferevent);
            *connection = (struct connection){0};
            if (http->listener != NULL)
                evconnlistener_enable(http->listener);
        } else if (!connection->is_working && now_ms - connection->since_ms >= HTTP_DEADLINE_MS) {
            (void)shutdown(bufferevent_getfd(connection->bufferevent), SHUT_RDWR); /* evhttp frees it on EOF */
        }
    }
}

static void set_working(struct http *http, struct evhttp_connection *evhttp_connection, bool is_working)
{
    struct connection *connection =
        find_connection(http, evhttp_connection_get_bufferevent(evhttp_connection));

    if (connection == NULL)
        return;
    connection->is_working = is_working;
    connection->since_ms = clock_monotonic_ms();
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

static void forget(struct http_request *request)
{
    struct http_request **link = &request->http->requests;

    while (*link != request)
        link = &(*link)->next;
    *link = request->next;
    free(request);
}

void http_reply(struct http_request *request, int status, const char *json)
{
    struct evhttp_request *evhttp_request = request->request;

    if (evhttp_request != NULL) {
        struct evkeyvalq *headers = evhttp_request_get_output_headers(evhttp_request);
        evhttp_add_header(headers, "Content-Type", "application/json");
        evhttp_add_header(headers, "Connection", "close");
        evbuffer_add(evhttp_request_get_output_buffer(evhttp_request), json, strlen(json));
        set_working(request->http, request->connection, false);
        evhttp_connection_set_closecb(request->connection, NULL, NULL);
        evhttp_send_reply(evhttp_request, status, NULL, NULL);
    }
    forget(request);
}

static void hand_over(struct http *http, struct http_request *request, const char *body, size_t body_size)
{
    struct evhttp_request *evhttp_request = request->request;
    const struct evhttp_uri *uri = evhttp_request_get_evhttp_uri(evhttp_request);
    const char *query = uri == NULL ? NULL : evhttp_uri_get_query(uri);
    const char *path = uri == NULL ? NULL : evhttp_uri_get_path(uri);
    const struct http_message message = {
        .is_post = evhttp_request_get_command(evhttp_request) == EVHTTP_REQ_POST,
        .path = path == NULL ? "" : path,
        .query = query == NULL ? "" : query,
        .body = body,
        .body_size = body_size,
    };

    http->on_request(http->context, request, &message);
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
    *request = (struct http_request){http->requests, http, evhttp_request,
                                     evhttp_request_get_connection(evhttp_request)};
    http->requests = request;
    set_working(http, request->connection, true);
    evhttp_connection_set_closecb(request->connection, on_client_gone, http);
    if (memchr(body, '\0', size) != NULL) /* what follows it would go unseen */
        http_reply(request, HTTP_BADREQUEST, "{\"error\":\"the body has a byte 0, which is no JSON\"}");
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
    snprintf(error->text, sizeof error->text, "socket %s: %s", path, what);
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

static bool set_up_evhttp(struct http *http, int fd)
{
    http->evhttp = evhttp_new(http->base);
    if (http->evhttp == NULL)
        return false;
    evhttp_set_max_headers_size(http->evhttp, HTTP_HEADERS_SIZE_MAX);
    evhttp_set_max_body_size(http->evhttp, HTTP_BODY_SIZE_MAX);
    evhttp_set_allowed_methods(http->evhttp, EVHTTP_REQ_GET | EVHTTP_REQ_POST);
    evhttp_set_gencb(http->evhttp, on_evhttp_request, http);
    evhttp_set_bevcb(http->evhttp, on_accepted, http);
    struct evconnlistener *listener = evconnlistener_new(
        http->base, NULL, NULL, LEV_OPT_CLOSE_ON_FREE | LEV_OPT_CLOSE_ON_EXEC, BACKLOG, fd);
    if (listener == NULL)
        return false;
    if (evhttp_bind_listener(http->evhttp, listener) == NULL) {
        evconnlistener_free(listener);
        return false;
    }
    http->listener = listener;
    return true;
}

enum store_status http_open(struct event_base *base, const char *path, http_on_request *on_request, void *context,
                            struct http **result, struct store_error *error)
{
    struct http *http = calloc(1, sizeof *http);
    enum store_status status = STORE_REFUSED;
    int fd = -1;

    *result = NULL;
    error->text[0] = '\0';
    if (http == NULL)
        return refuse(error, path, "out of memory");
    http->base = base;
    http->on_request = on_request;
    http->context = context;
    snprintf(http->path, sizeof http->path, "%s", path);
    status = bind_socket(http, &fd, error);
    if (status != STORE_OK)
        goto fail;
    if (!set_up_evhttp(http, fd)) {
        status = refuse(error, path, "cannot listen");
        goto fail;
    }
    *result = http;
    return STORE_OK;
fail:
    if (http->evhttp != NULL)
        evhttp_free(http->evhttp);
    remove_socket(http);
    free(http);
    return status;
}

void http_stop_listening(struct http *http)
{
    if (http->listener == NULL)
        return;
    evconnlistener_disable(http->listener);
    http->listener = NULL;
    remove_socket(http);
    http->inode = 0;
}

bool http_is_busy(const struct http *http)
{
    return http->requests != NULL;
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
    evhttp_free(http->evhttp);
    for (size_t i = 0; i < HTTP_CONNECTIONS_MAX; i++) {
        if (http->connections[i].bufferevent != NULL)
            bufferevent_decref(http->connections[i].bufferevent);
    }
    free(http);
}
