/* SPDX-License-Identifier: MIT
 *
 * store_verify.c - SQLite's own check of the file and everything counted again from the raw answers, at the same
 * time: as many threads as there are processors take one task after the other. The caller's thread reports how
 * far they are.
 *
 * Each thread has a connection of its own, and all of them see the database as it was at one moment, whatever is
 * written meanwhile. Where there can be no other connections, one thread has the caller's.
 */
#include "store_recount.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define WORKERS_MAX 4
#define PICTURE_TRIES 16          /* the writer commits at most once in some ms */
#define WATCH_MS 50               /* how often progress is told */
#define OPERATIONS_A_LOOK 1000000 /* of SQLite's machine, between two looks at whether it is to go on */
/* About so many take its own check of one, with visits and tallies: for progress alone. */
#define OPERATIONS_AN_ANSWER 60

enum task { TASK_CHECK, TASK_DIGESTS, TASK_CALLS, TASK_KIOSKS }; /* and so on, one for each kiosk */

struct verify;

struct worker {
    struct verify *verify;
    struct store *store;
    struct store_recount *recount;
    pthread_t thread;
    bool is_own;            /* the connection; otherwise it is the caller's */
    bool is_in_transaction; /* that was begun here */
    bool is_checking;
};

struct verify {
    struct store *store; /* the caller's */
    struct worker workers[WORKERS_MAX];
    unsigned worker_count;
    struct store_recount_digest *digests; /* one for each kiosk; the sums are whole once has_digests */
    struct store_verified *kiosks;        /* what was found, in the same order */
    struct store_verified calls;          /* what was found in help calls and their tallies */
    size_t kiosk_count;
    uint64_t expected; /* answers */

    pthread_mutex_t mutex; /* guards all below */
    pthread_cond_t changed;
    size_t next; /* task */
    unsigned working;
    bool has_digests, is_over;
    uint64_t counted, checked; /* answers */
    enum store_status status;  /* of the first task that failed */
    struct store_error error;
};

/* What the workers share ------------------------------------------------------------------------------------------ */

static bool task_take(struct verify *verify, size_t *task)
{
    pthread_mutex_lock(&verify->mutex);
    *task = verify->next;
    bool is_there = !verify->is_over && *task < TASK_KIOSKS + verify->kiosk_count;
    if (is_there)
        verify->next++;
    pthread_mutex_unlock(&verify->mutex);
    return is_there;
}

/* The first reason stands: what the others say after it is that they were ended. */
static void give_up(struct verify *verify, enum store_status status, const struct store_error *error)
{
    pthread_mutex_lock(&verify->mutex);
    if (!verify->is_over) {
        verify->is_over = true;
        verify->status = status;
        verify->error = *error;
    }
    pthread_cond_broadcast(&verify->changed);
    pthread_mutex_unlock(&verify->mutex);
}

static bool goes_on(void *context, uint64_t answers)
{
    struct worker *worker = context;
    struct verify *verify = worker->verify;

    pthread_mutex_lock(&verify->mutex);
    verify->counted += answers;
    bool is_over = verify->is_over;
    pthread_mutex_unlock(&verify->mutex);
    return !is_over;
}

/* SQLite's progress handler, for statements in which no answer is counted. */
static int on_operations(void *context)
{
    struct worker *worker = context;
    struct verify *verify = worker->verify;

    pthread_mutex_lock(&verify->mutex);
    verify->checked += worker->is_checking ? OPERATIONS_A_LOOK / OPERATIONS_AN_ANSWER : 0;
    bool is_over = verify->is_over;
    pthread_mutex_unlock(&verify->mutex);
    return is_over ? 1 : 0;
}

/* The tasks ------------------------------------------------------------------------------------------------------- */

static enum store_status integrity_check(struct worker *worker, struct store_error *error)
{
    sqlite3_stmt *row = NULL;
    enum store_status status;
    bool has_row = false;
    int code = sqlite3_prepare_v2(worker->store->db, "PRAGMA integrity_check(1)", -1, &row, NULL);

    if (code != SQLITE_OK)
        return store_sql_failed(worker->store, code, error);
    worker->is_checking = true;
    status = store_row(worker->store, row, &has_row, error);
    worker->is_checking = false;
    const char *verdict = has_row ? (const char *)sqlite3_column_text(row, 0) : NULL;
    if (status == STORE_OK && (verdict == NULL || strcmp(verdict, "ok") != 0)) {
        snprintf(error->text, sizeof error->text, "the database is damaged: %.180s",
                 verdict == NULL ? "it says nothing" : verdict);
        status = STORE_BROKEN;
    }
    sqlite3_finalize(row);
    return status;
}

