// A clip: it is sent, analysed as a job that this page watches, and its results are fetched into
// the browser's memory, and deleted on the server; see ui/video_tab.py.
const ASK_EVERY = 500; // ms
const PATIENCE = 5; // answers in a row that may be lost on the way
const MIB = 2 ** 20;
const { limits, rates, colours } = props;
const find = (selector) => element.querySelector(selector);
const [film, progress, select] = ["video", "progress", ".rate select"].map(find);

// One clip on its way: {file, job, result}; null before, and after it failed.
let run = null;

const seek = (time) => {
  film.currentTime = time;
  timeline.moveTo(time);
};
const timeline = videoTimeline(find(".people"), find(".legend"), colours, seek);

const randomName = () => {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return `video-${[...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("")}`;
};

const wait = (ms) => new Promise((resolve) => { setTimeout(resolve, ms); });

const length = (seconds) => page.number(seconds, { maximumFractionDigits: 1 });

// The phase is read aloud when it changes, the amounts that go with it are not.
const say = (phase, amount = "", share = null) => {
  const text = page.text(`video.${phase}`);
  if (find(".phase").textContent !== text) find(".phase").textContent = text;
  find(".amount").textContent = amount;
  if (share === null) progress.removeAttribute("value");
  else progress.value = share;
};

const sayProgress = (answer) => {
  if ("ahead" in answer) {
    return say("waiting", answer.ahead ? page.count("video.ahead", answer.ahead) : "");
  }
  const { seconds, expected_seconds: expected, seconds_left: left } = answer;
  const parts = [expected === null
    ? page.text("video.done", { done: timeline.clock(seconds) })
    : page.text("video.done_of", { done: timeline.clock(seconds), all: timeline.clock(expected) })];
  if (left !== null && seconds > 1) parts.push(page.text("video.left", { seconds: page.number(Math.ceil(left)) }));
  return say("analysing", parts.join(" · "), expected ? seconds / expected : null);
};

const show = (problem = "") => {
  find(".choose").hidden = Boolean(run);
  find(".working").hidden = !run || Boolean(run.result);
  find(".film-result").hidden = !run?.result;
  find(".problem").textContent = problem;
};

// Asks until the work is done; one lost answer is not the end.
const watchJob = async (mine) => {
  let lost = 0;
  while (mine === run) {
    const answer = await server.progress(mine.job).catch(() => null);
    lost = answer ? 0 : lost + 1;
    if (lost > PATIENCE) throw page.text("video.no_answer");
    if (answer?.error) throw answer.error;
    if (answer?.result) return answer.result;
    if (answer && mine === run) sayProgress(answer);
    await wait(ASK_EVERY);
  }
  return null;
};

const fetched = async (address, type) => {
  const answer = await fetch(address);
  if (!answer.ok) throw page.text("video.no_answer");
  return URL.createObjectURL(new Blob([await answer.arrayBuffer()], { type }));
};

const fetchResult = async (mine, result, sentTo) => {
  say("fetching");
  const addressOf = (path) => sentTo.replace(/file=.*/, `file=${path}`);
  mine.film = await fetched(addressOf(result.film), "video/mp4");
  mine.table = await fetched(addressOf(result.table), "text/csv");
  mine.result = result;
};

const send = async (mine) => {
  say("sending");
  const { path, url } = await upload(new File([mine.file], randomName()));
  if (mine !== run) return;
  const question = { path, name: mine.file.name, rate: Number(select.value), settings: page.settings };
  const answer = await server.begin(question);
  if (answer.error) throw answer.error;
  mine.job = answer.job;
  if (mine !== run) return;
  const result = await watchJob(mine);
  if (result) await fetchResult(mine, result, url);
};

const start = async (file) => {
  if (run || !file) return;
  if (file.size > limits.megabytes * MIB) return show(page.text("video.too_large", limits));
  const mine = { file };
  run = mine;
  show();
  find(".cancel").focus();
  try {
    await send(mine);
    if (mine === run) showResult();
  } catch (error) {
    // Sentences are the server's own; anything else is a broken connection.
    if (mine === run) startOver(typeof error === "string" ? error : page.text("video.no_answer"));
  } finally {
    if (mine.job) server.end(mine.job).catch(() => {});
    if (mine !== run) release(mine);
  }
};

const showMissing = ({ missing, seconds, expected_seconds: claimed }) => {
  const values = { read: length(seconds), claimed: length(claimed ?? 0), ...limits };
  find(".missing").textContent = missing === "nothing" ? "" : page.text(`video.missing_${missing}`, values);
};

const showResult = () => {
  const { file, result } = run;
  show();
  const others = result.others + timeline.show(result.people, result.seconds);
  const people = result.people.length;
  find(".summary").textContent = people ? page.count("video.people", people) : page.text("labels.no_face");
  showMissing(result);
  find(".timeline").hidden = people === 0;
  find(".others").hidden = others === 0;
  find(".others").textContent = others ? page.count("video.others", others) : "";
  const name = file.name.replace(/\.[^.]*$/, "");
  Object.assign(find(".save.film"), { href: run.film, download: `${name}-expressions.mp4` });
  Object.assign(find(".save.table"), { href: run.table, download: `${name}-expressions.csv` });
  if (film.src !== run.film) film.src = run.film;
  timeline.moveTo(film.currentTime);
};

const release = ({ film: one, table: other }) => [one, other].forEach((url) => url && URL.revokeObjectURL(url));

const startOver = (problem) => {
  film.removeAttribute("src");
  film.load();
  if (run) release(run);
  run = null;
  find(".files").value = "";
  show(problem);
  find(".files").focus();
};

const cancel = () => {
  if (run.job) server.end(run.job).catch(() => {});
  startOver();
};

const showWords = () => {
  find(".limits").textContent = page.text("video.limits", limits);
  const chosen = select.value || String(rates.usual);
  select.replaceChildren(...rates.offered.map((rate) =>
    page.make("option", "", { value: rate, textContent: page.count("video.a_second", rate) })));
  select.value = chosen;
  if (run?.result) showResult();
};

// The line in the timeline follows the film smoothly while it plays.
const follow = () => {
  timeline.moveTo(film.currentTime);
  if (!film.paused) requestAnimationFrame(follow);
};
["play", "pause", "timeupdate", "seeked"].forEach((event) => film.addEventListener(event, follow));
film.addEventListener("loadedmetadata", () => {
  find(".film-result").style.setProperty("--ratio", film.videoWidth / film.videoHeight);
});

find(".cancel").addEventListener("click", cancel);
find(".again").addEventListener("click", () => startOver());
find(".files").addEventListener("change", ({ target }) => start(target.files[0]));

const drop = find(".drop");
drop.addEventListener("dragover", (event) => {
  event.preventDefault();
  drop.classList.add("over");
});
drop.addEventListener("dragleave", () => drop.classList.remove("over"));
drop.addEventListener("drop", (event) => {
  event.preventDefault();
  drop.classList.remove("over");
  start(event.dataTransfer.files[0]);
});
document.addEventListener("page-language", showWords);
page.translate(element);
showWords();
