"""A request becomes microtasks: declared as functions, as fields of the output model, or by a planner model."""

from atomic_ai.decompose.annotated import Micro
from atomic_ai.decompose.declared import microtask
from atomic_ai.decompose.graph import Graph
from atomic_ai.decompose.node import Node, OnFailure
from atomic_ai.decompose.planned import Planned

__all__ = ["Graph", "Micro", "Node", "OnFailure", "Planned", "microtask"]
