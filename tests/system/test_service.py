# SPDX-License-Identifier: MIT
"""The daemon as a service: its watchdog, its user, its files' modes, its sandbox, and what an installation consists of."""

import configparser
import ctypes
import os
import re
import shutil
import socket
import stat
import subprocess
import sys
import unittest

import peer
import rig

DIST = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "daemon", "dist")
UNIT = os.path.join(DIST, "bynamed.service")
EXPOSURE_MAX = 1.5
NOBODY = 65534
WATCHDOG_S = 0.8


def directives(name):
    """All values of a directive, in order."""
    with open(UNIT) as file:
        return re.findall(rf"^{name}=(.*)$", file.read(), re.MULTILINE)


def forbid_all_but(allowed, error=1):
    """The unit's filter, by the library that systemd uses. For a child before exec; EPERM for all else."""
    seccomp = ctypes.CDLL("libseccomp.so.2", use_errno=True)
    seccomp.seccomp_init.restype = ctypes.c_void_p
    context = ctypes.c_void_p(seccomp.seccomp_init(0x00050000 | error))
    for name in allowed:
        number = seccomp.seccomp_syscall_resolve_name(name.encode())
        if number >= 0:
            seccomp.seccomp_rule_add_array(context, 0x7FFF0000, number, 0, None)
    if seccomp.seccomp_load(context) != 0:
        raise OSError("the filter was not taken")


def system_calls(group):
    """What `systemd-analyze syscall-filter` lists for @group, with the groups in it."""
    names = set()
    listing = subprocess.run(["systemd-analyze", "--no-pager", "syscall-filter", group], text=True, capture_output=True,
                             check=True).stdout
    for line in listing.splitlines()[1:]:
        name = line.strip()
        if name.startswith("@"):
            names |= system_calls(name)
        elif name and not name.startswith("#"):
            names.add(name)
    return names


def allowed_calls():
    """The unit's SystemCallFilter= lines, as systemd.exec(5) reads them."""
    allowed = set()
    for line in directives("SystemCallFilter"):
        is_denied = line.startswith("~")
        for name in line.lstrip("~").split():
            names = system_calls(name) if name.startswith("@") else {name}
            allowed = allowed - names if is_denied else allowed | names
    return allowed | system_calls("@default")


class Watchdog(rig.Case):
    def watched(self, **environment):
        """A daemon and the socket on which it says that it lives."""
        path = os.path.join(self.folder, "watch")
        receiver = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.addCleanup(receiver.close)
        receiver.bind(path)
        line = self.line()
        daemon = self.daemon({"Counter": line.path}, adopt="auto")
        daemon.process = daemon.launch({"NOTIFY_SOCKET": path, "WATCHDOG_USEC": str(int(WATCHDOG_S * 1e6)),
                                        **environment})
        receiver.settimeout(20)
        self.assertIn(b"READY=1", receiver.recv(256))
        receiver.settimeout(WATCHDOG_S)
        return daemon, peer.Kiosk(line), receiver

    def test_a_healthy_daemon_says_so_in_time_idle_and_at_work(self):
        daemon, kiosk, receiver = self.watched()
        for _ in range(6):
            self.assertEqual(receiver.recv(256), b"WATCHDOG=1")
        for rating in range(100):
            kiosk.rate(rating % 5 + 1)
        for _ in range(6):
            kiosk.pump(seconds=WATCHDOG_S / 4)
            self.assertEqual(receiver.recv(256), b"WATCHDOG=1")
        self.assertTrue(kiosk.is_acknowledged())

    @unittest.skipUnless("STUCK_DISK_SHIM" in os.environ, "the shim was not built")
    def test_a_writer_stuck_in_the_disk_is_silent_until_it_answers_again(self):
        stuck = os.path.join(self.folder, "stuck")
        daemon, kiosk, receiver = self.watched(LD_PRELOAD=os.environ["STUCK_DISK_SHIM"], STUCK_DISK=stuck)
        self.assertTrue(kiosk.pump(lambda: kiosk.is_up))
        open(stuck, "w").close()
        kiosk.rate(5)
        kiosk.pump(seconds=WATCHDOG_S / 2)
        receiver.setblocking(False)
        with self.assertRaises(BlockingIOError):
            while True:
                receiver.recv(256)
        receiver.settimeout(3 * WATCHDOG_S)
        with self.assertRaises(TimeoutError):
            receiver.recv(256)
        self.assertFalse(kiosk.is_acknowledged())
        self.assertEqual(daemon.byname("kiosk", "list").returncode, 0, "the loop itself goes on")
        os.unlink(stuck)
        self.assertTrue(kiosk.pump(kiosk.is_acknowledged), daemon.log())
        receiver.settimeout(WATCHDOG_S)
        self.assertEqual(receiver.recv(256), b"WATCHDOG=1")
        self.assert_stored_once(daemon, kiosk)

    def test_without_a_watchdog_nothing_is_said(self):
        path = os.path.join(self.folder, "watch")
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as receiver:
            receiver.bind(path)
            daemon = self.daemon({})
            daemon.process = daemon.launch({"NOTIFY_SOCKET": path})
            receiver.settimeout(20)
            self.assertIn(b"READY=1", receiver.recv(256))
            receiver.settimeout(0.5)
            with self.assertRaises(TimeoutError):
                receiver.recv(256)


