/* SPDX-License-Identifier: MIT */
#include "bench.h"

#include <string.h>

#include "tests/image/prepare.h"

#define SLICE_MS 2            /* between two looks at the display */
#define BYTE_SLICE_CYCLES 100 /* between two looks at the line; a byte takes 1,389 */
#define NEXT_SEQ 395          /* nine answers before the ring begins anew */
#define STEADY_MS 40          /* a picture that stays for so long has been sent whole */
#define STEADY_TRIES 20
#define ACKNOWLEDGE_MS_MAX 150
#define PRESS_MS 60

static void blame(struct bench *bench, const char *wrong)
{
    if (bench->wrong == NULL)
        bench->wrong = wrong;
}

uint32_t bench_now_ms(const struct bench *bench)
{
    return (uint32_t)(board_cycle(bench->board) / CORE_CYCLES_PER_MS);
}

/* Power -------------------------------------------------------------------------------------------------- */

static void on_tx(void *user, uint8_t byte)
{
    struct bench *bench = user;

    collector_take(&bench->collector, byte, bench_now_ms(bench));
    if (bench->collector.out_count > 0)
        board_stop(bench->board);
}

static void on_event(void *user, const struct board_event *event)
{
    struct bench *bench = user;

    switch (event->kind) {
    case BOARD_EVENT_EEPROM_WRITE:
        bench->is_write_begun = true;
        break;
    case BOARD_EVENT_RESET:
        blame(bench, "the watchdog bit");
        break;
    case BOARD_EVENT_FAULT:
        blame(bench, "the program crashed");
        break;
    default:
        break;
    }
}

void bench_init(struct bench *bench, struct image *image, uint64_t seed)
{
    memset(bench, 0, sizeof *bench);
    bench->config = (struct board_config){
        .image = image, .eeprom = bench->cells, .on_tx = on_tx, .on_event = on_event, .user = bench};
    bench->awaited = LEDGER_NONE;
    prepare_used_kiosk(bench->cells, NEXT_SEQ);
    collector_init(&bench->collector, seed);
}

void bench_power_on(struct bench *bench, uint64_t seed)
{
    bench->config.seed = seed;
    bench->board = board_create(&bench->config);
    if (bench->board == NULL) {
        blame(bench, "no memory for a board");
        return;
    }
    board_stop_at_writes(bench->board, bench->hooks.on_write != NULL);
    bench->hellos_before = bench->collector.hellos;
    bench->awaited = LEDGER_NONE;
    bench->next_byte = bench->watched.size = 0;
}

static bool has_changed(const struct bench *bench)
{
    struct ssd1306_picture picture;

    board_look(bench->board, &picture);
    return memcmp(picture.rows, bench->before.rows, BENCH_ROWS_WATCHED * sizeof picture.rows[0]) != 0;
}

static void look(struct bench *bench)
{
    if (bench->awaited == LEDGER_NONE || !has_changed(bench))
        return;
    ledger_acknowledge(&bench->ledger, bench->awaited, bench_now_ms(bench));
    bench->awaited = LEDGER_NONE;
}

void bench_cut(struct bench *bench, enum eeprom_tear tear)
{
    if (bench->board == NULL)
        return;
    look(bench);
    board_lose_power(bench->board, tear);
    if (board_eeprom(bench->board)->violations > 0)
        blame(bench, "the EEPROM was used against its datasheet");
    bench->config.unstable_cell = board_eeprom(bench->board)->unstable;
    board_destroy(bench->board);
    bench->board = NULL;
    bench->collector.out_count = 0;
    bench->ledger.cuts++;
    bench->ledger.power++;
    if (bench->ledger.power == LEDGER_POWERS_MAX)
        blame(bench, "the proof's own ledger is full");
}

void bench_close(struct bench *bench)
{
    board_destroy(bench->board);
    bench->board = NULL;
}

/* Time --------------------------------------------------------------------------------------------------- */

static bool is_watching(const struct bench *bench)
{
    return bench->next_byte < bench->watched.size;
}

static bool is_watchable(const struct collector_frame *frame)
{
    return frame->type == MESSAGE_ACK || frame->type == MESSAGE_WELCOME;
}

void bench_send(struct bench *bench, const struct collector_frame *frame)
{
    const struct uart_model *uart = board_uart(bench->board);

    if (bench->hooks.on_byte != NULL && !is_watching(bench) && is_watchable(frame)) {
        bench->watched = *frame;
        bench->first_byte = uart->rx_bytes + uart->queue_count + uart->is_receiving;
        bench->next_byte = 0;
    }
    if (board_send(bench->board, frame->bytes, frame->size) != frame->size)
        blame(bench, "the cable's queue is full");
}

/* A frame leaves the queue before the hook sees it: a fork goes on from there. */
static void send_frames(struct bench *bench)
{
    struct collector *collector = &bench->collector;

    while (collector->out_count > 0) {
        struct collector_frame frame = collector->out[0];
        memmove(&collector->out[0], &collector->out[1], --collector->out_count * sizeof frame);
        if (bench->hooks.on_frame != NULL && is_watchable(&frame))
            bench->hooks.on_frame(bench->hooks.user, &frame);
        bench_send(bench, &frame);
    }
}

