/* SPDX-License-Identifier: MIT
 *
 * report_policy.c - the policy about names that was in force, as every report states it.
 */
#include "report_internal.h"

#include "daemon/store_privacy.h"
#include "daemon/store_retention.h"

#define VERSION_WITH_POLICY 7 /* of the tables; before that, names were kept whatever the rating */

struct policy {
    enum store_attribute at_start;
    json_t *changes;
};

static void change_take(struct report *report, struct policy *policy, int64_t since_ms,
                        enum store_attribute attribute)
{
    int64_t first_ms = report->has_before ? report->before.from_ms : report->figures.from_ms;

    if (attribute != ATTRIBUTE_ALL)
        report->was_always_fully_named = false;
    if (since_ms <= first_ms) /* it held when the period before began, unless a later one did */
        report->is_fully_named = attribute == ATTRIBUTE_ALL;
    else if (attribute != ATTRIBUTE_ALL)
        report->is_fully_named = false;
    if (since_ms <= report->figures.from_ms)
        policy->at_start = attribute;
    else
        json_array_append_new(policy->changes,
                              json_pack("{s:o, s:s}", "since", report_moment(report, since_ms), "attribute",
                                        store_attribute_name(attribute)));
}

enum store_status report_retention_set(struct report *report, json_t *out)
{
    static const char sql[] = "SELECT days FROM retention ORDER BY since_ms DESC LIMIT 1";
    sqlite3_stmt *row = report_prepare(report, sql);
    enum store_status status = STORE_BROKEN;
    int64_t days = 0;

    if (row != NULL && report_step(report, row, &status))
        days = sqlite3_column_int64(row, 0);
    sqlite3_finalize(row);
    if (status == STORE_OK)
        status = store_purged_before(report->store, &report->purged_before_ms, report->error);
    if (status != STORE_OK)
        return status;
    json_object_set_new(out, "retention",
                        json_pack("{s:o, s:o}", "days", days == 0 ? json_null() : json_integer(days),
                                  "purged_before", report_moment(report, report->purged_before_ms)));
    return STORE_OK;
}

enum store_status report_policy_read(struct report *report, json_t **out)
{
    static const char sql[] = "SELECT since_ms, attribute FROM policy WHERE since_ms < ?1 ORDER BY since_ms";
    struct policy policy = {.at_start = ATTRIBUTE_ALL, .changes = json_array()};
    bool is_kept = report->version >= VERSION_WITH_POLICY;
    sqlite3_stmt *row = is_kept ? report_prepare(report, sql) : NULL;
    enum store_status status = is_kept ? STORE_BROKEN : STORE_OK;

    report->is_fully_named = true;
    report->was_always_fully_named = true;
    if (row != NULL)
        sqlite3_bind_int64(row, 1, report->figures.to_ms);
    while (row != NULL && report_step(report, row, &status))
        change_take(report, &policy, sqlite3_column_int64(row, 0),
                    (enum store_attribute)sqlite3_column_int(row, 1));
    sqlite3_finalize(row);
    *out = json_pack("{s:s, s:o}", "attribute", store_attribute_name(policy.at_start), "changes",
                     policy.changes);
    if (status == STORE_OK)
        status = report_retention_set(report, *out);
    return status;
}
