# SPDX-License-Identifier: MIT
"""A hundred million answers: reports against the same questions asked of the raw rows, verify against one scan of them, the
start of the daemon, and the dashboard's first paint.

The databases are made once, in the folder BYNAME_HISTORY, else byname-history beside other temporary files, and used again.
"""
import http.client
import json
import os
import pathlib
import shutil
import socket
import subprocess
import tempfile
import time

ANSWERS = {"small": 1_000_000, "large": 100_000_000}
QUICK = {"small": 50_000, "large": 1_000_000}
ROOM_BYTES, ANSWER_BYTES = 150_000_000, 62  # of a database: its tallies, and each answer
CHAIN = ("--years", "10", "--kiosks", "24", "--staff", "60", "--end", "2026-11-16")
TEN_YEARS = ("2016-11-16", "2026-11-16")  # all that there is, and by months, days and hours of it
PERIODS = {"ten years": TEN_YEARS, "a year": ("2025-11-16", "2026-11-16"), "a week": ("2026-11-09", "2026-11-16")}
REPORTS = ("overview", "summary", "staff", "causes", "strengths", "hours", "days", "kiosks", "help")
RUNS = 15
BLOCK = 1 << 20  # bytes read at once
GROWTH_FROM_MS = 2  # less is the request's own cost
ZONE = "Europe/Berlin"
MADE_AGAIN = "move it away, or name another folder with BYNAME_HISTORY=FOLDER: then it is made again"
PYTHON = "/usr/bin/python3"  # Debian's, which has python3-selenium

COUNTED = ("FROM visit JOIN journal ON journal.id = visit.journal WHERE flag = 0 AND is_burst = 0 AND is_mash = 0"
           " AND instant_ms >= {from_ms} AND instant_ms + span_ms < {to_ms}")
# What the rows of each report say, asked of the visits, of which there is a row each: a fourth of the answers. Of hours and days
# those of which they are certain, by the local clock.
RATINGS = "count(*), " + ", ".join(f"sum(rating = {rating})" for rating in range(1, 6))
ASKED = "sum(mention = 1), sum(mention BETWEEN 1 AND 3)"
RAW = {
    "summary": "SELECT rating, count(*), sum(mention = 1), sum(cause = 1), sum(strength = 1), sum(\"returning\" = 1) {counted}"
               " GROUP BY rating",
    "staff": f"SELECT CASE WHEN staff BETWEEN 1 AND 60000 THEN staff ELSE ifnull(served, 0) END, {RATINGS}, {ASKED}"
             " {counted} GROUP BY 1",
    "causes": "SELECT cause, count(*) {counted} AND cause BETWEEN 1 AND 5 GROUP BY cause",
    "strengths": "SELECT strength, count(*) {counted} AND strength BETWEEN 1 AND 5 GROUP BY strength",
    "hours": "SELECT strftime('%w %H', instant_ms / 1000, 'unixepoch', 'localtime'), count(*) {counted} AND span_ms = 0 GROUP BY 1",
    "days": f"SELECT date(instant_ms / 1000, 'unixepoch', 'localtime'), {RATINGS}, {ASKED}"
            " {counted} AND (span_ms = 0 OR"
            " date(instant_ms / 1000, 'unixepoch', 'localtime') = date((instant_ms + span_ms) / 1000, 'unixepoch', 'localtime'))"
            " GROUP BY 1",
    "kiosks": f"SELECT journal.kiosk, {RATINGS} {{counted}} GROUP BY 1",
    "help": "SELECT sum(help IS NOT NULL), sum(help = 1), sum(help = 2) {counted}",
}
WALK = "SELECT count(*) FROM answer WHERE arrived_ms < 0"
# Every column of every row; of the statements that do so the quickest.
SCAN = ("SELECT total(journal + seq + visit_back + question + value + boot + uptime_s + instant_ms + span_ms + quality + arrived_ms)"
        " FROM answer")


class Unix(http.client.HTTPConnection):
    def __init__(self, path):
        super().__init__("localhost")
        self.path = str(path)

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.connect(self.path)


