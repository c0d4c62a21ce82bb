/* SPDX-License-Identifier: MIT */
#include "config.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <ini.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "daemon/utf8.h"

#define LINE_SIZE_MAX 512
#define KIOSK_SECTION "kiosk "

struct parser {
    const char *path;
    FILE *file;
    FILE *mistakes;
    unsigned mistake_count;
    struct config *config;
    int line;
    bool is_line_pending;          /* a line that should call the handler and has not yet */
    const struct section *section; /* NULL: none, or an unknown one, whose keys are named once, by it */
    int section_line;
    bool is_http_seen;
    struct config_kiosk *kiosk; /* of the open [kiosk NAME] section */
    uint32_t keys_seen;         /* bit i: key i of the section's table */
};

struct key {
    const char *name;
    bool (*parse)(struct parser *parser, const char *value);
    const char *fallback;
    const char *help;
};

struct section {
    const struct key *keys;
    size_t key_count;
};

static void mistake(struct parser *parser, int line, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

static void mistake(struct parser *parser, int line, const char *format, ...)
{
    va_list arguments;

    parser->mistake_count++;
    if (line > 0)
        fprintf(parser->mistakes, "%s:%d: ", parser->path, line);
    else
        fprintf(parser->mistakes, "%s: ", parser->path);
    va_start(arguments, format);
    vfprintf(parser->mistakes, format, arguments);
    va_end(arguments);
    fputc('\n', parser->mistakes);
}

/* Values ------------------------------------------------------------------------------------------------- */

static bool copy_path(struct parser *parser, const char *key, const char *value, char *path, size_t capacity)
{
    if (value[0] != '/') {
        mistake(parser, parser->line, "%s=%s is not an absolute path; begin it with /", key, value);
        return false;
    }
    if (strlen(value) >= capacity) {
        mistake(parser, parser->line, "%s is longer than %zu bytes; choose a shorter path", key,
                capacity - 1);
        return false;
    }
    snprintf(path, capacity, "%s", value);
    return true;
}

static bool parse_choice(struct parser *parser, const char *key, const char *value, const char *yes,
                         const char *no, bool *choice)
{
    *choice = strcmp(value, yes) == 0;
    if (*choice || strcmp(value, no) == 0)
        return true;
    mistake(parser, parser->line, "%s=%s; write %s=%s or %s=%s", key, value, key, yes, key, no);
    return false;
}

static bool parse_database(struct parser *parser, const char *value)
{
    return copy_path(parser, "database", value, parser->config->database, sizeof parser->config->database);
}

static bool parse_socket(struct parser *parser, const char *value)
{
    return copy_path(parser, "socket", value, parser->config->socket, sizeof parser->config->socket);
}

static bool parse_adopt(struct parser *parser, const char *value)
{
    return parse_choice(parser, "adopt", value, "auto", "manual", &parser->config->is_auto_adopt);
}

static bool parse_help(struct parser *parser, const char *value)
{
    return parse_choice(parser, "help", value, "on", "off", &parser->config->is_help_on);
}

/* An absolute path and arguments: of a program that is there. */
static bool parse_command(struct parser *parser, const char *key, const char *value, size_t channel)
{
    char *announce = parser->config->announce[channel];
    char path[CONFIG_PATH_SIZE_MAX + 1];
    struct stat status;

    if (!copy_path(parser, key, value, announce, CONFIG_PATH_SIZE_MAX + 1))
        return false;
    snprintf(path, sizeof path, "%.*s", (int)strcspn(value, " \t"), value);
    if (stat(path, &status) == 0 && S_ISREG(status.st_mode) && (status.st_mode & 0111) != 0)
        return true;
    mistake(parser, parser->line, "%s=%s: there is no program %s; give its path, and chmod +x it", key, value,
            path);
    return false;
}

static bool parse_webhook(struct parser *parser, const char *key, const char *value, size_t channel)
{
    bool is_address = strncmp(value, "http://", 7) == 0 || strncmp(value, "https://", 8) == 0;

    if (!is_address || strpbrk(value, " \t\"<>") != NULL) {
        mistake(parser, parser->line, "%s=%s; write an address such as https://example.org/byname", key,
                value);
        return false;
    }
    if (strlen(value) > CONFIG_PATH_SIZE_MAX) {
        mistake(parser, parser->line, "%s is longer than %d bytes", key, CONFIG_PATH_SIZE_MAX);
        return false;
    }
    snprintf(parser->config->announce[channel], CONFIG_PATH_SIZE_MAX + 1, "%s", value);
    return true;
}

static bool parse_help_command(struct parser *parser, const char *value)
{
    return parse_command(parser, "help_command", value, 0);
}

static bool parse_help_webhook(struct parser *parser, const char *value)
{
    return parse_webhook(parser, "help_webhook", value, 1);
}

static bool parse_help_second_command(struct parser *parser, const char *value)
{
    return parse_command(parser, "help_second_command", value, 2);
}

static bool parse_help_second_webhook(struct parser *parser, const char *value)
{
    return parse_webhook(parser, "help_second_webhook", value, 3);
}

static bool parse_bad_run(struct parser *parser, const char *value)
{
    unsigned percent, ratings, minutes;
    int end = 0;

    if (strcmp(value, "off") == 0) {
        parser->config->bad_run = (struct store_bad_run){0};
        return true;
    }
    if (sscanf(value, "%3u%% of %3u in %3u min%n", &percent, &ratings, &minutes, &end) != 3 || end == 0 ||
        value[end] != '\0' || percent < 1 || percent > 100 || ratings < 2 ||
        ratings > STORE_BAD_RUN_RATINGS_MAX || minutes < 1 || minutes > 240) {
        mistake(parser, parser->line,
                "bad_run=%s; write off, or as in %s: of at least 2 to %d ratings in 1 to 240 minutes", value,
                CONFIG_BAD_RUN_DEFAULT, STORE_BAD_RUN_RATINGS_MAX);
        return false;
    }
    parser->config->bad_run = (struct store_bad_run){(uint8_t)percent, (uint8_t)ratings, (uint8_t)minutes};
    return true;
}

/* A name is shown on terminals and pages. UTF-8 is known: read_line looked. */
static bool check_visible(struct parser *parser, const char *name)
{
    uint32_t code;

    for (; *name != '\0'; name += utf8_character(name, &code)) {
        if (utf8_character(name, &code) == 0 || utf8_is_hidden(code)) {
            mistake(parser, parser->line,
                    "the name has a character that cannot be seen (U+%04X); write it anew", (unsigned)code);
            return false;
        }
    }
    return true;
}

static bool parse_store(struct parser *parser, const char *value)
{
    if (value[0] == '\0' || strlen(value) >= sizeof parser->config->store) {
        mistake(parser, parser->line, "store= takes a name of 1 to %zu bytes",
                sizeof parser->config->store - 1);
        return false;
    }
    if (!check_visible(parser, value))
        return false;
    snprintf(parser->config->store, sizeof parser->config->store, "%s", value);
    return true;
}

static bool is_timezone(const char *name)
{
    char path[sizeof CONFIG_ZONEINFO + sizeof((struct config *)0)->timezone + 1];
    struct stat status;

    if (name[0] == '\0' || name[0] == '/' || strstr(name, "..") != NULL ||
        strlen(name) >= sizeof((struct config *)0)->timezone)
        return false;
    snprintf(path, sizeof path, "%s/%s", CONFIG_ZONEINFO, name);
    return strcmp(name, "UTC") == 0 || (stat(path, &status) == 0 && S_ISREG(status.st_mode));
}

static bool parse_timezone(struct parser *parser, const char *value)
{
    if (!is_timezone(value)) {
        mistake(parser, parser->line,
                "timezone=%s is not known on this host; write a name below " CONFIG_ZONEINFO
                " such as Europe/Berlin (Debian package tzdata)",
                value);
        return false;
    }
    snprintf(parser->config->timezone, sizeof parser->config->timezone, "%s", value);
    return true;
}

static bool parse_log(struct parser *parser, const char *value)
{
    if (log_level_parse(value, &parser->config->log_level))
        return true;
    mistake(parser, parser->line, "log=%s; write error, warning, notice or info", value);
    return false;
}

static bool get_hex(const char **text, uint16_t *number)
{
    const char *at = *text;
    unsigned value = 0;

    for (; isxdigit((unsigned char)*at) && at - *text < 4; at++) {
        int digit = isdigit((unsigned char)*at) ? *at - '0' : tolower((unsigned char)*at) - 'a' + 10;
        value = value * 16 + (unsigned)digit;
    }
    bool is_number = at - *text == 4;
    *text = at;
    *number = (uint16_t)value;
    return is_number;
}

bool config_parse_usb(const char *port, uint16_t *vendor, uint16_t *product, const char **serial)
{
    if (strncmp(port, "usb:", 4) != 0)
        return false;
    port += 4;
    if (!get_hex(&port, vendor) || *port++ != ':' || !get_hex(&port, product))
        return false;
    if (*port != '\0' && (port[0] != ':' || port[1] == '\0'))
        return false;
    *serial = *port == '\0' ? port : port + 1;
    return true;
}

static bool is_port_taken(const struct parser *parser, const char *value)
{
    const struct config *config = parser->config;

    for (uint16_t i = 0; i < config->kiosk_count; i++) {
        if (&config->kiosks[i] != parser->kiosk && strcmp(config->kiosks[i].port, value) == 0) {
            fprintf(parser->mistakes,
                    "%s:%d: port=%s belongs to [kiosk %s] of line %d already; give each its own\n",
                    parser->path, parser->line, value, config->kiosks[i].name, config->kiosks[i].line);
            return true;
        }
    }
    return false;
}

static bool parse_port(struct parser *parser, const char *value)
{
    struct config_kiosk *kiosk = parser->kiosk;
    uint16_t vendor, product;
    const char *serial;

    if (strncmp(value, "usb:", 4) == 0) {
        if (!config_parse_usb(value, &vendor, &product, &serial)) {
            mistake(
                parser, parser->line,
                "port=%s; write usb:VVVV:PPPP or usb:VVVV:PPPP:SERIAL with four hexadecimal digits each, as "
                "lsusb prints them",
                value);
            return false;
        }
    } else if (value[0] != '/') {
        mistake(parser, parser->line, "port=%s; write a path such as /dev/ttyACM0, or usb:VVVV:PPPP", value);
        return false;
    }
    if (strlen(value) >= sizeof kiosk->port) {
        mistake(parser, parser->line, "port= is longer than %zu bytes; choose a shorter path",
                sizeof kiosk->port - 1);
        return false;
    }
    if (is_port_taken(parser, value)) {
        parser->mistake_count++;
        return false;
    }
    snprintf(kiosk->port, sizeof kiosk->port, "%s", value);
    return true;
}

static bool parse_baud(struct parser *parser, const char *value)
{
    char *end;
    unsigned long baud = strtoul(value, &end, 10);

    if (!isdigit((unsigned char)value[0]) || *end != '\0' || baud < 9600 || baud > 1000000) {
        mistake(parser, parser->line, "baud=%s; write what the kiosk's firmware uses, 9600 to 1000000",
                value);
        return false;
    }
    parser->kiosk->baud = (uint32_t)baud;
    return true;
}

bool config_parse_address(const char *value, struct config_http *http)
{
    const char *colon = strrchr(value, ':');
    char *end;
    struct in6_addr ipv6;
    struct in_addr ipv4;

    if (colon == NULL || !isdigit((unsigned char)colon[1]))
        return false;
    unsigned long port = strtoul(colon + 1, &end, 10);
    http->is_ipv6 = value[0] == '[';
    const char *from = value + http->is_ipv6;
    size_t size = (size_t)(colon - from);
    if (*end != '\0' || port > UINT16_MAX || size == 0 || size > sizeof http->address - 1)
        return false;
    if (http->is_ipv6 && from[--size] != ']')
        return false;
    snprintf(http->address, sizeof http->address, "%.*s", (int)size, from);
    http->port = (uint16_t)port;
    if (http->is_ipv6) {
        bool is_address = inet_pton(AF_INET6, http->address, &ipv6) == 1;
        http->is_loopback = is_address && IN6_IS_ADDR_LOOPBACK(&ipv6);
        return is_address;
    }
    bool is_address = inet_pton(AF_INET, http->address, &ipv4) == 1;
    http->is_loopback = is_address && ntohl(ipv4.s_addr) >> 24 == IN_LOOPBACKNET;
    return is_address;
}

static bool parse_listen(struct parser *parser, const char *value)
{
    struct config_http *http = &parser->config->http;

    if (config_parse_address(value, http))
        return true;
    http->address[0] = '\0';
    mistake(parser, parser->line,
            "listen=%s; write a numeric address and a port, 127.0.0.1:8080 or [::1]:8080", value);
    return false;
}

/* What a browser may call this host: letters, digits, - and . (RFC 1123, 2.1). */
static bool parse_names(struct parser *parser, const char *value)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyz0123456789-. ";

    if (value[0] == '\0' || value[strspn(value, letters)] != '\0' ||
        strlen(value) >= sizeof parser->config->http.names) {
        mistake(parser, parser->line,
                "names=%s; write names in small letters, such as: names=byname.example.org counter", value);
        return false;
    }
    snprintf(parser->config->http.names, sizeof parser->config->http.names, "%s", value);
    return true;
}