static enum store_status digests_read(struct worker *worker, struct store_error *error)
{
    struct verify *verify = worker->verify;
    enum store_status status =
        store_recount_digests(worker->recount, verify->digests, verify->kiosk_count, error);

    pthread_mutex_lock(&verify->mutex);
    verify->has_digests = status == STORE_OK;
    pthread_cond_broadcast(&verify->changed);
    pthread_mutex_unlock(&verify->mutex);
    return status;
}

/* Whoever reads them took that task before any took a kiosk's. */
static void digests_await(struct verify *verify)
{
    pthread_mutex_lock(&verify->mutex);
    while (!verify->has_digests && !verify->is_over)
        pthread_cond_wait(&verify->changed, &verify->mutex);
    pthread_mutex_unlock(&verify->mutex);
}

static enum store_status kiosk_compare(struct worker *worker, size_t index, struct store_error *error)
{
    struct verify *verify = worker->verify;
    struct store_verified *found = &verify->kiosks[index];
    enum store_status status =
        store_recount_kiosk(worker->recount, verify->digests[index].kiosk, found, error);

    if (status != STORE_OK)
        return status;
    digests_await(verify);
    if (!goes_on(worker, 0))
        return store_refuse(error, "the check was ended before it was done");
    return store_recount_tallies(worker->recount, verify->digests[index].sum, found, error);
}

static void *work(void *context)
{
    struct worker *worker = context;
    struct verify *verify = worker->verify;
    struct store_error error = {.text = ""};
    enum store_status status;
    size_t task;

    while (task_take(verify, &task)) {
        if (task == TASK_CHECK)
            status = integrity_check(worker, &error);
        else if (task == TASK_DIGESTS)
            status = digests_read(worker, &error);
        else if (task == TASK_CALLS)
            status = store_call_verify(worker->store, &verify->calls, &error);
        else
            status = kiosk_compare(worker, task - TASK_KIOSKS, &error);
        if (status != STORE_OK)
            give_up(verify, status, &error);
    }
    pthread_mutex_lock(&verify->mutex);
    verify->working--;
    pthread_cond_broadcast(&verify->changed);
    pthread_mutex_unlock(&verify->mutex);
    return NULL;
}

/* One picture for all --------------------------------------------------------------------------------------------- */

static enum store_status integer_read(struct store *store, const char *sql, int64_t *value,
                                      struct store_error *error)
{
    sqlite3_stmt *row = NULL;
    bool has_row = false;
    int code = sqlite3_prepare_v2(store->db, sql, -1, &row, NULL);
    enum store_status status =
        code == SQLITE_OK ? store_row(store, row, &has_row, error) : store_sql_failed(store, code, error);

    *value = has_row ? sqlite3_column_int64(row, 0) : 0;
    sqlite3_finalize(row);
    return status;
}

/* From here on the connection sees what is committed now, and nothing newer. */
static enum store_status picture_begin(struct worker *worker, struct store_error *error)
{
    struct store *store = worker->store;
    int64_t ignored;
    int code;

    if (sqlite3_get_autocommit(store->db) == 0)
        return STORE_OK; /* the caller's transaction is the picture */
    code = sqlite3_exec(store->db, "BEGIN", NULL, NULL, NULL);
    if (code != SQLITE_OK)
        return store_sql_failed(store, code, error);
    worker->is_in_transaction = true;
    return integer_read(store, "SELECT count(*) FROM store", &ignored, error);
}

static void picture_end(struct worker *worker)
{
    if (worker->is_in_transaction)
        sqlite3_exec(worker->store->db, "ROLLBACK", NULL, NULL, NULL);
    worker->is_in_transaction = false;
}

/* All in the same one: nobody committed while they began, which the caller's connection can tell. *is_one: they are. */
static enum store_status pictures_try(struct verify *verify, bool *is_one, struct store_error *error)
{
    static const char version[] = "PRAGMA data_version";
    int64_t before = 0, after = 0;
    enum store_status status = integer_read(verify->store, version, &before, error);

    for (unsigned i = 0; status == STORE_OK && i < verify->worker_count; i++)
        status = picture_begin(&verify->workers[i], error);
    if (status == STORE_OK)
        status = integer_read(verify->store, version, &after, error);
    *is_one = before == after;
    return status;
}

