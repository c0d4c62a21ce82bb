/* SPDX-License-Identifier: MIT */
#include "figures.h"

#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define EACH_SQL_SIZE 2048
#define TALLY_COLUMN_START 0
#define TALLY_COLUMN_KIOSK 1
#define TALLY_COLUMN_STAFF 2
#define TALLY_COLUMN_FIRST 3
#define CELL_STAFF_SPAN 65536 /* a cell's id is its kiosk times this, plus its staff number */

int64_t figures_sum(const struct figures *figures, enum tally_measure first, enum tally_measure last)
{
    int64_t sum = 0;

    for (unsigned i = first; i <= (unsigned)last; i++)
        sum += figures->n[i];
    return sum;
}

int64_t figures_visits(const struct figures *figures)
{
    return figures_sum(figures, TALLY_RATING_1, TALLY_RATING_5);
}

int64_t figures_happy(const struct figures *figures)
{
    return figures_sum(figures, TALLY_RATING_4, TALLY_RATING_5);
}

int64_t figures_left_out(const struct figures *figures)
{
    return figures_sum(figures, TALLY_LEFT_OUT_WITHDRAWN, TALLY_LEFT_OUT_OTHER) +
           figures->n[TALLY_LEFT_OUT_MASH];
}

static void cover_add(struct figures_cover *cover, enum period_level level, int64_t from_ms, int64_t to_ms)
{
    if (from_ms < to_ms)
        cover->stretches[cover->count++] = (struct figures_stretch){level, from_ms, to_ms};
}

int64_t figures_round_up(const struct zone *zone, enum period_level level, int64_t at_ms)
{
    if (at_ms == INT64_MIN || at_ms == INT64_MAX || period_start(zone, level, at_ms) == at_ms)
        return at_ms;
    return period_next(zone, level, at_ms);
}

int64_t figures_round_down(const struct zone *zone, enum period_level level, int64_t at_ms)
{
    return at_ms == INT64_MIN || at_ms == INT64_MAX ? at_ms : period_start(zone, level, at_ms);
}

/* The levels from coarse to fine. What a coarse one leaves at either end of the period the next one covers. */
static const enum period_level coarse_to_fine[] = {PERIOD_YEAR, PERIOD_MONTH, PERIOD_DAY, PERIOD_HOUR};

static void cover_stretch(const struct zone *zone, const enum period_level *level, int64_t from_ms,
                          int64_t to_ms, struct figures_cover *cover)
{
    int64_t whole_from = figures_round_up(zone, *level, from_ms);
    int64_t whole_to = figures_round_down(zone, *level, to_ms);

    if (*level == PERIOD_HOUR) {
        cover_add(cover, PERIOD_HOUR, from_ms, to_ms);
    } else if (whole_from >= whole_to) {
        cover_stretch(zone, level + 1, from_ms, to_ms, cover);
    } else {
        cover_stretch(zone, level + 1, from_ms, whole_from, cover);
        cover_add(cover, *level, whole_from, whole_to);
        cover_stretch(zone, level + 1, whole_to, to_ms, cover);
    }
}

void figures_cover(const struct store *store, int64_t from_ms, int64_t to_ms, struct figures_cover *cover)
{
    cover->count = 0;
    if (from_ms == INT64_MIN && to_ms == INT64_MAX)
        cover_add(cover, PERIOD_ALL, INT64_MIN, INT64_MAX);
    else
        cover_stretch(store_zone(store), coarse_to_fine + (store_knows_years(store) ? 0 : 1), from_ms, to_ms,
                      cover);
}

void figures_groups_free(struct figures_groups *groups)
{
    free(groups->slots);
    free(groups->groups);
    memset(groups, 0, sizeof *groups);
}

/* The slot of the id, or the empty one where it belongs; capacity, a power of two, is not 0. */
static size_t slot_of(const struct figures_groups *groups, int64_t id)
{
    size_t mask = 2 * groups->capacity - 1;
    size_t slot = (size_t)((uint64_t)id * 0x9E3779B97F4A7C15u >> 32) & mask;

    while (groups->slots[slot] != 0 && groups->groups[groups->slots[slot] - 1].id != id)
        slot = (slot + 1) & mask;
    return slot;
}

static struct figures *group_find(const struct figures_groups *groups, int64_t id)
{
    size_t slot = groups->capacity == 0 ? 0 : slot_of(groups, id);

