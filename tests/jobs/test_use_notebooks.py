"""Notebooks are read by their cells, and each use is told on the line of the file."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scopeaudit.catalogue.rules import load_rules
from scopeaudit.jobs.use.reader import UseReader
from scopeaudit.jobs.use.source.notebooks import notebook_texts
from scopeaudit.model.document import Document
from scopeaudit.model.location import Source
from scopeaudit.model.use import Seen
from tests.pace import within

RULES = load_rules()
CLIENT = ["import boto3\n", 's3 = boto3.client("s3")\n']


def code(*source: str, outputs: tuple[object, ...] = (), cell_type: str = "code") -> dict[str, Any]:
    return {"cell_type": cell_type, "metadata": {}, "outputs": list(outputs), "source": list(source)}


def notebook(*cells: dict[str, Any], language: str = "python", indent: int | None = 1) -> str:
    said = {"codemirror_mode": {"name": "ipython", "version": 3}, "name": language}
    return json.dumps(
        {"cells": list(cells), "metadata": {"language_info": said}, "nbformat": 4}, indent=indent
    )


def seen(text: str, path: str = "a.ipynb", **more: Any) -> Seen:
    reader = UseReader(RULES, None)
    reader.take(Document(Source.TREE, path, text.encode(), **more))
    return reader.seen()


def told(text: str) -> list[tuple[str, str]]:
    """What is used, and the line on which the file says so."""
    lines = text.split("\n")
    return [(use.shown, lines[(use.location.line or 0) - 1].strip()) for use in seen(text).uses]


def test_a_call_stands_on_its_line() -> None:
    text = notebook(code(*CLIENT), code("x = 1\n", 's3.put_object(Bucket="b", Key="k")'))
    assert told(text) == [("s3 put_object", json.dumps('s3.put_object(Bucket="b", Key="k")'))]


def test_a_source_may_be_one_string_and_the_notebook_one_line() -> None:
    text = notebook(code(*CLIENT) | {"source": "".join(CLIENT) + "s3.get_object()\n"}, indent=None)
    assert [(use.shown, use.location.line) for use in seen(text).uses] == [("s3 get_object", 1)]


@pytest.mark.parametrize(
    ("source", "shown"),
    [
        (["!gh pr list\n"], ["gh pr list"]),
        (["found = !gh pr list\n"], ["gh pr list"]),
        (["%sx gh pr list\n"], ["gh pr list"]),
        (["%%bash\n", "cd x\n", "gh pr list\n"], ["gh pr list"]),
        (["%%script bash\n", "gh pr list\n"], ["gh pr list"]),
        (["%%time\n", *CLIENT, "s3.get_object()\n"], ["s3 get_object"]),
        (["%load_ext x\n", *CLIENT, "?s3.list_buckets\n", "s3.get_object()\n"], ["s3 get_object"]),
        (["%%html\n", *CLIENT, "s3.get_object()\n"], []),
        (["%%sql postgresql://h/d\n", "DELETE FROM orders\n"], ["DELETE orders"]),
        (["if a != b:\n", "  '!gh pr list'\n"], []),
    ],
)
def test_magics_say_what_a_line_or_a_cell_is(source: list[str], shown: list[str]) -> None:
    names = notebook(code("import psycopg # postgresql://\n"), code(*source))
    assert [use.shown for use in seen(names).uses] == shown


@pytest.mark.parametrize(
    "cell",
    [
        code("s3.get_object()\n", cell_type="markdown"),
        code(outputs=({"output_type": "stream", "text": ["gh pr list\n"], "source": ["!gh pr list\n"]},)),
        code()
        | {"metadata": {"cell_type": "code", "source": ["!gh pr list\n"], "cells": [code("!gh pr list")]}},
    ],
)
def test_text_and_what_was_printed_is_no_use(cell: dict[str, Any]) -> None:
    assert seen(notebook(code(*CLIENT), cell)).uses == ()


def test_another_language_is_read_as_that() -> None:
    call = 'await octokit.rest.issues.create({owner: "a", repo: "b", title: "c"})\n'
    calls = ('import {Octokit} from "octokit"\n', "const octokit = new Octokit()\n", call)
    assert [use.shown for use in seen(notebook(code(*calls), language="typescript")).uses] == [
        "issues/create"
    ]
    assert seen(notebook(code(*CLIENT, "s3.get_object()\n"), language="R")).uses == ()


def test_what_cells_printed_makes_no_notebook_too_large() -> None:
    printed = {"output_type": "display_data", "data": {"image/png": "iVBORw0KGgo" * 100_000}}
    found = seen(notebook(code(*CLIENT, "s3.get_object()\n", outputs=(printed,))))
    assert ([use.shown for use in found.uses], found.gaps) == (["s3 get_object"], ())


def test_what_is_not_read_to_the_end_is_a_gap() -> None:
    large = notebook(code(*CLIENT, *["x = 1 # padding\n"] * 40_000, "s3.get_object()\n"))
    assert [gap.what for gap in seen(large).gaps] == ["a.ipynb"]
    short = notebook(code(*CLIENT, "s3.get_object()\n"))
    assert [gap.what for gap in seen(short, own=(0, 100)).gaps] == ["a.ipynb"]


def test_a_dependencys_notebook_is_none_of_the_folder() -> None:
    assert seen(notebook(code(*CLIENT, "s3.get_object()\n")), "node_modules/a.ipynb").uses == ()


PIECES = st.sampled_from(
    ['"', "\\", "{", "}", "[", "]", ":", ",", "\n", '"cells"', '"cell_type"', '"code"', '"source"', "a", "é", "\\u12",
     '{"cells": [{"cell_type": "code", "source": [', '"language_info": {', '"name": "python"', "!gh pr list", "%%"]
)  # fmt: skip


@settings(max_examples=300, deadline=None)
@given(st.lists(PIECES, max_size=60))
def test_anything_is_taken_apart(pieces: list[str]) -> None:
    text = "".join(pieces)
    for found in notebook_texts(Document(Source.TREE, "a.ipynb", text.encode())):
        lines = [found.line(offset) for offset in range(len(found.text))]
        assert all(1 <= line <= text.count("\n") + 1 for line in lines)
        assert lines == sorted(lines)


@pytest.mark.parametrize(
    "piece",
    ['"', '\\"', '"\\', "{", "[", '{"cells":[', '"language_info":{', '"name":"', "\n", '"a":', "!", "="],
)
def test_taking_apart_takes_no_more_time_than_the_length(piece: str) -> None:
    beginning = '{"cells":[{"cell_type":"code","source":["'
    for text in (piece * (2_000_000 // len(piece)), beginning + piece * (2_000_000 // len(piece))):
        with within(4):
            list(notebook_texts(Document(Source.TREE, "a.ipynb", text.encode())))
