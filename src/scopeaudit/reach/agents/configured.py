"""What the configuration of a tool server says, whatever its agent calls the keys. Nothing of it is run."""

import re
import shlex
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from scopeaudit.reach.agents.shown import is_random

WORDS_LIMIT = 500
"""Arguments and variables of a server that are looked at."""
_SHELLS = frozenset({"sh", "bash", "zsh", "dash", "cmd", "cmd.exe", "powershell", "pwsh", "wsl"})
_CONTAINERS = frozenset({"docker", "podman", "nerdctl", "container"})
_SPOKEN_CHARACTERS = 16 << 10
"""Of what a shell is told to run, taken apart."""
_REFERENCE = re.compile(
    r"\$\{\{\s{0,8}secrets\.(?P<kept>\w{1,128})\s{0,8}\}\}"
    r"|\$\{(?:(?P<scheme>[A-Za-z]\w{0,31}):(?![-=+?]))?(?P<braced>[^{}$]{1,512})(?:\}|(?=\$))"
    r"|\$(?P<plain>[A-Za-z_]\w{0,127})"
    r"|\{(?P<kind>env|file):(?P<open>[^{}]{1,512})\}"
)
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,127}")
"""Of a variable."""
_LEADING_NAME = re.compile(r"(?P<name>[A-Za-z_]\w{0,127})(?=[:\-=+?#%/^,@\[]|\Z)")
_PREDEFINED = frozenset(
    ["workspaceFolder", "workspaceFolderBasename", "workspaceRoot", "userHome", "pathSeparator", "cwd"]
)
"""What editors fill in by themselves: https://code.visualstudio.com/docs/reference/variables-reference"""
_FILE_OPTIONS = frozenset(["--env-file", "--env-file-if-exists", "--envfile"])
_FILE_LOADERS = {"envmcp": ("-e",), "dotenv": ("-e", "-f"), "dotenvx": ("-f",), "env-cmd": ("-f",)}
"""Programs that load a file of variables before another program, and the short options that name it."""
_VAULTS = {
    "op": "1Password",
    "doppler": "Doppler",
    "infisical": "Infisical",
    "aws-vault": "aws-vault",
    "chamber": "chamber",
    "bws": "Bitwarden",
    "dcli": "Dashlane",
    "sops": "sops",
    "teller": "teller",
    "akeyless": "Akeyless",
    "keeper": "Keeper",
    "envchain": "envchain",
}
"""Programs that give another program secrets they keep."""
_SECRET_REFERENCE = re.compile(r"\b(?P<vault>op|bws|doppler|infisical|akeyless|keeper)://[^\s\"']")
_ASKED = "a value that the editor asks for and keeps"
_HELPED = "headers that a program gives"
_CONTINUE_SECRETS = ("~/.continue/.env", "${workspaceFolder}/.continue/.env", "${workspaceFolder}/.env")


@dataclass(frozen=True, slots=True)
class Configured:
    """One server as its configuration describes it."""

    command: tuple[str, ...]
    """Program and arguments, with what a shell is told to run taken apart behind them."""
    variables: Mapping[str, str]
    url: str
    headers: Mapping[str, str]
    referred: frozenset[str]
    """Variables of the agent's environment it takes values from."""
    enabled: bool
    is_whole: bool = True
    """Whether all of it was looked at."""
    variable_files: tuple[str, ...] = ()
    """Files of variables it is started with, as written."""
    value_files: tuple[str, ...] = ()
    """Other files whose content it is given, as written."""
    held: tuple[str, ...] = ()
    """What it uses and nobody can read in files, in words."""


