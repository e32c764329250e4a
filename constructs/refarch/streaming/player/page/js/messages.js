// What the page says. One sentence on what is wrong, one on what happens next.

const AGAIN = "Trying again by itself.";

export const MESSAGES = {
  none: "No stream is given. Add its address to this page's: ?url=https://…/hls/NAME.m3u8",
  bad: "The address after ?url= is no web address. It must begin with https:// (or http://) and hold no password.",
  insecure: "This page is secure (https), the stream's address is not (http), so the browser will not load it. Use its https address.",
  loading: "Loading…",
  waiting: "Waiting for the stream…",
  offline: `This device is offline. ${AGAIN}`,
  dead: `The server of this stream cannot be reached. Is the address right? ${AGAIN}`,
  cors: `The server answers, but does not let this page read the stream (it sends no CORS header). ${AGAIN}`,
  policy: "This page is set up to load streams from certain servers only; this one is not among them.",
  missing: `There is no stream at this address now: it has not begun, or it is over. ${AGAIN}`,
  refused: `The server refuses this address (403). It may need a new, signed link. ${AGAIN}`,
  expired: `This link has run out (410). Ask for a new one. ${AGAIN}`,
  failing: `The server of this stream has a problem. ${AGAIN}`,
  slow: `The server of this stream does not answer in time. ${AGAIN}`,
  "not-hls": `What lies at this address is no HLS playlist. ${AGAIN}`,
  codec: "This browser cannot play the codec of this stream. Another browser or device may.",
  media: `A part of the stream could not be decoded. ${AGAIN}`,
  ended: "The stream has ended. If it begins again, it plays here by itself.",
  finished: "The end. Press Play to watch again.",
  unsupported: "This browser can play no HLS streams (it has neither Media Source Extensions nor HLS of its own).",
  webgl: "This browser shows no 3D graphics (WebGL), which a 360-degree picture needs.",
};

/** Problems that waiting does not cure. */
export const FINAL = new Set(["none", "bad", "insecure", "policy", "codec", "unsupported", "webgl"]);

const CODEC = new Set(["manifestIncompatibleCodecsError", "bufferAddCodecError", "bufferIncompatibleCodecsError"]);

/** What an HTTP status says about a stream; "" for one that is fine. */
export function ofStatus(status) {
  if (status === 403 || status === 401) return "refused";
  if (status === 404) return "missing";
  if (status === 410) return "expired";
  return status >= 400 ? "failing" : "";
}

/** What a fatal error of hls.js means before anybody has looked; "" where looking (a probe) says more. */
export function ofHls(error) {
  if (CODEC.has(error.details)) return "codec";
  return error.type === "mediaError" ? "media" : "";
}

/** What the error of a media element means: 3 decoding, 4 no source it could play. */
export function ofMedia(code) {
  return code === 3 ? "media" : "";
}
