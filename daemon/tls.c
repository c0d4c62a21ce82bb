/* SPDX-License-Identifier: MIT */
#include "tls.h"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <stdio.h>

/* Asked for a passphrase, OpenSSL would ask the terminal, and a daemon wait there. */
static int on_passphrase(char *text, int capacity, int is_writing, void *context)
{
    (void)text, (void)capacity, (void)is_writing, (void)context;
    return 0;
}

static enum store_status refuse(struct store_error *error, const char *path, const char *what)
{
    unsigned long code = ERR_peek_last_error();
    const char *reason = code == 0 ? NULL : ERR_reason_error_string(code);

    snprintf(error->text, sizeof error->text, "%.140s: %s%s%s", path, what, reason == NULL ? "" : ": ",
             reason == NULL ? "" : reason);
    ERR_clear_error();
    return STORE_REFUSED;
}

static enum store_status read_files(SSL_CTX *tls, const char *certificate, const char *key, struct store_error *error)
{
    if (SSL_CTX_use_certificate_chain_file(tls, certificate) != 1)
        return refuse(error, certificate, "cannot use this certificate");
    if (SSL_CTX_use_PrivateKey_file(tls, key, SSL_FILETYPE_PEM) != 1)
        return refuse(error, key, "cannot use this key");
    return SSL_CTX_check_private_key(tls) == 1 ? STORE_OK : refuse(error, key, "is not the certificate's key");
}

enum store_status tls_create(const char *certificate, const char *key, struct ssl_ctx_st **result,
                             struct store_error *error)
{
    SSL_CTX *tls = SSL_CTX_new(TLS_server_method());
    enum store_status status;

    *result = NULL;
    error->text[0] = '\0';
    ERR_clear_error();
    if (tls == NULL || SSL_CTX_set_min_proto_version(tls, TLS1_2_VERSION) != 1) {
        SSL_CTX_free(tls);
        return refuse(error, certificate, "OpenSSL does not start");
    }
    SSL_CTX_set_options(tls, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION | SSL_OP_CIPHER_SERVER_PREFERENCE);
    SSL_CTX_set_mode(tls, SSL_MODE_RELEASE_BUFFERS);
    SSL_CTX_set_default_passwd_cb(tls, on_passphrase);
    status = read_files(tls, certificate, key, error);
    if (status == STORE_OK)
        *result = tls;
    else
        SSL_CTX_free(tls);
    return status;
}

void tls_destroy(struct ssl_ctx_st *tls)
{
    SSL_CTX_free(tls);
}
