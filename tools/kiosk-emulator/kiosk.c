/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "kiosk.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

enum { RX_CHUNK = 256, SLICES_PER_TIME_CHECK = 8 };

uint64_t kiosk_real_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * UINT64_C(1000000000) + (uint64_t)now.tv_nsec;
}

uint64_t kiosk_clock_ms(const struct kiosk *kiosk)
{
    return kiosk->clock / CORE_CYCLES_PER_MS;
}

static uint64_t board_clock(const struct kiosk *kiosk)
{
    return kiosk->power_up_clock + board_cycle(kiosk->board);
}

static void note(struct kiosk *kiosk, const char *text)
{
    trace_note(&kiosk->trace, kiosk->clock, kiosk->board == NULL ? 0 : board_cycle(kiosk->board), text);
}

static bool is_line_up(const struct kiosk *kiosk)
{
    return kiosk->pty.is_open && kiosk->has_peer;
}

static void on_tx(void *user, uint8_t byte)
{
    struct kiosk *kiosk = user;
    const uint64_t clock = board_clock(kiosk);
    trace_tx(&kiosk->trace, clock, board_cycle(kiosk->board), byte);
    kiosk->last_line_clock = clock;
    if (!is_line_up(kiosk) || kiosk->tx_count == KIOSK_TX_CAPACITY) {
        return; /* as on a real line nobody listens to */
    }
    kiosk->tx[kiosk->tx_count++] = byte;
    if (kiosk->pace.current_speed > 1) {
        board_stop(kiosk->board);
    }
}

static void on_event(void *user, const struct board_event *event)
{
    struct kiosk *kiosk = user;
    trace_event(&kiosk->trace, kiosk->power_up_clock + event->cycle, event);
}

static int open_line(struct kiosk *kiosk)
{
    const char *error = NULL;
    if (kiosk->pty.is_open || !kiosk->is_cable_in || kiosk->board == NULL) {
        return 0;
    }
    if (kiosk_pty_open(&kiosk->pty, kiosk->config.link_path, &error) != 0) {
        snprintf(kiosk->error, sizeof kiosk->error, "%s %s", kiosk->config.link_path, error);
        return -1;
    }
    return 0;
}

static void close_line(struct kiosk *kiosk)
{
    kiosk_pty_close(&kiosk->pty);
    pace_on_hang_up(&kiosk->pace);
    kiosk->has_peer = false;
    kiosk->tx_count = 0;
    if (kiosk->board != NULL) {
        uart_model_drop_queue(board_uart(kiosk->board));
    }
}

int kiosk_power_on(struct kiosk *kiosk)
{
    if (kiosk->board != NULL) {
        return 0;
    }
    const uint64_t seed = (uint64_t)noise_next(&kiosk->noise) << 32 | noise_next(&kiosk->noise);
    const struct board_config config = {
        .image = kiosk->image,
        .eeprom = kiosk->eeprom.cells,
        .unstable_cell = kiosk->unstable_cell,
        .seed = seed,
        .host_baud = kiosk->config.host_baud,
        .pressed = kiosk->pressed,
        .is_display_absent = kiosk->config.is_display_absent,
        .is_bus_stuck = kiosk->config.is_bus_stuck,
        .on_tx = on_tx,
        .on_event = on_event,
        .user = kiosk,
    };
    kiosk->board = board_create(&config);
    if (kiosk->board == NULL) {
        snprintf(kiosk->error, sizeof kiosk->error, "the ATmega2560 cannot be simulated (out of memory?)");
        return -1;
    }
    /* Whole milliseconds, so that a board's run does not depend on when its power came. */
    kiosk->clock = (kiosk->clock + CORE_CYCLES_PER_MS - 1) / CORE_CYCLES_PER_MS * CORE_CYCLES_PER_MS;
    kiosk->power_up_clock = kiosk->clock;
    kiosk->is_broken = false;
    note(kiosk, "power on");
    return open_line(kiosk);
}

