/* SPDX-License-Identifier: MIT */
#include "visit.h"

#include <string.h>

#include "firmware/core/flash.h"
#include "firmware/port/port.h"

#define BEEP_HZ 2000
#define BEEP_MS 30
#define BAR_STEP 2 /* pixels: the bar moves about eight times a second */

#define NO_OPTION 0xFE /* this button means nothing on that screen */

#define MORE_BUTTON 4
#define SKIP_BUTTON 5

/* What each button stores on a screen with fixed options. */
struct question_rule {
    uint8_t screen;
    uint8_t question;
    uint8_t value[PORT_BUTTON_COUNT];
};

static const struct question_rule rules[] FLASH = {
    {SCREEN_MENTION, QUESTION_MENTION, {MENTION_ASKED, NO_OPTION, MENTION_WILL_ASK, NO_OPTION, MENTION_NO}},
    {SCREEN_CAUSE,
     QUESTION_CAUSE,
     {CAUSE_PROCESS, CAUSE_RULES, CAUSE_PRESENTATION, CAUSE_PRODUCT, CAUSE_PEOPLE}},
    {SCREEN_STRENGTH,
     QUESTION_STRENGTH,
     {STRENGTH_EMPATHY, STRENGTH_FOLLOW_THROUGH, STRENGTH_RESPECT, STRENGTH_LISTENING, STRENGTH_FLEXIBILITY}},
    {SCREEN_RETURNING,
     QUESTION_RETURNING,
     {RETURNING_YES, NO_OPTION, RETURNING_NO, NO_OPTION, ANSWER_SKIPPED}},
    {SCREEN_HELP, QUESTION_HELP, {HELP_YES, NO_OPTION, NO_OPTION, NO_OPTION, HELP_NO}},
};

/* In flash; NULL for a screen without fixed options. */
static const struct question_rule *find_rule(uint8_t screen)
{
    for (uint8_t i = 0; i < sizeof rules / sizeof rules[0]; i++) {
        if (flash_read_byte(&rules[i].screen) == screen)
            return &rules[i];
    }
    return NULL;
}

void visit_init(struct visit *visit, struct journal *journal, struct roster *roster,
                const struct uplink *uplink)
{
    memset(visit, 0, sizeof *visit);
    visit->journal = journal;
    visit->roster = roster;
    visit->uplink = uplink;
    visit->staff = ROSTER_NOBODY;
}

static bool is_happy(const struct visit *visit)
{
    return visit->rating >= RATING_HAPPY_MIN;
}

static bool store(struct visit *visit, uint8_t question, uint16_t value, uint32_t uptime_s)
{
    struct answer answer = {.question = question, .value = value, .uptime_s = uptime_s};

    return journal_append(visit->journal, &answer, visit->rating_seq) == JOURNAL_OK;
}

/* Screens --------------------------------------------------------------------------------------------------- */

static void show(struct visit *visit, enum visit_state state, uint8_t screen, uint8_t opener, uint32_t now_ms)
{
    visit->state = state;
    visit->screen = screen;
    visit->opener = opener;
    visit->chosen = 0;
    visit->since_ms = now_ms;
}

static void show_choice(struct visit *visit, uint8_t button, uint8_t next_screen, uint32_t now_ms)
{
    visit->state = VISIT_CHOSEN;
    visit->chosen = button;
    visit->opener = button;
    visit->next_screen = next_screen;
    visit->since_ms = now_ms;
}

static void end_visit(struct visit *visit, uint8_t screen, uint32_t now_ms)
{
    show(visit, VISIT_ENDING, screen, 0, now_ms);
}

static uint8_t last_screen(const struct visit *visit)
{
    return is_happy(visit) ? SCREEN_THANKS : SCREEN_SORRY;
}

/* Names -------------------------------------------------------------------------------------------------- */

static uint8_t count_offered(const struct roster *roster)
{
    uint8_t count = 0;

    for (uint8_t i = 0; i < roster->count; i++)
        count += roster_is_offered(roster, i);
    return count;
}

