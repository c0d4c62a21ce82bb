/* SPDX-License-Identifier: MIT
 *
 * byname.c - the managers' command: asks the daemon, or an archived database, and prints the answer.
 */
#include <errno.h>
#include <langinfo.h>
#include <locale.h>
#include <openssl/evp.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "daemon/api.h"
#include "daemon/cli.h"
#include "daemon/client.h"
#include "daemon/clock.h"
#include "daemon/events.h"
#include "daemon/render.h"
#include "daemon/watch.h"

#define ANSWER_LIMIT_S 30
#define WATCH_EVERY_US 500000 /* while there is no stream of events */

static void complain(const char *text)
{
    fprintf(stderr, "byname: %s\n", text);
}

/* Progress of what takes long, on a terminal only. ------------------------------------------------------- */

static void show_seconds(unsigned seconds)
{
    fprintf(stderr, "\rbyname: working, %u s ", seconds);
}

static void show_parts(void *context, unsigned done)
{
    (void)context;
    fprintf(stderr, "\rbyname: working, %u %% ", done / 10);
}

static void clear_progress(void)
{
    fputs("\r\033[K", stderr);
}

/* Asking ------------------------------------------------------------------------------------------------- */

static enum client_status ask_quietly(const struct cli *cli, json_t **reply)
{
    const struct client_request request = {
        .socket = cli->socket, .path = cli->path, .limit_s = ANSWER_LIMIT_S};
    char text[CLIENT_TEXT_SIZE_MAX];

    return client_perform(&request, reply, text);
}

static enum cli_exit ask_daemon(const struct cli *cli, json_t **reply)
{
    bool is_watched = cli_is_long(cli) && isatty(STDERR_FILENO);
    char *body = cli->body == NULL ? NULL : json_dumps(cli->body, JSON_COMPACT);
    const struct client_request request = {
        .socket = cli->socket,
        .is_post = cli->is_post,
        .path = cli->path,
        .body = body,
        .limit_s = cli_is_long(cli) ? 0 : ANSWER_LIMIT_S,
        .waiting = is_watched ? show_seconds : NULL,
    };
    char text[CLIENT_TEXT_SIZE_MAX];

    enum client_status status = client_perform(&request, reply, text);
    free(body);
    if (is_watched)
        clear_progress();
    if (status == CLIENT_OK)
        return CLI_EXIT_OK;
    complain(text);
    return status == CLIENT_REFUSED ? CLI_EXIT_NO : CLI_EXIT_UNREACHABLE;
}

static enum cli_exit run_call(struct store *store, struct api_call *call, json_t **reply)
{
    struct store_error error = {""};
    json_t *answer = NULL;
    enum store_status status = STORE_OK;

    if (api_call_where(call) != API_NOWHERE)
        status = api_call_run(store, call, &error);
    if (api_call_finish(call, status, &error, NULL, &answer) == 200) {
        *reply = json_incref(answer);
        return CLI_EXIT_OK;
    }
    complain(json_string_value(json_object_get(answer, "error")));
    return CLI_EXIT_NO;
}

static enum cli_exit ask_file(struct cli *cli, json_t **reply)
{
    const struct store_options options = {.path = cli->database, .is_read_only = true};
    bool is_watched = cli_is_long(cli) && isatty(STDERR_FILENO);
    char *query = strchr(cli->path, '?');
    struct store_error error;
    struct store *store;

    if (query != NULL)
        *query++ = '\0';
    if (store_open(&options, &store, &error) != STORE_OK) {
        complain(error.text);
        return CLI_EXIT_UNREACHABLE;
    }
    char *body = cli->body == NULL ? NULL : json_dumps(cli->body, JSON_COMPACT);
    const struct api_request request = {
        .is_post = cli->is_post,
        .path = cli->path,
        .query = query == NULL ? "" : query,
        .body = body == NULL ? "" : body,
        .now_ms = clock_utc_ms(),
        .scope = TOKEN_LOCAL,
    };
    enum cli_exit outcome = CLI_EXIT_NO;
    struct api_call *call = api_call_create(&request);
    if (call == NULL) {
        complain("out of memory");
    } else {
        if (is_watched)
            api_call_on_progress(call, show_parts, NULL);
        outcome = run_call(store, call, reply);
        if (is_watched)
            clear_progress();
    }
    api_call_destroy(call);
    free(body);
    store_close(store);
    return outcome;
}

/* Printing ----------------------------------------------------------------------------------------------- */

