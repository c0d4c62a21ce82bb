/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * kiosk-emulator: one loop that lets the kiosk run as far as the pace allows, moves bytes, carries out the
 * script or the keys, and sleeps until there is something to do.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/signalfd.h>
#include <time.h>
#include <unistd.h>
#include "browser.h"
#include "kiosk.h"
#include "options.h"
#include "player.h"
#include "script.h"
#include "terminal.h"

enum { EXIT_OK, EXIT_FAILED, EXIT_WRONG };
enum { POLL_SIGNALS, POLL_INPUT, POLL_LINE, POLL_COUNT };

static const uint64_t ns_per_ms = 1000000;

enum {
    TICK_MS = 5, /* how far real time may run ahead of the kiosk, and how long a byte from it may wait */
    IDLE_TICK_MS = 50, /* the same with the power off */
    BUDGET_MS = 10,    /* of real time between two looks at the world */
    DRAW_MS = 50,
};

struct emulator {
    struct options options;
    struct kiosk kiosk;
    struct script script;
    struct player player;
    struct terminal terminal;
    struct browser *browser; /* NULL for none */
    bool has_player;
    bool is_live;
    bool has_terminal;
    bool is_over;
    int status;
    int signals;
    uint64_t next_draw_ns;
};

static void end(struct emulator *emulator, int status)
{
    emulator->is_over = true;
    emulator->status = status;
}

static int block_signals(void)
{
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGHUP);
    signal(SIGPIPE, SIG_IGN);
    sigprocmask(SIG_BLOCK, &set, NULL);
    return signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

static void play(struct emulator *emulator)
{
    const enum player_status status = player_step(&emulator->player);
    switch (status) {
    case PLAYER_RUNNING:
        break;
    case PLAYER_DONE:
        end(emulator, EXIT_OK);
        break;
    case PLAYER_FAILED:
    case PLAYER_WRONG:
        fprintf(stderr, "kiosk-emulator: %s\n", emulator->player.error);
        end(emulator, status == PLAYER_WRONG ? EXIT_WRONG : EXIT_FAILED);
        break;
    }
}

/* Between the commands of a live script the kiosk keeps real time: its driver thinks in real time. */
static void set_speed(struct emulator *emulator)
{
    const bool is_waiting = emulator->is_live && player_deadline(&emulator->player) == UINT64_MAX;
    emulator->kiosk.pace.speed = is_waiting ? 1 : emulator->options.kiosk.pace;
}

static void report_fault(struct emulator *emulator)
{
    if (emulator->has_terminal) {
        snprintf(emulator->terminal.message, sizeof emulator->terminal.message, "%s", emulator->kiosk.error);
        emulator->terminal.message_until_ns = UINT64_MAX;
    } else {
        fprintf(stderr, "kiosk-emulator: %s\n", emulator->kiosk.error);
        end(emulator, EXIT_FAILED);
    }
}

static uint64_t deadline(const struct emulator *emulator)
{
    return emulator->has_player ? player_deadline(&emulator->player) : UINT64_MAX;
}

/* Let time pass. Returns whether the kiosk has caught up with real time. */
static bool run(struct emulator *emulator)
{
    struct kiosk *kiosk = &emulator->kiosk;
    const uint64_t now_ns = kiosk_real_ns();
    const uint64_t target = pace_target(&kiosk->pace, now_ns, kiosk->clock);
    const uint64_t whole = target / CORE_CYCLES_PER_MS * CORE_CYCLES_PER_MS;
    const uint64_t due = deadline(emulator);
    const bool is_due = due <= target;
    if (kiosk_run(kiosk, is_due ? due : whole, now_ns, BUDGET_MS * ns_per_ms) != 0) {
        report_fault(emulator);
    }
    return !is_due && kiosk->clock >= whole;
}

static void read_commands(struct emulator *emulator)
{
    char bytes[SCRIPT_LINE_SIZE];
    const size_t room = player_input_room(&emulator->player);
    const ssize_t count = read(STDIN_FILENO, bytes, room < sizeof bytes ? room : sizeof bytes);
    if (count >= 0) {
        player_feed(&emulator->player, bytes, (size_t)count);
    } else if (errno != EINTR && errno != EAGAIN) {
        player_feed(&emulator->player, bytes, 0);
    }
}

static uint64_t sleep_ns(const struct emulator *emulator)
{
    const struct kiosk *kiosk = &emulator->kiosk;
    const uint64_t now_ns = kiosk_real_ns();
    const uint64_t tick_ns = (kiosk->board != NULL ? TICK_MS : IDLE_TICK_MS) * ns_per_ms;
    const uint64_t next = deadline(emulator);
    const uint64_t due_ns = next == UINT64_MAX ? UINT64_MAX : pace_due_ns(&kiosk->pace, next);
    if (due_ns <= now_ns) {
        return 0;
    }
    return due_ns - now_ns < tick_ns ? due_ns - now_ns : tick_ns;
}

