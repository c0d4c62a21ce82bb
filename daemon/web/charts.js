// SPDX-License-Identifier: MIT
// charts.js - the charts: those of Chart.js, which may be missing, and the small ones of people, which are SVG.

import { make, percent, rateText } from "./common.js";

const charts = new Map();

const color = (name) => getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();

if (window.Chart === undefined) document.documentElement.classList.add("no-chart");

/** As large as the small text of the page, which is larger on a wall. */
function font() {
  return { family: getComputedStyle(document.body).fontFamily, size: 0.8 * parseFloat(getComputedStyle(document.documentElement).fontSize) };
}

function axes(extra) {
  const ticks = { color: color("muted"), font: font() };
  const common = { ticks, grid: { color: color("line"), drawBorder: false } };
  const scales = {};
  for (const [name, own] of Object.entries(extra)) {
    scales[name] = { ...common, ...own, ticks: { ...ticks, ...own.ticks }, grid: { ...common.grid, ...own.grid } };
  }
  return scales;
}

/** make(colors) gives the configuration: it is made anew when the colours change. */
function draw(canvas, configure) {
  if (window.Chart === undefined) return;
  charts.get(canvas)?.chart.destroy();
  const configuration = configure();
  configuration.options = {
    animation: false, responsive: true, maintainAspectRatio: false,
    interaction: { mode: "index", intersect: false }, ...configuration.options,
  };
  charts.set(canvas, { configure, chart: new window.Chart(canvas, configuration) });
}

function redraw() {
  for (const [canvas, { configure }] of [...charts]) draw(canvas, configure);
}

matchMedia("(prefers-color-scheme: dark)").addEventListener("change", redraw);
addEventListener("beforeprint", () => {
  document.documentElement.dataset.print = "";
  redraw();
});
addEventListener("afterprint", () => {
  delete document.documentElement.dataset.print;
  redraw();
});

/** Upright lines where something was changed, each with a number at its top. */
function marking(marks) {
  return {
    id: "marks",
    marks,
    afterDatasetsDraw({ ctx: pen, chartArea: area, scales }) {
      pen.save();
      Object.assign(pen, { strokeStyle: color("warm"), fillStyle: color("warm"), lineWidth: 1.5, textAlign: "center", textBaseline: "top" });
      pen.font = `600 ${font().size}px ${font().family}`;
      pen.setLineDash([4, 4]);
      for (const { index, label } of marks) {
        const x = scales.x.getPixelForValue(index);
        pen.beginPath();
        pen.moveTo(x, area.top + 1.5 * font().size);
        pen.lineTo(x, area.bottom);
        pen.stroke();
        const half = pen.measureText(label).width / 2; // of a label at an edge, too, all is seen
        pen.fillText(label, Math.min(Math.max(x, area.left + half), area.right - half), area.top);
      }
      pen.restore();
    },
  };
}

/** rows: {label, rate}, oldest first; a rate without a value leaves a gap. marks: {index of a row, label}. */
export function drawRates(canvas, rows, marks = []) {
  const lows = rows.map(({ rate }) => rate.low).filter((low) => low !== null);
  const min = Math.max(0, Math.floor(Math.min(0.9, ...lows) * 10) / 10);
  draw(canvas, () => ({
    type: "line",
    plugins: [marking(marks)],
    data: {
      labels: rows.map(({ label }) => label),
      datasets: [
        { data: rows.map(({ rate }) => rate.low), borderWidth: 0, pointRadius: 0, pointHitRadius: 0 },
        { data: rows.map(({ rate }) => rate.high), borderWidth: 0, pointRadius: 0, pointHitRadius: 0, fill: "-1", backgroundColor: color("band") },
        {
          data: rows.map(({ rate }) => rate.value), borderColor: color("accent"), borderWidth: 2.5, tension: 0,
          pointRadius: rows.length > 40 ? 0 : 3, pointBackgroundColor: color("accent"),
        },
      ],
    },
    options: {
      scales: axes({
        x: { grid: { display: false }, ticks: { maxRotation: 0, autoSkipPadding: 18 } },
        y: { min, max: 1, ticks: { callback: (value) => percent(value), maxTicksLimit: 6 } },
      }),
      plugins: {
        legend: { display: false },
        tooltip: { displayColors: false, filter: (item) => item.datasetIndex === 2, callbacks: { label: (item) => rateText(rows[item.dataIndex].rate) } },
      },
    },
  }));
}

const NARROW_PX = 480, LABEL_CHARACTERS = 11;

