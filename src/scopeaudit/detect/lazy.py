"""Regular expressions that are compiled when first used: many are needed only where something is found."""

import re
from typing import Any, AnyStr, cast


class _Lazy:
    """Stands for a compiled expression; keeps each method after its first use."""

    def __init__(self, text: str | bytes, flags: int) -> None:
        self._arguments = (text, flags)

    def __getattr__(self, name: str) -> Any:
        """A method or property of the compiled expression; asked for only once each."""
        if name.startswith("__"):
            raise AttributeError(name)
        text, flags = self._arguments
        found = getattr(re.compile(text, flags), name)
        setattr(self, name, found)
        return found


def lazy(text: AnyStr, flags: int = 0) -> re.Pattern[AnyStr]:
    """What `re.compile` would give, later."""
    return cast("re.Pattern[AnyStr]", _Lazy(text, flags))
