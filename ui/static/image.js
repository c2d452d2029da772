/** The image tab: choosing a picture, and what was found on it; see ui/image_tab.py. */
import { csvOf } from "./batch_files.js";
import { closeCamera, openCamera, problemOf } from "./camera.js";
import { takeFiles } from "./drop.js";
import {
  asked, count, drawBoxes, drawShares, finder, isUncertain, label, LABELS, leastCertain, make, nameOf, number,
  onClick, paint, percent, send, settings, showFace, text, translate, uploadProblem,
} from "./faces.js";
import { blobOf, readPicture, shrink } from "./picture.js";
import { zoomable } from "./stage.js";
import { canShare, copy, mark, save, share, stem } from "./take_away.js";

const CROWD = 7; // faces, from which on a summary comes first

// What is tall or wide beyond this is looked at in parts.
const RATIOS = [0.5, 3];

// What counted least and most: red, green, blue and opacity. The face below stays visible.
const [LITTLE, MUCH] = [[20, 11, 53, 158], [252, 225, 92, 140]];

/** @param {import("./types").Component} component */
export default ({ element, props, trigger, server }) => {
  const find = finder(element);
  const [result, image, boxes, strip, panel] =
    [".result", ".picture img", ".boxes", ".strip", ".panel"].map(find);

  /** What is chosen: {name, url, open, picture}. @type {any} */
  let chosen = null;
  /** The server's answer about it, null until it is there. @type {any} */
  let photo = null;
  let focused = 0; // the index of a face
  let questions = 0; // so many; only the last one's answer counts
  /** @type {MediaStream | null} */
  let stream = null;

  const draw = () => photo && drawBoxes(boxes, photo.faces, photo.record, focused);
  const stage = zoomable(find(".stage"), find(".picture"), draw);

  // Choosing.

  // Shown at once: to shrink a large picture takes a second. Over a slow line an example takes longer,
  // and the `small` picture that was pressed stands in for it.
  const choose = async (/** @type {string} */ name, /** @type {string} */ url, open, small = null) => {
    if (chosen) URL.revokeObjectURL(chosen.url);
    putAway();
    [chosen, focused] = [{ name, url, open, picture: null }, 0];
    forget();
    if (small) fitStage(4 * small.naturalWidth, 4 * small.naturalHeight);
    find(".picture").style.backgroundImage = small && `url(${small.src})`;
    setPicture(url);
    await ask();
  };

  const takeFile = (/** @type {File} */ file) => choose(file.name, URL.createObjectURL(file), async () => file);

  /** @param {string | null} url */
  const setPicture = (url) => {
    if (url) image.src = url;
    else image.removeAttribute("src");
    find(".picture").hidden = !url;
    find(".unseen").hidden = Boolean(url);
  };

  const fitStage = (/** @type {number} */ width, /** @type {number} */ height) => {
    const ratio = Math.min(Math.max(width / height, RATIOS[0]), RATIOS[1]);
    result.style.setProperty("--ratio", ratio);
    result.style.setProperty("--width", `${width}px`);
    stage.show(width, height);
  };

  image.addEventListener("load", () => {
    image.alt = text("image.alt", { name: chosen?.name ?? "" });
    fitStage(image.naturalWidth, image.naturalHeight);
    find(".stage").scrollIntoView({ block: "nearest" });
  });
  image.addEventListener("error", () => setPicture(null));

  // Asking.

  const busy = (/** @type {boolean} */ waiting) => {
    find(".waiting").hidden = !waiting;
    result.setAttribute("aria-busy", String(waiting));
    if (waiting) find(".summary").textContent = text("image.working");
  };

  const ask = async () => {
    const question = ++questions;
    busy(true);
    const answer = await answerFor(chosen);
    if (question !== questions) return;
    if (answer.picture) setPicture(answer.picture);
    // Loading after it would undo a closer look at a face.
    await image.decode().catch(() => {});
    if (question !== questions) return;
    busy(false);
    photo = answer.problem ? null : answer;
    if (photo) return show();
    find(".summary").textContent = "";
    boxes.replaceChildren();
    explain(answer.problem, { name: chosen.name, reason: answer.error });
  };

  const answerFor = async (mine) => {
    try {
      mine.picture ??= await readPicture(await mine.open(), props.limits.pixels);
      if (mine.picture.file.size > props.limits.original) return { problem: "too_large" };
      if (mine !== chosen) return null;
      const sent = await send("image", mine.picture.file);
      const question = { upload: sent, name: mine.name, settings, show: !mine.picture.readable };
      // Gradio gives nothing for a question that was lost on its way.
      return (await server.read_picture(question)) ?? { problem: "no_answer" };
    } catch (error) {
      return { problem: uploadProblem(error) };
    }
  };

  // What went wrong stands where the result would, with what to do about it.

  const REMEDIES = {
    busy: ["image.try_again", () => ask()],
    no_answer: ["image.try_again", () => ask()],
    no_face: ["image.fainter", () => {
      triedFainter = true;
      trigger("fainter");
    }],
  };

  let remedy = () => {};
  let triedFainter = false;

  const explain = (/** @type {string} */ problem, values = {}) => {
    const other = ["image.choose_another", () => find(".files").click()];
    const known = problem === "no_face" && triedFainter ? other : REMEDIES[problem];
    const [words, act] = known ?? other;
    remedy = act;
    find(".problem-box").hidden = false;
    find(".found").hidden = find(".take-away").hidden = true;
    find(".problem-box h2").textContent = text(problem === "no_face" ? "labels.no_face" : "image.failed");
    find(".problem-box p").textContent = text(`image.${problem}`, values);
    find(".remedy").textContent = text(words);
  };

  const forget = () => {
    photo = null;
    setPicture(null);
    result.hidden = false;
    find(".problem-box").hidden = find(".crowd").hidden = find(".counted").hidden = find(".take-away").hidden = true;
    find(".found").hidden = false;
    boxes.replaceChildren();
    strip.replaceChildren();
    look(null);
  };

  // Showing.

  const show = () => {
    const found = photo.faces;
    find(".problem-box").hidden = true;
    const n = count("labels.faces", found.length);
    const ms = Object.values(photo.record.ms).reduce((sum, stage) => sum + stage, 0);
    find(".summary").textContent = found.length
      ? text("image.summary", { faces: n, ms: number(Math.round(ms)) }) : text("labels.no_face");
    if (found.length === 0) return explain("no_face");
    find(".found").hidden = find(".take-away").hidden = false;
    find("[data-take=share]").hidden = !canShare();
    find(".crowd").hidden = found.length < CROWD;
    strip.classList.toggle("grid", found.length >= CROWD);
    if (found.length >= CROWD) showShares(found);
    strip.replaceChildren(...inOrder(found).map((index) => buildTab(found[index], index)));
    focus(Math.min(focused, found.length - 1), false);
  };

  const showShares = (/** @type {any[]} */ found) => {
    const counts = drawShares(find(".shares"), found);
    find(".crowd .headline").textContent = count("labels.faces", found.length);
    find(".counts").textContent = counts.map(({ name, n }) => `${number(n)} ${label(name)}`).join(", ");
  };

  const inOrder = (/** @type {any[]} */ found) => {
    const order = found.map((_, index) => index);
    const by = found.length >= CROWD ? find(".sort select").value : "size";
    const place = (/** @type {number} */ index) => LABELS.indexOf(found[index].label);
    const surer = (/** @type {number} */ a, /** @type {number} */ b) => found[b].confidence - found[a].confidence;
    if (by === "certainty") order.sort(surer);
    if (by === "expression") order.sort((a, b) => place(a) - place(b) || surer(a, b));
    return order;
  };

  const buildTab = (face, /** @type {number} */ index) => {
    const tab = make("label", "tab", { title: `${nameOf(face)} ${percent(face.confidence)}` });
    paint(tab, face.label);
    const radio = make("input", "unseen-input", { type: "radio", name: "face", value: index, checked: index === focused });
    radio.ariaLabel = text("labels.face_named", { n: index + 1, name: tab.title });
    const crop = make("img", "", { src: face.crop, alt: "" });
    tab.append(radio, crop, make("span", "", { textContent: nameOf(face) }));
    return tab;
  };

  const look = (face) => {
    showFace(panel, face, "…");
    const note = panel.querySelector(".note");
    const isVague = face && isUncertain(face);
    note.textContent = isVague ? text("image.uncertain_note", { share: percent(leastCertain()) }) : "";
    find(".counted").hidden = !face?.attention;
    if (face?.attention) showAttention(face);
  };

  // A pixel for each number, over the face; the browser smooths them when it enlarges the canvas.
  const showAttention = (face) => {
    const canvas = find(".closer canvas");
    const values = face.attention.flat();
    const nothing = values.every((/** @type {number} */ value) => value === 0);
    const colours = values.flatMap((/** @type {number} */ value) => LITTLE.map((from, i) => from + (MUCH[i] - from) * value));
    Object.assign(canvas, { width: face.attention[0].length, height: face.attention.length });
    canvas.getContext("2d").putImageData(new ImageData(new Uint8ClampedArray(colours), canvas.width), 0, 0);
    canvas.setAttribute("aria-label", text("image.attention_alt", { n: focused + 1 }));
    find(".closer img").src = face.crop;
    find(".closer p").textContent = text(`image.attention_${nothing ? "none" : "text"}`, { label: label(face.label) });
  };

  const focus = (/** @type {number} */ index, move = true) => {
    focused = index;
    const radio = strip.querySelector(`[value="${index}"]`);
    radio.checked = true;
    const tab = radio.parentElement;
    strip.scrollTo({
      left: tab.offsetLeft + (tab.offsetWidth - strip.clientWidth) / 2,
      top: tab.offsetTop + (tab.offsetHeight - strip.clientHeight) / 2,
    });
    look(photo.faces[index]);
    const { box } = photo.faces[index];
    const { width, height } = photo.record;
    const narrow = Math.max(width / height / RATIOS[1], RATIOS[0] / (width / height));
    if (move || narrow > 1) {
      stage.goTo((box[0] + box[2]) / 2 / width, (box[1] + box[3]) / 2 / height, narrow);
    } else draw();
  };

  // Taking it away.

  const marked = () => mark(server, chosen.picture.file, photo.faces);

  const TAKE = {
    save: async () => save(await marked(), `${stem(chosen.name)}-expressions.jpg`),
    copy: async () => {
      await copy(marked());
      find(".taken").textContent = text("image.copied");
    },
    share: async () => share(await marked(), `${stem(chosen.name)}-expressions.jpg`),
    json: () => save(new Blob([JSON.stringify(photo.record, null, 2)], { type: "application/json" }), `${stem(chosen.name)}.json`),
    csv: () => save(new Blob([csvOf(props.columns, [photo.record], "")], { type: "text/csv" }), `${stem(chosen.name)}.csv`),
  };

  const takeAway = async (kind) => {
    find(".taken").textContent = "";
    try {
      await TAKE[kind]();
    } catch {
      find(".taken").textContent = text("image.not_taken");
    }
  };

  // A still from the camera.

  const putAway = () => {
    closeCamera(stream);
    stream = null;
    find(".camera").hidden = true;
  };

  const openView = async () => {
    find(".camera").hidden = false;
    find(".camera .problem").textContent = "";
    find(".shoot").hidden = find(".camera video").hidden = false;
    try {
      stream = await openCamera(1280);
      find(".camera video").srcObject = stream;
      await find(".camera video").play();
    } catch (error) {
      find(".shoot").hidden = find(".camera video").hidden = true;
      find(".camera .problem").textContent = text(...problemOf(error));
    }
  };

  const shoot = async () => {
    const still = await createImageBitmap(find(".camera video"));
    takeFile(new File([await blobOf(shrink(still, still.width, still.height))], "camera.jpg", { type: "image/jpeg" }));
  };

  // Wiring.

  const buildExample = ({ name, caption, picture }) => {
    const button = make("button", "example", { type: "button" });
    const words = make("span", "", { textContent: text(caption) });
    words.dataset.text = caption;
    const small = make("img", "", { src: picture, alt: "" });
    button.append(small, words);
    const url = `examples/${name}.jpg`;
    button.addEventListener("click", () => choose(`${name}.jpg`, url, async () => (await fetch(url)).blob(), small));
    const item = make("li");
    item.append(button);
    return item;
  };

  find(".gallery").replaceChildren(...props.value.map(buildExample));
  onClick(element, {
    ".take": openView, ".put-away": putAway, ".shoot": shoot, ".remedy": () => remedy(),
    "[data-face]": (face) => focus(Number(face.dataset.face)),
    "[data-take]": (button) => takeAway(button.dataset.take),
    "[data-zoom]": ({ dataset }) => stage.closer(Number(dataset.zoom)),
  });
  find(".sort select").addEventListener("change", () => show());
  // A group of radio buttons: the browser's arrow keys walk along the faces.
  strip.addEventListener("change", ({ target }) => focus(Number(target.value)));

  // A threshold changes words only; everything else asks again, with the picture that is here.
  let last = asked(settings);
  document.addEventListener("page-settings", () => {
    const changed = asked(settings) !== last;
    last = asked(settings);
    if (chosen && changed) ask();
    else if (photo) show();
  });
  document.addEventListener("page-language", () => photo && show());
  translate(element);
  takeFiles(find(".files"), ([file]) => takeFile(file));
};
