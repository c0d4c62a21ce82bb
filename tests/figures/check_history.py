#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""make-history writes straight into the tables what bynamed would have stored: the same history through the store has the
same rows in every table, and is recounted without a difference. What is drawn by the store (ids) is left aside."""
import os
import sqlite3
import subprocess
import sys
import tempfile

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


def main():
    wrong = []
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
