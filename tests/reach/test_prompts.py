"""What is put into the prompt moves with the variables and settings that say where it is."""

import json
from pathlib import Path

import pytest

from scopeaudit.catalogue.agent import Agent, PromptMoved, SettingsFile
from scopeaudit.catalogue.check_surroundings import agent_problems
from scopeaudit.catalogue.places import Format, Places, System
from scopeaudit.catalogue.rules import load_rules
from scopeaudit.catalogue.surroundings import load_surroundings
from scopeaudit.model.context import Way
from scopeaudit.model.document import Document
from scopeaudit.model.location import Location, Source
from scopeaudit.reach.agents.effective import AgentView
from scopeaudit.reach.context import Outlook
from scopeaudit.reach.machine import Machine

KNOWN = load_surroundings(load_rules())


def view(folder: Path, agent_id: str, files: dict[str, object] | None = None, **variables: str) -> AgentView:
    """An agent, with settings in files; `{here}` in a variable is the folder."""
    for name in ("home", "project"):
        (folder / name).mkdir(exist_ok=True)
    for name, content in (files or {}).items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(content if isinstance(content, str) else json.dumps(content))
    agent = KNOWN.agent(agent_id)
    assert agent is not None
    given = {name: value.replace("{here}", str(folder)) for name, value in variables.items()}
    return AgentView(agent, Machine(folder / "home", folder / "project", System.LINUX, given))


def in_prompt(seen: AgentView, path: str) -> bool:
    source = Source.AGENT if path.startswith(("~", "/")) else Source.TREE
    reach = seen.reach(Location(source, path, 1, 1))
    assert reach is not None
    return Way.PROMPT in reach.open


@pytest.mark.parametrize(
    ("agent", "variables", "there", "no_more"),
    [
        ("claude-code", {"CLAUDE_CONFIG_DIR": "{here}/home/c"}, "~/c/CLAUDE.md", "~/.claude/CLAUDE.md"),
        ("claude-code", {"CLAUDE_CONFIG_DIR": "~/c"}, "~/c/rules/a.md", "~/.claude/rules/a.md"),
        ("claude-code", {"CLAUDE_CONFIG_DIR": "c*"}, "c*/CLAUDE.md", "cc/CLAUDE.md"),
        ("codex", {"CODEX_HOME": "{here}/home/c"}, "~/c/AGENTS.md", "~/.codex/AGENTS.md"),
        ("gemini-cli", {"GEMINI_CLI_HOME": "{here}/home/g"}, "~/g/.gemini/GEMINI.md", "~/.gemini/GEMINI.md"),
        (
            "copilot-cli",
            {"COPILOT_HOME": "~/c"},
            "~/c/copilot-instructions.md",
            "~/.copilot/copilot-instructions.md",
        ),
        (
            "copilot-cli",
            {"COPILOT_CUSTOM_INSTRUCTIONS_DIRS": "~/one, ~/two"},
            "~/two/AGENTS.md",
            "~/three/AGENTS.md",
        ),
        ("opencode", {"OPENCODE_CONFIG_DIR": "~/o"}, "~/o/AGENTS.md", "~/p/AGENTS.md"),
    ],
)
def test_prompt_files_follow_variables(
    agent: str, variables: dict[str, str], there: str, no_more: str, tmp_path: Path
) -> None:
    assert not in_prompt(view(tmp_path, agent), there)
    seen = view(tmp_path, agent, **variables)
    assert (in_prompt(seen, there), in_prompt(seen, no_more)) == (True, False)


