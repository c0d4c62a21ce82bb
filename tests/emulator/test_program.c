/* SPDX-License-Identifier: MIT
 *
 * The whole program, run as a user or another program runs it, with a miniature kiosk (demo.avr.c) as its
 * firmware.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "tests/unit/cmocka_first.h"

enum { NAME_SIZE = 128, TEXT_SIZE = 65536, ARGUMENTS_MAX = 24, PATIENCE_MS = 20000 };
enum { READ_END, WRITE_END };

/* An emulator under way, in a folder of its own where all its files are. */
struct run {
    char folder[NAME_SIZE];
    pid_t pid;
    int to, from; /* its standard input and output */
    char output[TEXT_SIZE];
    size_t output_size;
};

static int make_run(void **state)
{
    struct run *run = calloc(1, sizeof *run);
    assert_non_null(run);
    strcpy(run->folder, "/tmp/emulator-run-XXXXXX");
    assert_non_null(mkdtemp(run->folder));
    assert_int_equal(chdir(run->folder), 0);
    *state = run;
    return 0;
}

static int remove_run(void **state)
{
    static const char *const names[] = {"eeprom",   "port",  "script", "trace", "trace-2",
                                        "eeprom-2", "a.pbm", "b.pbm",  "a.png", "errors"};
    struct run *run = *state;
    if (run->pid > 0) {
        kill(run->pid, SIGKILL);
        waitpid(run->pid, NULL, 0);
    }
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        unlink(names[i]);
    }
    assert_int_equal(chdir("/"), 0);
    rmdir(run->folder);
    free(run);
    return 0;
}

static void exec_program(const char *const *extra, int in, int out)
{
    const char *arguments[ARGUMENTS_MAX] = {EMULATOR_PROGRAM, "--elf", EMULATOR_IMAGES "/demo.elf"};
    size_t count = 3;
    while (*extra != NULL && count < ARGUMENTS_MAX - 1) {
        arguments[count++] = *extra++;
    }
    char *copies[ARGUMENTS_MAX];
    for (size_t i = 0; i < count; i++) {
        copies[i] = strdup(arguments[i]);
    }
    copies[count] = NULL;
    dup2(in, STDIN_FILENO);
    dup2(out, STDOUT_FILENO);
    const int errors = open("errors", O_WRONLY | O_CREAT | O_TRUNC, 0600);
    dup2(errors, STDERR_FILENO);
    execv(copies[0], copies);
    _exit(127);
}

/* Start the program with these arguments beside --elf; the list ends with NULL. */
static void start(struct run *run, const char *const *arguments)
{
    int in[2];
    int out[2];
    assert_int_equal(pipe2(in, O_CLOEXEC), 0);
    assert_int_equal(pipe2(out, O_CLOEXEC), 0);
    run->output_size = 0;
    run->pid = fork();
    assert_true(run->pid >= 0);
    if (run->pid == 0) {
        exec_program(arguments, in[READ_END], out[WRITE_END]);
    }
    close(in[READ_END]);
    close(out[WRITE_END]);
    run->to = in[WRITE_END];
    run->from = out[READ_END];
}

#define START(run, ...) start(run, (const char *const[]){__VA_ARGS__, NULL})

/* Read what there is, waiting for something. Returns false at the end. */
static bool read_some(struct run *run)
{
    struct pollfd poll_fd = {.fd = run->from, .events = POLLIN};
    assert_int_equal(poll(&poll_fd, 1, PATIENCE_MS), 1);
    const ssize_t count = read(run->from, run->output + run->output_size, TEXT_SIZE - 1 - run->output_size);
    assert_true(count >= 0);
    run->output_size += (size_t)count;
    run->output[run->output_size] = '\0';
    return count > 0;
}

