/* SPDX-License-Identifier: MIT */
#include "world.h"

#include <stddef.h>
#include <string.h>

#define SETTLE_STEPS_MAX 1000

struct world_counts world_counts;

void world_init(struct world *world, uint16_t slot_count, uint64_t seed)
{
    memset(world, 0, sizeof *world);
    world->slot_count = slot_count;
    world->first_seq = 1;
    cells_init(&world->cells, (uint16_t)(slot_count * STORAGE_SLOT_SIZE), seed);
}

void world_copy(struct world *to, const struct world *from)
{
    cells_copy(&to->cells, &from->cells);
    memcpy(&to->slot_count, &from->slot_count,
           offsetof(struct world, given) - offsetof(struct world, slot_count));
    memcpy(to->given, from->given, (from->given_count + 1u) * sizeof from->given[0]);
    memcpy(to->known, from->known, from->seq_count * sizeof from->known[0]);
}

/* Answers -----------------------------------------------------------------------------------------------
 */

/* The index is in the uptime, so that each answer is told from all others; the rest is chosen to be nasty: a
 * fifth has the value of a question that nobody answered, whose bytes look erased. */
static struct answer content(uint16_t index)
{
    struct answer answer = {.question = QUESTION_RATING, .value = (uint16_t)(1 + index % 5)};

    if (index % 5 == 3)
        answer = (struct answer){.question = QUESTION_STAFF, .value = ANSWER_NONE};
    if (index % 5 == 4)
        answer = (struct answer){.question = QUESTION_SIGN_ON, .value = (uint16_t)(0x00FF - index)};
    answer.uptime_s = 0xFF00FF00u ^ index;
    return answer;
}

static uint16_t index_of(const struct world *world, const struct answer *answer)
{
    uint32_t index = answer->uptime_s ^ 0xFF00FF00u;

    return index >= 1 && index <= world->given_count ? (uint16_t)index : 0;
}

static const char *compare(struct world *world, const struct answer *answer, uint16_t *index)
{
    *index = index_of(world, answer);
    if (*index == 0)
        return "an answer was invented";
    struct answer right = content(*index);
    struct given *given = &world->given[*index];
    if (answer->question != right.question || answer->value != right.value)
        return "an answer's content changed";
    if (answer->boot != given->boot)
        return "an answer's boot changed";
    if (given->is_acknowledged && answer->visit_back != given->visit_back)
        return "an answer moved to another visit";
    if (given->seq != 0 && given->seq != answer->seq)
        return "an answer stands under two numbers";
    given->seq = answer->seq;
    return NULL;
}

/* A number far beyond all that was ever given can only be a misread slot. */
static bool is_invented(const struct world *world, uint32_t seq)
{
    return seq - world->first_seq >= WORLD_SEQ_CAPACITY;
}

/* Where the daemon keeps what it knows of a number. */
static uint16_t *known_of(struct world *world, uint32_t seq)
{
    uint32_t at = seq - world->first_seq;

    while (world->seq_count <= at)
        world->known[world->seq_count++] = KNOWN_NOTHING;
    return &world->known[at];
}

static uint16_t known_at(const struct world *world, uint32_t seq)
{
    uint32_t at = seq - world->first_seq;

    return at < world->seq_count ? world->known[at] : KNOWN_NOTHING;
}

static const char *append(struct world *world, struct journal *journal, bool is_follow_up)
{
    uint16_t index = (uint16_t)(world->given_count + 1);
    uint32_t visit = is_follow_up && world->rating != 0 ? world->given[world->rating].seq : 0;
    struct answer answer = content(index);
    uint16_t bad_slots = journal->bad_slots;
    uint32_t next = journal_next(journal);
    bool may_refuse = journal_free(journal) == 0 || world->cells.stuck_count > 0;

    if (index >= WORLD_GIVEN_CAPACITY)
        return "the scenario is too long";
    world->given_count = index;
    world->given[index] = (struct given){.boot = journal->boot};
    switch (journal_append(journal, &answer, visit)) {
    case JOURNAL_FULL:
        world_counts.refused++;
        return may_refuse ? NULL : "refused though there was room";
    case JOURNAL_FAULT:
        world_counts.faults++;
        return world->cells.stuck_count > 2 ? NULL : "an append failed";
    case JOURNAL_OK:
        break;
    }
    if (is_invented(world, answer.seq))
        return "a number was invented";
    struct given *given = &world->given[index];
    world_counts.passed_over += answer.seq - next;
    if ((uint16_t)(journal->bad_slots - bad_slots) != answer.seq - next)
        return "a slot that was passed over was not counted";
    if (known_at(world, answer.seq) != KNOWN_NOTHING || answer.seq <= world->through)
        return "a number that the daemon knows was given again";
    for (uint16_t i = 1; i < index; i++) {
        const struct given *other = &world->given[i];
        if (other->is_acknowledged && !other->is_archived && other->seq == answer.seq)
            return "a number was given twice";
    }
    if (given->seq != 0 && given->seq != answer.seq)
        return "an answer was seen under another number before";
    given->seq = answer.seq;
    given->visit_back = answer.visit_back;
    given->is_acknowledged = true;
    if (!is_follow_up)
        world->rating = index;
    return NULL;
}

