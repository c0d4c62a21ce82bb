/* SPDX-License-Identifier: MIT */
#include "tests/unit/cmocka_first.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "daemon/command.h"

#define ROUNDS_MAX 2000 /* of 5 ms: a program that does next to nothing */

struct ended {
    unsigned count;
    int tag;
    char reason[128];
};

static void on_end(void *context, const void *tag, const char *reason)
{
    struct ended *ended = context;

    memcpy(&ended->tag, tag, sizeof ended->tag);
    snprintf(ended->reason, sizeof ended->reason, "%s", reason);
    ended->count++;
}

/* The time of the deadline stands still; that of this test does not. */
static void wait_for(struct command *command, struct ended *ended, unsigned count, uint64_t now_ms)
{
    for (int i = 0; i < ROUNDS_MAX && ended->count < count; i++) {
        command_tick(command, now_ms);
        usleep(5000);
    }
    assert_int_equal(ended->count, count);
}

static char *environment[] = {(char[]){"PATH=/usr/bin:/bin"}, (char[]){"BYNAME_CALL=7"}, NULL};

static void expect(const char *line, const char *reason)
{
    struct ended ended = {0};
    struct command *command = command_create(sizeof(int), on_end, &ended);
    int tag = 42;

    assert_non_null(command);
    assert_true(command_start(command, line, environment, &tag, 0));
    assert_int_equal(ended.count, 0); /* not from within */
    wait_for(command, &ended, 1, 0);
    assert_int_equal(ended.tag, 42);
    assert_string_equal(ended.reason, reason);
    command_destroy(command);
}

static void test_how_a_program_ended_is_told(void **state)
{
    (void)state;
    expect("/bin/true", "");
    expect("/bin/false", "it ended with status 1");
    expect("/nowhere/at/all", "cannot be started: No such file or directory");
}

static void test_words_environment_and_nothing_else_are_handed_over(void **state)
{
    char path[] = "/tmp/byname-command-XXXXXX", line[128], text[512];
    int fd = open("/dev/null", O_RDONLY); /* a descriptor of ours that is not close-on-exec */

    (void)state;
    assert_true(fd >= 0);
    close(mkstemp(path));
    snprintf(line, sizeof line, "%s one  two", path);
    snprintf(text, sizeof text,
             "#!/bin/sh\n[ \"$1\" = one ] && [ \"$2\" = two ] && [ $# = 2 ] && [ \"$BYNAME_CALL\" = 7 ] &&"
             " [ -z \"$HOME\" ] && ! [ -e /proc/self/fd/%d ] && [ -z \"$(cat)\" ]\n",
             fd);
    FILE *script = fopen(path, "we");
    assert_non_null(script);
    fputs(text, script);
    fclose(script);
    assert_int_equal(chmod(path, 0700), 0);
    expect(line, "");
    close(fd);
    unlink(path);
}

static void test_program_that_takes_too_long_is_ended_with_its_children(void **state)
{
    struct ended ended = {0};
    struct command *command = command_create(sizeof(int), on_end, &ended);
    int tag = 1;

    (void)state;
    assert_non_null(command);
    assert_true(command_start(command, "/bin/sleep 1000", environment, &tag, 0));
    command_tick(command, COMMAND_LIMIT_MS - 1);
    usleep(20000);
    command_tick(command, COMMAND_LIMIT_MS - 1);
    assert_int_equal(ended.count, 0);
    wait_for(command, &ended, 1, COMMAND_LIMIT_MS);
    assert_string_equal(ended.reason, "it took longer than 20 s and was ended");
    command_destroy(command);
}

static void test_only_so_many_run_at_a_time(void **state)
{
    struct ended ended = {0};
    struct command *command = command_create(sizeof(int), on_end, &ended);
    int tag = 1;

    (void)state;
    assert_non_null(command);
    for (int i = 0; i < COMMAND_RUNNING_MAX; i++)
        assert_true(command_start(command, "/bin/sleep 1000", environment, &tag, 0));
    assert_false(command_start(command, "/bin/true", environment, &tag, 0));
    wait_for(command, &ended, COMMAND_RUNNING_MAX, COMMAND_LIMIT_MS);
    assert_true(command_start(command, "/bin/sleep 1000", environment, &tag, 0));
    command_destroy(command); /* and does not wait for it */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_how_a_program_ended_is_told),
        cmocka_unit_test(test_words_environment_and_nothing_else_are_handed_over),
        cmocka_unit_test(test_program_that_takes_too_long_is_ended_with_its_children),
        cmocka_unit_test(test_only_so_many_run_at_a_time),
    };

    return cmocka_run_group_tests_name("command", tests, NULL, NULL);
}
