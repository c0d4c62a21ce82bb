#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Recomputes every figure of the reports from the raw answers, by formulas of its own, and compares it with what
byname prints as JSON: check_figures.py TIME_ZONE

The store is made up by make-history, with a fixed seed; then one kiosk is made internal, and some help calls are
closed, so that everything has a case. Only answers, kiosks, staff and calls are read from the database: no visit, no
tally. Which visits were mashed is the one thing taken as it stands (that rule has tests of its own). All numbers must be
equal: counts as they are, rates to their six decimals.
"""
import datetime
import json
import math
import os
import random
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
import unicodedata
import zoneinfo

BIN = os.environ["BYNAME_BIN"]
UTC = datetime.timezone.utc
QUESTIONS = {3: "served", 4: "staff", 5: "mention", 6: "cause", 7: "strength", 8: "returning", 9: "help", 10: "flag"}
CODES = {
    "mention": ["asked", "will_ask", "no"],
    "cause": ["process", "rules", "presentation", "product", "people"],
    "strength": ["empathy", "follow_through", "respect", "listening", "flexibility"],
    "returning": ["yes", "no"],
    "help": ["yes", "no"],
}
NONE, SKIPPED = 65535, 0
NO_NAME = 0
REASONS = ("withdrawn", "stuck", "burst", "mash", "other")


# Time -----------------------------------------------------------------------------------------------------------------

class Clock:
    """Local time of a zone, in milliseconds of UTC."""

    def __init__(self, name):
        self.zone = zoneinfo.ZoneInfo(name)

    def local(self, ms):
        return datetime.datetime.fromtimestamp(ms / 1000, self.zone)

    def midnight(self, date):
        return round(datetime.datetime(date.year, date.month, date.day, tzinfo=self.zone).timestamp() * 1000)

    def at(self, text):
        """A date, or a date and an hour, as the options take them."""
        moment = datetime.datetime.fromisoformat(text).replace(tzinfo=self.zone)
        return round(moment.timestamp() * 1000)

    def text(self, ms):
        return self.local(ms // 1000 * 1000).isoformat(timespec="seconds")

    def day(self, ms):
        return self.local(ms).date()

    def hour(self, ms):
        """One hour as clocks show it: the one that happens twice is two."""
        local = self.local(ms)
        return local.date(), local.hour, local.utcoffset()

    def week(self, ms):
        date = self.day(ms)
        return date - datetime.timedelta(days=date.weekday())


# Statistics -----------------------------------------------------------------------------------------------------------

def sorted_as(name):
    """Without accents and capitals; the letters with a stroke are no accents to Unicode."""
    plain = unicodedata.normalize("NFD", name.translate(str.maketrans("\u0141\u0142\u00d8\u00f8\u0110\u0111", "LlOoDd")))
    return "".join(letter for letter in plain if not unicodedata.combining(letter)).lower()


def six(value):
    return math.floor(value * 1e6 + 0.5) / 1e6 + 0.0 if value >= 0 else -(math.floor(-value * 1e6 + 0.5) / 1e6) + 0.0


def wilson(hits, n, z=1.96):
    """The two roots of (p - x)^2 = z^2 x (1 - x) / n."""
    p = hits / n
    a, b, c = 1 + z * z / n, -(2 * p + z * z / n), p * p
    root = math.sqrt(max(0.0, b * b - 4 * a * c))
    return max(0.0, (-b - root) / (2 * a)), min(1.0, (-b + root) / (2 * a))


def newcombe(now, before):
    p, q = now[0] / now[1], before[0] / before[1]
    (low, high), (low_before, high_before) = wilson(*now), wilson(*before)
    return (p - q, p - q - math.sqrt((p - low) ** 2 + (high_before - q) ** 2),
            p - q + math.sqrt((high - p) ** 2 + (q - low_before) ** 2))


def no_rate(n, is_too_few):
    return {"n": n, "value": None, "low": None, "high": None, "too_few": is_too_few}


HIDDEN = no_rate(None, True)


def rate(hits, n, least):
    if n < least or n < 1:
        return no_rate(n, n > 0)
    low, high = wilson(hits, n)
    return {"n": n, "value": six(hits / n), "low": six(low), "high": six(high)}


def compare(now, before, least, is_good):
    out = {"before": rate(*before, least), "difference": {"value": None, "low": None, "high": None},
           "verdict": "cannot_tell"}
    if min(now[1], before[1]) < max(1, least):
        return out
    value, low, high = newcombe(now, before)
    out["difference"] = {"value": six(value), "low": six(low), "high": six(high)}
    if low > 0:
        out["verdict"] = "better" if is_good else "higher"
    elif high < 0:
        out["verdict"] = "worse" if is_good else "lower"
    elif -0.1 <= low and high <= 0.1:
        out["verdict"] = "steady"
    return out


# Visits ---------------------------------------------------------------------------------------------------------------

class Visit:
    def __init__(self, answer, kiosk):
        (self.journal, self.seq, _, _, self.rating, self.boot, self.uptime, self.at, self.span) = answer
        self.kiosk = kiosk
        self.replies = {}
        self.is_burst = self.is_mash = False

    @property
    def end(self):
        return self.at + self.span

    @property
    def staff(self):
        named = self.replies.get("staff", NONE)
        return named if named not in (NONE, SKIPPED) else self.replies.get("served", NO_NAME)

    @property
    def left_out(self):
        flag = self.replies.get("flag")
        if flag is not None:
            return {1: "withdrawn", 2: "stuck"}.get(flag, "other")
        return "burst" if self.is_burst else "mash" if self.is_mash else None

    def reply(self, question):
        """The name of the answer, "skipped", "none", or None when it was not shown."""
        value = self.replies.get(question)
        if value is None:
            return None
        return "none" if value == NONE else "skipped" if value == SKIPPED else CODES[question][value - 1]


def is_valid(question, value):
    if question in ("served",):
        return 1 <= value < NONE
    if question == "flag":
        return value not in (SKIPPED, NONE)
    return value in (SKIPPED, NONE) or question == "staff" or value <= len(CODES[question])


def mark_bursts(visits):
    for i, newest in enumerate(visits):
        alike = [visit for visit in visits[max(0, i - 64):i + 1]
                 if visit.rating == newest.rating and visit.boot == newest.boot
                 and newest.uptime - visit.uptime <= 30 and newest.seq - visit.seq < 64]
        if len(alike) >= 5:
            for visit in alike:
                visit.is_burst = True


def read_visits(connection):
    kiosks = dict(connection.execute("SELECT id, kiosk FROM journal"))
    visits = []
    for journal in kiosks:
        ratings = {}
        for row in connection.execute("SELECT journal, seq, visit_back, question, value, boot, uptime_s, instant_ms,"
                                      " span_ms FROM answer WHERE journal = ? ORDER BY seq", (journal,)):
            seq, back, question, value = row[1:5]
            if question == 2:
                ratings[seq] = Visit(row, kiosks[journal])
            elif question in QUESTIONS and is_valid(QUESTIONS[question], value):
                ratings[seq - back].replies[QUESTIONS[question]] = value
        mark_bursts(list(ratings.values()))
        visits += ratings.values()
    mashed = set(connection.execute("SELECT journal, seq FROM visit WHERE is_mash"))
    for visit in visits:
        visit.is_mash = (visit.journal, visit.seq) in mashed
    return visits


# What a report is about -----------------------------------------------------------------------------------------------

class Selection:
    """Visits of a period, of the kiosks of one audience: those that count, those left out, those of unknown time."""

    def __init__(self, visits, period):
        start, end = period
        inside = [visit for visit in visits if visit.at >= start and visit.end < end]
        touching = [visit for visit in visits if visit.at < end and visit.end >= start]
        self.counted = [visit for visit in inside if visit.left_out is None]
        self.out = [visit for visit in inside if visit.left_out is not None]
        known = {id(visit) for visit in inside}
        self.unknown = [visit for visit in touching if id(visit) not in known]

    def filtered(self, kiosk=None, staff=None):
        part = Selection([], (0, 0))
        for name in ("counted", "out", "unknown"):
            setattr(part, name, [visit for visit in getattr(self, name)
                                 if kiosk in (None, visit.kiosk) and staff in (None, visit.staff)])
        return part

    def hidden_along(self, key, own):
        """Whether one line of a breakdown must not be shown: of 1 to 4 visits, or the least beside a single such one."""
        sizes = {}
        for visit in self.counted:
            sizes[key(visit)] = sizes.get(key(visit), 0) + 1
        small = [line for line, size in sizes.items() if size < 5]
        large = sorted((size, line) for line, size in sizes.items() if size >= 5)
        return own in small or (len(small) == 1 and large != [] and large[0][1] == own)

    def is_hidden(self, kiosk=None, staff=None):
        return ((staff is not None and self.filtered(kiosk=kiosk).hidden_along(lambda v: v.staff, staff))
                or (kiosk is not None and self.filtered(staff=staff).hidden_along(lambda v: v.kiosk, kiosk)))

    # Counts and shares

    def count(self, question, *replies):
        return sum(1 for visit in self.counted if visit.reply(question) in replies)

    def share(self, question, reply):
        return self.count(question, reply), self.count(question, *CODES[question])

    def csat(self):
        return sum(1 for visit in self.counted if visit.rating >= 4), len(self.counted)

    def shown(self, question):
        return sum(1 for visit in self.counted if visit.reply(question) is not None)


class Part:
    """A Selection and the one of the period before, with what of both may be shown."""

    def __init__(self, all_now, all_before, kiosk=None, staff=None):
        self.now = all_now.filtered(kiosk, staff)
        self.before = None if all_before is None else all_before.filtered(kiosk, staff)
        self.is_hidden = all_now.is_hidden(kiosk, staff)
        self.is_before_hidden = all_before is not None and all_before.is_hidden(kiosk, staff)
        self.least = 1 if kiosk is None and staff is None else 5

    def number(self, value):
        return None if self.is_hidden else value

    def rate(self, share):
        return HIDDEN if self.is_hidden else rate(*share, self.least)

    def compare(self, share_of, is_good):
        if self.before is None:
            return None
        out = {"difference": {"value": None, "low": None, "high": None}, "verdict": "cannot_tell"}
        if self.is_before_hidden:
            return {"before": HIDDEN, **out}
        if self.is_hidden:
            return {"before": rate(*share_of(self.before), self.least), **out}
        return compare(share_of(self.now), share_of(self.before), self.least, is_good)


# Expected reports -----------------------------------------------------------------------------------------------------

def ratings(selection, part):
    return {str(i): part.number(sum(1 for v in selection.counted if v.rating == i)) for i in range(1, 6)}


def mean(selection):
    return six(statistics.fmean(v.rating for v in selection.counted)) if selection.counted else None


def csat_block(part):
    everything = Selection([], (0, 0))
    everything.counted = part.now.counted + part.now.out
    hits, n = part.now.csat()
    hits_of_all, all_n = everything.csat()
    return {
        "csat_with_left_out": no_rate(all_n, all_n > 0) if part.is_hidden else rate(hits_of_all, all_n, part.least),
        "visits": n, "ratings": ratings(part.now, part),
        "csat": no_rate(n, n > 0) if part.is_hidden else rate(hits, n, part.least),
        "comparison": part.compare(Selection.csat, True),
        "mean": None if part.is_hidden else mean(part.now),
    }


def left_out(selection):
    out = {reason: sum(1 for v in selection.out if v.left_out == reason) for reason in REASONS}
    return {**out, "time_unknown": len(selection.unknown), "invalid_answers": 0, "answers_without_rating": 0}


def mentions(part):
    asked = [v for v in part.now.counted if v.reply("mention") == "asked"]
    out = {name: part.number(part.now.count("mention", name)) for name in CODES["mention"]}
    out["shown"] = part.number(part.now.shown("mention"))
    for key, reply in (("asked", "asked"), ("intent", "will_ask")):
        out[key + "_rate"] = part.rate(part.now.share("mention", reply))
        out[key + "_comparison"] = part.compare(lambda s, r=reply: s.share("mention", r), True)
    out["loyal"] = part.number(sum(1 for v in asked if v.reply("returning") == "yes"))
    out["word_of_mouth"] = part.number(sum(1 for v in asked if v.reply("returning") == "no"))
    return out


def random_returning(selection):
    """After "asked today" the question is not put at random."""
    replies = [v.reply("returning") for v in selection.counted if v.reply("mention") != "asked"]
    return replies.count("yes"), replies.count("yes") + replies.count("no")


def response(part, question):
    if question == "staff":
        values = [v.replies["staff"] for v in part.now.counted if "staff" in v.replies]
        shown, none = len(values), values.count(NONE)
    else:
        shown, none = part.now.shown(question), part.now.count(question, "none")
    return {"answered": part.number(shown - none), "shown": part.number(shown), "rate": part.rate((shown - none, shown))}


def choices(part, question):
    return {name: part.number(part.now.count(question, name)) for name in CODES[question]}


def notes(store, period, kiosk, staff):
    """As many whole days after the note's own day as the period has, at most 28, against as many before it."""
    rows, midnight = [], lambda date, days: store.clock.midnight(date + datetime.timedelta(days=days))
    for noted, text in sorted((n for n in store.notes if period[0] <= n[0] < period[1]), reverse=True):
        date = store.clock.day(noted)
        days = max([n for n in range(29) if midnight(date, 1 + n) <= max(period[1], midnight(date, 1))])
        part = Part(Selection(store.of_audience, (midnight(date, 1), midnight(date, 1 + days))),
                    Selection(store.of_audience, (midnight(date, -days), midnight(date, 0))), kiosk, staff)
        hits, n = part.now.csat()
        rows.append({"noted": store.clock.text(noted), "text": text, "days": days,
                     "after": no_rate(n, n > 0) if part.is_hidden else rate(hits, n, part.least),
                     "comparison": part.compare(Selection.csat, True)})
    return rows


