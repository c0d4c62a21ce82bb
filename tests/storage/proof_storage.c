/* SPDX-License-Identifier: MIT
 *
 * proof_storage.c - nothing is lost or doubled, whatever the disk does, and when memory runs out.
 *
 * A scripted day runs against a store on a disk in memory, as the writer drives it. Before each operation of the disk
 * the process forks once for every way in which that operation can go wrong; the child goes on with the fault, starts
 * the daemon again where it had to end, looks at what is there, lets the kiosk send the rest and compares the result
 * with a day without faults. What was acknowledged is known to the child from its own memory, as a kiosk knows it.
 *
 * With --memory the process forks before each allocation instead, SQLite's included, and the child does not get it.
 *
 *   --every N   only every N-th operation        --seeds N   so many seeds for reordered and torn writes
 *   --pairs N   a second fault at every N-th operation after the first            --jobs N   processes at once
 *   --syncs     only failed syncs, and power failure in each operation of the start that follows
 *
 * --every 1 is the default. For a long run: --seeds 20, or --pairs 10.
 */
#include <getopt.h>
#include <setjmp.h>
#include <sqlite3.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fault_memory.h"
#include "fault_vfs.h"
#include "script.h"

#define OFFERED 1 /* the row of an offer that was committed and not said is taken again, so that rows can be compared */
#define VFS_NAME "fault"
#define CHECKPOINT_PAGES 120 /* small: the day has several checkpoints */
#define DIGEST_COUNT 12
#define RESEND_BATCH_MAX 64
#define CASE_LIMIT_S 60
#define FULL_TRIES 3 /* a full disk gets room after so many tries */
#define FAILURES_SHOWN 5

#define EFFECTS(X)          \
    X(ERROR, "failed")      \
    X(FULL, "full")         \
    X(FULL_LONG, "full for a while") \
    X(SHORT, "short")       \
    X(LOST, "crash, unsynced lost") \
    X(KEPT, "crash, kept")  \
    X(REORDERED, "crash, reordered") \
    X(TORN, "crash, torn")  \
    X(MEMORY, "no memory")
#define EFFECT_ENUMERATOR(NAME, name) KIND_##NAME,
#define EFFECT_NAME(NAME, name) name,
#define OPERATION_NAME(NAME, name) name,
enum kind { EFFECTS(EFFECT_ENUMERATOR) KIND_COUNT };

static const char *const kind_names[] = {EFFECTS(EFFECT_NAME)};
static const char *const operation_names[] = {FAULT_OPERATIONS(OPERATION_NAME)};

struct totals {
    unsigned cases, pairs, failed, lost;
    unsigned by_kind[KIND_COUNT][FAULT_OPERATION_COUNT];
};

struct options {
    unsigned every, seeds, pairs, jobs;
    bool is_memory, is_syncs;
};

enum phase { PHASE_OPEN, PHASE_WORK, PHASE_CLOSE, PHASE_COUNT };

struct proof {
    struct options options;
    struct totals *totals; /* shared with all children */
    const struct script *script;
    struct fault_vfs *vfs;
    struct store *store;
    struct store_error error;
    struct work_runner runner;
    uint32_t epoch;

    unsigned batch;      /* the next to run */
    unsigned acked;      /* batches that were acknowledged */
    uint32_t acked_seq;  /* answers likewise */
    uint32_t sent;       /* ... and what the kiosk has sent */
    jmp_buf again;       /* where a case starts the daemon once more after its second fault */
    bool has_stumbled;
    uint64_t kiosk_id, journal_id;
    int64_t kiosk, journal;
    uint64_t digest[DIGEST_COUNT]; /* of a day without faults */

    unsigned operation_count, allocation_count, running;
    unsigned seen[PHASE_COUNT][FAULT_OPERATION_COUNT][2]; /* of the database, of its neighbours: a sample has them all */
    unsigned depth; /* 0: the day itself; 1: a case; 2: a second fault in a case */
    bool is_armed;

    enum phase phase; /* what runs now, and what ran when the fault struck */
    enum phase struck_phase;
    bool has_struck;
    enum kind kind;
    enum fault_operation operation;
    unsigned struck_at;
    char struck_file[64];
    char first_fault[128]; /* of a case with two */
    uint64_t seed;
};

static void fail(const struct proof *proof, const char *format, ...) __attribute__((format(printf, 2, 3), noreturn));

/* The end of a case that shows a fault of the product. */
static void fail(const struct proof *proof, const char *format, ...)
{
    va_list arguments;

    if (__atomic_fetch_add(&proof->totals->failed, 1, __ATOMIC_RELAXED) < FAILURES_SHOWN) {
        fprintf(stderr, "operation %u (%s of %s, %s, seed %llu)%s: ", proof->struck_at,
                operation_names[proof->operation], proof->struck_file, kind_names[proof->kind],
                (unsigned long long)proof->seed, proof->first_fault);
        va_start(arguments, format);
        vfprintf(stderr, format, arguments);
        va_end(arguments);
        fputc('\n', stderr);
    }
    _exit(1);
}

