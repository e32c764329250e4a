// Batch jobs, ECS tasks and executions of state machines, the latest first.

import { data, post } from "../api.js";
import { chip, el, head, table } from "../dom.js";
import { duration, kindOf, shortTime } from "../words.js";

let list;
let said;
let again;

function mount(main, beat) {
  again = beat;
  list = table("Jobs", ["Created", "Job", "Kind", "Status", ["Took", "number"], "Action"]);
  said = el("p", { class: "said", role: "status" });
  main.append(head("Jobs", "Batch jobs, ECS tasks and executions of state machines. `refarch local logs` prints what a job wrote."), said, list.card);
}

async function renew() {
  const { jobs } = await data("jobs");
  list.rows.show(jobs, (job) => job.kind + job.id, cells, undefined, "No job yet.");
}

function cells(job) {
  return [
    el("td", { class: "time" }, shortTime(job.created)),
    el("td", { class: "job" }, job.name, job.kind !== "Execution" && el("span", { class: "sub mono" }, job.id)),
    el("td", {}, job.kind, el("span", { class: "sub" }, job.place)),
    el("td", {}, chip(job.status, kindOf(job.status)), job.reason && el("span", { class: "sub lines" }, job.reason)),
    el("td", { class: "number" }, job.stopped && job.started ? duration((job.stopped - job.started) * 1000) : ""),
    el("td", {}, job.kind === "Batch job" && job.status === "RUNNING" && el("button", {
      type: "button", "data-focus": `reclaim ${job.id}`, title: "End it as when AWS takes its Spot Instance back",
      "aria-label": `Reclaim the instance of ${job.name}`, click: () => reclaim(job),
    }, "Reclaim")),
  ];
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
