/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "swarm.h"

#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "tools/kiosk-emulator/image.h"

#define SECOND_NS UINT64_C(1000000000)
#define SECOND_US UINT64_C(1000000)
#define NAP_US_MIN 200 /* several kiosks a round: less is busier, not faster */
#define NAP_US_MAX 50000
#define EVENTS_MAX 256
#define CONNECT_S 60
#define SETTLE_S 60
#define QUIET_US 1500000 /* longer than between two attempts to tell a kiosk something */
#define PROGRESS_US 500000
#define FLOOD_HASTE 100
#define DRAIN_TAPS 140 /* of a journal's 200; from 150 on kiosks ask for the rating only */

#define TRIAL_S 3 /* of a kiosk's time: what a processor can do is measured at the start */
#define TRIAL_PRESS_MS 500
#define TRIAL_HELD_MS 120

static volatile sig_atomic_t has_signal;

static void on_signal(int number)
{
    (void)number;
    has_signal = 1;
}

static bool fail(struct swarm *swarm, const char *format, ...) __attribute__((format(printf, 2, 3)));

static bool fail(struct swarm *swarm, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(swarm->text, sizeof swarm->text, format, arguments);
    va_end(arguments);
    return false;
}

static uint64_t clock_ns(clockid_t clock)
{
    struct timespec now;

    clock_gettime(clock, &now);
    return (uint64_t)now.tv_sec * SECOND_NS + (uint64_t)now.tv_nsec;
}

static uint64_t now_us(const struct swarm *swarm)
{
    return (clock_ns(CLOCK_MONOTONIC) - swarm->began_ns) / 1000;
}

/* How many can be real ------------------------------------------------------------------------------------------- */

static void ignore_sent(void *context, const uint8_t *bytes, size_t size)
{
    (void)context, (void)bytes, (void)size;
}

/* A kiosk that is used, alone: how many times faster than real time? Half a processor is for them. */
static uint16_t count_affordable(struct image *image)
{
    static uint8_t cells[DEVICE_EEPROM_SIZE];
    memset(cells, 0xFF, sizeof cells);
    const struct device_options options = {.eeprom = cells, .seed = 1, .on_sent = ignore_sent};
    struct device *device = device_create_real(&options, image);

    if (device == NULL)
        return 0;
    uint64_t begun_ns = clock_ns(CLOCK_THREAD_CPUTIME_ID);
    for (uint64_t ms = 0; ms < TRIAL_S * 1000; ms += TRIAL_PRESS_MS) {
        device_press(device, 0x10);
        device_run(device, (ms + TRIAL_HELD_MS) * 1000);
        device_press(device, 0);
        device_run(device, (ms + TRIAL_PRESS_MS) * 1000);
    }
    uint64_t taken_ns = clock_ns(CLOCK_THREAD_CPUTIME_ID) - begun_ns;
    bool is_faulty = device_is_faulty(device);
    device_destroy(device);
    return is_faulty ? 0 : (uint16_t)(TRIAL_S * SECOND_NS / taken_ns / 2);
}

static bool choose_real(struct swarm *swarm, const struct options *options)
{
    const char *error = NULL;

    if (options->real == 0 || options->rounds > 0 || options->is_flood)
        return true;
    swarm->image = image_open(options->elf, &error);
    if (swarm->image == NULL && options->real != OPTIONS_REAL_AUTO)
        return fail(swarm, "%s %s; cmake --preset mega2560 && ninja -C build/mega2560 makes one",
                    options->elf, error);
    if (swarm->image == NULL) {
        fprintf(stderr, "kiosk-swarm: %s %s: no kiosk has the firmware image\n", options->elf, error);
        return true;
    }
    uint16_t wanted =
        options->real == OPTIONS_REAL_AUTO ? count_affordable(swarm->image) : (uint16_t)options->real;
    swarm->real_count = wanted < swarm->count ? wanted : swarm->count;
    return true;
}

/* Opening --------------------------------------------------------------------------------------------------------- */

/* Three descriptors a kiosk: the line, its EEPROM's file, and one while they are opened. */
static void raise_limit(uint16_t kiosks)
{
    struct rlimit limit;

    if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
        return;
    rlim_t wanted = (rlim_t)kiosks * 3 + 64;
    if (limit.rlim_cur < wanted && limit.rlim_max >= wanted) {
        limit.rlim_cur = wanted;
        setrlimit(RLIMIT_NOFILE, &limit);
    }
}

