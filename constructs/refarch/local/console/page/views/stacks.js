// Stacks, and in each its resources and how real they are.

import { data } from "../api.js";
import { chip, el, head, named, table, toggle } from "../dom.js";
import { kindOf, shortTime, some } from "../words.js";

const REAL = {
  "API-backed": ["good", "its service's API sees it and acts on it"],
  "recorded only": ["busy", "its properties were checked and kept; nothing stands behind it"],
  CloudFormation: ["info", "CloudFormation's own: it has no service behind it"],
};
const open = new Set();
let list;
let again;

function mount(main, beat) {
  again = beat;
  list = table("Stacks", ["Stack", "Status", "Changed"]);
  main.append(head("Stacks", "What was deployed. Open a stack to see its resources, and how real each one is."), list.card);
}

async function renew() {
  const { stacks } = await data("stacks");
  const details = await Promise.all(stacks.map((stack) => (open.has(stack.name) ? data("stack", { name: stack.name }) : null)));
  const items = stacks.map((stack, number) => ({ ...stack, detail: details[number] }));
  list.rows.show(items, (stack) => stack.name, cells, detail, "No stack yet: refarch local run -- cdk deploy");
}

function cells(stack) {
  const act = () => {
    if (!open.delete(stack.name)) open.add(stack.name);
    again();
  };
  return [
    el("td", { class: "name" }, toggle(stack.name, stack.detail !== null, stack.name, act), stack.description && el("span", { class: "sub" }, stack.description)),
    el("td", {}, chip(stack.status, kindOf(stack.status)), stack.reason && el("span", { class: "sub" }, stack.reason)),
    el("td", { class: "time" }, shortTime(stack.changed)),
  ];
}

function detail(stack) {
  if (!stack.detail) return null;
  const { resources, outputs } = stack.detail;
  const rows = resources.map((resource) => el("tr", {},
    el("td", { class: "name" }, named(resource.logical), el("span", { class: "sub mono" }, resource.physical)),
    el("td", {}, resource.type),
    el("td", {}, chip(resource.status, kindOf(resource.status)), resource.reason && el("span", { class: "sub" }, resource.reason)),
    el("td", {}, real(resource.real))));
  return [
    el("p", { class: "said" }, counted(resources)),
    el("table", { "aria-label": `Resources of ${stack.name}` },
      el("thead", {}, el("tr", {}, ["Resource", "Type", "Status", "How real"].map((text) => el("th", { scope: "col" }, text)))),
      el("tbody", {}, rows)),
    outputs.length && el("h3", {}, "Outputs"),
    outputs.length && el("dl", {}, outputs.flatMap(({ name, value }) => [el("dt", {}, name), el("dd", { class: "mono" }, value)])),
  ].filter(Boolean);
}

function real(word) {
  if (!word) return chip("not told");
  const [kind, why] = REAL[word] ?? ["", ""];
  const made = chip(word, kind);
  made.title = why;
  return made;
}

/** "12 resources: 10 API-backed, 2 recorded only" */
function counted(resources) {
  const counts = new Map();
  for (const { real: word } of resources) counts.set(word || "not told", (counts.get(word || "not told") ?? 0) + 1);
  const sorted = [...counts].sort(([word, count], [other, more]) => more - count || word.localeCompare(other));
  return `${some(resources.length, "resource")}: ${sorted.map(([word, count]) => `${count} ${word}`).join(", ")}`;
}

export default { title: "Stacks", mount, renew };
