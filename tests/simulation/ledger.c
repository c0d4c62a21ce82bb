/* SPDX-License-Identifier: MIT */
#include "ledger.h"

#include <inttypes.h>
#include <sqlite3.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ROWS_MAX 8192
/* From a finger to the answer's second, a slow EEPROM write before it included. */
#define REGISTER_US_MAX 400000

struct row {
    int kiosk; /* -1: of nobody */
    uint32_t seq, uptime_s;
    uint16_t boot, value;
    uint8_t question, visit_back;
    bool is_acknowledged;
};

struct rows {
    unsigned count;
    struct row all[ROWS_MAX];
};

void ledger_init(struct ledger *ledger, struct bench *bench)
{
    memset(ledger, 0, sizeof *ledger);
    ledger->bench = bench;
    for (ledger->kiosk_count = 0; ledger->kiosk_count < LEDGER_BOARDS_MAX; ledger->kiosk_count++)
        ledger->now[ledger->kiosk_count] = (uint8_t)ledger->kiosk_count;
}

void ledger_fail(struct ledger *ledger, const char *format, ...)
{
    char text[LEDGER_TEXT_SIZE];
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    bench_trace(ledger->bench, "FAILED: %s", text);
    if (ledger->failures++ == 0)
        memcpy(ledger->failure, text, sizeof text);
}

/* What happens ------------------------------------------------------------------------------------------- */

void ledger_on_power(struct ledger *ledger, const struct board *board)
{
    struct ledger_kiosk *kiosk = &ledger->kiosks[ledger->now[board->number]];

    memset(&kiosk->shown, 0, sizeof kiosk->shown);
    if (ledger->boot_count < LEDGER_BOOTS_MAX)
        ledger->boots[ledger->boot_count++] = (struct ledger_boot){
            ledger->now[board->number], board->kiosk.journal.boot, board->powered_us, NEVER_US};
    else
        ledger_fail(ledger, "too many boots for the ledger");
}

void ledger_on_cut(struct ledger *ledger, const struct board *board)
{
    ledger->kiosks[ledger->now[board->number]].cuts++;
    for (unsigned i = ledger->boot_count; i > 0; i--) {
        if (ledger->boots[i - 1].kiosk == ledger->now[board->number]) {
            ledger->boots[i - 1].off_us = board->now_us;
            return;
        }
    }
}

void ledger_on_press(struct ledger *ledger, const struct board *board, uint8_t buttons)
{
    bench_trace(ledger->bench, "kiosk %u: pressed %02x on screen %u%s", board->number, buttons,
                board->kiosk.shown.kind, board->is_on ? "" : " (off)");
    if (ledger->press_count < LEDGER_PRESSES_MAX)
        ledger->presses[ledger->press_count++] =
            (struct ledger_press){ledger->now[board->number], buttons, false, ledger->bench->now_us};
    else
        ledger_fail(ledger, "too many presses for the ledger");
}

/* The staff member whose name is shown: it is the roster's own. */
static uint16_t staff_of(const struct board *board, const char *name)
{
    const struct roster *roster = &board->kiosk.roster;

    for (uint8_t i = 0; i < roster->count; i++) {
        if (roster->entries[i].name == name)
            return roster->entries[i].id;
    }
    return 0xFFFF;
}

/* What a chosen button means, from the table of PRODUCT's screens. False: nothing is stored by it. */
static bool meaning(const struct board *board, const struct screen *screen, struct ledger_ack *ack)
{
    static const uint16_t mention[] = {0, MENTION_ASKED, 0, MENTION_WILL_ASK, 0, MENTION_NO};
    static const uint16_t returning[] = {0, RETURNING_YES, 0, RETURNING_NO, 0, ANSWER_SKIPPED};
    uint8_t button = screen->chosen;

    switch (screen->kind) {
    case SCREEN_IDLE:
        *ack = (struct ledger_ack){.question = QUESTION_RATING, .value = button};
        return true;
    case SCREEN_WHO:
        *ack = (struct ledger_ack){.question = QUESTION_STAFF, .value = ANSWER_SKIPPED};
        if (button != 5)
            ack->value = staff_of(board, screen->names[button - 1]);
        return true;
    case SCREEN_MENTION:
        *ack = (struct ledger_ack){.question = QUESTION_MENTION, .value = mention[button]};
        return true;
    case SCREEN_CAUSE:
        *ack = (struct ledger_ack){.question = QUESTION_CAUSE, .value = button};
        return true;
    case SCREEN_STRENGTH:
        *ack = (struct ledger_ack){.question = QUESTION_STRENGTH, .value = button};
        return true;
    case SCREEN_RETURNING:
        *ack = (struct ledger_ack){.question = QUESTION_RETURNING, .value = returning[button]};
        return true;
    case SCREEN_HELP:
        *ack = (struct ledger_ack){.question = QUESTION_HELP, .value = button == 1 ? HELP_YES : HELP_NO};
        return true;
    default:
        return false;
    }
}