    return groups->capacity == 0 || groups->slots[slot] == 0
               ? NULL
               : &groups->groups[groups->slots[slot] - 1].figures;
}

const struct figures *figures_groups_find(const struct figures_groups *groups, int64_t id)
{
    return group_find(groups, id);
}

static void groups_index(struct figures_groups *groups)
{
    for (size_t i = 0; i < groups->count; i++)
        groups->slots[slot_of(groups, groups->groups[i].id)] = (uint32_t)i + 1;
}

static int by_id(const void *a, const void *b)
{
    const struct figures_group *left = a, *right = b;

    return (left->id > right->id) - (left->id < right->id);
}

void figures_groups_sort(struct figures_groups *groups)
{
    if (groups->count == 0)
        return;
    qsort(groups->groups, groups->count, sizeof *groups->groups, by_id);
    memset(groups->slots, 0, 2 * groups->capacity * sizeof *groups->slots);
    groups_index(groups);
}

static bool groups_grow(struct figures_groups *groups)
{
    size_t capacity = groups->capacity == 0 ? 16 : 2 * groups->capacity;
    struct figures_group *grown = realloc(groups->groups, capacity * sizeof *grown);
    uint32_t *slots = calloc(2 * capacity, sizeof *slots);

    if (grown != NULL)
        groups->groups = grown;
    if (grown == NULL || slots == NULL) {
        free(slots);
        return false;
    }
    free(groups->slots);
    groups->slots = slots;
    groups->capacity = capacity;
    groups_index(groups);
    return true;
}

/* The figures of that id, made when there are none yet; NULL when there is no memory. Moves the others. */
static struct figures *group_get(struct figures_groups *groups, int64_t id)
{
    struct figures *figures = group_find(groups, id);
    struct figures_group *group;

    if (figures != NULL)
        return figures;
    if (groups->count == groups->capacity && !groups_grow(groups))
        return NULL;
    groups->slots[slot_of(groups, id)] = (uint32_t)groups->count + 1;
    group = &groups->groups[groups->count++];
    memset(group, 0, sizeof *group);
    group->id = id;
    return &group->figures;
}

int64_t figures_cell(int64_t kiosk, int32_t staff)
{
    return kiosk * CELL_STAFF_SPAN + staff;
}

static int64_t group_id(const struct figures_query *query, int64_t kiosk, int64_t staff)
{
    switch (query->grouping) {
    case FIGURES_BY_KIOSK:
        return kiosk;
    case FIGURES_BY_STAFF:
        return staff;
    case FIGURES_BY_CELL:
        return figures_cell(kiosk, query->is_of_all_staff ? 0 : (int32_t)staff);
    case FIGURES_TOGETHER:
        break;
    }
    return 0;
}

int64_t figures_cell_kiosk(int64_t id)
{
    return id / CELL_STAFF_SPAN;
}

int32_t figures_cell_staff(int64_t id)
{
    return (int32_t)(id % CELL_STAFF_SPAN);
}

static bool is_among(const struct figures_query *query, int64_t kiosk)
{
    bool is_among_them = query->among == NULL;

    for (size_t i = 0; !is_among_them && i < query->among_count; i++)
        is_among_them = query->among[i] == kiosk;
    return is_among_them;
}

static bool is_by_staff(const struct figures_query *query)
{
    return query->staff != FIGURES_ALL_STAFF || query->grouping == FIGURES_BY_STAFF ||
           (query->grouping == FIGURES_BY_CELL && !query->is_of_all_staff);
}

static bool is_of_store(const struct store *store, const struct figures_query *query)
{
    return store_knows_totals(store) && !is_by_staff(query) && query->kiosk == 0 && query->among == NULL &&
           query->grouping == FIGURES_TOGETHER;
}

unsigned figures_level(const struct store *store, const struct figures_query *query, enum tally_level level)
{
    return is_of_store(store, query) ? tally_level_of_store(level) : level;
}

/* From which tallies a stretch is read: the fewest that know what the query asks for. */
static unsigned level_of(const struct store *store, const struct figures_query *query,
                         enum period_level level)
{
    if (level == PERIOD_ALL || is_by_staff(query))
        return level;
    if (level == PERIOD_HOUR)
        return figures_level(store, query, TALLY_HOUR_OF_ALL);
    if (level == PERIOD_DAY)
        return figures_level(store, query, TALLY_DAY_OF_ALL);
    return is_of_store(store, query) ? tally_level_of_store(level) : level;
}

