/* SPDX-License-Identifier: MIT */
#include "firmware/core/screen.h"

#include <stddef.h>
#include <string.h>

#include "firmware/core/utf8.h"

/* Two layouts, both of five lines above the bar:
 *
 *   list                              message
 *   0..10   title, small, inverse     0..15   title, large, inverse
 *   12..61  five lines of 10          17..    lines of 10
 *   62..63  bar                       52..61  options
 *
 * An option stands in the line of its button, with the number of its cap in front.
 */
#define MARGIN_X 1
#define LINE_HEIGHT 10
#define LIST_TITLE_HEIGHT 11
#define LIST_Y 12
#define LINE_COUNT 5
#define OPTION_TEXT_X (MARGIN_X + 12)
#define LARGE_TITLE_HEIGHT 16
#define LAST_LINE_Y 52
#define BAR_Y 62
#define BAR_HEIGHT 2

#define NUMBER_SIZE 6 /* 65535 and NUL */
#define LINE_SIZE (TEXT_SIZE_MAX + NUMBER_SIZE)

/* What all drawing functions share: they take the screen and the canvas. */
struct drawing {
    const struct screen *screen;
    struct canvas *canvas;
};

static uint8_t text_width(enum font font, const char *text)
{
    uint16_t width = (uint16_t)(font_width(font) * utf8_count(text));
    return width < CANVAS_WIDTH ? (uint8_t)width : CANVAS_WIDTH;
}

static void draw_centred(struct canvas *canvas, uint8_t y, enum font font, const char *text)
{
    canvas_text(canvas, (uint8_t)((CANVAS_WIDTH - text_width(font, text)) / 2), y, font, text);
}

/* Decimal, ended with NUL; returns the number of digits. */
static uint8_t write_number(char *digits, uint16_t number)
{
    char reversed[NUMBER_SIZE - 1];
    uint8_t count = 0;

    do {
        reversed[count++] = (char)('0' + number % 10);
        number /= 10;
    } while (number);
    for (uint8_t i = 0; i < count; i++)
        digits[i] = reversed[count - 1 - i];
    digits[count] = '\0';
    return count;
}

/* A text with the number in the place of its mark. */
static void copy_with_number(char line[LINE_SIZE], enum text text, enum language language, uint16_t number)
{
    char source[TEXT_SIZE_MAX];
    uint8_t end = 0;

    text_copy(source, text, language);
    for (uint8_t i = 0; source[i] != '\0' && end < LINE_SIZE - NUMBER_SIZE; i++) {
        if (source[i] == TEXT_NUMBER)
            end = (uint8_t)(end + write_number(line + end, number));
        else
            line[end++] = source[i];
    }
    line[end] = '\0';
}

static void draw_text(const struct drawing *drawing, uint8_t x, uint8_t y, enum text text)
{
    char line[TEXT_SIZE_MAX];

    text_copy(line, text, drawing->screen->language);
    canvas_text(drawing->canvas, x, y, FONT_SMALL, line);
}

static void draw_text_centred(const struct drawing *drawing, uint8_t y, enum text text)
{
    char line[TEXT_SIZE_MAX];

    text_copy(line, text, drawing->screen->language);
    draw_centred(drawing->canvas, y, FONT_SMALL, line);
}

/* Titles. */

static void draw_list_title(const struct drawing *drawing, enum text text)
{
    canvas_fill(drawing->canvas, 0, 0, CANVAS_WIDTH, LIST_TITLE_HEIGHT);
    draw_text_centred(drawing, 0, text);
}

/* Names keep the spelling of their owners: no capitals are made of them. */
static void draw_large_title(const struct drawing *drawing, const char *title)
{
    canvas_fill(drawing->canvas, 0, 0, CANVAS_WIDTH, LARGE_TITLE_HEIGHT);
    draw_centred(drawing->canvas, 2, FONT_LARGE, title);
}

static void draw_large_title_text(const struct drawing *drawing, enum text text)
{
    char title[TEXT_SIZE_MAX];

    text_copy(title, text, drawing->screen->language);
    draw_large_title(drawing, title);
}

static const char *name_of(const struct screen *screen)
{
    return screen->name != NULL ? screen->name : "";
}

/* Options. */

