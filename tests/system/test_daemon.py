# SPDX-License-Identifier: MIT
"""The daemon with scripted kiosks on ptys: adoption, answers, losses of every kind, and what a manager sees."""

import fcntl
import hashlib
import os
import pty
import random
import socket
import stat
import struct
import subprocess
import sys
import termios
import time
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import peer  # noqa: E402
import rig  # noqa: E402


class Adoption(rig.Case):
    def test_auto_adoption_welcomes_a_new_kiosk_and_stores_its_answers(self):
        daemon, kiosk = self.adopted()
        for rating in (5, 4, 1):
            kiosk.rate(rating)
        self.assertTrue(kiosk.pump(kiosk.is_acknowledged), daemon.log())
        self.assert_stored_once(daemon, kiosk)
        self.assertEqual(daemon.state("Counter"), "up")
        self.assertEqual(daemon.ask("kiosk", "list")["kiosks"][0]["name"], "Counter")

    def test_manual_adoption_waits_for_a_manager(self):
        line = self.line()
        daemon = self.daemon({"Counter": line.path}).start()
        kiosk = peer.Kiosk(line)
        self.assertTrue(kiosk.pump(lambda: kiosk.waits == [peer.WAIT_ADOPTION]), daemon.log())
        self.assertEqual(daemon.state("Counter"), "pending")
        self.assertEqual(daemon.byname("status").returncode, 1)
        done = daemon.byname("kiosk", "adopt", "Counter", "--name", "Front")
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        self.assertTrue(kiosk.pump(lambda: kiosk.is_up, 1.5), "RENEW makes it quick")
        self.assertEqual(daemon.state("Front"), "up")
        self.assertEqual(daemon.byname("status").returncode, 0, daemon.byname("status").stdout)

    def test_kiosk_of_another_database_is_kept_waiting(self):
        line = self.line()
        daemon = self.daemon({"Counter": line.path}, adopt="auto").start()
        kiosk = peer.Kiosk(line)
        kiosk.kiosk_id, kiosk.journal_id = 0x1234, 0x5678
        self.assertTrue(kiosk.pump(lambda: kiosk.waits == [peer.WAIT_OTHER_DATABASE]), daemon.log())
        self.assertEqual(daemon.state("Counter"), "refused")

    def test_kiosk_of_another_major_version_is_told_so(self):
        line = self.line()
        daemon = self.daemon({"Counter": line.path}, adopt="auto").start()
        kiosk = peer.Kiosk(line)
        kiosk.major = 2
        self.assertTrue(kiosk.pump(lambda: kiosk.waits == [peer.WAIT_VERSION]), daemon.log())
        self.assertIn("version", daemon.byname("status").stdout)
        self.assertIn("speaks version 2.2", daemon.log())

    def test_daemon_is_silent_before_a_valid_frame(self):
        line = self.line()
        daemon = self.daemon({"Counter": line.path}, adopt="auto").start()
        self.assertTrue(rig.wait_until(lambda: daemon.state("Counter") == "away"))
        line.write(os.urandom(500) + b"\0" + peer.encode(peer.HELLO, b"\1\0", flags=1))
        self.assertEqual(line.read(0.5), b"")

    def test_same_kiosk_at_a_second_port_waits_while_the_first_is_heard(self):
        first, second = self.line("first"), self.line("second")
        daemon = self.daemon({"One": first.path, "Two": second.path}, adopt="auto").start()
        kiosk, twin = peer.Kiosk(first), peer.Kiosk(second)
        self.assertTrue(kiosk.pump(lambda: kiosk.is_up), daemon.log())
        twin.kiosk_id, twin.journal_id, twin.database_id = kiosk.kiosk_id, kiosk.journal_id, kiosk.database_id
        twin.key = kiosk.key  # a copy of its memory
        self.assertTrue(twin.pump(lambda: twin.waits == [peer.WAIT_IN_USE]), daemon.log())
        first.pull()
        self.assertTrue(twin.pump(lambda: twin.is_up), daemon.log())


