# SPDX-License-Identifier: MIT
"""Help calls from the customer's answer to the colleague: command, webhook, watch, kiosk; late ones, failures, crashes."""

import http.server
import json
import os
import random
import socket
import socketserver
import sqlite3
import ssl
import stat
import subprocess
import sys
import threading
import time
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import peer  # noqa: E402
import rig  # noqa: E402


GOLDEN = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "golden")


class Receiver:
    """What a webhook is posted to, on a loopback port of its own."""

    def __init__(self, statuses=(), certificate=None):
        self.posts = []
        statuses = list(statuses)
        receiver = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                receiver.posts.append((self.path, self.headers["Content-Type"], json.loads(body)))
                self.send_response(statuses.pop(0) if statuses else 204)
                self.end_headers()

            def log_message(self, *arguments):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        if certificate is not None:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(certificate)
            self.server.socket = context.wrap_socket(self.server.socket, server_side=True, do_handshake_on_connect=False)
            self.server.handle_error = lambda *arguments: None  # who refuses our certificate
        self.thread = threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.05})
        self.thread.start()
        self.url = f"http{'' if certificate is None else 's'}://127.0.0.1:{self.server.server_port}/byname"

    def close(self):
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()


class Feed:
    """A daemon as a watch sees it: the list of calls, how often it was asked for, and the stream of events."""

    def __init__(self, path):
        self.asked = 0
        self.calls = []
        self.listeners = []
        feed = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                if self.path == "/api/v1/events":
                    self.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\nretry: 3000\n\n")
                    end = threading.Event()
                    feed.listeners.append((self.wfile, end))
                    end.wait(30)
                    return
                feed.asked += 1
                body = json.dumps({"kind": "help_call_list", "help_calls": feed.calls}).encode()
                self.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body) + body)

            def address_string(self):
                return "watch"

            def log_message(self, *arguments):
                pass

        class Server(socketserver.ThreadingMixIn, socketserver.UnixStreamServer):
            daemon_threads = True

        self.server = Server(path, Handler)
        self.thread = threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.05})
        self.thread.start()

    def say(self, text):
        self.listeners[-1][0].write(text)

    def end(self):
        """The stream's."""
        self.listeners[-1][1].set()

    def close(self):
        for _, end in self.listeners:
            end.set()
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()


class Case(rig.Case):
    def setUp(self):
        super().setUp()
        self.notes = os.path.join(self.folder, "told")

    def script(self, name, text):
        """A program; $told is a file for what it has to say."""
        path = os.path.join(self.folder, name)
        with open(path, "w") as file:
            file.write(f"#!/bin/sh\ntold={self.notes}\n{text}\n")
        os.chmod(path, stat.S_IRWXU)
        return path

    def receiver(self, statuses=(), certificate=None):
        receiver = Receiver(statuses, certificate)
        self.addCleanup(receiver.close)
        return receiver

    def told(self):
        """The lines that the scripts have written."""
        if not os.path.exists(self.notes):
            return []
        with open(self.notes) as file:
            return file.read().splitlines()

    def calls(self, daemon):
        return daemon.ask("help-calls")["help_calls"]

    def pump(self, kiosk, condition, daemon, seconds=10.0):
        self.assertTrue(kiosk.pump(condition, seconds), daemon.log())

    def change(self, daemon, sql):
        """The database of a daemon that does not run."""
        with sqlite3.connect(daemon.database) as connection:
            connection.execute(sql)