class Daemon:
    """bynamed on a database; started_s is how long it took to say that it is ready."""

    def __init__(self, context, folder, database):
        self.context, self.socket = context, folder / "socket"
        config, ready, log = folder / "bynamed.conf", folder / "ready", folder / "log"
        config.write_text(f"[daemon]\ndatabase = {database}\nsocket = {self.socket}\nstore = Corner shop\ntimezone = {ZONE}\n"
                          "log = error\n", encoding="utf-8")
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as notify, open(log, "w", encoding="utf-8") as said:
            notify.bind(str(ready))
            notify.settimeout(0.5)
            begun = time.monotonic()
            self.process = subprocess.Popen([context.bin / "bynamed", "--config", config], stdout=subprocess.DEVNULL, stderr=said,
                                            env={**os.environ, "NOTIFY_SOCKET": str(ready)})
            while not self.is_ready(notify):
                if self.process.poll() is not None:
                    raise RuntimeError(f"bynamed does not start with {database}:\n{log.read_text(encoding='utf-8')}{MADE_AGAIN}")
            self.started_s = time.monotonic() - begun
        ready.unlink()

    @staticmethod
    def is_ready(notify):
        try:
            return b"READY=1" in notify.recv(4096)
        except socket.timeout:
            return False

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait()

    def spent_s(self):
        return self.context.load("process").spent_s(self.process.pid)

    def ask(self, report, period):
        """The reply (None: ended after 2 s), its milliseconds, and the processor's among them."""
        connection, spent, begun = Unix(self.socket), self.spent_s(), time.monotonic()
        connection.request("GET", f"/api/v1/report/{report}?from={period[0]}&to={period[1]}")
        response = connection.getresponse()
        body = response.read()
        took, spent = time.monotonic() - begun, self.spent_s() - spent
        if response.status != 200 and b"too long" not in body:
            raise RuntimeError(f"{report} of {period}: {body[:200]}")
        return json.loads(body) if response.status == 200 else None, 1000 * took, 1000 * spent


def database(context, size):
    """The file with that many answers, made if it is not there."""
    folder = pathlib.Path(os.environ.get("BYNAME_HISTORY", pathlib.Path(tempfile.gettempdir()) / "byname-history"))
    try:
        folder.mkdir(parents=True, exist_ok=True)
        tempfile.TemporaryFile(dir=folder).close()
    except OSError as error:
        raise RuntimeError(f"databases cannot be made in {folder}: {error.strerror}: BYNAME_HISTORY=FOLDER names another") from error
    path = folder / f"{size}.db"
    if not path.exists():
        make(context, folder, path, size)
    return path


def make(context, folder, path, size):
    """Whole or not at all. make-history shows its own progress."""
    wanted, room = (ROOM_BYTES + ANSWER_BYTES * size) / 1e9, shutil.disk_usage(folder).free / 1e9
    if room < wanted:
        raise RuntimeError(f"{size:,} answers take {wanted:.1f} GB, and {folder} has room for {room:.1f}: BYNAME_HISTORY=FOLDER"
                           " names another folder, --quick is content with a hundredth")
    context.progress(f"making {size:,} answers; that takes {'minutes' if size > 10 ** 7 else 'seconds'}, once")
    part = folder / f"{size}.part"
    remove(folder, part)
    try:
        subprocess.run([context.bin / "make-history", "--database", part, "--answers", str(size), *CHAIN], check=True,
                       stdout=subprocess.DEVNULL)
        part.rename(path)
    finally:
        remove(folder, part)


def check_size(path, size):
    """Whoever put another file there is told, not given its figures under a wrong name. Of small sizes more are made than asked."""
    answers = shell("SELECT sum(through) FROM journal", path)[0][0][0] or 0
    if not 0.9 * size <= answers <= 3 * size:
        raise RuntimeError(f"{path} holds {answers:,} answers, which is not about {size:,}: {MADE_AGAIN}")


def remove(folder, part):
    for left in folder.glob(f"{part.name}*"):
        left.unlink()


def shell(sql, path):
    """Its rows, its seconds and the processor's among them: sqlite3, by itself."""
    begun, before = time.monotonic(), os.times()
    done = subprocess.run(["sqlite3", "-readonly", "-json", path, sql], check=True, capture_output=True, text=True,
                          env={**os.environ, "TZ": ZONE})
    took, after = time.monotonic() - begun, os.times()
    rows = [list(row.values()) for row in json.loads(done.stdout or "[]")]
    return rows, took, after.children_user + after.children_system - before.children_user - before.children_system


def raw_figures(report, rows):
    """What the raw rows say, in the shape of what `figures` takes out of the report."""
    if report == "summary":
        return {"ratings": {row[0]: row[1] for row in rows}, "first": [sum(row[i] or 0 for row in rows) for i in (2, 3, 4)]}
    if report == "hours":  # Sunday is 0 there, and 7 here
        return {(int(key[0]) or 7, int(key[2:])): count for key, count in rows}
    if report == "help":
        return [value or 0 for value in rows[0]]
    return {row[0]: [value or 0 for value in row[1:]] for row in rows}


