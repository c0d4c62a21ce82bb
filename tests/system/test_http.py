# SPDX-License-Identifier: MIT
"""HTTP over TCP: who is let in, what a browser is told, and what clients that mean harm are answered."""

import http.client
import json
import os
import re
import socket
import ssl
import subprocess
import sys
import time
import unittest

import jsonschema

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import peer  # noqa: E402
import rig  # noqa: E402

SECURITY = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
}


class Answer:
    def __init__(self, response):
        self.status = response.status
        self.headers = response.headers
        self.body = response.read()

    def json(self):
        return json.loads(self.body)


class Web:
    """A daemon's pages as a browser or a script asks for them; each request has a connection of its own."""

    def __init__(self, daemon):
        self.daemon = daemon
        self.port = int(re.findall(r"pages at https?://[^ ]*:(\d+)", daemon.log())[-1])
        self.origin = f"http://127.0.0.1:{self.port}"

    def ask(self, path, method="GET", token=None, cookie=None, body=None, **headers):
        headers = {name.replace("_", "-"): value for name, value in headers.items()}
        if token is not None:
            headers["Authorization"] = "Bearer " + token
        if cookie is not None:
            headers["Cookie"] = cookie
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=15)
        try:
            connection.request(method, path, None if body is None else json.dumps(body), headers)
            return Answer(connection.getresponse())
        finally:
            connection.close()

    def connect(self):
        return socket.create_connection(("127.0.0.1", self.port), timeout=15)

    def say(self, request):
        """Any bytes; what came back until the other end closed."""
        with self.connect() as client:
            said = b""
            try:
                client.sendall(request)
                while piece := client.recv(65536):
                    said += piece
            except ConnectionError:
                pass
            return said

    def drip(self, starts, meanwhile=lambda: None):
        """Clients that begin so and go on byte by byte: after how many seconds each was cut off; 0: not within 15 s."""
        drips = {self.connect(): 0 for _ in starts}
        for client, start in zip(drips, starts):
            client.setblocking(False)
            client.sendall(start)
        begun = time.monotonic()
        while min(drips.values()) == 0 and time.monotonic() - begun < 15:
            time.sleep(0.2)
            meanwhile()
            for client in [client for client, cut in drips.items() if cut == 0]:
                try:
                    client.sendall(b"x")
                except OSError:
                    drips[client] = time.monotonic() - begun
        for client in drips:
            client.close()
        return list(drips.values())


class Case(rig.Case):
    def web(self, http=None, **keys):
        self.served = self.daemon({}, http={"listen": "127.0.0.1:0", **(http or {})}, **keys).start()
        return Web(self.served)

    def token(self, scope):
        return self.served.ask("token", "create", scope)["token"]

    def staff(self, *names):
        for name in names:
            done = self.served.byname("staff", "add", name)
            self.assertEqual(done.returncode, 0, done.stderr)


class Tokens(Case):
    def test_without_a_token_every_path_gives_the_same_answer(self):
        web = self.web()
        self.staff("Dan")
        manager = self.token("manager")
        wrong = "0" * 32
        answers = {(answer.status, answer.body, answer.headers["WWW-Authenticate"])
                   for path in ("/api/v1/status", "/api/v1/staff", "/api/v1/nothing", "/api/v1/staff/Dan/retire")
                   for answer in (web.ask(path), web.ask(path, token=wrong), web.ask(path, token=manager[:-1]),
                                  web.ask(path, token=manager.upper() + "x"), web.ask(path, token=""),
                                  web.ask(path, cookie=f"byname-{web.port}={wrong}"))}
        self.assertEqual(len(answers), 1, answers)
        self.assertEqual(answers.pop()[0], 401)
        self.assertEqual({web.ask(path).status for path in ("/", "/chart.js", "/nothing", "/../etc/passwd")}, {401})
        for path in ("/", "/enter?token=" + wrong, "/staff.html"):
            page = web.ask(path)
            self.assertEqual(page.headers["Content-Type"], "text/html; charset=utf-8")
            self.assertIn(b"<h1>This page is private</h1>", page.body)
            self.assertEqual(set(re.findall(rb'(?:href|src)="([^"]*)"', page.body)), {b"/style.css", b"/icon.svg"})
        self.assertEqual({web.ask(path).status for path in ("/style.css", "/icon.svg")}, {200})
        self.assertEqual({web.ask(path, "POST").status for path in ("/style.css", "/icon.svg")}, {403})
        self.assertEqual(web.ask("/style.css", Host="evil.example").status, 421)
        self.assertEqual(web.ask("/api/v1/staff", "POST", body={"name": "Eve"}, token=wrong).status, 401)
        self.assertEqual(web.ask("/api/v1/status", token=manager).status, 200)

    def test_each_scope_sees_its_own(self):
        web = self.web()
        self.staff("Dan", "Eve")
        manager, dan, board = self.token("manager"), self.token("staff:Dan"), self.token("board")
        self.assertEqual(web.ask("/api/v1/report/summary", token=manager).status, 200)
        self.assertEqual(web.ask("/api/v1/me", token=dan).json()["staff"]["name"], "Dan")
        for path in ("/api/v1/report/staff?staff=Eve", "/api/v1/report/staff?staff=Nobody", "/api/v1/staff",
                     "/api/v1/board", "/api/v1/nothing"):
            self.assertEqual((web.ask(path, token=dan).status, web.ask(path, token=dan).body),
                             (403, b'{"error":"your token does not open this"}'), path)
        self.assertNotIn(b"Eve", web.ask("/api/v1/me/report?staff=Eve", token=dan).body)
        self.assertEqual(web.ask("/api/v1/board", token=board).status, 200)
        self.assertEqual(web.ask("/api/v1/report/staff", token=board).status, 403)

    def test_what_changes_who_may_look_is_not_for_tcp(self):
        web = self.web()
        manager = self.token("manager")
        for path, body in (("/api/v1/tokens", {"scope": "manager"}), ("/api/v1/tokens/1/revoke", {}),
                           ("/api/v1/kiosks/Counter/adopt", {}), ("/api/v1/backup", {"file": "/tmp/x"}),
                           ("/api/v1/verify", {})):
            self.assertEqual(web.ask(path, "POST", token=manager, body=body).status, 403, path)
        self.assertEqual(web.ask("/api/v1/tokens", token=manager).status, 403)

    def test_revoked_token_opens_nothing_from_then_on_and_after_a_restart(self):
        web = self.web()
        kept, revoked = self.token("manager"), self.token("manager")
        self.assertEqual(web.ask("/api/v1/status", token=revoked).status, 200)
        self.assertEqual(self.served.byname("token", "revoke", "2").returncode, 0)
        self.assertEqual(web.ask("/api/v1/status", token=revoked).status, 401)
        self.served.stop()
        web = Web(self.served.start())
        self.assertEqual(web.ask("/api/v1/status", token=kept).status, 200)
        self.assertEqual(web.ask("/api/v1/status", token=revoked).status, 401)

    def test_retired_staff_member_has_no_link_any_more(self):
        web = self.web()
        self.staff("Dan")
        dan = self.token("staff:Dan")
        self.assertEqual(web.ask("/api/v1/me", token=dan).status, 200)
        self.served.byname("staff", "retire", "Dan")
        self.assertEqual(web.ask("/api/v1/me", token=dan).status, 401)

    def test_database_and_log_do_not_hold_the_token(self):
        web = self.web()
        token = self.token("manager")
        web.ask("/api/v1/status", token=token)
        web.ask(f"/enter?token={token}")
        self.served.stop()
        for name in ("byname.db", "log", "bynamed.conf"):
            with open(os.path.join(self.folder, name), "rb") as file:
                self.assertNotIn(token.encode(), file.read(), name)

    def test_token_list_shows_who_may_look(self):
        self.web()
        self.staff("Dan")
        self.token("staff:Dan")
        self.served.byname("token", "create", "board", "--label", "wall in the hall")
        self.served.byname("token", "revoke", "1")
        text = self.served.byname("token", "list").stdout
        self.assertRegex(text, r"1  staff +Dan .*revoked")
        self.assertRegex(text, r"2  board .*wall in the hall\n")
        link = self.served.byname("token", "create", "manager").stdout
        self.assertRegex(link, r"http://127\.0\.0\.1:\d+/enter\?token=[0-9a-f]{32}\n")


