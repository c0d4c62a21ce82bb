# SPDX-License-Identifier: MIT
"""Load for a daemon under fire: kiosks that live by themselves, beside the test that does harm.

A line carries no more than a real one: LINE_BYTES_A_S is 115200 baud. What does not fit into the pty is dropped, as a
UART nobody reads drops it.
"""

import http.client
import json
import os
import random
import socket
import struct
import subprocess
import threading
import time

import customers
import peer
import rig

ELF = os.environ.get("BYNAME_ELF", "")
SEED = int(os.environ.get("BYNAME_SEED", "1"))
LINE_BYTES_A_S = 11520
JOURNAL_SLOTS = 200  # a real kiosk has no more unacknowledged answers


class PacedLine(peer.Line):
    free_at = 0.0

    def write(self, data):
        now = time.monotonic()
        time.sleep(max(0.0, self.free_at - now))
        self.free_at = max(self.free_at, now) + len(data) / LINE_BYTES_A_S
        try:
            os.write(self.master, data)
        except (BlockingIOError, OSError, TypeError):  # nobody reads; or just pulled
            pass

    def read(self, seconds):
        try:
            return super().read(seconds)
        except (OSError, ValueError, TypeError):  # just pulled
            time.sleep(0.01)
            return b""


class Visitor(peer.Kiosk):
    """A scripted kiosk that has another answer whenever its journal has room, up to `presses_a_s`."""

    def __init__(self, line, seed, presses_a_s=100000):
        super().__init__(line)
        self.chance = random.Random(seed)
        self.presses_a_s = presses_a_s
        self.pressed_at = time.monotonic()
        self.is_pressing = True
        self.ack_count = 0
        self.sent_at, self.latencies_ms = {}, []

    def act(self, now):
        room = min(JOURNAL_SLOTS - (self.next - self.oldest), int((now - self.pressed_at) * self.presses_a_s))
        if self.is_pressing and self.kiosk_id and room > 0:
            self.pressed_at = now
            for _ in range(room):
                self.rate(self.chance.randrange(1, 6))
        super().act(now)

    def say_answers(self, first, count=16):
        last = super().say_answers(first, count)
        now = time.monotonic()
        for seq in range(first, last + 1):
            self.sent_at.setdefault(seq, now)
        return last

    def on_frame(self, kind, body):
        before = self.oldest
        super().on_frame(kind, body)
        self.heard.clear()
        if kind != peer.ACK:
            return
        self.ack_count += 1
        now = time.monotonic()
        for seq in range(before, self.oldest):
            self.latencies_ms.append((now - self.sent_at.pop(seq, now)) * 1000)


class Life(threading.Thread):
    """Lets a Visitor live until `stop`. What went wrong there is raised here."""

    def __init__(self, visitor):
        super().__init__(daemon=True)
        self.visitor = visitor
        self.is_over = False
        self.error = None
        self.errands = []
        self.start()

    def run(self):
        try:
            while not self.is_over:
                self.visitor.pump(lambda: self.is_over or self.errands, 1.0)
                while self.errands:
                    self.errands[0]()
                    del self.errands[0]
        except Exception as error:  # noqa: BLE001 - it is raised in stop()
            self.error = error

    def do(self, errand):
        """Let its own thread do something with the line; returns when it is done."""
        self.errands.append(errand)
        rig.wait_until(lambda: not self.errands or self.error)

    def drain(self, seconds):
        """No more presses; True when all were acknowledged."""
        self.visitor.is_pressing = False
        return rig.wait_until(lambda: self.error or self.visitor.is_acknowledged(), seconds) and not self.error

    def stop(self):
        self.is_over = True
        self.join()
        if self.error:
            raise self.error


