"""What type checkers infer for users; checked by mypy and pyright, never run."""

from __future__ import annotations

from typing import assert_type

import atomic_ai

assert_type(atomic_ai.__version__, str)
