// Many files: each is sent, and the server asked about it until nothing is left; see
// ui/batch_tab.py. A zip is one file with many results.
const SENDERS = 2; // files on their way: one is computed while the next is sent
const MIB = 2 ** 20;
const { columns, limits } = props;
const find = (selector) => element.querySelector(selector);
const table = find("table");

// The files of one go, in the order in which they were chosen; null before.
let run = null;

const randomName = () => {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return `batch-${[...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("")}`;
};

// One file: its rows in the table, what was read of it, and why it could not be.
const newEntry = (file) => {
  const body = page.make("tbody", "");
  table.append(body);
  return { file, body, state: "waiting", results: [], total: 1, others: 0, problem: "" };
};

const draw = (entry) => {
  const rows = entry.results.flatMap(resultRows);
  const { name } = entry.file;
  if (entry.problem) rows.push(wideRow(name, "bad", entry.problem));
  else if (entry.state !== "done") rows.push(wideRow(name, "none", page.text(`batch.${entry.state}`)));
  if (entry.others) rows.push(wideRow(name, "none", page.count("batch.others", entry.others)));
  entry.body.replaceChildren(...rows);
};

const results = () => run.entries.flatMap((entry) => entry.results);

// A file that could not be opened at all counts as one that could not be read.
const records = () => run.entries.flatMap(({ file, results, problem }) => [
  ...results.map(({ record }) => record),
  ...(problem ? [{ image: file.name, error: problem }] : []),
]);

const showProgress = () => {
  const total = run.entries.reduce((sum, entry) => sum + entry.total, 0);
  const done = records().length;
  const seconds = ((performance.now() - run.start) / 1000 / done) * (total - done);
  find("progress").max = total;
  find("progress").value = done;
  const left = done > 2 ? ` · ${page.text("batch.left", { seconds: Math.ceil(seconds) })}` : "";
  find(".progress-text").textContent = page.text("batch.done_of", { done, total }) + left;
};

const summary = () => {
  const all = records();
  const bad = all.filter(({ error }) => error).length;
  const faces = results().reduce((sum, result) => sum + result.faces.length, 0);
  const parts = [page.count("batch.read", all.length - bad), page.count("labels.faces", faces)];
  if (bad) parts.push(page.count("batch.bad", bad));
  if (run.cancelled) parts.push(page.text("batch.cancelled"));
  return parts.join(" · ");
};

const show = () => {
  find(".limits").textContent = page.text("batch.limits", limits);
  find(".drop").hidden = find(".limits").hidden = Boolean(run);
  find(".rows").hidden = !run;
  find(".progress").hidden = !run?.working;
  find(".outcome").hidden = !run || run.working;
  run?.entries.forEach(draw);
  if (run?.working) showProgress();
  if (!run || run.working) return;
  find(".summary").textContent = summary();
  find('[data-kind="csv"]').hidden = find('[data-kind="json"]').hidden = records().length === 0;
  find('[data-kind="sheet"]').hidden = !results().some(({ faces }) => faces.length);
};

const tooLarge = ({ name, size }) => {
  const megabytes = /\.zip$/i.test(name) ? limits.archive : limits.picture;
  return size > megabytes * MIB ? page.text("batch.too_large", { megabytes }) : "";
};

const full = () => results().length >= limits.pictures;

const ask = async (mine, entry, path) => {
  const question = { path, name: entry.file.name, start: 0, settings: mine.settings };
  while (question.start !== undefined) {
    const stopped = mine.cancelled || full();
    if (stopped) return server.forget_file(question);
    const answer = await server.read_files(question);
    if (mine !== run) return server.forget_file({ ...question, start: 0 });
    if (answer.error) throw answer.error;
    const room = limits.pictures - results().length;
    entry.results.push(...answer.results.slice(0, room));
    Object.assign(entry, { total: answer.total, others: answer.others ?? 0 });
    question.start = answer.next;
    if (question.start === undefined) entry.state = answer.results.length > room ? "left_out" : "done";
    draw(entry);
    showProgress();
  }
};

const send = async (mine, entry) => {
  entry.problem = tooLarge(entry.file);
  if (entry.problem) return;
  entry.state = "reading";
  draw(entry);
  try {
    const { path } = await upload(new File([entry.file], randomName()));
    await ask(mine, entry, path);
  } catch (error) {
    // Sentences are the server's own; anything else is a broken connection.
    entry.problem = typeof error === "string" ? error : page.text("batch.no_answer");
  }
};

const work = async (mine) => {
  while (mine === run && mine.waiting.length && !mine.cancelled && !full()) {
    const entry = mine.waiting.shift();
    await send(mine, entry);
    if (mine !== run) return;
    draw(entry);
    showProgress();
  }
};

const start = async (files) => {
  if (run || files.length === 0) return;
  const entries = files.map(newEntry);
  const settings = { ...page.settings };
  const mine = { entries, settings, waiting: [...entries], working: true, start: performance.now() };
  run = mine;
  show();
  find(".cancel").focus();
  await Promise.all(Array.from({ length: SENDERS }, () => work(mine)));
  if (mine !== run) return;
  entries.filter(({ state, problem }) => state !== "done" && !problem)
    .forEach((entry) => { entry.state = mine.cancelled ? "not_read" : "left_out"; });
  // Its button goes, and the keyboard's place with it; a visitor who is elsewhere stays there.
  const waited = document.activeElement === find(".cancel");
  mine.working = false;
  show();
  if (waited) find(".again").focus({ preventScroll: true });
};

const startOver = () => {
  run?.entries.forEach(({ body }) => body.remove());
  run = null;
  find(".files").value = "";
  show();
  find(".files").focus();
};

const tiles = () => results().flatMap(({ record, faces }) => faces.map((face) => ({
  crop: face.crop,
  title: `${page.nameOf(face)} ${page.percent(face.confidence)}`,
  name: record.image,
})));

// CSV and JSON are what the command line and /predict_batch give; see emotion/report.py.
const FILES = {
  csv: () => new Blob([`${columns.join(",")}\r\n`, ...results().map(({ csv }) => csv)], { type: "text/csv" }),
  json: () => new Blob([JSON.stringify(records(), null, 2)], { type: "application/json" }),
  sheet: () => contactSheet(tiles()),
};
const NAMES = { csv: "expressions.csv", json: "expressions.json", sheet: "expressions.jpg" };

const save = async (kind) => {
  const href = URL.createObjectURL(await FILES[kind]());
  page.make("a", "", { href, download: NAMES[kind] }).click();
  URL.revokeObjectURL(href);
};

element.addEventListener("click", (event) => {
  const button = event.target.closest("button");
  if (button?.matches(".cancel")) run.cancelled = true;
  if (button?.matches(".again")) startOver();
  if (button?.matches(".save")) save(button.dataset.kind);
});

find(".files").addEventListener("change", (event) => start([...event.target.files]));
find(".drop").addEventListener("dragover", (event) => {
  event.preventDefault();
  find(".drop").classList.add("over");
});
find(".drop").addEventListener("dragleave", () => find(".drop").classList.remove("over"));
find(".drop").addEventListener("drop", (event) => {
  event.preventDefault();
  find(".drop").classList.remove("over");
  filesOf(event.dataTransfer).then(start);
});
document.addEventListener("page-language", show);
page.translate(element);
show();
