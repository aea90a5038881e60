"""Values of a tree by the keys that lead to them."""

import fnmatch
from collections.abc import Iterator, Sequence
from typing import Any

from scopeaudit.reach.written import UnreadableError

_STEPS_LIMIT = 200_000
"""Nodes looked at for one path: aliases can make a small file a huge tree."""
_ANY = "*"
_ANY_DEPTH = "**"


def select(tree: Any, at: Sequence[str]) -> Iterator[Any]:
    """The nodes at a path of keys, in order, case ignored: `*` any item, `*.org` some, `**` any depth.

    Raises:
        UnreadableError: if there is too much to look at all of it.
    """
    pending: list[tuple[Any, int]] = [(tree, 0)]
    for _ in range(_STEPS_LIMIT):
        if not pending:
            return
        node, depth = pending.pop()
        if depth == len(at):
            yield node
            continue
        key = at[depth]
        children = _children(node)
        if key == _ANY_DEPTH:
            pending.extend((child, depth) for _, child in reversed(children))
            pending.append((node, depth + 1))
        else:
            pending.extend((child, depth + 1) for name, child in reversed(children) if _same(key, name))
    raise UnreadableError("holds too much to look at all of it")


def value_at(node: Any, key: str) -> str | None:
    """The value under a key of a node, its own for an empty key; `None` if there is no single value."""
    if key:
        children = _children(node) if isinstance(node, dict) else []
        node = next((child for name, child in children if _same(key, name)), None)
    if isinstance(node, bool) or node is None or isinstance(node, (dict, list)):
        return None
    text = str(node)
    return text or None


def _children(node: Any) -> list[tuple[str, Any]]:
    if isinstance(node, dict):
        return [(str(name), child) for name, child in node.items()]
    if isinstance(node, list):
        return [(str(index), child) for index, child in enumerate(node)]
    return []


def _same(key: str, name: str) -> bool:
    if _ANY in key:
        return fnmatch.fnmatchcase(name.casefold(), key.casefold())
    return key.casefold() == name.casefold()
