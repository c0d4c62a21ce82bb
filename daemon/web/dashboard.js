// SPDX-License-Identifier: MIT
// dashboard.js - the manager's page: what reports say of a period, as it happens.

import {
  CAUSES, STRENGTHS, address, ask, byId, count, dateText, dayText, durationText, enter, figure, follow, interval, leftOutText, make, momentText, monthText,
  percent, personRateText, plural, problem, rateFigure, rateText, shareBar, shareList, show, table, tell, verdict, verdictWord, weekdayName, weekdayText,
} from "./common.js";
import { drawPareto, drawRates, trend } from "./charts.js";

const DAYS_MAX = 92; // beyond that the chart shows months
const NOT_MORE_CALLS = 5;

const query = () => ({ since: byId("since").value, audience: byId("audience-label").hidden ? "" : byId("audience").value });
const before = () => `the ${byId("since").selectedOptions[0].textContent.replace("last ", "")} before`;
const isShown = { days: "", causes: "" };

// At a glance ----------------------------------------------------------------------------------------------------------

function showHead(report) {
  byId("store").textContent = report.store;
  document.title = `${report.store}: dashboard`;
  byId("period").textContent = `since ${weekdayText(report.period.from)}, times in ${report.timezone}`;
  byId("audience-label").hidden = report.audiences.length < 2;
}

function showGlance(report) {
  const { mentions } = report;
  show(byId("glance"),
    rateFigure("Satisfied customers", report.csat, verdict(report.comparison, before())),
    rateFigure("Asked for somebody by name", mentions.asked_rate,
      make("p", { class: "verdict" }, `${count(mentions.asked)} asked: ${count(mentions.loyal)} had been here before, ${count(mentions.word_of_mouth)} came by word of mouth`),
      verdict(mentions.asked_comparison, before())),
    rateFigure("Will ask by name next time", mentions.intent_rate, verdict(mentions.intent_comparison, before())),
    figure("Visits", make("span", { id: "visits" }, count(report.visits)),
      make("p", { class: "muted" }, leftOutText(report.left_out)),
      make("p", { class: "verdict" }, `Mean rating ${report.mean === null ? "none yet" : report.mean.toFixed(2)}`)));
}

const FACES = { 5: "very happy", 4: "happy", 3: "so-so", 2: "unhappy", 1: "very unhappy" };

function showRatings(report) {
  const rows = Object.entries(FACES).reverse().map(([rating, word]) => {
    const number = report.ratings[rating];
    const share = report.visits > 0 ? number / report.visits : 0;
    return make("li", {}, make("span", {}, `${rating} `, make("small", {}, word)), shareBar(share),
      make("span", { class: "count" }, `${count(number)} · ${percent(share)}`));
  });
  show(byId("ratings"), make("ul", { class: "ratings" }, rows),
    make("p", { class: "muted" }, `n\u202f=\u202f${count(report.visits)}.`,
      report.csat_with_left_out.n > report.visits ? ` Satisfied, with those that are left out of the figures: ${rateText(report.csat_with_left_out)}.` : ""));
}

function showFoot(report) {
  const { damaged, restored } = report.lost;
  show(byId("foot"),
    make("p", {}, leftOutText(report.left_out), damaged + restored > 0 ? ` ${plural(damaged + restored, "answer is", "answers are")} lost for good.` : " No answer was lost."),
    make("p", {}, "Rates stand with their 95\u202f% interval and the number of answers; groups of fewer than 5 are “too few”. Verdicts are given where the interval of the difference allows one."),
    make("p", {}, `Names are kept: ${report.policy.attribute}. Database ${report.database}.`));
}

// Charts ---------------------------------------------------------------------------------------------------------------

function isNews(name, data) {
  const text = JSON.stringify(data);
  const isChanged = isShown[name] !== text;
  isShown[name] = text;
  return isChanged;
}

/* The number of each note, at the day or month of it; none before a visit has brought that onto the axis. */
function marksOf(notes, starts) {
  const marks = new Map();
  notes.forEach(({ noted }, i) => {
    const index = starts.findIndex((start) => noted.startsWith(start));
    if (index >= 0) marks.set(index, [...(marks.get(index) ?? []), i + 1]);
  });
  return [...marks].map(([index, numbers]) => ({ index, label: numbers.join(", ") }));
}

function noteEffect({ days, after, comparison }) {
  if (days === 0 || after.n === 0) return make("p", { class: "verdict" }, verdictWord("cannot_tell"), ": the days after it are still to come");
  return [make("p", { class: "muted" }, `${rateText(after)} in the ${plural(days, "day", "days")} since`), verdict(comparison, "as many before")];
}

