/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "pace.h"

#include <string.h>
#include "core.h"

static const uint64_t ns_per_ms = 1000000;
static const uint64_t ns_per_cycle_x2 = 125; /* 62.5 ns a cycle at 16 MHz */

void pace_init(struct pace *pace, unsigned speed, uint64_t now_ns, uint64_t cycle)
{
    memset(pace, 0, sizeof *pace);
    pace->speed = speed;
    pace->current_speed = speed;
    pace->anchor_ns = now_ns;
    pace->anchor_cycle = cycle;
}

void pace_on_tx(struct pace *pace, uint64_t now_ns)
{
    pace->awaits_answer = true;
    pace->last_tx_ns = now_ns;
    pace->is_line_active = true;
    pace->last_byte_ns = now_ns;
}

void pace_on_rx(struct pace *pace, uint64_t now_ns)
{
    pace->awaits_answer = false;
    pace->is_line_active = true;
    pace->last_byte_ns = now_ns;
}

void pace_on_hang_up(struct pace *pace)
{
    pace->awaits_answer = false;
    pace->is_line_active = false;
}

static bool is_line_idle(struct pace *pace, uint64_t now_ns)
{
    if (pace->awaits_answer && now_ns - pace->last_tx_ns >= PACE_ANSWER_MS * ns_per_ms) {
        pace->awaits_answer = false;
    }
    if (!pace->awaits_answer && now_ns - pace->last_byte_ns >= PACE_QUIET_MS * ns_per_ms) {
        pace->is_line_active = false;
    }
    return !pace->awaits_answer && !pace->is_line_active;
}

static uint64_t unlimited_target(const struct pace *pace, uint64_t now_ns)
{
    return pace->anchor_cycle + (now_ns - pace->anchor_ns) * 2 / ns_per_cycle_x2 * pace->current_speed;
}

uint64_t pace_target(struct pace *pace, uint64_t now_ns, uint64_t cycle)
{
    const unsigned speed = is_line_idle(pace, now_ns) ? pace->speed : 1;
    const uint64_t lag_max = (uint64_t)PACE_LAG_MS_MAX * CORE_CYCLES_PER_MS * pace->current_speed;
    const bool is_far_behind = unlimited_target(pace, now_ns) > cycle + lag_max;
    if (speed != pace->current_speed || is_far_behind) {
        pace->anchor_ns = now_ns;
        pace->anchor_cycle = cycle;
        pace->current_speed = speed;
    }
    const uint64_t target = unlimited_target(pace, now_ns);
    return target > cycle ? target : cycle;
}

uint64_t pace_due_ns(const struct pace *pace, uint64_t cycle)
{
    if (cycle <= pace->anchor_cycle) {
        return pace->anchor_ns;
    }
    return pace->anchor_ns + (cycle - pace->anchor_cycle) * ns_per_cycle_x2 / 2 / pace->current_speed;
}
