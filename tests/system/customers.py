# SPDX-License-Identifier: MIT
"""Customers at an emulated kiosk: a script that presses, and what must come of it.

The counter's rules are written here a second time, from PRODUCT's description, on purpose: what a script presses is
turned into expected answers without a line of the firmware.
"""

import os
import random

GOLDEN_IDLE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "golden", "idle-en.pbm")
SKIPPED = 0
MENTION = {1: 1, 3: 2, 5: 3}
YES_NO_SKIP = {1: 1, 3: 2, 5: SKIPPED}

# Milliseconds between the end of a press and the next: beyond every guard, the opener's second included.
THINK_MS = 1350
LOCKOUT_MS = 3600

ROSTER = ("Amélie", "Dan", "Łukasz", "Zoë")  # in the order in which a kiosk lists them


def add_staff(daemon):
    """Their ids, in the order of the roster, in which they are not added."""
    for name in reversed(ROSTER):
        daemon.byname("staff", "add", name)
    ids = {person["name"]: person["id"] for person in daemon.ask("staff", "list")["staff"]}
    return [ids[name] for name in ROSTER]


class Script:
    """Lines for kiosk-emulator, and the answers they must leave: (question, value, is_certain)."""

    def __init__(self, seed, staff, prefix):
        self.random = random.Random(seed)
        self.staff = staff  # ids in the order of the roster
        self.prefix = prefix  # of screenshots
        # Without the mark for "no daemon" it is adopted; then the names come and are written.
        self.lines = [f"wait-screen {GOLDEN_IDLE} 1200000", "wait 9000"]
        self.answers = []
        self.doubtful = []  # (index into answers, screenshot before, screenshot after)
        self.rating = 0
        self.boot()

    def boot(self):
        self.first_name = 0
        self.asks_returning = False

    def wait(self, ms):
        self.lines.append(f"wait {ms}")

    def press(self, button, question, value):
        self.lines.append(f"press {button}")
        self.answers.append([question, value, True])
        self.wait(THINK_MS)

    def names(self):
        """The staff ids behind buttons 1 to 4 when the list opens: another one first each time."""
        self.first_name = (self.first_name + 1) % len(self.staff)
        return [self.staff[(self.first_name + i) % len(self.staff)] for i in range(len(self.staff))]

    def leave(self, can_wait):
        """The customer goes: with a question on display, it stays for its eight seconds."""
        self.wait((8300 if can_wait else 0) + LOCKOUT_MS)

    def ask_who(self):
        """Returns the staff id, or None when the customer skipped or left."""
        names = self.names()
        choice = self.random.choice([1, 2, 3, 4, 5, None])
        if choice is None:
            self.leave(True)
            return None
        self.press(choice, "staff", SKIPPED if choice == 5 else names[choice - 1])
        if choice == 5:
            self.leave(False)
            return None
        return names[choice - 1]

    def ask(self, question, values):
        button = self.random.choice([*values, None])
        if button is None:
            self.leave(True)
            return None
        self.press(button, question, values[button])
        if values[button] == SKIPPED:
            self.leave(False)
            return None
        return values[button]

    def ask_last(self):
        self.asks_returning = not self.asks_returning
        last = ("returning", YES_NO_SKIP) if self.asks_returning else ("strength", {b: b for b in range(1, 6)})
        if self.ask(*last) not in (None, SKIPPED):
            self.leave(False)

    def happy(self):
        if self.ask_who() is None:
            return
        mention = self.ask("mention", MENTION)
        if mention is None:
            return
        if mention == 1:
            if self.ask("returning", YES_NO_SKIP) not in (None, SKIPPED):
                self.leave(False)
        else:
            self.ask_last()

    def unhappy(self):
        if self.ask("cause", {b: b for b in range(1, 6)}) is not None and self.ask_who() is not None:
            self.leave(False)

    def helped(self):
        """Ratings 1 and 2 while the daemon is there and help is on."""
        choice = self.random.choice([1, 5, None])
        if choice is None:
            self.leave(True)
            return
        self.press(choice, "help", 1 if choice == 1 else 2)
        if choice == 1:  # calling ...: any button goes on
            self.lines.append("press 3")
            self.wait(THINK_MS)
        self.unhappy()

    def customer(self, is_help_on):
        """One whole visit. No rating equals the one before it, so that none is taken for a burst."""
        rating = self.random.choice([r for r in range(1, 6) if r != self.rating])
        self.rating = rating
        self.press(rating, "rating", rating)
        if rating >= 4:
            self.happy()
        elif rating <= 2 and is_help_on:
            self.helped()
        else:
            self.unhappy()

    def withdraw(self):
        self.lines.append("hold 2 3 150")
        self.answers += [["rating", 2, True], ["flag", 1, True]]
        self.rating = 2
        self.wait(LOCKOUT_MS + 400)

    # Faults --------------------------------------------------------------------------------------------------

    def power_cycle(self, off_ms):
        self.lines += ["power off", f"wait {off_ms}", "power on", "wait 1500"]
        self.boot()

    def power_cut_between_presses(self):
        rating = self.random.choice([r for r in range(1, 6) if r != self.rating])
        self.rating = rating
        self.press(rating, "rating", rating)
        self.power_cycle(self.random.randrange(100, 3000))

    def power_cut_in_a_press(self):
        """Whether the display acknowledged is seen on the display, just before the lights go out."""
        rating = self.random.choice([r for r in range(1, 6) if r != self.rating])
        self.rating = rating
        before, after = (f"{self.prefix}{len(self.lines)}{side}.pbm" for side in ("a", "b"))
        self.lines += [f"screenshot {before}", f"down {rating}", f"wait {self.random.randrange(20, 110)}",
                       f"screenshot {after}", "power off", f"up {rating}", "wait 500", "power on", "wait 1500"]
        self.doubtful.append((len(self.answers), before, after))
        self.answers.append(["rating", rating, False])
        self.boot()

    def power_cut_in_a_write(self):
        """The n-th byte is torn; with few bytes left the press may have been stored whole."""
        rating = self.random.choice([r for r in range(1, 6) if r != self.rating])
        self.rating = rating
        kind = self.random.choice(["old", "new", "erased", "and", "noise", "unstable"])
        self.lines += [f"power cut {self.random.randrange(1, 16)} {kind}", f"press {rating}", "wait 400", "power off",
                       "wait 200", "power on", "wait 1500"]
        self.answers.append(["rating", rating, None])
        self.boot()

    def cable_pulled(self, customers):
        self.lines.append("cable out")
        for _ in range(customers):
            self.customer(False)
        self.lines += ["cable in", f"wait {self.random.randrange(0, 3000)}"]

    def end(self):
        """Connected again, and everything delivered."""
        self.lines += [f"wait-screen {GOLDEN_IDLE} 1200000", "wait 10000", "wait-quiet 30000"]
        return "\n".join(self.lines) + "\n"


