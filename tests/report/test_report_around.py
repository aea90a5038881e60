from dataclasses import replace

from report_samples import _EVIL, CONTEXT, EMPTY, HOSTILE, INCIDENT

from scopeaudit.model.context import Context
from scopeaudit.report.around import render_context
from scopeaudit.report.reach import by_agent


def test_the_whole_context_is_as_expected(assert_expected):
    assert_expected("context.txt", render_context(CONTEXT, width=80))


def test_nothing_around_is_said_plainly():
    assert render_context(Context()).split() == (
        [
            "0",
            "agents;",
            "0",
            "tool",
            "servers;",
            "0",
            "stores,",
            "0",
            "with",
            "credentials;",
            "0",
            "things",
            "usable",
            "without",
            "being",
            "read",
        ]
    )


def test_no_line_of_a_context_is_wider_than_the_screen():
    for width in (40, 60, 100):
        assert all(len(line) <= width for line in render_context(CONTEXT, width=width).splitlines())


def test_an_agent_is_told_by_its_easiest_way():
    entries = {each.best.agent: each for each in by_agent(INCIDENT.credentials[0].reach)}
    assert entries["cursor"].best.by == "shell"
    assert entries["cursor"].best.open
    assert entries["codex"].best.is_blocked
    assert [each.best.agent for each in by_agent(INCIDENT.credentials[0].reach)] == ["any", "cursor", "codex"]


def test_reports_without_a_context_have_none():
    assert EMPTY.context is None
    assert HOSTILE.context is None


def test_names_of_a_hostile_folder_obey_no_terminal():
    servers = tuple(replace(each, name=_EVIL, path=_EVIL) for each in CONTEXT.servers)
    mechanisms = tuple(replace(each, path=_EVIL, mechanism=_EVIL) for each in CONTEXT.mechanisms)
    text = render_context(replace(CONTEXT, servers=servers, mechanisms=mechanisms), colour=False)
    assert not any(each in text for each in "\x1b\r\u202e\u200b\x9b")