static bool parse_certificate(struct parser *parser, const char *value)
{
    return copy_path(parser, "certificate", value, parser->config->http.certificate,
                     sizeof parser->config->http.certificate);
}

static bool parse_key(struct parser *parser, const char *value)
{
    return copy_path(parser, "key", value, parser->config->http.key, sizeof parser->config->http.key);
}

static const struct key daemon_keys[] = {
    {"database", parse_database, CONFIG_DATABASE_DEFAULT, "the SQLite file; its folder must exist"},
    {"socket", parse_socket, CONFIG_SOCKET_DEFAULT, "where byname reaches the daemon, mode 0660"},
    {"store", parse_store, "byname", "the name of this site, in every report and export"},
    {"timezone", parse_timezone, "the system's",
     "IANA name, such as Europe/Berlin; days and hours are local to it"},
    {"adopt", parse_adopt, "manual",
     "manual: `byname kiosk adopt` admits a new kiosk; auto: the first HELLO does"},
    {"help", parse_help, "on", "on: kiosks offer unhappy customers to call somebody; off: they do not"},
    {"help_command", parse_help_command, "none",
     "started for each call: a program and arguments, without a shell; BYNAME_... in its environment"},
    {"help_webhook", parse_help_webhook, "none",
     "an http or https address: a JSON text is posted there for each call"},
    {"help_second_command", parse_help_second_command, "none",
     "... when nobody has acknowledged it for 3 minutes"},
    {"help_second_webhook", parse_help_second_webhook, "none",
     "... when nobody has acknowledged it for 3 minutes"},
    {"bad_run", parse_bad_run, CONFIG_BAD_RUN_DEFAULT,
     "calls somebody when at least that share of at least so many ratings are unhappy; or off"},
    {"log", parse_log, "info", "the least that is logged: error, warning, notice or info"},
};

