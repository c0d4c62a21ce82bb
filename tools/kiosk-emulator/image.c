/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "image.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <simavr/sim_avr.h>
#include <simavr/sim_elf.h>

enum { ELF_MACHINE_OFFSET = 18, ELF_HEADER_BYTES = 20, ELF_MACHINE_AVR = 83 };

struct image {
    elf_firmware_t firmware;
    uint8_t *flash; /* taken from the first board, in libsimavr's layout */
};

/* libsimavr trusts what it reads, so look at the header first. Returns the fault, or NULL. */
static const char *check_header(const char *path)
{
    unsigned char header[ELF_HEADER_BYTES];
    FILE *file = fopen(path, "rb");
    if (file == NULL) {
        return "cannot be opened";
    }
    const size_t size = fread(header, 1, sizeof header, file);
    fclose(file);
    if (size < sizeof header || memcmp(header, "\177ELF", 4) != 0) {
        return "is not an ELF file";
    }
    const int machine = header[ELF_MACHINE_OFFSET] | header[ELF_MACHINE_OFFSET + 1] << 8;
    return machine == ELF_MACHINE_AVR ? NULL : "is not an ELF file for AVR";
}

/* Reading an image is reported by our return value, not by libsimavr on standard output. */
static void log_nothing(struct avr_t *avr, const int level, const char *format, va_list arguments)
{
    (void)avr;
    (void)level;
    (void)format;
    (void)arguments;
}

static bool read_firmware(struct image *image, const char *path)
{
    const avr_logger_p logger = avr_global_logger_get();
    avr_global_logger_set(log_nothing);
    const bool is_read = elf_read_firmware(path, &image->firmware) == 0 && image->firmware.flash != NULL;
    avr_global_logger_set(logger);
    return is_read;
}

struct image *image_open(const char *path, const char **error)
{
    *error = check_header(path);
    if (*error != NULL) {
        return NULL;
    }
    struct image *image = calloc(1, sizeof *image);
    if (image == NULL) {
        *error = "does not fit into memory";
        return NULL;
    }
    if (!read_firmware(image, path)) {
        *error = "holds no program";
        image_close(image);
        return NULL;
    }
    return image;
}

void image_close(struct image *image)
{
    if (image == NULL) {
        return;
    }
    for (uint32_t i = 0; i < image->firmware.symbolcount; i++) {
        free(image->firmware.symbol[i]);
    }
    free(image->firmware.symbol);
    free(image->firmware.flash);
    free(image->firmware.eeprom);
    free(image->firmware.fuse);
    free(image->firmware.lockbits);
    free(image->flash);
    free(image);
}

void image_attach(struct image *image, struct avr_t *avr)
{
    avr_load_firmware(avr, &image->firmware);
    if (image->flash == NULL) {
        image->flash = avr->flash;
    } else {
        free(avr->flash);
        avr->flash = image->flash;
    }
}

void image_detach(struct image *image, struct avr_t *avr)
{
    (void)image;
    avr->flash = NULL;
}