static bool is_acknowledging(const struct board *board, const struct screen *before, struct ledger_ack *ack)
{
    const struct screen *screen = &board->kiosk.shown;

    if (screen->chosen != 0)
        return (before->chosen == 0 || before->kind != screen->kind) && meaning(board, screen, ack);
    if (screen->kind == before->kind)
        return false;
    if (screen->kind == SCREEN_WITHDRAWN) {
        *ack = (struct ledger_ack){.question = QUESTION_FLAG, .value = FLAG_WITHDRAWN};
        return true;
    }
    if (screen->kind == SCREEN_STAFF_DONE) {
        ack->question = screen->number[0] ? QUESTION_SIGN_ON : QUESTION_SIGN_OFF;
        ack->value = staff_of(board, screen->name);
        return true;
    }
    return false;
}

/* Which of the newest slots holds it: a flag or a boot may have been stored after it in the same pass. */
static uint32_t seq_of(const struct board *board, const struct ledger_ack *ack)
{
    uint32_t next = board->kiosk.journal.next;

    for (uint32_t seq = next - 1; seq > 0 && seq + 3 >= next; seq--) {
        const uint8_t *slot = &board->eeprom[STORAGE_JOURNAL + seq % STORAGE_SLOT_COUNT * STORAGE_SLOT_SIZE];
        if ((slot[3] & 0x0F) == ack->question && (slot[4] | slot[5] << 8) == ack->value)
            return seq;
    }
    return next - 1;
}

void ledger_on_shown(struct ledger *ledger, const struct board *board)
{
    struct ledger_kiosk *kiosk = &ledger->kiosks[ledger->now[board->number]];
    struct ledger_ack ack = {0};

    if (board->kiosk.shown.kind == kiosk->shown.kind && board->kiosk.shown.chosen == kiosk->shown.chosen)
        return;
    bool is_ack = is_acknowledging(board, &kiosk->shown, &ack);
    if (board->kiosk.shown.kind == SCREEN_FULL)
        bench_fault(ledger->bench, FAULT_JOURNAL_FILLED, "kiosk %u: journal full", board->number);
    kiosk->shown = board->kiosk.shown;
    if (!is_ack)
        return;
    ack.kiosk = ledger->now[board->number];
    ack.seq = seq_of(board, &ack);
    bench_trace(ledger->bench, "kiosk %u: acknowledged %u, question %u value %u", board->number,
                (unsigned)ack.seq, ack.question, ack.value);
    if (ledger->ack_count < LEDGER_ACKS_MAX)
        ledger->acks[ledger->ack_count++] = ack;
    else
        ledger_fail(ledger, "too many acknowledgements for the ledger");
}

void ledger_on_damage(struct ledger *ledger, const struct board *board, uint16_t address)
{
    uint16_t slot = (uint16_t)((address - STORAGE_JOURNAL) / STORAGE_SLOT_SIZE);

    if (slot < STORAGE_SLOT_COUNT)
        ledger->kiosks[ledger->now[board->number]].is_damaged[slot] = true;
}

static bool is_named(const struct ledger *ledger, uint64_t kiosk_id, uint8_t kiosk)
{
    for (unsigned i = 0; i < ledger->name_count; i++) {
        if (ledger->names[i].kiosk_id == kiosk_id && ledger->names[i].kiosk == kiosk)
            return true;
    }
    return false;
}

/* Ids that were offered and not used yet are offered again to the same board, also when its memory was wiped meanwhile. */
static bool takes_over(struct ledger *ledger, uint64_t kiosk_id, uint8_t kiosk)
{
    for (unsigned i = 0; i < ledger->name_count; i++) {
        struct ledger_name *name = &ledger->names[i];
        if (name->kiosk_id != kiosk_id || ledger->kiosks[name->kiosk].wiped_from == 0)
            continue;
        name->kiosk = kiosk;
        return true;
    }
    return false;
}

