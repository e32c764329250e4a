"""The page's style sheet: light, legible from the back of a room, and told apart without colour vision."""

STYLE = """
body{margin:0;background:#fff;color:#1c2430;font:15px/1.45 system-ui,"Segoe UI",Roboto,"DejaVu Sans",sans-serif}
main{max-width:1280px;margin:0 auto;padding:28px 20px 40px}
header{display:flex;align-items:center;gap:14px}
h1{font-size:24px;font-weight:400;margin:0}h1 b{font-weight:650}
h2{font-size:16px;margin:26px 0 8px}
.state{padding:3px 12px;border-radius:99px;font-size:13px;font-weight:600;background:#e8ecf2;color:#3d4a5c}
.state.succeeded{background:#dcf3e6;color:#11623a}
.state.failed{background:#fde3e1;color:#a1160c}
.state.cancelled{background:#fff0d6;color:#7d4e00}
.reason{margin:12px 0 0;padding:10px 14px;border-left:4px solid #d92d20;background:#fef4f3}
.totals{display:flex;flex-wrap:wrap;gap:10px 44px;margin:20px 0 24px}
.totals div{display:flex;flex-direction:column}
.totals strong{font-size:27px;line-height:1.2;font-weight:650;font-variant-numeric:tabular-nums}
.totals span{color:#5b6778;font-size:13px}
svg{width:100%;height:auto;display:block;font-size:12px}
.start,.finish{--bar:#8a95a5;--band:#f4f5f7}
.map{--bar:#2f6fd6;--band:#eff4fc}
.reduce{--bar:#0e8a7d;--band:#ecf7f5}
.merge{--bar:#7b52c9;--band:#f4effb}
.band{fill:var(--band)}
rect.task,.phase{fill:var(--bar)}
.cold,i.cold{fill:#0b1f3d;background:#0b1f3d}
rect.failed{fill:url(#failed);stroke:#c42217;stroke-width:.6}
rect.task.light{opacity:.74}
rect.failed.solid{fill:#d92d20;stroke:none}
.failed-base{fill:#fdeceb}.failed-line{fill:#f6c3be}
.running{fill:#c9d6ea}
.grid{stroke:#dfe4eb;stroke-width:1}
.axis{stroke:#8a95a5;stroke-width:1}
text{fill:#1c2430}
.stage{font-size:14px;font-weight:650}
.gutter{fill:#5b6778}
.small{font-size:10.5px}
.on-bar{fill:#fff;font-weight:600}
.task-label{fill:#3d4a5c}
.failed-label,.callout{fill:#8f140b;font-weight:650}
.callout{paint-order:stroke;stroke:#fff;stroke-width:4px;stroke-linejoin:round}
.middle{text-anchor:middle}.end{text-anchor:end}
.legend{display:flex;flex-wrap:wrap;gap:8px 22px;align-items:center;margin:12px 0 0;font-size:13px}
.legend em{color:#5b6778;font-style:normal}
.key{display:inline-flex;align-items:center;gap:7px}
.key i{width:22px;height:12px;border-radius:2px;background:var(--bar)}
.key i.cold{width:5px;background:#0b1f3d}
.key i.failed{background:repeating-linear-gradient(45deg,#f6c3be 0 2.5px,#fdeceb 2.5px 6px);
 box-shadow:0 0 0 1px #c42217}
.key i.failed.solid{background:#d92d20;box-shadow:none}
table{border-collapse:collapse;font-size:13px}
th,td{text-align:left;padding:4px 16px 4px 0;border-bottom:1px solid #e3e7ed;vertical-align:top}
th{color:#5b6778;font-weight:500}
"""
