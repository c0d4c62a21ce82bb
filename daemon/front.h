/* SPDX-License-Identifier: MIT
 *
 * front.h - requests over TCP up to where those of the unix socket begin: who asks, the private link, the files of the
 * pages. What is left is a call of api.h by somebody known. The loop's thread.
 */
#ifndef BYNAME_FRONT_H
#define BYNAME_FRONT_H

#include "daemon/access.h"
#include "daemon/http.h"

#define FRONT_LINK_PATH "/enter" /* ?token= */
#define FRONT_METRICS_PATH "/metrics"

struct front;

/* config is borrowed; port is the one that is open. NULL when out of memory. Warns when Chart.js is not installed. */
struct front *front_create(const struct config_http *config, uint16_t port);
void front_destroy(struct front *front); /* may be NULL */

void front_set_tokens(struct front *front, const struct token_list *list);
bool front_knows_token(const struct front *front, int64_t token);
const char *front_origin(const struct front *front); /* as access_origin */

/* True: the request is answered. False: it is a call of *who. */
bool front_answer(const struct front *front, struct http_request *request, const struct http_message *message,
                  struct access_who *who);

#endif