class Answers(rig.Case):
    def test_gap_is_asked_for_once_and_filled(self):
        daemon, kiosk = self.adopted()
        for rating in (1, 2, 3, 4, 5):
            kiosk.rate(rating)
        kiosk.say_answers(3, 1)
        kiosk.say_answers(4, 2)
        self.assertTrue(kiosk.pump(kiosk.is_acknowledged), daemon.log())
        self.assertEqual(kiosk.naks, 1)
        self.assert_stored_once(daemon, kiosk)

    def test_duplicates_are_acknowledged_and_stored_once(self):
        daemon, kiosk = self.adopted()
        kiosk.rate(5)
        self.assertTrue(kiosk.pump(kiosk.is_acknowledged))
        kiosk.heard.clear()
        kiosk.say_answers(1)
        self.assertTrue(kiosk.pump(lambda: any(kind == peer.ACK for kind, _ in kiosk.heard)))
        self.assert_stored_once(daemon, kiosk)

    def test_an_answer_that_comes_again_with_another_content_is_stored_under_a_new_journal(self):
        daemon, kiosk = self.adopted()
        kiosk.rate(5)
        self.assertTrue(kiosk.pump(kiosk.is_acknowledged))
        visit_back, question, value, boot, uptime = kiosk.answers[1]
        kiosk.answers[1] = (visit_back, question, 1, boot, uptime)
        kiosk.oldest, journal = 1, kiosk.journal_id
        kiosk.say_answers(1)
        self.assertTrue(kiosk.pump(lambda: kiosk.journal_id != journal and kiosk.is_up), daemon.log())
        self.assertTrue(kiosk.pump(kiosk.is_acknowledged), daemon.log())
        self.assertEqual(daemon.query("SELECT value FROM answer WHERE seq = 1 ORDER BY journal"), [(value,), (1,)])
        self.assertEqual(daemon.query("SELECT kind FROM alarm"), [("journal_replaced",)])

    def test_lost_answers_are_acknowledged_past_and_shown(self):
        daemon, kiosk = self.adopted()
        kiosk.next = kiosk.sent_through = 3
        kiosk.send(peer.LOST, b"\1\0\0\0\2\0\0\0\1")
        self.assertTrue(kiosk.pump(lambda: kiosk.oldest == 3), daemon.log())
        self.assertEqual(daemon.query("SELECT first, last FROM lost"), [(1, 2)])
        self.assertIn("2 answers are lost for good", daemon.byname("status").stdout)

    def test_garbage_is_counted_and_does_not_stop_the_line(self):
        daemon, kiosk = self.adopted()
        noise = random.Random(1)
        for rating in range(200):
            kiosk.line.write(bytes(noise.randrange(256) for _ in range(noise.randrange(60))))
            kiosk.rate(rating % 5 + 1)
            kiosk.pump(lambda: True)
        self.assertTrue(kiosk.pump(kiosk.is_acknowledged, 20), daemon.log())
        self.assert_stored_once(daemon, kiosk)
        self.assertGreater(daemon.ask("kiosk", "list")["kiosks"][0]["bad_frames"], 0)
        self.assertLess(len(daemon.log().splitlines()), 30)

    def test_killed_daemon_loses_and_doubles_nothing(self):
        daemon, kiosk = self.adopted()
        chance = random.Random(2)
        for _ in range(8):
            for _ in range(chance.randrange(1, 60)):
                kiosk.rate(chance.randrange(1, 6))
            kiosk.pump(seconds=chance.random() * 0.05)
            acknowledged = kiosk.oldest - 1
            daemon.kill()
            daemon.start()
            self.assertGreaterEqual(daemon.query("SELECT max(through) FROM journal")[0][0], acknowledged)
        self.assertTrue(kiosk.pump(kiosk.is_acknowledged, 20), daemon.log())
        self.assert_stored_once(daemon, kiosk)
        verified = daemon.byname("verify")
        self.assertEqual(verified.returncode, 0, verified.stdout + verified.stderr)

    def test_restarted_daemon_asks_for_a_hello_at_once(self):
        daemon, kiosk = self.adopted()
        daemon.kill()
        daemon.start()
        self.assertTrue(kiosk.pump(lambda: kiosk.renews == 1 and kiosk.is_up, 3), daemon.log())

    def test_terminated_daemon_commits_what_it_took_and_ends_quickly(self):
        daemon, kiosk = self.adopted()
        for _ in range(100):
            kiosk.rate(4)
        kiosk.pump(lambda: True)
        kiosk.act(time.monotonic())
        begun = time.monotonic()
        self.assertEqual(daemon.stop(), 0, daemon.log())
        self.assertLess(time.monotonic() - begun, 2.5)
        kiosk.take(kiosk.line.read(0.1))
        self.assertGreaterEqual(daemon.query("SELECT max(through) FROM journal")[0][0], kiosk.oldest - 1)
        self.assertFalse(os.path.exists(daemon.socket))


