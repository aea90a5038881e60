"""Which simulations to ask for, and what their results change."""

from collections.abc import Iterable, Mapping
from functools import partial

from scopeaudit.ask.aws import answers
from scopeaudit.ask.aws.conclusions import ORGANIZATION, Override
from scopeaudit.ask.aws.evaluate import Holdings, Verdicts
from scopeaudit.ask.aws.reading import Ask, Result
from scopeaudit.ask.aws.simulate import (
    QUESTION,
    Simulated,
    batches,
    dangerous,
    read_simulation,
    refused_by_organization,
    verdict_of,
)
from scopeaudit.catalogue.operations import OperationCatalogue
from scopeaudit.model.authority import Verdict

_SIMULATION = "a simulation of what its policies allow"
_BUDGET = "its budget of requests is used up"


class Simulation:
    """Asks about the operations that matter most: about all only where the first answer calls for it."""

    def __init__(
        self, catalogue: OperationCatalogue, verdicts: Verdicts, source_arn: str, *, is_complete: bool
    ) -> None:
        """`is_complete` says that every policy was read, so that only an organization can change them."""
        self._source_arn = source_arn
        self._is_complete = is_complete
        self._granted = _with_verdict(verdicts, Verdict.GRANTED)
        open_ = self._granted | _with_verdict(verdicts, Verdict.UNKNOWN)
        self._batches = list(batches(each for each in dangerous(catalogue) if each in open_))
        self._found: dict[str, Simulated] = {}
        self._losses: dict[str, int] = {}
        self._left = 0
        self._is_open = False

    def opening(self, *, most_requests: int) -> tuple[Ask, ...]:
        """The first batch, to see what comes of it."""
        self._left = max(0, most_requests)
        if not self._batches:
            return ()
        if self._left == 0:
            self._lose_rest(_BUDGET)
            return ()
        self._left -= 1
        return (self._ask(self._batches.pop(0)),)

    def _ask(self, names: tuple[str, ...]) -> Ask:
        parameters = {"PolicySourceArn": self._source_arn}
        return Ask(
            QUESTION, parameters, partial(self._take, names), partial(self._lose, names), action_names=names
        )

    def _take(self, names: tuple[str, ...], result: Result) -> Iterable[Ask]:
        found = read_simulation(result)
        self._found |= {name: each for name, each in found.items() if name in names}
        if self._is_open:
            return ()
        self._is_open = True
        if self._is_complete and not self._is_organized:
            self._batches.clear()
            return ()
        affordable, self._batches = self._batches[: self._left], self._batches[self._left :]
        self._left -= len(affordable)
        self._lose_rest(_BUDGET)
        return [self._ask(each) for each in affordable]

    def _lose(self, names: tuple[str, ...], why: str) -> Iterable[Ask]:
        """Half at a time, the simulator shows which names it does not know."""
        is_invalid = why in answers.INVALID_INPUT
        if is_invalid and len(names) > 1 and self._left > 1:
            self._left -= 2
            middle = len(names) // 2
            return [self._ask(names[:middle]), self._ask(names[middle:])]
        self._losses[why] = self._losses.get(why, 0) + len(names)
        if not is_invalid and not self._is_open:
            self._lose_rest(why)
        return ()

    def _lose_rest(self, why: str) -> None:
        if self._batches:
            self._losses[why] = self._losses.get(why, 0) + sum(map(len, self._batches))
            self._batches.clear()

    @property
    def _is_organized(self) -> bool:
        """Whether an organization is said to have a say, as it is only where there is one."""
        return any(each.allowed_by_organization is not None for each in self._found.values())

    def overrides(self, holdings: Holdings) -> Mapping[str, Override]:
        """Operations whose verdict the results change."""
        changed: dict[str, Override] = {}
        for name, each in self._found.items():
            if self._is_complete or name in self._granted:
                refused = refused_by_organization(name, each, partition=holdings.partition)
                if refused is not None:
                    changed[name] = refused
            else:
                changed[name] = verdict_of(
                    name,
                    each,
                    has_unseen_session_policy=holdings.has_unseen_session_policy,
                    partition=holdings.partition,
                )
        return changed

    def gaps(self) -> list[tuple[str, str]]:
        """What could not be found out."""
        self._lose_rest("it was not asked")
        found = []
        if not self._found:
            why = ", ".join(sorted(self._losses)) or "not asked, since nothing that matters most is granted"
            found.append((ORGANIZATION, f"organization policies not readable: {QUESTION}: {why}"))
        elif self._is_organized:
            count = len(self._found)
            found.append(
                (ORGANIZATION, f"organization policies not readable beyond {count} operations simulated")
            )
        if not self._is_complete:
            found += [
                (_SIMULATION, f"{QUESTION}: {why}, for {count} operations")
                for why, count in sorted(self._losses.items())
            ]
        return found


def _with_verdict(verdicts: Verdicts, wanted: Verdict) -> frozenset[str]:
    return frozenset().union(
        *(operations for (outcome, _), operations in verdicts.items() if outcome.verdict is wanted)
    )
