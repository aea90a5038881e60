"""Ignore comments as they stand in documents."""

import re

import hyperscan
import pytest
from hypothesis import given
from hypothesis import strategies as st

from scopeaudit.catalogue.templates import expand
from scopeaudit.detect.remarks import EXPRESSION, WITHHELD, remarks
from scopeaudit.detect.view import View
from scopeaudit.model.document import Document
from scopeaudit.model.location import Location, Source
from scopeaudit.model.remark import Remark
from tests.pace import within

IGNORE = "scopeaudit" + ": ignore"
"""Written in two parts, so that this file holds no ignore comment."""


def read(text: str | bytes, *taken: tuple[int, int], source: Source = Source.TREE) -> list[Remark]:
    data = text.encode() if isinstance(text, str) else text
    view = View(Document(source, "a", data))
    ends = [each.end() for each in re.finditer(EXPRESSION.encode(), data)]
    return list(remarks(view, ends, taken))


def heard(text: str, source: Source = Source.TREE) -> list[tuple[int | None, tuple[str, ...], str]]:
    return [(each.speaks_for, each.rules, each.reason) for each in read(text, source=source)]


@pytest.mark.parametrize(
    "line",
    [
        "key = 1  # ~",
        "key = 1  ## ~",
        "key = 1; // ~",
        "key = 1;// ~",
        "/// ~",
        "-- ~",
        "a = 1 -- ~",
        "; ~",
        "key=1 ; ~",
        "% ~",
        "! ~",
        "' ~",
        "Rem ~",
        "@rem ~",
        ":: ~",
        ".. ~",
        "dnl ~",
        "<!-- ~ -->",
        "<!--~-->",
        "<%-- ~ --%>",
        "{{!-- ~ --}}",
        "{{! ~ }}",
        "{# ~ #}",
        "{- ~ -}",
        "(* ~ *)",
        "/* ~ */",
        "/** ~ */",
        "<b>{/* ~ */}</b>",
        "int a; /* ~ */ int b;",
        " * ~",
        "\t\t# ~",
    ],
)
def test_every_comment_style_is_understood(line):
    (found,) = read(line.replace("~", f"{IGNORE}[stale-job] it is a test") + "\r\nnext\n")
    assert (found.rules, found.reason) == (("stale-job",), "it is a test")


@pytest.mark.parametrize(
    "line",
    [
        f"{IGNORE}[stale-job] no mark before it",
        f"see `# {IGNORE}[stale-job] reason` in the manual",
        f"# say {IGNORE}[stale-job] reason",
        f"see `<!-- {IGNORE}[stale-job] reason -->` and `/* {IGNORE}[stale-job] reason */`",
        f"see `(* {IGNORE}[stale-job] reason *)` and `-- {IGNORE}[stale-job] reason`",
        f"# {IGNORE}d[stale-job] reason",
        f"# {IGNORE}-file[stale-job] reason",
        f'{{"comment": "{IGNORE}[stale-job] reason"}}',
    ],
)
def test_text_about_comments_is_no_comment(line):
    assert read(line) == []


def test_several_finding_rules_are_separated_by_commas():
    assert heard(f"# {IGNORE}[stale-job, escalation ,,stale-job] why") == [
        (None, ("stale-job", "escalation"), "why")
    ]


@pytest.mark.parametrize("written", ["", " because", "[", "[stale-job", "[]", "[ , ]"])
def test_without_brackets_there_are_no_rules(written):
    ((_, rules, _),) = heard(f"x = 1 # {IGNORE}{written}")
    assert rules == ()


@pytest.mark.parametrize("written", ["", " ", " --", ":", " */", "\r"])
def test_marks_are_no_reason(written):
    ((_, _, reason),) = heard(f"x = 1 /* {IGNORE}[stale-job]{written}")
    assert reason == ""


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("a = 1 # {}\nb\n", 1),
        ("# {}\nb\n", 2),
        ("# {}\n# more\n  # still more\nb\n", 4),
        ("# {}\n\nb\n", 2),
        ("# {}\n", None),
        ("# {}", None),
        ("/* {} */\nb\n", 2),
        ("/* {} */ b\nc\n", 1),
        ("/* {}\n   more\n */\nb\n", 4),
        ("/* {}\n   more */ b\nc\n", 2),
        ("/*\n * {}\n * more\n */\nb\n", 5),
        ("/*\n * {} */\n*pointer = b\n", 3),
        ("<!-- {} -->\n<!-- more -->\n<b/>\n", 3),
        ("<!-- {} -->\n<!-- more\n and more -->\n<b/>\n", 4),
        ("'{}\n'key': 1\n'other': 2\n", None),
        ("- # {}\nb\n", 1),
    ],
)
def test_a_comment_alone_speaks_for_the_next_line_that_is_none(text, line):
    ((speaks_for, _, _),) = heard(text.replace("{}", f"{IGNORE}[stale-job] why"))
    assert speaks_for == line


