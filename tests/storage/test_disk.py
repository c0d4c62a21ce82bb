# SPDX-License-Identifier: MIT
"""The real daemon on a disk that fills up, and on one that fails to sync."""

import os
import subprocess
import sys
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "system"))
import peer  # noqa: E402
import rig  # noqa: E402

SHIM = os.environ["FAULT_SHIM"]
RATINGS = (5, 4, 1, 2, 3)


def has_no_difference(daemon):
    done = daemon.byname("verify")
    return done.returncode == 0


class SmallDisk(rig.Case):
    """A tmpfs of 2 MiB."""

    def setUp(self):
        super().setUp()
        self.disk = os.path.join(self.folder, "disk")
        os.mkdir(self.disk)
        mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", self.disk], text=True,
                                 capture_output=True, check=False)
        if mounted.returncode != 0:
            self.skipTest("cannot mount a small file system here (run as root): " + mounted.stderr.strip())
        self.addCleanup(subprocess.run, ["umount", "--lazy", self.disk], check=True)
        self.lines = [self.line(name) for name in ("one", "two")]
        self.server = self.daemon({name: line.path for name, line in zip(("One", "Two"), self.lines)}, adopt="auto")
        self.server.database = os.path.join(self.disk, "byname.db")
        self.server.start()
        self.kiosks = [peer.Kiosk(line) for line in self.lines]
        for kiosk in self.kiosks:
            self.assertTrue(kiosk.pump(lambda kiosk=kiosk: kiosk.is_up), self.server.log())

    def fill(self):
        """To the last byte. The rest of a page that is there already may still be written."""
        self.filler = os.path.join(self.disk, "filler")
        with open(self.filler, "ab", buffering=0) as file:
            for size in (4096, 1):
                try:
                    while True:
                        file.write(b"\xA5" * size)
                except OSError:
                    pass

    def rate_all(self):
        for kiosk in self.kiosks:
            for rating in RATINGS:
                kiosk.rate(rating)

    def assert_all_there_once(self):
        for index, kiosk in enumerate(self.kiosks):
            rows = self.server.query("SELECT seq, visit_back, question, value, answer.boot, answer.uptime_s FROM answer"
                                     " JOIN journal ON journal.id = answer.journal JOIN kiosk ON kiosk.id = journal.kiosk"
                                     f" WHERE kiosk.name = '{('One', 'Two')[index]}' ORDER BY seq")
            self.assertEqual(rows, [(seq, *answer) for seq, answer in sorted(kiosk.answers.items())])

    def test_full_disk_holds_the_kiosks_and_recovers_by_itself(self):
        self.rate_all()
        for kiosk in self.kiosks:
            self.assertTrue(kiosk.pump(kiosk.is_acknowledged), self.server.log())
        self.fill()
        stored = self.kiosks[0].oldest
        self.rate_all()
        for kiosk in self.kiosks:
            self.assertTrue(kiosk.pump(lambda kiosk=kiosk: kiosk.holds > 0), self.server.log())
        self.assertEqual(self.kiosks[0].oldest, stored, "nothing is acknowledged that is not stored")
        # A small batch may still fit in between.
        self.assertTrue(self.kiosks[1].pump(lambda: "no space left" in self.server.byname("status").stdout))
        status = self.server.byname("status")
        self.assertEqual(status.returncode, 1, status.stdout)
        self.assertIsNone(self.server.process.poll(), "the daemon stays")
        self.assertEqual([(kiosk.welcomes, kiosk.renews) for kiosk in self.kiosks], [(1, 0), (1, 0)], "the lines stay")
        os.unlink(self.filler)
        for kiosk in self.kiosks:
            self.assertTrue(kiosk.pump(kiosk.is_acknowledged, 45), self.server.log())
        self.assert_all_there_once()
        self.assertTrue(has_no_difference(self.server))
        self.assertEqual(self.server.byname("status").returncode, 0, self.server.byname("status").stdout)
        rig.say_proof("disk full", "held, and recovered by itself", 1)

    def test_killed_on_a_full_disk_it_starts_when_there_is_room(self):
        self.rate_all()
        for kiosk in self.kiosks:
            self.assertTrue(kiosk.pump(kiosk.is_acknowledged), self.server.log())
        self.fill()
        self.rate_all()
        for kiosk in self.kiosks:
            self.assertTrue(kiosk.pump(lambda kiosk=kiosk: kiosk.holds > 0), self.server.log())
        self.server.kill()
        os.unlink(self.filler)
        self.server.start()
        for kiosk in self.kiosks:
            self.assertTrue(kiosk.pump(kiosk.is_acknowledged, 45), self.server.log())
        self.assert_all_there_once()
        self.assertTrue(has_no_difference(self.server))
        rig.say_proof("killed on a full disk", "starts when there is room", 1)