class Way(Case):
    """The whole way of a call."""

    def test_call_is_announced_acknowledged_and_closed_and_the_kiosk_is_told(self):
        receiver = self.receiver()
        command = self.script("call", 'env | sort >> $told')
        daemon, kiosk = self.adopted(help_command=f"{command} one", help_webhook=receiver.url, bad_run="off")
        daemon.byname("staff", "add", "Zoë")
        begun = time.monotonic()
        visit = kiosk.call_for_help()
        self.pump(kiosk, lambda: kiosk.help == [(visit, peer.CALL_OPEN)], daemon)
        self.assertTrue(rig.wait_until(lambda: len(self.told()) >= 9 and receiver.posts), daemon.log())
        self.assertLess(time.monotonic() - begun, 5)
        told = dict(line.split("=", 1) for line in self.told())
        self.assertEqual((told["BYNAME_EVENT"], told["BYNAME_CALL"], told["BYNAME_KIOSK"], told["BYNAME_VISIT"]),
                         ("help", "1", "Counter", str(visit)))
        self.assertEqual(told["BYNAME_STORE"], "Test")
        self.assertLess(int(told["BYNAME_WAITED_S"]), 10)
        self.assertIn("Counter: a customer asks somebody to come", told["BYNAME_TEXT"])
        self.assertNotIn("NOTIFY_SOCKET", told)
        path, kind, post = receiver.posts[0]
        self.assertEqual((path, kind), ("/byname", "application/json"))
        self.assertEqual((post["event"], post["call"], post["kiosk"], post["visit"]), ("help", 1, "Counter", visit))
        self.assertEqual(post["time"], self.calls(daemon)[0]["called"])
        done = daemon.byname("help-calls", "acknowledge", "1", "--staff", "Zoë")
        self.assertEqual((done.returncode, done.stdout), (0, "help call 1: Zoë is on the way\n"))
        self.pump(kiosk, lambda: kiosk.help[-1] == (visit, peer.CALL_ON_THE_WAY), daemon)
        self.assertEqual(daemon.byname("help-calls", "acknowledge", "1").returncode, 1)
        done = daemon.byname("help-calls", "close", "1", "handed-on", "--remark", "to the till")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.pump(kiosk, lambda: kiosk.help[-1] == (visit, peer.CALL_CLOSED), daemon)
        call = self.calls(daemon)[0]
        self.assertEqual((call["state"], call["outcome"], call["remark"], call["acknowledged_by"]),
                         ("closed", "handed_on", "to the till", "Zoë"))
        self.assertLess(call["recovery_s"], 30)
        self.assertEqual(len(receiver.posts), 1)
        self.assertEqual(sum(line.startswith("BYNAME_CALL=") for line in self.told()), 1)
        self.assertIn("handed on after", daemon.byname("help-calls").stdout)
        self.assertEqual(daemon.byname("verify").returncode, 0)

    def test_staff_member_at_the_kiosk_acknowledges(self):
        daemon, kiosk = self.adopted(bad_run="off")
        daemon.byname("staff", "add", "Dan")
        self.pump(kiosk, lambda: "Dan" in kiosk.roster, daemon)
        visit = kiosk.call_for_help()
        self.pump(kiosk, lambda: kiosk.help, daemon)
        kiosk.press(peer.HERE, kiosk.roster["Dan"][0])
        self.pump(kiosk, lambda: kiosk.help[-1] == (visit, peer.CALL_ON_THE_WAY), daemon)
        call = self.calls(daemon)[0]
        self.assertEqual((call["state"], call["acknowledged_by"]), ("acknowledged", "Dan"))

    def test_kiosk_that_starts_again_is_told_of_its_open_call(self):
        daemon, kiosk = self.adopted(bad_run="off")
        visit = kiosk.call_for_help()
        self.pump(kiosk, lambda: kiosk.help, daemon)
        kiosk.help.clear()
        kiosk.reboot()
        self.pump(kiosk, lambda: kiosk.help == [(visit, peer.CALL_OPEN)], daemon)
        daemon.byname("help-calls", "close", "1", "solved")
        self.pump(kiosk, lambda: kiosk.help[-1] == (visit, peer.CALL_CLOSED), daemon)
        kiosk.help.clear()
        kiosk.reboot()
        self.pump(kiosk, lambda: kiosk.is_up and kiosk.settings is not None, daemon)
        self.assertFalse(kiosk.pump(lambda: kiosk.help, 1.0))

    def watch(self, path):
        """The lines of a watch at this socket, as they come."""
        watch = subprocess.Popen([os.path.join(rig.BIN, "byname"), "--socket", path, "help-calls", "watch"],
                                 stdout=subprocess.PIPE, text=True)
        self.addCleanup(watch.stdout.close)
        self.addCleanup(watch.wait)
        self.addCleanup(watch.kill)
        lines = []
        reader = threading.Thread(target=lambda: lines.extend(iter(watch.stdout.readline, "")), daemon=True)
        reader.start()
        return lines

    def test_watch_asks_when_it_is_told_that_something_changed_and_not_before(self):
        feed = Feed(os.path.join(self.folder, "feed"))
        self.addCleanup(feed.close)
        lines = self.watch(os.path.join(self.folder, "feed"))
        self.assertTrue(rig.wait_until(lambda: feed.listeners and feed.asked == 2), "at first, and once it listens")
        call = {"id": 7, "event": "help", "kiosk": "Till", "state": "open", "called": "2026-11-02T12:00:05+01:00", "waited_s": 1}
        feed.calls = [call]
        feed.say(b"event: visit\ndata: {}\n\n: beat\n\n")
        self.assertFalse(rig.wait_until(lambda: feed.asked != 2, 2.0))
        feed.say(b"event: he")
        feed.say(b"lp\ndata: {}\n\n")
        self.assertTrue(rig.wait_until(lambda: len(lines) == 1))
        self.assertEqual(feed.asked, 3)
        self.assertIn("#7  Till", lines[0])
        feed.calls = [{**call, "state": "acknowledged", "acknowledged_s": 4}]
        feed.end()
        self.assertTrue(rig.wait_until(lambda: len(lines) == 2 and len(feed.listeners) == 2))

    def test_listeners_leave_room_at_the_socket_and_who_gets_none_asks(self):
        daemon, kiosk = self.adopted(bad_run="off")
        listeners = [socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) for _ in range(16)]
        for listener in listeners:
            self.addCleanup(listener.close)
            listener.connect(daemon.socket)
            listener.sendall(b"GET /api/v1/events HTTP/1.1\r\nHost: bynamed\r\n\r\n")
            self.assertTrue(listener.recv(64).startswith(b"HTTP/1.1 200 "))
        lines = self.watch(daemon.socket)
        kiosk.call_for_help()
        self.pump(kiosk, kiosk.is_acknowledged, daemon)
        self.assertTrue(rig.wait_until(lambda: len(lines) == 1), lines)
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as one_more:
            one_more.connect(daemon.socket)
            one_more.sendall(b"GET /api/v1/events HTTP/1.1\r\nHost: bynamed\r\n\r\n")
            self.assertTrue(one_more.recv(64).startswith(b"HTTP/1.1 503 "))

    def test_watch_shows_each_change_as_it_comes(self):
        daemon, kiosk = self.adopted(bad_run="off")
        lines = self.watch(daemon.socket)
        kiosk.call_for_help()
        self.pump(kiosk, kiosk.is_acknowledged, daemon)
        self.assertTrue(rig.wait_until(lambda: len(lines) == 1), lines)
        daemon.kill()
        daemon.start()
        self.assertEqual(daemon.byname("help-calls", "acknowledge", "1").returncode, 0)
        self.assertTrue(rig.wait_until(lambda: len(lines) == 2), lines)
        self.assertIn("#1  Counter  a customer asks somebody to come: nobody has answered", lines[0])
        self.assertIn("#1  Counter  a customer asks somebody to come: somebody is on the way", lines[1])

    def test_bad_run_is_announced_once(self):
        command = self.script("call", 'echo "$BYNAME_EVENT $BYNAME_TEXT" >> $told')
        daemon, kiosk = self.adopted(help_command=command)
        for rating in (1, 5, 2):
            kiosk.rate(rating)
        self.pump(kiosk, kiosk.is_acknowledged, daemon)
        self.assertFalse(rig.wait_until(self.told, 0.5))
        for rating in (5, 1, 1):
            kiosk.rate(rating)
            self.pump(kiosk, kiosk.is_acknowledged, daemon)
        self.assertTrue(rig.wait_until(self.told), daemon.log())
        self.assertFalse(rig.wait_until(lambda: len(self.told()) > 1, 1.0))
        self.assertTrue(self.told()[0].startswith("bad_run Counter: "), self.told())
        call = self.calls(daemon)[0]
        self.assertEqual((call["event"], call["state"], call["unhappy"] * 2 >= call["ratings"]), ("bad_run", "open", True))
        self.assertEqual(kiosk.help, [])
        self.assertEqual(daemon.byname("help-calls", "close", "1", "solved").returncode, 0)


    def test_note_is_shown_at_the_kiosk_until_it_is_removed(self):
        daemon, kiosk = self.adopted()
        self.pump(kiosk, lambda: kiosk.note == "", daemon)
        done = daemon.byname("note", "New queue signs", "--show")
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        self.pump(kiosk, lambda: kiosk.note == "New queue signs", daemon, 2)
        self.assertEqual(daemon.byname("note", "add", "another supplier: this is for the reports alone").returncode, 0)
        self.assertFalse(kiosk.pump(lambda: kiosk.note != "New queue signs", 1.0))
        self.assertEqual([(note["id"], note["shown"]) for note in daemon.ask("note", "list")["notes"]],
                         [(2, False), (1, True)])
        self.assertEqual(daemon.byname("note", "this is longer than a line", "--show").returncode, 1)
        self.assertEqual(daemon.byname("note", "remove", "1").returncode, 0)
        self.pump(kiosk, lambda: kiosk.note == "", daemon, 2)