def test_a_comment_before_many_comments_speaks_for_none():
    assert heard(f"# {IGNORE}[stale-job] why\n" + "#\n" * 100 + "b")[0][0] is None


def test_in_a_piped_diff_the_sign_of_the_line_is_a_blank():
    text = f"+# {IGNORE}[stale-job] why\n+password = 1\n"
    assert heard(text, Source.INPUT) == [(2, ("stale-job",), "why")]
    assert heard(text) == [(1, ("stale-job",), "why")]


def test_the_place_is_that_of_the_mark():
    (found,) = read(f"x\nümlaut = 1  # {IGNORE}[stale-job] why\n")
    assert found.location == Location(Source.TREE, "a", 2, 13)


def test_two_comments_on_a_line_are_two():
    assert heard(f"a # {IGNORE}[stale-job] one # {IGNORE}[escalation] two\n") == [
        (1, ("stale-job",), "one"),
        (1, ("escalation",), "two"),
    ]


def test_a_reason_over_a_recognised_value_is_not_shown():
    text = f"# {IGNORE}[stale-job] the password is hunter2\nx"
    start = text.index("hunter2")
    (found,) = read(text, (start, start + 7))
    assert found.reason == WITHHELD


def test_a_value_before_the_comment_changes_no_reason():
    (found,) = read(f"p = 'hunter2' # {IGNORE}[stale-job] why\nx", (5, 12))
    assert found.reason == "why"


@pytest.mark.parametrize("template", ["ghp_<alnum:30><crc32>", "<hex:40>", "<alnum:20>", "<base64:44>"])
def test_a_token_in_a_reason_is_not_shown_even_where_it_is_not_recognised(template):
    token = expand(template)
    (found,) = read(f"# {IGNORE}[stale-job] it is {token} only\nx")
    assert token not in found.reason
    assert token[-12:] not in found.reason


def test_a_reason_ends_where_the_string_around_it_does():
    (found,) = read(f"""run("x # {IGNORE}[stale-job] why", password="hunter2")""")
    assert found.reason == "why"


def test_a_long_reason_is_cut():
    (found,) = read(f"# {IGNORE}[stale-job] " + "word " * 200)
    assert len(found.reason) == 200


def test_a_ticket_in_a_reason_is_shown():
    text = "see https://tickets.example.com/browse/SECURITY-1234, until 2027-01-31"
    assert heard(f"# {IGNORE}[stale-job] {text}\nx") == [(2, ("stale-job",), text)]


def test_a_variable_of_the_environment_holds_no_comment():
    data = f"x # {IGNORE}[stale-job] why".encode()
    view = View(Document(Source.ENVIRONMENT, "env:A", data, name="A"))
    assert list(remarks(view, [view.data.index(b"[")])) == []


def test_a_section_hears_only_what_is_its_own():
    text = f"a # {IGNORE}[stale-job] why\nb\n".encode()
    end = text.index(b"[")
    for own, count in (((0, len(text)), 1), ((end, len(text)), 0)):
        assert len(list(remarks(View(Document(Source.TREE, "a", text, own=own)), [end]))) == count


def test_the_pass_finds_what_is_read():
    database = hyperscan.Database(mode=hyperscan.HS_MODE_BLOCK)
    database.compile(expressions=[EXPRESSION.encode()], ids=[0], elements=1, flags=0)
    data = b"# ScopeAudit" + b":   Ignore[stale-job] why\nx"
    ends = []
    database.scan(data, match_event_handler=lambda _id, _start, end, *_rest: ends.append(end))
    (found,) = remarks(View(Document(Source.TREE, "a", data)), ends)
    assert found.rules == ("stale-job",)


def test_a_document_full_of_comments_takes_no_time():
    text = f"{'x' * 900} # {IGNORE}[{'a,' * 250}] why\n" * 20_000
    with within(5):
        assert len(read(text)) == 2_000


@given(st.text(alphabet="#/*-<>!{}()`'\"[],: \n\rab\x00ü", max_size=60), st.text(max_size=40))
def test_any_surroundings_are_read_without_trouble(before, after):
    for found in read(f"{before}{IGNORE}{after}"):
        assert found.speaks_for is None or found.speaks_for >= (found.location.line or 0)
        assert "\n" not in found.reason