class Browsers(Case):
    def test_private_link_becomes_a_cookie_and_leaves_the_address_bar(self):
        web = self.web()
        self.staff("Dan")
        for scope, page in (("manager", "/"), ("staff:Dan", "/staff.html"), ("board", "/board.html")):
            link = self.served.ask("token", "create", scope)["link"]
            self.assertTrue(link.startswith(web.origin + "/enter?token="), link)
            answer = web.ask(link[len(web.origin):], Sec_Fetch_Site="cross-site")
            self.assertEqual(answer.status, 200)
            self.assertIn(f'content="0;url={page}"'.encode(), answer.body)
            self.assertNotIn(link[-32:].encode(), answer.body)
            self.assertEqual(answer.headers["Cache-Control"], "no-store")
            cookie, *attributes = answer.headers["Set-Cookie"].split("; ")
            self.assertEqual(attributes, ["Path=/", "Max-Age=7776000", "HttpOnly", "SameSite=Strict"])
            self.assertEqual(web.ask("/api/v1/me", cookie=cookie).json()["scope"], scope.split(":")[0])
        for path in ("/enter", "/enter?token=", "/enter?token=" + "0" * 32, "/enter?x=1&token=" + link[-32:]):
            answer = web.ask(path)
            self.assertEqual((answer.status, answer.headers["Set-Cookie"]), (401, None))

    def test_every_answer_carries_the_headers_that_keep_a_browser_here(self):
        web = self.web()
        token = self.token("manager")
        answers = [web.ask("/"), web.ask("/chart.js", token=token), web.ask("/nothing", token=token),
                   web.ask("/api/v1/status", token=token), web.ask("/api/v1/nothing", token=token),
                   web.ask("/api/v1/status", "PUT", token=token), web.ask(f"/enter?token={token}"),
                   web.ask("/", Host="evil.example")]
        for answer in answers:
            for name, value in SECURITY.items():
                self.assertEqual(answer.headers.get_all(name), [value])
            policy = answer.headers["Content-Security-Policy"]
            self.assertIn("default-src 'none'", policy)
            self.assertNotRegex(policy, r"unsafe|https?:|\*")
            self.assertIsNone(answer.headers["Access-Control-Allow-Origin"])

    def test_file_is_sent_once_and_then_known_by_its_tag(self):
        web = self.web()
        token = self.token("board")
        with open("/usr/share/javascript/chart.js/chart.min.js", "rb") as file:
            chart = file.read()
        answer = web.ask("/chart.js", token=token)
        self.assertEqual((answer.status, answer.body), (200, chart))
        self.assertEqual(answer.headers["Content-Type"], "text/javascript; charset=utf-8")
        self.assertEqual(answer.headers["Cache-Control"], "private, no-cache")
        again = web.ask("/chart.js", token=token, If_None_Match=answer.headers["ETag"])
        self.assertEqual((again.status, again.body), (304, b""))
        self.assertEqual(web.ask("/chart.js", token=token, If_None_Match='"other"').status, 200)
        self.assertEqual(web.ask("/chart.js", "POST", token=token).status, 405)

    def test_host_that_is_not_ours_is_refused_before_anything_else(self):
        web = self.web(http={"names": "byname.example"})
        token = self.token("manager")
        for host, status in ((f"127.0.0.1:{web.port}", 200), (f"localhost:{web.port}", 200),
                             (f"byname.example:{web.port}", 200), ("evil.example", 421), ("127.0.0.1", 421),
                             (f"evil.example:{web.port}", 421), ("", 421)):
            for path in ("/api/v1/status", f"/enter?token={token}"):
                self.assertEqual(web.ask(path, token=token, Host=host).status, status, (host, path))
        self.assertIn(b" 421 ", web.say(b"GET /api/v1/status HTTP/1.0\r\n\r\n"))

    def test_request_in_the_name_of_another_site_changes_nothing(self):
        web = self.web()
        token = self.token("manager")
        cookie = f"byname-{web.port}={token}"
        for number, headers in enumerate(({}, {"Origin": "http://evil.example"}, {"Origin": "null"},
                                          {"Origin": web.origin.replace("http", "https")},
                                          {"Origin": f"http://127.0.0.1:{web.port + 1}"},
                                          {"Origin": web.origin, "Sec_Fetch_Site": "same-site"})):
            answer = web.ask("/api/v1/staff", "POST", cookie=cookie, body={"name": f"Eve {number}"}, **headers)
            self.assertEqual(answer.status, 403, headers)
        self.assertEqual(web.ask("/api/v1/staff", cookie=cookie, Sec_Fetch_Site="same-site").status, 403)
        self.assertEqual(self.served.ask("staff", "list")["staff"], [])
        answer = web.ask("/api/v1/staff", "POST", cookie=cookie, body={"name": "Dan"}, Origin=web.origin)
        self.assertEqual(answer.status, 200)
        self.assertEqual(self.served.ask("staff", "list")["staff"][0]["name"], "Dan")


class Listener:
    """Somebody who listens to server-sent events."""

    def __init__(self, web, token, buffer=None):
        self.client = socket.socket()
        if buffer:
            self.client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, buffer)
        self.client.settimeout(0.05)
        self.client.connect(("127.0.0.1", web.port))
        self.client.sendall(f"GET /api/v1/events HTTP/1.1\r\nHost: 127.0.0.1:{web.port}\r\n"
                            f"Authorization: Bearer {token}\r\n\r\n".encode())
        self.said = b""
        self.is_over = False

    def take(self):
        try:
            while not self.is_over and (piece := self.client.recv(65536)):
                self.said += piece
            self.is_over = True
        except TimeoutError:
            pass
        except ConnectionError:
            self.is_over = True
        return self.said

    def events(self, only=None):
        return [(kind.decode(), json.loads(data))
                for kind, data in re.findall(rb"event: (\w+)\ndata: ([^\n]*)\n\n", self.take())
                if only in (None, kind.decode())]

    def close(self):
        self.client.close()