/* Wait for the program's end. Returns its exit status. */
static int finish(struct run *run)
{
    int status = 0;
    close(run->to);
    while (read_some(run)) {
    }
    close(run->from);
    waitpid(run->pid, &status, 0);
    run->pid = 0;
    return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

/* One command of a live script. Returns the kiosk's time in ms after it. */
static unsigned long command(struct run *run, const char *line)
{
    run->output_size = 0;
    run->output[0] = '\0';
    assert_int_equal(write(run->to, line, strlen(line)), (ssize_t)strlen(line));
    assert_int_equal(write(run->to, "\n", 1), 1);
    while (strstr(run->output, "ok ") == NULL || run->output[run->output_size - 1] != '\n') {
        assert_true(read_some(run));
    }
    return strtoul(strstr(run->output, "ok ") + 3, NULL, 10);
}

static void write_script(const char *text)
{
    FILE *file = fopen("script", "w");
    assert_non_null(file);
    fputs(text, file);
    fclose(file);
}

static void read_text(const char *name, char text[TEXT_SIZE])
{
    FILE *file = fopen(name, "r");
    assert_non_null(file);
    text[fread(text, 1, TEXT_SIZE - 1, file)] = '\0';
    fclose(file);
}

static int first_eeprom_byte(void)
{
    FILE *file = fopen("eeprom", "r");
    assert_non_null(file);
    const int byte = fgetc(file);
    fclose(file);
    return byte;
}

static void sleep_ms(long ms)
{
    const struct timespec time = {ms / 1000, ms % 1000 * 1000000};
    nanosleep(&time, NULL);
}

static const char visit[] =
    "wait 300\npress 2\nbounce 4 90\nhold 1 5 400\npower off\nwait 100\npower on\nwait 250\n"
    "power cut 1 noise\npress 3\nwait 200\npower on\nwait 2500\nlog end\n";

static void test_same_script_and_seed_give_the_same_trace(void **state)
{
    struct run *run = *state;
    char first[TEXT_SIZE];
    char second[TEXT_SIZE];
    write_script(visit);
    START(run, "--eeprom", "eeprom", "--script", "script", "--pace", "1000", "--seed", "7", "--trace",
          "trace");
    assert_int_equal(finish(run), 0);
    assert_non_null(strstr(run->output, " ms end\n"));
    /* At another speed, too. */
    START(run, "--eeprom", "eeprom-2", "--script", "script", "--pace", "20", "--seed", "7", "--trace",
          "trace-2");
    assert_int_equal(finish(run), 0);
    read_text("trace", first);
    read_text("trace-2", second);
    assert_true(strlen(first) > 1000);
    assert_string_equal(first, second);
    read_text("eeprom", first);
    read_text("eeprom-2", second);
    assert_memory_equal(first, second, 4096);
}

static void test_another_seed_bounces_differently(void **state)
{
    struct run *run = *state;
    char first[TEXT_SIZE];
    char second[TEXT_SIZE];
    write_script("wait 100\nbounce 4 90\n");
    START(run, "--eeprom", "eeprom", "--script", "script", "--pace", "1000", "--trace", "trace");
    assert_int_equal(finish(run), 0);
    START(run, "--eeprom", "eeprom-2", "--script", "script", "--pace", "1000", "--seed", "2", "--trace",
          "trace-2");
    assert_int_equal(finish(run), 0);
    read_text("trace", first);
    read_text("trace-2", second);
    assert_string_not_equal(first, second);
}

static void test_trace_tells_the_delay_from_press_to_display(void **state)
{
    struct run *run = *state;
    char text[TEXT_SIZE];
    write_script("wait 300\npress 2\nwait 50\n");
    START(run, "--eeprom", "eeprom", "--script", "script", "--pace", "1000", "--trace", "trace");
    assert_int_equal(finish(run), 0);
    read_text("trace", text);
    assert_non_null(strstr(text, "300.000 4800"));
    assert_non_null(strstr(text, " buttons 2\n"));
    assert_non_null(strstr(text, " display 25."));
    assert_non_null(strstr(text, " eeprom erase+write address 0x000 data 0x00\n"));
    assert_non_null(strstr(text, " uart-tx frame 1 of 2 bytes\n"));
}

static void test_live_script_answers_every_line_with_kiosk_time(void **state)
{
    struct run *run = *state;
    START(run, "--eeprom", "eeprom", "--script", "-", "--pace", "100");
    const unsigned long begin = command(run, "wait 100");
    assert_in_range(command(run, "wait 5000"), begin + 5000, begin + 7000);
    command(run, "# a comment");
    command(run, "");
    command(run, "log hello");
    assert_non_null(strstr(run->output, " ms hello\n"));
    assert_int_equal(finish(run), 0);
}

static void test_live_script_keeps_real_time_between_commands(void **state)
{
    struct run *run = *state;
    START(run, "--eeprom", "eeprom", "--script", "-", "--pace", "1000");
    const unsigned long begin = command(run, "wait 100");
    sleep_ms(200);
    assert_in_range(command(run, "wait 0"), begin + 150, begin + 5000);
    assert_int_equal(finish(run), 0);
}

static void test_wrong_live_line_ends_with_status_2(void **state)
{
    struct run *run = *state;
    char text[TEXT_SIZE];
    START(run, "--eeprom", "eeprom", "--script", "-");
    command(run, "wait 1");
    assert_int_equal(write(run->to, "press 7\n", 8), 8);
    assert_int_equal(finish(run), 2);
    read_text("errors", text);
    assert_string_equal(text,
                        "kiosk-emulator: standard input:2: press: BUTTON is 1 to 5 (press BUTTON [MS])\n");
}

static void test_wrong_script_ends_with_status_2_before_anything_happens(void **state)
{
    struct run *run = *state;
    char text[TEXT_SIZE];
    write_script("wait 10\nscreenshot a.pbm\npress 7\n");
    START(run, "--eeprom", "eeprom", "--script", "script");
    assert_int_equal(finish(run), 2);
    read_text("errors", text);
    assert_string_equal(text, "kiosk-emulator: script:3: press: BUTTON is 1 to 5 (press BUTTON [MS])\n");
    assert_int_equal(access("eeprom", F_OK), -1);
}

static void test_wrong_command_line_ends_with_status_2(void **state)
{
    struct run *run = *state;
    START(run, "--script", "script");
    assert_int_equal(finish(run), 2);
    START(run, "--eeprom", "eeprom", "--pace", "0");
    assert_int_equal(finish(run), 2);
    START(run, "--eeprom", "eeprom", "--baud", "fast");
    assert_int_equal(finish(run), 2);
    START(run, "--eeprom", "eeprom", "rest");
    assert_int_equal(finish(run), 2);
    START(run, "--eeprom", "eeprom", "--elf", "/etc/passwd");
    assert_int_equal(finish(run), 1);
    START(run, "--help");
    assert_int_equal(finish(run), 0);
    assert_non_null(strstr(run->output, "usage: kiosk-emulator"));
}

static void test_eeprom_survives_power_off_and_every_kind_of_end(void **state)
{
    struct run *run = *state;
    START(run, "--eeprom", "eeprom", "--script", "-");
    command(run, "wait 100");
    command(run, "press 1");
    assert_int_equal(first_eeprom_byte(), 0);
    command(run, "power off");
    assert_int_equal(first_eeprom_byte(), 0);
    command(run, "power on");
    command(run, "wait 100");
    command(run, "press 1");
    kill(run->pid, SIGKILL);
    assert_int_equal(finish(run), -SIGKILL);
    assert_int_equal(first_eeprom_byte(), 1);
    START(run, "--eeprom", "eeprom", "--script", "-", "--link", "port");
    command(run, "wait 100");
    command(run, "press 1");
    kill(run->pid, SIGTERM);
    assert_int_equal(finish(run), 0);
    assert_int_equal(first_eeprom_byte(), 2);
    assert_int_equal(access("port", F_OK), -1);
}

static void test_power_cut_tears_the_write_and_takes_the_port_away(void **state)
{
    struct run *run = *state;
    char text[TEXT_SIZE];
    START(run, "--eeprom", "eeprom", "--script", "-", "--link", "port", "--trace", "trace");
    command(run, "wait 100");
    command(run, "press 1");
    command(run, "wait 100");
    command(run, "power cut 1 erased");
    command(run, "press 1");
    assert_int_equal(first_eeprom_byte(), 0xFF);
    assert_int_equal(access("port", F_OK), -1);
    command(run, "power on");
    assert_int_equal(access("port", F_OK), 0);
    command(run, "wait 100");
    command(run, "press 1");
    assert_int_equal(first_eeprom_byte(), 0);
    assert_int_equal(finish(run), 0);
    read_text("trace", text);
    assert_non_null(strstr(text, " power lost in eeprom write 2\n"));
}

/* The byte that comes next on the line, or -1. */
static int read_line_byte(int fd, int patience_ms)
{
    uint8_t byte = 0;
    struct pollfd poll_fd = {.fd = fd, .events = POLLIN};
    if (poll(&poll_fd, 1, patience_ms) != 1 || read(fd, &byte, 1) != 1) {
        return -1;
    }
    return byte;
}

static void test_bytes_pass_both_ways_and_cable_out_hangs_up(void **state)
{
    struct run *run = *state;
    START(run, "--eeprom", "eeprom", "--script", "-", "--link", "port");
    command(run, "wait 100");
    int fd = open("port", O_RDWR | O_NOCTTY);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, "a\r", 2), 2);
    assert_int_equal(read_line_byte(fd, 1000), 'b');
    assert_int_equal(read_line_byte(fd, 1000), '\r' + 1);
    command(run, "cable out");
    assert_int_equal(access("port", F_OK), -1);
    struct pollfd poll_fd = {.fd = fd, .events = POLLIN};
    assert_int_equal(poll(&poll_fd, 1, 1000), 1);
    assert_true(poll_fd.revents & POLLHUP);
    close(fd);
    command(run, "press 1"); /* its frame is lost */
    command(run, "cable in");
    fd = open("port", O_RDWR | O_NOCTTY);
    assert_true(fd >= 0);
    assert_int_equal(read_line_byte(fd, 50), -1);
    command(run, "wait 50");
    assert_int_equal(write(fd, "x", 1), 1);
    assert_int_equal(read_line_byte(fd, 1000), 'y');
    close(fd);
    assert_int_equal(finish(run), 0);
}

