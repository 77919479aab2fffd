"""The demo's parts by themselves: mails, specialists, simulated models, marks, claims."""

from __future__ import annotations

import httpx
import pytest

from atomic_ai.demo.cast import FAULTS, ROLES, Stage, cast, reference
from atomic_ai.demo.mail import inbox, parse
from atomic_ai.demo.score import FIELDS, graded
from atomic_ai.demo.specialists import NotSureError, feel, match
from atomic_ai.demo.triage import QUESTIONS, Triage
from atomic_ai.errors import ConfigError
from atomic_ai.message import Message
from atomic_ai.model import Model
from atomic_ai.providers.call import Call, OutputFormat

MAILS = {mail.name: mail for mail in inbox()}


def asked(mail, field):
    """The call that asks a field of a mail, as the engine makes it."""
    output = OutputFormat(field, {"type": "object", "properties": {field: {}}})
    return Call(Model("any"), (Message("user", [QUESTIONS[field], MAILS[mail].prompt]),), 100, output=output)


def test_the_inbox_is_read_whole():
    assert len(MAILS) >= 10
    assert len({mail.id for mail in MAILS.values()}) == len(MAILS)
    assert all(mail.subject and mail.sender and len(mail.text) > 80 for mail in MAILS.values())
    assert set(reference()) == set(MAILS)


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("02-invoice-question", ["Jürgen Meißner", "€1,428.00", "€1,188.00"]),
        ("03-you-have-won", ["CONGRATULATIONS, LUCKY WINNER", "$850,000", "CLICK HERE"]),
        ("04-bakery-rollout", ["41 bakeries", "£60,000"]),
        ("05-vierte-mail", ["Käthe Großmann", "Unverschämt", "289 €"]),
        ("06-newsletter", ["Sent to a list: yes", "Acoustic panels"]),
        ("08-checkout-down", ["Attachments: checkout-7.log", "[SEV1]"]),
        ("11-thank-you", ["Lena Östberg", "Thank you! ❤", "matching chairs"]),
        ("12-encoded-headers", ["田中 花子", "お問い合わせ", "よろしく"]),
    ],
)
def test_mails_are_decoded(name, words):
    assert [word for word in words if word not in MAILS[name].prompt] == []


def test_tags_quotes_and_attachments_stay_out_of_the_words():
    told = " ".join(mail.text for mail in MAILS.values())
    foreign = ("<p>", "font-family", "Your order NW-48001 has been shipped", "BEGIN:VCALENDAR", "%PDF")
    assert [word for word in foreign if word in told] == []


BROKEN = [
    b"",
    b"\xff\xfe\x00",
    b"From: \r\n\r\n",
    b"Subject: =?utf-8?B?broken",
    b"Content-Type: text/plain; charset=no-such\r\n\r\nhello",
]


@pytest.mark.parametrize("data", BROKEN)
def test_a_broken_mail_is_read_as_far_as_it_goes(data):
    mail = parse("broken", data)
    assert mail.name == "broken"
    assert mail.prompt


def test_the_lexicon_knows_moods_and_says_when_it_does_not():
    told = feel(asked("11-thank-you", "sentiment"))
    assert (told.value, told.confidence > 0.7) == ({"sentiment": "positive"}, True)
    with pytest.raises(NotSureError, match="English"):
        feel(asked("05-vierte-mail", "sentiment"))
    with pytest.raises(NotSureError, match="polarity"):
        feel(asked("02-invoice-question", "sentiment"))


def test_the_rules_are_right_when_they_speak():
    spoke = 0
    for mail in MAILS:
        for field in ("category", "priority"):
            try:
                answer = match(asked(mail, field)).value
            except NotSureError:
                continue
            spoke += 1
            assert (
                abs(answer[field] - reference()[mail][field]) <= 1
                if field == "priority"
                else answer[field] == reference()[mail][field]
            )
    assert spoke >= 8


def test_the_rules_write_no_replies():
    with pytest.raises(NotSureError, match="no rules"):
        match(asked("01-late-delivery", "suggested_action"))


def test_every_field_has_a_question_of_its_own():
    assert tuple(QUESTIONS) == FIELDS
    assert len(set(QUESTIONS.values())) == len(FIELDS)


def test_marks():
    right = reference()["09-refund"]
    output = Triage.model_validate({name: right[name] for name in FIELDS})
    assert graded("09-refund", output) == dict.fromkeys(FIELDS, 1.0)
    off = output.model_copy(update={"priority": right["priority"] + 1, "reply": "Dear customer"})
    assert graded("09-refund", off) == {**dict.fromkeys(FIELDS, 1.0), "priority": 0.5, "reply": 0.0}
    assert graded("09-refund", None) == dict.fromkeys(FIELDS, 0.0)


def test_references_name_the_fact_that_marks_them():
    assert all(right["mention"] in right["reply"] for right in reference().values())


PATHS = {
    "openai-chat": "/chat/completions",
    "anthropic-messages": "/messages",
    "gemini": "/models/m:streamGenerateContent?alt=sse",
}


def said(stage, mail, field):
    """One answer of a simulated model, whole."""
    told = {"messages": [{"role": "user", "content": f"{QUESTIONS[field]}\n{MAILS[mail].prompt}"}]}
    with httpx.Client(trust_env=False, verify=False) as client:
        return client.post(stage.endpoint.base_url + PATHS[stage.role.dialect], json=told).text


@pytest.mark.parametrize("role", ROLES, ids=lambda role: role.name)
def test_the_same_seed_question_and_attempt_get_the_same_answer(role):
    calm = cast({}, {role.name: {}})
    role = next(one for one in calm if one.name == role.name)

    def play(seed, *asked):
        stage = Stage(role, inbox(), QUESTIONS, seed)
        with stage.endpoint:
            return [said(stage, *question) for question in asked]

    one, two = ("01-late-delivery", "category"), ("02-invoice-question", "priority")
    strip = {str(number): "" for number in range(2)}
    first, other = play(1, one, two), play(1, two, one)
    clean = [[text.translate(str.maketrans(strip)) for text in texts] for texts in (first, other)]
    assert clean[0] == clean[1][::-1]


def test_simulated_models_say_so_and_know_only_the_inbox():
    stage = Stage(ROLES[0], inbox(), QUESTIONS, 1)
    with stage.endpoint:
        assert "simulated" in stage.model().name
        told = httpx.post(stage.endpoint.base_url + "/chat/completions", json={"messages": []}, trust_env=False).text
    assert "simulat" in told


def test_prices_and_faults_are_options():
    roles = {role.name: role for role in cast({"sage": (2, 8)}, {"simulated-swift": {"cut": 0.3}})}
    assert (roles["simulated-sage"].price_in, roles["simulated-sage"].price_out) == (2, 8)
    assert roles["simulated-swift"].faults == {"cut": 0.3}
    with pytest.raises(ConfigError, match="did you mean 'sage'"):
        cast({"sgae": (1, 1)}, {})
    with pytest.raises(ConfigError, match="did you mean 'stall'"):
        cast({}, {"swift": {"stal": 1.0}})


def test_every_default_fault_is_known():
    assert all(set(role.faults) <= set(FAULTS) and sum(role.faults.values()) <= 1 for role in ROLES)