/* https://no-color.org: set, and not empty. */
static bool is_no_color(void)
{
    const char *value = getenv("NO_COLOR");

    return value != NULL && value[0] != '\0';
}

/* The first day of the week where the user is: glibc counts it from week-1stday, a Sunday or a Monday. Without a locale
 * of a country, Monday. */
static const char *locale_week_start(void)
{
    static const char *const days[] = {"sunday",   "monday", "tuesday", "wednesday",
                                       "thursday", "friday", "saturday"};
    const char *locale = setlocale(LC_TIME, "");
    bool is_monday_first = ((intptr_t)nl_langinfo(_NL_TIME_WEEK_1STDAY)) == 19971201;
    unsigned first = (unsigned char)nl_langinfo(_NL_TIME_FIRST_WEEKDAY)[0];
    const char *day = days[(first + 6 + (is_monday_first ? 1 : 0)) % 7];
    bool is_known = strcmp(day, "sunday") == 0 || strcmp(day, "saturday") == 0;

    return locale != NULL && locale[0] != 'C' && strcmp(locale, "POSIX") != 0 && is_known ? day : "monday";
}

/* What the user's messages are in: the first of these that is set, and not empty, decides (POSIX, 8.2). The locale need not be
 * there for that. */
static const char *locale_of_messages(void)
{
    const char *const values[] = {getenv("LC_ALL"), getenv("LC_MESSAGES"), getenv("LANG")};

    for (size_t i = 0; i < sizeof values / sizeof *values; i++)
        if (values[i] != NULL && values[i][0] != '\0')
            return values[i];
    return NULL;
}

static unsigned terminal_columns(void)
{
    struct winsize size;

    return ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 ? size.ws_col : 0;
}

/* Whoever closed the pipe has seen enough: that is no error. */
static bool write_out(const char *text, size_t size)
{
    errno = 0;
    while (size > 0) {
        ssize_t written = write(STDOUT_FILENO, text, size);
        if (written < 0 && errno != EINTR)
            break;
        text += written < 0 ? 0 : written;
        size -= written < 0 ? 0 : (size_t)written;
    }
    if (size == 0 || errno == EPIPE)
        return true;
    fprintf(stderr, "byname: cannot write: %s\n", strerror(errno));
    return false;
}

/* SHA-256 as sha256sum has it; what would go into a file is the same on every terminal. */
static void digest(char **text, size_t *size)
{
    unsigned char hash[EVP_MAX_MD_SIZE];
    unsigned hash_size = 0;
    char *hex = calloc(1, 2 * sizeof hash + 2);

    if (EVP_Digest(*text, *size, hash, &hash_size, EVP_sha256(), NULL) != 1)
        hash_size = 0; /* and nothing is printed */
    for (unsigned i = 0; hex != NULL && i < hash_size; i++)
        snprintf(hex + 2 * i, 3, "%02x", hash[i]);
    if (hex != NULL)
        hex[2 * (size_t)hash_size] = '\n';
    free(*text);
    *text = hex;
    *size = hex == NULL || hash_size == 0 ? 0 : 2 * (size_t)hash_size + 1;
}

/* Rendered whole before any of it is written: what cannot be shown and what cannot be written are told apart. */
static enum cli_exit print(const struct cli *cli, const json_t *reply)
{
    struct render_options options = {
        .format = cli->format,
        .language = cli->language,
        .columns = cli->is_digest ? 0 : terminal_columns(),
        .is_color = !cli->is_digest && isatty(STDOUT_FILENO) && !is_no_color(),
    };
    char *text = NULL;
    size_t size = 0;

    if (cli->format == RENDER_ODS && !cli->is_digest && isatty(STDOUT_FILENO)) {
        complain("a spreadsheet is no text for a terminal; put \" > FILE.ods\" behind the command");
        return CLI_EXIT_NO;
    }
    FILE *page = open_memstream(&text, &size);
    bool is_shown = page != NULL && render(page, reply, &options);
    if (page != NULL)
        fclose(page);
    if (is_shown && cli->is_digest)
        digest(&text, &size);
    enum cli_exit outcome = CLI_EXIT_NO;
    if (!is_shown)
        complain("this answer cannot be shown that way; try --format json");
    else if (write_out(text, size))
        outcome = cli_judge(reply);
    free(text);
    return outcome;
}

/* Watching ----------------------------------------------------------------------------------------------- */

