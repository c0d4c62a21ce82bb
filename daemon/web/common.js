// SPDX-License-Identifier: MIT
// common.js - what all pages share: asking the daemon, listening to it, and the words and shapes of figures. Text of the
// daemon goes into a page as text only.

/** Names as reports have them, and what the customer pressed. */
export const CAUSES = {
  process: ["the process", "the wait"],
  rules: ["the rules", "a rule"],
  presentation: ["how it was presented", "not made clear"],
  product: ["the product", "the product"],
  people: ["the people", "how I was treated"],
};

export const STRENGTHS = {
  empathy: ["empathy", "understood me"],
  follow_through: ["follow-through", "saw it through"],
  respect: ["respect", "showed respect"],
  listening: ["listening", "listened"],
  flexibility: ["flexibility", "found a way"],
};

const WEEKDAYS = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];
const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
const whole = new Intl.NumberFormat("en-GB");

export const byId = (id) => document.getElementById(id);

/** An element with attributes and children; a child that is a string becomes text, null is left out. */
export function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value !== null && value !== undefined && value !== false) element.setAttribute(name, value);
  }
  element.append(...children.flat().filter((child) => child !== null && child !== undefined));
  return element;
}

/** Replace the children, unless they would look the same: who reads or points there is not disturbed. */
export function show(parent, ...children) {
  const fresh = make("div", {}, ...children);
  if (parent.innerHTML === fresh.innerHTML) return false;
  parent.replaceChildren(...fresh.childNodes);
  return true;
}

// Asking ---------------------------------------------------------------------------------------------------------------

export class Refused extends Error {
  constructor(status, text) {
    super(text);
    this.status = status;
  }
}

async function read(response) {
  const body = await response.json();
  if (!response.ok) throw new Refused(response.status, body.error);
  return body;
}

export function address(path, query = {}) {
  const given = Object.entries(query).filter(([, value]) => value);
  const text = given.map(([name, value]) => `${name}=${encodeURIComponent(value)}`).join("&");
  return `/api/v1/${path}${text ? "?" + text : ""}`;
}

export async function ask(path, query = {}) {
  return read(await fetch(address(path, query)));
}

export async function tell(path, body = {}) {
  return read(await fetch(`/api/v1/${path}`, { method: "POST", body: JSON.stringify(body) }));
}

// Listening ------------------------------------------------------------------------------------------------------------

const PAUSE_MS = 1000; // between two refreshes, however much happens
const ANYWAY_MS = 60000; // without any event: what is relative to now changes, too
const RETRY_MS = 5000;

/**
 * Call refresh now, on each event and each minute; never twice at the same time, and with a pause between. onEvent is told
 * what happened. The element #live says whether the daemon is heard.
 */
export function follow(refresh, onEvent = () => {}) {
  let isRunning = false, isWanted = false, closed = null;
  const live = byId("live");

  const say = (state, text) => {
    live.dataset.state = state;
    if (live.textContent !== text) live.textContent = text;
  };
  const run = async () => {
    isWanted = true;
    if (isRunning) return;
    isRunning = true;
    while (isWanted) {
      isWanted = false;
      try {
        await refresh();
        problem(null);
      } catch (error) {
        problem(error);
      }
      await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
    }
    isRunning = false;
  };
  const listen = () => {
    closed = null;
    const source = new EventSource("/api/v1/events");
    source.onopen = () => {
      say("live", "live");
      run();
    };
    source.onerror = () => {
      say("away", "no connection, trying again");
      if (source.readyState === EventSource.CLOSED && closed === null) closed = setTimeout(listen, RETRY_MS);
    };
    for (const type of ["visit", "help", "kiosk", "alarm"]) {
      source.addEventListener(type, (event) => {
        onEvent(type, JSON.parse(event.data));
        run();
      });
    }
  };
  say("away", "connecting");
  listen();
  run();
  setInterval(run, ANYWAY_MS);
  return run;
}

/** Say in #problem what went wrong, or nothing. */
export function problem(error) {
  const place = byId("problem");
  place.hidden = error === null;
  if (error === null) return;
  show(place, make("p", {}, error instanceof Refused ? error.message : "The daemon does not answer. What stands here may be old."));
}

const PAGES = { manager: "/", staff: "/staff.html", board: "/board.html" };

/** Who asks, where one of these scopes belongs; others are led to their own page. */
export async function enter(...scopes) {
  const me = await ask("me");
  if (!scopes.includes(me.scope)) {
    location.replace(PAGES[me.scope]);
    await new Promise(() => {}); // the page is about to go
  }
  return me;
}

// Words ----------------------------------------------------------------------------------------------------------------

export const count = (number) => (number === null || number === undefined ? "too few" : whole.format(number));
export const plural = (number, one, many) => `${whole.format(number)} ${number === 1 ? one : many}`;
export const percent = (value) => `${Math.round(value * 100)}\u202f%`;
const SIGNS = { "-1": "−", 0: "", 1: "+" };
const points = (value) => `${SIGNS[Math.sign(Math.round(value * 100))]}${Math.abs(Math.round(value * 100))}`;
const span = (rate) => `${Math.round(rate.low * 100)} to ${percent(rate.high)}`;

/** Why a rate has no value. */
function missing(rate) {
  if (rate.n === 0 && !rate.too_few) return "none yet";
  return "too few";
}

export const rateValue = (rate) => (rate.value === null ? missing(rate) : percent(rate.value));
export const rateSpan = (rate) => (rate.value === null ? "" : `${span(rate)}, `) + (rate.n === null ? "" : `n\u202f=\u202f${count(rate.n)}`);
/** "85 % (83 to 87 %, n = 2,617)" */
export const rateText = (rate) => {
  const detail = rateSpan(rate);
  return rateValue(rate) + (detail ? ` (${detail})` : "");
};

