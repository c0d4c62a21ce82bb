/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "board.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <simavr/sim_avr.h>
#include <simavr/sim_cycle_timers.h>
#include "buttons_model.h"

enum { MCUSR = 0x54, MCUSR_POWER_ON = 0x01, MCUSR_EXTERNAL = 0x02 };
enum { REGISTERS_END = 0x20 };
enum { RUN_CYCLES_MAX = 256, COMPLAINT_SIZE = 128 };

struct board {
    struct board_config config;
    struct avr_t *avr;
    struct noise noise;
    struct buttons_model buttons;
    struct eeprom_model eeprom;
    struct piezo_model piezo;
    struct ssd1306_model display;
    struct twi_model twi;
    struct uart_model uart;
    bool is_display_present;
    bool is_powered;
    bool is_faulty;
    bool is_stop_wanted; /* leave the run loop */
    bool is_stop_early;  /* ... because board_stop said so, not because the cycle was reached */
    bool stops_at_writes;
    bool awaits_display; /* buttons were pressed, and no picture data has followed yet */
    uint64_t pressed_cycle;
    uint32_t resets;
    uint64_t asleep_cycles;
    char complaint[COMPLAINT_SIZE];
};

static void tell(struct board *board, enum board_event_kind kind, uint64_t value)
{
    const struct board_event event = {kind, board->avr->cycle, value};
    if (board->config.on_event != NULL) {
        board->config.on_event(board->config.user, &event);
    }
}

/* libsimavr has one log function for the whole process; the board is found through the core. */
__attribute__((format(printf, 3, 0))) static void log_complaint(struct avr_t *avr, const int level,
                                                                const char *format, va_list arguments)
{
    if (level > LOG_ERROR || avr == NULL || avr->custom.data == NULL) {
        return;
    }
    struct board *board = avr->custom.data;
    vsnprintf(board->complaint, sizeof board->complaint, format, arguments);
    board->complaint[strcspn(board->complaint, "\r\n")] = '\0';
}

static void end_run(struct board *board)
{
    board->is_stop_wanted = true;
    board->avr->run_cycle_count = 1;
}

void board_stop(struct board *board)
{
    board->is_stop_early = true;
    end_run(board);
}

static void on_eeprom_write(void *user, const struct eeprom_write *write)
{
    struct board *board = user;
    tell(board, BOARD_EVENT_EEPROM_WRITE,
         (uint64_t)write->address << 16 | (uint64_t)write->mode << 8 | write->data);
    if (board->stops_at_writes) {
        board_stop(board);
    }
}

static void on_eeprom_cut(void *user)
{
    struct board *board = user;
    board->is_powered = false;
    tell(board, BOARD_EVENT_POWER_LOST, board->eeprom.writes_begun);
    end_run(board);
}

static bool on_display_address(void *user, uint8_t address, bool is_read)
{
    struct board *board = user;
    if (!board->is_display_present || address != SSD1306_ADDRESS) {
        return false;
    }
    if (!is_read) {
        ssd1306_model_begin(&board->display);
    }
    return true;
}

static bool on_display_write(void *user, uint8_t byte)
{
    struct board *board = user;
    const uint64_t data_bytes = board->display.data_bytes;
    if (!board->is_display_present) {
        return false;
    }
    ssd1306_model_write(&board->display, byte);
    if (board->awaits_display && board->display.data_bytes != data_bytes) {
        board->awaits_display = false;
        tell(board, BOARD_EVENT_DISPLAY, board->avr->cycle - board->pressed_cycle);
    }
    return true;
}

static uint8_t on_display_read(void *user)
{
    const struct board *board = user;
    return board->is_display_present ? ssd1306_model_read(&board->display) : 0xFF;
}

static void on_uart_tx(void *user, uint8_t byte)
{
    struct board *board = user;
    if (board->config.on_tx != NULL) {
        board->config.on_tx(board->config.user, byte);
    }
}

/* The core is about to let so many cycles and one pass; no real time passes. */
static void on_sleep(struct avr_t *avr, avr_cycle_count_t cycles)
{
    struct board *board = avr->custom.data;
    board->asleep_cycles += cycles + 1;
}

/* A chip's registers and SRAM hold anything when the supply comes; libsimavr zeroes them. */
static void randomise_memory(struct board *board)
{
    struct avr_t *avr = board->avr;
    noise_fill(&board->noise, avr->data, REGISTERS_END);
    noise_fill(&board->noise, avr->data + avr->ioend + 1, (size_t)(avr->ramend - avr->ioend));
}