void ledger_on_identity(struct ledger *ledger, const struct board *board)
{
    struct ledger_kiosk *kiosk = &ledger->kiosks[ledger->now[board->number]];
    const struct journal *journal = &board->kiosk.journal;
    uint64_t id = board->kiosk.identity.kiosk_id;

    if (id == ledger->id[board->number])
        return;
    bench_trace(ledger->bench, "kiosk %u: is %016" PRIx64 ", was %016" PRIx64, board->number, id,
                ledger->id[board->number]);
    bool is_given_up = ledger->id[board->number] != 0;
    if ((is_given_up && kiosk->twice_to == 0) || journal->oldest < kiosk->twice_from)
        kiosk->twice_from = journal->oldest;
    if (is_given_up)
        kiosk->twice_to = journal->next;
    ledger->id[board->number] = id;
    if (id == 0 || is_named(ledger, id, ledger->now[board->number]) ||
        takes_over(ledger, id, ledger->now[board->number]))
        return;
    if (ledger->name_count < LEDGER_NAMES_MAX)
        ledger->names[ledger->name_count++] = (struct ledger_name){id, ledger->now[board->number]};
    else
        ledger_fail(ledger, "too many names for the ledger");
}

bool ledger_on_wipe(struct ledger *ledger, const struct board *board)
{
    if (ledger->kiosk_count == LEDGER_KIOSKS_MAX)
        return false;
    ledger->kiosks[ledger->now[board->number]].wiped_from = board->kiosk.journal.oldest;
    ledger->now[board->number] = (uint8_t)ledger->kiosk_count++;
    ledger->id[board->number] = 0;
    return true;
}

/* The database ------------------------------------------------------------------------------------------- */

static int kiosk_of(const struct ledger *ledger, uint64_t kiosk_id)
{
    for (unsigned i = 0; i < ledger->name_count; i++) {
        if (ledger->names[i].kiosk_id == kiosk_id)
            return ledger->names[i].kiosk;
    }
    return -1;
}

static sqlite3_stmt *prepare(struct ledger *ledger, struct store *store, const char *sql)
{
    sqlite3_stmt *statement = NULL;

    if (sqlite3_prepare_v2(store_connection(store), sql, -1, &statement, NULL) != SQLITE_OK)
        ledger_fail(ledger, "%s", sqlite3_errmsg(store_connection(store)));
    return statement;
}

void ledger_on_restore(struct ledger *ledger, struct store *store)
{
    sqlite3_stmt *statement = prepare(ledger, store,
                                      "SELECT kiosk.kiosk_id, max(through) FROM journal JOIN kiosk ON"
                                      " kiosk.id = journal.kiosk GROUP BY kiosk.id");

    while (sqlite3_step(statement) == SQLITE_ROW) {
        int kiosk = kiosk_of(ledger, (uint64_t)sqlite3_column_int64(statement, 0));
        uint32_t through = (uint32_t)sqlite3_column_int64(statement, 1);
        if (kiosk >= 0 && ledger->kiosks[kiosk].restored_through < through)
            ledger->kiosks[kiosk].restored_through = through;
    }
    sqlite3_finalize(statement);
}

static int compare_rows(const void *left, const void *right)
{
    const struct row *a = left, *b = right;

    if (a->kiosk != b->kiosk)
        return a->kiosk < b->kiosk ? -1 : 1;
    return a->seq < b->seq ? -1 : a->seq > b->seq;
}

static void load_rows(struct ledger *ledger, struct store *store, struct rows *rows)
{
    sqlite3_stmt *statement =
        prepare(ledger, store,
                "SELECT kiosk_id, seq, question, value, answer.boot, answer.uptime_s, visit_back"
                " FROM answer JOIN journal ON journal.id = journal JOIN kiosk ON kiosk.id = kiosk"
                " ORDER BY kiosk_id, seq");

    rows->count = 0;
    while (sqlite3_step(statement) == SQLITE_ROW && rows->count < ROWS_MAX) {
        rows->all[rows->count++] = (struct row){
            .kiosk = kiosk_of(ledger, (uint64_t)sqlite3_column_int64(statement, 0)),
            .seq = (uint32_t)sqlite3_column_int64(statement, 1),
            .question = (uint8_t)sqlite3_column_int(statement, 2),
            .value = (uint16_t)sqlite3_column_int(statement, 3),
            .boot = (uint16_t)sqlite3_column_int(statement, 4),
            .uptime_s = (uint32_t)sqlite3_column_int64(statement, 5),
            .visit_back = (uint8_t)sqlite3_column_int(statement, 6),
        };
    }
    sqlite3_finalize(statement);
    qsort(rows->all, rows->count, sizeof rows->all[0], compare_rows);
}