static void tell_bytes(struct bench *bench)
{
    const struct uart_model *uart = board_uart(bench->board);

    while (is_watching(bench) && uart->rx_bytes > bench->first_byte + bench->next_byte) {
        size_t index = bench->next_byte++;
        if (bench->hooks.on_byte != NULL)
            bench->hooks.on_byte(bench->hooks.user, &bench->watched, index);
    }
}

/* The collector does not notice that the power failed: its conversation is the old one until a HELLO comes. */
static bool has_said_hello(const struct bench *bench)
{
    return bench->collector.has_hello && bench->collector.hellos > bench->hellos_before;
}

static void note_boot(struct bench *bench)
{
    if (has_said_hello(bench))
        bench->ledger.boots[bench->ledger.power] = bench->collector.hello.boot;
}

/* The board has stood still at some instruction: do what is due around it. */
static void serve(struct bench *bench)
{
    look(bench);
    if (bench->is_write_begun) {
        bench->is_write_begun = false;
        if (bench->hooks.on_write != NULL)
            bench->hooks.on_write(bench->hooks.user);
    }
    note_boot(bench);
    tell_bytes(bench);
    collector_step(&bench->collector, bench_now_ms(bench));
    send_frames(bench);
    if (bench->collector.wrong != NULL)
        blame(bench, bench->collector.wrong);
}

void bench_run_to(struct bench *bench, uint64_t cycle)
{
    while (bench->wrong == NULL && board_cycle(bench->board) < cycle) {
        uint64_t slice = is_watching(bench) ? BYTE_SLICE_CYCLES : SLICE_MS * CORE_CYCLES_PER_MS;
        uint64_t next = board_cycle(bench->board) + slice;
        board_run_to(bench->board, next < cycle ? next : cycle);
        serve(bench);
    }
}

void bench_run_ms(struct bench *bench, uint32_t ms)
{
    if (bench->wrong == NULL)
        bench_run_to(bench, board_cycle(bench->board) + (uint64_t)ms * CORE_CYCLES_PER_MS);
}

void bench_run_until(struct bench *bench, bool (*is_met)(const struct bench *bench), uint32_t ms_max,
                     const char *complaint)
{
    for (uint32_t ms = 0; bench->wrong == NULL && !is_met(bench); ms += SLICE_MS) {
        if (ms >= ms_max)
            blame(bench, complaint);
        bench_run_ms(bench, SLICE_MS);
    }
}

/* Customers ---------------------------------------------------------------------------------------------- */

/* Wait until the picture stands: one that is still being sent would look like an acknowledgement. */
static void wait_steady(struct bench *bench)
{
    for (unsigned i = 0; i < STEADY_TRIES && bench->wrong == NULL; i++) {
        board_look(bench->board, &bench->before);
        bench_run_ms(bench, STEADY_MS);
        if (bench->wrong == NULL && !has_changed(bench))
            return;
    }
    blame(bench, "the display never comes to rest");
}

static bool is_acknowledged(const struct bench *bench)
{
    return bench->awaited == LEDGER_NONE;
}

void bench_await(struct bench *bench, uint32_t ms_max)
{
    bench_run_until(bench, is_acknowledged, ms_max, "the display does not acknowledge an answer");
}

void bench_expect(struct bench *bench, uint8_t question, uint16_t value)
{
    if (bench->wrong != NULL)
        return;
    uint8_t entry = ledger_begin(&bench->ledger, question, value, bench_now_ms(bench));
    wait_steady(bench);
    bench->awaited = entry;
}

void bench_answer(struct bench *bench, uint8_t buttons, uint8_t question, uint16_t value)
{
    wait_steady(bench);
    if (bench->wrong != NULL)
        return;
    bench->awaited = ledger_begin(&bench->ledger, question, value, bench_now_ms(bench));
    board_press(bench->board, buttons);
    bench_await(bench, ACKNOWLEDGE_MS_MAX);
    bench_run_ms(bench, PRESS_MS);
    if (bench->wrong == NULL)
        board_press(bench->board, 0);
}

void bench_hold(struct bench *bench, uint8_t buttons, uint32_t ms)
{
    if (bench->wrong != NULL)
        return;
    board_press(bench->board, buttons);
    bench_run_ms(bench, ms);
    if (bench->wrong == NULL)
        board_press(bench->board, 0);
}

/* What has to hold --------------------------------------------------------------------------------------- */

bool bench_is_settled(const struct bench *bench)
{
    const struct collector *collector = &bench->collector;

    return has_said_hello(bench) && collector_is_at_rest(collector) &&
           collector->through + 1 >= collector->hello.next;
}

void bench_check(struct bench *bench, bool is_drained, struct ledger_sums *sums)
{
    const char *wrong = ledger_check(&bench->ledger, &bench->collector, is_drained, sums);

    if (wrong != NULL)
        blame(bench, wrong);
}
