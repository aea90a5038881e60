"""What surrounds the scanned folder, for people: agents, stores, tool servers, and what holds or does not."""

from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType

from scopeaudit.model.context import Access, AgentFound, Context, MechanismFound, Server, Strength, Way
from scopeaudit.model.gap import Gap
from scopeaudit.report.layout import Page, listing, name, prose, separated
from scopeaudit.report.reach import WAYS, by_place
from scopeaudit.report.summary import counted

_LABEL = 12
_USABLE_SHOWN = 8
_PATHS_SHOWN = 3
_ACCESS = {Access.FREE: "", Access.ASKS: " (asks)", Access.NONE: " (no)"}
_HOLDS = frozenset({Strength.KERNEL})
_STYLES: Mapping[bool, str] = MappingProxyType({True: "green", False: "yellow"})


def render_context(
    context: Context, gaps: Iterable[Gap] = (), *, width: int = 80, colour: bool = False
) -> str:
    """The context, and what could not be read, as lines of at most `width` cells, with a final newline."""
    page = Page(width=width, colour=colour)
    for agent in context.agents:
        page.blank()
        _write_agent(page, agent, context)
    _write_stores(page, context)
    write_usable(page, context, shown=len(context.usable))
    _write_gaps(page, sorted({(gap.why, gap.what) for gap in gaps}))
    page.blank()
    page.paragraph(prose(_summary(context), "bold"))
    return page.text()


def _write_agent(page: Page, agent: AgentFound, context: Context) -> None:
    title = [name(agent.name, "bold")]
    if agent.running:
        title.append(name("running this"))
    page.paragraph(separated(title), indent=0)
    page.row(prose("here", "dim"), prose(_ways(agent.inside)), indent=2, label_width=_LABEL)
    if agent.outside:
        page.row(prose("elsewhere", "dim"), prose(_ways(agent.outside)), indent=2, label_width=_LABEL)
    for number, words in enumerate(agent.because):
        page.row(prose("because" if not number else "", "dim"), prose(words), indent=2, label_width=_LABEL)
    if agent.settings:
        page.row(
            prose("settings", "dim"),
            listing(agent.settings, len(agent.settings)),
            indent=2,
            label_width=_LABEL,
        )
    for mechanism in sorted((each for each in context.mechanisms if each.agent == agent.id), key=by_place):
        _write_mechanism(page, mechanism)
    for server in (each for each in context.servers if each.agent == agent.id):
        _write_server(page, server)


def _ways(ways: Sequence[tuple[Way, Access]]) -> str:
    return ", ".join(f"{WAYS[way]}{_ACCESS[access]}" for way, access in ways) or "no way of its own"


def _write_mechanism(page: Page, found: MechanismFound) -> None:
    place = "built in" if not found.path else found.path + (f":{found.line}" if found.line else "")
    about = f"{found.mechanism} ({place}), {counted(found.rules, 'rule')}"
    label = [(found.strength.value, _STYLES[found.strength in _HOLDS])]
    page.row(
        label,
        [*prose(about), *([("—", ""), *prose(found.why)] if found.why else [])],
        indent=2,
        label_width=_LABEL,
    )


def _write_server(page: Page, server: Server) -> None:
    about = [name(server.name, "bold"), name(server.host or server.runs or "nothing to run")]
    if server.provider:
        about.append(name(server.provider))
    if not server.enabled:
        about.append(name("switched off"))
    about.append(name("lets through " + " and ".join(server.limits) if server.limits else "no limit known"))
    about.append(name(f"{server.path}:{server.line}" if server.line else server.path))
    page.row(prose("tool server", "dim"), separated(about), indent=2, label_width=_LABEL)


def _write_stores(page: Page, context: Context) -> None:
    if not context.stores:
        return
    page.blank()
    page.paragraph(prose(f"{counted(len(context.stores), 'store')} of tools", "bold"))
    for store in context.stores:
        words = [*prose(f"{store.name}:"), *listing(store.paths, _PATHS_SHOWN)]
        label = prose("credentials" if store.holds else "nothing seen", "yellow" if store.holds else "dim")
        page.row(label, words, indent=2, label_width=_LABEL + 1)


def write_usable(page: Page, context: Context | None, *, shown: int = _USABLE_SHOWN) -> None:
    """What can be used without being read."""
    if context is None or not context.usable:
        return
    page.blank()
    number = len(context.usable)
    page.paragraph(prose(f"Usable without being read, authority not known: {number:,}", "bold"))
    for each in context.usable[:shown]:
        words = [*separated([name(each.what, "bold"), name(each.where)]), ("—", ""), *prose(each.why)]
        page.row([], words, indent=2, label_width=0)
    if number > shown:
        page.paragraph(prose(f"{number - shown:,} more; scopeaudit context shows all"), indent=2)


def _write_gaps(page: Page, gaps: Sequence[tuple[str, str]]) -> None:
    if not gaps:
        return
    page.blank()
    page.paragraph(prose(f"Not known to be safe: {counted(len(gaps), 'gap')}", "bold"))
    for why in dict.fromkeys(why for why, _ in gaps):
        names = [what for each, what in gaps if each == why]
        page.row([], [*prose(f"{why}:"), *listing(names, _PATHS_SHOWN)], indent=2, label_width=0)


def _summary(context: Context) -> str:
    holding = sum(store.holds for store in context.stores)
    return "; ".join(
        (
            counted(len(context.agents), "agent"),
            counted(len(context.servers), "tool server"),
            f"{counted(len(context.stores), 'store')}, {holding:,} with credentials",
            f"{counted(len(context.usable), 'thing')} usable without being read",
        )
    )