function showNotes({ notes }) {
  show(byId("notes"), notes.length === 0 ? make("p", { class: "muted" }, "No change is noted in this period.")
    : make("ol", { class: "notes" }, notes.map((note, i) => make("li", {},
      make("p", {}, make("b", {}, make("span", { class: "mark" }, `${i + 1} `), note.text)),
      make("time", { datetime: note.noted }, momentText(note.noted)), noteEffect(note)))));
}

async function writeNote(event) {
  event.preventDefault();
  byId("note-problem").textContent = "";
  try {
    await tell("notes", { text: byId("note-text").value, ...(byId("note-show").checked ? { show: "yes" } : {}) });
    byId("note-form").reset();
    byId("note-form").closest("details").open = false;
  } catch (error) {
    byId("note-problem").textContent = error.message;
  }
}

function showDays(report, { notes }) {
  const isByMonth = report.days.length > DAYS_MAX;
  const rows = isByMonth
    ? report.months.map((month) => ({ ...month, label: monthText(month.month) }))
    : report.days.map((day) => ({ ...day, label: dayText(day.date) }));
  const marks = marksOf(notes, rows.map((row) => (isByMonth ? row.month.slice(0, "2026-11".length) : row.date)));
  if (!isNews("days", [rows, marks])) return;
  byId("days-box").hidden = rows.every((row) => row.csat.value === null);
  drawRates(byId("days-chart"), rows.map(({ label, csat }) => ({ label, rate: csat })), marks);
  show(byId("days-table"), table(`Satisfaction by ${isByMonth ? "month" : "day"}`,
    [[isByMonth ? "Month" : "Day"], ["Satisfied"], ["Visits", true], ["Mean rating", true], ["Asked by name", true]],
    rows.map((row) => [row.label, rateText(row.csat), count(row.visits), row.mean === null ? "" : row.mean.toFixed(2), count(row.asked)])));
}

function showCauses(report) {
  const rows = report.causes.filter((row) => row.count !== 0).sort((a, b) => b.count - a.count);
  const isFew = rows.some((row) => row.share.value === null);
  if (!isNews("causes", report)) return;
  byId("causes-lead").textContent = `${plural(report.answers, "answer", "answers")} of customers who were not happy; ${count(report.skipped + report.none)} of those asked did not say.`;
  byId("causes-box").hidden = rows.length === 0 || isFew;
  if (rows.length > 0 && !isFew) {
    drawPareto(byId("causes-chart"), rows.map((row) => ({ label: CAUSES[row.cause][1], count: row.count, share: row.share })), report.answers);
  }
  show(byId("causes-table"), rows.length === 0 ? make("p", { class: "muted" }, "Nobody named a cause in this period.")
    : table("Causes, the most frequent first", [["Cause"], ["Answers", true], ["Share"], ["Against the period before"], ["Most at"]],
      rows.map((row) => [
        make("span", {}, CAUSES[row.cause][0], make("br"), make("small", {}, `“${CAUSES[row.cause][1]}”`)), count(row.count), rateText(row.share),
        row.comparison && row.comparison.verdict ? verdictWord(row.comparison.verdict) : "",
        row.peak ? `${row.peak.hour}:00, ${rateText(row.peak.rate)} of visits then` : "",
      ])));
}

function showStrengths(report) {
  byId("strengths-lead").textContent = `${plural(report.answers, "answer", "answers")} of happy customers.`;
  show(byId("strengths"), shareList(report.strengths.filter((row) => row.count !== 0).map((row) => [...STRENGTHS[row.strength], row.share]),
    "Nobody named a strength in this period."));
}

const HEAT = [[0.7, "below 70\u202f%"], [0.8, "70 to 79\u202f%"], [0.9, "80 to 89\u202f%"], [Infinity, "90\u202f% or more"]];
const heatOf = (rate) => HEAT.findIndex(([below]) => rate.value < below) + 1;

function heatCell(cell) {
  if (cell === undefined || cell.visits === 0) return make("td", {}, make("span", { "aria-label": "no visits" }, "·"));
  if (cell.csat.value === null) return make("td", {}, "too few", make("br"), count(cell.csat.n));
  return make("td", { class: `heat-${heatOf(cell.csat)}`, title: `${rateText(cell.csat)}, ${cell.signed_on.toFixed(1)} signed on` },
    make("b", {}, percent(cell.csat.value)), count(cell.visits));
}

