/* SPDX-License-Identifier: MIT
 *
 * customer.h - the fingers at one kiosk: customers who answer, hesitate, leave or mash, and staff who sign
 * on.
 */
#ifndef BYNAME_SIMULATION_CUSTOMER_H
#define BYNAME_SIMULATION_CUSTOMER_H

#include "tests/simulation/ledger.h"

struct customer {
    struct bench *bench;
    struct board *board;
    struct ledger *ledger;
    uint64_t next_us; /* NEVER_US: has gone */
    uint8_t second;   /* a button that joins the first; 0: none */
    bool is_pressing;
    bool is_last;  /* leaves after this press */
    bool is_hasty; /* this kiosk's customers hardly wait */
};

void customer_init(struct customer *customer, struct bench *bench, struct board *board,
                   struct ledger *ledger);
void customer_step(struct customer *customer);
void customer_leave(struct customer *customer);
/* These buttons, from now on for so long, whatever was held before. */
void customer_hold(struct customer *customer, uint8_t buttons, uint64_t held_us);
/* Only this: one button, 1 to 5, for 120 ms from now. */
void customer_press_once(struct customer *customer, uint8_t button);

#endif