static const struct key kiosk_keys[] = {
    {"port", parse_port, "required",
     "a path such as /dev/ttyACM0 or /dev/serial/by-id/..., or usb:VVVV:PPPP[:SERIAL]"},
    {"baud", parse_baud, "115200",
     "bits a second, as the kiosk's firmware: 115200, 250000, 500000; not for ptys"},
};

static const struct key http_keys[] = {
    {"listen", parse_listen, "nothing: no network",
     "a numeric address and a port, 127.0.0.1:8080 or [::1]:8080; any other than loopback needs TLS"},
    {"names", parse_names, "the address, and localhost on loopback",
     "what else browsers call this host, apart by spaces; the first stands in links"},
    {"certificate", parse_certificate, "no TLS", "PEM file, the chain after the certificate"},
    {"key", parse_key, "no TLS", "PEM file, the certificate's private key"},
};

#define COUNT(array) (sizeof(array) / sizeof *(array))

static const struct section daemon_section = {daemon_keys, COUNT(daemon_keys)};
static const struct section kiosk_section = {kiosk_keys, COUNT(kiosk_keys)};
static const struct section http_section = {http_keys, COUNT(http_keys)};

/* Lines -------------------------------------------------------------------------------------------------- */

static bool is_kiosk_name_free(const struct parser *parser, const char *name)
{
    for (uint16_t i = 0; i < parser->config->kiosk_count; i++) {
        if (strcmp(parser->config->kiosks[i].name, name) == 0)
            return false;
    }
    return true;
}