struct watcher {
    const struct cli *cli;
    json_t *before; /* the list as it was told; NULL: never yet */
    bool is_listening;
    char line[16]; /* the beginning of the stream's newest, as far as it has come */
    size_t size;
    enum cli_exit outcome;
    bool is_over;
};

/* Tell what has changed, and whether there is anybody left to tell. Takes reply. */
static void tell(struct watcher *watcher, json_t *reply)
{
    bool is_called = watch_news(stdout, watcher->before, reply, watcher->cli->format == RENDER_JSON);

    if (is_called && isatty(STDOUT_FILENO))
        fputc('\a', stdout);
    json_decref(watcher->before);
    watcher->before = reply;
    if (fflush(stdout) != 0)
        watcher->outcome = errno == EPIPE ? CLI_EXIT_OK : CLI_EXIT_NO;
    watcher->is_over = ferror(stdout) != 0;
}

static void look(struct watcher *watcher)
{
    json_t *reply = NULL;

    if (ask_quietly(watcher->cli, &reply) == CLIENT_OK)
        tell(watcher, reply);
}

/* Looks once it hears anything, since it did not hear what happened before; then at each word of help. */
static bool on_stream(void *context, const char *bytes, size_t size)
{
    static const char word[] = "event: help";
    struct watcher *watcher = context;
    bool is_due = !watcher->is_listening;

    watcher->is_listening = true;
    for (size_t i = 0; i < size; i++) {
        if (bytes[i] == '\n') {
            is_due =
                is_due || (watcher->size == strlen(word) && memcmp(watcher->line, word, watcher->size) == 0);
            watcher->size = 0;
        } else if (watcher->size < sizeof watcher->line) {
            watcher->line[watcher->size++] = bytes[i];
        }
    }
    if (is_due)
        look(watcher);
    return !watcher->is_over;
}

/* Until it is interrupted. A daemon that is away, or has no room for one more who listens, is asked again and again: the
 * calls that were missed meanwhile are told then. */
static enum cli_exit watch(const struct cli *cli)
{
    struct watcher watcher = {.cli = cli};
    json_t *reply = NULL;

    watcher.outcome = ask_daemon(cli, &reply);
    if (watcher.outcome != CLI_EXIT_OK)
        return watcher.outcome;
    tell(&watcher, reply);
    while (!watcher.is_over) {
        watcher.is_listening = false;
        watcher.size = 0;
        client_listen(cli->socket, EVENTS_PATH, on_stream, &watcher);
        if (watcher.is_over)
            break;
        usleep(WATCH_EVERY_US);
        look(&watcher);
    }
    json_decref(watcher.before);
    return watcher.outcome;
}

static enum cli_exit run(struct cli *cli)
{
    if (cli_is_watch(cli))
        return watch(cli);
    json_t *reply = NULL;
    enum cli_exit outcome = cli->database != NULL ? ask_file(cli, &reply) : ask_daemon(cli, &reply);

    if (outcome == CLI_EXIT_OK)
        outcome = print(cli, reply);
    json_decref(reply);
    return outcome;
}

static enum cli_exit show_help(const struct cli *cli)
{
    char *text = NULL;
    size_t size = 0;
    FILE *page = open_memstream(&text, &size);

    if (page != NULL) {
        cli_help(cli, page);
        fclose(page);
    }
    bool is_written = page != NULL && write_out(text, size);
    free(text);
    return is_written ? CLI_EXIT_OK : CLI_EXIT_NO;
}

int main(int argument_count, char **arguments)
{
    static const char version[] = "byname " BYNAME_VERSION "\n";
    struct cli cli;
    enum cli_exit outcome = CLI_EXIT_OK;

    signal(SIGPIPE, SIG_IGN);
    cli_parse(&cli, argument_count, arguments, getenv("BYNAME_SOCKET"));
    cli_set_week_start(&cli, locale_week_start());
    cli_set_language(&cli, locale_of_messages());
    switch (cli.action) {
    case CLI_HELP:
        outcome = show_help(&cli);
        break;
    case CLI_VERSION:
        outcome = write_out(version, strlen(version)) ? CLI_EXIT_OK : CLI_EXIT_NO;
        break;
    case CLI_MISTAKE:
        complain(cli.mistake);
        outcome = CLI_EXIT_USAGE;
        break;
    case CLI_RUN:
        outcome = run(&cli);
        break;
    }
    cli_close(&cli);
    return (int)outcome;
}