static bool open_one(struct swarm *swarm, uint16_t index, const struct options *options,
                     const struct config_kiosk *config)
{
    struct station *station = &swarm->stations[index];
    struct station_options mine = {.seed = options->seed * 1000003 + index,
                                   .haste = options->is_flood ? FLOOD_HASTE : 1,
                                   .baud = config->baud,
                                   .ack = &swarm->ack,
                                   .tap = &swarm->tap};

    snprintf(mine.name, sizeof mine.name, "%s", config->name);
    snprintf(mine.port, sizeof mine.port, "%s", config->port);
    snprintf(mine.eeprom, sizeof mine.eeprom, "%s.eeprom", config->port);
    if (index < swarm->real_count)
        mine.image = swarm->image;
    if (!station_open(station, &mine, swarm->text, sizeof swarm->text))
        return false;
    if (options->is_idle)
        station->ahead_us = SECOND_US * index / swarm->count; /* heartbeats do not come all at once */
    struct epoll_event event = {.events = EPOLLIN | EPOLLET, .data.ptr = station};
    if (epoll_ctl(swarm->epoll, EPOLL_CTL_ADD, station->pty.master, &event) != 0)
        return fail(swarm, "%s: %s", config->port, strerror(errno));
    return true;
}

bool swarm_open(struct swarm *swarm, const struct options *options, const struct config *config)
{
    memset(swarm, 0, sizeof *swarm);
    signal(SIGINT, on_signal);
    signal(SIGTERM, on_signal);
    uint16_t count = options->kiosks == 0 ? config->kiosk_count : options->kiosks;
    raise_limit(count);
    swarm->epoll = epoll_create1(EPOLL_CLOEXEC);
    swarm->stations = calloc(count, sizeof *swarm->stations);
    if (swarm->epoll < 0 || swarm->stations == NULL)
        return fail(swarm, "no memory or descriptors");
    swarm->count = count;
    if (!choose_real(swarm, options))
        return false;
    swarm->began_ns = clock_ns(CLOCK_MONOTONIC);
    for (uint16_t i = 0; i < count; i++) {
        if (!open_one(swarm, i, options, &config->kiosks[i]))
            return false;
    }
    return true;
}

void swarm_close(struct swarm *swarm)
{
    for (uint16_t i = 0; i < swarm->count; i++)
        station_close(&swarm->stations[i]);
    free(swarm->stations);
    image_close(swarm->image);
    delays_free(&swarm->ack);
    delays_free(&swarm->tap);
    if (swarm->epoll >= 0)
        close(swarm->epoll);
    *swarm = (struct swarm){.epoll = -1};
}

/* The loop -------------------------------------------------------------------------------------------------------- */

static void nap(struct swarm *swarm, uint64_t until_us)
{
    struct epoll_event events[EVENTS_MAX];
    uint64_t at_us = now_us(swarm);
    uint64_t nap_us = until_us > at_us + NAP_US_MIN ? until_us - at_us : NAP_US_MIN;
    if (nap_us > NAP_US_MAX)
        nap_us = NAP_US_MAX;
    const struct timespec timeout = {0, (long)nap_us * 1000};

    int count = epoll_pwait2(swarm->epoll, events, EVENTS_MAX, &timeout, NULL);
    for (int i = 0; i < count; i++)
        ((struct station *)events[i].data.ptr)->is_readable = true;
}

static void turn(struct swarm *swarm)
{
    uint64_t next_us = UINT64_MAX;

    for (uint16_t i = 0; i < swarm->count; i++) {
        struct station *station = &swarm->stations[i];
        uint64_t wake_us = station_wake_us(station), at_us = now_us(swarm);
        if (wake_us <= at_us || station->is_readable) {
            if (wake_us < at_us && at_us - wake_us > swarm->lag_us)
                swarm->lag_us = at_us - wake_us;
            station_run(station, at_us);
            wake_us = station_wake_us(station);
        }
        if (wake_us < next_us)
            next_us = wake_us;
    }
    nap(swarm, next_us);
}

static size_t count_of(const struct swarm *swarm, bool (*is_so)(const struct swarm *, const struct station *))
{
    size_t count = 0;

    for (uint16_t i = 0; i < swarm->count; i++)
        count += is_so(swarm, &swarm->stations[i]);
    return count;
}

static void show_progress(struct swarm *swarm, const char *what, size_t count)
{
    static uint64_t shown_us;
    uint64_t at_us = now_us(swarm);

    if (!isatty(STDERR_FILENO) || at_us - shown_us < PROGRESS_US)
        return;
    shown_us = at_us;
    fprintf(stderr, "\r\033[K%s: %zu of %u kiosks, %zu answers acknowledged", what, count, swarm->count,
            swarm->ack.count);
    fflush(stderr);
}

static bool check_stations(struct swarm *swarm)
{
    for (uint16_t i = 0; i < swarm->count; i++) {
        const struct station *station = &swarm->stations[i];
        if (device_is_faulty(station->device))
            return fail(swarm, "%s: its firmware crashed", station->options.name);
        if (station->ledger.failure[0] != '\0')
            return fail(swarm, "%s: %s", station->options.name, station->ledger.failure);
    }
    swarm->is_stopped = has_signal != 0;
    return !swarm->is_stopped || fail(swarm, "stopped by a signal; nothing is compared");
}