/* The second fault ends the daemon a second time; without one it is a fault of the product. */
static void stumble(struct proof *proof, const char *what) __attribute__((noreturn));

static void stumble(struct proof *proof, const char *what)
{
    if (proof->depth < 2 || proof->has_stumbled)
        fail(proof, "%s: %s", what, proof->error.text);
    proof->has_stumbled = true;
    longjmp(proof->again, 1);
}

/* What is in the database ----------------------------------------------------------------------------------------- */

/* All that must be equal in the end. Not: row numbers of the store's choice, and what tells how it came there. */
static const char *const digest_sql[DIGEST_COUNT] = {
    "SELECT seq, visit_back, question, value, boot, uptime_s, instant_ms, span_ms FROM answer ORDER BY seq",
    "SELECT * FROM visit ORDER BY seq",
    "SELECT * FROM tally ORDER BY level, start_ms, kiosk, staff",
    "SELECT first, last, cause FROM lost ORDER BY first",
    "SELECT seq, visit_back, question, value, boot, uptime_s FROM conflict ORDER BY seq, value",
    "SELECT kind, text FROM alarm ORDER BY kind, text",
    "SELECT id, name, is_on_duty, pin, retired_ms FROM staff ORDER BY id",
    "SELECT staff, since_ms FROM presence ORDER BY staff",
    "SELECT begins_after, through, floor_ms, floor_boot, floor_uptime_s FROM journal WHERE is_used = 1",
    "SELECT count(*), name FROM kiosk",
    "SELECT boot, started_ms FROM anchor ORDER BY boot",
    "SELECT name, timezone FROM store",
};

static uint64_t fold(uint64_t hash, const unsigned char *bytes, int size)
{
    for (int i = 0; i < size; i++)
        hash = (hash ^ bytes[i]) * 0x100000001B3u; /* FNV-1a */
    return hash;
}

static uint64_t hash_rows(struct proof *proof, const char *sql)
{
    sqlite3_stmt *row = NULL;
    uint64_t hash = 0xCBF29CE484222325u;
    int code;

    if (sqlite3_prepare_v2(store_connection(proof->store), sql, -1, &row, NULL) != SQLITE_OK)
        fail(proof, "%s: %s", sql, sqlite3_errmsg(store_connection(proof->store)));
    while ((code = sqlite3_step(row)) == SQLITE_ROW) {
        for (int i = 0; i < sqlite3_column_count(row); i++) {
            const unsigned char *text = sqlite3_column_text(row, i);
            hash = fold(hash, text == NULL ? (const unsigned char *)"?" : text,
                        text == NULL ? 1 : sqlite3_column_bytes(row, i) + 1);
        }
    }
    sqlite3_finalize(row);
    if (code != SQLITE_DONE)
        fail(proof, "%s: %s", sql, sqlite3_errstr(code));
    return hash;
}

static void digest_make(struct proof *proof, uint64_t digest[DIGEST_COUNT])
{
    for (size_t i = 0; i < DIGEST_COUNT; i++)
        digest[i] = hash_rows(proof, digest_sql[i]);
}

static void digest_compare(const struct proof *proof, const uint64_t digest[DIGEST_COUNT], const char *when)
{
    for (size_t i = 0; i < DIGEST_COUNT; i++)
        if (digest[i] != proof->digest[i])
            fail(proof, "%s, differs from a day without faults: %s", when, digest_sql[i]);
}

static void digest_check(struct proof *proof, const char *when)
{
    uint64_t digest[DIGEST_COUNT];

    digest_make(proof, digest);
    digest_compare(proof, digest, when);
}

static bool is_same(sqlite3_stmt *row, const struct answer *answer)
{
    return sqlite3_column_int(row, 1) == answer->visit_back && sqlite3_column_int(row, 2) == answer->question &&
           sqlite3_column_int(row, 3) == answer->value && sqlite3_column_int(row, 4) == answer->boot &&
           (uint32_t)sqlite3_column_int64(row, 5) == answer->uptime_s;
}

