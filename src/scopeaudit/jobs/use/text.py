"""A document as text with lines, and what kind of text it is."""

from bisect import bisect_right
from collections.abc import Sequence
from enum import Enum
from functools import cached_property
from pathlib import PurePosixPath

from scopeaudit.model.document import Document
from scopeaudit.model.location import Location

MAXIMUM_BYTES = 500_000
"""Of one file; a larger one is data or generated."""
LONGEST_LINE = 20_000
"""Characters; a file with a longer one is minified or data."""


class Kind(Enum):
    """What a file is read as."""

    SCRIPT = "script"
    """Commands of a shell."""
    MAKE = "make"
    DOCKERFILE = "dockerfile"
    YAML = "yaml"
    JSON = "json"
    TOML = "toml"
    SQL = "sql"
    GRAPHQL = "graphql"
    TERRAFORM = "terraform"
    POWERSHELL = "powershell"
    UNIT = "unit"
    """Commands of systemd."""
    TABLE = "crontab"
    TASKS = "tasks"
    """Lines of `name: command`, as in a Procfile or a justfile."""
    PYTHON = "python"
    JAVASCRIPT = "javascript"
    """TypeScript too."""
    GO = "go"
    RUBY = "ruby"
    JAVA = "java"
    """Kotlin, Scala and Groovy too."""
    PHP = "php"
    RUST = "rust"
    CSHARP = "c#"
    OTHER_CODE = "code"
    """Source code with comments and strings like C's."""


CODE = frozenset(
    {
        Kind.PYTHON,
        Kind.JAVASCRIPT,
        Kind.GO,
        Kind.RUBY,
        Kind.JAVA,
        Kind.PHP,
        Kind.RUST,
        Kind.CSHARP,
        Kind.OTHER_CODE,
    }
)

_ENDINGS = {
    **dict.fromkeys((".sh", ".bash", ".zsh", ".ksh", ".envrc", ".bat", ".cmd"), Kind.SCRIPT),
    **dict.fromkeys((".ps1", ".psm1"), Kind.POWERSHELL),
    **dict.fromkeys((".tf", ".tofu"), Kind.TERRAFORM),
    **dict.fromkeys((".service", ".timer"), Kind.UNIT),
    **dict.fromkeys((".cron", ".crontab"), Kind.TABLE),
    **dict.fromkeys((".mk", ".mak"), Kind.MAKE),
    **dict.fromkeys((".dockerfile", ".containerfile"), Kind.DOCKERFILE),
    **dict.fromkeys((".yml", ".yaml"), Kind.YAML),
    **dict.fromkeys((".json", ".jsonc", ".json5"), Kind.JSON),
    ".toml": Kind.TOML,
    ".sql": Kind.SQL,
    **dict.fromkeys((".graphql", ".gql"), Kind.GRAPHQL),
    ".just": Kind.TASKS,
    **dict.fromkeys((".py", ".pyw"), Kind.PYTHON),
    **dict.fromkeys(
        (".js", ".jsx", ".mjs", ".cjs", ".ts", ".tsx", ".mts", ".cts", ".vue", ".svelte", ".astro"),
        Kind.JAVASCRIPT,
    ),
    ".go": Kind.GO,
    **dict.fromkeys((".rb", ".rake", ".gemspec", ".ru"), Kind.RUBY),
    **dict.fromkeys((".java", ".kt", ".kts", ".scala", ".groovy", ".gradle"), Kind.JAVA),
    ".php": Kind.PHP,
    ".rs": Kind.RUST,
    ".cs": Kind.CSHARP,
    **dict.fromkeys((".swift", ".dart", ".c", ".cc", ".cpp", ".m", ".fs"), Kind.OTHER_CODE),
    **dict.fromkeys((".ex", ".exs"), Kind.RUBY),
}
_NAMES = {
    "makefile": Kind.MAKE,
    "gnumakefile": Kind.MAKE,
    "dockerfile": Kind.DOCKERFILE,
    "containerfile": Kind.DOCKERFILE,
    "procfile": Kind.TASKS,
    "justfile": Kind.TASKS,
    "rakefile": Kind.RUBY,
    "gemfile": Kind.RUBY,
    "fastfile": Kind.RUBY,
    "vagrantfile": Kind.RUBY,
    "jenkinsfile": Kind.JAVA,
    ".envrc": Kind.SCRIPT,
    "crontab": Kind.TABLE,
}
_PROGRAMS = {
    b"python": Kind.PYTHON,
    b"node": Kind.JAVASCRIPT,
    b"deno": Kind.JAVASCRIPT,
    b"bun": Kind.JAVASCRIPT,
    b"tsx": Kind.JAVASCRIPT,
    b"ruby": Kind.RUBY,
    b"php": Kind.PHP,
    b"sh": Kind.SCRIPT,
}
_SKIPPED = frozenset(
    [
        "node_modules",
        "vendor",
        "site-packages",
        ".venv",
        "venv",
        "dist-packages",
        "bower_components",
        ".git",
        "botocore",
        "boto3",
        "s3transfer",
        ".terraform",
        ".tox",
        ".next",
        ".nuxt",
        ".yarn",
        "Pods",
        "__pycache__",
    ]
)


