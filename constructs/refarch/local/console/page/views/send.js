// The form that sends an event, also one that only AWS itself may send.

import { post } from "../api.js";
import { el } from "../dom.js";

const kept = { source: "", type: "", bus: "default", detail: "{}", open: false };

/** The form, folded away until it is wanted. `sent` is called when an event went out. */
export function sendForm(sent) {
  const said = el("span", { class: "said", role: "status" });
  const source = field("send-source", "Source", el("input", { value: kept.source, placeholder: "aws.ec2", autocomplete: "off" }));
  const type = field("send-type", "Detail type", el("input", { value: kept.type, placeholder: "EC2 Spot Instance Interruption Warning", autocomplete: "off" }));
  const bus = field("send-bus", "Event bus", el("input", { value: kept.bus, autocomplete: "off" }));
  const detail = field("send-detail", "Detail (a JSON object)", el("textarea", { spellcheck: "false" }, kept.detail), "wide");
  const fields = [source, type, bus, detail];
  for (const part of fields) part.input.addEventListener("input", () => {
    Object.assign(kept, { source: source.input.value, type: type.input.value, bus: bus.input.value, detail: detail.input.value });
    if (part.input.getAttribute("aria-invalid") === "true") check();
  });

  function check() {
    return [
      source.say(source.input.value.trim() ? "" : "Say who sends it, for example aws.ec2 or my.service."),
      type.say(type.input.value.trim() ? "" : "Say what happened, for example Order Placed."),
      bus.say(bus.input.value.trim() ? "" : "Say on which bus; AWS's own is called default."),
      detail.say(problemOf(detail.input.value)),
    ].every((right) => right);
  }

  async function send(event) {
    event.preventDefault();
    if (!check()) {
      tell(said, "error", "Not sent: see the marked fields.");
      fields.find((part) => part.input.getAttribute("aria-invalid") === "true").input.focus();
      return;
    }
    tell(said, "", "Sending");
    try {
      const sentEvent = { source: source.input.value.trim(), "detail-type": type.input.value.trim(), detail: JSON.parse(detail.input.value) };
      await post("emit", { event: sentEvent, bus: bus.input.value.trim() });
      tell(said, "done", "Sent.");
      sent();
    } catch (error) {
      tell(said, "error", `Not sent: ${error.message}`);
    }
  }

  const form = el("form", { class: "card send", id: "send", novalidate: true, hidden: !kept.open, submit: send, "aria-label": "Send an event" },
    source.element, type.element, bus.element, detail.element,
    el("div", { class: "wide" }, el("button", { type: "submit", class: "strong" }, "Send"), " ", said));
  const opener = el("button", {
    type: "button", "aria-expanded": String(kept.open), "aria-controls": "send",
    click: () => {
      kept.open = !kept.open;
      form.hidden = !kept.open;
      opener.setAttribute("aria-expanded", String(kept.open));
      if (kept.open) source.input.focus();
    },
  }, "Send an event…");
  return el("div", {}, el("p", { class: "opener" }, opener), form);
}

function field(id, label, input, kind = "") {
  const problem = el("p", { class: "problem", id: `${id}-problem` });
  input.id = id;
  input.setAttribute("aria-describedby", problem.id);
  function say(text) {
    problem.textContent = text;
    input.setAttribute("aria-invalid", String(Boolean(text)));
    return !text;
  }
  return { input, say, element: el("div", { class: kind }, el("label", { for: id }, label), input, problem) };
}

function problemOf(text) {
  try {
    const found = JSON.parse(text);
    return found !== null && typeof found === "object" && !Array.isArray(found) ? "" : "It must be an object: { … }.";
  } catch (error) {
    return `This is not JSON: ${error.message}`;
  }
}

function tell(place, kind, text) {
  place.className = `said ${kind}`.trim();
  place.textContent = text;
}
