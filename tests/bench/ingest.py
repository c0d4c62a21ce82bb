# SPDX-License-Identifier: MIT
"""The daemon with many kiosks: answers a second, acknowledgements, kiosks on one process, memory and processor at rest.

kiosk-swarm is the kiosks, bare_insert and BareSyncs the limits, ack_shim the clock between commit and wire.
"""
import concurrent.futures
import itertools
import json
import os
import pathlib
import signal
import subprocess
import tempfile
import threading
import time

KIOSKS = 64
FAST_BAUD = 500000  # at 115200 these lines carry 59,000 answers a second, and the daemon waits for them
MANY = 512
WITHIN_MS = 100
RHYTHM_S = 0.01  # of the daemon's writer (WRITER_GROUP_MS)
PAGE = 4096
MEMORY = "/dev/shm"  # a file system that is no disk
REPORTS = ("overview", "summary", "staff", "causes", "hours", "days", "kiosks")
TICKS = os.sysconf("SC_CLK_TCK")
START_S, STOP_S, CONNECT_S, REST_S = 20, 30, 60, 3  # REST_S: what is told to new kiosks is told


class Daemon:
    """A bynamed in a folder of its own, and what the kernel says of it."""

    def __init__(self, context, name, kiosks, shim=False, baud=115200, folder=None):
        self.context, self.folder = context, folder or context.folder(name)
        self.database, self.config = self.folder / "byname.db", self.folder / "bynamed.conf"
        self.events = self.folder / "events"
        self.config.write_text(
            f"[daemon]\ndatabase={self.database}\nsocket={self.folder}/s\nstore=Bench\ntimezone=UTC\nadopt=auto\nhelp=off\n"
            "bad_run=off\n" + "".join(f"[kiosk Kiosk {i}]\nport={self.folder}/{i}\nbaud={baud}\n" for i in range(kiosks)), encoding="utf-8")
        self.shim = {"LD_PRELOAD": str(context.bin.parent / "tests" / "bench" / "liback_shim.so"),
                     "ACK_SHIM_FILE": str(self.events)} if shim else {}

    def __enter__(self):
        with open(self.folder / "log", "w", encoding="utf-8") as log:
            self.process = subprocess.Popen([self.context.bin / "bynamed", "--config", self.config], stderr=log,
                                            env={**os.environ, **self.shim})
        end = time.monotonic() + START_S
        while not (self.folder / "s").exists():
            if self.process.poll() is not None or time.monotonic() > end:
                raise RuntimeError("bynamed did not start:\n" + (self.folder / "log").read_text(encoding="utf-8"))
            time.sleep(0.01)
        self.context.run(self.context.bin / "byname", "--socket", self.folder / "s", "staff", "add", "Dan")
        return self

    def __exit__(self, *unused):
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(STOP_S)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    def connected(self):
        """How many kiosks it hears."""
        said = subprocess.run([self.context.bin / "byname", "--socket", self.folder / "s", "status", "--format", "json"],
                              capture_output=True, text=True)  # its status is whether all is well, which is not asked here
        return sum(kiosk["connected"] for kiosk in json.loads(said.stdout)["kiosks"])

    def swarm(self, *arguments):
        said = self.context.run(self.context.bin / "kiosk-swarm", "--config", self.config, "--elf", self.context.elf, "--json",
                                *arguments)
        return json.loads(said)

    def threads(self):
        """Seconds of processor time: [(user, kernel)] of the loop, then of the others."""
        times = []
        for task in sorted(os.listdir(f"/proc/{self.process.pid}/task"), key=int):
            with open(f"/proc/{self.process.pid}/task/{task}/stat", encoding="ascii") as file:
                words = file.read().rsplit(")", 1)[1].split()
            times.append((int(words[11]) / TICKS, int(words[12]) / TICKS))
        return times

    def stirs(self):
        return self.context.load("process").stirs(self.process.pid)

    def spent_s(self):
        return self.context.load("process").spent_s(self.process.pid)

    def own_mib(self):
        return self.context.load("process").memory_mib(self.process.pid)[1]

    def stamps(self):
        """What the shim kept, once the daemon has ended: acknowledged commits, delays of ACKs in ms, and the writer's syncs, each
        with its beginning and end in seconds, and whether it was of the database itself, in a checkpoint."""
        lines = [(kind, int(at), int(took)) for kind, at, took in
                 map(str.split, self.events.read_text(encoding="ascii").splitlines())]
        acks = [(at, delay) for kind, at, delay in lines if kind == "ack"]
        syncs = [((at - took) / 1e9, at / 1e9, kind == "file") for kind, at, took in lines if kind in ("wal", "file")]
        return {at - delay for at, delay in acks}, sorted(delay / 1e6 for _, delay in acks), syncs


def longest_ms(syncs):
    return 1000 * max(end - begun for begun, end, *_ in syncs)


