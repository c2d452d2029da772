/** A picture in a frame that it fits into, to be looked at closer. The browser scrolls, with arrow keys too. */

const MOST = 12;
const STEP = 1.5; // a press of a key

/**
 * @param {HTMLElement} stage the frame, which scrolls
 * @param {HTMLElement} picture what lies in it
 * @param {() => void} onSize what to do when the picture has another size
 */
export const zoomable = (stage, picture, onSize) => {
  let ratio = 4 / 3; // width by height
  let zoom = 1;

  const layout = () => {
    const wide = Math.min(stage.clientWidth, stage.clientHeight * ratio) * zoom;
    Object.assign(picture.style, { width: `${wide}px`, height: `${wide / ratio}px` });
    stage.classList.toggle("zoomed", zoom > 1);
    onSize();
  };

  /**
   * Closer by a factor, with the same point of the picture at a place of the window.
   * @param {number} factor 0 shows the whole picture
   * @param {{clientX: number, clientY: number}} [at] the middle of the frame, if left out
   */
  const closer = (factor, at) => {
    const { left, top, width, height } = stage.getBoundingClientRect();
    const { clientX: x, clientY: y } = at ?? { clientX: left + width / 2, clientY: top + height / 2 };
    const before = picture.getBoundingClientRect();
    zoom = Math.min(Math.max(zoom * factor, 1), MOST);
    layout();
    const after = picture.getBoundingClientRect();
    const grown = after.width / before.width;
    stage.scrollBy(after.left - x + (x - before.left) * grown, after.top - y + (y - before.top) * grown);
  };

  const KEYS = { "+": () => closer(STEP), "=": () => closer(STEP), "-": () => closer(1 / STEP), 0: () => closer(0) };
  stage.addEventListener("keydown", (event) => {
    if (!event.ctrlKey && !event.metaKey) KEYS[event.key]?.();
  });

  // A pinch on a touchpad comes with the control key, too.
  stage.addEventListener("wheel", (event) => {
    if (!event.ctrlKey && !event.metaKey) return;
    event.preventDefault();
    closer(Math.exp(-event.deltaY / 300), event);
  }, { passive: false });

  let apart = 0; // pixels between two fingers
  stage.addEventListener("touchmove", (event) => {
    const [a, b] = event.touches;
    if (!b) return;
    event.preventDefault();
    const now = Math.hypot(a.clientX - b.clientX, a.clientY - b.clientY);
    if (apart) closer(now / apart, a);
    apart = now;
  }, { passive: false });
  stage.addEventListener("touchend", () => { apart = 0; });

  let dragged = 0; // pixels
  stage.addEventListener("pointerdown", () => { dragged = 0; });
  stage.addEventListener("pointermove", (event) => {
    if (event.pointerType !== "mouse" || event.buttons !== 1) return;
    stage.scrollBy(-event.movementX, -event.movementY);
    dragged += Math.abs(event.movementX) + Math.abs(event.movementY);
  });
  // The end of a movement is no click on a face.
  stage.addEventListener("click", (event) => dragged > 2 && zoom > 1 && event.stopPropagation(), true);
  new ResizeObserver(layout).observe(stage);

  return {
    closer,
    /** @param {number} width @param {number} height */
    show: (width, height) => {
      [ratio, zoom] = [width / height, 1];
      layout();
    },
    /**
     * Moves a place, in shares of the picture, to the middle.
     * @param {number} across @param {number} along @param {number} [least] how close at least
     */
    goTo: (across, along, least = 1) => {
      zoom = Math.max(zoom, least);
      layout();
      stage.scrollTo(
        across * picture.offsetWidth - stage.clientWidth / 2, along * picture.offsetHeight - stage.clientHeight / 2,
      );
    },
  };
};
