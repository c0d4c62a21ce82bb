/* SPDX-License-Identifier: MIT
 *
 * The real firmware image on an emulated board, measured in cycles: the same on every machine.
 *
 *   bench_kiosk ELF press COUNT                    milliseconds from COUNT presses to what acknowledges them, a busy line
 *   bench_kiosk ELF idle SECONDS FOLDER            the share of the time that the core sleeps, connected and at rest
 *   bench_kiosk ELF drain BAUD RUNS NOISE FOLDER   a full journal goes to the daemon's own sessions and store, RUNS times;
 *                                                  NOISE of a million bytes are changed on the way, in either direction
 *
 * Prints one JSON object. FOLDER is empty, and keeps the databases.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "busy_end.h"
#include "daemon_end.h"
#include "tests/image/prepare.h"
#include "tools/kiosk-emulator/board.h"

#define SLICE_CYCLES 997     /* a prime, so that samples of the program counter fall in step with nothing */
#define FIRST_SEQ 300        /* the ring has been around: each slot must be erased before it is used again */
#define ACKNOWLEDGED_ROWS 62 /* of the display; below them the bar drains */
#define SAMPLES_MAX 400000
#define DRAIN_S_MAX 30

enum far_end { FAR_NOBODY, FAR_DAEMON, FAR_BUSY };

/* A kiosk, its cable, and who is at the other end. */
struct rig {
    struct image *image;
    struct board *board;
    struct board_config config;
    uint8_t cells[EEPROM_SIZE];
    enum far_end far_end;
    struct daemon_end daemon;
    struct busy_end busy;
    uint8_t out[4096]; /* to the kiosk, not on the line yet */
    size_t out_size;
    uint32_t noise; /* of a million bytes */
    uint64_t seed, drawn;
    uint64_t begun; /* cycles of the boards before this one */

    struct frame_decoder decoder; /* of what the kiosk sends, before the noise */
    uint8_t decoded[FRAME_TO_DAEMON_SIZE_MAX];
    uint64_t frame_cycle, answers_cycle; /* the first byte of this frame; of the first ANSWERS */
    bool is_in_frame;
    uint32_t answers_frames;
    uint64_t line_bytes; /* since answers_cycle */

    uint64_t pressed_cycle, write_cycle, commit_cycle; /* 0: not yet */
};

static void die(const char *text)
{
    fprintf(stderr, "bench_kiosk: %s\n", text);
    exit(1);
}

static uint64_t draw(struct rig *rig)
{
    uint64_t word = (rig->seed << 40) + ++rig->drawn * 0x9E3779B97F4A7C15u;

    word = (word ^ word >> 30) * 0xBF58476D1CE4E5B9u;
    word = (word ^ word >> 27) * 0x94D049BB133111EBu;
    return word ^ word >> 31;
}

static uint32_t between(struct rig *rig, uint32_t least, uint32_t most)
{
    return least + (uint32_t)(draw(rig) % (most - least + 1));
}

static uint8_t through_noise(struct rig *rig, uint8_t byte)
{
    if (rig->noise == 0 || draw(rig) % 1000000 >= rig->noise)
        return byte;
    return byte ^ (uint8_t)between(rig, 1, 255);
}

static uint64_t now_ms(const struct rig *rig)
{
    return (rig->begun + board_cycle(rig->board)) / CORE_CYCLES_PER_MS;
}

/* The line ------------------------------------------------------------------------------------------------------- */

static void on_send(void *user, uint16_t port, const uint8_t *bytes, size_t size)
{
    struct rig *rig = user;

    (void)port;
    if (size > sizeof rig->out - rig->out_size)
        die("the queue to the kiosk is full");
    for (size_t i = 0; i < size; i++)
        rig->out[rig->out_size++] = through_noise(rig, bytes[i]);
}

