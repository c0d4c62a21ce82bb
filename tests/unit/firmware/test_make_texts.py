#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""usage: test_make_texts.py MAKE_TEXTS - that the check of the kiosk's texts refuses what the display cannot show."""
import os
import subprocess
import sys
import tempfile
import unittest

MAKE_TEXTS = os.path.abspath(sys.argv.pop(1))
PLACES = "; a comment\nTITLE 5 the title\nCOUNT 8 a number\n"


class MakeTexts(unittest.TestCase):
    def run_on(self, *languages):
        with tempfile.TemporaryDirectory() as directory:
            paths = []
            for index, text in enumerate((PLACES, *languages)):
                paths.append(os.path.join(directory, f"{index}.txt"))
                with open(paths[-1], "w", encoding="utf-8") as file:
                    file.write(text)
            return subprocess.run([sys.executable, "-B", MAKE_TEXTS, *paths], capture_output=True, text=True)

    def assert_refused(self, text, *languages):
        result = self.run_on(*languages)
        self.assertNotEqual(result.returncode, 0)
        self.assertIn(text, result.stderr)

    def test_fitting_texts_pass(self):
        result = self.run_on("TITLE Hällo\nCOUNT {n} left\n", "TITLE Zoë\nCOUNT {n}\n")
        self.assertEqual(result.returncode, 0, result.stderr)

    def test_missing_translation_is_noted_only(self):
        result = self.run_on("TITLE Hello\nCOUNT {n}\n", "TITLE Hallo\n")
        self.assertEqual(result.returncode, 0)
        self.assertIn("COUNT is shown in the first language", result.stderr)

    def test_long_text_is_refused(self):
        self.assert_refused("TITLE has 6 characters, its place 5", "TITLE Hellos\nCOUNT 1\n")

    def test_number_counts_as_three(self):
        self.assert_refused("COUNT has 9", "TITLE Hello\nCOUNT {n} lefty\n")

    def test_character_without_glyph_is_refused(self):
        self.assert_refused("characters that the fonts lack: €", "TITLE 5 €\nCOUNT 1\n")

    def test_missing_first_language_is_refused(self):
        self.assert_refused("missing: COUNT", "TITLE Hello\n")

    def test_unknown_key_is_refused(self):
        self.assert_refused("TITEL is not in places", "TITLE a\nCOUNT b\n", "TITEL a\n")

    def test_key_twice_is_refused(self):
        self.assert_refused("TITLE twice", "TITLE a\nTITLE b\nCOUNT c\n")


unittest.main()
