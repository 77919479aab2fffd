"""A recorded body, played again."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from atomic_ai.testing.plan import Split


@dataclass(frozen=True, slots=True)
class Replay:
    """A recorded response body, sent as it is in chunks cut as told; without token counts.

    Attributes:
        body: the recorded bytes.
        splits: offsets at which the body is cut, every so many bytes, or `"random"`; None: as the endpoint
            cuts.
    """

    body: bytes = field(repr=False)
    splits: Split | None = None
