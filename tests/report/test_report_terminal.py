import re
import unicodedata
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from report_samples import (
    CLEAN,
    EMPTY,
    GAPS,
    HOSTILE,
    INCIDENT,
    PROVIDERS,
    PYPI,
    RAILWAY,
    RULES,
    SAMPLES,
    operation,
)
from rich.cells import cell_len

from scopeaudit.model.authority import Authority, Evidence, EvidenceKind, Grant, Resource, State, Verdict
from scopeaudit.model.credential import Credential
from scopeaudit.model.finding import AuditedCredential, Finding, Severity
from scopeaudit.model.gap import Gap, Stage
from scopeaudit.model.location import Location, Source
from scopeaudit.model.operation import Effect, Reversible, Window
from scopeaudit.model.report import Report, ScanFacts
from scopeaudit.report.layout import Page, listing, prose
from scopeaudit.report.terminal import render
from tests.pace import within

_COLOUR = re.compile(r"\x1b\[[0-9;]*m")
_INVISIBLE = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}


def text_of(report: Report, *, width: int = 80, colour: bool = False) -> str:
    return render(report, rules=RULES, providers=PROVIDERS, width=width, colour=colour)


def unsafe(text: str) -> set[str]:
    return {
        character
        for character in text
        if character != "\n" and (unicodedata.category(character) in _INVISIBLE)
    }


@pytest.mark.parametrize("width", [80, 120])
@pytest.mark.parametrize("name", SAMPLES)
def test_the_whole_text_is_as_expected(name, width, assert_expected):
    assert_expected(f"{name}-{width}.txt", text_of(SAMPLES[name], width=width))


def test_colour_adds_styles_and_changes_no_word(assert_expected):
    text = text_of(INCIDENT, colour=True)
    assert _COLOUR.sub("", text) == text_of(INCIDENT)
    assert_expected("incident-colour.txt", text)


@pytest.mark.parametrize("width", [1, 40, 80, 120, 300])
@pytest.mark.parametrize("name", SAMPLES)
def test_no_line_is_wider_than_asked_or_ends_in_a_space(name, width):
    lines = text_of(SAMPLES[name], width=width).split("\n")
    assert max(map(cell_len, lines)) <= max(width, 40)
    assert [line for line in lines if line != line.rstrip()] == []


def test_the_environment_changes_nothing(monkeypatch):
    plain, coloured = text_of(INCIDENT), text_of(INCIDENT, colour=True)
    for name, value in {
        "COLUMNS": "33",
        "LINES": "3",
        "NO_COLOR": "1",
        "FORCE_COLOR": "1",
        "TERM": "dumb",
        "COLORTERM": "truecolor",
        "TTY_COMPATIBLE": "1",
        "JUPYTER_COLUMNS": "20",
    }.items():
        monkeypatch.setenv(name, value)
    assert (text_of(INCIDENT), text_of(INCIDENT, colour=True)) == (plain, coloured)


def test_the_order_of_the_input_changes_nothing():
    turned = replace(
        INCIDENT,
        credentials=INCIDENT.credentials[::-1],
        findings=INCIDENT.findings[::-1],
        gaps=INCIDENT.gaps[::-1],
        candidates=INCIDENT.candidates[::-1],
    )
    assert text_of(turned) == text_of(INCIDENT)


def test_what_is_shown_twice_over_is_counted():
    resources = tuple(
        Resource(f"volume/{number}", f"data-{number}", f"preview-{number % 8}") for number in range(40)
    )
    crowded = replace(
        RAILWAY,
        credential=replace(
            RAILWAY.credential,
            locations=tuple(Location(Source.TREE, f"copy{number}.env", 1) for number in range(9)),
        ),
        authority=replace(RAILWAY.authority, resources=resources),
    )
    finding = replace(INCIDENT.findings[4], locations=(), operations=(), resources=())
    text = text_of(replace(INCIDENT, credentials=(crowded,), findings=(finding,), gaps=()))
    assert "copy4.env:1 · 4 more\n" in text
    assert "15 resources in 3 more environments\n" in text
    assert "volume data-8 · volume data-16 ·" not in text.split("preview-1")[1]


def test_many_windows_remedies_and_messages_are_bounded():
    operations = tuple(
        operation(
            f"delete{number:03d}",
            Effect.DELETE,
            Severity.HIGH,
            Reversible.WINDOW,
            window=Window(number, "support"),
        )
        for number in range(1, 90)
    )
    findings = tuple(
        Finding(f"rule-{letter}", Severity.HIGH, letter, "c1", f"message {letter}", f"remedy {letter}", ())
        for letter in "abcdefghij"
    )
    excess = replace(INCIDENT.findings[4], operations=operations)
    text = text_of(replace(INCIDENT, credentials=(RAILWAY,), findings=(excess, *findings), gaps=()))
    assert text.count(" h window, by support") == 4
    assert re.search(r"other windows +delete005 · delete006 · .* 79 more", text.replace("\n", " "))
    assert text.count("  note      message") == 6
    assert text.count("  to do     ") == 3


