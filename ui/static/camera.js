/** Opening a camera, and why one can't be opened. */

const PROBLEMS = {
  NotAllowedError: "denied",
  NotFoundError: "no_camera",
  OverconstrainedError: "no_camera",
  NotReadableError: "in_use",
  AbortError: "in_use",
};

/**
 * @param {number} width the width in pixels to ask for
 * @param {string} [deviceId] one camera out of several
 */
export const openCamera = (width, deviceId) => {
  if (!navigator.mediaDevices) throw new DOMException("", "insecure");
  const which = deviceId ? { deviceId: { exact: deviceId } } : { facingMode: "user" };
  const size = { width: { ideal: width }, height: { ideal: (width * 3) / 4 } };
  return navigator.mediaDevices.getUserMedia({ video: { ...size, ...which } });
};

/**
 * The key of a text in ui/texts/webcam.json, and its values.
 * @param {Error} error
 * @returns {[string, Record<string, unknown>?]}
 */
export const problemOf = (error) => {
  if (error.name === "insecure") return ["webcam.insecure"];
  if (error.name in PROBLEMS) return [`webcam.${PROBLEMS[error.name]}`];
  return ["webcam.other", { reason: error.message }];
};

/** @param {MediaStream | null} stream */
export const closeCamera = (stream) => stream?.getTracks().forEach((track) => track.stop());
