// Events as they pass, the latest first; and a form to send one.

import { chip, el, facts, head, named, table, toggle } from "../dom.js";
import { Follower } from "../follow.js";
import { pretty, shortArn, time } from "../words.js";
import { sendForm } from "./send.js";

const follower = new Follower("events", "events", 300);
const open = new Set();
let list;

function mount(main, beat) {
  list = table("Events", ["Time", "Passed", "Source and type", "Matched"]);
  main.append(
    head("Events", "Everything that passes EventBridge, what buckets notify, what topics deliver.", follower.field("Filter events", show)),
    sendForm(beat),
    list.card);
}

async function renew() {
  const before = follower.last;
  await follower.renew();
  if (follower.last < before) open.clear();
  show();
}

function show() {
  const items = follower.shown(JSON.stringify).map((event) => ({ ...event, open: open.has(event.number) }));
  const empty = follower.filter ? "No event holds this text." : "No event passed yet.";
  list.rows.show(items, (event) => event.number, cells, detail, empty);
}

function cells(event) {
  const act = () => {
    if (!open.delete(event.number)) open.add(event.number);
    show();
  };
  return [
    el("td", { class: "time" }, time(event.time)),
    el("td", {}, chip(event.via, event.via === "EventBridge" ? "info" : ""), event.bus && el("span", { class: "sub" }, event.bus)),
    el("td", { class: "name" }, toggle(event["detail-type"] || "(no type)", event.open, event.number, act), el("span", { class: "sub" }, origin(event))),
    el("td", {}, matched(event)),
  ];
}

/** Where it comes from: of a bucket, also which object. */
function origin(event) {
  return event.via === "S3" && event.resources[0] ? event.resources[0].replace("arn:aws:s3:::", "") : event.source;
}

function matched(event) {
  const rules = Object.entries(event.rules);
  if (!rules.length) return el("span", { class: "said" }, "no rule");
  const under = (rule) => event.bus && el("span", { class: "sub" }, "rule ", named(rule)); // of buckets: a random id
  return rules.flatMap(([rule, targets]) => targets.map((target) => el("div", { class: "name" }, named(shortArn(target)), under(rule))));
}

function detail(event) {
  if (!event.open) return null;
  return [
    facts([["Id", event.id], ["Resources", event.resources.join("\n")]]),
    el("pre", { tabindex: "0", "aria-label": "Content of the event" }, pretty(event.detail)),
  ];
}

export default { title: "Events", mount, renew };
