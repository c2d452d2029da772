/** The batch tab's list: a row for each picture, which opens it, and a chart of all faces. */
import {
  count, drawBars, drawBoxes, headline, isUncertain, label, make, nameOf, number, paint, percent, settings, text,
} from "./faces.js";

const MOST_CHIPS = 5; // faces in a closed row

/** @returns {import("./types").Face} */
export const judged = (/** @type {import("./types").Face} */ face) => (
  { ...face, uncertain: isUncertain(face.confidence, settings?.uncertain_below ?? 0.5) }
);

/** @param {import("./types").Face} face @param {number} index @param {string} tag */
const chip = (face, index, tag) => {
  const [made, words] = [make(tag, "chip"), make("span", "")];
  made.dataset.face = String(index);
  words.append(make("b", "", { textContent: nameOf(face) }), ` ${percent(face.confidence)}`);
  made.append(make("img", "", { src: face.crop, alt: text("labels.face", { n: index + 1 }) }), words);
  return made;
};

const said = (entry, limits) => {
  if (entry.problem) return text(`batch.${entry.problem}`, limits);
  return entry.state === "done" ? text("labels.no_face") : text(`batch.${entry.state}`);
};

/** Draws a row anew; an open one stays open. */
export const drawRow = (entry, { filter }, limits) => {
  const { row, name, faces } = entry;
  const shown = faces.map((face, index) => ({ face: judged(face), index }))
    .filter(({ face }) => !filter || face.label === filter);
  const found = make("span", "found");
  found.append(...shown.slice(0, MOST_CHIPS).map(({ face, index }) => chip(face, index, "span")));
  const more = shown.length - MOST_CHIPS;
  if (more > 0) found.append(make("span", "hint", { textContent: count("batch.more", more) }));
  if (faces.length === 0) found.append(make("span", "hint", { textContent: said(entry, limits) }));
  const summary = make("summary", "");
  summary.append(make("span", "name", { textContent: name }), found);
  row.hidden = Boolean(filter) && shown.length === 0;
  row.classList.toggle("bad", Boolean(entry.problem));
  row.classList.toggle("plain-row", !entry.record);
  row.ontoggle = () => open(entry);
  row.replaceChildren(summary);
  open(entry);
};

// The picture comes from the visitor's own file: the server has it no more.
const open = async (entry) => {
  const { row, record, faces } = entry;
  URL.revokeObjectURL(row.querySelector(".stage img")?.src);
  row.querySelector(".opened")?.remove();
  if (!row.open || !record) return;
  const opened = make("div", "opened");
  const [stage, layer, side] = [make("div", "stage"), make("div", "boxes"), make("div", "side")];
  const [title, bars, every] = [make("h3", "headline"), make("ul", "bars"), make("div", "every")];
  stage.style.setProperty("--ratio", String(record.width / record.height));
  opened.style.setProperty("--ratio", String(record.width / record.height));
  stage.append(make("img", "", { alt: entry.name, src: URL.createObjectURL(await entry.open()) }), layer);
  every.append(...faces.map(judged).map((face, index) => chip(face, index, "button")));
  side.append(title, bars);
  if (faces.length > 1) side.append(every);
  opened.append(stage, side);
  row.append(opened);
  const focus = (/** @type {number} */ chosen) => {
    drawBoxes(layer, faces.map(judged), record, chosen);
    [...every.children].forEach((face, index) => face.setAttribute("aria-pressed", String(index === chosen)));
    title.textContent = faces.length ? headline(judged(faces[chosen])) : text("labels.no_face");
    if (faces.length) drawBars(bars, judged(faces[chosen]));
  };
  opened.addEventListener("click", ({ target }) => {
    const face = target instanceof Element ? target.closest("[data-face]") : null;
    if (face instanceof HTMLElement) focus(Number(face.dataset.face));
  });
  focus(0);
};

/** A bar of how many faces show each expression, and a button for each that shows only those. */
export const drawChart = (chart, { entries, filter }, labels) => {
  const faces = entries.flatMap((entry) => entry.faces);
  const counts = labels.map((/** @type {string} */ name) => (
    [name, faces.filter((face) => face.label === name).length]
  )).filter(([, n]) => n);
  const bar = make("div", "shares", { ariaHidden: "true" });
  const keys = make("div", "keys");
  counts.forEach(([name, n]) => {
    const part = make("span", "");
    part.style.flexGrow = String(n);
    paint(part, name);
    bar.append(part);
    const key = make("button", "share", { type: "button" });
    key.dataset.label = name;
    paint(key, name);
    key.setAttribute("aria-pressed", String(filter === name));
    key.append(make("span", "swatch"), `${label(name)} ${number(n)}`);
    keys.append(key);
  });
  chart.replaceChildren(bar, keys);
};
