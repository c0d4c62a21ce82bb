#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""make-history writes straight into the tables what bynamed would have stored: the same history through the store has the
same rows in every table, and is recounted without a difference. What is drawn by the store (ids) is left aside. And what
ends before it is whole leaves nothing."""
import os
import resource
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time

BIN = os.environ["BYNAME_BIN"]
OPTIONS = ("--years", "1", "--visits", "9000", "--kiosks", "3", "--staff", "30", "--seed", "3")
DRAWN = {"store": {"database_id", "created_ms"}, "kiosk": {"kiosk_id"}, "journal": {"journal_id"}}


def make(path, *options):
    subprocess.run([os.path.join(BIN, "make-history"), "--database", path, *OPTIONS, *options], check=True,
                   stdout=subprocess.DEVNULL)


def contents(path):
    """Header numbers, schema and {table: rows}, without what is drawn."""
    with sqlite3.connect(path) as connection:
        pragmas = {name: connection.execute(f"PRAGMA {name}").fetchone()[0]
                   for name in ("application_id", "user_version", "journal_mode", "page_size", "encoding", "auto_vacuum")}
        schema = sorted(connection.execute("SELECT type, name, tbl_name, sql FROM sqlite_schema"))
        tables = {}
        for (table,) in connection.execute("SELECT name FROM sqlite_schema WHERE type = 'table'").fetchall():
            columns = [row[1] for row in connection.execute(f"PRAGMA table_info({table})") if row[1] not in DRAWN.get(table, ())]
            names = ", ".join(f'"{name}"' for name in columns)
            tables[table] = sorted(connection.execute(f"SELECT {names} FROM {table}").fetchall(), key=repr)
    return pragmas, schema, tables


def refused(folder, *options, **how):
    """What it says, once it ended with a mistake."""
    done = subprocess.run([os.path.join(BIN, "make-history"), *options], cwd=folder, capture_output=True, text=True, **how)
    return f"{done.returncode} {done.stderr}"


def small_files():
    resource.setrlimit(resource.RLIMIT_FSIZE, (300_000, 300_000))


def interrupted(folder):
    process = subprocess.Popen([os.path.join(BIN, "make-history"), "--database", "new.db", "--visits", "2000000"], cwd=folder,
                               stderr=subprocess.PIPE, text=True)
    end = time.monotonic() + 60
    while not (os.path.exists(os.path.join(folder, "new.db")) and os.path.getsize(os.path.join(folder, "new.db")) > 10 ** 6):
        if process.poll() is not None or time.monotonic() > end:
            break
        time.sleep(0.01)
    process.send_signal(signal.SIGINT)
    _, said = process.communicate()
    return f"{process.returncode} {said}"


def unfinished(folder):
    """Whatever ends it early is said, and leaves the folder as it was."""
    with open(os.path.join(folder, "mine.db"), "w", encoding="ascii") as file:
        file.write("mine")
    for expected, said in (
            ("1 make-history: the file exists: name a new one", refused(folder, "--database", "mine.db")),
            ("1 make-history: --end is a date", refused(folder, "--database", "new.db", "--end", "tomorrow")),
            ("1 make-history: ", refused(folder, "--database", "new.db", "--timezone", "Europe/Nowhere")),
            ("2 make-history: --years takes a number from 1 to 20, not \"0\"", refused(folder, "--database", "new.db", "--years", "0")),
            ("1 make-history: ", refused(folder, "--database", "new.db", preexec_fn=small_files, restore_signals=False)),
            ("130 make-history: interrupted", interrupted(folder))):
        left = sorted(os.listdir(folder))
        if not said.startswith(expected) or left != ["mine.db"]:
            yield f"{expected} was expected: {said!r}, and left {left}"
        for name in left:
            if name != "mine.db":
                os.unlink(os.path.join(folder, name))
    with open(os.path.join(folder, "mine.db"), encoding="ascii") as file:
        if file.read() != "mine":
            yield "a file that was there is changed"


def main():
    with tempfile.TemporaryDirectory(prefix="byname-history-") as folder:
        wrong = list(unfinished(folder))
    with tempfile.TemporaryDirectory(prefix="byname-history-") as folder:
        fast, slow, again, other = (os.path.join(folder, name) for name in ("fast.db", "slow.db", "again.db", "other.db"))
        make(fast)
        make(again)
        make(slow, "--through-store")
        make(other, "--seed", "4")
        (pragmas, schema, tables), expected = contents(fast), contents(slow)
        for table, rows in expected[2].items():
            print(f"{table:<12}{len(rows):>8} rows")
            if tables[table] != rows:
                wrong.append(f"{table}: " + str([pair for pair in zip(tables[table], rows) if pair[0] != pair[1]][:1]
                                                or (len(tables[table]), len(rows))))
        wrong += [] if (pragmas, schema) == expected[:2] else ["the header or the schema"]
        wrong += [] if contents(again) == contents(fast) else ["the same options give other rows"]
        wrong += ["another seed gives the same rows"] if contents(other)[2]["answer"] == tables["answer"] else []
        wrong += [] if {row[8] for row in tables["help_call"]} == {3, 4} else ["help calls are not closed and missed"]
        wrong += [f"nothing in {name}" for name in ("answer", "visit", "tally", "help_call", "anchor", "hearing", "silence") if not tables[name]]
        verified = subprocess.run([os.path.join(BIN, "byname"), "--database", fast, "verify"], capture_output=True, text=True)
        wrong += [] if verified.returncode == 0 else [verified.stdout + verified.stderr]
    for line in wrong:
        print("WRONG:", line)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
