/* SPDX-License-Identifier: MIT */
#include "token.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <sys/random.h>

const char *token_scope_name(enum token_scope scope)
{
    static const char *const names[TOKEN_SCOPE_COUNT] = {"local", "manager", "staff", "board"};

    return names[scope];
}

bool token_make(char text[TOKEN_TEXT_SIZE + 1])
{
    uint8_t bytes[TOKEN_TEXT_SIZE / 2];

    if (getrandom(bytes, sizeof bytes, 0) != (ssize_t)sizeof bytes)
        return false;
    for (size_t i = 0; i < sizeof bytes; i++)
        snprintf(text + 2 * i, 3, "%02x", bytes[i]);
    return true;
}

bool token_hash(const char *text, size_t size, uint8_t hash[TOKEN_HASH_SIZE])
{
    unsigned hash_size = 0;

    return EVP_Digest(text, size, hash, &hash_size, EVP_sha256(), NULL) == 1 && hash_size == TOKEN_HASH_SIZE;
}

const struct token *token_find(const struct token_list *list, const uint8_t hash[TOKEN_HASH_SIZE])
{
    const struct token *found = NULL;

    for (size_t i = 0; i < list->count; i++) {
        if (CRYPTO_memcmp(list->tokens[i].hash, hash, TOKEN_HASH_SIZE) == 0)
            found = &list->tokens[i];
    }
    return found;
}
