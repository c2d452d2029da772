// The model's card, drawn from what ui/about_tab.py calls a model card, in the page's language.
const find = (selector) => element.querySelector(selector);
const say = (key, values) => page.text(`about.${key}`, values);

const fixed = (digits) => ({ minimumFractionDigits: digits, maximumFractionDigits: digits });
const percent = (share) => page.number(share, { style: "percent", ...fixed(1) });
const three = (value) => page.number(value, fixed(3));
const whole = (value) => page.number(value);
const range = ([low, high]) => `${percent(low)} – ${percent(high)}`;
const megabytes = (bytes) => page.number(bytes / 1e6, { style: "unit", unit: "megabyte", ...fixed(1) });

const duration = (seconds) => {
  const minutes = Math.round(seconds / 60);
  const unit = (value, name) => page.number(value, { style: "unit", unit: name });
  const rest = unit(minutes % 60, "minute");
  return minutes < 60 ? rest : `${unit(Math.floor(minutes / 60), "hour")} ${rest}`;
};

const day = (date) =>
  new Intl.DateTimeFormat(page.language(), { dateStyle: "long", timeZone: "UTC" }).format(new Date(date));

const cell = (content, scope) => {
  const made = page.make(scope ? "th" : "td", "", { textContent: content.text ?? content });
  if (scope) made.scope = scope;
  if (content.share !== undefined) made.style.setProperty("--share", content.share);
  return made;
};

// A first row of headings, then rows that begin with one.
const drawTable = (section, title, [head, ...rows]) => {
  const table = page.make("table", "");
  const heading = table.createTHead().insertRow();
  heading.append(...head.map((content) => cell(content, "col")));
  const body = table.createTBody();
  rows.forEach(([first, ...rest]) => {
    body.insertRow().append(cell(first, "row"), ...rest.map((content) => cell(content)));
  });
  const host = find(`${section} .about-table`);
  host.setAttribute("aria-label", say(title));
  host.replaceChildren(table);
  // A table too wide for a phone scrolls, also by the keyboard.
  if (host.scrollWidth > host.clientWidth) host.tabIndex = 0;
  else host.removeAttribute("tabindex");
};

// The splits of metrics.json or, for a model that is not the bundled one, of its own file.
const MEASURES = [
  ["accuracy", (split) => split.accuracy, percent],
  ["interval", (split) => split.interval, range],
  ["without_twins", (split) => split.without_twins?.accuracy, percent],
  ["macro_f1", (split) => split.macro?.f1 ?? split.macro_f1, three],
  ["mean_auc", (split) => split.auc?.mean, three],
  ["calibration_error", (split) => split.calibration_error, percent],
  ["faces", (split) => split.count, whole],
];

const drawSplits = (splits) => {
  const names = Object.keys(splits);
  const known = MEASURES.filter(([, of]) => names.some((name) => of(splits[name]) !== undefined));
  const rows = known.map(([key, of, format]) => [
    say(key),
    ...names.map((name) => (of(splits[name]) === undefined ? "–" : format(of(splits[name])))),
  ]);
  drawTable(".about-splits", "splits", [[say("measure"), ...names], ...rows]);
};

const drawPhotographs = (collections, labels) => {
  const all = Object.values(collections);
  const row = (key, value) => [say(key), ...all.map(value)];
  const recall = (name) => ({ recall, scored }) => {
    if (!(name in recall)) return "–";
    return scored.includes(name) ? percent(recall[name]) : `(${percent(recall[name])})`;
  };
  drawTable(".about-photographs", "photographs", [
    [say("measure"), ...Object.keys(collections)],
    row("balanced_accuracy", (found) => percent(found.balanced_accuracy)),
    row("interval", (found) => range(found.interval)),
    row("photograph_count", (found) => whole(found.count)),
    row("found", (found) => whole(found.found)),
    row("detector", (found) => found.detector),
    ...labels.map((name) => [page.label(name), ...all.map(recall(name))]),
  ]);
};

// Groups of people that a collection tells apart, where they share what can be compared.
const groupsOf = (collections) => Object.entries(collections).flatMap(([name, { by = {} }]) =>
  Object.entries(by).filter(([, parts]) => parts.scored.length > 0).flatMap(([column, { groups }]) =>
    Object.entries(groups).map(([group, found]) => [`${name}, ${column}: ${group}`, found])));

const drawGroups = (groups) => {
  find(".about-groups").hidden = groups.length === 0;
  find(".about-fairness").textContent = say(groups.length > 0 ? "limit_groups" : "limit_fairness");
  const columns = ["group", "photograph_count", "balanced_accuracy", "interval"].map((key) => say(key));
  const rows = groups.map(([name, { count, balanced_accuracy: accuracy, interval }]) =>
    [name, whole(count), percent(accuracy), range(interval)]);
  drawTable(".about-groups", "groups", [columns, ...rows]);
};

const drawClasses = ({ classes, auc }, labels) => {
  const columns = ["expression", "precision", "recall", "f1", "auc", "faces"].map((key) => say(key));
  const rows = labels.map((name) => {
    const { precision, recall, f1, count } = classes[name];
    const area = auc.classes[name];
    return [
      page.label(name), percent(precision), percent(recall), percent(f1),
      area === null ? "–" : three(area), whole(count),
    ];
  });
  drawTable(".about-classes", "classes", [columns, ...rows]);
};

