"""Every error Atomic raises, sorted by who is to blame.

    AtomicError
    ├── MisuseError          the caller's code: fix the call
    │   ├── ConfigError          a model, file or setting is wrong or missing
    │   │   ├── UnknownModelError    a name that no model has
    │   │   └── MissingKeyError      no API key in the arguments or the environment
    │   ├── TaskError            the task cannot be run as written
    │   └── StateError           a call in the wrong order (feed after finish, use outside `async with`)
    ├── SchemaError          the schema itself: not a schema, or one that cannot be compiled
    │   └── UnsatisfiableSchemaError   no document can ever be valid
    ├── LimitError           a bound was reached: bytes, depth, steps, states
    ├── ProviderError        what came (or did not come) from the provider
    │   ├── TransportError       refused, reset, TLS, DNS: no usable answer arrived
    │   │   └── ConnectTimeoutError  no connection in the time that the model's card allows
    │   ├── StatusError          an HTTP status outside 2xx
    │   │   ├── RateLimitedError     429, or the provider's own words for it
    │   │   └── RedirectError        a redirect, which would carry the key elsewhere: refused
    │   ├── CircuitOpenError     the model failed too often just now and is not called for a while
    │   ├── WireError            bytes that are not the dialect
    │   └── TruncatedError       the stream ended before its end
    ├── ToolError            a tool of yours: its message is told to the model
    ├── RaceError            no lane was good; carries lanes, best partial, violations, cost
    │   ├── BudgetError          money: nothing left, or no plan fits
    │   └── DeadlineError        time: the deadline passed before an answer was good
    └── AssemblyError        the microtasks' results do not make the response

Attributes carry what a handler needs (lane, offset, provider, status); no error holds a key or a prompt.
All of them pickle.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


class AtomicError(Exception):
    """The root of all errors raised by Atomic.

    Attributes:
        retryable: whether the same call may succeed later without a change by the caller.
        trace: the request's record, where a request failed; None elsewhere.
        microtask: the microtask that raised it, where the request was decomposed.
    """

    retryable: bool = False
    trace: Any = None
    microtask: str | None = None

    def __init__(self, message: str, **attributes: Any) -> None:
        super().__init__(message)
        for name, value in attributes.items():
            setattr(self, name, value)

    def __reduce__(self) -> tuple[Any, ...]:
        return (_rebuild, (type(self), self.args, self.__dict__.copy()))


def _rebuild(cls: type[AtomicError], args: tuple[Any, ...], attributes: dict[str, Any]) -> AtomicError:
    error = cls.__new__(cls, *args)
    error.args = args
    error.__dict__.update(attributes)
    return error


class MisuseError(AtomicError):
    """The caller's code is wrong; the message says where and how to repair it."""


class ConfigError(MisuseError):
    """A model, a configuration file or a setting is wrong or missing."""


class UnknownModelError(ConfigError):
    """A name that no configured model has; the message lists near matches."""


class MissingKeyError(ConfigError):
    """A provider needs an API key and none was given or found in the environment."""


class TaskError(MisuseError):
    """The task cannot be run as written: its output type, input, tools or criteria do not fit."""


class StateError(MisuseError):
    """A call in the wrong order, such as feeding a stream that has been finished."""


class SchemaError(AtomicError):
    """The schema is not a JSON Schema or uses what cannot be compiled.

    Attributes:
        schema_path: JSON Pointer to the offending place in the schema.
    """

    schema_path: str = ""


class UnsatisfiableSchemaError(SchemaError):
    """No document can ever be valid; raised where an answer is asked for, not when compiling."""


class LimitError(AtomicError):
    """A bound was reached; nothing was decided by it.

    Attributes:
        limit: the limit's name.
        bound: its value.
    """

    limit: str = ""
    bound: int = 0


class ProviderError(AtomicError):
    """What came, or did not come, from a provider.

    Attributes:
        provider: the provider's name.
        model: the model's name in Atomic.
        lane: the lane's number in its race, or None.
    """

    provider: str = ""
    model: str = ""
    lane: int | None = None
    retryable = True


class TransportError(ProviderError):
    """Refused, reset, TLS, DNS or time-out: no usable answer arrived."""


class ConnectTimeoutError(TransportError):
    """No connection stood within `Timeouts(connect_s=…)`; nothing was sent."""


class StatusError(ProviderError):
    """An HTTP status outside 2xx.

    Attributes:
        status: the status code.
        code: the provider's own word for what is wrong, such as "model_not_found"; empty where it gave none.
        retry_after_s: seconds the provider asked to wait, or None.
    """

    status: int = 0
    code: str = ""
    retry_after_s: float | None = None


class RateLimitedError(StatusError):
    """The provider refuses for now."""


class RedirectError(StatusError):
    """The provider answered with a redirect; following it would carry the key and the prompt elsewhere."""

    retryable = False


class CircuitOpenError(ProviderError):
    """The model failed so often just now that it is not called for a while; no socket was opened.

    Attributes:
        retry_after_s: seconds until it is tried again.
    """

    retry_after_s: float = 0.0


class WireError(ProviderError):
    """The bytes are not of the expected dialect.

    Attributes:
        offset: byte offset in the body.
    """

    offset: int = 0


class TruncatedError(ProviderError):
    """The stream ended before the provider said that it was complete."""


class ToolError(AtomicError):
    """For tools to raise: the model is told the message and goes on. Of other exceptions it is told the type only."""


class RaceError(AtomicError):
    """Every lane ended and none was good.

    Attributes:
        lanes: the `Execution` of each lane that started.
        partial: the best lane's text, or None.
        violations: what the best lane's document violates.
        refusals: what the caller's own type and validators said against it.
        cost: the request's cost so far.
        model: the best lane's model, or None.
        interrupted: whether part of the best lane's text had been shown already.
    """

    lanes: tuple[Any, ...] = ()
    partial: str | None = None
    model: str | None = None
    interrupted: bool = False
    violations: tuple[Any, ...] = ()
    refusals: tuple[str, ...] = ()
    cost: Any = None


class BudgetError(RaceError):
    """The budget is spent, or no plan fits it.

    Attributes:
        policy: of a shared budget: what it does at its end, "refuse", "cheapest" or "ask"; empty for a request's own.
    """

    policy: str = ""


class DeadlineError(RaceError):
    """The deadline passed before an answer was good enough."""

    retryable = True


class AssemblyError(AtomicError):
    """The microtasks' results do not make the response: some are missing, or a validator refuses the whole.

    Attributes:
        missing: what is not there.
        places: where the whole was refused and by which rule; no values.
        failures: the errors of the failed microtasks, by name.
        results: what there is, by name.
    """

    missing: tuple[str, ...] = ()
    places: tuple[str, ...] = ()
    failures: Mapping[str, AtomicError] = {}
    results: Mapping[str, Any] = {}
