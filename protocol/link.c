/* SPDX-License-Identifier: MIT */
#include "link.h"

#include <string.h>

static bool is_due(uint32_t now_ms, uint32_t due_ms)
{
    return (int32_t)(now_ms - due_ms) >= 0;
}

void link_init(struct link *link, uint32_t now_ms)
{
    memset(link, 0, sizeof *link);
    link->state = LINK_DOWN;
    link->hello_due_ms = now_ms;
    link->heard_ms = now_ms;
}

static void go_down(struct link *link, uint32_t now_ms)
{
    link->state = LINK_DOWN;
    link->is_held = false;
    link->is_retry_armed = false;
    link->hello_due_ms = now_ms;
    link->sent_through = 0;
}

static enum link_action step_hello(struct link *link, uint32_t now_ms)
{
    if (!is_due(now_ms, link->hello_due_ms))
        return LINK_NOTHING;
    link->hello_due_ms = now_ms + (link->state == LINK_WAITING ? LINK_WAIT_HELLO_MS : LINK_HELLO_MS);
    return LINK_SEND_HELLO;
}

/* The oldest answer got no ACK in time: go back to it, and be more patient the next time. */
static void step_retry(struct link *link, uint32_t now_ms, uint32_t oldest)
{
    if (!link->is_retry_armed || !is_due(now_ms, link->retry_due_ms))
        return;
    link->is_retry_armed = false;
    link->next_to_send = oldest;
    if (link->retry_ms < LINK_RETRY_MS_MAX)
        link->retry_ms =
            (uint16_t)(link->retry_ms * 2 < LINK_RETRY_MS_MAX ? link->retry_ms * 2 : LINK_RETRY_MS_MAX);
}

enum link_action link_step(struct link *link, uint32_t now_ms, uint32_t oldest, uint32_t next)
{
    if (link->state != LINK_DOWN && now_ms - link->heard_ms >= LINK_TIMEOUT_MS)
        go_down(link, now_ms);
    if (link->state != LINK_UP)
        return step_hello(link, now_ms);

    if (link->is_held && is_due(now_ms, link->hold_until_ms)) {
        link->is_held = false;
        link->next_to_send = oldest;
    }
    if (!link->is_held) {
        step_retry(link, now_ms, oldest);
        if (link->next_to_send < oldest)
            link->next_to_send = oldest;
        if (link->next_to_send < next)
            return LINK_SEND_ANSWERS;
    }
    if (is_due(now_ms, link->health_due_ms)) {
        link->health_due_ms = now_ms + LINK_HEARTBEAT_MS;
        link->may_rest = oldest == next;
        return LINK_SEND_HEALTH;
    }
    return LINK_NOTHING;
}

void link_on_sent(struct link *link, uint32_t now_ms, uint32_t first, uint32_t last)
{
    if (link->sent_through >= first)
        link->resent += (link->sent_through < last ? link->sent_through : last) - first + 1;
    if (last > link->sent_through)
        link->sent_through = last;
    link->next_to_send = last + 1;
    if (!link->is_retry_armed) {
        link->is_retry_armed = true;
        link->retry_due_ms = now_ms + link->retry_ms;
    }
}

void link_on_heard(struct link *link, uint32_t now_ms)
{
    link->heard_ms = now_ms;
}

void link_on_time(struct link *link)
{
    if (!link->may_rest)
        return;
    link->may_rest = false;
    link->health_due_ms += LINK_REST_MS - LINK_HEARTBEAT_MS;
}

void link_on_welcome(struct link *link, uint32_t now_ms, uint32_t oldest)
{
    link->state = LINK_UP;
    link->is_held = false;
    link->is_retry_armed = false;
    link->retry_ms = LINK_RETRY_MS;
    link->heard_ms = now_ms;
    link->health_due_ms = now_ms;
    link->may_rest = false;
    link->next_to_send = oldest;
    link->sent_through = oldest - 1;
}

void link_on_wait(struct link *link, uint32_t now_ms)
{
    go_down(link, now_ms);
    link->state = LINK_WAITING;
    link->heard_ms = now_ms;
    link->hello_due_ms = now_ms + LINK_WAIT_HELLO_MS;
}

void link_on_renew(struct link *link, uint32_t now_ms)
{
    go_down(link, now_ms);
}

bool link_on_ack(struct link *link, uint32_t now_ms, uint32_t through, uint32_t next)
{
    if (link->state != LINK_UP || through >= next || through > link->sent_through) {
        link->refused_acks++;
        return false;
    }
    link->retry_ms = LINK_RETRY_MS;
    link->is_retry_armed = through < link->sent_through;
    link->retry_due_ms = now_ms + link->retry_ms;
    return true;
}

void link_on_nak(struct link *link, uint32_t now_ms, uint32_t expected, uint32_t oldest)
{
    if (link->state != LINK_UP || expected < oldest || expected > link->sent_through)
        return;
    link->next_to_send = expected;
    link->is_retry_armed = false;
    link->heard_ms = now_ms;
}

void link_on_hold(struct link *link, uint32_t now_ms, uint16_t seconds)
{
    if (seconds > LINK_HOLD_S_MAX)
        seconds = LINK_HOLD_S_MAX;
    link->is_held = true;
    link->is_retry_armed = false;
    link->hold_until_ms = now_ms + seconds * 1000u;
}

enum link_arrival link_arrival(uint32_t expected, uint32_t first, uint32_t count, uint32_t *skip)
{
    *skip = 0;
    if (first > expected)
        return LINK_ARRIVAL_GAP;
    if (first + count <= expected)
        return LINK_ARRIVAL_DUPLICATE;
    *skip = expected - first;
    return LINK_ARRIVAL_NEW;
}
