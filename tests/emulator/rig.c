/* SPDX-License-Identifier: MIT */
#include "rig.h"

#include <stdlib.h>
#include <string.h>

static void on_tx(void *user, uint8_t byte)
{
    struct rig *rig = user;
    if (rig->sent_count < RIG_SENT_CAPACITY) {
        rig->sent_cycle[rig->sent_count] = board_cycle(rig->board);
        rig->sent[rig->sent_count++] = byte;
    }
}

static void on_event(void *user, const struct board_event *event)
{
    struct rig *rig = user;
    rig->events[event->kind]++;
    rig->last_value[event->kind] = event->value;
}

static void power_up(struct rig *rig)
{
    rig->board = board_create(&rig->config);
    assert_non_null(rig->board);
    board_poke(rig->board, BENCH_MAILBOX + BENCH_ALIVE, 0);
    for (int i = 0; i < 100 && board_peek(rig->board, BENCH_MAILBOX + BENCH_ALIVE) != BENCH_ALIVE_MARK; i++) {
        assert_int_equal(board_run_ms(rig->board, 1), BOARD_REACHED);
    }
}

void rig_open(struct rig *rig, const char *image_path)
{
    const char *error = NULL;
    memset(rig, 0, sizeof *rig);
    memset(rig->cells, 0xFF, sizeof rig->cells);
    rig->image = image_open(image_path, &error);
    assert_non_null(rig->image);
    rig->config = (struct board_config){.image = rig->image,
                                        .eeprom = rig->cells,
                                        .seed = 1,
                                        .on_tx = on_tx,
                                        .on_event = on_event,
                                        .user = rig};
    power_up(rig);
}

void rig_close(struct rig *rig)
{
    board_destroy(rig->board);
    image_close(rig->image);
}

void rig_power_cycle(struct rig *rig, enum eeprom_tear tear)
{
    board_lose_power(rig->board, tear);
    rig->config.unstable_cell = board_eeprom(rig->board)->unstable;
    board_destroy(rig->board);
    power_up(rig);
}

int rig_setup(void **state)
{
    struct rig *rig = malloc(sizeof *rig);
    assert_non_null(rig);
    rig_open(rig, EMULATOR_IMAGES "/bench.elf");
    *state = rig;
    return 0;
}

int rig_teardown(void **state)
{
    rig_close(*state);
    free(*state);
    return 0;
}

void rig_argument(struct rig *rig, unsigned index, uint8_t value)
{
    board_poke(rig->board, (uint16_t)(BENCH_MAILBOX + BENCH_ARGUMENTS + index), value);
}

uint8_t rig_result(const struct rig *rig, unsigned index)
{
    return board_peek(rig->board, (uint16_t)(BENCH_MAILBOX + BENCH_RESULTS + index));
}

unsigned rig_result_word(const struct rig *rig, unsigned index)
{
    return rig_result(rig, index) | (unsigned)rig_result(rig, index + 1) << 8;
}

void rig_start(struct rig *rig, enum bench_command command)
{
    board_poke(rig->board, BENCH_MAILBOX + BENCH_COMMAND, (uint8_t)command);
}

bool rig_finish(struct rig *rig, unsigned ms_max)
{
    for (unsigned i = 0; i < ms_max; i++) {
        if (board_run_ms(rig->board, 1) == BOARD_POWER_LOST) {
            return false;
        }
        if (board_peek(rig->board, BENCH_MAILBOX + BENCH_COMMAND) == BENCH_NONE) {
            return true;
        }
    }
    return false;
}

void rig_do(struct rig *rig, enum bench_command command)
{
    rig_start(rig, command);
    assert_true(rig_finish(rig, 1000));
}

static void set_eeprom_write(struct rig *rig, uint16_t address, uint8_t data, enum eeprom_mode mode,
                             uint8_t gap)
{
    rig_argument(rig, 0, (uint8_t)address);
    rig_argument(rig, 1, (uint8_t)(address >> 8));
    rig_argument(rig, 2, data);
    rig_argument(rig, 3, (uint8_t)mode);
    rig_argument(rig, 4, gap);
}

void rig_eeprom_write(struct rig *rig, uint16_t address, uint8_t data, enum eeprom_mode mode, uint8_t gap)
{
    set_eeprom_write(rig, address, data, mode, gap);
    rig_start(rig, BENCH_EEPROM_WRITE);
    rig_finish(rig, 20);
}

uint8_t rig_eeprom_read(struct rig *rig, uint16_t address)
{
    rig_argument(rig, 0, (uint8_t)address);
    rig_argument(rig, 1, (uint8_t)(address >> 8));
    rig_do(rig, BENCH_EEPROM_READ);
    return rig_result(rig, 0);
}
