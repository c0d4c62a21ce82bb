# SPDX-License-Identifier: MIT
"""A bynamed in a folder of its own, and byname beside it. Programs are ended by their own process ids."""

import json
import os
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import tempfile
import time
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import peer  # noqa: E402

BIN = os.environ["BYNAME_BIN"]
os.environ["LC_ALL"] = "C.UTF-8"  # reports are in the language of whoever runs this, else


def say_proof(name, text, faults):
    """A line of the table that tools/test prints; said only when nothing was lost."""
    print(f"proof: {name}: {text}; {faults} faults, 0 lost", file=sys.stderr)


def wait_until(condition, seconds=10.0):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if condition():
            return True
        time.sleep(0.01)
    return False


class Daemon:
    def __init__(self, folder, kiosks, preload=None, http=None, **keys):
        self.folder = folder
        self.kiosks = kiosks
        self.keys = keys
        self.http = http  # keys of [http]; None: no network
        self.preload = preload
        self.database = os.path.join(folder, "byname.db")
        self.socket = os.path.join(folder, "s.sock")
        self.process = None
        self.log_path = os.path.join(folder, "log")

    def write_config(self):
        path = os.path.join(self.folder, "bynamed.conf")
        keys = {"database": self.database, "socket": self.socket, "store": "Test", "timezone": "UTC", **self.keys}
        with open(path, "w") as file:
            file.write("[daemon]\n" + "".join(f"{key}={value}\n" for key, value in keys.items()))
            if self.http is not None:
                file.write("[http]\n" + "".join(f"{key}={value}\n" for key, value in self.http.items()))
            for name, port in self.kiosks.items():
                file.write(f"[kiosk {name}]\nport={port}\n")
        return path

    def launch(self, environment=None):
        with open(self.log_path, "a") as log:
            return subprocess.Popen([os.path.join(BIN, "bynamed"), "--config", self.write_config()], stderr=log,
                                    env={**os.environ, **(environment or {})})

    def start(self):
        """Started means READY=1, as for systemd."""
        notify = os.path.join(self.folder, "notify")
        if os.path.exists(notify):
            os.unlink(notify)
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as receiver:
            receiver.bind(notify)
            receiver.settimeout(0.05)
            environment = {"NOTIFY_SOCKET": notify}
            if self.preload:
                environment.update(self.preload)
            self.process = self.launch(environment)
            end = time.monotonic() + 20
            while time.monotonic() < end and self.process.poll() is None:
                try:
                    if b"READY=1" in receiver.recv(256):
                        return self
                except TimeoutError:
                    pass
        raise AssertionError("bynamed did not start:\n" + self.log())

    def log(self):
        with open(self.log_path) as file:
            return file.read()

    def wakes(self):
        """How often its threads woke up so far."""
        wakes = 0
        for task in os.listdir(f"/proc/{self.process.pid}/task"):
            with open(f"/proc/{self.process.pid}/task/{task}/status") as file:
                wakes += sum(int(line.split()[1]) for line in file if line.startswith("voluntary_ctxt_switches"))
        return wakes

    def kill(self):
        self.process.kill()
        self.process.wait()
        self.process = None

    def stop(self, seconds=4.0):
        self.process.send_signal(signal.SIGTERM)
        status = self.process.wait(seconds)
        self.process = None
        return status

    def close(self):
        if self.process is not None and self.process.poll() is None:
            self.process.kill()
            self.process.wait()

    def byname(self, *arguments):
        return subprocess.run([os.path.join(BIN, "byname"), "--socket", self.socket, *arguments], text=True,
                              capture_output=True, timeout=60)

    def ask(self, *arguments):
        done = self.byname(*arguments, "--format", "json")
        if not done.stdout:
            raise AssertionError(f"byname {arguments}: {done.returncode}: {done.stderr}")
        return json.loads(done.stdout)

    def query(self, sql):
        with sqlite3.connect(f"file:{self.database}?mode=ro", uri=True) as connection:
            return connection.execute(sql).fetchall()

    def state(self, name):
        for kiosk in self.ask("kiosk", "list")["kiosks"]:
            if name in (kiosk["port"], kiosk["name"]):
                return kiosk["state"]
        return None


class Devices:
    """A /dev and a /sys of our own: with the preloaded shim libserialport finds ptys there, as USB serial devices."""

    def __init__(self, folder):
        self.folder = folder
        self.classes = os.path.join(folder, "sys/class/tty")
        self.preload = {"LD_PRELOAD": os.environ["PTY_SHIM"], "PTY_SHIM_FOLDER": folder}
        for path in (self.classes, os.path.join(folder, "dev")):
            os.makedirs(path)

    def appear(self, name, line, vendor="2341", product="0042", serial="1"):
        """Let a Line's pty be /dev/NAME, in a USB socket of its own."""
        socket_path = os.path.join(self.folder, "sys/devices/usb1", "1-" + serial)
        tty = os.path.join(socket_path, f"1-{serial}:1.0", "tty", name)
        os.makedirs(tty, exist_ok=True)
        if not os.path.lexists(os.path.join(tty, "device")):
            os.symlink("../..", os.path.join(tty, "device"))
        for key, value in {"busnum": 1, "devnum": 1, "idVendor": vendor, "idProduct": product, "serial": serial}.items():
            with open(os.path.join(socket_path, key), "w") as file:
                file.write(f"{value}\n")
        os.symlink(os.path.realpath(line.path), os.path.join(self.folder, "dev", name))
        os.symlink(os.path.relpath(tty, self.classes), os.path.join(self.classes, name))

    def vanish(self, name):
        os.unlink(os.path.join(self.classes, name))
        os.unlink(os.path.join(self.folder, "dev", name))


class Case(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="byname-test-")
        self.addCleanup(shutil.rmtree, self.folder)

    def line(self, name="line", is_plugged=True):
        line = peer.Line(os.path.join(self.folder, name))
        if is_plugged:
            line.plug()
        self.addCleanup(line.close)
        return line

    def daemon(self, kiosks, **keys):
        daemon = Daemon(self.folder, kiosks, **keys)
        self.addCleanup(daemon.close)
        return daemon

    def adopted(self, **keys):
        """A running daemon and a kiosk that is welcome there."""
        line = self.line()
        daemon = self.daemon({"Counter": line.path}, adopt="auto", **keys).start()
        kiosk = peer.Kiosk(line)
        self.assertTrue(kiosk.pump(lambda: kiosk.is_up), daemon.log())
        return daemon, kiosk

    def assert_stored_once(self, daemon, kiosk):
        rows = daemon.query("SELECT seq, visit_back, question, value, boot, uptime_s FROM answer ORDER BY seq")
        self.assertEqual(rows, [(seq, *answer) for seq, answer in sorted(kiosk.answers.items())])
