/* SPDX-License-Identifier: MIT */
#include "front.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/log.h"
#include "daemon/web.h"

#define API_PREFIX "/api/"

enum {
    STATUS_OK = 200,
    STATUS_NOT_MODIFIED = 304,
    STATUS_UNAUTHORIZED = 401,
    STATUS_FORBIDDEN = 403,
    STATUS_NOT_FOUND = 404,
    STATUS_WRONG_METHOD = 405,
    STATUS_MISDIRECTED = 421
};

struct front {
    struct access *access;
    struct web *web;
};

struct front *front_create(const struct config_http *config, uint16_t port)
{
    struct front *front = calloc(1, sizeof *front);

    if (front == NULL)
        return NULL;
    front->access = access_create(config, port);
    front->web = web_create();
    if (front->access == NULL || front->web == NULL) {
        front_destroy(front);
        return NULL;
    }
    if (!web_has_chart(front->web))
        log_line(LOG_LEVEL_WARNING,
                 "pages show no charts: there is no " WEB_CHART_FILE " (Debian package libjs-chart.js)");
    return front;
}

void front_destroy(struct front *front)
{
    if (front == NULL)
        return;
    web_destroy(front->web);
    access_destroy(front->access);
    free(front);
}

void front_set_tokens(struct front *front, const struct token_list *list)
{
    access_set_tokens(front->access, list);
}

bool front_knows_token(const struct front *front, int64_t token)
{
    return access_knows(front->access, token);
}

const char *front_origin(const struct front *front)
{
    return access_origin(front->access);
}

/* Answers -------------------------------------------------------------------------------------------------------- */

static const char *title_of(int status)
{
    switch (status) {
    case STATUS_UNAUTHORIZED:
        return "This page is private";
    case STATUS_NOT_FOUND:
        return "There is nothing here";
    default:
        return "This cannot be shown";
    }
}

/* To a program as JSON, to a person as a page. reason has nothing of the request in it, and no markup. */
static void refuse(struct http_request *request, bool is_api, int status, const char *reason)
{
    char body[1024];

    if (is_api)
        snprintf(body, sizeof body, "{\"error\":\"%s\"}", reason);
    else
        snprintf(
            body, sizeof body,
            "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">"
            "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"><title>byname: "
            "%s</title>"
            "<link rel=\"icon\" href=\"/icon.svg\"><link rel=\"stylesheet\" href=\"/style.css\"></head>\n"
            "<body class=\"refusal\"><main class=\"card\"><img src=\"/icon.svg\" "
            "alt=\"\"><h1>%s</h1><p>%c%s.</p></main>"
            "</body></html>\n",
            title_of(status), title_of(status), toupper((unsigned char)reason[0]), reason + 1);
    const struct http_answer answer = {
        .status = status,
        .type = is_api ? "application/json" : "text/html; charset=utf-8",
        .body = body,
        .size = strlen(body),
    };
    http_reply(request, &answer);
}

static const char *page_of(enum token_scope scope)
{
    switch (scope) {
    case TOKEN_STAFF:
        return "/staff.html";
    case TOKEN_BOARD:
        return "/board.html";
    default:
        return "/";
    }
}

static void refuse_token(struct http_request *request, bool is_api)
{
    refuse(request, is_api, STATUS_UNAUTHORIZED,
           "this needs a token that is good: open the private link that you were given; 'byname token "
           "create' prints one");
}

/* A private link becomes a cookie, and the token leaves the address bar. Not by a redirect: a browser that came here from
 * another site's link would not send a SameSite=Strict cookie along it. */
static void enter(const struct front *front, struct http_request *request, const struct http_message *message)
{
    static const char key[] = "token=";
    char body[320], cookie[ACCESS_COOKIE_SIZE_MAX];
    const char *token = message->query + strlen(key);
    struct access_who who;

    if (strncmp(message->query, key, strlen(key)) != 0 || !access_find(front->access, token, &who)) {
        refuse_token(request, false);
        return;
    }
    access_cookie(front->access, token, cookie, sizeof cookie);
    snprintf(body, sizeof body,
             "<!doctype html>\n<html lang=\"en\"><meta charset=\"utf-8\"><title>byname</title>\n"
             "<link rel=\"icon\" href=\"/icon.svg\">"
             "<meta http-equiv=\"refresh\" content=\"0;url=%s\"><p><a href=\"%s\">byname</a></p></html>\n",
             page_of(who.scope), page_of(who.scope));
    const struct http_answer answer = {.status = STATUS_OK,
                                       .type = "text/html; charset=utf-8",
                                       .body = body,
                                       .size = strlen(body),
                                       .cookie = cookie};
    http_reply(request, &answer);
}

static void send_file(const struct front *front, struct http_request *request,
                      const struct http_message *message)
{
    const struct web_file *file = web_find(front->web, message->path);

    if (message->method != HTTP_METHOD_GET) {
        refuse(request, false, STATUS_WRONG_METHOD, "this path takes GET");
        return;
    }
    if (file == NULL) {
        refuse(request, false, STATUS_NOT_FOUND, "there is no such page");
        return;
    }
    bool is_known = strcmp(message->if_none_match, file->etag) == 0;
    const struct http_answer answer = {
        .status = is_known ? STATUS_NOT_MODIFIED : STATUS_OK,
        .type = file->type,
        .body = file->bytes,
        .size = is_known ? 0 : file->size,
        .etag = file->etag,
    };
    http_reply(request, &answer);
}

/* What a refusal is dressed in, which whoever is refused must be able to load. */
static bool is_of_refusals(const struct http_message *message)
{
    return message->method == HTTP_METHOD_GET &&
           (strcmp(message->path, "/style.css") == 0 || strcmp(message->path, "/icon.svg") == 0);
}

bool front_answer(const struct front *front, struct http_request *request, const struct http_message *message,
                  struct access_who *who)
{
    bool is_api = strncmp(message->path, API_PREFIX, strlen(API_PREFIX)) == 0 ||
                  strcmp(message->path, FRONT_METRICS_PATH) == 0;
    const struct access_request access_request = {
        .is_write = message->method != HTTP_METHOD_GET,
        .is_api = is_api,
        .host = message->host,
        .origin = message->origin,
        .site = message->site,
        .authorization = message->authorization,
        .cookie = message->cookie,
    };

    if (strcmp(message->path, FRONT_LINK_PATH) == 0 && message->method == HTTP_METHOD_GET &&
        access_is_our_host(front->access, message->host)) {
        enter(front, request, message);
        return true;
    }
    switch (access_judge(front->access, &access_request, who)) {
    case ACCESS_GRANTED:
        if (is_api)
            return false;
        send_file(front, request, message);
        break;
    case ACCESS_WRONG_HOST:
        refuse(request, is_api, STATUS_MISDIRECTED,
               "this host has another name: names= in bynamed.conf lists them");
        break;
    case ACCESS_CROSS_SITE:
        refuse(request, is_api, STATUS_FORBIDDEN, "another site may not ask this: open the page itself");
        break;
    case ACCESS_NO_TOKEN:
        if (is_of_refusals(message))
            send_file(front, request, message);
        else
            refuse_token(request, is_api);
        break;
    }
    return true;
}
