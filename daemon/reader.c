/* SPDX-License-Identifier: MIT */
#include "reader.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include "daemon/clock.h"

/* A ring of jobs: [taken, run) are done, [run, asked) wait; the first of them may be running. */
struct job {
    work_function *function;
    struct reader_result result;
};

struct reader {
    struct store *store;
    pthread_t thread;
    int event_fd;
    unsigned limit_ms;

    pthread_mutex_t mutex; /* guards all below */
    pthread_cond_t changed;
    struct job jobs[READER_CAPACITY];
    uint64_t taken, run, asked; /* ever; index modulo the capacity */
    bool is_running, is_stopping;
    uint64_t started_ms;
};

static void wake_loop(const struct reader *reader)
{
    const uint64_t one = 1;

    (void)!write(reader->event_fd, &one, sizeof one);
}

/* With the mutex held, which is released while the job runs. */
static void run_next(struct reader *reader)
{
    struct job *job = &reader->jobs[reader->run % READER_CAPACITY];

    reader->is_running = true;
    reader->started_ms = clock_monotonic_ms();
    pthread_mutex_unlock(&reader->mutex);
    job->result.error.text[0] = '\0';
    job->result.status = job->function(reader->store, job->result.context, &job->result.error);
    pthread_mutex_lock(&reader->mutex);
    reader->is_running = false;
    reader->run++;
    wake_loop(reader);
}

/* After a job that may have taken minutes: SQLite's log starts again at its beginning only in a moment without readers, and
 * one such job after the other would let it grow for ever. With the mutex held. */
static void rest(struct reader *reader)
{
    const uint64_t until_ms = clock_monotonic_ms() + READER_REST_MS;
    const struct timespec until = {(time_t)(until_ms / 1000), (long)(until_ms % 1000) * 1000000};

    while (!reader->is_stopping && clock_monotonic_ms() < until_ms)
        (void)pthread_cond_timedwait(&reader->changed, &reader->mutex, &until);
}

static void *run(void *context)
{
    struct reader *reader = context;

    pthread_mutex_lock(&reader->mutex);
    while (!reader->is_stopping) {
        if (reader->run < reader->asked) {
            run_next(reader);
            if (reader->limit_ms == 0)
                rest(reader);
        } else {
            pthread_cond_wait(&reader->changed, &reader->mutex);
        }
    }
    pthread_mutex_unlock(&reader->mutex);
    return NULL;
}

enum store_status reader_start(const struct store_options *options, unsigned limit_ms, struct reader **result,
                               struct store_error *error)
{
    struct store_options read_only = *options;
    struct reader *reader = calloc(1, sizeof *reader);
    enum store_status status = STORE_BROKEN;
    pthread_condattr_t attributes;

    *result = NULL;
    snprintf(error->text, sizeof error->text, "cannot start a reader: out of memory, threads or descriptors");
    if (reader == NULL)
        return status;
    read_only.is_read_only = true;
    reader->limit_ms = limit_ms;
    reader->event_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (reader->event_fd < 0)
        goto free_reader;
    status = store_open(&read_only, &reader->store, error);
    if (status != STORE_OK)
        goto close_event;
    pthread_mutex_init(&reader->mutex, NULL);
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(&reader->changed, &attributes);
    pthread_condattr_destroy(&attributes);
    if (pthread_create(&reader->thread, NULL, run, reader) == 0) {
        *result = reader;
        return STORE_OK;
    }
    status = STORE_BROKEN;
    pthread_cond_destroy(&reader->changed);
    pthread_mutex_destroy(&reader->mutex);
    store_close(reader->store);
close_event:
    close(reader->event_fd);
free_reader:
    free(reader);
    return status;
}

void reader_stop(struct reader *reader, void (*drop)(void *context))
{
    if (reader == NULL)
        return;
    pthread_mutex_lock(&reader->mutex);
    reader->is_stopping = true;
    if (reader->is_running)
        store_interrupt(reader->store);
    pthread_cond_signal(&reader->changed);
    pthread_mutex_unlock(&reader->mutex);
    pthread_join(reader->thread, NULL);
    for (; reader->taken < reader->asked; reader->taken++)
        drop(reader->jobs[reader->taken % READER_CAPACITY].result.context);
    store_close(reader->store);
    pthread_cond_destroy(&reader->changed);
    pthread_mutex_destroy(&reader->mutex);
    close(reader->event_fd);
    free(reader);
}

bool reader_submit(struct reader *reader, work_function *function, void *context)
{
    pthread_mutex_lock(&reader->mutex);
    bool is_taken = reader->asked - reader->taken < READER_CAPACITY;
    if (is_taken) {
        struct job *job = &reader->jobs[reader->asked++ % READER_CAPACITY];
        job->function = function;
        job->result.context = context;
        pthread_cond_signal(&reader->changed);
    }
    pthread_mutex_unlock(&reader->mutex);
    return is_taken;
}

int reader_fd(const struct reader *reader)
{
    return reader->event_fd;
}

bool reader_take(struct reader *reader, struct reader_result *result)
{
    uint64_t count;

    (void)!read(reader->event_fd, &count, sizeof count);
    pthread_mutex_lock(&reader->mutex);
    bool has_result = reader->taken < reader->run;
    if (has_result)
        *result = reader->jobs[reader->taken++ % READER_CAPACITY].result;
    pthread_mutex_unlock(&reader->mutex);
    return has_result;
}

bool reader_tick(struct reader *reader, uint64_t now_ms)
{
    pthread_mutex_lock(&reader->mutex);
    bool is_any = reader->run < reader->asked;
    if (reader->limit_ms != 0 && reader->is_running && now_ms - reader->started_ms >= reader->limit_ms)
        store_interrupt(reader->store);
    pthread_mutex_unlock(&reader->mutex);
    return is_any;
}
