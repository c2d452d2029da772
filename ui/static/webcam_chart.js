/** The last minute of one face: seven stacked bands in the order of the bars, a gap where it was away. */
import { buildKey, finder, label, LABELS, number, paint, percent, text } from "./faces.js";

const MINUTE = 60; // seconds
const SAMPLE_EVERY = 0.2; // seconds; a minute is 300 samples, however fast the frames come
const SILENCE = 3; // seconds without any answer are a gap too: the page was out of sight

/** @param {HTMLElement} figure .minute in webcam.html */
export const minuteChart = (figure) => {
  const find = finder(figure);
  const svg = find("svg");
  let samples = []; // {seconds, lasts, faces}, oldest first
  let followed = []; // ids of the faces that had the focus one after the other, since it was last chosen
  let session = {}; // label -> seconds for which the face that was shown had it, since the start

  const buildPath = (name) => {
    const path = document.createElementNS("http://www.w3.org/2000/svg", "path");
    path.dataset.label = name;
    paint(path, name);
    return svg.appendChild(path);
  };
  const bands = LABELS.map(buildPath);
  const changes = buildPath("another");
  find(".keys").replaceChildren(...LABELS.map((name) => buildKey("li", name)));

  // Of the faces that had the focus, the latest one that was in view.
  const shownIn = ({ faces }) => followed.map((id) => faces.find((face) => face.id === id)).findLast(Boolean);

  // The edges of a band at one time: the bands above it push it down.
  const edges = ({ probabilities }, name) => {
    const above = LABELS.slice(0, LABELS.indexOf(name)).reduce((sum, other) => sum + probabilities[other], 0);
    return [above, above + probabilities[name]];
  };

  // Means over the minute, in words: what the picture says to those who do not see it.
  const summary = (seen) => {
    if (seen.length === 0) return text("webcam.summary_none");
    const mean = (name) => seen.reduce((sum, { face }) => sum + face.probabilities[name], 0) / seen.length;
    const [first, second] = LABELS.map((name) => ({ name, share: mean(name) })).sort((a, b) => b.share - a.share);
    return text("webcam.summary", {
      seconds: Math.round(seen.reduce((sum, { lasts }) => sum + lasts, 0)),
      first: label(first.name), first_share: percent(first.share),
      second: label(second.name), second_share: percent(second.share),
    });
  };

  const draw = (now) => {
    const seen = samples.map((sample) => ({ ...sample, face: shownIn(sample) })).filter(({ face }) => face);
    const place = ({ seconds }) => (MINUTE - (now - seconds)).toFixed(2);
    bands.forEach((path, index) => {
      path.setAttribute("d", seen.map((sample) => {
        const [top, bottom] = edges(sample.face, LABELS[index]).map((edge) => edge.toFixed(4));
        return `M${place(sample)} ${top}h${sample.lasts.toFixed(2)}V${bottom}h-${sample.lasts.toFixed(2)}Z`;
      }).join(""));
    });
    const turns = seen.slice(1).filter(({ face }, index) => face.id !== seen[index].face.id);
    changes.setAttribute("d", turns.map((sample) => `M${place(sample)} 0V1`).join(""));
    find(".another").hidden = turns.length === 0;
    find(".in-words").textContent = summary(seen);
  };

  /** A row a sample and face: seconds since the first, the face's number, and seven probabilities. */
  const csv = () => {
    const rows = samples.flatMap(({ seconds, faces }) => faces.map(({ id, probabilities }) => [
      (seconds - samples[0].seconds).toFixed(2), id, ...LABELS.map((name) => probabilities[name].toFixed(4)),
    ]));
    return [["seconds", "face", ...LABELS], ...rows].map((row) => `${row.join(",")}\r\n`).join("");
  };

  // What a sample shows holds until the next one.
  const endLast = (/** @type {number} */ seconds) => {
    const last = samples.at(-1);
    if (!last) return;
    last.lasts = seconds - last.seconds < SILENCE ? seconds - last.seconds : SAMPLE_EVERY;
    const face = shownIn(last);
    if (face) session[face.label] = (session[face.label] ?? 0) + last.lasts;
  };

  return {
    draw,
    csv,
    // The faces of one answer; `seconds` is when its frame was taken.
    add: (faces, seconds) => {
      if (samples.length > 0 && seconds - samples.at(-1).seconds < SAMPLE_EVERY) return;
      endLast(seconds);
      samples = samples.filter((sample) => seconds - sample.seconds < MINUTE);
      samples.push({ seconds, lasts: SAMPLE_EVERY, faces });
    },
    // A face got the focus: chosen, it brings its own minute; else it goes on where another left.
    follow: (id, chosen) => { followed = chosen ? [id] : [...followed, id]; },
    clear: () => { [samples, followed, session] = [[], [], {}]; },
    /** What was seen since the start, in words. */
    whole: () => {
      endLast(samples.at(-1)?.seconds + SAMPLE_EVERY);
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
