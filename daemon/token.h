/* SPDX-License-Identifier: MIT
 *
 * token.h - what lets somebody in over TCP: 128 random bits, of which the database keeps a hash.
 *
 * Pure values; the caller owns all. Any thread.
 */
#ifndef BYNAME_TOKEN_H
#define BYNAME_TOKEN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TOKEN_TEXT_SIZE 32 /* hexadecimal digits */
#define TOKEN_HASH_SIZE 32 /* SHA-256 */
#define TOKENS_MAX 64      /* that are good at a time */

/* Who asks, and so what they may see. LOCAL has no token: the unix socket, by its file's permissions. */
enum token_scope { TOKEN_LOCAL, TOKEN_MANAGER, TOKEN_STAFF, TOKEN_BOARD, TOKEN_SCOPE_COUNT };

struct token {
    int64_t id; /* never given to another token */
    enum token_scope scope;
    uint16_t staff; /* of TOKEN_STAFF: whose; else 0 */
    uint8_t hash[TOKEN_HASH_SIZE];
};

struct token_list {
    size_t count;
    struct token tokens[TOKENS_MAX];
};

/* "manager", "staff", "board"; "local". */
const char *token_scope_name(enum token_scope scope);

/* A new one from getrandom(2). False when the system has no random numbers. */
bool token_make(char text[TOKEN_TEXT_SIZE + 1]);

/* SHA-256 of the text: its 128 bits are random, so that it needs neither salt nor stretching. False when OpenSSL fails. */
bool token_hash(const char *text, size_t size, uint8_t hash[TOKEN_HASH_SIZE]);

/* The token that hashes to `hash`, or NULL. Takes as long whatever the answer. */
const struct token *token_find(const struct token_list *list, const uint8_t hash[TOKEN_HASH_SIZE]);

#endif
