# SPDX-License-Identifier: MIT
"""The pages in Debian's Chromium: a rating that is tapped on the emulated kiosk's page stands on each of the daemon's within
2 s, nothing but this host is asked, nobody sees another's page, and axe-core finds nothing wrong in any size or colour scheme.

Skipped where Chromium or its driver is missing, and what axe-core judges, where that is: install-axe-core, which ctest runs
before it, brings it, and AXE_CORE says where its axe.min.js is. SCREENSHOTS=FOLDER keeps a picture of each page.
"""

import base64
import json
import os
import sqlite3
import sys
import time
import unittest
import urllib.parse

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "system"))
import peer  # noqa: E402
import rig  # noqa: E402
from test_http import Web  # noqa: E402
from test_kiosk_page import WIDTH, Events, Page, golden, is_idle  # noqa: E402

try:
    from selenium import webdriver
    from selenium.webdriver.chrome.service import Service
    from selenium.webdriver.common.action_chains import ActionChains
    from selenium.webdriver.common.keys import Keys
except ImportError:
    webdriver = None

CHROMIUM, DRIVER = "/usr/bin/chromium", "/usr/bin/chromedriver"
LIVE_S = 2.0
GUARD_S = 1.2  # a new screen ignores the button that opened it for a second
ROSTER_S = 6.0  # after the welcome the kiosk is told its settings and its list of staff, one frame at a time
SIZES = {"wide": (1440, 900), "phone": (360, 760), "wall": (2560, 1440)}
NO_AXE = "there is no axe-core: tests/browser/install-axe-core, which needs npm and its registry, brings it"
PAGES = {"manager": "/", "staff": "/staff.html", "board": "/board.html"}


def axe_core():
    path = os.environ.get("AXE_CORE")
    if not path or not os.path.isfile(path):
        return None
    with open(path) as file:
        return file.read()


class Case(rig.Case):
    def setUp(self):
        if not (webdriver and os.path.exists(CHROMIUM) and os.path.exists(DRIVER)):
            self.skipTest("there is no Chromium to look at pages with: tools/packages installs it")
        super().setUp()
        self.windows = []
        self.consoles = {}
        self.store = self.daemon({"Counter": os.path.join(self.folder, "Counter")}, adopt="auto",
                                 http={"listen": "127.0.0.1:0"})

    def start(self):
        self.store.start()
        self.web = Web(self.store)
        self.store.byname("staff", "add", "Dan")
        self.store.byname("staff", "add", "Eve")

    def window(self):
        """A browser of its own, with no cookies; all that it asks for is written down."""
        options = webdriver.ChromeOptions()
        options.binary_location = CHROMIUM
        for argument in ("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--hide-scrollbars",
                         f"--user-data-dir={os.path.join(self.folder, f'profile{len(self.windows)}')}"):
            options.add_argument(argument)
        options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
        window = webdriver.Chrome(service=Service(DRIVER), options=options)
        self.addCleanup(window.quit)
        self.windows.append(window)
        self.consoles[window] = []
        return window

    def open(self, window, scope):
        """By the private link, as people do."""
        window.get(self.store.ask("token", "create", scope)["link"])
        self.wait_for(window, f"location.pathname === '{PAGES[scope.split(':')[0]]}' && document.getElementById('live').dataset.state === 'live'"
                              " && document.getElementById('visits')")

    def wait_for(self, window, condition, seconds=15.0):
        self.assertTrue(rig.wait_until(lambda: window.execute_script(f"return Boolean({condition})"), seconds),
                        (condition, self.said(window)))

    def kiosk_page(self, *options):
        """The kiosk's page in a window, at the idle screen, and connected where there is a daemon."""
        page = Page(self.folder, *options)
        self.addCleanup(page.close)
        kiosk = self.window()
        kiosk.get(page.origin)
        events = Events(page)
        self.addCleanup(events.close)
        is_running = self.store.process is not None
        idle = golden("idle-en")
        self.assertTrue(events.wait(lambda last: last.get("picture") == idle if is_running else is_idle(last)))
        time.sleep(ROSTER_S if is_running else GUARD_S)
        return page, kiosk

    def said(self, window):
        """All that stood on its console since it was opened; the driver gives each entry once."""
        self.consoles[window].extend(entry["message"] for entry in window.get_log("browser"))
        return self.consoles[window]

    def asked(self, window):
        """Every address that the window's pages asked for."""
        for entry in window.get_log("performance"):
            message = json.loads(entry["message"])["message"]
            if message["method"] == "Network.requestWillBeSent":
                yield message["params"]["request"]["url"]

    def look(self, window, url, size, scheme, ready="document.getElementById('visits')"):
        width, height = SIZES[size]
        window.execute_cdp_cmd("Emulation.setDeviceMetricsOverride",
                               {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": False})
        window.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [{"name": "prefers-color-scheme", "value": scheme}]})
        window.get(url)
        self.wait_for(window, ready)
        self.assertEqual(window.execute_script("return document.documentElement.scrollWidth"), width, (url, size))

    def keep_picture(self, window, name):
        folder = os.environ.get("SCREENSHOTS")
        if not folder:
            return
        width, height = window.execute_script("const {scrollWidth, scrollHeight} = document.documentElement;"
                                              "return [scrollWidth, Math.max(scrollHeight, innerHeight)]")
        picture = window.execute_cdp_cmd("Page.captureScreenshot", {
            "captureBeyondViewport": True, "clip": {"x": 0, "y": 0, "width": width, "height": height, "scale": 1}})
        os.makedirs(folder, exist_ok=True)
        with open(os.path.join(folder, name + ".png"), "wb") as file:
            file.write(base64.b64decode(picture["data"]))


