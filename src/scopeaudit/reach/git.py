"""Git, run so that nothing the repository configures is run with it.

A repository's own configuration can name programs (monitors, hooks, pagers, filters, transports) and
replacement objects. Plumbing commands are called that use none of them, every such setting is
overridden on the command line, and no transport is allowed, so that a missing object is an error and
never a download. Git itself refuses a repository that belongs to another user.

GitPython's own index and object readers know no index version 4, no split index and no partial clone,
and importing it takes longer than a whole pre-commit run may, so the program is called directly.
"""

import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, TYPE_CHECKING

from scopeaudit.model.errors import ScopeauditError
from scopeaudit.reach.pipes import waiting_file

if TYPE_CHECKING:
    import subprocess

_SETTINGS = (
    "core.fsmonitor=false",
    "core.hooksPath=/dev/null",
    "core.pager=cat",
    "core.attributesFile=/dev/null",
    "core.sshCommand=false",
    "core.askPass=false",
    "core.gitProxy=false",
    "core.alternateRefsCommand=false",
    "credential.helper=",
    "diff.external=",
    "protocol.allow=never",
    "submodule.recurse=false",
    "gc.auto=0",
    "maintenance.auto=false",
)
_DROPPED = (
    "GIT_EXTERNAL_DIFF",
    "GIT_PAGER",
    "GIT_SSH",
    "GIT_SSH_COMMAND",
    "GIT_ASKPASS",
    "GIT_PROXY_COMMAND",
    "GIT_CONFIG_PARAMETERS",
    "GIT_CONFIG_COUNT",
    "GIT_DIR",
    "GIT_WORK_TREE",
    "GIT_OBJECT_DIRECTORY",
    "GIT_ALTERNATE_OBJECT_DIRECTORIES",
    "GIT_NAMESPACE",
    "GIT_TRACE",
    "GIT_PREFIX",
    "GIT_INDEX_FILE",
)
_SET = {
    "GIT_ALLOW_PROTOCOL": "none",
    "GIT_ATTR_NOSYSTEM": "1",
    "GIT_NO_LAZY_FETCH": "1",
    "GIT_NO_REPLACE_OBJECTS": "1",
    "GIT_OPTIONAL_LOCKS": "0",
    "GIT_TERMINAL_PROMPT": "0",
    "LC_ALL": "C",
}
_TIMEOUT_SECONDS = 120
_OPENING_SECONDS = 20
"""What it may take to open a repository. Its configuration can include a pipe that nobody writes to."""
_PIPE_BYTES = 1 << 20


class GitError(ScopeauditError):
    """Git could not do what it was asked; the text is its last line of complaint."""


