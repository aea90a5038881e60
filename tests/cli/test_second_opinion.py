"""detect-secrets, asked about what nothing else speaks for."""

import json
from pathlib import Path

from program import Program


def test_a_second_opinion_lists_more_and_fails_nothing(program: Program, tmp_path: Path) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    (folder / "settings.py").write_text('SECRET = "correct-horse-battery"\n', encoding="utf-8")
    arguments = ("scan", str(folder), "--source", "tree", "--offline", "--format", "json")
    first = program(*arguments)
    second = program(*arguments, "--second-opinion")
    assert (first.returncode, second.returncode) == (0, 0)
    assert json.loads(first.stdout)["candidates"] == []
    (candidate,) = json.loads(second.stdout)["candidates"]
    assert candidate["locations"][0]["line"] == 1
    assert "correct-horse" not in second.stdout