class Live(Case):
    def test_rating_tapped_on_the_kiosks_page_stands_on_each_other_page_within_2_s(self):
        self.start()
        self.store.byname("staff", "off-duty", "Eve")  # so that the kiosk's list is Dan
        windows = {scope: self.window() for scope in ("manager", "staff:Dan", "board")}
        for scope, window in windows.items():
            self.open(window, scope)
            self.assertEqual(window.execute_script("return document.getElementById('visits').textContent"), "0")
        page, kiosk = self.kiosk_page()
        events = Events(page)
        self.addCleanup(events.close)
        self.see("1 rating", kiosk, 5, {windows["manager"]: "document.getElementById('visits').textContent === '1'",
                                        windows["board"]: "document.getElementById('visits').textContent === '1'"})
        self.await_screen(events, "who-one")
        self.see("1 visit of Dan", kiosk, 1, {windows["staff:Dan"]: "document.getElementById('visits').textContent === '1'"})
        self.await_screen(events, "mention-en")
        self.keep_picture(kiosk, "kiosk-mention")
        self.see("a moment of Dan", kiosk, 1, {
            windows["staff:Dan"]: "document.getElementById('moments').textContent.includes('asked for you by name')"})
        for window in (*windows.values(), kiosk):
            self.assertEqual(self.said(window), [])

    def test_help_call_is_seen_acknowledged_and_closed(self):
        line = self.line()
        self.store = self.daemon({"Counter": line.path}, adopt="auto", http={"listen": "127.0.0.1:0"})
        self.start()
        kiosk = peer.Kiosk(line)
        self.assertTrue(kiosk.pump(lambda: kiosk.is_up), self.store.log())
        window = self.window()
        self.open(window, "manager")
        kiosk.call_for_help()
        state = "SELECT state, outcome FROM help_call"
        self.assertTrue(kiosk.pump(lambda: self.store.query(state) != []), self.store.log())
        self.wait_for(window, "document.querySelector('#help.alert li')", LIVE_S)
        self.keep_picture(window, "dashboard-help-call")
        window.find_element("css selector", "#help button.primary").click()
        self.assertTrue(kiosk.pump(lambda: self.store.query(state)[0][0] == 2), self.said(window))
        self.wait_for(window, "document.querySelector('#help:not(.alert) li') && !document.querySelector('#help button.primary')")
        window.find_element("css selector", "#help select").send_keys("handed on")
        window.find_element("css selector", "#help li .controls button").click()
        self.assertTrue(kiosk.pump(lambda: self.store.query(state) == [(3, 2)]), self.said(window))
        self.wait_for(window, "document.getElementById('help-open').textContent === 'Nobody is waiting for help.'")
        self.assertEqual(self.said(window), [])

    def test_note_that_is_written_on_the_dashboard_is_listed_and_refused_ones_say_why(self):
        self.start()
        window = self.window()
        self.open(window, "manager")
        find = lambda what: window.find_element("css selector", what)  # noqa: E731
        window.find_element("xpath", "//summary[text()='Note a change']").click()
        find("#note-show").click()
        find("#note-text").send_keys("a text that is much too long for any kiosk")
        find("#note-form button").click()
        self.wait_for(window, "document.getElementById('note-problem').textContent.includes('at most 21 characters')")
        find("#note-text").clear()
        find("#note-text").send_keys("<b>New</b> signs", Keys.ENTER)
        self.wait_for(window, "document.querySelector('#notes li')?.textContent.includes('1 <b>New</b> signs')")
        self.wait_for(window, "document.querySelector('#notes li').textContent.includes('cannot tell yet')")
        self.assertEqual(self.store.query("SELECT text, is_shown FROM note"), [("<b>New</b> signs", 1)])
        self.assertEqual(len(self.said(window)), 1)  # of the one that was refused

    def test_note_is_marked_on_its_own_day_or_not_at_all(self):
        day_s = 86400
        end_s = time.time() // day_s * day_s - 4 * day_s  # no visit since
        history = rig.subprocess.run([os.path.join(rig.BIN, "make-history"), "--database", self.store.database, "--years", "1",
                                      "--visits", "20000", "--kiosks", "1", "--staff", "2", "--timezone", "UTC",
                                      "--end", time.strftime("%Y-%m-%d", time.gmtime(end_s))], capture_output=True, text=True)
        self.assertEqual(history.returncode, 0, history.stderr)
        noted_s = end_s - 6.5 * day_s
        with sqlite3.connect(self.store.database) as connection:
            connection.execute("INSERT INTO note (noted_ms, text, is_shown) VALUES (?, 'then', 0)", (int(noted_s * 1000),))
        self.start()
        self.store.byname("note", "now")
        window = self.window()
        self.open(window, "manager")
        chart = "Chart.getChart('days-chart')"
        self.wait_for(window, f"window.Chart && {chart}?.config.plugins.length && document.querySelectorAll('#notes li').length === 2")
        self.assertEqual(window.execute_script(
            f"return {chart}.config.plugins[0].marks.map(({{index, label}}) => [{chart}.data.labels[index], label])"),
            [[time.strftime("%-d %b", time.gmtime(noted_s)), "2"]])

    def test_a_wallboard_without_visits_says_so_in_one_line(self):
        self.start()
        window = self.window()
        self.open(window, "board")
        for size in ("wide", "phone", "wall"):
            self.look(window, self.web.origin + PAGES["board"], size, "light")
            texts = window.execute_script(
                "return [...document.querySelectorAll('#totals .big')].map((big) => {"
                " const style = getComputedStyle(big), lines = big.getBoundingClientRect().height / parseFloat(style.lineHeight);"
                " return [big.textContent, Math.round(lines)]; })")
            self.assertEqual(texts, [["none yet", 1], ["0", 1], ["0", 1], ["0", 1]], size)
            self.assertNotIn("had been here", window.execute_script("return document.getElementById('totals').textContent"))

    def test_dates_of_another_year_say_which(self):
        def said(day):
            return f"{day.tm_mday} {time.strftime('%b', day)}" + ("" if day.tm_year == time.gmtime().tm_year else f" {day.tm_year}")

        history = rig.subprocess.run([os.path.join(rig.BIN, "make-history"), "--database", self.store.database, "--years", "3",
                                      "--visits", "20000", "--kiosks", "1", "--staff", "4", "--timezone", "UTC",
                                      "--end", time.strftime("%Y-%m-%d", time.gmtime())], capture_output=True, text=True)
        self.assertEqual(history.returncode, 0, history.stderr)
        self.start()
        window = self.window()
        self.open(window, "manager")
        report = json.loads(self.store.byname("report", "staff", "--since", "28d", "--format", "json").stdout)
        weeks = [row["own_best"]["week"] for row in report["staff"] if row["own_best"] and row["own_best"]["week"]]
        self.assertTrue(any(week[:4] != time.strftime("%Y") for week in weeks), weeks)
        for week in weeks:
            text = f"week of {said(time.strptime(week, '%Y-%m-%d'))}:"
            self.wait_for(window, f"document.getElementById('staff').textContent.includes('{text}')")
        window.execute_script("const period = document.getElementById('since'); period.value = '52w'; period.dispatchEvent(new Event('change'));")
        since = time.gmtime(time.time() // 86400 * 86400 - 52 * 7 * 86400)
        text = f"since {time.strftime('%a', since)} {said(since)},"
        self.wait_for(window, f"document.getElementById('period').textContent.startsWith('{text}')")

    def see(self, what, kiosk, button, conditions):
        """All conditions hold within LIVE_S of the tap; each page writes down when, and the kiosk's when it was tapped."""
        for window, condition in conditions.items():
            window.execute_script(f"""const look = () => {{ if (window.seen === undefined && {condition}) window.seen = Date.now(); }};
                window.seen = undefined; new MutationObserver(look).observe(document.body, {{subtree: true, childList: true,
                characterData: true}});""")
        kiosk.execute_script("window.tapped = undefined; addEventListener('pointerdown', () => { window.tapped ??= Date.now(); }, true);")
        kiosk.find_element("css selector", f"[data-button='{button}']").click()
        for window in conditions:
            self.wait_for(window, "window.seen")
            took_s = (window.execute_script("return window.seen") - kiosk.execute_script("return window.tapped")) / 1000
            print(f"{what} stood on {window.execute_script('return location.pathname')} {took_s:.2f} s after the tap", file=sys.stderr)
            self.assertLess(took_s, LIVE_S)

    def await_screen(self, events, name):
        """But for the draining bar at the bottom; and until the screen takes any press."""
        size = 62 * WIDTH // 4
        self.assertTrue(events.wait(lambda last: last.get("picture", "")[:size] == golden(name)[:size]), name)
        time.sleep(GUARD_S)


class Sheets(Case):
    def test_each_spreadsheet_is_of_the_report_and_the_period_that_the_page_shows(self):
        self.start()
        window = self.window()
        self.open(window, "manager")
        window.execute_script("document.getElementById('since').value = '7d';"
                              "document.getElementById('since').dispatchEvent(new Event('change', {bubbles: true}))")
        self.wait_for(window, "document.querySelector('.sheet').href.includes('since=7d')")
        files = window.execute_async_script("""
          const done = arguments[0];
          Promise.all([...document.querySelectorAll(".sheet")].map(async (link) => {
            const answer = await fetch(link.href);
            return [link.search, answer.status, answer.headers.get("Content-Disposition")];
          })).then(done)""")
        reports = ("help", "days", "causes", "strengths", "hours", "staff", "kiosks")
        self.assertEqual(files, [["?since=7d&format=ods", 200, f'attachment; filename="byname-{name}.ods"'] for name in reports])


class Private(Case):
    def test_nobody_sees_the_page_of_another_and_no_other_host_is_asked(self):
        self.start()
        window = self.window()
        self.open(window, "staff:Dan")
        self.assertEqual(window.execute_script("return document.getElementById('name').textContent"), "Dan")
        for path in ("/api/v1/report/staff?staff=Eve", "/api/v1/staff/Eve/export", "/api/v1/staff", "/api/v1/report/summary",
                     "/api/v1/report/moments?staff=Eve"):
            status = window.execute_async_script(f"fetch('{path}').then((answer) => arguments[0](answer.status))")
            self.assertEqual(status, 403, path)
        for path in ("/api/v1/me/report?staff=Eve", "/api/v1/me/moments?staff=Eve", "/api/v1/me/export?staff=Eve"):
            text = window.execute_async_script(f"fetch('{path}').then((answer) => answer.text()).then(arguments[0])")
            self.assertNotIn("Eve", text, path)
        window.get(self.web.origin + "/")  # the manager's page leads back
        self.wait_for(window, "location.pathname === '/staff.html'")
        window.get(self.web.origin + "/?text=<script>evil</script>")
        self.open(window, "manager")
        asked = list(self.asked(window))
        self.assertIn(self.web.origin + "/chart.js", asked)
        self.assertIn(self.web.origin + "/api/v1/events", asked)
        hosts = {urllib.parse.urlsplit(address).netloc for address in asked if not address.startswith(("data:", "chrome:"))}
        self.assertEqual(hosts, {f"127.0.0.1:{self.web.port}"})

    def test_the_kiosks_page_asks_no_other_host(self):
        page, kiosk = self.kiosk_page()
        kiosk.find_element("css selector", "[data-button='5']").click()
        asked = list(self.asked(kiosk))
        self.assertIn(page.origin + "/events", asked)
        self.assertTrue(rig.wait_until(lambda: asked.extend(self.asked(kiosk)) or page.origin + "/button/5/up" in asked), asked)
        hosts = {urllib.parse.urlsplit(address).netloc for address in asked if not address.startswith(("data:", "chrome:"))}
        self.assertEqual(hosts, {f"127.0.0.1:{page.port}"})

    def test_page_that_is_read_again_and_again_is_one_row_an_hour_in_the_log_of_reads(self):
        self.start()
        window = self.window()
        self.open(window, "manager")
        for _ in range(5):
            window.refresh()
            self.wait_for(window, "document.getElementById('visits')")
            self.wait_for(window, "document.getElementById('staff').textContent.includes('Eve')")
        reads = self.store.ask("access-log")["reads"]
        self.assertGreaterEqual(sum(read["reads"] for read in reads), 6)
        of = [(read["reader"], read["what"], read["staff"], read["first"][:13]) for read in reads]
        self.assertEqual(sorted(of), sorted(set(of)))
        self.assertLessEqual(len(of), 4, reads)  # twice as many if an hour has struck
        self.assertEqual({row[:3] for row in of}, {("token 1", "report staff", None), ("token 1", "report help", None)})

    def test_nothing_inline_runs(self):
        self.start()
        window = self.window()
        self.open(window, "manager")
        window.execute_script("const script = document.createElement('script'); script.textContent = 'window.inline = 1';"
                              "document.body.append(script); document.body.insertAdjacentHTML('beforeend',"
                              " '<img src=\"x:\" onerror=\"window.inline = 2\"><p id=\"styled\" style=\"color: red\">x</p>');")
        self.assertIsNone(window.execute_script("return window.inline ?? null"))
        self.assertNotEqual(window.execute_script("return getComputedStyle(document.getElementById('styled')).color"), "rgb(255, 0, 0)")
        self.assertTrue(any("Content Security Policy" in text for text in self.said(window)))


class Axe(Case):
    def test_axe_finds_nothing_on_any_page_light_or_dark_wide_or_phone(self):
        axe = axe_core()
        if axe is None:
            self.skipTest(NO_AXE)
        history = rig.subprocess.run([os.path.join(rig.BIN, "make-history"), "--database", self.store.database, "--years", "1",
                                      "--visits", "20000", "--kiosks", "2", "--staff", "4", "--timezone", "UTC",
                                      "--end", time.strftime("%Y-%m-%d", time.gmtime())], capture_output=True, text=True)
        self.assertEqual(history.returncode, 0, history.stderr)
        self.start()
        self.store.byname("note", "New queue signs")
        window = self.window()
        for scope, path in PAGES.items():
            name = {"/": "dashboard", "/staff.html": "staff", "/board.html": "board"}[path]
            self.open(window, "staff:1" if scope == "staff" else scope)
            self.judge(window, axe, self.web.origin + path, name)

    def test_axe_finds_nothing_on_the_kiosks_page(self):
        axe = axe_core()
        if axe is None:
            self.skipTest(NO_AXE)
        page, kiosk = self.kiosk_page()
        self.judge(kiosk, axe, page.origin, "kiosk", ready="!document.getElementById('power').disabled")

    def judge(self, window, axe, url, name, **keys):
        for size, scheme in (("wide", "light"), ("wide", "dark"), ("phone", "light"), ("phone", "dark"), ("wall", "dark")):
            self.look(window, url, size, scheme, **keys)
            self.keep_picture(window, f"{name}-{size}-{scheme}")
            window.execute_script("for (const folded of document.querySelectorAll('details')) folded.open = true;")
            self.assertEqual(self.judged(window, axe), [], (url, size, scheme))
        self.assertEqual(self.said(window), [])

    def judged(self, window, axe):
        window.execute_script(axe)
        result = window.execute_async_script(
            "axe.run().then(({violations, passes}) => arguments[0]([passes.length,"
            " violations.map(({id, nodes}) => [id, nodes.map(({html}) => html.slice(0, 200))])]))")
        self.assertGreater(result[0], 10)  # it did look
        return result[1]


class Keyboard(Case):
    def test_every_control_is_reached_and_used_by_the_keyboard(self):
        self.start()
        window = self.window()
        self.open(window, "manager")
        body = window.switch_to.active_element
        reached = []
        for _ in range(20):
            body.send_keys(Keys.TAB)
            body = window.switch_to.active_element
            if body.tag_name == "body":
                break
            reached.append(body.get_attribute("id") or body.text)
            outline = window.execute_script("return getComputedStyle(document.activeElement).outlineStyle")
            self.assertEqual(outline, "solid", reached)
        for wanted in ("To the figures", "since", "print", "As a table"):
            self.assertIn(wanted, reached)
        window.execute_script("document.getElementById('since').focus()")
        window.switch_to.active_element.send_keys("last 7")
        self.wait_for(window, "document.getElementById('glance').textContent.includes('the 7 days before')")


class Kiosk(Case):
    """What hands do on the kiosk's page."""

    def setUp(self):
        super().setUp()
        self.page, self.kiosk = self.kiosk_page()
        self.events = Events(self.page)
        self.addCleanup(self.events.close)
        self.assertTrue(self.events.wait(is_idle))

    def button(self, number):
        return self.kiosk.find_element("css selector", f"[data-button='{number}']")

    def see_pressed(self, pressed):
        self.assertTrue(self.events.wait(lambda last: last["state"]["pressed"] == pressed), (pressed, self.said(self.kiosk)))

    def test_every_button_has_a_name_and_is_reached_and_pressed_by_the_keyboard(self):
        names = []
        for _ in range(8):
            ActionChains(self.kiosk).send_keys(Keys.TAB).perform()
            names.append(self.kiosk.switch_to.active_element.accessible_name)
            self.assertEqual(self.kiosk.execute_script("return getComputedStyle(document.activeElement).outlineStyle"), "solid", names)
        self.assertEqual(names, ["Button 1", "Button 2", "Button 3", "Button 4", "Button 5", "Staff menu", "Pull the plug",
                                 "Pull the cable"])
        self.kiosk.execute_script("document.querySelector('[data-button=\"4\"]').focus()")
        ActionChains(self.kiosk).key_down(Keys.SPACE).perform()
        self.see_pressed(8)
        ActionChains(self.kiosk).key_up(Keys.SPACE).perform()
        self.see_pressed(0)

    def test_digits_press_while_they_are_down(self):
        ActionChains(self.kiosk).key_down("1").key_down("5").perform()
        self.see_pressed(17)
        ActionChains(self.kiosk).key_up("1").perform()
        self.see_pressed(16)
        ActionChains(self.kiosk).key_up("5").perform()
        self.see_pressed(0)

    def test_rating_that_is_held_by_the_mouse_opens_the_languages(self):
        languages = golden("language")
        ActionChains(self.kiosk).click_and_hold(self.button(2)).perform()
        self.assertTrue(self.events.wait(lambda last: last["picture"][:1200] == languages[:1200]))
        self.assertEqual(self.events.last["state"]["pressed"], 2)  # held longer than a second, and by one page only
        ActionChains(self.kiosk).release().perform()
        self.see_pressed(0)

    def test_page_that_goes_lets_go_of_its_buttons(self):
        ActionChains(self.kiosk).click_and_hold(self.button(3)).perform()
        self.see_pressed(4)
        self.kiosk.get("about:blank")
        self.see_pressed(0)

    def test_canvas_shows_the_display_dot_by_dot(self):
        for ratio in (1, 2, 3):
            self.kiosk.execute_cdp_cmd("Emulation.setDeviceMetricsOverride",
                                       {"width": 500, "height": 900, "deviceScaleFactor": ratio, "mobile": False})
            self.wait_for(self.kiosk, f"devicePixelRatio === {ratio}")
            self.kiosk.execute_script("dispatchEvent(new Event('resize'))")
            width, height, shown, dots = self.kiosk.execute_script("""
                const canvas = document.getElementById('display');
                const pixels = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data;
                const scale = canvas.width / 128;
                let dots = '';
                for (let y = 0; y < 64; y++) for (let x = 0; x < 128; x++)
                    dots += pixels[4 * (y * scale * canvas.width + x * scale)] > 100 ? 1 : 0;
                return [canvas.width, canvas.height, canvas.getBoundingClientRect().width, dots];""")
            self.assertEqual((width % 128, height), (0, width // 2))
            self.assertAlmostEqual(shown * ratio, width, 1)  # a pixel of the canvas is one of the screen
            self.assertEqual(f"{int(dots, 2):02048x}", self.events.last["picture"])


if __name__ == "__main__":
    unittest.main()
