/* SPDX-License-Identifier: MIT */
#include "command.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define TAG_SIZE_MAX 32
#define LINE_SIZE_MAX 512
#define REASON_SIZE_MAX 96
#define FIRST_OTHER_FD 3

struct child {
    bool is_used, is_killed;
    pid_t pid; /* 0: it did not start; see error */
    int error;
    uint64_t started_ms;
    uint8_t tag[TAG_SIZE_MAX];
};

struct command {
    command_on_end *on_end;
    void *context;
    size_t tag_size;
    struct child children[COMMAND_RUNNING_MAX];
};

struct command *command_create(size_t tag_size, command_on_end *on_end, void *context)
{
    struct command *command = tag_size <= TAG_SIZE_MAX ? calloc(1, sizeof *command) : NULL;

    if (command == NULL)
        return NULL;
    command->tag_size = tag_size;
    command->on_end = on_end;
    command->context = context;
    return command;
}

void command_destroy(struct command *command)
{
    if (command == NULL)
        return;
    for (size_t i = 0; i < COMMAND_RUNNING_MAX; i++) {
        struct child *child = &command->children[i];

        if (!child->is_used || child->pid == 0)
            continue;
        (void)kill(-child->pid, SIGKILL);
        (void)waitpid(child->pid, NULL, 0);
    }
    free(command);
}

/* Its words; the text is cut up. */
static void split(char *line, char *words[COMMAND_WORDS_MAX + 1])
{
    char *rest = NULL;
    size_t count = 0;

    for (char *word = strtok_r(line, " \t", &rest); word != NULL && count < COMMAND_WORDS_MAX;
         word = strtok_r(NULL, " \t", &rest))
        words[count++] = word;
    words[count] = NULL;
}

/* A process group of its own, signals as a program expects them, 0 from nowhere, 1 and 2 into the log. */
static int spawn(char *const words[], char *const environment[], pid_t *pid)
{
    posix_spawn_file_actions_t files;
    posix_spawnattr_t attributes;
    sigset_t none, all;
    int error;

    sigemptyset(&none);
    sigfillset(&all);
    posix_spawn_file_actions_init(&files);
    posix_spawnattr_init(&attributes);
    posix_spawnattr_setflags(&attributes,
                             POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
    posix_spawnattr_setpgroup(&attributes, 0);
    posix_spawnattr_setsigmask(&attributes, &none);
    posix_spawnattr_setsigdefault(&attributes, &all);
    error = posix_spawn_file_actions_addopen(&files, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    if (error == 0)
        error = posix_spawn_file_actions_adddup2(&files, STDERR_FILENO, STDOUT_FILENO);
    if (error == 0)
        error = posix_spawn_file_actions_addclosefrom_np(&files, FIRST_OTHER_FD);
    if (error == 0)
        error = posix_spawn(pid, words[0], &files, &attributes, words, environment);
    posix_spawn_file_actions_destroy(&files);
    posix_spawnattr_destroy(&attributes);
    return error;
}

static struct child *find_room(struct command *command)
{
    for (size_t i = 0; i < COMMAND_RUNNING_MAX; i++) {
        if (!command->children[i].is_used)
            return &command->children[i];
    }
    return NULL;
}

bool command_start(struct command *command, const char *line, char *const environment[], const void *tag,
                   uint64_t now_ms)
{
    struct child *child = find_room(command);
    char text[LINE_SIZE_MAX];
    char *words[COMMAND_WORDS_MAX + 1];

    if (child == NULL)
        return false;
    *child = (struct child){.is_used = true, .started_ms = now_ms};
    memcpy(child->tag, tag, command->tag_size);
    snprintf(text, sizeof text, "%s", line);
    split(text, words);
    child->error = words[0] == NULL ? EINVAL : spawn(words, environment, &child->pid);
    if (child->error != 0)
        child->pid = 0;
    return true;
}

/* True when it has ended; reason says how. */
static bool has_ended(const struct child *child, char reason[REASON_SIZE_MAX])
{
    int status;

    reason[0] = '\0';
    if (child->pid == 0) {
        snprintf(reason, REASON_SIZE_MAX, "cannot be started: %s", strerror(child->error));
        return true;
    }
    if (waitpid(child->pid, &status, WNOHANG) != child->pid)
        return false;
    if (child->is_killed)
        snprintf(reason, REASON_SIZE_MAX, "it took longer than %d s and was ended", COMMAND_LIMIT_MS / 1000);
    else if (WIFSIGNALED(status))
        snprintf(reason, REASON_SIZE_MAX, "it was ended by signal %d", WTERMSIG(status));
    else if (WEXITSTATUS(status) != 0)
        snprintf(reason, REASON_SIZE_MAX, "it ended with status %d", WEXITSTATUS(status));
    return true;
}

bool command_tick(struct command *command, uint64_t now_ms)
{
    bool is_any = false;

    for (size_t i = 0; i < COMMAND_RUNNING_MAX; i++) {
        struct child *child = &command->children[i];
        char reason[REASON_SIZE_MAX];

        if (!child->is_used)
            continue;
        if (!has_ended(child, reason)) {
            if (!child->is_killed && now_ms - child->started_ms >= COMMAND_LIMIT_MS) {
                child->is_killed = true;
                (void)kill(-child->pid, SIGKILL);
            }
            is_any = true;
            continue;
        }
        struct child ended = *child;
        child->is_used = false; /* on_end may start another */
        command->on_end(command->context, ended.tag, reason);
    }
    return is_any;
}
