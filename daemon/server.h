/* SPDX-License-Identifier: MIT
 *
 * server.h - the daemon put together: event loop, ports, hub, writer, readers, socket, signals.
 */
#ifndef BYNAME_SERVER_H
#define BYNAME_SERVER_H

#include "daemon/config.h"

#define SERVER_READ_LIMIT_MS 2000 /* a report that takes longer is interrupted */
#define SERVER_STOP_MS 2000       /* after SIGTERM: this long for commits, acks and replies */

/* Run until SIGTERM or SIGINT, or until the store is broken. What goes wrong is logged. Returns the process's exit
 * status: 0 after a signal, 1 when it could not start or had to stop. Once a process. */
int server_run(const struct config *config, const char *config_path);

#endif
