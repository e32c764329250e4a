// Which stream to play: `?url=`, or what the page was deployed with. Decisions only: nothing is fetched in here.

const LOOPBACK = /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])$/;

/** {url} or {problem}: "none", "bad" or "insecure". Only http and https, and no passwords: those would end up in logs. */
export function streamAddress(search, page, deployed = "") {
  const given = new URLSearchParams(search).get("url") || deployed;
  if (!given) return { problem: "none" };
  let address;
  try {
    address = new URL(given.trim(), page);
  } catch {
    return { problem: "bad" };
  }
  if (!["http:", "https:"].includes(address.protocol) || address.username || address.password) return { problem: "bad" };
  // Browsers let no secure page load from an insecure address, except from the machine itself.
  if (new URL(page).protocol === "https:" && address.protocol === "http:" && !LOOPBACK.test(address.hostname)) {
    return { problem: "insecure" };
  }
  address.hash = "";
  return { url: address.href };
}

/** Where the eye that is shown lies in the picture: {repeat, offset} of the texture. Anything unknown is mono. */
export function layout(search) {
  const halves = { "top-bottom": { repeat: "1 0.5", offset: "0 0.5" }, "left-right": { repeat: "0.5 1", offset: "0 0" } };
  const asked = new URLSearchParams(search).get("layout");
  return Object.hasOwn(halves, asked) ? halves[asked] : { repeat: "1 1", offset: "0 0" };
}

/** What the viewer may ask for beside the stream: the player's own way, or the browser's. */
export function wantsNative(search) {
  return new URLSearchParams(search).get("engine") === "native";
}
