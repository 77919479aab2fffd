"""What every test shares: where the conformance data is, and what happens where it is not."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from atomic_ai.providers import registry
from databases import server, where

# How fast a machine is says nothing about the code: no property test fails for being slow.
settings.register_profile("house", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("house")

__all__ = ["server", "where"]  # fixtures of every test

ROOT = Path(__file__).resolve().parent.parent


def pytest_addoption(parser: pytest.Parser) -> None:
    """`--transport httpx` runs the same tests over the other transport, `--uvloop` those of asyncio on another loop."""
    parser.addoption("--uvloop", action="store_true", help="run asyncio's tests on uvloop")
    parser.addoption("--transport", choices=["native", "httpx"], help="who carries requests where a test does not say")


def pytest_configure(config: pytest.Config) -> None:
    """Choose the event loop before any is made."""
    if config.getoption("--uvloop"):
        import uvloop

        asyncio.set_event_loop_policy(uvloop.EventLoopPolicy())


@pytest.fixture(scope="session", autouse=True)
def transport(pytestconfig: pytest.Config) -> str:
    """The transport under test."""
    chosen = pytestconfig.getoption("--transport")
    if chosen is not None:
        registry.USUAL = chosen
    return str(registry.USUAL)


TALLIES = pytest.StashKey[list[str]]()


@pytest.fixture(scope="session")
def tally(pytestconfig: pytest.Config) -> Callable[[str, int, int], None]:
    """Counts a suite: `tally(suite, passed, exceptions)`; the counts are printed when all tests have run."""
    lines = pytestconfig.stash.setdefault(TALLIES, [])

    def count(suite: str, passed: int, exceptions: int) -> None:
        lines.append(f"conformance: {suite} (Python): {passed} passed, {exceptions} listed exceptions")

    return count


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Print what the suites counted."""
    for line in config.stash.get(TALLIES, []):
        terminalreporter.write_line(line)


@pytest.fixture(scope="session")
def conformance() -> Path:
    """The conformance data's folder; the test is skipped, or fails if it is required, where it is absent."""
    folder = Path(os.environ.get("ATOMIC_CONFORMANCE", ROOT.parent / "shared" / "conformance"))
    if folder.is_dir():
        return folder
    message = f"no conformance data at {folder}: set ATOMIC_CONFORMANCE"
    if os.environ.get("ATOMIC_REQUIRE_CONFORMANCE") == "1":
        pytest.fail(message)
    pytest.skip(message)
