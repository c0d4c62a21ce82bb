#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The views that people query are what daemon/README.md says: their names and columns are compared with its table, each of its
queries is run, and what they add up to is compared with the reports, in zones on both sides of UTC's date."""
import json
import os
import re
import sqlite3
import subprocess
import tempfile
import unittest
import zoneinfo
from datetime import datetime, timezone

BIN = os.environ["BYNAME_BIN"]
ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")
ZONES = ("Pacific/Kiritimati", "Pacific/Auckland", "Europe/Berlin", "America/New_York", "Pacific/Honolulu")
PERIOD = ("--from", "2026-01-05", "--to", "2026-11-02")  # Mondays

WORDS = {
    "CALL_KINDS": "1 help 2 bad_run",
    "CALL_STATES": "1 open 2 acknowledged 3 closed 4 missed",
    "CAUSES": "1 process 2 rules 3 presentation 4 product 5 people",
    "FLAGS": "1 withdrawn 2 stuck",
    "HELPS": "1 yes 2 no",
    "MENTIONS": "1 asked 2 will_ask 3 no",
    "OUTCOMES": "1 solved 2 handed_on 3 could_not 4 abuse",
    "QUESTIONS": "0 void 1 boot 2 rating 3 served 4 staff 5 mention 6 cause 7 strength 8 returning 9 help 10 flag 11 sign_on 12 sign_off 13 here",
    "RETURNINGS": "1 yes 2 no",
    "STRENGTHS": "1 empathy 2 follow_through 3 respect 4 listening 5 flexibility",
    "VOID_CAUSES": "0 torn 1 damaged",
}  # of the views of tables that exist: only a new version of the tables, which makes the views again, has more or others


def section():
    with open(os.path.join(ROOT, "daemon", "README.md"), encoding="utf-8") as file:
        return file.read().split("### Queries of your own\n")[1].split("\n#")[0]


def vocabulary(name):
    with open(os.path.join(ROOT, "protocol", "vocabulary.h"), encoding="utf-8") as file:
        lines = file.read().split(f"#define {name}(X)")[1].split("\n\n")[0]
    return {int(code): word for code, word in re.findall(r'X\(\w+, (\d+), "(\w+)"\)', lines)}


def report(path, *arguments):
    command = [os.path.join(BIN, "byname"), "--database", path, "report", *arguments, "--format", "json"]
    return json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


