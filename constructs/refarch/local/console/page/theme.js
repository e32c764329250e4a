// Light, dark, or what the system wants; remembered in this browser.

const THEMES = ["system", "light", "dark"];
const KEY = "refarch-theme";

function remembered() {
  try { return localStorage.getItem(KEY); } catch { return null; } // a browser that keeps nothing
}

let theme = THEMES.includes(remembered()) ? remembered() : "system";
apply();

function apply() {
  if (theme === "system") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = theme;
}

export function shownTheme() {
  return `Theme: ${theme}`;
}

export function nextTheme() {
  theme = THEMES[(THEMES.indexOf(theme) + 1) % THEMES.length];
  try { localStorage.setItem(KEY, theme); } catch { /* then it holds for this page */ }
  apply();
  return shownTheme();
}
