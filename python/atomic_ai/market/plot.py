"""Plots without a plotting library: an award's bids, curves over time, learning over awards, as SVG text.

Only numbers and escaped names enter the text. An award is given as it lives or as its JSON form, which traces keep.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

import orjson

from atomic_ai.errors import ConfigError

if TYPE_CHECKING:
    from atomic_ai._core import Award

WIDTH, HEIGHT, LEFT, BOTTOM = 720, 320, 70, 40
ROW = 22
COLOURS = ("#1f6feb", "#d1242f", "#1a7f37", "#9a6700", "#8250df", "#57606a")
SCORE, COST, TIME, AXIS = "#1f6feb", "#d1242f", "#bf8700", "#d0d7de"

WINDOW = 50
"""Awards over which learning curves are averaged."""


def award_svg(award: Award | Mapping[str, Any]) -> str:
    """Every bid's value, and what cost and time take off it; who was kept out; what happened."""
    told = award if isinstance(award, Mapping) else orjson.loads(award.explain("json"))
    bids = sorted(told["bids"], key=lambda bid: -bid["score"])
    scale = (WIDTH - 4 * LEFT) / (max((bid["terms"]["quality"] for bid in bids), default=1.0) or 1.0)
    mark = ", chosen to learn about it" if told["exploring"] else ""
    plan = f"{told['plan']['kind']} of {', then '.join(told['plan']['lanes'])}"
    title = f"{told['winner']} wins class {told['task_class']}{mark}: {plan}"
    parts = [_text(5, 18, title[:72], bold=True)]
    for place, key in enumerate((("score", SCORE), ("cost", COST), ("time", TIME))):
        parts.append(_text(WIDTH - 190 + 60 * place, 18, key[0], colour=key[1]))
    for place, bid in enumerate(bids):
        parts += _bid_row(bid, 30 + place * ROW, scale, wins=bid["model"] == told["winner"])
    lines = list(_below(told))
    parts += [_text(5, 50 + (len(bids) + place) * ROW, line) for place, line in enumerate(lines)]
    return _page("".join(parts), 60 + ROW * (len(bids) + len(lines)))


def curves_svg(curves: Mapping[str, Sequence[float]], title: str) -> str:
    """Named curves over tasks, such as regret; each is thinned to at most 200 points."""
    return _page(_panel(curves, title), HEIGHT)


def learning_svg(awards: Iterable[Mapping[str, Any]]) -> str:
    """Awards over time: what was expected and what happened, and who won how often, as means over a window.

    Args:
        awards: in order of time, each as its JSON form. Where nobody judged an answer its validity stands for quality.

    Raises:
        ConfigError: nothing happened in any of them.
    """
    told = [award for award in awards if award["happened"]]
    if not told:
        raise ConfigError("no award with an outcome: there is no learning to plot")
    winners = sorted({award["winner"] for award in told})
    shares = {name: _smooth([float(award["winner"] == name) for award in told]) for name in winners[: len(COLOURS)]}
    panels = [
        _panel(_beside(told, "quality", _best_quality), _quality_title(told), most=1.0),
        _panel(_beside(told, "cost_usd", _spent), f"USD a task, mean of the last {WINDOW}"),
        _panel(shares, f"share of awards won, of the last {WINDOW}", most=1.0),
    ]
    moved = (f'<g transform="translate(0 {HEIGHT * place})">{panel}</g>' for place, panel in enumerate(panels))
    return _page("".join(moved), HEIGHT * len(panels))


def save(svg: str, path: Path) -> None:
    """Write a plot: SVG as it is, PNG where `cairosvg` is installed to draw it.

    Raises:
        ConfigError: another ending, PNG without `cairosvg`, or a path that cannot be written.
    """
    try:
        match path.suffix.lower():
            case ".svg":
                path.write_text(svg, encoding="utf-8")
            case ".png":
                path.write_bytes(_png(svg))
            case other:
                raise ConfigError(f"{path}: plots are .svg or .png, not {other or 'without an ending'}")
    except OSError as error:
        raise ConfigError(f"{path}: cannot be written ({type(error).__name__})") from None


def _png(svg: str) -> bytes:
    try:
        import cairosvg  # needed by nobody but who wants PNG
    except ImportError:
        told = "a PNG needs cairosvg: pip install 'atomic-ai[png]', or name a file that ends in .svg"
        raise ConfigError(told) from None
    drawn: bytes = cairosvg.svg2png(bytestring=svg.encode(), scale=2)
    return drawn


def _bid_row(bid: Mapping[str, Any], y: float, scale: float, *, wins: bool) -> Iterable[str]:
    """The value from left to right: what is left of it as score, then what cost and time take."""
    terms, start = bid["terms"], 2 * LEFT
    score = max(bid["score"], 0.0) * scale
    cost = min(-terms["cost"] * scale, terms["quality"] * scale - score)
    time = terms["quality"] * scale - score - cost
    yield _text(5, y + 12, bid["model"][:18], bold=wins)
    yield _bar(start, y, score, SCORE) + _bar(start + score, y, cost, COST) + _bar(start + score + cost, y, time, TIME)
    yield _text(start + score + cost + time + 6, y + 12, f"{bid['score']:.3f}, quality ±{bid['doubt']:.2f}")


