/* SPDX-License-Identifier: MIT
 *
 * fuzz.h - what the fuzz targets share: claims that end the process, and an input to take apart.
 *
 * A target defines LLVMFuzzerTestOneInput. It is linked with libFuzzer (preset fuzz) or with replay.c, which feeds it
 * the kept corpus (every other preset).
 */
#ifndef BYNAME_FUZZ_H
#define BYNAME_FUZZ_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define FUZZ_MUST(claim) ((claim) ? (void)0 : fuzz_fail(__FILE__, __LINE__, #claim))

static inline void fuzz_fail(const char *file, int line, const char *claim)
{
    fprintf(stderr, "%s:%d: does not hold: %s\n", file, line, claim);
    abort();
}

/* The rest of an input. Beyond its end there are zeros. */
struct fuzz_input {
    const uint8_t *data;
    size_t size;
};

static inline uint8_t fuzz_u8(struct fuzz_input *input)
{
    if (input->size == 0)
        return 0;
    input->size--;
    return *input->data++;
}

static inline uint16_t fuzz_u16(struct fuzz_input *input)
{
    uint8_t low = fuzz_u8(input);

    return (uint16_t)(low | fuzz_u8(input) << 8);
}

static inline uint32_t fuzz_u32(struct fuzz_input *input)
{
    uint32_t low = fuzz_u16(input);

    return low | (uint32_t)fuzz_u16(input) << 16;
}

/* At most `size` bytes, in place; *taken tells how many there were. */
static inline const uint8_t *fuzz_bytes(struct fuzz_input *input, size_t size, size_t *taken)
{
    const uint8_t *bytes = input->data;

    *taken = size < input->size ? size : input->size;
    input->data += *taken;
    input->size -= *taken;
    return bytes;
}

/* What comes before the next newline, or the end, without NUL bytes; the beginning of it, where it is too long. */
static inline void fuzz_line(struct fuzz_input *input, char *line, size_t capacity)
{
    size_t size = 0;
    uint8_t byte;

    while (input->size > 0 && (byte = fuzz_u8(input)) != '\n') {
        if (byte != '\0' && size + 1 < capacity)
            line[size++] = (char)byte;
    }
    line[size] = '\0';
}

#endif
