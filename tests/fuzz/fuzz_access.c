/* SPDX-License-Identifier: MIT
 *
 * fuzz_access.c - the headers of any request over TCP: nobody is let in without the token, whole, by its own header or
 * cookie, to a host of ours, from no other site.
 *
 * The input is up to six lines: w for a write and a for the API, Host, Origin, Sec-Fetch-Site, Authorization, Cookie.
 */
#include "daemon/access.h"
#include "fuzz.h"

#define TOKEN "0123456789abcdef0123456789abcdef"
#define LINES 6
#define LINE_SIZE_MAX 1024

static const struct config_http configs[] = {
    {.address = "127.0.0.1", .port = 8080, .names = "byname.example counter", .is_loopback = true},
    {.address = "::1", .port = 8080, .is_ipv6 = true, .is_loopback = true},
    {.address = "192.0.2.7", .port = 443, .certificate = "/c", .key = "/k"},
};

static struct access *make(const struct config_http *config)
{
    struct access *access = access_create(config, config->port);
    struct token_list list = {.count = 1, .tokens = {{.id = 1, .scope = TOKEN_MANAGER}}};

    FUZZ_MUST(access != NULL);
    FUZZ_MUST(token_hash(TOKEN, strlen(TOKEN), list.tokens[0].hash));
    access_set_tokens(access, &list);
    return access;
}

static void judge(const struct config_http *config, const struct access_request *request)
{
    struct access *access = make(config);
    struct access_who who;
    enum access_verdict verdict = access_judge(access, request, &who);

    FUZZ_MUST((verdict == ACCESS_GRANTED) == (who.scope == TOKEN_MANAGER));
    if (verdict == ACCESS_GRANTED) {
        const char *by = request->authorization[0] != '\0' ? request->authorization : request->cookie;
        FUZZ_MUST(strstr(by, TOKEN) != NULL);
        FUZZ_MUST(access_is_our_host(access, request->host));
        FUZZ_MUST(request->origin[0] == '\0' || strncmp(request->origin, "http", 4) == 0);
        FUZZ_MUST(!request->is_write || request->origin[0] != '\0' || request->authorization[0] != '\0');
        FUZZ_MUST(strcmp(request->site, "cross-site") != 0 || (!request->is_api && !request->is_write));
    }
    FUZZ_MUST(access_find(access, request->cookie, &who) == (strcmp(request->cookie, TOKEN) == 0));
    access_destroy(access);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fuzz_input input = {data, size};
    static char lines[LINES][LINE_SIZE_MAX];

    for (size_t i = 0; i < LINES; i++)
        fuzz_line(&input, lines[i], LINE_SIZE_MAX);
    const struct access_request request = {
        .is_write = strchr(lines[0], 'w') != NULL,
        .is_api = strchr(lines[0], 'a') != NULL,
        .host = lines[1],
        .origin = lines[2],
        .site = lines[3],
        .authorization = lines[4],
        .cookie = lines[5],
    };
    for (size_t i = 0; i < sizeof configs / sizeof *configs; i++)
        judge(&configs[i], &request);
    return 0;
}