/* Each stored answer is one that was sent, once, with its content; none up to `acked_seq` is missing. */
static void answers_check(struct proof *proof, uint32_t through, uint32_t sent)
{
    const struct script *script = proof->script;
    sqlite3_stmt *row = NULL;
    uint8_t is_there[SCRIPT_SEQ_MAX] = {0};

    if (sqlite3_prepare_v2(store_connection(proof->store),
                           "SELECT seq, visit_back, question, value, boot, uptime_s FROM answer", -1, &row,
                           NULL) != SQLITE_OK)
        fail(proof, "%s", sqlite3_errmsg(store_connection(proof->store)));
    while (sqlite3_step(row) == SQLITE_ROW) {
        uint32_t seq = (uint32_t)sqlite3_column_int64(row, 0);
        if (seq == 0 || seq > sent || script->is_lost[seq] || !is_same(row, &script->answers[seq]))
            fail(proof, "answer %u is invented or changed", seq);
        if (seq > through)
            fail(proof, "answer %u lies beyond the mark %u", seq, through);
        if (is_there[seq]++)
            fail(proof, "answer %u is doubled", seq);
    }
    sqlite3_finalize(row);
    for (uint32_t seq = 1; seq <= proof->acked_seq || seq <= through; seq++) {
        if (is_there[seq] || (script->is_lost[seq] && seq <= through))
            continue;
        __atomic_fetch_add(&proof->totals->lost, seq <= proof->acked_seq, __ATOMIC_RELAXED);
        fail(proof, "answer %u is not there; acknowledged through %u, the mark is %u", seq, proof->acked_seq, through);
    }
}

static void staff_check(struct proof *proof)
{
    for (unsigned i = 0; i < proof->acked; i++) {
        const struct script_item *item = &proof->script->batches[i].items[0];
        char sql[128];
        sqlite3_stmt *row = NULL;

        if (item->work.kind != WORK_CALL || item->staff.action != SCRIPT_ADD)
            continue;
        snprintf(sql, sizeof sql, "SELECT 1 FROM staff WHERE name = '%s' OR ('%s' = 'Dan' AND name = 'Daniel')",
                 item->staff.name, item->staff.name);
        sqlite3_prepare_v2(store_connection(proof->store), sql, -1, &row, NULL);
        if (sqlite3_step(row) != SQLITE_ROW)
            fail(proof, "%s was added, and is not there", item->staff.name);
        sqlite3_finalize(row);
    }
}

static void verify_check(struct proof *proof)
{
    struct store_verified verified;

    if (store_verify(proof->store, &verified, NULL, NULL, &proof->error) != STORE_OK)
        fail(proof, "verify: %s", proof->error.text);
    if (verified.first_difference[0] != '\0')
        fail(proof, "verify: %s", verified.first_difference);
}

/* Running a day --------------------------------------------------------------------------------------------------- */

static enum store_status open_store(struct proof *proof)
{
    const struct store_options options = {.path = "/disk/byname.db",
                                          .store_name = "Test Street",
                                          .timezone = "Europe/Berlin",
                                          .vfs = VFS_NAME,
                                          .checkpoint_pages = CHECKPOINT_PAGES};

    proof->phase = PHASE_OPEN;
    enum store_status status = store_open(&options, &proof->store, &proof->error);
    if (status == STORE_OK)
        work_runner_init(&proof->runner, proof->store);
    return status;
}

static void close_store(struct proof *proof)
{
    proof->phase = PHASE_CLOSE;
    store_close(proof->store);
    proof->store = NULL;
}

static enum store_status run_staff(struct store *store, void *context, struct store_error *error)
{
    const struct script_staff *staff = context;
    uint16_t id;

    switch (staff->action) {
    case SCRIPT_ADD:
        return store_staff_add(store, staff->name, INT64_C(1793617200000), &id, error);
    case SCRIPT_PIN:
        return store_staff_pin(store, staff->name, staff->value, error);
    case SCRIPT_RENAME:
        return store_staff_rename(store, staff->name, staff->value, error);
    case SCRIPT_OFF_DUTY:
        return store_staff_on_duty(store, staff->name, false, error);
    case SCRIPT_RETIRE:
        return store_staff_retire(store, staff->name, INT64_C(1793617200000), error);
    }
    return STORE_BROKEN;
}

static void work_fill(struct proof *proof, const struct script_item *item, struct work *work)
{
    *work = item->work;
    work->epoch = proof->epoch;
    work->origin.kiosk = proof->kiosk;
    work->origin.journal = proof->journal;
    if (work->kind == WORK_HELLO) {
        work->ask.hello.hello.kiosk_id = proof->kiosk_id;
        work->ask.hello.hello.journal_id = proof->journal_id;
        work->ask.hello.offered = OFFERED;
    }
    if (work->kind == WORK_CALL) {
        union {
            const struct script_staff *from;
            void *to;
        } context = {.from = &item->staff}; /* run_staff does not write there */
        work->ask.call = (struct work_call){run_staff, context.to};
    }
}

