/* pty.h - the kiosk's serial line as a pseudo-terminal, reachable through a symbolic link.
 *
 * The daemon opens the link. As with a real USB port, what the kiosk sends while nobody has the port open is
 * lost, and unplugging hangs up. The caller owns struct pty. SPDX-License-Identifier: GPL-3.0-or-later
 */
#ifndef KIOSK_EMULATOR_PTY_H
#define KIOSK_EMULATOR_PTY_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { PTY_NAME_SIZE = 64 };

struct pty {
    bool is_open;
    int master;
    char name[PTY_NAME_SIZE];
    const char *link; /* the caller's; NULL for none */
};

/* Make a raw pseudo-terminal and point the link at it, replacing a symbolic link atomically but nothing else.
 * `link` must live as long as the pty. On failure nothing is left behind and *error says why (static text).
 */
int pty_open(struct pty *pty, const char *link, const char **error);

/* Remove the link if it still points here, and hang up. Legal when not open. */
void pty_close(struct pty *pty);

/* Whether another process has the port open. */
bool pty_has_peer(const struct pty *pty);

/* Both never block. Read returns the number of bytes, 0 if none; write returns how many were taken. */
size_t pty_read(struct pty *pty, uint8_t *bytes, size_t size);
size_t pty_write(struct pty *pty, const uint8_t *bytes, size_t size);

#endif