/* What the firmware did that the datasheets forbid since power-up, if anything. */
static void note_violations(struct kiosk *kiosk)
{
    char text[160];
    const struct eeprom_model *eeprom = board_eeprom(kiosk->board);
    const struct twi_model *twi = board_twi(kiosk->board);
    const struct uart_model *uart = board_uart(kiosk->board);
    const struct ssd1306_model *display = board_display(kiosk->board);
    if (eeprom->violations + twi->violations + twi->too_fast_bytes + uart->violations + uart->overruns +
            display->unknown_commands ==
        0) {
        return;
    }
    snprintf(text, sizeof text,
             "violations eeprom %u twi %u twi-too-fast %llu uart %u uart-overrun %llu display-unknown %u",
             eeprom->violations, twi->violations, (unsigned long long)twi->too_fast_bytes, uart->violations,
             (unsigned long long)uart->overruns, display->unknown_commands);
    note(kiosk, text);
}

static void drop_board(struct kiosk *kiosk)
{
    note_violations(kiosk);
    close_line(kiosk);
    kiosk->unstable_cell = board_eeprom(kiosk->board)->unstable;
    board_destroy(kiosk->board);
    kiosk->board = NULL;
}

void kiosk_power_off(struct kiosk *kiosk)
{
    if (kiosk->board == NULL) {
        return;
    }
    note(kiosk, "power off");
    board_lose_power(kiosk->board, (enum eeprom_tear)noise_below(&kiosk->noise, EEPROM_TEAR_COUNT));
    drop_board(kiosk);
}

int kiosk_plug_in(struct kiosk *kiosk)
{
    if (!kiosk->is_cable_in) {
        kiosk->is_cable_in = true;
        note(kiosk, "cable in");
    }
    return open_line(kiosk);
}

void kiosk_unplug(struct kiosk *kiosk)
{
    if (kiosk->is_cable_in) {
        kiosk->is_cable_in = false;
        note(kiosk, "cable out");
        close_line(kiosk);
    }
}

void kiosk_press(struct kiosk *kiosk, enum kiosk_hand hand, uint8_t pressed)
{
    kiosk->hands[hand] = pressed;
    kiosk->pressed = 0;
    for (unsigned i = 0; i < KIOSK_HAND_COUNT; i++) {
        kiosk->pressed |= kiosk->hands[i];
    }
    if (kiosk->board != NULL) {
        board_press(kiosk->board, kiosk->pressed);
    }
}

void kiosk_look(const struct kiosk *kiosk, struct ssd1306_picture *picture)
{
    if (kiosk->board != NULL) {
        board_look(kiosk->board, picture);
    } else {
        memset(picture, 0, sizeof *picture);
    }
}

void kiosk_set_display(struct kiosk *kiosk, bool is_present)
{
    kiosk->config.is_display_absent = !is_present;
    note(kiosk, is_present ? "display in" : "display out");
    if (kiosk->board != NULL) {
        board_set_display(kiosk->board, is_present);
    }
}

void kiosk_set_bus_stuck(struct kiosk *kiosk, bool is_stuck)
{
    kiosk->config.is_bus_stuck = is_stuck;
    note(kiosk, is_stuck ? "bus stuck" : "bus free");
    if (kiosk->board != NULL) {
        board_set_bus_stuck(kiosk->board, is_stuck);
    }
}

void kiosk_reset(struct kiosk *kiosk)
{
    if (kiosk->board != NULL) {
        board_reset(kiosk->board);
    }
}

int kiosk_plan_cut(struct kiosk *kiosk, uint32_t count, enum eeprom_tear tear)
{
    if (kiosk->board == NULL) {
        snprintf(kiosk->error, sizeof kiosk->error, "there is no power to cut");
        return -1;
    }
    board_plan_cut(kiosk->board, count, tear);
    return 0;
}

static int report_fault(struct kiosk *kiosk)
{
    const char *complaint = board_complaint(kiosk->board);
    snprintf(kiosk->error, sizeof kiosk->error, "the firmware crashed or sleeps with interrupts off%s%s",
             complaint[0] == '\0' ? "" : ": ", complaint);
    kiosk->is_broken = true;
    return -1;
}

/* One stretch up to the next whole millisecond. */
static enum board_outcome run_slice(struct kiosk *kiosk, uint64_t clock)
{
    const uint64_t whole = (kiosk->clock / CORE_CYCLES_PER_MS + 1) * CORE_CYCLES_PER_MS;
    const uint64_t end = clock < whole ? clock : whole;
    if (kiosk->board == NULL || kiosk->is_broken) {
        kiosk->clock = end;
        return BOARD_REACHED;
    }
    const enum board_outcome outcome = board_run_to(kiosk->board, end - kiosk->power_up_clock);
    if (board_clock(kiosk) > kiosk->clock) {
        kiosk->clock = board_clock(kiosk);
    }
    return outcome;
}

