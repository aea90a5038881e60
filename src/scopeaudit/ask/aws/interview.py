"""One access key's questions to AWS and their answers; no socket in here.

First who the key belongs to, which every key may ask; then the policies of that user or role, as
far as it may read them; then a simulation of what matters most, where policies could not be read or
an organization may have the last word. What the policies come to is in `ask.aws.evaluate`.
"""

import datetime
from collections.abc import Iterable, Mapping
from dataclasses import replace
from enum import IntEnum

from scopeaudit.ask.aws import answers, conclusions
from scopeaudit.ask.aws.actions import READ_ONLY_ACTIONS, build_request
from scopeaudit.ask.aws.evaluate import Holdings, Verdicts, evaluate, grants, resources
from scopeaudit.ask.aws.key_ids import ACCOUNT_SOURCE, account_of, is_temporary
from scopeaudit.ask.aws.principal import Principal, PrincipalKind, context_of, read_principal
from scopeaudit.ask.aws.reading import Ask, PolicyReading, Result
from scopeaudit.ask.aws.signing import KEY_ID
from scopeaudit.ask.aws.simulation import Simulation
from scopeaudit.ask.conclude import conclude
from scopeaudit.ask.dates import read_date, written
from scopeaudit.ask.learnt import Learnt
from scopeaudit.ask.ledger import Ledger
from scopeaudit.ask.request import Answer, Request
from scopeaudit.catalogue.operations import OperationCatalogue
from scopeaudit.catalogue.provider import Provider
from scopeaudit.model.authority import Authority, Evidence, EvidenceKind, State
from scopeaudit.model.secret import HeldCredential

_IDENTITY = "sts:GetCallerIdentity"
_KEYS = "iam:ListAccessKeys"
_MOST_PAGES = 50
_MOST_ATTEMPTS = 3
_READING_LEVELS = frozenset({"LIST", "READ"})
_OTHER_PARTITIONS = ("cn-", "us-gov-", "us-iso", "eu-isoe", "eusc-")
_LASTING = (PrincipalKind.USER, PrincipalKind.ROOT)
_WITH_POLICIES = (PrincipalKind.USER, PrincipalKind.USER_SESSION, PrincipalKind.ROLE_SESSION)


class _Phase(IntEnum):
    START = 0
    IDENTITY = 1
    POLICIES = 2
    SIMULATION = 3
    SETTLED = 4


