"""Replay: any policy against a table of recorded outcomes, or against one's own log."""

from atomic_ai.market.replay.estimate import Logged, doubly_robust, inverse_propensity
from atomic_ai.market.replay.log import Log
from atomic_ai.market.replay.plans import PlanRun, replay_plans
from atomic_ai.market.replay.policy import Fixed, MarketPolicy, Policy
from atomic_ai.market.replay.run import Comparison, MakePolicy, Run, compare, replay
from atomic_ai.market.replay.table import Recorded, Row, Table

__all__ = [
    "Comparison",
    "Fixed",
    "Log",
    "Logged",
    "MakePolicy",
    "MarketPolicy",
    "PlanRun",
    "Policy",
    "Recorded",
    "Row",
    "Run",
    "Table",
    "compare",
    "doubly_robust",
    "inverse_propensity",
    "replay",
    "replay_plans",
]
