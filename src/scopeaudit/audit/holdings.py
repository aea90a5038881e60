"""What one authority says of the operations of its provider, with the evidence and the resources of each."""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field

from scopeaudit.audit.meaning import Meaning
from scopeaudit.audit.resources import ResourceTree
from scopeaudit.audit.selection import Part, Parts, Selection
from scopeaudit.model.authority import Authority, EvidenceKind, Grant, Verdict, strongest

_STRONGEST_FIRST = tuple(EvidenceKind)


@dataclass(slots=True)
class Holdings:
    """The verdicts of one authority."""

    meaning: Meaning
    authority: Authority
    tree: ResourceTree = field(init=False)
    """The resources the authority lists."""
    said: dict[Verdict, int] = field(init=False)
    """What grants say, with all rows of operations that have several; they may contradict each other."""
    bound: int = field(init=False)
    """What is granted on single resources only."""
    granted: Selection = field(init=False)
    unknown: Selection = field(init=False)
    """What is neither granted nor denied: said to be unknown, or described and not spoken of."""
    _masks: tuple[tuple[Grant, int], ...] = field(init=False)

    def __post_init__(self) -> None:
        meaning, authority = self.meaning, self.authority
        self.tree = ResourceTree(authority.resources)
        masks = meaning.masks([grant.operations for grant in authority.grants])
        self._masks = tuple(zip(authority.grants, masks, strict=True))
        self.said = {Verdict.GRANTED: 0, Verdict.DENIED: 0, Verdict.UNKNOWN: 0}
        everywhere = 0
        for grant, mask in self._masks:
            self.said[grant.verdict] |= mask
            if grant.verdict is Verdict.GRANTED and grant.resources is None:
                everywhere |= mask
        granted = self.said[Verdict.GRANTED]
        self.bound = granted & ~everywhere
        self.granted = Selection(Parts(meaning, self._granted_parts()), meaning.with_gates(granted))
        unspoken = meaning.described & ~self.said[Verdict.DENIED]
        left = (self.said[Verdict.UNKNOWN] | unspoken) & ~granted & meaning.standing
        self.unknown = Selection(Parts(meaning, self._unknown_parts(left)), left)

    def undescribed(self) -> frozenset[str]:
        """What grants name and nobody knows; denied operations are left out."""
        found: frozenset[str] = frozenset()
        for grant, mask in self._masks:
            known = (mask & self.meaning.standing).bit_count()
            if known < len(grant.operations) and grant.verdict is not Verdict.DENIED:
                found |= grant.operations - self.meaning.known
        return found

    def _granted_parts(self) -> Iterator[Part]:
        for evidence, mask in self._by_evidence(Verdict.GRANTED, self.said[Verdict.GRANTED]):
            yield from self._parts(mask & ~self.bound, Verdict.GRANTED, evidence, self._by_type())
            for place, there in self._places().items() if mask & self.bound else ():
                yield from self._parts(mask & there, Verdict.GRANTED, evidence, ((there, place),))

    def _unknown_parts(self, left: int) -> Iterator[Part]:
        for evidence, mask in self._by_evidence(Verdict.UNKNOWN, left) if left else ():
            yield from self._parts(mask, Verdict.UNKNOWN, evidence, self._by_type())

    def _by_evidence(self, verdict: Verdict, left: int) -> Iterator[tuple[EvidenceKind, int]]:
        """Of the operations in the mask each once, beside the most direct evidence of the verdict."""
        found: dict[EvidenceKind, int] = {}
        for grant, mask in self._masks:
            if grant.verdict is verdict:
                kind = strongest(piece.kind for piece in grant.evidence)
                found[kind] = found.get(kind, 0) | mask
        for kind in _STRONGEST_FIRST:
            chosen = left & found.get(kind, 0) if kind is not EvidenceKind.NONE else left
            if chosen:
                yield kind, chosen
                left ^= chosen

    def _places(self) -> dict[frozenset[str], int]:
        """Each bound operation once, beside the resources of all grants that name it."""
        found: dict[frozenset[str], int] = {}
        for grant, mask in self._masks:
            if grant.verdict is not Verdict.GRANTED or grant.resources is None:
                continue
            left, earlier, found = mask & self.bound, found, {}
            for place, known in earlier.items():
                both = known & left
                for joined, chosen in ((place | grant.resources, both), (place, known & ~both)):
                    found[joined] = found.get(joined, 0) | chosen
                left &= ~both
            found[grant.resources] = found.get(grant.resources, 0) | left
        return found

    def _by_type(self) -> Iterator[tuple[int, Collection[str]]]:
        """Operations beside the resources of the type they act on."""
        return ((self.meaning.on.get(kind, 0), ids) for kind, ids in self.tree.by_type.items())

    def _parts(
        self,
        left: int,
        verdict: Verdict,
        evidence: EvidenceKind,
        places: Iterable[tuple[int, Collection[str]]],
    ) -> Iterator[Part]:
        """The operations in the mask beside what they act on and, if they delete, what dies with that."""
        for there, direct in places:
            chosen = left & there if direct else 0
            left ^= chosen
            lost = self.tree.with_descendants(direct)
            deleting = chosen & self.meaning.deleting if len(lost) > len(direct) else 0
            if deleting:
                yield Part(deleting, verdict, evidence, tuple(sorted(lost)))
            if others := chosen ^ deleting:
                yield Part(others, verdict, evidence, tuple(sorted(direct)))
        if left:
            yield Part(left, verdict, evidence, made=self.meaning.made[verdict, evidence])