def is_skipped(path: str) -> bool:
    """Whether a file lies among what others wrote: dependencies, and what tools keep."""
    return any(part in _SKIPPED for part in PurePosixPath(path).parts[:-1])


def kind_of(path: str, data: bytes | memoryview) -> Kind | None:
    """What a file is read as; `None` if it is no use to read it."""
    if is_skipped(path):
        return None
    parts = PurePosixPath(path)
    name = parts.name.lower()
    if name.endswith((".min.js", ".lock", "-lock.json", "-lock.yaml", ".d.ts", ".map")):
        return None
    if name in _NAMES or name.startswith(("dockerfile.", "makefile.")):
        return _NAMES.get(name) or _NAMES[name.partition(".")[0]]
    if parts.parent.name in ("cron.d", "crontabs"):
        return Kind.TABLE
    kind = _ENDINGS.get(parts.suffix.lower())
    if kind is not None or parts.suffix:
        return kind
    head = bytes(data[:128]).split(b"\n", 1)[0]
    if head.startswith(b"#!"):
        return next((kind for program, kind in _PROGRAMS.items() if program in head), None)
    return None


class Text:
    """A document's characters, with the line of each offset."""

    def __init__(self, document: Document, kind: Kind, text: str, lines: Sequence[int] | None = None) -> None:
        """`lines` are those of the file on which the lines of the text stand, where they are not the same."""
        self.document = document
        self.kind = kind
        self.text = text
        self._lines = lines

    @cached_property
    def _starts(self) -> list[int]:
        starts = [0]
        position = self.text.find("\n")
        while position >= 0:
            starts.append(position + 1)
            position = self.text.find("\n", position + 1)
        return starts

    def line(self, offset: int) -> int:
        """Line of an offset in the file, from 1."""
        index = bisect_right(self._starts, offset) - 1
        if self._lines is None:
            return index + self.document.line
        return self._lines[min(index, len(self._lines) - 1)]

    def location(self, offset: int) -> Location:
        """Where in the file an offset is; no column: what is shown is a whole line's."""
        return Location(self.document.source, self.document.path, self.line(offset))

    @cached_property
    def lower(self) -> str:
        """The same in lower case, for looking whether a word is there."""
        return self.text.lower()


def is_read(document: Document) -> bool:
    """Whether a document is of a kind that may show a use, were it small enough."""
    return document.name is None and kind_of(document.path, document.data) is not None


def text_of_document(document: Document) -> Text | None:
    """The document as text, if it is one that may show a use."""
    if document.name is not None or len(document.data) > MAXIMUM_BYTES or document.continues:
        return None
    kind = kind_of(document.path, document.data)
    if kind is None:
        return None
    data = bytes(document.data)
    if b"\0" in data[:8192]:
        return None
    if len(data) > LONGEST_LINE and len(data) // (data.count(b"\n") + 1) > 1000:
        return None
    return Text(document, kind, data.decode("utf-8", "replace"))
