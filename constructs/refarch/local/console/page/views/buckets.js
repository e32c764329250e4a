// Buckets, how full they are, and their first objects.

import { data } from "../api.js";
import { el, head, table, toggle } from "../dom.js";
import { bytes, number, shortTime } from "../words.js";

const open = new Set();
let list;
let again;

function mount(main, beat) {
  again = beat;
  list = table("Buckets", ["Bucket", ["Objects", "number"], ["Size", "number"]]);
  main.append(head("Buckets", "Open a bucket to see its first objects."), list.card);
}

async function renew() {
  const { buckets } = await data("buckets");
  const details = await Promise.all(buckets.map((bucket) => (open.has(bucket.name) ? data("objects", { bucket: bucket.name }) : null)));
  const items = buckets.map((bucket, place) => ({ ...bucket, detail: details[place] }));
  list.rows.show(items, (bucket) => bucket.name, cells, detail, "No bucket yet.");
}

function cells(bucket) {
  const act = () => {
    if (!open.delete(bucket.name)) open.add(bucket.name);
    again();
  };
  const more = bucket.more ? "more than " : "";
  return [
    el("td", { class: "name" }, toggle(bucket.name, bucket.detail !== null, bucket.name, act)),
    el("td", { class: "number" }, more + number(bucket.objects)),
    el("td", { class: "number" }, more + bytes(bucket.bytes)),
  ];
}

function detail(bucket) {
  if (!bucket.detail) return null;
  const { objects, more } = bucket.detail;
  if (!objects.length) return el("p", { class: "said" }, "No object is in it.");
  const rows = objects.map((object) => el("tr", {},
    el("td", { class: "mono" }, object.key), el("td", { class: "number" }, bytes(object.bytes)), el("td", { class: "time" }, shortTime(object.changed))));
  return [
    el("table", { "aria-label": `Objects of ${bucket.name}` },
      el("thead", {}, el("tr", {}, el("th", { scope: "col" }, "Key"), el("th", { scope: "col", class: "number" }, "Size"), el("th", { scope: "col" }, "Changed"))),
      el("tbody", {}, rows)),
    more && el("p", { class: "said" }, `The first ${objects.length}; there are more.`),
  ].filter(Boolean);
}

export default { title: "Buckets", mount, renew };
