/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "collector.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define START_MS 20000
#define STOP_MS 20000
#define POLL_MS 10
#define ADDED_STAFF "Dan"
#define TEMPORARY_SIZE_MAX 40 /* the path of a socket is short */

static bool fail(struct collector *collector, const char *what, const char *why)
{
    snprintf(collector->text, sizeof collector->text, "%s%s%s", what, why[0] == '\0' ? "" : ": ", why);
    return false;
}

static void rest(void)
{
    const struct timespec pause = {0, POLL_MS * 1000000L};

    nanosleep(&pause, NULL);
}

static bool write_config(struct collector *collector, uint16_t kiosks)
{
    const char *temporary = getenv("TMPDIR");

    if (temporary == NULL)
        temporary = "/tmp";
    if (strlen(temporary) > TEMPORARY_SIZE_MAX)
        return fail(collector, temporary, "TMPDIR is too long for what stands in it");
    snprintf(collector->folder, sizeof collector->folder, "%s/kiosk-swarm-XXXXXX", temporary);
    if (mkdtemp(collector->folder) == NULL) {
        collector->folder[0] = '\0';
        snprintf(collector->text, sizeof collector->text, "cannot make a folder for the daemon in %s: %s",
                 temporary, strerror(errno));
        return false;
    }
    snprintf(collector->config_path, sizeof collector->config_path, "%s/bynamed.conf", collector->folder);
    FILE *file = fopen(collector->config_path, "w");
    if (file == NULL)
        return fail(collector, collector->config_path, strerror(errno));
    fprintf(file,
            "[daemon]\ndatabase=%s/byname.db\nsocket=%s/"
            "s\nstore=Swarm\ntimezone=UTC\nadopt=auto\nhelp=off\nbad_run=off\n",
            collector->folder, collector->folder);
    for (unsigned i = 1; i <= kiosks; i++)
        fprintf(file, "[kiosk Kiosk %u]\nport=%s/%u\n", i, collector->folder, i);
    return fclose(file) == 0 || fail(collector, collector->config_path, strerror(errno));
}

bool collector_prepare(struct collector *collector, const struct options *options)
{
    memset(collector, 0, sizeof *collector);
    if (options->config != NULL)
        snprintf(collector->config_path, sizeof collector->config_path, "%s", options->config);
    else if (!write_config(collector, options->kiosks))
        return false;
    if (config_load(collector->config_path, &collector->config, stderr) > 0)
        return fail(collector, collector->config_path, "is not as bynamed wants it");
    if (collector->config.is_help_on)
        return fail(collector, collector->config_path, "help=off is needed: the swarm calls nobody");
    if (collector->config.kiosk_count < options->kiosks)
        return fail(collector, collector->config_path, "it has fewer kiosks than --kiosks says");
    return true;
}

static pid_t launch(const char *log, const char *const words[])
{
    pid_t pid = fork();

    if (pid != 0)
        return pid;
    int fd = open(log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    if (fd >= 0) {
        dup2(fd, STDOUT_FILENO);
        dup2(fd, STDERR_FILENO);
    }
    execv(words[0], (char *const *)(uintptr_t)words);
    _exit(127);
}

static bool is_done_well(const char *log, const char *const words[])
{
    pid_t pid = launch(log, words);
    int status = 1;

    if (pid > 0)
        waitpid(pid, &status, 0);
    return status == 0;
}

static bool add_staff(struct collector *collector, const char *byname, const char *log)
{
    const char *words[] = {byname, "--socket", collector->config.socket, "staff", "add", ADDED_STAFF, NULL};

    return is_done_well(log, words) || fail(collector, "byname staff add failed; see", log);
}

bool collector_verify(struct collector *collector, const char *byname)
{
    const char *words[] = {byname, "--database", collector->config.database, "verify", NULL};

    return is_done_well("/dev/null", words) ||
           fail(collector, "visits or tallies are not what the answers say; byname verify tells more of",
                collector->config.database);
}

bool collector_start(struct collector *collector, const struct options *options)
{
    const char *words[] = {options->bynamed, "--config", collector->config_path, NULL};
    char log[sizeof collector->folder + 16];

    if (collector->folder[0] == '\0')
        return true;
    snprintf(log, sizeof log, "%s/log", collector->folder);
    collector->is_kept = true; /* until all went well: what fails from here on is to be looked at */
    collector->pid = launch(log, words);
    if (collector->pid < 0)
        return fail(collector, "cannot start bynamed", strerror(errno));
    for (int waited_ms = 0; access(collector->config.socket, F_OK) != 0; waited_ms += POLL_MS) {
        int status;
        if (waitpid(collector->pid, &status, WNOHANG) == collector->pid) {
            collector->pid = 0;
            return fail(collector, "bynamed ended; see", log);
        }
        if (waited_ms >= START_MS)
            return fail(collector, "bynamed is not ready; see", log);
        rest();
    }
    return add_staff(collector, options->byname, log);
}

bool collector_find_staff(struct collector *collector, uint16_t *staff)
{
    sqlite3 *database;
    sqlite3_stmt *statement = NULL;

    *staff = 0;
    if (sqlite3_open_v2(collector->config.database, &database, SQLITE_OPEN_READONLY, NULL) == SQLITE_OK &&
        sqlite3_prepare_v2(database,
                           "SELECT coalesce(min(id), 0), (SELECT count(*) FROM presence) FROM staff"
                           " WHERE is_on_duty AND retired_ms IS NULL",
                           -1, &statement, NULL) == SQLITE_OK &&
        sqlite3_step(statement) == SQLITE_ROW) {
        *staff = (uint16_t)sqlite3_column_int(statement, 0);
        collector->text[0] = '\0';
        if (sqlite3_column_int(statement, 1) > 0)
            fail(collector, "somebody is signed on at a kiosk",
                 "the swarm's customers expect to be asked who helped");
    } else {
        fail(collector, collector->config.database, sqlite3_errmsg(database));
    }
    sqlite3_finalize(statement);
    sqlite3_close(database);
    return collector->text[0] == '\0';
}

bool collector_stop(struct collector *collector)
{
    int status = 0;

    if (collector->pid == 0)
        return true;
    kill(collector->pid, SIGTERM);
    for (int waited_ms = 0; waitpid(collector->pid, &status, WNOHANG) == 0; waited_ms += POLL_MS) {
        if (waited_ms >= STOP_MS) {
            kill(collector->pid, SIGKILL);
            waitpid(collector->pid, &status, 0);
            break;
        }
        rest();
    }
    collector->pid = 0;
    return status == 0 || fail(collector, "bynamed did not end well; see the log in", collector->folder);
}

static int remove_one(const char *path, const struct stat *status, int type, struct FTW *at)
{
    (void)status, (void)type, (void)at;
    return remove(path);
}

void collector_remove(struct collector *collector)
{
    if (collector->folder[0] == '\0')
        return;
    if (collector->is_kept)
        fprintf(stderr, "kiosk-swarm: the daemon's folder is kept: %s\n", collector->folder);
    else
        nftw(collector->folder, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}
