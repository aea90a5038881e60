"""Errors that end the run. Trouble with one input is a `Gap`, not an error."""


class ScopeauditError(Exception):
    """The run cannot go on. The text says what, where and what to do, and holds no secret."""


class UsageError(ScopeauditError):
    """An option, a job file or a rules file is wrong (exit code 2)."""


class InvalidFileError(UsageError):
    """A file of ours or of the user is wrong; all its problems at once."""

    def __init__(self, problems: tuple[str, ...]) -> None:
        """`problems` are lines of the form `path:line: field: what to do`."""
        super().__init__("\n".join(problems))
        self.problems = problems
