/* SPDX-License-Identifier: MIT
 *
 * flash.h - constant tables that stay in flash.
 *
 * An AVR keeps data and program in two address spaces: a table marked FLASH is read through these functions
 * only, never through its pointer. On a host they are plain reads. This is the one place in core that knows.
 */
#ifndef BYNAME_FLASH_H
#define BYNAME_FLASH_H

#include <stdint.h>

#ifdef __AVR__
#include <avr/pgmspace.h>
#define FLASH PROGMEM /* the first 64 KiB: the size check keeps the image below that */

static inline uint8_t flash_read_byte(const uint8_t *byte)
{
    return pgm_read_byte(byte);
}

static inline uint16_t flash_read_word(const uint16_t *word)
{
    return pgm_read_word(word);
}
#else
#define FLASH

static inline uint8_t flash_read_byte(const uint8_t *byte)
{
    return *byte;
}

static inline uint16_t flash_read_word(const uint16_t *word)
{
    return *word;
}
#endif

#endif
