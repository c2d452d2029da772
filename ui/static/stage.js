/** A picture in a frame that it fits into, and that one can look at closer: buttons, wheel, pinch, keys. */

const MOST = 12;
const KEY_STEP = 40; // pixels that an arrow key moves the picture

/** @param {number} value @param {number} least @param {number} most */
const clamp = (value, least, most) => Math.min(Math.max(value, least), most);

/**
 * @param {HTMLElement} stage the frame
 * @param {HTMLElement} picture what lies in it
 * @param {() => void} onMove what to do when the picture has another size
 */
export const zoomable = (stage, picture, onMove) => {
  let ratio = 4 / 3; // width by height
  let zoom = 1;
  let [x, y] = [0.5, 0.5]; // what lies in the middle of the frame, in shares of the picture
  /** @type {Map<number, PointerEvent>} the fingers or buttons that are down */
  const down = new Map();
  let dragged = false;

  const size = () => {
    const { clientWidth: width, clientHeight: height } = stage;
    const fit = Math.min(width, height * ratio) * zoom;
    return { width, height, wide: fit, high: fit / ratio };
  };

  const layout = () => {
    const { width, height, wide, high } = size();
    const [marginX, marginY] = [Math.min(0.5, width / wide / 2), Math.min(0.5, height / high / 2)];
    [x, y] = [clamp(x, marginX, 1 - marginX), clamp(y, marginY, 1 - marginY)];
    Object.assign(picture.style, {
      width: `${wide}px`, height: `${high}px`,
      left: `${width / 2 - x * wide}px`, top: `${height / 2 - y * high}px`,
    });
    stage.classList.toggle("zoomed", zoom > 1);
    onMove();
  };

  /** @param {number} dx @param {number} dy in pixels of the screen */
  const move = (dx, dy) => {
    const { wide, high } = size();
    [x, y] = [x - dx / wide, y - dy / high];
    layout();
  };

  /**
   * Closer by a factor, with the same point of the picture under (clientX, clientY).
   * @param {number} factor
   * @param {{clientX: number, clientY: number}} [at]
   */
  const closer = (factor, at) => {
    const before = zoom;
    zoom = clamp(zoom * factor, 1, MOST);
    const { left, top, width, height } = stage.getBoundingClientRect();
    const { wide, high } = size();
    const grown = 1 - before / zoom;
    if (at) {
      x += ((at.clientX - left - width / 2) / wide) * (zoom / before) * grown;
      y += ((at.clientY - top - height / 2) / high) * (zoom / before) * grown;
    }
    layout();
  };

  const fit = () => {
    zoom = 1;
    layout();
  };

  const KEYS = {
    "+": () => closer(1.5), "=": () => closer(1.5), "-": () => closer(1 / 1.5), 0: fit,
    ArrowLeft: () => move(KEY_STEP, 0), ArrowRight: () => move(-KEY_STEP, 0),
    ArrowUp: () => move(0, KEY_STEP), ArrowDown: () => move(0, -KEY_STEP),
  };

  stage.addEventListener("keydown", (event) => {
    const act = KEYS[event.key];
    if (!act || event.ctrlKey || event.metaKey || (event.key.startsWith("Arrow") && zoom === 1)) return;
    event.preventDefault();
    act();
  });

  // Without a key, the wheel scrolls the page, as long as the whole picture is in sight.
  stage.addEventListener("wheel", (event) => {
    if (!event.ctrlKey && !event.metaKey && zoom === 1) return;
    event.preventDefault();
    closer(Math.exp(-event.deltaY / 300), event);
  }, { passive: false });

  const apart = () => {
    const [a, b] = [...down.values()];
    return Math.hypot(a.clientX - b.clientX, a.clientY - b.clientY);
  };

  stage.addEventListener("pointerdown", (event) => {
    down.set(event.pointerId, event);
    dragged = false;
  });
  stage.addEventListener("pointermove", (event) => {
    const last = down.get(event.pointerId);
    if (!last) return;
    const before = down.size === 2 ? apart() : 0;
    down.set(event.pointerId, event);
    const [dx, dy] = [event.clientX - last.clientX, event.clientY - last.clientY];
    if (down.size === 2) closer(apart() / before, event);
    else if (zoom > 1) move(dx, dy);
    dragged ||= Math.abs(dx) + Math.abs(dy) > 2;
  });
  ["pointerup", "pointercancel", "pointerleave"].forEach((name) => {
    stage.addEventListener(name, (event) => down.delete(/** @type {PointerEvent} */ (event).pointerId));
  });
  // The end of a movement is no click on a face.
  stage.addEventListener("click", (event) => dragged && zoom > 1 && event.stopPropagation(), true);
  new ResizeObserver(layout).observe(stage);

  return {
    closer,
    fit,
    /** @param {number} width @param {number} height */
    show: (width, height) => {
      ratio = width / height;
      zoom = 1;
      layout();
    },
    /**
     * Moves to a place, in shares of the picture, where the whole is not in sight.
     * @param {number} across @param {number} along @param {number} [least] how close at least
     */
    goTo: (across, along, least = 1) => {
      zoom = Math.max(zoom, least);
      if (zoom > 1) [x, y] = [across, along];
      layout();
    },
  };
};