class Views(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory(prefix="byname-views-")
        cls.paths, cls.databases = {}, {}
        for zone in ZONES:
            path = cls.paths[zone] = os.path.join(cls.folder.name, zone.replace("/", "-") + ".db")
            subprocess.run([os.path.join(BIN, "make-history"), "--database", path, "--years", "1", "--visits", "4000",
                            "--kiosks", "2", "--staff", "6", "--timezone", zone], check=True, stdout=subprocess.DEVNULL)
            cls.databases[zone] = sqlite3.connect(f"file:{path}?mode=ro", uri=True)

    @classmethod
    def tearDownClass(cls):
        for database in cls.databases.values():
            database.close()
        cls.folder.cleanup()

    def query(self, sql, zone="Europe/Berlin"):
        return self.databases[zone].execute(sql).fetchall()

    def columns(self, name):
        return [row[1] for row in self.query(f"PRAGMA table_info({name})")]

    def test_views_and_columns_are_those_of_the_readme(self):
        told = {view: re.findall(r"`(\w+)`", columns)
                for view, columns in re.findall(r"^\| `(v\d_\w+)` \|[^|]*\|([^|]*)\|$", section(), re.M)}
        views = [name for (name,) in self.query("SELECT name FROM sqlite_schema WHERE type = 'view' AND name GLOB 'v1_*'")]
        self.assertEqual(told, {view: self.columns(view) for view in views})

    def test_no_view_shows_a_secret(self):
        secrets = {"key", "pin", "hash", "database_id", "kiosk_id", "journal_id"}
        for (view, sql) in self.query("SELECT name, sql FROM sqlite_schema WHERE type = 'view' AND name GLOB 'v1_*'"):
            self.assertFalse(secrets & set(re.findall(r"\w+", sql.lower())), view)
            self.assertNotIn("token", sql, view)

    def test_each_query_of_the_readme_says_something(self):
        queries = re.findall(r"```sql\n(.*?)```", section(), re.S)
        self.assertGreaterEqual(len(queries), 4)
        for sql in queries:
            self.assertTrue(self.query(sql), sql)

    def test_words_are_those_of_the_vocabulary(self):
        seen = dict(self.query("SELECT DISTINCT question_code, question FROM v1_answer"))
        self.assertEqual(seen, {code: word for code, word in vocabulary("QUESTIONS").items() if code in seen})
        for question in ("mention", "cause", "strength", "returning", "help"):
            words = {**vocabulary(question.upper() + "S"), 0: "skipped", 65535: "none"}
            rows = self.query(f"SELECT DISTINCT value, value_word FROM v1_answer WHERE question = '{question}'")
            self.assertEqual(dict(rows), words)
            shown = {word for (word,) in self.query(f'SELECT DISTINCT "{question}" FROM v1_visit')}
            self.assertEqual(shown, {None, *words.values()})

    def test_words_of_views_that_exist_are_those_of_the_vocabulary_of_now(self):
        with open(os.path.join(ROOT, "daemon", "schema.sql"), encoding="utf-8") as file:
            lists = set(re.findall(r"/\*([A-Z_]+)\*/", file.read()))
        now = {name: " ".join(f"{code} {word}" for code, word in sorted(vocabulary(name).items())) for name in lists}
        self.assertEqual(now, WORDS, "make the views again in a new version of the tables, then tell it here")

    def test_silences_and_retired_kiosks_are_shown(self):
        with sqlite3.connect(":memory:") as copy:
            self.databases["Europe/Berlin"].backup(copy)
            copy.executescript("DELETE FROM silence; UPDATE kiosk SET retired_ms = 86400000 WHERE id = 1;"
                               "INSERT INTO silence VALUES (0, 0, 300000), (1, 3600000, 7200500)")
            self.assertEqual(copy.execute("SELECT * FROM v1_silence ORDER BY from_ms").fetchall(), [
                (None, None, "1970-01-01T00:00:00.000Z", 0, "1970-01-01T00:05:00.000Z", 300000),
                (1, "Counter 1", "1970-01-01T01:00:00.000Z", 3600000, "1970-01-01T02:00:00.500Z", 7200500)])
            self.assertEqual(copy.execute("SELECT retired_utc, retired_ms FROM v1_kiosk ORDER BY kiosk").fetchall(),
                             [("1970-01-02T00:00:00.000Z", 86400000), (None, None)])

    def test_days_have_the_dates_of_the_reports(self):
        for zone in ZONES:
            rows = self.query("SELECT day, sum(visits), sum(rating_1), sum(rating_5), sum(mention_asked), sum(left_out)"
                              f" FROM v1_day WHERE day >= '{PERIOD[1]}' AND day < '{PERIOD[3]}'"
                              " GROUP BY day HAVING sum(visits + left_out) > 0", zone)
            days = report(self.paths[zone], "days", *PERIOD)["days"]
            told = [(day["date"], day["visits"], day["ratings"]["1"], day["ratings"]["5"], day["asked"], day["left_out"])
                    for day in days if day["visits"] + day["left_out"] > 0]
            self.assertEqual([row[:2] + row[5:] for row in rows], [row[:2] + row[5:] for row in told])
            shown = [(row, of_report) for row, of_report in zip(rows, told) if None not in of_report]  # no small group
            self.assertGreater(len(shown), 200)
            self.assertEqual(*map(list, zip(*shown)))

    def test_weeks_begin_on_local_mondays(self):
        for zone in ZONES:
            for week, start_ms, utc in self.query("SELECT DISTINCT week, start_ms, start_utc FROM v1_staff_week", zone):
                local = datetime.fromtimestamp(start_ms / 1000, zoneinfo.ZoneInfo(zone))
                self.assertEqual((local.date().isoformat(), local.weekday(), local.hour), (week, 0, 0))
                self.assertEqual(utc, datetime.fromtimestamp(start_ms / 1000, timezone.utc).strftime("%Y-%m-%dT%H:%M:%S.000Z"))

    def test_people_have_the_counts_of_the_report(self):
        rows = self.query("SELECT staff, staff_name, sum(visits), sum(mention_asked), sum(mention_will_ask), sum(mention_no)"
                          f" FROM v1_staff_week WHERE week >= '{PERIOD[1]}' AND week < '{PERIOD[3]}' GROUP BY staff")
        people = report(self.paths["Europe/Berlin"], "staff", *PERIOD)["staff"]
        self.assertEqual(rows, sorted((person["id"], person["name"], person["visits"],
                                       *(person["mentions"][word] for word in ("asked", "will_ask", "no")))
                                      for person in people if person["id"] > 0))

    def test_visits_and_answers_add_up_to_the_summary(self):
        zone = zoneinfo.ZoneInfo("Europe/Berlin")
        first, end = (int(datetime.fromisoformat(day).replace(tzinfo=zone).timestamp() * 1000) for day in PERIOD[1::2])
        summary = report(self.paths["Europe/Berlin"], "summary", *PERIOD)
        within = f"at_ms >= {first} AND at_ms + span_ms < {end}"
        ratings = dict(self.query(
            f"SELECT CAST(rating AS TEXT), count(*) FROM v1_visit WHERE is_counted AND {within} GROUP BY rating"))
        self.assertEqual(ratings, summary["ratings"])
        self.assertEqual(dict(self.query("SELECT CAST(value AS TEXT), count(*) FROM v1_answer WHERE question = 'rating'"
                                         f" AND is_counted AND {within} GROUP BY value")), ratings)
        left_out = dict(self.query(f"SELECT left_out, count(*) FROM v1_visit WHERE NOT is_counted AND {within} GROUP BY 1"))
        self.assertEqual({**{reason: 0 for reason in ("withdrawn", "stuck", "burst", "mash", "other")}, **left_out},
                         {reason: summary["left_out"][reason] for reason in ("withdrawn", "stuck", "burst", "mash", "other")})
        for question, key in (("cause", "causes"), ("strength", "strengths")):
            for table, word in (("v1_visit", f'"{question}"'), ("v1_answer", "value_word")):
                of_it = f"question = '{question}' AND" if table == "v1_answer" else ""
                sql = (f"SELECT {word}, count(*) FROM {table} WHERE {of_it} is_counted AND {within}"
                       f" AND {word} NOT IN ('skipped', 'none') GROUP BY 1")
                self.assertEqual(dict(self.query(sql)), summary[key], table)

    def test_help_calls_are_those_of_the_report(self):
        told = [call for call in report(self.paths["Europe/Berlin"], "help", *PERIOD)["calls"] if call["event"] == "help"]
        zone = zoneinfo.ZoneInfo("Europe/Berlin")
        rows = {(datetime.fromtimestamp(at_ms // 1000, zone).isoformat(), *others) for at_ms, *others in self.query(
            "SELECT at_ms, v1_visit.kiosk_name, rating, state, outcome FROM v1_help_call JOIN v1_visit"
            " ON v1_visit.journal = v1_help_call.journal AND v1_visit.seq = visit_seq WHERE kind = 'help' AND help = 'yes'")}
        self.assertTrue(told)
        self.assertLessEqual({(call["at"], call["kiosk"], call["rating"], call["state"], call["outcome"]) for call in told},
                             rows)


if __name__ == "__main__":
    unittest.main()
