// The frame of the page: which view is shown, and the second's beat that renews it.

import { data } from "./api.js";
import { el } from "./dom.js";
import { shownTheme, nextTheme } from "./theme.js";
import buckets from "./views/buckets.js";
import events from "./views/events.js";
import instances from "./views/instances.js";
import invocations from "./views/invocations.js";
import jobs from "./views/jobs.js";
import queues from "./views/queues.js";
import stacks from "./views/stacks.js";

const BEAT = 1000; // milliseconds
const VIEWS = { stacks, events, invocations, queues, buckets, jobs, instances };
const find = (id) => document.getElementById(id);
let shown = null;
let paused = false;
let timer = 0;
let beating = false;

function chosen() {
  const name = location.hash.slice(1);
  return name in VIEWS ? name : "stacks";
}

function showView() {
  const name = chosen();
  if (shown?.name === name) return;
  shown = { name, view: VIEWS[name], problem: el("p", { class: "notice error", role: "alert", hidden: true }) };
  const main = find("main");
  main.replaceChildren(shown.problem);
  shown.view.mount(main, beat);
  document.title = `${shown.view.title} · local cloud`;
  for (const link of document.querySelectorAll("nav a")) {
    if (link.dataset.view === name) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
  beat();
}

/** Renew head and view now, and again in a second. */
async function beat() {
  clearTimeout(timer);
  if (beating) { timer = setTimeout(beat, 50); return; }
  beating = true;
  const view = shown;
  try {
    if (!paused && !document.hidden) await Promise.all([renewHead(), renewView(view)]);
  } finally {
    beating = false;
    clearTimeout(timer);
    timer = setTimeout(beat, BEAT);
  }
}

async function renewHead() {
  try {
    const summary = await data("summary");
    find("project").textContent = summary.project;
    const clock = summary.clock === 1 ? "" : ` · clock ×${summary.clock}`;
    const permissions = summary.permissions ? "permissions enforced" : "permissions not enforced";
    find("about").textContent = `${summary.endpoint} · ${summary.region} · ${permissions}${clock}`;
    for (const [name, count] of Object.entries(summary.counts)) find(`count-${name}`).textContent = count || "";
    connected("live", "live");
  } catch (error) {
    if (error instanceof TypeError) connected("lost", "no answer: is it stopped?");
    else connected("lost", error.message);
  }
}

async function renewView(view) {
  try {
    await view.view.renew();
    view.problem.hidden = true;
  } catch (error) {
    if (error instanceof TypeError && error.message.includes("fetch")) return; // the head tells
    view.problem.textContent = `${view.view.title} cannot be shown: ${error.message}`;
    view.problem.hidden = false;
  }
}

function connected(state, text) {
  const place = find("connection");
  const said = paused ? "paused" : text;
  if (place.textContent !== said) place.textContent = said;
  place.dataset.state = paused ? "waiting" : state;
}

function start() {
  find("views").append(...Object.entries(VIEWS).map(([name, view]) => el("li", {},
    el("a", { href: `#${name}`, "data-view": name }, view.title, el("span", { class: "count", id: `count-${name}` })))));
  find("pause").addEventListener("click", () => {
    paused = !paused;
    find("pause").setAttribute("aria-pressed", String(paused));
    find("pause").textContent = paused ? "Go on" : "Pause";
    connected(paused ? "waiting" : "live", "live");
    if (!paused) beat();
  });
  find("theme").textContent = shownTheme();
  find("theme").addEventListener("click", () => { find("theme").textContent = nextTheme(); });
  addEventListener("hashchange", showView);
  document.addEventListener("visibilitychange", () => { if (!document.hidden) beat(); });
  showView();
}

start();
