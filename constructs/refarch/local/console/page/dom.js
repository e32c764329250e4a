// Elements and lists of them. Text goes in as text only: what a stack, a message or a log says is never markup.

/** An element. Attributes that are functions listen; false, null and undefined are left out. */
export function el(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === "function") element.addEventListener(name, value);
    else if (value !== false && value !== null && value !== undefined) element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== false));
  return element;
}

/**
 * Make the children of `parent` those of `items`: what did not change stays untouched, and so do the reader's
 * focus, selection and place. `key` names an item, `render` makes its element.
 */
export function sync(parent, items, key, render) {
  const before = parent.rendered ?? new Map();
  const now = new Map();
  for (const item of items) {
    const name = key(item);
    const signature = JSON.stringify(item);
    const known = before.get(name);
    now.set(name, known?.signature === signature ? known : { signature, node: renewed(known, render(item)) });
  }
  for (const [name, { node }] of before) if (now.get(name)?.node !== node) node.remove();
  let place = parent.firstElementChild;
  for (const { node } of now.values()) {
    if (node === place) place = place.nextElementSibling;
    else parent.insertBefore(node, place);
  }
  parent.rendered = now;
}

/** Carry over to the new element what the reader did in the old one: the focus, and how far something is scrolled. */
function renewed(known, node) {
  if (!known) return node;
  const focused = known.node.contains(document.activeElement) ? document.activeElement.dataset.focus : null;
  const scrolled = [...known.node.querySelectorAll("pre")].map((part) => part.scrollTop);
  known.node.replaceWith(node);
  node.querySelectorAll("pre").forEach((part, number) => { part.scrollTop = scrolled[number] ?? 0; });
  if (focused) [...node.querySelectorAll("[data-focus]")].find((part) => part.dataset.focus === focused)?.focus();
  return node;
}

/** A table in a card: `columns` are texts, or [text, class]. Bodies go into the table itself, one for each row. */
export function table(label, columns) {
  const heads = columns.map((column) => [column].flat()).map(([text, kind]) => el("th", { scope: "col", class: kind }, text));
  const made = el("table", { "aria-label": label }, el("thead", {}, el("tr", {}, heads)));
  return { card: el("div", { class: "card" }, made), rows: new Rows(made, columns.length) };
}

class Rows {
  constructor(table, columns) {
    this.table = table;
    this.columns = columns;
    this.holder = proxyOf(table);
  }

  /** Show the items, each as a body of one row and, when `detail` gives something, a second row below it. */
  show(items, key, cells, detail = () => null, empty = "Nothing here yet.") {
    const shown = items.length ? items : [{ nothing: empty }];
    sync(this.holder, shown, (item) => ("nothing" in item ? "nothing" : `row ${key(item)}`), (item) => {
      if ("nothing" in item) return el("tbody", {}, el("tr", {}, el("td", { class: "empty", colspan: this.columns }, item.nothing)));
      const below = detail(item);
      return el("tbody", {},
        el("tr", { class: "row" }, cells(item)),
        below && el("tr", {}, el("td", { class: "inner", colspan: this.columns }, below)));
    });
  }
}

/** `sync` counts from the first child; a table's first child is its head, which stays. */
function proxyOf(table) {
  return {
    rendered: new Map(),
    get firstElementChild() { return table.tHead.nextElementSibling; },
    insertBefore: (node, place) => table.insertBefore(node, place),
  };
}

/** A button that opens and closes what lies below its row. */
export function toggle(text, open, name, act) {
  return el("button", { type: "button", class: "toggle", "aria-expanded": String(open), "data-focus": `toggle ${name}`, click: act }, text);
}

/** A name that the CDK made: its random end is quiet. */
export function named(text) {
  const found = /^(.*?)((?:[0-9A-F]{8})?-[0-9A-Z]{12,13}|[0-9A-F]{8})$/.exec(text);
  return found && found[1] ? [found[1], el("span", { class: "suffix" }, found[2])] : [text];
}

/** A word with a colour: good, bad, busy, info or nothing. The word says it all, the colour only helps. */
export function chip(text, kind = "") {
  return el("span", { class: `chip ${kind}`.trim() }, text);
}

/** Names and values. */
export function facts(pairs) {
  return el("dl", {}, pairs.filter(([, value]) => value !== "" && value !== null && value !== undefined)
    .flatMap(([name, value]) => [el("dt", {}, name), el("dd", {}, value)]));
}

/** The head of a view. */
export function head(title, text, ...more) {
  return el("div", { class: "head" }, el("h2", {}, title), el("p", {}, text), more);
}