def test_nothing_known_is_said_so():
    bare = AuditedCredential(
        Credential("c1", "acme", "key", "", ()),
        Authority(state=State.EXPIRED, kind="key", expires="2026-01-01"),
    )
    finding = Finding("made-up", Severity.MEDIUM, "ff", "c1", "", "", ())
    report = Report(ScanFacts(files=1, asked=True), (bare,), (finding,))
    assert render(report, width=80, colour=False) == (
        "MEDIUM    made-up\n"
        "  c1 acme key · expired · expires 2026-01-01\n"
        "  no job declared · no owner\n"
        "  note      made-up\n"
        "  known by  nothing: no answer, no document\n"
        "\n"
        "1 medium; 1 credential; 0 requests\n"
        "No request was sent: the answers are remembered ones.\n"
    )


def test_a_dead_credential_without_operations_is_told_by_its_message():
    finding = Finding(
        "undeclared-credential",
        Severity.LOW,
        "ff",
        "c3",
        "The token no longer works, yet it lies here.",
        "",
        (),
    )
    text = text_of(replace(CLEAN, findings=(finding,)))
    assert "  note      The token no longer works, yet it lies here.\n" in text


def test_a_report_without_credentials_says_what_was_read():
    assert text_of(EMPTY) == ("no findings; 0 credentials; 0 requests\nNo credential was found in 1 file.\n")


def test_many_clean_credentials_and_gaps_are_counted():
    clean = tuple(
        replace(PYPI, credential=replace(PYPI.credential, id=f"c{number}")) for number in range(1, 31)
    )
    gaps = tuple(Gap(Stage.ASK, f"c{number}", f"status {number}") for number in range(100, 120))
    text = text_of(replace(CLEAN, credentials=clean, gaps=(*gaps, *GAPS)))
    assert "30 credentials without findings\n" in text
    assert "\n  20 more\n" in text
    assert "Not audited: 28 gaps\n" in text
    assert "\n  15 gaps for other reasons\n" in text


def test_ten_thousand_findings_stay_readable_and_quick():
    credentials = tuple(
        replace(
            RAILWAY,
            credential=replace(
                RAILWAY.credential,
                id=f"c{number}",
                locations=(Location(Source.TREE, f"service{number}/.env", 3, 1),),
            ),
            destroys_recovery=False,
        )
        for number in range(1, 5001)
    )
    findings = tuple(
        replace(finding, credential=f"c{number}", fingerprint=f"{number:08x}", locations=())
        for number in range(1, 5001)
        for finding in INCIDENT.findings[3:]
    )
    with within(20):
        text = text_of(replace(INCIDENT, credentials=credentials, findings=findings, gaps=()))
    assert text.count("\n") < 1500
    assert "and 9,800 more findings (9,800 critical); the JSON report has all of them" in " ".join(
        text.split()
    )
    assert "10,000 critical; 5,000 credentials; 3 requests" in text


def test_an_excess_of_22000_operations_stays_readable_and_quick():
    operations = tuple(
        operation(
            f"service{number % 300}:Action{number}",
            list(Effect)[number % 7],
            list(Severity)[number % 4],
            list(Reversible)[number % 4],
            window=Window(number % 500, f"team {number % 50}"),
            resources=("volume/v1", "volume/v2"),
        )
        for number in range(22_000)
    )
    excess = replace(INCIDENT.findings[4], operations=operations)
    with within(10):
        text = text_of(Report(replace(INCIDENT.scan, noise=()), (RAILWAY,), (excess,), INCIDENT.gaps))
    assert text.count("\n") < 85
    assert "beyond its job: 22,000 operations\n" in text


anything = st.text(alphabet=st.characters(), max_size=30)


@settings(max_examples=150, deadline=None)
@given(data=st.data(), width=st.integers(0, 140), colour=st.booleans())
def test_no_name_puts_a_control_character_on_the_terminal(data, width, colour):
    def word() -> str:
        return data.draw(anything)

    location = Location(data.draw(st.sampled_from(list(Source))), word(), 1, 1, word(), word())
    deletion = replace(
        operation(word(), Effect.DELETE, Severity.HIGH, Reversible.WINDOW, window=Window(3, word())),
        gate_removed_by=data.draw(st.none() | anything),
        resources=("volume/v1",),
    )
    audited = AuditedCredential(
        Credential("c1", word(), word(), word(), (location,), (word(),), ((word(), word()),)),
        Authority(
            State.ACTIVE,
            word(),
            (Grant(frozenset({word()}), Verdict.GRANTED, (Evidence(EvidenceKind.ASKED, word()),)),),
            (
                Resource("volume/v1", word(), word(), word(), ((word(), word()),)),
                Resource("volume-backup/b1", word(), word(), "volume/v1"),
            ),
            word(),
            word(),
            facts=((word(), word()),),
        ),
        word(),
        word(),
    )
    finding = Finding(word(), Severity.HIGH, word(), "c1", word(), word(), (location,), (deletion,))
    lonely = replace(finding, credential=None)
    report = Report(ScanFacts(asked=True), (audited,), (finding, lonely), (Gap(Stage.ASK, word(), word()),))
    text = text_of(report, width=width, colour=colour)
    if colour:
        text = _COLOUR.sub("", text)
    assert unsafe(text) == set()
    assert max(map(cell_len, text.split("\n"))) <= max(width, 40)


