/* SPDX-License-Identifier: MIT
 *
 * The EEPROM file, the pseudo-terminal with its link, and pictures.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "tools/kiosk-emulator/eeprom_file.h"
#include "tools/kiosk-emulator/eeprom_model.h"
#include "tools/kiosk-emulator/picture.h"
#include "tools/kiosk-emulator/kiosk_pty.h"
#include "tests/unit/cmocka_first.h"

enum { PATH_SIZE = 256 };

/* A folder of the test's own, with the paths used in it. */
struct folder {
    char path[PATH_SIZE];
    char file[PATH_SIZE + 16];
    char link[PATH_SIZE + 16];
};

static int make_folder(void **state)
{
    struct folder *folder = malloc(sizeof *folder);
    assert_non_null(folder);
    strcpy(folder->path, "/tmp/emulator-test-XXXXXX");
    assert_non_null(mkdtemp(folder->path));
    snprintf(folder->file, sizeof folder->file, "%s/file", folder->path);
    snprintf(folder->link, sizeof folder->link, "%s/link", folder->path);
    *state = folder;
    return 0;
}

static int remove_folder(void **state)
{
    struct folder *folder = *state;
    unlink(folder->file);
    unlink(folder->link);
    rmdir(folder->path);
    free(folder);
    return 0;
}

static void write_file(const char *path, size_t size)
{
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    for (size_t i = 0; i < size; i++) {
        fputc(0x5A, file);
    }
    fclose(file);
}

static void test_missing_eeprom_file_becomes_a_blank_one(void **state)
{
    struct folder *folder = *state;
    struct eeprom_file file;
    struct stat status;
    const char *error = NULL;
    assert_int_equal(eeprom_file_open(&file, folder->file, &error), 0);
    for (unsigned i = 0; i < EEPROM_SIZE; i++) {
        assert_int_equal(file.cells[i], 0xFF);
    }
    eeprom_file_close(&file);
    assert_int_equal(stat(folder->file, &status), 0);
    assert_int_equal(status.st_size, 4096);
}

static void test_eeprom_file_keeps_what_is_written(void **state)
{
    struct folder *folder = *state;
    struct eeprom_file file;
    const char *error = NULL;
    assert_int_equal(eeprom_file_open(&file, folder->file, &error), 0);
    file.cells[4095] = 0x42;
    eeprom_file_close(&file);
    assert_int_equal(eeprom_file_open(&file, folder->file, &error), 0);
    assert_int_equal(file.cells[4095], 0x42);
    eeprom_file_close(&file);
}

static void test_eeprom_file_of_wrong_size_is_refused_untouched(void **state)
{
    struct folder *folder = *state;
    struct eeprom_file file;
    struct stat status;
    const char *error = NULL;
    write_file(folder->file, 1024);
    assert_int_equal(eeprom_file_open(&file, folder->file, &error), -1);
    assert_non_null(strstr(error, "4096"));
    assert_int_equal(stat(folder->file, &status), 0);
    assert_int_equal(status.st_size, 1024);
}

static void test_eeprom_file_serves_one_emulator_at_a_time(void **state)
{
    struct folder *folder = *state;
    struct eeprom_file first;
    struct eeprom_file second;
    const char *error = NULL;
    assert_int_equal(eeprom_file_open(&first, folder->file, &error), 0);
    assert_int_equal(eeprom_file_open(&second, folder->file, &error), -1);
    assert_non_null(strstr(error, "in use"));
    eeprom_file_close(&first);
    assert_int_equal(eeprom_file_open(&second, folder->file, &error), 0);
    eeprom_file_close(&second);
}

static int open_peer(const struct folder *folder)
{
    const int fd = open(folder->link, O_RDWR | O_NOCTTY);
    assert_true(fd >= 0);
    return fd;
}