int kiosk_run(struct kiosk *kiosk, uint64_t clock, uint64_t now_ns, uint64_t budget_ns)
{
    enum board_outcome outcome = BOARD_REACHED;
    for (unsigned slice = 1; kiosk->clock < clock && outcome == BOARD_REACHED; slice++) {
        outcome = run_slice(kiosk, clock);
        if (slice % SLICES_PER_TIME_CHECK == 0 && kiosk_real_ns() - now_ns > budget_ns) {
            break;
        }
    }
    if (outcome == BOARD_POWER_LOST) {
        drop_board(kiosk);
    }
    return outcome == BOARD_FAULTY ? report_fault(kiosk) : 0;
}

static void watch_peer(struct kiosk *kiosk)
{
    const bool had_peer = kiosk->has_peer;
    kiosk->has_peer = kiosk_pty_has_peer(&kiosk->pty);
    if (kiosk->has_peer == had_peer) {
        return;
    }
    note(kiosk, kiosk->has_peer ? "port opened" : "port closed");
    if (!kiosk->has_peer) {
        pace_on_hang_up(&kiosk->pace);
        kiosk->tx_count = 0;
    } else if (kiosk->config.resets_on_open) {
        kiosk_reset(kiosk);
    }
}

void kiosk_serve_line(struct kiosk *kiosk, uint64_t now_ns)
{
    uint8_t bytes[RX_CHUNK];
    if (kiosk->board == NULL || !kiosk->pty.is_open) {
        return;
    }
    watch_peer(kiosk);
    if (kiosk->tx_count > 0) {
        kiosk_pty_write(&kiosk->pty, kiosk->tx, kiosk->tx_count);
        kiosk->tx_count = 0;
        pace_on_tx(&kiosk->pace, now_ns);
    }
    while (uart_model_room(board_uart(kiosk->board)) >= sizeof bytes) {
        const size_t count = kiosk_pty_read(&kiosk->pty, bytes, sizeof bytes);
        if (count == 0) {
            break;
        }
        trace_rx(&kiosk->trace, kiosk->clock, board_cycle(kiosk->board), bytes, count);
        kiosk->last_line_clock = kiosk->clock;
        board_send(kiosk->board, bytes, count);
        pace_on_rx(&kiosk->pace, now_ns);
    }
}

bool kiosk_reads_line(const struct kiosk *kiosk)
{
    return kiosk->board != NULL && is_line_up(kiosk) && uart_model_room(board_uart(kiosk->board)) >= RX_CHUNK;
}

static int open_files(struct kiosk *kiosk)
{
    const struct kiosk_config *config = &kiosk->config;
    const char *error = NULL;
    kiosk->image = image_open(config->elf_path, &error);
    if (kiosk->image == NULL) {
        snprintf(kiosk->error, sizeof kiosk->error, "%s %s", config->elf_path, error);
        return -1;
    }
    if (eeprom_file_open(&kiosk->eeprom, config->eeprom_path, &error) != 0) {
        snprintf(kiosk->error, sizeof kiosk->error, "%s: %s", config->eeprom_path, error);
        return -1;
    }
    if (trace_open(&kiosk->trace, config->trace_path) != 0) {
        snprintf(kiosk->error, sizeof kiosk->error, "%s: %s", config->trace_path, strerror(errno));
        return -1;
    }
    return 0;
}

int kiosk_open(struct kiosk *kiosk, const struct kiosk_config *config, uint64_t now_ns)
{
    memset(kiosk, 0, sizeof *kiosk);
    kiosk->config = *config;
    kiosk->is_cable_in = true;
    noise_init(&kiosk->noise, config->seed);
    pace_init(&kiosk->pace, config->pace, now_ns, 0);
    if (open_files(kiosk) != 0 || kiosk_power_on(kiosk) != 0) {
        kiosk_close(kiosk);
        return -1;
    }
    return 0;
}

void kiosk_close(struct kiosk *kiosk)
{
    if (kiosk->board != NULL) {
        kiosk_power_off(kiosk);
    }
    trace_close(&kiosk->trace);
    eeprom_file_close(&kiosk->eeprom);
    image_close(kiosk->image);
    kiosk->image = NULL;
}
