import assert from "node:assert/strict";
import test from "node:test";

const { Session, RETRY, REST, FROZEN, SLOW } = await import(`${process.env.PAGE}/js/session.js`);
const { MESSAGES, FINAL, ofHls, ofMedia, ofStatus } = await import(`${process.env.PAGE}/js/messages.js`);

/** A session with a clock and answers of our own. `answers`: what each further look finds; the last one stays. */
function world(...answers) {
  const seen = { shown: [], loads: 0, timers: [], now: 0, live: true, notes: [] };
  const engine = { load: () => (seen.loads += 1), live: () => seen.live };
  const look = async () => (answers.length > 1 ? answers.shift() : answers[0]);
  const later = (what, ms) => seen.timers.push({ what, ms });
  const session = new Session({ url: "u", engine, look, show: (key) => seen.shown.push(key), note: (name) => seen.notes.push(name), later, now: () => seen.now });
  const wake = async () => {
    const { what, ms } = seen.timers.shift();
    await what();
    return ms;
  };
  return { session, seen, wake };
}

test("a stream that is not there is looked for until it is", async () => {
  const { session, seen, wake } = world({ problem: "dead" }, { problem: "missing" }, { ok: true, ended: false });
  session.start();
  await session.failed("");
  assert.equal(await wake(), RETRY);
  assert.equal(seen.loads, 1);
  await wake();
  assert.equal(seen.loads, 2);
  assert.deepEqual(seen.shown, ["loading", "dead", "missing"]);
  session.tick(1, true);
  assert.equal(seen.shown.at(-1), "");
});

test("one mending at a time, whatever the engine shouts", async () => {
  const { session, seen } = world({ problem: "dead" });
  session.start();
  await Promise.all([session.failed(""), session.failed(""), session.failed("media")]);
  assert.equal(seen.timers.length, 1);
});

test("what waiting does not cure is said once and for all", async () => {
  const { session, seen } = world({ problem: "policy" });
  await session.failed("codec");
  assert.deepEqual([seen.shown, seen.timers.length], [["codec"], 0]);
  const other = world({ problem: "policy" });
  await other.session.failed("");
  assert.deepEqual([other.seen.shown, other.seen.timers.length], [["policy"], 0]);
});

test("an event that ended stays ended, though its playlist goes, until it begins anew", async () => {
  const { session, seen, wake } = world({ ok: true, ended: true }, { problem: "missing" }, { ok: true, ended: false });
  session.start();
  session.tick(1, true);
  await session.ended();
  assert.equal(await wake(), REST);
  assert.equal(await wake(), REST);
  assert.deepEqual(seen.shown, ["loading", "", "ended"]);
  assert.equal(seen.loads, 1);
  await wake();
  assert.equal(seen.loads, 2);
});

test("a recording that ends is finished, and no more", async () => {
  const { session, seen } = world({ ok: true, ended: true });
  seen.live = false;
  session.start();
  session.tick(1, true);
  await session.ended();
  assert.equal(seen.shown.at(-1), "finished");
  assert.equal(seen.timers.length, 0);
});

test("a frozen picture is first waited for, then loaded anew; a paused one is not", async () => {
  const { session, seen } = world({ ok: true, ended: false });
  session.start();
  session.tick(5, true);
  seen.now = FROZEN * 2;
  session.tick(5, false);
  assert.equal(seen.loads, 1);
  seen.now += SLOW + 1;
  session.tick(5, true);
  assert.equal(seen.shown.at(-1), "waiting");
  seen.now += FROZEN;
  session.tick(5, true);
  await new Promise(setImmediate);
  assert.equal(seen.loads, 2);
});

test("every key that can be shown has words", () => {
  for (const status of [401, 403, 404, 410, 500, 503]) assert.ok(MESSAGES[ofStatus(status)]);
  assert.equal(ofStatus(200), "");
  assert.equal(ofHls({ type: "mediaError", details: "manifestIncompatibleCodecsError" }), "codec");
  assert.equal(ofHls({ type: "mediaError", details: "bufferAppendError" }), "media");
  assert.equal(ofHls({ type: "networkError", details: "manifestLoadError" }), "");
  assert.equal(ofMedia(3), "media");
  for (const key of FINAL) assert.ok(MESSAGES[key], key);
});