def configured_by(settings: Mapping[str, Any]) -> Configured:
    """What the configuration of a server says."""
    layers = _layers(settings)
    command = [*texts(_first(layers, "command", "cmd")), *texts(_first(layers, "args"))]
    is_whole = len(command) <= WORDS_LIMIT
    command = command[:WORDS_LIMIT]
    command += _spoken(command)
    given = mapping(_first(layers, "env", "envs", "environment"))
    headers = _headers(_first(layers, "headers", "http_headers"))
    urls = texts(_first(layers, "url", "httpUrl", "serverUrl", "uri", "endpoint"))
    set_there, passed_on = _container_variables(command)
    variables = {**given, **set_there}
    keys = texts(_first(layers, "apiKey", "api_key"))
    named_there = _References.of((*variables.values(), *headers.values(), *urls, *keys), command, variables)
    # A program that only passes on (`mcp-remote https://...`) is told the address and the headers.
    urls += [each for each in command[1:] if each.startswith(("https://", "http://"))]
    headers |= _headers_told(command)
    named = {*named_there.variables, *_named(settings), *(passed_on - given.keys())}
    is_whole = is_whole and len(variables) <= WORDS_LIMIT and len(headers) <= WORDS_LIMIT
    return Configured(
        command=tuple(command),
        variables=variables,
        url=next(iter(urls), ""),
        headers=headers,
        # A token often stands where its variable's name belongs.
        referred=frozenset(each for each in named if _NAME.fullmatch(each) and not is_random(each)),
        enabled=settings.get("enabled") is not False and settings.get("disabled") is not True,
        is_whole=is_whole,
        variable_files=_once((*_env_files(layers), *_files_loaded(command))),
        value_files=_once((*named_there.files, *_files_told(command))),
        held=_once((*named_there.held, *_kept_elsewhere(layers, command, variables, headers))),
    )


def _once(found: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(found))


def references(text: str) -> Iterator[str]:
    """Names of the variables a text refers to."""
    yield from _References.of((text,), (), ()).variables


def base_name(program: str) -> str:
    """The program's name alone: some write arguments behind it."""
    words = re.split(r"[\\/]", program)[-1].split()
    return words[0][:80] if words else ""


def texts(value: Any) -> list[str]:
    """A text, or the texts of a list."""
    if isinstance(value, str):
        return [value]
    return [str(each) for each in value if isinstance(each, (str, int))] if isinstance(value, list) else []


def mapping(value: Any) -> dict[str, str]:
    """Names to what is written for them; nothing of what is no single value."""
    if not isinstance(value, Mapping):
        return {}
    return {str(name): str(each) for name, each in value.items() if isinstance(each, (str, int, float, bool))}


@dataclass(frozen=True, slots=True)
class _References:
    """What texts refer to."""

    variables: tuple[str, ...]
    files: tuple[str, ...]
    held: tuple[str, ...]

    @classmethod
    def of(cls, written: Iterable[str], command: Iterable[str], own: Iterable[str]) -> "_References":
        """Of what is written, and of a command that is started with variables of its `own`."""
        variables: dict[str, None] = {}
        files: dict[str, None] = {}
        held: dict[str, None] = {}
        of_command: dict[str, None] = {}
        for where, lines in ((variables, written), (of_command, command)):
            for match in (match for text in lines for match in _REFERENCE.finditer(text)):
                _take(match, where, files, held)
        variables.update(dict.fromkeys(each for each in of_command if each not in set(own)))
        return cls(tuple(variables), tuple(files), tuple(held))


def _take(
    match: re.Match[str], variables: dict[str, None], files: dict[str, None], held: dict[str, None]
) -> None:
    scheme = match["scheme"] or match["kind"]
    text = match["braced"] or match["open"] or match["plain"]
    if match["kept"]:
        # Continue looks in these files, its command-line program in the environment.
        files.update(dict.fromkeys(_CONTINUE_SECRETS))
        variables[match["kept"]] = None
    elif scheme == "file":
        files[text] = None
    elif scheme == "input":
        held[_ASKED] = None
    elif scheme in (None, "env"):
        name = _LEADING_NAME.match(text)
        if name is not None and name["name"] not in _PREDEFINED:
            variables[name["name"]] = None