/* What the daemon tells the kiosk once the transaction is in. */
static void acknowledge(struct proof *proof, const struct work *work, bool is_again)
{
    if (work->status != STORE_OK && !(is_again && work->kind == WORK_CALL))
        fail(proof, "refused: %s", work->error.text);
    if (work->kind == WORK_HELLO) {
        const struct store_admitted *admitted = &work->result.hello.admitted;
        if (admitted->admission != STORE_ADMITTED && admitted->admission != STORE_ADOPT)
            fail(proof, "the kiosk is not known any more");
        if (admitted->lost_first != 0)
            fail(proof, "answers %u to %u are called lost", admitted->lost_first, admitted->lost_last);
        proof->kiosk_id = admitted->kiosk_id;
        proof->journal_id = admitted->journal_id;
        proof->kiosk = admitted->kiosk;
        proof->journal = admitted->journal;
    } else if ((work->kind == WORK_ANSWERS || work->kind == WORK_LOST) &&
               work->result.ingested.through > proof->acked_seq) {
        proof->acked_seq = work->result.ingested.through;
    }
}

static bool is_name_known(const struct script *script, const char *name)
{
    for (unsigned i = 0; i < script->batch_count; i++) {
        const struct script_staff *staff = &script->batches[i].items[0].staff;
        if (staff->name != NULL && (strcmp(staff->name, name) == 0 ||
                                    (staff->value != NULL && strcmp(staff->value, name) == 0)))
            return true;
    }
    return false;
}

/* The writer makes the roster anew between transactions. What it says goes to the kiosks. */
static enum store_status run_roster(struct proof *proof, int64_t now_ms)
{
    struct work_roster roster;
    bool is_more;

    if (!work_is_roster_stale(&proof->runner, now_ms))
        return STORE_OK;
    enum store_status status = work_roster_make(&proof->runner, now_ms, &roster, &is_more, &proof->error);
    for (uint8_t i = 0; status == STORE_OK && i < roster.count; i++)
        if (!is_name_known(proof->script, roster.entries[i].name))
            fail(proof, "the roster has a name that nobody gave: %s", roster.entries[i].name);
    return status;
}

static enum store_status run_batch(struct proof *proof, const struct script_batch *batch)
{
    struct work works[SCRIPT_ITEMS_MAX];
    struct work *items[SCRIPT_ITEMS_MAX];

    proof->phase = PHASE_WORK;
    for (unsigned i = 0; i < batch->count; i++) {
        items[i] = &works[i];
        work_fill(proof, &batch->items[i], items[i]);
    }
    enum store_status status = work_run(&proof->runner, items, batch->count, &proof->error);
    for (unsigned i = 0; status == STORE_OK && i < batch->count; i++)
        acknowledge(proof, items[i], false);
    return status == STORE_OK ? run_roster(proof, batch->items[0].work.now_ms) : status;
}

static bool is_crash(enum kind kind)
{
    return kind >= KIND_LOST && kind <= KIND_TORN;
}

static bool is_full(enum kind kind)
{
    return kind == KIND_FULL || kind == KIND_FULL_LONG;
}

/* A status that is not good must have its reason, and a failed sync must be one. */
static void status_check(struct proof *proof, enum store_status status)
{
    if (!proof->has_struck && status != STORE_OK)
        fail(proof, "without a fault: %s", proof->error.text);
    if (status == STORE_REFUSED || (status == STORE_FULL && !is_full(proof->kind) && proof->operation != FAULT_MAP))
        fail(proof, "status %d: %s", (int)status, proof->error.text);
    if (status == STORE_BROKEN && is_full(proof->kind))
        fail(proof, "a full disk broke it: %s", proof->error.text);
    if (status == STORE_BROKEN && store_begin(proof->store, &proof->error) != STORE_BROKEN)
        fail(proof, "a broken store goes on");
}

static enum store_status run_full(struct proof *proof, const struct script_batch *batch, enum store_status status)
{
    for (unsigned tries = 1; status == STORE_FULL; tries++) {
        if (tries > FULL_TRIES)
            fail(proof, "there is room, and it is still full: %s", proof->error.text);
        if (tries == FULL_TRIES)
            fault_vfs_set_full(proof->vfs, false);
        proof->epoch++;
        status = run_batch(proof, batch);
    }
    return status;
}

static bool may_go_on(struct proof *proof, enum store_status status)
{
    status_check(proof, status);
    return status == STORE_OK && !fault_vfs_is_off(proof->vfs);
}

static bool open_again(struct proof *proof)
{
    bool had_struck = proof->has_struck;
    enum store_status status;

    close_store(proof);
    status = fault_vfs_is_off(proof->vfs) ? STORE_BROKEN : open_store(proof);
    if (status == STORE_OK && !had_struck && proof->has_struck && proof->struck_phase == PHASE_OPEN &&
        proof->operation == FAULT_SYNC)
        fail(proof, "opened in spite of a failed sync");
    if (status != STORE_OK && !proof->has_struck)
        fail(proof, "cannot open again: %s", proof->error.text);
    return status == STORE_OK && !fault_vfs_is_off(proof->vfs);
}

