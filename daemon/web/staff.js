// SPDX-License-Identifier: MIT
// staff.js - a staff member's own page, by private link: what customers said of them, and their own past.

import {
  STRENGTHS, ask, byId, count, dateText, dayText, enter, figure, follow, leftOutText, make, momentText, personRateText, plural, problem, rateFigure, rateText, shareList,
  show, table, verdict, verdictWord, weekdayText,
} from "./common.js";
import { trend } from "./charts.js";

const FELT = {
  empathy: "they felt understood",
  follow_through: "you saw it through",
  respect: "they felt respected",
  listening: "they felt listened to",
  flexibility: "you found a way",
};

const MOMENTS_AT_ONCE = 10;
const WEEKS_WIDE = [720, 200], WEEKS_NARROW = [320, 130], NARROW_PX = 480;

const before = () => `the ${byId("since").selectedOptions[0].textContent.replace("last ", "")} before`;

function showHead(row, report) {
  const { mentions, last_week: last, own_best: best } = row;
  byId("store").textContent = report.store;
  byId("name").textContent = row.name;
  document.title = `${row.name}: your own page`;
  let text = "Fewer than five visits in this period: too few for figures.";
  if (mentions.asked !== null) text = `${plural(mentions.asked, "customer", "customers")} asked for you by name since ${weekdayText(report.period.from)}.`;
  if (last.is_best) text += " Last week was your own best.";
  else if (best.week !== null) text += ` Your own best is the week of ${dateText(best.week)}.`;
  byId("verdict").textContent = text;
}

function showCounts({ mentions, visits }) {
  const other = mentions.asked === null ? null : mentions.asked - mentions.loyal - mentions.word_of_mouth;
  show(byId("counts"),
    rateFigure("Asked for you by name", mentions.asked_rate, verdict(mentions.asked_comparison, before())),
    figure("Returning customers", count(mentions.loyal), make("p", { class: "muted" }, "who asked for you")),
    figure("New customers", count(mentions.word_of_mouth), make("p", { class: "muted" }, "who asked for you, by word of mouth"),
      other > 0 ? make("p", { class: "muted" }, `${count(other)} more did not say which.`) : null),
    rateFigure("Will ask for you next time", mentions.intent_rate, make("p", { class: "verdict" }, plural(mentions.will_ask ?? 0, "customer", "customers"))),
    figure("Visits", make("span", { id: "visits" }, count(visits)), make("p", { class: "muted" }, "of customers whom you helped")));
}

function showWeeks({ weeks, own_past: past, own_best: best, last_week: last, best_comparison: comparison }) {
  const rows = weeks.map((week) => [`week of ${dayText(week.week)}`, rateText(week.asked_rate), count(week.asked)]);
  const isOpen = byId("weeks").querySelector("details")?.open ?? false;
  show(byId("weeks"),
    trend(weeks.map((week) => ({ label: dayText(week.week), rate: week.asked_rate, isBest: week.week === best.week })), past.asked_rate, ...(byId("weeks").clientWidth < NARROW_PX ? WEEKS_NARROW : WEEKS_WIDE)),
    make("p", { class: "verdict" }, `Last week ${rateText(last.asked_rate)}, against your own past: `, verdictWord(past.asked_rate.verdict)),
    make("p", { class: "verdict" }, best.week === null ? "Your own best comes with the first week of 10 answers."
      : `Your own best: week of ${dateText(best.week)}, ${rateText(best.asked_rate)}.`),
    comparison === null ? null : verdict(comparison, "your own best", false), // hardly any week is like the best: no alarm
    make("details", { open: isOpen ? "" : null }, make("summary", {}, "As a table"), table("Your weeks", [["Week"], ["Asked for you"], ["Customers", true]], rows)));
}

function showStrengths({ strengths }) {
  const rows = Object.entries(strengths).filter(([, number]) => number > 0).sort(([, a], [, b]) => b - a);
  show(byId("strengths"), rows.length === 0 ? make("p", { class: "muted" }, "Nobody named a strength in this period.")
    : make("ul", { class: "shares" }, rows.map(([name, number]) => make("li", {},
      make("p", {}, make("b", {}, STRENGTHS[name][0]), " ", make("small", {}, `“${STRENGTHS[name][1]}”`)),
      make("small", {}, plural(number, "customer", "customers"))))));
}

function momentWords({ mention, strength, returning }) {
  const who = returning === "yes" ? "a returning customer" : returning === "no" ? "a new customer" : "a customer";
  const did = { asked: "asked for you by name", will_ask: "will ask for you next time" }[mention] ?? "was happy with you";
  return `${who[0].toUpperCase()}${who.slice(1)} ${did}${strength ? `; ${FELT[strength]}` : ""}.`;
}

function momentList(moments) {
  return make("ol", { class: "moments" }, moments.map((moment) => make("li", {}, make("time", { datetime: moment.at }, momentText(moment.at)),
    make("p", {}, momentWords(moment)))));
}

function showMoments({ moments }) {
  const older = moments.slice(MOMENTS_AT_ONCE);
  const isOpen = byId("moments").querySelector("details")?.open ?? false;
  show(byId("moments"), moments.length === 0 ? make("p", { class: "muted" }, "They will stand here as they happen.")
    : momentList(moments.slice(0, MOMENTS_AT_ONCE)),
  older.length === 0 ? null : make("details", { open: isOpen ? "" : null }, make("summary", {}, `${older.length} older ones`), momentList(older)));
}

function showManager(row) {
  show(byId("manager"), make("div", { class: "figure" }, make("h3", {}, "Satisfied customers of yours"),
    make("p", {}, personRateText(row)), row.csat.value === null ? null : verdict(row.comparison, before()),
    row.unhappy === null ? null : make("p", { class: "muted" },
      `${plural(row.unhappy, "customer was", "customers were")} unhappy; ${count(row.unhappy_people)} of them named the people as the cause.`)));
}

function showFoot(report) {
  show(byId("foot"), make("p", {}, leftOutText(report.left_out)),
    make("p", {}, "Rates stand with their 95\u202f% interval and the number of answers. You are compared with your own past and with nobody else. Whoever reads figures of yours is written down: ask for the list."));
}

async function refresh() {
  const query = { since: byId("since").value };
  const [report, moments] = await Promise.all([ask("me/report", query), ask("me/moments", query)]);
  const row = report.staff[0];
  showHead(row, report);
  for (const part of [showCounts, showWeeks, showStrengths, showManager]) part(row);
  showMoments(moments);
  showFoot(report);
}

try {
  await enter("staff");
  const run = follow(refresh);
  byId("controls").addEventListener("change", run);
  byId("controls").addEventListener("submit", (event) => event.preventDefault());
  byId("print").addEventListener("click", () => print());
} catch (error) {
  problem(error);
}
