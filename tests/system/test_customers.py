# SPDX-License-Identifier: MIT
"""From a button to a report: the real firmware image, the real daemon, and reports that must equal what was pressed."""

import collections
import os
import subprocess
import unittest

import customers
import rig

ELF = os.environ["BYNAME_ELF"]
SEED = int(os.environ.get("BYNAME_SEED", "1"))
QUESTIONS = {2: "rating", 4: "staff", 5: "mention", 6: "cause", 7: "strength", 8: "returning", 9: "help", 10: "flag"}
NONE = 0xFFFF
CAUSES = ["process", "rules", "presentation", "product", "people"]
STRENGTHS = ["empathy", "follow_through", "respect", "listening", "flexibility"]


class Emulator:
    def __init__(self, folder, name, script, pace, seed):
        self.script = os.path.join(folder, name + ".script")
        with open(self.script, "w") as file:
            file.write(script)
        self.eeprom = os.path.join(folder, name + ".eeprom")
        self.log = open(os.path.join(folder, name + ".out"), "w+")
        self.process = subprocess.Popen(
            [os.path.join(rig.BIN, "kiosk-emulator"), "--elf", ELF, "--eeprom", self.eeprom,
             "--link", os.path.join(folder, name), "--script", self.script, "--pace", str(pace), "--seed", str(seed)],
            stdout=self.log, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL)

    def finish(self, seconds):
        status = self.process.wait(seconds)
        self.log.seek(0)
        return status, self.log.read()

    def close(self):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        self.log.close()