/* From proof->batch to the end of the day, or to what ends the daemon. */
static bool run_day(struct proof *proof)
{
    const struct script *script = proof->script;

    for (; proof->batch < script->batch_count; proof->batch++) {
        const struct script_batch *batch = &script->batches[proof->batch];
        bool had_struck = proof->has_struck;

        if (batch->is_reopened_before && !open_again(proof))
            return false;
        enum store_status status = run_full(proof, batch, run_batch(proof, batch));
        bool is_sync = proof->operation == FAULT_SYNC && proof->kind == KIND_ERROR;
        if (proof->has_struck && !had_struck && proof->struck_phase == PHASE_WORK && is_sync && status != STORE_BROKEN)
            fail(proof, "went on after a failed sync");
        if (!may_go_on(proof, status))
            return false;
        proof->acked = proof->batch + 1;
    }
    return true;
}

/* After a fault --------------------------------------------------------------------------------------------------- */

static void start_again(struct proof *proof)
{
    fault_vfs_set_full(proof->vfs, false);
    if (open_store(proof) != STORE_OK)
        stumble(proof, "does not start again");
}

/* The daemon is gone, and with a crash the machine was. */
static void end_and_start(struct proof *proof, enum fault_loss loss, bool is_machine)
{
    struct store *dead = proof->store;

    if (is_machine)
        fault_vfs_restart(proof->vfs, loss, proof->seed);
    else
        fault_vfs_end_process(proof->vfs);
    store_close(dead);
    proof->store = NULL;
    start_again(proof);
}

static uint32_t sent_by(const struct work *work)
{
    if (work->kind == WORK_ANSWERS)
        return work->ask.answers.first_seq + work->ask.answers.count - 1;
    return work->kind == WORK_LOST ? work->ask.lost.last : 0;
}

static uint32_t sent_through(const struct proof *proof)
{
    const struct script *script = proof->script;
    uint32_t sent = proof->acked_seq > proof->sent ? proof->acked_seq : proof->sent;

    if (proof->batch >= script->batch_count)
        return script->last_seq;
    for (unsigned i = 0; i < script->batches[proof->batch].count; i++)
        if (sent_by(&script->batches[proof->batch].items[i].work) > sent)
            sent = sent_by(&script->batches[proof->batch].items[i].work);
    return sent;
}

/* The kiosk says who it is and what it still holds; the mark that it is told. */
static uint32_t say_hello(struct proof *proof, uint32_t sent)
{
    const struct work *of_batch =
        &proof->script->batches[proof->batch < proof->script->batch_count ? proof->batch : proof->batch - 1]
             .items[0].work;
    struct work work = {.kind = WORK_HELLO, .now_ms = of_batch->now_ms, .epoch = proof->epoch};
    struct work *items[] = {&work};

    work.ask.hello = (struct work_hello){.is_auto_adopt = true, .offered = OFFERED, .port = SCRIPT_PORT};
    work.ask.hello.hello = (struct message_hello){.major = PROTOCOL_MAJOR,
                                                  .kiosk_id = proof->kiosk_id,
                                                  .journal_id = proof->journal_id,
                                                  .oldest = proof->acked_seq + 1,
                                                  .next = sent + 1,
                                                  .boot = of_batch->origin.boot,
                                                  .firmware = "0.1.0"};
    proof->phase = PHASE_WORK;
    if (work_run(&proof->runner, items, 1, &proof->error) != STORE_OK)
        stumble(proof, "HELLO after the fault");
    acknowledge(proof, &work, false);
    return work.result.hello.admitted.through;
}

/* Only what lies beyond the mark. */
static void trim(struct work *work, uint32_t through)
{
    struct message_answers *message = &work->ask.answers;
    uint8_t skipped = 0;

    while (skipped < message->count && message->answers[skipped].seq <= through)
        skipped++;
    memmove(message->answers, message->answers + skipped, (message->count - skipped) * sizeof *message->answers);
    message->count = (uint8_t)(message->count - skipped);
    message->first_seq += skipped;
}

