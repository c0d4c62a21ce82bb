/* SPDX-License-Identifier: MIT */
#include "tests/unit/cmocka_first.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "daemon/config.h"

static struct config config;
static char said[8192];

/* Load a file with this text; the mistakes, without the file's name, are in `said`. */
static unsigned load(const char *text)
{
    char path[] = "/tmp/byname-config-XXXXXX";
    int fd = mkstemp(path);
    FILE *mistakes = fmemopen(said, sizeof said, "w");

    assert_true(fd >= 0 && mistakes != NULL);
    assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
    close(fd);
    memset(said, 0, sizeof said);
    unsigned count = config_load(path, &config, mistakes);
    fclose(mistakes);
    unlink(path);
    for (char *at = said; (at = strstr(at, path)) != NULL;)
        memmove(at, at + strlen(path), strlen(at + strlen(path)) + 1);
    return count;
}

static void test_every_key_is_read(void **state)
{
    (void)state;
    assert_int_equal(load("# a comment\n[daemon]\ndatabase = /a/b.db\nsocket=/c.sock\nstore = Main street\n"
                          "timezone=Europe/Berlin\nadopt=auto\nhelp=off\nlog=warning\n"
                          "[kiosk Counter 1]\nport=/dev/ttyACM0\nbaud=250000 ; exact on a 16 MHz AVR\n"
                          "[kiosk Zoë]\nport=usb:2341:0042:75430\n"),
                     0);
    assert_string_equal(said, "");
    assert_string_equal(config.database, "/a/b.db");
    assert_string_equal(config.socket, "/c.sock");
    assert_string_equal(config.store, "Main street");
    assert_string_equal(config.timezone, "Europe/Berlin");
    assert_true(config.is_auto_adopt && !config.is_help_on && config.log_level == LOG_LEVEL_WARNING);
    assert_int_equal(config.kiosk_count, 2);
    assert_string_equal(config.kiosks[0].name, "Counter 1");
    assert_int_equal(config.kiosks[0].baud, 250000);
    assert_string_equal(config.kiosks[1].name, "Zoë");
    assert_int_equal(config.kiosks[1].baud, CONFIG_BAUD_DEFAULT);
    assert_string_equal(config.http.address, "");
}

static void test_address_to_listen_at_is_numeric(void **state)
{
    (void)state;
    assert_int_equal(load("[http]\nlisten=127.0.0.1:8080\nnames=a.example b\n"), 0);
    assert_string_equal(config.http.address, "127.0.0.1");
    assert_int_equal(config.http.port, 8080);
    assert_string_equal(config.http.names, "a.example b");
    assert_true(config.http.is_loopback && !config.http.is_ipv6);
    assert_int_equal(load("[http]\nlisten=[::1]:0\n"), 0);
    assert_string_equal(config.http.address, "::1");
    assert_true(config.http.is_loopback && config.http.is_ipv6 && config.http.port == 0);
    assert_int_equal(load("[http]\nlisten=192.0.2.7:443\ncertificate=/c.pem\nkey=/k.pem\n"), 0);
    assert_true(!config.http.is_loopback);
    assert_string_equal(config.http.certificate, "/c.pem");
    assert_string_equal(config.http.key, "/k.pem");
}

static void test_who_is_told_of_calls_is_read(void **state)
{
    (void)state;
    assert_int_equal(load("[daemon]\nhelp_command=/bin/true --loud\nhelp_webhook=https://example.org/x?y=1\n"
                          "help_second_command=/bin/false\nhelp_second_webhook=http://localhost:80/\n"
                          "bad_run=60% of 5 in 30 min\n"),
                     0);
    assert_string_equal(config.announce[0], "/bin/true --loud");
    assert_string_equal(config.announce[1], "https://example.org/x?y=1");
    assert_string_equal(config.announce[2], "/bin/false");
    assert_string_equal(config.announce[3], "http://localhost:80/");
    assert_true(config.bad_run.percent == 60 && config.bad_run.ratings == 5 && config.bad_run.minutes == 30);
    assert_int_equal(load("[daemon]\nbad_run=off\n"), 0);
    assert_int_equal(config.bad_run.percent, 0);
    assert_int_equal(load("[daemon]\nbad_run=" CONFIG_BAD_RUN_DEFAULT "\n"), 0);
    struct store_bad_run written = config.bad_run;
    assert_int_equal(load(""), 0);
    assert_memory_equal(&written, &config.bad_run, sizeof written);
    assert_int_equal(config.announce[0][0], 0);
}