static void worker_close(struct worker *worker)
{
    store_recount_destroy(worker->recount);
    sqlite3_progress_handler(worker->store->db, 0, NULL, NULL);
    picture_end(worker);
    if (worker->is_own)
        store_close(worker->store);
}

static enum store_status pictures_take(struct verify *verify, struct store_error *error)
{
    bool is_one = false;

    for (int i = 0; i < PICTURE_TRIES; i++) {
        enum store_status status = pictures_try(verify, &is_one, error);

        if (status != STORE_OK || is_one)
            return status;
        for (unsigned k = 0; k < verify->worker_count; k++)
            picture_end(&verify->workers[k]);
    }
    while (verify->worker_count > 1) /* one alone agrees with itself */
        worker_close(&verify->workers[--verify->worker_count]);
    return picture_begin(&verify->workers[0], error);
}

/* Beginning and end ----------------------------------------------------------------------------------------------- */

static unsigned processors(void)
{
    long count = sysconf(_SC_NPROCESSORS_ONLN);

    return count < 1 ? 1 : count > WORKERS_MAX ? WORKERS_MAX : (unsigned)count;
}

/* Connections of their own where there is a file that others may open, too. */
static void workers_open(struct verify *verify)
{
    const struct store_options options = {.path = verify->store->path, .is_read_only = true};
    bool is_file = verify->store->vfs == NULL && sqlite3_get_autocommit(verify->store->db) != 0;
    struct store_error ignored;

    while (is_file && verify->worker_count < processors()) {
        struct worker *worker = &verify->workers[verify->worker_count];

        if (store_open(&options, &worker->store, &ignored) != STORE_OK)
            break; /* without the memory or the descriptors for it: fewer do it, too */
        *worker = (struct worker){.verify = verify, .store = worker->store, .is_own = true};
        verify->worker_count++;
    }
    if (verify->worker_count == 0)
        verify->workers[verify->worker_count++] = (struct worker){.verify = verify, .store = verify->store};
}

static enum store_status verify_open(struct verify *verify, struct store_error *error)
{
    static const char expected[] = "SELECT ifnull(sum(through - begins_after), 0)"
                                   " - (SELECT ifnull(sum(answers), 0) FROM purged) FROM journal";
    struct worker *first = &verify->workers[0];
    enum store_status status;
    int64_t answers = 0;

    workers_open(verify);
    status = pictures_take(verify, error);
    for (unsigned i = 0; status == STORE_OK && i < verify->worker_count; i++) {
        struct worker *worker = &verify->workers[i];
        status = store_recount_create(worker->store, goes_on, worker, &worker->recount, error);
        sqlite3_progress_handler(worker->store->db, OPERATIONS_A_LOOK, on_operations, worker);
    }
    if (status == STORE_OK)
        status = store_recount_kiosks(first->recount, &verify->digests, &verify->kiosk_count, error);
    if (status == STORE_OK)
        status = integer_read(first->store, expected, &answers, error);
    verify->expected = answers > 0 ? (uint64_t)answers : 0;
    if (status != STORE_OK)
        return status;
    verify->kiosks = calloc(verify->kiosk_count + 1, sizeof *verify->kiosks);
    if (verify->kiosks == NULL)
        return store_refuse(error, "out of memory");
    for (size_t i = 0; i < verify->kiosk_count; i++)
        verify->kiosks[i].purged_before_ms = INT64_MIN;
    return STORE_OK;
}

static void verify_close(struct verify *verify)
{
    for (unsigned i = 0; i < verify->worker_count; i++) {
        verify->store->is_broken = verify->store->is_broken || verify->workers[i].store->is_broken;
        worker_close(&verify->workers[i]);
    }
    free(verify->digests);
    free(verify->kiosks);
}

static unsigned done(const struct verify *verify)
{
    uint64_t checked = verify->checked < verify->expected ? verify->checked : verify->expected;
    uint64_t parts = (verify->counted + checked) * 1000 / (2 * verify->expected + 1);

    return parts < 1000 ? (unsigned)parts : 999;
}

/* SQLite's check of the pages asks no progress handler, but looks at this. Again and again: a statement that was
 * about to begin has not noticed. */
static void workers_interrupt(const struct verify *verify)
{
    for (unsigned i = 0; i < verify->worker_count; i++)
        sqlite3_interrupt(verify->workers[i].store->db);
}

