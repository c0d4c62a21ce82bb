# SPDX-License-Identifier: MIT
"""A backup while answers arrive, and what happens when an older one is put back."""

import os
import shutil
import sqlite3
import stat
import subprocess
import sys
import threading
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "system"))
import rig  # noqa: E402


def on_file(path, *arguments):
    return subprocess.run([os.path.join(rig.BIN, "byname"), "--database", path, *arguments], text=True,
                          capture_output=True, timeout=60, check=False)


class Backup(rig.Case):
    def count(self, path):
        with sqlite3.connect(f"file:{path}?immutable=1", uri=True) as connection:
            return connection.execute("SELECT count(*), max(seq) FROM answer").fetchone()

    def press_until(self, kiosk, thread):
        """Answers go on arriving for as long as the thread lives."""
        for _ in range(2000):
            kiosk.rate(1 + kiosk.next % 5)
            kiosk.pump(kiosk.is_acknowledged, 5)
            if not thread.is_alive():
                return
        self.fail("the backup does not end while answers arrive")

    def test_backup_while_answers_arrive_is_whole_and_of_one_moment(self):
        daemon, kiosk = self.adopted()
        for rating in range(60):
            kiosk.rate(1 + rating % 5)
        self.assertTrue(kiosk.pump(kiosk.is_acknowledged), daemon.log())
        path, done = os.path.join(self.folder, "backup.db"), []
        thread = threading.Thread(target=lambda: done.append(daemon.byname("backup", path)))
        thread.start()
        self.press_until(kiosk, thread)
        self.assertEqual((done[0].returncode, done[0].stderr), (0, ""))
        self.assertIn("backed up to " + path, done[0].stdout)
        stored, last = self.count(path)
        self.assertEqual(stored, last, "no gap")
        self.assertGreaterEqual(stored, 60)
        self.assertEqual(stat.S_IMODE(os.stat(path).st_mode), 0o640)
        self.assertFalse(os.path.exists(path + ".partial"))
        self.assertEqual(on_file(path, "verify").returncode, 0)
        self.assert_stored_once(daemon, kiosk)

    def test_backup_never_overwrites(self):
        daemon, _ = self.adopted()
        path = os.path.join(self.folder, "precious")
        with open(path, "w") as file:
            file.write("precious")
        done = daemon.byname("backup", path)
        self.assertEqual(done.returncode, 1)
        self.assertIn("never overwrites", done.stderr)
        with open(path) as file:
            self.assertEqual(file.read(), "precious")
        done = daemon.byname("backup", os.path.join(self.folder, "no", "such", "folder"))
        self.assertEqual(done.returncode, 1)
        self.assertIn("No such file", done.stderr)
        self.assertEqual(daemon.byname("status").returncode, 0)

    def test_archived_file_can_be_backed_up_without_a_daemon(self):
        daemon, kiosk = self.adopted()
        kiosk.rate(5)
        self.assertTrue(kiosk.pump(kiosk.is_acknowledged), daemon.log())
        daemon.stop()
        path = os.path.join(self.folder, "copy.db")
        done = on_file(daemon.database, "backup", path)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        self.assertEqual(self.count(path), (1, 1))

    def test_the_log_of_the_database_before_is_not_played_into_a_backup_but_its_own_is(self):
        daemon, kiosk = self.adopted()
        kiosk.rate(5)
        self.assertTrue(kiosk.pump(kiosk.is_acknowledged), daemon.log())
        path = os.path.join(self.folder, "backup.db")
        self.assertEqual(daemon.byname("backup", path).returncode, 0)
        kiosk.rate(1)
        self.assertTrue(kiosk.pump(kiosk.is_acknowledged), daemon.log())
        daemon.kill()
        wal = daemon.database + "-wal"
        self.assertGreater(os.path.getsize(wal), 0)
        shutil.copyfile(path, daemon.database)
        with open(wal, "rb") as file:
            before = file.read()
        self.assertEqual(daemon.launch().wait(10), 1)
        self.assertIn(f"{daemon.database} is a backup, and {wal} beside it belongs to the database that was there",
                      daemon.log())
        with open(wal, "rb") as file:
            self.assertEqual(file.read(), before)
        os.rename(wal, wal + ".old")
        daemon.start()
        kiosk.is_up = False
        kiosk.rate(4)
        self.assertTrue(kiosk.pump(lambda: kiosk.is_up and kiosk.is_acknowledged(), 15), daemon.log())
        daemon.kill()
        self.assertGreater(os.path.getsize(wal), 0)
        daemon.start()
        self.assertEqual(daemon.query("SELECT value FROM answer WHERE seq IN (1, 3) ORDER BY seq"), [(5,), (4,)])

    def test_restored_backup_reveals_the_gap_and_takes_what_the_kiosk_still_holds(self):
        daemon, kiosk = self.adopted()
        for rating in (5, 4, 3):
            kiosk.rate(rating)
        self.assertTrue(kiosk.pump(kiosk.is_acknowledged), daemon.log())
        path = os.path.join(self.folder, "backup.db")
        self.assertEqual(daemon.byname("backup", path).returncode, 0)
        for rating in (1, 2):
            kiosk.rate(rating)
        self.assertTrue(kiosk.pump(kiosk.is_acknowledged), daemon.log())
        daemon.kill()
        for rating in (5, 5, 4):
            kiosk.rate(rating)
        for suffix in ("", "-wal", "-shm"):
            if os.path.exists(daemon.database + suffix):
                os.unlink(daemon.database + suffix)
        shutil.copyfile(path, daemon.database)
        daemon.start()
        kiosk.is_up = False
        self.assertTrue(kiosk.pump(kiosk.is_acknowledged, 15), daemon.log())
        self.assertEqual(daemon.query("SELECT seq FROM answer ORDER BY seq"), [(1,), (2,), (3,), (6,), (7,), (8,)])
        self.assertEqual(daemon.query("SELECT first, last, cause FROM lost"), [(4, 5, 3)])
        self.assertEqual(daemon.query("SELECT kind FROM alarm"), [("restored",)])
        self.assertIn("answers 4 to 5 are lost", daemon.log())
        status = daemon.byname("status")
        self.assertIn("2 answers are missing since an older database was restored", status.stdout)
        report = daemon.byname("report", "summary")
        self.assertIn("2 missing since an older database was restored", report.stdout)
        self.assertEqual(daemon.byname("verify").returncode, 0)
        self.assertIn("2", daemon.byname("verify").stdout)
        rig.say_proof("older database restored", "the gap of 2 answers is counted, alarmed and reported", 1)


if __name__ == "__main__":
    unittest.main()
