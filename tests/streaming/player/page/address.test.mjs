import assert from "node:assert/strict";
import test from "node:test";

const { streamAddress, layout, wantsNative } = await import(`${process.env.PAGE}/js/address.js`);
const PAGE = "https://player.example/watch/";
const of = (url, page = PAGE) => streamAddress(`?url=${encodeURIComponent(url)}`, page);

test("an address is taken as it is, a relative one from the page", () => {
  assert.deepEqual(of("https://a.example/hls/x.m3u8?k=1"), { url: "https://a.example/hls/x.m3u8?k=1" });
  assert.deepEqual(of("/hls/x.m3u8"), { url: "https://player.example/hls/x.m3u8" });
  assert.deepEqual(of("  https://a.example/x.m3u8#t=3 "), { url: "https://a.example/x.m3u8" });
});

test("nothing but web addresses", () => {
  for (const bad of ["javascript:alert(1)", "JaVaScRiPt:alert(1)", "data:text/html,x", "blob:https://a/x", "file:///etc/passwd", "https://u:p@a.example/x", "https://u@a.example/x", "http://"]) {
    assert.deepEqual(of(bad), { problem: "bad" }, bad);
  }
});

test("a secure page loads nothing insecure, but from the machine itself", () => {
  assert.deepEqual(of("http://a.example/x.m3u8"), { problem: "insecure" });
  assert.deepEqual(of("http://127.0.0.1:8080/x.m3u8"), { url: "http://127.0.0.1:8080/x.m3u8" });
  assert.deepEqual(of("http://127.0.0.1.evil.example/x.m3u8"), { problem: "insecure" });
  assert.deepEqual(of("http://a.example/x.m3u8", "http://player.example/"), { url: "http://a.example/x.m3u8" });
});

test("without ?url= the deployed stream plays; without that there is none", () => {
  assert.deepEqual(streamAddress("", PAGE, "/hls/event.m3u8"), { url: "https://player.example/hls/event.m3u8" });
  assert.deepEqual(streamAddress("?url=", PAGE), { problem: "none" });
});

test("mono unless asked; unknown layouts are mono", () => {
  assert.equal(layout("").repeat, "1 1");
  assert.equal(layout("?layout=constructor").repeat, "1 1");
  assert.deepEqual(layout("?layout=top-bottom"), { repeat: "1 0.5", offset: "0 0.5" });
  assert.equal(wantsNative("?engine=native"), true);
  assert.equal(wantsNative(""), false);
});