def ratings(row):
    """RATINGS"""
    return [row["visits"], *(row["ratings"][str(rating)] for rating in range(1, 6))]


def figures(report, said):
    """The same figures of the report."""
    if report == "summary":
        return {"ratings": {int(key): count for key, count in said["ratings"].items() if count},
                "first": [said["mentions"]["asked"], said["causes"]["process"], said["strengths"]["empathy"]]}
    if report == "hours":
        return {(cell["weekday"], cell["hour"]): cell["visits"] for cell in said["hours"] if cell["visits"]}
    if report == "help":
        return [said["help"][key] for key in ("offered", "yes", "no")]
    if report == "days":
        return {row["date"]: [*ratings(row), row["asked"], row["asked_rate"]["n"]] for row in said["days"] if row["visits"]}
    if report == "staff":
        return {row["id"] or 0: [*ratings(row), row["mentions"]["asked"], row["mentions"]["asked_rate"]["n"]]
                for row in said["staff"]}
    if report == "kiosks":
        return {place: ratings(row) for place, row in enumerate(said["kiosks"])}
    return {1 + place: [row["count"]] for place, row in enumerate(said[report])}


def compare(report, rows, said):
    """What the raw rows say is what the report says."""
    raw, reported = raw_figures(report, rows), figures(report, said)
    if report == "kiosks":
        raw, reported = sorted(raw.values()), sorted(reported.values())
    if raw != reported:
        raise RuntimeError(f"report {report} and the raw rows disagree:\n{str(reported)[:300]}\n{str(raw)[:300]}")


def periods_ask(context, daemon):
    """{(report, period): (reply, least ms, least processor ms)}"""
    found = {}
    for name, period in PERIODS.items():
        for report in REPORTS:
            context.progress(f"report {report} of {name}")
            runs = [daemon.ask(report, period) for _ in range(RUNS)]
            said = next((run[0] for run in runs if run[0]), None)
            found[report, name] = (said, min(run[1] for run in runs), min(run[2] for run in runs))
    return found


def local_ms(date):
    """Local midnight, as the store has it."""
    rows, *_ = shell(f"SELECT strftime('%s', '{date}', 'utc')", ":memory:")
    return 1000 * int(rows[0][0])


def raw_ask(context, path, found):
    """{report: seconds of processor}, each compared with the report of ten years."""
    counted = COUNTED.format(from_ms=local_ms(TEN_YEARS[0]), to_ms=local_ms(TEN_YEARS[1]))
    took = {}
    for report, sql in RAW.items():
        context.progress(f"report {report}, asked of the raw rows")
        rows, _, took[report] = shell(sql.format(counted=counted), path)
        said = found[report, "ten years"][0]
        if said:
            compare(report, rows, said)
    return took


def table(found, raw, before):
    """Lines: a report, its processor time over each period, of fewer answers, and of the raw rows."""
    lines = [f"{'ms':<10}" + "".join(f"{name:>11}" for name in PERIODS) + f"{'of fewer':>11}{'raw rows':>11}"]
    for report in REPORTS:
        times = "".join(f"{found[report, name][2]:11.1f}" for name in PERIODS)
        lines.append(f"{report:<10}{times}{before[report, 'ten years'][2]:11.1f}"
                     + (f"{1000 * raw[report]:11.0f}" if report in raw else ""))
    return lines


def growth(found, before):
    """The most grown of those whose time is their own, and of the others, in words; and how often that is of the first."""
    grown = {key: found[key][2] / before[key][2] for key in found}
    names = []
    for is_large in (True, False):
        some = [key for key in found if (found[key][2] > GROWTH_FROM_MS) == is_large]
        if some:
            most = max(some, key=grown.get)
            names.append((grown[most], f"{most[0]} of {most[1]}, the most of those {'over' if is_large else 'under'} {GROWTH_FROM_MS} ms: "
                          f"{grown[most]:.2f} times, {before[most][2]:.1f} to {found[most][2]:.1f} ms, for {len(json.dumps(before[most][0])):,}"
                          f" and {len(json.dumps(found[most][0])):,} bytes"))
    return names[0][0], [text for _, text in names]


