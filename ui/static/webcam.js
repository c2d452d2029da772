// The live camera: frames go to the server as JPEG text, numbers come back and are drawn here.
const FRAME_SIDE = 640; // pixels; the faces of people before a laptop are large enough at that
const FASTEST = 50; // ms between two frames: at most 20 a second
const SLOWEST = 2000; // ms; so often everybody gets an answer, however many there are
const CROWDED = 250; // ms; the visitor is told why it is slow
const ON_THEIR_WAY = 2; // frames; the second hides the time on the network
const SILENT_AFTER = 10_000; // ms
const REFUSED_AFTER = 3; // errors in a row: not one damaged frame
const STAYS = 1000; // ms for which a face may be missing and still has the focus, as in emotion/track.py

const PROBLEMS = {
  NotAllowedError: "denied",
  NotFoundError: "no_camera",
  OverconstrainedError: "no_camera",
  NotReadableError: "in_use",
  AbortError: "in_use",
};

page.translate(element);
const find = (selector) => element.querySelector(selector);
const [video, boxes, panel, smoothing] = ["video", ".boxes", ".panel", ".smoothing input"].map(find);
const canvas = document.createElement("canvas");
const chart = minuteChart(find(".minute"), props.value.colours);
const still = matchMedia("(prefers-reduced-motion: reduce)");

// What belongs to one run of the camera; null while it is off.
let run = null;

// A text that keeps to the page's language; none where there is no key.
const say = (selector, key, values) => {
  const place = find(selector);
  place.textContent = key ? page.text(`webcam.${key}`, values) : "";
  // What has values in it stays as it was said.
  if (key && !values) place.dataset.text = `webcam.${key}`;
  else delete place.dataset.text;
};

const release = () => {
  run?.stream.getTracks().forEach((track) => track.stop());
  clearTimeout(run?.timer);
  clearInterval(run?.painter);
  run = null;
  video.srcObject = null;
  boxes.replaceChildren();
};

const stop = (problem, values) => {
  release();
  find(".live").hidden = true;
  find(".notice").hidden = false;
  say(".problem", problem, values);
};

const listCameras = async (track) => {
  const devices = await navigator.mediaDevices.enumerateDevices();
  const cameras = devices.filter(({ kind }) => kind === "videoinput");
  const options = cameras.map(({ deviceId, label }, index) => page.make("option", "", {
    value: deviceId, textContent: label || page.text("webcam.camera_number", { n: index + 1 }),
  }));
  const select = find(".cameras");
  select.replaceChildren(...options);
  select.value = track.getSettings().deviceId;
  select.hidden = cameras.length < 2;
};

const openCamera = (deviceId) => {
  const which = deviceId ? { deviceId: { exact: deviceId } } : { facingMode: "user" };
  const size = { width: { ideal: 640 }, height: { ideal: 480 } };
  return navigator.mediaDevices.getUserMedia({ video: { ...size, ...which } });
};

const start = async (deviceId) => {
  release();
  if (!navigator.mediaDevices) return stop("insecure");
  find(".start").disabled = true;
  say(".problem");
  say(".asking", "asking");
  try {
    await play(await openCamera(deviceId));
  } catch (error) {
    if (error.name in PROBLEMS) stop(PROBLEMS[error.name]);
    else stop("other", { reason: error.message });
  } finally {
    find(".start").disabled = false;
    say(".asking");
  }
};

const play = async (stream) => {
  const [track] = stream.getVideoTracks();
  run = {
    stream, visitor: crypto.randomUUID(), every: FASTEST, waiting: 0, sent: 0, drawn: 0,
    errors: 0, answers: [], ids: [], seen: 0,
  };
  const mine = run;
  track.addEventListener("ended", () => mine === run && stop("ended"));
  video.srcObject = stream;
  await video.play();
  await listCameras(track);
  // Stopped in the meantime.
  if (mine !== run) return;
  // A camera that looks away from the visitor is no mirror.
  mirror(track.getSettings().facingMode !== "environment" && find(".mirror").checked);
  chart.clear();
  showFace(null);
  say(".crowded");
  find(".notice").hidden = true;
  find(".live").hidden = false;
  find(".stop").focus({ preventScroll: true });
  run.heard = run.ticked = performance.now();
  run.painter = setInterval(paint, still.matches ? 1000 : 200);
  paint();
  tick();
};

const mirror = (mirrored) => {
  find(".mirror").checked = mirrored;
  video.classList.toggle("mirrored", mirrored);
};

const grab = () => {
  const { videoWidth: width, videoHeight: height } = video;
  const scale = Math.min(1, FRAME_SIDE / Math.max(width, height));
  canvas.width = Math.round(width * scale);
  canvas.height = Math.round(height * scale);
  find(".live").style.setProperty("--ratio", canvas.width / canvas.height);
  canvas.getContext("2d").drawImage(video, 0, 0, canvas.width, canvas.height);
  return canvas.toDataURL("image/jpeg", 0.8);
};

