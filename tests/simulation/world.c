/* SPDX-License-Identifier: MIT */
#include "world.h"

#include <sqlite3.h>
#include <stdio.h>
#include <string.h>

#define MS_US 1000
#define SETTLE_US (150 * SECOND_US)
#define NOISE_MAX 60000

/* What can happen to a run as a whole; noise on the lines comes on top. */
enum trouble {
    TROUBLE_POWER, /* a kiosk loses it at any time */
    TROUBLE_WRITE, /* ... in the middle of an EEPROM write */
    TROUBLE_WATCHDOG,
    TROUBLE_UNPLUG,
    TROUBLE_WIRE,
    TROUBLE_MOVE,
    TROUBLE_KILL,
    TROUBLE_COMMIT,
    TROUBLE_ACK,
    TROUBLE_HOST,
    TROUBLE_RESTART,
    TROUBLE_FULL,
    TROUBLE_DISK,
    TROUBLE_CLOCK,
    TROUBLE_RESTORE,
    TROUBLE_DAMAGE,
    TROUBLE_IDENTITY,
    TROUBLE_WIPE,
    TROUBLE_FORGET,
    TROUBLE_SWAP,
    TROUBLE_COUNT,
};

void world_install(struct world *world)
{
    disk_install(&world->disk);
}

/* In the place of the last one, if any. */
static void keep_copy(struct fault_copy **place, struct fault_copy *copy)
{
    fault_copy_destroy(*place);
    *place = copy;
}

void world_free(struct world *world)
{
    keep_copy(&world->backup, NULL);
    keep_copy(&world->ours, NULL);
    keep_copy(&world->others, NULL);
    disk_free(&world->disk);
}

static struct bench *dice(struct world *world)
{
    return &world->bench;
}

static struct world_kiosk *any_kiosk(struct world *world)
{
    return &world->kiosks[bench_below(dice(world), world->kiosk_count)];
}

static void on_shown(void *context, struct board *board)
{
    ledger_on_shown(&((struct world *)context)->ledger, board);
}

/* Power and cables --------------------------------------------------------------------------------------- */

/* An older database does not know what a kiosk calls itself since, and cannot take it back: its ids end by a gesture
 * at the kiosk only. */
static void note_identity(struct world *world, const struct board *board)
{
    if (board->kiosk.identity.kiosk_id == world->ledger.id[board->number])
        return;
    ledger_on_identity(&world->ledger, board);
    keep_copy(&world->backup, NULL);
}

/* What somebody did to it while it was off, or does while it starts. */
static void change_memory(struct world *world, struct world_kiosk *kiosk)
{
    struct board *board = &kiosk->board;

    if (kiosk->is_to_be_wiped && ledger_on_wipe(&world->ledger, board)) {
        memset(board->eeprom, 0xFF, sizeof board->eeprom);
        keep_copy(&world->backup, NULL);
        bench_fault(dice(world), FAULT_WIPED, "kiosk %u: its memory is wiped", board->number);
    }
    if (kiosk->is_to_forget && world->bench.is_faulty) {
        customer_hold(&kiosk->customer, KIOSK_GESTURE_FORGET, 1300 * MS_US);
        bench_fault(dice(world), FAULT_FORGOTTEN, "kiosk %u: the gesture is made", board->number);
    }
    kiosk->is_to_be_wiped = kiosk->is_to_forget = false;
}

static void power_on(struct world *world, struct world_kiosk *kiosk, uint8_t causes)
{
    kiosk->power_us = NEVER_US;
    if (causes == RESET_POWER_ON)
        change_memory(world, kiosk);
    board_power_on(&kiosk->board, causes);
    if (!kiosk->board.is_on)
        return;
    ledger_on_power(&world->ledger, &kiosk->board);
    note_identity(world, &kiosk->board);
}

/* It stopped in a step, or just now. */
static void after_cut(struct world *world, struct world_kiosk *kiosk)
{
    uint64_t pause_us =
        kiosk->board.is_cut_by_watchdog ? 20 * MS_US : bench_between(dice(world), 50 * MS_US, 15 * SECOND_US);

    ledger_on_cut(&world->ledger, &kiosk->board);
    kiosk->power_us = kiosk->board.now_us + pause_us;
}

