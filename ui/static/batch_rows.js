/** The batch tab's list: a row for each picture, which opens it, and a chart of all faces. */
import {
  buildKey, count, drawBoxes, drawShares, make, nameOf, number, onClick, percent, showFace, text,
} from "./faces.js";

const MOST_CHIPS = 5; // faces in a closed row

/** @param {import("./types").Face} face @param {number} index @param {string} tag */
const chip = (face, index, tag) => {
  const [made, words] = [make(tag, "chip"), make("span", "")];
  made.dataset.face = String(index);
  words.append(make("b", "", { textContent: nameOf(face) }), ` ${percent(face.confidence)}`);
  made.append(make("img", "", { src: face.crop, alt: text("labels.face", { n: index + 1 }) }), words);
  return made;
};

const said = (entry, limits) => {
  if (entry.problem === "other") return entry.error;
  if (entry.problem) return text(`batch.${entry.problem}`, limits);
  return entry.state === "done" ? text("labels.no_face") : text(`batch.${entry.state}`);
};

/** Draws a row anew; an open one stays open. */
export const drawRow = (entry, { filter }, limits) => {
  const { row, name, faces } = entry;
  const shown = faces.map((face, index) => ({ face, index }))
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
  const every = make("div", "every");
  opened.style.setProperty("--ratio", String(record.width / record.height));
  const image = make("img", "", { alt: entry.name, src: URL.createObjectURL(await entry.open()) });
  image.onerror = () => image.replaceWith(make("p", "unseen", { textContent: text("image.unseen") }));
  stage.append(image, layer);
  every.append(...faces.map((face, index) => chip(face, index, "button")));
  side.append(make("h2", "headline"), make("ul", "bars"));
  if (faces.length > 1) side.append(every);
  opened.append(stage, side);
  row.append(opened);
  const focus = (/** @type {number} */ chosen) => {
    drawBoxes(layer, faces, record, chosen);
    [...every.children].forEach((face, index) => face.setAttribute("aria-pressed", String(index === chosen)));
    showFace(side, faces[chosen], text("labels.no_face"));
  };
  onClick(opened, { "[data-face]": ({ dataset }) => focus(Number(dataset.face)) });
  focus(0);
};

/** A bar of how many faces show each expression, and a button for each that shows only those. */
export const drawChart = (chart, { entries, filter }) => {
  const shares = drawShares(chart.querySelector(".shares"), entries.flatMap((entry) => entry.faces));
  chart.hidden = shares.length === 0;
  chart.querySelector(".keys").replaceChildren(...shares.map(({ name, n }) => {
    const key = buildKey("button", name, ` ${number(n)}`);
    key.type = "button";
    key.setAttribute("aria-pressed", String(filter === name));
    return key;
  }));
};