static void draw_option_at(const struct drawing *drawing, uint8_t x, uint8_t y, uint8_t button,
                           const char *label)
{
    const char number[] = {(char)('0' + button), '\0'};

    canvas_text(drawing->canvas, (uint8_t)(x + MARGIN_X), y, FONT_SMALL, number);
    canvas_text(drawing->canvas, (uint8_t)(x + OPTION_TEXT_X), y, FONT_SMALL, label);
}

static uint8_t list_y(uint8_t line)
{
    return (uint8_t)(LIST_Y + LINE_HEIGHT * line);
}

static void draw_option(const struct drawing *drawing, uint8_t y, uint8_t button, enum text text)
{
    char label[TEXT_SIZE_MAX];

    text_copy(label, text, drawing->screen->language);
    draw_option_at(drawing, 0, y, button, label);
}

/* Two short options share the last line of some screens: buttons 1 and 5. */
static enum text pair_text(const struct screen *screen, uint8_t button)
{
    if (screen->kind == SCREEN_HELP)
        return button == 1 ? TEXT_YES : TEXT_NO;
    if (button != 1)
        return TEXT_STAFF_LEAVE;
    return screen->number[1] ? TEXT_STAFF_SIGN_OFF : TEXT_STAFF_SIGN_ON;
}

static uint8_t pair_width(const struct screen *screen, uint8_t button)
{
    char label[TEXT_SIZE_MAX];

    text_copy(label, pair_text(screen, button), screen->language);
    return (uint8_t)(OPTION_TEXT_X + text_width(FONT_SMALL, label) + MARGIN_X);
}

/* The second at the right edge, where its button is. */
static uint8_t pair_x(const struct screen *screen, uint8_t button)
{
    return button == 1 ? 0 : (uint8_t)(CANVAS_WIDTH - pair_width(screen, button));
}

static void draw_option_pair(const struct drawing *drawing)
{
    const struct screen *screen = drawing->screen;
    char label[TEXT_SIZE_MAX];

    text_copy(label, pair_text(screen, 5), screen->language);
    draw_option_at(drawing, pair_x(screen, 5), LAST_LINE_Y, 5, label);
    draw_option(drawing, LAST_LINE_Y, 1, pair_text(screen, 1));
}

/* A title and five options whose texts follow each other in enum text. */
static void draw_five(const struct drawing *drawing, enum text title, enum text first)
{
    draw_list_title(drawing, title);
    for (uint8_t i = 0; i < LINE_COUNT; i++)
        draw_option(drawing, list_y(i), (uint8_t)(i + 1), (enum text)(first + i));
}

/* A large title, and below it the centred texts that follow it in enum text. */
static void draw_message(const struct drawing *drawing, enum text title, uint8_t line_count)
{
    uint8_t pitch = line_count > 3 ? LINE_HEIGHT : LINE_HEIGHT + 2;
    uint8_t y = (uint8_t)(LARGE_TITLE_HEIGHT + (BAR_Y - LARGE_TITLE_HEIGHT - pitch * line_count) / 2 + 1);

    draw_large_title_text(drawing, title);
    for (uint8_t i = 0; i < line_count; i++)
        draw_text_centred(drawing, (uint8_t)(y + pitch * i), (enum text)(title + 1 + i));
}

_Static_assert(TEXT_CALLING_TELL_2 == TEXT_CALLING_TITLE + 4,
               "places.txt keeps the lines of a message together");
_Static_assert(TEXT_COMING_2 == TEXT_COMING_TITLE + 2 && TEXT_SORRY_2 == TEXT_SORRY_TITLE + 2, "likewise");
_Static_assert(TEXT_WITHDRAWN_2 == TEXT_WITHDRAWN_TITLE + 2 && TEXT_FULL_3 == TEXT_FULL_TITLE + 3,
               "likewise");

/* The customer's screens. */

#define FACE_Y 42
#define FACE_Y_ROOMY 31
#define FACE_RADIUS 10
#define FACE_COUNT 5
#define MARK_COUNT 4

/* Above the buttons, which stand 25.4 pixels apart: at 12.8, 38.4, 64, 89.6 and 115.2. */
static uint8_t face_x(uint8_t face)
{
    return (uint8_t)((128u * (2u * face + 1u)) / 10u);
}

static uint8_t faces_y(const struct screen *screen)
{
    return screen->name != NULL || screen->names[0] != NULL ? FACE_Y : FACE_Y_ROOMY;
}