static void unplug(struct world *world, struct world_kiosk *kiosk)
{
    line_clear(&kiosk->up);
    line_clear(&kiosk->down);
    kiosk->up.is_connected = kiosk->down.is_connected = false;
    if (kiosk->port >= 0)
        collector_plug(&world->collector, (uint16_t)kiosk->port, NULL);
    kiosk->port = -1;
}

static bool is_taken(const struct world *world, int port)
{
    for (unsigned i = 0; i < world->kiosk_count; i++) {
        if (world->kiosks[i].port == port)
            return true;
    }
    return false;
}

static void plug(struct world *world, struct world_kiosk *kiosk, int port)
{
    kiosk->cable_us = NEVER_US;
    kiosk->up.is_connected = kiosk->down.is_connected = true;
    if (kiosk->port >= 0)
        return; /* the wire was cut, not the plug pulled */
    while (is_taken(world, port))
        port = (port + 1) % world->collector.port_count;
    kiosk->port = port;
    collector_plug(&world->collector, (uint16_t)port, &kiosk->down);
    bench_trace(dice(world), "kiosk %u: plugged in at %s", kiosk->board.number,
                collector_port_name((uint16_t)port));
}

/* Trouble ------------------------------------------------------------------------------------------------ */

static void plan_cut(struct world *world, struct board *board, enum trouble trouble)
{
    if (!board->is_on)
        return;
    board->is_cut_by_watchdog = trouble == TROUBLE_WATCHDOG;
    if (trouble == TROUBLE_WRITE)
        board->cut_after = 1 + bench_below(dice(world), 40);
    else
        board->cut_us = world->bench.now_us + bench_below(dice(world), 200000);
}

static void cut_cable(struct world *world, struct world_kiosk *kiosk, enum trouble trouble)
{
    int port = kiosk->port;

    if (kiosk->cable_us != NEVER_US)
        return;
    kiosk->cable_us = world->bench.now_us + bench_between(dice(world), 100 * MS_US, 25 * SECOND_US);
    if (trouble == TROUBLE_WIRE) {
        bench_fault(dice(world), FAULT_WIRE_CUT, "kiosk %u: its wire is cut", kiosk->board.number);
        kiosk->up.is_connected = kiosk->down.is_connected = false;
        return;
    }
    bench_fault(dice(world), FAULT_UNPLUGGED, "kiosk %u: unplugged", kiosk->board.number);
    unplug(world, kiosk);
    if (trouble != TROUBLE_MOVE)
        return;
    bench_fault(dice(world), FAULT_MOVED, "kiosk %u: moves", kiosk->board.number);
    plug(world, kiosk,
         (port + 1 + (int)bench_below(dice(world), world->kiosk_count)) % world->collector.port_count);
}

static void damage(struct world *world, struct board *board)
{
    uint16_t address = (uint16_t)bench_below(dice(world), STORAGE_IDENTITY);

    if (bench_is(dice(world), 700000)) /* among the newest */
        address = (uint16_t)(STORAGE_JOURNAL +
                             (board->kiosk.journal.next + STORAGE_SLOT_COUNT - bench_below(dice(world), 12)) %
                                 STORAGE_SLOT_COUNT * STORAGE_SLOT_SIZE +
                             bench_below(dice(world), STORAGE_SLOT_SIZE));
    board->eeprom[address] ^= (uint8_t)(1u << bench_below(dice(world), 8));
    ledger_on_damage(&world->ledger, board, address);
    bench_fault(dice(world), FAULT_CELL_DAMAGED, "kiosk %u: cell %u changes by itself", board->number,
                address);
}

/* Either copy of it. */
static void damage_identity(struct world *world, struct board *board)
{
    uint16_t address = (uint16_t)(STORAGE_IDENTITY + bench_below(dice(world), STORAGE_SPARE - STORAGE_IDENTITY));

    board->eeprom[address] ^= (uint8_t)(1u << bench_below(dice(world), 8));
    bench_fault(dice(world), FAULT_IDENTITY_DAMAGED, "kiosk %u: cell %u of its identity changes by itself",
                board->number, address);
}

