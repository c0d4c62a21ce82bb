/* SPDX-License-Identifier: MIT */
#include "writer.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include "daemon/clock.h"

#define DATE_CHECK_MS 30000 /* an idle writer looks whether a day began */

struct queue {
    struct work *first, *last;
    unsigned count;
};

struct writer {
    struct work_runner runner; /* the thread's alone */
    pthread_t thread;
    int event_fd;
    unsigned pending; /* the loop's alone */

    pthread_mutex_t mutex; /* guards all below */
    pthread_cond_t changed;
    struct queue asked, done;
    bool is_stopping;
    bool is_awaited; /* the loop asked the thread to come round, and it has not yet */
    bool has_roster;
    struct work_roster roster;
    struct store_help_call calls[WRITER_CALLS_MAX];
    size_t call_count;
    bool has_more_calls;
    enum store_status status;
    struct store_error error;
};

static void push(struct queue *queue, struct work *work)
{
    work->next = NULL;
    if (queue->last == NULL)
        queue->first = work;
    else
        queue->last->next = work;
    queue->last = work;
    queue->count++;
}

static struct work *pop(struct queue *queue)
{
    struct work *work = queue->first;

    if (work == NULL)
        return NULL;
    queue->first = work->next;
    if (queue->first == NULL)
        queue->last = NULL;
    queue->count--;
    return work;
}

static void wake_loop(const struct writer *writer)
{
    const uint64_t one = 1;

    (void)!write(writer->event_fd, &one, sizeof one); /* it can only fail when the loop is due to wake anyway */
}

/* The thread ----------------------------------------------------------------------------------------------------- */

static void wait_until(struct writer *writer, uint64_t when_ms)
{
    struct timespec when = {(time_t)(when_ms / 1000), (long)(when_ms % 1000) * 1000000};

    (void)pthread_cond_timedwait(&writer->changed, &writer->mutex, &when);
}

static bool is_roster_stale(const struct writer *writer)
{
    return writer->status != STORE_BROKEN && work_is_roster_stale(&writer->runner, clock_utc_ms());
}

/* Wait, with the mutex held, until there is something to do. */
static void wait_for_work(struct writer *writer, uint64_t begun_ms, uint64_t roster_ms)
{
    writer->is_awaited = false;
    while (!writer->is_stopping) {
        uint64_t now_ms = clock_monotonic_ms();
        bool is_roster_due = is_roster_stale(writer);

        if (writer->asked.count >= WRITER_BATCH_MAX)
            return;
        if (writer->asked.count > 0 && now_ms - begun_ms >= WRITER_GROUP_MS)
            return;
        if (is_roster_due && now_ms - roster_ms >= WRITER_ROSTER_MS)
            return;
        if (writer->asked.count > 0)
            wait_until(writer, begun_ms + WRITER_GROUP_MS);
        else if (is_roster_due)
            wait_until(writer, roster_ms + WRITER_ROSTER_MS);
        else
            wait_until(writer, now_ms + DATE_CHECK_MS);
        writer->is_awaited = false;
    }
}

static size_t take_batch(struct writer *writer, struct work *batch[WRITER_BATCH_MAX])
{
    size_t count = 0;

    while (count < WRITER_BATCH_MAX && writer->asked.count > 0)
        batch[count++] = pop(&writer->asked);
    return count;
}

/* With the mutex held. */
static void keep_calls(struct writer *writer, const struct store_help_call *calls, size_t count, bool is_more)
{
    writer->has_more_calls = writer->has_more_calls || is_more;
    for (size_t i = 0; i < count; i++) {
        if (writer->call_count == WRITER_CALLS_MAX)
            writer->has_more_calls = true;
        else
            writer->calls[writer->call_count++] = calls[i];
    }
}

static void run_batch(struct writer *writer, struct work *batch[], size_t count)
{
    struct store_help_call calls[STORE_HELP_NEWS_MAX];
    struct store_error error;
    size_t call_count = 0;
    bool is_more = false;

    enum store_status status = work_run(&writer->runner, batch, count, &error);
    if (status == STORE_OK)
        status = work_take_calls(&writer->runner, calls, &call_count, &is_more, &error);
    pthread_mutex_lock(&writer->mutex);
    keep_calls(writer, calls, call_count, is_more);
    for (size_t i = 0; i < count; i++)
        push(&writer->done, batch[i]);
    if (writer->status != STORE_BROKEN) {
        writer->status = status;
        writer->error = error;
    }
    pthread_mutex_unlock(&writer->mutex);
    wake_loop(writer);
}

/* Kiosks do not wait for it: what was committed is safe in the -wal. */
static void run_checkpoint(struct writer *writer)
{
    struct store_error error;

    if (work_checkpoint(&writer->runner, &error) != STORE_BROKEN)
        return;
    pthread_mutex_lock(&writer->mutex);
    if (writer->status != STORE_BROKEN) {
        writer->status = STORE_BROKEN;
        writer->error = error;
    }
    pthread_mutex_unlock(&writer->mutex);
    wake_loop(writer);
}

/* False: a piece of it is done, and batches go first. */
static bool make_roster(struct writer *writer)
{
    struct work_roster roster;
    struct store_error error;
    bool is_more;

    enum store_status status = work_roster_make(&writer->runner, clock_utc_ms(), &roster, &is_more, &error);
    if (is_more)
        return false;
    pthread_mutex_lock(&writer->mutex);
    if (status == STORE_OK) {
        writer->roster = roster;
        writer->has_roster = true;
    } else if (status == STORE_BROKEN) {
        writer->status = status;
        writer->error = error;
    }
    pthread_mutex_unlock(&writer->mutex);
    wake_loop(writer);
    return true;
}

