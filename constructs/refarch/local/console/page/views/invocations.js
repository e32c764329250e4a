// Invocations of Lambda functions, those that run first; each opens to its log.

import { chip, el, facts, head, named, table, toggle } from "../dom.js";
import { Follower } from "../follow.js";
import { duration, time } from "../words.js";

const follower = new Follower("invocations", "invocations", 300);
const open = new Set();
let list;
let running = [];

function mount(main) {
  list = table("Invocations", ["Started", "Function", "Outcome", ["Took", "number"], "Sent by"]);
  main.append(
    head("Invocations", "Every run of a Lambda function. Open one to read its log.", follower.field("Filter invocations", show)),
    list.card);
}

async function renew() {
  const before = follower.last;
  const answer = await follower.renew();
  if (follower.last < before) open.clear();
  running = answer.running;
  show();
}

function show() {
  const latestFirst = (one, other) => other.start - one.start;
  const ended = follower.shown(JSON.stringify).sort(latestFirst).map((one) => ({ ...one, open: open.has(one.number) }));
  const now = running.filter((one) => JSON.stringify(one).toLowerCase().includes(follower.filter.toLowerCase()))
    .map((one) => ({ ...one, number: `running ${one.request}`, running: true, open: false })).reverse();
  const empty = follower.filter ? "No invocation holds this text." : "No function ran yet.";
  list.rows.show([...now, ...ended], (one) => one.number, cells, detail, empty);
}

function cells(one) {
  const act = () => {
    if (!open.delete(one.number)) open.add(one.number);
    show();
  };
  const name = one.running ? named(one.function) : toggle(named(one.function), one.open, one.number, act);
  return [
    el("td", { class: "time" }, time(one.start)),
    el("td", { class: "name" }, name, one.version !== "$LATEST" && el("span", { class: "sub" }, `version ${one.version}`)),
    el("td", {}, outcome(one)),
    el("td", { class: "number" }, one.running ? "" : duration(one.milliseconds)),
    el("td", { class: "name" }, one.trigger ? named(one.trigger) : el("span", { class: "said" }, "a caller")),
  ];
}

function outcome(one) {
  if (one.running) return chip("running", "busy");
  if (!one.error) return chip("succeeded", "good");
  return [chip("failed", "bad"), el("span", { class: "sub" }, one.error)];
}

function detail(one) {
  if (!one.open) return null;
  return [
    facts([["Request", one.request], ["Error", one.error], ["Whole log", `refarch local logs ${one.group}`]]),
    el("pre", { tabindex: "0", "aria-label": `Log of ${one.function}` }, one.log || "(it wrote nothing)"),
  ];
}

export default { title: "Invocations", mount, renew };
