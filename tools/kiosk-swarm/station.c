/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "station.h"

#include <stdio.h>
#include <string.h>

#define READ_SIZE 512
#define RX_PAUSE_US 1000  /* what the kiosk had no room for is offered again */
#define ALONE_US 20000000 /* after that a kiosk knows that its cable is cut, and a visit is over */
#define HELLO_STEP_US 1000
#define FLOOD_VISIT_S 30

static void note_acked(struct station *station, size_t count)
{
    const struct ledger *ledger = &station->ledger;

    for (size_t i = ledger->acked_count - count; i < ledger->acked_count; i++) {
        const struct ledger_answer *answer = &ledger->answers[i];
        if (answer->sent_us != 0)
            delays_add(station->options.ack, answer->sent_us, station->now_us);
        if (answer->tapped_us != 0 && station->ahead_us == 0)
            delays_add(station->options.tap, answer->tapped_us, station->now_us);
    }
    if (count > 0)
        station->acked_us = station->now_us;
}

/* What the kiosk says. A seal stands behind the fields, and is the daemon's to check. */
static void on_frame_up(struct station *station, const struct frame *frame, bool is_heard)
{
    struct message_answers answers;
    struct message_received received;
    struct message_health health;
    struct message_hello hello;

    station->is_up = frame->type != MESSAGE_HELLO;
    switch (frame->type) {
    case MESSAGE_ANSWERS:
        if (!message_answers_decode(frame->body, frame->body_size, &answers))
            return;
        ledger_on_answers(&station->ledger, &answers, is_heard, station->now_us);
        station->pending = answers.count; /* at least */
        if (is_heard && station->first_sent_us == 0)
            station->first_sent_us = station->now_us;
        break;
    case MESSAGE_RECEIVED:
        if (message_received_decode(frame->body, frame->body_size, &received) && received.is_taken &&
            station->is_told_roster)
            station->has_roster = true;
        break;
    case MESSAGE_HELLO:
        station->has_said_hello = true;
        if (message_hello_decode(frame->body, frame->body_size, &hello) && hello.roster_version != 0)
            station->has_roster = true; /* from before; what has changed since is told */
        break;
    case MESSAGE_HEALTH:
        if (message_health_decode(frame->body, frame->body_size, &health))
            station->pending = health.pending;
        return;
    default:
        break;
    }
    station->quiet_since_us = station->now_us;
}

static void on_frame_down(struct station *station, const struct frame *frame)
{
    struct message_ack ack;
    struct message_welcome welcome;

    switch (frame->type) {
    case MESSAGE_ACK:
        if (message_ack_decode(frame->body, frame->body_size, &ack))
            note_acked(station, ledger_on_ack(&station->ledger, ack.journal_id, ack.through));
        break;
    case MESSAGE_WELCOME:
        if (message_welcome_decode(frame->body, frame->body_size, &welcome))
            note_acked(station, ledger_on_ack(&station->ledger, welcome.journal_id, welcome.through));
        break;
    case MESSAGE_ROSTER:
        station->is_told_roster = true;
        break;
    case MESSAGE_TIME:
        return;
    default:
        break;
    }
    station->quiet_since_us = station->now_us;
}

/* As on a real cable, what is said while nobody has the port open is lost. */
static void on_sent(void *context, const uint8_t *bytes, size_t size)
{
    struct station *station = context;
    struct frame frame;
    bool is_heard = !station->is_cut && kiosk_pty_has_peer(&station->pty) &&
                    kiosk_pty_write(&station->pty, bytes, size) == size;

    for (size_t i = 0; i < size; i++) {
        if (frame_decoder_push(&station->up, bytes[i], &frame))
            on_frame_up(station, &frame, is_heard);
    }
}

static void hand_over(struct station *station)
{
    size_t taken = device_receive(station->device, station->rx, station->rx_size);

    station->rx_size -= taken;
    memmove(station->rx, station->rx + taken, station->rx_size);
}

static void read_line(struct station *station)
{
    size_t size;

    station->is_readable = false;
    while (sizeof station->rx - station->rx_size >= READ_SIZE &&
           (size = kiosk_pty_read(&station->pty, station->rx + station->rx_size, READ_SIZE)) > 0) {
        struct frame frame;
        for (size_t i = 0; i < size; i++) {
            if (frame_decoder_push(&station->down, station->rx[station->rx_size + i], &frame))
                on_frame_down(station, &frame);
        }
        if (!station->is_cut)
            station->rx_size += size;
    }
}

/* Opening --------------------------------------------------------------------------------------------------------- */

