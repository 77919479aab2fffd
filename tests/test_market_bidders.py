"""Outside bidders: signed, late, silent, garbage, paid by the second score."""

import hmac
import json
import threading

import anyio
import httpx
import pytest

from atomic_ai.market.bidders import (
    LARGEST_ANSWER,
    Ask,
    CallableAgent,
    HttpAgent,
    Invitation,
    Silence,
    collect,
    notify,
    sell,
    signature,
)

pytestmark = pytest.mark.anyio
SECRET = b"canary-secret"
INVITATION = Invitation("r1", "mail", 100.0, 200.0, 0.01, 0.5)


@pytest.fixture(params=["asyncio", "trio"])
def anyio_backend(request):
    return request.param


def agent(client, name="outside"):
    return HttpAgent(name, "http://bidder.test/bid", SECRET, client)


async def heard(answer):
    async with httpx.AsyncClient(transport=httpx.MockTransport(lambda _: answer)) as client:
        return (await collect([agent(client)], INVITATION))["outside"]


async def test_a_request_is_signed_and_holds_no_text():
    seen = []

    def serve(request):
        seen.append(request)
        return httpx.Response(200, json={"id": "r1", "ask_usd": 0.002, "quality": 0.9})

    async with httpx.AsyncClient(transport=httpx.MockTransport(serve)) as client:
        assert await agent(client).bid(INVITATION) == Ask(0.002, 0.9)
    body = seen[0].content
    assert hmac.compare_digest(seen[0].headers["x-atomic-signature"], signature(SECRET, body))
    assert set(json.loads(body)) == {"version", "type", *INVITATION.__slots__}
    assert SECRET not in body


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (httpx.Response(200, content=b"<html>"), "garbage: no JSON"),
        (httpx.Response(200, json=[1]), "garbage: not an answer"),
        (httpx.Response(200, json={"id": "other", "ask_usd": 1}), "garbage: not an answer"),
        (httpx.Response(200, json={"id": "r1"}), "garbage: ask_usd"),
        (httpx.Response(200, json={"id": "r1", "ask_usd": -1}), "garbage: ask_usd"),
        (httpx.Response(200, content=b'{"id": "r1", "ask_usd": 1, "quality": true}'), "garbage: quality"),
        (httpx.Response(200, content=b" " * (10 << 20)), "garbage: the answer is too large"),
        (httpx.Response(200, json={"id": "r1", "no_bid": "busy"}), "no bid: busy"),
        (httpx.Response(204), "no bid"),
        (httpx.Response(500), "failed: HTTP 500"),
    ],
)
async def test_whatever_a_bidder_answers_the_auction_goes_on(answer, reason):
    silence = await heard(answer)
    assert isinstance(silence, Silence)
    assert silence.reason.startswith(reason)
    assert LARGEST_ANSWER < 10 << 20


async def test_who_never_answers_is_late_and_holds_up_nobody():
    release = threading.Event()

    async def never(_):
        await anyio.sleep_forever()

    def stuck(_):
        release.wait()

    agents = [CallableAgent("never", never), CallableAgent("stuck", stuck), CallableAgent("prompt", lambda _: 0.001)]
    bids = await collect(agents, Invitation("r1", "mail", 1.0, None, 0.01, 0.2))
    release.set()
    assert bids == {"never": Silence("late"), "stuck": Silence("late"), "prompt": Ask(0.001)}


async def test_a_callable_that_raises_or_answers_nonsense_is_silent():
    def broken(_):
        raise RuntimeError("canary")

    agents = [
        CallableAgent("broken", broken),
        CallableAgent("odd", lambda _: "cheap"),
        CallableAgent("out", lambda _: None),
    ]
    bids = await collect(agents, INVITATION)
    assert bids["broken"] == Silence("failed: RuntimeError")
    assert bids["odd"] == Silence("garbage: ask_usd is no amount")
    assert bids["out"] == Silence("no bid")


async def test_the_winner_is_paid_the_price_up_to_which_it_would_have_won():
    bids = {"a": Ask(0.002), "b": Ask(0.004), "c": Silence("late"), "stranger": Ask(0.0)}
    sales = sell(bids, {"a": 0.9, "b": 0.9, "c": 1.0}, per_usd=10.0, reserve_usd=0.01)
    assert [(sale.bidder, round(sale.pay_usd, 9)) for sale in sales] == [("a", 0.004)]
    notices = {}

    def serve(request):
        notices[request.headers["host"]] = json.loads(request.content)
        return httpx.Response(200)

    async with httpx.AsyncClient(transport=httpx.MockTransport(serve)) as client:
        agents = [HttpAgent(name, f"http://{name}/", SECRET, client) for name in ("a", "b", "c")]
        await notify(agents, bids, sales, INVITATION)
    assert notices["a"]["type"] == "win"
    assert notices["b"]["reason"] == "outbid"
    assert notices["c"]["reason"] == "late"
