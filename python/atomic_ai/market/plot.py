"""Plots without a plotting library: an award's bids and curves over time, as SVG text.

Only numbers and escaped names enter the text.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from atomic_ai._core import Award

WIDTH, HEIGHT, LEFT, BOTTOM = 720, 320, 70, 40
COLOURS = ("#1f6feb", "#d1242f", "#1a7f37", "#9a6700", "#8250df", "#57606a")


def award_svg(award: Award) -> str:
    """Every bid's score in its terms: value to the right, cost and time taken off it."""
    bids = sorted(award.bids, key=lambda bid: -bid.score)
    top = max((bid.quality_term for bid in bids), default=1.0) or 1.0
    scale = (WIDTH - 3 * LEFT) / top
    rows = []
    for place, bid in enumerate(bids):
        y = 30 + place * 22
        full, score = bid.quality_term * scale, max(bid.score, 0.0) * scale
        weight = "bold" if bid.model == award.winner else "normal"
        rows.append(_text(5, y + 12, bid.model[:18], weight=weight))
        rows.append(_bar(2 * LEFT, y, full, "#d0d7de"))
        rows.append(_bar(2 * LEFT, y, score, COLOURS[0]))
        rows.append(_text(2 * LEFT + full + 6, y + 12, f"{bid.score:.3f}"))
    title = _text(5, 18, f"score (blue) = value (grey) less cost and time: {award.plan.kind}", weight="bold")
    return _page(title + "".join(rows), 40 + 22 * len(bids))


def curves_svg(curves: Mapping[str, Sequence[float]], title: str) -> str:
    """Named curves over tasks, such as regret; each is thinned to at most 200 points."""
    values = [value for curve in curves.values() for value in curve]
    low, high = min(values, default=0.0), max(values, default=1.0)
    span = (high - low) or 1.0
    parts = [_text(5, 18, title, weight="bold"), _text(5, 40, f"{high:.3g}"), _text(5, HEIGHT - BOTTOM, f"{low:.3g}")]
    for place, (name, curve) in enumerate(curves.items()):
        colour = COLOURS[place % len(COLOURS)]
        points = " ".join(f"{x:.1f},{y:.1f}" for x, y in _points(curve, low, span))
        parts.append(f'<polyline fill="none" stroke="{colour}" stroke-width="1.5" points="{points}"/>')
        parts.append(_text(LEFT + 130 * place, HEIGHT - 10, name[:20], colour=colour))
    return _page("".join(parts), HEIGHT)


def _points(curve: Sequence[float], low: float, span: float) -> list[tuple[float, float]]:
    step = max(1, len(curve) // 200)
    last = max(len(curve) - 1, 1)
    place = range(0, len(curve), step)
    x = [LEFT + (WIDTH - LEFT - 10) * index / last for index in place]
    y = [HEIGHT - BOTTOM - (HEIGHT - BOTTOM - 30) * (curve[index] - low) / span for index in place]
    return list(zip(x, y, strict=True))


def _bar(x: float, y: float, width: float, colour: str) -> str:
    return f'<rect x="{x:.1f}" y="{y:.1f}" width="{max(width, 0.0):.1f}" height="16" fill="{colour}"/>'


def _text(x: float, y: float, text: str, *, weight: str = "normal", colour: str = "#24292f") -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" font-weight="{weight}" fill="{colour}">{escape(text)}</text>'


def _page(body: str, height: float) -> str:
    head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height:.0f}" font-family="sans-serif"'
    return f'{head} font-size="12">{body}</svg>\n'
