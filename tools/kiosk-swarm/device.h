/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * device.h - a kiosk's hardware with its firmware: the image on libsimavr, or the core on memory.
 *
 * Time is microseconds since power-up and goes on only in device_run. Devices share no state; one thread at a time for
 * all those of the core. The EEPROM's cells are the caller's.
 */
#ifndef KIOSK_SWARM_DEVICE_H
#define KIOSK_SWARM_DEVICE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define DEVICE_EEPROM_SIZE 4096

struct answer;
struct device;
struct image;

struct device_options {
    uint8_t *eeprom; /* outlives the device */
    uint64_t seed;
    /* Of the core on memory: its EEPROM is so many times faster than a real one, 1 to 1000. */
    uint32_t haste;
    uint32_t baud; /* ... and its line's bits a second */
    void *context;
    /* Bytes that left the kiosk; from inside device_run. */
    void (*on_sent)(void *context, const uint8_t *bytes, size_t size);
};

/* How each kind does it. */
struct device_class {
    void (*run)(struct device *device, uint64_t until_us);
    uint64_t (*wake_us)(const struct device *device);
    void (*press)(struct device *device, uint8_t buttons);
    size_t (*receive)(struct device *device, const uint8_t *bytes, size_t size);
    bool (*is_faulty)(const struct device *device);
    bool (*append)(struct device *device, struct answer *answer, uint32_t visit);
    uint16_t (*free_answers)(const struct device *device);
    void (*destroy)(struct device *device);
};

struct device {
    const struct device_class *class;
    struct device_options options;
};

/* NULL when out of memory. The image outlives the device. */
struct device *device_create_core(const struct device_options *options);
struct device *device_create_real(const struct device_options *options, struct image *image);

static inline void device_run(struct device *device, uint64_t until_us)
{
    device->class->run(device, until_us);
}

/* When it has something to do next, if nothing comes from outside. */
static inline uint64_t device_wake_us(const struct device *device)
{
    return device->class->wake_us(device);
}

/* These buttons are down from now on; bit 0 is button 1. */
static inline void device_press(struct device *device, uint8_t buttons)
{
    device->class->press(device, buttons);
}

/* Bytes from the line. Returns how many found room; the others come again. */
static inline size_t device_receive(struct device *device, const uint8_t *bytes, size_t size)
{
    return device->class->receive(device, bytes, size);
}

/* The firmware crashed. */
static inline bool device_is_faulty(const struct device *device)
{
    return device->class->is_faulty(device);
}

/* Put an answer into the journal, as a visit would: question, value and uptime are the caller's, the rest is filled in.
 * visit: the number of its rating; 0: it is one. For the core on memory. */
static inline bool device_append(struct device *device, struct answer *answer, uint32_t visit)
{
    return device->class->append(device, answer, visit);
}

/* How many more the journal takes; likewise. */
static inline uint16_t device_free_answers(const struct device *device)
{
    return device->class->free_answers(device);
}

static inline void device_destroy(struct device *device)
{
    if (device != NULL)
        device->class->destroy(device);
}

#endif
