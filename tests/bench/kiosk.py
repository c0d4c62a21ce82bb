# SPDX-License-Identifier: MIT
"""The kiosk: what the firmware image takes of the chip."""
import re

CHIP = {"flash": 256 * 1024, "static memory": 8192, "stack": 8192}  # ATmega2560, bytes
GOALS = {"flash": 48 * 1024, "static memory": 3584, "stack": 512}


def sizes(context):
    """What check-size says: {name: (bytes, remark)}"""
    said = context.run(context.source / "firmware" / "check-size", context.elf, "--flash-max", CHIP["flash"],
                       "--static-max", CHIP["static memory"], "--stack-max", CHIP["stack"])
    paths = re.findall(r"^  (\S.*?)\s+(\d+)\s+(.*)$", said, re.M)
    remarks = {"stack": [f"{size} bytes on the {name}: {path}" for name, size, path in paths]}
    return {name: (int(size), remarks.get(name, []))
            for name, size in re.findall(r"^(\S[a-z ]*?)\s+(\d+) of", said, re.M)}


def rows(context):
    for name, (size, detail) in sizes(context).items():
        yield {"name": f"kiosk: {'worst ' if name == 'stack' else ''}{name}", "value": size, "unit": "bytes",
               "limit": CHIP[name], "goal": GOALS[name], "comparison": "<=", "detail": detail, "kept_as": "count"}
