"""Who may see a secret, by name; and that none is seen anywhere else."""

import ast
from pathlib import Path

SOURCE = Path(__file__).resolve().parents[1] / "src" / "scopeaudit"

ALLOWED = {
    "ask/aws/signing.py": "the signature is made of it",
    "ask/decoders.py": "a token's own claims are read from it",
    "ask/interview.py": "companions that may be shown, for expressions of the provider file",
    "ask/memory.py": "the keyed name an answer is remembered under",
    "ask/trail.py": "the keyed fingerprint of the audit trail",
    "ask/transports/answers.py": "an answer that repeats it is redacted",
    "ask/transports/authorization.py": "the header that carries it to its own provider",
    "ask/transports/connections.py": "the header is written to the wire",
    "ask/transports/http.py": "the host of a connection string",
    "ask/transports/postgresql.py": "the host of a connection string",
    "ask/transports/postgresql_login.py": "the login to the database it belongs to",
    "detect/candidates.py": "its digest is compared with those of a baseline",
}


def callers() -> set[str]:
    """Modules that call `reveal`, or take it as a value."""
    found = set()
    for path in SOURCE.rglob("*.py"):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        if any(isinstance(node, ast.Attribute) and node.attr == "reveal" for node in ast.walk(tree)):
            found.add(path.relative_to(SOURCE).as_posix())
    return found


def test_only_the_named_modules_reveal_a_secret():
    assert callers() <= ALLOWED.keys()


def test_no_module_is_allowed_without_need():
    assert ALLOWED.keys() <= callers()


def test_nobody_reaches_for_the_hidden_text():
    for path in SOURCE.rglob("*.py"):
        if path.name != "secret.py":
            assert "_Secret__text" not in path.read_text(encoding="utf-8"), path
