# SPDX-License-Identifier: MIT
"""The keyed line under attack: laptops where the kiosk was, and the real image with a man in the middle of its cable."""

import json
import os
import select
import struct
import subprocess
import sys
import threading
import time
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import peer  # noqa: E402
import rig  # noqa: E402

ELF = os.environ.get("BYNAME_ELF")


class Laptop(rig.Case):
    """Scripted peers. `kiosk` is the real one; what a laptop knows is what went over the cable after adoption."""

    def counts(self, daemon):
        return daemon.query("SELECT (SELECT count(*) FROM answer), (SELECT count(*) FROM kiosk), (SELECT count(*) FROM "
                            "journal), (SELECT count(*) FROM lost), (SELECT count(*) FROM alarm), (SELECT max(through) "
                            "FROM journal)")

    def confirmed(self, **keys):
        daemon, kiosk = self.adopted(**keys)
        kiosk.rate(5)
        self.assertTrue(kiosk.pump(kiosk.is_acknowledged), daemon.log())
        self.assertIsNotNone(kiosk.key)
        return daemon, kiosk

    def laptop(self, kiosk):
        """Plugged in where the kiosk was, with all that could be read on the cable, but not the key."""
        kiosk.line.pull()
        time.sleep(0.1)
        kiosk.line.plug()
        laptop = peer.Kiosk(kiosk.line)
        laptop.kiosk_id, laptop.journal_id, laptop.database_id = kiosk.kiosk_id, kiosk.journal_id, kiosk.database_id
        laptop.next = laptop.oldest = kiosk.next
        laptop.sent_through = kiosk.next - 1
        return laptop

    def test_a_laptop_in_the_kiosks_place_stuffs_nothing_and_is_shown(self):
        daemon, kiosk = self.confirmed()
        before = self.counts(daemon)
        for is_sealed in (False, True):
            laptop = self.laptop(kiosk)
            laptop.key = os.urandom(16) if is_sealed else None
            end = time.monotonic() + 3
            while time.monotonic() < end:
                laptop.say_hello()
                if is_sealed:
                    laptop.seal = peer.Seal(laptop.key, laptop.hello, 7)
                for rating in (1, 1, 1):
                    laptop.rate(rating)
                laptop.say_answers(laptop.oldest)
                laptop.say_health()
                laptop.send(peer.LOST, struct.pack("<IIB", laptop.oldest, laptop.next, 1))
                laptop.pump(seconds=0.3)
            self.assertFalse(laptop.is_up)
        self.assertEqual(self.counts(daemon), before)
        def refused():  # while the store looks its HELLO up, what a laptop says is not even looked at
            laptop.say_health()
            return daemon.ask("kiosk", "list")["kiosks"][0]["refused_frames"]
        self.assertTrue(rig.wait_until(lambda: refused() > 0, 20))
        self.assertEqual(daemon.ask("kiosk", "list")["kiosks"][0]["state"], "unverified")
        self.assertIn("not verified", daemon.byname("status").stdout)
        self.assertEqual(daemon.byname("status").returncode, 1)
        self.assertIn("not verified", daemon.log())
        self.assertEqual(daemon.query("SELECT count(*) FROM visit"), [(1,)])
        kiosk.line.pull()
        kiosk.line.plug()
        kiosk.reboot()
        kiosk.rate(4)
        self.assertTrue(kiosk.pump(kiosk.is_acknowledged), daemon.log())
        self.assertEqual(daemon.state("Counter"), "up")

    def test_a_laptop_without_ids_is_not_adopted_by_itself_where_a_kiosk_was(self):
        daemon, kiosk = self.confirmed()
        kiosk.line.pull()
        time.sleep(0.1)
        kiosk.line.plug()
        for minor in (0, 1, 2):
            laptop = peer.Kiosk(kiosk.line, minor)
            self.assertTrue(laptop.pump(lambda: peer.WAIT_ADOPTION in laptop.waits), daemon.log())
            self.assertIsNone(laptop.key)
        self.assertEqual(daemon.query("SELECT count(*) FROM kiosk"), [(1,)])
        self.assertIn("pending", [kiosk["state"] for kiosk in daemon.ask("kiosk", "list")["kiosks"]])

    def test_a_stolen_hello_displaces_nobody_and_stores_nothing(self):
        first, second = self.line("first"), self.line("second")
        daemon = self.daemon({"One": first.path, "Two": second.path}, adopt="auto").start()
        kiosk = peer.Kiosk(first)
        kiosk.rate(5)
        self.assertTrue(kiosk.pump(lambda: kiosk.is_up and kiosk.is_acknowledged()), daemon.log())
        before = self.counts(daemon)
        for journal, oldest in ((kiosk.journal_id, 500), (0, 2), (kiosk.journal_id, 1)):
            thief = peer.Kiosk(second)
            thief.kiosk_id, thief.journal_id, thief.oldest, thief.next = kiosk.kiosk_id, journal, oldest, oldest
            thief.say_hello()
            thief.say_health()
            thief.pump(seconds=0.3)
        kiosk.rate(3)
        self.assertTrue(kiosk.pump(kiosk.is_acknowledged))
        self.assertEqual((kiosk.renews, kiosk.welcomes), (0, 1))
        after = self.counts(daemon)
        self.assertEqual(after[0][1:5], before[0][1:5])
        self.assertEqual(after[0][0], before[0][0] + 1)

    def test_a_flood_of_hellos_fills_nothing_and_starves_nobody(self):
        first, second = self.line("first"), self.line("second")
        daemon = self.daemon({"One": first.path, "Two": second.path}, adopt="auto").start()
        kiosk = peer.Kiosk(first)
        self.assertTrue(kiosk.pump(lambda: kiosk.is_up), daemon.log())
        said = 0
        for kiosk_id in (kiosk.kiosk_id, 0, None):  # a kiosk with a key, a new one each time, another's each time
            end = time.monotonic() + 2
            flood = threading.Thread(target=self.flood, args=(second, kiosk_id, end))
            flood.start()
            while time.monotonic() < end:
                kiosk.rate(3)
                said += 1
                self.assertTrue(kiosk.pump(kiosk.is_acknowledged), daemon.log())
                time.sleep(0.1)
            flood.join()
        kiosks, journals, pending, alarms, lost, answers = daemon.query(
            "SELECT (SELECT count(*) FROM kiosk), (SELECT count(*) FROM journal), (SELECT count(*) FROM pending), (SELECT "
            "count(*) FROM alarm), (SELECT count(*) FROM lost), (SELECT count(*) FROM answer)")[0]
        self.assertEqual((pending, alarms, lost, answers), (1, 0, 0, said))
        self.assertLessEqual(max(kiosks, journals), 1 + 16)  # STORE_UNUSED_MAX
        self.assertLess(len(daemon.log().splitlines()), 40)
        self.assertEqual((kiosk.renews, kiosk.welcomes), (0, 1))

    def flood(self, line, kiosk_id, end):
        laptop = peer.Kiosk(line)
        while time.monotonic() < end:
            laptop.boot = laptop.boot % 60000 + 1
            laptop.kiosk_id = laptop.boot if kiosk_id is None else kiosk_id
            laptop.say_hello()
            line.read(0)

    def test_a_kiosk_without_a_key_leaves_only_so_many_gaps(self):
        first, second = self.line("first"), self.line("second")
        daemon = self.daemon({"One": first.path, "Two": second.path}, adopt="auto").start()
        kiosk, old = peer.Kiosk(first), peer.Kiosk(second, 0)
        self.assertTrue(kiosk.pump(lambda: kiosk.is_up) and old.pump(lambda: old.is_up), daemon.log())
        self.assertIsNone(old.key)
        end = time.monotonic() + 60
        while "without a key" not in daemon.log() and time.monotonic() < end:
            for _ in range(50):
                old.next += 2
                old.oldest = old.next
                old.say_hello()
                second.read(0.01)
        for _ in range(50):
            old.next += 2
            old.oldest = old.next
            old.say_hello()
            second.read(0.01)
        self.assertEqual(daemon.query("SELECT count(*), (SELECT count(*) FROM alarm), (SELECT count(*) FROM journal WHERE "
                                      "kiosk = 2) FROM lost"), [(255, 255, 1)])  # STORE_TROUBLE_MAX together
        self.assertLess(len(daemon.log().splitlines()), 60)
        kiosk.rate(3)
        self.assertTrue(kiosk.pump(kiosk.is_acknowledged), daemon.log())
        self.assertEqual(kiosk.welcomes, 1)

    def test_a_recorded_session_proves_nothing(self):
        daemon, kiosk = self.adopted()
        tape = []
        write = kiosk.line.write
        kiosk.line.write = lambda data: (tape.append(data), write(data))
        kiosk.reboot()
        for rating in (5, 4, 3):
            kiosk.rate(rating)
        self.assertTrue(kiosk.pump(kiosk.is_acknowledged), daemon.log())
        kiosk.line.write = write
        daemon.stop()
        daemon.start()
        before = self.counts(daemon)
        for _ in range(3):
            for data in tape:
                kiosk.line.write(data)
                time.sleep(0.02)
            kiosk.line.read(0.2)
        self.assertEqual(self.counts(daemon), before)
        self.assertEqual(daemon.state("Counter"), "unverified")

    def test_a_journal_is_replaced_after_the_proof_only(self):
        daemon, kiosk = self.confirmed()
        old = kiosk.journal_id
        kiosk.answers, kiosk.next, kiosk.oldest = {}, 1, 1  # its memory was formatted
        kiosk.reboot()
        self.assertTrue(kiosk.pump(lambda: kiosk.is_up), daemon.log())
        self.assertNotEqual(kiosk.journal_id, old)
        kiosk.rate(2)
        self.assertTrue(kiosk.pump(kiosk.is_acknowledged), daemon.log())
        self.assertEqual(daemon.query("SELECT count(*) FROM answer"), [(2,)])

    def test_what_was_offered_before_a_daemon_died_is_offered_to_nobody_else(self):
        line = self.line()
        daemon = self.daemon({"Counter": line.path}, adopt="auto").start()
        keys = set()
        for _ in range(4):
            kiosk = peer.Kiosk(line)  # another one, or its memory never got it
            self.assertTrue(kiosk.pump(lambda: kiosk.key is not None), daemon.log())
            keys.add((kiosk.kiosk_id, kiosk.journal_id, kiosk.key))
            daemon.kill()
            daemon.start()
        self.assertEqual([len(set(column)) for column in zip(*keys)], [4, 4, 4])
        kiosk.down()
        self.assertTrue(kiosk.pump(lambda: kiosk.is_up), daemon.log())
        listed = json.loads(daemon.byname("kiosk", "list", "--format", "json").stdout)["kiosks"]
        self.assertEqual([kiosk["name"] for kiosk in listed], ["Counter"])

    def test_the_key_is_in_no_reply_and_no_log(self):
        daemon, kiosk = self.confirmed()
        told = daemon.log() + "".join(daemon.byname(*words, "--format", "json").stdout for words in (
            ["kiosk", "list"], ["status"], ["report", "kiosks"], ["report", "summary"]))
        self.assertNotIn(kiosk.key.hex(), told.lower())

    def test_a_kiosk_of_the_time_before_keys_is_served_as_before(self):
        line = self.line()
        daemon = self.daemon({"Counter": line.path}, adopt="auto").start()
        kiosk = peer.Kiosk(line, minor=0)
        kiosk.rate(5)
        self.assertTrue(kiosk.pump(lambda: kiosk.is_up and kiosk.is_acknowledged()), daemon.log())
        self.assertIsNone(kiosk.key)
        self.assertFalse(daemon.ask("kiosk", "list")["kiosks"][0]["is_verified"])