static bool is_wanted(const struct figures_query *query, int64_t kiosk, int64_t staff)
{
    return (query->kiosk == 0 || query->kiosk == kiosk) &&
           (query->staff == FIGURES_ALL_STAFF || query->staff == staff) && is_among(query, kiosk);
}

static enum store_status failed(struct store *store, struct store_error *error)
{
    sqlite3 *db = store_connection(store);

    snprintf(error->text, sizeof error->text, "reading the database: %.200s", sqlite3_errmsg(db));
    if (sqlite3_errcode(db) == SQLITE_INTERRUPT) {
        snprintf(error->text, sizeof error->text, "it took too long: ask for a shorter period");
        return STORE_REFUSED;
    }
    return STORE_BROKEN;
}

static enum store_status no_memory(struct store_error *error)
{
    snprintf(error->text, sizeof error->text, "out of memory");
    return STORE_REFUSED;
}

void figures_add(struct figures *sum, const struct figures *figures)
{
    for (size_t i = 0; i < TALLY_MEASURE_COUNT; i++)
        sum->n[i] += figures->n[i];
    sum->time_unknown += figures->time_unknown;
}

enum store_status figures_fold(const struct figures_groups *cells, const struct figures_query *query,
                               struct figures_groups *groups, struct store_error *error)
{
    struct figures *sum = NULL;

    memset(groups, 0, sizeof *groups);
    if (query->grouping == FIGURES_TOGETHER && group_get(groups, 0) == NULL)
        return no_memory(error);
    for (size_t i = 0; i < cells->count; i++) {
        int64_t kiosk = figures_cell_kiosk(cells->groups[i].id);
        int32_t staff = figures_cell_staff(cells->groups[i].id);

        if (!is_wanted(query, kiosk, staff))
            continue;
        sum = group_get(groups, group_id(query, kiosk, staff));
        if (sum == NULL) {
            figures_groups_free(groups);
            return no_memory(error);
        }
        figures_add(sum, &cells->groups[i].figures);
    }
    return STORE_OK;
}

static enum store_status too_many(struct store_error *error)
{
    snprintf(error->text, sizeof error->text,
             "that would need more than %d counts: ask for a shorter period, or for one kiosk",
             FIGURES_ROWS_MAX);
    return STORE_REFUSED;
}

/* The level is written out: SQLite then sees that the index of one person's hours or days will do. Most of a row's time
 * goes into its columns. */
static void each_sql(unsigned level, const unsigned *wanted, unsigned count, bool is_of_one,
                     char sql[EACH_SQL_SIZE])
{
    int size = snprintf(sql, EACH_SQL_SIZE, "SELECT start_ms, kiosk, staff");

    for (unsigned i = 0; i < count; i++)
        size += snprintf(sql + size, (size_t)(EACH_SQL_SIZE - size), ", %s", tally_column(wanted[i]));
    snprintf(sql + size, (size_t)(EACH_SQL_SIZE - size),
             " FROM tally WHERE level = %u AND start_ms >= ?1 AND start_ms < ?2%s", level,
             is_of_one ? " AND staff = ?3 ORDER BY start_ms, kiosk" : " ORDER BY start_ms, kiosk, staff");
}