class Lines(rig.Case):
    def test_missing_device_is_found_when_it_appears_and_again_after_it_was_pulled(self):
        line = self.line(is_plugged=False)
        daemon = self.daemon({"Counter": line.path}, adopt="auto").start()
        self.assertEqual(daemon.state("Counter"), "absent")
        line.plug()
        kiosk = peer.Kiosk(line)
        self.assertTrue(kiosk.pump(lambda: kiosk.is_up), daemon.log())
        line.pull()
        self.assertTrue(rig.wait_until(lambda: daemon.state("Counter") == "absent"))
        kiosk.rate(5)
        line.plug()
        kiosk.reboot()
        self.assertTrue(kiosk.pump(kiosk.is_acknowledged), daemon.log())
        self.assert_stored_once(daemon, kiosk)

    def test_second_daemon_at_the_same_line_is_refused_and_names_it(self):
        daemon, kiosk = self.adopted()
        os.mkdir(os.path.join(self.folder, "other"))
        other = rig.Daemon(os.path.join(self.folder, "other"), {"Mine": kiosk.line.path}).start()
        self.addCleanup(other.close)
        self.assertTrue(rig.wait_until(lambda: other.state("Mine") == "refused"))
        self.assertIn(kiosk.line.path, other.log())
        self.assertIn("in use by another program", other.log())
        daemon.stop()
        self.assertTrue(rig.wait_until(lambda: other.state("Mine") != "refused"), other.log())

    def test_daemon_sleeps_while_nothing_is_under_way(self):
        daemon, kiosk = self.adopted()
        self.assertTrue(kiosk.pump(lambda: kiosk.settings is not None))
        kiosk.pump(seconds=1.5)
        before = daemon.wakes()
        time.sleep(3)
        self.assertLess(daemon.wakes() - before, 20)

    def test_regular_file_is_no_line(self):
        path = os.path.join(self.folder, "file")
        open(path, "w").close()
        daemon = self.daemon({"Counter": path}).start()
        self.assertIn("not a serial device", daemon.byname("status").stdout)

    @unittest.skipUnless("PTY_SHIM" in os.environ, "the shim was not built")
    def test_serial_device_is_opened_through_libserialport(self):
        line = self.line()
        devices = rig.Devices(os.path.join(self.folder, "devices"))
        devices.appear("ttyKSK0", line)
        daemon = self.daemon({"Counter": "/dev/ttyKSK0"}, adopt="auto", preload=devices.preload).start()
        kiosk = peer.Kiosk(line)
        self.assertTrue(kiosk.pump(lambda: kiosk.is_up), daemon.log())
        kiosk.rate(5)
        self.assertTrue(kiosk.pump(kiosk.is_acknowledged), daemon.log())
        self.assertEqual(daemon.ask("kiosk", "list")["kiosks"][0]["device"], "/dev/ttyKSK0")