/* Until all are so, or this long; false with the text then. */
static bool wait_for(struct swarm *swarm, const char *what, unsigned seconds,
                     bool (*is_so)(const struct swarm *, const struct station *))
{
    uint64_t end_us = now_us(swarm) + seconds * SECOND_US;
    size_t count;

    while ((count = count_of(swarm, is_so)) < swarm->count) {
        if (!check_stations(swarm))
            return false;
        if (now_us(swarm) >= end_us)
            return fail(swarm, "%s: only %zu of %u kiosks after %u s", what, count, swarm->count, seconds);
        show_progress(swarm, what, count);
        turn(swarm);
    }
    return check_stations(swarm);
}

static bool is_connected(const struct swarm *swarm, const struct station *station)
{
    return station->is_up && now_us(swarm) - station->quiet_since_us >= QUIET_US;
}

static bool is_informed(const struct swarm *swarm, const struct station *station)
{
    return station->has_roster && is_connected(swarm, station);
}

static bool is_settled(const struct swarm *swarm, const struct station *station)
{
    (void)swarm;
    return station_is_settled(station);
}

bool swarm_connect(struct swarm *swarm, bool has_staff)
{
    bool is_done =
        wait_for(swarm, "connecting", CONNECT_S + swarm->count / 10u, has_staff ? is_informed : is_connected);

    swarm->lag_us = 0; /* what comes is measured */
    delays_free(&swarm->ack);
    delays_free(&swarm->tap);
    return is_done;
}

bool swarm_visit(struct swarm *swarm, const struct options *options, bool has_staff)
{
    uint64_t begun_us = now_us(swarm), end_us = begun_us + options->seconds * SECOND_US;

    for (uint16_t i = 0; i < swarm->count; i++)
        station_begin(&swarm->stations[i], has_staff, options->tap_ms);
    for (uint16_t i = 0; i < swarm->count && options->is_idle; i++)
        swarm->stations[i].customer.is_leaving = true;
    while (now_us(swarm) < end_us) {
        if (!check_stations(swarm))
            return false;
        show_progress(swarm, "visits", swarm->count);
        turn(swarm);
    }
    for (uint16_t i = 0; i < swarm->count; i++)
        swarm->stations[i].customer.is_leaving = true;
    bool is_done =
        wait_for(swarm, "settling", SETTLE_S + options->tap_ms * CUSTOMER_TAPS_MAX / 1000, is_settled);
    swarm->measured_s = (double)(now_us(swarm) - begun_us) / 1e6;
    return is_done;
}

static void add_round(struct swarm *swarm)
{
    uint64_t first_us = UINT64_MAX, last_us = 0;

    for (uint16_t i = 0; i < swarm->count; i++) {
        const struct station *station = &swarm->stations[i];
        if (station->first_sent_us < first_us)
            first_us = station->first_sent_us;
        if (station->acked_us > last_us)
            last_us = station->acked_us;
    }
    swarm->measured_s += (double)(last_us - first_us) / 1e6;
}

bool swarm_flood(struct swarm *swarm, const struct options *options, uint16_t staff)
{
    uint64_t end_us = now_us(swarm) + options->seconds * SECOND_US;

    for (uint16_t i = 0; i < swarm->count; i++) {
        station_mend(&swarm->stations[i]);
        station_flood(&swarm->stations[i], staff != 0, staff);
    }
    while (now_us(swarm) < end_us) {
        if (!check_stations(swarm))
            return false;
        show_progress(swarm, "flood", swarm->count);
        turn(swarm);
    }
    for (uint16_t i = 0; i < swarm->count; i++)
        swarm->stations[i].customer.is_leaving = true;
    bool is_done = wait_for(swarm, "draining", SETTLE_S, is_settled);
    add_round(swarm);
    return is_done;
}

bool swarm_drain(struct swarm *swarm, const struct options *options, bool has_staff)
{
    for (uint16_t i = 0; i < swarm->count; i++) {
        station_begin(&swarm->stations[i], has_staff, options->tap_ms);
        swarm->stations[i].customer.is_leaving = true;
    }
    for (uint32_t round = 0; round < options->rounds; round++) {
        uint64_t at_us = now_us(swarm);
        for (uint16_t i = 0; i < swarm->count; i++) {
            swarm->stations[i].now_us = at_us; /* all end at the same instant of real time */
            station_fill(&swarm->stations[i], DRAIN_TAPS);
        }
        uint64_t taken_us = now_us(swarm) - at_us;
        for (uint16_t i = 0; i < swarm->count; i++) {
            swarm->stations[i].ahead_us -= taken_us;
            station_mend(&swarm->stations[i]);
        }
        if (!wait_for(swarm, "draining", SETTLE_S, is_settled))
            return false;
        add_round(swarm);
    }
    return true;
}