/* The check ---------------------------------------------------------------------------------------------- */

/* The first of them. */
static struct row *find_row(struct rows *rows, int kiosk, uint32_t seq)
{
    const struct row wanted = {.kiosk = kiosk, .seq = seq};
    struct row *row = bsearch(&wanted, rows->all, rows->count, sizeof rows->all[0], compare_rows);

    while (row != NULL && row > rows->all && compare_rows(row - 1, &wanted) == 0)
        row--;
    return row;
}

/* That row; where there are two (a journal whose newest cells were damaged begins there again, under another
 * id), the one that says the same and has not been matched. */
static struct row *match(struct rows *rows, const struct ledger_ack *ack)
{
    struct row *first = find_row(rows, ack->kiosk, ack->seq), *row = first;

    for (; row != NULL && row < rows->all + rows->count && row->kiosk == ack->kiosk && row->seq == ack->seq;
         row++) {
        if (row->question == ack->question && row->value == ack->value && !row->is_acknowledged)
            return row;
    }
    return first;
}

static bool may_be_gone(const struct ledger *ledger, unsigned kiosk, uint32_t seq)
{
    return seq <= ledger->kiosks[kiosk].restored_through ||
           (ledger->kiosks[kiosk].wiped_from != 0 && seq >= ledger->kiosks[kiosk].wiped_from) ||
           ledger->kiosks[kiosk].is_damaged[seq % STORAGE_SLOT_COUNT];
}

/* Acknowledged on the display: a row, with the same content. */
static void check_acks(struct ledger *ledger, struct rows *rows)
{
    for (unsigned i = 0; i < ledger->ack_count; i++) {
        const struct ledger_ack *ack = &ledger->acks[i];
        struct row *row = match(rows, ack);
        bool is_there = row != NULL && row->question == ack->question && row->value == ack->value &&
                        !row->is_acknowledged; /* of another of that number that said the same */

        ledger->kiosks[ack->kiosk].acknowledged++;
        if (is_there) {
            row->is_acknowledged = true;
            continue;
        }
        if (may_be_gone(ledger, ack->kiosk, ack->seq))
            continue;
        ledger->lost++;
        if (row == NULL)
            ledger_fail(ledger, "kiosk %u: %u was acknowledged and is not stored", ack->kiosk,
                        (unsigned)ack->seq);
        else
            ledger_fail(ledger, "kiosk %u: %u was acknowledged as %u=%u and is stored as %u=%u%s", ack->kiosk,
                        (unsigned)ack->seq, ack->question, ack->value, row->question, row->value,
                        row->is_acknowledged ? ", which another was, too" : "");
    }
}

/* The buttons that can have meant this; 0: it needs none. */
static uint8_t buttons_for(const struct row *row)
{
    static const uint8_t mention[] = {0, 0x01, 0x04, 0x10};
    static const uint8_t returning[] = {0x10, 0x01, 0x04};

    if (row->value == ANSWER_NONE)
        return 0;
    switch (row->question) {
    case QUESTION_RATING:
    case QUESTION_CAUSE:
    case QUESTION_STRENGTH:
        return (uint8_t)(1 << (row->value - 1));
    case QUESTION_STAFF:
        return row->value == ANSWER_SKIPPED ? 0x10 : 0x0F;
    case QUESTION_MENTION:
        return mention[row->value & 3];
    case QUESTION_RETURNING:
        return returning[row->value % 3];
    case QUESTION_HELP:
        return row->value == HELP_YES ? 0x01 : 0x10;
    case QUESTION_SIGN_ON:
    case QUESTION_SIGN_OFF:
        return 0x01;
    case QUESTION_FLAG:
        return row->value == FLAG_WITHDRAWN ? 0x1F : 0;
    default:
        return 0;
    }
}

static bool use_press(struct ledger *ledger, const struct row *row, uint8_t buttons,
                      const struct ledger_boot *boot)
{
    uint64_t second_us = boot->powered_us + row->uptime_s * SECOND_US;

    for (unsigned i = 0; i < ledger->press_count; i++) {
        struct ledger_press *press = &ledger->presses[i];
        if (press->kiosk != row->kiosk || press->is_used || !(press->buttons & buttons) ||
            press->down_us + REGISTER_US_MAX < second_us || press->down_us > second_us + SECOND_US ||
            press->down_us > boot->off_us)
            continue;
        press->buttons &= (uint8_t)~buttons;
        press->is_used = press->buttons == 0;
        return true;
    }
    return false;
}