static void test_bytes_sent_before_the_port_is_opened_are_lost(void **state)
{
    struct run *run = *state;
    START(run, "--eeprom", "eeprom", "--script", "-", "--link", "port");
    command(run, "wait 100");
    command(run, "press 1");
    const int fd = open("port", O_RDWR | O_NOCTTY);
    assert_int_equal(read_line_byte(fd, 100), -1);
    close(fd);
    assert_int_equal(finish(run), 0);
}

/* A daemon that answers each heartbeat after 10 ms; the kiosk must not have run far ahead when the answer
 * arrives. */
static void test_pace_waits_for_answers(void **state)
{
    struct run *run = *state;
    char text[TEXT_SIZE];
    double sent_ms = 0;
    unsigned pairs = 0;
    START(run, "--eeprom", "eeprom", "--script", "-", "--link", "port", "--pace", "1000", "--trace", "trace");
    command(run, "wait 100");
    const int fd = open("port", O_RDWR | O_NOCTTY);
    command(run, "wait 10");
    assert_int_equal(write(run->to, "wait 20000\n", 11), 11);
    for (unsigned beats = 0; beats < 10; beats++) {
        for (unsigned bytes = 0; bytes < 4; bytes++) { /* 00 'h' 81 00 */
            assert_true(read_line_byte(fd, 3000) >= 0);
        }
        sleep_ms(10);
        assert_int_equal(write(fd, "\x01\x02", 3), 3);
        assert_int_equal(read_line_byte(fd, 1000), 2);
        assert_int_equal(read_line_byte(fd, 1000), 3);
        assert_int_equal(read_line_byte(fd, 1000), 1);
    }
    close(fd);
    assert_int_equal(finish(run), 0);
    read_text("trace", text);
    for (char *line = strtok(text, "\n"); line != NULL; line = strtok(NULL, "\n")) {
        const double at_ms = strtod(line, NULL);
        if (strstr(line, "uart-tx frame") != NULL && strstr(line, "of 2 bytes") != NULL) {
            sent_ms = at_ms;
        } else if (strstr(line, "uart-rx frame") != NULL) {
            pairs++;
            assert_true(at_ms - sent_ms < 1000); /* at full speed it would be 3000 and more */
        }
    }
    assert_int_equal(pairs, 10);
}

