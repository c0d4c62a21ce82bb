/* SPDX-License-Identifier: MIT */
#include "line.h"

#include <avr/interrupt.h>
#include <avr/io.h>

#include "firmware/port/port.h"

/* UART0 is wired to the USB side of the board. Both rings hold 256 bytes, so that their indices wrap by
 * themselves; one place stays free to tell full from empty. One side writes an index, the other only reads
 * it, and a byte is read and written at once: no locks. */
#define RING_SIZE 256
#define UBRR_VALUE ((F_CPU + 4UL * BYNAME_BAUD) / (8UL * BYNAME_BAUD) - 1)

_Static_assert(RING_SIZE == UINT8_MAX + 1, "uint8_t indices wrap with the ring");
_Static_assert(RING_SIZE - 1 >= PORT_LINE_TX_SIZE_MIN, "an idle line takes what the contract says");
_Static_assert(UBRR_VALUE <= 4095, "the divider has 12 bits");

static volatile uint8_t rx_ring[RING_SIZE];
static volatile uint8_t rx_head; /* the interrupt writes here */
static volatile uint8_t rx_tail; /* the main loop reads here */
static volatile uint8_t tx_ring[RING_SIZE];
static volatile uint8_t tx_head; /* the main loop writes here */
static volatile uint8_t tx_tail; /* the interrupt reads here */

/* Bytes with a framing error are passed on as they are: their frame fails its check. */
ISR(USART0_RX_vect)
{
    uint8_t byte = UDR0;
    uint8_t head = rx_head;
    uint8_t next = (uint8_t)(head + 1);

    if (next == rx_tail)
        return;
    rx_ring[head] = byte;
    rx_head = next;
}

ISR(USART0_UDRE_vect)
{
    uint8_t tail = tx_tail;

    if (tail == tx_head) {
        UCSR0B &= (uint8_t)~_BV(UDRIE0);
        return;
    }
    UDR0 = tx_ring[tail];
    tx_tail = (uint8_t)(tail + 1);
}

/* U2X comes before the divider: the error at 115200 is 2.1 % with it and 3.5 % without (datasheet,
 * section 22.11); 250000 and 500000 are exact. 8 data bits, no parity, 1 stop bit. */
void line_init(void)
{
    PORTE |= _BV(PE0); /* pull-up: an unplugged line is idle, not a break */
    UCSR0A = _BV(U2X0);
    UBRR0 = UBRR_VALUE;
    UCSR0C = _BV(UCSZ01) | _BV(UCSZ00);
    UCSR0B = _BV(RXCIE0) | _BV(RXEN0) | _BV(TXEN0);
}

bool line_has_input(void)
{
    return rx_head != rx_tail;
}

bool port_line_read(uint8_t *byte)
{
    uint8_t tail = rx_tail;

    if (tail == rx_head)
        return false;
    *byte = rx_ring[tail];
    rx_tail = (uint8_t)(tail + 1);
    return true;
}

size_t port_line_writable(void)
{
    return (uint8_t)(tx_tail - tx_head - 1);
}

void port_line_write(const uint8_t *data, size_t size)
{
    uint8_t head = tx_head;

    if (size == 0)
        return;
    for (size_t i = 0; i < size; i++)
        tx_ring[(uint8_t)(head + i)] = data[i];
    tx_head = (uint8_t)(head + size);
    UCSR0B |= _BV(
        UDRIE0); /* not atomic, and need not be: the interrupt only ever clears this bit, when all is sent */
}