static bool was_pressed(struct ledger *ledger, const struct row *row, uint8_t buttons)
{
    for (unsigned i = 0; i < ledger->boot_count; i++) {
        const struct ledger_boot *boot = &ledger->boots[i];
        if (boot->kiosk == row->kiosk && boot->number == row->boot && use_press(ledger, row, buttons, boot))
            return true;
    }
    return false;
}

/* A second button at once withdraws the rating before its choice is ever shown. */
static bool is_withdrawn(struct rows *rows, const struct row *row)
{
    const struct row *next = find_row(rows, row->kiosk, row->seq + 1);

    return row->question == QUESTION_RATING && next != NULL && next->question == QUESTION_FLAG;
}

/* Stored under the ids that the kiosk gave up before it heard of the ACK, and under those that it got after. */
static bool is_told_twice(const struct ledger *ledger, const struct row *row)
{
    const struct ledger_kiosk *kiosk = &ledger->kiosks[row->kiosk];

    return row->seq >= kiosk->twice_from && row->seq < kiosk->twice_to && row[-1].question == row->question &&
           row[-1].value == row->value && row[-1].boot == row->boot && row[-1].uptime_s == row->uptime_s;
}

/* Rows: each pressed, once; what no display acknowledged, one at most for each cut. */
static void check_rows(struct ledger *ledger, struct rows *rows)
{
    for (unsigned i = 0; i < rows->count; i++) {
        const struct row *row = &rows->all[i];
        uint8_t buttons = buttons_for(row);

        if (row->kiosk < 0) {
            ledger_fail(ledger, "a kiosk that does not exist has %u stored", (unsigned)row->seq);
            continue;
        }
        bool is_second = i > 0 && row[-1].kiosk == row->kiosk && row[-1].seq == row->seq;
        if (is_second && is_told_twice(ledger, row))
            continue;
        if (is_second && !ledger->kiosks[row->kiosk].is_damaged[row->seq % STORAGE_SLOT_COUNT])
            ledger_fail(ledger, "kiosk %d: %u is stored twice", row->kiosk, (unsigned)row->seq);
        if (buttons == 0)
            continue;
        if (!was_pressed(ledger, row, buttons))
            ledger_fail(ledger, "kiosk %d: %u is %u=%u, which nobody pressed", row->kiosk, (unsigned)row->seq,
                        row->question, row->value);
        if (!row->is_acknowledged && !is_withdrawn(rows, row))
            ledger->kiosks[row->kiosk].unacknowledged++;
    }
    for (unsigned i = 0; i < LEDGER_KIOSKS_MAX; i++) {
        if (ledger->kiosks[i].unacknowledged > ledger->kiosks[i].cuts)
            ledger_fail(ledger, "kiosk %u: %u answers were never acknowledged, in %u cuts", i,
                        ledger->kiosks[i].unacknowledged, (unsigned)ledger->kiosks[i].cuts);
    }
}

/*
 * A slot whose erase was cut short, before an old one whose cells decayed, looks like two of the newest answers that
 * decayed. The kiosk does not use their numbers again: the first is called dead, and nothing was ever in it.
 */
static bool may_be_passed_over(const struct ledger *ledger, unsigned kiosk, uint32_t seq, int cause)
{
    return cause == LOST_DEAD_SLOT && may_be_gone(ledger, kiosk, seq + 1);
}

/* Gaps: only where a database was restored or cells were damaged. */
static void check_gaps(struct ledger *ledger, struct store *store)
{
    sqlite3_stmt *statement =
        prepare(ledger, store,
                "SELECT kiosk_id, first, last, cause FROM lost JOIN journal ON journal.id = journal"
                " JOIN kiosk ON kiosk.id = kiosk");

    while (sqlite3_step(statement) == SQLITE_ROW) {
        int kiosk = kiosk_of(ledger, (uint64_t)sqlite3_column_int64(statement, 0));
        uint32_t last = (uint32_t)sqlite3_column_int64(statement, 2);
        int cause = sqlite3_column_int(statement, 3);
        for (uint32_t seq = (uint32_t)sqlite3_column_int64(statement, 1); kiosk >= 0 && seq <= last; seq++) {
            if (!may_be_gone(ledger, (unsigned)kiosk, seq) &&
                !may_be_passed_over(ledger, (unsigned)kiosk, seq, cause))
                ledger_fail(ledger, "kiosk %d: %u is called lost (%d) and had no reason to be", kiosk,
                            (unsigned)seq, cause);
        }
    }
    sqlite3_finalize(statement);
}

