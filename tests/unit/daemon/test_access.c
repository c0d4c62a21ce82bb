/* SPDX-License-Identifier: MIT */
#include "tests/unit/cmocka_first.h"

#include <string.h>

#include "daemon/access.h"

#define GOOD "0123456789abcdef0123456789abcdef"

static const struct config_http loopback = {.address = "127.0.0.1", .port = 8080, .is_loopback = true};
static const struct config_http loopback6 = {
    .address = "::1", .port = 8080, .is_ipv6 = true, .is_loopback = true};
static const struct config_http public_tls = {.address = "192.0.2.7",
                                              .port = 443,
                                              .names = "byname.example counter",
                                              .certificate = "/c.pem",
                                              .key = "/k.pem"};

static struct access *make(const struct config_http *config)
{
    struct access *access = access_create(config, config->port);
    struct token_list list = {.count = 1, .tokens = {{.id = 7, .scope = TOKEN_STAFF, .staff = 3}}};

    assert_non_null(access);
    assert_true(token_hash(GOOD, strlen(GOOD), list.tokens[0].hash));
    access_set_tokens(access, &list);
    return access;
}

static const struct access_request plain = {
    .is_api = true, .host = "127.0.0.1:8080", .origin = "", .site = "", .authorization = "", .cookie = ""};

static void test_host_is_one_of_ours(void **state)
{
    static const struct {
        const struct config_http *config;
        const char *host;
        bool is_ours;
    } cases[] = {
        {&loopback, "127.0.0.1:8080", true},
        {&loopback, "localhost:8080", true},
        {&loopback, "LocalHost:8080", true},
        {&loopback, "", false},
        {&loopback, ":8080", false},
        {&loopback, "127.0.0.1", false},
        {&loopback, "127.0.0.1:80", false},
        {&loopback, "127.0.0.1:80801", false},
        {&loopback, "127.0.0.1:8080.evil.example", false},
        {&loopback, "evil.example:8080", false},
        {&loopback, "[::1]:8080", false},
        {&loopback, "[127.0.0.1]:8080", false},
        {&loopback6, "[::1]:8080", true},
        {&loopback6, "localhost:8080", true},
        {&loopback6, "[::1:8080", false},
        {&loopback6, "[::1]", false},
        {&loopback6, "::1:8080", false},
        {&public_tls, "192.0.2.7", true},
        {&public_tls, "192.0.2.7:443", true},
        {&public_tls, "byname.example", true},
        {&public_tls, "counter:443", true},
        {&public_tls, "localhost", false},
        {&public_tls, "byname.example counter", false},
        {&public_tls, "example", false},
        {&public_tls, "byname.example.", false},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct access *access = make(cases[i].config);
        if (access_is_our_host(access, cases[i].host) != cases[i].is_ours)
            fail_msg("%zu: '%s'", i, cases[i].host);
        access_destroy(access);
    }
}

static void test_token_comes_by_header_or_cookie_and_only_whole(void **state)
{
    static const struct {
        const char *authorization, *cookie;
        enum access_verdict verdict;
    } cases[] = {
        {"Bearer " GOOD, "", ACCESS_GRANTED},
        {"bearer " GOOD, "", ACCESS_GRANTED},
        {"", "byname-8080=" GOOD, ACCESS_GRANTED},
        {"", "a=b; byname-8080=" GOOD "; c=d", ACCESS_GRANTED},
        {"", "a=b;byname-8080=" GOOD, ACCESS_GRANTED},
        {"", "", ACCESS_NO_TOKEN},
        {"", "byname-8080=", ACCESS_NO_TOKEN},
        {"", "byname-8080", ACCESS_NO_TOKEN},
        {"", "xbyname-8080=" GOOD, ACCESS_NO_TOKEN},
        {"", "byname-8081=" GOOD, ACCESS_NO_TOKEN},
        {"", "byname-8080=" GOOD "0", ACCESS_NO_TOKEN},
        {"", "byname-8080=1; byname-8080=" GOOD, ACCESS_NO_TOKEN},
        {"", ";;; ; =;", ACCESS_NO_TOKEN},
        {GOOD, "", ACCESS_NO_TOKEN},
        {"Basic " GOOD, "", ACCESS_NO_TOKEN},
        {"Bearer ", "", ACCESS_NO_TOKEN},
        {"Bearer " GOOD " ", "", ACCESS_NO_TOKEN},
        {"Bearer 0123456789abcdef0123456789abcdee", "byname-8080=" GOOD, ACCESS_NO_TOKEN},
    };
    struct access *access = make(&loopback);
    struct access_who who;

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct access_request request = plain;
        request.authorization = cases[i].authorization;
        request.cookie = cases[i].cookie;
        if (access_judge(access, &request, &who) != cases[i].verdict)
            fail_msg("%zu: '%s' '%s'", i, cases[i].authorization, cases[i].cookie);
        assert_int_equal(who.scope, cases[i].verdict == ACCESS_GRANTED ? TOKEN_STAFF : TOKEN_SCOPE_COUNT);
        if (cases[i].verdict == ACCESS_GRANTED)
            assert_true(who.staff == 3 && who.token == 7);
    }
    access_destroy(access);
}

