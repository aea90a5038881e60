"""How fast authorities are compared with jobs: ten thousand credentials with a thousand operations each.

Run `python benchmarks/comparison.py`. The credentials are made up; nothing is read and nothing is sent.

- alike: ten authorities among all credentials, as where one key lies in many places
- each of its own: every credential holds another thousand operations of a catalogue of twelve hundred
- with resources of its own: and each reaches five resources that no other lists; every other is bound to two of them

What counts is the time the processor works for it, so that a busy machine does not blur it; the time on the
clock stands beside it. Machines differ too, so each case is also told as a multiple of the least that could be
done: Python's own difference of the granted operations and the allowed ones, which says nothing of severity,
resources, recovery or words. The memory is the most the process has held, the credentials among it.
"""

import datetime
import random
import resource
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from types import MappingProxyType

from scopeaudit.audit.audit import audit
from scopeaudit.catalogue.operations import OperationCatalogue
from scopeaudit.catalogue.provider import Kind, Provider
from scopeaudit.catalogue.rules import load_rules
from scopeaudit.model.authority import Authority, Evidence, EvidenceKind, Grant, Resource, State, Verdict
from scopeaudit.model.credential import Credential
from scopeaudit.model.job import Allowance, CredentialSelector, Declarations, Job, OperationGlob
from scopeaudit.model.location import Location, Source
from scopeaudit.model.operation import Effect, Gate, Operation, Reversible, Touches, Traits

CREDENTIALS = 10_000
OPERATIONS = 1_000
DESCRIBED = 1_200
ALIKE = 10
LIMIT_SECONDS = 2.0
REPEATS = 2
SEED = 5
DOCUMENTATION = "https://made-up.example/docs"
TODAY = datetime.date(2026, 5, 1)


@dataclass(frozen=True, slots=True)
class Case:
    """One way in which the credentials differ."""

    name: str
    authorities: tuple[Authority, ...]


def catalogue(size: int) -> OperationCatalogue:
    """Operations of every effect; as in real catalogues most of them read or change what can be put back."""
    effects = (*[Effect.READ] * 8, *[Effect.WRITE] * 6, Effect.DELETE, Effect.DELETE, Effect.PERMISSIONS,
               Effect.REVEAL, Effect.EXECUTE, Effect.SPEND)  # fmt: skip
    touches = (Touches.DATA, Touches.NETWORK, Touches.COMPUTE, Touches.RECOVERY, Touches.IDENTITY)
    made = {}
    for number in range(size):
        effect = effects[number % len(effects)]
        traits = Traits(
            effect,
            frozenset({touches[number % len(touches)]}),
            Reversible.YES if effect is Effect.READ else tuple(Reversible)[number % 4],
            gate=Gate.DELAY if number % 200 == 17 else Gate.NONE,
            gate_removed_by="operation0018" if number % 200 == 17 else None,
            source=DOCUMENTATION,
            by_hand=True,
        )
        name = f"operation{number:04}"
        made[name] = Operation(name, "mutation", traits, on="volume" if number % 2 else "domain")
    return OperationCatalogue("made-up", MappingProxyType(made))


def authorities(ids: list[str], count: int) -> Iterator[Authority]:
    """Each with a thousand granted operations of its own choice, all others denied."""
    choose = random.Random(SEED)
    asked = (Evidence(EvidenceKind.ASKED, "GET /me: 200"),)
    for number in range(count):
        granted = frozenset(choose.sample(ids, OPERATIONS))
        yield Authority(
            State.ACTIVE,
            "token",
            (
                Grant(granted, Verdict.GRANTED, asked),
                Grant(frozenset(ids) - granted, Verdict.DENIED, asked),
            ),
            account=f"account {number}",
        )


def with_resources(number: int, authority: Authority) -> Authority:
    """The same with resources that no other credential lists, bound to two of them if the number is odd."""
    listed = (
        Resource(f"volume/{number}-data", "data", environment="production"),
        Resource(f"volume/{number}-cache", "cache"),
        Resource(f"volume/{number}-logs", "logs"),
        Resource(f"volume-backup/{number}", "nightly", parent=f"volume/{number}-data"),
        Resource(f"domain/{number}", "shop"),
    )
    granted, denied = authority.grants
    bound = frozenset(each.id for each in listed[:2]) if number % 2 else None
    return replace(authority, grants=(replace(granted, resources=bound), denied), resources=listed)


def cases(ids: list[str]) -> Iterator[Case]:
    """One at a time: ten thousand authorities are large."""
    ten = tuple(authorities(ids, ALIKE))
    yield Case("alike", ten * (CREDENTIALS // ALIKE))
    yield Case("each of its own", tuple(authorities(ids, CREDENTIALS)))
    own = (with_resources(number, each) for number, each in enumerate(authorities(ids, CREDENTIALS)))
    yield Case("with resources of its own", tuple(own))


@dataclass(frozen=True, slots=True)
class Measured:
    """What one case took, the best of several runs."""

    worked: float
    """Seconds of the processor."""
    passed: float
    """Seconds on the clock."""
    bare: float
    """Seconds of the processor for the difference of sets alone."""
    findings: int


def measure(case: Case, described: OperationCatalogue) -> Measured:
    """Audit the credentials of a case."""
    provider = Provider(
        id="made-up",
        name="Made up",
        documentation=DOCUMENTATION,
        kinds=(Kind(id="token", title="token", source=DOCUMENTATION),),
    )
    allow = Allowance("operation000*", 5, OperationGlob("operation000*"))
    job = Job("one", (CredentialSelector(path="keys/*5.env"),), (allow,), owner="team@made-up.example")
    declarations, rules = Declarations(jobs=(job,), path="scopeaudit.yaml"), load_rules().findings
    tokens = [
        (Credential(f"c{number}", "made-up", "token", "…", (_place(number),)), authority)
        for number, authority in enumerate(case.authorities)
    ]
    worked, passed, bare, findings = float("inf"), float("inf"), float("inf"), 0
    for _ in range(REPEATS):
        start, clock = time.process_time(), time.perf_counter()
        result = audit(tokens, declarations, {"made-up": provider}, {"made-up": described}, rules, TODAY)
        worked = min(worked, time.process_time() - start)
        passed = min(passed, time.perf_counter() - clock)
        findings = len(result.findings)
        del result
        bare = min(bare, _bare(case, described.select(allow)))
    return Measured(worked, passed, bare, findings)


def _bare(case: Case, allowed: frozenset[str]) -> float:
    """Seconds of the processor; what is found is thrown away."""
    start = time.process_time()
    for authority in case.authorities:
        authority.grants[0].operations - allowed
    return time.process_time() - start


def main() -> None:
    """Print what each case takes."""
    described = catalogue(DESCRIBED)
    print(f"{CREDENTIALS:,} credentials with {OPERATIONS:,} operations each, of {DESCRIBED:,}")
    for case in cases(sorted(described.ids)):
        found = measure(case, described)
        most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
        print(
            f"{case.name}: {found.worked:.2f} s of processor time ({found.passed:.2f} s on the clock), "
            f"limit {LIMIT_SECONDS:.0f} s; {found.worked / found.bare:.1f} times the bare difference of sets; "
            f"{found.findings:,} findings, {most:,} MiB at most",
            flush=True,
        )
        del case


def _place(number: int) -> Location:
    return Location(Source.TREE, f"keys/{number}.env", 1, 1, name="TOKEN")


if __name__ == "__main__":
    main()
