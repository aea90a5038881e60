"""JMESPath expressions of provider files, compiled once.

Beside JMESPath's own functions they have `where(list, key, value)`, the objects whose `key` is `value`
(a filter cannot see names outside the list), `split(text, separator)`, `lower(text)` and
`pairs(object, separator)`, each key with its value where that is text: `["contents:read"]`.
"""

from collections.abc import Mapping
from functools import lru_cache
from typing import Any


@lru_cache(maxsize=4096)
def _compiled(expression: str) -> Any:
    import jmespath

    return jmespath.compile(expression)


@lru_cache(maxsize=1)
def _options() -> Any:
    import jmespath
    from jmespath.functions import Functions, signature

    class _Functions(Functions):
        @signature({"types": ["array"]}, {"types": ["string"]}, {"types": []})
        def _func_where(self, elements: list[Any], key: str, value: Any) -> list[Any]:
            return [each for each in elements if isinstance(each, dict) and each.get(key) == value]

        @signature({"types": ["string"]}, {"types": ["string"]})
        def _func_split(self, text: str, separator: str) -> list[str]:
            return [part.strip() for part in text.split(separator) if part.strip()]

        @signature({"types": ["string"]})
        def _func_lower(self, text: str) -> str:
            return text.lower()

        @signature({"types": ["object"]}, {"types": ["string"]})
        def _func_pairs(self, named: dict[str, Any], separator: str) -> list[str]:
            return [f"{key}{separator}{value}" for key, value in named.items() if isinstance(value, str)]

    return jmespath.Options(custom_functions=_Functions())


def evaluate(expression: str, names: Mapping[str, object]) -> Any:
    """The value of an expression; `None` where a function does not fit what a server sent."""
    from jmespath.exceptions import JMESPathError

    try:
        return _compiled(expression).search(names, options=_options())
    except JMESPathError:
        return None


def is_true(expression: str, names: Mapping[str, object]) -> bool:
    """Whether the value is true as JMESPath means it: not false, null or empty."""
    value = evaluate(expression, names)
    return value is not None and value is not False and value not in ("", [], {})


def expression_problem(expression: str) -> str | None:
    """Why an expression cannot be used: it does not parse, or calls a function there is none of."""
    from jmespath.exceptions import JMESPathError

    try:
        tree = _compiled(expression).parsed
    except JMESPathError as error:
        at = getattr(error, "lex_position", None)
        return f"{expression!r} does not parse" + (f" at character {at + 1}" if isinstance(at, int) else "")
    known = _options().custom_functions.FUNCTION_TABLE
    waiting = [tree]
    while waiting:
        node = waiting.pop()
        if node["type"] == "function_expression" and node["value"] not in known:
            return f"there is no function {node['value']}()"
        waiting.extend(each for each in node["children"] if isinstance(each, dict))
    return None


def texts(value: object) -> tuple[str, ...]:
    """The strings (and numbers, as text) of a value that is one or a list of them."""
    items = value if isinstance(value, list) else [value]
    return tuple(
        str(item) for item in items if isinstance(item, str | int | float) and not isinstance(item, bool)
    )


def text(value: object) -> str | None:
    """A scalar as text; `None` for anything else."""
    return next(iter(texts(value)), None) if not isinstance(value, list) else None
