"use strict";
// Shows the cells of a figure: the model trained at the point under the pointer or the cursor.

const SVG = "http://www.w3.org/2000/svg";
const KEYS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
const MOST_NUMBERS = 12;

function element(tag, attributes, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  made.append(...children);
  return made;
}

function shape(tag, attributes, ...children) {
  const made = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  made.append(...children);
  return made;
}

function number(value) {
  return value.toFixed(2).replace("-0.00", "0.00").replace("-", "\u2212");
}

// One hidden dimension: a bar for each feature, from the middle.
function bars(W, palette) {
  const most = Math.max(1, ...W.map(([w]) => Math.abs(w)));
  const height = 20 * W.length;
  const drawing = shape("svg", { viewBox: `0 0 200 ${height}` });
  W.forEach(([w], i) => {
    const length = (75 * Math.abs(w)) / most;
    const left = w < 0 ? 110 - length : 110;
    drawing.append(
      shape("text", { x: 0, y: 20 * i + 14 }, `W${i + 1}`),
      shape("rect", {
        x: left, y: 20 * i + 3, width: length, height: 14, fill: palette[i % palette.length],
      }),
    );
  });
  drawing.append(shape("line", { class: "axis", x1: 110, y1: 0, x2: 110, y2: height }));
  return drawing;
}

// Two hidden dimensions: an arrow for each feature; the circle has radius 1.
function arrows(W, palette) {
  const most = Math.max(1, ...W.map((w) => Math.hypot(...w)));
  const scale = 70 / most;
  const drawing = shape("svg", { viewBox: "-90 -90 180 180", class: "square" });
  drawing.append(
    shape("circle", { class: "axis", r: scale }),
    shape("line", { class: "axis", x1: -85, x2: 85 }),
    shape("line", { class: "axis", y1: -85, y2: 85 }),
  );
  W.forEach(([x, y], i) => {
    const colour = palette[i % palette.length];
    const [right, down] = [x * scale, -y * scale];
    const outward = 1 + 13 / Math.max(Math.hypot(right, down), 13);
    drawing.append(
      shape("path", { d: `M0 0 L${right} ${down}`, stroke: colour, "stroke-width": 4 }),
      shape("circle", { cx: right, cy: down, r: 5, fill: colour }),
      shape("text", { x: right * outward, y: down * outward + 4, "text-anchor": "middle" }, `${i + 1}`),
    );
  });
  return drawing;
}

// More: a square for each weight, features as rows.
function squares(W) {
  const most = Math.max(1e-9, ...W.flat().map(Math.abs));
  const drawing = shape("svg", { viewBox: `0 0 ${W[0].length} ${W.length}`, class: "square" });
  W.forEach((row, i) => row.forEach((w, j) => drawing.append(
    shape("rect", {
      x: j, y: i, width: 0.94, height: 0.94,
      fill: w < 0 ? "#D55E00" : "#0072B2", "fill-opacity": Math.abs(w) / most,
    }),
  )));
  return drawing;
}

function draw(W, palette) {
  if (W[0].length === 1) return bars(W, palette);
  return W[0].length === 2 ? arrows(W, palette) : squares(W);
}

function inWords({ W, b }) {
  const rows = W.map((row) => row.map(number).join(", "));
  const wide = W[0].length > 1;
  const numbers = { W: wide ? rows.map((row) => `(${row})`).join("\n") : rows.join(", ") };
  if (W.length * W[0].length > MOST_NUMBERS) delete numbers.W;
  if (b.length <= MOST_NUMBERS) numbers.b = b.map(number).join(", ");
  return numbers;
}

function fill(tip, cell, palette) {
  const list = element("dl", {});
  for (const [label, text] of Object.entries({ ...cell.texts, ...inWords(cell) })) {
    list.append(element("dt", {}, label), element("dd", {}, text));
  }
  const drawing = draw(cell.W, palette);
  drawing.setAttribute("aria-hidden", "true");
  tip.replaceChildren(list, drawing);
}