class Git:
    """The repository a folder belongs to."""

    def __init__(
        self, folder: Path, variables: Mapping[str, str] | None = None, *, bare: bool = False
    ) -> None:
        """`variables` is the environment git starts from, this process's where missing.

        A repository without a working tree is only opened where it is expected: `bare`.
        """
        self._folder = folder
        self._settings = (*_SETTINGS, f"safe.bareRepository={'all' if bare else 'explicit'}")
        chosen = os.environ if variables is None else variables
        self._environment = {name: value for name, value in chosen.items() if name not in _DROPPED} | _SET
        if index := chosen.get("GIT_INDEX_FILE"):
            self._keep_index(Path(index).absolute())

    def directory(self, *which: str) -> Path:
        """The directory of the repository; `--git-common-dir` asks for the one that its work trees share.

        Raises:
            GitError: if there is no repository, or something in it would keep git waiting.
        """
        asked = ("rev-parse", "--path-format=absolute", *(which or ("--absolute-git-dir",)))
        answer = self.output(*asked, seconds=_OPENING_SECONDS).decode("utf-8", "surrogateescape")
        found = Path(answer.removesuffix("\n"))
        if (waiting := waiting_file(found)) is not None:
            raise GitError(f"{waiting} in its directory is a pipe or a device, and git would wait for it")
        return found

    def output(self, *arguments: str, seconds: float = _TIMEOUT_SECONDS) -> bytes:
        """What a command prints.

        Raises:
            GitError: if there is no git, it fails or it takes longer than that, two minutes by default.
        """
        import subprocess

        try:
            ended = subprocess.run(
                self._command(arguments),
                env=self._environment,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                timeout=seconds,
                check=False,
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            raise GitError(_complaint(error)) from error
        if ended.returncode:
            lines = ended.stderr.decode("utf-8", "replace").strip().splitlines()
            raise GitError(lines[-1] if lines else f"git ended with {ended.returncode}")
        return ended.stdout

    @contextmanager
    def objects(self) -> Iterator["ObjectReader"]:
        """A reader of objects by id; the process behind it ends with the context.

        Raises:
            GitError: if there is no git.
        """
        import subprocess

        try:
            process = subprocess.Popen(
                self._command(("cat-file", "--batch")),
                env=self._environment,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                bufsize=0,
            )
        except OSError as error:
            raise GitError(_complaint(error)) from error
        if process.stdin is None or process.stdout is None:
            raise GitError("git gave no pipes")
        try:
            yield ObjectReader(process.stdin, Stream(process, process.stdout.fileno()))
        finally:
            process.kill()
            process.communicate()

    @contextmanager
    def stream(self, *arguments: str, feed: Iterable[bytes] = (), cache: str = "96m") -> Iterator["Stream"]:
        """What a command prints, as it comes; `feed` is written to it meanwhile, by a thread.

        `cache` bounds git's memory for objects that others are deltas of.

        Raises:
            GitError: if there is no git.
        """
        import subprocess
        import threading

        try:
            process = subprocess.Popen(
                self._command(("-c", f"core.deltaBaseCacheLimit={cache}", *arguments)),
                env=self._environment,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                bufsize=0,
            )
        except OSError as error:
            raise GitError(_complaint(error)) from error
        if process.stdin is None or process.stdout is None:
            raise GitError("git gave no pipes")
        stream = Stream(process, process.stdout.fileno())
        feeder = threading.Thread(target=_feed, args=(process.stdin, feed, stream.problems), daemon=True)
        feeder.start()
        try:
            yield stream
        finally:
            process.kill()
            process.wait()
            feeder.join(_TIMEOUT_SECONDS)
            process.stdout.close()

    def _keep_index(self, index: Path) -> None:
        """While git commits, the index its hooks are given counts, if it is this repository's."""
        try:
            directory = self.directory()
        except GitError:
            return
        if index.resolve().is_relative_to(directory):
            self._environment["GIT_INDEX_FILE"] = str(index)

    def _command(self, arguments: tuple[str, ...]) -> list[str]:
        settings = [part for setting in self._settings for part in ("-c", setting)]
        return ["git", "--no-pager", "-C", str(self._folder), *settings, *arguments]


class Stream:
    """What a running git prints. It may be silent for two minutes, no longer."""

    def __init__(self, process: "subprocess.Popen[bytes]", descriptor: int) -> None:
        self._process = process
        self._descriptor = descriptor
        self._poll = _poll(descriptor)
        self.problems: list[GitError] = []
        """What kept its feed from being written to the end."""
        with suppress(OSError, ImportError, AttributeError):
            import fcntl

            fcntl.fcntl(descriptor, fcntl.F_SETPIPE_SZ, _PIPE_BYTES)

    def read(self, least: int, before: bytes = b"") -> bytes:
        """`before` and what follows it: at least so many bytes in all, fewer only at the end.

        Raises:
            GitError: if git says nothing for too long.
        """
        parts = [before] if before else []
        held = len(before)
        while held < least:
            if not self._poll():
                raise GitError(f"git gave no answer for {_TIMEOUT_SECONDS} seconds")
            part = os.read(self._descriptor, _PIPE_BYTES)
            if not part:
                break
            parts.append(part)
            held += len(part)
        return b"".join(parts)

    def lines(self) -> Iterator[list[bytes]]:
        """Whole lines, many at a time, without their ends; what has no end of its own comes last."""
        rest = b""
        while block := self.read(_PIPE_BYTES):
            lines = (rest + block).split(b"\n")
            rest = lines.pop()
            yield lines
        if rest:
            yield [rest]

    def close(self) -> None:
        """Wait for the end of a git that has printed everything.

        Raises:
            GitError: if it did not end well.
        """
        import subprocess

        try:
            code = self._process.wait(_TIMEOUT_SECONDS)
        except subprocess.TimeoutExpired as error:
            raise GitError(_complaint(error)) from error
        if self.problems:
            raise self.problems[0]
        if code:
            raise GitError(f"git ended with {code}")


class ObjectReader:
    """Objects from one `git cat-file --batch`."""

    def __init__(self, requests: IO[bytes], answers: Stream) -> None:
        self._requests = requests
        self._answers = answers

    def chunks(self, object_id: str, chunk_bytes: int) -> Iterator[bytes]:
        """The content of one object; read it to its end before asking for the next.

        Raises:
            GitError: if the object is missing, or git ends or says nothing for too long.
        """
        try:
            self._requests.write(object_id.encode("ascii") + b"\n")
        except OSError as error:
            raise GitError(_complaint(error)) from error
        line, rest = self._line()
        header = line.split()
        if len(header) != 3:
            raise GitError(f"object {object_id} is missing")
        left = int(header[2])
        while left:
            rest = rest or self._answers.read(1)
            if not rest:
                raise GitError("git ended in the middle of an object")
            chunk = rest[: min(left, chunk_bytes)]
            rest = rest[len(chunk) :]
            left -= len(chunk)
            yield chunk
        if not rest:
            self._answers.read(1)

    def _line(self) -> tuple[bytes, bytes]:
        """The line before an object, and what came with it of the object."""
        held = b""
        while b"\n" not in held:
            more = self._answers.read(len(held) + 1, held)
            if len(more) == len(held):
                return held, b""
            held = more
        line, _, rest = held.partition(b"\n")
        return line, rest


def _feed(requests: IO[bytes], feed: Iterable[bytes], problems: list[GitError]) -> None:
    """Write it all; a git that has ended wants no more."""
    try:
        with suppress(OSError), requests:
            for part in feed:
                view = memoryview(part)
                while view:
                    view = view[requests.write(view) :]
    except GitError as error:
        problems.append(error)


def _poll(descriptor: int) -> Callable[[], bool]:
    """Waits until there is something to read; false if that takes too long."""
    import select

    if not hasattr(select, "poll"):
        return lambda: True
    poll = select.poll()
    poll.register(descriptor, select.POLLIN)
    return lambda: bool(poll.poll(_TIMEOUT_SECONDS * 1000))


def _complaint(error: Exception) -> str:
    if isinstance(error, FileNotFoundError):
        return "git is not installed"
    if type(error).__name__ == "TimeoutExpired":
        return "git gave no answer in time"
    return f"git could not be run: {type(error).__name__}"
