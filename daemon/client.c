/* SPDX-License-Identifier: MIT */
#include "client.h"

#include <curl/curl.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define HTTP_OK 200

struct exchange {
    const struct client_request *request;
    char *bytes;
    size_t size, capacity;
    unsigned told_s;
};

static size_t on_bytes(char *bytes, size_t one, size_t size, void *context)
{
    struct exchange *exchange = context;

    (void)one;
    if (exchange->size + size > CLIENT_REPLY_SIZE_MAX)
        return 0;
    if (exchange->size + size > exchange->capacity) {
        size_t capacity = (exchange->size + size) * 2;
        char *larger = realloc(exchange->bytes, capacity);
        if (larger == NULL)
            return 0;
        exchange->bytes = larger;
        exchange->capacity = capacity;
    }
    memcpy(exchange->bytes + exchange->size, bytes, size);
    exchange->size += size;
    return size;
}

static int on_progress(void *context, curl_off_t down_total, curl_off_t down, curl_off_t up_total,
                       curl_off_t up)
{
    struct exchange *exchange = context;

    (void)down_total, (void)down, (void)up_total, (void)up;
    exchange->told_s++;
    exchange->request->waiting(exchange->told_s);
    return 0;
}

/* The host in the URL is a word for the Host header: the socket is who answers. */
static void set_address(CURL *curl, const char *socket, const char *path)
{
    char url[4096];

    snprintf(url, sizeof url, "http://bynamed%s", path);
    curl_easy_setopt(curl, CURLOPT_UNIX_SOCKET_PATH, socket);
    curl_easy_setopt(curl, CURLOPT_URL, url); /* copied */
    curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http");
    curl_easy_setopt(curl, CURLOPT_PROXY, "");
    curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
}

static void set_up(CURL *curl, const struct client_request *request, struct exchange *exchange,
                   struct curl_slist *headers)
{
    set_address(curl, request->socket, request->path);
    curl_easy_setopt(curl, CURLOPT_TIMEOUT, (long)request->limit_s);
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, on_bytes);
    curl_easy_setopt(curl, CURLOPT_WRITEDATA, exchange);
    if (request->is_post) {
        curl_easy_setopt(curl, CURLOPT_POSTFIELDS, request->body == NULL ? "" : request->body);
        curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
    }
    if (request->waiting != NULL) {
        curl_easy_setopt(curl, CURLOPT_NOPROGRESS, 0L);
        curl_easy_setopt(curl, CURLOPT_XFERINFOFUNCTION, on_progress);
        curl_easy_setopt(curl, CURLOPT_XFERINFODATA, exchange);
    }
}

static void explain_unreachable(const char *socket, CURLcode code, long os_error, char *text)
{
    const char *advice = "is bynamed running? (systemctl status bynamed)";

    if (os_error == EACCES)
        advice = "you may not use it: run as root or join the socket's group";
    if (code == CURLE_OPERATION_TIMEDOUT)
        advice = "it takes too long to answer; see bynamed's log";
    if (code == CURLE_COULDNT_CONNECT && os_error != 0)
        snprintf(text, CLIENT_TEXT_SIZE_MAX, "cannot reach the daemon at %s: %s; %s", socket,
                 strerror((int)os_error), advice);
    else
        snprintf(text, CLIENT_TEXT_SIZE_MAX, "cannot reach the daemon at %s: %s; %s", socket,
                 curl_easy_strerror(code), advice);
}

static enum client_status judge(long http_status, const char *socket, json_t **reply, char *text)
{
    if (*reply != NULL && http_status == HTTP_OK)
        return CLIENT_OK;
    const char *reason = json_string_value(json_object_get(*reply, "error"));
    if (reason != NULL)
        snprintf(text, CLIENT_TEXT_SIZE_MAX, "%s", reason);
    else
        snprintf(text, CLIENT_TEXT_SIZE_MAX, "what listens at %s does not speak as bynamed does (status %ld)",
                 socket, http_status);
    enum client_status status = reason != NULL ? CLIENT_REFUSED : CLIENT_UNREACHABLE;
    json_decref(*reply);
    *reply = NULL;
    return status;
}

enum client_status client_perform(const struct client_request *request, json_t **reply,
                                  char text[CLIENT_TEXT_SIZE_MAX])
{
    struct exchange exchange = {.request = request};
    enum client_status status = CLIENT_UNREACHABLE;
    long http_status = 0, os_error = 0;

    *reply = NULL;
    snprintf(text, CLIENT_TEXT_SIZE_MAX, "out of memory");
    curl_global_init(CURL_GLOBAL_DEFAULT);
    struct curl_slist *headers = curl_slist_append(NULL, "Content-Type: application/json");
    CURL *curl = curl_easy_init();
    if (curl == NULL || headers == NULL)
        goto clean_up;
    set_up(curl, request, &exchange, headers);
    CURLcode code = curl_easy_perform(curl);
    curl_easy_getinfo(curl, CURLINFO_OS_ERRNO, &os_error);
    curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &http_status);
    if (code != CURLE_OK) {
        explain_unreachable(request->socket, code, os_error, text);
        goto clean_up;
    }
    *reply = json_loadb(exchange.bytes == NULL ? "" : exchange.bytes, exchange.size, 0, NULL);
    status = judge(http_status, request->socket, reply, text);
clean_up:
    free(exchange.bytes);
    curl_easy_cleanup(curl);
    curl_slist_free_all(headers);
    curl_global_cleanup();
    return status;
}

/* Streams -------------------------------------------------------------------------------------------------------- */

struct listener {
    client_on_bytes *hear;
    void *context;
};

static size_t on_stream(char *bytes, size_t one, size_t size, void *context)
{
    const struct listener *listener = context;

    (void)one;
    return listener->hear(listener->context, bytes, size) ? size : 0; /* 0 ends it */
}

void client_listen(const char *socket, const char *path, client_on_bytes *hear, void *context)
{
    struct listener listener = {hear, context};

    curl_global_init(CURL_GLOBAL_DEFAULT);
    CURL *curl = curl_easy_init();
    if (curl != NULL) {
        set_address(curl, socket, path);
        curl_easy_setopt(curl, CURLOPT_FAILONERROR, 1L);
        curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, on_stream);
        curl_easy_setopt(curl, CURLOPT_WRITEDATA, &listener);
        (void)curl_easy_perform(curl);
    }
    curl_easy_cleanup(curl);
    curl_global_cleanup();
}
