/* SPDX-License-Identifier: MIT */
#include "cli.h"

#include <ctype.h>
#include <getopt.h>
#include <stdarg.h>
#include <limits.h>
#include <string.h>
#include <unistd.h>

#include "daemon/config.h"
#include "daemon/report.h"
#include "daemon/utf8.h"

#define ARGUMENTS_MAX 4 /* group, verb and two more */

enum cli_option {
    O_SINCE,
    O_FROM,
    O_TO,
    O_KIOSK,
    O_STAFF,
    O_AUDIENCE,
    O_WEEK_START,
    O_PIN,
    O_NAME,
    O_LABEL,
    O_REMARK,
    O_SHOW,
    O_DRY_RUN,
    O_COUNT,
    O_FORMAT = O_COUNT,
    O_DIGEST,
    O_LANGUAGE,
};

#define BIT(option) (1u << (option))
#define PERIOD                                                                                \
    (BIT(O_SINCE) | BIT(O_FROM) | BIT(O_TO) | BIT(O_KIOSK) | BIT(O_STAFF) | BIT(O_AUDIENCE) | \
     BIT(O_WEEK_START))

struct cli_command {
    const char *group, *verb; /* verb NULL: the group is the command */
    const char *synopsis;     /* what follows them */
    const char *help;
    bool is_post;
    bool is_archive_able; /* works with --database */
    const char *path;     /* a * is the first argument, or `fallback` */
    const char *fallback;
    int argument_min, argument_max;
    const char *body_key; /* the last argument goes there; "none" of key pin is null */
    unsigned options;     /* that it takes, besides --format */
};

