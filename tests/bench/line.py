# SPDX-License-Identifier: MIT
"""The line: a full journal goes from the kiosk's EEPROM to the daemon's sessions and store, keyed, in emulated time."""
import json

ANSWER_SIZE = 10  # bytes of an answer on the wire
GOALS = {115200: 80, 500000: 60}  # percent
NOISY_GOAL = 60  # percent of the clean rate
NOISE = 1000  # of a million bytes


def drain(context, baud, runs, noise):
    elf = context.image(baud)
    said = json.loads(context.run(context.bin / "bench_kiosk", elf, "drain", baud, runs, noise,
                                  context.folder(f"{baud}-{noise}")))
    said["share"] = 100 * ANSWER_SIZE * said["answers"] * said["byte_cycles"] / said["cycles"]
    said["line"] = 100 * said["bytes"] * said["byte_cycles"] / said["cycles"]
    return said


def clean_row(context, profile, baud, said):
    each = said["cycles"] / said["answers"]
    detail = [f"{said['answers']} answers in {said['ms'][0]:.0f} ms, {said['frames']} frames; the line was "
              f"{said['line']:.0f} % full; {each:,.0f} cycles an answer, asleep {100 * said['asleep'] / said['cycles']:.0f} %",
              profile.shares(context, context.image(baud), said["samples"])]
    return {"name": f"line: answers' share of {baud} baud, full journal, keyed", "value": said["share"], "unit": "%",
            "limit": 100, "goal": GOALS[baud], "comparison": ">=", "detail": detail, "kept_as": "count"}


def noisy_row(context, baud, clean, goal):
    runs = 5 if context.quick else 40
    context.progress(f"{runs} journals at {baud} with noise")
    said = drain(context, baud, runs, NOISE)
    times = sorted(said["ms"])
    detail = [f"{said['share']:.1f} % of the line; {runs} journals: {times[0]:.0f} to {times[-1]:.0f} ms, "
              f"median {times[len(times) // 2]:.0f}, {said['frames'] / runs:.0f} frames each"]
    return {"name": f"line: with 1 byte in 1,000 changed, of the clean rate, {baud}",
            "value": 100 * said["share"] / clean["share"], "unit": "%", "limit": 100, "goal": goal, "comparison": ">=",
            "detail": detail, "kept_as": "ratio"}  # which bytes are hit depends on ids that the store draws


def rows(context):
    profile = context.load("profile")
    for baud in GOALS:
        context.progress(f"a journal at {baud}")
        said = drain(context, baud, 1, 0)
        yield clean_row(context, profile, baud, said)
        yield noisy_row(context, baud, said, NOISY_GOAL)