@unittest.skipUnless("BYNAME_ELF" in os.environ, "without the firmware image")
class Image(Case):
    """The same with the firmware image on an emulated board: what a customer sees."""

    def start(self, daemon, link):
        self.board = subprocess.Popen(
            [os.path.join(rig.BIN, "kiosk-emulator"), "--elf", os.environ["BYNAME_ELF"], "--eeprom",
             os.path.join(self.folder, "eeprom"), "--link", link, "--script", "-"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        for close in (self.board.stdin.close, self.board.stdout.close, self.board.wait, self.board.kill):
            self.addCleanup(close)
        self.log = daemon.log

    def do(self, *lines):
        for line in lines:
            self.board.stdin.write(line + "\n")
            self.board.stdin.flush()
            said = self.board.stdout.readline()
            self.assertTrue(said.startswith("ok "), f"{line}: {said}\n{self.log()}")

    def see(self, name, seconds=20):
        self.do(f"wait-screen {GOLDEN}/{name}.pbm {seconds * 1000}")

    def call(self):
        """An unhappy customer, who wants somebody to come and says nothing more."""
        self.do("press 1", "wait 1400", "press 1", "wait 1400", "press 5", "wait 1400", "press 5", "wait 1400", "press 5")

    def test_customer_sees_that_somebody_comes_and_a_colleague_says_so_at_the_kiosk(self):
        link = os.path.join(self.folder, "kiosk")
        daemon = self.daemon({"Counter": link}, adopt="auto", bad_run="off").start()
        self.assertEqual(daemon.byname("staff", "add", "Dan").returncode, 0)
        self.start(daemon, link)
        self.see("idle-en")
        self.assertTrue(rig.wait_until(lambda: daemon.state("Counter") == "up"), daemon.log())
        self.do("wait 3000")  # for the name, which is written to the EEPROM
        self.call()
        self.see("idle-en")
        self.assertEqual(daemon.byname("help-calls", "acknowledge", "1").returncode, 0, daemon.log())
        self.see("calling-2-en", 3)
        self.see("idle-en", 10)
        self.call()
        self.see("idle-en")
        self.do("hold 1 5 2300", "wait 600", "press 1", "wait 600", "press 1")
        self.see("calling-2-en", 3)
        self.assertTrue(rig.wait_until(lambda: daemon.ask("help-calls")["help_calls"][0]["state"] == "acknowledged"),
                        daemon.log())
        self.assertEqual([call["acknowledged_by"] for call in self.calls(daemon)], ["Dan", None])
        self.see("idle-en", 15)
        self.assertEqual(daemon.byname("note", "New queue signs", "--show").returncode, 0)
        self.see("idle-note-en", 5)
        self.assertEqual(daemon.byname("note", "remove", "1").returncode, 0)
        self.see("idle-en", 5)


class Failures(Case):
    def test_what_fails_is_tried_again_and_status_says_so_meanwhile(self):
        receiver = self.receiver([500, 302])
        command = self.script("call", 'echo "$BYNAME_CALL" >> $told; [ $(wc -l < $told) -ge 2 ]')
        daemon, kiosk = self.adopted(help_command=command, help_webhook=receiver.url)
        kiosk.call_for_help()
        said = []

        def is_said(text):
            said.append(daemon.byname("status"))
            return text in said[-1].stdout

        self.pump(kiosk, lambda: is_said("help_webhook: the answer was status 500"), daemon)
        self.assertEqual(said[-1].returncode, 1)
        self.pump(kiosk, lambda: len(receiver.posts) == 3 and len(self.told()) == 2, daemon, 15)
        self.pump(kiosk, lambda: daemon.byname("status").returncode == 0, daemon)
        self.assertEqual({post["call"] for _, _, post in receiver.posts}, {1})
        self.assertFalse(kiosk.pump(lambda: len(receiver.posts) > 3 or len(self.told()) > 2, 5.0))

    def test_an_address_whose_certificate_nobody_vouches_for_is_told_nothing(self):
        path = os.path.join(self.folder, "own.pem")
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
                        "-subj", "/CN=own", "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", path, "-out", path + ".part"],
                       check=True, capture_output=True)
        with open(path, "a") as both, open(path + ".part") as certificate:
            both.write(certificate.read())
        receiver = self.receiver(certificate=path)
        daemon, kiosk = self.adopted(help_webhook=receiver.url)
        kiosk.call_for_help()
        self.pump(kiosk, lambda: "help_webhook: " in daemon.byname("status").stdout, daemon)
        self.assertRegex(daemon.log(), r"help_webhook: .*certificate")
        self.assertEqual(receiver.posts, [])

    def test_a_command_that_hangs_and_a_server_that_is_silent_block_nobody(self):
        command = self.script("call", 'echo $$ >> $told; exec sleep 1000')
        silent = socket.create_server(("127.0.0.1", 0))
        self.addCleanup(silent.close)
        daemon, kiosk = self.adopted(help_command=command,
                                     help_webhook=f"http://127.0.0.1:{silent.getsockname()[1]}/", bad_run="off")
        for _ in range(6):
            kiosk.call_for_help()
        self.pump(kiosk, lambda: kiosk.is_acknowledged() and len(self.told()) == 4, daemon)
        begun = time.monotonic()
        self.assertEqual(daemon.byname("status").returncode, 0)
        self.assertLess(time.monotonic() - begun, 2)
        self.assertEqual(daemon.stop(), 0, daemon.log())
        for pid in map(int, self.told()):
            self.assertFalse(os.path.exists(f"/proc/{pid}"), "what it started ends with it")

    def test_call_that_arrives_late_is_missed_and_never_raised(self):
        command = self.script("call", 'echo "$BYNAME_CALL" >> $told')
        line = self.line()
        daemon = self.daemon({"Counter": line.path}, adopt="auto", help_command=command, bad_run="off").start()
        kiosk = peer.Kiosk(line)
        kiosk.started -= 1000  # it has been up for a while
        self.pump(kiosk, lambda: kiosk.is_up, daemon)
        kiosk.call_for_help()
        for seq in (1, 2):
            visit_back, question, value, boot, uptime = kiosk.answers[seq]
            kiosk.answers[seq] = (visit_back, question, value, boot, uptime - 123)
        self.pump(kiosk, kiosk.is_acknowledged, daemon)
        self.assertEqual([call["state"] for call in self.calls(daemon)], ["missed"])
        self.assertFalse(kiosk.pump(lambda: self.told() or kiosk.help, 1.0))
        self.assertEqual(daemon.byname("help-calls", "acknowledge", "1").returncode, 1)

    def test_second_command_runs_when_nobody_answers_for_three_minutes(self):
        command = self.script("second", 'echo "$BYNAME_CALL $BYNAME_WAITED_S $BYNAME_TEXT" >> $told')
        daemon, kiosk = self.adopted(help_second_command=command, bad_run="off")
        kiosk.call_for_help()
        kiosk.call_for_help()
        self.pump(kiosk, kiosk.is_acknowledged, daemon)
        self.assertEqual(daemon.byname("help-calls", "acknowledge", "1").returncode, 0)
        self.assertEqual(daemon.stop(), 0)
        self.change(daemon, "UPDATE help_call SET called_ms = called_ms - 178000")
        daemon.start()
        self.assertTrue(rig.wait_until(self.told, 8), daemon.log())
        self.assertRegex(self.told()[0], "^2 1[89][0-9] Counter: .*, and nobody has answered")
        self.assertFalse(rig.wait_until(lambda: len(self.told()) > 1, 1.0))