static uint8_t nth_offered(const struct roster *roster, uint8_t n)
{
    for (uint8_t i = 0; i < roster->count; i++) {
        if (roster_is_offered(roster, i) && n-- == 0)
            return i;
    }
    return ROSTER_NOBODY;
}

/* count: the names offered now. Sign-ons may end during a visit, the names themselves do not change. */
static void fill_page(struct visit *visit, uint8_t count)
{
    visit->has_more = count > SCREEN_NAME_COUNT;
    visit->page_count = visit->has_more ? SCREEN_NAME_COUNT - 1 : count;
    for (uint8_t i = 0; i < visit->page_count; i++) {
        uint8_t n = (uint8_t)((visit->first_name + visit->page_start + i) % count);
        visit->page[i] = nth_offered(visit->roster, n);
    }
}

static void open_names(struct visit *visit)
{
    uint8_t count = count_offered(visit->roster);

    visit->page_start = 0;
    visit->first_name = count > 0 ? (uint8_t)((visit->first_name + 1) % count) : 0;
    fill_page(visit, count);
}

static void turn_page(struct visit *visit, uint32_t now_ms)
{
    uint8_t count = count_offered(visit->roster);

    visit->page_start = (uint8_t)(visit->page_start + visit->page_count);
    if (visit->page_start >= count)
        visit->page_start = 0;
    fill_page(visit, count);
    show(visit, VISIT_ASKING, SCREEN_WHO, MORE_BUTTON, now_ms);
}

/* The order of questions --------------------------------------------------------------------------------- */

static uint8_t strength_or_returning(struct visit *visit)
{
    visit->asks_returning = !visit->asks_returning;
    return visit->asks_returning ? SCREEN_RETURNING : SCREEN_STRENGTH;
}

static uint8_t who_or(const struct visit *visit, uint8_t otherwise)
{
    return visit->staff == ROSTER_NOBODY && count_offered(visit->roster) > 0 ? SCREEN_WHO : otherwise;
}

static uint8_t first_question(struct visit *visit)
{
    if (journal_free(visit->journal) < JOURNAL_RESERVED)
        return last_screen(visit);
    if (is_happy(visit)) {
        if (visit->staff != ROSTER_NOBODY)
            return SCREEN_MENTION;
        if (who_or(visit, SCREEN_IDLE) == SCREEN_WHO)
            return SCREEN_WHO;
        return strength_or_returning(visit);
    }
    if (visit->rating <= RATING_UNHAPPY_MAX && visit->uplink->is_help_on && uplink_is_up(visit->uplink))
        return SCREEN_HELP;
    return SCREEN_CAUSE;
}

/* After an answer that was not a skip. */
static uint8_t following_question(struct visit *visit, uint8_t screen, uint16_t value)
{
    switch (screen) {
    case SCREEN_HELP:
        return value == HELP_YES ? SCREEN_CALLING : SCREEN_CAUSE;
    case SCREEN_CALLING:
        return SCREEN_CAUSE;
    case SCREEN_CAUSE:
        return who_or(visit, last_screen(visit));
    case SCREEN_WHO:
        return is_happy(visit) ? SCREEN_MENTION : last_screen(visit);
    case SCREEN_MENTION:
        return value == MENTION_ASKED ? SCREEN_RETURNING : strength_or_returning(visit);
    default:
        return last_screen(visit);
    }
}

/* Presses ------------------------------------------------------------------------------------------------ */

static uint8_t lowest_button(uint8_t pressed)
{
    for (uint8_t button = 1; button <= PORT_BUTTON_COUNT; button++) {
        if (pressed & 1 << (button - 1))
            return button;
    }
    return 0;
}

static bool is_several(uint8_t pressed)
{
    return (pressed & (pressed - 1)) != 0;
}

/* A journal that has no room for the flag says so: the rating stands. */
static void withdraw(struct visit *visit, uint32_t now_ms, uint32_t uptime_s)
{
    bool is_stored = store(visit, QUESTION_FLAG, FLAG_WITHDRAWN, uptime_s);

    visit->may_open_languages = false;
    end_visit(visit, is_stored ? SCREEN_WITHDRAWN : SCREEN_FULL, now_ms);
}

