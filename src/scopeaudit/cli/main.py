"""The program: commands, and exit codes that a gate can rely on."""

import contextlib
import os
import sys
import traceback
from collections.abc import Sequence
from enum import IntEnum
from typing import Annotated, NoReturn

import typer

from scopeaudit import __version__
from scopeaudit.cli import context, demo, explain, inspect, jobs, narrow, providers, rules, scan
from scopeaudit.cli.concealment import message_of
from scopeaudit.cli.interruption import end_at_once
from scopeaudit.model.errors import ScopeauditError, UsageError


class ExitCode(IntEnum):
    """What the exit status says."""

    CLEAN = 0
    FINDINGS = 1
    USAGE = 2
    GAPS = 3
    DEFECT = 4


app = typer.Typer(
    name="scopeaudit",
    help="Which credentials can an agent working here read, what can each do, and is that more than its job?",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
app.command(name="scan")(scan.scan)
app.command(name="context")(context.context)
app.command(name="inspect")(inspect.inspect)
app.command(name="narrow")(narrow.narrow)
app.command(name="explain")(explain.explain)
app.command(name="providers")(providers.providers)
app.add_typer(rules.app, name="rules")
app.add_typer(jobs.app, name="jobs")
app.command(name="demo")(demo.demo)


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"scopeaudit {__version__}")
        raise typer.Exit


@app.callback()
def _program(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version and end.")
    ] = False,
) -> None:
    del version


def _framework_error() -> type[Exception]:
    """The base of the framework's own errors, which it gives no public name of its own."""
    for each in typer.BadParameter.__mro__:
        if each.__name__ == "ClickException" and issubclass(each, Exception):
            return each
    return typer.BadParameter


def run(arguments: Sequence[str]) -> int:
    """Run one command and give its exit code; nothing escapes as an exception.

    An uncaught exception, an interruption and the framework's own errors would exit 1, which a gate
    reads as findings.
    """
    try:
        outcome = app(list(arguments), prog_name="scopeaudit", standalone_mode=False)
        return ExitCode.CLEAN if outcome is None else _left(outcome)
    except typer.Exit as leaving:
        return _left(leaving.exit_code)
    except SystemExit as leaving:
        return _left(leaving.code)
    except (KeyboardInterrupt, typer.Abort):
        return _left(_INTERRUPTED)
    except BrokenPipeError:
        return ExitCode.DEFECT
    except _framework_error() as error:
        _say(getattr(error, "format_message", error.__str__)())
        return ExitCode.USAGE
    except UsageError as error:
        _say(message_of(error))
        return ExitCode.USAGE
    except ScopeauditError as error:
        _say(message_of(error))
        return ExitCode.DEFECT
    except Exception as error:  # noqa: BLE001 - the last resort, so that a defect is never exit code 1
        _say(_defect(error))
        return ExitCode.DEFECT


_INTERRUPTED = 130
"""What the framework makes of Ctrl-C, as shells do: 128 and the number of the signal."""


def _left(code: object) -> int:
    """A code of our own as it is; anything else the framework ends with is a defect or an interruption."""
    if isinstance(code, int) and code in set(ExitCode):
        return code
    if code == _INTERRUPTED:
        _say("interrupted")
    return ExitCode.DEFECT


def _defect(error: Exception) -> str:
    """Where it happened, without any value: a message or a local variable may hold a secret."""
    places = [
        f"  {frame.filename.rpartition('scopeaudit')[2] or frame.filename}:{frame.lineno} {frame.name}"
        for frame in traceback.extract_tb(error.__traceback__)
    ]
    return "\n".join(
        [
            f"a defect in scopeaudit {__version__}: {type(error).__name__}",
            *places,
            "please report these lines",
        ]
    )


def _say(text: str) -> None:
    with contextlib.suppress(OSError):
        sys.stderr.write(f"scopeaudit: {text}\n")


def main() -> NoReturn:
    """The program in a process of its own."""
    end_at_once()
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(AttributeError, ValueError):
            stream.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]
    code = run(sys.argv[1:])
    with contextlib.suppress(OSError, ValueError):
        sys.stdout.flush()
        sys.stderr.flush()
    # At once: after an interruption worker threads may still wait for a server.
    os._exit(code)