def summary(store, part, period, kiosk, staff):
    returning = random_returning(part.now)
    return {
        **csat_block(part),
        "mentions": mentions(part), "causes": choices(part, "cause"), "strengths": choices(part, "strength"),
        "help_calls": part.number(part.now.count("help", "yes")),
        "returning": {"yes": part.number(returning[0]), "no": part.number(returning[1] - returning[0]),
                      "rate": part.rate(returning), "comparison": part.compare(random_returning, False)},
        "responses": {name: response(part, name)
                      for name in ("staff", "mention", "cause", "strength", "returning", "help")},
        "left_out": left_out(part.now), "notes": notes(store, period, kiosk, staff),
        "lost": {"damaged": 0, "restored": 0, "dead_slot": 0},
    }


def certain_hours(store, selection):
    return [v for v in selection.counted if store.clock.hour(v.at) == store.clock.hour(v.end)]


def peak(store, selection, cause):
    best = None
    for hour in range(24):
        here = [v for v in certain_hours(store, selection) if store.clock.local(v.at).hour == hour]
        hits = sum(1 for v in here if v.reply("cause") == cause)
        if len(here) < 5 or hits == 0:
            continue
        low = wilson(hits, len(here))[0]
        if best is None or low > best[0]:
            best = low, {"hour": hour, "count": hits, "rate": rate(hits, len(here), 5)}
    return best and best[1]