class Copies(rig.Case):
    """Two of what there should be one of: memories, daemons, databases, keys. Nothing is stored twice or given up."""

    def rows(self, daemon):
        return [row[0] for row in daemon.query("SELECT value FROM answer WHERE question = 2 ORDER BY journal, seq")]

    def alarms(self, daemon):
        return sorted(row[0] for row in daemon.query("SELECT kind FROM alarm"))

    def deliver(self, kiosk, daemon):
        self.assertTrue(kiosk.pump(lambda: kiosk.is_up and kiosk.is_acknowledged()), daemon.log())

    def copy_of(self, kiosk, line):
        """Another board with this one's EEPROM, as it is now."""
        twin = peer.Kiosk(line)
        for name in ("kiosk_id", "journal_id", "database_id", "key", "next", "oldest", "boot"):
            setattr(twin, name, getattr(kiosk, name))
        twin.answers = dict(kiosk.answers)
        twin.reboot()
        return twin

    def test_a_copied_eeprom_waits_while_the_kiosk_is_heard_and_both_keep_their_answers(self):
        first, second = self.line("first"), self.line("second")
        daemon = self.daemon({"One": first.path, "Two": second.path}, adopt="auto").start()
        kiosk = peer.Kiosk(first)
        for rating in (5, 4, 3):
            kiosk.rate(rating)
        self.deliver(kiosk, daemon)
        twin = self.copy_of(kiosk, second)
        twin.rate(1)
        self.assertTrue(twin.pump(lambda: twin.waits == [peer.WAIT_IN_USE]), daemon.log())
        self.assertEqual(self.rows(daemon), [5, 4, 3])
        self.assertIn("the same kiosk is connected at another port", daemon.byname("status").stdout)
        self.assertEqual(daemon.byname("status").returncode, 1)
        first.pull()  # now nobody can tell it from the kiosk
        twin.down()
        self.deliver(twin, daemon)
        second.pull()
        first.plug()
        kiosk.reboot()
        self.assertTrue(kiosk.pump(lambda: kiosk.is_up and kiosk.journal_id != twin.journal_id), daemon.log())
        kiosk.rate(2)
        self.deliver(kiosk, daemon)
        self.assertEqual(self.rows(daemon), [5, 4, 3, 1, 2])
        self.assertEqual(self.alarms(daemon), ["journal_replaced"])  # and a manager sees it

    def test_what_a_copy_stored_under_a_number_is_not_taken_for_the_kiosks_own(self):
        first, second = self.line("first"), self.line("second")
        daemon = self.daemon({"One": first.path, "Two": second.path}, adopt="auto").start()
        kiosk = peer.Kiosk(first)
        kiosk.rate(5)
        self.deliver(kiosk, daemon)
        twin = self.copy_of(kiosk, second)
        first.pull()
        twin.rate(1)
        self.deliver(twin, daemon)
        second.pull()
        kiosk.rate(3)  # the number that the copy's has in the database, and one more
        kiosk.rate(4)
        kiosk.reboot()
        first.plug()
        self.deliver(kiosk, daemon)
        stored = self.rows(daemon)
        kept_apart = daemon.query("SELECT value FROM conflict")
        self.assertEqual(sorted(stored + [row[0] for row in kept_apart]), [1, 3, 4, 5])
        self.assertEqual(len(self.alarms(daemon)), 1)

    def test_a_kiosk_at_another_daemon_sends_nothing_and_cannot_be_taken_over(self):
        line = self.line()
        ours = self.daemon({"Counter": line.path}, adopt="auto").start()
        kiosk = peer.Kiosk(line)
        kiosk.rate(5)
        self.deliver(kiosk, ours)
        ours.stop()
        os.mkdir(os.path.join(self.folder, "other"))
        theirs = rig.Daemon(os.path.join(self.folder, "other"), {"Counter": line.path}, adopt="auto")
        self.addCleanup(theirs.close)
        theirs.start()
        kiosk.down()
        kiosk.rate(4)
        self.assertTrue(kiosk.pump(lambda: kiosk.waits == [peer.WAIT_OTHER_DATABASE]), theirs.log())
        self.assertEqual(theirs.state("Counter"), "refused")
        self.assertEqual(theirs.byname("kiosk", "adopt", "Counter", "--name", "Mine").returncode, 0)
        before = (kiosk.kiosk_id, kiosk.journal_id, kiosk.key, kiosk.database_id)
        self.assertTrue(kiosk.pump(lambda: kiosk.forged > 0), theirs.log())  # their ADOPT
        kiosk.pump(seconds=1.5)
        self.assertEqual((kiosk.kiosk_id, kiosk.journal_id, kiosk.key, kiosk.database_id), before)
        self.assertEqual(self.rows(theirs), [])
        theirs.stop()
        ours.start()
        kiosk.down()
        self.deliver(kiosk, ours)
        self.assertEqual(self.rows(ours), [5, 4])
        self.assertEqual(self.alarms(ours), [])

    def test_a_wrong_database_gets_nothing_and_the_right_one_all(self):
        daemon, kiosk = self.adopted()
        right = daemon.database
        kiosk.rate(5)
        self.deliver(kiosk, daemon)
        daemon.stop()
        daemon.database = os.path.join(self.folder, "wrong.db")
        daemon.start()
        kiosk.down()
        kiosk.rate(2)
        self.assertTrue(kiosk.pump(lambda: peer.WAIT_OTHER_DATABASE in kiosk.waits), daemon.log())
        kiosk.pump(seconds=1)
        self.assertEqual((self.rows(daemon), kiosk.is_up), ([], False))
        self.assertEqual(daemon.byname("status").returncode, 1)
        daemon.stop()
        daemon.database = right
        daemon.start()
        kiosk.down()
        self.deliver(kiosk, daemon)
        self.assertEqual(self.rows(daemon), [5, 2])

    def test_what_a_copy_of_the_database_took_is_known_to_be_missing(self):
        daemon, kiosk = self.adopted()
        kiosk.rate(5)
        self.deliver(kiosk, daemon)
        copy = os.path.join(self.folder, "copy.db")
        self.assertEqual(daemon.byname("backup", copy).returncode, 0)
        daemon.stop()
        right, daemon.database = daemon.database, copy  # it has the key, and nobody can tell
        daemon.start()
        kiosk.down()
        kiosk.rate(1)
        self.deliver(kiosk, daemon)
        daemon.stop()
        daemon.database = right
        daemon.start()
        kiosk.down()
        kiosk.rate(3)
        self.deliver(kiosk, daemon)
        self.assertEqual(self.rows(daemon), [5, 3])
        self.assertEqual(daemon.query("SELECT first, last, cause FROM lost"), [(2, 2, 3)])
        self.assertEqual(self.alarms(daemon), ["restored"])

    def test_frames_in_the_wrong_order_are_stored_once_in_the_right_one(self):
        daemon, kiosk = self.adopted()
        write, held = kiosk.line.write, []

        def swap(data):  # each two frames in the other order
            held.append(data)
            if len(held) == 2:
                write(held[1] + held[0])
                held.clear()
        kiosk.line.write = swap
        for rating in (1, 2, 3, 4, 5):
            kiosk.rate(rating)
            kiosk.sent_through = kiosk.say_answers(kiosk.next - 1)
        kiosk.pump(seconds=1)
        kiosk.line.write = write
        if held:
            write(held[0])
        self.deliver(kiosk, daemon)
        self.assertEqual(self.rows(daemon), [1, 2, 3, 4, 5])
        self.assertGreater(daemon.ask("kiosk", "list")["kiosks"][0]["refused_frames"], 0)
        self.assertEqual(self.alarms(daemon), [])

    def test_a_kiosk_that_lost_its_key_waits_for_a_manager_and_keeps_its_answers(self):
        daemon, kiosk = self.adopted()
        kiosk.rate(5)
        self.deliver(kiosk, daemon)
        old_key = kiosk.key
        kiosk.rate(4)  # and then its identity is gone: the gesture, or a damaged memory
        kiosk.kiosk_id = kiosk.journal_id = 0
        kiosk.key = kiosk.seal = kiosk.database_id = None
        kiosk.reboot()
        self.assertTrue(kiosk.pump(lambda: peer.WAIT_ADOPTION in kiosk.waits), daemon.log())
        self.assertEqual(self.rows(daemon), [5])
        self.assertIn("waits for adoption", daemon.byname("status").stdout)
        daemon.kill()  # at any step
        daemon.start()
        kiosk.down()
        self.assertTrue(kiosk.pump(lambda: len(kiosk.waits) > 1), daemon.log())
        self.assertEqual(daemon.byname("kiosk", "adopt", "Counter", "--name", "Again").returncode, 0)
        daemon.kill()
        daemon.start()
        kiosk.down()
        self.deliver(kiosk, daemon)
        self.assertNotEqual(kiosk.key, old_key)
        self.assertEqual(self.rows(daemon), [5, 4])

    def test_a_database_from_before_the_key_is_told_apart_and_the_gesture_mends_it(self):
        line = self.line()
        daemon = self.daemon({"Counter": line.path}, adopt="auto").start()
        copy = os.path.join(self.folder, "before.db")
        self.assertEqual(daemon.byname("backup", copy).returncode, 0)
        kiosk = peer.Kiosk(line)
        kiosk.rate(5)
        self.deliver(kiosk, daemon)
        kiosk.rate(4)
        daemon.stop()
        daemon.database = copy
        daemon.start()
        kiosk.down()
        self.assertTrue(kiosk.pump(lambda: peer.WAIT_OTHER_DATABASE in kiosk.waits), daemon.log())
        self.assertEqual(self.rows(daemon), [])
        kiosk.kiosk_id = kiosk.journal_id = 0
        kiosk.key = kiosk.seal = kiosk.database_id = None
        kiosk.reboot()
        self.deliver(kiosk, daemon)
        self.assertEqual(self.rows(daemon), [4])  # the other was acknowledged by the newer database, and is in it