static void test_button_stays_down_through_power_up_and_presses(void **state)
{
    struct run *run = *state;
    char text[TEXT_SIZE];
    write_script("power off\ndown 3\npower on\nwait 100\nscreenshot a.pbm\npress 1\nup 3\nwait 10\n");
    START(run, "--eeprom", "eeprom", "--script", "script", "--pace", "100", "--trace", "trace");
    assert_int_equal(finish(run), 0);
    read_text("trace", text);
    assert_non_null(strstr(text, " buttons 1 3\n"));
    assert_non_null(strstr(text, " display ")); /* the demo sees button 3, held since power-up */
    assert_non_null(strstr(text, " buttons none\n"));
}

static void test_screen_is_awaited_and_saved(void **state)
{
    struct run *run = *state;
    write_script("wait 300\nscreenshot a.pbm\nhold 1 200\nwait-screen a.pbm 500\nscreenshot "
                 "b.pbm\nscreenshot a.png\n");
    char first[TEXT_SIZE];
    char second[TEXT_SIZE];
    START(run, "--eeprom", "eeprom", "--script", "script", "--pace", "100");
    assert_int_equal(finish(run), 0);
    read_text("a.pbm", first);
    read_text("b.pbm", second);
    assert_string_equal(first, second);
    assert_non_null(strstr(first, "P1\n128 64\n10000000000000000000000100100"));
    assert_int_equal(access("a.png", F_OK), 0);
}

