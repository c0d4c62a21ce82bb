/* SPDX-License-Identifier: MIT */
#include "web.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/token.h"

struct web {
    char *chart; /* the bytes of WEB_CHART_FILE; NULL: none */
    size_t count;
    struct web_file files[]; /* those of web_sources, and Chart.js */
};

static const char *type_of(const char *path)
{
    static const char *const types[][2] = {
        {".html", "text/html; charset=utf-8"},
        {".css", "text/css; charset=utf-8"},
        {".js", "text/javascript; charset=utf-8"},
        {".json", "application/json"},
        {".svg", "image/svg+xml"},
        {".png", "image/png"},
        {".webmanifest", "application/manifest+json"},
    };
    const char *end = strrchr(path, '.');

    for (size_t i = 0; end != NULL && i < sizeof types / sizeof *types; i++) {
        if (strcmp(types[i][0], end) == 0)
            return types[i][1];
    }
    return "application/octet-stream";
}

/* The beginning of the SHA-256 of the content: other bytes, another tag. */
static bool set_etag(struct web_file *file)
{
    uint8_t hash[TOKEN_HASH_SIZE];

    if (!token_hash(file->bytes, file->size, hash))
        return false;
    file->etag[0] = '"';
    for (size_t i = 0; i < (WEB_ETAG_SIZE - 3) / 2; i++)
        snprintf(file->etag + 1 + 2 * i, 3, "%02x", hash[i]);
    memcpy(file->etag + WEB_ETAG_SIZE - 2, "\"", 2);
    return true;
}

static bool add(struct web *web, const char *path, const char *bytes, size_t size)
{
    struct web_file *file = &web->files[web->count];

    *file = (struct web_file){.path = path, .type = type_of(path), .bytes = bytes, .size = size};
    web->count++;
    return set_etag(file);
}

static char *read_file(const char *path, size_t *size)
{
    FILE *file = fopen(path, "re");
    char *bytes = file == NULL ? NULL : malloc(WEB_CHART_SIZE_MAX);

    *size = bytes == NULL ? 0 : fread(bytes, 1, WEB_CHART_SIZE_MAX, file);
    bool is_whole = bytes != NULL && ferror(file) == 0 && *size < WEB_CHART_SIZE_MAX;
    if (file != NULL)
        fclose(file);
    char *fitting = is_whole ? realloc(bytes, *size + 1) : NULL;
    if (fitting == NULL)
        free(bytes);
    return fitting;
}

struct web *web_create(void)
{
    size_t count = 0, chart_size;

    while (web_sources[count].path != NULL)
        count++;
    struct web *web = calloc(1, sizeof *web + (count + 1) * sizeof *web->files);
    bool is_good = web != NULL;
    for (size_t i = 0; is_good && i < count; i++)
        is_good = add(web, web_sources[i].path, (const char *)web_sources[i].bytes, web_sources[i].size);
    if (is_good) {
        web->chart = read_file(WEB_CHART_FILE, &chart_size);
        if (web->chart != NULL)
            is_good = add(web, WEB_CHART_PATH, web->chart, chart_size);
    }
    if (!is_good) {
        web_destroy(web);
        return NULL;
    }
    return web;
}

void web_destroy(struct web *web)
{
    if (web == NULL)
        return;
    free(web->chart);
    free(web);
}

bool web_has_chart(const struct web *web)
{
    return web->chart != NULL;
}

const struct web_file *web_find(const struct web *web, const char *path)
{
    if (strcmp(path, "/") == 0)
        path = "/index.html";
    for (size_t i = 0; i < web->count; i++) {
        if (strcmp(web->files[i].path, path) == 0)
            return &web->files[i];
    }
    return NULL;
}