class Middle:
    """Between an emulated kiosk's pty and the daemon's line, frame by frame."""

    def __init__(self, case, daemon_line, kiosk_path):
        self.line, self.kiosk_path = daemon_line, kiosk_path
        self.fd = None
        self.buffers = {"up": b"", "down": b""}
        self.up = self.down = lambda kind, flags, body: [(kind, flags, body)]
        self.key = self.adopt = None
        self.tape = {"up": [], "down": []}
        case.addCleanup(self.close)

    def close(self):
        if self.fd is not None:
            os.close(self.fd)

    def open(self):
        if self.fd is None and os.path.exists(self.kiosk_path):
            self.fd = os.open(self.kiosk_path, os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK)
        return self.fd is not None

    def frames(self, way, data):
        *pieces, self.buffers[way] = (self.buffers[way] + data).split(b"\0")
        for piece in pieces:
            frame = peer.uncobs(piece) if piece else b""
            if len(frame) >= 6:
                yield frame[0], frame[1], frame[2:-4]

    def to_kiosk(self, kind, flags, body):
        os.write(self.fd, peer.encode(kind, body, flags))

    def to_daemon(self, kind, flags, body):
        self.line.write(peer.encode(kind, body, flags))

    def pump(self, until, seconds):
        end = time.monotonic() + seconds
        while not until():
            if time.monotonic() >= end:
                return False
            if not self.open():
                time.sleep(0.02)
                continue
            ready = select.select([self.fd, self.line.master], [], [], 0.05)[0]
            if self.fd in ready:
                try:
                    data = os.read(self.fd, 4096)
                except OSError:
                    data = b""
                    time.sleep(0.02)
                for frame in self.frames("up", data):
                    self.tape["up"].append(frame)
                    for changed in self.up(*frame):
                        self.to_daemon(*changed)
            if self.line.master in ready:
                for frame in self.frames("down", self.line.read(0)):
                    self.tape["down"].append(frame)
                    for changed in self.down(*frame):
                        self.to_kiosk(*changed)
        return True