bool station_open(struct station *station, const struct station_options *options, char *text, size_t size)
{
    const char *error = NULL;

    memset(station, 0, sizeof *station);
    station->options = *options;
    frame_decoder_init(&station->up, station->up_bytes, sizeof station->up_bytes);
    frame_decoder_init(&station->down, station->down_bytes, sizeof station->down_bytes);
    if (eeprom_file_open(&station->eeprom, options->eeprom, &error) != 0) {
        snprintf(text, size, "%s: %s", options->eeprom, error);
        return false;
    }
    const struct device_options device_options = {.eeprom = station->eeprom.cells,
                                                  .seed = options->seed,
                                                  .haste = options->haste,
                                                  .baud = options->baud,
                                                  .context = station,
                                                  .on_sent = on_sent};
    station->device = options->image == NULL ? device_create_core(&device_options)
                                             : device_create_real(&device_options, options->image);
    if (station->device == NULL)
        snprintf(text, size, "%s: out of memory", options->name);
    else if (kiosk_pty_open(&station->pty, station->options.port, &error) != 0)
        snprintf(text, size, "%s: %s", station->options.port, error);
    else
        return true;
    station_close(station);
    return false;
}

void station_close(struct station *station)
{
    kiosk_pty_close(&station->pty);
    device_destroy(station->device);
    station->device = NULL;
    eeprom_file_close(&station->eeprom);
    ledger_free(&station->ledger);
}

/* Living ---------------------------------------------------------------------------------------------------------- */

static void step_customer(struct station *station)
{
    const struct ledger_tap *tap;
    uint8_t buttons = customer_step(&station->customer, &tap);

    if (tap != NULL)
        ledger_on_tap(&station->ledger, tap);
    device_press(station->device, buttons);
}

static void append_visit(struct station *station)
{
    struct customer *customer = &station->customer;
    uint32_t visit = 0;

    customer_plan(customer);
    station->flood_uptime_s += FLOOD_VISIT_S;
    for (; customer->step < customer->tap_count; customer->step++) {
        struct ledger_tap tap = {.meanings = {customer->taps[customer->step].meanings[0]}};
        struct answer answer = {.question = tap.meanings[0].question,
                                .value = tap.meanings[0].value == LEDGER_ANYBODY ? station->flood_staff
                                                                                 : tap.meanings[0].value,
                                .uptime_s = station->flood_uptime_s + 2u * customer->step};
        if (!device_append(station->device, &answer, visit))
            return; /* the kiosk would say so, and the comparison will */
        if (customer->step == 0)
            visit = answer.seq;
        ledger_on_tap(&station->ledger, &tap);
    }
}

static void flood(struct station *station)
{
    while (!station->customer.is_leaving && device_free_answers(station->device) > CUSTOMER_TAPS_MAX)
        append_visit(station);
}

/* Up to this moment of the kiosk's own time. */
static void live(struct station *station, uint64_t until_us)
{
    while (station->has_customer && station->customer.next_us <= until_us) {
        device_run(station->device, station->customer.next_us);
        step_customer(station);
    }
    device_run(station->device, until_us);
}

void station_begin(struct station *station, bool has_staff, uint32_t tap_ms)
{
    customer_init(&station->customer, has_staff, station->options.seed, tap_ms,
                  station->now_us + station->ahead_us);
    station->has_customer = true;
}

void station_flood(struct station *station, bool has_staff, uint16_t staff)
{
    station_begin(station, has_staff, CUSTOMER_TAP_MS_MIN);
    station->has_customer = false;
    station->is_flooded = true;
    station->flood_staff = staff;
    station->flood_uptime_s = (uint32_t)((station->now_us + station->ahead_us) / 1000000);
}

void station_run(struct station *station, uint64_t now_us)
{
    station->now_us = now_us;
    if (station->is_readable || station->rx_size > 0)
        read_line(station);
    if (station->rx_size > 0)
        hand_over(station);
    if (station->is_flooded)
        flood(station);
    live(station, now_us + station->ahead_us);
}

uint64_t station_wake_us(const struct station *station)
{
    uint64_t wake_us = device_wake_us(station->device);

    if (station->has_customer && station->customer.next_us < wake_us)
        wake_us = station->customer.next_us;
    if (station->rx_size > 0 && station->now_us + station->ahead_us + RX_PAUSE_US < wake_us)
        wake_us = station->now_us + station->ahead_us + RX_PAUSE_US;
    return wake_us > station->ahead_us ? wake_us - station->ahead_us : 0;
}

void station_fill(struct station *station, size_t taps)
{
    size_t enough = station->ledger.tap_count + taps;
    uint64_t clock_us = station->now_us + station->ahead_us;

    station->is_cut = true;
    live(station, clock_us += ALONE_US);
    station->customer.is_leaving = false;
    station->customer.next_us = clock_us;
    while (station->ledger.tap_count < enough) {
        clock_us = station->customer.next_us;
        live(station, clock_us);
    }
    station->customer.is_leaving = true;
    live(station, clock_us += ALONE_US);
    station->has_said_hello = false;
    while (!station->has_said_hello)
        live(station, clock_us += HELLO_STEP_US);
    station->ahead_us = clock_us - station->now_us;
}

void station_mend(struct station *station)
{
    station->is_cut = false;
    station->first_sent_us = station->acked_us = 0;
}

bool station_is_settled(const struct station *station)
{
    return !customer_is_busy(&station->customer) && ledger_is_settled(&station->ledger) &&
           station->pending == 0;
}
