// Requests to this very server. Its answers are JSON; what went wrong is in `error`.

export class Refused extends Error {}

async function ask(path, options) {
  const answer = await fetch(path, { cache: "no-store", ...options });
  let document = {};
  try { document = await answer.json(); } catch { /* an empty or broken answer: its status tells enough */ }
  if (!answer.ok) throw new Refused(document.error ?? `the local cloud answered ${answer.status}`);
  return document;
}

/** Data of this page. */
export function data(name, parameters = {}) {
  const query = new URLSearchParams(parameters).toString();
  return ask(`data/${name}${query ? `?${query}` : ""}`);
}

/** A route of the local cloud. */
export function get(name) {
  return ask(`../${name}`);
}

/** Ask the local cloud to do something. */
export function post(name, document) {
  return ask(`../${name}`, { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(document) });
}