static void test_empty_file_is_all_defaults(void **state)
{
    (void)state;
    assert_int_equal(load(""), 0);
    assert_string_equal(config.database, CONFIG_DATABASE_DEFAULT);
    assert_string_equal(config.socket, CONFIG_SOCKET_DEFAULT);
    assert_true(!config.is_auto_adopt && config.is_help_on && config.timezone[0] != '\0');
    assert_int_equal(config.kiosk_count, 0);
}

static const struct {
    const char *text;
    const char *said;
} known_mistakes[] = {
    {"[daemon]\ndatabse=/x\n", ":2: there is no key databse here; this section knows database, socket"},
    {"[daemon]\ndatabase=x\n", ":2: database=x is not an absolute path"},
    {"[daemon]\nadopt=maybe\n", ":2: adopt=maybe; write adopt=auto or adopt=manual"},
    {"[daemon]\nhelp=\n", ":2: help=; write help=on or help=off"},
    {"[daemon]\nhelp_command=echo\n", ":2: help_command=echo is not an absolute path"},
    {"[daemon]\nhelp_command=/etc/passwd\n", ":2: help_command=/etc/passwd: there is no program /etc/passwd"},
    {"[daemon]\nhelp_second_command=/nowhere x\n",
     ":2: help_second_command=/nowhere x: there is no program /nowhere; give its path"},
    {"[daemon]\nhelp_webhook=ftp://x/\n", ":2: help_webhook=ftp://x/; write an address such as https"},
    {"[daemon]\nhelp_second_webhook=/bin/true\n", ":2: help_second_webhook=/bin/true; write an address"},
    {"[daemon]\nbad_run=half\n", ":2: bad_run=half; write off, or as in 50% of 4 in 15 min"},
    {"[daemon]\nbad_run=50% of 1 in 15 min\n", ":2: bad_run=50% of 1 in 15 min; write off"},
    {"[daemon]\nbad_run=101% of 4 in 15 min\n", ":2: bad_run=101%"},
    {"[daemon]\nbad_run=50% of 4 in 15 minutes\n", ":2: bad_run=50% of 4 in 15 minutes; write"},
    {"[daemon]\nlog=loud\n", ":2: log=loud; write error, warning, notice or info"},
    {"[daemon]\ntimezone=Mars/North\n", ":2: timezone=Mars/North is not known"},
    {"[daemon]\ntimezone=../../etc/passwd\n", ":2: timezone="},
    {"[daemon]\nstore=\n", ":2: store= takes a name"},
    {"[daemon]\nstore=a\nstore=b\n", ":3: store= stands in this section twice"},
    {"[daemons]\n", ":1: there is no section [daemons]"},
    {"store=a\n", ":1: store= stands before any section"},
    {"[daemon\n", ":1: a section has no ]"},
    {"[daemon]\nstore\n", ":2: this is no key=value"},
    {"[kiosk A]\n", ":1: [kiosk A] has no port"},
    {"[kiosk ]\nport=/dev/a\n", ":1: a kiosk's name has 1 to 16 characters"},
    {"[kiosk seventeen letters]\nport=/dev/a\n", ":1: a kiosk's name has"},
    {"[kiosk A]\nport=/dev/a\n[kiosk A]\nport=/dev/b\n", ":3: [kiosk A] stands here twice"},
    {"[kiosk A]\nport=/dev/a\n[kiosk B]\nport=/dev/a\n", ":4: port=/dev/a belongs to [kiosk A] of line 1"},
    {"[kiosk A]\nport=ttyACM0\n", ":2: port=ttyACM0; write a path"},
    {"[kiosk A]\nport=usb:2341\n", ":2: port=usb:2341; write usb:VVVV:PPPP"},
    {"[kiosk A]\nport=usb:2341:0042:\n", ":2: port=usb:2341:0042:; write"},
    {"[kiosk A]\nport=/dev/a\nbaud=fast\n", ":3: baud=fast"},
    {"[kiosk A]\nport=/dev/a\nbaud=1\n", ":3: baud=1;"},
    {"[kiosk A]\nport=/dev/a\nparity=odd\n",
     ":3: there is no key parity here; this section knows port and baud"},
    {"[http]\nlisten=8080\n", ":2: listen=8080; write a numeric address and a port"},
    {"[http]\nlisten=localhost:8080\n", ":2: listen=localhost:8080; write"},
    {"[http]\nlisten=127.0.0.1:65536\n", ":2: listen=127.0.0.1:65536; write"},
    {"[http]\nlisten=127.0.0.1:\n", ":2: listen=127.0.0.1:; write"},
    {"[http]\nlisten=[::1:80\n", ":2: listen=[::1:80; write"},
    {"[http]\nlisten=::1:80\n", ":2: listen=::1:80; write"},
    {"[http]\nnames=a_b\n", ":2: names=a_b; write names in small letters"},
    {"[http]\ncertificate=/a\n", ":1: [http] has one of certificate= and key="},
    {"[http]\nlisten=0.0.0.0:80\n", ":1: [http] listens at 0.0.0.0, which others can reach"},
    {"[http]\nlisten=[::]:80\n", ":1: [http] listens at ::, which others can reach"},
    {"[http]\n[http]\n", ":2: [http] stands here twice"},
    {"\n\n  [kiosk A]\n", ":3: [kiosk A] has no port"},
};