function middle({ box: [left, top, width, height] }) {
  return [left + width / 2, top + height / 2];
}

// The cell that is next in a direction, given in pixels so that cells need not be square.
function next(cells, from, [dx, dy], { width, height }) {
  const [x, y] = middle(cells[from]);
  let [best, least] = [from, Infinity];
  cells.forEach((cell, at) => {
    const [right, down] = [(middle(cell)[0] - x) * width, (middle(cell)[1] - y) * height];
    const along = right * dx + down * dy;
    const cost = along + 8 * Math.abs(right * dy + down * dx);
    if (along > 0.5 && cost < least) [best, least] = [at, cost];
  });
  return best;
}

function under(cells, x, y) {
  return cells.findIndex(({ box: [left, top, width, height] }) =>
    x >= left && x < left + width && y >= top && y < top + height);
}

// Beside the cell, inside the figure, and over its edge rather than over the cell.
function place(tip, figure, cell) {
  const [around, spot] = [figure.getBoundingClientRect(), cell.getBoundingClientRect()];
  const [width, height] = [tip.offsetWidth, tip.offsetHeight];
  const right = spot.right + 12 + width <= around.right;
  const left = right ? spot.right + 12 : spot.left - 12 - width;
  const held = Math.max(around.left, Math.min(left, around.right - width));
  const covers = held < spot.right && held + width > spot.left;
  const most = window.innerHeight - height - 8;
  const top = covers ? spot.bottom + 12 : Math.max(8, Math.min(spot.top - height / 2, most));
  tip.style.left = `${held - around.left}px`;
  tip.style.top = `${top - around.top}px`;
}

function equip(source) {
  const { cells, palette } = JSON.parse(source.textContent);
  const figure = source.closest("figure");
  const canvas = figure.querySelector(".canvas");
  const cursor = element("div", { class: "cursor", hidden: "" });
  const hot = element("div", {
    class: "hot", tabindex: "0", role: "application",
    "aria-label": `${cells.length} trained models: the arrow keys go from one to the next`,
  }, cursor);
  const tip = element("div", { class: "tip", role: "status", hidden: "" });
  const hint = "Point at a part of the figure, or reach it by Tab and go on with the arrow keys, to see the model trained there.";
  figure.querySelector("figcaption").append(element("small", {}, hint));
  canvas.append(hot);
  figure.append(tip);
  let current = -1;

  function hide() {
    cursor.hidden = tip.hidden = true;
  }

  function show(at) {
    const [left, top, width, height] = cells[at].box.map((part) => `${100 * part}%`);
    Object.assign(cursor.style, { left, top, width, height });
    if (at !== current || tip.hidden) fill(tip, cells[at], palette);
    current = at;
    cursor.hidden = tip.hidden = false;
    place(tip, figure, cursor);
  }

  function point(event) {
    const { left, top, width, height } = canvas.getBoundingClientRect();
    const at = under(cells, (event.clientX - left) / width, (event.clientY - top) / height);
    if (at < 0) hide();
    else show(at);
  }

  hot.addEventListener("pointermove", point);
  hot.addEventListener("pointerdown", point);
  hot.addEventListener("pointerleave", hide);
  hot.addEventListener("blur", hide);
  hot.addEventListener("focus", () => {
    if (hot.matches(":focus-visible")) show(Math.max(current, 0));
  });
  hot.addEventListener("keydown", (event) => {
    if (event.key === "Escape") hide();
    if (!(event.key in KEYS)) return;
    event.preventDefault();
    const from = Math.max(current, 0);
    show(tip.hidden ? from : next(cells, from, KEYS[event.key], canvas.getBoundingClientRect()));
    cursor.scrollIntoView({ block: "nearest", inline: "nearest" });
  });
}

document.querySelectorAll("script.cells").forEach(equip);