enum store_status figures_each(struct store *store, const struct figures_query *query, unsigned level,
                               figures_row_function *on_row, void *context, struct store_error *error)
{
    bool is_of_one = query->staff != FIGURES_ALL_STAFF && (level == PERIOD_HOUR || level == PERIOD_DAY);
    sqlite3_stmt *row = NULL;
    unsigned wanted[TALLY_MEASURE_COUNT], count = 0;
    struct figures_row read = {.n = {0}};
    char sql[EACH_SQL_SIZE];
    int code;

    for (unsigned i = 0; i < TALLY_MEASURE_COUNT; i++)
        if (query->measures == 0 || (query->measures >> i & 1) != 0)
            wanted[count++] = i;
    each_sql(level, wanted, count, is_of_one, sql);
    if (sqlite3_prepare_v2(store_connection(store), sql, -1, &row, NULL) != SQLITE_OK)
        return failed(store, error);
    sqlite3_bind_int64(row, 1, query->from_ms);
    sqlite3_bind_int64(row, 2, query->to_ms);
    if (is_of_one)
        sqlite3_bind_int64(row, 3, query->staff);
    while ((code = sqlite3_step(row)) == SQLITE_ROW && *query->rows_left > 0) {
        --*query->rows_left;
        read.start_ms = sqlite3_column_int64(row, TALLY_COLUMN_START);
        read.kiosk = sqlite3_column_int64(row, TALLY_COLUMN_KIOSK);
        read.staff = sqlite3_column_int(row, TALLY_COLUMN_STAFF);
        if ((query->kiosk != 0 && query->kiosk != read.kiosk) || !is_among(query, read.kiosk))
            continue;
        for (unsigned i = 0; i < count; i++)
            read.n[wanted[i]] = sqlite3_column_int64(row, TALLY_COLUMN_FIRST + (int)i);
        on_row(context, &read);
    }
    sqlite3_finalize(row);
    return code == SQLITE_DONE ? STORE_OK : code == SQLITE_ROW ? too_many(error) : failed(store, error);
}

struct gathering {
    const struct figures_query *query;
    struct figures_groups *groups;
    bool is_failed;
};

static void gather(void *context, const struct figures_row *row)
{
    struct gathering *gathering = context;
    struct figures *figures;

    if (!is_wanted(gathering->query, row->kiosk, row->staff))
        return;
    figures = group_get(gathering->groups, group_id(gathering->query, row->kiosk, row->staff));
    for (size_t i = 0; figures != NULL && i < TALLY_MEASURE_COUNT; i++)
        figures->n[i] += row->n[i];
    gathering->is_failed = gathering->is_failed || figures == NULL;
}

static enum store_status tallies_read(struct store *store, const struct figures_query *query,
                                      const struct figures_cover *cover, struct figures_groups *groups,
                                      struct store_error *error)
{
    struct gathering gathering = {.query = query, .groups = groups};
    enum store_status status = STORE_OK;

    for (size_t i = 0; status == STORE_OK && i < cover->count; i++) {
        struct figures_query part = *query;

        part.from_ms = cover->stretches[i].from_ms;
        part.to_ms = cover->stretches[i].to_ms;
        part.staff = FIGURES_ALL_STAFF;
        status = figures_each(store, &part, level_of(store, query, cover->stretches[i].level), gather,
                              &gathering, error);
    }
    return status == STORE_OK && gathering.is_failed ? no_memory(error) : status;
}

void figures_visit_read(sqlite3_stmt *row, struct visit *visit)
{
    memset(visit, 0, sizeof *visit);
    visit->time.instant_ms = sqlite3_column_int64(row, 0);
    visit->time.span_ms = sqlite3_column_int64(row, 1);
    visit->rating = (uint8_t)sqlite3_column_int(row, 2);
    visit->flag = (uint16_t)sqlite3_column_int(row, 3);
    visit->is_burst = sqlite3_column_int(row, 4) != 0;
    visit->is_mash = sqlite3_column_int(row, 6 + VISIT_REPLY_COUNT) != 0;
    for (int i = 0; i < VISIT_REPLY_COUNT; i++)
        visit->replies[i] =
            sqlite3_column_type(row, 6 + i) == SQLITE_NULL ? VISIT_NOT_SHOWN : sqlite3_column_int(row, 6 + i);
}

static enum store_status uncertain_add(sqlite3_stmt *row, const struct figures_query *query,
                                       struct figures_groups *groups, struct store_error *error)
{
    int64_t n[TALLY_MEASURE_COUNT], kiosk = sqlite3_column_int64(row, FIGURES_VISIT_COLUMN_KIOSK);
    struct figures *figures;
    struct visit visit;

    figures_visit_read(row, &visit);
    if (!is_wanted(query, kiosk, visit_staff(&visit)))
        return STORE_OK;
    figures = group_get(groups, group_id(query, kiosk, visit_staff(&visit)));
    if (figures == NULL)
        return no_memory(error);
    if (visit.time.instant_ms < query->from_ms ||
        visit.time.instant_ms + visit.time.span_ms >= query->to_ms) {
        figures->time_unknown++;
        return STORE_OK;
    }
    tally_measure(&visit, n);
    for (size_t i = 0; i < TALLY_MEASURE_COUNT; i++)
        figures->n[i] += n[i];
    return STORE_OK;
}

