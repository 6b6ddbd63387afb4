"""Draws the plot of the README: bars on a logarithmic scale, as SVG written by hand, on a ground of its own."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from math import ceil, floor, log10

from .report import number

WIDTH, LEFT, RIGHT, TOP, BAR, GAP, FOOT = 760, 240, 90, 52, 22, 12, 40  # pixels
GROUND, INK, FAINT, OURS, OTHERS = "#ffffff", "#1f2328", "#d8dee4", "#1a7f5a", "#8c959f"


def bars(heading: str, rows: Sequence[tuple[str, float, bool]]) -> str:
    """`rows` are a name, a value over 0 and whether it is ours; the largest stands on top."""
    rows = sorted(rows, key=lambda entry: -entry[1])
    low = floor(log10(min(value for _, value, _ in rows)) - 0.3)
    high = max(low + 1, ceil(log10(max(value for _, value, _ in rows))))
    height = TOP + len(rows) * (BAR + GAP) + FOOT
    per_decade = (WIDTH - LEFT - RIGHT) / (high - low)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" role="img"'
        f' font-family="system-ui, sans-serif" font-size="13" fill="{INK}">',
        f"<title>{escape(heading)}</title>",
        f'<rect width="{WIDTH}" height="{height}" rx="6" fill="{GROUND}"/>',
        f'<text x="16" y="28" font-size="15" font-weight="600">{escape(heading)}</text>',
    ]
    for power in range(low, high + 1):
        x = LEFT + (power - low) * per_decade
        parts.append(f'<path d="M{x:.1f} {TOP - 8}V{height - FOOT}" stroke="{FAINT}"/>')
        parts.append(f'<text x="{x:.1f}" y="{height - FOOT + 18}" text-anchor="middle">{10.0**power:,.0f}</text>')
    for place, (name, value, ours) in enumerate(rows):
        y = TOP + place * (BAR + GAP)
        length = (log10(value) - low) * per_decade
        weight = ' font-weight="600"' if ours else ""
        middle = y + BAR * 0.7
        parts.append(f'<text x="{LEFT - 10}" y="{middle:.1f}" text-anchor="end"{weight}>{escape(name)}</text>')
        fill = OURS if ours else OTHERS
        parts.append(f'<rect x="{LEFT}" y="{y}" width="{length:.1f}" height="{BAR}" rx="3" fill="{fill}"/>')
        parts.append(f'<text x="{LEFT + length + 6:.1f}" y="{middle:.1f}"{weight}>{number(value)}</text>')
    return "\n".join([*parts, "</svg>", ""])
