/* SPDX-License-Identifier: MIT */
#include "ports.h"

#include <event2/event.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/hotplug.h"
#include "daemon/stream.h"

#define READ_SIZE 1024
#define READS_MAX 4 /* a chatty line must not starve the others */

struct port {
    struct ports *ports;
    const struct config_kiosk *config;
    struct stream stream;
    struct event *readable, *writable; /* NULL while closed */
    struct event *retry;
    unsigned retry_ms;
    size_t out_size;
    uint8_t out[PORTS_OUT_SIZE_MAX];
};

struct ports {
    struct event_base *base;
    struct clock_watch *watch;
    struct hub *hub;
    struct hotplug *hotplug;
    struct event *news; /* of the hotplug */
    bool is_stopped;
    const char *devices[CONFIG_KIOSKS_MAX];
    uint16_t count;
    struct port ports[];
};

static uint16_t port_index(const struct port *port)
{
    return (uint16_t)(port - port->ports->ports);
}

static void free_event(struct event **event)
{
    if (*event != NULL)
        event_free(*event);
    *event = NULL;
}

static void retry_after(struct port *port, unsigned ms)
{
    const struct timeval pause = {ms / 1000, (suseconds_t)(ms % 1000) * 1000};

    if (!port->ports->is_stopped)
        event_add(port->retry, &pause);
}

static void retry_later(struct port *port)
{
    retry_after(port, port->retry_ms);
    port->retry_ms = port->retry_ms * 2 > PORTS_RETRY_MS_MAX ? PORTS_RETRY_MS_MAX : port->retry_ms * 2;
}

static void close_port(struct port *port, enum hub_line line, const char *reason)
{
    struct ports *ports = port->ports;
    struct session_clock clock = clock_read(ports->watch);

    free_event(&port->readable);
    free_event(&port->writable);
    stream_close(&port->stream);
    port->out_size = 0;
    ports->devices[port_index(port)] = "";
    hub_on_closed(ports->hub, port_index(port), line, reason, &clock);
    retry_later(port);
}

/* Reading and writing --------------------------------------------------------------------------------------------- */

static void on_readable(evutil_socket_t fd, short what, void *context)
{
    struct port *port = context;
    struct ports *ports = port->ports;
    uint8_t bytes[READ_SIZE];
    size_t size;

    (void)fd, (void)what;
    for (int i = 0; i < READS_MAX; i++) {
        switch (stream_read(&port->stream, bytes, sizeof bytes, &size)) {
        case STREAM_IO_LATER:
            return;
        case STREAM_IO_CLOSED:
            close_port(port, HUB_LINE_ABSENT, "");
            return;
        case STREAM_IO_DONE: {
            struct session_clock clock = clock_read(ports->watch);
            port->retry_ms = PORTS_RETRY_MS_MIN;
            hub_receive(ports->hub, port_index(port), bytes, size, &clock);
            break;
        }
        }
        if (port->stream.fd < 0 || size < sizeof bytes)
            return;
    }
}

/* False when the line is closed; the reader's side finds that too, and closes the port outside of a send. */
static bool write_out(struct port *port)
{
    size_t size;

    while (port->out_size > 0) {
        enum stream_io outcome = stream_write(&port->stream, port->out, port->out_size, &size);
        if (outcome == STREAM_IO_CLOSED)
            return false;
        if (outcome == STREAM_IO_LATER) {
            event_add(port->writable, NULL);
            return true;
        }
        port->out_size -= size;
        memmove(port->out, port->out + size, port->out_size);
    }
    return true;
}

static void on_writable(evutil_socket_t fd, short what, void *context)
{
    struct port *port = context;

    (void)fd, (void)what;
    if (!write_out(port))
        close_port(port, HUB_LINE_ABSENT, "");
}

bool ports_send(void *context, uint16_t index, const uint8_t *bytes, size_t size)
{
    struct ports *ports = context;
    struct port *port = &ports->ports[index];

    if (port->stream.fd < 0 || size > sizeof port->out - port->out_size)
        return false;
    memcpy(port->out + port->out_size, bytes, size);
    port->out_size += size;
    if (!write_out(port))
        event_active(port->writable, EV_WRITE, 0); /* not here: the hub is in the middle of something */
    return true;
}

/* Opening --------------------------------------------------------------------------------------------------------- */