static const struct cli_command commands[] = {
    {"report", NULL, "[NAME] [PERIOD] [FILTERS]",
     "the figures; without NAME the one page of the last full week against the one before", false, true,
     "/api/v1/report/*", "overview", 0, 1, NULL, PERIOD},
    {"staff", "list", "", "everybody, with number, duty and PIN", false, true, "/api/v1/staff", NULL, 0, 0,
     NULL, 0},
    {"staff", "add", "NAME [--pin DDDD]", "a new staff member, on duty", true, false, "/api/v1/staff", NULL,
     1, 1, "name", BIT(O_PIN)},
    {"staff", "rename", "WHO NEW", "spell a name anew; the figures stay", true, false,
     "/api/v1/staff/*/rename", NULL, 2, 2, "name", 0},
    {"staff", "on-duty", "WHO", "customers can pick the name at the kiosks", true, false,
     "/api/v1/staff/*/on-duty", NULL, 1, 1, NULL, 0},
    {"staff", "off-duty", "WHO", "... and cannot", true, false, "/api/v1/staff/*/off-duty", NULL, 1, 1, NULL,
     0},
    {"staff", "retire", "WHO", "off the kiosks for good, kept in the reports", true, false,
     "/api/v1/staff/*/retire", NULL, 1, 1, NULL, 0},
    {"staff", "pin", "WHO DDDD|none", "four presses of 1 to 5 that open their own counts", true, false,
     "/api/v1/staff/*/pin", NULL, 2, 2, "pin", 0},
    {"staff", "export", "WHO", "everything that is held about a person; --format json has all of it", false,
     true, "/api/v1/staff/*/export", NULL, 1, 1, NULL, 0},
    {"staff", "erase", "WHO", "the person's data becomes \"former staff\", for good", true, false,
     "/api/v1/staff/*/erase", NULL, 1, 1, NULL, 0},
    {"kiosk", "list", "", "every kiosk: where it is and how it does", false, true, "/api/v1/kiosks", NULL, 0,
     0, NULL, 0},
    {"kiosk", "adopt", "PORT [--name NAME]", "admit the kiosk that waits at this port of bynamed.conf", true,
     false, "/api/v1/kiosks/*/adopt", NULL, 1, 1, NULL, BIT(O_NAME)},
    {"kiosk", "name", "WHICH NEW", "give a kiosk another name", true, false, "/api/v1/kiosks/*/rename", NULL,
     2, 2, "name", 0},
    {"kiosk", "audience", "WHICH external|internal",
     "whom it asks: customers, or colleagues of another department", true, false, "/api/v1/kiosks/*/audience",
     NULL, 2, 2, "audience", 0},
    {"kiosk", "retire", "WHICH", "taken away for good, kept in the reports", true, false,
     "/api/v1/kiosks/*/retire", NULL, 1, 1, NULL, 0},
    {"policy", "print", "", "one page to sign: what is kept about staff, and who may look", false, true,
     "/api/v1/policy", NULL, 0, 0, NULL, 0},
    {"policy", "attribute", "all|positive|none", "whose names are kept from now on", true, false,
     "/api/v1/policy", NULL, 1, 1, "attribute", 0},
    {"policy", "retention", "DAYS|none [--dry-run]",
     "for how long raw answers are kept; with --dry-run only what would go", true, false,
     "/api/v1/policy/retention", NULL, 1, 1, "days", BIT(O_DRY_RUN)},
    {"access-log", NULL, "", "who read per-staff data, and when", false, true, "/api/v1/access-log", NULL, 0,
     0, NULL, 0},
    {"token", "create", "manager|staff:WHO|board [--label TEXT]", "a private link to the pages, shown once",
     true, false, "/api/v1/tokens", NULL, 1, 1, "scope", BIT(O_LABEL)},
    {"token", "list", "", "every token, what it opens and whether it still does", false, true,
     "/api/v1/tokens", NULL, 0, 0, NULL, 0},
    {"token", "revoke", "NUMBER", "... which opens nothing any more", true, false, "/api/v1/tokens/*/revoke",
     NULL, 1, 1, NULL, 0},
    {"help-calls", "list", "", "who called for help, and bad runs; open ones first (also without list)",
     false, true, "/api/v1/help-calls", NULL, 0, 0, NULL, 0},
    {"help-calls", "watch", "", "the same, and then each change as it comes, until it is interrupted", false,
     false, "/api/v1/help-calls", NULL, 0, 0, NULL, 0},
    {"help-calls", "acknowledge", "NUMBER [--staff WHO]", "somebody is on the way: the kiosk says so", true,
     false, "/api/v1/help-calls/*/acknowledge", NULL, 1, 1, NULL, BIT(O_STAFF)},
    {"help-calls", "close", "NUMBER OUTCOME [--remark TEXT] [--staff WHO]",
     "it is over: solved, handed-on, could-not or abuse", true, false, "/api/v1/help-calls/*/close", NULL, 2,
     2, "outcome", BIT(O_REMARK) | BIT(O_STAFF)},
    {"help-calls", NULL, "", "", false, true, "/api/v1/help-calls", NULL, 0, 0, NULL, 0},
    {"note", "add", "TEXT [--show]",
     "what you changed, for reports to compare; with --show kiosks tell it (also without add)", true, false,
     "/api/v1/notes", NULL, 1, 1, "text", BIT(O_SHOW)},
    {"note", "list", "", "the notes, newest first", false, true, "/api/v1/notes", NULL, 0, 0, NULL, 0},
    {"note", "remove", "NUMBER", "take a note out of reports and kiosks", true, false,
     "/api/v1/notes/*/remove", NULL, 1, 1, NULL, 0},
    {"note", NULL, "TEXT [--show]", "", true, false, "/api/v1/notes", NULL, 1, 1, "text", BIT(O_SHOW)},
    {"status", NULL, "", "how the daemon and its kiosks are; exit status 1 when unwell", false, false,
     "/api/v1/status", NULL, 0, 0, NULL, 0},
    {"verify", NULL, "", "recount everything from the answers; exit status 1 on a difference", true, true,
     "/api/v1/verify", NULL, 0, 0, NULL, 0},
    {"backup", NULL, "FILE", "copy the database to a new file, while it is in use", true, true,
     "/api/v1/backup", NULL, 1, 1, "file", 0},
};

#define COUNT(array) (sizeof(array) / sizeof *(array))

static const struct option options[] = {
    {"since", required_argument, NULL, O_SINCE},
    {"from", required_argument, NULL, O_FROM},
    {"to", required_argument, NULL, O_TO},
    {"kiosk", required_argument, NULL, O_KIOSK},
    {"staff", required_argument, NULL, O_STAFF},
    {"audience", required_argument, NULL, O_AUDIENCE},
    {"week-start", required_argument, NULL, O_WEEK_START},
    {"pin", required_argument, NULL, O_PIN},
    {"name", required_argument, NULL, O_NAME},
    {"label", required_argument, NULL, O_LABEL},
    {"remark", required_argument, NULL, O_REMARK},
    {"show", no_argument, NULL, O_SHOW},
    {"dry-run", no_argument, NULL, O_DRY_RUN},
    {"format", required_argument, NULL, O_FORMAT},
    {"digest", no_argument, NULL, O_DIGEST},
    {"language", required_argument, NULL, O_LANGUAGE},
    {"socket", required_argument, NULL, 's'},
    {"database", required_argument, NULL, 'd'},
    {"help", no_argument, NULL, 'h'},
    {"version", no_argument, NULL, 'v'},
    {NULL, 0, NULL, 0},
};

