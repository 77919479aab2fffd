"""The TOML file and the environment: what is read, and how a wrong key is told."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from atomic_ai.config import FIRST_MODELS, from_environment, load, read
from atomic_ai.errors import BudgetError, ConfigError, DeadlineError, MissingKeyError, MisuseError
from atomic_ai.providers.presets import PRESETS

WHOLE = """
[atomic]
max_lanes = 3
profiles = "profiles.json"
explore = true

[weights]
quality = 0.01
latency = 1

[budget]
usd = 0.02
deadline_s = 10

[[models]]
name = "small"
provider = "openai"
model = "gpt-4o-mini"
api_key_env = "MY_KEY"
price_in = 0.15
price_out = 0.6
tags = ["eu"]
timeouts = { first_token_s = 3 }

[[models]]
name = "near"
provider = "ollama"
headers = { x-team = "inbox" }
"""


def written(tmp_path, text):
    path = tmp_path / "atomic.toml"
    path.write_text(text)
    return path


def test_a_whole_file(tmp_path):
    config = read(written(tmp_path, WHOLE))
    small, near = config.cards()
    assert (small.name, small.model, small.api_key_env, small.price_out) == ("small", "gpt-4o-mini", "MY_KEY", 0.6)
    assert (small.tags, small.timeouts.first_token_s, small.timeouts.connect_s) == ({"eu"}, 3, 10.0)
    assert (near.provider, near.headers, near.priced) == ("ollama", {"x-team": "inbox"}, False)
    assert (config.default_budget().usd, config.default_budget().deadline_s) == (0.02, 10)
    assert (config.atomic.max_lanes, config.atomic.explore, config.weights.latency) == (3, True, 1)


MODEL = '[[models]]\nname = "a"\nprovider = "openai"\n'


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "models is missing"),
        ("models = []", "models: list should have at least 1 item"),
        (MODEL + "prise_in = 1", r"models\[0\] \('a'\).prise_in: there is no such key: did you mean 'price_in'\?"),
        (MODEL + 'price_in = "1"', r"models\[0\] \('a'\).price_in: input should be a valid number"),
        (MODEL + "timeouts = { conect_s = 1 }", r"timeouts.conect_s: there is no such key: did you mean 'connect_s'\?"),
        (MODEL + 'cancel = "maybe"', r"cancel: input should be 'stops' or 'bills'"),
        ('[[models]]\nname = "a"', r"models\[0\] \('a'\).provider is missing"),
        (MODEL + "[atomc]\nseed = 1", r"atomc: there is no such key: did you mean 'atomic'\?"),
        (MODEL + "[atomic]\nsede = 1", r"atomic.sede: there is no such key: did you mean 'seed'\?"),
        (MODEL + "[weights]\nquantity = 1", r"weights.quantity: there is no such key: did you mean 'quality'\?"),
        (MODEL + "[budget]\ndeadline = 1", r"budget.deadline: there is no such key: did you mean 'deadline_s'\?"),
        ("[models", r"no TOML: Expected"),
    ],
)
def test_what_is_wrong_is_told_with_its_place_and_the_nearest_key(tmp_path, text, told):
    with pytest.raises(ConfigError, match=told) as caught:
        read(written(tmp_path, text))
    assert "atomic.toml: " in str(caught.value)


def test_a_key_is_not_taken_from_a_file_nor_repeated(tmp_path):
    with pytest.raises(ConfigError, match="api_key_env") as caught:
        read(written(tmp_path, MODEL + 'api_key = "canary-key"'))
    assert "canary" not in str(caught.value)


def test_a_value_is_never_repeated(tmp_path):
    with pytest.raises(ConfigError) as caught:
        read(written(tmp_path, MODEL + 'price_in = "canary-key"'))
    assert "canary" not in str(caught.value)
    assert caught.value.__cause__ is None


def test_a_card_that_does_not_fit_is_told_by_its_name(tmp_path):
    config = read(written(tmp_path, MODEL + 'capabilities = ["visoin"]'))
    with pytest.raises(ConfigError, match="did you mean 'vision'"):
        config.cards()


@pytest.mark.parametrize(("line", "error"), [("usd = 0", BudgetError), ("deadline_s = -1", DeadlineError)])
def test_a_budget_of_nothing(tmp_path, line, error):
    with pytest.raises(error):
        read(written(tmp_path, f"{MODEL}[budget]\n{line}")).default_budget()


def test_a_file_that_is_not_there(tmp_path):
    with pytest.raises(ConfigError, match="cannot be read"):
        read(tmp_path / "none.toml")


def test_the_environment_suffices():
    cards = from_environment({"OPENAI_API_KEY": "k", "GROQ_API_KEY": "k", "MISTRAL_API_KEY": ""})
    assert [card.provider for card in cards] == ["openai", "groq"]
    assert all(card.priced and card.api_key is None for card in cards)


def test_an_empty_environment_names_what_it_looked_for():
    with pytest.raises(MissingKeyError, match=r"OPENAI_API_KEY, ANTHROPIC_API_KEY.*GROQ_API_KEY"):
        from_environment({})


def test_first_models_have_presets_with_keys():
    assert all(PRESETS[provider].key_env for provider, *_ in FIRST_MODELS)


def test_the_readmes_file_is_one(tmp_path):
    readme = (Path(__file__).parent.parent / "README.md").read_text()
    files = re.findall(r"```toml\n(.*?)```", readme, re.DOTALL)
    assert files
    for text in files:
        assert read(written(tmp_path, text)).cards()


def test_shared_budgets_are_read(tmp_path):
    model = '[[models]]\nname = "a"\nprovider = "ollama"\n'
    caps = 'caps = { day = 5.0, "caller:*/day" = 0.5 }'
    file = tmp_path / "atomic.toml"
    file.write_text(f'[budgets]\nat_the_end = "cheapest"\n{caps}\ntasks = {{ day = 9 }}\n' + model)
    budgets = load(file)._settings.budgets
    assert budgets is not None
    assert (budgets.at_the_end, budgets.left("day"), budgets.left("caller:ann/day")) == ("cheapest", 5.0, 0.5)
    file.write_text("[budgets]\ntasks = { day = 9 }\n" + model)
    with pytest.raises(MisuseError, match="'day' needs a cap"):
        load(file)
    file.write_text(model)
    assert load(file)._settings.budgets is None


@pytest.mark.parametrize("url", ["postgresql://me:canary@host/base", "postgresql://me@host/base?password=canary"])
def test_a_database_is_named_without_its_password(tmp_path, url):
    (tmp_path / "atomic.toml").write_text(
        f'[atomic]\nprofiles = "{url}"\n' + '[[models]]\nname = "a"\nprovider = "ollama"\n'
    )
    with pytest.raises(ConfigError, match="PGPASSWORD") as caught:
        load(tmp_path / "atomic.toml")
    assert "canary" not in str(caught.value)
    (tmp_path / "atomic.toml").write_text(
        '[atomic]\nprofiles = "postgresql://me@host/base"\n[[models]]\nname = "a"\nprovider = "ollama"\n'
    )
    assert load(tmp_path / "atomic.toml")._settings.profiles == "postgresql://me@host/base"


def test_budgets_are_kept_in_the_store_that_the_file_names(tmp_path):
    path = tmp_path / "atomic.toml"
    models = '[[models]]\nname = "a"\nprovider = "ollama"\n'
    path.write_text(f'[budgets]\nstore = "budgets.db"\ncaps = {{ day = 5.0 }}\ntasks = {{ day = 100 }}\n{models}')
    first, second = load(path)._settings.budgets, load(path)._settings.budgets
    first.settle(first.reserve(1.0, "day"), 0.5)
    assert (second.left("day"), (tmp_path / "budgets.db").exists()) == (4.5, True)
    path.write_text(f'[budgets]\nstore = "postgresql://me:canary@host/base"\ncaps = {{ day = 5.0 }}\n{models}')
    with pytest.raises(ConfigError, match=r"\[budgets\] store holds a password") as caught:
        load(path)
    assert "canary" not in str(caught.value)
