/** Many pictures: each is uploaded, and ui/batch_tab.py is asked about it. Zips are opened here. */
import { contactSheet, csvOf } from "./batch_files.js";
import { drawChart, drawRow } from "./batch_rows.js";
import { takeFiles } from "./drop.js";
import {
  asked, count, finder, make, nameOf, number, onClick, percent, send, settings, text, translate, uploadProblem,
} from "./faces.js";
import { readPicture } from "./picture.js";
import { save } from "./take_away.js";
import { ZipError, isZip, openZip } from "./zip.js";

const SENDERS = 2; // files on their way: one is computed while the next is sent
const MIB = 2 ** 20;

/**
 * @typedef {object} Entry one picture, or a file that is none
 * @property {string} name
 * @property {() => Promise<Blob>} open
 * @property {HTMLDetailsElement} row
 * @property {"waiting" | "reading" | "done"} state
 * @property {any} [record] as ui/batch_tab.py sends it
 * @property {import("./types").Face[]} faces
 * @property {string} [problem] the end of a key in texts/batch.json
 * @property {string} [error] the server's sentence
 */

/** @param {import("./types").Component} component */
export default ({ element, props, server }) => {
  const { columns, limits, samples } = props;
  const find = finder(element);

  /** One go: {entries, limit, others, settings, working, cancelled, start, filter}; null before. */
  let run = null;

  /** @returns {Entry} */
  const newEntry = (name, open, problem = undefined) => ({
    name, open, problem, state: problem ? "done" : "waiting", faces: [],
    row: make("details", "picture", { role: "listitem" }),
  });

  // A file, or a sample that is fetched when its turn has come.
  const entriesOf = async (mine, file) => {
    const open = file.open ?? (async () => file);
    if (file.open || !(await isZip(file))) return [newEntry(file.name, open)];
    try {
      const { pictures, others } = await openZip(file, limits);
      mine.others += others;
      return pictures.map((picture) => newEntry(picture.name, picture.open));
    } catch (error) {
      return [newEntry(file.name, open, error instanceof ZipError ? error.message : "zip_damaged")];
    }
  };

  const waiting = () => run.entries.filter(({ state }) => state === "waiting");
  const begun = () => run.entries.length - waiting().length;
  const done = () => run.entries.filter(({ state }) => state === "done");
  // What the network lost can be read again.
  const lost = () => run.entries.filter(({ problem }) => ["busy", "no_answer"].includes(problem));
  const draw = (/** @type {Entry} */ entry) => drawRow(entry, run, limits);

  const showProgress = () => {
    const [read, total] = [done().length, Math.min(run.limit, run.entries.length)];
    const seconds = ((performance.now() - run.start) / 1000 / (read - run.before)) * (total - read);
    Object.assign(find("progress"), { max: total, value: read });
    const left = read - run.before > 2
      ? ` · ${text("batch.left", { seconds: number(Math.ceil(seconds)) })}` : "";
    find(".amount").textContent = text("batch.done_of", { done: number(read), total: number(total) }) + left;
  };

  const summary = () => {
    const bad = done().filter(({ problem }) => problem).length;
    const faces = run.entries.reduce((sum, entry) => sum + entry.faces.length, 0);
    const parts = [["batch.read", done().length - bad], ["labels.faces", faces]];
    if (bad) parts.push(["batch.bad", bad]);
    if (waiting().length) parts.push(["batch.not_read", waiting().length]);
    if (run.others) parts.push(["batch.others", run.others]);
    return parts.map(([key, n]) => count(key, n)).join(" · ");
  };

  const show = () => {
    find("#batch-limits").textContent = text("batch.limits", limits);
    find(".choose").hidden = Boolean(run);
    find(".progress").hidden = !run?.working;
    find(".outcome").hidden = !run || run.working;
    find(".stale").hidden = !run?.settings || run.working || asked(run.settings) === asked(settings);
    drawChart(find(".chart"), run ?? { entries: [] });
    find(".rows").replaceChildren(...(run?.entries ?? []).map(({ row }) => row));
    if (!run) return;
    run.entries.forEach(draw);
    if (run.working) return showProgress();
    find(".summary").textContent = summary();
    const rest = waiting().length + lost().length;
    find(".rest").hidden = rest === 0;
    find(".rest").textContent = count("batch.rest", Math.min(rest, limits.pictures));
    find('[data-kind="jpg"]').hidden = find(".chart").hidden;
  };

  const read = async (mine, /** @type {Entry} */ entry) => {
    entry.state = "reading";
    draw(entry);
    try {
      const picture = await readPicture(await entry.open(), limits.pixels);
      if (picture.file.size > limits.megabytes * MIB) throw new ZipError("too_large");
      const sent = await send("batch", picture.file);
      const question = { upload: sent, name: entry.name, settings: mine.settings };
      Object.assign(entry, (await server.read_picture(question)) ?? { problem: "no_answer" });
    } catch (error) {
      entry.problem = error instanceof ZipError ? error.message : uploadProblem(error);
    }
    entry.state = "done";
  };

  const work = async (mine) => {
    while (mine === run && !mine.cancelled && waiting().length && begun() < mine.limit) {
      const entry = waiting()[0];
      await read(mine, entry);
      if (mine !== run) return;
      draw(entry);
      drawChart(find(".chart"), run);
      showProgress();
    }
  };

  const goOn = async (mine) => {
    Object.assign(mine, { working: true, cancelled: false, start: performance.now(), before: done().length });
    show();
    find(".cancel").focus();
    await Promise.all(Array.from({ length: SENDERS }, () => work(mine)));
    if (mine !== run) return;
    // Its button goes, and the keyboard's place with it; a visitor who is elsewhere stays there.
    const waited = document.activeElement === find(".cancel");
    mine.working = false;
    show();
    if (waited) find(".again").focus({ preventScroll: true });
  };

  // A later choice takes the place of an earlier one, also of one that is being read.
  const start = async (files) => {
    const mine = { entries: [], limit: limits.pictures, others: 0, settings, files, working: true, filter: null };
    run = mine;
    const entries = (await Promise.all(files.map((file) => entriesOf(mine, file)))).flat();
    mine.entries = entries;
    if (mine === run) await goOn(mine);
  };

  const startOver = () => {
    run = null;
    show();
    find(".files").focus();
  };

  const readRest = () => {
    lost().forEach((entry) => Object.assign(entry, { state: "waiting", problem: undefined }));
    run.limit = done().length + limits.pictures;
    return goOn(run);
  };

  const recordOf = (/** @type {Entry} */ { name, record, error, problem = "waiting" }) =>
    record ?? { image: name, error: error ?? text(`batch.${problem}`, limits) };

  const tiles = () => run.entries.flatMap(({ name, faces }) => faces.map((face) => (
    { crop: face.crop, title: `${nameOf(face)} ${percent(face.confidence)}`, name }
  )));

  // JSON is what the command line and /predict_batch give; see emotion/report.py.
  const kinds = {
    csv: (records) => new Blob([csvOf(columns, records, text("labels.no_face"))], { type: "text/csv" }),
    json: (records) => new Blob([JSON.stringify(records, null, 2)], { type: "application/json" }),
    jpg: () => contactSheet(tiles()),
  };

  const saveAs = async (/** @type {string} */ kind) =>
    save(await kinds[kind](run.entries.map(recordOf)), `expressions.${kind}`);

  const sample = (name) => ({ name, open: async () => (await fetch(`examples/${name}`)).blob() });

  const filter = (/** @type {string} */ label) => {
    run.filter = run.filter === label ? null : label;
    show();
  };

  onClick(element, {
    ".cancel": () => { run.cancelled = true; },
    ".again": startOver,
    ".rest": readRest,
    ".reread": () => start(run.files),
    ".sample": () => start(samples.map(sample)),
    ".save": ({ dataset }) => saveAs(dataset.kind),
    ".key": ({ dataset }) => filter(dataset.label),
  });
  document.addEventListener("page-language", show);
  document.addEventListener("page-settings", show);
  translate(element);
  show();
  takeFiles(find(".files"), start);
};
