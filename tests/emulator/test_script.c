/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "tools/kiosk-emulator/script.h"
#include "tests/unit/cmocka_first.h"

static struct script_command parse(const char *line)
{
    struct script_command command;
    char error[256] = "";
    if (!script_parse(&command, line, error, sizeof error)) {
        fail_msg("\"%s\": %s", line, error);
    }
    return command;
}

static void assert_refused(const char *line, const char *reason)
{
    struct script_command command;
    char error[256] = "";
    assert_false(script_parse(&command, line, error, sizeof error));
    if (strstr(error, reason) == NULL) {
        fail_msg("\"%s\" is refused with \"%s\", which does not say \"%s\"", line, error, reason);
    }
}

static void test_blank_lines_and_comments_are_nothing(void **state)
{
    (void)state;
    assert_int_equal(parse("").verb, SCRIPT_NOTHING);
    assert_int_equal(parse(" \t\r\n").verb, SCRIPT_NOTHING);
    assert_int_equal(parse("# press 5").verb, SCRIPT_NOTHING);
    assert_int_equal(parse("   # press 5\n").verb, SCRIPT_NOTHING);
}

static void test_press_takes_a_button_and_perhaps_a_duration(void **state)
{
    (void)state;
    struct script_command command = parse("press 5   # the best\n");
    assert_int_equal(command.verb, SCRIPT_PRESS);
    assert_int_equal(command.buttons, 0x10);
    assert_int_equal(command.ms, 120);
    command = parse("\tpress 1 80");
    assert_int_equal(command.buttons, 0x01);
    assert_int_equal(command.ms, 80);
}

static void test_hold_takes_several_buttons_and_the_last_number_is_ms(void **state)
{
    (void)state;
    const struct script_command command = parse("hold 1 5 2500");
    assert_int_equal(command.verb, SCRIPT_PRESS);
    assert_int_equal(command.buttons, 0x11);
    assert_int_equal(command.ms, 2500);
    assert_int_equal(parse("hold 1 2 3 4 5 10").buttons, 0x1F);
}

static void test_down_and_up_take_buttons(void **state)
{
    (void)state;
    assert_int_equal(parse("down 3").verb, SCRIPT_DOWN);
    assert_int_equal(parse("down 3 5").buttons, 0x14);
    assert_int_equal(parse("up 3").verb, SCRIPT_UP);
    assert_refused("down", "down BUTTON...");
    assert_refused("up 6", "BUTTON is 1 to 5");
}

static void test_power_cut_takes_a_count_and_a_tear(void **state)
{
    (void)state;
    struct script_command command = parse("power cut 7");
    assert_int_equal(command.verb, SCRIPT_POWER_CUT);
    assert_int_equal(command.count, 7);
    assert_int_equal(command.tear, EEPROM_TEAR_OLD);
    assert_int_equal(parse("power cut 1 new").tear, EEPROM_TEAR_NEW);
    assert_int_equal(parse("power cut 1 erased").tear, EEPROM_TEAR_ERASED);
    assert_int_equal(parse("power cut 1 and").tear, EEPROM_TEAR_AND);
    assert_int_equal(parse("power cut 1 noise").tear, EEPROM_TEAR_NOISE);
    assert_int_equal(parse("power cut 1 unstable").tear, EEPROM_TEAR_UNSTABLE);
}

static void test_switches_are_two_words(void **state)
{
    (void)state;
    assert_int_equal(parse("power off").verb, SCRIPT_POWER_OFF);
    assert_int_equal(parse("power on").verb, SCRIPT_POWER_ON);
    assert_int_equal(parse("cable out").verb, SCRIPT_CABLE_OUT);
    assert_int_equal(parse("cable in").verb, SCRIPT_CABLE_IN);
    assert_int_equal(parse("display out").verb, SCRIPT_DISPLAY_OUT);
    assert_int_equal(parse("bus stuck").verb, SCRIPT_BUS_STUCK);
    assert_int_equal(parse("bus free").verb, SCRIPT_BUS_FREE);
    assert_int_equal(parse("reset").verb, SCRIPT_RESET);
}

static void test_text_is_taken_as_it_stands(void **state)
{
    (void)state;
    struct script_command command = parse("log   step 1: press #5  now \n");
    assert_int_equal(command.verb, SCRIPT_LOG);
    assert_string_equal(command.text, "step 1: press #5  now");
    command = parse("screenshot /tmp/a file.pbm\n");
    assert_string_equal(command.text, "/tmp/a file.pbm");
    assert_string_equal(parse("log one two three four five six seven eight nine ten").text,
                        "one two three four five six seven eight nine ten");
}