/** Lines of whole words. */
function wrapped(label) {
  const lines = [];
  for (const word of label.split(" ")) {
    const last = lines.length - 1;
    if (last >= 0 && lines[last].length + 1 + word.length <= LABEL_CHARACTERS) lines[last] += ` ${word}`;
    else lines.push(word);
  }
  return lines;
}

/** rows: {label, count, share}, the most frequent first; total: their sum. */
export function drawPareto(canvas, rows, total) {
  let sum = 0;
  const cumulative = rows.map((row) => (sum += row.count) / total);
  const isNarrow = canvas.parentElement.clientWidth < NARROW_PX; // slanted there
  draw(canvas, () => ({
    data: {
      labels: rows.map(({ label }) => (isNarrow ? label : wrapped(label))),
      datasets: [
        {
          type: "line", label: "together", yAxisID: "share", data: cumulative, borderColor: color("warm"), borderWidth: 2,
          pointRadius: 4, backgroundColor: color("warm"), clip: 8,
        },
        { type: "bar", label: "answers", yAxisID: "count", data: rows.map(({ count }) => count), backgroundColor: color("accent"), borderRadius: 4, maxBarThickness: 90 },
      ],
    },
    options: {
      scales: axes({
        x: { grid: { display: false }, ticks: isNarrow ? { minRotation: 50, autoSkip: false } : { maxRotation: 0, autoSkip: false } },
        count: { position: "left", min: 0, max: total, ticks: { precision: 0, maxTicksLimit: 6 } },
        share: { position: "right", min: 0, max: 1, grid: { display: false }, ticks: { callback: (value) => percent(value), maxTicksLimit: 6 } },
      }),
      plugins: {
        legend: { display: true, position: "bottom", labels: { color: color("muted"), font: font(), boxWidth: 14, boxHeight: 14 } },
        tooltip: {
          callbacks: {
            label: (item) => (item.dataset.type === "bar" ? `${item.raw} answers, ${rateText(rows[item.dataIndex].share)}`
              : `${percent(item.raw)} together with those before`),
          },
        },
      },
    },
  }));
}

// A person's own weeks ---------------------------------------------------------------------------------------------------

const SVG = "http://www.w3.org/2000/svg";
const LEFT = 40, RIGHT = 8, TOP = 8, BOTTOM = 20;

function shape(tag, attributes, text) {
  const element = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  if (text !== undefined) element.textContent = text;
  return element;
}

/**
 * Weeks as dots with their intervals, oldest first; past is the band in which the last one would lie if nothing had
 * changed. weeks: {label, rate, isBest}; width and height in pixels, where
 * there is room. The words beside it say the same to who cannot see it.
 */
export function trend(weeks, past, width = 320, height = 96) {
  const shown = weeks.filter(({ rate }) => rate.value !== null);
  if (shown.length < 2) return make("p", { class: "muted" }, "Too few weeks for a trend.");
  const top = Math.min(1, Math.ceil(Math.max(0.1, past.high ?? 0, ...shown.map(({ rate }) => rate.high)) * 10) / 10);
  const x = (i) => LEFT + ((i + 0.5) * (width - LEFT - RIGHT)) / weeks.length;
  const y = (value) => TOP + (1 - value / top) * (height - TOP - BOTTOM);
  const svg = shape("svg", { class: "trend", viewBox: `0 0 ${width} ${height}`, "aria-hidden": "true" });

  if (past.baseline !== null) {
    svg.append(shape("rect", { class: "band", x: LEFT, width: width - LEFT - RIGHT, y: y(past.high), height: y(past.low) - y(past.high) }));
    svg.append(shape("line", { class: "base", x1: LEFT, x2: width - RIGHT, y1: y(past.baseline), y2: y(past.baseline) }));
  }
  for (const value of [0, top]) svg.append(shape("text", { x: LEFT - 6, y: y(value) + 4, "text-anchor": "end" }, percent(value)));
  weeks.forEach(({ rate, isBest, label }, i) => {
    if (i === 0 || i === weeks.length - 1) {
      svg.append(shape("text", { x: i === 0 ? LEFT : width - RIGHT, y: height - 4, "text-anchor": i === 0 ? "start" : "end" }, label));
    }
    if (rate.value === null) return;
    svg.append(shape("line", { class: "whisker", x1: x(i), x2: x(i), y1: y(rate.low), y2: y(rate.high) }));
    svg.append(shape("circle", { class: isBest ? "best" : "dot", cx: x(i), cy: y(rate.value), r: isBest ? 4.5 : 3.5 }));
  });
  return svg;
}
