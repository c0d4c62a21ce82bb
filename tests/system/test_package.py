# SPDX-License-Identifier: MIT
"""The Debian package: what is in it, and that it installs, starts, upgrades, and purges without a trace.

It is installed for real, by dpkg, into a view of this machine of which all changes stay in memory: an overlay in a mount
namespace of its own. That takes root; without it these tests are skipped. systemctl is replaced there, since no
systemd runs in it: what it would have to ask of systemd is looked at, and the daemon is started as the unit says.
"""

import configparser
import glob
import os
import shutil
import stat
import subprocess
import unittest

import rig

BUILD = os.path.realpath(os.environ["BYNAME_BUILD"])
FOLDER = os.path.join(BUILD, "package-by-test")
STATE = "var/lib/byname"
DATABASE = STATE + "/byname.db"
CONFIGURATION = "etc/byname/bynamed.conf"
WANTED = "etc/systemd/system/multi-user.target.wants/bynamed.service"
# dpkg's and the user database's own records; the user stays (postrm says why).
RECORDS = ("var/lib/dpkg", "var/log", "var/cache", "etc/passwd", "etc/group", "etc/shadow", "etc/gshadow", "etc/subuid",
           "etc/subgid", "etc/.pwd.lock", "etc/ld.so.cache", "var/lib/systemd")
MOUNTS = """
set -e
mount -t tmpfs none "$1"
mkdir "$1/upper" "$1/work" "$1/root"
mount -t overlay -o "lowerdir=/,upperdir=$1/upper,workdir=$1/work" none "$1/root"
mount -t tmpfs none "$1/root/dev"
mknod -m 666 "$1/root/dev/null" c 1 3
mknod -m 666 "$1/root/dev/urandom" c 1 9
mount -t tmpfs none "$1/root/run"
mount -t tmpfs none "$1/root/tmp"
mkdir -p "$1/root/proc" "$1/root/run/systemd/system"
mount -t proc none "$1/root/proc"
rm -f "$1/root/usr/sbin/policy-rc.d" "$1/root/var/lib/man-db/auto-update" # no index of all manuals each time
echo ready
read -r end
"""
SYSTEMCTL = """#!/bin/sh
case "$*" in
  *--root=*) exec /usr/bin/systemctl "$@" ;;
esac
echo "$*" >>/run/asked
"""


def run(*arguments, **keywords):
    return subprocess.run(arguments, text=True, capture_output=True, **keywords)


def setUpModule():
    shutil.rmtree(FOLDER, ignore_errors=True)
    os.mkdir(FOLDER)
    done = run("cpack", "--config", os.path.join(BUILD, "CPackConfig.cmake"), "-B", FOLDER)
    if done.returncode != 0:
        raise RuntimeError(done.stdout + done.stderr)
    shutil.rmtree(os.path.join(FOLDER, "_CPack_Packages"))


def tearDownModule():
    shutil.rmtree(FOLDER, ignore_errors=True)


def package():
    [path] = glob.glob(os.path.join(FOLDER, "byname_*.deb"))
    return path


class Package(unittest.TestCase):
    def test_it_says_what_it_is(self):
        fields = dict(line.split(": ", 1) for line in run("dpkg-deb", "-I", package(), "control").stdout.splitlines()
                      if ": " in line and not line.startswith(" "))
        version = run(os.path.join(os.environ["BYNAME_BIN"], "byname"), "--version").stdout.split()[1]
        self.assertEqual((fields["Package"], fields["Version"]), ("byname", version))
        for library in ("libsqlite3-0", "libevent-core-2.1-7", "libserialport0", "libc6", "libssl3"):
            self.assertRegex(fields["Depends"], rf"\b{library}\b")
        self.assertIn("tzdata", fields["Depends"])
        self.assertEqual(run("dpkg-deb", "-I", package(), "conffiles").stdout, f"/{CONFIGURATION}\n")

    def test_it_has_files_where_they_belong_and_nothing_else(self):
        listing = run("dpkg-deb", "-c", package()).stdout.splitlines()
        files = {line.split()[-1][2:]: line.split()[0] for line in listing if not line.endswith("/")}
        expected = {"usr/sbin/bynamed", "usr/bin/byname", CONFIGURATION, "usr/lib/systemd/system/bynamed.service",
                    "usr/lib/sysusers.d/byname.conf", "usr/lib/udev/rules.d/60-byname.rules",
                    "usr/share/man/man1/byname.1.gz", "usr/share/man/man5/bynamed.conf.5.gz",
                    "usr/share/man/man8/bynamed.8.gz", "usr/share/bash-completion/completions/byname",
                    "usr/share/bash-completion/completions/bynamed", "usr/share/zsh/vendor-completions/_byname",
                    "usr/share/doc/byname/copyright", "usr/share/doc/byname/changelog.gz",
                    "usr/share/doc/byname/examples/bynamed.conf", "usr/share/doc/byname/examples/http.conf"}
        self.assertEqual(set(files), expected)
        for path, mode in files.items():
            self.assertEqual(mode, "-rwxr-xr-x" if "bin/" in path else "-rw-r--r--", path)
        self.assertEqual({line.split()[1] for line in listing}, {"root/root"})

    def test_lintian_finds_nothing(self):
        done = run("lintian", "--allow-root", "--fail-on", "error,warning", package())
        self.assertEqual((done.returncode, done.stdout), (0, ""), done.stdout + done.stderr)