/** The satisfaction that somebody's name stands with; a policy that keeps names of some ratings only makes it no measure. */
export const personRateText = (row) => (row.csat.n === null && row.mentions.asked !== null ? "not measured, by the policy on names" : rateText(row.csat));

const VERDICTS = {
  better: ["better", "good"],
  worse: ["worse", "bad"],
  higher: ["higher", ""],
  lower: ["lower", ""],
  steady: ["steady", ""],
  cannot_tell: ["cannot tell yet", ""],
};

export function verdictWord(name) {
  const [word, style] = VERDICTS[name] ?? ["cannot tell yet", ""];
  return make("b", { class: style || null }, word);
}

/** "better than the 28 days before: +3 points (+1 to +5)" */
export function verdict(comparison, before, isColored = true) {
  if (!comparison || comparison.verdict === null) return make("p", { class: "verdict muted" }, "no comparison yet");
  const difference = comparison.difference;
  const detail = difference && difference.value !== null
    ? `: ${points(difference.value)}\u00a0${Math.abs(Math.round(difference.value * 100)) === 1 ? "point" : "points"} (${points(difference.low)} to ${points(difference.high)})` : "";
  return make("p", { class: isColored ? "verdict" : "verdict plain" }, verdictWord(comparison.verdict), `, against ${before}${detail}`);
}

/** Times of reports are local to the store, whatever this browser thinks: their text is taken apart. */
function parts(text) {
  const [, year, month, day, , hour, minute] = /^(\d+)-(\d+)-(\d+)(T(\d+):(\d+))?/.exec(text);
  const weekday = WEEKDAYS[(new Date(Date.UTC(+year, +month - 1, +day)).getUTCDay() + 6) % 7];
  return { year, day: +day, month: MONTHS[+month - 1], weekday, hour, minute };
}

export function dayText(text) {
  const { day, month } = parts(text);
  return `${day} ${month}`;
}

/** With its year, where that is not this one. */
export function dateText(text) {
  const { year } = parts(text);
  return +year === new Date().getFullYear() ? dayText(text) : `${dayText(text)} ${year}`;
}

export const weekdayText = (text) => `${parts(text).weekday} ${dateText(text)}`;

export function monthText(text) {
  const { month, year } = parts(text);
  return `${month} ${year}`;
}

export function momentText(text) {
  const { hour, minute } = parts(text);
  return `${weekdayText(text)}, ${hour}:${minute}`;
}

export const weekdayName = (number) => WEEKDAYS[number - 1];

export function durationText(seconds) {
  if (seconds < 90) return `${seconds} s`;
  if (seconds < 5400) return `${Math.round(seconds / 60)} min`;
  if (seconds < 172800) return `${Math.round(seconds / 3600)} h`;
  return `${Math.round(seconds / 86400)} days`;
}

const LEFT_OUT = {
  withdrawn: "withdrawn at once",
  stuck: "of a stuck button",
  burst: "in a burst",
  mash: "mashed",
  other: "for other reasons",
  time_unknown: "at an unknown time",
};

/** What is stored and not in the figures, by reason; "" when it is nothing. */
export function leftOutText(leftOut) {
  const list = Object.entries(LEFT_OUT).filter(([key]) => leftOut[key] > 0).map(([key, word]) => `${count(leftOut[key])} ${word}`);
  return list.length === 0 ? "No visit was left out." : `Left out of the figures, and kept: ${list.join(", ")}.`;
}

// Shapes ---------------------------------------------------------------------------------------------------------------

/** A rate on a line from 0 to 100 %; the text beside it says the same. */
export function interval(rate) {
  if (rate.value === null) return null;
  const bar = make("div", { class: "interval", "aria-hidden": "true" }, make("i"), make("b"));
  for (const key of ["low", "high", "value"]) bar.style.setProperty(`--${key}`, rate[key]);
  return bar;
}

/** A list of shares, each as a bar with its rate: [name, what was pressed, share], and what stands where there are none. */
export function shareList(rows, otherwise) {
  if (rows.length === 0) return make("p", { class: "muted" }, otherwise);
  return make("ul", { class: "shares" }, rows.map(([name, pressed, share]) => make("li", {},
    make("p", {}, make("b", {}, name), " ", make("small", {}, `“${pressed}”`)),
    interval(share), make("small", {}, rateText(share)))));
}

export function shareBar(value) {
  const bar = make("div", { class: "bar", "aria-hidden": "true" }, make("i"));
  bar.style.setProperty("--value", value);
  return bar;
}

/** A figure of its own: heading, one large number, its interval; where there is none yet, words, which are longer. */
export function figure(heading, big, ...rest) {
  const isWords = typeof big === "string" && !/\d/.test(big);
  return make("div", { class: "figure" }, make("h2", {}, heading), make("p", { class: isWords ? "big words" : "big" }, big), ...rest);
}

export function rateFigure(heading, rate, ...rest) {
  return figure(heading, rateValue(rate), interval(rate), make("p", { class: "muted" }, rateSpan(rate)), ...rest);
}

/** columns: [title, isNumber]; rows: arrays of texts or nodes; the first cell of each heads its row. */
export function table(caption, columns, rows) {
  const head = columns.map(([title, isNumber]) => make("th", { scope: "col", class: isNumber ? "right" : null }, title));
  const body = rows.map((row) => make("tr", {}, row.map((cell, i) => (i === 0
    ? make("th", { scope: "row" }, cell) : make("td", { class: columns[i][1] ? "right" : null }, cell)))));
  return make("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": caption },
    make("table", {}, make("caption", {}, caption), make("thead", {}, make("tr", {}, head)), make("tbody", {}, body)));
}