static void check_recount(struct ledger *ledger, struct store *store)
{
    struct store_verified verified;
    struct store_error error;

    if (store_verify(store, &verified, NULL, NULL, &error) != STORE_OK) {
        ledger_fail(ledger, "the database cannot be verified: %.120s", error.text);
        return;
    }
    if (verified.first_difference[0] != '\0' ||
        verified.tallies_wrong + verified.visits_wrong + verified.missing > 0)
        ledger_fail(ledger, "a recount differs: %.150s", verified.first_difference);
}

static bool was_acknowledged(const struct ledger *ledger, int kiosk, uint32_t seq, uint8_t question,
                             uint16_t value)
{
    for (unsigned i = 0; i < ledger->ack_count; i++) {
        const struct ledger_ack *ack = &ledger->acks[i];
        if (ack->kiosk == kiosk && ack->seq == seq && ack->question == question && ack->value == value)
            return true;
    }
    return false;
}

/*
 * What is kept aside was called lost, when an older database took its place or cells decayed that read right again
 * later, and came after all: as it was acknowledged, if it was pressed; a question that ran out of time shows no
 * acknowledgement.
 */
static void check_conflicts(struct ledger *ledger, struct store *store)
{
    sqlite3_stmt *statement =
        prepare(ledger, store,
                "SELECT kiosk_id, seq, question, value FROM conflict JOIN journal ON journal.id = journal"
                " JOIN kiosk ON kiosk.id = kiosk");

    while (sqlite3_step(statement) == SQLITE_ROW) {
        int kiosk = kiosk_of(ledger, (uint64_t)sqlite3_column_int64(statement, 0));
        uint32_t seq = (uint32_t)sqlite3_column_int64(statement, 1);
        uint8_t question = (uint8_t)sqlite3_column_int(statement, 2);
        uint16_t value = (uint16_t)sqlite3_column_int(statement, 3);
        const struct row row = {.kiosk = kiosk, .seq = seq, .question = question, .value = value};
        if (kiosk < 0 || !may_be_gone(ledger, (unsigned)kiosk, seq) ||
            (buttons_for(&row) != 0 && !was_acknowledged(ledger, kiosk, seq, question, value)))
            ledger_fail(ledger, "kiosk %d: %u came with two contents, one %u=%u", kiosk, (unsigned)seq,
                        question, value);
    }
    sqlite3_finalize(statement);
}

/* Whoever asked for somebody has one call for it, and nobody else has; late or not, as the arrival says. */
static void check_calls(struct ledger *ledger, struct store *store)
{
    sqlite3_stmt *statement = prepare(ledger, store,
                                      "SELECT (SELECT count(*) FROM answer WHERE question = 9 AND value = 1),"
                                      " (SELECT count(*) FROM help_call JOIN answer USING (journal, seq) "
                                      "WHERE kind = 1 AND question = 9 AND value = 1),"
                                      " (SELECT count(*) FROM help_call WHERE kind = 1),"
                                      " (SELECT count(*) FROM help_call WHERE kind = 1 AND (state = 4) <> "
                                      "(help_call.arrived_ms - called_ms > 120000))");

    if (sqlite3_step(statement) != SQLITE_ROW) {
        ledger_fail(ledger, "the help calls cannot be read");
    } else {
        int asked = sqlite3_column_int(statement, 0), answered = sqlite3_column_int(statement, 1);
        if (asked != answered || answered != sqlite3_column_int(statement, 2))
            ledger_fail(ledger, "%d answers ask for somebody, %d of them have a call, %d calls are there",
                        asked, answered, sqlite3_column_int(statement, 2));
        if (sqlite3_column_int(statement, 3) != 0)
            ledger_fail(ledger, "%d calls are missed or not without a reason",
                        sqlite3_column_int(statement, 3));
    }
    sqlite3_finalize(statement);
}

void ledger_check(struct ledger *ledger, struct store *store)
{
    static struct rows rows; /* too large for a stack */

    load_rows(ledger, store, &rows);
    check_acks(ledger, &rows);
    check_rows(ledger, &rows);
    check_gaps(ledger, store);
    check_recount(ledger, store);
    check_conflicts(ledger, store);
    check_calls(ledger, store);
}