static void test_other_host_is_refused_whoever_asks(void **state)
{
    struct access *access = make(&loopback);
    struct access_request request = plain;
    struct access_who who;

    (void)state;
    request.authorization = "Bearer " GOOD;
    assert_int_equal(access_judge(access, &request, &who), ACCESS_GRANTED);
    request.host = "evil.example:8080";
    assert_int_equal(access_judge(access, &request, &who), ACCESS_WRONG_HOST);
    assert_int_equal(who.scope, TOKEN_SCOPE_COUNT);
    access_destroy(access);
}

static void test_other_sites_are_told_from_our_own(void **state)
{
    static const struct {
        bool is_write, is_api, is_by_cookie;
        const char *origin, *site;
        enum access_verdict verdict;
    } cases[] = {
        {true, true, true, "http://127.0.0.1:8080", "same-origin", ACCESS_GRANTED},
        {true, true, true, "http://127.0.0.1:8080", "", ACCESS_GRANTED},
        {true, true, true, "", "same-origin", ACCESS_CROSS_SITE},
        {true, true, true, "null", "", ACCESS_CROSS_SITE},
        {true, true, true, "http://evil.example", "cross-site", ACCESS_CROSS_SITE},
        {true, true, true, "https://127.0.0.1:8080", "", ACCESS_CROSS_SITE},
        {true, true, true, "http://127.0.0.1:9090", "same-site", ACCESS_CROSS_SITE},
        {true, true, false, "", "", ACCESS_GRANTED}, /* a script with a token */
        {true, true, false, "http://evil.example", "", ACCESS_CROSS_SITE},
        {false, true, true, "", "same-site", ACCESS_CROSS_SITE},
        {false, true, true, "", "cross-site", ACCESS_CROSS_SITE},
        {false, true, true, "", "none", ACCESS_GRANTED},
        {false, true, true, "http://evil.example", "", ACCESS_CROSS_SITE},
        {false, false, true, "", "cross-site", ACCESS_GRANTED}, /* a link to a page */
    };
    struct access *access = make(&loopback);
    struct access_who who;

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct access_request request = plain;
        request.is_write = cases[i].is_write;
        request.is_api = cases[i].is_api;
        request.origin = cases[i].origin;
        request.site = cases[i].site;
        request.authorization = cases[i].is_by_cookie ? "" : "Bearer " GOOD;
        request.cookie = cases[i].is_by_cookie ? "byname-8080=" GOOD : "";
        if (access_judge(access, &request, &who) != cases[i].verdict)
            fail_msg("%zu", i);
    }
    access_destroy(access);
}

static void test_revoked_token_opens_nothing(void **state)
{
    struct access *access = make(&loopback);
    const struct token_list none = {0};
    struct access_request request = plain;
    struct access_who who;

    (void)state;
    request.authorization = "Bearer " GOOD;
    assert_int_equal(access_judge(access, &request, &who), ACCESS_GRANTED);
    access_set_tokens(access, &none);
    assert_int_equal(access_judge(access, &request, &who), ACCESS_NO_TOKEN);
    access_destroy(access);
}

static void test_cookie_is_for_this_site_and_no_script(void **state)
{
    char text[ACCESS_COOKIE_SIZE_MAX];
    struct access *access = make(&public_tls);

    (void)state;
    access_cookie(access, GOOD, text, sizeof text);
    assert_string_equal(text,
                        "byname-443=" GOOD "; Path=/; Max-Age=7776000; HttpOnly; SameSite=Strict; Secure");
    assert_string_equal(access_origin(access), "https://byname.example:443");
    access_destroy(access);
    access = make(&loopback6);
    access_cookie(access, GOOD, text, sizeof text);
    assert_null(strstr(text, "Secure"));
    assert_string_equal(access_origin(access), "http://[::1]:8080");
    access_destroy(access);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_host_is_one_of_ours),
        cmocka_unit_test(test_token_comes_by_header_or_cookie_and_only_whole),
        cmocka_unit_test(test_other_host_is_refused_whoever_asks),
        cmocka_unit_test(test_other_sites_are_told_from_our_own),
        cmocka_unit_test(test_revoked_token_opens_nothing),
        cmocka_unit_test(test_cookie_is_for_this_site_and_no_script),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