class Crashes(Case):
    def test_call_committed_and_not_raised_is_raised_after_a_restart_if_it_is_not_late(self):
        command = self.script("call", 'echo "$BYNAME_CALL" >> $told')
        daemon, kiosk = self.adopted(bad_run="off")
        for _ in range(3):
            kiosk.call_for_help()
        self.pump(kiosk, kiosk.is_acknowledged, daemon)
        daemon.kill()
        self.change(daemon, "UPDATE help_call SET raised_ms = NULL")  # as if it had been killed a moment earlier
        self.change(daemon, "UPDATE help_call SET called_ms = called_ms - 121000 WHERE id = 1")
        daemon.keys["help_command"] = command
        daemon.start()
        self.assertTrue(rig.wait_until(lambda: len(self.told()) == 2), daemon.log())
        self.assertEqual(sorted(self.told()), ["2", "3"])
        self.assertEqual({call["id"]: call["state"] for call in self.calls(daemon)},
                         {1: "missed", 2: "open", 3: "open"})
        self.assertTrue(rig.wait_until(lambda: daemon.query("SELECT min(told) FROM help_call WHERE id > 1") == [(1,)]))
        daemon.kill()
        daemon.start()
        self.assertFalse(rig.wait_until(lambda: len(self.told()) > 2, 1.0), "it was announced before")

    def test_killed_daemon_keeps_each_call_once_and_announces_each(self):
        command = self.script("call", 'echo "$BYNAME_CALL" >> $told')
        daemon, kiosk = self.adopted(help_command=command, bad_run="off")
        chance = random.Random(3)
        for count in range(1, 9):
            kiosk.call_for_help()
            kiosk.pump(seconds=chance.random() * 0.05)
            daemon.kill()
            daemon.start()
        self.pump(kiosk, kiosk.is_acknowledged, daemon, 20)
        self.assertTrue(rig.wait_until(lambda: set(self.told()) == {str(i + 1) for i in range(8)}), daemon.log())
        self.assertEqual(daemon.query("SELECT count(*), count(DISTINCT seq) FROM help_call"), [(8, 8)])
        self.assertTrue(rig.wait_until(
            lambda: daemon.query("SELECT count(*) FROM help_call WHERE told = 1 AND raised_ms NOTNULL") == [(8,)]))
        rig.say_proof("daemon.calls", "killed while it raises help calls", 8)


if __name__ == "__main__":
    unittest.main()