/* Of UTF-8: bytes that do not continue a character. */
static size_t count_characters(const char *text)
{
    size_t count = 0;

    for (; *text != '\0'; text++)
        count += ((unsigned char)*text & 0xC0) != 0x80;
    return count;
}

static void open_kiosk(struct parser *parser, const char *name)
{
    struct config *config = parser->config;

    if (name[0] == '\0' || strlen(name) > CONFIG_KIOSK_NAME_SIZE_MAX ||
        count_characters(name) > STAFF_NAME_CHARACTERS_MAX) {
        mistake(parser, parser->line, "a kiosk's name has 1 to %d characters; write [kiosk Counter 1]",
                STAFF_NAME_CHARACTERS_MAX);
        return;
    }
    if (!check_visible(parser, name))
        return;
    if (!is_kiosk_name_free(parser, name)) {
        mistake(parser, parser->line, "[kiosk %s] stands here twice; give each kiosk its own name", name);
        return;
    }
    if (config->kiosk_count == CONFIG_KIOSKS_MAX) {
        mistake(parser, parser->line, "more than %d kiosks; run a second bynamed for the others",
                CONFIG_KIOSKS_MAX);
        return;
    }
    parser->kiosk = &config->kiosks[config->kiosk_count++];
    parser->kiosk->baud = CONFIG_BAUD_DEFAULT;
    parser->kiosk->line = parser->line;
    snprintf(parser->kiosk->name, sizeof parser->kiosk->name, "%s", name);
    parser->section = &kiosk_section;
}

