// The live camera: frames go to the server as JPEG text, numbers come back and are drawn here.
const FRAME_SIDE = 640; // pixels; the faces of people before a laptop are large enough at that
const FRAME_EVERY = 50; // ms: at most 20 frames a second
const ON_THEIR_WAY = 2; // frames; the second hides the time on the network
const GIVE_UP_AFTER = 10; // failures in a row

const PROBLEMS = {
  insecure: "Browsers give out the camera only on https pages and on localhost. Open this page that way.",
  NotAllowedError: "The browser was not allowed to use the camera. Allow it, by the symbol beside the address, and start again.",
  NotFoundError: "There is no camera. Connect one, and start again.",
  NotReadableError: "The camera is in use by another program. Close that, and start again.",
  ended: "The camera was disconnected.",
  server: "The server does not answer. Wait a moment, and start again.",
};
PROBLEMS.OverconstrainedError = PROBLEMS.NotFoundError;

const find = (selector) => element.querySelector(selector);
const [video, boxes, panel] = [find("video"), find(".boxes"), find(".panel")];
const canvas = document.createElement("canvas");

// What belongs to one run of the camera; null while it is off.
let run = null;

const stop = (problem = "") => {
  run?.stream.getTracks().forEach((track) => track.stop());
  clearInterval(run?.timer);
  run = null;
  video.srcObject = null;
  boxes.replaceChildren();
  find(".live").hidden = true;
  find(".notice").hidden = false;
  find(".problem").textContent = problem;
};

const listCameras = async (stream) => {
  const devices = await navigator.mediaDevices.enumerateDevices();
  const cameras = devices.filter(({ kind }) => kind === "videoinput");
  const current = stream.getVideoTracks()[0].getSettings().deviceId;
  const options = cameras.map(({ deviceId, label }, index) =>
    page.make("option", "", { value: deviceId, textContent: label || `Camera ${index + 1}` }));
  const select = find(".cameras");
  select.replaceChildren(...options);
  select.value = current;
  select.hidden = cameras.length < 2;
};

const openCamera = (deviceId) => {
  const which = deviceId ? { deviceId: { exact: deviceId } } : { facingMode: "user" };
  const size = { width: { ideal: 640 }, height: { ideal: 480 } };
  return navigator.mediaDevices.getUserMedia({ video: { ...size, ...which } });
};

const start = async (deviceId) => {
  stop();
  if (!navigator.mediaDevices) return stop(PROBLEMS.insecure);
  find(".start").disabled = true;
  try {
    await play(await openCamera(deviceId));
  } catch (error) {
    stop(PROBLEMS[error.name] ?? `The camera could not be started: ${error.message}`);
  } finally {
    find(".start").disabled = false;
  }
};

const play = async (stream) => {
  run = { stream, visitor: crypto.randomUUID(), sent: 0, drawn: 0, waiting: 0, failures: 0, answers: [] };
  stream.getVideoTracks()[0].addEventListener("ended", () => stop(PROBLEMS.ended));
  video.srcObject = stream;
  await video.play();
  await listCameras(stream);
  find(".notice").hidden = true;
  find(".live").hidden = false;
  find(".stop").focus();
  run.timer = setInterval(tick, FRAME_EVERY);
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
  if (document.hidden || run.waiting >= ON_THEIR_WAY || !video.videoWidth) return;
  ask(run, grab(), { width: canvas.width, height: canvas.height });
};

const ask = async (mine, frame, size) => {
  const number = ++mine.sent;
  mine.waiting += 1;
  const answer = await server.recognize_frame({ visitor: mine.visitor, frame, settings: page.settings }).catch(() => null);
  mine.waiting -= 1;
  if (mine !== run) return;
  if (!answer?.faces) return fail();
  mine.failures = 0;
  mine.answers.push(performance.now());
  // An answer that was overtaken by a later one is old news.
  if (number > mine.drawn) {
    mine.drawn = number;
    draw(answer, size);
  }
};

const fail = () => {
  run.failures += 1;
  if (run.failures >= GIVE_UP_AFTER) stop(PROBLEMS.server);
};

const draw = ({ faces, ms }, size) => {
  // Stays with a person until they leave, whoever is nearer.
  if (!faces.some(({ id }) => id === run.focus)) run.focus = faces[0]?.id;
  const focused = faces.findIndex(({ id }) => id === run.focus);
  run.ids = faces.map(({ id }) => id);
  page.drawBoxes(boxes, faces, { ...size, mirrored: find(".mirror").checked }, focused);
  panel.hidden = faces.length === 0;
  find(".waiting").hidden = faces.length > 0;
  if (faces.length > 0) {
    find(".headline").textContent = page.headline(faces[focused]);
    page.drawBars(find(".bars"), faces[focused]);
  }
  const now = performance.now();
  run.answers = run.answers.filter((time) => now - time < 1000);
  find(".speed").textContent = `${run.answers.length} frames/s, ${Math.round(ms)} ms each`;
};

element.addEventListener("click", (event) => {
  if (event.target.closest(".start")) start();
  if (event.target.closest(".stop")) {
    stop();
    find(".start").focus();
  }
  const box = event.target.closest("[data-face]");
  if (box && run) run.focus = run.ids[box.dataset.face];
});
find(".cameras").addEventListener("change", (event) => start(event.target.value));
find(".mirror").addEventListener("change", (event) => {
  video.classList.toggle("mirrored", event.target.checked);
});
video.classList.add("mirrored");
