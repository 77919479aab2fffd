"""A hook that counts what every request and lane came to, and says what does not add up: for tests and the soak."""

from __future__ import annotations

import math
from collections import Counter

from atomic_ai.events import Completed, Event, Failed, LaneEnded, LaneStarted


class Ledger:
    """One outcome each, and lanes that cost what requests cost."""

    def __init__(self) -> None:
        self.requests = 0
        self.started: set[tuple[str, int, int]] = set()
        self.ends: Counter[tuple[str, int, int]] = Counter()
        self.finished: Counter[str] = Counter()
        self.ended: Counter[str] = Counter()
        self.outcomes: Counter[str] = Counter()
        self.lanes_usd: list[float] = []
        self.requests_usd: list[float] = []

    async def hear(self, event: Event) -> None:
        """Count one event."""
        match event:
            case LaneStarted():
                self.started.add((event.request_id, event.round, event.lane))
            case LaneEnded(execution=execution):
                self.ends[event.request_id, event.round, event.lane] += 1
                self.ended[execution.outcome] += 1
                self.lanes_usd.append(execution.cost_usd)
            case Completed(response=response):
                self.finished[event.request_id] += 1
                self.outcomes["completed"] += 1
                self.requests_usd.append(response.cost.total_usd)
            case Failed(error=error, cost_usd=cost_usd):
                self.finished[event.request_id] += 1
                self.outcomes[error] += 1
                self.requests_usd.append(cost_usd)

    def wrong(self) -> list[str]:
        """What does not add up."""
        told = []
        if sum(self.outcomes.values()) != self.requests:
            told.append(f"{self.requests} requests have {sum(self.outcomes.values())} outcomes")
        told += [f"request {one} has {count} outcomes" for one, count in self.finished.items() if count != 1]
        told += [f"lane {lane} of {one} has {count} ends" for (one, _, lane), count in self.ends.items() if count != 1]
        told += [f"lane {lane} of {one} has no end" for one, _, lane in self.started - self.ends.keys()]
        lanes, requests = math.fsum(self.lanes_usd), math.fsum(self.requests_usd)
        if not math.isclose(lanes, requests, rel_tol=1e-9, abs_tol=1e-12):
            told.append(f"lanes cost ${lanes:.9f}, requests ${requests:.9f}")
        return told
