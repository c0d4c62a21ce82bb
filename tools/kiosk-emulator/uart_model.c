/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "uart_model.h"

#include <string.h>

enum { UCSR0A = 0xC0, UCSR0B = 0xC1, UCSR0C = 0xC2, UBRR0L = 0xC4, UBRR0H = 0xC5, UDR0 = 0xC6 };
enum { MPCM = 0x01, U2X = 0x02, UPE = 0x04, DOR = 0x08, FE = 0x10, UDRE = 0x20, TXC = 0x40, RXC = 0x80 };
enum { UCSZ2 = 0x04, TXEN = 0x08, RXEN = 0x10, UDRIE = 0x20, TXCIE = 0x40, RXCIE = 0x80 };
enum { RX_VECTOR = 25, UDRE_VECTOR = 26, TX_VECTOR = 27 };
enum { UCSR0A_RESET = UDRE, UCSR0C_RESET = 0x06 };
enum { HOST_BITS_OF_BYTE = 10, RATE_ERROR_PERMILLE_MAX = 45 };

static uint32_t bit_cycles(const struct avr_t *avr)
{
    const uint32_t divisor = 1U + (uint32_t)(avr->data[UBRR0L] | (avr->data[UBRR0H] & 0x0F) << 8);
    return divisor * (avr->data[UCSR0A] & U2X ? 8U : 16U);
}

uint32_t uart_model_byte_cycles(const struct uart_model *model)
{
    static const uint8_t data_bits[8] = {5, 6, 7, 8, 8, 8, 8, 9};
    const struct avr_t *avr = model->avr;
    const uint8_t format = avr->data[UCSR0C];
    const unsigned size = (format >> 1 & 3U) | (avr->data[UCSR0B] & UCSZ2);
    const uint32_t parity_bits = (format >> 4 & 3) != 0;
    const uint32_t stop_bits = 1U + (format >> 3 & 1U);
    return bit_cycles(avr) * (1U + data_bits[size] + parity_bits + stop_bits);
}

static uint32_t host_byte_cycles(const struct uart_model *model)
{
    return (uint32_t)((uint64_t)CORE_CYCLES_PER_SECOND * HOST_BITS_OF_BYTE / model->host_baud);
}

/* Sampled in the middle of a bit, ten bits later: a receiver bears about 4.5 % (datasheet 22.8.3). */
static bool are_rates_apart(const struct uart_model *model)
{
    const int64_t ours = (int64_t)bit_cycles(model->avr) * model->host_baud;
    const int64_t error =
        ours > CORE_CYCLES_PER_SECOND ? ours - CORE_CYCLES_PER_SECOND : CORE_CYCLES_PER_SECOND - ours;
    return error * 1000 > (int64_t)CORE_CYCLES_PER_SECOND * RATE_ERROR_PERMILLE_MAX;
}

/* RXC and UDRE are levels: they stand as long as there is a byte to read, or room for one to send. */
static void update_interrupts(struct uart_model *model)
{
    struct avr_t *avr = model->avr;
    const uint8_t status = avr->data[UCSR0A];
    const uint8_t control = avr->data[UCSR0B];
    if (!(status & RXC)) {
        avr_clear_interrupt(avr, model->rx_vector);
    } else if (control & RXCIE) {
        avr_raise_interrupt(avr, model->rx_vector);
    }
    if (!(status & UDRE)) {
        avr_clear_interrupt(avr, model->udre_vector);
    } else if (control & UDRIE) {
        avr_raise_interrupt(avr, model->udre_vector);
    }
}

static void on_routine(struct avr_irq_t *irq, uint32_t is_running, void *param)
{
    (void)irq;
    if (!is_running) {
        update_interrupts(param);
    }
}

/* Show the oldest received byte's flags in UCSR0A. */
static void show_receiver(struct uart_model *model)
{
    uint8_t *status = &model->avr->data[UCSR0A];
    *status &= (uint8_t) ~(RXC | FE | DOR | UPE);
    if (model->fifo_count > 0) {
        *status |= (uint8_t)(RXC | model->fifo[0].flags);
    }
    update_interrupts(model);
}

static void keep_frame(struct uart_model *model, struct uart_frame frame)
{
    if (model->fifo_count < UART_RX_FIFO_CAPACITY) {
        model->fifo[model->fifo_count++] = frame;
        model->rx_bytes++;
    } else {
        model->shifted = frame;
        model->is_shifted_waiting = true;
    }
}

/* A start bit: what waits in the shift register for room is overwritten from here on (datasheet 22.7.4). */
static void begin_frame(struct uart_model *model)
{
    model->incoming = (struct uart_frame){model->queue[model->queue_first], 0};
    model->queue_first = (model->queue_first + 1) % UART_HOST_QUEUE_CAPACITY;
    model->queue_count--;
    model->is_receiving = true;
    if (model->is_shifted_waiting) {
        model->is_shifted_waiting = false;
        model->incoming.flags |= DOR;
        model->overruns++;
    }
    if (are_rates_apart(model)) {
        model->incoming.byte ^= (uint8_t)(1U + noise_below(model->noise, 255));
        model->incoming.flags |= FE;
    }
}

static void end_frame(struct uart_model *model)
{
    model->is_receiving = false;
    if (model->avr->data[UCSR0B] & RXEN) {
        keep_frame(model, model->incoming);
        show_receiver(model);
    } else {
        model->deaf_bytes++;
    }
}

static avr_cycle_count_t on_host_byte(struct avr_t *avr, avr_cycle_count_t when, void *param)
{
    (void)avr;
    struct uart_model *model = param;
    end_frame(model);
    if (model->queue_count == 0) {
        return 0;
    }
    begin_frame(model);
    return when + host_byte_cycles(model);
}