def within_ms(syncs, begun, ended):
    """How much of that time they took."""
    return 1000 * sum(max(0, min(ended, end) - max(begun, begin)) for begin, end, *_ in syncs)


def share(values, part):
    return values[min(len(values) - 1, int(part * len(values)))]


def ingest(context):
    """64 kiosks that are never done, and SQLite alone with the same rows

    Their journals are never empty, and their lines carry more than the daemon takes; SQLite's transactions are as large."""
    seconds = 2 if context.quick else 10
    with Daemon(context, "flood", KIOSKS, shim=True, baud=FAST_BAUD) as daemon:
        before = daemon.threads()
        figures = daemon.swarm("--flood", "--seconds", seconds)
        after = daemon.threads()
    loop, others = ([sum(after[i][k] - before[i][k] for i in which) for k in (0, 1)]
                    for which in ((0,), range(1, len(before))))
    commits, _, _ = daemon.stamps()
    batch = max(1, figures["answers"] // len(commits))
    context.progress(f"the same {figures['answers']} answers by SQLite alone, {batch} to a transaction")
    bare = json.loads(context.run(context.bin / "bare_insert", daemon.database, context.folder("bare"), batch))
    limit, each = bare["answers"] / bare["bare_s"], 1e6 / figures["answers"]
    yield {"name": "ingest: durable answers a second, 64 kiosks at 500000, of what SQLite writes alone",
           "value": 100 * figures["answers_a_second"] / limit, "unit": "%", "goal": 60, "comparison": ">=", "detail": [
               f"{figures['answers_a_second']:,.0f}/s from line to acknowledgement; the same rows, indexes and tallies, {batch}"
               f" to a transaction, by prepared statements alone: {limit:,.0f}/s; by the store's code: "
               f"{bare['answers'] / bare['store_s']:,.0f}/s",
               f"processor time an answer: {(sum(loop) + sum(others)) * each:.1f} us: loop {loop[0] * each:.1f} user, "
               f"{loop[1] * each:.1f} kernel; writer {others[0] * each:.1f} user, {others[1] * each:.1f} kernel; SQLite alone "
               f"{bare['bare_cpu_s'] * each:.1f}",
               f"{figures['rows']:,} rows compared with what was tapped; the kiosks were at most {figures['lag_ms']:.0f} ms late"]}


def report_without_pause(daemon, over):
    """How many there were."""
    for count in itertools.count():
        if over.is_set():
            return count
        name = REPORTS[count % len(REPORTS)]
        daemon.context.run(daemon.context.bin / "byname", "--socket", daemon.folder / "s", "report", name, "--since", "7d")


def acks(context):
    """commit to ACK at full rate, while one report follows the other"""
    over = threading.Event()
    with Daemon(context, "acks", KIOSKS, shim=True) as daemon, concurrent.futures.ThreadPoolExecutor() as aside:
        reporter = aside.submit(report_without_pause, daemon, over)
        try:
            figures = daemon.swarm("--flood", "--seconds", 2 if context.quick else 10)
        finally:
            over.set()
        reports = reporter.result()
    commits, delays, syncs = daemon.stamps()
    yield {"name": "ack: commit to ack on the wire, p99, 64 kiosks at full rate, under reports", "value": share(delays, 0.99),
           "unit": "ms", "goal": 20, "comparison": "<=", "detail": [
               f"median {share(delays, 0.5):.2f} ms, worst {delays[-1]:.2f} ms of {len(delays):,} ACKs after {len(commits):,}"
               f" commits; {reports} reports of what they store beside them; {figures['answers_a_second']:,.0f} answers/s",
               "line to acknowledgement: median {:.1f} ms, 99 % within {:.1f} ms; the disk's longest sync took {:.0f} ms"
               .format(*figures["ack_ms"][:2], longest_ms(syncs))]}


class BareSyncs:
    """What the disk lets anybody do: one page of a file that never grows, written again and synced in the daemon's rhythm."""

    def __init__(self, folder):
        self.path, self.over, self.took = folder / "page", threading.Event(), []
        self.thread = threading.Thread(target=self.write)

    def write(self):
        page = bytes(PAGE)
        with open(self.path, "wb", buffering=0) as file:
            file.write(page)
            os.fsync(file)
            while not self.over.is_set():
                begun = time.monotonic()
                os.pwrite(file.fileno(), page, 0)
                os.fdatasync(file)
                self.took.append((begun, time.monotonic()))
                time.sleep(max(0, begun + RHYTHM_S - time.monotonic()))

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *unused):
        self.over.set()
        self.thread.join()

    def latest_ms(self):
        """What comes just after a sync began waits for that one and for its own."""
        return 1000 * max(ended - begun for (begun, _), (_, ended) in zip(self.took, self.took[1:]))


def customers(context, daemon):
    """As many kiosks as the goal says, each with a customer who taps every 2 s: what the swarm saw, and the daemon's processor time."""
    before = daemon.threads()
    figures = daemon.swarm("--seconds", 6 if context.quick else 30, "--real", 0)
    return figures, sum(map(sum, daemon.threads())) - sum(map(sum, before))


