/* SPDX-License-Identifier: MIT
 *
 * The rounds of SipHash-2-4, in place of protocol/siphash_words.c: 490 cycles a word where the compiler's take 2400.
 *
 *   void siphash_words(uint64_t v[4], const uint8_t *words, size_t count)
 *
 * v0, v1 and v3 live in r0 to r23 and v2 in memory. Rotations by whole bytes cost nothing: at_0 to at_3 say, while this is
 * assembled, where each word's lowest byte stands in its ring of eight. What is left of 13, 17 and 21 bits are shifts by 3
 * to the right, 1 to the left, and 3 to the right.
 */
#define V0 0 /* r0 to r7 */
#define V1 8 /* r8 to r15 */
#define V3 16 /* r16 to r23 */
#define V2_OFFSET 16 /* from Y, where v stands; Z points to the word */

/* Every state of the rings is known here, so that byte i of a word is one register or address. */
.macro ring_step name, bytes
    .set at_\name, (at_\name - \bytes) & 7
.endm

.macro add_words to, at_to, from, at_from
    add \to + ((0 + \at_to) & 7), \from + ((0 + \at_from) & 7)
    .irp i, 1, 2, 3, 4, 5, 6, 7
    adc \to + ((\i + \at_to) & 7), \from + ((\i + \at_from) & 7)
    .endr
.endm

.macro xor_words to, at_to, from, at_from
    .irp i, 0, 1, 2, 3, 4, 5, 6, 7
    eor \to + ((\i + \at_to) & 7), \from + ((\i + \at_from) & 7)
    .endr
.endm

.macro shift_right word, at
    bst \word + ((0 + \at) & 7), 0
    lsr \word + ((7 + \at) & 7)
    .irp i, 6, 5, 4, 3, 2, 1, 0
    ror \word + ((\i + \at) & 7)
    .endr
    bld \word + ((7 + \at) & 7), 7
.endm

.macro shift_left word, at
    bst \word + ((7 + \at) & 7), 7
    lsl \word + ((0 + \at) & 7)
    .irp i, 1, 2, 3, 4, 5, 6, 7
    rol \word + ((\i + \at) & 7)
    .endr
    bld \word + ((0 + \at) & 7), 0
.endm

/* v2's byte i plus another word's, kept in memory and in `sum`. The first clears the carry that the others pass on. */
.macro add_to_v2 operation, sum, i, from, at_from
    ldd \sum, Y + V2_OFFSET + ((\i + at_2) & 7)
    \operation \sum, \from + ((\i + \at_from) & 7)
    std Y + V2_OFFSET + ((\i + at_2) & 7), \sum
.endm

.macro sip_round
    /* v0 += v1; v1 = v1 <<< 13 ^ v0; v0 <<<= 32 */
    add_words V0, at_0, V1, at_1
    .rept 3
    shift_right V1, at_1
    .endr
    ring_step 1, 2
    xor_words V1, at_1, V0, at_0
    ring_step 0, 4

    /* v2 += v3; v3 = v3 <<< 16 ^ v2: a sum goes where the byte stood that was added two bytes before */
    add_to_v2 add, 24, 0, V3, at_3
    add_to_v2 adc, 25, 1, V3, at_3
    .irp i, 2, 3, 4, 5, 6, 7
    add_to_v2 adc, 26, \i, V3, at_3
    eor V3 + ((\i - 2 + at_3) & 7), 26
    .endr
    ring_step 3, 2
    eor V3 + ((0 + at_3) & 7), 24
    eor V3 + ((1 + at_3) & 7), 25

    /* v0 += v3; v3 = v3 <<< 21 ^ v0 */
    add_words V0, at_0, V3, at_3
    .rept 3
    shift_right V3, at_3
    .endr
    ring_step 3, 3
    xor_words V3, at_3, V0, at_0

    /* v2 += v1; v1 = v1 <<< 17 ^ v2; v2 <<<= 32 */
    add_to_v2 add, 24, 0, V1, at_1
    add_to_v2 adc, 25, 1, V1, at_1
    add_to_v2 adc, 26, 2, V1, at_1
    .irp i, 3, 4, 5, 6, 7
    add_to_v2 adc, 27, \i, V1, at_1
    .endr
    shift_left V1, at_1
    ring_step 1, 2
    .irp i, 0, 1, 2
    eor V1 + ((\i + at_1) & 7), 24 + \i
    .endr
    .irp i, 3, 4, 5, 6, 7
    ldd 27, Y + V2_OFFSET + ((\i + at_2) & 7)
    eor V1 + ((\i + at_1) & 7), 27
    .endr
    ring_step 2, 4
.endm

.macro xor_message to, at_to
    .irp i, 0, 1, 2, 3, 4, 5, 6, 7
    ldd 24, Z + \i
    eor \to + ((\i + \at_to) & 7), 24
    .endr
.endm

.section .text.siphash_words, "ax", @progbits
.global siphash_words
.type siphash_words, @function
siphash_words:
    .irp register, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 28, 29
    push \register
    .endr
    movw 28, 24
    movw 30, 22
    movw 24, 20
    .irp i, 0, 1, 2, 3, 4, 5, 6, 7
    ldd V0 + \i, Y + \i
    ldd V1 + \i, Y + 8 + \i
    ldd V3 + \i, Y + 24 + \i
    .endr
next_word: /* r25:r24 words are left; no register stays free for them */
    push 24
    push 25
    .set at_0, 0
    .set at_1, 0
    .set at_2, 0
    .set at_3, 0
    xor_message V3, at_3
    sip_round
    sip_round
    xor_message V0, at_0
    .if at_0 || at_1 || at_2 || at_3 != 6
    .error "the rings are not where the next word expects them"
    .endif
    movw 24, V3 + 6 /* v3 is two bytes ahead of its place */
    movw V3 + 6, V3 + 4
    movw V3 + 4, V3 + 2
    movw V3 + 2, V3
    movw V3, 24
    adiw 30, 8
    pop 25
    pop 24
    sbiw 24, 1
    breq stop
    rjmp next_word
stop:
    .irp i, 0, 1, 2, 3, 4, 5, 6, 7
    std Y + \i, V0 + \i
    std Y + 8 + \i, V1 + \i
    std Y + 24 + \i, V3 + \i
    .endr
    .irp register, 29, 28, 17, 16, 15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2
    pop \register
    .endr
    clr 1
    ret
.size siphash_words, . - siphash_words