/* The daemon is started on another database, which knows none of the kiosks. */
static void swap_database(struct world *world)
{
    struct collector *collector = &world->collector;

    if (collector->store == NULL || world->is_swapped)
        return;
    collector_stop(collector, bench_between(dice(world), SECOND_US, 5 * SECOND_US));
    keep_copy(&world->ours, fault_vfs_copy(world->disk.vfs));
    fault_vfs_replace(world->disk.vfs, world->others);
    collector->is_auto_adopt = false;
    world->is_swapped = true;
    world->swap_us = world->bench.now_us + bench_between(dice(world), 10 * SECOND_US, 60 * SECOND_US);
    bench_fault(dice(world), FAULT_SWAPPED, "daemon: it gets another database");
}

static void check_strange_database(struct world *world)
{
    sqlite3_stmt *statement = NULL;

    sqlite3_prepare_v2(store_connection(world->collector.store),
                       "SELECT (SELECT count(*) FROM answer) + (SELECT count(*) FROM kiosk)", -1, &statement, NULL);
    if (sqlite3_step(statement) != SQLITE_ROW || sqlite3_column_int(statement, 0) != 0)
        ledger_fail(&world->ledger, "a database that is not the kiosks' took something from them");
    sqlite3_finalize(statement);
}

static void swap_back(struct world *world)
{
    struct collector *collector = &world->collector;

    world->swap_us = NEVER_US;
    if (!world->is_swapped)
        return;
    world->is_swapped = false;
    if (collector->store != NULL) {
        check_strange_database(world);
        collector_stop(collector, SECOND_US);
    }
    keep_copy(&world->others, fault_vfs_copy(world->disk.vfs));
    fault_vfs_replace(world->disk.vfs, world->ours);
    collector->is_auto_adopt = !world->is_by_hand;
    bench_trace(dice(world), "daemon: it gets its own database back");
}

static void restore(struct world *world)
{
    struct collector *collector = &world->collector;

    if (collector->store == NULL || world->backup == NULL || world->is_swapped)
        return;
    ledger_on_restore(&world->ledger, collector->store);
    collector_stop(collector, bench_between(dice(world), SECOND_US, 20 * SECOND_US));
    fault_vfs_replace(world->disk.vfs, world->backup);
    bench_fault(dice(world), FAULT_RESTORED, "daemon: its database is an older one now");
}

static void end_daemon(struct world *world, enum trouble trouble)
{
    struct collector *collector = &world->collector;
    uint64_t pause_us = bench_between(dice(world), 100 * MS_US, 20 * SECOND_US);

    if (collector->store == NULL)
        return;
    switch (trouble) {
    case TROUBLE_COMMIT:
        world->disk.dies_after = 1 + bench_below(dice(world), 30);
        break;
    case TROUBLE_ACK:
        collector->dies_before_ack = true;
        break;
    case TROUBLE_RESTART:
        bench_fault(dice(world), FAULT_DAEMON_RESTARTED, "daemon: restarted");
        collector->is_help_on = bench_is(dice(world), 500000);
        collector_stop(collector, pause_us);
        break;
    default:
        bench_fault(dice(world), trouble == TROUBLE_HOST ? FAULT_HOST_CUT : FAULT_DAEMON_KILLED,
                    "daemon: killed");
        collector_kill(collector, trouble == TROUBLE_HOST, pause_us);
    }
}

static void step_clock(struct world *world)
{
    struct collector *collector = &world->collector;

    collector->is_clock_good = bench_is(dice(world), 500000);
    if (!collector->is_clock_good)
        collector->skew_ms += (int64_t)bench_between(dice(world), 0, 7200000) - 3600000;
    bench_fault(dice(world), FAULT_CLOCK_STEPPED, "daemon: its clock is %s",
                collector->is_clock_good ? "good" : "not to be trusted");
}

