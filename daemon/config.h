/* SPDX-License-Identifier: MIT
 *
 * config.h - bynamed.conf: what may stand in it, read and checked, every mistake named with its line.
 *
 * Startup only. The caller owns struct config; config_load fills it.
 */
#ifndef BYNAME_CONFIG_H
#define BYNAME_CONFIG_H

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "daemon/calls.h"
#include "daemon/log.h"
#include "daemon/work.h"

#define CONFIG_PATH_DEFAULT "/etc/byname/bynamed.conf"
#define CONFIG_DATABASE_DEFAULT "/var/lib/byname/byname.db"
#define CONFIG_SOCKET_DEFAULT "/run/byname/bynamed.sock"
#define CONFIG_PATH_SIZE_MAX 255
#define CONFIG_SOCKET_SIZE_MAX 107 /* sockaddr_un.sun_path, less its NUL */
#define CONFIG_ADDRESS_SIZE_MAX 45 /* INET6_ADDRSTRLEN, less its NUL */
#define CONFIG_KIOSKS_MAX WORK_SESSIONS_MAX
#define CONFIG_KIOSK_NAME_SIZE_MAX STAFF_NAME_SIZE_MAX /* its 16 characters become the kiosk's name */
#define CONFIG_BAUD_DEFAULT 115200
#define CONFIG_BAD_RUN_DEFAULT "50% of 4 in 15 min"
#define CONFIG_ZONEINFO "/usr/share/zoneinfo"

_Static_assert(CONFIG_KIOSK_NAME_SIZE_MAX <= WORK_PORT_SIZE_MAX,
               "a kiosk's name is its port's key in the store");

struct config_kiosk {
    char name[CONFIG_KIOSK_NAME_SIZE_MAX + 1];
    char port[CONFIG_PATH_SIZE_MAX + 1]; /* a path, or usb:VID:PID[:SERIAL] */
    uint32_t baud;
    int line; /* of its section */
};

/* Browsers and scripts over TCP; see access.h. */
struct config_http {
    char address[CONFIG_ADDRESS_SIZE_MAX + 1]; /* numeric, "" when nothing listens */
    uint16_t port;
    bool is_ipv6, is_loopback;
    char names[CONFIG_PATH_SIZE_MAX + 1]; /* more names of this host, each behind a space or the beginning */
    char certificate[CONFIG_PATH_SIZE_MAX + 1]; /* with key: TLS; "" both: none */
    char key[CONFIG_PATH_SIZE_MAX + 1];
};

struct config {
    char database[CONFIG_PATH_SIZE_MAX + 1];
    char socket[CONFIG_SOCKET_SIZE_MAX + 1];
    char store[STAFF_NAME_SIZE_MAX * 2];
    char timezone[64];
    bool is_auto_adopt;
    bool is_help_on;
    char announce[CALLS_CHANNELS]
                 [CONFIG_PATH_SIZE_MAX + 1]; /* by bit of enum store_help_channel; "": not there */
    struct store_bad_run bad_run;
    enum log_level log_level;
    struct config_kiosk kiosks[CONFIG_KIOSKS_MAX];
    uint16_t kiosk_count;
    struct config_http http;
};

/* Read `path`. Each mistake is written to `mistakes` as "FILE:LINE: what is wrong; what would be right".
 * Returns their number; config is only to be used when it is 0. CONFIG_UNREAD: there was no memory to read it with,
 * which is no mistake of the file, and may be over the next time. */
#define CONFIG_UNREAD UINT_MAX
unsigned config_load(const char *path, struct config *config, FILE *mistakes);

/* "127.0.0.1:8080" or "[::1]:8080": numbers only, so that what is opened is what is written. Fills address, port,
 * is_ipv6 and is_loopback; on false they are undefined. */
bool config_parse_address(const char *value, struct config_http *http);

/* What --help-config prints: every key with its meaning and default. */
void config_describe(FILE *out);

/* "usb:VID:PID[:SERIAL]" in hexadecimal. serial points into `port`, "" for any. */
bool config_parse_usb(const char *port, uint16_t *vendor, uint16_t *product, const char **serial);

#endif
