/* SPDX-License-Identifier: MIT */
#include "tls.h"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "daemon/log.h"

/* Which file it is, and as of when; all 0 when there is none. */
struct stamp {
    dev_t device;
    ino_t inode;
    struct timespec changed;
};

struct tls {
    const char *certificate, *key;
    SSL_CTX *context;
    struct stamp stamps[2]; /* of what is loaded */
    uint64_t looked_ms;
    char problem[STORE_TEXT_MAX];
    enum tls_dates dates;
    char sentence[STORE_TEXT_MAX]; /* on the dates */
};

/* Asked for a passphrase, OpenSSL would ask the terminal, and a daemon wait there. */
static int on_passphrase(char *text, int capacity, int is_writing, void *context)
{
    (void)text, (void)capacity, (void)is_writing, (void)context;
    return 0;
}

static enum store_status refuse(struct store_error *error, const char *path, const char *what)
{
    unsigned long first = ERR_peek_error(), last = ERR_peek_last_error();
    const char *reason = last == 0 ? NULL : ERR_reason_error_string(last);

    if (ERR_SYSTEM_ERROR(first)) /* no such file: what follows only says that the system said so */
        reason = strerror(ERR_GET_REASON(first));
    snprintf(error->text, sizeof error->text, "%.140s: %s%s%s", path, what, reason == NULL ? "" : ": ",
             reason == NULL ? "" : reason);
    ERR_clear_error();
    return STORE_REFUSED;
}

static enum store_status read_files(SSL_CTX *tls, const char *certificate, const char *key,
                                    struct store_error *error)
{
    if (SSL_CTX_use_certificate_chain_file(tls, certificate) != 1)
        return refuse(error, certificate, "cannot use this certificate");
    if (SSL_CTX_use_PrivateKey_file(tls, key, SSL_FILETYPE_PEM) != 1)
        return refuse(error, key, "cannot use this key");
    return SSL_CTX_check_private_key(tls) == 1 ? STORE_OK
                                               : refuse(error, key, "is not the certificate's key");
}

static enum store_status load(const char *certificate, const char *key, SSL_CTX **result,
                              struct store_error *error)
{
    SSL_CTX *context = SSL_CTX_new(TLS_server_method());
    enum store_status status;

    *result = NULL;
    error->text[0] = '\0';
    ERR_clear_error();
    if (context == NULL || SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION) != 1) {
        SSL_CTX_free(context);
        return refuse(error, certificate, "OpenSSL does not start");
    }
    SSL_CTX_set_options(context,
                        SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION | SSL_OP_CIPHER_SERVER_PREFERENCE);
    SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS);
    SSL_CTX_set_default_passwd_cb(context, on_passphrase);
    status = read_files(context, certificate, key, error);
    if (status == STORE_OK)
        *result = context;
    else
        SSL_CTX_free(context);
    return status;
}

static struct stamp stamp_of(const char *path)
{
    struct stat status;

    if (stat(path, &status) != 0)
        return (struct stamp){0};
    return (struct stamp){status.st_dev, status.st_ino, status.st_mtim};
}

static bool is_same(const struct stamp *a, const struct stamp *b)
{
    return a->device == b->device && a->inode == b->inode && a->changed.tv_sec == b->changed.tv_sec &&
           a->changed.tv_nsec == b->changed.tv_nsec;
}

void tls_destroy(struct tls *tls)
{
    if (tls == NULL)
        return;
    SSL_CTX_free(tls->context);
    free(tls);
}

SSL_CTX *tls_context(const struct tls *tls)
{
    return tls->context;
}

const char *tls_problem(const struct tls *tls)
{
    return tls == NULL || tls->problem[0] == '\0' ? NULL : tls->problem;
}

/* Dates ----------------------------------------------------------------------------------------------------------- */

#define DAY_S 86400

static time_t seconds_of(const ASN1_TIME *time)
{
    struct tm parts;

    return ASN1_TIME_to_tm(time, &parts) == 1 ? timegm(&parts) : 0;
}

