/* SPDX-License-Identifier: MIT
 *
 * tls.h - the certificate that browsers see, and what OpenSSL may agree on. Startup only.
 */
#ifndef BYNAME_TLS_H
#define BYNAME_TLS_H

#include "daemon/store.h"

struct ssl_ctx_st; /* OpenSSL's SSL_CTX */

/* Read PEM files: the certificate with its chain, and its key, which must have no passphrase. TLS 1.2 at least. On failure
 * *result is NULL and the text names the file. */
enum store_status tls_create(const char *certificate, const char *key, struct ssl_ctx_st **result,
                             struct store_error *error);
void tls_destroy(struct ssl_ctx_st *tls); /* may be NULL */

#endif
