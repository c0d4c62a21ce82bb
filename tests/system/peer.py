# SPDX-License-Identifier: MIT
"""A scripted kiosk: the protocol's other end on a pty, as protocol/PROTOCOL.md has it, independent of the C code."""

import os
import select
import struct
import time
import tty
import zlib

HELLO, ANSWERS, LOST, HEALTH, RECEIVED = 0x01, 0x02, 0x03, 0x04, 0x05
WELCOME, WAIT, ADOPT, ACK, NAK, HOLD, RENEW, TIME = 0x41, 0x42, 0x43, 0x44, 0x45, 0x46, 0x47, 0x48
SETTINGS, ROSTER, COUNTS, PRESENCE, HELP, NOTE = 0x49, 0x4A, 0x4B, 0x4C, 0x4D, 0x4E
RELIABLE = (SETTINGS, ROSTER, COUNTS, PRESENCE, HELP, NOTE)
RATING, STAFF, MENTION, HELP_CALL, HERE = 2, 4, 5, 9, 13
CALL_OPEN, CALL_ON_THE_WAY, CALL_CLOSED = 1, 2, 3
WAIT_ADOPTION, WAIT_OTHER_DATABASE, WAIT_VERSION, WAIT_IN_USE = 1, 2, 3, 4


def cobs(data):
    out = bytearray()
    for piece in data.split(b"\0"):
        out += bytes([len(piece) + 1]) + piece
    return bytes(out)


def uncobs(data):
    out, at = bytearray(), 0
    while at < len(data):
        code = data[at]
        out += data[at + 1:at + code]
        at += code
        if at < len(data):
            out.append(0)
    return bytes(out)


def siphash(key, data):
    """SipHash-2-4 as its authors' paper has it, on Python's integers."""
    mask = 2 ** 64 - 1
    k0, k1 = struct.unpack("<QQ", key)
    v0, v1, v2, v3 = (k0 ^ 0x736f6d6570736575, k1 ^ 0x646f72616e646f6d, k0 ^ 0x6c7967656e657261,
                      k1 ^ 0x7465646279746573)

    def rotate(word, bits):
        return (word << bits | word >> 64 - bits) & mask

    def rounds(count, v0, v1, v2, v3):
        for _ in range(count):
            v0 = v0 + v1 & mask
            v1 = rotate(v1, 13) ^ v0
            v0 = rotate(v0, 32)
            v2 = v2 + v3 & mask
            v3 = rotate(v3, 16) ^ v2
            v0 = v0 + v3 & mask
            v3 = rotate(v3, 21) ^ v0
            v2 = v2 + v1 & mask
            v1 = rotate(v1, 17) ^ v2
            v2 = rotate(v2, 32)
        return v0, v1, v2, v3

    whole = len(data) // 8 * 8
    words = [*struct.unpack(f"<{whole // 8}Q", data[:whole]),
             int.from_bytes(data[whole:], "little") | (len(data) & 0xFF) << 56]
    for word in words:
        v0, v1, v2, v3 = rounds(2, v0, v1, v2, v3 ^ word)
        v0 ^= word
    v0, v1, v2, v3 = rounds(4, v0, v1, v2 ^ 0xFF, v3)
    return v0 ^ v1 ^ v2 ^ v3


SEALED = 1
TO_DAEMON, TO_KIOSK = 0, 1


class Seal:
    """One conversation, seen by both ends or by whoever has the key."""

    def __init__(self, key, hello, nonce):
        self.key, self.hello, self.nonce = key, siphash(key, hello), nonce
        self.sent, self.taken = {TO_DAEMON: 0, TO_KIOSK: 0}, {TO_DAEMON: 0, TO_KIOSK: 0}

    def mac(self, direction, counter, kind, body):
        context = struct.pack("<QQBIBB", self.hello, self.nonce, direction, counter, kind, SEALED)
        return siphash(self.key, context + body)

    def close(self, direction, kind, body):
        self.sent[direction] += 1
        counter = self.sent[direction]
        return body + struct.pack("<IQ", counter, self.mac(direction, counter, kind, body))

    def open(self, direction, kind, body):
        """The body without its seal, or None."""
        if len(body) < 12:
            return None
        counter, mac = struct.unpack("<IQ", body[-12:])
        if counter <= self.taken[direction] or mac != self.mac(direction, counter, kind, body[:-12]):
            return None
        self.taken[direction] = counter
        return body[:-12]


def encode(kind, body=b"", flags=0):
    frame = bytes([kind, flags]) + body
    return b"\0" + cobs(frame + struct.pack("<I", zlib.crc32(frame))) + b"\0"


