/* SPDX-License-Identifier: MIT */
#include "bench.h"

#include <stdarg.h>
#include <stdio.h>

#define FAULT_WORDS(NAME, words) words,

const char *fault_words(enum fault fault)
{
    static const char *const all[] = {FAULTS(FAULT_WORDS)};

    return all[fault];
}

void bench_start(struct bench *bench, uint64_t seed)
{
    bench->dice = seed * UINT64_C(0xD1342543DE82EF95) + 1;
    bench->now_us = 0;
    bench->is_faulty = false;
}

/* SplitMix64 (Steele, Lea and Flood, 2014). */
uint64_t bench_draw(struct bench *bench)
{
    uint64_t z = bench->dice += UINT64_C(0x9E3779B97F4A7C15);

    z = (z ^ z >> 30) * UINT64_C(0xBF58476D1CE4E5B9);
    z = (z ^ z >> 27) * UINT64_C(0x94D049BB133111EB);
    return z ^ z >> 31;
}

uint32_t bench_below(struct bench *bench, uint32_t limit)
{
    return (uint32_t)((bench_draw(bench) >> 32) * limit >> 32);
}

uint64_t bench_between(struct bench *bench, uint64_t least, uint64_t most)
{
    return least + bench_draw(bench) % (most - least + 1);
}

bool bench_is(struct bench *bench, uint32_t per_million)
{
    return bench_below(bench, 1000000) < per_million;
}

__attribute__((format(printf, 3, 0))) static void print(const struct bench *bench, const char *mark,
                                                        const char *format, va_list arguments)
{
    printf("%4u.%06u %s", (unsigned)(bench->now_us / SECOND_US), (unsigned)(bench->now_us % SECOND_US), mark);
    vprintf(format, arguments);
    putchar('\n');
}

void bench_fault(struct bench *bench, enum fault fault, const char *format, ...)
{
    va_list arguments;

    bench->faults[fault]++;
    if (!bench->is_traced)
        return;
    va_start(arguments, format);
    print(bench, "! ", format, arguments);
    va_end(arguments);
}

void bench_trace(const struct bench *bench, const char *format, ...)
{
    va_list arguments;

    if (!bench->is_traced)
        return;
    va_start(arguments, format);
    print(bench, "  ", format, arguments);
    va_end(arguments);
}
