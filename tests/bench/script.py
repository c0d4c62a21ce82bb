# SPDX-License-Identifier: MIT
"""byname beside a script as hobbyists write them: the same answers over the same kind of pty, one after the other.

Both get a journal of waiting ratings from one kiosk; byname's line is keyed. Times are this machine's; what counts is the
one beside the other.
"""
import os
import sqlite3
import subprocess
import sys
import time

PYTHON = "/usr/bin/python3"  # Debian's, which has python3-serial
IN_FLIGHT = 100  # lines of a full journal; byname: frames of 16, and the daemon takes 8 at a time
VISIT_SIZE = 4  # and so many when it is killed in ordinary use
KILLS = 20
START_S, DELIVER_S = 60, 300


class Script:
    """The script, and a kiosk at its line that sends one answer after the other."""

    def __init__(self, context, folder, peer, in_flight=IN_FLIGHT):
        self.in_flight = in_flight
        self.database, self.program = folder / "answers.db", context.source / "tests" / "bench" / "hobby_collector.py"
        self.line = peer.Line(str(folder / "port"))
        self.line.plug()
        self.next, self.acknowledged, self.buffer, self.process = 1, 0, b"", None

    def start(self):
        """It listens once it answers: pyserial throws away what came before the port was open."""
        self.process = subprocess.Popen([PYTHON, self.program, self.line.path, self.database], stderr=subprocess.DEVNULL)
        end, heard = time.monotonic() + START_S, b""
        while b"ack 0\n" not in heard:
            if self.process.poll() is not None or time.monotonic() > end:
                raise RuntimeError("the script did not start")
            self.line.write(b"1,0,2,1,0\n")
            heard += self.line.read(0.05)

    def kill(self):
        self.process.kill()
        self.process.wait()

    def send(self, count):
        lines = b"".join(b"1,%d,2,%d,%d\n" % (seq, 1 + seq % 5, seq) for seq in range(self.next, self.next + count))
        self.line.write(lines)
        self.next += count

    def listen(self):
        *lines, self.buffer = (self.buffer + self.line.read(0.01)).split(b"\n")
        for line in lines:
            if line.startswith(b"ack "):
                self.acknowledged = max(self.acknowledged, int(line[4:]))

    def deliver(self, count, stop=lambda: False):
        end, give_up = self.next + count, time.monotonic() + DELIVER_S
        while self.acknowledged < end - 1 and not stop():
            if time.monotonic() > give_up:
                raise RuntimeError("the script does not answer any more")
            room = min(end, self.acknowledged + 1 + self.in_flight) - self.next
            if room > 0:
                self.send(room)
            self.listen()

    def seqs(self):
        with sqlite3.connect(self.database) as connection:
            return [seq for seq, in connection.execute("SELECT seq FROM answer WHERE seq > 0")]


def measure_script(context, peer, count):
    process = context.load("process")
    script = Script(context, context.folder("script"), peer)
    script.start()
    script.deliver(100)
    spent, begun = process.spent_s(script.process.pid), time.monotonic()
    script.deliver(count)
    seconds, spent = time.monotonic() - begun, process.spent_s(script.process.pid) - spent
    memory = process.memory_mib(script.process.pid)
    script.kill()
    script.line.close()
    return count / seconds, 1e6 * spent / count, memory


def kill_script(context, peer, kills, resends):
    """(rows lost, rows doubled, answers sent): of a kiosk that says again what was not acknowledged, or one that does not."""
    script = Script(context, context.folder(f"script-killed-{resends}"), peer, VISIT_SIZE)
    for i in range(kills):
        script.start()
        end = time.monotonic() + 0.15 + 0.013 * i
        script.deliver(10**6, lambda: time.monotonic() >= end)
        script.kill()
        for _ in range(10):
            script.listen()
        if resends:
            script.next = script.acknowledged + 1
        else:
            script.acknowledged = script.next - 1
        context.progress(f"kill {i + 1} of {kills}")
    script.start()
    script.deliver(1)
    script.kill()
    seqs = script.seqs()
    script.line.close()
    return script.next - 1 - len(set(seqs)), len(seqs) - len(set(seqs)), script.next - 1


def paced(peer):
    class Paced(peer.Kiosk):
        """No more frames under way than the daemon takes: what is beyond is dropped and comes again."""

        def act(self, now):
            through = self.next
            self.next = min(through, self.oldest + 8 * 16)
            try:
                super().act(now)
            finally:
                self.next = through
    return Paced


def measure_byname(context, peer, rig, count):
    process, folder = context.load("process"), context.folder("byname")
    line = peer.Line(str(folder / "port"))
    line.plug()
    daemon = rig.Daemon(str(folder), {"Desk": line.path}, adopt="auto")
    daemon.start()
    kiosk = paced(peer)(line)
    kiosk.pump(lambda: kiosk.is_up)
    for i in range(count):
        kiosk.rate(1 + i % 5)
    spent, begun = process.spent_s(daemon.process.pid), time.monotonic()
    if not kiosk.pump(kiosk.is_acknowledged, 300):
        raise RuntimeError("byname did not acknowledge everything")
    seconds, spent = time.monotonic() - begun, process.spent_s(daemon.process.pid) - spent
    memory = process.memory_mib(daemon.process.pid)
    daemon.stop()
    line.close()
    return count / seconds, 1e6 * spent / count, memory


def rows(context):
    if context.check:
        return
    os.environ["BYNAME_BIN"] = str(context.bin)
    sys.path.insert(0, str(context.source / "tests" / "system"))
    import peer
    import rig
    count = 300 if context.quick else 4000
    context.progress("byname")
    ours = measure_byname(context, peer, rig, count)
    context.progress("the script")
    theirs = measure_script(context, peer, count)
    kills = 3 if context.quick else KILLS
    lost, _, lost_of = kill_script(context, peer, kills, False)
    _, doubled, doubled_of = kill_script(context, peer, kills, True)
    name = "script: byname beside 60 lines of Python"
    yield {"name": f"{name}, answers a second", "value": ours[0], "unit": "", "limit": theirs[0], "goal": None,
           "comparison": ">=", "kept_as": "rough", "detail": [
               f"the limit here is the script, which commits each rating: byname stores {ours[0] / theirs[0]:.1f} times as many from one kiosk's"
               " keyed line, held back by the Python that plays the kiosk"]}
    yield {"name": f"{name}, processor time an answer", "value": ours[1], "unit": "us", "limit": theirs[1], "goal": None,
           "comparison": "<=", "kept_as": "rough", "detail": [
               f"the script takes {theirs[1] / ours[1]:.1f} times as much; bynamed also checks, tallies and seals"]}
    yield {"name": f"{name}, memory", "value": ours[2][0], "unit": "MiB", "limit": theirs[2][0], "goal": None,
           "comparison": "<=", "detail": [
               f"resident; its own: {ours[2][1]:.1f}, the script's {theirs[2][1]:.1f}"]}
    yield {"name": f"script: rows that it loses in {kills} kill -9", "value": lost, "unit": "rows", "goal": None, "limit": None,
           "comparison": "<=", "kept_as": "rough", "detail": [
               f"of {lost_of} that a kiosk sent once, up to {VISIT_SIZE} under way; where it sends again what was not acknowledged,"
               f" {doubled} of {doubled_of} stand there twice. bynamed: none and none (proof.daemon.kills)"]}
