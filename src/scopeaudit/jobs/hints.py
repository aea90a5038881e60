"""Names that are close to one that is unknown, as hints."""

import difflib
from collections.abc import Iterable

_GIVEN = 20
_LONGEST = 100
"""Characters; what is longer is no misspelled name."""


class Hints:
    """Gives a hint for the first few unknown names: to compare one with every operation takes a second."""

    def __init__(self) -> None:
        self._left = _GIVEN

    def close(self, written: str, names: Iterable[str], *, likeness: float = 0.6) -> str | None:
        """The name that is most like what was written, if one is; `likeness` is at most 1."""
        if not self._left or len(written) > _LONGEST:
            return None
        self._left -= 1
        return next(iter(difflib.get_close_matches(written, names, n=1, cutoff=likeness)), None)