/* Visits without a certain instant come from kiosks that were off line over a restart of theirs. A tally lacks those that
 * may lie on either side of its edge, so they are looked for edge by edge, however many there are. */
struct edges {
    struct store *store;
    const struct figures_query *query;
    struct figures_groups *groups;
    sqlite3_stmt *near, *far, *visit; /* far: NULL where the one index is of all */
    int64_t before_ms;                /* the edge before; INT64_MIN: this is the first */
    int64_t oldest_ms, newest_ms;     /* of all such visits */
    bool is_month_asked, is_month_crossed;
};

#define NEAR_MS 604800000 /* most are uncertain by less than a week; the others have the index visit_vague */

static enum store_status straddling_add(struct edges *edges, sqlite3_stmt *found, int64_t from_ms,
                                        int64_t edge_ms, struct store_error *error)
{
    enum store_status status = STORE_OK;
    int code = SQLITE_DONE;

    sqlite3_reset(found);
    sqlite3_bind_int64(found, 1, from_ms);
    sqlite3_bind_int64(found, 2, edge_ms);
    while (status == STORE_OK && (code = sqlite3_step(found)) == SQLITE_ROW) {
        sqlite3_reset(edges->visit);
        sqlite3_bind_int64(edges->visit, 1, sqlite3_column_int64(found, 0));
        sqlite3_bind_int64(edges->visit, 2, sqlite3_column_int64(found, 1));
        status = sqlite3_step(edges->visit) == SQLITE_ROW
                     ? uncertain_add(edges->visit, edges->query, edges->groups, error)
                     : failed(edges->store, error);
    }
    return status == STORE_OK && code != SQLITE_DONE ? failed(edges->store, error) : status;
}

/* Edges come in their order, so that a visit is added at the first that it straddles. */
static enum store_status edge_add(struct edges *edges, int64_t edge_ms, struct store_error *error)
{
    int64_t from_ms = edges->before_ms;
    enum store_status status = STORE_OK;

    edges->before_ms = edge_ms;
    if (edge_ms <= edges->oldest_ms || from_ms > edges->newest_ms)
        return STORE_OK;
    if (edges->far != NULL) {
        status = straddling_add(edges, edges->far, from_ms, edge_ms, error);
        from_ms = from_ms > edge_ms - NEAR_MS ? from_ms : edge_ms - NEAR_MS;
    }
    return status == STORE_OK ? straddling_add(edges, edges->near, from_ms, edge_ms, error) : status;
}

#define VISITS_COUNTED                                                                                 \
    "total(rating_1 + rating_2 + rating_3 + rating_4 + rating_5 + left_out_withdrawn + left_out_stuck" \
    " + left_out_burst + left_out_mash + left_out_other)"

/* Whether there is any visit that may lie on either side of some month's edge: all months together have fewer then than all
 * time has. Most shops are closed at midnight. */
static bool is_month_crossed(struct edges *edges)
{
    static const char sql[] = "SELECT (SELECT " VISITS_COUNTED " FROM tally WHERE level = 4)"
                              " <> (SELECT " VISITS_COUNTED " FROM tally WHERE level = 15)";
    sqlite3_stmt *row = NULL;

    if (edges->is_month_asked)
        return edges->is_month_crossed;
    edges->is_month_asked = true;
    edges->is_month_crossed = true; /* also when it cannot be told */
    if (store_knows_totals(edges->store) &&
        sqlite3_prepare_v2(store_connection(edges->store), sql, -1, &row, NULL) == SQLITE_OK &&
        sqlite3_step(row) == SQLITE_ROW)
        edges->is_month_crossed = sqlite3_column_int(row, 0) != 0;
    sqlite3_finalize(row);
    return edges->is_month_crossed;
}

/* The edges of a stretch's tallies: of years those of their months, whose sum they are. */
static enum store_status stretch_add(struct edges *edges, const struct figures_stretch *stretch,
                                     struct store_error *error)
{
    const struct zone *zone = store_zone(edges->store);
    enum period_level level = stretch->level == PERIOD_YEAR ? PERIOD_MONTH : stretch->level;
    int64_t first_ms = period_start(zone, level, edges->oldest_ms);
    int64_t edge_ms = stretch->from_ms > first_ms ? stretch->from_ms : first_ms;
    enum store_status status = STORE_OK;