static void open_http(struct parser *parser)
{
    if (parser->is_http_seen)
        mistake(parser, parser->line, "[http] stands here twice; put its keys into one");
    parser->is_http_seen = true;
    parser->section = &http_section;
}

/* Tokens and figures travel in the clear without TLS: only within this host. */
static void check_http(struct parser *parser)
{
    const struct config_http *http = &parser->config->http;

    if ((http->certificate[0] == '\0') != (http->key[0] == '\0'))
        mistake(parser, parser->section_line, "[http] has one of certificate= and key=; give both, or none");
    else if (http->address[0] != '\0' && !http->is_loopback && http->key[0] == '\0')
        mistake(parser, parser->section_line,
                "[http] listens at %s, which others can reach; give certificate= and key=, or "
                "listen=127.0.0.1:%u",
                http->address, (unsigned)http->port);
}

static void close_section(struct parser *parser)
{
    if (parser->section == &http_section)
        check_http(parser);
    if (parser->kiosk != NULL && (parser->keys_seen & 1) == 0)
        mistake(parser, parser->kiosk->line,
                "[kiosk %s] has no port; add port=/dev/ttyACM0 or port=usb:VVVV:PPPP", parser->kiosk->name);
    parser->kiosk = NULL;
    parser->section = NULL;
    parser->keys_seen = 0;
}