def test_hostile_names_are_shown_as_escapes():
    text = text_of(HOSTILE, width=300)
    assert unsafe(text) == set()
    assert r"a\x1b[31m\r\nb\u202ec\u200b[bold]d[/bold]\udcff\x9b" in text


def test_candidates_are_listed_one_a_line_and_all_where_asked():
    few = text_of(INCIDENT)
    every = render(INCIDENT, rules=RULES, providers=PROVIDERS, all_candidates=True)
    assert "12 more values look like secrets of no known provider\n" in few
    assert "  password     config/app.yaml:7 · docker-compose.yml:30\n" in few
    assert "  7 more; --candidates shows all\n" in few
    assert "tests/keys/12.pem:1" not in few
    assert "tests/keys/12.pem:1" in every
    assert "--candidates" not in every


def test_one_candidate_is_told_in_the_singular():
    text = text_of(Report(ScanFacts(files=1), candidates=INCIDENT.candidates[:1]))
    assert "1 value looks like a secret of no known provider\n" in text


def test_ignored_findings_are_listed_with_place_and_reason():
    text = " ".join(text_of(INCIDENT).split())
    assert "Ignored: 1 finding, by comments in the folder" in text
    assert (
        "high unverified-authority · scripts/domains.sh:11 — minting is switched off for this account, see OPS-1123"
    ) in text


def test_many_ignored_findings_are_bounded():
    text = text_of(replace(INCIDENT, suppressed=INCIDENT.suppressed * 14))
    assert text.count("scripts/domains.sh:11") == 10
    assert "  4 more\n" in text


def test_a_credential_whose_findings_are_all_ignored_is_not_called_clean():
    text = text_of(replace(INCIDENT, findings=(), credentials=(RAILWAY,)))
    assert "without findings" not in text


def test_a_name_longer_than_a_line_breaks_where_a_part_of_it_ends_and_keeps_its_mark():
    words = listing(
        ["apps/add-repo-to-installation-for-authenticated-user", "iam:CreateServiceLinkedRole"], 2
    )
    page = Page(width=40, colour=False)
    page.row([], words, indent=4, label_width=9)
    assert page.text() == (
        "              apps/add-repo-to-\n"
        "              installation-for-\n"
        "              authenticated-user ·\n"
        "              iam:CreateServiceLinked\n"
        "              Role\n"
    )


@given(
    st.lists(st.text(st.sampled_from("aB/·→ 漢-"), max_size=70), max_size=12),
    st.integers(40, 90),
    st.integers(0, 20),
)
def test_colour_changes_no_line_break(texts, width, indent):
    pages = []
    for colour in (False, True):
        page = Page(width=width, colour=colour)
        page.paragraph(listing(texts, len(texts), "bold"), indent=indent)
        page.row([("label", "dim")], listing(texts, len(texts), "bold"), indent=2, label_width=9)
        pages.append(_COLOUR.sub("", page.text()))
    assert pages[0] == pages[1]
    assert max((cell_len(line) for line in pages[0].split("\n")), default=0) <= width


@pytest.mark.parametrize("width", range(44, 60))
def test_a_command_in_backticks_stays_in_one_piece(width):
    page = Page(width=width, colour=False)
    text = "A sentence stands before it. `scopeaudit narrow c1` prints it; one ` alone breaks nothing."
    page.paragraph(prose(text))
    assert "`scopeaudit narrow c1`" in page.text()
    assert page.text().split() == text.split()


def test_what_could_not_be_verified_is_counted_in_a_note_beside_what_is_granted():
    unverified = replace(
        INCIDENT.findings[1],
        credential="c1",
        message="It may be able to do 2 operations more, which could not be verified.",
    )
    text = text_of(replace(INCIDENT, credentials=(RAILWAY,), findings=(*INCIDENT.findings[3:], unverified)))
    assert "named by unverified-authority" not in text
    assert "DROP TABLE" not in text
    assert "  note      It may be able to do 2 operations more, which could not be verified.\n" in text