@unittest.skipUnless(os.getuid() == 0, "installing needs root: run it as root to try it in an overlay")
class Installed(unittest.TestCase):
    def setUp(self):
        self.base = os.path.join(FOLDER, "machine")
        os.makedirs(self.base, exist_ok=True)
        self.holder = subprocess.Popen(["unshare", "--mount", "--propagation", "private", "sh", "-c", MOUNTS, "sh", self.base],
                                       text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.addCleanup(self.holder.communicate)
        if self.holder.stdout.readline() != "ready\n":
            self.skipTest("no overlay can be mounted here: " + self.holder.stderr.read().strip())
        self.upper = f"/proc/{self.holder.pid}/root{self.base}/upper"
        self.root = f"/proc/{self.holder.pid}/root{self.base}/root"
        shutil.copy(package(), os.path.join(self.root, "tmp", "byname.deb"))
        self.write("usr/local/sbin/systemctl", SYSTEMCTL)
        os.chmod(self.path("usr/local/sbin/systemctl"), 0o755)
        self.made_here = self.changed()

    def path(self, name):
        return os.path.join(self.root, name)

    def exists(self, name):
        return os.path.lexists(self.path(name))

    def write(self, name, text):
        with open(self.path(name), "a") as file:
            file.write(text)

    def read(self, name):
        with open(self.path(name)) as file:
            return file.read()

    def command(self, *arguments):
        return ["nsenter", "--target", str(self.holder.pid), "--mount", "chroot", self.base + "/root", *arguments]

    def run_inside(self, *arguments):
        environment = {"PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C.UTF-8",
                       "DEBIAN_FRONTEND": "noninteractive"}
        return run(*self.command(*arguments), env=environment)

    def dpkg(self, *arguments):
        done = self.run_inside("dpkg", *arguments)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        return done.stdout + done.stderr

    def asked(self):
        """What systemctl was asked since the last time."""
        text = self.read("run/asked") if self.exists("run/asked") else ""
        if text:
            os.unlink(self.path("run/asked"))
        return text

    def changed(self):
        """What is there, but not on this machine."""
        found = set()
        for folder, folders, names in os.walk(self.upper):
            for name in folders + names:
                path = os.path.join(folder, name)
                inside = os.path.relpath(path, self.upper)
                if not os.path.lexists("/" + inside) and not stat.S_ISCHR(os.lstat(path).st_mode):
                    found.add(inside)
        return {path for path in found if not path.startswith(RECORDS)}

    def start(self):
        """As the unit: its user, its folders, its command."""
        unit = configparser.ConfigParser(strict=False, interpolation=None)
        unit.optionxform = str
        unit.read(self.path("usr/lib/systemd/system/bynamed.service"))
        service = unit["Service"]
        for folder, mode in (("var/lib/" + service["StateDirectory"], service["StateDirectoryMode"]),
                             ("run/" + service["RuntimeDirectory"], service["RuntimeDirectoryMode"])):
            done = self.run_inside("install", "-d", "-m", mode, "-o", service["User"], "-g", service["Group"], "/" + folder)
            self.assertEqual(done.returncode, 0, done.stderr)
        daemon = subprocess.Popen(self.command("setpriv", "--reuid", service["User"], "--regid", service["Group"],
                                               "--init-groups", *service["ExecStart"].split()),
                                  text=True, stderr=subprocess.PIPE)
        self.addCleanup(daemon.stderr.close)
        self.addCleanup(lambda: daemon.poll() is None and daemon.kill())
        up = rig.wait_until(lambda: self.exists("run/byname/bynamed.sock") or daemon.poll() is not None)
        self.assertTrue(up and daemon.poll() is None, daemon.poll() is not None and daemon.stderr.read())
        return daemon

    def stop(self, daemon):
        daemon.terminate()
        _, log = daemon.communicate(timeout=20)
        self.assertEqual(daemon.returncode, 0, log)

    def test_installs_starts_upgrades_and_purges_without_a_trace(self):
        self.dpkg("-i", "/tmp/byname.deb")
        asked = self.asked()
        self.assertRegex(asked, r"(?s)daemon-reload.*restart bynamed\.service")
        self.assertTrue(self.exists(WANTED), "enabled")
        self.assertRegex(self.read("etc/passwd"), r"(?m)^byname:.*:/var/lib/byname:/usr/sbin/nologin$")
        self.assertRegex(self.read("etc/group"), r"(?m)^dialout:.*\bbyname\b")

        daemon = self.start()
        for arguments in (("staff", "add", "Dan"), ("verify",), ("report",)):
            done = self.run_inside("byname", *arguments)
            self.assertEqual(done.returncode, 0, done.stderr)
        self.stop(daemon)

        self.write(CONFIGURATION, "# ours\n")
        self.dpkg("-i", "/tmp/byname.deb")
        self.assertIn("restart bynamed.service", self.asked())
        self.assertIn("# ours", self.read(CONFIGURATION))

        self.assertEqual(self.run_inside("systemctl", "--root=/", "disable", "bynamed.service").returncode, 0)
        self.dpkg("-i", "/tmp/byname.deb")
        self.assertFalse(self.exists(WANTED), "what an administrator has disabled stays disabled")

        self.dpkg("-r", "byname")
        self.assertIn("stop bynamed.service", self.asked())
        self.assertFalse(self.exists("usr/sbin/bynamed"))
        self.assertTrue(self.exists(CONFIGURATION) and self.exists(DATABASE), "removing is not purging")

        self.write(STATE + "/backup.db", "a backup\n")
        said = self.dpkg("-P", "byname")
        self.assertIn("removing the database", said)
        self.assertIn("backup.db", said)
        self.assertEqual(self.changed() - self.made_here, {STATE, STATE + "/backup.db"})


if __name__ == "__main__":
    unittest.main()
