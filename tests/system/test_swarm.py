# SPDX-License-Identifier: MIT
"""kiosk-swarm: many kiosks at one daemon lose nothing, and it would notice if they did."""

import json
import os
import sqlite3
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import rig  # noqa: E402

SWARM = os.path.join(rig.BIN, "kiosk-swarm")
ELF = os.environ["BYNAME_ELF"]
KIOSKS = 3


def swarm(*arguments):
    return subprocess.run([SWARM, "--elf", ELF, *arguments], text=True, capture_output=True, timeout=150)


class Swarm(unittest.TestCase):
    def test_eight_kiosks_and_everything_tapped_is_stored_once(self):
        done = swarm("--kiosks", "8", "--real", "2", "--seconds", "6", "--json")
        self.assertEqual(done.returncode, 0, done.stderr)
        figures = json.loads(done.stdout)
        self.assertEqual((figures["kiosks"], figures["real"]), (8, 2))
        self.assertGreater(figures["taps"], 8)
        self.assertGreaterEqual(figures["answers"], figures["taps"])
        self.assertEqual(figures["rows"], figures["answers"])

    def test_filled_journals_are_drained(self):
        done = swarm("--kiosks", "8", "--drain", "2", "--json")
        self.assertEqual(done.returncode, 0, done.stderr)
        figures = json.loads(done.stdout)
        self.assertGreaterEqual(figures["taps"], 8 * 2 * 140)
        self.assertEqual(figures["rows"], figures["answers"])

    def test_journals_are_kept_full(self):
        done = swarm("--kiosks", "8", "--flood", "--seconds", "1", "--json")
        self.assertEqual(done.returncode, 0, done.stderr)
        figures = json.loads(done.stdout)
        self.assertGreaterEqual(figures["taps"], 8 * 190)
        self.assertEqual(figures["rows"], figures["answers"])

    def test_a_mistake_is_named(self):
        for arguments, said in ((("--kiosks", "0"), "--kiosks takes a number"), (("--tap-ms", "100"), "1500"),
                                (("eight",), '"eight" is not an option'), (("--real", "1", "--drain", "1"), "--real"), (("--idle", "--flood"), "exclude")):
            done = swarm(*arguments)
            self.assertEqual(done.returncode, 2)
            self.assertIn(said, done.stderr)
        self.assertIn("--drain N", swarm("--help").stdout)


class Running(unittest.TestCase):
    """At a daemon that runs already, whose database is changed behind its back."""

    def setUp(self):
        self.folder = tempfile.TemporaryDirectory(prefix="byname-swarm-")
        self.addCleanup(self.folder.cleanup)
        ports = {f"K{i}": os.path.join(self.folder.name, f"k{i}") for i in range(KIOSKS)}
        self.daemon = rig.Daemon(self.folder.name, ports, adopt="auto", help="off", bad_run="off").start()
        self.addCleanup(self.daemon.close)

    def meddle(self, sql):
        with sqlite3.connect(self.daemon.database, timeout=10) as database:
            database.execute(sql)
            database.commit()
        database.close()

    def run_swarm(self):
        return swarm("--config", os.path.join(self.folder.name, "bynamed.conf"), "--real", "0", "--seconds", "4", "--json")

    def test_the_same_kiosks_come_again(self):
        self.daemon.byname("staff", "add", "Zoë")
        for _ in range(2):
            done = self.run_swarm()
            self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(self.daemon.query("SELECT count(*) FROM kiosk")[0][0], KIOSKS)

    def assert_noticed(self, event, change, said):
        self.meddle(f"CREATE TRIGGER meddler AFTER {event} BEGIN {change}; END")
        done = self.run_swarm()
        self.meddle("DROP TRIGGER meddler")
        self.assertEqual(done.returncode, 1, done.stdout)
        self.assertIn(said, done.stderr)

    def test_a_row_that_is_gone_is_noticed(self):
        self.assert_noticed("INSERT ON answer WHEN new.question = 2",
                            "DELETE FROM answer WHERE journal = new.journal AND seq = new.seq", "where")

    def test_a_row_of_another_content_is_noticed(self):
        self.assert_noticed("INSERT ON answer WHEN new.question = 2",
                            "UPDATE answer SET value = 1 + value % 5 WHERE journal = new.journal AND seq = new.seq", "where")

    def test_a_row_that_nobody_tapped_is_noticed(self):
        self.assert_noticed("INSERT ON answer WHEN new.question = 2 AND new.seq < 1000",
                            "INSERT INTO answer SELECT journal, seq + 1000, visit_back, question, value, boot, uptime_s,"
                            " instant_ms, span_ms, quality, arrived_ms FROM answer WHERE journal = new.journal AND seq = new.seq",
                            "which no kiosk said")


if __name__ == "__main__":
    unittest.main()
