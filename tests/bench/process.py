# SPDX-License-Identifier: MIT
"""What the kernel says of a process that runs."""
import pathlib


def spent_s(pid):
    """Seconds on a processor so far, of all threads."""
    tasks = pathlib.Path(f"/proc/{pid}/task").glob("*/schedstat")
    return sum(int(path.read_text(encoding="ascii").split()[0]) for path in tasks) / 1e9


def memory_mib(pid):
    """(resident, of that its own: neither the program nor its libraries)"""
    lines = pathlib.Path(f"/proc/{pid}/status").read_text(encoding="utf-8").splitlines()
    sizes = {name: int(rest.split()[0]) / 1024 for name, _, rest in (line.partition(":") for line in lines)
             if name in ("VmRSS", "RssAnon")}
    return sizes["VmRSS"], sizes["RssAnon"]
