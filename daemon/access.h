/* SPDX-License-Identifier: MIT
 *
 * access.h - who is asking over TCP, judged by the headers of a request. Knows neither sockets nor the store.
 *
 * The loop's thread. All texts are borrowed for the call; bytes from outside are data, whatever they hold.
 */
#ifndef BYNAME_ACCESS_H
#define BYNAME_ACCESS_H

#include <stdbool.h>
#include <stdint.h>

#include "daemon/config.h"
#include "daemon/token.h"

#define ACCESS_ORIGIN_SIZE_MAX 320
#define ACCESS_COOKIE_DAYS 90
#define ACCESS_COOKIE_SIZE_MAX 160

struct access;

/* Headers; "" for one that is missing. */
struct access_request {
    bool is_write;             /* may change something */
    bool is_api;               /* data, not a page: nothing that another site has a reason to link to */
    const char *host;          /* Host */
    const char *origin;        /* Origin */
    const char *site;          /* Sec-Fetch-Site */
    const char *authorization; /* Authorization: Bearer TOKEN */
    const char *cookie;        /* Cookie: byname-PORT=TOKEN */
};

enum access_verdict {
    ACCESS_GRANTED,
    ACCESS_WRONG_HOST, /* a name that is none of ours: somebody's DNS points at us */
    ACCESS_CROSS_SITE, /* another site's page asks in the name of who looks at it */
    ACCESS_NO_TOKEN,   /* none, a wrong one or a revoked one: they are not told apart */
};

/* Whom a granted request comes from. */
struct access_who {
    enum token_scope scope;
    uint16_t staff;
    int64_t token;
};

/* config is borrowed; port is the one that is open. NULL when out of memory. */
struct access *access_create(const struct config_http *config, uint16_t port);
void access_destroy(struct access *access); /* may be NULL */

void access_set_tokens(struct access *access, const struct token_list *list);
bool access_knows(const struct access *access, int64_t token); /* that it is still good */

enum access_verdict access_judge(const struct access *access, const struct access_request *request,
                                 struct access_who *who);

/* Whose token that text is. Of a Host that is not ours say no first, with access_is_our_host. */
bool access_find(const struct access *access, const char *token, struct access_who *who);
bool access_is_our_host(const struct access *access, const char *host);

/* "https://byname.example.org:8443", as links and the browser's Origin have it. */
const char *access_origin(const struct access *access);

/* The value of Set-Cookie that carries this token. */
void access_cookie(const struct access *access, const char *token, char *text, size_t capacity);

#endif
