#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What somebody might run instead of bynamed: lines from a serial port into SQLite, one commit a rating, an ack each.

    hobby_collector.py PORT DATABASE

A line is "kiosk,seq,question,value,uptime"; the answer to it is "ack seq". Written as such scripts are: no keys, nothing
about doubles, no tallies, no reports. tools/bench measures it beside byname.
"""
import sqlite3
import sys
import time

import serial

SCHEMA = """
CREATE TABLE IF NOT EXISTS answer (
    id INTEGER PRIMARY KEY,
    received REAL NOT NULL,
    kiosk INTEGER NOT NULL,
    seq INTEGER NOT NULL,
    question INTEGER NOT NULL,
    value INTEGER NOT NULL,
    uptime INTEGER NOT NULL
);
CREATE INDEX IF NOT EXISTS answer_by_time ON answer (received);
"""


def open_port(name):
    while True:
        try:
            return serial.Serial(name, 115200, timeout=1)
        except serial.SerialException:
            time.sleep(1)


def store(database, line):
    kiosk, seq, question, value, uptime = (int(field) for field in line.split(b","))
    database.execute("INSERT INTO answer (received, kiosk, seq, question, value, uptime) VALUES (?, ?, ?, ?, ?, ?)",
                     (time.time(), kiosk, seq, question, value, uptime))
    database.commit()
    return seq


def main():
    database = sqlite3.connect(sys.argv[2])
    database.executescript(SCHEMA)
    port = open_port(sys.argv[1])
    while True:
        line = port.readline()
        if not line.endswith(b"\n"):
            continue
        try:
            seq = store(database, line)
        except ValueError:
            print("cannot read", line, file=sys.stderr)
            continue
        port.write(b"ack %d\n" % seq)


if __name__ == "__main__":
    main()
