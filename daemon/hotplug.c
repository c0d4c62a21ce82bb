/* SPDX-License-Identifier: MIT */
#include "hotplug.h"

#include <libudev.h>
#include <stdlib.h>
#include <string.h>

struct hotplug {
    struct udev *udev;
    struct udev_monitor *monitor;
};

struct hotplug *hotplug_open(void)
{
    struct hotplug *hotplug = calloc(1, sizeof *hotplug);

    if (hotplug == NULL)
        return NULL;
    hotplug->udev = udev_new();
    if (hotplug->udev == NULL)
        goto fail;
    /* After udev's own rules have run: permissions and names are set by then. */
    hotplug->monitor = udev_monitor_new_from_netlink(hotplug->udev, "udev");
    if (hotplug->monitor == NULL ||
        udev_monitor_filter_add_match_subsystem_devtype(hotplug->monitor, "tty", NULL) < 0 ||
        udev_monitor_enable_receiving(hotplug->monitor) < 0)
        goto fail;
    return hotplug;
fail:
    hotplug_close(hotplug);
    return NULL;
}

void hotplug_close(struct hotplug *hotplug)
{
    if (hotplug == NULL)
        return;
    udev_monitor_unref(hotplug->monitor);
    udev_unref(hotplug->udev);
    free(hotplug);
}

int hotplug_fd(const struct hotplug *hotplug)
{
    return udev_monitor_get_fd(hotplug->monitor);
}

bool hotplug_drain(struct hotplug *hotplug)
{
    struct udev_device *device;
    bool is_news = false;

    while ((device = udev_monitor_receive_device(hotplug->monitor)) != NULL) {
        const char *action = udev_device_get_action(device);
        is_news = is_news || (action != NULL && strcmp(action, "remove") != 0);
        udev_device_unref(device);
    }
    return is_news;
}
