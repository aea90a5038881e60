"""What a folder holds is hostile: reading it ends soon, fails never, and shows no value."""

import time

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from scopeaudit.catalogue.rules import load_rules
from scopeaudit.jobs.use.reader import UseReader
from scopeaudit.model.document import Document
from scopeaudit.model.location import Source
from tests.pace import within

RULES = load_rules()
WORDS = " boto3 stripe octokit api.github.com supabase railway psycopg aws s3 gh api postgres "
NAMES = (
    "a.py", "a.ts", "a.go", "a.rb", "A.java", "a.php", "a.rs", "a.cs", "a.sh", "Makefile", "Dockerfile", "a.swift",
    ".github/workflows/a.yml", "package.json", ".mcp.json", "a.toml", "a.sql", "a.graphql", "Procfile",
)  # fmt: skip
PIECES = st.sampled_from(
    ["(", ")", "[", "]", "{", "}", "'", '"', "`", '"""', "${", "#{", "$(", "<<EOF\n", "<<<X\n", "/*", "//", "#", "\\", "\n", " ", ".", "->",
     "::", "=", ":=", "+", ",", ";", "|", "&", "a", "s3", "client", "put_object", "SELECT * FROM t", "INSERT INTO ", "query {", "mutation(",
     "https://api.github.com/repos/", "/repos/{owner}/{repo}", "fetch", "aws s3 cp ", "gh api ", "run: |\n  ", "permissions:\n", "- ", "\t",
     "$$", "WITH a AS (", "curl -X ", "uses: a/b@", "with:\n", "\0x", "é", "new ", "stripe", "octokit.rest.repos", "boto3.client(\"s3\")"]
)  # fmt: skip


def read(path: str, text: str) -> str:
    """Everything that is shown."""
    reader = UseReader(RULES, None)
    reader.take(Document(Source.TREE, path, text.encode("utf-8", "replace")))
    return " ".join(f"{use.shown} {use.resources}" for use in reader.uses())


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.sampled_from(NAMES), st.lists(PIECES, max_size=120))
def test_anything_is_read_to_the_end(path: str, pieces: list[str]) -> None:
    read(path, WORDS + "".join(pieces))


@settings(max_examples=80, deadline=None)
@given(st.sampled_from(NAMES), st.text(max_size=400))
def test_any_text_is_read_to_the_end(path: str, text: str) -> None:
    read(path, f"# {WORDS}\n{text}")


REPEATED = (
    "(", "[", "{", "a(", "a.b(", "a.b.", "'", '"', "`", "`${", '"#{', "$(", "${", "<<A\n", "<<~SQL\n", "<<<X\n", "/*", "x=", "x = y\n",
    '"a" + ', "'a' . ", "SELECT (", "FROM a,", "WITH a AS (", '"SELECT * FROM t" ', "/* ", "-- ", "$$", "query {", "query(", "{a:",
    "- run: |\n", "run:\n", "- - ", "uses: a/b@c\n", "permissions:\n", "[[", "\\\n", "a=$(", "x=$x\n", "echo $x", '{"a":', "https://api.github.com/",
    "/{}", "foo<", "a::<", "new ", "a, b = ", "a = b\n", "a = a.b(a)\n", "class A {", "class A(A): a = A\n",
    "def a(x):\n", "  def a(x): a(x)\n", "impl A for B {", "fun a() = a()\n", "func (a *A) b() {", "#[cfg(test)] mod t {", "a ?? ", "a: b, ",
    "() => ", "return a(", "for (a of b) ", 'const a = "https://api.github.com/x";\n', "{method: 'POST', path: '/repos/a/b'},",
    "x.get(`/repos/${a}/b`)\n", "<T", "a?.b", "fetch(`", "@", "=", "aws s3 ", "if then ", "'''", '"""', 'r#"', "%q(",
)  # fmt: skip


@pytest.mark.parametrize("path", ["a.py", "a.ts", "a.rb", "a.php", "a.go", "a.sh", "a.sql", "a.yml"])
def test_repetition_takes_no_more_time_than_its_length(path: str) -> None:
    """Eight thousand characters of each; work that grows with the square takes many times longer."""
    reader = UseReader(RULES, None)
    reader.take(Document(Source.TREE, path, WORDS.encode()))
    reader.uses()
    for piece in REPEATED:
        lines = "".join(piece if number % 40 else f"{piece}\n" for number in range(8_000 // len(piece)))
        with within(1):
            reader.take(
                Document(Source.TREE, "client.py", f"{WORDS}\nA = 'https://api.github.com'\n".encode())
            )
            reader.take(Document(Source.TREE, path, f"# {WORDS}\n{lines}".encode()))
            reader.uses()


def crossing(number: int) -> dict[str, str]:
    """Files that all hold and name the same clients, constants and types."""
    files = {}
    for each in range(number):
        names = range(20)
        files[f"p/m{each}.py"] = "import boto3, requests\n" + "".join(
            f"c{n} = boto3.client('s3')\nb{n} = 'https://api.github.com/{each}'\nclass k{n}(k{n + 1}): a = k{n * 7 % 20}(b{n})\n"
            f"c{n}.put_object()\nk{n}.get('/repos/a/b')\n"
            for n in names
        )
    return files


def test_files_that_all_name_each_other_take_no_more_time_than_there_are_of_them() -> None:
    """Four times the files may take four times as long and something; sixteen times would be the square."""
    taken = []
    for number in (25, 100):
        reader = UseReader(RULES, None)
        for path, text in crossing(number).items():
            reader.take(Document(Source.TREE, path, text.encode()))
        begun = time.process_time()
        reader.uses()
        taken.append(time.process_time() - begun)
    assert taken[1] < 8 * taken[0]


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("a.sh", 'curl -u "{0}:" https://api.stripe.com/v1/charges/{0} -d source={0}'),
        ("a.sh", "gh api repos/a/{0}/issues -f body={0}; aws s3 cp {0} s3://{0}@x/y; kubectl get {0}"),
        ("a.sh", "psql postgres://u:{0}@h/d -c \"UPDATE t SET p = '{0}' WHERE q = '{0}'\""),
        ("a.py", 'import psycopg\nc.execute("INSERT INTO t VALUES (\'{0}\') -- {0}")'),
        ("a.py", 'import boto3\nboto3.client("s3", aws_secret_access_key="{0}").get_object(Key="{0}")'),
        ("a.js", 'fetch("https://api.github.com/user/repos?token={0}", {{headers: {{a: "{0}"}}}}) // octokit'),
        ("a.js", 'const s = createClient("{0}", "{0}"); s.from("x").select("{0}").eq("a", "{0}") // supabase'),
        (".mcp.json", '{{"mcpServers": {{"x": {{"command": "npx", "args": ["@stripe/mcp", "--api-key={0}"]}}}}}}'),
        (".github/workflows/a.yml", "jobs:\n a:\n  steps:\n   - uses: pypa/gh-action-pypi-publish@v1\n     with:\n      password: {0}\n"),
    ],
)  # fmt: skip
def test_no_value_is_ever_shown(path: str, text: str) -> None:
    secret = "Zq7" * 9 + "-K9"
    shown = read(path, text.format(secret))
    assert shown
    assert secret not in shown
    assert "Zq7" not in shown
