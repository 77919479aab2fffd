"""The live view: each mail's lanes as they grow, die with their fatal byte marked, are closed, or win."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from rich.console import Group
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from atomic_ai import events
from atomic_ai.demo.cast import short
from atomic_ai.demo.specialists import NotSureError
from atomic_ai.demo.triage import QUESTIONS

if TYPE_CHECKING:
    from rich.console import RenderableType

    from atomic_ai.demo.mail import Mail
    from atomic_ai.events import Event

TAIL = 56
"""Characters of a lane that are shown."""

STYLE = {"waiting": "dim", "growing": "cyan", "dead": "red", "closed": "dim", "won": "bold green"}
MARK = {"waiting": "·", "growing": "▸", "dead": "✗", "closed": "◌", "won": "✓"}


@dataclass(slots=True)
class LaneView:
    """One lane as it is shown.

    Attributes:
        model: the model's name.
        text: what it said so far.
        state: "waiting", "growing", "dead", "closed" or "won".
        note: why it ended.
        dead_at: the fatal byte, or None.
    """

    model: str
    text: str = ""
    state: str = "waiting"
    note: str = ""
    dead_at: int | None = None

    def line(self) -> Text:
        """The lane in one line."""
        line = Text(f"{MARK[self.state]} {short(self.model):<8} ", style=STYLE[self.state], end="")
        if self.dead_at is None:
            line.append(_flat(self.text)[-TAIL:])
        else:
            said = self.text.encode()
            before = said[: self.dead_at].decode("utf-8", "ignore")
            fatal = said[self.dead_at :].decode("utf-8", "ignore")[:1] or "␃"
            line.append(_flat(before)[-TAIL:], style="dim")
            line.append(_flat(fatal), style="bold white on red")
        return line.append(f"  {self.note}", style="italic dim") if self.note else line


@dataclass(slots=True)
class MailView:
    """One mail as it is shown: its lanes by microtask and number."""

    title: str
    lanes: dict[str, dict[int, LaneView]] = field(default_factory=dict)

    def panel(self) -> Panel:
        """The mail's box."""
        table = Table.grid(padding=(0, 1))
        table.add_column(width=17, style="bold")
        table.add_column(overflow="ellipsis", no_wrap=True)
        for microtask in sorted(self.lanes, key=_order):
            for place, lane in enumerate(_shown(list(self.lanes[microtask].values()))):
                table.add_row("" if place else microtask, lane.line())
        return Panel(table, title=self.title, title_align="left", border_style="blue")


class Board:
    """What `rich.live.Live` shows while the inbox is sorted; `hear` takes every event."""

    def __init__(self, total: int) -> None:
        self._total, self._done = total, 0
        self._mails: dict[str, MailView] = {}

    def hear(self, mail: Mail, event: Event) -> None:
        """Show what happened."""
        view = self._mails.setdefault(mail.name, MailView(f"{mail.name}: {mail.subject}"))
        match event:
            case events.LaneStarted():
                view.lanes.setdefault(event.microtask, {})[event.lane] = LaneView(event.model)
            case events.LaneGrew() | events.Violated() | events.LaneEnded() | events.Decided():
                _change(view.lanes[event.microtask][event.lane], event)
            case events.Completed() | events.Failed():
                del self._mails[mail.name]
                self._done += 1

    def __rich__(self) -> RenderableType:
        head = Text(f"SIMULATED models on loopback, local specialists: {self._done} of {self._total} mails sorted")
        return Group(head, *(view.panel() for view in self._mails.values()))


def _change(lane: LaneView, event: events.LaneGrew | events.Violated | events.LaneEnded | events.Decided) -> None:
    match event:
        case events.LaneGrew():
            lane.text += event.text or ""
            lane.state = "growing" if lane.state == "waiting" else lane.state
        case events.Violated():
            lane.state, lane.dead_at, lane.note = "dead", event.offset, f"byte {event.offset}: {event.keyword}"
        case events.Decided():
            lane.state, lane.note = "won", event.why
        case events.LaneEnded() if lane.state not in ("won", "dead"):
            unsure = NotSureError.__name__ in event.execution.detail
            lane.state, lane.note = "closed", "not sure" if unsure else event.execution.outcome


def _shown(lanes: list[LaneView]) -> list[LaneView]:
    """All lanes while they race; afterwards the winner, beside those that died of what they said."""
    if not any(lane.state == "won" for lane in lanes):
        return lanes
    return [lane for lane in lanes if lane.state in ("won", "dead")]


def _order(microtask: str) -> tuple[int, str]:
    names = list(QUESTIONS)
    return (names.index(microtask) if microtask in names else len(names), microtask)


def _flat(text: str) -> str:
    return text.replace("\n", "⏎")
