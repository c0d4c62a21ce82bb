/* SPDX-License-Identifier: MIT
 *
 * cmocka_first.h - what cmocka.h wants included before it, in its order.
 */
#ifndef BYNAME_CMOCKA_FIRST_H
#define BYNAME_CMOCKA_FIRST_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#endif
