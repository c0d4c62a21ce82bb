/* SPDX-License-Identifier: MIT */
#include "firmware/core/kiosk.h"
#include "firmware/port/port.h"

int main(void)
{
    static struct kiosk kiosk;

    port_init();
    kiosk_init(&kiosk);
    for (;;) {
        bool is_busy = kiosk_step(&kiosk);
        port_watchdog_kick();
        if (!is_busy)
            port_sleep();
    }
}
