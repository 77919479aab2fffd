"""AWS request signing, held to the vectors of AWS's own test suite (aws-sig-v4-test-suite), and where it is used."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from atomic_ai import Model, Task
from atomic_ai.adapt import adapt
from atomic_ai.errors import ConfigError, MissingKeyError
from atomic_ai.providers.bedrock_converse import build
from atomic_ai.providers.keys import key_of
from atomic_ai.providers.presets import PRESETS
from atomic_ai.providers.sigv4 import Credentials, authorized, canonical_request, region_of, signed

WHO = Credentials("AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY")
AT = datetime(2015, 8, 30, 12, 36, tzinfo=UTC)
LETTERS = "-._~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
FORM = "application/x-www-form-urlencoded"

VECTORS = [
    ("get-vanilla", "GET", "/", (), b"", "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"),
    ("post-vanilla", "POST", "/", (), b"", "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b"),
    ("query", "GET", "/?Param1=value1", (), b"", "a67d582fa61cc504c4bae71f336f98b97f1ea3c7a6bfe1b6e45aec72011b9aeb"),
    (
        "query-order-key-case",
        "GET",
        "/?Param2=value2&Param1=value1",
        (),
        b"",
        "b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500",
    ),
    (
        "query-unreserved",
        "GET",
        f"/?{LETTERS}={LETTERS}",
        (),
        b"",
        "9c3e54bfcdf0b19771a7f523ee5669cdf59bc7cc0884027167c21bb143a40197",
    ),
    ("utf8-query", "GET", "/?ሴ=bar", (), b"", "2cdec8eed098649ff3a119c94853b13c643bcf08f8b0a1d91e12c9027818dd04"),
    ("unreserved", "GET", f"/{LETTERS}", (), b"", "07ef7494c76fa4850883e2b006601f940f8a34d404d0cfa977f52a65bbf5f24f"),
    ("utf8", "GET", "/ሴ", (), b"", "8318018e0b0f223aa2bbf98705b62bb787dc9c0e678f255a891fd03141be5d85"),
    (
        "header-key-duplicate",
        "GET",
        "/",
        (("My-Header1", "value2"), ("My-Header1", "value2"), ("My-Header1", "value1")),
        b"",
        "c9d5ea9f3f72853aea855b47ea873832890dbdd183b4468f858259531a5138ea",
    ),
    (
        "header-value-order",
        "GET",
        "/",
        tuple(("My-Header1", f"value{place}") for place in (4, 1, 3, 2)),
        b"",
        "08c7e5a9acfcfeb3ab6b2185e75ce8b1deb5e634ec47601a50643f830c755c01",
    ),
    (
        "header-value-trim",
        "GET",
        "/",
        (("My-Header1", " value1"), ("My-Header2", ' "a   b   c"')),
        b"",
        "acc3ed3afb60bb290fc8d2dd0098b9911fcaa05412b367055dee359757a9c736",
    ),
    (
        "post-header-value-case",
        "POST",
        "/",
        (("My-Header1", "VALUE1"),),
        b"",
        "cdbc9802e29d2942e5e10b5bccfdd67c5f22c7c4e8ae67b53629efa58b974b7d",
    ),
    (
        "post-x-www-form-urlencoded",
        "POST",
        "/",
        (("Content-Type", FORM),),
        b"Param1=value1",
        "ff11897932ad3f4e8b18135d722051e5ac45fc38421b1da7b9d196a0fe09473a",
    ),
]


@pytest.mark.parametrize(
    ("name", "method", "target", "headers", "body", "signature"), VECTORS, ids=lambda v: str(v)[:24]
)
def test_the_suites_signatures(
    name: str, method: str, target: str, headers: tuple[tuple[str, str], ...], body: bytes, signature: str
) -> None:
    url = f"https://example.amazonaws.com{target}"
    added = signed(
        WHO, method=method, url=url, headers=headers, body=body, region="us-east-1", service="service", at=AT
    )
    assert dict(added)["authorization"].endswith(f"Signature={signature}"), name
    assert dict(added)["x-amz-date"] == "20150830T123600Z"


@pytest.mark.parametrize(
    ("path", "canonical"),
    [("", "/"), ("/a/../b/./c", "/b/c"), ("//a//b/", "/a/b/"), ("/model/a%3Ab/x", "/model/a%253Ab/x"), ("/..", "/")],
)
def test_paths_are_made_normal_and_encoded_once_more(path: str, canonical: str) -> None:
    _, request = canonical_request("GET", f"https://h.amazonaws.com{path}", (), b"")
    assert request.split("\n")[1] == canonical


def test_a_session_token_is_sent_and_signed() -> None:
    who = Credentials("AKIDEXAMPLE", "secret", "the-token")
    added = dict(
        signed(who, method="GET", url="https://h.amazonaws.com/", headers=(), body=b"", region="r", service="s", at=AT)
    )
    assert added["x-amz-security-token"] == "the-token"
    assert "host;x-amz-date;x-amz-security-token" in added["authorization"]
    assert "secret" not in repr(who)
    assert "the-token" not in repr(who)


@given(st.text(max_size=40), st.binary(max_size=40))
def test_whatever_is_signed_never_shows_the_secret(path: str, body: bytes) -> None:
    url = f"https://h.amazonaws.com/{path.replace('#', '').replace('?', '')}"
    added = signed(WHO, method="POST", url=url, headers=(), body=body, region="r", service="s", at=AT)
    assert all(WHO.secret not in value for _, value in added)


def test_a_region_is_read_from_the_host() -> None:
    assert region_of("https://bedrock-runtime.us-gov-west-1.amazonaws.com/x") == "us-gov-west-1"
    with pytest.raises(ConfigError, match="region"):
        region_of("https://example.com/")


def bedrock(**card: str) -> Model:
    base_url = "https://bedrock-runtime.eu-west-1.amazonaws.com"
    return Model("m", provider="bedrock", model="some.model-v1:0", base_url=base_url, price_in=1, price_out=1, **card)


def test_bedrock_is_signed_where_there_is_no_bearer_token(monkeypatch: pytest.MonkeyPatch) -> None:
    preset, model = PRESETS["bedrock"], bedrock()
    for name in ("AWS_BEARER_TOKEN_BEDROCK", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    with pytest.raises(MissingKeyError, match="AWS_BEARER_TOKEN_BEDROCK"):
        key_of(model, "bedrock", preset)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "the-secret")
    assert key_of(model, "bedrock", preset) is None
    request = build(adapt(Task("Hello."), model), preset)
    headers = dict(authorized(request, model, preset, AT).headers)
    assert headers["authorization"].startswith("AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/eu-west-1/bedrock/")
    assert "the-secret" not in repr(headers)
    # A region of the card's goes before the host's.
    moved = dict(authorized(request, bedrock(region="us-west-2"), preset, AT).headers)
    assert "/us-west-2/bedrock/" in moved["authorization"]


def test_a_bearer_token_goes_before_a_signature(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_BEARER_TOKEN_BEDROCK", "bearer")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "the-secret")
    named = bedrock(api_key_env="AWS_BEARER_TOKEN_BEDROCK")
    assert key_of(named, "bedrock", PRESETS["bedrock"]) is not None
    elsewhere = Model("m", provider="bedrock", base_url="https://proxy.example", price_in=1, price_out=1)
    with pytest.raises(MissingKeyError):
        key_of(elsewhere, "bedrock", PRESETS["bedrock"])
    request = build(adapt(Task("Hello."), bedrock()), PRESETS["bedrock"])
    assert authorized(request, bedrock(), PRESETS["openai"], AT) is request