class Events(Case):
    def listen(self, token, buffer=None):
        listener = Listener(Web(self.served), token, buffer)
        self.addCleanup(listener.close)
        self.assertTrue(rig.wait_until(lambda: b"retry: 3000\n\n" in listener.take()), listener.said)
        return listener

    def counter(self, **keys):
        line = self.line()
        self.served = self.daemon({"Counter": line.path}, adopt="auto", http={"listen": "127.0.0.1:0"}, **keys).start()
        kiosk = peer.Kiosk(line)
        self.assertTrue(kiosk.pump(lambda: kiosk.is_up), self.served.log())
        self.assertTrue(rig.wait_until(lambda: self.served.state("Counter") == "up"))
        return kiosk

    def test_stored_visit_is_told_to_each_as_much_as_they_may_see(self):
        kiosk = self.counter()
        self.staff("Dan")
        listeners = {scope: self.listen(self.token(scope)) for scope in ("manager", "staff:Dan", "board")}
        kiosk.rate(2)
        self.assertTrue(kiosk.pump(kiosk.is_acknowledged))
        for scope, listener in listeners.items():
            self.assertTrue(rig.wait_until(lambda: listener.events("visit")), scope)
            (_, data), = listener.events("visit")
            self.assertLess(abs(data.pop("at_ms") / 1000 - time.time()), 20)
            self.assertEqual(data, {"port": "Counter", "answers": 1, "ratings": [2]} if scope == "manager" else {})
        self.assertRegex(listeners["board"].said, rb"^HTTP/1.1 200 OK\r\n")
        self.assertIn(b"Content-Type: text/event-stream", listeners["board"].said)
        self.assertIn(b"Cache-Control: no-store", listeners["board"].said)

    def test_answer_that_comes_again_is_no_news(self):
        kiosk = self.counter()
        listener = self.listen(self.token("manager"))
        kiosk.rate(5)
        self.assertTrue(kiosk.pump(kiosk.is_acknowledged))
        self.assertTrue(rig.wait_until(lambda: listener.events("visit")))
        kiosk.heard.clear()
        kiosk.say_answers(1)
        self.assertTrue(kiosk.pump(lambda: any(kind == peer.ACK for kind, _ in kiosk.heard)))
        kiosk.rate(4)
        self.assertTrue(kiosk.pump(kiosk.is_acknowledged))
        self.assertTrue(rig.wait_until(lambda: len(listener.events("visit")) > 1))
        self.assertEqual([data["ratings"] for _, data in listener.events("visit")], [[5], [4]])

    def test_help_calls_are_told_to_managers_as_they_change(self):
        kiosk = self.counter(bad_run="off")
        self.staff("Dan")
        manager, others = self.listen(self.token("manager")), [self.listen(self.token(scope)) for scope in ("staff:Dan", "board")]
        kiosk.call_for_help()
        self.assertTrue(kiosk.pump(lambda: manager.events("help")), self.served.log())
        for verb in (["acknowledge", "1"], ["close", "1", "solved"]):
            self.assertEqual(self.served.byname("help-calls", *verb).returncode, 0)
        self.assertTrue(rig.wait_until(lambda: len(manager.events("help")) == 3), manager.said)
        told = [data for _, data in manager.events("help")]
        self.assertEqual([data["state"] for data in told], ["open", "acknowledged", "closed"])
        for data in told:
            self.assertEqual((data["call"], data["event"], data["kiosk"]), (1, "help", "Counter"))
            self.assertLess(abs(data["at_ms"] / 1000 - time.time()), 20)
        for other in others:
            self.assertEqual(other.events("help"), [])

    def test_alarm_and_kiosk_that_goes_are_told_to_managers_only(self):
        kiosk = self.counter()
        self.staff("Dan")
        manager, dan = self.listen(self.token("manager")), self.listen(self.token("staff:Dan"))
        kiosk.next = kiosk.sent_through = 3
        kiosk.send(peer.LOST, b"\1\0\0\0\2\0\0\0\1")
        def news():  # that the kiosk is up may have been told just before or just after somebody listened
            return [(kind, data["port"], data.get("state")) for kind, data in manager.events() if data.get("state") != "up"]

        self.assertTrue(rig.wait_until(news), self.served.log())
        self.assertEqual(news(), [("alarm", "Counter", None)])
        kiosk.line.pull()
        self.assertTrue(rig.wait_until(lambda: len(news()) > 1))
        self.assertEqual(news()[1:], [("kiosk", "Counter", "absent")])
        self.assertEqual(dan.events(), [])

    def test_revoked_token_ends_its_stream_and_no_other(self):
        kiosk = self.counter()
        kept, revoked = self.listen(self.token("manager")), self.listen(self.token("manager"))
        self.served.byname("token", "revoke", "2")
        self.assertTrue(rig.wait_until(lambda: revoked.take() and revoked.is_over))
        kiosk.rate(5)
        self.assertTrue(kiosk.pump(kiosk.is_acknowledged))
        self.assertTrue(rig.wait_until(lambda: kept.events("visit")))
        self.assertFalse(kept.is_over)

    def test_stalled_stream_is_dropped_and_holds_up_nobody(self):
        kiosk = self.counter()
        web, token = Web(self.served), self.token("manager")
        stalled, live = Listener(web, token, 4096), self.listen(token)
        self.addCleanup(stalled.close)
        self.assertTrue(rig.wait_until(lambda: self.streams(web) == 2))
        said = 0
        end = time.monotonic() + 60
        while self.streams(web) == 2 and time.monotonic() < end:
            for _ in range(8):  # each in a frame of its own: an event for each
                kiosk.rate(5)
                kiosk.sent_through = kiosk.say_answers(kiosk.next - 1)
            self.assertTrue(kiosk.pump(kiosk.is_acknowledged))
            said += 8
            live.take()
        self.assertEqual(self.streams(web), 1, f"{said} visits")
        kiosk.rate(5)
        self.assertTrue(kiosk.pump(kiosk.is_acknowledged))
        before = len(live.events("visit"))
        self.assertTrue(rig.wait_until(lambda: sum(len(data["ratings"]) for _, data in live.events("visit")) == said + 1),
                        (before, said))

    def streams(self, web):
        """Connections to the daemon that its side still holds open. The kernel tells the table page by page, and may pass over a
        row between two of them: the most of a few looks counts."""
        def look():
            with open("/proc/net/tcp") as file:
                rows = [line.split() for line in file.readlines()[1:]]
            return sum(row[1].endswith(f":{web.port:04X}") and row[3] == "01" for row in rows)

        return max(look() for _ in range(4))

    def is_let_in(self, token):
        listener = Listener(Web(self.served), token)
        self.addCleanup(listener.close)
        self.assertTrue(rig.wait_until(lambda: b"\r\n\r\n" in listener.take()), listener.said)
        return listener.said.startswith(b"HTTP/1.1 200 ")

    def test_listeners_are_few_and_go_unmissed(self):
        self.web()
        token = self.token("board")
        listeners = [self.listen(token) for _ in range(32)]
        answer = Web(self.served).ask("/api/v1/events", token=token)
        self.assertEqual(answer.status, 503)
        self.assertIn("too many listen", answer.json()["error"])
        for listener in listeners:
            listener.close()
        self.assertTrue(rig.wait_until(lambda: self.is_let_in(token)))
        self.listen(token)

    def test_terminated_daemon_does_not_wait_for_listeners(self):
        self.web()
        listener = self.listen(self.token("board"))
        begun = time.monotonic()
        self.assertEqual(self.served.stop(), 0)
        self.assertLess(time.monotonic() - begun, 1.5)
        self.assertTrue(listener.take() and listener.is_over)