static void open_section(struct parser *parser, const char *text)
{
    char name[LINE_SIZE_MAX];
    size_t size = strcspn(text + 1, "]");

    close_section(parser);
    if (text[1 + size] != ']') {
        mistake(parser, parser->line, "a section has no ]; write [daemon], [http] or [kiosk NAME]");
        return;
    }
    snprintf(name, sizeof name, "%.*s", (int)size, text + 1);
    parser->section_line = parser->line;
    if (strcmp(name, "daemon") == 0) {
        parser->section = &daemon_section;
    } else if (strcmp(name, "http") == 0) {
        open_http(parser);
    } else if (strncmp(name, KIOSK_SECTION, strlen(KIOSK_SECTION)) == 0) {
        open_kiosk(parser, name + strlen(KIOSK_SECTION));
    } else {
        mistake(parser, parser->line, "there is no section [%s]; write [daemon], [http] or [kiosk NAME]",
                name);
    }
}

static void check_pending_line(struct parser *parser)
{
    if (parser->is_line_pending && parser->section != NULL)
        mistake(parser, parser->line, "this is no key=value, section or comment; comments begin with # or ;");
    parser->is_line_pending = false;
}

/* A # after a space begins a comment, as inih has it for a ; after a space. */
static void cut_comment(char *line)
{
    for (char *at = line; *at != '\0'; at++) {
        if (*at == '#' && at > line && isspace((unsigned char)at[-1])) {
            *at = '\0';
            return;
        }
    }
}

/* Look at the line that begins at `start` before inih does; a wrong one with a value is kept from it. */
static void take_line(struct parser *parser, char *start)
{
    bool is_comment = *start == ';' || *start == '#';

    if (!is_comment && !utf8_is_valid(start)) {
        mistake(parser, parser->line, "the line is not UTF-8; save the file in that encoding");
        if (*start == '[')
            close_section(parser); /* inih is to see that there is another now */
        else
            *start = '\0';
    } else if (*start == '[') {
        open_section(parser, start);
    } else if (!is_comment) {
        cut_comment(start);
        parser->is_line_pending = *start != '\0';
    }
}

/* inih asks for a line at a time, which tells us its number: the library has none in Debian's build. Sections
 * are taken here too, so that one without keys is seen. */
static char *read_line(char *text, int capacity, void *context)
{
    struct parser *parser = context;

    check_pending_line(parser);
    if (fgets(text, capacity, parser->file) == NULL)
        return NULL;
    parser->line++;
    size_t size = strlen(text);
    if (size + 1 == (size_t)capacity && text[size - 1] != '\n') {
        int byte;
        while ((byte = fgetc(parser->file)) != EOF && byte != '\n') {
        }
        mistake(parser, parser->line, "the line is longer than %d bytes; no value needs that", capacity - 2);
        text[0] = '\0';
        return text;
    }
    char *start = text;
    if (parser->line == 1 && strncmp(start, "\xEF\xBB\xBF", 3) == 0)
        start += 3;
    while (isspace((unsigned char)*start))
        start++;
    take_line(parser, start);
    /* Indented lines continue a value in some dialects of INI; here they are lines like any other. */
    memmove(text, start, strlen(start) + 1);
    return text;
}

static void list_keys(char *text, size_t capacity, const struct key *keys, size_t count)
{
    text[0] = '\0';
    for (size_t i = 0; i < count; i++) {
        size_t used = strlen(text);
        snprintf(text + used, capacity - used, "%s%s",
                 i == 0           ? ""
                 : i + 1 == count ? " and "
                                  : ", ",
                 keys[i].name);
    }
}

