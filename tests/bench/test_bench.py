#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""tools/bench itself, with parts that measure nothing: what it compares, what it says, and what it keeps."""
import contextlib
import importlib.machinery
import importlib.util
import io
import json
import os
import pathlib
import signal
import sys
import tempfile
import unittest
from unittest import mock

BENCH = pathlib.Path(__file__).resolve().parent.parent.parent / "tools" / "bench"
ROW = {"name": "toy: steps", "value": 1000, "unit": "", "goal": None, "comparison": "<=", "kept_as": "count"}


def load_bench():
    loader = importlib.machinery.SourceFileLoader("bench", str(BENCH))
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader("bench", loader))
    loader.exec_module(module)
    return module


class Bench(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="byname-bench-test-")
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        self.bench = load_bench()
        self.bench.PARTS, self.bench.KEPT = self.folder, self.folder / "kept.json"
        self.bench.SOURCE = self.folder
        self.built = self.folder / "build/host/bin/bynamed", self.folder / "build/mega2560/kiosk.elf"
        for path in self.built:
            path.parent.mkdir(parents=True)
            path.touch()
        self.last = self.folder / "last.json"

    def part(self, *rows, after="", name="toy"):
        lines = "".join(f"    yield {row!r}\n" for row in rows)
        (self.folder / f"{name}.py").write_text(f"import os\n\n\ndef rows(context):\n{lines}    {after or 'pass'}\n", encoding="utf-8")

    def run_bench(self, *arguments, columns=120):
        said, complained = io.StringIO(), io.StringIO()
        words = ["tools/bench", "--built", "--json", str(self.last), *arguments]
        with mock.patch.object(sys, "argv", words), mock.patch.dict("os.environ", {"COLUMNS": str(columns)}, clear=True), \
                contextlib.redirect_stdout(said), contextlib.redirect_stderr(complained):
            try:
                status = self.bench.main()
            except SystemExit as end:
                status = end.code
        return status, said.getvalue(), complained.getvalue()

    def kept_and_now(self, kept, now, *arguments):
        """What is said of a row that was kept otherwise."""
        self.part({**ROW, **kept})
        self.assertEqual(self.run_bench("--keep")[0], 0)
        self.part({**ROW, **now})
        return self.run_bench(*arguments)

    def assert_named(self, kept, now, *arguments):
        status, said, _ = self.kept_and_now(kept, now, *arguments)
        self.assertEqual(status, 1, said)
        self.assertIn("slower than kept: toy: steps", said)

    def assert_noise(self, kept, now):
        status, said, _ = self.kept_and_now(kept, now)
        self.assertEqual((status, "slower" in said), (0, False), said)

    def test_a_count_that_is_6_percent_worse_is_named_and_4_is_noise(self):
        self.assert_named({}, {"value": 1060})
        self.assert_named({}, {"value": 1060}, "--check")
        self.assert_noise({}, {"value": 1040})
        self.assert_named({"comparison": ">="}, {"comparison": ">=", "value": 940})
        self.assert_noise({"comparison": ">="}, {"comparison": ">=", "value": 960})

    def test_a_time_counts_as_its_ratio_to_the_limit_beside_it(self):
        time = {"kept_as": "ratio", "unit": "ms", "value": 100, "limit": 10}
        self.assert_noise(time, {**time, "value": 1000, "limit": 100})
        self.assert_noise(time, {**time, "value": 125})
        self.assert_named(time, {**time, "value": 135})
        self.assert_named({**time, "comparison": ">="}, {**time, "comparison": ">=", "value": 70})

    def test_memory_is_compared_as_it_is(self):
        memory = {"kept_as": "ratio", "unit": "MiB", "value": 5.0, "limit": None}
        self.assert_named(memory, {**memory, "value": 8.0})

    def test_a_rough_ratio_may_be_a_fourth_in_both_directions(self):
        for comparison, noise, worse in ((">=", 30, 20), ("<=", 390, 410)):
            rough = {"kept_as": "rough", "limit": 1, "value": 100, "comparison": comparison}
            self.assert_noise(rough, {**rough, "value": noise})
            self.assert_named(rough, {**rough, "value": worse})

    def test_a_figure_that_fell_to_nothing_is_named(self):
        rate = {"comparison": ">=", "kept_as": "ratio", "unit": "%", "value": 50}
        self.assert_named(rate, {**rate, "value": 0})

    def test_what_cannot_be_compared_is_named(self):
        status, said, _ = self.kept_and_now({}, {"name": "toy: strides"}, "--check")
        self.assertEqual(status, 1)
        self.assertIn("not compared: toy: steps: kept, and not measured any more", said)
        self.assertIn("not compared: toy: strides: measured, and no figure is kept", said)

    def test_a_goal_is_missed_by_so_much(self):
        self.part({**ROW, "goal": 900, "unit": "bytes", "kept_as": "count"})
        status, said, _ = self.run_bench("--quick")
        self.assertEqual(status, 0)
        self.assertIn("The sizes were small", said)
        status, said, _ = self.run_bench("--keep")
        self.assertEqual(status, 1)
        self.assertIn("NOT MET", said)
        self.assertIn("not met: toy: steps: 1,000 bytes, the goal is <= 900", said)

    def test_a_part_that_breaks_is_named_and_the_others_go_on(self):
        self.part(ROW, after="os.listdir('/nowhere')", name="early")
        self.part({**ROW, "name": "toy: other"})
        status, said, _ = self.run_bench("--keep")
        self.assertEqual(status, 1)
        self.assertIn("broken: early: FileNotFoundError", said)
        self.assertIn("toy: other", said)
        self.assertIn("nothing is kept", said)
        self.assertFalse(self.bench.KEPT.exists())

    def test_results_are_written_and_say_whether_they_were_quick(self):
        self.part(ROW)
        self.run_bench("--quick")
        self.assertEqual(json.loads(self.last.read_text())["toy: steps"]["is_quick"], True)
        self.run_bench("--keep")
        self.assertEqual(json.loads(self.last.read_text())["toy: steps"]["is_quick"], False)
        self.assertNotIn("is_quick", json.loads(self.bench.KEPT.read_text())["toy: steps"])

    def test_what_is_not_measured_any_more_is_kept_no_longer(self):
        self.kept_and_now({}, {"name": "toy: strides"}, "--keep")
        self.assertEqual(list(json.loads(self.bench.KEPT.read_text())), ["toy: strides"])

    def test_no_line_is_longer_than_the_terminal(self):
        detail = ["where the time goes: " + "5 % function, " * 20]
        self.part({**ROW, "name": "toy: durable steps a second, of so many feet at so many miles, of what they walk alone", "value": 65.3,
                   "unit": "times", "limit": 123456, "goal": 49152, "detail": detail})
        for columns in (80, 120):
            _, said, _ = self.run_bench("--quick", columns=columns)
            table = said[:said.index("(toy:")]
            self.assertLessEqual(max(map(len, table.splitlines())), columns, table)
            self.assertIn("65.3 times   123,456  <= 49,152  met", table)
            self.assertEqual(table.count("5 % function"), 20, table)

    def test_mistakes_are_named(self):
        self.part(ROW)
        for arguments, said in ((["nonsense"], "there is no part nonsense: toy"), (["--keep", "--quick"], "leave out --quick")):
            status, _, complained = self.run_bench(*arguments)
            self.assertEqual(status, 2)
            self.assertIn(said, complained)

    def test_what_is_not_built_is_named_before_anything_is_measured(self):
        self.part(ROW)
        for path in self.built:
            path.rename(path.with_suffix(".away"))
            status, said, _ = self.run_bench()
            self.assertEqual((status, said), (f"tools/bench: {path} is not there: leave out --built, and it is built", ""))
            path.with_suffix(".away").rename(path)
        self.assertEqual(self.run_bench("--quick")[0], 0)

    def test_a_file_that_cannot_hold_results_is_named_before_anything_is_measured(self):
        self.part(ROW)
        prose = self.folder / "prose"
        prose.write_text("as I remember", encoding="utf-8")
        for path, wrong in ((self.folder, "cannot write"), (prose / "last.json", "cannot write"), (prose, "something else than results")):
            status, said, complained = self.run_bench("--json", str(path))
            self.assertEqual((status, said), (2, ""))
            self.assertIn(wrong, complained)
        self.assertEqual(prose.read_text(encoding="utf-8"), "as I remember")

    def test_an_interruption_is_no_traceback(self):
        for end in ("SIGINT", "SIGTERM", "SIGHUP"):
            self.part(after=f"os.kill(os.getpid(), __import__('signal').{end})")
            self.addCleanup(signal.signal, getattr(signal, end), signal.getsignal(getattr(signal, end)))
            status, _, complained = self.run_bench()
            self.assertEqual(status, 130)
            self.assertIn("interrupted", complained)
            self.assertFalse(self.last.exists())


if __name__ == "__main__":
    unittest.main()