class Metrics(Case):
    def test_metrics_are_what_prometheus_reads_and_name_nobody(self):
        line = self.line()
        self.served = self.daemon({'Coun\\ter "1"': line.path}, adopt="auto", http={"listen": "127.0.0.1:0"}).start()
        self.staff("Quirin")
        kiosk = peer.Kiosk(line)
        for rating in (5, 1):
            kiosk.rate(rating)
        self.assertTrue(kiosk.pump(kiosk.is_acknowledged), self.served.log())
        web = Web(self.served)
        answer = web.ask("/metrics", token=self.token("board"))
        self.assertEqual((answer.status, answer.headers["Content-Type"]),
                         (200, "text/plain; version=0.0.4; charset=utf-8"))
        text = answer.body.decode()
        self.assertIn("\nbyname_well 1\n", text)
        self.assertIn("\nbyname_answers_stored_total 2\n", text)
        self.assertIn("\nbyname_ratings_stored_total 2\n", text)
        self.assertIn('\nbyname_kiosk_connected{kiosk="Coun\\\\ter \\"1\\"",port="Coun\\\\ter \\"1\\""} 1\n', text)
        self.assertNotIn("Quirin", text)
        checked = subprocess.run(["promtool", "check", "metrics"], input=text, text=True, capture_output=True, timeout=30)
        self.assertEqual((checked.returncode, checked.stdout, checked.stderr), (0, "", ""))

    def test_metrics_need_a_token_for_totals(self):
        web = self.web()
        self.staff("Dan")
        self.assertEqual(web.ask("/metrics").status, 401)
        self.assertEqual(web.ask("/metrics", token=self.token("staff:Dan")).status, 403)
        self.assertEqual(web.ask("/metrics", token=self.token("manager")).status, 200)
        self.assertEqual(web.ask("/metrics", "POST", token=self.token("manager")).status, 404)


class Documented(Case):
    """Every operation of daemon/web/openapi.json, called as each kind of caller with the examples that stand there."""

    PEOPLE = ("Ann", "Ben", "Cem", "Dan", "Eve")

    def setUp(self):
        super().setUp()
        counter, spare = self.line("counter"), self.line("spare")
        self.served = self.daemon({"Counter": counter.path, "Spare": spare.path}, http={"listen": "127.0.0.1:0"}).start()
        first, second = peer.Kiosk(counter), peer.Kiosk(spare)
        self.assertTrue(first.pump(lambda: first.waits))
        self.served.byname("kiosk", "adopt", "Counter")
        self.assertTrue(first.pump(lambda: first.is_up), self.served.log())
        self.staff(*self.PEOPLE)
        first.rate(1)
        first.press(9, 1, 1)
        self.assertTrue(first.pump(first.is_acknowledged))
        first.rate(5)
        first.press(4, 4, 1)
        self.assertTrue(first.pump(first.is_acknowledged))
        self.assertTrue(second.pump(lambda: second.waits))
        self.tokens = {scope: self.token(words) for scope, words in
                       (("board", "board"), ("manager", "manager"), ("staff", "staff:Dan"))}
        self.tokens["spare"] = self.token("board")
        self.web = Web(self.served)
        answer = self.web.ask("/openapi.json", token=self.tokens["board"])
        self.assertEqual(answer.headers["Content-Type"], "application/json")
        self.document = answer.json()

    def on_socket(self, path, method, body):
        class Connection(http.client.HTTPConnection):
            def connect(connection):
                connection.sock = socket.socket(socket.AF_UNIX)
                connection.sock.settimeout(15)
                connection.sock.connect(self.served.socket)
        connection = Connection("bynamed")
        try:
            connection.request(method, path, None if body is None else json.dumps(body))
            return Answer(connection.getresponse())
        finally:
            connection.close()

    def call(self, caller, path, method, body):
        if path == "/api/v1/events":
            return None  # has no end; class Events listens
        if caller == "socket":
            return self.on_socket(path, method, body)
        return self.web.ask(path, method, token=self.tokens[caller], body=body)

    def fill(self, path, operation):
        for parameter in operation.get("parameters", ()):
            if parameter["in"] == "path":
                path = path.replace("{" + parameter["name"] + "}", parameter["example"])
            elif parameter.get("required"):
                path += f"?{parameter['name']}={parameter['example']}"
        body = operation.get("requestBody", {}).get("content", {}).get("application/json", {}).get("example")
        if body is not None and "file" in body:
            body = {"file": os.path.join(self.folder, "copy.db")}
        if path == "/api/v1/tokens/1/revoke":
            path = "/api/v1/tokens/4/revoke"
        return path, body

    def schema_of(self, response):
        if "$ref" in response:
            response = self.document["components"]["responses"][response["$ref"].split("/")[-1]]
        return response["content"]

    def check(self, where, operation, answer):
        self.assertIn(str(answer.status), operation["responses"], f"{where}: {answer.body}")
        content = self.schema_of(operation["responses"][str(answer.status)])
        kind = answer.headers["Content-Type"].split(";")[0]
        self.assertIn(kind, content, where)
        if kind != "application/json":
            return
        schema = {**content[kind]["schema"], "components": self.document["components"]}
        errors = list(jsonschema.Draft202012Validator(schema).iter_errors(answer.json()))
        self.assertEqual([error.message for error in errors], [], where)

    def test_every_operation_answers_as_it_is_documented(self):
        self.assertEqual(self.document["openapi"], "3.1.0")
        for name, schema in self.document["components"]["schemas"].items():
            jsonschema.Draft202012Validator.check_schema(schema)
        never = set()
        for template, methods in self.document["paths"].items():
            for method, operation in methods.items():
                path, body = self.fill(template, operation)
                good = template == "/api/v1/events"
                for caller in ("manager", "socket", "staff", "board"):
                    answer = self.call(caller, path, method.upper(), body)
                    if answer is None:
                        continue
                    where = f"{method} {path} by {caller}"
                    self.check(where, operation, answer)
                    self.assertEqual(answer.status == 403, caller not in operation["x-scopes"], where)
                    good = good or answer.status == 200
                if not good:
                    never.add((method, template))
        self.assertEqual(never, set(), "200 is documented, and was never seen")

    def test_rows_of_each_report_are_as_they_are_documented(self):
        path = os.path.join(self.folder, "history.db")
        subprocess.run([os.path.join(rig.BIN, "make-history"), "--database", path, "--visits", "3000", "--years", "1", "--end",
                        "2026-11-16"], check=True, capture_output=True)
        schemas = {"components": self.document["components"]}
        report = jsonschema.Draft202012Validator({"$ref": "#/components/schemas/Report", **schemas})
        seen = set()
        for name in self.document["components"]["schemas"]["Report"]["properties"]["kind"]["enum"]:
            for options in ([], ["--from", "2026-11-02", "--to", "2026-11-09"], ["--from", "2026-11-09T11:00", "--to", "2026-11-09T12:00"],
                            ["--from", "2030-01-01", "--to", "2030-01-02"], ["--since", "52w", "--kiosk", "Counter 2"]):
                done = subprocess.run([os.path.join(rig.BIN, "byname"), "--database", path, "report", name, *options, "--format", "json"],
                                      check=True, capture_output=True, text=True)
                reply = json.loads(done.stdout)
                self.assertEqual([error.message for error in report.iter_errors(reply)], [], f"{name} {options}")
                seen |= {(name, key) for key, value in reply.items() if isinstance(value, list) and value}
        conditions = self.document["components"]["schemas"]["Report"]["allOf"]
        rows = {(one["if"]["properties"]["kind"].get("const"), key) for one in conditions
                for key, schema in one["then"].get("properties", {}).items() if schema.get("type") == "array"}
        self.assertEqual(rows - seen, set(), "documented, and never seen with a row")
        self.assertEqual(len(rows), 9)

    def test_a_report_is_a_file_for_a_spreadsheet_and_the_one_that_the_command_writes(self):
        period, manager = "from=2026-01-01&to=2026-01-08", self.tokens["manager"]
        operation = self.document["paths"]["/api/v1/report/{name}"]["get"]
        for name in ("summary", "staff", "days"):
            for kind in ("csv", "ods"):
                answer = self.web.ask(f"/api/v1/report/{name}?{period}&format={kind}", token=manager)
                self.check(name, operation, answer)
                self.assertEqual(answer.headers["Content-Disposition"], f'attachment; filename="byname-{name}.{kind}"')
                written = subprocess.run([os.path.join(rig.BIN, "byname"), "--socket", self.served.socket, "report", name, "--from",
                                          "2026-01-01", "--to", "2026-01-08", "--format", kind], check=True, capture_output=True)
                self.assertEqual((answer.status, answer.body), (200, written.stdout), f"{name} {kind}")
        self.assertIsNone(self.web.ask(f"/api/v1/report/days?{period}&format=json", token=manager).headers["Content-Disposition"])
        for kind in ("text", "pdf", ""):
            answer = self.web.ask(f"/api/v1/report/days?{period}&format={kind}", token=manager)
            self.check(kind, operation, answer)
            self.assertEqual(answer.status, 422, kind)
        self.assertEqual(self.web.ask("/api/v1/report/days?format=ods", token=self.tokens["board"]).status, 403)
        self.assertEqual(self.web.ask("/api/v1/report/days?format=ods").status, 401)
        self.assertEqual(self.web.ask("/api/v1/staff?format=ods", token=manager).json()["kind"], "staff_list")

    def test_every_refusal_is_as_it_is_documented(self):
        for template, methods in self.document["paths"].items():
            for method, operation in methods.items():
                path, body = self.fill(template, operation)
                where = f"{method} {path}"
                self.check(where, operation, self.web.ask(path, method.upper(), body=body))
                self.check(where, operation, self.web.ask(path, method.upper(), body=body, Host="evil.example"))
                if template == "/api/v1/events":
                    continue
                if "requestBody" in operation:
                    self.check(where, operation, self.on_socket(path, "POST", {"nonsense": "1"}))
                if "{" in template and "422" in operation["responses"]:
                    path = re.sub(r"{\w+}", "99999", template)
                    self.check(where, operation, self.on_socket(path, method.upper(), body))