class Downlink(rig.Case):
    def test_roster_settings_and_counts_reach_a_kiosk_within_a_second(self):
        # Without a synchronised clock an answer may be five minutes older, so of yesterday: not just after midnight.
        zone = "Etc/GMT+12" if time.gmtime().tm_hour < 12 else "UTC"
        daemon, kiosk = self.adopted(help="off", timezone=zone)
        self.assertTrue(kiosk.pump(lambda: kiosk.settings == 0))
        for name in ("Dan", "Zoë"):
            self.assertEqual(daemon.byname("staff", "add", name).returncode, 0)
        self.assertTrue(kiosk.pump(lambda: set(kiosk.roster) == {"Dan", "Zoë"}, 2.0), daemon.log())
        self.assertTrue(kiosk.pump(lambda: len(kiosk.counts) == 2, 2.0))
        staff = kiosk.roster["Dan"][0]
        kiosk.rate(5)
        kiosk.press(peer.STAFF, staff, 1)
        kiosk.press(peer.MENTION, 1, 2)
        self.assertTrue(kiosk.pump(lambda: kiosk.counts[staff][:2] == [1, 1], 2.0), str(kiosk.counts))

    def test_busy_kiosk_gets_the_roster_when_it_has_time(self):
        daemon, kiosk = self.adopted()
        kiosk.is_busy = True
        daemon.byname("staff", "add", "Dan")
        self.assertFalse(kiosk.pump(lambda: kiosk.roster, 1.5))
        kiosk.is_busy = False
        self.assertTrue(kiosk.pump(lambda: kiosk.roster, 2.5), daemon.log())

    def test_presence_is_told_after_a_reboot(self):
        daemon, kiosk = self.adopted()
        kiosk.needs_presence = 1
        kiosk.reboot()
        self.assertTrue(kiosk.pump(lambda: kiosk.presence == []), daemon.log())

    def test_unacknowledged_message_is_sent_again_with_the_same_token(self):
        daemon, kiosk = self.adopted()
        self.assertTrue(kiosk.pump(lambda: kiosk.note is not None))  # the last of what follows a WELCOME
        kiosk.on_reliable = lambda kind, body: None
        daemon.byname("staff", "add", "Dan")
        kiosk.heard.clear()
        self.assertTrue(kiosk.pump(lambda: sum(kind == peer.ROSTER for kind, _ in kiosk.heard) >= 3, 3))
        self.assertEqual(len({body for kind, body in kiosk.heard if kind == peer.ROSTER}), 1)


class Socket(rig.Case):
    def test_socket_is_for_owner_and_group_and_a_dead_one_is_replaced(self):
        daemon = self.daemon({}).start()
        self.assertEqual(stat.S_IMODE(os.stat(daemon.socket).st_mode), 0o660)
        daemon.kill()
        self.assertTrue(os.path.exists(daemon.socket))
        self.assertEqual(daemon.byname("status").returncode, 3)
        self.assertEqual(daemon.start().byname("status").returncode, 0)

    def test_second_daemon_at_the_same_socket_ends_and_leaves_the_first_alone(self):
        daemon = self.daemon({}).start()
        second = daemon.launch()
        self.assertEqual(second.wait(10), 1)
        self.assertIn("another bynamed listens here", daemon.log())
        self.assertEqual(daemon.byname("status").returncode, 0)

    def test_second_daemon_at_the_same_database_ends_and_leaves_nothing(self):
        daemon = self.daemon({}).start()
        os.mkdir(os.path.join(self.folder, "other"))
        other = rig.Daemon(os.path.join(self.folder, "other"), {})
        other.database = daemon.database
        second = other.launch()
        self.assertEqual(second.wait(10), 1, other.log())
        self.assertEqual(sorted(os.listdir(other.folder)), ["bynamed.conf", "log"])

    def test_slow_client_is_cut_off(self):
        daemon = self.daemon({}).start()
        with socket.socket(socket.AF_UNIX) as slow:
            slow.settimeout(15)
            slow.connect(daemon.socket)
            begun = time.monotonic()
            slow.sendall(b"GET /api/v1/status HTTP/1.1\r\nHost: x\r\nX: ")
            is_cut = False
            while not is_cut and time.monotonic() - begun < 12:
                time.sleep(0.2)
                try:
                    slow.sendall(b"x")
                except OSError:
                    is_cut = True
            self.assertTrue(is_cut)
        self.assertEqual(daemon.byname("status").returncode, 0)

    def test_many_idle_clients_keep_nobody_out_for_long(self):
        daemon = self.daemon({}).start()
        idle = []
        for _ in range(60):
            client = socket.socket(socket.AF_UNIX)
            client.connect(daemon.socket)
            idle.append(client)
        self.assertEqual(daemon.byname("status").returncode, 0)
        for client in idle:
            client.close()

    def test_body_with_a_byte_0_is_refused_whole(self):
        daemon = self.daemon({}).start()
        for body in (b'{"name":"Dan"}\0{"name":"Eve"}', b'\0', b'{"name":"Dan"}\0'):
            with socket.socket(socket.AF_UNIX) as client:
                client.settimeout(10)
                client.connect(daemon.socket)
                client.sendall(b"POST /api/v1/staff HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n" % len(body) + body)
                self.assertIn(b" 400 ", client.recv(4096))
        self.assertEqual(daemon.ask("staff", "list")["staff"], [])

    def test_oversized_requests_are_refused(self):
        daemon = self.daemon({}).start()
        for request in (b"POST /api/v1/staff HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999\r\n\r\n",
                        b"GET /" + b"a" * 100000 + b" HTTP/1.1\r\n\r\n", b"\xff" * 4096 + b"\r\n\r\n"):
            with socket.socket(socket.AF_UNIX) as client:
                client.settimeout(10)
                client.connect(daemon.socket)
                client.sendall(request)
                self.assertNotIn(b" 200 ", client.recv(4096))
        self.assertEqual(daemon.byname("status").returncode, 0)