static const char help_head[] =
    "Usage: byname [--socket PATH | --database FILE] COMMAND... [--format text|csv|ods|json]\n";

static const char help_tail[] =
    "\n"
    "NAME          summary, staff, causes, strengths, hours, days, kiosks or help\n"
    "PERIOD        --since 7d, 24h or 4w; or --from and --to with 2026-11-02 or 2026-11-02T14:00\n"
    "FILTERS       --kiosk K, --staff S, --audience external|internal\n"
    "--week-start  monday, saturday or sunday (default: as your locale has it)\n"
    "--language    of a report: en, de, es, fr or pl (default: as your locale has it, else en)\n"
    "--format      csv for programs; ods, a spreadsheet, for people: > FILE.ods\n"
    "--digest      of a report: the SHA-256 of what it would print into a file, instead of it\n"
    "WHO, WHICH    a staff member's name or number; the name of a kiosk\n"
    "--socket      where bynamed listens (default: $BYNAME_SOCKET or " CONFIG_SOCKET_DEFAULT ")\n"
    "--database    read this file instead of asking bynamed: report, the lists, verify, backup\n"
    "--help        after a command: all about it, as in byname staff --help; --version\n"
    "Exit status: 0 yes; 1 no, refused or unwell; 2 a mistake on the command line; 3 no daemon or database\n";

