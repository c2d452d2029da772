// Rows of spans under a film, a row a person: who showed which expression from when to when.
const MOST_PEOPLE = 12; // rows; the table has everybody

// `colours` maps each label to {fill, text}; a chosen time is told to `onSeek`.
const videoTimeline = (host, legend, colours, onSeek) => {
  let seconds = 1; // the length of the film
  let rows = []; // {person, track, current}

  const clock = (time) => {
    const whole = Math.floor(time + 0.001);
    return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, "0")}`;
  };

  const spanAt = (person, time) => person.spans.find(({ start, end }) => start <= time && time < end)
    ?? person.spans.findLast(({ start, end }) => start <= time && time <= end + 0.05);

  const buildSpan = (span) => {
    const part = page.make("span", "span", { title: describe(span) });
    part.style.left = `${(100 * span.start) / seconds}%`;
    part.style.width = `${(100 * (span.end - span.start)) / seconds}%`;
    const { fill, text } = colours[span.label];
    part.style.setProperty("--fill", fill);
    part.style.setProperty("--text", text);
    // The stripes of an uncertain one lead away from the colour of its name.
    part.style.setProperty("--stripe", text === "#ffffff" ? "#000" : "#fff");
    part.classList.toggle("uncertain", span.uncertain);
    // Where it does not fit, it is left out: see video.css.
    part.append(page.make("span", "span-name", { textContent: page.nameOf(span) }));
    return part;
  };

  const describe = (span) =>
    `${clock(span.start)}–${clock(span.end)} ${page.nameOf(span)} ${page.percent(span.confidence)}`;

  const buildRow = (person) => {
    const name = page.text("video.person", { n: person.id });
    const row = page.make("div", "person");
    const track = page.make("div", "track", { tabIndex: 0 });
    const current = page.make("span", "current");
    track.setAttribute("role", "slider");
    track.setAttribute("aria-label", name);
    track.setAttribute("aria-valuemin", 0);
    track.setAttribute("aria-valuemax", seconds.toFixed(1));
    track.append(...person.spans.map(buildSpan), page.make("span", "playhead"));
    track.addEventListener("click", ({ clientX }) => {
      const { left, width } = track.getBoundingClientRect();
      onSeek(Math.min(1, Math.max(0, (clientX - left) / width)) * seconds);
    });
    track.addEventListener("keydown", (event) => walk(event, person, Number(track.dataset.time)));
    row.append(page.make("span", "person-name", { textContent: name }), track, current);
    return { person, track, current, row };
  };

  // Arrow keys go from one expression to the next, Home and End to the ends of the film.
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

  const buildKey = (label) => {
    const key = page.make("li", "");
    const swatch = page.make("span", "swatch");
    swatch.style.setProperty("--fill", colours[label].fill);
    key.append(swatch, page.make("span", "", { textContent: page.label(label) }));
    return key;
  };

  // Those who are longest in the film, in the order of their coming.
  const mostSeen = (people) => {
    const time = ({ spans }) => spans.reduce((sum, { start, end }) => sum + end - start, 0);
    const shown = [...people].sort((a, b) => time(b) - time(a)).slice(0, MOST_PEOPLE);
    return people.filter((person) => shown.includes(person));
  };

  const show = (people, length) => {
    seconds = Math.max(length, 0.04);
    rows = mostSeen(people).map(buildRow);
    host.replaceChildren(...rows.map(({ row }) => row));
    const used = new Set(rows.flatMap(({ person }) => person.spans.map(({ label }) => label)));
    legend.replaceChildren(...Object.keys(colours).filter((label) => used.has(label)).map(buildKey));
    moveTo(0);
    return people.length - rows.length;
  };

  const moveTo = (time) => rows.forEach(({ person, track, current }) => {
    const span = spanAt(person, time);
    const said = span ? page.nameOf(span) : page.text("video.away");
    track.style.setProperty("--at", `${Math.min(100, (100 * time) / seconds)}%`);
    track.dataset.time = time;
    track.setAttribute("aria-valuenow", time.toFixed(1));
    track.setAttribute("aria-valuetext", `${clock(time)} ${said}`);
    current.textContent = said;
    current.classList.toggle("away", !span);
  });

  return { show, moveTo, clock };
};