static void *run(void *context)
{
    struct writer *writer = context;
    struct work *batch[WRITER_BATCH_MAX];
    uint64_t begun_ms = 0, roster_ms = 0;
    bool is_over = false;

    while (!is_over) {
        pthread_mutex_lock(&writer->mutex);
        wait_for_work(writer, begun_ms, roster_ms);
        size_t count = take_batch(writer, batch);
        bool is_stopping = writer->is_stopping;
        pthread_mutex_unlock(&writer->mutex);

        if (count > 0) {
            begun_ms = clock_monotonic_ms();
            run_batch(writer, batch, count);
            run_checkpoint(writer);
        }
        is_over = is_stopping && count == 0;
        if (!is_stopping && clock_monotonic_ms() - roster_ms >= WRITER_ROSTER_MS && is_roster_stale(writer) &&
            make_roster(writer))
            roster_ms = clock_monotonic_ms();
    }
    return NULL;
}

/* The loop's side ------------------------------------------------------------------------------------------------ */

static bool start_thread(struct writer *writer)
{
    pthread_condattr_t attributes;

    pthread_mutex_init(&writer->mutex, NULL);
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(&writer->changed, &attributes);
    pthread_condattr_destroy(&attributes);
    if (pthread_create(&writer->thread, NULL, run, writer) == 0)
        return true;
    pthread_cond_destroy(&writer->changed);
    pthread_mutex_destroy(&writer->mutex);
    return false;
}

struct writer *writer_start(struct store *store, struct store_error *error)
{
    struct writer *writer = calloc(1, sizeof *writer);

    error->text[0] = '\0';
    if (writer == NULL)
        goto fail;
    work_runner_init(&writer->runner, store);
    store_defer_checkpoints(store);
    writer->event_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (writer->event_fd < 0)
        goto fail;
    if (!start_thread(writer))
        goto close_event;
    return writer;
close_event:
    close(writer->event_fd);
fail:
    free(writer);
    snprintf(error->text, sizeof error->text, "cannot start the writer: out of memory, threads or descriptors");
    return NULL;
}

static void drop_all(struct queue *queue, void (*drop)(void *context))
{
    struct work *work;

    while ((work = pop(queue)) != NULL) {
        if (work->kind == WORK_CALL)
            drop(work->ask.call.context);
        free(work);
    }
}

void writer_stop(struct writer *writer, void (*drop)(void *context))
{
    if (writer == NULL)
        return;
    pthread_mutex_lock(&writer->mutex);
    writer->is_stopping = true;
    pthread_cond_signal(&writer->changed);
    pthread_mutex_unlock(&writer->mutex);
    pthread_join(writer->thread, NULL);
    drop_all(&writer->asked, drop);
    drop_all(&writer->done, drop);
    pthread_cond_destroy(&writer->changed);
    pthread_mutex_destroy(&writer->mutex);
    close(writer->event_fd);
    free(writer);
}

bool writer_submit(struct writer *writer, const struct work *work)
{
    struct work *copy = writer->pending < WRITER_CAPACITY ? malloc(sizeof *copy) : NULL;

    if (copy == NULL)
        return false;
    *copy = *work;
    writer->pending++;
    pthread_mutex_lock(&writer->mutex);
    push(&writer->asked, copy);
    pthread_cond_signal(&writer->changed);
    pthread_mutex_unlock(&writer->mutex);
    return true;
}

int writer_fd(const struct writer *writer)
{
    return writer->event_fd;
}

struct work *writer_take(struct writer *writer)
{
    uint64_t count;

    (void)!read(writer->event_fd, &count, sizeof count); /* non-blocking; nothing to read is nothing to clear */
    pthread_mutex_lock(&writer->mutex);
    struct work *list = writer->done.first;
    writer->pending -= writer->done.count;
    writer->done = (struct queue){0};
    pthread_mutex_unlock(&writer->mutex);
    return list;
}

bool writer_take_roster(struct writer *writer, struct work_roster *roster)
{
    pthread_mutex_lock(&writer->mutex);
    bool has_roster = writer->has_roster;
    if (has_roster)
        *roster = writer->roster;
    writer->has_roster = false;
    pthread_mutex_unlock(&writer->mutex);
    return has_roster;
}

size_t writer_take_calls(struct writer *writer, struct store_help_call calls[WRITER_CALLS_MAX], bool *is_more)
{
    pthread_mutex_lock(&writer->mutex);
    size_t count = writer->call_count;
    memcpy(calls, writer->calls, count * sizeof *calls);
    *is_more = writer->has_more_calls;
    writer->call_count = 0;
    writer->has_more_calls = false;
    pthread_mutex_unlock(&writer->mutex);
    return count;
}

bool writer_has_come_round(struct writer *writer)
{
    pthread_mutex_lock(&writer->mutex);
    bool has_come_round = !writer->is_awaited;
    writer->is_awaited = true;
    pthread_cond_signal(&writer->changed);
    pthread_mutex_unlock(&writer->mutex);
    return has_come_round;
}

unsigned writer_pending(const struct writer *writer)
{
    return writer->pending;
}

enum store_status writer_status(struct writer *writer, struct store_error *error)
{
    pthread_mutex_lock(&writer->mutex);
    enum store_status status = writer->status;
    *error = writer->error;
    pthread_mutex_unlock(&writer->mutex);
    return status;
}
