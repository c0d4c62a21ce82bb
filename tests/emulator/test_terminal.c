/* SPDX-License-Identifier: MIT
 *
 * The program on a terminal: what it draws, what its keys do, and that the terminal is given back.
 */
#define _GNU_SOURCE
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <termios.h>
#include <utmp.h>
#include <unistd.h>

#include "tests/unit/cmocka_first.h"

enum { NAME_SIZE = 128, TEXT_SIZE = 1 << 18, PATIENCE_MS = 10000 };

struct screen {
    char folder[NAME_SIZE];
    pid_t pid;
    int master, slave;
    char text[TEXT_SIZE]; /* all that was sent to the terminal */
    size_t size;
};

static void start(struct screen *screen, unsigned short columns, unsigned short lines)
{
    const struct winsize size = {.ws_col = columns, .ws_row = lines};
    assert_int_equal(openpty(&screen->master, &screen->slave, NULL, NULL, &size), 0);
    screen->pid = fork();
    assert_true(screen->pid >= 0);
    if (screen->pid == 0) {
        close(screen->master);
        login_tty(screen->slave);
        setenv("TERM", "xterm", 1);
        setenv("LC_ALL", "C.UTF-8", 1);
        execl(EMULATOR_PROGRAM, EMULATOR_PROGRAM, "--elf", EMULATOR_IMAGES "/demo.elf", "--eeprom", "eeprom",
              (char *)NULL);
        _exit(127);
    }
}

static void await(struct screen *screen, const char *text)
{
    while (strstr(screen->text, text) == NULL) {
        struct pollfd poll_fd = {.fd = screen->master, .events = POLLIN};
        assert_int_equal(poll(&poll_fd, 1, PATIENCE_MS), 1);
        assert_true(screen->size < TEXT_SIZE - 1);
        const ssize_t count = read(screen->master, screen->text + screen->size, TEXT_SIZE - 1 - screen->size);
        assert_true(count > 0);
        screen->size += (size_t)count;
        screen->text[screen->size] = '\0';
    }
}

static void forget(struct screen *screen)
{
    screen->size = 0;
    screen->text[0] = '\0';
}

static void type(const struct screen *screen, const char *keys)
{
    assert_int_equal(write(screen->master, keys, strlen(keys)), (ssize_t)strlen(keys));
}

/* Wait for the end; the terminal must have its normal screen, cursor and modes again. */
static void assert_given_back(struct screen *screen)
{
    int status = 0;
    struct termios settings;
    await(screen, "\033[?1049l");
    assert_int_equal(waitpid(screen->pid, &status, 0), screen->pid);
    screen->pid = 0;
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
    assert_int_equal(tcgetattr(screen->slave, &settings), 0);
    assert_int_equal(settings.c_lflag & (ICANON | ECHO), ICANON | ECHO);
}

static int make_screen(void **state)
{
    struct screen *screen = calloc(1, sizeof *screen);
    assert_non_null(screen);
    strcpy(screen->folder, "/tmp/emulator-screen-XXXXXX");
    assert_non_null(mkdtemp(screen->folder));
    assert_int_equal(chdir(screen->folder), 0);
    *state = screen;
    return 0;
}

static int remove_screen(void **state)
{
    struct screen *screen = *state;
    if (screen->pid > 0) {
        kill(screen->pid, SIGKILL);
        waitpid(screen->pid, NULL, 0);
    }
    close(screen->master);
    close(screen->slave);
    unlink("eeprom");
    assert_int_equal(chdir("/"), 0);
    rmdir(screen->folder);
    free(screen);
    return 0;
}

static void test_kiosk_is_drawn_and_q_gives_the_terminal_back(void **state)
{
    struct screen *screen = *state;
    start(screen, 140, 45);
    await(screen, " byname ");
    await(screen, "power on");
    await(screen, "q quit");
    await(screen, "█");
    type(screen, "q");
    assert_given_back(screen);
}

static void test_keys_switch_power_and_cable(void **state)
{
    struct screen *screen = *state;
    start(screen, 140, 45);
    await(screen, "power on");
    forget(screen);
    type(screen, "p");
    await(screen, "no port");
    forget(screen);
    type(screen, "p");
    await(screen, "/dev/pts/");
    type(screen, "c");
    await(screen, "unplugged");
    type(screen, "q");
    assert_given_back(screen);
}

static void test_key_presses_its_button(void **state)
{
    struct screen *screen = *state;
    start(screen, 80, 30);
    await(screen, "⡇"); /* the demo's empty bars in braille */
    forget(screen);
    type(screen, "2");
    await(screen, "⣶"); /* filled; the write of the count follows */
    usleep(200000);
    type(screen, "q");
    assert_given_back(screen);
    FILE *file = fopen("eeprom", "r");
    assert_non_null(file);
    assert_int_equal(fgetc(file), 0); /* one press was counted: 0xFF + 1 */
    fclose(file);
}

static void test_terminal_too_small_says_so(void **state)
{
    struct screen *screen = *state;
    start(screen, 60, 20);
    await(screen, "too small");
    type(screen, "q");
    assert_given_back(screen);
}

static void test_signal_gives_the_terminal_back(void **state)
{
    struct screen *screen = *state;
    start(screen, 140, 45);
    await(screen, "power on");
    kill(screen->pid, SIGTERM);
    assert_given_back(screen);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, make_screen, remove_screen)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_kiosk_is_drawn_and_q_gives_the_terminal_back),
        TEST(test_keys_switch_power_and_cable),
        TEST(test_key_presses_its_button),
        TEST(test_terminal_too_small_says_so),
        TEST(test_signal_gives_the_terminal_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
