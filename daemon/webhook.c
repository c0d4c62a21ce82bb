/* SPDX-License-Identifier: MIT */
#include "webhook.h"

#include <curl/curl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TAG_SIZE_MAX 32
#define REASON_SIZE_MAX 96

struct post {
    CURL *curl; /* NULL: free */
    uint8_t tag[TAG_SIZE_MAX];
};

struct webhook {
    webhook_on_end *on_end;
    void *context;
    size_t tag_size;
    CURLM *multi;
    struct curl_slist *headers;
    struct post posts[WEBHOOK_RUNNING_MAX];
};

struct webhook *webhook_create(size_t tag_size, webhook_on_end *on_end, void *context)
{
    struct webhook *webhook = tag_size <= TAG_SIZE_MAX ? calloc(1, sizeof *webhook) : NULL;

    if (webhook == NULL)
        return NULL;
    webhook->tag_size = tag_size;
    webhook->on_end = on_end;
    webhook->context = context;
    curl_global_init(CURL_GLOBAL_DEFAULT);
    webhook->multi = curl_multi_init();
    webhook->headers = curl_slist_append(NULL, "Content-Type: application/json");
    if (webhook->multi != NULL && webhook->headers != NULL)
        return webhook;
    webhook_destroy(webhook);
    return NULL;
}

static void drop(struct webhook *webhook, struct post *post)
{
    curl_multi_remove_handle(webhook->multi, post->curl);
    curl_easy_cleanup(post->curl);
    post->curl = NULL;
}

void webhook_destroy(struct webhook *webhook)
{
    if (webhook == NULL)
        return;
    for (size_t i = 0; i < WEBHOOK_RUNNING_MAX; i++) {
        if (webhook->posts[i].curl != NULL)
            drop(webhook, &webhook->posts[i]);
    }
    if (webhook->multi != NULL)
        curl_multi_cleanup(webhook->multi);
    curl_slist_free_all(webhook->headers);
    curl_global_cleanup();
    free(webhook);
}

static size_t on_bytes(char *bytes, size_t one, size_t size, void *context)
{
    (void)bytes, (void)one, (void)context;
    return size;
}

static struct post *find_room(struct webhook *webhook)
{
    for (size_t i = 0; i < WEBHOOK_RUNNING_MAX; i++) {
        if (webhook->posts[i].curl == NULL)
            return &webhook->posts[i];
    }
    return NULL;
}

bool webhook_start(struct webhook *webhook, const char *url, const char *json, const void *tag)
{
    struct post *post = find_room(webhook);
    CURL *curl = post == NULL ? NULL : curl_easy_init();

    if (curl == NULL)
        return false;
    curl_easy_setopt(curl, CURLOPT_URL, url);
    curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(curl, CURLOPT_QUICK_EXIT,
                     1L); /* at the end a name that is not found yet is not waited for */
    curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, (long)WEBHOOK_LIMIT_MS);
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, on_bytes);
    curl_easy_setopt(curl, CURLOPT_HTTPHEADER, webhook->headers);
    curl_easy_setopt(curl, CURLOPT_USERAGENT, "bynamed/" BYNAME_VERSION);
    curl_easy_setopt(curl, CURLOPT_COPYPOSTFIELDS, json);
    if (curl_multi_add_handle(webhook->multi, curl) != CURLM_OK) {
        curl_easy_cleanup(curl);
        return false;
    }
    post->curl = curl;
    memcpy(post->tag, tag, webhook->tag_size);
    return true; /* not moved here: on_end never comes from within webhook_start */
}

static void finish(struct webhook *webhook, struct post *post, CURLcode code)
{
    char reason[REASON_SIZE_MAX] = "";
    struct post ended = *post;
    long status = 0;

    curl_easy_getinfo(post->curl, CURLINFO_RESPONSE_CODE, &status);
    drop(webhook, post); /* on_end may start another */
    if (code != CURLE_OK)
        snprintf(reason, sizeof reason, "%s", curl_easy_strerror(code));
    else if (status < 200 || status > 299)
        snprintf(reason, sizeof reason, "the answer was status %ld", status);
    webhook->on_end(webhook->context, ended.tag, reason);
}

/* No descriptors in the loop: at ten ticks a second a post takes a few tenths of a second, and calls are few. */
bool webhook_tick(struct webhook *webhook)
{
    const CURLMsg *message;
    int running = 0, left;

    curl_multi_perform(webhook->multi, &running);
    while ((message = curl_multi_info_read(webhook->multi, &left)) != NULL) {
        if (message->msg != CURLMSG_DONE)
            continue;
        for (size_t i = 0; i < WEBHOOK_RUNNING_MAX; i++) {
            if (webhook->posts[i].curl == message->easy_handle) {
                finish(webhook, &webhook->posts[i], message->data.result);
                break;
            }
        }
    }
    return running > 0;
}
