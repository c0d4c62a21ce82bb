/* SPDX-License-Identifier: MIT */
#include "options.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static unsigned long number_or_die(const char *text)
{
    char *end;
    unsigned long number = text == NULL ? 0 : strtoul(text, &end, 10);

    if (text == NULL || *text == '\0' || *end != '\0') {
        fprintf(stderr, "a number is missing\n");
        exit(2);
    }
    return number;
}

void options_read(struct options *options, int argc, char **argv)
{
    const char *seed = getenv("BYNAME_SEED");

    *options = (struct options){.seed = seed == NULL ? 1 : number_or_die(seed), .jobs = 2, .every = 1};
    for (int i = 1; i < argc; i++) {
        const char *value = argv[i + 1]; /* argv ends with NULL */
        bool has_value = true;

        if (strcmp(argv[i], "--seed") == 0) {
            options->seed = number_or_die(value);
        } else if (strcmp(argv[i], "--jobs") == 0) {
            options->jobs = (unsigned)number_or_die(value);
        } else if (strcmp(argv[i], "--every") == 0) {
            options->every = (unsigned)number_or_die(value);
        } else if (strcmp(argv[i], "--replay") == 0 && i + 1 < argc) {
            options->replay = value;
        } else if (strcmp(argv[i], "--long") == 0) {
            options->is_long = true;
            has_value = false;
        } else {
            fprintf(stderr, "usage: %s [--seed N] [--jobs N] [--every N] [--long] [--replay CASE]\n",
                    argv[0]);
            exit(2);
        }
        i += has_value;
    }
    if (options->replay != NULL || options->jobs == 0)
        options->jobs = 1;
    if (options->jobs > OPTIONS_JOBS_MAX)
        options->jobs = OPTIONS_JOBS_MAX;
    if (options->every == 0)
        options->every = 1;
}

static void work_and_exit(int pipe_in, void (*work)(void *user, unsigned job, uint64_t *result), void *user,
                          unsigned job, size_t count)
{
    uint64_t *result = calloc(count, sizeof *result);
    size_t size = count * sizeof *result;

    if (result == NULL)
        _exit(1);
    work(user, job, result);
    fflush(stdout);
    _exit(write(pipe_in, result, size) == (ssize_t)size ? 0 : 1);
}

static bool collect(int pipe_out, uint64_t *sum, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        uint64_t number;
        if (read(pipe_out, &number, sizeof number) != (ssize_t)sizeof number)
            return false;
        sum[i] += number;
    }
    return true;
}

bool options_share(const struct options *options, void (*work)(void *user, unsigned job, uint64_t *result),
                   void *user, uint64_t *sum, size_t count)
{
    int pipes[OPTIONS_JOBS_MAX][2];
    bool is_good = true;

    fflush(stdout);
    for (unsigned job = 0; job < options->jobs; job++) {
        if (pipe(pipes[job]) != 0) {
            perror("pipe");
            exit(1);
        }
        pid_t child = fork();
        if (child < 0) {
            perror("fork");
            exit(1);
        }
        if (child == 0)
            work_and_exit(pipes[job][1], work, user, job, count);
        close(pipes[job][1]);
    }
    for (unsigned job = 0; job < options->jobs; job++) {
        int status;
        is_good &= collect(pipes[job][0], sum, count);
        close(pipes[job][0]);
        is_good &= wait(&status) > 0 && WIFEXITED(status) && WEXITSTATUS(status) == 0;
    }
    return is_good;
}
