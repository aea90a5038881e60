"""One file of source code, taken apart: its names, addresses, definitions and clients."""

import re
from collections import defaultdict
from collections.abc import Mapping
from functools import cached_property
from pathlib import PurePosixPath

from scopeaudit.jobs.use.routes import HOLE
from scopeaudit.jobs.use.source.calls import Calls, Step, snake
from scopeaudit.jobs.use.source.definitions import Definition, Definitions
from scopeaudit.jobs.use.source.strings import Strings
from scopeaudit.jobs.use.source.tokens import Code, TokenType

_ADDRESS = re.compile(r"\A\s*(https?://[^\s\"'<>]{3,255})")
_INDEXES = frozenset({"index", "__init__", "mod", "lib", "main"})
_LOCAL = frozenset({"localhost", "127.0.0.1", "0.0.0.0", "example.com"})  # noqa: S104 - an address in a text
_SDK = re.compile(
    r"boto|stripe|octokit|probot|^github$|supabase|create_client|create_server_client|create_browser_client"
    r"|create_admin_client|^aws|amazon|dynamo|client$|^resource$|^s3$|^sqs$|^sns$|^ses$|getoctokit|get_octokit"
)
_MAXIMUM_PLACES = 12


class Page:
    """One file of source code, taken apart."""

    def __init__(self, path: str, text: str, code: Code) -> None:
        self.path = path
        self.text = text
        self.code = code
        self.lower = text.lower()
        self.definitions = Definitions(code, text)
        self.strings = Strings(code)
        parts = PurePosixPath(path)
        self.directory = str(parts.parent)
        self.stems = {snake(parts.stem)} | ({snake(parts.parent.name)} if parts.stem in _INDEXES else set())

    @cached_property
    def calls(self) -> Calls:
        """The chains of the file."""
        return Calls(self.code, self.definitions)

    @cached_property
    def places(self) -> Mapping[str, list[int]]:
        """Each name in snake case, and the texts that look like one, to where it stands."""
        found: dict[str, list[int]] = defaultdict(list)
        for index, token in enumerate(self.code.tokens):
            if token.type is TokenType.MARK or len(token.text) > 100:
                continue
            name = token.text
            if token.type is TokenType.STRING:
                if "/" in name or name.endswith((".dart", ".js", ".ts", ".php", ".rb")):
                    name = name.rstrip("/").rpartition("/")[2].partition(".")[0]
                if not re.fullmatch(r"[A-Za-z_][\w-]*", name):
                    continue
            listed = found[snake(name)]
            if len(listed) < _MAXIMUM_PLACES:
                listed.append(index)
        return found

    def is_seen(self, definition: Definition) -> bool:
        """Whether others may name a definition: it is in no function."""
        return all(
            each.type or each.start >= definition.start for each in self.definitions.around(definition.start)
        )

    def outside_functions(self, index: int) -> bool:
        """Whether a token is in no function's body, so that others may see what is named there."""
        return all(each.type for each in self.definitions.around(index))

    @cached_property
    def constants(self) -> dict[str, str]:
        """The names that other files may see, to the addresses and paths they hold."""
        found: dict[str, str] = {}
        several: set[str] = set()
        for written in self.strings.written:
            if "/" not in written.text[:9] or len(written.text) > 300:
                continue
            at = self.strings.target_at(written)
            if at is None or self._is_argument(at):
                continue
            name = self.code.tokens[at].text
            seen = name.isupper() or self.outside_functions(written.start)
            if seen and found.setdefault(snake(name), written.text) != written.text:
                several.add(snake(name))
        return {name: text for name, text in found.items() if name not in several}

    def _is_argument(self, index: int) -> bool:
        """Whether a name is that of an argument, or a key in one."""
        opening = self.code.enclosing[index]
        for _ in range(10):
            if opening < 0:
                return False
            if self.code.is_mark(opening, "(") and self.code.is_name(opening - 1):
                return self.code.tokens[opening - 1].text != "define"
            opening = self.code.enclosing[opening]
        return False

    @cached_property
    def addresses(self) -> list[tuple[int, str]]:
        """Index and address of everything that begins with one."""
        found = []
        for written in self.strings.written:
            base = address_of(written.text)
            if base is not None:
                found.append((written.start, base))
        return found

    @cached_property
    def exports(self) -> dict[str, tuple[Step, ...]]:
        """Clients of a provider's library, by the names that other files may see."""
        found: dict[str, tuple[Step, ...]] = {}
        for chain in self.calls.chains:
            made = any(step.called for step in chain.steps) or (
                chain.steps[0].name[:1].isupper() and len(chain.steps) > 1
            )
            known = made and any(_SDK.search(step.word) for step in chain.steps)
            for name in self.calls.names_of(chain) if known else ():
                returned = any(
                    each.name and snake(each.name) == name for each in self.definitions.around(chain.start)
                )
                if returned or self.outside_functions(chain.start):
                    found.setdefault(name, chain.steps)
        return found


def address_of(text: str) -> str | None:
    """The address a text begins with, or the host that it is; none that leads to one's own machine."""
    found = _ADDRESS.match(text)
    if found is not None:
        host = found.group(1).partition("//")[2].partition("/")[0].partition(":")[0].lower()
        if host in _LOCAL or host == HOLE:
            return None
        scheme, _, rest = found.group(1).partition("://")
        server, slash, path = rest.partition("/")
        return f"{scheme}://{server.removesuffix(HOLE)}{slash}{path.partition(HOLE)[0]}".rstrip("/")
    if len(text) < 100 and re.fullmatch(r"(?:[a-z0-9-]+\.){1,4}(?:com|co|io|in|dev|app|org|net)", text):
        return f"https://{text}"
    return None
