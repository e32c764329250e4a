// What viewers live through, as requests that land in the access log of who serves the stream (CTA-5004's form).

/** The value of the CMCD argument: keys sorted, strings quoted, numbers and words bare. Own keys: refarch-…. */
export function cmcd(values) {
  const known = Object.entries(values).filter(([, value]) => value !== undefined && value !== "");
  known.sort(([one], [other]) => (one < other ? -1 : 1));
  return known.map(([key, value]) => `${key}=${typeof value === "number" ? Math.round(value) : JSON.stringify(String(value))}`).join(",");
}

/** The name of a stream in the log: the file's name without its ending; 64 characters at most. */
export function contentId(url) {
  return decodeURIComponent(new URL(url).pathname.split("/").pop() || "").replace(/\.[^.]*$/, "").slice(0, 64);
}

/** Sends events, times stalls. `send(url)` is the page's; an empty `target` sends nothing. */
export class Metrics {
  constructor({ target, session, content, send, now = () => performance.now() }) {
    Object.assign(this, { target, session, content, send, now });
    this.begun = now();
    this.started = false;
    this.stalledAt = null;
  }

  event(name, values = {}) {
    if (!this.target) return;
    const all = { sid: this.session, cid: this.content, "refarch-event": name, ...values };
    this.send(`${this.target}?CMCD=${encodeURIComponent(cmcd(all))}`);
  }

  /** Pictures move (again). */
  playing() {
    if (!this.started) this.event("start", { "refarch-ms": this.now() - this.begun });
    else if (this.stalledAt !== null) this.event("stall", { "refarch-ms": this.now() - this.stalledAt });
    this.started = true;
    this.stalledAt = null;
  }

  /** The buffer ran dry. */
  waiting() {
    if (this.started && this.stalledAt === null) this.stalledAt = this.now();
  }

  /** Not a stall: the viewer paused, moved to another place, or the stream is over. */
  excused() {
    this.stalledAt = null;
  }

  /** The page goes away: a stall that lasts counts as long as it has lasted. */
  leaving() {
    if (this.stalledAt !== null) this.playing();
    if (this.started) this.event("end", { "refarch-ms": this.now() - this.begun });
  }
}
