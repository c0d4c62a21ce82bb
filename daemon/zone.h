/* SPDX-License-Identifier: MIT
 *
 * zone.h - one time zone's offsets from UTC, read from the system's zone files.
 *
 * Its own reader of TZif (RFC 8536) instead of localtime_r: the C library knows one zone a process, from TZ,
 * and changing that under other threads is not safe; a test (or a tool) opens stores of several zones at
 * once. A struct zone is immutable once created: any number of threads may use it. Seconds are UTC seconds
 * since 1970, "wall" seconds are what a local clock shows, counted the same way.
 */
#ifndef BYNAME_ZONE_H
#define BYNAME_ZONE_H

#include <stddef.h>
#include <stdint.h>

struct zone;

/* Read an IANA zone, "Europe/Berlin". NULL when it is unknown, unreadable or malformed: why says so in one
 * line. */
struct zone *zone_create(const char *name, char *why, size_t why_size);
void zone_destroy(struct zone *zone); /* zone may be NULL */

/* A stretch of time, [from_s, to_s), in which local clocks run steadily at UTC + offset_s. INT64_MIN and
 * INT64_MAX stand for no beginning and no end. Two neighbouring stretches have different offsets. */
struct zone_stretch {
    int64_t from_s, to_s;
    int32_t offset_s;
};

struct zone_stretch zone_stretch(const struct zone *zone, int64_t utc_s);

/* The first instant at which local clocks show wall_s or later. In the hour that daylight saving skips that
 * is the moment of the change; in the hour that happens twice, the first of the two. */
int64_t zone_first_instant(const struct zone *zone, int64_t wall_s);

#endif