static void test_each_mistake_is_named_with_its_line(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof known_mistakes / sizeof *known_mistakes; i++) {
        assert_true(load(known_mistakes[i].text) >= 1);
        if (strncmp(said, known_mistakes[i].said, strlen(known_mistakes[i].said)) != 0)
            fail_msg("%s: said %s", known_mistakes[i].text, said);
    }
}

static void test_comment_follows_any_value(void **state)
{
    (void)state;
    assert_int_equal(
        load("[daemon] # all of it\ndatabase=/x.db # note\nsocket=/a#b.sock\t#; note\nadopt=auto # yes\n"
             "store=Shop #5 ; note\n[kiosk A #1] # the first\nport=/dev/a # left\nbaud=250000 ; exact\n"),
        0);
    assert_string_equal(said, "");
    assert_string_equal(config.database, "/x.db");
    assert_string_equal(config.socket, "/a#b.sock");
    assert_true(config.is_auto_adopt);
    assert_string_equal(config.store, "Shop");
    assert_string_equal(config.kiosks[0].name, "A #1");
    assert_string_equal(config.kiosks[0].port, "/dev/a");
}

static void test_names_are_visible_utf_8(void **state)
{
    static const struct {
        const char *text;
        const char *said;
    } cases[] = {
        {"[daemon]\nstore=Caf\xE9\n", ":2: the line is not UTF-8"},
        {"[daemon]\nstore=\xE2\x80\xAEpohs\n", ":2: the name has a character that cannot be seen (U+202E)"},
        {"[kiosk Caf\xE9]\nport=/dev/a\n", ":1: the line is not UTF-8"},
        {"[kiosk a\tb]\nport=/dev/a\n", ":1: the name has a character that cannot be seen (U+0009)"},
        {"[kiosk a\033[m]\nport=/dev/a\n", ":1: the name has a character that cannot be seen (U+001B)"},
        {"[kiosk \xE2\x80\xAE"
         "ecitton]\nport=/dev/a\n",
         ":1: the name has a character that cannot be seen (U+202E)"},
        {"[kiosk a\xC2\x85]\nport=/dev/a\n", ":1: the name has a character that cannot be seen (U+0085)"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        assert_int_equal(load(cases[i].text), 1);
        if (strncmp(said, cases[i].said, strlen(cases[i].said)) != 0)
            fail_msg("%zu: said %s", i, said);
    }
    assert_int_equal(load("# Caf\xE9, by an old editor\n[daemon]\nstore=Café\n[kiosk Кафе]\nport=/dev/a\n"),
                     0);
}

static void test_all_mistakes_are_listed(void **state)
{
    size_t lines = 0;

    (void)state;
    assert_int_equal(load("[daemon]\nadopt=x\nnonsense\nhelp=x\n[what]\nkey=1\n[kiosk A]\nbaud=x\n"), 6);
    for (const char *at = said; *at != '\0'; at++)
        lines += *at == '\n';
    assert_int_equal(lines, 6);
}

static void test_long_and_many_lines_are_bounded(void **state)
{
    static char text[65536];
    size_t used = 0;

    (void)state;
    snprintf(text, sizeof text, "[daemon]\nstore=%05000d\nadopt=x\n", 0);
    assert_int_equal(load(text), 2);
    assert_non_null(strstr(said, ":2: the line is longer"));
    assert_non_null(strstr(said, ":3: adopt=x"));
    for (int i = 0; i <= CONFIG_KIOSKS_MAX; i++)
        used += (size_t)snprintf(text + used, sizeof text - used, "[kiosk %d]\nport=/dev/tty%d\n", i, i);
    assert_int_equal(load(text), 1);
    assert_non_null(strstr(said, "more than 1024 kiosks"));
}

static void test_missing_file_is_named(void **state)
{
    FILE *mistakes = fmemopen(said, sizeof said, "w");

    (void)state;
    assert_int_equal(config_load("/nowhere/bynamed.conf", &config, mistakes), 1);
    fclose(mistakes);
    assert_non_null(strstr(said, "/nowhere/bynamed.conf: cannot read it"));
}

static void test_sample_is_good_and_names_every_key(void **state)
{
    static char sample[16384], described[8192];
    FILE *file = fopen(SAMPLE_CONFIG, "r");
    FILE *out = fmemopen(described, sizeof described, "w");

    (void)state;
    assert_true(file != NULL && out != NULL);
    sample[fread(sample, 1, sizeof sample - 1, file)] = '\0';
    fclose(file);
    config_describe(out);
    fclose(out);
    assert_int_equal(load(sample), 0);
    assert_int_equal(config.kiosk_count, 1);
    for (char *line = strtok(described, "\n"); line != NULL; line = strtok(NULL, "\n")) {
        char key[31], shown[sizeof key + 1];
        if (strncmp(line, "  ", 2) != 0 || line[2] == ' ' || sscanf(line, " %30s", key) != 1)
            continue;
        snprintf(shown, sizeof shown, "%s=", key);
        if (strstr(sample, shown) == NULL)
            fail_msg("the sample does not show %s", shown);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_key_is_read),
        cmocka_unit_test(test_address_to_listen_at_is_numeric),
        cmocka_unit_test(test_who_is_told_of_calls_is_read),
        cmocka_unit_test(test_empty_file_is_all_defaults),
        cmocka_unit_test(test_each_mistake_is_named_with_its_line),
        cmocka_unit_test(test_comment_follows_any_value),
        cmocka_unit_test(test_names_are_visible_utf_8),
        cmocka_unit_test(test_all_mistakes_are_listed),
        cmocka_unit_test(test_long_and_many_lines_are_bounded),
        cmocka_unit_test(test_missing_file_is_named),
        cmocka_unit_test(test_sample_is_good_and_names_every_key),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