class Customers(rig.Case):
    def staffed(self, kiosks, **keys):
        daemon = self.daemon({name: os.path.join(self.folder, name) for name in kiosks}, adopt="auto", **keys).start()
        return daemon, customers.add_staff(daemon)

    def emulate(self, name, script, pace, seed):
        emulator = Emulator(self.folder, name, script, pace, seed)
        self.addCleanup(emulator.close)
        return emulator

    def pressed_rows(self, daemon, kiosk):
        rows = daemon.query("SELECT question, value FROM answer JOIN journal ON journal.id = answer.journal "
                            f"JOIN kiosk ON kiosk.id = journal.kiosk WHERE kiosk.name = '{kiosk}' "
                            "ORDER BY answer.journal, seq")
        return [(QUESTIONS[question], value) for question, value in rows
                if question in QUESTIONS and value != NONE]

    def assert_arrived(self, daemon, emulators):
        for emulator in emulators:
            status, log = emulator.finish(540)
            self.assertEqual(status, 0, log)
            self.assertEqual(customers.undelivered(emulator.eeprom), 0)

    def assert_reports_equal(self, daemon, visits):
        """visits: dicts of question to value, none of them left out."""
        summary = daemon.ask("report", "summary")
        count = collections.Counter((question, value) for visit in visits for question, value in visit.items())
        self.assertEqual(summary["visits"], len(visits))
        self.assertEqual(summary["ratings"], {str(r): count["rating", r] for r in range(1, 6)})
        self.assertEqual(summary["csat"]["n"], len(visits))
        self.assertAlmostEqual(summary["csat"]["value"],
                               (count["rating", 4] + count["rating", 5]) / len(visits), places=3)
        self.assertAlmostEqual(summary["mean"], sum(visit["rating"] for visit in visits) / len(visits), places=3)
        self.assert_mentions(summary["mentions"], visits)
        self.assertEqual(summary["causes"], {name: count["cause", i] for i, name in enumerate(CAUSES, 1)})
        self.assertEqual(summary["strengths"], {name: count["strength", i] for i, name in enumerate(STRENGTHS, 1)})
        self.assertEqual(summary["help_calls"], count["help", 1])
        rows = {row["id"]: row for row in daemon.ask("report", "staff")["staff"]}
        self.assertEqual(sum(row["visits"] for row in rows.values()), len(visits))
        own_visits = {staff_id: [visit for visit in visits if visit.get("staff", 0) == staff_id] for staff_id in rows}
        hidden = too_few({staff_id: len(own) for staff_id, own in own_visits.items()})
        for staff_id, row in rows.items():
            own = own_visits[staff_id]
            self.assertEqual(row["visits"], len(own), row)
            if staff_id in hidden:
                self.assert_says_nothing(row)
                continue
            self.assertEqual(row["ratings"], {str(r): sum(visit["rating"] == r for visit in own) for r in range(1, 6)})
            self.assert_mentions(row["mentions"], own)

    def assert_says_nothing(self, row):
        values = [row["csat"]["value"], row["mean"], *row["ratings"].values(), *row["strengths"].values(),
                  *(row["mentions"][key] for key in ("asked", "will_ask", "no", "shown"))]
        self.assertEqual(values, [None] * len(values), row)

    def assert_mentions(self, mentions, visits):
        values = [visit["mention"] for visit in visits if "mention" in visit]
        self.assertEqual({key: mentions[key] for key in ("asked", "will_ask", "no")},
                         {"asked": values.count(1), "will_ask": values.count(2), "no": values.count(3)})
        self.assertGreaterEqual(mentions["shown"], len(values))

    def test_a_report_of_200_customers_equals_what_was_pressed(self):
        daemon, staff = self.staffed(["counter"])
        script = customers.Script(SEED, staff, os.path.join(self.folder, "shot"))
        for _ in range(200):
            script.customer(True)
        emulator = self.emulate("counter", script.end(), 60, SEED)
        self.assert_arrived(daemon, [emulator])
        self.assertIsNone(customers.mismatch(script.answers, self.pressed_rows(daemon, "counter")))
        self.assert_reports_equal(daemon, visits_of(script.answers))
        self.assertEqual(daemon.byname("verify").returncode, 0)
        self.assertEqual(daemon.byname("status").returncode, 0)
        self.assertEqual(daemon.stop(), 0)

    def test_twelve_kiosks_lose_nothing_to_power_cuts_and_pulled_cables(self):
        kiosks = [f"counter{i}" for i in range(1, 13)]
        daemon, staff = self.staffed(kiosks, help="off")
        scripts, faults = {}, 0
        for i, name in enumerate(kiosks):
            scripts[name] = customers.Script(SEED * 100 + i, staff, os.path.join(self.folder, name))
            faults += play_faults(scripts[name])
        emulators = [self.emulate(name, script.end(), 20, i + 1) for i, (name, script) in enumerate(scripts.items())]
        self.assert_arrived(daemon, emulators)
        doubts = kept = 0
        for name, script in scripts.items():
            customers.settle_doubts(script)
            rows = self.pressed_rows(daemon, name)
            self.assertIsNone(customers.mismatch(script.answers, rows), f"{name}, BYNAME_SEED={SEED}")
            doubts += sum(not is_certain for _, _, is_certain in script.answers)
            kept += len(rows)
        self.assertEqual(daemon.query("SELECT count(*) FROM lost"), [(0,)])
        self.assertEqual(daemon.query("SELECT count(*) FROM conflict"), [(0,)])
        stored = [visit for name in kiosks for visit in visits_of(
            [(question, value, True) for question, value in self.pressed_rows(daemon, name)])]
        self.assert_reports_equal(daemon, [visit for visit in stored if "flag" not in visit])
        self.assertEqual(daemon.ask("report", "summary")["left_out"]["withdrawn"],
                         sum("flag" in visit for visit in stored))
        self.assertEqual(daemon.byname("verify").returncode, 0)
        self.assertEqual(daemon.stop(), 0)
        rig.say_proof("power and cables of twelve kiosks", f"{kept} answers once each, {doubts} presses lost power "
                      "before their answer was acknowledged", faults)


def too_few(counts):
    """Whose rows are hidden: groups below 5, and beside a single one the smallest of the others."""
    hidden = {key for key, count in counts.items() if 0 < count < 5}
    others = [key for key, count in counts.items() if count >= 5]
    if len(hidden) == 1 and others:
        hidden.add(min(others, key=lambda key: (counts[key], key)))
    return hidden


def visits_of(answers):
    """Group answers, in order, into visits: dicts of question to value, skips left out."""
    visits = []
    for question, value, _ in answers:
        if question == "rating":
            visits.append({})
        if value != customers.SKIPPED:
            visits[-1][question] = value
    return visits


def play_faults(script):
    """About fifty customers and every kind of fault between and inside their visits; returns the count of faults."""
    faults = [script.power_cut_between_presses, *[script.power_cut_in_a_press] * 2, *[script.power_cut_in_a_write] * 3,
              lambda: script.cable_pulled(2), lambda: script.cable_pulled(1)] * 3
    acts = faults + [*[lambda: script.customer(False)] * 5, script.withdraw] * 3
    script.random.shuffle(acts)
    for act in acts:
        act()
    return len(faults)


if __name__ == "__main__":
    unittest.main()
