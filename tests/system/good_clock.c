/* SPDX-License-Identifier: MIT
 *
 * good_clock.c - preloaded into bynamed: the kernel says that the clock is synchronised, whatever this machine's does.
 */
#include <sys/timex.h>

int adjtimex(struct timex *state)
{
    state->status = 0;
    return TIME_OK;
}
