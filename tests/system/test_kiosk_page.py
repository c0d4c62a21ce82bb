# SPDX-License-Identifier: MIT
"""kiosk-emulator --http: the kiosk's page and what it is told, asked as a script asks, with the real firmware image.

What people do on the page is in tests/browser.
"""

import http.client
import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import rig  # noqa: E402
from test_customers import ELF  # noqa: E402
from test_http import Web  # noqa: E402

WIDTH, HEIGHT = 128, 64
RATING = 2  # the question, as stored
GOLDEN = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "golden")


def golden(name):
    """A golden screen as the page gets it."""
    with open(os.path.join(GOLDEN, name + ".pbm")) as file:
        magic, size, dots = file.read().split("\n", 2)
    assert (magic, size) == ("P1", f"{WIDTH} {HEIGHT}")
    dots = "".join(dots.split())
    return f"{int(dots, 2):0{len(dots) // 4}x}"


def is_idle(last):
    """But for the marks at the bottom, which say that no collector is there."""
    count = 50 * WIDTH // 4
    return last.get("picture", "")[:count] == golden("idle-en")[:count]


class Events:
    """GET /events; the last of each kind."""

    def __init__(self, page):
        self.connection = http.client.HTTPConnection("127.0.0.1", page.port, timeout=15)
        self.connection.request("GET", "/events")
        self.answer = self.connection.getresponse()
        assert self.answer.status == 200, self.answer.status
        self.last = {}
        self.pictures = 0

    def wait(self, condition):
        """Until condition(last) holds; each line must come within the connection's timeout."""
        end = time.monotonic() + 15
        kind = None
        while time.monotonic() < end:
            if condition(self.last):
                return True
            line = self.answer.fp.readline().decode().rstrip("\n")
            if line.startswith("event: "):
                kind = line[7:]
            elif line.startswith("data: "):
                self.last[kind] = line[6:] if kind == "picture" else json.loads(line[6:])
                self.pictures += kind == "picture"
        return False

    def close(self):
        self.connection.close()


class Page(Web):
    """The kiosk's page; Emulator gives its own log as a daemon does."""

    def __init__(self, folder, *options, http="0"):
        self.error_path = os.path.join(folder, "emulator.log")
        with open(self.error_path, "w") as log:
            self.process = subprocess.Popen(
                [os.path.join(rig.BIN, "kiosk-emulator"), "--elf", ELF, "--eeprom", os.path.join(folder, "eeprom"),
                 "--link", os.path.join(folder, "Counter"), "--http", http, *options],
                stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=log)
        if not rig.wait_until(lambda: "the kiosk is at" in self.log() or self.process.poll() is not None):
            raise AssertionError(self.log())
        self.origin, self.port = "", 0
        if found := re.search(r"the kiosk is at (http://[^/]*:(\d+))/", self.log()):
            self.origin, self.port = found.group(1), int(found.group(2))

    def log(self):
        with open(self.error_path) as file:
            return file.read()

    def post(self, path, **headers):
        """As a browser says it: with the Origin of the page."""
        return self.ask(path, "POST", **{"Origin": self.origin, **headers})

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(5)

    def close(self):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()


class Case(rig.Case):
    def page(self, *options, **keys):
        page = Page(self.folder, *options, **keys)
        self.addCleanup(page.close)
        return page

    def events(self, page):
        events = Events(page)
        self.addCleanup(events.close)
        return events

    def at_idle(self, page):
        events = self.events(page)
        self.assertTrue(events.wait(is_idle), "no idle screen")
        return events


