"""One story of the terminal format: a credential and what it puts at risk."""

from collections.abc import Iterable, Mapping, Sequence
from itertools import accumulate

from scopeaudit.catalogue.finding_rule import FindingRule
from scopeaudit.model.authority import Evidence, EvidenceKind, State, Verdict
from scopeaudit.model.finding import AuditedCredential, FindingOperation, Step
from scopeaudit.model.location import Location, Source
from scopeaudit.report.danger import OperationGroup, grouped
from scopeaudit.report.layout import Page, Word, listing, name, prose, separated
from scopeaudit.report.reach import ANY_AGENT, WAYS, by_agent, described, first_step
from scopeaudit.report.reached import Reached, by_environment, is_copy
from scopeaudit.report.story import Story, place_of, the_way
from scopeaudit.report.styles import SEVERITY_STYLES
from scopeaudit.report.summary import counted

_SEVERITY = 9
_LABEL = 9
_GROUP_LABEL = 26
_NAMES_SHOWN = 6
_PLACES_SHOWN = 4
_ENVIRONMENTS_SHOWN = 5
_RESOURCES_SHOWN = 4
_FACTS_SHOWN = 6
_REMEDIES_SHOWN = 3
_NOTES_SHOWN = 6
_EVIDENCE_SHOWN = 4
_AGENTS_SHOWN = 6

_TOLD_BY_OPERATIONS = frozenset(
    {"excess-authority", "undeclared-credential", "ungated-destruction", "recovery-in-blast-radius"}
)
"""Finding rules whose message, if they name operations, only repeats what the rows about those say."""

_STATES = {
    State.ACTIVE: "active",
    State.REVOKED: "revoked",
    State.EXPIRED: "expired",
    State.UNKNOWN: "not known to work",
}


def write_chapter(
    page: Page,
    story: Story,
    rules: Mapping[str, FindingRule],
    providers: Mapping[str, str],
    agents: Mapping[str, str],
) -> None:
    """Everything about one credential, or about one finding that has none."""
    _write_heading(page, story)
    if story.subject is not None:
        _write_subject(page, story, story.subject, providers, agents)
        _write_way(page, story, story.subject, providers, agents)
        _write_reached(page, story, story.subject)
        _write_operations(page, story, story.subject)
    if story.subject is None:
        _write_notes(page, story, rules)
        _write_remedies(page, story)
    else:
        _write_remedies(page, story)
        _write_notes(page, story, rules)
        _write_facts(page, story.subject)
        _write_evidence(page, story.subject, providers)


def describe_subject(audited: AuditedCredential, providers: Mapping[str, str]) -> str:
    """`Railway account token`."""
    provider = providers.get(audited.credential.provider, audited.credential.provider)
    kind = audited.authority.kind or audited.credential.kind
    return f"{provider} {kind.replace('-', ' ')}"


def describe_place(location: Location) -> str:
    """`scripts/domains.sh:12`, in history with the commit and what became of it."""
    place = location.path if location.line is None else f"{location.path}:{location.line}"
    if location.source is not Source.HISTORY:
        return place
    facts = [f"at commit {location.commit[:12]}" if location.commit else "in git history"]
    if location.authored:
        facts[0] += f" of {location.authored[:10]}"
    if location.versions > 1:
        facts.append(f"in {location.versions:,} versions")
    if location.current is False:
        facts.append("no longer in the tree")
    return f"{place} {', '.join(facts)}"


def _write_heading(page: Page, story: Story) -> None:
    severity = story.severity.name.ljust(_SEVERITY)
    label = [(severity, SEVERITY_STYLES[story.severity])]
    rules = separated([name(rule, "bold") for rule in story.rules])
    places = [name(describe_place(location), "bold") for location in story.locations[:1]]
    if page.ends([*label, *rules], places):
        return
    page.row(label, rules, indent=0, label_width=_SEVERITY)
    page.row([], places, indent=0, label_width=_SEVERITY)