class User(rig.Case):
    def run_as_nobody(self, line, keys=None, **popen):
        """A daemon without any privilege, in a folder of its own; a root test gives that up on its behalf."""
        os.chmod(self.folder, 0o711)
        home = os.path.join(self.folder, "home")
        os.mkdir(home, 0o700)
        if os.getuid() == 0:
            os.chown(home, NOBODY, NOBODY)
            os.chown(os.ttyname(line.slave), NOBODY, NOBODY)
            popen.update(user=NOBODY, group=NOBODY, extra_groups=[])
        daemon = rig.Daemon(home, {"Counter": line.path}, adopt="auto", **(keys or {}))
        self.addCleanup(daemon.close)
        with open(daemon.log_path, "a") as log:
            daemon.process = subprocess.Popen([os.path.join(rig.BIN, "bynamed"), "--config", daemon.write_config()],
                                              stderr=log, **popen)
        os.chmod(os.path.join(home, "bynamed.conf"), 0o644)
        self.assertTrue(rig.wait_until(lambda: os.path.exists(daemon.socket)), daemon.log())
        return daemon

    def assert_works(self, daemon, line):
        kiosk = peer.Kiosk(line)
        for rating in (5, 3, 1):
            kiosk.rate(rating)
        self.assertTrue(kiosk.pump(kiosk.is_acknowledged), daemon.log())
        self.assert_stored_once(daemon, kiosk)
        self.assertEqual(daemon.byname("verify").returncode, 0)
        return kiosk

    def modes(self, daemon):
        return {name: stat.S_IMODE(os.stat(os.path.join(daemon.folder, name)).st_mode)
                for name in os.listdir(daemon.folder) if name.startswith(("byname.db", "s.sock"))}

    def test_needs_no_privilege_and_leaves_nothing_to_others_whatever_the_umask(self):
        line = self.line()
        daemon = self.run_as_nobody(line, umask=0)
        self.assert_works(daemon, line)
        self.assertEqual(self.modes(daemon), {"byname.db": 0o640, "byname.db-wal": 0o640, "byname.db-shm": 0o640,
                                              "byname.db.lock": 0o640, "s.sock": 0o660})
        with open(f"/proc/{daemon.process.pid}/status") as file:
            self.assertRegex(file.read(), r"CapEff:\s0{16}")
        self.assertEqual(daemon.stop(), 0)

    def test_the_units_umask_keeps_the_database_to_the_daemon_and_the_socket_to_its_group(self):
        line = self.line()
        daemon = self.run_as_nobody(line, umask=int(directives("UMask")[0], 8))
        self.assert_works(daemon, line)
        self.assertEqual(self.modes(daemon), {"byname.db": 0o600, "byname.db-wal": 0o600, "byname.db-shm": 0o600,
                                              "byname.db.lock": 0o600, "s.sock": 0o660})

    def test_works_within_the_units_system_calls(self):
        line = self.line()
        allowed = allowed_calls() | {"execve"}
        self.assertNotIn("clock_settime", allowed)
        self.assertTrue({"clock_adjtime", "adjtimex"} <= allowed, "how it learns that the clock is good")
        told = os.path.join(self.folder, "home", "told")
        daemon = self.run_as_nobody(line, keys={"help_command": f"/usr/bin/touch {told}"},
                                    preexec_fn=lambda: forbid_all_but(allowed))
        kiosk = self.assert_works(daemon, line)
        kiosk.call_for_help()
        self.assertTrue(kiosk.pump(lambda: os.path.exists(told)), daemon.log())
        self.assertEqual(daemon.stop(), 0)

    def test_priorities_are_for_the_journal_only(self):
        daemon = self.daemon({})
        for is_journal in (False, True):
            status = os.stat(daemon.log_path) if is_journal else None
            stream = f"{status.st_dev}:{status.st_ino}" if is_journal else "1:1"
            open(daemon.log_path, "a").close()
            daemon.process = daemon.launch({"JOURNAL_STREAM": stream})
            self.assertTrue(rig.wait_until(lambda: "version" in daemon.log()))
            self.assertTrue(rig.wait_until(lambda: daemon.byname("kiosk", "list").returncode == 0))
            self.assertEqual(daemon.stop(), 0)
            self.assertEqual("<5>version" in daemon.log(), is_journal, daemon.log())


