# SPDX-License-Identifier: MIT
"""The daemon: instructions from an answer's bytes to its commit, counted by callgrind, ours beside SQLite's."""
import collections
import json
import re

KIOSKS, ROUNDS = 64, 10
GOAL_PERCENT = 15


def names_of(text, key, names):
    """A callgrind name, "(7) sqlite3_step" the first time and "(7)" from then on."""
    number, name = re.fullmatch(r"\((\d+)\)(?: (.*))?", text).groups()
    if name is not None:
        names[key, number] = name
    return names[key, number]


def read_calls(path):
    """(cost of each function itself, cost of what each function called: {(object, function): …}, {(caller, callee): …})"""
    itself, called, names = collections.Counter(), collections.Counter(), {}
    place = {"ob": "", "fn": "", "cob": "", "cfn": ""}
    is_call = False
    for line in path.read_text().splitlines():
        key, equals, text = line.partition("=")
        if equals and key in ("ob", "fn"):
            place[key] = names_of(text, key, names)
            place["cob"] = place["ob"]
        elif equals and key in ("cob", "cfn"):
            place[key] = names_of(text, key[1:], names)
        elif equals and key in ("fi", "fe", "fl", "cfi", "cfl"):
            names_of(text, "fl", names)
        elif key == "calls":
            is_call = True
        elif re.match(r"[+*\-\d]", line) and not equals:
            cost = int(line.split()[1])
            if is_call:
                called[(place["ob"], place["fn"]), (place["cob"], place["cfn"])] += cost
                place["cob"] = place["ob"]
            else:
                itself[place["ob"], place["fn"]] += cost
            is_call = False
    return itself, called


def is_sqlite(place):
    return "libsqlite3" in place[0]


def is_ours(place):
    return "bench_ingest" in place[0]


def measure(context):
    folder = context.folder("callgrind")
    said = context.run("valgrind", "--tool=callgrind", f"--callgrind-out-file={folder / 'out'}", "--toggle-collect=ingest",
                       context.bin / "bench_ingest", KIOSKS, ROUNDS, folder / "database")
    return json.loads(said)["answers"], *read_calls(folder / "out")


def largest(itself, answers, count):
    ours = collections.Counter({place: cost for place, cost in itself.items() if is_ours(place)})
    return ", ".join(f"{cost / answers:,.0f} {function}" for (_, function), cost in ours.most_common(count))


def rows(context):
    context.progress("callgrind")
    answers, itself, called = measure(context)
    total = sum(itself.values())
    sqlite = sum(cost for (caller, callee), cost in called.items() if is_ours(caller) and is_sqlite(callee))
    libc = sum(cost for place, cost in itself.items() if not is_ours(place) and not is_sqlite(place))
    ours = total - sqlite
    yield {"name": "ingest: instructions per answer, decode to commit", "value": round(total / answers), "unit": "",
           "limit": round(sqlite / answers), "goal": None, "comparison": "<=", "kept_as": "count",
           "detail": [f"{KIOSKS} keyed kiosks, a visit of 4 answers each to a commit; the limit is what is spent in SQLite's own "
                      f"calls ({libc / answers:,.0f} of all in libc)"]}
    yield {"name": "ingest: ours of these", "value": 100 * ours / total, "unit": "%", "limit": None, "goal": GOAL_PERCENT,
           "comparison": "<=", "kept_as": "count",
           "detail": [f"{ours / answers:,.0f} an answer: {largest(itself, answers, 8)}"]}
