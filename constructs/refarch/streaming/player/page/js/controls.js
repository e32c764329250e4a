// The bar below the picture, and the keys.

import { clock, entries } from "./quality.js";
import { byId, offerFullscreen, offerHeadset, offerMotion, toggleFullscreen, turn } from "./view.js";

const FAR_BEHIND = 8; // seconds behind the place where live playing aims for, from which on "Go to live" is offered

export class Controls {
  constructor(video, engine) {
    Object.assign(this, { video, engine, wanted: true });
    byId("play").addEventListener("click", () => this.toggle());
    byId("start").addEventListener("click", () => this.play());
    byId("mute").addEventListener("click", () => this.mute());
    byId("tolive").addEventListener("click", () => this.toLive());
    byId("seek").addEventListener("input", () => (video.currentTime = byId("seek").valueAsNumber));
    byId("quality").addEventListener("change", () => engine.choose(Number(byId("quality").value)));
    document.addEventListener("keydown", (event) => this.key(event));
    offerMotion(byId("motion"));
    offerHeadset(byId("headset"));
    offerFullscreen(byId("fullscreen"));
  }

  /** A browser may refuse: with sound, or to a page that nobody has touched. Then a button asks for the touch. */
  async play() {
    this.wanted = true;
    try {
      await this.video.play();
      byId("start").hidden = true;
    } catch (error) {
      byId("start").hidden = error.name !== "NotAllowedError";
    }
  }

  toggle() {
    if (this.video.paused) return this.play();
    this.wanted = false;
    this.video.pause();
  }

  mute() {
    this.video.muted = !this.video.muted;
    byId("mute").textContent = this.video.muted ? "Unmute" : "Mute";
  }

  toLive() {
    const edge = this.engine.edge();
    if (this.engine.live() && edge) this.video.currentTime = edge;
    this.play();
  }

  key(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const inControl = event.target.closest?.("select, input, button");
    const does = { k: () => this.toggle(), " ": () => this.toggle(), m: () => this.mute(), f: toggleFullscreen, l: () => this.toLive() };
    if (inControl && !/^[kmfl]$/.test(event.key)) return; // there, arrows and the space bar belong to the control
    if (does[event.key]) does[event.key]();
    else if (!turn(event.key)) return;
    event.preventDefault();
  }

  levels() {
    const menu = byId("quality");
    const chosen = menu.value || "-1";
    menu.replaceChildren(...entries(this.engine.levels(), this.engine.level).map(({ value, text }) => new Option(text, value)));
    menu.value = chosen;
    if (menu.selectedIndex < 0) menu.value = "-1";
    byId("rungs").hidden = this.engine.levels().length < 2;
  }

  /** Live: how far behind. A recording: where. */
  tick() {
    const { video, engine } = this;
    const live = engine.live();
    byId("play").textContent = video.paused ? "Play" : "Pause";
    byId("live").hidden = !live;
    byId("position").hidden = live || !Number.isFinite(video.duration);
    if (live) {
      byId("behind").textContent = engine.behind() ? `${Math.round(engine.behind())} s behind` : "";
      byId("tolive").hidden = !(engine.edge() - video.currentTime > FAR_BEHIND);
    } else {
      byId("tolive").hidden = true;
      byId("seek").max = video.duration || 1;
      byId("seek").value = video.currentTime;
      byId("time").textContent = [clock(video.currentTime), clock(video.duration)].filter(Boolean).join(" / ");
    }
  }
}