def choice_report(store, part, question, plural):
    rows = []
    for name in CODES[question]:
        row = {question: name, "count": part.number(part.now.count(question, name)),
               "share": part.rate(part.now.share(question, name)),
               "comparison": part.compare(lambda s, n=name: s.share(question, n), False)}
        if question == "cause":
            row["peak"] = None if part.is_hidden else peak(store, part.now, name)
        rows.append(row)
    answers, skipped = part.now.count(question, *CODES[question]), part.now.count(question, "skipped")
    return {
        "visits": len(part.now.counted), "answers": part.number(answers), "skipped": part.number(skipped),
        "none": part.number(part.now.count(question, "none")),
        "response": part.rate((answers + skipped, part.now.shown(question))),
        "left_out": left_out(part.now), plural: rows,
    }


# Hours

def hide_small(sizes, hidden):
    """Mark the small ones, and beside a single marked one the least other. True when anything was marked beside."""
    for key, size in sizes.items():
        if 0 < size < 5:
            hidden.add(key)
    marked = [key for key in sizes if key in hidden]
    others = sorted((size, key) for key, size in sizes.items() if size >= 5 and key not in hidden)
    if len(marked) == 1 and others:
        hidden.add(others[0][1])
        return True
    return False


def signed_on(store, period, kiosk, staff):
    """Milliseconds signed on, by weekday and hour; None when nobody was."""
    spans, open_at = [], {}
    ten_hours = 10 * 3600 * 1000
    def close(key, at):
        since = open_at.pop(key)
        midnight = store.clock.midnight(store.clock.day(since) + datetime.timedelta(days=1))
        spans.append((since, min(at, since + ten_hours, midnight)))
    signs = [s for s in store.signs if s[0] in store.among and kiosk in (None, s[0]) and staff in (None, s[2])
             and period[0] - ten_hours <= s[3] < period[1]]
    for where, question, who, at in signs:
        if (where, who) in open_at:
            close((where, who), at)
        if question == 11:
            open_at[where, who] = at
    for key in list(open_at):
        close(key, period[1])
    sums = {}
    for start, end in spans:
        start, end = max(start, period[0]), min(end, period[1])
        add_time(store, sums, start, end)
    return sums if signs else None