    if (stretch->from_ms != INT64_MIN)
        status = edge_add(edges, stretch->from_ms, error);
    if (level == PERIOD_MONTH && !is_month_crossed(edges))
        edge_ms = stretch->to_ms;
    while (status == STORE_OK && edge_ms <= edges->newest_ms && edge_ms < stretch->to_ms) {
        edge_ms = period_next(zone, level, edge_ms);
        if (edge_ms < stretch->to_ms)
            status = edge_add(edges, edge_ms, error);
    }
    if (status == STORE_OK && stretch->to_ms != INT64_MAX)
        status = edge_add(edges, stretch->to_ms, error);
    return status;
}

static enum store_status edges_open(struct edges *edges, struct store_error *error)
{
    static const char ends[] = "SELECT (SELECT min(instant_ms) FROM visit WHERE span_ms > 0),"
                               " (SELECT max(instant_ms) FROM visit WHERE span_ms > 0)";
    static const char near[] = "SELECT journal, seq FROM visit INDEXED BY visit_uncertain WHERE span_ms > 0"
                               " AND instant_ms >= ?1 AND instant_ms < ?2"
                               " AND span_ms BETWEEN ?2 - instant_ms AND 604800000";
    static const char far[] =
        "SELECT journal, seq FROM visit INDEXED BY visit_vague WHERE span_ms > 604800000"
        " AND instant_ms >= ?1 AND instant_ms < ?2 AND instant_ms + span_ms >= ?2";
    static const char all[] = "SELECT journal, seq FROM visit WHERE span_ms > 0 AND instant_ms >= ?1"
                              " AND instant_ms < ?2 AND instant_ms + span_ms >= ?2";
    static const char one[] = "SELECT " FIGURES_VISIT_COLUMNS " FROM visit JOIN journal"
                              " ON journal.id = visit.journal WHERE visit.journal = ?1 AND visit.seq = ?2";
    sqlite3 *db = store_connection(edges->store);
    bool has_far = store_knows_years(edges->store); /* since the same version */
    sqlite3_stmt *row = NULL;
    enum store_status status;

    if (sqlite3_prepare_v2(db, has_far ? near : all, -1, &edges->near, NULL) != SQLITE_OK ||
        (has_far && sqlite3_prepare_v2(db, far, -1, &edges->far, NULL) != SQLITE_OK) ||
        sqlite3_prepare_v2(db, one, -1, &edges->visit, NULL) != SQLITE_OK ||
        sqlite3_prepare_v2(db, ends, -1, &row, NULL) != SQLITE_OK)
        return failed(edges->store, error);
    status = sqlite3_step(row) == SQLITE_ROW ? STORE_OK : failed(edges->store, error);
    edges->before_ms = INT64_MIN;
    edges->oldest_ms = sqlite3_column_int64(row, 0);
    edges->newest_ms = sqlite3_column_type(row, 1) == SQLITE_NULL ? INT64_MIN : sqlite3_column_int64(row, 1);
    sqlite3_finalize(row);
    return status;
}

static enum store_status uncertain_read(struct store *store, const struct figures_query *query,
                                        const struct figures_cover *cover, struct figures_groups *groups,
                                        struct store_error *error)
{
    struct edges edges = {.store = store, .query = query, .groups = groups};
    enum store_status status = edges_open(&edges, error);

    if (edges.newest_ms != INT64_MIN)
        for (size_t i = 0; status == STORE_OK && i < cover->count; i++)
            status = stretch_add(&edges, &cover->stretches[i], error);
    sqlite3_finalize(edges.near);
    sqlite3_finalize(edges.far);
    sqlite3_finalize(edges.visit);
    return status;
}

enum store_status figures_read(struct store *store, const struct figures_query *query,
                               struct figures_groups *groups, struct store_error *error)
{
    struct figures_cover cover;
    enum store_status status;

    memset(groups, 0, sizeof *groups);
    figures_cover(store, query->from_ms, query->to_ms, &cover);
    status = tallies_read(store, query, &cover, groups, error);
    if (status == STORE_OK && cover.count > 0 && cover.stretches[0].level != PERIOD_ALL)
        status = uncertain_read(store, query, &cover, groups, error);
    if (status == STORE_OK && query->grouping == FIGURES_TOGETHER && group_get(groups, 0) == NULL)
        status = no_memory(error);
    if (status != STORE_OK)
        figures_groups_free(groups);
    return status;
}