static void start_host(struct uart_model *model)
{
    if (!model->is_receiving && model->queue_count > 0) {
        begin_frame(model);
        avr_cycle_timer_register(model->avr, host_byte_cycles(model), on_host_byte, model);
    }
}

size_t uart_model_room(const struct uart_model *model)
{
    return UART_HOST_QUEUE_CAPACITY - model->queue_count;
}

size_t uart_model_send(struct uart_model *model, const uint8_t *bytes, size_t count)
{
    const size_t room = uart_model_room(model);
    const size_t taken = count < room ? count : room;
    for (size_t i = 0; i < taken; i++) {
        model->queue[(model->queue_first + model->queue_count) % UART_HOST_QUEUE_CAPACITY] = bytes[i];
        model->queue_count++;
    }
    start_host(model);
    return taken;
}

void uart_model_drop_queue(struct uart_model *model)
{
    model->queue_count = 0;
}

static avr_cycle_count_t on_sent(struct avr_t *avr, avr_cycle_count_t when, void *param)
{
    struct uart_model *model = param;
    uint8_t byte = model->outgoing;
    if (are_rates_apart(model)) {
        byte ^= (uint8_t)(1U + noise_below(model->noise, 255));
    }
    model->tx_bytes++;
    model->is_sending = model->is_held;
    if (model->is_held) {
        model->outgoing = model->held;
        model->is_held = false;
        avr->data[UCSR0A] |= UDRE;
        update_interrupts(model);
    } else {
        avr_raise_interrupt(avr, model->tx_vector);
    }
    model->on_tx(model->user, byte);
    return model->is_sending ? when + uart_model_byte_cycles(model) : 0;
}

static void write_data(struct avr_t *avr, avr_io_addr_t address, uint8_t value, void *param)
{
    (void)address;
    struct uart_model *model = param;
    if (!(avr->data[UCSR0B] & TXEN) || model->is_held) {
        model->violations++;
    } else if (model->is_sending) {
        model->held = value;
        model->is_held = true;
        avr->data[UCSR0A] &= (uint8_t)~UDRE;
        update_interrupts(model);
    } else {
        model->outgoing = value;
        model->is_sending = true;
        avr_cycle_timer_register(avr, uart_model_byte_cycles(model), on_sent, model);
    }
}

static uint8_t read_data(struct avr_t *avr, avr_io_addr_t address, void *param)
{
    struct uart_model *model = param;
    if (model->fifo_count == 0) {
        return avr->data[address];
    }
    avr->data[address] = model->fifo[0].byte;
    model->fifo[0] = model->fifo[1];
    model->fifo_count--;
    if (model->is_shifted_waiting) {
        model->is_shifted_waiting = false;
        keep_frame(model, model->shifted);
    }
    show_receiver(model);
    return avr->data[address];
}

static void write_status(struct avr_t *avr, avr_io_addr_t address, uint8_t value, void *param)
{
    struct uart_model *model = param;
    const uint8_t writable = U2X | MPCM;
    avr->data[address] = (uint8_t)((avr->data[address] & ~writable) | (value & writable));
    if (value & TXC) {
        avr_clear_interrupt(avr, model->tx_vector);
        avr->data[address] &= (uint8_t)~TXC;
    }
}

static void write_control(struct avr_t *avr, avr_io_addr_t address, uint8_t value, void *param)
{
    struct uart_model *model = param;
    avr->data[address] = value;
    if (!(value & RXEN)) {
        model->fifo_count = 0;
        model->is_shifted_waiting = false;
        show_receiver(model);
    }
    if ((avr->data[UCSR0A] & TXC) && (value & TXCIE)) {
        avr_raise_interrupt(avr, model->tx_vector);
    }
    update_interrupts(model);
}

static void write_plain(struct avr_t *avr, avr_io_addr_t address, uint8_t value, void *param)
{
    (void)param;
    avr->data[address] = value;
}

void uart_model_attach(struct uart_model *model, struct avr_t *avr, struct noise *noise, uint32_t host_baud,
                       void (*on_tx)(void *user, uint8_t byte), void *user)
{
    memset(model, 0, sizeof *model);
    model->avr = avr;
    model->noise = noise;
    model->host_baud = host_baud;
    model->on_tx = on_tx;
    model->user = user;
    model->rx_vector = core_vector(avr, RX_VECTOR);
    model->udre_vector = core_vector(avr, UDRE_VECTOR);
    model->tx_vector = core_vector(avr, TX_VECTOR);
    core_take_write(avr, UDR0, write_data, model);
    core_take_read(avr, UDR0, read_data, model);
    core_take_write(avr, UCSR0A, write_status, model);
    core_take_read(avr, UCSR0A, NULL, NULL);
    core_take_write(avr, UCSR0B, write_control, model);
    core_take_write(avr, UCSR0C, write_plain, NULL);
    core_take_write(avr, UBRR0L, write_plain, NULL);
    core_take_write(avr, UBRR0H, write_plain, NULL);
    core_on_routine(avr, model->rx_vector, on_routine, model);
    core_on_routine(avr, model->udre_vector, on_routine, model);
    uart_model_after_reset(model);
}

void uart_model_after_reset(struct uart_model *model)
{
    uint8_t *data = model->avr->data;
    model->fifo_count = 0;
    model->is_shifted_waiting = false;
    model->is_receiving = false;
    model->is_sending = false;
    model->is_held = false;
    data[UCSR0A] = UCSR0A_RESET;
    data[UCSR0B] = 0;
    data[UCSR0C] = UCSR0C_RESET;
    data[UBRR0L] = 0;
    data[UBRR0H] = 0;
    start_host(model);
}
