#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""usage: test_make_words.py MAKE_WORDS - that make-words refuses what a report could not say."""
import os
import subprocess
import sys
import tempfile
import unittest

MAKE_WORDS = os.path.abspath(sys.argv.pop(1))
PLACES = "; a comment\nTITLE 8 the title\nCOUNT - visits and days\n"
ENGLISH = "TITLE Hello\nCOUNT {1} {1|visit|visits} in {2}\n"
KIOSK = "".join(f"CAUSE_{n} c{n}\nSTRENGTH_{n} s{n}\n" for n in range(1, 6))


class MakeWords(unittest.TestCase):
    def run_on(self, *arguments, kiosk=KIOSK, places=PLACES, english=ENGLISH, **languages):
        with tempfile.TemporaryDirectory() as folder:
            os.mkdir(os.path.join(folder, "kiosk"))
            files = {"places": places, "en": english, **languages}
            for name, text in files.items():
                with open(os.path.join(folder, name + ".txt"), "w", encoding="utf-8") as file:
                    file.write(text)
                with open(os.path.join(folder, "kiosk", name + ".txt"), "w", encoding="utf-8") as file:
                    file.write(kiosk)
            paths = [name + ".txt" for name in files]
            result = subprocess.run([sys.executable, "-B", MAKE_WORDS, *arguments, paths[0], "kiosk", *paths[1:]],
                                    capture_output=True, text=True, cwd=folder)
            result.made = ""
            if os.path.exists(os.path.join(folder, "made.h")):
                with open(os.path.join(folder, "made.h"), encoding="utf-8") as file:
                    result.made = file.read()
            return result

    def assert_refused(self, why, **files):
        result = self.run_on(**files)
        self.assertNotEqual(result.returncode, 0)
        self.assertIn(why, result.stderr)

    def test_whole_languages_pass_in_silence(self):
        result = self.run_on(de="TITLE Hallo\nCOUNT {1} {1|Besuch|Besuche} in {2}\n",
                             pl="TITLE Witaj\nCOUNT {1} {1|wizyta|wizyty|wizyt} w {2}\n")
        self.assertEqual((result.returncode, result.stderr), (0, ""))

    def test_a_missing_text_is_noted_and_english(self):
        result = self.run_on("--data", "made.h", de="TITLE Hallo\n")
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertIn("COUNT is shown in the first language", result.stderr)
        self.assertEqual(result.made.count('"{1} {1|visit|visits} in {2}"'), 2)

    def test_english_must_be_whole(self):
        self.assert_refused("missing: COUNT", english="TITLE Hello\n")
        self.assert_refused("missing: CAUSE_1", kiosk="")

    def test_keys_that_are_not_there_or_twice_are_refused(self):
        self.assert_refused("TITEL is not in places", de="TITEL Hallo\n")
        self.assert_refused("TITLE twice", de="TITLE Hallo\nTITLE Servus\n")
        self.assert_refused("TITLE twice", places=PLACES + "TITLE 3 again\n")
        self.assert_refused("is the kiosk's", de="CAUSE_1 die Wartezeit\n")

    def test_a_text_takes_in_what_english_takes_in(self):
        self.assert_refused("COUNT does not take in", de="COUNT {1} {1|Besuch|Besuche}\n")
        self.assert_refused("COUNT does not take in", de="COUNT {1} in {2} {3}\n")
        self.assert_refused("TITLE does not take in", de="TITLE {1}\n")
        self.assert_refused("form for a number that it does not have", de="COUNT {1} {3|Tag|Tage} in {2}\n")
        for text in ("{1", "1}", "{x} {1} {2}", "{1|a|b} {1} {2} |", "{1:d} {2}"):
            self.assert_refused("COUNT", de=f"COUNT {text}\n")

    def test_a_number_has_as_many_forms_as_its_language(self):
        self.assert_refused("COUNT has not 3 forms", pl="COUNT {1} {1|wizyta|wizyty} w {2}\n")
        self.assert_refused("COUNT has not 2 forms", de="COUNT {1} {1|Besuch|Besuche|Besuchen} in {2}\n")
        self.assert_refused("which forms tlh has", tlh="TITLE nuqneH\n")

    def test_a_text_fits_its_place(self):
        self.assert_refused("TITLE has 9 columns, its place 8", de="TITLE Grüß Gott\n")
        self.assert_refused("not one column wide", de="TITLE 你好\n")
        self.assert_refused("empty, or has spaces", de="TITLE  Hallo\n")

    def test_french_marks_stay_on_their_line(self):
        self.assert_refused("must not be broken", fr="TITLE Salut !\n")
        self.assertEqual(self.run_on(fr="TITLE Salut~!\n").returncode, 0)


if __name__ == "__main__":
    unittest.main()