static void attach_models(struct board *board)
{
    struct avr_t *avr = board->avr;
    const struct board_config *config = &board->config;
    const struct eeprom_listener listener = {on_eeprom_write, on_eeprom_cut, board};
    const struct twi_device display = {on_display_address, on_display_write, on_display_read, board};
    eeprom_model_attach(&board->eeprom, avr, config->eeprom, &board->noise, &listener);
    board->eeprom.unstable = config->unstable_cell;
    twi_model_attach(&board->twi, avr, &display);
    board->twi.is_stuck = config->is_bus_stuck;
    uart_model_attach(&board->uart, avr, &board->noise,
                      config->host_baud == 0 ? UART_BAUD_DEFAULT : config->host_baud, on_uart_tx, board);
    buttons_model_attach(&board->buttons, avr, config->pressed);
    piezo_model_attach(&board->piezo, avr);
    ssd1306_model_init(&board->display, &board->noise);
}

static bool power_up(struct board *board)
{
    avr_global_logger_set(log_complaint);
    struct avr_t *avr = avr_make_mcu_by_name("atmega2560");
    if (avr == NULL) {
        return false;
    }
    board->avr = avr;
    avr_init(avr);
    image_attach(board->config.image, avr);
    avr->custom.data = board;
    avr->frequency = CORE_CYCLES_PER_SECOND;
    avr->log = LOG_ERROR;
    avr->sleep = on_sleep;
    avr->run_cycle_limit = RUN_CYCLES_MAX;
    randomise_memory(board);
    attach_models(board);
    avr->data[MCUSR] = MCUSR_POWER_ON;
    return true;
}

struct board *board_create(const struct board_config *config)
{
    struct board *board = calloc(1, sizeof *board);
    if (board == NULL) {
        return NULL;
    }
    board->config = *config;
    board->is_display_present = !config->is_display_absent;
    board->is_powered = true;
    noise_init(&board->noise, config->seed);
    if (!power_up(board)) {
        free(board);
        return NULL;
    }
    return board;
}

/* avr_terminate leaves the names of the interrupts' own signals, and their pool, allocated. */
static void free_core(struct board *board)
{
    struct avr_t *avr = board->avr;
    image_detach(board->config.image, avr);
    for (int i = 0; i < avr->interrupts.vector_count; i++) {
        avr_free_irq(avr->interrupts.vector[i]->irq, AVR_INT_IRQ_COUNT);
    }
    avr_free_irq(avr->interrupts.irq, AVR_INT_IRQ_COUNT);
    avr->custom.data = NULL;
    avr_terminate(avr);
    free(avr->irq_pool.irq);
    free(avr);
}

void board_destroy(struct board *board)
{
    if (board != NULL) {
        free_core(board);
        free(board);
    }
}

/* A sleeping core goes on to its next timer inside one avr_run unless this timer asks to be called one cycle
 * later: then it sleeps for that one cycle, and the run loop gets its turn. The loop cancels the timer.
 */
static avr_cycle_count_t on_stop_cycle(struct avr_t *avr, avr_cycle_count_t when, void *param)
{
    (void)avr;
    struct board *board = param;
    board->is_stop_wanted = true;
    return when + 1;
}

/* A reset forgets all cycle timers, the pins and I/O registers. */
static void repair_after_reset(struct board *board)
{
    eeprom_model_after_reset(&board->eeprom);
    twi_model_after_reset(&board->twi);
    uart_model_after_reset(&board->uart);
    buttons_model_after_reset(&board->buttons);
    board->resets++;
    tell(board, BOARD_EVENT_RESET, board->avr->data[MCUSR]);
}

void board_reset(struct board *board)
{
    struct avr_t *avr = board->avr;
    if (!board->is_powered || board->is_faulty) {
        return;
    }
    avr_reset(avr);
    avr->data[MCUSR] |= MCUSR_EXTERNAL;
    repair_after_reset(board);
}

/* The watchdog resets by replacing avr->run with a function that resets the core when it is called next. */
static void finish_watchdog_reset(struct board *board, uint64_t stop_cycle)
{
    struct avr_t *avr = board->avr;
    avr->run(avr);
    repair_after_reset(board);
    if (avr->cycle < stop_cycle) {
        avr_cycle_timer_register(avr, stop_cycle - avr->cycle, on_stop_cycle, board);
    } else {
        board->is_stop_wanted = true;
    }
}

