/* SPDX-License-Identifier: MIT
 *
 * text.h - what the kiosk says, in five languages, in flash.
 *
 * The texts are the files of firmware/texts/, checked and packed at build time; enum text is made from its
 * places.txt.
 */
#ifndef BYNAME_TEXT_H
#define BYNAME_TEXT_H

#include "text_keys.h"

/* In the order of the language list on the display, that is, of the buttons. */
enum language { LANGUAGE_EN, LANGUAGE_DE, LANGUAGE_ES, LANGUAGE_FR, LANGUAGE_PL, LANGUAGE_COUNT };

/* Stands in a text for a number: "{n}" in the files. */
#define TEXT_NUMBER '\x01'

/* Copy a text, UTF-8 and ended with NUL; English where the language lacks it or is unknown. */
void text_copy(char copy[TEXT_SIZE_MAX], enum text text, enum language language);

#endif
