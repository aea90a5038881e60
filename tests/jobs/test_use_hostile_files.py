"""Files of mappers and operations are hostile too: reading them ends soon, fails never, and shows no value."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from scopeaudit.catalogue.rules import load_rules
from scopeaudit.jobs.use.reader import UseReader
from scopeaudit.model.document import Document
from scopeaudit.model.location import Source
from tests.pace import within

RULES = load_rules()
WORDS = (
    "django sqlalchemy session alembic rails activerecord::migration illuminate schema:: ecto typeorm knex prisma drizzle gorm.io/gorm diesel sea_orm "
    "persistence DbContext exposed jooq postgres:// databaseChangeLog hosts: tasks: ddl-auto api.github.com curl aws Invoke-RestMethod upload_url"
)
PATHS = (
    "a.py", "a.rb", "a.ex", "a.php", "A.java", "a.kt", "a.cs", "a.go", "a.rs", "a.ts", "schema.prisma", "changelog.xml", "application.yml",
    "main.tf", "a.ps1", "site.yml", "x.service", "etc/cron.d/x", "a.sh", "settings.toml",
)  # fmt: skip
PIECES = (
    "class A(", "class A < ", "class A extends B ", "class A : ", "interface A\n", "@Entity ", "@Table(name = \"", "__tablename__ = '", "DbSet<A> ",
    "has_many :a\n", "related_name='a' ", "model A {\n", "defmodule A do\n", "Item.objects.", "item.save()", "session.", "a = Item(", "for a in b.all(", "do |a|",
    "DB::table('a')->", "repo.save(new ", "db.a.Add(", "a.b = ", "a.setB(", "migrations.CreateModel(", "create table(", ".commit()", "@Transactional ",
    'resource "aws_a" "b" {\n', 'data "', "/*", "*/", "<<EOT\n", "# ", 'backend "s3" {\n', 'command = "',
    "$a = @{", "@{ Uri = ", "function A {", "param([string]$a", "Invoke-RestMethod @a\n", "A -B ", '@"\n', '\n"@', "<#", "`\n", "$(", "${a}", "| % {", "-f ", "$a.b = 1\n",
    "- hosts: all\n", "  tasks:\n", "    - uri:\n        url: ", "s3_object: mode=", "{{ ", " }}", "ExecStart=", "ExecStart=a \\\n", "* * * * * ", "@daily ",
    "f() {\n", "f a b\n", '"$@"', "shift 2\n", "}\n", "$1", "g() { f \"$@\"; }\n", "<createTable ", "<!--", "-->", "ddl-auto: update\n", "image: postgres\n", "'adapter': 'postgresql'\n",
    "(", ")", "{", "}", "[", "]", '"', "'", "<", ">", "\n", " ", "\\", "é",
)  # fmt: skip


def reader_of(path: str, text: str) -> UseReader:
    """A reader that has read one file."""
    reader = UseReader(RULES, None)
    reader.take(Document(Source.TREE, path, text.encode("utf-8", "replace")))
    return reader


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.sampled_from(PATHS), st.lists(st.sampled_from(PIECES), max_size=100))
def test_anything_is_read_to_the_end(path: str, pieces: list[str]) -> None:
    reader_of(path, f"# {WORDS}\n{''.join(pieces)}").uses()


@pytest.mark.parametrize("path", ["a.py", "a.rb", "a.kt", "a.ts", "main.tf", "a.ps1", "site.yml", "a.sh"])
def test_repetition_takes_no_more_time_than_its_length(path: str) -> None:
    """Five thousand characters of each; work that grows with the square takes many times longer."""
    reader = reader_of(path, WORDS)
    for piece in PIECES:
        lines = "".join(piece if number % 40 else f"{piece}\n" for number in range(5_000 // len(piece)))
        with within(1):
            reader.take(Document(Source.TREE, path, f"# {WORDS}\n{lines}".encode()))
    with within(30):
        reader.uses()


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("a.py", "# django image: postgres:16\nItem.objects.filter(a='{0}').update(b='{0}')"),
        ("a.ps1", "Invoke-RestMethod -Uri 'https://api.github.com/repos/a/{0}/issues?token={0}' -Headers @{{ a = '{0}' }}"),
        ("site.yml", "- hosts: all\n  tasks:\n    - uri:\n        url: https://api.github.com/repos/a/{0}/issues\n        password: {0}\n"),
        ("main.tf", 'resource "aws_sqs_queue" "{0}" {{\n  name = "{0}"\n}}\n'),
        ("a.sh", 'f() {{\n curl -H "$1" "https://api.github.com/repos/a/$1"\n}}\nf {0}\n'),
    ],
)  # fmt: skip
def test_no_value_is_ever_shown(path: str, text: str) -> None:
    secret = "Zq7" * 9 + "-K9"
    shown = " ".join(f"{use.shown} {use.resources}" for use in reader_of(path, text.format(secret)).uses())
    assert shown
    assert "Zq7" not in shown