@pytest.mark.parametrize(
    ("agent", "file", "content", "there", "no_more"),
    [
        (
            "gemini-cli",
            "project/.gemini/settings.json",
            {"context": {"fileName": ["NOTES.md", "MORE.md"]}},
            "MORE.md",
            "GEMINI.md",
        ),
        (
            "gemini-cli",
            "home/.gemini/settings.json",
            {"contextFileName": "N.md"},
            "~/.gemini/N.md",
            "GEMINI.md",
        ),
        ("codex", "home/.codex/config.toml", 'project_doc_fallback_filenames = ["T.md"]', "T.md", "U.md"),
        ("codex", "home/.codex/config.toml", 'model_instructions_file = "~/i.md"', "~/i.md", "i.md"),
        ("opencode", "project/opencode.json", {"instructions": ["docs/*.md"]}, "docs/a.md", "docs/a/b.md"),
        (
            "opencode",
            "project/opencode.json",
            {"instructions": ["/etc/x.md", "https://x.example/y"]},
            "/etc/x.md",
            "y",
        ),
        (
            "copilot-vscode",
            "project/.vscode/settings.json",
            {"chat.instructionsFilesLocations": {"in": True, "out": False}},
            "in/a.instructions.md",
            "out/a.instructions.md",
        ),
        ("aider", "project/.aider.conf.yml", "read: [CONVENTIONS.md, a/b.md]\n", "a/b.md", "c.md"),
        ("aider", "project/.aider.conf.yml", "read: CONVENTIONS.md\n", "CONVENTIONS.md", "c.md"),
    ],
)
def test_prompt_files_follow_settings(
    agent: str, file: str, content: object, there: str, no_more: str, tmp_path: Path
) -> None:
    assert not in_prompt(view(tmp_path, agent), there)
    seen = view(tmp_path, agent, {file: content})
    assert (in_prompt(seen, there), in_prompt(seen, no_more)) == (True, False)


def test_a_setting_that_cannot_be_understood_is_a_gap(tmp_path: Path) -> None:
    assert not view(tmp_path, "opencode", {"project/opencode.json": {"instructions": ["a.md"]}}).gaps
    seen = view(
        tmp_path,
        "copilot-vscode",
        {"home/.config/Code/User/settings.json": {"chat.instructionsFilesLocations": 3}},
    )
    assert seen.prompts.is_understood
    many = {"instructions": [f"{number}.md" for number in range(1_001)]}
    seen = view(tmp_path, "opencode", {"project/opencode.json": many})
    assert ["what they put into the prompt could not be understood" in each.why for each in seen.gaps] == [
        True
    ]


def test_what_a_variable_puts_into_the_prompt_is_read_and_what_a_setting_does_is_not(tmp_path: Path) -> None:
    for name in ("home/o", "project"):
        (tmp_path / name).mkdir(parents=True)
    (tmp_path / "home/o/AGENTS.md").write_text("x\n")
    (tmp_path / "home/private.md").write_text("x\n")
    (tmp_path / "project/opencode.json").write_text(json.dumps({"instructions": ["~/private.md"]}))
    machine = Machine(
        tmp_path / "home",
        tmp_path / "project",
        System.LINUX,
        {"OPENCODE_CONFIG_DIR": str(tmp_path / "home/o")},
    )
    outlook = Outlook(machine, KNOWN, ("opencode",))
    found = {each.path for each in outlook.documents((Source.AGENT,)) if isinstance(each, Document)}
    assert ("~/o/AGENTS.md" in found, "~/private.md" in found) == (True, False)


@pytest.mark.parametrize(
    ("moved", "problem"),
    [
        ({"variable": "X", "paths": ("{value}/a",)}, None),
        ({"setting": "settings.x", "paths": ("{project}/{value}",)}, None),
        ({"paths": ("{value}",)}, "prompt-moved: give either variable or setting"),
        (
            {"variable": "X", "setting": "x", "paths": ("{value}",)},
            "prompt-moved: give either variable or setting",
        ),
        ({"variable": "X", "paths": ("~/a",)}, "prompt-moved: '~/a' is no path with a value"),
        ({"variable": "X", "paths": ("a/{value}",)}, "prompt-moved: 'a/{value}' is no path with a value"),
        (
            {"variable": "X", "paths": ("{value}",), "instead_of": ("~/b",)},
            "prompt-moved: '~/b' is not one of prompt",
        ),
    ],
)
def test_a_move_that_cannot_be_meant_is_a_problem(moved: dict, problem: str | None) -> None:
    agent = Agent(
        id="x",
        name="X",
        documentation="https://x.example",
        signs=Places(any=("~/.x",)),
        settings=(
            SettingsFile(
                id="user", paths=Places(any=("~/x",)), format=Format.JSON, source="https://x.example"
            ),
        ),
        prompt_moved=(PromptMoved(source="https://x.example", **moved),),
        ways=(),
        no_fence="nothing",
    )
    assert list(agent_problems(agent)) == ([] if problem is None else [problem])
