// Instances and Auto Scaling groups; an instance can be interrupted as Spot capacity is.

import { data, post } from "../api.js";
import { chip, el, head, named, table } from "../dom.js";
import { kindOf, shortTime } from "../words.js";

let groups;
let list;
let said;
let again;

function mount(main, beat) {
  again = beat;
  groups = table("Auto Scaling groups", ["Group", ["Desired", "number"], ["In service", "number"], ["Least", "number"], ["Most", "number"], "On the way"]);
  list = table("Instances", ["Instance", "Type and zone", "Bought as", "State", "Group", "Launched", "Action"]);
  said = el("p", { class: "said", role: "status" });
  main.append(
    head("Instances", "Records with a life cycle; nothing runs inside of them. An interruption is a Spot notice, then the end."),
    said, groups.card, list.card);
}

async function renew() {
  const found = await data("instances");
  groups.rows.show(found.groups, (group) => group.name, groupCells, undefined, "No Auto Scaling group yet.");
  list.rows.show(found.instances, (one) => one.id, cells, undefined, "No instance yet.");
}

function groupCells(group) {
  return [
    el("td", { class: "name" }, named(group.name)),
    ...[group.desired, group.in_service, group.least, group.most].map((value) => el("td", { class: "number" }, String(value))),
    el("td", {}, group.states.map((state) => chip(state, kindOf(state)))),
  ];
}

function cells(one) {
  return [
    el("td", {}, el("span", { class: "mono" }, one.id), one.name && el("span", { class: "sub" }, one.name)),
    el("td", {}, one.type, el("span", { class: "sub" }, one.zone)),
    el("td", {}, one.purchase),
    el("td", {}, chip(one.state, kindOf(one.state)), one.lifecycle && el("span", { class: "sub" }, one.lifecycle)),
    el("td", { class: "name" }, named(one.group)),
    el("td", { class: "time" }, shortTime(one.launched)),
    el("td", {}, one.state === "running" && el("button", {
      type: "button", "data-focus": `interrupt ${one.id}`, "aria-label": `Interrupt ${one.id}`, click: (event) => interrupt(event.target, one.id),
    }, "Interrupt")),
  ];
}

async function interrupt(button, id) {
  button.disabled = true;
  try {
    await post("interrupt", { "instance-id": id });
    tell("done", `${id} got its notice.`);
  } catch (error) {
    tell("error", `${id} was not interrupted: ${error.message}`);
  } finally {
    button.disabled = false;
    again();
  }
}

function tell(kind, text) {
  said.className = `said ${kind}`;
  said.textContent = text;
}

export default { title: "Instances", mount, renew };
