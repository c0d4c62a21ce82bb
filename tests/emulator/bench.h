/* SPDX-License-Identifier: MIT
 *
 * bench.h - the mailbox between a test and the test image (bench.avr.c) that runs on the simulated board.
 *
 * The test writes arguments and a command into the kiosk's SRAM, the image carries the command out, writes
 * results and clears the command. Shared by avr-gcc and the host's compiler: plain numbers only.
 */
#ifndef EMULATOR_BENCH_H
#define EMULATOR_BENCH_H

enum {
    BENCH_MAILBOX = 0x1000, /* data address: above the image's own data, far below the stack */
    BENCH_COMMAND = 0,
    BENCH_RESET_CAUSE = 1, /* MCUSR at boot */
    BENCH_BOOTS = 2,       /* counted up by each boot; random after power-up */
    BENCH_ALIVE = 3,       /* 0xA5 once the image waits for commands */
    BENCH_ARGUMENTS = 16,
    BENCH_RESULTS = 64,
    BENCH_ALIVE_MARK = 0xA5,
};

enum bench_command {
    BENCH_NONE,
    /* address lo, hi, data, EEPM, extra instructions between EEMPE and EEPE
     * -> busy cycles lo, hi (0 if nothing was written), data read while busy */
    BENCH_EEPROM_WRITE,
    /* address lo, hi -> data */
    BENCH_EEPROM_READ,
    /* address lo, hi, count: the EE_READY interrupt writes count bytes 1, 2, ... -> interrupts, cycles / 256
       lo, hi */
    BENCH_EEPROM_STREAM,
    /* TWBR, TWPS, count, bytes (the first is the address byte) -> statuses: START, each byte;
     * then cycles of the last byte lo, hi, then TWCR after STOP */
    BENCH_TWI_WRITE,
    /* TWBR, TWPS, count, bytes: the same by interrupt, asleep in between -> interrupts, last status */
    BENCH_TWI_WRITE_BY_INTERRUPT,
    /* A START and nothing else -> status */
    BENCH_TWI_START,
    /* UCSR0A, UBRR lo, hi, UCSR0C, count: send count bytes 'A', 'B', ... -> cycles for all lo, hi, (/ 16) */
    BENCH_UART_SEND,
    /* UCSR0A, UBRR lo, hi, UCSR0C: set up, then -> 0 */
    BENCH_UART_SETUP,
    /* -> count, then pairs of UCSR0A flags (FE, DOR) and byte */
    BENCH_UART_READ_ALL,
    /* idle: echo by interrupt (RX and UDRE) while asleep, until the byte 'q' has been echoed; the RX routine
     * first returns idle times without reading -> bytes echoed, RX interrupts */
    BENCH_UART_ECHO,
    /* -> PINA with pull-ups on */
    BENCH_READ_PINS,
    /* Let the watchdog (16 ms) reset the chip */
    BENCH_WATCHDOG,
    /* Begin an EEPROM write of address lo, hi, data and let the watchdog reset the chip */
    BENCH_WATCHDOG_IN_WRITE,
    /* Toggle PB5 by timer 1 for some ms */
    BENCH_PIEZO,
    /* Sleep with interrupts off */
    BENCH_SLEEP_FOREVER,
};

#endif
