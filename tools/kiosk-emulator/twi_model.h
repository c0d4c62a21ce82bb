/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * twi_model.h - the ATmega2560's two-wire interface as bus master, and one device on the bus.
 *
 * Replaces libsimavr's, which reports 0x28 where the hardware reports 0x18 and takes no notice of the bit
 * rate. Can be told that the bus is stuck: then no operation ever completes. Slave modes, arbitration and
 * clock stretching are not modelled. The caller owns struct twi_model, which must outlive the core it is
 * attached to. ATmega2560 datasheet (DS40002211), section 24.
 */
#ifndef KIOSK_EMULATOR_TWI_MODEL_H
#define KIOSK_EMULATOR_TWI_MODEL_H

#include <stdbool.h>
#include <stdint.h>
#include "core.h"

/* A device on the bus. Called inside a running instruction. */
struct twi_device {
    bool (*on_address)(void *user, uint8_t address,
                       bool is_read);           /* 7 bits; returns whether it acknowledges */
    bool (*on_write)(void *user, uint8_t byte); /* returns whether it acknowledges */
    uint8_t (*on_read)(void *user);
    void *user;
};

enum twi_phase { TWI_BUS_FREE, TWI_STARTED, TWI_ADDRESSED, TWI_REFUSED };

struct twi_model {
    struct avr_t *avr;
    struct avr_int_vector_t *vector;
    struct twi_device device;
    enum twi_phase phase;
    bool is_reading;
    uint8_t next_status;
    uint64_t stop_done_cycle; /* a START asked for during a STOP waits for it */
    bool is_stuck;
    /* For tests and statistics. */
    uint64_t bytes;          /* address and data bytes put on the bus */
    uint64_t too_fast_bytes; /* sent with a bit rate above the display's 400 kHz */
    uint32_t violations; /* kicked while an operation ran, wrote TWDR without TWINT, acted on a free bus */
};

void twi_model_attach(struct twi_model *model, struct avr_t *avr, const struct twi_device *device);

/* To be called after every reset of the core. The bus is free again; a device in mid-byte sees no STOP. */
void twi_model_after_reset(struct twi_model *model);

/* While stuck no operation completes, the one under way included. Released, the bus completes new operations
 * only. */
void twi_model_set_stuck(struct twi_model *model, bool is_stuck);

#endif