def add_time(store, sums, start, end):
    """By the quarter of an hour: every zone's hours begin and end on one."""
    quarter = 15 * 60 * 1000
    while start < end:
        stop = min(end, (start // quarter + 1) * quarter)
        local = store.clock.local(start)
        key = local.isoweekday(), local.hour
        sums[key] = sums.get(key, 0) + (stop - start) // 1000
        start = stop


def hours_report(store, part, period, kiosk, staff):
    counted = {}
    for visit in certain_hours(store, part.now):
        local = store.clock.local(visit.at)
        counted.setdefault((local.isoweekday(), local.hour), []).append(visit)
    present, length = signed_on(store, period, kiosk, staff), {}
    add_time(store, length, *period)
    sizes = {(day, hour): len(counted.get((day, hour), [])) for day in range(1, 8) for hour in range(24)}
    hidden = set(sizes) if part.is_hidden else set()
    is_more = True
    while is_more:
        is_more = any([hide_small({k: s for k, s in sizes.items() if k[0] == day}, hidden) for day in range(1, 8)]
                      + [hide_small({k: s for k, s in sizes.items() if k[1] == hour}, hidden) for hour in range(24)])

    def line(keys, is_hidden):
        visits = [v for key in keys for v in counted.get(key, [])]
        hits, n = sum(1 for v in visits if v.rating >= 4), len(visits)
        seconds = sum(length.get(key, 0) for key in keys)
        there = None if present is None or seconds == 0 else six(sum(present.get(k, 0) for k in keys) / seconds)
        return {"visits": n, "csat": no_rate(n, n > 0) if is_hidden else rate(hits, n, 5),
                "length_h": six(seconds / 3600), "signed_on": there}

    def margin(name, values, keys_of):
        totals = {value: sum(sizes[key] for key in keys_of(value)) for value in values}
        gone = set(values) if part.is_hidden else set()
        hide_small(totals, gone)
        return [{name: value, **line(keys_of(value), value in gone)} for value in values]

    cells = [{"weekday": day, "hour": hour, **line([(day, hour)], (day, hour) in hidden)} for day, hour in sorted(sizes)
             if sizes[day, hour] or (present or {}).get((day, hour))]
    return {
        **csat_block(part), "without_hour": len(part.now.counted) - sum(sizes.values()), "week_start": 1,
        "by_weekday": margin("weekday", range(1, 8), lambda d: [(d, h) for h in range(24)]),
        "by_hour": margin("hour", range(24), lambda h: [(d, h) for d in range(1, 8)]),
        "hours": cells, "left_out": left_out(part.now),
    }


# Days

def days_report(store, part, period):
    first, last = store.clock.day(period[0]), store.clock.day(period[1])
    first += datetime.timedelta(days=0 if store.clock.midnight(first) == period[0] else 1)
    by_day = {}
    for kind in ("counted", "out"):
        for visit in getattr(part.now, kind):
            day = store.clock.day(visit.at)
            if day == store.clock.day(visit.end) and first <= day < last:
                by_day.setdefault(day, {"counted": [], "out": []})[kind].append(visit)
    dates = []
    if by_day:
        date = min(by_day)
        while date <= max(by_day):
            dates.append(date)
            date += datetime.timedelta(days=1)
    months = sorted({date.replace(day=1) for date in dates})
    of = lambda dates, kind: [v for date in dates for v in by_day.get(date, {}).get(kind, [])]
    hidden, hidden_months = set(dates) if part.is_hidden else set(), set(months) if part.is_hidden else set()
    for month in months:
        hide_small({d: len(of([d], "counted")) for d in dates if d.replace(day=1) == month}, hidden)
    in_month = {month: [d for d in dates if d.replace(day=1) == month] for month in months}
    hide_small({month: len(of(in_month[month], "counted")) for month in months}, hidden_months)

    def block(dates, is_hidden):
        selection = Selection([], (0, 0))
        selection.counted, selection.out = of(dates, "counted"), of(dates, "out")
        shown = Part(selection, None)
        shown.is_hidden = is_hidden
        hits, n = selection.csat()
        asked = selection.share("mention", "asked")
        return {"visits": n, "ratings": ratings(selection, shown),
                "csat": no_rate(n, n > 0) if is_hidden else rate(hits, n, 5),
                "mean": None if is_hidden or n < 5 else mean(selection), "asked": shown.number(asked[0]),
                "asked_rate": HIDDEN if is_hidden else rate(*asked, 5), "left_out": len(selection.out)}

    def length(date):
        return (store.clock.midnight(date + datetime.timedelta(days=1)) - store.clock.midnight(date)) / 3600000
    return {
        **csat_block(part), "without_day": len(part.now.counted) - len(of(dates, "counted")), "week_start": 1,
        "months": [{"month": month.isoformat(), **block(in_month[month], month in hidden_months)} for month in months],
        "days": [{"date": date.isoformat(), "weekday": date.isoweekday(), "length_h": six(length(date)),
                  **block([date], date in hidden)} for date in dates],
        "left_out": left_out(part.now),
    }


# Staff

def own_past(store, visits, period, kiosk, staff):
    """By weeks that are over when the period ends."""
    end = store.clock.week(period[1])
    last = end - datetime.timedelta(days=7)
    weeks = {}
    for visit in visits:
        week = store.clock.week(visit.at)
        if visit.left_out is None and week == store.clock.week(visit.end) and week < end:
            weeks.setdefault(week, []).append(visit)

    def selection(week):
        out = Selection([], (0, 0))
        out.counted = weeks.get(week, [])
        return out
    own = {week: selection(week).filtered(kiosk, staff) for week in weeks}
    own.setdefault(last, selection(last))
    asked = lambda week: own[week].share("mention", "asked")
    is_hidden = selection(last).is_hidden(kiosk, staff)
    able = [week for week in own if asked(week)[1] >= 10]
    best = max(able, key=lambda week: (asked(week)[0] / asked(week)[1], week)) if able else None
    is_best_hidden = best is not None and selection(best).is_hidden(kiosk, staff)

    def chart(share_of):
        earlier = [share_of(own[week]) for week in own if week < last and share_of(own[week])[1] > 0]
        hits, n = share_of(own[last])
        out = {"weeks": len(earlier), "baseline": None, "low": None, "high": None, "verdict": "cannot_tell"}
        if len(earlier) < 8 or is_hidden or n < 5:
            return out
        p = sum(e[0] for e in earlier) / sum(e[1] for e in earlier)
        reach = 3 * math.sqrt(p * (1 - p) / n)
        low, high = max(0, p - reach), min(1, p + reach)
        out.update(baseline=six(p), low=six(low), high=six(high))
        if min(p, 1 - p) > 0 and n >= 4 / min(p, 1 - p):
            out["verdict"] = "better" if hits / n > high else "worse" if hits / n < low else "steady"
        return out
    shown = lambda share: HIDDEN if is_hidden else rate(*share, 5)

    def trend():
        starts = [end - datetime.timedelta(days=7 * back) for back in range(13, 0, -1)]
        while starts and not (starts[0] in own and own[starts[0]].counted):
            del starts[0]
        out = []
        for start in starts:
            part = own.get(start, selection(start))
            is_small = selection(start).is_hidden(kiosk, staff)
            hits, n = part.share("mention", "asked")
            out.append({"week": start.isoformat(), "asked": None if is_small else hits,
                        "asked_rate": HIDDEN if is_small else rate(hits, n, 5)})
        return out
    return {
        "weeks": trend(),
        "last_week": {"week": last.isoformat(), "visits": len(own[last].counted),
                      "asked": None if is_hidden else asked(last)[0], "asked_rate": shown(asked(last)),
                      "csat": shown(own[last].csat()), "is_best": best == last and not is_hidden},
        "own_best": {"week": None, "asked": None, "asked_rate": no_rate(0, False)} if best is None or is_best_hidden
        else {"week": best.isoformat(), "asked": asked(best)[0], "asked_rate": rate(*asked(best), 5)},
        "best_comparison": compare(asked(last), asked(best), 5, True)
        if best is not None and best != last and not is_hidden and not is_best_hidden else None,
        "own_past": {"asked_rate": chart(lambda s: s.share("mention", "asked")), "csat": chart(Selection.csat)},
    }


def staff_rows(store, now, before, period, kiosk, staff):
    rows = []
    names = sorted(store.staff, key=lambda item: (sorted_as(item[1]), item[1].encode(), item[0])) + [(NO_NAME, "no name")]
    for number, name in names:
        if staff is not None and number != staff:
            continue
        part = Part(now, before, kiosk, number)
        unhappy = [v for v in part.now.counted if v.rating <= 2]
        rows.append({
            "id": number, "name": name, "retired": False, **csat_block(part), "unhappy": part.number(len(unhappy)),
            "unhappy_people": part.number(sum(1 for v in unhappy if v.reply("cause") == "people")),
            "mentions": mentions(part), "strengths": choices(part, "strength"), "left_out": len(part.now.out),
            "time_unknown": len(part.now.unknown), **own_past(store, store.of_audience, period, kiosk, number),
        })
    return rows


def staff_report(store, now, before, period, kiosk, staff):
    chosen = now.filtered(kiosk, staff)
    return {"visits": len(chosen.counted), "left_out": left_out(chosen),
            "staff": staff_rows(store, now, before, period, kiosk, staff)}


# Help, kiosks, overview

def help_counts(part):
    yes, answered = part.now.share("help", "yes")
    return {"offered": part.number(part.now.shown("help")), "yes": part.number(yes),
            "no": part.number(answered - yes), "skipped": part.number(part.now.count("help", "skipped")),
            "none": part.number(part.now.count("help", "none")), "rate": part.rate((yes, answered)),
            "comparison": part.compare(lambda s: s.share("help", "yes"), False)}


def bad_runs(store, period, kiosk):
    """Their rows, each behind its time."""
    def since(then, at):
        return None if then is None else (then - at) // 1000
    rows = []
    for at, of, state, acknowledged, closed, outcome, ratings, unhappy, *visit in store.runs:
        if period[0] <= at < period[1] and of in store.among and kiosk in (None, of):
            rows.append((at, {
                "at": store.clock.text(at), "is_certain": store.spans[tuple(visit)] == 0, "kiosk": store.kiosks[of],
                "rating": None, "cause": None,
                "state": ("open", "acknowledged", "closed", "missed")[state - 1],
                "outcome": outcome and ("solved", "handed_on", "could_not", "abuse")[outcome - 1],
                "acknowledged_s": since(acknowledged, at), "recovery_s": since(closed, at), "event": "bad_run",
                "left_out": None, "ratings": ratings, "unhappy": unhappy}))
    return rows


def help_report(store, part, period, kiosk, staff):
    others = part.now.out + part.now.unknown if staff is None else []  # neither is told of one staff member
    called = [v for v in part.now.counted + others if v.reply("help") == "yes" and v.at >= period[0]]
    called.sort(key=lambda v: (-v.at, v.journal, v.seq))
    runs = bad_runs(store, period, kiosk) if staff is None else []
    rows, recoveries = [], []
    states = {name: 0 for name in ("open", "acknowledged", "closed", "missed")}
    outcomes = {name: 0 for name in ("solved", "handed_on", "could_not", "abuse")}
    for visit in called:
        state, acknowledged, closed, outcome = store.calls[visit.journal, visit.seq]
        state = list(states)[state - 1]
        outcome = None if outcome is None else list(outcomes)[outcome - 1]
        why = visit.left_out or (None if visit.end < period[1] else "time_unknown")
        if why is None:
            states[state] += 1
            if outcome:
                outcomes[outcome] += 1
            if closed is not None:
                recoveries.append(closed - visit.at)
        cause = visit.reply("cause")
        since = lambda ms, at=visit.at: None if ms is None else (ms - at) // 1000
        rows.append((visit.at, {
            "at": store.clock.text(visit.at), "is_certain": visit.span == 0, "kiosk": store.kiosks[visit.kiosk],
            "rating": visit.rating, "cause": None if cause in (None, "none", "skipped") else cause,
            "state": state, "outcome": outcome, "acknowledged_s": since(acknowledged), "recovery_s": since(closed),
            "event": "help", "left_out": why, "ratings": None, "unhappy": None}))
    recoveries.sort()
    ninth = None if not recoveries else recoveries[math.ceil(len(recoveries) * 9 / 10) - 1]
    follow_up = {**states, **outcomes, "not_followed": 0, "closed_n": len(recoveries),
                 "recovery_median_s": six(statistics.median(recoveries) / 1000) if recoveries else None,
                 "recovery_p90_s": None if ninth is None else six(ninth / 1000)}
    return {"visits": len(part.now.counted), "help": help_counts(part), "left_out": left_out(part.now),
            "calls_left_out": None if part.is_hidden or staff is not None else sum(1 for _, row in rows if row["left_out"]),
            "bad_runs": None if part.is_hidden or staff is not None else {
                "count": len(runs), **{name: sum(1 for _, row in runs if row["state"] == name) for name in states}},
            "follow_up": None if part.is_hidden else follow_up,
            "calls": [] if part.is_hidden else [row for _, row in sorted(runs + rows, key=lambda pair: -pair[0])][:200]}


def overview(store, now, before, period):
    part = Part(now, before)
    counts = [(part.now.count("cause", name), -i, name) for i, name in enumerate(CODES["cause"])]
    count, _, biggest = max(counts)
    cause = None if count == 0 else {
        "cause": biggest, "count": count, "share": part.rate(part.now.share("cause", biggest)),
        "comparison": part.compare(lambda s: s.share("cause", biggest), False), "peak": peak(store, part.now, biggest)}
    people = [{"name": row["name"], "asked": row["mentions"]["asked"], "asked_rate": row["mentions"]["asked_rate"],
               "comparison": row["mentions"]["asked_comparison"], "is_own_best": row["last_week"]["is_best"]}
              for row in staff_rows(store, now, before, period, None, None) if row["mentions"]["asked"] and row["id"]]
    return {**csat_block(part), "cause": cause, "mentions": mentions(part), "help": help_counts(part),
            "left_out": left_out(part.now), "asked_for": people}


# The check ------------------------------------------------------------------------------------------------------------

class Store:
    def __init__(self, path, zone):
        self.path = path
        self.clock = Clock(zone)
        self.now = int(time.time() * 1000)
        with sqlite3.connect(path) as connection:
            self.visits = read_visits(connection)
            self.kiosks = dict(connection.execute("SELECT id, name FROM kiosk"))
            self.hearing = {kiosk: (since, until) for kiosk, since, until in connection.execute("SELECT * FROM hearing")}
            self.silences = connection.execute("SELECT kiosk, from_ms, to_ms FROM silence").fetchall()
            self.audiences = dict(connection.execute("SELECT id, audience FROM kiosk"))
            self.staff = connection.execute("SELECT id, name FROM staff").fetchall()
            self.signs = connection.execute(
                "SELECT kiosk, question, value, instant_ms FROM answer JOIN journal ON journal.id = answer.journal"
                " WHERE question IN (11, 12) ORDER BY instant_ms, answer.journal, seq").fetchall()
            self.notes = connection.execute("SELECT noted_ms, text FROM note").fetchall()
            self.calls = {(journal, visit): rest for journal, visit, *rest in connection.execute(
                "SELECT journal, visit, state, acknowledged_ms, closed_ms, outcome FROM help_call WHERE kind = 1")}
            self.runs = connection.execute(
                "SELECT called_ms, kiosk, state, acknowledged_ms, closed_ms, outcome, ratings, unhappy, journal, visit"
                " FROM help_call WHERE kind = 2 ORDER BY called_ms DESC, id DESC").fetchall()
            self.spans = {(visit.journal, visit.seq): visit.span for visit in self.visits}

    def choose(self, audience):
        self.among = {kiosk for kiosk, own in self.audiences.items() if own == audience}
        self.of_audience = [visit for visit in self.visits if visit.kiosk in self.among]

    def ask(self, report, options):
        done = subprocess.run([os.path.join(BIN, "byname"), "--database", self.path, "report", report, *options,
                               "--format", "json", "--week-start", "monday"], capture_output=True, text=True, timeout=60)
        if done.returncode != 0:
            raise SystemExit(f"byname report {report} {options}: {done.stderr}")
        return json.loads(done.stdout)


def differences(expected, actual, path=""):
    if isinstance(expected, dict) and isinstance(actual, dict):
        for key in expected:
            if key not in actual:
                yield f"{path}.{key} is missing"
            else:
                yield from differences(expected[key], actual[key], f"{path}.{key}")
        if path and path != ".left_out":
            yield from (f"{path}.{key} was not expected" for key in actual if key not in expected)
    elif isinstance(expected, list) and isinstance(actual, list):
        if len(expected) != len(actual):
            yield f"{path} has {len(actual)} rows, {len(expected)} were expected"
        for i, (left, right) in enumerate(zip(expected, actual)):
            yield from differences(left, right, f"{path}[{i}]")
    elif expected != actual or isinstance(expected, bool) != isinstance(actual, bool):
        yield f"{path} is {actual}, recomputed {expected}"


def before_of(clock, period):
    start, end = (clock.local(ms) for ms in period)
    midnights = start.hour == end.hour == 0
    if midnights and start.day == end.day == 1:
        months = (end.year - start.year) * 12 + end.month - start.month
        number = start.year * 12 + start.month - 1 - months
        return clock.midnight(datetime.date(number // 12, number % 12 + 1, 1)), period[0]
    if midnights:
        return clock.midnight(start.date() - (end.date() - start.date())), period[0]
    earlier = 2 * period[0] - period[1]
    local = clock.local(earlier)
    return earlier - (local.minute * 60 + local.second) * 1000, period[0]


def expected_of(store, report, now, before, period, kiosk, staff):
    part = Part(now, before, kiosk, staff)
    makers = {
        "summary": lambda: summary(store, part, period, kiosk, staff),
        "staff": lambda: staff_report(store, now, before, period, kiosk, staff),
        "causes": lambda: choice_report(store, part, "cause", "causes"),
        "strengths": lambda: choice_report(store, part, "strength", "strengths"),
        "hours": lambda: hours_report(store, part, period, kiosk, staff),
        "days": lambda: days_report(store, part, period),
        "help": lambda: help_report(store, part, period, kiosk, staff),
        "overview": lambda: overview(store, now, before, period),
    }
    return makers[report]()


def check_report(store, report, dates, options=(), audience="external", kiosk=None, staff=None):
    period = store.clock.at(dates[0]), store.clock.at(dates[1])
    before = before_of(store.clock, period)
    store.choose(audience)
    expected = expected_of(store, report, Selection(store.of_audience, period), Selection(store.of_audience, before),
                           period, kiosk, staff)
    text = lambda pair: {"from": store.clock.text(pair[0]), "to": store.clock.text(pair[1])}
    expected.update(kind=report, period=text(period), before=text(before))
    actual = store.ask(report, ["--from", dates[0], "--to", dates[1], *options])
    found = list(differences(expected, actual))
    for line in found[:5]:
        print(f"report {report} {dates} {list(options)}: {line}")
    return len(found)


SILENCE = 120 * 1000  # ms; what is shorter is none


def availability_of(store, kiosk, period):
    """Each stretch between two events is heard, silent or unknown; stretches of silence that touch are one silence."""
    since, until = store.hearing.get(kiosk, (None, None))
    begin, end = max(since or period[1], period[0]), min(period[1], store.now)
    empty = {"from": None, "to": None, "value": None, "silences": 0, "longest_from": None, "longest_s": None, "unknown_s": 0}
    if begin >= end:
        return empty
    open_end = [(until, store.now)] if store.now - until >= SILENCE else []
    silent = [(a, b) for which, a, b in store.silences if which == kiosk] + open_end
    unknown = [(a, b) for which, a, b in store.silences if which == 0]
    events = sorted({begin, end} | {at for span in silent + unknown for at in span if begin < at < end})
    pieces, unheard = [], 0
    for a, b in zip(events, events[1:]):
        if any(x <= a and b <= y for x, y in unknown):
            unheard += b - a
        elif any(x <= a and b <= y for x, y in silent):
            pieces = pieces[:-1] + [(pieces[-1][0], b)] if pieces and pieces[-1][1] == a else pieces + [(a, b)]
    pieces = [piece for piece in pieces if piece[1] - piece[0] >= SILENCE]
    known = end - begin - unheard
    found = {**empty, "from": store.clock.text(begin), "to": store.clock.text(end), "silences": len(pieces),
             "unknown_s": unheard // 1000}
    if known > 0:
        found["value"] = round(1 - sum(b - a for a, b in pieces) / known, 6)
    if pieces:
        longest = max(pieces, key=lambda piece: piece[1] - piece[0])
        found.update(longest_from=store.clock.text(longest[0]), longest_s=(longest[1] - longest[0]) // 1000)
    return found


def check_kiosks(store, dates):
    """Each kiosk against those of its own audience."""
    period = store.clock.at(dates[0]), store.clock.at(dates[1])
    before = before_of(store.clock, period)
    rows = {row["name"]: row for row in store.ask("kiosks", ["--from", dates[0], "--to", dates[1]])["kiosks"]}
    found = [] if set(rows) == set(store.kiosks.values()) else ["not all kiosks"]
    for kiosk, name in store.kiosks.items():
        store.choose(store.audiences[kiosk])
        part = Part(Selection(store.of_audience, period), Selection(store.of_audience, before), kiosk)
        expected = {**csat_block(part), "audience": store.audiences[kiosk], "left_out": left_out(part.now),
                    "availability": availability_of(store, kiosk, period)}
        found += differences(expected, rows[name])
    for line in found[:5]:
        print(f"report kiosks {dates}: {line}")
    return len(found)


def make_silences(connection):
    """A year's silences of two kiosks, one of which has one now, and of the daemon; the third kiosk's are not recorded."""
    chance = random.Random(20261122)
    first, last = connection.execute("SELECT min(instant_ms), max(instant_ms) FROM visit").fetchone()
    connection.execute("DELETE FROM hearing")
    connection.execute("DELETE FROM silence")
    for kiosk, begin, end in ((0, first, last), (1, first, last), (2, first + (last - first) // 3, last - 7 * 86400000)):
        at = heard = begin
        while (at := heard + int(chance.expovariate(1 / 100000000))) < end:
            heard = at + SILENCE + int(chance.expovariate(1 / 10000000))
            connection.execute("INSERT INTO silence VALUES (?, ?, ?)", (kiosk, at, heard))
            heard += 60000
        if kiosk != 0:
            connection.execute("INSERT INTO hearing VALUES (?, ?, ?)", (kiosk, begin, max(heard, end)))


def make(path, zone):
    subprocess.run([os.path.join(BIN, "make-history"), "--database", path, "--years", "1", "--visits", "9000", "--kiosks",
                    "3", "--staff", "6", "--timezone", zone, "--seed", "20261116"], check=True, stdout=subprocess.DEVNULL)
    with sqlite3.connect(path) as connection:
        connection.execute("UPDATE kiosk SET audience = 'internal' WHERE id = 3")
        connection.execute(
            "INSERT INTO help_call (kind, journal, seq, visit, kiosk, called_ms, arrived_ms, state, ratings, unhappy)"
            " SELECT 2, journal, seq, visit, kiosk, called_ms, arrived_ms, 1 + 3 * (id % 2), 5 + id % 60, 3 + id % 5"
            " FROM help_call WHERE id % 7 = 0")
        connection.execute("UPDATE help_call SET state = 3, outcome = 1 + id % 4, acknowledged_ms = called_ms + id * 777,"
                           " closed_ms = called_ms + 1500 * id WHERE id % 3 = 0")
        connection.executemany("INSERT INTO note (noted_ms, text, is_shown) VALUES (?, ?, 0)", [
            (1774000000000, "new queue signs"), (1792200000000, "a second till"), (1793510000000, "longer hours")])
        make_silences(connection)
        connection.execute("UPDATE help_call SET state = 2, acknowledged_ms = called_ms + 61000 WHERE id % 3 = 1")


PERIODS = [("2026-10-01", "2026-11-01"), ("2026-03-02", "2026-04-13"), ("2026-10-19", "2026-10-26"),
           ("2026-06-03T11:00", "2026-06-04T17:00"), ("2026-11-09", "2026-11-11"), ("2025-11-20", "2026-11-16"), ("2025-01-01", "2026-11-16")]
REPORTS = ("summary", "staff", "causes", "strengths", "hours", "days", "help", "overview")


def edge_within(store):
    """A full hour at which a visit may or may not have happened already, as the options take it."""
    hour = 3600 * 1000
    visit = next(v for v in store.visits if v.span > 3 * hour and v.kiosk in store.among)
    edge = store.clock.local(visit.at + 2 * hour).replace(minute=0, second=0, microsecond=0)
    return edge.strftime("%Y-%m-%dT%H:%M")


def main():
    zone = sys.argv[1]
    wrong = checked = 0
    with tempfile.TemporaryDirectory(prefix="byname-figures-") as folder:
        path = os.path.join(folder, "history.db")
        make(path, zone)
        store = Store(path, zone)
        unsure = sum(1 for v in store.visits if v.span > 0)
        assert unsure > 20 and any(v.left_out == "burst" for v in store.visits), "a history without its special cases"
        store.choose("external")
        for dates in PERIODS + [(edge_within(store), "2026-11-16"), ("2025-11-16", edge_within(store))]:
            wrong += sum(check_report(store, report, dates) for report in REPORTS) + check_kiosks(store, dates)
            for report in REPORTS[:-1]:
                wrong += check_report(store, report, dates, ["--audience", "internal"], "internal")
                wrong += check_report(store, report, dates, ["--staff", "Dan"], staff=4)
                wrong += check_report(store, report, dates, ["--kiosk", "Counter 2"], kiosk=2)
                wrong += check_report(store, report, dates, ["--kiosk", "Counter 1", "--staff", "Ben"], kiosk=1, staff=2)
            checked += len(REPORTS) + 1 + 4 * (len(REPORTS) - 1)
    print(f"{zone}: {checked} reports of {len(store.visits)} visits, {unsure} of uncertain time: "
          f"{'all figures agree' if wrong == 0 else f'{wrong} differ'}")
    return 1 if wrong or checked == 0 else 0


if __name__ == "__main__":
    sys.exit(main())