/* When ANSWERS begin, and how many there are. */
static void watch(struct rig *rig, uint8_t byte)
{
    uint64_t byte_cycles = uart_model_byte_cycles(board_uart(rig->board));
    struct frame frame;

    rig->line_bytes++;
    if (byte == 0 && !rig->is_in_frame)
        rig->frame_cycle = board_cycle(rig->board) - byte_cycles; /* the latest 00 before it */
    rig->is_in_frame = byte != 0;
    if (!frame_decoder_push(&rig->decoder, byte, &frame) || frame.type != MESSAGE_ANSWERS)
        return;
    if (rig->answers_frames++ == 0) {
        rig->answers_cycle = rig->frame_cycle;
        rig->line_bytes = (board_cycle(rig->board) - rig->frame_cycle) / byte_cycles;
    }
}

static void on_tx(void *user, uint8_t byte)
{
    struct rig *rig = user;

    watch(rig, byte);
    byte = through_noise(rig, byte);
    if (rig->far_end == FAR_DAEMON)
        daemon_end_take(&rig->daemon, 0, &byte, 1);
    else if (rig->far_end == FAR_BUSY)
        busy_end_take(&rig->busy, byte, (uint32_t)now_ms(rig));
}

/* An answer is begun when its slot's first byte is written, which is not FF as in an erase, and counts when the last one
 * is; that is the only 5A in its place. */
static void on_event(void *user, const struct board_event *event)
{
    struct rig *rig = user;
    uint8_t byte = (uint8_t)event->value, place = (uint8_t)((event->value >> 16) % 15);

    if (event->kind == BOARD_EVENT_BUTTONS && event->value != 0)
        rig->pressed_cycle = event->cycle;
    if (event->kind != BOARD_EVENT_EEPROM_WRITE || rig->pressed_cycle == 0)
        return;
    if (place == 0 && byte != 0xFF && rig->write_cycle == 0)
        rig->write_cycle = event->cycle;
    if (place == 14 && byte == 0x5A && rig->commit_cycle == 0)
        rig->commit_cycle = event->cycle;
}

static void run_slice(struct rig *rig, uint64_t cycle)
{
    switch (board_run_to(rig->board, cycle)) {
    case BOARD_POWER_LOST:
    case BOARD_FAULTY:
        die("the kiosk crashed");
        break;
    default:
        break;
    }
    if (rig->far_end == FAR_DAEMON)
        daemon_end_step(&rig->daemon, now_ms(rig));
    else if (rig->far_end == FAR_BUSY)
        busy_end_step(&rig->busy, (uint32_t)now_ms(rig));
    if (board_send(rig->board, rig->out, rig->out_size) != rig->out_size)
        die("the line to the kiosk is full");
    rig->out_size = 0;
}

static void run_cycles(struct rig *rig, uint64_t cycles)
{
    uint64_t end = board_cycle(rig->board) + cycles;

    while (board_cycle(rig->board) < end) {
        uint64_t next = board_cycle(rig->board) + SLICE_CYCLES;
        run_slice(rig, next < end ? next : end);
    }
}

static void run_ms(struct rig *rig, uint32_t ms)
{
    run_cycles(rig, (uint64_t)ms * CORE_CYCLES_PER_MS);
}

static void power_on(struct rig *rig)
{
    rig->config = (struct board_config){.image = rig->image,
                                        .eeprom = rig->cells,
                                        .seed = rig->seed,
                                        .host_baud = rig->config.host_baud,
                                        .on_tx = on_tx,
                                        .on_event = on_event,
                                        .user = rig};
    rig->board = board_create(&rig->config);
    if (rig->board == NULL)
        die("no memory for a board");
    frame_decoder_init(&rig->decoder, rig->decoded, sizeof rig->decoded);
    rig->answers_frames = 0;
    rig->is_in_frame = false;
}

static void power_off(struct rig *rig)
{
    rig->begun += board_cycle(rig->board);
    board_lose_power(rig->board, EEPROM_TEAR_NEW);
    board_destroy(rig->board);
    rig->board = NULL;
    rig->out_size = 0;
}

static void open_daemon(struct rig *rig, const char *folder)
{
    char path[512];

    snprintf(path, sizeof path, "%s/%" PRIu64 ".db", folder, rig->seed);
    rig->far_end = FAR_DAEMON;
    memset(&rig->daemon, 0, sizeof rig->daemon);
    rig->daemon.send = on_send;
    rig->daemon.user = rig;
    if (!daemon_end_open(&rig->daemon, path, 1))
        die("no database");
}