static void test_bytes_pass_the_pty_unchanged_both_ways(void **state)
{
    struct folder *folder = *state;
    struct kiosk_pty pty;
    const char *error = NULL;
    uint8_t bytes[4] = {0};
    assert_int_equal(kiosk_pty_open(&pty, folder->link, &error), 0);
    const int fd = open_peer(folder);
    assert_int_equal(kiosk_pty_write(&pty, (const uint8_t *)"\0\r\n\x03", 4), 4);
    assert_int_equal(read(fd, bytes, sizeof bytes), 4);
    assert_memory_equal(bytes, "\0\r\n\x03", 4);
    assert_int_equal(write(fd, "\n\x11\x7f\0", 4), 4);
    usleep(1000);
    assert_int_equal(kiosk_pty_read(&pty, bytes, sizeof bytes), 4);
    assert_memory_equal(bytes, "\n\x11\x7f\0", 4);
    close(fd);
    kiosk_pty_close(&pty);
}

static void test_pty_stays_raw_when_the_peer_comes_back(void **state)
{
    struct folder *folder = *state;
    struct kiosk_pty pty;
    const char *error = NULL;
    uint8_t byte = 0;
    assert_int_equal(kiosk_pty_open(&pty, folder->link, &error), 0);
    for (int i = 0; i < 3; i++) {
        const int fd = open_peer(folder);
        assert_int_equal(kiosk_pty_write(&pty, (const uint8_t *)"\r", 1), 1);
        assert_int_equal(read(fd, &byte, 1), 1);
        assert_int_equal(byte, '\r');
        assert_int_equal(kiosk_pty_read(&pty, &byte, 1), 0); /* no echo */
        close(fd);
    }
    kiosk_pty_close(&pty);
}

static void test_pty_knows_whether_it_is_open_at_the_other_end(void **state)
{
    struct folder *folder = *state;
    struct kiosk_pty pty;
    const char *error = NULL;
    assert_int_equal(kiosk_pty_open(&pty, folder->link, &error), 0);
    assert_false(kiosk_pty_has_peer(&pty));
    int fd = open_peer(folder);
    assert_true(kiosk_pty_has_peer(&pty));
    close(fd);
    assert_false(kiosk_pty_has_peer(&pty));
    fd = open_peer(folder);
    assert_true(kiosk_pty_has_peer(&pty));
    close(fd);
    kiosk_pty_close(&pty);
}

static void test_closing_hangs_up_and_removes_the_link(void **state)
{
    struct folder *folder = *state;
    struct kiosk_pty pty;
    const char *error = NULL;
    uint8_t byte = 0;
    assert_int_equal(kiosk_pty_open(&pty, folder->link, &error), 0);
    const int fd = open_peer(folder);
    kiosk_pty_close(&pty);
    struct pollfd poll_fd = {.fd = fd, .events = POLLIN};
    assert_int_equal(poll(&poll_fd, 1, 1000), 1);
    assert_true(poll_fd.revents & POLLHUP);
    assert_true(read(fd, &byte, 1) <= 0);
    assert_int_equal(access(folder->link, F_OK), -1);
    close(fd);
}

static void test_old_link_is_replaced(void **state)
{
    struct folder *folder = *state;
    struct kiosk_pty pty;
    const char *error = NULL;
    char target[PATH_SIZE] = "";
    assert_int_equal(symlink("/nowhere", folder->link), 0);
    assert_int_equal(kiosk_pty_open(&pty, folder->link, &error), 0);
    assert_true(readlink(folder->link, target, sizeof target - 1) > 0);
    assert_string_equal(target, pty.name);
    kiosk_pty_close(&pty);
}

static void test_file_in_the_links_place_is_never_replaced(void **state)
{
    struct folder *folder = *state;
    struct kiosk_pty pty;
    struct stat status;
    const char *error = NULL;
    write_file(folder->link, 10);
    assert_int_equal(kiosk_pty_open(&pty, folder->link, &error), -1);
    assert_non_null(strstr(error, "not a symbolic link"));
    assert_int_equal(lstat(folder->link, &status), 0);
    assert_true(S_ISREG(status.st_mode));
}

