# SPDX-License-Identifier: MIT
"""The real daemon, one allocation of which fails: it may end, but what it acknowledged is there.

BYNAME_MEMORY_EVERY: every how many allocations one is made to fail; 1 is all of them and takes hours.
"""

import os
import struct
import sys
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "system"))
import peer  # noqa: E402
import rig  # noqa: E402

SHIM = os.environ["FAULT_SHIM"]
CASES = 40  # of the suite, spread over all allocations


class Memory(rig.Case):
    def session(self, daemon, kiosk):
        """A short day. The daemon may end at any moment of it."""
        for _ in range(2):
            for rating in (5, 1, 3):
                kiosk.rate(rating)
            kiosk.pump(lambda: kiosk.is_acknowledged() or daemon.process.poll() is not None, 4)
        for command in (("staff", "add", "Dan"), ("report",), ("kiosk", "list"), ("verify",)):
            if daemon.process.poll() is None:
                daemon.byname(*command)
        kiosk.rate(4)
        kiosk.pump(lambda: kiosk.is_acknowledged() or daemon.process.poll() is not None, 4)

    def run_case(self, number, folder):
        os.mkdir(folder)
        line = peer.Line(os.path.join(folder, "line"))
        line.plug()
        self.addCleanup(line.close)
        count_file = os.path.join(folder, "count")
        daemon = rig.Daemon(folder, {"Counter": line.path}, adopt="auto",
                            preload={"LD_PRELOAD": SHIM, "FAULT_ALLOCATION": str(number),
                                     "FAULT_ALLOCATION_FILE": count_file})
        self.addCleanup(daemon.close)
        kiosk = peer.Kiosk(line)
        try:
            daemon.start()
        except AssertionError:  # it could not start
            self.assertIsNotNone(daemon.process.poll(), "it must not hang")
        else:
            kiosk.pump(lambda: kiosk.is_up or daemon.process.poll() is not None, 4)
            self.session(daemon, kiosk)
        ended = daemon.process.poll()
        if ended is None:
            ended = daemon.stop()
        daemon.process = None
        count = 0
        if os.path.exists(count_file):
            with open(count_file, "rb") as file:
                count = struct.unpack("=Q", file.read())[0]
        daemon.preload = None
        daemon.start()
        acknowledged = kiosk.oldest - 1
        rows = dict(daemon.query("SELECT seq, value FROM answer"))
        for seq in range(1, acknowledged + 1):
            self.assertEqual(rows.get(seq), kiosk.answers[seq][2], f"allocation {number}: answer {seq}\n{daemon.log()}")
        kiosk.is_up = False
        self.assertTrue(kiosk.pump(lambda: kiosk.is_up and kiosk.is_acknowledged(), 15), daemon.log())
        self.assert_stored_once(daemon, kiosk)
        self.assertEqual(daemon.byname("verify").returncode, 0, f"allocation {number}")
        daemon.stop()
        line.close()
        return ended, count

    def test_daemon_without_memory_loses_nothing(self):
        ended, count = self.run_case(0, os.path.join(self.folder, "all"))
        self.assertEqual(ended, 0)
        self.assertGreater(count, 1000)
        step = int(os.environ.get("BYNAME_MEMORY_EVERY", count // CASES))
        ends = {}
        for number in range(step // 2 + 1, count, step):
            ended, _ = self.run_case(number, os.path.join(self.folder, str(number)))
            self.assertIn(ended, (0, 1), f"allocation {number}: ended with {ended}")
            ends[ended] = ends.get(ended, 0) + 1
        rig.say_proof("memory of bynamed", f"one each of {count} allocations failed; went on {ends.get(0, 0)}, "
                      f"ended {ends.get(1, 0)}", sum(ends.values()))


if __name__ == "__main__":
    unittest.main()
