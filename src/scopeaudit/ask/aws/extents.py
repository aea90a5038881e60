"""On which resources a group of clauses leaves an operation granted, and on which unknown.

The order of evaluation is AWS's: an explicit deny wins, a boundary limits, an allow grants. Where
patterns merely overlap, what is granted is granted somewhere: the pattern of the allow stays.
Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic_policy-eval-denyallow.html
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import Enum
from functools import lru_cache

from scopeaudit.ask.aws.clauses import Clause, Role, by_role
from scopeaudit.catalogue.aws_globs import arn_overlaps, covers, is_everything, overlaps
from scopeaudit.catalogue.aws_resources import SOURCE as FORMATS_SOURCE
from scopeaudit.catalogue.aws_resources import ResourceFormat
from scopeaudit.model.authority import Evidence, EvidenceKind, Verdict

Formats = tuple[ResourceFormat, ...]
_ARN_PARTS = 6
_MOST_EVIDENCE = 6
_OTHER_TYPES = Evidence(
    EvidenceKind.DOCUMENTED, "it needs resources of other types as well, which are not known", FORMATS_SOURCE
)


class Share(Enum):
    """How much of something lies within something else."""

    ALL = "all"
    SOME = "some"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Piece:
    """Resources an operation may be granted on."""

    pattern: str | None
    """`None` for every resource."""
    is_certain: bool
    evidence: tuple[Evidence, ...]

    def because(self, clause: Clause, *, is_certain: bool) -> "Piece":
        """The same resources, with one more reason."""
        return Piece(self.pattern, is_certain, (clause.evidence, *self.evidence)[:_MOST_EVIDENCE])

    def doubted(self) -> "Piece":
        """The same resources, though the operation needs others too."""
        return Piece(self.pattern, False, (_OTHER_TYPES, *self.evidence)[:_MOST_EVIDENCE])


@dataclass(frozen=True, slots=True)
class Outcome:
    """A verdict and the resources it holds for."""

    verdict: Verdict
    evidence: tuple[Evidence, ...]
    patterns: frozenset[str] | None = None
    """`None` where it is not bound to single resources."""


def judge(
    clauses: Iterable[Clause], formats: Formats, service: str, *, is_bounded: bool
) -> tuple[Outcome, ...]:
    """What the clauses about an operation come to; one outcome a verdict, granted first.

    `formats` are those of the operation's resources, none if it can only be allowed on `*`; `service`
    is its prefix. `is_bounded` says that there is a permissions boundary.
    """
    found = by_role(clauses)
    pieces = [piece for clause in found[Role.ALLOW] for piece in _allowed(clause, formats, service)]
    inverted = [clause for clause in found[Role.DENY] if clause.is_inverted]
    plain = [clause for clause in found[Role.DENY] if not clause.is_inverted]
    for clause in inverted:
        pieces = _without(clause, pieces, formats)
    if is_bounded:
        pieces = [rest for piece in pieces for rest in _limited(found[Role.LIMIT], piece, formats)]
    for clause in plain:
        pieces = _without(clause, pieces, formats)
    certain = [each for each in found[Role.DENY] if each.is_certain]
    denials = [each for each in certain if share(each, None, formats) is Share.ALL]
    return _outcomes(_with_every_type(pieces, certain, formats), denials)


def _allowed(clause: Clause, formats: Formats, service: str) -> list[Piece]:
    """What an allow grants before anything is taken away."""
    everything = Piece(None, clause.is_certain, (clause.evidence,))
    if clause.is_everywhere or (clause.is_inverted and not formats):
        return [everything]
    if clause.is_inverted:
        gone = [each for each in formats if any(covers(pattern, each.pattern) for pattern in clause.patterns)]
        if len(gone) == len(formats):
            return []
        return [everything.doubted() if any(each.is_required for each in gone) else everything]
    if not formats:
        # AWS's own examples allow account-wide actions on `arn:aws:s3:::*`, its reference asks for `*`.
        if any(_is_whole_service(pattern, service) for pattern in clause.patterns):
            return [replace(everything, is_certain=False)]
        return []
    return [replace(everything, pattern=each) for each in _relevant(clause.patterns, formats)]


def _is_whole_service(pattern: str, service: str) -> bool:
    parts = pattern.split(":", _ARN_PARTS - 1)
    return len(parts) == _ARN_PARTS and overlaps(parts[2], service) and is_everything(parts[-1])


@lru_cache(maxsize=65_536)
def _relevant(patterns: tuple[str, ...], formats: Formats) -> tuple[str, ...]:
    """The patterns that some resource of the operation can fit."""
    return tuple(each for each in patterns if any(arn_overlaps(each, known.pattern) for known in formats))


def share(clause: Clause, pattern: str | None, formats: Formats) -> Share:
    """How much of the resources of `pattern` (of all where `None`) the clause is about."""
    if clause.is_everywhere:
        return Share.ALL
    if not formats:
        return Share.ALL if clause.is_inverted else Share.NONE
    named = _relevant(clause.patterns, formats)
    if all(
        any(covers(other, each.pattern) for other in named)
        for each in formats
        if pattern is None or arn_overlaps(pattern, each.pattern)
    ):
        within = Share.ALL
    elif pattern is None:
        within = Share.SOME if named else Share.NONE
    elif any(covers(other, pattern) for other in named):
        within = Share.ALL
    else:
        within = Share.SOME if any(overlaps(other, pattern) for other in named) else Share.NONE
    if not clause.is_inverted:
        return within
    return {Share.ALL: Share.NONE, Share.SOME: Share.SOME, Share.NONE: Share.ALL}[within]


def _common(patterns: tuple[str, ...], piece: Piece, formats: Formats) -> list[Piece]:
    """The parts of a piece that fit one of the patterns."""
    parts = []
    for each in _relevant(patterns, formats):
        if piece.pattern is None or covers(piece.pattern, each):
            parts.append(replace(piece, pattern=each))
        elif overlaps(each, piece.pattern):
            parts.append(piece)
    return list(dict.fromkeys(parts))


def _without(clause: Clause, pieces: Iterable[Piece], formats: Formats) -> list[Piece]:
    """What is left of pieces after a deny."""
    left: list[Piece] = []
    for piece in pieces:
        within = share(clause, piece.pattern, formats)
        match within:
            case Share.NONE:
                left.append(piece)
            case Share.ALL:
                left += [] if clause.is_certain else [piece.because(clause, is_certain=False)]
            case Share.SOME if clause.is_inverted:
                left += _common(clause.patterns, piece, formats)
                left += [] if clause.is_certain else [piece.because(clause, is_certain=False)]
            case Share.SOME if clause.is_certain:
                left.append(piece.because(clause, is_certain=piece.is_certain))
            case Share.SOME:
                left += [piece, piece.because(clause, is_certain=False)]
    return left


def _limited(limits: Iterable[Clause], piece: Piece, formats: Formats) -> list[Piece]:
    """What a permissions boundary lets through."""
    certain: list[Piece] = []
    doubtful: list[Piece] = []
    for clause in limits:
        within = share(clause, piece.pattern, formats)
        if within is Share.NONE:
            continue
        whole = within is Share.ALL or clause.is_inverted
        parts = [piece] if whole else _common(clause.patterns, piece, formats)
        if clause.is_certain:
            if whole:
                return [piece]
            certain += parts
        else:
            doubtful += [part.because(clause, is_certain=False) for part in parts]
    return certain + doubtful


def _with_every_type(pieces: list[Piece], denials: list[Clause], formats: Formats) -> list[Piece]:
    """Doubt what is granted on resources of one type only, where the operation needs another as well."""
    required = [each for each in formats if each.is_required]
    certain = [piece.pattern for piece in pieces if piece.is_certain]
    is_met = not certain or all(
        any(pattern is None or arn_overlaps(pattern, each.pattern) for pattern in certain)
        and not any(share(clause, None, (each,)) is Share.ALL for clause in denials)
        for each in required
    )
    return pieces if is_met else [piece.doubted() for piece in pieces]


def _outcomes(pieces: list[Piece], denials: list[Clause]) -> tuple[Outcome, ...]:
    if not pieces:
        return (Outcome(Verdict.DENIED, _joined([clause.evidence] for clause in denials)),)
    certain = [piece for piece in pieces if piece.is_certain]
    everywhere = [piece for piece in certain if piece.pattern is None]
    if everywhere:
        return (Outcome(Verdict.GRANTED, _joined(piece.evidence for piece in everywhere)),)
    outcomes = []
    granted = frozenset(piece.pattern for piece in certain if piece.pattern is not None)
    if certain:
        outcomes.append(Outcome(Verdict.GRANTED, _joined(piece.evidence for piece in certain), granted))
    doubtful = [piece for piece in pieces if not piece.is_certain and piece.pattern not in granted]
    if doubtful:
        patterns = frozenset(piece.pattern for piece in doubtful if piece.pattern is not None)
        is_open = any(piece.pattern is None for piece in doubtful)
        evidence = _joined(piece.evidence for piece in doubtful)
        outcomes.append(Outcome(Verdict.UNKNOWN, evidence, None if is_open else patterns))
    return tuple(outcomes)


def _joined(evidence: Iterable[Iterable[Evidence]]) -> tuple[Evidence, ...]:
    """Each piece of evidence once, in an order of its own, and no more than a reader takes in."""
    found = {piece for pieces in evidence for piece in pieces}
    order = sorted(found, key=lambda each: (each.kind is not EvidenceKind.NONE, each.kind, each.detail))
    return tuple(order[:_MOST_EVIDENCE])