class Privacy(Case):
    def log(self):
        return [(read["reader"], read["what"], read["staff"], read["reads"])
                for read in self.served.ask("access-log")["reads"]]

    def test_reads_of_figures_of_staff_are_logged_before_they_are_shown(self):
        web = self.web()
        self.staff("Dan", "Eve")
        self.assertEqual(self.log(), [])
        manager, dan, board = self.token("manager"), self.token("staff:Dan"), self.token("board")
        for path, token in (("/api/v1/report/staff", manager), ("/api/v1/report/staff?staff=Eve", manager),
                            ("/api/v1/report/staff?staff=Eve", manager), ("/api/v1/staff/Dan/export", manager),
                            ("/api/v1/me/report", dan), ("/api/v1/me/export", dan), ("/api/v1/board", board),
                            ("/api/v1/status", manager), ("/api/v1/report/staff?staff=Nobody", manager),
                            ("/api/v1/report/kiosks", manager), ("/api/v1/report/hours?staff=Dan", manager),
                            ("/api/v1/report/overview", manager),
                            ("/api/v1/report/staff?staff=Eve", board)):
            web.ask(path, token=token)
        self.served.byname("report", "staff")
        self.assertCountEqual(self.log(), [
            ("token 1", "report staff", None, 1), ("token 1", "report staff", "Eve", 2), ("token 1", "export", "Dan", 1),
            ("token 1", "report hours", "Dan", 1), ("token 1", "report overview", None, 1), ("token 2", "report staff", "Dan", 1), ("token 2", "export", "Dan", 1),
            (f"uid {os.getuid()}", "report staff", None, 1)])
        self.assertIn("report staff, of Eve, 2 times within the hour", self.served.byname("access-log").stdout)
        self.assertEqual(web.ask("/api/v1/access-log", token=manager).status, 200)
        self.assertEqual(web.ask("/api/v1/access-log", token=dan).status, 403)
        reads = web.ask("/api/v1/me/export", token=dan).json()["reads"]
        self.assertEqual({read["reader"] for read in reads}, {"token 1", "token 2"})

    def test_policy_page_says_what_holds_and_can_be_signed(self):
        self.web()
        self.staff("Dan")
        self.served.byname("token", "create", "staff:Dan", "--label", "phone")
        self.assertEqual(self.served.byname("policy", "attribute", "positive").returncode, 0)
        self.assertEqual(self.served.byname("policy", "attribute", "positive").returncode, 1)
        page = self.served.byname("policy", "print").stdout
        self.assertLessEqual(len(page.splitlines()), 60)
        self.assertLessEqual(max(map(len, page.splitlines())), 100)
        for words in ("What Test keeps", "attribute = positive", "visits rated 4 or 5 only", "Dan", "phone",
                      "changes nothing that was stored before", "which help calls they answered", "an export", "____"):
            self.assertIn(words, page)

    def test_reports_print_the_policy_and_no_satisfaction_of_staff(self):
        self.web()
        self.staff("Dan")
        self.assertIn("whatever the rating", self.served.byname("report", "staff").stdout)
        self.served.byname("policy", "attribute", "positive")
        for report in ("summary", "staff"):
            self.assertIn("Names are kept with ratings of 4 and 5 only",
                          " ".join(self.served.byname("report", report).stdout.split()))

    def test_reals_are_written_with_their_six_decimals_and_no_more(self):
        line = self.line()
        self.served = self.daemon({"Counter": line.path}, adopt="auto", http={"listen": "127.0.0.1:0"}).start()
        kiosk = peer.Kiosk(line)
        for rating in (5, 4, 1):
            kiosk.rate(rating)
        self.assertTrue(kiosk.pump(kiosk.is_acknowledged), self.served.log())
        answer = Web(self.served).ask("/api/v1/report/summary", token=self.token("manager"))
        self.assertIn('"value":0.666667,', answer.body.decode())
        self.assertNotRegex(answer.body.decode(), r"\.\d{7}")

    def test_erased_person_is_gone_from_the_file_and_the_link_is_dead(self):
        line = self.line()
        self.served = self.daemon({"Counter": line.path}, adopt="auto", http={"listen": "127.0.0.1:0"}).start()
        self.staff("Quirin")
        token = self.token("staff:Quirin")
        kiosk = peer.Kiosk(line)
        kiosk.rate(5)
        kiosk.press(4, 1, 1)
        self.assertTrue(kiosk.pump(kiosk.is_acknowledged), self.served.log())
        web = Web(self.served)
        self.assertEqual(len(web.ask("/api/v1/me/export", token=token).json()["visits"]), 1)
        done = self.served.byname("staff", "erase", "Quirin")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(web.ask("/api/v1/me", token=token).status, 401)
        self.assertNotIn("Quirin", self.served.byname("report", "staff").stdout)
        self.assertIn("former staff", self.served.byname("report", "staff").stdout)
        self.assertEqual(self.served.byname("verify").returncode, 0)
        self.served.stop()
        self.served.start()
        self.served.stop()
        with open(self.served.database, "rb") as file:
            self.assertNotIn(b"Quirin", file.read())


