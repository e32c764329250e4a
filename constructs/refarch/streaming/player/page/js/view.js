// The sphere and the eye in it: its texture, turning by keys, device motion, headset, full screen.

const STEP = Math.PI / 18;
const UPRIGHT = Math.PI / 2;
const ZOOM = { min: 40, max: 100, step: 10 };
const TURNS = { ArrowLeft: [1, 0], ArrowRight: [-1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] };

export const byId = (id) => document.getElementById(id);
const scene = () => document.querySelector("a-scene");

/** Whether the machine can draw a sphere at all. */
export function hasWebGl() {
  const canvas = document.createElement("canvas");
  return Boolean(canvas.getContext("webgl2") || canvas.getContext("webgl"));
}

/** Puts the video on the sphere once it has a picture: a texture of nothing is a warning in the console. */
export function paint({ repeat, offset }) {
  byId("sphere").setAttribute("material", `shader: flat; side: back; color: #fff; src: #video; repeat: ${repeat}; offset: ${offset}`);
}

/** Turns, zooms or straightens the view; false where the key means nothing here. */
export function turn(key) {
  const { yawObject, pitchObject } = byId("camera").components["look-controls"];
  if (TURNS[key]) {
    yawObject.rotation.y += TURNS[key][0] * STEP;
    pitchObject.rotation.x = Math.max(-UPRIGHT, Math.min(UPRIGHT, pitchObject.rotation.x + TURNS[key][1] * STEP));
  } else if (key === "Home") yawObject.rotation.y = pitchObject.rotation.x = 0;
  else if (key === "+" || key === "-") zoom(key === "+" ? -ZOOM.step : ZOOM.step);
  else return false;
  return true;
}

function zoom(by) {
  const { fov } = byId("camera").getAttribute("camera");
  byId("camera").setAttribute("camera", "fov", Math.max(ZOOM.min, Math.min(ZOOM.max, fov + by)));
}

/** Phones and tablets (iOS first) ask the viewer before a page feels their motion, and only after a tap. */
export function offerMotion(button) {
  const sensor = window.DeviceOrientationEvent;
  button.hidden = !sensor?.requestPermission || !matchMedia("(pointer: coarse)").matches;
  button.addEventListener("click", async () => {
    const answer = await sensor.requestPermission().catch(() => "denied");
    if (answer === "granted") scene().emit("deviceorientationpermissiongranted");
    button.hidden = answer === "granted";
  });
}

export async function offerHeadset(button) {
  button.addEventListener("click", () => scene().enterVR());
  button.hidden = !(await navigator.xr?.isSessionSupported("immersive-vr").catch(() => false));
}

export function offerFullscreen(button) {
  button.hidden = !document.fullscreenEnabled;
  button.addEventListener("click", toggleFullscreen);
  document.addEventListener("fullscreenchange", () => {
    button.textContent = document.fullscreenElement ? "Leave full screen" : "Full screen";
  });
}

export function toggleFullscreen() {
  if (document.fullscreenElement) document.exitFullscreen();
  else document.documentElement.requestFullscreen?.().catch(() => {});
}
