"""The strongest limit an agent enforces, as a change to its configuration: worked out, shown and written.

The configuration may hold secrets. What is shown of a change is made of the fence alone, never of the file.
"""

import os
import secrets
import stat
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from scopeaudit.catalogue.agent import Agent, Fence
from scopeaudit.catalogue.places import Format
from scopeaudit.model.context import Strength, Way
from scopeaudit.model.errors import UsageError
from scopeaudit.reach.agents.fence_items import (
    Change,
    Items,
    dotted,
    fenced_content,
    fenced_lines,
    items_of,
    printable,
)
from scopeaudit.reach.agents.fence_text import changed_text, content_of
from scopeaudit.reach.files import reason
from scopeaudit.reach.machine import Machine
from scopeaudit.reach.written import UnreadableError

FILE_LIMIT_BYTES = 512 << 10
_STRUCTURED = frozenset({Format.JSON, Format.TOML, Format.YAML})


@dataclass(frozen=True, slots=True, kw_only=True)
class Fenced:
    """A fence for certain paths and variables."""

    agent: str
    """The agent's id."""
    name: str
    """The agent's name."""
    title: str
    strength: Strength
    path: str
    """The file to write, absolute; empty if it is not known where it lies."""
    shown: str
    """The file, as reports write it."""
    project: str | None
    """The scanned folder, if the file lies in it: no link in there is followed."""
    around: str
    """The folder that no link of the person's own may lead out of; empty if there is none."""
    before: str | None = field(repr=False)
    """The file as it is; `None` if it is not there, or cannot be read."""
    after: str = field(repr=False)
    """The file with the fence; where there is a problem, what to add by hand, and nothing of the file."""
    changes: tuple[Change, ...]
    """Empty if all of it is there already."""
    remains: str
    """What stays open."""
    closes: tuple[Way, ...]
    systems: tuple[str, ...]
    """Systems on which it is enforced; all where empty."""
    enforced_here: bool
    source: str
    problem: str | None = None
    """Why it is not written, to be read behind the name of the file."""


def fence_of(agent: Agent, machine: Machine, paths: Sequence[str], variables: Sequence[str]) -> Fenced | None:
    """The fence for absolute paths and names of variables; `None` if the agent has none. Nothing is written.

    Raises:
        UsageError: if the agent's file describes a fence that contradicts itself.
    """
    fence = agent.fence
    if fence is None:
        return None
    items = items_of(fence, machine, paths, variables)
    path = _place(machine, fence)
    inside = bool(path) and machine.inside(path) is not None
    project = str(machine.project) if inside else None
    around = _around(machine, path)
    before: str | None = None
    problem: str | None = None
    after, changes, notes = _from_nothing(agent, fence, items)
    try:
        if not path:
            raise UnreadableError("lies in a folder that is not known here")
        before = _present(path, project, around)
        after, changes, notes = _applied(fence, items, before)
    except UnreadableError as error:
        problem = str(error)
    except RecursionError:
        problem = "is nested too deeply"
    return Fenced(
        agent=agent.id,
        name=agent.name,
        title=fence.title,
        strength=fence.strength,
        path=path,
        shown=printable(machine.shown(path) if path else fence.file),
        project=project,
        around=around,
        before=before,
        after=after,
        changes=changes,
        remains=" ".join((fence.remains, *notes)),
        closes=fence.closes,
        systems=fence.systems,
        enforced_here=not fence.systems or machine.system.value in fence.systems,
        source=fence.source,
        problem=problem,
    )


def difference(fenced: Fenced) -> str:
    """What the fence adds (`+`) and what gives way to it (`-`), a line each; empty if nothing is missing.

    No text of the file is in it.
    """
    if not fenced.changes:
        return ""
    is_new = fenced.before is None and fenced.problem is None
    lines = [fenced.shown + (" (new file)" if is_new else "")]
    for change in fenced.changes:
        start = f"{dotted(change.at)}: " if change.at else ""
        if change.replaces is not None:
            lines.append(f"- {start}{change.replaces}")
        lines.append(f"+ {start}{printable(change.value)}")
    return "\n".join(lines) + "\n"


def write(fenced: Fenced) -> None:
    """Writes the file, all of it or nothing; nothing too if all of it is there already.

    Raises:
        UsageError: if there is a problem, the file has changed since it was read, or it cannot be written.
    """
    if fenced.problem is not None:
        raise UsageError(f"{fenced.shown}: {fenced.problem}; add by hand what is missing")
    if not fenced.changes:
        return
    try:
        _refuse_links(fenced.path, fenced.project, fenced.around)
        # A person's own configuration is often a link into a folder of such files: the link stays.
        target = fenced.path if fenced.project is not None else os.path.realpath(fenced.path)
        Path(target).parent.mkdir(parents=True, exist_ok=True)
        _replace(target, fenced)
    except UnreadableError as error:
        raise UsageError(f"{fenced.shown}: {error}") from None
    except OSError as error:
        why = error.strerror or type(error).__name__
        raise UsageError(f"{fenced.shown}: could not be written: {why}") from None