static int on_key(void *context, const char *section, const char *name, const char *value)
{
    struct parser *parser = context;
    char names[512];

    parser->is_line_pending = false;
    if (section[0] == '\0')
        mistake(parser, parser->line, "%s= stands before any section; write [daemon] above it", name);
    if (parser->section == NULL)
        return 1;
    const struct key *keys = parser->section->keys;
    size_t count = parser->section->key_count;
    for (size_t i = 0; i < count; i++) {
        if (strcmp(keys[i].name, name) != 0)
            continue;
        if ((parser->keys_seen & 1u << i) != 0)
            mistake(parser, parser->line, "%s= stands in this section twice; keep one", name);
        else
            (void)keys[i].parse(parser, value); /* it named its mistake */
        parser->keys_seen |= 1u << i;
        return 1;
    }
    list_keys(names, sizeof names, keys, count);
    mistake(parser, parser->line, "there is no key %s here; this section knows %s", name, names);
    return 1;
}

/* The file ----------------------------------------------------------------------------------------------- */

static void read_system_timezone(char *timezone, size_t capacity)
{
    char target[256];
    const char *mark = "zoneinfo/";
    const char *environment = getenv("TZ");

    snprintf(timezone, capacity, "UTC");
    if (environment != NULL && is_timezone(environment)) {
        snprintf(timezone, capacity, "%s", environment);
        return;
    }
    ssize_t size = readlink("/etc/localtime", target, sizeof target - 1);
    if (size <= 0)
        return;
    target[size] = '\0';
    const char *name = strstr(target, mark);
    if (name != NULL && is_timezone(name + strlen(mark)))
        snprintf(timezone, capacity, "%s", name + strlen(mark));
}

static void set_defaults(struct config *config)
{
    memset(config, 0, sizeof *config);
    snprintf(config->database, sizeof config->database, "%s", CONFIG_DATABASE_DEFAULT);
    snprintf(config->socket, sizeof config->socket, "%s", CONFIG_SOCKET_DEFAULT);
    snprintf(config->store, sizeof config->store, "byname");
    read_system_timezone(config->timezone, sizeof config->timezone);
    config->is_help_on = true;
    config->bad_run = (struct store_bad_run){50, 4, 15}; /* CONFIG_BAD_RUN_DEFAULT */
    config->log_level = LOG_LEVEL_INFO;
}

unsigned config_load(const char *path, struct config *config, FILE *mistakes)
{
    struct parser parser = {.path = path, .mistakes = mistakes, .config = config};
    bool is_unread;

    set_defaults(config);
    parser.file = fopen(path, "re");
    if (parser.file == NULL) {
        is_unread = errno == ENOMEM;
        mistake(&parser, 0, "cannot read it: %s; give another with --config FILE", strerror(errno));
        return is_unread ? CONFIG_UNREAD : 1;
    }
    is_unread = ini_parse_stream(read_line, &parser, on_key, &parser) ==
                -2; /* no memory; a line's number is ours, too */
    check_pending_line(&parser);
    close_section(&parser);
    if (ferror(parser.file))
        mistake(&parser, 0, "cannot read it to its end");
    fclose(parser.file);
    return is_unread ? CONFIG_UNREAD : parser.mistake_count;
}

static void describe_keys(FILE *out, const struct key *keys, size_t count)
{
    for (size_t i = 0; i < count; i++)
        fprintf(out, "  %-19s %s\n                      (default: %s)\n", keys[i].name, keys[i].help,
                keys[i].fallback);
}

void config_describe(FILE *out)
{
    fputs("A # or ; at the beginning of a line, or after a space, begins a comment. The file is "
          "UTF-8.\n\n[daemon]\n",
          out);
    describe_keys(out, daemon_keys, COUNT(daemon_keys));
    fputs("\n[http]           pages and figures for browsers, always with a token (byname token create)\n",
          out);
    describe_keys(out, http_keys, COUNT(http_keys));
    fputs("\n[kiosk NAME]    one for each kiosk; NAME is its name once it is adopted\n", out);
    describe_keys(out, kiosk_keys, COUNT(kiosk_keys));
}
