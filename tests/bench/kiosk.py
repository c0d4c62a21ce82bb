# SPDX-License-Identifier: MIT
"""The kiosk: what the firmware image takes of the chip, how soon a press is acknowledged, and how much it sleeps."""
import json
import re

CHIP = {"flash": 256 * 1024, "static memory": 8192, "stack": 8192}  # ATmega2560, bytes
GOALS = {"flash": 48 * 1024, "static memory": 3584, "stack": 512}
ACKNOWLEDGED_MS, ASLEEP_PERCENT = 60, 99
# Debouncing, then the slot of an answer: 15 bytes that are written after they were erased ahead, 1.8 ms each.
PRESS_LIMIT_MS = 25 + 15 * 1.8


def sizes(context):
    """What check-size says: {name: (bytes, remarks)}"""
    said = context.run(context.source / "firmware" / "check-size", context.elf, "--flash-max", CHIP["flash"],
                       "--static-max", CHIP["static memory"], "--stack-max", CHIP["stack"])
    paths = re.findall(r"^  (\S.*?)\s+(\d+)\s+(.*)$", said, re.M)
    remarks = {"stack": [f"{size} bytes on the {name}: {path}" for name, size, path in paths]}
    return {name: (int(size), remarks.get(name, []))
            for name, size in re.findall(r"^(\S[a-z ]*?)\s+(\d+) of", said, re.M)}


def press_row(context):
    wanted = 40 if context.quick or context.check else 1000
    context.progress(f"{wanted} presses")
    said = json.loads(context.run(context.bin / "bench_kiosk", context.elf, "press", wanted))
    line = 100 * said["bytes"] * said["byte_cycles"] / 16e6 / said["seconds"]
    shown = said["most_ms"] - said["most_waited_ms"] - said["most_writing_ms"]
    detail = [f"the worst of {wanted:,}: {said['most_waited_ms']:.1f} until its first byte was written, {said['most_writing_ms']:.1f} of writing, "
              f"{shown:.1f} to the display",
              f"least {said['least_ms']:.1f}, median {said['median_ms']:.1f}, p99 {said['p99_ms']:.1f}; first pixel that "
              f"differs at most {said['most_pixel_ms']:.1f}; the limit is debouncing and the EEPROM's own time",
              f"{said['seconds']:.0f} s on a line that was {line:.0f} % full from the kiosk: {said['answers_frames']} frames "
              f"of answers, {said['told']} messages taken"]
    return {"name": "kiosk: press to acknowledgement, busy line, worst", "value": said["most_ms"], "unit": "ms",
            "limit": PRESS_LIMIT_MS, "goal": ACKNOWLEDGED_MS, "comparison": "<=", "detail": detail, "kept_as": "count"}


def idle_row(context, profile):
    seconds = 10 if context.quick else 60
    context.progress(f"{seconds} s at rest")
    said = json.loads(context.run(context.bin / "bench_kiosk", context.elf, "idle", seconds, context.folder("idle")))
    if not said["is_up"]:
        raise RuntimeError("the kiosk is not connected")
    awake = (said["cycles"] - said["asleep"]) / said["cycles"]
    return {"name": "kiosk: asleep while idle and connected", "value": 100 - 100 * awake, "unit": "%", "limit": 100,
            "goal": ASLEEP_PERCENT, "comparison": ">=", "kept_as": "count",
            "detail": [f"awake {awake * 16e6:,.0f} cycles a second: " +
                       profile.shares(context, context.elf, said["samples"])]}


def rows(context):
    for name, (size, detail) in sizes(context).items():
        yield {"name": f"kiosk: {'worst ' if name == 'stack' else ''}{name}", "value": size, "unit": "bytes",
               "limit": CHIP[name], "goal": GOALS[name], "comparison": "<=", "detail": detail, "kept_as": "count"}
    yield idle_row(context, context.load("profile"))
    yield press_row(context)
