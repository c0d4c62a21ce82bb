/* SPDX-License-Identifier: MIT
 *
 * options.h - what the journal's proofs understand on their command line, and how they share two cores.
 */
#ifndef BYNAME_TEST_OPTIONS_H
#define BYNAME_TEST_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define OPTIONS_JOBS_MAX 16

struct options {
    uint64_t seed;
    unsigned jobs;
    unsigned every;     /* try each n-th first cut only; 1: all */
    bool is_long;       /* the long run */
    const char *replay; /* one failing case, as printed; NULL: all */
};

/* --seed N (or BYNAME_SEED), --jobs N, --every N, --long, --replay CASE. Exits with 2 on anything else. */
void options_read(struct options *options, int argc, char **argv);

/* Run work(user, job, result) in options->jobs processes and add up their results, which are arrays of count
 * 64-bit numbers that begin at 0. False when one of them died. */
bool options_share(const struct options *options, void (*work)(void *user, unsigned job, uint64_t *result),
                   void *user, uint64_t *sum, size_t count);

#endif
