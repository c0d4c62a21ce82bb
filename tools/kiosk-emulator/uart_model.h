/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * uart_model.h - the ATmega2560's USART0 in asynchronous mode, and the host's end of the line.
 *
 * Replaces libsimavr's, which counts 11 bits a byte, notices U2X only when UBRR is written, and overruns only
 * after 64 bytes. Here the byte time follows the registers, the receiver holds two bytes and a third in its
 * shift register, and the host's bytes come at the host's line rate. If the two rates are too far apart, both
 * sides read garbage. Parity, nine bits and multi-processor mode are not modelled beyond their effect on the
 * byte time. The caller owns struct uart_model, which must outlive the core. ATmega2560 datasheet
 * (DS40002211), section 22.
 */
#ifndef KIOSK_EMULATOR_UART_MODEL_H
#define KIOSK_EMULATOR_UART_MODEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "core.h"
#include "noise.h"

enum { UART_RX_FIFO_CAPACITY = 2, UART_HOST_QUEUE_CAPACITY = 4096, UART_BAUD_DEFAULT = 115200 };

/* A received byte with its share of UCSR0A (FE0, DOR0): the flags travel through the buffer with the byte. */
struct uart_frame {
    uint8_t byte;
    uint8_t flags;
};

struct uart_model {
    struct avr_t *avr;
    struct avr_int_vector_t *rx_vector, *udre_vector, *tx_vector;
    struct noise *noise;
    void (*on_tx)(void *user, uint8_t byte); /* the stop bit of a byte from the kiosk has passed */
    void *user;
    /* Receiver. */
    struct uart_frame fifo[UART_RX_FIFO_CAPACITY];
    uint8_t fifo_count;
    struct uart_frame shifted; /* complete, but the buffer was full */
    bool is_shifted_waiting;
    struct uart_frame incoming;
    bool is_receiving;
    /* Transmitter. */
    uint8_t outgoing, held;
    bool is_sending, is_held;
    /* The host. */
    uint32_t host_baud;
    uint8_t queue[UART_HOST_QUEUE_CAPACITY];
    uint32_t queue_first, queue_count;
    /* For tests and statistics. */
    uint64_t rx_bytes, tx_bytes; /* as the kiosk names them: received and sent by it */
    uint64_t overruns;           /* bytes lost because the firmware did not read in time */
    uint64_t deaf_bytes;         /* bytes that came while the receiver was off */
    uint32_t violations;         /* wrote UDR0 while its buffer was full, or with the transmitter off */
};

void uart_model_attach(struct uart_model *model, struct avr_t *avr, struct noise *noise, uint32_t host_baud,
                       void (*on_tx)(void *user, uint8_t byte), void *user);

/* To be called after every reset of the core. What the host still has to send goes on, the byte under way is
 * lost. */
void uart_model_after_reset(struct uart_model *model);

/* Queue bytes for the kiosk; they arrive one after another at the host's line rate. Returns how many found
 * room. */
size_t uart_model_send(struct uart_model *model, const uint8_t *bytes, size_t count);

size_t uart_model_room(const struct uart_model *model);

/* The host is gone: forget what it has not sent yet. */
void uart_model_drop_queue(struct uart_model *model);

/* Cycles a frame takes with the registers as they stand. */
uint32_t uart_model_byte_cycles(const struct uart_model *model);

#endif