function showHeat(report) {
  const hours = report.by_hour.filter((row) => row.visits > 0).map((row) => row.hour);
  if (hours.length === 0) return show(byId("heat"), make("p", { class: "muted" }, "No visits in this period."));
  const all = Array.from({ length: Math.max(...hours) - Math.min(...hours) + 1 }, (_, i) => Math.min(...hours) + i);
  const cells = new Map(report.hours.map((cell) => [cell.weekday * 24 + cell.hour, cell]));
  const rows = report.by_weekday.map(({ weekday }) => make("tr", {}, make("th", { scope: "row" }, weekdayName(weekday)),
    all.map((hour) => heatCell(cells.get(weekday * 24 + hour)))));
  const title = "Satisfaction and visits by weekday and hour";
  const legend = HEAT.map(([, text], i) => {
    const swatch = make("i");
    swatch.style.background = `var(--heat-${i + 1})`;
    return make("span", {}, swatch, text);
  });
  return show(byId("heat"),
    make("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": title },
      make("table", { class: "heat" }, make("caption", { class: "hidden-text" }, title),
        make("thead", {}, make("tr", {}, make("td"), all.map((hour) => make("th", { scope: "col" }, `${hour}:00`)))),
        make("tbody", {}, rows))),
    make("p", { class: "legend" }, legend),
    report.without_hour > 0 ? make("p", { class: "muted" }, `${plural(report.without_hour, "visit has", "visits have")} no certain hour.`) : null);
}

// People ---------------------------------------------------------------------------------------------------------------

function person(row) {
  const { mentions } = row;
  const weeks = (row.weeks ?? []).map((week) => ({ label: dayText(week.week), rate: week.asked_rate, isBest: week.week === row.own_best.week }));
  const best = row.own_best.week === null ? "none yet: a week needs 10 answers" : `week of ${dateText(row.own_best.week)}: ${rateText(row.own_best.asked_rate)}`;
  return make("article", { class: "person" },
    make("h3", {}, row.name, row.retired ? make("small", {}, " (retired)") : null),
    make("p", {}, make("b", {}, mentions.asked === null ? "too few" : plural(mentions.asked, "customer", "customers")), mentions.asked === null ? "" : " asked for them by name"),
    interval(mentions.asked_rate), make("p", { class: "muted" }, rateText(mentions.asked_rate)),
    verdict(mentions.asked_comparison, before()),
    trend(weeks, row.own_past.asked_rate),
    make("dl", {},
      make("dt", {}, "Last week"), make("dd", {}, rateText(row.last_week.asked_rate), ": ", verdictWord(row.own_past.asked_rate.verdict)),
      make("dt", {}, "Own best"), make("dd", {}, best),
      make("dt", {}, "Satisfied"), make("dd", {}, personRateText(row)),
      make("dt", {}, "Unhappy"), make("dd", {}, row.unhappy === null ? "–" : `${count(row.unhappy)}, ${count(row.unhappy_people)} of them named the people`)));
}

function showStaff(report) {
  const people = report.staff.filter((row) => row.id !== 0);
  const nobody = report.staff.find((row) => row.id === 0);
  show(byId("staff"), people.length === 0 ? make("p", { class: "muted" }, "Nobody is on the roster yet: byname staff add.") : people.map(person),
    nobody && nobody.visits !== null && nobody.visits > 0
      ? make("p", { class: "muted rest" }, `${plural(nobody.visits, "visit has", "visits have")} no name: the customer did not say who helped.`) : null);
}

// Kiosks ---------------------------------------------------------------------------------------------------------------

const UNWELL = new Set(["refused", "held", "pending", "unverified"]);

const STATES = {
  up: "connected", away: "silent", absent: "not plugged in", pending: "waits for adoption", other_database: "of another database",
  refused: "refused", held: "on hold", unverified: "not verified",
};

function kioskState(kiosk) {
  const style = kiosk.state === "up" ? "" : UNWELL.has(kiosk.state) ? "unwell" : "idle";
  return make("span", {}, make("span", { class: `state ${style}` }, STATES[kiosk.state] ?? kiosk.state), kiosk.note ? make("small", {}, ` ${kiosk.note}`) : null);
}

const orNone = (number) => (number === null || number === undefined ? "–" : count(number));

function showKiosks(status) {
  const list = (lines, style) => lines.map((text) => make("li", { class: `state ${style}` }, text));
  show(byId("kiosks"), status.problems.length === 0 ? make("p", { class: "state" }, "All is well.") : make("ul", {}, list(status.problems, "unwell")),
    status.warnings.length === 0 ? null : make("ul", {}, list(status.warnings, "idle")));
  show(byId("kiosks-table"), status.kiosks.length === 0 ? make("p", { class: "muted" }, "No kiosk is adopted yet.")
    : table("How each kiosk is", [["Kiosk"], ["State"], ["Last heard"], ["Waiting answers", true], ["Refused presses", true], ["Lost answers", true], ["Firmware"]],
      status.kiosks.map((kiosk) => [kiosk.name || kiosk.port, kioskState(kiosk), kiosk.last_heard ? momentText(kiosk.last_heard) : "–",
        orNone(kiosk.pending), orNone(kiosk.refused), orNone(kiosk.lost), kiosk.firmware ?? "–"])));
}

