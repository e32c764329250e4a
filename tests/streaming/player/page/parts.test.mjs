import assert from "node:assert/strict";
import test from "node:test";

const { cmcd, contentId, Metrics } = await import(`${process.env.PAGE}/js/metrics.js`);
const { entries, clock } = await import(`${process.env.PAGE}/js/quality.js`);
const { probe } = await import(`${process.env.PAGE}/js/probe.js`);

const MASTER = "#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\nlow/index.m3u8\n";
const answer = (text, status = 200) => ({ status, url: "", text: async () => text });

test("CMCD: keys in order, strings quoted, numbers whole, nothing empty", () => {
  assert.equal(cmcd({ sid: 'a"b', br: 499.6, cid: "", "refarch-event": "stall" }), 'br=500,refarch-event="stall",sid="a\\"b"');
  assert.equal(contentId("https://a.example/hls/my%20event.m3u8?x=1"), "my event");
});

test("start once; then stalls with their length; pauses and jumps are none", () => {
  const sent = [];
  let now = 0;
  const metrics = new Metrics({ target: "https://e/beacon", session: "s", content: "c", send: (url) => sent.push(decodeURIComponent(url.split("CMCD=")[1])), now: () => now });
  metrics.waiting();
  now = 900;
  metrics.playing();
  metrics.playing();
  metrics.waiting();
  now = 1200;
  metrics.waiting();
  now = 1500;
  metrics.playing();
  metrics.waiting();
  metrics.excused();
  metrics.playing();
  metrics.leaving();
  assert.deepEqual(sent.map((each) => each.match(/event="(\w+)",refarch-ms=(\d+)/).slice(1)), [["start", "900"], ["stall", "600"], ["end", "1500"]]);
  new Metrics({ target: "", session: "s", content: "c", send: () => assert.fail("off is off") }).event("start");
});

test("the menu: auto first, then from the best down, by hls.js's own numbers", () => {
  const levels = [{ width: 160, height: 80, bitrate: 1e5 }, { width: 3840, height: 1920, bitrate: 13e6 }];
  assert.deepEqual(entries(levels, 0), [
    { value: -1, text: "Auto (now 160×80)" },
    { value: 1, text: "3840×1920 · 13.0 Mbit/s" },
    { value: 0, text: "160×80 · 100 kbit/s" },
  ]);
  assert.deepEqual([clock(75), clock(3601), clock(NaN)], ["1:15", "1:00:01", ""]);
});

test("a look follows the master to a rung, from where that was found", async () => {
  const asked = [];
  const fetch = async (url) => (asked.push(url), answer(url.includes("low") ? "#EXTM3U\n#EXT-X-ENDLIST" : MASTER));
  assert.deepEqual(await probe("https://e/hls/a.m3u8", { fetch }), { ok: true, ended: true });
  assert.deepEqual(asked, ["https://e/hls/a.m3u8", "https://e/hls/low/index.m3u8"]);
  assert.deepEqual(await probe("https://e/a", { fetch: async () => answer("<html>") }), { problem: "not-hls" });
  assert.deepEqual(await probe("https://e/a", { fetch: async () => answer("", 503) }), { problem: "failing" });
});

test("no answer: why", async () => {
  const opaque = async (_, { mode }) => (mode === "no-cors" ? answer("") : Promise.reject(new TypeError("Failed")));
  const dead = () => Promise.reject(new TypeError("Failed"));
  const slow = () => Promise.reject(Object.assign(new Error("late"), { name: "TimeoutError" }));
  assert.deepEqual(await probe("https://e/a", { fetch: opaque }), { problem: "cors" });
  assert.deepEqual(await probe("https://e/a", { fetch: dead }), { problem: "dead" });
  assert.deepEqual(await probe("https://e/a", { fetch: slow }), { problem: "slow" });
  assert.deepEqual(await probe("https://e/a", { fetch: dead, blocked: () => true }), { problem: "policy" });
  assert.deepEqual(await probe("https://e/a", { fetch: dead, online: () => false }), { problem: "offline" });
});