static void wait_for_world(struct emulator *emulator, bool has_caught_up)
{
    const struct kiosk *kiosk = &emulator->kiosk;
    const bool reads_input =
        emulator->has_terminal ||
        (emulator->is_live && !emulator->player.is_input_ended && player_input_room(&emulator->player) > 0);
    /* A line without a peer always reports a hang-up: then leave it out, it is looked at on every tick. */
    const bool reads_line = kiosk_reads_line(kiosk);
    const uint64_t timeout_ns = has_caught_up ? sleep_ns(emulator) : 0;
    const struct timespec timeout = {0, (long)timeout_ns};
    struct pollfd fds[POLL_COUNT] = {
        [POLL_SIGNALS] = {.fd = emulator->signals, .events = POLLIN},
        [POLL_INPUT] = {.fd = reads_input ? STDIN_FILENO : -1, .events = POLLIN},
        [POLL_LINE] = {.fd = reads_line ? kiosk->pty.master : -1, .events = POLLIN},
    };
    if (ppoll(fds, POLL_COUNT, &timeout, NULL) <= 0) {
        return;
    }
    if (fds[POLL_SIGNALS].revents != 0) {
        end(emulator, EXIT_OK);
    }
    if (fds[POLL_INPUT].revents != 0 && emulator->is_live) {
        read_commands(emulator);
    }
}

static void serve_terminal(struct emulator *emulator)
{
    const uint64_t now_ns = kiosk_real_ns();
    terminal_step(&emulator->terminal);
    if (!terminal_handle_keys(&emulator->terminal)) {
        end(emulator, EXIT_OK);
    }
    if (now_ns >= emulator->next_draw_ns) {
        terminal_draw(&emulator->terminal);
        emulator->next_draw_ns = now_ns + DRAW_MS * ns_per_ms;
    }
}

static void loop(struct emulator *emulator)
{
    while (!emulator->is_over) {
        if (emulator->has_player) {
            set_speed(emulator);
        }
        const bool has_caught_up = run(emulator);
        kiosk_serve_line(&emulator->kiosk, kiosk_real_ns());
        if (emulator->has_player && !emulator->is_over) {
            play(emulator);
        }
        if (emulator->has_terminal) {
            serve_terminal(emulator);
        }
        if (emulator->browser != NULL) {
            browser_step(emulator->browser, kiosk_real_ns());
        }
        if (!emulator->is_over) {
            wait_for_world(emulator, has_caught_up);
        }
    }
}

/* Read the script before anything else is touched. */
static bool open_script(struct emulator *emulator)
{
    const char *path = emulator->options.script_path;
    char error[2 * SCRIPT_LINE_SIZE];
    bool is_unreadable = false;
    emulator->has_player = path != NULL;
    emulator->is_live = path != NULL && strcmp(path, "-") == 0;
    if (path == NULL || emulator->is_live) {
        return true;
    }
    if (!script_open(&emulator->script, path, error, sizeof error, &is_unreadable)) {
        fprintf(stderr, "kiosk-emulator: %s\n", error);
        emulator->status = is_unreadable ? EXIT_FAILED : EXIT_WRONG;
        return false;
    }
    return true;
}

static bool open_page(struct emulator *emulator)
{
    const struct config_http *place = &emulator->options.http;
    char error[256];
    if (place->address[0] == '\0') {
        return true;
    }
    emulator->browser = browser_open(&emulator->kiosk, place, error, sizeof error);
    if (emulator->browser == NULL) {
        fprintf(stderr, "kiosk-emulator: --http, port %u: %s\n", (unsigned)place->port, error);
        return false;
    }
    fprintf(stderr, "kiosk-emulator: the kiosk is at %s/\n", browser_origin(emulator->browser));
    return true;
}

static void start_front_end(struct emulator *emulator)
{
    const struct options *options = &emulator->options;
    if (emulator->is_live) {
        player_init_live(&emulator->player, &emulator->kiosk, "standard input", options->png_scale);
    } else if (emulator->has_player) {
        player_init(&emulator->player, &emulator->kiosk, &emulator->script, options->script_path,
                    options->png_scale);
    } else if (isatty(STDIN_FILENO) && isatty(STDOUT_FILENO)) {
        terminal_open(&emulator->terminal, &emulator->kiosk, options->png_scale);
        emulator->has_terminal = true;
        emulator->terminal.page = emulator->browser == NULL ? NULL : browser_origin(emulator->browser);
    }
}

static void run_emulator(struct emulator *emulator)
{
    if (kiosk_open(&emulator->kiosk, &emulator->options.kiosk, kiosk_real_ns()) != 0) {
        fprintf(stderr, "kiosk-emulator: %s\n", emulator->kiosk.error);
        emulator->status = EXIT_FAILED;
        return;
    }
    if (open_page(emulator)) {
        start_front_end(emulator);
        loop(emulator);
    } else {
        emulator->status = EXIT_FAILED;
    }
    if (emulator->has_terminal) {
        terminal_close(&emulator->terminal);
    }
    browser_close(emulator->browser);
    kiosk_close(&emulator->kiosk);
}

int main(int argc, char **argv)
{
    static struct emulator emulator; /* too large for a stack */
    const enum options_outcome outcome = options_parse(&emulator.options, argc, argv);
    if (outcome != OPTIONS_RUN) {
        return outcome == OPTIONS_EXIT ? EXIT_OK : EXIT_WRONG;
    }
    emulator.signals = block_signals();
    if (open_script(&emulator)) {
        run_emulator(&emulator);
    }
    script_close(&emulator.script);
    return emulator.status;
}
