/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The kiosk's page: draws what /events tells, and posts what fingers and keys do.
 */
"use strict";

const WIDTH = 128;
const HEIGHT = 64;
const SCALE_CSS_MAX = 7; // of a dot, in CSS pixels
const CASE_WIDTH = 1.19; // of the display's width, as kiosk.css draws it
const CASE_HEIGHT = 0.93;
const BESIDE_CASE = 290; // CSS pixels: cords above; plugs, state, help, and air below
const HIGH_MIN = 300; // CSS pixels: rather scroll than shrink the display below this
const RENEW_MS = 1000; // a button that is held is pressed again so often, or the kiosk takes us for gone
const STAFF_MS = 2300; // the kiosk wants both outer buttons for two seconds
const LIT = "#c4e8ff";
const HALO = "#7fa5bd"; // between lit dots
const UNLIT = "#0c1018";
const GLASS = "#06080c";

const element = (id) => document.getElementById(id);
const caps = [...document.querySelectorAll("[data-button]")];
let picture = null; // 1024 bytes, eight dots each, the leftmost highest
let kiosk = null; // the last state

// Requests go one after another: a release must not overtake its press.

let last = Promise.resolve();

function post(path) {
  const go = async () => {
    const reply = await fetch(path, { method: "POST" });
    if (!reply.ok) {
      element("state").textContent = await reply.text();
    }
  };
  last = last.then(go).catch(() => {}); // that the kiosk is gone, the events tell
  return last;
}

// The display -----------------------------------------------------------------------------------------------------

/* A dot is a whole number of the screen's own pixels wide. */
function fit() {
  const canvas = element("display");
  const ratio = window.devicePixelRatio || 1;
  const wide = (document.documentElement.clientWidth - 24) / CASE_WIDTH;
  const high = Math.max((window.innerHeight - BESIDE_CASE) / CASE_HEIGHT, HIGH_MIN);
  const scale = Math.max(1, Math.floor(Math.min(wide / WIDTH, high / WIDTH, SCALE_CSS_MAX) * ratio));
  canvas.width = WIDTH * scale;
  canvas.height = HEIGHT * scale;
  document.documentElement.style.setProperty("--display", `${canvas.width / ratio}px`);
  draw();
}

function draw() {
  const canvas = element("display");
  const pen = canvas.getContext("2d", { alpha: false });
  const scale = canvas.width / WIDTH;
  const dot = scale - (scale >= 4 ? Math.round(scale / 8) || 1 : 0);
  pen.fillStyle = GLASS;
  pen.fillRect(0, 0, canvas.width, canvas.height);
  for (let y = 0; y < HEIGHT; y++) {
    for (let x = 0; x < WIDTH; x++) {
      const is_lit = picture !== null && (picture[y * (WIDTH / 8) + (x >> 3)] >> (7 - (x & 7))) & 1;
      if (is_lit) {
        pen.fillStyle = HALO;
        pen.fillRect(x * scale, y * scale, scale, scale);
      }
      pen.fillStyle = is_lit ? LIT : UNLIT;
      pen.fillRect(x * scale, y * scale, dot, dot);
    }
  }
}

function take_picture(hex) {
  picture = Uint8Array.from(hex.match(/../g), (byte) => parseInt(byte, 16));
  draw();
}

// The state -------------------------------------------------------------------------------------------------------

function show_caps() {
  caps.forEach((cap, index) => {
    const is_pressed = held[index].size > 0 || (kiosk !== null && ((kiosk.pressed >> index) & 1) === 1);
    cap.classList.toggle("is-pressed", is_pressed);
  });
}

function show_state() {
  const has_power = kiosk !== null && kiosk.power === "on";
  const is_plugged = kiosk !== null && kiosk.cable !== "unplugged";
  const cables = {
    "in use": "the cable leads to the collector",
    in: "nobody listens at the cable",
    unplugged: "the cable is out: answers wait in the kiosk",
  };
  const powers = { on: "Power on", off: "Power off", crashed: "The firmware has crashed" };
  document.body.classList.toggle("is-lost", kiosk === null);
  document.body.classList.toggle("is-dark", kiosk !== null && kiosk.power === "off");
  document.body.classList.toggle("is-unplugged", !is_plugged);
  element("power").disabled = element("cable").disabled = element("staff").disabled = kiosk === null;
  element("power").textContent = kiosk === null || kiosk.power !== "off" ? "Pull the plug" : "Plug in again";
  element("cable").textContent = kiosk === null || is_plugged ? "Pull the cable" : "Cable in again";
  element("state").textContent =
    kiosk === null ? "The kiosk does not answer; is kiosk-emulator still running?"
    : has_power ? `${powers.on}; ${cables[kiosk.cable]}.`
    : `${powers[kiosk.power]}.`;
  show_caps();
}

