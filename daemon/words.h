/* SPDX-License-Identifier: MIT
 *
 * words.h - every word of the text reports, once. {1} to {9} stand for what is put in.
 */
#ifndef BYNAME_WORDS_H
#define BYNAME_WORDS_H

/* X(NAME, "text") */
#define WORDS(X)                                                                                            \
    X(TITLE, "{1} - {2}, {3} ({4})")                                                                        \
    X(REPORT_OVERVIEW, "the week")                                                                          \
    X(REPORT_SUMMARY, "summary")                                                                            \
    X(REPORT_STAFF, "staff")                                                                                \
    X(REPORT_CAUSES, "causes")                                                                              \
    X(REPORT_STRENGTHS, "strengths")                                                                        \
    X(REPORT_HOURS, "hours")                                                                                \
    X(REPORT_DAYS, "days")                                                                                  \
    X(REPORT_KIOSKS, "kiosks")                                                                              \
    X(REPORT_HELP, "help")                                                                                  \
    X(PERIOD_BOTH, "from {1} until {2}")                                                                    \
    X(PERIOD_FROM, "since {1}")                                                                             \
    X(PERIOD_TO, "until {1}")                                                                               \
    X(PERIOD_ALL, "all time")                                                                               \
    X(ONLY_KIOSK, "Only kiosk \"{1}\".")                                                                    \
    X(ONLY_STAFF, "Only visits served by \"{1}\".")                                                         \
    X(ONLY_INTERNAL, "The internal audience: colleagues.")                                                  \
    X(COMPARED, "Compared with the time {1}.")                                                              \
    X(NEVER, "never")                                                                                       \
    X(TOO_FEW, "too few")                                                                                   \
    X(RATE, "{1} %  {2} to {3} %")                                                                          \
    X(N_OF_M, "{1} of {2}")                                                                                 \
    X(BETTER, "better")                                                                                     \
    X(WORSE, "worse")                                                                                       \
    X(HIGHER, "more")                                                                                       \
    X(LOWER, "less")                                                                                        \
    X(STEADY, "steady")                                                                                     \
    X(CANNOT_TELL, "cannot tell yet")                                                                       \
    X(COMPARISON, "{1}: {2} points, {3} to {4}; before {5} % of {6}")                                       \
    X(COMPARISON_NONE, "{1}: too few before to compare with")                                               \
    X(SATISFIED, "Satisfied  {1}")                                                                          \
    X(SATISFIED_OF, "   {1} of {2} rated 4 or 5")                                                           \
    X(MEAN, "   mean {1}")                                                                                  \
    X(NO_VISITS, "No visits to count in this period yet.")                                                  \
    X(VISIT_FEW, "1 visit: too few to show more.")                                                          \
    X(VISITS_FEW, "{1} visits: too few to show more.")                                                      \
    X(RATING_5, "5  very happy")                                                                            \
    X(RATING_4, "4")                                                                                        \
    X(RATING_3, "3")                                                                                        \
    X(RATING_2, "2")                                                                                        \
    X(RATING_1, "1  very unhappy")                                                                          \
    X(AUDIENCE_EXTERNAL, "customers")                                                                       \
    X(AUDIENCE_INTERNAL, "colleagues")                                                                      \
    X(AUDIENCES, "Both audiences, side by side")                                                            \
    X(VISITS_COUNT, "{1} visits")                                                                           \
    X(ASKED_HEAD, "Asked for by name")                                                                      \
    X(ASKED_OF, "  ({1} answered, of {2} who were asked)")                                                  \
    X(ASKED_TODAY, "asked for by name")                                                                     \
    X(ASKED_NEXT, "will next time")                                                                         \
    X(ASKED_WHO, "of those who asked: {1} had been here before, {2} came by word of mouth")                 \
    X(GREAT, "What was great")                                                                              \
    X(LET_DOWN, "What let people down")                                                                     \
    X(ANSWER_ONE, "  (1 answer, too few for shares)")                                                       \
    X(ANSWERS_FEW, "  ({1} answers, too few for shares)")                                                   \
    X(ANSWERS, "  ({1} answers)")                                                                           \
    X(ANSWERS_SHOWN, "  ({1} answers, {2} skipped, {3} said nothing)")                                      \
    X(CAUSE_PROCESS, "the process")                                                                         \
    X(CAUSE_RULES, "the rules")                                                                             \
    X(CAUSE_PRESENTATION, "how it was presented")                                                           \
    X(CAUSE_PRODUCT, "the product")                                                                         \
    X(CAUSE_PEOPLE, "the people")                                                                           \
    X(STRENGTH_EMPATHY, "empathy")                                                                          \
    X(STRENGTH_FOLLOW_THROUGH, "follow-through")                                                            \
    X(STRENGTH_RESPECT, "respect")                                                                          \
    X(STRENGTH_LISTENING, "listening")                                                                      \
    X(STRENGTH_FLEXIBILITY, "flexibility")                                                                  \
    X(PEAK, "most at {1}: {2} of {3} visits then, {4}")                                                     \
    X(NO_CAUSES, "Nobody named a cause in this period.")                                                    \
    X(NO_STRENGTHS, "Nobody named a strength in this period.")                                              \
    X(RETURNING, "Been here before: {1} of {2} who were asked at random, {3}.")                             \
    X(HELP_CALLS, "Asked for somebody to come: {1}.")                                                       \
    X(RESPONSES, "Answered, of those who were shown the question:")                                         \
    X(QUESTION_STAFF, "who helped")                                                                         \
    X(QUESTION_MENTION, "by name")                                                                          \
    X(QUESTION_CAUSE, "cause")                                                                              \
    X(QUESTION_STRENGTH, "strength")                                                                        \
    X(QUESTION_RETURNING, "been here")                                                                      \
    X(QUESTION_HELP, "help")                                                                                \
    X(LEFT_OUT_NONE, "No visit was left out.")                                                              \
    X(LEFT_OUT, "Left out, visits: {1}.")                                                                   \
    X(LEFT_OUT_RATE, "Satisfied with those that were flagged: {1}.")                                        \
    X(LEFT_WITHDRAWN, "{1} withdrawn")                                                                      \
    X(LEFT_STUCK, "{1} by a stuck button")                                                                  \
    X(LEFT_BURST, "{1} in bursts")                                                                          \
    X(LEFT_MASH, "{1} mashed")                                                                              \
    X(LEFT_QUARANTINED, "{1} quarantined")                                                                  \
    X(LEFT_OTHER, "{1} flagged by their kiosk")                                                             \
    X(LEFT_TIME, "{1} of uncertain time")                                                                   \
    X(NOT_COUNTED, "Not counted: {1}.")                                                                     \
    X(NOT_INVALID, "{1} answers not understood")                                                            \
    X(NOT_RATED, "{1} answers without their rating")                                                        \
    X(NOTES, "What was changed")                                                                            \
    X(NOTE, "{1} {2}")                                                                                      \
    X(NOTE_AFTER, "satisfied after {1} of {2} in {3} days;")                                                \
    X(NOTE_NONE, "no whole day after it yet")                                                               \
    X(LOST, "Lost answers: {1}.")                                                                           \
    X(LOST_DAMAGED, "{1} damaged in a kiosk's memory")                                                      \
    X(LOST_RESTORED, "{1} missing since an older database was restored")                                    \
    X(POLICY_ALL, "Names are asked for and kept whatever the rating.")                                      \
    X(POLICY_POSITIVE,                                                                                      \
      "Names are kept with ratings of 4 and 5 only; nobody has a satisfaction of their own.")               \
    X(POLICY_NONE, "Nobody's name is asked for or kept.")                                                   \
    X(POLICY_SINCE, "Since {1}: {2}")                                                                       \
    X(POLICY_AND_INTERVALS, "{1} Intervals are 95 %.")                                                      \
    X(STAFF_NONE_YET, "No staff and no visits yet: \"byname staff add NAME\" puts a name on the kiosks.")   \
    X(COLUMN_VISITS, "visits")                                                                              \
    X(COLUMN_SATISFIED, "satisfied")                                                                        \
    X(COLUMN_ASKED, "asked for")                                                                            \
    X(COLUMN_OF_ANSWERS, "of answers")                                                                      \
    X(COLUMN_HEARD, "last heard")                                                                           \
    X(COLUMN_QUEUE, "queue")                                                                                \
    X(COLUMN_FULL, "full")                                                                                  \
    X(COLUMN_LOST, "lost")                                                                                  \
    X(COLUMN_BOOT, "boot")                                                                                  \
    X(COLUMN_SIGNED_ON, "signed on")                                                                        \
    X(COLUMN_HOUR, "hour")                                                                                  \
    X(ALL, "all")                                                                                           \
    X(NO_NAME, "no name")                                                                                   \
    X(STAFF_BEFORE, "against before: satisfied {1}, asked for {2}")                                         \
    X(STAFF_UNHAPPY, "{1} unhappy, {2} of them named the people")                                           \
    X(STAFF_WEEK, "week of {1}: asked for {2}, {3} against own past")                                       \
    X(STAFF_WEEK_BEST, "week of {1}: asked for {2}, the own best week")                                     \
    X(STAFF_BEST, "own best {1} (week of {2})")                                                             \
    X(KIOSK_NONE, "No kiosk has been adopted yet: \"byname kiosk list\" shows those that wait.")            \
    X(KIOSK_FAULTS, "{1} with two contents, {2} bad slots of memory, {3} display faults")                   \
    X(KIOSK_BEFORE, "{1} against before")                                                                   \
    X(KIOSK_LEGEND_1, "queue: answers still in the kiosk; full: presses refused, its memory was full;")     \
    X(KIOSK_LEGEND_2, "lost: answers gone for good; boot: restarts seen.")                                  \
    X(HEAT_VISITS, "Visits")                                                                                \
    X(HEAT_VISITS_SCALE, "  (░ few  ▒  ▓  █ up to {1})")                                                    \
    X(HEAT_CSAT, "Satisfied")                                                                               \
    X(HEAT_CSAT_SCALE, "  (░ below 70 %  ▒ below 80 %  ▓ below 90 %  █ from 90 %  · too few)")              \
    X(WITHOUT_HOUR, "{1} visits have no certain hour and are in no row.")                                   \
    X(WITHOUT_DAY, "{1} visits are in no row: no certain day, or a day that is not whole.")                 \
    X(MONDAY, "Mon")                                                                                        \
    X(TUESDAY, "Tue")                                                                                       \
    X(WEDNESDAY, "Wed")                                                                                     \
    X(THURSDAY, "Thu")                                                                                      \
    X(FRIDAY, "Fri")                                                                                        \
    X(SATURDAY, "Sat")                                                                                      \
    X(SUNDAY, "Sun")                                                                                        \
    X(DAY_LENGTH, "{1} h")                                                                                  \
    X(MONTH_SCALE, "Each block is a day: ░ few  ▒  ▓  █ up to {1} visits.")                                 \
    X(HELP_HEAD, "Shall somebody come?")                                                                    \
    X(HELP_OF, "{1} were asked: {2} yes, {3} no, {4} skipped, {5} said nothing.")                           \
    X(HELP_RATE, "Wanted  {1} of those who answered")                                                       \
    X(HELP_NONE, "Nobody was asked whether somebody should come.")                                          \
    X(HELP_CALL_HEAD, "Calls, the newest first")                                                            \
    X(HELP_CALL_RATED, "rated {1}")                                                                         \
    X(HELP_STATES, "Calls: {1}.")                                                                           \
    X(HELP_OPEN, "{1} open")                                                                                \
    X(HELP_ACKNOWLEDGED, "{1} acknowledged")                                                                \
    X(HELP_CLOSED, "{1} closed")                                                                            \
    X(HELP_MISSED, "{1} missed")                                                                            \
    X(HELP_NOT_FOLLOWED, "{1} not followed")                                                                \
    X(HELP_SOLVED, "{1} solved")                                                                            \
    X(HELP_HANDED_ON, "{1} handed on")                                                                      \
    X(HELP_COULD_NOT, "{1} could not be")                                                                   \
    X(HELP_ABUSE, "{1} abuse")                                                                              \
    X(HELP_OUTCOMES, "Outcomes: {1}.")                                                                      \
    X(HELP_RECOVERY, "From call to close: {1} min in the middle, nine of ten within {2} min ({3} closed).") \
    X(HELP_STATE_OPEN, "open")                                                                              \
    X(HELP_STATE_ACKNOWLEDGED, "acknowledged")                                                              \
    X(HELP_STATE_CLOSED, "closed")                                                                          \
    X(HELP_STATE_MISSED, "missed")                                                                          \
    X(HELP_MORE, "... and {1} more")                                                                        \
    X(UNCERTAIN, " about")                                                                                  \
    X(WEEK_CAUSE, "Let down most by {1}: {2} of {3} causes, {4}")                                           \
    X(WEEK_CAUSE_NONE, "Nobody named a cause.")                                                             \
    X(WEEK_ASKED, "Asked for by name: {1} of {2} who answered, {3}")                                        \
    X(WEEK_ASKED_NONE, "Nobody was asked for by name.")                                                     \
    X(WEEK_PERSON, "{1} {2} of {3}")                                                                        \
    X(WEEK_PERSON_BEST, "{1} {2} of {3}, own best week")                                                    \
    X(WEEK_HELP, "Help: {1} of {2} who were asked wanted somebody to come; {3}.")                           \
    X(WEEK_HELP_NONE, "Help: nobody was asked; {1}.")                                                       \
    X(WEEK_OPEN, "{1} not closed since {2}")                                                                \
    X(WEEK_OPEN_NONE, "no call is open")                                                                    \
    X(WEEK_KIOSKS_WELL, "Kiosks: all {1} are well.")                                                        \
    X(WEEK_KIOSK_WELL, "Kiosks: the one there is is well.")                                                 \
    X(WEEK_KIOSKS_NONE, "Kiosks: none is adopted; \"byname kiosk list\" shows those that wait.")            \
    X(WEEK_UNWELL, "Kiosk {1}: {2}")                                                                        \
    X(WEEK_UNWELL_MORE, "... and {1} more kiosks: byname report kiosks")                                    \
    X(REASON_SILENT, "not heard since {1}")                                                                 \
    X(REASON_REFUSED, "has refused presses")                                                                \
    X(REASON_LOST, "has lost answers")                                                                      \
    X(REASON_CONFLICTS, "answers with two contents")                                                        \
    X(REASON_BAD_SLOTS, "bad memory")                                                                       \
    X(REASON_DISPLAY_FAULTS, "display faults")                                                              \
    X(REASON_STUCK_BUTTONS, "a stuck button")

#define WORDS_ENUMERATOR(NAME, text) WORD_##NAME,
enum word { WORDS(WORDS_ENUMERATOR) WORD_COUNT };

/* The text; word < WORD_COUNT. */
const char *words_text(enum word word);

/* What a cause ("process") or a strength ("empathy") of vocabulary.h is called; WORD_COUNT for a name that is none. */
enum word words_cause(const char *name);
enum word words_strength(const char *name);

#endif