static void make_trouble(struct world *world)
{
    enum trouble trouble = (enum trouble)bench_below(dice(world), TROUBLE_COUNT);
    struct world_kiosk *kiosk = any_kiosk(world);

    if (!(world->appetite & 1u << trouble))
        return;
    switch (trouble) {
    case TROUBLE_POWER:
    case TROUBLE_WRITE:
    case TROUBLE_WATCHDOG:
        plan_cut(world, &kiosk->board, trouble);
        break;
    case TROUBLE_UNPLUG:
    case TROUBLE_WIRE:
    case TROUBLE_MOVE:
        cut_cable(world, kiosk, trouble);
        break;
    case TROUBLE_FULL:
        world->full_until_us = world->bench.now_us + bench_between(dice(world), SECOND_US, 60 * SECOND_US);
        world->disk.is_full = true;
        bench_fault(dice(world), FAULT_DISK_FULL, "disk: full");
        break;
    case TROUBLE_DISK:
        world->disk.fails_one = 1 + bench_below(dice(world), 20);
        break;
    case TROUBLE_CLOCK:
        step_clock(world);
        break;
    case TROUBLE_RESTORE:
        restore(world);
        break;
    case TROUBLE_DAMAGE:
        damage(world, &kiosk->board);
        break;
    case TROUBLE_IDENTITY:
        damage_identity(world, &kiosk->board);
        break;
    case TROUBLE_WIPE:
    case TROUBLE_FORGET:
        if (!kiosk->board.is_on || !bench_is(dice(world), 200000))
            break;
        kiosk->is_to_be_wiped = trouble == TROUBLE_WIPE;
        kiosk->is_to_forget = trouble == TROUBLE_FORGET;
        plan_cut(world, &kiosk->board, TROUBLE_POWER);
        break;
    case TROUBLE_SWAP:
        if (bench_is(dice(world), 200000))
            swap_database(world);
        break;
    default:
        end_daemon(world, trouble);
    }
}

/* The manager -------------------------------------------------------------------------------------------- */

struct change {
    uint32_t what, who;
    unsigned number;
    int64_t now_ms;
};

static enum store_status run_change(struct store *store, void *context, struct store_error *error)
{
    const struct change *change = context;
    char which[8], name[24];
    uint16_t id;

    snprintf(which, sizeof which, "%u", (unsigned)change->who);
    snprintf(name, sizeof name, "Zo\xC3\xAB %u", change->number);
    switch (change->what) {
    case 0:
        return store_staff_rename(store, which, name, error);
    case 1:
    case 2:
        return store_staff_on_duty(store, which, change->what == 1, error);
    case 3:
        return store_staff_pin(store, which, change->number % 2 ? "1111" : NULL, error);
    case 4:
        return change->number % 4 == 0 ? store_staff_retire(store, which, change->now_ms, error) : STORE_OK;
    default:
        return store_staff_add(store, name, change->now_ms, &id, error);
    }
}

static enum store_status run_adopt(struct store *store, void *context, struct store_error *error)
{
    const struct change *change = context;
    char name[24];

    snprintf(name, sizeof name, "Kiosk %u", change->number);
    return store_kiosk_adopt(store, collector_port_name((uint16_t)change->who), name, change->now_ms, error);
}

static struct change *next_change(struct world *world, uint32_t what, uint32_t who)
{
    static struct change changes[64]; /* the writer has them for a while */
    struct change *change = &changes[world->change_count % 64];

    *change = (struct change){what, who, world->change_count++, collector_clock(&world->collector).utc_ms};
    return change;
}

static void adopt(struct world *world, const struct world_kiosk *kiosk)
{
    const struct uplink *uplink = &kiosk->board.kiosk.uplink;

    if (!kiosk->board.is_on || kiosk->port < 0 || uplink->link.state != LINK_WAITING ||
        uplink->wait_reason != WAIT_ADOPTION)
        return;
    collector_call(&world->collector, run_adopt, next_change(world, 0, (uint32_t)kiosk->port));
    bench_trace(dice(world), "manager: adopts kiosk %u", kiosk->board.number);
}