static void draw_faces(const struct drawing *drawing)
{
    uint8_t y = faces_y(drawing->screen);

    for (uint8_t i = 0; i < FACE_COUNT; i++)
        canvas_picture(drawing->canvas, (uint8_t)(face_x(i) - FACE_RADIUS), y,
                       (enum picture)(PICTURE_FACE_1 + i));
}

/* Three pixels wide, between the feet of the faces: seen by those who know. Drawn a second time, they are gone. */
static void draw_marks(struct canvas *canvas, uint8_t marks)
{
    for (uint8_t i = 0; i < MARK_COUNT; i++)
        if (marks >> i & 1)
            canvas_picture(canvas, (uint8_t)((face_x(i) + face_x((uint8_t)(i + 1))) / 2 - 1),
                           CANVAS_HEIGHT - 5, (enum picture)(PICTURE_MARK_OFFLINE + i));
}

static void draw_idle(const struct drawing *drawing)
{
    draw_large_title_text(drawing, TEXT_IDLE_TITLE);
    if (drawing->screen->name != NULL) {
        draw_centred(drawing->canvas, 17, FONT_LARGE, drawing->screen->name);
        draw_text_centred(drawing, 30, TEXT_IDLE_SERVED);
    } else if (drawing->screen->names[0] != NULL) {
        draw_text_centred(drawing, 18, TEXT_IDLE_NOTE);
        draw_centred(drawing->canvas, 29, FONT_SMALL, drawing->screen->names[0]);
    }
    draw_faces(drawing);
    draw_marks(drawing->canvas, drawing->screen->marks);
}

static void draw_names(const struct drawing *drawing, enum text title, enum text last)
{
    const struct screen *screen = drawing->screen;
    uint8_t count_max = screen->has_more ? SCREEN_NAME_COUNT - 1 : SCREEN_NAME_COUNT;

    draw_list_title(drawing, title);
    for (uint8_t i = 0; i < screen->name_count && i < count_max; i++)
        draw_option_at(drawing, 0, list_y(i), (uint8_t)(i + 1), screen->names[i]);
    if (screen->has_more)
        draw_option(drawing, list_y(3), 4, TEXT_WHO_MORE);
    draw_option(drawing, list_y(4), 5, last);
}

/* Buttons 1, 3 and 5 in the last three lines. */
static uint8_t mention_y(uint8_t button)
{
    return (uint8_t)(LAST_LINE_Y - (LINE_COUNT - button) / 2 * LINE_HEIGHT);
}

static void draw_mention(const struct drawing *drawing)
{
    draw_large_title(drawing, name_of(drawing->screen));
    draw_text_centred(drawing, 18, TEXT_MENTION_TITLE);
    draw_option(drawing, mention_y(1), 1, TEXT_MENTION_ASKED);
    draw_option(drawing, mention_y(3), 3, TEXT_MENTION_WILL_ASK);
    draw_option(drawing, mention_y(5), 5, TEXT_MENTION_NO);
}

static void draw_returning(const struct drawing *drawing)
{
    draw_list_title(drawing, TEXT_RETURNING_TITLE);
    draw_option(drawing, list_y(0), 1, TEXT_YES);
    draw_option(drawing, list_y(2), 3, TEXT_NO);
    draw_option(drawing, list_y(4), 5, TEXT_SKIP);
}

static void draw_help(const struct drawing *drawing)
{
    draw_large_title_text(drawing, TEXT_HELP_TITLE);
    draw_text_centred(drawing, 20, TEXT_HELP_1);
    draw_text_centred(drawing, 30, TEXT_HELP_2);
    draw_option_pair(drawing);
}

/* Two lines below a bell. */
static void draw_bell_message(const struct drawing *drawing, enum text title)
{
    draw_large_title_text(drawing, title);
    canvas_picture(drawing->canvas, CANVAS_WIDTH / 2 - 8, 19, PICTURE_BELL);
    draw_text_centred(drawing, 38, (enum text)(title + 1));
    draw_text_centred(drawing, 49, (enum text)(title + 2));
}

static void draw_calling(const struct drawing *drawing)
{
    switch (drawing->screen->number[0]) {
    case 0:
        draw_bell_message(drawing, TEXT_CALLING_TITLE);
        break;
    case 1:
        draw_message(drawing, TEXT_CALLING_TITLE, 4);
        break;
    default:
        draw_bell_message(drawing, TEXT_COMING_TITLE);
        break;
    }
}

