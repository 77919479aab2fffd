"""Atomic: models bid for your task, the best race on real streams, one typed and validated answer comes out."""

from typing import TYPE_CHECKING

from atomic_ai._core import Delta, Verdict, Violation, WireDecoder, __version__
from atomic_ai.artifacts import Execution, Microtask, Request, Response
from atomic_ai.atomic import Atomic
from atomic_ai.budget import Budget
from atomic_ai.cost import Cost, Usage
from atomic_ai.errors import AtomicError
from atomic_ai.join import BestOf, Merge, Quorum
from atomic_ai.judge import Judge
from atomic_ai.market import Market
from atomic_ai.message import File, Image, Message, Text
from atomic_ai.model import Model, Timeouts
from atomic_ai.schema import Schema
from atomic_ai.stream import Stream
from atomic_ai.task import Task
from atomic_ai.tool import Tool, tool
from atomic_ai.trace import Trace

if TYPE_CHECKING:
    from atomic_ai.decompose import Graph, Micro, Planned, microtask

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


def __getattr__(name: str) -> object:
    """Microtasks are loaded by those who use them."""
    if name in ("Graph", "Micro", "Planned", "microtask"):
        from atomic_ai import decompose

        return getattr(decompose, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
