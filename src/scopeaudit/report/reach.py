"""How agents get at a credential, an entry for each agent."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from scopeaudit.model.context import AgentFound, Context, Denial, MechanismFound, Reach, Way
from scopeaudit.model.location import Location

ANY_AGENT = "any"
WAYS = {
    Way.PROMPT: "prompt",
    Way.INHERITED: "environment",
    Way.READ_TOOL: "read tool",
    Way.SHELL: "shell",
    Way.SERVER: "tool server",
}
"""What ways are called."""


@dataclass(frozen=True, slots=True)
class AgentReach:
    """The easiest way of one agent to a credential, and what was meant to stand in it."""

    best: Reach
    advisory: tuple[Denial, ...]
    """At any of its places, sorted."""


def by_agent(reach: Iterable[Reach]) -> tuple[AgentReach, ...]:
    """An entry for each agent: those that need to ask nobody first, then by id."""
    agents: dict[str, list[Reach]] = {}
    for each in reach:
        agents.setdefault(each.agent, []).append(each)
    found = [
        AgentReach(
            min(entries, key=_ease),
            tuple(sorted({denial for each in entries for denial in each.advisory}, key=_by_rule)),
        )
        for entries in agents.values()
    ]
    return tuple(
        sorted(found, key=lambda each: (_ease(each.best)[:2], each.best.agent == ANY_AGENT, each.best.agent))
    )


def _ease(reach: Reach) -> tuple[int, int, int, str, int]:
    """Smaller is easier."""
    blocked = 2 if reach.is_blocked else int(not reach.open)
    by = reach.by
    rank = len(Way) if by is None else by.rank
    return (blocked, rank, -len(reach.open), reach.location.path, reach.location.line or 0)


def first_step(reach: Iterable[Reach], location: Location) -> tuple[str, Way] | None:
    """The agent that gets at a place most easily, and how; one with a name before any process."""
    here = [each for each in reach if each.location == location and each.by is not None]
    if not here:
        return None
    best = min(here, key=lambda each: (_ease(each)[:1], each.agent == ANY_AGENT, _ease(each), each.agent))
    return (best.agent, best.by) if best.by is not None else None


def names_of(context: Context | None) -> Mapping[str, str]:
    """The names of the agents by id."""
    agents: tuple[AgentFound, ...] = context.agents if context is not None else ()
    return {each.id: each.name for each in agents}


def described(each: AgentReach, names: Mapping[str, str]) -> str:
    """`Claude Code: read tool, shell; asks first: tool server`."""
    best = each.best
    name = names.get(best.agent, best.agent)
    if best.is_blocked:
        by = ", ".join(dict.fromkeys(denial.mechanism for denial in best.denied_by)) or "its settings"
        return f"{name}: blocked by {by}"
    ways = [", ".join(WAYS[way] for way in best.open)] if best.open else []
    if best.asking:
        ways.append("asks first: " + ", ".join(WAYS[way] for way in best.asking))
    return f"{name}: {'; '.join(ways)}"


def blocked(reach: Iterable[Reach], names: Mapping[str, str]) -> str | None:
    """What keeps it from every agent, rule by rule; `None` where a way is open or nobody looked."""
    entries = by_agent(reach)
    if not entries or not all(each.best.is_blocked for each in entries):
        return None
    told = []
    for each in entries:
        rules = dict.fromkeys(map(rule_told, each.best.denied_by))
        agent = names.get(each.best.agent, each.best.agent)
        told.append(f"blocked for {agent} by {' and '.join(rules) or 'its settings'}")
    return "; ".join(told)


def _by_rule(denial: Denial) -> tuple[str, str, str, str, int, str, str]:
    place = (denial.path, denial.line or 0, denial.why, denial.instead)
    return (denial.agent, denial.mechanism, denial.rule, *place)


def rule_told(denial: Denial) -> str:
    """`permissions.deny Read(.env) (.claude/settings.json:4)`."""
    place = "built in" if not denial.path else denial.path + (f":{denial.line}" if denial.line else "")
    return f"{denial.mechanism} {denial.rule} ({place})"


def by_place(found: MechanismFound) -> tuple[str, str, str, str, int, int, str]:
    """The order of mechanisms: by agent, name and file; a line that is not known comes first."""
    place = (found.path, found.line or 0, found.rules)
    return (found.agent, found.mechanism, found.strength.value, *place, found.why)