/* The daemon --------------------------------------------------------------------------------------------
 */

/* What a new journal begins with and its kiosk's former one has, too, from an earlier boot, is not stored again
 * (PROTOCOL.md). */
static bool is_former(const struct world *world, const struct journal *journal, const struct answer *answer)
{
    return answer->seq <= world->begins_after ||
           (answer->seq == world->begins_after + 1 && answer->boot != journal->boot);
}

/* One message reaches the daemon. It takes numbers in order only. */
static const char *tell(struct world *world, const struct journal *journal, uint32_t seq)
{
    struct answer answer = {0};
    uint16_t index;
    enum journal_entry entry = journal_read(journal, seq, &answer);

    if (seq != world->through + 1 && seq > world->through)
        return "a gap in the numbers";
    if (entry == JOURNAL_ANSWER && answer.question != QUESTION_VOID) {
        const char *wrong = compare(world, &answer, &index);
        if (wrong != NULL)
            return wrong;
        if (world->given[index].is_archived && !is_former(world, journal, &answer))
            return "an answer is stored under a second journal id";
        if (world->given[index].is_archived && seq > world->begins_after)
            world->begins_after = seq;
        if (known_at(world, seq) != KNOWN_NOTHING && known_at(world, seq) != index)
            return "the daemon has something else under this number";
        world_counts.resent += known_at(world, seq) == index;
        *known_of(world, seq) = index;
    } else if (known_at(world, seq) == KNOWN_NOTHING) {
        bool is_void = entry == JOURNAL_ANSWER;
        *known_of(world, seq) = is_void ? KNOWN_VOID : KNOWN_LOST;
        world_counts.voids_torn += is_void && answer.value == VOID_TORN;
        world_counts.voids_damaged += is_void && answer.value == VOID_DAMAGED;
        world_counts.damaged += entry == JOURNAL_DAMAGED;
        world_counts.dead += entry == JOURNAL_DEAD;
    }
    if (seq > world->through)
        world->through = seq;
    return NULL;
}

static void archive(struct world *world)
{
    for (uint16_t i = 1; i <= world->given_count; i++) {
        struct given *given = &world->given[i];
        given->is_archived |= given->seq != 0 && known_at(world, given->seq) == i;
    }
}

/* HELLO and WELCOME. A journal that starts beyond what the daemon has leaves a gap, which is reported; one
 * that ends before it is not the one that the daemon knew, and takes a new id. */
static const char *say_hello(struct world *world, struct journal *journal)
{
    world->is_connected = true;
    if (journal_next(journal) <= world->through) {
        world->first_seq =
            journal_oldest(journal) < world->first_seq ? journal_oldest(journal) : world->first_seq;
        archive(world);
        world_counts.renewed++;
        world->seq_count = 0;
        world->through = journal_oldest(journal) - 1;
        world->begins_after = world->through;
        return NULL;
    }
    if (journal_oldest(journal) != journal_next(journal) && is_invented(world, journal_oldest(journal)))
        return "a number was invented";
    if (is_invented(world, journal_next(journal)))
        return "the next number was invented";
    for (uint32_t seq = world->through + 1; seq < journal_oldest(journal); seq++) {
        *known_of(world, seq) = KNOWN_LOST;
        world->through = seq;
        world_counts.reported_gaps++;
    }
    journal_ack(journal, world->through);
    return NULL;
}

static const char *deliver(struct world *world, struct journal *journal, uint32_t count)
{
    const char *wrong = world->is_connected ? NULL : say_hello(world, journal);

    if (wrong != NULL)
        return wrong;
    for (uint32_t seq = journal_oldest(journal); seq < journal_next(journal) && count > 0; seq++, count--) {
        wrong = tell(world, journal, seq);
        if (wrong != NULL)
            return wrong;
    }
    return NULL;
}

/* The steps ---------------------------------------------------------------------------------------------
 */

static const char *settle(struct journal *journal, unsigned steps)
{
    for (unsigned i = 0; i < steps; i++) {
        if (!journal_step(journal))
            return NULL;
    }
    return steps < SETTLE_STEPS_MAX ? NULL : "housekeeping never ends";
}