const drawConfusion = (matrix, labels) => {
  const names = labels.map((name) => page.label(name));
  const shares = matrix.map((row) => {
    const sum = row.reduce((total, count) => total + count, 0);
    return row.map((count) => (sum ? count / sum : 0));
  });
  const rows = shares.map((row, index) => [
    names[index],
    ...row.map((share) => ({ text: whole(Math.round(100 * share)), share })),
  ]);
  drawTable(".about-confusion", "confusion", [[say("confusion_corner"), ...names], ...rows]);
};

// The names with the lowest and the highest value.
const ends = (values) => {
  const sorted = Object.entries(values).sort(([, a], [, b]) => a - b);
  const [[worst, low], [best, high]] = [sorted[0], sorted.at(-1)];
  return { worst: page.label(worst), low, best: page.label(best), high };
};

const formatted = (values, format) => ({ ...values, low: format(values.low), high: format(values.high) });

const drawPlots = ({ roc, reliability }, { auc, calibration_error: error }) => {
  const known = Object.entries(auc.classes).filter(([, area]) => area !== null);
  const areas = ends(Object.fromEntries(known));
  Object.assign(find(".about-roc"), { src: roc, alt: say("roc_alt", formatted(areas, three)) });
  const alt = say("reliability_alt", { error: percent(error) });
  Object.assign(find(".about-reliability"), { src: reliability, alt });
};

const tile = (figure, caption) => {
  const made = page.make("li", "");
  made.append(page.make("strong", "", { textContent: figure }), page.make("span", "", { textContent: caption }));
  return made;
};

const drawTiles = ({ model, photographs = {} }, main) => {
  const bounds = ([low, high]) => ({ low: percent(low), high: percent(high) });
  const test = { count: whole(main.count), ...bounds(main.interval) };
  // The largest collection: its figure is the surest.
  const [largest] = Object.entries(photographs).sort(([, a], [, b]) => b.count - a.count);
  const wild = largest && tile(
    percent(largest[1].balanced_accuracy),
    say("tile_photographs", { name: largest[0], ...bounds(largest[1].interval) }),
  );
  const tiles = [
    tile(percent(main.accuracy), say("tile_test", test)),
    wild,
    tile(percent(main.calibration_error), say("tile_calibration")),
    tile(megabytes(model.bytes), say("tile_size")),
  ];
  find(".about-tiles").replaceChildren(...tiles.filter(Boolean));
};

const drawBundled = ({ figures, plots, labels }) => {
  const main = figures.test ?? figures.valid;
  const splits = Object.entries({ test: figures.test, valid: figures.valid });
  drawTiles(figures, main);
  drawSplits(Object.fromEntries(splits.filter(([, split]) => split)));
  drawPhotographs(figures.photographs ?? {}, labels);
  drawGroups(groupsOf(figures.photographs ?? {}));
  drawClasses(main, labels);
  drawConfusion(main.confusion, labels);
  drawPlots(plots, main);
  const recalls = labels.map((name) => [name, main.classes[name].recall]);
  const found = formatted(ends(Object.fromEntries(recalls)), percent);
  find(".about-weakest").textContent = say("limit_weakest", found);
};

const network = ({ architecture }, model) => {
  if (!architecture || !model) return architecture;
  return say("network_at", { name: architecture, size: `${model.size}×${model.size}` });
};

const trained = ({ images, epochs, seconds, machine, date }) => say("trained", {
  images: whole(images), epochs: whole(epochs), hours: duration(seconds), machine, date: day(date),
});

const drawModel = ({ metadata, figures, software }) => {
  const entries = {
    version: metadata.version,
    network: network(metadata, figures?.model),
    parameters: figures && whole(figures.model.parameters),
    file: figures && `ONNX, ${megabytes(figures.model.bytes)}`,
    data: metadata.dataset,
    training: figures && trained(figures.training),
    recipe: [metadata.recipe, metadata.commit].filter(Boolean).join(", "),
    licence: metadata.licence,
    software: Object.entries(software).map((parts) => parts.join(" ")).join(", "),
  };
  // What only metrics.json knows has no row for a model that it does not describe.
  const rows = Object.entries(entries).filter(([, value]) => value !== null).flatMap(([key, value]) => [
    page.make("dt", "", { textContent: say(key) }),
    page.make("dd", "", { textContent: value || say("unknown") }),
  ]);
  find(".about-model dl").replaceChildren(...rows);
};

const drawHost = () => {
  const { hostname } = window.location;
  const here = ["localhost", "127.0.0.1", "[::1]"].includes(hostname);
  find(".about-host").textContent = here ? say("host_here") : say("host_server", { host: hostname });
};

// What tells of the bundled model is hidden for any other.
const hide = ({ figures, stated }) => {
  element.querySelectorAll(".about-own").forEach((part) => { part.hidden = !figures; });
  find(".about-other").hidden = Boolean(figures);
  find(".about-splits").hidden = !figures && Object.keys(stated).length === 0;
  if (!figures?.photographs) find(".about-photographs").hidden = true;
};

const draw = (card) => {
  find(".about-waiting").hidden = true;
  find(".about-body").hidden = false;
  hide(card);
  if (card.figures) drawBundled(card);
  else drawSplits(card.stated);
  drawModel(card);
  drawHost();
};

page.translate(element);
server.read_card({}).then(
  (card) => {
    draw(card);
    document.addEventListener("page-language", () => draw(card));
  },
  () => { find(".about-waiting").textContent = say("failed"); },
);