/* The rest of the day in few transactions. Odd seeds also repeat what had been acknowledged shortly before. */
static void send_rest(struct proof *proof, uint32_t through)
{
    static struct work works[RESEND_BATCH_MAX];
    struct work *items[RESEND_BATCH_MAX];
    const unsigned first = proof->batch;
    unsigned from = first, count = 0;

    if (proof->seed % 2 == 1)
        from = from < 5 ? 2 : from - 3;
    for (unsigned i = from < first ? from : first; i < proof->script->batch_count; i++) {
        const struct script_batch *batch = &proof->script->batches[i];
        for (unsigned j = 0; j < batch->count; j++) {
            struct work *work = &works[count];
            if (i < first && batch->items[j].work.kind != WORK_ANSWERS)
                continue;
            work_fill(proof, &batch->items[j], work);
            if (work->kind == WORK_ANSWERS && !batch->items[j].is_repeat && proof->seed % 2 == 0)
                trim(work, through);
            if (work->kind == WORK_HELLO && work->ask.hello.hello.next <= through && proof->has_stumbled)
                continue; /* it was said, and answered */
            if (sent_by(&batch->items[j].work) > proof->sent)
                proof->sent = sent_by(&batch->items[j].work);
            items[count++] = work;
        }
        bool is_last = i + 1 == proof->script->batch_count;
        if (count + SCRIPT_ITEMS_MAX <= RESEND_BATCH_MAX && !is_last && i > first + 1)
            continue;
        if (work_run(&proof->runner, items, count, &proof->error) != STORE_OK)
            stumble(proof, "sending the rest");
        for (unsigned j = 0; j < count; j++)
            acknowledge(proof, items[j], i <= first + 1 || proof->has_stumbled);
        count = 0;
        if (i >= first)
            proof->batch = proof->acked = i + 1;
    }
    proof->batch = proof->script->batch_count;
    proof->acked = proof->batch;
}

static void look_and_finish(struct proof *proof)
{
    uint32_t sent = sent_through(proof);
    uint32_t through = say_hello(proof, sent);

    if (through < proof->acked_seq || through > sent)
        fail(proof, "the mark is %u; acknowledged %u, sent %u", through, proof->acked_seq, sent);
    answers_check(proof, through, sent);
    staff_check(proof);
    verify_check(proof);
    send_rest(proof, through);
    digest_check(proof, "after sending the rest");
    verify_check(proof);
}

static enum fault_loss loss_of(enum kind kind)
{
    switch (kind) {
    case KIND_KEPT:
        return FAULT_KEEP_ALL;
    case KIND_REORDERED:
        return FAULT_REORDER;
    case KIND_TORN:
        return FAULT_TEAR;
    default:
        return FAULT_LOSE_ALL;
    }
}

static void reap(struct proof *proof)
{
    int status = 0;

    if (wait(&status) < 0)
        return;
    proof->running--;
    if (WIFEXITED(status) && WEXITSTATUS(status) <= 1)
        return;
    if (__atomic_fetch_add(&proof->totals->failed, 1, __ATOMIC_RELAXED) < FAILURES_SHOWN)
        fprintf(stderr, "near operation %u: a case ended with status %#x\n", proof->operation_count, status);
}

/* The rest of a case's life; digest: of a day that came to its end. */
static void finish_case(struct proof *proof, const uint64_t *digest)
{
    if (digest != NULL)
        digest_compare(proof, digest, "at the end of the day");
    if (setjmp(proof->again) == 0 && !is_crash(proof->kind) && proof->seed % 4 < 2)
        close_store(proof); /* as the daemon ends */
    end_and_start(proof, loss_of(proof->kind), is_crash(proof->kind));
    look_and_finish(proof);
    /* What was acknowledged after the fault must be on the disk, not in the page cache alone. */
    end_and_start(proof, FAULT_LOSE_ALL, true);
    answers_check(proof, proof->script->last_seq, proof->script->last_seq);
    digest_check(proof, "after losing power in the end");
    while (proof->running > 0)
        reap(proof);
    _exit(0);
}

/* Cases ----------------------------------------------------------------------------------------------------------- */

static bool is_possible(enum fault_operation operation, enum kind kind)
{
    if (kind == KIND_MEMORY)
        return false;
    if (is_crash(kind))
        return operation == FAULT_WRITE || operation == FAULT_SYNC || operation == FAULT_TRUNCATE ||
               operation == FAULT_DELETE;
    return kind == KIND_ERROR || operation == FAULT_WRITE;
}

/* True in the child, which is the case. */
static bool fork_case(struct proof *proof, enum kind kind, uint64_t seed)
{
    while (proof->running >= proof->options.jobs)
        reap(proof);
    pid_t child = fork();
    if (child < 0) {
        perror("fork");
        exit(2);
    }
    if (child > 0) {
        proof->running++;
        return false;
    }
    alarm(CASE_LIMIT_S);
    if (proof->depth == 1)
        snprintf(proof->first_fault, sizeof proof->first_fault, " after operation %u (%s of %.20s, %s, phase %d), batch %u",
                 proof->struck_at, operation_names[proof->operation], proof->struck_file, kind_names[proof->kind],
                 (int)proof->struck_phase, proof->batch);
    proof->depth++;
    proof->running = 0;
    proof->has_struck = true;
    proof->kind = kind;
    proof->seed = seed;
    memset(proof->seen, 0, sizeof proof->seen);
    proof->is_armed = proof->depth == 1 && (proof->options.pairs != 0 || proof->options.is_syncs) && !proof->options.is_memory;
    __atomic_fetch_add(proof->depth == 1 ? &proof->totals->cases : &proof->totals->pairs, 1, __ATOMIC_RELAXED);
    return true;
}