class Counter(threading.Thread):
    """The real firmware on an emulated board, with one customer after another, in real time."""

    def __init__(self, folder, name, staff, seed):
        super().__init__(daemon=True)
        self.kiosk = name
        self.script = customers.Script(seed, staff, os.path.join(folder, name))
        self.eeprom = os.path.join(folder, name + ".eeprom")
        self.is_over = False
        self.error = None
        self.mishaps = []  # called with the script between two customers
        self.visits = 0
        self.log = open(os.path.join(folder, name + ".out"), "w+")
        self.process = subprocess.Popen(
            [os.path.join(rig.BIN, "kiosk-emulator"), "--elf", ELF, "--eeprom", self.eeprom,
             "--link", os.path.join(folder, name), "--script", "-", "--seed", str(seed)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self.log, text=True, bufsize=1)
        self.start()

    def play(self, lines):
        for line in lines:
            if callable(line):
                line()
                continue
            self.process.stdin.write(line + "\n")
            reply = self.process.stdout.readline()
            if not reply.startswith("ok"):
                raise AssertionError(f"{self.kiosk}: '{line}' was answered '{reply.strip()}'")

    def play_script(self):
        lines, self.script.lines = self.script.lines, []
        self.play(lines)

    def run(self):
        try:
            self.play_script()
            while not self.is_over:
                if self.mishaps:
                    self.mishaps.pop()(self.script)
                else:
                    self.script.customer(False)
                self.play_script()
                self.visits += 1
        except Exception as error:  # noqa: BLE001 - it is raised in finish()
            self.error = error

    def undelivered(self):
        return customers.undelivered(self.eeprom)

    def finish(self, seconds):
        """The last customer goes. True when everything was delivered."""
        self.is_over = True
        self.join(60)
        if self.error or self.is_alive():
            raise self.error or AssertionError(f"{self.kiosk} did not come to an end")
        return rig.wait_until(lambda: self.undelivered() == 0, seconds)

    def close(self):
        self.process.kill()
        self.process.wait()
        self.process.stdin.close()
        self.process.stdout.close()
        self.log.close()


class Noise(threading.Thread):
    """Rubbish at full line rate, of five kinds, half a second each; then done."""

    ROUND_S = 2.5

    def __init__(self, line, seed, bytes_a_s):
        super().__init__(daemon=True)
        self.line, self.chance = line, random.Random(seed)
        self.bytes_a_s = bytes_a_s
        self.written = 0
        self.start()

    def random_bytes(self, size):
        return self.chance.randbytes(size)

    def delimiters(self, size):
        return bytes(size)

    def one_endless_frame(self, size):
        return self.chance.randbytes(size).replace(b"\0", b"\1")

    def torn_frames(self, size):
        """Frames of every type and content, most of them damaged in one byte."""
        out = b""
        while len(out) < size:
            frame = bytearray(peer.encode(self.chance.randrange(256), self.chance.randbytes(self.chance.randrange(60))))
            if self.chance.random() < 0.7:
                frame[self.chance.randrange(len(frame))] ^= 1 << self.chance.randrange(8)
            out += frame
        return out

    def strangers(self, size):
        """Flawless HELLOs, each from another kiosk of another database."""
        out = b""
        while len(out) < size:
            out += peer.encode(peer.HELLO, struct.pack("<BBQQIIHIIQBBBB", 1, 0, self.chance.getrandbits(63) + 1,
                                                       self.chance.getrandbits(63) + 1, 1, 1, 1, 0, 0, 7, 1, 0, 200, 0))
        return out

    def run(self):
        kinds = [self.random_bytes, self.delimiters, self.one_endless_frame, self.torn_frames, self.strangers]
        begun = time.monotonic()
        while (elapsed := time.monotonic() - begun) < self.ROUND_S:
            room = int(elapsed * self.bytes_a_s) - self.written
            if room > 0:
                data = kinds[int(elapsed / self.ROUND_S * len(kinds))](room)
                self.line.write(data)
                self.written += len(data)
            time.sleep(0.005)
            self.line.read(0)


class Machine(threading.Thread):
    """Adds up the pauses of the machine itself: what a sleep and a sync of one byte take beyond their usual time."""

    USUAL_S, EVERY_S = 0.02, 0.05

    def __init__(self, folder):
        super().__init__(daemon=True)
        self.file = open(os.path.join(folder, "machine"), "wb", buffering=0)
        self.is_over = False
        self.paused_s = 0.0
        self.start()

    def run(self):
        while not self.is_over:
            begun = time.monotonic()
            time.sleep(self.EVERY_S)
            self.file.write(b"x")
            os.fsync(self.file.fileno())
            self.paused_s += max(0.0, time.monotonic() - begun - self.EVERY_S - self.USUAL_S)

    def stop(self):
        self.is_over = True
        self.join()
        self.file.close()


class UnixConnection(http.client.HTTPConnection):
    def __init__(self, path):
        super().__init__("byname", timeout=5)
        self.path = path

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self.path)


def kiosk_states(daemon):
    """{port: state} without the price of a byname process; nothing when the daemon does not answer."""
    connection = UnixConnection(daemon.socket)
    try:
        connection.request("GET", "/api/v1/kiosks")
        kiosks = json.loads(connection.getresponse().read())["kiosks"]
        return {kiosk["port"]: kiosk["state"] for kiosk in kiosks}
    except (OSError, http.client.HTTPException):
        return {}
    finally:
        connection.close()


def request(daemon, path, is_post):
    """The reply's status."""
    connection = UnixConnection(daemon.socket)
    connection.timeout = 60
    try:
        connection.request("POST" if is_post else "GET", path, body="{}" if is_post else None)
        response = connection.getresponse()
        response.read()
        return response.status
    finally:
        connection.close()


def cpu_seconds(pid):
    with open(f"/proc/{pid}/stat") as file:
        fields = file.read().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def percentile(values, share):
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))]
