"""What an import costs, in a fresh interpreter each time: Atomic beside what its users import today.

The promise: `import atomic_ai` costs at most 50 ms more than `import pydantic`.
"""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

IMPORTS = ["pass", "import pydantic", "import atomic_ai", "import httpx", "import openai", "import litellm"]

# LiteLLM otherwise downloads a price list while it is imported.
ENVIRONMENT = os.environ | {"LITELLM_LOCAL_MODEL_COST_MAP": "True"}


@pytest.mark.parametrize("statement", IMPORTS)
def test_import(benchmark, statement):
    if statement.removeprefix("import ") in ("openai", "litellm"):
        pytest.importorskip(statement.removeprefix("import "))
    benchmark.group = "import"
    run = [sys.executable, "-c", statement]
    subprocess.run(run, check=True, env=ENVIRONMENT)  # once, so that bytecode is on disk
    benchmark.pedantic(lambda: subprocess.run(run, check=True, env=ENVIRONMENT), rounds=7, iterations=1)