/* Both outer buttons: someone opens the staff menu, and the first of them was taken for a rating. */
static bool is_chord(const struct visit *visit, uint8_t pressed)
{
    uint8_t opposite = (uint8_t)(PORT_BUTTON_COUNT + 1 - visit->rating);

    return visit->held_button == visit->rating &&
           (visit->rating == 1 || visit->rating == PORT_BUTTON_COUNT) && (pressed & 1 << (opposite - 1));
}

static bool is_other_button(const struct visit *visit, uint8_t pressed)
{
    return (pressed & ~(1 << (visit->rating - 1))) != 0;
}

static void on_rating(struct visit *visit, uint8_t pressed, uint32_t now_ms, uint32_t uptime_s)
{
    struct answer rating = {
        .question = QUESTION_RATING, .value = lowest_button(pressed), .uptime_s = uptime_s};

    if (journal_append(visit->journal, &rating, 0) != JOURNAL_OK) {
        visit->refused++;
        end_visit(visit, SCREEN_FULL, now_ms);
        return;
    }
    port_beep(BEEP_HZ, BEEP_MS);
    visit->rating = (uint8_t)rating.value;
    visit->rating_seq = rating.seq;
    visit->staff = roster_serving(visit->roster);
    visit->is_served = visit->staff != ROSTER_NOBODY;
    visit->may_open_languages = true;
    if (visit->held_button == 0) {
        visit->held_button = visit->rating;
        visit->held_seq = rating.seq;
    }
    visit->is_withdrawal_due = is_several(pressed);
    visit->screen = SCREEN_IDLE;
    show_choice(visit, visit->rating, SCREEN_IDLE, now_ms);
}

static bool is_guarded(const struct visit *visit, uint8_t button, uint32_t now_ms)
{
    uint32_t shown_ms = now_ms - visit->since_ms;

    return shown_ms < (button == visit->opener ? VISIT_OPENER_GUARD_MS : VISIT_GUARD_MS);
}

/* Store an option and acknowledge it; when it cannot be stored, the visit ends with what was kept. */
static bool answer(struct visit *visit, uint8_t button, uint8_t question, uint16_t value, uint32_t now_ms,
                   uint32_t uptime_s)
{
    uint8_t next = last_screen(visit);

    if (!store(visit, question, value, uptime_s)) {
        end_visit(visit, next, now_ms);
        return false;
    }
    port_beep(BEEP_HZ, BEEP_MS);
    visit->may_open_languages = false;
    if (value != ANSWER_SKIPPED)
        next = following_question(visit, visit->screen, value);
    if (next == SCREEN_CALLING)
        visit->called_seq = visit->rating_seq;
    show_choice(visit, button, next, now_ms);
    return true;
}

static void on_name(struct visit *visit, uint8_t button, uint32_t now_ms, uint32_t uptime_s)
{
    if (button == SKIP_BUTTON) {
        answer(visit, button, QUESTION_STAFF, ANSWER_SKIPPED, now_ms, uptime_s);
    } else if (button == MORE_BUTTON && visit->has_more) {
        turn_page(visit, now_ms);
    } else if (button <= visit->page_count) {
        uint8_t index = visit->page[button - 1];
        if (answer(visit, button, QUESTION_STAFF, visit->roster->entries[index].id, now_ms, uptime_s))
            visit->staff = index;
    }
}

static void on_option(struct visit *visit, uint8_t button, uint32_t now_ms, uint32_t uptime_s)
{
    const struct question_rule *rule = find_rule(visit->screen);

    if (visit->screen == SCREEN_WHO) {
        on_name(visit, button, now_ms, uptime_s);
    } else if (visit->screen == SCREEN_LANGUAGE) {
        visit->language = (uint8_t)(button - 1);
        show_choice(visit, button, visit->first_screen, now_ms);
    } else if (visit->screen == SCREEN_CALLING) {
        show(visit, VISIT_ASKING, SCREEN_CAUSE, button, now_ms);
    } else if (rule != NULL) {
        uint8_t value = flash_read_byte(&rule->value[button - 1]);
        if (value != NO_OPTION)
            answer(visit, button, flash_read_byte(&rule->question), value, now_ms, uptime_s);
    }
}