class Line:
    """A pty whose slave stands under a path of our choice, as a kiosk that can be plugged in and pulled."""

    def __init__(self, path):
        self.path = path
        self.master = self.slave = None

    def plug(self):
        self.master, self.slave = os.openpty()
        tty.setraw(self.slave)
        os.set_blocking(self.master, False)
        temporary = self.path + ".new"
        os.symlink(os.ttyname(self.slave), temporary)
        os.replace(temporary, self.path)

    def pull(self):
        os.unlink(self.path)
        os.close(self.master)
        os.close(self.slave)
        self.master = self.slave = None

    def close(self):
        if self.master is not None:
            self.pull()

    def write(self, data):
        while data:
            try:
                data = data[os.write(self.master, data):]
            except BlockingIOError:
                select.select([], [self.master], [], 1)

    def read(self, seconds):
        if not select.select([self.master], [], [], seconds)[0]:
            return b""
        try:
            return os.read(self.master, 4096)
        except OSError:
            return b""


class Kiosk:
    """Keeps a journal in memory and behaves as the link's rules say, in real time and somewhat impatient."""

    def __init__(self, line, minor=2):
        self.line = line
        self.minor = minor  # 0: of the time before there were keys; 1: before notes
        self.key = None
        self.seal = self.hello = None
        self.hello_count = 0
        self.forged = 0
        self.is_welcome = False  # told so; up is what has heard more, so that the daemon has taken the proof
        self.kiosk_id = self.journal_id = 0
        self.database_id = None
        self.answers = {}  # seq: (visit_back, question, value, boot, uptime)
        self.next, self.oldest = 1, 1
        self.boot, self.started = 1, time.monotonic()
        self.major = 1
        self.is_up = False
        self.is_busy = False  # "not now" to every roster
        self.needs_presence = 0
        self.hello_due = self.retry_due = self.health_due = self.hold_until = 0.0
        self.sent_through = 0
        self.heard = []  # (type, body) of all frames
        self.buffer = b""
        self.waits, self.welcomes, self.renews, self.naks, self.holds = [], 0, 0, 0, 0
        self.roster, self.roster_pieces, self.roster_version = {}, {}, 0
        self.counts, self.settings, self.presence = {}, None, None
        self.help = []  # (visit, state) in the order told
        self.note = None
        self.tokens = []

    def uptime(self):
        return int(time.monotonic() - self.started)

    def reboot(self):
        self.boot += 1
        self.started = time.monotonic()
        self.down()

    def down(self):
        self.is_up = self.is_welcome = False
        self.hello_due = 0.0

    def press(self, question, value, visit_back=0):
        self.answers[self.next] = (visit_back, question, value, self.boot, self.uptime())
        self.next += 1

    def rate(self, rating):
        self.press(RATING, rating)

    def call_for_help(self):
        """The number of the visit."""
        self.rate(1)
        self.press(HELP_CALL, 1, 1)
        return self.next - 2

    # Frames ----------------------------------------------------------------------------------------------------

    def send(self, kind, body=b"", flags=0):
        if self.seal is not None and kind != HELLO:
            body, flags = self.seal.close(TO_DAEMON, kind, body), SEALED
        self.line.write(encode(kind, body, flags))

    def say_hello(self):
        firmware = b"peer"
        self.hello_count += 1
        body = struct.pack("<BBQQIIHIIQBBBB", self.major, self.minor, self.kiosk_id, self.journal_id, self.oldest, self.next,
                           self.boot, self.uptime(), self.roster_version, self.boot << 32 | self.hello_count, 1,
                           self.needs_presence, 200, len(firmware)) + firmware
        self.hello, self.seal = body, None
        self.send(HELLO, body)

    def say_health(self):
        self.send(HEALTH, struct.pack("<IIIIHHHBI", self.uptime(), 0, 0, 0, self.next - self.oldest, 0, 0, 0,
                                      self.forged))

    def say_answers(self, first, count=16):
        seqs = range(first, min(first + count, self.next))
        body = struct.pack("<IB", first, len(seqs))
        for seq in seqs:
            body += struct.pack("<BBHHI", *self.answers[seq])
        self.send(ANSWERS, body)
        return seqs[-1]

    # Behaviour -------------------------------------------------------------------------------------------------

    def pump(self, until=lambda: False, seconds=10.0):
        """Live until the condition holds. False when it did not within the time."""
        end = time.monotonic() + seconds
        while not until():
            now = time.monotonic()
            if now >= end:
                return False
            if self.line.master is None:
                time.sleep(0.01)
                continue
            self.act(now)
            self.take(self.line.read(0.02))
        return True

    def act(self, now):
        if not self.is_welcome:
            if now >= self.hello_due:
                self.say_hello()
                self.hello_due = now + 1.0
            return
        if now >= self.health_due:
            self.say_health()
            self.health_due = now + 1.0
        if now < self.hold_until:
            return
        if self.retry_due and now >= self.retry_due:
            self.sent_through = self.oldest - 1
            self.retry_due = 0.0
        while self.sent_through + 1 < self.next:
            self.sent_through = self.say_answers(max(self.sent_through + 1, self.oldest))
            self.retry_due = self.retry_due or now + 0.5

    def take(self, data):
        self.buffer += data
        *pieces, self.buffer = self.buffer.split(b"\0")
        for piece in pieces:
            if not piece:
                continue
            frame = uncobs(piece)
            if len(frame) >= 6 and struct.unpack("<I", frame[-4:])[0] == zlib.crc32(frame[:-4]):
                body = self.unseal(frame[0], frame[1], frame[2:-4])
                if body is None:
                    self.forged += 1
                    continue
                self.heard.append((frame[0], body))
                self.on_frame(frame[0], body)

    def unseal(self, kind, flags, body):
        """The body if it may be obeyed."""
        if self.key is None or kind in (WAIT, RENEW):
            return body if flags == 0 else None
        if flags != SEALED:
            return None
        if self.seal is not None:
            return self.seal.open(TO_KIOSK, kind, body)
        if kind != WELCOME or len(body) < 62:
            return None
        seal = Seal(self.key, self.hello, struct.unpack_from("<Q", body, 42)[0])
        body = seal.open(TO_KIOSK, kind, body)
        if body is not None:
            self.seal = seal
        return body

    def on_frame(self, kind, body):
        self.is_up = self.is_welcome and kind not in (WELCOME, WAIT, RENEW)
        if kind == WELCOME:
            self.on_welcome(body)
        elif kind == WAIT:
            self.waits.append(body[2])
            self.down()
            self.hello_due = time.monotonic() + 2.0
        elif kind == ADOPT:
            self.database_id, self.kiosk_id, self.journal_id = struct.unpack_from("<16sQQ", body)
            if len(body) >= 48:
                self.key = body[32:48]
            self.down()
        elif kind == ACK:
            journal, through = struct.unpack("<QI", body)
            assert journal == self.journal_id and through < self.next, "an ACK for what was never sent"
            self.oldest = max(self.oldest, through + 1)
            self.retry_due = 0.0 if self.oldest == self.next else time.monotonic() + 0.5
        elif kind == NAK:
            self.naks += 1
            self.sent_through = struct.unpack("<QI", body)[1] - 1
        elif kind == HOLD:
            self.holds += 1
            self.hold_until = time.monotonic() + struct.unpack("<H", body)[0]
            self.sent_through = self.oldest - 1
        elif kind == RENEW:
            self.renews += 1
            self.down()
        elif kind in RELIABLE:
            self.on_reliable(kind, body)

    def on_welcome(self, body):
        _, _, database, kiosk, journal, through, self.midnight_in_s, _ = struct.unpack("<BB16sQQIIQ", body)
        assert (database, kiosk) == (self.database_id, self.kiosk_id)
        if self.key is not None and (journal != self.journal_id or through >= self.next):
            self.say_health()
            self.journal_id, self.hello_due = 0, time.monotonic() + 1.0
            return
        self.journal_id = journal
        self.welcomes += 1
        self.is_welcome = True
        self.health_due = 0.0
        self.oldest = max(self.oldest, min(through + 1, self.next))
        self.sent_through = self.oldest - 1
        self.retry_due = self.hold_until = 0.0
        self.needs_presence = 0

    def on_reliable(self, kind, body):
        token = body[0]
        assert token != 0
        is_taken = not (self.is_busy and kind == ROSTER)
        self.send(RECEIVED, bytes([token, is_taken]))
        if not is_taken or (self.tokens and self.tokens[-1] == token):
            return
        self.tokens.append(token)
        if kind == SETTINGS:
            self.settings = body[1]
        elif kind == NOTE:
            self.note = body[2:2 + body[1]].decode()
        elif kind == HELP:
            self.help.append(struct.unpack("<IB", body[1:6]))
        elif kind == COUNTS:
            staff, *counts = struct.unpack("<HHHHHHH", body[1:15])
            self.counts[staff] = counts
        elif kind == PRESENCE:
            self.presence = [struct.unpack_from("<HH", body, 2 + 4 * i) for i in range(body[1])]
        else:
            self.on_roster(body)

    def on_roster(self, body):
        version, index, count = struct.unpack("<IBB", body[1:7])
        if index == 0:
            self.roster_pieces = {}
        if count:
            staff, flags, pin, size = struct.unpack("<HBHB", body[7:13])
            self.roster_pieces[index] = (staff, flags, pin, body[13:13 + size].decode())
        if len(self.roster_pieces) == count:
            check = 0
            for i in range(count):
                staff, flags, pin, name = self.roster_pieces[i]
                entry = struct.pack("<HBHB", staff, flags, pin, len(name.encode())) + name.encode()
                check = zlib.crc32(entry, check)
            assert check == version, "the roster's version is the CRC-32 of its entries"
            self.roster = {entry[3]: entry for entry in self.roster_pieces.values()}
            self.roster_version = version

    def is_acknowledged(self):
        return self.oldest == self.next