def _write_subject(
    page: Page,
    story: Story,
    audited: AuditedCredential,
    providers: Mapping[str, str],
    agents: Mapping[str, str],
) -> None:
    credential, authority = audited.credential, audited.authority
    called = f"{credential.id} {describe_subject(audited, providers)} {credential.shown}"
    about = [name(called.rstrip(), "bold")]
    about.append(name(_STATES[authority.state]))
    if authority.account:
        about.append(name(authority.account))
    if authority.issued:
        about.append(name(f"issued {authority.issued}"))
    if authority.expires:
        never = authority.expires == "never"
        about.append(name("never expires" if never else f"expires {authority.expires}"))
    page.paragraph(separated(about), indent=2)
    job = [name(f"job {audited.job}" if audited.job else "no job declared")]
    job.append(name(audited.owner or "no owner"))
    if audited.job:
        until = audited.job_expires
        job.append(name(f"until {until.isoformat()}" if until is not None else "no end declared"))
    page.paragraph(separated(job), indent=2)
    others = [describe_place(location) for location in story.locations[1:]]
    if others:
        _row(page, "also in", listing(others, _PLACES_SHOWN))
    reached = by_agent(audited.reach)
    named = [each for each in reached if each.best.agent != ANY_AGENT] or reached
    if named:
        _row(page, "reach", listing([described(each, agents) for each in named], _AGENTS_SHOWN))


def _write_facts(page: Page, audited: AuditedCredential) -> None:
    stated = (*audited.credential.context, *audited.authority.facts)
    facts = [f"{label} {value}" for label, value in stated]
    if facts:
        _row(page, "about", listing(facts, _FACTS_SHOWN))


def _write_operations(page: Page, story: Story, audited: AuditedCredential) -> None:
    beyond = "beyond its job" if audited.job else "with no job to compare with"
    _write_groups(page, beyond, story.beyond)
    _write_groups(page, f"named by {' · '.join(story.within_rules)}", story.within)