class Attacks(Case):
    def assert_serves(self, web, token, seconds=4):
        begun = time.monotonic()
        self.assertEqual(web.ask("/api/v1/status", token=token).status, 200)
        self.assertLess(time.monotonic() - begun, seconds)
        self.assertEqual(self.served.byname("status").returncode, 0)

    def test_oversized_and_broken_requests_get_an_answer_and_harm_nothing(self):
        web = self.web()
        token = self.token("manager")
        head = f"Host: 127.0.0.1:{web.port}\r\nAuthorization: Bearer {token}\r\n".encode()
        for request, answer in (
                (b"POST /api/v1/staff HTTP/1.1\r\n" + head + b"Content-Length: 99999999\r\n\r\n", b" 413 "),
                (b"POST /api/v1/staff HTTP/1.1\r\n" + head + b"Content-Length: 16385\r\n\r\n" + b" " * 16385, b" 413 "),
                (b"POST /api/v1/staff HTTP/1.1\r\n" + head + b"Content-Length: -1\r\n\r\n", b" 400 "),
                (b"POST /api/v1/staff HTTP/1.1\r\n" + head + b"Transfer-Encoding: chunked\r\n\r\nfffff\r\n" + b"a" * 99999,
                 b" 413 "),
                (b"GET /" + b"a" * 100000 + b" HTTP/1.1\r\n" + head + b"\r\n", b" 400 "),
                (b"GET / HTTP/1.1\r\nX: " + b"a" * 100000 + b"\r\n" + head + b"\r\n", b" 400 "),
                (b"GET / HTTP/1.1\r\n" + b"X: 1\r\n" * 4000 + head + b"\r\n", b" 400 "),
                (b"GET /api/v1/status HTTP/1.1\r\n" + head + head + b"\r\n", b" 400 "),
                (b"GET http://evil.example/ HTTP/1.1\r\n" + head + b"\r\n", b" 400 "),
                (b"BREW /pot HTTP/1.1\r\n" + head + b"\r\n", b" 501 "),
                (b"PUT /api/v1/staff HTTP/1.1\r\n" + head + b"\r\n", b" 405 "),
                (b"GET /api/v1/status HTTP/9.9\r\n" + head + b"\r\n", b""),
                (b"\xff" * 4096 + b"\r\n\r\n", b""),
                (b"\0" * 4096, b"")):
            said = web.say(request)
            self.assertIn(answer, said.split(b"\r\n")[0] + b" ", request[:80])
        self.assert_serves(web, token)

    def test_dripping_clients_are_cut_off_by_our_own_clock(self):
        web = self.web()
        token = self.token("manager")
        head = f"POST /api/v1/staff HTTP/1.1\r\nHost: 127.0.0.1:{web.port}\r\n".encode()
        cuts = web.drip((b"", b"G", head + b"X: ", head + b"Content-Length: 100\r\n\r\n"))
        self.assertTrue(4 < min(cuts) and max(cuts) < 9, cuts)
        self.assert_serves(web, token)

    def slow_reader(self, web, request):
        client = socket.socket()
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        client.settimeout(15)
        client.connect(("127.0.0.1", web.port))
        client.sendall(request.encode())
        return client

    def test_200_idle_connections_keep_nobody_out_for_long(self):
        web = self.web()
        token = self.token("manager")
        idle = [web.connect() for _ in range(200)]
        begun = time.monotonic()
        self.assertEqual(self.served.byname("status").returncode, 0)
        self.assertLess(time.monotonic() - begun, 2, "the unix socket has places of its own")
        self.assertEqual(web.ask("/api/v1/status", token=token).status, 200)
        self.assertLess(time.monotonic() - begun, 10)
        for client in idle:
            client.close()
        self.assert_serves(web, token, 8)

    def test_endless_bytes_after_a_request_are_not_kept(self):
        web = self.web()
        token = self.token("manager")
        with self.slow_reader(web, f"GET /chart.js HTTP/1.1\r\nHost: 127.0.0.1:{web.port}\r\n"
                                   f"Authorization: Bearer {token}\r\n\r\n") as client:
            client.setblocking(False)
            sent = 0
            end = time.monotonic() + 3
            while time.monotonic() < end:
                try:
                    sent += client.send(b"x" * 65536)
                except BlockingIOError:
                    time.sleep(0.01)
                except ConnectionError:
                    break
            self.assertLess(sent, 8 << 20)
        self.assert_serves(web, token)

    def test_path_with_dots_leads_nowhere(self):
        web = self.web()
        token = self.token("manager")
        for path in ("/../../etc/passwd", "/..%2f..%2fetc/passwd", "/%2e%2e/%2e%2e/etc/passwd", "//etc/passwd",
                     "/chart.js/../../../../etc/passwd", "/./chart.js", "/chart.js%00.html", "/.",
                     "/api/../etc/passwd", "/api/v1/../../etc/passwd", "/api/v1/report/..%2f..%2fetc%2fpasswd"):
            answer = web.ask(path, token=token)
            self.assertIn(answer.status, (400, 404, 422), path)
            self.assertNotIn(b"root:", answer.body)
        self.assert_serves(web, token)

    def test_hostile_names_are_refused_or_come_back_as_data(self):
        web = self.web()
        token = self.token("manager")
        for name in ("<script>", "\"'><b>", "\u202Enad", "a\u200Bb", "x" * 200, "\0", "\x1b[2J", "", " ", "Dan\n"):
            answer = web.ask("/api/v1/staff", "POST", token=token, body={"name": name})
            self.assertIn(answer.status, (200, 400, 422), name)
            self.assertEqual(answer.headers["Content-Type"], "application/json")
            self.assertTrue(answer.json()["error" if answer.status != 200 else "text"])
        names = {person["name"] for person in web.ask("/api/v1/staff", token=token).json()["staff"]}
        self.assertLessEqual(names, {"<script>", "\"'><b>"})
        for name in names:
            answer = web.ask("/api/v1/report/staff?staff=" + "".join(f"%{byte:02X}" for byte in name.encode()), token=token)
            self.assertEqual((answer.status, answer.json()["staff"][0]["name"]), (200, name))
        answer = web.ask("/api/v1/report/staff?staff=%3Cscript%3Ealert(1)%3C/script%3E", token=token)
        self.assertEqual((answer.status, answer.headers["Content-Type"]), (422, "application/json"))
        self.assert_serves(web, token)