def many(context):
    """512 kiosks, each with a customer who taps every 2 s, on this disk and on none"""
    os.sync()  # what was left behind would be written beside this one
    with BareSyncs(context.folder("page")) as bare, Daemon(context, "many", MANY, shim=True) as daemon:
        figures, used = customers(context, daemon)
        memory = daemon.own_mib()
    _, _, syncs = daemon.stamps()
    took = sorted(1000 * (end - begin) for begin, end, _ in syncs)
    long = [sync for sync in syncs if longest_ms([sync]) > WITHIN_MS]
    shared = sum(within_ms(bare.took, begin, end) > longest_ms([(begin, end)]) / 2 for begin, end, _ in long)
    yield {"name": "daemon: 512 kiosks on one process, a tap every 2 s: latest ack", "value": figures["ack_ms"][2], "unit": "ms",
           "limit": bare.latest_ms(), "goal": WITHIN_MS, "comparison": "<=", "kept_as": "rough", "detail": [
               "from the answer's last byte on the line; median {:.1f} ms, 99 % within {:.1f} ms; {:,} answers, all stored once"
               .format(*figures["ack_ms"][:2], figures["answers"]),
               "the limit is a program beside it that writes one page of its own every 10 ms and syncs it: what comes when a sync begins"
               " waits for that and for the next; of the"
               f" latest ACK's time the disk took {within_ms(syncs, *figures['latest_ack_s']):.0f} ms, and of that program's in the meantime"
               f" {within_ms(bare.took, *figures['latest_ack_s']):.0f}",
               f"of the daemon's {len(took):,} syncs the median took {share(took, 0.5):.1f} ms, 99 % {share(took, 0.99):.1f} ms, the longest"
               f" {took[-1]:.0f} ms; {len(long)} took more than {WITHIN_MS} ms, {sum(is_file for _, _, is_file in long)} of these in a"
               f" checkpoint, and in {shared} the other program waited, too",
               f"kiosks were at most {figures['lag_ms']:.0f} ms late; the daemon took {used:.1f} s of processor time from the "
               f"first HELLO on, and has {memory:.1f} MiB of its own"]}
    with tempfile.TemporaryDirectory(dir=MEMORY) as name, Daemon(context, "memory", MANY, shim=True, folder=pathlib.Path(name)) as daemon:
        figures, _ = customers(context, daemon)
    yield {"name": "daemon: the same without the disk's syncs", "value": figures["ack_ms"][2], "unit": "ms", "goal": WITHIN_MS,
           "comparison": "<=", "detail": [
               "measured again with the database in memory; median {:.1f} ms, 99 % within {:.1f} ms".format(*figures["ack_ms"][:2])]}


def at_rest(context):
    """64 kiosks with their heartbeats, and nobody there"""
    seconds = 5 if context.quick else 30
    with Daemon(context, "rest", KIOSKS) as daemon, concurrent.futures.ThreadPoolExecutor() as aside:
        daemon.swarm("--seconds", 6 if context.quick else 20, "--real", 0)
        waiting = aside.submit(daemon.swarm, "--idle", "--seconds", 2 * REST_S + seconds, "--real", 0)
        end = time.monotonic() + CONNECT_S
        while daemon.connected() < KIOSKS and not waiting.done() and time.monotonic() < end:
            time.sleep(0.1)
        time.sleep(REST_S)
        before, stirs, spent, begun = daemon.threads(), daemon.stirs(), daemon.spent_s(), time.monotonic()
        time.sleep(seconds)
        took_s = time.monotonic() - begun
        idle = 100 * (daemon.spent_s() - spent) / took_s
        wakes, reads, writes = [(now - then) / took_s for now, then in zip(daemon.stirs(), stirs)]
        after, memory, connected = daemon.threads(), daemon.own_mib(), daemon.connected()
        waiting.result()
    if connected < KIOSKS:
        raise RuntimeError(f"only {connected} of {KIOSKS} kiosks were connected")
    user, kernel = [sum(thread[k] for thread in after) - sum(thread[k] for thread in before) for k in (0, 1)]
    yield {"name": "daemon: own memory with 64 kiosks (RssAnon)", "value": memory, "unit": "MiB", "goal": 12,
           "comparison": "<="}
    yield {"name": "daemon: processor time while 64 connected kiosks are idle", "value": idle, "unit": "%", "goal": 0.1,
           "comparison": "<=", "detail": [
               f"{wakes:.1f} wake-ups, {reads:.1f} reads and {writes:.1f} writes a second: heartbeats that are verified, noted and"
               f" answered; over {seconds} s {user:.2f} s user, {kernel:.2f} s kernel"]}


def rows(context):
    if context.check:
        return
    for part in (many, ingest, acks, at_rest):  # the floods keep a disk busy for long after they are over
        context.progress(part.__doc__.splitlines()[0])
        yield from part(context)
