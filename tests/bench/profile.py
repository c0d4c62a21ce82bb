# SPDX-License-Identifier: MIT
"""Where the time of an AVR image goes, from samples of its program counter."""
import bisect
import collections
import re


def functions(context, elf):
    """(addresses, names) of all functions, in the order of their addresses."""
    found = re.findall(r"^([0-9a-f]+) [tTwW] (\S+)$", context.run("avr-nm", "--numeric-sort", elf), re.M)
    return [int(address, 16) for address, _ in found], [name for _, name in found]


def shares(context, elf, samples, count=8):
    """The functions in which most samples lie, as one line: "12 % mix, ..."."""
    addresses, names = functions(context, elf)
    hits = collections.Counter(names[bisect.bisect_right(addresses, sample) - 1] for sample in samples)
    return ", ".join(f"{100 * hit / len(samples):.0f} % {name}" for name, hit in hits.most_common(count))