static void draw_thanks(const struct drawing *drawing)
{
    draw_large_title_text(drawing, TEXT_THANKS_TITLE);
    if (drawing->screen->name != NULL) {
        draw_centred(drawing->canvas, 24, FONT_LARGE, drawing->screen->name);
        draw_text_centred(drawing, 42, TEXT_THANKS_NAME);
    } else {
        canvas_picture(drawing->canvas, CANVAS_WIDTH / 2 - 8, 22, PICTURE_HEART);
        draw_text_centred(drawing, 44, TEXT_THANKS_1);
    }
}

static void draw_languages(const struct drawing *drawing)
{
    char name[TEXT_SIZE_MAX];

    draw_list_title(drawing, TEXT_LANGUAGE_TITLE);
    for (uint8_t i = 0; i < LANGUAGE_COUNT; i++) {
        text_copy(name, TEXT_LANGUAGE_NAME, (enum language)i);
        draw_option_at(drawing, 0, list_y(i), (uint8_t)(i + 1), name);
    }
}

/* The staff's screens. */

static void draw_numbered(const struct drawing *drawing, uint8_t y, enum text text)
{
    char line[LINE_SIZE];

    copy_with_number(line, text, drawing->screen->language, drawing->screen->number[0]);
    draw_centred(drawing->canvas, y, FONT_SMALL, line);
}

static void draw_pin(const struct drawing *drawing)
{
    const uint8_t box = 14, pitch = 20, y = 36;
    uint8_t x = (uint8_t)((CANVAS_WIDTH - 3 * pitch - box) / 2);

    draw_large_title(drawing, name_of(drawing->screen));
    draw_text_centred(drawing, 20, TEXT_STAFF_PIN_1);
    for (uint8_t i = 0; i < 4; i++, x = (uint8_t)(x + pitch)) {
        canvas_frame(drawing->canvas, x, y, box, box);
        if (i < drawing->screen->number[0])
            canvas_fill(drawing->canvas, (uint8_t)(x + 4), y + 4, box - 8, box - 8);
    }
}

static void draw_notice(const struct drawing *drawing, enum text title, enum text line)
{
    draw_large_title_text(drawing, title);
    draw_numbered(drawing, 34, line);
}

/* "this week      12 of 345"; nothing but a dash where nobody answered yet. Counts go before their label. */
static void draw_counts(const struct drawing *drawing, uint8_t line, enum text label,
                        const uint16_t counts[2])
{
    char text[2 * NUMBER_SIZE + TEXT_SIZE_MAX];

    strcpy(text, "-");
    if (counts[1] != 0) {
        uint8_t end = write_number(text, counts[0]);
        text[end++] = ' ';
        text_copy(text + end, TEXT_STAFF_OF, drawing->screen->language);
        end = (uint8_t)strlen(text);
        text[end++] = ' ';
        write_number(text + end, counts[1]);
    }
    uint8_t width = (uint8_t)(text_width(FONT_SMALL, text) + MARGIN_X);
    draw_text(drawing, MARGIN_X, list_y(line), label);
    canvas_erase(drawing->canvas, (uint8_t)(CANVAS_WIDTH - width), list_y(line), width, LINE_HEIGHT);
    canvas_text(drawing->canvas, (uint8_t)(CANVAS_WIDTH - width), list_y(line), FONT_SMALL, text);
}

static void draw_staff_menu(const struct drawing *drawing)
{
    const uint16_t *number = drawing->screen->number;

    if (number[0]) {
        canvas_fill(drawing->canvas, 0, 0, CANVAS_WIDTH, LIST_TITLE_HEIGHT);
        draw_centred(drawing->canvas, 0, FONT_SMALL, name_of(drawing->screen));
        draw_text_centred(drawing, list_y(0), TEXT_STAFF_ASKED);
        draw_counts(drawing, 1, TEXT_STAFF_TODAY, number + 2);
        draw_counts(drawing, 2, TEXT_STAFF_WEEK, number + 4);
        draw_counts(drawing, 3, TEXT_STAFF_BEST, number + 6);
    } else {
        draw_large_title(drawing, name_of(drawing->screen));
    }
    draw_option_pair(drawing);
}

