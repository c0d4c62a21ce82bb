/* SPDX-License-Identifier: MIT
 *
 * store_privacy.h - what is kept about staff: the policy, the log of reads, and how a person's data ends. See store.h for the
 * rules of transactions, errors and threads.
 *
 * The policy is applied to each answer before it is stored, by the time at which it was pressed: of two policies between
 * which a time is not certain, the stricter. An answer that may not be kept is stored as a void under its number, so that
 * the journal has no gap and nothing says what it was.
 */
#ifndef BYNAME_STORE_PRIVACY_H
#define BYNAME_STORE_PRIVACY_H

#include "daemon/store.h"

/* all: names of every visit. positive: of those rated 4 and 5 only. none: of no visit, and no sign-on. */
enum store_attribute { ATTRIBUTE_ALL, ATTRIBUTE_POSITIVE, ATTRIBUTE_NONE };

/* Value of QUESTION_VOID in the table of answers, beside the kiosk's enum void_cause. */
#define STORE_VOID_WITHHELD 2
#define STORE_FORMER_STAFF 60001 /* the number that erased people's share goes to; above any that is given */
#define STORE_READER_SIZE_MAX 40

const char *store_attribute_name(enum store_attribute attribute);
bool store_attribute_parse(const char *name, enum store_attribute *attribute);

/* From now on; refused when it is that already. */
enum store_status store_policy_set(struct store *store, enum store_attribute attribute, int64_t now_ms,
                                   struct store_error *error);
/* The strictest policy between two instants. For the read-write connection. */
enum store_status store_policy_between(struct store *store, int64_t from_ms, int64_t to_ms,
                                       enum store_attribute *attribute, struct store_error *error);

/* Somebody read `what` about a staff member (name or number; NULL: about everybody). */
enum store_status store_access_note(struct store *store, const char *reader, const char *what,
                                    const char *staff, int64_t now_ms, struct store_error *error);

/* Take a person's name, number, PIN, tokens and presence out of the database, and count what they did under "former
 * staff". Counts of the store and its kiosks stay as they are. which: a name or number, retired or not. */
enum store_status store_staff_erase(struct store *store, const char *which, int64_t now_ms,
                                    struct store_error *error);

#endif
