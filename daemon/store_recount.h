/* SPDX-License-Identifier: MIT
 *
 * store_recount.h - everything counted again from the raw answers, kiosk by kiosk: to check what is stored, or
 * to make the tallies anew.
 *
 * For store_recount.c and store_verify.c. A recount has one connection, which its caller keeps in a transaction,
 * and belongs to one thread; several of them may count at the same time, each its own kiosks.
 */
#ifndef BYNAME_STORE_RECOUNT_H
#define BYNAME_STORE_RECOUNT_H

#include "daemon/store_internal.h"

struct store_recount;

/* goes_on: called now and then with how many answers were counted since the last time; false ends what runs
 * with STORE_REFUSED. It may be NULL. On failure *recount is NULL. */
enum store_status store_recount_create(struct store *store, bool (*goes_on)(void *context, uint64_t answers),
                                       void *context, struct store_recount **recount,
                                       struct store_error *error);
void store_recount_destroy(struct store_recount *recount); /* recount may be NULL */

/* A sum over the stored tallies of a kiosk, in any order: equal for equal tallies, and for others by an accident
 * of one in 2^64. */
struct store_recount_digest {
    int64_t kiosk; /* row number */
    uint64_t sum;
};

/* *digests: one for each kiosk, in the order of their numbers, with the sum 0; free it, after a failure, too. */
enum store_status store_recount_kiosks(struct store_recount *recount, struct store_recount_digest **digests,
                                       size_t *count, struct store_error *error);

/* One scan of all stored tallies, added to the digests of their kiosks. */
enum store_status store_recount_digests(struct store_recount *recount, struct store_recount_digest *digests,
                                        size_t count, struct store_error *error);

/* Count the kiosk's answers again, and add to *verified what differs from its journals and visits. */
enum store_status store_recount_kiosk(struct store_recount *recount, int64_t kiosk,
                                      struct store_verified *verified, struct store_error *error);

/* The same for the tallies of the kiosk that was counted last; stored: the sum of its digest. Only where the
 * recount's is another are they looked at one by one. */
enum store_status store_recount_tallies(struct store_recount *recount, uint64_t stored,
                                        struct store_verified *verified, struct store_error *error);

/* The same for the tallies of the whole store, when the recounts, one of which has read the digests, have counted all
 * kiosks between them. Nothing else may be done with them any more. */
enum store_status store_recount_whole(struct store_recount *const *recounts, size_t count,
                                      struct store_verified *verified, struct store_error *error);

#endif
