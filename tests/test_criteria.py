"""Criteria through Python: the sugar, its descriptions, and streams."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from atomic_ai import criteria as c
from atomic_ai.criteria import compile_criteria, custom_functions
from atomic_ai.errors import StateError, TaskError


def holds(text, *criteria):
    return compile_criteria(criteria).evaluate(text).state == "met"


@pytest.mark.parametrize(
    ("criterion", "good", "bad"),
    [
        (c.contains("yes"), "oh yes", "oh no"),
        (c.contains(regex=r"\d{3}", times=2), "123 456", "123 45"),
        (c.contains("YES", ignore_case=True), "oh yes", "oh no"),
        (c.forbids("bad"), "good", "a bad one"),
        (c.forbids(regex=r"(?i)guarantee[ds]?"), "likely", "Guaranteed!"),
        (c.chars(min=2, max=3), "äb", "a"),
        (c.words(max=2), "one two", "one two three"),
        (c.lines(min=2), "a\nb", "a"),
        (c.sections("Summary", "Risks", ordered=True), "# Summary\n**Risks**", "# Risks\n# Summary"),
        (c.no_refusal(), "Here it is.", "I'm sorry, but I can't help with that."),
        (c.no_refusal(phrases=["nope"]), "I cannot assist with that.", "Nope."),
        (c.no_repetition(times=3, span=10), "all is well", "again again again again again"),
        (c.script("cyrillic"), "Привет", "Hello"),
        (c.pointer("/a/b") >= 3, '{"a": {"b": 3}}', '{"a": {"b": 2.5}}'),
        (c.pointer("/a") == {"x": [1]}, '{"a": {"x": [1.0]}}', '{"a": {"x": []}}'),
        (c.pointer("/a") != "x", '{"a": "y"}', '{"a": "x"}'),
        (c.pointer("/a") < 1, '{"a": 0}', '{"a": 1}'),
        (c.pointer("/a") > "b", '{"a": "c"}', '{"a": "a"}'),
        (c.pointer("/a") <= 1, '{"a": 1}', '{"a": 2}'),
        (c.pointer("/a").among(["x", None]), '{"a": null}', '{"a": 0}'),
        (c.pointer("/a").exists(), '{"a": null}', "{}"),
        (c.pointer("/a").absent(), "{}", '{"a": 1}'),
        (c.contains("a") & c.contains("b"), "ab", "a"),
        (c.contains("a") | c.contains("b"), "b", "c"),
        (~c.contains("a"), "b", "a"),
        (c.contains("a").named("has an a").weighing(2), "a", "b"),
    ],
)
def test_each_criterion_tells_good_from_bad(criterion, good, bad):
    assert holds(good, criterion)
    assert not holds(bad, criterion)


def test_a_soft_criterion_only_lowers_the_score():
    stream = compile_criteria([c.contains("a"), c.contains("b").soft()]).evaluate("a")
    assert (stream.state, stream.score) == ("met", 0.5)


def test_a_stream_says_what_settled_where_and_what_can_be_shown():
    stream = compile_criteria([c.forbids("secret").named("no secrets"), c.words(min=2)]).stream()
    assert stream.feed("It is a sec") == [("words-2", True, 4)]
    assert stream.safe == 8
    assert stream.feed("ret") == [("no secrets", False, 14)]
    assert (stream.state, stream.safe) == ("failed", 8)
    assert stream.criteria == [("no secrets", "failed"), ("words-2", "met")]


def test_custom_criteria_are_answered_outside():
    def friendly(text):
        return "!" in text

    criteria = [c.any_of(c.custom(friendly, every_chars=10), c.contains("x"))]
    assert custom_functions(criteria) == {"friendly": friendly}
    stream = compile_criteria(criteria).evaluate("hello")
    assert stream.state == "open"
    stream.answer("friendly", passed=True, score=0.75)
    assert (stream.state, stream.score) == ("met", 0.75)
    with pytest.raises(StateError, match="answered outside"):
        stream.answer("friendly", passed=True)
    with pytest.raises(StateError, match="after finish"):
        stream.feed("more")


@pytest.mark.parametrize(
    ("criterion", "place"),
    [
        (c.contains(), "/0/contains"),
        (c.forbids(regex="(a"), "/0/forbids/regex"),
        (c.words(min=3, max=1), "/0/words"),
        (c.all_of(c.script("klingon")), "/0/all/0/script/is"),
        ({"contain": "a"}, "/0/contain"),
    ],
)
def test_an_error_names_its_place(criterion, place):
    with pytest.raises(TaskError, match=f"criteria: {place}: "):
        compile_criteria([criterion])


def test_what_is_no_criterion_is_refused():
    with pytest.raises(TaskError, match="str is no criterion"):
        compile_criteria(["be nice"])
    with pytest.raises(TaskError, match="not JSON"):
        compile_criteria([c.pointer("/a") == object()])
    with pytest.raises(TaskError, match="two custom criteria"):
        compile_criteria([c.custom(len), c.custom(len)])
    with pytest.raises(TaskError, match="custom"):
        c.custom(len).named("x")


@given(st.lists(st.sampled_from(["ab", "a", "é", " ", "\n", "1"])), st.data())
def test_no_split_changes_anything(pieces, data):
    text = "".join(pieces)
    criteria = compile_criteria([c.forbids(regex="a.?b1"), c.contains("é a"), c.words(max=4), c.lines(min=2)])
    cuts = sorted(data.draw(st.lists(st.integers(0, len(text)))))
    whole, split = criteria.stream(), criteria.stream()
    told = whole.feed(text) + whole.finish()
    parts = [split.feed(text[start:end]) for start, end in zip([0, *cuts], [*cuts, len(text)], strict=True)]
    assert told == [settled for part in [*parts, split.finish()] for settled in part]
    assert (whole.state, whole.score, whole.safe) == (split.state, split.score, split.safe)


@given(st.recursive(st.none() | st.integers() | st.text("ab"), lambda inner: st.lists(inner, max_size=2)))
def test_a_pointer_finds_what_python_finds(value):
    assert holds(json.dumps({"a": value}), c.pointer("/a") == value)
