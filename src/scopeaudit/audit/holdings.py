"""The verdicts of one authority as masks, with the evidence and the resources of each operation."""

from bisect import insort
from collections.abc import Callable, Iterable, Iterator
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from functools import cached_property
from heapq import merge

from scopeaudit.audit.meaning import Meaning, telling
from scopeaudit.audit.resources import ResourceTree
from scopeaudit.audit.universe import Universe, described
from scopeaudit.model.authority import Authority, EvidenceKind, Verdict, strongest
from scopeaudit.model.finding import FindingOperation
from scopeaudit.model.operation import Effect

_Part = tuple[int, frozenset[str] | None]
"""A mask, and the resources its operations are bound to; `None` where they are bound to none."""


@dataclass(frozen=True)
class Holdings:
    """What one authority says of the operations of its provider."""

    meaning: Meaning
    authority: Authority
    shared: dict[tuple[Verdict, EvidenceKind], Universe] = field(default_factory=dict)
    """Described operations of all authorities of this provider that name no resources."""

    @cached_property
    def tree(self) -> ResourceTree:
        """The resources the authority lists."""
        return ResourceTree(self.authority.resources)

    @cached_property
    def has_resources(self) -> bool:
        """Whether any resource is known, so that operations can name some."""
        return bool(self.authority.resources) or any(grant.resources for grant in self.authority.grants)

    @cached_property
    def _masks(self) -> tuple[int, ...]:
        """One for each grant, in order."""
        return tuple(self.meaning.mask(grant.operations) for grant in self.authority.grants)

    def _named(self, verdict: Verdict) -> int:
        found = 0
        for grant, mask in zip(self.authority.grants, self._masks, strict=True):
            if grant.verdict is verdict:
                found |= mask
        return found

    @cached_property
    def granted(self) -> int:
        """What is granted."""
        return self._named(Verdict.GRANTED)

    @cached_property
    def unknown(self) -> int:
        """What is neither granted nor denied: said to be unknown, or not spoken of."""
        denied = self._named(Verdict.DENIED) & ~self._named(Verdict.UNKNOWN)
        return self.meaning.everything & ~self.granted & ~denied

    @cached_property
    def undescribed(self) -> dict[Verdict, frozenset[str]]:
        """Operations that verdicts name and the catalogue does not; denied ones are left out."""
        found: dict[Verdict, frozenset[str]] = {}
        for grant, mask in zip(self.authority.grants, self._masks, strict=True):
            if grant.verdict is not Verdict.DENIED and mask.bit_count() < len(grant.operations):
                known = found.get(grant.verdict, frozenset())
                found[grant.verdict] = known | self.meaning.undescribed(grant.operations)
        if len(found) > 1:
            found[Verdict.UNKNOWN] -= found[Verdict.GRANTED]
        return found

    @cached_property
    def fallen(self) -> frozenset[str]:
        """Granted operations whose gate another granted one takes away."""
        found = (each for each, gated, by in self.meaning.gates if self.granted & gated and self.granted & by)
        return frozenset(found)

    def rows(self, mask: int) -> int:
        """The granted operations in the mask, in the rows that say what became of their gates."""
        standing, fallen = self._all_fallen
        if not mask & standing:
            return mask
        if mask & standing == standing:
            return mask ^ standing | fallen
        for row, other in self._fallen_rows:
            if mask & row:
                mask ^= row | other
        return mask

    @cached_property
    def _fallen_rows(self) -> tuple[tuple[int, int], ...]:
        return self.meaning.fallen_rows(self.fallen)

    @cached_property
    def _all_fallen(self) -> tuple[int, int]:
        """All rows in which gates stand that are taken away, and those in which they fall."""
        return sum(row for row, _ in self._fallen_rows), sum(other for _, other in self._fallen_rows)

    def told(
        self, mask: int, verdict: Verdict = Verdict.GRANTED, more: AbstractSet[str] = frozenset()
    ) -> tuple[FindingOperation, ...]:
        """The operations in the mask, all of this verdict, and `more` by id, worst first."""
        if not more:
            if (verdict, mask) not in self._told:
                self._told[verdict, mask] = tuple(self._in_parts(mask, verdict))
            return self._told[verdict, mask]
        found = self._in_parts(mask, verdict)
        for each in more:
            insort(found, self.one(each, verdict, self.resources_of(each)), key=telling)
        return tuple(found)

    @cached_property
    def _told(self) -> dict[tuple[Verdict, int], tuple[FindingOperation, ...]]:
        return {}

    def one(self, operation_id: str, verdict: Verdict, resources: tuple[str, ...]) -> FindingOperation:
        """One operation on some resources."""
        evidence = strongest(
            piece.kind
            for grant in self.authority.grants
            if grant.verdict is verdict and operation_id in grant.operations
            for piece in grant.evidence
        )
        return described(self.meaning, operation_id, verdict, evidence, resources)

    def _in_parts(self, mask: int, verdict: Verdict) -> list[FindingOperation]:
        is_granted = verdict is Verdict.GRANTED
        if not mask:
            return []
        if is_granted and self._only_evidence is not None:
            return self._universe(verdict, self._only_evidence, None).take(self.rows(mask))
        parts = [
            (self._universe(verdict, evidence, bound), self.rows(chosen) if is_granted else chosen)
            for evidence, of_evidence in self._by_evidence(verdict, mask)
            for of_bound, bound in self._parts(verdict)
            if (chosen := of_evidence & of_bound)
        ]
        if len(parts) == 1:
            universe, chosen = parts[0]
            return universe.take(chosen)
        places = range(len(self.meaning.ids))
        rows = [zip(self.meaning.select(each, places), one.take(each), strict=True) for one, each in parts]
        return [operation for _, operation in merge(*rows, key=lambda row: row[0])]

    @cached_property
    def _only_evidence(self) -> EvidenceKind | None:
        """The evidence of all that is granted, where it is the same and bound to no single resources."""
        kinds = [kind for spoken, kind in self._evidence if spoken is Verdict.GRANTED]
        return kinds[0] if len(kinds) == 1 and not self.bound else None

    def _by_evidence(self, verdict: Verdict, mask: int) -> Iterator[tuple[EvidenceKind, int]]:
        left = mask
        for kind in EvidenceKind:
            chosen = left & self._evidence.get((verdict, kind), 0)
            if chosen:
                yield kind, chosen
                left &= ~chosen
        if left:
            yield EvidenceKind.NONE, left

    @cached_property
    def _evidence(self) -> dict[tuple[Verdict, EvidenceKind], int]:
        found: dict[tuple[Verdict, EvidenceKind], int] = {}
        for grant, mask in zip(self.authority.grants, self._masks, strict=True):
            key = (grant.verdict, strongest(piece.kind for piece in grant.evidence))
            found[key] = found.get(key, 0) | mask
        return found

    def _parts(self, verdict: Verdict) -> tuple[_Part, ...]:
        return self._granted_parts if verdict is Verdict.GRANTED else ((self.meaning.everything, None),)

    @cached_property
    def _granted_parts(self) -> tuple[_Part, ...]:
        """Each operation in one part: the unbound, and those bound to the same resources."""
        together: dict[frozenset[str], int] = {}
        for mask, place in self._disjoint(self._bound):
            together[place] = together.get(place, 0) | mask
        unbound = self.meaning.everything & ~self.bound
        return ((unbound, None), *((mask, place) for place, mask in together.items()))

    def _disjoint(self, rows: Iterable[tuple[int, frozenset[str]]]) -> tuple[tuple[int, frozenset[str]], ...]:
        """Masks that do not overlap, each with the resources of all rows that name its operations."""
        apart: tuple[tuple[int, frozenset[str]], ...] = ()
        for mask, place in rows:
            left, following = mask, []
            for known, places in apart:
                if both := known & left:
                    following.append((both, places | place))
                    left &= ~both
                if rest := known & ~both:
                    following.append((rest, places))
            apart = (*following, (left, place)) if left else tuple(following)
        return apart

    @cached_property
    def _bound(self) -> tuple[tuple[int, frozenset[str]], ...]:
        return tuple(
            (mask & self.bound, grant.resources)
            for grant, mask in zip(self.authority.grants, self._masks, strict=True)
            if grant.verdict is Verdict.GRANTED and grant.resources is not None
        )

    @cached_property
    def bound(self) -> int:
        """What is granted on single resources only."""
        if all(grant.resources is None for grant in self.authority.grants):
            return 0
        found = everywhere = 0
        for grant, mask in zip(self.authority.grants, self._masks, strict=True):
            if grant.verdict is Verdict.GRANTED and grant.resources is None:
                everywhere |= mask
            elif grant.verdict is Verdict.GRANTED:
                found |= mask
        return found & ~everywhere

    def _universe(self, verdict: Verdict, evidence: EvidenceKind, bound: frozenset[str] | None) -> Universe:
        if not self.has_resources:
            if (verdict, evidence) not in self.shared:
                self.shared[verdict, evidence] = Universe(self.meaning, verdict, evidence, _no_resources)
            return self.shared[verdict, evidence]
        key = (verdict, evidence, bound)
        if key not in self._own:
            self._own[key] = Universe(self.meaning, verdict, evidence, self._reaching(bound))
        return self._own[key]

    @cached_property
    def _own(self) -> dict[tuple[Verdict, EvidenceKind, frozenset[str] | None], Universe]:
        return {}

    def resources_of(self, operation_id: str) -> tuple[str, ...]:
        """Ids of the resources it acts on and, if it deletes, of those that die with them; sorted."""
        if not self.has_resources:
            return ()
        bound = [
            grant.resources
            for grant in self.authority.grants
            if grant.verdict is Verdict.GRANTED and operation_id in grant.operations
        ]
        places = [each for each in bound if each is not None]
        if bound and len(places) == len(bound):
            return self._reaching(frozenset().union(*places))(operation_id)
        return self._reaching(None)(operation_id)

    def _reaching(self, bound: frozenset[str] | None) -> Callable[[str], tuple[str, ...]]:
        def resources(operation_id: str) -> tuple[str, ...]:
            operation = self.meaning.operation(operation_id)
            deletes = operation.traits.effect is Effect.DELETE
            key = (bound if bound is not None else operation.on, deletes)
            if key not in self._reached:
                direct = bound if bound is not None else self.tree.by_type.get(operation.on or "", ())
                self._reached[key] = tuple(sorted(self.tree.with_descendants(direct) if deletes else direct))
            return self._reached[key]

        return resources

    @cached_property
    def _reached(self) -> dict[tuple[frozenset[str] | str | None, bool], tuple[str, ...]]:
        return {}


def _no_resources(_operation_id: str) -> tuple[str, ...]:
    return ()