/* Until the kiosk is adopted, welcomed and told all there is. */
static void settle(struct rig *rig)
{
    for (unsigned i = 0; i < 100 && daemon_end_session(&rig->daemon, 0)->state != SESSION_UP; i++)
        run_ms(rig, 100);
    if (daemon_end_session(&rig->daemon, 0)->state != SESSION_UP)
        die("the daemon does not welcome the kiosk");
    run_ms(rig, 3000);
}

/* Presses -------------------------------------------------------------------------------------------------------- */

struct press {
    double ms, pixel_ms; /* to the first byte of a picture after the commit; until one differs */
    double waited_ms;    /* of this, until its first byte was written */
    double writing_ms;   /* ... and until the last one was */
};

static bool differs(const struct rig *rig, const struct ssd1306_picture *before)
{
    struct ssd1306_picture picture;

    board_look(rig->board, &picture);
    return memcmp(picture.rows, before->rows, ACKNOWLEDGED_ROWS * sizeof picture.rows[0]) != 0;
}

#define EEPROM_BYTE_CYCLES 28800 /* 1.8 ms */

static double ms_since_press(const struct rig *rig)
{
    return (double)(board_cycle(rig->board) - rig->pressed_cycle) / CORE_CYCLES_PER_MS;
}

/* Press until the display changes. False: the button answered nothing. */
static bool press(struct rig *rig, uint8_t button, struct press *result)
{
    struct ssd1306_picture before;
    uint64_t written = 0;
    bool is_begun = false, is_durable = false, is_seen = false;

    board_look(rig->board, &before);
    rig->write_cycle = rig->commit_cycle = 0;
    board_press(rig->board, (uint8_t)(1u << button));
    uint64_t end = board_cycle(rig->board) + 200 * (uint64_t)CORE_CYCLES_PER_MS;
    while (board_cycle(rig->board) < end && !is_seen) {
        uint64_t bytes = board_display(rig->board)->data_bytes;
        run_slice(rig, board_cycle(rig->board) + 160);
        if (!is_begun && rig->write_cycle != 0)
            board_look(rig->board, &before);
        is_begun = rig->write_cycle != 0;
        if (rig->commit_cycle == 0 || board_cycle(rig->board) < rig->commit_cycle + EEPROM_BYTE_CYCLES)
            continue;
        if (!is_durable && differs(rig, &before))
            die("the display changed before the answer was durable");
        is_durable = true;
        if (written == 0 && board_display(rig->board)->data_bytes != bytes) {
            written = board_cycle(rig->board);
            result->ms = ms_since_press(rig);
        }
        is_seen = written != 0 && differs(rig, &before);
        result->pixel_ms = ms_since_press(rig);
    }
    result->waited_ms = (double)(rig->write_cycle - rig->pressed_cycle) / CORE_CYCLES_PER_MS;
    result->writing_ms =
        (double)(rig->commit_cycle + EEPROM_BYTE_CYCLES - rig->write_cycle) / CORE_CYCLES_PER_MS;
    run_ms(rig, between(rig, 40, 180));
    board_press(rig->board, 0);
    rig->pressed_cycle = 0;
    return is_seen;
}

static int compare_presses(const void *left, const void *right)
{
    double a = ((const struct press *)left)->ms, b = ((const struct press *)right)->ms;

    return a < b ? -1 : a > b;
}

static void print_presses(const struct rig *rig, struct press *presses, unsigned count, unsigned silent)
{
    double pixel_ms = 0;

    qsort(presses, count, sizeof presses[0], compare_presses);
    const struct press *worst = &presses[count - 1];
    for (unsigned i = 0; i < count; i++)
        pixel_ms = presses[i].pixel_ms > pixel_ms ? presses[i].pixel_ms : pixel_ms;
    printf("{\"presses\": %u, \"silent\": %u, \"least_ms\": %.3f, \"median_ms\": %.3f, \"p99_ms\": %.3f, "
           "\"most_ms\": %.3f, \"most_waited_ms\": %.3f, \"most_writing_ms\": %.3f, \"most_pixel_ms\": %.3f, "
           "\"answers_frames\": %u, \"told\": %u, \"refused\": %u, "
           "\"seconds\": %.1f, \"bytes\": %" PRIu64 ", \"byte_cycles\": %u}\n",
           count, silent, presses[0].ms, presses[count / 2].ms, presses[count * 99 / 100].ms, worst->ms,
           worst->waited_ms, worst->writing_ms, pixel_ms, rig->busy.answers_frames, rig->busy.received_frames,
           rig->busy.refused_frames, (double)board_cycle(rig->board) / CORE_CYCLES_PER_SECOND,
           board_uart(rig->board)->tx_bytes, uart_model_byte_cycles(board_uart(rig->board)));
}