/* Nobody pressed: what was shown is stored as such, and the customer has gone. Someone who called for help
 * may still be standing there. */
static void on_silence(struct visit *visit, uint32_t now_ms, uint32_t uptime_s)
{
    uint8_t asked = visit->screen == SCREEN_LANGUAGE ? visit->first_screen : visit->screen;
    const struct question_rule *rule = find_rule(asked);

    if (visit->screen == SCREEN_CALLING) {
        show(visit, VISIT_ASKING, SCREEN_CAUSE, 0, now_ms);
        return;
    }
    if (asked == SCREEN_WHO || rule != NULL) {
        bool is_stored = store(visit, rule == NULL ? QUESTION_STAFF : flash_read_byte(&rule->question),
                               ANSWER_NONE, uptime_s);
        (void)is_stored; /* a full journal loses a denominator, nothing that anyone said */
    }
    end_visit(visit, last_screen(visit), now_ms);
}

/* The choice has been visible long enough. */
static void move_on(struct visit *visit, uint32_t now_ms, uint32_t uptime_s)
{
    uint8_t next = visit->next_screen;

    if (visit->screen == SCREEN_IDLE) {
        if (visit->is_served && journal_free(visit->journal) >= JOURNAL_RESERVED &&
            !store(visit, QUESTION_SERVED, visit->roster->entries[visit->staff].id, uptime_s))
            visit->staff = ROSTER_NOBODY;
        next = first_question(visit);
        visit->first_screen = next;
    }
    if (next == SCREEN_WHO)
        open_names(visit);
    if (next == SCREEN_THANKS || next == SCREEN_SORRY)
        end_visit(visit, next, now_ms);
    else
        show(visit, VISIT_ASKING, next, visit->opener, now_ms);
}

static void step_language(struct visit *visit, const struct buttons *buttons, uint32_t now_ms)
{
    if (!visit->may_open_languages)
        return;
    if (!(buttons->down & 1 << (visit->rating - 1)) || visit->state == VISIT_ENDING) {
        visit->may_open_languages = false;
    } else if (buttons_down_ms(buttons, (uint8_t)(visit->rating - 1), now_ms) >= VISIT_LANGUAGE_HOLD_MS) {
        visit->may_open_languages = false;
        show(visit, VISIT_ASKING, SCREEN_LANGUAGE, visit->rating, now_ms);
    }
}

/* A rating whose button turns out to be stuck is not an opinion; its visit may be over by then. */
static void step_stuck(struct visit *visit, const struct buttons *buttons, uint32_t uptime_s)
{
    if (visit->held_button == 0)
        return;
    uint8_t bit = (uint8_t)(1 << (visit->held_button - 1));
    if (buttons->stuck & bit) {
        struct answer flag = {.question = QUESTION_FLAG, .value = FLAG_STUCK, .uptime_s = uptime_s};
        enum journal_status status = journal_append(visit->journal, &flag, visit->held_seq);
        (void)
            status; /* in a full journal the rating stands; the stuck button itself is reported in any case */
        visit->held_button = 0;
    } else if (!(buttons->down & bit)) {
        visit->held_button = 0;
    }
}

/* Once for each call. While it calls, the screen says so itself. */
static bool is_somebody_coming(struct visit *visit)
{
    const struct uplink *uplink = visit->uplink;

    if (visit->called_seq == 0 || uplink->help_visit != visit->called_seq || uplink->help_state < HELP_STATE_ON_THE_WAY)
        return false;
    visit->called_seq = 0;
    return uplink->help_state == HELP_STATE_ON_THE_WAY;
}

