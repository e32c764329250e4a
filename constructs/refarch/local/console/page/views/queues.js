// Queues: depth, dead letters, and a look at the messages that receives none of them.

import { data } from "../api.js";
import { chip, el, head, named, table, toggle } from "../dom.js";
import { number, pretty, some, time } from "../words.js";

const open = new Set();
let list;
let again;

function mount(main, beat) {
  again = beat;
  list = table("Queues", ["Queue", ["Waiting", "number"], ["In flight", "number"], ["Delayed", "number"], "Dead letters"]);
  main.append(head("Queues", "Open a queue to look at its first messages; looking receives none."), list.card);
}

async function renew() {
  const { queues } = await data("queues");
  const details = await Promise.all(queues.map((queue) => (open.has(queue.arn) ? data("messages", { queue: queue.arn }) : null)));
  const items = queues.map((queue, place) => ({ ...queue, detail: details[place] }));
  list.rows.show(items, (queue) => queue.arn, cells, detail, "No queue yet.");
}

function cells(queue) {
  const act = () => {
    if (!open.delete(queue.arn)) open.add(queue.arn);
    again();
  };
  return [
    el("td", { class: "name" }, toggle(named(queue.name), queue.detail !== null, queue.arn, act)),
    el("td", { class: "number" }, number(queue.waiting)),
    el("td", { class: "number" }, number(queue.in_flight)),
    el("td", { class: "number" }, number(queue.delayed)),
    el("td", { class: "name" }, deadLetters(queue)),
  ];
}

function deadLetters(queue) {
  const parts = [];
  if (queue.dead_letters_of.length) {
    const held = queue.waiting + queue.in_flight;
    parts.push(chip(held ? some(held, "dead letter") : "dead-letter queue", held ? "bad" : ""), el("span", { class: "sub" }, `of ${queue.dead_letters_of.join(", ")}`));
  }
  if (queue.dead_letters_to) parts.push(el("span", { class: "sub" }, `to ${queue.dead_letters_to.split(":").pop()} after ${some(queue.receives, "receive")}`));
  return parts;
}

function detail(queue) {
  if (!queue.detail) return null;
  const { messages } = queue.detail;
  if (!messages.length) return el("p", { class: "said" }, "No message is in it.");
  return messages.map((message) => el("div", { class: "message" },
    el("p", {}, chip(message.state, message.state === "waiting" ? "info" : "busy"), ` sent ${time(message.sent)}, received ${some(message.received, "time")}`),
    el("pre", { tabindex: "0", "aria-label": `Message ${message.id}` }, pretty(message.body))));
}

export default { title: "Queues", mount, renew };