class FailedSync(rig.Case):
    def test_failed_sync_ends_the_daemon_and_no_ack_leaves_after_it(self):
        trigger = os.path.join(self.folder, "fail")
        lines = [self.line(name) for name in ("one", "two")]
        environment = {"LD_PRELOAD": SHIM, "FAULT_SYNC": trigger}
        daemon = self.daemon({"One": lines[0].path, "Two": lines[1].path}, preload=environment, adopt="auto").start()
        kiosks = [peer.Kiosk(line) for line in lines]
        for kiosk in kiosks:
            kiosk.rate(5)
            self.assertTrue(kiosk.pump(kiosk.is_acknowledged), daemon.log())
        acknowledged = [kiosk.oldest for kiosk in kiosks]
        with open(trigger, "w"):
            pass
        for kiosk in kiosks:
            kiosk.rate(1)
            kiosk.act(0)  # both send before either listens
        for kiosk in kiosks:
            kiosk.sent_through = kiosk.say_answers(kiosk.oldest)
        status = daemon.process.wait(5)
        for kiosk in kiosks:
            kiosk.take(kiosk.line.read(0.2))
        self.assertFalse(os.path.exists(trigger), "a sync failed")
        self.assertEqual(status, 1)
        self.assertIn("cannot be trusted any more", daemon.log())
        self.assertEqual([kiosk.oldest for kiosk in kiosks], acknowledged, "no ACK after a failed sync")
        daemon.process = None
        daemon.preload = None
        daemon.start()
        for kiosk in kiosks:
            self.assertTrue(kiosk.pump(kiosk.is_acknowledged, 15), daemon.log())
        self.assertEqual(daemon.query("SELECT count(*), count(DISTINCT journal || ':' || seq) FROM answer"), [(4, 4)])
        self.assertEqual(daemon.query("SELECT count(*) FROM conflict"), [(0,)])
        self.assertTrue(has_no_difference(daemon))
        rig.say_proof("sync failed", "no acknowledgement after it", 1)

    def test_failed_sync_at_start_ends_it_too(self):
        trigger = os.path.join(self.folder, "fail")
        line = self.line()
        daemon = self.daemon({"One": line.path}, adopt="auto").start()
        kiosk = peer.Kiosk(line)
        kiosk.rate(5)
        self.assertTrue(kiosk.pump(kiosk.is_acknowledged), daemon.log())
        daemon.kill()
        with open(trigger, "w"):
            pass
        process = daemon.launch({"LD_PRELOAD": SHIM, "FAULT_SYNC": trigger})
        self.assertEqual(process.wait(10), 1)
        self.assertFalse(os.path.exists(trigger))
        self.assertIn("disk I/O error", daemon.log())
        daemon.start()
        self.assertEqual(daemon.query("SELECT count(*) FROM answer"), [(1,)])


# To mount, an ordinary user needs a name space of his own; where that is forbidden, SmallDisk is skipped.
AS_ROOT = ["unshare", "--map-root-user", "--mount"]

if __name__ == "__main__":
    if os.geteuid() != 0 and subprocess.run([*AS_ROOT, "true"], capture_output=True, check=False).returncode == 0:
        os.execvp(AS_ROOT[0], [*AS_ROOT, sys.executable, *sys.argv])
    unittest.main()