/* Until all have ended. The caller's word, and whoever interrupts the caller's connection, end them early. */
static void watch(struct verify *verify, bool (*progress)(void *context, unsigned done), void *context)
{
    const struct store_error ended = {"the check was ended before it was done"};
    unsigned interrupts = verify->store->interrupts;
    struct timespec until;

    pthread_mutex_lock(&verify->mutex);
    do {
        unsigned parts = done(verify);
        bool is_over = verify->is_over;

        pthread_mutex_unlock(&verify->mutex);
        if (!is_over &&
            ((progress != NULL && !progress(context, parts)) || verify->store->interrupts != interrupts))
            give_up(verify, STORE_REFUSED, &ended);
        if (is_over)
            workers_interrupt(verify);
        clock_gettime(CLOCK_MONOTONIC, &until);
        until.tv_nsec += WATCH_MS * 1000000L;
        until.tv_sec += until.tv_nsec / 1000000000L;
        until.tv_nsec %= 1000000000L;
        pthread_mutex_lock(&verify->mutex);
        if (verify->working > 0)
            (void)pthread_cond_timedwait(&verify->changed, &verify->mutex, &until);
    } while (verify->working > 0);
    pthread_mutex_unlock(&verify->mutex);
}

/* A first thread there must be. */
static enum store_status workers_run(struct verify *verify, bool (*progress)(void *context, unsigned done),
                                     void *context, struct store_error *error)
{
    unsigned started = 0;

    verify->working = verify->worker_count;
    while (started < verify->worker_count &&
           pthread_create(&verify->workers[started].thread, NULL, work, &verify->workers[started]) == 0)
        started++;
    pthread_mutex_lock(&verify->mutex);
    verify->working -= verify->worker_count - started;
    pthread_mutex_unlock(&verify->mutex);
    if (started == 0)
        return store_refuse(error, "cannot start a thread");
    watch(verify, progress, context);
    for (unsigned i = 0; i < started; i++)
        pthread_join(verify->workers[i].thread, NULL);
    *error = verify->error;
    return verify->status;
}

static enum store_status whole_compare(struct verify *verify, struct store_verified *found,
                                       struct store_error *error)
{
    struct store_recount *recounts[WORKERS_MAX];

    for (unsigned i = 0; i < verify->worker_count; i++)
        recounts[i] = verify->workers[i].recount;
    return store_recount_whole(recounts, verify->worker_count, found, error);
}

static void found_add(struct store_verified *sum, const struct store_verified *found)
{
    sum->answers += found->answers;
    sum->visits += found->visits;
    sum->tallies_wrong += found->tallies_wrong;
    sum->visits_wrong += found->visits_wrong;
    sum->missing += found->missing;
    sum->gaps += found->gaps;
    sum->purged += found->purged;
    if (found->purged_before_ms > sum->purged_before_ms)
        sum->purged_before_ms = found->purged_before_ms;
    if (sum->first_difference[0] == '\0')
        memcpy(sum->first_difference, found->first_difference, sizeof sum->first_difference);
}

enum store_status store_verify(struct store *store, struct store_verified *verified,
                               bool (*progress)(void *context, unsigned done), void *context,
                               struct store_error *error)
{
    struct verify verify = {
        .store = store, .calls.purged_before_ms = INT64_MIN, .mutex = PTHREAD_MUTEX_INITIALIZER};
    pthread_condattr_t attributes;
    enum store_status status;
    int64_t conflicts = 0;

    error->text[0] = '\0';
    memset(verified, 0, sizeof *verified);
    verified->purged_before_ms = INT64_MIN;
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(&verify.changed, &attributes);
    pthread_condattr_destroy(&attributes);
    status = verify_open(&verify, error);
    if (status == STORE_OK)
        status = workers_run(&verify, progress, context, error);
    if (status == STORE_OK)
        status = integer_read(verify.workers[0].store, "SELECT count(*) FROM conflict", &conflicts, error);
    for (size_t i = 0; status == STORE_OK && i < verify.kiosk_count; i++)
        found_add(verified, &verify.kiosks[i]);
    if (status == STORE_OK)
        found_add(verified, &verify.calls);
    if (status == STORE_OK)
        status = whole_compare(&verify, verified, error);
    verified->conflicts = (uint64_t)conflicts;
    verify_close(&verify);
    pthread_cond_destroy(&verify.changed);
    pthread_mutex_destroy(&verify.mutex);
    return status;
}
