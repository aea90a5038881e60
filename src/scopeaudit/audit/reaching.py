"""What only seems to stand between agents and a credential, and the ways around a tool that holds back."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from scopeaudit.audit.draft import Draft
from scopeaudit.audit.scope import Scope
from scopeaudit.audit.severity import at_most, worst
from scopeaudit.audit.words import counted, listed, worst_of
from scopeaudit.catalogue.operations import TRAITS, trait_selector
from scopeaudit.model.context import Denial, Reach, Server, Way
from scopeaudit.model.finding import Severity
from scopeaudit.model.job import Allowance, OperationGlob, TraitSelector
from scopeaudit.model.location import Location, Source

ADVISORY = "advisory-deny"
AROUND = "less-restricted-path"
_WORDS = {
    Way.PROMPT: "it is put into the prompt",
    Way.INHERITED: "every command inherits it",
    Way.READ_TOOL: "its read tool opens it",
    Way.SHELL: "its shell reads it",
    Way.SERVER: "a tool server uses it",
}


@dataclass(frozen=True, slots=True)
class Reached:
    """What is known of how a credential is reached."""

    reach: tuple[Reach, ...] = ()
    servers: tuple[Server, ...] = ()
    """The tool servers that hold it."""

    @property
    def is_blocked(self) -> bool:
        """Whether something enforced stands in every way of every agent that was looked at."""
        return bool(self.reach) and all(each.is_blocked for each in self.reach)


def reached_by_id(
    places: Mapping[str, Sequence[Location]], reach: Iterable[Reach], servers: Sequence[Server]
) -> dict[str, Reached]:
    """What is known of each credential, by its id; `places` are those of the credentials."""
    by_place: dict[Location, list[Reach]] = {}
    for each in reach:
        by_place.setdefault(each.location, []).append(each)
    holding: dict[tuple[str, int | None], list[int]] = {}
    for number, server in enumerate(servers):
        for key in (
            *((server.path, line) for line in server.lines),
            *((f"env:{name}", None) for name in server.variables),
            *((path, None) for path in server.files),
        ):
            holding.setdefault(key, []).append(number)
    return {
        credential: Reached(
            tuple(each for place in locations for each in by_place.get(place, ())),
            tuple(
                servers[number]
                for number in sorted(
                    {each for place in locations for key in _keys(place) for each in holding.get(key, ())}
                )
            ),
        )
        for credential, locations in places.items()
    }


def _keys(place: Location) -> tuple[tuple[str, int | None], ...]:
    """What a server that holds a place is known by: a variable, a line of its configuration, or a file."""
    if place.source is Source.ENVIRONMENT:
        return ((place.path, None),)
    line = (place.path, place.line or 0)
    return (line,) if place.source is Source.HISTORY else (line, (place.path, None))


def advisory_deny(reached: Reached, others: Iterable[Severity]) -> Draft | None:
    """A setting is meant to keep an agent from the credential, and leaves it a way.

    As bad as what else is wrong with the credential, `others`, and high at most.
    """
    denials = {denial: each for each in reached.reach for denial in each.advisory}
    if not denials:
        return None
    told = [
        _told(denial, reach) for denial, reach in sorted(denials.items(), key=lambda each: _order(each[0]))
    ]
    message = "It is meant to be out of reach, and is not: " + listed(told, 3) + "."
    severity = at_most(worst(others), Severity.HIGH)
    return Draft(
        ADVISORY, severity, message, narrows=False, locations=_settings(denials), advice=_advice(denials)
    )


def _order(denial: Denial) -> tuple[str, str, str, str, str, int, str, str]:
    """As the fields follow each other; a line that is not known comes first."""
    place = (denial.path, denial.line or 0, denial.why, denial.instead)
    return (denial.agent, denial.mechanism, denial.rule, denial.strength.value, *place)


def _told(denial: Denial, reach: Reach) -> str:
    where = f" ({denial.path}{f':{denial.line}' if denial.line else ''})" if denial.path else " (built in)"
    way = f": {_WORDS[reach.by]}" if reach.by is not None else ""
    asks = "" if reach.open else ", after asking"
    return f"{denial.agent} {denial.mechanism} {denial.rule}{where} is {denial.strength.value}{way}{asks}"


def _settings(denials: Iterable[Denial]) -> tuple[Location, ...]:
    """The settings, as places to look at."""
    places = {(each.path, each.line) for each in denials if each.path}
    return tuple(
        Location(Source.AGENT if path.startswith(("~", "/")) else Source.TREE, path, line)
        for path, line in sorted(places, key=lambda each: (each[0], each[1] or 0))
    )


def _advice(denials: Iterable[Denial]) -> str:
    return " ".join(dict.fromkeys(each.instead for each in sorted(denials, key=_order)))


def less_restricted_path(scope: Scope, reached: Reached) -> Draft | None:
    """A tool server holds back what whoever reads the same credential can do through the raw API."""
    if scope.is_dead:
        return None
    for server in reached.servers:
        if not server.limits:
            continue
        allowed = _let_through(scope, server)
        beyond = scope.granted.where(0 if allowed is None else ~scope.meaning.mask(allowed))
        if not beyond:
            continue
        more = counted(len(beyond), "operation")
        message = (
            f"The tool server {server.name} of {server.agent} lets through {' and '.join(server.limits)}; "
            f"whoever reads the credential can do {more} more, {worst_of(beyond)}."
        )
        return Draft(AROUND, beyond.where(scope.excess.mask).severity, message, beyond)
    return None


def _let_through(scope: Scope, server: Server) -> frozenset[str] | None:
    """The operations that every limit of the server lets through; `None` where none says it in operations."""
    allowed: frozenset[str] | None = None
    for entries in server.allows:
        chosen = frozenset().union(
            *(scope.catalogue.select(Allowance(each, 0, _selector(each))) for each in entries)
        )
        allowed = chosen if allowed is None else allowed & chosen
    return allowed


def _selector(entry: str) -> OperationGlob | TraitSelector:
    terms = dict(term.split(":", 1) for term in entry.split("+")) if ":" in entry else {}
    return trait_selector(terms) if terms.keys() and terms.keys() <= TRAITS.keys() else OperationGlob(entry)
