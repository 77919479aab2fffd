"""What `import atomic_ai` offers and what it may load."""

from __future__ import annotations

import subprocess
import sys

import atomic_ai

# Third-party packages that every user has paid for by `import pydantic`, and those a front door may add.
ALLOWED = {"anyio", "atomic_ai", "idna", "orjson", "sniffio", "typing_extensions"}

# Each belongs to one provider, one command or one test double: loaded where it is used.
NEVER = {
    "asyncio",
    "httpcore",
    "httpx",
    "litellm",
    "openai",
    "rich",
    "sqlite3",
    "ssl",
    "trio",
    "vaderSentiment",
}

NAMES = {
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
}


def loaded_by(statement: str, after: str = "from pydantic import BaseModel") -> set[str]:
    """Modules that `statement` loads in a fresh interpreter that has run `after`."""
    code = f"import sys\n{after}\nold = set(sys.modules)\n{statement}\nprint(*sorted(set(sys.modules) - old))"
    done = subprocess.run([sys.executable, "-I", "-c", code], capture_output=True, text=True, check=True)
    return set(done.stdout.split())


def test_the_names_are_these_and_no_others() -> None:
    assert set(atomic_ai.__all__) == NAMES
    assert sorted(atomic_ai.__all__) == list(atomic_ai.__all__)


def test_every_name_is_there_and_documented() -> None:
    for name in atomic_ai.__all__:
        thing = getattr(atomic_ai, name)
        if callable(thing):
            assert thing.__doc__, f"{name} has no docstring"


def test_importing_loads_only_what_is_allowed() -> None:
    roots = {module.partition(".")[0] for module in loaded_by("import atomic_ai")}
    assert "atomic_ai" in roots
    assert not roots & NEVER
    assert roots - set(sys.stdlib_module_names) <= ALLOWED


def test_importing_loads_no_adapter_command_or_double() -> None:
    ours = {module for module in loaded_by("import atomic_ai") if module.startswith("atomic_ai.")}
    late = ("atomic_ai.cli", "atomic_ai.demo", "atomic_ai.testing", "atomic_ai.local")
    assert not [module for module in ours if module.startswith(late)]
    adapters = {module for module in ours if module.startswith("atomic_ai.providers.")}
    assert adapters <= {"atomic_ai.providers.call", "atomic_ai.providers.presets"}


def test_an_unknown_name_is_refused() -> None:
    done = subprocess.run(
        [sys.executable, "-I", "-c", "from atomic_ai import Atomick"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert "Atomick" in done.stderr