def _layers(settings: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Where its keys may stand, what counts first."""
    inner = [settings.get(each) for each in ("transport", "requestOptions")]
    layers = [settings, *(each for each in inner if isinstance(each, Mapping))]
    command = settings.get("command")
    if isinstance(command, Mapping):
        # Zed once wrote `command: {path, args, env}`.
        return [{"command": command.get("path")}, command, *layers[1:]]
    return layers


def _first(layers: Iterable[Mapping[str, Any]], *keys: str) -> Any:
    return next((layer[key] for layer in layers for key in keys if layer.get(key) is not None), None)


def _named(settings: Mapping[str, Any]) -> Iterator[str]:
    """Variables that are named where a value would stand elsewhere."""
    listed = settings.get("env_vars")
    for each in listed if isinstance(listed, list) else ():
        # Codex: `"NAME"`, or `{name = "NAME", source = ...}`.
        yield from texts(each.get("name") if isinstance(each, Mapping) else each)
    yield from texts(settings.get("env_keys"))
    yield from texts(settings.get("bearer_token_env_var"))
    yield from mapping(settings.get("env_http_headers")).values()


def _spoken(command: Sequence[str]) -> list[str]:
    """The words of what a shell is told to run, in one text: `bash -c "npx x"`."""
    if not command or base_name(command[0]).lower() not in _SHELLS:
        return []
    found: list[str] = []
    for text in command[1:]:
        if " " in text and len(text) <= _SPOKEN_CHARACTERS:
            try:
                found += shlex.split(text)
            except ValueError:
                found += text.split()
    return found[:WORDS_LIMIT]


def _headers(written: Any) -> dict[str, str]:
    """Headers, which some write as a list of `name: value`."""
    if isinstance(written, list):
        pairs = (each.partition(":") for each in written if isinstance(each, str))
        return {name.strip(): value.strip() for name, colon, value in pairs if colon}
    return mapping(written)


def _headers_told(command: Sequence[str]) -> dict[str, str]:
    """Headers that a program is told to send: `--header "name: value"`, `--headers name value`."""
    found: dict[str, str] = {}
    for number, argument in enumerate(command):
        option, equals, value = argument.partition("=")
        if option not in ("--header", "--headers", "-H"):
            continue
        following = [value] if equals else command[number + 1 : number + 3]
        name, colon, rest = (following[0] if following else "").partition(":")
        if colon:
            found[name.strip()] = rest.strip()
        elif len(following) > 1:
            found[name] = following[1]
    return found


def _container_variables(command: Sequence[str]) -> tuple[dict[str, str], frozenset[str]]:
    """Variables that a container is given a value for, and those that are passed on to it."""
    values: dict[str, str] = {}
    passed_on: set[str] = set()
    if not any(base_name(each) in _CONTAINERS for each in command[:3]):
        return values, frozenset()
    for option, argument in _options(command, ("-e", "--env")):
        del option
        name, equals, value = argument.partition("=")
        if _NAME.fullmatch(name) is None:
            continue
        if equals:
            values[name] = value
        else:
            passed_on.add(name)
    return values, frozenset(passed_on)


def _options(command: Sequence[str], names: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Options of a command with their values, written apart or with `=`."""
    wanted = frozenset(names)
    for number, argument in enumerate(command):
        option, equals, value = argument.partition("=")
        if option in wanted and equals:
            yield option, value
        elif argument in wanted and number + 1 < len(command):
            yield option, command[number + 1]


def _env_files(layers: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    for layer in layers:
        for key in ("envFile", "env_file", "envFiles"):
            yield from texts(layer.get(key))


def _files_loaded(command: Sequence[str]) -> Iterator[str]:
    """Files of variables that the command itself names."""
    programs = {base_name(each).partition("@")[0] for each in command}
    short = {option for program in programs & _FILE_LOADERS.keys() for option in _FILE_LOADERS[program]}
    found = [value for _, value in _options(command, _FILE_OPTIONS | short)]
    yield from found
    if "envmcp" in programs and not found:
        yield from ("${workspaceFolder}/.env.mcp", "~/.env.mcp")


def _files_told(command: Sequence[str]) -> Iterator[str]:
    """Files that `mcp-remote` is told to read a client's secret from."""
    for _, value in _options(command, ("--static-oauth-client-info", "--static-oauth-client-metadata")):
        if value.startswith("@"):
            yield value[1:]


def _kept_elsewhere(
    layers: Sequence[Mapping[str, Any]],
    command: Sequence[str],
    variables: Mapping[str, str],
    headers: Mapping[str, str],
) -> Iterator[str]:
    """What the server uses and no file shows."""
    if _first(layers, "headersHelper") is not None:
        yield _HELPED
    programs = [base_name(each) for each in command[:4]]
    vaults = [_VAULTS[each] for each in programs if each in _VAULTS and each != "op"]
    if "op" in programs and "run" in command[:4]:
        vaults.append(_VAULTS["op"])
    written = (*command, *variables.values(), *headers.values())
    vaults += [_VAULTS[match["vault"]] for each in written for match in _SECRET_REFERENCE.finditer(each)]
    yield from (f"what {each} keeps" for each in dict.fromkeys(vaults))
    if _first(layers, "oauth", "auth", "authProviderType") is not None:
        yield "a login of its own"
