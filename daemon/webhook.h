/* SPDX-License-Identifier: MIT
 *
 * webhook.h - JSON posted to a configured address, without waiting for it. Knows libcurl, as client.c does.
 *
 * Anything but a status of 200 to 299 within WEBHOOK_LIMIT_MS is a failure; redirections are not followed. What the
 * other side says is not kept. The loop's thread only; transfers move when webhook_tick is called.
 */
#ifndef BYNAME_WEBHOOK_H
#define BYNAME_WEBHOOK_H

#include <stdbool.h>
#include <stddef.h>

#define WEBHOOK_RUNNING_MAX 4
#define WEBHOOK_LIMIT_MS 10000

struct webhook;

/* It ended: reason "" when it was taken, else what was wrong. */
typedef void webhook_on_end(void *context, const void *tag, const char *reason);

/* tag_size: bytes of the tags. NULL when out of memory. */
struct webhook *webhook_create(size_t tag_size, webhook_on_end *on_end, void *context);
void webhook_destroy(struct webhook *webhook); /* may be NULL; drops what is under way without a word */

/* Post a text, which is copied, as *tag is. False: no room now. */
bool webhook_start(struct webhook *webhook, const char *url, const char *json, const void *tag);

/* Call several times a second while it returns true, or a post was begun. True while one is under way. */
bool webhook_tick(struct webhook *webhook);

#endif