class Tls(Case):
    def certificate(self, name="127.0.0.1", path=None):
        path = os.path.join(self.folder, path or name)
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days",
                        "2", "-subj", "/CN=byname", "-addext", f"subjectAltName=IP:{name}", "-keyout", path + ".key",
                        "-out", path + ".pem"], check=True, capture_output=True)
        return {"certificate": path + ".pem", "key": path + ".key"}

    def context(self, files):
        return ssl.create_default_context(cafile=files["certificate"])

    def ask(self, web, files, path, token, method="GET", body=None, **headers):
        connection = http.client.HTTPSConnection("127.0.0.1", web.port, timeout=15, context=self.context(files))
        try:
            connection.request(method, path, None if body is None else json.dumps(body),
                               {"Authorization": "Bearer " + token, **headers})
            return Answer(connection.getresponse())
        finally:
            connection.close()

    def test_pages_come_encrypted_with_our_certificate(self):
        files = self.certificate()
        web = self.web(http=files)
        token = self.token("manager")
        self.assertEqual(self.ask(web, files, "/api/v1/status", token).status, 200)
        with open("/usr/share/javascript/chart.js/chart.min.js", "rb") as file:
            self.assertEqual(self.ask(web, files, "/chart.js", token).body, file.read())
        link = self.served.ask("token", "create", "board")["link"]
        self.assertTrue(link.startswith(f"https://127.0.0.1:{web.port}/enter?token="))
        self.assertTrue(self.ask(web, files, link[link.index("/enter"):], "").headers["Set-Cookie"].endswith("; Secure"))
        answer = self.ask(web, files, "/api/v1/staff", token, "POST", {"name": "Dan"},
                          Origin=f"http://127.0.0.1:{web.port}")
        self.assertEqual(answer.status, 403)

    def test_nothing_is_said_in_the_clear_or_in_an_old_dialect(self):
        files = self.certificate()
        web = self.web(http=files)
        token = self.token("manager")
        said = web.say(f"GET /api/v1/status HTTP/1.1\r\nHost: 127.0.0.1:{web.port}\r\n"
                       f"Authorization: Bearer {token}\r\n\r\n".encode())
        self.assertNotIn(b"HTTP", said)
        done = subprocess.run(["openssl", "s_client", "-connect", f"127.0.0.1:{web.port}", "-tls1_1", "-cipher",
                               "ALL:@SECLEVEL=0"], input=b"", capture_output=True, timeout=20)
        self.assertNotEqual(done.returncode, 0)
        self.assertEqual(self.ask(web, files, "/api/v1/status", token).status, 200)

    def test_events_and_limits_are_the_same(self):
        files = self.certificate()
        web = self.web(http=files)
        self.staff("Dan")
        token = self.token("manager")
        idle = [web.connect() for _ in range(100)]
        self.assertEqual(self.ask(web, files, "/api/v1/status", token).status, 200)
        silent = web.connect()
        begun = time.monotonic()
        self.assertEqual(silent.recv(1), b"")
        self.assertLess(time.monotonic() - begun, 9)
        for client in [silent, *idle]:
            client.close()
        with socket.create_connection(("127.0.0.1", web.port), timeout=15) as plain, \
                self.context(files).wrap_socket(plain, server_hostname="127.0.0.1") as client:
            client.sendall(f"GET /api/v1/events HTTP/1.1\r\nHost: 127.0.0.1:{web.port}\r\n"
                           f"Authorization: Bearer {token}\r\n\r\n".encode())
            said = b""
            while b"retry: 3000\n\n" not in said:
                said += client.recv(4096)
            self.assertEqual(self.served.byname("token", "revoke", "1").returncode, 0)
            try:
                self.assertEqual(client.recv(4096), b"")
            except (ConnectionError, ssl.SSLError):
                pass
        self.assertEqual(self.served.byname("status").returncode, 0)

    def serial(self, web, path):
        """Which certificate a new connection is shown, and that there is an answer behind it."""
        with socket.create_connection(("127.0.0.1", web.port), timeout=15) as plain, \
                ssl.create_default_context(cafile=path).wrap_socket(plain, server_hostname="127.0.0.1") as client:
            client.sendall(f"GET /api/v1/me HTTP/1.1\r\nHost: 127.0.0.1:{web.port}\r\n\r\n".encode())
            self.assertTrue(client.recv(64).startswith(b"HTTP/1.1 401"))
            return client.getpeercert()["serialNumber"]

    def test_renewed_certificate_is_taken_over_and_a_half_written_one_stops_nobody(self):
        files, renewed = self.certificate(), self.certificate(path="renewed")
        web = self.web(http=files)
        token = self.token("manager")
        both = os.path.join(self.folder, "both.pem")
        with open(both, "w") as out:
            for path in (files["certificate"], renewed["certificate"]):
                with open(path) as file:
                    out.write(file.read())
        before = self.serial(web, both)
        with socket.create_connection(("127.0.0.1", web.port), timeout=15) as plain, \
                ssl.create_default_context(cafile=both).wrap_socket(plain, server_hostname="127.0.0.1") as listener:
            listener.sendall(f"GET /api/v1/events HTTP/1.1\r\nHost: 127.0.0.1:{web.port}\r\n"
                             f"Authorization: Bearer {token}\r\n\r\n".encode())
            listener.recv(4096)
            os.replace(renewed["certificate"], files["certificate"])  # and the key is still the old one

            def warnings():
                return [text for text in self.served.ask("status")["warnings"] if "certificate" in text]

            self.assertTrue(rig.wait_until(warnings, 15), self.served.log())
            self.assertRegex(warnings()[0], r"certificate.*127\.0\.0\.1\.key: cannot use this key: key values mismatch; .*a restart is not needed")
            self.assertEqual(self.served.byname("status").returncode, 0)
            self.assertEqual(self.serial(web, both), before)
            self.assertFalse(rig.wait_until(lambda: self.served.log().count("127.0.0.1.key") != 1, 12), self.served.log())
            os.replace(renewed["key"], files["key"])
            self.assertTrue(rig.wait_until(lambda: not warnings(), 15), self.served.log())
            self.assertNotEqual(self.serial(web, both), before)
            self.assertEqual(self.served.log().count("certificate is renewed"), 1, self.served.log())
            listener.settimeout(20)
            self.assertNotEqual(listener.recv(4096), b"", "who is connected stays so")

    def test_expired_certificate_and_missing_files_do_not_replace_a_good_one(self):
        files, expired = self.certificate(), self.certificate(path="expired")
        subprocess.run(["openssl", "x509", "-in", expired["certificate"], "-signkey", expired["key"], "-days", "-1", "-out",
                        expired["certificate"]], check=True, capture_output=True)
        web = self.web(http=files)
        before = self.serial(web, files["certificate"])
        good = os.path.join(self.folder, "good.pem")
        os.rename(files["certificate"], good)

        def is_warned(text):
            return any("certificate" in warning and text in warning for warning in self.served.ask("status")["warnings"])

        self.assertTrue(rig.wait_until(lambda: is_warned("No such file"), 15), self.served.ask("status")["warnings"])
        self.assertEqual(self.serial(web, good), before)
        os.replace(files["key"], os.path.join(self.folder, "good.key"))
        os.replace(expired["certificate"], files["certificate"])
        os.replace(expired["key"], files["key"])
        self.assertTrue(rig.wait_until(lambda: is_warned("has expired"), 15), self.served.ask("status")["warnings"])
        self.assertEqual(self.serial(web, good), before)

    def test_end_of_a_certificate_is_told_before_it_comes_and_when_it_has_come(self):
        """One that ends in 20 days of 90, in 22 of 90, in 2 of 3, that has ended, and that has not begun."""
        day = 86400

        def made(begin_days, end_days):
            path = os.path.join(self.folder, f"from{begin_days}to{end_days}")
            begin, end = (time.strftime("%Y%m%d%H%M%SZ", time.gmtime(time.time() + days * day)) for days in (begin_days, end_days))
            os.mkdir(path)
            with open(path + "/index", "w"), open(path + "/ca", "w") as file:
                file.write(f"[ca]\ndefault_ca = own\n[own]\ndatabase = {path}/index\nnew_certs_dir = {path}\nrand_serial = yes\n"
                           "default_md = sha256\npolicy = names\n[names]\ncommonName = supplied\n")
            subprocess.run(["openssl", "req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj",
                            "/CN=byname", "-keyout", path + "/key", "-out", path + "/csr"], check=True, capture_output=True)
            subprocess.run(["openssl", "ca", "-batch", "-selfsign", "-notext", "-config", path + "/ca", "-keyfile", path + "/key",
                            "-in", path + "/csr", "-startdate", begin, "-enddate", end, "-out", path + "/pem"],
                           check=True, capture_output=True)
            return {"certificate": path + "/pem", "key": path + "/key"}

        end = time.strftime("%Y-%m-%d", time.gmtime(time.time() + 20 * day))
        for dates, is_well, said in (((-70, 20), True, f"the certificate expires on {end}: "), ((-68, 22), True, None), ((-1, 2), True, None),
                                     ((-90, -1), False, "the certificate has expired on "), ((2, 90), False, "the certificate is not valid before ")):
            with self.subTest(dates=dates):
                self.web(http=made(*dates))
                status = self.served.ask("status")
                self.served.stop()
                self.assertEqual(status["is_well"], is_well)
                told = [text for text in status["warnings"] + status["problems"] if "certificate" in text]
                self.assertEqual(len(told), 0 if said is None else 1, told)
                log = self.served.log()
                os.unlink(self.served.log_path)
                self.assertEqual(log.count("the certificate "), len(told), log)
                if said is not None:
                    self.assertTrue(told[0].startswith(said), told)
                    self.assertIn(told[0], log)

    def test_files_that_do_not_do_are_one_clear_line(self):
        good, other = self.certificate(), self.certificate("127.0.0.2")
        empty = os.path.join(self.folder, "empty.pem")
        locked = os.path.join(self.folder, "locked.key")
        with open(empty, "w"):
            pass
        subprocess.run(["openssl", "pkey", "-in", good["key"], "-aes128", "-passout", "pass:secret", "-out", locked],
                       check=True, capture_output=True)
        for files in ({**good, "certificate": empty}, {**good, "key": empty}, {**good, "key": other["key"]},
                      {**good, "key": locked}, {**good, "certificate": "/nowhere.pem"}):
            daemon = self.daemon({}, http={"listen": "127.0.0.1:0", **files})
            self.assertEqual(daemon.launch().wait(10), 1)
            self.assertEqual(len(daemon.log().splitlines()), 1, daemon.log())
            self.assertRegex(daemon.log(), r"(\.pem|\.key): ")
            os.unlink(daemon.log_path)