static bool watch_stream(struct port *port)
{
    struct event_base *base = port->ports->base;

    port->readable = event_new(base, port->stream.fd, EV_READ | EV_PERSIST, on_readable, port);
    port->writable = event_new(base, port->stream.fd, EV_WRITE, on_writable, port);
    return port->readable != NULL && port->writable != NULL && event_add(port->readable, NULL) == 0;
}

static void open_port(struct port *port)
{
    struct ports *ports = port->ports;
    struct session_clock clock;

    switch (stream_open(&port->stream, port->config->port, port->config->baud)) {
    case STREAM_ABSENT:
        close_port(port, HUB_LINE_ABSENT, "");
        return;
    case STREAM_REFUSED:
        close_port(port, HUB_LINE_REFUSED, port->stream.reason);
        return;
    case STREAM_OPEN:
        break;
    }
    if (!watch_stream(port)) {
        close_port(port, HUB_LINE_REFUSED, "the event loop cannot watch this device; is it a regular file?");
        return;
    }
    ports->devices[port_index(port)] = port->stream.device;
    clock = clock_read(ports->watch);
    hub_on_open(ports->hub, port_index(port), &clock);
}

static void on_retry(evutil_socket_t fd, short what, void *context)
{
    struct port *port = context;

    (void)fd, (void)what;
    if (port->stream.fd < 0 && !port->ports->is_stopped)
        open_port(port);
}

static void on_news(evutil_socket_t fd, short what, void *context)
{
    struct ports *ports = context;

    (void)fd, (void)what;
    if (!hotplug_drain(ports->hotplug))
        return;
    for (uint16_t i = 0; i < ports->count; i++) {
        struct port *port = &ports->ports[i];
        if (port->stream.fd >= 0)
            continue;
        port->retry_ms = PORTS_RETRY_MS_MIN;
        retry_after(port, 0);
    }
}

struct ports *ports_create(struct event_base *base, const struct config *config, struct clock_watch *watch)
{
    struct ports *ports = calloc(1, sizeof *ports + config->kiosk_count * sizeof ports->ports[0]);

    if (ports == NULL)
        return NULL;
    ports->base = base;
    ports->watch = watch;
    ports->count = config->kiosk_count;
    for (uint16_t i = 0; i < ports->count; i++) {
        struct port *port = &ports->ports[i];
        port->ports = ports;
        port->config = &config->kiosks[i];
        port->stream.fd = -1;
        port->retry_ms = PORTS_RETRY_MS_MIN;
        ports->devices[i] = "";
        port->retry = evtimer_new(base, on_retry, port);
        if (port->retry == NULL) {
            ports_destroy(ports);
            return NULL;
        }
    }
    return ports;
}

void ports_start(struct ports *ports, struct hub *hub)
{
    ports->hub = hub;
    ports->hotplug = hotplug_open();
    if (ports->hotplug != NULL) {
        ports->news = event_new(ports->base, hotplug_fd(ports->hotplug), EV_READ | EV_PERSIST, on_news, ports);
        if (ports->news != NULL)
            event_add(ports->news, NULL);
    }
    for (uint16_t i = 0; i < ports->count; i++)
        open_port(&ports->ports[i]);
}

void ports_stop_reading(struct ports *ports)
{
    ports->is_stopped = true;
    free_event(&ports->news);
    for (uint16_t i = 0; i < ports->count; i++) {
        event_del(ports->ports[i].retry);
        if (ports->ports[i].readable != NULL)
            event_del(ports->ports[i].readable);
    }
}

bool ports_is_writing(const struct ports *ports)
{
    for (uint16_t i = 0; i < ports->count; i++) {
        if (ports->ports[i].stream.fd >= 0 && ports->ports[i].out_size > 0)
            return true;
    }
    return false;
}

const char *const *ports_devices(const struct ports *ports)
{
    return ports->devices;
}

void ports_destroy(struct ports *ports)
{
    if (ports == NULL)
        return;
    free_event(&ports->news);
    hotplug_close(ports->hotplug);
    for (uint16_t i = 0; i < ports->count; i++) {
        struct port *port = &ports->ports[i];
        free_event(&port->retry);
        free_event(&port->readable);
        free_event(&port->writable);
        stream_close(&port->stream);
    }
    free(ports);
}
