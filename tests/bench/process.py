# SPDX-License-Identifier: MIT
"""What the kernel says of a process that runs."""
import pathlib


def spent_s(pid):
    """Seconds on a processor so far, of all threads."""
    tasks = pathlib.Path(f"/proc/{pid}/task").glob("*/schedstat")
    return sum(int(path.read_text(encoding="ascii").split()[0]) for path in tasks) / 1e9


def stirs(pid):
    """How often it woke up so far, all threads; its reads, its writes, as system calls."""
    lines = [line for path in pathlib.Path(f"/proc/{pid}/task").glob("*/status")
             for line in path.read_text(encoding="utf-8").splitlines()]
    calls = dict(line.split(": ") for line in pathlib.Path(f"/proc/{pid}/io").read_text(encoding="ascii").splitlines())
    wakes = sum(int(line.split()[1]) for line in lines if line.startswith("voluntary_ctxt_switches"))
    return wakes, int(calls["syscr"]), int(calls["syscw"])


def memory_mib(pid):
    """(resident, of that its own: neither the program nor its libraries)"""
    lines = pathlib.Path(f"/proc/{pid}/status").read_text(encoding="utf-8").splitlines()
    sizes = {name: int(rest.split()[0]) / 1024 for name, _, rest in (line.partition(":") for line in lines)
             if name in ("VmRSS", "RssAnon")}
    return sizes["VmRSS"], sizes["RssAnon"]
