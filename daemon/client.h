/* SPDX-License-Identifier: MIT
 *
 * client.h - byname's end of the daemon's socket. The only file that knows libcurl. Blocks.
 */
#ifndef BYNAME_CLIENT_H
#define BYNAME_CLIENT_H

#include <jansson.h>
#include <stdbool.h>

#define CLIENT_REPLY_SIZE_MAX (16u << 20)
#define CLIENT_TEXT_SIZE_MAX 512

struct client_request {
    const char *socket;
    bool is_post;
    const char *path;                  /* percent-encoded, with its query */
    const char *body;                  /* JSON; NULL for none */
    unsigned limit_s;                  /* 0: wait as long as it takes */
    void (*waiting)(unsigned seconds); /* called about once a second; may be NULL */
};

enum client_status {
    CLIENT_OK,          /* 200 */
    CLIENT_REFUSED,     /* the daemon said no; the text is its reason */
    CLIENT_UNREACHABLE, /* nobody answered properly; the text says what to do */
};

/* On CLIENT_OK *reply is a new reference; otherwise text is one line. */
enum client_status client_perform(const struct client_request *request, json_t **reply,
                                  char text[CLIENT_TEXT_SIZE_MAX]);

/* What a stream says, as it comes. False: enough. */
typedef bool client_on_bytes(void *context, const char *bytes, size_t size);

/* GET `path`, and hand on what comes until either end ends it. Nothing is handed on of an answer other than 200. hear may
 * call client_perform. */
void client_listen(const char *socket, const char *path, client_on_bytes *hear, void *context);

#endif
