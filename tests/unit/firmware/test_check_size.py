#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""usage: test_check_size.py CHECK_SIZE - that the stack of small AVR programs is found, and trouble refused."""
import os
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

CHECK_SIZE = os.path.abspath(sys.argv.pop(1))
VECTOR = "void __vector_1(void) __attribute__((signal, used)); void __vector_1(void) { __asm__ volatile(\"nop\"); }\n"


@unittest.skipUnless(shutil.which("avr-gcc"), "avr-gcc is not installed")
class CheckSize(unittest.TestCase):
    def check(self, code, flash_max=49152, ram_max=5120):
        with tempfile.TemporaryDirectory() as directory:
            source, image = os.path.join(directory, "a.c"), os.path.join(directory, "a.elf")
            with open(source, "w", encoding="utf-8") as file:
                file.write(VECTOR + code)
            subprocess.run(["avr-gcc", "-mmcu=atmega2560", "-Os", "-fstack-usage", "-fno-jump-tables", source,
                            "-o", image], check=True, cwd=directory)
            return subprocess.run([sys.executable, "-B", CHECK_SIZE, image, "--flash-max", str(flash_max),
                                   "--ram-max", str(ram_max), "--stack-usage", directory],
                                  capture_output=True, text=True)

    def assert_refused(self, why, *arguments):
        result = self.check(*arguments)
        self.assertNotEqual(result.returncode, 0, result.stdout)
        self.assertIn(why, result.stderr)

    def main_path(self, code):
        result = self.check(code)
        self.assertEqual(result.returncode, 0, result.stderr)
        return int(re.search(r"main path\s+(\d+)", result.stdout).group(1))

    def test_main_alone_needs_its_return_address(self):
        self.assertEqual(self.main_path("int main(void) { for (;;); }"), 3)

    def test_frame_and_call_are_added(self):
        code = """__attribute__((noinline)) void deep(void) { volatile char a[100]; a[0] = 1; }
                  int main(void) { for (;;) deep(); }"""
        self.assertEqual(self.main_path(code), 3 + 3 + 2 + 100)

    def test_interrupt_is_added_to_the_main_path(self):
        result = self.check("int main(void) { for (;;); }")
        in_all = int(re.search(r"memory in all\s+(\d+)", result.stdout).group(1))
        interrupt = int(re.search(r"interrupt\s+(\d+)", result.stdout).group(1))
        self.assertGreater(interrupt, 3)
        self.assertEqual(in_all, 3 + interrupt)

    def test_recursion_is_refused(self):
        self.assert_refused("recursion", """volatile int x; int f(int n); int g(int n) { return x + f(n - 1) * 3; }
            __attribute__((noinline)) int f(int n) { return n ? g(n) + x : 1; } int main(void) { x = f(x); }""")

    def test_indirect_call_is_refused(self):
        self.assert_refused("indirect call", "void (*volatile f)(void); int main(void) { f(); for (;;); }")

    def test_growing_frame_is_refused(self):
        self.assert_refused("check-size:", """volatile int n; void use(char *a) { *(volatile char *)a = 1; }
            int main(void) { for (;;) { char a[n]; use(a); } }""")

    def test_too_much_of_anything_is_refused(self):
        code = "volatile char a[300]; int main(void) { a[0] = 1; for (;;); }"
        self.assertEqual(self.check(code, 49152, 350).returncode, 0)
        self.assert_refused("too large", code, 49152, 300)
        self.assert_refused("too large", code, 100, 5120)


unittest.main()
