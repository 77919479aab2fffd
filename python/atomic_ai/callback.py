"""The caller's own code, called without holding up the event loop."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any


def is_async(function: Callable[..., Any]) -> bool:
    """Whether calling `function` gives an awaitable, as far as can be seen without calling it."""
    return inspect.iscoroutinefunction(function) or inspect.iscoroutinefunction(type(function).__call__)


async def called(function: Callable[..., Any], *arguments: object) -> Any:
    """What `function` gives; a plain function runs in a worker thread, which is left behind on cancellation."""
    if is_async(function):
        return await function(*arguments)
    from anyio import to_thread

    return await to_thread.run_sync(function, *arguments, abandon_on_cancel=True)
