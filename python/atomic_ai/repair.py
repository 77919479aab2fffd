"""Lenient reading by name: what may be repaired of a document before it is judged."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal, TypeAlias, get_args

RepairName = Literal[
    "fence",
    "prose",
    "repeat",
    "trailing_commas",
    "single_quotes",
    "comments",
    "python_literals",
    "unquoted_keys",
    "cut_short",
]
"""A repair:

- "fence": a markdown fence around the document is not read;
- "prose": nor is prose before or after it;
- "repeat": nor is the same document once more;
- "trailing_commas": a comma before `]` or `}` is dropped;
- "single_quotes": `'…'` is a string or key, and `\\'` in any string is `'`;
- "comments": `// …`, `# …` and `/* … */` between tokens are not read;
- "python_literals": `None`, `True` and `False` are `null`, `true` and `false`;
- "unquoted_keys": a name is a key;
- "cut_short": what is open where the text ends is closed, and what cannot be closed (half a key, a member without
  value) is dropped.
"""

Lenient: TypeAlias = "bool | Iterable[RepairName]"
"""False: nothing is repaired. True: everything. Else the repairs by name."""


def repair_names(lenient: Lenient) -> list[RepairName]:
    """The repairs that are meant, each once.

    Raises:
        ValueError: one of the names is no repair's.
    """
    known: tuple[RepairName, ...] = get_args(RepairName)
    if isinstance(lenient, bool):
        return list(known) if lenient else []
    given = frozenset((lenient,) if isinstance(lenient, str) else lenient)
    unknown = given.difference(known)
    if unknown:
        raise ValueError(
            f"lenient: no such repair: {', '.join(map(repr, sorted(unknown)))}; there are {', '.join(known)}"
        )
    return [name for name in known if name in given]
