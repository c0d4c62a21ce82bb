#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Every report's spreadsheet (--format ods) has the cells of its CSV, each as what it is, and no formula."""
import csv
import io
import os
import re
import sqlite3
import subprocess
import tempfile
import unittest
import xml.etree.ElementTree as xml
import zipfile

BIN = os.environ["BYNAME_BIN"]
REPORTS = ("overview", "summary", "staff", "causes", "strengths", "hours", "days", "kiosks", "help")
LISTS = (("staff", "list"), ("kiosk", "list"), ("help-calls", "list"), ("note", "list"), ("policy", "print"))
HEAD = ("store", "database", "timezone", "period", "before", "filter", "policy")  # first in CSV, last in a spreadsheet
OFFICE = "{urn:oasis:names:tc:opendocument:xmlns:office:1.0}"
TABLE = "{urn:oasis:names:tc:opendocument:xmlns:table:1.0}"
TEXT = "{urn:oasis:names:tc:opendocument:xmlns:text:1.0}"
MANIFEST = "{urn:oasis:names:tc:opendocument:xmlns:manifest:1.0}"
TYPE = "application/vnd.oasis.opendocument.spreadsheet"
HOSTILE = ("=1+1", "<&>", "-1", "A;=B1;")


def paragraph(node):
    """A text with its spaces and tabs, which are elements where they would be lost."""
    said = {TEXT + "s": " ", TEXT + "tab": "\t"}
    return (node.text or "") + "".join(said[part.tag] + (part.tail or "") for part in node)


def cell_value(cell):
    kind = cell.get(OFFICE + "value-type")
    if kind is None:
        return None
    if kind == "string":
        return "\n".join(paragraph(part) for part in cell.iter(TEXT + "p"))
    if kind == "boolean":
        return cell.get(OFFICE + "boolean-value") == "true"
    if kind == "date":
        return ("date", cell.get(OFFICE + "date-value"))
    return float(cell.get(OFFICE + "value"))


def same(value, text):
    """Whether a cell says what a field of CSV does."""
    if value is None or isinstance(value, bool):
        return text == {None: "", True: "true", False: "false"}[value]
    if isinstance(value, float):
        return re.fullmatch(r"-?[0-9.]+(e-?[0-9]+)?", text) is not None and float(text) == value
    if isinstance(value, tuple):
        local = re.sub(r"(?<=:[0-9]{2})(Z|[+-][0-9]{2}:[0-9]{2})$", "", text)
        return value[1] == (local + ":00" if len(local) == 16 else local)
    return text.replace("'", "") == value.replace("'", "")  # CSV leads with one what might be a formula


class Sheets(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory(prefix="byname-sheets-")
        cls.path = os.path.join(cls.folder.name, "history.db")
        subprocess.run([os.path.join(BIN, "make-history"), "--database", cls.path, "--visits", "3000", "--years", "1",
                        "--end", "2026-11-16"], check=True, capture_output=True)
        connection = sqlite3.connect(cls.path)
        for number, name in enumerate(HOSTILE, 1):
            connection.execute("UPDATE staff SET name = ? WHERE id = ?", (name, number))
        connection.commit()
        connection.close()

    @classmethod
    def tearDownClass(cls):
        cls.folder.cleanup()

    @classmethod
    def byname(cls, *words):
        return subprocess.run([os.path.join(BIN, "byname"), "--database", cls.path, *words], check=True,
                              capture_output=True).stdout

    def sheet(self, *words):
        """Rows of (kind of value, value), of a package that a spreadsheet takes for one."""
        raw = self.byname(*words, "--format", "ods")
        self.assertEqual(raw[30:38 + len(TYPE)], b"mimetype" + TYPE.encode())  # where programs look for it
        with zipfile.ZipFile(io.BytesIO(raw)) as archive:
            self.assertIsNone(archive.testzip())
            listed = {entry.get(MANIFEST + "full-path") for entry in xml.fromstring(archive.read("META-INF/manifest.xml"))}
            self.assertEqual(listed | {"mimetype", "META-INF/manifest.xml"}, set(archive.namelist()) | {"/"})
            content = xml.fromstring(archive.read("content.xml"))
        self.assertEqual([node.tag for node in content.iter() if TABLE + "formula" in node.attrib], [])
        return [list(row) for row in content.iter(TABLE + "table-row")]

    def check(self, *words):
        fields = list(csv.reader(io.StringIO(self.byname(*words, "--format", "csv").decode(), newline="")))
        rows = [[cell_value(cell) for cell in row] for row in self.sheet(*words)]
        self.assertEqual(len(rows), len(fields))
        self.assertEqual(sorted(rows[0]), sorted(fields[0]))
        for row, line in zip(rows[1:], fields[1:]):
            self.assertEqual(len(row), len(line))
            said = dict(zip(fields[0], line))
            for column, value in zip(rows[0], row):
                self.assertTrue(same(value, said[column]), f"{words} {column}: {value!r}, {said[column]!r}")
        return rows

    def test_every_report_has_the_cells_of_its_csv(self):
        for name in REPORTS:
            for period in ([], ["--since", "52w"], ["--from", "2026-11-02", "--to", "2026-11-09"]):
                with self.subTest(report=name, period=period):
                    self.check("report", name, *period)

    def test_so_has_every_list(self):
        for words in LISTS:
            with self.subTest(words=words):
                self.check(*words)

    def test_shares_and_days_are_shares_and_days(self):
        kinds = {}
        rows = self.sheet("report", "days", "--from", "2026-11-02", "--to", "2026-11-09")
        for heading, cell in zip(rows[0], rows[1]):
            kinds[cell_value(heading)] = cell.get(OFFICE + "value-type")
        self.assertEqual({column: kinds[column] for column in ("date", "visits", "csat_value", "csat_low", "mean", "store")},
                         {"date": "date", "visits": "float", "csat_value": "percentage", "csat_low": "percentage",
                          "mean": "float", "store": "string"})
        self.assertEqual(kinds["period_from"], "date")

    def test_what_differs_stands_before_what_is_the_same(self):
        headings = self.check("report", "days", "--from", "2026-11-02", "--to", "2026-11-09")[0]
        self.assertEqual(headings[0], "date")
        self.assertTrue(headings[-1].startswith(HEAD))

    def test_a_name_is_that_name_and_no_formula(self):
        rows = self.check("staff", "list")
        names = [row[rows[0].index("name")] for row in rows[1:]]
        for name in HOSTILE:
            self.assertIn(name, names)

    def test_the_same_figures_are_the_same_bytes(self):
        words = ("report", "staff", "--from", "2026-11-02", "--to", "2026-11-09")
        self.assertEqual(self.byname(*words, "--format", "ods"), self.byname(*words, "--format", "ods"))


if __name__ == "__main__":
    unittest.main()
