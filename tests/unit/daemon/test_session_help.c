/* SPDX-License-Identifier: MIT */
#include "tests/unit/cmocka_first.h"

#include <stdio.h>

#include "session_rig.h"

/* The last HELP that was sent. */
static struct message_help last_help(const struct rig *rig)
{
    struct message_help help = {0};
    const struct rig_frame *frame = rig_last(rig, MESSAGE_HELP);

    assert_non_null(frame);
    assert_true(message_help_decode(frame->body, frame->size, &help));
    return help;
}

static void test_kiosk_is_told_what_became_of_its_call_until_it_says_so(void **state)
{
    struct rig *rig = *state;

    rig_connect(rig);
    session_help(&rig->session, 5, HELP_STATE_OPEN, &rig->clock);
    assert_int_equal(last_help(rig).state, HELP_STATE_OPEN);
    assert_int_equal(last_help(rig).visit, 5);
    rig_pass(rig, 1000);
    assert_true(rig_count(rig, MESSAGE_HELP) >= 3);
    rig_say_received(rig, last_help(rig).token, true);
    rig_forget(rig);
    rig_pass(rig, 1000);
    assert_int_equal(rig_count(rig, MESSAGE_HELP), 0);
}

static void test_news_overtakes_what_is_on_its_way(void **state)
{
    struct rig *rig = *state;

    rig_connect(rig);
    session_help(&rig->session, 5, HELP_STATE_OPEN, &rig->clock);
    uint8_t token = last_help(rig).token;
    session_help(&rig->session, 5, HELP_STATE_ON_THE_WAY, &rig->clock);
    assert_int_equal(last_help(rig).state, HELP_STATE_ON_THE_WAY);
    rig_say_received(rig, token, true); /* that was the first one */
    rig_forget(rig);
    rig_pass(rig, 500);
    assert_int_equal(last_help(rig).state, HELP_STATE_ON_THE_WAY);
}

static void test_older_call_does_not_change_what_a_newer_one_shows(void **state)
{
    struct rig *rig = *state;

    rig_connect(rig);
    session_help(&rig->session, 9, HELP_STATE_OPEN, &rig->clock);
    rig_say_received(rig, last_help(rig).token, true);
    rig_forget(rig);
    session_help(&rig->session, 5, HELP_STATE_CLOSED, &rig->clock);
    assert_int_equal(rig_count(rig, MESSAGE_HELP), 0);
    session_help(&rig->session, 9, HELP_STATE_CLOSED, &rig->clock);
    assert_int_equal(last_help(rig).state, HELP_STATE_CLOSED);
}

static void test_welcome_is_followed_by_the_newest_call(void **state)
{
    struct rig *rig = *state;

    rig_say_hello(rig);
    rig->asked[0].result.hello.help_visit = 5;
    rig->asked[0].result.hello.help_state = HELP_STATE_ON_THE_WAY;
    rig_admit(rig, 0);
    assert_true(last_help(rig).visit == 5 && last_help(rig).state == HELP_STATE_ON_THE_WAY);
    session_restart(&rig->session);
    rig_forget(rig);
    session_help(&rig->session, 6, HELP_STATE_OPEN, &rig->clock); /* nobody is there */
    assert_int_equal(rig_count(rig, MESSAGE_HELP), 0);
}

/* The text of the last NOTE that was sent. */
static const char *last_note(const struct rig *rig)
{
    static struct message_note note;
    const struct rig_frame *frame = rig_last(rig, MESSAGE_NOTE);

    assert_non_null(frame);
    assert_true(message_note_decode(frame->body, frame->size, &note));
    return note.text;
}

static void take_last(struct rig *rig, uint8_t type)
{
    rig_say_received(rig, rig_last(rig, type)->body[0], true);
}

static void test_note_is_told_after_welcome_and_when_it_changes(void **state)
{
    struct rig *rig = *state;
    struct work_roster roster = {.note = "New signs"};

    rig->minor = PROTOCOL_MINOR_NOTE;
    rig_connect(rig);
    assert_int_equal(rig_count(rig, MESSAGE_NOTE), 0); /* nobody has said yet what there is */
    session_roster(&rig->session, &roster, &rig->clock);
    assert_string_equal(last_note(rig), "New signs");
    take_last(rig, MESSAGE_NOTE);
    rig_forget(rig);
    session_roster(&rig->session, &roster, &rig->clock);
    rig_pass(rig, 500);
    assert_int_equal(rig_count(rig, MESSAGE_NOTE), 0); /* the same */
    roster.note[0] = '\0';
    session_roster(&rig->session, &roster, &rig->clock);
    assert_string_equal(last_note(rig), "");
    snprintf(roster.note, sizeof roster.note, "New tills");
    session_roster(&rig->session, &roster, &rig->clock); /* overtakes */
    assert_string_equal(last_note(rig), "New tills");
    rig_forget(rig);
    roster.version = 7;
    session_roster(&rig->session, &roster,
                   &rig->clock); /* other names, the same note: what is on its way stands */
    rig_pass(rig, SESSION_RESEND_MS);
    assert_string_equal(last_note(rig), "New tills");
    take_last(rig, MESSAGE_NOTE);
    rig_forget(rig);
    session_restart(&rig->session);
    snprintf(roster.note, sizeof roster.note, "New signs");
    session_roster(&rig->session, &roster, &rig->clock); /* nobody is there to be told */
    assert_int_equal(rig_count(rig, MESSAGE_NOTE), 0);
    rig_say_hello(rig);
    rig_admit(rig, 0);
    take_last(rig, MESSAGE_SETTINGS);
    take_last(rig, MESSAGE_ROSTER);
    assert_string_equal(last_note(rig), "New signs"); /* it may have started again */
}

static void test_older_kiosk_is_told_no_note(void **state)
{
    struct rig *rig = *state;
    struct work_roster roster = {.note = "New signs"};

    rig->minor = PROTOCOL_MINOR_NOTE - 1;
    rig_connect(rig);
    session_roster(&rig->session, &roster, &rig->clock);
    snprintf(roster.note, sizeof roster.note, "New tills");
    session_roster(&rig->session, &roster, &rig->clock);
    rig_pass(rig, 1000);
    assert_int_equal(rig_count(rig, MESSAGE_NOTE), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_RIG(test_kiosk_is_told_what_became_of_its_call_until_it_says_so),
        WITH_RIG(test_news_overtakes_what_is_on_its_way),
        WITH_RIG(test_older_call_does_not_change_what_a_newer_one_shows),
        WITH_RIG(test_welcome_is_followed_by_the_newest_call),
        WITH_RIG(test_note_is_told_after_welcome_and_when_it_changes),
        WITH_RIG(test_older_kiosk_is_told_no_note),
    };

    return cmocka_run_group_tests_name("session_help", tests, NULL, NULL);
}