def report_rows(found, raw, before, answers):
    slowest = max(found, key=lambda key: found[key][2])
    refused = [f"not answered: {report} of {name}, which takes more than 2 s" for (report, name), one in found.items() if not one[0]]
    least = min(raw, key=lambda report: 1000 * raw[report] / found[report, "ten years"][2])
    waited = max(found, key=lambda key: found[key][1])
    times, grown = growth(found, before)
    yield {"name": f"report: slowest, {answers:,} answers", "value": found[slowest][2], "unit": "ms", "limit": None, "goal": 50,
           "comparison": "<=", "detail": [f"{slowest[0]} of {slowest[1]}; all of these are processor time of the daemon, least of {RUNS}; by "
                                          f"the clock {found[waited][1]:.0f} ms at most ({waited[0]} of {waited[1]})",
                                          *refused, *table(found, raw, before)]}
    yield {"name": "report: raw rows / report, ten years, least", "value": 1000 * raw[least] / found[least, "ten years"][2],
           "unit": "times", "goal": 500, "comparison": ">=",
           "detail": [f"{least}: {1000 * raw[least]:.0f} ms of processor for {found[least, 'ten years'][2]:.1f} ms, and the same figures"]}
    total = sum(time for _, _, time in found.values()) / sum(time for _, _, time in before.values())
    yield {"name": "report: growth with a hundred times the answers", "value": times, "unit": "times", "goal": 1.5,
           "comparison": "<=", "detail": [*grown, f"all together {total:.2f} times"]}


def start_row(path, started_s, answers):
    _, opened_s, _ = shell("SELECT count(*) FROM sqlite_schema", path)
    return {"name": f"start: ready with {answers:,} answers", "value": 1000 * started_s, "unit": "ms", "limit": 1000 * opened_s,
            "goal": 200, "comparison": "<=", "detail": ["from fork to READY=1; the limit: sqlite3 starts, opens it and ends"]}


def read_whole(path):
    """What the kernel has of it in memory is the same for everybody after this, as far as there is room."""
    with open(path, "rb", buffering=0) as file:
        while file.read(BLOCK):
            pass


def verify_row(context, path):
    """Wall time against wall time: verify has a thread for each processor, the scan has one."""
    context.progress("one scan of the raw rows")
    read_whole(path)
    _, scan_s, scan_spent = shell(SCAN, path)
    context.progress("verify")
    read_whole(path)
    begun, before = time.monotonic(), os.times()
    context.run(context.bin / "byname", "--database", path, "verify")
    took, after = time.monotonic() - begun, os.times()
    spent = after.children_user + after.children_system - before.children_user - before.children_system
    _, check_s, check_spent = shell("PRAGMA integrity_check(1)", path)
    _, _, walk_spent = shell(WALK, path)
    return {"name": "verify: wall time / one scan of the raw rows", "value": took / scan_s, "unit": "times", "goal": 2,
            "comparison": "<=",
            "detail": [f"verify {took:.1f} s in at most {min(4, os.cpu_count())} threads, the scan {scan_s:.1f} s in one; of processor time"
                       f" {spent:.1f} and {scan_spent:.1f} s: {spent / scan_spent:.1f} times",
                       f"processors were {100 * spent / took:.0f} and {100 * scan_spent / scan_s:.0f} % at work on them: where the"
                       " second is not about 100 others kept this machine busy",
                       f"the scan reads every column of every row, as verify does; one column takes {walk_spent:.1f} s of processor",
                       f"SQLite's own check of every page and index, which is part of it, {check_spent:.1f} s of processor"
                       f" ({check_s:.1f} s)"]}


def page_row(context):
    """In a process of its own: Selenium is Debian's."""
    context.progress("the dashboard's first paint")
    said = json.loads(context.run(PYTHON, context.source / "tests" / "bench" / "first_paint.py", context.folder("page"),
                                  3 if context.quick else 9, env={**os.environ, "BYNAME_BIN": str(context.bin)}))
    return {"name": "page: dashboard's first paint on three years, Chromium", "value": said["dashboard"], "unit": "ms",
            "limit": said["blank"], "goal": 300, "comparison": "<=", "detail": said["detail"]}


def rows(context):
    if context.check:
        return
    sizes = QUICK if context.quick else ANSWERS
    paths = {name: database(context, size) for name, size in sizes.items()}
    asked = {}
    for name, path in paths.items():
        Daemon(context, context.folder(f"{name} first"), path).__exit__()  # an older version's tables are brought up to date
        check_size(path, sizes[name])
        with Daemon(context, context.folder(name), path) as daemon:
            asked[name], started_s = periods_ask(context, daemon), daemon.started_s
    answers = shell("SELECT sum(through) FROM journal", paths["large"])[0][0][0]
    raw = raw_ask(context, paths["large"], asked["large"])
    yield from report_rows(asked["large"], raw, asked["small"], answers)
    yield start_row(paths["large"], started_s, answers)
    yield verify_row(context, paths["large"])
    yield page_row(context)
