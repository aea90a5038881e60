"""How fast authorities are compared with jobs: ten thousand credentials with a thousand operations each.

Run `python benchmarks/comparison.py`. The credentials are made up; nothing is read and nothing is sent.

- alike: ten authorities among all credentials, as where one key lies in many places
- each of its own: every credential holds another thousand operations of a catalogue of twelve hundred
"""

import datetime
import random
import time
from collections.abc import Iterator
from dataclasses import dataclass
from types import MappingProxyType

from scopeaudit.audit.audit import audit
from scopeaudit.catalogue.operations import OperationCatalogue
from scopeaudit.catalogue.provider import Kind, Provider
from scopeaudit.catalogue.rules import load_rules
from scopeaudit.model.authority import Authority, Evidence, EvidenceKind, Grant, State, Verdict
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


def cases(ids: list[str]) -> Iterator[Case]:
    """One at a time: ten thousand authorities are large."""
    ten = tuple(authorities(ids, ALIKE))
    yield Case("alike", ten * (CREDENTIALS // ALIKE))
    yield Case("each of its own", tuple(authorities(ids, CREDENTIALS)))


def main() -> None:
    """Print the seconds of each case, the best of two."""
    described = catalogue(DESCRIBED)
    provider = Provider(
        id="made-up",
        name="Made up",
        documentation=DOCUMENTATION,
        kinds=(Kind(id="token", title="token", source=DOCUMENTATION),),
    )
    allow = (Allowance("operation000*", 5, OperationGlob("operation000*")),)
    job = Job("one", (CredentialSelector(path="keys/*5.env"),), allow, owner="team@made-up.example")
    rules = load_rules().findings
    print(f"{CREDENTIALS:,} credentials with {OPERATIONS:,} operations each, of {DESCRIBED:,}")
    for case in cases(sorted(described.ids)):
        tokens = [
            (Credential(f"c{number}", "made-up", "token", "…", (_place(number),)), authority)
            for number, authority in enumerate(case.authorities)
        ]
        best, findings = float("inf"), 0
        for _ in range(REPEATS):
            start = time.perf_counter()
            result = audit(
                tokens,
                Declarations(jobs=(job,), path="scopeaudit.yaml"),
                {"made-up": provider},
                {"made-up": described},
                rules,
                TODAY,
            )
            best = min(best, time.perf_counter() - start)
            findings = len(result.findings)
            del result
        print(f"{case.name}: {best:.2f} s, {findings:,} findings; limit {LIMIT_SECONDS:.0f} s", flush=True)


def _place(number: int) -> Location:
    return Location(Source.TREE, f"keys/{number}.env", 1, 1, name="TOKEN")


if __name__ == "__main__":
    main()
