"""A sieve that remembers places finds in every version of a text what one without a past finds."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from scopeaudit.catalogue.templates import expand
from scopeaudit.detect.inspection import Inspector
from scopeaudit.detect.sift import Sieve
from scopeaudit.detect.view import View
from scopeaudit.model.document import ANY_PATH, Document
from scopeaudit.model.location import Source
from scopeaudit.sweep.equipment import detection_engine, detection_plan
from tests.sweep.history_world import token

PATHS = (ANY_PATH, "tests/test_a.py", "deploy/a.py", "docs/a.md", "values.yml")
NAMES = (
    "password",
    "db_password",
    "token",
    "client_secret",
    "api_key",
    "key",
    "AWS_SECRET_ACCESS_KEY",
    "TWILIO_AUTH_TOKEN",
    "RABBITMQ_ERLANG_COOKIE",
    "module.fail_json(password",
    "datadog:\n  api_key",
    "name: password\n  value",
)
SIGNS = ("=", ": ", " = ", " := ", "=>", ":\n    ", ", ")
VALUES = (
    "password",
    "None",
    '"changeme"',
    '"{{ vault_password }}"',
    "os.environ['X']",
    '"Winter2019"',
    "'Xk39fjQmz1'",
    "Xk39fjQmz1",
    expand('"<alnum:40>"', seed=3),
    expand("<hex:32>", seed=4),
    token(5),
    "base64:" + expand("<alnum:32>", seed=6),
    expand("'<alnum:4200>'", seed=7),
    expand('"sk-<alnum:20>', seed=8),
    "",
)
LINES = st.one_of(
    st.builds("{}{}{}\n".format, st.sampled_from(NAMES), st.sampled_from(SIGNS), st.sampled_from(VALUES)),
    st.builds("    {}{}{},".format, st.sampled_from(NAMES), st.sampled_from(SIGNS), st.sampled_from(VALUES)),
    st.sampled_from(
        (
            "\n",
            "# a comment\n",
            "def run():\n",
            "aws:\n",
            "  datadog:\n",
            "x" * 700 + "\n",
            "mysql -u root -pXk39fjQmz1 db\n",
            "url = postgres://admin:swordfish@db.internal/x\n",
            "Authorization: Bearer Xk39fjQmz1aB7\n",
            "scopeaudit: ignore[unused] reason\n",
            "kind: Secret\ndata:\n  password: WGszOWZqUW16MUFi\n",
        )
    ),
)
EDITS = st.lists(
    st.tuples(st.integers(0, 12), st.integers(0, 2), st.lists(LINES, max_size=2)), min_size=1, max_size=6
)


@pytest.fixture(scope="module")
def equipment(rules, tmp_path_factory):
    chosen = detection_plan(rules)
    engine = detection_engine(chosen)
    return chosen, engine, Sieve(chosen, engine)


def document(text, path):
    return Document(Source.HISTORY, path, text.encode())


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(LINES, max_size=8), EDITS, st.sampled_from(PATHS))
def test_every_version_is_judged_as_by_a_sieve_without_a_past(equipment, lines, edits, path):
    chosen, engine, sieve = equipment
    versions = [list(lines)]
    for at, gone, new in edits:
        version = list(versions[-1])
        version[at : at + gone] = new
        versions.append(version)
    for version in versions:
        view = View(document("".join(version), path))
        found = Inspector(chosen, engine).inspect(view, engine.ends(view.data))
        assert sieve.holds(view.document) == found.holds
        assert sieve.speaks(view.document) == (found.holds or bool(found.remarks) or bool(found.suspicious))


def test_a_place_is_looked_at_once(equipment, monkeypatch):
    chosen, engine, _ = equipment
    sieve = Sieve(chosen, engine)
    looked = []
    original = Inspector.inspect

    def inspect(self, view, ends, depth=0):
        looked.append(ends)
        return original(self, view, ends, depth)

    monkeypatch.setattr(Inspector, "inspect", inspect)
    text = "x = 1\n" * 200 + "password = get_password()\n" + "x = 2\n" * 200
    assert not sieve.holds(document(text, "a.py"))
    assert looked
    looked.clear()
    assert not sieve.holds(document("# new\n" + text, "a.py"))
    assert looked == []
    assert not sieve.holds(document(text, "b.py"))
    assert looked
    assert sieve.holds(document(text.replace("get_password()", "'Xk39fjQmz1'"), "a.py"))


def test_a_path_decides_again(equipment):
    _, _, sieve = equipment
    for _ in range(2):
        assert sieve.speaks(document("password = Xk39fjQmz1\n", "notes.txt"))
        assert not sieve.speaks(document("password = Xk39fjQmz1\n", "tests/test_a.py"))


@pytest.mark.parametrize(
    ("path", "text"),
    [("etc/shadow", "root:$6$abcd$abcdefghijklmnopabcdefghijkl\n"), (".pgpass", "h:5432:db:u:swordfish\n")],
)
def test_what_a_path_alone_speaks_for_counts_while_no_path_is_known(equipment, path, text):
    _, _, sieve = equipment
    assert sieve.speaks(document(text, path))
    assert sieve.holds(document(text, ANY_PATH))