const tick = () => {
  // Another tab of this page was opened: the camera's light must not stay on.
  if (element.offsetParent === null) return stop();
  const now = performance.now();
  // Browsers let hidden pages sleep, and lids are closed: that silence is not the server's.
  if (document.hidden || now - run.ticked > SLOWEST + 1000) run.heard = now;
  run.ticked = now;
  if (now - run.heard > SILENT_AFTER) return stop("silent");
  run.timer = setTimeout(tick, run.every);
  // Among many, one at a time: a place that a second one took is somebody else's.
  const room = run.every > CROWDED ? 1 : ON_THEIR_WAY;
  if (document.hidden || run.waiting >= room || !video.videoWidth) return;
  ask(run, grab(), { width: canvas.width, height: canvas.height, seconds: now / 1000 });
};

const ask = async (mine, frame, shot) => {
  const number = ++mine.sent;
  mine.waiting += 1;
  const question = { visitor: mine.visitor, frame, smoothing: Number(smoothing.value), settings: page.settings };
  const answer = await server.recognize_frame(question).catch(() => null);
  mine.waiting -= 1;
  if (mine !== run) return;
  if (!answer) return keepPace(2 * run.every);
  run.heard = performance.now();
  if (answer.error) return refused(answer.error);
  if (answer.busy) return comeAgain(1000 * answer.pause);
  run.errors = 0;
  keepPace(1000 * answer.pause);
  run.answers.push(run.heard);
  run.ms = answer.ms;
  // An answer that was overtaken by a later one is old news.
  if (number > run.drawn) {
    run.drawn = number;
    show(answer.faces, shot);
  }
};

// The server says how often it wants a frame, so that all visitors have the same share of it,
// and to whom it refused one, when to send another.
const bounded = (pause) => Math.min(SLOWEST, Math.max(FASTEST, pause));

const keepPace = (pause) => {
  run.every = bounded(pause);
  sayWhySlow(pause);
};

const comeAgain = (pause) => {
  clearTimeout(run.timer);
  run.timer = setTimeout(tick, bounded(pause));
  sayWhySlow(Math.max(pause, run.every));
};

const sayWhySlow = (pause) => {
  if (pause > CROWDED) say(".crowded", "crowded");
  else if (pause < CROWDED / 2) say(".crowded");
};

const refused = (reason) => {
  run.errors += 1;
  if (run.errors >= REFUSED_AFTER) stop("refused", { reason });
};

const show = (faces, { seconds, ...size }) => {
  run.ids = faces.map(({ id }) => id);
  chart.add(faces, seconds);
  keepFocus();
  const focused = run.ids.indexOf(run.focus);
  page.drawBoxes(boxes, faces, { ...size, mirrored: find(".mirror").checked }, focused);
  if (focused >= 0) showFace(faces[focused]);
  else if (run.focus === undefined) showFace(null);
};

// Stays with a person until they leave, whoever is nearer.
const keepFocus = () => {
  const now = performance.now();
  if (run.ids.includes(run.focus)) run.seen = now;
  else if (now - run.seen > STAYS) {
    run.focus = run.ids[0];
    if (run.focus !== undefined) chart.follow(run.focus, false);
    run.seen = now;
  }
};

const NONE = { probabilities: Object.fromEntries(Object.keys(props.value.colours).map((name) => [name, 0])) };

// Without a face the bars stay where they are, empty: nothing below them jumps.
const showFace = (face) => {
  panel.classList.toggle("empty", !face);
  find(".headline").textContent = face ? page.headline(face) : page.text("webcam.looking");
  page.drawBars(find(".bars"), face ?? NONE);
};

const paint = () => {
  const now = performance.now();
  chart.draw(now / 1000);
  run.answers = run.answers.filter((time) => now - time < 1000);
  if (run.ms !== undefined) say(".speed", "speed", { n: run.answers.length, ms: Math.round(run.ms) });
};

const showSmoothing = () => {
  const seconds = page.number(Number(smoothing.value), { minimumFractionDigits: 1 });
  find(".smoothing output").textContent = page.text("webcam.seconds", { n: seconds });
  smoothing.setAttribute("aria-valuetext", find(".smoothing output").textContent);
};

element.addEventListener("click", (event) => {
  if (event.target.closest(".start")) start();
  if (event.target.closest(".stop")) {
    stop();
    find(".start").focus();
  }
  const box = event.target.closest("[data-face]");
  if (!box || !run) return;
  run.focus = run.ids[box.dataset.face];
  chart.follow(run.focus, true);
});
find(".cameras").addEventListener("change", (event) => start(event.target.value));
find(".mirror").addEventListener("change", (event) => mirror(event.target.checked));
smoothing.addEventListener("input", showSmoothing);
document.addEventListener("page-language", showSmoothing);
mirror(true);
showSmoothing();
