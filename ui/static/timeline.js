/** Rows of spans beside a clip, one for each person: which expression from when to when. */
import { buildKey, label, LABELS, make, paint, percent, text } from "./faces.js";

/** Minutes and seconds. */
export const clock = (/** @type {number} */ time) => {
  const whole = Math.floor(time + 0.001);
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, "0")}`;
};

/**
 * @typedef {{ label: string, uncertain: boolean, confidence: number, start: number, end: number }} Span
 * @typedef {{ id: number, spans: Span[] }} Person
 * @param {HTMLElement} host
 * @param {HTMLElement} legend
 * @param {(seconds: number) => void} onSeek
 */
export const videoTimeline = (host, legend, onSeek) => {
  let seconds = 1; // the length of the clip
  let rows = []; // {person, track, current}

  // Decided when the clip was analysed: a setting that is changed later does not count.
  const nameOf = (span) => label(span.label) + (span.uncertain ? "?" : "");

  const spanAt = (person, time) => person.spans.find(({ start, end }) => start <= time && time < end)
    ?? person.spans.findLast(({ start, end }) => start <= time && time <= end + 0.05);

  const buildSpan = (span) => {
    const part = make("span", "span");
    part.title = `${clock(span.start)}–${clock(span.end)} ${nameOf(span)} ${percent(span.confidence)}`;
    part.style.left = `${(100 * span.start) / seconds}%`;
    part.style.width = `${(100 * (span.end - span.start)) / seconds}%`;
    paint(part, span.label);
    part.classList.toggle("uncertain", span.uncertain);
    // Where it does not fit, it is left out: see video.css.
    part.append(make("span", "span-name", { textContent: nameOf(span) }));
    return part;
  };

  const buildRow = (person) => {
    const name = text("video.person", { n: person.id });
    const row = make("div", "person");
    const track = make("div", "track", {
      tabIndex: 0, role: "slider", ariaLabel: name, ariaValueMin: "0", ariaValueMax: seconds.toFixed(1),
    });
    const current = make("span", "current");
    track.append(...person.spans.map(buildSpan), make("span", "playhead"));
    track.addEventListener("click", ({ clientX }) => {
      const { left, width } = track.getBoundingClientRect();
      onSeek(Math.min(1, Math.max(0, (clientX - left) / width)) * seconds);
    });
    track.addEventListener("keydown", (event) => walk(event, person, Number(track.dataset.time)));
    row.append(make("span", "person-name", { textContent: name }), track, current);
    return { person, track, current, row };
  };

  // Arrow keys go from one expression to the next, Home and End to the ends of the clip.
  const walk = (event, person, time) => {
    const starts = person.spans.map(({ start }) => start);
    const targets = {
      ArrowRight: () => starts.find((start) => start > time + 0.02) ?? time,
      ArrowLeft: () => starts.findLast((start) => start < time - 0.02) ?? 0,
      Home: () => 0,
      End: () => seconds,
    };
    if (!(event.key in targets)) return;
    event.preventDefault();
    onSeek(targets[event.key]());
  };

  const show = (people, length) => {
    seconds = Math.max(length, 0.04);
    rows = people.map(buildRow);
    host.replaceChildren(...rows.map(({ row }) => row));
    const used = new Set(rows.flatMap(({ person }) => person.spans.map((span) => span.label)));
    legend.replaceChildren(...LABELS.filter((name) => used.has(name)).map((name) => buildKey("li", name)));
    moveTo(0);
  };

  const moveTo = (time) => rows.forEach(({ person, track, current }) => {
    const span = spanAt(person, time);
    const said = span ? nameOf(span) : text("video.away");
    track.style.setProperty("--at", `${Math.min(100, (100 * time) / seconds)}%`);
    track.dataset.time = time;
    track.setAttribute("aria-valuenow", time.toFixed(1));
    track.setAttribute("aria-valuetext", `${clock(time)} ${said}`);
    current.textContent = said;
    current.classList.toggle("away", !span);
  });

  return { show, moveTo };
};
