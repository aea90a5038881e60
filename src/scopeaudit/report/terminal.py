"""The report for people: who can do what, worst first, in a terminal or piped."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType

from scopeaudit.catalogue.finding_rule import FindingRule
from scopeaudit.model.finding import AuditedCredential, Finding, Severity
from scopeaudit.model.location import Location
from scopeaudit.model.report import Report
from scopeaudit.report.around import write_usable
from scopeaudit.report.chapter import describe_place, describe_subject, write_chapter
from scopeaudit.report.layout import Page, Word, listing, name, prose, separated
from scopeaudit.report.order import by_id, by_place, sorted_accepted, sorted_candidates, sorted_suppressed
from scopeaudit.report.reach import blocked, names_of
from scopeaudit.report.story import Story, stories
from scopeaudit.report.styles import SEVERITY_STYLES
from scopeaudit.report.summary import caveats, counted, gap_groups, summary_line

_TOLD_IN_FULL = 25
_TOLD_IN_A_LINE = 75
_CLEAN_SHOWN = 10
_GAP_GROUPS_SHOWN = 8
_GAP_NAMES_SHOWN = 4
_ASIDE_SHOWN = 10
_CANDIDATES_SHOWN = 5
_CANDIDATE_PLACES_SHOWN = 3
_LABEL = 10
_CANDIDATE_LABEL = 12


def render(
    report: Report,
    *,
    rules: Mapping[str, FindingRule] = MappingProxyType({}),
    providers: Mapping[str, str] = MappingProxyType({}),
    width: int = 80,
    colour: bool = False,
    all_candidates: bool = False,
) -> str:
    """The report as lines of at most `width` cells (at least 40), with a final newline.

    `rules` are the finding rules by id, `providers` the names of providers by id; what is missing
    there is shown by its id. The worst are told in full, then some in a line, and the rest is counted.
    Of the candidates a few are listed, or `all_candidates`.
    """
    page = Page(width=width, colour=colour)
    told = stories(report)
    for story in told[:_TOLD_IN_FULL]:
        page.blank()
        write_chapter(page, story, rules, providers, names_of(report.context))
    _write_briefly(page, told[_TOLD_IN_FULL:], providers)
    _write_clean(page, report, providers)
    _write_ignored(page, report)
    _write_accepted(page, report)
    _write_candidates(page, report, shown=len(report.candidates) if all_candidates else _CANDIDATES_SHOWN)
    write_usable(page, report.context)
    _write_gaps(page, report)
    page.blank()
    page.paragraph(prose(summary_line(report), "bold"))
    for sentence in caveats(report):
        page.paragraph(prose(sentence))
    return page.text()


def _write_briefly(page: Page, rest: Sequence[Story], providers: Mapping[str, str]) -> None:
    if not rest:
        return
    page.blank()
    for story in rest[:_TOLD_IN_A_LINE]:
        words = [name(describe_place(location), "bold") for location in story.locations[:1]]
        if story.subject is not None:
            words.append(name(f"{story.subject.credential.id} {describe_subject(story.subject, providers)}"))
        words += [name(rule) for rule in story.rules]
        label = [(story.severity.name, SEVERITY_STYLES[story.severity])]
        page.row(label, separated(words), indent=0, label_width=_LABEL - 1)
    uncounted = rest[_TOLD_IN_A_LINE:]
    if uncounted:
        page.paragraph(prose(_counted_only(uncounted)))


def _counted_only(uncounted: Sequence[Story]) -> str:
    findings = [finding for story in uncounted for finding in story.findings]
    by_severity = [
        f"{number:,} {severity.value}"
        for severity in reversed(Severity)
        if (number := sum(finding.severity is severity for finding in findings))
    ]
    more = counted(len(findings), "more finding")
    return f"and {more} ({' · '.join(by_severity)}); the JSON report has all of them"


def _write_clean(page: Page, report: Report, providers: Mapping[str, str]) -> None:
    blamed = {finding.credential for finding in report.findings}
    blamed |= {each.finding.credential for each in report.suppressed}
    blamed |= {each.finding.credential for each in report.accepted}
    clean = [audited for audited in report.credentials if audited.credential.id not in blamed]
    clean.sort(key=lambda audited: by_id(audited.credential.id))
    agents = names_of(report.context)
    out_of_reach = {each.credential.id: blocked(each.reach, agents) for each in clean}
    right = [each for each in clean if out_of_reach[each.credential.id] is None]
    _write_quiet(page, "without findings", right, out_of_reach, providers)
    behind = [each for each in clean if out_of_reach[each.credential.id] is not None]
    _write_quiet(page, "out of reach, whatever it may do", behind, out_of_reach, providers)


def _write_quiet(
    page: Page,
    heading: str,
    quiet: Sequence[AuditedCredential],
    why: Mapping[str, str | None],
    providers: Mapping[str, str],
) -> None:
    if not quiet:
        return
    page.blank()
    page.paragraph(prose(f"{counted(len(quiet), 'credential')} {heading}", "bold"))
    for audited in quiet[:_CLEAN_SHOWN]:
        words = [name(describe_place(location)) for location in audited.credential.locations[:1]]
        words.append(name(f"{audited.credential.id} {describe_subject(audited, providers)}"))
        words.append(name(f"job {audited.job}" if audited.job else "no job declared"))
        told = separated(words)
        if (because := why[audited.credential.id]) is not None:
            told += [("—", ""), *prose(because)]
        page.paragraph(told, indent=2)
    if len(quiet) > _CLEAN_SHOWN:
        page.paragraph(prose(f"{len(quiet) - _CLEAN_SHOWN:,} more"), indent=2)


def _write_ignored(page: Page, report: Report) -> None:
    rows = []
    for each in sorted_suppressed(report):
        remark = each.remarks[0]
        rows.append((each.finding, remark.location, [("—", ""), *prose(remark.reason)]))
    _write_aside(page, "Ignored", "by comments in the folder", rows)


def _write_accepted(page: Page, report: Report) -> None:
    rows = []
    for each in sorted_accepted(report):
        words = [] if each.expires is None else [("·", "dim"), *prose(f"until {each.expires.isoformat()}")]
        words += [("—", ""), *prose(each.reason)] if each.reason else []
        rows.append((each.finding, next(iter(each.finding.locations), None), words))
    _write_aside(page, "Accepted", "by the baseline", rows)


def _write_aside(
    page: Page, title: str, by_whom: str, rows: Sequence[tuple[Finding, Location | None, list[Word]]]
) -> None:
    """Findings that somebody has dealt with: each with a place, and with words about why."""
    if not rows:
        return
    page.blank()
    page.paragraph(prose(f"{title}: {counted(len(rows), 'finding')}, {by_whom}", "bold"))
    for finding, place, why in rows[:_ASIDE_SHOWN]:
        names = [name(finding.rule), *([] if place is None else [name(describe_place(place))])]
        label = prose(finding.severity.value, "dim")
        page.row(label, [*separated(names), *why], indent=2, label_width=_LABEL - 1)
    if len(rows) > _ASIDE_SHOWN:
        page.paragraph(prose(f"{len(rows) - _ASIDE_SHOWN:,} more"), indent=2)


def _write_candidates(page: Page, report: Report, *, shown: int) -> None:
    candidates = sorted_candidates(report)
    if not candidates:
        return
    values = counted(len(candidates), "more value" if report.credentials else "value")
    looks = "looks like a secret" if len(candidates) == 1 else "look like secrets"
    page.blank()
    page.paragraph(prose(f"{values} {looks} of no known provider", "bold"))
    for candidate in candidates[:shown]:
        places = [describe_place(each) for each in sorted(candidate.locations, key=by_place)]
        label = prose(candidate.type.value.replace("-", " "), "dim")
        words = listing(places, _CANDIDATE_PLACES_SHOWN)
        page.row(label, words, indent=2, label_width=_CANDIDATE_LABEL)
    if len(candidates) > shown:
        page.paragraph(prose(f"{len(candidates) - shown:,} more; --candidates shows all"), indent=2)


def _write_gaps(page: Page, report: Report) -> None:
    groups = gap_groups(report)
    if not groups:
        return
    page.blank()
    page.paragraph(prose(f"Not audited: {counted(len(report.gaps), 'gap')}", "bold"))
    for group in groups[:_GAP_GROUPS_SHOWN]:
        words = [*prose(f"{group.why}:"), *listing(group.whats, _GAP_NAMES_SHOWN)]
        page.row(prose(group.stage.value, "dim"), words, indent=2, label_width=_LABEL - 1)
    rest = groups[_GAP_GROUPS_SHOWN:]
    if rest:
        number = sum(len(group.whats) for group in rest)
        page.paragraph(prose(f"{counted(number, 'gap')} for other reasons"), indent=2)