static void test_link_that_points_elsewhere_by_now_is_left_alone(void **state)
{
    struct folder *folder = *state;
    struct kiosk_pty pty;
    const char *error = NULL;
    char target[PATH_SIZE] = "";
    assert_int_equal(kiosk_pty_open(&pty, folder->link, &error), 0);
    unlink(folder->link);
    assert_int_equal(symlink("/elsewhere", folder->link), 0);
    kiosk_pty_close(&pty);
    assert_true(readlink(folder->link, target, sizeof target - 1) > 0);
    assert_string_equal(target, "/elsewhere");
}

static void fill_picture(struct ssd1306_picture *picture)
{
    struct noise noise;
    noise_init(&noise, 3);
    noise_fill(&noise, &picture->rows[0][0], sizeof picture->rows);
}

static void test_pbm_is_read_back_as_it_was_written(void **state)
{
    struct folder *folder = *state;
    struct ssd1306_picture written;
    struct ssd1306_picture read_back;
    char path[PATH_SIZE + 16];
    snprintf(path, sizeof path, "%s/a.pbm", folder->path);
    fill_picture(&written);
    assert_null(picture_save(&written, path, 1));
    assert_null(picture_load(&read_back, path));
    assert_memory_equal(&written, &read_back, sizeof written);
    unlink(path);
}

static void test_png_is_the_same_for_the_same_picture(void **state)
{
    struct folder *folder = *state;
    struct ssd1306_picture picture;
    char paths[2][PATH_SIZE + 16];
    char bytes[2][60000];
    size_t sizes[2];
    fill_picture(&picture);
    for (unsigned i = 0; i < 2; i++) {
        snprintf(paths[i], sizeof paths[i], "%s/%u.png", folder->path, i);
        assert_null(picture_save(&picture, paths[i], 5));
        FILE *file = fopen(paths[i], "r");
        assert_non_null(file);
        sizes[i] = fread(bytes[i], 1, sizeof bytes[i], file);
        fclose(file);
        unlink(paths[i]);
    }
    assert_in_range(sizes[0], 1000, sizeof bytes[0] - 1);
    assert_int_equal(sizes[0], sizes[1]);
    assert_memory_equal(bytes[0], bytes[1], sizes[0]);
}

static void test_file_that_is_no_picture_is_refused(void **state)
{
    struct folder *folder = *state;
    struct ssd1306_picture picture;
    write_file(folder->file, 100);
    assert_non_null(picture_load(&picture, folder->file));
    FILE *file = fopen(folder->file, "w");
    fputs("P1\n128 32\n", file);
    fclose(file);
    assert_string_equal(picture_load(&picture, folder->file), "is not 128x64");
    file = fopen(folder->file, "w");
    fputs("P1\n# comment\n128 64\n0101", file);
    fclose(file);
    assert_non_null(picture_load(&picture, folder->file));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, make_folder, remove_folder)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_missing_eeprom_file_becomes_a_blank_one),
        TEST(test_eeprom_file_keeps_what_is_written),
        TEST(test_eeprom_file_of_wrong_size_is_refused_untouched),
        TEST(test_eeprom_file_serves_one_emulator_at_a_time),
        TEST(test_bytes_pass_the_pty_unchanged_both_ways),
        TEST(test_pty_stays_raw_when_the_peer_comes_back),
        TEST(test_pty_knows_whether_it_is_open_at_the_other_end),
        TEST(test_closing_hangs_up_and_removes_the_link),
        TEST(test_old_link_is_replaced),
        TEST(test_file_in_the_links_place_is_never_replaced),
        TEST(test_link_that_points_elsewhere_by_now_is_left_alone),
        TEST(test_pbm_is_read_back_as_it_was_written),
        TEST(test_png_is_the_same_for_the_same_picture),
        TEST(test_file_that_is_no_picture_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
