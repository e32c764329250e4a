"""The report's style sheet: readable by day and by night, printable, and never by colour alone."""

STYLE = """
:root { color-scheme: light dark; --text: #1d2733; --quiet: #5b6875; --line: #d5dbe1; --page: #fff; --panel: #f5f7f9;
  --succeeded: #1b7f4b; --succeeded-soft: #e0f3e8; --failed: #b3261e; --failed-soft: #fbe4e2;
  --running: #1f5fbf; --running-soft: #e2ecfb; --queued: #8a5a00; --queued-soft: #fbf0d9;
  --skipped: #5d5a8a; --skipped-soft: #eae9f5; --waiting: #5b6875; --waiting-soft: #eef1f4; }
@media (prefers-color-scheme: dark) { :root { --text: #e6ebf0; --quiet: #9aa7b4; --line: #36414c; --page: #141a20;
  --panel: #1c242c; --succeeded: #6fd6a0; --succeeded-soft: #17382a; --failed: #ff9d95; --failed-soft: #46201e;
  --running: #8fbcff; --running-soft: #1c3050; --queued: #f0c36a; --queued-soft: #3d3014;
  --skipped: #bcb9ef; --skipped-soft: #2c2b45; --waiting: #9aa7b4; --waiting-soft: #232c35; } }
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 1040px; padding: 28px 24px 56px; background: var(--page); color: var(--text);
  font: 15px/1.5 system-ui, "DejaVu Sans", sans-serif; }
h1 { font-size: 24px; margin: 0; overflow-wrap: anywhere; } h2 { font-size: 17px; margin: 34px 0 10px; }
p { margin: 6px 0; } .quiet { color: var(--quiet); } .small { font-size: 13px; }
.tiles { display: flex; flex-wrap: wrap; gap: 12px; margin: 20px 0; }
.tile { flex: 1 1 170px; background: var(--panel); border: 1px solid var(--line); border-radius: 8px;
  padding: 12px 14px; }
.tile b { display: block; font-size: 21px; }
.badge { display: inline-block; border-radius: 5px; padding: 1px 8px; font-weight: 600; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; }
th, td { text-align: left; padding: 6px 10px; border-bottom: 1px solid var(--line); vertical-align: top; }
th { color: var(--quiet); font-weight: 600; } td.number, th.number { text-align: right; white-space: nowrap;
  font-variant-numeric: tabular-nums; }
td .small { white-space: nowrap; }
svg { width: 100%; height: auto; margin-top: 6px; } svg text { font-family: inherit; fill: var(--text); }
.arrow { fill: none; stroke: var(--quiet); stroke-width: 1.5; } .tip { fill: var(--quiet); }
.box { stroke-width: 1.6; } .name { font-weight: 600; font-size: 15px; } .state, .time { font-size: 13px; }
""" + "".join(
    f".{name} .box {{ fill: var(--{name}-soft); stroke: var(--{name}); }} .{name} .state {{ fill: var(--{name}); }}\n"
    f".badge.{name} {{ background: var(--{name}-soft); color: var(--{name}); }}\n"
    for name in ("succeeded", "failed", "running", "queued", "skipped", "waiting")
)
