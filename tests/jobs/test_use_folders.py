"""What is used through other files and through the libraries of many languages, and what only looks like it."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from scopeaudit.catalogue.rules import load_rules
from scopeaudit.jobs.use.reader import UseReader
from scopeaudit.model.document import Document
from scopeaudit.model.location import Source
from scopeaudit.model.use import UseKind

RULES = load_rules()
FOLDERS: dict[str, Any] = yaml.safe_load(Path(__file__).with_name("use_folders.yaml").read_text("utf-8"))


def named(files: dict[str, str]) -> list[str]:
    reader = UseReader(RULES, None)
    for path, text in files.items():
        reader.take(Document(Source.TREE, path, text.encode()))
    apart = (UseKind.WORKFLOW, UseKind.SERVER)
    found = {
        f"{use.provider} {each}" for use in reader.uses() if use.by not in apart for each in use.operations
    }
    return sorted(found)


@pytest.mark.parametrize("name", FOLDERS)
def test_a_folder_uses_what_its_code_asks_for_and_nothing_else(name: str) -> None:
    assert named(FOLDERS[name]["files"]) == FOLDERS[name]["uses"]


CLIENT = 'import requests\nclass Forge:\n    base = "https://api.github.com"\n    def get(self, path): return requests.get(self.base + path)\n'
CALL = "from forge import Forge\ndef f(forge: Forge): return forge.get('/repos/a/b')\n"


def test_the_order_in_which_files_are_read_does_not_matter() -> None:
    first = named({"forge.py": CLIENT, "run.py": CALL})
    assert first == ["github repos/get"]
    assert named({"run.py": CALL, "forge.py": CLIENT}) == first


def test_a_path_alone_says_nothing_where_no_name_leads_to_an_address() -> None:
    assert named({"run.py": CALL}) == []
    assert named({"forge.py": CLIENT.replace("api.github.com", "git.acme.dev"), "run.py": CALL}) == []


def test_a_test_counts_unless_it_puts_something_in_the_place_of_the_service() -> None:
    call = 'import requests\nrequests.delete("https://api.github.com/repos/a/b")\n'
    assert named({"tests/test_a.py": call}) == ["github repos/delete"]
    assert named({"tests/test_a.py": f"import responses\n{call}"}) == []
    assert named({"a.py": f"import responses\n{call}"}) == ["github repos/delete"]


def test_a_constant_that_means_two_things_is_filled_with_neither() -> None:
    files = {
        "one.py": 'BASE = "https://api.github.com"\n',
        "two.py": 'BASE = "https://git.acme.dev"\n',
        "run.py": 'import one, two, requests\nrequests.delete(f"{pick().BASE}/repos/a/b")\n',
    }
    assert named(files) == []


def test_rows_that_are_posted_are_inserted_unless_duplicates_are_merged() -> None:
    call = 'fetch("https://x.supabase.co/rest/v1/notes", {{ method: "POST", headers: {{ apikey: SUPABASE_ANON_KEY, Prefer: "{}" }} }})'
    assert named({"a.js": call.format("return=minimal")}) == ["supabase data/insert-rows-by-policy"]
    assert named({"a.js": call.format("resolution=merge-duplicates")}) == [
        "supabase data/insert-rows-by-policy",
        "supabase data/upsert-rows-by-policy",
    ]


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("application.yml", "forge:\n  url: https://api.github.com\n"),
        ("appsettings.json", '{"Forge": {"Url": "https://api.github.com"}}'),
        ("app.properties", "forge.url=https://api.github.com\n"),
        (".env.example", "FORGE_URL=https://api.github.com\n"),
    ],
)
def test_an_address_is_found_in_settings_of_any_form(path: str, text: str) -> None:
    asked = "FORGE_URL" if path.startswith(".env") else "forge.url"
    code = f'const forge = axios.create({{ baseURL: config.get("{asked}") }});\nforge.get("/repos/a/b");\n'
    assert named({path: text, "a.ts": code}) == ["github repos/get"]
