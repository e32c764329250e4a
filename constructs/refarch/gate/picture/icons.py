"""Small pictograms, drawn here in lines on a field of 24 by 24; nobody's trademark."""

from __future__ import annotations

ICONS = {
    "api": "M9 6 4 12l5 6M15 6l5 6-5 6",
    "balancer": "M4 12h6m0 0 8-7m-8 7h8m-8 0 8 7M20 5h-2M20 12h-2M20 19h-2",
    "bell": "M6 17V11a6 6 0 0 1 12 0v6l2 1H4zM10.5 21h3",
    "box": "M12 3 20 7.5v9L12 21 4 16.5v-9zM4 7.5l8 4.5 8-4.5M12 12v9",
    "bucket": "M4 6h16l-2.2 14H6.2zM4 6c0-4 16-4 16 0",
    "clock": "M12 3a9 9 0 1 0 .01 0zM12 7v5l4 2",
    "container": "M3 8h18v10H3zM7.5 8v10M12 8v10M16.5 8v10",
    "database": "M5 6v12c0 4 14 4 14 0V6M5 6c0 4 14 4 14 0s-14-4-14 0M5 12c0 4 14 4 14 0",
    "disk": "M4 5h16v6H4zM4 13h16v6H4zM7 8h.5M7 16h.5",
    "function": "M6 4h3l8 16h2M11.5 10 6 20",
    "gateway": "M4 20V9a8 8 0 0 1 16 0v11M9 20v-9a3 3 0 0 1 6 0v9",
    "gear": "M12 8.5a3.5 3.5 0 1 0 .01 0zM12 3v3M12 18v3M3 12h3M18 12h3M5.6 5.6l2.2 2.2M16.2 16.2l2.2 2.2"
    "M5.6 18.4l2.2-2.2M16.2 7.8l2.2-2.2",
    "globe": "M12 3a9 9 0 1 0 .01 0zM3 12h18M12 3c-6 5-6 13 0 18 6-5 6-13 0-18",
    "instance": "M5 5h14v14H5zM9 9h6v6H9zM9 2v3M15 2v3M9 19v3M15 19v3M2 9h3M2 15h3M19 9h3M19 15h3",
    "instances": "M4 8h12v12H4zM8 8V4h12v12h-4",
    "lock": "M5 11h14v9H5zM8 11V8a4 4 0 0 1 8 0v3",
    "person": "M12 4a4 4 0 1 0 .01 0zM4 21c0-9 16-9 16 0",
    "queue": "M3 8h4v8H3zM10 8h4v8h-4zM17 8h4v8h-4z",
    "rule": "M13 3 6 13h5l-1 8 8-11h-5z",
    "search": "M10.5 4a6.5 6.5 0 1 0 .01 0zM15.5 15.5 21 21",
    "shield": "M12 3 5 6v6c0 5 3 7 7 9 4-2 7-4 7-9V6z",
    "stream": "M3 7c4-4 6 4 10 0s5-2 8 0M3 12c4-4 6 4 10 0s5-2 8 0M3 17c4-4 6 4 10 0s5-2 8 0",
    "table": "M4 5h16v14H4zM4 10h16M4 14.5h16M10 10v9",
    "topic": "M4 10v4h4l7 5V5l-7 5zM18 9c2 2 2 4 0 6",
    "video": "M4 6h12v12H4zM16 11l5-3v8l-5-3",
    "workflow": "M9 3h6v5H9zM3 16h6v5H3zM15 16h6v5h-6zM12 8v4M6 16v-4h12v4",
}
COLOURS = {
    "analytics": "#7a4fd0",
    "compute": "#d46f12",
    "database": "#3b62d8",
    "integration": "#cf2d6c",
    "management": "#a8326e",
    "media": "#b3541e",
    "network": "#6f46c4",
    "plain": "#5d6b7c",
    "security": "#c0313b",
    "storage": "#3c8527",
}
