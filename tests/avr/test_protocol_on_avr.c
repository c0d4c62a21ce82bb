/* SPDX-License-Identifier: MIT
 *
 * The test vectors of PROTOCOL.md, understood and said again by the protocol as compiled for the AVR.
 */
#include "tests/unit/cmocka_first.h"

#include <stdio.h>
#include <string.h>

#include "protocol/frame.h"
#include "protocol/siphash.h"
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
    assert_int_equal(vectors, 19);
    fclose(file);
    board_destroy(board);
    image_close(image);
}

/* Send a body to be hashed; returns the cycles it took. */
static unsigned hash_on_board(struct board *board, struct echo *echo, const uint8_t *body, size_t size, uint8_t *hash)
{
    uint8_t line[LINE_SIZE_MAX], buffer[FRAME_SIZE_MAX];
    struct frame_decoder decoder;
    struct frame frame = {.body = buffer};
    bool is_frame = false;

    echo->size = 0;
    size_t line_size = frame_encode(0x3F, 0, body, size, line, sizeof line);
    assert_int_equal(board_send(board, line, line_size), line_size);
    assert_int_equal(board_run_ms(board, 60), BOARD_REACHED);
    frame_decoder_init(&decoder, buffer, sizeof buffer);
    for (size_t i = 0; i < echo->size; i++)
        is_frame = frame_decoder_push(&decoder, echo->bytes[i], &frame);
    assert_true(is_frame);
    assert_int_equal(frame.body_size, SIPHASH_SIZE + 2);
    memcpy(hash, frame.body, SIPHASH_SIZE);
    return (frame.body[SIPHASH_SIZE] | (unsigned)frame.body[SIPHASH_SIZE + 1] << 8) * 8;
}

#define CYCLES_MAX 110000 /* of the largest frame: 6.9 ms at 16 MHz, beside 17 ms on the line */

static void test_siphash_is_right_and_quick_enough(void **state)
{
    static uint8_t cells[EEPROM_SIZE];
    struct echo echo = {.size = 0};
    const char *error = NULL;
    char line[128];
    uint8_t body[FRAME_TO_DAEMON_SIZE_MAX - FRAME_HEADER_SIZE - FRAME_CRC_SIZE], wanted[LINE_SIZE_MAX], hash[SIPHASH_SIZE];
    unsigned vectors = 0;

    (void)state;
    struct image *image = image_open(ECHO_IMAGE, &error);
    assert_non_null(image);
    struct board_config config = {.image = image, .eeprom = cells, .seed = 1, .on_tx = on_tx, .user = &echo};
    struct board *board = board_create(&config);
    assert_non_null(board);
    assert_int_equal(board_run_ms(board, 5), BOARD_REACHED);
    for (uint8_t i = 0; i < sizeof body; i++)
        body[i] = i < SIPHASH_KEY_SIZE ? i : (uint8_t)(i - SIPHASH_KEY_SIZE);
    FILE *file = fopen(HASHES, "r");
    assert_non_null(file);
    while (fgets(line, sizeof line, file) != NULL) {
        if (line[0] == '#')
            continue;
        assert_int_equal(parse(line, wanted), SIPHASH_SIZE);
        hash_on_board(board, &echo, body, SIPHASH_KEY_SIZE + vectors, hash);
        assert_memory_equal(hash, wanted, SIPHASH_SIZE);
        vectors++;
    }
    fclose(file);
    assert_int_equal(vectors, 64);
    unsigned ack = hash_on_board(board, &echo, body, SIPHASH_KEY_SIZE + 23 + 12, hash);
    unsigned largest = hash_on_board(board, &echo, body, sizeof body, hash);
    print_message("SipHash-2-4 of an ACK's 35 bytes: %u cycles; of %u bytes: %u\n", ack,
                  (unsigned)sizeof body - SIPHASH_KEY_SIZE, largest);
    assert_true(largest <= CYCLES_MAX);
    board_destroy(board);
    image_close(image);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_vector_comes_back_byte_for_byte),
        cmocka_unit_test(test_siphash_is_right_and_quick_enough),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
