# SPDX-License-Identifier: MIT
"""Old answers go from a running daemon's database, a piece at a time, and what was counted stays."""

import os
import shutil
import subprocess
import sys
import time
import unittest

import peer
import rig

DAY_S = 86400
OLD = "SELECT count(*) FROM answer WHERE instant_ms + span_ms < (strftime('%s', 'now') - 31 * 86400) * 1000"
COUNTED = "SELECT level, sum(rating_1), sum(rating_5), sum(left_out_burst) FROM tally WHERE level < 100 GROUP BY level"


class Retention(rig.Case):
    def history(self, is_clock_good=True):
        """A daemon whose database has three months in it, and a kiosk of today."""
        line = self.line()
        preload = {"LD_PRELOAD": os.environ["GOOD_CLOCK_SHIM"]} if is_clock_good else None
        daemon = self.daemon({"Counter": line.path}, preload=preload, adopt="auto")
        end = time.strftime("%Y-%m-%d", time.gmtime(time.time() - DAY_S))
        subprocess.run([os.path.join(rig.BIN, "make-history"), "--database", daemon.database, "--years", "1", "--visits",
                        "4000", "--kiosks", "2", "--staff", "4", "--timezone", "UTC", "--end", end], check=True,
                       capture_output=True)
        daemon.start()
        kiosk = peer.Kiosk(line)
        self.assertTrue(kiosk.pump(lambda: kiosk.is_up), daemon.log())
        return daemon, kiosk

    def assert_well(self, daemon):
        verified = daemon.ask("verify")
        self.assertTrue(verified["is_well"], verified)
        return verified

    def purge(self, daemon, kiosk):
        """Wait until all is gone that is due; the kiosk's answers are taken meanwhile. Returns how many were."""
        rated = 0
        while daemon.ask("policy", "retention", "30", "--dry-run")["answers"] > 0:
            self.assertLess(rated, 400)
            kiosk.rate(4)
            rated += 1
            self.assertTrue(kiosk.pump(kiosk.is_acknowledged), daemon.log())
        return rated

    def test_dry_run_says_what_goes_and_then_it_goes(self):
        daemon, kiosk = self.history()
        counted, old = daemon.query(COUNTED), daemon.query(OLD)[0][0]
        before = daemon.ask("policy", "retention", "30", "--dry-run")
        self.assertGreaterEqual(before["answers"], old)
        page = daemon.byname("policy", "retention", "30", "--dry-run")
        self.assertEqual(page.returncode, 0, page.stderr)
        self.assertIn(f"{before['answers']} answers, of {before['first'][:10]} to {before['last'][:10]}", page.stdout)
        self.assertEqual(daemon.query("SELECT count(*) FROM retention"), [(0,)])
        self.assertEqual(daemon.byname("policy", "retention", "3").returncode, 1)
        self.assertIn("Nothing is deleted by itself", daemon.byname("policy", "print").stdout)
        self.assertEqual(daemon.byname("policy", "retention", "30").returncode, 0)
        rated = self.purge(daemon, kiosk)
        verified = self.assert_well(daemon)
        self.assertEqual(verified["purged"], before["answers"])
        self.assertEqual(verified["purged_before"], before["before"])
        after = daemon.query(COUNTED)
        self.assertEqual([row[0] for row in after], [row[0] for row in counted])
        self.assertLessEqual(max(abs(one[2] - other[2]) for one, other in zip(counted, after)), rated)
        self.assertIn(f"Answers from before {before['before'][:10]} are gone", daemon.byname("policy", "print").stdout)
        report = " ".join(daemon.byname("report", "summary").stdout.split())
        self.assertIn("are gone: until then people are named by month only", report)
        self.assertNotIn("are gone", daemon.byname("report", "summary", "--since", "30d").stdout)
        self.assert_nobody_is_said_to_have_had_no_customers(daemon)
        self.assertEqual(daemon.stop(), 0)

    def assert_nobody_is_said_to_have_had_no_customers(self, daemon):
        """Where people are not named any more, a week of theirs is not empty but unknown."""
        monday, sunday = (time.strftime("%Y-%m-%d", time.gmtime(time.time() - days * DAY_S)) for days in (107, 100))
        staff = daemon.ask("report", "staff", "--from", monday, "--to", sunday)["staff"]
        self.assertEqual({row["name"] for row in staff if row["visits"] != 0} - {"no name"}, {"no longer named"})
        self.assertEqual([row["name"] for row in staff if row["visits"] == 0 and row["id"] != 0], [])
        name = daemon.ask("staff", "list")["staff"][0]["name"]
        page = daemon.byname("report", "summary", "--from", monday, "--to", sunday, "--staff", name).stdout
        self.assertIn("Who served is known by month only in this period.", page)
        self.assertNotIn("yet", page)

    def test_a_killed_daemon_goes_on_where_it_was(self):
        daemon, kiosk = self.history()
        expected = daemon.ask("policy", "retention", "30", "--dry-run")["answers"]
        daemon.byname("policy", "retention", "30")
        for pieces in (1, 3, 5):
            self.assertTrue(rig.wait_until(
                lambda: daemon.query("SELECT ifnull(sum(answers), 0) FROM purged")[0][0] > pieces * 400))
            daemon.kill()
            daemon.start()
            self.assertTrue(kiosk.pump(lambda: kiosk.is_up), daemon.log())
            self.assert_well(daemon)
        self.purge(daemon, kiosk)
        self.assertEqual(self.assert_well(daemon)["purged"], expected)

    def test_a_backup_from_before_is_worked_off_again(self):
        daemon, kiosk = self.history()
        copy = os.path.join(self.folder, "copy.db")
        self.assertEqual(daemon.byname("policy", "retention", "30").returncode, 0)
        self.assertEqual(daemon.byname("backup", copy).returncode, 0)
        self.purge(daemon, kiosk)
        purged = self.assert_well(daemon)["purged"]
        self.assertEqual(daemon.stop(), 0)
        for end in ("", "-wal", "-shm"):
            if os.path.exists(daemon.database + end):
                os.unlink(daemon.database + end)
        shutil.copy(copy, daemon.database)
        daemon.start()
        self.assertTrue(kiosk.pump(lambda: kiosk.is_up), daemon.log())
        self.purge(daemon, kiosk)
        self.assertEqual(self.assert_well(daemon)["purged"], purged)

    def test_nothing_goes_by_a_clock_that_nobody_has_set(self):
        daemon, kiosk = self.history(is_clock_good=False)
        if not any("not synchronised" in warning for warning in daemon.ask("status")["warnings"]):
            self.skipTest("this machine's clock is synchronised")
        old = daemon.query(OLD)
        daemon.byname("policy", "retention", "30")
        kiosk.rate(4)
        self.assertTrue(kiosk.pump(kiosk.is_acknowledged), daemon.log())
        time.sleep(1)
        self.assertEqual(daemon.query(OLD), old)


if __name__ == "__main__":
    unittest.main(verbosity=2, argv=[sys.argv[0], *sys.argv[1:]])