def _below(told: Mapping[str, Any]) -> Iterable[str]:
    expected = told["expected"]
    yield f"expected: quality {expected['quality']:.3f}, ${expected['cost_usd']:.6f}, {expected['latency_s']:.2f} s"
    if told["happened"]:
        lanes = ", ".join(f"{lane['model']} {_became(lane)}" for lane in told["happened"])
        yield f"happened: {lanes}; ${_spent(told):.6f}"
    for flip in told["counterfactuals"]:
        now = f"it is {_weight(told, flip):.4g}"
        yield f"with {flip['weight']} weight {flip['side']} {flip['at']:.4g} ({now}): {flip['winner']}"
    yield from (f"{kept['model']} did not bid: {kept['reason']}" for kept in told["filtered"])


def _weight(told: Mapping[str, Any], flip: Mapping[str, Any]) -> float:
    """The weight that a counterfactual speaks of, as it was."""
    return float(told["weights"]["per_usd" if flip["weight"] == "cost" else "per_s"])


def _quality_title(told: Sequence[Mapping[str, Any]]) -> str:
    """What the panel of quality shows; answers that nobody judged count by their validity."""
    unjudged = sum(all(lane["quality"] is None for lane in award["happened"]) for award in told)
    note = f" ({unjudged} of {len(told)} answers were not judged: a valid one counts as 1)" if unjudged else ""
    return f"quality, mean of the last {WINDOW}{note}"


def _became(lane: Mapping[str, Any]) -> str:
    if not lane["valid"]:
        return "gave no valid answer"
    return "valid, not judged" if lane["quality"] is None else f"quality {lane['quality']:.3f}"


def _best_quality(award: Mapping[str, Any]) -> float:
    """Quality of the best lane; a valid answer that nobody judged counts as 1."""
    judged = ((1.0 if lane["quality"] is None else lane["quality"], lane["valid"]) for lane in award["happened"])
    return max(float(quality) if valid else 0.0 for quality, valid in judged)


def _spent(award: Mapping[str, Any]) -> float:
    return sum(float(lane["cost_usd"] or 0.0) for lane in award["happened"])


def _beside(told: Sequence[Mapping[str, Any]], term: str, happened: Any) -> Mapping[str, Sequence[float]]:
    expected = _smooth([award["expected"][term] for award in told])
    return {"expected": expected, "happened": _smooth([happened(award) for award in told])}


def _smooth(values: Sequence[float]) -> Sequence[float]:
    """Means of the last `WINDOW` values."""
    sums, means = 0.0, []
    for place, value in enumerate(values):
        sums += value - (values[place - WINDOW] if place >= WINDOW else 0.0)
        means.append(sums / min(place + 1, WINDOW))
    return means


def _panel(curves: Mapping[str, Sequence[float]], title: str, most: float | None = None) -> str:
    """Curves above an axis that counts tasks; from 0 to `most`, or to the highest value, or below 0 if a curve is."""
    values = [value for curve in curves.values() for value in curve]
    low, high = min([0.0, *values]), max(values, default=1.0) if most is None else most
    span = (high - low) or 1.0
    parts = [_text(5, 18, title, bold=True), _text(5, 40, f"{high:.3g}"), _text(5, HEIGHT - BOTTOM, f"{low:.3g}")]
    parts.append(_bar(LEFT, HEIGHT - BOTTOM, WIDTH - LEFT - 10, AXIS, height=1))
    count = f"{max(map(len, curves.values()), default=0)} tasks"
    parts.append(_text(WIDTH - 10 - 7 * len(count), HEIGHT - BOTTOM + 14, count))
    for place, (name, curve) in enumerate(curves.items()):
        colour = COLOURS[place % len(COLOURS)]
        points = " ".join(f"{x:.1f},{y:.1f}" for x, y in _points(curve, low, span))
        parts.append(f'<polyline fill="none" stroke="{colour}" stroke-width="1.5" points="{points}"/>')
        parts.append(_text(LEFT + 105 * place, HEIGHT - 10, name[:20], colour=colour))
    return "".join(parts)


def _points(curve: Sequence[float], low: float, span: float) -> list[tuple[float, float]]:
    step = max(1, len(curve) // 200)
    last = max(len(curve) - 1, 1)
    place = range(0, len(curve), step)
    x = [LEFT + (WIDTH - LEFT - 10) * index / last for index in place]
    y = [HEIGHT - BOTTOM - (HEIGHT - BOTTOM - 30) * (curve[index] - low) / span for index in place]
    return list(zip(x, y, strict=True))


def _bar(x: float, y: float, width: float, colour: str, height: int = 16) -> str:
    return f'<rect x="{x:.1f}" y="{y:.1f}" width="{max(width, 0.0):.1f}" height="{height}" fill="{colour}"/>'


def _text(x: float, y: float, text: str, *, bold: bool = False, colour: str = "#24292f") -> str:
    weight = "bold" if bold else "normal"
    return f'<text x="{x:.1f}" y="{y:.1f}" font-weight="{weight}" fill="{colour}">{escape(text)}</text>'


def _page(body: str, height: float) -> str:
    head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height:.0f}" font-family="sans-serif"'
    return f'{head} font-size="12">{body}</svg>\n'