/* A visit: a rating, then a few answers; each press falls somewhere else between two ticks. */
static void measure_presses(struct rig *rig, unsigned wanted)
{
    struct press *presses = calloc(wanted, sizeof *presses);
    unsigned count = 0, silent = 0;

    if (presses == NULL || wanted == 0)
        die("how many presses?");
    prepare_used_kiosk(rig->cells, FIRST_SEQ);
    busy_end_init(&rig->busy);
    rig->busy.send = on_send;
    rig->busy.user = rig;
    rig->far_end = FAR_BUSY;
    power_on(rig);
    run_ms(rig, 4000);
    while (count < wanted && silent <= wanted) {
        unsigned answers = between(rig, 1, 4);
        for (unsigned i = 0; i < answers && count < wanted; i++) {
            if (press(rig, (uint8_t)between(rig, 0, 4), &presses[count]))
                count++;
            else
                silent++;
            run_cycles(rig, between(rig, 1400, 1700) * (uint64_t)CORE_CYCLES_PER_MS + draw(rig) % 80000);
        }
        run_ms(rig, 3300);
    }
    if (count < wanted)
        die("presses are not acknowledged");
    print_presses(rig, presses, count, silent);
    free(presses);
}

static void print_samples(const uint32_t *samples, uint32_t count)
{
    printf("\"samples\": [");
    for (uint32_t i = 0; i < count; i++)
        printf("%s%" PRIu32, i > 0 ? "," : "", samples[i]);
    printf("]}\n");
}

/* Rest ----------------------------------------------------------------------------------------------------------- */

static void measure_idle(struct rig *rig, unsigned seconds, const char *folder)
{
    prepare_used_kiosk(rig->cells, FIRST_SEQ);
    open_daemon(rig, folder);
    power_on(rig);
    settle(rig);
    run_ms(rig, 20000); /* the roster's bytes are written by then */
    uint64_t cycle = board_cycle(rig->board), asleep = board_asleep_cycles(rig->board);
    uint32_t *samples = calloc(SAMPLES_MAX, sizeof *samples), count = 0;
    for (uint64_t end = cycle + (uint64_t)seconds * CORE_CYCLES_PER_SECOND; board_cycle(rig->board) < end;) {
        uint64_t before = board_asleep_cycles(rig->board);
        run_slice(rig, board_cycle(rig->board) + SLICE_CYCLES);
        if (samples != NULL && board_asleep_cycles(rig->board) == before && count < SAMPLES_MAX)
            samples[count++] = board_program_counter(rig->board);
    }
    cycle = board_cycle(rig->board) - cycle;
    asleep = board_asleep_cycles(rig->board) - asleep;
    printf("{\"asleep\": %" PRIu64 ", \"cycles\": %" PRIu64 ", \"is_up\": %s, ", asleep, cycle,
           daemon_end_session(&rig->daemon, 0)->state == SESSION_UP ? "true" : "false");
    print_samples(samples, count);
    free(samples);
    daemon_end_close(&rig->daemon);
}

/* Draining ------------------------------------------------------------------------------------------------------- */

struct drain {
    uint32_t answers;
    uint64_t cycles, bytes, frames, asleep;
};

static void sample(const struct rig *rig, uint32_t *samples, uint32_t *count)
{
    if (samples != NULL && rig->answers_frames > 0 && *count < SAMPLES_MAX)
        samples[(*count)++] = board_program_counter(rig->board);
}