def undelivered(eeprom):
    """Answers in an EEPROM image that nobody has acknowledged: slots whose state is COMMITTED."""
    with open(eeprom, "rb") as file:
        image = file.read()
    return sum(image[slot * 15 + 14] == 0x5A for slot in range(202))


def settle_doubts(script):
    """Where the display changed before the power went, the answer was acknowledged: it must be there."""
    for index, before, after in script.doubtful:
        with open(before, "rb") as a, open(after, "rb") as b:
            if a.read() != b.read():
                script.answers[index][2] = True


def mismatch(expected, rows):
    """None when rows are the expected answers in order, each certain one once, each doubtful one at most once; else
    what is wrong. Follows every way in which the doubtful ones may or may not be there."""
    reached = {0}  # how many rows may be explained so far
    for index, (question, value, is_certain) in enumerate(expected):
        taken = {at + 1 for at in reached if at < len(rows) and rows[at] == (question, value)}
        before, reached = reached, taken if is_certain else taken | reached
        if not reached:
            at = max(before)
            return (f"answer {index} should be {question} {value}; before it were pressed "
                    f"{expected[max(0, index - 6):index]} and stored {rows[max(0, at - 6):at]}, then {rows[at:at + 3]}")
    return None if len(rows) in reached else f"never pressed: {rows[max(reached):]}"
