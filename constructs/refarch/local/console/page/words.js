// Numbers, times and states in words.

const clock = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit", second: "2-digit", hour12: false });
const whole = new Intl.NumberFormat();

/** 14:03:59.120 */
export function time(seconds) {
  if (!seconds) return "";
  const milliseconds = String(Math.floor((seconds * 1000) % 1000)).padStart(3, "0");
  return `${clock.format(new Date(seconds * 1000))}.${milliseconds}`;
}

/** 14:03:59 */
export function shortTime(seconds) {
  return seconds ? clock.format(new Date(seconds * 1000)) : "";
}

export function number(value) {
  return whole.format(value);
}

/** "1 message", "2 messages" */
export function some(count, word) {
  return `${whole.format(count)} ${word}${count === 1 ? "" : "s"}`;
}

export function bytes(value) {
  const units = ["B", "KB", "MB", "GB", "TB"];
  let step = 0;
  while (value >= 1000 && step < units.length - 1) { value /= 1000; step += 1; }
  return `${step && value < 100 ? value.toFixed(1) : Math.round(value)} ${units[step]}`;
}

export function duration(milliseconds) {
  if (milliseconds < 1000) return `${Math.round(milliseconds)} ms`;
  const seconds = milliseconds / 1000;
  return seconds < 60 ? `${seconds.toFixed(1)} s` : `${Math.floor(seconds / 60)} min ${Math.round(seconds % 60)} s`;
}

/** arn:aws:lambda:us-east-1:000000000000:function:name → lambda function:name */
export function shortArn(arn) {
  const parts = arn.split(":");
  return parts.length >= 6 ? `${parts[2]} ${parts.slice(5).join(":")}` : arn;
}

/** The colour of a state, by what the services' words have in common. */
export function kindOf(state) {
  if (/FAILED|ROLLBACK|TIMED_OUT|ABORTED|error/i.test(state)) return "bad";
  if (/IN_PROGRESS|PENDING|STARTING|PROVISIONING|RUNNABLE|SUBMITTED|shutting|stopping|Terminating|Wait|Proceed|DRAINING/i.test(state)) return "busy";
  if (/COMPLETE|SUCCEEDED|RUNNING|running|InService|ACTIVE/.test(state)) return "good";
  return "";
}

/** What JSON shows well is shown as JSON. */
export function pretty(text) {
  try { return JSON.stringify(JSON.parse(text), null, 2); } catch { return text; }
}
