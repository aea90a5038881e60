"""Asks a stand-in of GitHub about one token, over the real transport; time passes only by sleeping."""

import datetime
import tempfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from scopeaudit.ask.conclude import conclude
from scopeaudit.ask.endpoints import parse_endpoints
from scopeaudit.ask.interview import Interview
from scopeaudit.ask.limits import Limits
from scopeaudit.ask.request import Answer, Request
from scopeaudit.ask.trail import Trail
from scopeaudit.ask.transports.http import HttpTransport
from scopeaudit.catalogue.provider import Provider
from scopeaudit.catalogue.rules import Rules, load_rules
from scopeaudit.catalogue.templates import expand
from scopeaudit.model.authority import Authority, Verdict
from scopeaudit.model.credential import Credential
from scopeaudit.model.location import Location, Source
from scopeaudit.model.secret import HeldCredential, Secret
from tests.stand_ins.github import GitHubStandIn, Override, Token

NOW = datetime.datetime(2026, 5, 1, tzinfo=datetime.UTC)
TEMPLATES = {
    "classic-pat": "ghp_<alnum:30><crc32>",
    "fine-grained-pat": "github_pat_<alnum:22>_<alnum:59>",
    "oauth-token": "gho_<alnum:36>",
    "app-user-token": "ghu_<alnum:36>",
    "app-installation-token": "ghs_<alnum:36>",
    "refresh-token": "ghr_<alnum:76>",
    "legacy-token": "<hex:40>",
}


@cache
def rules() -> Rules:
    return load_rules()


def github() -> Provider:
    return rules().providers["github"]


@dataclass(frozen=True)
class Asked:
    """What asking came to."""

    authority: Authority
    gaps: tuple[tuple[str, str], ...]
    operations: tuple[str, ...]
    """Operations the stand-in was asked for, in order."""

    def verdicts(self, *operations: str) -> dict[str, str]:
        """The overall verdict of each operation."""
        return {name: _overall(self.authority, name) for name in operations}

    def where(self, operation: str) -> dict[str, list[str] | None]:
        """Verdict to the resources it is about, sorted; `None` where it is bound to none."""
        assert operation in rules().operations("github").ids
        found: dict[str, list[str] | None] = {}
        for grant in self.authority.grants:
            if operation in grant.operations:
                known = found.get(grant.verdict.value) or []
                found[grant.verdict.value] = sorted({*known, *grant.resources}) if grant.resources else None
        return found


def _overall(authority: Authority, operation: str) -> str:
    assert operation in rules().operations("github").ids, operation
    return next(each.value for each in Verdict if operation in authority.operations(each))


def held(kind: str) -> HeldCredential:
    place = Location(Source.TREE, ".env", 1, 1, None, "GITHUB_TOKEN")
    return HeldCredential(
        Credential("c1", "github", kind, "…", (place,)), Secret(expand(TEMPLATES[kind], seed=1))
    )


def ask(
    kind: str, token: Token | None, *, override: Override | None = None, unavailable: Iterable[str] = ()
) -> Asked:
    """Ask about a token; `None` is one GitHub does not know."""
    credential = held(kind)
    tokens: Mapping[str, Token] = {credential.secret.reveal(): token} if token is not None else {}
    stand_in = GitHubStandIn(rules(), tokens, override=override, unavailable=frozenset(unavailable))
    with stand_in, tempfile.TemporaryDirectory() as directory:
        clock = [0.0]
        limits = Limits(
            rules().providers,
            clock=lambda: clock[0],
            sleep=lambda seconds: clock.__setitem__(0, clock[0] + seconds),
        )
        transport = HttpTransport(
            rules().providers,
            parse_endpoints([f"github={stand_in.url}"], rules().providers),
            limits,
            Trail(Path(directory) / "state", b"k" * 32),
        )
        interview = Interview(github(), credential, NOW)
        while requests := interview.requests():
            for request in requests:
                interview.take(request, transport.send(request, credential))
        transport.close()
    assert stand_in.violations == []
    assert len(stand_in.asked) <= github().budget
    return _concluded(interview, tuple(stand_in.asked))


def tell(kind: str, answers: Mapping[str, Answer]) -> Asked:
    """Answer questions by their id, without a server; the rest is not found."""
    interview = Interview(github(), held(kind), NOW)
    asked: list[str] = []
    while requests := interview.requests():
        for request in requests:
            asked.append(request.question)
            interview.take(request, answers.get(request.question, NOT_FOUND))
    return _concluded(interview, tuple(asked))


def _concluded(interview: Interview, operations: tuple[str, ...]) -> Asked:
    authority = conclude(github(), rules().operations("github"), interview.learnt)
    return Asked(authority, tuple(interview.learnt.gaps), operations)


NOT_FOUND = Answer(status=404, body={"message": "Not Found"})
RATE_LIMITED = Answer(
    status=403,
    headers={"x-ratelimit-remaining": "0"},
    body={"message": "API rate limit exceeded for user ID 1."},
)
SECONDARY = Answer(
    status=403, body={"message": "You have exceeded a secondary rate limit. Wait a few minutes."}
)


def first_request(kind: str) -> Request:
    """What would be sent first."""
    return Interview(github(), held(kind), NOW).requests()[0]
