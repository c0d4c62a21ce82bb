#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""first_paint.py FOLDER LOADS: how long Chromium takes to the dashboard's first paint on three years of answers, as JSON.

Each load is of a new browser's cache; the limit beside it is a page of one word, loaded the same way.
"""
import json
import os
import pathlib
import statistics
import subprocess
import sys
import time

from selenium import webdriver
from selenium.webdriver.chrome.service import Service

PAINTS = "return performance.getEntriesByType('paint').map((entry) => [entry.name, entry.startTime])"
FILLED = "const shown = document.getElementById('visits'); return shown && shown.textContent !== '' ? performance.now() : null"


def browser(folder):
    options = webdriver.ChromeOptions()
    options.binary_location = "/usr/bin/chromium"
    for argument in ("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", f"--user-data-dir={folder / 'profile'}"):
        options.add_argument(argument)
    return webdriver.Chrome(service=Service("/usr/bin/chromedriver"), options=options)


def polled(window, script):
    """The script's value, once it has one."""
    for _ in range(3000):
        value = window.execute_script(script)
        if value:
            return value
        time.sleep(0.01)
    raise RuntimeError(f"never: {script}")


def first_paint(window, address):
    window.execute_cdp_cmd("Network.clearBrowserCache", {})
    window.get(address)
    return dict(polled(window, PAINTS))["first-paint"]


def main():
    folder, loads, programs = pathlib.Path(sys.argv[1]), int(sys.argv[2]), pathlib.Path(os.environ["BYNAME_BIN"])
    database, control, config = folder / "history.db", folder / "socket", folder / "bynamed.conf"
    subprocess.run([programs / "make-history", "--database", database, "--end", time.strftime("%Y-%m-%d")], check=True,
                   stdout=subprocess.DEVNULL)
    config.write_text(f"[daemon]\ndatabase = {database}\nsocket = {control}\nstore = Corner shop\ntimezone = Europe/Berlin\n"
                      "[http]\nlisten = 127.0.0.1:0\n", encoding="utf-8")
    daemon = subprocess.Popen([programs / "bynamed", "--config", config], stderr=subprocess.DEVNULL)
    window = None
    try:
        while not control.exists():
            time.sleep(0.01)
        link = [word for word in subprocess.run([programs / "byname", "--socket", control, "token", "create", "manager"], check=True,
                                                capture_output=True, text=True).stdout.split() if word.startswith("http")][0]
        window = browser(folder)
        window.get(link)
        polled(window, FILLED)
        address = window.current_url
        blank = [first_paint(window, "data:text/html,<p>byname") for _ in range(loads)]
        paints, filled = [], []
        for _ in range(loads):
            paints.append(first_paint(window, address))
            filled.append(polled(window, FILLED))
        print(json.dumps({"dashboard": statistics.median(paints), "blank": statistics.median(blank), "detail": [
            f"median of {loads} loads, the slowest {max(paints):.0f} ms; the limit: a page of one word",
            f"the frame of the page is painted first; its figures stand there after {statistics.median(filled):.0f} ms"]}))
    finally:
        if window is not None:
            window.quit()
        daemon.terminate()
        daemon.wait()


if __name__ == "__main__":
    main()