class Kiosk(Case):
    def test_display_is_live_and_buttons_press(self):
        page = self.page()
        events = self.at_idle(page)
        self.assertEqual(events.last["state"], {"power": "on", "cable": "in", "pressed": 0})
        time.sleep(1)  # a new screen ignores presses at first
        idle = events.last["picture"]
        self.assertEqual(page.post("/button/5/down").status, 200)
        self.assertTrue(events.wait(lambda last: last["state"]["pressed"] == 16))
        self.assertEqual(page.post("/button/5/up").status, 200)
        self.assertTrue(events.wait(lambda last: last["state"]["pressed"] == 0 and last["picture"] != idle))

    def test_all_tabs_see_the_same(self):
        page = self.page()
        first = self.at_idle(page)
        second = self.at_idle(page)
        page.post("/button/3/down")
        for events in (first, second):
            self.assertTrue(events.wait(lambda last: last["state"]["pressed"] == 4))

    def test_quickest_tap_is_heard(self):
        page = self.page()
        events = self.at_idle(page)
        time.sleep(1)
        idle = events.last["picture"]
        page.post("/button/5/down")
        page.post("/button/5/up")
        self.assertTrue(events.wait(lambda last: last["picture"] != idle and last["state"]["pressed"] == 0))

    def test_outer_buttons_of_one_request_open_the_staff_menu_and_are_no_rating(self):
        store = self.daemon({"Counter": os.path.join(self.folder, "Counter")}, adopt="auto").start()
        store.byname("staff", "add", "Dan")
        page = self.page()
        events = self.events(page)
        idle = golden("idle-en")
        self.assertTrue(events.wait(lambda last: last.get("picture") == idle), store.log())
        time.sleep(6)  # the roster comes, and a new screen ignores presses at first
        page.post("/button/15/down")
        self.assertTrue(events.wait(lambda last: last["state"]["pressed"] == 17))
        begun = time.monotonic()
        self.assertTrue(events.wait(lambda last: last["picture"] != idle))
        self.assertGreater(time.monotonic() - begun, 1.5)  # a rating's screen comes at once
        page.post("/button/15/up")
        self.assertTrue(events.wait(lambda last: last["state"]["pressed"] == 0))
        self.assertEqual(store.query(f"SELECT count(*) FROM answer WHERE question = {RATING}"), [(0,)])

    def test_button_whose_page_is_gone_is_released(self):
        page = self.page()
        events = self.at_idle(page)
        begun = time.monotonic()
        page.post("/button/2/down")
        self.assertTrue(events.wait(lambda last: last["state"]["pressed"] == 2))
        self.assertTrue(events.wait(lambda last: last["state"]["pressed"] == 0))
        self.assertTrue(2.5 < time.monotonic() - begun < 8)

    def test_plug_and_cable_are_pulled_and_put_back(self):
        page = self.page()
        events = self.at_idle(page)
        dark = "0" * (WIDTH * HEIGHT // 4)
        for path, state in (("/cable/out", {"cable": "unplugged"}), ("/cable/in", {"cable": "in"}),
                            ("/power/off", {"power": "off"}), ("/power/on", {"power": "on"})):
            self.assertEqual(page.post(path).status, 200, path)
            self.assertTrue(events.wait(lambda last: state.items() <= last["state"].items()), path)
            if path == "/power/off":
                self.assertTrue(events.wait(lambda last: last["picture"] == dark))
        self.assertTrue(events.wait(is_idle))
        self.assertEqual(page.stop(), 0)
        self.assertFalse(os.path.lexists(os.path.join(self.folder, "Counter")))


class Requests(Case):
    def assert_serves(self, page):
        begun = time.monotonic()
        answer = page.ask("/")
        self.assertEqual(answer.status, 200)
        self.assertLess(time.monotonic() - begun, 4)

    def test_page_and_its_files_say_that_a_browser_stays_here(self):
        page = self.page()
        types = {"/": "text/html", "/index.html": "text/html", "/kiosk.css": "text/css", "/kiosk.js": "text/javascript",
                 "/icon.svg": "image/svg+xml"}
        for path, kind in types.items():
            answer = page.ask(path)
            self.assertEqual(answer.status, 200, path)
            self.assertEqual(answer.headers["Content-Type"].split(";")[0], kind)
            self.assertEqual(answer.headers["X-Content-Type-Options"], "nosniff")
            policy = answer.headers["Content-Security-Policy"]
            self.assertIn("default-src 'none'", policy)
            self.assertIn("connect-src 'self'", policy)
            self.assertNotIn("unsafe", policy)

    def test_what_is_not_there_is_said_to_be_missing(self):
        page = self.page()
        for path in ("/nothing", "/../../etc/passwd", "/%2e%2e/etc/passwd", "/button/1/down", "/index.html/"):
            self.assertEqual(page.ask(path).status, 404, path)
        for path in ("/", "/button/0/down", "/button/6/down", "/button/1", "/button//down", "/button/1/downs", "/button/123451/up",
                     "/power", "/power/maybe", "/cable/"):
            self.assertEqual(page.post(path).status, 404, path)
        events = self.at_idle(page)
        self.assertEqual(events.last["state"]["pressed"], 0)

    def test_other_methods_and_broken_requests_get_an_answer_and_harm_nothing(self):
        page = self.page()
        head = f"Host: 127.0.0.1:{page.port}\r\nOrigin: {page.origin}\r\n".encode()
        for request, answer in (
                (b"PUT / HTTP/1.1\r\n" + head + b"\r\n", b" 405 "),
                (b"DELETE /button/1/down HTTP/1.1\r\n" + head + b"\r\n", b" 405 "),
                (b"BREW /pot HTTP/1.1\r\n" + head + b"\r\n", b" 501 "),
                (b"POST /button/1/down HTTP/1.1\r\n" + head + b"Content-Length: 99999999\r\n\r\n", b" 413 "),
                (b"POST /button/1/down HTTP/1.1\r\n" + head + b"Content-Length: 16385\r\n\r\n" + b" " * 16385, b" 413 "),
                (b"GET /" + b"a" * 100000 + b" HTTP/1.1\r\n" + head + b"\r\n", b" 400 "),
                (b"GET / HTTP/1.1\r\nX: " + b"a" * 100000 + b"\r\n" + head + b"\r\n", b" 400 "),
                (b"\0" * 4096, b"")):
            said = page.say(request)
            self.assertIn(answer, said.split(b"\r\n")[0] + b" ", request[:80])
        self.assert_serves(page)
        self.assertEqual(self.at_idle(page).last["state"]["pressed"], 0)

    def test_another_name_or_another_site_presses_nothing(self):
        page = self.page()
        events = self.at_idle(page)
        for host in ("evil.example", f"evil.example:{page.port}", "127.0.0.1:1", "0.0.0.0", ""):
            for path, method in (("/", "GET"), ("/events", "GET"), ("/button/1/down", "POST")):
                self.assertEqual(page.ask(path, method, Host=host, Origin=page.origin).status, 421, (host, path))
        for headers in ({"Origin": "http://evil.example"}, {"Origin": "null"}, {"Origin": ""}, {"Origin": "http://127.0.0.1:1"},
                        {"Sec_Fetch_Site": "cross-site"}, {"Sec_Fetch_Site": "same-site"}):
            self.assertEqual(page.post("/button/1/down", **headers).status, 403, headers)
        self.assertEqual(page.ask("/button/1/down", "POST").status, 403)
        self.assertEqual(page.post("/button/1/down", Sec_Fetch_Site="same-origin").status, 200)
        self.assertTrue(events.wait(lambda last: last["state"]["pressed"] == 1))
        self.assertEqual(page.ask("/", Host=f"localhost:{page.port}").status, 200)

    def test_client_that_drips_is_cut_off_while_others_are_served(self):
        page = self.page()
        head = f"POST /button/1/down HTTP/1.1\r\nHost: 127.0.0.1:{page.port}\r\n".encode()
        cuts = page.drip((b"", b"G", head + b"X: ", head + b"Content-Length: 100\r\n\r\n"),
                         meanwhile=lambda: self.assert_serves(page))
        self.assertTrue(4 < min(cuts) and max(cuts) < 9, cuts)

    def test_crowds_of_viewers_are_told_and_do_not_keep_others_out(self):
        page = self.page()
        crowd = []
        try:
            while len(crowd) < 60:
                connection = http.client.HTTPConnection("127.0.0.1", page.port, timeout=15)
                connection.request("GET", "/events")
                crowd.append((connection, connection.getresponse()))
                if crowd[-1][1].status != 200:
                    break
            self.assertEqual((len(crowd), crowd[-1][1].status), (33, 503))  # 32 may look
            self.assert_serves(page)
        finally:
            for connection, answer in crowd:
                answer.close()
                connection.close()


class Addresses(Case):
    def test_port_alone_is_of_this_machine_only(self):
        page = self.page()
        self.assertEqual(page.origin, f"http://127.0.0.1:{page.port}")
        listeners = []
        for name in ("tcp", "tcp6"):
            with open(f"/proc/{page.process.pid}/net/{name}") as file:
                rows = [line.split() for line in file.readlines()[1:]]
            listeners += [row[1].split(":")[0] for row in rows if row[3] == "0A" and int(row[1].split(":")[1], 16) == page.port]
        self.assertEqual(listeners, ["0100007F"])

    def test_taken_port_is_refused_in_words(self):
        with socket.socket() as other:
            other.bind(("127.0.0.1", 0))
            other.listen()
            port = other.getsockname()[1]
            page = self.page(http=f"127.0.0.1:{port}")
            self.assertEqual(page.process.wait(5), 1)
            self.assertIn(f"port {port}: 127.0.0.1: another program listens at this port", page.log())
        self.assertFalse(os.path.lexists(os.path.join(self.folder, "Counter")))

    def test_what_is_no_address_of_one_machine_is_refused(self):
        for text in ("", "x", "8080x", "localhost:8080", "127.0.0.1", "127.0.0.1:99999", "0.0.0.0:8080", "[::]:8080", ":8080",
                     "99999", "a" * 200 + ":1"):
            page = self.page(http=text)
            self.assertEqual(page.process.wait(5), 2, text)
            self.assertIn("--http takes a port, or a numeric address of this machine and a port", page.log())


if __name__ == "__main__":
    unittest.main()