static enum fault_effect effect_of(struct proof *proof, enum kind kind)
{
    switch (kind) {
    case KIND_ERROR:
        return FAULT_ERROR;
    case KIND_FULL_LONG:
        fault_vfs_set_full(proof->vfs, true);
        return FAULT_FULL;
    case KIND_FULL:
        return FAULT_FULL;
    case KIND_SHORT:
        return FAULT_SHORT;
    default:
        return FAULT_CRASH;
    }
}

/* After a failed sync the disk and what the kernel shows differ: --syncs looks at nothing else. */
static bool is_chosen(const struct proof *proof, enum fault_operation operation, enum kind kind)
{
    if (!proof->options.is_syncs)
        return proof->depth == 0 || kind == KIND_TORN || kind == KIND_ERROR;
    return proof->depth == 0 ? operation == FAULT_SYNC && kind == KIND_ERROR : proof->phase == PHASE_OPEN && kind == KIND_TORN;
}

static enum fault_effect on_operation(void *context, struct fault_call *call)
{
    enum fault_operation operation = call->operation;
    struct proof *proof = context;
    unsigned every = proof->depth == 0 || proof->options.is_syncs ? proof->options.every : proof->options.pairs;

    proof->operation_count++;
    if (!proof->is_armed || proof->options.is_memory)
        return FAULT_NONE;
    if (proof->seen[proof->phase][operation][strchr(call->file, '-') != NULL]++ % every != 0)
        return FAULT_NONE;
    for (enum kind kind = 0; kind < KIND_COUNT; kind++) {
        unsigned seeds = kind == KIND_REORDERED || kind == KIND_TORN ? proof->options.seeds : 1;
        if (!is_possible(operation, kind) || !is_chosen(proof, operation, kind))
            continue;
        for (unsigned i = 0; i < seeds; i++) {
            if (!fork_case(proof, kind, (uint64_t)proof->operation_count * 7919 + i + kind))
                continue;
            proof->operation = operation;
            proof->struck_at = proof->operation_count;
            proof->struck_phase = proof->phase;
            snprintf(proof->struck_file, sizeof proof->struck_file, "%s", call->file);
            __atomic_fetch_add(&proof->totals->by_kind[kind][operation], 1, __ATOMIC_RELAXED);
            return effect_of(proof, kind);
        }
    }
    return FAULT_NONE;
}

static bool on_allocation(void *context)
{
    struct proof *proof = context;

    if (!proof->is_armed)
        return false;
    proof->allocation_count++;
    if (proof->allocation_count % proof->options.every != 0 || !fork_case(proof, KIND_MEMORY, proof->allocation_count))
        return false;
    proof->operation = FAULT_OPEN;
    proof->struck_at = proof->allocation_count;
    proof->struck_phase = proof->phase;
    snprintf(proof->struck_file, sizeof proof->struck_file, "memory, phase %d", (int)proof->phase);
    __atomic_fetch_add(&proof->totals->by_kind[KIND_MEMORY][FAULT_OPEN], 1, __ATOMIC_RELAXED);
    return true;
}

static void machine_make(struct proof *proof)
{
    fault_vfs_destroy(proof->vfs);
    proof->vfs = fault_vfs_create(VFS_NAME);
    if (proof->vfs == NULL)
        exit(2);
    proof->kiosk_id = proof->journal_id = 0;
    proof->kiosk = proof->journal = 0;
    proof->batch = proof->acked = 0;
    proof->acked_seq = 0;
    proof->operation_count = 0;
    fault_vfs_set_hook(proof->vfs, on_operation, proof);
}

/* A day from an empty disk. In a child it does not return. */
static void run(struct proof *proof, uint64_t digest[DIGEST_COUNT])
{
    machine_make(proof);
    bool is_open = open_store(proof) == STORE_OK;
    if (!is_open && !proof->has_struck)
        fail(proof, "cannot open: %s", proof->error.text);
    if (is_open && proof->has_struck && proof->operation == FAULT_SYNC)
        fail(proof, "opened in spite of a failed sync");
    bool is_over = is_open && !fault_vfs_is_off(proof->vfs) && run_day(proof);
    if (is_over) {
        bool was_armed = proof->is_armed;
        proof->is_armed = false;
        verify_check(proof);
        digest_make(proof, digest);
        proof->is_armed = was_armed;
        close_store(proof);
    }
    if (proof->depth > 0)
        finish_case(proof, is_over ? digest : NULL);
}