void visit_step(struct visit *visit, const struct buttons *buttons, uint8_t pressed, uint32_t now_ms,
                uint32_t uptime_s)
{
    uint8_t button = lowest_button(pressed);
    uint32_t shown_ms = now_ms - visit->since_ms;

    switch (visit->state) {
    case VISIT_IDLE:
        if (button != 0)
            on_rating(visit, pressed, now_ms, uptime_s);
        else if (is_somebody_coming(visit))
            show(visit, VISIT_COMING, SCREEN_CALLING, 0, now_ms);
        break;
    case VISIT_COMING:
        if (button != 0 && shown_ms < VISIT_GUARD_MS)
            on_rating(visit, pressed, now_ms, uptime_s); /* it was meant for the faces of a moment ago */
        else if (button != 0 || shown_ms >= VISIT_QUESTION_MS)
            visit_abandon(visit);
        break;
    case VISIT_CHOSEN:
        if (visit->screen == SCREEN_IDLE &&
            (visit->is_withdrawal_due || (is_other_button(visit, pressed) && shown_ms < VISIT_WITHDRAW_MS)))
            withdraw(visit, now_ms, uptime_s);
        else if (shown_ms >= VISIT_CHOICE_MS)
            move_on(visit, now_ms, uptime_s);
        break;
    case VISIT_ASKING:
        if (is_chord(visit, pressed))
            withdraw(visit, now_ms, uptime_s);
        else if (button != 0 && !is_guarded(visit, button, now_ms))
            on_option(visit, button, now_ms, uptime_s);
        else if (shown_ms >= VISIT_QUESTION_MS)
            on_silence(visit, now_ms, uptime_s);
        break;
    case VISIT_ENDING:
        if (shown_ms >= VISIT_LOCKOUT_MS)
            visit_abandon(visit);
        break;
    }
    step_language(visit, buttons, now_ms);
    step_stuck(visit, buttons, uptime_s);
}

static uint16_t calling_number(const struct visit *visit, uint32_t now_ms)
{
    if (visit->state == VISIT_COMING || (visit->uplink->help_visit == visit->rating_seq &&
                                         visit->uplink->help_state == HELP_STATE_ON_THE_WAY))
        return SCREEN_CALLING_COMING;
    return now_ms - visit->since_ms >= VISIT_COLLEAGUE_MS;
}

static uint8_t bar_left(const struct visit *visit, uint32_t now_ms)
{
    uint32_t shown_ms = now_ms - visit->since_ms;

    if (shown_ms >= VISIT_QUESTION_MS)
        return 0;
    uint32_t left_ms = VISIT_QUESTION_MS - shown_ms;
    return (uint8_t)(left_ms * (SCREEN_BAR_FULL / BAR_STEP) / VISIT_QUESTION_MS * BAR_STEP);
}

/* Who serves and the manager's note take turns. */
static void fill_note(const struct visit *visit, uint32_t now_ms, struct screen *screen)
{
    bool is_turn = screen->name == NULL || (now_ms / VISIT_NOTE_MS) % 2 != 0;

    if (visit->uplink->note[0] == '\0' || !is_turn)
        return;
    screen->name = NULL;
    screen->names[0] = visit->uplink->note;
}

void visit_screen(const struct visit *visit, uint32_t now_ms, struct screen *screen)
{
    const struct staff_entry *entries = visit->roster->entries;
    uint8_t named = visit->screen == SCREEN_IDLE ? roster_serving(visit->roster) : visit->staff;

    memset(screen, 0, sizeof *screen);
    screen->kind = visit->screen;
    screen->language = visit->language;
    screen->chosen = visit->chosen;
    if (visit->state == VISIT_ASKING)
        screen->bar = bar_left(visit, now_ms);
    if (named != ROSTER_NOBODY)
        screen->name = entries[named].name;
    if (visit->screen == SCREEN_IDLE)
        fill_note(visit, now_ms, screen);
    if (visit->screen == SCREEN_CALLING)
        screen->number[0] = calling_number(visit, now_ms);
    if (visit->screen != SCREEN_WHO)
        return;
    screen->name_count = visit->page_count;
    screen->has_more = visit->has_more;
    for (uint8_t i = 0; i < visit->page_count; i++)
        screen->names[i] = entries[visit->page[i]].name;
}

bool visit_is_open(const struct visit *visit)
{
    return visit->state != VISIT_IDLE;
}

void visit_abandon(struct visit *visit)
{
    visit->state = VISIT_IDLE;
    visit->screen = SCREEN_IDLE;
    visit->chosen = 0;
    visit->language = 0;
    visit->staff = ROSTER_NOBODY;
    visit->may_open_languages = false;
}
