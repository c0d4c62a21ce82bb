/* SPDX-License-Identifier: MIT */
#include "access.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define BEARER "Bearer "

struct access {
    const struct config_http *config;
    bool is_tls;
    uint16_t port;
    char origin[ACCESS_ORIGIN_SIZE_MAX];
    char cookie_name
        [16]; /* with the port, of which cookies know nothing: another bynamed may be on this host */
    struct token_list tokens;
};

static void set_origin(struct access *access)
{
    const struct config_http *config = access->config;
    const char *scheme = access->is_tls ? "https" : "http";
    int size = (int)strcspn(config->names, " ");

    if (size > 0)
        snprintf(access->origin, sizeof access->origin, "%s://%.*s:%u", scheme, size, config->names,
                 (unsigned)access->port);
    else
        snprintf(access->origin, sizeof access->origin, config->is_ipv6 ? "%s://[%s]:%u" : "%s://%s:%u",
                 scheme, config->address, (unsigned)access->port);
}

struct access *access_create(const struct config_http *config, uint16_t port)
{
    struct access *access = calloc(1, sizeof *access);

    if (access == NULL)
        return NULL;
    access->config = config;
    access->is_tls = config->certificate[0] != '\0';
    access->port = port;
    set_origin(access);
    snprintf(access->cookie_name, sizeof access->cookie_name, "byname-%u", (unsigned)port);
    return access;
}

void access_destroy(struct access *access)
{
    free(access);
}

void access_set_tokens(struct access *access, const struct token_list *list)
{
    access->tokens = *list;
}

bool access_knows(const struct access *access, int64_t token)
{
    for (size_t i = 0; i < access->tokens.count; i++) {
        if (access->tokens.tokens[i].id == token)
            return true;
    }
    return false;
}

const char *access_origin(const struct access *access)
{
    return access->origin;
}

/* The host ------------------------------------------------------------------------------------------------------- */

static bool is_name(const char *name, const char *text, size_t size)
{
    return strlen(name) == size && strncasecmp(name, text, size) == 0;
}

static bool is_among_names(const char *names, const char *text, size_t size)
{
    while (*names != '\0') {
        size_t name_size = strcspn(names, " ");
        if (name_size == size && size > 0 && strncasecmp(names, text, size) == 0)
            return true;
        names += name_size + (names[name_size] == ' ');
    }
    return false;
}

/* HOST[:PORT] (RFC 9110, 7.2); a port that is not given is the scheme's. */
bool access_is_our_host(const struct access *access, const char *host)
{
    const struct config_http *config = access->config;
    bool is_bracketed = host[0] == '[';
    size_t size = is_bracketed ? strcspn(host, "]") : strcspn(host, ":");
    const char *name = host + is_bracketed, *after = host + size + (is_bracketed && host[size] == ']');
    char port[8];

    snprintf(port, sizeof port, ":%u", (unsigned)access->port);
    bool is_default = access->port == (access->is_tls ? 443 : 80) && *after == '\0';
    if (!is_default && strcmp(after, port) != 0)
        return false;
    size -= is_bracketed;
    if (is_bracketed)
        return config->is_ipv6 && is_name(config->address, name, size);
    return (!config->is_ipv6 && is_name(config->address, name, size)) ||
           (config->is_loopback && is_name("localhost", name, size)) ||
           is_among_names(config->names, name, size);
}

static bool is_our_origin(const struct access *access, const char *origin)
{
    const char *scheme = access->is_tls ? "https://" : "http://";
    size_t size = strlen(scheme);

    return strncmp(origin, scheme, size) == 0 && access_is_our_host(access, origin + size);
}

/* The token ------------------------------------------------------------------------------------------------------ */

static bool find(const struct access *access, const char *text, size_t size, struct access_who *who)
{
    uint8_t hash[TOKEN_HASH_SIZE];

    if (!token_hash(text, size, hash))
        return false;
    const struct token *token = token_find(&access->tokens, hash);
    if (token == NULL || size != TOKEN_TEXT_SIZE)
        return false;
    *who = (struct access_who){token->scope, token->staff, token->id};
    return true;
}

bool access_find(const struct access *access, const char *token, struct access_who *who)
{
    return find(access, token, strlen(token), who);
}

/* name=value; name=value (RFC 6265, 4.2.1). Of several of our name, which no browser sends, the first. */
static const char *cookie_value(const struct access *access, const char *cookie, size_t *size)
{
    size_t name_size = strlen(access->cookie_name);

    while (*cookie != '\0') {
        cookie += strspn(cookie, " ;");
        size_t pair = strcspn(cookie, ";");
        if (pair > name_size && memcmp(cookie, access->cookie_name, name_size) == 0 &&
            cookie[name_size] == '=') {
            *size = pair - name_size - 1;
            return cookie + name_size + 1;
        }
        cookie += pair;
    }
    return NULL;
}

void access_cookie(const struct access *access, const char *token, char *text, size_t capacity)
{
    snprintf(text, capacity, "%s=%.*s; Path=/; Max-Age=%d; HttpOnly; SameSite=Strict%s", access->cookie_name,
             TOKEN_TEXT_SIZE, token, ACCESS_COOKIE_DAYS * 86400, access->is_tls ? "; Secure" : "");
}

/* A browser names who asks: Origin with every write, and Sec-Fetch-Site with everything but to other hosts in the clear.
 * SameSite=Strict keeps the cookie from other sites; these keep it from other ports of this host, which are the same site. */
static bool is_cross_site(const struct access *access, const struct access_request *request,
                          bool is_by_cookie)
{
    bool is_own = strcmp(request->site, "same-origin") == 0 || strcmp(request->site, "none") == 0;

    if (request->origin[0] != '\0' && !is_our_origin(access, request->origin))
        return true;
    if (request->site[0] != '\0' && !is_own && (request->is_api || request->is_write))
        return true;
    return request->is_write && is_by_cookie && request->origin[0] == '\0';
}

enum access_verdict access_judge(const struct access *access, const struct access_request *request,
                                 struct access_who *who)
{
    bool is_by_cookie = request->authorization[0] == '\0';
    const char *text = request->authorization;
    size_t size = 0;

    *who = (struct access_who){TOKEN_SCOPE_COUNT, 0, 0};
    if (!access_is_our_host(access, request->host))
        return ACCESS_WRONG_HOST;
    if (is_cross_site(access, request, is_by_cookie))
        return ACCESS_CROSS_SITE;
    if (is_by_cookie) {
        text = cookie_value(access, request->cookie, &size);
    } else {
        bool is_bearer = strncasecmp(text, BEARER, strlen(BEARER)) == 0;
        text = is_bearer ? text + strlen(BEARER) : NULL;
        size = is_bearer ? strlen(text) : 0;
    }
    return text != NULL && find(access, text, size, who) ? ACCESS_GRANTED : ACCESS_NO_TOKEN;
}
