/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * kiosk_pty.h - the kiosk's serial line as a pseudo-terminal, reachable through a symbolic link.
 *
 * The daemon opens the link. As with a real USB port, what the kiosk sends while nobody has the port open is
 * lost, and unplugging hangs up. The caller owns struct kiosk_pty.
 */
#ifndef KIOSK_EMULATOR_KIOSK_PTY_H
#define KIOSK_EMULATOR_KIOSK_PTY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { KIOSK_PTY_NAME_SIZE = 64 };

struct kiosk_pty {
    bool is_open;
    int master;
    char name[KIOSK_PTY_NAME_SIZE];
    const char *link; /* the caller's; NULL for none */
};

/* Make a raw pseudo-terminal and point the link at it, replacing a symbolic link atomically but nothing else.
 * `link` must live as long as the pty. On failure nothing is left behind and *error says why (static text).
 */
int kiosk_pty_open(struct kiosk_pty *pty, const char *link, const char **error);

/* Remove the link if it still points here, and hang up. Legal when not open. */
void kiosk_pty_close(struct kiosk_pty *pty);

/* Whether another process has the port open. */
bool kiosk_pty_has_peer(const struct kiosk_pty *pty);

/* Both never block. Read returns the number of bytes, 0 if none; write returns how many were taken. */
size_t kiosk_pty_read(struct kiosk_pty *pty, uint8_t *bytes, size_t size);
size_t kiosk_pty_write(struct kiosk_pty *pty, const uint8_t *bytes, size_t size);

#endif
