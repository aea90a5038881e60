"""What holding an atom (a scope, a permission, a role) includes, by the tables of provider files."""

from collections.abc import Iterable, Mapping


def closure(atoms: Iterable[str], implies: Mapping[str, tuple[str, ...]]) -> set[str]:
    """The atoms and all that they include, however far."""
    return _spread(atoms, [(key, value) for key, values in implies.items() for value in values])


def includers(atoms: Iterable[str], implies: Mapping[str, tuple[str, ...]]) -> set[str]:
    """The atoms and all that would include one of them, however far."""
    return _spread(atoms, [(value, key) for key, values in implies.items() for value in values])


def _spread(atoms: Iterable[str], steps: list[tuple[str, str]]) -> set[str]:
    reached: set[str] = set()
    waiting = list(atoms)
    while waiting:
        atom = waiting.pop()
        if atom in reached:
            continue
        reached.add(atom)
        for source, target in steps:
            if (text := _captured(source, atom)) is not None:
                waiting.append(target.replace("*", text, 1) if source.startswith("*") else target)
    return reached


def _captured(pattern: str, atom: str) -> str | None:
    """What the leading `*` stands for, the empty text without one; `None` if it does not match."""
    if not pattern.startswith("*"):
        return "" if pattern == atom else None
    return atom.removesuffix(pattern[1:]) if atom.endswith(pattern[1:]) else None
