// The quality menu: its entries, from the highest rung to the lowest, as a person reads them.

/** [{value, text}] for hls.js's levels. -1 is automatic; `current` is the level that plays now, by number. */
export function entries(levels, current = -1) {
  const named = levels.map((level, value) => ({ value, text: label(level), bitrate: level.bitrate || 0 }));
  named.sort((one, other) => other.bitrate - one.bitrate);
  const now = levels[current] ? ` (now ${size(levels[current])})` : "";
  return [{ value: -1, text: `Auto${now}` }, ...named.map(({ value, text }) => ({ value, text }))];
}

function label(level) {
  return [size(level), rate(level.bitrate)].filter(Boolean).join(" · ");
}

function size(level) {
  return level.width ? `${level.width}×${level.height}` : rate(level.bitrate) || "one quality";
}

function rate(bits) {
  if (!bits) return "";
  return bits >= 1e6 ? `${(bits / 1e6).toFixed(1)} Mbit/s` : `${Math.round(bits / 1e3)} kbit/s`;
}

/** 75 → "1:15"; hours where there are some. */
export function clock(seconds) {
  if (!Number.isFinite(seconds)) return "";
  const whole = Math.floor(seconds);
  const parts = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  const shown = parts[0] ? parts : parts.slice(1);
  return shown.map((part, i) => (i ? String(part).padStart(2, "0") : part)).join(":");
}