static void test_screen_that_does_not_come_ends_with_status_1(void **state)
{
    struct run *run = *state;
    write_script("wait 300\nscreenshot a.pbm\npower off\nwait-screen a.pbm 300\n");
    START(run, "--eeprom", "eeprom", "--script", "script", "--pace", "100");
    assert_int_equal(finish(run), 1);
    char text[TEXT_SIZE];
    read_text("errors", text);
    assert_string_equal(text, "kiosk-emulator: script:4: a.pbm did not appear on the display in time\n");
}

static void test_line_is_quiet_300_ms_after_the_last_byte(void **state)
{
    struct run *run = *state;
    START(run, "--eeprom", "eeprom", "--script", "-", "--pace", "100");
    command(run, "wait 400");
    const unsigned long pressed = command(run, "press 1");
    const unsigned long quiet = command(run, "wait-quiet 5000");
    assert_in_range(quiet - pressed, 150, 2000);
    const unsigned long limited = command(run, "wait-quiet 0");
    assert_true(limited >= quiet);
    assert_int_equal(finish(run), 0);
}

static void test_absent_display_and_stuck_bus_do_not_stop_the_demo(void **state)
{
    struct run *run = *state;
    START(run, "--eeprom", "eeprom", "--script", "-", "--no-display", "--pace", "100");
    command(run, "wait 500");
    command(run, "press 1");
    assert_int_equal(first_eeprom_byte(), 0);
    assert_int_equal(finish(run), 0);
}

static void test_reset_on_open_restarts_the_kiosk(void **state)
{
    struct run *run = *state;
    char text[TEXT_SIZE];
    START(run, "--eeprom", "eeprom", "--script", "-", "--link", "port", "--reset-on-open", "--trace",
          "trace");
    command(run, "wait 100");
    const int fd = open("port", O_RDWR | O_NOCTTY);
    command(run, "wait 100");
    close(fd);
    assert_int_equal(finish(run), 0);
    read_text("trace", text);
    assert_non_null(strstr(text, " port opened\n"));
    assert_non_null(strstr(text, " reset external\n"));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, make_run, remove_run)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_same_script_and_seed_give_the_same_trace),
        TEST(test_another_seed_bounces_differently),
        TEST(test_trace_tells_the_delay_from_press_to_display),
        TEST(test_live_script_answers_every_line_with_kiosk_time),
        TEST(test_live_script_keeps_real_time_between_commands),
        TEST(test_wrong_live_line_ends_with_status_2),
        TEST(test_wrong_script_ends_with_status_2_before_anything_happens),
        TEST(test_wrong_command_line_ends_with_status_2),
        TEST(test_eeprom_survives_power_off_and_every_kind_of_end),
        TEST(test_power_cut_tears_the_write_and_takes_the_port_away),
        TEST(test_bytes_pass_both_ways_and_cable_out_hangs_up),
        TEST(test_bytes_sent_before_the_port_is_opened_are_lost),
        TEST(test_pace_waits_for_answers),
        TEST(test_button_stays_down_through_power_up_and_presses),
        TEST(test_screen_is_awaited_and_saved),
        TEST(test_screen_that_does_not_come_ends_with_status_1),
        TEST(test_line_is_quiet_300_ms_after_the_last_byte),
        TEST(test_absent_display_and_stuck_bus_do_not_stop_the_demo),
        TEST(test_reset_on_open_restarts_the_kiosk),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
