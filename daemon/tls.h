/* SPDX-License-Identifier: MIT
 *
 * tls.h - the certificate that browsers see, and what OpenSSL may agree on. The loop's thread.
 */
#ifndef BYNAME_TLS_H
#define BYNAME_TLS_H

#include <stdint.h>

#include "daemon/store.h"

#define TLS_LOOK_MS 10000 /* so often it is looked whether the files are others */
#define TLS_SOON_DAYS 21  /* before its end a certificate is warned of, in the last third of a shorter life */

enum tls_dates { TLS_DATES_GOOD, TLS_DATES_END_SOON, TLS_DATES_BAD };

struct tls;        /* a certificate with its key, and the files that they are of */
struct ssl_ctx_st; /* OpenSSL's SSL_CTX */

/* Read PEM files: the certificate with its chain, and its key, which must have no passphrase. TLS 1.2 at least. The paths
 * are borrowed. On failure *result is NULL and the text names the file. */
enum store_status tls_create(const char *certificate, const char *key, int64_t utc_ms, struct tls **result,
                             struct store_error *error);
void tls_destroy(struct tls *tls); /* may be NULL */

/* For the next connection; borrowed until the next tls_tick. Connections keep theirs. */
struct ssl_ctx_st *tls_context(const struct tls *tls);

/* Load the files again when they are others than those that were loaded; what does not fit together, or is not valid at
 * utc_ms, changes nothing and is tried again. Blocks for a file's reading. now_ms is monotonic. tls may be NULL. */
void tls_tick(struct tls *tls, uint64_t now_ms, int64_t utc_ms);

/* How the certificate that browsers get stands, as of the start or the last tick, and the sentence that says so, "" when it
 * is good. Each change for the worse is a line in the log. tls may be NULL: good. */
enum tls_dates tls_dates(const struct tls *tls);
const char *tls_dates_sentence(const struct tls *tls);

/* Why the files as they are now are not in use, one line; NULL: they are. tls may be NULL. */
const char *tls_problem(const struct tls *tls);

#endif
