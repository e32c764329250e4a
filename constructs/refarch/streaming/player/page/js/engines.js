// Two ways to play: hls.js where the browser has Media Source Extensions, else the browser's own HLS (older iPhones).

import Hls from "../vendor/hls.min.js";
import { ofHls, ofMedia } from "./messages.js";

const HLS_TYPE = "application/vnd.apple.mpegurl";
const CATCH_UP = 1.1; // how fast a low-latency picture is shown, at most, until it is where it should be
const ONCE = { maxTimeToFirstByteMs: 8000, maxLoadTimeMs: 10000, timeoutRetry: null, errorRetry: null };

/** The engine for this browser, or null. `on`: {levels, level, failed(key)}. */
export function engine(video, { native, cmcd, on }) {
  if (!native && Hls.isSupported()) return new HlsEngine(video, cmcd, on);
  return video.canPlayType(HLS_TYPE) ? new NativeEngine(video, on) : null;
}

class HlsEngine {
  constructor(video, cmcd, on) {
    Object.assign(this, { video, on, mended: -Infinity });
    // The session looks after a stream that is not there, and says so: no patience of hls.js's own before that.
    this.hls = new Hls({
      workerPath: new URL("../vendor/hls.worker.js", import.meta.url).href,
      manifestLoadPolicy: { default: ONCE },
      backBufferLength: 30,
      ...(cmcd ? { cmcd } : {}),
    });
    const { MANIFEST_PARSED, LEVEL_SWITCHED, LEVELS_UPDATED, LEVEL_LOADED, ERROR } = Hls.Events;
    this.hls.on(LEVEL_LOADED, (_, { details }) => {
      this.hls.config.maxLiveSyncPlaybackRate = details.partList ? CATCH_UP : 1;
    });
    this.hls.on(MANIFEST_PARSED, () => on.levels());
    this.hls.on(LEVELS_UPDATED, () => on.levels());
    this.hls.on(LEVEL_SWITCHED, (_, { level }) => on.level(level));
    this.hls.on(ERROR, (_, error) => this.error(error));
    this.hls.attachMedia(video);
  }

  load(url) {
    this.hls.loadSource(url);
  }

  // One decoding error is mended in place; a second one within ten seconds needs the stream anew.
  error(error) {
    if (!error.fatal) return;
    const key = ofHls(error);
    if (key !== "media" || performance.now() - this.mended < 10000) return this.on.failed(key);
    this.mended = performance.now();
    this.hls.recoverMediaError();
  }

  live() {
    return this.hls.latestLevelDetails?.live ?? false;
  }

  levels() {
    return this.hls.levels;
  }

  get level() {
    return this.hls.currentLevel;
  }

  choose(level) {
    this.hls.nextLevel = level;
  }

  behind() {
    return this.hls.latency;
  }

  /** Where the live picture is, as hls.js aims for it. */
  edge() {
    return this.hls.liveSyncPosition;
  }
}

class NativeEngine {
  constructor(video, on) {
    Object.assign(this, { video, on });
    video.addEventListener("error", () => video.error && on.failed(ofMedia(video.error.code)));
  }

  load(url) {
    this.video.src = url;
    this.video.load();
    this.on.levels();
  }

  live() {
    return this.video.duration === Infinity;
  }

  levels() {
    return []; // the browser chooses, and tells nobody
  }

  level = -1;

  choose() {}

  behind() {
    const { seekable, currentTime } = this.video;
    return seekable.length ? seekable.end(seekable.length - 1) - currentTime : 0;
  }

  edge() {
    const { seekable } = this.video;
    return seekable.length ? seekable.end(seekable.length - 1) : null;
  }
}
