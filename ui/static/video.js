/**
 * A clip: it is uploaded, analysed in Gradio's queue (see ui/video_tab.py), and the results are
 * fetched into the browser's memory and deleted on the server.
 */
import { takeFiles } from "./drop.js";
import { count, finder, language, make, number, onClick, randomName, sendAs, settings, text, translate, uploadProblem } from "./page.js";
import { clock, videoTimeline } from "./timeline.js";

const ASK_EVERY = 2000; // ms
const PATIENCE = 3; // answers in a row that may be lost on the way
const MIB = 2 ** 20;
// The server has to be asked again, maybe with less to do; others need another file.
const RETRY = ["no_answer", "gone", "busy", "slow"];

/** @param {import("./types").Component} component */
export default ({ element, props, trigger, server, watch }) => {
  const { limits, rates, longest_line: longest } = props;
  const find = finder(element);
  const [player, progress, select] = ["video", "progress", "select"].map(find);

  /** One clip: {file, clip, settings, rate, heard, result, annotated, table}; null before. */
  let run = null;
  /** The clip that failed, and why: the end of a key in texts/video.json. */
  let failed = { file: null, problem: "" };

  const seek = (/** @type {number} */ time) => {
    player.currentTime = time;
    timeline.moveTo(time);
  };
  const timeline = videoTimeline(find(".people"), find(".legend"), seek);

  const seconds = (/** @type {number} */ n) => number(n, { maximumFractionDigits: 1 });

  const show = () => {
    find(".choose").hidden = Boolean(run);
    find(".working").hidden = !run || Boolean(run.result);
    find(".clip-result").hidden = !run?.result;
    find(".problem").hidden = !failed.problem;
    find(".problem span").textContent = failed.problem && text(`video.${failed.problem}`, limits);
    find(".retry").textContent = text(RETRY.includes(failed.problem) ? "video.retry" : "video.choose");
    find("#video-limits").textContent = text("video.limits", limits);
    const chosen = select.value || String(rates.usual);
    select.replaceChildren(...rates.offered.map((/** @type {number} */ rate) =>
      make("option", "", { value: rate, textContent: count("video.a_second", rate) })));
    select.value = chosen;
    if (run?.result) showResult();
  };

  // The phase is read aloud when it changes, the amounts that go with it are not.
  const say = (/** @type {string} */ phase, amount = "", /** @type {number | null} */ share = null) => {
    const words = text(`video.${phase}`);
    if (find(".phase").textContent !== words) find(".phase").textContent = words;
    find(".amount").textContent = amount;
    if (share === null) progress.removeAttribute("value");
    else progress.value = share;
  };

  const sayProgress = ({ seconds: done, expected_seconds: all, seconds_left: left }) => {
    const parts = [all === null
      ? text("video.done", { done: clock(done) })
      : text("video.done_of", { done: clock(done), all: clock(all) })];
    if (left !== null && done > 1) parts.push(text("video.left", { seconds: number(Math.ceil(left)) }));
    say("analysing", parts.join(" · "), all ? done / all : null);
  };

  const forget = (mine) => {
    if (!mine) return;
    server.delete_upload(mine.clip).catch(() => {});
    [mine.annotated, mine.table].forEach((address) => address && URL.revokeObjectURL(address));
  };

  const startOver = (problem = "") => {
    failed = { file: run?.file, problem };
    forget(run);
    run = null;
    player.removeAttribute("src");
    player.load();
    show();
    find(problem ? ".retry" : ".files").focus();
  };

  // Gradio tells a clip's progress, but not how many are before it, nor that the server is gone.
  const watchLine = async (mine) => {
    for (let lost = 0; mine === run && !mine.result;) {
      const line = await server.line(mine.clip).catch(() => null);
      if (mine !== run || mine.result) return;
      lost = line ? 0 : lost + 1;
      if (lost > PATIENCE) startOver("no_answer");
      else if (line && !mine.heard) say("waiting", line.ahead ? count("video.ahead", line.ahead) : "");
      await new Promise((resolve) => { setTimeout(resolve, ASK_EVERY); });
    }
  };

  // A later clip takes the place of an earlier one, also of one that is being analysed.
  const start = async (/** @type {File} */ file) => {
    forget(run);
    const mine = { file, clip: randomName("video"), settings, rate: Number(select.value) };
    run = mine;
    failed = { file: null, problem: "" };
    if (file.size > limits.megabytes * MIB) return startOver("too_large");
    show();
    say("sending");
    find(".cancel").focus();
    try {
      if ((await server.line(null)).length >= longest) return startOver("busy");
      mine.address = await sendAs(mine.clip, file);
    } catch (error) {
      return mine === run && startOver(uploadProblem(error));
    }
    if (mine !== run) return forget(mine);
    trigger("analyse", { clip: mine.clip, rate: mine.rate, language: language(), settings: mine.settings });
    watchLine(mine);
  };

  const fetched = async (/** @type {string} */ address, /** @type {string} */ type) => {
    const answer = await fetch(address);
    if (!answer.ok) throw new Error(answer.statusText);
    return URL.createObjectURL(new Blob([await answer.arrayBuffer()], { type }));
  };

  const take = async (mine, result) => {
    say("fetching");
    try {
      mine.annotated = await fetched(`${mine.address}.mp4`, "video/mp4");
      mine.table = await fetched(`${mine.address}.csv`, "text/csv");
    } catch {
      return mine === run && startOver("no_answer");
    }
    mine.result = result;
    if (mine !== run) return forget(mine);
    server.delete_upload(mine.clip).catch(() => {});
    show();
    find(".summary").focus();
  };

  watch("value", () => {
    const answer = props.value;
    if (!run || run.result || answer?.clip !== run.clip) return;
    run.heard = true;
    if (answer.problem) startOver(answer.problem);
    else if (answer.result) take(run, answer.result);
    else sayProgress(answer);
  });

  const showResult = () => {
    const { file, result, annotated, table } = run;
    timeline.show(result.people, result.seconds);
    const people = result.people.length;
    find(".summary").textContent = people ? count("video.people", people) : text("labels.no_face");
    find(".missing").hidden = result.missing === "nothing";
    const values = { read: seconds(result.seconds), claimed: seconds(result.expected_seconds ?? 0), ...limits };
    find(".missing").textContent = text(`video.missing_${result.missing}`, values);
    find(".how").hidden = people === 0;
    find(".others").hidden = result.others === 0;
    find(".others").textContent = count("video.others", result.others);
    find(".stale").hidden = !run.settings || JSON.stringify(settings) === JSON.stringify(run.settings);
    const name = file.name.replace(/\.[^.]*$/, "");
    Object.assign(find(".annotated"), { href: annotated, download: `${name}-expressions.mp4` });
    Object.assign(find(".table"), { href: table, download: `${name}-expressions.csv` });
    if (player.src !== annotated) player.src = annotated;
    timeline.moveTo(player.currentTime);
  };

  // The line in the timeline follows the player smoothly while it plays.
  const follow = () => {
    timeline.moveTo(player.currentTime);
    if (!player.paused) requestAnimationFrame(follow);
  };
  ["play", "pause", "timeupdate", "seeked"].forEach((event) => player.addEventListener(event, follow));
  // Firefox plays H.264 only where the system does.
  player.addEventListener("error", () => { find(".unseen").hidden = false; });
  player.addEventListener("loadedmetadata", () => {
    find(".clip-result").style.setProperty("--ratio", player.videoWidth / player.videoHeight);
  });

  const retry = () => {
    if (!RETRY.includes(failed.problem)) return find(".files").click();
    if (failed.problem === "slow") select.value = String(Math.min(...rates.offered));
    return failed.file ? start(failed.file) : trySample();
  };
  const trySample = async () => {
    const sample = await server.sample_clip();
    if (!sample) return startOver("no_answer");
    start(new File([await (await fetch(`data:video/mp4;base64,${sample.data}`)).blob()], sample.name));
  };
  onClick(element, {
    ".cancel, .again": () => startOver(), ".redo": () => start(run.file), ".retry": retry, ".sample": trySample,
  });
  document.addEventListener("page-language", show);
  document.addEventListener("page-settings", show);
  translate(element);
  show();
  takeFiles(find(".files"), ([file]) => start(file));
};
