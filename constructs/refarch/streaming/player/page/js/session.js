// One viewing of one stream: starts it, says what is wrong, and brings it back. Timers and the engine are handed in.

import { FINAL } from "./messages.js";

export const RETRY = 2000; // ms between looks at a stream that fails
export const REST = 4000; // ms between looks at one that has ended
export const FROZEN = 12000; // ms without progress after which a live stream is loaded anew
export const SLOW = 3000; // ms without progress after which the page says that it waits

/** `engine`: load(url), live(). `look`: () → probe's answer. `show(key)`: the message; "" for none. */
export class Session {
  constructor({ url, engine, look, show, note = () => {}, later = (f, ms) => setTimeout(f, ms), now = () => performance.now() }) {
    Object.assign(this, { url, engine, look, show, note, later, now });
    this.shown = null;
    this.mending = false;
    this.wasLive = false;
    this.over = false;
    this.position = -1;
    this.moved = now();
  }

  start() {
    this.say("loading");
    this.moved = this.now();
    this.engine.load(this.url);
  }

  /** A fatal error. `key` is what it means where that is known; else a look at the stream tells. */
  async failed(key) {
    if (this.mending) return;
    this.mending = true;
    this.note("failure", { what: key || "network" });
    if (FINAL.has(key)) return this.giveUp(key);
    if (key) this.say(key);
    await this.mend();
  }

  /** The picture came to its end: a live stream may begin again, a recording is over. */
  async ended() {
    if (this.mending) return;
    if (!this.wasLive) return this.say("finished");
    this.mending = this.over = true;
    this.say("ended");
    this.later(() => this.mend(), REST);
  }

  /** Call it twice a second with the video's time. Says that it waits; loads a frozen live stream anew. */
  tick(position, playing) {
    if (this.engine.live()) this.wasLive = true;
    if (position !== this.position || !playing) return this.progress(position, playing);
    const still = this.now() - this.moved;
    if (this.mending) return;
    if (still > SLOW) this.say("waiting");
    if (still > FROZEN) {
      this.moved = this.now();
      this.failed("");
    }
  }

  progress(position, playing) {
    this.position = position;
    this.moved = this.now();
    if (playing && !this.mending) this.say("");
  }

  /** There is a picture, be it that the viewer must press Play first. */
  arrived() {
    if (!this.mending) this.say("");
  }

  async mend() {
    const found = await this.look();
    if (FINAL.has(found.problem)) return this.giveUp(found.problem);
    if (found.ok && !(found.ended && this.wasLive)) return this.reload();
    if (found.ok && found.ended) this.over = true;
    // What has ended well is soon gone from the server: that is no news to a viewer.
    const key = found.ok || (this.over && found.problem === "missing") ? "ended" : found.problem;
    this.say(key);
    this.later(() => this.mend(), key === "ended" ? REST : RETRY);
  }

  reload() {
    this.mending = this.over = false;
    this.moved = this.now();
    this.note("reload", {});
    this.engine.load(this.url);
  }

  giveUp(key) {
    this.mending = true;
    this.say(key);
  }

  say(key) {
    if (key === this.shown) return;
    this.shown = key;
    this.show(key);
  }
}
