// Batch jobs, ECS tasks and executions of state machines, the latest first.

import { data, post } from "../api.js";
import { chip, el, head, table, toggle } from "../dom.js";
import { duration, kindOf, shortTime } from "../words.js";

const open = new Set();
let list;
let said;
let again;

function mount(main, beat) {
  again = beat;
  list = table("Jobs", ["Created", "Job", "Kind", "Status", ["Took", "number"], "Action"]);
  said = el("p", { class: "said", role: "status" });
  main.append(head("Jobs", "Batch jobs, ECS tasks and executions of state machines. Open a Batch job to read its log."), said, list.card);
}

async function renew() {
  const { jobs } = await data("jobs");
  const details = await Promise.all(jobs.map((job) => (open.has(job.id) ? data("job", { id: job.id }) : null)));
  const items = jobs.map((job, place) => ({ ...job, detail: details[place] }));
  list.rows.show(items, (job) => job.kind + job.id, cells, detail, "No job yet.");
}

function cells(job) {
  const act = () => {
    if (!open.delete(job.id)) open.add(job.id);
    again();
  };
  const name = job.kind === "Batch job" ? toggle(job.name, job.detail !== null, job.id, act) : job.name;
  return [
    el("td", { class: "time" }, shortTime(job.created)),
    el("td", { class: "job" }, name, job.kind !== "Execution" && el("span", { class: "sub mono" }, job.id)),
    el("td", {}, job.kind, el("span", { class: "sub" }, job.place)),
    el("td", {}, chip(job.status, kindOf(job.status)), job.reason && el("span", { class: "sub lines" }, job.reason)),
    el("td", { class: "number" }, job.stopped && job.started ? duration((job.stopped - job.started) * 1000) : ""),
    el("td", {}, job.kind === "Batch job" && job.status === "RUNNING" && el("button", {
      type: "button", "data-focus": `reclaim ${job.id}`, title: "End it as when AWS takes its Spot Instance back",
      "aria-label": `Reclaim the instance of ${job.name}`, click: () => reclaim(job),
    }, "Reclaim")),
  ];
}

function detail(job) {
  if (!job.detail) return null;
  return el("pre", { tabindex: "0", "aria-label": `Log of ${job.name}` }, job.detail.log || "(it wrote nothing so far)");
}

async function reclaim(job) {
  try {
    await post("reclaim", { jobId: job.id });
    tell("done", `The instance of ${job.name} was taken back.`);
  } catch (error) {
    tell("error", `${job.name} goes on: ${error.message}`);
  }
  again();
}

function tell(kind, text) {
  said.className = `said ${kind}`;
  said.textContent = text;
}

export default { title: "Jobs", mount, renew };
