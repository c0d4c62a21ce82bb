#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Each report in each language: at most 80 columns, nothing left to fill in, no English, and the same figures."""
import os
import re
import subprocess
import tempfile
import unittest

BIN = os.environ["BYNAME_BIN"]
REPORTS = ("overview", "summary", "staff", "causes", "strengths", "hours", "days", "kiosks", "help")
LANGUAGES = ("en", "de", "es", "fr", "pl")
PERIODS = ([],
           ["--from", "2026-10-19", "--to", "2026-11-16"],
           ["--from", "2026-06-01", "--to", "2026-11-16"],
           ["--from", "2026-11-09T11:00", "--to", "2026-11-09T14:00"],
           ["--from", "2026-11-09T09:00", "--to", "2026-11-09T10:00"],
           ["--from", "2030-01-01", "--to", "2030-01-02"],
           ["--from", "2026-11-02", "--to", "2026-11-09", "--staff", "Giulia"],
           ["--from", "2026-11-02", "--to", "2026-11-09", "--kiosk", "Counter 2", "--week-start", "sunday"])
COLUMNS, OVERVIEW_LINES = 80, 24
GRAPH = set("▏▎▍▌▋▊▉█░▒▓")


def byname(*arguments, **environment):
    return subprocess.run([os.path.join(BIN, "byname"), *arguments], check=True, capture_output=True, text=True,
                          env={"PATH": os.environ["PATH"], **environment}).stdout


class Languages(unittest.TestCase):
    texts = []

    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory(prefix="byname-languages-")
        cls.path = os.path.join(cls.folder.name, "history.db")
        subprocess.run([os.path.join(BIN, "make-history"), "--database", cls.path, "--visits", "12000", "--years", "1",
                        "--end", "2026-11-16"], check=True, capture_output=True)

    @classmethod
    def tearDownClass(cls):
        cls.folder.cleanup()

    @classmethod
    def report(cls, name, *options, **environment):
        return byname("--database", cls.path, "report", name, *options, **environment)

    @classmethod
    def each(cls):
        """Report, period, and the texts by language; made once."""
        if not cls.texts:
            cls.texts = [(name, period, {language: cls.report(name, *period, "--language", language)
                                         for language in LANGUAGES}) for name in REPORTS for period in PERIODS]
        return cls.texts

    def test_every_report_fits_and_says_everything_in_every_language(self):
        for name, period, texts in self.each():
            for language, text in texts.items():
                with self.subTest(report=name, period=period, language=language):
                    for line in text.splitlines():
                        self.assertLessEqual(len(line), COLUMNS, line)
                    self.assertFalse(set("{}|~") & set(text), text)
                    if name == "overview":
                        self.assertLessEqual(text.count("\n"), OVERVIEW_LINES, text)
                    self.assert_same_graphs(texts["en"], text, name)

    def assert_same_graphs(self, english, text, name):
        """A report that shows less in one language than in another would lack a line of figures. (The page of the
        week may be terse where its words are longer.)"""
        def graphs(page):
            return ["".join(character for character in line if character in GRAPH)
                    for line in page.splitlines() if GRAPH & set(line) and "(" not in line and ":" not in line]
        if name != "overview":
            self.assertEqual(graphs(english), graphs(text))

    def test_no_language_is_english(self):
        """The words of a report that are English in another language are those that both have."""
        shared = {language: set() for language in LANGUAGES[1:]}
        for name, period, texts in self.each():
            english = set(re.findall(r"\b[a-z]{4,}\b", texts["en"]))
            for language in LANGUAGES[1:]:
                shared[language] |= english & set(re.findall(r"\b[a-z]{4,}\b", texts[language]))
        known = {"byname", "bynamed", "report", "kiosks", "shop"}  # the commands and the store's name
        both = {"fr": {"cause", "causes", "certain", "minutes", "point", "points", "question", "silence"}, "pl": {"kiosk"}}
        for language in LANGUAGES[1:]:
            self.assertLessEqual(shared[language], known | both.get(language, set()), language)

    def test_the_environment_chooses_and_the_option_wins(self):
        english, german = self.report("summary"), self.report("summary", "--language", "de")
        self.assertNotEqual(english, german)
        self.assertEqual(self.report("summary", LC_ALL="de_AT.UTF-8", LANG="fr_FR"), german)
        self.assertEqual(self.report("summary", LC_ALL="", LC_MESSAGES="de", LANG="fr_FR"), german)
        self.assertEqual(self.report("summary", LANG="de_DE.UTF-8"), german)
        self.assertEqual(self.report("summary", LANG="it_IT.UTF-8"), english)
        self.assertEqual(self.report("summary", LC_ALL="C", LANG="de_DE.UTF-8"), english)
        self.assertEqual(self.report("summary", "--language", "en", LANG="de_DE.UTF-8"), english)

    def test_figures_and_digests_know_no_language(self):
        for name in REPORTS:
            for options in (["--format", "csv"], ["--format", "json"], ["--digest"]):
                outputs = {self.report(name, *PERIODS[1], *options, "--language", language) for language in LANGUAGES}
                self.assertEqual(len(outputs), 1, f"{name} {options}")

    def test_numbers_have_the_mark_of_their_language(self):
        for language, mark in (("en", "."), ("de", ","), ("es", ","), ("fr", ","), ("pl", ",")):
            self.assertRegex(self.report("summary", "--language", language), rf" [1-5]{re.escape(mark)}[0-9]\n")


if __name__ == "__main__":
    unittest.main()
