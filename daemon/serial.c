/* SPDX-License-Identifier: MIT */
#include "serial.h"

#include <errno.h>
#include <fcntl.h>
#include <libserialport.h>
#include <stdio.h>
#include <string.h>

static enum serial_status status_of(enum sp_return result)
{
    if (result == SP_ERR_ARG) /* how it says that /sys/class/tty has no such name */
        return SERIAL_ABSENT;
    if (result == SP_ERR_MEM)
        errno = ENOMEM;
    if (result == SP_ERR_SUPP)
        errno = EINVAL;
    return errno == ENOENT || errno == ENXIO || errno == ENODEV ? SERIAL_ABSENT : SERIAL_FAILED;
}

static enum sp_return configure(struct sp_port *port, uint32_t baud)
{
    struct sp_port_config *config;
    enum sp_return result = sp_new_config(&config);

    if (result != SP_OK)
        return result;
    sp_set_config_baudrate(config, (int)baud);
    sp_set_config_bits(config, 8);
    sp_set_config_parity(config, SP_PARITY_NONE);
    sp_set_config_stopbits(config, 1);
    sp_set_config_flowcontrol(config, SP_FLOWCONTROL_NONE);
    result = sp_set_config(port, config);
    sp_free_config(config);
    return result;
}

/* The descriptor outlives libserialport's port: its close is a plain close(2). */
static enum serial_status take_descriptor(struct sp_port *port, int *fd)
{
    int theirs;
    enum sp_return result = sp_get_port_handle(port, &theirs);

    if (result != SP_OK)
        return status_of(result);
    *fd = fcntl(theirs, F_DUPFD_CLOEXEC, 0);
    return *fd < 0 ? SERIAL_FAILED : SERIAL_OPEN;
}

enum serial_status serial_open(const char *device, uint32_t baud, int *fd)
{
    struct sp_port *port;
    enum serial_status status;

    *fd = -1;
    enum sp_return result = sp_get_port_by_name(device, &port);
    if (result != SP_OK)
        return status_of(result);
    result = sp_open(port, SP_MODE_READ_WRITE);
    if (result != SP_OK) {
        status = status_of(result);
        goto free_port;
    }
    result = configure(port, baud);
    status = result == SP_OK ? take_descriptor(port, fd) : status_of(result);
    int saved = errno;
    sp_close(port);
    errno = saved;
free_port:
    saved = errno;
    sp_free_port(port);
    errno = saved;
    return status;
}

static bool is_match(const struct sp_port *port, uint16_t vendor, uint16_t product, const char *serial)
{
    int their_vendor, their_product;

    if (sp_get_port_transport(port) != SP_TRANSPORT_USB ||
        sp_get_port_usb_vid_pid(port, &their_vendor, &their_product) != SP_OK)
        return false;
    const char *their_serial = sp_get_port_usb_serial(port);
    return their_vendor == vendor && their_product == product &&
           (serial[0] == '\0' || (their_serial != NULL && strcmp(their_serial, serial) == 0));
}

bool serial_find_usb(uint16_t vendor, uint16_t product, const char *serial, unsigned nth, char *device,
                     size_t capacity)
{
    struct sp_port **ports;
    bool is_found = false;

    if (sp_list_ports(&ports) != SP_OK)
        return false;
    for (size_t i = 0; ports[i] != NULL && !is_found; i++) {
        if (!is_match(ports[i], vendor, product, serial) || nth-- > 0)
            continue;
        is_found = true;
        snprintf(device, capacity, "%s", sp_get_port_name(ports[i]));
    }
    sp_free_port_list(ports);
    return is_found;
}