function switch_power() {
  if (kiosk !== null) {
    post(kiosk.power === "off" ? "/power/on" : "/power/off");
  }
}

function switch_cable() {
  if (kiosk !== null) {
    post(kiosk.cable === "unplugged" ? "/cable/in" : "/cable/out");
  }
}

let is_staff_held = false;

/* Both go down in one request: a rating that is first by 25 ms would be taken. */
function call_staff_menu() {
  if (!is_staff_held) {
    is_staff_held = true;
    post("/button/15/down");
    setTimeout(() => {
      is_staff_held = false;
      post("/button/15/up");
    }, STAFF_MS);
  }
}

// The buttons -----------------------------------------------------------------------------------------------------

/* What presses each: pointers by their number, the keyboard's digit, the keyboard on the button itself. */
const held = caps.map(() => new Set());

function press(index, by) {
  if (held[index].size === 0) {
    post(`/button/${index + 1}/down`);
  }
  held[index].add(by);
  show_caps();
}

function release(index, by) {
  if (held[index].delete(by) && held[index].size === 0) {
    post(`/button/${index + 1}/up`);
    show_caps();
  }
}

function release_all() {
  held.forEach((by, index) => [...by].forEach((one) => release(index, one)));
}

function renew() {
  held.forEach((by, index) => {
    if (by.size > 0) {
      post(`/button/${index + 1}/down`);
    }
  });
}

function is_push(event) {
  return event.key === " " || event.key === "Enter";
}

function wire(cap, index) {
  cap.addEventListener("pointerdown", (event) => {
    if (event.button === 0) {
      cap.setPointerCapture(event.pointerId);
      press(index, event.pointerId);
    }
  });
  for (const end of ["pointerup", "pointercancel", "lostpointercapture"]) {
    cap.addEventListener(end, (event) => release(index, event.pointerId));
  }
  cap.addEventListener("contextmenu", (event) => event.preventDefault());
  cap.addEventListener("keydown", (event) => {
    if (is_push(event)) {
      event.preventDefault();
      press(index, "push");
    }
  });
  cap.addEventListener("keyup", (event) => {
    if (is_push(event)) {
      event.preventDefault();
      release(index, "push");
    }
  });
  cap.addEventListener("blur", () => release(index, "push"));
  cap.addEventListener("click", (event) => {
    if (event.detail === 0) { // neither pointer nor key: a screen reader, for one
      press(index, "click");
      release(index, "click");
    }
  });
}

function on_key_down(event) {
  if (event.repeat || event.ctrlKey || event.altKey || event.metaKey) {
    return;
  }
  if (event.key >= "1" && event.key <= "5") {
    press(Number(event.key) - 1, "digit");
  } else if (event.key === "p") {
    switch_power();
  } else if (event.key === "c") {
    switch_cable();
  } else if (event.key === "s") {
    call_staff_menu();
  }
}

function on_key_up(event) {
  if (event.key >= "1" && event.key <= "5") {
    release(Number(event.key) - 1, "digit");
  }
}

// Start -----------------------------------------------------------------------------------------------------------

caps.forEach(wire);
element("power").addEventListener("click", switch_power);
element("cable").addEventListener("click", switch_cable);
element("staff").addEventListener("click", call_staff_menu);
document.addEventListener("keydown", on_key_down);
document.addEventListener("keyup", on_key_up);
window.addEventListener("blur", release_all);
window.addEventListener("resize", fit);
setInterval(renew, RENEW_MS);

const events = new EventSource("/events"); // comes back by itself
events.addEventListener("picture", (event) => take_picture(event.data));
events.addEventListener("state", (event) => {
  kiosk = JSON.parse(event.data);
  show_state();
});
events.addEventListener("error", () => {
  kiosk = null;
  show_state();
});
fit();
