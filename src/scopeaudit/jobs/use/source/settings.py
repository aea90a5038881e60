"""Addresses in files of settings, by the names that code asks for them with."""

import re
from collections import defaultdict
from collections.abc import Iterator

from scopeaudit.jobs.use.source.calls import snake, squash

_ENDINGS = (
    ".yml",
    ".yaml",
    ".json",
    ".jsonc",
    ".properties",
    ".toml",
    ".ini",
    ".env",
    ".conf",
    ".cfg",
    ".plist",
    ".xcconfig",
)
_LINE = re.compile(
    r"^(?P<indent>[ \t{]*)(?:export[ \t]+|-[ \t]+)?[\"']?(?P<key>[A-Za-z_][\w.:/-]{0,100})[\"']?"
    r"[ \t]*[:=][ \t]*(?P<rest>[^\n]{0,400})",
    re.MULTILINE,
)
_VALUE = re.compile(r"[\"']?(?:\$\{[\w.]+:-?)?(https?://[^\s\"',}]{3,255})")
_INLINE = re.compile(r"[\"']([\w.-]{1,100})[\"'][ \t]*:[ \t]*[\"'](https?://[^\s\"']{3,255})")
MAXIMUM = 2_000
_LARGEST = 262_144


def holds_settings(path: str) -> bool:
    """Whether a file is one of settings, by its name."""
    name = path.rpartition("/")[2].lower()
    return name.endswith(_ENDINGS) or name.startswith(".env")


class Settings:
    """The addresses of all files of settings."""

    def __init__(self) -> None:
        self._found: dict[str, set[tuple[str, str]]] = defaultdict(set)
        self._count = 0
        self.keys: set[str] = set()
        """The last words of all keys, in snake case."""

    def take(self, data: bytes) -> None:
        """Read one file: lines with a key and an address, each below the keys that its indentation says."""
        if b"://" not in data or len(data) > _LARGEST:
            return
        above: list[tuple[int, str]] = []
        for line in _LINE.finditer(data.decode("utf-8", "replace")):
            column = len(line["indent"])
            while above and above[-1][0] >= column:
                above.pop()
            parent = above[-1][1] if above else ""
            self._put(parent, line["key"], line["rest"])
            for key, value in _INLINE.findall(line["rest"]):
                self._put(line["key"], key, value)
            if len(above) < 30:
                above.append((column, line["key"]))

    def _put(self, parent: str, key: str, text: str) -> None:
        value = _VALUE.match(text)
        if value is None or self._count >= MAXIMUM:
            return
        self._count += 1
        *before, last = re.split(r"[.:/]", key)
        self._found[squash(last)].add((squash(before[-1] if before else parent), value.group(1)))
        self.keys.add(snake(last))

    def put(self, parent: str, key: str, address: str) -> None:
        """Take an address that a list of settings in source code holds."""
        self._put(parent, key, address)

    def values(self) -> Iterator[str]:
        """Every address."""
        return (value for listed in self._found.values() for _, value in listed)

    def find(self, name: str) -> frozenset[str]:
        """The address of `PAYMENTS_URL`, `payments.base-url`, `${payments.url}` or `Payments:Url`."""
        plain = name.strip("${}").partition(":-")[0]
        *before, last = re.split(r"[.:/]", plain.partition("}")[0])
        listed = self._found.get(squash(last), ())
        if before:
            listed = {entry for entry in listed if entry[0] == squash(before[-1])}
        elif not plain.isupper():
            return frozenset()
        values = {value for _, value in listed}
        return frozenset(values) if len(values) == 1 else frozenset()
