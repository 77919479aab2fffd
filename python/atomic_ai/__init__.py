"""Atomic: models bid for your task, the best race on real streams, one typed and validated answer comes out."""

from typing import TYPE_CHECKING

from atomic_ai._core import Delta, Verdict, Violation, WireDecoder, __version__
from atomic_ai.atomic import Atomic
from atomic_ai.budget import Budget
from atomic_ai.errors import AtomicError
from atomic_ai.message import File, Image, Message, Text
from atomic_ai.model import Model, Timeouts
from atomic_ai.stream import Stream
from atomic_ai.task import Task
from atomic_ai.tool import Tool, tool

if TYPE_CHECKING:
    from atomic_ai.artifacts import Execution, Microtask, Request, Response
    from atomic_ai.cost import Cost, Usage
    from atomic_ai.decompose import Graph, Micro, Planned, microtask
    from atomic_ai.hedge import Hedge
    from atomic_ai.join import BestOf, Merge, Quorum
    from atomic_ai.judge import Judge
    from atomic_ai.market import Market
    from atomic_ai.schema import Schema
    from atomic_ai.trace import Trace

__all__ = [
    "Atomic",
    "AtomicError",
    "BestOf",
    "Budget",
    "Cost",
    "Delta",
    "Execution",
    "File",
    "Graph",
    "Hedge",
    "Image",
    "Judge",
    "Market",
    "Merge",
    "Message",
    "Micro",
    "Microtask",
    "Model",
    "Planned",
    "Quorum",
    "Request",
    "Response",
    "Schema",
    "Stream",
    "Task",
    "Text",
    "Timeouts",
    "Tool",
    "Trace",
    "Usage",
    "Verdict",
    "Violation",
    "WireDecoder",
    "__version__",
    "microtask",
    "tool",
]

_LATER = {
    "artifacts": ("Execution", "Microtask", "Request", "Response"),
    "cost": ("Cost", "Usage"),
    "decompose": ("Graph", "Micro", "Planned", "microtask"),
    "hedge": ("Hedge",),
    "join": ("BestOf", "Merge", "Quorum"),
    "judge": ("Judge",),
    "market": ("Market",),
    "schema": ("Schema",),
    "trace": ("Trace",),
}


def __getattr__(name: str) -> object:
    """What not every program uses is loaded by those that do."""
    for module, names in _LATER.items():
        if name in names:
            from importlib import import_module

            return getattr(import_module(f"atomic_ai.{module}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