class Unit(unittest.TestCase):
    def test_the_sandbox_leaves_little_exposed(self):
        done = subprocess.run(["systemd-analyze", "--no-pager", "security", "--offline=true",
                               f"--threshold={int(EXPOSURE_MAX * 10)}", UNIT], text=True, capture_output=True)
        found = re.search(r"Overall exposure level[^:]*: ([0-9.]+)", done.stdout)
        self.assertIsNotNone(found, done.stdout + done.stderr)
        print(f"proof: service: exposure {found[1]} of at most {EXPOSURE_MAX}", file=sys.stderr)
        self.assertEqual(done.returncode, 0, done.stdout)
        self.assertLessEqual(float(found[1]), EXPOSURE_MAX)

    def test_pages_need_the_drop_in_and_it_gives_no_more_than_this_host(self):
        self.assertEqual(directives("IPAddressDeny"), ["any"])
        self.assertNotIn("AF_INET", " ".join(directives("RestrictAddressFamilies")))
        with open(os.path.join(DIST, "http.conf")) as file:
            lines = [line.strip() for line in file if line.strip() and not line.startswith("#")]
        self.assertEqual(lines, ["[Service]", "RestrictAddressFamilies=AF_INET AF_INET6", "IPAddressAllow=localhost"])

    def test_only_serial_lines_are_devices(self):
        self.assertEqual(directives("DevicePolicy"), ["closed"])
        self.assertEqual(directives("DeviceAllow"), ["char-ttyACM rw", "char-ttyUSB rw"])

    def test_the_clock_can_be_read(self):
        """ProtectClock= would forbid adjtimex, and every answer's time would be a guess."""
        self.assertEqual(directives("ProtectClock"), [])

    def test_paths_are_those_of_the_sample_file(self):
        sample = configparser.ConfigParser(inline_comment_prefixes=None)
        sample.read(os.path.join(DIST, "bynamed.conf"))
        self.assertEqual(os.path.dirname(sample["daemon"]["database"]), "/var/lib/" + directives("StateDirectory")[0])
        self.assertEqual(os.path.dirname(sample["daemon"]["socket"]), "/run/" + directives("RuntimeDirectory")[0])


class Install(unittest.TestCase):
    FILES = {"usr/sbin/bynamed": 0o755, "usr/bin/byname": 0o755, "usr/lib/systemd/system/bynamed.service": 0o644,
             "usr/lib/sysusers.d/byname.conf": 0o644, "usr/lib/udev/rules.d/60-byname.rules": 0o644,
             "usr/share/doc/byname/examples/bynamed.conf": 0o644,
             "usr/share/doc/byname/examples/http.conf": 0o644,
             "usr/share/man/man1/byname.1": 0o644, "usr/share/man/man5/bynamed.conf.5": 0o644,
             "usr/share/man/man8/bynamed.8": 0o644,
             "usr/share/bash-completion/completions/byname": 0o644,
             "usr/share/bash-completion/completions/bynamed": 0o644,
             "usr/share/zsh/vendor-completions/_byname": 0o644}

    def setUp(self):
        self.root = os.path.realpath(os.path.join(os.environ["BYNAME_BUILD"], "installed-by-test"))
        shutil.rmtree(self.root, ignore_errors=True)
        self.addCleanup(shutil.rmtree, self.root, ignore_errors=True)
        done = subprocess.run(["cmake", "--install", os.environ["BYNAME_BUILD"], "--prefix", "/usr"], text=True,
                              capture_output=True, env={**os.environ, "DESTDIR": self.root})
        self.assertEqual(done.returncode, 0, done.stderr)

    def test_files_are_where_the_system_looks_for_them(self):
        found = {}
        for folder, _, names in os.walk(self.root):
            for name in names:
                path = os.path.join(folder, name)
                found[os.path.relpath(path, self.root)] = stat.S_IMODE(os.stat(path).st_mode)
        self.assertEqual({path: found.get(path) for path in self.FILES}, self.FILES)
        self.assertEqual([path for path in found if not path.startswith("usr/")], [])

    def test_what_is_installed_runs(self):
        for path, program in (("usr/sbin/bynamed", "bynamed"), ("usr/bin/byname", "byname")):
            done = subprocess.run([os.path.join(self.root, path), "--version"], text=True, capture_output=True)
            self.assertEqual((done.returncode, done.stdout.split()[0]), (0, program))

    def test_systemd_understands_unit_and_user(self):
        unit = os.path.join(self.root, "usr/lib/systemd/system/bynamed.service")
        done = subprocess.run(["systemd-analyze", "verify", "--man=no", "--recursive-errors=no", unit], text=True,
                              capture_output=True)
        complaints = [line for line in done.stderr.splitlines() if "bynamed" in line and "not executable" not in line]
        self.assertEqual(complaints, [])
        if shutil.which("systemd-sysusers"):
            root = os.path.join(self.root, "etc-root")
            os.makedirs(os.path.join(root, "etc"))
            with open(os.path.join(root, "etc", "group"), "w") as file:
                file.write("root:x:0:\ndialout:x:20:\n")
            done = subprocess.run(["systemd-sysusers", "--root", root,
                                   os.path.join(self.root, "usr/lib/sysusers.d/byname.conf")], text=True,
                                  capture_output=True)
            self.assertEqual(done.returncode, 0, done.stderr)
            with open(os.path.join(root, "etc", "group")) as file:
                groups = file.read()
            self.assertRegex(groups, r"(?m)^dialout:x:20:byname$")
            self.assertRegex(groups, r"(?m)^byname:x:\d+:$")


if __name__ == "__main__":
    unittest.main()
