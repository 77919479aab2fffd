"""For tests of what is built on Atomic: simulated endpoints on loopback, scripted models in virtual time, a guard.

Whatever is simulated says so: in its repr, its `Server` header, the model names and the ids it answers with.
"""

from atomic_ai.testing.body import Replay
from atomic_ai.testing.endpoint import SimulatedEndpoint
from atomic_ai.testing.exchange import Counters, Exchange
from atomic_ai.testing.fault import (
    BadJson,
    BadUtf8,
    Bomb,
    Cut,
    ErrorInside,
    Fault,
    HtmlPage,
    Redirect,
    Refuses,
    Reset,
    Stall,
    Status,
    WrongSchema,
)
from atomic_ai.testing.network import UnexpectedNetworkError, no_network
from atomic_ai.testing.pace import AT_ONCE, Pace
from atomic_ai.testing.recorder import Recorder
from atomic_ai.testing.replayed import ReplayedEndpoint, replay
from atomic_ai.testing.script import Reasoning, Refusal, Script, Text, ToolCall, Usage
from atomic_ai.testing.scripted import ScriptedCall, ScriptedModel
from atomic_ai.testing.virtual import VirtualClock

__all__ = [
    "AT_ONCE",
    "BadJson",
    "BadUtf8",
    "Bomb",
    "Counters",
    "Cut",
    "ErrorInside",
    "Exchange",
    "Fault",
    "HtmlPage",
    "Pace",
    "Reasoning",
    "Recorder",
    "Redirect",
    "Refusal",
    "Refuses",
    "Replay",
    "ReplayedEndpoint",
    "Reset",
    "Script",
    "ScriptedCall",
    "ScriptedModel",
    "SimulatedEndpoint",
    "Stall",
    "Status",
    "Text",
    "ToolCall",
    "UnexpectedNetworkError",
    "Usage",
    "VirtualClock",
    "WrongSchema",
    "no_network",
    "replay",
]
