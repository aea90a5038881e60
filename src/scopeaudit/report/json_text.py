"""Values of plain types become JSON text that any reader takes and no terminal obeys."""

import json
import re
from collections.abc import Mapping, Sequence
from typing import TypeAlias

Json: TypeAlias = "str | int | bool | Sequence[Json] | Mapping[str, Json] | None"

_LONE_SURROGATE = re.compile("[\ud800-\udfff]")
_NOT_ASCII = re.compile(r"[^\x00-\x7e]")


def json_text(value: Json) -> str:
    r"""The value as indented JSON in ASCII, with a final newline; keys stay in the order given.

    A lone surrogate, as in the name of a file that is not UTF-8, is no character and strict readers
    refuse it: it becomes the six characters `\udcff`, written `\\udcff` in JSON.
    """
    text = json.dumps(value, ensure_ascii=False, indent=2)
    text = _LONE_SURROGATE.sub(lambda match: f"\\\\u{ord(match.group()):04x}", text)
    return _NOT_ASCII.sub(_escaped, text) + "\n"


def _escaped(match: re.Match[str]) -> str:
    units = match.group().encode("utf-16-be").hex()
    return "".join(f"\\u{units[start : start + 4]}" for start in range(0, len(units), 4))
