/* SPDX-License-Identifier: MIT
 *
 * display_bus.h - the I2C bus of the Mega 2560's port, inside the port only.
 */
#ifndef BYNAME_MEGA2560_DISPLAY_BUS_H
#define BYNAME_MEGA2560_DISPLAY_BUS_H

void display_bus_init(void);

#endif
