"""A configuration's text with another content, in the way its format and its author write it."""

import tomllib
from collections.abc import Mapping
from typing import Any

from scopeaudit.catalogue.places import Format
from scopeaudit.reach.agents.fence_items import same
from scopeaudit.reach.agents.fence_json import changed_json, content_of_json, new_json
from scopeaudit.reach.written import UnreadableError, tree

_TOML_LIMIT = 128 << 10
"""Characters; the time to change what is longer grows with its square."""
_MARK = "\ufeff"
"""A byte order mark, which some editors put first."""


def content_of(text: str, form: Format) -> Any:
    """What a configuration holds; nothing where there is nothing but white space.

    Raises:
        UnreadableError: if it is not valid.
    """
    text = text.removeprefix(_MARK)
    if not text.strip():
        return {}
    return content_of_json(text) if form is Format.JSON else tree(text, form, typed=True)


def changed_text(text: str, form: Format, content: Mapping[str, Any]) -> str:
    """The text so changed that it holds `content`, with all that was in it, comments too.

    `content` differs from what the text holds by added keys and elements and by replaced values only.

    Raises:
        UnreadableError: if that cannot be done without touching something else.
    """
    mark = _MARK if text.startswith(_MARK) else ""
    text = text.removeprefix(_MARK)
    if form is Format.JSON:
        after = changed_json(text, content) if text.strip() else new_json(content)
    elif form is Format.TOML:
        after = _changed_toml(text, content)
    elif text.strip():
        raise UnreadableError(f"is {form.value.upper()}, which is not rewritten")
    else:
        after = _new_yaml(content)
    if not same(content_of(after, form), content):
        raise UnreadableError("cannot be changed without touching what else is in it")
    return mark + after


def _new_yaml(content: Mapping[str, Any]) -> str:
    import yaml

    return str(yaml.safe_dump(content, sort_keys=False, allow_unicode=True))


def _changed_toml(text: str, content: Mapping[str, Any]) -> str:
    import tomlkit
    from tomlkit.exceptions import TOMLKitError

    if len(text) > _TOML_LIMIT:
        raise UnreadableError(f"is larger than {_TOML_LIMIT >> 10} KiB")
    try:
        document = tomlkit.parse(text)
        _change(document, tomllib.loads(text), content, is_inline=False)
        after = tomlkit.dumps(document)
    except (TOMLKitError, RecursionError, TypeError, ValueError, LookupError):
        raise UnreadableError("is written in a way that cannot be added to") from None
    if "\r\n" in text:
        after = after.replace("\r\n", "\n").replace("\n", "\r\n")
    if any(comment not in after for comment in _comments(text)):
        raise UnreadableError("cannot be changed without losing a comment")
    return after


def _comments(text: str) -> list[str]:
    """The ends of lines that may be comments."""
    return [line[line.index("#") :].strip() for line in text.splitlines() if "#" in line]


def _change(table: Any, old: Mapping[str, Any], new: Mapping[str, Any], *, is_inline: bool) -> None:
    """Makes `new` of a table that holds `old`."""
    from tomlkit.items import InlineTable

    for key, value in new.items():
        if key not in old:
            table[key] = _item(value, is_inline=is_inline)
        elif same(old[key], value):
            continue
        elif isinstance(value, dict) and isinstance(old[key], dict):
            within = is_inline or isinstance(table[key], InlineTable)
            _change(table[key], old[key], value, is_inline=within)
        elif isinstance(value, list) and isinstance(old[key], list):
            for each in value[len(old[key]) :]:
                table[key].append(_element(table[key], each))
        else:
            table[key] = _item(value, is_inline=is_inline)


def _item(value: Any, *, is_inline: bool) -> Any:
    import tomlkit

    if not isinstance(value, dict):
        return _array(value) if isinstance(value, list) else tomlkit.item(value)
    if is_inline:
        table: Any = tomlkit.inline_table()
    else:
        table = tomlkit.table(is_super_table=all(isinstance(each, dict) for each in value.values()))
    for key, each in value.items():
        table[key] = _item(each, is_inline=is_inline)
    return table


def _array(values: list[Any]) -> Any:
    import tomlkit

    array = tomlkit.array()
    for each in values:
        array.append(_item(each, is_inline=True))
    return array.multiline(len(values) > 1)


def _element(array: Any, value: Any) -> Any:
    """A new element, as arrays or arrays of tables take it."""
    from tomlkit.items import AoT

    return _item(value, is_inline=not isinstance(array, AoT))
