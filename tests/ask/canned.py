"""One credential of a shipped provider file, interviewed with canned answers in place of a provider."""

import datetime
from collections.abc import Mapping
from dataclasses import dataclass

from scopeaudit.ask.conclude import conclude
from scopeaudit.ask.interview import Interview
from scopeaudit.ask.request import Answer, Request
from scopeaudit.catalogue.rules import Rules
from scopeaudit.model.authority import Authority, Verdict
from scopeaudit.model.credential import Credential
from scopeaudit.model.location import Location, Source
from scopeaudit.model.secret import HeldCredential, Secret

NOW = datetime.datetime(2026, 11, 21, tzinfo=datetime.UTC)
NOTHING = Answer(status=404, body={"message": "not found"})


@dataclass(frozen=True)
class Interviewed:
    authority: Authority
    gaps: list[tuple[str, str]]
    requests: list[Request]

    def verdicts(self, *operations: str) -> dict[str, str]:
        by_verdict = {verdict: self.authority.operations(verdict) for verdict in Verdict}
        return {
            operation: next(str(verdict) for verdict, found in by_verdict.items() if operation in found)
            for operation in operations
        }

    def evidence(self, operation: str) -> set[tuple[str, str]]:
        """Kind and detail of what the operation's verdict rests on."""
        return {
            (str(piece.kind), piece.detail)
            for grant in self.authority.grants
            if operation in grant.operations
            for piece in grant.evidence
        }


def interview(
    rules: Rules,
    provider_id: str,
    kind: str,
    secret: str,
    answers: Mapping[str, Answer] | None = None,
    *,
    now: datetime.datetime = NOW,
) -> Interviewed:
    """Ask everything; `answers` are by path, and everything else is not found. Offline without answers."""
    provider = rules.providers[provider_id]
    place = Location(Source.TREE, ".env", 1, 1)
    held = HeldCredential(Credential("c1", provider_id, kind, "…", (place,)), Secret(secret))
    asking = Interview(provider, held, now)
    requests = []
    while waiting := asking.requests(offline=answers is None):
        for request in waiting:
            requests.append(request)
            asking.take(request, (answers or {}).get(request.path, NOTHING))
    authority = conclude(provider, rules.operations(provider_id), asking.learnt)
    return Interviewed(authority, asking.learnt.gaps, requests)


def ok(body: object) -> Answer:
    return Answer(status=200, body=body)
