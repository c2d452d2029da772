/** The last minute of one face: seven stacked bands in the order of the bars, a gap where it was away. */
import { finder, label, LABELS, make, number, paint, percent, text } from "./faces.js";

const MINUTE = 60; // seconds
const SAMPLE_EVERY = 0.2; // seconds; a minute is 300 samples, however fast the frames come
const SILENCE = 3; // seconds without any answer are a gap too: the page was out of sight
const NAMED_FROM = 0.11; // of the height; a lower band has no room for its name

/** @param {HTMLElement} figure .minute in webcam.html */
export const minuteChart = (figure) => {
  const labels = LABELS;
  const find = finder(figure);
  const [svg, names, keys] = [".plot svg", ".names", ".keys"].map(find);
  let samples = []; // {seconds, faces: id -> probabilities}, oldest first
  let followed = []; // ids of the faces that had the focus one after the other, since it was last chosen
  let session = {}; // label -> seconds for which the face that was shown had it, since the start
  let only = null; // the label that is shown alone

  const buildPath = (name) => {
    const path = document.createElementNS("http://www.w3.org/2000/svg", "path");
    path.dataset.label = name;
    paint(path, name);
    return svg.appendChild(path);
  };
  const bands = labels.map(buildPath);
  const changes = buildPath("another");

  const buildKey = (name) => {
    const key = make("button", "key", { type: "button" });
    key.dataset.label = name;
    key.setAttribute("aria-pressed", "false");
    const swatch = make("span", "swatch");
    paint(swatch, name);
    const written = make("span", "", { textContent: label(name) });
    written.dataset.text = `labels.${name}`;
    key.append(swatch, written);
    return key;
  };
  keys.replaceChildren(...labels.map(buildKey));

  // Who is shown in a sample: of the faces that had the focus, the latest one that was in view.
  const shownIn = ({ faces }) => followed.findLast((id) => id in faces);

  // Stretches of {id, points: [{seconds, probabilities}], end}; each holds its last value to its end.
  const stretches = () => {
    const found = [];
    let current = null;
    samples.forEach((sample) => {
      const { seconds, faces } = sample;
      const id = shownIn(sample);
      const silent = current && seconds - current.end > SILENCE;
      if (current && !silent) current.end = seconds;
      if (!current || silent || id !== current.id) {
        current = id === undefined ? null : { id, points: [], end: seconds };
        if (current) found.push(current);
      }
      current?.points.push({ seconds, probabilities: faces[id] });
    });
    return found;
  };

  // The edges of a band at one time: the bands above it push it down; alone, it stands on the floor.
  const edges = (probabilities, name) => {
    if (only) return only === name ? [1 - probabilities[name], 1] : [1, 1];
    const above = labels.slice(0, labels.indexOf(name)).reduce((sum, other) => sum + probabilities[other], 0);
    return [above, above + probabilities[name]];
  };

  const outline = ({ points, end }, name, now) => {
    const last = { ...points.at(-1), seconds: end };
    const corners = [...points, last].map(({ seconds, probabilities }) => ({
      x: (MINUTE - (now - seconds)).toFixed(2),
      y: edges(probabilities, name).map((edge) => edge.toFixed(4)),
    }));
    const there = corners.map(({ x, y }) => `${x} ${y[0]}`);
    const back = corners.reverse().map(({ x, y }) => `${x} ${y[1]}`);
    return `M${[...there, ...back].join("L")}Z`;
  };

  const drawNames = (current) => {
    const shown = current ? labels.map((name) => ({ name, y: edges(current, name) })) : [];
    const high = shown.filter(({ y }) => y[1] - y[0] >= NAMED_FROM);
    names.replaceChildren(...high.map(({ name, y }) => {
      const written = make("span", "", { textContent: label(name) });
      written.style.top = `${50 * (y[0] + y[1])}%`;
      return written;
    }));
  };

  // Means over the minute, in words: what the picture says to those who do not see it.
  const summary = (found) => {
    const points = found.flatMap(({ points }) => points);
    if (points.length === 0) return text("webcam.summary_none");
    const seconds = found.reduce((sum, { points, end }) => sum + end - points[0].seconds, 0);
    const mean = (name) => points.reduce((sum, point) => sum + point.probabilities[name], 0) / points.length;
    const [first, second] = labels.map((name) => ({ name, share: mean(name) })).sort((a, b) => b.share - a.share);
    return text("webcam.summary", {
      seconds: Math.round(seconds),
      first: label(first.name), first_share: percent(first.share),
      second: label(second.name), second_share: percent(second.share),
    });
  };

  const draw = (now) => {
    const found = stretches();
    bands.forEach((path, index) => {
      path.setAttribute("d", found.map((stretch) => outline(stretch, labels[index], now)).join(""));
    });
    const turns = found.slice(1).filter(({ id }, index) => id !== found[index].id);
    changes.setAttribute("d", turns.map(({ points }) => `M${(MINUTE - (now - points[0].seconds)).toFixed(2)} 0V1`).join(""));
    find(".another").hidden = turns.length === 0;
    const latest = samples.at(-1);
    drawNames(latest?.faces[shownIn(latest)]);
    find(".in-words").textContent = summary(found);
  };

  keys.addEventListener("click", ({ target }) => {
    const chosen = target.closest(".key")?.dataset.label;
    if (!chosen) return;
    only = only === chosen ? null : chosen;
    [...keys.children].forEach((key) => {
      key.setAttribute("aria-pressed", String(key.dataset.label === only));
    });
    if (samples.length > 0) draw(samples.at(-1).seconds);
  });

  /** A row a sample and face: seconds since the first, the face's number, and seven probabilities. */
  const csv = () => {
    const rows = samples.flatMap(({ seconds, faces }) => Object.entries(faces).map(([id, probabilities]) => [
      (seconds - samples[0].seconds).toFixed(2), id, ...labels.map((name) => probabilities[name].toFixed(4)),
    ]));
    return [["seconds", "face", ...labels], ...rows].map((row) => `${row.join(",")}\r\n`).join("");
  };

  return {
    draw,
    csv,
    // The faces of one answer; `seconds` is when its frame was taken.
    add: (faces, seconds) => {
      if (samples.length > 0 && seconds - samples.at(-1).seconds < SAMPLE_EVERY) return;
      const lasted = Math.min(seconds - (samples.at(-1)?.seconds ?? seconds), SILENCE);
      samples = samples.filter((sample) => seconds - sample.seconds < MINUTE);
      const sample = { seconds, faces: Object.fromEntries(faces.map(({ id, probabilities }) => [id, probabilities])) };
      samples.push(sample);
      const shown = faces.find(({ id }) => id === shownIn(sample))?.label;
      if (shown) session[shown] = (session[shown] ?? 0) + lasted;
    },
    // A face got the focus: chosen, it brings its own minute; else it goes on where another left.
    follow: (id, chosen) => { followed = chosen ? [id] : [...followed, id]; },
    clear: () => { [samples, followed, session] = [[], [], {}]; },
    /** What was seen since the start, in words. */
    whole: () => {
      const parts = Object.entries(session).sort(([, a], [, b]) => b - a);
      if (parts.length === 0) return "";
      const seconds = (/** @type {number} */ n) => text("webcam.seconds", { n: number(Math.round(n)) });
      return text("webcam.session", {
        total: seconds(parts.reduce((sum, [, n]) => sum + n, 0)),
        parts: parts.map(([name, n]) => `${label(name)} ${seconds(n)}`).join(", "),
      });
    },
  };
};
