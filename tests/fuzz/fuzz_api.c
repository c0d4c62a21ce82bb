/* SPDX-License-Identifier: MIT
 *
 * fuzz_api.c - any HTTP request: method, path, query and body. It is mapped, run on a store and answered with JSON that
 * can be shown in every format; nothing of it stays.
 *
 * The input is up to four lines: who asks (P, p: POST; then m, s or b: with a token for a manager, staff member 1, a
 * board), path, query, and then the body.
 */
#include <sqlite3.h>
#include <unistd.h>

#include "daemon/api.h"
#include "daemon/render.h"
#include "fuzz.h"

#define NOON_MS INT64_C(1793617200000) /* Monday 2026-11-02 12:00:00 in Berlin */
#define LINE_SIZE_MAX 1024

static char folder[64];
static struct store *store;

static void remove_store(void)
{
    static const char *const names[] = {"", "-wal", "-shm", ".lock", "-journal"};
    char path[128];

    store_close(store);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        snprintf(path, sizeof path, "%s/byname.db%s", folder, names[i]);
        (void)unlink(path);
    }
    (void)rmdir(folder);
}

static void say_hello(struct store_admitted *admitted)
{
    struct message_hello hello = {.major = PROTOCOL_MAJOR, .oldest = 1, .next = 1, .boot = 1};
    struct store_visitor visitor = {
        .hello = &hello, .port = "counter", .is_auto_adopt = true, .now_ms = NOON_MS};
    struct store_error error;

    hello.kiosk_id = admitted->kiosk_id;
    hello.journal_id = admitted->journal_id;
    FUZZ_MUST(store_hello(store, &visitor, admitted, &error) == STORE_OK);
}

/* Two people, a kiosk and a few visits, so that reports have something to say. */
static void fill_store(void)
{
    const struct answer answers[] = {
        {.seq = 1, .question = QUESTION_RATING, .value = 5, .boot = 1, .uptime_s = 100},
        {.seq = 2, .visit_back = 1, .question = QUESTION_STAFF, .value = 1, .boot = 1, .uptime_s = 102},
        {.seq = 3, .visit_back = 2, .question = QUESTION_MENTION, .value = 1, .boot = 1, .uptime_s = 104},
        {.seq = 4, .question = QUESTION_RATING, .value = 1, .boot = 1, .uptime_s = 200},
        {.seq = 5, .visit_back = 1, .question = QUESTION_CAUSE, .value = 5, .boot = 1, .uptime_s = 202},
    };
    struct store_admitted admitted = {0};
    struct store_ingested ingested;
    struct store_error error;
    uint16_t id;

    FUZZ_MUST(store_begin(store, &error) == STORE_OK);
    FUZZ_MUST(store_staff_add(store, "Dan", NOON_MS, &id, &error) == STORE_OK);
    FUZZ_MUST(store_staff_add(store, "Zo\xC3\xAB", NOON_MS, &id, &error) == STORE_OK);
    say_hello(&admitted);
    say_hello(&admitted);
    const struct store_origin origin = {admitted.kiosk, admitted.journal, 1, NOON_MS - 300000, NOON_MS, true};
    FUZZ_MUST(store_answers(store, &origin, answers, sizeof answers / sizeof *answers, &ingested, &error) ==
              STORE_OK);
    FUZZ_MUST(store_commit(store, &error) == STORE_OK);
}

static void open_store(void)
{
    char path[128];
    struct store_error error;

    snprintf(folder, sizeof folder, "/tmp/byname-fuzz-XXXXXX");
    if (mkdtemp(folder) == NULL)
        abort();
    snprintf(path, sizeof path, "%s/byname.db", folder);
    const struct store_options options = {
        .path = path, .store_name = "Fuzz Street", .timezone = "Europe/Berlin"};
    FUZZ_MUST(store_open(&options, &store, &error) == STORE_OK);
    fill_store();
    atexit(remove_store);
}

static enum store_status run(struct api_call *call, struct store_error *error)
{
    FUZZ_MUST(store_begin(store, error) == STORE_OK);
    enum store_status status = api_call_run(store, call, error);
    FUZZ_MUST(status == STORE_OK || status == STORE_REFUSED);
    FUZZ_MUST(status == STORE_OK || error->text[0] != '\0');
    /* Made durable in a daemon; here every input finds the same store. The last of what a commit does is tried, too. */
    FUZZ_MUST(sqlite3_get_autocommit(store_connection(store)) == 0);
    store_rollback(store);
    return status;
}

static void show(const json_t *json)
{
    for (int format = RENDER_TEXT; format <= RENDER_JSON; format++) {
        const struct render_options options = {.format = (enum render_format)format, .columns = 80};
        char *text = NULL;
        size_t size = 0;
        FILE *out = open_memstream(&text, &size);
        if (out == NULL)
            abort();
        FUZZ_MUST(render(out, json, &options));
        fclose(out);
        FUZZ_MUST(size > 0);
        free(text);
    }
}

/* What browsers ask for need not be shown in a terminal. */
static void answer(struct api_call *call, enum token_scope scope)
{
    struct store_error error = {""};
    enum store_status status = STORE_OK;
    json_t *json;

    if (api_call_where(call) != API_NOWHERE)
        status = run(call, &error);
    int code = api_call_finish(call, status, &error, NULL, &json);
    FUZZ_MUST(json_is_object(json));
    FUZZ_MUST((code == 200) == (json_object_get(json, "error") == NULL));
    FUZZ_MUST(code == 200 || code == 400 || code == 403 || code == 404 || code == 405 || code == 422);
    char *text = json_dumps(json, JSON_COMPACT);
    FUZZ_MUST(text != NULL);
    free(text);
    if (code == 200 && scope == TOKEN_LOCAL)
        show(json);
}

static enum token_scope scope_of(const char *method)
{
    if (strchr(method, 'm') != NULL)
        return TOKEN_MANAGER;
    if (strchr(method, 's') != NULL)
        return TOKEN_STAFF;
    return strchr(method, 'b') != NULL ? TOKEN_BOARD : TOKEN_LOCAL;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fuzz_input input = {data, size};
    char method[LINE_SIZE_MAX], path[LINE_SIZE_MAX], query[LINE_SIZE_MAX];
    char *body;

    if (store == NULL)
        open_store();
    fuzz_line(&input, method, sizeof method);
    fuzz_line(&input, path, sizeof path);
    fuzz_line(&input, query, sizeof query);
    body = calloc(1, input.size + 1); /* ends where it ends, so that a sanitizer sees a read beyond it */
    if (body == NULL)
        abort();
    if (input.size > 0)
        memcpy(body, input.data, input.size);
    const struct api_request request = {
        .is_post = method[0] == 'P',
        .path = path,
        .query = query,
        .body = body,
        .now_ms = NOON_MS + 3600000,
        .scope = scope_of(method),
        .staff = 1,
    };
    struct api_call *call = api_call_create(&request);
    FUZZ_MUST(call != NULL);
    answer(call, request.scope);
    api_call_destroy(call);
    free(body);
    return 0;
}