void world_start_at(struct world *world, struct journal *journal, uint32_t seq)
{
    world->first_seq = seq;
    world->through = seq - 1;
    journal->next = journal->oldest = journal->cleared = seq;
}

void world_break(struct world *world, const struct stuck_cell *cells, uint8_t count)
{
    world->cells.stuck = cells;
    world->cells.stuck_count = count;
}

const char *world_boot(struct world *world, struct journal *journal)
{
    cells_use(&world->cells);
    journal_init_ring(journal, world->slot_count);
    world->rating = 0;
    world->is_connected = false;
    return world_check(world, journal);
}

/* a  append a rating           f  append a follow-up of it
 * h  HELLO and WELCOME         d  deliver all; the acknowledgement is lost
 * e  deliver one answer        k  the kiosk hears the acknowledgement
 * s  seven steps of housekeeping, S until nothing is left to do
 * r  power off at rest, and on */
const char *world_do(struct world *world, struct journal *journal, char step)
{
    switch (step) {
    case 'a':
    case 'f':
        return append(world, journal, step == 'f');
    case 'h':
        return say_hello(world, journal);
    case 'd':
        return deliver(world, journal, UINT32_MAX);
    case 'e':
        return deliver(world, journal, 1);
    case 'k':
        journal_ack(journal, world->through);
        return NULL;
    case 's':
        return settle(journal, 7);
    case 'S':
        return settle(journal, SETTLE_STEPS_MAX * 4);
    case 'r':
        return world_boot(world, journal);
    default:
        return "no such step";
    }
}

/* The promises ------------------------------------------------------------------------------------------
 */

static const char *check_entry(struct world *world, const struct journal *journal, uint32_t seq)
{
    struct answer answer = {0};
    uint16_t index;
    enum journal_entry entry = journal_read(journal, seq, &answer);
    uint16_t known = known_at(world, seq);

    if (entry != JOURNAL_ANSWER || answer.question == QUESTION_VOID)
        return NULL;
    const char *wrong = compare(world, &answer, &index);
    if (wrong != NULL)
        return wrong;
    if (known != KNOWN_NOTHING && known != index)
        return known == KNOWN_VOID || known == KNOWN_LOST ? "the daemon was told that this number is void"
                                                          : "the daemon has something else under this number";
    return NULL;
}

static bool stands_in_journal(const struct world *world, const struct journal *journal, uint16_t index)
{
    uint32_t seq = world->given[index].seq;
    struct answer answer;

    return seq >= journal_oldest(journal) && seq < journal_next(journal) &&
           journal_read(journal, seq, &answer) == JOURNAL_ANSWER && index_of(world, &answer) == index;
}

/* Rows that the display did not acknowledge: at most one for each cut. */
static const char *count_rows(const struct world *world)
{
    unsigned rows = 0;

    for (uint16_t i = 1; i <= world->given_count; i++)
        rows += world->given[i].seq != 0 && !world->given[i].is_acknowledged;
    world_counts.unacknowledged += rows;
    return rows <= world->cuts ? NULL : "more rows than presses and cuts explain";
}

const char *world_check(struct world *world, const struct journal *journal)
{
    uint8_t lost = 0;
    const char *wrong = NULL;

    for (uint32_t seq = journal_oldest(journal); seq < journal_next(journal) && wrong == NULL; seq++)
        wrong = check_entry(world, journal, seq);
    if (wrong != NULL)
        return wrong;
    for (uint16_t i = 1; i <= world->given_count; i++) {
        const struct given *given = &world->given[i];
        if (!given->is_acknowledged || given->is_archived ||
            (given->seq <= world->through && known_at(world, given->seq) == i))
            continue;
        if (!stands_in_journal(world, journal, i) && ++lost > world->lost_allowed)
            return "an acknowledged answer is lost";
    }
    return count_rows(world);
}

const char *world_finish(struct world *world, struct journal *journal)
{
    static const char last_steps[] = "hdkSaSd";
    const char *wrong = NULL;
    uint16_t given_count = world->given_count;

    for (const char *step = last_steps; *step != '\0' && wrong == NULL; step++)
        wrong = world_do(world, journal, *step);
    if (wrong == NULL)
        wrong = world_check(world, journal);
    if (wrong != NULL)
        return wrong;
    if (!world->given[given_count + 1].is_acknowledged && world->cells.stuck_count > 2)
        wrong = world_do(world, journal, 'a'); /* three bad slots in a row take one append down, not two */
    if (wrong != NULL)
        return wrong;
    if (!world->given[world->given_count].is_acknowledged)
        return "the next append did not work";
    if (world->cells.stuck_count > 2)
        wrong = deliver(world, journal, UINT32_MAX);
    if (wrong != NULL)
        return wrong;
    return world->through + 1 == journal_next(journal) ? NULL : "the daemon does not have everything";
}
