/* SPDX-License-Identifier: MIT
 *
 * CRC-32 in place of protocol/crc32.c: 27 cycles a byte, with a table of 1 KiB in flash.
 *
 *   uint32_t crc32_update(uint32_t crc, const void *data, size_t size)
 *
 * crc comes and goes in r22 (lowest) to r25, data in r20, size in r18. The table's four bytes of each remainder stand in four
 * pages of 256, lowest first, so that the index is one half of Z and the page the other. All flash is within reach of lpm:
 * check-size allows no image of 64 KiB.
 */
.macro page shift
    .set index, 0
    .rept 256
    .set remainder, index
    .rept 8
    .set remainder, (remainder >> 1) ^ (0xEDB88320 & -(remainder & 1))
    .endr
    .byte (remainder >> \shift) & 0xFF
    .set index, index + 1
    .endr
.endm

.section .progmem.crc32, "a", @progbits
.p2align 8
crc32_table:
    page 0
    page 8
    page 16
    page 24

.section .text.crc32_update, "ax", @progbits
.global crc32_update
.type crc32_update, @function
crc32_update:
    movw r26, r20
    com r22
    com r23
    com r24
    com r25
next_byte:
    subi r18, 1
    sbci r19, 0
    brcs done
    ld r30, X+
    eor r30, r22
    ldi r31, hi8(crc32_table)
    lpm r22, Z
    eor r22, r23
    inc r31
    lpm r23, Z
    eor r23, r24
    inc r31
    lpm r24, Z
    eor r24, r25
    inc r31
    lpm r25, Z
    rjmp next_byte
done:
    com r22
    com r23
    com r24
    com r25
    ret
.size crc32_update, . - crc32_update
