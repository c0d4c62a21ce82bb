// SPDX-License-Identifier: MIT
// board.js - the wallboard: the team's totals and thanks. Nobody's name, and so no ranking.

import { ask, byId, count, enter, figure, follow, leftOutText, make, plural, problem, rateFigure, show, verdict, weekdayText } from "./common.js";

const FELT = {
  empathy: "felt understood",
  follow_through: "saw it done",
  respect: "felt respected",
  listening: "felt listened to",
  flexibility: "were found a way",
};

function showTotals(board) {
  const { mentions } = board;
  show(byId("totals"),
    rateFigure("Satisfied customers", board.csat, board.comparison ? verdict(board.comparison, "the 7 days before") : null),
    figure("Asked for one of us by name", count(mentions.asked),
      mentions.asked === 0 ? null : make("p", { class: "muted" }, `${count(mentions.loyal)} had been here before, ${count(mentions.word_of_mouth)} came by word of mouth`)),
    figure("Will ask by name next time", count(mentions.will_ask)),
    figure("Visits", make("span", { id: "visits" }, count(board.visits))));
}

function showThanks({ strengths }) {
  const said = Object.entries(strengths).filter(([, number]) => number > 0);
  show(byId("thanks"), said.length === 0 ? make("p", { class: "muted" }, "It will stand here as they say it.")
    : make("ul", { class: "thanks" }, said.map(([name, number]) => make("li", {}, make("b", {}, count(number)), FELT[name]))));
}

async function refresh() {
  const board = await ask("board", { since: "7d" });
  byId("store").textContent = board.store;
  document.title = `${board.store}: wallboard`;
  byId("period").textContent = `since ${weekdayText(board.period.from)}`;
  showTotals(board);
  showThanks(board);
  show(byId("foot"), make("p", {}, `${plural(board.visits, "visit", "visits")}. ${leftOutText(board.left_out)} Rates stand with their 95\u202f% interval.`));
}

try {
  await enter("board", "manager");
  follow(refresh);
} catch (error) {
  problem(error);
}