// Help calls -----------------------------------------------------------------------------------------------------------

const OUTCOMES = { solved: "solved", handed_on: "handed on", could_not: "could not be helped", abuse: "abuse" };

function acting(button, path, body) {
  button.addEventListener("click", async () => {
    button.disabled = true;
    try {
      await tell(path, body());
      await refreshHelp();
    } catch (error) {
      problem(error);
      button.disabled = false;
    }
  });
  return button;
}

function openCall(call) {
  const what = call.event === "help" ? "a customer wants somebody to come" : `${plural(call.unhappy, "unhappy rating", "unhappy ratings")} of the last ${count(call.ratings)}`;
  const outcome = make("select", { "aria-label": `How the call at ${call.kiosk} ended` },
    Object.entries(OUTCOMES).map(([value, word]) => make("option", { value }, word)));
  const isNew = call.state === "open";
  return make("li", { "data-call": call.id },
    make("p", {}, make("b", {}, call.kiosk), `: ${what}, since ${momentText(call.called)}`,
      call.acknowledged_by ? ` (${call.acknowledged_by} is there)` : isNew ? "" : " (somebody is on the way)"),
    isNew ? acting(make("button", { type: "button", class: "primary no-print" }, "On the way"), `help-calls/${call.id}/acknowledge`, () => ({})) : null,
    make("span", { class: "controls no-print" }, outcome,
      acting(make("button", { type: "button" }, "Close"), `help-calls/${call.id}/close`, () => ({ outcome: outcome.value }))));
}

let callsShown = "";

async function refreshHelp() {
  const { help_calls: calls } = await ask("help-calls");
  const open = calls.filter((call) => call.state === "open" || call.state === "acknowledged");
  const text = JSON.stringify(open.map((call) => [call.id, call.state, call.acknowledged_by]));
  byId("help").classList.toggle("alert", open.some((call) => call.state === "open"));
  if (text === callsShown) return; // somebody may be choosing an outcome
  callsShown = text;
  byId("help-open").replaceChildren(
    open.length === 0 ? make("p", {}, "Nobody is waiting for help.") : make("ul", { class: "calls" }, open.slice(0, NOT_MORE_CALLS).map(openCall)),
    open.length > NOT_MORE_CALLS ? make("p", {}, `and ${open.length - NOT_MORE_CALLS} more`) : "");
}

function showHelpPast({ follow_up: past }) {
  const ended = Object.keys(OUTCOMES).filter((key) => past[key] > 0).map((key) => `${count(past[key])} ${OUTCOMES[key]}`);
  const times = past.recovery_median_s === null ? "" : ` Half were closed within ${durationText(past.recovery_median_s)}, nine in ten within ${durationText(past.recovery_p90_s)}.`;
  show(byId("help-past"), make("p", { class: "muted" },
    `In this period ${past.closed === 0 ? "no call was" : plural(past.closed, "call was", "calls were")} closed${ended.length > 0 ? ` (${ended.join(", ")})` : ""}.`,
    past.missed > 0 ? ` ${plural(past.missed, "was", "were")} missed: they came too late to be raised.` : "", times));
}

// All of it ------------------------------------------------------------------------------------------------------------

const sections = {
  staff: showStaff,
  causes: showCauses,
  strengths: showStrengths,
  hours: showHeat,
  help: showHelpPast,
};

function showSummary(report) {
  for (const part of [showHead, showGlance, showRatings, showNotes, showFoot]) part(report);
}

function linkSheets() {
  for (const link of document.querySelectorAll("[data-report]")) {
    link.href = address(`report/${link.dataset.report}`, { ...query(), format: "ods" });
  }
}

async function refresh() {
  linkSheets();
  const summary = ask("report/summary", query());
  await Promise.all([
    summary.then(showSummary),
    Promise.all([ask("report/days", query()), summary]).then(([days, report]) => showDays(days, report)),
    ...Object.entries(sections).map(async ([name, part]) => part(await ask(`report/${name}`, query()))),
    refreshHelp(),
    ask("status").then(showKiosks),
  ]);
}

function onEvent(type, event) {
  if (type !== "visit" || event.ratings.length === 0) return;
  byId("latest").textContent = `Just now at ${event.port}: ${event.ratings.map((rating) => `a rating of ${rating}, ${FACES[rating]}`).join("; ")}.`;
  byId("latest").classList.remove("fresh");
  requestAnimationFrame(() => byId("latest").classList.add("fresh"));
}

try {
  await enter("manager");
  const run = follow(refresh, onEvent);
  byId("controls").addEventListener("change", run);
  byId("controls").addEventListener("submit", (event) => event.preventDefault());
  byId("note-form").addEventListener("submit", (event) => writeNote(event).then(run));
  byId("print").addEventListener("click", () => print());
} catch (error) {
  problem(error);
}