class Listening(Case):
    def test_off_unless_configured(self):
        daemon = self.daemon({}).start()
        inodes = {os.readlink(f"/proc/{daemon.process.pid}/fd/{fd}")[8:-1]
                  for fd in os.listdir(f"/proc/{daemon.process.pid}/fd")
                  if os.readlink(f"/proc/{daemon.process.pid}/fd/{fd}").startswith("socket:")}
        for table in ("tcp", "tcp6", "udp", "udp6"):
            with open("/proc/net/" + table) as file:
                self.assertEqual([line for line in file.readlines()[1:] if line.split()[9] in inodes], [])
        self.assertIn("listen=", daemon.byname("token", "create", "manager").stdout)

    def test_ipv6_loopback(self):
        self.served = self.daemon({}, http={"listen": "[::1]:0"}).start()
        port = int(re.findall(r"pages at http://\[::1\]:(\d+)", self.served.log())[-1])
        connection = http.client.HTTPConnection("::1", port, timeout=15)
        connection.request("GET", "/api/v1/me", None, {"Authorization": "Bearer " + self.token("manager")})
        self.assertEqual(connection.getresponse().status, 200)
        connection.close()

    def test_port_that_is_taken_is_one_clear_line(self):
        web = self.web()
        other = os.path.join(self.folder, "other")
        os.mkdir(other)
        second = rig.Daemon(other, {}, http={"listen": f"127.0.0.1:{web.port}"})
        self.assertEqual(second.launch().wait(10), 1)
        self.assertEqual(len(second.log().splitlines()), 1, second.log())
        self.assertIn("another program listens at this port", second.log())

    def test_terminated_daemon_ends_quickly_with_clients_connected(self):
        web = self.web()
        clients = [web.connect() for _ in range(3)]
        begun = time.monotonic()
        self.assertEqual(self.served.stop(), 0)
        self.assertLess(time.monotonic() - begun, 2.5)
        for client in clients:
            client.close()


if __name__ == "__main__":
    unittest.main(verbosity=2)
