"""What a tool server is started with: the program and package to show, and what it is known by."""

import fnmatch
import re
from collections.abc import Sequence
from functools import lru_cache

from scopeaudit.catalogue.server import KnownServer
from scopeaudit.reach.agents.configured import Configured, base_name
from scopeaudit.reach.agents.shown import is_random, shown

_VERSION = re.compile(r"(?<=[^@/])[@:][^/@:]*\Z")
_LAUNCHERS_TEXT = """
npx uvx bunx pnpm yarn npm node python python3 docker podman nerdctl uv pipx deno bun cmd sh bash zsh env
wsl powershell pwsh op doppler infisical aws-vault chamber bws sops teller dotenv dotenvx env-cmd envmcp
"""
_LAUNCHERS = frozenset(_LAUNCHERS_TEXT.split())
"""Programs that start another one."""
_SUBCOMMANDS = frozenset({"run", "exec", "dlx", "x", "tool", "/c", "start"})
_WITH_VALUE_TEXT = """
-e --env --env-file --env-file-if-exists --envfile -f -v --volume --mount --name --network -p --package --from
--with --with-editable --python --directory --project --index-url --index --header -H --config --account --cwd
--workdir -w --user -u --env-var --log-level
"""
_WITH_VALUE = frozenset(_WITH_VALUE_TEXT.split())
_PACKAGE = re.compile(r"@?[a-z0-9][\w.-]{0,80}(?:/[\w.-]{1,80}){0,3}(?:[@:][\w.-]{1,30})?")
_NESTED = 4


def runs(command: Sequence[str]) -> str | None:
    """Program and package alone: other arguments may hold secrets."""
    if not command:
        return None
    program = base_name(command[0])
    package = _package(command[1:], _NESTED) if program in _LAUNCHERS else None
    return shown(f"{program} {package}" if package else program)


def _package(arguments: Sequence[str], depth: int) -> str | None:
    """The first argument that is no option, nor an option's value, if it is written as packages are.

    What a launcher is told to launch is looked for behind it: `cmd /c npx -y x`.
    """
    skip = False
    for number, argument in enumerate(arguments):
        if skip or argument in _SUBCOMMANDS or argument.startswith("-"):
            skip = not skip and argument in _WITH_VALUE
            continue
        if not _PACKAGE.fullmatch(argument) or is_random(argument):
            return None
        if argument in _LAUNCHERS and depth:
            inner = _package(arguments[number + 1 :], depth - 1)
            return f"{argument} {inner}" if inner else argument
        return argument
    return None


def words_of(configured: Configured) -> frozenset[str]:
    """What a server may be known by: its arguments without versions, and their last names."""
    words = {_VERSION.sub("", each) for each in configured.command}
    return frozenset(words | {base_name(each) for each in words})


def is_known_as(known: KnownServer, words: frozenset[str], host: str | None) -> bool:
    """Whether a server that has these words, or is at that host, is the known one."""
    exact, others = _patterns(known.packages)
    return (
        not words.isdisjoint(exact)
        or any(fnmatch.fnmatchcase(word, each) for each in others for word in words)
        or (host is not None and any(fnmatch.fnmatchcase(host, each) for each in known.hosts))
    )


@lru_cache(maxsize=1024)
def _patterns(written: tuple[str, ...]) -> tuple[frozenset[str], tuple[str, ...]]:
    """Those that mean themselves, and those with wildcards."""
    others = tuple(each for each in written if re.search(r"[*?\[]", each))
    return frozenset(written) - set(others), others
