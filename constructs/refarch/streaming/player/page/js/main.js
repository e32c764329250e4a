// Puts the parts together.

import { layout, streamAddress, wantsNative } from "./address.js";
import { Controls } from "./controls.js";
import { engine as engineFor } from "./engines.js";
import { MESSAGES } from "./messages.js";
import { Metrics, contentId } from "./metrics.js";
import { probe } from "./probe.js";
import { Session } from "./session.js";
import { byId, hasWebGl, paint } from "./view.js";

const video = byId("video");
const blocked = new Set();
document.addEventListener("securitypolicyviolation", (event) => blocked.add(event.blockedURI));

function show(key) {
  byId("status").textContent = MESSAGES[key] ?? "";
  document.body.dataset.state = key || "playing";
}

async function settings() {
  try {
    return await (await fetch("settings.json")).json();
  } catch {
    return {};
  }
}

function metrics(url, session, { beacon = "" }) {
  const send = (to) => fetch(to, { mode: "no-cors", keepalive: true, credentials: "omit", cache: "no-store" }).catch(() => {});
  const target = beacon && new URL(beacon, url).href;
  const made = new Metrics({ target, session, content: contentId(url), send });
  video.addEventListener("playing", () => made.playing());
  video.addEventListener("waiting", () => !video.seeking && made.waiting());
  for (const name of ["pause", "ended", "seeking"]) video.addEventListener(name, () => made.excused());
  addEventListener("pagehide", () => made.leaving());
  return made;
}

function play(url, told) {
  const id = crypto.randomUUID?.() ?? Math.random().toString(36).slice(2);
  const log = metrics(url, id, told);
  const cmcd = ["query", "headers"].includes(told.cmcd) && { sessionId: id, contentId: contentId(url), useHeaders: told.cmcd === "headers" };
  let controls;
  let session;
  const on = {
    levels: () => {
      controls.levels();
      if (controls.wanted) controls.play();
    },
    level: (level) => {
      const { width, height, bitrate } = made.levels()[level];
      document.body.dataset.level = `${width}x${height}`;
      controls.levels();
      log.event("switch", { br: (bitrate || 0) / 1000 });
    },
    failed: (key) => session.failed(key),
  };
  const made = engineFor(video, { native: wantsNative(location.search), cmcd, on });
  if (!made) return show("unsupported");
  controls = new Controls(video, made);
  const page = { fetch: fetch.bind(window), online: () => navigator.onLine, blocked: (at) => [...blocked].some((each) => at.startsWith(each)) };
  session = new Session({ url, engine: made, look: () => probe(url, page), show, note: (name, values) => note(log, name, values) });
  video.addEventListener("ended", () => session.ended());
  video.addEventListener("loadeddata", () => paint(layout(location.search)), { once: true });
  video.addEventListener("loadeddata", () => session.arrived());
  setInterval(() => {
    controls.tick();
    session.tick(video.currentTime, controls.wanted && !video.ended && byId("start").hidden);
  }, 500);
  session.start();
}

function note(log, name, { what }) {
  log.event(name, what ? { "refarch-what": what } : {});
}

const told = await settings();
const stream = streamAddress(location.search, location.href, told.stream);
if (!hasWebGl()) show("webgl");
else if (stream.problem) show(stream.problem);
else play(stream.url, told);