/* Every way in which an operation can fail must have been seen, or the proof is of something else. */
static bool is_complete(const struct totals *totals, const struct options *options)
{
    static const struct {
        enum kind kind;
        enum fault_operation operation;
    } wanted[] = {
        {KIND_ERROR, FAULT_OPEN}, {KIND_ERROR, FAULT_WRITE},     {KIND_ERROR, FAULT_TRUNCATE}, {KIND_ERROR, FAULT_SYNC},
        {KIND_ERROR, FAULT_MAP},  {KIND_ERROR, FAULT_DELETE},    {KIND_FULL, FAULT_WRITE},     {KIND_FULL_LONG, FAULT_WRITE},
        {KIND_SHORT, FAULT_WRITE}, {KIND_LOST, FAULT_WRITE},     {KIND_KEPT, FAULT_WRITE},     {KIND_REORDERED, FAULT_WRITE},
        {KIND_TORN, FAULT_WRITE}, {KIND_LOST, FAULT_SYNC},       {KIND_TORN, FAULT_SYNC},      {KIND_LOST, FAULT_TRUNCATE},
    };
    bool is_complete = true;

    if (options->is_memory)
        return totals->by_kind[KIND_MEMORY][FAULT_OPEN] > 0;
    if (options->is_syncs)
        return totals->by_kind[KIND_ERROR][FAULT_SYNC] > 0 && totals->by_kind[KIND_TORN][FAULT_WRITE] > 0;
    for (size_t i = 0; i < sizeof wanted / sizeof *wanted; i++) {
        if (totals->by_kind[wanted[i].kind][wanted[i].operation] > 0)
            continue;
        fprintf(stderr, "no case of: %s, %s\n", operation_names[wanted[i].operation], kind_names[wanted[i].kind]);
        is_complete = false;
    }
    return is_complete;
}

static void say_totals(const struct totals *totals)
{
    unsigned faults = 0;

    printf("proof: %s: %u cases", totals->by_kind[KIND_MEMORY][FAULT_OPEN] > 0 ? "memory" : "storage", totals->cases);
    if (totals->pairs > 0)
        printf(" and %u with a second fault", totals->pairs);
    for (enum kind kind = 0; kind < KIND_COUNT; kind++) {
        unsigned sum = 0;
        for (size_t i = 0; i < FAULT_OPERATION_COUNT; i++)
            sum += totals->by_kind[kind][i];
        if (sum > 0)
            printf(", %s %u", kind_names[kind], sum);
        faults += sum;
    }
    printf("; %u faults, %u lost\n", faults, totals->lost);
}

static unsigned number_of(const char *text)
{
    return (unsigned)strtoul(text, NULL, 10);
}

static bool parse(struct options *options, int argument_count, char **arguments)
{
    static const struct option names[] = {{"every", required_argument, NULL, 'e'},
                                          {"seeds", required_argument, NULL, 's'},
                                          {"pairs", required_argument, NULL, 'p'},
                                          {"jobs", required_argument, NULL, 'j'},
                                          {"memory", no_argument, NULL, 'm'},
                                          {"syncs", no_argument, NULL, 'y'},
                                          {NULL, 0, NULL, 0}};
    int option;

    while ((option = getopt_long(argument_count, arguments, "", names, NULL)) != -1) {
        if (option == 'm') {
            options->is_memory = true;
            continue;
        }
        if (option == 'y') {
            options->is_syncs = true;
            continue;
        }
        unsigned *const target = option == 'e'   ? &options->every
                                 : option == 's' ? &options->seeds
                                 : option == 'p' ? &options->pairs
                                 : option == 'j' ? &options->jobs
                                                 : NULL;
        if (target == NULL)
            return false;
        *target = number_of(optarg);
    }
    return options->every > 0 && options->seeds > 0 && options->jobs > 0;
}

int main(int argument_count, char **arguments)
{
    static struct script script;
    uint64_t digest[DIGEST_COUNT];
    static struct proof proof = {.options = {.every = 1, .seeds = 1, .jobs = 2}, .script = &script};
    struct totals *totals;

    if (!parse(&proof.options, argument_count, arguments)) {
        fputs("usage: proof_storage [--every N] [--seeds N] [--pairs N] [--jobs N] [--memory | --syncs]\n", stderr);
        return 2;
    }
    totals = mmap(NULL, sizeof *totals, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (totals == MAP_FAILED)
        return 2;
    proof.totals = totals;
    script_make(&script, 1);
    run(&proof, proof.digest);
    proof.is_armed = true;
    if (proof.options.is_memory)
        fault_memory_set_hook(on_allocation, &proof);
    run(&proof, digest);
    fault_memory_set_hook(NULL, NULL);
    while (proof.running > 0)
        reap(&proof);
    fault_vfs_destroy(proof.vfs);
    printf("%u operations of the disk, %u allocations, %u batches, %u answers\n", proof.operation_count,
           proof.allocation_count, script.batch_count, script.last_seq);
    say_totals(totals);
    return totals->failed == 0 && is_complete(totals, &proof.options) ? 0 : 1;
}
