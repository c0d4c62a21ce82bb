/* SPDX-License-Identifier: MIT
 *
 * picture.h - the small drawings, in flash. Each is a file of firmware/pictures/, drawn with '#' and '.'.
 */
#ifndef BYNAME_PICTURE_H
#define BYNAME_PICTURE_H

#include <stdint.h>

/* X(NAME, file): the order of the generated tables. The faces come first, worst first. */
#define PICTURES(X)                   \
    X(FACE_1, face_1)                 \
    X(FACE_2, face_2)                 \
    X(FACE_3, face_3)                 \
    X(FACE_4, face_4)                 \
    X(FACE_5, face_5)                 \
    X(HEART, heart)                   \
    X(BELL, bell)                     \
    X(TICK, tick)                     \
    X(MARK_OFFLINE, mark_offline)     \
    X(MARK_UNADOPTED, mark_unadopted) \
    X(MARK_REFUSED, mark_refused)     \
    X(MARK_FAULT, mark_fault)

#define PICTURE_ENUMERATOR(NAME, file) PICTURE_##NAME,
enum picture { PICTURES(PICTURE_ENUMERATOR) PICTURE_COUNT };

uint8_t picture_width(enum picture picture);
uint8_t picture_height(enum picture picture);

/* Eight rows of a picture, from row 8 * page on, a byte for each of its columns: bit 0 is the topmost. Rows below the
 * picture are 0. */
#define PICTURE_WIDTH_MAX 24
void picture_read(enum picture picture, uint8_t page, uint8_t columns[PICTURE_WIDTH_MAX]);

#endif
