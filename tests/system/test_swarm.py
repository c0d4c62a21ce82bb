# SPDX-License-Identifier: MIT
"""kiosk-swarm: many kiosks at one daemon lose nothing, and it would notice if they did."""

import json
import os
import re
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
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

    def test_where_no_image_is_the_core_runs_and_that_is_said(self):
        done = subprocess.run([SWARM, "--elf", "/nowhere.elf", "--kiosks", "2", "--seconds", "1"], text=True, capture_output=True, timeout=150)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("/nowhere.elf", done.stderr)
        self.assertIn("0 of them with the firmware image", done.stdout)


class Folder(unittest.TestCase):
    """Of the daemon that the swarm starts itself."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="byname-swarm-")
        self.addCleanup(folder.cleanup)
        self.temporary = folder.name
        self.environment = {**os.environ, "TMPDIR": folder.name}

    def start(self, *arguments):
        return subprocess.Popen([SWARM, "--real", "0", "--kiosks", "4", *arguments], text=True, env=self.environment,
                                stdout=subprocess.PIPE, stderr=subprocess.PIPE)

    def test_an_interruption_is_one_line_and_leaves_nothing(self):
        process = self.start("--seconds", "60")
        end = time.monotonic() + 30
        while not any(name.endswith("/4") for name in files_below(self.temporary)) and time.monotonic() < end:
            time.sleep(0.05)
        time.sleep(1)
        process.send_signal(signal.SIGINT)
        _, complained = process.communicate(timeout=60)
        self.assertEqual(process.returncode, 1)
        self.assertEqual(complained, "kiosk-swarm: stopped by a signal; nothing is compared\n")
        self.assertEqual(os.listdir(self.temporary), [])

    def test_a_folder_that_is_kept_is_named(self):
        process = self.start("--seconds", "1", "--keep")
        _, complained = process.communicate(timeout=60)
        self.assertEqual(process.returncode, 0, complained)
        self.assertTrue(os.path.exists(os.path.join(kept_in(complained), "byname.db")))

    def test_after_a_failure_the_log_that_is_named_is_there(self):
        programs = os.path.join(self.temporary, "programs")
        os.mkdir(programs)
        shutil.copy(SWARM, programs)
        for name, script in (("bynamed", 'touch "${2%/*}/s"\nsleep 60'), ("byname", "echo no staff today\nexit 1")):
            path = os.path.join(programs, name)
            with open(path, "w", encoding="utf-8") as file:
                file.write(f"#!/bin/sh\n{script}\n")
            os.chmod(path, 0o700)
        done = subprocess.run([os.path.join(programs, "kiosk-swarm"), "--real", "0", "--kiosks", "1"], text=True, capture_output=True,
                              env=self.environment, timeout=60)
        self.assertEqual(done.returncode, 1)
        self.assertIn("byname staff add failed; see", done.stderr)
        with open(os.path.join(kept_in(done.stderr), "log"), encoding="utf-8") as log:
            self.assertIn("no staff today", log.read())


def files_below(folder):
    return [os.path.join(place, name) for place, _, names in os.walk(folder) for name in names]


def kept_in(complained):
    return re.search(r"^kiosk-swarm: the daemon's folder is kept: (.*)$", complained, re.M).group(1)


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

    def test_the_latest_acknowledgement_is_one_of_those_that_were_measured(self):
        boot = 1  # QUESTION_BOOT of vocabulary.h: while kiosks connect, which is not measured, the disk is slow
        self.meddle(f"CREATE TRIGGER slow AFTER INSERT ON answer WHEN new.question = {boot} BEGIN"
                    " SELECT length(hex(randomblob(100000000))); END")
        done = self.run_swarm()
        self.assertEqual(done.returncode, 0, done.stderr)
        figures = json.loads(done.stdout)
        begun, ended = figures["latest_ack_s"]
        self.assertAlmostEqual(1000 * (ended - begun), figures["ack_ms"][2], delta=0.1)

    def test_a_row_that_is_gone_is_noticed(self):
        self.assert_noticed("INSERT ON answer WHEN new.question = 2",
                            "DELETE FROM answer WHERE journal = new.journal AND seq = new.seq", "where")

    def test_a_row_of_another_content_is_noticed(self):
        self.assert_noticed("INSERT ON answer WHEN new.question = 2",
                            "UPDATE answer SET value = 1 + value % 5 WHERE journal = new.journal AND seq = new.seq", "where")

    def test_a_tally_that_is_not_the_sum_is_noticed(self):
        self.assert_noticed("INSERT ON answer WHEN new.question = 2", "UPDATE tally SET rating_3 = rating_3 + 1", "verify")

    def test_a_row_that_nobody_tapped_is_noticed(self):
        self.assert_noticed("INSERT ON answer WHEN new.question = 2 AND new.seq < 1000",
                            "INSERT INTO answer SELECT journal, seq + 1000, visit_back, question, value, boot, uptime_s,"
                            " instant_ms, span_ms, quality, arrived_ms FROM answer WHERE journal = new.journal AND seq = new.seq",
                            "which no kiosk said")


if __name__ == "__main__":
    unittest.main()
