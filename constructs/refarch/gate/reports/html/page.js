(() => {
  "use strict";
  const root = document.documentElement;
  const byId = (id) => document.getElementById(id);
  const severities = ["error", "warning", "info"];
  const rows = [...document.querySelectorAll(".findings tbody tr[data-severity]")];
  const texts = new Map(rows.map((row) => [row, row.textContent.toLowerCase()]));
  const hide = (element, hidden) => element.toggleAttribute("data-hidden", hidden);

  function apply() {
    const words = byId("filter").value.toLowerCase().split(/\s+/).filter(Boolean);
    const failing = byId("show-failing").checked;
    const wanted = new Set(severities.filter((each) => byId(`show-${each}`).checked));
    let shown = 0;
    for (const row of rows) {
      const fits = wanted.has(row.dataset.severity) && (!failing || row.dataset.failing === "yes")
        && words.every((word) => texts.get(row).includes(word));
      hide(row, !fits);
      shown += fits ? 1 : 0;
    }
    for (const table of document.querySelectorAll(".findings")) {
      const none = !table.querySelector("tbody tr:not([data-hidden])");
      const region = table.closest(".scroll");
      hide(region, none);
      if (region.previousElementSibling?.tagName === "H3") hide(region.previousElementSibling, none);
    }
    const narrowed = words.length > 0 || failing;
    for (const stack of document.querySelectorAll(".stack")) {
      const named = words.length > 0 && words.every((word) => stack.querySelector("h2").textContent.toLowerCase().includes(word));
      const found = stack.querySelector(".findings tbody tr[data-severity]:not([data-hidden])");
      const hidden = narrowed && !found && !(named && !failing);
      hide(stack, hidden);
      const line = document.querySelector(`[data-stack="${stack.id}"]`);
      if (line) hide(line, hidden);
    }
    byId("count").textContent = `${shown} of ${rows.length} findings`;
  }

  byId("controls").hidden = false;
  byId("controls").addEventListener("submit", (event) => event.preventDefault());
  byId("controls").addEventListener("input", apply);
  byId("theme").addEventListener("click", () => {
    const dark = root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
    root.dataset.theme = dark ? "light" : "dark";
  });
  apply();
})();
