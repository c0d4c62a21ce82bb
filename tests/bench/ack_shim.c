/* SPDX-License-Identifier: MIT
 *
 * ack_shim.c - preloaded into bynamed: when was it durable, and when was its acknowledgement on the wire?
 *
 * The thread that syncs a -wal is the writer; the eventfd that it writes then tells the loop that there are results. What
 * the loop writes to lines after it has read that eventfd, and until it reads it again, acknowledges commits of before the
 * read: each ACK is counted from the earliest of them. A commit is the return of the newest sync of the -wal before the writer
 * tells the loop; a checkpoint, which syncs it, too, comes after that (writer.c).
 *
 * The kernel's clock is called synchronised, so that rows are the same on every machine.
 *
 * When the process ends, ACK_SHIM_FILE gets a line for each ACK, "ack AT DELAY", and each sync of the writer, "wal AT DURATION" or,
 * of the database itself, "file AT DURATION": nanoseconds, AT the end, of CLOCK_MONOTONIC.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/timex.h>
#include <time.h>
#include <unistd.h>

#define EVENTS_MAX (1 << 21)
#define TYPE_ACK 0x44

struct event {
    const char *kind;
    uint64_t at_ns, took_ns;
};

static struct event *events;
static size_t event_count;
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static _Thread_local uint64_t synced_ns; /* the writer's: the newest sync since it told the loop; 0: none */
static _Thread_local bool is_writer;
static int results_fd = -1;
static uint64_t told_ns, taken_ns; /* the earliest commit whose results wait for the loop; are in its hands */

static uint64_t now_ns(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * UINT64_C(1000000000) + (uint64_t)now.tv_nsec;
}

/* The next definition of a symbol. dlsym gives a data pointer: ISO C has no cast from it, memcpy has no objection. */
static void find_next(const char *name, void *function)
{
    void *symbol = dlsym(RTLD_NEXT, name);

    memcpy(function, &symbol, sizeof symbol);
}

static void keep(const char *kind, uint64_t at_ns, uint64_t took_ns)
{
    if (events == NULL)
        events = malloc(EVENTS_MAX * sizeof *events);
    if (events != NULL && event_count < EVENTS_MAX)
        events[event_count++] = (struct event){kind, at_ns, took_ns};
}

static bool is_log(int fd)
{
    char link[64], path[256];

    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t size = readlink(link, path, sizeof path);
    return size > 4 && memcmp(path + size - 4, "-wal", 4) == 0;
}

int fdatasync(int fd)
{
    static int (*next)(int);

    if (next == NULL)
        find_next("fdatasync", &next);
    uint64_t begun_ns = now_ns();
    int result = next(fd);
    if (result != 0 || gettid() == getpid())
        return result; /* the loop's thread syncs, too, when it opens the database */
    uint64_t ended_ns = now_ns();
    bool is_wal = is_log(fd);
    pthread_mutex_lock(&mutex);
    keep(is_wal ? "wal" : "file", ended_ns, ended_ns - begun_ns);
    pthread_mutex_unlock(&mutex);
    if (!is_wal)
        return result;
    is_writer = true;
    synced_ns = ended_ns;
    return result;
}

static void tell(int fd)
{
    pthread_mutex_lock(&mutex);
    results_fd = fd;
    if (told_ns == 0)
        told_ns = synced_ns;
    pthread_mutex_unlock(&mutex);
    synced_ns = 0;
}

/* A frame begins with a 00, which stands nowhere within, and the length of its first piece; then comes its type. */
static void count_acks(const uint8_t *bytes, size_t size)
{
    uint64_t at_ns = now_ns();

    pthread_mutex_lock(&mutex);
    for (size_t i = 0; taken_ns != 0 && i + 2 < size; i++) {
        if (bytes[i] == 0 && bytes[i + 1] != 0 && bytes[i + 2] == TYPE_ACK)
            keep("ack", at_ns, at_ns - taken_ns);
    }
    pthread_mutex_unlock(&mutex);
}

ssize_t write(int fd, const void *bytes, size_t size)
{
    static ssize_t (*next)(int, const void *, size_t);

    if (next == NULL)
        find_next("write", &next);
    if (is_writer && synced_ns != 0 && size == sizeof(uint64_t))
        tell(fd);
    ssize_t written = next(fd, bytes, size);
    if (!is_writer && written > 2 && *(const uint8_t *)bytes == 0)
        count_acks(bytes, (size_t)written);
    return written;
}

ssize_t read(int fd, void *bytes, size_t size)
{
    static ssize_t (*next)(int, void *, size_t);

    if (next == NULL)
        find_next("read", &next);
    if (size == sizeof(uint64_t)) {
        pthread_mutex_lock(&mutex);
        if (fd == results_fd && told_ns != 0) {
            taken_ns = told_ns;
            told_ns = 0;
        }
        pthread_mutex_unlock(&mutex);
    }
    return next(fd, bytes, size);
}

int adjtimex(struct timex *state)
{
    memset(state, 0, sizeof *state);
    return TIME_OK;
}

__attribute__((destructor)) static void print_all(void)
{
    const char *path = getenv("ACK_SHIM_FILE");
    FILE *file = path == NULL ? NULL : fopen(path, "w");

    if (file == NULL)
        return;
    for (size_t i = 0; i < event_count; i++)
        fprintf(file, "%s %" PRIu64 " %" PRIu64 "\n", events[i].kind, events[i].at_ns, events[i].took_ns);
    fclose(file);
}
