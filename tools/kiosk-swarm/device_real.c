/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * device_real.c - the firmware image that is flashed, on libsimavr.
 */
#include "device.h"

#include <stdlib.h>

#include "tools/kiosk-emulator/board.h"
#include "tools/kiosk-emulator/core.h"

#define CYCLES_PER_US (CORE_CYCLES_PER_MS / 1000)
#define SLICE_US 2000     /* how long a byte may wait for us: it says nothing of when it sends next */
#define SENT_CAPACITY 512 /* more than its line carries in a slice */

_Static_assert(DEVICE_EEPROM_SIZE == EEPROM_SIZE, "one EEPROM");

struct real {
    struct device device;
    struct board *board;
    uint64_t now_us;
    bool is_faulty;
    uint8_t sent[SENT_CAPACITY];
    size_t sent_size;
};

static struct real *real_of(struct device *device)
{
    return (struct real *)device;
}

static void flush(struct real *real)
{
    if (real->sent_size > 0)
        real->device.options.on_sent(real->device.options.context, real->sent, real->sent_size);
    real->sent_size = 0;
}

static void on_tx(void *user, uint8_t byte)
{
    struct real *real = user;

    real->sent[real->sent_size++] = byte;
    if (real->sent_size == sizeof real->sent)
        flush(real);
}

static void run(struct device *device, uint64_t until_us)
{
    struct real *real = real_of(device);

    if (until_us <= real->now_us || real->is_faulty)
        return;
    real->is_faulty = board_run_to(real->board, until_us * CYCLES_PER_US) != BOARD_REACHED;
    real->now_us = until_us;
    flush(real);
}

static uint64_t wake_us(const struct device *device)
{
    return ((const struct real *)device)->now_us + SLICE_US;
}

static void press(struct device *device, uint8_t buttons)
{
    board_press(real_of(device)->board, buttons);
}

static size_t receive(struct device *device, const uint8_t *bytes, size_t size)
{
    struct board *board = real_of(device)->board;
    size_t room = uart_model_room(board_uart(board));

    return board_send(board, bytes, size < room ? size : room);
}

static bool is_faulty(const struct device *device)
{
    return ((const struct real *)device)->is_faulty;
}

static void destroy(struct device *device)
{
    board_destroy(real_of(device)->board);
    free(device);
}

struct device *device_create_real(const struct device_options *options, struct image *image)
{
    static const struct device_class class = {run, wake_us, press, receive, is_faulty, NULL, NULL, destroy};
    struct real *real = calloc(1, sizeof *real);

    if (real == NULL)
        return NULL;
    real->device = (struct device){&class, *options};
    const struct board_config config = {
        .image = image, .eeprom = options->eeprom, .seed = options->seed, .on_tx = on_tx, .user = real};
    real->board = board_create(&config);
    if (real->board == NULL) {
        free(real);
        return NULL;
    }
    return &real->device;
}
