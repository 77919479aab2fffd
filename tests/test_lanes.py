"""What a lane cost: the provider's count where it is final, an estimate that never falls short where it is not."""

from __future__ import annotations

import pytest

from atomic_ai import Model, Task, WireDecoder
from atomic_ai.adapt import adapt
from atomic_ai.race.lanes import Lane
from atomic_ai.testing import Script, ScriptedModel, VirtualClock


def lane(cancel: str) -> Lane:
    provider = ScriptedModel(Script("x"), VirtualClock())
    return Lane.of(adapt(Task("Write.", max_tokens=1000), Model("m", run=provider, cancel=cancel)), provider)


def counted(tokens: int) -> object:
    decoder = WireDecoder("gemini")
    decoder.feed(b'data: {"usageMetadata": {"promptTokenCount": 7, "candidatesTokenCount": %d}}\n\n' % tokens)
    return decoder.message.usage


@pytest.mark.parametrize(
    ("cancel", "whole", "output", "estimated"),
    [("stops", False, 5, False), ("stops", True, 5, False), ("bills", True, 5, False), ("bills", False, 100, True)],
)
def test_a_count_so_far_is_final_only_where_nothing_is_written_on(
    cancel: str, whole: bool, output: int, estimated: bool
) -> None:
    usage = lane(cancel).usage(counted(5), "x" * 20, longest=400, whole=whole)
    assert (usage.input_tokens, usage.output_tokens, usage.estimated) == (7, output, estimated)


def test_without_a_count_characters_are_counted_up_to_the_bound() -> None:
    assert lane("stops").usage(None, "x" * 400, longest=9000, whole=False).output_tokens == 100
    assert lane("bills").usage(None, "x" * 400, longest=9000, whole=False).output_tokens == 1000