static enum tls_dates judge_dates(SSL_CTX *context, time_t now, char *sentence, size_t size)
{
    const X509 *certificate = SSL_CTX_get0_certificate(context);
    time_t begin = seconds_of(X509_get0_notBefore(certificate)),
           end = seconds_of(X509_get0_notAfter(certificate));
    const time_t soon = TLS_SOON_DAYS * DAY_S < (end - begin) / 3 ? TLS_SOON_DAYS * DAY_S : (end - begin) / 3;
    char day[sizeof "2026-11-02"] = "";
    struct tm parts;

    sentence[0] = '\0';
    if (gmtime_r(now < begin ? &begin : &end, &parts) != NULL)
        strftime(day, sizeof day, "%Y-%m-%d", &parts);
    if (now < begin)
        snprintf(sentence, size, "the certificate is not valid before %s: browsers refuse the pages", day);
    else if (now >= end)
        snprintf(sentence, size, "the certificate has expired on %s: browsers refuse the pages", day);
    else if (end - now < soon)
        snprintf(sentence, size,
                 "the certificate expires on %s: put a new one in its place, a restart is not needed", day);
    else
        return TLS_DATES_GOOD;
    return now < begin || now >= end ? TLS_DATES_BAD : TLS_DATES_END_SOON;
}

static void look_at_dates(struct tls *tls, int64_t utc_ms)
{
    enum tls_dates before = tls->dates;

    tls->dates = judge_dates(tls->context, (time_t)(utc_ms / 1000), tls->sentence, sizeof tls->sentence);
    if (tls->dates > before)
        log_line(LOG_LEVEL_WARNING, "%s: %s", tls->certificate, tls->sentence);
}

enum store_status tls_create(const char *certificate, const char *key, int64_t utc_ms, struct tls **result,
                             struct store_error *error)
{
    struct tls *tls = calloc(1, sizeof *tls);

    *result = NULL;
    if (tls == NULL)
        return refuse(error, certificate, "out of memory");
    tls->certificate = certificate;
    tls->key = key;
    tls->stamps[0] =
        stamp_of(certificate); /* before they are read: what changes meanwhile is seen as a change */
    tls->stamps[1] = stamp_of(key);
    enum store_status status = load(certificate, key, &tls->context, error);
    if (status == STORE_OK) {
        look_at_dates(tls, utc_ms);
        *result = tls;
    } else {
        tls_destroy(tls);
    }
    return status;
}

enum tls_dates tls_dates(const struct tls *tls)
{
    return tls == NULL ? TLS_DATES_GOOD : tls->dates;
}

const char *tls_dates_sentence(const struct tls *tls)
{
    return tls == NULL ? "" : tls->sentence;
}

/* A renewal ------------------------------------------------------------------------------------------------------- */

static void renew(struct tls *tls, const struct stamp stamps[2], int64_t utc_ms)
{
    struct store_error error;
    char sentence[STORE_TEXT_MAX];
    SSL_CTX *context;
    enum store_status status = load(tls->certificate, tls->key, &context, &error);

    /* At the start any certificate is better than none; here there is another to stay with. */
    if (status == STORE_OK &&
        judge_dates(context, (time_t)(utc_ms / 1000), sentence, sizeof sentence) == TLS_DATES_BAD)
        status = refuse(&error, tls->certificate, sentence);
    if (status != STORE_OK) {
        SSL_CTX_free(context);
        if (strcmp(tls->problem, error.text) != 0)
            log_line(LOG_LEVEL_WARNING, "the renewed certificate is not used, the one before stays: %s",
                     error.text);
        snprintf(tls->problem, sizeof tls->problem, "%s", error.text);
        return;
    }
    SSL_CTX_free(tls->context);
    tls->context = context;
    memcpy(tls->stamps, stamps, sizeof tls->stamps);
    tls->problem[0] = '\0';
    log_line(LOG_LEVEL_NOTICE, "the certificate is renewed: %s", tls->certificate);
}

void tls_tick(struct tls *tls, uint64_t now_ms, int64_t utc_ms)
{
    if (tls == NULL || now_ms - tls->looked_ms < TLS_LOOK_MS)
        return;
    const struct stamp stamps[2] = {stamp_of(tls->certificate), stamp_of(tls->key)};

    tls->looked_ms = now_ms;
    if (is_same(&stamps[0], &tls->stamps[0]) && is_same(&stamps[1], &tls->stamps[1]))
        tls->problem[0] = '\0';
    else
        renew(tls, stamps, utc_ms);
    look_at_dates(tls, utc_ms);
}