static void run_once(struct board *board, uint64_t stop_cycle)
{
    struct avr_t *avr = board->avr;
    const avr_run_t run = avr->run;
    run(avr);
    if (avr->state == cpu_Done || avr->state == cpu_Crashed || avr->state == cpu_Stopped) {
        board->is_faulty = true;
        tell(board, BOARD_EVENT_FAULT, avr->pc);
    } else if (avr->run != run) {
        finish_watchdog_reset(board, stop_cycle);
    }
}

static enum board_outcome outcome(const struct board *board)
{
    if (!board->is_powered) {
        return BOARD_POWER_LOST;
    }
    if (board->is_faulty) {
        return BOARD_FAULTY;
    }
    return board->is_stop_early ? BOARD_STOPPED : BOARD_REACHED;
}

enum board_outcome board_run_to(struct board *board, uint64_t cycle)
{
    struct avr_t *avr = board->avr;
    board->is_stop_early = false;
    if (!board->is_powered || board->is_faulty || avr->cycle >= cycle) {
        return outcome(board);
    }
    board->is_stop_wanted = false;
    avr_cycle_timer_register(avr, cycle - avr->cycle, on_stop_cycle, board);
    while (!board->is_stop_wanted && board->is_powered && !board->is_faulty) {
        run_once(board, cycle);
    }
    avr_cycle_timer_cancel(avr, on_stop_cycle, board);
    return outcome(board);
}

enum board_outcome board_run_ms(struct board *board, uint32_t ms)
{
    return board_run_to(board, board->avr->cycle + (uint64_t)ms * CORE_CYCLES_PER_MS);
}

void board_stop_at_writes(struct board *board, bool is_wanted)
{
    board->stops_at_writes = is_wanted;
}

void board_lose_power(struct board *board, enum eeprom_tear tear)
{
    if (board->is_powered) {
        board->is_powered = false;
        eeprom_model_lose_power(&board->eeprom, tear);
    }
}

void board_plan_cut(struct board *board, uint64_t count, enum eeprom_tear tear)
{
    eeprom_model_plan_cut(&board->eeprom, count, tear);
}

void board_press(struct board *board, uint8_t pressed)
{
    const uint8_t before = board->buttons.pressed;
    buttons_model_set(&board->buttons, pressed);
    const uint8_t now = board->buttons.pressed;
    if (now & ~before) {
        board->awaits_display = true;
        board->pressed_cycle = board->avr->cycle;
    }
    if (now != before) {
        tell(board, BOARD_EVENT_BUTTONS, now);
    }
}

size_t board_send(struct board *board, const uint8_t *bytes, size_t count)
{
    return uart_model_send(&board->uart, bytes, count);
}

void board_set_display(struct board *board, bool is_present)
{
    if (is_present && !board->is_display_present) {
        ssd1306_model_init(&board->display, &board->noise);
    }
    board->is_display_present = is_present;
}

void board_set_bus_stuck(struct board *board, bool is_stuck)
{
    twi_model_set_stuck(&board->twi, is_stuck);
}

uint64_t board_cycle(const struct board *board)
{
    return board->avr->cycle;
}

uint64_t board_asleep_cycles(const struct board *board)
{
    return board->asleep_cycles;
}

uint32_t board_program_counter(const struct board *board)
{
    return board->avr->pc;
}

uint32_t board_resets(const struct board *board)
{
    return board->resets;
}

const char *board_complaint(const struct board *board)
{
    return board->complaint;
}

void board_look(const struct board *board, struct ssd1306_picture *picture)
{
    if (board->is_display_present) {
        ssd1306_model_look(&board->display, picture);
    } else {
        memset(picture, 0, sizeof *picture);
    }
}

uint8_t board_peek(const struct board *board, uint16_t address)
{
    return address <= board->avr->ramend ? board->avr->data[address] : 0xFF;
}

void board_poke(struct board *board, uint16_t address, uint8_t value)
{
    if (address > board->avr->ioend && address <= board->avr->ramend) {
        board->avr->data[address] = value;
    }
}

struct eeprom_model *board_eeprom(struct board *board)
{
    return &board->eeprom;
}

struct uart_model *board_uart(struct board *board)
{
    return &board->uart;
}

struct twi_model *board_twi(struct board *board)
{
    return &board->twi;
}

struct ssd1306_model *board_display(struct board *board)
{
    return &board->display;
}

struct piezo_model *board_piezo(struct board *board)
{
    return &board->piezo;
}
