"""A server that does not answer costs a few attempts and not one for every question."""

import datetime
import json

import pytest

from scopeaudit.ask.endpoints import parse_endpoints
from scopeaudit.ask.options import AskOptions
from scopeaudit.ask.request import Answer, Request
from scopeaudit.ask.session import ask
from scopeaudit.ask.silence import Silence
from scopeaudit.catalogue.provider import Scheme
from scopeaudit.catalogue.rules import load_rules
from scopeaudit.catalogue.templates import expand
from scopeaudit.model.credential import Credential
from scopeaudit.model.location import Location, Source
from scopeaudit.model.secret import HeldCredential, Secret

REQUEST = Request(provider="acme", question="q", scheme=Scheme.HTTP, method="GET", host="api.acme.example")


def after(*answers: Answer) -> bool:
    silence = Silence()
    for answer in answers:
        silence.note(REQUEST, answer)
    return silence.is_complete(REQUEST)


def test_three_silences_in_a_row_are_enough():
    silent = Answer(failure="no connection in time")
    assert not after(silent, silent)
    assert after(silent, silent, silent)


@pytest.mark.parametrize(
    "answer",
    [Answer(status=200, body={}), Answer(status=500, failure="the server failed"), Answer(status=401)],
)
def test_an_answer_of_any_sort_breaks_the_row(answer):
    silent = Answer(failure="no answer in time")
    assert not after(silent, silent, answer, silent, silent)


@pytest.mark.parametrize("why", ["refused: not a host of the provider file", "rate limited"])
def test_what_we_did_not_send_is_no_silence(why):
    assert not after(*[Answer(failure=why)] * 9)


def test_a_provider_out_of_reach_is_given_up_for_all_its_credentials(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    rules = load_rules()
    held = [
        HeldCredential(
            Credential(
                f"c{number}", "stripe", "restricted-key-live", "…", (Location(Source.TREE, "a", number),)
            ),
            Secret(expand("rk_live_<alnum:24>", seed=number)),
        )
        for number in range(6)
    ]
    options = AskOptions(
        endpoints=parse_endpoints(["stripe=http://127.0.0.1:9"], rules.providers),
        remember=False,
        now=datetime.datetime(2026, 1, 1, tzinfo=datetime.UTC),
    )
    result = ask(held, rules, options)
    (trail,) = tmp_path.rglob("requests.jsonl")
    sent = [json.loads(line) for line in trail.read_text().splitlines()]
    assert len(sent) < 30
    assert {gap.credential for gap in result.gaps} == {f"c{number}" for number in range(6)}
