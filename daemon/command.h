/* SPDX-License-Identifier: MIT
 *
 * command.h - programs that the daemon starts: a few at a time, each with a deadline, none waited for.
 *
 * No shell: words are handed over as they are. A program gets no input, and says what it says into the daemon's log; it
 * has the given environment and nothing else, no descriptors of the daemon's, and a process group of its own, which is
 * killed at the deadline and when the daemon ends. The loop's thread only.
 */
#ifndef BYNAME_COMMAND_H
#define BYNAME_COMMAND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define COMMAND_RUNNING_MAX 4
#define COMMAND_LIMIT_MS 20000
#define COMMAND_WORDS_MAX 16

struct command;

/* It ended: reason "" with exit status 0, else what was wrong. tag: command_start's. */
typedef void command_on_end(void *context, const void *tag, const char *reason);

/* tag_size: bytes of the tags. NULL when out of memory. */
struct command *command_create(size_t tag_size, command_on_end *on_end, void *context);
void command_destroy(struct command *command); /* may be NULL; ends what runs without a word */

/* line: an absolute path and arguments, separated by spaces. environment: "NAME=value"..., NULL; copied, as *tag is.
 * False: COMMAND_RUNNING_MAX run already. What cannot be started at all has ended with a reason, at the next tick. */
bool command_start(struct command *command, const char *line, char *const environment[], const void *tag,
                   uint64_t now_ms);

/* Call several times a second while it returns true, or a program was started. True while one is to be waited for. */
bool command_tick(struct command *command, uint64_t now_ms);

#endif
