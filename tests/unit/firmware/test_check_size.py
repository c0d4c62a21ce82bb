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
    def check(self, code, flash_max=49152, static_max=3500, stack_max=512, options=()):
        with tempfile.TemporaryDirectory() as directory:
            source, image = os.path.join(directory, "a.c"), os.path.join(directory, "a.elf")
            with open(source, "w", encoding="utf-8") as file:
                file.write(VECTOR + code)
            subprocess.run(["avr-gcc", "-mmcu=atmega2560", "-Os", "-fstack-usage", "-fno-jump-tables", *options, source,
                            "-o", image], check=True, cwd=directory)
            return subprocess.run([sys.executable, "-B", CHECK_SIZE, image, "--flash-max", str(flash_max),
                                   "--static-max", str(static_max), "--stack-max", str(stack_max),
                                   "--stack-usage", directory],
                                  capture_output=True, text=True)

    def assert_refused(self, why, *arguments, **options):
        result = self.check(*arguments, **options)
        self.assertNotEqual(result.returncode, 0, result.stdout)
        self.assertIn(why, result.stderr)

    def main_path(self, code, options=()):
        result = self.check(code, options=options)
        self.assertEqual(result.returncode, 0, result.stderr)
        return int(re.search(r"main path\s+(\d+)", result.stdout).group(1))

    def test_main_alone_needs_its_return_address(self):
        self.assertEqual(self.main_path("int main(void) { for (;;); }"), 3)

    def test_frame_and_call_are_added(self):
        code = """__attribute__((noinline)) void deep(void) { volatile char a[100]; a[0] = 1; }
                  int main(void) { for (;;) deep(); }"""
        self.assertEqual(self.main_path(code), 3 + 3 + 2 + 100)

    def test_shared_prologues_need_what_a_function_of_its_own_needs(self):
        code = """volatile char n; long use(volatile char *a) { return a[0]; }
                  __attribute__((noinline)) long deep(long x) { volatile char a[100]; a[0] = n; long y = use(a), z = use(a);
                                                                return use(a) * x + y * use(a) + z; }
                  __attribute__((noinline)) long two(long x) { return deep(x) + deep(x + 1); }
                  int main(void) { for (;;) n = two(n); }"""
        shared = self.main_path(code, ["-mcall-prologues"])
        self.assertGreater(shared, 3 + 3 + 100)
        self.assertEqual(shared, self.main_path(code))

    def test_shared_epilogue_that_leaves_something_is_refused(self):
        code = """__attribute__((noinline, naked)) void bad(void) { __asm__ volatile("push r28\\n push r29\\n push r1\\n"
                      "in r28, 0x3d\\n in r29, 0x3e\\n ldi r30, 2\\n jmp __epilogue_restores__ + 32"); }
                  int main(void) { for (;;) bad(); }"""
        self.assert_refused("with 1 bytes on the stack", code, options=["-mcall-prologues"])

    def test_interrupt_is_added_to_the_main_path(self):
        result = self.check("int main(void) { for (;;); }")
        in_all = int(re.search(r"stack\s+(\d+) of", result.stdout).group(1))
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
        self.assertEqual(self.check(code, 49152, 300, 50).returncode, 0)
        self.assert_refused("too large", code, 49152, 299, 50)
        self.assert_refused("too large", code, 49152, 300, 5)
        self.assert_refused("too large", code, 100, 300, 50)


unittest.main()
