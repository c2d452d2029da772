/** The live camera: frames go to the server as JPEG text, numbers come back and are drawn here. */
import { closeCamera, openCamera, problemOf } from "./camera.js";
import {
  drawBoxes, finder, make, number, onClick, randomName, settings, showFace, text, translate,
} from "./faces.js";
import { mark, save } from "./take_away.js";
import { minuteChart } from "./webcam_chart.js";

const FRAME_SIDE = 640; // pixels; enough for people before a laptop
const FASTEST = 50; // ms from one frame to the next: at most 20 a second
const BUSY_PAUSE = 300; // ms, and up to twice as many, until a server that is busy is asked again
const CROWDED_FOR = 2000; // ms for which the visitor is told so
const ASLEEP = 3000; // ms; a page that was not run for so long was asleep itself
const SILENT_AFTER = 10_000; // ms
const REFUSED_AFTER = 3; // errors in a row: one damaged frame is none
const STAYS = 1000; // ms for which a face may be missing and stays chosen, as in emotion/video/tracking.py

/** @param {import("./types").Component} component */
export default ({ element, server }) => {
  const find = finder(element);
  const [webcam, video, boxes, panel, smoothing] =
    [".webcam", "video", ".boxes", ".panel", ".smoothing input"].map(find);
  const canvas = make("canvas");
  const chart = minuteChart(find(".minute"));
  const still = matchMedia("(prefers-reduced-motion: reduce)");

  /** What belongs to one run of the camera; null while it is off. @type {any} */
  let run = null;

  const say = (/** @type {string} */ selector, /** @type {string} */ key = "", values = {}) => {
    find(selector).textContent = key && text(key, values);
  };

  const release = () => {
    closeCamera(run?.stream);
    clearTimeout(run?.timer);
    clearInterval(run?.painter);
    run = null;
    video.srcObject = null;
    boxes.replaceChildren();
  };

  // The chart stays, to be looked at and saved.
  const stop = (/** @type {string} */ problem = "", values = {}) => {
    if (run) find(".session").textContent = chart.whole();
    release();
    if (document.fullscreenElement) document.exitFullscreen();
    webcam.classList.add("off");
    say(".problem", problem, values);
  };

  const listCameras = async (/** @type {MediaStreamTrack} */ track) => {
    const devices = await navigator.mediaDevices.enumerateDevices();
    const cameras = devices.filter(({ kind }) => kind === "videoinput");
    const select = find(".cameras");
    select.replaceChildren(...cameras.map(({ deviceId, label }, index) => make("option", "", {
      value: deviceId, textContent: label || text("webcam.camera_number", { n: index + 1 }),
    })));
    select.value = track.getSettings().deviceId;
    select.hidden = cameras.length < 2;
  };

  const start = async (/** @type {string} */ deviceId = undefined) => {
    release();
    find(".start").disabled = true;
    say(".problem");
    say(".asking", "webcam.asking");
    try {
      await play(await openCamera(FRAME_SIDE, deviceId));
    } catch (error) {
      stop(...problemOf(error));
    } finally {
      find(".start").disabled = false;
      say(".asking");
    }
  };

  const play = async (/** @type {MediaStream} */ stream) => {
    const [track] = stream.getVideoTracks();
    const mine = {
      stream, camera: randomName("camera"), errors: 0, answers: [], ids: [], seen: 0, busyAt: -Infinity,
    };
    run = mine;
    track.addEventListener("ended", () => mine === run && stop("webcam.ended"));
    video.srcObject = stream;
    await video.play();
    await listCameras(track);
    // Stopped meanwhile.
    if (mine !== run) return;
    // A camera that looks away from the visitor is no mirror.
    mirror(track.getSettings().facingMode !== "environment" && find(".mirror").checked);
    chart.clear();
    say(".session");
    showFace(panel, null, text("webcam.looking"));
    webcam.classList.remove("off");
    find(".minute").hidden = false;
    find(".stop").focus({ preventScroll: true });
    run.heard = run.ticked = performance.now();
    run.painter = setInterval(paint, still.matches ? 1000 : 200);
    paint();
    tick();
  };

  const mirror = (/** @type {boolean} */ mirrored) => {
    find(".mirror").checked = mirrored;
    video.classList.toggle("mirrored", mirrored);
  };

  const grab = () => {
    const { videoWidth: width, videoHeight: height } = video;
    const scale = Math.min(1, FRAME_SIDE / Math.max(width, height));
    canvas.width = Math.round(width * scale);
    canvas.height = Math.round(height * scale);
    webcam.style.setProperty("--ratio", canvas.width / canvas.height);
    canvas.getContext("2d").drawImage(video, 0, 0, canvas.width, canvas.height);
    return canvas.toDataURL("image/jpeg", 0.8);
  };

  const tick = async () => {
    // Another tab of this page was opened: the camera's light must not stay on.
    if (element.offsetParent === null && !document.fullscreenElement) return stop();
    const mine = run;
    const now = performance.now();
    // Browsers let hidden pages sleep, and lids are closed: that silence is not the server's.
    if (document.hidden || now - mine.ticked > ASLEEP) mine.heard = now;
    mine.ticked = now;
    if (now - mine.heard > SILENT_AFTER) return stop("webcam.silent");
    let pause = FASTEST;
    if (!document.hidden && video.videoWidth) pause = await ask(mine, now);
    if (mine === run) mine.timer = setTimeout(tick, pause);
  };

  /** One frame and its answer; gives the milliseconds until the next. */
  const ask = async (mine, /** @type {number} */ now) => {
    const image = grab();
    const shot = { width: canvas.width, height: canvas.height, seconds: now / 1000 };
    const question = { camera: mine.camera, image, smoothing: Number(smoothing.value), settings };
    const answer = await Promise.race([
      server.recognize_frame(question).catch(() => null),
      new Promise((resolve) => { setTimeout(resolve, SILENT_AFTER, null); }),
    ]);
    if (mine !== run) return 0;
    if (!answer) return BUSY_PAUSE;
    mine.heard = performance.now();
    if (answer.busy) {
      mine.busyAt = mine.heard;
      return BUSY_PAUSE * (1 + Math.random());
    }
    if (answer.error) {
      mine.errors += 1;
      if (mine.errors >= REFUSED_AFTER) stop("webcam.refused", { reason: answer.error });
      return BUSY_PAUSE;
    }
    mine.errors = 0;
    mine.answers.push(mine.heard);
    mine.ms = answer.ms;
    mine.last = { image, faces: answer.faces };
    show(answer.faces, shot);
    return Math.max(0, FASTEST - (mine.heard - now));
  };

  const show = (/** @type {any[]} */ faces, { seconds, ...size }) => {
    run.ids = faces.map(({ id }) => id);
    chart.add(faces, seconds);
    keepChosen();
    const chosen = run.ids.indexOf(run.chosen);
    drawBoxes(boxes, faces, { ...size, mirrored: find(".mirror").checked }, chosen);
    if (chosen >= 0 || run.chosen === undefined) showFace(panel, faces[chosen], text("webcam.looking"));
  };

  // Stays with a person until they leave, whoever is nearer.
  const keepChosen = () => {
    const now = performance.now();
    if (run.ids.includes(run.chosen)) run.seen = now;
    else if (now - run.seen > STAYS) {
      run.chosen = run.ids[0];
      if (run.chosen !== undefined) chart.follow(run.chosen, false);
      run.seen = now;
    }
  };

  const paint = () => {
    const now = performance.now();
    chart.draw(now / 1000);
    run.answers = run.answers.filter((/** @type {number} */ time) => now - time < 1000);
    if (run.ms !== undefined) say(".speed", "webcam.speed", { n: run.answers.length, ms: Math.round(run.ms) });
    say(".crowded", now - run.busyAt < CROWDED_FOR ? "webcam.crowded" : "");
  };

  const showSmoothing = () => {
    const seconds = number(Number(smoothing.value), { minimumFractionDigits: 1 });
    say(".smoothing output", "webcam.seconds", { n: seconds });
    smoothing.setAttribute("aria-valuetext", find(".smoothing output").textContent);
  };

  // The frame that the boxes on the page belong to, drawn on by the server.
  const snapshot = async () => {
    const { image, faces } = run.last;
    const frame = await (await fetch(image)).blob();
    save(await mark(server, frame, faces), "webcam-expressions.jpg");
  };

  onClick(element, {
    ".start": () => start(),
    ".stop": () => {
      stop();
      find(".start").focus();
    },
    ".snapshot": () => run?.last && snapshot(),
    ".full-screen": () => (document.fullscreenElement ? document.exitFullscreen() : webcam.requestFullscreen()),
    ".minute-csv": () => save(new Blob([chart.csv()], { type: "text/csv" }), "webcam-minute.csv"),
    "[data-face]": (/** @type {HTMLElement} */ box) => {
      if (!run) return;
      run.chosen = run.ids[Number(box.dataset.face)];
      chart.follow(run.chosen, true);
    },
  });
  find(".cameras").addEventListener("change", ({ target }) => start(target.value));
  find(".mirror").addEventListener("change", ({ target }) => mirror(target.checked));
  smoothing.addEventListener("input", showSmoothing);
  document.addEventListener("page-language", showSmoothing);
  find(".full-screen").hidden = !document.fullscreenEnabled;
  translate(element);
  mirror(true);
  showSmoothing();
};