def _write_groups(page: Page, title: str, operations: Sequence[FindingOperation]) -> None:
    if not operations:
        return
    groups = grouped(operations)
    unknown = sum(group.unknown for group in groups)
    heading = f"{title}: {counted(len(operations), 'operation')}"
    if unknown:
        which = "not" if unknown == len(operations) else f"{unknown:,} of them not"
        heading += f", {which} known to be granted, nor denied"
    page.paragraph(prose(heading), indent=2)
    width = min(max(_GROUP_LABEL, *(len(group.label) for group in groups)), page.width * 7 // 20)
    for group in groups:
        room = page.width - 5 - width
        words = _group_names(group, room, say_unknown=unknown < len(operations))
        page.row(prose(group.label, "dim"), words, indent=4, label_width=width)


def _group_names(group: OperationGroup, room: int, *, say_unknown: bool) -> list[Word]:
    """The worst by name, as many as two lines of so many cells hold, but one at least."""
    lengths = accumulate(len(operation.id) + len(" · ") for operation in group.operations[:_NAMES_SHOWN])
    fitting = sum(length <= 2 * room - len("9,999 more") for length in lengths)
    shown = group.operations[: max(fitting, 1)]
    words = [name(operation.id, "bold") for operation in shown]
    if len(group.operations) > len(shown):
        words.append((f"{len(group.operations) - len(shown):,} more", ""))
    if say_unknown and group.unknown:
        words.append((f"{group.unknown:,} unknown", "dim"))
    told = separated(words)
    return [*told, ("—", "dim"), *prose(group.note, "dim")] if group.note else told


def _write_reached(page: Page, story: Story, audited: AuditedCredential) -> None:
    environments = by_environment(audited.authority.resources, story.operations)
    label = "reaches"
    nowhere = prose("no environment:") if len(environments) > 1 else []
    for environment in environments[:_ENVIRONMENTS_SHOWN]:
        words = prose(f"{environment.name}:", "bold") if environment.name is not None else nowhere
        described = [describe_reached(each) for each in environment.resources]
        _row(page, label, [*words, *listing(described, _RESOURCES_SHOWN)])
        label = ""
    rest = environments[_ENVIRONMENTS_SHOWN:]
    if rest:
        number = sum(len(environment.resources) for environment in rest)
        resources = counted(number, "resource")
        _row(page, label, prose(f"{resources} in {counted(len(rest), 'more environment')}"))


def describe_reached(reached: Reached) -> str:
    """`volume pg-data (size 12 GB) and its 3 backups`."""
    resource = reached.resource
    words = f"{resource.type} {resource.name}"
    if reached.parent is not None and is_copy(resource):
        words += f" of {reached.parent.name}"
    if resource.details:
        words += f" ({', '.join(f'{label} {value}' for label, value in resource.details)})"
    if reached.inside:
        words += " and its " + " and ".join(counted(number, word) for word, number in reached.inside)
    return words


def _write_way(
    page: Page,
    story: Story,
    audited: AuditedCredential,
    providers: Mapping[str, str],
    agents: Mapping[str, str],
) -> None:
    way = the_way(story)
    if way is None:
        return
    if way.steps:
        steps = _steps_told(way.steps, story.holders)
        begins = story.holders.get(way.steps[0].credential or "", audited)
    else:
        deed = way.operation.id
        if way.operation.verdict is Verdict.UNKNOWN:
            deed += " (not known to be granted, nor denied)"
        steps = [describe_place(way.location), describe_subject(audited, providers), deed]
        begins = audited
    if way.target is not None:
        resource = way.target.resource
        target = resource.name
        if way.target.parent is not None and is_copy(resource):
            target = f"{target} of {way.target.parent.name}"
        steps.append(f"{target} in {resource.environment}" if resource.environment else target)
    first = first_step(begins.reach, place_of(begins))
    if first is not None and first[0] != ANY_AGENT:
        steps[:0] = [agents.get(first[0], first[0]), WAYS[first[1]]]
    words = [name(f"{step} →") for step in steps[:-1]]
    words += prose(steps[-1] + (", and every backup with it" if way.with_copies else ""), "bold")
    _row(page, "the way", words)


def _steps_told(steps: Sequence[Step], holders: Mapping[str, AuditedCredential]) -> list[str]:
    """Each credential with its place where it changes, and what is done with it."""
    told = []
    for each in steps:
        deed = f"{each.operation}, which {each.does}"
        if each.credential is None:
            told.append(f"with that, {deed}")
            continue
        holder = holders.get(each.credential)
        if holder is not None and holder.credential.locations:
            told.append(describe_place(place_of(holder)))
        told += [f"{each.kind} {each.credential}", deed]
    return told


def _write_notes(page: Page, story: Story, rules: Mapping[str, FindingRule]) -> None:
    notes = dict.fromkeys(
        (finding.rule, finding.message)
        for finding in story.findings
        if finding.rule not in _TOLD_BY_OPERATIONS or not finding.operations
    )
    for rule, message in list(notes)[:_NOTES_SHOWN]:
        title = rules[rule].title if rule in rules else rule
        _row(page, "note", prose(message or title))
    if len(notes) > _NOTES_SHOWN:
        _row(page, "", prose(f"{len(notes) - _NOTES_SHOWN:,} more"))


def _write_remedies(page: Page, story: Story) -> None:
    remedies = list(dict.fromkeys(finding.remedy for finding in story.findings if finding.remedy))
    for remedy in remedies[:_REMEDIES_SHOWN]:
        _row(page, "to do", prose(remedy))
    if len(remedies) > _REMEDIES_SHOWN:
        _row(page, "", prose(f"{len(remedies) - _REMEDIES_SHOWN:,} more"))


def _write_evidence(page: Page, audited: AuditedCredential, providers: Mapping[str, str]) -> None:
    authority = audited.authority
    provider = providers.get(audited.credential.provider, audited.credential.provider)
    pieces = {piece for grant in authority.grants for piece in grant.evidence}
    spoken = {
        EvidenceKind.ASKED: f"asked {provider} ({counted(authority.requests, 'request')}):",
        EvidenceKind.ENCODED: "the credential itself says:",
        EvidenceKind.DOCUMENTED: f"{provider} documents:",
        EvidenceKind.NONE: "nothing says:",
    }
    label = "known by"
    for kind, words in spoken.items():
        details = _details(pieces, kind)
        if details:
            _row(page, label, [*prose(words), *listing(details, _EVIDENCE_SHOWN)])
            label = ""
    if not pieces:
        _row(page, label, prose("nothing: no answer, no document"))


def _details(pieces: Iterable[Evidence], kind: EvidenceKind) -> list[str]:
    return sorted({piece.detail for piece in pieces if piece.kind is kind})


def _row(page: Page, label: str, words: Sequence[Word]) -> None:
    page.row([(label, "dim")] if label else [], words, indent=2, label_width=_LABEL)