static void mistake(struct cli *cli, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void mistake(struct cli *cli, const char *format, ...)
{
    va_list arguments;

    if (cli->action == CLI_MISTAKE)
        return;
    cli->action = CLI_MISTAKE;
    va_start(arguments, format);
    vsnprintf(cli->mistake, sizeof cli->mistake, format, arguments);
    va_end(arguments);
    utf8_clean(cli->mistake);
}

/* The request -------------------------------------------------------------------------------------------- */

static void append(struct cli *cli, const char *text, size_t size)
{
    size_t used = strlen(cli->path);

    if (used + size >= sizeof cli->path) {
        mistake(cli, "the arguments are too long");
        return;
    }
    memcpy(cli->path + used, text, size);
    cli->path[used + size] = '\0';
}

/* Unreserved characters stand for themselves (RFC 3986, 2.3). */
static void append_encoded(struct cli *cli, const char *text)
{
    if (!utf8_is_valid(text))
        mistake(cli, "'%s' is not UTF-8: set the terminal to it", text);
    for (; *text != '\0'; text++) {
        char encoded[4];
        unsigned char byte = (unsigned char)*text;
        if (isascii(byte) && (isalnum(byte) || strchr("-._~", byte) != NULL))
            snprintf(encoded, sizeof encoded, "%c", byte);
        else
            snprintf(encoded, sizeof encoded, "%%%02X", byte);
        append(cli, encoded, strlen(encoded));
    }
}

static void set_path(struct cli *cli, const char *first)
{
    const char *star = strchr(cli->command->path, '*');

    if (first == NULL)
        first = cli->command->fallback;
    if (star == NULL || first == NULL) {
        append(cli, cli->command->path, strlen(cli->command->path));
        return;
    }
    if (first[0] == '\0')
        mistake(cli, "a name must not be empty");
    append(cli, cli->command->path, (size_t)(star - cli->command->path));
    append_encoded(cli, first);
    append(cli, star + 1, strlen(star + 1));
}

static void put(struct cli *cli, const char *key, const char *value)
{
    bool is_none = strcmp(key, "pin") == 0 && strcmp(value, "none") == 0;
    bool is_relative = strcmp(key, "file") == 0 && value[0] != '/';
    char here[PATH_MAX];
    json_t *text;

    if (is_relative && getcwd(here, sizeof here) == NULL) { /* the daemon's folder is another one */
        mistake(cli, "this folder has no path: name the file from /");
        return;
    }
    if (is_none)
        text = json_null();
    else
        text = is_relative ? json_sprintf("%s/%s", here, value) : json_string(value);

    if (text == NULL)
        mistake(cli, "'%s' is not UTF-8: set the terminal to it", value);
    else
        json_object_set_new(cli->body, key, text);
}

/* An option's name, as it stands in a query: "week_start". */
static void append_key(struct cli *cli, const char *name)
{
    for (; *name != '\0'; name++)
        append(cli, *name == '-' ? "_" : name, 1);
}

static void set_request(struct cli *cli, char *const arguments[], int count,
                        const char *const values[O_COUNT])
{
    const char *separator = "?";

    cli->is_post =
        cli->command->is_post && values[O_DRY_RUN] == NULL; /* a dry run changes nothing: it asks */
    set_path(cli, count > 0 ? arguments[0] : NULL);
    if (cli->is_post)
        cli->body = json_object();
    if (cli->command->body_key != NULL && cli->is_post)
        put(cli, cli->command->body_key, arguments[count - 1]);
    else if (cli->command->body_key != NULL) {
        append(cli, "?", 1);
        append_key(cli, cli->command->body_key);
        append(cli, "=", 1);
        append_encoded(cli, arguments[count - 1]);
    }
    for (int i = 0; i < O_COUNT; i++) {
        if (values[i] == NULL || i == O_DRY_RUN)
            continue;
        if (cli->is_post) {
            put(cli, options[i].name, values[i]);
            continue;
        }
        append(cli, separator, 1);
        append_key(cli, options[i].name);
        append(cli, "=", 1);
        append_encoded(cli, values[i]);
        separator = "&";
    }
}

/* The command line --------------------------------------------------------------------------------------- */

static bool has_group(const char *group)
{
    for (size_t i = 0; i < COUNT(commands); i++) {
        if (strcmp(commands[i].group, group) == 0)
            return true;
    }
    return false;
}

static const struct cli_command *find_command(const char *group, const char *verb)
{
    for (size_t i = 0; i < COUNT(commands); i++) {
        if (strcmp(commands[i].group, group) == 0 &&
            (commands[i].verb == NULL || (verb != NULL && strcmp(commands[i].verb, verb) == 0)))
            return &commands[i];
    }
    return NULL;
}

static void find(struct cli *cli, char *const words[], int count)
{
    if (count == 0) {
        mistake(cli, "which command? see byname --help");
        return;
    }
    cli->command = find_command(words[0], count > 1 ? words[1] : NULL);
    if (cli->command != NULL)
        return;
    if (!has_group(words[0]))
        mistake(cli, "there is no command '%s'; see byname --help", words[0]);
    else if (count == 1)
        mistake(cli, "byname %s what? see byname %s --help", words[0], words[0]);
    else
        mistake(cli, "there is no command '%s %s'; see byname %s --help", words[0], words[1], words[0]);
}

/* A text's shape: 9 stands for a digit, the rest for itself. */
static bool has_shape(const char *text, const char *shape)
{
    for (; *shape != '\0'; text++, shape++) {
        if (*shape == '9' ? !isdigit((unsigned char)*text) : *text != *shape)
            return false;
    }
    return *text == '\0';
}

/* What can be seen to be wrong without the calendar and the clock of the store. */
static void check_period(struct cli *cli, const char *const values[O_COUNT])
{
    static const int edges[] = {O_FROM, O_TO};
    const char *since = values[O_SINCE];

    if (since != NULL &&
        (!isdigit((unsigned char)since[0]) || strlen(since + strspn(since, "0123456789")) != 1 ||
         strchr("hdw", since[strlen(since) - 1]) == NULL))
        mistake(cli, "--since %s is not understood: give days, weeks or hours, as in 7d, 4w or 24h", since);
    for (size_t i = 0; i < COUNT(edges); i++) {
        const char *edge = values[edges[i]];
        if (edge != NULL && !has_shape(edge, "9999-99-99") && !has_shape(edge, "9999-99-99T99:99"))
            mistake(cli, "--%s %s is not understood: give 2026-11-02 or 2026-11-02T14:00",
                    options[edges[i]].name, edge);
    }
}

static bool is_report(const char *name)
{
    static const char *const names[] = {"overview", "summary", "staff",  "causes", "strengths",
                                        "hours",    "days",    "kiosks", "help"};

    for (size_t i = 0; i < COUNT(names); i++) {
        if (strcmp(name, names[i]) == 0)
            return true;
    }
    return false;
}

static bool is_one_of(const char *value, const char *first, const char *second, const char *third)
{
    return strcmp(value, first) == 0 || strcmp(value, second) == 0 || strcmp(value, third) == 0;
}

static void check_words(struct cli *cli, const char *const values[O_COUNT])
{
    const char *audience = values[O_AUDIENCE], *start = values[O_WEEK_START];

    if (audience != NULL && !is_one_of(audience, "external", "internal", "external"))
        mistake(cli, "--audience is external or internal, not '%s'", audience);
    if (start != NULL && !is_one_of(start, "monday", "saturday", "sunday"))
        mistake(cli, "--week-start is monday, saturday or sunday, not '%s'", start);
    if (cli->is_digest && strcmp(cli->command->group, "report") != 0)
        mistake(cli, "--digest is for reports");
    if (cli->has_language && strcmp(cli->command->group, "report") != 0)
        mistake(cli, "--language is for reports");
}

/* Which commands do with a file alone, from the table; another form of one stands there without help. */
static void refuse_archive(struct cli *cli, const char *verb)
{
    char able[CLI_TEXT_SIZE_MAX / 2] = "";
    size_t used = 0;

    for (size_t i = 0; i < COUNT(commands) && used < sizeof able; i++) {
        const struct cli_command *one = &commands[i];

        if (one->is_archive_able && one->help[0] != '\0')
            used += (size_t)snprintf(able + used, sizeof able - used, "%s%s%s%s", used == 0 ? "" : ", ",
                                     one->group, one->verb == NULL ? "" : " ",
                                     one->verb == NULL ? "" : one->verb);
    }
    mistake(cli, "%s%s%s needs the daemon; --database serves %s", cli->command->group,
            verb[0] == '\0' ? "" : " ", verb, able);
}

static void check_options(struct cli *cli, const char *const values[O_COUNT])
{
    const struct cli_command *command = cli->command;
    const char *verb = command->verb == NULL ? "" : command->verb;

    for (int i = 0; i < O_COUNT; i++) {
        if (values[i] != NULL && (command->options & BIT(i)) == 0)
            mistake(cli, "%s%s%s takes no --%s", command->group, command->verb == NULL ? "" : " ", verb,
                    options[i].name);
    }
    check_words(cli, values);
    if (values[O_SINCE] != NULL && (values[O_FROM] != NULL || values[O_TO] != NULL))
        mistake(cli, "--since and --from/--to exclude each other");
    check_period(cli, values);
    if (cli_is_watch(cli) && (cli->format == RENDER_CSV || cli->format == RENDER_ODS))
        mistake(cli, "help-calls watch prints text or json, a line for each change");
    if (cli->database != NULL && !command->is_archive_able)
        refuse_archive(cli, verb);
}

static void parse_words(struct cli *cli, char *words[], int count, const char *const values[O_COUNT])
{
    find(cli, words, count);
    if (cli->action == CLI_MISTAKE)
        return;
    int used = cli->command->verb == NULL ? 1 : 2;
    if (count - used < cli->command->argument_min || count - used > cli->command->argument_max) {
        mistake(cli, "usage: byname %s%s%s %s", cli->command->group, used == 1 ? "" : " ",
                used == 1 ? "" : cli->command->verb, cli->command->synopsis);
        return;
    }
    if (strcmp(cli->command->group, "report") == 0 && count > used && !is_report(words[used]))
        mistake(cli, "there is no report '%s': there are " REPORT_NAMES, words[used]);
    check_options(cli, values);
    if (cli->action != CLI_MISTAKE)
        set_request(cli, words + used, count - used, values);
}

static void take_option(struct cli *cli, int option, const char *values[O_COUNT], char *const arguments[])
{
    switch (option) {
    case O_FORMAT:
        if (!render_format_find(optarg, &cli->format))
            mistake(cli, "--format is text, csv, ods or json, not '%s'", optarg);
        break;
    case O_DIGEST:
        cli->is_digest = true;
        break;
    case O_LANGUAGE:
        cli->language = words_language(optarg);
        cli->has_language = true;
        if (cli->language == WORDS_LANGUAGE_COUNT)
            mistake(cli, "--language is en, de, es, fr or pl, not '%s'", optarg);
        break;
    case 's':
        cli->socket = optarg;
        break;
    case 'd':
        cli->database = optarg;
        break;
    case 'h':
        if (cli->action == CLI_RUN)
            cli->action = CLI_HELP;
        break;
    case 'v':
        if (cli->action == CLI_RUN)
            cli->action = CLI_VERSION;
        break;
    case ':':
        mistake(cli, "%s needs a value", arguments[optind - 1]);
        break;
    case '?':
        mistake(cli, "there is no option %s; see byname --help", arguments[optind - 1]);
        break;
    case O_SHOW:
    case O_DRY_RUN:
        values[option] = "yes";
        break;
    default:
        values[option] = optarg;
    }
}

void cli_parse(struct cli *cli, int argument_count, char **arguments, const char *environment_socket)
{
    const char *values[O_COUNT] = {NULL};
    int option;

    memset(cli, 0, sizeof *cli);
    cli->format = RENDER_TEXT;
    cli->socket = environment_socket != NULL ? environment_socket : CONFIG_SOCKET_DEFAULT;
    optind = 0; /* glibc: begin anew (getopt(3), Notes) */
    while ((option = getopt_long(argument_count, arguments, ":h", options, NULL)) != -1)
        take_option(cli, option, values, arguments);
    char **words = arguments + optind;
    int count = argument_count - optind;
    if (cli->action == CLI_HELP) {
        cli->help_group = count > 0 ? words[0] : NULL;
        cli->help_verb = count > 1 ? words[1] : NULL;
        if (count > 0 && !has_group(words[0])) {
            cli->action = CLI_RUN;
            mistake(cli, "there is no command '%s'; see byname --help", words[0]);
        }
    } else if (cli->action == CLI_RUN) {
        parse_words(cli, words, count, values);
    }
}

void cli_set_week_start(struct cli *cli, const char *week_start)
{
    if (cli->action != CLI_RUN || strcmp(cli->command->group, "report") != 0 ||
        strstr(cli->path, "week_start="))
        return;
    append(cli, strchr(cli->path, '?') == NULL ? "?" : "&", 1);
    append(cli, "week_start=", strlen("week_start="));
    append_encoded(cli, week_start);
}

void cli_set_language(struct cli *cli, const char *locale)
{
    if (cli->action != CLI_RUN || strcmp(cli->command->group, "report") != 0)
        return;
    if (cli->is_digest) /* whoever compares it may read another language */
        cli->language = WORDS_EN;
    else if (!cli->has_language)
        cli->language = words_locale(locale);
}

void cli_close(struct cli *cli)
{
    json_decref(cli->body);
    cli->body = NULL;
}

/* What a group is for, on one line: its one command's help, or its verbs. */
static void help_group(const struct cli_command *first, FILE *out)
{
    const char *separator = "";

    fprintf(out, "  %-12s ", first->group);
    if (first->verb == NULL)
        fputs(first->help, out);
    for (const struct cli_command *command = first;
         first->verb != NULL && command < commands + COUNT(commands); command++) {
        if (strcmp(command->group, first->group) != 0 || command->verb == NULL)
            continue;
        fprintf(out, "%s%s", separator, command->verb);
        separator = ", ";
    }
    fputc('\n', out);
}

static void help_groups(FILE *out)
{
    for (size_t i = 0; i < COUNT(commands); i++) {
        if (i == 0 || strcmp(commands[i].group, commands[i - 1].group) != 0)
            help_group(&commands[i], out);
    }
}

static void help_commands(const struct cli *cli, FILE *out)
{
    bool is_verb_known = cli->help_verb != NULL && find_command(cli->help_group, cli->help_verb) != NULL;

    for (size_t i = 0; i < COUNT(commands); i++) {
        const struct cli_command *command = &commands[i];
        char left[96];

        if (command->help[0] == '\0' || strcmp(cli->help_group, command->group) != 0)
            continue; /* without help: another form of one above it */
        if (is_verb_known && command->verb != NULL && strcmp(cli->help_verb, command->verb) != 0)
            continue;
        snprintf(left, sizeof left, "%s%s%s %s", command->group, command->verb == NULL ? "" : " ",
                 command->verb == NULL ? "" : command->verb, command->synopsis);
        if (strlen(left) > 30)
            fprintf(out, "  %s\n  %-30s %s\n", left, "", command->help);
        else
            fprintf(out, "  %-30s %s\n", left, command->help);
    }
}

void cli_help(const struct cli *cli, FILE *out)
{
    fputs(help_head, out);
    fputc('\n', out);
    if (cli->help_group == NULL)
        help_groups(out);
    else
        help_commands(cli, out);
    fputs(help_tail, out);
}

enum cli_exit cli_judge(const json_t *reply)
{
    return json_is_false(json_object_get(reply, "is_well")) ? CLI_EXIT_NO : CLI_EXIT_OK;
}

bool cli_is_watch(const struct cli *cli)
{
    return cli->command->verb != NULL && strcmp(cli->command->verb, "watch") == 0;
}

bool cli_is_long(const struct cli *cli)
{
    return strcmp(cli->command->group, "verify") == 0 || strcmp(cli->command->group, "backup") == 0 ||
           (cli->command->options & BIT(O_DRY_RUN)) != 0;
}