static void draw_staff_done(const struct drawing *drawing)
{
    bool is_on = drawing->screen->number[0] != 0;

    draw_large_title(drawing, name_of(drawing->screen));
    canvas_picture(drawing->canvas, CANVAS_WIDTH / 2 - 8, 19, PICTURE_TICK);
    draw_text_centred(drawing, 36, is_on ? TEXT_STAFF_ON_1 : TEXT_STAFF_OFF_1);
    draw_text_centred(drawing, 48, is_on ? TEXT_STAFF_ON_2 : TEXT_STAFF_OFF_2);
}

static uint8_t staff_help_y(uint8_t button)
{
    return button == 1 ? LAST_LINE_Y - LINE_HEIGHT : LAST_LINE_Y;
}

static void draw_staff_help(const struct drawing *drawing)
{
    draw_large_title_text(drawing, TEXT_STAFF_HELP_TITLE);
    draw_text_centred(drawing, 22, TEXT_STAFF_HELP_1);
    draw_option(drawing, staff_help_y(1), 1, TEXT_STAFF_HELP_HERE);
    draw_option(drawing, staff_help_y(5), 5, TEXT_STAFF_HELP_LATER);
}

static void draw_test_result(const struct drawing *drawing, uint8_t line, enum text label, uint16_t result)
{
    char text[TEXT_SIZE_MAX];

    if (result == SCREEN_TEST_RUNNING)
        strcpy(text, "...");
    else
        text_copy(text, result == SCREEN_TEST_GOOD ? TEXT_TEST_GOOD : TEXT_TEST_BAD,
                  drawing->screen->language);
    draw_text(drawing, MARGIN_X, list_y(line), label);
    canvas_text(drawing->canvas, (uint8_t)(CANVAS_WIDTH - MARGIN_X - text_width(FONT_SMALL, text)),
                list_y(line), FONT_SMALL, text);
}

/* The buttons seen so far are inverse, each above its cap. */
static void draw_self_test(const struct drawing *drawing)
{
    const uint16_t *number = drawing->screen->number;
    char digits[NUMBER_SIZE];

    draw_list_title(drawing, TEXT_TEST_TITLE);
    draw_test_result(drawing, 0, TEXT_TEST_MEMORY, number[1]);
    draw_test_result(drawing, 1, TEXT_TEST_LINE, number[2]);
    draw_text(drawing, MARGIN_X, list_y(2), TEXT_TEST_SLOTS);
    uint8_t count = write_number(digits, number[3]);
    canvas_text(drawing->canvas, (uint8_t)(CANVAS_WIDTH - MARGIN_X - 6 * count), list_y(2), FONT_SMALL,
                digits);
    draw_text_centred(drawing, list_y(3), TEXT_TEST_BUTTONS);
    for (uint8_t i = 0; i < FACE_COUNT; i++) {
        const char cap[] = {(char)('1' + i), '\0'};
        uint8_t x = (uint8_t)(face_x(i) - 8);
        canvas_text(drawing->canvas, (uint8_t)(x + 6), list_y(4) + 1, FONT_SMALL, cap);
        if (number[0] >> i & 1)
            canvas_invert(drawing->canvas, x, list_y(4), 17, LINE_HEIGHT + 2);
    }
}

/* The self-test is theirs, too. */
static void draw_staff_kind(const struct drawing *drawing)
{
    switch (drawing->screen->kind) {
    case SCREEN_STAFF_WHO:
        draw_names(drawing, TEXT_STAFF_WHO_TITLE, TEXT_STAFF_LEAVE);
        break;
    case SCREEN_STAFF_PIN:
        draw_pin(drawing);
        break;
    case SCREEN_STAFF_WRONG:
        draw_notice(drawing, TEXT_STAFF_WRONG_TITLE, TEXT_STAFF_WRONG_1);
        break;
    case SCREEN_STAFF_LOCKED:
        draw_notice(drawing, TEXT_STAFF_LOCKED_TITLE, TEXT_STAFF_LOCKED_1);
        break;
    case SCREEN_STAFF_MENU:
        draw_staff_menu(drawing);
        break;
    case SCREEN_STAFF_DONE:
        draw_staff_done(drawing);
        break;
    case SCREEN_STAFF_HELP:
        draw_staff_help(drawing);
        break;
    case SCREEN_SELF_TEST:
        draw_self_test(drawing);
        break;
    default:
        break;
    }
}

