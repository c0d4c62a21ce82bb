/* SPDX-License-Identifier: MIT
 *
 * screen.h - what a customer or staff member sees: a state in, a picture out, nothing else.
 *
 * Pure: the same struct screen draws the same picture on the kiosk and in a host test. Names are borrowed for
 * the call. A screen shows what has been kept already; it never promises.
 */
#ifndef BYNAME_SCREEN_H
#define BYNAME_SCREEN_H

#include <stdbool.h>
#include <stdint.h>

#include "firmware/core/canvas.h"
#include "firmware/core/text.h"

enum screen_kind {
    SCREEN_IDLE,      /* "How did we do?" and five faces; `name` = who serves, else names[0] = a note, or both NULL */
    SCREEN_WHO,       /* who helped you: `names`, then "more names" and "skip" */
    SCREEN_MENTION,   /* `name` asked for by name? 1 yes today, 3 I will next time, 5 no */
    SCREEN_CAUSE,     /* what let you down? five options */
    SCREEN_STRENGTH,  /* what was great? five options */
    SCREEN_RETURNING, /* been here before? 1 yes 3 no 5 skip */
    SCREEN_HELP,      /* we are sorry; shall someone come to you now? 1 yes 5 no */
    SCREEN_CALLING,   /* calling ...; number[0] 1: "please tell a colleague" beside it; 2: someone is coming */
    SCREEN_THANKS,    /* thank you; `name` will hear about it, or NULL */
    SCREEN_SORRY,     /* thank you, after any other rating: that helps us to do better */
    SCREEN_WITHDRAWN, /* two buttons at once: this one does not count, please try again */
    SCREEN_FULL,      /* journal full: please tell a colleague */
    SCREEN_LANGUAGE,  /* the five languages, each in its own words */

    SCREEN_STAFF_WHO,    /* staff menu: choose yourself; as SCREEN_WHO */
    SCREEN_STAFF_PIN,    /* `name`, PIN: number[0] digits entered so far, 0 to 4 */
    SCREEN_STAFF_WRONG,  /* wrong PIN; number[0] tries left */
    SCREEN_STAFF_LOCKED, /* too many tries: number[0] seconds to wait */
    SCREEN_STAFF_MENU,   /* `name`; counts where number[0] is 1 (see number); 1 sign on or off, 5 leave */
    SCREEN_STAFF_DONE,   /* `name` signed on (number[0] 1) or off (0) */
    SCREEN_STAFF_HELP,   /* a help call is open: 1 I am here, 5 not now */

    SCREEN_SELF_TEST, /* number[0] buttons seen (bit 0 = button 1), [1] memory, [2] line, [3] bad slots; see
                       * enum screen_test_result */
    SCREEN_KIND_COUNT,
};

#define SCREEN_CALLING_COMING 2 /* number[0] of SCREEN_CALLING */

enum screen_test_result { SCREEN_TEST_RUNNING, SCREEN_TEST_GOOD, SCREEN_TEST_BAD };

/* Small marks between the faces of SCREEN_IDLE, for staff, not for customers. */
#define SCREEN_MARK_OFFLINE 0x01   /* no daemon: answers wait in the journal */
#define SCREEN_MARK_UNADOPTED 0x02 /* the daemon has not admitted this kiosk */
#define SCREEN_MARK_REFUSED 0x04   /* another database's daemon, or an incompatible version */
#define SCREEN_MARK_FAULT 0x08     /* bad journal slots or a stuck button: run the self-test */

#define SCREEN_NAME_COUNT 4
#define SCREEN_NUMBER_COUNT 8
#define SCREEN_BAR_FULL 128

struct screen {
    uint8_t kind;     /* enum screen_kind */
    uint8_t language; /* enum language */
    uint8_t chosen;   /* the button, 1 to 5, whose option is shown inverse; 0: none */
    uint8_t bar;      /* time left, 0 to SCREEN_BAR_FULL pixels, along the bottom edge */
    uint8_t marks;    /* SCREEN_MARK_ bits */
    uint8_t name_count;
    bool has_more; /* option 4 is "more names", so name_count <= 3 */
    const char *name;
    const char *names[SCREEN_NAME_COUNT];
    uint16_t number[SCREEN_NUMBER_COUNT]; /* STAFF_MENU: [0] 1 if counts are known, [1] 1 if signed on,
                                           * then asked and answered: [2] [3] today, [4] [5] this week,
                                           * [6] [7] own best week (0 0: none yet) */
};

/* Draw all 128x64 pixels. Takes 5 to 10 ms on an AVR. */
void screen_draw(const struct screen *screen, struct canvas *canvas);

/* On a canvas that shows `from`, draw what makes it show `to`, when they differ in nothing but the option chosen and the
 * bar (SCREEN_IDLE has none): cheap, for the acknowledgement of a press and the time draining. False when they differ in
 * more; then nothing was drawn. Names count as the same where they stand at the same address. */
bool screen_update(const struct screen *from, const struct screen *to, struct canvas *canvas);

#endif
