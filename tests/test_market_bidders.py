"""Outside bidders: signed, late, silent, garbage, paid by the second score."""

import hmac
import json
import threading
from dataclasses import asdict, replace

import anyio
import httpx
import pytest

from atomic_ai.market.bidders import (
    LARGEST_ANSWER,
    SIGNED,
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
from atomic_ai.market.desk import FRESH_S, Desk

pytestmark = pytest.mark.anyio
SECRET = b"canary-secret"
INVITATION = Invitation("r1", "mail", 100.0, 200.0, 0.01, 0.5)


@pytest.fixture(params=["asyncio", "trio"])
def anyio_backend(request):
    return request.param


def agent(client, name="outside"):
    return HttpAgent(name, "http://bidder.test/bid", SECRET, client)


def signed(answer):
    answer.headers[SIGNED] = signature(SECRET, answer.content)
    return answer


async def heard(answer):
    async with httpx.AsyncClient(transport=httpx.MockTransport(lambda _: answer)) as client:
        return (await collect([agent(client)], INVITATION))["outside"]


async def test_a_request_is_signed_and_holds_no_text():
    seen = []

    def serve(request):
        seen.append(request)
        return signed(httpx.Response(200, json={"id": "r1", "ask_usd": 0.002, "quality": 0.9}))

    async with httpx.AsyncClient(transport=httpx.MockTransport(serve)) as client:
        assert await agent(client).bid(INVITATION) == Ask(0.002, 0.9)
    body = seen[0].content
    assert hmac.compare_digest(seen[0].headers["x-atomic-signature"], signature(SECRET, body))
    assert set(json.loads(body)) == {"version", "type", "sent_at", "bidder", *INVITATION.__slots__}
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
        (httpx.Response(200, json={"id": "r1", "ask_usd": 1, "quality": 90}), "garbage: quality is above 1"),
        (httpx.Response(200, content=b" " * (10 << 20)), "garbage: the answer is too large"),
        (httpx.Response(200, json={"id": "r1", "no_bid": "busy"}), "no bid: busy"),
        (httpx.Response(204), "no bid"),
        (httpx.Response(500), "failed: HTTP 500"),
    ],
)
async def test_whatever_a_bidder_answers_the_auction_goes_on(answer, reason):
    silence = await heard(signed(answer))
    assert isinstance(silence, Silence)
    assert silence.reason.startswith(reason)
    assert LARGEST_ANSWER < 10 << 20


BID = {"id": "r1", "ask_usd": 0.002}


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (httpx.Response(200, json=BID), "garbage: it is not signed"),
        (httpx.Response(200, json=BID, headers={SIGNED: signature(b"other", b"")}), "garbage: its signature is wrong"),
        (httpx.Response(200, json=BID, headers={SIGNED.encode(): b"sha256=\xe9"}), "garbage: its signature is wrong"),
    ],
)
async def test_an_answer_that_is_not_the_bidders_is_no_bid(answer, reason):
    assert await heard(answer) == Silence(reason)


async def test_an_old_answer_fits_no_new_invitation():
    recorded = signed(httpx.Response(200, json=BID))
    assert await heard(recorded) == Ask(0.002)
    later = replace(INVITATION, id="r2")
    async with httpx.AsyncClient(transport=httpx.MockTransport(lambda _: recorded)) as client:
        assert await agent(client).bid(later) == Silence("garbage: not an answer to this request")


def served(desk):
    """A bidder's web server."""

    def serve(request):
        status, headers, body = desk.answer(request.content, request.headers.get(SIGNED))
        return httpx.Response(status, headers=headers, content=body)

    return httpx.AsyncClient(transport=httpx.MockTransport(serve))


async def test_a_desk_bids_hears_notices_and_signs():
    told = []
    async with served(Desk(SECRET, lambda invitation: Ask(invitation.input_tokens * 1e-5, 0.9), told.append)) as client:
        bidder = agent(client)
        assert await bidder.bid(INVITATION) == Ask(0.001, 0.9)
        await bidder.notify({"id": "r1", "type": "loss", "reason": "outbid by other"})
    assert [(notice["type"], notice["reason"], notice["bidder"]) for notice in told] == [
        ("loss", "outbid by other", "outside")
    ]
    async with served(Desk(SECRET, lambda _: None)) as client:
        assert await agent(client).bid(INVITATION) == Silence("no bid: not for this task")


async def test_a_desk_refuses_what_is_forged_old_repeated_or_garbage():
    now = [1_000_000.0]
    desk = Desk(SECRET, lambda _: 0.001, now=lambda: now[0])
    body = json.dumps({"type": "request", "sent_at": now[0], **asdict(INVITATION)}).encode()
    signed = signature(SECRET, body)
    assert desk.answer(body, None)[0] == desk.answer(body, signature(b"other", body))[0] == 401
    status, headers, answer = desk.answer(body, signed)
    assert (status, json.loads(answer)["ask_usd"], headers[SIGNED]) == (200, 0.001, signature(SECRET, answer))
    assert desk.answer(body, signed)[0] == 409
    later = body.replace(b'"r1"', b'"r2"')
    now[0] += FRESH_S + 1
    assert desk.answer(later, signature(SECRET, later))[0] == 409
    for garbage in (b"", b"[]", b'{"type": "request"}', b'{"type": "request", "id": "r3", "sent_at": %f}' % now[0]):
        assert desk.answer(garbage, signature(SECRET, garbage))[0] == 400


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
