/* SPDX-License-Identifier: MIT
 *
 * The test vectors of PROTOCOL.md, understood and said again by the protocol as compiled for the AVR.
 */
#include "tests/unit/cmocka_first.h"

#include <stdio.h>
#include <string.h>

#include "tools/kiosk-emulator/board.h"

#define LINE_SIZE_MAX 256

struct echo {
    uint8_t bytes[LINE_SIZE_MAX];
    size_t size;
};

static void on_tx(void *user, uint8_t byte)
{
    struct echo *echo = user;

    if (echo->size < sizeof echo->bytes)
        echo->bytes[echo->size++] = byte;
}

static size_t parse(const char *line, uint8_t *bytes)
{
    const char *at = strchr(line, ' ');
    size_t size = 0;
    unsigned byte;
    int used;

    for (; at != NULL && size < LINE_SIZE_MAX && sscanf(at, "%x%n", &byte, &used) == 1; at += used)
        bytes[size++] = (uint8_t)byte;
    return size;
}

static void test_every_vector_comes_back_byte_for_byte(void **state)
{
    static uint8_t cells[EEPROM_SIZE];
    struct echo echo = {.size = 0};
    const char *error = NULL;
    char line[1024];
    uint8_t wanted[LINE_SIZE_MAX];
    unsigned vectors = 0;

    (void)state;
    struct image *image = image_open(ECHO_IMAGE, &error);
    assert_non_null(image);
    struct board_config config = {.image = image, .eeprom = cells, .seed = 1, .on_tx = on_tx, .user = &echo};
    struct board *board = board_create(&config);
    assert_non_null(board);
    FILE *file = fopen(VECTORS, "r");
    assert_non_null(file);
    assert_int_equal(board_run_ms(board, 5), BOARD_REACHED);
    while (fgets(line, sizeof line, file) != NULL) {
        size_t size = parse(line, wanted);
        if (line[0] == '#' || strncmp(line, "renew ", 6) == 0) /* a comment; a message without a body */
            continue;
        echo.size = 0;
        assert_int_equal(board_send(board, wanted, size), size);
        assert_int_equal(board_run_ms(board, 60), BOARD_REACHED);
        assert_int_equal(echo.size, size);
        assert_memory_equal(echo.bytes, wanted, size);
        vectors++;
    }
    assert_int_equal(vectors, 17);
    fclose(file);
    board_destroy(board);
    image_close(image);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_vector_comes_back_byte_for_byte),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