def _replace(target: str, fenced: Fenced) -> None:
    status = Path(target).stat() if fenced.before is not None else None
    mode = 0o666 if status is None else stat.S_IMODE(status.st_mode)
    temporary = Path(f"{target}.{secrets.token_hex(8)}.tmp")
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0) | getattr(os, "O_NOFOLLOW", 0)
    descriptor = os.open(temporary, flags, mode)
    try:
        with os.fdopen(descriptor, "wb") as stream:
            stream.write(fenced.after.encode())
            stream.flush()
            os.fsync(stream.fileno())
        if status is not None:
            if hasattr(os, "chown") and status.st_uid != os.geteuid():
                os.chown(temporary, status.st_uid, status.st_gid)
            temporary.chmod(mode)
        if _present(fenced.path, fenced.project, fenced.around) != fenced.before:
            raise UnreadableError("has changed since it was read; start again")
        temporary.replace(target)
    except BaseException:
        temporary.unlink()
        raise


def _place(machine: Machine, fence: Fence) -> str:
    """The file a fence is written to: where a variable says; of several the first that is there."""
    for moved in fence.moved:
        if value := machine.variables.get(moved.variable):
            path = moved.path.replace("{value}", value)
            home, _, below = path.partition("/")
            return os.path.normpath(machine.home / below if home == "~" else machine.project / path)
    paths = machine.expand(fence.file)
    return next((path for path in paths if os.path.lexists(path)), next(iter(paths), ""))


def _applied(
    fence: Fence, items: Items, before: str | None
) -> tuple[str, tuple[Change, ...], tuple[str, ...]]:
    """The file with the fence, what is new in it, and sentences on what the fence leaves out."""
    text = before or ""
    notes = [f"Left out, because the name would be read as a pattern: {', '.join(items.left)}."]
    notes = notes if items.left else []
    if fence.format is Format.LINES:
        return *fenced_lines(text, items), tuple(notes)
    if fence.format not in _STRUCTURED:
        raise ValueError(f"{fence.format.value} is not a format that is written")
    content, changes, otherwise = fenced_content(content_of(text, fence.format), fence, items)
    if otherwise:
        names = ", ".join(map(printable, otherwise))
        notes.append(f"Left as it is, because it is listed with something else: {names}.")
    return changed_text(text, fence.format, content) if changes else text, changes, tuple(notes)


def _from_nothing(
    agent: Agent, fence: Fence, items: Items
) -> tuple[str, tuple[Change, ...], tuple[str, ...]]:
    """The fence in a file of its own."""
    try:
        return _applied(fence, items, None)
    except (UnreadableError, ValueError, LookupError) as error:
        raise UsageError(f"rules/agents/{agent.id}.yaml: fence: cannot be written: {error}") from None


def _present(path: str, project: str | None, around: str) -> str | None:
    """The text of the file, to the character; `None` if it is not there.

    Raises:
        UnreadableError: if it cannot be read as text, or is no file of its own.
    """
    _refuse_links(path, project, around)
    flags = (
        os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_BINARY", 0)
    )
    no_follow = 0 if project is None else getattr(os, "O_NOFOLLOW", 0)
    try:
        descriptor = os.open(path, flags | no_follow)
        with os.fdopen(descriptor, "rb") as stream:
            status = os.fstat(descriptor)
            if not stat.S_ISREG(status.st_mode):
                raise UnreadableError("is not a regular file")
            if status.st_size > FILE_LIMIT_BYTES:
                raise UnreadableError(f"is larger than {FILE_LIMIT_BYTES >> 10} KiB")
            return stream.read().decode()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise UnreadableError(reason(error)) from None
    except UnicodeDecodeError:
        raise UnreadableError("is not UTF-8 text") from None


def _around(machine: Machine, path: str) -> str:
    """The home folder for what lies there; for what a variable moved, the folder that it lies in."""
    home = str(machine.home)
    if not path or path.startswith(home.rstrip(os.sep) + os.sep):
        return home
    return path.rpartition(os.sep)[0]


def _refuse_links(path: str, project: str | None, around: str) -> None:
    """A scanned folder must not say which file outside of it, or in its `.git`, is written.

    A person's own files may be links, but none out of the folder they belong to.
    """
    if project is None:
        real = Path(os.path.realpath(path))
        if around and not real.is_relative_to(os.path.realpath(around)):
            raise UnreadableError(
                "is a symbolic link out of the folder it belongs to, or lies behind one; it is not followed"
            )
        return
    real = Path(os.path.realpath(project), os.path.relpath(path, project))
    if os.path.normcase(os.path.realpath(path)) != os.path.normcase(real):
        raise UnreadableError(
            "is a symbolic link in the scanned folder, or lies behind one; none is followed"
        )
