# SPDX-License-Identifier: MIT
"""The real daemon, one allocation of which fails: it may end, but what it acknowledged is there.

A first run notes each way to an allocation, that is, who called whom down to it; then each way fails once, the first time
that it is taken. BYNAME_MEMORY_CASES: how many of the ways, spread over all of them; all: every one, half an hour.
"""

import concurrent.futures
import os
import shutil
import signal
import struct
import subprocess
import sys
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "system"))
import peer  # noqa: E402
import rig  # noqa: E402

SHIM = os.environ["FAULT_SHIM"]
AT_ONCE = 4  # a case waits more than it works
CASES = os.environ.get("BYNAME_MEMORY_CASES", "80")


def failed_call(folder):
    """Who asked for the memory that was not there: what the shim wrote to the daemon's log."""
    with open(os.path.join(folder, "log")) as log:
        return "\n".join(line for line in log.read().splitlines() if line.startswith("/"))


def is_library_at_fault(folder):
    """libevent's evhttp asked, and did not look whether it got any. The daemon ends, and is started again."""
    callers = [line for line in failed_call(folder).splitlines() if "libfault_shim" not in line and "libc.so" not in line]
    return callers != [] and "/libevent_" in callers[0]


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

    def run_case(self, path, folder):
        """Returns how the daemon ended, and the ways it took in their order."""
        os.mkdir(folder)
        line = peer.Line(os.path.join(folder, "line"))
        line.plug()
        self.addCleanup(line.close)
        paths_file = os.path.join(folder, "paths")
        daemon = rig.Daemon(folder, {"Counter": line.path}, adopt="auto",
                            preload={"LD_PRELOAD": SHIM, "FAULT_PATH": path, "FAULT_PATHS": paths_file})
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
        with open(paths_file, "rb") as file:
            taken = [f"{word:x}" for (word,) in struct.iter_unpack("=Q", file.read())]
        daemon.preload = None
        daemon.start()
        acknowledged = kiosk.oldest - 1
        rows = dict(daemon.query("SELECT seq, value FROM answer"))
        for seq in range(1, acknowledged + 1):
            self.assertEqual(rows.get(seq), kiosk.answers[seq][2], f"path {path}: answer {seq}\n{daemon.log()}")
        kiosk.is_up = False
        self.assertTrue(kiosk.pump(lambda: kiosk.is_up and kiosk.is_acknowledged(), 15), daemon.log())
        self.assert_stored_once(daemon, kiosk)
        self.assertEqual(daemon.byname("verify").returncode, 0, f"path {path}")
        daemon.stop()
        line.close()
        return ended, taken

    def one_path(self, path):
        folder = os.path.join(self.folder, path)
        ended, taken = self.run_case(path, folder)
        if ended == -signal.SIGSEGV and is_library_at_fault(folder):
            ended = 1  # it does not look at what malloc says
        self.assertIn(ended, (0, 1), failed_call(folder))
        shutil.rmtree(folder)
        return ended, path not in taken

    def tried(self, path):
        """A path that does not hold is said at once, and the others are tried all the same."""
        try:
            return self.one_path(path)
        except (AssertionError, OSError, subprocess.TimeoutExpired) as error:
            print(f"path {path}: {error}", flush=True)
            return None

    def test_daemon_without_memory_loses_nothing(self):
        ended, paths = self.run_case("0", os.path.join(self.folder, "all"))
        self.assertEqual(ended, 0)
        self.assertGreater(len(paths), 1000)
        chosen = paths if CASES == "all" else paths[len(paths) // int(CASES) // 2::len(paths) // int(CASES)]
        ends, missed, failed = {0: 0, 1: 0}, 0, []
        with concurrent.futures.ThreadPoolExecutor(AT_ONCE) as pool:
            for number, case in enumerate(pool.map(self.tried, chosen), 1):
                if case is None:
                    failed.append(chosen[number - 1])
                else:
                    ends[case[0]] += 1
                    missed += case[1]
                if number % 500 == 0:
                    print(f"{number} of {len(chosen)} ways", flush=True)
        self.assertEqual(failed, [])
        self.assertLess(missed, len(chosen) / 10, "the ways are the same in each run, but for what threads do")
        rig.say_proof("memory of bynamed", f"of {len(paths)} ways to an allocation {len(chosen) - missed} failed once; "
                      f"went on {ends[0]}, ended {ends[1]}; not come to {missed}", len(chosen) - missed)


if __name__ == "__main__":
    unittest.main()