static void manage(struct world *world)
{
    if (world->is_swapped)
        return;
    if (world->is_by_hand && bench_is(dice(world), 500000)) {
        adopt(world, any_kiosk(world));
        return;
    }
    struct change *change = next_change(world, bench_below(dice(world), 8), 1 + bench_below(dice(world), 12));
    if (collector_call(&world->collector, run_change, change))
        bench_fault(dice(world), FAULT_STAFF_CHANGED, "manager: change %u of %u", (unsigned)change->what,
                    (unsigned)change->who);
}

static bool are_all_adopted(const struct world *world)
{
    for (unsigned i = 0; i < world->kiosk_count; i++) {
        if (world->kiosks[i].board.kiosk.uplink.link.state != LINK_UP)
            return false;
    }
    return true;
}

/* An older database that does not know a kiosk yet cannot take it back: its ids end by a gesture at the kiosk
 * only. */
static void back_up(struct world *world)
{
    const struct collector *collector = &world->collector;

    if (collector->store != NULL && !world->is_swapped && are_all_adopted(world) && bench_is(dice(world), 200000))
        keep_copy(&world->backup, fault_vfs_copy(world->disk.vfs));
}

/* Time --------------------------------------------------------------------------------------------------- */

static uint64_t earlier(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

static uint64_t kiosk_due_us(const struct world_kiosk *kiosk)
{
    uint64_t due_us = earlier(kiosk->power_us, kiosk->cable_us);

    due_us = earlier(due_us, earlier(kiosk->board.wake_us, kiosk->board.cut_us));
    due_us = earlier(due_us, earlier(line_due_us(&kiosk->up), line_due_us(&kiosk->down)));
    return earlier(due_us, kiosk->customer.next_us);
}

static void step_board(struct world *world, struct world_kiosk *kiosk)
{
    struct board *board = &kiosk->board;
    bool was_on = board->is_on;

    if (world->bench.now_us >= kiosk->power_us)
        power_on(world, kiosk, board->is_cut_by_watchdog ? RESET_WATCHDOG : RESET_POWER_ON);
    else if (world->bench.now_us >= board->wake_us)
        board_step(board);
    else
        board_check_cut(board);
    if (board->is_on)
        note_identity(world, board);
    if (!board->is_on && (was_on || kiosk->power_us == NEVER_US)) /* the latter: while it started */
        after_cut(world, kiosk);
}

static void step_lines(struct world *world, struct world_kiosk *kiosk)
{
    const struct line_chunk *chunk = line_take(&kiosk->down);

    if (chunk != NULL && kiosk->down.is_connected)
        board_receive(&kiosk->board, chunk->bytes, chunk->size);
    chunk = line_take(&kiosk->up);
    if (chunk != NULL && kiosk->up.is_connected && kiosk->port >= 0)
        collector_receive(&world->collector, (uint16_t)kiosk->port, chunk->bytes, chunk->size);
}

static void step_kiosk(struct world *world, struct world_kiosk *kiosk)
{
    if (kiosk_due_us(kiosk) > world->bench.now_us)
        return;
    if (world->bench.now_us >= kiosk->cable_us)
        plug(world, kiosk, kiosk->port < 0 ? (int)kiosk->board.number : kiosk->port);
    if (world->bench.now_us >= kiosk->customer.next_us)
        customer_step(&kiosk->customer);
    step_lines(world, kiosk);
    step_board(world, kiosk);
}

static void step_trouble(struct world *world)
{
    uint64_t now_us = world->bench.now_us;

    if (now_us >= world->full_until_us) {
        world->disk.is_full = false;
        world->full_until_us = NEVER_US;
    }
    if (now_us >= world->swap_us)
        swap_back(world);
    if (now_us >= world->trouble_us) {
        world->trouble_us = now_us + bench_between(dice(world), 1, 2 * world->pause_us);
        make_trouble(world);
    }
    if (now_us < world->manager_us)
        return;
    world->manager_us = now_us + bench_between(dice(world), SECOND_US, 20 * SECOND_US);
    back_up(world);
    manage(world);
}

static void run_until(struct world *world, uint64_t end_us)
{
    while (world->bench.now_us < end_us) {
        uint64_t next_us = earlier(end_us, collector_due_us(&world->collector));
        next_us =
            earlier(next_us, earlier(world->trouble_us, earlier(world->full_until_us, world->manager_us)));
        next_us = earlier(next_us, world->swap_us);
        for (unsigned i = 0; i < world->kiosk_count; i++)
            next_us = earlier(next_us, kiosk_due_us(&world->kiosks[i]));
        if (next_us > world->bench.now_us)
            world->bench.now_us = next_us;
        for (unsigned i = 0; i < world->kiosk_count; i++)
            step_kiosk(world, &world->kiosks[i]);
        if (collector_due_us(&world->collector) <= world->bench.now_us)
            collector_step(&world->collector);
        step_trouble(world);
    }
}

/* A run -------------------------------------------------------------------------------------------------- */

static void begin(struct world *world, uint64_t seed, const char *path)
{
    struct bench *bench = &world->bench;

    bench_start(bench, seed);
    disk_reset(&world->disk, bench);
    keep_copy(&world->backup, NULL);
    keep_copy(&world->others, NULL);
    world->is_swapped = false;
    world->swap_us = NEVER_US;
    ledger_init(&world->ledger, bench);
    collector_init(&world->collector, bench, &world->disk, path);
    world->kiosk_count = 1 + bench_below(bench, LEDGER_BOARDS_MAX);
    world->collector.port_count = (uint16_t)(world->kiosk_count + 1);
    world->is_by_hand = bench_is(bench, 300000);
    world->collector.is_auto_adopt = !world->is_by_hand;
    world->collector.is_help_on = bench_is(bench, 500000);
    world->appetite = bench_below(bench, 1u << TROUBLE_COUNT);
    uint32_t some = bench_below(bench, 1u << TROUBLE_COUNT), others = bench_below(bench, 1u << TROUBLE_COUNT);
    world->appetite &= some | others;
    world->pause_us = bench_between(bench, SECOND_US / 4, 5 * SECOND_US);
    world->trouble_us = bench_between(bench, 0, 2 * world->pause_us);
    world->full_until_us = NEVER_US;
    world->manager_us = 0;
    world->change_count = 0;
    for (unsigned i = 0; i < world->kiosk_count; i++) {
        struct world_kiosk *kiosk = &world->kiosks[i];
        uint32_t noise = bench_is(bench, 400000) ? 0 : bench_below(bench, NOISE_MAX);
        line_init(&kiosk->up, bench, "a kiosk's line up", noise);
        line_init(&kiosk->down, bench, "a kiosk's line down", noise);
        board_init(&kiosk->board, bench, i, &kiosk->up);
        kiosk->board.observer = world;
        kiosk->board.on_shown = on_shown;
        customer_init(&kiosk->customer, bench, &kiosk->board, &world->ledger);
        kiosk->cable_us = NEVER_US;
        kiosk->is_to_be_wiped = kiosk->is_to_forget = false;
        kiosk->port = (int)i;
        world->collector.down[i] = &kiosk->down;
        kiosk->power_us = bench_below(bench, 3000000);
    }
}

/* Now and then a kiosk is alone for so long, with so many customers, that its journal fills up. */
static uint64_t leave_alone(struct world *world)
{
    struct world_kiosk *kiosk = any_kiosk(world);

    if (!bench_is(dice(world), 15000))
        return bench_between(dice(world), 20 * SECOND_US, 120 * SECOND_US);
    kiosk->up.is_connected = kiosk->down.is_connected = false;
    kiosk->cable_us = bench_between(dice(world), 600 * SECOND_US, 1200 * SECOND_US);
    kiosk->customer.is_hasty = true;
    bench_fault(dice(world), FAULT_WIRE_CUT, "kiosk %u: its wire is cut for long", kiosk->board.number);
    return kiosk->cable_us + bench_between(dice(world), 0, 60 * SECOND_US);
}

static void stop_faults(struct world *world)
{
    struct collector *collector = &world->collector;

    bench_trace(dice(world), "all faults cease");
    world->bench.is_faulty = false;
    world->trouble_us = NEVER_US;
    swap_back(world);
    world->disk.is_full = false;
    world->disk.fails_one = world->disk.dies_after = 0;
    world->full_until_us = NEVER_US;
    collector->dies_before_ack = false;
    collector->is_clock_good = true;
    for (unsigned i = 0; i < world->kiosk_count; i++) {
        struct world_kiosk *kiosk = &world->kiosks[i];
        customer_leave(&kiosk->customer);
        kiosk->board.cut_after = 0;
        kiosk->is_to_be_wiped = kiosk->is_to_forget = false;
        if (kiosk->board.is_on)
            kiosk->board.cut_us = NEVER_US;
        if (kiosk->cable_us != NEVER_US)
            plug(world, kiosk, kiosk->port < 0 ? (int)kiosk->board.number : kiosk->port);
    }
}

static bool is_settled(const struct world *world)
{
    for (unsigned i = 0; i < world->kiosk_count; i++) {
        const struct board *board = &world->kiosks[i].board;
        if (!board->is_on || board->kiosk.uplink.link.state != LINK_UP ||
            board->kiosk.journal.oldest != board->kiosk.journal.next ||
            board->kiosk.journal.cleared != board->kiosk.journal.oldest ||
            board->kiosk.shown.kind != SCREEN_IDLE ||
            board->kiosk.roster.write_at < ROSTER_CAPACITY * STORAGE_ROSTER_ENTRY_SIZE)
            return false;
    }
    return world->collector.store != NULL;
}

static void settle(struct world *world)
{
    uint64_t end_us = world->bench.now_us + SETTLE_US;

    do {
        for (unsigned i = 0; i < world->kiosk_count; i++)
            adopt(world, &world->kiosks[i]);
        run_until(world, world->bench.now_us + 5 * SECOND_US);
    } while (world->bench.now_us < end_us && !is_settled(world));
    if (!is_settled(world))
        ledger_fail(&world->ledger, "not everything is at rest %u s after the last fault",
                    (unsigned)(SETTLE_US / SECOND_US));
    run_until(world, world->bench.now_us + 5 * SECOND_US); /* the roster is not in is_settled */
}

static void visit_once_more(struct world *world)
{
    for (unsigned i = 0; i < world->kiosk_count; i++)
        customer_press_once(&world->kiosks[i].customer, (uint8_t)(1 + bench_below(dice(world), 5)));
    unsigned acks = world->ledger.ack_count;
    run_until(world, world->bench.now_us + 250 * MS_US);
    for (unsigned i = 0; i < world->kiosk_count; i++) {
        customer_leave(&world->kiosks[i].customer);
        if (world->kiosks[i].board.kiosk.shown.chosen == 0)
            ledger_fail(&world->ledger, "kiosk %u: the next visit is not taken", i);
    }
    if (world->ledger.ack_count < acks + world->kiosk_count)
        ledger_fail(&world->ledger, "a next visit is not acknowledged");
}

static void check_roster(struct world *world, const struct board *board)
{
    struct staff_entry wanted[ROSTER_CAPACITY];
    struct store_error error;
    uint8_t count;

    if (store_roster(world->collector.store, wanted, &count, &error) != STORE_OK)
        ledger_fail(&world->ledger, "no roster: %.120s", error.text);
    if (board->kiosk.roster.count != count) {
        ledger_fail(&world->ledger, "kiosk %u: %u names, and %u are on the roster", board->number,
                    board->kiosk.roster.count, count);
        return;
    }
    for (uint8_t i = 0; i < count; i++) {
        const struct staff_entry *entry = &board->kiosk.roster.entries[i];
        if (entry->id != wanted[i].id || entry->flags != wanted[i].flags || entry->pin != wanted[i].pin ||
            strcmp(entry->name, wanted[i].name) != 0)
            ledger_fail(&world->ledger, "kiosk %u: name %u is not the roster's", board->number, i);
    }
}

static int64_t row_of(struct world *world, uint64_t kiosk_id)
{
    sqlite3_stmt *statement = NULL;

    sqlite3_prepare_v2(store_connection(world->collector.store), "SELECT id FROM kiosk WHERE kiosk_id = ?1", -1,
                       &statement, NULL);
    sqlite3_bind_int64(statement, 1, (int64_t)kiosk_id);
    int64_t row = sqlite3_step(statement) == SQLITE_ROW ? sqlite3_column_int64(statement, 0) : 0;
    sqlite3_finalize(statement);
    return row;
}

/* Who is signed on is what the store says, unless it forgot (an older database, damaged cells) or its clock was wrong:
 * a kiosk that has been told once knows better from then on. */
static void check_presence(struct world *world, const struct board *board)
{
    static const uint32_t forgetful = 1u << TROUBLE_RESTORE | 1u << TROUBLE_DAMAGE | 1u << TROUBLE_CLOCK;
    const struct roster *roster = &board->kiosk.roster;
    struct presence present[PRESENCE_CAPACITY];
    struct store_error error;
    uint8_t count;

    if (!roster->is_presence_known)
        ledger_fail(&world->ledger, "kiosk %u: nobody told it who is signed on", board->number);
    if (world->appetite & forgetful)
        return;
    if (store_presence(world->collector.store, row_of(world, board->kiosk.identity.kiosk_id),
                       collector_clock(&world->collector).utc_ms, present, &count, &error) != STORE_OK)
        ledger_fail(&world->ledger, "no presence: %.120s", error.text);
    for (uint8_t i = 0; i < count; i++) {
        if (roster_find(roster, present[i].staff_id) != ROSTER_NOBODY &&
            !roster_is_signed_on(roster, present[i].staff_id))
            ledger_fail(&world->ledger, "kiosk %u: %u is signed on, and it does not know", board->number,
                        present[i].staff_id);
    }
    for (uint8_t i = 0; i < roster->signed_on_count; i++) {
        bool is_known = roster_find(roster, roster->signed_on[i].staff_id) == ROSTER_NOBODY;
        for (uint8_t j = 0; j < count; j++)
            is_known = is_known || present[j].staff_id == roster->signed_on[i].staff_id;
        if (!is_known)
            ledger_fail(&world->ledger, "kiosk %u: it has %u signed on, and the store has not", board->number,
                        roster->signed_on[i].staff_id);
    }
}

/* The store's midnight is the kiosk's, to the second that HEALTH and TIME are apart. */
static void check_time(struct world *world, const struct board *board)
{
    uint32_t wanted_s =
        store_midnight_in_s(world->collector.store, collector_clock(&world->collector).utc_ms);
    int64_t late_s = (int64_t)board->kiosk.roster.midnight_s - board->kiosk.uptime_s - wanted_s;

    if (!board->kiosk.roster.is_midnight_known || late_s < -2 || late_s > 2)
        ledger_fail(&world->ledger, "kiosk %u: its midnight is %d s late", board->number, (int)late_s);
}

static void check(struct world *world)
{
    for (unsigned i = 0; i < world->kiosk_count; i++) {
        const struct board *board = &world->kiosks[i].board;
        const struct kiosk *kiosk = &board->kiosk;
        if (kiosk->uplink.link.state != LINK_UP || kiosk->journal.oldest != kiosk->journal.next)
            ledger_fail(
                &world->ledger, "kiosk %u: %u answers are still in its journal, its link is in state %d", i,
                (unsigned)(kiosk->journal.next - kiosk->journal.oldest), (int)kiosk->uplink.link.state);
        if (world->collector.store != NULL) {
            check_roster(world, board);
            check_presence(world, board);
            check_time(world, board);
        }
        if (kiosk->uplink.is_help_on != world->collector.is_help_on)
            ledger_fail(&world->ledger, "kiosk %u: help is %s", i, kiosk->uplink.is_help_on ? "on" : "off");
    }
    if (world->collector.store == NULL)
        ledger_fail(&world->ledger, "the daemon does not run");
    else
        ledger_check(&world->ledger, world->collector.store);
}

bool world_run(struct world *world, uint64_t seed, const char *path)
{
    begin(world, seed, path);
    world->bench.is_faulty = true;
    run_until(world, leave_alone(world));
    stop_faults(world);
    settle(world);
    world->manager_us = NEVER_US;
    settle(world);
    visit_once_more(world);
    settle(world);
    check(world);
    collector_end(&world->collector);
    return world->ledger.failures == 0;
}