static void draw_kind(const struct drawing *drawing)
{
    switch (drawing->screen->kind) {
    case SCREEN_IDLE:
        draw_idle(drawing);
        break;
    case SCREEN_WHO:
        draw_names(drawing, TEXT_WHO_TITLE, TEXT_SKIP);
        break;
    case SCREEN_MENTION:
        draw_mention(drawing);
        break;
    case SCREEN_CAUSE:
        draw_five(drawing, TEXT_CAUSE_TITLE, TEXT_CAUSE_1);
        break;
    case SCREEN_STRENGTH:
        draw_five(drawing, TEXT_STRENGTH_TITLE, TEXT_STRENGTH_1);
        break;
    case SCREEN_RETURNING:
        draw_returning(drawing);
        break;
    case SCREEN_HELP:
        draw_help(drawing);
        break;
    case SCREEN_CALLING:
        draw_calling(drawing);
        break;
    case SCREEN_THANKS:
        draw_thanks(drawing);
        break;
    case SCREEN_SORRY:
        draw_message(drawing, TEXT_SORRY_TITLE, 2);
        break;
    case SCREEN_WITHDRAWN:
        draw_message(drawing, TEXT_WITHDRAWN_TITLE, 2);
        break;
    case SCREEN_FULL:
        draw_message(drawing, TEXT_FULL_TITLE, 3);
        break;
    case SCREEN_LANGUAGE:
        draw_languages(drawing);
        break;
    default:
        draw_staff_kind(drawing);
        break;
    }
}

/* Turn over the option that was chosen. Done a second time, it is as before. */
static void invert_chosen(const struct screen *screen, struct canvas *canvas)
{
    uint8_t button = screen->chosen;
    uint8_t x = 0, y = list_y((uint8_t)(button - 1)), width = CANVAS_WIDTH, height = LINE_HEIGHT;

    if (button == 0)
        return;
    switch (screen->kind) {
    case SCREEN_IDLE:
        x = (uint8_t)(face_x((uint8_t)(button - 1)) - FACE_RADIUS - 1);
        y = (uint8_t)(faces_y(screen) - 1);
        width = height = 2 * FACE_RADIUS + 3;
        break;
    case SCREEN_MENTION:
        y = mention_y(button);
        break;
    case SCREEN_HELP:
    case SCREEN_STAFF_MENU:
        x = pair_x(screen, button);
        y = LAST_LINE_Y;
        width = pair_width(screen, button);
        break;
    case SCREEN_STAFF_HELP:
        y = staff_help_y(button);
        break;
    default:
        break;
    }
    canvas_invert(canvas, x, y, width, height);
}

void screen_draw(const struct screen *screen, struct canvas *canvas)
{
    const struct drawing drawing = {screen, canvas};

    canvas_clear(canvas);
    draw_kind(&drawing);
    invert_chosen(screen, canvas);
    if (screen->bar)
        canvas_fill(canvas, 0, BAR_Y, screen->bar, BAR_HEIGHT);
}

/* But for the chosen option, the bar and, where no bar is over them, marks. Numbers and names are compared whole; a name by
 * where it lives. */
static bool is_same_picture(const struct screen *a, const struct screen *b)
{
    bool has_same_marks = a->marks == b->marks || (a->kind == SCREEN_IDLE && a->bar == 0 && b->bar == 0);

    return has_same_marks && a->kind == b->kind && a->language == b->language &&
           a->name_count == b->name_count && a->has_more == b->has_more && a->name == b->name &&
           memcmp(a->names, b->names, sizeof a->names) == 0 &&
           memcmp(a->number, b->number, sizeof a->number) == 0;
}

bool screen_update(const struct screen *from, const struct screen *to, struct canvas *canvas)
{
    if (!is_same_picture(from, to))
        return false;
    if (from->chosen != to->chosen) {
        invert_chosen(from, canvas);
        invert_chosen(to, canvas);
    }
    draw_marks(canvas, from->marks ^ to->marks);
    if (from->bar != to->bar) {
        canvas_erase(canvas, 0, BAR_Y, CANVAS_WIDTH, BAR_HEIGHT);
        canvas_fill(canvas, 0, BAR_Y, to->bar, BAR_HEIGHT);
    }
    return true;
}
