/**
 * Boxes over a picture and bars beside it, drawn from numbers; the tabs share them. What comes from
 * outside is only ever set as text or as an attribute, never as markup.
 */
import { make, percent, settings, text } from "./page.js";

export * from "./page.js";

const NAME_GAP = 4; // pixels between a name and its box

/** The expressions, in the order of emotion/types.py. */
export const LABELS = ["angry", "disgust", "fear", "happy", "sad", "surprise", "neutral"];

/** The name of an expression in the visitor's language. @param {string} name */
export const label = (name) => text(`labels.${name}`);

/** The least confidence that is named without a question mark. */
export const leastCertain = () => settings?.uncertain_below ?? 0.5;

/** As visitors compare the two: in whole per cent. */
export const isUncertain = ({ confidence }) => Math.round(100 * confidence) < Math.round(100 * leastCertain());

export const nameOf = (face) => label(face.label) + (isUncertain(face) ? "?" : "");

/**
 * The colour of an expression, which ui/page.py takes from emotion/draw.py, as --colour.
 * @param {HTMLElement | SVGElement} element
 * @param {string} name
 */
export const paint = (element, name) => {
  element.style.setProperty("--colour", `var(--${name})`);
  element.style.setProperty("--colour-text", `var(--${name}-text)`);
};

// Keeps as many children as there are faces: a stream must not rebuild its page 15 times a second.
const fit = (host, count, build) => {
  while (host.children.length > count) host.lastChild.remove();
  while (host.children.length < count) host.append(build(host.children.length));
};

const buildBox = () => {
  const box = make("button", "box", { type: "button" });
  box.append(make("span", "box-name"));
  return box;
};

const within = (value, most) => Math.min(Math.max(value, 0), Math.max(most, 0));

// What of a box reaches outside the picture is not drawn.
const place = (box, face, { width, height, mirrored }) => {
  const [x1, x2] = [face.box[0], face.box[2]].map((x) => within(x, width));
  const [y1, y2] = [face.box[1], face.box[3]].map((y) => within(y, height));
  const share = (part, whole) => `${(100 * part) / whole}%`;
  box.style.left = share(mirrored ? width - x2 : x1, width);
  box.style.top = share(y1, height);
  box.style.width = share(x2 - x1, width);
  box.style.height = share(y2 - y1, height);
};

// A name stands above its box, below or inside where there is no room, and never leaves the picture.
const spotOf = (box, layer) => {
  const { width, height } = box.firstChild.getBoundingClientRect();
  const lowest = layer.clientHeight - height;
  const above = box.offsetTop - height - NAME_GAP;
  const below = box.offsetTop + box.offsetHeight + NAME_GAP;
  const inside = within(box.offsetTop + NAME_GAP, lowest);
  return {
    left: within(box.offsetLeft, layer.clientWidth - width),
    top: above >= 0 ? above : below <= lowest ? below : inside,
    width,
    height,
  };
};

const meet = (a, b) =>
  a.left < b.left + b.width && b.left < a.left + a.width &&
  a.top < b.top + b.height && b.top < a.top + a.height;

const rectangle = ({ offsetLeft: left, offsetTop: top, offsetWidth: width, offsetHeight: height }) =>
  ({ left, top, width, height });

// The focused face is always named, and of the others those whose names hide no face and no name
// before theirs; the rest are named when they are pointed at.
const placeNames = (layer, focused) => {
  const found = [...layer.children].map((box, index) => (
    { box, index, spot: spotOf(box, layer), face: rectangle(box) }
  ));
  const named = [];
  found.sort((a, b) => Number(b.index === focused) - Number(a.index === focused));
  found.forEach(({ box, index, spot }) => {
    const hides = index !== focused && (named.some((other) => meet(spot, other))
      || found.some((other) => other.index !== index && meet(spot, other.face)));
    if (!hides) named.push(spot);
    box.classList.toggle("name-waits", hides);
    box.firstChild.style.left = `${spot.left - box.offsetLeft - box.clientLeft}px`;
    box.firstChild.style.top = `${spot.top - box.offsetTop - box.clientTop}px`;
  });
};

// One button a face over a picture of `size`; `focused` is an index.
export const drawBoxes = (layer, faces, size, focused) => {
  fit(layer, faces.length, buildBox);
  faces.forEach((face, index) => {
    const box = layer.children[index];
    place(box, face, size);
    box.dataset.face = index;
    paint(box, face.label);
    box.setAttribute("aria-pressed", String(index === focused));
    const name = `${nameOf(face)} ${percent(face.confidence)}`;
    box.setAttribute("aria-label", text("labels.face_named", { n: index + 1, name }));
    box.firstChild.textContent = name;
  });
  // All written before the first is measured: one layout.
  placeNames(layer, focused);
};

const buildBar = (name) => {
  const bar = make("li", "bar");
  bar.dataset.label = name;
  paint(bar, name);
  const track = make("span", "bar-track");
  track.append(make("span", "bar-fill"));
  const written = make("span", "bar-label", { textContent: label(name) });
  written.dataset.text = `labels.${name}`;
  bar.append(written, track, make("span", "bar-percent"));
  return bar;
};

// Seven bars in the order they were sent, the strongest marked; later calls move them.
export const drawBars = (list, face) => {
  const entries = Object.entries(face.probabilities);
  fit(list, entries.length, (index) => buildBar(entries[index][0]));
  entries.forEach(([name, probability], index) => {
    const bar = list.children[index];
    bar.classList.toggle("strongest", name === face.label);
    bar.querySelector(".bar-fill").style.width = `${100 * probability}%`;
    bar.querySelector(".bar-percent").textContent = percent(probability);
  });
};

export const headline = (face) =>
  isUncertain(face) ? text("labels.uncertain", { label: label(face.label) }) : label(face.label);

const NONE = { label: "", probabilities: Object.fromEntries(LABELS.map((name) => [name, 0])) };

/** A face's headline and bars. Without one they stay, empty: nothing below them jumps. */
export const showFace = (panel, face, otherwise) => {
  panel.classList.toggle("empty", !face);
  panel.querySelector(".headline").textContent = face ? headline(face) : otherwise;
  drawBars(panel.querySelector(".bars"), face ?? NONE);
};

/** The colour of an expression, and its name; `more` follows the name. */
export const buildKey = (tag, name, more = "") => {
  const key = make(tag, "key");
  key.dataset.label = name;
  paint(key, name);
  const written = make("span", "", { textContent: label(name) });
  written.dataset.text = `labels.${name}`;
  key.append(make("span", "swatch"), written, more);
  return key;
};

/** How many faces show each expression as {name, n}, the most frequent first; and a bar of them. */
export const drawShares = (bar, faces) => {
  const shares = LABELS.map((name) => ({ name, n: faces.filter((face) => face.label === name).length }))
    .filter(({ n }) => n > 0).sort((a, b) => b.n - a.n);
  bar.replaceChildren(...shares.map(({ name, n }) => {
    const part = make("span");
    part.style.flexGrow = n;
    paint(part, name);
    return part;
  }));
  return shares;
};