/* From the first byte of the first ANSWERS until all have arrived. */
static struct drain drain(struct rig *rig, const char *folder, uint32_t *samples, uint32_t *sample_count)
{
    struct drain result = {0};
    uint32_t noise = rig->noise;

    rig->noise = 0;
    rig->far_end = FAR_NOBODY;
    prepare_used_kiosk(rig->cells, FIRST_SEQ);
    open_daemon(rig, folder);
    power_on(rig);
    settle(rig);
    power_off(rig);
    result.answers = prepare_full_journal(rig->cells);
    uint32_t last = rig->daemon.through + result.answers;
    rig->noise = noise;
    power_on(rig);
    daemon_end_plug(&rig->daemon, 0);
    uint64_t end = board_cycle(rig->board) + (uint64_t)DRAIN_S_MAX * CORE_CYCLES_PER_SECOND;
    uint64_t asleep = 0;
    while (rig->daemon.through < last && board_cycle(rig->board) < end) {
        if (rig->answers_frames == 0)
            asleep = board_asleep_cycles(rig->board);
        run_slice(rig, board_cycle(rig->board) + SLICE_CYCLES);
        sample(rig, samples, sample_count);
    }
    if (rig->daemon.through < last)
        die("not all answers arrived");
    result.cycles = board_cycle(rig->board) - rig->answers_cycle;
    result.bytes = rig->line_bytes;
    result.frames = rig->answers_frames;
    result.asleep = board_asleep_cycles(rig->board) - asleep;
    power_off(rig);
    daemon_end_close(&rig->daemon);
    return result;
}

static void measure_drain(struct rig *rig, uint32_t baud, unsigned runs, uint32_t noise, const char *folder)
{
    uint32_t *samples = calloc(SAMPLES_MAX, sizeof *samples), sample_count = 0;
    struct drain sum = {0};
    uint32_t byte_cycles = 0;

    rig->config.host_baud = baud;
    printf("{\"ms\": [");
    for (unsigned i = 0; i < runs; i++) {
        rig->seed = i + 1;
        rig->drawn = 0;
        rig->noise = noise;
        struct drain one = drain(rig, folder, samples, &sample_count);
        printf("%s%.1f", i > 0 ? ", " : "", (double)one.cycles / CORE_CYCLES_PER_MS);
        sum.answers += one.answers;
        sum.cycles += one.cycles;
        sum.bytes += one.bytes;
        sum.frames += one.frames;
        sum.asleep += one.asleep;
    }
    /* UBRR and U2X of the image's speed: 8 (UBRR + 1) cycles a bit, 10 bits a byte. */
    byte_cycles = 10 * 8 * ((CORE_CYCLES_PER_SECOND + 4 * baud) / (8 * baud));
    printf("], \"answers\": %" PRIu32 ", \"cycles\": %" PRIu64 ", \"bytes\": %" PRIu64
           ", \"frames\": %" PRIu64 ", \"asleep\": %" PRIu64 ", \"byte_cycles\": %" PRIu32 ", ",
           sum.answers, sum.cycles, sum.bytes, sum.frames, sum.asleep, byte_cycles);
    print_samples(samples, sample_count);
    free(samples);
}

int main(int count, char **arguments)
{
    static struct rig rig = {.seed = 1};
    const char *error = "";

    if (count < 4)
        die("ELF press COUNT | ELF idle SECONDS FOLDER | ELF drain BAUD RUNS NOISE FOLDER");
    rig.image = image_open(arguments[1], &error);
    if (rig.image == NULL)
        die(error);
    unsigned number = (unsigned)strtoul(arguments[3], NULL, 10);
    if (strcmp(arguments[2], "press") == 0 && count == 4)
        measure_presses(&rig, number);
    else if (strcmp(arguments[2], "idle") == 0 && count == 5)
        measure_idle(&rig, number, arguments[4]);
    else if (strcmp(arguments[2], "drain") == 0 && count == 7)
        measure_drain(&rig, number, (unsigned)strtoul(arguments[4], NULL, 10),
                      (uint32_t)strtoul(arguments[5], NULL, 10), arguments[6]);
    else
        die("what shall be measured?");
    board_destroy(rig.board);
    image_close(rig.image);
    return 0;
}