class Commands(rig.Case):
    def test_exit_codes_and_messages(self):
        daemon = self.daemon({}).start()
        for arguments, status, words in (
                (["report"], 0, ""),
                (["staff", "add", "Dan", "--pin", "1234"], 0, ""),
                (["staff", "add", "Dan"], 1, "Dan"),
                (["staff", "add", "Ann", "--pin", "9999"], 1, "1 to 5"),
                (["staff", "retire", "Nobody"], 1, "Nobody"),
                (["staff"], 2, "byname staff --help"),
                (["staff", "fly"], 2, "fly"),
                (["frobnicate"], 2, "frobnicate"),
                (["report", "--pin", "1"], 2, "--pin"),
                (["report", "--format", "xml"], 2, "xml"),
                (["report", "--since", "yesterday"], 2, "since"),
                (["report", "--to", "2026-11-02T14:30"], 1, "full hour"),
                (["report", "horoscope"], 2, "horoscope"),
                (["status", "--database", daemon.database], 2, "--database"),
                (["kiosk", "adopt", "Nowhere"], 1, "Nowhere"),
                (["verify"], 0, ""),
                (["--help"], 0, ""),
                (["staff", "add", "--help"], 0, "")):
            done = daemon.byname(*arguments)
            self.assertEqual(done.returncode, status, f"{arguments}: {done.stdout}{done.stderr}")
            self.assertEqual(done.stderr == "", status == 0, f"{arguments}: {done.stderr}")
            self.assertIn(words, done.stderr)
        self.assertIn("Dan", daemon.byname("staff", "list").stdout)

    def test_unreachable_daemon_names_its_socket(self):
        done = self.daemon({}).byname("status")
        self.assertEqual((done.returncode, done.stdout), (3, ""))
        self.assertIn(self.folder, done.stderr)

    def test_closed_pipe_is_quiet(self):
        daemon = self.daemon({}).start()
        read_end, write_end = os.pipe()
        os.close(read_end)
        done = subprocess.run([os.path.join(rig.BIN, "byname"), "--socket", daemon.socket, "report"],
                              stdout=write_end, stderr=subprocess.PIPE, text=True, timeout=30)
        os.close(write_end)
        self.assertEqual((done.returncode, done.stderr), (0, ""))

    def test_answer_that_cannot_be_written_says_why(self):
        daemon = self.daemon({}).start()
        for arguments in (["report"], ["report", "--format", "json"], ["kiosk", "list", "--format", "csv"], ["--help"],
                          ["--version"]):
            with open("/dev/full", "w") as full:
                done = subprocess.run([os.path.join(rig.BIN, "byname"), "--socket", daemon.socket, *arguments],
                                      stdout=full, stderr=subprocess.PIPE, text=True, timeout=30)
            self.assertEqual((done.returncode, done.stderr), (1, "byname: cannot write: No space left on device\n"))
        for arguments in (["--socket", daemon.socket], ["--database", daemon.database]):
            done = subprocess.run(["sh", "-c", 'exec "$@" >&-', "sh", os.path.join(rig.BIN, "byname"), *arguments,
                                   "report"], stderr=subprocess.PIPE, text=True, timeout=30)
            self.assertEqual((done.returncode, done.stderr), (1, "byname: cannot write: Bad file descriptor\n"))

    def test_archive_is_read_without_a_daemon(self):
        daemon, kiosk = self.adopted()
        kiosk.rate(5)
        self.assertTrue(kiosk.pump(kiosk.is_acknowledged))
        daemon.stop()
        for arguments in (["report"], ["staff", "list"], ["kiosk", "list"], ["verify"]):
            done = daemon.byname("--database", daemon.database, *arguments)
            self.assertEqual(done.returncode, 0, f"{arguments}: {done.stderr}")

    def test_digest_is_that_of_the_bytes_in_a_file(self):
        daemon, kiosk = self.adopted()
        kiosk.rate(5)
        self.assertTrue(kiosk.pump(kiosk.is_acknowledged))
        for format in ("text", "csv", "json"):
            printed = subprocess.run([os.path.join(rig.BIN, "byname"), "--socket", daemon.socket, "report", "summary",
                                      "--format", format], capture_output=True, timeout=30).stdout
            digest = daemon.byname("report", "summary", "--format", format, "--digest").stdout
            self.assertEqual(digest, hashlib.sha256(printed).hexdigest() + "\n")
        self.assertEqual(daemon.byname("status", "--digest").returncode, 2)

    def on_terminal(self, daemon, columns, **environment):
        """What `byname report summary` writes on a terminal of that width."""
        master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
        with subprocess.Popen([os.path.join(rig.BIN, "byname"), "--socket", daemon.socket, "report", "summary"],
                              stdout=slave, env={**os.environ, **environment}) as process:
            os.close(slave)
            text = b""
            try:
                while part := os.read(master, 65536):
                    text += part
            except OSError:  # the other end is closed
                pass
        os.close(master)
        self.assertEqual(process.returncode, 0)
        return text.decode().replace("\r\n", "\n")

    def test_color_is_for_terminals_and_the_width_is_used(self):
        daemon, kiosk = self.adopted()
        for rating in (5, 4, 3, 1):
            kiosk.rate(rating)
        self.assertTrue(kiosk.pump(kiosk.is_acknowledged))
        os.environ.pop("NO_COLOR", None)
        self.assertIn("\033[1m", self.on_terminal(daemon, 80))
        self.assertNotIn("\033", daemon.byname("report", "summary").stdout)
        widths = []
        for columns in (80, 120):
            plain = self.on_terminal(daemon, columns, NO_COLOR="1")
            self.assertNotIn("\033", plain)
            widths.append(max(map(len, plain.split("\n"))))
            self.assertLessEqual(widths[-1], columns)
        self.assertGreater(widths[1], 80)

    def test_database_is_its_id_everywhere_and_its_file_is_the_path(self):
        daemon = self.daemon({}).start()
        replies = [daemon.ask("report"), daemon.ask("kiosk", "list"), daemon.ask("status"), daemon.ask("verify")]
        self.assertEqual(len({reply["database"] for reply in replies}), 1)
        self.assertEqual(daemon.ask("status")["path"], daemon.database)
        self.assertIn(f"database {daemon.database}", daemon.byname("status").stdout)

    def test_unwell_when_a_configured_kiosk_stays_away(self):
        daemon = self.daemon({"Counter": os.path.join(self.folder, "nowhere")}).start()
        self.assertEqual(daemon.byname("status").returncode, 0, "not yet: a minute's grace")

    def test_mistakes_in_the_file_are_all_named_and_nothing_is_made(self):
        path = os.path.join(self.folder, "wrong.conf")
        with open(path, "w") as file:
            file.write("[daemon]\ndatabse=/x\nadopt=maybe\n[kiosk A]\n[nonsense]\n")
        for option in (["--check"], []):
            done = subprocess.run([os.path.join(rig.BIN, "bynamed"), *option, "--config", path], text=True,
                                  capture_output=True, timeout=20)
            self.assertEqual(done.returncode, 2)
            for line in (2, 3, 4, 5):
                self.assertIn(f"{path}:{line}: ", done.stderr)
        self.assertEqual(os.listdir(self.folder), ["wrong.conf"])

    def test_database_in_a_missing_folder_is_one_clear_line(self):
        daemon = self.daemon({})
        daemon.database = os.path.join(self.folder, "missing", "byname.db")
        self.assertEqual(daemon.launch().wait(10), 1)
        self.assertEqual(len(daemon.log().splitlines()), 1, daemon.log())
        self.assertFalse(os.path.exists(daemon.socket))


if __name__ == "__main__":
    unittest.main(verbosity=2)
