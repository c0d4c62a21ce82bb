/* SPDX-License-Identifier: MIT
 *
 * screen_cases.h - the screens whose pictures are kept in tests/golden, one file each.
 */
#ifndef BYNAME_SCREEN_CASES_H
#define BYNAME_SCREEN_CASES_H

#include <stddef.h>

#include "firmware/core/screen.h"

struct screen_case {
    const char *name; /* of its file, without .pbm */
    struct screen screen;
};

extern const struct screen_case screen_cases[];
extern const size_t screen_case_count;

#endif