static void test_waits_take_durations(void **state)
{
    (void)state;
    assert_int_equal(parse("wait 0").ms, 0);
    assert_int_equal(parse("wait 604800000").ms, 604800000);
    assert_int_equal(parse("wait-quiet 4000").verb, SCRIPT_WAIT_QUIET);
    const struct script_command command = parse("wait-screen golden/idle.pbm 1500");
    assert_int_equal(command.verb, SCRIPT_WAIT_SCREEN);
    assert_string_equal(command.text, "golden/idle.pbm");
    assert_int_equal(command.ms, 1500);
}

static void test_wrong_lines_are_refused_and_say_what_is_right(void **state)
{
    (void)state;
    assert_refused("pres 5", "\"pres\" is not a command; there are press hold");
    assert_refused("press", "press BUTTON [MS]");
    assert_refused("press 6", "BUTTON is 1 to 5");
    assert_refused("press 0", "BUTTON is 1 to 5");
    assert_refused("press 5 soon", "MS is a number");
    assert_refused("press 5 -1", "MS is a number");
    assert_refused("press 5 1e3", "MS is a number");
    assert_refused("press 1 2 300", "hold");
    assert_refused("hold 5", "hold BUTTON... MS");
    assert_refused("hold 1 7 100", "BUTTON is 1 to 5");
    assert_refused("hold 1 2 3 4 5 1 2 3 100", "too many words");
    assert_refused("wait", "wait MS");
    assert_refused("wait 604800001", "up to a week");
    assert_refused("wait 99999999999999999999", "up to a week");
    assert_refused("power", "power off, power on, or power cut N");
    assert_refused("power down", "power off, power on, or power cut N");
    assert_refused("power off now", "power off");
    assert_refused("power cut 0", "at least 1");
    assert_refused("power cut 1 torn", "old, new, erased, and, noise, unstable");
    assert_refused("cable", "cable out or cable in");
    assert_refused("screenshot", "FILE ends in .png or .pbm");
    assert_refused("screenshot .png", "FILE ends in .png or .pbm");
    assert_refused("screenshot a.jpg", "FILE ends in .png or .pbm");
    assert_refused("bounce 5", "bounce BUTTON MS");
}

static void test_too_long_line_is_refused(void **state)
{
    (void)state;
    char line[SCRIPT_LINE_SIZE + 10];
    memset(line, 'x', sizeof line - 1);
    line[sizeof line - 1] = '\0';
    assert_refused(line, "longer than");
}

static char *write_script(const char *text)
{
    static char path[32];
    snprintf(path, sizeof path, "/tmp/emulator-script-XXXXXX");
    const int fd = mkstemp(path);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
    close(fd);
    return path;
}

static void test_script_keeps_line_numbers(void **state)
{
    (void)state;
    struct script script;
    char error[512];
    bool is_unreadable = false;
    const char *path = write_script("# a visit\n\nwait 500\npress 5\n\nlog end");
    assert_true(script_open(&script, path, error, sizeof error, &is_unreadable));
    assert_int_equal(script.count, 3);
    assert_int_equal(script.lines[0].number, 3);
    assert_int_equal(script.lines[1].number, 4);
    assert_int_equal(script.lines[2].number, 6);
    assert_string_equal(script.lines[2].command.text, "end");
    script_close(&script);
    unlink(path);
}

static void test_wrong_line_of_a_script_is_named(void **state)
{
    (void)state;
    struct script script;
    char error[512];
    char expected[128];
    bool is_unreadable = true;
    const char *path = write_script("wait 500\n\npress 9\n");
    assert_false(script_open(&script, path, error, sizeof error, &is_unreadable));
    assert_false(is_unreadable);
    snprintf(expected, sizeof expected, "%s:3: press: BUTTON is 1 to 5 (press BUTTON [MS])", path);
    assert_string_equal(error, expected);
    unlink(path);
    assert_false(script_open(&script, path, error, sizeof error, &is_unreadable));
    assert_true(is_unreadable);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_blank_lines_and_comments_are_nothing),
        cmocka_unit_test(test_press_takes_a_button_and_perhaps_a_duration),
        cmocka_unit_test(test_hold_takes_several_buttons_and_the_last_number_is_ms),
        cmocka_unit_test(test_down_and_up_take_buttons),
        cmocka_unit_test(test_power_cut_takes_a_count_and_a_tear),
        cmocka_unit_test(test_switches_are_two_words),
        cmocka_unit_test(test_text_is_taken_as_it_stands),
        cmocka_unit_test(test_waits_take_durations),
        cmocka_unit_test(test_wrong_lines_are_refused_and_say_what_is_right),
        cmocka_unit_test(test_too_long_line_is_refused),
        cmocka_unit_test(test_script_keeps_line_numbers),
        cmocka_unit_test(test_wrong_line_of_a_script_is_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