class AwsInterview:
    """Asks everything about one access key. Used like `ask.interview.Interview`."""

    def __init__(
        self, provider: Provider, catalogue: OperationCatalogue, held: HeldCredential, now: datetime.datetime
    ) -> None:
        self._provider = provider
        self._now = now
        self._catalogue = catalogue
        self._context = dict(held.credential.context)
        self._waiting: list[tuple[Request, Ask]] = []
        self._phase = _Phase.START
        self._principal: Principal | None = None
        self._reading: PolicyReading | None = None
        self._simulation: Simulation | None = None
        self._verdicts: Verdicts = {}
        self.learnt = Learnt(kind=held.credential.kind, ledger=Ledger())
        self._read_key_id()

    def _read_key_id(self) -> None:
        """What the key id says by itself."""
        account = account_of(self._context.get(KEY_ID, ""))
        if account is not None:
            self.learnt.account = account
            detail = f"the access key id itself: account {account}"
            self.learnt.identity = Evidence(EvidenceKind.ENCODED, detail, ACCOUNT_SOURCE)

    def requests(self, *, offline: bool = False) -> tuple[Request, ...]:
        """What to send now; empty when the interview is over. Offline, nothing is sent."""
        if offline:
            return ()
        while not self._waiting and self._phase is not _Phase.SETTLED:
            self._phase = _Phase(self._phase + 1)
            match self._phase:
                case _Phase.IDENTITY:
                    self._ask_identity()
                case _Phase.POLICIES:
                    self._ask_policies()
                case _Phase.SIMULATION:
                    self._ask_simulation()
                case _:
                    self._settle()
        return tuple(request for request, _ in self._waiting)

    def take(self, request: Request, answer: Answer) -> None:
        """Read the answer to one of the waiting requests."""
        index = next(at for at, (each, _) in enumerate(self._waiting) if each is request)
        _, ask = self._waiting.pop(index)
        self.learnt.requests += 1
        self.learnt.failures += answer.failure is not None
        said = answers.read_answer(READ_ONLY_ACTIONS[ask.question].action, answer)
        if said.code in answers.EXPIRED:
            self._die(State.EXPIRED, ask.question, f"{said.status} {said.code}")
        elif said.code in answers.THROTTLED and ask.attempt < _MOST_ATTEMPTS:
            self._queue([replace(ask, attempt=ask.attempt + 1)])
        elif said.result is None:
            self.learnt.failures += said.code in answers.THROTTLED
            self._queue(ask.lost(said.code or said.failure or "no answer"))
        else:
            self._queue(ask.then(said.result))
            self._turn_page(ask, said.result)

    def abandon(self, why: str) -> None:
        """Give up what is still to be asked, and say why."""
        for _, ask in self._waiting:
            # What would follow is given up with it.
            tuple(ask.lost(why))
        self._waiting.clear()
        if self._phase is _Phase.START:
            self.learnt.gaps.append(("whose key it is", why))
            self._phase = _Phase.SETTLED
        elif self._phase is not _Phase.SETTLED:
            self._settle()

    def conclude(self) -> tuple[Authority, tuple[tuple[str, str], ...], bool]:
        """The authority, the gaps, and whether every request got a usable answer."""
        authority = replace(conclude(self._provider, self._catalogue, self.learnt), enumerates=False)
        return authority, tuple(self.learnt.gaps), self.learnt.failures == 0

    def _queue(self, asks: Iterable[Ask]) -> None:
        for ask in asks:
            request = build_request(
                self._provider.id,
                ask.question,
                ask.parameters,
                action_names=ask.action_names,
                marker=ask.marker,
            )
            if isinstance(request, str):
                self._queue(ask.lost(request))
            else:
                self._waiting.append((request, ask))

    def _turn_page(self, ask: Ask, result: Result) -> None:
        if not READ_ONLY_ACTIONS[ask.question].is_paged or answers.text_at(result, "IsTruncated") != "true":
            return
        marker = answers.text_at(result, "Marker")
        if marker is None or marker == ask.marker or ask.page >= _MOST_PAGES:
            self._queue(ask.lost(f"the list goes on after page {ask.page}"))
        else:
            self._queue([replace(ask, marker=marker, page=ask.page + 1, attempt=1)])

    def _die(self, state: State, question: str, said: str) -> None:
        """The key no longer works: nothing else is worth asking."""
        self.learnt.state = state
        self.learnt.identity = _asked(question, said)
        self._waiting.clear()
        self._phase = _Phase.SETTLED

    def _ask_identity(self) -> None:
        region = self._context.get("region", "")
        if region.startswith(_OTHER_PARTITIONS):
            why = f"region {region} is of a partition with endpoints of its own, which are not asked"
            self.learnt.gaps.append(("whose key it is", why))
            self._phase = _Phase.SETTLED
            return
        self._queue([Ask(_IDENTITY, {}, self._take_identity, self._lose_identity)])

    def _lose_identity(self, why: str) -> tuple[Ask, ...]:
        self._phase = _Phase.SETTLED
        is_session = is_temporary(self._context.get(KEY_ID, ""))
        if why in answers.NO_SUCH_KEY and not is_session:
            self._die(State.REVOKED, _IDENTITY, why)
            return ()
        if why in answers.NO_SUCH_KEY:
            why = f"{why}: key id and session token do not belong together, or the session is over"
        elif why in answers.WRONG_SECRET:
            why = f"{why}: this secret does not belong to this key id, or the clock is wrong"
        self.learnt.gaps.append(("whose key it is", why))
        return ()

    def _take_identity(self, result: Result) -> tuple[Ask, ...]:
        is_session = is_temporary(self._context.get(KEY_ID, ""))
        principal = read_principal(result, is_temporary=is_session)
        learnt = self.learnt
        learnt.state = State.ACTIVE
        if principal is None:
            learnt.identity = _asked(_IDENTITY, "200")
            learnt.gaps.append(("what the key may do", "its principal is of a kind we do not know"))
            return ()
        self._principal = principal
        learnt.kind = principal.kind.value
        learnt.account = principal.account
        learnt.shown["identity"] = principal.arn
        learnt.identity = _asked(_IDENTITY, f"200, {principal.arn}")
        return ()

    def _ask_policies(self) -> None:
        if self._principal is None:
            return
        if self._principal.kind in _LASTING:
            # A list that may not be read only leaves open when the key was issued.
            self._queue([Ask(_KEYS, {}, self._take_keys, lambda _: ())])
        if self._principal.kind not in _WITH_POLICIES:
            return
        reading = (each.id for each in self._catalogue.operations.values() if each.verb in _READING_LEVELS)
        self._reading = PolicyReading(self._principal, frozenset(reading))
        self._queue(self._reading.opening())

    def _take_keys(self, result: Result) -> tuple[Ask, ...]:
        """When the key was issued, from the list of its owner's keys."""
        for each in answers.list_at(result, "AccessKeyMetadata"):
            issued = read_date(answers.text_at(each, "CreateDate"))
            if answers.text_at(each, "AccessKeyId") == self._context.get(KEY_ID) and issued is not None:
                self.learnt.issued = written(issued)
        return ()

    def _holdings(self, principal: Principal, reading: PolicyReading) -> Holdings:
        context = context_of(principal, self._now, role_arn=reading.role_arn, tags=reading.tags)
        return reading.holdings(context)

    def _ask_simulation(self) -> None:
        if self._principal is None or self._reading is None:
            return
        holdings = self._holdings(self._principal, self._reading)
        self._verdicts = evaluate(holdings, self._catalogue)
        source = self._reading.role_arn or conclusions.source_arn(self._principal)
        self._simulation = Simulation(
            self._catalogue, self._verdicts, source, is_complete=holdings.is_complete
        )
        left = self._provider.budget - self.learnt.requests - 1
        self._queue(self._simulation.opening(most_requests=left))

    def _settle(self) -> None:
        """Draw the conclusions."""
        self._phase = _Phase.SETTLED
        principal, learnt = self._principal, self.learnt
        if principal is None or learnt.identity is None:
            return
        if self._reading is not None:
            self._settle_policies(principal, self._reading)
        else:
            everything = conclusions.without_policies(principal, learnt.identity, self._catalogue)
            self._conclude(principal, everything, {})
            learnt.gaps += conclusions.gaps_without_policies(principal)

    def _settle_policies(self, principal: Principal, reading: PolicyReading) -> None:
        learnt = self.learnt
        holdings = self._holdings(principal, reading)
        verdicts = self._verdicts or evaluate(holdings, self._catalogue)
        simulation = self._simulation
        overrides = simulation.overrides(holdings) if simulation is not None else {}
        self._conclude(principal, verdicts, overrides)
        if reading.titles:
            learnt.shown["policies"] = ", ".join(reading.titles)
        if reading.boundary_arn:
            learnt.shown["permissions boundary"] = reading.boundary_arn
        for why, questions in sorted(reading.refusals.items()):
            learnt.gaps.append((f"policies of {principal.shown}", f"{', '.join(sorted(questions))}: {why}"))
        if holdings.has_unseen_session_policy:
            learnt.gaps.append(conclusions.SESSION_GAP)
        if simulation is None:
            why = "organization policies not readable: it was not asked"
            learnt.gaps.append((conclusions.ORGANIZATION, why))
        else:
            learnt.gaps += simulation.gaps()

    def _conclude(
        self, principal: Principal, verdicts: Verdicts, overrides: Mapping[str, conclusions.Override]
    ) -> None:
        documented = conclusions.documented(principal, self._catalogue)
        settled = conclusions.overridden(verdicts, {**overrides, **documented})
        self.learnt.grants = grants(settled)
        self.learnt.resources |= resources(settled)


def _asked(question: str, said: str) -> Evidence:
    return Evidence(EvidenceKind.ASKED, f"{question} → {said}", READ_ONLY_ACTIONS[question].source)