@unittest.skipUnless(ELF, "no firmware image")
class Cable(rig.Case):
    def setUp(self):
        super().setUp()
        self.daemon_line = self.line("daemon-end")
        self.server = self.daemon({"Counter": self.daemon_line.path}, adopt="auto").start()
        self.middle = Middle(self, self.daemon_line, os.path.join(self.folder, "kiosk-end"))

    def emulate(self, script):
        path = os.path.join(self.folder, "script")
        with open(path, "w") as file:
            file.write(script)
        log = open(os.path.join(self.folder, "emulator"), "w")
        self.addCleanup(log.close)
        process = subprocess.Popen(
            [os.path.join(rig.BIN, "kiosk-emulator"), "--elf", ELF, "--eeprom", os.path.join(self.folder, "eeprom"),
             "--link", self.middle.kiosk_path, "--script", path, "--pace", "4"], stdout=log, stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL)
        self.addCleanup(lambda: (process.kill(), process.wait()) if process.poll() is None else None)
        return process

    def ratings(self):
        return [row[0] for row in self.server.query("SELECT value FROM answer WHERE question = 2 ORDER BY seq")]

    def forged(self):
        return self.server.ask("kiosk", "list")["kiosks"][0].get("refused_by_kiosk", 0)

    def test_a_man_in_the_middle_delays_and_no_more(self):
        process = self.emulate("wait 8000\n" + "press 1\nwait 14000\n" * 3 + "wait 240000\n")
        is_adopted = lambda: self.server.query("SELECT count(*) FROM kiosk WHERE is_confirmed = 1") == [(1,)]  # noqa: E731
        self.assertTrue(self.middle.pump(is_adopted, 20), self.server.log())
        journal = next(struct.unpack_from("<Q", body, 24)[0] for kind, _, body in self.middle.tape["down"]
                       if kind == peer.ADOPT)

        # The daemon's ACKs are kept back; in their place come forged ones. Ratings become 5s on the way.
        def lie_to_kiosk(kind, flags, body):
            if kind != peer.ACK:
                return [(kind, flags, body)]
            forged = struct.pack("<QI", journal, 1000)
            inside = struct.pack("<QI", journal, struct.unpack_from("<I", body, 8)[0] + 2)
            return [(peer.ACK, 0, forged), (peer.ACK, 0, inside), (peer.ACK, 1, inside + body[12:])]

        def lie_to_daemon(kind, flags, body):
            if kind != peer.ANSWERS:
                return [(kind, flags, body)]
            body = bytearray(body)
            for at in range(5, len(body) - 12 - 9, 10):
                if body[at + 1] == peer.RATING:
                    body[at + 2] = 5
            return [(kind, flags, bytes(body)), (kind, 0, bytes(body[:-12]))]

        self.middle.down, self.middle.up = lie_to_kiosk, lie_to_daemon
        self.middle.pump(lambda: False, 7)
        self.assertEqual(self.ratings(), [])
        row = self.server.ask("kiosk", "list")["kiosks"][0]
        self.assertGreater(row["refused_frames"], 0)

        # Honest again, but all that was ever said is said once more, both ways.
        self.middle.up = self.middle.down = lambda kind, flags, body: [(kind, flags, body)]
        for way, send in (("up", self.middle.to_daemon), ("down", self.middle.to_kiosk)):
            for frame in [frame for frame in self.middle.tape[way] if frame[0] not in (peer.HELLO, peer.RENEW)][-60:]:
                send(*frame)
                self.middle.pump(lambda: False, 0.005)
        self.assertTrue(self.middle.pump(lambda: len(self.ratings()) == 3, 40), self.server.log())
        self.assertEqual(self.ratings(), [1, 1, 1])
        self.assertEqual(self.server.query("SELECT (SELECT count(*) FROM lost), (SELECT count(*) FROM conflict), (SELECT "
                                           "count(*) FROM alarm)"), [(0, 0, 0)])
        self.assertTrue(self.middle.pump(lambda: self.forged() > 0, 20))
        self.assertIsNone(process.poll())


if __name__ == "__main__":
    unittest.main(verbosity=2)
