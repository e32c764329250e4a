// Looks at a stream with a plain request: is it there, does it go on, and if not, why not?

import { ofStatus } from "./messages.js";

const TIMEOUT = 8000;

/** {ok, ended} or {problem}. `ended` is null where the playlist does not say. `fetch` and `blocked` are the page's. */
export async function probe(url, { fetch, blocked = () => false, online = () => true }) {
  const first = await read(url, { fetch, blocked, online });
  if (first.problem) return first;
  if (!first.text.trimStart().startsWith("#EXTM3U")) return { problem: "not-hls" };
  const variant = firstVariant(first.text);
  if (!variant) return { ok: true, ended: ended(first.text) };
  const second = await read(new URL(variant, first.url).href, { fetch, blocked, online });
  return second.problem ? second : { ok: true, ended: ended(second.text) };
}

/** The first address in a master playlist; "" in a playlist of segments. */
export function firstVariant(text) {
  const lines = text.split(/\r?\n/);
  const at = lines.findIndex((line) => line.startsWith("#EXT-X-STREAM-INF"));
  return at < 0 ? "" : lines.slice(at + 1).find((line) => line && !line.startsWith("#")) || "";
}

export function ended(text) {
  return text.includes("#EXT-X-ENDLIST");
}

async function read(url, page) {
  try {
    const answer = await page.fetch(url, { cache: "no-store", credentials: "omit", signal: AbortSignal.timeout(TIMEOUT) });
    const problem = ofStatus(answer.status);
    return problem ? { problem } : { text: await answer.text(), url: answer.url || url };
  } catch (error) {
    return { problem: await reason(url, error, page) };
  }
}

// A browser tells a page no reason. A request that may not read the answer still tells whether there is one.
async function reason(url, error, page) {
  if (!page.online()) return "offline";
  if (page.blocked(url)) return "policy";
  if (error.name === "TimeoutError") return "slow";
  try {
    await page.fetch(url, { mode: "no-cors", cache: "no-store", credentials: "omit", signal: AbortSignal.timeout(TIMEOUT) });
    return "cors";
  } catch {
    return "dead";
  }
}
